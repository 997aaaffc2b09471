/* SPDX-License-Identifier: Apache-2.0 */
/* grads_array.c - gradients of ops that move elements about (gradients.md section 6). */
#include "base/base.h"
#include "grad/grad_internal.h"

#define X mg_grad_x(c, 0)
#define Y mg_grad_x(c, 1)
#define Z mg_grad_y(c, 0)
#define G mg_grad_dy(c, 0)

static mg_output reshape(mg_grad_ctx *c, mg_output x, mg_output shape) { return mg_g2(c, "Reshape", NULL, x, shape); }
static mg_output i32(mg_grad_ctx *c, const char *name, int64_t v) { return mg_const_scalar(&c->b, name, MGREG_INT32, (double)v); }

static int
grad_identity(mg_grad_ctx *c)
{
	c->in[0] = c->out[0];
	return c->b.rc;
}

static int
grad_identity_n(mg_grad_ctx *c)
{
	for (int i = 0; i < c->node->input_count; i++)
		c->in[i] = c->out[i];
	return c->b.rc;
}

static int
grad_check_numerics(mg_grad_ctx *c)
{
	mg_slice message = { "", 0 };
	char *text;

	mg_attr_get_string(&c->node->attrs, "message", &message);
	text = mg_arena_printf(mg_graph_arena(c->b.graph), "Not a number (NaN) or infinity (Inf) values detected in gradient. %.*s",
		(int)message.len, message.ptr);
	if (!text)
		return mg_fail_nomem(c->b.err, 0);
	mg_grad_set(c, 0, mg_build(&c->b, "CheckNumerics", NULL, "o;s:message", G, text));
	return c->b.rc;
}

static int
grad_prevent(mg_grad_ctx *c)
{
	mg_slice message = { "", 0 };

	mg_attr_get_string(&c->node->attrs, "message", &message);
	return mg_fail(c->b.err, MGREG_NOT_FOUND, "node '%s': its gradient was explicitly disabled%s%.*s", c->node->name,
		message.len ? ": " : "", (int)message.len, message.ptr);
}

/* ---- shapes ---- */

static int
grad_reshape(mg_grad_ctx *c)
{
	mg_output g = G;

	mg_grad_set(c, 0, reshape(c, g, mg_g_shape(c, X)));
	return c->b.rc;
}

static int
grad_transpose(mg_grad_ctx *c)
{
	mg_grad_set(c, 0, mg_g_transpose(c, G, mg_g1(c, "InvertPermutation", NULL, Y)));
	return c->b.rc;
}

static int
grad_tile(mg_grad_ctx *c)
{
	static const int64_t flat = -1;
	mg_output shape, pair[2], split, axes, g = G, two;

	shape = mg_g_shape(c, X);
	/* [multiple 0, length 0, multiple 1, length 1, ...], then sum over the multiples */
	pair[0] = Y;
	pair[1] = mg_g_cast(c, shape, mg_g_type(Y));
	split = mg_g_pack(c, pair, 2);
	split = mg_g_transpose(c, split, mg_const_i32s(&c->b, "transpose/perm", (const int64_t[]){ 1, 0 }, 2));
	split = mg_g2v(c, "Reshape", "Reshape", "shape", split, &flat, 1);
	two = i32(c, "range/delta", 2);
	axes = mg_g3(c, "Range", "range", i32(c, "range/start", 0), mg_g_size(c, split), two);
	g = mg_g_reduce(c, "Sum", reshape(c, g, split), axes, false);
	mg_grad_set(c, 0, g);
	return c->b.rc;
}

static int
grad_fill(mg_grad_ctx *c)
{
	mg_grad_set(c, 1, mg_g_reduce_all(c, "Sum", G));
	return c->b.rc;
}

