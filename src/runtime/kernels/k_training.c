/* SPDX-License-Identifier: Apache-2.0 */
/*
 * k_training.c - the update ops of the optimizers: dense and sparse, on references and on resources.
 *
 * One row per rule tells which inputs are variables, hyper-parameters, gradient and indices; the arithmetic is in
 * apply.inc, once per type.  A sparse op applies the rule row by row, in the order of its indices, all of which are
 * checked before the first write.  The mutexes of a node's variables are taken in the order of their addresses.
 */
#include "base/base.h"
#include <math.h>
#include "runtime/kernels/k_clones.h"
#include "runtime/runtime_internal.h"

#define MAX_VARS 4
#define MAX_HYPERS 6
#define GRAIN 16384

#define SIGN(x) ((x) > 0 ? 1 : (x) < 0 ? -1 : 0)
#define SAME(x) (x)

#define T float
#define S float
#define LD SAME
#define ST SAME
#define FN(name) name##_float
#define HOT K_CLONES
#define ABS fabsf
#define SQRT sqrtf
#define POW powf
#define EXP expf
#include "runtime/kernels/apply.inc"
#undef S
#undef LD
#undef ST
#undef FN
#undef HOT
#define HOT
#define S uint16_t
#define LD mg_half_to_float
#define ST mg_float_to_half
#define FN(name) name##_half
#include "runtime/kernels/apply.inc"
#undef LD
#undef ST
#undef FN
#define LD mg_bfloat16_to_float
#define ST mg_float_to_bfloat16
#define FN(name) name##_bfloat16
#include "runtime/kernels/apply.inc"
#undef T
#undef S
#undef LD
#undef ST
#undef FN
#undef ABS
#undef SQRT
#undef POW
#undef EXP
#define T double
#define S double
#define LD SAME
#define ST SAME
#define FN(name) name##_double
#define ABS fabs
#define SQRT sqrt
#define POW pow
#define EXP exp
#include "runtime/kernels/apply.inc"
#undef T
#undef S
#undef LD
#undef ST
#undef FN
#undef ABS
#undef SQRT
#undef POW
#undef EXP

typedef void rule_float(float *const v[], const float *g, int64_t n, const float *h, bool flag);
typedef void rule_double(double *const v[], const double *g, int64_t n, const double *h, bool flag);
typedef void rule_half(uint16_t *const v[], const uint16_t *g, int64_t n, const float *h, bool flag);

typedef struct rule {
	const char  *op;                /* without "Resource" */
	int          vars, grad, indices;       /* indices -1: dense */
	int          hypers[MAX_HYPERS];
	int          hyper_count;
	const char  *flag;              /* attribute, or NULL */
	rule_float  *on_float;
	rule_double *on_double;
	rule_half   *on_half, *on_bfloat16;
} rule;

#define ON(name) name##_float, name##_double, name##_half, name##_bfloat16
#define HYPERS(...) { __VA_ARGS__ }, (int)(sizeof((int[]){ __VA_ARGS__ }) / sizeof(int))

