/* SPDX-License-Identifier: Apache-2.0 */
/*
 * k_boxes.c - boxes in images: which of overlapping ones stay (five generations), drawing them, choosing a random part of an image.
 */
#include "runtime/kernels/k_common.h"
#include <math.h>

static float
real(const mg_tensor *t, int64_t i)
{
	return t->dtype == MGREG_HALF ? mg_half_to_float(MG_CDATA(t, uint16_t)[i]) : MG_CDATA(t, float)[i];
}

/* ---- non-maximum suppression ---- */

static float
overlap(const mg_tensor *boxes, int64_t i, int64_t j)
{
	float a[4], b[4], area_a, area_b, common;

	for (int c = 0; c < 2; c++) {
		float p = real(boxes, 4 * i + c), q = real(boxes, 4 * i + c + 2), r = real(boxes, 4 * j + c), s = real(boxes, 4 * j + c + 2);

		a[c] = MG_MIN(p, q);
		a[c + 2] = MG_MAX(p, q);
		b[c] = MG_MIN(r, s);
		b[c + 2] = MG_MAX(r, s);
	}
	area_a = (a[2] - a[0]) * (a[3] - a[1]);
	area_b = (b[2] - b[0]) * (b[3] - b[1]);
	if (area_a <= 0 || area_b <= 0)
		return 0;
	common = MG_MAX(MG_MIN(a[2], b[2]) - MG_MAX(a[0], b[0]), 0.0f) * MG_MAX(MG_MIN(a[3], b[3]) - MG_MAX(a[1], b[1]), 0.0f);
	return common / (area_a + area_b - common);
}

typedef struct candidate {
	int32_t box, begin;             /* BEGIN: of the selected ones, those it was compared with already */
	float   score;
} candidate;

typedef struct nms {
	const mg_tensor *boxes, *overlaps, *scores;
	int64_t n, most;
	float   threshold, score_threshold, sigma;
	candidate *heap;
	int64_t heap_size;
	int32_t *selected;
	float   *selected_scores;
	int64_t count;
} nms;

static bool
better(const candidate *a, const candidate *b)
{
	return a->score != b->score ? a->score > b->score : a->box < b->box;
}

static void
swap(candidate *a, candidate *b)
{
	candidate t = *a;

	*a = *b;
	*b = t;
}

static void
heap_push(nms *s, candidate c)
{
	int64_t i = s->heap_size++;

	s->heap[i] = c;
	for (; i > 0 && better(&s->heap[i], &s->heap[(i - 1) / 2]); i = (i - 1) / 2)
		swap(&s->heap[i], &s->heap[(i - 1) / 2]);
}

static candidate
heap_pop(nms *s)
{
	candidate top = s->heap[0];
	int64_t child;

	s->heap[0] = s->heap[--s->heap_size];
	for (int64_t i = 0; (child = 2 * i + 1) < s->heap_size; i = child) {
		if (child + 1 < s->heap_size && better(&s->heap[child + 1], &s->heap[child]))
			child++;
		if (!better(&s->heap[child], &s->heap[i]))
			break;
		swap(&s->heap[child], &s->heap[i]);
	}
	return top;
}

static void
suppress(nms *s)
{
	bool soft = s->sigma > 0;
	float scale = soft ? -0.5f / s->sigma : 0;

	while (s->count < s->most && s->heap_size) {
		candidate c = heap_pop(s);
		float before = c.score;
		bool dropped = false;

		for (int64_t j = s->count; j-- > c.begin && !dropped;) {
			float common = s->overlaps ? MG_CDATA(s->overlaps, float)[c.box * s->n + s->selected[j]] : overlap(s->boxes, c.box, s->selected[j]);

			if (!soft && common > s->threshold) {
				dropped = true;
				break;
			}
			if (soft)
				c.score *= common <= s->threshold ? expf(scale * common * common) : 0;
			if (c.score <= s->score_threshold)
				break;
		}
		c.begin = (int32_t)s->count;
		if (dropped)
			continue;
		if (c.score == before) {
			s->selected[s->count] = c.box;
			s->selected_scores[s->count++] = c.score;
		} else if (c.score > s->score_threshold) {
			heap_push(s, c);
		}
	}
}

