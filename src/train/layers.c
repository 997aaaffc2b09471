/* SPDX-License-Identifier: Apache-2.0 */
/*
 * layers.c - tf.layers and the cells of tf.nn.rnn_cell: variables with their initializers, and the ops over them.
 *
 *   dense/kernel/Initializer/random_uniform/...   dense/kernel   dense/bias/Initializer/zeros   dense/bias
 *   dense/MatMul   dense/BiasAdd   dense/Relu
 */
#include "base/base.h"
#include <math.h>
#include <stdlib.h>
#include "train/train_internal.h"

static const mgreg_layer_options usual = MGREG_LAYER_INIT;
static const mgreg_variable no_variable = { { NULL, 0 }, { NULL, 0 }, NULL };

/* ---- variables ---- */

/* sqrt(6 / (fan in + fan out)); of a convolution's kernel the fans count its window. */
static double
glorot_limit(const int64_t *dims, int rank)
{
	double window = 1, in, out;

	for (int i = 0; i < rank - 2; i++)
		window *= (double)dims[i];
	in = rank > 1 ? window * (double)dims[rank - 2] : rank ? (double)dims[0] : 1;
	out = rank > 0 ? window * (double)dims[rank - 1] : 1;
	return sqrt(6 / MG_MAX(in + out, 1));
}

static mg_output
first_value(mg_builder *b, mg_dtype type, const int64_t *dims, int rank, const char *how, int64_t seed)
{
	const char *number = how ? strchr(how, ':') : NULL;
	double limit, value = number ? strtod(number + 1, NULL) : 0;

	if (!how || strcmp(how, "glorot_uniform") == 0) {
		limit = glorot_limit(dims, rank);
		return mgreg_op_random_uniform(b, type, dims, rank, -limit, limit, seed, NULL);
	}
	if (strcmp(how, "zeros") == 0)
		return mgreg_op_zeros(b, type, dims, rank, NULL);
	if (strcmp(how, "ones") == 0)
		return mgreg_op_ones(b, type, dims, rank, NULL);
	if (mg_starts_with(how, "truncated_normal:"))
		return mgreg_op_truncated_normal(b, type, dims, rank, 0, value, seed, NULL);
	if (mg_starts_with(how, "constant:")) {
		mg_output shape = mg_const_i32s(b, "Const/shape", dims, rank), v = mg_const_scalar(b, "Const/value", type, value);

		return mg_op2(b, "Fill", "Const", shape, v);
	}
	if (b->rc == 0)
		b->rc = mg_fail(b->err, MGREG_INVALID_ARGUMENT, "no initializer '%s'", how);
	return MG_NO_OUTPUT;
}

static int
set_class(mg_builder *b, mg_node *node, const char *variable)
{
	mg_arena *arena = mg_graph_arena(b->graph);
	const char *class = mg_arena_printf(arena, "loc:@%s", variable);

	return class ? mg_node_set_attr(node, "_class", mg_attr_strings(arena, &class, 1), b->err) : mg_fail_nomem(b->err, 0);
}

/* The first value's nodes lie beside the variable that they come before: only their class can say so. */
static int
colocate_initializers(mg_builder *b, int from, const char *variable)
{
	int rc = 0;

	for (int i = from; i < mg_graph_node_count(b->graph) && rc == 0; i++)
		rc = set_class(b, mg_graph_node(b->graph, i), variable);
	return rc;
}

static mgreg_variable
as_variable(mg_builder *b, const mg_variable_record *v)
{
	mgreg_variable out = no_variable;

	if (b->rc == 0 && (b->rc = mg_variable_outputs(b->graph, v, &out.handle, &out.value, b->err)) == 0)
		out.initializer = mg_graph_find(b->graph, v->initializer_name);
	return b->rc ? no_variable : out;
}

