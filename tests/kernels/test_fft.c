/* SPDX-License-Identifier: Apache-2.0 */
/* test_fft.c - Fourier transforms against their definition, for lengths with small, large and no factors; samplers' properties. */
#include "testing.h"
#include "kernels/cases.h"
#include <complex.h>
#include <math.h>

typedef double _Complex z;

static double
noise(void)
{
	static uint64_t state = 7;

	state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (double)(state >> 11) / 9007199254740992.0 - 0.5;
}

/* The definition, over the last RANK dimensions of a box. */
static void
slow(const z *x, z *y, const int64_t *n, int rank, int sign)
{
	int64_t count = 1;

	for (int d = 0; d < rank; d++)
		count *= n[d];
	for (int64_t k = 0; k < count; k++) {
		y[k] = 0;
		for (int64_t j = 0; j < count; j++) {
			double turn = 0;
			for (int64_t d = rank, kk = k, jj = j; d-- > 0; kk /= n[d], jj /= n[d])
				turn += (double)(kk % n[d] * (jj % n[d])) / (double)n[d];
			y[k] += x[j] * cexp(CMPLX(0, sign * 2 * M_PI * turn));
		}
		if (sign > 0)
			y[k] /= (double)count;
	}
}

static const int64_t boxes[][3] = { { 1, 1, 1 }, { 1, 1, 8 }, { 1, 1, 30 }, { 1, 1, 37 }, { 1, 1, 74 }, { 1, 1, 97 }, { 1, 6, 5 }, { 1, 4, 41 }, { 3, 4, 5 }, { 2, 37, 3 } };

static void
run(const char *op, const char *attrs, const mg_tensor *in, int count, mg_tensor *out)
{
	mgreg_error err = { 0 };
	int n;

	ck_assert_ok(case_run(op, attrs, in, count, 1, false, out, &n, &err), &err);
	ck_assert_int_eq(n, 1);
}

START_TEST(complex_transforms)
{
	static const char *const names[2][3] = { { "FFT", "FFT2D", "FFT3D" }, { "IFFT", "IFFT2D", "IFFT3D" } };
	const int64_t *n = boxes[_i];
	int rank = n[0] > 1 ? 3 : n[1] > 1 ? 2 : 1;
	mgreg_error err = { 0 };
	z want[256];

	for (int inverse = 0; inverse < 2; inverse++) {
		mg_tensor x = { 0 }, y = { 0 };
		ck_assert_ok(mg_tensor_init_dims(&x, MGREG_COMPLEX128, n + 3 - rank, rank, &err), &err);
		for (int64_t i = 0; i < x.count; i++)
			MG_DATA(&x, z)[i] = CMPLX(noise(), noise());
		slow(x.data, want, n + 3 - rank, rank, inverse ? 1 : -1);
		run(names[inverse][rank - 1], "", &x, 1, &y);
		for (int64_t i = 0; i < x.count; i++)
			ck_assert_msg(cabs(MG_DATA(&y, z)[i] - want[i]) < 1e-12 * (double)x.count, "element %lld", (long long)i);
		mg_tensor_clear(&x);
		mg_tensor_clear(&y);
	}
}
END_TEST

