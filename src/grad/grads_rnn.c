/* SPDX-License-Identifier: Apache-2.0 */
/* grads_rnn.c - gradients of the recurrent cells that are one op. */
#include "base/base.h"
#include "grad/grad_internal.h"

#define X(i) mg_grad_x(c, i)
#define Y(i) mg_grad_y(c, i)
#define DY(i) mg_grad_dy(c, i)

static mg_output
beside(mg_grad_ctx *c, mg_output a, mg_output b)
{
	return mg_g_concat(c, (mg_output[]){ a, b }, 2, 1);
}

/* The columns of X that belong to the inputs (FIRST) or to the cells, by the shape of LIKE. */
static mg_output
columns(mg_grad_ctx *c, mg_output x, mg_output inputs, mg_output like, bool first)
{
	mg_output zero = mg_g_zeros_like(c, mg_g_shape(c, inputs)), begin = zero, size = mg_g_shape(c, like);

	if (!first) {                           /* from column [0, inputs) on */
		mg_output n = mg_g_strided(c, mg_g_shape(c, inputs), 1, 2, false);
		begin = mg_g_concat(c, (mg_output[]){ mg_g_zeros_like(c, n), n }, 2, 0);
	}
	return mg_g3(c, "Slice", NULL, x, begin, size);
}

static int
grad_block_lstm(mg_grad_ctx *c)
{
	mg_output in[18], g;

	for (int i = 0; i < 9; i++)
		in[i] = X(i);
	for (int i = 0; i < 7; i++)
		in[9 + i] = Y(i);
	in[16] = DY(1);
	in[17] = DY(6);
	g = mg_build(&c->b, "BlockLSTMGrad", NULL, "oooooooooooooooooo;b:use_peephole", in[0], in[1], in[2], in[3], in[4], in[5], in[6], in[7], in[8], in[9],
		in[10], in[11], in[12], in[13], in[14], in[15], in[16], in[17], (int)mg_g_attr_bool(c, "use_peephole"));
	for (int i = 0; i < 8; i++)
		mg_grad_set(c, 1 + i, mg_g_at(g, i));
	return c->b.rc;
}

static int
grad_lstm_cell(mg_grad_ctx *c)
{
	mg_output g, gates, xh;

	g = mg_build(&c->b, "LSTMBlockCellGrad", NULL, "oooooooooooooooo;b:use_peephole", X(0), X(1), X(2), X(3), X(4), X(5), X(6), X(7), Y(0), Y(1), Y(2),
		Y(3), Y(4), Y(5), DY(1), DY(6), (int)mg_g_attr_bool(c, "use_peephole"));
	gates = mg_g_at(g, 1);
	xh = mg_g_matmul(c, gates, X(3), false, true);
	mg_grad_set(c, 0, columns(c, xh, X(0), X(0), true));
	mg_grad_set(c, 1, g);
	mg_grad_set(c, 2, columns(c, xh, X(0), X(2), false));
	mg_grad_set(c, 3, mg_g_matmul(c, beside(c, X(0), X(2)), gates, true, false));
	for (int i = 0; i < 3; i++)
		mg_grad_set(c, 4 + i, mg_g_at(g, 2 + i));
	mg_grad_set(c, 7, mg_g1(c, "BiasAddGrad", NULL, gates));
	return c->b.rc;
}

static int
grad_gru_cell(mg_grad_ctx *c)
{
	mg_output g, bar, gates;

	g = mg_build(&c->b, "GRUBlockCellGrad", NULL, "oooooooooo;", X(0), X(1), X(2), X(3), X(4), X(5), Y(0), Y(1), Y(2), DY(3));
	bar = mg_g_at(g, 2);
	gates = mg_g_at(g, 3);
	mg_grad_set(c, 0, g);
	mg_grad_set(c, 1, mg_g_at(g, 1));
	mg_grad_set(c, 2, mg_g_matmul(c, beside(c, X(0), X(1)), gates, true, false));
	mg_grad_set(c, 3, mg_g_matmul(c, beside(c, X(0), mg_g2(c, "Mul", "mul", X(1), Y(0))), bar, true, false));
	mg_grad_set(c, 4, mg_g1(c, "BiasAddGrad", NULL, gates));
	mg_grad_set(c, 5, mg_g1(c, "BiasAddGrad", NULL, bar));
	return c->b.rc;
}

const mg_grad mg_grads_rnn[] = {
	{ "BlockLSTM", grad_block_lstm }, { "LSTMBlockCell", grad_lstm_cell }, { "GRUBlockCell", grad_gru_cell },
	{ .op = NULL }
};
