/* SPDX-License-Identifier: Apache-2.0 */
/*
 * k_resize.c - images of another size: nearest, bilinear, bicubic, area; their gradients; crops of boxes.
 *
 * Images are [batch, height, width, channels].  Everything but nearest computes in float, as TensorFlow does: other types are
 * converted first.
 */
#include "runtime/kernels/k_common.h"
#include <math.h>

/* ---- pixels as floats ---- */

static int
as_float(mg_kernel_ctx *k, const mg_tensor *x, mg_tensor *own, const float **out, mgreg_error *err)
{
	float *to;
	int rc;

	if (x->dtype == MGREG_FLOAT) {
		*out = x->data;
		return 0;
	}
	if ((rc = mg_kernel_alloc(k, own, MGREG_FLOAT, &x->shape, err)) != 0)
		return rc;
	to = own->data;
	switch (x->dtype) {
#define CASE(s, d, _) case d: for (int64_t i = 0; i < x->count; i++) to[i] = (float)ld_##s(MG_CDATA(x, t_##s)[i]); break;
	K_REALS(CASE, 0)
#undef CASE
	default: return mg_k_no_type(x->dtype, err);
	}
	*out = to;
	return 0;
}

static void
from_float(const float *from, mg_tensor *to)
{
	for (int64_t i = 0; i < to->count; i++)
		switch (to->dtype) {
		case MGREG_FLOAT: MG_DATA(to, float)[i] = from[i]; break;
		case MGREG_DOUBLE: MG_DATA(to, double)[i] = (double)from[i]; break;
		case MGREG_HALF: MG_DATA(to, uint16_t)[i] = mg_float_to_half(from[i]); break;
		default: MG_DATA(to, uint16_t)[i] = mg_float_to_bfloat16(from[i]); break;
		}
}

/* ---- scales ---- */

typedef struct scaling {
	int64_t batch, channels, in_h, in_w, out_h, out_w;
	float   h, w;
	bool    align, half;
} scaling;

static float
scale_of(int64_t in, int64_t out, bool align)
{
	return align && out > 1 ? (float)(in - 1) / (float)(out - 1) : (float)in / (float)out;
}

static float
place(const scaling *s, int64_t i, float scale)
{
	return s->half ? ((float)i + 0.5f) * scale - 0.5f : (float)i * scale;
}

static int
read_flags(mg_kernel_ctx *k, scaling *s, mgreg_error *err)
{
	s->align = mg_k_attr_bool(mg_kernel_attrs(k), "align_corners", false);
	s->half = mg_k_attr_bool(mg_kernel_attrs(k), "half_pixel_centers", false);
	if (s->align && s->half)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "if half_pixel_centers is true, align_corners must be false");
	return 0;
}

static int
size_input(const mg_tensor *t, int64_t *h, int64_t *w, mgreg_error *err)
{
	if (mg_rank(t) != 1 || t->count != 2)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "shape_t must be 1-dimensional of 2 elements");
	*h = mg_k_int(t, 0);
	*w = mg_k_int(t, 1);
	return *h > 0 && *w > 0 ? 0 : mg_fail(err, MGREG_INVALID_ARGUMENT, "output dimensions must be positive");
}

/* Sizes from the image (input 0) and the wanted size (input 1). */
static int
read_forward(mg_kernel_ctx *k, scaling *s, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	int rc;

	if ((rc = read_flags(k, s, err)) != 0 || (rc = mg_k_rank_is(x, 4, "images", err)) != 0
	    || (rc = size_input(mg_kernel_input(k, 1), &s->out_h, &s->out_w, err)) != 0)
		return rc;
	s->batch = mg_dim(x, 0);
	s->in_h = mg_dim(x, 1);
	s->in_w = mg_dim(x, 2);
	s->channels = mg_dim(x, 3);
	if (s->in_h <= 0 || s->in_w <= 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "input image must be of non-zero size");
	s->h = scale_of(s->in_h, s->out_h, s->align);
	s->w = scale_of(s->in_w, s->out_w, s->align);
	return 0;
}

static int
image_output(mg_kernel_ctx *k, const scaling *s, mg_tensor **y, mgreg_error *err)
{
	return mg_kernel_output_dims(k, 0, (int64_t[]){ s->batch, s->out_h, s->out_w, s->channels }, 4, y, err);
}

