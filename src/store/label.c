/* SPDX-License-Identifier: Apache-2.0 */
/* label.c - tags, notes, pins, leases: what is said of models, runs and versions and alters nothing in them. */
#include "base/base.h"
#include <stdio.h>
#include "mgreg/history.h"
#include "store/store_internal.h"

/* ---- tags -------------------------------------------------------------------------------------------- */

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

	if (!*key || !mg_utf8_valid(key, strlen(key)) || (value && !mg_utf8_valid(value, strlen(value))))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, !*key ? "a tag needs a key" : "a tag is text in UTF-8");
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
		rc = mg_fail(err, MGREG_NOT_FOUND, "no tag '%.100s'", key);
	return rc;
}

int
mg_tag_get(mg_store *s, mg_subject subject, int64_t id, const char *key, mg_str *value, bool *found, mgreg_error *err)
{
	return mg_stmt_text(s, MG_SQL_TAG_GET, value, found, err, "IIIs", subject == MG_SUBJECT_MODEL, id, subject == MG_SUBJECT_RUN, id,
		subject == MG_SUBJECT_VERSION, id, key);
}

/* What SUBJECT names: MODEL, MODEL/RUN, else a version.  NAME is what the audit log calls it. */
typedef struct subject {
	mg_subject kind;
	int64_t    id;
	char       name[MG_NAME_LIMIT * 2 + 32];
} subject;

static int
find_subject(mg_store *s, const char *text, subject *out, mgreg_error *err)
{
	mg_version_info v;
	int64_t model_id, run_id;
	int rc;

	if (strpbrk(text, "@:")) {
		MG_TRY(mg_ref_resolve(s, text, &v, err));
		*out = (subject){ .kind = MG_SUBJECT_VERSION, .id = v.id };
		snprintf(out->name, sizeof out->name, "%s@v%lld", v.model, (long long)v.no);
	} else {
		MG_TRY(mg_ref_resolve_run(s, text, &model_id, &run_id, err));
		*out = (subject){ .kind = run_id ? MG_SUBJECT_RUN : MG_SUBJECT_MODEL, .id = run_id ? run_id : model_id };
		mg_copy_text(out->name, sizeof out->name, text);
	}
out:
	return rc;
}

static void
add_detail(mg_str *detail, const char *key, const char *value)
{
	mg_str_addc(detail, detail->len ? ',' : '{');
	mg_json_put_string(detail, key, strlen(key));
	mg_str_addc(detail, ':');
	if (value)
		mg_json_put_string(detail, value, strlen(value));
	else
		mg_str_add(detail, "null");
}

static int
end_detail(mg_store *s, const char *op, const char *name, mg_str *detail, mgreg_error *err)
{
	int rc;

	mg_str_add(detail, detail->len ? "}" : "{}");
	MG_TRY(mg_str_check(detail, err));
	MG_TRY(mg_audit_add(s, op, name, detail->ptr, err));
out:
	return rc;
}

int
mgreg_tag_set(mgreg_store *s, const char *text, const mgreg_pair *tags, int count, mgreg_error *err)
{
	mg_str detail = MG_STR_INIT;
	subject x;
	int rc;

	MG_TRY(mg_txn_begin(s, err));
	rc = find_subject(s, text, &x, err);
	for (int i = 0; rc == 0 && i < count; i++)
		if ((rc = mg_tag_set(s, x.kind, x.id, tags[i].key, tags[i].value, err)) == 0)
			add_detail(&detail, tags[i].key, tags[i].value ? tags[i].value : "");
	if (rc == 0 && count)
		rc = end_detail(s, "tag", x.name, &detail, err);
	rc = mg_txn_end(s, rc, err);
out:
	mg_str_clear(&detail);
	return rc;
}

int
mgreg_tag_remove(mgreg_store *s, const char *text, const char *const *keys, int count, mgreg_error *err)
{
	mg_str detail = MG_STR_INIT;
	subject x;
	int rc;

	MG_TRY(mg_txn_begin(s, err));
	rc = find_subject(s, text, &x, err);
	for (int i = 0; rc == 0 && i < count; i++)
		if ((rc = mg_tag_remove(s, x.kind, x.id, keys[i], err)) == 0)
			add_detail(&detail, keys[i], NULL);
	if (rc == 0 && count)
		rc = end_detail(s, "tag-rm", x.name, &detail, err);
	rc = mg_wrap(err, mg_txn_end(s, rc, err), "%.200s", text);
out:
	mg_str_clear(&detail);
	return rc;
}

int
mgreg_tags_each(mgreg_store *s, const char *text, int (*each)(void *ctx, const mgreg_tag_info *tag), void *ctx, mgreg_error *err)
{
	subject x = { .id = 0 };
	mg_stmt *q = NULL;
	int rc = 0;

	if (text)
		MG_TRY(find_subject(s, text, &x, err));
	MG_TRY(mg_stmt_get(s, MG_SQL_TAG_LIST, &q, err));
	MG_TRY(mg_stmt_bind(q, err, "III", x.id && x.kind == MG_SUBJECT_MODEL, x.id, x.id && x.kind == MG_SUBJECT_RUN, x.id,
		x.id && x.kind == MG_SUBJECT_VERSION, x.id));
	while (rc == 0 && (rc = mg_stmt_step(q, err)) == 0 && mg_stmt_has_row(q)) {
		char name[MG_NAME_LIMIT * 2 + 2];
		const char *model, *run, *key, *value;
		mgreg_tag_info t = { 0 };
		mg_version_info v;
		bool of_version;

		mg_stmt_read(q, "tsItt", &model, &run, &t.version_id, &of_version, &key, &value);
		snprintf(name, sizeof name, "%s%s%s", model, run ? "/" : "", run ? run : "");
		t.scope = of_version ? "version" : run ? "run" : "model";
		t.subject = name;
		t.key = key;
		t.value = value;
		if (of_version) {
			if ((rc = mg_version_get(s, t.version_id, &v, err)) != 0)
				break;
			t.subject = v.ref;
		}
		rc = each(ctx, &t);
	}
out:
	mg_stmt_release(q);
	return rc;
}

