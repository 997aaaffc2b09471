/* SPDX-License-Identifier: Apache-2.0 */
/*
 * staging.c - a save in progress: chunks that wait, chunks that are stored, and the claims that keep gc away from both.
 *
 * states of a chunk:  waiting (bytes in memory) -> hashed -> stored: inline and claimed (a small transaction for up to
 * MG_BATCH_SIZE), or at its place in the save's segment, without a row -> listed (mg_blob_insert, in the publish transaction,
 * where the claims go and the rows of the segment's chunks come).  A save that dies leaves claimed chunks and a segment that is
 * still `writing', which gc takes once the save is seen to be dead.  A small inline save has one transaction in all: the
 * storing happens inside the publishing one.
 *
 * Helpers compare, hash, measure and pack while this thread stores what is ready, in order.  The batches are not synced one by
 * one: the commit that publishes syncs the whole log, and a batch that a power cut takes was never referred to.
 */
#include "base/base.h"
#include <unistd.h>
#include "store/store_internal.h"

/* Of a header whose entries are not known yet: a save of a few large values needs little, one of many small ones more. */
enum { SMALL_ROOM = 16 << 10, HEADER_ROOM = 256 << 10, ENTRY_ROOM = 170, SAMPLE = 16 };

int
mg_save_begin(mg_save **out, mg_store *store, mgreg_error *err)
{
	mg_save *save;
	int rc = mg_require_writable(store, err);

	if (rc != 0)
		return rc;
	if (!(save = mg_calloc(1, sizeof *save)))
		return mg_fail_nomem(err, sizeof *save);
	save->store = store;
	if ((rc = mg_random_hex(save->uid, err)) != 0) {
		mg_free(save);
		return rc;
	}
	store->saves++;
	*out = save;
	return 0;
}

const char *
mg_save_uid(const mg_save *save)
{
	return save->uid;
}

int
mg_save_set_uid(mg_save *save, const char *uid, mgreg_error *err)
{
	mg_version_info v;
	char ref[40];

	assert(!save->registered);
	if (strlen(uid) != 32 || strspn(uid, "0123456789abcdef") != 32)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "'%.40s' is no uid of a version", uid);
	snprintf(ref, sizeof(ref), "uid:%s", uid);
	if (mg_ref_resolve(save->store, ref, &v, NULL) == 0)
		return mg_fail(err, MGREG_ALREADY_EXISTS, "%s has the uid %s already", v.ref, uid);
	memcpy(save->uid, uid, 33);
	return 0;
}

mg_store *
mg_save_store(const mg_save *save)
{
	return save->store;
}

int
mg_store_share_out(mg_store *s, void (*work)(void *ctx, size_t item), void *ctx, size_t count, mgreg_error *err)
{
	int rc;

	mg_store_lock(s);       /* one job at a time */
	rc = mg_crew_run(mg_store_crew(s), work, ctx, count, err);
	mg_store_unlock(s);
	return rc;
}

static void
release(mg_pending *p)
{
	if (p->own)
		mg_free((void *)p->data);
	mg_free(p->packed);
	mg_segment_unpin(p->before_file);
	p->data = p->packed = NULL;
	p->before_file = NULL;
	p->own = false;
}

void
mg_save_free(mg_save *save)
{
	mg_store *s;

	if (!save)
		return;
	s = save->store;
	mg_store_lock(s);
	for (size_t i = 0; i < save->segments.len; i++) {
		int64_t id = save->segments.at[i]->id;

		mg_segment_writer_free(save->segments.at[i], save->published);
		if (!save->published)           /* failing is fine: gc takes what dead saves left */
			mg_stmt_run(s, MG_SQL_SEGMENT_DELETE, NULL, "i", id);
	}
	if (save->registered && !save->published)
		mg_stmt_run(s, MG_SQL_SAVE_DELETE, NULL, "s", save->uid);
	s->saves--;
	mg_db_checkpoint(s);
	mg_store_unlock(s);
	for (size_t i = 0; i < save->chunks.len; i++)
		release(&save->chunks.at[i]);
	for (size_t i = 0; i < save->blobs.len; i++) {
		mg_vec_clear(&save->blobs.at[i]->parts);
		mg_free(save->blobs.at[i]->leaves);
		mg_free(save->blobs.at[i]);
	}
	mg_vec_clear(&save->segments);
	mg_vec_clear(&save->chunks);
	mg_vec_clear(&save->blobs);
	mg_vec_clear(&save->reused);
	mg_map_clear(&save->by_digest);
	mg_map_clear(&save->by_sha);
	mg_free(save->pack);
	mg_free(save);
}

