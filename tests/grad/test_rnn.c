/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_rnn.c - an LSTM trained through a while loop, as tf.nn.dynamic_rnn builds it, against the same cell unrolled and against
 * what torch 1.13 computes in double: losses and gradients of three steps of gradient descent.
 */
#include <math.h>
#include "testing.h"
#include "grad/grad.h"
#include "mgreg.h"
#include "runtime/runtime.h"

enum { TIME = 4, BATCH = 2, IN = 3, HIDDEN = 2, GATES = 4 * HIDDEN, ROWS = IN + HIDDEN };

static const struct { double loss, sum, element; } torch[] = {
	{ 0.018459761557, -0.012056400926, 0.014152994081 },
	{ 0.017400388930, -0.009068529059, 0.013761885343 },
	{ 0.016431566196, -0.006382788122, 0.013390031755 },
};

typedef struct net { mg_output w, handle, flow; } net;

static mg_output
i32(mg_builder *b, int v)
{
	return mg_const_scalar(b, NULL, MGREG_INT32, v);
}

static mg_output
binary(mg_builder *b, const char *op, mg_output x, mg_output y)
{
	return mg_build(b, op, NULL, "oo", x, y);
}

static mg_output
unary(mg_builder *b, const char *op, mg_output x)
{
	return mg_build(b, op, NULL, "o", x);
}

/* STATE: c, h. */
static void
cell(mg_builder *b, mg_output x, mg_output w, const mg_output *state, mg_output *next)
{
	mg_output both[2] = { x, state[1] }, g, gate[4] = { MG_NO_OUTPUT }, one;

	g = binary(b, "MatMul", mg_build(b, "ConcatV2", NULL, "Oo", both, 2, i32(b, 1)), w);
	g = mg_build(b, "Split", NULL, "oo;i:num_split", i32(b, 1), g, (int64_t)4);
	ck_assert_int_eq(b->rc, 0);
	for (int i = 0; i < 4; i++)
		gate[i] = MG_OUTPUT(g.node, i);
	one = mg_const_scalar(b, NULL, MGREG_DOUBLE, 1);
	next[0] = binary(b, "Add", binary(b, "Mul", state[0], unary(b, "Sigmoid", binary(b, "Add", gate[2], one))),
		binary(b, "Mul", unary(b, "Sigmoid", gate[0]), unary(b, "Tanh", gate[1])));
	next[1] = binary(b, "Mul", unary(b, "Tanh", next[0]), unary(b, "Sigmoid", gate[3]));
}

static void
goes_on(void *payload MG_UNUSED, mg_builder *b, const mg_output *vars, mg_output *out, int count MG_UNUSED)
{
	out[0] = binary(b, "Less", vars[0], i32(b, TIME));
}

static void
body(void *payload, mg_builder *b, const mg_output *vars, mg_output *out, int count MG_UNUSED)
{
	const net *n = payload;
	mg_shape shape = { 0 };
	mg_output x = mg_build(b, "TensorArrayReadV3", NULL, "ooo;t:dtype", n->handle, vars[0], n->flow, MGREG_DOUBLE);

	ck_assert_int_eq(mg_shape_set(&shape, (int64_t[]){ BATCH, IN }, 2, NULL), 0);
	ck_assert_int_eq(mg_output_merge_shape(x, &shape, NULL), 0);
	cell(b, x, n->w, vars + 1, out + 1);
	out[0] = binary(b, "Add", vars[0], i32(b, 1));
}

static mg_output
zero_state(mg_builder *b)
{
	int64_t dims[2] = { BATCH, HIDDEN };

	return mg_build(b, "Fill", NULL, "oo", mg_const_i32s(b, NULL, dims, 2), mg_const_scalar(b, NULL, MGREG_DOUBLE, 0));
}

/* The last h, through a loop or written out. */
static mg_output
last(mg_builder *b, mg_output x, mg_output w, bool loop)
{
	mg_output state[3] = { i32(b, 0), zero_state(b), zero_state(b) }, array;
	net n = { .w = w };
	mgreg_while_fns fns = { goes_on, body, &n };
	mgreg_while_options o = MGREG_WHILE_INIT;

	if (loop) {
		array = mg_build(b, "TensorArrayV3", NULL, "o;t:dtype", i32(b, TIME), MGREG_DOUBLE);
		ck_assert_int_eq(b->rc, 0);
		n.handle = array;
		n.flow = mg_build(b, "TensorArrayScatterV3", NULL, "oooo", array, mg_build(b, "Range", NULL, "ooo", i32(b, 0), i32(b, TIME), i32(b, 1)), x,
			MG_OUTPUT(array.node, 1));
		mgreg_while_loop(b, state, 3, &fns, &o, state, "rnn/while");
		return state[2];
	}
	for (int t = 0; t < TIME; t++)
		cell(b, mg_build(b, "Gather", NULL, "oo", x, i32(b, t)), w, state + 1, state + 1);
	return state[2];
}

