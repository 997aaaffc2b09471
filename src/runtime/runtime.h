/* SPDX-License-Identifier: Apache-2.0 */
/*
 * runtime.h - sessions: a graph, its variables and other resources, and plans that run it on the CPU.
 */
#ifndef MG_RUNTIME_H
#define MG_RUNTIME_H

#include "ckpt/ckpt.h"
#include "graph/graph.h"
#include "mgreg/session.h"

typedef struct mgreg_session mg_session;

typedef struct mg_session_options {
	int                threads;         /* 0: as many as there are CPUs */
	bool               no_optimize;     /* run the graph as it is: no folding, fusing, in-place */
	const mg_resolver *resolver;        /* copied; NULL: files below the roots */
	const char *const *roots;           /* folders that kernels may reach */
	int                root_count;
	size_t             memory_limit;    /* bytes of tensors alive at once, 0: none */
} mg_session_options;

/* The graph may grow afterwards; the session does not own it. */
int mg_session_new(mg_session **out, mg_graph *graph, const mg_session_options *options, mgreg_error *err);
void mg_session_free(mg_session *s);
mg_graph *mg_session_graph(mg_session *s);
int mg_session_add_root(mg_session *s, const char *dir, mgreg_error *err);
void mg_session_set_resolver(mg_session *s, const mg_resolver *resolver);
const mg_resolver *mg_session_resolver(mg_session *s);          /* the one in use; copy it to bring it back */

typedef struct mgreg_feed mg_feed;      /* { to, value } */

/* Runs what the fetches and targets need.  RESULTS[i] (zero on entry) gets fetch i.  Several runs may overlap.  The error
 * names the node.  DEADLINE: seconds from now, 0: none. */
int mg_session_run(mg_session *s, const mg_feed *feeds, int feed_count, const mg_output *fetches, int fetch_count,
	mg_node *const *targets, int target_count, mg_tensor *results, mgreg_error *err);
/* Compiles a run of TARGET alone, so that the graph need not be looked at later. */
int mg_session_compile(mg_session *s, mg_node *target, mgreg_error *err);
/* Starts the graph's queue runners if NODES, which are to run, wait for a queue (*OUT NULL: they do not, or there are none); ends them.  RC and ERR are how the runs between went: where a queue ran
 * dry because a runner failed, the runner's error takes their place. */
int mg_input_begin(mg_session *s, mg_node *const *nodes, int count, mgreg_coordinator **out, mgreg_error *err);
int mg_input_end(mgreg_coordinator *c, int rc, mgreg_error *err);
void mg_session_set_deadline(mg_session *s, double seconds);    /* for the runs that begin afterwards; 0: none */
/* Ends the runs under way with CANCELLED; later runs are not affected. */
void mg_session_cancel(mg_session *s);

/* Variables by node name (ref) or shared name (resource).  NOT_FOUND, FAILED_PRECONDITION if not initialized. */
int mg_session_variable_get(mg_session *s, const char *name, mg_tensor *out, mgreg_error *err);
int mg_session_variable_set(mg_session *s, const char *name, const mg_tensor *value, mgreg_error *err);
bool mg_session_variable_is_set(mg_session *s, const char *name);

/* Random state: Philox position of every random node that ran, for resuming.  EACH: (ctx, node name, position). */
int mg_session_random_each(mg_session *s, int (*each)(void *ctx, const char *node, const uint64_t state[4]), void *ctx);
int mg_session_random_set(mg_session *s, const char *node, const uint64_t state[4], mgreg_error *err);

/* Does the runtime have a kernel for this node (its op, its types)? */
bool mg_runtime_has_kernel(const mg_node *node);
bool mg_runtime_knows_op(const char *op);

/* Trace of the runs from now on as Chrome trace JSON; taken (and ended) with mg_session_trace_take. */
int mg_session_trace_begin(mg_session *s, mgreg_error *err);
int mg_session_trace_take(mg_session *s, mg_str *json, mgreg_error *err);
#endif
