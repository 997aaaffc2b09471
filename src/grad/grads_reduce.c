/* SPDX-License-Identifier: Apache-2.0 */
/* grads_reduce.c - gradients of reductions, running sums and segment ops (gradients.md section 5). */
#include "base/base.h"
#include "grad/grad_internal.h"

#define X mg_grad_x(c, 0)
#define Y mg_grad_x(c, 1)
#define Z mg_grad_y(c, 0)
#define G mg_grad_dy(c, 0)

static mg_output mul(mg_grad_ctx *c, mg_output a, mg_output b) { return mg_g2(c, "Mul", "mul", a, b); }
static mg_output reshape(mg_grad_ctx *c, mg_output x, mg_output shape) { return mg_g2(c, "Reshape", NULL, x, shape); }

/* ---- Sum, Mean, Max, Min, Prod ---- */

/* Are AXES known to be 0, 1, ..., RANK-1, in order? */
static bool
is_every_axis(mg_output axes, int rank)
{
	int64_t v[MG_MAX_RANK];
	int n;

	if (!mg_g_constant_ints(axes, v, MG_MAX_RANK, &n) || n != rank)
		return false;
	for (int i = 0; i < n; i++)
		if (v[i] != i)
			return false;
	return true;
}

static mg_output
sum_gradient(mg_grad_ctx *c, mg_output g)
{
	const mg_shape *s = mg_g_static(X);
	mg_output shape, kept, scale;

	if (s->rank >= 0 && is_every_axis(Y, s->rank)) {
		int64_t ones[MG_MAX_RANK];

		for (int i = 0; i < s->rank; i++)
			ones[i] = 1;
		g = mg_g2v(c, "Reshape", "Reshape", "shape", g, ones, s->rank);
		shape = c->b.rc || !mg_shape_is_full(s) ? mg_g_shape(c, X) : mg_const_i32s(&c->b, "Const", mg_shape_cdims(s), s->rank);
		return mg_g2(c, "Tile", NULL, g, shape);
	}
	shape = mg_g_shape(c, X);
	kept = mg_g_reduced_shape(c, shape, Y);
	scale = mg_g_shape_div(c, shape, kept);
	return mg_g2(c, "Tile", NULL, reshape(c, g, kept), scale);
}

static int
grad_sum(mg_grad_ctx *c)
{
	mg_grad_set(c, 0, sum_gradient(c, G));
	return c->b.rc;
}

static int
grad_mean(mg_grad_ctx *c)
{
	mg_output g = sum_gradient(c, G), factor;
	int64_t in, out;

	if (c->b.rc)
		return c->b.rc;
	if (mg_shape_is_full(mg_g_static(X)) && mg_shape_is_full(mg_g_static(Z))
	    && mg_shape_count(mg_g_static(X), &in, NULL) == 0 && mg_shape_count(mg_g_static(Z), &out, NULL) == 0) {
		factor = mg_g_k(c, "Const", g, (double)(in / MG_MAX(out, 1)));
	} else {
		mg_output in_shape = mg_g_shape(c, X), out_shape = mg_g_shape(c, Z);
		mg_output all = mg_g_reduce_all(c, "Prod", in_shape);

		factor = mg_g_cast(c, mg_g_shape_div(c, all, mg_g_reduce_all(c, "Prod", out_shape)), mg_g_type(g));
	}
	mg_grad_set(c, 0, mg_g2(c, "RealDiv", "truediv", g, factor));
	return c->b.rc;
}

/* Equal winners share equally. */
static int
grad_extreme(mg_grad_ctx *c)
{
	mg_output g = G, shape, kept, y, same, count;

	shape = mg_g_shape(c, X);
	kept = mg_g_reduced_shape(c, shape, Y);
	y = reshape(c, Z, kept);
	g = reshape(c, g, kept);
	same = mg_g_cast(c, mg_g2(c, "Equal", NULL, y, X), mg_g_type(g));
	count = reshape(c, mg_g_reduce(c, "Sum", same, Y, false), kept);
	mg_grad_set(c, 0, mul(c, mg_g2(c, "RealDiv", "truediv", same, count), g));
	return c->b.rc;
}

