/* SPDX-License-Identifier: Apache-2.0 */
/*
 * backup.c - a copy of the store while others read and write.
 *
 * The database is copied by SQLite's own backup out of one snapshot; the segments that the copy names follow.  A mark among the
 * saves keeps gc from unlinking segments or punching holes into them meanwhile.  The segments go to DEST.d first, under their
 * own names, then the database takes its name: a copy that is seen is whole.
 */
#include "base/base.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/file.h"
#include "store/store_internal.h"

enum { STEP = 2000, TRIES = 50 };

/* All pages.  Under a log the reader's snapshot stays whatever others commit; under a rollback journal a copy that others
 * overtake begins again, and in the end holds them off. */
static int
copy_pages(mg_store *s, sqlite3 *to, mgreg_error *err)
{
	sqlite3_backup *b = sqlite3_backup_init(to, "main", s->db, "main");
	int rc, tries = 0;

	if (!b)
		return mg_fail(err, MGREG_UNKNOWN, "%s", sqlite3_errmsg(to));
	while ((rc = sqlite3_backup_step(b, s->wal || tries > TRIES ? -1 : STEP)) == SQLITE_OK || rc == SQLITE_BUSY || rc == SQLITE_LOCKED) {
		tries += rc != SQLITE_OK || sqlite3_backup_remaining(b) + STEP >= sqlite3_backup_pagecount(b);
		if (rc != SQLITE_OK) {
			if (tries > 10 * TRIES)
				break;
			sqlite3_sleep(10);
		}
	}
	sqlite3_backup_finish(b);
	return rc == SQLITE_DONE ? 0 : mg_db_fail(s, rc, err, "copying");
}

static int
copy_database(mg_store *s, const char *temp, mgreg_error *err)
{
	mg_str name = MG_STR_INIT;
	sqlite3 *to = NULL;
	int rc;

	mg_str_printf(&name, "%s%s", temp[0] == '/' ? "" : "./", temp);
	MG_TRY(mg_str_check(&name, err));
	if (sqlite3_open_v2(name.ptr, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) != SQLITE_OK) {
		rc = mg_fail_because(err, MGREG_UNKNOWN, MGREG_REASON_IO, "%s: %s", temp, to ? sqlite3_errmsg(to) : "out of memory");
		goto out;
	}
	sqlite3_exec(to, "PRAGMA synchronous=OFF", NULL, NULL, NULL);   /* synced as a whole below */
	MG_TRY(copy_pages(s, to, err));
	/* the mark of this copy, and saves that will never be published there, are not part of it */
	if (sqlite3_exec(to, "PRAGMA journal_mode=DELETE; DELETE FROM mg_claim; DELETE FROM mg_save", NULL, NULL, NULL) != SQLITE_OK)
		rc = mg_fail_because(err, MGREG_UNKNOWN, MGREG_REASON_IO, "%s: %s", temp, sqlite3_errmsg(to));
out:
	if (sqlite3_close(to) != SQLITE_OK && rc == 0)
		rc = mg_fail(err, MGREG_INTERNAL, "%s stays open", temp);
	mg_str_clear(&name);
	return rc;
}

static int
sync_path(const char *path, mgreg_error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc = 0;

	if (fd < 0 || fsync(fd) != 0)
		rc = mg_fail_os(err, errno, "%s", path);
	if (fd >= 0)
		close(fd);
	return rc;
}

static int
copy_file(const char *from, const char *to, mgreg_error *err)
{
	int in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), out = -1, rc = 0;
	struct stat st;
	off_t at = 0;

	if (in < 0 || fstat(in, &st) != 0) {
		rc = mg_fail_os(err, errno, "%s", from);
		goto out;
	}
	out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
	if (out < 0) {
		rc = mg_fail_os(err, errno, "%s", to);
		goto out;
	}
	while (at < st.st_size) {
		ssize_t n = copy_file_range(in, &at, out, NULL, (size_t)(st.st_size - at), 0);

		if (n < 0 && (errno == EXDEV || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP))
			n = sendfile(out, in, &at, (size_t)(st.st_size - at));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			rc = n < 0 ? mg_fail_os(err, errno, "%s", to) : mg_fail(err, MGREG_DATA_LOSS, "%s has been cut off", from);
			goto out;
		}
	}
	if (fsync(out) != 0)
		rc = mg_fail_os(err, errno, "%s", to);
out:
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return rc;
}

/* The segments that the snapshot names; within its read transaction. */
static int
list_segments(mg_store *s, mg_str *uids, mgreg_error *err)
{
	mg_stmt *q = NULL;
	int rc;

	MG_TRY(mg_stmt_get(s, MG_SQL_SEGMENT_LIST, &q, err));
	MG_TRY(mg_stmt_bind(q, err, ""));
	for (;;) {
		const char *uid, *state;
		int64_t id, end;

		MG_TRY(mg_stmt_step(q, err));
		if (!mg_stmt_has_row(q))
			break;
		mg_stmt_read(q, "itti", &id, &uid, &state, &end);
		if (!strcmp(state, "sealed") && end > 0)
			mg_str_printf(uids, "%s\n", uid);
	}
	rc = mg_str_check(uids, err);
out:
	mg_stmt_release(q);
	return rc;
}

