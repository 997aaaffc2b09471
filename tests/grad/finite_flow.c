/* SPDX-License-Identifier: Apache-2.0 */
/* finite_flow.c - gradient cases of functions, branches and loops. */
#include "testing.h"
#include "grad/finite.h"

#define D23 "double(2,3):@"

/* ---- functions ---- */

#define ARG(n, t) "input_arg { name: '" n "' type: " t " } "
#define OUT(n, t) "output_arg { name: '" n "' type: " t " } "
#define TYPE(k, t) "attr { key: '" k "' value { type: " t " } } "
#define D "DT_DOUBLE"

/* f(x, y) = tanh(x * y), x + y */
static const char function_f[] =
	"signature { name: 'f' " ARG("x", D) ARG("y", D) OUT("a", D) OUT("b", D) "} "
	"node_def { name: 'm' op: 'Mul' input: 'x' input: 'y' " TYPE("T", D) "} node_def { name: 't' op: 'Tanh' input: 'm:z:0' " TYPE("T", D) "} "
	"node_def { name: 's' op: 'Add' input: 'x' input: 'y' " TYPE("T", D) "} ret { key: 'a' value: 't:y:0' } ret { key: 'b' value: 's:z:0' }";

static void
add_function(mg_builder *b, const char *text)
{
	mg_arena arena = { 0 };
	mg_msg *msg;

	if (b->rc == 0 && (b->rc = mg_msg_parse(&pb__function_def__descriptor, text, strlen(text), &arena, &msg, b->err)) == 0)
		b->rc = mg_graph_add_function(b->graph, (Pb__FunctionDef *)msg, b->err);
	mg_arena_clear(&arena);
}

static int
two_outputs(mg_output o, mg_output *ys)
{
	ys[0] = o;
	ys[1] = MG_OUTPUT(o.node, 1);
	return 2;
}

static int
build_call(mg_builder *b, const mg_output *x, int n, mg_output *ys)
{
	static const int types[] = { MGREG_DOUBLE, MGREG_DOUBLE };

	add_function(b, function_f);
	return two_outputs(mg_build(b, "PartitionedCall", NULL, "O;T:Tout F:f", x, n, types, 2, "f"), ys);
}

static int
build_stateful_call(mg_builder *b, const mg_output *x, int n, mg_output *ys)
{
	static const int types[] = { MGREG_DOUBLE, MGREG_DOUBLE };

	add_function(b, function_f);
	return two_outputs(mg_build(b, "StatefulPartitionedCall", NULL, "O;T:Tout F:f", x, n, types, 2, "f"), ys);
}

/* h(x, y) = x - y, x * x */
static const char function_h[] =
	"signature { name: 'h' " ARG("x", D) ARG("y", D) OUT("a", D) OUT("b", D) "} "
	"node_def { name: 'm' op: 'Mul' input: 'x' input: 'x' " TYPE("T", D) "} "
	"node_def { name: 's' op: 'Sub' input: 'x' input: 'y' " TYPE("T", D) "} ret { key: 'a' value: 's:z:0' } ret { key: 'b' value: 'm:z:0' }";

static int
branch_on(mg_builder *b, const mg_output *x, mg_output *ys, const char *op)
{
	static const int types[] = { MGREG_DOUBLE, MGREG_DOUBLE };

	add_function(b, function_f);
	add_function(b, function_h);
	return two_outputs(mg_build(b, op, NULL, "oO;T:Tout F:then_branch F:else_branch", x[0], x + 1, 2, types, 2, "f", "h"), ys);
}

static int build_if(mg_builder *b, const mg_output *x, int n MG_UNUSED, mg_output *ys) { return branch_on(b, x, ys, "If"); }
static int build_stateless_if(mg_builder *b, const mg_output *x, int n MG_UNUSED, mg_output *ys) { return branch_on(b, x, ys, "StatelessIf"); }

/* ---- loops ---- */

typedef struct loop_of { int kind, trips; mg_output w, n, handle[2], flow; } loop_of;

static mg_output
int_const(mg_builder *b, int v)
{
	return mg_const_scalar(b, NULL, MGREG_INT32, v);
}

