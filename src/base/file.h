/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file.h - files: read, map, pread, write whole or not at all.  mg_fs is a small vtable so that tests
 * can hand in a disk that fails; NULL is the real one.
 */
#ifndef MG_FILE_H
#define MG_FILE_H
#include <sys/types.h>
#include "base/str.h"
#include "base/vec.h"

/* Reads a whole regular file of at most LIMIT bytes (0: 2^31 - 1).  NOT_FOUND, RESOURCE_EXHAUSTED, io. */
int mg_file_read(const char *path, size_t limit, mg_str *out, mgreg_error *err);
/* Reads standard input or any descriptor to its end. */
int mg_fd_read(int fd, size_t limit, mg_str *out, mgreg_error *err);

/* A file open for reading at places; size is that at opening. */
typedef struct mg_file {
	int      fd;
	uint64_t size;
	char    *path;
} mg_file;
int mg_file_open(mg_file *file, const char *path, mgreg_error *err);
int mg_file_pread(const mg_file *file, void *out, size_t size, uint64_t at, mgreg_error *err);  /* all or DATA_LOSS (truncated) */
void mg_file_close(mg_file *file);

/* Whole file mapped read-only. */
typedef struct mg_mapping { const void *data; size_t size; } mg_mapping;
int mg_file_map(const char *path, mg_mapping *out, mgreg_error *err);
void mg_file_unmap(mg_mapping *map);

/* A file being written beside its final name: temporary name in the same folder, O_EXCL, early write-back;
 * commit: fsync, rename, fsync of the folder; abandon: unlink.  One of the two always ends it. */
typedef struct mg_writer {
	int      fd;
	uint64_t at;            /* bytes written so far */
	uint64_t flushed;       /* up to here write-back has been started */
	char    *path, *temp;
} mg_writer;
int mg_writer_open(mg_writer *w, const char *path, mgreg_error *err);   /* parent folder must exist */
int mg_writer_write(mg_writer *w, const void *data, size_t size, mgreg_error *err);
int mg_writer_commit(mg_writer *w, mgreg_error *err);
void mg_writer_abandon(mg_writer *w);
/* The three in one call. */
int mg_file_write(const char *path, const void *data, size_t size, mgreg_error *err);

int mg_dir_create(const char *path, bool parents, mgreg_error *err);    /* existing is fine */
int mg_dir_sync(const char *path, mgreg_error *err);
/* Names in a folder without "." and "..", sorted bytewise; free each and the array with mg_free. */
int mg_dir_list(const char *path, char ***names, size_t *count, mgreg_error *err);
int mg_file_remove(const char *path, mgreg_error *err);                 /* absent is fine */
int mg_file_rename(const char *from, const char *to, mgreg_error *err);
bool mg_file_exists(const char *path);
bool mg_is_dir(const char *path);
int mg_file_mtime(const char *path, double *seconds, uint64_t *size, mgreg_error *err);
/* false on NFS, SMB, FUSE, Lustre, GPFS and what is not known to be local. */
bool mg_fs_is_local(const char *path);
const char *mg_fs_kind(const char *path);       /* "ext4", "nfs", ... static */
#endif