static int
read_nms(mg_kernel_ctx *k, nms *s, mgreg_error *err)
{
	void *memory;
	int rc;

	if (s->overlaps ? mg_rank(s->overlaps) != 2 || mg_dim(s->overlaps, 0) != mg_dim(s->overlaps, 1) : mg_rank(s->boxes) != 2 || mg_dim(s->boxes, 1) != 4)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, s->overlaps ? "overlaps must be square" : "boxes must be [num_boxes, 4]");
	s->n = mg_dim(s->overlaps ? s->overlaps : s->boxes, 0);
	if (mg_rank(s->scores) != 1 || s->scores->count != s->n || s->n > INT32_MAX)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "scores has incompatible shape: %lld boxes", (long long)s->n);
	if (s->most < 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "max_output_size must be non-negative, got %lld", (long long)s->most);
	s->most = MG_MIN(s->most, s->n);
	if (s->boxes && !(s->threshold >= 0 && s->threshold <= 1))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "iou_threshold must be in [0, 1]");
	if (s->sigma < 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "soft_nms_sigma must be non-negative");
	if ((rc = mg_kernel_scratch(k, (size_t)s->n * (sizeof(candidate) + sizeof(int32_t) + sizeof(float)) + 64, &memory, err)) != 0)
		return rc;
	s->heap = memory;
	s->selected = (int32_t *)(s->heap + s->n);
	s->selected_scores = (float *)(s->selected + s->n);
	for (int64_t i = 0; i < s->n; i++)
		if (real(s->scores, i) > s->score_threshold)
			heap_push(s, (candidate){ (int32_t)i, 0, real(s->scores, i) });
	suppress(s);
	return 0;
}

static int
threshold_of(const mg_tensor *t, float *out, mgreg_error *err)
{
	if (t->count != 1)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "thresholds must be scalars");
	*out = real(t, 0);
	return 0;
}

/* VERSION 0: with overlaps; 1 .. 5. */
static int
nms_run(mg_kernel_ctx *k, int version, mgreg_error *err)
{
	nms s = { .boxes = version ? mg_kernel_input(k, 0) : NULL, .overlaps = version ? NULL : mg_kernel_input(k, 0), .scores = mg_kernel_input(k, 1),
		.score_threshold = -INFINITY };
	bool pads = version >= 4 && mg_k_attr_bool(mg_kernel_attrs(k), "pad_to_max_output_size", false);
	int64_t asked, n;
	mg_tensor *y;
	int rc;

	if ((rc = mg_k_scalar(mg_kernel_input(k, 2), "max_output_size", &s.most, err)) != 0)
		return rc;
	asked = s.most;
	s.threshold = mg_k_attr_float(mg_kernel_attrs(k), "iou_threshold", 0.5f);
	if (version != 1 && (rc = threshold_of(mg_kernel_input(k, 3), &s.threshold, err)) != 0)
		return rc;
	if ((version == 0 || version >= 3) && (rc = threshold_of(mg_kernel_input(k, 4), &s.score_threshold, err)) != 0)
		return rc;
	if (version == 5 && (rc = threshold_of(mg_kernel_input(k, 5), &s.sigma, err)) != 0)
		return rc;
	if ((rc = read_nms(k, &s, err)) != 0)
		return rc;
	n = pads ? asked : s.count;
	if ((rc = mg_kernel_output_dims(k, 0, &n, 1, &y, err)) != 0)
		return rc;
	for (int64_t i = 0; i < n; i++)
		MG_DATA(y, int32_t)[i] = i < s.count ? s.selected[i] : 0;
	if (version == 5) {
		if ((rc = mg_kernel_output_dims(k, 1, &n, 1, &y, err)) != 0)
			return rc;
		for (int64_t i = 0; i < n; i++)
			if (y->dtype == MGREG_HALF)
				MG_DATA(y, uint16_t)[i] = mg_float_to_half(i < s.count ? s.selected_scores[i] : 0);
			else
				MG_DATA(y, float)[i] = i < s.count ? s.selected_scores[i] : 0;
	}
	if (version < 4)
		return 0;
	if ((rc = mg_kernel_output_dims(k, version == 5 ? 2 : 1, NULL, 0, &y, err)) == 0)
		*MG_DATA(y, int32_t) = (int32_t)s.count;
	return rc;
}

static int nms_overlaps_run(mg_kernel_ctx *k, mgreg_error *err) { return nms_run(k, 0, err); }
static int nms_v1_run(mg_kernel_ctx *k, mgreg_error *err) { return nms_run(k, 1, err); }
static int nms_v2_run(mg_kernel_ctx *k, mgreg_error *err) { return nms_run(k, 2, err); }
static int nms_v3_run(mg_kernel_ctx *k, mgreg_error *err) { return nms_run(k, 3, err); }
static int nms_v4_run(mg_kernel_ctx *k, mgreg_error *err) { return nms_run(k, 4, err); }
static int nms_v5_run(mg_kernel_ctx *k, mgreg_error *err) { return nms_run(k, 5, err); }

