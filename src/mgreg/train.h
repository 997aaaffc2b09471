/* SPDX-License-Identifier: Apache-2.0 */
/* mgreg/train.h - what models are trained with: learning rates, clipping, optimizers, averages, losses, metrics, layers. */
#ifndef MGREG_TRAIN_H
#define MGREG_TRAIN_H

#include "mgreg/graph.h"

MGREG_BEGIN

/*
 * ---- what models are trained with ------------------------------------------------------------------
 *
 * All of these only add nodes, with the names TensorFlow 1.x gives them; nothing is computed before a session runs.  Those that
 * take a builder do nothing once it has failed.  NAME NULL is the name of TensorFlow's function.
 */

/* ---- learning rates: functions of a step (an integer scalar or variable), float32 scalars ---- */
/* rate * decay_rate ^ (step / decay_steps); STAIRCASE takes the floor of the exponent. */
mgreg_output mgreg_exponential_decay(mgreg_builder *b, double rate, mgreg_output step, double decay_steps, double decay_rate,
	int staircase, const char *name);
/* rate * exp(-decay_rate * step / decay_steps) */
mgreg_output mgreg_natural_exp_decay(mgreg_builder *b, double rate, mgreg_output step, double decay_steps, double decay_rate,
	int staircase, const char *name);
/* rate / (1 + decay_rate * step / decay_steps) */
mgreg_output mgreg_inverse_time_decay(mgreg_builder *b, double rate, mgreg_output step, double decay_steps, double decay_rate,
	int staircase, const char *name);
/* (rate - end) * (1 - s / d) ^ power + end, s at most d; with CYCLE d is the next multiple of decay_steps. */
mgreg_output mgreg_polynomial_decay(mgreg_builder *b, double rate, mgreg_output step, double decay_steps, double end, double power,
	int cycle, const char *name);
/* VALUES[i] up to and including BOUNDARIES[i], VALUES[COUNT] beyond the last of the COUNT boundaries. */
mgreg_output mgreg_piecewise_constant(mgreg_builder *b, mgreg_output step, const double *boundaries, const double *values, int count,
	const char *name);
/* rate * ((1 - alpha) * 0.5 * (1 + cos(pi * s / d)) + alpha), s at most d */
mgreg_output mgreg_cosine_decay(mgreg_builder *b, double rate, mgreg_output step, double decay_steps, double alpha, const char *name);
/* The same begun anew after FIRST steps, then after T_MUL times as many, each time M_MUL times as high. */
mgreg_output mgreg_cosine_decay_restarts(mgreg_builder *b, double rate, mgreg_output step, double first, double t_mul, double m_mul,
	double alpha, const char *name);
/* rate * ((alpha + (d - s) / d) * 0.5 * (1 + cos(2 pi periods s / d)) + beta) */
mgreg_output mgreg_linear_cosine_decay(mgreg_builder *b, double rate, mgreg_output step, double decay_steps, double periods, double alpha,
	double beta, const char *name);
/* The same, with noise of variance VARIANCE / (1 + s) ^ VARIANCE_DECAY on (d - s) / d; SEED -1: none. */
mgreg_output mgreg_noisy_linear_cosine_decay(mgreg_builder *b, double rate, mgreg_output step, double decay_steps, double variance,
	double variance_decay, double periods, double alpha, double beta, int64_t seed, const char *name);

/* ---- clipping ---- */
mgreg_output mgreg_clip_by_value(mgreg_builder *b, mgreg_output t, double low, double high, const char *name);
/* t * norm / max(|t|, norm), |t| the 2-norm over AXES, over all where COUNT is -1. */
mgreg_output mgreg_clip_by_norm(mgreg_builder *b, mgreg_output t, double norm, const int64_t *axes, int count, const char *name);
mgreg_output mgreg_clip_by_average_norm(mgreg_builder *b, mgreg_output t, double norm, const char *name);
/* Those without a node count as nothing and stay so. */
mgreg_output mgreg_global_norm(mgreg_builder *b, const mgreg_output *list, int count, const char *name);
/* OUT[i] = LIST[i] * norm / max(global norm, norm); a global norm that is not finite makes NaN.  OUT may be LIST; *GLOBAL (may be
 * NULL) is the norm. */
void mgreg_clip_by_global_norm(mgreg_builder *b, const mgreg_output *list, int count, double norm, mgreg_output *out, mgreg_output *global,
	const char *name);

