/* SPDX-License-Identifier: Apache-2.0 */
/*
 * txn.c - transactions that nest: only the outermost begins and commits.
 *
 * A writer begins with write intent: a read that is promoted later is refused at once by SQLite, whatever the timeout.  A
 * failure inside marks the whole: the outermost end rolls back even if it was told 0.
 *
 * Every commit is synced, but for those of mg_txn_begin_relaxed(): bytes that nothing refers to yet, or the same content in
 * another form.  A log is a sequence, and the next synced commit syncs all of it.
 */
#include "base/base.h"
#include "store/store_internal.h"

static int
begin(mg_store *s, bool write, bool relaxed, mgreg_error *err)
{
	int rc;

	if (s->txn_depth > 0) {
		assert(s->txn_write || !write);
		s->txn_depth++;
		return 0;
	}
	if (write && (rc = mg_require_writable(s, err)) != 0)
		return rc;
	relaxed &= s->wal;
	if (write && relaxed != s->relaxed) {
		if ((rc = mg_db_exec(s, relaxed ? "PRAGMA synchronous=NORMAL" : "PRAGMA synchronous=FULL", err)) != 0)
			return rc;
		s->relaxed = relaxed;
	}
	rc = sqlite3_exec(s->db, write ? "BEGIN IMMEDIATE" : "BEGIN", NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		return mg_db_fail(s, rc, err, "%s", "");
	s->txn_depth = 1;
	s->txn_write = write;
	s->txn_failed = false;
	return 0;
}

int
mg_txn_begin(mg_store *s, mgreg_error *err)
{
	return begin(s, true, false, err);
}

int
mg_txn_begin_relaxed(mg_store *s, mgreg_error *err)
{
	return begin(s, true, true, err);
}

int
mg_txn_begin_read(mg_store *s, mgreg_error *err)
{
	return begin(s, false, false, err);
}

int
mg_txn_end(mg_store *s, int rc, mgreg_error *err)
{
	if (rc != 0)
		s->txn_failed = true;
	if (--s->txn_depth > 0)
		return rc;
	if (s->txn_failed) {
		/* After a full disk or an I/O error SQLite may have rolled back itself. */
		if (!sqlite3_get_autocommit(s->db))
			sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
		return rc ? rc : mg_fail(err, MGREG_ABORTED, "a part of the transaction failed");
	}
	rc = mg_db_commit(s, err);
	if (rc == 0 && s->txn_write && s->saves == 0)
		mg_db_checkpoint(s);
	return rc;
}