static mg_output
cumulate(mg_grad_ctx *c, const char *op, mg_output x, mg_output axis, bool exclusive, bool reverse)
{
	return mg_build(&c->b, op, NULL, "oo;b:exclusive b:reverse", x, axis, (int)exclusive, (int)reverse);
}

/* The product of all others, as products from both sides: right with zeros among the factors, where a quotient is not. */
static int
grad_prod(mg_grad_ctx *c)
{
	static const int64_t flat = -1;
	mg_output g = G, shape, axes, kept, rank, other, perm, sizes[2], permuted, matrix, zero, left, right, parts[2], y;

	shape = mg_g_shape(c, X);
	axes = mg_g2v(c, "Reshape", "Reshape", "shape", Y, &flat, 1);
	kept = mg_g_reduced_shape(c, shape, Y);
	g = mg_g2(c, "Tile", NULL, reshape(c, g, kept), mg_g_shape_div(c, shape, kept));
	rank = mg_g_rank(c, X);
	axes = mg_g_cast(c, axes, MGREG_INT32);
	axes = mg_g2(c, "FloorMod", "mod", mg_g2(c, "Add", "add", axes, rank), rank);
	other = mg_g2(c, "ListDiff", NULL, mg_g_range(c, 0, rank), axes);
	parts[0] = axes;
	parts[1] = other;
	perm = mg_g_concat(c, parts, 2, 0);
	sizes[0] = mg_g_reduce_all(c, "Prod", mg_g_gather(c, shape, axes, 0));
	sizes[1] = mg_g_reduce_all(c, "Prod", mg_g_gather(c, shape, other, 0));
	permuted = mg_g_transpose(c, X, perm);
	matrix = reshape(c, permuted, mg_g_pack(c, sizes, 2));
	zero = c->b.rc ? MG_NO_OUTPUT : mg_const_scalar(&c->b, "Cumprod/axis", MGREG_INT32, 0);
	left = cumulate(c, "Cumprod", matrix, zero, true, false);
	right = cumulate(c, "Cumprod", matrix, zero, true, true);
	y = reshape(c, mul(c, mg_g_conj(c, left), mg_g_conj(c, right)), mg_g_shape(c, permuted));
	y = mul(c, g, mg_g_transpose(c, y, mg_g1(c, "InvertPermutation", NULL, perm)));
	mg_grad_set(c, 0, reshape(c, y, shape));
	return c->b.rc;
}

static int grad_nothing(mg_grad_ctx *c) { return c->b.rc; }

static int
grad_cumsum(mg_grad_ctx *c)
{
	mg_grad_set(c, 0, cumulate(c, "Cumsum", G, Y, mg_g_attr_bool(c, "exclusive"), !mg_g_attr_bool(c, "reverse")));
	return c->b.rc;
}

static int
grad_cumprod(mg_grad_ctx *c)
{
	bool exclusive = mg_g_attr_bool(c, "exclusive"), reverse = mg_g_attr_bool(c, "reverse");
	mg_output g = G, prod, out;

	prod = cumulate(c, "Cumprod", X, Y, exclusive, reverse);
	out = cumulate(c, "Cumsum", mul(c, prod, g), Y, exclusive, !reverse);
	mg_grad_set(c, 0, mg_g2(c, "RealDiv", "truediv", out, X));
	return c->b.rc;
}

/* ---- segments of sorted ids ---- */

static int
grad_segment_sum(mg_grad_ctx *c)
{
	mg_grad_set(c, 0, mg_g_gather(c, G, Y, 0));
	return c->b.rc;
}

