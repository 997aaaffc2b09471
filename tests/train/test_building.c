/* SPDX-License-Identifier: Apache-2.0 */
/* test_building.c - learning rates, clipping, averages, losses, metrics and layers: run, and compared with their formulas. */
#include <math.h>
#include <stdlib.h>
#include "nets.h"
#include "mgreg/saver.h"

static mgreg_error err;

typedef struct rig {
	mgreg_graph   *g;
	mgreg_builder  b;
	mgreg_session *s;
} rig;

static void
rig_up(rig *r)
{
	ck_assert_ok(mgreg_graph_new(&r->g, &err), &err);
	r->b = (mgreg_builder)MGREG_BUILDER(r->g, &err);
	r->s = NULL;
}

static void
rig_down(rig *r)
{
	mgreg_session_free(r->s);
	mgreg_graph_free(r->g);
}

static void
start(rig *r)
{
	mgreg_session_options o = MGREG_SESSION_INIT;
	mgreg_node *init[2] = { mgreg_op_initializer(&r->b, NULL), mgreg_op_local_initializer(&r->b, "init_local") };

	ck_assert_ok(r->b.rc, &err);
	ck_assert_ok(mgreg_graph_validate(r->g, &err), &err);
	o.threads = 1;
	ck_assert_ok(mgreg_session_new(&r->s, r->g, &o, &err), &err);
	ck_assert_ok(mgreg_session_run(r->s, NULL, 0, NULL, 0, init, 2, NULL, &err), &err);
}

/* The value of O, of up to COUNT elements, with TO fed VALUE (or nothing). */
static int64_t
fetch(rig *r, mgreg_output o, mgreg_output to, const mgreg_tensor *value, float *out, int64_t count)
{
	mgreg_feed feed = { to, value };
	mgreg_tensor *t;
	int64_t n;

	ck_assert_ok(mgreg_session_run(r->s, &feed, value != NULL, &o, 1, NULL, 0, &t, &err), &err);
	n = mgreg_tensor_count(t);
	ck_assert_int_le(n, count);
	ck_assert_int_eq(mgreg_tensor_dtype(t), MGREG_FLOAT);
	memcpy(out, mgreg_tensor_bytes(t), (size_t)n * sizeof *out);
	mgreg_tensor_free(t);
	return n;
}

static float
scalar(rig *r, mgreg_output o)
{
	float v = NAN;

	ck_assert_int_eq(fetch(r, o, (mgreg_output){ NULL, 0 }, NULL, &v, 1), 1);
	return v;
}

static void
run(rig *r, mgreg_node *n)
{
	ck_assert_ok(mgreg_session_run(r->s, NULL, 0, NULL, 0, &n, 1, NULL, &err), &err);
}

static mgreg_output
vector(rig *r, const float *v, int n)
{
	int64_t dim = n;

	return mgreg_op_floats(&r->b, v, &dim, 1, "v");
}

#define ck_near(got, want, tol) do { \
	double g_ = (got), w_ = (want); \
	ck_assert_msg(fabs(g_ - w_) <= (tol) * fmax(1, fabs(w_)), #got " is %.9g, should be %.9g (line %d)", g_, w_, __LINE__); \
} while (0)

/* ---- learning rates ---- */

enum { DECAYS = 14 };

static mgreg_output
decay(mgreg_builder *b, mgreg_output step, int which)
{
	static const double bounds[2] = { 3, 12 }, values[3] = { 1, 0.5, 0.1 };

	switch (which) {
	case 0: return mgreg_exponential_decay(b, 0.5, step, 7, 0.9, 0, NULL);
	case 1: return mgreg_exponential_decay(b, 0.5, step, 7, 0.9, 1, NULL);
	case 2: return mgreg_natural_exp_decay(b, 0.5, step, 7, 0.3, 0, NULL);
	case 3: return mgreg_natural_exp_decay(b, 0.5, step, 7, 0.3, 1, NULL);
	case 4: return mgreg_inverse_time_decay(b, 0.5, step, 7, 0.3, 0, NULL);
	case 5: return mgreg_inverse_time_decay(b, 0.5, step, 7, 0.3, 1, NULL);
	case 6: return mgreg_polynomial_decay(b, 0.5, step, 10, 0.01, 0.5, 0, NULL);
	case 7: return mgreg_polynomial_decay(b, 0.5, step, 10, 0.01, 2, 1, NULL);
	case 8: return mgreg_piecewise_constant(b, step, bounds, values, 2, NULL);
	case 9: return mgreg_cosine_decay(b, 0.5, step, 10, 0.1, NULL);
	case 10: return mgreg_cosine_decay_restarts(b, 0.5, step, 5, 2, 0.9, 0.1, NULL);
	case 11: return mgreg_cosine_decay_restarts(b, 0.5, step, 5, 1, 0.9, 0.1, NULL);
	case 12: return mgreg_linear_cosine_decay(b, 0.5, step, 10, 0.5, 0.1, 0.001, NULL);
	default: return mgreg_noisy_linear_cosine_decay(b, 0.5, step, 10, 0.0, 0.55, 0.5, 0.1, 0.001, 5, NULL);
	}
}

static double
restarts(double step, double first, double t, double m, double alpha)
{
	double f = step / first, i;

	if (t == 1) {
		i = floor(f);
		f -= i;
	} else {
		i = floor(log(1 - f * (1 - t)) / log(t));
		f = (f - (1 - pow(t, i)) / (1 - t)) / pow(t, i);
	}
	return 0.5 * ((1 - alpha) * 0.5 * pow(m, i) * (1 + cos(M_PI * f)) + alpha);
}

