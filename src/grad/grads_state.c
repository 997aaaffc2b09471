/* SPDX-License-Identifier: Apache-2.0 */
/* grads_state.c - gradients of reading resource variables (gradients.md sections 1, 4, 6). */
#include "base/base.h"
#include "grad/grad_internal.h"

#define X mg_grad_x(c, 0)
#define Y mg_grad_x(c, 1)

static int
grad_read_variable(mg_grad_ctx *c)
{
	c->in[0] = c->out[0];
	return c->b.rc;
}

static int
grad_resource_gather(mg_grad_ctx *c)
{
	mg_output shape, n, parts[2], g;

	if (mg_g_attr_int(c, "batch_dims") != 0)
		return mg_fail(c->b.err, MGREG_UNIMPLEMENTED, "node '%s': no gradient for ResourceGather with batch_dims", c->node->name);
	g = mg_grad_dy(c, 0);
	shape = mg_g1(c, "VariableShape", NULL, X);
	n = mg_g2i(c, "ExpandDims", "ExpandDims", "dim", mg_g_size(c, Y), 0);
	parts[0] = n;
	parts[1] = mg_g_strided(c, shape, 1, 0, false);
	c->in[0].values = mg_g2(c, "Reshape", NULL, g, mg_g_concat(c, parts, 2, 0));
	c->in[0].indices = mg_g2(c, "Reshape", NULL, Y, n);
	c->in[0].dense_shape = shape;
	return c->b.rc;
}

static int
grad_resource_gather_nd(mg_grad_ctx *c)
{
	const mg_shape *s = mg_g_static(Y);
	mg_output g = mg_grad_dy(c, 0), shape = mg_build(&c->b, "VariableShape", NULL, "o;t:out_type", X, mg_g_type(Y));

	if (s->rank == 2 && mg_shape_dim(s, 1) == 1) {
		c->in[0].values = g;
		c->in[0].indices = mg_build(&c->b, "Squeeze", NULL, "o;I:squeeze_dims", Y, (const int64_t[]){ -1 }, 1);
		c->in[0].dense_shape = shape;
	} else {
		mg_grad_set(c, 0, mg_g3(c, "ScatterNd", NULL, Y, g, shape));
	}
	return c->b.rc;
}

const mg_grad mg_grads_state[] = {
	{ "ReadVariableOp", grad_read_variable }, { "ResourceGather", grad_resource_gather },
	{ "ResourceGatherNd", grad_resource_gather_nd },
	{ .op = NULL }
};
