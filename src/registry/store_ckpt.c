/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_ckpt.c - the store as a checkpoint format.
 *
 * Reading: the tensor rows of a version, in byte order of names; a partitioned variable is several rows of one name.
 * Writing: every tensor becomes an object of the save under way, hashed and measured in one pass; shards are writers of
 * their own that put into the same save, so that merging them has nothing left to do but to see that all are there.
 */
#include "base/base.h"
#include "base/num.h"
#include "registry/registry.h"

void
mg_store_prefix(const char *uid, char out[MG_STORE_PREFIX_SIZE])
{
	snprintf(out, MG_STORE_PREFIX_SIZE, "%s%.32s", MG_STORE_PREFIX, uid);
}

/* ---- shapes as JSON ---- */

static void
format_shape(const mg_shape *s, mg_str *out)
{
	mg_str_addc(out, '[');
	for (int i = 0; i < s->rank; i++)
		mg_str_printf(out, "%s%lld", i ? "," : "", (long long)mg_shape_dim(s, i));
	mg_str_addc(out, ']');
}

static int
parse_shape(const char *json, mg_shape *out, mgreg_error *err)
{
	int64_t dims[MG_MAX_RANK];
	mg_slice rest, field;
	size_t len = strlen(json);
	int rank = 0;

	if (len < 2 || json[0] != '[' || json[len - 1] != ']')
		goto bad;
	rest = (mg_slice){ json + 1, len - 2 };
	while (rest.len && mg_slice_split(&rest, ',', &field)) {
		if (rank == MG_MAX_RANK || !mg_parse_i64(field.ptr, field.len, &dims[rank]) || dims[rank] < 0)
			goto bad;
		rank++;
	}
	return mg_shape_set(out, dims, rank, err);
bad:
	return mg_fail(err, MGREG_DATA_LOSS, "tensor row: '%.100s' is not a shape", json);
}

/* ---- reading ---- */

typedef struct entry {
	const char *name;
	int         dtype;
	mg_shape    shape;              /* full */
	size_t      first, count;       /* rows */
	mg_tslice  *slices;             /* of the rows; NULL: whole */
} entry;

enum { AHEAD_VALUES = 64, AHEAD_BYTES = 16 << 20, AHEAD_EACH = 4 << 20 };

typedef struct reader {
	mg_ckpt        base;
	mg_store      *store;
	char           what[480];       /* the version's reference, for messages */
	mg_arena       arena;
	mg_tensor_rows rows;
	MG_VEC(entry)  entries;
	mg_map         by_name;         /* name -> index + 1 */
	/* whoever reads in order finds the next values read already, many at once */
	mg_mutex       mutex;
	size_t         due;             /* the entry after the one read last */
	size_t         ahead_first, ahead_count;
	mg_tensor      ahead[AHEAD_VALUES];     /* of entries from ahead_first on; those that have been taken are empty */
} reader;

static int
reader_entry(mg_ckpt *c, size_t i, mg_ckpt_entry *out, mgreg_error *err)
{
	reader *r = (reader *)c;
	const entry *e = NULL;

	if (i >= r->entries.len)
		return mg_fail_because(err, MGREG_OUT_OF_RANGE, MGREG_REASON_NO, "no more tensors");
	e = &r->entries.at[i];
	*out = (mg_ckpt_entry){ .name = e->name, .dtype = e->dtype, .shape = e->shape, .slices = e->slices,
		.slice_count = e->slices ? (int)e->count : 0 };
	return 0;
}

static int
locate(reader *r, const char *name, const entry **out, mgreg_error *err)
{
	uintptr_t i = (uintptr_t)mg_map_find(&r->by_name, name);

	if (!i)
		return mg_fail(err, MGREG_NOT_FOUND, "key %s not found in checkpoint %s", name, r->what);
	*out = &r->entries.at[i - 1];
	return 0;
}

static int
reader_find(mg_ckpt *c, const char *name, mg_ckpt_entry *out, mgreg_error *err)
{
	reader *r = (reader *)c;
	const entry *e = NULL;
	int rc = locate(r, name, &e, err);

	return rc ? rc : reader_entry(c, (size_t)(e - r->entries.at), out, err);
}