static double
decayed(double s, int which)
{
	double m = fmin(s, 10), d = 10;

	switch (which) {
	case 0: return 0.5 * pow(0.9, s / 7);
	case 1: return 0.5 * pow(0.9, floor(s / 7));
	case 2: return 0.5 * exp(-0.3 * s / 7);
	case 3: return 0.5 * exp(-0.3 * floor(s / 7));
	case 4: return 0.5 / (1 + 0.3 * s / 7);
	case 5: return 0.5 / (1 + 0.3 * floor(s / 7));
	case 6: return (0.5 - 0.01) * sqrt(1 - m / 10) + 0.01;
	case 7:
		d = s == 0 ? 10 : 10 * ceil(s / 10);
		return (0.5 - 0.01) * pow(1 - s / d, 2) + 0.01;
	case 8: return s <= 3 ? 1 : s <= 12 ? 0.5 : 0.1;
	case 9: return 0.5 * (0.9 * 0.5 * (1 + cos(M_PI * m / 10)) + 0.1);
	case 10: return restarts(s, 5, 2, 0.9, 0.1);
	case 11: return restarts(s, 5, 1, 0.9, 0.1);
	default: return 0.5 * ((0.1 + (10 - m) / 10) * 0.5 * (1 + cos(M_PI * m / 10)) + 0.001);
	}
}

START_TEST(learning_rates)
{
	static const char *const names[DECAYS] = { "ExponentialDecay", "ExponentialDecay", "NaturalExpDecay", "NaturalExpDecay", "InverseTimeDecay",
		"InverseTimeDecay", "PolynomialDecay", "PolynomialDecay", "PiecewiseConstant", "CosineDecay", "SGDRDecay", "SGDRDecay",
		"LinearCosineDecay", "NoisyLinearCosineDecay" };
	mgreg_output step, rate;
	mgreg_tensor *t;
	float got;
	rig r;

	rig_up(&r);
	step = mgreg_op_placeholder(&r.b, MGREG_INT64, NULL, 0, "step");
	rate = decay(&r.b, step, _i);
	start(&r);
	ck_assert_str_eq(mgreg_node_name(rate.node), names[_i]);
	for (int64_t s = 0; s < 36; s++) {
		if (_i == 10 && s == 15)        /* the border of two cycles falls to either side */
			continue;
		ck_assert_ok(mgreg_tensor_new_from(&t, MGREG_INT64, NULL, 0, &s, sizeof s, &err), &err);
		fetch(&r, rate, step, t, &got, 1);
		ck_near(got, decayed((double)s, _i), 2e-6);
		mgreg_tensor_free(t);
	}
	rig_down(&r);
}
END_TEST

/* The schedule that a real graph has, node by node. */
START_TEST(same_as_written)
{
	static const char *const nodes[][2] = {
		{ "exp_decay/learning_rate", "Const()" }, { "exp_decay/Cast", "Cast(step/read)" }, { "exp_decay/Cast_1/x", "Const()" },
		{ "exp_decay/Cast_1", "Cast(exp_decay/Cast_1/x)" }, { "exp_decay/Cast_2/x", "Const()" },
		{ "exp_decay/truediv", "RealDiv(exp_decay/Cast, exp_decay/Cast_1)" }, { "exp_decay/Floor", "Floor(exp_decay/truediv)" },
		{ "exp_decay/Pow", "Pow(exp_decay/Cast_2/x, exp_decay/Floor)" }, { "exp_decay", "Mul(exp_decay/learning_rate, exp_decay/Pow)" },
	};
	mgreg_variable step;
	rig r;

	rig_up(&r);
	step = mgreg_op_variable(&r.b, mgreg_op_scalar(&r.b, MGREG_INT32, 0, "zero"), MGREG_VARIABLE_NOT_TRAINABLE, "step");
	mgreg_exponential_decay(&r.b, 0.1, step.handle, 10, 0.96, 1, "exp_decay");
	ck_assert_ok(r.b.rc, &err);
	for (size_t i = 0; i < MG_COUNT(nodes); i++)
		ck_node(r.g, nodes[i][0], nodes[i][1]);
	rig_down(&r);
}
END_TEST

START_TEST(bad_rates)
{
	mgreg_output step;
	rig r;

	rig_up(&r);
	step = mgreg_op_placeholder(&r.b, MGREG_INT64, (int64_t[]){ 2 }, 1, "step");
	mgreg_exponential_decay(&r.b, 0.1, step, 10, 0.9, 0, NULL);
	ck_assert_int_eq(r.b.rc, MGREG_INVALID_ARGUMENT);
	ck_assert_ptr_nonnull(strstr(err.text, "scalar"));
	r.b.rc = 0;
	mgreg_cosine_decay(&r.b, 0.1, mgreg_op_scalar(&r.b, MGREG_INT32, 1, NULL), 0, 0, NULL);
	ck_assert_int_eq(r.b.rc, MGREG_INVALID_ARGUMENT);
	r.b.rc = 0;
	mgreg_piecewise_constant(&r.b, mgreg_op_scalar(&r.b, MGREG_INT32, 1, NULL), (double[]){ 2.5 }, (double[]){ 1, 2 }, 1, NULL);
	ck_assert_int_eq(r.b.rc, MGREG_INVALID_ARGUMENT);
	r.b.rc = 0;
	mgreg_exponential_decay(&r.b, 0.1, (mgreg_output){ NULL, 0 }, 10, 0.9, 0, NULL);
	ck_assert_int_eq(r.b.rc, MGREG_INVALID_ARGUMENT);
	rig_down(&r);
}
END_TEST

/* ---- clipping ---- */

