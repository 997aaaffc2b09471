/* SPDX-License-Identifier: Apache-2.0 */
/*
 * object.c - byte sequences as lists of parts of chunks.
 *
 * Two streams run over the bytes on their way in.  The leaf stream cuts at every MiB from the object's start: it gives the
 * digest and the statistics.  The part stream cuts where chunks are to end: at the leaves' ends, or, in an object with cuts
 * and pieces, wherever those say.  Where both cut alike, one hash serves both, and the leaf waits for staging.c to take it
 * with others: what it is, whether it is new and where it goes is decided there.
 */
#include "base/base.h"
#include <stdio.h>
#include "store/store_internal.h"

#define SMALL 65536             /* below it a value shares a chunk with others of its save */
#define STRAIGHT_FROM (4 * MG_LEAF_SIZE)        /* above it a value is stored out of the caller's memory, not out of a copy */

struct mg_blob_writer {
	mg_save        *save;
	mg_blob        *blob;
	uint64_t        size, at;               /* announced; received */
	int             width;
	const uint64_t *cuts;
	size_t          cut_count, next_cut;
	bool            free_parts;             /* the part stream has cuts of its own */
	mg_leaf_fn     *leaf;
	void           *ctx;
	size_t          leaf_count;             /* so far */
	uint8_t        *buf;                    /* the leaf being filled */
	size_t          fill;
	uint8_t        *part;                   /* the part being filled, if free_parts */
	size_t          part_fill;
	mg_sha256_ctx  *leaves;                 /* digest of the leaf digests, if more than one; with free_parts */
	uint8_t         digest[32];
	const mg_blob  *piece;                  /* of which some bytes are still to come */
	uint64_t        piece_left;
	size_t          pack_start, packs;      /* the pack as it was, to take back what turns out to be known */
	MG_VEC(mg_chunk_facts) before;          /* the predecessor's leaves; empty: none */
	bool            straight;               /* leaves lie in the caller's memory until they have been stored */
};

/* Within the lock. */
static void
writer_free(mg_blob_writer *w)
{
	if (--w->save->writers == 0)
		w->save->overlapped = false;
	mg_sha256_free(w->leaves);
	mg_vec_clear(&w->before);
	mg_free(w->buf);
	mg_free(w->part);
	mg_free(w);
}

static int
count_leaf(mg_blob_writer *w, const uint8_t sha256[32], mgreg_error *err)
{
	int rc;

	if (w->size <= MG_LEAF_SIZE) {
		memcpy(w->digest, sha256, 32);
		return 0;
	}
	if (!w->leaves && (rc = mg_sha256_new(&w->leaves, err)) != 0)
		return rc;
	mg_sha256_update(w->leaves, sha256, 32);
	return 0;
}

