/* SPDX-License-Identifier: Apache-2.0 */
/* test_loops.c - while loops in frames: counting, nesting, branches inside and around, what ends them, what they cost. */
#include <pthread.h>
#include <unistd.h>
#include "rt.h"
#include "base/json.h"
#include "base/mem.h"
#include "runtime/runtime_internal.h"

/* i, sum = 0, START; while i < N: i, sum = i + 1, sum + i. */
static rt_loop
summing(rt *t, const char *frame, int parallel, mg_output start, mg_output n)
{
	rt_loop l;
	mg_output limit, one;

	rt_loop_begin(&l, t, frame, parallel, 2, mg_const_scalar(&t->b, NULL, MGREG_INT32, 0), start);
	limit = rt_loop_invariant(&l, n);
	rt_loop_cond(&l, mg_build(&t->b, "Less", NULL, "oo", l.merge[0], limit));
	one = rt_int_after(t, 1, l.body[0]);
	rt_loop_end(&l, mg_build(&t->b, "Add", NULL, "oo", l.body[0], one), mg_build(&t->b, "Add", NULL, "oo", l.body[1], l.body[0]));
	return l;
}

static mg_output
int_const(rt *t, int v)
{
	return mg_const_scalar(&t->b, NULL, MGREG_INT32, v);
}

static const struct { int parallel, n; } counts[] = { { 10, 0 }, { 10, 1 }, { 10, 7 }, { 1, 7 }, { 1, 40 }, { 2, 40 }, { 32, 40 }, { 10, 1000 } };

START_TEST(sums)
{
	rt t;
	rt_loop l;

	rt_begin(&t);
	l = summing(&t, "while", counts[_i].parallel, int_const(&t, 5), int_const(&t, counts[_i].n));
	for (int again = 0; again < 3; again++) {
		ck_assert_double_eq(rt_fetch_scalar(&t, l.exit[1]), 5 + counts[_i].n * (counts[_i].n - 1) / 2);
		ck_assert_double_eq(rt_fetch_scalar(&t, l.exit[0]), counts[_i].n);
	}
	rt_end(&t);
}
END_TEST

/* sum over i < 4 of sum over j < i of j: the inner loop's length changes, its frame opens anew in each iteration. */
START_TEST(nested_loops)
{
	rt t;
	rt_loop outer, inner;
	mg_output one, zero, four;

	rt_begin(&t);
	four = int_const(&t, 6);
	rt_loop_begin(&outer, &t, "outer", 10, 2, int_const(&t, 0), int_const(&t, 0));
	four = rt_loop_invariant(&outer, four);
	rt_loop_cond(&outer, mg_build(&t.b, "Less", NULL, "oo", outer.merge[0], four));
	one = rt_int_after(&t, 1, outer.body[0]);
	zero = rt_int_after(&t, 0, outer.body[0]);
	rt_loop_begin(&inner, &t, "inner", _i ? 1 : 10, 2, zero, outer.body[1]);
	rt_loop_cond(&inner, mg_build(&t.b, "Less", NULL, "oo", inner.merge[0], rt_loop_invariant(&inner, outer.body[0])));
	rt_loop_end(&inner, mg_build(&t.b, "Add", NULL, "oo", inner.body[0], rt_loop_invariant(&inner, one)),
		mg_build(&t.b, "Add", NULL, "oo", inner.body[1], inner.body[0]));
	rt_loop_end(&outer, mg_build(&t.b, "Add", NULL, "oo", outer.body[0], one), inner.exit[1]);
	ck_assert_double_eq(rt_fetch_scalar(&t, outer.exit[1]), 0 + 0 + 1 + 3 + 6 + 10);
	rt_end(&t);
}
END_TEST

