/* SPDX-License-Identifier: Apache-2.0 */
/* grads_math.c - gradients of element-wise math (gradients.md section 5). */
#include "base/base.h"
#include "grad/grad_internal.h"

#define X mg_grad_x(c, 0)
#define Y mg_grad_x(c, 1)
#define Z mg_grad_y(c, 0)
#define G mg_grad_dy(c, 0)

static mg_output mul(mg_grad_ctx *c, mg_output a, mg_output b) { return mg_g2(c, "Mul", "mul", a, b); }
static mg_output neg(mg_grad_ctx *c, mg_output a) { return mg_g1(c, "Neg", NULL, a); }
static mg_output square(mg_grad_ctx *c, mg_output a) { return mg_g1(c, "Square", NULL, a); }
static mg_output inverse(mg_grad_ctx *c, mg_output a) { return mg_g1(c, "Reciprocal", NULL, a); }

/* ---- two operands that broadcast ---- */

static int
grad_add(mg_grad_ctx *c)
{
	mg_output g = G;
	mg_g_br r = mg_g_br_begin_unless_equal(c, X, Y, g);

	mg_grad_set(c, 0, mg_g_br_x(c, &r, g));
	mg_grad_set(c, 1, mg_g_br_y(c, &r, g));
	return c->b.rc;
}

static int
grad_sub(mg_grad_ctx *c)
{
	mg_output g = G;
	mg_g_br r = mg_g_br_begin_unless_equal(c, X, Y, g);

	mg_grad_set(c, 0, mg_g_br_x(c, &r, g));
	if (r.skip)
		mg_grad_set(c, 1, neg(c, g));
	else            /* the sum first, so that fewer elements are negated */
		mg_grad_set(c, 1, mg_g2(c, "Reshape", NULL, neg(c, mg_g_reduce(c, "Sum", g, r.ry, false)), r.sy));
	return c->b.rc;
}

static int
grad_mul(mg_grad_ctx *c)
{
	mg_output g = G, x = mg_g_conj(c, X), y = mg_g_conj(c, Y);
	mg_g_br r = mg_g_br_begin_unless_equal(c, X, Y, g);

	mg_grad_set(c, 0, mg_g_br_x(c, &r, mg_g2(c, "Mul", NULL, g, y)));
	mg_grad_set(c, 1, r.skip ? mg_g2(c, "Mul", NULL, g, x) : mg_g_br_y(c, &r, mg_g2(c, "Mul", NULL, x, g)));
	return c->b.rc;
}

static int
grad_mul_no_nan(mg_grad_ctx *c)
{
	mg_output g = G;
	mg_g_br r = mg_g_br_begin(c, X, Y);

	mg_grad_set(c, 0, mg_g_br_x(c, &r, mg_g2(c, "MulNoNan", NULL, g, Y)));
	mg_grad_set(c, 1, mg_g_br_y(c, &r, mg_g2(c, "MulNoNan", NULL, X, g)));
	return c->b.rc;
}

/* g/y and g * ((-x/y)/y), with the division given. */
static int
quotient(mg_grad_ctx *c, const char *op, const char *name)
{
	mg_output g = G, x = mg_g_conj(c, X), y = mg_g_conj(c, Y), q;
	mg_g_br r = mg_g_br_begin(c, X, Y);

	mg_grad_set(c, 0, mg_g_br_x(c, &r, mg_g2(c, op, name, g, y)));
	q = mg_g2(c, op, name, mg_g2(c, op, name, neg(c, x), y), y);
	mg_grad_set(c, 1, mg_g_br_y(c, &r, mul(c, g, q)));
	return c->b.rc;
}

static int grad_div(mg_grad_ctx *c) { return quotient(c, "Div", "div"); }
static int grad_real_div(mg_grad_ctx *c) { return quotient(c, "RealDiv", NULL); }
static int grad_div_no_nan(mg_grad_ctx *c) { return quotient(c, "DivNoNan", "div_no_nan"); }
static int grad_nothing(mg_grad_ctx *c) { return c->b.rc; }

