/* SPDX-License-Identifier: Apache-2.0 */
/* test_graph_api.c - chapter 8: graphs built and looked at through the public header alone; run to see that they mean it. */
#include "testing.h"
#include "runtime/runtime.h"

static mgreg_error err;
static mgreg_graph *g;

static void
setup(void)
{
	memset(&err, 0, sizeof(err));
	ck_assert_ok(mgreg_graph_new(&g, &err), &err);
}

static void
teardown(void)
{
	mgreg_graph_free(g);
}

static void
assert_names(const char *const *names, int n)
{
	ck_assert_int_eq(mgreg_graph_node_count(g), n);
	for (int i = 0; i < n; i++)
		ck_assert_str_eq(mgreg_node_name(mgreg_graph_node(g, i)), names[i]);
}

START_TEST(names_are_those_of_tensorflow)
{
	static const char *const names[] = {
		"x", "truncated_normal/shape", "truncated_normal/mean", "truncated_normal/stddev", "truncated_normal/TruncatedNormal",
		"truncated_normal/mul", "truncated_normal", "w", "w/Assign", "w/read", "zeros", "b", "b/Assign", "b/read", "MatMul", "Add",
		"Relu", "Const", "Mean", "Sum/reduction_indices", "Sum", "concat/axis", "concat", "concat_1/concat_dim", "concat_1",
		"ExpandDims/dim", "ExpandDims", "stack", "init",
	};
	mgreg_builder b = MGREG_BUILDER(g, &err);
	mgreg_output x = mgreg_op_placeholder(&b, MGREG_FLOAT, (int64_t[]){ -1, 4 }, 2, "x"), y, both[2];
	mgreg_variable w = mgreg_op_variable(&b,
		mgreg_op_truncated_normal(&b, MGREG_FLOAT, (int64_t[]){ 4, 3 }, 2, 0, 0.1, -1, NULL), 0, "w");
	mgreg_variable bias = mgreg_op_variable(&b, mgreg_op_zeros(&b, MGREG_FLOAT, (int64_t[]){ 3 }, 1, NULL), 0, "b");

	y = mgreg_op_relu(&b, mgreg_op_add(&b, mgreg_op_matmul(&b, x, w.value, NULL), bias.value, NULL), NULL);
	mgreg_op_reduce_mean(&b, y, NULL, -1, 0, NULL);
	mgreg_op_reduce_sum(&b, y, (int64_t[]){ 1 }, 1, 0, NULL);
	both[0] = both[1] = y;
	mgreg_op_concat(&b, both, 2, 1, NULL);
	mgreg_op_concat_v1(&b, 0, both, 2, NULL);
	mgreg_op_expand_dims(&b, y, 1, NULL);
	mgreg_op_pack(&b, both, 2, 0, NULL);
	mgreg_op_initializer(&b, NULL);
	ck_assert_ok(b.rc, &err);
	assert_names(names, MG_COUNT(names));
	ck_assert_int_eq(mgreg_collection_count(g, "trainable_variables"), 2);
	ck_assert_int_eq(mgreg_collection_kind(g, "variables", 1), MGREG_ITEM_VARIABLE);
	ck_assert_str_eq(mgreg_node_op(w.initializer), "Assign");
	ck_assert_int_eq(mgreg_output_is_ref(w.handle), 1);
	ck_assert_int_eq(mgreg_output_rank(y), 2);
	ck_assert_int_eq(mgreg_output_dim(y, 0), -1);
	ck_assert_int_eq(mgreg_output_dim(y, 1), 3);
}
END_TEST

