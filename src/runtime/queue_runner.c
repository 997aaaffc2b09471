/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue_runner.c - threads that fill queues, and the coordinator that ends them.
 *
 * A runner of the collection has enqueue ops: each gets a thread that runs it until the coordinator stops, the op's input has ended (then
 * the last thread of the runner closes the queue) or it fails (then the coordinator stops with that error).  One more thread waits
 * for the stop and runs the cancelling ops, which wake up whoever waits at the queues.
 *
 * A coordinator goes from running to stopping (the first error is kept) to joined, and never back.
 */
#include "base/base.h"
#include "base/clock.h"
#include "base/set.h"
#include "base/vec.h"
#include "runtime/queue.h"
#include "runtime/runtime_internal.h"

struct mgreg_coordinator {
	mg_mutex    mutex;
	mg_cond     changed;
	bool        stopping;
	mgreg_error why;                /* code 0: asked to */
	int         running;            /* threads that have not ended */
	MG_VEC(mg_thread) threads;
	MG_VEC(void *)    owned;        /* what the threads work on */
};

typedef struct runner {
	mgreg_coordinator *c;
	mg_session *session;
	const mg_queue_runner_record *record;
	mg_node    *close, *cancel;
	int         left;               /* threads; under the coordinator's mutex */
} runner;

typedef struct feeder {                 /* of one thread */
	runner  *runner;
	mg_node *enqueue;
} feeder;

typedef struct canceller {
	mgreg_coordinator *c;
	runner *runners;
	int     count;
} canceller;

/* ---- the coordinator ---- */

int
mgreg_coordinator_new(mgreg_coordinator **out, mgreg_error *err)
{
	mgreg_coordinator *c = mg_calloc(1, sizeof(*c));
	int rc;

	if (!c)
		return mg_fail_nomem(err, sizeof(*c));
	if ((rc = mg_mutex_init(&c->mutex, err)) != 0) {
		mg_free(c);
		return rc;
	}
	if ((rc = mg_cond_init(&c->changed, err)) != 0) {
		mg_mutex_clear(&c->mutex);
		mg_free(c);
		return rc;
	}
	*out = c;
	return 0;
}

void
mgreg_coordinator_request_stop(mgreg_coordinator *c, const mgreg_error *why)
{
	mg_lock(&c->mutex);
	if (!c->stopping && why && why->code != MGREG_OUT_OF_RANGE)     /* the end of the input is a clean stop */
		c->why = *why;
	c->stopping = true;
	mg_cond_broadcast(&c->changed);
	mg_unlock(&c->mutex);
}

int
mgreg_coordinator_should_stop(mgreg_coordinator *c)
{
	bool stop;

	mg_lock(&c->mutex);
	stop = c->stopping;
	mg_unlock(&c->mutex);
	return stop;
}

int
mgreg_coordinator_wait(mgreg_coordinator *c, double seconds)
{
	double until = mg_monotonic() + seconds;
	bool stop;

	mg_lock(&c->mutex);
	while (!c->stopping && (seconds < 0 || mg_monotonic() < until)) {
		if (seconds < 0)
			mg_cond_wait(&c->changed, &c->mutex);
		else
			mg_cond_wait_for(&c->changed, &c->mutex, until - mg_monotonic());
	}
	stop = c->stopping;
	mg_unlock(&c->mutex);
	return stop;
}

int
mgreg_coordinator_join(mgreg_coordinator *c, mgreg_error *err)
{
	int rc;

	mg_lock(&c->mutex);
	while (c->running && !c->stopping)
		mg_cond_wait(&c->changed, &c->mutex);
	c->stopping = true;
	mg_cond_broadcast(&c->changed);
	mg_unlock(&c->mutex);
	for (size_t i = 0; i < c->threads.len; i++)
		mg_thread_join(c->threads.at[i]);
	c->threads.len = 0;
	rc = (int)c->why.code;
	if (rc && err)
		*err = c->why;
	return rc;
}

void
mgreg_coordinator_free(mgreg_coordinator *c)
{
	if (!c)
		return;
	mgreg_coordinator_request_stop(c, NULL);
	mgreg_coordinator_join(c, NULL);
	for (size_t i = 0; i < c->owned.len; i++)
		mg_free(c->owned.at[i]);
	mg_vec_clear(&c->owned);
	mg_vec_clear(&c->threads);
	mg_cond_clear(&c->changed);
	mg_mutex_clear(&c->mutex);
	mg_free(c);
}

/* ---- threads ---- */

