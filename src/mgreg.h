/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mgreg.h - the public interface of mgreg, and its reference manual.
 *
 * mgreg keeps TensorFlow 1.x MetaGraphs and checkpoints as versioned rows of one SQLite file and
 * runs what it stores on the CPU.
 *
 * Conventions, valid for every function below unless its comment says otherwise:
 *
 *  - A function that can fail returns 0 (MGREG_OK) or an mgreg_code, and fills *ERR (which may be
 *    NULL).  Outputs are written only on success.
 *  - A pointer returned through an `out` argument belongs to the caller, who frees it with the
 *    noun's `_free`, `_close` or `_unref`.  A pointer returned as the function's value is borrowed
 *    and lives as long as the object it came from.
 *  - `_free(NULL)` and `_close(NULL)` do nothing.
 *  - Options structs begin with their size; start from the initialiser (MGREG_..._INIT).
 *  - Objects may be used from any thread, but from one thread at a time, unless the object's
 *    chapter says otherwise.  Different objects never interfere.
 *  - The library never prints, exits or changes signal handlers.
 */
#ifndef MGREG_H
#define MGREG_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#if defined(__GNUC__)
#pragma GCC visibility push(default)
#endif

/* ---- 2. version -------------------------------------------------------------------------- */

#define MGREG_VERSION_MAJOR 0
#define MGREG_VERSION_MINOR 1
#define MGREG_VERSION_PATCH 0

/* The library's version as text, e.g. "0.1.0".  Static. */
const char *mgreg_version(void);
/* Calls EACH(ctx, library, version, joined) for every library: joined is "linked", "on first use" or "absent" (then the
 * version is the Debian package to install).  Looking opens the libraries that are joined late.  Non-zero from EACH stops. */
int mgreg_libraries_each(int (*each)(void *ctx, const char *library, const char *version, const char *joined), void *ctx);

/* ---- 3. errors --------------------------------------------------------------------------- */

/* The sixteen codes of TensorFlow, and zero: what kind of error it is. */
typedef enum mgreg_code {
	MGREG_OK = 0,
	MGREG_CANCELLED = 1,
	MGREG_UNKNOWN = 2,
	MGREG_INVALID_ARGUMENT = 3,
	MGREG_DEADLINE_EXCEEDED = 4,
	MGREG_NOT_FOUND = 5,
	MGREG_ALREADY_EXISTS = 6,
	MGREG_PERMISSION_DENIED = 7,
	MGREG_RESOURCE_EXHAUSTED = 8,
	MGREG_FAILED_PRECONDITION = 9,
	MGREG_ABORTED = 10,
	MGREG_OUT_OF_RANGE = 11,
	MGREG_UNIMPLEMENTED = 12,
	MGREG_INTERNAL = 13,
	MGREG_UNAVAILABLE = 14,
	MGREG_DATA_LOSS = 15,
	MGREG_UNAUTHENTICATED = 16
} mgreg_code;

/* Why it failed, as the command's exit status tells it (mgreg(1), EXIT STATUS). */
typedef enum mgreg_reason {
	MGREG_REASON_OK,
	MGREG_REASON_NO,            /* the answer is "no"; not an error in the command's eyes */
	MGREG_REASON_USAGE,
	MGREG_REASON_NOT_FOUND,
	MGREG_REASON_AMBIGUOUS,     /* candidates lists what the name fits */
	MGREG_REASON_DAMAGED,
	MGREG_REASON_BUSY,
	MGREG_REASON_REFUSED,
	MGREG_REASON_UNSUPPORTED,
	MGREG_REASON_IO,
	MGREG_REASON_NUMERIC,
	MGREG_REASON_FAILED,
	MGREG_REASON_MEMORY
} mgreg_reason;

/* One failure.  A plain value: copy it, keep it, move it between threads. */
typedef struct mgreg_error {
	mgreg_code   code;
	mgreg_reason reason;
	int          cause;             /* errno or SQLite's extended code, 0 if none */
	char         node[256];         /* name of the graph node that failed, or "" */
	char         text[1536];        /* one line, lower case, no full stop */
	char         candidates[1024];  /* newline-separated names, or "": what may have been meant; or, */
	int          listed;            /* if not 0, what the text speaks of (all that is missing, all that clash) */
} mgreg_error;

/* Name of a code, e.g. "not_found"; of a reason, e.g. "not-found"; exit status of a reason. */
const char *mgreg_code_name(mgreg_code code);
const char *mgreg_reason_name(mgreg_reason reason);
int mgreg_reason_exit(mgreg_reason reason);

/* ---- 4. tensors -------------------------------------------------------------------------- */

/* Element types; the numbers are TensorFlow's DataType. */
typedef enum mgreg_dtype {
	MGREG_INVALID = 0,
	MGREG_FLOAT = 1, MGREG_DOUBLE = 2, MGREG_INT32 = 3, MGREG_UINT8 = 4, MGREG_INT16 = 5,
	MGREG_INT8 = 6, MGREG_STRING = 7, MGREG_COMPLEX64 = 8, MGREG_INT64 = 9, MGREG_BOOL = 10,
	MGREG_QINT8 = 11, MGREG_QUINT8 = 12, MGREG_QINT32 = 13, MGREG_BFLOAT16 = 14,
	MGREG_QINT16 = 15, MGREG_QUINT16 = 16, MGREG_UINT16 = 17, MGREG_COMPLEX128 = 18,
	MGREG_HALF = 19, MGREG_RESOURCE = 20, MGREG_VARIANT = 21, MGREG_UINT32 = 22,
	MGREG_UINT64 = 23
} mgreg_dtype;

/* TensorFlow's lower-case name ("float32", "string", "qint8"), "invalid" for others. */
const char *mgreg_dtype_name(mgreg_dtype dtype);
/* Bytes of one element; 0 for string, resource, variant. */
size_t mgreg_dtype_size(mgreg_dtype dtype);

/* A value: element type, shape, elements in row-major order.  Immutable once shared; the bytes are
 * counted, so copies are cheap. */
typedef struct mgreg_tensor mgreg_tensor;

/* A new tensor of DTYPE and shape DIMS[RANK], zero-filled (strings: empty).  INVALID_ARGUMENT for a
 * negative dimension, a rank above 254 or a size that overflows; RESOURCE_EXHAUSTED. */
int mgreg_tensor_new(mgreg_tensor **out, mgreg_dtype dtype, const int64_t *dims, int rank,
	mgreg_error *err);
/* The same, filled with a copy of SIZE bytes, which must be exactly the tensor's size. */
int mgreg_tensor_new_from(mgreg_tensor **out, mgreg_dtype dtype, const int64_t *dims, int rank,
	const void *data, size_t size, mgreg_error *err);
/* A scalar string tensor holding LEN bytes of TEXT. */
int mgreg_tensor_new_string(mgreg_tensor **out, const char *text, size_t len, mgreg_error *err);
void mgreg_tensor_free(mgreg_tensor *tensor);

mgreg_dtype mgreg_tensor_dtype(const mgreg_tensor *tensor);
int mgreg_tensor_rank(const mgreg_tensor *tensor);
int64_t mgreg_tensor_dim(const mgreg_tensor *tensor, int i);
int64_t mgreg_tensor_count(const mgreg_tensor *tensor);         /* elements */
size_t mgreg_tensor_size(const mgreg_tensor *tensor);           /* bytes; 0 for strings */
/* The elements; NULL for strings and empty tensors.  Write only to a tensor nobody shares. */
void *mgreg_tensor_data(mgreg_tensor *tensor);
const void *mgreg_tensor_bytes(const mgreg_tensor *tensor);
/* Element I of a string tensor; *LEN may be NULL. */
const char *mgreg_tensor_string(const mgreg_tensor *tensor, int64_t i, size_t *len);
/* Sets element I of a string tensor that nobody shares to a copy of LEN bytes. */
int mgreg_tensor_set_string(mgreg_tensor *tensor, int64_t i, const char *text, size_t len,
	mgreg_error *err);

/* What a tensor is written as. */
typedef enum mgreg_tensor_form {
	MGREG_FORM_TEXT,        /* for people: "[[1, 2], [3, 4]]" */
	MGREG_FORM_JSON,        /* nested lists; strings as text; NaN and infinities as strings */
	MGREG_FORM_CSV,         /* a line per row of the last dimension; a vector has one value a line */
	MGREG_FORM_NPY,         /* a .npy file; bfloat16 becomes float32, strings get a fixed width */
	MGREG_FORM_RAW          /* the elements' bytes, little-endian; of a string scalar its bytes */
} mgreg_tensor_form;
/* TENSOR in that form as a block of the caller's (mgreg_free), NUL-terminated behind its *SIZE bytes.  LIMIT: at most so many
 * elements in MGREG_FORM_TEXT, and as a flat list in MGREG_FORM_JSON where there are more; 0: all.  UNIMPLEMENTED: the form cannot hold this type. */
int mgreg_tensor_format(const mgreg_tensor *tensor, mgreg_tensor_form form, int64_t limit, char **out, size_t *size,
	mgreg_error *err);

/* ---- 5. stores --------------------------------------------------------------------------- */
typedef struct mgreg_store mgreg_store;

