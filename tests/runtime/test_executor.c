/* SPDX-License-Identifier: Apache-2.0 */
/* test_executor.c - what runs, in which order, with which feeds, and what a dead branch does. */
#include "rt.h"
#include "base/json.h"
#include "base/mem.h"
#include "runtime/runtime_internal.h"

/* Names of the nodes that ran, in order, separated by blanks. */
static void
run_order(rt *t, mg_node *target, mg_str *out)
{
	mg_str json = MG_STR_INIT;
	json_t *doc, *events, *e;
	size_t i;

	ck_assert_ok(mg_session_trace_begin(t->s, &t->err), &t->err);
	rt_run(t, target);
	ck_assert_ok(mg_session_trace_take(t->s, &json, &t->err), &t->err);
	ck_assert_ok(mg_json_parse(json.ptr, json.len, &doc, &t->err), &t->err);
	events = json_object_get(doc, "traceEvents");
	json_array_foreach(events, i, e)
		mg_str_printf(out, "%s%s", out->len ? " " : "", json_string_value(json_object_get(json_object_get(e, "args"), "node")));
	json_decref(doc);
	mg_str_clear(&json);
}

/* Sources in node order, consumers in the order of their edges: a breadth-first walk, not creation order. */
START_TEST(ready_queue_is_first_in_first_out)
{
	rt t;
	mg_str order = MG_STR_INIT;
	mg_node *a, *b, *deep, *shallow, *late;

	rt_begin_with(&t, &(mg_session_options){ .no_optimize = true });
	a = mg_build_node(&t.b, "NoOp", "a", "");
	deep = mg_build_node(&t.b, "NoOp", "deep1", "c", a);
	deep = mg_build_node(&t.b, "NoOp", "deep2", "c", deep);
	b = mg_build_node(&t.b, "NoOp", "b", "");
	shallow = mg_build_node(&t.b, "NoOp", "shallow", "c", b);
	late = mg_build_node(&t.b, "NoOp", "late", "c", a);
	run_order(&t, mg_build_node(&t.b, "NoOp", "all", "ccc", deep, shallow, late), &order);
	ck_assert_str_eq(order.ptr, "a b deep1 late shallow deep2 all");
	mg_str_clear(&order);
	rt_end(&t);
}
END_TEST

START_TEST(only_what_is_needed_runs)
{
	rt t;
	mg_str order = MG_STR_INIT;
	mg_node *a;

	rt_begin(&t);
	a = mg_build_node(&t.b, "NoOp", "a", "");
	mg_build_node(&t.b, "NoOp", "other", "c", a);
	run_order(&t, mg_build_node(&t.b, "NoOp", "wanted", "c", a), &order);
	ck_assert_str_eq(order.ptr, "a wanted");
	mg_str_clear(&order);
	rt_end(&t);
}
END_TEST

START_TEST(constants_are_folded)
{
	rt t;
	mg_str order = MG_STR_INIT;
	mg_output c, v;

	rt_begin(&t);
	c = mg_build(&t.b, "Identity", "i", "o", rt_floats(&t, "c", 2, 1.0, 2.0));
	v = rt_variable(&t, "v", 2);
	run_order(&t, mg_build(&t.b, "Assign", "set", "oo", v, c).node, &order);
	ck_assert_str_eq(order.ptr, "v set");
	ck_assert_double_eq(rt_get(&t, "v", 1), 2.0);
	mg_str_clear(&order);
	rt_end(&t);
}
END_TEST