static void
thread_ends(mgreg_coordinator *c)
{
	mg_lock(&c->mutex);
	c->running--;
	mg_cond_broadcast(&c->changed);
	mg_unlock(&c->mutex);
}

static int
run_node(mg_session *s, mg_node *n, mgreg_error *err)
{
	return n ? mg_session_run(s, NULL, 0, NULL, 0, &n, 1, NULL, err) : 0;
}

static bool
closes(const mg_queue_runner_record *r, int code)
{
	for (int i = 0; i < r->closed_count; i++)
		if (r->closed_codes[i] == code)
			return true;
	return r->closed_count == 0 && code == MGREG_OUT_OF_RANGE;
}

static void *
feed(void *arg)
{
	feeder *f = arg;
	runner *r = f->runner;
	mgreg_error err = { 0 }, ignored = { 0 };
	bool last;
	int rc = 0;

	while (!mgreg_coordinator_should_stop(r->c)) {
		rc = run_node(r->session, f->enqueue, &err);
		if (rc == MGREG_DEADLINE_EXCEEDED)      /* a full queue may wait longer than a run may take */
			rc = 0;
		if (rc)
			break;
	}
	mg_lock(&r->c->mutex);
	last = --r->left == 0;
	mg_unlock(&r->c->mutex);
	if (rc && closes(r->record, rc)) {
		if (last)
			run_node(r->session, r->close, &ignored);
	} else if (rc && !(rc == MGREG_CANCELLED && mgreg_coordinator_should_stop(r->c))) {
		mgreg_coordinator_request_stop(r->c, &err);
	}
	thread_ends(r->c);
	return NULL;
}

/* Without an op for it, the queue itself is closed. */
static void
cancel_runner(runner *r)
{
	mg_node *queue = r->cancel || !r->record->queue_name ? NULL : mg_graph_find(r->session->graph, r->record->queue_name);
	mgreg_error ignored = { 0 };
	const char *container;
	char name[512];
	mg_object *o;

	if (r->cancel) {
		run_node(r->session, r->cancel, &ignored);
	} else if (queue) {
		mg_handle_name(queue, &container, name, sizeof(name));
		if ((o = mg_session_find_resource(r->session, container, name, mg_kind_queue)) != NULL) {
			mg_queue_close((mg_queue *)o, NULL, true, NULL);
			mg_object_unref(o);
		}
	}
}

static void *
cancel_all(void *arg)
{
	canceller *x = arg;

	mgreg_coordinator_wait(x->c, -1);
	for (int i = 0; i < x->count; i++)
		cancel_runner(&x->runners[i]);
	return NULL;
}

/* ---- starting ---- */

static int
find(const mg_graph *g, const mg_queue_runner_record *r, const char *name, bool needed, mg_node **out, mgreg_error *err)
{
	*out = name && *name ? mg_graph_find(g, name) : NULL;
	if (!*out && (needed || (name && *name)))
		return mg_fail(err, MGREG_NOT_FOUND, "queue runner of '%s': the graph has no node '%s'", r->queue_name ? r->queue_name : "", name ? name : "");
	return 0;
}

static int
start_thread(mgreg_coordinator *c, void *(*body)(void *), void *arg, bool counted, mgreg_error *err)
{
	mg_thread t;
	int rc;

	if (!mg_vec_reserve(&c->threads, c->threads.len + 1))
		return mg_fail_nomem(err, 0);
	mg_lock(&c->mutex);
	c->running += counted;
	mg_unlock(&c->mutex);
	if ((rc = mg_thread_start(&t, body, arg, err)) != 0) {
		if (counted)
			thread_ends(c);
		return rc;
	}
	c->threads.at[c->threads.len++] = t;
	return 0;
}

/* Memory of the coordinator's, zero. */
static void *
own(mgreg_coordinator *c, size_t n, size_t size)
{
	void *p = mg_vec_reserve(&c->owned, c->owned.len + 1) ? mg_calloc(n + 1, size) : NULL;

	if (p)
		c->owned.at[c->owned.len++] = p;
	return p;
}

