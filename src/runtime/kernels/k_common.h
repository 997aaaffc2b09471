/* SPDX-License-Identifier: Apache-2.0 */
/*
 * k_common.h - what the kernel families share: element types as name families, reading index inputs and attributes,
 * and the one engine that moves elements between two strided views.
 *
 * For an element type S (float, half, int32, ...) there are t_S, the type in memory; c_S, the type it is computed in; w_S, a
 * type of at least that width whose arithmetic wraps; ld_S() and st_S().  Macros paste S to make one loop per type.
 */
#ifndef MG_K_COMMON_H
#define MG_K_COMMON_H

#include "base/base.h"
#include "base/half.h"
#include "runtime/kernels/k_clones.h"
#include "runtime/kernel.h"
#include <complex.h>

/* One expression serves signed and unsigned types. */
#pragma GCC diagnostic ignored "-Wtype-limits"

#define K_HOT(s) K_HOT_##s
#define K_HOT_float K_CLONES
#define K_HOT_double
#define K_HOT_half
#define K_HOT_bfloat16
#define K_HOT_int8
#define K_HOT_uint8
#define K_HOT_int16
#define K_HOT_uint16
#define K_HOT_int32
#define K_HOT_uint32
#define K_HOT_int64
#define K_HOT_uint64
#define K_HOT_truth
#define K_HOT_complex64
#define K_HOT_complex128

/* ---- element types ---- */
#define K_PLAIN(s, t, w) \
	typedef t t_##s; typedef t c_##s; typedef w w_##s; \
	static inline MG_UNUSED c_##s ld_##s(t_##s v) { return v; } \
	static inline MG_UNUSED t_##s st_##s(c_##s v) { return v; }
K_PLAIN(float, float, float)
K_PLAIN(double, double, double)
K_PLAIN(int8, int8_t, uint32_t)
K_PLAIN(uint8, uint8_t, uint32_t)
K_PLAIN(int16, int16_t, uint32_t)
K_PLAIN(uint16, uint16_t, uint32_t)
K_PLAIN(int32, int32_t, uint32_t)
K_PLAIN(uint32, uint32_t, uint32_t)
K_PLAIN(int64, int64_t, uint64_t)
K_PLAIN(uint64, uint64_t, uint64_t)
K_PLAIN(truth, uint8_t, uint32_t)
K_PLAIN(complex64, float _Complex, float _Complex)
K_PLAIN(complex128, double _Complex, double _Complex)
#undef K_PLAIN
typedef uint16_t t_half, t_bfloat16;
typedef float c_half, c_bfloat16, w_half, w_bfloat16;
static inline MG_UNUSED float ld_half(uint16_t v) { return mg_half_to_float(v); }
static inline MG_UNUSED uint16_t st_half(float v) { return mg_float_to_half(v); }
static inline MG_UNUSED float ld_bfloat16(uint16_t v) { return mg_bfloat16_to_float(v); }
static inline MG_UNUSED uint16_t st_bfloat16(float v) { return mg_float_to_bfloat16(v); }

/* X(name, DataType, ...) for each type of a class. */
#define K_FLOATS(X, ...) X(half, MGREG_HALF, __VA_ARGS__) X(bfloat16, MGREG_BFLOAT16, __VA_ARGS__) \
	X(float, MGREG_FLOAT, __VA_ARGS__) X(double, MGREG_DOUBLE, __VA_ARGS__)
#define K_INTS(X, ...) X(int8, MGREG_INT8, __VA_ARGS__) X(uint8, MGREG_UINT8, __VA_ARGS__) X(int16, MGREG_INT16, __VA_ARGS__) \
	X(uint16, MGREG_UINT16, __VA_ARGS__) X(int32, MGREG_INT32, __VA_ARGS__) X(int64, MGREG_INT64, __VA_ARGS__) \
	X(uint32, MGREG_UINT32, __VA_ARGS__) X(uint64, MGREG_UINT64, __VA_ARGS__)
#define K_COMPLEXES(X, ...) X(complex64, MGREG_COMPLEX64, __VA_ARGS__) X(complex128, MGREG_COMPLEX128, __VA_ARGS__)
#define K_REALS(X, ...) K_FLOATS(X, __VA_ARGS__) K_INTS(X, __VA_ARGS__)
#define K_NUMBERS(X, ...) K_REALS(X, __VA_ARGS__) K_COMPLEXES(X, __VA_ARGS__)

/* The same classes as text of a kernel's type constraint. */
#define K_FLOATS_TEXT "half|bfloat16|float|double"
#define K_INTS_TEXT "int8|uint8|int16|uint16|int32|int64|uint32|uint64"
#define K_COMPLEXES_TEXT "complex64|complex128"
#define K_REALS_TEXT K_FLOATS_TEXT "|" K_INTS_TEXT
#define K_NUMBERS_TEXT K_REALS_TEXT "|" K_COMPLEXES_TEXT

