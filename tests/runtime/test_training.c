/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_training.c - every update rule against a transcription in double precision, in its four forms: dense and
 * sparse, on references and on resources.
 */
#include <math.h>
#include "rt.h"

#define N 5
#define STEPS 3

typedef struct state { double var, s1, s2, s3; } state;
typedef void rule(state *x, double g, const double *h);

static double sgn(double x) { return (x > 0) - (x < 0); }
static double pos(double x) { return x > 0 ? x : 0; }

static void gd(state *x, double g, const double *h) { x->var -= h[0] * g; }
static void prox(state *x, double g, const double *h)
{
	double p = x->var - h[0] * g;
	x->var = sgn(p) * pos(fabs(p) - h[0] * h[1]) / (1 + h[2] * h[0]);
}
static void momentum(state *x, double g, const double *h) { x->s1 = x->s1 * h[1] + g; x->var -= x->s1 * h[0]; }
static void nesterov(state *x, double g, const double *h) { x->s1 = x->s1 * h[1] + g; x->var -= g * h[0] + x->s1 * h[1] * h[0]; }
static void keras(state *x, double g, const double *h) { x->s1 = x->s1 * h[1] - g * h[0]; x->var += x->s1; }
static void adagrad(state *x, double g, const double *h) { x->s1 += g * g; x->var -= h[0] * g / sqrt(x->s1); }
static void adagrad2(state *x, double g, const double *h) { x->s1 += g * g; x->var -= h[0] * g / (sqrt(x->s1) + h[1]); }
static void proxada(state *x, double g, const double *h)
{
	double eta, p;
	x->s1 += g * g;
	eta = h[0] / sqrt(x->s1);
	p = x->var - g * eta;
	x->var = sgn(p) * pos(fabs(p) - eta * h[1]) / (1 + h[2] * eta);
}
static void da(state *x, double g, const double *h)
{
	x->s1 += g;
	x->s2 += g * g;
	x->var = -h[0] * sgn(x->s1) * pos(fabs(x->s1) - h[3] * h[1]) / (h[2] * h[3] * h[0] + sqrt(x->s2));
}
static void adadelta(state *x, double g, const double *h)
{
	double u;
	x->s1 = h[1] * x->s1 + (1 - h[1]) * g * g;
	u = sqrt(x->s2 + h[2]) * g / sqrt(x->s1 + h[2]);
	x->var -= h[0] * u;
	x->s2 = h[1] * x->s2 + (1 - h[1]) * u * u;
}
static void rms(state *x, double g, const double *h)
{
	x->s1 += (g * g - x->s1) * (1 - h[1]);
	x->s2 = h[2] * x->s2 + h[0] * g / sqrt(x->s1 + h[3]);
	x->var -= x->s2;
}
static void crms(state *x, double g, const double *h)   /* mg ms mom */
{
	x->s2 += (g * g - x->s2) * (1 - h[1]);
	x->s1 += (g - x->s1) * (1 - h[1]);
	x->s3 = h[2] * x->s3 + h[0] * g / sqrt(x->s2 - x->s1 * x->s1 + h[3]);
	x->var -= x->s3;
}
static void adam(state *x, double g, const double *h)
{
	double a = h[2] * sqrt(1 - h[1]) / (1 - h[0]);
	x->s1 += (g - x->s1) * (1 - h[3]);
	x->s2 += (g * g - x->s2) * (1 - h[4]);
	x->var -= a * x->s1 / (sqrt(x->s2) + h[5]);
}
static void nadam(state *x, double g, const double *h)
{
	double a = h[2] * sqrt(1 - h[1]) / (1 - h[0]);
	x->s1 += (g - x->s1) * (1 - h[3]);
	x->s2 += (g * g - x->s2) * (1 - h[4]);
	x->var -= a * (g * (1 - h[3]) + h[3] * x->s1) / (sqrt(x->s2) + h[5]);
}
static void ams(state *x, double g, const double *h)
{
	double a = h[2] * sqrt(1 - h[1]) / (1 - h[0]);
	x->s1 += (g - x->s1) * (1 - h[3]);
	x->s2 += (g * g - x->s2) * (1 - h[4]);
	x->s3 = fmax(x->s3, x->s2);
	x->var -= a * x->s1 / (sqrt(x->s3) + h[5]);
}
static void adamax(state *x, double g, const double *h)
{
	x->s1 += (g - x->s1) * (1 - h[2]);
	x->s2 = fmax(h[3] * x->s2, fabs(g));
	x->var -= h[1] / (1 - h[0]) * x->s1 / (x->s2 + h[4]);
}
static void ftrl_with(state *x, double g, const double *h, double shrink, double p)
{
	double now = x->s1 + g * g, sigma = (pow(now, -p) - pow(x->s1, -p)) / h[0], quad = pow(now, -p) / h[0] + 2 * h[2];
	x->s2 += g + 2 * shrink * x->var - sigma * x->var;
	x->var = fabs(x->s2) > h[1] ? (sgn(x->s2) * h[1] - x->s2) / quad : 0;
	x->s1 = now;
}
static void ftrl(state *x, double g, const double *h) { ftrl_with(x, g, h, 0, h[3]); }
static void ftrl2(state *x, double g, const double *h) { ftrl_with(x, g, h, h[3], h[4]); }
static void addsign(state *x, double g, const double *h)
{
	x->s1 = h[3] * x->s1 + (1 - h[3]) * g;
	x->var -= h[0] * (h[1] + h[2] * sgn(g) * sgn(x->s1)) * g;
}
static void powersign(state *x, double g, const double *h)
{
	x->s1 = h[3] * x->s1 + (1 - h[3]) * g;
	x->var -= h[0] * exp(h[1] * h[2] * sgn(g) * sgn(x->s1)) * g;
}

