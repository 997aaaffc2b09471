/* SPDX-License-Identifier: Apache-2.0 */
/*
 * k_segment.c - sums, products and extremes of rows by segment: sorted ids, ids in any order, rows picked by index.
 *
 * A segment's rows are added one after another in input order; the work is split by columns only, so threads change nothing.
 */
#include "runtime/kernels/k_common.h"
#include <tgmath.h>

enum fold { FOLD_SUM, FOLD_PROD, FOLD_MAX, FOLD_MIN };
enum scale { SCALE_NONE, SCALE_MEAN, SCALE_SQRTN };

#define LEAST_half -65504.0f
#define LEAST_bfloat16 -3.3895314e38f
#define LEAST_float -3.4028234663852886e38f
#define LEAST_double -1.7976931348623157e308
#define LEAST_int8 INT8_MIN
#define LEAST_uint8 0
#define LEAST_int16 INT16_MIN
#define LEAST_uint16 0
#define LEAST_int32 INT32_MIN
#define LEAST_int64 INT64_MIN
#define LEAST_uint32 0
#define LEAST_uint64 0
#define MOST_half 65504.0f
#define MOST_bfloat16 3.3895314e38f
#define MOST_float 3.4028234663852886e38f
#define MOST_double 1.7976931348623157e308
#define MOST_int8 INT8_MAX
#define MOST_uint8 UINT8_MAX
#define MOST_int16 INT16_MAX
#define MOST_uint16 UINT16_MAX
#define MOST_int32 INT32_MAX
#define MOST_int64 INT64_MAX
#define MOST_uint32 UINT32_MAX
#define MOST_uint64 UINT64_MAX

/* One job of every form: row i of X goes to output row ids[i] (negative: dropped).  PICK: row pick[i] of X instead. */
typedef struct job {
	enum fold  fold;
	enum scale scale;
	const void *x;
	void      *y;
	const mg_tensor *ids, *pick;
	int64_t    rows, out_rows, width;
	const int64_t *counts;          /* rows per segment, where scaled or where gaps are filled */
	bool       gaps_zero;           /* segments without rows become 0 (1 for products), not the fold's start */
	bool       backward;            /* gradients: row ids[i] of X, scaled by its count, goes to output row pick[i] */
} job;

#define FOLD_ROWS(s, step) \
	for (int64_t i = 0; i < j->rows; i++) { \
		int64_t id = mg_k_int(j->ids, i); \
		if (id < 0) \
			continue; \
		const t_##s *x = (const t_##s *)j->x + (j->pick ? mg_k_int(j->pick, i) : i) * j->width; \
		t_##s *y = (t_##s *)j->y + id * j->width; \
		for (int64_t c = begin; c < end; c++) { \
			w_##s a = (w_##s)ld_##s(y[c]), b = (w_##s)ld_##s(x[c]); \
			y[c] = st_##s((c_##s)(step)); \
		} \
	}
