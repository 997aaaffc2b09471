/* SPDX-License-Identifier: Apache-2.0 */
/* craft.h - archives made byte by byte, so that they can be wrong in every way. */
#ifndef CRAFT_H
#define CRAFT_H

#include "base/base.h"
#include "base/str.h"

typedef struct tar_entry {
	const char *name;
	char        type;               /* '0' file '1' hard link '2' link '3' '4' device '5' folder '6' fifo 'L' long name 'x' pax 'S' sparse */
	const char *link;
	const char *data;
	const char *size;               /* octal text of the header instead of that of DATA */
	unsigned    mode;               /* 0: 0644 */
	bool        bad_sum;
} tar_entry;
void tar_add(mg_str *out, const tar_entry *e);
void tar_end(mg_str *out);

typedef struct zip_entry {
	const char *name, *data;
	unsigned    flags;              /* 1: encrypted */
	uint32_t    attributes;         /* external: mode << 16 */
	bool        bad_crc;
	uint32_t    claims;             /* uncompressed size instead of that of DATA; 0: that */
} zip_entry;
/* A zip of stored members; CUT_DIRECTORY: without the end of its directory. */
void zip_make(mg_str *out, const zip_entry *entries, size_t count, bool cut_directory);

/* DATA as a gzip member of stored blocks. */
void gzip_make(mg_str *out, const void *data, size_t size);
uint32_t crc32_of(const void *data, size_t size);
#endif
