/* SPDX-License-Identifier: Apache-2.0 */
/* k_softmax.c - Softmax, LogSoftmax and the two cross entropies, row by row. */
#include "runtime/kernels/k_common.h"
#include "runtime/kernels/k_special.h"
#include <tgmath.h>

typedef struct row_job {
	const void *x, *labels;         /* LABELS: a row each, or none */
	int64_t     x_step, labels_step;        /* elements to the next row; 0: broadcast */
	int64_t     x_unit, labels_unit;        /* elements to the next class; 0: broadcast */
	void       *y, *back;
	int64_t     n;
	const mg_tensor *classes;
} row_job;

/* Softmax (or its log) of a row into Y, which may be X; returns the log of the sum of exponentials. */
#define SOFT_ROW(s) \
	static inline c_##s soft_row_##s(const t_##s *x, int64_t unit, t_##s *y, int64_t n, bool logs, c_##s *top) \
	{ \
		c_##s max = -(c_##s)INFINITY, sum = 0; \
		for (int64_t i = 0; i < n; i++) { \
			c_##s v = ld_##s(x[i * unit]); \
			max = v > max ? v : max; \
		} \
		*top = max; \
		for (int64_t i = 0; i < n; i++) \
			sum += MG_K_EXP(ld_##s(x[i * unit]) - max); \
		c_##s l = log(sum); \
		for (int64_t i = 0; i < n; i++) { \
			c_##s v = ld_##s(x[i * unit]) - max; \
			y[i] = st_##s(logs ? v - l : MG_K_EXP(v) / sum); \
		} \
		return l; \
	}
#define LOG_SOFTMAX(s, dtype, _) \
	SOFT_ROW(s) \
	static void log_softmax_##s(void *arg, int64_t begin, int64_t end) \
	{ \
		const row_job *j = arg; \
		c_##s top; \
		for (int64_t r = begin; r < end; r++) \
			soft_row_##s((const t_##s *)j->x + r * j->n, 1, (t_##s *)j->y + r * j->n, j->n, true, &top); \
	}
K_FLOATS(LOG_SOFTMAX, 0)

enum { TOGETHER = 32 };         /* rows whose exponentials are one loop: a row alone is often shorter than a vector */

/*
 * ROWS rows (at most TOGETHER) of X, N classes each: their maxima, exp(x - maximum) in E, and the sums of these.  E is where the
 * result will lie.
 */
#define EXP_ROWS(s) \
	static inline void exp_rows_##s(const t_##s *x, int64_t step, int64_t unit, c_##s *e, int64_t n, int64_t rows, c_##s *top, c_##s *sum) \
	{ \
		for (int64_t r = 0; r < rows; r++) { \
			const t_##s *row = x + r * step; \
			c_##s max = -(c_##s)INFINITY; \
			for (int64_t i = 0; i < n; i++) { \
				c_##s v = ld_##s(row[i * unit]); \
				max = v > max ? v : max; \
			} \
			for (int64_t i = 0; i < n; i++) \
				e[r * n + i] = ld_##s(row[i * unit]) - max; \
			top[r] = max; \
		} \
		for (int64_t i = 0; i < rows * n; i++) \
			e[i] = MG_K_EXP(e[i]); \
		for (int64_t r = 0; r < rows; r++) { \
			sum[r] = 0; \
			for (int64_t i = 0; i < n; i++) \
				sum[r] += e[r * n + i]; \
		} \
	}
/* BODY, for rows [r, r + rows) with E, top and sum as above. */
#define EACH_ROWS(s, body) \
	c_##s top[TOGETHER], sum[TOGETHER]; \
	for (int64_t r = begin, rows; r < end; r += rows) { \
		rows = MG_MIN(end - r, (int64_t)TOGETHER); \
		body \
	}
#define SOFTMAX(s, dtype, _) \
	EXP_ROWS(s) \
	K_HOT(s) static void softmax_##s(void *arg, int64_t begin, int64_t end) \
	{ \
		const row_job *j = arg; \
		int64_t n = j->n; \
		EACH_ROWS(s, \
			t_##s *y = (t_##s *)j->y + r * n; \
			exp_rows_##s((const t_##s *)j->x + r * n, n, 1, y, n, rows, top, sum); \
			for (int64_t k = 0; k < rows; k++, y += n) \
				for (int64_t i = 0; i < n; i++) \
					y[i] /= sum[k]; \
		) \
	} \
	/* loss = sum of labels * (log sum - z); back = softmax - labels */ \
	K_HOT(s) static void xent_##s(void *arg, int64_t begin, int64_t end) \
	{ \
		const row_job *j = arg; \
		int64_t n = j->n; \
		EACH_ROWS(s, \
			const t_##s *x = (const t_##s *)j->x + r * j->x_step; \
			const t_##s *p = (const t_##s *)j->labels + r * j->labels_step; \
			t_##s *back = (t_##s *)j->back + r * n; \
			exp_rows_##s(x, j->x_step, j->x_unit, back, n, rows, top, sum); \
			for (int64_t k = 0; k < rows; k++, x += j->x_step, p += j->labels_step, back += n) { \
				c_##s l = log(sum[k]); \
				c_##s loss = 0; \
				for (int64_t i = 0; i < n; i++) { \
					loss += p[i * j->labels_unit] * (l - (x[i * j->x_unit] - top[k])); \
					back[i] = back[i] / sum[k] - p[i * j->labels_unit]; \
				} \
				((t_##s *)j->y)[r + k] = loss; \
			} \
		) \
	} \
	K_HOT(s) static void sparse_xent_##s(void *arg, int64_t begin, int64_t end) \
	{ \
		const row_job *j = arg; \
		int64_t n = j->n; \
		EACH_ROWS(s, \
			const t_##s *x = (const t_##s *)j->x + r * n; \
			t_##s *back = (t_##s *)j->back + r * n; \
			exp_rows_##s(x, n, 1, back, n, rows, top, sum); \
			for (int64_t k = 0; k < rows; k++, x += n, back += n) { \
				int64_t c = mg_k_int(j->classes, r + k); \
				for (int64_t i = 0; i < n; i++) \
					back[i] /= sum[k]; \
				((t_##s *)j->y)[r + k] = log(sum[k]) - (x[c] - top[k]); \
				back[c] -= 1; \
			} \
		) \
	}
SOFTMAX(float, MGREG_FLOAT, 0)
SOFTMAX(double, MGREG_DOUBLE, 0)

/* The narrow types are computed in float, row by row. */
#define NARROW(s, dtype, _) \
	static void softmax_##s(void *arg, int64_t begin, int64_t end) \
	{ \
		const row_job *j = arg; \
		c_##s top; \
		for (int64_t r = begin; r < end; r++) \
			soft_row_##s((const t_##s *)j->x + r * j->n, 1, (t_##s *)j->y + r * j->n, j->n, false, &top); \
	} \
	/* loss = sum of labels * (log sum - z); back = softmax - labels */ \
	static void xent_##s(void *arg, int64_t begin, int64_t end) \
	{ \
		const row_job *j = arg; \
		for (int64_t r = begin; r < end; r++) { \
			const t_##s *x = (const t_##s *)j->x + r * j->x_step, *p = (const t_##s *)j->labels + r * j->labels_step; \
			t_##s *back = (t_##s *)j->back + r * j->n; \
			c_##s top, l = soft_row_##s(x, j->x_unit, back, j->n, false, &top), loss = 0; \
			for (int64_t i = 0; i < j->n; i++) { \
				c_##s label = ld_##s(p[i * j->labels_unit]); \
				loss += label * (l - (ld_##s(x[i * j->x_unit]) - top)); \
				back[i] = st_##s(ld_##s(back[i]) - label); \
			} \
			((t_##s *)j->y)[r] = st_##s(loss); \
		} \
	} \
	static void sparse_xent_##s(void *arg, int64_t begin, int64_t end) \
	{ \
		const row_job *j = arg; \
		for (int64_t r = begin; r < end; r++) { \
			const t_##s *x = (const t_##s *)j->x + r * j->n; \
			t_##s *back = (t_##s *)j->back + r * j->n; \
			c_##s top, l = soft_row_##s(x, 1, back, j->n, false, &top); \
			int64_t c = mg_k_int(j->classes, r); \
			((t_##s *)j->y)[r] = st_##s(l - (ld_##s(x[c]) - top)); \
			back[c] = st_##s(ld_##s(back[c]) - 1); \
		} \
	}
NARROW(half, MGREG_HALF, 0)
NARROW(bfloat16, MGREG_BFLOAT16, 0)
#define ENTRY(s, dtype, name) [dtype] = name##_##s,
static mg_range_fn *const softmax_of[MG_DTYPE_MAX] = { K_FLOATS(ENTRY, softmax) };
static mg_range_fn *const log_softmax_of[MG_DTYPE_MAX] = { K_FLOATS(ENTRY, log_softmax) };
static mg_range_fn *const xent_of[MG_DTYPE_MAX] = { K_FLOATS(ENTRY, xent) };
static mg_range_fn *const sparse_xent_of[MG_DTYPE_MAX] = { K_FLOATS(ENTRY, sparse_xent) };

static int
rows(mg_kernel_ctx *k, mg_range_fn *const *table, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	row_job j = { .x = x->data };
	mg_tensor *y;
	int rc;

	if (!table[x->dtype])
		return mg_k_no_type(x->dtype, err);
	if ((rc = mg_k_rank_at_least(x, 1, "logits", err)) != 0 || (rc = mg_kernel_output_like(k, 0, x, &y, err)) != 0)
		return rc;
	if (x->count == 0)
		return 0;
	j.y = y->data;
	j.n = mg_dim(x, mg_rank(x) - 1);
	mg_parallel_for(k, x->count / j.n, mg_k_grain(j.n * 8), table[x->dtype], &j);
	return 0;
}

static int softmax_run(mg_kernel_ctx *k, mgreg_error *err) { return rows(k, softmax_of, err); }
static int log_softmax_run(mg_kernel_ctx *k, mgreg_error *err) { return rows(k, log_softmax_of, err); }

static int
xent_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0), *labels = mg_kernel_input(k, 1);
	mg_shape shape = MG_SHAPE_SCALAR;
	row_job j = { .x = x->data, .labels = labels->data };
	mg_tensor *loss, *back;
	char a[256], b[256];
	int rc;

	MG_TRY(mg_bcast_shape(&x->shape, &labels->shape, &shape, err));
	if (shape.rank != 2 || mg_rank(x) > 2 || mg_rank(labels) > 2) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "logits and labels must be either 2-dimensional, or broadcasted to be 2-dimensional: %s and %s",
			mg_shape_text(&x->shape, a), mg_shape_text(&labels->shape, b));
		goto out;
	}
	if (!xent_of[x->dtype]) {
		rc = mg_k_no_type(x->dtype, err);
		goto out;
	}
	MG_TRY(mg_kernel_output_dims(k, 0, mg_shape_cdims(&shape), 1, &loss, err));
	MG_TRY(mg_kernel_output(k, 1, &shape, &back, err));
	j.n = mg_shape_dim(&shape, 1);
	j.y = loss->data;
	j.back = back->data;
	j.x_unit = mg_rank(x) > 0 && mg_dim(x, mg_rank(x) - 1) == j.n;
	j.labels_unit = mg_rank(labels) > 0 && mg_dim(labels, mg_rank(labels) - 1) == j.n;
	j.x_step = mg_rank(x) == 2 && mg_dim(x, 0) != 1 ? mg_dim(x, 1) : 0;
	j.labels_step = mg_rank(labels) == 2 && mg_dim(labels, 0) != 1 ? mg_dim(labels, 1) : 0;
	if (j.n == 0)
		MG_TRY(mg_k_fill(k, loss, NULL, 0, err));
	else if (loss->count)
		mg_parallel_for(k, loss->count, mg_k_grain(j.n * 10), xent_of[x->dtype], &j);
out:
	mg_shape_clear(&shape);
	return rc;
}

static int
sparse_xent_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0), *labels = mg_kernel_input(k, 1);
	row_job j = { .x = x->data, .classes = labels };
	mg_tensor *loss, *back;
	char a[256], b[256];
	int rc;

	if ((rc = mg_k_rank_is(x, 2, "logits", err)) != 0 || (rc = mg_k_vector(labels, "labels", err)) != 0)
		return rc;
	if (mg_dim(x, 0) != mg_dim(labels, 0))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "logits and labels must have the same first dimension, got logits shape %s and labels shape %s",
			mg_shape_text(&x->shape, a), mg_shape_text(&labels->shape, b));
	j.n = mg_dim(x, 1);
	if (j.n < 1)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "must have at least one class, but got logits shape %s", mg_shape_text(&x->shape, a));
	for (int64_t i = 0; i < labels->count; i++)
		if (mg_k_int(labels, i) < 0 || mg_k_int(labels, i) >= j.n)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "received a label value of %lld which is outside the valid range of [0, %lld)",
				(long long)mg_k_int(labels, i), (long long)j.n);
	if (!sparse_xent_of[x->dtype])
		return mg_k_no_type(x->dtype, err);
	if ((rc = mg_kernel_output_dims(k, 0, mg_shape_cdims(&labels->shape), 1, &loss, err)) != 0
			|| (rc = mg_kernel_output(k, 1, &x->shape, &back, err)) != 0 || x->count == 0)
		return rc;
	j.y = loss->data;
	j.back = back->data;
	mg_parallel_for(k, loss->count, mg_k_grain(j.n * 10), sparse_xent_of[x->dtype], &j);
	return 0;
}

#define FLOATS "T=" K_FLOATS_TEXT
const mg_kernel mg_kernels_softmax[] = {
	{ "Softmax", FLOATS, 0, NULL, softmax_run, NULL, MG_KERNEL_INPLACE },
	{ "LogSoftmax", FLOATS, 0, NULL, log_softmax_run, NULL, MG_KERNEL_INPLACE },
	{ "SoftmaxCrossEntropyWithLogits", FLOATS, .run = xent_run },
	{ "SparseSoftmaxCrossEntropyWithLogits", FLOATS, .run = sparse_xent_run },
	{ .op = NULL }
};