#define FILL_ROWS(s, value) \
	for (int64_t i = 0; i < j->out_rows; i++) \
		for (int64_t c = begin; c < end; c++) \
			((t_##s *)j->y)[i * j->width + c] = st_##s((c_##s)(value));
#define MEND_GAPS(s) \
	for (int64_t i = 0; i < j->out_rows && j->gaps_zero; i++) \
		for (int64_t c = begin; c < end && j->counts[i] == 0; c++) \
			((t_##s *)j->y)[i * j->width + c] = st_##s(0);
#define SUMS(s, dtype, _) \
	static void sums_##s(const job *j, int64_t begin, int64_t end) \
	{ \
		if (j->fold == FOLD_SUM) { \
			FILL_ROWS(s, 0) \
			FOLD_ROWS(s, a + b) \
		} else { \
			FILL_ROWS(s, 1) \
			FOLD_ROWS(s, a * b) \
		} \
	}
#define EXTREMES(s, dtype, _) \
	static void fold_##s(void *arg, int64_t begin, int64_t end) \
	{ \
		const job *j = arg; \
		if (j->fold == FOLD_SUM || j->fold == FOLD_PROD) { \
			sums_##s(j, begin, end); \
		} else if (j->fold == FOLD_MAX) { \
			FILL_ROWS(s, LEAST_##s) \
			FOLD_ROWS(s, (c_##s)b > (c_##s)a ? b : a) \
			MEND_GAPS(s) \
		} else { \
			FILL_ROWS(s, MOST_##s) \
			FOLD_ROWS(s, (c_##s)b < (c_##s)a ? b : a) \
			MEND_GAPS(s) \
		} \
	}
#define SUMS_ONLY(s, dtype, _) \
	static void fold_##s(void *arg, int64_t begin, int64_t end) { sums_##s(arg, begin, end); }
K_NUMBERS(SUMS, 0)
K_REALS(EXTREMES, 0)
K_COMPLEXES(SUMS_ONLY, 0)
#define ENTRY(s, dtype, name) [dtype] = name##_##s,
static mg_range_fn *const fold_of[MG_DTYPE_MAX] = { K_NUMBERS(ENTRY, fold) };

/* Means: the sum in the computing type, one rounding. */
#define MEANS(s, dtype, _) \
	static void scaled_##s(void *arg, int64_t begin, int64_t end) \
	{ \
		const job *j = arg; \
		fold_##s(arg, begin, end); \
		for (int64_t i = 0; i < j->out_rows; i++) { \
			int64_t n = j->counts[i]; \
			t_##s *y = (t_##s *)j->y + i * j->width; \
			if (n < 2) \
				continue; \
			for (int64_t c = begin; c < end; c++) \
				y[c] = st_##s((c_##s)(ld_##s(y[c]) / (c_##s)(j->scale == SCALE_MEAN ? (double)n : sqrt((double)n)))); \
		} \
	}
K_REALS(MEANS, 0)
K_COMPLEXES(MEANS, 0)
static mg_range_fn *const scaled_of[MG_DTYPE_MAX] = { K_NUMBERS(ENTRY, scaled) };

/* Gradient of the picked forms. */
#define SPREAD(s, dtype, _) \
	static void spread_##s(void *arg, int64_t begin, int64_t end) \
	{ \
		const job *j = arg; \
		FILL_ROWS(s, 0) \
		for (int64_t i = 0; i < j->rows; i++) { \
			int64_t id = mg_k_int(j->ids, i); \
			double n = (double)j->counts[id]; \
			c_##s scale = j->scale == SCALE_NONE ? 1 : (c_##s)(1 / (j->scale == SCALE_MEAN ? n : sqrt(n))); \
			const t_##s *x = (const t_##s *)j->x + id * j->width; \
			t_##s *y = (t_##s *)j->y + mg_k_int(j->pick, i) * j->width; \
			for (int64_t c = begin; c < end; c++) \
				y[c] = st_##s(ld_##s(y[c]) + ld_##s(x[c]) * scale); \
		} \
	}
K_FLOATS(SPREAD, 0)
static mg_range_fn *const spread_of[MG_DTYPE_MAX] = { K_FLOATS(ENTRY, spread) };

static int
run_job(mg_kernel_ctx *k, job *j, mg_dtype dtype, mgreg_error *err)
{
	mg_range_fn *f = (j->backward ? spread_of : j->scale ? scaled_of : fold_of)[dtype];

	if (!f)
		return mg_k_no_type(dtype, err);
	mg_parallel_for(k, j->width, MG_MAX(16, mg_k_grain(j->rows)), f, j);
	return 0;
}

/* Rows per segment [0, n) into scratch memory. */
static int
count_rows(mg_kernel_ctx *k, const mg_tensor *ids, int64_t n, const int64_t **out, mgreg_error *err)
{
	size_t bytes;
	void *counts;
	int rc;

	if (!mg_mul_size((size_t)n + 1, 8, &bytes))
		return mg_fail_nomem(err, SIZE_MAX);
	if ((rc = mg_kernel_scratch(k, bytes, &counts, err)) != 0)
		return rc;
	memset(counts, 0, bytes);
	for (int64_t i = 0; i < ids->count; i++)
		if (mg_k_int(ids, i) >= 0)
			((int64_t *)counts)[mg_k_int(ids, i)]++;
	*out = counts;
	return 0;
}

static int
output_rows(mg_kernel_ctx *k, const mg_tensor *x, int skip, int64_t n, mg_tensor **y, mgreg_error *err)
{
	int64_t dims[MG_MAX_RANK];
	int rank = 1;

	dims[0] = n;
	for (int d = skip; d < mg_rank(x); d++)
		dims[rank++] = mg_dim(x, d);
	return mg_kernel_output_dims(k, 0, dims, rank, y, err);
}

/* Sorted ids: a vector, not negative, not decreasing. */
static int
check_sorted(const mg_tensor *ids, const char *what, mgreg_error *err)
{
	int rc = mg_k_vector(ids, what, err);

	for (int64_t i = 0; i < ids->count && !rc; i++) {
		int64_t id = mg_k_int(ids, i);
		if (id < 0)
			rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "segment ids must be >= 0, not %lld", (long long)id);
		else if (i && id < mg_k_int(ids, i - 1))
			rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "segment ids are not increasing");
	}
	return rc;
}

/* ---- Segment* ---- */
static int
segment(mg_kernel_ctx *k, enum fold fold, enum scale scale, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0), *ids = mg_kernel_input(k, 1);
	int64_t n;
	mg_tensor *y;
	job j = { .fold = fold, .scale = scale, .x = x->data, .ids = ids, .gaps_zero = true };
	int rc;

	if ((rc = mg_k_rank_at_least(x, 1, "data", err)) != 0 || (rc = check_sorted(ids, "segment_ids", err)) != 0)
		return rc;
	if (ids->count != mg_dim(x, 0))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "segment_ids should be the same size as dimension 0 of input");
	n = ids->count ? mg_k_int(ids, ids->count - 1) : -1;
	if (n == INT64_MAX)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "segment id %lld is too large", (long long)n);
	n++;
	if ((rc = output_rows(k, x, 1, n, &y, err)) != 0 || y->count == 0)
		return rc;
	if ((rc = count_rows(k, ids, n, &j.counts, err)) != 0)
		return rc;
	j.y = y->data;
	j.rows = ids->count;
	j.out_rows = n;
	j.width = mg_k_product(x, 1, mg_rank(x));
	return run_job(k, &j, x->dtype, err);
}

#define SEGMENT(name, fold, scale) \
	static int name##_run(mg_kernel_ctx *k, mgreg_error *err) { return segment(k, fold, scale, err); }
SEGMENT(segment_sum, FOLD_SUM, SCALE_NONE)
SEGMENT(segment_mean, FOLD_SUM, SCALE_MEAN)
SEGMENT(segment_prod, FOLD_PROD, SCALE_NONE)
SEGMENT(segment_max, FOLD_MAX, SCALE_NONE)
SEGMENT(segment_min, FOLD_MIN, SCALE_NONE)

/* ---- UnsortedSegment* ---- */
static int
unsorted(mg_kernel_ctx *k, enum fold fold, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0), *ids = mg_kernel_input(k, 1);
	int64_t n;
	mg_tensor *y;
	job j = { .fold = fold, .x = x->data, .ids = ids };
	char a[256], b[256];
	int rc;

	if ((rc = mg_k_scalar(mg_kernel_input(k, 2), "num_segments", &n, err)) != 0)
		return rc;
	if (n < 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "num_segments should be at least 0, not %lld", (long long)n);
	for (int d = 0; d < mg_rank(ids); d++)
		if (mg_rank(ids) > mg_rank(x) || mg_dim(ids, d) != mg_dim(x, d))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "data.shape = %s does not start with segment_ids.shape = %s",
				mg_shape_text(&x->shape, a), mg_shape_text(&ids->shape, b));
	for (int64_t i = 0; i < ids->count; i++)
		if (mg_k_int(ids, i) >= n)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "segment_ids[%lld] = %lld is out of range [0, %lld)",
				(long long)i, (long long)mg_k_int(ids, i), (long long)n);
	if ((rc = output_rows(k, x, mg_rank(ids), n, &y, err)) != 0 || y->count == 0)
		return rc;
	j.y = y->data;
	j.rows = ids->count;
	j.out_rows = n;
	j.width = mg_k_product(x, mg_rank(ids), mg_rank(x));
	return run_job(k, &j, x->dtype, err);
}

#define UNSORTED(name, fold) \
	static int name##_run(mg_kernel_ctx *k, mgreg_error *err) { return unsorted(k, fold, err); }
UNSORTED(unsorted_sum, FOLD_SUM)
UNSORTED(unsorted_prod, FOLD_PROD)
UNSORTED(unsorted_max, FOLD_MAX)
UNSORTED(unsorted_min, FOLD_MIN)

/* ---- SparseSegment*: rows picked by index ---- */
static int
check_picks(const mg_tensor *pick, const mg_tensor *ids, int64_t rows, mgreg_error *err)
{
	int rc;

	if ((rc = mg_k_vector(pick, "indices", err)) != 0 || (rc = check_sorted(ids, "segment_ids", err)) != 0)
		return rc;
	if (pick->count != ids->count)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "segment_ids and indices should have same size");
	for (int64_t i = 0; i < pick->count; i++)
		if (mg_k_int(pick, i) < 0 || mg_k_int(pick, i) >= rows)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "indices[%lld] = %lld is out of range [0, %lld)", (long long)i,
				(long long)mg_k_int(pick, i), (long long)rows);
	return 0;
}

