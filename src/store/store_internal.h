/* SPDX-License-Identifier: Apache-2.0 */
/* store_internal.h - the store's own: the handle, statements by name, what its files share. */
#ifndef MG_STORE_INTERNAL_H
#define MG_STORE_INTERNAL_H

#include "base/base.h"
#include <sqlite3.h>
#include "base/clock.h"
#include "base/json.h"
#include "base/map.h"
#include "base/path.h"
#include "base/set.h"
#include "base/num.h"
#include "base/thread.h"
#include "base/xxh3.h"
#include "schema/sql.h"
#include "store/store.h"

#define MG_APPLICATION_ID 0x4D475247
#define MG_SCHEMA_NUMBER 1              /* user_version this program writes */
#define MG_BATCH_SIZE (8 * MG_LEAF_SIZE)        /* bytes of chunks that one small transaction stores */

/* A prepared statement.  A cached one that is in use when it is wanted again is prepared a second time. */
typedef struct mg_stmt {
	sqlite3_stmt *st;
	mg_store     *store;
	bool          row, in_use, temporary;
} mg_stmt;

struct mgreg_store {
	sqlite3   *db;
	char      *path, *actor, *host;
	bool       read_only, immutable, stranger, is_local, newer;
	bool       trusted_text;        /* sqlite_schema has been compared */
	bool       internal;            /* our own pragma is running: the authorizer lets it pass */
	double     timeout, deadline;
	int        txn_depth;
	bool       txn_write, txn_failed;
	pthread_mutex_t lock;
	mg_stmt    stmts[MG_SQL_COUNT];
	/* the chunk read last, verified: packs hold many small values */
	int64_t    cached_id;
	uint8_t    cached_xxh3[MG_XXH3_SIZE];
	size_t     cached_size, cached_cap;
	uint8_t   *cached;
};

/* ---- db.c ---- */
/* Turns SQLite's RC of the connection's last call into ours. */
int mg_db_fail(mg_store *s, int sqlite_rc, mgreg_error *err, const char *fmt, ...) MG_PRINTF(4, 5);
int mg_db_exec(mg_store *s, const char *sql, mgreg_error *err);         /* our own scripts */
int mg_db_pragma_i64(mg_store *s, const char *pragma, int64_t *out, mgreg_error *err);
int mg_db_pragma_text(mg_store *s, const char *pragma, mg_str *out, mgreg_error *err);
int mg_db_reopen(mg_store *s, mgreg_error *err);        /* after a commit whose fate is not known */
bool mg_db_commit_is_undecided(const mgreg_error *err);
/* Commits what BEGIN began; retries BUSY until the deadline. */
int mg_db_commit(mg_store *s, mgreg_error *err);

/* ---- migrate.c ---- */
int mg_schema_create(mg_store *s, mgreg_error *err);
int mg_schema_migrate(mg_store *s, mgreg_error *err);   /* a writer meets an older store */
int mg_schema_check(mg_store *s, mgreg_error *err);     /* sqlite_schema is ours, word for word */
/* Plain tables and indexes that are not ours. */
int mg_schema_foreign(mg_store *s, int (*each)(void *ctx, const char *name), void *ctx, mgreg_error *err);
extern const char mg_sql_derived[], mg_sql_pragmas[];

/* ---- stmt.c ----
 * bind: i int64_t, I bool + int64_t (false: NULL), d double, D bool + double, s text (NULL: NULL), t text + size_t, b blob pointer +
 * size_t (pointer NULL: NULL), 0 NULL.
 * read: i int64_t*, I int64_t* + bool* (has), d double* (NULL: NaN), s const char** (NULL: NULL), t const char** ("" for NULL),
 * b const void** + size_t*, h uint8_t[32] (DATA_LOSS is left to fsck: other sizes give zeros), - skips.  Texts live until the
 * next step. */
