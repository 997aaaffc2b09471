/* SPDX-License-Identifier: Apache-2.0 */
/* test_random.c - TensorFlow's numbers for the same seeds; streams go on, start anew, can be moved. */
#include "rt.h"
#include <math.h>
#include "runtime/kernel.h"

START_TEST(philox_known_answers)
{
	mg_philox p;
	uint32_t x[4];

	mg_philox_init(&p, 0, 0);
	mg_philox_next(&p, x);
	ck_assert(x[0] == 0x6627E8D5 && x[1] == 0xE169C58D && x[2] == 0xBC57AC4C && x[3] == 0x9B00DBD8);
	mg_philox_init(&p, 87654321, 1);
	mg_philox_next(&p, x);
	ck_assert(x[0] == 0xab1e98c7 && x[1] == 0xcdf5cfa7 && x[2] == 0xf1867731 && x[3] == 0x4c3f748e);
	mg_philox_next(&p, x);
	ck_assert(x[0] == 0x00eaf265 && x[1] == 0xc4836362 && x[2] == 0xa50b474a && x[3] == 0x8f3a73d9);
	mg_philox_init(&p, 87654321, 1);
	mg_philox_skip(&p, 1);
	mg_philox_next(&p, x);
	ck_assert(x[0] == 0x00eaf265);
	mg_philox_init(&p, 0, 0);
	mg_philox_skip(&p, UINT64_MAX);
	mg_philox_skip(&p, 1);
	ck_assert(p.ctr[0] == 0 && p.ctr[1] == 0 && p.ctr[2] == 1 && p.ctr[3] == 0);
}
END_TEST

/* Seeds 87654321, 1 (or 2): values that TensorFlow printed, or that follow from its rules. */
static const struct {
	const char *op;
	mg_dtype dtype;
	int64_t  seed2;
	int      n;
	double   want[9];
} known[] = {
	{ "RandomUniform", MGREG_FLOAT, 1, 4, { 0.23903739, 0.92039955, 0.05051243, 0.49574447 } },
	{ "RandomStandardNormal", MGREG_FLOAT, 1, 6, { -0.8113182, 1.4845988, 0.06532937, -2.4427042, 0.0992484, 0.5912243 } },
	{ "TruncatedNormal", MGREG_FLOAT, 1, 9, { -0.8113182, 1.4845988, 0.06532937, 0.0992484, 0.6396971, 1.6108712, 0.16353562, -1.5157056, 1.3587774 } },
	{ "TruncatedNormal", MGREG_FLOAT, 2, 4, { -0.85811085, -0.19662298, 0.13895047, -1.22127688 } },
	{ "RandomUniform", MGREG_DOUBLE, 1, 2, { 0.9122999234504989, 0.4040997484619626 } },
	{ "RandomUniform", MGREG_HALF, 1, 4, { 0.1943359375, 0.9130859375, 0.7978515625, 0.138671875 } },
};

START_TEST(known_values)
{
	rt t;
	mg_tensor out = { 0 };
	mg_output o;

	rt_begin(&t);
	o = mg_build(&t.b, known[_i].op, "r", "o; t:dtype i:seed i:seed2", rt_ints(&t, "shape", 1, known[_i].n), known[_i].dtype,
		(int64_t)87654321, known[_i].seed2);
	rt_fetch(&t, o, &out);
	ck_assert_int_eq(out.count, known[_i].n);
	for (int i = 0; i < known[_i].n; i++) {
		double v = 0;

		mg_tensor_as_double(&out, i, &v);
		ck_assert_double_eq_tol(v, known[_i].want[i], known[_i].dtype == MGREG_DOUBLE ? 1e-15 : 4e-7);
	}
	mg_tensor_clear(&out);
	rt_end(&t);
}
END_TEST