/* ---- optimizers ---- */
/*
 * OPTIMIZER is a name and its arguments, "momentum:learning_rate=0.1,momentum=0.9,use_nesterov=true"; names and arguments are
 * those of TensorFlow's classes in lower case:  sgd (gradientdescent), momentum, adam, adagrad, adadelta, rmsprop, ftrl,
 * adagradda, proximaladagrad, proximalgradientdescent, adamax, nadam, lazyadam, amsgrad, powersign, addsign.
 */
/* Start from MGREG_MINIMIZE_INIT. */
typedef struct mgreg_minimize_options {
	size_t       size;
	const char  *name;              /* scope of the updates; NULL: the optimizer's */
	mgreg_output learning_rate;     /* instead of the number, e.g. a schedule; node NULL: none */
	const mgreg_output *variables;  /* references or handles; NULL: all trainable ones */
	int          variable_count;
	mgreg_output global_step;       /* the variable that counts; node NULL: see count_steps */
	unsigned     count_steps:1;     /* count in "global_step", made unless it is there */
	unsigned     no_collection:1;   /* do not add the train op to collection "train_op" */
} mgreg_minimize_options;
#define MGREG_MINIMIZE_INIT { .size = sizeof(mgreg_minimize_options) }
/* Gradients of LOSS and their updates.  INVALID_ARGUMENT: no such optimizer or argument, no trainable variable, none that LOSS
 * depends on, an integer loss; UNIMPLEMENTED: optimizers of distributed training. */
int mgreg_minimize_with(mgreg_graph *graph, mgreg_output loss, const char *optimizer, const mgreg_minimize_options *options,
	mgreg_node **train_op, mgreg_error *err);
/* The updates for gradients of one's own (clipped ones, say): GRADIENTS[i], dense, for OPTIONS->variables[i]; those without a node
 * are left out. */
int mgreg_apply_gradients(mgreg_graph *graph, const char *optimizer, const mgreg_output *gradients, const mgreg_minimize_options *options,
	mgreg_node **train_op, mgreg_error *err);
/* The variable that counts steps, made if it is not there. */
int mgreg_global_step(mgreg_graph *graph, mgreg_output *handle, mgreg_error *err);

/* ---- moving averages ---- */
typedef struct mgreg_ema mgreg_ema;
/* tf.train.ExponentialMovingAverage.  Start from MGREG_EMA_INIT. */
typedef struct mgreg_ema_options {
	size_t       size;
	double       decay;
	mgreg_output num_updates;       /* decay is at most (1 + n) / (10 + n); node NULL: not limited */
	int          zero_debias;       /* of tensors, whose averages start as zero */
	const char  *name;              /* NULL: "ExponentialMovingAverage" */
} mgreg_ema_options;
#define MGREG_EMA_INIT { .size = sizeof(mgreg_ema_options), .decay = 0.999 }
/* The graph must outlive it. */
int mgreg_ema_new(mgreg_ema **out, mgreg_graph *graph, const mgreg_ema_options *options, mgreg_error *err);
void mgreg_ema_free(mgreg_ema *ema);
/* Shadow variables "<name>/ExponentialMovingAverage" for variables (references, handles) and tensors, as far as there are none
 * yet, and the node that updates those of LIST; NULL: all trainable variables.  NULL once B has failed. */
mgreg_node *mgreg_ema_apply(mgreg_ema *ema, mgreg_builder *b, const mgreg_output *list, int count);
/* The shadow of OF; NOT_FOUND: it has none. */
int mgreg_ema_average(const mgreg_ema *ema, mgreg_output of, mgreg_variable *out, mgreg_error *err);
/* The name that OF's shadow has or would get; lives with the graph.  NULL when memory is short. */
const char *mgreg_ema_average_name(mgreg_ema *ema, mgreg_output of);
/* variables_to_restore: for a saver's keys and variables, every variable under its average's name, those that have none under
 * their own.  Not 0 from EACH stops and is returned. */
int mgreg_ema_variables_to_restore(mgreg_ema *ema, int (*each)(void *ctx, const char *key, const char *variable), void *ctx,
	mgreg_error *err);

