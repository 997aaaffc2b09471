/* SPDX-License-Identifier: Apache-2.0 */
/* test_logging.c - summaries as bytes, assertions, checks, text of numbers. */
#include <float.h>
#include <math.h>
#include "rt.h"

static Pb__Summary *
fetch_summary(rt *t, mg_output o, mg_arena *arena)
{
	mg_tensor out = { 0 };
	mg_msg *msg;

	rt_fetch(t, o, &out);
	ck_assert_ok(mg_msg_decode(&pb__summary__descriptor, mg_tensor_string(&out, 0).ptr, mg_tensor_string(&out, 0).len, arena, &msg, &t->err), &t->err);
	mg_tensor_clear(&out);
	return (Pb__Summary *)msg;
}

START_TEST(scalar_summary_bytes)
{
	rt t;
	mg_tensor out = { 0 };
	mg_output o;
	static const char want[] = "\x0a\x0b\x0a\x04loss\x15\x00\x00\xc0\x3f\x0a";

	rt_begin(&t);
	o = mg_build(&t.b, "ScalarSummary", "s", "oo", rt_string(&t, NULL, "loss"), rt_float(&t, NULL, 1.5));
	rt_fetch(&t, o, &out);
	ck_assert_uint_eq(mg_tensor_string(&out, 0).len, 13);
	ck_assert_mem_eq(mg_tensor_string(&out, 0).ptr, want, 13);
	mg_tensor_clear(&out);
	o = mg_build(&t.b, "ScalarSummary", "z", "oo", rt_string(&t, NULL, "zero"), mg_const_scalar(&t.b, NULL, MGREG_INT64, 0));
	rt_fetch(&t, o, &out);
	ck_assert_uint_eq(mg_tensor_string(&out, 0).len, 13);   /* a zero is written */
	mg_tensor_clear(&out);
	o = mg_build(&t.b, "ScalarSummary", "bad", "oo", rt_string(&t, NULL, "x"), mg_build(&t.b, "PlaceholderWithDefault", NULL, "o; h:shape",
		rt_floats(&t, NULL, 2, 1.0, 2.0), &MG_SHAPE_UNKNOWN));
	rt_fetch_fails(&t, o, MGREG_INVALID_ARGUMENT);
	ck_assert_ptr_nonnull(strstr(t.err.text, "x"));
	rt_end(&t);
}
END_TEST

START_TEST(histogram)
{
	rt t;
	mg_arena arena = { 0 };
	Pb__Summary *s;
	const Pb__HistogramProto *h;
	double sum = 0;

	rt_begin(&t);
	s = fetch_summary(&t, mg_build(&t.b, "HistogramSummary", "h", "oo", rt_string(&t, NULL, "w"), rt_floats(&t, NULL, 4, -1.0, 0.0, 2.0, 2.0)), &arena);
	ck_assert_uint_eq(s->n_value, 1);
	ck_assert_str_eq(s->value[0]->tag, "w");
	h = s->value[0]->histo;
	ck_assert_double_eq(h->min, -1);
	ck_assert_double_eq(h->max, 2);
	ck_assert_double_eq(h->num, 4);
	ck_assert_double_eq(h->sum, 3);
	ck_assert_double_eq(h->sum_squares, 9);
	ck_assert_uint_eq(h->n_bucket, h->n_bucket_limit);
	ck_assert_uint_eq(h->n_bucket, 7);
	for (size_t i = 0; i < h->n_bucket; i++) {
		sum += h->bucket[i];
		ck_assert(i == 0 || h->bucket_limit[i] > h->bucket_limit[i - 1]);
		if (h->bucket[i] == 2)
			ck_assert(h->bucket_limit[i] > 2 && h->bucket_limit[i] < 2.2 && h->bucket_limit[i - 1] <= 2);
	}
	ck_assert_double_eq(sum, 4);
	ck_assert_double_eq(h->bucket_limit[h->n_bucket - 1], DBL_MAX);
	s = fetch_summary(&t, mg_build(&t.b, "HistogramSummary", "e", "oo", rt_string(&t, NULL, "w"), rt_floats(&t, NULL, 0)), &arena);
	h = s->value[0]->histo;
	ck_assert(h->n_bucket == 1 && h->bucket_limit[0] == DBL_MAX && h->bucket[0] == 0 && h->min == DBL_MAX && h->max == -DBL_MAX);
	rt_fetch_fails(&t, mg_build(&t.b, "HistogramSummary", "nan", "oo", rt_string(&t, NULL, "w"), rt_float(&t, NULL, NAN)), MGREG_INVALID_ARGUMENT);
	ck_assert_ptr_nonnull(strstr(t.err.text, "nan"));
	mg_arena_clear(&arena);
	rt_end(&t);
}
END_TEST

