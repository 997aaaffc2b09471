/* SPDX-License-Identifier: Apache-2.0 */
/* manage.c - life of versions, names and states of models and runs, as the public handle offers them. */
#include "base/base.h"
#include <stdio.h>
#include "mgreg/history.h"
#include "store/store_internal.h"

int
mgreg_store_begin(mgreg_store *s, mgreg_error *err)
{
	return mg_txn_begin(s, err);
}

int
mgreg_store_end(mgreg_store *s, int rc, mgreg_error *err)
{
	return mg_txn_end(s, rc, err);
}

int
mgreg_store_resolve_each(mgreg_store *s, const char *ref, int (*each)(void *ctx, const mgreg_version_info *version), void *ctx, mgreg_error *err)
{
	mg_version_info v;
	mg_ids ids = { 0 };
	int rc;

	MG_TRY(mg_ref_resolve_many(s, ref, &ids, err));
	for (size_t i = 0; rc == 0 && i < ids.len; i++)
		if ((rc = mg_version_get(s, ids.at[i], &v, err)) == 0)
			rc = each(ctx, &v);
out:
	mg_vec_clear(&ids);
	return rc;
}

/* ---- life ------------------------------------------------------------------------------------------------ */

int
mgreg_version_expire(mgreg_store *s, int64_t version_id, mgreg_error *err)
{
	return mg_version_expire(s, version_id, true, err);
}

int
mgreg_version_undelete(mgreg_store *s, int64_t version_id, int latest, mgreg_error *err)
{
	return mg_version_undelete(s, version_id, latest != 0, err);
}

static int
purge(mg_store *s, int64_t version_id, int *row_gone, mgreg_error *err)
{
	mg_version_info v;
	int64_t referred;
	int rc;

	MG_TRY(mg_version_get(s, version_id, &v, err));
	if (strcmp(v.state, "purged"))
		MG_TRY(mg_version_purge(s, version_id, err));
	MG_TRY(mg_stmt_one(s, MG_SQL_VERSION_IS_REFERRED_TO, &referred, NULL, err, "i", version_id));
	*row_gone = !referred;
	if (referred) {
		MG_TRY(mg_stmt_run(s, MG_SQL_VERSION_BLANK, err, "i", version_id));
		MG_TRY(mg_stmt_run(s, MG_SQL_TAG_DELETE_OF_VERSION, err, "i", version_id));
	} else {
		MG_TRY(mg_stmt_run(s, MG_SQL_VERSION_DELETE, err, "i", version_id));
	}
out:
	return rc;
}

int
mgreg_version_purge(mgreg_store *s, int64_t version_id, int *row_gone, mgreg_error *err)
{
	int gone = 0, rc;

	MG_TRY(mg_txn_begin(s, err));
	rc = purge(s, version_id, &gone, err);
	if ((rc = mg_txn_end(s, rc, err)) == 0 && row_gone)
		*row_gone = gone;
out:
	return rc;
}

int
mgreg_store_sweep(mgreg_store *s, int64_t *bytes, mgreg_error *err)
{
	mg_gc_options o = { .grace_ms = mg_now_ms() };  /* a grace since 1970: what has its term stays */
	mg_gc_result r;
	int rc = mg_store_gc(s, &o, &r, err);

	if (rc == 0 && bytes)
		*bytes = r.bytes;
	return rc;
}

/* ---- names ------------------------------------------------------------------------------------------------ */

static int
rename_it(mg_store *s, const char *model_run, const char *new_name, mgreg_error *err)
{
	char model[MG_NAME_LIMIT + 1], run[MG_NAME_LIMIT + 1], detail[MG_NAME_LIMIT * 2 + 80], subject[MG_NAME_LIMIT * 2 + 2];
	int64_t model_id, run_id, other;
	bool taken;
	int rc;

	MG_TRY(mg_ref_resolve_run(s, model_run, &model_id, &run_id, err));
	MG_TRY(mg_ref_split(model_run, model, run, err));
	MG_TRY(mg_check_name(run_id ? "run" : "model", new_name, err));
	if (run_id)
		MG_TRY(mg_stmt_one(s, MG_SQL_RUN_FIND, &other, &taken, err, "is", model_id, new_name));
	else
		MG_TRY(mg_stmt_one(s, MG_SQL_MODEL_FIND, &other, &taken, err, "s", new_name));
	if (taken && run_id)
		return mg_fail(err, MGREG_ALREADY_EXISTS, "model '%s' has a run '%s' already", model, new_name);
	if (taken)
		return mg_fail(err, MGREG_ALREADY_EXISTS, "model '%s' exists already", new_name);
	MG_TRY(mg_stmt_run(s, run_id ? MG_SQL_RUN_RENAME : MG_SQL_MODEL_RENAME, err, "is", run_id ? run_id : model_id, new_name));
	snprintf(subject, sizeof subject, "%s%s%s", run_id ? model : new_name, run_id ? "/" : "", run_id ? new_name : "");
	snprintf(detail, sizeof detail, "{\"from\":\"%s%s%s\"}", model, run_id ? "/" : "", run_id ? run : "");
	MG_TRY(mg_audit_add(s, "rename", subject, detail, err));
out:
	return rc;
}