/* ---- two neighbours: where they are and how much of the second ---- */

typedef struct lerp {
	int64_t low, high;
	float   part;
} lerp;

static void
lerps(const scaling *s, int64_t in, int64_t out, float scale, lerp *to)
{
	for (int64_t i = 0; i < out; i++) {
		float at = place(s, i, scale), floor_at = floorf(at);

		to[i].low = MG_MIN(MG_MAX((int64_t)floor_at, (int64_t)0), in - 1);
		to[i].high = MG_MAX(MG_MIN((int64_t)ceilf(at), in - 1), (int64_t)0);
		to[i].part = at - floor_at;
	}
}

static int
both_lerps(mg_kernel_ctx *k, const scaling *s, int64_t in_h, int64_t in_w, int64_t out_h, int64_t out_w, lerp **ys, lerp **xs, mgreg_error *err)
{
	void *memory;
	int rc = mg_kernel_scratch(k, (size_t)(out_h + out_w) * sizeof(lerp), &memory, err);

	if (rc)
		return rc;
	*ys = memory;
	*xs = *ys + out_h;
	lerps(s, in_h, out_h, s->h, *ys);
	lerps(s, in_w, out_w, s->w, *xs);
	return 0;
}

typedef struct bilinear {
	const scaling *s;
	const float *x;
	float       *y;
	const lerp  *ys, *xs;
} bilinear;

static void
bilinear_rows(void *arg, int64_t begin, int64_t end)
{
	const bilinear *b = arg;
	const scaling *s = b->s;
	int64_t c_count = s->channels, row = s->in_w * c_count;

	for (int64_t r = begin; r < end; r++) {
		const lerp *ly = &b->ys[r % s->out_h];
		const float *image = b->x + r / s->out_h * s->in_h * row, *top = image + ly->low * row, *bottom = image + ly->high * row;
		float *to = b->y + r * s->out_w * c_count;

		for (int64_t x = 0; x < s->out_w; x++, to += c_count) {
			int64_t l = b->xs[x].low * c_count, h = b->xs[x].high * c_count;
			float part = b->xs[x].part;

			for (int64_t c = 0; c < c_count; c++) {
				float t = top[l + c] + (top[h + c] - top[l + c]) * part, u = bottom[l + c] + (bottom[h + c] - bottom[l + c]) * part;

				to[c] = t + (u - t) * ly->part;
			}
		}
	}
}

static int
bilinear_run(mg_kernel_ctx *k, mgreg_error *err)
{
	scaling s = { 0 };
	bilinear b = { .s = &s };
	mg_tensor own = { 0 }, *y;
	lerp *ys, *xs;
	int rc;

	MG_TRY(read_forward(k, &s, err));
	MG_TRY(as_float(k, mg_kernel_input(k, 0), &own, &b.x, err));
	MG_TRY(image_output(k, &s, &y, err));
	MG_TRY(both_lerps(k, &s, s.in_h, s.in_w, s.out_h, s.out_w, &ys, &xs, err));
	b.y = y->data;
	b.ys = ys;
	b.xs = xs;
	mg_parallel_for(k, s.batch * s.out_h, mg_k_grain(4 * s.out_w * s.channels), bilinear_rows, &b);
out:
	mg_tensor_clear(&own);
	return rc;
}

/* Gradients: GRADS is [batch, out_h, out_w, c], the result has the size of the original image. */
static int
read_backward(mg_kernel_ctx *k, scaling *s, mgreg_error *err)
{
	const mg_tensor *dy = mg_kernel_input(k, 0), *x = mg_kernel_input(k, 1);
	int rc;

	if ((rc = read_flags(k, s, err)) != 0 || (rc = mg_k_rank_is(dy, 4, "input_grad", err)) != 0 || (rc = mg_k_rank_is(x, 4, "original_image", err)) != 0)
		return rc;
	s->batch = mg_dim(dy, 0);
	s->out_h = mg_dim(dy, 1);
	s->out_w = mg_dim(dy, 2);
	s->channels = mg_dim(dy, 3);
	s->in_h = mg_dim(x, 1);
	s->in_w = mg_dim(x, 2);
	if (s->batch != mg_dim(x, 0) || s->channels != mg_dim(x, 3))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "gradients and image must have the same batch size and channels");
	if (s->in_h <= 0 || s->in_w <= 0 || s->out_h <= 0 || s->out_w <= 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "images must be of non-zero size");
	s->h = scale_of(s->in_h, s->out_h, s->align);
	s->w = scale_of(s->in_w, s->out_w, s->align);
	return 0;
}