static int
sparse_segment(mg_kernel_ctx *k, enum scale scale, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0), *pick = mg_kernel_input(k, 1), *ids = mg_kernel_input(k, 2);
	int64_t n, last;
	mg_tensor *y;
	job j = { .fold = FOLD_SUM, .scale = scale, .x = x->data, .ids = ids, .pick = pick };
	int rc;

	if ((rc = mg_k_rank_at_least(x, 1, "data", err)) != 0 || (rc = check_picks(pick, ids, mg_dim(x, 0), err)) != 0)
		return rc;
	last = ids->count ? mg_k_int(ids, ids->count - 1) : -1;
	n = last + (last < INT64_MAX);
	if (mg_kernel_input_count(k) > 3) {
		if ((rc = mg_k_scalar(mg_kernel_input(k, 3), "num_segments", &n, err)) != 0)
			return rc;
		if (n < 0 || last >= n)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "segment id %lld is out of range [0, %lld)", (long long)last, (long long)n);
	}
	if ((rc = output_rows(k, x, 1, n, &y, err)) != 0 || y->count == 0)
		return rc;
	if ((rc = count_rows(k, ids, n, &j.counts, err)) != 0)
		return rc;
	j.y = y->data;
	j.rows = ids->count;
	j.out_rows = n;
	j.width = mg_k_product(x, 1, mg_rank(x));
	return run_job(k, &j, x->dtype, err);
}

