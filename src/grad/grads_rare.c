/* SPDX-License-Identifier: Apache-2.0 */
/* grads_rare.c - gradients of special functions, of scatters into tensors, of cut and resized images. */
#include "base/base.h"
#include "grad/grad_internal.h"

#define X mg_grad_x(c, 0)
#define Y mg_grad_x(c, 1)
#define G mg_grad_dy(c, 0)

static mg_output mul(mg_grad_ctx *c, mg_output a, mg_output b) { return mg_g2(c, "Mul", "mul", a, b); }
static mg_output add(mg_grad_ctx *c, mg_output a, mg_output b) { return mg_g2(c, "Add", "add", a, b); }
static mg_output sub(mg_grad_ctx *c, mg_output a, mg_output b) { return mg_g2(c, "Sub", "sub", a, b); }

/* ---- special functions of two operands, of which the second (Zeta, Polygamma: alone) has a gradient ---- */

/* exp(-x + (a - 1) log x - lgamma(a)), the density of the gamma distribution. */
static mg_output
gamma_density(mg_grad_ctx *c, mg_output a, mg_output x)
{
	mg_output e = sub(c, mul(c, mg_g2k(c, "Sub", "sub", "y", a, 1, false), mg_g1(c, "Log", NULL, x)), mg_g1(c, "Lgamma", NULL, a));

	return mg_g1(c, "Exp", NULL, add(c, mg_g1(c, "Neg", NULL, x), e));
}

static int
igamma(mg_grad_ctx *c, mg_output g)
{
	mg_g_br r = mg_g_br_begin(c, X, Y);

	mg_grad_set(c, 0, mg_g_br_x(c, &r, mul(c, g, mg_g2(c, "IgammaGradA", NULL, X, Y))));
	mg_grad_set(c, 1, mg_g_br_y(c, &r, mul(c, g, gamma_density(c, X, Y))));
	return c->b.rc;
}

static int grad_igamma(mg_grad_ctx *c) { return igamma(c, G); }
static int grad_igammac(mg_grad_ctx *c) { return igamma(c, mg_g1(c, "Neg", NULL, G)); }

static int
grad_polygamma(mg_grad_ctx *c)
{
	mg_g_br r = mg_g_br_begin(c, X, Y);

	mg_grad_set(c, 1, mg_g_br_y(c, &r, mul(c, G, mg_g2(c, "Polygamma", NULL, mg_g2k(c, "Add", "add", "y", X, 1, false), Y))));
	return c->b.rc;
}

static int
grad_zeta(mg_grad_ctx *c)
{
	mg_g_br r = mg_g_br_begin(c, X, Y);
	mg_output next = mg_g2(c, "Zeta", NULL, mg_g2k(c, "Add", "add", "y", X, 1, false), Y);

	mg_grad_set(c, 1, mg_g_br_y(c, &r, mul(c, G, mul(c, mg_g1(c, "Neg", NULL, X), next))));
	return c->b.rc;
}

/* By x alone: the density of the beta distribution. */
static int
grad_betainc(mg_grad_ctx *c)
{
	mg_output x = mg_grad_x(c, 2), e, log_beta;
	mg_g_br r = mg_g_br_begin(c, X, x);

	log_beta = sub(c, add(c, mg_g1(c, "Lgamma", NULL, X), mg_g1(c, "Lgamma", NULL, Y)), mg_g1(c, "Lgamma", NULL, add(c, X, Y)));
	e = add(c, mul(c, mg_g2k(c, "Sub", "sub", "y", Y, 1, false), mg_g1(c, "Log1p", NULL, mg_g1(c, "Neg", NULL, x))),
		mul(c, mg_g2k(c, "Sub", "sub", "y", X, 1, false), mg_g1(c, "Log", NULL, x)));
	mg_grad_set(c, 2, mg_g_br_y(c, &r, mul(c, G, mg_g1(c, "Exp", NULL, sub(c, e, log_beta)))));
	return c->b.rc;
}

static int
grad_bessel_i0e(mg_grad_ctx *c)
{
	mg_output slope = sub(c, mg_g1(c, "BesselI1e", NULL, X), mul(c, mg_g1(c, "Sign", NULL, X), mg_grad_y(c, 0)));

	mg_grad_set(c, 0, mul(c, G, slope));
	return c->b.rc;
}

/* I0e(x) - I1e(x) (sign x + 1/x); 1/2 at zero, where x is replaced so that nothing is divided by it. */
static int
grad_bessel_i1e(mg_grad_ctx *c)
{
	mg_output zero = mg_g2(c, "Equal", NULL, X, mg_g_zeros_like(c, X)), one = mg_g_ones_like(c, X), safe, slope;

	safe = mg_g3(c, "Select", NULL, zero, one, X);
	slope = sub(c, mg_g1(c, "BesselI0e", NULL, safe),
		mul(c, mg_grad_y(c, 0), add(c, mg_g1(c, "Sign", NULL, safe), mg_g1(c, "Reciprocal", NULL, safe))));
	mg_grad_set(c, 0, mul(c, G, mg_g3(c, "Select", NULL, zero, mg_g2k(c, "Mul", "mul", "x", one, 0.5, true), slope)));
	return c->b.rc;
}