/* The sum is made in double for double, else in float. */
#define SPREAD_BILINEAR(T) \
	for (int64_t r = 0; r < s.batch * s.out_h; r++) { \
		const lerp *ly = &ys[r % s.out_h]; \
		T *image = (T *)sum + r / s.out_h * s.in_h * s.in_w * s.channels; \
		for (int64_t x = 0; x < s.out_w; x++) { \
			const lerp *lx = &xs[x]; \
			for (int64_t c = 0; c < s.channels; c++) { \
				T g = (T)dy[(r * s.out_w + x) * s.channels + c]; \
				image[(ly->low * s.in_w + lx->low) * s.channels + c] += g * (T)(1 - ly->part) * (T)(1 - lx->part); \
				image[(ly->low * s.in_w + lx->high) * s.channels + c] += g * (T)(1 - ly->part) * (T)lx->part; \
				image[(ly->high * s.in_w + lx->low) * s.channels + c] += g * (T)ly->part * (T)(1 - lx->part); \
				image[(ly->high * s.in_w + lx->high) * s.channels + c] += g * (T)ly->part * (T)lx->part; \
			} \
		} \
	}

static int
bilinear_grad_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const float *dy = mg_kernel_input(k, 0)->data;
	scaling s = { 0 };
	mg_tensor *y;
	lerp *ys, *xs;
	void *sum;
	int rc;

	if ((rc = read_backward(k, &s, err)) != 0 || (rc = both_lerps(k, &s, s.in_h, s.in_w, s.out_h, s.out_w, &ys, &xs, err)) != 0
	    || (rc = mg_kernel_output(k, 0, &mg_kernel_input(k, 1)->shape, &y, err)) != 0)
		return rc;
	sum = y->data;
	if (y->dtype == MGREG_DOUBLE) {
		memset(sum, 0, y->size);
		SPREAD_BILINEAR(double)
		return 0;
	}
	if (y->dtype != MGREG_FLOAT && (rc = mg_kernel_scratch(k, (size_t)y->count * sizeof(float) + 1, &sum, err)) != 0)
		return rc;
	memset(sum, 0, (size_t)y->count * sizeof(float));
	SPREAD_BILINEAR(float)
	if (y->dtype != MGREG_FLOAT)
		from_float(sum, y);
	return 0;
}

/* ---- nearest ---- */

static int64_t
nearest(const scaling *s, int64_t i, float scale, int64_t limit)
{
	float at = s->half ? ((float)i + 0.5f) * scale : (float)i * scale;
	int64_t v = s->align ? (int64_t)roundf(at) : (int64_t)floorf(at);

	return MG_MAX(MG_MIN(v, limit - 1), (int64_t)0);
}

static int
nearest_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	scaling s = { 0 };
	mg_tensor *y;
	size_t pixel;
	int rc;

	if ((rc = read_forward(k, &s, err)) != 0 || (rc = image_output(k, &s, &y, err)) != 0)
		return rc;
	pixel = mg_dtype_size(x->dtype) * (size_t)s.channels;
	for (int64_t r = 0; r < s.batch * s.out_h; r++) {
		const char *from = (const char *)x->data + (size_t)((r / s.out_h * s.in_h + nearest(&s, r % s.out_h, s.h, s.in_h)) * s.in_w) * pixel;
		char *to = (char *)y->data + (size_t)(r * s.out_w) * pixel;

		for (int64_t i = 0; i < s.out_w; i++)
			memcpy(to + (size_t)i * pixel, from + (size_t)nearest(&s, i, s.w, s.in_w) * pixel, pixel);
	}
	return 0;
}

