/* SPDX-License-Identifier: Apache-2.0 */
/*
 * events_export.c - a run as an event file.
 *
 * Sessions follow one another; one that hides what older ones have later begins with its START.  What belongs to no session comes
 * last, behind every START, for nothing hides it.  Within a session points and events come by their time.
 */
#include "base/base.h"
#include <math.h>
#include "registry/events.h"

typedef struct export {
	mg_store *store;
	int64_t   run_id;
	bool      limited;              /* to what a version knew */
	mg_version_info version;
	mg_arena  arena;
	mg_map    names;                /* one copy of each name, in ARENA */
	MG_VEC(mg_point) points;
	MG_VEC(mg_event_row) events;
	MG_VEC(mg_session_row) sessions;
	int64_t   first;                /* ms: the earliest time of all */
	mgreg_error *err;
	mg_event_writer *out;
} export;

/* ---- collecting ---- */

static const char *
keep_name(export *x, const char *name)
{
	char *copy = mg_map_find(&x->names, name);

	if (!copy && (!(copy = mg_arena_strdup(&x->arena, name)) || !mg_map_set(&x->names, name, copy)))
		return NULL;
	return copy;
}

static bool
is_known(const export *x, int64_t step, int64_t time)
{
	return !x->limited || ((!x->version.has_step || step <= x->version.step) && time <= x->version.saved_at);
}

static void
see_time(export *x, int64_t ms)
{
	if (ms < x->first)
		x->first = ms;
}

static int
collect_point(void *ctx, const mg_point *p)
{
	export *x = ctx;
	mg_point copy = *p;

	if (p->version_id ? x->limited && p->version_id != x->version.id : !is_known(x, p->step, p->wall_time))
		return 0;
	copy.name = keep_name(x, p->name);
	if (!copy.name || !mg_vec_push(&x->points, copy))
		return mg_fail_nomem(x->err, 0);
	see_time(x, p->wall_time);
	return 0;
}

static int
collect_event(void *ctx, const mg_event_row *row)
{
	export *x = ctx;
	mg_event_row copy = *row;

	if (!is_known(x, row->step, row->wall_time))
		return 0;
	copy.tag = keep_name(x, row->tag);
	copy.plugin = keep_name(x, row->plugin);
	if (!copy.tag || !copy.plugin || !mg_vec_push(&x->events, copy))
		return mg_fail_nomem(x->err, 0);
	see_time(x, row->wall_time);
	return 0;
}

static int
collect_session(void *ctx, const mg_session_row *row)
{
	export *x = ctx;

	if (x->limited && row->started_at > x->version.saved_at)
		return 0;
	if (row->has_start)
		see_time(x, row->started_at);
	return mg_vec_push(&x->sessions, *row) ? 0 : mg_fail_nomem(x->err, 0);
}

/* ---- writing ---- */

static double
in_seconds(int64_t ms)
{
	return (double)ms / 1000;
}

/* The plain form where it keeps the number, else a tensor of doubles. */
static int
value_of(const mg_point *p, mg_arena *arena, Pb__Summary__Value **out, mgreg_error *err)
{
	Pb__Summary__Value *v = mg_msg_new(arena, &pb__summary__value__descriptor);

	if (!v)
		return mg_fail_nomem(err, 0);
	v->tag = (char *)(uintptr_t)p->name;
	*out = v;
	if (isnan(p->value) || (double)(float)p->value == p->value) {
		v->value_case = PB__SUMMARY__VALUE__VALUE_SIMPLE_VALUE;
		v->simple_value = (float)p->value;
		return 0;
	}
	v->value_case = PB__SUMMARY__VALUE__VALUE_TENSOR;
	v->tensor = mg_msg_new(arena, &pb__tensor_proto__descriptor);
	v->metadata = mg_msg_new(arena, &pb__summary_metadata__descriptor);
	if (v->metadata)
		v->metadata->plugin_data = mg_msg_new(arena, &pb__summary_metadata__plugin_data__descriptor);
	if (v->tensor) {
		v->tensor->tensor_shape = mg_msg_new(arena, &pb__tensor_shape_proto__descriptor);
		v->tensor->double_val = mg_arena_memdup(arena, &p->value, sizeof(p->value));
	}
	if (!v->tensor || !v->metadata || !v->metadata->plugin_data || !v->tensor->tensor_shape || !v->tensor->double_val)
		return mg_fail_nomem(err, 0);
	v->metadata->plugin_data->plugin_name = (char *)(uintptr_t)"scalars";
	v->tensor->dtype = PB__DATA_TYPE__DT_DOUBLE;
	v->tensor->n_double_val = 1;
	return 0;
}

