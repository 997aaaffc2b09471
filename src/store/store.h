/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store.h - one SQLite file of models, runs, versions and their bytes.
 *
 * The store knows bytes, names and numbers: an object is a byte sequence, a tensor a name with a dtype's name, a shape
 * as JSON and an object; facts about graphs come in as plain structs.  SQLite and zstd are seen only here.
 *
 * A store is used from one thread at a time, except mg_object_read*() and mg_blob_*(), which lock it themselves: kernels
 * call them while the owner waits for the run.  A version is published in two steps: its bytes go in first (mg_save_*,
 * mg_blob_*: many small transactions, invisible), then mg_version_publish() inserts everything in one short one.
 */
#ifndef MG_STORE_H
#define MG_STORE_H

#include "base/base.h"
#include "base/arena.h"
#include "base/str.h"
#include "base/vec.h"
#include "base/sha256.h"
#include "mgreg/store.h"
#include "mgreg/registry.h"

typedef struct mgreg_store mg_store;
typedef struct mgreg_version_info mg_version_info;
typedef struct mgreg_run_info mg_run_info;

#define MG_LEAF_SIZE 1048576            /* a chunk's greatest size; a leaf of an object's digest */
#define MG_NAME_LIMIT 200               /* bytes of a model's, run's or alias's name */

/* ---- db.c: opening ---- */
typedef struct mg_store_options {
	bool        read_only;
	bool        stranger;           /* treat it as another user's file even if it is the caller's */
	double      timeout;            /* seconds to wait for a lock; negative: 10 */
	const char *actor;              /* for the audit log; NULL: MGREG_ACTOR, then the login name */
	const char *journal;            /* create: "auto" (NULL), "wal", "rollback" */
	const char *placement;          /* create: "inline" (NULL), "segments" */
	uint32_t    page_size;          /* create: 0 is 16384 */
} mg_store_options;
#define MG_STORE_OPTIONS_INIT { .timeout = -1 }

/* ALREADY_EXISTS if there is a file at PATH.  The file appears whole or not at all. */
int mg_store_create(mg_store **out, const char *path, const mg_store_options *options, mgreg_error *err);
/* NOT_FOUND; DATA_LOSS (not a store, or a schema that is not ours); UNIMPLEMENTED (a newer major version). */
int mg_store_open(mg_store **out, const char *path, const mg_store_options *options, mgreg_error *err);
void mg_store_close(mg_store *store);
const char *mg_store_path(const mg_store *store);
const char *mg_store_actor(const mg_store *store);
bool mg_store_is_read_only(const mg_store *store);
void mg_store_lock(mg_store *store);            /* recursive */
void mg_store_unlock(mg_store *store);

/* The store a save belongs to. */
typedef struct mg_save mg_save;
mg_store *mg_save_store(const mg_save *save);
/* COUNT pieces of work for the store's helpers and this thread; returns when all are done. */
int mg_store_share_out(mg_store *store, void (*work)(void *ctx, size_t item), void *ctx, size_t count, mgreg_error *err);

/* ---- txn.c: nested; only the outermost begins and commits ---- */
int mg_txn_begin(mg_store *store, mgreg_error *err);            /* write intent (IMMEDIATE) */
int mg_txn_begin_read(mg_store *store, mgreg_error *err);       /* one snapshot */
/* Ends a transaction by RC so far: 0 commits, anything else rolls back.  Returns RC or the commit's own error. */
int mg_txn_end(mg_store *store, int rc, mgreg_error *err);

/* ---- setting.c ---- */
/* Text of a setting, the default where nothing is stored; NOT_FOUND for a key that is none. */
int mg_setting_get(mg_store *store, const char *key, mg_str *out, mgreg_error *err);
/* INVALID_ARGUMENT names the values that are allowed. */
int mg_setting_set(mg_store *store, const char *key, const char *value, mgreg_error *err);
int mg_setting_each(mg_store *store, int (*each)(void *ctx, const char *key, const char *value), void *ctx, mgreg_error *err);

/* ---- info.c: sizes and counts for `mgreg info` ---- */
int mg_store_info(mg_store *store, int (*each)(void *ctx, const char *key, const char *value), void *ctx, mgreg_error *err);

