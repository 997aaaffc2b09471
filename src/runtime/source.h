/* SPDX-License-Identifier: Apache-2.0 */
/* source.h - files as streams of records: TFRecord, lines of text, records of a fixed length, the whole file. */
#ifndef MG_SOURCE_H
#define MG_SOURCE_H

#include "runtime/kernel.h"

enum mg_source_kind { MG_SOURCE_TFRECORD, MG_SOURCE_LINES, MG_SOURCE_FIXED, MG_SOURCE_WHOLE };

typedef struct mg_source_spec {
	enum mg_source_kind kind;
	const char *compression;        /* "", "ZLIB", "GZIP" */
	int64_t     skip_lines;         /* LINES */
	int64_t     header, record, footer, hop;        /* FIXED, bytes; hop 0: record */
} mg_source_spec;

typedef struct mg_source mg_source;
/* PATH must lie below the session's roots. */
int mg_source_open(mg_source **out, mg_session *s, const mg_source_spec *spec, const char *path, mgreg_error *err);
/* The next record, borrowed until the source is closed; *KEY (may be NULL) tells where it is: a number after the file's name.
 * *END instead, when there is none. */
int mg_source_next(mg_source *src, mg_slice *record, int64_t *key, bool *end, mgreg_error *err);
void mg_source_close(mg_source *src);

/* zlib and gzip streams (RAW: neither header), appended to OUT. */
enum mg_inflate_form { MG_INFLATE_ZLIB = 15, MG_INFLATE_GZIP = 31, MG_INFLATE_RAW = -15 };
int mg_inflate(const void *data, size_t size, enum mg_inflate_form form, mg_str *out, mgreg_error *err);
#endif