/* There and back; the half that is kept is that of the complex transform. */
START_TEST(real_transforms)
{
	static const char *const names[2][3] = { { "RFFT", "RFFT2D", "RFFT3D" }, { "IRFFT", "IRFFT2D", "IRFFT3D" } };
	const int64_t *n = boxes[_i];
	int rank = n[0] > 1 ? 3 : n[1] > 1 ? 2 : 1;
	mg_tensor in[2] = { { 0 } }, y = { 0 }, back = { 0 };
	mgreg_error err = { 0 };
	z wide[256], want[256];
	int64_t half = n[2] / 2 + 1;

	ck_assert_ok(mg_tensor_init_dims(&in[0], MGREG_FLOAT, n + 3 - rank, rank, &err), &err);
	ck_assert_ok(mg_tensor_init_i64s(&in[1], MGREG_INT32, n + 3 - rank, rank, &err), &err);
	for (int64_t i = 0; i < in[0].count; i++)
		wide[i] = (double)(MG_DATA(&in[0], float)[i] = (float)noise());
	slow(wide, want, n + 3 - rank, rank, -1);
	run(names[0][rank - 1], "", in, 2, &y);
	ck_assert_int_eq(y.count, in[0].count / n[2] * half);
	for (int64_t i = 0; i < y.count; i++)
		ck_assert(cabs((z)MG_DATA(&y, float _Complex)[i] - want[i / half * n[2] + i % half]) < 1e-5 * (double)in[0].count);
	mg_tensor_clear(&in[0]);
	mg_tensor_move(&in[0], &y);
	run(names[1][rank - 1], "", in, 2, &back);
	for (int64_t i = 0; i < back.count; i++)
		ck_assert(fabs((double)MG_DATA(&back, float)[i] - creal(wide[i])) < 1e-6);
	mg_tensor_clear(&in[0]);
	mg_tensor_clear(&in[1]);
	mg_tensor_clear(&back);
}
END_TEST

/* Ids in range, all different where asked; the counts are those of the formulas. */
START_TEST(samplers)
{
	static const struct { const char *op, *attrs; bool unique; } rows[] = {
		{ "UniformCandidateSampler", "num_true=1 num_sampled=8 unique=false range_max=10 seed=3 seed2=4", false },
		{ "UniformCandidateSampler", "num_true=1 num_sampled=8 unique=true range_max=10 seed=3", true },
		{ "LogUniformCandidateSampler", "num_true=1 num_sampled=8 unique=true range_max=10 seed=3", true },
		{ "LogUniformCandidateSampler", "num_true=1 num_sampled=8 unique=false range_max=10 seed=5", false },
		{ "FixedUnigramCandidateSampler", "num_true=1 num_sampled=8 unique=false range_max=10 seed=5 unigrams=1,2,3,4,5,6,7,8,9,10", false },
		{ "LearnedUnigramCandidateSampler", "num_true=1 num_sampled=8 unique=true range_max=10 seed=5", true },
		{ "AllCandidateSampler", "num_true=1 num_sampled=10 unique=true seed=5", true },
	};
	mg_tensor truth = { 0 }, out[3] = { { 0 } };
	mgreg_error err = { 0 };
	unsigned seen = 0;
	int n;

	ck_assert_ok(case_tensor(&truth, "int64(2,1):[0,3]", &err), &err);
	ck_assert_ok(case_run(rows[_i].op, rows[_i].attrs, &truth, 1, 1, false, out, &n, &err), &err);
	ck_assert_int_eq(n, 3);
	for (int64_t i = 0; i < out[0].count; i++) {
		int64_t id = MG_DATA(&out[0], int64_t)[i];
		ck_assert(id >= 0 && id < 10);
		ck_assert(!rows[_i].unique || !(seen >> id & 1));
		seen |= 1u << id;
		ck_assert(MG_DATA(&out[2], float)[i] > 0);
	}
	if (_i == 0)
		ck_assert(fabsf(MG_DATA(&out[1], float)[0] - 0.8f) < 1e-6f);
	if (_i == 3)
		ck_assert(fabs((double)MG_DATA(&out[1], float)[1] - 8 * log(5.0 / 4) / log(11)) < 1e-6);
	if (_i == 4)
		ck_assert(fabs((double)MG_DATA(&out[1], float)[1] - 8 * 4.0 / 55) < 1e-6);
	for (int i = 0; i < 3; i++)
		mg_tensor_clear(&out[i]);
	mg_tensor_clear(&truth);
}
END_TEST

Suite *
test_fft(void)
{
	TCase *t;
	Suite *s = mg_suite("fft", &t);

	tcase_add_loop_test(t, complex_transforms, 0, MG_COUNT(boxes));
	tcase_add_loop_test(t, real_transforms, 0, MG_COUNT(boxes));
	tcase_add_loop_test(t, samplers, 0, 7);
	return s;
}