static int
read_strings(reader *r, const mg_tensor_row *row, mg_tensor *out, mgreg_error *err)
{
	mg_str bytes = MG_STR_INIT;
	uint32_t crc;
	int rc = mg_object_read_all(r->store, row->object_id, 0, &bytes, err);

	if (rc == 0)
		rc = mg_bundle_decode_strings(bytes.ptr, bytes.len, out, &crc, err);
	mg_str_clear(&bytes);
	return rc;
}

/* One row into OUT, whose shape is that of the row. */
static int
read_row(reader *r, const entry *e, const mg_tensor_row *row, mg_tensor *out, mgreg_error *err)
{
	mg_shape shape = MG_SHAPE_SCALAR;
	int rc;

	MG_TRY(parse_shape(row->shape, &shape, err));
	MG_TRY(mg_tensor_init(out, mg_dtype_base(e->dtype), &shape, err));
	if (out->dtype == MGREG_STRING) {
		MG_TRY(read_strings(r, row, out, err));
	} else {
		if (row->size != out->size) {
			rc = mg_fail(err, MGREG_DATA_LOSS, "stored are %llu bytes, the shape needs %zu", (unsigned long long)row->size, out->size);
			goto out;
		}
		if (out->size)
			MG_TRY(mg_object_read(r->store, row->object_id, 0, out->data, out->size, err));
	}
out:
	mg_shape_clear(&shape);
	if (rc) {
		mg_tensor_clear(out);
		mg_wrap(err, rc, "%s, tensor '%s'", r->what, e->name);
	}
	return rc;
}

/* A region that covers the whole. */
static int
full_slice(const mg_shape *shape, mg_arena *arena, mg_tslice *out, mgreg_error *err)
{
	*out = (mg_tslice){ .rank = shape->rank };
	out->start = mg_arena_zalloc(arena, (size_t)shape->rank + 1, sizeof(*out->start));
	out->length = mg_arena_zalloc(arena, (size_t)shape->rank + 1, sizeof(*out->length));
	if (!out->start || !out->length)
		return mg_fail_nomem(err, 0);
	for (int i = 0; i < shape->rank; i++)
		out->length[i] = MG_DIM_UNKNOWN;
	return 0;
}

static int64_t
region_count(const mg_tslice *s, const mg_shape *full)
{
	int64_t n = 1;

	for (int i = 0; i < s->rank; i++)
		n *= s->length[i] < 0 ? mg_shape_dim(full, i) : s->length[i];
	return n;
}

/* Copies every stored piece that meets WANT; together they must cover it. */
static int
assemble(reader *r, const entry *e, const mg_tslice *want, mg_tensor *out, mgreg_error *err)
{
	mg_arena arena = { 0 };
	mg_tensor piece = { 0 };
	mg_shape shape = MG_SHAPE_SCALAR;
	mg_tslice all, common, whole;
	int64_t covered = 0;
	int rc;

	MG_TRY(full_slice(&e->shape, &arena, &whole, err));
	if (!want)
		want = &whole;
	MG_TRY(mg_tslice_shape(want, &e->shape, &shape, err));
	MG_TRY(mg_tensor_init(out, mg_dtype_base(e->dtype), &shape, err));
	for (size_t i = 0; i < e->count; i++) {
		all = e->slices ? e->slices[i] : whole;
		if (!mg_tslice_intersect(&all, want, &e->shape, &common, &arena))
			continue;
		MG_TRY(read_row(r, e, &r->rows.at[e->first + i], &piece, err));
		MG_TRY(mg_tslice_copy(&all, &piece, want, out, &e->shape, err));
		covered += region_count(&common, &e->shape);
		mg_tensor_clear(&piece);
	}
	if (covered != out->count)
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "%s: the stored slices of '%s' do not cover what is asked for", r->what, e->name);
out:
	mg_tensor_clear(&piece);
	mg_shape_clear(&shape);
	mg_arena_clear(&arena);
	if (rc)
		mg_tensor_clear(out);
	return rc;
}