/* ---- staging.c: a save in progress ---- */
int mg_save_begin(mg_save **out, mg_store *store, mgreg_error *err);
const char *mg_save_uid(const mg_save *save);   /* becomes the version's uid */
/* A version that comes from another store keeps its uid (32 lower-case hex digits): before anything is put.  ALREADY_EXISTS. */
int mg_save_set_uid(mg_save *save, const char *uid, mgreg_error *err);
void mg_save_free(mg_save *save);               /* a save that was not published is dropped; its bytes are gc's */
/* The version whose values the new ones are compared with; its bytes are kept from gc once one of them is used. */
void mg_save_follow(mg_save *save, int64_t version_id);
/* Everything put so far is hashed: digests are known, no leaf function is called any more for it. */
int mg_save_settle(mg_save *save, mgreg_error *err);

/* ---- object.c: bytes on their way in ---- */
/* A piece of an object: LEN bytes of a chunk from SKIP on.  A negative chunk is a pack of the save not yet written. */
typedef struct mg_part {
	int64_t  chunk;
	uint32_t skip, len;
} mg_part;

/* An object of a save; owned by the save, lives until mg_save_free().  The digest of one above 64 KiB is known once the save
 * is settled: mg_save_settle(), or publishing. */
typedef struct mg_blob {
	uint8_t  digest[32];
	uint8_t (*leaves)[32];          /* digests of its leaves; NULL: the digest is known */
	bool     finished;              /* all of it has been put */
	uint64_t size;
	MG_VEC(mg_part) parts;
	int64_t  object_id;             /* 0 until it is a row */
} mg_blob;

/* Streaming: SIZE bytes follow in any portions.  CUTS: offsets where a chunk must end besides the leaves' ends (ascending), or
 * NULL.  LEAF (or NULL) is called once for every leaf with its number, from any thread, in any order, until the save is
 * settled (statistics); leaves of a value that is its predecessor's, bit for bit, are left out. */
typedef struct mg_blob_writer mg_blob_writer;
typedef void mg_leaf_fn(void *ctx, size_t number, const void *data, size_t size);
int mg_blob_begin(mg_blob_writer **out, mg_save *save, uint64_t size, const uint64_t *cuts, size_t cut_count,
	mg_leaf_fn *leaf, void *ctx, mgreg_error *err);
int mg_blob_write(mg_blob_writer *w, const void *data, size_t size, mgreg_error *err);
/* Ends W in any case (W is freed); INVALID_ARGUMENT if fewer or more bytes came than announced. */
int mg_blob_finish(mg_blob_writer *w, mg_blob **out, mgreg_error *err);
void mg_blob_abandon(mg_blob_writer *w);
/* The three in one call; DATA may be NULL when SIZE is 0. */
int mg_blob_put(mg_save *save, const void *data, size_t size, mg_leaf_fn *leaf, void *ctx, mg_blob **out, mgreg_error *err);
/* A value of elements of WIDTH bytes (1 2 4 8 16), which decides how well it packs.  BEFORE: the object that the predecessor has in
 * its place (mg_save_follow()), 0: none; what is equal to it is neither hashed nor stored. */
int mg_blob_put_value(mg_save *save, const void *data, size_t size, int width, int64_t before, mg_leaf_fn *leaf, void *ctx,
	mg_blob **out, mgreg_error *err);
int mg_blob_put_cut(mg_save *save, const void *data, size_t size, const uint64_t *cuts, size_t cut_count, mg_blob **out, mgreg_error *err);

/* A file out of pieces: others' blobs (their parts are reused, no bytes are stored) and new bytes between them.  The bytes of
 * every piece must be given, as the digest is that of the whole: mg_blob_write() for gap bytes, mg_blob_write_blob() for a
 * blob with its bytes in portions. */
int mg_blob_write_blob(mg_blob_writer *w, const mg_blob *piece, const void *data, size_t size, mgreg_error *err);
/* The SIZE bytes of PIECE from AT on, all at once. */
int mg_blob_write_range(mg_blob_writer *w, const mg_blob *piece, uint64_t at, const void *data, size_t size, mgreg_error *err);

/* ---- object.c: reading ---- */
typedef struct mg_object_info {
	int64_t  object_id;
	uint8_t  digest[32];
	uint64_t size;
	bool     present;
} mg_object_info;
int mg_object_get(mg_store *store, int64_t object_id, mg_object_info *out, mgreg_error *err);
/* SIZE bytes from AT on, every chunk touched verified by XXH3 (a stranger's store: also SHA-256).  DATA_LOSS names the chunk
 * or says that the bytes are gone (purged). */
