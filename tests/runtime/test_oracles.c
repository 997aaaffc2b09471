/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_oracles.c - two small trainings whose printed output is published: random initializers, products, gradients and
 * three optimizers, from the first step to the last.
 */
#include <math.h>
#include "rt.h"
#include "train/train.h"

#define ROWS 32
#define BATCH 8

/* ---- the data: MT19937 as numpy's RandomState(seed).rand() uses it ---- */

typedef struct twister { uint32_t x[624]; int at; } twister;

static void
seed_twister(twister *t, uint32_t seed)
{
	t->x[0] = seed;
	for (uint32_t i = 1; i < 624; i++)
		t->x[i] = 1812433253u * (t->x[i - 1] ^ t->x[i - 1] >> 30) + i;
	t->at = 624;
}

static uint32_t
next_word(twister *t)
{
	uint32_t y;

	if (t->at == 624) {
		for (int i = 0; i < 624; i++) {
			y = (t->x[i] & 0x80000000u) | (t->x[(i + 1) % 624] & 0x7fffffffu);
			t->x[i] = t->x[(i + 397) % 624] ^ y >> 1 ^ (y & 1 ? 0x9908b0dfu : 0);
		}
		t->at = 0;
	}
	y = t->x[t->at++];
	y ^= y >> 11;
	y ^= y << 7 & 0x9d2c5680u;
	y ^= y << 15 & 0xefc60000u;
	return y ^ y >> 18;
}

static double
rand53(twister *t)
{
	uint32_t a = next_word(t) >> 5, b = next_word(t) >> 6;

	return (a * 67108864.0 + b) / 9007199254740992.0;
}

/* ---- the graph ---- */

typedef struct net {
	rt        t;
	mg_output x, y, loss, w1, w2;
	mg_node  *train, *init;
	float     xs[ROWS][2], ys[ROWS][1];
} net;

/* random_normal(shape, stddev 1, op seed 1) without a graph seed. */
static mg_output
weights(net *n, const char *name, int rows, int columns)
{
	mg_builder *b = &n->t.b;
	const mg_variable_record *v;
	mg_output r, handle, read;

	r = mg_build(b, "RandomStandardNormal", NULL, "o; t:dtype i:seed i:seed2", rt_ints(&n->t, NULL, 2, rows, columns), MGREG_FLOAT,
		(int64_t)87654321, (int64_t)1);
	r = mg_build(b, "Mul", NULL, "oo", r, rt_float(&n->t, NULL, 1));
	r = mg_build(b, "Add", NULL, "oo", r, rt_float(&n->t, NULL, 0));
	ck_assert_ok(b->rc, &n->t.err);
	ck_assert_ok(mg_variable_new(n->t.g, name, r, 0, &v, &n->t.err), &n->t.err);
	ck_assert_ok(mg_variable_outputs(n->t.g, v, &handle, &read, &n->t.err), &n->t.err);
	return read;
}

static void
finish(net *n, mg_output y, const char *optimizer)
{
	mg_builder *b = &n->t.b;
	mg_optimizer_config config;
	mg_output d;

	d = mg_build(b, "Square", NULL, "o", mg_build(b, "Sub", NULL, "oo", y, n->y));
	n->loss = mg_build(b, "Mean", "loss", "oo", d, rt_ints(&n->t, NULL, 2, 0, 1));
	ck_assert_ok(b->rc, &n->t.err);
	ck_assert_ok(mg_optimizer_parse(optimizer, mg_graph_arena(n->t.g), &config, &n->t.err), &n->t.err);
	ck_assert_ok(mg_minimize(n->t.g, n->loss, &config, &(mg_minimize_options){ 0 }, &n->train, &n->t.err), &n->t.err);
	ck_assert_ok(mg_variables_initializer(n->t.g, "variables", "init", &n->init, &n->t.err), &n->t.err);
	rt_run(&n->t, n->init);
}

static void
inputs(net *n)
{
	mg_shape x = { .rank = 2, .inline_dims = { -1, 2 } }, y = { .rank = 2, .inline_dims = { -1, 1 } };

	n->x = mg_build(&n->t.b, "Placeholder", "x", "; t:dtype h:shape", MGREG_FLOAT, &x);
	n->y = mg_build(&n->t.b, "Placeholder", "y_", "; t:dtype h:shape", MGREG_FLOAT, &y);
}

static void
feed(net *n, int from, int count, mg_tensor *x, mg_tensor *y, mg_feed feeds[2])
{
	ck_assert_ok(mg_tensor_init_dims(x, MGREG_FLOAT, (int64_t[]){ count, 2 }, 2, &n->t.err), &n->t.err);
	ck_assert_ok(mg_tensor_init_dims(y, MGREG_FLOAT, (int64_t[]){ count, 1 }, 2, &n->t.err), &n->t.err);
	memcpy(x->data, n->xs[from], x->size);
	memcpy(y->data, n->ys[from], y->size);
	feeds[0] = (mg_feed){ n->x, x };
	feeds[1] = (mg_feed){ n->y, y };
}

static void
step(net *n, int i)
{
	mg_tensor x = { 0 }, y = { 0 };
	mg_feed feeds[2];

	feed(n, i * BATCH % ROWS, BATCH, &x, &y, feeds);
	ck_assert_ok(mg_session_run(n->t.s, feeds, 2, NULL, 0, &n->train, 1, NULL, &n->t.err), &n->t.err);
	mg_tensor_clear(&x);
	mg_tensor_clear(&y);
}