static int
grad_floor_mod(mg_grad_ctx *c)
{
	mg_output g = G, q;
	mg_g_br r = mg_g_br_begin(c, X, Y);

	q = mg_g2(c, "FloorDiv", "floordiv", X, Y);
	mg_grad_set(c, 0, mg_g_br_x(c, &r, g));
	mg_grad_set(c, 1, mg_g_br_y(c, &r, mul(c, g, neg(c, q))));
	return c->b.rc;
}

static int
grad_pow(mg_grad_ctx *c)
{
	mg_output g = G, x = mg_g_conj(c, X), y = mg_g_conj(c, Y), z = mg_g_conj(c, Z), mask, safe, log;
	mg_g_br r = mg_g_br_begin(c, X, Y);

	mg_grad_set(c, 0, mg_g_br_x(c, &r, mul(c, mul(c, g, y),
		mg_g2(c, "Pow", NULL, x, mg_g2k(c, "Sub", "sub", "y", y, 1, false)))));
	if (mg_dtype_is_complex(mg_g_type(X)))
		mask = mg_g2k(c, "NotEqual", "NotEqual", "y", x, 0, false);
	else
		mask = mg_g2k(c, "Greater", "Greater", "y", x, 0, false);
	/* log(x) where x is positive, 0 elsewhere; log never sees the others. */
	safe = mg_g3(c, "Select", NULL, mask, x, mg_g_ones_like(c, x));
	log = mg_g1(c, "Log", NULL, safe);
	log = mg_g3(c, "Select", NULL, mask, log, mg_g_zeros_like(c, x));
	mg_grad_set(c, 1, mg_g_br_y(c, &r, mul(c, mul(c, g, z), log)));
	return c->b.rc;
}

static int
grad_squared_difference(mg_grad_ctx *c)
{
	mg_output g = G, d;
	mg_g_br r = mg_g_br_begin(c, X, Y);

	mg_g_after(c, g);
	d = mul(c, mg_g2k(c, "Mul", "scalar_mul", "x", g, 2, true), mg_g2(c, "Sub", "sub", X, Y));
	mg_g_after_end(c);
	mg_grad_set(c, 0, mg_g_br_x(c, &r, d));
	mg_grad_set(c, 1, neg(c, mg_g_br_y(c, &r, d)));
	return c->b.rc;
}

/* Ties go to the first operand. */
static int
greatest(mg_grad_ctx *c, const char *chooses_first)
{
	mg_output g = G, x = X, y = Y, sx, sy, zeros, mask, rx, a, b;

	sx = mg_g_shape(c, x);
	sy = mg_g_shape(c, y);
	zeros = mg_g_zeros(c, mg_g_shape(c, g), mg_g_type(g));
	mask = mg_g2(c, chooses_first, NULL, x, y);
	rx = mg_g2(c, "BroadcastGradientArgs", NULL, sx, sy);
	a = mg_g3(c, "Select", NULL, mask, g, zeros);
	b = mg_g3(c, "Select", NULL, mask, zeros, g);
	mg_grad_set(c, 0, mg_g2(c, "Reshape", NULL, mg_g_reduce(c, "Sum", a, rx, false), sx));
	mg_grad_set(c, 1, mg_g2(c, "Reshape", NULL, mg_g_reduce(c, "Sum", b, mg_g_at(rx, 1), false), sy));
	return c->b.rc;
}

static int grad_maximum(mg_grad_ctx *c) { return greatest(c, "GreaterEqual"); }
static int grad_minimum(mg_grad_ctx *c) { return greatest(c, "LessEqual"); }

static int
grad_xlogy(mg_grad_ctx *c)
{
	mg_output g = G, x = X, y = Y, not_zero, dx, dy;
	mg_g_br r = mg_g_br_begin(c, x, y);

	not_zero = mg_g_cast(c, mg_g2k(c, "NotEqual", "NotEqual", "y", x, 0, false), mg_g_type(x));
	dx = mg_g2(c, "Xlogy", "xlogy", not_zero, y);
	dy = mg_g2(c, "Xdivy", "xdivy", x, y);
	mg_grad_set(c, 0, mg_g_br_x(c, &r, mul(c, dx, g)));
	mg_grad_set(c, 1, mg_g_br_y(c, &r, mul(c, dy, g)));
	return c->b.rc;
}

