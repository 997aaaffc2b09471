/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gc.c - frees the bytes that nothing needs: versions past their grace are purged, objects that no version needs lose their
 * lists, chunks that no list, claim or base names go.  One transaction each, so that a save never waits long.
 *
 * A save is dead when its process on this host is gone, or when its heartbeat is older than the grace.
 */
#include "base/base.h"
#include <errno.h>
#include <signal.h>
#include "store/store_internal.h"

static int
gather(mg_store *s, enum mg_sql name, mg_ids *ids, mg_ids *more, mgreg_error *err, const char *types, int64_t a, int64_t b)
{
	mg_stmt *q = NULL;
	int rc;

	MG_TRY(mg_stmt_get(s, name, &q, err));
	MG_TRY(mg_stmt_bind(q, err, types, a, b));
	for (;;) {
		int64_t id, second = 0;

		MG_TRY(mg_stmt_step(q, err));
		if (!mg_stmt_has_row(q))
			break;
		mg_stmt_read(q, more ? "ii" : "i", &id, &second);
		if (!mg_vec_push(ids, id) || (more && !mg_vec_push(more, second))) {
			rc = mg_fail_nomem(err, 0);
			break;
		}
	}
out:
	mg_stmt_release(q);
	return rc;
}

static int
drop_dead_saves(mg_store *s, int64_t before, mgreg_error *err)
{
	mg_str dead = MG_STR_INIT;
	mg_slice rest, uid;
	mg_stmt *q = NULL;
	int rc;

	MG_TRY(mg_stmt_run(s, MG_SQL_GC_SAVES, err, "i", before));
	MG_TRY(mg_stmt_get(s, MG_SQL_GC_SAVE_LIST, &q, err));
	for (;;) {
		const char *save, *host;
		int64_t pid;

		MG_TRY(mg_stmt_step(q, err));
		if (!mg_stmt_has_row(q))
			break;
		mg_stmt_read(q, "tti", &save, &host, &pid);
		if (!strcmp(host, s->host) && pid > 0 && kill((pid_t)pid, 0) != 0 && errno == ESRCH)
			mg_str_printf(&dead, "%s\n", save);
	}
	mg_stmt_release(q);
	q = NULL;
	MG_TRY(mg_str_check(&dead, err));
	rest = (mg_slice){ dead.ptr, dead.len };
	while (mg_slice_split(&rest, '\n', &uid))
		MG_TRY(mg_stmt_run(s, MG_SQL_SAVE_DELETE, err, "t", uid.ptr, uid.len));
out:
	mg_stmt_release(q);
	mg_str_clear(&dead);
	return rc;
}

static int
purge_versions(mg_store *s, int64_t before, mg_gc_result *r, mgreg_error *err)
{
	mg_ids ids = { 0 };
	int rc;

	MG_TRY(gather(s, MG_SQL_GC_VERSIONS, &ids, NULL, err, "ii", before, mg_now_ms()));
	for (size_t i = 0; i < ids.len; i++)
		MG_TRY(mg_version_purge(s, ids.at[i], err));
	r->versions = (int64_t)ids.len;
out:
	mg_vec_clear(&ids);
	return rc;
}

static int
drop_lists(mg_store *s, mg_gc_result *r, mgreg_error *err)
{
	mg_ids ids = { 0 };
	int rc;

	MG_TRY(gather(s, MG_SQL_GC_OBJECTS, &ids, NULL, err, "", 0, 0));
	for (size_t i = 0; i < ids.len; i++) {
		MG_TRY(mg_stmt_run(s, MG_SQL_GC_OBJECT_ABSENT, err, "i", ids.at[i]));
		MG_TRY(mg_stmt_run(s, MG_SQL_OBJECT_DROP_LIST, err, "i", ids.at[i]));
	}
	r->objects = (int64_t)ids.len;
out:
	mg_vec_clear(&ids);
	return rc;
}

static int
sweep_chunks(mg_store *s, mg_gc_result *r, mgreg_error *err)
{
	mg_ids ids = { 0 }, sizes = { 0 };
	int rc;

	MG_TRY(gather(s, MG_SQL_GC_CHUNKS, &ids, &sizes, err, "", 0, 0));
	for (size_t i = 0; i < ids.len; i++) {
		MG_TRY(mg_stmt_run(s, MG_SQL_GC_CHUNK_DELETE, err, "i", ids.at[i]));
		r->bytes += sizes.at[i];
	}
	r->chunks = (int64_t)ids.len;
out:
	mg_vec_clear(&ids);
	mg_vec_clear(&sizes);
	return rc;
}

int
mg_store_gc(mg_store *s, int64_t grace_ms, bool dry_run, mg_gc_result *out, mgreg_error *err)
{
	int64_t before = mg_now_ms() - grace_ms;
	mg_gc_result r = { 0 };
	mg_str secure = MG_STR_INIT;
	int rc;

	MG_TRY(mg_setting_get(s, "secure-delete", &secure, err));
	MG_TRY(mg_db_exec(s, strcmp(secure.ptr, "on") ? "PRAGMA secure_delete=OFF" : "PRAGMA secure_delete=ON", err));
	MG_TRY(mg_txn_begin(s, err));
	rc = drop_dead_saves(s, before, err);
	if (rc == 0)
		rc = purge_versions(s, before, &r, err);
	if (rc == 0)
		rc = drop_lists(s, &r, err);
	if (rc == 0)
		rc = sweep_chunks(s, &r, err);
	if (rc == 0 && !dry_run)
		rc = mg_audit_add(s, "gc", "store", NULL, err);
	if (rc == 0 && dry_run) {       /* the same work, taken back: the figures are exact */
		mg_txn_end(s, MGREG_CANCELLED, NULL);
	} else {
		MG_TRY(mg_txn_end(s, rc, err));
		MG_TRY(mg_db_exec(s, "PRAGMA incremental_vacuum", err));
	}
	*out = r;
out:
	mg_str_clear(&secure);
	return rc;
}
