/* SPDX-License-Identifier: Apache-2.0 */
/*
 * losses.c - tf.losses: a loss per element, weighted, reduced to "<scope>/value" and put into collection "losses".
 */
#include "base/base.h"
#include "train/train_internal.h"

static const mgreg_loss_options usual = MGREG_LOSS_INIT;

static mg_output
weights_of(mg_builder *b, const mgreg_loss_options *o, mg_dtype type)
{
	mg_output w;

	if (o->weights.node)
		return mg_cast(b, mg_value_of(b, o->weights), type, NULL);
	if (!mg_enter(b, "assert_broadcastable", NULL))
		return MG_NO_OUTPUT;
	w = mg_const_scalar(b, "weights", type, o->weight);
	return mg_leave(b, w);
}

/* How many elements have a weight that is not zero: the weights count for all they are broadcast to. */
static mg_output
num_present(mg_builder *b, mg_output losses, mg_output weights)
{
	mg_output present, ones;

	if (!mg_enter(b, "num_present", NULL))
		return MG_NO_OUTPUT;
	present = mg_op2n(b, "NotEqual", NULL, weights, 0);
	present = mg_build(b, "Select", NULL, "ooo", present, mg_op1(b, "OnesLike", "ones_like", weights),
		mg_op1(b, "ZerosLike", "zeros_like", weights));
	ones = mg_op1(b, "OnesLike", "broadcast_weights/ones_like", losses);
	present = mg_op2(b, "Mul", "broadcast_weights", present, ones);
	return mg_leave(b, mg_reduce(b, "Sum", present, NULL, -1, false, NULL));
}

/* In the loss's scope: LOSSES, one for each element, become the loss. */
static mg_output
weigh(mg_builder *b, mg_output losses, const mgreg_loss_options *o)
{
	const char *key = o->collection ? o->collection : "losses";
	mg_output w = weights_of(b, o, mg_type_of(losses)), loss = mg_op2(b, "Mul", NULL, losses, w);

	switch (o->reduction) {
	case MGREG_REDUCE_NONE:
		break;
	case MGREG_REDUCE_SUM:
		loss = mg_op1(b, "Identity", "value", mg_reduce(b, "Sum", loss, NULL, -1, false, NULL));
		break;
	case MGREG_REDUCE_MEAN:
		loss = mg_op1(b, "Identity", "value", mg_reduce(b, "Mean", loss, NULL, -1, false, NULL));
		break;
	case MGREG_REDUCE_BY_NONZERO:
		loss = mg_reduce(b, "Sum", loss, NULL, -1, false, NULL);
		loss = mg_op2(b, "DivNoNan", "value", loss, num_present(b, losses, w));
		break;
	}
	if (b->rc == 0 && *key)
		b->rc = mg_collection_add_tensor(b->graph, key, loss, b->err);
	return b->rc ? MG_NO_OUTPUT : loss;
}

/* The scope of a loss, and its inputs as values of one type. */
static bool
begin(mg_builder *b, const mgreg_loss_options *o, const char *otherwise, mg_output *labels, mg_output *predictions)
{
	*labels = mg_value_of(b, *labels);
	*predictions = mg_value_of(b, *predictions);
	if (!mg_is_there(b, otherwise, *labels) || !mg_is_there(b, otherwise, *predictions))
		return false;
	assert(o->size == sizeof *o);
	return mg_enter(b, o->name, otherwise) != NULL;
}

static bool
begin_same(mg_builder *b, const mgreg_loss_options *o, const char *otherwise, mg_output *labels, mg_output *predictions)
{
	char a[256], c[256];

	if (!begin(b, o, otherwise, labels, predictions))
		return false;
	*labels = mg_cast(b, *labels, mg_type_of(*predictions), NULL);
	if (b->rc == 0 && !mg_shape_compatible(mg_output_shape(*labels), mg_output_shape(*predictions)))
		b->rc = mg_fail(b->err, MGREG_INVALID_ARGUMENT, "%s: labels have shape %s, predictions %s", otherwise,
			mg_shape_text(mg_output_shape(*labels), a), mg_shape_text(mg_output_shape(*predictions), c));
	if (b->rc)
		mg_scope_leave(b->graph);
	return b->rc == 0;
}

mgreg_output
mgreg_loss_compute_weighted(mgreg_builder *b, mgreg_output losses, const mgreg_loss_options *o)
{
	o = o ? o : &usual;
	losses = mg_value_of(b, losses);
	if (!mg_is_there(b, "weighted_loss", losses) || !mg_enter(b, o->name, "weighted_loss"))
		return MG_NO_OUTPUT;
	return mg_leave(b, weigh(b, losses, o));
}

mgreg_output
mgreg_loss_absolute_difference(mgreg_builder *b, mgreg_output labels, mgreg_output predictions, const mgreg_loss_options *o)
{
	o = o ? o : &usual;
	if (!begin_same(b, o, "absolute_difference", &labels, &predictions))
		return MG_NO_OUTPUT;
	return mg_leave(b, weigh(b, mg_op1(b, "Abs", NULL, mg_op2(b, "Sub", NULL, predictions, labels)), o));
}

