/* SPDX-License-Identifier: Apache-2.0 */
/*
 * k_norm.c - FusedBatchNorm in its three versions, its gradient, the old BatchNormWithGlobalNormalization, LRN, L2Loss.
 *
 * Sums over rows are cut into blocks by shape; block sums are joined in order in double precision.
 */
#include "runtime/kernels/k_window.h"
#include <math.h>

#define ROW_BLOCK 512

/* ---- column sums of a [rows, channels] matrix of floats ---- */
enum sums { SUM_X, SUM_SQUARE, SUM_DY };        /* x; (x-m)^2; dy and dy*(x-m) */

typedef struct sum_job {
	enum sums    what;
	const float *x, *dy, *mean;
	float       *part;              /* [blocks][2][channels] */
	int64_t      rows, channels;
} sum_job;

static void
sum_blocks(void *arg, int64_t begin, int64_t end)
{
	const sum_job *j = arg;
	int64_t c = j->channels;

	for (int64_t b = begin; b < end; b++) {
		float *s = j->part + b * 2 * c, *t = s + c;
		memset(s, 0, (size_t)(2 * c) * sizeof *s);
		for (int64_t r = b * ROW_BLOCK; r < MG_MIN(j->rows, (b + 1) * ROW_BLOCK); r++) {
			const float *x = j->x + r * c, *dy = j->dy ? j->dy + r * c : NULL;
			if (j->what == SUM_X)
				for (int64_t i = 0; i < c; i++)
					s[i] += x[i];
			else if (j->what == SUM_SQUARE)
				for (int64_t i = 0; i < c; i++)
					s[i] += (x[i] - j->mean[i]) * (x[i] - j->mean[i]);
			else
				for (int64_t i = 0; i < c; i++) {
					s[i] += dy[i];
					t[i] += dy[i] * (x[i] - j->mean[i]);
				}
		}
	}
}

static int
sum_columns(mg_kernel_ctx *k, sum_job *j, double *first, double *second, mgreg_error *err)
{
	int64_t blocks = (j->rows + ROW_BLOCK - 1) / ROW_BLOCK;
	void *part;
	int rc;

	if ((rc = mg_kernel_scratch(k, (size_t)(blocks * 2 * j->channels + 1) * sizeof(float), &part, err)) != 0)
		return rc;
	j->part = part;
	mg_parallel_for(k, blocks, mg_k_grain(ROW_BLOCK * j->channels), sum_blocks, j);
	for (int64_t c = 0; c < j->channels; c++) {
		first[c] = 0;
		if (second)
			second[c] = 0;
		for (int64_t b = 0; b < blocks; b++) {
			first[c] += j->part[(2 * b) * j->channels + c];
			if (second)
				second[c] += j->part[(2 * b + 1) * j->channels + c];
		}
	}
	return 0;
}

/* y = x * a[c] + b[c], or with dx = dy * a[c] + b[c] + (x - m[c]) * d[c]. */
typedef struct affine_job {
	const float *x, *dy, *a, *b, *m, *d;
	float   *y;
	int64_t  channels;
} affine_job;

static void
affine_rows(void *arg, int64_t begin, int64_t end)
{
	const affine_job *j = arg;
	int64_t c = j->channels;

	for (int64_t r = begin; r < end; r++) {
		const float *x = j->x + r * c;
		float *y = j->y + r * c;
		if (j->dy) {
			const float *dy = j->dy + r * c;
			for (int64_t i = 0; i < c; i++)
				y[i] = dy[i] * j->a[i] + j->b[i] + (x[i] - j->m[i]) * j->d[i];
		} else {
			for (int64_t i = 0; i < c; i++)
				y[i] = (x[i] - j->m[i]) * j->a[i] + j->b[i];
		}
	}
}

/* ---- FusedBatchNorm ---- */
static int
read_layout(mg_kernel_ctx *k, k_window *w, const mg_tensor *x, mgreg_error *err)
{
	memset(w, 0, sizeof *w);
	w->spatial = 2;
	w->first = mg_k_attr_is(mg_kernel_attrs(k), "data_format", "NCHW");
	w->in[0] = 1;
	return mg_k_window_input(w, &x->shape, "input", err);
}

