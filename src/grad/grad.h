/* SPDX-License-Identifier: Apache-2.0 */
/* grad.h - gradients, as nodes added to the graph (gradients.md).  Nothing is computed here. */
#ifndef MG_GRAD_H
#define MG_GRAD_H

#include "graph/graph.h"

/* A gradient: none (both NULL), dense, or IndexedSlices. */
typedef struct mg_grad_value {
	mg_output dense;
	mg_output values, indices, dense_shape;         /* IndexedSlices when values.node is set */
} mg_grad_value;
static inline bool mg_grad_is_none(const mg_grad_value *v) { return !v->dense.node && !v->values.node; }

typedef struct mg_grad_options {
	const mg_output *grad_ys;       /* one per y (node NULL: ones), or NULL */
	const mg_output *stop;          /* stop_gradients */
	int              stop_count;
	bool             gate;          /* GATE_OP */
	bool             colocate;
	int              aggregation;   /* 0 ADD_N, 1 TREE, 2 ACCUMULATE_N */
	const char      *name;          /* "gradients" */
} mg_grad_options;

/* OUT[i] for xs[i].  NOT_FOUND (LookupError) names an op without gradient. */
int mg_gradients(mg_graph *g, const mg_output *ys, int ny, const mg_output *xs, int nx, const mg_grad_options *o,
	mg_grad_value *out, mgreg_error *err);
/* V as a dense tensor: IndexedSlices are summed into their places. */
mg_output mg_grad_dense(mg_builder *b, const mg_grad_value *v);
/* Does OP have a gradient function (or is it registered as not differentiable)? */
bool mg_grad_known(const char *op);
bool mg_grad_not_differentiable(const char *op);
#endif