void
mg_save_follow(mg_save *save, int64_t version_id)
{
	save->predecessor = version_id;
}

/* ---- settings, registration, claims ------------------------------------------------------------------------ */

static int
read_settings(mg_save *save, mgreg_error *err)
{
	mg_str text = MG_STR_INIT;
	int64_t level = 1;
	int rc;

	if (save->settings_read)
		return 0;
	MG_TRY(mg_setting_get(save->store, "placement", &text, err));
	save->in_segments = !strcmp(text.ptr, "segments");
	mg_str_reset(&text);
	MG_TRY(mg_setting_get(save->store, "codec", &text, err));
	save->codec = strcmp(text.ptr, "zstd") ? MG_CODEC_RAW : MG_CODEC_SHUFFLE;
	mg_str_reset(&text);
	MG_TRY(mg_setting_get(save->store, "level", &text, err));
	mg_parse_i64(text.ptr, text.len, &level);
	save->level = (int)level;
	mg_str_reset(&text);
	MG_TRY(mg_setting_get(save->store, "verify-on-save", &text, err));
	save->verify = !strcmp(text.ptr, "full") ? 1 : !strcmp(text.ptr, "sample") ? SAMPLE : 0;
	save->settings_read = true;
out:
	mg_str_clear(&text);
	return rc;
}

int
mg_save_keep_inline(mg_save *save, mgreg_error *err)
{
	int rc = read_settings(save, err);

	save->in_segments = false;
	return rc;
}

/* Within a transaction. */
static int
register_save(mg_save *save, mgreg_error *err)
{
	mg_store *s = save->store;
	int rc;

	if (save->registered)
		return mg_stmt_run(s, MG_SQL_SAVE_BEAT, err, "si", save->uid, mg_now_ms());
	rc = mg_stmt_run(s, MG_SQL_SAVE_INSERT, err, "ssisi", save->uid, s->host, (int64_t)getpid(), mg_store_actor(s), mg_now_ms());
	save->registered = rc == 0;
	return rc;
}

static int
begin_batch(mg_save *save, mgreg_error *err)
{
	bool first = !save->registered;
	int rc;

	if (save->in_txn)
		return 0;
	if (first && save->store->txn_depth == 0)
		mg_db_checkpoint_wait(save->store);     /* the log stays within the size of a save */
	if ((rc = mg_txn_begin_relaxed(save->store, err)) != 0)
		return rc;
	save->in_txn = true;
	save->batch_bytes = 0;
	return register_save(save, err);
}

static int
end_batch(mg_save *save, int rc, mgreg_error *err)
{
	if (!save->in_txn)
		return rc;
	save->in_txn = false;
	rc = mg_txn_end(save->store, rc, err);
	if (rc == 0 && save->batch_bytes >= MG_BATCH_SIZE / 2)
		mg_db_write_back(save->store);
	return rc;
}

static int
claim(mg_save *save, int64_t chunk_id, mgreg_error *err)
{
	int rc = mg_stmt_run(save->store, MG_SQL_CLAIM_INSERT, err, "si", save->uid, chunk_id);

	if (rc == 0)
		save->claimed += mg_stmt_changes(save->store);
	return rc;
}