/* How a store is made or opened.  Start from MGREG_STORE_OPTIONS_INIT. */
typedef struct mgreg_store_options {
	size_t      size;
	int         read_only;
	int         stranger;           /* treat it as another user's file: everything is checked */
	double      timeout;            /* seconds to wait for a lock; negative: 10 */
	const char *actor;              /* for the audit log; NULL: $MGREG_ACTOR, then the login name */
	const char *journal;            /* create: "auto" (NULL), "wal", "rollback" */
	const char *placement;          /* create: "inline" (NULL) */
	uint32_t    page_size;          /* create: 0 is 16384 */
} mgreg_store_options;
#define MGREG_STORE_OPTIONS_INIT { sizeof(mgreg_store_options), 0, 0, -1.0, NULL, NULL, NULL, 0 }

/* Makes a new store at PATH; ALREADY_EXISTS if there is a file.  It appears whole or not at all.  OPTIONS may be NULL. */
int mgreg_store_create(mgreg_store **out, const char *path, const mgreg_store_options *options, mgreg_error *err);
/* Opens a store.  NOT_FOUND; DATA_LOSS: not a store, or a schema that is not ours; UNIMPLEMENTED: of a newer major version;
 * UNAVAILABLE: locked for longer than the timeout. */
int mgreg_store_open(mgreg_store **out, const char *path, const mgreg_store_options *options, mgreg_error *err);
void mgreg_store_close(mgreg_store *store);

/* Hears a key and its value as text; non-zero stops and is returned. */
typedef int mgreg_pair_fn(void *ctx, const char *key, const char *value);
/* Sizes, counts, schema version, file system, journal mode: what `mgreg info` shows, in its order.  Sizes are bytes. */
int mgreg_store_info(mgreg_store *store, mgreg_pair_fn *each, void *ctx, mgreg_error *err);
/* Settings kept in the store (mgreg(1), config).  Set: NOT_FOUND for an unknown key, INVALID_ARGUMENT names the values that
 * are allowed, UNIMPLEMENTED for those that this build cannot honour. */
int mgreg_store_settings_each(mgreg_store *store, mgreg_pair_fn *each, void *ctx, mgreg_error *err);
int mgreg_store_setting_set(mgreg_store *store, const char *key, const char *value, mgreg_error *err);

/* How thorough a check is: structure, keys and invariants only; and every chunk against its fast hash; and SHA-256 too. */
typedef enum mgreg_fsck_level { MGREG_FSCK_QUICK, MGREG_FSCK_CHUNKS } mgreg_fsck_level;
/* EACH hears the name of the check and what is wrong.  *PROBLEMS counts them; finding some is not an error of the call. */
int mgreg_store_fsck(mgreg_store *store, mgreg_fsck_level level, mgreg_pair_fn *each, void *ctx, int64_t *problems, mgreg_error *err);

/* SQL over the views of mgreg-schema(5).  One query is one statement. */
typedef struct mgreg_query mgreg_query;
typedef enum mgreg_value_type {
	MGREG_VALUE_NULL, MGREG_VALUE_INTEGER, MGREG_VALUE_REAL, MGREG_VALUE_TEXT, MGREG_VALUE_BLOB
} mgreg_value_type;

/* Prepares the first statement of SQL; *REST (may be NULL) is what follows it.  *OUT is NULL where there is nothing but blanks.
 * Without WRITE, FAILED_PRECONDITION for a statement that could change the store.  INVALID_ARGUMENT: it is no SQL. */
int mgreg_query_new(mgreg_query **out, mgreg_store *store, const char *sql, int write, const char **rest, mgreg_error *err);
void mgreg_query_free(mgreg_query *query);
/* Binds :NAME; a VALUE that is a number is bound as one, NULL as NULL.  NOT_FOUND: no such parameter. */
int mgreg_query_bind(mgreg_query *query, const char *name, const char *value, mgreg_error *err);
/* The next row; *HAS_ROW is 0 after the last. */
int mgreg_query_step(mgreg_query *query, int *has_row, mgreg_error *err);
int mgreg_query_columns(const mgreg_query *query);
const char *mgreg_query_column_name(const mgreg_query *query, int i);
mgreg_value_type mgreg_query_type(const mgreg_query *query, int i);
int64_t mgreg_query_integer(const mgreg_query *query, int i);
double mgreg_query_real(const mgreg_query *query, int i);
/* Text or bytes, valid until the next step; *SIZE may be NULL. */
const void *mgreg_query_bytes(const mgreg_query *query, int i, size_t *size);

/* ---- 6. models, runs, versions, names ----------------------------------------------------- */

/* One saved version, as the view `versions` shows it.  A plain value. */
typedef struct mgreg_version_info {
	int64_t  id;                    /* version_id: the order of commits over the whole store */
	int64_t  no;                    /* number within the model, never reused */
	int64_t  model_id, run_id, session_id;
	int64_t  step;                  /* only if has_step */
	int64_t  saved_at, state_at;    /* milliseconds since 1970 UTC */
	int64_t  added_bytes;           /* what this save added to the store */
	int64_t  size;                  /* tensors and MetaGraphs, as a checkout needs them */
	int64_t  replaced_by;           /* version id, 0: none */
	unsigned has_step:1, has_weights:1, moves_latest:1, pinned:1;
	uint8_t  weights[32];           /* digest over all tensors, if has_weights */
	char     uid[33];
	char     model[201], run[201];
	char     kind[16];              /* checkpoint weights saved_model frozen metagraph */
	char     state[12];             /* live replaced expired purged */
	char     ref[464];              /* printed reference: MODEL/RUN@STEP or MODEL@vNO */
	char     aliases[256];          /* comma-joined, cut at the end if there are very many */
} mgreg_version_info;

/* One run: a line of training inside a model. */
typedef struct mgreg_run_info {
	int64_t  id, model_id;
	int64_t  from_version_id;       /* of a fork, 0: none */
	int64_t  started_at, ended_at;  /* ms; ended_at 0: not yet */
	char     uid[33];
	char     model[201], run[201];
	char     status[12];            /* open done failed killed imported */
} mgreg_run_info;

/* TensorFlow's latest: the live version saved last whose save moved the pointer, of MODEL or MODEL/RUN.  NOT_FOUND: no such
 * model or run, or, with reason NO, it has none yet. */
int mgreg_store_latest(mgreg_store *store, const char *model_run, mgreg_version_info *out, mgreg_error *err);
/* A reference in any form of mgreg(1) -> the version.  Reason AMBIGUOUS: err->candidates lists what it fits. */
int mgreg_store_resolve(mgreg_store *store, const char *ref, mgreg_version_info *out, mgreg_error *err);

/* Which versions, in which order.  Start from MGREG_VERSION_FILTER_INIT. */
typedef struct mgreg_version_filter {
	size_t      size;
	const char *model_run;          /* MODEL or MODEL/RUN; NULL: all */
	const char *where;              /* SQL expression over the columns of view `versions`, or NULL */
	const char *sort;               /* one of those columns, "-column" descends; NULL: order of saving */
	const uint8_t *weights;         /* 32 bytes: only versions with these weights; NULL: all */
	int64_t     limit;              /* 0: all */
	int         all_states;         /* also replaced, expired and purged ones */
} mgreg_version_filter;
#define MGREG_VERSION_FILTER_INIT { sizeof(mgreg_version_filter), NULL, NULL, NULL, NULL, 0, 0 }
/* Non-zero from EACH stops and is returned. */
int mgreg_store_versions_each(mgreg_store *store, const mgreg_version_filter *filter,
	int (*each)(void *ctx, const mgreg_version_info *version), void *ctx, mgreg_error *err);

/* A name with a value: hyper-parameters, tags. */
typedef struct mgreg_pair { const char *key, *value; } mgreg_pair;
/* What to do when the run has a live version of this step and kind already (mgreg(1), export). */
typedef enum mgreg_same_step { MGREG_SAME_REPLACE, MGREG_SAME_KEEP_BOTH, MGREG_SAME_REFUSE, MGREG_SAME_SKIP } mgreg_same_step;

/* How files become a version.  Start from MGREG_STORE_EXPORT_INIT; everything may stay as it is but `as`. */
typedef struct mgreg_store_export_options {
	size_t      size;
	const char *as;                 /* MODEL or MODEL/RUN (else run main); made where they do not exist */
	int         has_step;
	int64_t     step;               /* if has_step; else from step_from, the file name's "-N", tensor global_step */
	const char *step_from;          /* a scalar tensor of the checkpoint */
	const char *const *collections; /* only these; NULL: all */
	int         collection_count;
	const char *scope;              /* export_scope: only what lies below, the prefix removed */
	const char *hparams_json;       /* a JSON object laid over what the collection says */
	const mgreg_pair *hparams;      /* the same, one by one; values are JSON or else text; they win over hparams_json */
	int         hparam_count;
	const mgreg_pair *tags;         /* value "" or NULL: none */
	int         tag_count;
	const char *const *metric_names;
	const double *metric_values;
	int         metric_count;
	const char *const *aliases;
	int         alias_count;
	const char *note;
	const char *tee;                /* also write the resulting MetaGraph to this file (.pbtxt: as text) */
	mgreg_same_step same_step;
	int       (*report)(void *ctx, const char *line);       /* hears what could not be serialized, and why; or NULL */
	void       *ctx;
	unsigned    all:1,              /* a checkpoint folder: every checkpoint of its state file, oldest first */
	            no_meta:1,          /* a checkpoint without the .meta beside it */
	            dry_run:1,          /* reads everything, stores nothing; DONE hears what would be */
	            pin:1, no_latest:1, clear_devices:1, strip_default_attrs:1, clear_extraneous_savers:1;
} mgreg_store_export_options;
#define MGREG_STORE_EXPORT_INIT { .size = sizeof(mgreg_store_export_options) }
/* Puts what lies at SOURCES (checkpoint prefixes and folders, .meta, .pb, .pbtxt, SavedModel folders, "-" for standard input) into
 * the store, each as one version; a .meta and a prefix that belong together are one.  DONE hears every version once it is
 * durable, SKIPPED where MGREG_SAME_SKIP found one; non-zero stops.  What failed left nothing behind; what was told before it
 * stays.  ALREADY_EXISTS under MGREG_SAME_REFUSE; DATA_LOSS names file and tensor. */