mgreg_output
mgreg_loss_mean_squared_error(mgreg_builder *b, mgreg_output labels, mgreg_output predictions, const mgreg_loss_options *o)
{
	o = o ? o : &usual;
	if (!begin_same(b, o, "mean_squared_error", &labels, &predictions))
		return MG_NO_OUTPUT;
	return mg_leave(b, weigh(b, mg_op2(b, "SquaredDifference", NULL, predictions, labels), o));
}

/* Quadratic up to DELTA, linear beyond. */
mgreg_output
mgreg_loss_huber(mgreg_builder *b, mgreg_output labels, mgreg_output predictions, double delta, const mgreg_loss_options *o)
{
	mg_output error, small, large;

	o = o ? o : &usual;
	if (!begin_same(b, o, "huber_loss", &labels, &predictions))
		return MG_NO_OUTPUT;
	error = mg_op1(b, "Abs", NULL, mg_op2(b, "Sub", NULL, predictions, labels));
	small = mg_op2n(b, "Minimum", NULL, error, delta);
	large = mg_op2(b, "Sub", NULL, error, small);
	small = mg_op2l(b, "Mul", "Mul", 0.5, mg_op2(b, "Mul", "Mul", small, small));
	large = mg_op2l(b, "Mul", "Mul", delta, large);
	return mg_leave(b, weigh(b, mg_op2(b, "Add", NULL, small, large), o));
}

mgreg_output
mgreg_loss_log(mgreg_builder *b, mgreg_output labels, mgreg_output predictions, double epsilon, const mgreg_loss_options *o)
{
	mg_output yes, no;

	o = o ? o : &usual;
	if (!begin_same(b, o, "log_loss", &labels, &predictions))
		return MG_NO_OUTPUT;
	yes = mg_op1(b, "Log", NULL, mg_op2n(b, "Add", "add", predictions, epsilon));
	yes = mg_op1(b, "Neg", NULL, mg_op2(b, "Mul", "Mul", labels, yes));
	no = mg_op1(b, "Log", NULL, mg_op2n(b, "Add", "add", mg_op2l(b, "Sub", "sub", 1, predictions), epsilon));
	no = mg_op2(b, "Mul", "Mul", mg_op2l(b, "Sub", "sub", 1, labels), no);
	return mg_leave(b, weigh(b, mg_op2(b, "Sub", "sub", yes, no), o));
}

/* Labels of 0 and 1 mean -1 and 1. */
mgreg_output
mgreg_loss_hinge(mgreg_builder *b, mgreg_output labels, mgreg_output logits, const mgreg_loss_options *o)
{
	mg_output sign;

	o = o ? o : &usual;
	if (!begin_same(b, o, "hinge_loss", &labels, &logits))
		return MG_NO_OUTPUT;
	sign = mg_op2n(b, "Sub", "Sub", mg_op2l(b, "Mul", "mul", 2, labels), 1);
	sign = mg_op2l(b, "Sub", "Sub", 1, mg_op2(b, "Mul", "Mul", sign, logits));
	return mg_leave(b, weigh(b, mg_op1(b, "Relu", NULL, sign), o));
}

mgreg_output
mgreg_loss_cosine_distance(mgreg_builder *b, mgreg_output labels, mgreg_output predictions, int64_t axis, const mgreg_loss_options *o)
{
	mg_output sum;

	o = o ? o : &usual;
	if (!begin_same(b, o, "cosine_distance_loss", &labels, &predictions))
		return MG_NO_OUTPUT;
	sum = mg_reduce(b, "Sum", mg_op2(b, "Mul", "Mul", predictions, labels), &axis, 1, true, NULL);
	return mg_leave(b, weigh(b, mg_op2l(b, "Sub", "sub", 1, sum), o));
}

/* max(x, 0) - x z + log(1 + exp(-|x|)), as sigmoid_cross_entropy_with_logits writes it. */
static mg_output
logistic(mg_builder *b, mg_output x, mg_output z)
{
	mg_output zeros, positive, relu, negative, sum;

	if (!mg_enter(b, "xentropy", NULL))
		return MG_NO_OUTPUT;
	zeros = mg_op1(b, "ZerosLike", "zeros_like", x);
	positive = mg_op2(b, "GreaterEqual", NULL, x, zeros);
	relu = mg_build(b, "Select", NULL, "ooo", positive, x, zeros);
	negative = mg_build(b, "Select", NULL, "ooo", positive, mg_op1(b, "Neg", NULL, x), x);
	sum = mg_op2(b, "Sub", "sub", relu, mg_op2(b, "Mul", "mul", x, z));
	return mg_leave(b, mg_op2(b, "Add", "logistic", sum, mg_op1(b, "Log1p", NULL, mg_op1(b, "Exp", NULL, negative))));
}

mgreg_output
mgreg_loss_sigmoid_cross_entropy(mgreg_builder *b, mgreg_output labels, mgreg_output logits, const mgreg_loss_options *o)
{
	o = o ? o : &usual;
	if (!begin_same(b, o, "sigmoid_cross_entropy_loss", &labels, &logits))
		return MG_NO_OUTPUT;
	if (o->label_smoothing > 0)
		labels = mg_op2n(b, "Add", "add", mg_op2n(b, "Mul", "mul", labels, 1 - o->label_smoothing), 0.5 * o->label_smoothing);
	return mg_leave(b, weigh(b, logistic(b, logits, labels), o));
}