/* ---- failures ---- */
/* No loop for this type: a row's constraint admitted more than its functions. */
int mg_k_no_type(mg_dtype dtype, mgreg_error *err);

/* ---- attributes ---- */
bool mg_k_attr_bool(const mg_attrs *attrs, const char *name, bool fallback);
int64_t mg_k_attr_int(const mg_attrs *attrs, const char *name, int64_t fallback);
float mg_k_attr_float(const mg_attrs *attrs, const char *name, float fallback);
bool mg_k_attr_is(const mg_attrs *attrs, const char *name, const char *value);  /* string attribute; false if absent */
/* A list of ints into OUT[N]: INVALID_ARGUMENT unless there are exactly N. */
int mg_k_attr_ints(const mg_attrs *attrs, const char *name, int64_t *out, int n, mgreg_error *err);

/* ---- index inputs ---- */
static inline int64_t
mg_k_int(const mg_tensor *t, int64_t i)         /* element of an int32 or int64 tensor */
{
	return t->dtype == MGREG_INT32 ? MG_CDATA(t, int32_t)[i] : MG_CDATA(t, int64_t)[i];
}
static inline void
mg_k_set_int(mg_tensor *t, int64_t i, int64_t v)
{
	if (t->dtype == MGREG_INT32)
		MG_DATA(t, int32_t)[i] = (int32_t)v;
	else
		MG_DATA(t, int64_t)[i] = v;
}
/* One element, whatever the rank below two says: the old graphs' "legacy scalar". */
int mg_k_scalar(const mg_tensor *t, const char *what, int64_t *out, mgreg_error *err);
/* A scalar axis in [-RANK, RANK), wrapped. */
int mg_k_axis(const mg_tensor *t, int rank, const char *what, int *out, mgreg_error *err);
int mg_k_axis_value(int64_t axis, int rank, const char *what, int *out, mgreg_error *err);
int mg_k_vector(const mg_tensor *t, const char *what, mgreg_error *err);        /* rank 1 (and int32 or int64) */
/* An int32 or int64 vector as a full shape; negative entries are INVALID_ARGUMENT.  OUT is zero; the caller clears it. */
int mg_k_shape_from(const mg_tensor *t, const char *what, mg_shape *out, mgreg_error *err);
/* Output of the same dtype as its tensor says, shape of X but dimension AXIS of length N. */
int mg_k_output_axis(mg_kernel_ctx *k, int i, const mg_tensor *x, int axis, int64_t n, mg_tensor **out, mgreg_error *err);
/* Product of the dimensions [FROM, TO) of X. */
int64_t mg_k_product(const mg_tensor *x, int from, int to);
int mg_k_rank_at_least(const mg_tensor *t, int rank, const char *what, mgreg_error *err);
int mg_k_rank_is(const mg_tensor *t, int rank, const char *what, mgreg_error *err);
int mg_k_same_shape(const mg_tensor *a, const mg_tensor *b, mgreg_error *err);

/* ---- moving elements (copy.c) ---- */
#define MG_K_DIMS 48
/*
 * dims[0..rank): from element from_at + sum(i*from) to element to_at + sum(i*to).  Strides count elements and may be 0 or
 * negative on the source side.  mg_k_view_add() drops dimensions of one and joins what lies together, so RANK is the number of
 * true dimensions; the last one added runs fastest.
 */
typedef struct mg_k_view {
	int     rank;
	bool    empty, too_deep;
	int64_t dims[MG_K_DIMS], to[MG_K_DIMS], from[MG_K_DIMS];
	int64_t to_at, from_at;
} mg_k_view;
void mg_k_view_begin(mg_k_view *v);
void mg_k_view_add(mg_k_view *v, int64_t dim, int64_t to, int64_t from);
int mg_k_copy(mg_kernel_ctx *k, mg_tensor *to, const mg_tensor *from, const mg_k_view *v, mgreg_error *err);
/* Elements FROM[at, at+n) to TO[to_at, ...), both packed. */
int mg_k_copy_run(mg_tensor *to, int64_t to_at, const mg_tensor *from, int64_t from_at, int64_t n, mgreg_error *err);
/* Every element becomes element AT of VALUE, or zero (false, "") when VALUE is NULL. */
int mg_k_fill(mg_kernel_ctx *k, mg_tensor *t, const mg_tensor *value, int64_t at, mgreg_error *err);
/* Row-major strides of DIMS. */
void mg_k_strides(const int64_t *dims, int rank, int64_t *strides);
/* Can RANK dimensions be held in arrays of MG_K_DIMS?  UNIMPLEMENTED otherwise. */
int mg_k_rank_fits(int rank, mgreg_error *err);

/* ---- other shared parts ---- */
/* Grain so that a block holds about 64K steps of COST each: below that a second thread costs more than it gives. */
static inline int64_t mg_k_grain(int64_t cost) { return cost >= 65536 ? 1 : 65536 / (cost < 1 ? 1 : cost); }
#endif
