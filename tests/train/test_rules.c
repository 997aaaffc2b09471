/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_rules.c - every optimizer run against its rule in double precision, dense and by rows, references and resources; and gone on
 * with after a restore, bit for bit.
 */
#include <math.h>
#include "nets.h"
#include "mgreg/saver.h"

static mgreg_error err;

enum { ROWS = 4, COLUMNS = 2, SIZE = ROWS * COLUMNS, STEPS = 6 };

/* One element's variable and slots, and the step it is at (from 1). */
typedef struct element { double w, a, b, c; } element;

static double
sign(double x)
{
	return (x > 0) - (x < 0);
}

static double
adam_rate(double lr, int t)
{
	return lr * sqrt(1 - pow(0.999, t)) / (1 - pow(0.9, t));
}

static double
shrink(double x, double rate, double l1, double l2)
{
	return l1 > 0 ? sign(x) * fmax(fabs(x) - rate * l1, 0) / (1 + rate * l2) : x / (1 + rate * l2);
}

static void sgd(element *e, double g, int t) { (void)t; e->w -= 0.1 * g; }
static void momentum(element *e, double g, int t) { (void)t; e->a = e->a * 0.9 + g; e->w -= 0.1 * e->a; }
static void nesterov(element *e, double g, int t) { (void)t; e->a = e->a * 0.9 + g; e->w -= g * 0.1 + e->a * 0.9 * 0.1; }
static void adagrad(element *e, double g, int t) { (void)t; e->a += g * g; e->w -= 0.1 * g / sqrt(e->a); }

static void
adam(element *e, double g, int t)
{
	e->a += (g - e->a) * 0.1;
	e->b += (g * g - e->b) * 0.001;
	e->w -= e->a * adam_rate(0.1, t) / (sqrt(e->b) + 1e-8);
}

static void
nadam(element *e, double g, int t)
{
	e->a += (g - e->a) * 0.1;
	e->b += (g * g - e->b) * 0.001;
	e->w -= (g * 0.1 + 0.9 * e->a) * adam_rate(0.1, t) / (sqrt(e->b) + 1e-8);
}

static void
amsgrad(element *e, double g, int t)
{
	e->a += (g - e->a) * 0.1;
	e->b += (g * g - e->b) * 0.001;
	e->c = fmax(e->c, e->b);
	e->w -= e->a * adam_rate(0.1, t) / (sqrt(e->c) + 1e-8);
}

static void
adamax(element *e, double g, int t)
{
	e->a += (g - e->a) * 0.1;
	e->b = fmax(0.999 * e->b, fabs(g));
	e->w -= 0.1 / (1 - pow(0.9, t)) * e->a / (e->b + 1e-8);
}

static void
rmsprop(element *e, double g, int t)
{
	(void)t;
	e->a += (g * g - e->a) * 0.1;
	e->b = e->b * 0.5 + 0.1 * g / sqrt(e->a + 1e-10);
	e->w -= e->b;
}

static void
centered(element *e, double g, int t)
{
	(void)t;
	e->a += (g * g - e->a) * 0.1;
	e->b += (g - e->b) * 0.1;
	e->c = e->c * 0.5 + 0.1 * g / sqrt(e->a - e->b * e->b + 1e-10);
	e->w -= e->c;
}

static void
adadelta(element *e, double g, int t)
{
	double u;

	(void)t;
	e->a = e->a * 0.95 + g * g * 0.05;
	u = sqrt(e->b + 1e-8) / sqrt(e->a + 1e-8) * g;
	e->w -= u;
	e->b = e->b * 0.95 + u * u * 0.05;
}

static void
ftrl(element *e, double g, int t)
{
	double n = e->a + g * g;

	(void)t;
	e->b += g - (sqrt(n) - sqrt(e->a)) / 0.1 * e->w;
	e->w = fabs(e->b) > 0.01 ? (0.01 * sign(e->b) - e->b) / (sqrt(n) / 0.1 + 2 * 0.02) : 0;
	e->a = n;
}

static void
adagradda(element *e, double g, int t)
{
	double x;

	e->a += g;
	e->b += g * g;
	x = sign(e->a) * fmax(fabs(e->a) - 0.01 * t, 0);
	e->w = -0.1 * x / (0.02 * t * 0.1 + sqrt(e->b));
}

static void proximal(element *e, double g, int t) { (void)t; e->w = shrink(e->w - 0.1 * g, 0.1, 0.01, 0.02); }

static void
proximaladagrad(element *e, double g, int t)
{
	double rate;

	(void)t;
	e->a += g * g;
	rate = 0.1 / sqrt(e->a);
	e->w = shrink(e->w - rate * g, rate, 0.01, 0.02);
}

