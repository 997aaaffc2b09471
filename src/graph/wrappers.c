/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wrappers.c - one-line ops, with the nodes and names that TensorFlow's Python functions leave behind.
 *
 * A function of several nodes opens a scope of the op's name; the last node takes the scope's name itself, and constants
 * that Python turned into tensors are named by the argument: "Sum", "Sum/reduction_indices".
 */
#include "base/base.h"
#include "graph/graph_internal.h"

/* ---- scopes of one op ---- */
static const char *
enter(mg_builder *b, const char *name, const char *otherwise)
{
	const char *scope = NULL;

	if (b->rc == 0)
		b->rc = mg_scope_enter(b->graph, name && *name ? name : otherwise, &scope, b->err);
	return b->rc ? NULL : scope;
}

static mg_output
leave(mg_builder *b, mg_output o)
{
	mg_scope_leave(b->graph);
	return b->rc ? MG_NO_OUTPUT : o;
}

static const char *
name_or(const char *name, const char *otherwise)
{
	return name && *name ? name : otherwise;
}

/* An input that must be there before it is looked at. */
static bool
there(mg_builder *b, const char *op, mg_output o)
{
	if (b->rc == 0 && !o.node)
		b->rc = mg_fail(b->err, MGREG_INVALID_ARGUMENT, "op '%s': an input is missing", op);
	return b->rc == 0;
}

/* ---- where values come from ---- */
mgreg_output
mgreg_op_placeholder(mgreg_builder *b, mgreg_dtype dtype, const int64_t *dims, int rank, const char *name)
{
	mgreg_op_begin(b, "Placeholder", name);
	mgreg_op_attr_type(b, "dtype", dtype);
	mgreg_op_attr_shape(b, "shape", dims, rank);
	return mgreg_op_end(b);
}

mgreg_output
mgreg_op_const(mgreg_builder *b, const mgreg_tensor *value, const char *name)
{
	return b->rc ? MG_NO_OUTPUT : mg_const(b, name, value);
}

mgreg_output
mgreg_op_scalar(mgreg_builder *b, mgreg_dtype dtype, double value, const char *name)
{
	return mg_const_scalar(b, name, dtype, value);
}

mgreg_output
mgreg_op_text(mgreg_builder *b, const char *text, const char *name)
{
	return mg_const_string(b, name, text);
}

mgreg_output
mgreg_op_floats(mgreg_builder *b, const float *values, const int64_t *dims, int rank, const char *name)
{
	mg_tensor t = { 0 };
	mg_output o = MG_NO_OUTPUT;

	if (b->rc)
		return o;
	b->rc = mg_tensor_init_dims(&t, MGREG_FLOAT, dims, rank, b->err);
	if (b->rc == 0 && t.size)
		memcpy(t.data, values, t.size);
	if (b->rc == 0)
		o = mg_const(b, name, &t);
	mg_tensor_clear(&t);
	return o;
}

mgreg_output
mgreg_op_ints(mgreg_builder *b, const int64_t *values, int count, const char *name)
{
	return mg_const_i32s(b, name, values, count);
}

/* A tensor of one value: a constant while it is small, else Fill. */
static mg_output
filled(mg_builder *b, mg_dtype dtype, double value, const int64_t *dims, int rank, const char *name, const char *otherwise)
{
	mg_tensor t = { 0 };
	mg_output o = MG_NO_OUTPUT;
	int64_t count = 1;
	const char *scope;

	for (int i = 0; i < rank; i++)
		if (dims[i] < 0 || __builtin_mul_overflow(count, dims[i], &count)) {
			if (b->rc == 0)
				b->rc = mg_fail(b->err, MGREG_INVALID_ARGUMENT, "'%s' of a shape that is not known or too large", name_or(name, otherwise));
			return o;
		}
	if (b->rc)
		return o;
	if (count >= 1000) {
		mg_output shape, v;

		if (!(scope = enter(b, name, otherwise)))
			return o;
		shape = mg_const_i32s(b, "shape_as_tensor", dims, rank);
		v = mg_const_scalar(b, "Const", dtype, value);
		return leave(b, mg_build(b, "Fill", scope, "oo", shape, v));
	}
	b->rc = mg_tensor_init_dims(&t, dtype, dims, rank, b->err);
	if (b->rc == 0 && t.count > 0) {
		mg_tensor one = { 0 };

		b->rc = mg_tensor_init_scalar(&one, dtype, value, b->err);
		for (int64_t i = 0; b->rc == 0 && i < t.count; i++)
			memcpy((char *)t.data + (size_t)i * one.size, one.data, one.size);
		mg_tensor_clear(&one);
	}
	if (b->rc == 0)
		o = mg_const(b, name_or(name, otherwise), &t);
	mg_tensor_clear(&t);
	return o;
}

