/* SPDX-License-Identifier: Apache-2.0 */
/*
 * k_pool.c - MaxPool, AvgPool in two and three dimensions, their gradients, and the argmax forms.
 *
 * Cells outside the image take no part: they never win and are not counted.  The first of equal cells in row-major order wins.
 * Gradients run one image per task, so overlapping windows add in one order.
 */
#include "runtime/kernels/k_window.h"

typedef struct pool_job {
	const k_window *w;
	const void *x, *dy;
	void       *y;
	const mg_tensor *argmax;        /* read, or written through (mg_tensor *) */
	int64_t     depth;              /* channels per window in depth pooling, else 1 */
	bool        with_batch;         /* indices count the batch */
	bool        gather;             /* MaxPoolGradGrad: take, do not add */
} pool_job;

typedef struct range { int64_t from[3], to[3]; } range;     /* input cells of a window, clipped */

static range
cells(const k_window *w, int64_t od, int64_t oh, int64_t ow)
{
	int64_t at[3] = { od, oh, ow };
	range r;

	for (int d = 0; d < 3; d++) {
		int64_t from = at[d] * w->stride[d] - w->pad[d];
		r.from[d] = MG_MAX(0, from);
		r.to[d] = MG_MIN(w->in[d], from + w->k[d]);
	}
	return r;
}

#define EACH_CELL(w, r, body) \
	for (int64_t id = (r).from[0]; id < (r).to[0]; id++) \
		for (int64_t ih = (r).from[1]; ih < (r).to[1]; ih++) \
			for (int64_t iw = (r).from[2]; iw < (r).to[2]; iw++) { \
				int64_t cell = (id * (w)->in[1] + ih) * (w)->in[2] + iw; \
				body \
			}
#define EACH_WINDOW(w, body) \
	for (int64_t od = 0; od < (w)->out[0]; od++) \
		for (int64_t oh = 0; oh < (w)->out[1]; oh++) \
			for (int64_t ow = 0; ow < (w)->out[2]; ow++) { \
				int64_t at = (od * (w)->out[1] + oh) * (w)->out[2] + ow; \
				range r = cells(w, od, oh, ow); \
				body \
			}

