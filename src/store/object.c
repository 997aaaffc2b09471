/* SPDX-License-Identifier: Apache-2.0 */
/*
 * object.c - byte sequences as lists of parts of chunks.
 *
 * Two streams run over the bytes on their way in.  The leaf stream cuts at every MiB from the object's start: it gives the
 * digest and the statistics.  The part stream cuts where chunks are to end: at the leaves' ends, or, in an object with cuts
 * and pieces, wherever those say.  Where both cut alike, one hash serves both.
 */
#include "base/base.h"
#include <stdio.h>
#include "store/store_internal.h"

#define SMALL 65536             /* below it a value shares a chunk with others of its save */

struct mg_blob_writer {
	mg_save        *save;
	mg_blob        *blob;
	uint64_t        size, at;               /* announced; received */
	const uint64_t *cuts;
	size_t          cut_count, next_cut;
	bool            free_parts;             /* the part stream has cuts of its own */
	mg_leaf_fn     *leaf;
	void           *ctx;
	uint8_t        *buf;                    /* the leaf being filled */
	size_t          fill;
	uint8_t        *part;                   /* the part being filled, if free_parts */
	size_t          part_fill;
	mg_sha256_ctx  *leaves;                 /* digest of the leaf digests, if more than one */
	uint8_t         digest[32];
	const mg_blob  *piece;                  /* of which some bytes are still to come */
	uint64_t        piece_left;
	size_t          pack_start, packs;      /* the pack as it was, to take back what turns out to be known */
};

/* Within the lock. */
static void
writer_free(mg_blob_writer *w)
{
	if (--w->save->writers == 0)
		w->save->overlapped = false;
	mg_sha256_free(w->leaves);
	mg_free(w->buf);
	mg_free(w->part);
	mg_free(w);
}

int
mg_blob_begin(mg_blob_writer **out, mg_save *save, uint64_t size, const uint64_t *cuts, size_t cut_count,
	mg_leaf_fn *leaf, void *ctx, mgreg_error *err)
{
	mg_blob_writer *w = mg_calloc(1, sizeof *w);
	int rc = 0;

	if (!w || !(w->blob = mg_calloc(1, sizeof *w->blob))) {
		mg_free(w);
		return mg_fail_nomem(err, sizeof *w);
	}
	w->save = save;
	w->size = w->blob->size = size;
	w->cuts = cuts;
	w->cut_count = cut_count;
	w->free_parts = cut_count > 0;
	w->leaf = leaf;
	w->ctx = ctx;
	mg_store_lock(save->store);
	w->pack_start = save->pack_size;
	w->packs = save->packs;
	save->overlapped |= save->writers++ > 0;
	if (size > MG_LEAF_SIZE)
		rc = mg_sha256_new(&w->leaves, err);
	/* In the list at once, so that parts that lie in the open pack are found when it is closed. */
	if (rc == 0 && !mg_vec_push(&save->blobs, w->blob))
		rc = mg_fail_nomem(err, 0);
	if (rc != 0) {
		mg_free(w->blob);
		writer_free(w);
		w = NULL;
	}
	mg_store_unlock(save->store);
	if (rc == 0)
		*out = w;
	return rc;
}

static int
add_part(mg_blob *blob, mg_part part, mgreg_error *err)
{
	mg_part *last = blob->parts.len ? &blob->parts.at[blob->parts.len - 1] : NULL;

	/* neighbours in one chunk become one part */
	if (last && last->chunk == part.chunk && last->skip + last->len == part.skip) {
		last->len += part.len;
		return 0;
	}
	return mg_vec_push(&blob->parts, part) ? 0 : mg_fail_nomem(err, 0);
}

static int
store_part(mg_blob_writer *w, const uint8_t *sha256, const void *data, size_t size, mgreg_error *err)
{
	mg_part part = { 0, 0, (uint32_t)size };
	int rc;

	if (size == 0)
		return 0;
	if (size < SMALL) {
		rc = mg_save_add_small(w->save, data, size, &part, err);
		if (w->packs != w->save->packs) {       /* a new pack, and this is its first value */
			w->packs = w->save->packs;
			w->pack_start = part.skip;
		}
	} else
		rc = mg_save_add_chunk(w->save, sha256, data, size, &part.chunk, err);
	return rc ? rc : add_part(w->blob, part, err);
}