START_TEST(integers_and_shuffle)
{
	static const int ints[] = { 27, 59, 93, 22, 77, 94, 86, 33 }, longs[] = { 791, 905 }, mixed[] = { 7, 9, 3, 6, 5, 1, 8, 4, 0, 2 };
	rt t;
	mg_tensor out = { 0 };
	mg_output o;

	rt_begin(&t);
	o = mg_build(&t.b, "RandomUniformInt", "i", "ooo; i:seed i:seed2", rt_ints(&t, "s8", 1, 8), mg_const_scalar(&t.b, NULL, MGREG_INT32, 0),
		mg_const_scalar(&t.b, NULL, MGREG_INT32, 100), (int64_t)87654321, (int64_t)1);
	rt_fetch(&t, o, &out);
	for (int i = 0; i < 8; i++)
		ck_assert_int_eq(MG_DATA(&out, int32_t)[i], ints[i]);
	mg_tensor_clear(&out);
	o = mg_build(&t.b, "RandomUniformInt", "l", "ooo; i:seed i:seed2", rt_ints(&t, "s2", 1, 2), mg_const_scalar(&t.b, NULL, MGREG_INT64, 0),
		mg_const_scalar(&t.b, NULL, MGREG_INT64, 1000), (int64_t)87654321, (int64_t)1);
	rt_fetch(&t, o, &out);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(MG_DATA(&out, int64_t)[i], longs[i]);
	mg_tensor_clear(&out);
	o = mg_build(&t.b, "RandomUniformInt", "bad", "ooo", rt_ints(&t, "s1", 1, 2), mg_const_scalar(&t.b, NULL, MGREG_INT64, 5),
		mg_const_scalar(&t.b, NULL, MGREG_INT64, 5));
	rt_fetch_fails(&t, o, MGREG_INVALID_ARGUMENT);
	o = mg_build(&t.b, "RandomShuffle", "shuffle", "o; i:seed i:seed2", rt_ints(&t, "ten", 10, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
		(int64_t)87654321, (int64_t)1);
	rt_fetch(&t, o, &out);
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(MG_DATA(&out, int32_t)[i], mixed[i]);
	mg_tensor_clear(&out);
	rt_end(&t);
}
END_TEST

static int
remember(void *ctx, const char *node, const uint64_t state[4])
{
	ck_assert_str_eq(node, "r");
	memcpy(ctx, state, 4 * sizeof(*state));
	return 0;
}

START_TEST(streams_go_on_and_can_be_resumed)
{
	rt t;
	uint64_t state[4] = { 0 };
	mg_output o;
	mg_session *fresh;

	rt_begin(&t);
	o = mg_build(&t.b, "RandomUniform", "r", "o; t:dtype i:seed i:seed2", rt_ints(&t, "shape", 1, 1), MGREG_FLOAT, (int64_t)87654321, (int64_t)1);
	ck_assert_double_eq_tol(rt_fetch_scalar(&t, o), 0.23903739, 1e-7);
	ck_assert_ok(mg_session_random_each(t.s, remember, state), &t.err);
	ck_assert_double_eq_tol(rt_fetch_scalar(&t, o), 0.22267115, 1e-7);
	ck_assert_ok(mg_session_new(&fresh, t.g, NULL, &t.err), &t.err);
	mg_session_free(t.s);
	t.s = fresh;
	ck_assert_double_eq_tol(rt_fetch_scalar(&t, o), 0.23903739, 1e-7);
	ck_assert_ok(mg_session_new(&fresh, t.g, NULL, &t.err), &t.err);
	mg_session_free(t.s);
	t.s = fresh;
	ck_assert_ok(mg_session_random_set(t.s, "r", state, &t.err), &t.err);
	ck_assert_double_eq_tol(rt_fetch_scalar(&t, o), 0.22267115, 1e-7);
	rt_end(&t);
}
END_TEST

START_TEST(second_run_of_normals)
{
	static const double want[] = { -0.6759059, 0.2866584, 0.3215887, 1.2124637, -0.8058571, -0.1334934 };
	rt t;
	mg_tensor out = { 0 };
	mg_output o;

	rt_begin(&t);
	o = mg_build(&t.b, "RandomStandardNormal", "r", "o; t:dtype i:seed i:seed2", rt_ints(&t, "shape", 2, 2, 3), MGREG_FLOAT, (int64_t)87654321, (int64_t)1);
	rt_fetch(&t, o, &out);
	mg_tensor_clear(&out);
	rt_fetch(&t, o, &out);
	for (int i = 0; i < 6; i++)
		ck_assert_float_eq_tol(MG_DATA(&out, float)[i], (float)want[i], 3e-6f);   /* the angle is rounded to float: near a zero of the sine it shows */
	mg_tensor_clear(&out);
	rt_end(&t);
}
END_TEST

START_TEST(threads_do_not_matter)
{
	mg_tensor out[2] = { { 0 } };

	for (int i = 0; i < 2; i++) {
		rt t;

		rt_begin_with(&t, &(mg_session_options){ .threads = i ? 4 : 1 });
		rt_fetch(&t, mg_build(&t.b, "TruncatedNormal", "r", "o; t:dtype i:seed i:seed2", rt_ints(&t, "shape", 2, 111, 333), MGREG_FLOAT,
			(int64_t)5, (int64_t)6), &out[i]);
		rt_end(&t);
	}
	ck_assert(mg_tensor_equal(&out[0], &out[1]));
	mg_tensor_clear(&out[0]);
	mg_tensor_clear(&out[1]);
}
END_TEST

START_TEST(multinomial)
{
	rt t;
	mg_tensor logits = { 0 }, out = { 0 };
	int64_t dims[2] = { 2, 3 };
	int counts[3] = { 0 };
	mg_output o;

	rt_begin(&t);
	ck_assert_ok(mg_tensor_init_dims(&logits, MGREG_FLOAT, dims, 2, &t.err), &t.err);
	memcpy(logits.data, (float[]){ 0, (float)-INFINITY, 0, -50, 50, -50 }, 6 * sizeof(float));
	o = mg_build(&t.b, "Multinomial", "m", "oo; i:seed i:seed2", mg_const(&t.b, "logits", &logits), mg_const_scalar(&t.b, "n", MGREG_INT32, 1000),
		(int64_t)1, (int64_t)2);
	rt_fetch(&t, o, &out);
	for (int i = 0; i < 1000; i++)
		counts[MG_DATA(&out, int64_t)[i]]++;
	ck_assert_int_eq(counts[1], 0);
	ck_assert_int_gt(counts[0], 400);
	ck_assert_int_gt(counts[2], 400);
	for (int i = 1000; i < 2000; i++)
		ck_assert_int_eq(MG_DATA(&out, int64_t)[i], 1);
	mg_tensor_clear(&out);
	mg_tensor_clear(&logits);
	rt_end(&t);
}
END_TEST

/* Means and variances of 20,000 draws; bounds of bounded ones. */
static void
moments(rt *t, mg_output o, double mean, double variance)
{
	mg_tensor v = { 0 };
	double sum = 0, squares = 0;

	rt_fetch(t, o, &v);
	ck_assert_int_eq(v.count, 20000);
	for (int64_t i = 0; i < v.count; i++) {
		double x = MG_DATA(&v, double)[i];

		sum += x;
		squares += x * x;
	}
	sum /= 20000;
	squares = squares / 20000 - sum * sum;
	ck_assert_msg(fabs(sum - mean) < 6 * sqrt(variance / 20000), "mean %g, expected %g", sum, mean);
	ck_assert_msg(fabs(squares - variance) < 0.1 * variance, "variance %g, expected %g", squares, variance);
	mg_tensor_clear(&v);
}

START_TEST(distributions)
{
	static const double gammas[] = { 0.5, 1, 2.5, 30 }, rates[] = { 0.3, 9, 10, 80 };
	mg_output shape, v;
	rt t;

	rt_begin(&t);
	shape = rt_ints(&t, "shape", 1, 20000);
	for (int i = 0; i < 4; i++) {
		moments(&t, mg_build(&t.b, "RandomGamma", NULL, "oo;i:seed", shape, mg_const_scalar(&t.b, NULL, MGREG_DOUBLE, gammas[i]), (int64_t)(7 + i)), gammas[i], gammas[i]);
		moments(&t, mg_build(&t.b, "RandomPoissonV2", NULL, "oo;i:seed t:dtype", shape, mg_const_scalar(&t.b, NULL, MGREG_DOUBLE, rates[i]), (int64_t)(7 + i), MGREG_DOUBLE),
			rates[i], rates[i]);
	}
	v = mg_build(&t.b, "ParameterizedTruncatedNormal", NULL, "ooooo;i:seed", shape, mg_const_scalar(&t.b, NULL, MGREG_DOUBLE, 1), mg_const_scalar(&t.b, NULL, MGREG_DOUBLE, 2),
		mg_const_scalar(&t.b, NULL, MGREG_DOUBLE, -100), mg_const_scalar(&t.b, NULL, MGREG_DOUBLE, 100), (int64_t)3);
	moments(&t, v, 1, 4);
	for (int low = -6; low <= 6; low += 4)          /* a width of one deviation: close to uniform */
		for (int wide = 0; wide < 2; wide++) {
			mg_tensor out = { 0 };

			rt_fetch(&t, mg_build(&t.b, "ParameterizedTruncatedNormal", NULL, "ooooo;i:seed", shape, mg_const_scalar(&t.b, NULL, MGREG_DOUBLE, 0),
				mg_const_scalar(&t.b, NULL, MGREG_DOUBLE, 1), mg_const_scalar(&t.b, NULL, MGREG_DOUBLE, low),
				mg_const_scalar(&t.b, NULL, MGREG_DOUBLE, wide ? low + 4 : low + 0.5), (int64_t)3), &out);
			for (int64_t i = 0; i < out.count; i++) {
				ck_assert_double_ge(MG_DATA(&out, double)[i], low);
				ck_assert_double_le(MG_DATA(&out, double)[i], wide ? low + 4 : low + 0.5);
			}
			mg_tensor_clear(&out);
		}
	rt_fetch_fails(&t, mg_build(&t.b, "ParameterizedTruncatedNormal", NULL, "ooooo", shape, mg_const_scalar(&t.b, NULL, MGREG_DOUBLE, 1),
		mg_const_scalar(&t.b, NULL, MGREG_DOUBLE, 2), mg_const_scalar(&t.b, NULL, MGREG_DOUBLE, 5), mg_const_scalar(&t.b, NULL, MGREG_DOUBLE, 4)), MGREG_INVALID_ARGUMENT);
	rt_end(&t);
}
END_TEST

Suite *
test_random(void)
{
	TCase *t;
	Suite *s = mg_suite("random", &t);

	tcase_add_test(t, philox_known_answers);
	tcase_add_loop_test(t, known_values, 0, (int)MG_COUNT(known));
	tcase_add_test(t, integers_and_shuffle);
	tcase_add_test(t, streams_go_on_and_can_be_resumed);
	tcase_add_test(t, second_run_of_normals);
	tcase_add_test(t, threads_do_not_matter);
	tcase_add_test(t, multinomial);
	tcase_add_test(t, distributions);
	return s;
}
