/* SPDX-License-Identifier: Apache-2.0 */
/* metric.c - points of series, their summaries once per batch, directions. */
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

/* What a batch adds to a series: enough to bring its summary up to date without reading the old points. */
typedef struct addition {
	int64_t id, count;
	bool    has_highest;
	int64_t highest;                /* step of the series: what lies beyond it is new for certain */
	bool    plain;                  /* every point is one that view `metrics` shows for certain, and has a step */
	bool    has_number;
	int64_t last_step, min_step, max_step;
	double  last, min, max;         /* last may be NaN */
} addition;
typedef MG_VEC(addition) additions;

static int
add_point(mg_store *s, addition *a, const mg_point *p, int64_t now, bool *added, mgreg_error *err)
{
	int64_t at = p->wall_time ? p->wall_time : now, there, series = a->id;
	bool number = !isnan(p->value);
	bool found = false;
	int rc = 0;

	if (!p->has_step && !p->version_id)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "metric '%s': a point needs a step or a version", p->name);
	if (!p->has_step || (a->has_highest && p->step <= a->highest))
		MG_TRY(mg_stmt_one(s, MG_SQL_METRIC_THERE, &there, &found, err, "iIiIID", series, (int)p->has_step, p->step, at,
			p->version_id != 0, p->version_id, p->session != 0, p->session, (int)number, p->value));
	if (!found)
		MG_TRY(mg_stmt_run(s, MG_SQL_METRIC_INSERT, err, "iIIIDi", series, (int)p->has_step, p->step, p->session != 0, p->session,
			p->version_id != 0, p->version_id, (int)number, p->value, at));
	if (p->has_step && (!a->has_highest || p->step > a->highest)) {
		a->has_highest = true;
		a->highest = p->step;
	}
	*added = !found;
out:
	return rc;
}

/* Later points win at equal steps, earlier ones at equal values: as series_summarize has it. */
static void
take_in(addition *a, const mg_point *p, int64_t newest_session)
{
	a->plain = a->plain && p->has_step && (p->session == 0 || p->session >= newest_session);
	if (a->count++ == 0 || p->step >= a->last_step) {
		a->last_step = p->step;
		a->last = p->value;
	}
	if (isnan(p->value))
		return;
	if (!a->has_number || p->value < a->min) {
		a->min = p->value;
		a->min_step = p->step;
	}
	if (!a->has_number || p->value > a->max) {
		a->max = p->value;
		a->max_step = p->step;
	}
	a->has_number = true;
}

/* The series NAME of the run among ALL; NAMES says which, numbers from 1 on. */
static int
addition_of(mg_store *s, int64_t run_id, const char *name, mg_map *names, additions *all, size_t *at, mgreg_error *err)
{
	size_t known = (size_t)(uintptr_t)mg_map_find(names, name);
	addition a = { .plain = true };
	int rc;

	if (known) {
		*at = known - 1;
		return 0;
	}
	MG_TRY(series_id(s, run_id, name, &a.id, err));
	MG_TRY(mg_stmt_one(s, MG_SQL_SERIES_LAST_STEP, &a.highest, &a.has_highest, err, "i", a.id));
	if (!mg_vec_push(all, a) || !mg_map_set(names, name, (void *)(uintptr_t)all->len)) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	*at = all->len - 1;
out:
	return rc;
}

static int
summarize(mg_store *s, const addition *a, mgreg_error *err)
{
	if (a->count == 0)
		return 0;
	if (!a->plain)
		return mg_stmt_run(s, MG_SQL_SERIES_SUMMARIZE, err, "i", a->id);
	return mg_stmt_run(s, MG_SQL_SERIES_ADVANCE, err, "iiiDDIDI", a->id, a->count, a->last_step, (int)!isnan(a->last), a->last,
		(int)a->has_number, a->min, (int)a->has_number, a->min_step, (int)a->has_number, a->max, (int)a->has_number, a->max_step);
}

int
mg_metric_add(mg_store *s, int64_t run_id, const mg_point *points, size_t count, mgreg_error *err)
{
	return mg_metric_add_counted(s, run_id, points, count, NULL, err);
}

int
mg_metric_add_counted(mg_store *s, int64_t run_id, const mg_point *points, size_t count, int64_t *new_points, mgreg_error *err)
{
	int64_t now = mg_now_ms(), newest = 0, total = 0;
	additions touched = { 0 };
	mg_map names = { 0 };
	size_t at = 0;
	bool found, added = false;
	int rc = 0;

	if (count == 0)
		goto out;
	MG_TRY(mg_txn_begin(s, err));
	rc = mg_stmt_one(s, MG_SQL_SESSION_NEWEST, &newest, &found, err, "i", run_id);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		if (i == 0 || points[i].name != points[i - 1].name)
			rc = addition_of(s, run_id, points[i].name, &names, &touched, &at, err);
		if (rc == 0)
			rc = add_point(s, &touched.at[at], &points[i], now, &added, err);
		if (rc == 0 && added) {
			take_in(&touched.at[at], &points[i], newest);
			total++;
		}
	}
	for (size_t i = 0; rc == 0 && i < touched.len; i++)
		rc = summarize(s, &touched.at[i], err);
	rc = mg_txn_end(s, rc, err);
out:
	mg_vec_clear(&touched);
	mg_map_clear(&names);
	if (rc == 0 && new_points)
		*new_points = total;
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
mg_metric_of_version(mg_store *s, const mg_version_info *v, const char *name, bool *found, double *value, mgreg_error *err)
{
	const enum mg_sql ways[] = { MG_SQL_METRIC_OF_VERSION, MG_SQL_METRIC_AT_STEP };
	mg_stmt *q = NULL;
	int rc = 0;

	*found = false;
	for (size_t i = 0; i < MG_COUNT(ways) && !*found && (i == 0 || v->has_step); i++) {
		MG_TRY(mg_stmt_get(s, ways[i], &q, err));
		if (i == 0)
			MG_TRY(mg_stmt_bind(q, err, "isi", v->run_id, name, v->id));
		else
			MG_TRY(mg_stmt_bind(q, err, "isii", v->run_id, name, v->step, v->session_id));
		MG_TRY(mg_stmt_step(q, err));
		if ((*found = mg_stmt_has_row(q)))
			mg_stmt_read(q, "d", value);
		mg_stmt_release(q);
		q = NULL;
	}
out:
	mg_stmt_release(q);
	return rc;
}

int
mg_metric_copy(mg_store *s, int64_t from_version, int64_t run_id, int64_t to_version, mgreg_error *err)
{
	MG_VEC(mg_point) points = { 0 };
	mg_arena arena = { 0 };
	mg_stmt *q = NULL;
	int rc;

	MG_TRY(mg_stmt_get(s, MG_SQL_METRIC_OF_VERSION_LIST, &q, err));
	MG_TRY(mg_stmt_bind(q, err, "i", from_version));
	for (;;) {
		mg_point p = { .version_id = to_version };
		const char *name;

		MG_TRY(mg_stmt_step(q, err));
		if (!mg_stmt_has_row(q))
			break;
		mg_stmt_read(q, "tId-i", &name, &p.step, &p.has_step, &p.value, &p.wall_time);
		if (!(p.name = mg_arena_strdup(&arena, name)) || !mg_vec_push(&points, p)) {
			rc = mg_fail_nomem(err, 0);
			goto out;
		}
	}
	mg_stmt_release(q);
	q = NULL;
	MG_TRY(mg_metric_add(s, run_id, points.at, points.len, err));
out:
	mg_stmt_release(q);
	mg_vec_clear(&points);
	mg_arena_clear(&arena);
	return rc;
}
