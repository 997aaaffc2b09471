/* SPDX-License-Identifier: Apache-2.0 */
/* ckpt_internal.h - what the files of layer ckpt share: tables, slice keys, formats. */
#ifndef MG_CKPT_INTERNAL_H
#define MG_CKPT_INTERNAL_H

#include "base/file.h"
#include "base/thread.h"
#include "ckpt/ckpt.h"

/* ---- where bytes go (table_write.c) ---- */
typedef struct mg_sink {
	int (*write)(void *ctx, const void *data, size_t size, mgreg_error *err);
	void *ctx;
} mg_sink;
mg_sink mg_sink_writer(mg_writer *w);
mg_sink mg_sink_str(mg_str *s);

/* ---- one block of a table (block.c) ---- */
#define MG_BLOCK_TRAILER 5              /* type, masked crc; not counted in a handle's size */
enum { MG_BLOCK_RAW = 0, MG_BLOCK_SNAPPY = 1 };

typedef struct mg_block {               /* being read */
	const char *entries;            /* borrowed */
	size_t      size;               /* of the entries, restarts cut off */
	size_t      at;
	mg_str      key;
	mg_slice    value;              /* borrowed from the block */
} mg_block;
int mg_block_open(mg_block *b, const void *data, size_t size, mgreg_error *err);
/* *MORE false: the end.  Keys must rise strictly; *PREVIOUS of the block before is not its business. */
int mg_block_next(mg_block *b, bool *more, mgreg_error *err);
void mg_block_close(mg_block *b);

typedef struct mg_block_builder {
	mg_str   bytes;
	MG_VEC(uint32_t) restarts;
	mg_str   last;
	size_t   interval, since;       /* entries between restarts; added since the last */
	bool     failed;
} mg_block_builder;
void mg_block_begin(mg_block_builder *b, size_t interval);      /* B is zero or was finished */
void mg_block_add(mg_block_builder *b, const void *key, size_t key_len, const void *value, size_t value_len);
size_t mg_block_estimate(const mg_block_builder *b);
static inline bool mg_block_is_empty(const mg_block_builder *b) { return b->bytes.len == 0; }
void mg_block_finish(mg_block_builder *b);                      /* appends the restarts; bytes are whole */
void mg_block_free(mg_block_builder *b);

/* Snappy (snappy.c); LIMIT bounds the result. */
int mg_snappy_decode(const void *data, size_t size, size_t limit, mg_str *out, mgreg_error *err);

/* ---- deflate (flate.c) ---- */
typedef enum mg_flate { MG_FLATE_RAW, MG_FLATE_ZLIB, MG_FLATE_GZIP } mg_flate;
typedef struct mg_inflate mg_inflate;
typedef struct mg_deflate mg_deflate;
int mg_inflate_new(mg_inflate **out, mg_flate kind, mgreg_error *err);
/* Takes from *IN, which is moved on, and gives at most SIZE bytes.  *END: the stream is over.  DATA_LOSS. */
int mg_inflate_run(mg_inflate *f, mg_slice *in, void *out, size_t size, size_t *got, bool *end, mgreg_error *err);
bool mg_inflate_is_open(const mg_inflate *f);   /* the stream has begun and is not over */
void mg_inflate_free(mg_inflate *f);
int mg_deflate_new(mg_deflate **out, mg_flate kind, mg_sink sink, mgreg_error *err);
int mg_deflate_write(mg_deflate *f, const void *data, size_t size, bool last, mgreg_error *err);
void mg_deflate_free(mg_deflate *f);
int mg_crc32(uint32_t *crc, const void *data, size_t size, mgreg_error *err);   /* of zip and gzip; start with 0 */

/* ---- a zip being written as Python's zipfile writes NumPy's (zip_write.c) ---- */
typedef struct mg_zip mg_zip;
int mg_zip_create(mg_zip **out, const char *path, bool deflate, mgreg_error *err);
int mg_zip_add(mg_zip *z, const char *name, const void *data, size_t size, mgreg_error *err);
/* Both end Z in any case; the file appears whole with finish. */
int mg_zip_finish(mg_zip *z, mgreg_error *err);
void mg_zip_abandon(mg_zip *z);

/* ---- tables being read (table_read.c) ---- */
typedef struct mg_table_part {          /* one data block */
	uint64_t offset, size;
	mg_slice last;                  /* its separator: no key of the block is greater */
} mg_table_part;

typedef struct mg_table {
	mg_file        file;
	mg_arena       arena;           /* parts and separators */
	mg_table_part *parts;
	size_t         count;
} mg_table;
int mg_table_open(mg_table *t, const char *path, mgreg_error *err);
void mg_table_close(mg_table *t);
/* Every entry in order; EACH's slices are borrowed for the call, non-zero stops and is returned. */
typedef int mg_table_fn(void *ctx, mg_slice key, mg_slice value, mgreg_error *err);
int mg_table_each(const mg_table *t, mg_table_fn *each, void *ctx, mgreg_error *err);
/* The value of KEY, borrowed from *HOLD (a string of the caller's that keeps the block).  *FOUND false: there is none. */
int mg_table_get(const mg_table *t, mg_slice key, mg_str *hold, mg_slice *value, bool *found, mgreg_error *err);