static void
powersign(element *e, double g, int t)
{
	(void)t;
	e->a = e->a * 0.9 + g * 0.1;
	e->w -= 0.1 * exp(log(3) * sign(g) * sign(e->a)) * g;
}

static void
addsign(element *e, double g, int t)
{
	(void)t;
	e->a = e->a * 0.9 + g * 0.1;
	e->w -= 0.1 * (1.5 + sign(g) * sign(e->a)) * g;
}

/* EVERY: rows without a gradient move too, as if it were zero.  FADES: of these only slots a and b fade, and rows do not move. */
static const struct {
	const char *text;
	void      (*rule)(element *e, double g, int t);
	element     first;              /* slots before the first step */
	bool        every, fades, resource_only;
} rules[] = {
	{ "sgd:learning_rate=0.1", sgd, { 0 }, false, false, false },
	{ "momentum:learning_rate=0.1,momentum=0.9", momentum, { 0 }, false, false, false },
	{ "momentum:learning_rate=0.1,momentum=0.9,use_nesterov=true", nesterov, { 0 }, false, false, false },
	{ "adagrad:learning_rate=0.1", adagrad, { .a = 0.1 }, false, false, false },
	{ "adam:learning_rate=0.1", adam, { 0 }, true, false, false },
	{ "lazyadam:learning_rate=0.1", adam, { 0 }, false, false, false },
	{ "nadam:learning_rate=0.1", nadam, { 0 }, false, true, false },
	{ "amsgrad:learning_rate=0.1", amsgrad, { 0 }, true, false, true },
	{ "adamax:learning_rate=0.1", adamax, { 0 }, false, false, false },
	{ "rmsprop:learning_rate=0.1,momentum=0.5", rmsprop, { .a = 1 }, false, false, false },
	{ "rmsprop:learning_rate=0.1,momentum=0.5,centered=true", centered, { .a = 1 }, false, false, false },
	{ "adadelta:learning_rate=1", adadelta, { 0 }, false, false, false },
	{ "ftrl:learning_rate=0.1,l1_regularization_strength=0.01,l2_regularization_strength=0.02", ftrl, { .a = 0.1 }, false, false, false },
	{ "adagradda:learning_rate=0.1,l1_regularization_strength=0.01,l2_regularization_strength=0.02", adagradda, { .b = 0.1 }, false, false, false },
	{ "proximalgradientdescent:learning_rate=0.1,l1_regularization_strength=0.01,l2_regularization_strength=0.02", proximal, { 0 }, false, false, false },
	{ "proximaladagrad:learning_rate=0.1,l1_regularization_strength=0.01,l2_regularization_strength=0.02", proximaladagrad, { .a = 0.1 }, false, false, false },
	{ "powersign:base=3", powersign, { 0 }, true, false, false },
	{ "addsign:alpha=1.5", addsign, { 0 }, true, false, false },
};

typedef struct rig {
	mgreg_graph   *g;
	mgreg_session *s;
	mgreg_saver   *saver;
	mgreg_node    *train, *init;
} rig;

/* sum((w - 1)^2) / 2, or sum of the squares of rows 0, 2, 2 of w, / 2. */
static void
rig_up(rig *r, const char *optimizer, unsigned flags, bool by_rows)
{
	static const float first[SIZE] = { 1.5f, -2, 0.5f, 3, -1, 0.25f, 2, -0.5f };
	mgreg_minimize_options o = MGREG_MINIMIZE_INIT;
	mgreg_session_options so = MGREG_SESSION_INIT;
	mgreg_builder b;
	mgreg_variable w;
	mgreg_output loss;

	ck_assert_ok(mgreg_graph_new(&r->g, &err), &err);
	b = (mgreg_builder)MGREG_BUILDER(r->g, &err);
	w = mgreg_op_variable(&b, mgreg_op_floats(&b, first, (int64_t[]){ ROWS, COLUMNS }, 2, "first"), flags, "w");
	if (by_rows)
		loss = mgreg_op_embedding_lookup(&b, &w, 1, mgreg_op_ints(&b, (int64_t[]){ 0, 2, 2 }, 3, "rows"), NULL, NULL);
	else
		loss = mgreg_op_sub(&b, w.value, mgreg_op_scalar(&b, MGREG_FLOAT, 1, NULL), NULL);
	loss = mgreg_op_reduce_sum(&b, mgreg_op_square(&b, loss, NULL), (int64_t[]){ 0, 1 }, 2, 0, NULL);
	loss = mgreg_op_mul(&b, loss, mgreg_op_scalar(&b, MGREG_FLOAT, 0.5, NULL), NULL);
	ck_assert_ok(b.rc, &err);
	o.count_steps = 1;
	ck_assert_ok(mgreg_minimize_with(r->g, loss, optimizer, &o, &r->train, &err), &err);
	ck_assert_ok(mgreg_saver_new(&r->saver, r->g, NULL, &err), &err);
	r->init = mgreg_op_initializer(&b, NULL);
	so.threads = 1;
	ck_assert_ok(mgreg_session_new(&r->s, r->g, &so, &err), &err);
}

