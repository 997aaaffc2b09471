/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel.h - what kernels see.  A kernel is a row: op name, type constraint, functions, flags.
 *
 *  prepare  once per plan and node: reads attributes, checks what does not change, leaves a state.  May decline by
 *           returning MG_KERNEL_DECLINED: the row of next lower priority is asked.
 *  run      computes; called from one thread at a time per node and run.
 *  release  frees the state.
 */
#ifndef MG_KERNEL_H
#define MG_KERNEL_H

#include "base/thread.h"
#include "runtime/runtime.h"

#define MG_KERNEL_DECLINED (-1)

enum mg_kernel_flags {
	MG_KERNEL_INPLACE = 1 << 0,             /* output 0 may take the buffer of an input of the same size that dies here */
	MG_KERNEL_ALLOWS_UNINITIALIZED = 1 << 1,/* ref inputs may be unset */
	MG_KERNEL_EXPENSIVE = 1 << 2,
	MG_KERNEL_NO_FOLD = 1 << 3,             /* never folded as a constant (also: stateful ops) */
	MG_KERNEL_BLOCKS = 1 << 4,              /* may wait for something outside (queues) */
	MG_KERNEL_SHARES = 1 << 5,              /* output shares an input's buffer (Identity, Reshape) */
};

typedef struct mg_kernel_ctx mg_kernel_ctx;

typedef struct mg_kernel_prep {
	mg_session     *session;
	const mg_node  *node;
	const mg_attrs *attrs;
	bool            single_thread;
} mg_kernel_prep;

typedef struct mg_kernel {
	const char *op;
	const char *constraint;         /* "T=float", "T=float,Tidx=int32", "T=float|double"; NULL: any */
	int         priority;
	int       (*prepare)(mg_kernel_prep *p, void **state, mgreg_error *err);        /* may be NULL */
	int       (*run)(mg_kernel_ctx *k, mgreg_error *err);
	void      (*release)(void *state);                                              /* may be NULL */
	unsigned    flags;
} mg_kernel;

/* ---- inputs ---- */
int mg_kernel_input_count(const mg_kernel_ctx *k);
const mg_tensor *mg_kernel_input(const mg_kernel_ctx *k, int i);        /* value (a ref input's current value) */
/* ---- outputs ---- */
int mg_kernel_output_count(const mg_kernel_ctx *k);
int mg_kernel_output_type(const mg_kernel_ctx *k, int i);
/* Memory for output I: SHAPE must be full.  *OUT is valid until run returns; every element must be written. */
int mg_kernel_output(mg_kernel_ctx *k, int i, const mg_shape *shape, mg_tensor **out, mgreg_error *err);
int mg_kernel_output_dims(mg_kernel_ctx *k, int i, const int64_t *dims, int rank, mg_tensor **out, mgreg_error *err);
/* Like X, an input: may be X's very buffer if it dies here and the types have one size. */
int mg_kernel_output_like(mg_kernel_ctx *k, int i, const mg_tensor *x, mg_tensor **out, mgreg_error *err);
/* Output I is VALUE itself (bytes shared), or VALUE under another shape. */
int mg_kernel_share(mg_kernel_ctx *k, int i, const mg_tensor *value, mgreg_error *err);
int mg_kernel_share_as(mg_kernel_ctx *k, int i, const mg_tensor *value, const mg_shape *shape, mgreg_error *err);
void mg_kernel_take(mg_kernel_ctx *k, int i, mg_tensor *value);         /* moves VALUE in */
void mg_kernel_dead(mg_kernel_ctx *k, int i);                           /* Switch: this output is dead */
/* ---- around ---- */
void *mg_kernel_state(const mg_kernel_ctx *k);                          /* what prepare left */
const mg_node *mg_kernel_node(const mg_kernel_ctx *k);
const mg_attrs *mg_kernel_attrs(const mg_kernel_ctx *k);
mg_session *mg_kernel_session(const mg_kernel_ctx *k);
bool mg_kernel_cancelled(const mg_kernel_ctx *k);
/* A scratch buffer of at least SIZE bytes that lives until run returns; 64-byte aligned. */
int mg_kernel_scratch(mg_kernel_ctx *k, size_t size, void **out, mgreg_error *err);
int mg_kernel_alloc(mg_kernel_ctx *k, mg_tensor *t, mg_dtype dtype, const mg_shape *shape, mgreg_error *err);   /* a temporary tensor from the session's memory */