int mg_stmt_get(mg_store *s, enum mg_sql name, mg_stmt **out, mgreg_error *err);
int mg_stmt_prepare(mg_store *s, const char *sql, mg_stmt **out, mgreg_error *err);     /* release frees it */
int mg_stmt_bind(mg_stmt *q, mgreg_error *err, const char *types, ...);
int mg_stmt_vbind(mg_stmt *q, mgreg_error *err, const char *types, va_list args);
int mg_stmt_step(mg_stmt *q, mgreg_error *err);
static inline bool mg_stmt_has_row(const mg_stmt *q) { return q->row; }
void mg_stmt_read(mg_stmt *q, const char *types, ...);
void mg_stmt_release(mg_stmt *q);
/* get + bind + step to the end + release. */
int mg_stmt_run(mg_store *s, enum mg_sql name, mgreg_error *err, const char *types, ...);
/* The one integer of the first row; *FOUND (may be NULL) false and 0 if there is no row or NULL. */
int mg_stmt_one(mg_store *s, enum mg_sql name, int64_t *out, bool *found, mgreg_error *err, const char *types, ...);
/* The one text of the first row appended to OUT. */
int mg_stmt_text(mg_store *s, enum mg_sql name, mg_str *out, bool *found, mgreg_error *err, const char *types, ...);
int mg_stmt_changes(mg_store *s);
int64_t mg_stmt_last_id(mg_store *s);

/* ---- chunk.c ---- */
typedef struct mg_chunk_facts {
	int64_t  id, size, stored, codec;
	uint8_t  sha256[32], xxh3[MG_XXH3_SIZE];
} mg_chunk_facts;
/* Finds or stores a chunk within a write transaction; *ADDED gets the bytes stored, 0 if it was there. */
int mg_chunk_put(mg_store *s, const uint8_t sha256[32], const uint8_t xxh3[MG_XXH3_SIZE], const void *data, size_t size,
	int64_t *id, int64_t *added, mgreg_error *err);
/* Its raw bytes into OUT (FACTS->size of them), verified. */
int mg_chunk_read(mg_store *s, const mg_chunk_facts *facts, void *out, mgreg_error *err);
/* The same through the one-chunk cache; *OUT is borrowed until the next call. */
int mg_chunk_cached(mg_store *s, const mg_chunk_facts *facts, const uint8_t **out, mgreg_error *err);

/* ---- codec.c ---- */
enum { MG_CODEC_RAW, MG_CODEC_ZSTD, MG_CODEC_SHUFFLE, MG_CODEC_DELTA };
int mg_codec_decode(int codec, int width, const void *data, size_t size, void *out, size_t out_size, mgreg_error *err);

/* ---- staging.c ---- */
typedef struct mg_pending {             /* a chunk of a save, stored or about to be */
	uint8_t  sha256[32], xxh3[MG_XXH3_SIZE];
	void    *data;                  /* until it is stored */
	size_t   size;
	int64_t  chunk_id;              /* 0 until then */
} mg_pending;

struct mg_save {
	mg_store *store;
	char      uid[33];
	bool      registered;           /* the row of mg_save exists */
	bool      published;
	MG_VEC(mg_pending) chunks;      /* part.chunk < 0 is -(index + 1) */
	size_t    first_waiting;        /* chunks before it are stored and claimed */
	size_t    waiting_bytes;
	uint8_t  *pack;                 /* small values gather here */
	size_t    pack_size;
	size_t    packs;                /* closed so far */
	int       writers;              /* blobs being written */
	bool      overlapped;           /* two at once: what one queued cannot be taken back */
	MG_VEC(mg_blob *) blobs;
	mg_map    by_digest;            /* hex digest + size -> mg_blob */
	MG_VEC(int64_t) reused;         /* objects that were there, to be claimed */
	size_t    reused_claimed;
	int64_t   claimed;              /* rows of mg_claim that must be there */
	int64_t   added_bytes;
};
/* Queues a chunk (DATA is copied); *PART_CHUNK is what parts call it. */
int mg_save_add_chunk(mg_save *save, const uint8_t *sha256, const void *data, size_t size, int64_t *part_chunk, mgreg_error *err);
int mg_save_add_small(mg_save *save, const void *data, size_t size, mg_part *part, mgreg_error *err);
int mg_save_flush(mg_save *save, mgreg_error *err);     /* everything waiting: stored and claimed, in one transaction */
int mg_save_check_claims(mg_save *save, mgreg_error *err);
int mg_blob_insert(mg_save *save, mg_blob *blob, mgreg_error *err);     /* rows of an object, in the publish transaction */

/* ---- small things ---- */
int mg_version_read_info(mg_store *s, mg_stmt *q, mg_version_info *out, mgreg_error *err);
int mg_ref_fill(mg_store *s, mg_version_info *v, mgreg_error *err);     /* v->ref */
const char *mg_kind_check(const char *kind);                            /* NULL if it is none */
void mg_copy_text(char *to, size_t size, const char *from);
int mg_check_name(const char *what, const char *name, mgreg_error *err);
int mg_check_json(const char *what, const char *text, mgreg_error *err);
int mg_require_writable(const mg_store *s, mgreg_error *err);
#endif
