/* SPDX-License-Identifier: Apache-2.0 */
/*
 * events_import.c - one event after the other -> metric points, events, versions.
 *
 * A source's sessions have uids that follow from the run, the source's name and their number in it: reading it again, or going on
 * after a crash, finds them.  Sources below sub-folders have no sessions: a restart of the training must not hide what an
 * evaluator wrote beside it.
 */
#include "base/base.h"
#include <math.h>
#include "base/xxh3.h"
#include "registry/events.h"
#include "registry/facts.h"

enum { BATCH_POINTS = 8192, BATCH_BYTES = 4 << 20 };

void
mg_intake_begin(mg_intake *in, const char *name, const char *uri, const char *prefix)
{
	in->name = name;
	in->uri = uri;
	in->prefix = prefix;
	in->version = 0;
	in->starts = in->session = 0;
	in->newest_step = INT64_MIN;
	mg_map_clear(&in->plugins);
	mg_str_reset(&in->graph);
	mg_str_reset(&in->problem);
	in->has_graph = false;
	in->read = in->added_points = in->added_events = in->versions = in->sessions = 0;
}

static void
clear_batch(mg_intake *in)
{
	for (size_t i = 0; i < in->events.len; i++)
		mg_str_clear(&in->events.at[i].bytes);
	in->events.len = in->points.len = 0;
	in->bytes = 0;
	mg_map_clear(&in->names);
	mg_arena_clear(&in->arena);
}

void
mg_intake_clear(mg_intake *in)
{
	clear_batch(in);
	mg_vec_clear(&in->events);
	mg_vec_clear(&in->points);
	mg_map_clear(&in->plugins);
	mg_str_clear(&in->graph);
	mg_str_clear(&in->problem);
}

void
mg_intake_note(mg_intake *in, const mgreg_error *why)
{
	if (in->problem.len == 0)
		mg_str_add(&in->problem, why->text);
}

/* ---- sessions ---- */

static int
session_uid(const mg_intake *in, int64_t number, char out[33], mgreg_error *err)
{
	uint8_t digest[MG_XXH3_SIZE];
	mg_str text = MG_STR_INIT;
	int rc;

	mg_str_printf(&text, "events\n%s\n%s\n%lld", in->run_uid, in->name, (long long)number);
	if ((rc = mg_str_check(&text, err)) == 0) {
		mg_xxh3(text.ptr, text.len, digest);
		for (int i = 0; i < MG_XXH3_SIZE; i++)
			snprintf(out + 2 * i, 3, "%02x", digest[i]);
	}
	mg_str_clear(&text);
	return rc;
}

static bool
has_sessions(const mg_intake *in)
{
	return !*in->prefix && !in->dry_run;
}

static int64_t
in_ms(double seconds)
{
	return seconds > -9e12 && seconds < 9e12 ? (int64_t)llround(seconds * 1000) : 0;
}

/* The session that what comes now belongs to. */
static int
need_session(mg_intake *in, double wall_time, mgreg_error *err)
{
	char uid[33];
	int rc;

	if (in->session || !has_sessions(in))
		return 0;
	if ((rc = session_uid(in, in->starts, uid, err)) != 0)
		return rc;
	in->sessions++;
	return mg_run_session_past(in->store, in->run_id, uid, false, 0, in_ms(wall_time), &in->session, err);
}

/* From STEP on everything older is history. */
static int
restart(mg_intake *in, int64_t step, double wall_time, mgreg_error *err)
{
	char uid[33];
	int rc;

	in->starts++;
	in->sessions++;
	if (!has_sessions(in))
		return 0;
	if ((rc = session_uid(in, in->starts, uid, err)) != 0)
		return rc;
	return mg_run_session_past(in->store, in->run_id, uid, true, step - 1, in_ms(wall_time), &in->session, err);
}