static const rule rules[] = {
	{ "ApplyGradientDescent", 1, 2, -1, HYPERS(1), NULL, ON(gradient_descent) },
	{ "ApplyProximalGradientDescent", 1, 4, -1, HYPERS(1, 2, 3), NULL, ON(proximal_gradient_descent) },
	{ "ApplyMomentum", 2, 3, -1, HYPERS(2, 4), "use_nesterov", ON(momentum) },
	{ "ApplyKerasMomentum", 2, 3, -1, HYPERS(2, 4), "use_nesterov", ON(keras_momentum) },
	{ "ApplyAdagrad", 2, 3, -1, HYPERS(2), "update_slots", ON(adagrad) },
	{ "ApplyAdagradV2", 2, 4, -1, HYPERS(2, 3), "update_slots", ON(adagrad_v2) },
	{ "ApplyProximalAdagrad", 2, 5, -1, HYPERS(2, 3, 4), NULL, ON(proximal_adagrad) },
	{ "ApplyAdagradDA", 3, 3, -1, HYPERS(4, 5, 6, 7), NULL, ON(adagrad_da) },
	{ "ApplyAdadelta", 3, 6, -1, HYPERS(3, 4, 5), NULL, ON(adadelta) },
	{ "ApplyRMSProp", 3, 7, -1, HYPERS(3, 4, 5, 6), NULL, ON(rmsprop) },
	{ "ApplyCenteredRMSProp", 4, 8, -1, HYPERS(4, 5, 6, 7), NULL, ON(centered_rmsprop) },
	{ "ApplyAdam", 3, 9, -1, HYPERS(3, 4, 5, 6, 7, 8), "use_nesterov", ON(adam) },
	{ "ApplyAdamWithAmsgrad", 4, 10, -1, HYPERS(4, 5, 6, 7, 8, 9), NULL, ON(amsgrad) },
	{ "ApplyAdaMax", 3, 8, -1, HYPERS(3, 4, 5, 6, 7), NULL, ON(adamax) },
	{ "ApplyFtrl", 3, 3, -1, HYPERS(4, 5, 6, 7), NULL, ON(ftrl) },
	{ "ApplyFtrlV2", 3, 3, -1, HYPERS(4, 5, 6, 7, 8), NULL, ON(ftrl_v2) },
	{ "ApplyAddSign", 2, 6, -1, HYPERS(2, 3, 4, 5), NULL, ON(add_sign) },
	{ "ApplyPowerSign", 2, 6, -1, HYPERS(2, 3, 4, 5), NULL, ON(power_sign) },
	{ "SparseApplyProximalGradientDescent", 1, 4, 5, HYPERS(1, 2, 3), NULL, ON(proximal_gradient_descent) },
	{ "SparseApplyMomentum", 2, 3, 4, HYPERS(2, 5), "use_nesterov", ON(momentum) },
	{ "SparseApplyKerasMomentum", 2, 3, 4, HYPERS(2, 5), "use_nesterov", ON(keras_momentum) },
	{ "SparseApplyAdagrad", 2, 3, 4, HYPERS(2), "update_slots", ON(adagrad) },
	{ "SparseApplyAdagradV2", 2, 4, 5, HYPERS(2, 3), "update_slots", ON(adagrad_v2) },
	{ "SparseApplyProximalAdagrad", 2, 5, 6, HYPERS(2, 3, 4), NULL, ON(proximal_adagrad) },
	{ "SparseApplyAdagradDA", 3, 3, 4, HYPERS(5, 6, 7, 8), NULL, ON(adagrad_da) },
	{ "SparseApplyAdadelta", 3, 6, 7, HYPERS(3, 4, 5), NULL, ON(adadelta) },
	{ "SparseApplyRMSProp", 3, 7, 8, HYPERS(3, 4, 5, 6), NULL, ON(rmsprop) },
	{ "SparseApplyCenteredRMSProp", 4, 8, 9, HYPERS(4, 5, 6, 7), NULL, ON(centered_rmsprop) },
	{ "SparseApplyFtrl", 3, 3, 4, HYPERS(5, 6, 7, 8), NULL, ON(ftrl) },
	{ "SparseApplyFtrlV2", 3, 3, 4, HYPERS(5, 6, 7, 8, 9), NULL, ON(ftrl_v2) },
};

typedef struct apply {                  /* a bound node */
	const rule *rule;
	bool        resource, flag;
	mg_dtype    dtype;
} apply;

static int
apply_prepare(mg_kernel_prep *p, void **state, mgreg_error *err)
{
	const char *name = p->node->op_name;
	apply *a = mg_calloc(1, sizeof(*a));
	int dtype = MGREG_INVALID;

	if (!a)
		return mg_fail_nomem(err, sizeof(*a));
	a->resource = mg_starts_with(name, "Resource");
	name += a->resource ? strlen("Resource") : 0;
	for (size_t i = 0; i < MG_COUNT(rules); i++)
		if (!strcmp(rules[i].op, name))
			a->rule = &rules[i];
	assert(a->rule);
	a->flag = a->rule->flag && !strcmp(a->rule->flag, "update_slots");
	if (a->rule->flag)
		mg_attr_get_bool(p->attrs, a->rule->flag, &a->flag);
	mg_attr_get_type(p->attrs, "T", &dtype);
	a->dtype = (mg_dtype)dtype;
	*state = a;
	return 0;
}

/* ---- checking ---- */

typedef struct call {
	const apply *a;
	mg_variable *v[MAX_VARS];
	double       h[MAX_HYPERS];
	float        hf[MAX_HYPERS];
	const mg_tensor *grad, *indices;
	char        *at[MAX_VARS];
	const char  *g;
} call;