int
mg_save_follow_claims(mg_save *save, mgreg_error *err)
{
	int rc;

	if (save->followed || !save->predecessor)
		return 0;
	rc = begin_batch(save, err);
	if (rc == 0)
		rc = mg_stmt_run(save->store, MG_SQL_CLAIM_VERSION, err, "si", save->uid, save->predecessor);
	if (rc == 0)
		save->claimed += mg_stmt_changes(save->store);
	rc = end_batch(save, rc, err);
	save->followed = rc == 0;
	return rc;
}

/* ---- queueing ------------------------------------------------------------------------------------------------ */

int
mg_save_add_leaf(mg_save *save, const mg_pending *leaf, bool copy, int64_t *part_chunk, mgreg_error *err)
{
	mg_pending p = *leaf;
	int rc;

	assert(p.size >= 1 && p.size <= MG_LEAF_SIZE);
	if (copy) {
		if (save->waiting_bytes + p.size > MG_WAITING_LIMIT && (rc = mg_save_run(save, err)) != 0)
			return rc;
		if (!(p.data = mg_memdup(p.data, p.size)))
			return mg_fail_nomem(err, p.size);
		p.own = true;
	}
	p.stored = p.size;
	if (!mg_vec_push(&save->chunks, p)) {
		release(&p);
		return mg_fail_nomem(err, 0);
	}
	*part_chunk = -(int64_t)save->chunks.len;
	save->waiting_bytes += p.size;
	return 0;
}

int
mg_save_add_chunk(mg_save *save, const void *data, size_t size, int width, int64_t *part_chunk, mgreg_error *err)
{
	return mg_save_add_leaf(save, &(mg_pending){ .data = data, .size = size, .width = width, .align = 64 }, true, part_chunk, err);
}

/* The pack being filled is INT64_MIN to its parts, until it is closed. */
static int
close_pack(mg_save *save, mgreg_error *err)
{
	int64_t chunk;
	int rc;

	if (save->pack_size == 0)
		return 0;
	if ((rc = mg_save_add_chunk(save, save->pack, save->pack_size, save->pack_width ? save->pack_width : 1, &chunk, err)) != 0)
		return rc;
	save->pack_size = 0;
	save->pack_width = 0;
	save->packs++;
	for (size_t i = 0; i < save->blobs.len; i++)
		for (size_t k = 0; k < save->blobs.at[i]->parts.len; k++)
			if (save->blobs.at[i]->parts.at[k].chunk == INT64_MIN)
				save->blobs.at[i]->parts.at[k].chunk = chunk;
	return 0;
}

int
mg_save_add_small(mg_save *save, const void *data, size_t size, int width, mg_part *part, mgreg_error *err)
{
	size_t at = (save->pack_size + (size_t)width - 1) / (size_t)width * (size_t)width;
	int rc;

	assert(size <= MG_LEAF_SIZE);
	if (!save->pack && !(save->pack = mg_alloc(MG_LEAF_SIZE)))
		return mg_fail_nomem(err, MG_LEAF_SIZE);
	if (at + size > MG_LEAF_SIZE) {
		if ((rc = close_pack(save, err)) != 0)
			return rc;
		at = 0;
	}
	memset(save->pack + save->pack_size, 0, at > save->pack_size ? at - save->pack_size : 0);
	*part = (mg_part){ INT64_MIN, (uint32_t)at, (uint32_t)size };
	memcpy(save->pack + at, data, size);
	save->pack_size = at + size;
	if (width > save->pack_width && width <= 8)     /* packs hold mostly one type; what is right for it is good enough for the rest */
		save->pack_width = width;
	return 0;
}

/* ---- the helpers' half ------------------------------------------------------------------------------------------ */

