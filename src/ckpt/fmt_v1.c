/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fmt_v1.c - checkpoint V1: tables of SavedTensorSlices, one file or shards PREFIX-SSSSS-of-NNNNN.
 *
 *	""         SavedTensorSlices.meta: name, full shape, dtype and slices of every tensor in this file
 *	slice key  SavedTensorSlices.data: name, slice, and a TensorProto with nothing but its typed field
 *
 * A tensor may be put together from slices of several shards.
 */
#include "base/base.h"
#include <stdlib.h>
#include "base/bytes.h"
#include "base/map.h"
#include "base/path.h"
#include "ckpt/ckpt_internal.h"

#define VERSION_READ 1

typedef struct tensor {
	const char *name;
	int         dtype;
	mg_shape    shape;
	MG_VEC(mg_tslice) slices;
	MG_VEC(int) files;              /* which table holds each slice */
	const char *bad;                /* why it cannot be read; NULL: nothing is known against it */
	int         bad_code;
} tensor;

typedef struct reader {
	mg_ckpt   ckpt;
	char     *prefix;
	mg_arena  arena;
	mg_table *tables;
	size_t    table_count;
	MG_VEC(tensor) tensors;         /* by name */
	mg_map    by_name;              /* index + 1 while loading */
} reader;

static const mg_ckpt_ops reader_ops;

static int
bad_file(const reader *r, size_t i, mgreg_error *err, const char *what)
{
	return mg_fail(err, MGREG_DATA_LOSS, "%s: %s", r->tables[i].file.path, what);
}

/* ---- opening ---- */

/* From now on T is read no more, for the reason in WHY; the other tensors are not touched by it. */
static int
condemn(reader *r, size_t file, tensor *t, int code, const mgreg_error *why, mgreg_error *err)
{
	mg_str text = MG_STR_INIT;
	int rc;

	if (code == MGREG_RESOURCE_EXHAUSTED)
		return mg_fail_nomem(err, 0);
	if (t->bad)
		return 0;
	mg_str_printf(&text, "%s: %s", r->tables[file].file.path, why->text);
	if ((rc = mg_str_check(&text, err)) == 0 && (t->bad = mg_arena_strdup(&r->arena, text.ptr)) == NULL)
		rc = mg_fail_nomem(err, 0);
	t->bad_code = code;
	mg_str_clear(&text);
	return rc;
}

/* The tensor of P's name, new or from an earlier shard. */
static int
take_tensor(reader *r, const Pb__SavedSliceMeta *p, bool *new, tensor **out, mgreg_error *err)
{
	size_t at = (size_t)(uintptr_t)mg_map_find(&r->by_name, p->name);

	*new = at == 0;
	if (at == 0) {
		tensor t = { .name = mg_arena_strdup(&r->arena, p->name), .dtype = (int)p->type };

		if (t.name == NULL || !mg_vec_push(&r->tensors, t)
			|| !mg_map_set(&r->by_name, p->name, (void *)(uintptr_t)r->tensors.len))
			return mg_fail_nomem(err, 0);
		at = r->tensors.len;
	}
	*out = &r->tensors.at[at - 1];
	return 0;
}

static int
add_slices(reader *r, size_t file, tensor *t, const Pb__SavedSliceMeta *p, mgreg_error *why)
{
	mg_shape shape = MG_SHAPE_SCALAR;
	int rc = 0;

	for (size_t i = 0; i < p->n_slice; i++) {
		mg_tslice s;

		if ((rc = mg_tslice_from_proto(&s, p->slice[i], &r->arena, why)) != 0
			|| (rc = mg_tslice_shape(&s, &t->shape, &shape, why)) != 0) {
			mg_shape_clear(&shape);
			return rc == MGREG_RESOURCE_EXHAUSTED ? rc : mg_fail(why, MGREG_DATA_LOSS, "a slice of it lies outside it");
		}
		if (!mg_vec_push(&t->slices, s) || !mg_vec_push(&t->files, (int)file)) {
			rc = mg_fail_nomem(why, 0);
			break;
		}
	}
	mg_shape_clear(&shape);
	return rc;
}