/* ---- drawing ---- */

static const float palette[][4] = {
	{ 1, 1, 0, 1 }, { 0, 0, 1, 1 }, { 1, 0, 0, 1 }, { 0, 1, 0, 1 }, { 0.5, 0, 0.5, 1 }, { 0.5, 0.5, 0, 1 }, { 0.5, 0, 0, 1 }, { 0, 0, 0.5, 1 },
	{ 0, 1, 1, 1 }, { 1, 0, 1, 1 },
};

typedef struct canvas {
	mg_tensor *y;
	int64_t h, w, depth;
} canvas;

static void
dot(const canvas *c, int64_t image, int64_t row, int64_t col, const float *colour)
{
	if (row < 0 || row >= c->h || col < 0 || col >= c->w)
		return;
	for (int64_t d = 0; d < c->depth; d++) {
		int64_t at = ((image * c->h + row) * c->w + col) * c->depth + d;

		if (c->y->dtype == MGREG_HALF)
			MG_DATA(c->y, uint16_t)[at] = mg_float_to_half(colour[d]);
		else
			MG_DATA(c->y, float)[at] = colour[d];
	}
}

static int
draw_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0), *boxes = mg_kernel_input(k, 1), *colours = mg_kernel_input_count(k) > 2 ? mg_kernel_input(k, 2) : NULL;
	mg_tensor *y;
	canvas c;
	int rc;

	if (mg_rank(x) != 4 || mg_rank(boxes) != 3 || mg_dim(boxes, 2) != 4 || mg_dim(boxes, 0) != mg_dim(x, 0))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "the images must be 4-D and the boxes [batch, n, 4]");
	c = (canvas){ NULL, mg_dim(x, 1), mg_dim(x, 2), mg_dim(x, 3) };
	if (c.depth != 1 && c.depth != 3 && c.depth != 4)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "channel depth should be either 1 (GRY), 3 (RGB), or 4 (RGBA)");
	if (colours && colours->count && (mg_rank(colours) != 2 || mg_dim(colours, 1) < c.depth))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "colors must be a matrix with a column for each channel");
	if ((rc = mg_kernel_output(k, 0, &x->shape, &y, err)) != 0 || (rc = mg_k_copy_run(y, 0, x, 0, x->count, err)) != 0)
		return rc;
	c.y = y;
	for (int64_t b = 0; b < mg_dim(boxes, 0); b++)
		for (int64_t i = 0; i < mg_dim(boxes, 1); i++) {
			const float *box = MG_CDATA(boxes, float) + (b * mg_dim(boxes, 1) + i) * 4;
			const float *colour = colours && colours->count ? MG_CDATA(colours, float) + i % mg_dim(colours, 0) * mg_dim(colours, 1) : palette[i % MG_COUNT(palette)];
			float one[4] = { 1, 1, 1, 1 };
			double low[2] = { (double)box[0] * (double)(c.h - 1), (double)box[1] * (double)(c.w - 1) },
				high[2] = { (double)box[2] * (double)(c.h - 1), (double)box[3] * (double)(c.w - 1) };
			int64_t r0, r1, c0, c1;

			if (!(low[0] <= high[0] && low[1] <= high[1]) || high[0] < 0 || high[1] < 0 || low[0] >= (double)c.h || low[1] >= (double)c.w)
				continue;
			r0 = (int64_t)MG_MAX(low[0], -1.0);
			c0 = (int64_t)MG_MAX(low[1], -1.0);
			r1 = (int64_t)MG_MIN(high[0], (double)c.h);
			c1 = (int64_t)MG_MIN(high[1], (double)c.w);
			if (c.depth == 1 && !(colours && colours->count))
				colour = one;
			for (int64_t col = MG_MAX(c0, (int64_t)0); col <= MG_MIN(c1, c.w - 1); col++) {
				dot(&c, b, low[0] < 0 ? -1 : r0, col, colour);
				dot(&c, b, r1, col, colour);
			}
			for (int64_t row = MG_MAX(r0, (int64_t)0); row <= MG_MIN(r1, c.h - 1); row++) {
				dot(&c, b, row, low[1] < 0 ? -1 : c0, colour);
				dot(&c, b, row, c1, colour);
			}
		}
	return 0;
}

