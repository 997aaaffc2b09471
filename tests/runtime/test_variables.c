/* SPDX-License-Identifier: Apache-2.0 */
/* test_variables.c - reference and resource variables: set, unset, seen early or late, shared by threads. */
#include "rt.h"
#include "base/thread.h"

START_TEST(uninitialized_is_named)
{
	rt t;
	mg_output v;

	rt_begin(&t);
	v = rt_variable(&t, "scope/v", 2);
	rt_fetch_fails(&t, mg_build(&t.b, "Identity", "read", "o", v), MGREG_FAILED_PRECONDITION);
	ck_assert_ptr_nonnull(strstr(t.err.text, "scope/v"));
	rt_fetch_fails(&t, v, MGREG_FAILED_PRECONDITION);
	rt_run_fails(&t, mg_build_node(&t.b, "AssignAdd", "add", "oo", v, rt_floats(&t, "c", 2, 1.0, 1.0)), MGREG_FAILED_PRECONDITION);
	ck_assert_ptr_nonnull(strstr(t.err.text, "scope/v"));
	ck_assert_double_eq(rt_fetch_scalar(&t, mg_build(&t.b, "IsVariableInitialized", "is", "o", v)), 0);
	rt_set(&t, "scope/v", 2, (double[]){ 1, 2 });
	ck_assert_double_eq(rt_fetch_scalar(&t, mg_build(&t.b, "IsVariableInitialized", "is2", "o", v)), 1);
	rt_end(&t);
}
END_TEST

START_TEST(assign_checks_the_shape)
{
	rt t;
	mg_output v, three;

	rt_begin(&t);
	v = rt_variable(&t, "v", 2);
	three = mg_build(&t.b, "Placeholder", "p", "; t:dtype", MGREG_FLOAT);
	three = mg_build(&t.b, "PlaceholderWithDefault", "d", "o; h:shape", rt_floats(&t, "c", 3, 1.0, 2.0, 3.0), &MG_SHAPE_UNKNOWN);
	rt_run_fails(&t, mg_build_node(&t.b, "Assign", "a", "oo", v, three), MGREG_INVALID_ARGUMENT);
	ck_assert_ptr_nonnull(strstr(t.err.text, "[2]"));
	ck_assert_ptr_nonnull(strstr(t.err.text, "[3]"));
	ck_assert(!mg_session_variable_is_set(t.s, "v"));
	rt_run(&t, mg_build_node(&t.b, "Assign", "b", "oo; b:validate_shape", v, three, 0));
	ck_assert_double_eq(rt_get(&t, "v", 2), 3);
	rt_end(&t);
}
END_TEST

/* A read of a reference shares its buffer: what writes after the read and before the use is seen. */
START_TEST(reads_of_references_are_no_snapshots)
{
	rt t;
	mg_output v, read, use;
	mg_node *add;

	rt_begin(&t);
	v = rt_variable(&t, "v", -1);
	rt_set(&t, "v", -1, (double[]){ 1 });
	read = mg_build(&t.b, "Identity", "read", "o", v);
	add = mg_build_node(&t.b, "AssignAdd", "add", "ooc", v, rt_float(&t, "c", 10), read.node);
	use = mg_build(&t.b, "Identity", "use", "oc", read, add);
	ck_assert_double_eq(rt_fetch_scalar(&t, use), 11);
	rt_end(&t);
}
END_TEST

/* A fetched value never changes afterwards. */
START_TEST(fetched_values_are_snapshots)
{
	rt t;
	mg_output v, read;
	mg_tensor before[2] = { { 0 } };
	mg_node *add;

	rt_begin(&t);
	v = rt_variable(&t, "v", 2);
	rt_set(&t, "v", 2, (double[]){ 1, 2 });
	read = mg_build(&t.b, "Identity", "read", "o", v);
	add = mg_build_node(&t.b, "AssignAdd", "add", "oo", v, rt_floats(&t, "c", 2, 10.0, 10.0));
	rt_fetch(&t, read, &before[0]);
	rt_fetch(&t, v, &before[1]);
	rt_run(&t, add);
	ck_assert_double_eq(rt_get(&t, "v", 0), 11);
	for (int i = 0; i < 2; i++) {
		ck_assert_float_eq(MG_DATA(&before[i], float)[0], 1);
		mg_tensor_clear(&before[i]);
	}
	rt_end(&t);
}
END_TEST

static mg_output
handle(rt *t, const char *name, int n)
{
	mg_shape shape = n < 0 ? MG_SHAPE_SCALAR : (mg_shape){ .rank = 1, .inline_dims = { n } };

	return mg_build(&t->b, "VarHandleOp", name, "; h:shape t:dtype s:shared_name", &shape, MGREG_FLOAT, name);
}