static void
drop_ahead(reader *r)
{
	for (size_t i = 0; i < r->ahead_count; i++)
		mg_tensor_clear(&r->ahead[i]);
	r->ahead_count = 0;
}

/* Makes room for entry number I, if it is one that can be read ahead. */
static bool
prepare_ahead(reader *r, size_t i, mg_tensor *t, size_t *bytes)
{
	const entry *e = &r->entries.at[i];
	const mg_tensor_row *row = &r->rows.at[e->first];
	mg_shape shape = MG_SHAPE_SCALAR;
	bool ok;

	if (e->slices || row->size == 0 || row->size > AHEAD_EACH || *bytes + row->size > AHEAD_BYTES
			|| mg_dtype_base(e->dtype) == MGREG_STRING || !mg_dtype_is_memcpy(mg_dtype_base(e->dtype)))
		return false;
	ok = parse_shape(row->shape, &shape, NULL) == 0 && mg_tensor_init(t, mg_dtype_base(e->dtype), &shape, NULL) == 0;
	mg_shape_clear(&shape);
	if (ok && t->size != row->size) {
		mg_tensor_clear(t);
		ok = false;
	}
	*bytes += ok ? row->size : 0;
	return ok;
}

/* Entries from number I on, as many as are worth it, in one look at the store.  What fails is left to who reads it by itself, and
 * then tells why. */
static void
read_ahead(reader *r, size_t i)
{
	mg_read reads[AHEAD_VALUES];
	size_t bytes = 0, n = 0;

	drop_ahead(r);
	while (n < AHEAD_VALUES && i + n < r->entries.len && prepare_ahead(r, i + n, &r->ahead[n], &bytes)) {
		const mg_tensor_row *row = &r->rows.at[r->entries.at[i + n].first];

		reads[n] = (mg_read){ row->object_id, 0, (size_t)row->size, r->ahead[n].data };
		n++;
	}
	r->ahead_first = i;
	r->ahead_count = n;
	if (n < 2 || mg_object_read_many(r->store, reads, n, NULL) != 0)
		drop_ahead(r);
}

/* Takes entry number I if it has been read, or now that it is the next in order. */
static bool
take_ahead(reader *r, size_t i, mg_tensor *out)
{
	bool found;

	mg_lock(&r->mutex);
	if (i == r->due && i > 0 && (i < r->ahead_first || i >= r->ahead_first + r->ahead_count))
		read_ahead(r, i);
	r->due = i + 1;
	found = i >= r->ahead_first && i < r->ahead_first + r->ahead_count && r->ahead[i - r->ahead_first].data;
	if (found)
		mg_tensor_move(out, &r->ahead[i - r->ahead_first]);
	mg_unlock(&r->mutex);
	return found;
}

static int
reader_read(mg_ckpt *c, const char *name, const mg_tslice *want, mg_tensor *out, mgreg_error *err)
{
	reader *r = (reader *)c;
	const entry *e = NULL;
	int rc = locate(r, name, &e, err);

	if (rc)
		return rc;
	if (!e->slices && (!want || mg_tslice_is_full(want, &e->shape)))
		return take_ahead(r, (size_t)(e - r->entries.at), out) ? 0 : read_row(r, e, &r->rows.at[e->first], out, err);
	return assemble(r, e, want, out, err);
}

static void
reader_close(mg_ckpt *c)
{
	reader *r = (reader *)c;

	drop_ahead(r);
	mg_mutex_clear(&r->mutex);
	for (size_t i = 0; i < r->entries.len; i++)
		mg_shape_clear(&r->entries.at[i].shape);
	mg_vec_clear(&r->entries);
	mg_vec_clear(&r->rows);
	mg_map_clear(&r->by_name);
	mg_arena_clear(&r->arena);
	mg_free(r);
}

static const mg_ckpt_ops reader_ops = {
	.format = "store", .entry = reader_entry, .find = reader_find, .read = reader_read, .close = reader_close,
};

