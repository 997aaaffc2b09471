/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_control_flow.c - mgreg_cond() and mgreg_while_loop(): node by node what TensorFlow 1.x makes, nesting, contexts.
 *
 * The expected lists of the first tests are those of TensorFlow's own test graphs of loops and branches.
 */
#include "testing.h"
#include "graph/graph.h"

static mg_graph *graph;
static mgreg_error err;
static mg_builder build;

static void
setup(void)
{
	memset(&err, 0, sizeof(err));
	ck_assert_ok(mg_graph_new(&graph, &err), &err);
	build = (mg_builder)MG_BUILDER(graph, &err);
}

static void
teardown(void)
{
	mg_graph_free(graph);
}

/* "name op input input ^control", and " @x" for a colocation with x. */
static void
describe(const mg_node *n, char *out, size_t size)
{
	const Pb__AttrValue__ListValue *list;
	size_t len = (size_t)snprintf(out, size, "%s %s", n->name, n->op_name);

	for (int i = 0; i < n->input_count; i++)
		len += (size_t)snprintf(out + len, size - len, n->inputs[i].index ? " %s:%d" : " %s", n->inputs[i].node->name, n->inputs[i].index);
	for (int i = 0; i < n->control_count; i++)
		len += (size_t)snprintf(out + len, size - len, " ^%s", n->controls[i]->name);
	if (mg_attr_get_list(&n->attrs, "_class", &list))
		for (size_t i = 0; i < list->n_s; i++)
			len += (size_t)snprintf(out + len, size - len, " %.*s", (int)list->s[i].len - 4, (const char *)list->s[i].data + 4);
}

static void
assert_nodes(int from, const char *const *expected)
{
	char text[1024];

	for (int i = 0; expected[i]; i++) {
		ck_assert_msg(from + i < mg_graph_node_count(graph), "no node %d: %s", i, expected[i]);
		describe(mg_graph_node(graph, from + i), text, sizeof(text));
		ck_assert_str_eq(text, expected[i]);
		ck_assert_msg(expected[i + 1] || from + i + 1 == mg_graph_node_count(graph), "more nodes than expected");
	}
}

static mg_output
scalar_op(mg_builder *b, const char *op, const char *name, const char *arg, mg_output x, double value)
{
	const char *scope;
	mg_output k, o;

	ck_assert_ok(mg_scope_enter(graph, name, &scope, &err), &err);
	k = mg_const_scalar(b, arg, mg_output_type(x), value);
	o = mg_build(b, op, scope, "oo", x, k);
	mg_scope_leave(graph);
	return o;
}

static mg_output
doubled(mg_builder *b, mg_output x, const char *name)
{
	const char *scope;
	mg_output axis, o;
	mg_output both[2] = { x, x };

	ck_assert_ok(mg_scope_enter(graph, name ? name : "concat", &scope, &err), &err);
	axis = mg_const_scalar(b, "axis", MGREG_INT32, 0);
	o = mg_build(b, "ConcatV2", scope, "Oo", both, 2, axis);
	mg_scope_leave(graph);
	return o;
}

static void
below_ten(void *payload, mgreg_builder *b, const mgreg_output *vars, mgreg_output *out, int count)
{
	(void)payload, (void)count;
	out[0] = scalar_op(b, "Less", "Less", "y", vars[0], 10);
}

static void
grow(void *payload, mgreg_builder *b, const mgreg_output *vars, mgreg_output *out, int count)
{
	(void)payload, (void)count;
	out[0] = scalar_op(b, "Add", "add", "y", vars[0], 1);
	out[1] = doubled(b, vars[1], NULL);
}

static void
loop_vars(mg_output vars[2])
{
	vars[0] = mg_const_scalar(&build, "Const", MGREG_INT32, 0);
	vars[1] = mg_build(&build, "Placeholder", "ones", ";t:dtype", (int)MGREG_FLOAT);
	ck_assert_ok(build.rc, &err);
}

