/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gc.c - frees the bytes that nothing needs: versions past their grace are purged, objects that no version needs lose their
 * lists, chunks that no list, claim or base names go, segments without chunks are unlinked, and the file shrinks.
 *
 * All in many short transactions, each of which asks again whether what it is about to delete is still unneeded: saves go on
 * meanwhile, and whoever stops gc at any point loses nothing.  A dry run does the same within one transaction and takes it back,
 * so that its figures are exact.
 *
 * A save is dead when its process on this host is gone, or when its heartbeat is older than the grace.
 */
#include "base/base.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "base/file.h"
#include "store/gc.h"

enum { BATCH_ROWS = 200, BATCH_BYTES = 64 << 20, VACUUM_PAGES = 2048 };

int
mg_gc_gather(mg_store *s, enum mg_sql name, mg_ids *ids, mg_ids *more, mgreg_error *err, const char *types, int64_t a, int64_t b)
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

bool
mg_gc_is_over(const mg_gc *g)
{
	return (g->deadline > 0 && mg_monotonic() >= g->deadline) || (g->o->stop && *g->o->stop);
}

void
mg_gc_pause(mg_gc *g)
{
	struct timespec pause = { 0, 12000000 };
	int64_t others = 0;

	if (g->o->dry_run)
		return;
	if (mg_stmt_one(g->store, MG_SQL_GC_OTHERS, &others, NULL, NULL, "s", g->uid) == 0 && others > 0)
		nanosleep(&pause, NULL);        /* longer than a waiting writer sleeps between two tries */
}

/* ---- the dead ---------------------------------------------------------------------------------------------- */

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
	MG_TRY(mg_stmt_run(s, MG_SQL_GC_SEGMENTS_OF_THE_DEAD, err, ""));
out:
	mg_stmt_release(q);
	mg_str_clear(&dead);
	return rc;
}

static int
bury(mg_gc *g, mgreg_error *err)
{
	int rc = mg_txn_begin(g->store, err);

	return rc ? rc : mg_txn_end(g->store, drop_dead_saves(g->store, g->before, err), err);
}

/* ---- versions, objects, chunks ------------------------------------------------------------------------------- */

static int
purge_versions(mg_gc *g, mgreg_error *err)
{
	mg_ids ids = { 0 };
	int rc;

	MG_TRY(mg_gc_gather(g->store, MG_SQL_GC_VERSIONS, &ids, NULL, err, "ii", g->before, mg_now_ms()));
	for (size_t i = 0; i < ids.len && !mg_gc_is_over(g); i++) {
		mgreg_error why = { 0 };

		rc = mg_version_purge(g->store, ids.at[i], &why);
		if (rc == 0) {
			g->r.versions++;
		} else if (rc != MGREG_FAILED_PRECONDITION || g->o->dry_run) {  /* else: pinned or named since */
			if (err)
				*err = why;
			goto out;
		}
		rc = 0;
	}
out:
	mg_vec_clear(&ids);
	return rc;
}

static int
drop_some_lists(mg_gc *g, const mg_ids *ids, size_t from, size_t to, mgreg_error *err)
{
	mg_store *s = g->store;
	int rc = 0;

	for (size_t i = from; i < to; i++) {
		MG_TRY(mg_stmt_run(s, MG_SQL_GC_OBJECT_ABSENT, err, "i", ids->at[i]));
		if (mg_stmt_changes(s) == 0)
			continue;
		MG_TRY(mg_stmt_run(s, MG_SQL_OBJECT_DROP_LIST, err, "i", ids->at[i]));
		g->r.objects++;
	}
out:
	return rc;
}

static int
drop_lists(mg_gc *g, mgreg_error *err)
{
	mg_ids ids = { 0 };
	int rc;

	MG_TRY(mg_gc_gather(g->store, MG_SQL_GC_OBJECTS, &ids, NULL, err, "", 0, 0));
	for (size_t i = 0; i < ids.len && !mg_gc_is_over(g); i += BATCH_ROWS) {
		MG_TRY(mg_txn_begin(g->store, err));
		MG_TRY(mg_txn_end(g->store, drop_some_lists(g, &ids, i, MG_MIN(i + BATCH_ROWS, ids.len), err), err));
		mg_gc_pause(g);
	}
out:
	mg_vec_clear(&ids);
	return rc;
}