static int
check_channels(const mg_tensor *t, int64_t channels, const char *what, mgreg_error *err)
{
	char text[256];

	if (mg_rank(t) != 1 || mg_dim(t, 0) != channels)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "%s must have shape [%lld], not %s", what, (long long)channels,
			mg_shape_text(&t->shape, text));
	if (t->dtype != MGREG_FLOAT)
		return mg_fail(err, MGREG_UNIMPLEMENTED, "%s has dtype %s, expected float32", what, mg_dtype_name(t->dtype));
	return 0;
}

static int
batch_statistics(mg_kernel_ctx *k, const float *x, int64_t rows, int64_t channels, float *mean, double *var, mgreg_error *err)
{
	sum_job j = { .what = SUM_X, .x = x, .rows = rows, .channels = channels };
	int rc;

	if ((rc = sum_columns(k, &j, var, NULL, err)) != 0)
		return rc;
	for (int64_t c = 0; c < channels; c++)
		mean[c] = (float)(var[c] / (double)rows);
	j.what = SUM_SQUARE;
	j.mean = mean;
	if ((rc = sum_columns(k, &j, var, NULL, err)) != 0)
		return rc;
	for (int64_t c = 0; c < channels; c++)
		var[c] /= (double)rows;
	return 0;
}

static int
fused_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0), *a = NULL, *in[5];
	const mg_attrs *attrs = mg_kernel_attrs(k);
	bool training = mg_k_attr_bool(attrs, "is_training", true);
	float epsilon = mg_k_attr_float(attrs, "epsilon", 1e-4f), *scratch;
	mg_tensor own[2] = { { 0 } }, *y, *out[6];
	int64_t c, rows;
	k_window w;
	double *var;
	void *memory;
	int rc;

	MG_TRY(read_layout(k, &w, x, err));
	c = w.ic;
	rows = w.n * mg_k_volume(w.in);
	for (int i = 1; i < 5; i++) {
		static const char *const names[] = { "", "scale", "offset", "estimated_mean", "estimated_variance" };
		in[i] = mg_kernel_input(k, i);
		if (i > 2 && training) {
			if (in[i]->count != 0) {
				rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "%s must be empty for training", names[i]);
				goto out;
			}
			continue;
		}
		MG_TRY(check_channels(in[i], c, names[i], err));
	}
	MG_TRY(mg_kernel_scratch(k, (size_t)c * 24 + 64, &memory, err));
	var = memory;
	scratch = (float *)(var + c);
	MG_TRY(mg_k_image_out(k, 0, &w, w.in, c, &own[1], &y, err));
	for (int i = 1; i < 5; i++)
		MG_TRY(mg_kernel_output_dims(k, i, &c, 1, &out[i], err));
	if (mg_kernel_output_count(k) > 5) {    /* version 3: a place that only GPUs use */
		MG_TRY(mg_kernel_output_dims(k, 5, NULL, 0, &out[5], err));
		*MG_DATA(out[5], float) = 0;
	}
	if (x->count)
		MG_TRY(mg_k_image_in(k, &w, x, &own[0], &a, err));
	if (training && x->count) {
		float *mean = out[1]->data;
		MG_TRY(batch_statistics(k, a->data, rows, c, mean, var, err));
		for (int64_t i = 0; i < c; i++) {
			MG_DATA(out[2], float)[i] = (float)(rows > 1 ? var[i] * (double)rows / (double)(rows - 1) : var[i]);
			MG_DATA(out[3], float)[i] = mean[i];
			MG_DATA(out[4], float)[i] = (float)var[i];
		}
	} else {
		for (int64_t i = 0; i < c; i++) {
			float m = training ? NAN : MG_CDATA(in[3], float)[i], v = training ? NAN : MG_CDATA(in[4], float)[i];
			MG_DATA(out[1], float)[i] = MG_DATA(out[3], float)[i] = m;
			MG_DATA(out[2], float)[i] = MG_DATA(out[4], float)[i] = v;
		}
	}
	if (x->count) {
		for (int64_t i = 0; i < c; i++)
			scratch[i] = MG_CDATA(in[1], float)[i] / sqrtf(MG_DATA(out[4], float)[i] + epsilon);
		affine_job j = { .x = a->data, .a = scratch, .b = in[2]->data, .m = out[1]->data, .y = y->data, .channels = c };
		mg_parallel_for(k, rows, mg_k_grain(c), affine_rows, &j);
	}
	MG_TRY(mg_k_image_end(k, 0, &w, w.in, c, &own[1], err));
