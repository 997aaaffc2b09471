/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metrics.c - tf.metrics: local variables that a batch adds to, "value" of what they hold, "update_op" of what they will hold.
 */
#include "base/base.h"
#include "train/train_internal.h"

static const mgreg_metric nothing = { { NULL, 0 }, { NULL, 0 } };

/* A local variable of zeros, of rank 0 or 1, in collection metric_variables too. */
static mg_output
zero(mg_builder *b, const char *name, int64_t size, mg_output *read)
{
	const mg_variable_record *v = NULL;
	mg_output first, handle = MG_NO_OUTPUT;
	const char *scope = mg_enter(b, name, NULL);

	*read = MG_NO_OUTPUT;
	if (!scope)
		return MG_NO_OUTPUT;
	first = MG_NO_OUTPUT;
	if (mg_enter(b, "Initializer", NULL))
		first = mg_leave(b, mgreg_op_zeros(b, MGREG_FLOAT, &size, size > 0, "zeros"));
	mg_scope_leave(b->graph);
	if (b->rc == 0)
		b->rc = mg_variable_new(b->graph, scope, first, MG_VARIABLE_LOCAL, &v, b->err);
	if (b->rc == 0)
		b->rc = mg_collection_add_variable(b->graph, "metric_variables", v, b->err);
	if (b->rc == 0)
		b->rc = mg_variable_outputs(b->graph, v, &handle, read, b->err);
	return b->rc ? MG_NO_OUTPUT : handle;
}

static mg_output
add_to(mg_builder *b, mg_output handle, mg_output value)
{
	return mg_build(b, "AssignAdd", NULL, "oo;b:use_locking", handle, value, 0);
}

/* In a scope of its own: a mean over all that was seen. */
static mgreg_metric
mean(mg_builder *b, mg_output values, mg_output weights)
{
	mg_output total, count, total_read, count_read, n, sum, more, seen;
	mgreg_metric m;
	mg_node *wait;

	values = mg_cast(b, values, MGREG_FLOAT, "ToFloat");
	total = zero(b, "total", 0, &total_read);
	count = zero(b, "count", 0, &count_read);
	if (weights.node) {
		weights = mg_cast(b, mg_value_of(b, weights), MGREG_FLOAT, NULL);
		weights = mg_op2(b, "Mul", "broadcast_weights", weights, mg_op1(b, "OnesLike", "broadcast_weights/ones_like", values));
		values = mg_op2(b, "Mul", NULL, values, weights);
		n = mg_reduce(b, "Sum", weights, NULL, -1, false, NULL);
	} else {
		n = mg_cast(b, mg_op1(b, "Size", NULL, values), MGREG_FLOAT, "ToFloat_1");
	}
	sum = mg_reduce(b, "Sum", values, NULL, -1, false, NULL);
	more = add_to(b, total, sum);
	if (b->rc)
		return nothing;
	wait = values.node;
	if ((b->rc = mg_controls_push(b->graph, &wait, 1, b->err)) != 0)
		return nothing;
	seen = add_to(b, count, n);
	mg_controls_pop(b->graph);
	m.value = mg_op2(b, "DivNoNan", "value", total_read, count_read);
	m.update = mg_op2(b, "DivNoNan", "update_op", more, seen);
	return b->rc ? nothing : m;
}

/* Inputs as values, a scope of the name. */
static const char *
begin(mg_builder *b, const char *name, const char *otherwise, mg_output *labels, mg_output *predictions)
{
	*predictions = mg_value_of(b, *predictions);
	if (labels)
		*labels = mg_value_of(b, *labels);
	if ((labels && !mg_is_there(b, otherwise, *labels)) || !mg_is_there(b, otherwise, *predictions))
		return NULL;
	return mg_enter(b, name, otherwise);
}

static mgreg_metric
end(mg_builder *b, mgreg_metric m)
{
	mg_scope_leave(b->graph);
	return b->rc ? nothing : m;
}

mgreg_metric
mgreg_metric_mean(mgreg_builder *b, mgreg_output values, mgreg_output weights, const char *name)
{
	return begin(b, name, "mean", NULL, &values) ? end(b, mean(b, values, weights)) : nothing;
}

mgreg_metric
mgreg_metric_accuracy(mgreg_builder *b, mgreg_output labels, mgreg_output predictions, mgreg_output weights, const char *name)
{
	mg_output right;

	if (!begin(b, name, "accuracy", &labels, &predictions))
		return nothing;
	labels = mg_cast(b, labels, mg_type_of(predictions), NULL);
	right = mg_cast(b, mg_op2(b, "Equal", NULL, predictions, labels), MGREG_FLOAT, "ToFloat");
	return end(b, mean(b, right, weights));
}

/* Errors between labels and predictions, as floats. */
static mg_output
difference(mg_builder *b, mg_output labels, mg_output predictions)
{
	return mg_op2(b, "Sub", "sub", mg_cast(b, labels, MGREG_FLOAT, NULL), mg_cast(b, predictions, MGREG_FLOAT, NULL));
}