int mgreg_store_export(mgreg_store *store, const char *const *sources, int count, const mgreg_store_export_options *options,
	int (*done)(void *ctx, const mgreg_version_info *version, int skipped), void *ctx, mgreg_error *err);

/* How files are written.  Start from MGREG_CHECKOUT_INIT. */
typedef struct mgreg_checkout_options {
	size_t      size;
	const char *as;                 /* "v2"; NULL: as it came, else v2 */
	const char *prefix;             /* base name; NULL: the one it came with, else "model" */
	int         as_text;            /* the MetaGraph in text format */
	int         metagraph_only;     /* no tensors */
	const char *tags;               /* of a SavedModel's MetaGraphs: this one ("A,B"); NULL: all */
} mgreg_checkout_options;
#define MGREG_CHECKOUT_INIT { sizeof(mgreg_checkout_options), NULL, NULL, 0, 0, NULL }
/* Writes a version into the folder DIR (made if missing): byte for byte the files it came with, or the projection of its rows
 * as a V2 checkpoint, its .meta and a `checkpoint` state file with relative paths.  *PREFIX (may be NULL; mgreg_free) is what
 * a restore takes, or the path of the graph file.  OPTIONS may be NULL. */
int mgreg_store_checkout(mgreg_store *store, int64_t version_id, const char *dir, const mgreg_checkout_options *options,
	char **prefix, mgreg_error *err);

/* ---- 8. graphs and nodes ----------------------------------------------------------------- */

/* A graph of operations: nodes in the order of their making, scopes, collections.  Nodes are only ever added; a node
 * lives as long as its graph.  One thread at a time may change a graph. */
typedef struct mgreg_graph mgreg_graph;
typedef struct mgreg_node mgreg_node;

/* Output INDEX of a node: an edge's source.  node NULL: none. */
typedef struct mgreg_output {
	mgreg_node *node;
	int         index;
} mgreg_output;

int mgreg_graph_new(mgreg_graph **out, mgreg_error *err);
void mgreg_graph_free(mgreg_graph *graph);
/* The calling thread's default graph, made when first asked for; borrowed.  Reset frees it: the next call makes a new one. */
int mgreg_graph_default(mgreg_graph **out, mgreg_error *err);
void mgreg_graph_reset_default(void);
/* From now on the graph refuses nodes and collection items: FAILED_PRECONDITION. */
void mgreg_graph_finalize(mgreg_graph *graph);
/* Names, arity, types and cycles, as an importer would check them. */
int mgreg_graph_validate(const mgreg_graph *graph, mgreg_error *err);

int mgreg_graph_node_count(const mgreg_graph *graph);
mgreg_node *mgreg_graph_node(const mgreg_graph *graph, int i);                  /* by creation order; NULL if there is none */
mgreg_node *mgreg_graph_find(const mgreg_graph *graph, const char *name);       /* NULL if there is none */
/* "node" or "node:1" -> output.  NOT_FOUND names it. */
int mgreg_graph_output(const mgreg_graph *graph, const char *name, mgreg_output *out, mgreg_error *err);

/* ---- nodes and their outputs ---- */
const char *mgreg_node_name(const mgreg_node *node);
const char *mgreg_node_op(const mgreg_node *node);
const char *mgreg_node_device(const mgreg_node *node);          /* "" if none was asked for */
int mgreg_node_id(const mgreg_node *node);                      /* position in the order of creation */
int mgreg_node_input_count(const mgreg_node *node);             /* without control inputs */
mgreg_output mgreg_node_input(const mgreg_node *node, int i);
int mgreg_node_control_count(const mgreg_node *node);
mgreg_node *mgreg_node_control(const mgreg_node *node, int i);
int mgreg_node_output_count(const mgreg_node *node);
mgreg_output mgreg_node_output(mgreg_node *node, int i);

mgreg_dtype mgreg_output_dtype(mgreg_output output);            /* of the value, also for references */
int mgreg_output_is_ref(mgreg_output output);
/* The static shape: rank -1 and lengths -1 are not known. */
int mgreg_output_rank(mgreg_output output);
int64_t mgreg_output_dim(mgreg_output output, int i);
/* Narrows it; INVALID_ARGUMENT if it contradicts what is known. */
int mgreg_output_set_shape(mgreg_output output, const int64_t *dims, int rank, mgreg_error *err);

/* Attributes.  The getters return 0 where there is none of that name and kind. */
int mgreg_node_attr_count(const mgreg_node *node);
const char *mgreg_node_attr_name(const mgreg_node *node, int i);
int mgreg_node_attr_int(const mgreg_node *node, const char *name, int64_t *out);
int mgreg_node_attr_float(const mgreg_node *node, const char *name, float *out);
int mgreg_node_attr_bool(const mgreg_node *node, const char *name, int *out);
int mgreg_node_attr_type(const mgreg_node *node, const char *name, mgreg_dtype *out);
int mgreg_node_attr_string(const mgreg_node *node, const char *name, const char **out, size_t *len);
/* Any attribute as one line of protobuf's text format; mgreg_free.  NOT_FOUND. */
int mgreg_node_attr_text(const mgreg_node *node, const char *name, char **out, mgreg_error *err);

/* ---- scopes ---- */
/* Names of new nodes begin with the scope.  NULL or "": back to the top; "a/": exactly that; otherwise a fresh scope below
 * the current one ("a", "a_1").  Every enter and push is undone by a leave or pop. */
int mgreg_scope_enter(mgreg_graph *graph, const char *name, mgreg_error *err);
void mgreg_scope_leave(mgreg_graph *graph);
const char *mgreg_scope_current(const mgreg_graph *graph);      /* "a/b/", or "" */
int mgreg_device_push(mgreg_graph *graph, const char *device, mgreg_error *err);        /* NULL: outer ones do not count */
void mgreg_device_pop(mgreg_graph *graph);
/* New nodes wait for these; NULL, 0: for none of the outer ones either. */
int mgreg_controls_push(mgreg_graph *graph, mgreg_node *const *nodes, int count, mgreg_error *err);
void mgreg_controls_pop(mgreg_graph *graph);
int mgreg_colocate_push(mgreg_graph *graph, mgreg_node *with, mgreg_error *err);
void mgreg_colocate_pop(mgreg_graph *graph);
/* Random ops take their seeds from this and their own; without both they differ from run to run. */
void mgreg_graph_set_seed(mgreg_graph *graph, int64_t seed);

/* ---- collections ---- */
typedef enum mgreg_item_kind {
	MGREG_ITEM_NODE, MGREG_ITEM_OUTPUT, MGREG_ITEM_TEXT, MGREG_ITEM_INT, MGREG_ITEM_FLOAT,
	MGREG_ITEM_VARIABLE, MGREG_ITEM_OTHER
} mgreg_item_kind;
int mgreg_collection_add_node(mgreg_graph *graph, const char *key, mgreg_node *node, mgreg_error *err);
int mgreg_collection_add_output(mgreg_graph *graph, const char *key, mgreg_output output, mgreg_error *err);
int mgreg_collection_add_text(mgreg_graph *graph, const char *key, const char *text, mgreg_error *err);
int mgreg_collection_add_int(mgreg_graph *graph, const char *key, int64_t value, mgreg_error *err);
int mgreg_collection_add_float(mgreg_graph *graph, const char *key, double value, mgreg_error *err);
int mgreg_collection_key_count(const mgreg_graph *graph);
const char *mgreg_collection_key(const mgreg_graph *graph, int i);              /* in order of first use */
int mgreg_collection_count(const mgreg_graph *graph, const char *key);          /* 0 where there is none */
mgreg_item_kind mgreg_collection_kind(const mgreg_graph *graph, const char *key, int i);
/* Item I as an output (of a node: its first; of a variable: its reference or handle), as a node, as text, as a number.
 * INVALID_ARGUMENT if it is none, NOT_FOUND if there is no such item. */
int mgreg_collection_output(const mgreg_graph *graph, const char *key, int i, mgreg_output *out, mgreg_error *err);
int mgreg_collection_node(const mgreg_graph *graph, const char *key, int i, mgreg_node **out, mgreg_error *err);
int mgreg_collection_text(const mgreg_graph *graph, const char *key, int i, const char **out, size_t *len, mgreg_error *err);
int mgreg_collection_number(const mgreg_graph *graph, const char *key, int i, double *out, mgreg_error *err);

