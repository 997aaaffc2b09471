/* SPDX-License-Identifier: Apache-2.0 */
/* k_activation.c - Relu and its relatives, and the *Grad ops that are one formula per element. */
#include "runtime/kernels/k_loops.h"
#include "runtime/kernels/k_special.h"
#include <float.h>
#include <tgmath.h>

/* ---- one input ---- */
#define REAL_OP(name, cost, expr) \
	K_REALS(K_MAP1, name, expr) \
	static const k_loops name##_loops = { { K_REALS(K_LOOP_ENTRY, name) } }; \
	K_RUN(name, mg_k_map1, cost)
#define FLOAT_OP(name, cost, expr) \
	K_FLOATS(K_MAP1, name, expr) \
	static const k_loops name##_loops = { { K_FLOATS(K_LOOP_ENTRY, name) } }; \
	K_RUN(name, mg_k_map1, cost)
/* NaN stays: no comparison with it is true. */
REAL_OP(relu, 1, a < 0 ? 0 : a)
REAL_OP(relu6, 1, a < 0 ? 0 : a > 6 ? 6 : a)
FLOAT_OP(elu, 8, a < 0 ? expm1(a) : a)
#define SELU_SCALE 1.0507009873554804934193349852946L
#define SELU_SCALE_ALPHA 1.7580993408473768599402175208123L
FLOAT_OP(selu, 8, a < 0 ? (c_double)SELU_SCALE_ALPHA * expm1(a) : (c_double)SELU_SCALE * a)
FLOAT_OP(softsign, 2, a / (1 + fabs(a)))
/* log(1 + e^x) without overflow: x + log(1 + e^-x) on the right side. */
FLOAT_OP(softplus, 24, a > 0 ? a + log1p(exp(-a)) : log1p(exp(a)))

#define LEAKY(s, dtype, name) \
	static void name##_##s(void *arg, int64_t begin, int64_t end) \
	{ \
		const k_map *m = arg; \
		const t_##s *x = m->x; \
		t_##s *y = m->y; \
		for (int64_t i = begin; i < end; i++) { \
			c_##s a = ld_##s(x[i]); \
			y[i] = st_##s(a > 0 ? a : a * (c_##s)m->p); \
		} \
	}
K_FLOATS(LEAKY, leaky_relu)
static const k_loops leaky_relu_loops = { { K_FLOATS(K_LOOP_ENTRY, leaky_relu) } };

/* ---- two inputs of one shape ---- */
#define REAL_GRAD(name, cost, expr) \
	K_REALS(K_MAP2, name, expr) \
	static const k_loops name##_loops = { { K_REALS(K_LOOP_ENTRY, name) } }; \
	K_RUN(name, mg_k_map2, cost)
#define FLOAT_GRAD(name, cost, expr) \
	K_FLOATS(K_MAP2, name, expr) \
	static const k_loops name##_loops = { { K_FLOATS(K_LOOP_ENTRY, name) } }; \
	K_RUN(name, mg_k_map2, cost)
/* a: what comes back; b: the features, or for Elu and Selu the activations. */
REAL_GRAD(relu_grad, 1, a * (b > 0))
REAL_GRAD(relu6_grad, 1, a * (b > 0 && b < 6))
FLOAT_GRAD(elu_grad, 1, b < 0 ? a * (b + 1) : a)
FLOAT_GRAD(selu_grad, 1, b < 0 ? a * (b + (c_double)SELU_SCALE_ALPHA) : a * (c_double)SELU_SCALE)
FLOAT_GRAD(softplus_grad, 8, a / (exp(-b) + 1))
FLOAT_GRAD(softsign_grad, 2, a / ((1 + fabs(b)) * (1 + fabs(b))))

