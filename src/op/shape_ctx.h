/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shape_ctx.h - what shape functions are written with.
 *
 * Shapes are worked on as mg_dims: an array of lengths, -1 for what is not known, rank -1 where nothing is.  A getter of
 * a constant that is not there notes that the function would have used one, so that the graph may go and fold it.
 */
#ifndef MG_SHAPE_CTX_H
#define MG_SHAPE_CTX_H

#include "op/op_internal.h"

typedef struct mg_dims {
	int     rank;
	int64_t at[MG_MAX_RANK + 1];
} mg_dims;

/* INVALID_ARGUMENT: the text, then node, op and the shapes of all inputs. */
int mg_sc_fail(const mg_shape_ctx *c, mgreg_error *err, const char *fmt, ...) MG_PRINTF(3, 4);

/* ---- inputs ---- */
void mg_sc_get(const mg_shape_ctx *c, int i, mg_dims *out);
void mg_dims_load(mg_dims *out, const mg_shape *s);
static inline bool mg_sc_known(const mg_shape_ctx *c, int i) { return c->inputs[i]->rank >= 0; }
/* Length K of input I, from the end where negative; -1 if not known. */
int64_t mg_sc_dim(const mg_shape_ctx *c, int i, int k);
/* Rank of input I must be N; at least, at most N.  An unknown rank is none of these mistakes. */
int mg_sc_rank(const mg_shape_ctx *c, int i, int n, mgreg_error *err);
int mg_sc_rank_min(const mg_shape_ctx *c, int i, int n, mgreg_error *err);
int mg_sc_rank_max(const mg_shape_ctx *c, int i, int n, mgreg_error *err);
/* What lies behind resource input I: shape (rank -1 if not known) and type. */
void mg_sc_handle(const mg_shape_ctx *c, int i, mg_dims *out);
int mg_sc_handle_type(const mg_shape_ctx *c, int i);
/* Index of the first tensor of definition input NAME; -1 if there is none. */
int mg_sc_input(const mg_shape_ctx *c, const char *name);

/* ---- constants ---- */
bool mg_sc_int(mg_shape_ctx *c, int i, int64_t *out);                   /* scalar, or a vector of one */
bool mg_sc_ints(mg_shape_ctx *c, int i, int64_t *out, int max, int *n); /* vector (a scalar counts as one of 1) */
/* Input I as a shape: value, partly known value, or at least the rank from its length. */
int mg_sc_shape_value(mg_shape_ctx *c, int i, mg_dims *out, mgreg_error *err);

/* ---- lengths and shapes ---- */
void mg_dims_unknown(mg_dims *d, int rank);                             /* RANK lengths, none of them known */
void mg_dims_set(mg_dims *d, int rank, const int64_t *dims);
/* Removes, inserts length K; D's rank is known and K in range. */
void mg_dims_remove(mg_dims *d, int k);
void mg_dims_insert(mg_dims *d, int k, int64_t length);
/* Appends lengths [FROM, TO) of the other one; false: the rank would be too great. */
bool mg_dims_append(mg_dims *d, const mg_dims *from, int begin, int end);
int mg_sc_merge_dim(const mg_shape_ctx *c, int64_t a, int64_t b, int64_t *out, mgreg_error *err);
int mg_sc_merge(const mg_shape_ctx *c, mg_dims *into, const mg_dims *with, mgreg_error *err);
int mg_sc_broadcast(const mg_shape_ctx *c, const mg_dims *a, const mg_dims *b, mg_dims *out, mgreg_error *err);
/* AXIS in [-RANK, RANK) -> [0, RANK); RANK may be -1 (then AXIS stays). */
int mg_sc_axis(const mg_shape_ctx *c, int64_t axis, int rank, int *out, mgreg_error *err);
static inline int64_t mg_dim_mul(int64_t a, int64_t b) { int64_t r; return a == 0 || b == 0 ? 0 : a < 0 || b < 0 || __builtin_mul_overflow(a, b, &r) ? -1 : r; }
static inline int64_t mg_dim_add(int64_t a, int64_t b) { int64_t r; return a < 0 || b < 0 || __builtin_add_overflow(a, b, &r) ? -1 : r; }

/* ---- outputs ---- */
int mg_sc_put(mg_shape_ctx *c, int o, const mg_dims *d, mgreg_error *err);
int mg_sc_put_list(mg_shape_ctx *c, int o, int rank, const int64_t *dims, mgreg_error *err);
int mg_sc_put_scalar(mg_shape_ctx *c, int o, mgreg_error *err);
int mg_sc_put_vector(mg_shape_ctx *c, int o, int64_t length, mgreg_error *err);
int mg_sc_put_matrix(mg_shape_ctx *c, int o, int64_t rows, int64_t cols, mgreg_error *err);
int mg_sc_put_like(mg_shape_ctx *c, int o, int i, mgreg_error *err);   /* input I's shape, and what is behind its handle */
int mg_sc_put_handle(mg_shape_ctx *c, int o, const mg_dims *d, int dtype, mgreg_error *err);

/* ---- attributes (checked ones: they are there) ---- */
int64_t mg_sc_attr_int(const mg_shape_ctx *c, const char *name, int64_t otherwise);
bool mg_sc_attr_bool(const mg_shape_ctx *c, const char *name, bool otherwise);
int mg_sc_attr_type(const mg_shape_ctx *c, const char *name);
bool mg_sc_attr_is(const mg_shape_ctx *c, const char *name, const char *text);
int mg_sc_attr_ints(const mg_shape_ctx *c, const char *name, int64_t *out, int max);    /* how many; -1: none such, or too many */
/* false: not there (or not a good shape). */
bool mg_sc_attr_shape(const mg_shape_ctx *c, const char *name, mg_dims *out);
bool mg_sc_attr_shape_at(const mg_shape_ctx *c, const char *name, int k, mg_dims *out); /* item K of a list(shape) */

/* ---- windows ---- */
/* Length of what a window of SIZE with STRIDE and DILATION makes of IN; PAD: 'S'ame, 'V'alid, 'E'xplicit (BEFORE + AFTER). */
int mg_sc_window(const mg_shape_ctx *c, int64_t in, int64_t size, int64_t dilation, int64_t stride, char pad, int64_t before_after,
	int64_t *out, mgreg_error *err);
#endif