START_TEST(merged)
{
	rt t;
	mg_arena arena = { 0 };
	mg_output a, b;
	Pb__Summary *s;

	rt_begin(&t);
	a = mg_build(&t.b, "ScalarSummary", "a", "oo", rt_string(&t, NULL, "a"), rt_float(&t, NULL, 1));
	b = mg_build(&t.b, "ScalarSummary", "b", "oo", rt_string(&t, NULL, "b"), rt_float(&t, NULL, 2));
	s = fetch_summary(&t, mg_build(&t.b, "MergeSummary", "m", "O", (mg_output[]){ b, a }, 2), &arena);
	ck_assert_uint_eq(s->n_value, 2);
	ck_assert_str_eq(s->value[0]->tag, "b");
	ck_assert_float_eq(s->value[1]->simple_value, 1);
	rt_fetch_fails(&t, mg_build(&t.b, "MergeSummary", "twice", "O", (mg_output[]){ a, a }, 2), MGREG_INVALID_ARGUMENT);
	ck_assert_ptr_nonnull(strstr(t.err.text, "duplicate tag a"));
	rt_fetch_fails(&t, mg_build(&t.b, "MergeSummary", "junk", "O", (mg_output[]){ rt_string(&t, NULL, "\xff\xff") }, 1), MGREG_INVALID_ARGUMENT);
	mg_arena_clear(&arena);
	rt_end(&t);
}
END_TEST

START_TEST(assertions)
{
	rt t;
	mg_output data[2];

	rt_begin(&t);
	data[0] = rt_string(&t, NULL, "x must be small:");
	data[1] = rt_floats(&t, NULL, 4, 1.0, 2.5, 3.0, 4.0);
	rt_run(&t, mg_build_node(&t.b, "Assert", "good", "oO", rt_bool(&t, NULL, true), data, 2));
	rt_run_fails(&t, mg_build_node(&t.b, "Assert", "bad", "oO", rt_bool(&t, NULL, false), data, 2), MGREG_INVALID_ARGUMENT);
	ck_assert_str_eq(t.err.text, "assertion failed: [x must be small:] [1 2.5 3...]");
	ck_assert_str_eq(t.err.node, "bad");
	ck_assert_int_eq(t.err.reason, MGREG_REASON_FAILED);
	rt_end(&t);
}
END_TEST

START_TEST(numerics)
{
	rt t;

	rt_begin(&t);
	ck_assert_double_eq(rt_fetch_scalar(&t, mg_build(&t.b, "CheckNumerics", "ok", "o; s:message", rt_float(&t, NULL, 1), "w")), 1);
	rt_fetch_fails(&t, mg_build(&t.b, "CheckNumerics", "nan", "o; s:message", rt_floats(&t, NULL, 2, 1.0, NAN), "grad"), MGREG_INVALID_ARGUMENT);
	ck_assert_str_eq(t.err.text, "grad : Tensor had NaN values");
	ck_assert_int_eq(t.err.reason, MGREG_REASON_NUMERIC);
	rt_fetch_fails(&t, mg_build(&t.b, "CheckNumerics", "both", "o; s:message", rt_floats(&t, NULL, 2, INFINITY, NAN), "grad"), MGREG_INVALID_ARGUMENT);
	ck_assert_str_eq(t.err.text, "grad : Tensor had Inf and NaN values");
	rt_end(&t);
}
END_TEST

static void
check_text(rt *t, mg_output o, int64_t i, const char *want)
{
	mg_tensor out = { 0 };
	mg_slice s;

	rt_fetch(t, o, &out);
	s = mg_tensor_string(&out, i);
	ck_assert_msg(mg_slice_eq(s, want), "'%.*s', expected '%s'", (int)s.len, s.ptr, want);
	mg_tensor_clear(&out);
}

START_TEST(strings)
{
	rt t;
	mg_output parts[2];

	rt_begin(&t);
	parts[0] = rt_string(&t, NULL, "a");
	parts[1] = mg_const_strings(&t.b, NULL, (const char *const[]){ "b", "c" }, 2);
	check_text(&t, mg_build(&t.b, "StringJoin", "j", "O; s:separator", parts, 2, "-"), 1, "a-c");
	check_text(&t, mg_build(&t.b, "AsString", "f", "o; i:precision", rt_float(&t, NULL, 2.5), (int64_t)2), 0, "2.50");
	check_text(&t, mg_build(&t.b, "AsString", "d", "o", rt_float(&t, NULL, 2.5)), 0, "2.500000");
	check_text(&t, mg_build(&t.b, "AsString", "w", "o; i:width s:fill", rt_ints(&t, NULL, 1, 42), (int64_t)5, "0"), 0, "00042");
	check_text(&t, mg_build(&t.b, "AsString", "b", "o", rt_bool(&t, NULL, true)), 0, "true");
	ck_assert_double_eq(rt_fetch_scalar(&t, mg_build(&t.b, "StringToNumber", "n", "o", rt_string(&t, NULL, " 2.5 "))), 2.5);
	rt_fetch_fails(&t, mg_build(&t.b, "StringToNumber", "bad", "o", rt_string(&t, NULL, "2x")), MGREG_INVALID_ARGUMENT);
	rt_end(&t);
}
END_TEST

Suite *
test_logging(void)
{
	TCase *t;
	Suite *s = mg_suite("logging", &t);

	tcase_add_test(t, scalar_summary_bytes);
	tcase_add_test(t, histogram);
	tcase_add_test(t, merged);
	tcase_add_test(t, assertions);
	tcase_add_test(t, numerics);
	tcase_add_test(t, strings);
	return s;
}