mgreg_metric
mgreg_metric_mean_squared_error(mgreg_builder *b, mgreg_output labels, mgreg_output predictions, mgreg_output weights, const char *name)
{
	if (!begin(b, name, "mean_squared_error", &labels, &predictions))
		return nothing;
	return end(b, mean(b, mg_op1(b, "Square", NULL, difference(b, labels, predictions)), weights));
}

mgreg_metric
mgreg_metric_root_mean_squared_error(mgreg_builder *b, mgreg_output labels, mgreg_output predictions, mgreg_output weights, const char *name)
{
	mgreg_metric m;

	if (!begin(b, name, "root_mean_squared_error", &labels, &predictions))
		return nothing;
	m = mgreg_metric_mean_squared_error(b, labels, predictions, weights, NULL);
	m.value = mg_op1(b, "Sqrt", NULL, m.value);
	m.update = mg_op1(b, "Sqrt", NULL, m.update);
	return end(b, m);
}

mgreg_metric
mgreg_metric_mean_absolute_error(mgreg_builder *b, mgreg_output labels, mgreg_output predictions, mgreg_output weights, const char *name)
{
	if (!begin(b, name, "mean_absolute_error", &labels, &predictions))
		return nothing;
	return end(b, mean(b, mg_op1(b, "Abs", NULL, difference(b, labels, predictions)), weights));
}

/* ---- counts of the four outcomes ---- */

typedef enum outcome { TRUE_POSITIVES, TRUE_NEGATIVES, FALSE_POSITIVES, FALSE_NEGATIVES } outcome;
static const char *const outcome_names[] = { "true_positives", "true_negatives", "false_positives", "false_negatives" };

/* In the current scope, below one of its own name: the metric is the count. */
static mgreg_metric
count_outcome(mg_builder *b, outcome which, mg_output labels, mg_output predictions, mg_output weights, const char *name)
{
	bool label = which == TRUE_POSITIVES || which == FALSE_NEGATIVES, guess = which == TRUE_POSITIVES || which == FALSE_POSITIVES;
	mg_output hits, count, read;
	mgreg_metric m = nothing;

	if (!begin(b, name, outcome_names[which], &labels, &predictions))
		return nothing;
	count = zero(b, "count", 0, &read);
	labels = mg_cast(b, labels, MGREG_BOOL, NULL);
	predictions = mg_cast(b, predictions, MGREG_BOOL, NULL);
	if (!label)
		labels = mg_op1(b, "LogicalNot", NULL, labels);
	if (!guess)
		predictions = mg_op1(b, "LogicalNot", NULL, predictions);
	hits = mg_cast(b, mg_op2(b, "LogicalAnd", NULL, labels, predictions), MGREG_FLOAT, "ToFloat");
	if (weights.node)
		hits = mg_op2(b, "Mul", "mul", hits, mg_cast(b, mg_value_of(b, weights), MGREG_FLOAT, NULL));
	m.value = mg_op1(b, "Identity", "value", read);
	m.update = add_to(b, count, mg_reduce(b, "Sum", hits, NULL, -1, false, NULL));
	return end(b, m);
}

#define OUTCOME(fn, which) \
	mgreg_metric mgreg_metric_##fn(mgreg_builder *b, mgreg_output labels, mgreg_output predictions, mgreg_output weights, const char *name) \
	{ return count_outcome(b, which, labels, predictions, weights, name); }

OUTCOME(true_positives, TRUE_POSITIVES)
OUTCOME(true_negatives, TRUE_NEGATIVES)
OUTCOME(false_positives, FALSE_POSITIVES)
OUTCOME(false_negatives, FALSE_NEGATIVES)

/* true positives / (true positives + OTHER) */
static mgreg_metric
ratio(mg_builder *b, outcome other, mg_output labels, mg_output predictions, mg_output weights)
{
	mgreg_metric tp = count_outcome(b, TRUE_POSITIVES, labels, predictions, weights, NULL);
	mgreg_metric o = count_outcome(b, other, labels, predictions, weights, NULL), m;

	m.value = mg_op2(b, "DivNoNan", "value", tp.value, mg_op2(b, "Add", "add", tp.value, o.value));
	m.update = mg_op2(b, "DivNoNan", "update_op", tp.update, mg_op2(b, "Add", "add_1", tp.update, o.update));
	return m;
}

mgreg_metric
mgreg_metric_precision(mgreg_builder *b, mgreg_output labels, mgreg_output predictions, mgreg_output weights, const char *name)
{
	if (!begin(b, name, "precision", &labels, &predictions))
		return nothing;
	return end(b, ratio(b, FALSE_POSITIVES, labels, predictions, weights));
}

mgreg_metric
mgreg_metric_recall(mgreg_builder *b, mgreg_output labels, mgreg_output predictions, mgreg_output weights, const char *name)
{
	if (!begin(b, name, "recall", &labels, &predictions))
		return nothing;
	return end(b, ratio(b, FALSE_NEGATIVES, labels, predictions, weights));
}