static void
rig_down(rig *r)
{
	mgreg_session_free(r->s);
	mgreg_saver_free(r->saver);
	mgreg_graph_free(r->g);
}

static void
run(rig *r, mgreg_node *target)
{
	ck_assert_ok(mgreg_session_run(r->s, NULL, 0, NULL, 0, &target, 1, NULL, &err), &err);
}

static void
values(rig *r, float out[SIZE])
{
	mgreg_tensor *t;

	ck_assert_ok(mgreg_session_variable_get(r->s, "w", &t, &err), &err);
	memcpy(out, mgreg_tensor_bytes(t), SIZE * sizeof *out);
	mgreg_tensor_free(t);
}

static bool
is_resource(int i)
{
	return i % 2 == 1;
}

static void
follow(int i, unsigned flags, bool by_rows)
{
	element e[SIZE];
	float w[SIZE];
	rig r;

	rig_up(&r, rules[i].text, flags, by_rows);
	run(&r, r.init);
	values(&r, w);
	for (int k = 0; k < SIZE; k++) {
		e[k] = rules[i].first;
		e[k].w = w[k];
	}
	for (int t = 1; t <= STEPS; t++) {
		run(&r, r.train);
		values(&r, w);
		for (int k = 0; k < SIZE; k++) {
			int row = k / COLUMNS;
			double g = by_rows ? (row == 0 ? e[k].w : row == 2 ? 2 * e[k].w : 0) : e[k].w - 1, before = e[k].w;

			if (!by_rows || row % 2 == 0 || rules[i].every || rules[i].fades)
				rules[i].rule(&e[k], g, t);
			if (by_rows && row % 2 && rules[i].fades)
				e[k].w = before;
			ck_assert_msg(fabs(w[k] - e[k].w) <= 2e-4 * fmax(1, fabs(e[k].w)), "%s: step %d, element %d is %.9g, should be %.9g", rules[i].text, t,
				k, w[k], e[k].w);
			e[k].w = w[k];  /* the rules are compared, not how rounding grows */
		}
	}
	rig_down(&r);
}

START_TEST(dense)
{
	if (!rules[_i / 2].resource_only || is_resource(_i))
		follow(_i / 2, is_resource(_i) ? MGREG_VARIABLE_RESOURCE : 0, false);
}
END_TEST

START_TEST(by_rows)
{
	if (!rules[_i / 2].resource_only || is_resource(_i))
		follow(_i / 2, is_resource(_i) ? MGREG_VARIABLE_RESOURCE : 0, true);
}
END_TEST

/* Six steps, or three, a save, another graph, a restore and three: the same bits. */
START_TEST(gone_on_with)
{
	unsigned flags = rules[_i].resource_only ? MGREG_VARIABLE_RESOURCE : 0;
	float whole[SIZE], parts[SIZE];
	char *prefix;
	rig r;

	rig_up(&r, rules[_i].text, flags, false);
	run(&r, r.init);
	for (int t = 0; t < STEPS; t++) {
		run(&r, r.train);
		if (t == STEPS / 2 - 1)
			ck_assert_ok(mgreg_saver_save(r.saver, r.s, mg_test_path(mg_test_tempdir(), "half"), _i, &prefix, &err), &err);
	}
	values(&r, whole);
	rig_down(&r);
	rig_up(&r, rules[_i].text, flags, false);
	ck_assert_ok(mgreg_saver_restore(r.saver, r.s, prefix, &err), &err);
	for (int t = STEPS / 2; t < STEPS; t++)
		run(&r, r.train);
	values(&r, parts);
	ck_assert_mem_eq(whole, parts, sizeof whole);
	rig_down(&r);
	mgreg_free(prefix);
}
END_TEST

static const struct { const char *text, *what; mgreg_code code; } refused[] = {
	{ "syncreplicas:learning_rate=0.1", "several machines", MGREG_UNIMPLEMENTED },
	{ "amsgrad", "resource", MGREG_UNIMPLEMENTED },
	{ "powersign:base=0", "base", MGREG_INVALID_ARGUMENT },
	{ "adagradda:learning_rate=0.1", "global step", MGREG_INVALID_ARGUMENT },
};