/* ---- losses: scalars, added to collection "losses" ---- */
typedef enum mgreg_reduction {
	MGREG_REDUCE_BY_NONZERO,        /* the sum over the number of elements whose weight is not 0 */
	MGREG_REDUCE_SUM, MGREG_REDUCE_MEAN,
	MGREG_REDUCE_NONE               /* as they are */
} mgreg_reduction;
/* How a loss is weighted.  Start from MGREG_LOSS_INIT; NULL: as that. */
typedef struct mgreg_loss_options {
	size_t       size;
	mgreg_output weights;           /* broadcasts to the elements; node NULL: WEIGHT for all */
	double       weight;
	mgreg_reduction reduction;
	double       label_smoothing;   /* of softmax and sigmoid */
	const char  *collection;        /* NULL: "losses"; "": none */
	const char  *name;
} mgreg_loss_options;
#define MGREG_LOSS_INIT { .size = sizeof(mgreg_loss_options), .weight = 1.0 }
mgreg_output mgreg_loss_compute_weighted(mgreg_builder *b, mgreg_output losses, const mgreg_loss_options *options);
mgreg_output mgreg_loss_absolute_difference(mgreg_builder *b, mgreg_output labels, mgreg_output predictions, const mgreg_loss_options *options);
mgreg_output mgreg_loss_mean_squared_error(mgreg_builder *b, mgreg_output labels, mgreg_output predictions, const mgreg_loss_options *options);
mgreg_output mgreg_loss_huber(mgreg_builder *b, mgreg_output labels, mgreg_output predictions, double delta, const mgreg_loss_options *options);
mgreg_output mgreg_loss_log(mgreg_builder *b, mgreg_output labels, mgreg_output predictions, double epsilon, const mgreg_loss_options *options);
mgreg_output mgreg_loss_hinge(mgreg_builder *b, mgreg_output labels, mgreg_output logits, const mgreg_loss_options *options);
mgreg_output mgreg_loss_cosine_distance(mgreg_builder *b, mgreg_output labels, mgreg_output predictions, int64_t axis,
	const mgreg_loss_options *options);
mgreg_output mgreg_loss_sigmoid_cross_entropy(mgreg_builder *b, mgreg_output labels, mgreg_output logits, const mgreg_loss_options *options);
/* LABELS of LOGITS' shape [batch, classes]. */
mgreg_output mgreg_loss_softmax_cross_entropy(mgreg_builder *b, mgreg_output labels, mgreg_output logits, const mgreg_loss_options *options);
/* LABELS: one class number per row. */
mgreg_output mgreg_loss_sparse_softmax_cross_entropy(mgreg_builder *b, mgreg_output labels, mgreg_output logits,
	const mgreg_loss_options *options);
/* scale * sum(|w|), scale * sum(w^2) / 2, added to collection "regularization_losses". */
mgreg_output mgreg_loss_l1_regularizer(mgreg_builder *b, mgreg_output weights, double scale, const char *name);
mgreg_output mgreg_loss_l2_regularizer(mgreg_builder *b, mgreg_output weights, double scale, const char *name);
/* The sum of collection "regularization_losses"; of "losses" and, if asked, of those too ("total_loss").  NOT_FOUND: none. */
mgreg_output mgreg_loss_regularization(mgreg_builder *b, const char *name);
mgreg_output mgreg_loss_total(mgreg_builder *b, int with_regularization, const char *name);

/* ---- metrics: over everything seen since their local variables were initialized ---- */
typedef struct mgreg_metric {
	mgreg_output value;             /* the metric as it stands */
	mgreg_output update;            /* takes a batch in and gives the new value */
} mgreg_metric;
/* WEIGHTS (node NULL: 1 for all) broadcast to the values.  Variables go to collections "local_variables" and "metric_variables". */
mgreg_metric mgreg_metric_mean(mgreg_builder *b, mgreg_output values, mgreg_output weights, const char *name);
mgreg_metric mgreg_metric_accuracy(mgreg_builder *b, mgreg_output labels, mgreg_output predictions, mgreg_output weights, const char *name);
mgreg_metric mgreg_metric_mean_squared_error(mgreg_builder *b, mgreg_output labels, mgreg_output predictions, mgreg_output weights,
	const char *name);
mgreg_metric mgreg_metric_root_mean_squared_error(mgreg_builder *b, mgreg_output labels, mgreg_output predictions, mgreg_output weights,
	const char *name);
mgreg_metric mgreg_metric_mean_absolute_error(mgreg_builder *b, mgreg_output labels, mgreg_output predictions, mgreg_output weights,
	const char *name);