static const int two_ranks[] = { 0, -1 };
static const int64_t *const two_dims[] = { NULL, NULL };

START_TEST(a_while_loop_is_tensorflows)
{
	static const char *const expected[] = {
		"Const Const", "ones Placeholder",
		"while/Enter Enter Const", "while/Enter_1 Enter ones",
		"while/Merge Merge while/Enter while/NextIteration", "while/Merge_1 Merge while/Enter_1 while/NextIteration_1",
		"while/Less/y Const ^while/Merge", "while/Less Less while/Merge while/Less/y", "while/LoopCond LoopCond while/Less",
		"while/Switch Switch while/Merge while/LoopCond @while/Merge", "while/Switch_1 Switch while/Merge_1 while/LoopCond @while/Merge_1",
		"while/Identity Identity while/Switch:1", "while/Identity_1 Identity while/Switch_1:1",
		"while/add/y Const ^while/Identity", "while/add Add while/Identity while/add/y",
		"while/concat/axis Const ^while/Identity", "while/concat ConcatV2 while/Identity_1 while/Identity_1 while/concat/axis",
		"while/NextIteration NextIteration while/add", "while/NextIteration_1 NextIteration while/concat",
		"while/Exit Exit while/Switch", "while/Exit_1 Exit while/Switch_1", NULL
	};
	mgreg_while_options o = MGREG_WHILE_INIT;
	mg_output vars[2];
	const mg_context_record *c;
	bool constant;

	loop_vars(vars);
	o.shape_ranks = two_ranks;
	o.shape_dims = two_dims;
	mgreg_while_loop(&build, vars, 2, &(mgreg_while_fns){ below_ten, grow, NULL }, &o, vars, NULL);
	ck_assert_ok(build.rc, &err);
	assert_nodes(0, expected);
	ck_assert_str_eq(vars[1].node->name, "while/Exit_1");
	ck_assert(mg_attr_get_bool(&mg_graph_find(graph, "while/Enter")->attrs, "is_constant", &constant) && !constant);
	ck_assert_int_eq(mg_collection_count(graph, "while_context"), 1);
	c = mg_collection_item(graph, "while_context", 0)->record;
	ck_assert_str_eq(c->context_name, "while/while_context");
	ck_assert_str_eq(c->pivot_name, "while/LoopCond:0");
	ck_assert_str_eq(c->pivot_for_pred_name, "while/Merge:0");
	ck_assert_str_eq(c->pivot_for_body_name, "while/Identity:0");
	ck_assert_int_eq(c->parallel_iterations, 10);
	ck_assert(c->back_prop && !c->swap_memory);
	ck_assert_int_eq(c->enter_count, 2);
	ck_assert_int_eq(c->exit_count, 2);
	ck_assert_str_eq(c->loop_exit_names[1], "while/Exit_1:0");
	ck_assert_str_eq(c->loop_enter_names[0], "while/Enter:0");
	ck_assert_int_eq(c->external_count, 0);
	ck_assert_ptr_eq(mg_graph_find(graph, "while/add")->context, c);
	ck_assert_ptr_eq(mg_graph_find(graph, "while/Enter")->context, c);
	ck_assert_ptr_null(mg_graph_find(graph, "ones")->context);
	ck_assert_ok(mg_graph_validate(graph, &err), &err);
}
END_TEST

static void
inner_loop(void *payload, mgreg_builder *b, const mgreg_output *vars, mgreg_output *out, int count)
{
	mgreg_while_options o = MGREG_WHILE_INIT;
	mg_output inner[2] = { mg_const_scalar(b, "while/Const/", MGREG_INT32, 0), vars[1] };

	(void)payload, (void)count;
	o.shape_ranks = two_ranks;
	mgreg_while_loop(b, inner, 2, &(mgreg_while_fns){ below_ten, grow, NULL }, &o, inner, NULL);
	out[0] = scalar_op(b, "Add", "add", "y", vars[0], 1);
	out[1] = doubled(b, inner[1], NULL);
}

