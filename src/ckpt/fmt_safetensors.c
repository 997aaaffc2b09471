/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fmt_safetensors.c - a file of raw tensors.
 *
 *	header length (8) | header: JSON { "name": { "dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24] }, ... } | data
 *
 * Offsets count from the end of the header; the tensors fill the data without gaps.  There are no checksums: damage in the data
 * is not seen, damage in the header is.  Whole tensors of plain types only; a tensor of a type that we have not, or about which the
 * header says what cannot be, is listed and refused when it is asked for.  "__metadata__" holds the file's notes.
 */
#include "base/base.h"
#include <stdlib.h>
#include <unistd.h>
#include "base/bytes.h"
#include "base/json.h"
#include "base/map.h"
#include "base/path.h"
#include "ckpt/ckpt_internal.h"

#define MAX_HEADER ((uint64_t)100 << 20)
#define PIECE ((size_t)1 << 20)

static const struct { const char *name; mg_dtype dtype; } types[] = {
	{ "F32", MGREG_FLOAT }, { "F64", MGREG_DOUBLE }, { "F16", MGREG_HALF }, { "BF16", MGREG_BFLOAT16 }, { "I64", MGREG_INT64 },
	{ "I32", MGREG_INT32 }, { "I16", MGREG_INT16 }, { "I8", MGREG_INT8 }, { "U8", MGREG_UINT8 }, { "U16", MGREG_UINT16 },
	{ "U32", MGREG_UINT32 }, { "U64", MGREG_UINT64 }, { "BOOL", MGREG_BOOL }, { "C64", MGREG_COMPLEX64 },
};

/* Types of other programs, and the bits of an element: sizes are checked, values are not read. */
static const struct { const char *name; unsigned bits; } foreign_types[] = {
	{ "F4", 4 }, { "F6_E2M3", 6 }, { "F6_E3M2", 6 }, { "F8_E4M3", 8 }, { "F8_E5M2", 8 }, { "F8_E8M0", 8 }, { "F8_E4M3FNUZ", 8 },
	{ "F8_E5M2FNUZ", 8 },
};

typedef struct tensor {
	const char *name;
	mg_dtype    dtype;
	mg_shape    shape;
	uint64_t    offset, size;       /* offset in the file */
	bool        placed;             /* both are known */
	const char *foreign;            /* name of a type that is none of ours */
	const char *bad;                /* why it cannot be read; NULL: nothing is known against it */
} tensor;

typedef struct note { const char *key, *value; } note;

typedef struct reader {
	mg_ckpt  ckpt;
	mg_file  file;
	mg_arena arena;
	MG_VEC(tensor) tensors;         /* by name */
	MG_VEC(note) notes;             /* in the file's order */
} reader;

static const mg_ckpt_ops reader_ops;

static int
st_probe(const char *prefix, bool *there, mgreg_error *err)
{
	mg_file file = { .fd = -1 };
	char head[9];

	(void)err;
	*there = false;
	if (!mg_file_exists(prefix) || mg_is_dir(prefix) || mg_file_open(&file, prefix, NULL) != 0)
		return 0;
	if (file.size > sizeof(head) && mg_file_pread(&file, head, sizeof(head), 0, NULL) == 0)
		*there = head[8] == '{' && mg_load64(head) <= MAX_HEADER && mg_load64(head) <= file.size - 8;
	mg_file_close(&file);
	return 0;
}

static mg_dtype
type_of(const char *name)
{
	for (size_t i = 0; i < MG_COUNT(types); i++)
		if (strcmp(name, types[i].name) == 0)
			return types[i].dtype;
	return MGREG_INVALID;
}

/* Bits of an element of a type that is none of ours; 0: nobody knows. */
static unsigned
foreign_bits(const char *name)
{
	for (size_t i = 0; i < MG_COUNT(foreign_types); i++)
		if (strcmp(name, foreign_types[i].name) == 0)
			return foreign_types[i].bits;
	return 0;
}

/* false: it cannot be. */
static bool
read_shape(tensor *t, const json_t *shape)
{
	int64_t dims[MG_MAX_RANK];

	if (!json_is_array(shape) || json_array_size(shape) > MG_MAX_RANK)
		return false;
	for (size_t i = 0; i < json_array_size(shape); i++) {
		if (!json_is_integer(json_array_get(shape, i)) || json_integer_value(json_array_get(shape, i)) < 0)
			return false;
		dims[i] = json_integer_value(json_array_get(shape, i));
	}
	return mg_shape_set(&t->shape, dims, (int)json_array_size(shape), NULL) == 0;
}

static bool
read_place(const reader *r, uint64_t data_at, tensor *t, const json_t *offsets)
{
	int64_t from, to;

	if (!json_is_array(offsets) || json_array_size(offsets) != 2 || !json_is_integer(json_array_get(offsets, 0))
		|| !json_is_integer(json_array_get(offsets, 1)))
		return false;
	from = json_integer_value(json_array_get(offsets, 0));
	to = json_integer_value(json_array_get(offsets, 1));
	if (from < 0 || to < from || (uint64_t)to > r->file.size - data_at)
		return false;
	t->offset = data_at + (uint64_t)from;
	t->size = (uint64_t)(to - from);
	return t->placed = true;
}

/* Does the place hold what type and shape need? */
static bool
fits(const tensor *t)
{
	unsigned bits = t->foreign ? foreign_bits(t->foreign) : (unsigned)mg_dtype_size((int)t->dtype) * 8;
	int64_t count;
	size_t want;

	if (mg_shape_count(&t->shape, &count, NULL) != 0)
		return false;
	return bits == 0 || (mg_mul_size((size_t)count, bits, &want) && want / 8 + (want % 8 != 0) == t->size);
}

static int
read_tensor(reader *r, uint64_t data_at, const char *name, const json_t *v, mgreg_error *err)
{
	const char *type = json_string_value(json_object_get(v, "dtype"));
	tensor t = { .dtype = type ? type_of(type) : MGREG_INVALID };
	int rc = 0;

	if (type == NULL)
		t.bad = "the header says no type of it";
	else if (t.dtype == MGREG_INVALID && (t.foreign = mg_arena_strdup(&r->arena, type)) == NULL)
		return mg_fail_nomem(err, 0);
	if (!read_place(r, data_at, &t, json_object_get(v, "data_offsets")))
		t.bad = "the place that the header says it lies at cannot be";
	if (!read_shape(&t, json_object_get(v, "shape"))) {
		t.bad = "the shape that the header says it has cannot be";
		rc = mg_shape_set(&t.shape, NULL, MG_RANK_UNKNOWN, err);
	} else if (!t.bad && !fits(&t)) {
		t.bad = "its bytes are not as many as its type and shape need";
	}
	if (rc == 0 && ((t.name = mg_arena_strdup(&r->arena, name)) == NULL || !mg_vec_push(&r->tensors, t)))
		rc = mg_fail_nomem(err, 0);
	if (rc)
		mg_shape_clear(&t.shape);
	return rc;
}

static int
read_notes(reader *r, const json_t *v, mgreg_error *err)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)v, key, value) {
		note n = { mg_arena_strdup(&r->arena, key), NULL };
		char *text = json_is_string(value) ? NULL : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

		n.value = mg_arena_strdup(&r->arena, text ? text : json_is_string(value) ? json_string_value(value) : "");
		free(text);
		if (n.key == NULL || n.value == NULL || !mg_vec_push(&r->notes, n))
			return mg_fail_nomem(err, 0);
	}
	return 0;
}