/* Points from *I on that one event can hold: of one time and step, each tag once. */
static int
write_points(export *x, size_t *i, mgreg_error *err)
{
	const mg_point *p = &x->points.at[*i], *q = p;
	Pb__Event e = PB__EVENT__INIT;
	Pb__Summary summary = PB__SUMMARY__INIT;
	Pb__Summary__Value *v = NULL;
	mg_arena arena = { 0 };
	mg_map tags = { 0 };
	int rc = 0;

	for (; *i < x->points.len; ++*i) {
		q = &x->points.at[*i];
		if (q->session != p->session || q->wall_time != p->wall_time || q->step != p->step || mg_map_has(&tags, q->name))
			break;
		MG_TRY(value_of(q, &arena, &v, err));
		if (!mg_map_set(&tags, q->name, v) || !mg_msg_append(&arena, &summary.value, &summary.n_value, v)) {
			rc = mg_fail_nomem(err, 0);
			goto out;
		}
	}
	e.wall_time = in_seconds(p->wall_time);
	e.step = p->step;
	e.what_case = PB__EVENT__WHAT_SUMMARY;
	e.summary = &summary;
	MG_TRY(mg_event_write(x->out, &e, err));
out:
	mg_map_clear(&tags);
	mg_arena_clear(&arena);
	return rc;
}

static int
write_event(export *x, const mg_event_row *row, mgreg_error *err)
{
	mg_str bytes = MG_STR_INIT;
	int rc;

	MG_TRY(mg_object_read_all(x->store, row->object_id, 0, &bytes, err));
	MG_TRY(mg_event_write_bytes(x->out, bytes.ptr, bytes.len, err));
out:
	mg_str_clear(&bytes);
	return mg_wrap(err, rc, "event '%s' of step %lld", row->tag, (long long)row->step);
}

static int
write_start(export *x, const mg_session_row *s, mgreg_error *err)
{
	Pb__SessionLog log = PB__SESSION_LOG__INIT;
	Pb__Event e = PB__EVENT__INIT;

	log.status = PB__SESSION_LOG__SESSION_STATUS__START;
	e.wall_time = in_seconds(s->started_at);
	e.step = s->start_step + 1;     /* TensorBoard drops what has this step, too */
	e.what_case = PB__EVENT__WHAT_SESSION_LOG;
	e.session_log = &log;
	return mg_event_write(x->out, &e, err);
}

static bool
is_start(const mg_event_row *row)
{
	return strcmp(row->plugin, "session_log") == 0 && strcmp(row->tag, "start") == 0;
}

/* Points from *I and events from *K on that belong to SESSION. */
static int
write_session(export *x, int64_t session, size_t *i, size_t *k, mgreg_error *err)
{
	int rc = 0;

	for (;;) {
		bool point = *i < x->points.len && x->points.at[*i].session == session;
		bool event = *k < x->events.len && x->events.at[*k].session == session;

		if (!point && !event)
			break;
		if (event && (!point || is_start(&x->events.at[*k]) || x->events.at[*k].wall_time <= x->points.at[*i].wall_time))
			MG_TRY(write_event(x, &x->events.at[(*k)++], err));
		else
			MG_TRY(write_points(x, i, err));
	}
out:
	return rc;
}

static int
write_sessions(export *x, mgreg_error *err)
{
	size_t i = 0, k = 0;
	int rc = 0;

	for (size_t n = 0; n < x->sessions.len; n++) {
		const mg_session_row *s = &x->sessions.at[n];

		/* what names a session that is not there any more comes where it stands */
		while (i < x->points.len && x->points.at[i].session && x->points.at[i].session < s->ordinal)
			MG_TRY(write_session(x, x->points.at[i].session, &i, &k, err));
		while (k < x->events.len && x->events.at[k].session && x->events.at[k].session < s->ordinal)
			MG_TRY(write_session(x, x->events.at[k].session, &i, &k, err));
		if (s->has_start && !(k < x->events.len && x->events.at[k].session == s->ordinal && is_start(&x->events.at[k])))
			MG_TRY(write_start(x, s, err));
		MG_TRY(write_session(x, s->ordinal, &i, &k, err));
	}
	while (i < x->points.len || k < x->events.len)
		MG_TRY(write_session(x, i < x->points.len && (k == x->events.len || x->events.at[k].session == 0 || (x->points.at[i].session
			&& x->points.at[i].session <= x->events.at[k].session)) ? x->points.at[i].session : x->events.at[k].session, &i, &k, err));
out:
	return rc;
}

