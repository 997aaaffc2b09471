/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ckpt.h - named tensors in files: checkpoint formats, the resolver, the state file, record and event files.
 *
 * An mg_ckpt is one open checkpoint, for reading or for writing.  Formats (V2, V1, ...) and the store implement its
 * operations; readers may be used from several threads at once, writers from one.
 */
#ifndef MG_CKPT_H
#define MG_CKPT_H

#include "tensor/tensor.h"

typedef enum mg_ckpt_mode { MG_CKPT_READ, MG_CKPT_WRITE } mg_ckpt_mode;

typedef struct mg_ckpt_entry {
	const char     *name;           /* borrowed from the checkpoint */
	int             dtype;
	mg_shape        shape;          /* full shape; borrowed: do not clear */
	const mg_tslice *slices;        /* stored slices, NULL: whole */
	int             slice_count;
	const char     *foreign;        /* the file's own name of a type that is none of ours (DTYPE is MGREG_INVALID); else NULL */
	const char     *bad;            /* what is wrong with what the file says of it: reading will fail; else NULL */
} mg_ckpt_entry;

/*
 * A tensor that is there but cannot be read (what the file says of it cannot be, or it is of a type that only the file knows) is
 * listed as well, with a shape of unknown rank where the shape is what cannot be.  Reading it says why; the others are not touched.
 */
typedef struct mg_ckpt mg_ckpt;

/* What a checkpoint can do.  A reader has next, find, read, close; a writer put, finish, abandon, close. */
typedef struct mg_ckpt_ops {
	const char *format;             /* "v2", "v1", "safetensors", "npz", "store" */
	/* Entry number I in byte order of names, I = 0, 1, ...; OUT_OF_RANGE (reason NO) after the last. */
	int  (*entry)(mg_ckpt *c, size_t i, mg_ckpt_entry *out, mgreg_error *err);
	/* NOT_FOUND names the key. */
	int  (*find)(mg_ckpt *c, const char *name, mg_ckpt_entry *out, mgreg_error *err);
	/* The tensor, or its region WANT (NULL: whole), assembled from what is stored; checksums verified.  OUT is zero.
	 * DATA_LOSS concerns this tensor only. */
	int  (*read)(mg_ckpt *c, const char *name, const mg_tslice *want, mg_tensor *out, mgreg_error *err);
	/* The whole tensor into T, which has its dtype and shape; NULL: it is read and copied.  What T holds after a failure is not said. */
	int  (*fill)(mg_ckpt *c, const char *name, mg_tensor *t, mgreg_error *err);
	/* Note number I of the file ("__metadata__" of safetensors); false: there are no more.  NULL: the format has none. */
	bool (*note)(const mg_ckpt *c, size_t i, const char **key, const char **value);
	/* Adds a note; NULL: the format keeps none. */
	int  (*annotate)(mg_ckpt *c, const char *key, const char *value, mgreg_error *err);
	/* Adds a tensor, or the SLICE of the tensor of shape FULL (both NULL: whole).  Keys in the caller's order. */
	int  (*put)(mg_ckpt *c, const char *name, const mg_shape *full, const mg_tslice *slice, const mg_tensor *t, mgreg_error *err);
	int  (*finish)(mg_ckpt *c, mgreg_error *err);   /* durable and visible, or nothing */
	void (*abandon)(mg_ckpt *c);                    /* nothing is left behind */
	void (*close)(mg_ckpt *c);                      /* frees; a writer not finished is abandoned */
} mg_ckpt_ops;

struct mg_ckpt {                        /* first member of every implementation's struct */
	const mg_ckpt_ops *ops;
	bool unchecked;                 /* checksums of tensors are not looked at while reading */
};

/* The calls everybody uses. */
int mg_ckpt_entry_at(mg_ckpt *c, size_t i, mg_ckpt_entry *out, mgreg_error *err);
int mg_ckpt_find(mg_ckpt *c, const char *name, mg_ckpt_entry *out, mgreg_error *err);
int mg_ckpt_read(mg_ckpt *c, const char *name, const mg_tslice *want, mg_tensor *out, mgreg_error *err);
/* The whole tensor into memory that is there already: T has its dtype and shape, else INVALID_ARGUMENT. */
int mg_ckpt_fill(mg_ckpt *c, const char *name, mg_tensor *t, mgreg_error *err);
/* Reads from now on trust the data: sizes and places are checked, checksums of tensors are not (those of the index are).  For bytes
 * whose digest is known from elsewhere, or when speed goes before certainty. */
void mg_ckpt_trust(mg_ckpt *c, bool trust);
bool mg_ckpt_note(const mg_ckpt *c, size_t i, const char **key, const char **value);
int mg_ckpt_annotate(mg_ckpt *c, const char *key, const char *value, mgreg_error *err);  /* of a format that keeps none: nothing happens */
int mg_ckpt_put(mg_ckpt *c, const char *name, const mg_shape *full, const mg_tslice *slice, const mg_tensor *t, mgreg_error *err);
int mg_ckpt_finish(mg_ckpt *c, mgreg_error *err);
void mg_ckpt_close(mg_ckpt *c);         /* NULL does nothing */