/* Rows [FIRST, FIRST + COUNT) have one name. */
static int
add_entry(reader *r, size_t first, size_t count, mgreg_error *err)
{
	const mg_tensor_row *row = &r->rows.at[first];
	entry e = { .name = row->name, .first = first, .count = count };
	int rc;

	e.dtype = mg_dtype_find(row->dtype, strlen(row->dtype));
	if (e.dtype == MGREG_INVALID)
		return mg_fail(err, MGREG_DATA_LOSS, "%s, tensor '%s': unknown type '%.40s'", r->what, row->name, row->dtype);
	if ((rc = parse_shape(row->full_shape ? row->full_shape : row->shape, &e.shape, err)) != 0)
		return rc;
	if (*row->slice) {
		e.slices = mg_arena_zalloc(&r->arena, count, sizeof(*e.slices));
		if (!e.slices)
			rc = mg_fail_nomem(err, 0);
		for (size_t i = 0; i < count && rc == 0; i++) {
			const char *text = r->rows.at[first + i].slice;
			rc = mg_tslice_parse(&e.slices[i], text, strlen(text), &r->arena, err);
		}
	}
	if (rc == 0 && (!mg_vec_push(&r->entries, e) || !mg_map_set(&r->by_name, e.name, (void *)(uintptr_t)r->entries.len)))
		rc = mg_fail_nomem(err, 0);
	if (rc)
		mg_shape_clear(&e.shape);
	return rc;
}

int
mg_store_ckpt_open(mg_ckpt **out, mg_store *store, int64_t version_id, mgreg_error *err)
{
	reader *r = mg_calloc(1, sizeof(*r));
	mg_version_info v;
	int rc;

	if (!r)
		return mg_fail_nomem(err, sizeof(*r));
	if ((rc = mg_mutex_init(&r->mutex, err)) != 0) {
		mg_free(r);
		return rc;
	}
	r->base.ops = &reader_ops;
	r->store = store;
	MG_TRY(mg_version_get(store, version_id, &v, err));
	snprintf(r->what, sizeof(r->what), "%s", v.ref);
	MG_TRY(mg_version_tensors(store, version_id, &r->arena, &r->rows, err));
	for (size_t i = 0, k; i < r->rows.len; i = k) {
		for (k = i + 1; k < r->rows.len && strcmp(r->rows.at[k].name, r->rows.at[i].name) == 0; k++)
			;
		MG_TRY(add_entry(r, i, k - i, err));
	}
	*out = &r->base;
	return 0;
out:
	reader_close(&r->base);
	return rc;
}

/* ---- writing ---- */

int
mg_save_tensors_init(mg_save_tensors *t, mg_save *save, mgreg_error *err)
{
	memset(t, 0, sizeof(*t));
	t->save = save;
	return mg_mutex_init(&t->mutex, err);
}

void
mg_save_tensors_clear(mg_save_tensors *t)
{
	if (!t->save)
		return;
	for (size_t i = 0; i < t->measures.len; i++)
		mg_free(t->measures.at[i]);
	mg_vec_clear(&t->measures);
	mg_vec_clear(&t->rows);
	mg_map_clear(&t->seen);
	mg_map_clear(&t->before);
	mg_vec_clear(&t->before_rows);
	mg_arena_clear(&t->before_arena);
	mg_arena_clear(&t->arena);
	mg_mutex_clear(&t->mutex);
	memset(t, 0, sizeof(*t));
}

static void
row_key(mg_str *key, const char *name, const char *slice)
{
	mg_str_add(key, name);
	mg_str_append(key, "", 1);
	mg_str_add(key, slice ? slice : "");
}

int
mg_save_tensors_follow(mg_save_tensors *t, int64_t version_id, mgreg_error *err)
{
	mg_str key = MG_STR_INIT;
	int rc;

	MG_TRY(mg_version_tensors(mg_save_store(t->save), version_id, &t->before_arena, &t->before_rows, err));
	for (size_t i = 0; i < t->before_rows.len; i++) {
		mg_str_reset(&key);
		row_key(&key, t->before_rows.at[i].name, t->before_rows.at[i].slice);
		if (key.failed || !mg_map_setn(&t->before, key.ptr, key.len, &t->before_rows.at[i])) {
			rc = mg_fail_nomem(err, 0);
			goto out;
		}
	}
	mg_save_follow(t->save, version_id);
out:
	mg_str_clear(&key);
	return rc;
}

