/* SPDX-License-Identifier: Apache-2.0 */
/* mgreg/session.h - sessions: running a graph. */
#ifndef MGREG_SESSION_H
#define MGREG_SESSION_H

#include "mgreg/graph.h"

MGREG_BEGIN

/* ---- sessions -------------------------------------------------------------------------------- */

/* A graph, the values of its variables, and what has been compiled to run it.  Any number of threads may run it at once;
 * each run is atomic only where the graph's own edges order it.  The graph must outlive the session and may grow between
 * runs. */
typedef struct mgreg_session mgreg_session;

/* How a session runs.  Start from MGREG_SESSION_INIT. */
typedef struct mgreg_session_options {
	size_t      size;
	int         threads;            /* 0: one per CPU.  The numbers do not depend on it. */
	const char *const *roots;       /* folders that the graph's kernels may reach; none: no files at all */
	int         root_count;
	size_t      memory_limit;       /* bytes of tensors alive at once; 0: no limit */
	double      deadline;           /* seconds for every run; 0: none */
	unsigned    no_optimize:1;      /* run the graph as it is: nothing folded, nothing in place */
} mgreg_session_options;
#define MGREG_SESSION_INIT { sizeof(mgreg_session_options), 0, NULL, 0, 0, 0.0, 0 }

/* OPTIONS may be NULL. */
int mgreg_session_new(mgreg_session **out, mgreg_graph *graph, const mgreg_session_options *options, mgreg_error *err);
void mgreg_session_free(mgreg_session *session);
mgreg_graph *mgreg_session_graph(mgreg_session *session);

/* VALUE takes the place of the tensor TO during a run: any tensor of the graph, not only a placeholder. */
typedef struct mgreg_feed {
	mgreg_output        to;
	const mgreg_tensor *value;
} mgreg_feed;

/* Runs what FETCHES and TARGETS need, each node once; among nodes that no edge orders, the order is that of a first-in-first-out
 * ready queue, always the same.  RESULTS[i] gets the value of fetch i, a tensor of the caller's (mgreg_tensor_free).
 * INVALID_ARGUMENT: a feed does not fit, a placeholder is not fed, a fetch lies in a branch that was not taken;
 * FAILED_PRECONDITION: a variable was never initialized; UNIMPLEMENTED: an op has no kernel; CANCELLED,
 * DEADLINE_EXCEEDED.  ERR->node names the node.  Variables keep what the nodes before the failure wrote. */
int mgreg_session_run(mgreg_session *session, const mgreg_feed *feeds, int feed_count, const mgreg_output *fetches,
	int fetch_count, mgreg_node *const *targets, int target_count, mgreg_tensor **results, mgreg_error *err);
/* The same by names: tensors "node:0" (or "node", its first output), targets "node". */
int mgreg_session_run_named(mgreg_session *session, const char *const *feed_names, const mgreg_tensor *const *feed_values,
	int feed_count, const char *const *fetch_names, int fetch_count, const char *const *target_names, int target_count,
	mgreg_tensor **results, mgreg_error *err);

/* Seconds that each run beginning afterwards may take; 0: any. */
void mgreg_session_set_deadline(mgreg_session *session, double seconds);
/* Ends the runs under way with CANCELLED, from any thread or signal handler; later runs are not affected. */
void mgreg_session_cancel(mgreg_session *session);

/* A variable by the name of its node (or its shared name): a copy of its value; a new value, whose dtype must be the
 * variable's; whether it has one (0 also if there is no such variable).  NOT_FOUND, FAILED_PRECONDITION (no value). */
int mgreg_session_variable_get(mgreg_session *session, const char *name, mgreg_tensor **out, mgreg_error *err);
int mgreg_session_variable_set(mgreg_session *session, const char *name, const mgreg_tensor *value, mgreg_error *err);
int mgreg_session_variable_is_set(mgreg_session *session, const char *name);

/* The place in its stream of every random node that has run; setting it continues a stream (also before its first run). */
int mgreg_session_random_each(mgreg_session *session, int (*each)(void *ctx, const char *node, const uint64_t state[4]), void *ctx);
int mgreg_session_random_set(mgreg_session *session, const char *node, const uint64_t state[4], mgreg_error *err);

/* ---- input threads ---- */

/* Ends threads together: running, then stopping (for ever; the first error is kept), then joined.  For use from any thread. */
typedef struct mgreg_coordinator mgreg_coordinator;
int mgreg_coordinator_new(mgreg_coordinator **out, mgreg_error *err);
/* Stops and joins what is left. */
void mgreg_coordinator_free(mgreg_coordinator *coordinator);
/* WHY (may be NULL) is what join() reports, if it is the first; OUT_OF_RANGE, the end of the input, is a clean stop. */
void mgreg_coordinator_request_stop(mgreg_coordinator *coordinator, const mgreg_error *why);
int mgreg_coordinator_should_stop(mgreg_coordinator *coordinator);
/* Waits for a stop, at most SECONDS (negative: as long as it takes); whether it came. */
int mgreg_coordinator_wait(mgreg_coordinator *coordinator, double seconds);
/* Waits until all threads have ended or a stop was asked for, ends the rest; the error that led to the stop, or 0. */
int mgreg_coordinator_join(mgreg_coordinator *coordinator, mgreg_error *err);
/* A thread for every enqueue op of the queue runners in COLLECTION (NULL: "queue_runners"); *STARTED (may be NULL): how many.  A thread
 * runs its op until the coordinator stops, the input ends (the last one then closes the queue) or the op fails (which stops the
 * coordinator).  The session must outlive the coordinator; the graph may not change while the threads run.  NOT_FOUND: a runner
 * names a node that the graph lacks. */
int mgreg_session_start_queue_runners(mgreg_session *session, mgreg_coordinator *coordinator, const char *collection, int *started,
	mgreg_error *err);

/* Notes how long each node takes from now on; taking ends it: Chrome trace JSON (mgreg_free). */
int mgreg_session_trace_begin(mgreg_session *session, mgreg_error *err);
int mgreg_session_trace_take(mgreg_session *session, char **json, size_t *len, mgreg_error *err);

/* Is there a kernel for this node (its op and types); for any form of this op? */
int mgreg_node_can_run(const mgreg_node *node);
int mgreg_op_can_run(const char *op);

MGREG_END
#endif
