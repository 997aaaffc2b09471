/* SPDX-License-Identifier: Apache-2.0 */
/* store_internal.h - the store's own: the handle, statements by name, what its files share. */
#ifndef MG_STORE_INTERNAL_H
#define MG_STORE_INTERNAL_H

#include "base/base.h"
#include <sqlite3.h>
#include "base/clock.h"
#include "base/crew.h"
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
#define MG_SCHEMA_NUMBER 2              /* user_version this program writes */
#define MG_BATCH_SIZE (8 * MG_LEAF_SIZE)        /* bytes of chunks that one small transaction stores */
#define MG_WAITING_LIMIT (16 * MG_LEAF_SIZE)    /* bytes of a save that wait in memory */

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
	bool       wal;                 /* the journal is a write-ahead log */
	bool       relaxed;             /* commits are not synced: only within a save or a compaction, never for what is published */
	int64_t    page_size;
	atomic_llong wal_frames;        /* in the log after the last commit */
	int        saves;               /* under way */
	int        wal_fd;              /* of the log, for early write-back; -1: not open */
	struct {                        /* copies the log into the database while the caller goes on */
		mg_thread   thread;
		bool        started;
		atomic_bool running;
	} checkpoint;
	mg_crew   *crew;                /* made by the first large read or write */
	bool       crew_tried;
	MG_VEC(struct mg_segment_file *) segments;      /* open for reading */
	uint64_t   segment_clock;
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
/* A write transaction whose commit is not synced (under a log): what it holds is lost whole or kept whole. */
int mg_txn_begin_relaxed(mg_store *s, mgreg_error *err);
int mg_db_pragma_i64(mg_store *s, const char *pragma, int64_t *out, mgreg_error *err);
int mg_db_pragma_text(mg_store *s, const char *pragma, mg_str *out, mgreg_error *err);
int mg_db_reopen(mg_store *s, mgreg_error *err);        /* after a commit whose fate is not known */
bool mg_db_commit_is_undecided(const mgreg_error *err);
int mg_db_vacuum(mg_store *s, mgreg_error *err);         /* the whole file anew */
mg_crew *mg_store_crew(mg_store *s);                    /* NULL: no helpers */
/* Starts write-back of what the log holds, so that the sync of the publishing commit finds little to do. */
void mg_db_write_back(mg_store *s);
/* Copies the log into the database on a thread of its own if it has grown; WAIT: and until an earlier one is through. */
void mg_db_checkpoint(mg_store *s);
void mg_db_checkpoint_wait(mg_store *s);
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

/* ---- codec.c ---- */
enum { MG_CODEC_RAW, MG_CODEC_ZSTD, MG_CODEC_SHUFFLE, MG_CODEC_DELTA };
#define MG_DEPTH_LIMIT 8                /* of a chain of deltas, as the schema has it */
/* BASE: OUT_SIZE raw bytes, for MG_CODEC_DELTA; else NULL. */
int mg_codec_decode(int codec, int width, const void *data, size_t size, const void *base, void *out, size_t out_size, mgreg_error *err);
/* *OUT (mg_free) is NULL where packing does not pay: the chunk stays raw. */
int mg_codec_encode(int codec, int width, int level, const void *data, const void *base, size_t size, uint8_t **out, size_t *out_size, mgreg_error *err);

/* ---- segment.c ---- */
typedef struct mg_segment_file {        /* open for reading */
	int64_t  id;
	int      fd;
	uint64_t size, used;
	const uint8_t *map;             /* the whole, once somebody wants it */
	int      pins;                  /* not to be closed */
} mg_segment_file;
/* Pinned; DATA_LOSS names the file or the folder that is missing. */
int mg_segment_pin(mg_store *s, int64_t segment_id, mg_segment_file **out, mgreg_error *err);
void mg_segment_unpin(mg_segment_file *f);
/* SIZE bytes from AT on; from any thread. */
int mg_segment_pread(const mg_segment_file *f, void *out, size_t size, uint64_t at, mgreg_error *err);
/* The file's bytes, or NULL where they cannot be mapped or must not be (a stranger's file may shrink). */
const uint8_t *mg_segment_map(mg_store *s, mg_segment_file *f);
void mg_segment_close_all(mg_store *s);
void mg_segment_close(mg_store *s, int64_t segment_id);
int mg_segment_folder(const char *store_path, mg_str *out, mgreg_error *err);
int mg_segment_path(const mg_store *s, const char *uid, mg_str *out, mgreg_error *err);

