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

/* What a schema number writes: our texts of today, or an older number's, made by its migrations in memory. */
typedef struct expected {
	const struct mg_sql_object *at;
	size_t count, cursor;
	mg_arena arena;
	MG_VEC(struct mg_sql_object) made;
} expected;

static const char *
collapse(mg_arena *arena, const char *text)
{
	char *out = mg_arena_alloc(arena, strlen(text) + 1), *to = out;

	for (; out && *text; text++)
		if (!isspace((unsigned char)*text))
			*to++ = *text;
		else if (to > out && to[-1] != ' ')
			*to++ = ' ';
	if (out) {
		to -= to > out && to[-1] == ' ';
		*to = '\0';
	}
	return out;
}

static int
make_older(mg_store *s, int64_t number, expected *e, mgreg_error *err)
{
	sqlite3_stmt *st = NULL;
	sqlite3 *db = NULL;
	int rc = sqlite3_open(":memory:", &db), ours = 0;

	for (int64_t i = 0; rc == SQLITE_OK && i < number; i++)
		rc = sqlite3_exec(db, mg_sql_migrations[i], NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_prepare_v2(db, "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid", -1, &st, NULL);
	while (rc == SQLITE_OK && ours == 0 && sqlite3_step(st) == SQLITE_ROW) {
		struct mg_sql_object o = { mg_arena_strdup(&e->arena, (const char *)sqlite3_column_text(st, 0)),
			collapse(&e->arena, (const char *)sqlite3_column_text(st, 1)) };

		if (!o.name || !o.text || !mg_vec_push(&e->made, o))
			ours = mg_fail_nomem(err, 0);
	}
	if (rc != SQLITE_OK)
		ours = mg_fail(err, MGREG_INTERNAL, "%s: schema %lld cannot be made: %s", s->path, (long long)number, sqlite3_errmsg(db));
	sqlite3_finalize(st);
	sqlite3_close(db);
	e->at = e->made.at;
	e->count = e->made.len;
	return ours;
}

static int
expect(mg_store *s, expected *e, mgreg_error *err)
{
	int64_t number;
	int rc;

	*e = (expected){ .at = mg_sql_objects, .count = mg_sql_object_count };
	MG_TRY(mg_db_pragma_i64(s, "user_version", &number, err));
	if (number > 0 && number < MG_SCHEMA_NUMBER)    /* only a reader meets it: a writer has migrated it */
		MG_TRY(make_older(s, number, e, err));
out:
	return rc;
}

static void
expected_clear(expected *e)
{
	mg_vec_clear(&e->made);
	mg_arena_clear(&e->arena);
}

/* Rows come in the order they were made, so the next of ours is nearly always the one. */
static const struct mg_sql_object *
find_object(expected *e, const char *name)
{
	for (size_t i = 0; i < e->count; i++) {
		size_t at = (e->cursor + i) % e->count;

		if (!strcmp(e->at[at].name, name)) {
			e->cursor = at + 1;
			return &e->at[at];
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
	expected e;
	int rc;

	MG_TRY(expect(s, &e, err));
	if (!mg_set_init(&seen, e.count)) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
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
		ours = find_object(&e, name);
		if (ours ? !same_words(sql, ours->text) : !is_plain(type, sql)) {
			rc = mg_fail(err, MGREG_DATA_LOSS, "its %s '%.100s' is not what mgreg made", type, name);
			goto out;
		}
		if (ours)
			mg_set_add(&seen, (size_t)(ours - e.at));
	}
	for (size_t i = 0; i < e.count; i++)
		if (!mg_set_has(&seen, i)) {
			rc = mg_fail(err, MGREG_DATA_LOSS, "its schema lacks '%s'", e.at[i].name);
			goto out;
		}
out:
	mg_stmt_release(q);
	mg_set_clear(&seen);
	expected_clear(&e);
	return rc;
}

int
mg_schema_foreign(mg_store *s, int (*each)(void *ctx, const char *name), void *ctx, mgreg_error *err)
{
	mg_stmt *q = NULL;
	expected e;
	int rc;

	MG_TRY(expect(s, &e, err));
	MG_TRY(mg_stmt_get(s, MG_SQL_SCHEMA_OBJECTS, &q, err));
	for (;;) {
		const char *type, *name, *sql;

		MG_TRY(mg_stmt_step(q, err));
		if (!mg_stmt_has_row(q))
			break;
		mg_stmt_read(q, "tts", &type, &name, &sql);
		if (sql && !mg_starts_with(name, "sqlite_") && !find_object(&e, name) && (rc = each(ctx, name)) != 0)
			goto out;
	}
out:
	mg_stmt_release(q);
	expected_clear(&e);
	return rc;
}