/* GRADS, and the height and width of the original. */
static int
nearest_grad_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *dy = mg_kernel_input(k, 0);
	scaling s = { 0 };
	mg_tensor *y;
	int rc;

	if ((rc = read_flags(k, &s, err)) != 0 || (rc = mg_k_rank_is(dy, 4, "grads", err)) != 0
	    || (rc = size_input(mg_kernel_input(k, 1), &s.in_h, &s.in_w, err)) != 0)
		return rc;
	s.batch = mg_dim(dy, 0);
	s.out_h = mg_dim(dy, 1);
	s.out_w = mg_dim(dy, 2);
	s.channels = mg_dim(dy, 3);
	if ((rc = mg_kernel_output_dims(k, 0, (int64_t[]){ s.batch, s.in_h, s.in_w, s.channels }, 4, &y, err)) != 0 || (rc = mg_k_fill(k, y, NULL, 0, err)) != 0
	    || dy->count == 0)
		return rc;
	s.h = scale_of(s.in_h, s.out_h, s.align);
	s.w = scale_of(s.in_w, s.out_w, s.align);
	for (int64_t r = 0; r < s.batch * s.out_h; r++)
		for (int64_t i = 0; i < s.out_w; i++) {
			int64_t from = (r * s.out_w + i) * s.channels;
			int64_t to = ((r / s.out_h * s.in_h + nearest(&s, r % s.out_h, s.h, s.in_h)) * s.in_w + nearest(&s, i, s.w, s.in_w)) * s.channels;

			for (int64_t c = 0; c < s.channels; c++)
				switch (y->dtype) {
#define CASE(n, d, _) case d: MG_DATA(y, t_##n)[to + c] = st_##n((c_##n)((w_##n)ld_##n(MG_DATA(y, t_##n)[to + c]) + (w_##n)ld_##n(MG_CDATA(dy, t_##n)[from + c]))); break;
				K_REALS(CASE, 0)
#undef CASE
				default: return mg_k_no_type(y->dtype, err);
				}
		}
	return 0;
}

/* ---- bicubic: weights from a table of 1024 steps ---- */

#define STEPS 1024

typedef struct cubic {
	int64_t at[4];
	float   weight[4];
} cubic;

static float
cubic_weight(float a, int step, bool outer)
{
	float x = (float)step / STEPS;

	if (!outer)
		return ((a + 2) * x - (a + 3)) * x * x + 1;
	x += 1;
	return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
}

static void
cubics(const scaling *s, int64_t in, int64_t out, float scale, cubic *to)
{
	float a = s->half ? -0.5f : -0.75f;

	for (int64_t i = 0; i < out; i++) {
		float at = place(s, i, scale), sum = 0;
		int64_t base = (int64_t)floorf(at);
		int step = (int)lrintf((at - (float)base) * STEPS);
		float w[4] = { cubic_weight(a, step, true), cubic_weight(a, step, false), cubic_weight(a, STEPS - step, false), cubic_weight(a, STEPS - step, true) };

		for (int j = 0; j < 4; j++) {
			int64_t v = base - 1 + j;

			to[i].at[j] = MG_MAX(MG_MIN(v, in - 1), (int64_t)0);
			to[i].weight[j] = s->half && to[i].at[j] != v ? 0 : w[j];
			sum += to[i].weight[j];
		}
		for (int j = 0; j < 4 && s->half && fabsf(sum) >= 1000 * 1.17549435e-38f; j++)
			to[i].weight[j] /= sum;
	}
}

static int
both_cubics(mg_kernel_ctx *k, const scaling *s, cubic **ys, cubic **xs, mgreg_error *err)
{
	void *memory;
	int rc = mg_kernel_scratch(k, (size_t)(s->out_h + s->out_w) * sizeof(cubic), &memory, err);

	if (rc)
		return rc;
	*ys = memory;
	*xs = *ys + s->out_h;
	cubics(s, s->in_h, s->out_h, s->h, *ys);
	cubics(s, s->in_w, s->out_w, s->w, *xs);
	return 0;
}

typedef struct bicubic {
	const scaling *s;
	const float *x;
	float       *y;
	const cubic *ys, *xs;
} bicubic;