static int
by_offset(const void *a, const void *b)
{
	const tensor *x = a, *y = b;

	return x->offset != y->offset ? (x->offset < y->offset ? -1 : 1) : x->size < y->size ? -1 : x->size > y->size;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const tensor *)a)->name, ((const tensor *)b)->name);
}

/*
 * Without gaps and without overlap, to the end of the file: of two that overlap none is believed, and where one has no place nobody
 * knows what is a gap.
 */
static int
check_places(reader *r, uint64_t data_at, mgreg_error *err)
{
	uint64_t at = data_at;
	tensor *last = NULL;
	bool all = true;

	if (r->tensors.len > 0)
		qsort(r->tensors.at, r->tensors.len, sizeof(*r->tensors.at), by_offset);
	for (size_t i = 0; i < r->tensors.len; i++)
		all &= r->tensors.at[i].bad == NULL;
	for (size_t i = 0; i < r->tensors.len; i++) {
		tensor *t = &r->tensors.at[i];

		if (!t->placed)
			continue;
		if (t->offset < at && t->size > 0 && last) {
			t->bad = t->bad ? t->bad : "its bytes overlap those of another tensor";
			last->bad = last->bad ? last->bad : t->bad;
			all = false;
		} else if (t->offset != at && all) {
			return mg_fail(err, MGREG_DATA_LOSS, "tensor '%s' does not begin where the one before it ends", t->name);
		}
		if (t->size > 0 && t->offset + t->size > at) {
			at = t->offset + t->size;
			last = t;
		}
	}
	if (at != r->file.size && all)
		return mg_fail(err, MGREG_DATA_LOSS, "%llu bytes belong to no tensor", (unsigned long long)(r->file.size - at));
	if (r->tensors.len > 0)
		qsort(r->tensors.at, r->tensors.len, sizeof(*r->tensors.at), by_name);
	return 0;
}

