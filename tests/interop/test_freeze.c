/* SPDX-License-Identifier: Apache-2.0 */
/* test_freeze.c - frozen graphs give the numbers of the graph they come from, folded ones within rounding. */
#include "testing.h"

#include "interop/interop.h"
#include "runtime/runtime.h"

/* ---- graphs ---------------------------------------------------------------------------------- */

#define FLOATS(name, dims, values) "node { name: '" name "' op: 'Const' attr { key: 'dtype' value { type: DT_FLOAT } }" \
	" attr { key: 'value' value { tensor { dtype: DT_FLOAT tensor_shape { " dims " } " values " } } } }"
#define DIM(n) "dim { size: " #n " } "
#define T "attr { key: 'T' value { type: DT_FLOAT } }"
#define INPUT(dims) "node { name: 'x' op: 'Placeholder' attr { key: 'dtype' value { type: DT_FLOAT } } attr { key: 'shape' value { shape { " \
	dims " } } } }"
#define INTS(v) "value { list { " v " } }"
#define CONV "node { name: 'conv' op: 'Conv2D' input: 'x' input: 'w' " T " attr { key: 'padding' value { s: 'SAME' } }" \
	" attr { key: 'strides' " INTS("i: 1 i: 1 i: 1 i: 1") " } }"
#define WEIGHTS FLOATS("w", DIM(1) DIM(1) DIM(2) DIM(3), "float_val: 0.5 float_val: -1 float_val: 2 float_val: 0.25 float_val: 3 float_val: -0.75")
#define NORMS FLOATS("gamma", DIM(3), "float_val: 1.5 float_val: 0.5 float_val: -2") \
	FLOATS("beta", DIM(3), "float_val: 0.1 float_val: 0.2 float_val: 0.3") \
	FLOATS("mean", DIM(3), "float_val: -0.5 float_val: 0.7 float_val: 1.25") \
	FLOATS("var", DIM(3), "float_val: 0.9 float_val: 2 float_val: 0.01")
#define BN(from) "node { name: 'y' op: 'FusedBatchNorm' input: '" from "' input: 'gamma' input: 'beta' input: 'mean' input: 'var' " T \
	" attr { key: 'is_training' value { b: false } } attr { key: 'epsilon' value { f: 0.001 } } }"
#define BIAS FLOATS("b", DIM(3), "float_val: 1 float_val: -2 float_val: 0.5") "node { name: 'bias' op: 'BiasAdd' input: 'conv' input: 'b' " T " }"