START_TEST(loops_nest)
{
	mgreg_while_options o = MGREG_WHILE_INIT;
	mg_output vars[2];
	const mg_context_record *c;
	char text[512];

	loop_vars(vars);
	o.shape_ranks = two_ranks;
	mgreg_while_loop(&build, vars, 2, &(mgreg_while_fns){ below_ten, inner_loop, NULL }, &o, vars, NULL);
	ck_assert_ok(build.rc, &err);
	describe(mg_graph_find(graph, "while/while/Enter_1"), text, sizeof(text));
	ck_assert_str_eq(text, "while/while/Enter_1 Enter while/Identity_1");
	describe(mg_graph_find(graph, "while/while/Less/y"), text, sizeof(text));
	ck_assert_str_eq(text, "while/while/Less/y Const ^while/while/Merge");
	describe(mg_graph_find(graph, "while/while/concat"), text, sizeof(text));
	ck_assert_str_eq(text, "while/while/concat ConcatV2 while/while/Identity_1 while/while/Identity_1 while/while/concat/axis");
	describe(mg_graph_find(graph, "while/concat"), text, sizeof(text));
	ck_assert_str_eq(text, "while/concat ConcatV2 while/while/Exit_1 while/while/Exit_1 while/concat/axis");
	ck_assert_int_eq(mg_collection_count(graph, "while_context"), 1);
	c = mg_collection_item(graph, "while_context", 0)->record;
	ck_assert_int_eq(c->nested_count, 1);
	ck_assert_str_eq(c->nested[0]->context_name, "while/while/while_context");
	ck_assert_ptr_eq(c->nested[0]->outer, c);
	ck_assert_ok(mg_graph_validate(graph, &err), &err);
}
END_TEST

static mg_output outside;

static void
twice(void *payload, mgreg_builder *b, mgreg_output *out, int count)
{
	(void)payload, (void)count;
	out[0] = doubled(b, outside, "concat");
}

START_TEST(a_cond_is_tensorflows)
{
	static const char *const expected[] = {
		"ones Placeholder", "p Placeholder",
		"cond/Switch Switch p p", "cond/switch_t Identity cond/Switch:1", "cond/switch_f Identity cond/Switch", "cond/pred_id Identity p",
		"cond/concat/axis Const ^cond/switch_t", "cond/concat/Switch Switch ones cond/pred_id @ones",
		"cond/concat ConcatV2 cond/concat/Switch:1 cond/concat/Switch:1 cond/concat/axis",
		"cond/concat_1/axis Const ^cond/switch_f", "cond/concat_1/Switch Switch ones cond/pred_id @ones",
		"cond/concat_1 ConcatV2 cond/concat_1/Switch cond/concat_1/Switch cond/concat_1/axis",
		"cond/Merge Merge cond/concat_1 cond/concat", NULL
	};
	static const char *const values[] = {
		"cond/pred_id:0", "cond/switch_t:0", "cond/concat/axis:0", "ones:0", "cond/concat/Switch:1", "cond/concat:0"
	};
	mg_output pred, out;
	const mg_context_record *t, *f;

	outside = mg_build(&build, "Placeholder", "ones", ";t:dtype", (int)MGREG_FLOAT);
	pred = mg_build(&build, "Placeholder", "p", ";t:dtype", (int)MGREG_BOOL);
	mgreg_cond(&build, pred, &(mgreg_cond_fns){ twice, twice, NULL }, &out, 1, NULL);
	ck_assert_ok(build.rc, &err);
	assert_nodes(0, expected);
	ck_assert_int_eq(mg_collection_count(graph, "cond_context"), 2);
	t = mg_collection_item(graph, "cond_context", 0)->record;
	f = mg_collection_item(graph, "cond_context", 1)->record;
	ck_assert_str_eq(t->context_name, "cond/cond_text");
	ck_assert_str_eq(f->context_name, "cond/cond_text_1");
	ck_assert_str_eq(t->pred_name, "cond/pred_id:0");
	ck_assert_str_eq(t->pivot_name, "cond/switch_t:0");
	ck_assert_int_eq(t->branch, 1);
	ck_assert_int_eq(f->branch, 0);
	ck_assert_int_eq(t->value_count, 6);
	for (int i = 0; i < 6; i++)
		ck_assert_str_eq(t->values[i], values[i]);
	ck_assert_int_eq(t->external_count, 2);
	ck_assert_str_eq(t->external_values[0].key, "cond/pred_id:0");
	ck_assert_str_eq(t->external_values[1].key, "ones:0");
	ck_assert_str_eq(t->external_values[1].value, "cond/concat/Switch:1");
	ck_assert_ptr_eq(mg_graph_find(graph, "cond/concat/Switch")->context, t);
	ck_assert_ptr_null(mg_graph_find(graph, "cond/Merge")->context);
}
END_TEST

