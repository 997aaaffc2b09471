/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grad_internal.h - rows of the gradient tables, what their functions see, and the vocabulary they are written in.
 *
 * Node names are those that TensorFlow's Python functions leave behind: a `*` is "mul", reduce_sum is "Sum", a constant
 * operand of "Maximum" is "Maximum/y".  Every helper does nothing once the builder has failed, and none looks into an
 * output that does not exist, so that a gradient function reads as the formula it writes.
 */
#ifndef MG_GRAD_INTERNAL_H
#define MG_GRAD_INTERNAL_H

#include "grad/grad.h"

typedef struct mg_grad_ctx {
	mg_builder           b;         /* sticky; the scope is "<gradients>/<op>_grad/" */
	const mg_node       *node;
	const mg_grad_value *out;       /* per output of the node; none where nothing arrived and the type is not trainable */
	mg_grad_value       *in;        /* per input: to be filled, starts as none */
	void                *pass;      /* backprop's own */
	struct mg_loops     *loops;     /* while loops that the gradients go through, or NULL */
} mg_grad_ctx;
typedef int mg_grad_fn(mg_grad_ctx *c);         /* returns c->b.rc or an error of its own */

typedef struct mg_grad {
	const char *op;
	mg_grad_fn *fn;                 /* NULL: registered as not differentiable */
} mg_grad;

extern const mg_grad mg_grads_math[], mg_grads_reduce[], mg_grads_linalg[], mg_grads_decomp[], mg_grads_rnn[], mg_grads_rare[], mg_grads_array[], mg_grads_nn[],
	mg_grads_conv[], mg_grads_control[], mg_grads_state[], mg_grads_data_flow[], mg_grads_tensor_array[], mg_grads_none[];
extern const mg_grad mg_grad_library_call;      /* of nodes whose op is a function of the library */
const mg_grad *mg_grad_find(const char *op);
const mg_grad *mg_grad_at(size_t i);            /* every row, for tests; NULL after the last */

static inline mg_output mg_grad_x(const mg_grad_ctx *c, int i) { return c->node->inputs[i]; }
static inline mg_output mg_grad_y(const mg_grad_ctx *c, int i) { return MG_OUTPUT((mg_node *)c->node, i); }
/* Incoming gradient of output I as a dense tensor (IndexedSlices are made dense). */
mg_output mg_grad_dy(mg_grad_ctx *c, int i);
/* IndexedSlices -> dense: UnsortedSegmentSum over the first dimension. */
mg_output mg_grad_densify(mg_builder *b, const mg_grad_value *v);
/* Result for input I. */
static inline void mg_grad_set(mg_grad_ctx *c, int i, mg_output v) { c->in[i].dense = v; }
bool mg_grad_is_trainable(int dtype);
/* Zeros for output I of NODE, to which no gradient came, outside loops (section 1, step 4c). */
mg_output mg_grad_zeros_outside(mg_builder *b, const mg_node *node, int i);