static int
grad_segment_mean(mg_grad_ctx *c)
{
	mg_output g = G, rank, lengths[2], ones, counts;

	rank = mg_g_rank(c, X);
	lengths[0] = mg_g_shape(c, Y);
	/* a one for each dimension after the first, so that the counts broadcast */
	lengths[1] = mg_g2(c, "Fill", NULL,
		mg_g2i(c, "ExpandDims", "ExpandDims", "dim", mg_g2k(c, "Sub", "sub", "y", rank, 1, false), 0),
		c->b.rc ? MG_NO_OUTPUT : mg_const_scalar(&c->b, "Fill/value", MGREG_INT32, 1));
	ones = mg_g2(c, "Fill", NULL, mg_g_concat(c, lengths, 2, 0), mg_g_k(c, "ones/Const", g, 1));
	counts = mg_g2(c, "SegmentSum", NULL, ones, Y);
	mg_grad_set(c, 0, mg_g_gather(c, mg_g2(c, "RealDiv", "truediv", g, counts), Y, 0));
	return c->b.rc;
}

static int
grad_segment_extreme(mg_grad_ctx *c)
{
	mg_output g = G, zeros, winners, selected, share;

	zeros = mg_g_zeros_like(c, X);
	winners = mg_g2(c, "Equal", NULL, X, mg_g_gather(c, Z, Y, 0));
	selected = mg_g2(c, "SegmentSum", NULL, mg_g_cast(c, winners, mg_g_type(g)), Y);
	share = mg_g_gather(c, mg_g2(c, "RealDiv", "truediv", g, selected), Y, 0);
	mg_grad_set(c, 0, mg_g3(c, "Select", NULL, winners, share, zeros));
	return c->b.rc;
}

/* ---- segments of any ids; a negative id belongs to no segment ---- */

typedef struct dropped { mg_output values, ids, positive; } dropped;

/* Rows of PARAMS by IDS, zero where the id is negative. */
static dropped
gather_drop_negatives(mg_grad_ctx *c, mg_output params, mg_output ids)
{
	dropped d;
	mg_output extra, shape[2];

	d.ids = mg_g2(c, "Maximum", NULL, ids, mg_g_zeros_like(c, ids));
	d.values = mg_g_gather(c, params, d.ids, 0);
	d.positive = mg_g2k(c, "GreaterEqual", "GreaterEqual", "y", ids, 0, false);
	/* as many dimensions as the values have, then broadcast to their shape */
	extra = mg_g2(c, "Sub", "sub", mg_g_rank(c, d.values), mg_g_rank(c, d.positive));
	shape[0] = mg_g_shape(c, d.positive);
	shape[1] = mg_g2(c, "Fill", NULL, mg_g2i(c, "ExpandDims", "ExpandDims", "dim", extra, 0),
		c->b.rc ? MG_NO_OUTPUT : mg_const_scalar(&c->b, "ones/Const", MGREG_INT32, 1));
	d.positive = reshape(c, d.positive, mg_g_concat(c, shape, 2, 0));
	d.positive = mg_g2(c, "LogicalAnd", NULL, d.positive,
		mg_g2(c, "Fill", NULL, mg_g_shape(c, d.values), c->b.rc ? MG_NO_OUTPUT : mg_const_scalar(&c->b, "ones_like/Const", MGREG_BOOL, 1)));
	d.values = mg_g3(c, "Select", NULL, d.positive, d.values, mg_g_zeros_like(c, d.values));
	return d;
}

static int
grad_unsorted_sum(mg_grad_ctx *c)
{
	mg_grad_set(c, 0, gather_drop_negatives(c, G, Y).values);
	return c->b.rc;
}

static int
grad_unsorted_extreme(mg_grad_ctx *c)
{
	mg_output g = G, winners, count, share;
	dropped d, s;

	d = gather_drop_negatives(c, Z, Y);
	winners = mg_g2(c, "LogicalAnd", NULL, mg_g2(c, "Equal", NULL, X, d.values), d.positive);
	count = mg_g3(c, "UnsortedSegmentSum", NULL, mg_g_cast(c, winners, mg_g_type(g)), Y, mg_grad_x(c, 2));
	share = mg_g2(c, "RealDiv", "truediv", g, count);
	s = gather_drop_negatives(c, share, Y);
	mg_grad_set(c, 0, mg_g3(c, "Select", NULL, winners, s.values, mg_g_zeros_like(c, s.values)));
	return c->b.rc;
}

