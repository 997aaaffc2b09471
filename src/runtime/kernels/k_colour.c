/* SPDX-License-Identifier: Apache-2.0 */
/* k_colour.c - colours of images: contrast, hue, saturation, RGB and HSV. */
#include "runtime/kernels/k_common.h"
#include <math.h>

static float
get(const mg_tensor *t, int64_t i)
{
	switch (t->dtype) {
#define CASE(s, d, _) case d: return (float)ld_##s(MG_CDATA(t, t_##s)[i]);
	K_REALS(CASE, 0)
#undef CASE
	default: return 0;
	}
}

static void
put(mg_tensor *t, int64_t i, float v)
{
	switch (t->dtype) {
	case MGREG_FLOAT: MG_DATA(t, float)[i] = v; break;
	case MGREG_DOUBLE: MG_DATA(t, double)[i] = (double)v; break;
	case MGREG_HALF: MG_DATA(t, uint16_t)[i] = mg_float_to_half(v); break;
	default: MG_DATA(t, uint16_t)[i] = mg_float_to_bfloat16(v); break;
	}
}

static int
scalar(const mg_tensor *t, const char *what, float *out, mgreg_error *err)
{
	if (t->count != 1 || mg_rank(t))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "%s must be scalar", what);
	*out = get(t, 0);
	return 0;
}

/* ---- contrast: away from each image's and channel's mean ---- */

static int
contrast(mg_kernel_ctx *k, bool bounded, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	float factor = 1, low = -INFINITY, high = INFINITY;
	int64_t pixels, channels;
	int rank = mg_rank(x), rc;
	mg_tensor *y;

	if ((rc = mg_k_rank_at_least(x, 3, "images", err)) != 0 || (rc = scalar(mg_kernel_input(k, 1), "contrast_factor", &factor, err)) != 0)
		return rc;
	if (bounded && ((rc = scalar(mg_kernel_input(k, 2), "min_value", &low, err)) != 0 || (rc = scalar(mg_kernel_input(k, 3), "max_value", &high, err)) != 0))
		return rc;
	if ((rc = mg_kernel_output(k, 0, &x->shape, &y, err)) != 0 || x->count == 0)
		return rc;
	channels = mg_dim(x, rank - 1);
	pixels = mg_dim(x, rank - 3) * mg_dim(x, rank - 2);
	for (int64_t image = 0; image < x->count; image += pixels * channels)
		for (int64_t c = 0; c < channels; c++) {
			double sum = 0;
			float mean;

			for (int64_t p = 0; p < pixels; p++)
				sum += (double)get(x, image + p * channels + c);
			mean = (float)(sum / (double)pixels);
			for (int64_t p = 0; p < pixels; p++) {
				float v = (get(x, image + p * channels + c) - mean) * factor + mean;

				put(y, image + p * channels + c, MG_MIN(MG_MAX(v, low), high));
			}
		}
	return 0;
}

static int contrast_run(mg_kernel_ctx *k, mgreg_error *err) { return contrast(k, true, err); }
static int contrast_v2_run(mg_kernel_ctx *k, mgreg_error *err) { return contrast(k, false, err); }

/* ---- RGB and HSV ---- */

static void
to_hsv(const float rgb[3], float hsv[3])
{
	float r = rgb[0], g = rgb[1], b = rgb[2], v = MG_MAX(r, MG_MAX(g, b)), range = v - MG_MIN(r, MG_MIN(g, b)), norm = 1.0f / (6.0f * range), h = 0;

	if (range > 0) {
		h = r == v ? norm * (g - b) : g == v ? norm * (b - r) + 2.0f / 6.0f : norm * (r - g) + 4.0f / 6.0f;
		if (h < 0)
			h += 1;
	}
	hsv[0] = h;
	hsv[1] = v > 0 ? range / v : 0;
	hsv[2] = v;
}

static float
unit(float v)
{
	return MG_MIN(MG_MAX(v, 0.0f), 1.0f);
}

static void
to_rgb(const float hsv[3], float rgb[3])
{
	float h = hsv[0] * 6, s = hsv[1], v = hsv[2];

	rgb[0] = (1 - s + s * unit(fabsf(h - 3) - 1)) * v;
	rgb[1] = (1 - s + s * unit(2 - fabsf(h - 2))) * v;
	rgb[2] = (1 - s + s * unit(2 - fabsf(h - 4))) * v;
}

enum change { TO_HSV, TO_RGB, HUE, SATURATION };

static int
colours(mg_kernel_ctx *k, enum change change, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	bool adjusts = change == HUE || change == SATURATION;
	float amount = 0;
	mg_tensor *y;
	int rc;

	if ((rc = mg_k_rank_at_least(x, adjusts ? 3 : 1, "input", err)) != 0)
		return rc;
	if (mg_dim(x, mg_rank(x) - 1) != 3)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "input must have 3 channels but instead has %lld", (long long)mg_dim(x, mg_rank(x) - 1));
	if (adjusts && (rc = scalar(mg_kernel_input(k, 1), change == HUE ? "delta" : "scale", &amount, err)) != 0)
		return rc;
	if ((rc = mg_kernel_output(k, 0, &x->shape, &y, err)) != 0)
		return rc;
	for (int64_t i = 0; i < x->count; i += 3) {
		float in[3] = { get(x, i), get(x, i + 1), get(x, i + 2) }, hsv[3], out[3];

		if (change == TO_RGB) {
			to_rgb(in, out);
		} else if (change == TO_HSV) {
			to_hsv(in, out);
		} else {
			to_hsv(in, hsv);
			if (change == HUE) {
				hsv[0] += amount;
				hsv[0] -= floorf(hsv[0]);
			} else {
				hsv[1] = unit(hsv[1] * amount);
			}
			to_rgb(hsv, out);
		}
		for (int c = 0; c < 3; c++)
			put(y, i + c, out[c]);
	}
	return 0;
}

static int to_hsv_run(mg_kernel_ctx *k, mgreg_error *err) { return colours(k, TO_HSV, err); }
static int to_rgb_run(mg_kernel_ctx *k, mgreg_error *err) { return colours(k, TO_RGB, err); }
static int hue_run(mg_kernel_ctx *k, mgreg_error *err) { return colours(k, HUE, err); }
static int saturation_run(mg_kernel_ctx *k, mgreg_error *err) { return colours(k, SATURATION, err); }

const mg_kernel mg_kernels_colour[] = {
	{ "AdjustContrast", .run = contrast_run }, { "AdjustContrastv2", .run = contrast_v2_run },
	{ "RGBToHSV", .run = to_hsv_run }, { "HSVToRGB", .run = to_rgb_run },
	{ "AdjustHue", .run = hue_run }, { "AdjustSaturation", .run = saturation_run },
	{ .op = NULL }
};