static int
grad_broadcast_to(mg_grad_ctx *c)
{
	mg_output in = mg_g_shape(c, X), out = mg_g_shape(c, Z), r;

	r = mg_g2(c, "BroadcastGradientArgs", NULL, out, in);
	mg_grad_set(c, 0, reshape(c, mg_g_reduce(c, "Sum", G, mg_g_at(r, 1), true), in));
	return c->b.rc;
}

/* ---- joining and parting ---- */

/* Gradient of the AXIS-th joined value list VALUES[N], whose gradients start at input FIRST. */
static int
concat_gradient(mg_grad_ctx *c, const mg_output *values, int n, int first, mg_output axis)
{
	mg_output g, shapes, offsets, *begin;
	mg_arena *arena = mg_graph_arena(c->b.graph);
	int64_t k;
	int nk;

	if (n == 1) {
		c->in[first] = c->out[0];
		return c->b.rc;
	}
	g = G;
	begin = mg_arena_zalloc(arena, (size_t)n, sizeof *begin);
	if (!begin)
		return mg_fail_nomem(c->b.err, 0);
	axis = mg_g_cast(c, axis, MGREG_INT32);
	/* ConcatOffset wants an axis of the front */
	if (!mg_g_constant_ints(axis, &k, 1, &nk) || k < 0)
		axis = mg_g2(c, "FloorMod", "mod", axis, mg_g_rank(c, values[0]));
	shapes = mg_build(&c->b, "ShapeN", NULL, "O", values, n);
	for (int i = 0; i < n; i++)
		begin[i] = mg_g_at(shapes, i);
	if (n > 16) {
		/* extents along the axis; Split takes them at once */
		mg_output stacked, sizes, column[2], flat, parts;

		stacked = mg_build(&c->b, "Pack", "stack", "O;i:axis", begin, n, (int64_t)1);
		column[0] = mg_g2i(c, "ExpandDims", "ExpandDims", "dim", axis, 0);
		column[1] = mg_const_i32s(&c->b, "stack_1/1", (const int64_t[]){ 0 }, 1);
		column[0] = mg_g_concat(c, column, 2, 0);
		sizes = mg_g3(c, "Slice", NULL, stacked, column[0], mg_const_i32s(&c->b, "Slice/size", (const int64_t[]){ 1, -1 }, 2));
		flat = mg_build(&c->b, "Squeeze", NULL, "o;I:squeeze_dims", sizes, (const int64_t[]){ 0 }, 1);
		parts = mg_build(&c->b, "SplitV", "split", "ooo;i:num_split", g, flat, axis, (int64_t)n);
		for (int i = 0; i < n; i++)
			mg_grad_set(c, first + i, mg_g_at(parts, i));
		return c->b.rc;
	}
	offsets = mg_build(&c->b, "ConcatOffset", NULL, "oO", axis, begin, n);
	for (int i = 0; i < n; i++)
		mg_grad_set(c, first + i, mg_g3(c, "Slice", NULL, g, mg_g_at(offsets, i), begin[i]));
	return c->b.rc;
}

static int grad_concat(mg_grad_ctx *c) { return concat_gradient(c, c->node->inputs + 1, c->node->input_count - 1, 1, X); }

static int
grad_concat_v2(mg_grad_ctx *c)
{
	int n = c->node->input_count - 1;

	return concat_gradient(c, c->node->inputs, n, 0, mg_grad_x(c, n));
}

/* Gradients of all outputs; outputs of trainable types always have one. */
static mg_output *
all_gradients(mg_grad_ctx *c, int n)
{
	mg_output *g = mg_arena_zalloc(mg_graph_arena(c->b.graph), (size_t)MG_MAX(n, 1), sizeof *g);

	if (!g) {
		if (c->b.rc == 0)
			c->b.rc = mg_fail_nomem(c->b.err, 0);
		return NULL;
	}
	for (int i = 0; i < n; i++)
		g[i] = mg_grad_dy(c, i);
	return g;
}

