/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spool.c - an archive's files in a private folder that goes away again.
 *
 * Invariants: the folder is new, empty, ours and 0700 when the first file goes in; nothing but regular files and folders
 * is ever made in it, each file with O_EXCL; mg_pack_next() has refused every name that could lead outside.  A process
 * holds a lock on the folder; one that was killed holds none any more, and the next spool removes what it left.
 */
#include "base/base.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "base/file.h"
#include "base/path.h"
#include "pack/pack.h"

#define PORTION 262144
#define MAX_RATIO 200
#define YOUNG 60                        /* seconds */
#define STEM "mgreg-spool-"

static const char *
spool_root(void)
{
	const char *dir = getenv("TMPDIR");

	return dir && *dir == '/' && mg_is_dir(dir) ? dir : "/tmp";
}

/* Links are removed, never followed. */
static void
remove_tree(int at, const char *name)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *e;

	if (d == NULL) {
		if (fd >= 0)
			close(fd);
		(void)unlinkat(at, name, 0);
		return;
	}
	while ((e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			remove_tree(dirfd(d), e->d_name);
	closedir(d);
	(void)unlinkat(at, name, AT_REMOVEDIR);
}

/* Folders whose owner is gone: ours, and nobody holds their lock.  (A young one may be about to be locked.) */
static void
sweep(const char *root)
{
	DIR *d = opendir(root);
	struct dirent *e;
	struct stat st;
	time_t now = time(NULL);
	int fd;

	while (d && (e = readdir(d)) != NULL) {
		if (!mg_starts_with(e->d_name, STEM))
			continue;
		fd = openat(dirfd(d), e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (fstat(fd, &st) == 0 && st.st_uid == geteuid() && st.st_mtime < now - YOUNG && flock(fd, LOCK_EX | LOCK_NB) == 0)
			remove_tree(dirfd(d), e->d_name);
		close(fd);
	}
	if (d)
		closedir(d);
}

int
mg_spool_make(char **dir, int *lock, mgreg_error *err)
{
	const char *root = spool_root();
	mg_str path = MG_STR_INIT;
	int rc, fd;

	sweep(root);
	mg_str_printf(&path, "%s/" STEM "XXXXXX", root);
	if ((rc = mg_str_check(&path, err)) != 0)
		return rc;
	if (mkdtemp(path.ptr) == NULL) {
		rc = mg_fail_os(err, errno, "cannot make a folder in %s", root);
		goto out;
	}
	fd = open(path.ptr, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) != 0) {
		rc = mg_fail_os(err, errno, "cannot lock %s", path.ptr);
		if (fd >= 0)
			close(fd);
		(void)rmdir(path.ptr);
		goto out;
	}
	*lock = fd;
	*dir = mg_str_take(&path, NULL);
out:
	mg_str_clear(&path);
	return rc;
}

void
mg_spool_remove(char *dir, int lock)
{
	if (dir == NULL)
		return;
	remove_tree(AT_FDCWD, dir);
	if (lock >= 0)
		close(lock);
	mg_free(dir);
}

static int
write_all(int fd, const uint8_t *at, size_t size, const char *path, mgreg_error *err)
{
	ssize_t n;

	for (; size; at += n, size -= (size_t)n) {
		n = write(fd, at, size);
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n < 0)
			return mg_fail_os(err, errno, "cannot write %s", path);
	}
	return 0;
}

/* What tar writers on other systems leave beside the files: nobody's model. */
static bool
is_litter(const char *name)
{
	return mg_starts_with(name, "__MACOSX/") || mg_starts_with(mg_path_basename(name), "._");
}

static int
spool_entry(mg_pack *p, const char *dir, const mg_pack_entry *e, uint8_t *buf, mgreg_error *err)
{
	struct timespec times[2] = { { e->mtime, 0 }, { e->mtime, 0 } };
	char *path = mg_path_join(dir, e->name), *folder = path ? mg_path_dirname(path) : NULL;
	size_t got;
	int fd = -1, rc = 0;

	if (folder == NULL) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	MG_TRY(mg_dir_create(folder, true, err));
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0) {
		rc = errno == EEXIST || errno == EISDIR
			? mg_fail(err, MGREG_INVALID_ARGUMENT, "'%s' is there twice, or as a file and a folder", e->name)
			: mg_fail_os(err, errno, "cannot write %s", path);
		goto out;
	}
	do {
		MG_TRY(mg_pack_read(p, buf, PORTION, &got, err));
		MG_TRY(write_all(fd, buf, got, path, err));
	} while (got);
	if (e->mtime > 0)
		(void)futimens(fd, times);
out:
	if (fd >= 0 && close(fd) != 0 && rc == 0)
		rc = mg_fail_os(err, errno, "cannot write %s", path);
	mg_free(folder);
	mg_free(path);
	return rc;
}

int
mg_spool_fill(const char *dir, const char *path, mgreg_error *err)
{
	uint8_t *buf = mg_alloc(PORTION);
	mg_pack_entry e;
	mg_pack *p = NULL;
	int rc;

	if (buf == NULL)
		return mg_fail_nomem(err, PORTION);
	MG_TRY(mg_pack_open(&p, path, err));
	mg_pack_set_ratio(p, MAX_RATIO);
	while ((rc = mg_pack_next(p, &e, err)) == 0)
		if (!is_litter(e.name))
			MG_TRY(mg_wrap(err, spool_entry(p, dir, &e, buf, err), "%s", path));
	if (rc == MGREG_OUT_OF_RANGE)           /* the clean end */
		rc = 0;
out:
	mg_pack_close(p);
	mg_free(buf);
	return rc;
}