static void
st_close(mg_ckpt *c)
{
	reader *r = (reader *)c;

	for (size_t i = 0; i < r->tensors.len; i++)
		mg_shape_clear(&r->tensors.at[i].shape);
	mg_vec_clear(&r->tensors);
	mg_vec_clear(&r->notes);
	mg_arena_clear(&r->arena);
	if (r->file.path)
		mg_file_close(&r->file);
	mg_free(r);
}

static int
st_open(mg_ckpt **out, const char *prefix, mgreg_error *err)
{
	reader *r = mg_calloc(1, sizeof(*r));
	char head[8], *text = NULL;
	json_t *root = NULL, *v;
	const char *name;
	uint64_t len;
	int rc = 0;

	if (r == NULL)
		return mg_fail_nomem(err, sizeof(*r));
	r->ckpt.ops = &reader_ops;
	MG_TRY(mg_file_open(&r->file, prefix, err));
	MG_TRY(mg_file_pread(&r->file, head, 8, 0, err));
	len = mg_load64(head);
	if (len > MAX_HEADER || len > r->file.size - 8) {
		rc = mg_fail(err, MGREG_DATA_LOSS, "a header of %llu bytes", (unsigned long long)len);
		goto out;
	}
	if ((text = mg_alloc((size_t)len + 1)) == NULL) {
		rc = mg_fail_nomem(err, (size_t)len);
		goto out;
	}
	MG_TRY(mg_file_pread(&r->file, text, (size_t)len, 8, err));
	if (mg_json_parse(text, (size_t)len, &root, err) != 0 || !json_is_object(root)) {
		rc = mg_fail(err, MGREG_DATA_LOSS, "the header is no JSON object");
		goto out;
	}
	json_object_foreach(root, name, v)
		MG_TRY(strcmp(name, "__metadata__") ? read_tensor(r, 8 + len, name, v, err) : read_notes(r, v, err));
	MG_TRY(check_places(r, 8 + len, err));
	*out = &r->ckpt;
out:
	mg_free(text);
	if (root)
		json_decref(root);
	if (rc) {
		mg_wrap(err, rc, "%s", prefix);
		st_close(&r->ckpt);
	}
	return rc;
}

static void
show(const tensor *t, mg_ckpt_entry *out)
{
	*out = (mg_ckpt_entry){ t->name, (int)t->dtype, t->shape, NULL, 0, t->foreign, t->bad };
}

static int
st_entry(mg_ckpt *c, size_t i, mg_ckpt_entry *out, mgreg_error *err)
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
	return *out ? 0 : mg_fail(err, MGREG_NOT_FOUND, "key '%s' is not in the checkpoint %s", name, r->file.path);
}

static int
st_find(mg_ckpt *c, const char *name, mg_ckpt_entry *out, mgreg_error *err)
{
	const tensor *t;
	int rc;

	if ((rc = find_name((const reader *)c, name, &t, err)) == 0)
		show(t, out);
	return rc;
}

struct reading { const reader *r; const tensor *t; };

static int
read_whole(void *ctx, int i, mg_tensor *out, mgreg_error *err)
{
	const struct reading *g = ctx;
	mg_tensor new = { 0 };
	int rc;

	(void)i;
	MG_TRY(mg_tensor_init(&new, g->t->dtype, &g->t->shape, err));
	if (new.size > 0)
		MG_TRY(mg_file_pread(&g->r->file, new.data, new.size, g->t->offset, err));
	mg_tensor_move(out, &new);
out:
	mg_tensor_clear(&new);
	return rc ? mg_wrap(err, rc, "tensor '%s'", g->t->name) : 0;
}

