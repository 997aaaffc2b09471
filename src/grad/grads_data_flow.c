/* SPDX-License-Identifier: Apache-2.0 */
/* grads_data_flow.c - gradients of stitching, partitioning and sparse tensors (gradients.md section 6). */
#include "base/base.h"
#include "grad/grad_internal.h"

#define X mg_grad_x(c, 0)
#define Y mg_grad_x(c, 1)
#define G mg_grad_dy(c, 0)

/* inputs: N indices, N data */
static int
grad_dynamic_stitch(mg_grad_ctx *c)
{
	int n = c->node->input_count / 2;
	mg_output g = G;

	for (int i = 0; i < n; i++)
		mg_grad_set(c, n + i, mg_g_gather(c, g, mg_grad_x(c, i), 0));
	return c->b.rc;
}

/* Where the elements went is what partitioning their numbers gives; stitching brings them back. */
static int
grad_dynamic_partition(mg_grad_ctx *c)
{
	int n = c->node->output_count;
	mg_output *g = mg_arena_zalloc(mg_graph_arena(c->b.graph), (size_t)n * 2, sizeof *g), *at = g + n;
	mg_output prefix, numbers, places, whole;

	if (!g)
		return mg_fail_nomem(c->b.err, 0);
	for (int i = 0; i < n; i++)
		g[i] = mg_grad_dy(c, i);
	prefix = mg_g_shape(c, Y);
	numbers = mg_g2(c, "Reshape", NULL, mg_g_range(c, 0, mg_g_reduce_all(c, "Prod", prefix)), prefix);
	places = mg_build(&c->b, "DynamicPartition", NULL, "oo;i:num_partitions", numbers, Y, (int64_t)n);
	for (int i = 0; i < n; i++)
		at[i] = mg_g_at(places, i);
	whole = mg_build(&c->b, "DynamicStitch", NULL, "OO", at, n, g, n);
	mg_grad_set(c, 0, mg_g2(c, "Reshape", NULL, whole, mg_g_shape(c, X)));
	return c->b.rc;
}

/* inputs: indices, values, shape of A; dense B */
static int
grad_sparse_dense_matmul(mg_grad_ctx *c)
{
	bool adjoint_a = mg_g_attr_bool(c, "adjoint_a"), adjoint_b = mg_g_attr_bool(c, "adjoint_b");
	mg_output g = G, b = mg_grad_x(c, 3), rows, cols, db, parts_a, parts_b;
	mg_output indices;

	db = mg_build(&c->b, "SparseTensorDenseMatMul", NULL, "oooo;b:adjoint_a b:adjoint_b", X, Y, mg_grad_x(c, 2), g,
		(int)!adjoint_a, 0);
	if (adjoint_b)
		db = mg_g2v(c, "Transpose", "transpose", "perm", db, (const int64_t[]){ 1, 0 }, 2);
	indices = mg_build(&c->b, "Unpack", "unstack", "o;i:num i:axis", X, (int64_t)2, (int64_t)1);
	rows = mg_g_at(indices, 0);
	cols = mg_g_at(indices, 1);
	parts_a = mg_g_gather(c, g, adjoint_a ? cols : rows, 0);
	if (adjoint_b)
		b = mg_g2v(c, "Transpose", "transpose", "perm", b, (const int64_t[]){ 1, 0 }, 2);
	parts_b = mg_g_gather(c, b, adjoint_a ? rows : cols, 0);
	mg_grad_set(c, 1, mg_g_reduce(c, "Sum", mg_g2(c, "Mul", "mul", parts_a, parts_b),
		c->b.rc ? MG_NO_OUTPUT : mg_const_scalar(&c->b, "Sum/reduction_indices", MGREG_INT32, 1), false));
	mg_grad_set(c, 3, db);
	return c->b.rc;
}

/* inputs: indices, values, shape of A; dense B */
static int
grad_sparse_dense_add(mg_grad_ctx *c)
{
	mg_output g = G;

	mg_grad_set(c, 1, mg_g2(c, "GatherNd", NULL, g, X));
	mg_grad_set(c, 3, g);
	return c->b.rc;
}

/* inputs: indices, values, shape; outputs: the same in order */
static int
grad_sparse_reorder(mg_grad_ctx *c)
{
	mg_output g = mg_grad_dy(c, 1), count, linear, scale, order, sorted;
	static const int64_t flat = -1;

	/* flat place of each index: Sum(index * exclusive reversed product of the shape) */
	scale = mg_build(&c->b, "Cumprod", NULL, "oo;b:exclusive b:reverse", mg_grad_x(c, 2),
		c->b.rc ? MG_NO_OUTPUT : mg_const_scalar(&c->b, "Cumprod/axis", MGREG_INT32, 0), 1, 1);
	linear = mg_g_reduce(c, "Sum", mg_g2(c, "Mul", "mul", X, scale),
		c->b.rc ? MG_NO_OUTPUT : mg_const_scalar(&c->b, "Sum/reduction_indices", MGREG_INT32, 1), false);
	/* TopK of the negated places is their ascending order */
	count = mg_g_strided(c, mg_g_shape(c, X), 0, 1, true);
	sorted = mg_build(&c->b, "TopKV2", NULL, "oo", mg_g1(c, "Neg", NULL, linear), count);
	order = mg_g1(c, "InvertPermutation", NULL, mg_g2v(c, "Reshape", "Reshape", "shape", mg_g_at(sorted, 1), &flat, 1));
	mg_grad_set(c, 1, mg_g_gather(c, g, order, 0));
	return c->b.rc;
}

/* inputs: a_indices, a_values, a_shape, b_indices, b_values, b_shape, thresh; outputs: indices, values, shape */
static int
grad_sparse_add(mg_grad_ctx *c)
{
	mg_output d = mg_build(&c->b, "SparseAddGrad", NULL, "oooo", mg_grad_dy(c, 1), X, mg_grad_x(c, 3), mg_grad_y(c, 0));

	mg_grad_set(c, 1, mg_g_at(d, 0));
	mg_grad_set(c, 4, mg_g_at(d, 1));
	return c->b.rc;
}

/* inputs: indices, values, dense_shape, default_value; outputs: ..., values (1), ..., reverse_index_map (3) */
static int
grad_sparse_fill(mg_grad_ctx *c)
{
	mg_output d = mg_build(&c->b, "SparseFillEmptyRowsGrad", NULL, "oo", mg_grad_y(c, 3), mg_grad_dy(c, 1));

	mg_grad_set(c, 1, mg_g_at(d, 0));
	mg_grad_set(c, 3, mg_g_at(d, 1));
	return c->b.rc;
}

const mg_grad mg_grads_data_flow[] = {
	{ "DynamicStitch", grad_dynamic_stitch }, { "ParallelDynamicStitch", grad_dynamic_stitch },
	{ "DynamicPartition", grad_dynamic_partition },
	{ "SparseTensorDenseMatMul", grad_sparse_dense_matmul }, { "SparseTensorDenseAdd", grad_sparse_dense_add },
	{ "SparseReorder", grad_sparse_reorder }, { "SparseAdd", grad_sparse_add }, { "SparseFillEmptyRows", grad_sparse_fill },
	{ .op = NULL }
};