mgreg_output
mgreg_loss_softmax_cross_entropy(mgreg_builder *b, mgreg_output labels, mgreg_output logits, const mgreg_loss_options *o)
{
	o = o ? o : &usual;
	if (!begin_same(b, o, "softmax_cross_entropy_loss", &labels, &logits))
		return MG_NO_OUTPUT;
	if (o->label_smoothing > 0) {
		int64_t classes = mg_output_shape(labels)->rank > 0 ? mg_shape_dim(mg_output_shape(labels), mg_output_shape(labels)->rank - 1) : -1;

		if (classes <= 0 && b->rc == 0)
			b->rc = mg_fail(b->err, MGREG_INVALID_ARGUMENT, "softmax_cross_entropy_loss: smoothing needs the number of classes");
		labels = mg_op2n(b, "Add", "add", mg_op2n(b, "Mul", "mul", labels, 1 - o->label_smoothing), o->label_smoothing / (double)classes);
	}
	labels = mg_op1(b, "StopGradient", "labels_stop_gradient", labels);
	return mg_leave(b, weigh(b, mg_build(b, "SoftmaxCrossEntropyWithLogits", "xentropy", "oo", logits, labels), o));
}

mgreg_output
mgreg_loss_sparse_softmax_cross_entropy(mgreg_builder *b, mgreg_output labels, mgreg_output logits, const mgreg_loss_options *o)
{
	o = o ? o : &usual;
	if (!begin(b, o, "sparse_softmax_cross_entropy_loss", &labels, &logits))
		return MG_NO_OUTPUT;
	return mg_leave(b, weigh(b, mg_build(b, "SparseSoftmaxCrossEntropyWithLogits", "xentropy/xentropy", "oo", logits, labels), o));
}

/* ---- regularization ---- */

static mg_output
regularizer(mg_builder *b, mg_output weights, double scale, const char *name, bool square)
{
	mg_output w = mg_value_of(b, weights), loss, factor;
	const char *scope;

	if (!mg_is_there(b, "regularizer", w) || !(scope = mg_enter(b, name, square ? "l2_regularizer" : "l1_regularizer")))
		return MG_NO_OUTPUT;
	factor = mg_const_scalar(b, "scale", mg_type_of(w), scale);
	loss = square ? mg_op1(b, "L2Loss", NULL, w) : mg_reduce(b, "Sum", mg_op1(b, "Abs", NULL, w), NULL, -1, false, NULL);
	mg_scope_leave(b->graph);
	loss = mg_op2(b, "Mul", scope, factor, loss);
	if (b->rc == 0)
		b->rc = mg_collection_add_tensor(b->graph, "regularization_losses", loss, b->err);
	return b->rc ? MG_NO_OUTPUT : loss;
}

mgreg_output
mgreg_loss_l1_regularizer(mgreg_builder *b, mgreg_output weights, double scale, const char *name)
{
	return regularizer(b, weights, scale, name, false);
}

mgreg_output
mgreg_loss_l2_regularizer(mgreg_builder *b, mgreg_output weights, double scale, const char *name)
{
	return regularizer(b, weights, scale, name, true);
}

/* ---- sums ---- */

static int
append(mg_graph *g, const char *key, mg_output *to, int *count, mgreg_error *err)
{
	int rc = 0;

	for (int i = 0; i < mg_collection_count(g, key) && rc == 0; i++)
		rc = mgreg_collection_output(g, key, i, &to[(*count)++], err);
	return rc;
}

static mg_output
sum_of(mg_builder *b, bool losses, bool regularization, const char *name, const char *otherwise)
{
	int room = mg_collection_count(b->graph, "losses") + mg_collection_count(b->graph, "regularization_losses"), n = 0;
	mg_output *list = mg_calloc((size_t)room + 1, sizeof *list), sum = MG_NO_OUTPUT;

	if (!list && b->rc == 0)
		b->rc = mg_fail_nomem(b->err, 0);
	if (b->rc == 0 && losses)
		b->rc = append(b->graph, "losses", list, &n, b->err);
	if (b->rc == 0 && regularization)
		b->rc = append(b->graph, "regularization_losses", list, &n, b->err);
	if (b->rc == 0 && n == 0)
		b->rc = mg_fail(b->err, MGREG_NOT_FOUND, "%s: the graph's collections have no losses", otherwise);
	if (b->rc == 0)
		sum = mg_build(b, "AddN", name && *name ? name : otherwise, "O", list, n);
	mg_free(list);
	return sum;
}

mgreg_output
mgreg_loss_regularization(mgreg_builder *b, const char *name)
{
	return sum_of(b, false, true, name, "total_regularization_loss");
}

mgreg_output
mgreg_loss_total(mgreg_builder *b, int with_regularization, const char *name)
{
	return sum_of(b, true, with_regularization != 0, name, "total_loss");
}