/* What only a control edge asks for need not be computed, unless it does something; with no_optimize it is. */
START_TEST(values_nobody_takes_are_not_computed)
{
	for (int plain = 0; plain < 2; plain++) {
		rt t;
		mg_str order = MG_STR_INIT;
		mg_output v, idle;
		mg_node *check;

		rt_begin_with(&t, &(mg_session_options){ .no_optimize = plain });
		v = rt_variable(&t, "v", -1);
		rt_set(&t, "v", -1, (double[]){ 1 });
		idle = mg_build(&t.b, "Identity", "idle2", "o", mg_build(&t.b, "Identity", "idle", "o", v));
		check = mg_build_node(&t.b, "CheckNumerics", "check", "o; s:message", v, "m");
		run_order(&t, mg_build_node(&t.b, "NoOp", "all", "cc", idle.node, check), &order);
		ck_assert_str_eq(order.ptr, plain ? "v idle check idle2 all" : "v check all");
		mg_str_reset(&order);
		run_order(&t, idle.node, &order);
		ck_assert_str_eq(order.ptr, "v idle idle2");
		mg_str_clear(&order);
		rt_end(&t);
	}
}
END_TEST

START_TEST(any_tensor_can_be_fed)
{
	rt t;
	mg_tensor seven = { 0 }, out = { 0 };
	mg_output c, i, j;
	mg_feed feed;
	double d = 0;

	rt_begin(&t);
	c = rt_float(&t, "c", 1);
	i = mg_build(&t.b, "Identity", "i", "o", c);
	j = mg_build(&t.b, "Identity", "j", "o", i);
	ck_assert_ok(mg_tensor_init_scalar(&seven, MGREG_FLOAT, 7, &t.err), &t.err);
	feed = (mg_feed){ i, &seven };
	ck_assert_ok(mg_session_run(t.s, &feed, 1, &j, 1, NULL, 0, &out, &t.err), &t.err);
	ck_assert(mg_tensor_as_double(&out, 0, &d) && d == 7);
	mg_tensor_clear(&out);
	/* a fed tensor that is fetched is the feed itself */
	ck_assert_ok(mg_session_run(t.s, &feed, 1, &i, 1, NULL, 0, &out, &t.err), &t.err);
	ck_assert(mg_tensor_as_double(&out, 0, &d) && d == 7);
	mg_tensor_clear(&out);
	ck_assert_double_eq(rt_fetch_scalar(&t, j), 1);
	mg_tensor_clear(&seven);
	rt_end(&t);
}
END_TEST

START_TEST(feeds_are_checked)
{
	rt t;
	mg_tensor value = { 0 }, out = { 0 };
	mg_shape two = { .rank = 1, .inline_dims = { 2 } };
	mg_output p;
	mg_feed feeds[2];

	rt_begin(&t);
	p = mg_build(&t.b, "Placeholder", "p", "; t:dtype h:shape", MGREG_FLOAT, &two);
	ck_assert_ok(mg_output_merge_shape(p, &two, &t.err), &t.err);
	rt_fetch_fails(&t, p, MGREG_INVALID_ARGUMENT);
	ck_assert_ptr_nonnull(strstr(t.err.text, "'p'"));
	ck_assert_str_eq(t.err.node, "p");
	ck_assert_ok(mg_tensor_init_scalar(&value, MGREG_FLOAT, 7, &t.err), &t.err);
	feeds[0] = feeds[1] = (mg_feed){ p, &value };
	ck_assert_fails(mg_session_run(t.s, feeds, 1, &p, 1, NULL, 0, &out, &t.err), MGREG_INVALID_ARGUMENT, &t.err);
	ck_assert_ptr_nonnull(strstr(t.err.text, "[2]"));
	ck_assert_fails(mg_session_run(t.s, feeds, 2, &p, 1, NULL, 0, &out, &t.err), MGREG_INVALID_ARGUMENT, &t.err);
	ck_assert_ptr_nonnull(strstr(t.err.text, "twice"));
	mg_tensor_clear(&value);
	ck_assert_ok(mg_tensor_init_i64s(&value, MGREG_INT32, (int64_t[]){ 1, 2 }, 2, &t.err), &t.err);
	ck_assert_fails(mg_session_run(t.s, feeds, 1, &p, 1, NULL, 0, &out, &t.err), MGREG_INVALID_ARGUMENT, &t.err);
	ck_assert_ptr_nonnull(strstr(t.err.text, "int32"));
	ck_assert_fails(mg_session_run(t.s, NULL, 0, NULL, 0, NULL, 0, NULL, &t.err), MGREG_INVALID_ARGUMENT, &t.err);
	mg_tensor_clear(&value);
	rt_end(&t);
}
END_TEST

