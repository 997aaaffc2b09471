/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grads_decomp.c - gradients of decompositions, determinants and solvers.
 *
 * The formulas are those of Giles, "Collected matrix derivative results for forward and reverse mode algorithmic
 * differentiation" (2008); Cholesky is Murray's (2016), QR Walter and Lehmann's (2012), which TensorFlow uses too.
 */
#include "base/base.h"
#include "grad/grad_internal.h"

#define A mg_grad_x(c, 0)
#define B mg_grad_x(c, 1)

static mg_output
mul(mg_grad_ctx *c, mg_output a, mg_output b, bool adjoint_a, bool adjoint_b)
{
	return mg_build(&c->b, "BatchMatMul", "MatMul", "oo;b:adj_x b:adj_y", a, b, (int)adjoint_a, (int)adjoint_b);
}

static mg_output times(mg_grad_ctx *c, mg_output a, mg_output b) { return mg_g2(c, "Mul", "mul", a, b); }
static mg_output plus(mg_grad_ctx *c, mg_output a, mg_output b) { return mg_g2(c, "Add", "add", a, b); }
static mg_output minus(mg_grad_ctx *c, mg_output a, mg_output b) { return mg_g2(c, "Sub", "sub", a, b); }
static mg_output negative(mg_grad_ctx *c, mg_output a) { return mg_g1(c, "Neg", "Neg", a); }
static mg_output half(mg_grad_ctx *c, mg_output a) { return mg_g2k(c, "Mul", "mul", "x", a, 0.5, true); }

/* The unit matrix that fits X's last dimension, for every matrix of the batch. */
static mg_output
unit(mg_grad_ctx *c, mg_output x)
{
	return mg_g1(c, "MatrixDiag", "eye/diag", mg_g_ones_like(c, mg_g1(c, "MatrixDiagPart", "eye/part", x)));
}

/* X^H: the product with the unit matrix is one node where the rank is not known, and a matrix is small here. */
static mg_output adjoint(mg_grad_ctx *c, mg_output x, mg_output one) { return mul(c, x, one, true, false); }

/* The lower (LOWER) or upper triangle, diagonal included. */
static mg_output
triangle(mg_grad_ctx *c, mg_output x, bool lower)
{
	return mg_g3(c, "MatrixBandPart", NULL, x, mg_const_scalar(&c->b, "MatrixBandPart/num_lower", MGREG_INT64, lower ? -1 : 0),
		mg_const_scalar(&c->b, "MatrixBandPart/num_upper", MGREG_INT64, lower ? 0 : -1));
}

static mg_output diagonal(mg_grad_ctx *c, mg_output x) { return mg_g1(c, "MatrixDiagPart", NULL, x); }
static mg_output set_diagonal(mg_grad_ctx *c, mg_output x, mg_output d) { return mg_g2(c, "MatrixSetDiag", NULL, x, d); }
static mg_output as_column(mg_grad_ctx *c, mg_output x) { return mg_g2i(c, "ExpandDims", "ExpandDims", "dim", x, -1); }
static mg_output as_row(mg_grad_ctx *c, mg_output x) { return mg_g2i(c, "ExpandDims", "ExpandDims", "dim", x, -2); }

static mg_output
solve_triangular(mg_grad_ctx *c, mg_output a, mg_output b, bool lower, bool is_adjoint)
{
	return mg_build(&c->b, "MatrixTriangularSolve", NULL, "oo;b:lower b:adjoint", a, b, (int)lower, (int)is_adjoint);
}

static int
grad_inverse(mg_grad_ctx *c)
{
	mg_output y = mg_grad_y(c, 0), g = mg_grad_dy(c, 0);

	if (mg_g_attr_bool(c, "adjoint"))       /* Y = A^-H: dA = -Y dY^H Y */
		mg_grad_set(c, 0, negative(c, mul(c, y, mul(c, g, y, true, false), false, false)));
	else
		mg_grad_set(c, 0, negative(c, mul(c, y, mul(c, g, y, false, true), true, false)));
	return c->b.rc;
}

