/* SPDX-License-Identifier: Apache-2.0 */
/* grads_linalg.c - gradients of matrix products (gradients.md section 5). */
#include "base/base.h"
#include "grad/grad_internal.h"

#define A mg_grad_x(c, 0)
#define B mg_grad_x(c, 1)
#define G mg_grad_dy(c, 0)

static mg_output
product(mg_grad_ctx *c, mg_output a, mg_output b, bool ta, bool tb)
{
	if (strcmp(c->node->op_name, "MatMul") == 0)
		return mg_g_matmul(c, a, b, ta, tb);
	return mg_build(&c->b, c->node->op_name, "MatMul", "oo;b:adj_x b:adj_y", a, b, (int)ta, (int)tb);
}

/* Both gradients for every combination of transposed operands. */
static void
products(mg_grad_ctx *c, bool ta, bool tb, mg_output a, mg_output b, mg_output out[2])
{
	mg_output g = G;

	if (!ta && !tb) {
		out[0] = product(c, g, b, false, true);
		out[1] = product(c, a, g, true, false);
	} else if (!ta) {
		out[0] = product(c, g, b, false, false);
		out[1] = product(c, g, a, true, false);
	} else if (!tb) {
		out[0] = product(c, b, g, false, true);
		out[1] = product(c, a, g, false, false);
	} else {
		out[0] = product(c, b, g, true, true);
		out[1] = product(c, g, a, true, true);
	}
}

static int
grad_matmul(mg_grad_ctx *c)
{
	mg_output d[2];

	products(c, mg_g_attr_bool(c, "transpose_a"), mg_g_attr_bool(c, "transpose_b"), mg_g_conj(c, A), mg_g_conj(c, B), d);
	mg_grad_set(c, 0, d[0]);
	mg_grad_set(c, 1, d[1]);
	return c->b.rc;
}

static int
grad_batch_matmul(mg_grad_ctx *c)
{
	mg_output d[2];

	products(c, mg_g_attr_bool(c, "adj_x"), mg_g_attr_bool(c, "adj_y"), A, B, d);
	mg_grad_set(c, 0, d[0]);
	mg_grad_set(c, 1, d[1]);
	return c->b.rc;
}

static bool
same_batch(const mg_shape *a, const mg_shape *b)
{
	if (a->rank < 2 || a->rank != b->rank)
		return false;
	for (int i = 0; i < a->rank - 2; i++)
		if (mg_shape_dim(a, i) < 0 || mg_shape_dim(a, i) != mg_shape_dim(b, i))
			return false;
	return true;
}

/* The batch dimensions broadcast; those of the matrices do not. */
static int
grad_batch_matmul_v2(mg_grad_ctx *c)
{
	mg_output d[2], sa, sb, ra;

	products(c, mg_g_attr_bool(c, "adj_x"), mg_g_attr_bool(c, "adj_y"), A, B, d);
	if (!same_batch(mg_g_static(A), mg_g_static(B))) {
		sa = mg_g_shape(c, A);
		sb = mg_g_shape(c, B);
		ra = mg_g2(c, "BroadcastGradientArgs", NULL, mg_g_strided(c, sa, 0, -2, false), mg_g_strided(c, sb, 0, -2, false));
		d[0] = mg_g2(c, "Reshape", NULL, mg_g_reduce(c, "Sum", d[0], ra, false), sa);
		d[1] = mg_g2(c, "Reshape", NULL, mg_g_reduce(c, "Sum", d[1], mg_g_at(ra, 1), false), sb);
	}
	mg_grad_set(c, 0, d[0]);
	mg_grad_set(c, 1, d[1]);
	return c->b.rc;
}

const mg_grad mg_grads_linalg[] = {
	{ "MatMul", grad_matmul }, { "BatchMatMul", grad_batch_matmul }, { "BatchMatMulV2", grad_batch_matmul_v2 },
	{ .op = NULL }
};