static void
bicubic_rows(void *arg, int64_t begin, int64_t end)
{
	const bicubic *b = arg;
	const scaling *s = b->s;

	for (int64_t r = begin; r < end; r++) {
		const cubic *cy = &b->ys[r % s->out_h];
		const float *image = b->x + r / s->out_h * s->in_h * s->in_w * s->channels;

		for (int64_t x = 0; x < s->out_w; x++)
			for (int64_t c = 0; c < s->channels; c++) {
				const cubic *cx = &b->xs[x];
				float sum = 0;

				for (int i = 0; i < 4; i++) {
					const float *row = image + cy->at[i] * s->in_w * s->channels + c;
					float v = 0;

					for (int j = 0; j < 4; j++)
						v += row[cx->at[j] * s->channels] * cx->weight[j];
					sum += v * cy->weight[i];
				}
				b->y[(r * s->out_w + x) * s->channels + c] = sum;
			}
	}
}

static int
bicubic_run(mg_kernel_ctx *k, mgreg_error *err)
{
	scaling s = { 0 };
	bicubic b = { .s = &s };
	mg_tensor own = { 0 }, *y;
	cubic *ys, *xs;
	int rc;

	MG_TRY(read_forward(k, &s, err));
	MG_TRY(as_float(k, mg_kernel_input(k, 0), &own, &b.x, err));
	MG_TRY(image_output(k, &s, &y, err));
	MG_TRY(both_cubics(k, &s, &ys, &xs, err));
	b.y = y->data;
	b.ys = ys;
	b.xs = xs;
	mg_parallel_for(k, s.batch * s.out_h, mg_k_grain(20 * s.out_w * s.channels), bicubic_rows, &b);
out:
	mg_tensor_clear(&own);
	return rc;
}

static int
bicubic_grad_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const float *dy = mg_kernel_input(k, 0)->data;
	scaling s = { 0 };
	mg_tensor *y;
	cubic *ys, *xs;
	int rc;

	if ((rc = read_backward(k, &s, err)) != 0 || (rc = both_cubics(k, &s, &ys, &xs, err)) != 0
	    || (rc = mg_kernel_output(k, 0, &mg_kernel_input(k, 1)->shape, &y, err)) != 0)
		return rc;
	memset(y->data, 0, y->size);
	for (int64_t r = 0; r < s.batch * s.out_h; r++)
		for (int64_t x = 0; x < s.out_w; x++)
			for (int i = 0; i < 4; i++)
				for (int j = 0; j < 4; j++) {
					const cubic *cy = &ys[r % s.out_h], *cx = &xs[x];
					int64_t to = ((r / s.out_h * s.in_h + cy->at[i]) * s.in_w + cx->at[j]) * s.channels, from = (r * s.out_w + x) * s.channels;

					for (int64_t c = 0; c < s.channels; c++)
						if (y->dtype == MGREG_DOUBLE)
							MG_DATA(y, double)[to + c] += (double)(cy->weight[i] * cx->weight[j]) * (double)dy[from + c];
						else
							MG_DATA(y, float)[to + c] += cy->weight[i] * cx->weight[j] * dy[from + c];
				}
	return 0;
}

/* ---- area: mean over the pixels that a new pixel covers ---- */

static float
cover(int64_t i, float from, float to, float scale)
{
	if ((float)i < from)
		return (float)(i + 1) > to ? scale : (float)(i + 1) - from;
	return (float)(i + 1) > to ? to - (float)i : 1;
}

static int64_t
clamp(int64_t i, int64_t n)
{
	return MG_MAX(MG_MIN(i, n - 1), (int64_t)0);
}

static int
area_run(mg_kernel_ctx *k, mgreg_error *err)
{
	scaling s = { 0 };
	mg_tensor own = { 0 }, *y;
	const float *x;
	int rc;

	MG_TRY(read_forward(k, &s, err));
	MG_TRY(as_float(k, mg_kernel_input(k, 0), &own, &x, err));
	MG_TRY(image_output(k, &s, &y, err));
	memset(y->data, 0, y->size);
	for (int64_t r = 0; r < s.batch * s.out_h; r++) {
		float y0 = (float)(r % s.out_h) * s.h, y1 = (float)(r % s.out_h + 1) * s.h;

		for (int64_t px = 0; px < s.out_w; px++) {
			float x0 = (float)px * s.w, x1 = (float)(px + 1) * s.w, *to = MG_DATA(y, float) + (r * s.out_w + px) * s.channels;

			for (int64_t i = (int64_t)floorf(y0); i < (int64_t)ceilf(y1); i++)
				for (int64_t j = (int64_t)floorf(x0); j < (int64_t)ceilf(x1); j++) {
					float w = cover(i, y0, y1, s.h) * cover(j, x0, x1, s.w) / (s.h * s.w);
					const float *from = x + ((r / s.out_h * s.in_h + clamp(i, s.in_h)) * s.in_w + clamp(j, s.in_w)) * s.channels;

					for (int64_t c = 0; c < s.channels; c++)
						to[c] += w * from[c];
				}
		}
	}
out:
	mg_tensor_clear(&own);
	return rc;
}