static int
sparse_segment_grad(mg_kernel_ctx *k, enum scale scale, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0), *pick = mg_kernel_input(k, 1), *ids = mg_kernel_input(k, 2);
	int64_t n, segments;
	mg_tensor *y;
	job j = { .scale = scale, .x = x->data, .ids = ids, .pick = pick, .backward = true };
	int rc;

	if ((rc = mg_k_rank_at_least(x, 1, "grad", err)) != 0
			|| (rc = mg_k_scalar(mg_kernel_input(k, 3), "output_dim0", &n, err)) != 0)
		return rc;
	if (n < 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "output_dim0 should be at least 0, not %lld", (long long)n);
	segments = mg_dim(x, 0);
	if ((rc = check_picks(pick, ids, n, err)) != 0)
		return rc;
	if (ids->count && mg_k_int(ids, ids->count - 1) >= segments)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "segment id %lld is out of range [0, %lld)",
			(long long)mg_k_int(ids, ids->count - 1), (long long)segments);
	if ((rc = output_rows(k, x, 1, n, &y, err)) != 0 || y->count == 0)
		return rc;
	if ((rc = count_rows(k, ids, segments, &j.counts, err)) != 0)
		return rc;
	j.y = y->data;
	j.rows = ids->count;
	j.out_rows = n;
	j.width = mg_k_product(x, 1, mg_rank(x));
	return run_job(k, &j, x->dtype, err);
}

