/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file.c - files.  A written file appears whole under its name or not at all: (1) bytes into a temporary name beside
 * it, with write-back started early so that the final fsync finds little to do, (2) fsync, (3) rename, (4) fsync of the
 * folder.  A crash before (3) leaves only the temporary file.
 */
#include "base/base.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { FLUSH_EVERY = 8 << 20, READ_STEP = 1 << 20 };

static int
open_retry(const char *path, int flags, mode_t mode)
{
	int fd;

	do
		fd = open(path, flags | O_CLOEXEC, mode);
	while (fd < 0 && errno == EINTR);
	return fd;
}

int
mg_fd_read(int fd, size_t limit, mg_str *out, mgreg_error *err)
{
	size_t start = out->len;
	ssize_t n;

	limit = limit ? limit : INT32_MAX;
	for (;;) {
		mg_str_reserve(out, READ_STEP);
		if (out->failed)
			return mg_fail_nomem(err, READ_STEP);
		n = read(fd, out->ptr + out->len, READ_STEP);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return mg_fail_os(err, errno, "reading");
		out->len += (size_t)n;
		out->ptr[out->len] = '\0';
		if (out->len - start > limit)
			return mg_fail(err, MGREG_RESOURCE_EXHAUSTED, "more than %zu bytes", limit);
		if (n == 0)
			return 0;
	}
}

int
mg_file_read(const char *path, size_t limit, mg_str *out, mgreg_error *err)
{
	mg_file f;
	int rc = mg_file_open(&f, path, err);

	if (rc)
		return rc;
	if (f.size > (limit ? limit : (size_t)INT32_MAX)) {
		rc = mg_fail(err, MGREG_RESOURCE_EXHAUSTED, "%s: %llu bytes are more than the limit of %zu", path,
			(unsigned long long)f.size, limit ? limit : (size_t)INT32_MAX);
	} else {
		mg_str_reserve(out, (size_t)f.size + READ_STEP);
		rc = mg_wrap(err, mg_fd_read(f.fd, limit, out, err), "%s", path);
	}
	mg_file_close(&f);
	return rc;
}

int
mg_file_open(mg_file *file, const char *path, mgreg_error *err)
{
	struct stat st;
	int e;

	file->path = mg_strdup(path);
	if (!file->path)
		return mg_fail_nomem(err, 0);
	file->fd = open_retry(path, O_RDONLY, 0);
	if (file->fd >= 0 && fstat(file->fd, &st) == 0 && S_ISREG(st.st_mode)) {
		file->size = (uint64_t)st.st_size;
		return 0;
	}
	e = errno;
	if (file->fd >= 0) {
		e = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
		close(file->fd);
	}
	mg_free(file->path);
	file->path = NULL;
	file->fd = -1;
	return mg_fail_os(err, e, "%s", path);
}