START_TEST(clipping)
{
	static const float v[4] = { 3, -4, 0, 12 }, none[2] = { 0, 0 };
	mgreg_output x, z, list[3], out[3], norm, a, c, d, e, f;
	float got[8];
	rig r;

	rig_up(&r);
	x = vector(&r, v, 4);
	z = vector(&r, none, 2);
	a = mgreg_clip_by_value(&r.b, x, -1, 5, NULL);
	c = mgreg_clip_by_norm(&r.b, x, 6.5, NULL, -1, NULL);
	d = mgreg_clip_by_norm(&r.b, x, 100, NULL, -1, NULL);
	e = mgreg_clip_by_average_norm(&r.b, x, 0.5, NULL);
	f = mgreg_clip_by_norm(&r.b, z, 1, NULL, -1, NULL);
	list[0] = x;
	list[1] = (mgreg_output){ NULL, 0 };
	list[2] = vector(&r, v, 4);
	mgreg_clip_by_global_norm(&r.b, list, 3, 1, out, &norm, NULL);
	start(&r);
	ck_assert_ptr_null(out[1].node);
	ck_assert_str_eq(mgreg_node_name(a.node), "clip_by_value");
	fetch(&r, a, list[1], NULL, got, 8);
	ck_near(got[0], 3, 0);
	ck_near(got[1], -1, 0);
	ck_near(got[3], 5, 0);
	fetch(&r, c, list[1], NULL, got, 8);
	ck_near(got[1], -4 * 6.5 / 13, 1e-6);
	fetch(&r, d, list[1], NULL, got, 8);
	ck_near(got[3], 12, 1e-6);
	fetch(&r, e, list[1], NULL, got, 8);
	ck_near(got[0], 3 * 0.5 * fmin(4 / 13.0, 2), 1e-6);
	fetch(&r, f, list[1], NULL, got, 8);
	ck_near(got[0], 0, 0);
	ck_near(scalar(&r, norm), sqrt(2 * 169), 1e-6);
	fetch(&r, out[2], list[1], NULL, got, 8);
	ck_near(got[3], 12 / sqrt(338), 1e-6);
	rig_down(&r);
}
END_TEST

/* ---- moving averages ---- */

START_TEST(averages)
{
	mgreg_ema_options o = MGREG_EMA_INIT;
	mgreg_variable w, n, shadow;
	mgreg_output one;
	mgreg_node *apply, *add;
	mgreg_ema *ema;
	double want = 1;
	rig r;

	rig_up(&r);
	one = mgreg_op_scalar(&r.b, MGREG_FLOAT, 1, "one");
	w = mgreg_op_variable(&r.b, one, _i ? MGREG_VARIABLE_RESOURCE : 0, "w");
	n = mgreg_op_variable(&r.b, mgreg_op_scalar(&r.b, MGREG_INT32, 3, "three"), MGREG_VARIABLE_NOT_TRAINABLE, "n");
	o.decay = 0.9;
	o.num_updates = n.handle;
	ck_assert_ok(mgreg_ema_new(&ema, r.g, &o, &err), &err);
	ck_assert_str_eq(mgreg_ema_average_name(ema, w.handle), "w/ExponentialMovingAverage");
	ck_assert_fails(mgreg_ema_average(ema, w.handle, &shadow, &err), MGREG_NOT_FOUND, &err);
	apply = mgreg_ema_apply(ema, &r.b, NULL, 0);
	mgreg_op_begin(&r.b, _i ? "AssignAddVariableOp" : "AssignAdd", "add");
	mgreg_op_input(&r.b, w.handle);
	mgreg_op_input(&r.b, one);
	add = mgreg_op_end_node(&r.b);
	start(&r);
	ck_assert_str_eq(mgreg_node_name(apply), "ExponentialMovingAverage");
	ck_assert_ok(mgreg_ema_average(ema, w.handle, &shadow, &err), &err);
	ck_assert_str_eq(mgreg_node_name(shadow.handle.node), "w/ExponentialMovingAverage");
	ck_assert_int_eq(mgreg_collection_count(r.g, "moving_average_variables"), 1);
	ck_assert_int_eq(mgreg_collection_count(r.g, "trainable_variables"), 1);
	if (!_i) {
		ck_node(r.g, "ExponentialMovingAverage/AssignMovingAvg",
			"AssignSub(w/ExponentialMovingAverage, ExponentialMovingAverage/AssignMovingAvg/mul)");
		ck_node(r.g, "ExponentialMovingAverage/AssignMovingAvg/sub_1", "Sub(w/ExponentialMovingAverage/read, w/read)");
		ck_node(r.g, "ExponentialMovingAverage/Minimum", "Minimum(ExponentialMovingAverage/decay, ExponentialMovingAverage/truediv)");
	}
	ck_near(scalar(&r, shadow.value), 1, 0);
	for (int t = 1; t < 6; t++) {
		run(&r, add);
		run(&r, apply);
		want -= (1 - 4.0 / 13) * (want - (t + 1));
		ck_near(scalar(&r, shadow.value), want, 1e-6);
	}
	mgreg_ema_free(ema);
	rig_down(&r);
}
END_TEST

static int
list_names(void *ctx, const char *key, const char *variable)
{
	mg_str_printf(ctx, "%s=%s ", key, variable);
	return 0;
}

START_TEST(debiased)
{
	mgreg_ema_options o = MGREG_EMA_INIT;
	mgreg_output x, doubled;
	mgreg_variable w, shadow;
	mg_str names = MG_STR_INIT;
	mgreg_node *apply;
	mgreg_ema *ema;
	rig r;

	rig_up(&r);
	w = mgreg_op_variable(&r.b, mgreg_op_scalar(&r.b, MGREG_FLOAT, 5, "five"), 0, "w");
	x = mgreg_op_scalar(&r.b, MGREG_FLOAT, 2, NULL);
	doubled = mgreg_op_mul(&r.b, w.value, x, "doubled");
	o.decay = 0.9;
	o.zero_debias = 1;
	ck_assert_ok(mgreg_ema_new(&ema, r.g, &o, &err), &err);
	apply = mgreg_ema_apply(ema, &r.b, &doubled, 1);
	start(&r);
	ck_assert_ok(mgreg_ema_average(ema, doubled, &shadow, &err), &err);
	ck_assert_str_eq(mgreg_node_name(shadow.handle.node), "doubled/ExponentialMovingAverage");
	ck_assert_ptr_nonnull(mgreg_graph_find(r.g, "doubled/ExponentialMovingAverage/biased"));
	ck_assert_ptr_nonnull(mgreg_graph_find(r.g, "doubled/ExponentialMovingAverage/local_step"));
	ck_near(scalar(&r, shadow.value), 0, 0);
	for (int t = 0; t < 3; t++) {
		run(&r, apply);
		/* without its bias the average of a constant is the constant, weighed as TensorFlow does: delta times one */
		ck_near(scalar(&r, shadow.value), 10, 1e-5);
	}
	ck_assert_ok(mgreg_ema_variables_to_restore(ema, list_names, &names, &err), &err);
	ck_assert_str_eq(names.ptr, "w/ExponentialMovingAverage=w doubled/ExponentialMovingAverage=doubled/ExponentialMovingAverage "
		"doubled/ExponentialMovingAverage/biased=doubled/ExponentialMovingAverage/biased "
		"doubled/ExponentialMovingAverage/local_step=doubled/ExponentialMovingAverage/local_step ");
	mg_str_clear(&names);
	mgreg_ema_free(ema);
	rig_down(&r);
}
END_TEST