/* Identity, statistics, packed form: of bytes that are not their predecessor's. */
static void
hash(const mg_save *save, mg_pending *p)
{
	p->rc = mg_sha256(p->data, p->size, p->sha256, NULL);
	if (p->rc == 0 && p->measure)
		p->measure(p->ctx, p->leaf, p->data, p->size);
	if (p->rc == 0 && save->codec != MG_CODEC_RAW && !p->packed) {
		p->rc = mg_codec_encode(save->codec, p->width, save->level, p->data, NULL, p->size, &p->packed, &p->stored, NULL);
		p->codec = p->packed ? save->codec : MG_CODEC_RAW;
		if (!p->packed)
			p->stored = p->size;
	}
	p->hashed = true;
}

typedef struct run { mg_save *save; size_t first; } run;

static void
examine(void *ctx, size_t i)
{
	run *r = ctx;
	mg_pending *p = &r->save->chunks.at[r->first + i];
	bool like = p->before.id != 0 && p->before.size == (int64_t)p->size;

	if (p->hashed || p->same != MG_SAME_NO)
		return;
	if (like && p->before_data) {
		if (memcmp(p->data, p->before_data, p->size) == 0) {
			p->same = MG_SAME_YES;
			return;
		}
		like = false;
	}
	mg_xxh3(p->data, p->size, p->xxh3);
	if (like && memcmp(p->xxh3, p->before.xxh3, MG_XXH3_SIZE) == 0) {
		p->same = MG_SAME_MAYBE;        /* the bytes are compared by whom SQLite belongs to */
		return;
	}
	hash(r->save, p);
}

/* ---- the storing half ---------------------------------------------------------------------------------------------- */

static int
settle_same(mg_save *save, mg_pending *p, uint8_t **buf, mgreg_error *err)
{
	if (p->same == MG_SAME_MAYBE) {
		if (!*buf && !(*buf = mg_alloc(MG_LEAF_SIZE)))
			return mg_fail_nomem(err, MG_LEAF_SIZE);
		p->same = mg_chunk_read(save->store, &p->before, *buf, NULL) == 0 && memcmp(*buf, p->data, p->size) == 0
			? MG_SAME_YES : MG_SAME_NO;
		if (p->same == MG_SAME_NO)
			hash(save, p);
	}
	if (p->same == MG_SAME_YES) {
		memcpy(p->sha256, p->before.sha256, 32);
		memcpy(p->xxh3, p->before.xxh3, MG_XXH3_SIZE);
		p->chunk_id = p->before.id;
		p->hashed = true;
	}
	return p->rc ? mg_fail(err, p->rc, "a chunk of %zu bytes could not be hashed", p->size) : 0;
}

static int
open_segment(mg_save *save, mgreg_error *err)
{
	mg_segment_writer *w = NULL;
	size_t n = save->segments.len, waiting = save->chunks.len - save->first_waiting;
	size_t room = save->segment_room ? save->segment_room : n ? (size_t)HEADER_ROOM << (2 * MG_MIN(n - 1, (size_t)4))
		: waiting * MG_LEAF_SIZE > 2 * save->waiting_bytes ? HEADER_ROOM : SMALL_ROOM;
	char uid[48];
	int rc;

	if (save->segments.len)
		snprintf(uid, sizeof uid, "%s-%u", save->uid, (unsigned)save->segments.len);
	else
		snprintf(uid, sizeof uid, "%s", save->uid);
	MG_TRY(begin_batch(save, err));
	MG_TRY(mg_segment_create(&w, save->store, uid, room, err));
	if (!mg_vec_push(&save->segments, w)) {
		mg_segment_writer_free(w, false);
		rc = mg_fail_nomem(err, 0);
	}
out:
	return end_batch(save, rc, err);
}

static int
append(mg_save *save, mg_pending *p, mgreg_error *err)
{
	mg_segment_writer *w = save->segments.len ? save->segments.at[save->segments.len - 1] : NULL;
	int rc;

	/* a header that is full: the save goes on in another file, at the next value */
	if (!w || (w->entries * ENTRY_ROOM > w->header_room && p->leaf == 0 && !save->segment_room)) {
		if ((rc = open_segment(save, err)) != 0)
			return rc;
		w = save->segments.at[save->segments.len - 1];
	}
	w->entries++;
	p->segment = w;
	return mg_segment_append(w, p->packed ? p->packed : p->data, p->stored, p->packed ? 1 : p->align, &p->at, err);
}

