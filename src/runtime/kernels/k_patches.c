/* SPDX-License-Identifier: Apache-2.0 */
/* k_patches.c - windows of images and volumes as they are (patches), and their greatest sums (grey dilation) with gradients. */
#include "runtime/kernels/k_common.h"
#include <math.h>
#include "runtime/runtime_internal.h"

typedef struct grid {
	int     spatial;
	int64_t n, c, in[3], k[3], stride[3], rate[3], pad[3], out[3];
} grid;

static int
list_attr(mg_kernel_ctx *k, const char *name, int spatial, int64_t *out, mgreg_error *err)
{
	int64_t v[5];
	int rc = mg_k_attr_ints(mg_kernel_attrs(k), name, v, spatial + 2, err);

	if (rc)
		return rc;
	if (v[0] != 1 || v[spatial + 1] != 1)
		return mg_fail(err, MGREG_UNIMPLEMENTED, "only %s of 1 in the batch and depth dimensions are supported", name);
	for (int d = 0; d < spatial; d++)
		if ((out[d] = v[d + 1]) < 1 || out[d] > INT32_MAX)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "%s must be at least 1", name);
	return 0;
}

static int
solve(mg_kernel_ctx *k, grid *g, const mg_tensor *x, mgreg_error *err)
{
	bool same = mg_k_attr_is(mg_kernel_attrs(k), "padding", "SAME");
	int rc;

	if ((rc = mg_k_rank_is(x, g->spatial + 2, "input", err)) != 0)
		return rc;
	g->n = mg_dim(x, 0);
	g->c = mg_dim(x, g->spatial + 1);
	for (int d = 0; d < g->spatial; d++) {
		int64_t in = mg_dim(x, d + 1), eff = (g->k[d] - 1) * g->rate[d] + 1, out = same ? (in + g->stride[d] - 1) / g->stride[d] : (in - eff) / g->stride[d] + 1;

		if (!same && in < eff)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "computed output size would be negative: input %lld, window %lld", (long long)in, (long long)eff);
		g->in[d] = in;
		g->out[d] = out;
		g->pad[d] = same ? MG_MAX((out - 1) * g->stride[d] + eff - in, (int64_t)0) / 2 : 0;
	}
	return 0;
}

/* ---- ExtractImagePatches, ExtractVolumePatches ---- */

static int
patches(mg_kernel_ctx *k, int spatial, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	grid g = { .spatial = spatial, .k = { 1, 1, 1 }, .in = { 1, 1, 1 }, .out = { 1, 1, 1 }, .rate = { 1, 1, 1 }, .stride = { 1, 1, 1 } };
	int64_t dims[5], at[3], w[3];
	mg_tensor *y;
	int rc;

	if ((rc = list_attr(k, "ksizes", spatial, g.k, err)) != 0 || (rc = list_attr(k, "strides", spatial, g.stride, err)) != 0
	    || (spatial == 2 && (rc = list_attr(k, "rates", spatial, g.rate, err)) != 0) || (rc = solve(k, &g, x, err)) != 0)
		return rc;
	dims[0] = g.n;
	for (int d = 0; d < spatial; d++)
		dims[d + 1] = g.out[d];
	dims[spatial + 1] = g.k[0] * g.k[1] * g.k[2] * g.c;
	if (g.k[0] > INT32_MAX / g.k[1] / g.k[2])
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "ksizes are too large");
	if ((rc = mg_kernel_output_dims(k, 0, dims, spatial + 2, &y, err)) != 0 || (rc = mg_k_fill(k, y, NULL, 0, err)) != 0)
		return rc;
	for (int64_t b = 0, to = 0; b < g.n; b++)
		for (at[0] = 0; at[0] < g.out[0]; at[0]++)
			for (at[1] = 0; at[1] < g.out[1]; at[1]++)
				for (at[2] = 0; at[2] < g.out[2]; at[2]++)
					for (w[0] = 0; w[0] < g.k[0]; w[0]++)
						for (w[1] = 0; w[1] < g.k[1]; w[1]++)
							for (w[2] = 0; w[2] < g.k[2]; w[2]++, to += g.c) {
								int64_t from = b;
								bool in = true;

								for (int d = 0; d < spatial; d++) {
									int64_t p = at[d] * g.stride[d] + w[d] * g.rate[d] - g.pad[d];

									in = in && p >= 0 && p < g.in[d];
									from = from * g.in[d] + p;
								}
								if (in && (rc = mg_k_copy_run(y, to, x, from * g.c, g.c, err)) != 0)
									return rc;
							}
	return 0;
}

static int image_run(mg_kernel_ctx *k, mgreg_error *err) { return patches(k, 2, err); }
static int volume_run(mg_kernel_ctx *k, mgreg_error *err) { return patches(k, 3, err); }

/* ---- grey dilation: greatest of input + filter over a window; gradients go to the first greatest ---- */