int mg_object_read(mg_store *store, int64_t object_id, uint64_t at, void *out, size_t size, mgreg_error *err);
/* Several ranges in one look at the store, chunks shared out among helpers. */
typedef struct mg_read { int64_t object_id; uint64_t at; size_t size; void *out; } mg_read;
int mg_object_read_many(mg_store *store, const mg_read *reads, size_t count, mgreg_error *err);
/* The object's bytes as pages of a segment; FAILED_PRECONDITION unless they lie there raw and in one piece.  (mgreg_mapped_*()) */
int mg_object_map(mgreg_mapped **out, mg_store *store, int64_t object_id, mgreg_error *err);
/* LIMIT 0: none. */
int mg_object_read_all(mg_store *store, int64_t object_id, size_t limit, mg_str *out, mgreg_error *err);
/* The whole, in order, in portions of at most a leaf. */
int mg_object_each(mg_store *store, int64_t object_id, int (*each)(void *ctx, const void *data, size_t size, mgreg_error *err), void *ctx, mgreg_error *err);

/* ---- what a version is made of (plain facts, borrowed during the call) ---- */
typedef struct mg_tensor_stats {
	bool   has;
	double min, max, mean, std, l2;         /* NaN: nothing finite */
	int64_t zeros, nans, infs;
} mg_tensor_stats;

typedef struct mg_new_tensor {
	const char *name, *slice;               /* slice "" or NULL: whole */
	const char *dtype;                      /* "float32" */
	const char *shape, *full_shape;         /* JSON; full_shape only with a slice */
	int64_t     elements;
	const mg_blob *blob;
	mg_tensor_stats stats;
} mg_new_tensor;

typedef struct mg_node_fact { const char *name, *op, *device, *inputs; uint8_t attr_digest[32]; } mg_node_fact;
typedef struct mg_edge_fact { int node_no, idx, src_no, src_slot; } mg_edge_fact;      /* src_slot -1: control */
typedef struct mg_item_fact {
	const char *name;                       /* of the collection */
	int         idx;
	const char *kind;                       /* node bytes int64 float any empty */
	const char *node;                       /* NULL where the kind has none, as below */
	bool        has_int, has_real;
	int64_t     int_value;
	double      real_value;
	const void *bytes;
	size_t      bytes_size;
	const char *type_url, *summary;
} mg_item_fact;
typedef struct mg_signature_fact { const char *name, *side, *key, *tensor, *dtype, *shape, *method; } mg_signature_fact;

typedef struct mg_metagraph_facts {
	uint8_t     canon[32], graph_canon[32];
	int         producer, min_consumer;
	const char *meta_graph_version, *tensorflow_version, *tags;     /* tags sorted, comma-joined */
	const void *saver;                      /* SaverDef bytes, or NULL */
	size_t      saver_size;
	const mg_node_fact *nodes;      size_t node_count;
	const mg_edge_fact *edges;      size_t edge_count;
	const mg_item_fact *items;      size_t item_count;
	const mg_signature_fact *signatures; size_t signature_count;
} mg_metagraph_facts;

typedef struct mg_new_metagraph {
	const mg_blob *blob;
	const mg_metagraph_facts *facts;        /* NULL: not decoded */
} mg_new_metagraph;

typedef struct mg_new_file { const char *path; const mg_blob *blob; } mg_new_file;

typedef struct mg_hparam_fact {
	const char *name, *type;                /* bool int float string list null */
	bool        has_number;
	double      number;
	const char *text;
} mg_hparam_fact;

typedef struct mg_new_parent { int64_t version_id; const char *relation; } mg_new_parent;
typedef struct mg_new_metric {
	const char *name;
	double      value;
	bool        has_step;
	int64_t     step, wall_time;
	int64_t     session;                    /* ordinal: a point of that session's curve, which a rewind hides; 0: for good */
} mg_new_metric;
typedef struct mg_pair { const char *key, *value; } mg_pair;

typedef enum mg_same_step { MG_SAME_REPLACE, MG_SAME_KEEP_BOTH, MG_SAME_REFUSE, MG_SAME_SKIP } mg_same_step;