/* ---- notes, leases ------------------------------------------------------------------------------------- */

/* One change of a version by ID, with its audit row. */
static int
audited(mg_store *s, int64_t version_id, const char *op, const char *detail, int rc, mgreg_error *err)
{
	char subject_name[MG_NAME_LIMIT + 32];
	mg_version_info v;

	if (rc)
		return rc;
	MG_TRY(mg_version_get(s, version_id, &v, err));
	snprintf(subject_name, sizeof subject_name, "%s@v%lld", v.model, (long long)v.no);
	MG_TRY(mg_audit_add(s, op, subject_name, detail, err));
out:
	return rc;
}

int
mgreg_note_set(mgreg_store *s, int64_t version_id, const char *text, mgreg_error *err)
{
	mg_str detail = MG_STR_INIT;
	int rc;

	if (text && !mg_utf8_valid(text, strlen(text)))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "a note is text in UTF-8");
	if (text && !*text)
		text = NULL;
	add_detail(&detail, "note", text);
	mg_str_addc(&detail, '}');
	MG_TRY(mg_str_check(&detail, err));
	MG_TRY(mg_txn_begin(s, err));
	rc = audited(s, version_id, "note", detail.ptr, mg_version_set_note(s, version_id, text, err), err);
	rc = mg_txn_end(s, rc, err);
out:
	mg_str_clear(&detail);
	return rc;
}

int
mgreg_note_get(mgreg_store *s, int64_t version_id, char **out, mgreg_error *err)
{
	mg_str text = MG_STR_INIT;
	int rc;

	*out = NULL;
	MG_TRY(mg_version_text(s, version_id, "note", &text, err));
	if (text.len && !(*out = mg_str_take(&text, NULL)))
		rc = mg_fail_nomem(err, 0);
out:
	mg_str_clear(&text);
	return rc;
}

int
mgreg_version_pin(mgreg_store *s, int64_t version_id, int pin, mgreg_error *err)
{
	return mg_version_pin(s, version_id, pin != 0, err);
}

int
mg_version_is_kept(mg_store *s, const mg_version_info *v, bool *kept, mgreg_error *err)
{
	int64_t leased = 0;
	int rc = 0;

	if (!v->pinned && !v->aliases[0])
		rc = mg_stmt_one(s, MG_SQL_VERSION_IS_LEASED, &leased, NULL, err, "ii", v->id, mg_now_ms());
	*kept = v->pinned || v->aliases[0] || leased;
	return rc;
}

int
mg_lease_set(mg_store *s, int64_t version_id, const char *holder, int64_t until_ms, mgreg_error *err)
{
	if (until_ms == 0)
		return mg_stmt_run(s, MG_SQL_LEASE_DELETE, err, "is", version_id, holder);
	return mg_stmt_run(s, MG_SQL_LEASE_SET, err, "isi", version_id, holder, until_ms);
}

static int
lease(mg_store *s, int64_t version_id, double seconds, int64_t until, mgreg_error *err)
{
	mg_version_info v;
	char detail[64];
	int rc;

	MG_TRY(mg_version_get(s, version_id, &v, err));
	if (until && !strcmp(v.state, "purged"))
		return mg_fail(err, MGREG_FAILED_PRECONDITION, "%s has been purged: its bytes are gone", v.ref);
	MG_TRY(mg_lease_set(s, version_id, mg_store_actor(s), until, err));
	if (!until && mg_stmt_changes(s) == 0)
		return mg_fail(err, MGREG_NOT_FOUND, "%s: '%s' holds no lease", v.ref, mg_store_actor(s));
	snprintf(detail, sizeof detail, "{\"seconds\":%lld}", (long long)seconds);
	MG_TRY(audited(s, version_id, until ? "lease" : "lease-end", until ? detail : NULL, 0, err));
out:
	return rc;
}

int
mgreg_lease_set(mgreg_store *s, int64_t version_id, double seconds, int64_t *until, mgreg_error *err)
{
	int64_t end;
	int rc;

	if (!(seconds >= 0) || seconds > 1e10)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "a lease lasts from 0 to 1e10 seconds");
	end = seconds > 0 ? mg_now_ms() + (int64_t)(seconds * 1000) : 0;
	MG_TRY(mg_txn_begin(s, err));
	rc = lease(s, version_id, seconds, end, err);
	if ((rc = mg_txn_end(s, rc, err)) == 0 && until)
		*until = end;
out:
	return rc;
}

int
mgreg_leases_each(mgreg_store *s, int (*each)(void *ctx, const mgreg_lease_info *lease), void *ctx, mgreg_error *err)
{
	mg_stmt *q = NULL;
	int rc;

	MG_TRY(mg_stmt_get(s, MG_SQL_LEASE_LIST, &q, err));
	MG_TRY(mg_stmt_bind(q, err, "i", mg_now_ms()));
	while (rc == 0 && (rc = mg_stmt_step(q, err)) == 0 && mg_stmt_has_row(q)) {
		mgreg_lease_info l = { 0 };
		int64_t id;

		mg_stmt_read(q, "iti", &id, &l.holder, &l.until);
		if ((rc = mg_version_get(s, id, &l.version, err)) == 0)
			rc = each(ctx, &l);
	}
out:
	mg_stmt_release(q);
	return rc;
}