static void
below_trips(void *payload, mg_builder *b, const mg_output *vars, mg_output *out, int count MG_UNUSED)
{
	const loop_of *l = payload;

	out[0] = mg_build(b, "Less", NULL, "oo", vars[0], l->n.node ? l->n : int_const(b, l->trips));
}

static mg_output
plus_one(mg_builder *b, mg_output i)
{
	return mg_build(b, "Add", NULL, "oo", i, int_const(b, 1));
}

/* x = tanh(x * w) */
static void
chain_body(void *payload, mg_builder *b, const mg_output *vars, mg_output *out, int count MG_UNUSED)
{
	const loop_of *l = payload;

	out[0] = plus_one(b, vars[0]);
	out[1] = mg_build(b, "Tanh", NULL, "o", mg_build(b, "Mul", NULL, "oo", vars[1], l->w));
}

static mg_output
loop(mg_builder *b, loop_of *l, mgreg_loop_fn *body, mg_output *vars, int count)
{
	mgreg_while_fns fns = { below_trips, body, l };
	mgreg_while_options o = MGREG_WHILE_INIT;

	if (b->rc == 0)
		mgreg_while_loop(b, vars, count, &fns, &o, vars, NULL);
	return vars[count - 1];
}

static int
chain(mg_builder *b, const mg_output *x, mg_output *ys, int trips)
{
	loop_of l = { .trips = trips, .w = x[1] };
	mg_output vars[2] = { int_const(b, 0), x[0] };

	ys[0] = loop(b, &l, chain_body, vars, 2);
	return 1;
}

static int build_chain(mg_builder *b, const mg_output *x, int n MG_UNUSED, mg_output *ys) { return chain(b, x, ys, 4); }
static int build_no_trip(mg_builder *b, const mg_output *x, int n MG_UNUSED, mg_output *ys) { return chain(b, x, ys, 0); }

/* Three variables: x = x * w, a = w + 0 * i (does not depend on itself), s = s + sin(x) * a; only s and x are used. */
static void
three_body(void *payload, mg_builder *b, const mg_output *vars, mg_output *out, int count MG_UNUSED)
{
	const loop_of *l = payload;

	out[0] = plus_one(b, vars[0]);
	out[1] = mg_build(b, "Mul", NULL, "oo", vars[1], l->w);
	out[2] = mg_build(b, "Exp", NULL, "o", l->w);
	out[3] = mg_build(b, "Add", NULL, "oo", vars[3], mg_build(b, "Mul", NULL, "oo", mg_build(b, "Sin", NULL, "o", vars[1]), vars[2]));
}

static int
build_three(mg_builder *b, const mg_output *x, int n MG_UNUSED, mg_output *ys)
{
	loop_of l = { .trips = 3, .w = x[1] };
	mg_output vars[4] = { int_const(b, 0), x[0], x[1], x[0] };

	loop(b, &l, three_body, vars, 4);
	ys[0] = vars[3];
	return 1;
}

/* The inner loop runs i times on x: x = tanh(x * w). */
static void
nested_body(void *payload, mg_builder *b, const mg_output *vars, mg_output *out, int count MG_UNUSED)
{
	loop_of inner = *(const loop_of *)payload;
	mg_output v[2] = { int_const(b, 0), mg_build(b, "Sin", NULL, "o", vars[1]) };

	inner.n = vars[0];
	out[0] = plus_one(b, vars[0]);
	out[1] = loop(b, &inner, chain_body, v, 2);
}

static int
build_nested(mg_builder *b, const mg_output *x, int n MG_UNUSED, mg_output *ys)
{
	loop_of l = { .trips = 4, .w = x[1] };
	mg_output vars[2] = { int_const(b, 0), x[0] };

	ys[0] = loop(b, &l, nested_body, vars, 2);
	return 1;
}

/* Even iterations: x * w; odd ones: sin(x). */
typedef struct branch { const loop_of *l; mg_output x; } branch;
static void
even(void *payload, mg_builder *b, mg_output *out, int count MG_UNUSED)
{
	const branch *c = payload;

	out[0] = mg_build(b, "Mul", NULL, "oo", mg_build(b, "Tanh", NULL, "o", c->x), c->l->w);
}

