/* SPDX-License-Identifier: Apache-2.0 */
/* mgreg/custom.h - ops of the caller's own: their definition, shapes, kernel and gradient. */
#ifndef MGREG_CUSTOM_H
#define MGREG_CUSTOM_H

#include "mgreg/graph.h"

MGREG_BEGIN

/* ---- ops of the caller's own -------------------------------------------------------------- */

/* What a kernel sees and fills; valid for the call alone. */
typedef struct mgreg_kernel_call {
	const mgreg_node          *node;        /* its attributes: mgreg_node_attr_...() */
	const mgreg_tensor *const *inputs;      /* values, in the order of the definition; to be read only */
	mgreg_tensor             **outputs;     /* to be set to new tensors, whose ownership passes to the caller; all NULL at first */
	int                        input_count, output_count;
} mgreg_kernel_call;

/* Shapes of one node while a graph is built; a rank of -1 is not known, a dimension of -1 neither. */
typedef struct mgreg_shape_call {
	const mgreg_node *node;                 /* NULL while the node is being made: attributes are not to be had then */
	int               input_count, output_count;
	void             *inside;               /* the library's own */
} mgreg_shape_call;
int mgreg_shape_call_rank(const mgreg_shape_call *call, int input);
int64_t mgreg_shape_call_dim(const mgreg_shape_call *call, int input, int dim);         /* -1 also where there is no such dimension */
/* Output OUTPUT gets these DIMS; RANK -1: unknown (as without this call). */
int mgreg_shape_call_set(mgreg_shape_call *call, int output, const int64_t *dims, int rank, mgreg_error *err);

/*
 * An op, as TensorFlow's REGISTER_OP, REGISTER_KERNEL_BUILDER and RegisterGradient make one together.  Start from MGREG_CUSTOM_OP_INIT.
 *
 * DEFINITION is TensorFlow's OpDef in protobuf's text format:
 *
 *      name: 'ZeroOut'
 *      input_arg { name: 'x' type_attr: 'T' } output_arg { name: 'y' type_attr: 'T' }
 *      attr { name: 'T' type: 'type' allowed_values { list { type: DT_FLOAT type: DT_DOUBLE } } }
 *
 * The functions get CTX.  They return 0, or a code with *ERR filled; they may be called from several threads at once.
 */
typedef struct mgreg_custom_op {
	size_t      size;
	const char *definition;
	void       *ctx;
	/* NULL: the outputs' shapes are unknown. */
	int (*shape)(void *ctx, mgreg_shape_call *call, mgreg_error *err);
	/* NULL: graphs with it can be imported, changed and stored, but its nodes do not run.  A type or shape that differs from what
	 * the definition says of an output is INTERNAL. */
	int (*run)(void *ctx, mgreg_kernel_call *call, mgreg_error *err);
	/* NULL: asking for a gradient through it is NOT_FOUND.  DY[i] is the gradient of output i, node NULL where none arrived; DX[i] is
	 * to be set to that of input i, or left without a node.  Ops are added through B, below the scope of the node's gradient. */
	int (*gradient)(void *ctx, mgreg_builder *b, mgreg_node *node, const mgreg_output *dy, mgreg_output *dx);
} mgreg_custom_op;
#define MGREG_CUSTOM_OP_INIT { sizeof(mgreg_custom_op), NULL, NULL, NULL, NULL, NULL }

/* Makes the op known to every graph of this process, for as long as it runs.  Texts are copied; CTX must live on.  Any thread.
 * ALREADY_EXISTS: there is an op of this name.  INVALID_ARGUMENT: the definition does not parse or contradicts itself.
 * RESOURCE_EXHAUSTED: memory is short, or 1000 ops are registered already. */
int mgreg_op_register(const mgreg_custom_op *op, mgreg_error *err);

MGREG_END
#endif
