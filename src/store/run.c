/* SPDX-License-Identifier: Apache-2.0 */
/* run.c - lines of training inside a model; their sessions, which are processes at work. */
#include "base/base.h"
#include <unistd.h>
#include "store/store_internal.h"

static const char *const statuses[] = { "open", "done", "failed", "killed", "imported" };

int
mg_check_json(const char *what, const char *text, mgreg_error *err)
{
	json_t *value = NULL;
	int rc;

	if (!text || !strcmp(text, "null"))
		return 0;
	rc = mg_json_parse(text, strlen(text), &value, err);
	json_decref(value);
	return mg_wrap(err, rc, "%.100s", what);
}

int
mg_run_create(mg_store *s, int64_t model_id, const char *name, const mg_new_run *o, int64_t *run_id, bool *created, mgreg_error *err)
{
	const char *status = o && o->status ? o->status : "open";
	const char *policy = o && o->policy ? o->policy : "{}";
	const char *env = o && o->env ? o->env : "{}";
	int64_t from = o ? o->from_version_id : 0;
	char uid[33];
	bool found;
	int rc;

	MG_TRY(mg_check_name("run", name, err));
	MG_TRY(mg_check_json("policy", policy, err));
	MG_TRY(mg_check_json("environment", env, err));
	MG_TRY(mg_txn_begin(s, err));
	rc = mg_stmt_one(s, MG_SQL_RUN_FIND, run_id, &found, err, "is", model_id, name);
	if (rc == 0 && !found && (rc = mg_random_hex(uid, err)) == 0
			&& (rc = mg_stmt_run(s, MG_SQL_RUN_INSERT, err, "sisIsssi", uid, model_id, name, from != 0, from,
				status, policy, env, mg_now_ms())) == 0)
		*run_id = mg_stmt_last_id(s);
	rc = mg_txn_end(s, rc, err);
	if (rc == 0 && created)
		*created = !found;
out:
	return rc;
}

int
mg_run_get(mg_store *s, int64_t run_id, mg_run_info *out, mgreg_error *err)
{
	const char *uid, *model, *run, *status;
	mg_run_info r = { 0 };
	mg_stmt *q = NULL;
	int rc;

	MG_TRY(mg_stmt_get(s, MG_SQL_RUN_GET, &q, err));
	MG_TRY(mg_stmt_bind(q, err, "i", run_id));
	MG_TRY(mg_stmt_step(q, err));
	if (!mg_stmt_has_row(q)) {
		rc = mg_fail(err, MGREG_NOT_FOUND, "no run with id %lld", (long long)run_id);
		goto out;
	}
	mg_stmt_read(q, "iiiiitttt", &r.id, &r.model_id, &r.from_version_id, &r.started_at, &r.ended_at, &uid, &model, &run, &status);
	mg_copy_text(r.uid, sizeof r.uid, uid);
	mg_copy_text(r.model, sizeof r.model, model);
	mg_copy_text(r.run, sizeof r.run, run);
	mg_copy_text(r.status, sizeof r.status, status);
	*out = r;
out:
	mg_stmt_release(q);
	return rc;
}

int
mg_run_newest(mg_store *s, int64_t run_id, int64_t *version_id, mgreg_error *err)
{
	return mg_stmt_one(s, MG_SQL_RUN_NEWEST, version_id, NULL, err, "i", run_id);
}

int
mg_run_set_status(mg_store *s, int64_t run_id, const char *status, mgreg_error *err)
{
	for (size_t i = 0; i < MG_COUNT(statuses); i++)
		if (!strcmp(status, statuses[i]))
			return mg_stmt_run(s, MG_SQL_RUN_SET_STATUS, err, "isi", run_id, status, mg_now_ms());
	return mg_fail(err, MGREG_INVALID_ARGUMENT, "status '%s' of a run", status);
}

static const struct { const char *column; enum mg_sql get, set; } documents[] = {
	{ "policy", MG_SQL_RUN_POLICY, MG_SQL_RUN_SET_POLICY },
	{ "saver_state", MG_SQL_RUN_SAVER_STATE, MG_SQL_RUN_SET_SAVER_STATE },
	{ "env", MG_SQL_RUN_ENV, MG_SQL_RUN_SET_ENV },
};