static mgreg_variable
reused(mg_builder *b, const char *name, mg_dtype type, const int64_t *dims, int rank)
{
	mg_node *n = mg_graph_find(b->graph, name);
	const mg_variable_record *v = n ? mg_variable_of(b->graph, MG_OUTPUT(n, 0)) : NULL;
	mgreg_variable out;
	char have[256];
	const mg_shape *s;
	bool same;

	if (!v) {
		b->rc = mg_fail(b->err, MGREG_NOT_FOUND, "variable '%s' is not there to be used again", name);
		return no_variable;
	}
	out = as_variable(b, v);
	if (b->rc)
		return out;
	s = v->is_resource && n->handle_shapes ? &n->handle_shapes[0] : mg_output_shape(out.handle);
	same = s->rank == rank;
	for (int i = 0; i < rank && same; i++)
		same = mg_shape_dim(s, i) == dims[i];
	if (!same || mg_output_type(out.value) != type) {
		b->rc = mg_fail(b->err, MGREG_INVALID_ARGUMENT, "variable '%s' is there as %s %s", name, mg_dtype_name(mg_output_type(out.value)),
			mg_shape_text(s, have));
		return no_variable;
	}
	return out;
}

/* NAME is the whole name, whatever the current scope. */
static mgreg_variable
variable_at(mg_builder *b, const char *name, mg_dtype type, const int64_t *dims, int rank, const char *how, unsigned flags, bool reuse,
	int64_t seed)
{
	const mg_variable_record *v = NULL;
	mg_output first = MG_NO_OUTPUT;
	mg_arena *arena = mg_graph_arena(b->graph);
	int from = mg_graph_node_count(b->graph);
	const char *scope;

	if (b->rc)
		return no_variable;
	if (reuse)
		return reused(b, name, type, dims, rank);
	if (mg_graph_find(b->graph, name)) {
		b->rc = mg_fail(b->err, MGREG_ALREADY_EXISTS, "variable '%s' is there already: reuse it, or take another name", name);
		return no_variable;
	}
	if (!(scope = mg_arena_printf(arena, "%s/", name))) {
		b->rc = mg_fail_nomem(b->err, 0);
		return no_variable;
	}
	if ((b->rc = mg_controls_push(b->graph, NULL, 0, b->err)) != 0)
		return no_variable;
	if (mg_enter(b, scope, NULL)) {
		if (mg_enter(b, "Initializer", NULL))
			first = mg_leave(b, first_value(b, type, dims, rank, how, seed));
		mg_scope_leave(b->graph);
	}
	if (b->rc == 0)
		b->rc = colocate_initializers(b, from, name);
	from = mg_graph_node_count(b->graph);
	if (b->rc == 0)
		b->rc = mg_variable_new(b->graph, scope, first, flags, &v, b->err);
	mg_controls_pop(b->graph);
	/* the variable's first node is of its own class, too; those after it are by their inputs */
	if (b->rc == 0)
		b->rc = set_class(b, mg_graph_node(b->graph, from), name);
	return b->rc ? no_variable : as_variable(b, v);
}

mgreg_variable
mgreg_get_variable(mgreg_builder *b, const char *name, mgreg_dtype dtype, const int64_t *dims, int rank, const char *initializer,
	unsigned flags, int reuse, int64_t seed)
{
	return variable_at(b, name, dtype, dims, rank, initializer, flags, reuse != 0, seed);
}

/* ---- a layer's scope ---- */

typedef struct layer {
	const mgreg_layer_options *o;
	const char *path;               /* where its variables lie, with "/" */
	mg_dtype    type;
} layer;