/* ---- SampleDistortedBoundingBox ---- */

typedef struct words {
	mg_philox p;
	uint32_t  x[4];
	int       used;
} words;

static uint32_t
next_word(words *w)
{
	if (w->used == 4) {
		mg_philox_next(&w->p, w->x);
		w->used = 0;
	}
	return w->x[w->used++];
}

static float
next_unit(words *w)
{
	uint32_t bits = UINT32_C(127) << 23 | (next_word(w) & 0x7fffff);
	float f;

	memcpy(&f, &bits, sizeof(f));
	return f - 1.0f;
}

/* One of [0, n), without the bias of a plain remainder. */
static uint32_t
below(words *w, uint32_t n)
{
	uint32_t v, rest;

	if (n == 0)
		return 0;
	if ((n & (n - 1)) == 0)
		return next_word(w) & (n - 1);
	rest = UINT32_MAX % n + 1;
	do
		v = next_word(w);
	while (v < rest);
	return v % n;
}

typedef struct rect { int64_t y0, x0, y1, x1; } rect;

static bool
random_rect(words *w, int64_t height, int64_t width, float min_area, float max_area, float aspect, rect *out)
{
	float low = min_area * (float)width * (float)height, high = max_area * (float)width * (float)height, area;
	int64_t h, most, x = 0, y = 0, wide;

	if (max_area <= 0 || aspect <= 0 || width <= 0 || height <= 0 || min_area > max_area)
		return false;
	h = lrintf(sqrtf(low / aspect));
	most = lrintf(sqrtf(high / aspect));
	if (lrintf((float)most * aspect) > width)
		most = (int64_t)(((float)width + 0.5f - 0.0000001f) / aspect);
	most = MG_MIN(most, height);
	h = MG_MIN(h, most);
	if (h < most)
		h += below(w, (uint32_t)(most - h + 1));
	wide = lrintf((float)h * aspect);
	area = (float)(wide * h);
	if (area < low) {
		h++;
		wide = lrintf((float)h * aspect);
		area = (float)(wide * h);
	}
	if (area > high) {
		h--;
		wide = lrintf((float)h * aspect);
		area = (float)(wide * h);
	}
	if (area < low || area > high || wide > width || h > height || wide <= 0 || h <= 0)
		return false;
	if (h < height)
		y = below(w, (uint32_t)(height - h));
	if (wide < width)
		x = below(w, (uint32_t)(width - wide));
	*out = (rect){ y, x, y + h, x + wide };
	return true;
}

/* Does R cover enough of at least one box? */
static bool
covers(const rect *r, const mg_tensor *boxes, int64_t height, int64_t width, float enough)
{
	for (int64_t i = 0; i < boxes->count / 4; i++) {
		const float *b = MG_CDATA(boxes, float) + 4 * i;
		rect o = { (int64_t)(b[0] * (float)height), (int64_t)(b[1] * (float)width), (int64_t)(b[2] * (float)height), (int64_t)(b[3] * (float)width) };
		float own = (float)((o.y1 - o.y0) * (o.x1 - o.x0));
		int64_t h = MG_MIN(r->y1, o.y1) - MG_MAX(r->y0, o.y0), w = MG_MIN(r->x1, o.x1) - MG_MAX(r->x0, o.x0);

		if (own > 0 && h > 0 && w > 0 && (float)(h * w) / own >= enough)
			return true;
	}
	return false;
}

static int
pair_attr(mg_kernel_ctx *k, const char *name, float out[2], mgreg_error *err)
{
	const Pb__AttrValue__ListValue *list;

	if (!mg_attr_get_list(mg_kernel_attrs(k), name, &list) || list->n_f != 2 || !(list->f[0] > 0) || !(list->f[1] >= list->f[0]))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "%s must be two rising positive numbers", name);
	out[0] = list->f[0];
	out[1] = list->f[1];
	return 0;
}

static void
set_size(mg_tensor *t, int i, int64_t v)
{
	switch (t->dtype) {
#define CASE(s, d, _) case d: MG_DATA(t, t_##s)[i] = (t_##s)v; break;
	K_INTS(CASE, 0)
#undef CASE
	default: break;
	}
}