static void
just_outside(void *payload, mgreg_builder *b, mgreg_output *out, int count)
{
	(void)payload, (void)b, (void)count;
	out[0] = outside;
}

static void
read_it(void *payload, mgreg_builder *b, mgreg_output *out, int count)
{
	(void)count;
	out[0] = mg_build(b, "Identity", "read", "o", *(mg_output *)payload);
}

/* initialized_value(): a variable read in one branch, its initial value as it is in the other. */
START_TEST(references_and_untouched_values_come_through_switches)
{
	static const char *const expected[] = {
		"cond/Switch Switch p p", "cond/switch_t Identity cond/Switch:1", "cond/switch_f Identity cond/Switch", "cond/pred_id Identity p",
		"cond/read/Switch RefSwitch w cond/pred_id @w", "cond/read Identity cond/read/Switch:1",
		"cond/Switch_1 Switch value cond/pred_id @value", "cond/Merge Merge cond/Switch_1 cond/read", NULL
	};
	mg_output pred, out, w;
	int before;

	outside = mg_const_scalar(&build, "value", MGREG_FLOAT, 1);
	pred = mg_build(&build, "Placeholder", "p", ";t:dtype", (int)MGREG_BOOL);
	w = mg_build(&build, "VariableV2", "w", ";t:dtype h:shape", (int)MGREG_FLOAT, mg_output_shape(outside));
	before = mg_graph_node_count(graph);
	mgreg_cond(&build, pred, &(mgreg_cond_fns){ read_it, just_outside, &w }, &out, 1, NULL);
	ck_assert_ok(build.rc, &err);
	assert_nodes(before, expected);
}
END_TEST

static void
assign_it(void *payload, mgreg_builder *b, mgreg_output *out, int count)
{
	(void)count;
	out[0] = MG_OUTPUT(mg_build_node(b, "Assign", NULL, "oo", *(mg_output *)payload, outside), MGREG_OP_ITSELF);
}

static void
no_op(void *payload, mgreg_builder *b, mgreg_output *out, int count)
{
	(void)payload, (void)count;
	out[0] = MG_OUTPUT(mg_build_node(b, "NoOp", NULL, ""), MGREG_OP_ITSELF);
}

START_TEST(an_op_is_stood_for_by_the_pivot)
{
	static const char *const expected[] = {
		"cond/Assign/Switch RefSwitch w cond/pred_id @w", "cond/Assign/Switch_1 Switch value cond/pred_id @value",
		"cond/Assign Assign cond/Assign/Switch:1 cond/Assign/Switch_1:1 @w",
		"cond/control_dependency Identity cond/switch_t ^cond/Assign @cond/switch_t",
		"cond/NoOp NoOp ^cond/switch_f", "cond/control_dependency_1 Identity cond/switch_f ^cond/NoOp @cond/switch_f",
		"cond/Merge Merge cond/control_dependency_1 cond/control_dependency", NULL
	};
	mg_output pred, out, w;
	int before;

	outside = mg_const_scalar(&build, "value", MGREG_FLOAT, 1);
	pred = mg_build(&build, "Placeholder", "p", ";t:dtype", (int)MGREG_BOOL);
	w = mg_build(&build, "VariableV2", "w", ";t:dtype h:shape", (int)MGREG_FLOAT, mg_output_shape(outside));
	before = mg_graph_node_count(graph) + 4;
	mgreg_cond(&build, pred, &(mgreg_cond_fns){ assign_it, no_op, &w }, &out, 1, NULL);
	ck_assert_ok(build.rc, &err);
	assert_nodes(before, expected);
}
END_TEST

