/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pack.h - archives as a stream of named files: tar and zip, under at most one compression.  Nothing is ever extracted to disk here.
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
} mg_pack_entry;

/* UNIMPLEMENTED if libarchive is absent; DATA_LOSS if it is no archive. */
int mg_pack_open(mg_pack **out, const char *path, mgreg_error *err);
/* The next regular file.  OUT_OF_RANGE (reason NO) after the last. */
int mg_pack_next(mg_pack *p, mg_pack_entry *out, mgreg_error *err);
/* At most SIZE bytes of the current file; *GOT 0: its end. */
int mg_pack_read(mg_pack *p, void *buf, size_t size, size_t *got, mgreg_error *err);
/* All of the current file, at most LIMIT bytes (0: the cap of an entry). */
int mg_pack_read_all(mg_pack *p, size_t limit, mg_str *out, mgreg_error *err);
void mg_pack_close(mg_pack *p);
#endif
