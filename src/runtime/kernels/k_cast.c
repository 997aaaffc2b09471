/* SPDX-License-Identifier: Apache-2.0 */
/*
 * k_cast.c - Cast between all numeric types, Bitcast.
 *
 * What C leaves undefined is defined here as the usual processors do it: a float outside an integer's range, or NaN, becomes the
 * most negative int32 or int64; narrower integers take the low bits of that.
 */
#include "runtime/kernels/k_common.h"
#include <math.h>

typedef struct job {
	const void *x;
	void *y;
} job;

static inline int64_t
to_i64(double v)
{
	return v >= -9223372036854775808.0 && v < 9223372036854775808.0 ? (int64_t)v : INT64_MIN;
}

static inline int32_t
to_i32(double v)
{
	return v > -2147483649.0 && v < 2147483648.0 ? (int32_t)v : INT32_MIN;
}

static inline uint64_t
to_u64(double v)
{
	if (v >= 9223372036854775808.0)
		return v < 18446744073709551616.0 ? (uint64_t)v : UINT64_C(1) << 63;
	return (uint64_t)to_i64(v);
}

/* Source class: R floating (value as its computing type), I integer, C complex. */
#define TO_int8_R(v) (int8_t)to_i32((double)(v))
#define TO_uint8_R(v) (uint8_t)to_i32((double)(v))
#define TO_int16_R(v) (int16_t)to_i32((double)(v))
#define TO_uint16_R(v) (uint16_t)to_i32((double)(v))
#define TO_int32_R(v) to_i32((double)(v))
#define TO_int64_R(v) to_i64((double)(v))
#define TO_uint32_R(v) (uint32_t)to_i64((double)(v))
#define TO_uint64_R(v) to_u64((double)(v))
#define TO_half_R(v) st_half((float)(v))
#define TO_bfloat16_R(v) st_bfloat16((float)(v))
#define TO_float_R(v) (float)(v)
#define TO_double_R(v) (double)(v)
#define TO_truth_R(v) (uint8_t)((v) != 0)
#define TO_complex64_R(v) (float _Complex)(float)(v)
#define TO_complex128_R(v) (double _Complex)(double)(v)
#define TO_int8_I(v) (int8_t)(v)
#define TO_uint8_I(v) (uint8_t)(v)
#define TO_int16_I(v) (int16_t)(v)
#define TO_uint16_I(v) (uint16_t)(v)
#define TO_int32_I(v) (int32_t)(v)
#define TO_int64_I(v) (int64_t)(v)
#define TO_uint32_I(v) (uint32_t)(v)
#define TO_uint64_I(v) (uint64_t)(v)
#define TO_half_I(v) st_half((float)(v))
#define TO_bfloat16_I(v) st_bfloat16((float)(v))
#define TO_float_I(v) (float)(v)
#define TO_double_I(v) (double)(v)
#define TO_truth_I(v) (uint8_t)((v) != 0)
#define TO_complex64_I(v) (float _Complex)(float)(v)
#define TO_complex128_I(v) (double _Complex)(double)(v)

/* double to half rounds once: to odd in float first, so that the second step cannot tie wrongly. */
static inline float
round_to_odd(double v)
{
	float f = (float)v;
	uint32_t bits;

	if ((double)f == v || isnan(v) || isinf(f))
		return f;
	memcpy(&bits, &f, 4);
	if (!(bits & 1))
		bits += ((double)f < v) == (v > 0) ? 1 : -1u;
	memcpy(&f, &bits, 4);
	return f;
}

#define LOOP(from, to, value) \
	static void from##_to_##to(void *arg, int64_t begin, int64_t end) \
	{ \
		const job *j = arg; \
		const t_##from *x = j->x; \
		t_##to *y = j->y; \
		for (int64_t i = begin; i < end; i++) { \
			c_##from v = ld_##from(x[i]); \
			y[i] = value; \
		} \
	}
#define TARGETS(X, ...) K_INTS(X, __VA_ARGS__) X(half, MGREG_HALF, __VA_ARGS__) X(bfloat16, MGREG_BFLOAT16, __VA_ARGS__) \
	X(float, MGREG_FLOAT, __VA_ARGS__) X(double, MGREG_DOUBLE, __VA_ARGS__) X(truth, MGREG_BOOL, __VA_ARGS__) \
	X(complex64, MGREG_COMPLEX64, __VA_ARGS__) X(complex128, MGREG_COMPLEX128, __VA_ARGS__)