/* Joins what Split parted. */
static int
joined(mg_grad_ctx *c, int value, mg_output axis)
{
	int n = c->node->output_count;
	mg_output *g = all_gradients(c, n);

	if (!g)
		return c->b.rc;
	mg_grad_set(c, value, n == 1 ? g[0] : mg_build(&c->b, "ConcatV2", "concat", "Oo", g, n, axis));
	return c->b.rc;
}

static int grad_split(mg_grad_ctx *c) { return joined(c, 1, X); }
static int grad_split_v(mg_grad_ctx *c) { return joined(c, 0, mg_grad_x(c, 2)); }

static int
grad_pack(mg_grad_ctx *c)
{
	int n = c->node->input_count;
	mg_output parts = mg_build(&c->b, "Unpack", "unstack", "o;i:num i:axis", G, (int64_t)n, (int64_t)mg_g_attr_int(c, "axis"));

	for (int i = 0; i < n; i++)
		mg_grad_set(c, i, mg_g_at(parts, i));
	return c->b.rc;
}

static int
grad_unpack(mg_grad_ctx *c)
{
	int n = c->node->output_count;
	mg_output *g = all_gradients(c, n);

	if (g && n)
		mg_grad_set(c, 0, mg_build(&c->b, "Pack", "stack", "O;i:axis", g, n, (int64_t)mg_g_attr_int(c, "axis")));
	return c->b.rc;
}

/* ---- pieces ---- */

/* Pad with what the slice left out on both sides. */
static int
grad_slice(mg_grad_ctx *c)
{
	mg_output g = G, rank, shape, before, after, column[2], paddings, index = Y;

	rank = mg_g_rank(c, X);
	shape = mg_g_pack(c, (const mg_output[]){ rank, c->b.rc ? MG_NO_OUTPUT : i32(c, "stack/1", 1) }, 2);
	before = reshape(c, index, shape);
	after = mg_g2(c, "Sub", "sub", mg_g_cast(c, mg_g_shape(c, X), mg_g_type(index)), mg_g_cast(c, mg_g_shape(c, Z), mg_g_type(index)));
	after = mg_g2(c, "Sub", "sub", after, index);
	column[0] = before;
	column[1] = reshape(c, after, shape);
	paddings = mg_g_concat(c, column, 2, 1);
	mg_grad_set(c, 0, mg_g2(c, "Pad", NULL, g, paddings));
	return c->b.rc;
}

#define MASKS "a:begin_mask a:end_mask a:ellipsis_mask a:new_axis_mask a:shrink_axis_mask"
#define MASK_ATTRS mg_g_attr(c, "begin_mask"), mg_g_attr(c, "end_mask"), mg_g_attr(c, "ellipsis_mask"), \
	mg_g_attr(c, "new_axis_mask"), mg_g_attr(c, "shrink_axis_mask")

static int
grad_strided_slice(mg_grad_ctx *c)
{
	mg_output shape = mg_g_cast(c, mg_g_shape(c, X), mg_g_type(Y));

	mg_grad_set(c, 0, mg_build(&c->b, "StridedSliceGrad", NULL, "ooooo;" MASKS, shape, Y, mg_grad_x(c, 2), mg_grad_x(c, 3),
		G, MASK_ATTRS));
	return c->b.rc;
}

static int
grad_strided_slice_grad(mg_grad_ctx *c)
{
	mg_grad_set(c, 4, mg_build(&c->b, "StridedSlice", NULL, "oooo;" MASKS, G, Y, mg_grad_x(c, 2), mg_grad_x(c, 3), MASK_ATTRS));
	return c->b.rc;
}