/* Fills RUNNERS and FEEDERS; everything they run is compiled before the first thread begins. */
static int
prepare(mgreg_coordinator *c, mg_session *s, const char *key, runner *runners, feeder *feeders, int *count, int *threads, mgreg_error *err)
{
	mg_graph *g = s->graph;
	int rc;

	*count = *threads = 0;
	for (int i = 0; i < mg_collection_count(g, key); i++) {
		const mg_item *item = mg_collection_item(g, key, i);
		runner *r = &runners[*count];

		if (item->kind != MG_ITEM_RECORD || item->record_kind != MG_RECORD_QUEUE_RUNNER)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "item %d of collection '%s' is not a queue runner", i, key);
		*r = (runner){ .c = c, .session = s, .record = item->record };
		r->left = r->record->enqueue_count;
		if ((rc = find(g, r->record, r->record->close_op_name, false, &r->close, err)) != 0
		    || (rc = find(g, r->record, r->record->cancel_op_name, false, &r->cancel, err)) != 0)
			return rc;
		for (int e = 0; e < r->record->enqueue_count; e++) {
			feeder *f = feeders ? &feeders[*threads] : NULL;
			mg_node *n;

			if ((rc = find(g, r->record, r->record->enqueue_op_names[e], true, &n, err)) != 0)
				return rc;
			if (f)
				*f = (feeder){ r, n };
			if (f && (rc = mg_session_compile(s, n, err)) != 0)
				return rc;
			++*threads;
		}
		if (feeders && ((r->close && (rc = mg_session_compile(s, r->close, err)) != 0) || (r->cancel && (rc = mg_session_compile(s, r->cancel, err)) != 0)))
			return rc;
		++*count;
	}
	return 0;
}

int
mgreg_session_start_queue_runners(mgreg_session *s, mgreg_coordinator *c, const char *collection, int *started, mgreg_error *err)
{
	const char *key = collection ? collection : "queue_runners";
	int count = mg_collection_count(s->graph, key), threads = 0, rc;
	runner *runners;
	feeder *feeders;
	canceller *x;

	if (started)
		*started = 0;
	if (count <= 0)
		return 0;
	if (!(runners = own(c, (size_t)count, sizeof(*runners))) || !(x = own(c, 1, sizeof(*x))))
		return mg_fail_nomem(err, 0);
	if ((rc = prepare(c, s, key, runners, NULL, &count, &threads, err)) != 0)
		return rc;
	if (!(feeders = own(c, (size_t)threads, sizeof(*feeders))))
		return mg_fail_nomem(err, 0);
	if ((rc = prepare(c, s, key, runners, feeders, &count, &threads, err)) != 0)
		return rc;
	*x = (canceller){ c, runners, count };
	rc = start_thread(c, cancel_all, x, false, err);
	for (int i = 0; i < threads && rc == 0; i++)
		if ((rc = start_thread(c, feed, &feeders[i], true, err)) == 0 && started)
			++*started;
	if (rc)
		mgreg_coordinator_request_stop(c, NULL);
	return rc;
}

/* ---- for the commands: input threads around whatever runs ---- */

/* Does what NODES need come out of a queue? */
static int
waits(const mg_graph *g, mg_node *const *nodes, int count, bool *out, mgreg_error *err)
{
	mg_set reached = { 0 };
	int rc = mg_graph_reach_back(g, nodes, count, &reached, err);

	*out = false;
	for (int id = 0; rc == 0 && id < mg_graph_node_count(g) && !*out; id++) {
		const char *op = mg_graph_node(g, id)->op_name;

		*out = mg_set_has(&reached, (size_t)id) && (mg_starts_with(op, "QueueDequeue") || mg_starts_with(op, "ReaderRead"));
	}
	mg_set_clear(&reached);
	return rc;
}

int
mg_input_begin(mg_session *s, mg_node *const *nodes, int count, mgreg_coordinator **out, mgreg_error *err)
{
	mgreg_coordinator *c;
	bool needed;
	int rc;

	*out = NULL;
	if (mg_collection_count(s->graph, "queue_runners") <= 0)
		return 0;
	if ((rc = waits(s->graph, nodes, count, &needed, err)) != 0 || !needed)
		return rc;
	if ((rc = mgreg_coordinator_new(&c, err)) != 0)
		return rc;
	if ((rc = mgreg_session_start_queue_runners(s, c, NULL, NULL, err)) != 0) {
		mgreg_coordinator_free(c);
		return rc;
	}
	*out = c;
	return 0;
}

int
mg_input_end(mgreg_coordinator *c, int rc, mgreg_error *err)
{
	mgreg_error why = { 0 };

	if (!c)
		return rc;
	mgreg_coordinator_request_stop(c, NULL);
	if (mgreg_coordinator_join(c, &why) != 0 && (rc == MGREG_OUT_OF_RANGE || rc == MGREG_CANCELLED)) {
		rc = (int)why.code;             /* why the queue ran dry */
		if (err)
			*err = why;
	}
	mgreg_coordinator_free(c);
	return rc;
}