static mg_output
inverse_adjoint(mg_grad_ctx *c, mg_output a)
{
	return mg_build(&c->b, "MatrixInverse", NULL, "o;b:adjoint", a, 1);
}

static int
grad_determinant(mg_grad_ctx *c)
{
	mg_output inverse = inverse_adjoint(c, A), g = times(c, mg_grad_dy(c, 0), mg_grad_y(c, 0));

	mg_grad_set(c, 0, times(c, as_column(c, as_column(c, g)), inverse));
	return c->b.rc;
}

static int
grad_log_determinant(mg_grad_ctx *c)
{
	mg_grad_set(c, 0, times(c, as_column(c, as_column(c, mg_grad_dy(c, 1))), inverse_adjoint(c, A)));
	return c->b.rc;
}

static int
grad_cholesky(mg_grad_ctx *c)
{
	mg_output l = mg_grad_y(c, 0), one = unit(c, l), inverse = solve_triangular(c, l, one, true, false), middle, g;

	middle = mul(c, l, mg_grad_dy(c, 0), true, false);
	middle = triangle(c, set_diagonal(c, middle, half(c, diagonal(c, middle))), true);
	g = mul(c, mul(c, inverse, middle, true, false), inverse, false, false);
	mg_grad_set(c, 0, half(c, plus(c, g, adjoint(c, g, one))));
	return c->b.rc;
}

static int
grad_solve(mg_grad_ctx *c)
{
	bool is_adjoint = mg_g_attr_bool(c, "adjoint");
	mg_output x = mg_grad_y(c, 0), db;

	db = mg_build(&c->b, "MatrixSolve", NULL, "oo;b:adjoint", A, mg_grad_dy(c, 0), (int)!is_adjoint);
	mg_grad_set(c, 0, negative(c, is_adjoint ? mul(c, x, db, false, true) : mul(c, db, x, false, true)));
	mg_grad_set(c, 1, db);
	return c->b.rc;
}

static int
grad_triangular_solve(mg_grad_ctx *c)
{
	bool is_adjoint = mg_g_attr_bool(c, "adjoint"), lower = mg_g_attr_bool(c, "lower");
	mg_output x = mg_grad_y(c, 0), db = solve_triangular(c, A, mg_grad_dy(c, 0), lower, !is_adjoint);

	mg_grad_set(c, 0, triangle(c, negative(c, is_adjoint ? mul(c, x, db, false, true) : mul(c, db, x, false, true)), lower));
	mg_grad_set(c, 1, db);
	return c->b.rc;
}

/* X = (A^T A + l2)^-1 A^T B for tall matrices, A^T (A A^T + l2)^-1 B for wide ones; only the fast form has a gradient. */
static int
grad_solve_ls(mg_grad_ctx *c)
{
	const mg_shape *s = mg_g_static(A);
	mg_output x = mg_grad_y(c, 0), g = mg_grad_dy(c, 0), l2 = mg_g_cast(c, mg_grad_x(c, 2), mg_g_type(A)), gram, z, t, da;
	int64_t m = s->rank >= 2 ? mg_shape_dim(s, s->rank - 2) : -1, n = s->rank >= 2 ? mg_shape_dim(s, s->rank - 1) : -1;
	bool wide = m >= 0 && n >= 0 && m < n;

	if (!mg_g_attr_bool(c, "fast"))
		return mg_fail(c->b.err, MGREG_UNIMPLEMENTED, "node '%s': the gradient of MatrixSolveLs is defined for fast=true only", c->node->name);
	if (m < 0 || n < 0)
		return mg_fail(c->b.err, MGREG_INVALID_ARGUMENT, "node '%s': the gradient of MatrixSolveLs needs known matrix dimensions", c->node->name);
	gram = mul(c, A, A, !wide, wide);
	gram = plus(c, gram, times(c, l2, unit(c, gram)));
	if (!wide) {            /* Z = G^-1 dX: dB = A Z, dA = (B - A X) Z^T - A Z X^T */
		z = mg_build(&c->b, "MatrixSolve", NULL, "oo;b:adjoint", gram, g, 0);
		t = mul(c, A, z, false, false);
		da = minus(c, mul(c, minus(c, B, mul(c, A, x, false, false)), z, false, true), mul(c, t, x, false, true));
	} else {                /* W = G^-1 B, T = G^-1 A dX: dB = T, dA = W dX^T - (T X^T + W (A^T T)^T) */
		mg_output w = mg_build(&c->b, "MatrixSolve", NULL, "oo;b:adjoint", gram, B, 0);
		t = mg_build(&c->b, "MatrixSolve", NULL, "oo;b:adjoint", gram, mul(c, A, g, false, false), 0);
		da = minus(c, mul(c, w, g, false, true), plus(c, mul(c, t, x, false, true), mul(c, w, mul(c, A, t, true, false), false, true)));
	}
	mg_grad_set(c, 0, da);
	mg_grad_set(c, 1, t);
	return c->b.rc;
}