/* Statistics of a value, leaf by leaf, taken by whoever hashes the leaf. */
typedef struct mg_measure {
	mg_dtype dtype;
	size_t   count;
	struct { mg_stats stats; bool taken; } leaf[];
} measure;

static void
measure_leaf(void *ctx, size_t number, const void *data, size_t size)
{
	measure *m = ctx;

	if (size == 0)                  /* of a tensor without elements: there is nothing to measure */
		return;
	assert(number < m->count);
	mg_stats_begin(&m->leaf[number].stats, m->dtype);
	mg_stats_add(&m->leaf[number].stats, m->dtype, data, size);
	m->leaf[number].taken = true;
}

static mg_tensor_stats
outcome(const measure *m)
{
	mg_stats s;

	mg_stats_begin(&s, m->dtype);
	for (size_t i = 0; i < m->count; i++) {
		if (!m->leaf[i].taken)          /* the predecessor's value, whose statistics are known */
			return (mg_tensor_stats){ .has = false };
		mg_stats_join(&s, &m->leaf[i].stats);
	}
	mg_stats_end(&s);
	return (mg_tensor_stats){ .has = s.has, .min = s.min, .max = s.max, .mean = s.mean, .std = s.std, .l2 = s.l2,
		.zeros = s.zeros, .nans = s.nans, .infs = s.infs };
}

typedef struct missing { measure *m; const char *data; size_t size; } missing;

static void
measure_missing(void *ctx, size_t i)
{
	const missing *x = ctx;

	if (!x->m->leaf[i].taken)
		measure_leaf(x->m, i, x->data + i * MG_LEAF_SIZE, MG_MIN(x->size - i * MG_LEAF_SIZE, (size_t)MG_LEAF_SIZE));
}

/* A value of which some leaves are new is measured whole.  (Of one that is all new or all old nothing is to be done.) */
static int
measure_rest(mg_save_tensors *t, measure *m, const mg_tensor *value, int64_t before, mgreg_error *err)
{
	missing x = { m, value->data, value->size };
	size_t taken = 0;
	int rc;

	if (!before || m->count < 2)
		return 0;
	if ((rc = mg_save_settle(t->save, err)) != 0)   /* which of them are new is known after it */
		return rc;
	for (size_t i = 0; i < m->count; i++)
		taken += m->leaf[i].taken;
	return taken == 0 || taken == m->count ? 0 : mg_store_share_out(mg_save_store(t->save), measure_missing, &x, m->count, err);
}

/* The object that the predecessor has under this name, if it is a value of the same kind. */
static int64_t
find_before(mg_save_tensors *t, const mg_str *key, const mg_new_tensor *row)
{
	const mg_tensor_row *b = mg_map_findn(&t->before, key->ptr, key->len);

	return b && !strcmp(b->dtype, row->dtype) && !strcmp(b->shape, row->shape) ? b->object_id : 0;
}

static int
put_value(mg_save_tensors *t, const mg_tensor *value, int64_t before, mg_new_tensor *row, measure **out, mgreg_error *err)
{
	size_t leaves = value->size / MG_LEAF_SIZE + 1, width = mg_dtype_size(value->dtype);
	mg_str bytes = MG_STR_INIT;
	mg_blob *blob = NULL;
	measure *m = NULL;
	uint32_t crc;
	int rc;

	if (value->dtype == MGREG_STRING) {
		MG_TRY(mg_bundle_encode_strings(value, &bytes, &crc, err));
		MG_TRY(mg_blob_put(t->save, bytes.ptr, bytes.len, NULL, NULL, &blob, err));
	} else if (mg_dtype_is_memcpy(value->dtype)) {
		if (!(m = mg_calloc(1, sizeof(*m) + leaves * sizeof(m->leaf[0]))))
			return mg_fail_nomem(err, 0);
		m->dtype = value->dtype;
		m->count = value->size ? (value->size + MG_LEAF_SIZE - 1) / MG_LEAF_SIZE : 1;  /* nothing at all is one leaf, too */
		if (mg_dtype_is_complex(value->dtype))
			width /= 2;
		MG_TRY(mg_blob_put_value(t->save, value->data, value->size, (int)width, before, measure_leaf, m, &blob, err));
		MG_TRY(measure_rest(t, m, value, before, err));
	} else {
		rc = mg_fail(err, MGREG_UNIMPLEMENTED, "tensors of type %s cannot be saved", mg_dtype_name(value->dtype));
	}
out:
	mg_str_clear(&bytes);
	row->blob = blob;
	*out = m;
	return rc;
}