static int
grad_xdivy(mg_grad_ctx *c)
{
	mg_output g = G, x = X, y = Y, not_zero, dx, dy;
	mg_g_br r = mg_g_br_begin(c, x, y);

	not_zero = mg_g_cast(c, mg_g2k(c, "NotEqual", "NotEqual", "y", x, 0, false), mg_g_type(x));
	dx = mg_g2(c, "Xdivy", "xdivy", not_zero, y);
	dy = mg_g2(c, "Xdivy", "xdivy", neg(c, x), square(c, y));
	mg_grad_set(c, 0, mg_g_br_x(c, &r, mul(c, dx, g)));
	mg_grad_set(c, 1, mg_g_br_y(c, &r, mul(c, dy, g)));
	return c->b.rc;
}

/* Atan2(y, x): no broadcasting. */
static int
grad_atan2(mg_grad_ctx *c)
{
	mg_output g = G, y = X, x = Y, inv;

	mg_g_after(c, g);
	inv = mg_g2(c, "RealDiv", "truediv", g, mg_g2(c, "Add", "add", square(c, x), square(c, y)));
	mg_grad_set(c, 0, mul(c, x, inv));
	mg_grad_set(c, 1, mul(c, neg(c, y), inv));
	mg_g_after_end(c);
	return c->b.rc;
}

/* ---- one operand ---- */

#define UNARY(name, formula) \
	static int \
	grad_##name(mg_grad_ctx *c) \
	{ \
		mg_output g = G, d; \
		mg_g_after(c, g); \
		d = (formula); \
		mg_g_after_end(c); \
		mg_grad_set(c, 0, d); \
		return c->b.rc; \
	}
#define CX mg_g_conj(c, X)
#define CZ mg_g_conj(c, Z)

UNARY(neg, neg(c, g))
UNARY(abs, mul(c, g, mg_g1(c, "Sign", NULL, X)))
UNARY(exp, mul(c, g, CZ))
UNARY(expm1, mul(c, g, mg_g1(c, "Exp", NULL, CX)))
UNARY(log, mul(c, g, inverse(c, CX)))
UNARY(log1p, mul(c, g, inverse(c, mg_g2k(c, "Add", "add", "x", CX, 1, true))))
UNARY(sin, mul(c, g, mg_g1(c, "Cos", NULL, CX)))
UNARY(cos, mul(c, neg(c, g), mg_g1(c, "Sin", NULL, CX)))
UNARY(tan, mul(c, g, square(c, inverse(c, mg_g1(c, "Cos", NULL, CX)))))
UNARY(asin, mul(c, g, inverse(c, mg_g1(c, "Sqrt", NULL, mg_g2k(c, "Sub", "sub", "x", square(c, CX), 1, true)))))
UNARY(acos, mul(c, neg(c, g), inverse(c, mg_g1(c, "Sqrt", NULL, mg_g2k(c, "Sub", "sub", "x", square(c, CX), 1, true)))))
UNARY(atan, mul(c, g, inverse(c, mg_g2k(c, "Add", "add", "x", square(c, CX), 1, true))))
UNARY(sinh, mul(c, g, mg_g1(c, "Cosh", NULL, CX)))
UNARY(cosh, mul(c, g, mg_g1(c, "Sinh", NULL, CX)))
UNARY(tanh, mg_g2(c, "TanhGrad", NULL, CZ, g))
UNARY(asinh, mg_g2(c, "RealDiv", "truediv", g, mg_g1(c, "Cosh", NULL, CZ)))
UNARY(acosh, mg_g2(c, "RealDiv", "truediv", g, mg_g1(c, "Sinh", NULL, CZ)))
UNARY(atanh, mul(c, g, inverse(c, mg_g2k(c, "Sub", "sub", "x", square(c, CX), 1, true))))
UNARY(sqrt, mg_g2(c, "SqrtGrad", NULL, Z, g))
UNARY(rsqrt, mg_g2(c, "RsqrtGrad", NULL, Z, g))
UNARY(reciprocal, mg_g2(c, "ReciprocalGrad", NULL, Z, g))
UNARY(inv, mg_g2(c, "InvGrad", NULL, Z, g))
UNARY(sigmoid, mg_g2(c, "SigmoidGrad", NULL, CZ, g))
UNARY(lgamma, mul(c, g, mg_g1(c, "Digamma", NULL, X)))
UNARY(l2loss, mul(c, X, g))
UNARY(conj, mg_g1(c, "Conj", NULL, g))