static const struct { const char *what; int folded; int rank; int64_t dims[4]; const char *graph; } folds[] = {
	{ "FusedBatchNorm behind Conv2D", 1, 4, { 2, 3, 3, 2 }, INPUT(DIM(2) DIM(3) DIM(3) DIM(2)) WEIGHTS NORMS CONV BN("conv") },
	{ "with a bias between", 1, 4, { 2, 3, 3, 2 }, INPUT(DIM(2) DIM(3) DIM(3) DIM(2)) WEIGHTS NORMS CONV BIAS BN("bias") },
	{ "behind a depthwise convolution", 1, 4, { 1, 4, 4, 3 }, INPUT(DIM(1) DIM(4) DIM(4) DIM(3))
		FLOATS("w", DIM(1) DIM(1) DIM(3) DIM(1), "float_val: 0.5 float_val: -1 float_val: 2") NORMS
		"node { name: 'conv' op: 'DepthwiseConv2dNative' input: 'x' input: 'w' " T " attr { key: 'padding' value { s: 'VALID' } }"
		" attr { key: 'strides' " INTS("i: 1 i: 1 i: 1 i: 1") " } }" BN("conv") },
	{ "weights that are computed", 1, 4, { 1, 2, 2, 2 }, INPUT(DIM(1) DIM(2) DIM(2) DIM(2)) WEIGHTS NORMS
		"node { name: 'half' op: 'Mul' input: 'w' input: 'w' " T " }"
		"node { name: 'conv' op: 'Conv2D' input: 'x' input: 'half' " T " attr { key: 'padding' value { s: 'SAME' } }"
		" attr { key: 'strides' " INTS("i: 1 i: 1 i: 1 i: 1") " } }" BN("conv") },
	{ "tf.nn.batch_normalization behind MatMul", 1, 2, { 4, 2 }, INPUT(DIM(4) DIM(2))
		FLOATS("w", DIM(2) DIM(3), "float_val: 0.5 float_val: -1 float_val: 2 float_val: 0.25 float_val: 3 float_val: -0.75") NORMS
		FLOATS("eps", "", "float_val: 0.001")
		"node { name: 'add' op: 'Add' input: 'var' input: 'eps' " T " } node { name: 'rsqrt' op: 'Rsqrt' input: 'add' " T " }"
		"node { name: 'mul' op: 'Mul' input: 'rsqrt' input: 'gamma' " T " }"
		"node { name: 'conv' op: 'MatMul' input: 'x' input: 'w' " T " }"
		"node { name: 'mul_1' op: 'Mul' input: 'conv' input: 'mul' " T " }"
		"node { name: 'mul_2' op: 'Mul' input: 'mean' input: 'mul' " T " } node { name: 'sub' op: 'Sub' input: 'beta' input: 'mul_2' " T " }"
		"node { name: 'y' op: 'Add' input: 'mul_1' input: 'sub' " T " }" },
	{ "a product with a bias before it", 1, 4, { 1, 2, 2, 2 }, INPUT(DIM(1) DIM(2) DIM(2) DIM(2)) WEIGHTS NORMS CONV BIAS
		"node { name: 'y' op: 'Mul' input: 'gamma' input: 'bias' " T " }" },
	{ "what somebody else reads stays", 0, 4, { 1, 2, 2, 2 }, INPUT(DIM(1) DIM(2) DIM(2) DIM(2)) WEIGHTS NORMS CONV
		"node { name: 'bn' op: 'FusedBatchNorm' input: 'conv' input: 'gamma' input: 'beta' input: 'mean' input: 'var' " T
		" attr { key: 'is_training' value { b: false } } }"
		"node { name: 'y' op: 'Add' input: 'bn' input: 'conv' " T " }" },
	{ "training stays", 0, 4, { 1, 2, 2, 2 }, INPUT(DIM(1) DIM(2) DIM(2) DIM(2)) WEIGHTS NORMS FLOATS("none", DIM(0), "") CONV
		"node { name: 'y' op: 'FusedBatchNorm' input: 'conv' input: 'gamma' input: 'beta' input: 'none' input: 'none' " T
		" attr { key: 'is_training' value { b: true } } }" },
	{ "factors that come from outside stay", 0, 2, { 4, 2 }, INPUT(DIM(4) DIM(2))
		FLOATS("w", DIM(2) DIM(2), "float_val: 0.5 float_val: -1 float_val: 2 float_val: 0.25")
		"node { name: 'conv' op: 'MatMul' input: 'x' input: 'w' " T " } node { name: 'y' op: 'Mul' input: 'conv' input: 'x' " T " }" },
	{ "factors per row stay", 0, 2, { 3, 2 }, INPUT(DIM(3) DIM(2))
		FLOATS("w", DIM(2) DIM(3), "float_val: 0.5 float_val: -1 float_val: 2 float_val: 0.25 float_val: 3 float_val: -0.75")
		FLOATS("rows", DIM(3) DIM(1), "float_val: 1 float_val: 2 float_val: 3")
		"node { name: 'conv' op: 'MatMul' input: 'x' input: 'w' " T " } node { name: 'y' op: 'Mul' input: 'conv' input: 'rows' " T " }" },
};

/* ---- running ----------------------------------------------------------------------------------- */

