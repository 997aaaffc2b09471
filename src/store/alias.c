/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alias.c - movable names of versions, and what they named when.  Triggers keep the log, so that nothing that writes to the
 * table goes unnoticed; the audit row says who did it.
 */
#include "base/base.h"
#include <stdio.h>
#include "mgreg/history.h"
#include "store/store_internal.h"

static const char *const reserved[] = { "latest", "best", "first", "max-step" };

static int
check_alias(const char *name, mgreg_error *err)
{
	for (size_t i = 0; i < MG_COUNT(reserved); i++)
		if (!strcmp(name, reserved[i]))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "'%s' cannot be an alias: it means something already", name);
	return mg_check_name("alias", name, err);
}

static int
get(mg_store *s, int64_t model_id, const char *name, bool *found, int64_t *version_id, bool *is_protected, mgreg_error *err)
{
	int64_t flag = 0;
	mg_stmt *q = NULL;
	int rc;

	MG_TRY(mg_stmt_get(s, MG_SQL_ALIAS_GET, &q, err));
	MG_TRY(mg_stmt_bind(q, err, "is", model_id, name));
	MG_TRY(mg_stmt_step(q, err));
	*found = mg_stmt_has_row(q);
	*version_id = 0;
	if (*found)
		mg_stmt_read(q, "ii", version_id, &flag);
	*is_protected = flag != 0;
out:
	mg_stmt_release(q);
	return rc;
}

/* A protected alias moves only with force. */
static int
check_protection(const char *model, const char *name, bool is_protected, bool force, mgreg_error *err)
{
	if (!is_protected || force)
		return 0;
	return mg_fail(err, MGREG_FAILED_PRECONDITION, "alias '%s:%s' is protected (--force-protected moves it)", model, name);
}

static int
audit(mg_store *s, const char *op, const char *model, const char *name, const char *detail, mgreg_error *err)
{
	char subject[MG_NAME_LIMIT * 2 + 2];

	snprintf(subject, sizeof subject, "%s:%s", model, name);
	return mg_audit_add(s, op, subject, detail, err);
}

static int
set_it(mg_store *s, const mg_version_info *v, const char *name, bool protect, bool unprotect, bool force, const char *op, mgreg_error *err)
{
	bool found, is_protected, forced;
	char detail[120];
	int64_t old;
	int rc;

	MG_TRY(get(s, v->model_id, name, &found, &old, &is_protected, err));
	forced = is_protected && (old != v->id || unprotect);
	if (forced)
		MG_TRY(check_protection(v->model, name, is_protected, force, err));
	if (strcmp(v->state, "live") && strcmp(v->state, "replaced"))
		return mg_fail(err, MGREG_FAILED_PRECONDITION, "an alias names a live or replaced version; %s is %s", v->ref, v->state);
	if (!found || old != v->id)     /* else it does not move, and its history has nothing to tell */
		MG_TRY(mg_stmt_run(s, MG_SQL_ALIAS_SET, err, "isii", v->model_id, name, v->id, (int64_t)protect));
	if (protect || unprotect)
		MG_TRY(mg_stmt_run(s, MG_SQL_ALIAS_SET_PROTECTED, err, "isi", v->model_id, name, (int64_t)protect));
	snprintf(detail, sizeof detail, "{\"no\":%lld%s%s%s}", (long long)v->no, forced ? ",\"forced\":true" : "",
		protect ? ",\"protect\":true" : "", unprotect ? ",\"protect\":false" : "");
	MG_TRY(audit(s, op, v->model, name, detail, err));
out:
	return rc;
}

int
mg_alias_set(mg_store *s, int64_t version_id, const char *name, bool protect, bool force, mgreg_error *err)
{
	mg_version_info v;
	int rc;

	MG_TRY(check_alias(name, err));
	MG_TRY(mg_txn_begin(s, err));
	rc = mg_version_get(s, version_id, &v, err);
	if (rc == 0)
		rc = set_it(s, &v, name, protect, false, force, "alias", err);
	rc = mg_txn_end(s, rc, err);
out:
	return rc;
}