/* A fed placeholder's control edges start at the feed: the placeholder itself does not run. */
START_TEST(control_edge_of_a_fed_placeholder)
{
	rt t;
	mg_tensor value = { 0 }, out = { 0 };
	mg_output p, c;
	mg_feed feed;

	rt_begin(&t);
	p = mg_build(&t.b, "Placeholder", "p", "; t:dtype", MGREG_FLOAT);
	c = mg_build(&t.b, "Identity", "c", "oc", rt_float(&t, "one", 1), p.node);
	rt_fetch_fails(&t, c, MGREG_INVALID_ARGUMENT);
	ck_assert_ok(mg_tensor_init_scalar(&value, MGREG_FLOAT, 7, &t.err), &t.err);
	feed = (mg_feed){ p, &value };
	ck_assert_ok(mg_session_run(t.s, &feed, 1, &c, 1, NULL, 0, &out, &t.err), &t.err);
	mg_tensor_clear(&out);
	mg_tensor_clear(&value);
	rt_end(&t);
}
END_TEST

/* cond(pred, x -> Identity, y -> Identity), and an assignment that only runs in the branch taken. */
START_TEST(branches)
{
	rt t;
	mg_output pred, sw, on, off, merge, v;
	mg_tensor yes = { 0 }, no = { 0 }, out[2] = { { 0 } };
	mg_node *set;
	double d = 0;

	rt_begin(&t);
	pred = mg_build(&t.b, "Placeholder", "pred", "; t:dtype", MGREG_BOOL);
	sw = mg_build(&t.b, "Switch", "sw", "oo", rt_float(&t, "x", 5), pred);
	on = mg_build(&t.b, "Identity", "on", "o", MG_OUTPUT(sw.node, 1));
	off = mg_build(&t.b, "Identity", "off", "oc", rt_float(&t, "y", 6),
		mg_build_node(&t.b, "Identity", "pivot", "o", MG_OUTPUT(sw.node, 0)));
	v = rt_variable(&t, "v", -1);
	set = mg_build_node(&t.b, "Assign", "set", "oo", v, on);
	merge = mg_build(&t.b, "Merge", "merge", "O", (mg_output[]){ off, on }, 2);
	ck_assert_ok(t.b.rc, &t.err);
	ck_assert_ok(mg_tensor_init_scalar(&yes, MGREG_BOOL, 1, &t.err), &t.err);
	ck_assert_ok(mg_tensor_init_scalar(&no, MGREG_BOOL, 0, &t.err), &t.err);
	for (int round = 0; round < 3; round++)
		for (int value = 0; value < 2; value++) {
			mg_feed feed = { pred, value ? &yes : &no };
			mg_output fetch[2] = { merge, MG_OUTPUT(merge.node, 1) };

			ck_assert_ok(mg_session_run(t.s, &feed, 1, fetch, 2, round ? &set : NULL, round ? 1 : 0, out, &t.err), &t.err);
			ck_assert(mg_tensor_as_double(&out[0], 0, &d) && d == (value ? 5 : 6));
			ck_assert(mg_tensor_as_double(&out[1], 0, &d) && d == value);
			ck_assert_int_eq(mg_session_variable_is_set(t.s, "v"), round > 0 && (value || round > 1));
			mg_tensor_clear(&out[0]);
			mg_tensor_clear(&out[1]);
			/* the value of the other branch is dead */
			ck_assert_fails(mg_session_run(t.s, &feed, 1, value ? &off : &on, 1, NULL, 0, out, &t.err), MGREG_INVALID_ARGUMENT, &t.err);
			ck_assert_ptr_nonnull(strstr(t.err.text, "dead"));
		}
	mg_tensor_clear(&yes);
	mg_tensor_clear(&no);
	rt_end(&t);
}
END_TEST