/* ---- building ---- */
/*
 * Nodes are made through a builder, which remembers the first failure: after it every call does nothing and returns no
 * output, so that a model is written down as it is read and checked once, at the end.
 *
 *      mgreg_builder b = MGREG_BUILDER(graph, &err);
 *      mgreg_output x = mgreg_op_placeholder(&b, MGREG_FLOAT, (int64_t[]){ -1, 784 }, 2, "x");
 *      mgreg_output y = mgreg_op_relu(&b, mgreg_op_add(&b, mgreg_op_matmul(&b, x, w, NULL), bias, NULL), NULL);
 *      if (b.rc)
 *              return b.rc;
 *
 * NAME is the last argument everywhere; NULL takes the name that TensorFlow's Python function would.
 */
typedef struct mgreg_builder {
	mgreg_graph *graph;
	int          rc;                /* 0, or the code of the first failure */
	mgreg_error *err;               /* may be NULL */
	void        *pending;           /* the op begun, the library's own */
} mgreg_builder;
#define MGREG_BUILDER(graph, err) { (graph), 0, (err), NULL }

/* Any op: begin, inputs in the order of its definition, controls, attributes, end.  Type and number attributes follow from
 * the inputs, defaults are filled in.  An input that is a list (N * T, or types of a list) is one call of _inputs. */
void mgreg_op_begin(mgreg_builder *b, const char *op, const char *name);
void mgreg_op_input(mgreg_builder *b, mgreg_output input);
void mgreg_op_inputs(mgreg_builder *b, const mgreg_output *inputs, int count);
void mgreg_op_control(mgreg_builder *b, mgreg_node *node);
void mgreg_op_attr_int(mgreg_builder *b, const char *attr, int64_t value);
void mgreg_op_attr_float(mgreg_builder *b, const char *attr, float value);
void mgreg_op_attr_bool(mgreg_builder *b, const char *attr, int value);
void mgreg_op_attr_string(mgreg_builder *b, const char *attr, const char *value);
void mgreg_op_attr_type(mgreg_builder *b, const char *attr, mgreg_dtype value);
void mgreg_op_attr_shape(mgreg_builder *b, const char *attr, const int64_t *dims, int rank);    /* rank -1: unknown */
void mgreg_op_attr_tensor(mgreg_builder *b, const char *attr, const mgreg_tensor *value);
void mgreg_op_attr_func(mgreg_builder *b, const char *attr, const char *function);
void mgreg_op_attr_ints(mgreg_builder *b, const char *attr, const int64_t *values, int count);
void mgreg_op_attr_floats(mgreg_builder *b, const char *attr, const float *values, int count);
void mgreg_op_attr_strings(mgreg_builder *b, const char *attr, const char *const *values, int count);
void mgreg_op_attr_types(mgreg_builder *b, const char *attr, const mgreg_dtype *values, int count);
/* Makes the node; its first output, or the node itself. */
mgreg_output mgreg_op_end(mgreg_builder *b);
mgreg_node *mgreg_op_end_node(mgreg_builder *b);
/* Ops of one or two inputs and no attributes to give: mgreg_op_unary(&b, "Floor", x, NULL). */
mgreg_output mgreg_op_unary(mgreg_builder *b, const char *op, mgreg_output x, const char *name);
mgreg_output mgreg_op_binary(mgreg_builder *b, const char *op, mgreg_output x, mgreg_output y, const char *name);

/* Where values come from.  A length of -1 is not known, a rank of -1 neither. */
mgreg_output mgreg_op_placeholder(mgreg_builder *b, mgreg_dtype dtype, const int64_t *dims, int rank, const char *name);
mgreg_output mgreg_op_const(mgreg_builder *b, const mgreg_tensor *value, const char *name);
mgreg_output mgreg_op_scalar(mgreg_builder *b, mgreg_dtype dtype, double value, const char *name);
mgreg_output mgreg_op_text(mgreg_builder *b, const char *text, const char *name);
mgreg_output mgreg_op_floats(mgreg_builder *b, const float *values, const int64_t *dims, int rank, const char *name);
mgreg_output mgreg_op_ints(mgreg_builder *b, const int64_t *values, int count, const char *name);       /* an int32 vector */
mgreg_output mgreg_op_zeros(mgreg_builder *b, mgreg_dtype dtype, const int64_t *dims, int rank, const char *name);
mgreg_output mgreg_op_ones(mgreg_builder *b, mgreg_dtype dtype, const int64_t *dims, int rank, const char *name);
mgreg_output mgreg_op_range(mgreg_builder *b, mgreg_output start, mgreg_output limit, mgreg_output delta, const char *name);
/* A SEED of -1 is none. */
mgreg_output mgreg_op_random_uniform(mgreg_builder *b, mgreg_dtype dtype, const int64_t *dims, int rank, double min, double max,
	int64_t seed, const char *name);
mgreg_output mgreg_op_random_normal(mgreg_builder *b, mgreg_dtype dtype, const int64_t *dims, int rank, double mean, double stddev,
	int64_t seed, const char *name);
mgreg_output mgreg_op_truncated_normal(mgreg_builder *b, mgreg_dtype dtype, const int64_t *dims, int rank, double mean, double stddev,
	int64_t seed, const char *name);

mgreg_output mgreg_op_identity(mgreg_builder *b, mgreg_output x, const char *name);
mgreg_output mgreg_op_stop_gradient(mgreg_builder *b, mgreg_output x, const char *name);
mgreg_output mgreg_op_cast(mgreg_builder *b, mgreg_output x, mgreg_dtype dtype, const char *name);      /* X itself if it is of DTYPE */
mgreg_output mgreg_op_add(mgreg_builder *b, mgreg_output x, mgreg_output y, const char *name);
mgreg_output mgreg_op_sub(mgreg_builder *b, mgreg_output x, mgreg_output y, const char *name);
mgreg_output mgreg_op_mul(mgreg_builder *b, mgreg_output x, mgreg_output y, const char *name);
mgreg_output mgreg_op_div(mgreg_builder *b, mgreg_output x, mgreg_output y, const char *name);          /* integers: FloorDiv */
mgreg_output mgreg_op_neg(mgreg_builder *b, mgreg_output x, const char *name);
mgreg_output mgreg_op_exp(mgreg_builder *b, mgreg_output x, const char *name);
mgreg_output mgreg_op_log(mgreg_builder *b, mgreg_output x, const char *name);
mgreg_output mgreg_op_sqrt(mgreg_builder *b, mgreg_output x, const char *name);
mgreg_output mgreg_op_square(mgreg_builder *b, mgreg_output x, const char *name);
mgreg_output mgreg_op_equal(mgreg_builder *b, mgreg_output x, mgreg_output y, const char *name);
mgreg_output mgreg_op_matmul(mgreg_builder *b, mgreg_output x, mgreg_output y, const char *name);
/* Over AXES, or all of them where COUNT is -1 (the rank must be known then). */
mgreg_output mgreg_op_reduce_sum(mgreg_builder *b, mgreg_output x, const int64_t *axes, int count, int keep_dims, const char *name);
mgreg_output mgreg_op_reduce_mean(mgreg_builder *b, mgreg_output x, const int64_t *axes, int count, int keep_dims, const char *name);
mgreg_output mgreg_op_reduce_max(mgreg_builder *b, mgreg_output x, const int64_t *axes, int count, int keep_dims, const char *name);
mgreg_output mgreg_op_argmax(mgreg_builder *b, mgreg_output x, int64_t axis, const char *name);

mgreg_output mgreg_op_shape(mgreg_builder *b, mgreg_output x, const char *name);
mgreg_output mgreg_op_size(mgreg_builder *b, mgreg_output x, const char *name);
mgreg_output mgreg_op_reshape(mgreg_builder *b, mgreg_output x, const int64_t *dims, int rank, const char *name);
mgreg_output mgreg_op_expand_dims(mgreg_builder *b, mgreg_output x, int64_t axis, const char *name);
mgreg_output mgreg_op_squeeze(mgreg_builder *b, mgreg_output x, const char *name);
mgreg_output mgreg_op_transpose(mgreg_builder *b, mgreg_output x, const int64_t *perm, int count, const char *name);
/* Concat of the graphs up to release 0.12 (axis first), ConcatV2 of those since. */
mgreg_output mgreg_op_concat_v1(mgreg_builder *b, int64_t axis, const mgreg_output *values, int count, const char *name);
mgreg_output mgreg_op_concat(mgreg_builder *b, const mgreg_output *values, int count, int64_t axis, const char *name);
mgreg_output mgreg_op_pack(mgreg_builder *b, const mgreg_output *values, int count, int64_t axis, const char *name);
mgreg_output mgreg_op_gather(mgreg_builder *b, mgreg_output params, mgreg_output indices, int64_t axis, const char *name);
mgreg_output mgreg_op_one_hot(mgreg_builder *b, mgreg_output indices, int64_t depth, double on, double off, const char *name);
mgreg_output mgreg_op_sparse_to_dense(mgreg_builder *b, mgreg_output indices, mgreg_output shape, mgreg_output values,
	mgreg_output otherwise, const char *name);