static int
add_tensor(reader *r, size_t file, const Pb__SavedSliceMeta *p, mgreg_error *err)
{
	mg_shape shape = MG_SHAPE_SCALAR;
	mgreg_error why = { 0 };
	int64_t count;
	bool new = false;
	tensor *t = NULL;
	int rc, code = 0;

	if (*p->name == '\0')
		return bad_file(r, file, err, "a tensor has no name");
	MG_TRY(take_tensor(r, p, &new, &t, err));
	if (p->shape == NULL || mg_shape_from_proto(&shape, p->shape, NULL) != 0 || mg_shape_count(&shape, &count, NULL) != 0) {
		mg_shape_clear(&shape);
		if (new)
			MG_TRY(mg_shape_set(&t->shape, NULL, MG_RANK_UNKNOWN, err));
		code = mg_fail(&why, MGREG_DATA_LOSS, "its shape cannot be");
	} else if (new) {
		MG_TRY(mg_shape_copy(&t->shape, &shape, err));
	} else if (t->dtype != (int)p->type || !mg_shape_equal(&t->shape, &shape)) {
		code = mg_fail(&why, MGREG_INTERNAL, "it has another dtype or shape than in an earlier shard");
	}
	if (code == 0 && !t->bad)
		code = add_slices(r, file, t, p, &why);
	if (code)
		rc = condemn(r, file, t, code, &why, err);
out:
	mg_shape_clear(&shape);
	return rc;
}

static int
load_meta(reader *r, size_t file, mgreg_error *err)
{
	const Pb__SavedTensorSlices *s;
	mg_str hold = MG_STR_INIT;
	mg_arena arena = { 0 };
	mg_slice value;
	mg_msg *msg;
	bool found;
	int rc;

	MG_TRY(mg_table_get(&r->tables[file], (mg_slice){ "", 0 }, &hold, &value, &found, err));
	if (!found) {
		rc = bad_file(r, file, err, "a table, but not a checkpoint (no list of tensors)");
		goto out;
	}
	MG_TRY(mg_msg_decode(&pb__saved_tensor_slices__descriptor, value.ptr, value.len, &arena, &msg, err));
	s = (const Pb__SavedTensorSlices *)msg;
	if (s->meta == NULL) {
		rc = bad_file(r, file, err, "a table, but not a checkpoint (no list of tensors)");
		goto out;
	}
	if (s->meta->versions && (s->meta->versions->producer < 0 || s->meta->versions->min_consumer > VERSION_READ)) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "%s: checkpoint version %d needs a reader of version %d, this is %d",
			r->tables[file].file.path, s->meta->versions->producer, s->meta->versions->min_consumer, VERSION_READ);
		goto out;
	}
	for (size_t i = 0; i < s->meta->n_tensor; i++)
		MG_TRY(add_tensor(r, file, s->meta->tensor[i], err));
out:
	mg_str_clear(&hold);
	mg_arena_clear(&arena);
	return rc;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const tensor *)a)->name, ((const tensor *)b)->name);
}

static void
v1_close(mg_ckpt *c)
{
	reader *r = (reader *)c;

	for (size_t i = 0; i < r->tensors.len; i++) {
		mg_shape_clear(&r->tensors.at[i].shape);
		mg_vec_clear(&r->tensors.at[i].slices);
		mg_vec_clear(&r->tensors.at[i].files);
	}
	for (size_t i = 0; i < r->table_count; i++)
		mg_table_close(&r->tables[i]);
	mg_free(r->tables);
	mg_vec_clear(&r->tensors);
	mg_map_clear(&r->by_name);
	mg_arena_clear(&r->arena);
	mg_free(r->prefix);
	mg_free(r);
}