int
mg_intake_resume(mg_intake *in, mgreg_error *err)
{
	int64_t ordinal;
	char uid[33];
	int rc = 0;

	in->version = 2;
	if (!has_sessions(in))
		return 0;
	for (int64_t n = 0; ; n++) {
		if ((rc = session_uid(in, n, uid, err)) != 0 || (rc = mg_session_find(in->store, in->run_id, uid, &ordinal, err)) != 0)
			return rc;
		if (ordinal) {
			in->session = ordinal;
			in->starts = n;
		} else if (n > 0)
			return 0;
	}
}

/* ---- the batch ---- */

static int
name_of(mg_intake *in, const char *tag, const char **out, mgreg_error *err)
{
	char *full = mg_arena_printf(&in->arena, "%s%s", in->prefix, tag);

	if (!full)
		return mg_fail_nomem(err, 0);
	if ((*out = mg_map_find(&in->names, full)) != NULL)
		return 0;
	*out = full;
	return mg_map_set(&in->names, full, full) ? 0 : mg_fail_nomem(err, 0);
}

static int
add_point(mg_intake *in, const char *tag, int64_t step, double wall_time, double value, mgreg_error *err)
{
	mg_point p = { .has_step = true, .step = step, .value = value, .wall_time = in_ms(wall_time) };
	int rc;

	MG_TRY(need_session(in, wall_time, err));
	MG_TRY(name_of(in, tag, &p.name, err));
	p.session = in->session;
	if (!mg_vec_push(&in->points, p))
		rc = mg_fail_nomem(err, 0);
out:
	return rc;
}

/* E, with this one VALUE if it is a summary, under TAG. */
static int
add_event(mg_intake *in, const Pb__Event *e, Pb__Summary__Value *value, const char *tag, const char *plugin, mgreg_error *err)
{
	mg_intake_event one = { .step = e->step, .wall_time = in_ms(e->wall_time), .bytes = MG_STR_INIT };
	Pb__Summary summary = PB__SUMMARY__INIT;
	Pb__Event copy = *e;
	int rc;

	if (value) {
		summary.n_value = 1;
		summary.value = &value;
		copy.summary = &summary;
	}
	MG_TRY(need_session(in, e->wall_time, err));
	MG_TRY(name_of(in, tag, &one.tag, err));
	one.session = in->session;
	if (!(one.plugin = mg_arena_strdup(&in->arena, plugin))) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	MG_TRY(mg_msg_encode(&copy.base, &one.bytes, err));
	in->bytes += one.bytes.len;
	if (!mg_vec_push(&in->events, one))
		rc = mg_fail_nomem(err, 0);
	else
		one.bytes = (mg_str)MG_STR_INIT;
out:
	mg_str_clear(&one.bytes);
	return rc;
}

static int
store_events(mg_intake *in, mg_save *save, mgreg_error *err)
{
	int rc = 0;

	for (size_t i = 0; i < in->events.len; i++) {
		mg_intake_event *e = &in->events.at[i];
		mg_blob *blob;
		bool added;

		MG_TRY(mg_blob_put(save, e->bytes.ptr, e->bytes.len, NULL, NULL, &blob, err));
		MG_TRY(mg_event_add(save, in->run_id, e->step, e->session, e->wall_time, e->tag, e->plugin, blob, &added, err));
		in->added_events += added;
	}
out:
	return rc;
}

static int publish_graph(mg_intake *in, mgreg_error *err);

int
mg_intake_flush(mg_intake *in, uint64_t offset, mgreg_error *err)
{
	mg_new_input input = { .role = "events", .name = in->name, .uri = in->uri, .has_size = true, .size = (int64_t)offset };
	int64_t added = 0;
	mg_save *save = NULL;
	int rc = 0;

	if (in->has_graph)
		MG_TRY(publish_graph(in, err));
	if (in->dry_run) {
		in->added_points += (int64_t)in->points.len;
		in->added_events += (int64_t)in->events.len;
		goto out;
	}
	if (in->events.len)
		MG_TRY(mg_event_save_begin(&save, in->store, err));
	MG_TRY(mg_txn_begin(in->store, err));
	rc = mg_metric_add_counted(in->store, in->run_id, in->points.at, in->points.len, &added, err);
	if (rc == 0)
		rc = store_events(in, save, err);
	if (rc == 0)
		rc = mg_input_set(in->store, in->run_id, &input, err);
	rc = mg_txn_end(in->store, rc, err);
	if (rc == 0)
		in->added_points += added;
out:
	mg_save_free(save);
	clear_batch(in);
	return rc;
}