static Pb__MetaGraphDef *
parse(const char *graph, mg_arena *arena)
{
	mg_str text = MG_STR_INIT;
	mgreg_error err = { 0 };
	mg_msg *msg;

	mg_str_printf(&text, "graph_def { %s versions { producer: 21 } }", graph);
	ck_assert_ok(mg_msg_parse(&pb__meta_graph_def__descriptor, text.ptr, text.len, arena, &msg, &err), &err);
	mg_str_clear(&text);
	return (Pb__MetaGraphDef *)msg;
}

static void
run(const Pb__GraphDef *def, const char *fetch, const mg_tensor *x, mg_tensor *out)
{
	mg_graphdef_import how = { 0 };
	mg_session_options options = { 0 };
	mgreg_error err = { 0 };
	mg_session *s;
	mg_graph *g;
	mg_output o, in = MG_NO_OUTPUT;
	mg_feed feed;

	ck_assert_ok(mg_graph_new(&g, &err), &err);
	ck_assert_ok(mg_graph_import_def(g, def, &how, &err), &err);
	ck_assert_ok(mg_session_new(&s, g, &options, &err), &err);
	ck_assert_ok(mg_graph_output(g, fetch, &o, &err), &err);
	if (x)
		ck_assert_ok(mg_graph_output(g, "x", &in, &err), &err);
	feed = (mg_feed){ in, x };
	ck_assert_ok(mg_session_run(s, x ? &feed : NULL, x ? 1 : 0, &o, 1, NULL, 0, out, &err), &err);
	mg_session_free(s);
	mg_graph_free(g);
}

static void
fill_x(mg_tensor *x, const int64_t *dims, int rank)
{
	mgreg_error err = { 0 };

	ck_assert_ok(mg_tensor_init_dims(x, MGREG_FLOAT, dims, rank, &err), &err);
	for (int64_t i = 0; i < x->count; i++)
		MG_DATA(x, float)[i] = (float)((i * 7919 % 101) - 50) / 17.0f;
}

static int
count_ops(const Pb__GraphDef *g, const char *op)
{
	int n = 0;

	for (size_t i = 0; i < g->n_node; i++)
		n += !strcmp(g->node[i]->op, op);
	return n;
}

START_TEST(folding)
{
	const char *outputs[] = { "y" };
	mg_freeze_options how = { .outputs = outputs, .output_count = 1, .fold_batch_norm = true };
	mg_arena arena = { 0 };
	mgreg_error err = { 0 };
	mg_tensor x = { 0 }, want = { 0 }, got = { 0 };
	Pb__MetaGraphDef *def = parse(folds[_i].graph, &arena);
	mg_freeze_result r;
	int64_t first;

	fill_x(&x, folds[_i].dims, folds[_i].rank);
	ck_assert_ok(mg_freeze(def, NULL, &how, &arena, &r, &err), &err);
	ck_assert_msg(r.folded == folds[_i].folded, "%s: %d folded", folds[_i].what, r.folded);
	if (folds[_i].folded)
		ck_assert_int_eq(count_ops(r.graph, "FusedBatchNorm"), 0);
	run(def->graph_def, "y", &x, &want);
	run(r.graph, "y", &x, &got);
	ck_assert_msg(mg_tensor_close(&got, &want, 1e-5, 1e-5, &first), "%s: element %lld", folds[_i].what, (long long)first);
	mg_tensor_clear(&x);
	mg_tensor_clear(&want);
	mg_tensor_clear(&got);
	mg_arena_clear(&arena);
}
END_TEST

/* ---- variables ------------------------------------------------------------------------------------ */