static int
v1_open(mg_ckpt **out, const char *prefix, mgreg_error *err)
{
	reader *r = mg_calloc(1, sizeof(*r));
	char **names = NULL;
	size_t count = 0;
	int rc = 0;

	if (r == NULL || (r->prefix = mg_strdup(prefix)) == NULL) {
		mg_free(r);
		return mg_fail_nomem(err, 0);
	}
	r->ckpt.ops = &reader_ops;
	MG_TRY(mg_ckpt_v1_files(prefix, &names, &count, err));
	if (count == 0) {
		rc = mg_fail(err, MGREG_NOT_FOUND, "no checkpoint matches %s", prefix);
		goto out;
	}
	if ((r->tables = mg_calloc(count, sizeof(*r->tables))) == NULL) {
		rc = mg_fail_nomem(err, count * sizeof(*r->tables));
		goto out;
	}
	for (; r->table_count < count; r->table_count++) {
		MG_TRY(mg_table_open(&r->tables[r->table_count], names[r->table_count], err));
		rc = load_meta(r, r->table_count, err);
		if (rc) {
			r->table_count++;
			goto out;
		}
	}
	if (r->tensors.len > 0)
		qsort(r->tensors.at, r->tensors.len, sizeof(*r->tensors.at), by_name);
	mg_map_clear(&r->by_name);
	*out = &r->ckpt;
out:
	mg_names_free(names, count);
	if (rc) {
		v1_close(&r->ckpt);
		if (rc == MGREG_DATA_LOSS)
			mg_wrap(err, rc, "cannot open the checkpoint %s (is it of another format?)", prefix);
	}
	return rc;
}

static int
v1_probe(const char *prefix, bool *there, mgreg_error *err)
{
	char **names = NULL;
	size_t count = 0;
	int rc;

	if ((rc = mg_ckpt_v1_files(prefix, &names, &count, err)) == 0)
		*there = count > 0;
	mg_names_free(names, count);
	return rc;
}

/* ---- reading ---- */

static void
show(const tensor *t, mg_ckpt_entry *out)
{
	bool whole = t->bad || (t->slices.len == 1 && mg_tslice_is_full(&t->slices.at[0], &t->shape));

	*out = (mg_ckpt_entry){ t->name, t->dtype, t->shape, whole ? NULL : t->slices.at, whole ? 0 : (int)t->slices.len,
		NULL, t->bad };
}

static int
v1_entry(mg_ckpt *c, size_t i, mg_ckpt_entry *out, mgreg_error *err)
{
	const reader *r = (const reader *)c;

	if (i >= r->tensors.len)
		return mg_fail_because(err, MGREG_OUT_OF_RANGE, MGREG_REASON_NO, "no more tensors");
	show(&r->tensors.at[i], out);
	return 0;
}

static int
find_name(const reader *r, const char *name, const tensor **out, mgreg_error *err)
{
	tensor key = { .name = name };

	*out = r->tensors.len ? bsearch(&key, r->tensors.at, r->tensors.len, sizeof(key), by_name) : NULL;
	return *out ? 0 : mg_fail(err, MGREG_NOT_FOUND, "key '%s' is not in the checkpoint %s", name, r->prefix);
}

static int
v1_find(mg_ckpt *c, const char *name, mg_ckpt_entry *out, mgreg_error *err)
{
	const tensor *t;
	int rc;

	if ((rc = find_name((const reader *)c, name, &t, err)) == 0)
		show(t, out);
	return rc;
}

/* The typed field of each dtype in TensorProto. */
static const unsigned char field_of[MG_DTYPE_MAX] = {
	[MGREG_FLOAT] = 5, [MGREG_DOUBLE] = 6, [MGREG_INT32] = 7, [MGREG_UINT8] = 7, [MGREG_INT16] = 7, [MGREG_INT8] = 7,
	[MGREG_STRING] = 8, [MGREG_COMPLEX64] = 9, [MGREG_INT64] = 10, [MGREG_BOOL] = 11, [MGREG_QINT8] = 7, [MGREG_QUINT8] = 7,
	[MGREG_QINT32] = 7, [MGREG_QINT16] = 7, [MGREG_QUINT16] = 7, [MGREG_UINT16] = 7, [MGREG_COMPLEX128] = 12,
	[MGREG_HALF] = 13, [MGREG_BFLOAT16] = 13, [MGREG_UINT32] = 16, [MGREG_UINT64] = 17,
};