/* ---- graphs ---- */

int
mg_intake_metagraph(mg_intake *in, const void *bytes, size_t size, mgreg_error *err)
{
	mg_new_version v = { .run_id = in->run_id, .kind = "metagraph", .keep_latest = true, .operation = "events-import" };
	mg_new_metagraph metagraph;
	mgreg_error why = { 0 };
	Pb__MetaGraphDef *m;
	mg_save *save = NULL;
	mg_arena arena = { 0 };
	mg_version_info info;
	int64_t there;
	int rc = mg_metagraph_parse(bytes, size, in->name, &arena, &m, &why);

	if (rc) {
		mg_intake_note(in, &why);
		rc = 0;
		goto out;
	}
	if (in->dry_run) {
		in->versions++;
		goto out;
	}
	MG_TRY(mg_metagraph_in_run(in->store, in->run_id, bytes, size, &there, err));
	if (there)
		goto out;
	MG_TRY(mg_save_begin(&save, in->store, err));
	MG_TRY(mg_publish_metagraph(save, bytes, size, m, &arena, &metagraph, err));
	v.metagraphs = &metagraph;
	v.metagraph_count = 1;
	MG_TRY(mg_facts_of_hparams(m, NULL, &arena, &v.hparams_doc, (mg_hparam_fact **)&v.hparams, &v.hparam_count, err));
	MG_TRY(mg_version_publish(save, &v, &info, NULL, err));
	in->versions++;
out:
	mg_save_free(save);
	mg_arena_clear(&arena);
	return rc;
}

/* A GraphDef that no MetaGraph followed. */
static int
publish_graph(mg_intake *in, mgreg_error *err)
{
	Pb__MetaGraphDef m = PB__META_GRAPH_DEF__INIT;
	mg_arena arena = { 0 };
	mg_str bytes = MG_STR_INIT;
	mgreg_error why = { 0 };
	mg_msg *g;
	int rc;

	in->has_graph = false;
	if ((rc = mg_msg_decode(&pb__graph_def__descriptor, in->graph.ptr, in->graph.len, &arena, &g, &why)) != 0) {
		mg_wrap(&why, rc, "a graph");
		mg_intake_note(in, &why);
		rc = 0;
		goto out;
	}
	m.graph_def = (Pb__GraphDef *)g;
	MG_TRY(mg_msg_encode(&m.base, &bytes, err));
	MG_TRY(mg_intake_metagraph(in, bytes.ptr, bytes.len, err));
out:
	mg_str_reset(&in->graph);
	mg_str_clear(&bytes);
	mg_arena_clear(&arena);
	return rc;
}

int
mg_intake_graph(mg_intake *in, const void *bytes, size_t size, mgreg_error *err)
{
	if (in->has_graph) {
		int rc = publish_graph(in, err);

		if (rc)
			return rc;
	}
	mg_str_reset(&in->graph);
	mg_str_append(&in->graph, bytes, size);
	in->has_graph = true;
	return mg_str_check(&in->graph, err);
}

/* ---- events ---- */

/* The plugin of a tensor: said once per tag and file. */
static const char *
plugin_of(mg_intake *in, const Pb__Summary__Value *v, mgreg_error *err, int *rc)
{
	static const char *const known[] = { "scalars", "histograms", "images", "audio", "text", "tensor", "pr_curves", "hparams", "custom_scalars" };
	const char *plugin = mg_event_plugin(v), *before = mg_map_find(&in->plugins, v->tag);

	*rc = 0;
	if (before && strcmp(plugin, "tensor") == 0)
		return before;
	if (v->value_case == PB__SUMMARY__VALUE__VALUE_TENSOR && !before)
		for (size_t i = 0; i < MG_COUNT(known); i++)
			if (strcmp(plugin, known[i]) == 0 && !mg_map_set(&in->plugins, v->tag, (void *)(uintptr_t)known[i]))
				*rc = mg_fail_nomem(err, 0);
	return plugin;
}