/* ---- losses ---- */

START_TEST(losses)
{
	static const float p[4] = { 0.2f, 0.9f, 0.5f, 0.6f }, y[4] = { 0, 1, 1, 0 }, w[4] = { 1, 2, 0, 1 }, logits[4] = { 1, -2, 0.5f, 3 };
	mgreg_loss_options o = MGREG_LOSS_INIT;
	mgreg_output a, b, l[8], weighted[4], total, soft, sparse, all;
	double sum[8] = { 0 }, d;
	float list[4];
	rig r;

	rig_up(&r);
	a = vector(&r, p, 4);
	b = vector(&r, y, 4);
	l[0] = mgreg_loss_mean_squared_error(&r.b, b, a, NULL);
	l[1] = mgreg_loss_absolute_difference(&r.b, b, a, NULL);
	l[2] = mgreg_loss_huber(&r.b, b, a, 0.3, NULL);
	l[3] = mgreg_loss_log(&r.b, b, a, 1e-7, NULL);
	l[4] = mgreg_loss_hinge(&r.b, b, vector(&r, logits, 4), NULL);
	l[5] = mgreg_loss_sigmoid_cross_entropy(&r.b, b, vector(&r, logits, 4), NULL);
	o.weights = vector(&r, w, 4);
	o.collection = "mine";
	for (int i = 0; i < 4; i++) {
		o.reduction = (mgreg_reduction)i;
		weighted[i] = mgreg_loss_mean_squared_error(&r.b, b, a, &o);
	}
	total = mgreg_loss_total(&r.b, 0, NULL);
	mgreg_loss_l2_regularizer(&r.b, a, 0.5, NULL);
	all = mgreg_loss_total(&r.b, 1, "everything");
	o = (mgreg_loss_options)MGREG_LOSS_INIT;
	o.label_smoothing = 0.1;
	soft = mgreg_loss_softmax_cross_entropy(&r.b, mgreg_op_reshape(&r.b, b, (int64_t[]){ 2, 2 }, 2, NULL),
		mgreg_op_reshape(&r.b, vector(&r, logits, 4), (int64_t[]){ 2, 2 }, 2, NULL), &o);
	sparse = mgreg_loss_sparse_softmax_cross_entropy(&r.b, mgreg_op_ints(&r.b, (int64_t[]){ 1, 0 }, 2, NULL),
		mgreg_op_reshape(&r.b, vector(&r, logits, 4), (int64_t[]){ 2, 2 }, 2, NULL), NULL);
	start(&r);
	ck_assert_str_eq(mgreg_node_name(l[0].node), "mean_squared_error/value");
	ck_assert_str_eq(mgreg_node_name(total.node), "total_loss");
	ck_assert_int_eq(mgreg_collection_count(r.g, "losses"), 8);
	ck_assert_int_eq(mgreg_collection_count(r.g, "mine"), 4);
	for (int i = 0; i < 4; i++) {
		d = fabs(p[i] - y[i]);
		sum[0] += d * d;
		sum[1] += d;
		sum[2] += d <= 0.3 ? 0.5 * d * d : 0.5 * 0.09 + 0.3 * (d - 0.3);
		sum[3] -= y[i] * log(p[i] + 1e-7) + (1 - y[i]) * log(1 - p[i] + 1e-7);
		sum[4] += fmax(0, 1 - (2 * y[i] - 1) * logits[i]);
		sum[5] += log1p(exp(-fabs(logits[i]))) + fmax(logits[i], 0) - logits[i] * y[i];
		sum[6] += w[i] * d * d;
		sum[7] += p[i] * p[i] / 2;
	}
	for (int i = 0; i < 6; i++)
		ck_near(scalar(&r, l[i]), sum[i] / 4, 2e-6);
	ck_near(scalar(&r, weighted[MGREG_REDUCE_BY_NONZERO]), sum[6] / 3, 2e-6);
	ck_near(scalar(&r, weighted[MGREG_REDUCE_SUM]), sum[6], 2e-6);
	ck_near(scalar(&r, weighted[MGREG_REDUCE_MEAN]), sum[6] / 4, 2e-6);
	ck_assert_int_eq(fetch(&r, weighted[MGREG_REDUCE_NONE], (mgreg_output){ NULL, 0 }, NULL, list, 4), 4);
	ck_near(list[1], 2 * 0.01, 1e-5);
	d = (sum[0] + sum[1] + sum[2] + sum[3] + sum[4] + sum[5]) / 4;
	ck_near(scalar(&r, total), d, 2e-6);
	ck_near(scalar(&r, all), d + 0.5 * sum[7], 2e-6);
	{
		double z1 = log(exp(1) + exp(-2)), z2 = log(exp(0.5) + exp(3));

		ck_near(scalar(&r, sparse), ((z1 + 2) + (z2 - 0.5)) / 2, 2e-6);
		ck_near(scalar(&r, soft), (0.05 * (z1 - 1) + 0.95 * (z1 + 2) + 0.95 * (z2 - 0.5) + 0.05 * (z2 - 3)) / 2, 2e-6);
	}
	rig_down(&r);
}
END_TEST