START_TEST(resource_variables)
{
	rt t;
	mg_output h, read, use;
	mg_node *set, *add;

	rt_begin(&t);
	h = handle(&t, "v", -1);
	read = mg_build(&t.b, "ReadVariableOp", "read", "o; t:dtype", h, MGREG_FLOAT);
	rt_fetch_fails(&t, read, MGREG_FAILED_PRECONDITION);
	ck_assert_ptr_nonnull(strstr(t.err.text, "v"));
	rt_run_fails(&t, mg_build_node(&t.b, "AssignAddVariableOp", "early", "oo", h, rt_float(&t, "z", 1)), MGREG_NOT_FOUND);
	set = mg_build_node(&t.b, "AssignVariableOp", "set", "oo", h, rt_float(&t, "one", 1));
	rt_run(&t, set);
	ck_assert_double_eq(rt_fetch_scalar(&t, read), 1);
	/* a read is a snapshot: the write copies while the read value is still about */
	add = mg_build_node(&t.b, "AssignAddVariableOp", "add", "ooc", h, rt_float(&t, "ten", 10), read.node);
	use = mg_build(&t.b, "Identity", "use", "oc", read, add);
	ck_assert_double_eq(rt_fetch_scalar(&t, use), 1);
	ck_assert_double_eq(rt_get(&t, "v", 0), 11);
	rt_run(&t, mg_build_node(&t.b, "DestroyResourceOp", "destroy", "o; b:ignore_lookup_error", h, 0));
	ck_assert_double_eq(rt_fetch_scalar(&t, mg_build(&t.b, "VarIsInitializedOp", "is", "o", h)), 0);
	rt_run_fails(&t, mg_build_node(&t.b, "DestroyResourceOp", "again", "o; b:ignore_lookup_error", h, 0), MGREG_NOT_FOUND);
	rt_end(&t);
}
END_TEST

START_TEST(constants_are_never_written_through_a_variable)
{
	rt t;
	mg_output v, h, c;

	rt_begin(&t);
	c = rt_floats(&t, "c", 2, 1.0, 2.0);
	v = rt_variable(&t, "v", 2);
	h = handle(&t, "h", 2);
	rt_run(&t, mg_build_node(&t.b, "Assign", "a", "oo", v, c));
	rt_run(&t, mg_build_node(&t.b, "AssignVariableOp", "b", "oo", h, c));
	for (int i = 0; i < 2; i++) {
		rt_run(&t, mg_build_node(&t.b, "AssignAdd", NULL, "oo", v, c));
		rt_run(&t, mg_build_node(&t.b, "AssignAddVariableOp", NULL, "oo", h, c));
	}
	ck_assert_double_eq(rt_get(&t, "v", 1), 6);
	ck_assert_double_eq(rt_get(&t, "h", 1), 6);
	ck_assert_double_eq(rt_fetch_scalar(&t, c), 1);
	rt_end(&t);
}
END_TEST

/* Two variable nodes with one shared name are one variable; another dtype under that name is refused. */
START_TEST(shared_names)
{
	rt t;
	mg_output a, b, c;

	rt_begin(&t);
	a = mg_build(&t.b, "VariableV2", "a", "; h:shape t:dtype s:shared_name", &MG_SHAPE_SCALAR, MGREG_FLOAT, "both");
	b = mg_build(&t.b, "VariableV2", "b", "; h:shape t:dtype s:shared_name", &MG_SHAPE_SCALAR, MGREG_FLOAT, "both");
	c = mg_build(&t.b, "VariableV2", "c", "; h:shape t:dtype s:shared_name", &MG_SHAPE_SCALAR, MGREG_INT32, "both");
	rt_run(&t, mg_build_node(&t.b, "Assign", "set", "oo", a, rt_float(&t, "x", 4)));
	ck_assert_double_eq(rt_fetch_scalar(&t, b), 4);
	rt_fetch_fails(&t, c, MGREG_INVALID_ARGUMENT);
	ck_assert_double_eq(rt_get(&t, "both", 0), 4);
	ck_assert_double_eq(rt_get(&t, "a", 0), 4);
	rt_end(&t);
}
END_TEST

START_TEST(scatter)
{
	static const struct { const char *op; double want[3]; } ops[] = {
		{ "ScatterUpdate", { 3, 20, 2 } }, { "ScatterAdd", { 15, 20, 32 } }, { "ScatterSub", { 5, 20, 28 } },
		{ "ScatterMul", { 60, 20, 60 } }, { "ScatterDiv", { 10. / 6, 20, 15 } },
		{ "ScatterMin", { 2, 20, 2 } }, { "ScatterMax", { 10, 20, 30 } },
	};
	rt t;
	mg_output v, good, bad, x;

	rt_begin(&t);
	v = rt_variable(&t, "v", 3);
	good = rt_ints(&t, "good", 3, 0, 2, 0);
	bad = rt_ints(&t, "bad", 3, 0, 3, 0);
	x = rt_floats(&t, "x", 3, 2.0, 2.0, 3.0);
	for (size_t i = 0; i < MG_COUNT(ops); i++) {
		rt_set(&t, "v", 3, (double[]){ 10, 20, 30 });
		rt_run(&t, mg_build_node(&t.b, ops[i].op, NULL, "ooo", v, good, x));
		for (int j = 0; j < 3; j++)
			ck_assert_double_eq_tol(rt_get(&t, "v", j), ops[i].want[j], 1e-6);
		rt_set(&t, "v", 3, (double[]){ 10, 20, 30 });
		rt_run_fails(&t, mg_build_node(&t.b, ops[i].op, NULL, "ooo", v, bad, x), MGREG_INVALID_ARGUMENT);
		ck_assert_ptr_nonnull(strstr(t.err.text, "indices[1] = 3 is not in [0, 3)"));
		ck_assert_double_eq(rt_get(&t, "v", 0), 10);
	}
	rt_end(&t);
}
END_TEST