mgreg_output mgreg_op_relu(mgreg_builder *b, mgreg_output x, const char *name);
mgreg_output mgreg_op_sigmoid(mgreg_builder *b, mgreg_output x, const char *name);
mgreg_output mgreg_op_tanh(mgreg_builder *b, mgreg_output x, const char *name);
mgreg_output mgreg_op_softmax(mgreg_builder *b, mgreg_output x, const char *name);
mgreg_output mgreg_op_bias_add(mgreg_builder *b, mgreg_output x, mgreg_output bias, const char *name);
/* NHWC; strides and window of the two spatial dimensions; PADDING "SAME" or "VALID". */
mgreg_output mgreg_op_conv2d(mgreg_builder *b, mgreg_output x, mgreg_output filter, int stride_h, int stride_w, const char *padding,
	const char *name);
mgreg_output mgreg_op_max_pool(mgreg_builder *b, mgreg_output x, int height, int width, int stride_h, int stride_w, const char *padding,
	const char *name);
/* The loss per row of LOGITS [batch, classes]; LABELS of that shape, or one class number per row. */
mgreg_output mgreg_op_softmax_cross_entropy_with_logits(mgreg_builder *b, mgreg_output logits, mgreg_output labels, const char *name);
mgreg_output mgreg_op_sparse_softmax_cross_entropy_with_logits(mgreg_builder *b, mgreg_output logits, mgreg_output labels, const char *name);

/* A serialized Summary under NAME, added to collection "summaries"; all of that collection in one. */
mgreg_output mgreg_op_scalar_summary(mgreg_builder *b, const char *tag, mgreg_output value);
mgreg_output mgreg_op_merge_all_summaries(mgreg_builder *b, const char *name);

/* ---- variables ---- */
enum mgreg_variable_flags { MGREG_VARIABLE_RESOURCE = 1, MGREG_VARIABLE_NOT_TRAINABLE = 2, MGREG_VARIABLE_LOCAL = 4 };
typedef struct mgreg_variable {
	mgreg_output handle;            /* the reference, or the resource */
	mgreg_output value;             /* what reads it */
	mgreg_node  *initializer;       /* assigns the initial value */
} mgreg_variable;
/* A variable that starts as INITIAL, whose shape must be known; it is added to collections "variables" (or
 * "local_variables") and "trainable_variables". */
mgreg_variable mgreg_op_variable(mgreg_builder *b, mgreg_output initial, unsigned flags, const char *name);
mgreg_output mgreg_op_assign(mgreg_builder *b, mgreg_variable variable, mgreg_output value, const char *name);
/* One node that initializes all of "variables"; "init". */
mgreg_node *mgreg_op_initializer(mgreg_builder *b, const char *name);
mgreg_node *mgreg_op_group(mgreg_builder *b, mgreg_node *const *nodes, int count, const char *name);

/* ---- gradients, training ---- */
/* OUT[i]: the gradient of the sum of YS by XS[i], dense; node NULL where YS do not depend on it.  NOT_FOUND names an op
 * without a gradient. */
int mgreg_gradients(mgreg_graph *graph, const mgreg_output *ys, int y_count, const mgreg_output *xs, int x_count, mgreg_output *out,
	mgreg_error *err);
/* What makes LOSS smaller: gradients by all trainable variables and updates of OPTIMIZER ("sgd:learning_rate=0.1",
 * "adam:learning_rate=0.001"; mgreg(1) lists them).  With COUNT_STEPS the variable "global_step" is made (unless it is there)
 * and counts.  The train op is added to collection "train_op". */
int mgreg_minimize(mgreg_graph *graph, mgreg_output loss, const char *optimizer, int count_steps, mgreg_node **train_op, mgreg_error *err);

/* ---- the ops ---- */
/* One of TensorFlow's ops.  Texts are static. */
typedef struct mgreg_op_info {
	const char *op;
	const char *tier;               /* "P0": the MetaGraph guide's .. "P3": rare */
	const char *since, *until;      /* releases that registered it first and last; until NULL: never dropped */
	int         deprecated_at;      /* GraphDef version from which graphs may not have it, 0: none */
	const char *deprecation;        /* what to use instead, or NULL */
	unsigned    can_run:1;          /* for some types at least; of a node: mgreg_node_can_run */
	unsigned    has_gradient:1;
	unsigned    has_shape:1;        /* shapes of its outputs are inferred */
	unsigned    is_stateful:1;
} mgreg_op_info;
/* Every known op, by name; non-zero from EACH stops and is returned. */
int mgreg_op_each(int (*each)(void *ctx, const mgreg_op_info *op), void *ctx);
int mgreg_op_describe(const char *op, mgreg_op_info *out, mgreg_error *err);

/* ---- 9. MetaGraphs ----------------------------------------------------------------------- */
/* A MetaGraphDef: a graph with its collections, saver and signatures, as one message.  It is a value on its own: it needs no
 * graph to live, and never changes. */
typedef struct mgreg_metagraph mgreg_metagraph;
typedef struct mgreg_saver mgreg_saver;

/* From a file (.meta, .pbtxt: binary or text, by what is in it) or from SIZE bytes; WHAT names them in errors.  NOT_FOUND; DATA_LOSS
 * or INVALID_ARGUMENT with the place. */
int mgreg_metagraph_read(mgreg_metagraph **out, const char *path, mgreg_error *err);
int mgreg_metagraph_parse(mgreg_metagraph **out, const void *data, size_t size, const char *what, mgreg_error *err);
/* To a file, whole or not at all; to bytes (mgreg_free).  INVALID_ARGUMENT beyond 2 GB. */
int mgreg_metagraph_write(const mgreg_metagraph *metagraph, const char *path, int as_text, mgreg_error *err);
int mgreg_metagraph_format(const mgreg_metagraph *metagraph, int as_text, char **out, size_t *size, mgreg_error *err);
void mgreg_metagraph_free(mgreg_metagraph *metagraph);

int mgreg_metagraph_node_count(const mgreg_metagraph *metagraph);
int mgreg_metagraph_has_saver(const mgreg_metagraph *metagraph);
const char *mgreg_metagraph_tensorflow_version(const mgreg_metagraph *metagraph);       /* "" if it is not said */
int mgreg_metagraph_collection_count(const mgreg_metagraph *metagraph);
const char *mgreg_metagraph_collection_key(const mgreg_metagraph *metagraph, int i);    /* in order of the message */
/* Hyper-parameters, whatever form collection "hparams" has, as canonical JSON (mgreg_free); "{}" if there are none. */
int mgreg_metagraph_hparams(const mgreg_metagraph *metagraph, char **json, mgreg_error *err);
/* The type of tensor NAME ("x:0"); if no node has it but inputs ask for it ("$unbound_inputs_x"), the type they want.  NOT_FOUND. */
int mgreg_metagraph_dtype(const mgreg_metagraph *metagraph, const char *name, mgreg_dtype *out, mgreg_error *err);
/* Equal as messages; EACH (may be NULL) hears a line for every difference and returns non-zero to stop. */
int mgreg_metagraph_equal(const mgreg_metagraph *a, const mgreg_metagraph *b, int (*each)(void *ctx, const char *line), void *ctx);

/* How a graph becomes a MetaGraph.  Start from MGREG_EXPORT_INIT. */
typedef struct mgreg_export_options {
	size_t      size;
	const char *const *collections; /* only these keys; NULL: all (count 0 and not NULL: none) */
	int         collection_count;
	const char *scope;              /* only nodes whose names begin so, without it; other inputs become "$unbound_inputs_..." */
	const mgreg_saver *saver;       /* its saver_def goes along; NULL: none */
	const mgreg_metagraph *base;    /* where the graph came from: meta info, signatures and assets are taken over; or NULL */
	void      (*report)(void *ctx, const char *line);       /* hears which collections could not be written, and why */
	void       *ctx;
	unsigned    clear_devices:1, clear_extraneous_savers:1, strip_default_attrs:1;
} mgreg_export_options;
#define MGREG_EXPORT_INIT { sizeof(mgreg_export_options), NULL, 0, NULL, NULL, NULL, NULL, NULL, 0, 0, 0 }
/* OPTIONS may be NULL.  The graph may run and grow meanwhile in other sessions' eyes: its nodes never change. */
int mgreg_metagraph_export(mgreg_metagraph **out, mgreg_graph *graph, const mgreg_export_options *options, mgreg_error *err);

/* How a MetaGraph becomes part of a graph.  Start from MGREG_IMPORT_INIT. */
typedef struct mgreg_import_options {
	size_t      size;
	const char *import_scope;       /* prefix of all names, made unique; NULL: none */
	const char *const *map_from;    /* input_map: "n:0", "n" or "^n" of the MetaGraph ... */
	const mgreg_output *map_to;     /* ... and the outputs of GRAPH that take their place */
	int         map_count;
	const char *const *collections; /* only these come back; NULL: all */
	int         collection_count;
	const char *unbound_key;        /* NULL: no check of unbound inputs against the input map */
	const char **prefix;            /* out: what the scope became, "a_1/" or "" (lives with the graph); or NULL */
	void      (*report)(void *ctx, const char *line);       /* hears what was left out */
	void       *ctx;
	unsigned    clear_devices:1;
	unsigned    uniquify:1;         /* TensorFlow's way with names that the graph has: copies "_1"; else ALREADY_EXISTS lists them */
	unsigned    allow_unknown_ops:1;        /* keep nodes of ops that are not known; they cannot run */
	unsigned    skip_bad_collections:1;     /* report collections that name what is not there, and go on without them */
} mgreg_import_options;
#define MGREG_IMPORT_INIT { sizeof(mgreg_import_options), NULL, NULL, NULL, 0, NULL, 0, "unbound_inputs", NULL, NULL, NULL, 0, 0, 0, 0 }
/* *SAVER (SAVER may be NULL) is the MetaGraph's own; without one, a new saver of all variables of the graph; NULL if there are none
 * either: there is nothing to restore.  If nodes cannot be made, the graph is as it was.  OPTIONS may be NULL. */
