/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bundle_write.c - writes checkpoint V2 with TensorFlow's bytes: tensors in the order they come, the index in order of keys.
 * (fmt_v2.c has the picture.)
 */
#include "base/base.h"
#include <stdlib.h>
#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/map.h"
#include "base/path.h"
#include "ckpt/ckpt_internal.h"

#define PIECE ((size_t)1 << 20)         /* hashed and written while it is in the cache */

char *
mg_bundle_index_name(const char *prefix)
{
	mg_str s = MG_STR_INIT;

	mg_str_printf(&s, "%s.index", prefix);
	return mg_str_take(&s, NULL);
}

char *
mg_bundle_data_name(const char *prefix, int shard, int shards)
{
	mg_str s = MG_STR_INIT;

	mg_str_printf(&s, "%s.data-%05d-of-%05d", prefix, shard, shards);
	return mg_str_take(&s, NULL);
}

typedef struct writer {
	mg_ckpt   ckpt;
	char     *prefix;
	mg_arena  arena;
	mg_writer data;
	bool      data_open;
	MG_VEC(mg_bundle_out) entries;
	mg_map    by_key;
} writer;

static const mg_ckpt_ops writer_ops;
static void v2_writer_close(mg_ckpt *c);

int
mg_bundle_create(mg_ckpt **out, const char *prefix, mgreg_error *err)
{
	writer *w = mg_calloc(1, sizeof(*w));
	char *dir = mg_path_dirname(prefix), *data = mg_bundle_data_name(prefix, 0, 1);
	int rc = 0;

	if (w == NULL || dir == NULL || data == NULL || (w->prefix = mg_strdup(prefix)) == NULL) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	w->ckpt.ops = &writer_ops;
	if (*dir)
		MG_TRY(mg_dir_create(dir, true, err));
	MG_TRY(mg_writer_open(&w->data, data, err));
	w->data_open = true;
	*out = &w->ckpt;
out:
	mg_free(dir);
	mg_free(data);
	if (rc && w)
		v2_writer_close(&w->ckpt);
	return rc;
}

/* A new entry under KEY, which must not be there. */
static int
new_entry(writer *w, const char *name, mg_slice key, int dtype, const mg_shape *shape, Pb__BundleEntryProto **out, mgreg_error *err)
{
	Pb__BundleEntryProto *e = mg_msg_new(&w->arena, &pb__bundle_entry_proto__descriptor);
	char *copy = mg_arena_strndup(&w->arena, key.ptr, key.len);

	if (mg_map_findn(&w->by_key, key.ptr, key.len))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "tensor '%s' is added to the checkpoint a second time", name);
	if (e == NULL || copy == NULL || (e->shape = mg_shape_to_proto(shape, &w->arena)) == NULL
		|| !mg_map_setn(&w->by_key, key.ptr, key.len, e) || !mg_vec_push(&w->entries, ((mg_bundle_out){ { copy, key.len }, e })))
		return mg_fail_nomem(err, 0);
	e->dtype = (Pb__DataType)dtype;
	*out = e;
	return 0;
}

/* The entry of a partitioned tensor gets one more slice. */
static int
add_slice(writer *w, const char *name, const mg_shape *full, const mg_tslice *slice, int dtype, mgreg_error *err)
{
	Pb__BundleEntryProto *e = mg_map_find(&w->by_key, name);
	Pb__TensorSliceProto *s = mg_tslice_to_proto(slice, full, &w->arena);
	mg_shape shape = MG_SHAPE_SCALAR;
	bool same;
	int rc;

	if (s == NULL)
		return mg_fail_nomem(err, 0);
	if (e == NULL) {
		if ((rc = new_entry(w, name, MG_SLICE(name), dtype, full, &e, err)) != 0)
			return rc;
	} else {
		if ((rc = mg_shape_from_proto(&shape, e->shape, err)) != 0)
			return rc;
		same = e->n_slices > 0 && (int)e->dtype == dtype && mg_shape_equal(&shape, full);
		mg_shape_clear(&shape);
		if (!same)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "tensor '%s': a slice does not go with what was added before", name);
	}
	return mg_msg_append(&w->arena, &e->slices, &e->n_slices, s) ? 0 : mg_fail_nomem(err, 0);
}