out:
	mg_tensor_clear(&own[0]);
	mg_tensor_clear(&own[1]);
	return rc;
}

/* (y_backprop, x, scale, mean, variance, ...) */
static int
fused_grad_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *dy = mg_kernel_input(k, 0), *x = mg_kernel_input(k, 1), *a, *b, *in[5];
	const mg_attrs *attrs = mg_kernel_attrs(k);
	bool training = mg_k_attr_bool(attrs, "is_training", true);
	float epsilon = mg_k_attr_float(attrs, "epsilon", 1e-4f);
	mg_tensor own[3] = { { 0 } }, *dx, *out[5];
	int64_t c, rows, empty = 0;
	k_window w;
	double *sums;
	float *fa, *fb, *fd;
	void *memory;
	int rc;

	MG_TRY(read_layout(k, &w, x, err));
	MG_TRY(mg_k_same_shape(dy, x, err));
	c = w.ic;
	rows = w.n * mg_k_volume(w.in);
	for (int i = 2; i < 5; i++) {
		in[i] = mg_kernel_input(k, i);
		MG_TRY(check_channels(in[i], c, i == 2 ? "scale" : i == 3 ? "reserve_space_1" : "reserve_space_2", err));
	}
	MG_TRY(mg_kernel_scratch(k, (size_t)c * 32 + 64, &memory, err));
	sums = memory;
	fa = (float *)(sums + 2 * c);
	fb = fa + c;
	fd = fb + c;
	MG_TRY(mg_k_image_out(k, 0, &w, w.in, c, &own[2], &dx, err));
	for (int i = 1; i < 5; i++) {
		MG_TRY(mg_kernel_output_dims(k, i, i > 2 && training ? &empty : &c, 1, &out[i], err));
		MG_TRY(mg_k_fill(k, out[i], NULL, 0, err));
	}
	if (x->count) {
		MG_TRY(mg_k_image_in(k, &w, x, &own[0], &a, err));
		MG_TRY(mg_k_image_in(k, &w, dy, &own[1], &b, err));
		sum_job s = { .what = SUM_DY, .x = a->data, .dy = b->data, .mean = in[3]->data, .rows = rows, .channels = c };
		MG_TRY(sum_columns(k, &s, sums, sums + c, err));
		for (int64_t i = 0; i < c; i++) {
			double inv = 1 / sqrt((double)MG_CDATA(in[4], float)[i] + (double)epsilon);
			MG_DATA(out[1], float)[i] = (float)(sums[c + i] * inv);
			MG_DATA(out[2], float)[i] = (float)sums[i];
			fa[i] = (float)((double)MG_CDATA(in[2], float)[i] * inv);
			fb[i] = training ? (float)((double)-fa[i] * sums[i] / (double)rows) : 0;
			fd[i] = training ? (float)((double)-fa[i] * sums[c + i] / (double)rows * inv * inv) : 0;
		}
		affine_job j = { .x = a->data, .dy = b->data, .a = fa, .b = fb, .m = in[3]->data, .d = fd, .y = dx->data, .channels = c };
		mg_parallel_for(k, rows, mg_k_grain(c), affine_rows, &j);
	}
	MG_TRY(mg_k_image_end(k, 0, &w, w.in, c, &own[2], err));
out:
	for (int i = 0; i < 3; i++)
		mg_tensor_clear(&own[i]);
	return rc;
}