static int
grad_pad(mg_grad_ctx *c)
{
	mg_output rank = mg_g_rank(c, X), size, column, begin;
	static const int64_t flat = -1;

	size = mg_g_pack(c, (const mg_output[]){ rank, c->b.rc ? MG_NO_OUTPUT : i32(c, "stack/1", 1) }, 2);
	column = mg_g3(c, "Slice", NULL, Y, c->b.rc ? MG_NO_OUTPUT : mg_const_i32s(&c->b, "Slice/begin", (const int64_t[]){ 0, 0 }, 2), size);
	begin = mg_g2v(c, "Reshape", "Reshape", "shape", column, &flat, 1);
	mg_grad_set(c, 0, mg_g3(c, "Slice", NULL, G, begin, mg_g_cast(c, mg_g_shape(c, X), mg_g_type(begin))));
	return c->b.rc;
}

static int
grad_mirror_pad(mg_grad_ctx *c)
{
	mg_grad_set(c, 0, mg_build(&c->b, "MirrorPadGrad", NULL, "oo;a:mode", G, Y, mg_g_attr(c, "mode")));
	return c->b.rc;
}

static int
grad_mirror_pad_grad(mg_grad_ctx *c)
{
	mg_grad_set(c, 0, mg_build(&c->b, "MirrorPad", NULL, "oo;a:mode", G, Y, mg_g_attr(c, "mode")));
	return c->b.rc;
}

/* ---- the same op, or its inverse, on the gradient ---- */

static int
grad_reverse(mg_grad_ctx *c)
{
	mg_grad_set(c, 0, mg_g2(c, c->node->op_name, NULL, G, Y));
	return c->b.rc;
}

static int
grad_reverse_sequence(mg_grad_ctx *c)
{
	mg_grad_set(c, 0, mg_build(&c->b, "ReverseSequence", NULL, "oo;a:seq_dim a:batch_dim", G, Y, mg_g_attr(c, "seq_dim"),
		mg_g_attr(c, "batch_dim")));
	return c->b.rc;
}

static const struct { const char *op, *inverse; } inverses[] = {
	{ "SpaceToBatch", "BatchToSpace" }, { "SpaceToBatchND", "BatchToSpaceND" }, { "SpaceToDepth", "DepthToSpace" },
	{ "Diag", "DiagPart" }, { "MatrixDiag", "MatrixDiagPart" },
};

static const char *
inverse_of(const char *op)
{
	for (size_t i = 0; i < MG_COUNT(inverses); i++) {
		if (strcmp(op, inverses[i].op) == 0)
			return inverses[i].inverse;
		if (strcmp(op, inverses[i].inverse) == 0)
			return inverses[i].op;
	}
	assert(!"an op of the table above");
	return NULL;
}

static int
grad_space_batch(mg_grad_ctx *c)
{
	mg_grad_set(c, 0, mg_build(&c->b, inverse_of(c->node->op_name), NULL, "oo;a:block_size", G, Y, mg_g_attr(c, "block_size")));
	return c->b.rc;
}

static int
grad_space_batch_nd(mg_grad_ctx *c)
{
	mg_grad_set(c, 0, mg_g3(c, inverse_of(c->node->op_name), NULL, G, Y, mg_grad_x(c, 2)));
	return c->b.rc;
}

static int
grad_space_depth(mg_grad_ctx *c)
{
	mg_grad_set(c, 0, mg_build(&c->b, inverse_of(c->node->op_name), NULL, "o;a:block_size a:data_format", G,
		mg_g_attr(c, "block_size"), mg_g_attr(c, "data_format")));
	return c->b.rc;
}

static int
grad_diagonal(mg_grad_ctx *c)
{
	mg_grad_set(c, 0, mg_g1(c, inverse_of(c->node->op_name), NULL, G));
	return c->b.rc;
}

/* A matrix need not be square: its diagonal goes back into zeros of its own shape. */
static int
grad_matrix_diag_part(mg_grad_ctx *c)
{
	const mg_shape *s = mg_g_static(X);

	if (s->rank >= 2 && mg_shape_dim(s, s->rank - 1) >= 0 && mg_shape_dim(s, s->rank - 1) == mg_shape_dim(s, s->rank - 2))
		mg_grad_set(c, 0, mg_g1(c, "MatrixDiag", NULL, G));
	else
		mg_grad_set(c, 0, mg_g2(c, "MatrixSetDiag", NULL, mg_g_zeros_like(c, X), G));
	return c->b.rc;
}