static int
st_read(mg_ckpt *c, const char *name, const mg_tslice *want, mg_tensor *out, mgreg_error *err)
{
	struct reading g = { (const reader *)c, NULL };
	int64_t start[MG_MAX_RANK], length[MG_MAX_RANK];
	mg_tslice whole;
	int rc;

	if ((rc = find_name(g.r, name, &g.t, err)) != 0)
		return rc;
	if (g.t->bad)
		return mg_fail(err, MGREG_DATA_LOSS, "tensor '%s': %s", name, g.t->bad);
	if (g.t->foreign)
		return mg_fail(err, MGREG_UNIMPLEMENTED, "tensor '%s' is of type %.60s, which cannot be read", name, g.t->foreign);
	if (want == NULL)
		return read_whole(&g, 0, out, err);
	whole = (mg_tslice){ g.t->shape.rank, start, length };
	for (int d = 0; d < whole.rank; d++) {
		start[d] = 0;
		length[d] = -1;
	}
	return mg_slice_assemble(name, (int)g.t->dtype, &whole, 1, &g.t->shape, want, read_whole, NULL, &g, out, err);
}

static bool
st_note(const mg_ckpt *c, size_t i, const char **key, const char **value)
{
	const reader *r = (const reader *)c;

	if (i >= r->notes.len)
		return false;
	*key = r->notes.at[i].key;
	*value = r->notes.at[i].value;
	return true;
}

static const mg_ckpt_ops reader_ops = {
	.format = "safetensors", .entry = st_entry, .find = st_find, .read = st_read, .note = st_note, .close = st_close,
};

/* ---- writing: the data goes to a file of its own first, because the header before it is known last ---- */

typedef struct writer {
	mg_ckpt   ckpt;
	char     *path;
	mg_writer data;
	bool      open;
	mg_str    header, notes;
	mg_map    names, keys;
} writer;

static const mg_ckpt_ops writer_ops;
static void st_writer_close(mg_ckpt *c);

static int
st_create(mg_ckpt **out, const char *prefix, mgreg_error *err)
{
	writer *w = mg_calloc(1, sizeof(*w));
	char *dir = mg_path_dirname(prefix);
	mg_str data = MG_STR_INIT;
	int rc = 0;

	if (w) {
		mg_str_init(&w->header);
		mg_str_init(&w->notes);
	}
	mg_str_printf(&data, "%s.data", prefix);
	if (w == NULL || dir == NULL || data.failed || (w->path = mg_strdup(prefix)) == NULL) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	w->ckpt.ops = &writer_ops;
	if (*dir)
		MG_TRY(mg_dir_create(dir, true, err));
	MG_TRY(mg_writer_open(&w->data, data.ptr, err));
	w->open = true;
	*out = &w->ckpt;
out:
	mg_free(dir);
	mg_str_clear(&data);
	if (rc && w)
		st_writer_close(&w->ckpt);
	return rc;
}

static int
st_put(mg_ckpt *c, const char *name, const mg_shape *full, const mg_tslice *slice, const mg_tensor *t, mgreg_error *err)
{
	writer *w = (writer *)c;
	const char *type = NULL;
	uint64_t at = w->data.at;

	if (slice && !mg_tslice_is_full(slice, full))
		return mg_fail(err, MGREG_UNIMPLEMENTED, "tensor '%s': safetensors holds whole tensors only", name);
	for (size_t i = 0; i < MG_COUNT(types); i++)
		if (types[i].dtype == t->dtype)
			type = types[i].name;
	if (type == NULL)
		return mg_fail(err, MGREG_UNIMPLEMENTED, "tensor '%s' of dtype %s cannot be saved as safetensors", name, mg_dtype_name((int)t->dtype));
	if (mg_map_has(&w->names, name) || strcmp(name, "__metadata__") == 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "tensor '%s' is added to the checkpoint a second time", name);
	if (!mg_utf8_valid(name, strlen(name)))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "a tensor's name is not UTF-8");
	if (!mg_map_set(&w->names, name, w))
		return mg_fail_nomem(err, 0);
	if (w->header.len)
		mg_str_addc(&w->header, ',');
	mg_json_put_string(&w->header, name, strlen(name));
	mg_str_printf(&w->header, ":{\"dtype\":\"%s\",\"shape\":[", type);
	for (int d = 0; d < mg_rank(t); d++)
		mg_str_printf(&w->header, "%s%lld", d > 0 ? "," : "", (long long)mg_dim(t, d));
	mg_str_printf(&w->header, "],\"data_offsets\":[%llu,%llu]}", (unsigned long long)at, (unsigned long long)(at + t->size));
	return t->size > 0 ? mg_writer_write(&w->data, t->data, t->size, err) : mg_str_check(&w->header, err);
}