mgreg_output
mgreg_op_zeros(mgreg_builder *b, mgreg_dtype dtype, const int64_t *dims, int rank, const char *name)
{
	return filled(b, dtype, 0, dims, rank, name, "zeros");
}

mgreg_output
mgreg_op_ones(mgreg_builder *b, mgreg_dtype dtype, const int64_t *dims, int rank, const char *name)
{
	return filled(b, dtype, 1, dims, rank, name, "ones");
}

mgreg_output
mgreg_op_range(mgreg_builder *b, mgreg_output start, mgreg_output limit, mgreg_output delta, const char *name)
{
	return mg_build(b, "Range", name_or(name, "range"), "ooo", start, limit, delta);
}

/* ---- random numbers ---- */
static mg_output
draw(mg_builder *b, const char *op, mg_dtype dtype, mg_output shape, int64_t seed)
{
	int64_t seeds[2];

	if (b->rc)
		return MG_NO_OUTPUT;
	mg_graph_get_seeds(b->graph, seed >= 0, seed, seeds);
	return mg_build(b, op, NULL, "o;t:dtype i:seed i:seed2", shape, (int)dtype, seeds[0], seeds[1]);
}

mgreg_output
mgreg_op_random_uniform(mgreg_builder *b, mgreg_dtype dtype, const int64_t *dims, int rank, double min, double max, int64_t seed,
	const char *name)
{
	const char *scope = enter(b, name, "random_uniform");
	mg_output shape, lo, hi, r;

	if (!scope)
		return MG_NO_OUTPUT;
	shape = mg_const_i32s(b, "shape", dims, rank);
	lo = mg_const_scalar(b, "min", dtype, min);
	hi = mg_const_scalar(b, "max", dtype, max);
	r = draw(b, "RandomUniform", dtype, shape, seed);
	hi = mg_build(b, "Sub", "sub", "oo", hi, lo);
	r = mg_build(b, "Mul", "mul", "oo", r, hi);
	return leave(b, mg_build(b, "Add", scope, "oo", r, lo));
}

static mg_output
normal(mg_builder *b, const char *op, mg_dtype dtype, const int64_t *dims, int rank, double mean, double stddev, int64_t seed,
	const char *name, const char *otherwise)
{
	const char *scope = enter(b, name, otherwise);
	mg_output shape, m, s, r;

	if (!scope)
		return MG_NO_OUTPUT;
	shape = mg_const_i32s(b, "shape", dims, rank);
	m = mg_const_scalar(b, "mean", dtype, mean);
	s = mg_const_scalar(b, "stddev", dtype, stddev);
	r = draw(b, op, dtype, shape, seed);
	r = mg_build(b, "Mul", "mul", "oo", r, s);
	return leave(b, mg_build(b, "Add", scope, "oo", r, m));
}

mgreg_output
mgreg_op_random_normal(mgreg_builder *b, mgreg_dtype dtype, const int64_t *dims, int rank, double mean, double stddev, int64_t seed,
	const char *name)
{
	return normal(b, "RandomStandardNormal", dtype, dims, rank, mean, stddev, seed, name, "random_normal");
}

mgreg_output
mgreg_op_truncated_normal(mgreg_builder *b, mgreg_dtype dtype, const int64_t *dims, int rank, double mean, double stddev, int64_t seed,
	const char *name)
{
	return normal(b, "TruncatedNormal", dtype, dims, rank, mean, stddev, seed, name, "truncated_normal");
}

/* ---- element by element ---- */
#define UNARY(fn, op) \
	mgreg_output mgreg_op_##fn(mgreg_builder *b, mgreg_output x, const char *name) { return mg_build(b, op, name, "o", x); }
#define BINARY(fn, op) \
	mgreg_output mgreg_op_##fn(mgreg_builder *b, mgreg_output x, mgreg_output y, const char *name) { return mg_build(b, op, name, "oo", x, y); }

UNARY(identity, "Identity")
UNARY(stop_gradient, "StopGradient")
UNARY(neg, "Neg")
UNARY(exp, "Exp")
UNARY(log, "Log")
UNARY(sqrt, "Sqrt")
UNARY(square, "Square")
UNARY(shape, "Shape")
UNARY(size, "Size")
UNARY(squeeze, "Squeeze")
UNARY(relu, "Relu")
UNARY(sigmoid, "Sigmoid")
UNARY(tanh, "Tanh")
UNARY(softmax, "Softmax")
BINARY(add, "Add")
BINARY(sub, "Sub")
BINARY(mul, "Mul")
BINARY(equal, "Equal")
BINARY(matmul, "MatMul")
BINARY(bias_add, "BiasAdd")