/* A segment being written: its row exists (state writing), its bytes grow at the end, its header is written last. */
typedef struct mg_segment_writer {
	int64_t  id;
	char     uid[48];
	int      fd;
	uint64_t at, flushed;           /* end of the file; write-back has been started up to here */
	size_t   header_room;
	size_t   entries;               /* blobs so far */
	char    *path;
	bool     sealed;
} mg_segment_writer;
/* Within a transaction that registers its save: the row, then the file. */
int mg_segment_create(mg_segment_writer **out, mg_store *s, const char *uid, size_t header_room, mgreg_error *err);
int mg_segment_append(mg_segment_writer *w, const void *data, size_t size, size_t align, uint64_t *at, mgreg_error *err);
/* One range of the file for the header. */
typedef struct mg_segment_entry {
	uint64_t at, size;
	mg_str   name;
	const char *dtype, *shape;      /* safetensors' dtype, JSON; NULL: bytes */
} mg_segment_entry;
typedef MG_VEC(mg_segment_entry) mg_segment_entries;
void mg_segment_entries_clear(mg_segment_entries *e);
/* Header, sync of the file, sync of the folder.  ENTRIES are sorted here; what they leave out is entered as bytes. */
int mg_segment_seal(mg_store *s, mg_segment_writer *w, mg_segment_entries *entries, mgreg_error *err);
/* Closes it; a segment that was not published (KEEP false) is unlinked. */
void mg_segment_writer_free(mg_segment_writer *w, bool keep);
/* safetensors' name of a dtype of the store, NULL where it has none; *WIDTH in bytes. */
const char *mg_segment_dtype(const char *dtype, unsigned *width);

/* Rows without their file, files shorter than their chunks ("segment"); files without a row ("note"): one line each. */
int mg_segment_check(mg_store *s, int (*each)(void *ctx, const char *check, const char *text), void *ctx, mgreg_error *err);

/* ---- chunk.c ---- */
typedef struct mg_chunk_facts {
	int64_t  id, size, stored, codec, width, base, segment, at;     /* base 0: none; segment 0: inline */
	uint8_t  sha256[32], xxh3[MG_XXH3_SIZE];
} mg_chunk_facts;
/* The columns that mg_chunk_facts takes, in its order: "iiiiiiiihb" after CHUNK_COLUMNS of object.sql. */
void mg_chunk_facts_read(mg_stmt *q, int column, mg_chunk_facts *out);
int mg_chunk_get(mg_store *s, int64_t chunk_id, mg_chunk_facts *out, mgreg_error *err);
/* What to store a new chunk as. */
typedef struct mg_chunk_form {
	const void *data;               /* stored bytes; not looked at with a segment */
	size_t      stored;
	int         codec, width;
	int64_t     segment, at;
} mg_chunk_form;
/* Finds or stores a chunk within a write transaction; *ADDED gets the bytes stored, 0 if it was there. */
int mg_chunk_put(mg_store *s, const uint8_t sha256[32], const uint8_t xxh3[MG_XXH3_SIZE], size_t size, const mg_chunk_form *form,
	int64_t *id, int64_t *added, mgreg_error *err);
/* Its raw bytes into OUT (FACTS->size of them), verified. */
int mg_chunk_read(mg_store *s, const mg_chunk_facts *facts, void *out, mgreg_error *err);
/* The same through the one-chunk cache; *OUT is borrowed until the next call. */
int mg_chunk_cached(mg_store *s, const mg_chunk_facts *facts, const uint8_t **out, mgreg_error *err);

/* Reading many: what must happen on the store's thread, and what any thread can do. */
typedef struct mg_chunk_link {
	mg_chunk_facts   facts;
	uint8_t         *bytes;         /* stored bytes, if inline */
	mg_segment_file *file;
} mg_chunk_link;
typedef struct mg_fetch {
	uint32_t skip, len;             /* of the chunk's raw bytes */
	uint8_t *out;
	const mg_store *store;
	bool     in_place;              /* the raw bytes are in OUT already: only to be verified */
	int      links;
	mg_chunk_link link[MG_DEPTH_LIMIT + 1];         /* the chunk, its base, the base's base ... */
	int      rc;
	mgreg_error err;
} mg_fetch;
/* Gathers what SQLite holds; FACTS, SKIP, LEN, OUT are given. */
int mg_fetch_begin(mg_store *s, mg_fetch *f, const mg_chunk_facts *facts, mgreg_error *err);
void mg_fetch_finish(mg_fetch *f);      /* any thread: decodes, verifies, copies; f->rc */
void mg_fetch_clear(mg_fetch *f);