/* ---- crops: boxes [n, 4] of (y1, x1, y2, x2) in images of BOX_IND ---- */

typedef struct crop {
	int64_t batch, h, w, channels, n, out_h, out_w;
	const float *boxes;
	const int32_t *image_of;
	bool    near;
} crop;

static int
read_boxes(mg_kernel_ctx *k, int boxes_at, crop *c, mgreg_error *err)
{
	const mg_tensor *boxes = mg_kernel_input(k, boxes_at), *ind = mg_kernel_input(k, boxes_at + 1);

	c->near = mg_k_attr_is(mg_kernel_attrs(k), "method", "nearest");
	if (mg_rank(boxes) != 2 || mg_dim(boxes, 1) != 4 || mg_rank(ind) != 1 || ind->count != mg_dim(boxes, 0))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "boxes must be [n, 4] and box_index [n]");
	c->n = ind->count;
	c->boxes = boxes->data;
	c->image_of = ind->data;
	for (int64_t i = 0; i < c->n; i++)
		if (c->image_of[i] < 0 || c->image_of[i] >= c->batch)
			return mg_fail(err, MGREG_OUT_OF_RANGE, "box_index has values outside [0, batch_size)");
	return 0;
}

/* Where row (column) I of a crop lies in the image; false: outside. */
static bool
crop_place(float low, float high, int64_t size, int64_t out, int64_t i, float *at)
{
	*at = out > 1 ? low * (float)(size - 1) + (float)i * ((high - low) * (float)(size - 1) / (float)(out - 1)) : 0.5f * (low + high) * (float)(size - 1);
	return *at >= 0 && *at <= (float)(size - 1);
}

static int
crop_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	float outside = mg_k_attr_float(mg_kernel_attrs(k), "extrapolation_value", 0), ya, xa;
	mg_tensor own = { 0 }, *y;
	const float *data;
	crop c = { 0 };
	int rc;

	MG_TRY(mg_k_rank_is(x, 4, "image", err));
	c.batch = mg_dim(x, 0);
	c.h = mg_dim(x, 1);
	c.w = mg_dim(x, 2);
	c.channels = mg_dim(x, 3);
	if (c.h <= 0 || c.w <= 0) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "image dimensions must be positive");
		goto out;
	}
	MG_TRY(read_boxes(k, 1, &c, err));
	MG_TRY(size_input(mg_kernel_input(k, 3), &c.out_h, &c.out_w, err));
	MG_TRY(as_float(k, x, &own, &data, err));
	MG_TRY(mg_kernel_output_dims(k, 0, (int64_t[]){ c.n, c.out_h, c.out_w, c.channels }, 4, &y, err));
	for (int64_t b = 0; b < c.n; b++)
		for (int64_t i = 0; i < c.out_h; i++)
			for (int64_t j = 0; j < c.out_w; j++) {
				const float *box = c.boxes + 4 * b, *image = data + c.image_of[b] * c.h * c.w * c.channels;
				float *to = MG_DATA(y, float) + ((b * c.out_h + i) * c.out_w + j) * c.channels;
				bool in = crop_place(box[0], box[2], c.h, c.out_h, i, &ya) && crop_place(box[1], box[3], c.w, c.out_w, j, &xa);
				int64_t top = (int64_t)floorf(ya), bottom = (int64_t)ceilf(ya), left = (int64_t)floorf(xa), right = (int64_t)ceilf(xa);
				float py = ya - (float)top, px = xa - (float)left;

				for (int64_t ch = 0; ch < c.channels; ch++)
					if (!in) {
						to[ch] = outside;
					} else if (c.near) {
						to[ch] = image[((int64_t)roundf(ya) * c.w + (int64_t)roundf(xa)) * c.channels + ch];
					} else {
						float tl = image[(top * c.w + left) * c.channels + ch], tr = image[(top * c.w + right) * c.channels + ch];
						float bl = image[(bottom * c.w + left) * c.channels + ch], br = image[(bottom * c.w + right) * c.channels + ch];
						float t = tl + (tr - tl) * px, u = bl + (br - bl) * px;

						to[ch] = t + (u - t) * py;
					}
			}
