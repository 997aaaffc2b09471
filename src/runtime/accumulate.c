/* SPDX-License-Identifier: Apache-2.0 */
/* accumulate.c - x op= y element by element, for the assigning and scattering ops. */
#include "base/base.h"
#include <complex.h>
#include "runtime/runtime_internal.h"

#define SAME(v) (v)
#define ADD(a, b) ((a) + (b))
#define SUB(a, b) ((a) - (b))
#define MUL(a, b) ((a) * (b))
#define DIV(a, b) ((a) / (b))
#define MIN(a, b) ((b) < (a) ? (b) : (a))
#define MAX(a, b) ((a) < (b) ? (b) : (a))

/* C is the type that computes: unsigned for integers, which wrap; R reads an element, W makes one. */
#define LOOP(T, R, W, OP) \
	do { \
		T *x = to; \
		const T *y = from; \
		if (scalar) \
			for (int64_t i = 0; i < n; i++) \
				x[i] = (T)W(OP(R(x[i]), R(y[0]))); \
		else \
			for (int64_t i = 0; i < n; i++) \
				x[i] = (T)W(OP(R(x[i]), R(y[i]))); \
	} while (0)
#define AS_U8(v) ((uint32_t)(v))
#define AS_U64(v) ((uint64_t)(v))

#define ALL(T, R, W) \
	switch (op) { \
	case MG_ACC_ADD: LOOP(T, R, W, ADD); break; \
	case MG_ACC_SUB: LOOP(T, R, W, SUB); break; \
	case MG_ACC_MUL: LOOP(T, R, W, MUL); break; \
	case MG_ACC_DIV: LOOP(T, R, W, DIV); break; \
	case MG_ACC_MIN: LOOP(T, R, W, MIN); break; \
	case MG_ACC_MAX: LOOP(T, R, W, MAX); break; \
	default: break; \
	}

/* Signed integers: sums and products wrap as unsigned ones do; the rest needs the sign. */
#define INT(T, U) \
	switch (op) { \
	case MG_ACC_ADD: LOOP(T, U, SAME, ADD); break; \
	case MG_ACC_SUB: LOOP(T, U, SAME, SUB); break; \
	case MG_ACC_MUL: LOOP(T, U, SAME, MUL); break; \
	case MG_ACC_DIV: int_divide_##T(to, from, n, scalar); break; \
	case MG_ACC_MIN: LOOP(T, SAME, SAME, MIN); break; \
	case MG_ACC_MAX: LOOP(T, SAME, SAME, MAX); break; \
	default: break; \
	}

#define INT_DIVIDE(T, SIGNED) \
static void \
int_divide_##T(void *to, const void *from, int64_t n, bool scalar) \
{ \
	T *x = to; \
	const T *y = from; \
	for (int64_t i = 0; i < n; i++) { \
		T d = y[scalar ? 0 : i]; \
		/* the caller has refused zero; the smallest number by -1 wraps */ \
		x[i] = SIGNED && d == (T)-1 ? (T)(0 - (uint64_t)x[i]) : (T)(x[i] / (d ? d : 1)); \
	} \
}
INT_DIVIDE(int8_t, true)
INT_DIVIDE(int16_t, true)
INT_DIVIDE(int32_t, true)
INT_DIVIDE(int64_t, true)
INT_DIVIDE(uint8_t, false)
INT_DIVIDE(uint16_t, false)
INT_DIVIDE(uint32_t, false)
INT_DIVIDE(uint64_t, false)

#define COMPLEX(T) \
	switch (op) { \
	case MG_ACC_ADD: LOOP(T, SAME, SAME, ADD); break; \
	case MG_ACC_SUB: LOOP(T, SAME, SAME, SUB); break; \
	case MG_ACC_MUL: LOOP(T, SAME, SAME, MUL); break; \
	case MG_ACC_DIV: LOOP(T, SAME, SAME, DIV); break; \
	default: break; \
	}

bool
mg_accumulate_knows(enum mg_accumulate_op op, mg_dtype dtype)
{
	if (op == MG_ACC_SET)
		return mg_dtype_is_memcpy(dtype);
	if (mg_dtype_is_complex(dtype))
		return op != MG_ACC_MIN && op != MG_ACC_MAX;
	return mg_dtype_is_floating(dtype) || mg_dtype_is_integer(dtype);
}

void
mg_accumulate(enum mg_accumulate_op op, mg_dtype dtype, void *to, const void *from, int64_t n, bool scalar)
{
	size_t item = mg_dtype_size(dtype);

	if (op == MG_ACC_SET) {
		if (!scalar)
			memmove(to, from, (size_t)n * item);
		else
			for (int64_t i = 0; i < n; i++)
				memcpy((char *)to + (size_t)i * item, from, item);
		return;
	}
	switch (dtype) {
	case MGREG_FLOAT: ALL(float, SAME, SAME); break;
	case MGREG_DOUBLE: ALL(double, SAME, SAME); break;
	case MGREG_HALF: ALL(uint16_t, mg_half_to_float, mg_float_to_half); break;
	case MGREG_BFLOAT16: ALL(uint16_t, mg_bfloat16_to_float, mg_float_to_bfloat16); break;
	case MGREG_INT8: INT(int8_t, AS_U8); break;
	case MGREG_INT16: INT(int16_t, AS_U8); break;
	case MGREG_INT32: INT(int32_t, AS_U8); break;
	case MGREG_INT64: INT(int64_t, AS_U64); break;
	case MGREG_UINT8: INT(uint8_t, AS_U8); break;
	case MGREG_UINT16: INT(uint16_t, AS_U8); break;
	case MGREG_UINT32: INT(uint32_t, AS_U8); break;
	case MGREG_UINT64: INT(uint64_t, AS_U64); break;
	case MGREG_COMPLEX64: COMPLEX(float _Complex); break;
	case MGREG_COMPLEX128: COMPLEX(double _Complex); break;
	default: break;
	}
}