#define TYPE(t) "attr { key: 'dtype' value { type: " t " } }"
static const char variables[] =
	"node { name: 'v' op: 'VariableV2' device: '/gpu:0' " TYPE("DT_FLOAT") " attr { key: 'shape' value { shape { dim { size: 3 } } } } }"
	"node { name: 'v/read' op: 'Identity' input: 'v' " T " attr { key: '_class' value { list { s: 'loc:@v' s: 'loc:@gone' } } } }"
	"node { name: 'v/Assign' op: 'Assign' input: 'v' input: 'v/read' " T " }"
	"node { name: 'h' op: 'VarHandleOp' " TYPE("DT_FLOAT") " attr { key: 'shape' value { shape { dim { size: 3 } } } } }"
	"node { name: 'h/pass' op: 'Identity' input: 'h' attr { key: 'T' value { type: DT_RESOURCE } } }"
	"node { name: 'h/read' op: 'ReadVariableOp' input: 'h/pass' " TYPE("DT_FLOAT") " }"
	"node { name: 'i' op: 'Const' " TYPE("DT_INT32") " attr { key: 'value' value { tensor { dtype: DT_INT32 tensor_shape { dim { size: 2 } } int_val: 2 int_val: 0 } } } }"
	"node { name: 'g' op: 'ResourceGather' input: 'h' input: 'i' " TYPE("DT_FLOAT") " attr { key: 'Tindices' value { type: DT_INT32 } } }"
	"node { name: 'sum' op: 'Add' input: 'v/read' input: 'h/read' " T " }"
	"node { name: 'ok' op: 'IsVariableInitialized' input: 'v' " TYPE("DT_FLOAT") " }"
	"node { name: 'late' op: 'Identity' input: 'sum' input: '^v/Assign' " T " }"
	"node { name: 'x' op: 'Placeholder' " TYPE("DT_FLOAT") " }"
	"node { name: 'part' op: 'Mul' input: 'x' input: 'sum' " T " }";

static mg_ckpt *
values_ckpt(mgreg_dtype second)
{
	const char *prefix = mg_test_path(mg_test_tempdir(), "values");
	int64_t dims[1] = { 3 };
	mgreg_error err = { 0 };
	mg_tensor t = { 0 };
	mg_ckpt *c;

	ck_assert_ok(mg_ckpt_create(&c, "v2", prefix, &err), &err);
	ck_assert_ok(mg_tensor_init_dims(&t, second, dims, 1, &err), &err);
	for (int i = 0; i < 3; i++)
		if (second == MGREG_FLOAT)
			MG_DATA(&t, float)[i] = (float)(10 * i + 10);
		else
			MG_DATA(&t, int32_t)[i] = 1;
	ck_assert_ok(mg_ckpt_put(c, "h", NULL, NULL, &t, &err), &err);
	mg_tensor_clear(&t);
	ck_assert_ok(mg_tensor_init_dims(&t, MGREG_FLOAT, dims, 1, &err), &err);
	for (int i = 0; i < 3; i++)
		MG_DATA(&t, float)[i] = (float)(i + 1);
	ck_assert_ok(mg_ckpt_put(c, "v", NULL, NULL, &t, &err), &err);
	mg_tensor_clear(&t);
	ck_assert_ok(mg_ckpt_finish(c, &err), &err);
	mg_ckpt_close(c);
	ck_assert_ok(mg_ckpt_open(&c, prefix, &err), &err);
	return c;
}

START_TEST(both_kinds_of_variables)
{
	const char *outputs[] = { "sum", "g:0", "ok" };
	mg_freeze_options how = { .outputs = outputs, .output_count = 3 };
	mg_arena arena = { 0 };
	mgreg_error err = { 0 };
	Pb__MetaGraphDef *def = parse(variables, &arena);
	mg_ckpt *c = values_ckpt(MGREG_FLOAT);
	mg_tensor out = { 0 };
	mg_freeze_result r;

	ck_assert_ok(mg_freeze(def, c, &how, &arena, &r, &err), &err);
	ck_assert_int_eq(r.variables, 2);
	ck_assert_int_eq(r.output_count, 3);
	ck_assert_int_eq(count_ops(r.graph, "VariableV2") + count_ops(r.graph, "VarHandleOp") + count_ops(r.graph, "Assign"), 0);
	for (size_t i = 0; i < r.graph->n_node; i++)
		ck_assert_str_eq(r.graph->node[i]->device, "");
	ck_assert_int_eq(count_ops(def->graph_def, "VariableV2"), 1);   /* the MetaGraph is as it was */
	run(r.graph, "sum", NULL, &out);
	ck_assert(MG_CDATA(&out, float)[0] == 11 && MG_CDATA(&out, float)[2] == 33);
	mg_tensor_clear(&out);
	run(r.graph, "g", NULL, &out);
	ck_assert(out.count == 2 && MG_CDATA(&out, float)[0] == 30 && MG_CDATA(&out, float)[1] == 10);
	mg_tensor_clear(&out);
	run(r.graph, "ok", NULL, &out);
	ck_assert(MG_CDATA(&out, bool)[0]);
	mg_tensor_clear(&out);
	mg_ckpt_close(c);
	mg_arena_clear(&arena);
}
END_TEST

