/* SPDX-License-Identifier: Apache-2.0 */
/*
 * segment.c - files beside the store that hold chunks: STORE.d/UID.seg
 *
 *   u64 n | JSON, padded with blanks to n | bytes of chunks, one after the other
 *
 * which is a safetensors file: a range that is a tensor, whole and raw, is entered as that tensor, all others as bytes under
 * NAME@OFFSET.  The header's room is set aside at the beginning and filled last.
 *
 * states:  writing (the row and then the file are made; belongs to a live save) -> sealed (file synced, folder synced, then
 *          the rows of its chunks commit) -> doomed (no chunk is in it: unlinked, then the row goes)
 *
 * Segments are opened by nobody but this file; SQLite has no locks on them.  A file that somebody maps or copies carries a shared
 * flock, and gc punches no hole into it meanwhile.
 */
#include "base/base.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/file.h"
#include "store/store_internal.h"

enum { FLUSH_EVERY = 8 << 20, OPEN_LIMIT = 64, ALIGN = 64 };

int
mg_segment_folder(const char *store_path, mg_str *out, mgreg_error *err)
{
	mg_str_printf(out, "%s.d", store_path);
	return mg_str_check(out, err);
}

/* A uid comes from a database file, and becomes a path. */
static bool
is_uid(const char *uid)
{
	size_t n = strlen(uid);

	return n >= 8 && n < 48 && strspn(uid, "0123456789abcdef-") == n;
}

int
mg_segment_path(const mg_store *s, const char *uid, mg_str *out, mgreg_error *err)
{
	if (!is_uid(uid))
		return mg_fail(err, MGREG_DATA_LOSS, "'%.50s' is not the name of a segment", uid);
	mg_str_printf(out, "%s.d/%s.seg", s->path, uid);
	return mg_str_check(out, err);
}

/* ---- reading ------------------------------------------------------------------------------------------- */

static void
close_file(mg_segment_file *f)
{
	if (f->map)
		munmap((void *)f->map, (size_t)f->size);
	if (f->fd >= 0)
		close(f->fd);
	mg_free(f);
}

static void
drop(mg_store *s, size_t i)
{
	close_file(s->segments.at[i]);
	s->segments.at[i] = s->segments.at[--s->segments.len];
}

void
mg_segment_close_all(mg_store *s)
{
	while (s->segments.len)
		drop(s, s->segments.len - 1);
	mg_vec_clear(&s->segments);
}

void
mg_segment_close(mg_store *s, int64_t segment_id)
{
	for (size_t i = 0; i < s->segments.len; i++)
		if (s->segments.at[i]->id == segment_id && !s->segments.at[i]->pins)
			drop(s, i--);
}

static void
make_room(mg_store *s)
{
	size_t oldest = s->segments.len;

	if (s->segments.len < OPEN_LIMIT)
		return;
	for (size_t i = 0; i < s->segments.len; i++)
		if (!s->segments.at[i]->pins && (oldest == s->segments.len || s->segments.at[i]->used < s->segments.at[oldest]->used))
			oldest = i;
	if (oldest < s->segments.len)
		drop(s, oldest);
}