int
mg_file_pread(const mg_file *file, void *out, size_t size, uint64_t at, mgreg_error *err)
{
	uint8_t *p = out;

	while (size) {
		ssize_t n = pread(file->fd, p, MG_MIN(size, (size_t)1 << 30), (off_t)at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return mg_fail_os(err, errno, "%s", file->path);
		if (n == 0)
			return mg_fail(err, MGREG_DATA_LOSS, "%s: truncated: %zu bytes are missing at offset %llu", file->path,
				size, (unsigned long long)at);
		p += n;
		size -= (size_t)n;
		at += (uint64_t)n;
	}
	return 0;
}

void
mg_file_close(mg_file *file)
{
	if (file->path)
		close(file->fd);
	mg_free(file->path);
	file->path = NULL;
	file->fd = -1;
}

int
mg_file_map(const char *path, mg_mapping *out, mgreg_error *err)
{
	mg_file f;
	void *p;
	int rc = mg_file_open(&f, path, err);

	if (rc)
		return rc;
	if (f.size == 0) {
		*out = (mg_mapping){ "", 0 };
	} else if ((p = mmap(NULL, (size_t)f.size, PROT_READ, MAP_PRIVATE, f.fd, 0)) != MAP_FAILED) {
		*out = (mg_mapping){ p, (size_t)f.size };
	} else {
		rc = mg_fail_os(err, errno, "%s", path);
	}
	mg_file_close(&f);
	return rc;
}

void
mg_file_unmap(mg_mapping *map)
{
	if (map->size)
		munmap((void *)map->data, map->size);
	*map = (mg_mapping){ NULL, 0 };
}

static void
writer_clear(mg_writer *w)
{
	if (w->fd >= 0)
		close(w->fd);
	mg_free(w->path);
	mg_free(w->temp);
	*w = (mg_writer){ .fd = -1 };
}

int
mg_writer_open(mg_writer *w, const char *path, mgreg_error *err)
{
	char uid[33];
	mg_str temp = MG_STR_INIT;
	int rc = mg_random_hex(uid, err);

	*w = (mg_writer){ .fd = -1 };
	if (rc)
		return rc;
	mg_str_printf(&temp, "%s.tmp%s", path, uid);
	w->temp = mg_str_take(&temp, NULL);
	w->path = mg_strdup(path);
	if (!w->temp || !w->path) {
		writer_clear(w);
		return mg_fail_nomem(err, 0);
	}
	w->fd = open_retry(w->temp, O_WRONLY | O_CREAT | O_EXCL, 0666);
	if (w->fd < 0) {
		rc = mg_fail_os(err, errno, "%s", path);
		writer_clear(w);
	}
	return rc;
}

int
mg_writer_write(mg_writer *w, const void *data, size_t size, mgreg_error *err)
{
	const uint8_t *p = data;

	while (size) {
		ssize_t n = write(w->fd, p, MG_MIN(size, (size_t)FLUSH_EVERY));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return mg_fail_os(err, errno, "%s", w->path);
		p += n;
		size -= (size_t)n;
		w->at += (uint64_t)n;
		if (w->at - w->flushed >= FLUSH_EVERY) {
			/* A hint only: durability is the fsync's. */
			(void)sync_file_range(w->fd, (off_t)w->flushed, (off_t)(w->at - w->flushed), SYNC_FILE_RANGE_WRITE);
			w->flushed = w->at;
		}
	}
	return 0;
}

int
mg_writer_commit(mg_writer *w, mgreg_error *err)
{
	char *dir = mg_path_dirname(w->path);
	int rc = 0;

	if (!dir)
		rc = mg_fail_nomem(err, 0);
	else if (fsync(w->fd) != 0 || rename(w->temp, w->path) != 0)
		rc = mg_fail_os(err, errno, "%s", w->path);
	if (rc) {
		mg_free(dir);
		mg_writer_abandon(w);
		return rc;
	}
	rc = mg_dir_sync(*dir ? dir : ".", err);
	mg_free(dir);
	writer_clear(w);
	return rc;
}

void
mg_writer_abandon(mg_writer *w)
{
	if (w->temp && w->fd >= 0)
		unlink(w->temp);
	writer_clear(w);
}

int
mg_file_write(const char *path, const void *data, size_t size, mgreg_error *err)
{
	mg_writer w;
	int rc = mg_writer_open(&w, path, err);

	if (rc)
		return rc;
	rc = mg_writer_write(&w, data, size, err);
	if (rc) {
		mg_writer_abandon(&w);
		return rc;
	}
	return mg_writer_commit(&w, err);
}

int
mg_dir_create(const char *path, bool parents, mgreg_error *err)
{
	char *parent;
	int rc = 0;

	if (*path == '\0' || mkdir(path, 0777) == 0 || (errno == EEXIST && mg_is_dir(path)))
		return 0;
	if (errno != ENOENT || !parents)
		return mg_fail_os(err, errno, "%s", path);
	parent = mg_path_dirname(path);
	if (!parent)
		return mg_fail_nomem(err, 0);
	rc = mg_dir_create(parent, true, err);
	mg_free(parent);
	if (rc == 0 && mkdir(path, 0777) != 0 && errno != EEXIST)
		rc = mg_fail_os(err, errno, "%s", path);
	return rc;
}

int
mg_dir_sync(const char *path, mgreg_error *err)
{
	int fd = open_retry(path, O_RDONLY | O_DIRECTORY, 0), rc = 0;

	if (fd < 0)
		return mg_fail_os(err, errno, "%s", path);
	/* Some file systems cannot sync folders and say EINVAL: nothing more can be done there. */
	if (fsync(fd) != 0 && errno != EINVAL)
		rc = mg_fail_os(err, errno, "%s", path);
	close(fd);
	return rc;
}

static int
by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int
mg_dir_list(const char *path, char ***names, size_t *count, mgreg_error *err)
{
	MG_VEC(char *) list = { 0 };
	DIR *dir = opendir(path);
	struct dirent *e;
	char *copy;
	int rc = 0;

	if (!dir)
		return mg_fail_os(err, errno, "%s", path);
	while (rc == 0 && (errno = 0, e = readdir(dir))) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		copy = mg_strdup(e->d_name);
		if (!copy || !mg_vec_push(&list, copy)) {
			mg_free(copy);
			rc = mg_fail_nomem(err, 0);
		}
	}
	if (rc == 0 && errno)
		rc = mg_fail_os(err, errno, "%s", path);
	closedir(dir);
	if (rc) {
		for (size_t i = 0; i < list.len; i++)
			mg_free(list.at[i]);
		mg_vec_clear(&list);
		return rc;
	}
	if (list.len)
		qsort(list.at, list.len, sizeof(*list.at), by_bytes);
	*names = list.at;
	*count = list.len;
	return 0;
}

