/* SPDX-License-Identifier: Apache-2.0 */
/* finite.h - rows of the gradient cases; see test_finite.c. */
#ifndef MG_TEST_FINITE_H
#define MG_TEST_FINITE_H

#include "graph/graph.h"
#include "kernels/cases.h"

enum grad_case_kind {
	NUMERIC,
	NONE,           /* the gradient is none */
	STRAIGHT,       /* the output has steps: by definition its gradient goes straight to the input */
	REFUSED,        /* mg_gradients() fails */
	RANDOM,         /* every run draws anew: the gradient is built, not compared */
	NO_KERNEL,      /* the op has no kernel: the row cannot be checked by running it */
};

typedef struct grad_case {
	const char *op, *attrs;
	const char *in[MAX_IN];
	unsigned    xs, ys;             /* bits of the inputs to differentiate and the outputs to use; 0: all floating ones */
	enum grad_case_kind kind;
	double      tolerance;          /* 0: 1e-6, for float 1e-2 */
	bool        single;             /* float inside, though the inputs are double */
	bool        known_only;         /* the graph must know shapes and integer inputs */
	/* Builds more than one node of OP from X; fills YS and returns how many. */
	int       (*build)(mg_builder *b, const mg_output *x, int n, mg_output *ys);
} grad_case;

extern const grad_case finite_math[], finite_decomp[], finite_array[], finite_nn[], finite_flow[];
#endif
