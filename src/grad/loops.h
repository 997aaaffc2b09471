/* SPDX-License-Identifier: Apache-2.0 */
/* loops.h - gradients through while loops: what backprop and the gradient functions of control flow ask of loops.c. */
#ifndef MG_GRAD_LOOPS_H
#define MG_GRAD_LOOPS_H

#include "grad/grad.h"

typedef struct mg_loops mg_loops;               /* the loops of one call of mg_gradients(); NULL: there are none */
typedef struct mg_grad_loop mg_grad_loop;       /* one of them */

bool mg_loops_is_switch(const mg_node *n);      /* the Switch of a loop variable */
bool mg_loops_is_exit(const mg_node *n);
/* The loop that EXIT leaves gets a gradient loop, unless it has one (*MADE is NULL then).  *ALL is made when need be. */
int mg_loops_add(mg_loops **all, mg_graph *g, const mg_node *exit, mg_grad_loop **made, mgreg_error *err);
int mg_loops_exit_count(const mg_grad_loop *l);
mg_output mg_loops_exit(const mg_grad_loop *l, int i);
void mg_loops_free(mg_loops *all);
void mg_loops_finish(mg_loops *all, mg_builder *b);

/* The loop N belongs to; BEFORE: an Exit counts to the loop around. */
mg_grad_loop *mg_loops_of(const mg_loops *all, const mg_node *n, bool before);
/* Enters and leaves the gradient context of that loop. */
void mg_loops_enter(mg_loops *all, mg_builder *b, const mg_node *n, bool before);
void mg_loops_leave(mg_loops *all, const mg_node *n, bool before);

/* How many uses of N wait for a gradient; *IS_Y: it is one of the ys. */
typedef int mg_loops_pending(void *ctx, const mg_node *n, bool *is_y);
typedef bool mg_loops_has_fn(void *ctx, mg_output exit);                /* has a gradient arrived? */
typedef int mg_loops_exit_fn(void *ctx, mg_output exit, bool zeros);    /* queue it, with zeros for a gradient */
/* Exits that nobody between uses; SEED is called for those of loops all of whose exits are so or ys. */
int mg_loops_unused_exits(mg_loops *all, mg_loops_pending *pending, mg_loops_exit_fn *seed, void *ctx, mgreg_error *err);
/* The Enters of all loop variables: they get a gradient even where nobody asks for it. */
int mg_loops_each_enter(mg_loops *all, int (*each)(void *ctx, mg_node *enter), void *ctx);
/* EXIT could be visited: with the last one of its loop, all of them are queued. */
int mg_loops_exit_ready(mg_loops *all, const mg_node *exit, mg_loops_has_fn *has, mg_loops_exit_fn *queue, void *ctx, mgreg_error *err);

mg_output mg_loops_zeros_for_exit(mg_loops *all, mg_builder *b, mg_output exit);
mg_output mg_loops_zeros(mg_loops *all, mg_builder *b, const mg_node *n, int i);        /* for output I, within the gradient context */

/* ---- within a gradient context ---- */
bool mg_loops_inside(const mg_loops *all);
bool mg_loops_back_prop(const mg_loops *all);
bool mg_loops_first_visit(const mg_loops *all, const mg_node *n);
mg_output mg_loops_switch_grad(mg_loops *all, mg_builder *b, const mg_node *n, mg_output g0, mg_output g1);
mg_output mg_loops_pivot(mg_loops *all, mg_builder *b);
mg_output mg_loops_pred(mg_loops *all, mg_builder *b, mg_output pred);
mg_grad_value mg_loops_exit_grad(mg_loops *all, mg_builder *b, const mg_grad_value *g);
mg_output mg_loops_enter_grad(mg_loops *all, mg_builder *b, mg_output g);
mg_output mg_loops_accumulate(mg_loops *all, mg_builder *b, const mg_node *n, mg_output g);
mg_grad_value mg_loops_accumulate_slices(mg_loops *all, mg_builder *b, const mg_node *n, const mg_grad_value *g);
mg_node *mg_loops_grad_sync(mg_grad_loop *l, mg_builder *b);
#endif