/* Values that lie one after the other as elements do. */
static bool
is_fixed(int field)
{
	return field == 5 || field == 6 || field == 9 || field == 12;
}

struct filling {
	mg_tensor *t;
	size_t     at;          /* bytes filled; of strings, elements */
};

static bool
take_fixed(struct filling *f, const void *data, size_t size)
{
	if (size > f->t->size - f->at)
		return false;
	if (size > 0)
		memcpy((char *)f->t->data + f->at, data, size);
	f->at += size;
	return true;
}

static bool
take_varint(struct filling *f, uint64_t v)
{
	size_t size = mg_dtype_size((int)f->t->dtype);

	if (f->t->dtype == MGREG_BOOL)
		v = v != 0;
	return take_fixed(f, &v, size);         /* little-endian: the low bytes */
}

static int
take(struct filling *f, int field, const mg_wire_field *w, mgreg_error *err)
{
	const uint8_t *at = w->data, *end = at ? at + w->value : NULL;
	uint64_t v;
	size_t n;

	if (field == 8) {
		if (w->type != MG_WIRE_LEN || (int64_t)f->at >= f->t->count)
			goto bad;
		return mg_tensor_set_string(f->t, (int64_t)f->at++, (const char *)w->data, (size_t)w->value, err);
	}
	if (is_fixed(field)) {
		if (w->type == MG_WIRE_LEN ? !take_fixed(f, w->data, (size_t)w->value)
			: !take_fixed(f, &w->value, field == 5 || field == 9 ? 4 : 8))
			goto bad;
		return 0;
	}
	if (w->type != MG_WIRE_LEN) {
		if (!take_varint(f, w->value))
			goto bad;
		return 0;
	}
	for (; at < end; at += n)
		if ((n = mg_varint_get(at, end, &v)) == 0 || !take_varint(f, v))
			goto bad;
	return 0;
bad:
	return mg_fail(err, MGREG_DATA_LOSS, "its values do not fit its shape");
}

/* Values of a TensorProto without dtype and shape into T, which has both. */
static int
fill_values(mg_tensor *t, const uint8_t *data, size_t size, mgreg_error *err)
{
	mg_wire w = { data, data + size };
	struct filling f = { t, 0 };
	int field = field_of[t->dtype], more, rc;
	mg_wire_field got;

	while ((more = mg_wire_next(&w, &got)) > 0) {
		if (got.number == (uint32_t)field && (rc = take(&f, field, &got, err)) != 0)
			return rc;
		if (got.number == 4 && got.type == MG_WIRE_LEN && got.value > 0 && field != 8 && !take_fixed(&f, got.data, (size_t)got.value))
			return mg_fail(err, MGREG_DATA_LOSS, "its values do not fit its shape");
	}
	if (more < 0)
		return mg_fail(err, MGREG_DATA_LOSS, "its values cannot be read");
	if (field == 8 ? (int64_t)f.at != t->count : f.at != t->size)
		return mg_fail(err, MGREG_DATA_LOSS, "it has fewer values than its shape needs");
	return 0;
}

/* The parts of a SavedSlice that are needed, in place. */
struct saved { mg_slice name, slice, data; bool has_data; };