static int
grad_next_after(mg_grad_ctx *c)
{
	mg_g_br r = mg_g_br_begin(c, X, Y);

	mg_grad_set(c, 0, mg_g_br_x(c, &r, G));
	mg_grad_set(c, 1, mg_g_br_y(c, &r, mg_g_zeros_like(c, G)));
	return c->b.rc;
}

/* ---- moving elements ---- */

static int
grad_roll(mg_grad_ctx *c)
{
	mg_grad_set(c, 0, mg_g3(c, "Roll", NULL, G, mg_g1(c, "Neg", NULL, Y), mg_grad_x(c, 2)));
	return c->b.rc;
}

static int
grad_conjugate_transpose(mg_grad_ctx *c)
{
	mg_grad_set(c, 0, mg_g2(c, "ConjugateTranspose", NULL, G, mg_g1(c, "InvertPermutation", NULL, Y)));
	return c->b.rc;
}

/* (tensor, indices, updates): what is written over has no gradient. */
static int
grad_tensor_scatter_update(mg_grad_ctx *c)
{
	mg_grad_set(c, 0, mg_g3(c, "TensorScatterUpdate", NULL, G, Y, mg_g_zeros_like(c, mg_grad_x(c, 2))));
	mg_grad_set(c, 2, mg_g2(c, "GatherNd", NULL, G, Y));
	return c->b.rc;
}

static int
grad_tensor_scatter_add(mg_grad_ctx *c)
{
	mg_grad_set(c, 0, mg_g1(c, "Identity", NULL, G));
	mg_grad_set(c, 2, mg_g2(c, "GatherNd", NULL, G, Y));
	return c->b.rc;
}

static int
grad_tensor_scatter_sub(mg_grad_ctx *c)
{
	mg_grad_set(c, 0, mg_g1(c, "Identity", NULL, G));
	mg_grad_set(c, 2, mg_g1(c, "Neg", NULL, mg_g2(c, "GatherNd", NULL, G, Y)));
	return c->b.rc;
}

static mg_output first_dim(mg_grad_ctx *c) { return mg_g_strided(c, mg_g_shape(c, X), 0, 1, true); }

static int
grad_segment_sum_n(mg_grad_ctx *c)
{
	mg_grad_set(c, 0, mg_g3(c, "UnsortedSegmentSum", NULL, mg_g_gather(c, G, mg_grad_x(c, 2), 0), Y, first_dim(c)));
	return c->b.rc;
}

static int
segment_n(mg_grad_ctx *c, const char *op)
{
	mg_grad_set(c, 0, mg_build(&c->b, op, NULL, "oooo", G, Y, mg_grad_x(c, 2), first_dim(c)));
	return c->b.rc;
}

static int grad_segment_mean_n(mg_grad_ctx *c) { return segment_n(c, "SparseSegmentMeanGrad"); }
static int grad_segment_sqrt_n(mg_grad_ctx *c) { return segment_n(c, "SparseSegmentSqrtNGrad"); }

/* ---- images ---- */

static int
grad_resize_bicubic(mg_grad_ctx *c)
{
	if (mg_g_type(X) == MGREG_FLOAT || mg_g_type(X) == MGREG_DOUBLE)
		mg_grad_set(c, 0, mg_build(&c->b, "ResizeBicubicGrad", NULL, "oo;a:align_corners a:half_pixel_centers", G, X,
			mg_g_attr(c, "align_corners"), mg_g_attr(c, "half_pixel_centers")));
	return c->b.rc;
}

static int
grad_crop_and_resize(mg_grad_ctx *c)
{
	int dtype = mg_g_type(X);

	if (dtype == MGREG_FLOAT || dtype == MGREG_DOUBLE || dtype == MGREG_HALF)
		mg_grad_set(c, 0, mg_build(&c->b, "CropAndResizeGradImage", NULL, "oooo;t:T a:method", G, Y, mg_grad_x(c, 2), mg_g_shape(c, X), dtype,
			mg_g_attr(c, "method")));
	mg_grad_set(c, 1, mg_build(&c->b, "CropAndResizeGradBoxes", NULL, "oooo", G, X, Y, mg_grad_x(c, 2)));
	return c->b.rc;
}

const mg_grad mg_grads_rare[] = {
	{ "Igamma", grad_igamma }, { "Igammac", grad_igammac }, { "Polygamma", grad_polygamma }, { "Zeta", grad_zeta },
	{ "Betainc", grad_betainc }, { "BesselI0e", grad_bessel_i0e }, { "BesselI1e", grad_bessel_i1e }, { "NextAfter", grad_next_after },
	{ "Roll", grad_roll }, { "ConjugateTranspose", grad_conjugate_transpose },
	{ "TensorScatterUpdate", grad_tensor_scatter_update }, { "TensorScatterAdd", grad_tensor_scatter_add },
	{ "TensorScatterSub", grad_tensor_scatter_sub }, { "ScatterNdNonAliasingAdd", grad_tensor_scatter_add },
	{ "SparseSegmentSumWithNumSegments", grad_segment_sum_n }, { "SparseSegmentMeanWithNumSegments", grad_segment_mean_n },
	{ "SparseSegmentSqrtNWithNumSegments", grad_segment_sqrt_n },
	{ "ResizeBicubic", grad_resize_bicubic }, { "CropAndResize", grad_crop_and_resize },
	{ .op = NULL }
};