/* A loop on the branch that is not taken: its exits are dead, and Merge takes the other side. */
START_TEST(loop_in_a_branch)
{
	rt t;
	rt_loop l;
	mg_output p, start, n, merged, m;

	rt_begin(&t);
	p = mg_build(&t.b, "Placeholder", "p", ";t:dtype", MGREG_BOOL);
	start = mg_build(&t.b, "Switch", NULL, "oo", int_const(&t, 100), p);
	n = mg_build(&t.b, "Switch", NULL, "oo", int_const(&t, 5), p);
	l = summing(&t, "while", 10, MG_OUTPUT(start.node, 1), MG_OUTPUT(n.node, 1));
	merged = mg_build(&t.b, "Merge", NULL, "O", ((mg_output[]){ MG_OUTPUT(start.node, 0), l.exit[1] }), 2);
	m = mg_build(&t.b, "Identity", NULL, "o", merged);
	for (int v = 0; v < 2; v++) {
		mg_tensor pred = { 0 }, out = { 0 };
		mg_feed feed = { p, &pred };

		ck_assert_ok(mg_tensor_init_dims(&pred, MGREG_BOOL, NULL, 0, &t.err), &t.err);
		*MG_DATA(&pred, bool) = v;
		ck_assert_ok(mg_session_run(t.s, &feed, 1, &m, 1, NULL, 0, &out, &t.err), &t.err);
		ck_assert_int_eq(MG_DATA(&out, int32_t)[0], v ? 110 : 100);
		mg_tensor_clear(&out);
		mg_tensor_clear(&pred);
	}
	rt_end(&t);
}
END_TEST

/* Even numbers are added, odd ones subtracted: a cond in the body. */
START_TEST(branch_in_a_loop)
{
	rt t;
	rt_loop l;
	mg_output one, two, odd, s, i, minus, plus, merged;

	rt_begin(&t);
	rt_loop_begin(&l, &t, "while", 10, 2, int_const(&t, 0), int_const(&t, 0));
	rt_loop_cond(&l, mg_build(&t.b, "Less", NULL, "oo", l.merge[0], rt_loop_invariant(&l, int_const(&t, 9))));
	one = rt_int_after(&t, 1, l.body[0]);
	two = rt_int_after(&t, 2, l.body[0]);
	odd = mg_build(&t.b, "Equal", NULL, "oo", mg_build(&t.b, "FloorMod", NULL, "oo", l.body[0], two), one);
	s = mg_build(&t.b, "Switch", NULL, "oo", l.body[1], odd);
	i = mg_build(&t.b, "Switch", NULL, "oo", l.body[0], odd);
	plus = mg_build(&t.b, "Add", NULL, "oo", MG_OUTPUT(s.node, 0), MG_OUTPUT(i.node, 0));
	minus = mg_build(&t.b, "Sub", NULL, "oo", MG_OUTPUT(s.node, 1), MG_OUTPUT(i.node, 1));
	merged = mg_build(&t.b, "Merge", NULL, "O", ((mg_output[]){ plus, minus }), 2);
	rt_loop_end(&l, mg_build(&t.b, "Add", NULL, "oo", l.body[0], one), merged);
	ck_assert_double_eq(rt_fetch_scalar(&t, l.exit[1]), 0 - 1 + 2 - 3 + 4 - 5 + 6 - 7 + 8);
	rt_end(&t);
}
END_TEST

/* The second loop starts with what the first ends with, under the same frame name: they are two frames all the same. */
START_TEST(loops_that_share_a_name)
{
	rt t;
	rt_loop a, b;

	rt_begin(&t);
	a = summing(&t, "while", 2, int_const(&t, 0), int_const(&t, 50));
	b = summing(&t, "while", 2, a.exit[1], int_const(&t, 60));
	ck_assert_double_eq(rt_fetch_scalar(&t, b.exit[1]), 50 * 49 / 2 + 60 * 59 / 2);
	rt_end(&t);
}
END_TEST

/* A reference that enters stays one: the loop counts in the variable itself.  Plain Enter reads its value. */
START_TEST(references_enter)
{
	rt t;
	rt_loop l;
	mg_output v, ref, add, one;

	rt_begin(&t);
	v = rt_variable(&t, "v", -1);
	rt_loop_begin(&l, &t, "while", 10, 2, int_const(&t, 0), v);
	ref = mg_build(&t.b, "RefEnter", NULL, "o;s:frame_name b:is_constant", v, "while", 1);
	rt_loop_cond(&l, mg_build(&t.b, "Less", NULL, "oo", l.merge[0], rt_loop_invariant(&l, int_const(&t, 4))));
	one = rt_float_after(&t, 1, l.body[0]);
	add = mg_build(&t.b, "AssignAdd", NULL, "oo", ref, one);
	rt_loop_end(&l, mg_build(&t.b, "Add", NULL, "oo", l.body[0], rt_int_after(&t, 1, add)), l.body[1]);
	rt_fetch_fails(&t, l.exit[0], MGREG_FAILED_PRECONDITION);
	rt_set(&t, "v", -1, (double[]){ 10 });
	ck_assert_double_eq(rt_fetch_scalar(&t, l.exit[0]), 4);
	ck_assert_double_eq(rt_get(&t, "v", 0), 14);
	rt_end(&t);
}
END_TEST

