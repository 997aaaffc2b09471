/* SPDX-License-Identifier: Apache-2.0 */
/* mgreg/graph.h - graphs: nodes, scopes, collections, building, variables, gradients, ops. */
#ifndef MGREG_GRAPH_H
#define MGREG_GRAPH_H

#include "mgreg/tensor.h"

MGREG_BEGIN

/* ---- graphs and nodes ------------------------------------------------------------------------ */

/* A graph of operations: nodes in the order of their making, scopes, collections.  Nodes are only ever added; a node
 * lives as long as its graph.  One thread at a time may change a graph. */
typedef struct mgreg_graph mgreg_graph;
typedef struct mgreg_node mgreg_node;

/* Output INDEX of a node: an edge's source.  node NULL: none. */
typedef struct mgreg_output {
	mgreg_node *node;
	int         index;
} mgreg_output;

int mgreg_graph_new(mgreg_graph **out, mgreg_error *err);
void mgreg_graph_free(mgreg_graph *graph);
/* The calling thread's default graph, made when first asked for; borrowed.  Reset frees it: the next call makes a new one. */
int mgreg_graph_default(mgreg_graph **out, mgreg_error *err);
void mgreg_graph_reset_default(void);
/* From now on the graph refuses nodes and collection items: FAILED_PRECONDITION. */
void mgreg_graph_finalize(mgreg_graph *graph);
/* Names, arity, types and cycles, as an importer would check them. */
int mgreg_graph_validate(const mgreg_graph *graph, mgreg_error *err);

int mgreg_graph_node_count(const mgreg_graph *graph);
mgreg_node *mgreg_graph_node(const mgreg_graph *graph, int i);                  /* by creation order; NULL if there is none */
mgreg_node *mgreg_graph_find(const mgreg_graph *graph, const char *name);       /* NULL if there is none */
/* "node" or "node:1" -> output.  NOT_FOUND names it. */
int mgreg_graph_output(const mgreg_graph *graph, const char *name, mgreg_output *out, mgreg_error *err);

/* ---- nodes and their outputs ---- */
const char *mgreg_node_name(const mgreg_node *node);
const char *mgreg_node_op(const mgreg_node *node);
const char *mgreg_node_device(const mgreg_node *node);          /* "" if none was asked for */
int mgreg_node_id(const mgreg_node *node);                      /* position in the order of creation */
int mgreg_node_input_count(const mgreg_node *node);             /* without control inputs */
mgreg_output mgreg_node_input(const mgreg_node *node, int i);
int mgreg_node_control_count(const mgreg_node *node);
mgreg_node *mgreg_node_control(const mgreg_node *node, int i);
int mgreg_node_output_count(const mgreg_node *node);
mgreg_output mgreg_node_output(mgreg_node *node, int i);

mgreg_dtype mgreg_output_dtype(mgreg_output output);            /* of the value, also for references */
int mgreg_output_is_ref(mgreg_output output);
/* The static shape: rank -1 and lengths -1 are not known. */
int mgreg_output_rank(mgreg_output output);
int64_t mgreg_output_dim(mgreg_output output, int i);
/* Narrows it; INVALID_ARGUMENT if it contradicts what is known. */
int mgreg_output_set_shape(mgreg_output output, const int64_t *dims, int rank, mgreg_error *err);

/* Attributes.  The getters return 0 where there is none of that name and kind. */
int mgreg_node_attr_count(const mgreg_node *node);
const char *mgreg_node_attr_name(const mgreg_node *node, int i);
int mgreg_node_attr_int(const mgreg_node *node, const char *name, int64_t *out);
int mgreg_node_attr_float(const mgreg_node *node, const char *name, float *out);
int mgreg_node_attr_bool(const mgreg_node *node, const char *name, int *out);
int mgreg_node_attr_type(const mgreg_node *node, const char *name, mgreg_dtype *out);
int mgreg_node_attr_string(const mgreg_node *node, const char *name, const char **out, size_t *len);
/* Any attribute as one line of protobuf's text format; mgreg_free.  NOT_FOUND. */
int mgreg_node_attr_text(const mgreg_node *node, const char *name, char **out, mgreg_error *err);

/* ---- scopes ---- */
/* Names of new nodes begin with the scope.  NULL or "": back to the top; "a/": exactly that; otherwise a fresh scope below
 * the current one ("a", "a_1").  Every enter and push is undone by a leave or pop. */