static double
get(const mg_tensor *t, int64_t i)
{
	switch (t->dtype) {
#define CASE(s, d, _) case d: return (double)ld_##s(MG_CDATA(t, t_##s)[i]);
	K_REALS(CASE, 0)
#undef CASE
	default: return 0;
	}
}

static void
put(mg_tensor *t, int64_t i, double v)
{
	switch (t->dtype) {
#define CASE(s, d, _) case d: MG_DATA(t, t_##s)[i] = st_##s((c_##s)v); break;
	K_REALS(CASE, 0)
#undef CASE
	default: break;
	}
}

/* As the type itself adds, so that what is equal there is equal here. */
static double
sum_of(mg_dtype dtype, double a, double b)
{
	switch (dtype) {
	case MGREG_FLOAT: return (double)((float)a + (float)b);
	case MGREG_HALF: return (double)mg_half_to_float(mg_float_to_half((float)a + (float)b));
	case MGREG_BFLOAT16: return (double)mg_bfloat16_to_float(mg_float_to_bfloat16((float)a + (float)b));
	default: return a + b;
	}
}

enum wanted { FORWARD, TO_INPUT, TO_FILTER };

static int
dilation(mg_kernel_ctx *k, enum wanted what, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0), *f = mg_kernel_input(k, 1), *dy = what == FORWARD ? NULL : mg_kernel_input(k, 2);
	grid g = { .spatial = 2 };
	mg_tensor *y;
	int64_t at = 0;
	int rc;

	if ((rc = mg_k_rank_is(x, 4, "input", err)) != 0 || (rc = mg_k_rank_is(f, 3, "filter", err)) != 0)
		return rc;
	g.k[0] = mg_dim(f, 0);
	g.k[1] = mg_dim(f, 1);
	if (g.k[0] < 1 || g.k[1] < 1 || mg_dim(f, 2) != mg_dim(x, 3))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "input and filter must have the same depth: %lld vs %lld", (long long)mg_dim(x, 3), (long long)mg_dim(f, 2));
	if ((rc = list_attr(k, "strides", 2, g.stride, err)) != 0 || (rc = list_attr(k, "rates", 2, g.rate, err)) != 0 || (rc = solve(k, &g, x, err)) != 0)
		return rc;
	if (dy && (mg_rank(dy) != 4 || mg_dim(dy, 0) != g.n || mg_dim(dy, 1) != g.out[0] || mg_dim(dy, 2) != g.out[1] || mg_dim(dy, 3) != g.c))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "out_backprop has incompatible size");
	if (what == FORWARD)
		rc = mg_kernel_output_dims(k, 0, (int64_t[]){ g.n, g.out[0], g.out[1], g.c }, 4, &y, err);
	else
		rc = mg_kernel_output(k, 0, what == TO_INPUT ? &x->shape : &f->shape, &y, err);
	if (rc || (rc = mg_k_fill(k, y, NULL, 0, err)) != 0)
		return rc;
	for (int64_t b = 0; b < g.n; b++)
		for (int64_t r = 0; r < g.out[0]; r++)
			for (int64_t s = 0; s < g.out[1]; s++)
				for (int64_t c = 0; c < g.c; c++, at++) {
					double best = -INFINITY;
					int64_t from = -1, weight = -1;

					for (int64_t i = 0; i < g.k[0]; i++)
						for (int64_t j = 0; j < g.k[1]; j++) {
							int64_t h = r * g.stride[0] + i * g.rate[0] - g.pad[0], w = s * g.stride[1] + j * g.rate[1] - g.pad[1];
							int64_t p = ((b * g.in[0] + h) * g.in[1] + w) * g.c + c, q = (i * g.k[1] + j) * g.c + c;
							double v;

							if (h < 0 || h >= g.in[0] || w < 0 || w >= g.in[1])
								continue;
							v = sum_of(x->dtype, get(x, p), get(f, q));
							if (from < 0 || v > best) {
								best = v;
								from = p;
								weight = q;
							}
						}
					if (what == FORWARD)
						put(y, at, best);
					else if (from >= 0)
						put(y, what == TO_INPUT ? from : weight, get(y, what == TO_INPUT ? from : weight) + get(dy, at));
				}
	return 0;
}

static int dilation_run(mg_kernel_ctx *k, mgreg_error *err) { return dilation(k, FORWARD, err); }
static int dilation_input_run(mg_kernel_ctx *k, mgreg_error *err) { return dilation(k, TO_INPUT, err); }
static int dilation_filter_run(mg_kernel_ctx *k, mgreg_error *err) { return dilation(k, TO_FILTER, err); }

const mg_kernel mg_kernels_patches[] = {
	{ "ExtractImagePatches", .run = image_run }, { "ExtractVolumePatches", .run = volume_run },
	{ "Dilation2D", "T=" K_REALS_TEXT, .run = dilation_run },
	{ "Dilation2DBackpropInput", "T=" K_REALS_TEXT, .run = dilation_input_run },
	{ "Dilation2DBackpropFilter", "T=" K_REALS_TEXT, .run = dilation_filter_run },
	{ .op = NULL }
};
