/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fmt_v2.c - checkpoint V2, the tensor bundle.
 *
 *	PREFIX.index                 table: "" -> header; name -> entry; slice key -> entry of one slice
 *	PREFIX.data-SSSSS-of-NNNNN   the tensors' bytes one after the other, nothing between them
 *
 * An entry says dtype, shape, shard, offset, size and masked crc; that of a partitioned tensor only its full shape and
 * slices, whose bytes are found under their own keys.  A damaged table spoils the checkpoint; an entry that cannot be, damage in a
 * data file or a missing one only the tensors they are about.
 */
#include "base/base.h"
#include <stdlib.h>
#include "base/bytes.h"
#include "base/crc32c.h"
#include "ckpt/ckpt_internal.h"

#define PIECE ((size_t)1 << 20)         /* read and checked while it is in the cache */
#define MAX_SHARDS 100000

typedef struct entry {
	const char *name;               /* key; for a slice NULL */
	mg_slice    key;
	int         dtype;
	mg_shape    shape;
	int         shard;
	uint64_t    offset, size;
	uint32_t    crc;                /* unmasked */
	mg_tslice  *slices;             /* of a partitioned tensor */
	int         slice_count;
	const char *bad;                /* why it cannot be read; NULL: nothing is known against it */
	int         bad_code;
} entry;

typedef struct reader {
	mg_ckpt   ckpt;
	char     *prefix;
	mg_arena  arena;
	int       shards;
	bool      swapped;
	entry    *entries;              /* by key; slices first, they begin with a zero byte */
	size_t    count, first_name;
	mg_bundle_place *places;
	size_t    place_count;
	mg_mutex  lock;                 /* over files */
	mg_file  *files;                /* fd 0: not open yet */
	bool     *opened;
} reader;

/* ---- opening ---- */

typedef MG_VEC(entry) entry_vec;
typedef MG_VEC(mg_bundle_place) place_vec;
struct loading {
	reader   *r;
	entry_vec entries;
	bool      header;
};

static int
read_header(reader *r, mg_slice value, mgreg_error *err)
{
	Pb__BundleHeaderProto *h;
	mg_msg *msg;
	int rc;

	if ((rc = mg_msg_decode(&pb__bundle_header_proto__descriptor, value.ptr, value.len, &r->arena, &msg, err)) == MGREG_RESOURCE_EXHAUSTED)
		return rc;
	if (rc)
		return mg_fail(err, MGREG_DATA_LOSS, "the header cannot be read: perhaps corrupt or of a newer version");
	h = (Pb__BundleHeaderProto *)msg;
	if (h->num_shards < 1 || h->num_shards > MAX_SHARDS)
		return mg_fail(err, MGREG_DATA_LOSS, "the header claims %d shards", h->num_shards);
	if (h->version) {
		const Pb__VersionDef *v = h->version;

		if (v->producer < 0 || v->min_consumer > MG_BUNDLE_VERSION)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "bundle version %d needs a reader of version %d, this is %d",
				v->producer, v->min_consumer, MG_BUNDLE_VERSION);
		for (size_t i = 0; i < v->n_bad_consumers; i++)
			if (v->bad_consumers[i] == MG_BUNDLE_VERSION)
				return mg_fail(err, MGREG_INVALID_ARGUMENT, "the bundle refuses readers of version %d", MG_BUNDLE_VERSION);
	}
	r->shards = h->num_shards;
	r->swapped = h->endianness == PB__BUNDLE_HEADER_PROTO__ENDIANNESS__BIG;
	return 0;
}