START_TEST(count_up_to)
{
	rt t;
	mg_output v, count;

	rt_begin(&t);
	v = mg_build(&t.b, "VariableV2", "v", "; h:shape t:dtype", &MG_SHAPE_SCALAR, MGREG_INT64);
	rt_run(&t, mg_build_node(&t.b, "Assign", "set", "oo", v, mg_const_scalar(&t.b, "zero", MGREG_INT64, 0)));
	count = mg_build(&t.b, "CountUpTo", "count", "o; i:limit", v, (int64_t)2);
	ck_assert_double_eq(rt_fetch_scalar(&t, count), 0);
	ck_assert_double_eq(rt_fetch_scalar(&t, count), 1);
	rt_fetch_fails(&t, count, MGREG_OUT_OF_RANGE);
	rt_end(&t);
}
END_TEST

START_TEST(temporary_variables)
{
	rt t;
	mg_output v, set, value;

	rt_begin(&t);
	v = mg_build(&t.b, "TemporaryVariable", "tmp", "; h:shape t:dtype s:var_name", &MG_SHAPE_SCALAR, MGREG_FLOAT, "x");
	set = mg_build(&t.b, "AssignAdd", "add", "oo", v, rt_float(&t, "c", 5));
	value = mg_build(&t.b, "DestroyTemporaryVariable", "destroy", "o; s:var_name", set, "x");
	for (int i = 0; i < 3; i++)
		ck_assert_double_eq(rt_fetch_scalar(&t, value), 5);
	rt_end(&t);
}
END_TEST

typedef struct worker {
	rt *t;
	mg_node *add;
	mg_output read;
	int failed;
} worker;

static void *
work(void *arg)
{
	worker *w = arg;
	mgreg_error err;

	for (int i = 0; i < 500; i++) {
		mg_tensor v = { 0 };

		w->failed += mg_session_run(w->t->s, NULL, 0, NULL, 0, &w->add, 1, NULL, &err) != 0;
		w->failed += mg_session_run(w->t->s, NULL, 0, &w->read, 1, NULL, 0, &v, &err) != 0;
		mg_tensor_clear(&v);
	}
	return NULL;
}

START_TEST(runs_may_overlap)
{
	rt t;
	mg_thread threads[4];
	worker w[4];
	mg_output h, read;
	mg_node *add;

	rt_begin(&t);
	h = handle(&t, "v", -1);
	rt_run(&t, mg_build_node(&t.b, "AssignVariableOp", "set", "oo", h, rt_float(&t, "zero", 0)));
	add = mg_build_node(&t.b, "AssignAddVariableOp", "add", "oo", h, rt_float(&t, "one", 1));
	read = mg_build(&t.b, "ReadVariableOp", "read", "o; t:dtype", h, MGREG_FLOAT);
	ck_assert_ok(t.b.rc, &t.err);
	for (int i = 0; i < 4; i++) {
		w[i] = (worker){ &t, add, read, 0 };
		ck_assert_ok(mg_thread_start(&threads[i], work, &w[i], &t.err), &t.err);
	}
	for (int i = 0; i < 4; i++) {
		mg_thread_join(threads[i]);
		ck_assert_int_eq(w[i].failed, 0);
	}
	ck_assert_double_eq(rt_get(&t, "v", 0), 2000);
	rt_end(&t);
}
END_TEST

Suite *
test_variables(void)
{
	TCase *t;
	Suite *s = mg_suite("variables", &t);

	tcase_add_test(t, uninitialized_is_named);
	tcase_add_test(t, assign_checks_the_shape);
	tcase_add_test(t, reads_of_references_are_no_snapshots);
	tcase_add_test(t, fetched_values_are_snapshots);
	tcase_add_test(t, resource_variables);
	tcase_add_test(t, constants_are_never_written_through_a_variable);
	tcase_add_test(t, shared_names);
	tcase_add_test(t, scatter);
	tcase_add_test(t, count_up_to);
	tcase_add_test(t, temporary_variables);
	tcase_add_test(t, runs_may_overlap);
	return s;
}