static bool
find_saved(mg_slice value, struct saved *out)
{
	mg_wire w = { (const uint8_t *)value.ptr, (const uint8_t *)value.ptr + value.len };
	mg_wire_field f;
	mg_slice saved = { 0 };
	int more;

	memset(out, 0, sizeof(*out));
	out->slice = (mg_slice){ "", 0 };       /* a scalar's may be left out */
	while ((more = mg_wire_next(&w, &f)) > 0)
		if (f.number == 2 && f.type == MG_WIRE_LEN)
			saved = (mg_slice){ (const char *)f.data, (size_t)f.value };
	if (more < 0 || saved.ptr == NULL)
		return false;
	w = (mg_wire){ (const uint8_t *)saved.ptr, (const uint8_t *)saved.ptr + saved.len };
	while ((more = mg_wire_next(&w, &f)) > 0) {
		mg_slice part = { (const char *)f.data, (size_t)f.value };

		if (f.type != MG_WIRE_LEN)
			continue;
		if (f.number == 1)
			out->name = part;
		else if (f.number == 2)
			out->slice = part;
		else if (f.number == 3) {
			out->data = part;
			out->has_data = true;
		}
	}
	return more == 0 && out->has_data;
}

/* The message under the key must be about the slice the key is about. */
static int
check_saved(const tensor *t, const mg_tslice *want, const struct saved *s, mg_arena *arena, mgreg_error *err)
{
	mg_tslice have;
	mg_msg *msg;
	int rc;

	if (s->name.len != strlen(t->name) || memcmp(s->name.ptr, t->name, s->name.len) != 0)
		return mg_fail(err, MGREG_DATA_LOSS, "under its key lies another tensor");
	if ((rc = mg_msg_decode(&pb__tensor_slice_proto__descriptor, s->slice.ptr, s->slice.len, arena, &msg, err)) != 0
		|| (rc = mg_tslice_from_proto(&have, (Pb__TensorSliceProto *)msg, arena, err)) != 0)
		return rc;
	if (have.rank != want->rank || (have.rank > 0
		&& (memcmp(have.start, want->start, (size_t)have.rank * sizeof(int64_t)) != 0
			|| memcmp(have.length, want->length, (size_t)have.rank * sizeof(int64_t)) != 0)))
		return mg_fail(err, MGREG_DATA_LOSS, "under its key lies another slice");
	return 0;
}

struct reading { reader *r; const tensor *t; };

static int
read_slice(void *ctx, int i, mg_tensor *out, mgreg_error *err)
{
	const struct reading *g = ctx;
	const tensor *t = g->t;
	const mg_table *table = &g->r->tables[t->files.at[i]];
	mg_str key = MG_STR_INIT, hold = MG_STR_INIT;
	mg_shape shape = MG_SHAPE_SCALAR;
	mg_arena arena = { 0 };
	mg_tensor new = { 0 };
	struct saved saved;
	mg_slice value;
	int64_t count;
	bool found;
	int rc;

	mg_slice_key(t->name, &t->slices.at[i], &key);
	MG_TRY(mg_str_check(&key, err));
	MG_TRY(mg_table_get(table, (mg_slice){ key.ptr, key.len }, &hold, &value, &found, err));
	if (!found || !find_saved(value, &saved)) {
		rc = mg_fail(err, MGREG_DATA_LOSS, "%s: %s", table->file.path, found ? "its message is damaged" : "its values are missing");
		goto out;
	}
	MG_TRY(check_saved(t, &t->slices.at[i], &saved, &arena, err));
	MG_TRY(mg_tslice_shape(&t->slices.at[i], &t->shape, &shape, err));
	MG_TRY(mg_shape_count(&shape, &count, err));
	if ((uint64_t)count > saved.data.len) {         /* every value takes a byte at least */
		rc = mg_fail(err, MGREG_DATA_LOSS, "%zu bytes are stored for %lld values", saved.data.len, (long long)count);
		goto out;
	}
	MG_TRY(mg_tensor_init(&new, (mg_dtype)t->dtype, &shape, err));
	MG_TRY(fill_values(&new, (const uint8_t *)saved.data.ptr, saved.data.len, err));
	mg_tensor_move(out, &new);
out:
	mg_tensor_clear(&new);
	mg_shape_clear(&shape);
	mg_str_clear(&key);
	mg_str_clear(&hold);
	mg_arena_clear(&arena);
	return rc;
}

