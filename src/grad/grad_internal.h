/* SPDX-License-Identifier: Apache-2.0 */
/* grad_internal.h - rows of the gradient tables and what their functions see. */
#ifndef MG_GRAD_INTERNAL_H
#define MG_GRAD_INTERNAL_H

#include "grad/grad.h"

typedef struct mg_grad_ctx {
	mg_builder           b;         /* sticky; the scope is "<gradients>/<op>_grad/" */
	const mg_node       *node;
	const mg_grad_value *out;       /* per output of the node; none where nothing arrived and the type is not trainable */
	mg_grad_value       *in;        /* per input: to be filled, starts as none */
	void                *pass;      /* backprop's own */
} mg_grad_ctx;
typedef int mg_grad_fn(mg_grad_ctx *c);         /* returns c->b.rc or an error of its own */

typedef struct mg_grad {
	const char *op;
	mg_grad_fn *fn;                 /* NULL: registered as not differentiable */
} mg_grad;

static inline mg_output mg_grad_x(const mg_grad_ctx *c, int i) { return c->node->inputs[i]; }
static inline mg_output mg_grad_y(const mg_grad_ctx *c, int i) { return MG_OUTPUT((mg_node *)c->node, i); }
/* Incoming gradient of output I as a dense tensor (IndexedSlices are made dense). */
mg_output mg_grad_dy(mg_grad_ctx *c, int i);
#endif