START_TEST(bad_losses)
{
	static const float v[3] = { 1, 2, 3 };
	rig r;

	rig_up(&r);
	mgreg_loss_mean_squared_error(&r.b, vector(&r, v, 3), vector(&r, v, 2), NULL);
	ck_assert_int_eq(r.b.rc, MGREG_INVALID_ARGUMENT);
	ck_assert_ptr_nonnull(strstr(err.text, "[3]"));
	r.b.rc = 0;
	mgreg_loss_total(&r.b, 1, NULL);
	ck_assert_int_eq(r.b.rc, MGREG_NOT_FOUND);
	r.b.rc = 0;
	ck_assert_str_eq(mgreg_scope_current(r.g), "");
	rig_down(&r);
}
END_TEST

/* ---- metrics: two batches ---- */

static mgreg_tensor *
batch(const float *v, int n)
{
	int64_t dim = n;
	mgreg_tensor *t;

	ck_assert_ok(mgreg_tensor_new_from(&t, MGREG_FLOAT, &dim, 1, v, (size_t)n * sizeof *v, &err), &err);
	return t;
}

START_TEST(metrics)
{
	static const float labels[2][4] = { { 1, 0, 1, 0 }, { 1, 1, 0, 0 } }, guesses[2][4] = { { 1, 1, 1, 0 }, { 0, 1, 0, 0 } };
	mgreg_output y, p, none = { NULL, 0 };
	mgreg_metric m[10];
	double want[10];
	rig r;

	rig_up(&r);
	y = mgreg_op_placeholder(&r.b, MGREG_FLOAT, (int64_t[]){ -1 }, 1, "y");
	p = mgreg_op_placeholder(&r.b, MGREG_FLOAT, (int64_t[]){ -1 }, 1, "p");
	m[0] = mgreg_metric_accuracy(&r.b, y, p, none, NULL);
	m[1] = mgreg_metric_precision(&r.b, y, p, none, NULL);
	m[2] = mgreg_metric_recall(&r.b, y, p, none, NULL);
	m[3] = mgreg_metric_mean(&r.b, p, none, NULL);
	m[4] = mgreg_metric_mean_squared_error(&r.b, y, p, none, NULL);
	m[5] = mgreg_metric_root_mean_squared_error(&r.b, y, p, none, NULL);
	m[6] = mgreg_metric_mean_absolute_error(&r.b, y, p, y, NULL);
	m[7] = mgreg_metric_true_negatives(&r.b, y, p, none, NULL);
	m[8] = mgreg_metric_false_positives(&r.b, y, p, none, NULL);
	m[9] = mgreg_metric_auc(&r.b, y, p, 200, NULL);
	mgreg_op_variable(&r.b, mgreg_op_scalar(&r.b, MGREG_FLOAT, 0, "zero"), 0, "unrelated");
	start(&r);
	ck_assert_str_eq(mgreg_node_name(m[0].value.node), "accuracy/value");
	ck_assert_str_eq(mgreg_node_name(m[0].update.node), "accuracy/update_op");
	ck_assert_ptr_nonnull(mgreg_graph_find(r.g, "precision/true_positives/count"));
	ck_assert_int_eq(mgreg_collection_count(r.g, "variables"), 1);
	ck_assert_int_eq(mgreg_collection_count(r.g, "local_variables"), mgreg_collection_count(r.g, "metric_variables"));
	for (int k = 0; k < 2; k++) {
		mgreg_tensor *a = batch(labels[k], 4), *b = batch(guesses[k], 4);
		mgreg_feed feeds[2] = { { y, a }, { p, b } };

		for (int i = 0; i < 10; i++) {
			mgreg_tensor *t;

			ck_assert_ok(mgreg_session_run(r.s, feeds, 2, &m[i].update, 1, NULL, 0, &t, &err), &err);
			if (k == 1)
				ck_near(((const float *)mgreg_tensor_bytes(t))[0], scalar(&r, m[i].value), 1e-7);
			mgreg_tensor_free(t);
		}
		mgreg_tensor_free(a);
		mgreg_tensor_free(b);
	}
	/* 4 positives, 3 of them found; 4 negatives, 1 taken for a positive */
	want[0] = 6 / 8.0;
	want[1] = want[2] = 3 / 4.0;
	want[3] = 4 / 8.0;
	want[4] = 2 / 8.0;
	want[5] = 0.5;
	want[6] = 1 / 4.0;
	want[7] = 3;
	want[8] = 1;
	want[9] = 0.75;
	for (int i = 0; i < 10; i++)
		ck_near(scalar(&r, m[i].value), want[i], 2e-6);
	rig_down(&r);
}
END_TEST

/* ---- layers ---- */