static int
write_tensor(writer *w, Pb__BundleEntryProto *e, const mg_tensor *t, mgreg_error *err)
{
	uint64_t at = w->data.at, size = t->size;
	uint32_t crc = 0;
	int rc = 0;

	if (t->dtype == MGREG_STRING)
		rc = mg_strings_encode(t, mg_sink_writer(&w->data), &size, &crc, err);
	else
		for (size_t done = 0, n; rc == 0 && done < t->size; done += n) {
			n = MG_MIN(t->size - done, PIECE);
			crc = mg_crc32c_extend(crc, (const char *)t->data + done, n);
			rc = mg_writer_write(&w->data, (const char *)t->data + done, n, err);
		}
	e->offset = (int64_t)at;
	e->size = (int64_t)size;
	e->crc32c = mg_crc32c_mask(crc);
	return rc;
}

/* The entry that the bytes of a tensor, or of its SLICE of shape PIECE, go with. */
static int
place_of(writer *w, const char *name, int dtype, const mg_shape *full, const mg_tslice *slice, const mg_shape *piece,
	Pb__BundleEntryProto **out, mgreg_error *err)
{
	mg_str key = MG_STR_INIT;
	mg_shape shape = MG_SHAPE_SCALAR;
	char a[256], b[256];
	int rc;

	if (*name == '\0')
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "a tensor without a name cannot be saved");
	if (slice == NULL || (slice->rank == full->rank && mg_tslice_is_full(slice, full)))
		return new_entry(w, name, MG_SLICE(name), dtype, piece, out, err);
	MG_TRY(mg_tslice_shape(slice, full, &shape, err));
	if (!mg_shape_equal(&shape, piece)) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "tensor '%s': shape %s for a slice of shape %s", name,
			mg_shape_text(piece, a), mg_shape_text(&shape, b));
		goto out;
	}
	mg_slice_key(name, slice, &key);
	MG_TRY(mg_str_check(&key, err));
	if (mg_map_findn(&w->by_key, key.ptr, key.len)) {       /* before the tensor's own entry learns of it */
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "a slice of tensor '%s' is added to the checkpoint a second time", name);
		goto out;
	}
	MG_TRY(add_slice(w, name, full, slice, dtype, err));
	MG_TRY(new_entry(w, name, (mg_slice){ key.ptr, key.len }, dtype, piece, out, err));
out:
	mg_shape_clear(&shape);
	mg_str_clear(&key);
	return rc;
}

static int
v2_put(mg_ckpt *c, const char *name, const mg_shape *full, const mg_tslice *slice, const mg_tensor *t, mgreg_error *err)
{
	writer *w = (writer *)c;
	Pb__BundleEntryProto *e;
	int rc;

	if (!mg_dtype_is_memcpy((int)t->dtype) && t->dtype != MGREG_STRING)
		return mg_fail(err, MGREG_UNIMPLEMENTED, "tensor '%s' of dtype %s cannot be saved", name, mg_dtype_name((int)t->dtype));
	if ((rc = place_of(w, name, (int)t->dtype, full, slice, &t->shape, &e, err)) != 0)
		return rc;
	return write_tensor(w, e, t, err);
}

static const mg_ckpt_ops writer_ops;

