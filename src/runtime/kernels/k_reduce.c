/* SPDX-License-Identifier: Apache-2.0 */
/*
 * k_reduce.c - Sum, Mean, Prod, Max, Min, EuclideanNorm, All, Any over any axes; ArgMax and ArgMin over one.
 *
 * The axes are joined into [outer, reduced, inner] (other patterns are transposed first).  The reduced length is cut into blocks
 * by the shape alone; each block leaves its own accumulators, which are joined in block order, so that the result does not
 * depend on the number of threads.
 */
#include "runtime/kernels/k_common.h"
#include <float.h>
#include <tgmath.h>

#define LANES 16
#define ROW_BLOCK 32768         /* reduced elements of one block where they lie together */
#define COLUMN_BLOCK 65536      /* elements of one block where columns are reduced */
#define COLUMN_CHUNK 4096       /* columns of one task */

typedef struct reduction {
	void (*row)(void *acc, const void *x, int64_t n);
	void (*columns)(void *acc, const void *x, int64_t n, int64_t stride, int64_t width);
	void (*join)(void *acc, const void *other, int64_t width);
	void (*finish)(void *y, const void *acc, int64_t width, int64_t n);
	size_t acc_size;
	bool   plain;           /* accumulators are results already */
} reduction;
typedef struct reductions { reduction of[MG_DTYPE_MAX]; } reductions;