START_TEST(dense_layer)
{
	static const float x[6] = { 1, 2, 3, -1, 0.5f, 2 };
	mgreg_layer_options o = MGREG_LAYER_INIT;
	mgreg_output in, first, second, again;
	mgreg_tensor *k, *c;
	float y[8], z[8];
	rig r;

	rig_up(&r);
	mgreg_graph_set_seed(r.g, 7);
	in = mgreg_op_floats(&r.b, x, (int64_t[]){ 2, 3 }, 2, "x");
	o.activation = "Relu";
	o.l2 = 0.1;
	first = mgreg_layer_dense(&r.b, in, 4, &o);
	second = mgreg_layer_dense(&r.b, first, 4, NULL);
	o = (mgreg_layer_options)MGREG_LAYER_INIT;
	o.name = "dense";
	o.reuse = 1;
	again = mgreg_layer_dense(&r.b, in, 4, &o);
	start(&r);
	ck_assert_str_eq(mgreg_node_name(first.node), "dense/Relu");
	ck_assert_str_eq(mgreg_node_name(second.node), "dense_1/BiasAdd");
	ck_assert_str_eq(mgreg_node_name(again.node), "dense_2/BiasAdd");
	ck_node(r.g, "dense/MatMul", "MatMul(x, dense/kernel/read)");
	ck_node(r.g, "dense/kernel/Initializer/random_uniform", "Add(dense/kernel/Initializer/random_uniform/mul, "
		"dense/kernel/Initializer/random_uniform/min)");
	ck_node(r.g, "dense/kernel/Assign", "Assign(dense/kernel, dense/kernel/Initializer/random_uniform)");
	ck_node(r.g, "dense/bias/Assign", "Assign(dense/bias, dense/bias/Initializer/zeros)");
	for (int i = 0; i < 5; i++) {
		static const char *const parts[] = { "dense/kernel", "dense/kernel/read", "dense/kernel/Assign", "dense/kernel/Initializer/random_uniform/min",
			"dense/kernel/Initializer/random_uniform" };
		char *class;

		ck_assert_ok(mgreg_node_attr_text(mgreg_graph_find(r.g, parts[i]), "_class", &class, &err), &err);
		ck_assert_ptr_nonnull(strstr(class, "\"loc:@dense/kernel\""));
		mgreg_free(class);
	}
	ck_assert_int_eq(mgreg_collection_count(r.g, "trainable_variables"), 4);
	ck_assert_int_eq(mgreg_collection_count(r.g, "regularization_losses"), 1);
	ck_assert_ok(mgreg_session_variable_get(r.s, "dense/kernel", &k, &err), &err);
	ck_assert_ok(mgreg_session_variable_get(r.s, "dense/bias", &c, &err), &err);
	fetch(&r, first, (mgreg_output){ NULL, 0 }, NULL, y, 8);
	fetch(&r, again, (mgreg_output){ NULL, 0 }, NULL, z, 8);
	for (int i = 0; i < 2; i++)
		for (int j = 0; j < 4; j++) {
			double s = ((const float *)mgreg_tensor_bytes(c))[j];

			for (int n = 0; n < 3; n++) {
				float w = ((const float *)mgreg_tensor_bytes(k))[n * 4 + j];

				ck_assert_float_le(fabsf(w), sqrtf(6 / 7.0f));
				s += (double)x[i * 3 + n] * w;
			}
			ck_near(z[i * 4 + j], s, 1e-6);
			ck_near(y[i * 4 + j], fmax(s, 0), 1e-6);
		}
	mgreg_tensor_free(k);
	mgreg_tensor_free(c);
	o.name = "nobody";
	mgreg_layer_dense(&r.b, in, 4, &o);
	ck_assert_int_eq(r.b.rc, MGREG_NOT_FOUND);
	r.b.rc = 0;
	o.name = "dense";
	mgreg_layer_dense(&r.b, in, 5, &o);
	ck_assert_int_eq(r.b.rc, MGREG_INVALID_ARGUMENT);
	rig_down(&r);
}
END_TEST

START_TEST(convolution)
{
	mgreg_output in, y, p, a, f;
	float x[2 * 4 * 4 * 3], out[2 * 4 * 4 * 5];
	mgreg_tensor *k;
	rig r;

	for (int i = 0; i < 96; i++)
		x[i] = (float)(i % 7) - 3;
	rig_up(&r);
	in = mgreg_op_floats(&r.b, x, (int64_t[]){ 2, 4, 4, 3 }, 4, "x");
	y = mgreg_layer_conv2d(&r.b, in, 5, 3, 3, 1, "SAME", NULL);
	p = mgreg_layer_max_pooling2d(&r.b, y, 2, 2, "VALID", NULL);
	a = mgreg_layer_average_pooling2d(&r.b, y, 2, 2, "VALID", NULL);
	f = mgreg_layer_flatten(&r.b, p, NULL);
	start(&r);
	ck_assert_str_eq(mgreg_node_name(y.node), "conv2d/BiasAdd");
	ck_assert_str_eq(mgreg_node_name(p.node), "max_pooling2d/MaxPool");
	ck_assert_str_eq(mgreg_node_name(a.node), "average_pooling2d/AvgPool");
	ck_assert_int_eq((int)mgreg_output_dim(f, 1), 20);
	ck_assert_ok(mgreg_session_variable_get(r.s, "conv2d/kernel", &k, &err), &err);
	fetch(&r, y, (mgreg_output){ NULL, 0 }, NULL, out, 160);
	for (int o = 0; o < 5; o++) {
		double s = 0;           /* the element at (1, 2) of the first image */

		for (int h = 0; h < 3; h++)
			for (int w = 0; w < 3; w++)
				for (int c = 0; c < 3; c++)
					s += (double)x[(h * 4 + w + 1) * 3 + c] * ((const float *)mgreg_tensor_bytes(k))[((h * 3 + w) * 3 + c) * 5 + o];
		ck_near(out[(1 * 4 + 2) * 5 + o], s, 1e-5);
	}
	mgreg_tensor_free(k);
	rig_down(&r);
}
END_TEST

/* By the batch in training, then by what was followed; rank 2 and images. */
START_TEST(normalization)
{
	int64_t dims[4] = { 6, 1, 1, 2 };
	mgreg_layer_options o = MGREG_LAYER_INIT;
	mgreg_output in, y, z;
	mgreg_node *updates[2];
	float x[12], out[12];
	double mean = 0, variance = 0;
	rig r;

	for (int i = 0; i < 12; i++)
		x[i] = (float)(i * i % 11) - 4;
	rig_up(&r);
	if (_i == 0)
		dims[1] = 2;
	in = mgreg_op_floats(&r.b, x, dims, _i ? 4 : 2, "x");
	y = mgreg_layer_batch_normalization(&r.b, in, 0.9, 1e-3, 1, NULL);
	o.name = "batch_normalization";
	o.reuse = 1;
	z = mgreg_layer_batch_normalization(&r.b, in, 0.9, 1e-3, 0, &o);
	start(&r);
	ck_assert_int_eq(mgreg_collection_count(r.g, "update_ops"), 2);
	for (int i = 0; i < 2; i++)
		ck_assert_ok(mgreg_collection_node(r.g, "update_ops", i, &updates[i], &err), &err);
	for (int i = 0; i < 6; i++)
		mean += x[2 * i + 1] / 6.0;
	for (int i = 0; i < 6; i++)
		variance += (x[2 * i + 1] - mean) * (x[2 * i + 1] - mean) / 6;
	fetch(&r, y, (mgreg_output){ NULL, 0 }, NULL, out, 12);
	for (int i = 0; i < 6; i++)
		ck_near(out[2 * i + 1], (x[2 * i + 1] - mean) / sqrt(variance + 1e-3), 2e-5);
	ck_assert_ok(mgreg_session_run(r.s, NULL, 0, NULL, 0, updates, 2, NULL, &err), &err);
	if (_i)                 /* the fused op follows the variance of the sample */
		variance *= 6 / 5.0;
	mean *= 0.1;
	variance = 0.9 + 0.1 * variance;
	fetch(&r, z, (mgreg_output){ NULL, 0 }, NULL, out, 12);
	for (int i = 0; i < 6; i++)
		ck_near(out[2 * i + 1], (x[2 * i + 1] - mean) / sqrt(variance + 1e-3), 2e-5);
	rig_down(&r);
}
END_TEST

