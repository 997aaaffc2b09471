/* SPDX-License-Identifier: Apache-2.0 */
/* metric.c - points of series, their summaries once per batch, directions, events. */
#include "base/base.h"
#include <math.h>
#include "store/store_internal.h"

static int
series_id(mg_store *s, int64_t run_id, const char *name, int64_t *id, mgreg_error *err)
{
	bool found;
	int rc;

	MG_TRY(mg_stmt_one(s, MG_SQL_SERIES_FIND, id, &found, err, "is", run_id, name));
	if (!found) {
		MG_TRY(mg_stmt_run(s, MG_SQL_SERIES_INSERT, err, "is", run_id, name));
		*id = mg_stmt_last_id(s);
	}
out:
	return rc;
}

static int
add_point(mg_store *s, int64_t series, const mg_point *p, int64_t now, mgreg_error *err)
{
	int64_t at = p->wall_time ? p->wall_time : now, there;
	bool number = !isnan(p->value);
	bool found;
	int rc;

	if (!p->has_step && !p->version_id)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "metric '%s': a point needs a step or a version", p->name);
	MG_TRY(mg_stmt_one(s, MG_SQL_METRIC_THERE, &there, &found, err, "iIiIID", series, (int)p->has_step, p->step, at,
		p->version_id != 0, p->version_id, p->session != 0, p->session, (int)number, p->value));
	if (!found)
		MG_TRY(mg_stmt_run(s, MG_SQL_METRIC_INSERT, err, "iIIIDi", series, (int)p->has_step, p->step, p->session != 0, p->session,
			p->version_id != 0, p->version_id, (int)number, p->value, at));
out:
	return rc;
}

int
mg_metric_add(mg_store *s, int64_t run_id, const mg_point *points, size_t count, mgreg_error *err)
{
	int64_t now = mg_now_ms(), id = 0;
	mg_ids touched = { 0 };
	int rc;

	if (count == 0)
		return 0;
	MG_TRY(mg_txn_begin(s, err));
	for (size_t i = 0; rc == 0 && i < count; i++) {
		size_t k = 0;

		if (i == 0 || strcmp(points[i].name, points[i - 1].name))
			rc = series_id(s, run_id, points[i].name, &id, err);
		if (rc == 0)
			rc = add_point(s, id, &points[i], now, err);
		while (k < touched.len && touched.at[k] != id)
			k++;
		if (rc == 0 && k == touched.len && !mg_vec_push(&touched, id))
			rc = mg_fail_nomem(err, 0);
	}
	for (size_t i = 0; rc == 0 && i < touched.len; i++)
		rc = mg_stmt_run(s, MG_SQL_SERIES_SUMMARIZE, err, "i", touched.at[i]);
	rc = mg_txn_end(s, rc, err);
out:
	mg_vec_clear(&touched);
	return rc;
}

int
mg_metric_declare(mg_store *s, const char *name, bool higher, mgreg_error *err)
{
	return mg_stmt_run(s, MG_SQL_DIRECTION_SET, err, "ss", name, higher ? "higher" : "lower");
}

int
mg_metric_direction(mg_store *s, const char *name, bool *declared, bool *higher, mgreg_error *err)
{
	mg_stmt *q = NULL;
	const char *better;
	int rc;

	MG_TRY(mg_stmt_get(s, MG_SQL_BEST_DIRECTION, &q, err));
	MG_TRY(mg_stmt_bind(q, err, "s", name));
	MG_TRY(mg_stmt_step(q, err));
	*declared = mg_stmt_has_row(q);
	*higher = false;
	if (*declared) {
		mg_stmt_read(q, "t", &better);
		*higher = strcmp(better, "higher") == 0;
	}
out:
	mg_stmt_release(q);
	return rc;
}

int
mg_metric_each(mg_store *s, int64_t run_id, const char *name, int (*each)(void *ctx, const mg_point *p), void *ctx, mgreg_error *err)
{
	mg_stmt *q = NULL;
	int rc;

	MG_TRY(mg_stmt_get(s, MG_SQL_METRIC_LIST, &q, err));
	MG_TRY(mg_stmt_bind(q, err, "is", run_id, name));
	for (;;) {
		mg_point p = { 0 };

		MG_TRY(mg_stmt_step(q, err));
		if (!mg_stmt_has_row(q))
			break;
		mg_stmt_read(q, "tIdiii", &p.name, &p.step, &p.has_step, &p.value, &p.wall_time, &p.session, &p.version_id);
		if ((rc = each(ctx, &p)) != 0)
			break;
	}
out:
	mg_stmt_release(q);
	return rc;
}

int
mg_event_add(mg_save *save, int64_t run_id, int64_t step, int64_t session, int64_t wall_time, const char *tag, const char *plugin,
	const mg_blob *blob, mgreg_error *err)
{
	mg_store *s = save->store;
	int rc;

	MG_TRY(mg_txn_begin(s, err));
	rc = mg_save_flush(save, err);
	if (rc == 0)
		rc = mg_blob_insert(save, (mg_blob *)blob, err);
	if (rc == 0)
		rc = mg_stmt_run(s, MG_SQL_EVENT_INSERT, err, "iiIissi", run_id, step, session != 0, session,
			wall_time ? wall_time : mg_now_ms(), tag, plugin ? plugin : "", blob->object_id);
	rc = mg_txn_end(s, rc, err);
out:
	return rc;
}