mgreg_output
mgreg_op_div(mgreg_builder *b, mgreg_output x, mgreg_output y, const char *name)
{
	if (!there(b, "div", x))
		return MG_NO_OUTPUT;
	return mg_build(b, mg_dtype_is_integer(mg_output_type(x)) ? "FloorDiv" : "RealDiv", name_or(name, "div"), "oo", x, y);
}

mgreg_output
mgreg_op_cast(mgreg_builder *b, mgreg_output x, mgreg_dtype dtype, const char *name)
{
	if (!there(b, "Cast", x))
		return MG_NO_OUTPUT;
	if (mg_output_type(x) == dtype)
		return x;
	return mg_build(b, "Cast", name, "o;t:DstT", x, (int)dtype);
}

/* ---- reductions ---- */
static mg_output
reduce(mg_builder *b, const char *op, mg_output x, const int64_t *axes, int count, int keep_dims, const char *name)
{
	int64_t all[MG_MAX_RANK];
	const char *scope;
	mg_output over;

	if (!there(b, op, x))
		return MG_NO_OUTPUT;
	if (count < 0) {                /* Python made this constant before the op, in the scope around it */
		int rank = mg_output_shape(x)->rank;

		if (rank < 0) {
			b->rc = mg_fail(b->err, MGREG_INVALID_ARGUMENT, "op '%s' over all axes of '%s', whose rank is not known", op, x.node->name);
			return MG_NO_OUTPUT;
		}
		for (int i = 0; i < rank; i++)
			all[i] = i;
		over = mg_const_i32s(b, "Const", all, rank);
		return mg_build(b, op, name, "oo;b:keep_dims", x, over, keep_dims);
	}
	if (!(scope = enter(b, name, op)))
		return MG_NO_OUTPUT;
	over = mg_const_i32s(b, "reduction_indices", axes, count);
	return leave(b, mg_build(b, op, scope, "oo;b:keep_dims", x, over, keep_dims));
}

mgreg_output
mgreg_op_reduce_sum(mgreg_builder *b, mgreg_output x, const int64_t *axes, int count, int keep_dims, const char *name)
{
	return reduce(b, "Sum", x, axes, count, keep_dims, name);
}

mgreg_output
mgreg_op_reduce_mean(mgreg_builder *b, mgreg_output x, const int64_t *axes, int count, int keep_dims, const char *name)
{
	return reduce(b, "Mean", x, axes, count, keep_dims, name);
}

mgreg_output
mgreg_op_reduce_max(mgreg_builder *b, mgreg_output x, const int64_t *axes, int count, int keep_dims, const char *name)
{
	return reduce(b, "Max", x, axes, count, keep_dims, name);
}

/* OP(x, constant) with the constant named by its argument. */
static mg_output
with_scalar(mg_builder *b, const char *op, mg_output x, int64_t value, const char *argument, const char *name, const char *otherwise)
{
	const char *scope = enter(b, name, otherwise);
	mg_output v;

	if (!scope)
		return MG_NO_OUTPUT;
	v = mg_const_scalar(b, argument, MGREG_INT32, (double)value);
	return leave(b, mg_build(b, op, scope, "oo", x, v));
}

static mg_output
with_vector(mg_builder *b, const char *op, mg_output x, const int64_t *values, int n, const char *argument, const char *name,
	const char *otherwise)
{
	const char *scope = enter(b, name, otherwise);
	mg_output v;

	if (!scope)
		return MG_NO_OUTPUT;
	v = mg_const_i32s(b, argument, values, n);
	return leave(b, mg_build(b, op, scope, "oo", x, v));
}

mgreg_output
mgreg_op_argmax(mgreg_builder *b, mgreg_output x, int64_t axis, const char *name)
{
	return with_scalar(b, "ArgMax", x, axis, "dimension", name, "ArgMax");
}

/* ---- shapes ---- */
mgreg_output
mgreg_op_reshape(mgreg_builder *b, mgreg_output x, const int64_t *dims, int rank, const char *name)
{
	return with_vector(b, "Reshape", x, dims, rank, "shape", name, "Reshape");
}

mgreg_output
mgreg_op_expand_dims(mgreg_builder *b, mgreg_output x, int64_t axis, const char *name)
{
	return with_scalar(b, "ExpandDims", x, axis, "dim", name, "ExpandDims");
}