static void
odd(void *payload, mg_builder *b, mg_output *out, int count MG_UNUSED)
{
	const branch *c = payload;

	out[0] = mg_build(b, "Sin", NULL, "o", c->x);
}

static void
branch_body(void *payload, mg_builder *b, const mg_output *vars, mg_output *out, int count MG_UNUSED)
{
	branch c = { payload, vars[1] };
	mgreg_cond_fns fns = { even, odd, &c };
	mg_output two = int_const(b, 2), zero = int_const(b, 0);

	mgreg_cond(b, mg_build(b, "Equal", NULL, "oo", mg_build(b, "FloorMod", NULL, "oo", vars[0], two), zero), &fns, &out[1], 1, NULL);
	out[0] = plus_one(b, vars[0]);
}

static int
build_branch(mg_builder *b, const mg_output *x, int n MG_UNUSED, mg_output *ys)
{
	loop_of l = { .trips = 3, .w = x[1] };
	mg_output vars[2] = { int_const(b, 0), x[0] };

	ys[0] = loop(b, &l, branch_body, vars, 2);
	return 1;
}

/* Row i of w (slices) is added to x. */
static void
gather_body(void *payload, mg_builder *b, const mg_output *vars, mg_output *out, int count MG_UNUSED)
{
	const loop_of *l = payload;

	out[0] = plus_one(b, vars[0]);
	out[1] = mg_build(b, "Tanh", NULL, "o", mg_build(b, "Add", NULL, "oo", vars[1], mg_build(b, "Gather", NULL, "oo", l->w, vars[0])));
}

static int
build_gather(mg_builder *b, const mg_output *x, int n MG_UNUSED, mg_output *ys)
{
	loop_of l = { .trips = 3, .w = x[1] };
	mg_output vars[2] = { int_const(b, 0), x[0] };

	ys[0] = loop(b, &l, gather_body, vars, 2);
	return 1;
}

/* ---- TensorArrays ---- */

static mg_output
new_array(mg_builder *b, int size, mg_output *flow)
{
	mg_output o = mg_build(b, "TensorArrayV3", NULL, "o;t:dtype b:clear_after_read", int_const(b, size), MGREG_DOUBLE, 0);

	*flow = b->rc ? MG_NO_OUTPUT : MG_OUTPUT(o.node, 1);
	return o;
}

static mg_output
range(mg_builder *b, int n)
{
	return mg_build(b, "Range", NULL, "ooo", int_const(b, 0), int_const(b, n), int_const(b, 1));
}

/* The state goes through the rows of the input: s = tanh(row + s * w), each s is written out.  As tf.nn.dynamic_rnn. */
static void
rnn_body(void *payload, mg_builder *b, const mg_output *vars, mg_output *out, int count MG_UNUSED)
{
	const loop_of *l = payload;
	mg_output row = mg_build(b, "TensorArrayReadV3", NULL, "ooo;t:dtype", l->handle[0], vars[0], l->flow, MGREG_DOUBLE);
	mg_output s;

	if (b->rc == 0)
		b->rc = mg_output_merge_shape(row, mg_output_shape(vars[1]), b->err);
	s = mg_build(b, "Tanh", NULL, "o", mg_build(b, "Add", NULL, "oo", row, mg_build(b, "Mul", NULL, "oo", vars[1], l->w)));
	out[0] = plus_one(b, vars[0]);
	out[1] = s;
	out[2] = mg_build(b, "TensorArrayWriteV3", NULL, "oooo", l->handle[1], vars[0], s, vars[2]);
}

/* x[0]: [3,2] rows, x[1]: [2] first state, x[2]: [2] weights. */
static int
build_rnn(mg_builder *b, const mg_output *x, int n MG_UNUSED, mg_output *ys)
{
	loop_of l = { .trips = 3, .w = x[2] };
	mg_output vars[3] = { int_const(b, 0), x[1], MG_NO_OUTPUT };

	l.handle[0] = new_array(b, 3, &l.flow);
	l.flow = mg_build(b, "TensorArrayScatterV3", NULL, "oooo", l.handle[0], range(b, 3), x[0], l.flow);
	l.handle[1] = new_array(b, 3, &vars[2]);
	loop(b, &l, rnn_body, vars, 3);
	ys[0] = mg_build(b, "TensorArrayGatherV3", NULL, "ooo;t:dtype", l.handle[1], range(b, 3), vars[2], MGREG_DOUBLE);
	ys[1] = vars[1];
	return 2;
}