#define LEAKY_GRAD(s, dtype, name) \
	static void name##_##s(void *arg, int64_t begin, int64_t end) \
	{ \
		const k_map *m = arg; \
		const t_##s *x = m->x, *x2 = m->x2; \
		t_##s *y = m->y; \
		for (int64_t i = begin; i < end; i++) { \
			c_##s a = ld_##s(x[i]); \
			y[i] = st_##s(ld_##s(x2[i]) > 0 ? a : a * (c_##s)m->p); \
		} \
	}
K_FLOATS(LEAKY_GRAD, leaky_relu_grad)
static const k_loops leaky_relu_grad_loops = { { K_FLOATS(K_LOOP_ENTRY, leaky_relu_grad) } };

static int
leaky_relu_run(mg_kernel_ctx *k, mgreg_error *err)
{
	return mg_k_map1(k, &leaky_relu_loops, 1, mg_k_attr_float(mg_kernel_attrs(k), "alpha", 0.2f), err);
}

static int
leaky_relu_grad_run(mg_kernel_ctx *k, mgreg_error *err)
{
	return mg_k_map2(k, &leaky_relu_grad_loops, 1, mg_k_attr_float(mg_kernel_attrs(k), "alpha", 0.2f), err);
}

/* a: the forward output y, b: dy; complex ones conjugate y. */
#define OUTPUT_GRAD(name, expr, complex_expr) \
	K_FLOATS(K_MAP2, name, expr) K_COMPLEXES(K_MAP2, name, complex_expr) \
	static const k_loops name##_loops = { { K_FLOATS(K_LOOP_ENTRY, name) K_COMPLEXES(K_LOOP_ENTRY, name) } }; \
	K_RUN(name, mg_k_map2, 1)
OUTPUT_GRAD(sigmoid_grad, b * a * (1 - a), b * conj(a * (1 - a)))
OUTPUT_GRAD(tanh_grad, b * (1 - a * a), b * conj(1 - a * a))
OUTPUT_GRAD(sqrt_grad, (c_float)0.5 * b / a, b * 0.5f / conj(a))
OUTPUT_GRAD(rsqrt_grad, (c_float)-0.5 * b * (a * a * a), -0.5f * b * conj(a * a * a))
OUTPUT_GRAD(reciprocal_grad, -b * a * a, -b * conj(a * a))

#define ROW(op, types, name) { op, types, 0, NULL, name##_run, NULL, MG_KERNEL_INPLACE }
#define REALS "T=" K_REALS_TEXT
#define FLOATS "T=" K_FLOATS_TEXT
#define FLOATS_COMPLEXES "T=" K_FLOATS_TEXT "|" K_COMPLEXES_TEXT
const mg_kernel mg_kernels_activation[] = {
	ROW("Relu", REALS, relu),
	ROW("Relu6", REALS, relu6),
	ROW("Elu", FLOATS, elu),
	ROW("Selu", FLOATS, selu),
	ROW("LeakyRelu", FLOATS, leaky_relu),
	ROW("Softplus", FLOATS, softplus),
	ROW("Softsign", FLOATS, softsign),
	ROW("ReluGrad", REALS, relu_grad),
	ROW("Relu6Grad", REALS, relu6_grad),
	ROW("EluGrad", FLOATS, elu_grad),
	ROW("SeluGrad", FLOATS, selu_grad),
	ROW("LeakyReluGrad", FLOATS, leaky_relu_grad),
	ROW("SoftplusGrad", FLOATS, softplus_grad),
	ROW("SoftsignGrad", FLOATS, softsign_grad),
	ROW("SigmoidGrad", FLOATS_COMPLEXES, sigmoid_grad),
	ROW("TanhGrad", FLOATS_COMPLEXES, tanh_grad),
	ROW("SqrtGrad", FLOATS_COMPLEXES, sqrt_grad),
	ROW("RsqrtGrad", FLOATS_COMPLEXES, rsqrt_grad),
	ROW("ReciprocalGrad", FLOATS_COMPLEXES, reciprocal_grad),
	ROW("InvGrad", FLOATS_COMPLEXES, reciprocal_grad),
	{ .op = NULL }
};