mgreg_output
mgreg_op_transpose(mgreg_builder *b, mgreg_output x, const int64_t *perm, int count, const char *name)
{
	return with_vector(b, "Transpose", x, perm, count, "perm", name, "transpose");
}

mgreg_output
mgreg_op_concat_v1(mgreg_builder *b, int64_t axis, const mgreg_output *values, int count, const char *name)
{
	const char *scope = enter(b, name, "concat");
	mg_output dim;

	if (!scope)
		return MG_NO_OUTPUT;
	dim = mg_const_scalar(b, "concat_dim", MGREG_INT32, (double)axis);
	return leave(b, mg_build(b, "Concat", scope, "oO", dim, values, count));
}

mgreg_output
mgreg_op_concat(mgreg_builder *b, const mgreg_output *values, int count, int64_t axis, const char *name)
{
	const char *scope = enter(b, name, "concat");
	mg_output dim;

	if (!scope)
		return MG_NO_OUTPUT;
	dim = mg_const_scalar(b, "axis", MGREG_INT32, (double)axis);
	return leave(b, mg_build(b, "ConcatV2", scope, "Oo", values, count, dim));
}

mgreg_output
mgreg_op_pack(mgreg_builder *b, const mgreg_output *values, int count, int64_t axis, const char *name)
{
	return mg_build(b, "Pack", name_or(name, "stack"), "O;i:axis", values, count, axis);
}

mgreg_output
mgreg_op_gather(mgreg_builder *b, mgreg_output params, mgreg_output indices, int64_t axis, const char *name)
{
	const char *scope = enter(b, name, "GatherV2");
	mg_output dim;

	if (!scope)
		return MG_NO_OUTPUT;
	dim = mg_const_scalar(b, "axis", MGREG_INT32, (double)axis);
	return leave(b, mg_build(b, "GatherV2", scope, "ooo", params, indices, dim));
}

mgreg_output
mgreg_op_one_hot(mgreg_builder *b, mgreg_output indices, int64_t depth, double on, double off, const char *name)
{
	const char *scope = enter(b, name, "one_hot");
	mg_output d, v1, v0;

	if (!scope)
		return MG_NO_OUTPUT;
	v1 = mg_const_scalar(b, "on_value", MGREG_FLOAT, on);
	v0 = mg_const_scalar(b, "off_value", MGREG_FLOAT, off);
	d = mg_const_scalar(b, "depth", MGREG_INT32, (double)depth);
	return leave(b, mg_build(b, "OneHot", scope, "oooo", indices, d, v1, v0));
}

mgreg_output
mgreg_op_sparse_to_dense(mgreg_builder *b, mgreg_output indices, mgreg_output shape, mgreg_output values, mgreg_output otherwise,
	const char *name)
{
	return mg_build(b, "SparseToDense", name, "oooo", indices, shape, values, otherwise);
}

/* ---- nets ---- */
mgreg_output
mgreg_op_conv2d(mgreg_builder *b, mgreg_output x, mgreg_output filter, int stride_h, int stride_w, const char *padding, const char *name)
{
	int64_t strides[4] = { 1, stride_h, stride_w, 1 };

	return mg_build(b, "Conv2D", name, "oo;I:strides s:padding", x, filter, strides, 4, padding);
}

mgreg_output
mgreg_op_max_pool(mgreg_builder *b, mgreg_output x, int height, int width, int stride_h, int stride_w, const char *padding,
	const char *name)
{
	int64_t k[4] = { 1, height, width, 1 }, strides[4] = { 1, stride_h, stride_w, 1 };

	return mg_build(b, "MaxPool", name, "o;I:ksize I:strides s:padding", x, k, 4, strides, 4, padding);
}

mgreg_output
mgreg_op_softmax_cross_entropy_with_logits(mgreg_builder *b, mgreg_output logits, mgreg_output labels, const char *name)
{
	return mg_build(b, "SoftmaxCrossEntropyWithLogits", name, "oo", logits, labels);
}

mgreg_output
mgreg_op_sparse_softmax_cross_entropy_with_logits(mgreg_builder *b, mgreg_output logits, mgreg_output labels, const char *name)
{
	return mg_build(b, "SparseSoftmaxCrossEntropyWithLogits", name, "oo", logits, labels);
}

/* ---- summaries ---- */
mgreg_output
mgreg_op_scalar_summary(mgreg_builder *b, const char *tag, mgreg_output value)
{
	const char *scope = enter(b, tag, "summary");
	mg_output tags, s;

	if (!scope)
		return MG_NO_OUTPUT;
	tags = mg_const_string(b, "tags", tag);
	s = leave(b, mg_build(b, "ScalarSummary", scope, "oo", tags, value));
	if (b->rc == 0)
		b->rc = mg_collection_add_tensor(b->graph, "summaries", s, b->err);
	return b->rc ? MG_NO_OUTPUT : s;
}