#define FROM_REAL(to, dtype, from) LOOP(from, to, TO_##to##_R(v))
#define FROM_INT(to, dtype, from) LOOP(from, to, TO_##to##_I(v))
TARGETS(FROM_REAL, half)
TARGETS(FROM_REAL, bfloat16)
TARGETS(FROM_REAL, float)
#undef TO_half_R
#undef TO_bfloat16_R
#define TO_half_R(v) st_half(round_to_odd(v))
#define TO_bfloat16_R(v) st_bfloat16(round_to_odd(v))
TARGETS(FROM_REAL, double)
TARGETS(FROM_INT, int8)
TARGETS(FROM_INT, uint8)
TARGETS(FROM_INT, int16)
TARGETS(FROM_INT, uint16)
TARGETS(FROM_INT, int32)
TARGETS(FROM_INT, int64)
TARGETS(FROM_INT, uint32)
TARGETS(FROM_INT, uint64)
TARGETS(FROM_INT, truth)
/* Complex to real takes the real part. */
#define FROM_C64(to, dtype, from) LOOP(complex64, to, TO_##to##_C(v, crealf(v)))
#define FROM_C128(to, dtype, from) LOOP(complex128, to, TO_##to##_C(v, creal(v)))
#define TO_int8_C(v, r) TO_int8_R(r)
#define TO_uint8_C(v, r) TO_uint8_R(r)
#define TO_int16_C(v, r) TO_int16_R(r)
#define TO_uint16_C(v, r) TO_uint16_R(r)
#define TO_int32_C(v, r) TO_int32_R(r)
#define TO_int64_C(v, r) TO_int64_R(r)
#define TO_uint32_C(v, r) TO_uint32_R(r)
#define TO_uint64_C(v, r) TO_uint64_R(r)
#define TO_half_C(v, r) TO_half_R((double)(r))
#define TO_bfloat16_C(v, r) TO_bfloat16_R((double)(r))
#define TO_float_C(v, r) (float)(r)
#define TO_double_C(v, r) (double)(r)
#define TO_truth_C(v, r) (uint8_t)((r) != 0)
#define TO_complex64_C(v, r) (float _Complex)(v)
#define TO_complex128_C(v, r) (double _Complex)(v)
TARGETS(FROM_C64, 0)
TARGETS(FROM_C128, 0)

#define CELL(to, dtype, from) [dtype] = from##_to_##to,
#define LINE(from) { TARGETS(CELL, from) }
static mg_range_fn *const cast_of[MG_DTYPE_MAX][MG_DTYPE_MAX] = {
	[MGREG_HALF] = LINE(half), [MGREG_BFLOAT16] = LINE(bfloat16), [MGREG_FLOAT] = LINE(float), [MGREG_DOUBLE] = LINE(double),
	[MGREG_INT8] = LINE(int8), [MGREG_UINT8] = LINE(uint8), [MGREG_INT16] = LINE(int16), [MGREG_UINT16] = LINE(uint16),
	[MGREG_INT32] = LINE(int32), [MGREG_INT64] = LINE(int64), [MGREG_UINT32] = LINE(uint32), [MGREG_UINT64] = LINE(uint64),
	[MGREG_BOOL] = LINE(truth), [MGREG_COMPLEX64] = LINE(complex64), [MGREG_COMPLEX128] = LINE(complex128),
};

/* Truncate: float to bfloat16 drops the low bits instead of rounding. */
static void
float_cut_bfloat16(void *arg, int64_t begin, int64_t end)
{
	const job *j = arg;

	for (int64_t i = begin; i < end; i++) {
		uint32_t bits;
		memcpy(&bits, (const float *)j->x + i, 4);
		((uint16_t *)j->y)[i] = (uint16_t)(bits >> 16) | ((bits & 0x7fffffff) > 0x7f800000 ? 0x40 : 0);
	}
}

static int
cast_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	mg_dtype to = (mg_dtype)mg_kernel_output_type(k, 0);
	mg_range_fn *f;
	mg_tensor *y;
	job j = { .x = x->data };
	int rc;

	if (x->dtype == to)
		return mg_kernel_share(k, 0, x, err);
	f = x->dtype < MG_DTYPE_MAX && to < MG_DTYPE_MAX ? cast_of[x->dtype][to] : NULL;
	if (x->dtype == MGREG_FLOAT && to == MGREG_BFLOAT16 && mg_k_attr_bool(mg_kernel_attrs(k), "Truncate", false))
		f = float_cut_bfloat16;
	if (!f)
		return mg_fail(err, MGREG_UNIMPLEMENTED, "cast %s to %s is not supported", mg_dtype_name(x->dtype), mg_dtype_name(to));
	if ((rc = mg_kernel_output(k, 0, &x->shape, &y, err)) != 0)
		return rc;
	j.y = y->data;
	mg_parallel_for(k, x->count, 16384, f, &j);
	return 0;
}

static int
bitcast_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	mg_dtype to = (mg_dtype)mg_kernel_output_type(k, 0);
	size_t from_size = mg_dtype_size(x->dtype), to_size = mg_dtype_size(to);
	int64_t dims[MG_MAX_RANK + 1];
	int rank = mg_rank(x), rc;
	mg_tensor *y;

	if (!from_size || !to_size)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "cannot bitcast %s to %s", mg_dtype_name(x->dtype), mg_dtype_name(to));
	for (int d = 0; d < rank; d++)
		dims[d] = mg_dim(x, d);
	if (from_size > to_size) {
		dims[rank++] = (int64_t)(from_size / to_size);
	} else if (from_size < to_size) {
		if (rank == 0 || dims[rank - 1] != (int64_t)(to_size / from_size))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "cannot bitcast from %s to %s: the last dimension must be %zu",
				mg_dtype_name(x->dtype), mg_dtype_name(to), to_size / from_size);
		rank--;
	}
	if (rank > MG_MAX_RANK)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "rank %d is too large", rank);
	if ((rc = mg_kernel_output_dims(k, 0, dims, rank, &y, err)) == 0 && x->count)
		memcpy(y->data, x->data, (size_t)x->count * from_size);
	return rc;
}

const mg_kernel mg_kernels_cast[] = {
	{ "Cast", NULL, .run = cast_run },
	{ "Bitcast", NULL, .run = bitcast_run },
	{ .op = NULL }
};