static bool
layer_begin(mg_builder *b, layer *l, const mgreg_layer_options *o, const char *otherwise, mg_output x)
{
	const char *scope;

	l->o = o ? o : &usual;
	assert(l->o->size == sizeof *l->o);
	if (!mg_is_there(b, otherwise, x))
		return false;
	l->type = mg_output_type(x);
	if (l->o->reuse && !l->o->name) {
		b->rc = mg_fail(b->err, MGREG_INVALID_ARGUMENT, "%s: a layer that is used again has a name", otherwise);
		return false;
	}
	if (!(scope = mg_enter(b, l->o->name, otherwise)))
		return false;
	l->path = scope;
	/* used again, the variables stay where they were while the ops get a scope of their own */
	if (l->o->reuse && !(l->path = mg_arena_printf(mg_graph_arena(b->graph), "%s/", l->o->name)))
		b->rc = mg_fail_nomem(b->err, 0);
	return true;
}

static mgreg_variable
layer_variable(mg_builder *b, const layer *l, const char *name, const int64_t *dims, int rank, const char *how, unsigned more)
{
	const char *whole = mg_arena_printf(mg_graph_arena(b->graph), "%s%s", l->path, name);

	if (!whole && b->rc == 0)
		b->rc = mg_fail_nomem(b->err, 0);
	return variable_at(b, whole, l->type, dims, rank, how, l->o->variable_flags | more, l->o->reuse, l->o->seed);
}

static void
regularize(mg_builder *b, const layer *l, mgreg_variable kernel)
{
	char name[1200];

	if (b->rc || l->o->l2 <= 0 || l->o->reuse)
		return;
	snprintf(name, sizeof name, "%s/Regularizer/", kernel.handle.node->name);
	if (mg_enter(b, name, NULL)) {
		mgreg_loss_l2_regularizer(b, kernel.value, l->o->l2, NULL);
		mg_scope_leave(b->graph);
	}
}

static mg_output
layer_end(mg_builder *b, const layer *l, mg_output x)
{
	if (l->o->activation)
		x = mg_op1(b, l->o->activation, NULL, x);
	return mg_leave(b, x);
}

/* Dimension I of X, which must be known. */
static int64_t
known(mg_builder *b, const char *what, mg_output x, int i)
{
	const mg_shape *s;
	char text[256];

	if (b->rc || !x.node)
		return 1;
	s = mg_output_shape(x);
	if (s->rank > i && i >= 0 && mg_shape_dim(s, i) >= 0)
		return mg_shape_dim(s, i);
	b->rc = mg_fail(b->err, MGREG_INVALID_ARGUMENT, "%s: dimension %d of '%s' must be known, its shape is %s", what, i, x.node->name,
		mg_shape_text(s, text));
	return 1;
}

/* ---- layers ---- */

mgreg_output
mgreg_layer_dense(mgreg_builder *b, mgreg_output x, int64_t units, const mgreg_layer_options *options)
{
	mgreg_variable kernel, bias;
	mg_output y;
	layer l;

	if (!layer_begin(b, &l, options, "dense", x))
		return MG_NO_OUTPUT;
	if (b->rc == 0 && mg_output_shape(x)->rank != 2)
		b->rc = mg_fail(b->err, MGREG_INVALID_ARGUMENT, "dense: '%s' is not of rank 2 (flatten it)", x.node->name);
	kernel = layer_variable(b, &l, "kernel", (int64_t[]){ known(b, "dense", x, 1), units }, 2, NULL, 0);
	regularize(b, &l, kernel);
	bias = l.o->no_bias ? no_variable : layer_variable(b, &l, "bias", &units, 1, "zeros", 0);
	y = mg_op2(b, "MatMul", NULL, x, kernel.value);
	if (!l.o->no_bias)
		y = mg_op2(b, "BiasAdd", NULL, y, bias.value);
	return layer_end(b, &l, y);
}

