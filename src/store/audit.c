/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audit.c - the append-only log.  chain = SHA-256 over the previous row's chain (32 zeros at the start) and this row's fields,
 * each followed by NUL; numbers in decimal.  Rows of a plain sqlite3 have none, and are what verifying finds.
 */
#include "base/base.h"
#include <stdio.h>
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
		rc = link_row(before, now, s->actor, s->host, op, subject, detail, chain, err);
	if (rc == 0)
		rc = mg_stmt_run(s, MG_SQL_AUDIT_INSERT, err, "isssssb", now, s->actor, s->host, op, subject, detail, chain, (size_t)32);
	rc = mg_txn_end(s, rc, err);
out:
	return rc;
}

int
mg_audit_verify(mg_store *s, int64_t *bad, mgreg_error *err)
{
	uint8_t before[32] = { 0 }, chain[32], want[32];
	mg_stmt *q = NULL;
	int rc;

	*bad = 0;
	MG_TRY(mg_stmt_get(s, MG_SQL_AUDIT_LIST, &q, err));
	for (;;) {
		const char *actor, *host, *op, *subject, *detail;
		int64_t id, at;

		MG_TRY(mg_stmt_step(q, err));
		if (!mg_stmt_has_row(q))
			break;
		mg_stmt_read(q, "iittttth", &id, &at, &actor, &host, &op, &subject, &detail, chain);
		MG_TRY(link_row(before, at, actor, host, op, subject, detail, want, err));
		if (memcmp(chain, want, 32)) {
			*bad = id;
			break;
		}
		memcpy(before, chain, 32);
	}
out:
	mg_stmt_release(q);
	return rc;
}
