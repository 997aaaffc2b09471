/* SPDX-License-Identifier: Apache-2.0 */
/*
 * list.c - versions in lists.  The common lists (a model, a run, steps from A to B, in the order of saving or of steps) walk an
 * index and stop at the limit; only an expression of the user's, and an order by what is summed up, look at all that fits.
 */
#include "base/base.h"
#include <stdio.h>
#include "store/store_internal.h"

/* What one may sort by; ORDER is the text that goes into the statement. */
static const struct { const char *key, *order; } keys[] = {
	{ "version_id", "v.version_id" }, { "no", "v.no" }, { "global_step", "v.global_step" },
	{ "step", "v.global_step" }, { "kind", "v.kind" }, { "state", "v.state" }, { "pinned", "v.pinned" },
	{ "saved", "v.saved_at" }, { "added", "v.added_bytes" }, { "added_bytes", "v.added_bytes" },
	{ "weights", "v.weights" }, { "uid", "v.uid" }, { "note", "v.note" },
	{ "run_id", "v.run_id" }, { "model_id", "v.model_id" },
	{ "model", "(SELECT name FROM mg_model m WHERE m.model_id = v.model_id)" },
	{ "run", "(SELECT name FROM mg_run r WHERE r.run_id = v.run_id)" },
	{ "aliases", "(SELECT group_concat(a.name, ',') FROM mg_alias a WHERE a.version_id = v.version_id)" },
	{ "size", "(SELECT logical_bytes FROM storage s WHERE s.version_id = v.version_id)" },
	{ "logical_bytes", "(SELECT logical_bytes FROM storage s WHERE s.version_id = v.version_id)" },
};

static int
add_order(const mg_version_filter *f, int64_t model_id, int64_t run_id, mg_str *sql, mgreg_error *err)
{
	const char *sort = f->sort ? f->sort : "version_id";
	bool down = *sort == '-';
	int rc;

	sort += down;
	/* within a model the numbers are in the order of the ids, and there is an index over them */
	if (!strcmp(sort, "version_id") && model_id && !run_id)
		sort = "no";
	for (size_t i = 0; i < MG_COUNT(keys); i++)
		if (!strcmp(sort, keys[i].key)) {
			mg_str_printf(sql, " ORDER BY %s%s", keys[i].order, down ? " DESC" : "");
			if (strcmp(sort, "version_id") && strcmp(sort, "no"))
				mg_str_add(sql, ", v.version_id");
			return 0;
		}
	rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "cannot sort by '%.100s'", sort);
	for (size_t i = 0; i < MG_COUNT(keys); i++)
		if (mg_edit_distance(sort, keys[i].key) <= 2)
			mg_error_candidate(err, "%s", keys[i].key);
	return rc;
}

/* Parameters: ?1 model, ?2 run, ?3 ?4 digests from and to, ?5 ?6 steps, ?7 the one version. */
static int
list_sql(const mg_version_filter *f, int64_t model_id, int64_t run_id, mg_str *sql, mgreg_error *err)
{
	int rc;

	mg_str_add(sql, "SELECT v.version_id FROM mg_version v WHERE 1");
	if (f->only)
		mg_str_add(sql, " AND v.version_id = ?7");
	else if (run_id)
		mg_str_add(sql, f->has_steps ? " AND +v.run_id = ?2 AND v.model_id = ?1" : " AND v.run_id = ?2");
	else if (model_id)
		mg_str_add(sql, " AND v.model_id = ?1");
	if (f->has_steps && !f->only)
		mg_str_add(sql, " AND v.global_step BETWEEN ?5 AND ?6");
	if (!f->all_states && !f->only)
		mg_str_add(sql, " AND v.state = 'live'");
	if (f->weights)
		mg_str_add(sql, " AND v.weights BETWEEN ?3 AND ?4");
	if (f->where)
		mg_str_printf(sql, " AND v.version_id IN (SELECT version_id FROM (SELECT v.*, v.global_step AS step, s.logical_bytes AS size,"
			" s.added_bytes AS added, s.logical_bytes, s.added_bytes FROM versions v"
			" JOIN (SELECT version_id, logical_bytes, added_bytes FROM storage) s USING (version_id))"
			" WHERE (%s\n))", f->where);
	MG_TRY(add_order(f, f->only ? 0 : model_id, run_id, sql, err));
	if (f->limit > 0)
		mg_str_printf(sql, " LIMIT %lld", (long long)f->limit);
	MG_TRY(mg_str_check(sql, err));
out:
	return rc;
}

