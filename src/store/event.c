/* SPDX-License-Identifier: Apache-2.0 */
/* event.c - events of a run other than metric points; sessions of processes that only left files; metrics as they are shown. */
#include "base/base.h"
#include <math.h>
#include "mgreg/events.h"
#include "store/store_internal.h"

int
mg_event_save_begin(mg_save **out, mg_store *s, mgreg_error *err)
{
	mg_save *save;
	int rc = mg_save_begin(&save, s, err);

	if (rc == 0 && (rc = mg_save_keep_inline(save, err)) != 0)
		mg_save_free(save);
	else if (rc == 0)
		*out = save;
	return rc;
}

int
mg_event_add(mg_save *save, int64_t run_id, int64_t step, int64_t session, int64_t wall_time, const char *tag, const char *plugin,
	const mg_blob *blob, bool *added, mgreg_error *err)
{
	mg_store *s = save->store;
	int64_t at = wall_time ? wall_time : mg_now_ms(), one;
	bool found = false;
	int rc;

	MG_TRY(mg_txn_begin(s, err));
	rc = mg_save_flush(save, err);
	if (rc == 0)
		rc = mg_blob_insert(save, (mg_blob *)blob, err);
	if (rc == 0)
		rc = mg_stmt_one(s, MG_SQL_EVENT_THERE, &one, &found, err, "isiiIi", run_id, tag, step, at, session != 0, session,
			blob->object_id);
	if (rc == 0 && !found)
		rc = mg_stmt_run(s, MG_SQL_EVENT_INSERT, err, "iiIissi", run_id, step, session != 0, session, at, tag,
			plugin ? plugin : "", blob->object_id);
	rc = mg_txn_end(s, rc, err);
	if (rc == 0 && added)
		*added = !found;
out:
	return rc;
}

int
mg_event_each(mg_store *s, int64_t run_id, int (*each)(void *ctx, const mg_event_row *row), void *ctx, mgreg_error *err)
{
	mg_stmt *q = NULL;
	int rc;

	MG_TRY(mg_stmt_get(s, MG_SQL_EVENT_LIST, &q, err));
	MG_TRY(mg_stmt_bind(q, err, "i", run_id));
	for (;;) {
		mg_event_row row = { 0 };
		bool has;

		MG_TRY(mg_stmt_step(q, err));
		if (!mg_stmt_has_row(q))
			break;
		mg_stmt_read(q, "iIitti", &row.step, &row.session, &has, &row.wall_time, &row.tag, &row.plugin, &row.object_id);
		if (!has)
			row.session = 0;
		if ((rc = each(ctx, &row)) != 0)
			break;
	}
out:
	mg_stmt_release(q);
	return rc;
}

int
mg_point_each(mg_store *s, int64_t run_id, int (*each)(void *ctx, const mg_point *p), void *ctx, mgreg_error *err)
{
	mg_stmt *q = NULL;
	int rc;

	MG_TRY(mg_stmt_get(s, MG_SQL_POINT_LIST, &q, err));
	MG_TRY(mg_stmt_bind(q, err, "i", run_id));
	for (;;) {
		mg_point p = { 0 };
		bool has;

		MG_TRY(mg_stmt_step(q, err));
		if (!mg_stmt_has_row(q))
			break;
		mg_stmt_read(q, "tIdiIi", &p.name, &p.step, &p.has_step, &p.value, &p.wall_time, &p.session, &has, &p.version_id);
		if (!has)
			p.session = 0;
		if ((rc = each(ctx, &p)) != 0)
			break;
	}
out:
	mg_stmt_release(q);
	return rc;
}

int
mg_session_each(mg_store *s, int64_t run_id, int (*each)(void *ctx, const mg_session_row *row), void *ctx, mgreg_error *err)
{
	mg_stmt *q = NULL;
	int rc;

	MG_TRY(mg_stmt_get(s, MG_SQL_SESSION_LIST, &q, err));
	MG_TRY(mg_stmt_bind(q, err, "i", run_id));
	for (;;) {
		mg_session_row row = { 0 };

		MG_TRY(mg_stmt_step(q, err));
		if (!mg_stmt_has_row(q))
			break;
		mg_stmt_read(q, "iIi", &row.ordinal, &row.start_step, &row.has_start, &row.started_at);
		if ((rc = each(ctx, &row)) != 0)
			break;
	}
out:
	mg_stmt_release(q);
	return rc;
}

int
mg_session_find(mg_store *s, int64_t run_id, const char *uid, int64_t *ordinal, mgreg_error *err)
{
	return mg_stmt_one(s, MG_SQL_SESSION_FIND, ordinal, NULL, err, "si", uid, run_id);
}

int
mg_input_size(mg_store *s, int64_t run_id, const char *role, const char *name, int64_t *size, bool *found, mgreg_error *err)
{
	return mg_stmt_one(s, MG_SQL_INPUT_SIZE, size, found, err, "iss", run_id, role, name);
}

