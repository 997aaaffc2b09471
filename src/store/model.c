/* SPDX-License-Identifier: Apache-2.0 */
/* model.c - models: find, create; "did you mean". */
#include "base/base.h"
#include "store/store_internal.h"

/* Adds names of a list that are close to NAME as candidates. */
static void
suggest(mg_store *s, enum mg_sql list, bool has_id, int64_t id, const char *name, mgreg_error *err)
{
	mg_stmt *q = NULL;

	if (!err || mg_stmt_get(s, list, &q, NULL) != 0 || (has_id && mg_stmt_bind(q, NULL, "i", id) != 0))
		goto out;
	while (mg_stmt_step(q, NULL) == 0 && mg_stmt_has_row(q)) {
		const char *other;

		mg_stmt_read(q, "t", &other);
		if (mg_edit_distance(name, other) <= 1 + strlen(name) / 4)
			mg_error_candidate(err, "%s", other);
	}
out:
	mg_stmt_release(q);
}

int
mg_model_find(mg_store *s, const char *name, int64_t *model_id, mgreg_error *err)
{
	bool found;
	int rc = mg_stmt_one(s, MG_SQL_MODEL_FIND, model_id, &found, err, "s", name);

	if (rc == 0 && !found) {
		rc = mg_fail(err, MGREG_NOT_FOUND, "no model '%s'", name);
		suggest(s, MG_SQL_MODEL_NAMES, false, 0, name, err);
	}
	return rc;
}

int
mg_model_create(mg_store *s, const char *name, int64_t *model_id, mgreg_error *err)
{
	char uid[33];
	bool found;
	int rc;

	MG_TRY(mg_check_name("model", name, err));
	MG_TRY(mg_txn_begin(s, err));
	rc = mg_stmt_one(s, MG_SQL_MODEL_FIND, model_id, &found, err, "s", name);
	if (rc == 0 && !found && (rc = mg_random_hex(uid, err)) == 0
			&& (rc = mg_stmt_run(s, MG_SQL_MODEL_INSERT, err, "ssi", uid, name, mg_now_ms())) == 0)
		*model_id = mg_stmt_last_id(s);
	rc = mg_txn_end(s, rc, err);
out:
	return rc;
}

int
mg_run_find(mg_store *s, int64_t model_id, const char *name, int64_t *run_id, mgreg_error *err)
{
	mg_str model = MG_STR_INIT;
	bool found;
	int rc;

	MG_TRY(mg_stmt_one(s, MG_SQL_RUN_FIND, run_id, &found, err, "is", model_id, name));
	if (!found) {
		MG_TRY(mg_stmt_text(s, MG_SQL_MODEL_NAME, &model, NULL, err, "i", model_id));
		rc = mg_fail(err, MGREG_NOT_FOUND, "model '%s' has no run '%s'", model.ptr, name);
		suggest(s, MG_SQL_RUN_NAMES, true, model_id, name, err);
	}
out:
	mg_str_clear(&model);
	return rc;
}

int
mg_model_policy(mg_store *s, int64_t model_id, mg_str *out, mgreg_error *err)
{
	return mg_stmt_text(s, MG_SQL_MODEL_POLICY, out, NULL, err, "i", model_id);
}

int
mg_model_set_policy(mg_store *s, int64_t model_id, const char *json, mgreg_error *err)
{
	int rc = mg_check_json("policy", json, err);

	return rc ? rc : mg_stmt_run(s, MG_SQL_MODEL_SET_POLICY, err, "is", model_id, json);
}