static int
distorted_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *size = mg_kernel_input(k, 0), *boxes = mg_kernel_input(k, 1);
	float enough = mg_k_attr_float(mg_kernel_attrs(k), "min_object_covered", 0.1f), aspect[2] = { 1, 1 }, area[2] = { 1, 1 };
	int64_t tries = mg_k_attr_int(mg_kernel_attrs(k), "max_attempts", 100), dims[3];
	bool found = false;
	mg_tensor whole = { 0 }, *begin, *extent, *box;
	words w = { .used = 4 };
	rect r = { 0, 0, 0, 0 };
	int rc = 0;

	if (mg_rank(size) != 1 || size->count != 3)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "image_size must contain 3 elements");
	for (int i = 0; i < 3; i++)
		if (!mg_tensor_as_i64(size, i, &dims[i]) || dims[i] <= 0 || dims[i] > INT32_MAX)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "image height, width and channels must be positive");
	if (mg_rank(boxes) != 3 || mg_dim(boxes, 2) != 4)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "input boxes must be 3-dimensional [batch, num_boxes, coords]");
	if (mg_kernel_input_count(k) > 2)
		enough = MG_CDATA(mg_kernel_input(k, 2), float)[0];
	if (!(enough >= 0) || tries <= 0 || tries > 1000000)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "min object covered must be non-negative and max attempts positive");
	if ((rc = pair_attr(k, "aspect_ratio_range", aspect, err)) != 0 || (rc = pair_attr(k, "area_range", area, err)) != 0)
		return rc;
	for (int64_t i = 0; i < boxes->count; i++)
		if (!(MG_CDATA(boxes, float)[i] >= 0 && MG_CDATA(boxes, float)[i] <= 1))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "all bounding box coordinates must be in [0.0, 1.0]: %g", (double)MG_CDATA(boxes, float)[i]);
	if (boxes->count == 0) {
		if (!mg_k_attr_bool(mg_kernel_attrs(k), "use_image_if_no_bounding_boxes", false))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "no bounding boxes provided as input: one must enable use_image_if_no_bounding_boxes if you wish to not provide any");
		if ((rc = mg_tensor_init_dims(&whole, MGREG_FLOAT, (int64_t[]){ 4 }, 1, err)) != 0)
			return rc;
		memcpy(whole.data, (float[]){ 0, 0, 1, 1 }, 4 * sizeof(float));
		boxes = &whole;
	}
	MG_TRY(mg_kernel_random(k, (uint64_t)(4 * tries), &w.p, err));
	for (int64_t i = 0; i < tries && !found; i++) {
		float ratio = next_unit(&w) * (aspect[1] - aspect[0]) + aspect[0];

		found = random_rect(&w, dims[0], dims[1], area[0], area[1], ratio, &r) && covers(&r, boxes, dims[0], dims[1], enough);
	}
	if (!found)
		r = (rect){ 0, 0, dims[0], dims[1] };
	MG_TRY(mg_kernel_output_dims(k, 0, (int64_t[]){ 3 }, 1, &begin, err));
	MG_TRY(mg_kernel_output_dims(k, 1, (int64_t[]){ 3 }, 1, &extent, err));
	MG_TRY(mg_kernel_output_dims(k, 2, (int64_t[]){ 1, 1, 4 }, 3, &box, err));
	set_size(begin, 0, r.y0);
	set_size(begin, 1, r.x0);
	set_size(begin, 2, 0);
	set_size(extent, 0, r.y1 - r.y0);
	set_size(extent, 1, r.x1 - r.x0);
	set_size(extent, 2, -1);
	memcpy(box->data, (float[]){ (float)r.y0 / (float)dims[0], (float)r.x0 / (float)dims[1], (float)r.y1 / (float)dims[0], (float)r.x1 / (float)dims[1] },
		4 * sizeof(float));
out:
	mg_tensor_clear(&whole);
	return rc;
}

const mg_kernel mg_kernels_boxes[] = {
	{ "NonMaxSuppressionWithOverlaps", .run = nms_overlaps_run }, { "NonMaxSuppression", .run = nms_v1_run }, { "NonMaxSuppressionV2", .run = nms_v2_run },
	{ "NonMaxSuppressionV3", .run = nms_v3_run }, { "NonMaxSuppressionV4", .run = nms_v4_run }, { "NonMaxSuppressionV5", .run = nms_v5_run },
	{ "DrawBoundingBoxes", .run = draw_run }, { "DrawBoundingBoxesV2", .run = draw_run },
	{ "SampleDistortedBoundingBox", .run = distorted_run, .flags = MG_KERNEL_NO_FOLD },
	{ "SampleDistortedBoundingBoxV2", .run = distorted_run, .flags = MG_KERNEL_NO_FOLD },
	{ .op = NULL }
};