typedef struct mg_new_version {
	const char  *model, *run;               /* made where they do not exist; run NULL: "main" */
	int64_t      run_id;                    /* used instead of both when not 0 */
	int64_t      session_id;                /* 0: none */
	bool         has_step;
	int64_t      step;
	const char  *kind;                      /* checkpoint weights saved_model frozen metagraph */
	bool         keep_latest;               /* do not move the pointer (TensorFlow's write_state=False) */
	bool         pin;
	mg_same_step same_step;
	int64_t      saved_at;                  /* 0: now */
	const char  *given_hparams, *resume, *note;     /* JSON, JSON, text; NULL */
	const char  *hparams_doc;               /* canonical JSON object of what counts, NULL: none */
	const mg_hparam_fact   *hparams;    size_t hparam_count;
	const mg_new_tensor    *tensors;    size_t tensor_count;
	const mg_new_metagraph *metagraphs; size_t metagraph_count;
	const mg_new_file      *files;      size_t file_count;
	const mg_new_parent    *parents;    size_t parent_count;
	const mg_new_metric    *metrics;    size_t metric_count;        /* bound to the version */
	const mg_pair          *tags;       size_t tag_count;
	const char *const      *aliases;    size_t alias_count;
	const char  *run_status;                /* of a run that is made here; NULL: "open" */
	const char  *operation;                 /* of the audit row; NULL: "save" */
} mg_new_version;

/* ---- version.c ---- */
/* One short transaction.  *SKIPPED (may be NULL): MG_SAME_SKIP found a live one, which OUT then names.  ALREADY_EXISTS under
 * MG_SAME_REFUSE.  After an undecided commit the store is asked: UNKNOWN only if it cannot be asked (promise U). */
int mg_version_publish(mg_save *save, const mg_new_version *v, mg_version_info *out, bool *skipped, mgreg_error *err);
int mg_version_get(mg_store *store, int64_t version_id, mg_version_info *out, mgreg_error *err);

typedef struct mg_tensor_row {
	const char *name, *slice, *dtype, *shape, *full_shape;  /* full_shape NULL without slice */
	int64_t     tensor_id, object_id, elements;
	uint64_t    size;
	uint8_t     digest[32];
	mg_tensor_stats stats;
} mg_tensor_row;
typedef MG_VEC(mg_tensor_row) mg_tensor_rows;
/* By name, then slice, bytewise; texts in ARENA, clear ROWS with mg_vec_clear. */
int mg_version_tensors(mg_store *store, int64_t version_id, mg_arena *arena, mg_tensor_rows *rows, mgreg_error *err);

typedef struct mg_file_row { const char *path; int64_t object_id; uint64_t size; uint8_t digest[32]; } mg_file_row;
typedef MG_VEC(mg_file_row) mg_file_rows;
int mg_version_files(mg_store *store, int64_t version_id, mg_arena *arena, mg_file_rows *rows, mgreg_error *err);

typedef struct mg_metagraph_row { int64_t object_id; uint64_t size; const char *tags; int idx; } mg_metagraph_row;
typedef MG_VEC(mg_metagraph_row) mg_metagraph_rows;
int mg_version_metagraphs(mg_store *store, int64_t version_id, mg_arena *arena, mg_metagraph_rows *rows, mgreg_error *err);

/* Columns of the version that are documents: given_hparams, resume, note, hparams (the set's doc).  "" where NULL. */
int mg_version_text(mg_store *store, int64_t version_id, const char *column, mg_str *out, mgreg_error *err);

/* Life (schema.md section 2): pin, unpin; live -> expired (rm: the pointer moves back); undelete; purge. */
int mg_version_pin(mg_store *store, int64_t version_id, bool pin, mgreg_error *err);
int mg_version_set_note(mg_store *store, int64_t version_id, const char *note, mgreg_error *err);
int mg_version_expire(mg_store *store, int64_t version_id, bool even_latest, mgreg_error *err);
int mg_version_undelete(mg_store *store, int64_t version_id, bool latest, mgreg_error *err);
int mg_version_purge(mg_store *store, int64_t version_id, mgreg_error *err);

typedef struct mg_version_filter {
	const char *model, *run;        /* NULL: all */
	bool        all_states;         /* else live only */
	const char *where;              /* SQL expression over view `versions` and storage's columns, or NULL */
	const char *sort;               /* a column of the view, "-column" descends; NULL: version_id */
	const uint8_t *weights;         /* 32 bytes, or NULL */
	int         weights_digits;     /* only so many hexadecimal digits of it count; 0: all */
	bool        has_steps;          /* only steps FROM to TO */
	int64_t     from, to;
	int64_t     only;               /* this version alone, in any state; 0: all */
	int64_t     limit;              /* 0: all */
} mg_version_filter;
int mg_version_each(mg_store *store, const mg_version_filter *filter, int (*each)(void *ctx, const mg_version_info *v), void *ctx, mgreg_error *err);