static int
grad_matrix_set_diag(mg_grad_ctx *c)
{
	mg_output g = G, part = mg_g1(c, "MatrixDiagPart", NULL, g);

	mg_grad_set(c, 0, mg_g2(c, "MatrixSetDiag", NULL, g, mg_g_zeros_like(c, Y)));
	mg_grad_set(c, 1, part);
	return c->b.rc;
}

static int
grad_matrix_band(mg_grad_ctx *c)
{
	mg_grad_set(c, 0, mg_g3(c, "MatrixBandPart", NULL, G, Y, mg_grad_x(c, 2)));
	return c->b.rc;
}

/* ---- gathering and scattering ---- */

/* Values [n] + TAIL of the shape, indices [n]: the slices that a gather read. */
static void
slices_of(mg_grad_ctx *c, mg_output shape)
{
	mg_output n = mg_g2i(c, "ExpandDims", "ExpandDims", "dim", mg_g_size(c, Y), 0), parts[2];

	parts[0] = n;
	parts[1] = mg_g_strided(c, shape, 1, 0, false);
	c->in[0].values = reshape(c, G, mg_g_concat(c, parts, 2, 0));
	c->in[0].indices = reshape(c, Y, n);
	c->in[0].dense_shape = shape;
}

/* A big table may have more than 2^31 elements: its shape is taken in int64, though what follows wants int32. */
static mg_output
long_shape(mg_grad_ctx *c, mg_output x)
{
	const mg_shape *s = mg_g_static(x);
	mg_tensor t = { 0 };
	mg_output o = MG_NO_OUTPUT;

	if (c->b.rc)
		return o;
	if (!mg_shape_is_full(s))
		return mg_build(&c->b, "Shape", NULL, "o;t:out_type", x, (int)MGREG_INT64);
	if ((c->b.rc = mg_tensor_init_i64s(&t, MGREG_INT64, mg_shape_cdims(s), s->rank, c->b.err)) == 0)
		o = mg_const(&c->b, "Shape", &t);
	mg_tensor_clear(&t);
	return o;
}

static int
grad_gather(mg_grad_ctx *c)
{
	mg_output shape;

	if (c->b.rc == 0 && (c->b.rc = mg_colocate_push(c->b.graph, X.node, c->b.err)) == 0) {
		shape = mg_g_cast(c, long_shape(c, X), MGREG_INT32);
		mg_colocate_pop(c->b.graph);
		slices_of(c, shape);
	}
	return c->b.rc;
}

/* Another axis: bring it to the front, add the rows up, bring it back. */
static int
gather_along(mg_grad_ctx *c, int axis)
{
	mg_output shape = mg_g_shape(c, X), size, parts[3], rows, perm, values, inverse, rank_left, rank_right, ids, g = G;
	static const int64_t flat = -1;

	/* values: outer dimensions, one for all indices, inner dimensions */
	size = mg_g2i(c, "ExpandDims", "ExpandDims", "dim", mg_g_size(c, Y), 0);
	parts[0] = axis ? mg_g_strided(c, shape, 0, axis, false) : MG_NO_OUTPUT;
	parts[1] = size;
	parts[2] = mg_g_strided(c, shape, axis + 1, 0, false);
	values = reshape(c, g, mg_g_concat(c, axis ? parts : parts + 1, axis ? 3 : 2, 0));
	ids = mg_g2v(c, "Reshape", "Reshape", "shape", Y, &flat, 1);
	if (c->b.rc)
		return c->b.rc;
	rank_left = mg_const_i32s(&c->b, "axis", (const int64_t[]){ axis }, 1);
	{
		int64_t outer[MG_MAX_RANK];

		for (int i = 0; i < axis; i++)
			outer[i] = i;
		rank_right = mg_const_i32s(&c->b, "outer", outer, axis);
	}
	parts[0] = rank_left;
	parts[1] = rank_right;
	parts[2] = mg_g_range(c, axis + 1, mg_g_rank(c, values));
	perm = mg_g_concat(c, parts, 3, 0);
	rows = mg_g_strided(c, shape, axis, 0, true);
	values = mg_g3(c, "UnsortedSegmentSum", NULL, mg_g_transpose(c, values, perm), ids, rows);
	inverse = mg_g1(c, "InvertPermutation", NULL, perm);
	mg_grad_set(c, 0, mg_g_transpose(c, values, inverse));
	return c->b.rc;
}