/* Opens what lies at PREFIX (any format, by its bytes; V2 before V1 when both exist).  NOT_FOUND. */
int mg_ckpt_open(mg_ckpt **out, const char *prefix, mgreg_error *err);
/* The format that mg_ckpt_open() would take PREFIX for, by a look at its first bytes; NULL: there is nothing. */
const char *mg_ckpt_probe(const char *prefix);
bool mg_ckpt_can_create(const char *format);
/* Begins a checkpoint of FORMAT ("v2") at PREFIX; its parent folder is created. */
int mg_ckpt_create(mg_ckpt **out, const char *format, const char *prefix, mgreg_error *err);

/* ---- the V2 bundle, for those who keep files byte for byte ---- */
/* Where tensors lie in the data shards: for name (and slice, or NULL) the shard, offset and size, in order of (shard, offset). */
typedef struct mg_bundle_place {
	const char *name;
	const mg_tslice *slice;         /* NULL: whole */
	int         dtype;
	mg_shape    shape;              /* of the stored piece; borrowed */
	mg_shape    full;               /* of the tensor; borrowed */
	int         shard;
	uint64_t    offset, size;
	uint32_t    crc;                /* unmasked */
} mg_bundle_place;
int mg_bundle_places(mg_ckpt *v2, const mg_bundle_place **out, size_t *count, int *shards, mgreg_error *err);
/*
 * The bytes of a tensor, or of its stored SLICE, as they lie in the data file, checksums verified: for those whose value is nothing to
 * a reader (variants, resources) and who are copied all the same.  They are put into another bundle by mg_bundle_put_raw().
 */
int mg_bundle_read_raw(mg_ckpt *v2, const char *name, const mg_tslice *slice, mg_str *out, mgreg_error *err);
int mg_bundle_put_raw(mg_ckpt *v2, const char *name, int dtype, const mg_shape *full, const mg_tslice *slice, mg_slice bytes, mgreg_error *err);
/* Joins bundles of single shards into one (MergeV2Checkpoints); DELETE_OLD removes the sources' folders. */
int mg_bundle_merge(const char *const *prefixes, int count, const char *dest, bool delete_old, mgreg_error *err);
/* A string tensor in V2's bytes (lengths, checksum, contents) and back: the store keeps string tensors so. */
int mg_bundle_encode_strings(const mg_tensor *t, mg_str *out, uint32_t *crc, mgreg_error *err);
int mg_bundle_decode_strings(const void *data, size_t size, mg_tensor *t, uint32_t *crc, mgreg_error *err);  /* T: string tensor of its shape */

/* ---- the resolver: from a name in a Save or Restore op to a checkpoint ---- */
typedef struct mg_resolver {
	void *ctx;
	/* Opens PREFIX for reading, or begins it for writing in FORMAT ("v1", "v2"). */
	int (*open)(void *ctx, const char *prefix, mg_ckpt_mode mode, const char *format, mg_ckpt **out, mgreg_error *err);
	/* MergeV2Checkpoints. */
	int (*merge)(void *ctx, const char *const *prefixes, int count, const char *dest, bool delete_old, mgreg_error *err);
} mg_resolver;
/* Files below ROOTS (which must outlive it), NULL: anywhere. */
struct mg_roots;
void mg_resolver_files(mg_resolver *r, const struct mg_roots *roots);

/* ---- names (naming.c) ---- */
/* Splits "model.ckpt-1000" into base and step, a shard's tail left out; false if there is no "-<digits>" at the end. */
bool mg_ckpt_name_step(const char *prefix, size_t *base_len, int64_t *step);
/* "<prefix>.meta" with a shard tail removed; heap. */
char *mg_ckpt_meta_name(const char *prefix);
/* Prefix of a file of a checkpoint: cuts .index, .meta, .data-?????-of-?????; heap copy of PATH otherwise. */
char *mg_ckpt_prefix_of(const char *path);
bool mg_ckpt_exists(const char *prefix);        /* V2 index, V1 file or V1 shards */
/* Files of a V2 or V1 checkpoint that exist, .meta included; free each and the array. */
int mg_ckpt_files(const char *prefix, char ***names, size_t *count, mgreg_error *err);
int mg_ckpt_remove(const char *prefix, mgreg_error *err);       /* remove_checkpoint: missing is fine */

/* ---- the `checkpoint` state file ---- */
typedef struct mg_ckpt_state {
	mg_arena arena;
	const char *latest;             /* as in the file */
	const char **all;
	int      all_count;
	const double *timestamps;       /* all_count of them, or NULL */
	bool     has_last_preserved;
	double   last_preserved;
} mg_ckpt_state;
/* Paths made absolute or relative to DIR as TensorFlow does.  NOT_FOUND if there is no file; DATA_LOSS if it does not parse. */
int mg_ckpt_state_read(const char *dir, const char *file, mg_ckpt_state *out, mgreg_error *err);
int mg_ckpt_state_write(const char *dir, const char *file, const char *latest, const char *const *all, int count, bool relative, mgreg_error *err);
/* All of S, with its times. */
int mg_ckpt_state_put(const char *dir, const char *file, const mg_ckpt_state *s, bool relative, mgreg_error *err);
void mg_ckpt_state_clear(mg_ckpt_state *s);
/* tf.train.latest_checkpoint: heap, NOT_FOUND (reason NO) if there is none. */
int mg_ckpt_latest(const char *dir, char **out, mgreg_error *err);
int mg_ckpt_latest_named(const char *dir, const char *file, char **out, mgreg_error *err);