/* TensorFlow writes the graph and the MetaGraph made of it; one that is nothing but a graph came as such. */
static int
write_graph(export *x, const mg_str *bytes, int64_t time, mgreg_error *err)
{
	Pb__Event e = PB__EVENT__INIT;
	mg_str graph = MG_STR_INIT;
	mg_arena arena = { 0 };
	Pb__MetaGraphDef *m;
	int rc;

	MG_TRY(mg_metagraph_parse(bytes->ptr, bytes->len, "the run's graph", &arena, &m, err));
	e.wall_time = in_seconds(time);
	if (m->graph_def) {
		MG_TRY(mg_msg_encode(&m->graph_def->base, &graph, err));
		e.what_case = PB__EVENT__WHAT_GRAPH_DEF;
		e.graph_def = (ProtobufCBinaryData){ graph.len, (uint8_t *)graph.ptr };
		MG_TRY(mg_event_write(x->out, &e, err));
	}
	if (!m->meta_info_def && !m->saver_def && m->n_collection_def == 0 && m->n_signature_def == 0 && m->n_asset_file_def == 0)
		goto out;
	e.what_case = PB__EVENT__WHAT_META_GRAPH_DEF;
	e.meta_graph_def = (ProtobufCBinaryData){ bytes->len, (uint8_t *)bytes->ptr };
	MG_TRY(mg_event_write(x->out, &e, err));
out:
	mg_str_clear(&graph);
	mg_arena_clear(&arena);
	return rc;
}

static int
read_graph(export *x, mg_str *bytes, int64_t *time, bool *has, mgreg_error *err)
{
	mg_metagraph_rows rows = { 0 };
	mg_version_info v;
	int64_t id;
	int rc;

	*has = false;
	MG_TRY(mg_metagraph_newest(x->store, x->run_id, x->limited ? x->version.id : 0, &id, err));
	if (!id)
		goto out;
	MG_TRY(mg_version_get(x->store, id, &v, err));
	MG_TRY(mg_version_metagraphs(x->store, id, &x->arena, &rows, err));
	if (rows.len == 0)
		goto out;
	MG_TRY(mg_object_read_all(x->store, rows.at[0].object_id, 0, bytes, err));
	*time = v.saved_at;
	*has = true;
out:
	mg_vec_clear(&rows);
	return rc;
}

static int
collect(export *x, mg_str *graph, bool *has_graph, int64_t *graph_time, mgreg_error *err)
{
	int rc;

	MG_TRY(mg_session_each(x->store, x->run_id, collect_session, x, err));
	MG_TRY(mg_point_each(x->store, x->run_id, collect_point, x, err));
	MG_TRY(mg_event_each(x->store, x->run_id, collect_event, x, err));
	MG_TRY(read_graph(x, graph, graph_time, has_graph, err));
	if (!*has_graph && x->points.len == 0 && x->events.len == 0)
		rc = mg_fail(err, MGREG_FAILED_PRECONDITION, "there are no metrics, events or graphs");
out:
	return rc;
}

int
mgreg_events_export(mgreg_store *store, const char *target, const char *dir, char **path, mgreg_error *err)
{
	export x = { .store = store, .first = INT64_MAX, .err = err };
	mg_event_options o = { .whole = true };
	mg_str graph = MG_STR_INIT;
	bool has_graph = false;
	int64_t graph_time = 0;
	char *name = NULL;
	int rc;

	MG_TRY(mg_target_resolve(store, target, &x.run_id, &x.limited, &x.version, err));
	MG_TRY(mg_txn_begin_read(store, err));
	rc = mg_txn_end(store, collect(&x, &graph, &has_graph, &graph_time, err), err);
	MG_TRY(mg_wrap(err, rc, "%s", target));
	if (x.first == INT64_MAX)
		x.first = graph_time;
	o.wall_time = MG_MAX(in_seconds(x.first), 1.0);
	MG_TRY(mg_event_create(&x.out, dir, &o, err));
	if (has_graph)
		MG_TRY(write_graph(&x, &graph, x.first, err));
	MG_TRY(write_sessions(&x, err));
	if (path && !(name = mg_strdup(mg_event_path(x.out)))) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	rc = mg_event_finish(x.out, err);
	x.out = NULL;
	if (rc == 0 && path) {
		*path = name;
		name = NULL;
	}
out:
	mg_event_abandon(x.out);
	mg_free(name);
	mg_str_clear(&graph);
	mg_vec_clear(&x.points);
	mg_vec_clear(&x.events);
	mg_vec_clear(&x.sessions);
	mg_map_clear(&x.names);
	mg_arena_clear(&x.arena);
	return rc;
}