int
mg_run_text(mg_store *s, int64_t run_id, const char *column, mg_str *out, mgreg_error *err)
{
	for (size_t i = 0; i < MG_COUNT(documents); i++)
		if (!strcmp(column, documents[i].column))
			return mg_stmt_text(s, documents[i].get, out, NULL, err, "i", run_id);
	return mg_fail(err, MGREG_INVALID_ARGUMENT, "a run has no document '%s'", column);
}

int
mg_run_set_text(mg_store *s, int64_t run_id, const char *column, const char *json, mgreg_error *err)
{
	int rc = mg_check_json(column, json, err);

	if (rc != 0)
		return rc;
	for (size_t i = 0; i < MG_COUNT(documents); i++)
		if (!strcmp(column, documents[i].column))
			return mg_stmt_run(s, documents[i].set, err, "is", run_id, json);
	return mg_fail(err, MGREG_INVALID_ARGUMENT, "a run has no document '%s'", column);
}

/* A rewind hides later points of older sessions: the summaries tell of what is shown. */
static int
summarize_run(mg_store *s, int64_t run_id, mgreg_error *err)
{
	mg_ids series = { 0 };
	mg_stmt *q = NULL;
	int rc;

	MG_TRY(mg_stmt_get(s, MG_SQL_SERIES_OF_RUN, &q, err));
	MG_TRY(mg_stmt_bind(q, err, "i", run_id));
	for (;;) {
		int64_t series_id;

		MG_TRY(mg_stmt_step(q, err));
		if (!mg_stmt_has_row(q))
			break;
		mg_stmt_read(q, "i", &series_id);
		if (!mg_vec_push(&series, series_id)) {
			rc = mg_fail_nomem(err, 0);
			goto out;
		}
	}
	for (size_t i = 0; i < series.len; i++)
		MG_TRY(mg_stmt_run(s, MG_SQL_SERIES_SUMMARIZE, err, "i", series.at[i]));
out:
	mg_stmt_release(q);
	mg_vec_clear(&series);
	return rc;
}

int
mg_run_session_begin(mg_store *s, int64_t run_id, int64_t restored, bool has_start, int64_t start_step,
	int64_t *session_id, int64_t *ordinal, mgreg_error *err)
{
	int64_t n = 0, id = 0;
	char uid[33];
	int rc;

	MG_TRY(mg_random_hex(uid, err));
	MG_TRY(mg_txn_begin(s, err));
	rc = mg_stmt_one(s, MG_SQL_SESSION_NEXT, &n, NULL, err, "i", run_id);
	if (rc == 0)
		rc = mg_stmt_run(s, MG_SQL_SESSION_INSERT, err, "siiIIsisi", uid, run_id, n, restored != 0, restored, (int)has_start,
			start_step, s->host, (int64_t)getpid(), mg_store_actor(s), mg_now_ms());
	id = mg_stmt_last_id(s);
	if (rc == 0 && has_start)
		rc = summarize_run(s, run_id, err);
	rc = mg_txn_end(s, rc, err);
	if (rc == 0 && session_id)
		*session_id = id;
	if (rc == 0 && ordinal)
		*ordinal = n;
out:
	return rc;
}

int
mg_run_session_past(mg_store *s, int64_t run_id, const char *uid, bool has_start, int64_t start_step, int64_t started_at,
	int64_t *ordinal, mgreg_error *err)
{
	int64_t n = 0;
	int rc;

	MG_TRY(mg_txn_begin(s, err));
	rc = mg_session_find(s, run_id, uid, ordinal, err);
	if (rc == 0 && *ordinal == 0) {
		rc = mg_stmt_one(s, MG_SQL_SESSION_NEXT, &n, NULL, err, "i", run_id);
		if (rc == 0)
			rc = mg_stmt_run(s, MG_SQL_SESSION_INSERT_PAST, err, "siiIssi", uid, run_id, n, (int)has_start, start_step, s->host,
				mg_store_actor(s), started_at);
		if (rc == 0 && has_start)
			rc = summarize_run(s, run_id, err);
		*ordinal = n;
	}
	rc = mg_txn_end(s, rc, err);
out:
	return rc;
}

int
mg_run_session_beat(mg_store *s, int64_t session_id, mgreg_error *err)
{
	return mg_stmt_run(s, MG_SQL_SESSION_BEAT, err, "ii", session_id, mg_now_ms());
}

int
mg_run_session_end(mg_store *s, int64_t session_id, mgreg_error *err)
{
	return mg_stmt_run(s, MG_SQL_SESSION_END, err, "ii", session_id, mg_now_ms());
}
