/* SPDX-License-Identifier: Apache-2.0 */
/*
 * migrate.c - from one schema number to the next, and the proof that a file's schema is ours.
 *
 * A store that is new is one that went through every migration; schema.sql, derived.sql and views.sql are what must stand in
 * the file after the last.  The comparison collapses white space and knows two exceptions: sqlite_* tables, and plain tables
 * and indexes of a user's own.
 */
#include "base/base.h"
#include <ctype.h>
#include <stdio.h>
#include "store/store_internal.h"

extern const char *const mg_sql_migrations[];           /* [i] leads to schema number i + 1 */
extern const size_t mg_sql_migration_count;
extern const struct mg_sql_object { const char *name, *text; } mg_sql_objects[];
extern const size_t mg_sql_object_count;

static int
apply(mg_store *s, mgreg_error *err)
{
	int64_t at;
	int rc;

	MG_TRY(mg_txn_begin(s, err));
	rc = mg_db_pragma_i64(s, "user_version", &at, err);     /* read inside: another process may have been quicker */
	for (; rc == 0 && at < (int64_t)mg_sql_migration_count; at++)
		rc = mg_db_exec(s, mg_sql_migrations[at], err);
	rc = mg_txn_end(s, rc, err);
out:
	return rc;
}

int
mg_schema_create(mg_store *s, mgreg_error *err)
{
	assert(mg_sql_migration_count == MG_SCHEMA_NUMBER);
	return apply(s, err);
}

int
mg_schema_migrate(mg_store *s, mgreg_error *err)
{
	return apply(s, err);
}

/* Does TEXT, white space collapsed, read OURS? */
static bool
same_words(const char *text, const char *ours)
{
	while (isspace((unsigned char)*text))
		text++;
	for (;;) {
		if (isspace((unsigned char)*text)) {
			while (isspace((unsigned char)*text))
				text++;
			if (!*text)
				return !*ours;
			if (*ours++ != ' ')
				return false;
		}
		if (*text != *ours)
			return false;
		if (!*text)
			return true;
		text++;
		ours++;
	}
}

/* Rows come in the order they were made, so the next of ours is nearly always the one. */
static const struct mg_sql_object *
find_object(const char *name, size_t *cursor)
{
	for (size_t i = 0; i < mg_sql_object_count; i++) {
		size_t at = (*cursor + i) % mg_sql_object_count;

		if (!strcmp(mg_sql_objects[at].name, name)) {
			*cursor = at + 1;
			return &mg_sql_objects[at];
		}
	}
	return NULL;
}

/* A user's own table or index is left alone unless it can compute something while we work. */
static bool
is_plain(const char *type, const char *sql)
{
	const char *p;

	if (!strcmp(type, "table"))
		return sqlite3_strlike("create virtual%", sql, 0) != 0 && sqlite3_strlike("%generated always%", sql, 0) != 0;
	if (strcmp(type, "index"))
		return false;
	p = strchr(sql, '(');
	return p && !strchr(p + 1, '(');        /* columns alone: no call, no expression */
}

int
mg_schema_check(mg_store *s, mgreg_error *err)
{
	mg_set seen = { NULL };
	mg_stmt *q = NULL;
	size_t cursor = 0;
	int rc;

	if (!mg_set_init(&seen, mg_sql_object_count))
		return mg_fail_nomem(err, 0);
	MG_TRY(mg_stmt_get(s, MG_SQL_SCHEMA_OBJECTS, &q, err));
	for (;;) {
		const char *type, *name, *sql;
		const struct mg_sql_object *ours;

		MG_TRY(mg_stmt_step(q, err));
		if (!mg_stmt_has_row(q))
			break;
		mg_stmt_read(q, "tts", &type, &name, &sql);
		if (!sql || mg_starts_with(name, "sqlite_"))
			continue;
		ours = find_object(name, &cursor);
		if (ours ? !same_words(sql, ours->text) : !is_plain(type, sql)) {
			rc = mg_fail(err, MGREG_DATA_LOSS, "its %s '%.100s' is not what mgreg made", type, name);
			goto out;
		}
		if (ours)
			mg_set_add(&seen, (size_t)(ours - mg_sql_objects));
	}
	for (size_t i = 0; i < mg_sql_object_count; i++)
		if (!mg_set_has(&seen, i)) {
			rc = mg_fail(err, MGREG_DATA_LOSS, "its schema lacks '%s'", mg_sql_objects[i].name);
			goto out;
		}
out:
	mg_stmt_release(q);
	mg_set_clear(&seen);
	return rc;
}

int
mg_schema_foreign(mg_store *s, int (*each)(void *ctx, const char *name), void *ctx, mgreg_error *err)
{
	mg_stmt *q = NULL;
	size_t cursor = 0;
	int rc;

	MG_TRY(mg_stmt_get(s, MG_SQL_SCHEMA_OBJECTS, &q, err));
	for (;;) {
		const char *type, *name, *sql;

		MG_TRY(mg_stmt_step(q, err));
		if (!mg_stmt_has_row(q))
			break;
		mg_stmt_read(q, "tts", &type, &name, &sql);
		if (sql && !mg_starts_with(name, "sqlite_") && !find_object(name, &cursor) && (rc = each(ctx, name)) != 0)
			goto out;
	}
out:
	mg_stmt_release(q);
	return rc;
}
