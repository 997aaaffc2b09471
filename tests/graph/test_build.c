/* SPDX-License-Identifier: Apache-2.0 */
/* test_build.c - building nodes: attributes deduced, wrong ones refused, the graph unchanged by a failure. */
#include "testing.h"
#include "graph/graph.h"

START_TEST(builds_a_layer)
{
	static const int64_t x_dims[] = { 5, 3 }, w_dims[] = { 3, 2 };
	mgreg_error err = { 0 };
	mg_graph *g;
	mg_builder b;
	mg_shape xs = MG_SHAPE_SCALAR, ws = MG_SHAPE_SCALAR;
	mg_output x, w, y, list[2], c;
	int64_t n;
	char text[256];

	ck_assert_ok(mg_graph_new(&g, &err), &err);
	b = (mg_builder)MG_BUILDER(g, &err);
	ck_assert_ok(mg_shape_set(&xs, x_dims, 2, &err), &err);
	ck_assert_ok(mg_shape_set(&ws, w_dims, 2, &err), &err);
	x = mg_build(&b, "Placeholder", "x", ";t:dtype h:shape", MGREG_FLOAT, &xs);
	w = mg_build(&b, "Placeholder", "w", ";t:dtype h:shape", MGREG_FLOAT, &ws);
	y = mg_build(&b, "MatMul", NULL, "oo;b:transpose_a b:transpose_b", x, w, 0, 0);
	ck_assert_ok(b.rc, &err);
	ck_assert_str_eq(y.node->name, "MatMul");
	ck_assert_int_eq(mg_output_type(y), MGREG_FLOAT);
	ck_assert_str_eq(mg_shape_text(mg_output_shape(y), text), "[5,2]");
	list[0] = y;
	list[1] = y;
	c = mg_build(&b, "AddN", NULL, "O", list, 2);
	ck_assert_ok(b.rc, &err);
	ck_assert(mg_attr_get_int(&c.node->attrs, "N", &n));
	ck_assert_int_eq(n, 2);
	ck_assert_ptr_eq(mg_graph_find(g, "AddN"), c.node);
	ck_assert_ok(mg_graph_validate(g, &err), &err);
	mg_graph_free(g);
}
END_TEST

START_TEST(a_failure_changes_nothing)
{
	mgreg_error err = { 0 };
	mg_graph *g;
	mg_builder b;
	mg_output x, i, y;
	int before;

	ck_assert_ok(mg_graph_new(&g, &err), &err);
	b = (mg_builder)MG_BUILDER(g, &err);
	x = mg_const_scalar(&b, "x", MGREG_FLOAT, 1);
	i = mg_const_scalar(&b, "i", MGREG_INT32, 1);
	before = mg_graph_node_count(g);
	y = mg_build(&b, "Add", "sum", "oo", x, i);
	ck_assert_int_eq(b.rc, MGREG_INVALID_ARGUMENT);
	ck_assert_ptr_null(y.node);
	ck_assert_int_eq(mg_graph_node_count(g), before);
	ck_assert_ptr_null(mg_graph_find(g, "sum"));
	/* Errors stick: nothing more is made until the caller clears them. */
	ck_assert_ptr_null(mg_const_scalar(&b, "z", MGREG_FLOAT, 1).node);
	b.rc = 0;
	mg_build(&b, "NoSuchOp", NULL, "");
	ck_assert_int_eq(b.rc, MGREG_NOT_FOUND);
	ck_assert_ptr_nonnull(strstr(err.text, "NoSuchOp"));
	b.rc = 0;
	mg_build(&b, "NoOp", "x/", "");
	ck_assert_int_eq(b.rc, MGREG_INVALID_ARGUMENT);
	ck_assert_ptr_nonnull(strstr(err.text, "'x'"));
	b.rc = 0;
	mg_build(&b, "NoOp", "a:0", "");
	ck_assert_int_eq(b.rc, MGREG_INVALID_ARGUMENT);
	mg_graph_finalize(g);
	b.rc = 0;
	mg_build(&b, "NoOp", "late", "");
	ck_assert_int_eq(b.rc, MGREG_FAILED_PRECONDITION);
	ck_assert_fails(mg_collection_add_node(g, "k", x.node, &err), MGREG_FAILED_PRECONDITION, &err);
	mg_graph_free(g);
}
END_TEST