/* Labels and predictions count as booleans: not 0 is true. */
mgreg_metric mgreg_metric_true_positives(mgreg_builder *b, mgreg_output labels, mgreg_output predictions, mgreg_output weights, const char *name);
mgreg_metric mgreg_metric_true_negatives(mgreg_builder *b, mgreg_output labels, mgreg_output predictions, mgreg_output weights, const char *name);
mgreg_metric mgreg_metric_false_positives(mgreg_builder *b, mgreg_output labels, mgreg_output predictions, mgreg_output weights, const char *name);
mgreg_metric mgreg_metric_false_negatives(mgreg_builder *b, mgreg_output labels, mgreg_output predictions, mgreg_output weights, const char *name);
mgreg_metric mgreg_metric_precision(mgreg_builder *b, mgreg_output labels, mgreg_output predictions, mgreg_output weights, const char *name);
mgreg_metric mgreg_metric_recall(mgreg_builder *b, mgreg_output labels, mgreg_output predictions, mgreg_output weights, const char *name);
/* Area under the curve of true over false positives, of predictions in [0, 1], by trapezoids between THRESHOLDS (200) of them. */
mgreg_metric mgreg_metric_auc(mgreg_builder *b, mgreg_output labels, mgreg_output predictions, int thresholds, const char *name);
/* One node that initializes all of "local_variables"; "init". */
mgreg_node *mgreg_op_local_initializer(mgreg_builder *b, const char *name);

/* ---- layers ---- */
/* How a layer makes its variables.  Start from MGREG_LAYER_INIT; NULL: as that. */
typedef struct mgreg_layer_options {
	size_t      size;
	const char *name;               /* scope and beginning of the variables' names; NULL: "dense", "dense_1", ... */
	const char *activation;         /* an op of one input, "Relu", "Tanh", "Sigmoid", ...; NULL: none */
	double      l2;                 /* scale of the kernel's regularizer; 0: none */
	int64_t     seed;               /* of the kernel's first value; -1: none */
	unsigned    variable_flags;     /* enum mgreg_variable_flags */
	unsigned    no_bias:1;
	unsigned    reuse:1;            /* the variables of the layer of that name, which is there */
} mgreg_layer_options;
#define MGREG_LAYER_INIT { .size = sizeof(mgreg_layer_options), .seed = -1 }
/* tf.get_variable with the usual initializers: "zeros", "ones", "glorot_uniform" (NULL), "truncated_normal:STDDEV", "constant:VALUE".
 * ALREADY_EXISTS unless REUSE; with it NOT_FOUND, and INVALID_ARGUMENT for another shape or type. */
mgreg_variable mgreg_get_variable(mgreg_builder *b, const char *name, mgreg_dtype dtype, const int64_t *dims, int rank, const char *initializer,
	unsigned flags, int reuse, int64_t seed);
/* x * kernel + bias over the last dimension of X, of rank 2. */
mgreg_output mgreg_layer_dense(mgreg_builder *b, mgreg_output x, int64_t units, const mgreg_layer_options *options);
/* NHWC. */
mgreg_output mgreg_layer_conv2d(mgreg_builder *b, mgreg_output x, int64_t filters, int height, int width, int stride, const char *padding,
	const mgreg_layer_options *options);
mgreg_output mgreg_layer_max_pooling2d(mgreg_builder *b, mgreg_output x, int size, int stride, const char *padding, const char *name);
mgreg_output mgreg_layer_average_pooling2d(mgreg_builder *b, mgreg_output x, int size, int stride, const char *padding, const char *name);
/* All dimensions but the first become one. */
mgreg_output mgreg_layer_flatten(mgreg_builder *b, mgreg_output x, const char *name);
/* Over the last dimension.  TRAINING: by the batch, and updates of the moving averages go to collection "update_ops"; otherwise by
 * the averages. */
mgreg_output mgreg_layer_batch_normalization(mgreg_builder *b, mgreg_output x, double momentum, double epsilon, int training,
	const mgreg_layer_options *options);
/* Elements stay with probability KEEP (a scalar), scaled by 1 / KEEP. */
mgreg_output mgreg_op_dropout(mgreg_builder *b, mgreg_output x, mgreg_output keep, int64_t seed, const char *name);
/* Rows of a variable, or of COUNT parts of one: row i is row i / COUNT of part i % COUNT ("mod") or lies in consecutive
 * parts ("div"; NULL: "mod"). */
mgreg_output mgreg_op_embedding_lookup(mgreg_builder *b, const mgreg_variable *parts, int count, mgreg_output ids, const char *strategy,
	const char *name);
/* One step of BasicLSTMCell and GRUCell: X [batch, n], state [batch, units].  Further steps take reuse and the first one's name. */
void mgreg_cell_basic_lstm(mgreg_builder *b, mgreg_output x, int64_t units, double forget_bias, mgreg_output *c, mgreg_output *h,
	const mgreg_layer_options *options);
void mgreg_cell_gru(mgreg_builder *b, mgreg_output x, int64_t units, mgreg_output *h, const mgreg_layer_options *options);

MGREG_END
#endif