/* Deletes from *AT on until a transaction is full. */
static int
sweep_some(mg_gc *g, const mg_ids *ids, const mg_ids *sizes, size_t *at, mgreg_error *err)
{
	mg_store *s = g->store;
	int64_t bytes = 0;
	int rc = 0;

	for (size_t n = 0; *at < ids->len && n < BATCH_ROWS && bytes < BATCH_BYTES; n++, (*at)++) {
		MG_TRY(mg_stmt_run(s, MG_SQL_GC_CHUNK_DELETE, err, "i", ids->at[*at]));
		if (mg_stmt_changes(s) == 0)
			continue;
		bytes += sizes->at[*at];
		g->r.chunks++;
	}
	g->r.bytes += bytes;
out:
	return rc;
}

/* A chunk that goes may free its base: as many rounds as chains are long. */
static int
sweep_chunks(mg_gc *g, mgreg_error *err)
{
	mg_ids ids = { 0 }, sizes = { 0 };
	int64_t last = 0, before = -1;
	int rc = 0;

	while (before != g->r.chunks && !mg_gc_is_over(g)) {
		before = g->r.chunks;
		for (last = 0;;) {
			size_t at = 0;

			ids.len = sizes.len = 0;
			MG_TRY(mg_gc_gather(g->store, MG_SQL_GC_CHUNKS, &ids, &sizes, err, "i", last, 0));
			if (ids.len == 0)
				break;
			last = ids.at[ids.len - 1];
			while (at < ids.len && !mg_gc_is_over(g)) {
				MG_TRY(mg_txn_begin(g->store, err));
				MG_TRY(mg_txn_end(g->store, sweep_some(g, &ids, &sizes, &at, err), err));
				mg_gc_pause(g);
			}
			if (mg_gc_is_over(g))
				break;
		}
	}
out:
	mg_vec_clear(&ids);
	mg_vec_clear(&sizes);
	return rc;
}

/* ---- segments ---------------------------------------------------------------------------------------------------- */

/* A hole where no chunk is, as far as the file system can; nobody has the file mapped or is copying it. */
static int
punch(mg_gc *g, int64_t segment_id, const char *uid, mgreg_error *err)
{
	mg_str path = MG_STR_INIT;
	mg_stmt *q = NULL;
	struct stat st;
	int64_t from = 0;
	int rc, fd = -1;

	MG_TRY(mg_segment_path(g->store, uid, &path, err));
	fd = open(path.ptr, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) != 0 || fstat(fd, &st) != 0)
		goto out;
	MG_TRY(mg_stmt_get(g->store, MG_SQL_SEGMENT_CHUNKS, &q, err));
	MG_TRY(mg_stmt_bind(q, err, "i", segment_id));
	for (bool first = true;; first = false) {
		int64_t id, place, size;

		MG_TRY(mg_stmt_step(q, err));
		if (!mg_stmt_has_row(q))
			break;
		mg_stmt_read(q, "iii", &id, &place, &size);
		if (!first && place > from && place - from >= 4096)
			(void)fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, from, place - from);
		from = MG_MAX(from, place + size);
	}
	if (from > 0 && st.st_size - from >= 4096)
		(void)fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, from, st.st_size - from);
out:
	mg_stmt_release(q);
	if (fd >= 0)
		close(fd);
	mg_str_clear(&path);
	return rc;
}

typedef struct seg { int64_t id, size, live, first; char uid[48]; } seg;
typedef MG_VEC(seg) seg_list;