/* ---- TFRecord framing (record.c) ---- */
typedef enum mg_record_compression { MG_RECORD_PLAIN, MG_RECORD_ZLIB, MG_RECORD_GZIP } mg_record_compression;
typedef struct mg_record_reader mg_record_reader;
/* Compression of the whole stream is seen by its first bytes. */
int mg_record_open(mg_record_reader **out, const char *path, mgreg_error *err);
/* From OFFSET on, where a record begins; plain files only.  OUT_OF_RANGE if the file is shorter. */
int mg_record_open_at(mg_record_reader **out, const char *path, uint64_t offset, mgreg_error *err);
/* Next record, borrowed until the next call.  OUT_OF_RANGE (reason NO): clean end; DATA_LOSS: damage; a short tail
 * is OUT_OF_RANGE with *PENDING bytes left. */
int mg_record_next(mg_record_reader *r, mg_slice *out, uint64_t *pending, mgreg_error *err);
uint64_t mg_record_offset(const mg_record_reader *r);   /* of the next record, in the stream without compression */
/* Looks what the file has become: more of it can be read, or it shrank or is another one and begins anew (*RESTARTED). */
int mg_record_refresh(mg_record_reader *r, bool *restarted, mgreg_error *err);
void mg_record_close(mg_record_reader *r);
void mg_record_frame(const void *data, size_t size, mg_str *out);       /* appends one framed record */
/* A file of records that appears whole with finish; finish and abandon end W in any case. */
typedef struct mg_record_writer mg_record_writer;
int mg_record_create(mg_record_writer **out, const char *path, mg_record_compression compression, mgreg_error *err);
int mg_record_write(mg_record_writer *w, const void *data, size_t size, mgreg_error *err);
int mg_record_finish(mg_record_writer *w, mgreg_error *err);
void mg_record_abandon(mg_record_writer *w);

/* ---- event files (events.c) ---- */
typedef struct mg_event_reader mg_event_reader;
/* OFFSET: where a record begins (0: from the start); of compressed files only 0. */
int mg_event_open(mg_event_reader **out, const char *path, uint64_t offset, mgreg_error *err);
/* The next event in ARENA.  As mg_record_next(); an event that does not decode is DATA_LOSS naming the place, and is passed over by
 * the next call. */
int mg_event_next(mg_event_reader *r, mg_arena *arena, Pb__Event **out, uint64_t *pending, mgreg_error *err);
uint64_t mg_event_offset(const mg_event_reader *r);
int mg_event_refresh(mg_event_reader *r, bool *restarted, mgreg_error *err);
void mg_event_close(mg_event_reader *r);
bool mg_event_is_file_name(const char *name);   /* has "tfevents" in it, as TensorBoard looks for them */
/* The one number of a scalar summary, plain or as a tensor; false if it is none. */
bool mg_event_scalar(const Pb__Summary__Value *v, double *out);
/* What kind a summary's value is, by TensorBoard's names of plugins: "scalars", "histograms", "images", "audio", ... */
const char *mg_event_plugin(const Pb__Summary__Value *v);

/* How event files are written.  { 0 } is TensorFlow's way. */
typedef struct mg_event_options {
	double      wall_time;          /* seconds: of the name and the first record; 0: now */
	const char *host, *suffix;      /* of the name; NULL: this machine's, none */
	uint64_t    rotate;             /* a new file after so many bytes; 0: never */
	bool        whole;              /* the file appears with mg_event_finish(); an older one of its name is replaced */
} mg_event_options;
typedef struct mg_event_writer mg_event_writer;
/* Begins DIR/events.out.tfevents.SECONDS.HOST with its first record; DIR is made.  A name that is taken: a second later. */
int mg_event_create(mg_event_writer **out, const char *dir, const mg_event_options *options, mgreg_error *err);
int mg_event_write(mg_event_writer *w, const Pb__Event *e, mgreg_error *err);
/* SIZE bytes of an encoded Event. */
int mg_event_write_bytes(mg_event_writer *w, const void *data, size_t size, mgreg_error *err);
int mg_event_write_scalar(mg_event_writer *w, const char *tag, int64_t step, double wall_time, float value, mgreg_error *err);
int mg_event_flush(mg_event_writer *w, mgreg_error *err);       /* what was written can be read by others */
const char *mg_event_path(const mg_event_writer *w);            /* of the file being written */
/* Both end W in any case; an abandoned whole file leaves nothing behind, another what was flushed. */
int mg_event_finish(mg_event_writer *w, mgreg_error *err);
void mg_event_abandon(mg_event_writer *w);
#endif