static int
read_slices(reader *r, entry *e, const Pb__BundleEntryProto *p, mgreg_error *err)
{
	int rc;

	if (p->n_slices == 0)
		return 0;
	if (p->n_slices > INT32_MAX || (e->slices = mg_arena_zalloc(&r->arena, p->n_slices, sizeof(*e->slices))) == NULL)
		return mg_fail_nomem(err, p->n_slices * sizeof(*e->slices));
	for (size_t i = 0; i < p->n_slices; i++) {
		mg_shape shape = MG_SHAPE_SCALAR;

		if ((rc = mg_tslice_from_proto(&e->slices[i], p->slices[i], &r->arena, err)) != 0)
			return rc;
		if ((rc = mg_tslice_shape(&e->slices[i], &e->shape, &shape, err)) != 0)
			return rc;
		mg_shape_clear(&shape);
	}
	e->slice_count = (int)p->n_slices;
	return 0;
}

static int
check_dtype(const entry *e, mgreg_error *err)
{
	if (!mg_dtype_is_memcpy(e->dtype) && e->dtype != MGREG_STRING)
		return mg_fail(err, MGREG_UNIMPLEMENTED, "dtype %s (%d) cannot be read", mg_dtype_name(e->dtype), e->dtype);
	if (mg_dtype_is_ref(e->dtype))
		return mg_fail(err, MGREG_DATA_LOSS, "dtype %s in a checkpoint", mg_dtype_name(e->dtype));
	return 0;
}

/* Are there as many bytes as dtype and shape need?  Only of dtypes that can be read. */
static int
check_size(const entry *e, mgreg_error *err)
{
	int64_t count;
	size_t want;
	int rc;

	if ((rc = mg_shape_count(&e->shape, &count, err)) != 0)
		return rc;
	if (e->dtype == MGREG_STRING) {
		if (e->size < 4 || (uint64_t)count > e->size - 4)
			return mg_fail(err, MGREG_DATA_LOSS, "%llu bytes are stored for %lld strings",
				(unsigned long long)e->size, (long long)count);
	} else if (!mg_mul_size((size_t)count, mg_dtype_size(e->dtype), &want) || want != e->size) {
		return mg_fail(err, MGREG_DATA_LOSS, "%llu bytes are stored, dtype %s and shape need %lld x %zu",
			(unsigned long long)e->size, mg_dtype_name(e->dtype), (long long)count, mg_dtype_size(e->dtype));
	}
	return 0;
}

static int
read_entry(reader *r, entry *e, mg_slice value, mgreg_error *err)
{
	const Pb__BundleEntryProto *p;
	mg_msg *msg;
	int64_t count;
	int rc;

	if ((rc = mg_msg_decode(&pb__bundle_entry_proto__descriptor, value.ptr, value.len, &r->arena, &msg, err)) != 0)
		return rc;
	p = (const Pb__BundleEntryProto *)msg;
	e->dtype = (int)p->dtype;
	if (p->shape)
		MG_TRY(mg_shape_from_proto(&e->shape, p->shape, err));
	MG_TRY(mg_shape_count(&e->shape, &count, err));
	if ((rc = read_slices(r, e, p, err)) != 0)
		return rc == MGREG_RESOURCE_EXHAUSTED ? rc : mg_fail(err, MGREG_DATA_LOSS, "a slice of it cannot be");
	if (p->shard_id < 0 || p->shard_id >= r->shards || p->offset < 0 || p->size < 0 || p->offset > INT64_MAX - p->size)
		return mg_fail(err, MGREG_DATA_LOSS, "it claims shard %d, offset %lld, size %lld", p->shard_id,
			(long long)p->offset, (long long)p->size);
	e->shard = p->shard_id;
	e->offset = (uint64_t)p->offset;
	e->size = (uint64_t)p->size;
	e->crc = mg_crc32c_unmask(p->crc32c);
	return e->slice_count > 0 || check_dtype(e, NULL) != 0 ? 0 : check_size(e, err);
out:
	return rc == MGREG_RESOURCE_EXHAUSTED ? rc : mg_fail(err, MGREG_DATA_LOSS, "its shape cannot be");
}