/* 1 / (x_j - x_i) off the diagonal, zero on it. */
static mg_output
gaps(mg_grad_ctx *c, mg_output x)
{
	mg_output difference = minus(c, as_row(c, x), as_column(c, x)), one = mg_g_ones_like(c, x);

	return set_diagonal(c, mg_g1(c, "Reciprocal", NULL, set_diagonal(c, difference, one)), mg_g_zeros_like(c, x));
}

static int
grad_self_adjoint_eig(mg_grad_ctx *c)
{
	mg_output e = mg_grad_y(c, 0), v = mg_grad_y(c, 1), inner = mg_g1(c, "MatrixDiag", NULL, mg_grad_dy(c, 0)), g;

	if (mg_g_attr_bool(c, "compute_v")) {
		inner = plus(c, inner, times(c, gaps(c, e), mul(c, v, mg_grad_dy(c, 1), true, false)));
	} else {
		mg_output again = mg_build(&c->b, "SelfAdjointEigV2", NULL, "o;b:compute_v", A, 1);
		v = mg_g_at(again, 1);
	}
	g = mul(c, v, mul(c, inner, v, false, true), false, false);
	/* only the lower triangle is read: it carries both halves */
	g = triangle(c, plus(c, g, adjoint(c, g, unit(c, g))), true);
	mg_grad_set(c, 0, set_diagonal(c, g, half(c, diagonal(c, g))));
	return c->b.rc;
}

