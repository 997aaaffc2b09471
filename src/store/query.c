/* SPDX-License-Identifier: Apache-2.0 */
/* query.c - SQL of users: one statement, its parameters, its rows. */
#include "base/base.h"
#include "store/store_internal.h"

struct mgreg_query {
	mg_store     *store;
	sqlite3_stmt *st;
};

int
mgreg_query_new(mgreg_query **out, mgreg_store *s, const char *sql, int write, const char **rest, mgreg_error *err)
{
	sqlite3_stmt *st = NULL;
	const char *tail = NULL;
	mgreg_query *q;
	int rc = sqlite3_prepare_v2(s->db, sql, -1, &st, &tail);

	if (rc != SQLITE_OK) {
		rc = mg_db_fail(s, rc, err, "%s", "");
		if (rc == MGREG_INTERNAL)       /* SQLITE_ERROR: the statement is wrong, not the program */
			rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "%s", sqlite3_errmsg(s->db));
		return rc;
	}
	if (rest)
		*rest = tail;
	*out = NULL;
	if (!st)
		return 0;
	if (!write && !sqlite3_stmt_readonly(st)) {
		sqlite3_finalize(st);
		return mg_fail(err, MGREG_FAILED_PRECONDITION, "the statement would change the store, which needs -w");
	}
	if (!(q = mg_calloc(1, sizeof *q))) {
		sqlite3_finalize(st);
		return mg_fail_nomem(err, sizeof *q);
	}
	q->store = s;
	q->st = st;
	*out = q;
	return 0;
}

void
mgreg_query_free(mgreg_query *q)
{
	if (!q)
		return;
	sqlite3_finalize(q->st);
	mg_free(q);
}

int
mgreg_query_bind(mgreg_query *q, const char *name, const char *value, mgreg_error *err)
{
	static const char marks[] = ":@$";
	mg_str text = MG_STR_INIT;
	int64_t number;
	double real;
	int rc = 0, at = sqlite3_bind_parameter_index(q->st, name);

	for (size_t i = 0; at == 0 && marks[i]; i++) {
		mg_str_reset(&text);
		mg_str_printf(&text, "%c%s", marks[i], name);
		MG_TRY(mg_str_check(&text, err));
		at = sqlite3_bind_parameter_index(q->st, text.ptr);
	}
	if (at == 0) {
		rc = mg_fail(err, MGREG_NOT_FOUND, "the statement has no parameter '%.100s'", name);
		goto out;
	}
	if (!value)
		rc = sqlite3_bind_null(q->st, at);
	else if (mg_parse_i64(value, strlen(value), &number))
		rc = sqlite3_bind_int64(q->st, at, number);
	else if (mg_parse_double(value, strlen(value), &real) && real == real)
		rc = sqlite3_bind_double(q->st, at, real);
	else
		rc = sqlite3_bind_text(q->st, at, value, -1, SQLITE_TRANSIENT);
	if (rc != SQLITE_OK)
		rc = mg_db_fail(q->store, rc, err, "parameter '%.100s'", name);
out:
	mg_str_clear(&text);
	return rc;
}

int
mgreg_query_step(mgreg_query *q, int *has_row, mgreg_error *err)
{
	int rc = sqlite3_step(q->st);

	if (rc != SQLITE_ROW && rc != SQLITE_DONE) {
		rc = mg_db_fail(q->store, rc, err, "%s", "");
		return rc == MGREG_INTERNAL ? mg_fail(err, MGREG_INVALID_ARGUMENT, "%s", sqlite3_errmsg(q->store->db)) : rc;
	}
	*has_row = rc == SQLITE_ROW;
	return 0;
}

int
mgreg_query_columns(const mgreg_query *q)
{
	return sqlite3_column_count(q->st);
}

const char *
mgreg_query_column_name(const mgreg_query *q, int i)
{
	return sqlite3_column_name(q->st, i);
}

mgreg_value_type
mgreg_query_type(const mgreg_query *q, int i)
{
	switch (sqlite3_column_type(q->st, i)) {
	case SQLITE_INTEGER:
		return MGREG_VALUE_INTEGER;
	case SQLITE_FLOAT:
		return MGREG_VALUE_REAL;
	case SQLITE_TEXT:
		return MGREG_VALUE_TEXT;
	case SQLITE_BLOB:
		return MGREG_VALUE_BLOB;
	default:
		return MGREG_VALUE_NULL;
	}
}

int64_t
mgreg_query_integer(const mgreg_query *q, int i)
{
	return sqlite3_column_int64(q->st, i);
}

double
mgreg_query_real(const mgreg_query *q, int i)
{
	return sqlite3_column_double(q->st, i);
}

const void *
mgreg_query_bytes(const mgreg_query *q, int i, size_t *size)
{
	bool blob = sqlite3_column_type(q->st, i) == SQLITE_BLOB;
	const void *data = blob ? sqlite3_column_blob(q->st, i) : (const void *)sqlite3_column_text(q->st, i);

	if (size)
		*size = data ? (size_t)sqlite3_column_bytes(q->st, i) : 0;
	return data ? data : "";
}