static void
fill(mg_tensor *x, mg_tensor *w, mgreg_error *err)
{
	ck_assert_ok(mg_tensor_init_dims(x, MGREG_DOUBLE, (int64_t[]){ TIME, BATCH, IN }, 3, err), err);
	ck_assert_ok(mg_tensor_init_dims(w, MGREG_DOUBLE, (int64_t[]){ ROWS, GATES }, 2, err), err);
	for (int i = 0; i < TIME * BATCH * IN; i++)
		MG_DATA(x, double)[i] = cos(1.3 * (i / (BATCH * IN)) + 0.7 * (i / IN % BATCH) + 0.4 * (i % IN));
	for (int i = 0; i < ROWS * GATES; i++)
		MG_DATA(w, double)[i] = 0.5 * sin(0.9 * (i / GATES) + 0.3 * (i % GATES));
}

START_TEST(loop_unrolled_and_torch_agree)
{
	mgreg_error err;
	mg_graph *g;
	mg_session *s;
	mg_tensor x = { 0 }, w = { 0 };
	mg_output px, pw, axes, fetch[4];
	mg_builder b;
	int64_t both[2] = { 0, 1 };

	ck_assert_ok(mg_graph_new(&g, &err), &err);
	b = (mg_builder)MG_BUILDER(g, &err);
	fill(&x, &w, &err);
	px = mg_build(&b, "Placeholder", "x", ";t:dtype h:shape", MGREG_DOUBLE, &x.shape);
	pw = mg_build(&b, "Placeholder", "w", ";t:dtype h:shape", MGREG_DOUBLE, &w.shape);
	axes = mg_const_i32s(&b, NULL, both, 2);
	for (int way = 0; way < 2; way++) {
		mg_grad_value grad;
		mg_output h = last(&b, px, pw, way == 0), loss;

		ck_assert_ok(b.rc, &err);
		loss = mg_build(&b, "Sum", NULL, "oo", unary(&b, "Square", h), axes);
		ck_assert_ok(b.rc, &err);
		ck_assert_ok(mg_gradients(g, &loss, 1, &pw, 1, NULL, &grad, &err), &err);
		fetch[2 * way] = loss;
		fetch[2 * way + 1] = grad.dense;
	}
	ck_assert_ok(mg_session_new(&s, g, NULL, &err), &err);
	for (size_t step = 0; step < MG_COUNT(torch); step++) {
		mg_feed feeds[2] = { { px, &x }, { pw, &w } };
		mg_tensor out[4] = { { 0 } };
		double sum = 0;

		ck_assert_ok(mg_session_run(s, feeds, 2, fetch, 4, NULL, 0, out, &err), &err);
		ck_assert_double_eq_tol(*MG_CDATA(&out[0], double), torch[step].loss, 1e-11);
		ck_assert_double_eq_tol(*MG_CDATA(&out[2], double), torch[step].loss, 1e-11);
		for (int i = 0; i < ROWS * GATES; i++) {
			ck_assert_double_eq_tol(MG_CDATA(&out[1], double)[i], MG_CDATA(&out[3], double)[i], 1e-14);
			sum += MG_CDATA(&out[1], double)[i];
		}
		ck_assert_double_eq_tol(sum, torch[step].sum, 1e-11);
		ck_assert_double_eq_tol(MG_CDATA(&out[1], double)[GATES + 2], torch[step].element, 1e-11);
		for (int i = 0; i < ROWS * GATES; i++)
			MG_DATA(&w, double)[i] -= 0.5 * MG_CDATA(&out[1], double)[i];
		for (int i = 0; i < 4; i++)
			mg_tensor_clear(&out[i]);
	}
	mg_session_free(s);
	mg_graph_free(g);
	mg_tensor_clear(&x);
	mg_tensor_clear(&w);
}
END_TEST

Suite *
test_rnn(void)
{
	Suite *s = suite_create("rnn");
	TCase *t = tcase_create("rnn");

	suite_add_tcase(s, t);
	tcase_add_test(t, loop_unrolled_and_torch_agree);
	return s;
}