static int
grad_svd(mg_grad_ctx *c)
{
	const mg_shape *shape = mg_g_static(A);
	mg_output s = mg_grad_y(c, 0), u = mg_grad_y(c, 1), v = mg_grad_y(c, 2), diag, inner, inverse, g, f, du, dv, t;

	if (mg_g_type(A) == MGREG_COMPLEX64 || mg_g_type(A) == MGREG_COMPLEX128)
		return mg_fail(c->b.err, MGREG_UNIMPLEMENTED, "node '%s': there is no gradient of a complex singular value decomposition", c->node->name);
	diag = mg_g1(c, "MatrixDiag", NULL, mg_grad_dy(c, 0));
	if (!mg_g_attr_bool(c, "compute_uv")) {
		mg_output again = mg_build(&c->b, "Svd", NULL, "o;b:compute_uv", A, 1);
		u = mg_g_at(again, 1);
		v = mg_g_at(again, 2);
		mg_grad_set(c, 0, mul(c, u, mul(c, diag, v, false, true), false, false));
		return c->b.rc;
	}
	if (shape->rank < 2 || (mg_g_attr_bool(c, "full_matrices") && mg_shape_dim(shape, shape->rank - 1) != mg_shape_dim(shape, shape->rank - 2)))
		return mg_fail(c->b.err, MGREG_UNIMPLEMENTED, "node '%s': the gradient of Svd needs a known rank, and square matrices where full_matrices is set",
			c->node->name);
	du = mg_grad_dy(c, 1);
	dv = mg_grad_dy(c, 2);
	f = gaps(c, mg_g1(c, "Square", NULL, s));
	inverse = mg_g1(c, "MatrixDiag", NULL, mg_g1(c, "Reciprocal", NULL, s));
	/* U [ (F (U^T dU - dU^T U)) S + ds + S (F (V^T dV - dV^T V)) ] V^T */
	t = times(c, f, minus(c, mul(c, u, du, true, false), mul(c, du, u, true, false)));
	inner = plus(c, diag, times(c, t, as_row(c, s)));
	t = times(c, f, minus(c, mul(c, v, dv, true, false), mul(c, dv, v, true, false)));
	inner = plus(c, inner, times(c, as_column(c, s), t));
	g = mul(c, u, mul(c, inner, v, false, true), false, false);
	/* what of dU and dV lies outside of the spaces that U and V span */
	t = minus(c, du, mul(c, u, mul(c, u, du, true, false), false, false));
	g = plus(c, g, mul(c, mul(c, t, inverse, false, false), v, false, true));
	t = minus(c, dv, mul(c, v, mul(c, v, dv, true, false), false, false));
	g = plus(c, g, mul(c, u, mul(c, t, inverse, false, false), false, true));
	mg_grad_set(c, 0, g);
	return c->b.rc;
}

/* dA = (dQ - Q Q^T dQ) R^-T + Q (dR + tril(Q^T dQ - dQ^T Q + R dR^T - dR R^T) R^-T), for matrices that are not wide. */
static int
grad_qr(mg_grad_ctx *c)
{
	const mg_shape *shape = mg_g_static(A);
	mg_output q = mg_grad_y(c, 0), r = mg_grad_y(c, 1), dq = mg_grad_dy(c, 0), dr = mg_grad_dy(c, 1), one = unit(c, r), qdq, rdr, low, t;
	int64_t m = shape->rank >= 2 ? mg_shape_dim(shape, shape->rank - 2) : -1, n = shape->rank >= 2 ? mg_shape_dim(shape, shape->rank - 1) : -1;

	if (m < 0 || n < 0 || m < n || (mg_g_attr_bool(c, "full_matrices") && m != n))
		return mg_fail(c->b.err, MGREG_UNIMPLEMENTED, "node '%s': the gradient of Qr is defined for matrices that are not wide, without full_matrices",
			c->node->name);
	qdq = mul(c, q, dq, true, false);
	rdr = mul(c, r, dr, false, true);
	low = plus(c, minus(c, qdq, adjoint(c, qdq, one)), minus(c, rdr, adjoint(c, rdr, one)));
	low = set_diagonal(c, triangle(c, low, true), mg_g_zeros_like(c, diagonal(c, low)));
	t = adjoint(c, solve_triangular(c, r, adjoint(c, low, one), false, false), one);
	t = mul(c, q, plus(c, dr, t), false, false);
	low = minus(c, dq, mul(c, q, qdq, false, false));
	mg_grad_set(c, 0, plus(c, t, mul(c, low, solve_triangular(c, r, one, false, false), false, true)));
	return c->b.rc;
}

const mg_grad mg_grads_decomp[] = {
	{ "MatrixInverse", grad_inverse }, { "MatrixDeterminant", grad_determinant }, { "LogMatrixDeterminant", grad_log_determinant },
	{ "Cholesky", grad_cholesky }, { "MatrixSolve", grad_solve }, { "MatrixTriangularSolve", grad_triangular_solve },
	{ "MatrixSolveLs", grad_solve_ls }, { "SelfAdjointEigV2", grad_self_adjoint_eig }, { "Svd", grad_svd }, { "Qr", grad_qr },
	{ .op = NULL }
};
