/* SPDX-License-Identifier: Apache-2.0 */
/*
 * function.h - calling functions of the library: PartitionedCall and its like, branches, loop bodies, functions of data sets.
 *
 * An instance is a body with its attributes filled in: a graph of its own (arguments are placeholders) with a session below the
 * caller's, whose pool, memory, resources and roots it uses.  Instances are made once and kept by the top session.
 */
#ifndef MG_FUNCTION_H
#define MG_FUNCTION_H

#include "runtime/kernel.h"

typedef struct mg_function mg_function;

/* The instance of library function NAME with its attributes (ATTRS may be NULL); borrowed, lives as long as the session.  NOT_FOUND. */
int mg_function_get(mg_session *s, const char *name, const mg_attrs *attrs, mg_function **out, mgreg_error *err);
/* The same for a func attribute. */
int mg_function_of_attr(mg_session *s, const mg_attrs *attrs, const char *attr, mg_function **out, mgreg_error *err);
/* The function from the arguments of NAME and the gradients of its results to the gradients of its arguments: what the library names, or
 * made by differentiating the body.  Like the others not for prepare, where a plan is being compiled. */
int mg_function_gradient(mg_session *s, const char *name, const mg_attrs *attrs, mg_function **out, mgreg_error *err);
int mg_function_arg_count(const mg_function *f);
mg_dtype mg_function_arg_type(const mg_function *f, int i);
int mg_function_result_count(const mg_function *f);
mg_dtype mg_function_result_type(const mg_function *f, int i);
/* Calls F; RESULTS (zero on entry) has room for all results.  K is the run that calls (its deadline holds), or NULL. */
int mg_function_call(mg_function *f, const mg_kernel_ctx *k, const mg_tensor *const *args, int count, mg_tensor *results, mgreg_error *err);
#endif
