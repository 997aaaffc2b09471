/* SPDX-License-Identifier: Apache-2.0 */
/* schema.c - what the views mean, the text of the schema, and migrations on demand. */
#include "base/base.h"
#include <stdio.h>
#include <unistd.h>
#include "base/file.h"
#include "mgreg/history.h"
#include "store/store_internal.h"

extern const struct mg_sql_object { const char *name, *text; } mg_sql_objects[];
extern const size_t mg_sql_object_count;

static const struct { const char *name, *meaning, *columns; } views[] = {
#define VIEW(name, meaning, columns) { name, meaning, columns },
#define MEANING(column, text)
#include "store/columns.def"
#undef VIEW
#undef MEANING
};

static const struct { const char *column, *text; } meanings[] = {
#define VIEW(name, meaning, columns)
#define MEANING(column, text) { column, text },
#include "store/columns.def"
#undef VIEW
#undef MEANING
};

static const char *
meaning_of(const char *view, const char *column)
{
	char full[80];
	const char *general = "";

	snprintf(full, sizeof full, "%s.%s", view, column);
	for (size_t i = 0; i < MG_COUNT(meanings); i++) {
		if (!strcmp(meanings[i].column, full))
			return meanings[i].text;
		if (!strcmp(meanings[i].column, column))
			general = meanings[i].text;
	}
	return general;
}

static int
no_view(const char *view, mgreg_error *err)
{
	int rc = mg_fail(err, MGREG_NOT_FOUND, "no view '%.100s'", view);

	for (size_t i = 0; i < MG_COUNT(views); i++)
		if (mg_edit_distance(view, views[i].name) <= 2)
			mg_error_candidate(err, "%s", views[i].name);
	return rc;
}

int
mgreg_schema_each(const char *view, int (*each)(void *ctx, const char *view, const char *column, const char *meaning),
	void *ctx, mgreg_error *err)
{
	bool any = false;
	int rc = 0;

	for (size_t i = 0; i < MG_COUNT(views) && rc == 0; i++) {
		mg_slice rest = MG_SLICE(views[i].columns), column;
		char name[64];

		if (view && strcmp(view, views[i].name))
			continue;
		any = true;
		rc = each(ctx, views[i].name, "", views[i].meaning);
		while (rc == 0 && mg_slice_split(&rest, ' ', &column)) {
			snprintf(name, sizeof name, "%.*s", (int)column.len, column.ptr);
			rc = each(ctx, views[i].name, name, meaning_of(views[i].name, name));
		}
	}
	return rc || any ? rc : no_view(view, err);
}

int
mgreg_schema_ddl(const char *view, int (*each)(void *ctx, const char *name, const char *sql), void *ctx, mgreg_error *err)
{
	bool any = false;
	int rc = 0;

	for (size_t i = 0; i < mg_sql_object_count && rc == 0; i++)
		if (!view || !strcmp(view, mg_sql_objects[i].name)) {
			any = true;
			rc = each(ctx, mg_sql_objects[i].name, mg_sql_objects[i].text);
		}
	return rc || any ? rc : no_view(view, err);
}

/* ---- migrations -------------------------------------------------------------------------------------------- */

static int
read_minimum(mg_store *s, const char *key, int64_t *out, mgreg_error *err)
{
	mg_str text = MG_STR_INIT;
	int rc = mg_stmt_text(s, MG_SQL_SETTING_GET, &text, NULL, err, "s", key);

	*out = 1;
	if (rc == 0 && text.len)
		mg_parse_i64(text.ptr, text.len, out);
	mg_str_clear(&text);
	return rc;
}

static int
look(mg_store *s, mgreg_migration *m, mgreg_error *err)
{
	int rc;

	m->to = MG_SCHEMA_NUMBER;
	MG_TRY(mg_db_pragma_i64(s, "user_version", &m->from, err));
	MG_TRY(read_minimum(s, "min_reader", &m->min_reader, err));
	MG_TRY(read_minimum(s, "min_writer", &m->min_writer, err));
	m->to = MG_MAX(m->to, m->from);         /* a newer store that we may use is left as it is */
out:
	return rc;
}

/* The database as it is, in one step, so that no writer comes between.  Segments stay where they are: no migration touches them. */
static int
copy_to(mg_store *s, const char *path, mgreg_error *err)
{
	mg_str temp = MG_STR_INIT;
	sqlite3 *to = NULL;
	sqlite3_backup *b;
	int rc, sqlite_rc;

	if (mg_file_exists(path))
		return mg_fail(err, MGREG_ALREADY_EXISTS, "'%s' exists already", path);
	mg_str_printf(&temp, "%s.tmp%ld", path, (long)getpid());
	MG_TRY(mg_str_check(&temp, err));
	sqlite_rc = sqlite3_open_v2(temp.ptr, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_EXCLUSIVE, NULL);
	if (sqlite_rc == SQLITE_OK && !(b = sqlite3_backup_init(to, "main", s->db, "main")))
		sqlite_rc = sqlite3_errcode(to);
	else if (sqlite_rc == SQLITE_OK) {
		sqlite3_backup_step(b, -1);
		sqlite_rc = sqlite3_backup_finish(b);
	}
	sqlite3_close(to);              /* synced: the default of a connection is FULL */
	if (sqlite_rc != SQLITE_OK)
		rc = mg_fail_because(err, MGREG_UNKNOWN, MGREG_REASON_IO, "backup '%s': %s", path, sqlite3_errstr(sqlite_rc));
	else
		rc = mg_file_rename(temp.ptr, path, err);
	if (rc)
		unlink(temp.ptr);
out:
	mg_str_clear(&temp);
	return rc;
}

int
mgreg_store_migrate(const char *path, int check, const char *backup, const mgreg_store_options *options, mgreg_migration *out, mgreg_error *err)
{
	mg_store_options o = MG_STORE_OPTIONS_INIT;
	mgreg_migration m = { 0 };
	mg_store *s = NULL;
	int rc;

	if (options) {
		assert(options->size == sizeof *options);
		o.timeout = options->timeout;
		o.actor = options->actor;
		o.stranger = options->stranger;
	}
	o.read_only = true;             /* whoever opens it for writing has migrated it */
	MG_TRY(mg_store_open(&s, path, &o, err));
	MG_TRY(look(s, &m, err));
	if (!check && options && options->read_only && m.from < m.to) {
		rc = mg_fail(err, MGREG_FAILED_PRECONDITION, "store '%s' is open read-only", path);
		goto out;
	}
	if (!check && backup)
		MG_TRY(copy_to(s, backup, err));
	if (!check && m.from < m.to) {
		mg_store_close(s);
		s = NULL;
		o.read_only = false;
		MG_TRY(mg_store_open(&s, path, &o, err));
	}
	if (out)
		*out = m;
out:
	mg_store_close(s);
	return rc;
}
