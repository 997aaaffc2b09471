/* SPDX-License-Identifier: Apache-2.0 */
/* rt.h - what the tests of the runtime share: a graph, its builder, a session, short ways to run. */
#ifndef RT_H
#define RT_H

#include "testing.h"
#include "runtime/runtime.h"

typedef struct rt {
	mg_graph   *g;
	mg_session *s;
	mg_builder  b;
	mgreg_error err;
} rt;

void rt_begin(rt *t);
void rt_begin_with(rt *t, const mg_session_options *options);
void rt_end(rt *t);
/* Constants. */
mg_output rt_floats(rt *t, const char *name, int n, ...);               /* vector of doubles given */
mg_output rt_float(rt *t, const char *name, double v);
mg_output rt_bool(rt *t, const char *name, bool v);
mg_output rt_ints(rt *t, const char *name, int n, ...);                 /* int32 vector */
mg_output rt_string(rt *t, const char *name, const char *text);
/* Reference variable of dtype float and shape [n] (n < 0: scalar), not initialized. */
mg_output rt_variable(rt *t, const char *name, int n);
/* Runs nodes; must work (or fail with CODE). */
void rt_run(rt *t, mg_node *n);
void rt_run_fails(rt *t, mg_node *n, mgreg_code code);
void rt_fetch(rt *t, mg_output o, mg_tensor *out);
double rt_fetch_scalar(rt *t, mg_output o);
void rt_fetch_fails(rt *t, mg_output o, mgreg_code code);
/* Variable NAME := values. */
void rt_set(rt *t, const char *name, int n, const double *values);
double rt_get(rt *t, const char *name, int i);

/* A while loop by hand: rt_loop_begin(); the predicate from merge[]; rt_loop_cond(); the body from body[]; rt_loop_end(). */
#define RT_LOOP_MAX 8
typedef struct rt_loop {
	rt         *t;
	const char *frame;
	int         parallel, n;
	mg_output   enter[RT_LOOP_MAX], merge[RT_LOOP_MAX], body[RT_LOOP_MAX], exit[RT_LOOP_MAX];
	mg_output   cond;
} rt_loop;
void rt_loop_begin(rt_loop *l, rt *t, const char *frame, int parallel, int n, ...);      /* mg_output initial values */
mg_output rt_loop_invariant(rt_loop *l, mg_output x);
void rt_loop_cond(rt_loop *l, mg_output pred);
void rt_loop_end(rt_loop *l, ...);                                      /* mg_output: what each becomes */
/* Constants in a loop: they wait for AFTER. */
mg_output rt_int_after(rt *t, int v, mg_output after);
mg_output rt_float_after(rt *t, double v, mg_output after);
#endif