START_TEST(errors_stick)
{
	mgreg_builder b = MGREG_BUILDER(g, &err);
	mgreg_output x = mgreg_op_placeholder(&b, MGREG_FLOAT, (int64_t[]){ 2, 3 }, 2, "x"), y;
	int n;

	y = mgreg_op_matmul(&b, x, x, "bad");
	ck_assert_int_eq(b.rc, MGREG_INVALID_ARGUMENT);
	ck_assert_ptr_null(y.node);
	ck_assert_ptr_nonnull(strstr(err.text, "[2,3]"));
	n = mgreg_graph_node_count(g);
	y = mgreg_op_relu(&b, y, NULL);
	mgreg_op_reduce_sum(&b, y, NULL, -1, 0, NULL);
	mgreg_op_random_normal(&b, MGREG_FLOAT, (int64_t[]){ 2 }, 1, 0, 1, 5, NULL);
	mgreg_op_variable(&b, y, 0, NULL);
	mgreg_op_begin(&b, "Relu", NULL);
	mgreg_op_input(&b, x);
	ck_assert_ptr_null(mgreg_op_end(&b).node);
	ck_assert_int_eq(mgreg_graph_node_count(g), n);
	ck_assert_str_eq(mgreg_scope_current(g), "");
	ck_assert_ptr_nonnull(strstr(err.text, "[2,3]"));       /* the first failure is the one told */
}
END_TEST

START_TEST(any_op_piece_by_piece)
{
	mgreg_builder b = MGREG_BUILDER(g, &err);
	mgreg_output x = mgreg_op_placeholder(&b, MGREG_FLOAT, (int64_t[]){ 1, 8, 8, 3 }, 4, "x"), y;
	mgreg_output f = mgreg_op_zeros(&b, MGREG_FLOAT, (int64_t[]){ 3, 3, 3, 5 }, 4, "f");
	const char *text;
	char *line;
	size_t len;
	mgreg_dtype t;
	int flag;

	mgreg_op_begin(&b, "Conv2D", "conv");
	mgreg_op_input(&b, x);
	mgreg_op_input(&b, f);
	mgreg_op_attr_ints(&b, "strides", (int64_t[]){ 1, 2, 2, 1 }, 4);
	mgreg_op_attr_string(&b, "padding", "SAME");
	mgreg_op_control(&b, f.node);
	y = mgreg_op_end(&b);
	ck_assert_ok(b.rc, &err);
	ck_assert_int_eq(mgreg_output_dim(y, 1), 4);
	ck_assert_int_eq(mgreg_output_dim(y, 3), 5);
	ck_assert_int_eq(mgreg_node_control_count(y.node), 1);
	ck_assert_ptr_eq(mgreg_node_control(y.node, 0), f.node);
	ck_assert_ptr_eq(mgreg_node_input(y.node, 1).node, f.node);
	ck_assert(mgreg_node_attr_string(y.node, "data_format", &text, &len) && len == 4 && memcmp(text, "NHWC", 4) == 0);
	ck_assert(mgreg_node_attr_type(y.node, "T", &t) && t == MGREG_FLOAT);
	ck_assert(mgreg_node_attr_bool(y.node, "use_cudnn_on_gpu", &flag) && flag);
	ck_assert(!mgreg_node_attr_bool(y.node, "T", &flag));
	ck_assert_ok(mgreg_node_attr_text(y.node, "strides", &line, &err), &err);
	ck_assert_str_eq(line, "list { i: 1 i: 2 i: 2 i: 1 }");
	mgreg_free(line);
	ck_assert_fails(mgreg_node_attr_text(y.node, "nothing", &line, &err), MGREG_NOT_FOUND, &err);

	mgreg_op_begin(&b, "AddN", NULL);
	mgreg_op_inputs(&b, (mgreg_output[]){ x, x, x }, 3);
	y = mgreg_op_end(&b);
	ck_assert_ok(b.rc, &err);
	ck_assert_int_eq(mgreg_node_input_count(y.node), 3);

	mgreg_op_begin(&b, "MatMul", NULL);             /* one input is missing */
	mgreg_op_input(&b, x);
	mgreg_op_end(&b);
	ck_assert_int_eq(b.rc, MGREG_INVALID_ARGUMENT);
	ck_assert_ptr_nonnull(strstr(err.text, "MatMul"));
}
END_TEST