int mgreg_metagraph_import(mgreg_graph *graph, const mgreg_metagraph *metagraph, const mgreg_import_options *options,
	mgreg_saver **saver, mgreg_error *err);

/* Objects of one's own in a collection.  to_proto hands the bytes of OBJECT to PUT (not called: the object is left out of this
 * export); from_proto makes an object of bytes.  Both may be NULL, and return a code after filling *ERR. */
typedef struct mgreg_proto_functions {
	const char *type_name;
	int (*to_proto)(void *object, const char *export_scope, void (*put)(void *to, const void *data, size_t size), void *to,
		mgreg_error *err);
	int (*from_proto)(const void *data, size_t size, const char *import_scope, mgreg_graph *graph, void **object, mgreg_error *err);
} mgreg_proto_functions;
/* For the whole process and for good.  ALREADY_EXISTS: the key has its functions already. */
int mgreg_register_proto_function(const char *key, const mgreg_proto_functions *functions, mgreg_error *err);
/* The object stays the caller's and must outlive the graph. */
int mgreg_collection_add_object(mgreg_graph *graph, const char *key, void *object, mgreg_error *err);
/* NOT_FOUND: no such item; INVALID_ARGUMENT: not an object. */
int mgreg_collection_object(const mgreg_graph *graph, const char *key, int i, void **out, mgreg_error *err);

/* ---- 10. checkpoints and events ---------------------------------------------------------- */

/* ---- 11. sessions ------------------------------------------------------------------------ */

/* A graph, the values of its variables, and what has been compiled to run it.  Any number of threads may run it at once;
 * each run is atomic only where the graph's own edges order it.  The graph must outlive the session and may grow between
 * runs. */
typedef struct mgreg_session mgreg_session;

/* How a session runs.  Start from MGREG_SESSION_INIT. */
typedef struct mgreg_session_options {
	size_t      size;
	int         threads;            /* 0: one per CPU.  The numbers do not depend on it. */
	const char *const *roots;       /* folders that the graph's kernels may reach; none: no files at all */
	int         root_count;
	size_t      memory_limit;       /* bytes of tensors alive at once; 0: no limit */
	double      deadline;           /* seconds for every run; 0: none */
	unsigned    no_optimize:1;      /* run the graph as it is: nothing folded, nothing in place */
} mgreg_session_options;
#define MGREG_SESSION_INIT { sizeof(mgreg_session_options), 0, NULL, 0, 0, 0.0, 0 }

/* OPTIONS may be NULL. */
int mgreg_session_new(mgreg_session **out, mgreg_graph *graph, const mgreg_session_options *options, mgreg_error *err);
void mgreg_session_free(mgreg_session *session);
mgreg_graph *mgreg_session_graph(mgreg_session *session);

/* VALUE takes the place of the tensor TO during a run: any tensor of the graph, not only a placeholder. */
typedef struct mgreg_feed {
	mgreg_output        to;
	const mgreg_tensor *value;
} mgreg_feed;

/* Runs what FETCHES and TARGETS need, each node once; among nodes that no edge orders, the order is that of a first-in-first-out
 * ready queue, always the same.  RESULTS[i] gets the value of fetch i, a tensor of the caller's (mgreg_tensor_free).
 * INVALID_ARGUMENT: a feed does not fit, a placeholder is not fed, a fetch lies in a branch that was not taken;
 * FAILED_PRECONDITION: a variable was never initialized; UNIMPLEMENTED: an op has no kernel; CANCELLED,
 * DEADLINE_EXCEEDED.  ERR->node names the node.  Variables keep what the nodes before the failure wrote. */
int mgreg_session_run(mgreg_session *session, const mgreg_feed *feeds, int feed_count, const mgreg_output *fetches,
	int fetch_count, mgreg_node *const *targets, int target_count, mgreg_tensor **results, mgreg_error *err);
/* The same by names: tensors "node:0" (or "node", its first output), targets "node". */
int mgreg_session_run_named(mgreg_session *session, const char *const *feed_names, const mgreg_tensor *const *feed_values,
	int feed_count, const char *const *fetch_names, int fetch_count, const char *const *target_names, int target_count,
	mgreg_tensor **results, mgreg_error *err);

/* Seconds that each run beginning afterwards may take; 0: any. */
void mgreg_session_set_deadline(mgreg_session *session, double seconds);
/* Ends the runs under way with CANCELLED, from any thread or signal handler; later runs are not affected. */
void mgreg_session_cancel(mgreg_session *session);

/* A variable by the name of its node (or its shared name): a copy of its value; a new value, whose dtype must be the
 * variable's; whether it has one (0 also if there is no such variable).  NOT_FOUND, FAILED_PRECONDITION (no value). */
int mgreg_session_variable_get(mgreg_session *session, const char *name, mgreg_tensor **out, mgreg_error *err);
int mgreg_session_variable_set(mgreg_session *session, const char *name, const mgreg_tensor *value, mgreg_error *err);
int mgreg_session_variable_is_set(mgreg_session *session, const char *name);

/* The place in its stream of every random node that has run; setting it continues a stream (also before its first run). */
int mgreg_session_random_each(mgreg_session *session, int (*each)(void *ctx, const char *node, const uint64_t state[4]), void *ctx);
int mgreg_session_random_set(mgreg_session *session, const char *node, const uint64_t state[4], mgreg_error *err);

/* Notes how long each node takes from now on; taking ends it: Chrome trace JSON (mgreg_free). */
int mgreg_session_trace_begin(mgreg_session *session, mgreg_error *err);
int mgreg_session_trace_take(mgreg_session *session, char **json, size_t *len, mgreg_error *err);

/* Is there a kernel for this node (its op and types); for any form of this op? */
int mgreg_node_can_run(const mgreg_node *node);
int mgreg_op_can_run(const char *op);

/* ---- 12. savers and save targets --------------------------------------------------------- */

/* How a saver is made; the numbers are TensorFlow's.  Start from MGREG_SAVER_INIT. */
typedef struct mgreg_saver_options {
	size_t      size;
	const char *const *variables;   /* names of variables ("w"); NULL: all of collection "variables" */
	const char *const *keys;        /* what they are called in the checkpoint; NULL: by their names */
	int         variable_count;
	const char *name;               /* scope of its nodes; NULL: "save" */
	int         max_to_keep;        /* older checkpoints go; 0: none ever */
	double      keep_hours;         /* one in so many hours stays for good */
	int         write_version;      /* 1 or 2 */
	unsigned    reshape:1, sharded:1, allow_empty:1, pad_step_number:1, save_relative_paths:1;
} mgreg_saver_options;
#define MGREG_SAVER_INIT { sizeof(mgreg_saver_options), NULL, NULL, 0, NULL, 5, 10000.0, 2, 0, 0, 0, 0, 0 }

/* Adds the nodes that save and restore to GRAPH, which must outlive the saver.  INVALID_ARGUMENT: no variables.  OPTIONS may be
 * NULL. */
int mgreg_saver_new(mgreg_saver **out, mgreg_graph *graph, const mgreg_saver_options *options, mgreg_error *err);
void mgreg_saver_free(mgreg_saver *saver);

/* Saves the session's variables as TensorFlow's files: PATH, or PATH-<step> if STEP is not negative, with its .meta beside it and
 * the state file `checkpoint` in its folder.  *PREFIX (may be NULL; mgreg_free) is the checkpoint's name.  With _nometa no .meta is
 * written.  FAILED_PRECONDITION: a variable has no value; NOT_FOUND: no such folder. */
int mgreg_saver_save(mgreg_saver *saver, mgreg_session *session, const char *path, int64_t step, char **prefix, mgreg_error *err);
int mgreg_saver_save_nometa(mgreg_saver *saver, mgreg_session *session, const char *path, int64_t step, char **prefix,
	mgreg_error *err);
/* Gives the session's variables the values of checkpoint PREFIX.  NOT_FOUND: no such checkpoint, or a tensor is not in it;
 * INVALID_ARGUMENT: shapes or types differ; DATA_LOSS. */
int mgreg_saver_restore(mgreg_saver *saver, mgreg_session *session, const char *prefix, mgreg_error *err);
/* The newest checkpoint that the state file in DIR names and that is there; mgreg_free.  NOT_FOUND, reason NO: none. */
int mgreg_latest_checkpoint(const char *dir, char **prefix, mgreg_error *err);

/* ---- 13. training and evaluation --------------------------------------------------------- */

/* A version brought to life: its MetaGraph in a graph of its own, a session, its variables restored (or initialized, where
 * it has no weights).  One thread at a time. */
typedef struct mgreg_live mgreg_live;