/* ---- latest.c ---- */
/* TensorFlow's rule; RUN NULL: of the model.  NOT_FOUND: no such model or run, or with reason NO: none yet. */
int mg_version_latest(mg_store *store, const char *model, const char *run, mg_version_info *out, mgreg_error *err);

/* Only the id, of a run; *FOUND false: none yet. */
int mg_version_latest_id(mg_store *store, int64_t run_id, int64_t *version_id, bool *found, mgreg_error *err);

/* ---- ref.c ---- */
/* Any form of cli.md section 2 -> version.  AMBIGUOUS lists candidates; NOT_FOUND names the part that is missing. */
int mg_ref_resolve(mg_store *store, const char *text, mg_version_info *out, mgreg_error *err);
/* Also ranges (MODEL[/RUN]@A..B): versions in version_id order. */
typedef MG_VEC(int64_t) mg_ids;
int mg_ref_resolve_many(mg_store *store, const char *text, mg_ids *ids, mgreg_error *err);
/* Is it a range?  Then its parts; *ALL: MODEL[/RUN]@.., steps or not. */
int mg_ref_parse_range(mg_store *store, const char *text, bool *is_range, int64_t *from, int64_t *to, bool *all,
	char model[MG_NAME_LIMIT + 1], char run[MG_NAME_LIMIT + 1], mgreg_error *err);
/* MODEL or MODEL/RUN, nothing else.  RUN_ID 0 when no run is named. */
int mg_ref_resolve_run(mg_store *store, const char *text, int64_t *model_id, int64_t *run_id, mgreg_error *err);
/* Splits and checks "MODEL[/RUN]" without looking it up; RUN becomes "main" where none is named. */
int mg_ref_split(const char *text, char model[MG_NAME_LIMIT + 1], char run[MG_NAME_LIMIT + 1], mgreg_error *err);
bool mg_name_is_valid(const char *name, size_t len);

/* ---- model.c, run.c ---- */
int mg_model_find(mg_store *store, const char *name, int64_t *model_id, mgreg_error *err);      /* NOT_FOUND with "did you mean" */
int mg_model_create(mg_store *store, const char *name, int64_t *model_id, mgreg_error *err);    /* or finds it */
int mg_run_find(mg_store *store, int64_t model_id, const char *name, int64_t *run_id, mgreg_error *err);
typedef struct mg_new_run {
	int64_t     from_version_id;            /* 0: none */
	const char *status, *policy, *env;      /* NULL: "open", "{}", "{}" */
} mg_new_run;
/* Finds or makes; *CREATED may be NULL. */
int mg_run_create(mg_store *store, int64_t model_id, const char *name, const mg_new_run *options, int64_t *run_id, bool *created, mgreg_error *err);
int mg_run_get(mg_store *store, int64_t run_id, mg_run_info *out, mgreg_error *err);
/* Ids of a model's runs, or of all (MODEL_ID 0). */
int mg_run_list(mg_store *store, int64_t model_id, mg_ids *ids, mgreg_error *err);
int mg_run_has_versions(mg_store *store, int64_t run_id, bool *out, mgreg_error *err);
/* A model's policy (JSON). */
int mg_model_policy(mg_store *store, int64_t model_id, mg_str *out, mgreg_error *err);
int mg_model_set_policy(mg_store *store, int64_t model_id, const char *json, mgreg_error *err);
/* The version saved last whose bytes are there; *VERSION_ID 0: none. */
int mg_run_newest(mg_store *store, int64_t run_id, int64_t *version_id, mgreg_error *err);
int mg_run_set_status(mg_store *store, int64_t run_id, const char *status, mgreg_error *err);
/* Documents of a run: policy, saver_state, env. */
int mg_run_text(mg_store *store, int64_t run_id, const char *column, mg_str *out, mgreg_error *err);
int mg_run_set_text(mg_store *store, int64_t run_id, const char *column, const char *json, mgreg_error *err);
/* A new session of the run: RESTORED 0: none; START_STEP hides later points of older sessions when HAS_START. */
int mg_run_session_begin(mg_store *store, int64_t run_id, int64_t restored, bool has_start, int64_t start_step,
	int64_t *session_id, int64_t *ordinal, mgreg_error *err);
int mg_run_session_beat(mg_store *store, int64_t session_id, mgreg_error *err);
int mg_run_session_end(mg_store *store, int64_t session_id, mgreg_error *err);

