/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audit.c - the append-only log.  chain = SHA-256 over the previous row's chain (32 zeros at the start) and this row's fields,
 * each followed by NUL; numbers in decimal.  Rows of a plain sqlite3 have none, and are what verifying finds; the chain goes
 * on behind such a row as at the start.
 */
#include "base/base.h"
#include <stdio.h>
#include "mgreg/history.h"
#include "store/store_internal.h"

static int
link_row(const uint8_t before[32], int64_t at, const char *actor, const char *host, const char *op, const char *subject,
	const char *detail, uint8_t out[32], mgreg_error *err)
{
	const char *fields[] = { NULL, actor, host ? host : "", op, subject, detail };
	mg_sha256_ctx *sha = NULL;
	char when[24];
	int rc = mg_sha256_new(&sha, err);

	if (rc != 0)
		return rc;
	snprintf(when, sizeof when, "%lld", (long long)at);
	fields[0] = when;
	mg_sha256_update(sha, before, 32);
	for (size_t i = 0; i < MG_COUNT(fields); i++)
		mg_sha256_update(sha, fields[i], strlen(fields[i]) + 1);
	mg_sha256_final(sha, out);
	mg_sha256_free(sha);
	return 0;
}

int
mg_audit_add(mg_store *s, const char *op, const char *subject, const char *detail, mgreg_error *err)
{
	uint8_t before[32] = { 0 }, chain[32];
	int64_t now = mg_now_ms(), last;
	mg_stmt *q = NULL;
	int rc;

	if (!detail)
		detail = "{}";
	MG_TRY(mg_txn_begin(s, err));
	rc = mg_stmt_get(s, MG_SQL_AUDIT_LAST, &q, err);
	if (rc == 0 && (rc = mg_stmt_step(q, err)) == 0 && mg_stmt_has_row(q))
		mg_stmt_read(q, "ih", &last, before);
	mg_stmt_release(q);
	if (rc == 0)
		rc = link_row(before, now, mg_store_actor(s), s->host, op, subject, detail, chain, err);
	if (rc == 0)
		rc = mg_stmt_run(s, MG_SQL_AUDIT_INSERT, err, "isssssb", now, mg_store_actor(s), s->host, op, subject, detail, chain, (size_t)32);
	rc = mg_txn_end(s, rc, err);
out:
	return rc;
}

typedef struct verifier {
	int   (*problem)(void *ctx, int64_t id, const char *what);
	void   *ctx;
	int64_t rows, problems;
} verifier;

static int
complain(verifier *v, int64_t id, const char *what)
{
	v->problems++;
	return v->problem ? v->problem(v->ctx, id, what) : 0;
}

static int
verify(mg_store *s, verifier *v, mgreg_error *err)
{
	static const uint8_t none[32] = { 0 };
	uint8_t before[32] = { 0 }, chain[32], want[32];
	int64_t previous = 0, last = 0;
	mg_stmt *q = NULL;
	int rc;

	MG_TRY(mg_stmt_one(s, MG_SQL_AUDIT_LAST_ID, &last, NULL, err, ""));
	MG_TRY(mg_stmt_get(s, MG_SQL_AUDIT_LIST, &q, err));
	for (;;) {
		const char *actor, *host, *op, *subject, *detail;
		const void *bytes;
		int64_t id, at;
		size_t size;

		MG_TRY(mg_stmt_step(q, err));
		if (!mg_stmt_has_row(q))
			break;
		mg_stmt_read(q, "iitttttb", &id, &at, &actor, &host, &op, &subject, &detail, &bytes, &size);
		v->rows++;
		if (id != previous + 1)
			MG_TRY(complain(v, id, "rows before it are missing"));
		previous = id;
		memcpy(chain, bytes && size == 32 ? bytes : none, 32);
		if (!bytes) {
			MG_TRY(complain(v, id, "it has no chain: another program wrote it"));
		} else {
			MG_TRY(link_row(before, at, actor, host, op, subject, detail, want, err));
			if (memcmp(chain, want, 32))
				MG_TRY(complain(v, id, "its chain does not fit: it was altered, or what stood before it"));
		}
		memcpy(before, chain, 32);
	}
	if (last > previous)
		MG_TRY(complain(v, last, "rows at the end are missing"));
out:
	mg_stmt_release(q);
	return rc;
}