int mgreg_scope_enter(mgreg_graph *graph, const char *name, mgreg_error *err);
void mgreg_scope_leave(mgreg_graph *graph);
const char *mgreg_scope_current(const mgreg_graph *graph);      /* "a/b/", or "" */
int mgreg_device_push(mgreg_graph *graph, const char *device, mgreg_error *err);        /* NULL: outer ones do not count */
void mgreg_device_pop(mgreg_graph *graph);
/* New nodes wait for these; NULL, 0: for none of the outer ones either. */
int mgreg_controls_push(mgreg_graph *graph, mgreg_node *const *nodes, int count, mgreg_error *err);
void mgreg_controls_pop(mgreg_graph *graph);
int mgreg_colocate_push(mgreg_graph *graph, mgreg_node *with, mgreg_error *err);
void mgreg_colocate_pop(mgreg_graph *graph);
/* Random ops take their seeds from this and their own; without both they differ from run to run. */
void mgreg_graph_set_seed(mgreg_graph *graph, int64_t seed);

/* ---- collections ---- */
typedef enum mgreg_item_kind {
	MGREG_ITEM_NODE, MGREG_ITEM_OUTPUT, MGREG_ITEM_TEXT, MGREG_ITEM_INT, MGREG_ITEM_FLOAT,
	MGREG_ITEM_VARIABLE, MGREG_ITEM_OTHER
} mgreg_item_kind;
int mgreg_collection_add_node(mgreg_graph *graph, const char *key, mgreg_node *node, mgreg_error *err);
int mgreg_collection_add_output(mgreg_graph *graph, const char *key, mgreg_output output, mgreg_error *err);
int mgreg_collection_add_text(mgreg_graph *graph, const char *key, const char *text, mgreg_error *err);
int mgreg_collection_add_int(mgreg_graph *graph, const char *key, int64_t value, mgreg_error *err);
int mgreg_collection_add_float(mgreg_graph *graph, const char *key, double value, mgreg_error *err);
/* A key without items (get_collection_ref); takes KEY and all its items away (clear_collection).  A removed key is no error;
 * FAILED_PRECONDITION: the graph is finalized. */
int mgreg_collection_create(mgreg_graph *graph, const char *key, mgreg_error *err);
int mgreg_collection_clear(mgreg_graph *graph, const char *key, mgreg_error *err);
/* get_collection(key, scope): *OUT is 1 if item I has a name at whose beginning the regular expression SCOPE matches (SCOPE NULL
 * or "": always 1).  NOT_FOUND: no such item; INVALID_ARGUMENT: not a regular expression. */
int mgreg_collection_is_in_scope(const mgreg_graph *graph, const char *key, int i, const char *scope, int *out, mgreg_error *err);
int mgreg_collection_key_count(const mgreg_graph *graph);
const char *mgreg_collection_key(const mgreg_graph *graph, int i);              /* in order of first use */
int mgreg_collection_count(const mgreg_graph *graph, const char *key);          /* 0 where there is none */
mgreg_item_kind mgreg_collection_kind(const mgreg_graph *graph, const char *key, int i);
/* Item I as an output (of a node: its first; of a variable: its reference or handle), as a node, as text, as a number.
 * INVALID_ARGUMENT if it is none, NOT_FOUND if there is no such item. */
int mgreg_collection_output(const mgreg_graph *graph, const char *key, int i, mgreg_output *out, mgreg_error *err);
int mgreg_collection_node(const mgreg_graph *graph, const char *key, int i, mgreg_node **out, mgreg_error *err);
int mgreg_collection_text(const mgreg_graph *graph, const char *key, int i, const char **out, size_t *len, mgreg_error *err);
int mgreg_collection_number(const mgreg_graph *graph, const char *key, int i, double *out, mgreg_error *err);

/* ---- building ---- */
/*
 * Nodes are made through a builder, which remembers the first failure: after it every call does nothing and returns no
 * output, so that a model is written down as it is read and checked once, at the end.
 *
 *      mgreg_builder b = MGREG_BUILDER(graph, &err);
 *      mgreg_output x = mgreg_op_placeholder(&b, MGREG_FLOAT, (int64_t[]){ -1, 784 }, 2, "x");
 *      mgreg_output y = mgreg_op_relu(&b, mgreg_op_add(&b, mgreg_op_matmul(&b, x, w, NULL), bias, NULL), NULL);
 *      if (b.rc)
 *              return b.rc;
 *
 * NAME is the last argument everywhere; NULL takes the name that TensorFlow's Python function would.
 */