/* ---- metric.c ---- */
typedef struct mg_point {
	const char *name;
	bool        has_step;
	int64_t     step;
	double      value;              /* NaN is kept as such */
	int64_t     wall_time;          /* ms; 0: now */
	int64_t     session;            /* ordinal, 0: none */
	int64_t     version_id;         /* 0: none */
} mg_point;
/* One transaction; summaries of the series once per batch.  A point that is there already is not added again. */
int mg_metric_add(mg_store *store, int64_t run_id, const mg_point *points, size_t count, mgreg_error *err);
/* What METRIC is for a version: recorded of it, else its run's curve at its step.  NaN is a value. */
int mg_metric_of_version(mg_store *store, const mg_version_info *v, const char *name, bool *found, double *value, mgreg_error *err);
/* The points recorded of one version once more, of another one. */
int mg_metric_copy(mg_store *store, int64_t from_version, int64_t run_id, int64_t to_version, mgreg_error *err);
int mg_metric_declare(mg_store *store, const char *name, bool higher_is_better, mgreg_error *err);
/* *DECLARED false: nobody has said. */
int mg_metric_direction(mg_store *store, const char *name, bool *declared, bool *higher_is_better, mgreg_error *err);
int mg_metric_each(mg_store *store, int64_t run_id, const char *name, int (*each)(void *ctx, const mg_point *p), void *ctx, mgreg_error *err);
/* Says how many were new (may be NULL). */
int mg_metric_add_counted(mg_store *store, int64_t run_id, const mg_point *points, size_t count, int64_t *new_points, mgreg_error *err);

typedef struct mg_metric_scope { int64_t model_id, run_id, version_id; } mg_metric_scope;      /* 0: any */
struct mgreg_metric_summary;
struct mgreg_metric_point;
/* With a version: what its own points say.  Otherwise the summaries that are kept. */
int mg_metric_summaries(mg_store *store, const mg_metric_scope *scope, int (*each)(void *ctx, const struct mgreg_metric_summary *m),
	void *ctx, mgreg_error *err);
int mg_metric_points(mg_store *store, const mg_metric_scope *scope, const char *glob, bool all,
	int (*each)(void *ctx, const struct mgreg_metric_point *p), void *ctx, mgreg_error *err);

/* ---- event.c ---- */
/* A save for the blobs of events. */
int mg_event_save_begin(mg_save **out, mg_store *store, mgreg_error *err);
/* An event that is no number: BLOB is an Event message with this one value.  Not added where it is already (*ADDED, may be NULL). */
int mg_event_add(mg_save *save, int64_t run_id, int64_t step, int64_t session, int64_t wall_time, const char *tag, const char *plugin,
	const mg_blob *blob, bool *added, mgreg_error *err);
typedef struct mg_event_row { int64_t step, session, wall_time; const char *tag, *plugin; int64_t object_id; } mg_event_row;
/* Events, and points, of a run: by session (0, which nothing hides, last), then as they came.  Points without a step have their
 * version's. */
int mg_event_each(mg_store *store, int64_t run_id, int (*each)(void *ctx, const mg_event_row *row), void *ctx, mgreg_error *err);
int mg_point_each(mg_store *store, int64_t run_id, int (*each)(void *ctx, const mg_point *p), void *ctx, mgreg_error *err);
typedef struct mg_session_row { int64_t ordinal; bool has_start; int64_t start_step, started_at; } mg_session_row;
int mg_session_each(mg_store *store, int64_t run_id, int (*each)(void *ctx, const mg_session_row *row), void *ctx, mgreg_error *err);
/* *ORDINAL 0: the run has no session of that uid. */
int mg_session_find(mg_store *store, int64_t run_id, const char *uid, int64_t *ordinal, mgreg_error *err);
/* The session UID of a process that is over and left files; made unless it is there (run.c). */
int mg_run_session_past(mg_store *store, int64_t run_id, const char *uid, bool has_start, int64_t start_step, int64_t started_at,
	int64_t *ordinal, mgreg_error *err);
int mg_input_size(mg_store *store, int64_t run_id, const char *role, const char *name, int64_t *size, bool *found, mgreg_error *err);
/* A version of the run that has these bytes as a MetaGraph, 0: none. */
int mg_metagraph_in_run(mg_store *store, int64_t run_id, const void *bytes, size_t size, int64_t *version_id, mgreg_error *err);
/* The newest version of a run (not newer than version UP_TO, 0: any) that has a MetaGraph; 0: none. */
int mg_metagraph_newest(mg_store *store, int64_t run_id, int64_t up_to, int64_t *version_id, mgreg_error *err);

