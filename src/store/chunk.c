/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chunk.c - chunk rows: bytes beside their facts, inline.
 *
 * Whole raw chunks are read straight into the caller's memory and hashed there; packed ones and parts go through the cache of
 * one chunk.  Nothing that fails its hash leaves this file.
 */
#include "base/base.h"
#include "store/store_internal.h"

int
mg_chunk_put(mg_store *s, const uint8_t sha256[32], const uint8_t xxh3[MG_XXH3_SIZE], const void *data, size_t size,
	int64_t *id, int64_t *added, mgreg_error *err)
{
	bool found;
	int rc;

	*added = 0;
	MG_TRY(mg_stmt_one(s, MG_SQL_CHUNK_FIND, id, &found, err, "b", sha256, (size_t)32));
	if (found)
		goto out;
	MG_TRY(mg_stmt_run(s, MG_SQL_CHUNK_INSERT, err, "bbii", sha256, (size_t)32, xxh3, (size_t)MG_XXH3_SIZE,
		(int64_t)size, mg_now_ms()));
	*id = mg_stmt_last_id(s);
	MG_TRY(mg_stmt_run(s, MG_SQL_CHUNK_DATA_INSERT, err, "ib", *id, data, size));
	*added = (int64_t)size;
out:
	return rc;
}

static int
check(mg_store *s, const mg_chunk_facts *c, const void *raw, mgreg_error *err)
{
	uint8_t hash[MG_SHA256_SIZE];
	char hex[65];
	int rc;

	mg_xxh3(raw, (size_t)c->size, hash);
	if (memcmp(hash, c->xxh3, MG_XXH3_SIZE)) {
		mg_hex(hex, c->sha256, 32);
		return mg_fail(err, MGREG_DATA_LOSS, "chunk %lld (sha256 %.12s...) fails its checksum", (long long)c->id, hex);
	}
	if (!s->stranger)
		return 0;
	if ((rc = mg_sha256(raw, (size_t)c->size, hash, err)) != 0)
		return rc;
	if (memcmp(hash, c->sha256, 32))
		return mg_fail(err, MGREG_DATA_LOSS, "chunk %lld is not what its SHA-256 names", (long long)c->id);
	return 0;
}

static int
check_facts(const mg_chunk_facts *c, mgreg_error *err)
{
	if (c->size < 1 || c->size > MG_LEAF_SIZE || c->stored < 1 || c->stored > 2 * MG_LEAF_SIZE)
		return mg_fail(err, MGREG_DATA_LOSS, "chunk %lld has a size of %lld bytes", (long long)c->id, (long long)c->size);
	return 0;
}

/* Raw and whole: from the database's pages into OUT. */
static int
read_raw(mg_store *s, const mg_chunk_facts *c, void *out, mgreg_error *err)
{
	sqlite3_blob *blob = NULL;
	int rc = sqlite3_blob_open(s->db, "main", "mg_chunk_data", "data", c->id, 0, &blob);

	if (rc == SQLITE_ERROR)         /* no such row */
		rc = mg_fail(err, MGREG_DATA_LOSS, "the bytes of chunk %lld are missing", (long long)c->id);
	else if (rc != SQLITE_OK)
		rc = mg_db_fail(s, rc, err, "chunk %lld", (long long)c->id);
	else if (sqlite3_blob_bytes(blob) != c->size)
		rc = mg_fail(err, MGREG_DATA_LOSS, "chunk %lld has %d bytes, %lld expected", (long long)c->id,
			sqlite3_blob_bytes(blob), (long long)c->size);
	else if ((rc = sqlite3_blob_read(blob, out, (int)c->size, 0)) != SQLITE_OK)
		rc = mg_db_fail(s, rc, err, "chunk %lld", (long long)c->id);
	sqlite3_blob_close(blob);
	return rc;
}

static int
read_packed(mg_store *s, const mg_chunk_facts *c, void *out, mgreg_error *err)
{
	mg_stmt *q = NULL;
	const void *data = NULL;
	size_t size = 0;
	int64_t width = 1;
	int rc;

	MG_TRY(mg_stmt_get(s, MG_SQL_CHUNK_DATA, &q, err));
	MG_TRY(mg_stmt_bind(q, err, "i", c->id));
	MG_TRY(mg_stmt_step(q, err));
	if (mg_stmt_has_row(q))
		mg_stmt_read(q, "ib", &width, &data, &size);
	if (!data)
		rc = mg_fail(err, MGREG_DATA_LOSS, "the bytes of chunk %lld are missing", (long long)c->id);
	else
		rc = mg_wrap(err, mg_codec_decode((int)c->codec, (int)width, data, size, out, (size_t)c->size, err),
			"chunk %lld", (long long)c->id);
out:
	mg_stmt_release(q);
	return rc;
}

int
mg_chunk_read(mg_store *s, const mg_chunk_facts *c, void *out, mgreg_error *err)
{
	int rc = check_facts(c, err);

	if (rc == 0)
		rc = c->codec == MG_CODEC_RAW ? read_raw(s, c, out, err) : read_packed(s, c, out, err);
	return rc ? rc : check(s, c, out, err);
}

int
mg_chunk_cached(mg_store *s, const mg_chunk_facts *c, const uint8_t **out, mgreg_error *err)
{
	int rc;

	if (s->cached_id != c->id || s->cached_size != (size_t)c->size || memcmp(s->cached_xxh3, c->xxh3, MG_XXH3_SIZE)) {
		s->cached_id = 0;
		if ((rc = check_facts(c, err)) != 0)
			return rc;
		if (s->cached_cap < (size_t)c->size) {
			mg_free(s->cached);
			s->cached_cap = 0;
			if (!(s->cached = mg_alloc((size_t)c->size)))
				return mg_fail_nomem(err, (size_t)c->size);
			s->cached_cap = (size_t)c->size;
		}
		if ((rc = mg_chunk_read(s, c, s->cached, err)) != 0)
			return rc;
		s->cached_id = c->id;
		s->cached_size = (size_t)c->size;
		memcpy(s->cached_xxh3, c->xxh3, MG_XXH3_SIZE);
	}
	*out = s->cached;
	return 0;
}