static int
v1_read(mg_ckpt *c, const char *name, const mg_tslice *want, mg_tensor *out, mgreg_error *err)
{
	struct reading g = { (reader *)c, NULL };
	uint64_t bytes = 0;
	int64_t count;
	int rc;

	if ((rc = find_name(g.r, name, &g.t, err)) != 0)
		return rc;
	if (g.t->bad)
		return mg_fail(err, g.t->bad_code, "tensor '%s': %s", name, g.t->bad);
	if (!mg_dtype_is_valid(g.t->dtype) || mg_dtype_is_ref(g.t->dtype) || field_of[g.t->dtype] == 0)
		return mg_fail(err, MGREG_UNIMPLEMENTED, "tensor '%s': dtype %s (%d) cannot be read", name,
			mg_dtype_name(g.t->dtype), g.t->dtype);
	for (size_t i = 0; i < g.r->table_count; i++)
		bytes += g.r->tables[i].file.size;
	MG_TRY(mg_shape_count(&g.t->shape, &count, err));
	if (want == NULL && (uint64_t)count / 64 > bytes) {     /* even in Snappy blocks */
		rc = mg_fail(err, MGREG_DATA_LOSS, "its files are too small for its shape");
		goto out;
	}
	if (want == NULL && g.t->slices.len == 1 && mg_tslice_is_full(&g.t->slices.at[0], &g.t->shape))
		rc = read_slice(&g, 0, out, err);
	else
		return mg_slice_assemble(name, g.t->dtype, g.t->slices.at, (int)g.t->slices.len, &g.t->shape, want, read_slice, NULL, &g, out, err);
out:
	return rc ? mg_wrap(err, rc, "tensor '%s'", name) : 0;
}

static const mg_ckpt_ops reader_ops = {
	.format = "v1", .entry = v1_entry, .find = v1_find, .read = v1_read, .close = v1_close,
};

/* ---- writing ---- */

/*
 * The list of tensors comes first in the file but is known last, and keys must rise: values wait in memory as the
 * bytes they become.
 */
typedef struct waiting { mg_slice key, value; } waiting;

typedef struct writer {
	mg_ckpt  ckpt;
	char    *prefix;
	mg_arena arena;
	Pb__SavedTensorSlices *head;
	mg_map   by_name, keys;
	MG_VEC(waiting) waiting;
} writer;

static const mg_ckpt_ops writer_ops;

static void
v1_writer_close(mg_ckpt *c)
{
	writer *w = (writer *)c;

	for (size_t i = 0; i < w->waiting.len; i++) {
		mg_free((char *)w->waiting.at[i].key.ptr);
		mg_free((char *)w->waiting.at[i].value.ptr);
	}
	mg_vec_clear(&w->waiting);
	mg_map_clear(&w->by_name);
	mg_map_clear(&w->keys);
	mg_arena_clear(&w->arena);
	mg_free(w->prefix);
	mg_free(w);
}

static int
v1_create(mg_ckpt **out, const char *prefix, mgreg_error *err)
{
	writer *w = mg_calloc(1, sizeof(*w));
	char *dir = mg_path_dirname(prefix);
	int rc = 0;

	if (w == NULL || dir == NULL || (w->prefix = mg_strdup(prefix)) == NULL
		|| (w->head = mg_msg_new(&w->arena, &pb__saved_tensor_slices__descriptor)) == NULL
		|| (w->head->meta = mg_msg_new(&w->arena, &pb__saved_tensor_slice_meta__descriptor)) == NULL
		|| (w->head->meta->versions = mg_msg_new(&w->arena, &pb__version_def__descriptor)) == NULL) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	w->ckpt.ops = &writer_ops;
	w->head->meta->versions->producer = VERSION_READ;
	if (*dir)
		MG_TRY(mg_dir_create(dir, true, err));
	*out = &w->ckpt;
out:
	mg_free(dir);
	if (rc && w)
		v1_writer_close(&w->ckpt);
	return rc;
}