START_TEST(dropout)
{
	float ones[2000], out[2000];
	mgreg_output y;
	int64_t dim = 2000;
	int kept = 0;
	rig r;

	for (int i = 0; i < 2000; i++)
		ones[i] = 1;
	rig_up(&r);
	y = mgreg_op_dropout(&r.b, mgreg_op_floats(&r.b, ones, &dim, 1, "x"), mgreg_op_scalar(&r.b, MGREG_FLOAT, 0.8, "keep"), 3, NULL);
	start(&r);
	ck_assert_str_eq(mgreg_node_name(y.node), "dropout/mul");
	ck_node(r.g, "dropout/div", "RealDiv(x, keep)");
	ck_node(r.g, "dropout/add", "Add(keep, dropout/random_uniform)");
	fetch(&r, y, (mgreg_output){ NULL, 0 }, NULL, out, 2000);
	for (int i = 0; i < 2000; i++) {
		ck_assert(out[i] == 0 || fabsf(out[i] - 1.25f) < 1e-6f);
		kept += out[i] != 0;
	}
	ck_assert_int_gt(kept, 1500);
	ck_assert_int_lt(kept, 1700);
	rig_down(&r);
}
END_TEST

/* 7 rows in one part, or in three by "mod" or "div"; row i holds i and i + 0.5. */
START_TEST(embeddings)
{
	static const char *const strategies[] = { NULL, "mod", "div" };
	static const int64_t ids[4] = { 6, 0, 4, 3 };
	mgreg_variable parts[3];
	mgreg_output y, grad, xs[3];
	int count = _i % 3 ? 3 : 1;
	float out[8];
	rig r;

	rig_up(&r);
	for (int p = 0, next = 0; p < count; p++) {
		int rows = count == 1 ? 7 : p == 0 ? 3 : 2;
		float v[14];
		char name[16];

		for (int k = 0; k < rows; k++) {
			int row = count == 1 ? k : _i % 3 == 1 ? k * 3 + p : next + k;

			v[2 * k] = (float)row;
			v[2 * k + 1] = (float)row + 0.5f;
		}
		next += rows;
		snprintf(name, sizeof name, "part_%d", p);
		parts[p] = mgreg_op_variable(&r.b, mgreg_op_floats(&r.b, v, (int64_t[]){ rows, 2 }, 2, "v"), _i > 2 ? MGREG_VARIABLE_RESOURCE : 0, name);
		xs[p] = parts[p].handle;
	}
	y = mgreg_op_embedding_lookup(&r.b, parts, count, mgreg_op_ints(&r.b, ids, 4, "ids"), strategies[_i % 3], NULL);
	ck_assert_ok(r.b.rc, &err);
	ck_assert_ok(mgreg_gradients(r.g, &y, 1, xs, 1, &grad, &err), &err);
	start(&r);
	ck_assert_int_eq(fetch(&r, y, (mgreg_output){ NULL, 0 }, NULL, out, 8), 8);
	for (int i = 0; i < 4; i++) {
		ck_near(out[2 * i], (double)ids[i], 0);
		ck_near(out[2 * i + 1], (double)ids[i] + 0.5, 0);
	}
	rig_down(&r);
}
END_TEST

static double
sigmoid(double x)
{
	return 1 / (1 + exp(-x));
}

static float
at(mgreg_session *s, const char *name, int64_t i)
{
	mgreg_tensor *t;
	float v;

	ck_assert_ok(mgreg_session_variable_get(s, name, &t, &err), &err);
	v = ((const float *)mgreg_tensor_bytes(t))[i];
	mgreg_tensor_free(t);
	return v;
}

enum { IN = 2, UNITS = 3 };

/* (x, h) * kernel + bias, column J of WIDTH. */
static double
affine(mgreg_session *s, const char *kernel, const char *bias, const double *x, const double *h, int j, int width)
{
	double sum = at(s, bias, j);

	for (int i = 0; i < IN; i++)
		sum += x[i] * at(s, kernel, i * width + j);
	for (int i = 0; i < UNITS; i++)
		sum += h[i] * at(s, kernel, (IN + i) * width + j);
	return sum;
}

