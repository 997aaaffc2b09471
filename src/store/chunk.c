/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chunk.c - chunk rows and the way back from stored bytes to raw ones.
 *
 * A chunk's stored bytes lie beside its row or in a segment; packed as a difference they need the raw bytes of another chunk,
 * its base, which may need another.  Reading has two halves: mg_fetch_begin() gathers what SQLite holds, on the thread that holds
 * the store; mg_fetch_finish() reads segments, unpacks, verifies and copies, on any thread.  Nothing that fails its hash leaves
 * this file.
 */
#include "base/base.h"
#include "store/store_internal.h"

int
mg_chunk_put(mg_store *s, const uint8_t sha256[32], const uint8_t xxh3[MG_XXH3_SIZE], size_t size, const mg_chunk_form *form,
	int64_t *id, int64_t *added, mgreg_error *err)
{
	bool found;
	int rc;

	*added = 0;
	MG_TRY(mg_stmt_one(s, MG_SQL_CHUNK_FIND, id, &found, err, "b", sha256, (size_t)32));
	if (found)
		goto out;
	MG_TRY(mg_stmt_run(s, MG_SQL_CHUNK_INSERT, err, "bbiiiiIIi", sha256, (size_t)32, xxh3, (size_t)MG_XXH3_SIZE, (int64_t)size,
		(int64_t)form->stored, (int64_t)form->codec, (int64_t)form->width, (int)(form->segment != 0), form->segment,
		(int)(form->segment != 0), form->at, mg_now_ms()));
	*id = mg_stmt_last_id(s);
	if (!form->segment)
		MG_TRY(mg_stmt_run(s, MG_SQL_CHUNK_DATA_INSERT, err, "ib", *id, form->data, form->stored));
	*added = (int64_t)form->stored;
out:
	return rc;
}

void
mg_chunk_facts_read(mg_stmt *q, int column, mg_chunk_facts *c)
{
	char types[24] = "----------";
	const void *xxh3;
	size_t n;

	snprintf(types + column, sizeof types - (size_t)column, "iiiiiiiihb");
	mg_stmt_read(q, types, &c->id, &c->size, &c->stored, &c->codec, &c->width, &c->base, &c->segment, &c->at, c->sha256, &xxh3, &n);
	memset(c->xxh3, 0, MG_XXH3_SIZE);
	if (xxh3 && n == MG_XXH3_SIZE)
		memcpy(c->xxh3, xxh3, n);
}

int
mg_chunk_get(mg_store *s, int64_t chunk_id, mg_chunk_facts *out, mgreg_error *err)
{
	mg_stmt *q = NULL;
	int rc;

	MG_TRY(mg_stmt_get(s, MG_SQL_CHUNK_GET, &q, err));
	MG_TRY(mg_stmt_bind(q, err, "i", chunk_id));
	MG_TRY(mg_stmt_step(q, err));
	if (mg_stmt_has_row(q))
		mg_chunk_facts_read(q, 0, out);
	else
		rc = mg_fail(err, MGREG_DATA_LOSS, "chunk %lld is missing", (long long)chunk_id);
out:
	mg_stmt_release(q);
	return rc;
}

static int
check(const mg_store *s, const mg_chunk_facts *c, const void *raw, mgreg_error *err)
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
	if (c->size < 1 || c->size > MG_LEAF_SIZE || c->stored < 1 || c->stored > 2 * MG_LEAF_SIZE || c->at < 0
			|| (c->codec == MG_CODEC_RAW && c->stored != c->size))
		return mg_fail(err, MGREG_DATA_LOSS, "chunk %lld has a size of %lld bytes, %lld stored", (long long)c->id, (long long)c->size,
			(long long)c->stored);
	return 0;
}

/* From the database's pages into OUT. */
static int
read_inline(mg_store *s, const mg_chunk_facts *c, void *out, mgreg_error *err)
{
	sqlite3_blob *blob = NULL;
	int rc = sqlite3_blob_open(s->db, "main", "mg_chunk_data", "data", c->id, 0, &blob);

	if (rc == SQLITE_ERROR)         /* no such row */
		rc = mg_fail(err, MGREG_DATA_LOSS, "the bytes of chunk %lld are missing", (long long)c->id);
	else if (rc != SQLITE_OK)
		rc = mg_db_fail(s, rc, err, "chunk %lld", (long long)c->id);
	else if (sqlite3_blob_bytes(blob) != c->stored)
		rc = mg_fail(err, MGREG_DATA_LOSS, "chunk %lld has %d bytes, %lld expected", (long long)c->id,
			sqlite3_blob_bytes(blob), (long long)c->stored);
	else if ((rc = sqlite3_blob_read(blob, out, (int)c->stored, 0)) != SQLITE_OK)
		rc = mg_db_fail(s, rc, err, "chunk %lld", (long long)c->id);
	sqlite3_blob_close(blob);
	return rc;
}

/* ---- many at once -------------------------------------------------------------------------------------- */