static int
flush_part(mg_blob_writer *w, mgreg_error *err)
{
	int rc = store_part(w, NULL, w->part, w->part_fill, err);

	w->part_fill = 0;
	return rc;
}

static int
end_leaf(mg_blob_writer *w, const void *data, size_t size, mgreg_error *err)
{
	int rc = mg_sha256(data, size, w->digest, err);

	if (rc != 0)
		return rc;
	if (w->leaves)
		mg_sha256_update(w->leaves, w->digest, 32);
	if (w->leaf)
		w->leaf(w->ctx, data, size);
	return w->free_parts ? 0 : store_part(w, w->digest, data, size, err);
}

static int
leaf_stream(mg_blob_writer *w, const uint8_t *data, size_t size, mgreg_error *err)
{
	int rc = 0;

	while (size > 0 && rc == 0) {
		size_t take = MG_MIN(size, (size_t)MG_LEAF_SIZE - w->fill);

		if (w->fill == 0 && take == MG_LEAF_SIZE) {     /* a whole leaf: no copy */
			rc = end_leaf(w, data, take, err);
		} else {
			if (!w->buf && !(w->buf = mg_alloc((size_t)MG_MIN(w->size, MG_LEAF_SIZE))))
				return mg_fail_nomem(err, MG_LEAF_SIZE);
			memcpy(w->buf + w->fill, data, take);
			w->fill += take;
			if (w->fill == MG_LEAF_SIZE) {
				w->fill = 0;
				rc = end_leaf(w, w->buf, MG_LEAF_SIZE, err);
			}
		}
		data += take;
		size -= take;
	}
	return rc;
}

static int
part_stream(mg_blob_writer *w, const uint8_t *data, size_t size, uint64_t at, mgreg_error *err)
{
	int rc = 0;

	if (!w->part && !(w->part = mg_alloc(MG_LEAF_SIZE)))
		return mg_fail_nomem(err, MG_LEAF_SIZE);
	while (size > 0 && rc == 0) {
		size_t take = MG_MIN(size, (size_t)MG_LEAF_SIZE - w->part_fill);

		while (w->next_cut < w->cut_count && w->cuts[w->next_cut] <= at)
			w->next_cut++;
		if (w->next_cut < w->cut_count && w->cuts[w->next_cut] - at < take)
			take = (size_t)(w->cuts[w->next_cut] - at);
		memcpy(w->part + w->part_fill, data, take);
		w->part_fill += take;
		at += take;
		data += take;
		size -= take;
		if (w->part_fill == MG_LEAF_SIZE || (w->next_cut < w->cut_count && w->cuts[w->next_cut] == at))
			rc = flush_part(w, err);
	}
	return rc;
}

static int
receive(mg_blob_writer *w, size_t size, mgreg_error *err)
{
	if (size > w->size - w->at)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "more than the %llu bytes announced", (unsigned long long)w->size);
	w->at += size;
	return 0;
}

int
mg_blob_write(mg_blob_writer *w, const void *data, size_t size, mgreg_error *err)
{
	uint64_t at = w->at;
	int rc;

	if ((rc = receive(w, size, err)) != 0)
		return rc;
	mg_store_lock(w->save->store);
	rc = leaf_stream(w, data, size, err);
	if (rc == 0 && w->free_parts)
		rc = part_stream(w, data, size, at, err);
	mg_store_unlock(w->save->store);
	return rc;
}

/* From the first piece on parts are the pieces' and what lies between them: what came before in whole leaves has parts
 * already, what lies in the leaf buffer moves to the part stream. */