typedef struct mgreg_builder {
	mgreg_graph *graph;
	int          rc;                /* 0, or the code of the first failure */
	mgreg_error *err;               /* may be NULL */
	void        *pending;           /* the op begun, the library's own */
} mgreg_builder;
#define MGREG_BUILDER(graph, err) { (graph), 0, (err), NULL }

/* Any op: begin, inputs in the order of its definition, controls, attributes, end.  Type and number attributes follow from
 * the inputs, defaults are filled in.  An input that is a list (N * T, or types of a list) is one call of _inputs. */
void mgreg_op_begin(mgreg_builder *b, const char *op, const char *name);
void mgreg_op_input(mgreg_builder *b, mgreg_output input);
void mgreg_op_inputs(mgreg_builder *b, const mgreg_output *inputs, int count);
void mgreg_op_control(mgreg_builder *b, mgreg_node *node);
void mgreg_op_attr_int(mgreg_builder *b, const char *attr, int64_t value);
void mgreg_op_attr_float(mgreg_builder *b, const char *attr, float value);
void mgreg_op_attr_bool(mgreg_builder *b, const char *attr, int value);
void mgreg_op_attr_string(mgreg_builder *b, const char *attr, const char *value);
void mgreg_op_attr_type(mgreg_builder *b, const char *attr, mgreg_dtype value);
void mgreg_op_attr_shape(mgreg_builder *b, const char *attr, const int64_t *dims, int rank);    /* rank -1: unknown */
void mgreg_op_attr_tensor(mgreg_builder *b, const char *attr, const mgreg_tensor *value);
void mgreg_op_attr_func(mgreg_builder *b, const char *attr, const char *function);
void mgreg_op_attr_ints(mgreg_builder *b, const char *attr, const int64_t *values, int count);
void mgreg_op_attr_floats(mgreg_builder *b, const char *attr, const float *values, int count);
void mgreg_op_attr_strings(mgreg_builder *b, const char *attr, const char *const *values, int count);
void mgreg_op_attr_types(mgreg_builder *b, const char *attr, const mgreg_dtype *values, int count);
/* Makes the node; its first output, or the node itself. */
mgreg_output mgreg_op_end(mgreg_builder *b);
mgreg_node *mgreg_op_end_node(mgreg_builder *b);
/* Ops of one or two inputs and no attributes to give: mgreg_op_unary(&b, "Floor", x, NULL). */
mgreg_output mgreg_op_unary(mgreg_builder *b, const char *op, mgreg_output x, const char *name);
mgreg_output mgreg_op_binary(mgreg_builder *b, const char *op, mgreg_output x, mgreg_output y, const char *name);

/* Where values come from.  A length of -1 is not known, a rank of -1 neither. */
mgreg_output mgreg_op_placeholder(mgreg_builder *b, mgreg_dtype dtype, const int64_t *dims, int rank, const char *name);
mgreg_output mgreg_op_const(mgreg_builder *b, const mgreg_tensor *value, const char *name);
mgreg_output mgreg_op_scalar(mgreg_builder *b, mgreg_dtype dtype, double value, const char *name);
mgreg_output mgreg_op_text(mgreg_builder *b, const char *text, const char *name);
mgreg_output mgreg_op_floats(mgreg_builder *b, const float *values, const int64_t *dims, int rank, const char *name);
mgreg_output mgreg_op_ints(mgreg_builder *b, const int64_t *values, int count, const char *name);       /* an int32 vector */
mgreg_output mgreg_op_zeros(mgreg_builder *b, mgreg_dtype dtype, const int64_t *dims, int rank, const char *name);
mgreg_output mgreg_op_ones(mgreg_builder *b, mgreg_dtype dtype, const int64_t *dims, int rank, const char *name);
mgreg_output mgreg_op_range(mgreg_builder *b, mgreg_output start, mgreg_output limit, mgreg_output delta, const char *name);
/* A SEED of -1 is none. */
mgreg_output mgreg_op_random_uniform(mgreg_builder *b, mgreg_dtype dtype, const int64_t *dims, int rank, double min, double max,
	int64_t seed, const char *name);
mgreg_output mgreg_op_random_normal(mgreg_builder *b, mgreg_dtype dtype, const int64_t *dims, int rank, double mean, double stddev,
	int64_t seed, const char *name);