/* FORM: the op's inputs in order: v variable, g gradient, h hyper-parameter, s global step, i the place of the indices in
 * the sparse form. */
static const struct {
	const char *op, *form, *flag;
	rule       *by;
	double      h[6];
	bool        ref, sparse;        /* forms it has besides the dense one on resources */
} rules[] = {
	{ "ApplyGradientDescent", "vhg", NULL, gd, { 0.1 }, true, false },
	{ "ApplyProximalGradientDescent", "vhhhgi", NULL, prox, { 0.1, 0.2, 0.3 }, true, true },
	{ "ApplyMomentum", "vvhgih", NULL, momentum, { 0.1, 0.9 }, true, true },
	{ "ApplyMomentum", "vvhgih", "use_nesterov", nesterov, { 0.1, 0.9 }, true, true },
	{ "ApplyKerasMomentum", "vvhgih", NULL, keras, { 0.1, 0.9 }, false, true },
	{ "ApplyAdagrad", "vvhgi", NULL, adagrad, { 0.1 }, true, true },
	{ "ApplyAdagradV2", "vvhhgi", NULL, adagrad2, { 0.1, 0.01 }, true, true },
	{ "ApplyProximalAdagrad", "vvhhhgi", NULL, proxada, { 0.1, 0.2, 0.3 }, true, true },
	{ "ApplyAdagradDA", "vvvgihhhs", NULL, da, { 0.1, 0.02, 0.3, 3 }, true, true },
	{ "ApplyAdadelta", "vvvhhhgi", NULL, adadelta, { 0.1, 0.95, 1e-3 }, true, true },
	{ "ApplyRMSProp", "vvvhhhhgi", NULL, rms, { 0.1, 0.9, 0.5, 1e-3 }, true, true },
	{ "ApplyCenteredRMSProp", "vvvvhhhhgi", NULL, crms, { 0.1, 0.9, 0.5, 1 }, true, true },
	{ "ApplyAdam", "vvvhhhhhhg", NULL, adam, { 0.9, 0.999, 0.1, 0.9, 0.999, 1e-3 }, true, false },
	{ "ApplyAdam", "vvvhhhhhhg", "use_nesterov", nadam, { 0.9, 0.999, 0.1, 0.9, 0.999, 1e-3 }, true, false },
	{ "ApplyAdamWithAmsgrad", "vvvvhhhhhhg", NULL, ams, { 0.9, 0.999, 0.1, 0.9, 0.999, 1e-3 }, false, false },
	{ "ApplyAdaMax", "vvvhhhhhg", NULL, adamax, { 0.9, 0.1, 0.9, 0.999, 1e-3 }, true, false },
	{ "ApplyFtrl", "vvvgihhhh", NULL, ftrl, { 0.1, 0.2, 0.3, -0.5 }, true, true },
	{ "ApplyFtrl", "vvvgihhhh", NULL, ftrl, { 0.1, 0.2, 0.3, -0.7 }, true, true },
	{ "ApplyFtrlV2", "vvvgihhhhh", NULL, ftrl2, { 0.1, 0.2, 0.3, 0.4, -0.5 }, true, true },
	{ "ApplyAddSign", "vvhhhhg", NULL, addsign, { 0.1, 1, 0.9, 0.9 }, true, false },
	{ "ApplyPowerSign", "vvhhhhg", NULL, powersign, { 0.1, 1, 0.9, 0.9 }, true, false },
};