/* Leaves that were queued are hashed, and the digest goes on as a stream. */
static int
stop_queueing(mg_blob_writer *w, mgreg_error *err)
{
	int rc = 0;

	if (!w->blob->leaves)
		return 0;
	if (w->leaf_count)
		MG_TRY(mg_save_settle(w->save, err));
	for (size_t i = 0; i < w->leaf_count; i++)
		MG_TRY(count_leaf(w, w->blob->leaves[i], err));
	mg_free(w->blob->leaves);
	w->blob->leaves = NULL;
out:
	return rc;
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
	w->width = 1;
	w->cuts = cuts;
	w->cut_count = cut_count;
	w->free_parts = cut_count > 0;
	w->leaf = leaf;
	w->ctx = ctx;
	mg_store_lock(save->store);
	w->pack_start = save->pack_size;
	w->packs = save->packs;
	save->overlapped |= save->writers++ > 0;
	if (size >= SMALL && !w->free_parts) {
		size_t n = (size_t)((size + MG_LEAF_SIZE - 1) / MG_LEAF_SIZE);

		if (!(w->blob->leaves = mg_calloc(n, sizeof *w->blob->leaves)))
			rc = mg_fail_nomem(err, n);
	}
	/* In the list at once, so that parts that lie in the open pack are found when it is closed. */
	if (rc == 0 && !mg_vec_push(&save->blobs, w->blob))
		rc = mg_fail_nomem(err, 0);
	if (rc != 0) {
		mg_free(w->blob->leaves);
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
store_part(mg_blob_writer *w, const void *data, size_t size, mgreg_error *err)
{
	mg_part part = { 0, 0, (uint32_t)size };
	int rc;

	if (size == 0)
		return 0;
	if (size < SMALL) {
		rc = mg_save_add_small(w->save, data, size, w->width, &part, err);
		if (w->packs != w->save->packs) {       /* a new pack, and this is its first value */
			w->packs = w->save->packs;
			w->pack_start = part.skip;
		}
	} else
		rc = mg_save_add_chunk(w->save, data, size, w->width, &part.chunk, err);
	return rc ? rc : add_part(w->blob, part, err);
}

static int
flush_part(mg_blob_writer *w, mgreg_error *err)
{
	int rc = store_part(w, w->part, w->part_fill, err);

	w->part_fill = 0;
	return rc;
}

/* The predecessor's chunk for this leaf, and its bytes if they can be had without a copy. */
static void
find_before(mg_blob_writer *w, mg_pending *p)
{
	const mg_chunk_facts *c = &w->before.at[p->leaf];
	const uint8_t *map;

	if (c->id == 0 || c->size != (int64_t)p->size)
		return;
	p->before = *c;
	if (c->segment && c->codec == MG_CODEC_RAW && mg_segment_pin(w->save->store, c->segment, &p->before_file, NULL) == 0) {
		map = mg_segment_map(w->save->store, p->before_file);
		if (map && (uint64_t)c->at <= p->before_file->size && (uint64_t)c->size <= p->before_file->size - (uint64_t)c->at)
			p->before_data = map + c->at;
	}
}

/* A leaf to be hashed and stored with others. */
static int
queue_leaf(mg_blob_writer *w, const void *data, size_t size, bool copy, mgreg_error *err)
{
	mg_pending p = { .data = data, .size = size, .width = w->width, .align = w->leaf_count ? 1 : 64, .blob = w->blob,
		.leaf = w->leaf_count, .measure = w->leaf, .ctx = w->ctx };
	mg_part part = { 0, 0, (uint32_t)size };
	int rc;

	if (w->leaf_count < w->before.len)
		find_before(w, &p);
	w->leaf_count++;
	rc = mg_save_add_leaf(w->save, &p, copy, &part.chunk, err);
	return rc ? rc : add_part(w->blob, part, err);
}

static int
end_leaf(mg_blob_writer *w, const void *data, size_t size, bool copy, mgreg_error *err)
{
	uint8_t sha256[32];
	int rc;

	if (w->blob->leaves)
		return queue_leaf(w, data, size, copy, err);
	MG_TRY(mg_sha256(data, size, sha256, err));
	MG_TRY(count_leaf(w, sha256, err));
	if (w->leaf)
		w->leaf(w->ctx, w->leaf_count, data, size);
	w->leaf_count++;
	if (!w->free_parts)
		MG_TRY(store_part(w, data, size, err));
out:
	return rc;
}

static int
leaf_stream(mg_blob_writer *w, const uint8_t *data, size_t size, mgreg_error *err)
{
	int rc = 0;

	while (size > 0 && rc == 0) {
		size_t take = MG_MIN(size, (size_t)MG_LEAF_SIZE - w->fill);

		if (w->fill == 0 && (take == MG_LEAF_SIZE || (w->straight && take == size))) {  /* a whole leaf: no copy here */
			rc = end_leaf(w, data, take, !w->straight, err);
		} else {
			if (!w->buf && !(w->buf = mg_alloc((size_t)MG_MIN(w->size, MG_LEAF_SIZE))))
				return mg_fail_nomem(err, MG_LEAF_SIZE);
			memcpy(w->buf + w->fill, data, take);
			w->fill += take;
			if (w->fill == MG_LEAF_SIZE) {
				w->fill = 0;
				rc = end_leaf(w, w->buf, MG_LEAF_SIZE, true, err);
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
	/* all of a large value at once: it is hashed and stored out of the caller's memory */
	w->straight = w->blob->leaves && size == w->size && size > STRAIGHT_FROM;
	rc = leaf_stream(w, data, size, err);
	if (w->straight) {
		int run = mg_save_run(w->save, rc ? NULL : err);

		rc = rc ? rc : run;
		w->straight = false;
	}
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
	int rc;

	if (w->free_parts)
		return 0;
	if ((rc = stop_queueing(w, err)) != 0)
		return rc;
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
	/* chunks of it that are under way are stored for nothing */
	for (size_t i = 0; i < save->chunks.len; i++)
		if (save->chunks.at[i].blob == w->blob)
			save->chunks.at[i].blob = NULL;
	mg_vec_clear(&w->blob->parts);
	mg_free(w->blob->leaves);
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
		MG_TRY(end_leaf(w, w->buf, w->fill, true, err));
	MG_TRY(flush_part(w, err));
	w->blob->finished = true;
	if (w->blob->leaves) {          /* known when the save is settled */
		*out = w->blob;
		goto out;
	}
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
put(mg_blob_writer *w, const void *data, size_t size, mg_blob **out, mgreg_error *err)
{
	int rc;

	if ((rc = mg_blob_write(w, data, size, err)) != 0) {
		mg_blob_abandon(w);
		return rc;
	}
	return mg_blob_finish(w, out, err);
}

int
mg_blob_put(mg_save *save, const void *data, size_t size, mg_leaf_fn *leaf, void *ctx, mg_blob **out, mgreg_error *err)
{
	return mg_blob_put_value(save, data, size, 1, 0, leaf, ctx, out, err);
}

int
mg_blob_put_cut(mg_save *save, const void *data, size_t size, const uint64_t *cuts, size_t cut_count, mg_blob **out, mgreg_error *err)
{
	mg_blob_writer *w = NULL;
	int rc = mg_blob_begin(&w, save, size, cuts, cut_count, NULL, NULL, err);

	return rc ? rc : put(w, data, size, out, err);
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
	mg_stmt_read(q, "iii", &p->at, &p->skip, &p->len);
	mg_chunk_facts_read(q, 3, &p->chunk);
	if (p->at < 0 || p->skip < 0 || p->len < 1 || p->chunk.size < 1 || p->chunk.size > MG_LEAF_SIZE
			|| p->skip > p->chunk.size || p->len > p->chunk.size - p->skip)
		return mg_fail(err, MGREG_DATA_LOSS, "chunk %lld is listed wrongly", (long long)p->chunk.id);
	return 0;
}

/* The leaves that a new value is compared with.  A list that is not cut like the value's leaves is no help, and no error. */
static int
load_before(mg_blob_writer *w, int64_t object_id, mgreg_error *err)
{
	mg_store *s = w->save->store;
	mg_stmt *q = NULL;
	int rc;

	MG_TRY(mg_save_follow_claims(w->save, err));
	MG_TRY(mg_stmt_get(s, MG_SQL_OBJECT_RANGE, &q, err));
	MG_TRY(mg_stmt_bind(q, err, "iii", object_id, (int64_t)0, (int64_t)w->size));
	for (;;) {
		placed p;
		mg_chunk_facts none = { 0 };

		MG_TRY(mg_stmt_step(q, err));
		if (!mg_stmt_has_row(q))
			break;
		if (read_placed(q, &p, NULL) != 0 || p.at % MG_LEAF_SIZE)
			continue;
		while (w->before.len < (size_t)(p.at / MG_LEAF_SIZE))
			if (!mg_vec_push(&w->before, none)) {
				rc = mg_fail_nomem(err, 0);
				goto out;
			}
		if (w->before.len == (size_t)(p.at / MG_LEAF_SIZE)
				&& !mg_vec_push(&w->before, (p.skip == 0 && p.len == p.chunk.size ? p.chunk : none))) {
			rc = mg_fail_nomem(err, 0);
			goto out;
		}
	}
out:
	mg_stmt_release(q);
	return rc;
}

int
mg_blob_put_value(mg_save *save, const void *data, size_t size, int width, int64_t before, mg_leaf_fn *leaf, void *ctx,
	mg_blob **out, mgreg_error *err)
{
	mg_blob_writer *w = NULL;
	int rc = mg_blob_begin(&w, save, size, NULL, 0, leaf, ctx, err);

	if (rc != 0)
		return rc;
	w->width = width == 2 || width == 4 || width == 8 || width == 16 ? width : 1;
	if (before && w->blob->leaves) {
		mg_store_lock(save->store);
		rc = load_before(w, before, err);
		mg_store_unlock(save->store);
		if (rc != 0) {
			mg_blob_abandon(w);
			return rc;
		}
	}
	return put(w, data, size, out, err);
}

/* ---- reading many ranges at once ------------------------------------------------------------------------ */

typedef struct gathering { MG_VEC(mg_fetch *) items; } gathering;

static int
gather(mg_store *s, gathering *g, const mg_read *r, mgreg_error *err)
{
	uint64_t at = r->at, end = at + r->size;
	uint8_t *out = r->out;
	mg_stmt *q = NULL;
	int rc;

	MG_TRY(mg_stmt_get(s, MG_SQL_OBJECT_RANGE, &q, err));
	MG_TRY(mg_stmt_bind(q, err, "iii", r->object_id, (int64_t)at, (int64_t)end));
	while (at < end) {
		mg_fetch *f;
		placed p;
		uint64_t from, n;

		MG_TRY(mg_stmt_step(q, err));
		if (!mg_stmt_has_row(q)) {
			rc = mg_fail(err, MGREG_DATA_LOSS, "the list of object %lld ends early", (long long)r->object_id);
			goto out;
		}
		MG_TRY(read_placed(q, &p, err));
		if ((uint64_t)p.at > at || (uint64_t)p.at + (uint64_t)p.len <= at) {
			rc = mg_fail(err, MGREG_DATA_LOSS, "the list of object %lld has a gap", (long long)r->object_id);
			goto out;
		}
		from = at - (uint64_t)p.at;
		n = MG_MIN((uint64_t)p.len - from, end - at);
		if (!(f = mg_calloc(1, sizeof *f)) || !mg_vec_push(&g->items, f)) {
			mg_free(f);
			rc = mg_fail_nomem(err, sizeof *f);
			goto out;
		}
		f->link[0].facts = p.chunk;
		f->skip = (uint32_t)((uint64_t)p.skip + from);
		f->len = (uint32_t)n;
		f->out = out;
		out += n;
		at += n;
	}
out:
	mg_stmt_release(q);
	return rc;
}

static void
finish_item(void *ctx, size_t i)
{
	mg_fetch_finish(((gathering *)ctx)->items.at[i]);
}

/* A value in a chunk that others share: through the cache of one chunk. */
static int
read_small(mg_store *s, mg_fetch *f, mgreg_error *err)
{
	const uint8_t *bytes;
	int rc = mg_chunk_cached(s, &f->link[0].facts, &bytes, err);

	if (rc == 0)
		memcpy(f->out, bytes + f->skip, f->len);
	return rc;
}

enum { AHEAD = 24 };    /* chunks fetched and not yet through */

/* This thread gathers what SQLite holds; helpers read segments, unpack and verify. */
static int
fetch_all(mg_store *s, gathering *g, mgreg_error *err)
{
	size_t count = g->items.len, through = 0;
	mg_crew_job job;
	int rc;

	MG_TRY(mg_crew_begin(&job, mg_store_crew(s), finish_item, g, count, 0, err));
	for (size_t i = 0; i < count && rc == 0; i++) {
		mg_chunk_facts facts = g->items.at[i]->link[0].facts;

		rc = mg_fetch_begin(s, g->items.at[i], &facts, err);
		if (rc != 0)
			break;
		mg_crew_feed(&job, i + 1);
		while (i - through >= AHEAD) {
			mg_crew_wait(&job, through);
			mg_fetch_clear(g->items.at[through++]);
		}
	}
	for (; through < job.ready; through++) {
		mg_crew_wait(&job, through);
		mg_fetch_clear(g->items.at[through]);
	}
	mg_crew_end(&job);
	for (size_t i = 0; i < through && rc == 0; i++)
		if (g->items.at[i]->rc) {
			if (err)
				*err = g->items.at[i]->err;
			rc = g->items.at[i]->rc;
		}
out:
	return rc;
}

/* Values that share chunks are read here and leave the list. */
static int
fetch_small(mg_store *s, gathering *g, mgreg_error *err)
{
	size_t kept = 0;
	int rc = 0;

	for (size_t i = 0; i < g->items.len; i++) {
		mg_fetch *f = g->items.at[i];

		if (rc == 0 && f->len < SMALL && f->len < f->link[0].facts.size) {
			rc = read_small(s, f, err);
			mg_free(f);
		} else {
			g->items.at[kept++] = f;
		}
	}
	g->items.len = kept;
	return rc;
}

static int
read_many(mg_store *s, const mg_read *reads, size_t count, mgreg_error *err)
{
	gathering g = { 0 };
	int rc = 0;

	for (size_t i = 0; i < count && rc == 0; i++)
		if (reads[i].size)
			rc = gather(s, &g, &reads[i], err);
	if (rc == 0)
		rc = fetch_small(s, &g, err);
	if (rc == 0 && g.items.len)
		rc = fetch_all(s, &g, err);
	for (size_t i = 0; i < g.items.len; i++) {
		mg_fetch_clear(g.items.at[i]);
		mg_free(g.items.at[i]);
	}
	mg_vec_clear(&g.items);
	return rc;
}

static int
check_read(mg_store *s, const mg_read *r, mgreg_error *err)
{
	mg_object_info info;
	int rc = mg_object_get(s, r->object_id, &info, err);

	if (rc)
		return rc;
	if (r->at > info.size || r->size > info.size - r->at)
		return mg_fail(err, MGREG_OUT_OF_RANGE, "bytes %llu to %llu of an object of %llu", (unsigned long long)r->at,
			(unsigned long long)(r->at + r->size), (unsigned long long)info.size);
	return info.present || r->size == 0 ? 0 : mg_fail(err, MGREG_DATA_LOSS, "the bytes have been purged");
}

/* Compaction moves bytes while others read: a segment may be gone between the look at its row and the opening.  Damage is
 * reported when a fresh look at the rows finds it too. */
enum { LOOKS = 3 };

int
mg_object_read_many(mg_store *s, const mg_read *reads, size_t count, mgreg_error *err)
{
	int rc = 0, looks = s->txn_depth > 0 ? 1 : LOOKS;

	mg_store_lock(s);
	for (int look = 0; look < looks; look++) {
		MG_TRY(mg_txn_begin_read(s, err));
		rc = 0;
		for (size_t i = 0; i < count && rc == 0; i++)
			rc = check_read(s, &reads[i], err);
		if (rc == 0)
			rc = read_many(s, reads, count, err);
		rc = mg_txn_end(s, rc, err);
		if (rc != MGREG_DATA_LOSS)
			break;
		mg_segment_close_all(s);
	}
out:
	mg_store_unlock(s);
	return rc;
}

int
mg_object_read(mg_store *s, int64_t object_id, uint64_t at, void *out, size_t size, mgreg_error *err)
{
	return mg_object_read_many(s, &(mg_read){ object_id, at, size, out }, 1, err);
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