out:
	mg_tensor_clear(&own);
	return rc;
}

static void
add_to(mg_tensor *y, int64_t at, float v)
{
	switch (y->dtype) {
	case MGREG_FLOAT: MG_DATA(y, float)[at] += v; break;
	case MGREG_DOUBLE: MG_DATA(y, double)[at] += (double)v; break;
	default: MG_DATA(y, uint16_t)[at] = mg_float_to_half(mg_half_to_float(MG_DATA(y, uint16_t)[at]) + v); break;
	}
}

static int
read_crop_grads(mg_kernel_ctx *k, crop *c, mgreg_error *err)
{
	const mg_tensor *dy = mg_kernel_input(k, 0);

	if (mg_rank(dy) != 4 || mg_dim(dy, 1) <= 0 || mg_dim(dy, 2) <= 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "grads image must be 4-D with positive dimensions");
	c->out_h = mg_dim(dy, 1);
	c->out_w = mg_dim(dy, 2);
	c->channels = mg_dim(dy, 3);
	return 0;
}

static int
crop_grad_image_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *dy = mg_kernel_input(k, 0), *size = mg_kernel_input(k, 3);
	crop c = { 0 };
	mg_tensor *y;
	float ya, xa;
	int rc;

	if ((rc = read_crop_grads(k, &c, err)) != 0)
		return rc;
	if (mg_rank(size) != 1 || size->count != 4)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "image_size must have 4 elements");
	c.batch = mg_k_int(size, 0);
	c.h = mg_k_int(size, 1);
	c.w = mg_k_int(size, 2);
	if (c.batch < 0 || c.h <= 0 || c.w <= 0 || mg_k_int(size, 3) != c.channels)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "image dimensions must be positive and its depth that of grads");
	if ((rc = read_boxes(k, 1, &c, err)) != 0)
		return rc;
	if (mg_dim(dy, 0) != c.n)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "boxes and grads have incompatible shape");
	if ((rc = mg_kernel_output_dims(k, 0, (int64_t[]){ c.batch, c.h, c.w, c.channels }, 4, &y, err)) != 0 || (rc = mg_k_fill(k, y, NULL, 0, err)) != 0)
		return rc;
	for (int64_t b = 0; b < c.n; b++)
		for (int64_t i = 0; i < c.out_h; i++)
			for (int64_t j = 0; j < c.out_w; j++) {
				const float *box = c.boxes + 4 * b, *g = MG_CDATA(dy, float) + ((b * c.out_h + i) * c.out_w + j) * c.channels;
				int64_t image = (int64_t)c.image_of[b] * c.h * c.w * c.channels, top, left;
				float py, px;

				if (!crop_place(box[0], box[2], c.h, c.out_h, i, &ya) || !crop_place(box[1], box[3], c.w, c.out_w, j, &xa))
					continue;
				top = (int64_t)floorf(ya);
				left = (int64_t)floorf(xa);
				py = ya - (float)top;
				px = xa - (float)left;
				for (int64_t ch = 0; ch < c.channels; ch++) {
					if (c.near) {
						add_to(y, image + ((int64_t)roundf(ya) * c.w + (int64_t)roundf(xa)) * c.channels + ch, g[ch]);
						continue;
					}
					add_to(y, image + (top * c.w + left) * c.channels + ch, g[ch] * (1 - py) * (1 - px));
					add_to(y, image + (top * c.w + (int64_t)ceilf(xa)) * c.channels + ch, g[ch] * (1 - py) * px);
					add_to(y, image + ((int64_t)ceilf(ya) * c.w + left) * c.channels + ch, g[ch] * py * (1 - px));
					add_to(y, image + ((int64_t)ceilf(ya) * c.w + (int64_t)ceilf(xa)) * c.channels + ch, g[ch] * py * px);
				}
			}
	return 0;
}