static const struct { const char *name; int code; } outputs[] = {
	{ "x", 0 }, { "x:0", 0 }, { "x:1", MGREG_NOT_FOUND }, { "y", MGREG_NOT_FOUND }, { "y:0", MGREG_NOT_FOUND },
	{ "^x", MGREG_INVALID_ARGUMENT }, { "x:", MGREG_INVALID_ARGUMENT }, { "x:a", MGREG_INVALID_ARGUMENT },
	{ "x:-1", MGREG_INVALID_ARGUMENT },
};

START_TEST(output_names)
{
	mgreg_error err = { 0 };
	mg_graph *g;
	mg_builder b;
	mg_output o;
	mg_arena a = { 0 };

	ck_assert_ok(mg_graph_new(&g, &err), &err);
	b = (mg_builder)MG_BUILDER(g, &err);
	mg_const_scalar(&b, "x", MGREG_FLOAT, 1);
	ck_assert_int_eq(mg_graph_output(g, outputs[_i].name, &o, &err), outputs[_i].code);
	if (outputs[_i].code == 0)
		ck_assert_str_eq(mg_output_name_colon(o, &a), "x:0");
	else
		ck_assert_ptr_nonnull(strstr(err.text, outputs[_i].name));
	mg_arena_clear(&a);
	mg_graph_free(g);
}
END_TEST

static const struct { bool has_graph, has_op; int64_t graph, op, want[2]; } seeds[] = {
	{ false, false, 0, 0, { 0, 0 } },
	{ false, true, 0, 7, { 87654321, 7 } },
	{ true, true, 3, 4, { 3, 4 } },
	{ true, false, 3, 0, { 3, 2 } },                /* two nodes were made */
	{ true, true, 0, 0, { 0, INT32_MAX } },
	{ true, true, INT32_MAX, 5, { 0, 5 } },
	{ true, true, -1, 5, { INT32_MAX - 1, 5 } },
};

START_TEST(seed_pairs)
{
	mgreg_error err = { 0 };
	mg_graph *g;
	mg_builder b;
	int64_t got[2];

	ck_assert_ok(mg_graph_new(&g, &err), &err);
	b = (mg_builder)MG_BUILDER(g, &err);
	mg_build_node(&b, "NoOp", NULL, "");
	mg_build_node(&b, "NoOp", NULL, "");
	if (seeds[_i].has_graph)
		mg_graph_set_seed(g, seeds[_i].graph);
	mg_graph_get_seeds(g, seeds[_i].has_op, seeds[_i].op, got);
	ck_assert_int_eq(got[0], seeds[_i].want[0]);
	ck_assert_int_eq(got[1], seeds[_i].want[1]);
	mg_graph_free(g);
}
END_TEST

START_TEST(default_graph_is_reset)
{
	mgreg_error err = { 0 };
	mg_graph *g, *again;
	mg_builder b;

	ck_assert_ok(mg_graph_default(&g, &err), &err);
	b = (mg_builder)MG_BUILDER(g, &err);
	mg_build_node(&b, "NoOp", "here", "");
	ck_assert_ok(mg_graph_default(&again, &err), &err);
	ck_assert_ptr_eq(g, again);
	mg_graph_reset_default();
	ck_assert_ok(mg_graph_default(&g, &err), &err);
	ck_assert_int_eq(mg_graph_node_count(g), 0);
	mg_graph_reset_default();
}
END_TEST

static int
build_something(void *arg, mgreg_error *err)
{
	mg_graph *g;
	mg_builder b;
	const mg_variable_record *v;
	mg_output x;
	int rc = mg_graph_new(&g, err);

	(void)arg;
	if (rc)
		return rc;
	b = (mg_builder)MG_BUILDER(g, err);
	x = mg_const_scalar(&b, "x", MGREG_FLOAT, 1);
	x = mg_build(&b, "Neg", NULL, "o", x);
	rc = b.rc;
	if (rc == 0)
		rc = mg_variable_new(g, "w", x, 0, &v, err);
	mg_graph_free(g);
	return rc;
}

START_TEST(every_allocation_may_fail)
{
	mg_test_each_allocation(build_something, NULL);
}
END_TEST

Suite *
test_build(void)
{
	TCase *t;
	Suite *s = mg_suite("build", &t);

	tcase_add_test(t, builds_a_layer);
	tcase_add_test(t, a_failure_changes_nothing);
	tcase_add_loop_test(t, output_names, 0, MG_COUNT(outputs));
	tcase_add_loop_test(t, seed_pairs, 0, MG_COUNT(seeds));
	tcase_add_test(t, default_graph_is_reset);
	tcase_add_test(t, every_allocation_may_fail);
	return s;
}
