/* SPDX-License-Identifier: Apache-2.0 */
/* train.h - optimizers, schedules, clipping, moving averages: nodes and variables added to the graph. */
#ifndef MG_TRAIN_H
#define MG_TRAIN_H

#include "grad/grad.h"
#include "mgreg/train.h"

/* "sgd:learning_rate=0.01", "adam:learning_rate=0.001,beta1=0.9": name and arguments. */
typedef struct mg_optimizer_arg { const char *name; double value; const char *text; } mg_optimizer_arg;
typedef struct mg_optimizer_config {
	const char             *kind;           /* "sgd", "gradientdescent", "momentum", "adam", ... */
	const mg_optimizer_arg *args;
	int                     arg_count;
	mg_output               learning_rate;  /* a tensor instead of the constant, or node NULL */
	const char             *name;           /* scope; NULL: TensorFlow's ("GradientDescent", "Adam", ...) */
} mg_optimizer_config;
int mg_optimizer_parse(const char *text, mg_arena *arena, mg_optimizer_config *out, mgreg_error *err);

typedef struct mg_minimize_options {
	const mg_variable_record *const *variables;     /* NULL: trainable_variables */
	int       variable_count;
	const mg_variable_record *global_step;          /* NULL: none is incremented */
	bool      no_train_op_collection;
} mg_minimize_options;
/* gradients + apply ops; *TRAIN_OP is appended to collection train_op. */
int mg_minimize(mg_graph *g, mg_output loss, const mg_optimizer_config *c, const mg_minimize_options *o, mg_node **train_op, mgreg_error *err);
int mg_apply_gradients(mg_graph *g, const mg_optimizer_config *c, const mg_variable_record *const *vars, const mg_grad_value *grads, int count,
	const mg_variable_record *global_step, mg_node **train_op, mgreg_error *err);
/* Variables that an optimizer added (slots, powers) since the graph had NODE_COUNT nodes are found in `variables`. */
int mg_global_step_create(mg_graph *g, const mg_variable_record **out, mgreg_error *err);
/* Collection global_step, else tensor global_step:0; NULL if none. */
int mg_global_step_find(mg_graph *g, mg_output *out, mgreg_error *err);
#endif
