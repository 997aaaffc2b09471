/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compact.c - brings old bytes into the configured codec and placement.
 *
 * Under codec auto a value of an older version becomes a difference to the same value of its successor.  A run's versions are
 * walked from the newest back, leaf by leaf: the newest stays whole, the one before it hangs on it, and so on until the chain is
 * as long as `depth' allows; the next is packed by itself and begins a new chain.
 *
 *   newest (whole) <- 1 <- 2 <- ... <- depth      whole <- 1 <- ...
 *
 * A chunk gets its new form in one short transaction, which looks once more whether the chunk is as it was, its base is short
 * enough and not above it, and moves the depth of what hangs on it.  Before that the new form has been decoded and compared;
 * where it goes to a segment, the file is synced first.  Stopped anywhere, the store is whole, and the next run goes on.
 */
#include "base/base.h"
#include <stdlib.h>
#include <unistd.h>
#include "store/gc.h"

enum { WINDOW = 16, WORK_BYTES = 16 << 20, SEGMENT_BYTES = 128 << 20, TXN_BYTES = 16 << 20 };

typedef struct raw {            /* bytes of a chunk, shared by the two tasks that need them */
	int64_t  id;
	int      users;
	uint8_t  bytes[];
} raw;

typedef struct task {
	mg_chunk_facts c, base;         /* base.id 0: by itself */
	int      codec, width, level;
	raw     *mine, *theirs;
	uint8_t *packed;                /* the outcome; NULL: raw */
	size_t   stored;
	bool     useless;               /* as large as it was */
	int      rc;
	uint64_t at;                    /* in the segment */
} task;

typedef struct work {
	mg_gc   *g;
	mg_store *s;
	int      codec, level, depth;   /* settings; codec MG_CODEC_DELTA: auto */
	bool     in_segments, registered;
	mg_ids   newest;                /* ascending */
	MG_VEC(task) tasks;
	size_t   bytes;                 /* raw bytes that the tasks hold */
	MG_VEC(task) flips;             /* done, waiting for the segment to be sealed */
	mg_segment_writer *segment;
	mg_map   queued;                /* chunks that have a task or wait for their flip */
} work;

/* ---- raw bytes ---------------------------------------------------------------------------------------------- */

static void
drop_raw(raw *r)
{
	if (r && --r->users == 0)
		mg_free(r);
}

static int
get_raw(work *w, const mg_chunk_facts *c, raw *known, raw **out, mgreg_error *err)
{
	int rc;

	if (known && known->id == c->id) {
		known->users++;
		*out = known;
		return 0;
	}
	if (c->size < 1 || c->size > MG_LEAF_SIZE)
		return mg_fail(err, MGREG_DATA_LOSS, "chunk %lld has a size of %lld bytes", (long long)c->id, (long long)c->size);
	if (!(*out = mg_alloc(sizeof **out + (size_t)c->size)))
		return mg_fail_nomem(err, (size_t)c->size);
	(*out)->id = c->id;
	(*out)->users = 1;
	w->bytes += (size_t)c->size;
	if ((rc = mg_chunk_read(w->s, c, (*out)->bytes, err)) != 0) {
		mg_free(*out);
		*out = NULL;
	}
	return rc;
}

static void
clear_task(task *t)
{
	drop_raw(t->mine);
	drop_raw(t->theirs);
	mg_free(t->packed);
	t->mine = t->theirs = NULL;
	t->packed = NULL;
}

/* ---- encoding, on any thread ----------------------------------------------------------------------------------- */

static int
encode(task *t, mgreg_error *err)
{
	size_t size = (size_t)t->c.size;
	uint8_t *back;
	int rc = 0;

	mg_free(t->packed);
	t->packed = NULL;
	if (t->codec != MG_CODEC_RAW)
		rc = mg_codec_encode(t->codec, t->width, t->level, t->mine->bytes, t->theirs ? t->theirs->bytes : NULL, size, &t->packed, &t->stored, err);
	if (rc == 0 && !t->packed && t->codec == MG_CODEC_DELTA) {      /* nothing in common: by itself */
		t->codec = MG_CODEC_SHUFFLE;
		t->base.id = 0;
		rc = mg_codec_encode(t->codec, t->width, t->level, t->mine->bytes, NULL, size, &t->packed, &t->stored, err);
	}
	if (rc)
		return rc;
	if (!t->packed) {
		t->codec = MG_CODEC_RAW;
		t->base.id = 0;
		t->stored = size;
		t->useless = t->c.codec == MG_CODEC_RAW;
		return 0;
	}
	if (!(back = mg_alloc(size)))
		return mg_fail_nomem(err, size);
	rc = mg_codec_decode(t->codec, t->width, t->packed, t->stored, t->base.id ? t->theirs->bytes : NULL, back, size, err);
	if (rc == 0 && memcmp(back, t->mine->bytes, size))
		rc = mg_fail(err, MGREG_INTERNAL, "chunk %lld does not come back from its new form", (long long)t->c.id);
	mg_free(back);
	return rc;
}

static void
encode_item(void *ctx, size_t i)
{
	task *t = &((work *)ctx)->tasks.at[i];

	t->rc = encode(t, NULL);
}

/* ---- the new form becomes the chunk ------------------------------------------------------------------------------ */

static bool
is_as_it_was(const mg_chunk_facts *a, const mg_chunk_facts *b)
{
	return a->codec == b->codec && a->base == b->base && a->segment == b->segment && a->at == b->at && a->stored == b->stored;
}

/* May the chunk hang on its base: short enough, and no circle? */
static int
fits(work *w, const task *t, int64_t old_depth, int64_t *depth, bool *ok, mgreg_error *err)
{
	int64_t base_depth = -1, height, circle = 0, bound = MG_DEPTH_LIMIT;
	int rc;

	MG_TRY(mg_stmt_one(w->s, MG_SQL_CHUNK_HEIGHT, &height, NULL, err, "i", t->c.id));
	if (t->base.id) {
		bool found;

		MG_TRY(mg_stmt_one(w->s, MG_SQL_CHUNK_DEPTH, &base_depth, &found, err, "i", t->base.id));
		MG_TRY(mg_stmt_one(w->s, MG_SQL_CHUNK_CHAIN_HAS, &circle, NULL, err, "ii", t->base.id, t->c.id));
		if (!found)
			circle = 1;
		if (base_depth + 1 > old_depth) /* a chain that is too long already may become shorter */
			bound = w->depth;
	}
	*depth = base_depth + 1;
	*ok = circle == 0 && *depth + height <= bound;
out:
	return rc;
}

static int
flip(work *w, task *t, mgreg_error *err)
{
	mg_store *s = w->s;
	mg_chunk_facts now;
	int64_t depth = 0, old_depth;
	int64_t segment = t->at ? w->segment->id : 0;
	bool ok = false;
	int rc;

	if (mg_chunk_get(s, t->c.id, &now, NULL) != 0 || !is_as_it_was(&now, &t->c))
		return 0;               /* gone, or somebody else was here */
	MG_TRY(mg_stmt_one(s, MG_SQL_CHUNK_DEPTH, &old_depth, NULL, err, "i", t->c.id));
	MG_TRY(fits(w, t, old_depth, &depth, &ok, err));
	if (!ok)
		goto out;
	/* what hangs on it moves first when it moves up, last when it moves down: the bound holds at every moment */
	MG_TRY(mg_stmt_run(s, MG_SQL_CHUNK_RECODE, err, "iiiiIiII", t->c.id, (int64_t)t->codec, (int64_t)t->width, (int64_t)t->stored,
		(int)(t->base.id != 0), t->base.id, depth, (int)(segment != 0), segment, (int)(segment != 0), (int64_t)t->at));
	if (depth != old_depth)
		MG_TRY(mg_stmt_run(s, MG_SQL_CHUNK_SHIFT, err, "ii", t->c.id, depth - old_depth));
	if (segment)
		MG_TRY(mg_stmt_run(s, MG_SQL_CHUNK_DATA_DELETE, err, "i", t->c.id));
	else
		MG_TRY(mg_stmt_run(s, MG_SQL_CHUNK_DATA_REPLACE, err, "ib", t->c.id, t->packed ? (void *)t->packed : (void *)t->mine->bytes, t->stored));
	w->g->r.recoded += now.codec != t->codec || now.base != t->base.id;
	w->g->r.moved += (now.segment != 0) != (segment != 0);
	w->g->r.recoded_before += now.stored;
	w->g->r.recoded_after += (int64_t)t->stored;
out:
	return rc;
}

static int
flip_some(work *w, size_t *at, mgreg_error *err)
{
	size_t bytes = 0;
	int rc;

	MG_TRY(mg_txn_begin_relaxed(w->s, err));
	rc = mg_stmt_run(w->s, MG_SQL_SAVE_BEAT, err, "si", w->g->uid, mg_now_ms());
	for (; *at < w->flips.len && bytes < TXN_BYTES && rc == 0; (*at)++) {
		rc = flip(w, &w->flips.at[*at], err);
		bytes += w->segment ? 1000 : w->flips.at[*at].stored;
	}
	MG_TRY(mg_txn_end(w->s, rc, err));
	mg_db_write_back(w->s);
	mg_gc_pause(w->g);
out:
	return rc;
}

static int
flip_all(work *w, mgreg_error *err)
{
	mg_segment_entries none = { 0 };
	size_t at = 0;
	int rc = 0;

	if (w->flips.len == 0)
		goto out;
	if (w->segment) {
		MG_TRY(mg_segment_seal(w->s, w->segment, &none, err));
		MG_TRY(mg_stmt_run(w->s, MG_SQL_SEGMENT_SEAL, err, "ii", w->segment->id, (int64_t)w->segment->at));
	}
	while (at < w->flips.len)
		MG_TRY(flip_some(w, &at, err));
out:
	for (size_t i = 0; i < w->flips.len; i++)
		clear_task(&w->flips.at[i]);
	w->flips.len = 0;
	mg_map_clear(&w->queued);
	mg_segment_writer_free(w->segment, w->segment && w->segment->sealed);
	w->segment = NULL;
	return rc;
}

static int
open_segment(work *w, mgreg_error *err)
{
	char uid[48];
	int rc;

	snprintf(uid, sizeof uid, "%s-%u", w->g->uid, (unsigned)++w->g->segments);
	MG_TRY(mg_txn_begin(w->s, err));
	rc = mg_txn_end(w->s, mg_segment_create(&w->segment, w->s, uid, 1024, err), err);
out:
	return rc;
}

/* Encodes what has gathered and hands it on. */
static int
run_tasks(work *w, mgreg_error *err)
{
	int rc;

	MG_TRY(mg_crew_run(mg_store_crew(w->s), encode_item, w, w->tasks.len, err));
	for (size_t i = 0; i < w->tasks.len; i++) {
		task *t = &w->tasks.at[i];
		bool stays = (t->c.segment != 0) == w->in_segments && !w->g->moving;

		if (t->rc && (rc = encode(t, err)) != 0)        /* once more, for its words */
			goto out;
		if (t->useless && stays)
			continue;
		if (w->in_segments) {
			if (!w->segment)
				MG_TRY(open_segment(w, err));
			MG_TRY(mg_segment_append(w->segment, t->packed ? t->packed : t->mine->bytes, t->stored, 64, &t->at, err));
		}
		if (!mg_vec_push(&w->flips, *t)) {
			rc = mg_fail_nomem(err, 0);
			goto out;
		}
		t->mine = t->theirs = NULL;
		t->packed = NULL;
		if (w->in_segments) {   /* its bytes are in the file */
			clear_task(&w->flips.at[w->flips.len - 1]);
		}
	}
	if (!w->in_segments || (w->segment && w->segment->at >= SEGMENT_BYTES))
		MG_TRY(flip_all(w, err));
out:
	for (size_t i = 0; i < w->tasks.len; i++)
		clear_task(&w->tasks.at[i]);
	w->tasks.len = 0;
	w->bytes = 0;
	return rc;
}

/* C in a new form; BASE NULL: by itself. */
static int
add_task(work *w, const mg_chunk_facts *c, const mg_chunk_facts *base, int codec, mgreg_error *err)
{
	task *last = w->tasks.len ? &w->tasks.at[w->tasks.len - 1] : NULL;
	task t = { .codec = codec, .width = (int)c->width, .level = w->level };
	int rc;

	/* many values may lie in one chunk; and what was read of a chunk may be old */
	if (mg_map_findn(&w->queued, (const char *)&c->id, sizeof c->id) || mg_chunk_get(w->s, c->id, &t.c, NULL) != 0
			|| (base && mg_chunk_get(w->s, base->id, &t.base, NULL) != 0))
		return 0;
	if (t.width != 2 && t.width != 4 && t.width != 8 && t.width != 16)
		t.width = 1;
	if (base)       /* it was the task before: its bytes are here */
		MG_TRY(get_raw(w, &t.base, last ? last->mine : NULL, &t.theirs, err));
	MG_TRY(get_raw(w, &t.c, last ? last->mine : NULL, &t.mine, err));
	if (!mg_map_setn(&w->queued, (const char *)&c->id, sizeof c->id, w) || !mg_vec_push(&w->tasks, t)) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	t.mine = t.theirs = NULL;
	if (w->bytes >= WORK_BYTES)
		rc = run_tasks(w, err);
out:
	clear_task(&t);
	return rc == MGREG_DATA_LOSS ? 0 : rc;  /* damage is fsck's to tell; it stays as it is */
}

/* ---- chains ----------------------------------------------------------------------------------------------------------- */

static int
by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static bool
stays_whole(const work *w, int64_t chunk)
{
	return w->newest.len && bsearch(&chunk, w->newest.at, w->newest.len, sizeof chunk, by_number);
}

typedef MG_VEC(mg_chunk_facts) column;

/* One leaf's chunks, newest first, each once. */
static int
chain(work *w, const column *list, mgreg_error *err)
{
	int64_t depth = 0, height, own;
	int rc = 0;

	for (size_t i = 0; i < list->len && rc == 0; i++) {
		const mg_chunk_facts *c = &list->at[i], *base = i ? &list->at[i - 1] : NULL;

		if (mg_gc_is_over(w->g))
			break;
		MG_TRY(mg_stmt_one(w->s, MG_SQL_CHUNK_DEPTH, &own, NULL, err, "i", c->id));
		if (!base || c->codec == MG_CODEC_DELTA || base->size != c->size || stays_whole(w, c->id)) {
			depth = own;
			continue;
		}
		MG_TRY(mg_stmt_one(w->s, MG_SQL_CHUNK_HEIGHT, &height, NULL, err, "i", c->id));
		if (depth + 1 + height <= w->depth) {
			depth++;
			MG_TRY(add_task(w, c, base, MG_CODEC_DELTA, err));
		} else {
			depth = 0;
			if (c->codec == MG_CODEC_RAW)
				MG_TRY(add_task(w, c, NULL, MG_CODEC_SHUFFLE, err));
		}
	}
out:
	return rc;
}

static bool
is_in(const column *list, int64_t chunk)
{
	for (size_t i = list->len; i-- > 0;)
		if (list->at[i].id == chunk)
			return true;
	return false;
}

/* Adds an object's chunks at the WINDOW leaves from FIRST on, where they are cut like leaves (or lie in a pack, at LEAF 0). */
static int
load_columns(work *w, int64_t object_id, int64_t size, int64_t first, column *list, mgreg_error *err)
{
	int64_t from = first * MG_LEAF_SIZE, to = MG_MIN(size, from + (int64_t)WINDOW * MG_LEAF_SIZE);
	mg_stmt *q = NULL;
	int rc;

	MG_TRY(mg_stmt_get(w->s, MG_SQL_OBJECT_RANGE, &q, err));
	MG_TRY(mg_stmt_bind(q, err, "iii", object_id, from, to));
	for (;;) {
		int64_t at, skip, len, n;
		mg_chunk_facts c;

		MG_TRY(mg_stmt_step(q, err));
		if (!mg_stmt_has_row(q))
			break;
		mg_stmt_read(q, "iii", &at, &skip, &len);
		mg_chunk_facts_read(q, 3, &c);
		n = at / MG_LEAF_SIZE - first;
		if (at % MG_LEAF_SIZE || n < 0 || n >= WINDOW || is_in(&list[n], c.id))
			continue;
		if (!mg_vec_push(&list[n], c)) {
			rc = mg_fail_nomem(err, 0);
			break;
		}
	}
out:
	mg_stmt_release(q);
	return rc;
}

/* All versions of one value, newest first. */
static int
chain_value(work *w, const mg_ids *objects, int64_t size, mgreg_error *err)
{
	column list[WINDOW];
	int rc = 0;

	memset(list, 0, sizeof list);
	for (int64_t first = 0; first * MG_LEAF_SIZE < size && !mg_gc_is_over(w->g); first += WINDOW) {
		for (size_t i = 0; i < objects->len; i++)
			MG_TRY(load_columns(w, objects->at[i], size, first, list, err));
		for (int k = 0; k < WINDOW; k++) {
			MG_TRY(chain(w, &list[k], err));
			list[k].len = 0;
		}
		MG_TRY(run_tasks(w, err));
	}
out:
	for (int k = 0; k < WINDOW; k++)
		mg_vec_clear(&list[k]);
	return rc;
}

typedef struct value { size_t first, count; int64_t size; } value;

static int
chain_run(work *w, int64_t run_id, mgreg_error *err)
{
	MG_VEC(value) values = { 0 };
	mg_ids objects = { 0 };
	mg_str key = MG_STR_INIT, before = MG_STR_INIT;
	mg_stmt *q = NULL;
	int64_t last_size = -1;
	int rc;

	MG_TRY(mg_stmt_get(w->s, MG_SQL_GC_COLUMNS, &q, err));
	MG_TRY(mg_stmt_bind(q, err, "i", run_id));
	for (;;) {
		const char *name, *slice;
		int64_t object, size;

		MG_TRY(mg_stmt_step(q, err));
		if (!mg_stmt_has_row(q))
			break;
		mg_stmt_read(q, "ttii", &name, &slice, &object, &size);
		mg_str_reset(&key);
		mg_str_printf(&key, "%s\n%s", name, slice);
		MG_TRY(mg_str_check(&key, err));
		if (strcmp(key.ptr, before.ptr) || size != last_size) {
			if (!mg_vec_push(&values, ((value){ objects.len, 0, size }))) {
				rc = mg_fail_nomem(err, 0);
				goto out;
			}
			mg_str_reset(&before);
			mg_str_add(&before, key.ptr);
			last_size = size;
		}
		if (!mg_vec_push(&objects, object)) {
			rc = mg_fail_nomem(err, 0);
			goto out;
		}
		values.at[values.len - 1].count++;
	}
	mg_stmt_release(q);
	q = NULL;
	for (size_t i = 0; i < values.len && !mg_gc_is_over(w->g); i++) {
		mg_ids part = { objects.at + values.at[i].first, values.at[i].count, 0 };

		if (part.len > 1)
			MG_TRY(chain_value(w, &part, values.at[i].size, err));
	}
out:
	mg_stmt_release(q);
	mg_vec_clear(&values);
	mg_vec_clear(&objects);
	mg_str_clear(&key);
	mg_str_clear(&before);
	return rc;
}

static int
chain_all(work *w, mgreg_error *err)
{
	mg_ids runs = { 0 };
	int rc;

	MG_TRY(mg_gc_gather(w->s, MG_SQL_GC_RUN_LIST, &runs, NULL, err, "", 0, 0));
	for (size_t i = 0; i < runs.len && !mg_gc_is_over(w->g); i++) {
		w->newest.len = 0;
		MG_TRY(mg_gc_gather(w->s, MG_SQL_GC_NEWEST_CHUNKS, &w->newest, NULL, err, "", 0, 0));
		MG_TRY(chain_run(w, runs.at[i], err));
	}
out:
	mg_vec_clear(&runs);
	return rc;
}

/* ---- bases that nobody lists any more ----------------------------------------------------------------------------------- */

/* What hangs on BASE alone hangs on the base's own base from now on, if that is worth it. */
static int
take_off(work *w, int64_t base_id, mgreg_error *err)
{
	mg_chunk_facts base, below = { 0 };
	mg_ids ids = { 0 };
	int64_t before, after = 0;
	int rc;

	MG_TRY(mg_chunk_get(w->s, base_id, &base, err));
	if (base.codec == MG_CODEC_DELTA)
		MG_TRY(mg_chunk_get(w->s, base.base, &below, err));
	before = base.stored;
	MG_TRY(mg_gc_gather(w->s, MG_SQL_CHUNK_DEPENDANTS, &ids, NULL, err, "i", base_id, 0));
	for (size_t i = 0; i < ids.len; i++) {
		mg_chunk_facts c;

		MG_TRY(mg_chunk_get(w->s, ids.at[i], &c, err));
		before += c.stored;
		if (below.id)
			MG_TRY(add_task(w, &c, &below, MG_CODEC_DELTA, err));
		else
			MG_TRY(add_task(w, &c, NULL, MG_CODEC_SHUFFLE, err));
		if (w->tasks.len == 0)          /* more than one batch hangs on it: it pays its way */
			goto out;
	}
	for (size_t i = 0; i < w->tasks.len; i++) {
		if ((rc = encode(&w->tasks.at[i], err)) != 0)
			goto out;
		after += (int64_t)w->tasks.at[i].stored;
		mg_free(w->tasks.at[i].packed);
		w->tasks.at[i].packed = NULL;
	}
	if (after < before)
		MG_TRY(run_tasks(w, err));
out:
	for (size_t i = 0; i < w->tasks.len; i++)
		clear_task(&w->tasks.at[i]);
	w->tasks.len = 0;
	w->bytes = 0;
	mg_vec_clear(&ids);
	return rc;
}

static int
take_off_all(work *w, mgreg_error *err)
{
	mg_ids ids = { 0 };
	int64_t last = 0;
	int rc;

	for (;;) {
		ids.len = 0;
		MG_TRY(mg_gc_gather(w->s, MG_SQL_GC_ONLY_BASES, &ids, NULL, err, "i", last, 0));
		if (ids.len == 0)
			break;
		for (size_t i = 0; i < ids.len && !mg_gc_is_over(w->g); i++)
			MG_TRY(take_off(w, ids.at[i], err));
		last = ids.at[ids.len - 1];
		if (mg_gc_is_over(w->g))
			break;
	}
out:
	mg_vec_clear(&ids);
	return rc;
}

/* ---- every chunk by itself: codec raw and zstd, and placement ------------------------------------------------------------- */

/* The form a chunk shall have; false: the one it has. */
static bool
wanted(const work *w, const mg_chunk_facts *c, int *codec)
{
	*codec = (int)c->codec;
	if (w->codec == MG_CODEC_RAW)
		*codec = MG_CODEC_RAW;
	else if (w->codec == MG_CODEC_SHUFFLE && (c->codec == MG_CODEC_RAW || c->codec == MG_CODEC_DELTA))
		*codec = MG_CODEC_SHUFFLE;
	return *codec != c->codec || (c->segment != 0) != w->in_segments;
}

static int
each_chunk(work *w, mgreg_error *err)
{
	MG_VEC(mg_chunk_facts) list = { 0 };
	int64_t last = 0;
	int rc;

	for (;;) {
		mg_stmt *q = NULL;

		list.len = 0;
		if ((rc = mg_stmt_get(w->s, MG_SQL_CHUNK_LIST, &q, err)) == 0)
			rc = mg_stmt_bind(q, err, "i", last);
		while (rc == 0 && list.len < 500 && (rc = mg_stmt_step(q, err)) == 0 && mg_stmt_has_row(q)) {
			mg_chunk_facts c;

			mg_chunk_facts_read(q, 0, &c);
			if (!mg_vec_push(&list, c))
				rc = mg_fail_nomem(err, 0);
		}
		mg_stmt_release(q);
		MG_TRY(rc);
		if (list.len == 0 || mg_gc_is_over(w->g))
			break;
		for (size_t i = 0; i < list.len && !mg_gc_is_over(w->g); i++) {
			mg_chunk_facts *c = &list.at[i], base;
			int codec;

			last = c->id;
			if (!wanted(w, c, &codec))
				continue;
			if (codec == MG_CODEC_DELTA) {          /* only moved */
				MG_TRY(mg_chunk_get(w->s, c->base, &base, err));
				MG_TRY(add_task(w, c, &base, codec, err));
			} else {
				MG_TRY(add_task(w, c, NULL, codec, err));
			}
		}
	}
	MG_TRY(run_tasks(w, err));
out:
	mg_vec_clear(&list);
	return rc;
}

/* ---- entries ------------------------------------------------------------------------------------------------------------------ */

static int
begin(work *w, mg_gc *g, mgreg_error *err)
{
	mg_str text = MG_STR_INIT;
	int64_t n;
	int rc;

	*w = (work){ .g = g, .s = g->store, .codec = MG_CODEC_DELTA };
	MG_TRY(mg_setting_get(w->s, "codec", &text, err));
	if (strcmp(text.ptr, "auto"))
		w->codec = strcmp(text.ptr, "raw") ? MG_CODEC_SHUFFLE : MG_CODEC_RAW;
	mg_str_reset(&text);
	MG_TRY(mg_setting_get(w->s, "level", &text, err));
	w->level = mg_parse_i64(text.ptr, text.len, &n) ? (int)n : 1;
	mg_str_reset(&text);
	MG_TRY(mg_setting_get(w->s, "depth", &text, err));
	w->depth = mg_parse_i64(text.ptr, text.len, &n) ? (int)n : 1;
	mg_str_reset(&text);
	MG_TRY(mg_setting_get(w->s, "placement", &text, err));
	w->in_segments = !strcmp(text.ptr, "segments");
	/* as a save, so that the segments that it writes belong to somebody alive */
	MG_TRY(mg_stmt_run(w->s, MG_SQL_SAVE_INSERT, err, "ssisi", g->uid, w->s->host, (int64_t)getpid(), mg_store_actor(w->s), mg_now_ms()));
	w->registered = true;
out:
	mg_str_clear(&text);
	return rc;
}

static int
end(work *w, int rc, mgreg_error *err)
{
	if (rc == 0)
		rc = flip_all(w, err);
	for (size_t i = 0; i < w->tasks.len; i++)
		clear_task(&w->tasks.at[i]);
	for (size_t i = 0; i < w->flips.len; i++)
		clear_task(&w->flips.at[i]);
	if (w->segment) {
		int64_t id = w->segment->id;

		mg_segment_writer_free(w->segment, false);
		mg_stmt_run(w->s, MG_SQL_SEGMENT_DELETE, NULL, "i", id);
	}
	if (w->registered)
		mg_stmt_run(w->s, MG_SQL_SAVE_DELETE, NULL, "s", w->g->uid);
	mg_vec_clear(&w->tasks);
	mg_vec_clear(&w->flips);
	mg_vec_clear(&w->newest);
	mg_map_clear(&w->queued);
	return rc;
}

int
mg_compact(mg_gc *g, mgreg_error *err)
{
	work w;
	int rc = begin(&w, g, err);

	if (rc == 0)
		rc = take_off_all(&w, err);
	if (rc == 0)
		rc = flip_all(&w, err);
	if (rc == 0 && w.codec == MG_CODEC_DELTA)
		rc = chain_all(&w, err);
	if (rc == 0)
		rc = flip_all(&w, err);
	if (rc == 0)
		rc = each_chunk(&w, err);
	return end(&w, rc, err);
}

int
mg_compact_segment(mg_gc *g, int64_t segment_id, mgreg_error *err)
{
	mg_ids ids = { 0 }, at = { 0 };
	work w;
	int rc = begin(&w, g, err);

	g->moving = true;
	if (rc == 0)
		rc = mg_gc_gather(g->store, MG_SQL_SEGMENT_CHUNKS, &ids, &at, err, "i", segment_id, 0);
	for (size_t i = 0; i < ids.len && rc == 0 && !mg_gc_is_over(g); i++) {
		mg_chunk_facts c, base;

		rc = mg_chunk_get(g->store, ids.at[i], &c, err);
		if (rc == 0 && c.codec == MG_CODEC_DELTA)
			rc = mg_chunk_get(g->store, c.base, &base, err);
		if (rc == 0)
			rc = add_task(&w, &c, c.codec == MG_CODEC_DELTA ? &base : NULL, (int)c.codec, err);
	}
	if (rc == 0)
		rc = run_tasks(&w, err);
	rc = end(&w, rc, err);
	g->moving = false;
	if (rc == 0)
		rc = mg_stmt_run(g->store, MG_SQL_GC_SEGMENTS_EMPTY, err, "i", segment_id);
	mg_vec_clear(&ids);
	mg_vec_clear(&at);
	return rc;
}
