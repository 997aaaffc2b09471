/* SPDX-License-Identifier: Apache-2.0 */
/* api.c - chapter 11 of mgreg.h: sessions for everybody. */
#include "base/base.h"
#include "runtime/runtime_internal.h"

int
mgreg_session_new(mgreg_session **out, mgreg_graph *graph, const mgreg_session_options *options, mgreg_error *err)
{
	mgreg_session_options o = MGREG_SESSION_INIT;
	mg_session_options inner;
	int rc;

	if (options)
		memcpy(&o, options, MG_MIN(options->size, sizeof(o)));
	if (o.threads < 0 || o.threads > 1024)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "a session cannot have %d threads", o.threads);
	inner = (mg_session_options){ .threads = o.threads, .roots = o.roots, .root_count = o.root_count,
		.memory_limit = o.memory_limit, .no_optimize = o.no_optimize };
	if ((rc = mg_session_new(out, graph, &inner, err)) == 0)
		mg_session_set_deadline(*out, o.deadline);
	return rc;
}

void
mgreg_session_free(mgreg_session *session)
{
	mg_session_free(session);
}

mgreg_graph *
mgreg_session_graph(mgreg_session *session)
{
	return session->graph;
}

static void
free_all(mgreg_tensor **tensors, int count)
{
	for (int i = 0; i < count; i++) {
		mgreg_tensor_free(tensors[i]);
		tensors[i] = NULL;
	}
}

int
mgreg_session_run(mgreg_session *session, const mgreg_feed *feeds, int feed_count, const mgreg_output *fetches,
	int fetch_count, mgreg_node *const *targets, int target_count, mgreg_tensor **results, mgreg_error *err)
{
	mg_tensor small[8] = { { 0 } }, *values = small;
	int rc = 0, made = 0;

	if (fetch_count > (int)MG_COUNT(small) && !(values = mg_calloc((size_t)fetch_count, sizeof(*values))))
		return mg_fail_nomem(err, 0);
	for (; made < fetch_count; made++)
		if (!(results[made] = mg_calloc(1, sizeof(**results)))) {
			rc = mg_fail_nomem(err, sizeof(**results));
			goto out;
		}
	MG_TRY(mg_session_run(session, feeds, feed_count, fetches, fetch_count, targets, target_count, values, err));
	for (int i = 0; i < fetch_count; i++)
		mg_tensor_move(results[i], &values[i]);
out:
	if (rc)
		free_all(results, made);
	if (values != small)
		mg_free(values);
	return rc;
}

/* Nodes and outputs of names, in an arena. */
typedef struct resolved {
	mg_arena   arena;
	mg_feed   *feeds;
	mg_output *fetches;
	mg_node  **targets;
} resolved;

static int
resolve(mg_graph *g, resolved *r, const char *const *feeds, const mgreg_tensor *const *values, int feed_count, const char *const *fetches,
	int fetch_count, const char *const *targets, int target_count, mgreg_error *err)
{
	int rc;

	r->feeds = mg_arena_zalloc(&r->arena, (size_t)feed_count + 1, sizeof(*r->feeds));
	r->fetches = mg_arena_zalloc(&r->arena, (size_t)fetch_count + 1, sizeof(*r->fetches));
	r->targets = mg_arena_zalloc(&r->arena, (size_t)target_count + 1, sizeof(mg_node *));
	if (!r->feeds || !r->fetches || !r->targets)
		return mg_fail_nomem(err, 0);
	for (int i = 0; i < feed_count; i++) {
		if ((rc = mg_graph_output(g, feeds[i], &r->feeds[i].to, err)) != 0)
			return mg_wrap(err, rc, "feed '%s'", feeds[i]);
		r->feeds[i].value = values[i];
	}
	for (int i = 0; i < fetch_count; i++)
		if ((rc = mg_graph_output(g, fetches[i], &r->fetches[i], err)) != 0)
			return mg_wrap(err, rc, "fetch '%s'", fetches[i]);
	for (int i = 0; i < target_count; i++)
		if (!(r->targets[i] = mg_graph_find(g, targets[i])))
			return mg_fail(err, MGREG_NOT_FOUND, "target '%s' is not a node of the graph", targets[i]);
	return 0;
}

int
mgreg_session_run_named(mgreg_session *session, const char *const *feed_names, const mgreg_tensor *const *feed_values,
	int feed_count, const char *const *fetch_names, int fetch_count, const char *const *target_names, int target_count,
	mgreg_tensor **results, mgreg_error *err)
{
	resolved r = { 0 };
	int rc = resolve(session->graph, &r, feed_names, feed_values, feed_count, fetch_names, fetch_count, target_names, target_count, err);

	if (rc == 0)
		rc = mgreg_session_run(session, r.feeds, feed_count, r.fetches, fetch_count, r.targets, target_count, results, err);
	mg_arena_clear(&r.arena);
	return rc;
}

void
mgreg_session_set_deadline(mgreg_session *session, double seconds)
{
	mg_session_set_deadline(session, seconds);
}

void
mgreg_session_cancel(mgreg_session *session)
{
	mg_session_cancel(session);
}

int
mgreg_session_variable_get(mgreg_session *session, const char *name, mgreg_tensor **out, mgreg_error *err)
{
	mg_tensor *t = mg_calloc(1, sizeof(*t));
	int rc;

	if (!t)
		return mg_fail_nomem(err, sizeof(*t));
	if ((rc = mg_session_variable_get(session, name, t, err)) == 0)
		*out = t;
	else
		mg_free(t);
	return rc;
}

int
mgreg_session_variable_set(mgreg_session *session, const char *name, const mgreg_tensor *value, mgreg_error *err)
{
	return mg_session_variable_set(session, name, value, err);
}

int
mgreg_session_variable_is_set(mgreg_session *session, const char *name)
{
	return mg_session_variable_is_set(session, name);
}

int
mgreg_session_random_each(mgreg_session *session, int (*each)(void *ctx, const char *node, const uint64_t state[4]), void *ctx)
{
	return mg_session_random_each(session, each, ctx);
}

int
mgreg_session_random_set(mgreg_session *session, const char *node, const uint64_t state[4], mgreg_error *err)
{
	return mg_session_random_set(session, node, state, err);
}

int
mgreg_session_trace_begin(mgreg_session *session, mgreg_error *err)
{
	return mg_session_trace_begin(session, err);
}

int
mgreg_session_trace_take(mgreg_session *session, char **json, size_t *len, mgreg_error *err)
{
	mg_str text = MG_STR_INIT;
	int rc = mg_session_trace_take(session, &text, err);

	if (rc == 0 && !(*json = mg_str_take(&text, len)))
		rc = mg_fail_nomem(err, 0);
	mg_str_clear(&text);
	return rc;
}

int
mgreg_node_can_run(const mgreg_node *node)
{
	return mg_runtime_has_kernel(node);
}

int
mgreg_op_can_run(const char *op)
{
	return mg_runtime_knows_op(op);
}
