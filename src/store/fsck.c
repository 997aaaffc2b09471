/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fsck.c - is the store what it should be?  Structure and keys by SQLite's own checks, invariants by the queries of fsck.sql,
 * content by hashing every chunk, the log by its chain.  Whether graphs can be read is asked one layer up.
 */
#include "base/base.h"
#include <stdio.h>
#include <time.h>
#include "store/gc.h"

extern const char *const mg_sql_texts[];

typedef struct fsck {
	const mg_fsck_options *o;
	mg_problem_fn *each;
	void          *ctx;
	int64_t        problems;
	bool           is_broken;       /* the pages themselves */
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

/* ---- bytes ------------------------------------------------------------------------------------------------ */

/* Not faster than the options allow. */
static void
keep_rate(const mg_fsck_options *o, double begin, int64_t bytes)
{
	double due = o->rate > 0 ? begin + (double)bytes / o->rate - mg_monotonic() : 0;
	struct timespec pause = { (time_t)MG_MIN(due, 60), 0 };

	if (due <= 0)
		return;
	pause.tv_nsec = (long)((MG_MIN(due, 60) - (double)pause.tv_sec) * 1e9);
	nanosleep(&pause, NULL);
}

static int
check_sha256(const mg_chunk_facts *c, const uint8_t *bytes, mgreg_error *err)
{
	uint8_t sha256[32];
	int rc = mg_sha256(bytes, (size_t)c->size, sha256, err);

	if (rc == 0 && memcmp(sha256, c->sha256, 32))
		rc = mg_fail(err, MGREG_DATA_LOSS, "chunk %lld is not what its SHA-256 names", (long long)c->id);
	return rc;
}

/* Compaction may move a chunk between the look at its row and the reading: what fails is looked at again. */
static int
check_chunk(mg_store *s, fsck *f, mg_chunk_facts *c, uint8_t *buf, mgreg_error *err)
{
	mgreg_error why = { 0 };
	int rc = 0;

	for (int look = 0; look < 2; look++) {
		if (look && mg_chunk_get(s, c->id, c, NULL) != 0)
			return 0;               /* gone */
		rc = mg_chunk_read(s, c, buf, &why);
		if (rc == 0 && f->o->level == MG_FSCK_FULL)
			rc = check_sha256(c, buf, &why);
		if (rc != MGREG_DATA_LOSS)
			break;
	}
	if (rc == MGREG_DATA_LOSS || rc == MGREG_UNIMPLEMENTED)
		return report(f, "chunk", why.text);
	if (rc != 0 && err)
		*err = why;
	return rc;
}

/* Every chunk's bytes against their hash, in order of rows; no snapshot is held, so that the log can be emptied meanwhile. */
static int
chunks(mg_store *s, fsck *f, mgreg_error *err)
{
	uint8_t *buf = mg_alloc(MG_LEAF_SIZE);
	MG_VEC(mg_chunk_facts) list = { 0 };
	double begin = mg_monotonic();
	int64_t last = 0, bytes = 0;
	mg_stmt *q = NULL;
	int rc;

	if (!buf)
		return mg_fail_nomem(err, MG_LEAF_SIZE);
	do {
		list.len = 0;
		MG_TRY(mg_stmt_get(s, MG_SQL_CHUNK_LIST, &q, err));
		MG_TRY(mg_stmt_bind(q, err, "i", last));
		while (list.len < 256) {
			mg_chunk_facts c;

			MG_TRY(mg_stmt_step(q, err));
			if (!mg_stmt_has_row(q))
				break;
			mg_chunk_facts_read(q, 0, &c);
			if (!mg_vec_push(&list, c)) {
				rc = mg_fail_nomem(err, 0);
				goto out;
			}
		}
		mg_stmt_release(q);
		q = NULL;
		for (size_t i = 0; i < list.len; i++) {
			last = list.at[i].id;
			MG_TRY(check_chunk(s, f, &list.at[i], buf, err));
			bytes += list.at[i].stored;
			keep_rate(f->o, begin, bytes);
		}
	} while (list.len);
out:
	mg_stmt_release(q);
	mg_vec_clear(&list);
	mg_free(buf);
	return rc;
}

typedef struct digest { mg_sha256_ctx *sha; uint8_t leaf[32]; int leaves; } digest;

static int
digest_leaf(void *ctx, const void *data, size_t size, mgreg_error *err)
{
	digest *d = ctx;
	int rc = mg_sha256(data, size, d->leaf, err);

	mg_sha256_update(d->sha, d->leaf, 32);
	d->leaves++;
	return rc;
}

/* Is an object what its digest says, put together out of its parts? */
static int
check_object(mg_store *s, fsck *f, int64_t id, mgreg_error *err)
{
	mg_object_info info;
	mgreg_error why = { 0 };
	digest d = { NULL };
	uint8_t whole[32];
	char line[120];
	int rc;

	MG_TRY(mg_object_get(s, id, &info, err));
	if (!info.present || info.size == 0)
		return 0;
	MG_TRY(mg_sha256_new(&d.sha, err));
	rc = mg_object_each(s, id, digest_leaf, &d, &why);
	mg_sha256_final(d.sha, whole);
	if (rc == MGREG_DATA_LOSS) {    /* its chunk has been reported */
		rc = 0;
	} else if (rc) {
		if (err)
			*err = why;
	} else if (memcmp(d.leaves > 1 ? whole : d.leaf, info.digest, 32)) {
		snprintf(line, sizeof line, "object %lld is not what its digest names", (long long)id);
		rc = report(f, "object", line);
	}
out:
	mg_sha256_free(d.sha);
	return rc;
}

static int
objects(mg_store *s, fsck *f, mgreg_error *err)
{
	mg_ids ids = { 0 };
	int rc;

	MG_TRY(mg_gc_gather(s, MG_SQL_OBJECT_LIST, &ids, NULL, err, "", 0, 0));
	for (size_t i = 0; i < ids.len; i++)
		MG_TRY(check_object(s, f, ids.at[i], err));
out:
	mg_vec_clear(&ids);
	return rc;
}

int
mg_metagraph_ids(mg_store *s, mg_ids *ids, mgreg_error *err)
{
	return mg_gc_gather(s, MG_SQL_METAGRAPH_LIST, ids, NULL, err, "", 0, 0);
}

static int
each_segment(void *ctx, const char *check, const char *text)
{
	fsck *f = ctx;

	if (strcmp(check, "note") == 0)
		return f->each ? f->each(f->ctx, check, text) : 0;
	return report(f, check, text);
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

/* Structure and invariants, in one snapshot. */
static int
check_rows(mg_store *s, fsck *f, mgreg_error *err)
{
	int rc;

	MG_TRY(run_query(s, f, "structure", f->o->level == MG_FSCK_QUICK ? "PRAGMA quick_check(100)" : "PRAGMA integrity_check(100)", err));
	if (f->problems) {              /* on broken pages the queries would only stumble */
		f->is_broken = true;
		return 0;
	}
	MG_TRY(foreign_keys(s, f, err));
	for (int i = MG_SQL_FSCK_FIRST; i <= MG_SQL_FSCK_LAST; i++)
		MG_TRY(run_query(s, f, "invariant", mg_sql_texts[i], err));
	MG_TRY(log_chain(s, f, err));
	MG_TRY(mg_segment_check(s, each_segment, f, err));
	MG_TRY(mg_schema_foreign(s, each_foreign, f, err));
out:
	return rc;
}

static int
repair(mg_store *s, mgreg_error *err)
{
	int rc;

	MG_TRY(mg_txn_begin(s, err));
	rc = mg_db_exec(s, "REINDEX", err);
	if (rc == 0)
		rc = mg_audit_add(s, "repair-index", "store", NULL, err);
	rc = mg_txn_end(s, rc, err);
out:
	return rc;
}

int
mg_store_fsck(mg_store *s, const mg_fsck_options *options, mg_problem_fn *each, void *ctx, int64_t *problems, mgreg_error *err)
{
	static const mg_fsck_options plain = { .level = MG_FSCK_CHUNKS };
	fsck f = { options ? options : &plain, each, ctx, 0 };
	char now[24];
	int rc;

	if (f.o->repair_index)
		MG_TRY(repair(s, err));
	MG_TRY(mg_txn_begin_read(s, err));
	MG_TRY(mg_txn_end(s, check_rows(s, &f, err), err));
	if (f.o->level >= MG_FSCK_CHUNKS && !f.is_broken)
		MG_TRY(chunks(s, &f, err));
	if (f.o->level == MG_FSCK_FULL && f.problems == 0)
		MG_TRY(objects(s, &f, err));
	if (rc == 0 && !s->read_only) {
		snprintf(now, sizeof now, "%lld", (long long)mg_now_ms());
		rc = mg_stmt_run(s, MG_SQL_SETTING_SET, err, "ss", "last_fsck", now);
	}
	if (rc == 0 && problems)
		*problems = f.problems;
out:
	return rc;
}