static int
st_annotate(mg_ckpt *c, const char *key, const char *value, mgreg_error *err)
{
	writer *w = (writer *)c;

	if (!mg_utf8_valid(key, strlen(key)) || !mg_utf8_valid(value, strlen(value)))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "a note of the file is not UTF-8");
	if (mg_map_has(&w->keys, key))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "note '%s' is added a second time", key);
	if (!mg_map_set(&w->keys, key, w))
		return mg_fail_nomem(err, 0);
	mg_str_addc(&w->notes, w->notes.len ? ',' : '{');
	mg_json_put_string(&w->notes, key, strlen(key));
	mg_str_addc(&w->notes, ':');
	mg_json_put_string(&w->notes, value, strlen(value));
	return mg_str_check(&w->notes, err);
}

static int
copy_data(writer *w, mg_writer *to, mgreg_error *err)
{
	mg_file from = { .fd = -1 };
	char *buf = mg_alloc(PIECE);
	int rc;

	if (buf == NULL)
		return mg_fail_nomem(err, PIECE);
	if ((rc = mg_file_open(&from, w->data.temp, err)) != 0) {
		mg_free(buf);
		return rc;
	}
	for (uint64_t at = 0; at < w->data.at; ) {
		size_t n = (size_t)MG_MIN(w->data.at - at, (uint64_t)PIECE);

		MG_TRY(mg_file_pread(&from, buf, n, at, err));
		MG_TRY(mg_writer_write(to, buf, n, err));
		at += n;
	}
out:
	mg_file_close(&from);
	mg_free(buf);
	return rc;
}

static int
st_finish(mg_ckpt *c, mgreg_error *err)
{
	writer *w = (writer *)c;
	mg_writer file = { .fd = -1 };
	mg_str header = MG_STR_INIT;
	bool open = false;
	char len[8];
	int rc;

	mg_str_addc(&header, '{');
	if (w->notes.len > 0)
		mg_str_printf(&header, "\"__metadata__\":%s}%s", w->notes.ptr, w->header.len > 0 ? "," : "");
	mg_str_append(&header, w->header.ptr, w->header.len);
	mg_str_addc(&header, '}');
	while (!header.failed && header.len % 8)                /* so that the data is aligned */
		mg_str_addc(&header, ' ');
	MG_TRY(mg_str_check(&w->header, err));
	MG_TRY(mg_str_check(&header, err));
	mg_store64(len, header.len);
	MG_TRY(mg_writer_open(&file, w->path, err));
	open = true;
	MG_TRY(mg_writer_write(&file, len, 8, err));
	MG_TRY(mg_writer_write(&file, header.ptr, header.len, err));
	MG_TRY(copy_data(w, &file, err));
	open = false;
	MG_TRY(mg_writer_commit(&file, err));
out:
	if (open)
		mg_writer_abandon(&file);
	mg_str_clear(&header);
	return rc;
}

static void
st_abandon(mg_ckpt *c)
{
	writer *w = (writer *)c;

	if (w->open)
		mg_writer_abandon(&w->data);
	w->open = false;
}

static void
st_writer_close(mg_ckpt *c)
{
	writer *w = (writer *)c;

	st_abandon(c);
	mg_str_clear(&w->header);
	mg_str_clear(&w->notes);
	mg_map_clear(&w->names);
	mg_map_clear(&w->keys);
	mg_free(w->path);
	mg_free(w);
}

static const mg_ckpt_ops writer_ops = {
	.format = "safetensors", .annotate = st_annotate, .put = st_put, .finish = st_finish, .abandon = st_abandon, .close = st_writer_close,
};

const mg_ckpt_format mg_ckpt_safetensors = {
	.name = "safetensors", .probe = st_probe, .open = st_open, .create = st_create,
};
