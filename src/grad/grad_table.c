/* SPDX-License-Identifier: Apache-2.0 */
/* grad_table.c - THE TABLE of gradient families: op -> function that writes nodes. */
#include "base/base.h"
#include "grad/grad_internal.h"

static const mg_grad *const families[] = {
	mg_grads_math, mg_grads_reduce, mg_grads_linalg, mg_grads_decomp, mg_grads_rnn, mg_grads_rare, mg_grads_array, mg_grads_nn, mg_grads_conv, mg_grads_control,
	mg_grads_state, mg_grads_data_flow, mg_grads_tensor_array, mg_grads_none,
};

/* The gradient that the program registered with the node's op. */
static int
grad_custom(mg_grad_ctx *c)
{
	const mg_custom *custom = mg_custom_find(c->node->op_name);
	int ins = c->node->input_count, outs = c->node->output_count, rc;
	mg_output *d = mg_calloc((size_t)(ins + outs) + 1, sizeof *d);

	if (!d)
		return mg_fail_nomem(c->b.err, (size_t)(ins + outs) * sizeof *d);
	for (int i = 0; i < outs; i++)
		if (!mg_grad_is_none(&c->out[i]))
			d[ins + i] = mg_grad_dy(c, i);
	rc = custom->op.gradient(custom->op.ctx, &c->b, (mg_node *)(uintptr_t)c->node, d + ins, d);
	for (int i = 0; i < ins && !rc; i++)
		if (d[i].node)
			mg_grad_set(c, i, d[i]);
	mg_free(d);
	return rc ? rc : c->b.rc;
}
static const mg_grad mg_grad_custom = { "", grad_custom };

/* A few hundred rows, walked once per node that has a gradient: no index is needed. */
const mg_grad *
mg_grad_find(const char *op)
{
	const mg_custom *custom;

	for (size_t f = 0; f < MG_COUNT(families); f++)
		for (const mg_grad *g = families[f]; g->op; g++)
			if (strcmp(g->op, op) == 0)
				return g;
	return (custom = mg_custom_find(op)) != NULL && custom->op.gradient ? &mg_grad_custom : NULL;
}

const mg_grad *
mg_grad_at(size_t i)
{
	for (size_t f = 0; f < MG_COUNT(families); f++)
		for (const mg_grad *g = families[f]; g->op; g++)
			if (i-- == 0)
				return g;
	return NULL;
}

bool
mg_grad_known(const char *op)
{
	return mg_grad_find(op) != NULL;
}

bool
mg_grad_not_differentiable(const char *op)
{
	const mg_grad *g = mg_grad_find(op);

	return g && !g->fn;
}