mgreg_output
mgreg_layer_conv2d(mgreg_builder *b, mgreg_output x, int64_t filters, int height, int width, int stride, const char *padding,
	const mgreg_layer_options *options)
{
	static const int64_t ones[2] = { 1, 1 };
	mgreg_variable kernel, bias;
	mg_output y;
	layer l;

	if (!layer_begin(b, &l, options, "conv2d", x))
		return MG_NO_OUTPUT;
	kernel = layer_variable(b, &l, "kernel", (int64_t[]){ height, width, known(b, "conv2d", x, 3), filters }, 4, NULL, 0);
	regularize(b, &l, kernel);
	bias = l.o->no_bias ? no_variable : layer_variable(b, &l, "bias", &filters, 1, "zeros", 0);
	mg_const_i32s(b, "dilation_rate", ones, 2);
	y = mgreg_op_conv2d(b, x, kernel.value, stride, stride, padding, NULL);
	if (!l.o->no_bias)
		y = mg_op2(b, "BiasAdd", NULL, y, bias.value);
	return layer_end(b, &l, y);
}

mgreg_output
mgreg_layer_max_pooling2d(mgreg_builder *b, mgreg_output x, int size, int stride, const char *padding, const char *name)
{
	if (!mg_is_there(b, "max_pooling2d", x) || !mg_enter(b, name, "max_pooling2d"))
		return MG_NO_OUTPUT;
	return mg_leave(b, mgreg_op_max_pool(b, x, size, size, stride, stride, padding, NULL));
}

mgreg_output
mgreg_layer_average_pooling2d(mgreg_builder *b, mgreg_output x, int size, int stride, const char *padding, const char *name)
{
	int64_t k[4] = { 1, size, size, 1 }, s[4] = { 1, stride, stride, 1 };

	if (!mg_is_there(b, "average_pooling2d", x) || !mg_enter(b, name, "average_pooling2d"))
		return MG_NO_OUTPUT;
	return mg_leave(b, mg_build(b, "AvgPool", NULL, "o;I:ksize I:strides s:padding", x, k, 4, s, 4, padding));
}

mgreg_output
mgreg_layer_flatten(mgreg_builder *b, mgreg_output x, const char *name)
{
	int64_t dims[2] = { -1, 1 };
	const mg_shape *s;

	if (!mg_is_there(b, "flatten", x))
		return MG_NO_OUTPUT;
	s = mg_output_shape(x);
	for (int i = 1; i < s->rank; i++)
		if (__builtin_mul_overflow(dims[1], known(b, "flatten", x, i), &dims[1]) && b->rc == 0)
			b->rc = mg_fail(b->err, MGREG_INVALID_ARGUMENT, "flatten: '%s' is too large", x.node->name);
	if (b->rc == 0 && s->rank < 1)
		b->rc = mg_fail(b->err, MGREG_INVALID_ARGUMENT, "flatten: the rank of '%s' must be known and not 0", x.node->name);
	if (!mg_enter(b, name, "flatten"))
		return MG_NO_OUTPUT;
	return mg_leave(b, mgreg_op_reshape(b, x, dims, 2, NULL));
}

/* ---- batch normalization ---- */

/* average -= (average - value) * (1 - momentum), in collection update_ops. */
static void
follow(mg_builder *b, mgreg_variable average, mg_output value, double momentum)
{
	const char *scope = mg_enter(b, "AssignMovingAvg", NULL);
	mg_output rate, delta;
	mg_node *n = NULL;

	if (!scope)
		return;
	if (b->rc == 0 && (b->rc = mg_colocate_push(b->graph, average.handle.node, b->err)) == 0) {
		rate = mg_const_scalar(b, "decay", mg_type_of(value), 1 - momentum);
		delta = mg_op2(b, "Mul", "mul", mg_op2(b, "Sub", "sub", average.value, value), rate);
		if (mg_output_type(average.handle) == MGREG_RESOURCE)
			n = mg_build_node(b, "AssignSubVariableOp", scope, "oo;t:dtype", average.handle, delta, (int)mg_type_of(delta));
		else
			n = mg_build_node(b, "AssignSub", scope, "oo;b:use_locking", average.handle, delta, 0);
		mg_colocate_pop(b->graph);
	}
	mg_scope_leave(b->graph);
	if (b->rc == 0)
		b->rc = mg_collection_add_node(b->graph, "update_ops", n, b->err);
}

