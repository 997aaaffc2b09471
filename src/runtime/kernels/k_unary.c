/* SPDX-License-Identifier: Apache-2.0 */
/* k_unary.c - element-wise functions of one input. */
#include "runtime/kernels/k_loops.h"
#include "runtime/kernels/k_special.h"
#include <tgmath.h>

static int
run_loops(mg_kernel_ctx *k, const mg_tensor *x, mg_tensor *y, mg_range_fn *loop, const mg_tensor *x2, int64_t cost, float p,
	mgreg_error *err)
{
	k_map m = { x->data, x2 ? x2->data : NULL, y->data, p };

	if (!loop)
		return mg_k_no_type(x->dtype, err);
	mg_parallel_for(k, x->count, mg_k_grain(cost), loop, &m);
	return 0;
}

int
mg_k_map1(mg_kernel_ctx *k, const k_loops *loops, int64_t cost, float p, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	mg_tensor *y;
	int rc = mg_kernel_output_like(k, 0, x, &y, err);

	return rc ? rc : run_loops(k, x, y, loops->of[x->dtype], NULL, cost, p, err);
}

int
mg_k_map2(mg_kernel_ctx *k, const k_loops *loops, int64_t cost, float p, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0), *x2 = mg_kernel_input(k, 1);
	mg_tensor *y;
	int rc;

	if ((rc = mg_k_same_shape(x, x2, err)) != 0 || (rc = mg_kernel_output_like(k, 0, x, &y, err)) != 0)
		return rc;
	return run_loops(k, x, y, loops->of[x->dtype], x2, cost, p, err);
}

/* For outputs of another type than the input: no buffer is taken over. */
static int
map1_to(mg_kernel_ctx *k, const k_loops *loops, int64_t cost, float p, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	mg_tensor *y;
	int rc = mg_kernel_output(k, 0, &x->shape, &y, err);

	return rc ? rc : run_loops(k, x, y, loops->of[x->dtype], NULL, cost, p, err);
}

/* Functions of floating types; FN sees the computing type in `a` and means it through tgmath. */
#define FLOAT_OP(name, cost, expr) \
	K_FLOATS(K_MAP1, name, expr) \
	static const k_loops name##_loops = { { K_FLOATS(K_LOOP_ENTRY, name) } }; \
	K_RUN(name, mg_k_map1, cost)
#define FLOAT_COMPLEX_OP(name, cost, expr, complex_expr) \
	K_FLOATS(K_MAP1, name, expr) K_COMPLEXES(K_MAP1, name, complex_expr) \
	static const k_loops name##_loops = { { K_FLOATS(K_LOOP_ENTRY, name) K_COMPLEXES(K_LOOP_ENTRY, name) } }; \
	K_RUN(name, mg_k_map1, cost)
#define ALL_OP(name, cost, expr, int_expr, complex_expr) \
	K_FLOATS(K_MAP1, name, expr) K_INTS(MAP1_WRAP, name, int_expr) K_COMPLEXES(K_MAP1, name, complex_expr) \
	static const k_loops name##_loops = { { K_NUMBERS(K_LOOP_ENTRY, name) } }; \
	K_RUN(name, mg_k_map1, cost)