/* ---- foreign.c: rows out of TensorFlow's summary databases (tensorflow/core/summary) ---- */
typedef struct mg_summary_db mg_summary_db;
typedef struct mg_summary_tensor {
	const char *run, *tag, *plugin, *display;       /* "" where there is none */
	const void *plugin_data;
	size_t      plugin_size;
	int64_t     rowid, step;
	double      wall_time;          /* seconds */
	int         dtype;              /* TensorFlow's number */
	const char *shape;              /* "2,3"; "" of a scalar */
	const void *data;               /* little-endian; NULL: strings are in rows of their own */
	size_t      size;
} mg_summary_tensor;
typedef struct mg_summary_node { const char *name, *op, *device; const void *rest; size_t rest_size; } mg_summary_node;
typedef struct mg_summary_graph { const char *run; int64_t graph_id; double time; const void *rest; size_t rest_size; } mg_summary_graph;
bool mg_summary_db_is(const char *path);        /* an SQLite file; which one is told on opening */
/* Read-only, as a stranger's file.  INVALID_ARGUMENT if it has not TensorFlow's tables. */
int mg_summary_db_open(mg_summary_db **out, const char *path, mgreg_error *err);
void mg_summary_db_close(mg_summary_db *db);
int mg_summary_db_runs(mg_summary_db *db, int64_t *count, mgreg_error *err);
/* Rows in order of run and time; EACH's texts live for the call. */
int mg_summary_db_tensors(mg_summary_db *db, int (*each)(void *ctx, const mg_summary_tensor *t, mgreg_error *err), void *ctx, mgreg_error *err);
int mg_summary_db_strings(mg_summary_db *db, int64_t rowid, int (*each)(void *ctx, int64_t idx, const void *data, size_t size, mgreg_error *err), void *ctx, mgreg_error *err);
int mg_summary_db_graphs(mg_summary_db *db, int (*each)(void *ctx, const mg_summary_graph *g, mgreg_error *err), void *ctx, mgreg_error *err);
/* Nodes of a graph by number, each followed by its inputs ("^x", "x", "x:1"). */
int mg_summary_db_nodes(mg_summary_db *db, int64_t graph_id, int (*node)(void *ctx, const mg_summary_node *n, mgreg_error *err),
	int (*input)(void *ctx, const char *text, mgreg_error *err), void *ctx, mgreg_error *err);

/* ---- alias.c, label.c, lineage.c ---- */
int mg_alias_set(mg_store *store, int64_t version_id, const char *name, bool protect, bool force, mgreg_error *err);
int mg_alias_remove(mg_store *store, int64_t model_id, const char *name, bool force, mgreg_error *err);
typedef enum mg_subject { MG_SUBJECT_MODEL, MG_SUBJECT_RUN, MG_SUBJECT_VERSION } mg_subject;
int mg_tag_set(mg_store *store, mg_subject subject, int64_t id, const char *key, const char *value, mgreg_error *err);
int mg_tag_remove(mg_store *store, mg_subject subject, int64_t id, const char *key, mgreg_error *err);
int mg_tag_get(mg_store *store, mg_subject subject, int64_t id, const char *key, mg_str *value, bool *found, mgreg_error *err);
int mg_lineage_add(mg_store *store, int64_t child, int64_t parent, const char *relation, mgreg_error *err);
int mg_lineage_parents(mg_store *store, int64_t child, mg_ids *ids, mgreg_error *err);
typedef struct mg_new_input { const char *role, *name, *uri; bool has_size; int64_t size; const uint8_t *sha256; } mg_new_input;
int mg_input_set(mg_store *store, int64_t run_id, const mg_new_input *input, mgreg_error *err);
/* Pinned, aliased or leased: it never expires. */
int mg_version_is_kept(mg_store *store, const mg_version_info *v, bool *kept, mgreg_error *err);
int mg_lease_set(mg_store *store, int64_t version_id, const char *holder, int64_t until_ms, mgreg_error *err);  /* 0: release */

/* ---- audit.c ---- */
int mg_audit_add(mg_store *store, const char *op, const char *subject, const char *detail, mgreg_error *err);   /* DETAIL: JSON or NULL */
/* *BAD gets the first audit_id whose chain does not fit, 0 if all do. */
int mg_audit_verify(mg_store *store, int64_t *bad, mgreg_error *err);