START_TEST(scopes_devices_collections)
{
	mgreg_builder b = MGREG_BUILDER(g, &err);
	mgreg_output x, y;
	mgreg_node *node;
	const char *text;
	double number;
	size_t len;

	ck_assert_ok(mgreg_scope_enter(g, "a", &err), &err);
	ck_assert_ok(mgreg_device_push(g, "/cpu:0", &err), &err);
	x = mgreg_op_scalar(&b, MGREG_FLOAT, 1, "c");
	mgreg_device_pop(g);
	ck_assert_ok(mgreg_controls_push(g, &x.node, 1, &err), &err);
	y = mgreg_op_scalar(&b, MGREG_FLOAT, 2, "c");
	mgreg_controls_pop(g);
	ck_assert_str_eq(mgreg_scope_current(g), "a/");
	mgreg_scope_leave(g);
	ck_assert_ok(b.rc, &err);
	ck_assert_str_eq(mgreg_node_name(x.node), "a/c");
	ck_assert_str_eq(mgreg_node_name(y.node), "a/c_1");
	ck_assert_str_ne(mgreg_node_device(x.node), "");
	ck_assert_str_eq(mgreg_node_device(y.node), "");
	ck_assert_int_eq(mgreg_node_control_count(y.node), 1);

	ck_assert_ok(mgreg_collection_add_output(g, "k", x, &err), &err);
	ck_assert_ok(mgreg_collection_add_node(g, "k", y.node, &err), &err);
	ck_assert_ok(mgreg_collection_add_text(g, "k", "hello", &err), &err);
	ck_assert_ok(mgreg_collection_add_int(g, "n", 7, &err), &err);
	ck_assert_ok(mgreg_collection_add_float(g, "n", 0.5, &err), &err);
	ck_assert_int_eq(mgreg_collection_key_count(g), 2);
	ck_assert_str_eq(mgreg_collection_key(g, 1), "n");
	ck_assert_ptr_null(mgreg_collection_key(g, 2));
	ck_assert_int_eq(mgreg_collection_count(g, "k"), 3);
	ck_assert_ok(mgreg_collection_output(g, "k", 1, &y, &err), &err);
	ck_assert_ok(mgreg_collection_node(g, "k", 0, &node, &err), &err);
	ck_assert_ptr_eq(node, x.node);
	ck_assert_ok(mgreg_collection_text(g, "k", 2, &text, &len, &err), &err);
	ck_assert(len == 5 && memcmp(text, "hello", 5) == 0);
	ck_assert_fails(mgreg_collection_text(g, "k", 0, &text, &len, &err), MGREG_INVALID_ARGUMENT, &err);
	ck_assert_fails(mgreg_collection_output(g, "k", 3, &y, &err), MGREG_NOT_FOUND, &err);
	ck_assert_ok(mgreg_collection_number(g, "n", 1, &number, &err), &err);
	ck_assert_double_eq(number, 0.5);
	mgreg_graph_finalize(g);
	mgreg_op_scalar(&b, MGREG_FLOAT, 1, NULL);
	ck_assert_int_eq(b.rc, MGREG_FAILED_PRECONDITION);
}
END_TEST

/* ---- a model, trained ---- */
static float
fetch(mg_session *s, mgreg_output o)
{
	mg_tensor t = { 0 };
	float v;

	ck_assert_ok(mg_session_run(s, NULL, 0, &o, 1, NULL, 0, &t, &err), &err);
	v = MG_CDATA(&t, float)[0];
	mg_tensor_clear(&t);
	return v;
}