int
mg_file_remove(const char *path, mgreg_error *err)
{
	if (unlink(path) != 0 && errno != ENOENT)
		return mg_fail_os(err, errno, "%s", path);
	return 0;
}

int
mg_file_rename(const char *from, const char *to, mgreg_error *err)
{
	if (rename(from, to) != 0)
		return mg_fail_os(err, errno, "%s", from);
	return 0;
}

bool
mg_file_exists(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

bool
mg_is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int
mg_file_mtime(const char *path, double *seconds, uint64_t *size, mgreg_error *err)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return mg_fail_os(err, errno, "%s", path);
	*seconds = (double)st.st_mtim.tv_sec + (double)st.st_mtim.tv_nsec * 1e-9;
	if (size)
		*size = (uint64_t)st.st_size;
	return 0;
}

/* By the magic numbers of statfs(2). */
static const struct { long magic; const char *kind; bool local; } kinds[] = {
	{ 0xef53, "ext4", true }, { 0x58465342, "xfs", true }, { 0x9123683e, "btrfs", true },
	{ 0x01021994, "tmpfs", true }, { 0x794c7630, "overlay", true }, { 0x2fc12fc1, "zfs", true },
	{ 0xf2f52010, "f2fs", true }, { 0x4d44, "vfat", true }, { 0x5346544e, "ntfs", true },
	{ 0x858458f6, "ramfs", true }, { 0x3153464a, "jfs", true }, { 0x52654973, "reiserfs", true },
	{ 0x6969, "nfs", false }, { 0xff534d42, "cifs", false }, { 0xfe534d42, "smb2", false },
	{ 0x517b, "smb", false }, { 0x65735546, "fuse", false }, { 0x0bd00bd0, "lustre", false },
	{ 0x47504653, "gpfs", false }, { 0x00c36400, "ceph", false }, { 0x01021997, "9p", false },
	{ 0x5346414f, "afs", false },
};

static int
kind_of(const char *path)
{
	struct statfs fs;

	if (statfs(path, &fs) != 0)
		return -1;
	for (size_t i = 0; i < MG_COUNT(kinds); i++)
		if ((uint32_t)kinds[i].magic == (uint32_t)fs.f_type)
			return (int)i;
	return -1;
}

bool
mg_fs_is_local(const char *path)
{
	int i = kind_of(path);

	return i >= 0 && kinds[i].local;
}

const char *
mg_fs_kind(const char *path)
{
	int i = kind_of(path);

	return i >= 0 ? kinds[i].kind : "unknown";
}