/* ---- staging.c ---- */
enum mg_same { MG_SAME_NO, MG_SAME_MAYBE, MG_SAME_YES };
typedef struct mg_pending {             /* a chunk of a save, on its way */
	uint8_t  sha256[32], xxh3[MG_XXH3_SIZE];
	const uint8_t *data;            /* raw bytes until it is stored */
	bool     own;                   /* data is ours to free */
	size_t   size;
	int      width;
	mg_chunk_facts before;          /* the predecessor's chunk at this place; id 0: none */
	const uint8_t *before_data;     /* its bytes, mapped, or NULL */
	mg_segment_file *before_file;   /* pinned for them */
	bool     hashed;
	enum mg_same same;
	uint8_t *packed;                /* NULL: raw */
	size_t   stored;
	int      codec;
	int      rc;                    /* of the helper */
	int64_t  chunk_id;              /* 0 until it is a row */
	mg_segment_writer *segment;     /* where its bytes are, before it is a row */
	uint64_t at;
	size_t   align;
	mg_blob *blob;                  /* of which it is leaf number LEAF; NULL: of none, or of several */
	size_t   leaf;
	mg_leaf_fn *measure;
	void    *ctx;
} mg_pending;

struct mg_save {
	mg_store *store;
	char      uid[33];
	bool      registered;           /* the row of mg_save exists */
	bool      published;
	bool      settings_read, in_segments;
	int       codec, level, verify;
	bool      followed;             /* the predecessor's chunks are claimed */
	int64_t   predecessor;          /* version_id, 0: none */
	MG_VEC(mg_pending) chunks;      /* part.chunk < 0 is -(index + 1) */
	size_t    first_waiting;        /* chunks before it are stored */
	size_t    waiting_bytes;
	bool      in_txn;               /* a batch is open */
	size_t    batch_bytes;
	uint8_t  *pack;                 /* small values gather here */
	size_t    pack_size;
	int       pack_width;
	size_t    packs;                /* closed so far */
	int       writers;              /* blobs being written */
	bool      overlapped;           /* two at once: what one queued cannot be taken back */
	MG_VEC(mg_blob *) blobs;
	mg_map    by_digest;            /* hex digest + size -> mg_blob */
	mg_map    by_sha;               /* of a chunk in a segment -> index + 1 */
	MG_VEC(int64_t) reused;         /* objects that were there, to be claimed */
	size_t    reused_claimed;
	MG_VEC(mg_segment_writer *) segments;
	size_t    segment_room;         /* of a header whose entries are known beforehand; else 0 */
	int64_t   claimed;              /* rows of mg_claim that must be there */
	int64_t   added_bytes;
};
/* Queues a chunk (DATA is copied); *PART_CHUNK is what parts call it. */
int mg_save_add_chunk(mg_save *save, const void *data, size_t size, int width, int64_t *part_chunk, mgreg_error *err);
int mg_save_add_small(mg_save *save, const void *data, size_t size, int width, mg_part *part, mgreg_error *err);
/* Queues a leaf of BLOB; with COPY false DATA must live until mg_save_run(). */
int mg_save_add_leaf(mg_save *save, const mg_pending *leaf, bool copy, int64_t *part_chunk, mgreg_error *err);
/* Hashes and stores everything that waits. */
int mg_save_run(mg_save *save, mgreg_error *err);
/* The predecessor's chunks are claimed, so that leaves may be found equal to them. */
int mg_save_follow_claims(mg_save *save, mgreg_error *err);
/* Before the publishing transaction: digests of all blobs; of a large save also its bytes, stored and synced. */
int mg_save_prepare(mg_save *save, const mg_new_version *v, mgreg_error *err);
int mg_save_flush(mg_save *save, mgreg_error *err);     /* within it: everything waiting becomes rows */
int mg_save_keep_inline(mg_save *save, mgreg_error *err);       /* whatever the placement: for what belongs to no version */
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