int
mgreg_store_rename(mgreg_store *s, const char *model_run, const char *new_name, mgreg_error *err)
{
	int rc;

	MG_TRY(mg_txn_begin(s, err));
	rc = rename_it(s, model_run, new_name, err);
	rc = mg_txn_end(s, rc, err);
out:
	return rc;
}

/* ---- runs ------------------------------------------------------------------------------------------------- */

static int
tell_run(mg_store *s, int64_t run_id, int (*each)(void *ctx, const mgreg_run_summary *run), void *ctx, mgreg_error *err)
{
	mgreg_run_summary sum = { .max_step = -1 };
	mg_str policy = MG_STR_INIT;
	mg_version_info from;
	mg_run_info run;
	mg_stmt *q = NULL;
	bool has_step;
	int64_t step;
	int rc;

	MG_TRY(mg_run_get(s, run_id, &run, err));
	MG_TRY(mg_run_text(s, run_id, "policy", &policy, err));
	MG_TRY(mg_stmt_get(s, MG_SQL_RUN_COUNTS, &q, err));
	MG_TRY(mg_stmt_bind(q, err, "i", run_id));
	MG_TRY(mg_stmt_step(q, err));
	mg_stmt_read(q, "iiI", &sum.sessions, &sum.versions, &step, &has_step);
	if (has_step)
		sum.max_step = step;
	mg_stmt_release(q);
	q = NULL;
	if (run.from_version_id && mg_version_get(s, run.from_version_id, &from, NULL) == 0)
		sum.from = from.ref;
	sum.run = &run;
	sum.policy = policy.ptr;
	rc = each(ctx, &sum);
out:
	mg_stmt_release(q);
	mg_str_clear(&policy);
	return rc;
}

int
mg_run_list(mg_store *s, int64_t model_id, mg_ids *ids, mgreg_error *err)
{
	mg_stmt *q = NULL;
	int rc;

	MG_TRY(mg_stmt_get(s, MG_SQL_RUN_LIST, &q, err));
	MG_TRY(mg_stmt_bind(q, err, "I", (int)(model_id != 0), model_id));
	while (rc == 0 && (rc = mg_stmt_step(q, err)) == 0 && mg_stmt_has_row(q)) {
		int64_t id;

		mg_stmt_read(q, "i", &id);
		if (!mg_vec_push(ids, id))
			rc = mg_fail_nomem(err, 0);
	}
out:
	mg_stmt_release(q);
	return rc;
}

int
mg_run_has_versions(mg_store *s, int64_t run_id, bool *out, mgreg_error *err)
{
	int64_t any = 0;
	int rc = mg_stmt_one(s, MG_SQL_VERSION_COUNT_OF_RUN, &any, NULL, err, "i", run_id);

	*out = any != 0;
	return rc;
}

int
mgreg_runs_each(mgreg_store *s, const char *model, int (*each)(void *ctx, const mgreg_run_summary *run), void *ctx, mgreg_error *err)
{
	int64_t model_id = 0;
	mg_ids ids = { 0 };
	int rc = 0;

	if (model)
		MG_TRY(mg_model_find(s, model, &model_id, err));
	MG_TRY(mg_run_list(s, model_id, &ids, err));
	for (size_t i = 0; rc == 0 && i < ids.len; i++)
		rc = tell_run(s, ids.at[i], each, ctx, err);
out:
	mg_vec_clear(&ids);
	return rc;
}

int
mgreg_run_set_status(mgreg_store *s, const char *model_run, const char *status, mgreg_error *err)
{
	int64_t model_id, run_id = 0;
	char detail[64];
	int rc;

	MG_TRY(mg_txn_begin(s, err));
	rc = mg_ref_resolve_run(s, model_run, &model_id, &run_id, err);
	if (rc == 0 && !run_id)
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "'%s': a run is wanted, MODEL/RUN", model_run);
	if (rc == 0)
		rc = mg_run_set_status(s, run_id, status, err);
	if (rc == 0) {
		snprintf(detail, sizeof detail, "{\"status\":\"%s\"}", status);
		rc = mg_audit_add(s, "run", model_run, detail, err);
	}
	rc = mg_txn_end(s, rc, err);
out:
	return rc;
}