/* INIT; STEP(acc, element); JOIN(acc, acc); FINISH(acc, n): expressions of type ACC. */
#define REDUCE(s, name, ACC, INIT, STEP, JOIN, FINISH) \
	K_HOT(s) static void name##_row_##s(void *acc, const void *xp, int64_t n) \
	{ \
		const t_##s *x = xp; \
		ACC r = INIT, lane[LANES]; \
		int64_t i = 0; \
		if (n >= 2 * LANES) { \
			for (int l = 0; l < LANES; l++) \
				lane[l] = INIT; \
			for (; i + LANES <= n; i += LANES) \
				for (int l = 0; l < LANES; l++) \
					lane[l] = (ACC)STEP(lane[l], (ACC)ld_##s(x[i + l])); \
			for (int w = LANES / 2; w; w /= 2) \
				for (int l = 0; l < w; l++) \
					lane[l] = (ACC)JOIN(lane[l], lane[l + w]); \
			r = lane[0]; \
		} \
		for (; i < n; i++) \
			r = (ACC)STEP(r, (ACC)ld_##s(x[i])); \
		*(ACC *)acc = r; \
	} \
	K_HOT(s) static void name##_columns_##s(void *accp, const void *xp, int64_t n, int64_t stride, int64_t width) \
	{ \
		const t_##s *x = xp; \
		ACC *restrict acc = accp; \
		for (int64_t c = 0; c < width; c++) \
			acc[c] = INIT; \
		int64_t i = 0; \
		/* four rows, one after the other, on one way through the accumulators */ \
		for (; i + 4 <= n; i += 4, x += 4 * stride) { \
			const t_##s *x1 = x + stride, *x2 = x1 + stride, *x3 = x2 + stride; \
			for (int64_t c = 0; c < width; c++) { \
				ACC r = (ACC)STEP(acc[c], (ACC)ld_##s(x[c])); \
				r = (ACC)STEP(r, (ACC)ld_##s(x1[c])); \
				r = (ACC)STEP(r, (ACC)ld_##s(x2[c])); \
				acc[c] = (ACC)STEP(r, (ACC)ld_##s(x3[c])); \
			} \
		} \
		for (; i < n; i++, x += stride) \
			for (int64_t c = 0; c < width; c++) \
				acc[c] = (ACC)STEP(acc[c], (ACC)ld_##s(x[c])); \
	} \
	static void name##_join_##s(void *accp, const void *otherp, int64_t width) \
	{ \
		ACC *acc = accp; \
		const ACC *other = otherp; \
		for (int64_t c = 0; c < width; c++) \
			acc[c] = (ACC)JOIN(acc[c], other[c]); \
	} \
	static void name##_finish_##s(void *yp, const void *accp, int64_t width, int64_t n MG_UNUSED) \
	{ \
		t_##s *y = yp; \
		const ACC *acc = accp; \
		for (int64_t c = 0; c < width; c++) \
			y[c] = st_##s((c_##s)FINISH(acc[c], n)); \
	}
#define ENTRY(s, dtype, name, ACC, plain_) [dtype] = { name##_row_##s, name##_columns_##s, name##_join_##s, name##_finish_##s, \
	sizeof(ACC), (plain_) && sizeof(ACC) == sizeof(t_##s) },

#define ADD(r, v) ((r) + (v))
#define TIMES(r, v) ((r) * (v))
#define LARGER(r, v) ((v) > (r) ? (v) : (r))
#define SMALLER(r, v) ((v) < (r) ? (v) : (r))
#define AS_IS(r, n) (r)

#define SUM_FLOAT(s, dtype, _) REDUCE(s, sum, c_##s, 0, ADD, ADD, AS_IS)
#define SUM_INT(s, dtype, _) REDUCE(s, sum, w_##s, 0, ADD, ADD, AS_IS)
K_FLOATS(SUM_FLOAT, 0)
K_COMPLEXES(SUM_FLOAT, 0)
K_INTS(SUM_INT, 0)
#define SUM_ENTRY(s, dtype, _) ENTRY(s, dtype, sum, w_##s, 1)
static const reductions sum_of = { { K_NUMBERS(SUM_ENTRY, 0) } };

/* Mean: the sum in the type, then a division in the type. */
#define MEAN_FLOAT(s, dtype, _) \
	static void mean_finish_##s(void *yp, const void *accp, int64_t width, int64_t n) \
	{ \
		t_##s *y = yp; \
		const c_##s *acc = accp; \
		for (int64_t c = 0; c < width; c++) \
			y[c] = st_##s(acc[c] / (c_##s)n); \
	}
#define MEAN_INT(s, dtype, _) \
	static void mean_finish_##s(void *yp, const void *accp, int64_t width, int64_t n) \
	{ \
		t_##s *y = yp; \
		const w_##s *acc = accp; \
		t_##s d = (t_##s)n; \
		for (int64_t c = 0; c < width; c++) \
			y[c] = d == 0 ? 0 : (t_##s)((t_##s)acc[c] / d); \
	}
K_FLOATS(MEAN_FLOAT, 0)
K_COMPLEXES(MEAN_FLOAT, 0)
K_INTS(MEAN_INT, 0)
#define MEAN_ENTRY(s, dtype, _) [dtype] = { sum_row_##s, sum_columns_##s, sum_join_##s, mean_finish_##s, sizeof(w_##s), false },
static const reductions mean_of = { { K_NUMBERS(MEAN_ENTRY, 0) } };

#define PROD_ONE(s, dtype, _) REDUCE(s, prod, w_##s, 1, TIMES, TIMES, AS_IS)
K_NUMBERS(PROD_ONE, 0)
#define PROD_ENTRY(s, dtype, _) ENTRY(s, dtype, prod, w_##s, 1)
static const reductions prod_of = { { K_NUMBERS(PROD_ENTRY, 0) } };

#define LOW_half -INFINITY
#define LOW_bfloat16 -INFINITY
#define LOW_float -INFINITY
#define LOW_double -(double)INFINITY
#define LOW_int8 INT8_MIN
#define LOW_uint8 0
#define LOW_int16 INT16_MIN
#define LOW_uint16 0
#define LOW_int32 INT32_MIN
#define LOW_int64 INT64_MIN
#define LOW_uint32 0
#define LOW_uint64 0
#define HIGH_half INFINITY
#define HIGH_bfloat16 INFINITY
#define HIGH_float INFINITY
#define HIGH_double (double)INFINITY
#define HIGH_int8 INT8_MAX
#define HIGH_uint8 UINT8_MAX
#define HIGH_int16 INT16_MAX
#define HIGH_uint16 UINT16_MAX
#define HIGH_int32 INT32_MAX
#define HIGH_int64 INT64_MAX
#define HIGH_uint32 UINT32_MAX
#define HIGH_uint64 UINT64_MAX
#define MAX_ONE(s, dtype, _) REDUCE(s, max, c_##s, LOW_##s, LARGER, LARGER, AS_IS)
#define MIN_ONE(s, dtype, _) REDUCE(s, min, c_##s, HIGH_##s, SMALLER, SMALLER, AS_IS)
K_REALS(MAX_ONE, 0)
K_REALS(MIN_ONE, 0)
#define MAX_ENTRY(s, dtype, _) ENTRY(s, dtype, max, c_##s, 1)
#define MIN_ENTRY(s, dtype, _) ENTRY(s, dtype, min, c_##s, 1)
static const reductions max_of = { { K_REALS(MAX_ENTRY, 0) } };
static const reductions min_of = { { K_REALS(MIN_ENTRY, 0) } };

#define ADD_SQUARE(r, v) ((r) + (v) * (v))
#define ADD_SQUARE_COMPLEX(r, v) ((r) + (v) * conj(v))
#define ROOT(r, n) sqrt(r)
#define ROOT_INT(r, n) sqrt((double)(r))
#define NORM_FLOAT(s, dtype, _) REDUCE(s, norm, c_##s, 0, ADD_SQUARE, ADD, ROOT)
#define NORM_COMPLEX(s, dtype, _) REDUCE(s, norm, c_##s, 0, ADD_SQUARE_COMPLEX, ADD, ROOT)
#define NORM_INT(s, dtype, _) REDUCE(s, norm, w_##s, 0, ADD_SQUARE, ADD, ROOT_INT)
K_FLOATS(NORM_FLOAT, 0)
K_COMPLEXES(NORM_COMPLEX, 0)
K_INTS(NORM_INT, 0)
#define NORM_ENTRY(s, dtype, _) ENTRY(s, dtype, norm, w_##s, 0)
static const reductions norm_of = { { K_NUMBERS(NORM_ENTRY, 0) } };

#define BOTH(r, v) ((r) & ((v) != 0))
#define EITHER(r, v) ((r) | ((v) != 0))
REDUCE(truth, all, c_truth, 1, BOTH, BOTH, AS_IS)
REDUCE(truth, any, c_truth, 0, EITHER, EITHER, AS_IS)
static const reductions all_of = { { ENTRY(truth, MGREG_BOOL, all, c_truth, 1) } };
static const reductions any_of = { { ENTRY(truth, MGREG_BOOL, any, c_truth, 1) } };

/* ---- axes ---- */
typedef struct plan {
	bool     reduced[MG_MAX_RANK];
	mg_shape shape;                 /* of the output */
	int64_t  outer, n, inner;
	bool     mixed;                 /* not [outer, n, inner]: to be transposed to [outer, n] */
} plan;

static int
read_axes(plan *p, const mg_tensor *x, const mg_tensor *axes, mgreg_error *err)
{
	int axis, rc;

	memset(p->reduced, 0, sizeof p->reduced);
	if (axes->dtype != MGREG_INT32 && axes->dtype != MGREG_INT64)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "reduction indices have dtype %s", mg_dtype_name(axes->dtype));
	for (int64_t i = 0; i < axes->count; i++) {
		if ((rc = mg_k_axis_value(mg_k_int(axes, i), mg_rank(x), "reduction dimension", &axis, err)) != 0)
			return rc;
		p->reduced[axis] = true;
	}
	return 0;
}

static int
make_plan(plan *p, const mg_tensor *x, bool keep, mgreg_error *err)
{
	int64_t dims[MG_MAX_RANK];
	int rank = 0, turns = 0, last = -1;

	p->outer = p->n = p->inner = 1;
	for (int d = 0; d < mg_rank(x); d++) {
		int64_t dim = mg_dim(x, d);
		if (p->reduced[d]) {
			p->n *= dim;
			if (keep)
				dims[rank++] = 1;
		} else {
			dims[rank++] = dim;
			if (p->n == 1 && last != 1)
				p->outer *= dim;
			else
				p->inner *= dim;
		}
		if (dim != 1 && last != (int)p->reduced[d]) {
			last = p->reduced[d];
			turns += last;          /* runs of reduced axes */
		}
	}
	p->mixed = turns > 1;
	if (p->mixed) {
		p->outer *= p->inner;
		p->inner = 1;
	}
	return mg_shape_set(&p->shape, dims, rank, err);
}

/* Kept axes first, then the reduced ones. */
static int
gather_reduced(mg_kernel_ctx *k, const plan *p, const mg_tensor *x, mg_tensor *to, mgreg_error *err)
{
	int64_t strides[MG_MAX_RANK], dims[MG_MAX_RANK], left = x->count;
	mg_k_view v;
	int rc;

	if ((rc = mg_kernel_alloc(k, to, x->dtype, &x->shape, err)) != 0)
		return rc;
	for (int d = 0; d < mg_rank(x); d++)
		dims[d] = mg_dim(x, d);
	mg_k_strides(dims, mg_rank(x), strides);
	mg_k_view_begin(&v);
	v.empty = x->count == 0;
	for (int pass = 0; pass < 2 && !v.empty; pass++)
		for (int d = 0; d < mg_rank(x); d++)
			if ((int)p->reduced[d] == pass) {
				left /= dims[d];
				mg_k_view_add(&v, dims[d], left, strides[d]);
			}
	return mg_k_copy(k, to, x, &v, err);
}

/* ---- the work ---- */
typedef struct job {
	const reduction *r;
	const char *x;
	char    *acc, *y;
	size_t   size;                  /* of an element */
	int64_t  outer, n, inner, blocks, block, chunks;
} job;

static void
run_blocks(void *arg, int64_t begin, int64_t end)
{
	const job *j = arg;

	for (int64_t i = begin; i < end; i++) {
		int64_t chunk = i % j->chunks, block = i / j->chunks % j->blocks, o = i / j->chunks / j->blocks;
		int64_t from = block * j->block, n = MG_MIN(j->block, j->n - from);
		int64_t column = chunk * COLUMN_CHUNK, width = MG_MIN(COLUMN_CHUNK, j->inner - column);
		const char *x = j->x + (size_t)((o * j->n + from) * j->inner + column) * j->size;
		char *acc = j->acc + (size_t)((o * j->blocks + block) * j->inner + column) * j->r->acc_size;
		if (j->inner == 1)
			j->r->row(acc, x, n);
		else
			j->r->columns(acc, x, n, j->inner, width);
	}
}

static void
finish_outer(void *arg, int64_t begin, int64_t end)
{
	const job *j = arg;
	size_t line = (size_t)j->inner * j->r->acc_size;

	for (int64_t o = begin; o < end; o++) {
		char *acc = j->acc + (size_t)(o * j->blocks) * line;
		for (int64_t b = 1; b < j->blocks; b++)
			j->r->join(acc, acc + (size_t)b * line, j->inner);
		j->r->finish(j->y + (size_t)(o * j->inner) * j->size, acc, j->inner, j->n);
	}
}

static int
run_job(mg_kernel_ctx *k, job *j, mgreg_error *err)
{
	size_t bytes;
	void *acc;
	int rc;

	j->block = j->inner == 1 ? ROW_BLOCK : MG_MAX(64, COLUMN_BLOCK / j->inner);
	j->blocks = j->n == 0 ? 1 : (j->n + j->block - 1) / j->block;
	j->chunks = (j->inner + COLUMN_CHUNK - 1) / COLUMN_CHUNK;
	if (j->blocks == 1 && j->r->acc_size == j->size) {
		j->acc = j->y;
	} else {
		if (!mg_mul_size((size_t)(j->outer * j->blocks), (size_t)j->inner * j->r->acc_size, &bytes))
			return mg_fail_nomem(err, SIZE_MAX);
		if ((rc = mg_kernel_scratch(k, bytes, &acc, err)) != 0)
			return rc;
		j->acc = acc;
	}
	mg_parallel_for(k, j->outer * j->blocks * j->chunks, mg_k_grain(MG_MIN(j->n, j->block) * MG_MIN(j->inner, COLUMN_CHUNK)),
		run_blocks, j);
	if (j->acc != j->y || !j->r->plain)
		mg_parallel_for(k, j->outer, mg_k_grain(j->blocks * j->inner), finish_outer, j);
	return 0;
}

static int
reduce(mg_kernel_ctx *k, const reductions *table, bool shares, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	const reduction *r = &table->of[x->dtype];
	mg_tensor *y, moved = { 0 };
	plan p;
	job j;
	int rc;

	p.shape = MG_SHAPE_SCALAR;
	if (!r->row)
		return mg_k_no_type(x->dtype, err);
	MG_TRY(read_axes(&p, x, mg_kernel_input(k, 1), err));
	MG_TRY(make_plan(&p, x, mg_kernel_state(k) != NULL, err));
	if (shares && p.n == 1) {
		rc = mg_kernel_share_as(k, 0, x, &p.shape, err);
		goto out;
	}
	MG_TRY(mg_kernel_output(k, 0, &p.shape, &y, err));
	if (y->count == 0)
		goto out;
	if (p.mixed && x->count) {
		MG_TRY(gather_reduced(k, &p, x, &moved, err));
		x = &moved;
	}
	j = (job){ .r = r, .x = x->data, .y = y->data, .size = mg_dtype_size(y->dtype), .outer = p.outer, .n = p.n,
		.inner = p.inner };
	MG_TRY(run_job(k, &j, err));
out:
	mg_tensor_clear(&moved);
	mg_shape_clear(&p.shape);
	return rc;
}

static int
keep_dims_prepare(mg_kernel_prep *p, void **state, mgreg_error *err MG_UNUSED)
{
	*state = mg_k_attr_bool(p->attrs, "keep_dims", false) ? (void *)p->node : NULL;
	return 0;
}

#define RUN(name, shares) \
	static int name##_run(mg_kernel_ctx *k, mgreg_error *err) { return reduce(k, &name##_of, shares, err); }
RUN(sum, true)
RUN(mean, true)
RUN(prod, true)
RUN(max, true)
RUN(min, true)
RUN(norm, false)
RUN(all, true)
RUN(any, true)

/* ---- ArgMax, ArgMin ---- */
typedef struct arg_job {
	const void *x;
	mg_tensor  *y;
	int64_t n, inner;
} arg_job;

/* The first of equals wins; NaN loses every comparison. */
#define ARG(s, dtype, name, op, start) \
	static void name##_##s(void *arg, int64_t begin, int64_t end) \
	{ \
		const arg_job *j = arg; \
		for (int64_t i = begin; i < end; i++) { \
			const t_##s *x = (const t_##s *)j->x + i / j->inner * j->n * j->inner + i % j->inner; \
			c_##s best = start##_##s; \
			int64_t at = 0; \
			for (int64_t d = 0; d < j->n; d++) { \
				c_##s v = ld_##s(x[d * j->inner]); \
				if (v op best) { \
					best = v; \
					at = d; \
				} \
			} \
			mg_k_set_int(j->y, i, at); \
		} \
	}
K_REALS(ARG, arg_max, >, LOW)
K_REALS(ARG, arg_min, <, HIGH)
#define ARG_ENTRY(s, dtype, name) [dtype] = name##_##s,
static mg_range_fn *const arg_max_of[MG_DTYPE_MAX] = { K_REALS(ARG_ENTRY, arg_max) };
static mg_range_fn *const arg_min_of[MG_DTYPE_MAX] = { K_REALS(ARG_ENTRY, arg_min) };

static int
arg_reduce(mg_kernel_ctx *k, mg_range_fn *const *table, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	int64_t dims[MG_MAX_RANK];
	arg_job j = { .x = x->data };
	int axis, rank = 0, rc;

	if (!table[x->dtype])
		return mg_k_no_type(x->dtype, err);
	if ((rc = mg_k_rank_at_least(x, 1, "input", err)) != 0
			|| (rc = mg_k_axis(mg_kernel_input(k, 1), mg_rank(x), "dimension", &axis, err)) != 0)
		return rc;
	j.n = mg_dim(x, axis);
	j.inner = mg_k_product(x, axis + 1, mg_rank(x));
	if (j.n == 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "reduction axis %d is empty", axis);
	for (int d = 0; d < mg_rank(x); d++)
		if (d != axis)
			dims[rank++] = mg_dim(x, d);
	if ((rc = mg_kernel_output_dims(k, 0, dims, rank, &j.y, err)) == 0)
		mg_parallel_for(k, j.y->count, mg_k_grain(j.n), table[x->dtype], &j);
	return rc;
}

static int arg_max_run(mg_kernel_ctx *k, mgreg_error *err) { return arg_reduce(k, arg_max_of, err); }
static int arg_min_run(mg_kernel_ctx *k, mgreg_error *err) { return arg_reduce(k, arg_min_of, err); }

#define ROW(op, types, name) { op, types, 0, keep_dims_prepare, name##_run, NULL, 0 }
const mg_kernel mg_kernels_reduce[] = {
	ROW("Sum", "T=" K_NUMBERS_TEXT, sum),
	ROW("Mean", "T=" K_NUMBERS_TEXT, mean),
	ROW("Prod", "T=" K_NUMBERS_TEXT, prod),
	ROW("Max", "T=" K_REALS_TEXT, max),
	ROW("Min", "T=" K_REALS_TEXT, min),
	ROW("EuclideanNorm", "T=" K_NUMBERS_TEXT, norm),
	ROW("All", NULL, all),
	ROW("Any", NULL, any),
	{ "ArgMax", "T=" K_REALS_TEXT, .run = arg_max_run },
	{ "ArgMin", "T=" K_REALS_TEXT, .run = arg_min_run },
	{ .op = NULL }
};