mgreg_output mgreg_op_truncated_normal(mgreg_builder *b, mgreg_dtype dtype, const int64_t *dims, int rank, double mean, double stddev,
	int64_t seed, const char *name);

mgreg_output mgreg_op_identity(mgreg_builder *b, mgreg_output x, const char *name);
mgreg_output mgreg_op_stop_gradient(mgreg_builder *b, mgreg_output x, const char *name);
mgreg_output mgreg_op_cast(mgreg_builder *b, mgreg_output x, mgreg_dtype dtype, const char *name);      /* X itself if it is of DTYPE */
mgreg_output mgreg_op_add(mgreg_builder *b, mgreg_output x, mgreg_output y, const char *name);
mgreg_output mgreg_op_sub(mgreg_builder *b, mgreg_output x, mgreg_output y, const char *name);
mgreg_output mgreg_op_mul(mgreg_builder *b, mgreg_output x, mgreg_output y, const char *name);
mgreg_output mgreg_op_div(mgreg_builder *b, mgreg_output x, mgreg_output y, const char *name);          /* integers: FloorDiv */
mgreg_output mgreg_op_neg(mgreg_builder *b, mgreg_output x, const char *name);
mgreg_output mgreg_op_exp(mgreg_builder *b, mgreg_output x, const char *name);
mgreg_output mgreg_op_log(mgreg_builder *b, mgreg_output x, const char *name);
mgreg_output mgreg_op_sqrt(mgreg_builder *b, mgreg_output x, const char *name);
mgreg_output mgreg_op_square(mgreg_builder *b, mgreg_output x, const char *name);
mgreg_output mgreg_op_equal(mgreg_builder *b, mgreg_output x, mgreg_output y, const char *name);
mgreg_output mgreg_op_matmul(mgreg_builder *b, mgreg_output x, mgreg_output y, const char *name);
/* Over AXES, or all of them where COUNT is -1 (the rank must be known then). */
mgreg_output mgreg_op_reduce_sum(mgreg_builder *b, mgreg_output x, const int64_t *axes, int count, int keep_dims, const char *name);
mgreg_output mgreg_op_reduce_mean(mgreg_builder *b, mgreg_output x, const int64_t *axes, int count, int keep_dims, const char *name);
mgreg_output mgreg_op_reduce_max(mgreg_builder *b, mgreg_output x, const int64_t *axes, int count, int keep_dims, const char *name);
mgreg_output mgreg_op_argmax(mgreg_builder *b, mgreg_output x, int64_t axis, const char *name);

mgreg_output mgreg_op_shape(mgreg_builder *b, mgreg_output x, const char *name);
mgreg_output mgreg_op_size(mgreg_builder *b, mgreg_output x, const char *name);
mgreg_output mgreg_op_reshape(mgreg_builder *b, mgreg_output x, const int64_t *dims, int rank, const char *name);
mgreg_output mgreg_op_expand_dims(mgreg_builder *b, mgreg_output x, int64_t axis, const char *name);
mgreg_output mgreg_op_squeeze(mgreg_builder *b, mgreg_output x, const char *name);
mgreg_output mgreg_op_transpose(mgreg_builder *b, mgreg_output x, const int64_t *perm, int count, const char *name);
/* Concat of the graphs up to release 0.12 (axis first), ConcatV2 of those since. */
mgreg_output mgreg_op_concat_v1(mgreg_builder *b, int64_t axis, const mgreg_output *values, int count, const char *name);
mgreg_output mgreg_op_concat(mgreg_builder *b, const mgreg_output *values, int count, int64_t axis, const char *name);
mgreg_output mgreg_op_pack(mgreg_builder *b, const mgreg_output *values, int count, int64_t axis, const char *name);
mgreg_output mgreg_op_gather(mgreg_builder *b, mgreg_output params, mgreg_output indices, int64_t axis, const char *name);
mgreg_output mgreg_op_one_hot(mgreg_builder *b, mgreg_output indices, int64_t depth, double on, double off, const char *name);
mgreg_output mgreg_op_sparse_to_dense(mgreg_builder *b, mgreg_output indices, mgreg_output shape, mgreg_output values,
	mgreg_output otherwise, const char *name);