static int
read_back(mg_save *save, mg_pending *p, mgreg_error *err)
{
	mg_chunk_facts c;
	uint8_t *buf;
	int rc;

	if (!save->verify || (size_t)(p - save->chunks.at) % (size_t)save->verify || p->segment)
		return 0;
	if (!(buf = mg_alloc(MG_LEAF_SIZE)))
		return mg_fail_nomem(err, MG_LEAF_SIZE);
	if ((rc = mg_chunk_get(save->store, p->chunk_id, &c, err)) == 0)
		rc = mg_wrap(err, mg_chunk_read(save->store, &c, buf, err), "reading back");
	mg_free(buf);
	return rc;
}

/* The same of a chunk that lies in a segment without a row. */
static int
read_back_segment(mg_save *save, const mg_pending *p, mgreg_error *err)
{
	uint8_t *stored = mg_alloc(p->stored), *raw = mg_alloc(p->size), xxh3[MG_XXH3_SIZE];
	int rc = 0;

	if (!stored || !raw)
		rc = mg_fail_nomem(err, p->size);
	else if (pread(p->segment->fd, stored, p->stored, (off_t)p->at) != (ssize_t)p->stored)
		rc = mg_fail(err, MGREG_DATA_LOSS, "reading back: %s is cut off", p->segment->path);
	if (rc == 0)
		rc = mg_codec_decode(p->codec, p->width, stored, p->stored, NULL, raw, p->size, err);
	if (rc == 0) {
		mg_xxh3(raw, p->size, xxh3);
		if (memcmp(xxh3, p->xxh3, MG_XXH3_SIZE))
			rc = mg_fail(err, MGREG_DATA_LOSS, "reading back: bytes of %s are not what was written", p->segment->path);
	}
	mg_free(stored);
	mg_free(raw);
	(void)save;
	return rc;
}

static int
store_in_segment(mg_save *save, mg_pending *p, size_t index, mgreg_error *err)
{
	mg_store *s = save->store;
	char key[65];
	uintptr_t twin;
	int64_t id;
	bool found;
	int rc;

	mg_hex(key, p->sha256, 32);
	if ((twin = (uintptr_t)mg_map_find(&save->by_sha, key)) != 0) {         /* twice in this save */
		const mg_pending *t = &save->chunks.at[twin - 1];

		p->segment = t->segment;
		p->at = t->at;
		p->codec = t->codec;
		p->stored = t->stored;
		p->chunk_id = t->chunk_id;
		return 0;
	}
	MG_TRY(mg_stmt_one(s, MG_SQL_CHUNK_FIND, &id, &found, err, "b", p->sha256, (size_t)32));
	if (found) {                    /* once more within a transaction, with the claim */
		MG_TRY(begin_batch(save, err));
		MG_TRY(mg_stmt_one(s, MG_SQL_CHUNK_FIND, &id, &found, err, "b", p->sha256, (size_t)32));
		if (found) {
			MG_TRY(claim(save, id, err));
			p->chunk_id = id;
		}
	}
	if (!found) {
		MG_TRY(append(save, p, err));
		if (save->verify && index % (size_t)save->verify == 0)
			MG_TRY(read_back_segment(save, p, err));
	}
	if (!mg_map_set(&save->by_sha, key, (void *)(uintptr_t)(index + 1)))
		rc = mg_fail_nomem(err, 0);
out:
	return rc;
}