static int
copy_segments(mg_store *s, const mg_str *uids, const char *dest, mgreg_error *err)
{
	mg_str folder = MG_STR_INIT, from = MG_STR_INIT, to = MG_STR_INIT;
	mg_slice rest = { uids->ptr, uids->len }, uid;
	char name[64];
	int rc = 0;

	if (uids->len == 0)
		return 0;
	MG_TRY(mg_segment_folder(dest, &folder, err));
	MG_TRY(mg_dir_create(folder.ptr, false, err));
	while (mg_slice_split(&rest, '\n', &uid) && uid.len) {
		snprintf(name, sizeof name, "%.*s", (int)MG_MIN(uid.len, (size_t)50), uid.ptr);
		mg_str_reset(&from);
		mg_str_reset(&to);
		MG_TRY(mg_segment_path(s, name, &from, err));
		mg_str_printf(&to, "%s/%s.seg", folder.ptr, name);
		MG_TRY(mg_str_check(&to, err));
		MG_TRY(copy_file(from.ptr, to.ptr, err));
	}
	rc = mg_dir_sync(folder.ptr, err);
out:
	mg_str_clear(&folder);
	mg_str_clear(&from);
	mg_str_clear(&to);
	return rc;
}

static void
remove_segments(const mg_str *uids, const char *dest)
{
	mg_str folder = MG_STR_INIT, to = MG_STR_INIT;
	mg_slice rest = { uids->ptr, uids->len }, uid;

	if (uids->len == 0 || mg_segment_folder(dest, &folder, NULL) != 0)
		return;
	while (mg_slice_split(&rest, '\n', &uid) && uid.len) {
		mg_str_reset(&to);
		mg_str_printf(&to, "%s/%.*s.seg", folder.ptr, (int)uid.len, uid.ptr);
		if (!to.failed)
			unlink(to.ptr);
	}
	rmdir(folder.ptr);
	mg_str_clear(&folder);
	mg_str_clear(&to);
}

/* Database and list out of one snapshot; under a rollback journal the list is read again out of the copy's own moment: gc does
 * not remove files while the mark stands, so a list that is a little younger names a file too many at most. */
static int
copy_all(mg_store *s, const char *temp, const char *dest, mg_str *uids, mgreg_error *err)
{
	int rc;

	if (s->wal) {
		MG_TRY(mg_txn_begin_read(s, err));
		rc = list_segments(s, uids, err);
		if (rc == 0)
			rc = copy_database(s, temp, err);
		MG_TRY(mg_txn_end(s, rc, err));
	} else {
		MG_TRY(copy_database(s, temp, err));
		MG_TRY(list_segments(s, uids, err));
	}
	MG_TRY(sync_path(temp, err));
	rc = copy_segments(s, uids, dest, err);
out:
	return rc;
}

int
mg_store_backup(mg_store *s, const char *dest, mgreg_error *err)
{
	mg_str temp = MG_STR_INIT, uids = MG_STR_INIT, folder = MG_STR_INIT;
	char *dir = mg_path_dirname(dest), hex[33], mark[48] = "";
	int rc;

	if (!dir)
		return mg_fail_nomem(err, 0);
	MG_TRY(mg_segment_folder(dest, &folder, err));
	if (mg_file_exists(dest) || mg_file_exists(folder.ptr)) {
		rc = mg_fail(err, MGREG_ALREADY_EXISTS, "'%s' exists already", mg_file_exists(dest) ? dest : folder.ptr);
		goto out;
	}
	if (*dir && !mg_is_dir(dir)) {
		rc = mg_fail(err, MGREG_NOT_FOUND, "folder '%s' does not exist", dir);
		goto out;
	}
	MG_TRY(mg_random_hex(hex, err));
	mg_str_printf(&temp, "%s.%.8s.tmp", dest, hex);
	MG_TRY(mg_str_check(&temp, err));
	if (!s->read_only) {
		snprintf(mark, sizeof mark, "backup-%s", hex);
		MG_TRY(mg_stmt_run(s, MG_SQL_SAVE_INSERT, err, "ssisi", mark, s->host, (int64_t)getpid(), mg_store_actor(s), mg_now_ms()));
	}
	rc = copy_all(s, temp.ptr, dest, &uids, err);
	if (rc == 0 && link(temp.ptr, dest) != 0)
		rc = errno == EEXIST ? mg_fail(err, MGREG_ALREADY_EXISTS, "'%s' exists already", dest)
			: errno == EPERM || errno == EOPNOTSUPP ? mg_file_rename(temp.ptr, dest, err) : mg_fail_os(err, errno, "%s", dest);
	if (rc == 0)
		rc = mg_dir_sync(*dir ? dir : ".", err);
	else
		remove_segments(&uids, dest);
out:
	if (temp.len)
		unlink(temp.ptr);
	if (*mark)
		mg_stmt_run(s, MG_SQL_SAVE_DELETE, NULL, "s", mark);
	mg_free(dir);
	mg_str_clear(&temp);
	mg_str_clear(&uids);
	mg_str_clear(&folder);
	return rc ? mg_wrap(err, rc, "backup") : 0;
}