static int
list_segments(mg_store *s, seg_list *out, mgreg_error *err)
{
	mg_stmt *q = NULL;
	int rc;

	MG_TRY(mg_stmt_get(s, MG_SQL_GC_SEGMENTS, &q, err));
	MG_TRY(mg_stmt_bind(q, err, ""));
	for (;;) {
		const char *uid;
		seg x = { 0 };

		MG_TRY(mg_stmt_step(q, err));
		if (!mg_stmt_has_row(q))
			break;
		mg_stmt_read(q, "itiii", &x.id, &uid, &x.size, &x.live, &x.first);
		mg_copy_text(x.uid, sizeof x.uid, uid);
		if (!mg_vec_push(out, x)) {
			rc = mg_fail_nomem(err, 0);
			break;
		}
	}
out:
	mg_stmt_release(q);
	return rc;
}

/* The file first, then the row: a crash in between leaves a doomed row whose file is gone already. */
static int
unlink_doomed(mg_gc *g, mgreg_error *err)
{
	mg_store *s = g->store;
	mg_ids ids = { 0 };
	mg_str path = MG_STR_INIT, uid = MG_STR_INIT;
	int rc;

	MG_TRY(mg_gc_gather(s, MG_SQL_GC_DOOMED, &ids, NULL, err, "", 0, 0));
	for (size_t i = 0; i < ids.len; i++) {
		mg_str_reset(&path);
		mg_str_reset(&uid);
		MG_TRY(mg_stmt_text(s, MG_SQL_SEGMENT_UID, &uid, NULL, err, "i", ids.at[i]));
		MG_TRY(mg_segment_path(s, uid.ptr, &path, err));
		mg_segment_close(s, ids.at[i]);
		MG_TRY(mg_file_remove(path.ptr, err));
		MG_TRY(mg_stmt_run(s, MG_SQL_SEGMENT_DELETE, err, "i", ids.at[i]));
		g->r.segments++;
	}
out:
	mg_vec_clear(&ids);
	mg_str_clear(&path);
	mg_str_clear(&uid);
	return rc;
}

/* Files that no row names, older than the grace: what a crash between file and row, or a foreign hand, left. */
static int
unlink_strays(mg_gc *g, mgreg_error *err)
{
	mg_str folder = MG_STR_INIT, path = MG_STR_INIT;
	char **names = NULL;
	size_t count = 0;
	int rc;

	MG_TRY(mg_segment_folder(g->store->path, &folder, err));
	if (!mg_is_dir(folder.ptr))
		goto out;
	MG_TRY(mg_dir_list(folder.ptr, &names, &count, err));
	for (size_t i = 0; i < count; i++) {
		size_t n = strlen(names[i]);
		double mtime;
		int64_t there;

		if (!mg_ends_with(names[i], ".seg"))
			continue;
		MG_TRY(mg_stmt_one(g->store, MG_SQL_SEGMENT_BY_UID, &there, NULL, err, "t", names[i], n - 4));
		mg_str_reset(&path);
		mg_str_printf(&path, "%s/%s", folder.ptr, names[i]);
		MG_TRY(mg_str_check(&path, err));
		if (there || mg_file_mtime(path.ptr, &mtime, NULL, NULL) != 0 || (int64_t)(mtime * 1000) >= g->before)
			continue;
		MG_TRY(mg_file_remove(path.ptr, err));
		g->r.strays++;
	}
out:
	for (size_t i = 0; i < count; i++)
		mg_free(names[i]);
	mg_free(names);
	mg_str_clear(&folder);
	mg_str_clear(&path);
	return rc;
}

static int
tidy_segments(mg_gc *g, mgreg_error *err)
{
	seg_list list = { 0 };
	int64_t copies;
	int rc;

	MG_TRY(mg_stmt_one(g->store, MG_SQL_GC_COPIES, &copies, NULL, err, ""));
	if (copies > 0)
		return 0;
	MG_TRY(list_segments(g->store, &list, err));
	for (size_t i = 0; i < list.len && !mg_gc_is_over(g); i++) {
		seg *x = &list.at[i];

		if (x->live == 0)
			MG_TRY(mg_stmt_run(g->store, MG_SQL_GC_SEGMENTS_EMPTY, err, "i", x->id));
		else if (x->live < (x->size - x->first) / 2)
			MG_TRY(mg_compact_segment(g, x->id, err));
		else if (x->live < x->size - x->first)
			MG_TRY(punch(g, x->id, x->uid, err));
	}
	MG_TRY(unlink_doomed(g, err));
	rc = unlink_strays(g, err);
out:
	mg_vec_clear(&list);
	return rc;
}

