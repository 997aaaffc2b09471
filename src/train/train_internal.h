/* SPDX-License-Identifier: Apache-2.0 */
/* train_internal.h - optimizers as rows, and what their special cases share. */
#ifndef MG_TRAIN_INTERNAL_H
#define MG_TRAIN_INTERNAL_H

#include "train/train.h"

#define MG_MAX_HYPER 6
#define MG_MAX_SLOTS 3

typedef struct mg_hyper {
	const char *arg;                /* argument's name in TensorFlow's class */
	const char *node;               /* name of its Const below the optimizer's scope; NULL: not a node */
	double      value;              /* default */
	bool        required;
	bool        positive;           /* > 0 wanted; otherwise >= 0 where CHECKED */
	bool        checked;
	bool        log;                /* the node holds the natural logarithm of the argument */
} mg_hyper;

typedef enum mg_slot_init { MG_SLOT_ZEROS, MG_SLOT_ONES, MG_SLOT_HYPER } mg_slot_init;

struct mg_apply;

/*
 * One optimizer.  The inputs of its ops are spelled with a letter each: v variable, 0 1 2 slots, g gradient, x indices,
 * p q powers of beta1 and beta2, s the step that this update is (global step + 1), and a b c d e f its hyper-parameters in the
 * order of the row.
 */
typedef struct mg_optimizer {
	const char     *kind;           /* class name in lower case, without "optimizer" */
	const char     *alias;          /* another name, or NULL */
	const char     *name;           /* scope, and the name of its slots */
	mg_hyper        hyper[MG_MAX_HYPER];
	const char     *op;             /* ApplyX; its other forms are ResourceApplyX, SparseApplyX, ResourceSparseApplyX */
	const char     *dense;
	const char     *sparse;         /* NULL: FN makes them; without FN they become dense first */
	const char     *flag;           /* boolean argument that becomes attribute use_nesterov, or NULL */
	bool            always;         /* use_nesterov is set, without being an argument */
	bool            resource_only;  /* there is no op for reference variables */
	mg_slot_init    slots[MG_MAX_SLOTS];
	int             slot_count;
	int             init_hyper;     /* which hyper-parameter MG_SLOT_HYPER is */
	int             powers;         /* 1: beta1_power, 2: and beta2_power */
	bool            sum_duplicates; /* sparse gradients are added up per row first */
	mg_output     (*sparse_fn)(struct mg_apply *a, int variable, mg_output values, mg_output indices);
} mg_optimizer;

const mg_optimizer *mg_optimizer_find(const char *kind);
const mg_optimizer *mg_optimizer_at(size_t i);          /* NULL after the last */
/* The row that CONFIG means (RMSProp with centered, Ftrl with shrinkage have rows of their own), its hyper-parameters
 * and its flag. */
int mg_optimizer_settle(const mg_optimizer_config *c, const mg_optimizer **row, double hyper[MG_MAX_HYPER], bool *flag, mgreg_error *err);

typedef struct mg_slots { const mg_variable_record *at[MG_MAX_SLOTS]; } mg_slots;

/* An optimizer at work. */
typedef struct mg_apply {
	mg_builder                        b;
	mg_graph                         *g;
	const mg_optimizer               *row;
	double                            value[MG_MAX_HYPER];
	bool                              flag;
	mg_output                         hyper[MG_MAX_HYPER];  /* their nodes */
	const mg_variable_record *const  *vars;
	const mg_grad_value              *grads;
	int                               count;
	mg_slots                         *slots;                /* per variable */
	const mg_variable_record         *powers[2];
	const mg_variable_record         *step;                 /* the global step, or NULL */
	mg_output                         next_step;            /* it plus one, where the row asks for it */
} mg_apply;

/* Slots and powers, at the root whatever the current scope is (powers: in it). */
int mg_slots_create(mg_apply *a);
mg_output mg_apply_handle(mg_apply *a, const mg_variable_record *v);
mg_output mg_apply_read(mg_apply *a, const mg_variable_record *v);
mg_output mg_apply_hyper(mg_apply *a, int i, mg_dtype type);            /* cast to the variable's type where needed */

mg_output mg_sgd_sparse(mg_apply *a, int variable, mg_output values, mg_output indices);
mg_output mg_nadam_sparse(mg_apply *a, int variable, mg_output values, mg_output indices);
mg_output mg_lazy_adam_sparse(mg_apply *a, int variable, mg_output values, mg_output indices);
mg_output mg_adamax_sparse(mg_apply *a, int variable, mg_output values, mg_output indices);
mg_output mg_adam_sparse(mg_apply *a, int variable, mg_output values, mg_output indices);
/* 1 - x and the like: a constant operand named as Python names it. */
mg_output mg_apply_from_one(mg_apply *a, mg_output x);

/* ---- pyop.c: ops as Python writes them ---- */
mg_dtype mg_type_of(mg_output o);               /* float where there is none, once building has failed */
bool mg_is_there(mg_builder *b, const char *what, mg_output o);
const char *mg_enter(mg_builder *b, const char *name, const char *otherwise);   /* the scope with its "/"; NULL: failed, not entered */
mg_output mg_leave(mg_builder *b, mg_output o);
mg_output mg_op1(mg_builder *b, const char *op, const char *name, mg_output x);
mg_output mg_op2(mg_builder *b, const char *op, const char *name, mg_output x, mg_output y);
mg_output mg_op2n(mg_builder *b, const char *op, const char *name, mg_output x, double y);      /* a number on the right: NAME/y */
mg_output mg_op2l(mg_builder *b, const char *op, const char *name, double x, mg_output y);      /* on the left: NAME/x */
mg_output mg_cast(mg_builder *b, mg_output x, mg_dtype type, const char *name);
mg_output mg_cast_number(mg_builder *b, double number, mg_dtype type);
mg_output mg_value_of(mg_builder *b, mg_output o);      /* of a variable what reads it */
mg_output mg_reduce(mg_builder *b, const char *op, mg_output x, const int64_t *axes, int count, bool keep_dims, const char *name);
#endif