/* Output lines [begin, end). */
#define MAX_LINES(s, dtype, _) \
	static void max_##s(void *arg, int64_t begin, int64_t end) \
	{ \
		const pool_job *j = arg; \
		const k_window *w = j->w; \
		for (int64_t l = begin; l < end; l++) { \
			int64_t oh = l % w->out[1], od = l / w->out[1] % w->out[0], n = l / w->out[1] / w->out[0]; \
			const t_##s *image = (const t_##s *)j->x + n * mg_k_volume(w->in) * w->ic; \
			for (int64_t ow = 0; ow < w->out[2]; ow++) { \
				t_##s *y = (t_##s *)j->y + (l * w->out[2] + ow) * w->oc; \
				range r = cells(w, od, oh, ow); \
				bool first = true; \
				EACH_CELL(w, r, { \
					const t_##s *x = image + cell * w->ic; \
					if (first) \
						memcpy(y, x, (size_t)w->ic * sizeof *y); \
					else \
						for (int64_t c = 0; c < w->ic; c++) \
							y[c] = x[c] > y[c] ? x[c] : y[c]; \
					first = false; \
				}) \
				if (first) \
					memset(y, 0, (size_t)w->ic * sizeof *y); \
			} \
		} \
	} \
	static void max_depth_##s(void *arg, int64_t begin, int64_t end) \
	{ \
		const pool_job *j = arg; \
		for (int64_t i = begin; i < end; i++) { \
			const t_##s *x = (const t_##s *)j->x + i * j->depth; \
			t_##s best = x[0]; \
			for (int64_t d = 1; d < j->depth; d++) \
				best = x[d] > best ? x[d] : best; \
			((t_##s *)j->y)[i] = best; \
		} \
	}

/* The winning cell of channel C in a window, -1 if the window has none. */
#define WINNER(s, image, c) \
	int64_t won = -1; \
	t_##s best = 0; \
	EACH_CELL(w, r, { \
		t_##s v = (image)[cell * w->ic + (c)]; \
		if (won < 0 || v > best) { \
			won = cell; \
			best = v; \
		} \
	})

/* Images [begin, end): dy goes to the winner (or, gather: the winner's dy goes to the output). */
#define MAX_GRADS(s, dtype, _) \
	static void max_grad_##s(void *arg, int64_t begin, int64_t end) \
	{ \
		const pool_job *j = arg; \
		const k_window *w = j->w; \
		int64_t in = mg_k_volume(w->in) * w->ic, out = mg_k_volume(w->out) * w->ic; \
		for (int64_t n = begin; n < end; n++) { \
			const t_##s *image = (const t_##s *)j->x + n * in; \
			const t_##s *dy = (const t_##s *)j->dy + n * (j->gather ? in : out); \
			t_##s *y = (t_##s *)j->y + n * (j->gather ? out : in); \
			memset(y, 0, (size_t)(j->gather ? out : in) * sizeof *y); \
			EACH_WINDOW(w, { \
				for (int64_t c = 0; c < w->ic; c++) { \
					WINNER(s, image, c) \
					if (won >= 0 && j->gather) \
						y[at * w->ic + c] = dy[won * w->ic + c]; \
					else if (won >= 0) \
						y[won * w->ic + c] = (t_##s)((w_##s)y[won * w->ic + c] + (w_##s)dy[at * w->ic + c]); \
				} \
			}) \
		} \
	} \
	static void max_arg_##s(void *arg, int64_t begin, int64_t end) \
	{ \
		const pool_job *j = arg; \
		const k_window *w = j->w; \
		int64_t in = mg_k_volume(w->in) * w->ic, out = mg_k_volume(w->out) * w->ic; \
		for (int64_t n = begin; n < end; n++) { \
			const t_##s *image = (const t_##s *)j->x + n * in; \
			EACH_WINDOW(w, { \
				for (int64_t c = 0; c < w->ic; c++) { \
					WINNER(s, image, c) \
					((t_##s *)j->y)[n * out + at * w->ic + c] = best; \
					mg_k_set_int((mg_tensor *)j->argmax, n * out + at * w->ic + c, \
						MG_MAX(won, 0) * w->ic + c + (j->with_batch ? n * in : 0)); \
				} \
			}) \
		} \
	} \
	static void arg_grad_##s(void *arg, int64_t begin, int64_t end) \
	{ \
		const pool_job *j = arg; \
		const k_window *w = j->w; \
		int64_t in = mg_k_volume(w->in) * w->ic, out = mg_k_volume(w->out) * w->ic; \
		for (int64_t n = begin; n < end; n++) { \
			t_##s *y = (t_##s *)j->y + n * in; \
			memset(y, 0, (size_t)in * sizeof *y); \
			for (int64_t i = 0; i < out; i++) { \
				int64_t to = mg_k_int(j->argmax, n * out + i) - (j->with_batch ? n * in : 0); \
				y[to] = (t_##s)((w_##s)y[to] + (w_##s)((const t_##s *)j->dy)[n * out + i]); \
			} \
		} \
	}
#define POOL_TYPES(X, ...) X(float, MGREG_FLOAT, __VA_ARGS__) X(double, MGREG_DOUBLE, __VA_ARGS__) K_INTS(X, __VA_ARGS__)
POOL_TYPES(MAX_LINES, 0)
POOL_TYPES(MAX_GRADS, 0)
#define ENTRY(s, dtype, name) [dtype] = name##_##s,
static mg_range_fn *const max_of[MG_DTYPE_MAX] = { POOL_TYPES(ENTRY, max) [MGREG_QINT8] = max_int8 };
static mg_range_fn *const max_depth_of[MG_DTYPE_MAX] = { POOL_TYPES(ENTRY, max_depth) [MGREG_QINT8] = max_depth_int8 };
static mg_range_fn *const max_grad_of[MG_DTYPE_MAX] = { POOL_TYPES(ENTRY, max_grad) };
static mg_range_fn *const max_arg_of[MG_DTYPE_MAX] = { POOL_TYPES(ENTRY, max_arg) };
static mg_range_fn *const arg_grad_of[MG_DTYPE_MAX] = { POOL_TYPES(ENTRY, arg_grad) };

#define AVERAGES(s, dtype, _) \
	static void avg_##s(void *arg, int64_t begin, int64_t end) \
	{ \
		const pool_job *j = arg; \
		const k_window *w = j->w; \
		for (int64_t l = begin; l < end; l++) { \
			int64_t oh = l % w->out[1], od = l / w->out[1] % w->out[0], n = l / w->out[1] / w->out[0]; \
			const t_##s *image = (const t_##s *)j->x + n * mg_k_volume(w->in) * w->ic; \
			for (int64_t ow = 0; ow < w->out[2]; ow++) { \
				t_##s *y = (t_##s *)j->y + (l * w->out[2] + ow) * w->oc; \
				range r = cells(w, od, oh, ow); \
				int64_t count = 0; \
				memset(y, 0, (size_t)w->ic * sizeof *y); \
				EACH_CELL(w, r, { \
					const t_##s *x = image + cell * w->ic; \
					for (int64_t c = 0; c < w->ic; c++) \
						y[c] += x[c]; \
					count++; \
				}) \
				for (int64_t c = 0; c < w->ic && count; c++) \
					y[c] /= (t_##s)count; \
			} \
		} \
	} \
	static void avg_grad_##s(void *arg, int64_t begin, int64_t end) \
	{ \
		const pool_job *j = arg; \
		const k_window *w = j->w; \
		int64_t in = mg_k_volume(w->in) * w->ic, out = mg_k_volume(w->out) * w->ic; \
		for (int64_t n = begin; n < end; n++) { \
			const t_##s *dy = (const t_##s *)j->dy + n * out; \
			t_##s *y = (t_##s *)j->y + n * in; \
			memset(y, 0, (size_t)in * sizeof *y); \
			EACH_WINDOW(w, { \
				int64_t count = (r.to[0] - r.from[0]) * (r.to[1] - r.from[1]) * (r.to[2] - r.from[2]); \
				EACH_CELL(w, r, { \
					for (int64_t c = 0; c < w->ic; c++) \
						y[cell * w->ic + c] += dy[at * w->ic + c] / (t_##s)count; \
				}) \
			}) \
		} \
	}
AVERAGES(float, MGREG_FLOAT, 0)
AVERAGES(double, MGREG_DOUBLE, 0)
static mg_range_fn *const avg_of[MG_DTYPE_MAX] = { [MGREG_FLOAT] = avg_float, [MGREG_DOUBLE] = avg_double };
static mg_range_fn *const avg_grad_of[MG_DTYPE_MAX] = { [MGREG_FLOAT] = avg_grad_float, [MGREG_DOUBLE] = avg_grad_double };

/* ---- windows of pools: ksize and strides as attributes, or (V2) as inputs ---- */
static int
list_input(const k_window *w, const mg_tensor *t, const char *what, int64_t out[3], int64_t other[2], mgreg_error *err)
{
	int rc;

	if ((rc = mg_k_vector(t, what, err)) != 0)
		return rc;
	if (t->count != w->spatial + 2)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "%s must have %d elements, not %lld", what, w->spatial + 2, (long long)t->count);
	for (int d = 0; d < 3; d++) {
		int i = d - (3 - w->spatial);
		out[d] = i < 0 ? 1 : mg_k_int(t, i + (w->first ? 2 : 1));
		if (out[d] < 1)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "%s must be positive", what);
	}
	other[0] = mg_k_int(t, 0);
	other[1] = mg_k_int(t, w->first ? 1 : w->spatial + 1);
	return 0;
}

/* V2: position of the input ksize (strides follow it), else -1.  *DEPTH is what is pooled over channels. */
static int
pool_window(mg_kernel_ctx *k, k_window *w, int spatial, const mg_shape *x, int v2, int64_t *depth, mgreg_error *err)
{
	const mg_attrs *attrs = mg_kernel_attrs(k);
	int64_t size[2], step[2] = { 1, 1 }, strides[3] = { 1, 1, 1 };
	mg_attrs padding_only = { NULL, 0 };
	int rc;

	memset(w, 0, sizeof *w);
	w->spatial = spatial;
	/* strides may name the channels here, so they are read apart from mg_k_window_begin() */
	if ((rc = mg_k_window_begin(w, &padding_only, spatial, err)) != 0)
		return rc;
	if (mg_k_attr_is(attrs, "data_format", "NCHW_VECT_C"))
		return mg_fail(err, MGREG_UNIMPLEMENTED, "data_format NCHW_VECT_C");
	w->first = mg_k_attr_is(attrs, "data_format", "NCHW") || mg_k_attr_is(attrs, "data_format", "NCDHW");
	if ((rc = mg_k_window_input(w, x, "tensor_in", err)) != 0)
		return rc;
	if (v2 >= 0) {
		if ((rc = list_input(w, mg_kernel_input(k, v2), "ksize", w->k, size, err)) != 0
				|| (rc = list_input(w, mg_kernel_input(k, v2 + 1), "strides", strides, step, err)) != 0)
			return rc;
	} else if ((rc = mg_k_window_list(w, attrs, "ksize", w->k, size, err)) != 0
			|| (rc = mg_k_window_list(w, attrs, "strides", strides, step, err)) != 0) {
		return rc;
	}
	for (int d = 0; d < 3; d++) {
		w->stride[d] = strides[d];
		if (w->k[d] > INT32_MAX || strides[d] > INT32_MAX)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "sliding window is too large");
	}
	if (size[0] != 1 || step[0] != 1)
		return mg_fail(err, MGREG_UNIMPLEMENTED, "pooling is not yet supported on the batch dimension");
	*depth = size[1];
	if (size[1] == 1 && step[1] == 1)
		return mg_k_window_solve(w, attrs, err);
	for (int d = 0; d < 3; d++)
		if (w->k[d] != 1 || w->stride[d] != 1)
			return mg_fail(err, MGREG_UNIMPLEMENTED, "pooling supports exactly one of pooling across depth or pooling across width/height");
	if (size[1] < 1 || size[1] != step[1] || w->ic % size[1])
		return mg_fail(err, MGREG_UNIMPLEMENTED, "depth pooling requires a depth window that equals the depth stride and divides the depth");
	w->oc = w->ic / size[1];
	for (int d = 0; d < 3; d++)
		w->out[d] = w->in[d];
	return 0;
}

static int
check_shape(const k_window *w, const mg_tensor *t, const int64_t spatial[3], const char *what, mgreg_error *err)
{
	int64_t dims[5];
	int rank = mg_k_window_dims(w, spatial, w->oc, dims);
	char text[256];

	for (int d = 0; d < rank; d++)
		if (mg_rank(t) != rank || mg_dim(t, d) != dims[d])
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "%s has shape %s: dimension %d should be %lld", what,
				mg_shape_text(&t->shape, text), d, (long long)dims[d]);
	return 0;
}

/* ---- forward ---- */
static int
pool(mg_kernel_ctx *k, int spatial, int v2, bool average, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0), *a;
	mg_tensor own[2] = { { 0 } }, *y;
	mg_range_fn *f;
	k_window w;
	pool_job j = { .w = &w };
	int rc;

	MG_TRY(pool_window(k, &w, spatial, &x->shape, v2, &j.depth, err));
	if (average && j.depth != 1) {
		rc = mg_fail(err, MGREG_UNIMPLEMENTED, "average pooling over the depth");
		goto out;
	}
	MG_TRY(mg_k_image_out(k, 0, &w, w.out, w.oc, &own[1], &y, err));
	if (y->count) {
		MG_TRY(mg_k_image_in(k, &w, x, &own[0], &a, err));
		f = (average ? avg_of : j.depth != 1 ? max_depth_of : max_of)[a->dtype];
		if (!f) {
			rc = mg_k_no_type(a->dtype, err);
			goto out;
		}
		j.x = a->data;
		j.y = y->data;
		if (j.depth != 1)
			mg_parallel_for(k, y->count, mg_k_grain(j.depth), f, &j);
		else
			mg_parallel_for(k, w.n * w.out[0] * w.out[1], mg_k_grain(w.out[2] * w.ic * mg_k_volume(w.k)), f, &j);
	}
	MG_TRY(mg_k_image_end(k, 0, &w, w.out, w.oc, &own[1], err));
out:
	mg_tensor_clear(&own[0]);
	mg_tensor_clear(&own[1]);
	return rc;
}

/* ---- gradients ---- */
/* (orig_input, orig_output, grad): the winner is looked for again.  GATHER: the second order, grad has the input's shape. */
static int
max_grad(mg_kernel_ctx *k, int spatial, int v2, bool gather, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0), *dy = mg_kernel_input(k, 2), *a, *b;
	mg_tensor own[3] = { { 0 } }, *y;
	k_window w;
	pool_job j = { .w = &w, .gather = gather };
	int64_t depth;
	int rc;

	MG_TRY(pool_window(k, &w, spatial, &x->shape, v2, &depth, err));
	if (depth != 1) {
		rc = mg_fail(err, MGREG_UNIMPLEMENTED, "gradient of pooling over the depth");
		goto out;
	}
	MG_TRY(check_shape(&w, mg_kernel_input(k, 1), w.out, "orig_output", err));
	MG_TRY(check_shape(&w, dy, gather ? w.in : w.out, "grad", err));
	MG_TRY(mg_k_image_out(k, 0, &w, gather ? w.out : w.in, w.ic, &own[2], &y, err));
	if (y->count) {
		MG_TRY(mg_k_image_in(k, &w, x, &own[0], &a, err));
		MG_TRY(mg_k_image_in(k, &w, dy, &own[1], &b, err));
		if (!max_grad_of[a->dtype] || a->dtype != b->dtype) {
			rc = mg_k_no_type(a->dtype, err);
			goto out;
		}
		j.x = a->data;
		j.dy = b->data;
		j.y = y->data;
		mg_parallel_for(k, w.n, 1, max_grad_of[a->dtype], &j);
	}
	MG_TRY(mg_k_image_end(k, 0, &w, gather ? w.out : w.in, w.ic, &own[2], err));
out:
	for (int i = 0; i < 3; i++)
		mg_tensor_clear(&own[i]);
	return rc;
}

/* (orig_input_shape, grad) */
static int
avg_grad(mg_kernel_ctx *k, int spatial, mgreg_error *err)
{
	const mg_tensor *dy = mg_kernel_input(k, 1), *b;
	mg_shape shape = MG_SHAPE_SCALAR;
	mg_tensor own[2] = { { 0 } }, *y;
	k_window w;
	pool_job j = { .w = &w };
	int64_t depth;
	int rc;

	MG_TRY(mg_k_shape_from(mg_kernel_input(k, 0), "orig_input_shape", &shape, err));
	MG_TRY(pool_window(k, &w, spatial, &shape, -1, &depth, err));
	if (depth != 1) {
		rc = mg_fail(err, MGREG_UNIMPLEMENTED, "average pooling over the depth");
		goto out;
	}
	MG_TRY(check_shape(&w, dy, w.out, "grad", err));
	MG_TRY(mg_k_image_out(k, 0, &w, w.in, w.ic, &own[1], &y, err));
	if (y->count) {
		MG_TRY(mg_k_image_in(k, &w, dy, &own[0], &b, err));
		if (!avg_grad_of[b->dtype]) {
			rc = mg_k_no_type(b->dtype, err);
			goto out;
		}
		j.dy = b->data;
		j.y = y->data;
		mg_parallel_for(k, w.n, 1, avg_grad_of[b->dtype], &j);
	}
	MG_TRY(mg_k_image_end(k, 0, &w, w.in, w.ic, &own[1], err));
out:
	mg_shape_clear(&shape);
	mg_tensor_clear(&own[0]);
	mg_tensor_clear(&own[1]);
	return rc;
}

static int
max_with_argmax_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0), *a;
	mg_tensor own[2] = { { 0 } }, *y, *arg;
	k_window w;
	pool_job j = { .w = &w };
	int64_t dims[5], depth;
	int rank, rc;

	MG_TRY(pool_window(k, &w, 2, &x->shape, -1, &depth, err));
	if (depth != 1) {
		rc = mg_fail(err, MGREG_UNIMPLEMENTED, "pooling over the depth with argmax");
		goto out;
	}
	j.with_batch = mg_k_attr_bool(mg_kernel_attrs(k), "include_batch_in_index", false);
	rank = mg_k_window_dims(&w, w.out, w.oc, dims);
	MG_TRY(mg_k_image_out(k, 0, &w, w.out, w.oc, &own[1], &y, err));
	MG_TRY(mg_kernel_output_dims(k, 1, dims, rank, &arg, err));
	if (y->count) {
		MG_TRY(mg_k_image_in(k, &w, x, &own[0], &a, err));
		if (!max_arg_of[a->dtype]) {
			rc = mg_k_no_type(a->dtype, err);
			goto out;
		}
		j.x = a->data;
		j.y = y->data;
		j.argmax = arg;
		mg_parallel_for(k, w.n, 1, max_arg_of[a->dtype], &j);
	}
	MG_TRY(mg_k_image_end(k, 0, &w, w.out, w.oc, &own[1], err));
out:
	mg_tensor_clear(&own[0]);
	mg_tensor_clear(&own[1]);
	return rc;
}