#define SPARSE(name, scale) \
	static int name##_run(mg_kernel_ctx *k, mgreg_error *err) { return sparse_segment(k, scale, err); } \
	static int name##_grad_run(mg_kernel_ctx *k, mgreg_error *err) { return sparse_segment_grad(k, scale, err); }
SPARSE(sparse_sum, SCALE_NONE)
SPARSE(sparse_mean, SCALE_MEAN)
SPARSE(sparse_sqrt_n, SCALE_SQRTN)

/* ---- Bincount ---- */
static int
bincount_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0), *weights = mg_kernel_input(k, 2);
	mg_tensor *y;
	int64_t n;
	int rc;

	if ((rc = mg_k_scalar(mg_kernel_input(k, 1), "size", &n, err)) != 0)
		return rc;
	if (n < 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "size should be at least 0, not %lld", (long long)n);
	if (weights->count && (rc = mg_k_same_shape(x, weights, err)) != 0)
		return rc;
	for (int64_t i = 0; i < x->count; i++)
		if (mg_k_int(x, i) < 0)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "input arr must be non-negative");
	if ((rc = mg_kernel_output_dims(k, 0, &n, 1, &y, err)) != 0 || (rc = mg_k_fill(k, y, NULL, 0, err)) != 0)
		return rc;
	for (int64_t i = 0; i < x->count; i++) {
		int64_t b = mg_k_int(x, i);
		if (b >= n)
			continue;
		switch (y->dtype) {
#define COUNT(s, d, _) case d: MG_DATA(y, t_##s)[b] = (t_##s)((w_##s)MG_DATA(y, t_##s)[b] \
		+ (w_##s)(weights->count ? MG_CDATA(weights, t_##s)[i] : 1)); break;
		COUNT(int32, MGREG_INT32, 0)
		COUNT(int64, MGREG_INT64, 0)
		COUNT(float, MGREG_FLOAT, 0)
		COUNT(double, MGREG_DOUBLE, 0)
		default: return mg_k_no_type(y->dtype, err);
		}
	}
	return 0;
}

#define NUMBERS "T=" K_NUMBERS_TEXT
#define REALS "T=" K_REALS_TEXT
#define FLOATS "T=" K_FLOATS_TEXT
const mg_kernel mg_kernels_segment[] = {
	{ "SegmentSum", NUMBERS, .run = segment_sum_run },
	{ "SegmentMean", NUMBERS, .run = segment_mean_run },
	{ "SegmentProd", NUMBERS, .run = segment_prod_run },
	{ "SegmentMax", REALS, .run = segment_max_run },
	{ "SegmentMin", REALS, .run = segment_min_run },
	{ "UnsortedSegmentSum", NUMBERS, .run = unsorted_sum_run },
	{ "UnsortedSegmentProd", NUMBERS, .run = unsorted_prod_run },
	{ "UnsortedSegmentMax", REALS, .run = unsorted_max_run },
	{ "UnsortedSegmentMin", REALS, .run = unsorted_min_run },
	{ "SparseSegmentSum", REALS, .run = sparse_sum_run },
	{ "SparseSegmentSumWithNumSegments", REALS, .run = sparse_sum_run },
	{ "SparseSegmentMean", FLOATS, .run = sparse_mean_run },
	{ "SparseSegmentMeanWithNumSegments", FLOATS, .run = sparse_mean_run },
	{ "SparseSegmentSqrtN", FLOATS, .run = sparse_sqrt_n_run },
	{ "SparseSegmentSqrtNWithNumSegments", FLOATS, .run = sparse_sqrt_n_run },
	{ "SparseSegmentSumGrad", FLOATS, .run = sparse_sum_grad_run },
	{ "SparseSegmentMeanGrad", FLOATS, .run = sparse_mean_grad_run },
	{ "SparseSegmentSqrtNGrad", FLOATS, .run = sparse_sqrt_n_grad_run },
	{ "Bincount", NULL, .run = bincount_run },
	{ .op = NULL }
};