static int
grad_digamma(mg_grad_ctx *c)
{
	mg_output g = G, one;

	mg_g_after(c, g);
	one = mg_g_k(c, "Const", X, 1);
	mg_grad_set(c, 0, mul(c, g, mg_g2(c, "Polygamma", NULL, one, X)));
	mg_g_after_end(c);
	return c->b.rc;
}

static int
grad_sign(mg_grad_ctx *c)
{
	mg_grad_set(c, 0, mg_g_zeros_like(c, X));
	return c->b.rc;
}

static int
grad_square(mg_grad_ctx *c)
{
	mg_output g = G;

	mg_g_after(c, g);
	mg_grad_set(c, 0, mg_g2(c, "Mul", NULL, g, mg_g2(c, "Mul", NULL, CX, mg_g_k(c, "Const", X, 2))));
	mg_g_after_end(c);
	return c->b.rc;
}

/* SIGN * 2/sqrt(pi) * exp(-x^2) */
static int
error_function(mg_grad_ctx *c, double sign)
{
	mg_output g = G, k;

	k = mg_g_k(c, "Const", X, sign * 1.1283791670955125739);
	mg_g_after(c, g);
	mg_grad_set(c, 0, mul(c, mul(c, g, k), mg_g1(c, "Exp", NULL, neg(c, square(c, X)))));
	mg_g_after_end(c);
	return c->b.rc;
}

static int grad_erf(mg_grad_ctx *c) { return error_function(c, 1); }
static int grad_erfc(mg_grad_ctx *c) { return error_function(c, -1); }

/* ---- complex numbers ---- */

static mg_output
complex_of(mg_grad_ctx *c, mg_output re, mg_output im)
{
	return mg_build(&c->b, "Complex", NULL, "oo;t:Tout", re, im,
		mg_g_type(re) == MGREG_DOUBLE ? MGREG_COMPLEX128 : MGREG_COMPLEX64);
}

static mg_output
part_of(mg_grad_ctx *c, const char *op, mg_output z)
{
	return mg_build(&c->b, op, NULL, "o;t:Tout", z, mg_g_type(z) == MGREG_COMPLEX128 ? MGREG_DOUBLE : MGREG_FLOAT);
}

static int
grad_complex(mg_grad_ctx *c)
{
	mg_output g = G;
	mg_g_br r = mg_g_br_begin(c, X, Y);

	mg_grad_set(c, 0, mg_g_br_x(c, &r, part_of(c, "Real", g)));
	mg_grad_set(c, 1, mg_g_br_y(c, &r, part_of(c, "Imag", g)));
	return c->b.rc;
}

static int
grad_real(mg_grad_ctx *c)
{
	mg_output g = G;

	mg_grad_set(c, 0, complex_of(c, g, mg_g_k(c, "Const", g, 0)));
	return c->b.rc;
}

static int
grad_imag(mg_grad_ctx *c)
{
	mg_output g = G;

	mg_grad_set(c, 0, complex_of(c, mg_g_k(c, "Const", g, 0), g));
	return c->b.rc;
}

static int
grad_complex_abs(mg_grad_ctx *c)
{
	mg_output g = G, ratio;

	ratio = mg_g2(c, "DivNoNan", "div_no_nan", g, Z);
	mg_grad_set(c, 0, mul(c, complex_of(c, ratio, mg_g_zeros_like(c, ratio)), X));
	return c->b.rc;
}

static int
grad_cross(mg_grad_ctx *c)
{
	mg_output g = G;

	mg_grad_set(c, 0, mg_g2(c, "Cross", NULL, Y, g));
	mg_grad_set(c, 1, mg_g2(c, "Cross", NULL, g, X));
	return c->b.rc;
}