START_TEST(cells)
{
	static const float in[IN] = { 0.5f, -1 };
	mgreg_layer_options o = MGREG_LAYER_INIT;
	mgreg_output x, c, h, u, zeros;
	double xs[IN] = { 0.5, -1 }, cs[UNITS] = { 0 }, hs[UNITS] = { 0 }, us[UNITS] = { 0 };
	float got[UNITS];
	rig r;

	rig_up(&r);
	mgreg_graph_set_seed(r.g, 3);
	x = mgreg_op_floats(&r.b, in, (int64_t[]){ 1, IN }, 2, "x");
	zeros = mgreg_op_zeros(&r.b, MGREG_FLOAT, (int64_t[]){ 1, UNITS }, 2, NULL);
	c = h = u = zeros;
	for (int t = 0; t < 3; t++) {
		o.reuse = t > 0;
		o.name = "lstm";
		mgreg_cell_basic_lstm(&r.b, x, UNITS, 1.0, &c, &h, &o);
		o.name = "gru";
		mgreg_cell_gru(&r.b, x, UNITS, &u, &o);
	}
	start(&r);
	ck_assert_int_eq(mgreg_collection_count(r.g, "trainable_variables"), 6);
	for (int t = 0; t < 3; t++) {
		double next_c[UNITS], next_h[UNITS], next_u[UNITS], reset[UNITS];

		for (int j = 0; j < UNITS; j++) {
			double i = affine(r.s, "lstm/kernel", "lstm/bias", xs, hs, j, 4 * UNITS);
			double n = affine(r.s, "lstm/kernel", "lstm/bias", xs, hs, UNITS + j, 4 * UNITS);
			double f = affine(r.s, "lstm/kernel", "lstm/bias", xs, hs, 2 * UNITS + j, 4 * UNITS);
			double out = affine(r.s, "lstm/kernel", "lstm/bias", xs, hs, 3 * UNITS + j, 4 * UNITS);

			next_c[j] = cs[j] * sigmoid(f + 1) + sigmoid(i) * tanh(n);
			next_h[j] = tanh(next_c[j]) * sigmoid(out);
			reset[j] = sigmoid(affine(r.s, "gru/gates/kernel", "gru/gates/bias", xs, us, j, 2 * UNITS)) * us[j];
		}
		for (int j = 0; j < UNITS; j++) {
			double z = sigmoid(affine(r.s, "gru/gates/kernel", "gru/gates/bias", xs, us, UNITS + j, 2 * UNITS));

			next_u[j] = z * us[j] + (1 - z) * tanh(affine(r.s, "gru/candidate/kernel", "gru/candidate/bias", xs, reset, j, UNITS));
		}
		memcpy(cs, next_c, sizeof cs);
		memcpy(hs, next_h, sizeof hs);
		memcpy(us, next_u, sizeof us);
	}
	fetch(&r, h, (mgreg_output){ NULL, 0 }, NULL, got, UNITS);
	for (int j = 0; j < UNITS; j++)
		ck_near(got[j], hs[j], 2e-6);
	fetch(&r, u, (mgreg_output){ NULL, 0 }, NULL, got, UNITS);
	for (int j = 0; j < UNITS; j++)
		ck_near(got[j], us[j], 2e-6);
	rig_down(&r);
}
END_TEST

/* Whichever allocation fails, nothing leaks, no scope stays open, and the error says so. */
static int
build_everything(void *arg, mgreg_error *e)
{
	static const float v[6] = { 1, 2, 3, 4, 5, 6 };
	mgreg_minimize_options o = MGREG_MINIMIZE_INIT;
	mgreg_layer_options l = MGREG_LAYER_INIT;
	mgreg_output x, y, list[2], c, h;
	mgreg_graph *g = NULL;
	mgreg_ema *ema = NULL;
	mgreg_builder b;
	int rc;

	(void)arg;
	if ((rc = mgreg_graph_new(&g, e)) != 0)
		return rc;
	b = (mgreg_builder)MGREG_BUILDER(g, e);
	x = mgreg_op_floats(&b, v, (int64_t[]){ 2, 3 }, 2, "x");
	l.l2 = 0.1;
	y = mgreg_layer_dense(&b, x, 2, &l);
	y = mgreg_layer_batch_normalization(&b, y, 0.9, 1e-3, 1, NULL);
	c = h = mgreg_op_zeros(&b, MGREG_FLOAT, (int64_t[]){ 2, 2 }, 2, NULL);
	mgreg_cell_basic_lstm(&b, y, 2, 1, &c, &h, NULL);
	mgreg_loss_sparse_softmax_cross_entropy(&b, mgreg_op_ints(&b, (int64_t[]){ 1, 0 }, 2, NULL), h, NULL);
	mgreg_metric_auc(&b, h, y, 5, NULL);
	mgreg_metric_precision(&b, h, y, (mgreg_output){ NULL, 0 }, NULL);
	list[0] = h;
	list[1] = y;
	mgreg_clip_by_global_norm(&b, list, 2, 1, list, NULL, NULL);
	y = mgreg_loss_total(&b, 1, NULL);
	if ((rc = b.rc) == 0)
		rc = mgreg_global_step(g, &o.global_step, e);
	if (rc == 0) {
		o.learning_rate = mgreg_polynomial_decay(&b, 0.1, o.global_step, 10, 0.01, 1, 1, NULL);
		rc = b.rc;
	}
	if (rc == 0)
		rc = mgreg_minimize_with(g, y, "nadam", &o, NULL, e);
	if (rc == 0)
		rc = mgreg_ema_new(&ema, g, NULL, e);
	if (rc == 0) {
		mgreg_ema_apply(ema, &b, NULL, 0);
		rc = b.rc;
	}
	if (g && strcmp(mgreg_scope_current(g), "") != 0)
		rc = MGREG_INTERNAL;
	mgreg_ema_free(ema);
	mgreg_graph_free(g);
	return rc;
}

START_TEST(short_of_memory)
{
	mg_test_each_allocation(build_everything, NULL);
}
END_TEST

Suite *
test_building(void)
{
	TCase *t;
	Suite *s = mg_suite("building", &t);

	tcase_add_loop_test(t, learning_rates, 0, DECAYS);
	tcase_add_test(t, same_as_written);
	tcase_add_test(t, bad_rates);
	tcase_add_test(t, clipping);
	tcase_add_loop_test(t, averages, 0, 2);
	tcase_add_test(t, debiased);
	tcase_add_test(t, losses);
	tcase_add_test(t, bad_losses);
	tcase_add_test(t, metrics);
	tcase_add_test(t, dense_layer);
	tcase_add_test(t, convolution);
	tcase_add_loop_test(t, normalization, 0, 2);
	tcase_add_test(t, dropout);
	tcase_add_loop_test(t, embeddings, 0, 6);
	tcase_add_test(t, cells);
	tcase_add_test(t, short_of_memory);
	return s;
}