/* A step outside waits for a loop by a control edge; one inside waits for a step of its own iteration. */
START_TEST(control_edges)
{
	rt t;
	rt_loop l;
	mg_output v, got;
	mg_node *set, *enter_after;

	rt_begin(&t);
	v = rt_variable(&t, "v", -1);
	set = mg_build(&t.b, "Assign", NULL, "oo", v, rt_float(&t, NULL, 1)).node;
	enter_after = mg_build(&t.b, "Identity", NULL, "oc", int_const(&t, 0), set).node;
	l = summing(&t, "while", 10, MG_OUTPUT(enter_after, 0), int_const(&t, 3));
	got = mg_build(&t.b, "Identity", NULL, "oc", v, l.exit[1].node);
	ck_assert_double_eq(rt_fetch_scalar(&t, got), 1);
	rt_end(&t);
}
END_TEST

/* Nothing is fetched from inside, nothing from outside is used without Enter, no cycle without NextIteration. */
START_TEST(wrong_graphs)
{
	rt t;
	rt_loop l;
	mg_output mixed, a;

	rt_begin(&t);
	l = summing(&t, "while", 10, int_const(&t, 0), int_const(&t, 3));
	rt_fetch_fails(&t, l.body[0], MGREG_INVALID_ARGUMENT);
	ck_assert_ptr_nonnull(strstr(t.err.text, "cannot be fetched"));
	mixed = mg_build(&t.b, "Add", "mixed", "oo", l.exit[0], l.body[0]);
	rt_run_fails(&t, mixed.node, MGREG_INVALID_ARGUMENT);
	ck_assert_ptr_nonnull(strstr(t.err.text, "different frames"));
	a = mg_build(&t.b, "Exit", "out", "o", int_const(&t, 1));
	rt_fetch_fails(&t, a, MGREG_INVALID_ARGUMENT);
	ck_assert_ptr_nonnull(strstr(t.err.text, "'out'"));
	a = mg_build(&t.b, "Merge", "m", "O", ((mg_output[]){ int_const(&t, 1), l.exit[0] }), 2);
	ck_assert_ok(mg_graph_set_input(t.g, a.node, 1, mg_build(&t.b, "Identity", "i", "o", a), &t.err), &t.err);
	rt_fetch_fails(&t, a, MGREG_INVALID_ARGUMENT);
	ck_assert_ptr_nonnull(strstr(t.err.text, "cycle"));
	rt_end(&t);
}
END_TEST

static rt_loop
endless(rt *t)
{
	rt_loop l;

	rt_loop_begin(&l, t, "while", 10, 1, int_const(t, 0));
	rt_loop_cond(&l, mg_build(&t->b, "GreaterEqual", NULL, "oo", l.merge[0], rt_loop_invariant(&l, int_const(t, 0))));
	rt_loop_end(&l, mg_build(&t->b, "Identity", NULL, "o", l.body[0]));
	return l;
}

static void *
cancel_soon(void *session)
{
	usleep(20000);
	mg_session_cancel(session);
	return NULL;
}

START_TEST(an_endless_loop_ends)
{
	rt t;
	rt_loop l;
	pthread_t thread;

	rt_begin(&t);
	l = endless(&t);
	mg_session_set_deadline(t.s, 0.02);
	rt_fetch_fails(&t, l.exit[0], MGREG_DEADLINE_EXCEEDED);
	mg_session_set_deadline(t.s, 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, cancel_soon, t.s), 0);
	rt_fetch_fails(&t, l.exit[0], MGREG_CANCELLED);
	pthread_join(thread, NULL);
	rt_end(&t);
}
END_TEST