static int
read_hypers(mg_kernel_ctx *k, call *c, mgreg_error *err)
{
	for (int i = 0; i < c->a->rule->hyper_count; i++) {
		const mg_tensor *t = mg_kernel_input(k, c->a->rule->hypers[i]);
		char text[256];

		if (t->count != 1 || mg_rank(t) > 1 || !mg_tensor_as_double(t, 0, &c->h[i]))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "input %d is not a scalar: %s", c->a->rule->hypers[i], mg_shape_text(&t->shape, text));
		c->hf[i] = (float)c->h[i];
	}
	return 0;
}

static int
check_dense(const call *c, mgreg_error *err)
{
	char a[256], b[256];

	if (!mg_shape_equal(&c->v[0]->value.shape, &c->grad->shape))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "var and grad do not have the same shape: %s %s", mg_shape_text(&c->v[0]->value.shape, a),
			mg_shape_text(&c->grad->shape, b));
	return 0;
}

static int
check_sparse(const call *c, mgreg_error *err)
{
	const mg_tensor *var = &c->v[0]->value;
	bool ok = mg_rank(var) >= 1 && mg_rank(c->indices) == 1 && mg_rank(c->grad) == mg_rank(var) && mg_dim(c->grad, 0) == c->indices->count;
	char a[256], b[256], i[256];

	for (int d = 1; ok && d < mg_rank(var); d++)
		ok = mg_dim(c->grad, d) == mg_dim(var, d);
	if (!ok)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "var %s, grad %s and indices %s do not fit", mg_shape_text(&var->shape, a),
			mg_shape_text(&c->grad->shape, b), mg_shape_text(&c->indices->shape, i));
	for (int64_t n = 0; n < c->indices->count; n++) {
		int64_t at = -1;

		if (!mg_tensor_as_i64(c->indices, n, &at) || at < 0 || at >= mg_dim(var, 0))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "index %lld at offset %lld in indices is out of range", (long long)at, (long long)n);
	}
	return 0;
}

/* Called with the mutexes held. */
static int
check(call *c, mgreg_error *err)
{
	char a[256], b[256];
	int rc;

	for (int i = 0; i < c->a->rule->vars; i++) {
		mg_variable *v = c->v[i];

		if (!mg_tensor_is_set(&v->value))
			return c->a->resource ? mg_fail(err, MGREG_NOT_FOUND, "resource localhost/%s does not exist: the variable was never assigned", v->name)
				: mg_fail_uninitialized(err, v->name);
		if (v->dtype != c->a->dtype || c->grad->dtype != c->a->dtype)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "variable '%s', dtype %s, is updated as dtype %s", v->name, mg_dtype_name(v->dtype),
				mg_dtype_name(c->a->dtype));
		if (!mg_shape_equal(&v->value.shape, &c->v[0]->value.shape))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "var and slot '%s' do not have the same shape: %s %s", v->name,
				mg_shape_text(&c->v[0]->value.shape, a), mg_shape_text(&v->value.shape, b));
	}
	if ((rc = c->indices ? check_sparse(c, err) : check_dense(c, err)) != 0)
		return rc;
	for (int i = 0; i < c->a->rule->vars; i++) {
		if (c->a->resource && (rc = mg_variable_own(c->v[i], err)) != 0)
			return rc;
		c->at[i] = c->v[i]->value.data;
	}
	c->g = c->grad->data;
	return 0;
}

/* ---- computing ---- */

/* N elements of the variables from VAR_AT on, of the gradient from GRAD_AT on. */
static void
apply_span(const call *c, int64_t var_at, int64_t grad_at, int64_t n)
{
	size_t item = mg_dtype_size(c->a->dtype);
	const char *g = c->g + (size_t)grad_at * item;
	const rule *r = c->a->rule;
	void *v[MAX_VARS] = { NULL };

	for (int i = 0; i < r->vars; i++)
		v[i] = c->at[i] + (size_t)var_at * item;
	switch (c->a->dtype) {
	case MGREG_FLOAT: r->on_float((float *const *)v, (const float *)g, n, c->hf, c->a->flag); break;
	case MGREG_DOUBLE: r->on_double((double *const *)v, (const double *)g, n, c->h, c->a->flag); break;
	case MGREG_HALF: r->on_half((uint16_t *const *)v, (const uint16_t *)g, n, c->hf, c->a->flag); break;
	default: r->on_bfloat16((uint16_t *const *)v, (const uint16_t *)g, n, c->hf, c->a->flag); break;
	}
}