static int
grad_gather_v2(mg_grad_ctx *c)
{
	int64_t axis, batch = mg_g_attr_int(c, "batch_dims");
	int n, rank = mg_g_static(X)->rank;

	if (batch != 0)
		return mg_fail(c->b.err, MGREG_UNIMPLEMENTED, "node '%s': no gradient for GatherV2 with batch_dims", c->node->name);
	if (!mg_g_constant_ints(mg_grad_x(c, 2), &axis, 1, &n) || n != 1)
		return mg_fail(c->b.err, MGREG_UNIMPLEMENTED, "node '%s': the axis of a gather must be a constant for its gradient", c->node->name);
	if (axis < 0 && rank >= 0)
		axis += rank;
	if (axis < 0)
		return mg_fail(c->b.err, MGREG_UNIMPLEMENTED, "node '%s': a gather from the back of a tensor of unknown rank has no gradient", c->node->name);
	return axis == 0 ? grad_gather(c) : gather_along(c, (int)axis);
}

static int
grad_gather_nd(mg_grad_ctx *c)
{
	const mg_shape *s = mg_g_static(Y);
	mg_output shape = mg_g_cast(c, mg_g_shape(c, X), mg_g_type(Y));

	if (s->rank == 2 && mg_shape_dim(s, 1) == 1) {
		c->in[0].values = G;
		c->in[0].indices = mg_build(&c->b, "Squeeze", NULL, "o;I:squeeze_dims", Y, (const int64_t[]){ -1 }, 1);
		c->in[0].dense_shape = shape;
	} else {
		mg_grad_set(c, 0, mg_g3(c, "ScatterNd", NULL, Y, G, shape));
	}
	return c->b.rc;
}

static int
grad_scatter_nd(mg_grad_ctx *c)
{
	mg_grad_set(c, 1, mg_g2(c, "GatherNd", NULL, G, X));
	return c->b.rc;
}

/* The winners' places as flat positions, and their gradients scattered there. */
static int
grad_top_k(mg_grad_ctx *c)
{
	static const int64_t flat = -1;
	mg_output g = G, shape, last, ind_shape, ind_last, ind, rows, index, total;

	shape = mg_g_shape(c, X);
	ind = mg_grad_y(c, 1);
	ind_shape = mg_g_shape(c, ind);
	ind_last = mg_g_gather(c, ind_shape, mg_g2k(c, "Sub", "sub", "y", mg_g_size(c, ind_shape), 1, false), 0);
	last = mg_g_gather(c, shape, mg_g2k(c, "Sub", "sub", "y", mg_g_size(c, shape), 1, false), 0);
	ind = reshape(c, ind, mg_g_pack(c, (const mg_output[]){ c->b.rc ? MG_NO_OUTPUT : i32(c, "stack/0", -1), ind_last }, 2));
	rows = mg_g_strided(c, mg_g_shape(c, ind), 0, 1, true);
	rows = mg_g2(c, "Mul", "mul", rows, last);
	rows = mg_g3(c, "Range", "range", c->b.rc ? MG_NO_OUTPUT : i32(c, "range/start", 0), rows, last);
	index = mg_g2(c, "Add", "add", ind, mg_g2i(c, "ExpandDims", "ExpandDims", "dim", rows, -1));
	index = mg_g2v(c, "Reshape", "Reshape", "shape", index, &flat, 1);
	index = mg_g2i(c, "ExpandDims", "ExpandDims", "dim", index, -1);
	g = mg_g2v(c, "Reshape", "Reshape", "shape", g, &flat, 1);
	total = mg_g_reduce_all(c, "Prod", shape);
	g = mg_g3(c, "ScatterNd", NULL, index, g, mg_build(&c->b, "Pack", "ScatterNd/shape", "O", &total, 1));
	mg_grad_set(c, 0, reshape(c, g, shape));
	if (c->node->input_count == 2)
		mg_grad_set(c, 1, c->b.rc ? MG_NO_OUTPUT : i32(c, "zeros", 0));
	return c->b.rc;
}