static int
store(mg_save *save, size_t index, uint8_t **buf, mgreg_error *err)
{
	mg_pending *p = &save->chunks.at[index];
	int64_t added;
	int rc;

	MG_TRY(settle_same(save, p, buf, err));
	if (p->chunk_id)
		goto out;
	if (save->in_segments) {
		MG_TRY(store_in_segment(save, p, index, err));
	} else {
		mg_chunk_form form = { .data = p->packed ? p->packed : p->data, .stored = p->stored, .codec = p->codec, .width = p->width };

		MG_TRY(begin_batch(save, err));
		MG_TRY(mg_chunk_put(save->store, p->sha256, p->xxh3, p->size, &form, &p->chunk_id, &added, err));
		MG_TRY(claim(save, p->chunk_id, err));
		save->added_bytes += added;
		if (added)
			MG_TRY(read_back(save, p, err));
		save->batch_bytes += p->stored;
		if (save->batch_bytes >= MG_BATCH_SIZE)
			MG_TRY(end_batch(save, 0, err));
	}
out:
	if (rc == 0 && p->blob && p->blob->leaves)
		memcpy(p->blob->leaves[p->leaf], p->sha256, 32);
	release(p);
	return rc;
}

int
mg_save_run(mg_save *save, mgreg_error *err)
{
	run r = { save, save->first_waiting };
	size_t count = save->chunks.len - r.first;
	mg_crew_job job;
	uint8_t *buf = NULL;
	int rc;

	if (count == 0)
		return 0;
	MG_TRY(read_settings(save, err));
	MG_TRY(mg_crew_begin(&job, mg_store_crew(save->store), examine, &r, count, count, err));
	for (size_t i = 0; i < count && rc == 0; i++) {
		mg_crew_wait(&job, i);
		rc = store(save, r.first + i, &buf, err);
	}
	mg_crew_end(&job);
	rc = end_batch(save, rc, err);
	save->first_waiting = save->chunks.len;
	save->waiting_bytes = 0;
out:
	mg_free(buf);
	return rc;
}

/* ---- digests ----------------------------------------------------------------------------------------------------------- */

static int
digest_blobs(mg_save *save, mgreg_error *err)
{
	mg_sha256_ctx *sha = NULL;
	int rc = 0;

	for (size_t i = 0; i < save->blobs.len; i++) {
		mg_blob *b = save->blobs.at[i];
		size_t n = (size_t)((b->size + MG_LEAF_SIZE - 1) / MG_LEAF_SIZE);

		if (!b->leaves || !b->finished)
			continue;
		if (n == 1) {
			memcpy(b->digest, b->leaves[0], 32);
		} else {
			if (!sha)
				MG_TRY(mg_sha256_new(&sha, err));
			mg_sha256_update(sha, b->leaves[0], 32 * n);
			mg_sha256_final(sha, b->digest);
		}
		mg_free(b->leaves);
		b->leaves = NULL;
	}
out:
	mg_sha256_free(sha);
	return rc;
}

/* Hashes what waits and leaves it waiting. */
static int
hash_waiting(mg_save *save, mgreg_error *err)
{
	run r = { save, save->first_waiting };
	uint8_t *buf = NULL;
	int rc;

	MG_TRY(read_settings(save, err));
	MG_TRY(mg_crew_run(mg_store_crew(save->store), examine, &r, save->chunks.len - r.first, err));
	for (size_t i = r.first; i < save->chunks.len; i++) {
		mg_pending *p = &save->chunks.at[i];

		MG_TRY(settle_same(save, p, &buf, err));
		if (p->blob && p->blob->leaves)
			memcpy(p->blob->leaves[p->leaf], p->sha256, 32);
	}
out:
	mg_free(buf);
	return rc;
}

int
mg_save_settle(mg_save *save, mgreg_error *err)
{
	int rc;

	mg_store_lock(save->store);
	/* a large save goes on storing; a small one may still turn out to fit the publishing transaction */
	rc = save->registered ? mg_save_run(save, err) : hash_waiting(save, err);
	if (rc == 0)
		rc = digest_blobs(save, err);
	mg_store_unlock(save->store);
	return rc;
}

/* ---- publishing ---------------------------------------------------------------------------------------------------------- */