int
mg_save_tensors_finish(mg_save_tensors *t, mgreg_error *err)
{
	int rc = mg_save_settle(t->save, err);

	for (size_t i = 0; i < t->rows.len && rc == 0; i++)
		if (t->measures.at[i])
			t->rows.at[i].stats = outcome(t->measures.at[i]);
	return rc;
}

static const char *
shape_text(const mg_shape *shape, mg_arena *arena)
{
	mg_str s = MG_STR_INIT;
	const char *text;

	format_shape(shape, &s);
	text = s.failed ? NULL : mg_arena_strndup(arena, s.ptr, s.len);
	mg_str_clear(&s);
	return text;
}

/* The slice with every dimension in numbers, as TensorFlow's saver writes it. */
static const char *
slice_text(const mg_tslice *slice, const mg_shape *full, mg_arena *arena)
{
	mg_str s = MG_STR_INIT;
	const char *text;

	for (int i = 0; i < slice->rank; i++)
		mg_str_printf(&s, "%s%lld,%lld", i ? ":" : "", (long long)slice->start[i],
			(long long)(slice->length[i] < 0 ? mg_shape_dim(full, i) : slice->length[i]));
	text = s.failed ? NULL : mg_arena_strndup(arena, s.ptr, s.len);
	mg_str_clear(&s);
	return text;
}

static int
add_locked(mg_save_tensors *t, const char *name, const mg_shape *full, const mg_tslice *slice, const mg_tensor *value, mgreg_error *err)
{
	mg_new_tensor row = { .slice = "", .elements = value->count };
	mg_str key = MG_STR_INIT;
	measure *m = NULL;
	int rc = 0;

	if (t->failed)
		return mg_fail(err, MGREG_FAILED_PRECONDITION, "an earlier tensor of this save could not be stored");
	if (slice && full && mg_tslice_is_full(slice, full))
		slice = NULL;
	row.name = mg_arena_strdup(&t->arena, name);
	row.dtype = mg_dtype_name(value->dtype);
	row.shape = shape_text(&value->shape, &t->arena);
	if (slice) {
		row.slice = slice_text(slice, full, &t->arena);
		row.full_shape = shape_text(full, &t->arena);
	}
	row_key(&key, name, row.slice);
	if (!row.name || !row.shape || !row.slice || (slice && !row.full_shape) || key.failed) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	if (mg_map_findn(&t->seen, key.ptr, key.len)) {
		rc = mg_fail(err, MGREG_ALREADY_EXISTS, "tensor '%s' is saved twice", name);
		goto out;
	}
	if (!mg_vec_reserve(&t->rows, t->rows.len + 1) || !mg_vec_reserve(&t->measures, t->measures.len + 1)
			|| !mg_map_setn(&t->seen, key.ptr, key.len, t)) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	rc = mg_wrap(err, put_value(t, value, find_before(t, &key, &row), &row, &m, err), "tensor '%s'", name);
	t->measures.at[t->measures.len++] = m;          /* leaves under way may still write to it */
	if (rc == 0)
		t->rows.at[t->rows.len++] = row;
	else
		t->failed = true;
out:
	mg_str_clear(&key);
	return rc;
}

int
mg_save_tensors_add(mg_save_tensors *t, const char *name, const mg_shape *full, const mg_tslice *slice, const mg_tensor *value, mgreg_error *err)
{
	int rc;

	mg_lock(&t->mutex);
	rc = add_locked(t, name, full, slice, value, err);
	mg_unlock(&t->mutex);
	return rc;
}