/* Most bytes a value can take, as TensorFlow reckons before it refuses a slice. */
static const unsigned char most_bytes[MG_DTYPE_MAX] = {
	[MGREG_FLOAT] = 4, [MGREG_DOUBLE] = 8, [MGREG_INT32] = 10, [MGREG_UINT8] = 2, [MGREG_INT16] = 10, [MGREG_INT8] = 10,
	[MGREG_STRING] = 10, [MGREG_COMPLEX64] = 8, [MGREG_INT64] = 10, [MGREG_BOOL] = 1, [MGREG_QINT8] = 10, [MGREG_QUINT8] = 2,
	[MGREG_QINT32] = 10, [MGREG_QINT16] = 10, [MGREG_QUINT16] = 3, [MGREG_UINT16] = 3, [MGREG_COMPLEX128] = 16, [MGREG_HALF] = 3,
};

static int
check_size(const char *name, const mg_tensor *t, mgreg_error *err)
{
	uint64_t estimate = strlen(name) + 1024;

	if (most_bytes[t->dtype] == 0)
		return mg_fail(err, MGREG_UNIMPLEMENTED, "tensor '%s' of dtype %s cannot be saved in format v1", name, mg_dtype_name((int)t->dtype));
	estimate += (uint64_t)t->count * most_bytes[t->dtype];
	for (int64_t i = 0; t->dtype == MGREG_STRING && i < t->count; i++)
		estimate += mg_tensor_string(t, i).len;
	if (estimate > INT32_MAX)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "tensor '%s': the slice is too large for format v1 (estimated %llu bytes)",
			name, (unsigned long long)estimate);
	return 0;
}

static int
add_meta(writer *w, const char *name, const mg_shape *full, int dtype, Pb__TensorSliceProto *slice, mgreg_error *err)
{
	Pb__SavedSliceMeta *meta = mg_map_find(&w->by_name, name);
	mg_shape shape = MG_SHAPE_SCALAR;
	bool same;

	if (meta == NULL) {
		if ((meta = mg_msg_new(&w->arena, &pb__saved_slice_meta__descriptor)) == NULL
			|| (meta->name = mg_arena_strdup(&w->arena, name)) == NULL
			|| (meta->shape = mg_shape_to_proto(full, &w->arena)) == NULL
			|| !mg_msg_append(&w->arena, &w->head->meta->tensor, &w->head->meta->n_tensor, meta)
			|| !mg_map_set(&w->by_name, name, meta))
			return mg_fail_nomem(err, 0);
		meta->type = (Pb__DataType)dtype;
	} else {
		same = mg_shape_from_proto(&shape, meta->shape, NULL) == 0 && mg_shape_equal(&shape, full) && (int)meta->type == dtype;
		mg_shape_clear(&shape);
		if (!same)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "tensor '%s': a slice does not go with what was added before", name);
	}
	return mg_msg_append(&w->arena, &meta->slice, &meta->n_slice, slice) ? 0 : mg_fail_nomem(err, 0);
}

static int
encode_value(const char *name, Pb__TensorSliceProto *slice, const mg_tensor *t, mg_slice *out, mgreg_error *err)
{
	Pb__SavedTensorSlices saved = PB__SAVED_TENSOR_SLICES__INIT;
	Pb__SavedSlice data = PB__SAVED_SLICE__INIT;
	mg_str bytes = MG_STR_INIT;
	mg_arena arena = { 0 };
	int rc;

	MG_TRY(mg_tensor_to_proto_fields(t, &arena, &data.data, err));
	data.data->dtype = PB__DATA_TYPE__DT_INVALID;
	data.data->tensor_shape = NULL;
	data.name = (char *)name;
	data.slice = slice;
	saved.data = &data;
	MG_TRY(mg_msg_encode(&saved.base, &bytes, err));
	out->len = bytes.len;
	if ((out->ptr = mg_str_take(&bytes, NULL)) == NULL)
		rc = mg_fail_nomem(err, 0);
out:
	mg_str_clear(&bytes);
	mg_arena_clear(&arena);
	return rc;
}

