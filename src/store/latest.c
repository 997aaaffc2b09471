/* SPDX-License-Identifier: Apache-2.0 */
/* latest.c - the last save that moved the pointer. */
#include "base/base.h"
#include "store/store_internal.h"

int
mg_version_latest(mg_store *s, const char *model, const char *run, mg_version_info *out, mgreg_error *err)
{
	int64_t model_id, run_id, id;
	bool found;
	int rc;

	if (!run) {
		MG_TRY(mg_stmt_one(s, MG_SQL_VERSION_LATEST, &id, &found, err, "s", model));
		if (!found)             /* only now is it worth asking which of the two it is */
			MG_TRY(mg_model_find(s, model, &model_id, err));
	} else {
		MG_TRY(mg_model_find(s, model, &model_id, err));
		MG_TRY(mg_run_find(s, model_id, run, &run_id, err));
		MG_TRY(mg_stmt_one(s, MG_SQL_VERSION_LATEST_RUN, &id, &found, err, "i", run_id));
	}
	if (!found) {
		rc = mg_fail_because(err, MGREG_NOT_FOUND, MGREG_REASON_NO, "'%s%s%s' has no checkpoint yet", model, run ? "/" : "", run ? run : "");
		goto out;
	}
	rc = mg_version_get(s, id, out, err);
out:
	return rc;
}

int
mg_version_latest_id(mg_store *s, int64_t run_id, int64_t *version_id, bool *found, mgreg_error *err)
{
	return mg_stmt_one(s, MG_SQL_VERSION_LATEST_RUN, version_id, found, err, "i", run_id);
}
