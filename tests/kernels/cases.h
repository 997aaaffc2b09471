/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cases.h - a kernel's cases as text: op, attributes, inputs, what must come out.
 *
 * A tensor is "dtype:JSON", or "dtype(2,0):JSON" where the JSON does not say the shape (then it is a flat list, or one value for
 * all elements).  Attributes are "name=value name=value"; lists have commas; types are op names.  Type and number attributes
 * follow from the inputs.
 */
#ifndef MG_TEST_CASES_H
#define MG_TEST_CASES_H

#include "runtime/runtime.h"

#define MAX_IN 20
#define MAX_OUT 8

typedef struct kernel_case {
	const char *op, *attrs;
	const char *in[MAX_IN];
	const char *out[MAX_OUT];       /* "" : any value */
	mgreg_code  error;              /* instead of outputs */
	double      tolerance;          /* relative and absolute; 0: the very bits */
} kernel_case;

int case_tensor(mg_tensor *out, const char *text, mgreg_error *err);
/* A node of OP over these inputs. */
int case_node(mg_graph *g, const char *op, const char *attrs, const mg_output *in, int count, mg_node **out, mgreg_error *err);
/* Runs the op over COUNT inputs in a session of THREADS; OUTPUTS (zero) gets what comes out, *N how many. */
int case_run(const char *op, const char *attrs, const mg_tensor *in, int count, int threads, bool optimize, mg_tensor *outputs,
	int *n, mgreg_error *err);
/* Runs and compares, for one and two threads, which must agree in every bit.  false: WHY says what is wrong. */
bool case_holds(const kernel_case *c, mg_str *why);
#endif