/* Where part I of a blob lies in a segment of this save. */
static const mg_pending *
part_place(const mg_save *save, const mg_part *part)
{
	const mg_pending *p = part->chunk < 0 ? &save->chunks.at[-part->chunk - 1] : NULL;

	return p && p->segment && !p->chunk_id ? p : NULL;
}

static int
add_entry(mg_segment_entries *list, uint64_t at, uint64_t size, const char *dtype, const char *shape, const char *name, const char *slice,
	uint64_t offset, mgreg_error *err)
{
	mg_segment_entry e = { .at = at, .size = size, .name = MG_STR_INIT, .dtype = dtype, .shape = shape };

	mg_str_add(&e.name, name);
	if (slice && *slice)
		mg_str_printf(&e.name, ":%s", slice);
	if (!dtype)
		mg_str_printf(&e.name, "@%llu", (unsigned long long)offset);
	if (e.name.failed || !mg_vec_push(list, e)) {
		mg_str_clear(&e.name);
		return mg_fail_nomem(err, 0);
	}
	return 0;
}

/* The ranges of segment W that blob B has, under NAME; as one tensor if it lies there whole and raw. */
static int
name_blob(const mg_save *save, const mg_segment_writer *w, const mg_blob *b, const char *name, const char *slice, const char *dtype,
	const char *shape, int64_t elements, mg_segment_entries *list, mgreg_error *err)
{
	uint64_t offset = 0, begin = 0, end = 0;
	unsigned width = 0;
	const char *theirs = dtype ? mg_segment_dtype(dtype, &width) : NULL;
	bool whole = theirs && b->parts.len && (uint64_t)elements * width == b->size;
	int rc;

	for (size_t i = 0; i < b->parts.len && whole; i++) {
		const mg_part *part = &b->parts.at[i];
		const mg_pending *p = part_place(save, part);

		if (!p || p->segment != w || p->codec != MG_CODEC_RAW || (i > 0 && p->at + part->skip != end))
			whole = false;
		else if (i == 0)
			begin = p->at + part->skip;
		if (whole)
			end = p->at + part->skip + part->len;
	}
	if (whole)
		return add_entry(list, begin, end - begin, theirs, shape, name, slice, 0, err);
	for (size_t i = 0; i < b->parts.len; offset += b->parts.at[i++].len) {
		const mg_part *part = &b->parts.at[i];
		const mg_pending *p = part_place(save, part);

		if (!p || p->segment != w)
			continue;
		if (p->codec == MG_CODEC_RAW)
			rc = add_entry(list, p->at + part->skip, part->len, NULL, NULL, name, slice, offset, err);
		else
			rc = add_entry(list, p->at, p->stored, NULL, NULL, name, slice, offset, err);
		if (rc)
			return rc;
	}
	return 0;
}

static int
seal(mg_save *save, mg_segment_writer *w, const mg_new_version *v, mgreg_error *err)
{
	mg_segment_entries list = { 0 };
	char name[40];
	int rc = 0;

	for (size_t i = 0; i < v->tensor_count; i++) {
		const mg_new_tensor *t = &v->tensors[i];

		MG_TRY(name_blob(save, w, t->blob, t->name, t->slice, t->dtype, t->shape, t->elements, &list, err));
	}
	for (size_t i = 0; i < v->metagraph_count; i++) {
		snprintf(name, sizeof name, "metagraph %zu", i);
		MG_TRY(name_blob(save, w, v->metagraphs[i].blob, name, NULL, NULL, NULL, 0, &list, err));
	}
	for (size_t i = 0; i < v->file_count; i++)
		MG_TRY(name_blob(save, w, v->files[i].blob, v->files[i].path, NULL, NULL, NULL, 0, &list, err));
	MG_TRY(mg_segment_seal(save->store, w, &list, err));
out:
	mg_segment_entries_clear(&list);
	return rc;
}