/* ---- tables being written (table_write.c) ---- */
typedef struct mg_table_writer {
	mg_sink  sink;
	uint64_t offset;
	uint64_t entries;
	size_t   block_size;
	mg_block_builder data, index;
	mg_str   last;                  /* last key added */
	bool     pending;               /* a block was written, its index entry was not */
	uint64_t pending_offset, pending_size;
} mg_table_writer;
void mg_table_begin(mg_table_writer *w, mg_sink sink);
int mg_table_add(mg_table_writer *w, mg_slice key, mg_slice value, mgreg_error *err);   /* keys rise strictly */
int mg_table_finish(mg_table_writer *w, mgreg_error *err);
void mg_table_free(mg_table_writer *w);

/* ---- keys of slices (slice_key.c) ---- */
void mg_slice_key(const char *name, const mg_tslice *slice, mg_str *out);
/* Key -> name and slice in ARENA; DATA_LOSS for bad bytes and for rank 0. */
int mg_slice_key_parse(mg_slice key, const char **name, mg_tslice *slice, mg_arena *arena, mgreg_error *err);

/* ---- which stored slices make up a wanted one (slice_set.c) ---- */
/* COUNT slices of FULL, WANT (NULL: whole).  USED[i] is set for those that share elements with it.  INVALID_ARGUMENT if they
 * do not cover it, INTERNAL if two overlap in it. */
int mg_slice_cover(const char *name, const mg_tslice *slices, int count, const mg_shape *full, const mg_tslice *want,
	bool *used, mg_arena *arena, mgreg_error *err);
/* Reads stored slice I of a tensor. */
typedef int mg_slice_read_fn(void *ctx, int i, mg_tensor *out, mgreg_error *err);
/* Fills one that is already made: slice I lies as one run inside OUT, which has its shape. */
typedef int mg_slice_fill_fn(void *ctx, int i, mg_tensor *out, mgreg_error *err);
/* Puts OUT together from what READ gives (FILL, if not NULL, reads straight into place where it can). */
int mg_slice_assemble(const char *name, int dtype, const mg_tslice *slices, int count, const mg_shape *full,
	const mg_tslice *want, mg_slice_read_fn *read, mg_slice_fill_fn *fill, void *ctx, mg_tensor *out, mgreg_error *err);

/* ---- formats (formats.c) ---- */
typedef struct mg_ckpt_format {
	const char *name;
	/* Does it lie at PREFIX?  Looks, has no effect. */
	int (*probe)(const char *prefix, bool *there, mgreg_error *err);
	int (*open)(mg_ckpt **out, const char *prefix, mgreg_error *err);
	int (*create)(mg_ckpt **out, const char *prefix, mgreg_error *err);     /* NULL: reading only */
} mg_ckpt_format;
extern const mg_ckpt_format mg_ckpt_v2, mg_ckpt_safetensors, mg_ckpt_npz, mg_ckpt_npz_deflate, mg_ckpt_v1;

/* Shards of a V1 checkpoint: PREFIX itself, the files PREFIX-?????-of-?????, or those a pattern fits; sorted. */
int mg_ckpt_v1_files(const char *prefix, char ***names, size_t *count, mgreg_error *err);
void mg_names_free(char **names, size_t count);

/* ---- V2 bundles: what reader, writer and merging share (bundle_write.c) ---- */
#define MG_BUNDLE_VERSION 1             /* of the format; what we write and the newest we read */
char *mg_bundle_index_name(const char *prefix);                         /* heap */
char *mg_bundle_data_name(const char *prefix, int shard, int shards);
int mg_bundle_create(mg_ckpt **out, const char *prefix, mgreg_error *err);
typedef struct mg_bundle_out {
	mg_slice              key;
	Pb__BundleEntryProto *entry;
} mg_bundle_out;
/* What goes into an index file: HEADER, then COUNT entries sorted by key. */
int mg_bundle_write_index(mg_sink sink, const Pb__BundleHeaderProto *header, const mg_bundle_out *entries, size_t count, mgreg_error *err);

/* The checksum (unmasked) of a tensor's bytes that are not strings; DATA_LOSS if the variants among them are damaged. */
int mg_bundle_raw_crc(int dtype, const mg_shape *shape, mg_slice bytes, uint32_t *crc, mgreg_error *err);
/* Strings in V2's bytes, SWAPPED: written on a big-endian machine. */
int mg_strings_decode(const void *data, size_t size, bool swapped, mg_tensor *t, uint32_t *crc, mgreg_error *err);
int mg_strings_encode(const mg_tensor *t, mg_sink sink, uint64_t *size, uint32_t *crc, mgreg_error *err);
#endif