START_TEST(refusals)
{
	net n;

	net_dense(&n, 0);
	ck_assert_fails(mgreg_minimize(n.g, n.loss, refused[_i].text, 0, NULL, &err), refused[_i].code, &err);
	ck_assert_msg(strstr(err.text, refused[_i].what) != NULL, "'%s' does not tell '%s'", err.text, refused[_i].what);
	mg_graph_free(n.g);
}
END_TEST

/* Gradients of one's own, and a schedule for the rate. */
START_TEST(own_gradients)
{
	mgreg_minimize_options o = MGREG_MINIMIZE_INIT;
	mgreg_session_options so = MGREG_SESSION_INIT;
	mgreg_output list[2], vars[2], step, norm;
	mgreg_builder b;
	mgreg_node *op, *init;
	mgreg_session *s;
	mgreg_tensor *t, *length;
	net n;

	net_dense(&n, 0);
	b = (mgreg_builder)MGREG_BUILDER(n.g, &err);
	ck_assert_ok(mgreg_graph_output(n.g, "w", &vars[0], &err), &err);
	ck_assert_ok(mgreg_graph_output(n.g, "b", &vars[1], &err), &err);
	ck_assert_ok(mgreg_gradients(n.g, &n.loss, 1, vars, 2, list, &err), &err);
	mgreg_clip_by_global_norm(&b, list, 2, 1.0, list, &norm, NULL);
	ck_assert_ok(b.rc, &err);
	ck_assert_str_eq(mgreg_node_name(list[1].node), "clip_by_global_norm/clip_by_global_norm/_1");
	ck_assert_ok(mgreg_global_step(n.g, &step, &err), &err);
	o.variables = vars;
	o.variable_count = 2;
	o.global_step = step;
	o.learning_rate = mgreg_exponential_decay(&b, 1.0, step, 1, 0.5, 0, NULL);
	o.name = "Mine";
	ck_assert_ok(mgreg_apply_gradients(n.g, "sgd", list, &o, &op, &err), &err);
	ck_assert_str_eq(mgreg_node_name(op), "Mine");
	init = mgreg_op_initializer(&b, NULL);
	ck_assert_ok(b.rc, &err);
	ck_assert_ok(mgreg_session_new(&s, n.g, &so, &err), &err);
	ck_assert_ok(mgreg_session_run(s, NULL, 0, NULL, 0, &init, 1, NULL, &err), &err);
	ck_assert_ok(mgreg_session_run(s, NULL, 0, &norm, 1, NULL, 0, &length, &err), &err);
	for (int i = 0; i < 2; i++)
		ck_assert_ok(mgreg_session_run(s, NULL, 0, NULL, 0, &op, 1, NULL, &err), &err);
	ck_assert_ok(mgreg_session_variable_get(s, "w", &t, &err), &err);
	/* w + b = {2,4,6,5,7,9}, gradient of w twice that, of b the sums of columns: the first step has length one */
	{
		double g = 2 * 2, all = 0;
		static const double h[6] = { 2, 4, 6, 5, 7, 9 };

		for (int i = 0; i < 6; i++)
			all += 4 * h[i] * h[i];
		for (int i = 0; i < 3; i++)
			all += 4 * (h[i] + h[i + 3]) * (h[i] + h[i + 3]);
		ck_assert_float_eq_tol(((const float *)mgreg_tensor_bytes(length))[0], (float)sqrt(all), 1e-3f);
		ck_assert_double_lt(((const float *)mgreg_tensor_bytes(t))[0], 1 - g / sqrt(all));
		ck_assert_double_gt(((const float *)mgreg_tensor_bytes(t))[0], 1 - 2 * g / sqrt(all));
	}
	mgreg_tensor_free(t);
	mgreg_tensor_free(length);
	mgreg_session_free(s);
	mg_graph_free(n.g);
}
END_TEST

Suite *
test_rules(void)
{
	TCase *t;
	Suite *s = mg_suite("rules", &t);

	tcase_add_loop_test(t, dense, 0, 2 * (int)MG_COUNT(rules));
	tcase_add_loop_test(t, by_rows, 0, 2 * (int)MG_COUNT(rules));
	tcase_add_loop_test(t, gone_on_with, 0, MG_COUNT(rules));
	tcase_add_loop_test(t, refusals, 0, MG_COUNT(refused));
	tcase_add_test(t, own_gradients);
	return s;
}