mgreg_output
mgreg_op_merge_all_summaries(mgreg_builder *b, const char *name)
{
	int n = mgreg_collection_count(b->graph, "summaries");
	mg_output *all, merged = MG_NO_OUTPUT;

	if (b->rc)
		return MG_NO_OUTPUT;
	if (n == 0) {
		b->rc = mg_fail(b->err, MGREG_NOT_FOUND, "the graph has no summaries to merge");
		return MG_NO_OUTPUT;
	}
	all = mg_calloc((size_t)n, sizeof(*all));
	if (!all)
		b->rc = mg_fail_nomem(b->err, 0);
	for (int i = 0; i < n && b->rc == 0; i++)
		b->rc = mgreg_collection_output(b->graph, "summaries", i, &all[i], b->err);
	if (enter(b, name, "Merge"))
		merged = leave(b, mg_build(b, "MergeSummary", NULL, "O", all, n));
	mg_free(all);
	return merged;
}

/* ---- variables ---- */
_Static_assert((int)MGREG_VARIABLE_RESOURCE == (int)MG_VARIABLE_RESOURCE && (int)MGREG_VARIABLE_LOCAL == (int)MG_VARIABLE_LOCAL
	&& (int)MGREG_VARIABLE_NOT_TRAINABLE == (int)MG_VARIABLE_NOT_TRAINABLE, "the flags are the same");

mgreg_variable
mgreg_op_variable(mgreg_builder *b, mgreg_output initial, unsigned flags, const char *name)
{
	mgreg_variable v = { MG_NO_OUTPUT, MG_NO_OUTPUT, NULL };
	const mg_variable_record *record;

	if (b->rc == 0)
		b->rc = mg_variable_new(b->graph, name, initial, flags, &record, b->err);
	if (b->rc == 0)
		b->rc = mg_variable_outputs(b->graph, record, &v.handle, &v.value, b->err);
	if (b->rc == 0)
		v.initializer = mg_graph_find(b->graph, record->initializer_name);
	return v;
}

mgreg_output
mgreg_op_assign(mgreg_builder *b, mgreg_variable variable, mgreg_output value, const char *name)
{
	if (!there(b, "Assign", variable.handle))
		return MG_NO_OUTPUT;
	if (mg_output_is_ref(variable.handle))
		return mg_build(b, "Assign", name, "oo", variable.handle, value);
	if (!there(b, "Assign", value))
		return MG_NO_OUTPUT;
	mg_build_node(b, "AssignVariableOp", name, "oo;t:dtype", variable.handle, value, (int)mg_output_type(value));
	return b->rc ? MG_NO_OUTPUT : variable.handle;
}

int
mgreg_variables_each(mgreg_graph *graph, const char *scope, int (*each)(void *ctx, const char *name, mgreg_variable variable),
	void *ctx, mgreg_error *err)
{
	mg_arena scratch = { 0 };
	int count = mg_collection_count(graph, "variables"), rc = 0;

	for (int i = 0; i < count && rc == 0; i++) {
		const mg_item *item = mg_collection_item(graph, "variables", i);
		const mg_variable_record *r = item->record;
		mgreg_variable v = { MG_NO_OUTPUT, MG_NO_OUTPUT, NULL };
		const char *name;

		if (item->kind != MG_ITEM_RECORD || item->record_kind != MG_RECORD_VARIABLE || (scope && !mg_starts_with(r->variable_name, scope)))
			continue;
		if ((rc = mg_variable_outputs(graph, r, &v.handle, &v.value, err)) != 0)
			break;
		v.initializer = mg_graph_find(graph, r->initializer_name);
		name = mg_name_strip_scope(r->variable_name, scope, &scratch);
		rc = name ? each(ctx, name, v) : mg_fail_nomem(err, 0);
	}
	mg_arena_clear(&scratch);
	return rc;
}

mgreg_node *
mgreg_op_initializer(mgreg_builder *b, const char *name)
{
	mg_node *n = NULL;

	if (b->rc == 0)
		b->rc = mg_variables_initializer(b->graph, "variables", name_or(name, "init"), &n, b->err);
	return b->rc ? NULL : n;
}

mgreg_node *
mgreg_op_group(mgreg_builder *b, mgreg_node *const *nodes, int count, const char *name)
{
	return mg_build_node(b, "NoOp", name_or(name, "group_deps"), "C", nodes, count);
}