START_TEST(control_trigger_lives_on)
{
	rt t;
	mg_output sw, v;
	mg_node *dead, *trigger, *plain;

	rt_begin(&t);
	sw = mg_build(&t.b, "Switch", "sw", "oo", rt_float(&t, "x", 5), rt_bool(&t, "p", true));
	dead = mg_build_node(&t.b, "Identity", "dead", "o", MG_OUTPUT(sw.node, 0));
	trigger = mg_build_node(&t.b, "ControlTrigger", "trigger", "c", dead);
	plain = mg_build_node(&t.b, "NoOp", "plain", "c", dead);
	v = rt_variable(&t, "v", -1);
	rt_run(&t, mg_build_node(&t.b, "Assign", "a", "ooc", v, rt_float(&t, "one", 1), plain));
	ck_assert(!mg_session_variable_is_set(t.s, "v"));
	rt_run(&t, mg_build_node(&t.b, "Assign", "b", "ooc", v, rt_float(&t, "two", 2), trigger));
	ck_assert_double_eq(rt_get(&t, "v", 0), 2);
	rt_end(&t);
}
END_TEST

START_TEST(ref_switch_and_ref_merge)
{
	rt t;
	mg_output v, sw, add, merge;

	rt_begin(&t);
	v = rt_variable(&t, "v", -1);
	rt_set(&t, "v", -1, (double[]){ 10 });
	sw = mg_build(&t.b, "RefSwitch", "sw", "oo", v, rt_bool(&t, "p", true));
	add = mg_build(&t.b, "AssignAdd", "add", "oo", MG_OUTPUT(sw.node, 1), rt_float(&t, "one", 1));
	merge = mg_build(&t.b, "RefMerge", "merge", "O", (mg_output[]){ MG_OUTPUT(sw.node, 0), add }, 2);
	ck_assert_double_eq(rt_fetch_scalar(&t, mg_build(&t.b, "Identity", "i", "o", merge)), 11);
	ck_assert_double_eq(rt_get(&t, "v", 0), 11);
	rt_end(&t);
}
END_TEST

START_TEST(what_cannot_run_is_refused_by_name)
{
	rt t;
	mg_output e;

	rt_begin(&t);
	e = mg_build(&t.b, "Enter", "loop/enter", "o; s:frame_name", rt_float(&t, "x", 5), "f");
	rt_fetch_fails(&t, e, MGREG_INVALID_ARGUMENT);
	ck_assert_ptr_nonnull(strstr(t.err.text, "loop/enter"));
	ck_assert_str_eq(t.err.node, "loop/enter");
	e = mg_build(&t.b, "PyFunc", "python", "O;s:token T:Tout", NULL, 0, "f", (int[]){ MGREG_FLOAT }, 1);
	rt_fetch_fails(&t, e, MGREG_UNIMPLEMENTED);
	ck_assert_ptr_nonnull(strstr(t.err.text, "PyFunc"));
	ck_assert_str_eq(t.err.node, "python");
	ck_assert(!mg_runtime_has_kernel(e.node));
	ck_assert(mg_runtime_knows_op("Identity"));
	rt_end(&t);
}
END_TEST

START_TEST(cancel_and_deadline)
{
	rt t;
	mg_output c;

	rt_begin_with(&t, &(mg_session_options){ .no_optimize = true });
	c = mg_build(&t.b, "Identity", "i", "o", rt_float(&t, "x", 5));
	mg_session_cancel(t.s);         /* concerns runs under way: there are none */
	ck_assert_double_eq(rt_fetch_scalar(&t, c), 5);
	mg_session_set_deadline(t.s, 1e-9);
	rt_fetch_fails(&t, c, MGREG_DEADLINE_EXCEEDED);
	mg_session_set_deadline(t.s, 0);
	ck_assert_double_eq(rt_fetch_scalar(&t, c), 5);
	rt_end(&t);
}
END_TEST