static int
remove_it(mg_store *s, const char *model, int64_t model_id, const char *name, bool force, const char *op, mgreg_error *err)
{
	bool found, is_protected;
	int64_t old;
	int rc;

	MG_TRY(get(s, model_id, name, &found, &old, &is_protected, err));
	if (!found)
		return mg_fail(err, MGREG_NOT_FOUND, "no alias '%s:%s'", model, name);
	MG_TRY(check_protection(model, name, is_protected, force, err));
	MG_TRY(mg_stmt_run(s, MG_SQL_ALIAS_DELETE, err, "is", model_id, name));
	MG_TRY(audit(s, op, model, name, is_protected ? "{\"forced\":true}" : NULL, err));
out:
	return rc;
}

int
mg_alias_remove(mg_store *s, int64_t model_id, const char *name, bool force, mgreg_error *err)
{
	mg_str model = MG_STR_INIT;
	int rc;

	MG_TRY(mg_txn_begin(s, err));
	rc = mg_stmt_text(s, MG_SQL_MODEL_NAME, &model, NULL, err, "i", model_id);
	if (rc == 0)
		rc = remove_it(s, model.ptr, model_id, name, force, "alias-rm", err);
	rc = mg_txn_end(s, rc, err);
out:
	mg_str_clear(&model);
	return rc;
}

/* ---- by name: MODEL:NAME ----------------------------------------------------------------------------- */

typedef struct alias_name {
	char    model[MG_NAME_LIMIT + 1];
	int64_t model_id;
	const char *name;               /* NULL: only the model is named */
} alias_name;

static int
parse(mg_store *s, const char *text, bool name_too, alias_name *out, mgreg_error *err)
{
	const char *colon = strchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : strlen(text);
	int rc;

	if (!mg_name_is_valid(text, len) || (name_too && !colon) || (colon && !colon[1]))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "'%.200s' does not name an alias (MODEL:NAME)", text);
	memcpy(out->model, text, len);
	out->model[len] = '\0';
	out->name = colon ? colon + 1 : NULL;
	MG_TRY(mg_model_find(s, out->model, &out->model_id, err));
	if (colon)
		MG_TRY(check_alias(out->name, err));
out:
	return rc;
}

int
mgreg_alias_set(mgreg_store *s, const char *alias, const char *ref, const mgreg_alias_options *o, mgreg_version_info *out, mgreg_error *err)
{
	static const mgreg_alias_options defaults = MGREG_ALIAS_INIT;
	alias_name a;
	mg_version_info v;
	int rc;

	if (!o)
		o = &defaults;
	assert(o->size == sizeof *o);
	MG_TRY(mg_txn_begin(s, err));
	if ((rc = parse(s, alias, true, &a, err)) == 0 && (rc = mg_ref_resolve(s, ref, &v, err)) == 0) {
		if (v.model_id != a.model_id)
			rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "alias '%s' names versions of model '%s', not %s", alias, a.model, v.ref);
		else
			rc = set_it(s, &v, a.name, o->protect, o->unprotect, o->force, "alias", err);
	}
	if (rc == 0)
		rc = mg_version_get(s, v.id, &v, err);
	if ((rc = mg_txn_end(s, rc, err)) == 0 && out)
		*out = v;
out:
	return rc;
}

int
mgreg_alias_remove(mgreg_store *s, const char *alias, const mgreg_alias_options *o, mgreg_error *err)
{
	alias_name a;
	int rc;

	assert(!o || o->size == sizeof *o);
	MG_TRY(mg_txn_begin(s, err));
	if ((rc = parse(s, alias, true, &a, err)) == 0)
		rc = remove_it(s, a.model, a.model_id, a.name, o && o->force, "alias-rm", err);
	rc = mg_txn_end(s, rc, err);
out:
	return rc;
}