/* ---- BatchNormWithGlobalNormalization ---- */
#define GLOBAL(s, dtype, _) \
	static void global_##s(mg_tensor *y, const mg_tensor *const *in, double epsilon, bool scaled) \
	{ \
		int64_t c = in[1]->count; \
		for (int64_t i = 0; i < in[0]->count; i++) { \
			c_##s m = ld_##s(MG_CDATA(in[1], t_##s)[i % c]), v = ld_##s(MG_CDATA(in[2], t_##s)[i % c]); \
			c_##s f = (c_##s)(1 / sqrt((double)v + epsilon)); \
			if (scaled) \
				f *= ld_##s(MG_CDATA(in[4], t_##s)[i % c]); \
			MG_DATA(y, t_##s)[i] = st_##s((ld_##s(MG_CDATA(in[0], t_##s)[i]) - m) * f + ld_##s(MG_CDATA(in[3], t_##s)[i % c])); \
		} \
	} \
	/* in: t, m, v, gamma, dy; out: dx, dm, dv, db, dg; sums: dy and dy (x-m) per channel */ \
	static void global_grad_##s(mg_tensor *const *out, const mg_tensor *const *in, double epsilon, bool scaled, double *sums) \
	{ \
		int64_t c = in[1]->count; \
		for (int64_t i = 0; i < in[0]->count; i++) { \
			double dy = (double)ld_##s(MG_CDATA(in[4], t_##s)[i]); \
			sums[i % c] += dy; \
			sums[c + i % c] += dy * (double)(ld_##s(MG_CDATA(in[0], t_##s)[i]) - ld_##s(MG_CDATA(in[1], t_##s)[i % c])); \
		} \
		for (int64_t i = 0; i < in[0]->count; i++) { \
			double inv = 1 / sqrt((double)ld_##s(MG_CDATA(in[2], t_##s)[i % c]) + epsilon); \
			double g = scaled ? (double)ld_##s(MG_CDATA(in[3], t_##s)[i % c]) : 1; \
			MG_DATA(out[0], t_##s)[i] = st_##s((c_##s)((double)ld_##s(MG_CDATA(in[4], t_##s)[i]) * inv * g)); \
		} \
		for (int64_t i = 0; i < c; i++) { \
			double inv = 1 / sqrt((double)ld_##s(MG_CDATA(in[2], t_##s)[i]) + epsilon); \
			double g = scaled ? (double)ld_##s(MG_CDATA(in[3], t_##s)[i]) : 1; \
			MG_DATA(out[1], t_##s)[i] = st_##s((c_##s)(-sums[i] * inv * g)); \
			MG_DATA(out[2], t_##s)[i] = st_##s((c_##s)(-0.5 * sums[c + i] * g * inv * inv * inv)); \
			MG_DATA(out[3], t_##s)[i] = st_##s((c_##s)sums[i]); \
			MG_DATA(out[4], t_##s)[i] = st_##s((c_##s)(scaled ? sums[c + i] * inv : 0)); \
		} \
	}
K_FLOATS(GLOBAL, 0)

static int
check_global(const mg_tensor *x, const mg_tensor *const *vectors, int n, mgreg_error *err)
{
	char text[256];
	int rc;

	if ((rc = mg_k_rank_is(x, 4, "input", err)) != 0)
		return rc;
	for (int i = 0; i < n; i++)
		if (mg_rank(vectors[i]) != 1 || mg_dim(vectors[i], 0) != mg_dim(x, 3))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "input %d must have shape [%lld], not %s", i + 1,
				(long long)mg_dim(x, 3), mg_shape_text(&vectors[i]->shape, text));
	return 0;
}

static int
global_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *in[5];
	double epsilon = (double)mg_k_attr_float(mg_kernel_attrs(k), "variance_epsilon", 0);
	bool scaled = mg_k_attr_bool(mg_kernel_attrs(k), "scale_after_normalization", false);
	mg_tensor *y;
	int rc;

	for (int i = 0; i < 5; i++)
		in[i] = mg_kernel_input(k, i);
	if ((rc = check_global(in[0], in + 1, 4, err)) != 0 || (rc = mg_kernel_output(k, 0, &in[0]->shape, &y, err)) != 0)
		return rc;
	switch (y->dtype) {
#define CASE(s, d, _) case d: global_##s(y, in, epsilon, scaled); return 0;
	K_FLOATS(CASE, 0)
#undef CASE
	default: return mg_k_no_type(y->dtype, err);
	}
}

static int
global_grad_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *in[5];
	double epsilon = (double)mg_k_attr_float(mg_kernel_attrs(k), "variance_epsilon", 0);
	bool scaled = mg_k_attr_bool(mg_kernel_attrs(k), "scale_after_normalization", false);
	mg_tensor *out[5];
	void *sums;
	int rc;

	for (int i = 0; i < 5; i++)
		in[i] = mg_kernel_input(k, i);
	if ((rc = check_global(in[0], in + 1, 3, err)) != 0 || (rc = mg_k_same_shape(in[0], in[4], err)) != 0)
		return rc;
	for (int i = 0; i < 5; i++)
		if ((rc = mg_kernel_output(k, i, i ? &in[1]->shape : &in[0]->shape, &out[i], err)) != 0)
			return rc;
	if ((rc = mg_kernel_scratch(k, (size_t)in[1]->count * 16 + 16, &sums, err)) != 0)
		return rc;
	memset(sums, 0, (size_t)in[1]->count * 16);
	switch (in[0]->dtype) {
#define CASE(s, d, _) case d: global_grad_##s(out, in, epsilon, scaled, sums); return 0;
	K_FLOATS(CASE, 0)
#undef CASE
	default: return mg_k_no_type(in[0]->dtype, err);
	}
}

/* ---- LRN ---- */
typedef struct lrn_job {
	const float *x, *y, *dy;
	float   *out;
	int64_t  channels, radius;
	float    bias, alpha, beta;
} lrn_job;

static float
lrn_norm(const lrn_job *j, const float *x, int64_t c)
{
	float sum = 0;

	for (int64_t i = MG_MAX(0, c - j->radius); i < MG_MIN(j->channels, c + j->radius + 1); i++)
		sum += x[i] * x[i];
	return j->bias + j->alpha * sum;
}

static void
lrn_rows(void *arg, int64_t begin, int64_t end)
{
	const lrn_job *j = arg;

	for (int64_t r = begin; r < end; r++)
		for (int64_t c = 0; c < j->channels; c++)
			j->out[r * j->channels + c] = j->x[r * j->channels + c] * powf(lrn_norm(j, j->x + r * j->channels, c), -j->beta);
}

static void
lrn_grad_rows(void *arg, int64_t begin, int64_t end)
{
	const lrn_job *j = arg;

	for (int64_t r = begin; r < end; r++) {
		const float *x = j->x + r * j->channels, *y = j->y + r * j->channels, *dy = j->dy + r * j->channels;
		float *dx = j->out + r * j->channels;
		memset(dx, 0, (size_t)j->channels * sizeof *dx);
		for (int64_t c = 0; c < j->channels; c++) {
			float norm = lrn_norm(j, x, c), pull = -2 * j->alpha * j->beta * y[c] / norm * dy[c];
			for (int64_t i = MG_MAX(0, c - j->radius); i < MG_MIN(j->channels, c + j->radius + 1); i++)
				dx[i] += pull * x[i];
			dx[c] += powf(norm, -j->beta) * dy[c];
		}
	}
}

/* Input N of the op as floats. */
static int
as_float(mg_kernel_ctx *k, const mg_tensor *x, mg_tensor *own, const float **out, mgreg_error *err)
{
	int rc;

	*out = x->data;
	if (x->dtype == MGREG_FLOAT)
		return 0;
	if ((rc = mg_kernel_alloc(k, own, MGREG_FLOAT, &x->shape, err)) != 0)
		return rc;
	mg_k_widen(x, own->data);
	*out = own->data;
	return 0;
}

static int
lrn(mg_kernel_ctx *k, bool grad, mgreg_error *err)
{
	const mg_attrs *attrs = mg_kernel_attrs(k);
	const mg_tensor *x = mg_kernel_input(k, grad ? 1 : 0);
	mg_tensor own[4] = { { 0 } }, *to;
	lrn_job j = { .channels = 0 };
	int rc;

	MG_TRY(mg_k_rank_is(x, 4, "input", err));
	j.channels = mg_dim(x, 3);
	j.radius = mg_k_attr_int(attrs, "depth_radius", 5);
	j.bias = mg_k_attr_float(attrs, "bias", 1);
	j.alpha = mg_k_attr_float(attrs, "alpha", 1);
	j.beta = mg_k_attr_float(attrs, "beta", 0.5f);
	if (j.radius < 0 || j.radius > INT32_MAX) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "depth_radius %lld is out of range", (long long)j.radius);
		goto out;
	}
	MG_TRY(as_float(k, x, &own[0], &j.x, err));
	if (grad) {
		MG_TRY(mg_k_same_shape(x, mg_kernel_input(k, 0), err));
		MG_TRY(mg_k_same_shape(x, mg_kernel_input(k, 2), err));
		MG_TRY(as_float(k, mg_kernel_input(k, 0), &own[1], &j.dy, err));
		MG_TRY(as_float(k, mg_kernel_input(k, 2), &own[2], &j.y, err));
	}
	MG_TRY(mg_kernel_output(k, 0, &x->shape, &to, err));
	j.out = to->data;
	if (to->dtype != MGREG_FLOAT) {
		MG_TRY(mg_kernel_alloc(k, &own[3], MGREG_FLOAT, &x->shape, err));
		j.out = own[3].data;
	}
	if (x->count)
		mg_parallel_for(k, x->count / j.channels, mg_k_grain(j.channels * 32), grad ? lrn_grad_rows : lrn_rows, &j);
	if (to->dtype != MGREG_FLOAT)
		mg_k_narrow(j.out, to);
out:
	for (int i = 0; i < 4; i++)
		mg_tensor_clear(&own[i]);
	return rc;
}

static int lrn_run(mg_kernel_ctx *k, mgreg_error *err) { return lrn(k, false, err); }
static int lrn_grad_run(mg_kernel_ctx *k, mgreg_error *err) { return lrn(k, true, err); }

/* ---- L2Loss ---- */
#define LOSS_BLOCK 16384
typedef struct loss_job {
	const void *x;
	double *part;
	int64_t count;
} loss_job;

#define LOSS(s, dtype, _) \
	static void loss_##s(void *arg, int64_t begin, int64_t end) \
	{ \
		const loss_job *j = arg; \
		for (int64_t b = begin; b < end; b++) { \
			int64_t i = b * LOSS_BLOCK, to = MG_MIN(j->count, i + LOSS_BLOCK); \
			c_##s lane[16] = { 0 }, sum = 0; \
			for (; i + 16 <= to; i += 16) \
				for (int l = 0; l < 16; l++) { \
					c_##s v = ld_##s(((const t_##s *)j->x)[i + l]); \
					lane[l] += v * v; \
				} \
			for (int l = 0; l < 16; l++) \
				sum += lane[l]; \
			for (; i < to; i++) { \
				c_##s v = ld_##s(((const t_##s *)j->x)[i]); \
				sum += v * v; \
			} \
			j->part[b] = (double)sum; \
		} \
	}
K_FLOATS(LOSS, 0)

static int
l2_loss_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	int64_t blocks = (x->count + LOSS_BLOCK - 1) / LOSS_BLOCK;
	loss_job j = { .x = x->data, .count = x->count };
	double sum = 0;
	mg_tensor *y;
	void *part;
	int rc;

	if ((rc = mg_kernel_output_dims(k, 0, NULL, 0, &y, err)) != 0
			|| (rc = mg_kernel_scratch(k, (size_t)blocks * 8 + 8, &part, err)) != 0)
		return rc;
	j.part = part;
	switch (x->dtype) {
#define CASE(s, d, _) case d: mg_parallel_for(k, blocks, 1, loss_##s, &j); break;
	K_FLOATS(CASE, 0)
#undef CASE
	default: return mg_k_no_type(x->dtype, err);
	}
	for (int64_t b = 0; b < blocks; b++)
		sum += j.part[b];
	switch (x->dtype) {
#define CASE(s, d, _) case d: *MG_DATA(y, t_##s) = st_##s((c_##s)(sum / 2)); break;
	K_FLOATS(CASE, 0)
#undef CASE
	default: break;
	}
	return 0;
}

#define FLOATS "T=" K_FLOATS_TEXT
const mg_kernel mg_kernels_norm[] = {
	{ "FusedBatchNorm", "T=float", .run = fused_run },
	{ "FusedBatchNormV2", "T=half|bfloat16|float,U=float", .run = fused_run },
	{ "FusedBatchNormV3", "T=half|bfloat16|float,U=float", .run = fused_run },
	{ "FusedBatchNormGrad", "T=float", .run = fused_grad_run },
	{ "FusedBatchNormGradV2", "T=half|bfloat16|float,U=float", .run = fused_grad_run },
	{ "FusedBatchNormGradV3", "T=half|bfloat16|float,U=float", .run = fused_grad_run },
	{ "BatchNormWithGlobalNormalization", FLOATS, .run = global_run },
	{ "BatchNormWithGlobalNormalizationGrad", FLOATS, .run = global_grad_run },
	{ "LRN", "T=half|bfloat16|float", .run = lrn_run },
	{ "LRNGrad", "T=half|bfloat16|float", .run = lrn_grad_run },
	{ "L2Loss", FLOATS, .run = l2_loss_run },
	{ .op = NULL }
};