mgreg_output mgreg_op_relu(mgreg_builder *b, mgreg_output x, const char *name);
mgreg_output mgreg_op_sigmoid(mgreg_builder *b, mgreg_output x, const char *name);
mgreg_output mgreg_op_tanh(mgreg_builder *b, mgreg_output x, const char *name);
mgreg_output mgreg_op_softmax(mgreg_builder *b, mgreg_output x, const char *name);
mgreg_output mgreg_op_bias_add(mgreg_builder *b, mgreg_output x, mgreg_output bias, const char *name);
/* NHWC; strides and window of the two spatial dimensions; PADDING "SAME" or "VALID". */
mgreg_output mgreg_op_conv2d(mgreg_builder *b, mgreg_output x, mgreg_output filter, int stride_h, int stride_w, const char *padding,
	const char *name);
mgreg_output mgreg_op_max_pool(mgreg_builder *b, mgreg_output x, int height, int width, int stride_h, int stride_w, const char *padding,
	const char *name);
/* The loss per row of LOGITS [batch, classes]; LABELS of that shape, or one class number per row. */
mgreg_output mgreg_op_softmax_cross_entropy_with_logits(mgreg_builder *b, mgreg_output logits, mgreg_output labels, const char *name);
mgreg_output mgreg_op_sparse_softmax_cross_entropy_with_logits(mgreg_builder *b, mgreg_output logits, mgreg_output labels, const char *name);

/* A serialized Summary under NAME, added to collection "summaries"; all of that collection in one. */
mgreg_output mgreg_op_scalar_summary(mgreg_builder *b, const char *tag, mgreg_output value);
mgreg_output mgreg_op_merge_all_summaries(mgreg_builder *b, const char *name);

/* ---- variables ---- */
enum mgreg_variable_flags { MGREG_VARIABLE_RESOURCE = 1, MGREG_VARIABLE_NOT_TRAINABLE = 2, MGREG_VARIABLE_LOCAL = 4 };
typedef struct mgreg_variable {
	mgreg_output handle;            /* the reference, or the resource */
	mgreg_output value;             /* what reads it */
	mgreg_node  *initializer;       /* assigns the initial value */
} mgreg_variable;
/* A variable that starts as INITIAL, whose shape must be known; it is added to collections "variables" (or
 * "local_variables") and "trainable_variables". */
mgreg_variable mgreg_op_variable(mgreg_builder *b, mgreg_output initial, unsigned flags, const char *name);
mgreg_output mgreg_op_assign(mgreg_builder *b, mgreg_variable variable, mgreg_output value, const char *name);
/* Every variable of collection "variables" whose name begins with SCOPE (NULL: all), by its name without the scope ("w:0" of
 * "net/w:0" in "net"): what scoped exports and imports of TensorFlow return.  Non-zero from EACH stops and is returned. */
int mgreg_variables_each(mgreg_graph *graph, const char *scope, int (*each)(void *ctx, const char *name, mgreg_variable variable),
	void *ctx, mgreg_error *err);
/* One node that initializes all of "variables"; "init". */
mgreg_node *mgreg_op_initializer(mgreg_builder *b, const char *name);
mgreg_node *mgreg_op_group(mgreg_builder *b, mgreg_node *const *nodes, int count, const char *name);

/* ---- branches and loops ---- */
/* In a result of a branch: the operation itself, not one of its outputs, { node, MGREG_OP_ITSELF }. */
#define MGREG_OP_ITSELF (-1)
/* Writes one branch: makes nodes with B and stores COUNT results in OUT.  Called once, while the cond is built. */
typedef void mgreg_cond_fn(void *payload, mgreg_builder *b, mgreg_output *out, int count);
typedef struct mgreg_cond_fns {
	mgreg_cond_fn *if_true, *if_false;
	void          *payload;         /* handed to both */
} mgreg_cond_fns;
/*
 * tf.cond(PRED, true_fn, false_fn): the Switch, switch_t, switch_f, pred_id and Merge nodes of TensorFlow 1.x below scope NAME
 * ("cond"), and both contexts in collection "cond_context" (inner ones inside the outermost).  OUT[i] becomes the Merge of the
 * branches' i-th results, which must be of one type.  What a branch uses from outside comes in through a Switch; what it
 * makes runs only if it is taken.  A result may be an operation (MGREG_OP_ITSELF): the branch's pivot stands for it, a bool
 * that waits for it.  Summaries made in a branch leave collection "summaries"; the results wait for them.  Conds and loops
 * nest.  INVALID_ARGUMENT: PRED is not a bool, COUNT is 0, a result is missing or the types differ.  After a failure OUT has
 * no nodes; nodes made so far stay in the graph and nothing refers to them.
 */