/* From now on E is read no more: for the reason in WHY, which is no error of opening the checkpoint. */
static int
condemn(reader *r, entry *e, int code, const mgreg_error *why, mgreg_error *err)
{
	if (code == MGREG_RESOURCE_EXHAUSTED)
		return mg_fail_nomem(err, 0);
	if (e->bad)
		return 0;
	e->bad_code = code;
	return (e->bad = mg_arena_strdup(&r->arena, why->text)) ? 0 : mg_fail_nomem(err, 0);
}

static int
load_entry(void *ctx, mg_slice key, mg_slice value, mgreg_error *err)
{
	struct loading *l = ctx;
	mgreg_error why = { 0 };
	entry e = { 0 };
	int rc;

	if (!l->header) {
		if (key.len > 0)
			return mg_fail(err, MGREG_DATA_LOSS, "%s.index has no header", l->r->prefix);
		l->header = true;
		return (rc = read_header(l->r, value, err)) ? mg_wrap(err, rc, "%s.index", l->r->prefix) : 0;
	}
	if ((e.key.ptr = mg_arena_strndup(&l->r->arena, key.ptr, key.len)) == NULL)
		return mg_fail_nomem(err, key.len);
	e.key.len = key.len;
	if (key.ptr[0] != 0) {
		e.name = e.key.ptr;
		if (memchr(key.ptr, 0, key.len))
			return mg_fail(err, MGREG_DATA_LOSS, "%s.index: a tensor's name holds a zero byte", l->r->prefix);
	}
	if ((rc = read_entry(l->r, &e, value, &why)) != 0) {
		mg_shape_clear(&e.shape);
		e.slices = NULL;
		e.slice_count = 0;
		if ((rc = condemn(l->r, &e, rc, &why, err)) != 0 || (rc = mg_shape_set(&e.shape, NULL, MG_RANK_UNKNOWN, err)) != 0)
			return rc;
	}
	if (!mg_vec_push(&l->entries, e)) {
		mg_shape_clear(&e.shape);
		return mg_fail_nomem(err, 0);
	}
	return 0;
}