static int
open_file(mg_store *s, int64_t segment_id, mg_segment_file **out, mgreg_error *err)
{
	mg_segment_file *f = NULL;
	mg_str path = MG_STR_INIT, folder = MG_STR_INIT, uid = MG_STR_INIT;
	struct stat st;
	bool found;
	int rc;

	MG_TRY(mg_stmt_text(s, MG_SQL_SEGMENT_UID, &uid, &found, err, "i", segment_id));
	if (!found) {
		rc = mg_fail(err, MGREG_DATA_LOSS, "segment %lld is missing", (long long)segment_id);
		goto out;
	}
	MG_TRY(mg_segment_path(s, uid.ptr, &path, err));
	if (!(f = mg_calloc(1, sizeof *f))) {
		rc = mg_fail_nomem(err, sizeof *f);
		goto out;
	}
	f->id = segment_id;
	f->fd = open(path.ptr, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (f->fd < 0 && errno == ENOENT) {
		MG_TRY(mg_segment_folder(s->path, &folder, err));
		rc = mg_is_dir(folder.ptr) ? mg_fail(err, MGREG_DATA_LOSS, "segment '%s' is missing", path.ptr)
			: mg_fail(err, MGREG_DATA_LOSS, "folder '%s' with the segments of this store is missing: it moves with the store", folder.ptr);
		goto out;
	}
	if (f->fd < 0 || fstat(f->fd, &st) != 0) {
		rc = mg_fail_os(err, errno, "%s", path.ptr);
		goto out;
	}
	if (!S_ISREG(st.st_mode)) {
		rc = mg_fail(err, MGREG_DATA_LOSS, "segment '%s' is not a regular file", path.ptr);
		goto out;
	}
	f->size = (uint64_t)st.st_size;
	if (!mg_vec_push(&s->segments, f)) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	*out = f;
	f = NULL;
out:
	if (f)
		close_file(f);
	mg_str_clear(&uid);
	mg_str_clear(&path);
	mg_str_clear(&folder);
	return rc;
}

int
mg_segment_pin(mg_store *s, int64_t segment_id, mg_segment_file **out, mgreg_error *err)
{
	mg_segment_file *f = NULL;
	int rc;

	for (size_t i = 0; i < s->segments.len; i++)
		if (s->segments.at[i]->id == segment_id)
			f = s->segments.at[i];
	if (!f) {
		make_room(s);
		if ((rc = open_file(s, segment_id, &f, err)) != 0)
			return rc;
	}
	f->used = ++s->segment_clock;
	f->pins++;
	*out = f;
	return 0;
}

void
mg_segment_unpin(mg_segment_file *f)
{
	if (f)
		f->pins--;
}

int
mg_segment_pread(const mg_segment_file *f, void *out, size_t size, uint64_t at, mgreg_error *err)
{
	uint8_t *p = out;

	if (at > f->size || size > f->size - at)
		return mg_fail(err, MGREG_DATA_LOSS, "segment %lld is cut off: it has %llu bytes, and its chunks end at %llu", (long long)f->id,
			(unsigned long long)f->size, (unsigned long long)(at + size));
	while (size) {
		ssize_t n = pread(f->fd, p, size, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return mg_fail_os(err, errno, "segment %lld", (long long)f->id);
		if (n == 0)
			return mg_fail(err, MGREG_DATA_LOSS, "segment %lld has been cut off", (long long)f->id);
		p += n;
		at += (uint64_t)n;
		size -= (size_t)n;
	}
	return 0;
}

const uint8_t *
mg_segment_map(mg_store *s, mg_segment_file *f)
{
	void *p;

	if (!f->map && f->size && !s->stranger && s->is_local) {
		p = mmap(NULL, (size_t)f->size, PROT_READ, MAP_SHARED, f->fd, 0);
		if (p != MAP_FAILED)
			f->map = p;
	}
	return f->map;
}

/* ---- writing --------------------------------------------------------------------------------------------- */

static int
make_folder(mg_store *s, mgreg_error *err)
{
	mg_str folder = MG_STR_INIT;
	char *dir = NULL;
	int rc;

	MG_TRY(mg_segment_folder(s->path, &folder, err));
	if (mg_is_dir(folder.ptr))
		goto out;
	MG_TRY(mg_dir_create(folder.ptr, false, err));
	if (!(dir = mg_path_dirname(s->path))) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	rc = mg_dir_sync(*dir ? dir : ".", err);
out:
	mg_free(dir);
	mg_str_clear(&folder);
	return rc;
}

int
mg_segment_create(mg_segment_writer **out, mg_store *s, const char *uid, size_t header_room, mgreg_error *err)
{
	mg_segment_writer *w = mg_calloc(1, sizeof *w);
	mg_str path = MG_STR_INIT;
	int rc;

	if (!w)
		return mg_fail_nomem(err, sizeof *w);
	w->fd = -1;
	snprintf(w->uid, sizeof w->uid, "%s", uid);
	MG_TRY(mg_segment_path(s, uid, &path, err));
	MG_TRY(mg_stmt_run(s, MG_SQL_SEGMENT_INSERT, err, "si", uid, mg_now_ms()));
	w->id = mg_stmt_last_id(s);
	MG_TRY(make_folder(s, err));
	w->fd = open(path.ptr, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
	if (w->fd < 0) {
		rc = mg_fail_os(err, errno, "%s", path.ptr);
		goto out;
	}
	w->path = mg_str_take(&path, NULL);
	w->header_room = (header_room + ALIGN - 1) / ALIGN * ALIGN;
	w->at = w->header_room;
	*out = w;
	w = NULL;
out:
	mg_str_clear(&path);
	mg_segment_writer_free(w, false);
	return rc;
}

static int
write_at(mg_segment_writer *w, const void *data, size_t size, uint64_t at, mgreg_error *err)
{
	const uint8_t *p = data;

	while (size) {
		ssize_t n = pwrite(w->fd, p, size, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return mg_fail_os(err, errno, "%s", w->path);
		p += n;
		at += (uint64_t)n;
		size -= (size_t)n;
	}
	return 0;
}

int
mg_segment_append(mg_segment_writer *w, const void *data, size_t size, size_t align, uint64_t *at, mgreg_error *err)
{
	uint64_t begin = (w->at + align - 1) / align * align;
	int rc = write_at(w, data, size, begin, err);

	if (rc != 0)
		return rc;
	*at = begin;
	w->at = begin + size;
	if (w->at - w->flushed >= FLUSH_EVERY) {        /* a hint: what is durable is decided by the sync */
		(void)sync_file_range(w->fd, (off_t)w->flushed, (off_t)(w->at - w->flushed), SYNC_FILE_RANGE_WRITE);
		w->flushed = w->at;
	}
	return 0;
}

void
mg_segment_entries_clear(mg_segment_entries *e)
{
	for (size_t i = 0; i < e->len; i++)
		mg_str_clear(&e->at[i].name);
	mg_vec_clear(e);
}

static int
by_place(const void *a, const void *b)
{
	const mg_segment_entry *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->size > y->size ? -1 : x->size < y->size;      /* of two that begin alike the longer */
}

static void
add_entry(mg_str *json, const char *name, size_t name_len, const char *dtype, const char *shape, uint64_t size, uint64_t begin)
{
	mg_str_addc(json, ',');
	mg_json_put_string(json, name, name_len);
	if (dtype)
		mg_str_printf(json, ":{\"dtype\":\"%s\",\"shape\":%s", dtype, shape);
	else
		mg_str_printf(json, ":{\"dtype\":\"U8\",\"shape\":[%llu]", (unsigned long long)size);
	mg_str_printf(json, ",\"data_offsets\":[%llu,%llu]}", (unsigned long long)begin, (unsigned long long)(begin + size));
}

/* Entries that overlap an earlier one are left out; what none covers becomes bytes. */
static int
format_header(mg_store *s, mg_segment_writer *w, const mg_segment_entries *e, bool lump, mg_str *json, mgreg_error *err)
{
	uint64_t at = w->header_room, begin = w->header_room;
	mg_str store_uid = MG_STR_INIT;
	mg_map names = { 0 };
	char name[40];
	int rc;

	MG_TRY(mg_stmt_text(s, MG_SQL_SETTING_GET, &store_uid, NULL, err, "s", "store_uid"));
	mg_str_add(json, "{\"__metadata__\":{\"mgreg_store\":");
	mg_json_put_string(json, store_uid.ptr, store_uid.len);
	mg_str_printf(json, ",\"mgreg_segment\":\"%s\"}", w->uid);
	for (size_t i = 0; i < e->len && !lump; i++) {
		const mg_segment_entry *x = &e->at[i];

		if (x->at < at || x->size == 0 || mg_map_findn(&names, x->name.ptr, x->name.len))
			continue;
		if (x->at > at) {
			snprintf(name, sizeof name, "bytes@%llu", (unsigned long long)at);
			add_entry(json, name, strlen(name), NULL, NULL, x->at - at, at - begin);
		}
		add_entry(json, x->name.ptr, x->name.len, x->dtype, x->shape, x->size, x->at - begin);
		if (!mg_map_setn(&names, x->name.ptr, x->name.len, w)) {
			rc = mg_fail_nomem(err, 0);
			goto out;
		}
		at = x->at + x->size;
	}
	if (at < w->at) {
		snprintf(name, sizeof name, "bytes@%llu", (unsigned long long)at);
		add_entry(json, name, strlen(name), NULL, NULL, w->at - at, at - begin);
	}
	mg_str_addc(json, '}');
	rc = mg_str_check(json, err);
out:
	mg_map_clear(&names);
	mg_str_clear(&store_uid);
	return rc;
}

int
mg_segment_seal(mg_store *s, mg_segment_writer *w, mg_segment_entries *entries, mgreg_error *err)
{
	mg_str json = MG_STR_INIT, folder = MG_STR_INIT;
	uint8_t n[8];
	int rc;

	if (entries->len)
		qsort(entries->at, entries->len, sizeof *entries->at, by_place);
	MG_TRY(format_header(s, w, entries, false, &json, err));
	if (json.len > w->header_room - 8) {    /* more names than room was set aside for: the bytes are all there, unnamed */
		mg_str_reset(&json);
		MG_TRY(format_header(s, w, entries, true, &json, err));
	}
	while (json.len < w->header_room - 8 && !json.failed)
		mg_str_addc(&json, ' ');
	MG_TRY(mg_str_check(&json, err));
	for (int i = 0; i < 8; i++)
		n[i] = (uint8_t)((uint64_t)json.len >> (8 * i));
	MG_TRY(write_at(w, n, 8, 0, err));
	MG_TRY(write_at(w, json.ptr, json.len, 8, err));
	if (fsync(w->fd) != 0) {
		rc = mg_fail_os(err, errno, "%s", w->path);
		goto out;
	}
	MG_TRY(mg_segment_folder(s->path, &folder, err));
	MG_TRY(mg_dir_sync(folder.ptr, err));
	w->sealed = true;
out:
	mg_str_clear(&json);
	mg_str_clear(&folder);
	return rc;
}

void
mg_segment_writer_free(mg_segment_writer *w, bool keep)
{
	if (!w)
		return;
	if (w->fd >= 0)
		close(w->fd);
	if (w->path && !keep)
		unlink(w->path);
	mg_free(w->path);
	mg_free(w);
}

static const struct { const char *ours, *theirs; unsigned width; } dtypes[] = {
	{ "float32", "F32", 4 }, { "float64", "F64", 8 }, { "float16", "F16", 2 }, { "bfloat16", "BF16", 2 }, { "int8", "I8", 1 },
	{ "uint8", "U8", 1 }, { "int16", "I16", 2 }, { "uint16", "U16", 2 }, { "int32", "I32", 4 }, { "uint32", "U32", 4 },
	{ "int64", "I64", 8 }, { "uint64", "U64", 8 }, { "bool", "BOOL", 1 },
};

const char *
mg_segment_dtype(const char *dtype, unsigned *width)
{
	for (size_t i = 0; i < MG_COUNT(dtypes); i++)
		if (!strcmp(dtypes[i].ours, dtype)) {
			*width = dtypes[i].width;
			return dtypes[i].theirs;
		}
	return NULL;
}

/* ---- checking ---------------------------------------------------------------------------------------------- */

int
mg_segment_check(mg_store *s, int (*each)(void *ctx, const char *check, const char *text), void *ctx, mgreg_error *err)
{
	mg_str path = MG_STR_INIT, folder = MG_STR_INIT, line = MG_STR_INIT;
	char **names = NULL;
	size_t count = 0;
	mg_stmt *q = NULL;
	mg_map known = { 0 };
	bool there, any = false;
	int rc;

	MG_TRY(mg_segment_folder(s->path, &folder, err));
	there = mg_is_dir(folder.ptr);
	MG_TRY(mg_stmt_get(s, MG_SQL_SEGMENT_LIST, &q, err));
	for (;;) {
		const char *uid, *state;
		int64_t id, end;
		struct stat st;

		MG_TRY(mg_stmt_step(q, err));
		if (!mg_stmt_has_row(q))
			break;
		mg_stmt_read(q, "itti", &id, &uid, &state, &end);
		any = true;
		mg_str_reset(&path);
		mg_str_reset(&line);
		if (!mg_map_set(&known, uid, s)) {
			rc = mg_fail_nomem(err, 0);
			goto out;
		}
		if (strcmp(state, "sealed") || !there)
			continue;
		if (mg_segment_path(s, uid, &path, NULL) != 0)
			mg_str_printf(&line, "segment %lld has the name '%.60s'", (long long)id, uid);
		else if (stat(path.ptr, &st) != 0)
			mg_str_printf(&line, "segment '%s' is missing", path.ptr);
		else if ((int64_t)st.st_size < end)
			mg_str_printf(&line, "segment '%s' is cut off: it has %lld bytes, its chunks end at %lld", path.ptr, (long long)st.st_size,
				(long long)end);
		MG_TRY(mg_str_check(&line, err));
		if (line.len)
			MG_TRY(each(ctx, "segment", line.ptr));
	}
	if (any && !there) {
		mg_str_printf(&line, "folder '%s' with the segments of this store is missing", folder.ptr);
		MG_TRY(mg_str_check(&line, err));
		MG_TRY(each(ctx, "segment", line.ptr));
	}
	if (there)
		MG_TRY(mg_dir_list(folder.ptr, &names, &count, err));
	for (size_t i = 0; i < count; i++) {
		size_t n = strlen(names[i]);

		if (!mg_ends_with(names[i], ".seg") || mg_map_findn(&known, names[i], n - 4))
			continue;
		mg_str_reset(&line);
		mg_str_printf(&line, "file '%s/%s' belongs to no segment of the store (gc removes it when it is older than the grace)", folder.ptr,
			names[i]);
		MG_TRY(mg_str_check(&line, err));
		MG_TRY(each(ctx, "note", line.ptr));    /* what a save that was killed leaves is no damage */
	}
out:
	mg_stmt_release(q);
	for (size_t i = 0; i < count; i++)
		mg_free(names[i]);
	mg_free(names);
	mg_map_clear(&known);
	mg_str_clear(&path);
	mg_str_clear(&folder);
	mg_str_clear(&line);
	return rc;
}

/* ---- mapping a value ----------------------------------------------------------------------------------------- */

struct mgreg_mapped {
	int         fd;                 /* carries the shared lock */
	void       *map;
	size_t      map_size, size;
	const void *data;
};

/* Where an object lies, if that is one raw range of one segment. */
static int
find_range(mg_store *s, const mg_object_info *info, mg_chunk_facts *first, int64_t *skip, mgreg_error *err)
{
	mg_stmt *q = NULL;
	int64_t due = 0;
	int rc;

	MG_TRY(mg_stmt_get(s, MG_SQL_OBJECT_RANGE, &q, err));
	MG_TRY(mg_stmt_bind(q, err, "iii", info->object_id, (int64_t)0, (int64_t)info->size));
	for (;;) {
		int64_t at, from, len;
		mg_chunk_facts c;

		MG_TRY(mg_stmt_step(q, err));
		if (!mg_stmt_has_row(q))
			break;
		mg_stmt_read(q, "iii", &at, &from, &len);
		mg_chunk_facts_read(q, 3, &c);
		if (!c.segment || c.codec != MG_CODEC_RAW || from < 0 || len < 1 || from > c.size || len > c.size - from
				|| (at > 0 && (c.segment != first->segment || c.at + from != due))) {
			rc = mg_fail(err, MGREG_FAILED_PRECONDITION, "its bytes do not lie raw and in one piece in a segment");
			goto out;
		}
		if (at == 0) {
			*first = c;
			*skip = from;
		}
		due = c.at + from + len;
	}
	if (!first->segment || due - first->at - *skip != (int64_t)info->size)
		rc = mg_fail(err, MGREG_FAILED_PRECONDITION, "its bytes do not lie in a segment");
out:
	mg_stmt_release(q);
	return rc;
}

static int
map_range(mgreg_mapped *m, mg_store *s, const mg_chunk_facts *c, int64_t skip, uint64_t size, mgreg_error *err)
{
	mg_str path = MG_STR_INIT, uid = MG_STR_INIT;
	uint64_t at = (uint64_t)c->at + (uint64_t)skip, page = at / 4096 * 4096;
	struct stat st;
	int rc;

	MG_TRY(mg_stmt_text(s, MG_SQL_SEGMENT_UID, &uid, NULL, err, "i", c->segment));
	MG_TRY(mg_segment_path(s, uid.ptr, &path, err));
	m->fd = open(path.ptr, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (m->fd < 0 || flock(m->fd, LOCK_SH) != 0 || fstat(m->fd, &st) != 0) {
		rc = mg_fail_os(err, errno, "%s", path.ptr);
		goto out;
	}
	if ((uint64_t)st.st_size < at || (uint64_t)st.st_size - at < size) {
		rc = mg_fail(err, MGREG_DATA_LOSS, "segment '%s' is cut off", path.ptr);
		goto out;
	}
	m->map_size = (size_t)(size + (at - page));
	m->map = mmap(NULL, m->map_size, PROT_READ, MAP_SHARED, m->fd, (off_t)page);
	if (m->map == MAP_FAILED) {
		m->map = NULL;
		rc = mg_fail_os(err, errno, "%s", path.ptr);
		goto out;
	}
	m->size = (size_t)size;
	m->data = (const char *)m->map + (at - page);
out:
	mg_str_clear(&path);
	mg_str_clear(&uid);
	return rc;
}

int
mg_object_map(mgreg_mapped **out, mg_store *s, int64_t object_id, mgreg_error *err)
{
	mgreg_mapped *m = mg_calloc(1, sizeof *m);
	mg_chunk_facts first = { 0 };
	mg_object_info info;
	int64_t skip = 0;
	int rc;

	if (!m)
		return mg_fail_nomem(err, sizeof *m);
	m->fd = -1;
	mg_store_lock(s);
	MG_TRY(mg_object_get(s, object_id, &info, err));
	if (s->stranger) {
		rc = mg_fail(err, MGREG_FAILED_PRECONDITION, "files of another user's store are not mapped");
		goto out;
	}
	if (!info.present) {
		rc = mg_fail(err, MGREG_DATA_LOSS, "the bytes have been purged");
		goto out;
	}
	MG_TRY(mg_txn_begin_read(s, err));
	rc = find_range(s, &info, &first, &skip, err);
	if (rc == 0)
		rc = map_range(m, s, &first, skip, info.size, err);
	MG_TRY(mg_txn_end(s, rc, err));
	*out = m;
	m = NULL;
out:
	mg_store_unlock(s);
	mgreg_mapped_free(m);
	return rc;
}

const void *
mgreg_mapped_data(const mgreg_mapped *m)
{
	return m->data;
}

size_t
mgreg_mapped_size(const mgreg_mapped *m)
{
	return m->size;
}

void
mgreg_mapped_free(mgreg_mapped *m)
{
	if (!m)
		return;
	if (m->map)
		munmap(m->map, m->map_size);
	if (m->fd >= 0)
		close(m->fd);
	mg_free(m);
}