/* ---- the file ------------------------------------------------------------------------------------------------------- */

static int
vacuum(mg_gc *g, mgreg_error *err)
{
	mg_store *s = g->store;
	char text[64];
	int64_t pages;
	int rc = 0;

	if (g->o->vacuum == MG_VACUUM_NONE || mg_gc_is_over(g) || s->txn_depth > 0)
		return 0;
	mg_db_checkpoint_wait(s);
	if (g->o->vacuum == MG_VACUUM_FULL) {
		MG_TRY(mg_db_vacuum(s, err));
	} else {
		snprintf(text, sizeof text, "PRAGMA incremental_vacuum(%d)", VACUUM_PAGES);
		for (;;) {
			MG_TRY(mg_db_pragma_i64(s, "freelist_count", &pages, err));
			if (pages == 0 || mg_gc_is_over(g))
				break;
			MG_TRY(mg_db_exec(s, text, err));
			mg_gc_pause(g);
		}
	}
	/* the file shrinks when the log has been copied into it; readers at work put that off */
	if (s->wal)
		sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
out:
	return rc;
}

static int64_t
size_of_file(const mg_store *s)
{
	struct stat st;

	return stat(s->path, &st) == 0 ? (int64_t)st.st_size : 0;
}

static int
work(mg_gc *g, mgreg_error *err)
{
	int rc;

	MG_TRY(bury(g, err));
	MG_TRY(purge_versions(g, err));
	MG_TRY(drop_lists(g, err));
	MG_TRY(sweep_chunks(g, err));
	if (g->o->dry_run || g->store->txn_depth > 0)
		goto out;
	if (g->o->compact && !mg_gc_is_over(g)) {
		MG_TRY(mg_compact(g, err));
		MG_TRY(sweep_chunks(g, err));
	}
	MG_TRY(tidy_segments(g, err));
out:
	return rc;
}

static int
note(mg_store *s, mgreg_error *err)
{
	int rc = mg_txn_begin(s, err);

	return rc ? rc : mg_txn_end(s, mg_audit_add(s, "gc", "store", NULL, err), err);
}

int
mg_store_gc(mg_store *s, const mg_gc_options *options, mg_gc_result *out, mgreg_error *err)
{
	mg_gc g = { .store = s, .o = options, .before = mg_now_ms() - options->grace_ms };
	mg_str secure = MG_STR_INIT;
	int rc;

	MG_TRY(mg_require_writable(s, err));
	MG_TRY(mg_random_hex(g.uid, err));
	if (options->max_time > 0)
		g.deadline = mg_monotonic() + options->max_time;
	MG_TRY(mg_setting_get(s, "secure-delete", &secure, err));
	MG_TRY(mg_db_exec(s, strcmp(secure.ptr, "on") ? "PRAGMA secure_delete=OFF" : "PRAGMA secure_delete=ON", err));
	g.r.file_before = size_of_file(s);
	if (options->dry_run) {         /* the same work, taken back: the figures are exact */
		MG_TRY(mg_txn_begin(s, err));
		rc = work(&g, err);
		mg_txn_end(s, MGREG_CANCELLED, NULL);
	} else {
		rc = work(&g, err);
		if (rc == 0)
			rc = vacuum(&g, err);
		if (rc == 0)
			rc = note(s, err);
	}
	g.r.file_after = options->dry_run ? g.r.file_before : size_of_file(s);
	g.r.finished = !mg_gc_is_over(&g);
	*out = g.r;
out:
	mg_str_clear(&secure);
	return rc;
}