static int
v1_put(mg_ckpt *c, const char *name, const mg_shape *full, const mg_tslice *slice, const mg_tensor *t, mgreg_error *err)
{
	writer *w = (writer *)c;
	mg_shape shape = MG_SHAPE_SCALAR;
	Pb__TensorSliceProto *message;
	mg_tslice plain = { 0 };
	mg_str key = MG_STR_INIT;
	waiting new = { 0 };
	char a[256], b[256];
	int rc;

	if (*name == '\0')
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "a tensor without a name cannot be saved");
	MG_TRY(check_size(name, t, err));
	if (slice == NULL)
		full = &t->shape;
	else
		MG_TRY(mg_tslice_shape(slice, full, &shape, err));
	if (slice && !mg_shape_equal(&shape, &t->shape)) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "tensor '%s': shape %s for a slice of shape %s", name,
			mg_shape_text(&t->shape, a), mg_shape_text(&shape, b));
		goto out;
	}
	if ((message = mg_tslice_to_proto(slice, full, &w->arena)) == NULL) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	MG_TRY(mg_tslice_from_proto(&plain, message, &w->arena, err));
	mg_slice_key(name, &plain, &key);
	MG_TRY(mg_str_check(&key, err));
	if (mg_map_findn(&w->keys, key.ptr, key.len)) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "tensor '%s' is added to the checkpoint a second time", name);
		goto out;
	}
	MG_TRY(add_meta(w, name, full, (int)t->dtype, message, err));
	MG_TRY(encode_value(name, message, t, &new.value, err));
	if (!mg_map_setn(&w->keys, key.ptr, key.len, w) || !mg_vec_reserve(&w->waiting, w->waiting.len + 1)) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	new.key.len = key.len;
	if ((new.key.ptr = mg_str_take(&key, NULL)) == NULL) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	(void)mg_vec_push(&w->waiting, new);
	new.value.ptr = NULL;
out:
	mg_free((char *)new.value.ptr);
	mg_str_clear(&key);
	mg_shape_clear(&shape);
	return rc;
}

static int
by_key(const void *a, const void *b)
{
	return mg_slice_cmp(((const waiting *)a)->key, ((const waiting *)b)->key);
}

static int
v1_finish(mg_ckpt *c, mgreg_error *err)
{
	writer *w = (writer *)c;
	mg_table_writer table;
	mg_writer file = { .fd = -1 };
	mg_str head = MG_STR_INIT;
	bool open = false;
	int rc;

	mg_table_begin(&table, mg_sink_writer(&file));
	MG_TRY(mg_msg_encode(&w->head->base, &head, err));
	MG_TRY(mg_writer_open(&file, w->prefix, err));
	open = true;
	if (w->waiting.len > 0)
		qsort(w->waiting.at, w->waiting.len, sizeof(*w->waiting.at), by_key);
	MG_TRY(mg_table_add(&table, (mg_slice){ "", 0 }, (mg_slice){ head.ptr, head.len }, err));
	for (size_t i = 0; i < w->waiting.len; i++)
		MG_TRY(mg_table_add(&table, w->waiting.at[i].key, w->waiting.at[i].value, err));
	MG_TRY(mg_table_finish(&table, err));
	open = false;
	MG_TRY(mg_writer_commit(&file, err));
out:
	if (open)
		mg_writer_abandon(&file);
	mg_table_free(&table);
	mg_str_clear(&head);
	return rc;
}

static void
v1_abandon(mg_ckpt *c)
{
	(void)c;        /* nothing is on the disk before finish */
}

static const mg_ckpt_ops writer_ops = {
	.format = "v1", .put = v1_put, .finish = v1_finish, .abandon = v1_abandon, .close = v1_writer_close,
};

const mg_ckpt_format mg_ckpt_v1 = {
	.name = "v1", .probe = v1_probe, .open = v1_open, .create = v1_create,
};