typedef struct norm {
	mgreg_variable gamma, beta, mean, variance;
	double         momentum, epsilon;
	bool           training;
} norm;

/* Images: one op for all. */
static mg_output
fused(mg_builder *b, const norm *n, mg_output x)
{
	static const int64_t none = 0;
	mg_output mean = n->mean.value, variance = n->variance.value, y;

	if (n->training) {
		mean = mgreg_op_zeros(b, MGREG_FLOAT, &none, 1, "Const");
		variance = mgreg_op_zeros(b, MGREG_FLOAT, &none, 1, "Const");
	}
	y = mg_build(b, "FusedBatchNorm", NULL, "ooooo;f:epsilon b:is_training", x, n->gamma.value, n->beta.value, mean, variance, n->epsilon,
		(int)n->training);
	if (n->training && b->rc == 0) {
		follow(b, n->mean, MG_OUTPUT(y.node, 1), n->momentum);
		follow(b, n->variance, MG_OUTPUT(y.node, 2), n->momentum);
	}
	return y;
}

static mg_output
unfused(mg_builder *b, const norm *n, mg_output x)
{
	mg_output mean = n->mean.value, variance = n->variance.value, scale;
	int64_t axes[MG_MAX_RANK];
	int rank = mg_output_shape(x)->rank;

	if (n->training) {
		for (int i = 0; i < rank - 1; i++)
			axes[i] = i;
		if (mg_enter(b, "moments", NULL)) {
			mean = mg_reduce(b, "Mean", x, axes, rank - 1, true, "mean");
			variance = mg_op2(b, "SquaredDifference", NULL, x, mg_op1(b, "StopGradient", NULL, mean));
			variance = mg_reduce(b, "Mean", variance, axes, rank - 1, true, "variance");
			mean = mgreg_op_reshape(b, mean, (int64_t[]){ -1 }, 1, "Squeeze");
			variance = mgreg_op_reshape(b, variance, (int64_t[]){ -1 }, 1, "Squeeze_1");
			mg_scope_leave(b->graph);
		}
		follow(b, n->mean, mean, n->momentum);
		follow(b, n->variance, variance, n->momentum);
	}
	if (!mg_enter(b, "batchnorm", NULL))
		return MG_NO_OUTPUT;
	scale = mg_op1(b, "Rsqrt", NULL, mg_op2n(b, "Add", "add", variance, n->epsilon));
	scale = mg_op2(b, "Mul", "mul", scale, n->gamma.value);
	x = mg_op2(b, "Mul", "mul_1", x, scale);
	mean = mg_op2(b, "Sub", "sub", n->beta.value, mg_op2(b, "Mul", "mul_2", mean, scale));
	return mg_leave(b, mg_op2(b, "Add", "add_1", x, mean));
}

mgreg_output
mgreg_layer_batch_normalization(mgreg_builder *b, mgreg_output x, double momentum, double epsilon, int training,
	const mgreg_layer_options *options)
{
	norm n = { .momentum = momentum, .epsilon = epsilon, .training = training != 0 };
	int64_t channels;
	mg_output y;
	layer l;

	if (!layer_begin(b, &l, options, "batch_normalization", x))
		return MG_NO_OUTPUT;
	channels = known(b, "batch_normalization", x, mg_output_shape(x)->rank - 1);
	n.gamma = layer_variable(b, &l, "gamma", &channels, 1, "ones", 0);
	n.beta = layer_variable(b, &l, "beta", &channels, 1, "zeros", 0);
	n.mean = layer_variable(b, &l, "moving_mean", &channels, 1, "zeros", MGREG_VARIABLE_NOT_TRAINABLE);
	n.variance = layer_variable(b, &l, "moving_variance", &channels, 1, "ones", MGREG_VARIABLE_NOT_TRAINABLE);
	if (b->rc)
		return mg_leave(b, MG_NO_OUTPUT);
	y = mg_output_shape(x)->rank == 4 && l.type == MGREG_FLOAT ? fused(b, &n, x) : unfused(b, &n, x);
	return layer_end(b, &l, y);
}

