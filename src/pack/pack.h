/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pack.h - archives as a stream of named files: tar and zip, under at most one compression.
 *
 * Names that could leave their folder, links, devices, doubled names and sizes beyond the caps are refused.
 */
#ifndef MG_PACK_H
#define MG_PACK_H

#include "base/str.h"

typedef struct mg_pack mg_pack;

typedef struct mg_pack_entry {
	const char *name;       /* relative, safe; borrowed until the next call */
	int64_t     size;       /* as the archive claims; -1: it does not */
	int64_t     mtime;      /* seconds; 0: not known */
} mg_pack_entry;

/* UNIMPLEMENTED if libarchive is absent; DATA_LOSS if it is no archive. */
int mg_pack_open(mg_pack **out, const char *path, mgreg_error *err);
/* From now on no more than RATIO bytes come out per byte of the file (after the first MiB); 0, as it is at first: any, for
 * readers that know by other means how much they want. */
void mg_pack_set_ratio(mg_pack *p, unsigned ratio);
/* The next regular file.  OUT_OF_RANGE (reason NO) after the last. */
int mg_pack_next(mg_pack *p, mg_pack_entry *out, mgreg_error *err);
/* At most SIZE bytes of the current file; *GOT 0: its end. */
int mg_pack_read(mg_pack *p, void *buf, size_t size, size_t *got, mgreg_error *err);
/* All of the current file, at most LIMIT bytes (0: the cap of an entry). */
int mg_pack_read_all(mg_pack *p, size_t limit, mg_str *out, mgreg_error *err);
void mg_pack_close(mg_pack *p);
/* Do the first bytes of a file look like an archive, or like something compressed that may hold one? */
bool mg_pack_is_archive(const char *path);

/* ---- pack_write.c: tar, plain or under zstd ---- */
typedef struct mg_pack_writer mg_pack_writer;
int mg_pack_create(mg_pack_writer **out, const char *path, bool zstd, mgreg_error *err);
/* A file of SIZE bytes, which follow in any portions. */
int mg_pack_add(mg_pack_writer *w, const char *name, int64_t size, int64_t mtime, mgreg_error *err);
int mg_pack_put(mg_pack_writer *w, const void *data, size_t size, mgreg_error *err);
int mg_pack_finish(mg_pack_writer *w, mgreg_error *err);        /* durable and visible */
void mg_pack_writer_free(mg_pack_writer *w);                    /* not finished: nothing is left behind */

/* ---- spool.c: a whole archive in a folder of its own ---- */
/* A new private folder (0700) below TMPDIR; heap.  It is locked while *LOCK is open: folders left behind by processes that
 * died are removed on the way. */
int mg_spool_make(char **dir, int *lock, mgreg_error *err);
/* Removes the folder and everything in it, frees DIR, closes LOCK.  NULL does nothing. */
void mg_spool_remove(char *dir, int lock);
/* Every regular file of the archive PATH into DIR (modes 0600, 0700); an archive that does not end well leaves an error. */
int mg_spool_fill(const char *dir, const char *path, mgreg_error *err);
#endif