int
mg_bundle_put_raw(mg_ckpt *v2, const char *name, int dtype, const mg_shape *full, const mg_tslice *slice, mg_slice bytes, mgreg_error *err)
{
	writer *w = (writer *)v2;
	mg_shape shape = MG_SHAPE_SCALAR;
	Pb__BundleEntryProto *e;
	int rc;

	if (v2->ops != &writer_ops)
		return mg_fail(err, MGREG_UNIMPLEMENTED, "tensor '%s' of dtype %s can be saved as v2 only", name, mg_dtype_name(dtype));
	if (slice)
		MG_TRY(mg_tslice_shape(slice, full, &shape, err));
	MG_TRY(place_of(w, name, dtype, full, slice, slice ? &shape : full, &e, err));
	e->offset = (int64_t)w->data.at;
	e->size = (int64_t)bytes.len;
	MG_TRY(mg_bundle_raw_crc(dtype, slice ? &shape : full, bytes, &e->crc32c, err));
	e->crc32c = mg_crc32c_mask(e->crc32c);
	if (bytes.len > 0)
		rc = mg_writer_write(&w->data, bytes.ptr, bytes.len, err);
out:
	mg_shape_clear(&shape);
	return rc ? mg_wrap(err, rc, "tensor '%s'", name) : 0;
}

static int
by_key(const void *a, const void *b)
{
	return mg_slice_cmp(((const mg_bundle_out *)a)->key, ((const mg_bundle_out *)b)->key);
}

static int
add_message(mg_table_writer *table, mg_slice key, const mg_msg *msg, mgreg_error *err)
{
	mg_str bytes = MG_STR_INIT;
	int rc;

	if ((rc = mg_msg_encode(msg, &bytes, err)) == 0)
		rc = mg_table_add(table, key, (mg_slice){ bytes.ptr, bytes.len }, err);
	mg_str_clear(&bytes);
	return rc;
}

int
mg_bundle_write_index(mg_sink sink, const Pb__BundleHeaderProto *header, const mg_bundle_out *entries, size_t count, mgreg_error *err)
{
	mg_table_writer table;
	int rc;

	mg_table_begin(&table, sink);
	MG_TRY(add_message(&table, (mg_slice){ "", 0 }, &header->base, err));
	for (size_t i = 0; i < count; i++)
		MG_TRY(add_message(&table, entries[i].key, &entries[i].entry->base, err));
	MG_TRY(mg_table_finish(&table, err));
out:
	mg_table_free(&table);
	return rc;
}

/*
 * The index is complete in its temporary file before the data file gets its name; what is left to do then is one rename.
 * A crash between the two leaves data without an index: no checkpoint, or, over an older one of the same
 * prefix, checksums that tell.
 */
static int
v2_finish(mg_ckpt *c, mgreg_error *err)
{
	writer *w = (writer *)c;
	Pb__BundleHeaderProto header = PB__BUNDLE_HEADER_PROTO__INIT;
	Pb__VersionDef version = PB__VERSION_DEF__INIT;
	mg_writer index = { .fd = -1 };
	char *path = mg_bundle_index_name(w->prefix);
	bool open = false;
	int rc;

	if (path == NULL)
		return mg_fail_nomem(err, 0);
	version.producer = MG_BUNDLE_VERSION;
	header.num_shards = 1;
	header.version = &version;
	if (w->entries.len > 0)
		qsort(w->entries.at, w->entries.len, sizeof(*w->entries.at), by_key);
	MG_TRY(mg_writer_open(&index, path, err));
	open = true;
	MG_TRY(mg_bundle_write_index(mg_sink_writer(&index), &header, w->entries.at, w->entries.len, err));
	w->data_open = false;
	MG_TRY(mg_writer_commit(&w->data, err));
	open = false;
	MG_TRY(mg_writer_commit(&index, err));
out:
	if (open)
		mg_writer_abandon(&index);
	mg_free(path);
	return rc;
}

static void
v2_abandon(mg_ckpt *c)
{
	writer *w = (writer *)c;

	if (w->data_open)
		mg_writer_abandon(&w->data);
	w->data_open = false;
}

static void
v2_writer_close(mg_ckpt *c)
{
	writer *w = (writer *)c;

	v2_abandon(c);
	mg_vec_clear(&w->entries);
	mg_map_clear(&w->by_key);
	mg_arena_clear(&w->arena);
	mg_free(w->prefix);
	mg_free(w);
}

static const mg_ckpt_ops writer_ops = {
	.format = "v2", .put = v2_put, .finish = v2_finish, .abandon = v2_abandon, .close = v2_writer_close,
};