static const double start[4][N] = {
	{ 1, -2, 3, 0.5, -0.25 }, { 0.1, 0.2, 0.3, 0.4, 0.5 }, { 0.5, 0.25, 0.125, 1, 2 }, { 0.01, 0.02, 0.03, 0.04, 0.05 },
};
static const double grads[STEPS][N] = { { 0.5, -1, 2, -0.125, 0.75 }, { -0.25, 1, 0.5, 0, -0.5 }, { 1, 1, -1, 2, -2 } };
static const int rows[3] = { 4, 1, 2 };

static void
set(rt *t, const char *name, mg_dtype dtype, const double *values)
{
	mg_tensor v = { 0 };
	int64_t dims[1] = { N };

	ck_assert_ok(mg_tensor_init_dims(&v, dtype, dims, 1, &t->err), &t->err);
	for (int i = 0; i < N; i++)
		if (dtype == MGREG_FLOAT)
			MG_DATA(&v, float)[i] = (float)values[i];
		else
			MG_DATA(&v, double)[i] = values[i];
	ck_assert_ok(mg_session_variable_set(t->s, name, &v, &t->err), &t->err);
	mg_tensor_clear(&v);
}

/* A constant vector; with SPARSE only the entries of `rows`. */
static mg_output
gradient(rt *t, mg_dtype dtype, const double *values, bool sparse)
{
	mg_tensor v = { 0 };
	int64_t dims[1] = { sparse ? 3 : N };
	mg_output o;

	ck_assert_ok(mg_tensor_init_dims(&v, dtype, dims, 1, &t->err), &t->err);
	for (int i = 0; i < dims[0]; i++) {
		double x = values[sparse ? rows[i] : i];

		if (dtype == MGREG_FLOAT)
			MG_DATA(&v, float)[i] = (float)x;
		else
			MG_DATA(&v, double)[i] = x;
	}
	o = mg_const(&t->b, NULL, &v);
	mg_tensor_clear(&v);
	return o;
}

static mg_node *
build(rt *t, int r, bool resource, bool sparse, mg_dtype dtype, const double *g)
{
	mg_output in[12];
	char op[80];
	int n = 0, h = 0, v = 0;
	mg_attr attrs[2];
	mg_node_args args = { 0 };
	mg_node *node;

	snprintf(op, sizeof(op), "%s%s%s", resource ? "Resource" : "", sparse ? "Sparse" : "", rules[r].op);
	for (const char *f = rules[r].form; *f; f++) {
		char name[8];
		mg_shape shape = { .rank = 1, .inline_dims = { N } };

		switch (*f) {
		case 'v':
			snprintf(name, sizeof(name), "v%d", v++);
			node = mg_graph_find(t->g, name);
			in[n++] = node ? MG_OUTPUT(node, 0) : resource ? mg_build(&t->b, "VarHandleOp", name, "; h:shape t:dtype s:shared_name", &shape, dtype, name)
				: mg_build(&t->b, "VariableV2", name, "; h:shape t:dtype", &shape, dtype);
			break;
		case 'g': in[n++] = gradient(t, dtype, g, sparse); break;
		case 'h': in[n++] = mg_const_scalar(&t->b, NULL, dtype, rules[r].h[h++]); break;
		case 's': in[n++] = mg_const_scalar(&t->b, NULL, MGREG_INT64, rules[r].h[h++]); break;
		case 'i':
			if (sparse)
				in[n++] = rt_ints(t, NULL, 3, rows[0], rows[1], rows[2]);
			break;
		}
	}
	ck_assert_ok(t->b.rc, &t->err);
	attrs[0] = (mg_attr){ rules[r].flag, rules[r].flag ? mg_attr_bool(mg_graph_arena(t->g), true) : NULL };
	args = (mg_node_args){ .op = op, .inputs = in, .input_count = n, .attrs = attrs, .attr_count = rules[r].flag ? 1 : 0 };
	ck_assert_ok(mg_graph_add(t->g, &args, &node, &t->err), &t->err);
	return node;
}