void mgreg_cond(mgreg_builder *b, mgreg_output pred, const mgreg_cond_fns *fns, mgreg_output *out, int count, const char *name);

/* Writes the condition of a loop (OUT[0]: a bool) or its body (OUT[i]: the next value of VARS[i]) of COUNT loop variables. */
typedef void mgreg_loop_fn(void *payload, mgreg_builder *b, const mgreg_output *vars, mgreg_output *out, int count);
typedef struct mgreg_while_fns {
	mgreg_loop_fn *condition, *body;
	void          *payload;         /* handed to both */
} mgreg_while_fns;
/* Start from MGREG_WHILE_INIT. */
typedef struct mgreg_while_options {
	size_t  size;                   /* sizeof this struct, set by the initialiser */
	int     parallel_iterations;    /* at least 1 */
	int     back_prop, swap_memory;
	/* An integer scalar: the loop ends after so many iterations; node NULL: none.  Brings a counter along, as TensorFlow does. */
	mgreg_output maximum_iterations;
	/* What stays true of every variable's shape: ranks (-1: not known) and dimensions (-1: not known); NULL: the shapes that the
	 * variables enter with. */
	const int           *shape_ranks;
	const int64_t *const *shape_dims;
} mgreg_while_options;
#define MGREG_WHILE_INIT { sizeof(mgreg_while_options), 10, 1, 0, { NULL, 0 }, NULL, NULL }
/*
 * tf.while_loop(cond, body, VARS): the Enter, Merge, LoopCond, Switch, Identity, NextIteration and Exit nodes of TensorFlow 1.x
 * below scope NAME ("while"), and the context in collection "while_context" (inner ones inside the outermost).  OUT[i]
 * becomes the Exit of variable i and may be the array VARS.  What condition and body use from outside comes in through an
 * Enter that keeps its value (is_constant).  INVALID_ARGUMENT: no variables, a condition that is not a bool, a missing result,
 * a shape that an iteration changes beyond the invariant (the message names the variable and both shapes).  After a failure
 * OUT has no nodes; nodes made so far stay in the graph and nothing refers to them.
 */
void mgreg_while_loop(mgreg_builder *b, const mgreg_output *vars, int count, const mgreg_while_fns *fns,
	const mgreg_while_options *options, mgreg_output *out, const char *name);

/* ---- gradients, training ---- */
/* OUT[i]: the gradient of the sum of YS by XS[i], dense; node NULL where YS do not depend on it.  NOT_FOUND names an op
 * without a gradient. */
int mgreg_gradients(mgreg_graph *graph, const mgreg_output *ys, int y_count, const mgreg_output *xs, int x_count, mgreg_output *out,
	mgreg_error *err);
/* What makes LOSS smaller: gradients by all trainable variables and updates of OPTIMIZER ("sgd:learning_rate=0.1",
 * "adam:learning_rate=0.001"; mgreg(1) lists them).  With COUNT_STEPS the variable "global_step" is made (unless it is there)
 * and counts.  The train op is added to collection "train_op". */
int mgreg_minimize(mgreg_graph *graph, mgreg_output loss, const char *optimizer, int count_steps, mgreg_node **train_op, mgreg_error *err);

/* ---- the ops ---- */
/* One of TensorFlow's ops.  Texts are static. */
typedef struct mgreg_op_info {
	const char *op;
	const char *tier;               /* "P0": the MetaGraph guide's .. "P3": rare */
	const char *since, *until;      /* releases that registered it first and last; until NULL: never dropped */
	int         deprecated_at;      /* GraphDef version from which graphs may not have it, 0: none */
	const char *deprecation;        /* what to use instead, or NULL */
	unsigned    can_run:1;          /* for some types at least; of a node: mgreg_node_can_run */
	unsigned    has_gradient:1;
	unsigned    has_shape:1;        /* shapes of its outputs are inferred */
	unsigned    is_stateful:1;
} mgreg_op_info;
/* Every known op of TensorFlow's by name, then those of mgreg_op_register(); non-zero from EACH stops and is returned. */
int mgreg_op_each(int (*each)(void *ctx, const mgreg_op_info *op), void *ctx);
int mgreg_op_describe(const char *op, mgreg_op_info *out, mgreg_error *err);

MGREG_END
#endif