START_TEST(refused)
{
	static const struct { const char *output; int rc; const char *text; } cases[] = {
		{ "late", MGREG_FAILED_PRECONDITION, "v/Assign" }, { "nothing", MGREG_NOT_FOUND, "nothing" },
		{ "sum:x", MGREG_NOT_FOUND, "sum:x" },
	};
	mg_arena arena = { 0 };
	mgreg_error err = { 0 };
	Pb__MetaGraphDef *def = parse(variables, &arena);
	mg_ckpt *c = values_ckpt(MGREG_FLOAT);
	mg_freeze_result r;
	const char *sum[] = { "sum" };
	mg_freeze_options how = { .outputs = sum, .output_count = 1 };

	for (size_t i = 0; i < MG_COUNT(cases); i++) {
		mg_freeze_options one = { .outputs = &cases[i].output, .output_count = 1 };

		ck_assert_fails(mg_freeze(def, c, &one, &arena, &r, &err), cases[i].rc, &err);
		ck_assert_ptr_nonnull(strstr(err.text, cases[i].text));
	}
	ck_assert_fails(mg_freeze(def, NULL, &how, &arena, &r, &err), MGREG_FAILED_PRECONDITION, &err);
	mg_ckpt_close(c);
	c = values_ckpt(MGREG_INT32);
	ck_assert_fails(mg_freeze(def, c, &how, &arena, &r, &err), MGREG_INVALID_ARGUMENT, &err);
	ck_assert_ptr_nonnull(strstr(err.text, "'h'"));
	mg_ckpt_close(c);
	how.outputs = NULL;
	ck_assert_fails(mg_freeze(def, NULL, &how, &arena, &r, &err), MGREG_INVALID_ARGUMENT, &err);
	ck_assert_ptr_nonnull(strstr(err.candidates, "part"));
	mg_arena_clear(&arena);
}
END_TEST

/* ---- memory --------------------------------------------------------------------------------------- */

static int
freeze_again(void *ctx, mgreg_error *err)
{
	const char *outputs[] = { "sum", "g" };
	mg_freeze_options how = { .outputs = outputs, .output_count = 2 };
	mg_arena arena = { 0 };
	mg_freeze_result r;
	int rc = mg_freeze(ctx, NULL, &how, &arena, &r, err);

	/* without a checkpoint it goes as far as the first variable */
	mg_arena_clear(&arena);
	return rc == MGREG_FAILED_PRECONDITION ? 0 : rc;
}

START_TEST(short_of_memory)
{
	mg_arena arena = { 0 };

	mg_test_each_allocation(freeze_again, parse(variables, &arena));
	mg_arena_clear(&arena);
}
END_TEST

/* ---- outputs --------------------------------------------------------------------------------------- */

