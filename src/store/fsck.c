/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fsck.c - is the store what it should be?  Structure and keys by SQLite's own checks, invariants by the queries of fsck.sql,
 * content by hashing every chunk, the log by its chain.
 */
#include "base/base.h"
#include <stdio.h>
#include "store/store_internal.h"

extern const char *const mg_sql_texts[];

typedef struct fsck {
	mg_problem_fn *each;
	void          *ctx;
	int64_t        problems;
} fsck;

static int
report(fsck *f, const char *check, const char *text)
{
	f->problems++;
	return f->each ? f->each(f->ctx, check, text) : 0;
}

static int
run_query(mg_store *s, fsck *f, const char *check, const char *sql, mgreg_error *err)
{
	mg_stmt *q = NULL;
	int rc;

	MG_TRY(mg_stmt_prepare(s, sql, &q, err));
	for (;;) {
		const char *text;

		MG_TRY(mg_stmt_step(q, err));
		if (!mg_stmt_has_row(q))
			break;
		mg_stmt_read(q, "t", &text);
		if (strcmp(text, "ok"))
			MG_TRY(report(f, check, text));
	}
out:
	mg_stmt_release(q);
	return rc;
}

static int
foreign_keys(mg_store *s, fsck *f, mgreg_error *err)
{
	mg_stmt *q = NULL;
	char line[400];
	int rc;

	MG_TRY(mg_stmt_prepare(s, "PRAGMA foreign_key_check", &q, err));
	for (;;) {
		const char *table, *parent;
		int64_t row;

		MG_TRY(mg_stmt_step(q, err));
		if (!mg_stmt_has_row(q))
			break;
		mg_stmt_read(q, "tit", &table, &row, &parent);
		snprintf(line, sizeof line, "row %lld of %.100s refers to a row of %.100s that is missing", (long long)row, table, parent);
		MG_TRY(report(f, "foreign_key", line));
	}
out:
	mg_stmt_release(q);
	return rc;
}

static int
each_foreign(void *ctx, const char *name)
{
	char line[300];

	snprintf(line, sizeof line, "'%.200s' is not a table of mgreg (left alone)", name);
	return ((fsck *)ctx)->each ? ((fsck *)ctx)->each(((fsck *)ctx)->ctx, "note", line) : 0;
}

/* Every chunk's bytes against their hash, in order of rows. */
static int
chunks(mg_store *s, fsck *f, mgreg_error *err)
{
	uint8_t *buf = mg_alloc(MG_LEAF_SIZE);
	mg_stmt *q = NULL;
	int rc;

	if (!buf)
		return mg_fail_nomem(err, MG_LEAF_SIZE);
	MG_TRY(mg_stmt_get(s, MG_SQL_CHUNK_LIST, &q, err));
	MG_TRY(mg_stmt_bind(q, err, "i", (int64_t)0));
	for (;;) {
		mg_chunk_facts c = { 0 };
		mgreg_error why = { 0 };

		MG_TRY(mg_stmt_step(q, err));
		if (!mg_stmt_has_row(q))
			break;
		mg_chunk_facts_read(q, 0, &c);
		rc = mg_chunk_read(s, &c, buf, &why);
		if (rc == MGREG_DATA_LOSS || rc == MGREG_UNIMPLEMENTED) {
			MG_TRY(report(f, "chunk", why.text));
		} else if (rc != 0) {
			if (err)
				*err = why;
			goto out;
		}
	}
out:
	mg_stmt_release(q);
	mg_free(buf);
	return rc;
}

static int
each_segment_problem(void *ctx, const char *text)
{
	return report(ctx, "segment", text);
}

static int
log_chain(mg_store *s, fsck *f, mgreg_error *err)
{
	char line[100];
	int64_t bad;
	int rc = mg_audit_verify(s, &bad, err);

	if (rc == 0 && bad) {
		snprintf(line, sizeof line, "row %lld of the audit log does not fit its chain", (long long)bad);
		rc = report(f, "audit", line);
	}
	return rc;
}

static int
check_all(mg_store *s, bool quick, fsck *f, mgreg_error *err)
{
	int rc;

	MG_TRY(run_query(s, f, "structure", quick ? "PRAGMA quick_check(100)" : "PRAGMA integrity_check(100)", err));
	if (f->problems)                /* on broken pages the queries would only stumble */
		return 0;
	MG_TRY(foreign_keys(s, f, err));
	for (int i = MG_SQL_FSCK_FIRST; i <= MG_SQL_FSCK_LAST; i++)
		MG_TRY(run_query(s, f, "invariant", mg_sql_texts[i], err));
	MG_TRY(log_chain(s, f, err));
	MG_TRY(mg_segment_check(s, each_segment_problem, f, err));
	MG_TRY(mg_schema_foreign(s, each_foreign, f, err));
	if (!quick)
		MG_TRY(chunks(s, f, err));
out:
	return rc;
}

int
mg_store_fsck(mg_store *s, bool quick, mg_problem_fn *each, void *ctx, int64_t *problems, mgreg_error *err)
{
	fsck f = { each, ctx, 0 };
	char now[24];
	int rc;

	MG_TRY(mg_txn_begin_read(s, err));
	rc = mg_txn_end(s, check_all(s, quick, &f, err), err);
	if (rc == 0 && !s->read_only) {
		snprintf(now, sizeof now, "%lld", (long long)mg_now_ms());
		rc = mg_stmt_run(s, MG_SQL_SETTING_SET, err, "ss", "last_fsck", now);
	}
	if (rc == 0 && problems)
		*problems = f.problems;
out:
	return rc;
}