/* ---- dropout, embeddings ---- */

mgreg_output
mgreg_op_dropout(mgreg_builder *b, mgreg_output x, mgreg_output keep, int64_t seed, const char *name)
{
	mg_output shape, low, high, r;
	const char *scope, *inner;
	int64_t seeds[2];
	mg_dtype type;

	if (!mg_is_there(b, "dropout", x) || !mg_is_there(b, "dropout", keep) || !(scope = mg_enter(b, name, "dropout")))
		return MG_NO_OUTPUT;
	type = mg_type_of(x);
	keep = mg_cast(b, keep, type, NULL);
	shape = mg_op1(b, "Shape", NULL, x);
	if ((inner = mg_enter(b, "random_uniform", NULL))) {
		low = mg_const_scalar(b, "min", type, 0);
		high = mg_const_scalar(b, "max", type, 1);
		mg_graph_get_seeds(b->graph, seed >= 0, seed, seeds);
		r = mg_build(b, "RandomUniform", NULL, "o;t:dtype i:seed i:seed2", shape, (int)type, seeds[0], seeds[1]);
		r = mg_op2(b, "Mul", "mul", r, mg_op2(b, "Sub", "sub", high, low));
		mg_scope_leave(b->graph);
		r = mg_op2(b, "Add", inner, r, low);
		r = mg_op1(b, "Floor", NULL, mg_op2(b, "Add", "add", keep, r));
		x = mg_op2(b, "RealDiv", "div", x, keep);
		x = mg_op2(b, "Mul", "mul", x, r);
	}
	return mg_leave(b, x);
}

static mg_output
gather(mg_builder *b, mgreg_variable part, mg_output ids, const char *name)
{
	mg_output axis;
	const char *scope;

	if (b->rc)
		return MG_NO_OUTPUT;
	if (mg_output_type(part.handle) == MGREG_RESOURCE)
		return mg_build(b, "ResourceGather", name, "oo;t:dtype", part.handle, ids, (int)mg_output_type(part.value));
	if (!(scope = mg_enter(b, name, "GatherV2")))
		return MG_NO_OUTPUT;
	axis = mg_const_scalar(b, "axis", MGREG_INT32, 0);
	mg_scope_leave(b->graph);
	return mg_build(b, "GatherV2", scope, "ooo", part.value, ids, axis);
}

/* Which part holds each id, and its row there. */
static void
locate(mg_builder *b, const mgreg_variable *parts, int count, mg_output ids, bool mod, mg_output *where, mg_output *row)
{
	int64_t total = 0, each, extra;
	mg_output low, high, first;

	if (mod) {
		*where = mg_op2n(b, "FloorMod", "FloorMod", ids, count);
		*row = mg_op2n(b, "FloorDiv", "floordiv", ids, count);
		return;
	}
	for (int i = 0; i < count; i++)
		total += known(b, "embedding_lookup", parts[i].value, 0);
	each = total / count;
	extra = total % count;
	/* the first EXTRA parts have a row more than EACH */
	high = mg_op2n(b, "FloorDiv", "floordiv", ids, (double)(each + 1));
	low = mg_op2n(b, "FloorDiv", "floordiv", mg_op2n(b, "Sub", "sub", ids, (double)extra), (double)MG_MAX(each, 1));
	*where = mg_op2(b, "Maximum", NULL, high, low);
	first = mg_op2n(b, "Less", NULL, *where, (double)extra);
	high = mg_op2n(b, "FloorMod", "FloorMod", ids, (double)(each + 1));
	low = mg_op2n(b, "FloorMod", "FloorMod", mg_op2n(b, "Sub", "sub", ids, (double)extra), (double)MG_MAX(each, 1));
	*row = mg_build(b, "Select", NULL, "ooo", first, high, low);
}