/* (input, grad, argmax) */
static int
max_grad_with_argmax_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0), *dy = mg_kernel_input(k, 1), *b;
	mg_tensor own[2] = { { 0 } }, *y;
	k_window w;
	pool_job j = { .w = &w, .argmax = mg_kernel_input(k, 2) };
	int64_t depth, in, out;
	int rc;

	MG_TRY(pool_window(k, &w, 2, &x->shape, -1, &depth, err));
	MG_TRY(check_shape(&w, dy, w.out, "grad", err));
	MG_TRY(check_shape(&w, j.argmax, w.out, "argmax", err));
	if (depth != 1) {
		rc = mg_fail(err, MGREG_UNIMPLEMENTED, "pooling over the depth with argmax");
		goto out;
	}
	j.with_batch = mg_k_attr_bool(mg_kernel_attrs(k), "include_batch_in_index", false);
	in = mg_k_volume(w.in) * w.ic;
	out = mg_k_volume(w.out) * w.ic;
	for (int64_t i = 0; i < j.argmax->count; i++) {
		int64_t base = j.with_batch ? i / out * in : 0, v = mg_k_int(j.argmax, i);
		if (v < base || v >= base + in) {
			rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "argmax[%lld] = %lld is outside its image", (long long)i, (long long)v);
			goto out;
		}
	}
	MG_TRY(mg_k_image_out(k, 0, &w, w.in, w.ic, &own[1], &y, err));
	if (y->count) {
		MG_TRY(mg_k_image_in(k, &w, dy, &own[0], &b, err));
		if (!arg_grad_of[b->dtype]) {
			rc = mg_k_no_type(b->dtype, err);
			goto out;
		}
		j.dy = b->data;
		j.y = y->data;
		mg_parallel_for(k, w.n, 1, arg_grad_of[b->dtype], &j);
	}
	MG_TRY(mg_k_image_end(k, 0, &w, w.in, w.ic, &own[1], err));