int
mg_metagraph_in_run(mg_store *s, int64_t run_id, const void *bytes, size_t size, int64_t *version_id, mgreg_error *err)
{
	mg_str there = MG_STR_INIT;
	mg_stmt *q = NULL;
	int rc;

	*version_id = 0;
	MG_TRY(mg_stmt_get(s, MG_SQL_METAGRAPH_IN_RUN, &q, err));
	MG_TRY(mg_stmt_bind(q, err, "ii", run_id, (int64_t)size));
	while (!*version_id) {
		int64_t id, object_id;

		MG_TRY(mg_stmt_step(q, err));
		if (!mg_stmt_has_row(q))
			break;
		mg_stmt_read(q, "ii", &id, &object_id);
		mg_str_reset(&there);
		/* what cannot be read is not the same */
		if (mg_object_read_all(s, object_id, size, &there, NULL) == 0 && there.len == size && memcmp(there.ptr, bytes, size) == 0)
			*version_id = id;
	}
out:
	mg_stmt_release(q);
	mg_str_clear(&there);
	return rc;
}

int
mg_metagraph_newest(mg_store *s, int64_t run_id, int64_t up_to, int64_t *version_id, mgreg_error *err)
{
	return mg_stmt_one(s, MG_SQL_METAGRAPH_NEWEST, version_id, NULL, err, "iI", run_id, up_to != 0, up_to);
}

/* ---- metrics as people see them ---- */

int
mg_metric_summaries(mg_store *s, const mg_metric_scope *scope, int (*each)(void *ctx, const mgreg_metric_summary *m), void *ctx, mgreg_error *err)
{
	mg_stmt *q = NULL;
	int rc;

	MG_TRY(mg_stmt_get(s, scope->version_id ? MG_SQL_METRICS_OF_VERSION : MG_SQL_METRICS_LIST, &q, err));
	if (scope->version_id)
		MG_TRY(mg_stmt_bind(q, err, "i", scope->version_id));
	else
		MG_TRY(mg_stmt_bind(q, err, "II", scope->model_id != 0, scope->model_id, scope->run_id != 0, scope->run_id));
	for (;;) {
		mgreg_metric_summary m = { 0 };
		bool has_min, has_max, has_last;

		MG_TRY(mg_stmt_step(q, err));
		if (!mg_stmt_has_row(q))
			break;
		mg_stmt_read(q, "ttssiIddIdI", &m.model, &m.run, &m.metric, &m.better, &m.points, &m.last_step, &has_last, &m.last_value,
			&m.min_value, &m.min_step, &has_min, &m.max_value, &m.max_step, &has_max);
		m.has_last = has_last;
		m.has_min = has_min;
		if ((rc = each(ctx, &m)) != 0)
			break;
	}
out:
	mg_stmt_release(q);
	return rc;
}

/* P has its names; the points of one series. */
static int
points_of(mg_store *s, int64_t series_id, int64_t run_id, int64_t version_id, bool all, mgreg_metric_point p,
	int (*each)(void *ctx, const mgreg_metric_point *p), void *ctx, mgreg_error *err)
{
	mg_stmt *q = NULL;
	int rc;

	MG_TRY(mg_stmt_get(s, MG_SQL_SERIES_POINTS, &q, err));
	MG_TRY(mg_stmt_bind(q, err, "iiIi", series_id, run_id, version_id != 0, version_id, (int64_t)all));
	for (;;) {
		bool has_step, has_session, has_version;

		MG_TRY(mg_stmt_step(q, err));
		if (!mg_stmt_has_row(q))
			break;
		mg_stmt_read(q, "IdiII", &p.step, &has_step, &p.value, &p.wall_time, &p.session, &has_session, &p.version_id, &has_version);
		p.has_step = has_step;
		p.session = has_session ? p.session : 0;
		p.version_id = has_version ? p.version_id : 0;
		if ((rc = each(ctx, &p)) != 0)
			break;
	}
out:
	mg_stmt_release(q);
	return rc;
}

int
mg_metric_points(mg_store *s, const mg_metric_scope *scope, const char *glob, bool all,
	int (*each)(void *ctx, const mgreg_metric_point *p), void *ctx, mgreg_error *err)
{
	mg_stmt *q = NULL;
	int rc;

	MG_TRY(mg_stmt_get(s, MG_SQL_SERIES_SCOPE_LIST, &q, err));
	MG_TRY(mg_stmt_bind(q, err, "IIs", scope->model_id != 0, scope->model_id, scope->run_id != 0, scope->run_id, glob));
	for (;;) {
		mgreg_metric_point p = { 0 };
		int64_t series_id, run_id;

		MG_TRY(mg_stmt_step(q, err));
		if (!mg_stmt_has_row(q))
			break;
		mg_stmt_read(q, "tttii", &p.model, &p.run, &p.metric, &series_id, &run_id);
		if ((rc = points_of(s, series_id, run_id, scope->version_id, all, p, each, ctx, err)) != 0)
			break;
	}
out:
	mg_stmt_release(q);
	return rc;
}