static void *
watch(void *arg)
{
	mg_session *s = arg;
	static size_t most;

	most = 0;
	for (int i = 0; i < 20; i++) {
		usleep(3000);
		most = MG_MAX(most, mg_cache_live(s->cache));
	}
	mg_session_cancel(s);
	return &most;
}

/* Iterations in the hundred thousands hold no more memory than those that may be under way. */
START_TEST(memory_does_not_grow)
{
	rt t;
	rt_loop l;
	pthread_t thread;
	void *most;
	mg_output x;

	rt_begin(&t);
	rt_loop_begin(&l, &t, "while", 4, 2, int_const(&t, 0), rt_floats(&t, NULL, 4, 1.0, 2.0, 3.0, 4.0));
	rt_loop_cond(&l, mg_build(&t.b, "GreaterEqual", NULL, "oo", l.merge[0], rt_loop_invariant(&l, int_const(&t, 0))));
	x = mg_build(&t.b, "Mul", NULL, "oo", l.body[1], rt_float_after(&t, 1, l.body[0]));
	rt_loop_end(&l, mg_build(&t.b, "Identity", NULL, "o", l.body[0]), x);
	ck_assert_int_eq(pthread_create(&thread, NULL, watch, t.s), 0);
	rt_fetch_fails(&t, l.exit[1], MGREG_CANCELLED);
	pthread_join(thread, &most);
	ck_assert_uint_le(*(size_t *)most, 4096);
	rt_end(&t);
}
END_TEST

/* The n-th allocation fails, for every n: an error, nothing lost, and the next run works. */
START_TEST(short_of_memory)
{
	rt t;
	rt_loop l;
	mg_tensor out = { 0 };
	int rc = 1;

	rt_begin(&t);
	l = summing(&t, "while", 2, int_const(&t, 0), int_const(&t, 9));
	for (uint64_t k = 1; rc != 0; k++) {
		mg_mem_fail_at(k, false);
		rc = mg_session_run(t.s, NULL, 0, &l.exit[1], 1, NULL, 0, &out, &t.err);
		mg_mem_fail_at(0, false);
		ck_assert_uint_lt(k, 5000);
		if (rc)
			ck_assert_int_eq(rc, MGREG_RESOURCE_EXHAUSTED);
	}
	mg_tensor_clear(&out);
	ck_assert_double_eq(rt_fetch_scalar(&t, l.exit[1]), 36);
	rt_end(&t);
}
END_TEST

/* The trace shows what runs in the loop, once for each iteration. */
START_TEST(trace_of_a_loop)
{
	rt t;
	rt_loop l;
	mg_str json = MG_STR_INIT;
	json_t *doc, *events, *e;
	size_t i;
	int adds = 0;

	rt_begin(&t);
	l = summing(&t, "while", 10, int_const(&t, 0), int_const(&t, 9));
	ck_assert_ok(mg_session_trace_begin(t.s, &t.err), &t.err);
	rt_fetch_scalar(&t, l.exit[1]);
	ck_assert_ok(mg_session_trace_take(t.s, &json, &t.err), &t.err);
	ck_assert_ok(mg_json_parse(json.ptr, json.len, &doc, &t.err), &t.err);
	events = json_object_get(doc, "traceEvents");
	json_array_foreach(events, i, e)
		adds += !strcmp(json_string_value(json_object_get(e, "name")), "Add");
	ck_assert_int_eq(adds, 18);
	json_decref(doc);
	mg_str_clear(&json);
	rt_end(&t);
}
END_TEST

Suite *
test_loops(void)
{
	Suite *s = suite_create("loops");
	TCase *t = tcase_create("loops");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, sums, 0, MG_COUNT(counts));
	tcase_add_loop_test(t, nested_loops, 0, 2);
	tcase_add_test(t, loop_in_a_branch);
	tcase_add_test(t, branch_in_a_loop);
	tcase_add_test(t, loops_that_share_a_name);
	tcase_add_test(t, references_enter);
	tcase_add_test(t, control_edges);
	tcase_add_test(t, wrong_graphs);
	tcase_add_test(t, an_endless_loop_ends);
	tcase_add_test(t, memory_does_not_grow);
	tcase_add_test(t, short_of_memory);
	tcase_add_test(t, trace_of_a_loop);
	suite_add_tcase(s, t);
	return s;
}