static void
choose_inside(void *payload, mgreg_builder *b, const mgreg_output *vars, mgreg_output *out, int count)
{
	mg_output chosen;

	(void)count;
	mgreg_cond(b, *(mg_output *)payload, &(mgreg_cond_fns){ twice, just_outside, NULL }, &chosen, 1, NULL);
	out[0] = scalar_op(b, "Add", "add", "y", vars[0], 1);
	out[1] = chosen;
}

START_TEST(a_cond_inside_a_loop_brings_values_through_both)
{
	mgreg_while_options o = MGREG_WHILE_INIT;
	mg_output vars[2], pred;
	const mg_context_record *c;
	char text[512];

	loop_vars(vars);
	outside = vars[1];
	pred = mg_build(&build, "Placeholder", "p", ";t:dtype", (int)MGREG_BOOL);
	o.shape_ranks = two_ranks;
	mgreg_while_loop(&build, vars, 2, &(mgreg_while_fns){ below_ten, choose_inside, &pred }, &o, vars, NULL);
	ck_assert_ok(build.rc, &err);
	describe(mg_graph_find(graph, "while/cond/Switch"), text, sizeof(text));
	ck_assert_str_eq(text, "while/cond/Switch Switch while/cond/Switch/Enter while/cond/Switch/Enter ^while/Identity");
	describe(mg_graph_find(graph, "while/cond/Switch/Enter"), text, sizeof(text));
	ck_assert_str_eq(text, "while/cond/Switch/Enter Enter p");
	describe(mg_graph_find(graph, "while/cond/concat/Switch"), text, sizeof(text));
	ck_assert_str_eq(text, "while/cond/concat/Switch Switch while/cond/concat/Enter while/cond/pred_id @while/cond/concat/Enter");
	describe(mg_graph_find(graph, "while/cond/concat/axis"), text, sizeof(text));
	ck_assert_str_eq(text, "while/cond/concat/axis Const ^while/cond/switch_t");
	describe(mg_graph_find(graph, "while/cond/Merge"), text, sizeof(text));
	ck_assert_str_eq(text, "while/cond/Merge Merge while/cond/Switch_1 while/cond/concat");
	c = mg_collection_item(graph, "while_context", 0)->record;
	ck_assert_int_eq(mg_collection_count(graph, "cond_context"), 0);
	ck_assert_int_eq(c->nested_count, 2);
	ck_assert_str_eq(c->nested[0]->context_name, "while/cond/cond_text");
	ck_assert_int_eq(c->nested[1]->branch, 0);
}
END_TEST