/* How a version comes to life.  Start from MGREG_LIVE_INIT. */
typedef struct mgreg_live_options {
	size_t      size;
	const char *tags;               /* which MetaGraph of a SavedModel ("A,B"); NULL: the first */
	const char *import_scope;       /* prefix for all names; NULL: none */
	const char *const *map_from;    /* input_map: names in the version's graph ("x:0", "$unbound_inputs_x") ... */
	const char *const *map_to;      /* ... and the placeholders that are made to take their place */
	int         map_count;
	const char *const *collections; /* only these are brought back; NULL: all */
	int         collection_count;
	const char *const *map_variable;/* restore map: VARIABLE=TENSOR, or SCOPE/=SCOPE/ for all below */
	const char *const *map_tensor;
	int         restore_map_count;
	const char *const *roots;       /* folders that the graph's kernels may reach */
	int         root_count;
	int         threads;            /* 0: one per CPU */
	double      deadline;           /* seconds for every run, 0: none */
	unsigned    clear_devices:1, uniquify:1, no_restore:1, allow_missing:1, no_optimize:1, allow_unknown_ops:1;
} mgreg_live_options;
#define MGREG_LIVE_INIT { sizeof(mgreg_live_options), NULL, NULL, NULL, NULL, 0, NULL, 0, NULL, NULL, 0, NULL, 0, 0, 0.0, 0, 0, 0, 0, 0, 0 }

/* REF is any reference of mgreg(1).  NOT_FOUND names tensors that the graph restores and the version lacks (nothing is
 * restored then); FAILED_PRECONDITION: the version has no MetaGraph.  The store must outlive it.  OPTIONS may be NULL. */
int mgreg_live_load(mgreg_live **out, mgreg_store *store, const char *ref, const mgreg_live_options *options, mgreg_error *err);
void mgreg_live_free(mgreg_live *live);
mgreg_graph *mgreg_live_graph(mgreg_live *live);
mgreg_session *mgreg_live_session(mgreg_live *live);
mgreg_saver *mgreg_live_saver(mgreg_live *live);                /* NULL: nothing to restore */
const mgreg_version_info *mgreg_live_version(const mgreg_live *live);
int mgreg_live_is_restored(const mgreg_live *live);             /* 0: initialized, or left unset */
/* Variables that the version lacks (allow_missing) and remarks about what could not be brought back. */
int mgreg_live_missing_each(const mgreg_live *live, int (*each)(void *ctx, const char *variable), void *ctx);
int mgreg_live_report_each(const mgreg_live *live, int (*each)(void *ctx, const char *line), void *ctx);
/* A node, a tensor "node:0", or the key of an input or output in a signature -> output. */
int mgreg_live_find(mgreg_live *live, const char *name, mgreg_output *out, mgreg_error *err);
/* One run from text.  A feed is "NODE=VALUE": VALUE is JSON ("[[1],[2]]"), a .npy, or "FILE:NAME" with a member of an .npz or a
 * column of a .csv; it becomes a value of the tensor's type.  RESULTS[i] (mgreg_tensor_free) is NULL for a fetch that is a
 * node without outputs: it only runs.  Names as in mgreg_live_find(), errors as in mgreg_session_run(). */
int mgreg_live_run(mgreg_live *live, const char *const *feeds, int feed_count, const char *const *fetches, int fetch_count,
	mgreg_tensor **results, mgreg_error *err);

/* Training a stored version.  Start from MGREG_TRAIN_INIT. */
typedef struct mgreg_train_progress {
	int64_t     steps;              /* run so far, by this call */
	int64_t     step;               /* global step */
	int64_t     target;             /* steps this call will run, 0: not known */
	int         metric_count;
	const char *const *metric_names;
	const double *metrics;          /* of the last step */
	double      seconds;            /* since the first step began */
	const mgreg_version_info *saved;/* a version was saved just now; else NULL */
} mgreg_train_progress;

enum mgreg_stop { MGREG_STOP_NAN = 1, MGREG_STOP_INF = 2, MGREG_STOP_DIVERGE = 4 };

typedef struct mgreg_train_options {
	size_t      size;
	const mgreg_live_options *live; /* roots, threads ...; NULL: defaults */
	const char *data;               /* file or folder whose columns feed placeholders; NULL: none */
	const char *const *feed_map;    /* "PLACEHOLDER=COLUMN" */
	int         feed_map_count;
	int64_t     batch;              /* 0: what the placeholders' shapes ask for, else all rows */
	const char *train_op;           /* node; NULL: first of collection train_op */
	int64_t     steps;              /* this many more; or ... */
	int64_t     until_step;         /* ... up to this global step; or ... */
	int64_t     epochs;             /* ... this often through the data */
	int64_t     save_every;         /* steps, 0: only at the end */
	double      save_secs;          /* seconds, 0: none */
	const char *const *metrics;     /* scalar tensors, fetched and recorded at every step */
	int         metric_count;
	const char *const *set;         /* "NAME=VALUE": tensors that are fed this value at every step */
	int         set_count;
	const char *run;                /* fork into this run; NULL: continue the version's own */
	uint64_t    seed;               /* if has_seed: of shuffling, and of random ops without a seed */
	unsigned    stop_on;            /* enum mgreg_stop: a metric does this -> reason NUMERIC, nothing saved */
	const char *keep;               /* policy of the run, as `mgreg train --keep`; NULL: as it is */
	const char *tee;                /* folder: every save also as TensorFlow's files */
	const int  *cancel;             /* not 0: the running step ends (2 s, then it is cancelled) and training stops; NULL */
	int       (*progress)(void *ctx, const mgreg_train_progress *p);        /* after every step; not 0: stop as by cancel */
	void       *ctx;
	char      **trace;              /* gets where time went as Chrome trace JSON (mgreg_free); NULL: not wanted */
	unsigned    has_seed:1, fresh_random:1, no_save_on_exit:1, dry_run:1;
} mgreg_train_options;
#define MGREG_TRAIN_INIT { sizeof(mgreg_train_options), NULL, NULL, NULL, 0, 0, NULL, 0, 0, 0, 0, 0.0, NULL, 0, NULL, 0, NULL, 0, 0, \
	NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, 0, 0 }

typedef struct mgreg_train_result {
	int64_t  steps;                 /* that ran to their end */
	int64_t  first_step, last_step; /* global steps before and after */
	int64_t  saves;
	double   seconds;
	mgreg_version_info last;        /* if saves: the version saved last; else the one trained on */
	unsigned cancelled:1;           /* by cancel or progress */
	unsigned step_cut:1;            /* a step was cancelled halfway: its state was not saved */
} mgreg_train_result;

/* Trains the version REF names and saves each state as a new version: weights, MetaGraph, hyper-parameters, metrics and what it
 * takes to go on exactly, in one transaction.  NOT_FOUND: no such version, train op, data column; FAILED_PRECONDITION: nothing to
 * save; reason NUMERIC: stop_on.  OUT is filled as far as it went even on failure; it may be NULL. */
int mgreg_train(mgreg_store *store, const char *ref, const mgreg_train_options *options, mgreg_train_result *out, mgreg_error *err);

/* Evaluating a stored version.  Start from MGREG_EVAL_INIT. */
typedef struct mgreg_eval_options {
	size_t      size;
	const mgreg_live_options *live;
	const char *data;
	const char *const *feed_map;
	int         feed_map_count;
	int64_t     batch;              /* 0: as in training */
	const char *const *fetch;       /* tensors; booleans count as 0 and 1, arrays as the mean of their elements */
	int         fetch_count;
	const int  *cancel;
	int       (*progress)(void *ctx, int64_t rows, int64_t total);
	void       *ctx;
	char      **trace;              /* as in training */
	unsigned    record:1;           /* as metrics "eval/<name>" bound to the version */
} mgreg_eval_options;
#define MGREG_EVAL_INIT { sizeof(mgreg_eval_options), NULL, NULL, NULL, 0, 0, NULL, 0, NULL, NULL, NULL, NULL, 0 }
/* RESULTS[i]: mean of fetch i over all rows, each batch weighted by its rows.  *ROWS (may be NULL) is their number, *VERSION
 * (may be NULL) what was evaluated. */
int mgreg_eval(mgreg_store *store, const char *ref, const mgreg_eval_options *options, double *results, int64_t *rows,
	mgreg_version_info *version, mgreg_error *err);

/* Extending a stored version.  Start from MGREG_EXTEND_INIT. */
typedef struct mgreg_extend_options {
	size_t      size;
	const mgreg_live_options *live;
	const char *with;               /* GraphDef or MetaGraphDef, binary or text, whose inputs may name nodes of the version; NULL: nothing */
	const char *const *map_from;    /* names in the fragment ("$unbound_inputs_x", "x:0", "^x") ... */
	const char *const *map_to;      /* ... and the tensors of the version that take their place */
	int         map_count;
	const char *as;                 /* MODEL[/RUN] of the new version */
	const char *minimize;           /* loss: adds gradients, slots and a train op; NULL: nothing */
	const char *optimizer;          /* "sgd:learning_rate=0.01"; with minimize */
	unsigned    init_missing:1;     /* variables that the version lacks get their initial values */
	unsigned    no_latest:1, dry_run:1;
} mgreg_extend_options;
#define MGREG_EXTEND_INIT { sizeof(mgreg_extend_options), NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL, 0, 0, 0 }
/* ALREADY_EXISTS lists names that both sides have; NOT_FOUND an input that neither side has; FAILED_PRECONDITION lists variables that
 * the version lacks. */