/* ---- sums, casts, choices ---- */

static int
grad_add_n(mg_grad_ctx *c)
{
	for (int i = 0; i < c->node->input_count; i++)
		c->in[i] = c->out[0];
	return c->b.rc;
}

static bool
is_continuous(int dtype)
{
	return mg_dtype_is_floating(dtype) || mg_dtype_is_complex(dtype);
}

static int
grad_cast(mg_grad_ctx *c)
{
	if (is_continuous(mg_g_type(X)) && is_continuous(mg_g_type(Z)))
		mg_grad_set(c, 0, mg_g_cast(c, G, mg_g_type(X)));
	return c->b.rc;
}

static int
grad_select(mg_grad_ctx *c)
{
	mg_output g = G, zeros = mg_g_zeros_like(c, Y);

	mg_grad_set(c, 1, mg_g3(c, "Select", NULL, X, g, zeros));
	mg_grad_set(c, 2, mg_g3(c, "Select", NULL, X, zeros, g));
	return c->b.rc;
}

/* Sums D over what broadcasting added to WHERE's shape. */
static mg_output
unbroadcast(mg_grad_ctx *c, mg_output d, mg_output where, mg_output out_shape)
{
	mg_output s = mg_g_shape(c, where), r = mg_g2(c, "BroadcastGradientArgs", NULL, s, out_shape);

	return mg_g2(c, "Reshape", NULL, mg_g_reduce(c, "Sum", d, r, true), s);
}

static int
grad_select_v2(mg_grad_ctx *c)
{
	mg_output g = G, zeros, shape;

	zeros = mg_build(&c->b, "Fill", "zeros", "oo", mg_g_shape(c, g), mg_g_k(c, "Const", g, 0));
	shape = mg_g_shape(c, Z);
	mg_grad_set(c, 1, unbroadcast(c, mg_g3(c, "SelectV2", NULL, X, g, zeros), Y, shape));
	mg_grad_set(c, 2, unbroadcast(c, mg_g3(c, "SelectV2", NULL, X, zeros, g), mg_grad_x(c, 2), shape));
	return c->b.rc;
}

/* ---- second order: node(a, b), a the first operation's output, b its gradient ---- */

static int
grad_sigmoid_grad(mg_grad_ctx *c)
{
	mg_output g = G, a, b, gb;

	mg_g_after(c, g);
	a = mg_g_conj(c, X);
	b = mg_g_conj(c, Y);
	gb = mul(c, g, b);
	mg_grad_set(c, 0, mg_g2(c, "Sub", "sub", gb, mul(c, mg_g2k(c, "Mul", "mul", "x", gb, 2, true), a)));
	mg_grad_set(c, 1, mg_g2(c, "SigmoidGrad", NULL, a, g));
	mg_g_after_end(c);
	return c->b.rc;
}

static int
grad_tanh_grad(mg_grad_ctx *c)
{
	mg_output g = G, a, b;

	mg_g_after(c, g);
	a = mg_g_conj(c, X);
	b = mg_g_conj(c, Y);
	mg_grad_set(c, 0, mul(c, mul(c, mg_g2k(c, "Mul", "mul", "x", g, -2, true), b), a));
	mg_grad_set(c, 1, mg_g2(c, "TanhGrad", NULL, a, g));
	mg_g_after_end(c);
	return c->b.rc;
}

/* SqrtGrad(a, b) = b * 0.5 / a */
static int
grad_sqrt_grad(mg_grad_ctx *c)
{
	mg_output g = G, a = X, y = Z, ga;

	mg_g_after(c, g);
	ga = mg_g2(c, "RealDiv", "truediv", g, a);
	mg_grad_set(c, 0, mul(c, neg(c, mg_g_conj(c, ga)), y));
	mg_grad_set(c, 1, mg_g2k(c, "Mul", "mul", "x", ga, 0.5, true));
	mg_g_after_end(c);
	return c->b.rc;
}