static int
undo(mg_store *s, const alias_name *a, bool force, mg_version_info *v, mgreg_error *err)
{
	int64_t now, before;
	bool any, moved, found, is_protected;
	int rc;

	MG_TRY(mg_stmt_one(s, MG_SQL_ALIAS_BEFORE, &now, &any, err, "isi", a->model_id, a->name, (int64_t)0));
	if (!any)
		return mg_fail(err, MGREG_NOT_FOUND, "there never was an alias '%s:%s'", a->model, a->name);
	MG_TRY(mg_stmt_one(s, MG_SQL_ALIAS_BEFORE, &before, &moved, err, "isi", a->model_id, a->name, (int64_t)1));
	if (!moved || before == 0)
		return remove_it(s, a->model, a->model_id, a->name, force, "alias-undo", err);
	rc = mg_version_get(s, before, v, err);
	if (rc == MGREG_NOT_FOUND)
		return mg_fail(err, MGREG_FAILED_PRECONDITION, "the version that '%s:%s' named before is gone", a->model, a->name);
	MG_TRY(rc);
	MG_TRY(get(s, a->model_id, a->name, &found, &now, &is_protected, err));
	MG_TRY(set_it(s, v, a->name, false, false, force, "alias-undo", err));
out:
	return rc;
}

static void
describe(mgreg_alias_info *i, const alias_name *a, const mg_version_info *v)
{
	memset(i, 0, sizeof *i);
	mg_copy_text(i->model, sizeof i->model, a->model);
	mg_copy_text(i->alias, sizeof i->alias, a->name);
	if (!v->id)
		return;
	mg_copy_text(i->ref, sizeof i->ref, v->ref);
	mg_copy_text(i->state, sizeof i->state, v->state);
	i->version_id = v->id;
	i->no = v->no;
	i->since = mg_now_ms();
}

int
mgreg_alias_undo(mgreg_store *s, const char *alias, const mgreg_alias_options *o, mgreg_alias_info *out, mgreg_error *err)
{
	mg_version_info v = { 0 };
	alias_name a;
	int rc;

	assert(!o || o->size == sizeof *o);
	MG_TRY(mg_txn_begin(s, err));
	if ((rc = parse(s, alias, true, &a, err)) == 0)
		rc = undo(s, &a, o && o->force, &v, err);
	if ((rc = mg_txn_end(s, rc, err)) == 0 && out)
		describe(out, &a, &v);
out:
	return rc;
}

/* ---- lists ------------------------------------------------------------------------------------------- */

static int
list(mg_store *s, enum mg_sql sql, const char *which, int64_t at, mgreg_alias_fn *each, void *ctx, mgreg_error *err)
{
	alias_name a = { .name = NULL };
	mg_stmt *q = NULL;
	int rc = 0;

	if (which)
		MG_TRY(parse(s, which, false, &a, err));
	MG_TRY(mg_stmt_get(s, sql, &q, err));
	MG_TRY(mg_stmt_bind(q, err, "Is", (int)(a.model_id != 0), a.model_id, a.name));
	while (rc == 0 && (rc = mg_stmt_step(q, err)) == 0 && mg_stmt_has_row(q)) {
		const char *model, *name;
		mgreg_alias_info i = { 0 };
		mg_version_info v;
		bool names, ended;
		int64_t is_protected;

		mg_stmt_read(q, "ttIiiI", &model, &name, &i.version_id, &names, &is_protected, &i.since, &i.until, &ended);
		if (!ended)
			i.until = 0;
		if (!names)
			i.version_id = 0;
		if (at && (i.since > at || (i.until && i.until <= at) || !names))
			continue;
		i.is_protected = is_protected != 0;
		mg_copy_text(i.model, sizeof i.model, model);
		mg_copy_text(i.alias, sizeof i.alias, name);
		if (i.version_id && mg_version_get(s, i.version_id, &v, NULL) == 0) {
			mg_copy_text(i.ref, sizeof i.ref, v.ref);
			mg_copy_text(i.state, sizeof i.state, v.state);
			i.no = v.no;
		}
		rc = each(ctx, &i);
	}
out:
	mg_stmt_release(q);
	return rc;
}

int
mgreg_aliases_each(mgreg_store *s, const char *which, int64_t at, mgreg_alias_fn *each, void *ctx, mgreg_error *err)
{
	return list(s, at ? MG_SQL_ALIAS_LOG_LIST : MG_SQL_ALIAS_NOW_LIST, which, at, each, ctx, err);
}

int
mgreg_alias_log_each(mgreg_store *s, const char *which, mgreg_alias_fn *each, void *ctx, mgreg_error *err)
{
	return list(s, MG_SQL_ALIAS_LOG_LIST, which, 0, each, ctx, err);
}