int
mgreg_audit_verify(mgreg_store *s, int (*problem)(void *ctx, int64_t id, const char *what), void *ctx,
	int64_t *rows, int64_t *problems, mgreg_error *err)
{
	verifier v = { .problem = problem, .ctx = ctx };
	int rc = verify(s, &v, err);

	if (rc == 0 && rows)
		*rows = v.rows;
	if (rc == 0 && problems)
		*problems = v.problems;
	return rc;
}

static int
take_first(void *ctx, int64_t id, const char *what)
{
	int64_t *bad = ctx;

	(void)what;
	if (!*bad)
		*bad = id;
	return 0;
}

int
mg_audit_verify(mg_store *s, int64_t *bad, mgreg_error *err)
{
	*bad = 0;
	return mgreg_audit_verify(s, take_first, bad, NULL, NULL, err);
}

/* ---- reading ------------------------------------------------------------------------------------------- */

typedef struct wanted {
	char    exact[MG_NAME_LIMIT * 2 + 32];
	bool    is_model, is_run;
	int64_t run_id;
} wanted;

static int
find_subject(mg_store *s, const char *text, wanted *w, mgreg_error *err)
{
	int64_t model_id;
	mg_version_info v;
	int rc = 0;

	memset(w, 0, sizeof *w);
	if (!strcmp(text, "store")) {           /* init, gc, config: no model's business */
		mg_copy_text(w->exact, sizeof w->exact, text);
	} else if (strchr(text, '@') || mg_starts_with(text, "uid:")) {
		MG_TRY(mg_ref_resolve(s, text, &v, err));
		snprintf(w->exact, sizeof w->exact, "%s@v%lld", v.model, (long long)v.no);
	} else if (strchr(text, ':')) {         /* an alias; it may be gone by now */
		if (strlen(text) >= sizeof w->exact)
			return mg_fail(err, MGREG_NOT_FOUND, "no alias '%.100s'", text);
		mg_copy_text(w->exact, sizeof w->exact, text);
	} else {
		MG_TRY(mg_ref_resolve_run(s, text, &model_id, &w->run_id, err));
		mg_copy_text(w->exact, sizeof w->exact, text);
		w->is_run = w->run_id != 0;
		w->is_model = !w->is_run;
	}
out:
	return rc;
}

int
mgreg_audit_each(mgreg_store *s, const mgreg_audit_filter *f, mgreg_audit_fn *each, void *ctx, mgreg_error *err)
{
	static const mgreg_audit_filter all = MGREG_AUDIT_FILTER_INIT;
	wanted w = { .run_id = 0 };
	mg_stmt *q = NULL;
	bool exact;
	int rc = 0;

	if (!f)
		f = &all;
	assert(f->size == sizeof *f);
	if (f->subject)
		MG_TRY(find_subject(s, f->subject, &w, err));
	exact = f->subject && !w.is_model && !w.is_run;
	MG_TRY(mg_stmt_get(s, MG_SQL_AUDIT_SINCE_LIST, &q, err));
	MG_TRY(mg_stmt_bind(q, err, "sssIii", exact ? w.exact : NULL, w.is_model ? w.exact : NULL, w.is_run ? w.exact : NULL,
		w.is_run, w.run_id, f->since, f->after));
	while (rc == 0 && (rc = mg_stmt_step(q, err)) == 0 && mg_stmt_has_row(q)) {
		mgreg_audit_entry e;

		mg_stmt_read(q, "iittttt", &e.id, &e.at, &e.actor, &e.host, &e.op, &e.subject, &e.detail);
		rc = each(ctx, &e);
	}
out:
	mg_stmt_release(q);
	return rc;
}