START_TEST(maximum_iterations_bring_a_counter)
{
	static const char *const expected[] = {
		"while/iteration_counter Const", "while/Enter Enter while/iteration_counter", "while/Enter_1 Enter Const", "while/Enter_2 Enter ones",
		"while/Merge Merge while/Enter while/NextIteration", "while/Merge_1 Merge while/Enter_1 while/NextIteration_1",
		"while/Merge_2 Merge while/Enter_2 while/NextIteration_2",
		"while/Less/Enter Enter limit", "while/Less Less while/Merge while/Less/Enter",
		"while/Less_1/y Const ^while/Merge", "while/Less_1 Less while/Merge_1 while/Less_1/y",
		"while/LogicalAnd LogicalAnd while/Less while/Less_1", "while/LoopCond LoopCond while/LogicalAnd", NULL
	};
	mgreg_while_options o = MGREG_WHILE_INIT;
	const mg_context_record *c;
	mg_output vars[2];
	char text[512];

	loop_vars(vars);
	o.maximum_iterations = mg_const_scalar(&build, "limit", MGREG_INT32, 5);
	o.shape_ranks = two_ranks;
	mgreg_while_loop(&build, vars, 2, &(mgreg_while_fns){ below_ten, grow, NULL }, &o, vars, NULL);
	ck_assert_ok(build.rc, &err);
	for (int i = 0; expected[i]; i++) {
		describe(mg_graph_node(graph, 3 + i), text, sizeof(text));
		ck_assert_str_eq(text, expected[i]);
	}
	describe(mg_graph_find(graph, "while/add"), text, sizeof(text));
	ck_assert_str_eq(text, "while/add Add while/Identity while/add/y");
	ck_assert_str_eq(vars[0].node->name, "while/Exit_1");
	c = mg_collection_item(graph, "while_context", 0)->record;
	ck_assert_str_eq(c->maximum_iterations_name, "limit:0");
}
END_TEST

static void
waits_for_outside(void *payload, mgreg_builder *b, const mgreg_output *vars, mgreg_output *out, int count)
{
	(void)payload, (void)count;
	ck_assert_ok(mg_controls_push(graph, &outside.node, 1, &err), &err);
	out[0] = scalar_op(b, "Add", "add", "y", vars[0], 1);
	mg_controls_pop(graph);
	out[1] = vars[1];
}

START_TEST(controls_from_outside_a_loop_become_data)
{
	mg_output vars[2];
	char text[512];

	loop_vars(vars);
	outside = mg_build(&build, "Placeholder", "x", ";t:dtype", (int)MGREG_FLOAT);
	mgreg_while_loop(&build, vars, 2, &(mgreg_while_fns){ below_ten, waits_for_outside, NULL }, NULL, vars, NULL);
	ck_assert_ok(build.rc, &err);
	describe(mg_graph_find(graph, "while/add/y"), text, sizeof(text));
	ck_assert_str_eq(text, "while/add/y Const ^while/Identity ^while/add/Identity");
	describe(mg_graph_find(graph, "while/add/Identity"), text, sizeof(text));
	ck_assert_str_eq(text, "while/add/Identity Identity while/add/Identity/Enter ^while/Identity");
	ck_assert_ok(mg_graph_validate(graph, &err), &err);
}
END_TEST

static void
with_summary(void *payload, mgreg_builder *b, mgreg_output *out, int count)
{
	(void)payload, (void)count;
	out[0] = scalar_op(b, "Mul", "mul", "y", outside, 2);
	mgreg_op_scalar_summary(b, "loss", out[0]);
}

START_TEST(summaries_stay_in_their_branch)
{
	mg_output pred, out;
	char text[512];

	outside = mg_const_scalar(&build, "value", MGREG_FLOAT, 1);
	pred = mg_build(&build, "Placeholder", "p", ";t:dtype", (int)MGREG_BOOL);
	mgreg_cond(&build, pred, &(mgreg_cond_fns){ with_summary, just_outside, NULL }, &out, 1, NULL);
	ck_assert_ok(build.rc, &err);
	ck_assert_int_eq(mg_collection_count(graph, "summaries"), 0);
	describe(mg_graph_find(graph, "cond/Identity"), text, sizeof(text));
	ck_assert_str_eq(text, "cond/Identity Identity cond/mul ^cond/loss");
}
END_TEST

static void nothing(void *payload, mgreg_builder *b, mgreg_output *out, int count) { (void)payload, (void)b, (void)out, (void)count; }
static void
an_int(void *payload, mgreg_builder *b, mgreg_output *out, int count)
{
	(void)payload, (void)count;
	out[0] = mg_const_scalar(b, NULL, MGREG_INT32, 1);
}
static void
not_a_bool(void *payload, mgreg_builder *b, const mgreg_output *vars, mgreg_output *out, int count)
{
	(void)payload, (void)b, (void)count;
	out[0] = vars[0];
}