static int
begin_pieces(mg_blob_writer *w, mgreg_error *err)
{
	if (w->free_parts)
		return 0;
	w->free_parts = true;
	if (!w->part && !(w->part = mg_alloc(MG_LEAF_SIZE)))
		return mg_fail_nomem(err, MG_LEAF_SIZE);
	if (w->fill)
		memcpy(w->part, w->buf, w->fill);
	w->part_fill = w->fill;
	return 0;
}

int
mg_blob_write_blob(mg_blob_writer *w, const mg_blob *piece, const void *data, size_t size, mgreg_error *err)
{
	int rc;

	if ((rc = receive(w, size, err)) != 0 || piece->size == 0)
		return rc;
	mg_store_lock(w->save->store);
	if (w->piece != piece) {        /* its first portion */
		assert(w->piece_left == 0);
		MG_TRY(begin_pieces(w, err));
		MG_TRY(flush_part(w, err));
		for (size_t i = 0; i < piece->parts.len; i++)
			MG_TRY(add_part(w->blob, piece->parts.at[i], err));
		w->piece = piece;
		w->piece_left = piece->size;
	}
	assert(size <= w->piece_left);
	w->piece_left -= size;
	if (w->piece_left == 0)
		w->piece = NULL;
	rc = leaf_stream(w, data, size, err);
out:
	mg_store_unlock(w->save->store);
	return rc;
}

int
mg_blob_write_range(mg_blob_writer *w, const mg_blob *piece, uint64_t at, const void *data, size_t size, mgreg_error *err)
{
	uint64_t from = 0, end = at + size;
	int rc;

	assert(end <= piece->size && w->piece_left == 0);
	if ((rc = receive(w, size, err)) != 0 || size == 0)
		return rc;
	mg_store_lock(w->save->store);
	MG_TRY(begin_pieces(w, err));
	MG_TRY(flush_part(w, err));
	for (size_t i = 0; i < piece->parts.len && from < end; i++) {
		mg_part p = piece->parts.at[i];
		uint64_t next = from + p.len;

		if (next > at) {
			uint64_t first = MG_MAX(from, at), last = MG_MIN(next, end);

			p.skip += (uint32_t)(first - from);
			p.len = (uint32_t)(last - first);
			MG_TRY(add_part(w->blob, p, err));
		}
		from = next;
	}
	rc = leaf_stream(w, data, size, err);
out:
	mg_store_unlock(w->save->store);
	return rc;
}

/* Takes back what was packed for a blob that turns out to be known.  Its large chunks need no such care: they are stored under
 * their digest, once. */
static void
take_back(mg_blob_writer *w)
{
	mg_save *save = w->save;

	if (!save->overlapped && save->packs == w->packs && save->pack_size >= w->pack_start)
		save->pack_size = w->pack_start;
	w->blob->parts.len = 0;
}

static void
forget(mg_blob_writer *w)
{
	mg_save *save = w->save;

	for (size_t i = save->blobs.len; i-- > 0;)
		if (save->blobs.at[i] == w->blob) {
			memmove(&save->blobs.at[i], &save->blobs.at[i + 1], (save->blobs.len - i - 1) * sizeof(mg_blob *));
			save->blobs.len--;
			break;
		}
	mg_vec_clear(&w->blob->parts);
	mg_free(w->blob);
	w->blob = NULL;
}

/* The parts of an object that is in the store already, so that files can be made of them. */
static int
load_parts(mg_store *s, mg_blob *blob, mgreg_error *err)
{
	mg_stmt *q = NULL;
	uint64_t at = 0;
	int rc;

	MG_TRY(mg_stmt_get(s, MG_SQL_OBJECT_PARTS, &q, err));
	MG_TRY(mg_stmt_bind(q, err, "i", blob->object_id));
	for (;;) {
		int64_t chunk, skip, len;

		MG_TRY(mg_stmt_step(q, err));
		if (!mg_stmt_has_row(q))
			break;
		mg_stmt_read(q, "iii", &chunk, &skip, &len);
		if (skip < 0 || len < 1 || skip + len > MG_LEAF_SIZE) {
			rc = mg_fail(err, MGREG_DATA_LOSS, "object %lld has a bad list of chunks", (long long)blob->object_id);
			goto out;
		}
		if (!mg_vec_push(&blob->parts, ((mg_part){ chunk, (uint32_t)skip, (uint32_t)len }))) {
			rc = mg_fail_nomem(err, 0);
			goto out;
		}
		at += (uint64_t)len;
	}
	if (at != blob->size)
		rc = mg_fail(err, MGREG_DATA_LOSS, "object %lld has a list of %llu bytes, %llu expected", (long long)blob->object_id,
			(unsigned long long)at, (unsigned long long)blob->size);
out:
	mg_stmt_release(q);
	return rc;
}