static int
crop_grad_boxes_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *dy = mg_kernel_input(k, 0), *x = mg_kernel_input(k, 1);
	mg_tensor own = { 0 }, *y;
	const float *data;
	crop c = { 0 };
	float ya, xa;
	int rc;

	MG_TRY(read_crop_grads(k, &c, err));
	MG_TRY(mg_k_rank_is(x, 4, "image", err));
	c.batch = mg_dim(x, 0);
	c.h = mg_dim(x, 1);
	c.w = mg_dim(x, 2);
	if (c.h <= 0 || c.w <= 0 || mg_dim(x, 3) != c.channels) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "image dimensions must be positive and its depth that of grads");
		goto out;
	}
	MG_TRY(read_boxes(k, 2, &c, err));
	if (mg_dim(dy, 0) != c.n) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "boxes and grads have incompatible shape");
		goto out;
	}
	MG_TRY(as_float(k, x, &own, &data, err));
	MG_TRY(mg_kernel_output_dims(k, 0, (int64_t[]){ c.n, 4 }, 2, &y, err));
	memset(y->data, 0, y->size);
	for (int64_t b = 0; b < c.n; b++)
		for (int64_t i = 0; i < c.out_h; i++)
			for (int64_t j = 0; j < c.out_w; j++) {
				const float *box = c.boxes + 4 * b, *image = data + c.image_of[b] * c.h * c.w * c.channels;
				float *to = MG_DATA(y, float) + 4 * b;
				int64_t top, bottom, left, right;
				float ry = c.out_h > 1 ? (float)(c.h - 1) / (float)(c.out_h - 1) : 0, rx = c.out_w > 1 ? (float)(c.w - 1) / (float)(c.out_w - 1) : 0;
				float py, px;

				if (!crop_place(box[0], box[2], c.h, c.out_h, i, &ya) || !crop_place(box[1], box[3], c.w, c.out_w, j, &xa))
					continue;
				top = (int64_t)floorf(ya);
				bottom = (int64_t)ceilf(ya);
				left = (int64_t)floorf(xa);
				right = (int64_t)ceilf(xa);
				py = ya - (float)top;
				px = xa - (float)left;
				for (int64_t ch = 0; ch < c.channels; ch++) {
					float g = MG_CDATA(dy, float)[((b * c.out_h + i) * c.out_w + j) * c.channels + ch];
					float tl = image[(top * c.w + left) * c.channels + ch], tr = image[(top * c.w + right) * c.channels + ch];
					float bl = image[(bottom * c.w + left) * c.channels + ch], br = image[(bottom * c.w + right) * c.channels + ch];
					float gy = ((1 - px) * (bl - tl) + px * (br - tr)) * g, gx = ((1 - py) * (tr - tl) + py * (br - bl)) * g;

					if (c.out_h > 1) {
						to[0] += gy * ((float)(c.h - 1) - (float)i * ry);
						to[2] += gy * ((float)i * ry);
					} else {
						to[0] += gy * 0.5f * (float)(c.h - 1);
						to[2] += gy * 0.5f * (float)(c.h - 1);
					}
					if (c.out_w > 1) {
						to[1] += gx * ((float)(c.w - 1) - (float)j * rx);
						to[3] += gx * ((float)j * rx);
					} else {
						to[1] += gx * 0.5f * (float)(c.w - 1);
						to[3] += gx * 0.5f * (float)(c.w - 1);
					}
				}
			}
out:
	mg_tensor_clear(&own);
	return rc;
}

const mg_kernel mg_kernels_resize[] = {
	{ "ResizeBilinear", .run = bilinear_run }, { "ResizeBilinearGrad", .run = bilinear_grad_run },
	{ "ResizeNearestNeighbor", .run = nearest_run }, { "ResizeNearestNeighborGrad", .run = nearest_grad_run },
	{ "ResizeBicubic", .run = bicubic_run }, { "ResizeBicubicGrad", .run = bicubic_grad_run },
	{ "ResizeArea", .run = area_run },
	{ "CropAndResize", .run = crop_run }, { "CropAndResizeGradImage", .run = crop_grad_image_run },
	{ "CropAndResizeGradBoxes", .run = crop_grad_boxes_run },
	{ .op = NULL }
};