int mgreg_extend(mgreg_store *store, const char *ref, const mgreg_extend_options *options, mgreg_version_info *out, mgreg_error *err);

/* ---- 14. formats: what files and versions hold -------------------------------------------- */

/* The contents of a file, a folder or a version: MetaGraphs, tensors, files.  Everything that its functions hand out is
 * borrowed and lives until it is closed. */
typedef struct mgreg_content mgreg_content;

/* Opens what lies at PATH: MetaGraphDef, GraphDef or SavedModel in binary or text, a checkpoint prefix or folder, a SavedModel
 * folder.  TAGS ("A,B") picks one MetaGraph of a SavedModel; NULL: the first.  NOT_FOUND; DATA_LOSS and INVALID_ARGUMENT name the
 * file and the place. */
int mgreg_content_open(mgreg_content **out, const char *path, const char *tags, mgreg_error *err);
/* The same for a version; the store must outlive it. */
int mgreg_content_open_version(mgreg_content **out, mgreg_store *store, int64_t version_id, const char *tags, mgreg_error *err);
void mgreg_content_close(mgreg_content *content);

/* A summary.  Numbers are -1 where there is nothing to count. */
typedef struct mgreg_content_info {
	const char *kind;               /* checkpoint weights saved_model frozen metagraph */
	const char *format;             /* metagraph graphdef saved_model session_bundle checkpoint checkpoint_dir; "store" */
	const char *path;               /* as given, or the version's printed reference */
	const char *prefix;             /* of the checkpoint; NULL: none, or in a store */
	const char *weights_format;     /* "v2", "v1", "store"; NULL: no weights */
	const char *tags;               /* of the MetaGraph shown, "" without; NULL: no MetaGraph */
	const char *meta_graph_version, *tensorflow_version, *tensorflow_git_version;   /* NULL: no MetaGraph; "" not recorded */
	int64_t     metagraphs, metagraph_bytes;
	int64_t     producer, min_consumer, nodes, functions, stripped_ops, collections, signatures, assets;
	int64_t     tensors, tensor_bytes, files;
	int         stripped_default_attrs, has_saver, is_text;
} mgreg_content_info;
int mgreg_content_get_info(mgreg_content *content, mgreg_content_info *out, mgreg_error *err);

/* The MetaGraph itself, in binary as it came or in text format; mgreg_free.  NOT_FOUND: there is none. */
int mgreg_content_metagraph(mgreg_content *content, int as_text, char **out, size_t *size, mgreg_error *err);

/* In all of these EACH returns non-zero to stop, which is returned.  Without a MetaGraph there is nothing to hear. */
typedef struct mgreg_node_info {
	int64_t     node_no;
	const char *node, *op, *device, *inputs;        /* inputs: as in NodeDef, separated by blanks */
	char        attrs[65];                          /* digest of the attributes */
} mgreg_node_info;
int mgreg_content_nodes_each(mgreg_content *content, int (*each)(void *ctx, const mgreg_node_info *node), void *ctx,
	mgreg_error *err);

typedef struct mgreg_collection_item {
	const char *collection;
	int64_t     idx;
	const char *kind;                       /* node bytes int64 float any empty (a collection without a list) */
	const char *node;                       /* kind node; else NULL */
	int64_t     int_value;                  /* kind int64 */
	double      real_value;                 /* kind float */
	const void *bytes;                      /* kinds bytes, any; else NULL */
	size_t      bytes_size;
	const char *type_url;                   /* kind any */
	const char *summary;                    /* one line for people; NULL: bytes nobody knows */
} mgreg_collection_item;
/* Sorted by collection, then in their order.  NAME: this collection only, NOT_FOUND if it is not there; NULL: all. */
int mgreg_content_collections_each(mgreg_content *content, const char *name,
	int (*each)(void *ctx, const mgreg_collection_item *item), void *ctx, mgreg_error *err);

typedef struct mgreg_signature_entry {
	const char *signature, *side, *key;     /* side: input or output */
	const char *tensor, *dtype, *shape;     /* shape: JSON, "null" of unknown rank */
	const char *method;
} mgreg_signature_entry;
int mgreg_content_signatures_each(mgreg_content *content, int (*each)(void *ctx, const mgreg_signature_entry *entry), void *ctx,
	mgreg_error *err);

typedef struct mgreg_saver_info {
	const char *filename_tensor_name, *save_tensor_name, *restore_op_name;
	int         max_to_keep, sharded;
	double      keep_checkpoint_every_n_hours;
	const char *version;                    /* LEGACY V1 V2, or a number */
} mgreg_saver_info;
/* NOT_FOUND, reason NO: the MetaGraph has none. */
int mgreg_content_saver(mgreg_content *content, mgreg_saver_info *out, mgreg_error *err);

typedef struct mgreg_hparam {
	const char *hparam, *type;              /* bool int float string list null */
	const char *value;                      /* as text; lists as JSON */
	double      number;                     /* only if has_number */
	int         has_number;
} mgreg_hparam;
/* Hyper-parameters by name: of a version what counts for it, of a file its collection `hparams`. */
int mgreg_content_hparams_each(mgreg_content *content, int (*each)(void *ctx, const mgreg_hparam *hparam), void *ctx,
	mgreg_error *err);

/* The same of a version, without opening it. */
int mgreg_store_hparams_each(mgreg_store *store, int64_t version_id, int (*each)(void *ctx, const mgreg_hparam *hparam),
	void *ctx, mgreg_error *err);

typedef struct mgreg_file_info {
	const char *path;
	int64_t     bytes;
	const char *digest;                     /* SHA-256 in hex, of a version's files; else NULL */
} mgreg_file_info;
int mgreg_content_files_each(mgreg_content *content, int (*each)(void *ctx, const mgreg_file_info *file), void *ctx,
	mgreg_error *err);

typedef struct mgreg_tensor_info {
	const char *tensor, *slice;             /* slice: "" for a whole tensor */
	const char *dtype, *shape, *full_shape; /* JSON; full_shape NULL without slice */
	int64_t     elements, bytes;            /* bytes -1: not known without reading */
	const char *digest;                     /* SHA-256 in hex, of a version's tensors; else NULL */
	int         has_stats;                  /* the numbers below count; min to l2 are NaN without a finite value */
	double      min, max, mean, std, l2;
	int64_t     zeros, nans, infs;
} mgreg_tensor_info;
/* Tensors by name, then slice.  GLOB (*, ?, [a-z]; NULL: all) picks names.  STATS: statistics too; of files they are computed
 * by reading the tensors, of versions they are at hand. */
int mgreg_content_tensors_each(mgreg_content *content, const char *glob, int stats,
	int (*each)(void *ctx, const mgreg_tensor_info *tensor), void *ctx, mgreg_error *err);
/* The tensor, its slices joined; or, SLICE neither NULL nor "", that part of it (as in mgreg_tensor_info).  NOT_FOUND;
 * DATA_LOSS concerns this tensor only. */
int mgreg_content_read(mgreg_content *content, const char *tensor, const char *slice, mgreg_tensor **out, mgreg_error *err);

/* What to compare.  Start from MGREG_DIFF_INIT. */
typedef struct mgreg_diff_options {
	size_t   size;
	double   tolerance;                     /* tensors: |a - b| <= tolerance * max(1, |b|) is no difference; 0: by their bits */
	unsigned graph:1, hparams:1, tensors:1, collections:1;  /* all 0: everything, signatures and saver too */
	unsigned same:1;                        /* also hear what is the same */
} mgreg_diff_options;
#define MGREG_DIFF_INIT { sizeof(mgreg_diff_options), 0.0, 0, 0, 0, 0, 0 }

typedef struct mgreg_difference {
	const char *part;                       /* info graph signatures saver collections hparams tensors */
	const char *change;                     /* added removed changed same */
	const char *name;                       /* of the node, collection, hyper-parameter, tensor, ... */
	const char *field;                      /* what of it, e.g. attr["T"].type; "" for the whole; "values" of a tensor */
	const char *a, *b;                      /* short texts; NULL: not there.  Of values: type and shape, how far apart */
} mgreg_difference;
/* Compares two contents, A the older.  *COUNT (may be NULL): differences found, "same" not counted. */
int mgreg_content_diff(mgreg_content *a, mgreg_content *b, const mgreg_diff_options *options,
	int (*each)(void *ctx, const mgreg_difference *difference), void *ctx, int64_t *count, mgreg_error *err);

/* ---- 16. hooks --------------------------------------------------------------------------- */

/* The allocator the library uses; set it before any other call, or leave it.  RESIZE(NULL, n) is a
 * new block, RESIZE(p, 0) is never called. */
typedef struct mgreg_allocator {
	void *(*resize)(void *ctx, void *ptr, size_t size);
	void  (*release)(void *ctx, void *ptr);
	void   *ctx;
} mgreg_allocator;
void mgreg_set_allocator(const mgreg_allocator *allocator);
/* Frees a block (text, array) that a function of the library gave to the caller; NULL does nothing. */
void mgreg_free(void *block);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif
#endif