/* Is this very content here already: in this save, or in the store?  Then BLOB becomes that. */
static int
find_known(mg_blob_writer *w, mg_blob **known, mgreg_error *err)
{
	mg_save *save = w->save;
	char key[96];
	int64_t object_id;
	bool found;
	int rc;

	mg_hex(key, w->blob->digest, 32);
	snprintf(key + 64, sizeof key - 64, ":%llu", (unsigned long long)w->size);
	if ((*known = mg_map_find(&save->by_digest, key))) {
		take_back(w);
		forget(w);
		return 0;
	}
	MG_TRY(mg_stmt_one(save->store, MG_SQL_OBJECT_FIND_PRESENT, &object_id, &found, err, "bi",
		w->blob->digest, (size_t)32, (int64_t)w->size));
	if (found) {
		take_back(w);
		w->blob->object_id = object_id;
		MG_TRY(load_parts(save->store, w->blob, err));
		if (!mg_vec_push(&save->reused, object_id))
			return mg_fail_nomem(err, 0);
	}
	if (!mg_map_set(&save->by_digest, key, w->blob))
		return mg_fail_nomem(err, 0);
	*known = w->blob;
out:
	return rc;
}

int
mg_blob_finish(mg_blob_writer *w, mg_blob **out, mgreg_error *err)
{
	mg_store *store = w->save->store;
	int rc;

	mg_store_lock(store);
	if (w->at != w->size) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "%llu bytes of the %llu announced", (unsigned long long)w->at,
			(unsigned long long)w->size);
		goto out;
	}
	if (w->fill > 0 || w->size == 0)
		MG_TRY(end_leaf(w, w->buf, w->fill, err));
	MG_TRY(flush_part(w, err));
	if (w->leaves)
		mg_sha256_final(w->leaves, w->digest);
	memcpy(w->blob->digest, w->digest, 32);
	MG_TRY(find_known(w, out, err));
out:
	if (rc != 0) {
		take_back(w);
		forget(w);
	}
	writer_free(w);
	mg_store_unlock(store);
	return rc;
}

void
mg_blob_abandon(mg_blob_writer *w)
{
	mg_store *store;

	if (!w)
		return;
	store = w->save->store;
	mg_store_lock(store);
	take_back(w);
	forget(w);
	writer_free(w);
	mg_store_unlock(store);
}

static int
put(mg_save *save, const void *data, size_t size, const uint64_t *cuts, size_t cut_count, mg_leaf_fn *leaf, void *ctx,
	mg_blob **out, mgreg_error *err)
{
	mg_blob_writer *w = NULL;
	int rc;

	if ((rc = mg_blob_begin(&w, save, size, cuts, cut_count, leaf, ctx, err)) != 0)
		return rc;
	if ((rc = mg_blob_write(w, data, size, err)) != 0) {
		mg_blob_abandon(w);
		return rc;
	}
	return mg_blob_finish(w, out, err);
}

int
mg_blob_put(mg_save *save, const void *data, size_t size, mg_leaf_fn *leaf, void *ctx, mg_blob **out, mgreg_error *err)
{
	return put(save, data, size, NULL, 0, leaf, ctx, out, err);
}

int
mg_blob_put_cut(mg_save *save, const void *data, size_t size, const uint64_t *cuts, size_t cut_count, mg_blob **out, mgreg_error *err)
{
	return put(save, data, size, cuts, cut_count, NULL, NULL, out, err);
}

