/* SPDX-License-Identifier: Apache-2.0 */
/* stmt.c - prepared statements by the name of their query; binding and reading by a string of types. */
#include "base/base.h"
#include <math.h>
#include "store/store_internal.h"

extern const char *const mg_sql_texts[];

int
mg_stmt_prepare(mg_store *s, const char *sql, mg_stmt **out, mgreg_error *err)
{
	mg_stmt *q = mg_calloc(1, sizeof *q);
	int rc;

	if (!q)
		return mg_fail_nomem(err, sizeof *q);
	q->store = s;
	q->temporary = q->in_use = true;
	rc = sqlite3_prepare_v2(s->db, sql, -1, &q->st, NULL);
	if (rc != SQLITE_OK) {
		rc = mg_db_fail(s, rc, err, "%s", "");
		mg_free(q);
		return rc;
	}
	*out = q;
	return 0;
}

int
mg_stmt_get(mg_store *s, enum mg_sql name, mg_stmt **out, mgreg_error *err)
{
	mg_stmt *q = &s->stmts[name];
	int rc;

	if (q->in_use)
		return mg_stmt_prepare(s, mg_sql_texts[name], out, err);
	if (!q->st) {
		rc = sqlite3_prepare_v3(s->db, mg_sql_texts[name], -1, SQLITE_PREPARE_PERSISTENT, &q->st, NULL);
		if (rc != SQLITE_OK)
			return mg_db_fail(s, rc, err, "%s", "");
		q->store = s;
	}
	q->in_use = true;
	q->row = false;
	*out = q;
	return 0;
}

int
mg_stmt_vbind(mg_stmt *q, mgreg_error *err, const char *types, va_list args)
{
	int rc = SQLITE_OK, n = 1;

	for (; *types && rc == SQLITE_OK; types++, n++) {
		switch (*types) {
		case 'i':
			rc = sqlite3_bind_int64(q->st, n, va_arg(args, int64_t));
			break;
		case 'I': {
			bool has = va_arg(args, int);
			int64_t v = va_arg(args, int64_t);

			rc = has ? sqlite3_bind_int64(q->st, n, v) : sqlite3_bind_null(q->st, n);
			break;
		}
		case 'd':
			rc = sqlite3_bind_double(q->st, n, va_arg(args, double));
			break;
		case 'D': {
			bool has = va_arg(args, int);
			double v = va_arg(args, double);

			rc = has ? sqlite3_bind_double(q->st, n, v) : sqlite3_bind_null(q->st, n);
			break;
		}
		case 's':
			rc = sqlite3_bind_text(q->st, n, va_arg(args, const char *), -1, SQLITE_STATIC);
			break;
		case 't': {
			const char *text = va_arg(args, const char *);

			rc = sqlite3_bind_text64(q->st, n, text, va_arg(args, size_t), SQLITE_STATIC, SQLITE_UTF8);
			break;
		}
		case 'b': {
			const void *data = va_arg(args, const void *);

			rc = sqlite3_bind_blob64(q->st, n, data, va_arg(args, size_t), SQLITE_STATIC);
			break;
		}
		case '0':
			rc = sqlite3_bind_null(q->st, n);
			break;
		default:
			assert(!"a type of binding");
		}
	}
	return rc == SQLITE_OK ? 0 : mg_db_fail(q->store, rc, err, "%s", "");
}

int
mg_stmt_bind(mg_stmt *q, mgreg_error *err, const char *types, ...)
{
	va_list args;
	int rc;

	va_start(args, types);
	rc = mg_stmt_vbind(q, err, types, args);
	va_end(args);
	return rc;
}

int
mg_stmt_step(mg_stmt *q, mgreg_error *err)
{
	int rc = sqlite3_step(q->st);

	q->row = rc == SQLITE_ROW;
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : mg_db_fail(q->store, rc, err, "%s", "");
}