static size_t
header_need(const mg_new_version *v)
{
	size_t need = 512 + v->metagraph_count * ENTRY_ROOM;

	for (size_t i = 0; i < v->tensor_count; i++) {
		const mg_new_tensor *t = &v->tensors[i];

		need += 2 * (strlen(t->name) + (t->slice ? strlen(t->slice) : 0)) + strlen(t->shape) + 2 * ENTRY_ROOM;
	}
	for (size_t i = 0; i < v->file_count; i++)
		need += 2 * strlen(v->files[i].path) + 2 * ENTRY_ROOM;
	return need;
}

int
mg_save_prepare(mg_save *save, const mg_new_version *v, mgreg_error *err)
{
	int rc;

	mg_store_lock(save->store);
	MG_TRY(close_pack(save, err));
	MG_TRY(read_settings(save, err));
	if (save->in_segments) {
		if (!save->segments.len)        /* everything is known by now, and so is the header's size */
			save->segment_room = header_need(v);
		MG_TRY(mg_save_run(save, err));
		for (size_t i = 0; i < save->segments.len; i++)
			if (!save->segments.at[i]->sealed)
				MG_TRY(seal(save, save->segments.at[i], v, err));
	} else if (save->registered || save->waiting_bytes > MG_LEAF_SIZE) {
		MG_TRY(mg_save_run(save, err));
	} else {
		MG_TRY(hash_waiting(save, err));
	}
	MG_TRY(digest_blobs(save, err));
out:
	mg_store_unlock(save->store);
	return rc;
}

static int
claim_object(mg_save *save, int64_t object_id, mgreg_error *err)
{
	int64_t present;
	int rc;

	MG_TRY(mg_stmt_one(save->store, MG_SQL_OBJECT_PRESENT, &present, NULL, err, "i", object_id));
	if (!present)
		return mg_fail(err, MGREG_ABORTED, "bytes that were there have been collected in the meantime");
	MG_TRY(mg_stmt_run(save->store, MG_SQL_CLAIM_OBJECT, err, "si", save->uid, object_id));
	save->claimed += mg_stmt_changes(save->store);
out:
	return rc;
}

/* Rows of what lies in segments; another save may have brought the same bytes meanwhile. */
static int
list_segments(mg_save *save, mgreg_error *err)
{
	mg_store *s = save->store;
	int rc = 0;

	for (size_t i = 0; i < save->chunks.len; i++) {
		mg_pending *p = &save->chunks.at[i];
		int64_t added;

		if (!p->segment || p->chunk_id)
			continue;
		MG_TRY(mg_chunk_put(s, p->sha256, p->xxh3, p->size, &(mg_chunk_form){ .stored = p->stored, .codec = p->codec, .width = p->width,
			.segment = p->segment->id, .at = (int64_t)p->at }, &p->chunk_id, &added, err));
		save->added_bytes += added;
	}
	for (size_t i = 0; i < save->segments.len; i++)
		MG_TRY(mg_stmt_run(s, MG_SQL_SEGMENT_SEAL, err, "ii", save->segments.at[i]->id, (int64_t)save->segments.at[i]->at));
out:
	return rc;
}

int
mg_save_flush(mg_save *save, mgreg_error *err)
{
	int rc;

	assert(save->store->txn_depth > 0);
	MG_TRY(close_pack(save, err));
	MG_TRY(register_save(save, err));
	MG_TRY(mg_save_run(save, err));
	MG_TRY(digest_blobs(save, err));
	for (; save->reused_claimed < save->reused.len; save->reused_claimed++)
		MG_TRY(claim_object(save, save->reused.at[save->reused_claimed], err));
	MG_TRY(list_segments(save, err));
out:
	return rc;
}

int
mg_save_check_claims(mg_save *save, mgreg_error *err)
{
	int64_t there;
	int rc = mg_stmt_one(save->store, MG_SQL_CLAIM_COUNT, &there, NULL, err, "s", save->uid);

	if (rc == 0 && there != save->claimed)
		rc = mg_fail(err, MGREG_ABORTED, "the save was taken for dead and its bytes were collected: save again");
	return rc;
}