mgreg_output
mgreg_op_embedding_lookup(mgreg_builder *b, const mgreg_variable *parts, int count, mgreg_output ids, const char *strategy, const char *name)
{
	mg_output flat, where, row, places, split, order, shape, out;
	mg_output *indices, *rows;
	bool mod = !strategy || strcmp(strategy, "mod") == 0;
	mg_arena *arena = mg_graph_arena(b->graph);
	const char *scope;

	ids = mg_value_of(b, ids);
	if (!mg_is_there(b, "embedding_lookup", ids))
		return MG_NO_OUTPUT;
	if (count < 1 || (!mod && strcmp(strategy, "div") != 0)) {
		b->rc = mg_fail(b->err, MGREG_INVALID_ARGUMENT, "embedding_lookup: %d parts, strategy '%s'", count, strategy ? strategy : "mod");
		return MG_NO_OUTPUT;
	}
	if (count == 1) {
		if (!(scope = mg_enter(b, name, "embedding_lookup")))
			return MG_NO_OUTPUT;
		mg_scope_leave(b->graph);
		out = gather(b, parts[0], ids, scope);
		if (!mg_enter(b, scope, NULL))
			return MG_NO_OUTPUT;
		return mg_leave(b, mg_op1(b, "Identity", NULL, out));
	}
	if (!mg_enter(b, name, "embedding_lookup"))
		return MG_NO_OUTPUT;
	indices = mg_arena_zalloc(arena, (size_t)count, sizeof *indices);
	rows = mg_arena_zalloc(arena, (size_t)count, sizeof *rows);
	if (!indices || !rows) {
		b->rc = mg_fail_nomem(b->err, 0);
		return mg_leave(b, MG_NO_OUTPUT);
	}
	flat = mgreg_op_reshape(b, ids, (int64_t[]){ -1 }, 1, NULL);
	order = mg_op1(b, "Size", NULL, flat);
	order = mg_build(b, "Range", "range", "ooo", mg_const_scalar(b, "range/start", MGREG_INT32, 0), order,
		mg_const_scalar(b, "range/delta", MGREG_INT32, 1));
	locate(b, parts, count, flat, mod, &where, &row);
	where = mg_cast(b, where, MGREG_INT32, NULL);
	split = mg_build(b, "DynamicPartition", NULL, "oo;i:num_partitions", row, where, (int64_t)count);
	places = mg_build(b, "DynamicPartition", NULL, "oo;i:num_partitions", order, where, (int64_t)count);
	for (int i = 0; i < count && b->rc == 0; i++) {
		indices[i] = MG_OUTPUT(places.node, i);
		rows[i] = gather(b, parts[i], MG_OUTPUT(split.node, i), "GatherV2");
	}
	out = mg_build(b, "DynamicStitch", NULL, "OO", indices, count, rows, count);
	/* the shape of the ids, then that of a row */
	shape = mg_op1(b, "Shape", NULL, ids);
	if (b->rc == 0) {
		const mg_shape *s = mg_output_shape(parts[0].value);
		int64_t tail[MG_MAX_RANK];

		for (int i = 1; i < s->rank; i++)
			tail[i - 1] = mg_shape_dim(s, i);
		shape = mgreg_op_concat(b, (mg_output[]){ shape, mg_const_i32s(b, "Const", tail, MG_MAX(s->rank - 1, 0)) }, 2, 0, NULL);
		out = mg_op2(b, "Reshape", "Reshape_1", out, shape);
	}
	return mg_leave(b, out);
}

/* ---- cells ---- */

static mg_output
join(mg_builder *b, mg_output x, mg_output h)
{
	return mgreg_op_concat(b, (mg_output[]){ x, h }, 2, 1, NULL);
}

/* COUNT equal columns of X. */
static mg_node *
split(mg_builder *b, mg_output x, int count)
{
	const char *scope = mg_enter(b, "split", NULL);
	mg_output axis;

	if (!scope)
		return NULL;
	axis = mg_const_scalar(b, "split_dim", MGREG_INT32, 1);
	mg_scope_leave(b->graph);
	return mg_build_node(b, "Split", scope, "oo;i:num_split", axis, x, (int64_t)count);
}

