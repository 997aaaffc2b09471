/* SPDX-License-Identifier: Apache-2.0 */
/* mgreg/store.h - stores: one SQLite file, its settings, SQL over its history. */
#ifndef MGREG_STORE_H
#define MGREG_STORE_H

#include "mgreg/core.h"

MGREG_BEGIN

/* ---- stores ---------------------------------------------------------------------------------- */
typedef struct mgreg_store mgreg_store;

/* How a store is made or opened.  Start from MGREG_STORE_OPTIONS_INIT. */
typedef struct mgreg_store_options {
	size_t      size;
	int         read_only;
	int         stranger;           /* treat it as another user's file: everything is checked */
	double      timeout;            /* seconds to wait for a lock; negative: 10 */
	const char *actor;              /* for the audit log; NULL: $MGREG_ACTOR, then the login name */
	const char *journal;            /* create: "auto" (NULL), "wal", "rollback" */
	const char *placement;          /* create: "inline" (NULL), "segments" */
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

/* How thorough a check is: structure, keys and invariants only; and every chunk against its fast hash; and SHA-256 of every chunk,
 * every object against its digest, every MetaGraph decoded and its graph well-formed. */
typedef enum mgreg_fsck_level { MGREG_FSCK_QUICK, MGREG_FSCK_CHUNKS, MGREG_FSCK_FULL } mgreg_fsck_level;
typedef struct mgreg_fsck_options {
	size_t           size;
	mgreg_fsck_level level;
	int              repair_index;  /* SQLite's indexes and the tables that are derived from stored bytes are made anew first */
	double           rate;          /* bytes a second that are read at most; 0: no bound */
} mgreg_fsck_options;
#define MGREG_FSCK_INIT { .size = sizeof(mgreg_fsck_options), .level = MGREG_FSCK_CHUNKS }
/* EACH hears the name of the check and what is wrong.  *PROBLEMS counts them; finding some is not an error of the call.
 * OPTIONS may be NULL.  Others may go on reading and writing. */
int mgreg_store_fsck(mgreg_store *store, const mgreg_fsck_options *options, mgreg_pair_fn *each, void *ctx, int64_t *problems,
	mgreg_error *err);

/* Frees what nothing needs, in many short transactions: others go on meanwhile. */
typedef enum mgreg_vacuum { MGREG_VACUUM_INCREMENTAL, MGREG_VACUUM_NONE, MGREG_VACUUM_FULL } mgreg_vacuum;
typedef struct mgreg_gc_options {
	size_t       size;
	double       grace;             /* seconds; negative: the store's setting */
	int          compact;           /* what is stored takes the configured codec and placement */
	int          dry_run;           /* counts exactly what would be freed, and frees nothing */
	double       max_time;          /* seconds; 0: no bound.  What is left is for the next time. */
	mgreg_vacuum vacuum;            /* whether and how freed pages go back to the file system */
	const int   *stop;              /* ends soon once it is not 0; may be NULL */
} mgreg_gc_options;
#define MGREG_GC_INIT { .size = sizeof(mgreg_gc_options), .grace = -1 }
typedef struct mgreg_gc_result {
	int64_t versions;               /* purged */
	int64_t objects, chunks;        /* dropped */
	int64_t bytes;                  /* of the chunks, as stored */
	int64_t segments, strays;       /* files unlinked: empty ones, and such as belong to nothing */
	int64_t recoded, recoded_before, recoded_after, moved;  /* chunks in a new form and their bytes; chunks in a new place */
	int64_t file_before, file_after;/* bytes of the store's file */
	int     finished;               /* 0: stopped by time or by STOP */
} mgreg_gc_result;
int mgreg_store_gc(mgreg_store *store, const mgreg_gc_options *options, mgreg_gc_result *out, mgreg_error *err);

/* What versions hold, and what deleting all of them together would free: shared chunks, bases of deltas and files followed. */
typedef struct mgreg_usage {
	int64_t versions;
	int64_t logical_bytes;          /* of their tensors and files, equal ones once */
	int64_t stored_bytes;           /* what these take, shared with others or not */
	int64_t frees_bytes;
} mgreg_usage;
int mgreg_store_usage(mgreg_store *store, const int64_t *versions, int count, mgreg_usage *out, mgreg_error *err);

/* A copy under DEST, segments included (DEST.d), whole or not at all, while others read and write.  ALREADY_EXISTS; NOT_FOUND:
 * there is no such folder.  With VERIFY the copy is opened and every chunk of it is read: DATA_LOSS if one is damaged. */
int mgreg_store_backup(mgreg_store *store, const char *dest, int verify, mgreg_error *err);

/* A tensor of a version where it lies: in a segment, raw and in one piece.  The bytes are the file's own pages, read-only, and stay
 * valid until mgreg_mapped_free(), whatever happens to the version; nothing has been verified.  FAILED_PRECONDITION: it lies inline,
 * packed or in pieces and has to be loaded instead.  NOT_FOUND: no such tensor. */
typedef struct mgreg_mapped mgreg_mapped;
int mgreg_store_map_tensor(mgreg_mapped **out, mgreg_store *store, int64_t version_id, const char *name, mgreg_error *err);
const void *mgreg_mapped_data(const mgreg_mapped *mapped);
size_t mgreg_mapped_size(const mgreg_mapped *mapped);
void mgreg_mapped_free(mgreg_mapped *mapped);

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

MGREG_END
#endif