/* ---- area under the curve ---- */

#define EPSILON 1e-7            /* how far the outermost thresholds lie beyond 0 and 1 */
#define SMALL 1e-6              /* keeps rates without a single case away from 0 / 0 */

/* (a + SMALL) / (a + b + SMALL) */
static mg_output
rate(mg_builder *b, mg_output x, mg_output y)
{
	return mg_op2(b, "RealDiv", "div", mg_op2n(b, "Add", "add", x, SMALL), mg_op2n(b, "Add", "add", mg_op2(b, "Add", "add", x, y), SMALL));
}

static mg_output
part(mg_builder *b, mg_output x, int64_t from, int64_t n)
{
	mg_output at = mg_const_i32s(b, "begin", &from, 1), size = mg_const_i32s(b, "size", &n, 1);

	return mg_build(b, "Slice", NULL, "ooo", x, at, size);
}

/* Sum of (x[i] - x[i + 1]) * (y[i] + y[i + 1]) / 2; X descends with the thresholds. */
static mg_output
trapezoids(mg_builder *b, const mg_output v[4], int n, const char *name)
{
	mg_output y = rate(b, v[TRUE_POSITIVES], v[FALSE_NEGATIVES]);
	mg_output x = mg_op2(b, "RealDiv", "div", v[FALSE_POSITIVES],
		mg_op2n(b, "Add", "add", mg_op2(b, "Add", "add", v[FALSE_POSITIVES], v[TRUE_NEGATIVES]), SMALL));
	mg_output width = mg_op2(b, "Sub", "sub", part(b, x, 0, n - 1), part(b, x, 1, n - 1));
	mg_output height = mg_op2n(b, "RealDiv", "truediv", mg_op2(b, "Add", "add", part(b, y, 0, n - 1), part(b, y, 1, n - 1)), 2);

	return mg_reduce(b, "Sum", mg_op2(b, "Mul", "Mul", width, height), NULL, -1, false, name);
}

static mg_output
thresholds_of(mg_builder *b, int n)
{
	float *at = mg_calloc((size_t)n, sizeof *at);
	mg_output o = MG_NO_OUTPUT;

	if (!at) {
		b->rc = mg_fail_nomem(b->err, 0);
		return o;
	}
	for (int i = 0; i < n; i++)
		at[i] = i == 0 ? (float)(0 - EPSILON) : i == n - 1 ? (float)(1 + EPSILON) : (float)((double)i / (n - 1));
	o = mgreg_op_floats(b, at, (int64_t[]){ n, 1 }, 2, "thresholds");
	mg_free(at);
	return o;
}

mgreg_metric
mgreg_metric_auc(mgreg_builder *b, mgreg_output labels, mgreg_output predictions, int n, const char *name)
{
	mg_output over, not_over, yes, no, values[4], updates[4];
	mgreg_metric m;

	if (b->rc == 0 && n < 2)
		b->rc = mg_fail(b->err, MGREG_INVALID_ARGUMENT, "auc: %d thresholds are too few", n);
	if (!begin(b, name, "auc", &labels, &predictions))
		return nothing;
	predictions = mgreg_op_reshape(b, mg_cast(b, predictions, MGREG_FLOAT, NULL), (int64_t[]){ 1, -1 }, 2, NULL);
	yes = mgreg_op_reshape(b, mg_cast(b, labels, MGREG_BOOL, NULL), (int64_t[]){ 1, -1 }, 2, NULL);
	no = mg_op1(b, "LogicalNot", NULL, yes);
	over = mg_op2(b, "Greater", NULL, predictions, thresholds_of(b, n));
	not_over = mg_op1(b, "LogicalNot", NULL, over);
	for (int i = 0; i < 4 && b->rc == 0; i++) {
		mg_output hit = mg_op2(b, "LogicalAnd", NULL, i == TRUE_POSITIVES || i == FALSE_NEGATIVES ? yes : no,
			i == TRUE_POSITIVES || i == FALSE_POSITIVES ? over : not_over), sum, handle;
		static const int64_t rows = 1;

		sum = mg_reduce(b, "Sum", mg_cast(b, hit, MGREG_FLOAT, NULL), &rows, 1, false, NULL);
		handle = zero(b, outcome_names[i], n, &values[i]);
		updates[i] = add_to(b, handle, sum);
	}
	if (b->rc) {
		mg_scope_leave(b->graph);
		return nothing;
	}
	m.value = trapezoids(b, values, n, "value");
	m.update = trapezoids(b, updates, n, "update_op");
	return end(b, m);
}

mgreg_node *
mgreg_op_local_initializer(mgreg_builder *b, const char *name)
{
	mg_node *n = NULL;

	if (b->rc == 0)
		b->rc = mg_variables_initializer(b->graph, "local_variables", name && *name ? name : "init", &n, b->err);
	return b->rc ? NULL : n;
}