/* A user's expression is prepared once as a user's statement, so that it cannot write. */
static int
check_where(mg_store *s, const mg_version_filter *f, const char *sql, mgreg_error *err)
{
	mgreg_query *user = NULL;
	const char *rest;
	int rc = mgreg_query_new(&user, s, sql, false, &rest, err);

	mgreg_query_free(user);
	if (rc == 0 && *rest)
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "'%.200s' is more than an expression", f->where);
	else if (rc && err)
		err->code = MGREG_INVALID_ARGUMENT, err->reason = MGREG_REASON_USAGE;
	return rc;
}

static void
bind(mg_stmt *q, const mg_version_filter *f, int64_t model_id, int64_t run_id, const uint8_t to[32])
{
	const struct { const char *name; int64_t value; } numbers[] = {
		{ "?1", model_id }, { "?2", run_id }, { "?5", f->from }, { "?6", f->to }, { "?7", f->only },
	};

	for (size_t i = 0; i < MG_COUNT(numbers); i++)  /* one that is not there has index 0, which does nothing */
		sqlite3_bind_int64(q->st, sqlite3_bind_parameter_index(q->st, numbers[i].name), numbers[i].value);
	if (f->weights) {
		sqlite3_bind_blob(q->st, sqlite3_bind_parameter_index(q->st, "?3"), f->weights, 32, SQLITE_STATIC);
		sqlite3_bind_blob(q->st, sqlite3_bind_parameter_index(q->st, "?4"), to, 32, SQLITE_STATIC);
	}
}

/* The last digest that begins with the first DIGITS digits of FROM. */
static void
last_digest(const uint8_t from[32], int digits, uint8_t to[32])
{
	memcpy(to, from, 32);
	for (int i = digits; i < 64; i++)
		to[i / 2] = (uint8_t)(to[i / 2] | (i % 2 ? 0x0f : 0xf0));
}

int
mg_version_each(mg_store *s, const mg_version_filter *f, int (*each)(void *ctx, const mg_version_info *v), void *ctx, mgreg_error *err)
{
	int64_t model_id = 0, run_id = 0;
	mg_str sql = MG_STR_INIT;
	mg_stmt *q = NULL;
	uint8_t to[32];
	int rc = 0;

	if (f->model)
		MG_TRY(mg_model_find(s, f->model, &model_id, err));
	if (f->model && f->run)
		MG_TRY(mg_run_find(s, model_id, f->run, &run_id, err));
	if (f->weights)
		last_digest(f->weights, f->weights_digits ? f->weights_digits : 64, to);
	MG_TRY(list_sql(f, model_id, run_id, &sql, err));
	if (f->where)
		MG_TRY(check_where(s, f, sql.ptr, err));
	MG_TRY(mg_stmt_prepare(s, sql.ptr, &q, err));
	bind(q, f, model_id, run_id, to);
	for (;;) {
		mg_version_info v;
		int64_t id;

		MG_TRY(mg_stmt_step(q, err));
		if (!mg_stmt_has_row(q))
			break;
		mg_stmt_read(q, "i", &id);
		MG_TRY(mg_version_get(s, id, &v, err));
		MG_TRY(mg_stmt_one(s, MG_SQL_VERSION_SIZE, &v.size, NULL, err, "i", id));
		if ((rc = each(ctx, &v)) != 0)
			break;
	}
out:
	mg_stmt_release(q);
	mg_str_clear(&sql);
	return rc;
}