START_TEST(what_does_not_fit_is_refused)
{
	static const struct { int what; const char *says; } bad[] = {
		{ 0, "not a bool" }, { 1, "at least one result" }, { 2, "result 0 is missing" }, { 3, "int32 in the true branch and float" },
		{ 4, "no loop variables" }, { 5, "condition is of type" }, { 6, "after one iteration" }, { 7, "positive" }, { 8, "enters with shape" },
		{ 9, "not an integer scalar" },
	};
	static const int64_t three[] = { 3 };
	static const int ranks[] = { 0, 1 };
	static const int64_t *const dims[] = { NULL, three };
	mgreg_while_options o = MGREG_WHILE_INIT;
	mgreg_while_fns fns = { below_ten, grow, NULL };
	mg_output pred = mg_build(&build, "Placeholder", "p", ";t:dtype", (int)MGREG_BOOL), vars[2], out[2];

	loop_vars(vars);
	outside = vars[1];
	vars[1] = mg_const_scalar(&build, "one", MGREG_FLOAT, 1);
	switch (bad[_i].what) {
	case 0: mgreg_cond(&build, vars[0], &(mgreg_cond_fns){ twice, twice, NULL }, out, 1, NULL); break;
	case 1: mgreg_cond(&build, pred, &(mgreg_cond_fns){ twice, twice, NULL }, out, 0, NULL); break;
	case 2: mgreg_cond(&build, pred, &(mgreg_cond_fns){ nothing, twice, NULL }, out, 1, NULL); break;
	case 3: mgreg_cond(&build, pred, &(mgreg_cond_fns){ an_int, just_outside, NULL }, out, 1, NULL); break;
	case 4: mgreg_while_loop(&build, vars, 0, &fns, NULL, out, NULL); break;
	case 5: fns.condition = not_a_bool; mgreg_while_loop(&build, vars, 2, &fns, NULL, out, NULL); break;
	case 6: vars[1] = mg_const_i32s(&build, "v", three, 1); mgreg_while_loop(&build, vars, 2, &fns, NULL, out, NULL); break;
	case 7: o.parallel_iterations = 0; mgreg_while_loop(&build, vars, 2, &fns, &o, out, NULL); break;
	case 8: o.shape_ranks = ranks; o.shape_dims = dims; mgreg_while_loop(&build, vars, 2, &fns, &o, out, NULL); break;
	default: o.maximum_iterations = vars[1]; mgreg_while_loop(&build, vars, 2, &fns, &o, out, NULL); break;
	}
	ck_assert_int_eq(build.rc, MGREG_INVALID_ARGUMENT);
	ck_assert_msg(strstr(err.text, bad[_i].says) != NULL, "'%s' does not say '%s'", err.text, bad[_i].says);
	ck_assert_str_eq(mg_scope_current(graph), "");
	ck_assert_ptr_null(mg_graph_set_context(graph, NULL));
	ck_assert(bad[_i].what == 1 || bad[_i].what == 4 || !out[0].node);
}
END_TEST

Suite *
test_control_flow(void)
{
	Suite *s = suite_create("control_flow");
	TCase *c = tcase_create("build");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, a_while_loop_is_tensorflows);
	tcase_add_test(c, loops_nest);
	tcase_add_test(c, a_cond_is_tensorflows);
	tcase_add_test(c, references_and_untouched_values_come_through_switches);
	tcase_add_test(c, an_op_is_stood_for_by_the_pivot);
	tcase_add_test(c, a_cond_inside_a_loop_brings_values_through_both);
	tcase_add_test(c, maximum_iterations_bring_a_counter);
	tcase_add_test(c, controls_from_outside_a_loop_become_data);
	tcase_add_test(c, summaries_stay_in_their_branch);
	tcase_add_loop_test(c, what_does_not_fit_is_refused, 0, 10);
	suite_add_tcase(s, c);
	return s;
}