void
mg_stmt_read(mg_stmt *q, const char *types, ...)
{
	va_list args;

	va_start(args, types);
	for (int n = 0; *types; types++, n++) {
		bool null = sqlite3_column_type(q->st, n) == SQLITE_NULL;

		switch (*types) {
		case 'i':
			*va_arg(args, int64_t *) = sqlite3_column_int64(q->st, n);
			break;
		case 'I':
			*va_arg(args, int64_t *) = sqlite3_column_int64(q->st, n);
			*va_arg(args, bool *) = !null;
			break;
		case 'd':
			*va_arg(args, double *) = null ? NAN : sqlite3_column_double(q->st, n);
			break;
		case 's':
		case 't': {
			const char *text = (const char *)sqlite3_column_text(q->st, n);

			*va_arg(args, const char **) = text ? text : *types == 't' ? "" : NULL;
			break;
		}
		case 'b': {
			const void *data = sqlite3_column_blob(q->st, n);

			*va_arg(args, const void **) = data;
			*va_arg(args, size_t *) = data ? (size_t)sqlite3_column_bytes(q->st, n) : 0;
			break;
		}
		case 'h': {
			const void *data = sqlite3_column_blob(q->st, n);
			uint8_t *out = va_arg(args, uint8_t *);

			if (data && sqlite3_column_bytes(q->st, n) == 32)
				memcpy(out, data, 32);
			else
				memset(out, 0, 32);
			break;
		}
		default:
			assert(*types == '-');
		}
	}
	va_end(args);
}

void
mg_stmt_release(mg_stmt *q)
{
	if (!q)
		return;
	if (q->temporary) {
		sqlite3_finalize(q->st);
		mg_free(q);
		return;
	}
	sqlite3_reset(q->st);
	sqlite3_clear_bindings(q->st);
	q->in_use = q->row = false;
}

int
mg_stmt_run(mg_store *s, enum mg_sql name, mgreg_error *err, const char *types, ...)
{
	mg_stmt *q = NULL;
	va_list args;
	int rc;

	va_start(args, types);
	MG_TRY(mg_stmt_get(s, name, &q, err));
	MG_TRY(mg_stmt_vbind(q, err, types, args));
	do
		MG_TRY(mg_stmt_step(q, err));
	while (q->row);
out:
	va_end(args);
	mg_stmt_release(q);
	return rc;
}

int
mg_stmt_one(mg_store *s, enum mg_sql name, int64_t *out, bool *found, mgreg_error *err, const char *types, ...)
{
	mg_stmt *q = NULL;
	bool has = false;
	va_list args;
	int rc;

	*out = 0;
	va_start(args, types);
	MG_TRY(mg_stmt_get(s, name, &q, err));
	MG_TRY(mg_stmt_vbind(q, err, types, args));
	MG_TRY(mg_stmt_step(q, err));
	if (q->row)
		mg_stmt_read(q, "I", out, &has);
	if (found)
		*found = has;
out:
	va_end(args);
	mg_stmt_release(q);
	return rc;
}

int
mg_stmt_text(mg_store *s, enum mg_sql name, mg_str *out, bool *found, mgreg_error *err, const char *types, ...)
{
	mg_stmt *q = NULL;
	const char *text = NULL;
	va_list args;
	int rc;

	va_start(args, types);
	MG_TRY(mg_stmt_get(s, name, &q, err));
	MG_TRY(mg_stmt_vbind(q, err, types, args));
	MG_TRY(mg_stmt_step(q, err));
	if (q->row)
		mg_stmt_read(q, "s", &text);
	if (found)
		*found = q->row;
	if (text)
		mg_str_add(out, text);
	MG_TRY(mg_str_check(out, err));
out:
	va_end(args);
	mg_stmt_release(q);
	return rc;
}

int
mg_stmt_changes(mg_store *s)
{
	return sqlite3_changes(s->db);
}

int64_t
mg_stmt_last_id(mg_store *s)
{
	return sqlite3_last_insert_rowid(s->db);
}