/* No zero in the segment: product / x.  One: the product of the others at its place.  More: zero. */
static int
grad_unsorted_prod(mg_grad_ctx *c)
{
	mg_output g = G, zero, zeros, nzero, x1, prod, quotient, n = mg_grad_x(c, 2);
	dropped own;

	zero = mg_g2k(c, "Equal", "Equal", "y", X, 0, false);
	zeros = mg_g3(c, "UnsortedSegmentSum", NULL, mg_g_cast(c, zero, MGREG_INT32), Y, n);
	nzero = mg_g2k(c, "Greater", "Greater", "y", zeros, 1, false);
	g = mg_g3(c, "Select", NULL, nzero, mg_g_zeros_like(c, g), g);
	x1 = mg_g3(c, "Select", NULL, zero, mg_g_ones_like(c, X), X);
	prod = mg_g3(c, "UnsortedSegmentProd", NULL, x1, Y, n);
	own = gather_drop_negatives(c, Z, Y);
	prod = mg_g_gather(c, prod, own.ids, 0);
	quotient = mg_g2(c, "RealDiv", "truediv", own.values, x1);
	mg_grad_set(c, 0, mul(c, mg_g3(c, "Select", NULL, zero, prod, quotient), gather_drop_negatives(c, g, Y).values));
	return c->b.rc;
}

/* ---- segments of rows chosen by indices ---- */

static int
grad_sparse_segment_sum(mg_grad_ctx *c)
{
	mg_output rows = mg_g_strided(c, mg_g_shape(c, X), 0, 1, true);

	mg_grad_set(c, 0, mg_g3(c, "UnsortedSegmentSum", NULL, mg_g_gather(c, G, mg_grad_x(c, 2), 0), Y, rows));
	return c->b.rc;
}

static int
sparse_segment(mg_grad_ctx *c, const char *op)
{
	mg_output rows = mg_g_strided(c, mg_g_shape(c, X), 0, 1, true);

	mg_grad_set(c, 0, mg_build(&c->b, op, NULL, "oooo", G, Y, mg_grad_x(c, 2), rows));
	return c->b.rc;
}

static int grad_sparse_segment_mean(mg_grad_ctx *c) { return sparse_segment(c, "SparseSegmentMeanGrad"); }
static int grad_sparse_segment_sqrt_n(mg_grad_ctx *c) { return sparse_segment(c, "SparseSegmentSqrtNGrad"); }

const mg_grad mg_grads_reduce[] = {
	{ "Sum", grad_sum }, { "Mean", grad_mean }, { "Max", grad_extreme }, { "Min", grad_extreme }, { "Prod", grad_prod },
	{ "ArgMax", grad_nothing }, { "ArgMin", grad_nothing },
	{ "Cumsum", grad_cumsum }, { "Cumprod", grad_cumprod },
	{ "SegmentSum", grad_segment_sum }, { "SegmentMean", grad_segment_mean },
	{ "SegmentMax", grad_segment_extreme }, { "SegmentMin", grad_segment_extreme },
	{ "UnsortedSegmentSum", grad_unsorted_sum }, { "UnsortedSegmentMax", grad_unsorted_extreme },
	{ "UnsortedSegmentMin", grad_unsorted_extreme }, { "UnsortedSegmentProd", grad_unsorted_prod },
	{ "SparseSegmentSum", grad_sparse_segment_sum }, { "SparseSegmentMean", grad_sparse_segment_mean },
	{ "SparseSegmentSqrtN", grad_sparse_segment_sqrt_n },
	{ .op = NULL }
};