static void
dense_range(void *arg, int64_t begin, int64_t end)
{
	apply_span(arg, begin, begin, end - begin);
}

static void
compute(mg_kernel_ctx *k, call *c)
{
	int64_t rows, row;

	if (!c->indices) {
		mg_parallel_for(k, c->grad->count, GRAIN, dense_range, c);
		return;
	}
	rows = mg_dim(&c->v[0]->value, 0);
	row = rows ? c->v[0]->value.count / rows : 0;
	for (int64_t i = 0; i < c->indices->count; i++) {
		int64_t at = 0;

		mg_tensor_as_i64(c->indices, i, &at);
		apply_span(c, at * row, i * row, row);
	}
}

/* The variables in the order of their addresses, each once. */
static int
sorted(const call *c, mg_variable *out[MAX_VARS])
{
	int n = 0;

	for (int i = 0; i < c->a->rule->vars; i++) {
		int at = 0;

		while (at < n && out[at] < c->v[i])
			at++;
		if (at < n && out[at] == c->v[i])
			continue;
		memmove(out + at + 1, out + at, (size_t)(n - at) * sizeof(*out));
		out[at] = c->v[i];
		n++;
	}
	return n;
}

static int
apply_run(mg_kernel_ctx *k, mgreg_error *err)
{
	call c = { .a = mg_kernel_state(k) };
	const rule *r = c.a->rule;
	mg_variable *order[MAX_VARS + 1];
	int rc, count;

	for (int i = 0; i < r->vars; i++) {
		if (!c.a->resource)
			c.v[i] = mg_kernel_ref(k, i);
		else if ((rc = mg_kernel_resource_variable(k, i, &c.v[i], err)) != 0)
			return rc;
	}
	c.grad = mg_kernel_input(k, r->grad);
	c.indices = r->indices >= 0 ? mg_kernel_input(k, r->indices) : NULL;
	if ((rc = read_hypers(k, &c, err)) != 0)
		return rc;
	count = sorted(&c, order);
	if (count < r->vars)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "a variable of this update stands for two of its inputs");
	for (int i = 0; i < count; i++)
		mg_lock(&order[i]->mutex);
	if ((rc = check(&c, err)) == 0)
		compute(k, &c);
	for (int i = count; i-- > 0; )
		mg_unlock(&order[i]->mutex);
	if (!c.a->resource)
		mg_kernel_set_ref(k, 0, c.v[0]);
	return rc;
}

#define ROW(op) { op, "T=float|double|half|bfloat16", 0, apply_prepare, apply_run, mg_free, MG_KERNEL_NO_FOLD }
#define BOTH(op) ROW(op), ROW("Resource" op)

const mg_kernel mg_kernels_training[] = {
	BOTH("ApplyGradientDescent"),
	BOTH("ApplyProximalGradientDescent"),
	BOTH("ApplyMomentum"),
	ROW("ResourceApplyKerasMomentum"),
	BOTH("ApplyAdagrad"),
	BOTH("ApplyAdagradV2"),
	BOTH("ApplyProximalAdagrad"),
	BOTH("ApplyAdagradDA"),
	BOTH("ApplyAdadelta"),
	BOTH("ApplyRMSProp"),
	BOTH("ApplyCenteredRMSProp"),
	BOTH("ApplyAdam"),
	ROW("ResourceApplyAdamWithAmsgrad"),
	BOTH("ApplyAdaMax"),
	BOTH("ApplyFtrl"),
	BOTH("ApplyFtrlV2"),
	BOTH("ApplyAddSign"),
	BOTH("ApplyPowerSign"),
	BOTH("SparseApplyProximalGradientDescent"),
	BOTH("SparseApplyMomentum"),
	ROW("ResourceSparseApplyKerasMomentum"),
	BOTH("SparseApplyAdagrad"),
	BOTH("SparseApplyAdagradV2"),
	BOTH("SparseApplyProximalAdagrad"),
	BOTH("SparseApplyAdagradDA"),
	BOTH("SparseApplyAdadelta"),
	BOTH("SparseApplyRMSProp"),
	BOTH("SparseApplyCenteredRMSProp"),
	BOTH("SparseApplyFtrl"),
	BOTH("SparseApplyFtrlV2"),
	{ .op = NULL }
};