static void
check(int r, bool resource, bool sparse, mg_dtype dtype)
{
	rt t;
	state want[N];
	double tol = dtype == MGREG_FLOAT ? 3e-6 : 1e-13;

	rt_begin(&t);
	for (int i = 0; i < N; i++)
		want[i] = (state){ start[0][i], start[1][i], start[2][i], start[3][i] };
	for (int s = 0; s < STEPS; s++) {
		mg_node *node = build(&t, r, resource, sparse, dtype, grads[s]);

		for (int v = 0; s == 0 && v < 4; v++) {
			char name[8];

			snprintf(name, sizeof(name), "v%d", v);
			if (mg_graph_find(t.g, name))
				set(&t, name, dtype, start[v]);
		}
		rt_run(&t, node);
		for (int i = 0; i < (sparse ? 3 : N); i++)
			rules[r].by(&want[sparse ? rows[i] : i], grads[s][sparse ? rows[i] : i], rules[r].h);
	}
	for (int i = 0; i < N; i++)
		for (int v = 0; v < 4; v++) {
			char name[8];
			double x = v == 0 ? want[i].var : v == 1 ? want[i].s1 : v == 2 ? want[i].s2 : want[i].s3;

			snprintf(name, sizeof(name), "v%d", v);
			if (mg_graph_find(t.g, name))
				ck_assert_msg(fabs(rt_get(&t, name, i) - x) <= tol * fmax(1, fabs(x)), "%s%s%s %s[%d]: %.9g, expected %.9g",
					resource ? "Resource" : "", sparse ? "Sparse" : "", rules[r].op, name, i, rt_get(&t, name, i), x);
		}
	rt_end(&t);
}

START_TEST(rule_by_rule)
{
	for (int resource = 0; resource < 2; resource++)
		for (int sparse = 0; sparse < 2; sparse++)
			if ((resource || rules[_i].ref) && (!sparse || rules[_i].sparse)) {
				check(_i, resource, sparse, MGREG_FLOAT);
				check(_i, resource, sparse, MGREG_DOUBLE);
			}
}
END_TEST

START_TEST(bad_updates_change_nothing)
{
	rt t;
	mg_output v, a, lr;

	rt_begin(&t);
	v = rt_variable(&t, "v", 2);
	a = rt_variable(&t, "a", 2);
	lr = rt_float(&t, "lr", 0.1);
	rt_run_fails(&t, mg_build_node(&t.b, "ApplyGradientDescent", "unset", "ooo", v, lr, rt_floats(&t, NULL, 2, 1.0, 1.0)), MGREG_FAILED_PRECONDITION);
	ck_assert_ptr_nonnull(strstr(t.err.text, "v"));
	rt_set(&t, "v", 2, (double[]){ 1, 2 });
	rt_set(&t, "a", 2, (double[]){ 1, 2 });
	rt_run_fails(&t, mg_build_node(&t.b, "ApplyGradientDescent", "lr2", "ooo", v, mg_build(&t.b, "PlaceholderWithDefault", "d1", "o; h:shape",
		rt_floats(&t, NULL, 2, 1.0, 1.0), &MG_SHAPE_UNKNOWN), rt_floats(&t, NULL, 2, 1.0, 1.0)), MGREG_INVALID_ARGUMENT);
	rt_run_fails(&t, mg_build_node(&t.b, "ApplyGradientDescent", "shape", "ooo", v, lr, mg_build(&t.b, "PlaceholderWithDefault", "d2", "o; h:shape",
		rt_floats(&t, NULL, 3, 1.0, 1.0, 1.0), &MG_SHAPE_UNKNOWN)), MGREG_INVALID_ARGUMENT);
	rt_run_fails(&t, mg_build_node(&t.b, "SparseApplyAdagrad", "index", "ooooo", v, a, lr, rt_floats(&t, NULL, 2, 1.0, 1.0), rt_ints(&t, NULL, 2, 0, 2)),
		MGREG_INVALID_ARGUMENT);
	ck_assert_double_eq(rt_get(&t, "v", 0), 1);
	ck_assert_double_eq(rt_get(&t, "a", 0), 1);
	rt_end(&t);
}
END_TEST

Suite *
test_training(void)
{
	TCase *t;
	Suite *s = mg_suite("training", &t);

	tcase_add_loop_test(t, rule_by_rule, 0, (int)MG_COUNT(rules));
	tcase_add_test(t, bad_updates_change_nothing);
	return s;
}