static Pb__MetaGraphDef *
parse_meta(const char *rest, mg_arena *arena)
{
	mg_str text = MG_STR_INIT;
	mgreg_error err = { 0 };
	mg_msg *msg;

	mg_str_printf(&text, "graph_def { %s } %s", "node { name: 'a' op: 'NoOp' } node { name: 'b' op: 'NoOp' } node { name: 'c' op: 'NoOp' }"
		" node { name: 'up' op: 'Const' } node { name: 'in' op: 'Identity' input: 'up' } node { name: 'out' op: 'Relu' input: 'in' }", rest);
	ck_assert_ok(mg_msg_parse(&pb__meta_graph_def__descriptor, text.ptr, text.len, arena, &msg, &err), &err);
	mg_str_clear(&text);
	return (Pb__MetaGraphDef *)msg;
}

#define SIGNATURE(key, in, out) "signature_def { key: '" key "' value { inputs { key: 'i' value { name: '" in ":0' dtype: DT_FLOAT" \
	" tensor_shape { dim { size: 2 } } } } outputs { key: 'o' value { name: '" out ":0' dtype: DT_FLOAT } } } }"

START_TEST(which_outputs)
{
	static const struct { const char *rest, *from, *want; } cases[] = {
		{ "collection_def { key: 'logits' value { node_list { value: 'a' } } } collection_def { key: 'output_tensor' value { node_list { value: 'b' } } }",
			NULL, "b" },
		{ "collection_def { key: 'logits' value { bytes_list { value: 'a' value: 'c' } } }", NULL, "a c" },
		{ "collection_def { key: 'mine' value { node_list { value: 'c' } } } collection_def { key: 'logits' value { node_list { value: 'a' } } }",
			"mine", "c" },
		{ SIGNATURE("other", "in", "a") SIGNATURE("serving_default", "in", "out"), NULL, "out" },
		{ SIGNATURE("one", "in", "a") SIGNATURE("two", "in", "b"), NULL, "a b" },
		{ SIGNATURE("serving_default", "in", "out") "collection_def { key: 'logits' value { node_list { value: 'a' } } }", NULL, "a" },
	};
	mg_arena arena = { 0 };
	mgreg_error err = { 0 };
	mg_freeze_options how = { .outputs_from = cases[_i].from };
	mg_str got = MG_STR_INIT;
	mg_freeze_result r;

	ck_assert_ok(mg_freeze(parse_meta(cases[_i].rest, &arena), NULL, &how, &arena, &r, &err), &err);
	for (int i = 0; i < r.output_count; i++)
		mg_str_printf(&got, "%s%s", i ? " " : "", r.outputs[i]);
	ck_assert_str_eq(got.ptr, cases[_i].want);
	mg_str_clear(&got);
	mg_arena_clear(&arena);
}
END_TEST

START_TEST(stripped)
{
	const char *name[] = { "o" };
	mg_freeze_options how = { .strip_unused = true }, by_name = { .outputs = name, .output_count = 1 };
	mg_arena arena = { 0 };
	mgreg_error err = { 0 };
	Pb__MetaGraphDef *def = parse_meta(SIGNATURE("serving_default", "in", "out"), &arena);
	mg_freeze_result r;

	ck_assert_ok(mg_freeze(def, NULL, &how, &arena, &r, &err), &err);
	ck_assert_uint_eq(r.graph->n_node, 2);
	ck_assert_str_eq(r.graph->node[0]->op, "Placeholder");
	ck_assert_str_eq(r.graph->node[0]->name, "in");
	ck_assert_ok(mg_freeze(def, NULL, &by_name, &arena, &r, &err), &err);
	ck_assert_uint_eq(r.graph->n_node, 3);
	ck_assert_str_eq(r.outputs[0], "out");
	mg_arena_clear(&arena);
}
END_TEST

Suite *
test_freeze(void)
{
	TCase *t;
	Suite *s = mg_suite("freeze", &t);

	tcase_add_loop_test(t, folding, 0, MG_COUNT(folds));
	tcase_add_test(t, both_kinds_of_variables);
	tcase_add_test(t, refused);
	tcase_add_loop_test(t, which_outputs, 0, 6);
	tcase_add_test(t, stripped);
	tcase_add_test(t, short_of_memory);
	return s;
}