/* BODY(arg, begin, end) over [0, N) in blocks of GRAIN elements (cut by N and GRAIN alone), on the session's pool. */
typedef void mg_range_fn(void *arg, int64_t begin, int64_t end);
void mg_parallel_for(mg_kernel_ctx *k, int64_t n, int64_t grain, mg_range_fn *body, void *arg);

/* ---- variables and other resources ---- */
typedef struct mg_variable {
	mg_object object;               /* counted */
	mg_mutex  mutex;
	char     *name;
	mg_dtype  dtype;
	mg_tensor value;                /* dtype MGREG_INVALID: not initialized */
	mg_shape  declared;             /* what its node says; unknown rank: anything */
} mg_variable;
/* The variable behind ref input I; behind the resource handle input I (NOT_FOUND / FAILED_PRECONDITION as TensorFlow). */
mg_variable *mg_kernel_ref(const mg_kernel_ctx *k, int i);
int mg_kernel_resource_variable(const mg_kernel_ctx *k, int i, mg_variable **out, mgreg_error *err);     /* borrowed; created, perhaps unset */
void mg_kernel_set_ref(mg_kernel_ctx *k, int i, mg_variable *v);        /* output I is a reference to V */
/* Gives V's value a buffer nobody shares (copy on write); call with V->mutex held. */
int mg_variable_own(mg_variable *v, mgreg_error *err);
/* Named things of the session (queues, tables, ...): found or made by MAKE; counted reference in *OUT. */
int mg_session_resource(mg_session *s, const char *container, const char *name, const char *kind,
	int (*make)(void *arg, mg_object **out, mgreg_error *err), void *arg, mg_object **out, mgreg_error *err);

/* ---- handles of named things (handle.c) ---- */
/*
 * For an op that makes a handle: prepare calls mg_handle_prepare() (MAKE makes the thing if the session has none of that KIND and name;
 * *OBJECT, borrowed, is the one found or made), run and release are the two below.  KIND is static text, as in mg_object.
 */
int mg_handle_prepare(mg_kernel_prep *p, const char *kind, int (*make)(void *arg, mg_object **out, mgreg_error *err), void *arg, void **state,
	mg_object **object, mgreg_error *err);
int mg_handle_run(mg_kernel_ctx *k, mgreg_error *err);
void mg_handle_release(void *state);
mg_object *mg_handle_object(void *state);
/* Container and name of the thing NODE stands for: its shared_name, or else its own name. */
void mg_handle_name(const mg_node *node, const char **container, char *name, size_t size);
/* Counted, or NULL. */
mg_object *mg_session_find_resource(mg_session *s, const char *container, const char *name, const char *kind);
/* The thing of KIND behind input I, a resource, a reference to a name or a name; counted. */
int mg_kernel_object(const mg_kernel_ctx *k, int i, const char *kind, mg_object **out, mgreg_error *err);
/* For kernels that wait: CANCELLED or DEADLINE_EXCEEDED once the run must end. */
int mg_kernel_stopped(const mg_kernel_ctx *k, mgreg_error *err);

/* ---- shapes at run time ---- */
/* Broadcast shape of two full shapes; INVALID_ARGUMENT (TensorFlow's words) if they do not fit. */
int mg_bcast_shape(const mg_shape *a, const mg_shape *b, mg_shape *out, mgreg_error *err);

/* ---- random numbers (runtime-semantics section 8) ---- */
typedef struct mg_philox { uint32_t key[2], ctr[4]; } mg_philox;
void mg_philox_init(mg_philox *p, uint64_t seed, uint64_t seed2);
void mg_philox_skip(mg_philox *p, uint64_t blocks);
void mg_philox_next(mg_philox *p, uint32_t out[4]);
/* The generator of this node (seeds from its attrs `seed`, `seed2`; kept per session and node name): reserves BLOCKS and
 * returns the position to start at. */
int mg_kernel_random(mg_kernel_ctx *k, uint64_t blocks, mg_philox *out, mgreg_error *err);

/* ---- products (blas.c): row-major C = alpha op(A) op(B) + beta C, cut into blocks by shape, on the pool ---- */
int mg_gemm_f32(mg_kernel_ctx *k, bool ta, bool tb, int64_t m, int64_t n, int64_t kk, float alpha, const float *a, int64_t lda,
	const float *b, int64_t ldb, float beta, float *c, int64_t ldc, mgreg_error *err);
int mg_gemm_f64(mg_kernel_ctx *k, bool ta, bool tb, int64_t m, int64_t n, int64_t kk, double alpha, const double *a, int64_t lda,
	const double *b, int64_t ldb, double beta, double *c, int64_t ldc, mgreg_error *err);
#endif