START_TEST(a_model_learns)
{
	static const float xs[] = { 0, 1, 2, 3, 4, 5 }, ys[] = { 1, 3, 5, 7, 9, 11 };
	mgreg_builder b = MGREG_BUILDER(g, &err);
	mgreg_output x = mgreg_op_floats(&b, xs, (int64_t[]){ 6, 1 }, 2, "x");
	mgreg_output y = mgreg_op_floats(&b, ys, (int64_t[]){ 6, 1 }, 2, "y");
	mgreg_variable w = mgreg_op_variable(&b, mgreg_op_zeros(&b, MGREG_FLOAT, (int64_t[]){ 1, 1 }, 2, NULL), 0, "w");
	mgreg_variable c = mgreg_op_variable(&b, mgreg_op_zeros(&b, MGREG_FLOAT, (int64_t[]){ 1 }, 1, NULL), 0, "c");
	mgreg_output p = mgreg_op_add(&b, mgreg_op_matmul(&b, x, w.value, NULL), c.value, NULL);
	mgreg_output loss = mgreg_op_reduce_mean(&b, mgreg_op_square(&b, mgreg_op_sub(&b, p, y, NULL), NULL), NULL, -1, 0, "loss");
	mgreg_output grads[2], step;
	mgreg_node *train = NULL, *init;
	mg_session *s;

	ck_assert_ok(b.rc, &err);
	ck_assert_ok(mgreg_gradients(g, &loss, 1, (mgreg_output[]){ w.handle, x }, 2, grads, &err), &err);
	ck_assert_ptr_nonnull(grads[0].node);
	ck_assert_ptr_nonnull(grads[1].node);
	ck_assert_ok(mgreg_minimize(g, loss, "sgd:learning_rate=0.05", 1, &train, &err), &err);
	ck_assert_int_eq(mgreg_collection_count(g, "train_op"), 1);
	ck_assert_fails(mgreg_minimize(g, loss, "no such optimizer", 0, NULL, &err), MGREG_INVALID_ARGUMENT, &err);
	init = mgreg_op_initializer(&b, NULL);
	ck_assert_ok(b.rc, &err);
	ck_assert_ok(mgreg_graph_validate(g, &err), &err);
	ck_assert_ok(mg_session_new(&s, g, NULL, &err), &err);
	ck_assert_ok(mg_session_run(s, NULL, 0, NULL, 0, &init, 1, NULL, &err), &err);
	ck_assert_float_gt(fetch(s, loss), 10);
	for (int i = 0; i < 400; i++)
		ck_assert_ok(mg_session_run(s, NULL, 0, NULL, 0, &train, 1, NULL, &err), &err);
	ck_assert_float_lt(fetch(s, loss), 1e-3f);
	ck_assert_float_eq_tol(fetch(s, w.value), 2, 0.02f);
	ck_assert_float_eq_tol(fetch(s, c.value), 1, 0.05f);
	ck_assert_ok(mgreg_graph_output(g, "global_step", &step, &err), &err);
	ck_assert_int_eq(mgreg_output_dtype(step), MGREG_INT64);
	mg_session_free(s);
}
END_TEST

static int
build_all(void *arg, mgreg_error *e)
{
	mgreg_graph *graph;
	mgreg_builder b = MGREG_BUILDER(NULL, e);
	mgreg_output x;
	int rc = mgreg_graph_new(&graph, e);

	(void)arg;
	if (rc)
		return rc;
	b.graph = graph;
	x = mgreg_op_random_uniform(&b, MGREG_FLOAT, (int64_t[]){ 3, 4 }, 2, -1, 1, 7, NULL);
	x = mgreg_op_variable(&b, x, MGREG_VARIABLE_RESOURCE, "v").value;
	mgreg_op_begin(&b, "AddN", NULL);
	mgreg_op_inputs(&b, (mgreg_output[]){ x, x }, 2);
	x = mgreg_op_end(&b);
	mgreg_op_scalar_summary(&b, "mean", mgreg_op_reduce_mean(&b, x, NULL, -1, 0, NULL));
	mgreg_op_merge_all_summaries(&b, NULL);
	mgreg_graph_free(graph);
	return b.rc;
}

START_TEST(every_allocation_may_fail)
{
	mg_test_each_allocation(build_all, NULL);
}
END_TEST

START_TEST(the_default_graph)
{
	mgreg_graph *a, *b;

	ck_assert_ok(mgreg_graph_default(&a, &err), &err);
	ck_assert_ok(mgreg_graph_default(&b, &err), &err);
	ck_assert_ptr_eq(a, b);
	mgreg_graph_reset_default();
	ck_assert_ok(mgreg_graph_default(&b, &err), &err);
	ck_assert_int_eq(mgreg_graph_node_count(b), 0);
	mgreg_graph_reset_default();
}
END_TEST

Suite *
test_graph_api(void)
{
	TCase *t;
	Suite *s = mg_suite("graph_api", &t);

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, names_are_those_of_tensorflow);
	tcase_add_test(t, errors_stick);
	tcase_add_test(t, any_op_piece_by_piece);
	tcase_add_test(t, scopes_devices_collections);
	tcase_add_test(t, a_model_learns);
	tcase_add_test(t, every_allocation_may_fail);
	tcase_add_test(t, the_default_graph);
	return s;
}
