/* SPDX-License-Identifier: Apache-2.0 */
/* test_stats.c - statistics of values. */
#include "testing.h"
#include <math.h>
#include "tensor/tensor.h"

START_TEST(known_values)
{
	float v[] = { 1, 2, 3, 4, NAN, INFINITY, -INFINITY, 0, -0.0f };
	mg_stats s;

	mg_stats_begin(&s, MGREG_FLOAT);
	mg_stats_add(&s, MGREG_FLOAT, v, sizeof(v));
	mg_stats_end(&s);
	ck_assert(s.has && s.min == 0 && s.max == 4 && s.nans == 1 && s.infs == 2 && s.zeros == 2 && s.finite == 6);
	ck_assert_double_eq_tol(s.mean, 10.0 / 6, 1e-15);
	ck_assert_double_eq_tol(s.l2, sqrt(30), 1e-14);
	ck_assert_double_eq_tol(s.std, sqrt(30.0 / 6 - 100.0 / 36), 1e-14);
}
END_TEST

START_TEST(cut_at_leaves)
{
	enum { N = 5000 };
	double *v = mg_alloc(N * sizeof(*v));
	mg_stats whole, parts;

	for (int i = 0; i < N; i++)
		v[i] = 1e9 + (i % 7) * 0.25;
	mg_stats_begin(&whole, MGREG_DOUBLE);
	mg_stats_add(&whole, MGREG_DOUBLE, v, N * sizeof(*v));
	mg_stats_end(&whole);
	mg_stats_begin(&parts, MGREG_DOUBLE);
	for (int i = 0; i < N; i += 1000)
		mg_stats_add(&parts, MGREG_DOUBLE, v + i, 1000 * sizeof(*v));
	mg_stats_end(&parts);
	ck_assert_double_eq_tol(whole.std, 0.5, 1e-3);
	ck_assert_double_eq_tol(whole.std, parts.std, 1e-9);
	ck_assert(whole.min == parts.min && whole.max == parts.max && parts.finite == N);
	mg_free(v);
}
END_TEST

START_TEST(every_dtype)
{
	uint8_t bytes[64];
	mg_stats s;

	memset(bytes, 1, sizeof(bytes));
	mg_stats_begin(&s, (mg_dtype)_i);
	mg_stats_add(&s, (mg_dtype)_i, bytes, sizeof(bytes));
	mg_stats_end(&s);
	ck_assert_int_eq(s.has, mg_dtype_is_memcpy(_i) && !mg_dtype_is_complex(_i));
	if (s.has) {
		ck_assert_int_eq(s.finite, (int64_t)(64 / mg_dtype_size(_i)));
		ck_assert(s.min == s.max && s.min > 0 && s.std < 1e-3 * s.max);
	}
}
END_TEST

START_TEST(nothing_finite)
{
	float v = NAN;
	mg_stats s;

	mg_stats_begin(&s, MGREG_FLOAT);
	mg_stats_add(&s, MGREG_FLOAT, &v, 0);
	mg_stats_add(&s, MGREG_FLOAT, &v, sizeof(v));
	mg_stats_end(&s);
	ck_assert(s.has && isnan(s.min) && isnan(s.mean) && s.nans == 1 && s.finite == 0);
}
END_TEST

Suite *
test_stats(void)
{
	TCase *t;
	Suite *s = mg_suite("stats", &t);

	tcase_add_test(t, known_values);
	tcase_add_test(t, cut_at_leaves);
	tcase_add_loop_test(t, every_dtype, 1, MG_DTYPE_MAX);
	tcase_add_test(t, nothing_finite);
	return s;
}