/* RsqrtGrad(a, b) = -0.5 * b * a^3 */
static int
grad_rsqrt_grad(mg_grad_ctx *c)
{
	mg_output g = G, a = X, b = Y;

	mg_g_after(c, g);
	mg_grad_set(c, 0, mul(c, mul(c, mg_g2k(c, "Mul", "mul", "x", g, -1.5, true), b), square(c, mg_g_conj(c, a))));
	mg_grad_set(c, 1, mg_g2(c, "RsqrtGrad", NULL, mg_g_conj(c, a), g));
	mg_g_after_end(c);
	return c->b.rc;
}

/* ReciprocalGrad(a, b) = -b * a^2 */
static int
inverse_grad(mg_grad_ctx *c, const char *op)
{
	mg_output g = G, a = mg_g_conj(c, X), b = Y;

	mg_g_after(c, g);
	mg_grad_set(c, 0, mul(c, mul(c, mg_g2k(c, "Mul", "mul", "x", mg_g_conj(c, g), -2, true), b), a));
	mg_grad_set(c, 1, mg_g2(c, op, NULL, a, g));
	mg_g_after_end(c);
	return c->b.rc;
}

static int grad_reciprocal_grad(mg_grad_ctx *c) { return inverse_grad(c, "ReciprocalGrad"); }
static int grad_inv_grad(mg_grad_ctx *c) { return inverse_grad(c, "InvGrad"); }

const mg_grad mg_grads_math[] = {
	{ "Add", grad_add }, { "AddV2", grad_add }, { "Sub", grad_sub }, { "Mul", grad_mul },
	{ "Div", grad_div }, { "RealDiv", grad_real_div }, { "DivNoNan", grad_div_no_nan },
	{ "MulNoNan", grad_mul_no_nan }, { "Xlogy", grad_xlogy }, { "Xdivy", grad_xdivy },
	{ "FloorDiv", grad_nothing }, { "TruncateDiv", grad_nothing }, { "FloorMod", grad_floor_mod },
	{ "Pow", grad_pow }, { "SquaredDifference", grad_squared_difference },
	{ "Maximum", grad_maximum }, { "Minimum", grad_minimum }, { "Atan2", grad_atan2 },
	{ "Neg", grad_neg }, { "Abs", grad_abs }, { "Sign", grad_sign }, { "Square", grad_square },
	{ "Sqrt", grad_sqrt }, { "Rsqrt", grad_rsqrt }, { "Reciprocal", grad_reciprocal }, { "Inv", grad_inv },
	{ "Exp", grad_exp }, { "Expm1", grad_expm1 }, { "Log", grad_log }, { "Log1p", grad_log1p },
	{ "Sin", grad_sin }, { "Cos", grad_cos }, { "Tan", grad_tan },
	{ "Asin", grad_asin }, { "Acos", grad_acos }, { "Atan", grad_atan },
	{ "Sinh", grad_sinh }, { "Cosh", grad_cosh }, { "Tanh", grad_tanh },
	{ "Asinh", grad_asinh }, { "Acosh", grad_acosh }, { "Atanh", grad_atanh },
	{ "Erf", grad_erf }, { "Erfc", grad_erfc }, { "Lgamma", grad_lgamma }, { "Digamma", grad_digamma },
	{ "Sigmoid", grad_sigmoid },
	{ "Floor", grad_nothing }, { "Ceil", grad_nothing }, { "Round", grad_nothing }, { "Rint", grad_nothing },
	{ "AddN", grad_add_n }, { "AccumulateNV2", grad_add_n }, { "Cast", grad_cast },
	{ "Select", grad_select }, { "SelectV2", grad_select_v2 }, { "L2Loss", grad_l2loss },
	{ "Complex", grad_complex }, { "Real", grad_real }, { "Imag", grad_imag }, { "Conj", grad_conj },
	{ "ComplexAbs", grad_complex_abs }, { "Cross", grad_cross },
	{ "SigmoidGrad", grad_sigmoid_grad }, { "TanhGrad", grad_tanh_grad }, { "SqrtGrad", grad_sqrt_grad },
	{ "RsqrtGrad", grad_rsqrt_grad }, { "ReciprocalGrad", grad_reciprocal_grad }, { "InvGrad", grad_inv_grad },
	{ .op = NULL }
};