typedef struct writer {
	mg_ckpt          base;
	mg_save_tensors *into;
} writer;

static int
writer_put(mg_ckpt *c, const char *name, const mg_shape *full, const mg_tslice *slice, const mg_tensor *t, mgreg_error *err)
{
	return mg_save_tensors_add(((writer *)c)->into, name, full, slice, t, err);
}

/* Nothing is visible before the version is published; a shard has nothing of its own to finish. */
static int
writer_finish(mg_ckpt *c, mgreg_error *err)
{
	(void)c;
	(void)err;
	return 0;
}

static void
writer_abandon(mg_ckpt *c)
{
	(void)c;
}

static void
writer_close(mg_ckpt *c)
{
	mg_free(c);
}

static const mg_ckpt_ops writer_ops = {
	.format = "store", .put = writer_put, .finish = writer_finish, .abandon = writer_abandon, .close = writer_close,
};

/* ---- the resolver ---- */

/* "mgreg:<uid>..." -> uid; false for other names. */
static bool
parse_prefix(const char *prefix, char uid[33])
{
	const char *p = prefix + strlen(MG_STORE_PREFIX);

	if (!mg_starts_with(prefix, MG_STORE_PREFIX) || strspn(p, "0123456789abcdef") < 32)
		return false;
	memcpy(uid, p, 32);
	uid[32] = '\0';
	return true;
}

static int
resolve_other(mg_store_resolver *r, const char *prefix, mgreg_error *err)
{
	if (r->other.open)
		return 0;
	return mg_fail(err, MGREG_PERMISSION_DENIED, "%s: this graph may not reach files", prefix);
}

static int
resolver_open(void *ctx, const char *prefix, mg_ckpt_mode mode, const char *format, mg_ckpt **out, mgreg_error *err)
{
	mg_store_resolver *r = ctx;
	mg_version_info v;
	char uid[33], ref[37];
	writer *w;
	int rc;

	if (!parse_prefix(prefix, uid)) {
		rc = resolve_other(r, prefix, err);
		return rc ? rc : r->other.open(r->other.ctx, prefix, mode, format, out, err);
	}
	if (mode == MG_CKPT_WRITE) {
		if (!r->saving || strcmp(uid, mg_save_uid(r->saving->save)) != 0)
			return mg_fail(err, MGREG_FAILED_PRECONDITION, "%s: no such save is under way", prefix);
		if (!(w = mg_calloc(1, sizeof(*w))))
			return mg_fail_nomem(err, sizeof(*w));
		w->base.ops = &writer_ops;
		w->into = r->saving;
		*out = &w->base;
		return 0;
	}
	snprintf(ref, sizeof(ref), "uid:%s", uid);
	if ((rc = mg_ref_resolve(r->store, ref, &v, err)) != 0)
		return rc;
	return mg_store_ckpt_open(out, r->store, v.id, err);
}

static int
resolver_merge(void *ctx, const char *const *prefixes, int count, const char *dest, bool delete_old, mgreg_error *err)
{
	mg_store_resolver *r = ctx;
	char uid[33];
	int rc;

	if (!parse_prefix(dest, uid)) {
		rc = resolve_other(r, dest, err);
		return rc ? rc : r->other.merge(r->other.ctx, prefixes, count, dest, delete_old, err);
	}
	if (!r->saving || strcmp(uid, mg_save_uid(r->saving->save)) != 0)
		return mg_fail(err, MGREG_FAILED_PRECONDITION, "%s: no such save is under way", dest);
	for (int i = 0; i < count; i++)
		if (!parse_prefix(prefixes[i], uid) || strcmp(uid, mg_save_uid(r->saving->save)) != 0)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "shard '%s' is not of the save %s", prefixes[i], dest);
	return 0;
}

void
mg_store_resolver_init(mg_store_resolver *r, mg_store *store, const struct mg_roots *roots)
{
	memset(r, 0, sizeof(*r));
	r->store = store;
	r->resolver = (mg_resolver){ .ctx = r, .open = resolver_open, .merge = resolver_merge };
	if (roots)
		mg_resolver_files(&r->other, roots);
}