static int
begin_link(mg_store *s, mg_fetch *f, mgreg_error *err)
{
	mg_chunk_link *l = &f->link[f->links - 1];
	const mg_chunk_facts *c = &l->facts;
	int rc = check_facts(c, err);

	if (rc != 0)
		return rc;
	if (c->segment)
		return mg_segment_pin(s, c->segment, &l->file, err);
	if (f->links == 1 && c->codec == MG_CODEC_RAW && f->len == c->size) {   /* straight to where it goes */
		f->in_place = true;
		return read_inline(s, c, f->out, err);
	}
	if (!(l->bytes = mg_alloc((size_t)c->stored)))
		return mg_fail_nomem(err, (size_t)c->stored);
	return read_inline(s, c, l->bytes, err);
}

int
mg_fetch_begin(mg_store *s, mg_fetch *f, const mg_chunk_facts *facts, mgreg_error *err)
{
	int rc;

	f->store = s;
	f->link[0].facts = *facts;
	f->links = 1;
	MG_TRY(begin_link(s, f, err));
	/* bounded by counting, not by believing `depth' */
	while (f->link[f->links - 1].facts.codec == MG_CODEC_DELTA) {
		mg_chunk_facts *c = &f->link[f->links - 1].facts, *base = &f->link[f->links].facts;

		if (f->links > MG_DEPTH_LIMIT || c->base < 1) {
			rc = mg_fail(err, MGREG_DATA_LOSS, "chunk %lld has a chain of bases that does not end", (long long)facts->id);
			goto out;
		}
		MG_TRY(mg_chunk_get(s, c->base, base, err));
		if (base->size != c->size) {
			rc = mg_fail(err, MGREG_DATA_LOSS, "the base of chunk %lld has another size", (long long)c->id);
			goto out;
		}
		f->links++;
		MG_TRY(begin_link(s, f, err));
	}
out:
	if (rc)
		mg_fetch_clear(f);
	return rc;
}

/* Link number I, raw, into OUT.  BASE: the raw bytes of the next one. */
static int
unpack(const mg_fetch *f, int i, const void *base, void *out, mgreg_error *err)
{
	const mg_chunk_link *l = &f->link[i];
	const mg_chunk_facts *c = &l->facts;
	uint8_t *bytes = l->bytes;
	int rc = 0;

	if (l->file && c->codec == MG_CODEC_RAW)
		return mg_segment_pread(l->file, out, (size_t)c->stored, (uint64_t)c->at, err);
	if (l->file) {
		if (!(bytes = mg_alloc((size_t)c->stored)))
			return mg_fail_nomem(err, (size_t)c->stored);
		rc = mg_segment_pread(l->file, bytes, (size_t)c->stored, (uint64_t)c->at, err);
	}
	if (rc == 0)
		rc = mg_wrap(err, mg_codec_decode((int)c->codec, (int)c->width, bytes, (size_t)c->stored, base, out, (size_t)c->size, err),
			"chunk %lld", (long long)c->id);
	if (l->file)
		mg_free(bytes);
	return rc;
}

static int
finish(mg_fetch *f, mgreg_error *err)
{
	const mg_chunk_facts *c = &f->link[0].facts;
	uint8_t *base = NULL, *mine = NULL, *to;
	size_t size = (size_t)c->size;
	int rc = 0;

	if (f->in_place)
		return check(f->store, c, f->out, err);
	for (int i = f->links - 1; i >= 0; i--) {
		bool straight = i == 0 && f->len == c->size;

		to = straight ? f->out : mg_alloc(size);
		if (!to) {
			rc = mg_fail_nomem(err, size);
			goto out;
		}
		mine = straight ? NULL : to;
		MG_TRY(unpack(f, i, base, to, err));
		if (i == 0) {
			MG_TRY(check(f->store, c, to, err));
			if (!straight)
				memcpy(f->out, to + f->skip, f->len);
		}
		mg_free(base);
		base = mine;
		mine = NULL;
	}
out:
	mg_free(base);
	mg_free(mine);
	return rc;
}

void
mg_fetch_finish(mg_fetch *f)
{
	f->rc = finish(f, &f->err);
}

void
mg_fetch_clear(mg_fetch *f)
{
	for (int i = 0; i < f->links; i++) {
		mg_free(f->link[i].bytes);
		mg_segment_unpin(f->link[i].file);
		f->link[i] = (mg_chunk_link){ .bytes = NULL };
	}
	f->links = 0;
}

int
mg_chunk_read(mg_store *s, const mg_chunk_facts *c, void *out, mgreg_error *err)
{
	mg_fetch *f = mg_calloc(1, sizeof *f);
	int rc;

	if (!f)
		return mg_fail_nomem(err, sizeof *f);
	f->out = out;
	f->len = (uint32_t)c->size;
	if ((rc = check_facts(c, err)) == 0 && (rc = mg_fetch_begin(s, f, c, err)) == 0) {
		rc = finish(f, err);
		mg_fetch_clear(f);
	}
	mg_free(f);
	return rc;
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