/* ---- vocabulary (grad_build.c) ---- */
mg_output mg_g1(mg_grad_ctx *c, const char *op, const char *name, mg_output a);
mg_output mg_g2(mg_grad_ctx *c, const char *op, const char *name, mg_output a, mg_output b);
mg_output mg_g3(mg_grad_ctx *c, const char *op, const char *name, mg_output a, mg_output b, mg_output d);
/* OP with a constant operand of X's type, which is named NAME/ARG; FIRST: the constant is the first operand. */
mg_output mg_g2k(mg_grad_ctx *c, const char *op, const char *name, const char *arg, mg_output x, double value, bool first);
/* The same with an int32 vector constant as second operand ("Reshape/shape"). */
mg_output mg_g2v(mg_grad_ctx *c, const char *op, const char *name, const char *arg, mg_output x, const int64_t *v, int n);
/* ... and an int32 scalar ("ExpandDims/dim"). */
mg_output mg_g2i(mg_grad_ctx *c, const char *op, const char *name, const char *arg, mg_output x, int64_t v);
mg_output mg_g_k(mg_grad_ctx *c, const char *name, mg_output like, double value);        /* Const of LIKE's type */
mg_output mg_g_shape(mg_grad_ctx *c, mg_output x);              /* "Shape"; a Const where the shape is known */
mg_output mg_g_size(mg_grad_ctx *c, mg_output x);               /* "Size" */
mg_output mg_g_rank(mg_grad_ctx *c, mg_output x);               /* "Rank" */
mg_output mg_g_reduce(mg_grad_ctx *c, const char *op, mg_output x, mg_output axes, bool keep);
mg_output mg_g_reduce_all(mg_grad_ctx *c, const char *op, mg_output x);          /* over every axis: "Const", then the op */
mg_output mg_g_range(mg_grad_ctx *c, int64_t start, mg_output limit);           /* "range/start", "range/delta", "range" */
mg_output mg_g_cast(mg_grad_ctx *c, mg_output x, int dtype);                    /* nothing where it has the type */
mg_output mg_g_zeros(mg_grad_ctx *c, mg_output shape, int dtype);               /* "zeros/Const", "zeros" */
mg_output mg_g_zeros_like(mg_grad_ctx *c, mg_output x);
mg_output mg_g_ones_like(mg_grad_ctx *c, mg_output x);
mg_output mg_g_concat(mg_grad_ctx *c, const mg_output *v, int n, int64_t axis);  /* "concat/axis", "concat" */
mg_output mg_g_gather(mg_grad_ctx *c, mg_output params, mg_output indices, int64_t axis);
/* x[begin:end] of the first dimension; END 0: to the end; SHRINK: x[begin]. */
mg_output mg_g_strided(mg_grad_ctx *c, mg_output x, int64_t begin, int64_t end, bool shrink);
mg_output mg_g_matmul(mg_grad_ctx *c, mg_output a, mg_output b, bool ta, bool tb);
mg_output mg_g_conj(mg_grad_ctx *c, mg_output x);
mg_output mg_g_pack(mg_grad_ctx *c, const mg_output *v, int n);                  /* "stack" */
mg_output mg_g_transpose(mg_grad_ctx *c, mg_output x, mg_output perm);
/* The shape that a reduction of SHAPE over AXES would have had with keep_dims, and SHAPE divided by it. */
mg_output mg_g_reduced_shape(mg_grad_ctx *c, mg_output shape, mg_output axes);
mg_output mg_g_shape_div(mg_grad_ctx *c, mg_output a, mg_output b);
/* Output I of a node made for several outputs. */
static inline mg_output mg_g_at(mg_output o, int i) { return o.node ? MG_OUTPUT(o.node, i) : MG_NO_OUTPUT; }
/* Runs what follows with control edges from X, until mg_g_after_end(). */
void mg_g_after(mg_grad_ctx *c, mg_output x);
void mg_g_after_end(mg_grad_ctx *c);
const mg_attr_value *mg_g_attr(const mg_grad_ctx *c, const char *name);
int mg_g_attr_int(const mg_grad_ctx *c, const char *name);       /* 0 where absent */
bool mg_g_attr_bool(const mg_grad_ctx *c, const char *name);
static inline int mg_g_type(mg_output o) { return o.node ? (int)mg_output_type(o) : MGREG_INVALID; }
static inline const mg_shape *mg_g_static(mg_output o) { static const mg_shape none = { .rank = MG_RANK_UNKNOWN }; return o.node ? mg_output_shape(o) : &none; }
bool mg_g_constant_ints(mg_output o, int64_t *out, int max, int *n);             /* a known integer scalar or vector */

/* Broadcast reduction (section 2).  The form with G makes no nodes where all shapes are known to be equal. */
typedef struct mg_g_br { bool skip; mg_output sx, sy, rx, ry; } mg_g_br;
mg_g_br mg_g_br_begin(mg_grad_ctx *c, mg_output x, mg_output y);
mg_g_br mg_g_br_begin_unless_equal(mg_grad_ctx *c, mg_output x, mg_output y, mg_output g);
mg_output mg_g_br_x(mg_grad_ctx *c, const mg_g_br *r, mg_output dx);
mg_output mg_g_br_y(mg_grad_ctx *c, const mg_g_br *r, mg_output dy);
#endif
