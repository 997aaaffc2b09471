/* SPDX-License-Identifier: Apache-2.0 */
/* label.c - movable names, tags, leases, lineage, inputs: what points at versions and runs from outside. */
#include "base/base.h"
#include <stdio.h>
#include "store/store_internal.h"

int
mg_alias_set(mg_store *s, int64_t version_id, const char *name, bool protect, bool force, mgreg_error *err)
{
	int64_t old = 0, is_protected = 0;
	mg_version_info v;
	mg_stmt *q = NULL;
	char subject[MG_NAME_LIMIT * 2 + 2], detail[64];
	int rc;

	MG_TRY(mg_check_name("alias", name, err));
	MG_TRY(mg_txn_begin(s, err));
	rc = mg_version_get(s, version_id, &v, err);
	if (rc == 0 && (rc = mg_stmt_get(s, MG_SQL_ALIAS_GET, &q, err)) == 0) {
		if ((rc = mg_stmt_bind(q, err, "is", v.model_id, name)) == 0 && (rc = mg_stmt_step(q, err)) == 0 && mg_stmt_has_row(q))
			mg_stmt_read(q, "ii", &old, &is_protected);
		mg_stmt_release(q);
	}
	if (rc == 0 && is_protected && old != version_id && !force)
		rc = mg_fail(err, MGREG_FAILED_PRECONDITION, "alias '%s:%s' is protected", v.model, name);
	if (rc == 0)
		rc = mg_stmt_run(s, MG_SQL_ALIAS_SET, err, "isii", v.model_id, name, version_id, (int64_t)protect);
	if (rc == 0) {
		snprintf(subject, sizeof subject, "%s:%s", v.model, name);
		snprintf(detail, sizeof detail, "{\"no\":%lld%s}", (long long)v.no, force && is_protected ? ",\"forced\":true" : "");
		rc = mg_audit_add(s, "alias", subject, detail, err);
	}
	rc = mg_txn_end(s, rc, err);
out:
	return rc;
}

int
mg_alias_remove(mg_store *s, int64_t model_id, const char *name, bool force, mgreg_error *err)
{
	int64_t old = 0, is_protected = 0;
	mg_str model = MG_STR_INIT;
	mg_stmt *q = NULL;
	bool found = false;
	int rc;

	MG_TRY(mg_txn_begin(s, err));
	rc = mg_stmt_get(s, MG_SQL_ALIAS_GET, &q, err);
	if (rc == 0 && (rc = mg_stmt_bind(q, err, "is", model_id, name)) == 0 && (rc = mg_stmt_step(q, err)) == 0 && mg_stmt_has_row(q)) {
		found = true;
		mg_stmt_read(q, "ii", &old, &is_protected);
	}
	mg_stmt_release(q);
	if (rc == 0 && !found)
		rc = mg_fail(err, MGREG_NOT_FOUND, "no alias '%s'", name);
	if (rc == 0 && is_protected && !force)
		rc = mg_fail(err, MGREG_FAILED_PRECONDITION, "alias '%s' is protected", name);
	if (rc == 0)
		rc = mg_stmt_run(s, MG_SQL_ALIAS_DELETE, err, "is", model_id, name);
	if (rc == 0 && (rc = mg_stmt_text(s, MG_SQL_MODEL_NAME, &model, NULL, err, "i", model_id)) == 0) {
		mg_str_printf(&model, ":%s", name);
		rc = mg_audit_add(s, "alias-rm", model.ptr, NULL, err);
	}
	rc = mg_txn_end(s, rc, err);
out:
	mg_str_clear(&model);
	return rc;
}

static int
delete_tag(mg_store *s, mg_subject subject, int64_t id, const char *key, mgreg_error *err)
{
	return mg_stmt_run(s, MG_SQL_TAG_DELETE, err, "IIIs", subject == MG_SUBJECT_MODEL, id, subject == MG_SUBJECT_RUN, id,
		subject == MG_SUBJECT_VERSION, id, key);
}

int
mg_tag_set(mg_store *s, mg_subject subject, int64_t id, const char *key, const char *value, mgreg_error *err)
{
	int rc;

	if (!*key || !mg_utf8_valid(key, strlen(key)))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "a tag needs a key");
	MG_TRY(mg_txn_begin(s, err));
	rc = delete_tag(s, subject, id, key, err);
	if (rc == 0)
		rc = mg_stmt_run(s, MG_SQL_TAG_INSERT, err, "IIIss", subject == MG_SUBJECT_MODEL, id, subject == MG_SUBJECT_RUN, id,
			subject == MG_SUBJECT_VERSION, id, key, value ? value : "");
	rc = mg_txn_end(s, rc, err);
out:
	return rc;
}

int
mg_tag_remove(mg_store *s, mg_subject subject, int64_t id, const char *key, mgreg_error *err)
{
	int rc = delete_tag(s, subject, id, key, err);

	if (rc == 0 && mg_stmt_changes(s) == 0)
		rc = mg_fail(err, MGREG_NOT_FOUND, "no tag '%s'", key);
	return rc;
}

int
mg_lineage_add(mg_store *s, int64_t child, int64_t parent, const char *relation, mgreg_error *err)
{
	return mg_stmt_run(s, MG_SQL_LINEAGE_INSERT, err, "iis", child, parent, relation);
}

int
mg_lineage_parents(mg_store *s, int64_t child, mg_ids *ids, mgreg_error *err)
{
	mg_stmt *q = NULL;
	int rc;

	MG_TRY(mg_stmt_get(s, MG_SQL_LINEAGE_PARENTS, &q, err));
	MG_TRY(mg_stmt_bind(q, err, "i", child));
	for (;;) {
		int64_t id;

		MG_TRY(mg_stmt_step(q, err));
		if (!mg_stmt_has_row(q))
			break;
		mg_stmt_read(q, "i", &id);
		if (!mg_vec_push(ids, id)) {
			rc = mg_fail_nomem(err, 0);
			break;
		}
	}
out:
	mg_stmt_release(q);
	return rc;
}

int
mg_input_set(mg_store *s, int64_t run_id, const mg_new_input *in, mgreg_error *err)
{
	return mg_stmt_run(s, MG_SQL_INPUT_SET, err, "isssIb", run_id, in->role, in->name, in->uri, (int)in->has_size, in->size,
		in->sha256, in->sha256 ? (size_t)32 : (size_t)0);
}

int
mg_lease_set(mg_store *s, int64_t version_id, const char *holder, int64_t until_ms, mgreg_error *err)
{
	if (until_ms == 0)
		return mg_stmt_run(s, MG_SQL_LEASE_DELETE, err, "is", version_id, holder);
	return mg_stmt_run(s, MG_SQL_LEASE_SET, err, "isi", version_id, holder, until_ms);
}