/* Integers: `a` is the value, `w` the same in a type that wraps. */
#define MAP1_WRAP(s, dtype, name, expr) \
	static void name##_##s(void *arg, int64_t begin, int64_t end) \
	{ \
		const k_map *m = arg; \
		const t_##s *x = m->x; \
		t_##s *y = m->y; \
		for (int64_t i = begin; i < end; i++) { \
			c_##s a MG_UNUSED = x[i]; \
			w_##s w MG_UNUSED = (w_##s)a; \
			y[i] = (t_##s)(expr); \
		} \
	}

ALL_OP(neg, 1, -a, 0 - w, -a)
ALL_OP(square, 1, a * a, w * w, a * a)
ALL_OP(sign, 1, (a > 0) - (a < 0), (a > 0) - (a < 0), a == 0 ? 0 : a / fabs(a))
ALL_OP(round, 2, nearbyint(a), a, nearbyint(creal(a)) + I * nearbyint(cimag(a)))
/* 1/0 is not trapped here; what it gives for integers is ours to define: 0. */
ALL_OP(reciprocal, 1, 1 / a, a == 0 ? 0 : 1 / a, 1 / a)

K_FLOATS(K_MAP1, abs, fabs(a))
K_INTS(MAP1_WRAP, abs, a < 0 ? 0 - w : w)
static const k_loops abs_loops = { { K_REALS(K_LOOP_ENTRY, abs) } };
K_RUN(abs, mg_k_map1, 1)

FLOAT_COMPLEX_OP(sqrt, 4, sqrt(a), sqrt(a))
FLOAT_COMPLEX_OP(rsqrt, 4, 1 / sqrt(a), 1 / sqrt(a))
FLOAT_COMPLEX_OP(expm1, 16, expm1(a), exp(a) - 1)
FLOAT_COMPLEX_OP(log, 16, log(a), log(a))
FLOAT_COMPLEX_OP(log1p, 16, log1p(a), log(1 + a))
FLOAT_COMPLEX_OP(sin, 16, sin(a), sin(a))
FLOAT_COMPLEX_OP(cos, 16, cos(a), cos(a))
FLOAT_COMPLEX_OP(tan, 24, tan(a), tan(a))
FLOAT_COMPLEX_OP(asin, 24, asin(a), asin(a))
FLOAT_COMPLEX_OP(acos, 24, acos(a), acos(a))
FLOAT_COMPLEX_OP(atan, 24, atan(a), atan(a))
FLOAT_COMPLEX_OP(sinh, 24, sinh(a), sinh(a))
FLOAT_COMPLEX_OP(cosh, 24, cosh(a), cosh(a))
FLOAT_COMPLEX_OP(asinh, 24, asinh(a), asinh(a))
FLOAT_COMPLEX_OP(acosh, 24, acosh(a), acosh(a))
FLOAT_COMPLEX_OP(atanh, 24, atanh(a), atanh(a))
FLOAT_COMPLEX_OP(exp, 8, MG_K_EXP(a), exp(a))
FLOAT_COMPLEX_OP(tanh, 8, MG_K_TANH(a), tanh(a))
FLOAT_COMPLEX_OP(sigmoid, 8, MG_K_SIGMOID(a), 1 / (1 + exp(-a)))
FLOAT_OP(erf, 24, erf(a))
FLOAT_OP(erfc, 24, erfc(a))
FLOAT_OP(lgamma, 32, mg_lgamma((double)a))
FLOAT_OP(digamma, 32, mg_digamma((double)a))
FLOAT_OP(erfinv, 32, mg_erfinv((double)a))
FLOAT_OP(ndtri, 32, mg_ndtri((double)a))
FLOAT_OP(bessel_i0e, 32, mg_bessel_i0e((double)a))
FLOAT_OP(bessel_i1e, 32, mg_bessel_i1e((double)a))
FLOAT_OP(ceil, 2, ceil(a))
FLOAT_OP(floor, 2, floor(a))
FLOAT_OP(rint, 2, nearbyint(a))

K_INTS(MAP1_WRAP, invert, ~w)
static const k_loops invert_loops = { { K_INTS(K_LOOP_ENTRY, invert) } };
K_RUN(invert, mg_k_map1, 1)

K_MAP1(truth, MGREG_BOOL, logical_not, !a)
static const k_loops logical_not_loops = { { [MGREG_BOOL] = logical_not_truth } };
K_RUN(logical_not, mg_k_map1, 1)

#define TEST_OP(name, expr) \
	K_FLOATS(K_MAP1_TO, name, uint8_t, expr) \
	static const k_loops name##_loops = { { K_FLOATS(K_LOOP_ENTRY, name) } }; \
	K_RUN(name, map1_to, 1)
TEST_OP(is_nan, isnan(a) != 0)
TEST_OP(is_inf, isinf(a) != 0)
TEST_OP(is_finite, isfinite(a) != 0)

/* Complex in, its real type out. */
#define PART_OP(name, expr) \
	K_MAP1_TO(complex64, MGREG_COMPLEX64, name, float, expr) \
	K_MAP1_TO(complex128, MGREG_COMPLEX128, name, double, expr) \
	static const k_loops name##_loops = { { K_COMPLEXES(K_LOOP_ENTRY, name) } }; \
	K_RUN(name, map1_to, 4)
PART_OP(complex_abs, fabs(a))
PART_OP(real, creal(a))
PART_OP(imag, cimag(a))
PART_OP(angle, carg(a))

K_COMPLEXES(K_MAP1, conj, conj(a))
static const k_loops conj_loops = { { K_COMPLEXES(K_LOOP_ENTRY, conj) } };
K_RUN(conj, mg_k_map1, 1)

#define FLOATS "T=" K_FLOATS_TEXT
#define FLOATS_COMPLEXES "T=" K_FLOATS_TEXT "|" K_COMPLEXES_TEXT
#define ROW(op, types, name) { op, types, 0, NULL, name##_run, NULL, MG_KERNEL_INPLACE }
const mg_kernel mg_kernels_unary[] = {
	ROW("Abs", "T=" K_REALS_TEXT, abs),
	ROW("Neg", "T=" K_NUMBERS_TEXT, neg),
	ROW("Sign", "T=" K_NUMBERS_TEXT, sign),
	ROW("Square", "T=" K_NUMBERS_TEXT, square),
	ROW("Round", "T=" K_NUMBERS_TEXT, round),
	ROW("Reciprocal", "T=" K_NUMBERS_TEXT, reciprocal),
	ROW("Inv", "T=" K_NUMBERS_TEXT, reciprocal),
	ROW("Sqrt", FLOATS_COMPLEXES, sqrt),
	ROW("Rsqrt", FLOATS_COMPLEXES, rsqrt),
	ROW("Exp", FLOATS_COMPLEXES, exp),
	ROW("Expm1", FLOATS_COMPLEXES, expm1),
	ROW("Log", FLOATS_COMPLEXES, log),
	ROW("Log1p", FLOATS_COMPLEXES, log1p),
	ROW("Sin", FLOATS_COMPLEXES, sin),
	ROW("Cos", FLOATS_COMPLEXES, cos),
	ROW("Tan", FLOATS_COMPLEXES, tan),
	ROW("Asin", FLOATS_COMPLEXES, asin),
	ROW("Acos", FLOATS_COMPLEXES, acos),
	ROW("Atan", FLOATS_COMPLEXES, atan),
	ROW("Sinh", FLOATS_COMPLEXES, sinh),
	ROW("Cosh", FLOATS_COMPLEXES, cosh),
	ROW("Tanh", FLOATS_COMPLEXES, tanh),
	ROW("Asinh", FLOATS_COMPLEXES, asinh),
	ROW("Acosh", FLOATS_COMPLEXES, acosh),
	ROW("Atanh", FLOATS_COMPLEXES, atanh),
	ROW("Sigmoid", FLOATS_COMPLEXES, sigmoid),
	ROW("Erf", FLOATS, erf),
	ROW("Erfc", FLOATS, erfc),
	ROW("Erfinv", FLOATS, erfinv),
	ROW("Ndtri", FLOATS, ndtri),
	ROW("Lgamma", FLOATS, lgamma),
	ROW("Digamma", FLOATS, digamma),
	ROW("BesselI0e", FLOATS, bessel_i0e),
	ROW("BesselI1e", FLOATS, bessel_i1e),
	ROW("Ceil", FLOATS, ceil),
	ROW("Floor", FLOATS, floor),
	ROW("Rint", FLOATS, rint),
	ROW("Invert", "T=" K_INTS_TEXT, invert),
	ROW("LogicalNot", NULL, logical_not),
	{ "IsNan", FLOATS, .run = is_nan_run },
	{ "IsInf", FLOATS, .run = is_inf_run },
	{ "IsFinite", FLOATS, .run = is_finite_run },
	{ "ComplexAbs", "T=" K_COMPLEXES_TEXT, .run = complex_abs_run },
	{ "Real", "T=" K_COMPLEXES_TEXT, .run = real_run },
	{ "Imag", "T=" K_COMPLEXES_TEXT, .run = imag_run },
	{ "Angle", "T=" K_COMPLEXES_TEXT, .run = angle_run },
	ROW("Conj", "T=" K_COMPLEXES_TEXT, conj),
	{ .op = NULL }
};