static entry *
find_key(const reader *r, mg_slice key)
{
	size_t low = 0, high = r->count;

	while (low < high) {
		size_t mid = (low + high) / 2;
		int order = mg_slice_cmp(r->entries[mid].key, key);

		if (order == 0)
			return &r->entries[mid];
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

/* Where slice I of E lies; DATA_LOSS if its own entry is not there or of another shape. */
static int
find_slice(const reader *r, const entry *e, int i, const entry **out, mgreg_error *err)
{
	mg_str key = MG_STR_INIT;
	mg_shape shape = MG_SHAPE_SCALAR;
	const entry *found = NULL;
	int rc;

	mg_slice_key(e->name, &e->slices[i], &key);
	MG_TRY(mg_str_check(&key, err));
	MG_TRY(mg_tslice_shape(&e->slices[i], &e->shape, &shape, err));
	found = find_key(r, (mg_slice){ key.ptr, key.len });
	if (found == NULL)
		rc = mg_fail(err, MGREG_DATA_LOSS, "tensor '%s': the index lacks the entry of one of its slices", e->name);
	else if (found->dtype != e->dtype || !mg_shape_equal(&found->shape, &shape))
		rc = mg_fail(err, MGREG_DATA_LOSS, "tensor '%s': the entry of a slice is of another dtype or shape", e->name);
	else
		*out = found;
out:
	mg_shape_clear(&shape);
	mg_str_clear(&key);
	return rc;
}

static int shard_file(reader *r, int shard, const mg_file **out, mgreg_error *err);

static int
by_place(const void *a, const void *b)
{
	const mg_bundle_place *x = a, *y = b;

	if (x->shard != y->shard)
		return x->shard < y->shard ? -1 : 1;
	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	if (x->size != y->size)
		return x->size < y->size ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* The places of one tensor; it is condemned if one of its slices is nowhere. */
static int
places_of(reader *r, entry *e, place_vec *places, mgreg_error *err)
{
	size_t before = places->len;

	for (int k = 0; k < MG_MAX(e->slice_count, 1); k++) {
		const entry *s = e;
		mgreg_error why = { 0 };
		int rc = e->slice_count > 0 ? find_slice(r, e, k, &s, &why) : 0;

		if (rc == 0 && s->bad)
			rc = mg_fail(&why, s->bad_code, "a slice of it: %s", s->bad);
		if (rc) {
			places->len = before;
			return condemn(r, e, rc, &why, err);
		}
		if (!mg_vec_push(places, ((mg_bundle_place){ e->name, e->slice_count > 0 ? &e->slices[k] : NULL, e->dtype,
			s->shape, e->shape, s->shard, s->offset, s->size, s->crc })))
			return mg_fail_nomem(err, 0);
	}
	return 0;
}

static int
find_places(reader *r, mgreg_error *err)
{
	place_vec places = { 0 };
	int rc = 0;

	for (size_t i = r->first_name; i < r->count; i++)
		if (!r->entries[i].bad)
			MG_TRY(places_of(r, &r->entries[i], &places, err));
	if (places.len > 0) {
		qsort(places.at, places.len, sizeof(*places.at), by_place);
		if ((r->places = mg_arena_memdup(&r->arena, places.at, places.len * sizeof(*places.at))) == NULL)
			rc = mg_fail_nomem(err, places.len * sizeof(*places.at));
	}
	r->place_count = places.len;
out:
	mg_vec_clear(&places);
	return rc;
}

/* Whether a shard is long enough for P: what it claims beyond the end takes nothing from others. */
static bool
is_there(reader *r, const mg_bundle_place *p)
{
	const mg_file *file;

	return shard_file(r, p->shard, &file, NULL) == 0 && p->offset <= file->size && p->size <= file->size - p->offset;
}

static int
condemn_overlap(reader *r, const char *name, const char *other, mgreg_error *err)
{
	mgreg_error why = { 0 };

	mg_fail(&why, MGREG_DATA_LOSS, "its bytes overlap those of '%.200s'", other);
	return condemn(r, find_key(r, MG_SLICE(name)), MGREG_DATA_LOSS, &why, err);
}

/* Tensors may share all their bytes, never some: none of the two is believed then. */
static int
check_overlap(reader *r, mgreg_error *err)
{
	const mg_bundle_place *last = NULL;
	int rc;

	for (size_t i = 0; i < r->place_count; i++) {
		const mg_bundle_place *p = &r->places[i];

		if (p->size == 0 || (!mg_dtype_is_memcpy(p->dtype) && p->dtype != MGREG_STRING))
			continue;
		if (last && last->shard == p->shard && p->offset < last->offset + last->size
			&& !(p->offset == last->offset && p->size == last->size) && is_there(r, last)) {
			if (!is_there(r, p))
				continue;
			if ((rc = condemn_overlap(r, last->name, p->name, err)) != 0 || (rc = condemn_overlap(r, p->name, last->name, err)) != 0)
				return rc;
			if (p->offset + p->size < last->offset + last->size)
				continue;
		}
		last = p;
	}
	return 0;
}

/* Of those condemned later no place is told. */
static void
drop_places(reader *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->place_count; i++)
		if (!find_key(r, MG_SLICE(r->places[i].name))->bad)
			r->places[n++] = r->places[i];
	r->place_count = n;
}

static void v2_close(mg_ckpt *c);
static const mg_ckpt_ops reader_ops;

static int
v2_probe(const char *prefix, bool *there, mgreg_error *err)
{
	char *path = mg_bundle_index_name(prefix);

	if (path == NULL)
		return mg_fail_nomem(err, 0);
	*there = mg_file_exists(path);
	mg_free(path);
	return 0;
}

static int
v2_open(mg_ckpt **out, const char *prefix, mgreg_error *err)
{
	struct loading l = { 0 };
	mg_table table = { 0 };
	char *path = mg_bundle_index_name(prefix);
	reader *r = mg_calloc(1, sizeof(*r));
	int rc = 0;

	table.file.fd = -1;
	if (r == NULL || path == NULL || (r->prefix = mg_strdup(prefix)) == NULL) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	r->ckpt.ops = &reader_ops;
	l.r = r;
	MG_TRY(mg_mutex_init(&r->lock, err));
	MG_TRY(mg_table_open(&table, path, err));
	rc = mg_table_each(&table, load_entry, &l, err);
	r->entries = l.entries.at;      /* even of half a table: close clears them */
	r->count = l.entries.len;
	if (rc)
		goto out;
	if (!l.header) {
		rc = mg_fail(err, MGREG_DATA_LOSS, "%s: the index is empty", path);
		goto out;
	}
	while (r->first_name < r->count && r->entries[r->first_name].name == NULL)
		r->first_name++;
	r->files = mg_arena_zalloc(&r->arena, (size_t)r->shards, sizeof(*r->files));
	r->opened = mg_arena_zalloc(&r->arena, (size_t)r->shards, sizeof(*r->opened));
	if (r->files == NULL || r->opened == NULL) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	MG_TRY(find_places(r, err));
	MG_TRY(check_overlap(r, err));
	drop_places(r);
	*out = &r->ckpt;
out:
	mg_table_close(&table);
	mg_free(path);
	if (rc && r)
		v2_close(&r->ckpt);
	return rc;
}

static void
v2_close(mg_ckpt *c)
{
	reader *r = (reader *)c;

	for (size_t i = 0; i < r->count; i++)
		mg_shape_clear(&r->entries[i].shape);
	for (int i = 0; r->opened && i < r->shards; i++)
		if (r->opened[i])
			mg_file_close(&r->files[i]);
	if (r->ckpt.ops && r->prefix)
		mg_mutex_clear(&r->lock);
	mg_free(r->entries);
	mg_arena_clear(&r->arena);
	mg_free(r->prefix);
	mg_free(r);
}

/* ---- reading ---- */

static void
show(const entry *e, mg_ckpt_entry *out)
{
	*out = (mg_ckpt_entry){ e->name, e->dtype, e->shape, e->slices, e->slice_count, NULL, e->bad };
}

static int
v2_entry(mg_ckpt *c, size_t i, mg_ckpt_entry *out, mgreg_error *err)
{
	const reader *r = (const reader *)c;

	if (i >= r->count - r->first_name)
		return mg_fail_because(err, MGREG_OUT_OF_RANGE, MGREG_REASON_NO, "no more tensors");
	show(&r->entries[r->first_name + i], out);
	return 0;
}

static int
find_name(const reader *r, const char *name, const entry **out, mgreg_error *err)
{
	const entry *e = *name ? find_key(r, MG_SLICE(name)) : NULL;

	if (e == NULL || e->name == NULL)
		return mg_fail(err, MGREG_NOT_FOUND, "key '%s' is not in the checkpoint %s", name, r->prefix);
	*out = e;
	return 0;
}

static int
v2_find(mg_ckpt *c, const char *name, mg_ckpt_entry *out, mgreg_error *err)
{
	const entry *e;
	int rc;

	if ((rc = find_name((const reader *)c, name, &e, err)) == 0)
		show(e, out);
	return rc;
}

/* The file of a shard, opened once; borrowed. */
static int
shard_file(reader *r, int shard, const mg_file **out, mgreg_error *err)
{
	char *path = NULL;
	int rc = 0;

	mg_lock(&r->lock);
	if (!r->opened[shard]) {
		if ((path = mg_bundle_data_name(r->prefix, shard, r->shards)) == NULL)
			rc = mg_fail_nomem(err, 0);
		else if (!mg_file_exists(path))
			rc = mg_fail(err, MGREG_DATA_LOSS, "data file %s is missing", path);
		else
			rc = mg_file_open(&r->files[shard], path, err);
		r->opened[shard] = rc == 0;
	}
	mg_unlock(&r->lock);
	mg_free(path);
	*out = &r->files[shard];
	return rc;
}

static void
swap_bytes(void *data, size_t size, int dtype)
{
	size_t width = mg_dtype_size(dtype);

	if (mg_dtype_is_complex(dtype))
		width /= 2;
	for (char *at = data, *end = at + size; width > 1 && at < end; at += width)
		for (size_t i = 0; i < width / 2; i++) {
			char t = at[i];

			at[i] = at[width - 1 - i];
			at[width - 1 - i] = t;
		}
}

static int
check_crc(const entry *e, uint32_t crc, mgreg_error *err)
{
	if (crc == e->crc)
		return 0;
	return mg_fail(err, MGREG_DATA_LOSS, "checksum %08x stored, %08x computed", e->crc, crc);
}

/* The bytes of E straight into T, which has its dtype and shape. */
static int
fill_plain(const reader *r, const mg_file *file, const entry *e, mg_tensor *t, mgreg_error *err)
{
	uint32_t crc = 0;
	int rc;

	for (uint64_t at = 0; at < e->size; ) {
		size_t n = (size_t)MG_MIN(e->size - at, r->ckpt.unchecked ? SIZE_MAX : (uint64_t)PIECE);
		char *to = (char *)t->data + at;

		if ((rc = mg_file_pread(file, to, n, e->offset + at, err)) != 0)
			return rc;
		if (!r->ckpt.unchecked)
			crc = mg_crc32c_extend(crc, to, n);
		at += n;
	}
	if (!r->ckpt.unchecked && (rc = check_crc(e, crc, err)) != 0)
		return rc;
	if (r->swapped)
		swap_bytes(t->data, t->size, e->dtype);
	return 0;
}

static int
fill_strings(const reader *r, const mg_file *file, const entry *e, mg_tensor *t, mgreg_error *err)
{
	char *bytes = mg_alloc((size_t)MG_MAX(e->size, 1));
	uint32_t crc = 0;
	int rc = 0;

	if (bytes == NULL)
		return mg_fail_nomem(err, (size_t)e->size);
	MG_TRY(mg_file_pread(file, bytes, (size_t)e->size, e->offset, err));
	MG_TRY(mg_strings_decode(bytes, (size_t)e->size, r->swapped, t, &crc, err));
	if (!r->ckpt.unchecked)
		MG_TRY(check_crc(e, crc, err));
out:
	mg_free(bytes);
	return rc;
}

/* The file that E's bytes lie in, as far as they do. */
static int
find_bytes(reader *r, const entry *e, const mg_file **file, mgreg_error *err)
{
	int rc;

	if ((rc = shard_file(r, e->shard, file, err)) != 0)
		return rc;
	if (e->offset > (*file)->size || e->size > (*file)->size - e->offset)
		return mg_fail(err, MGREG_DATA_LOSS, "it lies beyond the end of %s (%llu bytes): truncated",
			(*file)->path, (unsigned long long)(*file)->size);
	return 0;
}

/* Looks at dtype, sizes and the file before anything is allocated. */
static int
check_entry(reader *r, const entry *e, const mg_file **file, mgreg_error *err)
{
	int rc;

	if (e->bad)
		return mg_fail(err, e->bad_code, "%s", e->bad);
	if ((rc = check_dtype(e, err)) != 0 || (rc = check_size(e, err)) != 0)
		return rc;
	return find_bytes(r, e, file, err);
}

static int
fill_entry(reader *r, const char *name, const entry *e, mg_tensor *t, mgreg_error *err)
{
	const mg_file *file;
	int rc;

	if ((rc = check_entry(r, e, &file, err)) == 0)
		rc = e->dtype == MGREG_STRING ? fill_strings(r, file, e, t, err) : fill_plain(r, file, e, t, err);
	return rc ? mg_wrap(err, rc, "tensor '%s'", name) : 0;
}

static int
read_whole(reader *r, const char *name, const entry *e, mg_tensor *out, mgreg_error *err)
{
	const mg_file *file;
	mg_tensor t = { 0 };
	int rc;

	if ((rc = check_entry(r, e, &file, err)) != 0)
		return mg_wrap(err, rc, "tensor '%s'", name);
	MG_TRY(mg_tensor_init(&t, (mg_dtype)e->dtype, &e->shape, err));
	MG_TRY(fill_entry(r, name, e, &t, err));
	mg_tensor_move(out, &t);
out:
	mg_tensor_clear(&t);
	return rc;
}

struct assembling { reader *r; const entry *e; };

static int
read_piece(void *ctx, int i, mg_tensor *out, mgreg_error *err)
{
	struct assembling *a = ctx;
	const entry *s;
	int rc;

	if ((rc = find_slice(a->r, a->e, i, &s, err)) != 0)
		return rc;
	return read_whole(a->r, a->e->name, s, out, err);
}

static int
fill_piece(void *ctx, int i, mg_tensor *out, mgreg_error *err)
{
	struct assembling *a = ctx;
	const entry *s;
	int rc;

	if ((rc = find_slice(a->r, a->e, i, &s, err)) != 0)
		return rc;
	return fill_entry(a->r, a->e->name, s, out, err);
}

/* The whole tensor as its single piece, for a wanted region of it. */
static int
read_region(void *ctx, int i, mg_tensor *out, mgreg_error *err)
{
	struct assembling *a = ctx;

	(void)i;
	return read_whole(a->r, a->e->name, a->e, out, err);
}

/* All pieces are there and their bytes too, before room for the sum is made. */
static int
check_pieces(reader *r, const entry *e, mgreg_error *err)
{
	const entry *s;
	const mg_file *file;
	int rc;

	for (int i = 0; i < e->slice_count; i++) {
		if ((rc = find_slice(r, e, i, &s, err)) != 0)
			return rc;
		if ((rc = check_entry(r, s, &file, err)) != 0)
			return mg_wrap(err, rc, "tensor '%s'", e->name);
	}
	return 0;
}

static int
v2_fill(mg_ckpt *c, const char *name, mg_tensor *t, mgreg_error *err)
{
	reader *r = (reader *)c;
	mg_tensor got = { 0 };
	const entry *e;
	int rc;

	if ((rc = find_name(r, name, &e, err)) != 0)
		return rc;
	if (e->slice_count == 0 && mg_dtype_is_memcpy(e->dtype))
		return fill_entry(r, name, e, t, err);
	if ((rc = c->ops->read(c, name, NULL, &got, err)) != 0)
		return rc;
	if (mg_dtype_is_memcpy(e->dtype) && t->size)
		memcpy(t->data, got.data, t->size);
	else if (t->size)
		rc = mg_fail(err, MGREG_UNIMPLEMENTED, "tensor '%s' of dtype %s cannot be read in place", name, mg_dtype_name(e->dtype));
	mg_tensor_clear(&got);
	return rc;
}

static int
v2_read(mg_ckpt *c, const char *name, const mg_tslice *want, mg_tensor *out, mgreg_error *err)
{
	struct assembling a = { (reader *)c, NULL };
	int64_t start[MG_MAX_RANK], length[MG_MAX_RANK];
	mg_tslice whole;
	int rc;

	if ((rc = find_name(a.r, name, &a.e, err)) != 0)
		return rc;
	if (a.e->bad)
		return mg_fail(err, a.e->bad_code, "tensor '%s': %s", name, a.e->bad);
	if (a.e->slice_count > 0) {
		if (want == NULL && (rc = check_pieces(a.r, a.e, err)) != 0)
			return rc;
		return mg_slice_assemble(name, a.e->dtype, a.e->slices, a.e->slice_count, &a.e->shape, want, read_piece, fill_piece, &a, out, err);
	}
	if (want == NULL || (want->rank == a.e->shape.rank && mg_tslice_is_full(want, &a.e->shape)))
		return read_whole(a.r, name, a.e, out, err);
	whole = (mg_tslice){ a.e->shape.rank, start, length };
	for (int d = 0; d < whole.rank; d++) {
		start[d] = 0;
		length[d] = -1;
	}
	return mg_slice_assemble(name, a.e->dtype, &whole, 1, &a.e->shape, want, read_region, NULL, &a, out, err);
}

static const mg_ckpt_ops reader_ops = {
	.format = "v2", .entry = v2_entry, .find = v2_find, .read = v2_read, .fill = v2_fill, .close = v2_close,
};

int
mg_bundle_places(mg_ckpt *v2, const mg_bundle_place **out, size_t *count, int *shards, mgreg_error *err)
{
	reader *r = (reader *)v2;

	if (v2->ops != &reader_ops)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "the checkpoint is not a V2 bundle");
	*out = r->places;
	*count = r->place_count;
	*shards = r->shards;
	return 0;
}

/* ---- bytes as they lie there ---- */

/* Early writers counted too many bytes per variant: then the whole is only as good as each of its variants. */
static int
check_raw(const reader *r, const entry *e, mg_slice bytes, mgreg_error *err)
{
	uint32_t crc;
	int rc;

	if (r->ckpt.unchecked || r->swapped || e->dtype == MGREG_STRING)        /* strings are checked by those who read them */
		return 0;
	if ((rc = mg_bundle_raw_crc(e->dtype, &e->shape, bytes, &crc, err)) != 0)
		return rc;
	return e->dtype == MGREG_VARIANT ? 0 : check_crc(e, crc, err);
}

static bool
same_slice(const mg_tslice *a, const mg_tslice *b)
{
	for (int d = 0; d < a->rank && a->rank == b->rank; d++)
		if (a->start[d] != b->start[d] || a->length[d] != b->length[d])
			return false;
	return a->rank == b->rank;
}

int
mg_bundle_read_raw(mg_ckpt *v2, const char *name, const mg_tslice *slice, mg_str *out, mgreg_error *err)
{
	reader *r = (reader *)v2;
	const mg_file *file;
	const entry *e, *s;
	int rc;

	if (v2->ops != &reader_ops)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "the checkpoint is not a V2 bundle");
	MG_TRY(find_name(r, name, &e, err));
	s = e;
	for (int i = 0; slice && i < e->slice_count; i++)
		if (same_slice(slice, &e->slices[i]))
			MG_TRY(find_slice(r, e, i, &s, err));
	if (e->bad || (s == e && (slice || e->slice_count > 0))) {
		rc = e->bad ? mg_fail(err, e->bad_code, "%s", e->bad) : mg_fail(err, MGREG_NOT_FOUND, "it is not stored in one piece");
		goto out;
	}
	MG_TRY(find_bytes(r, s, &file, err));
	mg_str_reset(out);
	mg_str_reserve(out, (size_t)s->size + 1);
	MG_TRY(mg_str_check(out, err));
	MG_TRY(mg_file_pread(file, out->ptr, (size_t)s->size, s->offset, err));
	out->len = (size_t)s->size;
	out->ptr[out->len] = 0;
	MG_TRY(check_raw(r, s, (mg_slice){ out->ptr, out->len }, err));
out:
	return rc ? mg_wrap(err, rc, "tensor '%s'", name) : 0;
}

const mg_ckpt_format mg_ckpt_v2 = {
	.name = "v2", .probe = v2_probe, .open = v2_open, .create = mg_bundle_create,
};