/* Rows are split into an array, squared one by one, joined. */
static int
build_split(mg_builder *b, const mg_output *x, int n MG_UNUSED, mg_output *ys)
{
	mg_output flow, flow2, h = new_array(b, 2, &flow), h2 = new_array(b, 2, &flow2), lengths, v;
	int64_t cuts[2] = { 1, 2 };

	lengths = mg_build(b, "Cast", NULL, "o;t:DstT", mg_const_i32s(b, NULL, cuts, 2), MGREG_INT64);
	flow = mg_build(b, "TensorArraySplitV3", NULL, "oooo", h, x[0], lengths, flow);
	for (int i = 0; i < 2; i++) {
		v = mg_build(b, "TensorArrayReadV3", NULL, "ooo;t:dtype", h, int_const(b, i), flow, MGREG_DOUBLE);
		flow2 = mg_build(b, "TensorArrayWriteV3", NULL, "oooo", h2, int_const(b, i), mg_build(b, "Square", NULL, "o", v), flow2);
	}
	ys[0] = mg_build(b, "TensorArrayConcatV3", NULL, "oo;t:dtype", h2, flow2, MGREG_DOUBLE);
	return 1;
}

/* The older generations, whose handles are names. */
static int
build_old_array(mg_builder *b, const mg_output *x, mg_output *ys, const char *suffix, bool pack)
{
	char op[40];
	mg_output flow = mg_const_scalar(b, NULL, MGREG_FLOAT, 0), h[2], lengths, v;
	int64_t cuts[2] = { 1, 2 };

#define OP(name) (snprintf(op, sizeof op, "TensorArray%s%s", name, suffix), op)
	for (int i = 0; i < 2; i++)
		h[i] = mg_build(b, OP(""), NULL, "o;t:dtype b:clear_after_read", int_const(b, pack ? 3 : 2), MGREG_DOUBLE, 0);
	if (pack) {
		flow = suffix[0] ? mg_build(b, OP("Scatter"), NULL, "oooo", h[0], range(b, 3), x[0], flow) : mg_build(b, "TensorArrayUnpack", NULL, "ooo", h[0], x[0], flow);
		v = mg_build(b, OP("Gather"), NULL, "ooo;t:dtype", h[0], range(b, 3), flow, MGREG_DOUBLE);
		flow = mg_build(b, OP("Scatter"), NULL, "oooo", h[1], range(b, 3), mg_build(b, "Square", NULL, "o", v), flow);
		ys[0] = suffix[0] ? mg_build(b, OP("Gather"), NULL, "ooo;t:dtype", h[1], range(b, 3), flow, MGREG_DOUBLE)
			: mg_build(b, "TensorArrayPack", NULL, "oo;t:dtype", h[1], flow, MGREG_DOUBLE);
		return 1;
	}
	lengths = mg_build(b, "Cast", NULL, "o;t:DstT", mg_const_i32s(b, NULL, cuts, 2), MGREG_INT64);
	flow = mg_build(b, OP("Split"), NULL, "oooo", h[0], x[0], lengths, flow);
	for (int i = 0; i < 2; i++) {
		v = mg_build(b, OP("Read"), NULL, "ooo;t:dtype", h[0], int_const(b, i), flow, MGREG_DOUBLE);
		flow = mg_build(b, OP("Write"), NULL, "oooo", h[1], int_const(b, i), mg_build(b, "Square", NULL, "o", v), flow);
	}
	ys[0] = mg_build(b, OP("Concat"), NULL, "oo;t:dtype", h[1], flow, MGREG_DOUBLE);
	return 1;
#undef OP
}