out:
	mg_tensor_clear(&own[0]);
	mg_tensor_clear(&own[1]);
	return rc;
}

#define RUN(name, call) static int name##_run(mg_kernel_ctx *k, mgreg_error *err) { return call; }
RUN(max_pool, pool(k, 2, -1, false, err))
RUN(max_pool_v2, pool(k, 2, 1, false, err))
RUN(max_pool3d, pool(k, 3, -1, false, err))
RUN(avg_pool, pool(k, 2, -1, true, err))
RUN(avg_pool3d, pool(k, 3, -1, true, err))
RUN(max_pool_grad, max_grad(k, 2, -1, false, err))
RUN(max_pool_grad_v2, max_grad(k, 2, 3, false, err))
RUN(max_pool3d_grad, max_grad(k, 3, -1, false, err))
RUN(max_pool_grad_grad, max_grad(k, 2, -1, true, err))
RUN(max_pool_grad_grad_v2, max_grad(k, 2, 3, true, err))
RUN(max_pool3d_grad_grad, max_grad(k, 3, -1, true, err))
RUN(avg_pool_grad, avg_grad(k, 2, err))
RUN(avg_pool3d_grad, avg_grad(k, 3, err))

#define REALS "T=" K_REALS_TEXT
#define FLOATS "T=" K_FLOATS_TEXT
const mg_kernel mg_kernels_pool[] = {
	{ "MaxPool", REALS "|qint8", .run = max_pool_run },
	{ "MaxPoolV2", REALS "|qint8", .run = max_pool_v2_run },
	{ "MaxPool3D", FLOATS, .run = max_pool3d_run },
	{ "MaxPoolGrad", REALS, .run = max_pool_grad_run },
	{ "MaxPoolGradV2", REALS, .run = max_pool_grad_v2_run },
	{ "MaxPool3DGrad", FLOATS, .run = max_pool3d_grad_run },
	{ "MaxPoolGradGrad", REALS, .run = max_pool_grad_grad_run },
	{ "MaxPoolGradGradV2", REALS, .run = max_pool_grad_grad_v2_run },
	{ "MaxPool3DGradGrad", REALS, .run = max_pool3d_grad_grad_run },
	{ "MaxPoolWithArgmax", REALS, .run = max_with_argmax_run },
	{ "MaxPoolGradWithArgmax", REALS, .run = max_grad_with_argmax_run },
	{ "AvgPool", FLOATS, .run = avg_pool_run },
	{ "AvgPoolGrad", FLOATS, .run = avg_pool_grad_run },
	{ "AvgPool3D", FLOATS, .run = avg_pool3d_run },
	{ "AvgPool3DGrad", FLOATS, .run = avg_pool3d_grad_run },
	{ .op = NULL }
};