static int
take_value(mg_intake *in, const Pb__Event *e, Pb__Summary__Value *v, mgreg_error *err)
{
	const char *plugin;
	double number;
	int rc;

	if (v->value_case == PB__SUMMARY__VALUE__VALUE__NOT_SET)
		return 0;
	plugin = plugin_of(in, v, err, &rc);
	if (rc)
		return rc;
	if (strcmp(plugin, "scalars") == 0 && mg_event_scalar(v, &number))
		return add_point(in, v->tag, e->step, e->wall_time, number, err);
	return add_event(in, e, v, v->tag, plugin, err);
}

static int
take_session_log(mg_intake *in, const Pb__Event *e, uint64_t offset, mgreg_error *err)
{
	static const char *const tags[] = { "unspecified", "start", "stop", "checkpoint" };
	const Pb__SessionLog *log = e->session_log;
	int rc = 0;

	if (log->status == PB__SESSION_LOG__SESSION_STATUS__START && in->version >= 2) {
		MG_TRY(mg_intake_flush(in, offset, err));       /* what came before belongs to the older session */
		MG_TRY(restart(in, e->step, e->wall_time, err));
	}
	rc = add_event(in, e, NULL, (unsigned)log->status < MG_COUNT(tags) ? tags[log->status] : tags[0], "session_log", err);
out:
	return rc;
}

/* Files before version 2 have no session logs: a step that goes back is a restart. */
static int
watch_order(mg_intake *in, const Pb__Event *e, uint64_t offset, mgreg_error *err)
{
	int rc = 0;

	if (in->version >= 2)
		return 0;
	if (e->what_case == PB__EVENT__WHAT_SUMMARY && e->step < in->newest_step) {
		MG_TRY(mg_intake_flush(in, offset, err));
		MG_TRY(restart(in, e->step, e->wall_time, err));
	}
	in->newest_step = e->step;
out:
	return rc;
}

static int
take(mg_intake *in, const Pb__Event *e, uint64_t offset, mgreg_error *err)
{
	const char *number;
	int rc = 0;

	switch (e->what_case) {
	case PB__EVENT__WHAT_FILE_VERSION:
		number = strchr(e->file_version, ':');
		in->version = number && number[1] >= '0' && number[1] <= '9' ? number[1] - '0' : 0;
		return 0;
	case PB__EVENT__WHAT_GRAPH_DEF:
		return mg_intake_graph(in, e->graph_def.data, e->graph_def.len, err);
	case PB__EVENT__WHAT_META_GRAPH_DEF:
		in->has_graph = false;          /* the MetaGraph is made of it */
		return mg_intake_metagraph(in, e->meta_graph_def.data, e->meta_graph_def.len, err);
	case PB__EVENT__WHAT_SUMMARY:
		for (size_t i = 0; i < e->summary->n_value; i++)
			MG_TRY(take_value(in, e, e->summary->value[i], err));
		return 0;
	case PB__EVENT__WHAT_SESSION_LOG:
		return take_session_log(in, e, offset, err);
	case PB__EVENT__WHAT_TAGGED_RUN_METADATA:
		return add_event(in, e, NULL, e->tagged_run_metadata->tag, "run_metadata", err);
	case PB__EVENT__WHAT_LOG_MESSAGE:
		return add_event(in, e, NULL, "log", "log_message", err);
	default:
		return 0;
	}
out:
	return rc;
}

int
mg_intake_event_add(mg_intake *in, const Pb__Event *e, uint64_t offset, mgreg_error *err)
{
	int rc = 0;

	in->read++;
	MG_TRY(watch_order(in, e, offset, err));
	if (in->points.len >= BATCH_POINTS || in->bytes >= BATCH_BYTES)
		MG_TRY(mg_intake_flush(in, offset, err));
	rc = take(in, e, offset, err);
out:
	return rc;
}