/* Repeating a run neither grows nor shrinks the heap. */
START_TEST(repeated_runs_do_not_allocate)
{
	rt t;
	mg_output v;
	mg_node *add;
	uint64_t before;

	rt_begin(&t);
	v = rt_variable(&t, "v", 100);
	rt_set(&t, "v", 100, (double[100]){ 0 });
	add = mg_build_node(&t.b, "AssignAdd", "add", "oo", v, mg_build(&t.b, "Identity", "i", "o", v));
	for (int i = 0; i < 3; i++)
		rt_run(&t, add);
	before = mg_mem_live();
	for (int i = 0; i < 100; i++)
		rt_run(&t, add);
	ck_assert_uint_eq(mg_mem_live(), before);
	rt_end(&t);
}
END_TEST

static int
small_run(void *arg, mgreg_error *err)
{
	mg_graph *g = NULL;
	mg_session *s = NULL;
	mg_tensor out = { 0 };
	mg_output o;
	mg_builder b;
	int rc = 0;

	(void)arg;
	MG_TRY(mg_graph_new(&g, err));
	b = (mg_builder)MG_BUILDER(g, err);
	o = mg_const_scalar(&b, "c", MGREG_FLOAT, 3);
	o = mg_build(&b, "Identity", "i", "o", o);
	MG_TRY(b.rc);
	MG_TRY(mg_session_new(&s, g, &(mg_session_options){ .no_optimize = true }, err));
	MG_TRY(mg_session_run(s, NULL, 0, &o, 1, NULL, 0, &out, err));
out:
	mg_tensor_clear(&out);
	mg_session_free(s);
	mg_graph_free(g);
	return rc;
}

START_TEST(every_allocation_may_fail)
{
	mgreg_error err;

	ck_assert_ok(small_run(NULL, &err), &err);      /* the tables of ops and kernels stay */
	mg_test_each_allocation(small_run, NULL);
}
END_TEST

/* A session that is asked for ever other things keeps only so many plans; what was dropped is compiled again. */
START_TEST(plans_do_not_pile_up)
{
	rt t;
	mg_output o[600], first;
	mg_tensor out = { 0 };

	rt_begin(&t);
	first = mg_build(&t.b, "Identity", NULL, "o", rt_float(&t, NULL, 7));
	for (int i = 0; i < 600; i++)
		o[i] = rt_float(&t, NULL, i);
	for (int i = 0; i < 600; i++) {
		ck_assert_double_eq(rt_fetch_scalar(&t, o[i]), i);
		ck_assert_double_eq(rt_fetch_scalar(&t, first), 7);
	}
	ck_assert_uint_le(t.s->plans.len, 256);
	rt_fetch(&t, o[0], &out);
	ck_assert_double_eq(*MG_CDATA(&out, float), 0);
	mg_tensor_clear(&out);
	rt_end(&t);
}
END_TEST

Suite *
test_executor(void)
{
	TCase *t;
	Suite *s = mg_suite("executor", &t);

	tcase_add_test(t, ready_queue_is_first_in_first_out);
	tcase_add_test(t, only_what_is_needed_runs);
	tcase_add_test(t, constants_are_folded);
	tcase_add_test(t, values_nobody_takes_are_not_computed);
	tcase_add_test(t, any_tensor_can_be_fed);
	tcase_add_test(t, feeds_are_checked);
	tcase_add_test(t, control_edge_of_a_fed_placeholder);
	tcase_add_test(t, branches);
	tcase_add_test(t, control_trigger_lives_on);
	tcase_add_test(t, ref_switch_and_ref_merge);
	tcase_add_test(t, what_cannot_run_is_refused_by_name);
	tcase_add_test(t, cancel_and_deadline);
	tcase_add_test(t, plans_do_not_pile_up);
	tcase_add_test(t, repeated_runs_do_not_allocate);
	tcase_add_test(t, every_allocation_may_fail);
	return s;
}