/* ---- fsck.c, gc.c ---- */
typedef int mg_problem_fn(void *ctx, const char *check, const char *text);
/* QUICK: structure, keys, invariants; CHUNKS: and every chunk against its XXH3; FULL: and SHA-256, objects against their digests. */
typedef enum mg_fsck_level { MG_FSCK_QUICK, MG_FSCK_CHUNKS, MG_FSCK_FULL } mg_fsck_level;
typedef struct mg_fsck_options {
	mg_fsck_level level;
	bool          repair_index;     /* SQLite's indexes are made anew first */
	double        rate;             /* bytes a second that are read at most; 0: no bound */
} mg_fsck_options;
/* OPTIONS NULL: chunks.  *PROBLEMS counts. */
int mg_store_fsck(mg_store *store, const mg_fsck_options *options, mg_problem_fn *each, void *ctx, int64_t *problems, mgreg_error *err);
int mg_metagraph_ids(mg_store *store, mg_ids *ids, mgreg_error *err);  /* objects that hold MetaGraphs */
typedef enum mg_vacuum { MG_VACUUM_INCREMENTAL, MG_VACUUM_NONE, MG_VACUUM_FULL } mg_vacuum;
typedef struct mg_gc_options {
	int64_t    grace_ms;            /* what has been expired or replaced for so long is purged */
	bool       dry_run, compact;
	double     max_time;            /* seconds; 0: no bound */
	mg_vacuum  vacuum;
	const int *stop;                /* ends soon when it is not 0; NULL: never */
} mg_gc_options;
typedef struct mg_gc_result {
	int64_t versions, objects, chunks, bytes;       /* purged, dropped, freed */
	int64_t segments, strays;                       /* files unlinked */
	int64_t recoded, recoded_before, recoded_after; /* chunks in another form, and their bytes */
	int64_t moved;                                  /* chunks in another place */
	int64_t file_before, file_after;                /* bytes of the store's file */
	bool    finished;                               /* false: stopped by time or signal, and to be gone on with */
} mg_gc_result;
int mg_store_gc(mg_store *store, const mg_gc_options *options, mg_gc_result *out, mgreg_error *err);

/* ---- usage.c ---- */
typedef struct mg_usage {
	int64_t versions;
	int64_t logical;        /* bytes of their tensors and files, each object once */
	int64_t stored;         /* bytes that these take, shared or not */
	int64_t frees;          /* bytes that deleting all of them together would free */
} mg_usage;
int mg_store_usage(mg_store *store, const int64_t *versions, size_t count, mg_usage *out, mgreg_error *err);

/* ---- backup.c ---- */
/* A copy of the store, segments included, under DEST; ALREADY_EXISTS.  Whole or not at all; others go on meanwhile. */
int mg_store_backup(mg_store *store, const char *dest, mgreg_error *err);

/* ---- derived.c: index rows out of facts ---- */
/* Drops and creates the index tables (within a transaction of the caller's). */
int mg_derived_reset(mg_store *store, mgreg_error *err);
/* What they come from, by object; object_id 0: a version with given hyper-parameters and no MetaGraph. */
typedef struct mg_derived_source { int64_t object_id, version_id, idx; } mg_derived_source;
typedef MG_VEC(mg_derived_source) mg_derived_sources;
int mg_derived_sources_read(mg_store *store, mg_derived_sources *out, mgreg_error *err);
/* Tensors whose bytes are there; dtype in ARENA. */
typedef struct mg_tensor_source { int64_t tensor_id, object_id; const char *dtype; } mg_tensor_source;
typedef MG_VEC(mg_tensor_source) mg_tensor_sources;
int mg_tensor_sources_read(mg_store *store, mg_arena *arena, mg_tensor_sources *out, mgreg_error *err);
int mg_tensor_set_stats(mg_store *store, int64_t tensor_id, const mg_tensor_stats *stats, mgreg_error *err);
/* *COUNT series get their summary from their points. */
int mg_series_summarize_all(mg_store *store, int64_t *count, mgreg_error *err);
int mg_derived_metagraph(mg_store *store, int64_t object_id, const mg_metagraph_facts *facts, mgreg_error *err);
int mg_derived_hparams(mg_store *store, int64_t version_id, const char *doc, const mg_hparam_fact *items, size_t count, mgreg_error *err);

/* query.c: mgreg_query_*() of mgreg.h. */
#endif