static int
grad_sparse_to_dense(mg_grad_ctx *c)
{
	mg_output g = G, picked, all;

	mg_output at = X;

	if (mg_g_static(X)->rank >= 0 && mg_g_static(X)->rank < 2)      /* GatherNd wants places as a last dimension */
		at = mg_g2i(c, "ExpandDims", "ExpandDims", "dim", X, -1);
	picked = mg_g2(c, "GatherNd", NULL, g, at);
	all = mg_g_reduce_all(c, "Sum", g);
	mg_grad_set(c, 2, mg_g2(c, "Reshape", NULL, picked, mg_g_shape(c, mg_grad_x(c, 2))));
	mg_grad_set(c, 3, mg_g2(c, "Sub", "sub", all, mg_g_reduce_all(c, "Sum", picked)));
	return c->b.rc;
}

const mg_grad mg_grads_array[] = {
	{ "Identity", grad_identity }, { "RefIdentity", grad_identity }, { "PlaceholderWithDefault", grad_identity },
	{ "Print", grad_identity }, { "IdentityN", grad_identity_n }, { "CheckNumerics", grad_check_numerics },
	{ "PreventGradient", grad_prevent },
	{ "Reshape", grad_reshape }, { "ExpandDims", grad_reshape }, { "Squeeze", grad_reshape },
	{ "Transpose", grad_transpose }, { "Tile", grad_tile }, { "Fill", grad_fill }, { "BroadcastTo", grad_broadcast_to },
	{ "Concat", grad_concat }, { "ConcatV2", grad_concat_v2 }, { "Split", grad_split }, { "SplitV", grad_split_v },
	{ "Pack", grad_pack }, { "Unpack", grad_unpack },
	{ "Slice", grad_slice }, { "StridedSlice", grad_strided_slice }, { "StridedSliceGrad", grad_strided_slice_grad },
	{ "Pad", grad_pad }, { "PadV2", grad_pad }, { "MirrorPad", grad_mirror_pad }, { "MirrorPadGrad", grad_mirror_pad_grad },
	{ "Reverse", grad_reverse }, { "ReverseV2", grad_reverse }, { "ReverseSequence", grad_reverse_sequence },
	{ "SpaceToBatch", grad_space_batch }, { "BatchToSpace", grad_space_batch },
	{ "SpaceToBatchND", grad_space_batch_nd }, { "BatchToSpaceND", grad_space_batch_nd },
	{ "SpaceToDepth", grad_space_depth }, { "DepthToSpace", grad_space_depth },
	{ "Diag", grad_diagonal }, { "DiagPart", grad_diagonal }, { "MatrixDiag", grad_diagonal },
	{ "MatrixDiagPart", grad_matrix_diag_part }, { "MatrixSetDiag", grad_matrix_set_diag }, { "MatrixBandPart", grad_matrix_band },
	{ "Gather", grad_gather }, { "GatherV2", grad_gather_v2 }, { "GatherNd", grad_gather_nd }, { "ScatterNd", grad_scatter_nd },
	{ "TopK", grad_top_k }, { "TopKV2", grad_top_k }, { "SparseToDense", grad_sparse_to_dense },
	{ .op = NULL }
};