/* ---- rows ------------------------------------------------------------------------------------------ */

int
mg_blob_insert(mg_save *save, mg_blob *blob, mgreg_error *err)
{
	mg_store *s = save->store;
	mg_stmt *q = NULL;
	bool found, present = false;
	uint64_t at = 0;
	int64_t id;
	int rc;

	if (blob->object_id)
		return 0;
	MG_TRY(mg_stmt_one(s, MG_SQL_OBJECT_FIND, &id, &found, err, "bi", blob->digest, (size_t)32, (int64_t)blob->size));
	if (!found) {
		MG_TRY(mg_stmt_run(s, MG_SQL_OBJECT_INSERT, err, "bi", blob->digest, (size_t)32, (int64_t)blob->size));
		id = mg_stmt_last_id(s);
	} else {
		int64_t n;

		MG_TRY(mg_stmt_one(s, MG_SQL_OBJECT_PRESENT, &n, NULL, err, "i", id));
		present = n != 0;
		if (!present)
			MG_TRY(mg_stmt_run(s, MG_SQL_OBJECT_RETURN, err, "i", id));
	}
	for (size_t i = 0; !present && i < blob->parts.len; i++) {
		mg_part *p = &blob->parts.at[i];
		int64_t chunk = p->chunk < 0 ? save->chunks.at[-p->chunk - 1].chunk_id : p->chunk;

		assert(chunk > 0);
		MG_TRY(mg_stmt_run(s, MG_SQL_OBJECT_PART_INSERT, err, "iiiii", id, (int64_t)at, chunk, (int64_t)p->skip, (int64_t)p->len));
		at += p->len;
	}
	blob->object_id = id;
out:
	mg_stmt_release(q);
	return rc;
}

/* ---- reading ---------------------------------------------------------------------------------------- */

int
mg_object_get(mg_store *s, int64_t object_id, mg_object_info *out, mgreg_error *err)
{
	mg_stmt *q = NULL;
	int64_t size, present;
	int rc;

	mg_store_lock(s);
	MG_TRY(mg_stmt_get(s, MG_SQL_OBJECT_GET, &q, err));
	MG_TRY(mg_stmt_bind(q, err, "i", object_id));
	MG_TRY(mg_stmt_step(q, err));
	if (!mg_stmt_has_row(q)) {
		rc = mg_fail(err, MGREG_DATA_LOSS, "object %lld is missing", (long long)object_id);
		goto out;
	}
	out->object_id = object_id;
	mg_stmt_read(q, "hii", out->digest, &size, &present);
	out->size = (uint64_t)size;
	out->present = present != 0;
out:
	mg_stmt_release(q);
	mg_store_unlock(s);
	return rc;
}

/* One row of the list: LEN bytes of a chunk from SKIP on stand at AT. */
typedef struct placed {
	int64_t        at, skip, len;
	mg_chunk_facts chunk;
} placed;

static int
read_placed(mg_stmt *q, placed *p, mgreg_error *err)
{
	const void *xxh3;
	size_t n;

	mg_stmt_read(q, "iiiihbiii", &p->at, &p->skip, &p->len, &p->chunk.id, p->chunk.sha256, &xxh3, &n,
		&p->chunk.size, &p->chunk.stored, &p->chunk.codec);
	memset(p->chunk.xxh3, 0, MG_XXH3_SIZE);
	if (xxh3 && n == MG_XXH3_SIZE)
		memcpy(p->chunk.xxh3, xxh3, n);
	if (p->at < 0 || p->skip < 0 || p->len < 1 || p->chunk.size < 1 || p->chunk.size > MG_LEAF_SIZE
			|| p->skip > p->chunk.size || p->len > p->chunk.size - p->skip)
		return mg_fail(err, MGREG_DATA_LOSS, "chunk %lld is listed wrongly", (long long)p->chunk.id);
	return 0;
}