void
mgreg_cell_basic_lstm(mgreg_builder *b, mgreg_output x, int64_t units, double forget_bias, mgreg_output *c, mgreg_output *h,
	const mgreg_layer_options *options)
{
	int64_t inputs, four = 4 * units;
	mgreg_variable kernel, bias;
	mg_output y, i, f;
	mg_node *gates;
	layer l;

	if (!layer_begin(b, &l, options, "basic_lstm_cell", x))
		return;
	inputs = known(b, "basic_lstm_cell", x, 1);
	kernel = layer_variable(b, &l, "kernel", (int64_t[]){ inputs + units, four }, 2, NULL, 0);
	bias = layer_variable(b, &l, "bias", &four, 1, "zeros", 0);
	y = mg_op2(b, "BiasAdd", NULL, mg_op2(b, "MatMul", NULL, join(b, x, *h), kernel.value), bias.value);
	gates = split(b, y, 4);         /* input, new, forget, output */
	if (b->rc == 0) {
		f = mg_op1(b, "Sigmoid", NULL, mg_op2n(b, "Add", "Add", MG_OUTPUT(gates, 2), forget_bias));
		f = mg_op2(b, "Mul", "Mul", *c, f);
		i = mg_op1(b, "Sigmoid", NULL, MG_OUTPUT(gates, 0));
		i = mg_op2(b, "Mul", "Mul", i, mg_op1(b, "Tanh", NULL, MG_OUTPUT(gates, 1)));
		f = mg_op2(b, "Add", "Add", f, i);
		i = mg_op1(b, "Tanh", NULL, f);
		i = mg_op2(b, "Mul", "Mul", i, mg_op1(b, "Sigmoid", NULL, MG_OUTPUT(gates, 3)));
		*c = f;
		*h = i;
	}
	mg_scope_leave(b->graph);
}

void
mgreg_cell_gru(mgreg_builder *b, mgreg_output x, int64_t units, mgreg_output *h, const mgreg_layer_options *options)
{
	int64_t inputs, two = 2 * units;
	mgreg_variable gate_kernel, gate_bias, kernel, bias;
	mg_output y, r, u;
	mg_node *gates;
	layer l;

	if (!layer_begin(b, &l, options, "gru_cell", x))
		return;
	inputs = known(b, "gru_cell", x, 1);
	gate_kernel = layer_variable(b, &l, "gates/kernel", (int64_t[]){ inputs + units, two }, 2, NULL, 0);
	gate_bias = layer_variable(b, &l, "gates/bias", &two, 1, "ones", 0);
	kernel = layer_variable(b, &l, "candidate/kernel", (int64_t[]){ inputs + units, units }, 2, NULL, 0);
	bias = layer_variable(b, &l, "candidate/bias", &units, 1, "zeros", 0);
	y = mg_op2(b, "BiasAdd", NULL, mg_op2(b, "MatMul", NULL, join(b, x, *h), gate_kernel.value), gate_bias.value);
	gates = split(b, mg_op1(b, "Sigmoid", NULL, y), 2);
	if (b->rc == 0) {
		r = MG_OUTPUT(gates, 0);
		u = MG_OUTPUT(gates, 1);
		y = mg_op2(b, "MatMul", NULL, join(b, x, mg_op2(b, "Mul", "mul", r, *h)), kernel.value);
		y = mg_op1(b, "Tanh", NULL, mg_op2(b, "BiasAdd", NULL, y, bias.value));
		y = mg_op2(b, "Mul", "mul", mg_op2l(b, "Sub", "sub", 1, u), y);
		*h = mg_op2(b, "Add", "add", mg_op2(b, "Mul", "mul", u, *h), y);
	}
	mg_scope_leave(b->graph);
}