static int build_pack_1(mg_builder *b, const mg_output *x, int n MG_UNUSED, mg_output *ys) { return build_old_array(b, x, ys, "", true); }
static int build_pack_2(mg_builder *b, const mg_output *x, int n MG_UNUSED, mg_output *ys) { return build_old_array(b, x, ys, "V2", true); }
static int build_split_1(mg_builder *b, const mg_output *x, int n MG_UNUSED, mg_output *ys) { return build_old_array(b, x, ys, "", false); }
static int build_split_2(mg_builder *b, const mg_output *x, int n MG_UNUSED, mg_output *ys) { return build_old_array(b, x, ys, "V2", false); }

/* Without a context nobody knows which loop an Exit leaves. */
static int
build_ref_loop(mg_builder *b, const mg_output *x, int n MG_UNUSED, mg_output *ys)
{
	mg_output e = mg_build(b, "RefEnter", NULL, "o;s:frame_name", x[0], "f");

	ys[0] = mg_build(b, "RefExit", NULL, "o", mg_build(b, "RefNextIteration", NULL, "o", e));
	return 1;
}

#define ROW "double(2):@"
const grad_case finite_flow[] = {
	{ "PartitionedCall", "", { D23, D23 }, .build = build_call },
	{ "StatefulPartitionedCall", "", { D23, D23 }, .build = build_stateful_call },
	{ "If", "", { "bool:true", D23, D23 }, .build = build_if }, { "If", "", { "int32:0", D23, D23 }, .build = build_if },
	{ "StatelessIf", "", { "bool:false", D23, D23 }, .build = build_stateless_if },
	{ "Enter", "", { D23, D23 }, .build = build_chain }, { "Exit", "", { D23, D23 }, .build = build_no_trip },
	{ "NextIteration", "", { D23, D23 }, .build = build_three },
	{ "Enter", "", { D23, D23 }, .build = build_nested }, { "Merge", "", { D23, D23 }, .build = build_branch },
	{ "Enter", "", { ROW, "double(3,2):@" }, .build = build_gather },
	{ "RefEnter", "", { "ref " D23 }, .build = build_ref_loop, .kind = REFUSED }, { "RefExit", "", { "ref " D23 }, .build = build_ref_loop, .kind = REFUSED },
	{ "RefNextIteration", "", { "ref " D23 }, .build = build_ref_loop, .kind = REFUSED },
	{ "TensorArrayReadV3", "", { "double(3,2):@", ROW, ROW }, .build = build_rnn }, { "TensorArrayWriteV3", "", { "double(3,2):@", ROW, ROW }, .build = build_rnn },
	{ "TensorArrayGatherV3", "", { "double(3,2):@", ROW, ROW }, .build = build_rnn }, { "TensorArrayScatterV3", "", { "double(3,2):@", ROW, ROW }, .build = build_rnn },
	{ "TensorArraySplitV3", "", { "double(3,2):@" }, .build = build_split }, { "TensorArrayConcatV3", "", { "double(3,2):@" }, .build = build_split },
	{ "TensorArrayGather", "", { "double(3,2):@" }, .build = build_pack_1 }, { "TensorArrayScatter", "", { "double(3,2):@" }, .build = build_pack_1 },
	{ "TensorArrayPack", "", { "double(3,2):@" }, .build = build_pack_1 }, { "TensorArrayUnpack", "", { "double(3,2):@" }, .build = build_pack_1 },
	{ "TensorArrayGatherV2", "", { "double(3,2):@" }, .build = build_pack_2 }, { "TensorArrayScatterV2", "", { "double(3,2):@" }, .build = build_pack_2 },
	{ "TensorArrayRead", "", { "double(3,2):@" }, .build = build_split_1 }, { "TensorArrayWrite", "", { "double(3,2):@" }, .build = build_split_1 },
	{ "TensorArraySplit", "", { "double(3,2):@" }, .build = build_split_1 }, { "TensorArrayConcat", "", { "double(3,2):@" }, .build = build_split_1 },
	{ "TensorArrayReadV2", "", { "double(3,2):@" }, .build = build_split_2 }, { "TensorArrayWriteV2", "", { "double(3,2):@" }, .build = build_split_2 },
	{ "TensorArraySplitV2", "", { "double(3,2):@" }, .build = build_split_2 }, { "TensorArrayConcatV2", "", { "double(3,2):@" }, .build = build_split_2 },
	{ .op = NULL }
};