static int
read_range(mg_store *s, int64_t object_id, uint64_t at, uint8_t *out, size_t size, mgreg_error *err)
{
	uint64_t end = at + size;
	mg_stmt *q = NULL;
	int rc;

	MG_TRY(mg_stmt_get(s, MG_SQL_OBJECT_RANGE, &q, err));
	MG_TRY(mg_stmt_bind(q, err, "iii", object_id, (int64_t)at, (int64_t)end));
	while (at < end) {
		const uint8_t *bytes;
		placed p;
		uint64_t from, n;

		MG_TRY(mg_stmt_step(q, err));
		if (!mg_stmt_has_row(q)) {
			rc = mg_fail(err, MGREG_DATA_LOSS, "the list of object %lld ends early", (long long)object_id);
			goto out;
		}
		MG_TRY(read_placed(q, &p, err));
		if ((uint64_t)p.at > at || (uint64_t)p.at + (uint64_t)p.len <= at) {
			rc = mg_fail(err, MGREG_DATA_LOSS, "the list of object %lld has a gap", (long long)object_id);
			goto out;
		}
		from = at - (uint64_t)p.at;
		n = MG_MIN((uint64_t)p.len - from, end - at);
		if (n == (uint64_t)p.chunk.size) {
			MG_TRY(mg_chunk_read(s, &p.chunk, out, err));
		} else {
			MG_TRY(mg_chunk_cached(s, &p.chunk, &bytes, err));
			memcpy(out, bytes + p.skip + from, (size_t)n);
		}
		out += n;
		at += n;
	}
out:
	mg_stmt_release(q);
	return rc;
}

int
mg_object_read(mg_store *s, int64_t object_id, uint64_t at, void *out, size_t size, mgreg_error *err)
{
	mg_object_info info;
	int rc;

	mg_store_lock(s);
	MG_TRY(mg_object_get(s, object_id, &info, err));
	if (at > info.size || size > info.size - at) {
		rc = mg_fail(err, MGREG_OUT_OF_RANGE, "bytes %llu to %llu of an object of %llu", (unsigned long long)at,
			(unsigned long long)(at + size), (unsigned long long)info.size);
		goto out;
	}
	if (!info.present && size > 0) {
		rc = mg_fail(err, MGREG_DATA_LOSS, "the bytes have been purged");
		goto out;
	}
	MG_TRY(mg_txn_begin_read(s, err));
	rc = mg_txn_end(s, read_range(s, object_id, at, out, size, err), err);
out:
	mg_store_unlock(s);
	return rc;
}

int
mg_object_read_all(mg_store *s, int64_t object_id, size_t limit, mg_str *out, mgreg_error *err)
{
	mg_object_info info;
	int rc;

	MG_TRY(mg_object_get(s, object_id, &info, err));
	if (limit && info.size > limit) {
		rc = mg_fail(err, MGREG_RESOURCE_EXHAUSTED, "object of %llu bytes, at most %zu are read at once",
			(unsigned long long)info.size, limit);
		goto out;
	}
	mg_str_reserve(out, (size_t)info.size);
	MG_TRY(mg_str_check(out, err));
	MG_TRY(mg_object_read(s, object_id, 0, out->ptr + out->len, (size_t)info.size, err));
	out->len += (size_t)info.size;
	if (out->cap > 0)
		out->ptr[out->len] = '\0';
out:
	return rc;
}

int
mg_object_each(mg_store *s, int64_t object_id, int (*each)(void *ctx, const void *data, size_t size, mgreg_error *err), void *ctx, mgreg_error *err)
{
	mg_object_info info;
	uint8_t *buf = NULL;
	int rc;

	MG_TRY(mg_object_get(s, object_id, &info, err));
	if (!(buf = mg_alloc(MG_LEAF_SIZE))) {
		rc = mg_fail_nomem(err, MG_LEAF_SIZE);
		goto out;
	}
	for (uint64_t at = 0; at < info.size;) {
		size_t n = (size_t)MG_MIN(info.size - at, MG_LEAF_SIZE);

		MG_TRY(mg_object_read(s, object_id, at, buf, n, err));
		MG_TRY(each(ctx, buf, n, err));
		at += n;
	}
out:
	mg_free(buf);
	return rc;
}