static double
loss_on_all(net *n)
{
	mg_tensor x = { 0 }, y = { 0 }, out = { 0 };
	mg_feed feeds[2];
	double v = 0;

	feed(n, 0, ROWS, &x, &y, feeds);
	ck_assert_ok(mg_session_run(n->t.s, feeds, 2, &n->loss, 1, NULL, 0, &out, &n->t.err), &n->t.err);
	mg_tensor_as_double(&out, 0, &v);
	mg_tensor_clear(&x);
	mg_tensor_clear(&y);
	mg_tensor_clear(&out);
	return v;
}

static void
near(double have, double want, double rel)
{
	ck_assert_msg(fabs(have - want) <= rel * fmax(1, fabs(want)), "%.9g, published %.9g", have, want);
}

/* ---- run A: two layers ---- */

START_TEST(run_a)
{
	static const struct { int step; double loss; } losses[] = {
		{ 0, 5.13118 }, { 500, 0.429111 }, { 1000, 0.409789 }, { 1500, 0.399923 }, { 2000, 0.394146 }, { 2500, 0.390597 },
	};
	static const double w1[] = { -0.70006633, 0.9136318, 0.08953571, -2.3402493, -0.14641267, 0.58823055 };
	static const double w2[] = { -0.06024267, 0.91956186, -0.0682071 };
	twister t;
	net n;
	size_t next = 0;

	memset(&n, 0, sizeof(n));
	rt_begin(&n.t);
	seed_twister(&t, 23455);
	for (int i = 0; i < ROWS; i++) {
		double a = rand53(&t), b = rand53(&t);

		n.xs[i][0] = (float)a;
		n.xs[i][1] = (float)b;
		n.ys[i][0] = a + b < 1;
	}
	inputs(&n);
	n.w1 = weights(&n, "w1", 2, 3);
	n.w2 = weights(&n, "w2", 3, 1);
	finish(&n, mg_build(&n.t.b, "MatMul", NULL, "oo", mg_build(&n.t.b, "MatMul", NULL, "oo", n.x, n.w1), n.w2), "sgd:learning_rate=0.001");
	for (int i = 0; i < 3000; i++) {
		step(&n, i);
		if (next < MG_COUNT(losses) && losses[next].step == i)
			near(loss_on_all(&n), losses[next++].loss, 2e-6);
	}
	for (int i = 0; i < 6; i++)
		near(rt_get(&n.t, "w1", i), w1[i], 2e-6);
	for (int i = 0; i < 3; i++)
		near(rt_get(&n.t, "w2", i), w2[i], 2e-6);
	rt_end(&n.t);
}
END_TEST

/* ---- run B: linear regression with three optimizers ---- */

static const struct {
	const char *optimizer;
	struct { int step; double w[2]; } at[6];
} runs[] = {
	{ "sgd:learning_rate=0.001", { { 0, { -0.80974597, 1.4852903 } }, { 500, { -0.46074435, 1.641878 } }, { 1000, { -0.21939856, 1.6984766 } },
		{ 3000, { 0.28375748, 1.5854434 } }, { 5000, { 0.5311361, 1.4054534 } }, { 19999, { 0.98019385, 1.0159807 } } } },
	{ "momentum:learning_rate=0.001,momentum=0.9", { { 0, { -0.80974597, 1.4852903 } }, { 500, { 0.53368706, 1.4052336 } },
		{ 1000, { 0.83336353, 1.1448474 } }, { 3000, { 1.0013052, 0.997474 } }, { 5000, { 1.0042601, 0.9948809 } }, { 19999, { 1.0043069, 0.9948299 } } } },
	{ "adam:learning_rate=0.001", { { 0, { -0.81031823, 1.4855988 } }, { 500, { -0.43049008, 1.789822 } }, { 1000, { -0.13943434, 1.7868288 } },
		{ 3000, { 0.68027073, 1.2463676 } }, { 5000, { 0.98706496, 1.0084281 } }, { 19999, { 1.0043191, 0.9948099 } } } },
};

START_TEST(run_b)
{
	twister t;
	net n;
	size_t next = 0;

	memset(&n, 0, sizeof(n));
	rt_begin(&n.t);
	seed_twister(&t, 23455);
	{
		double x[ROWS][2];

		for (int i = 0; i < ROWS; i++)
			for (int j = 0; j < 2; j++)
				n.xs[i][j] = (float)(x[i][j] = rand53(&t));
		for (int i = 0; i < ROWS; i++)
			n.ys[i][0] = (float)(x[i][0] + x[i][1] + (rand53(&t) / 10.0 - 0.05));
	}
	inputs(&n);
	n.w1 = weights(&n, "w1", 2, 1);
	finish(&n, mg_build(&n.t.b, "MatMul", NULL, "oo", n.x, n.w1), runs[_i].optimizer);
	for (int i = 0; i < 20000; i++) {
		step(&n, i);
		if (next < 6 && runs[_i].at[next].step == i) {
			near(rt_get(&n.t, "w1", 0), runs[_i].at[next].w[0], i > 1000 ? 1e-5 : 2e-6);
			near(rt_get(&n.t, "w1", 1), runs[_i].at[next].w[1], i > 1000 ? 1e-5 : 2e-6);
			next++;
		}
	}
	ck_assert_uint_eq(next, 6);
	rt_end(&n.t);
}
END_TEST

Suite *
test_oracles(void)
{
	TCase *t;
	Suite *s = mg_suite("oracles", &t);

	tcase_set_timeout(t, 60);
	tcase_add_test(t, run_a);
	tcase_add_loop_test(t, run_b, 0, (int)MG_COUNT(runs));
	return s;
}
