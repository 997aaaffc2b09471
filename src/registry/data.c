/* SPDX-License-Identifier: Apache-2.0 */
/* data.c - columns from files, placeholders they feed, rows as tensors of what a placeholder wants. */
#include "base/base.h"
#include <math.h>
#include <stdlib.h>
#include "base/file.h"
#include "base/path.h"
#include "base/sha256.h"
#include "pack/pack.h"
#include "registry/data_internal.h"

#define MAX_CSV ((size_t)INT32_MAX)

/* ---- opening ---- */

int
mg_data_add(mg_data *d, const char *name, mg_tensor *values, bool text_numbers, mgreg_error *err)
{
	mg_data_array a = { .text_numbers = text_numbers };
	size_t there;
	int rc = 0;

	if (mg_rank(values) < 1) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "column '%s' is a single value, not rows", name);
		goto out;
	}
	if (mg_data_find(d, name, &there, NULL) == 0) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "two columns are named '%s'", name);
		goto out;
	}
	if (d->arrays.len > 0 && mg_dim(values, 0) != d->rows) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "column '%s' has %lld rows, '%s' has %lld", name, (long long)mg_dim(values, 0),
			d->arrays.at[0].column.name, (long long)d->rows);
		goto out;
	}
	a.column.dtype = text_numbers ? MGREG_FLOAT : values->dtype;
	if ((a.column.name = mg_arena_strdup(&d->arena, name)) == NULL || !mg_vec_reserve(&d->arrays, d->arrays.len + 1)) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	MG_TRY(mg_shape_set(&a.column.shape, mg_shape_cdims(&values->shape) + 1, mg_rank(values) - 1, err));
	d->rows = mg_dim(values, 0);
	mg_tensor_move(&a.values, values);
	(void)mg_vec_push(&d->arrays, a);
	return 0;
out:
	mg_tensor_clear(values);
	return rc;
}

static int
add_file(mg_data *d, const char *path, mgreg_error *err)
{
	mg_data_file f = { .path = mg_arena_strdup(&d->arena, path) };

	return f.path && mg_vec_push(&d->files, f) ? 0 : mg_fail_nomem(err, 0);
}

/* "dir/train.npy" -> "train". */
static char *
stem(mg_data *d, const char *path)
{
	const char *base = mg_path_basename(path);
	size_t len = strlen(base);

	return mg_arena_strndup(&d->arena, base, len - (mg_ends_with(base, ".npy") ? 4 : 0));
}

static int
open_npy(mg_data *d, const char *path, mgreg_error *err)
{
	mg_tensor t = { 0 };
	char *name = stem(d, path);
	int rc;

	if (name == NULL)
		return mg_fail_nomem(err, 0);
	if ((rc = add_file(d, path, err)) != 0 || (rc = mg_npy_read(path, &t, err)) != 0)
		return rc;
	rc = mg_data_add(d, name, &t, false, err);
	return rc ? mg_wrap(err, rc, "%s", path) : 0;
}

static int
open_npz(mg_data *d, const char *path, mgreg_error *err)
{
	mg_pack *p = NULL;
	mg_pack_entry e;
	mg_str bytes = MG_STR_INIT;
	mg_tensor t = { 0 };
	int rc;

	MG_TRY(add_file(d, path, err));
	MG_TRY(mg_pack_open(&p, path, err));
	while ((rc = mg_pack_next(p, &e, err)) == 0) {
		char *name;

		if (!mg_ends_with(e.name, ".npy"))
			continue;
		if ((name = mg_arena_strndup(&d->arena, e.name, strlen(e.name) - 4)) == NULL) {
			rc = mg_fail_nomem(err, 0);
			goto out;
		}
		mg_str_reset(&bytes);
		MG_TRY(mg_pack_read_all(p, 0, &bytes, err));
		if ((rc = mg_npy_decode(bytes.ptr, bytes.len, &t, err)) != 0 || (rc = mg_data_add(d, name, &t, false, err)) != 0) {
			mg_wrap(err, rc, "%s: %s.npy", path, name);
			goto out;
		}
	}
	if (rc == MGREG_OUT_OF_RANGE)
		rc = 0;
out:
	mg_pack_close(p);
	mg_str_clear(&bytes);
	return rc;
}

static int
open_csv(mg_data *d, const char *path, mgreg_error *err)
{
	mg_str text = MG_STR_INIT;
	int rc;

	MG_TRY(add_file(d, path, err));
	MG_TRY(mg_file_read(path, MAX_CSV, &text, err));
	if ((rc = mg_data_read_csv(d, text.ptr, text.len, err)) != 0)
		mg_wrap(err, rc, "%s", path);
out:
	mg_str_clear(&text);
	return rc;
}

static int
open_folder(mg_data *d, const char *path, mgreg_error *err)
{
	char **names = NULL, *file = NULL;
	size_t count = 0;
	int rc;

	MG_TRY(mg_dir_list(path, &names, &count, err));
	for (size_t i = 0; i < count; i++) {
		if (!mg_ends_with(names[i], ".npy"))
			continue;
		if ((file = mg_path_join(path, names[i])) == NULL) {
			rc = mg_fail_nomem(err, 0);
			goto out;
		}
		MG_TRY(open_npy(d, file, err));
		mg_free(file);
		file = NULL;
	}
out:
	for (size_t i = 0; i < count; i++)
		mg_free(names[i]);
	mg_free(names);
	mg_free(file);
	return rc;
}

/* By the end of the name; a folder by being one. */
static const struct { const char *end; int (*open)(mg_data *, const char *, mgreg_error *); } kinds[] = {
	{ ".npy", open_npy }, { ".npz", open_npz }, { ".csv", open_csv },
};

int
mg_data_open(mg_data **out, const char *path, mgreg_error *err)
{
	mg_data *d = mg_calloc(1, sizeof(*d));
	int rc = 0, (*open)(mg_data *, const char *, mgreg_error *) = NULL;

	if (d == NULL || (d->path = mg_strdup(path)) == NULL) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	for (size_t i = 0; i < MG_COUNT(kinds); i++)
		if (mg_ends_with(path, kinds[i].end))
			open = kinds[i].open;
	if (mg_is_dir(path))
		open = open_folder;
	if (open == NULL) {
		rc = mg_file_exists(path)
			? mg_fail(err, MGREG_INVALID_ARGUMENT, "%s: data is a .npy, .npz or .csv file or a folder of .npy files", path)
			: mg_fail(err, MGREG_NOT_FOUND, "%s: no such file", path);
		goto out;
	}
	MG_TRY(open(d, path, err));
	if (d->arrays.len == 0) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "%s holds no arrays", path);
		goto out;
	}
	*out = d;
	return 0;
out:
	mg_data_close(d);
	return rc;
}

void
mg_data_close(mg_data *d)
{
	if (d == NULL)
		return;
	for (size_t i = 0; i < d->arrays.len; i++) {
		mg_tensor_clear(&d->arrays.at[i].values);
		mg_shape_clear(&d->arrays.at[i].column.shape);
	}
	mg_vec_clear(&d->arrays);
	mg_vec_clear(&d->files);
	mg_arena_clear(&d->arena);
	mg_free(d->path);
	mg_free(d);
}

int64_t
mg_data_rows(const mg_data *d)
{
	return d->rows;
}

size_t
mg_data_columns(const mg_data *d)
{
	return d->arrays.len;
}

const mg_data_column *
mg_data_column_at(const mg_data *d, size_t i)
{
	return &d->arrays.at[i].column;
}

int
mg_data_find(const mg_data *d, const char *name, size_t *out, mgreg_error *err)
{
	int rc;

	for (size_t i = 0; i < d->arrays.len; i++)
		if (strcmp(d->arrays.at[i].column.name, name) == 0) {
			*out = i;
			return 0;
		}
	rc = mg_fail(err, MGREG_NOT_FOUND, "%s has no column '%s'", d->path, name);
	for (size_t i = 0; i < d->arrays.len; i++)
		mg_error_candidate(err, "%s", d->arrays.at[i].column.name);
	return rc;
}

/* ---- what was read ---- */

static int
hash_file(mg_data_file *f, mg_sha256_ctx *ctx, mgreg_error *err)
{
	enum { SIZE = 1 << 20 };
	mg_file file = { .fd = -1 };
	char *buf = mg_alloc(SIZE);
	int rc;

	if (buf == NULL)
		return mg_fail_nomem(err, SIZE);
	if ((rc = mg_file_open(&file, f->path, err)) != 0) {
		mg_free(buf);
		return rc;
	}
	f->size = file.size;
	for (uint64_t at = 0; at < file.size; ) {
		size_t n = (size_t)MG_MIN(file.size - at, (uint64_t)SIZE);

		MG_TRY(mg_file_pread(&file, buf, n, at, err));
		mg_sha256_update(ctx, buf, n);
		at += n;
	}
	mg_sha256_final(ctx, f->sha256);
out:
	mg_file_close(&file);
	mg_free(buf);
	return rc;
}

int
mg_data_files(mg_data *d, const mg_data_file **out, size_t *count, mgreg_error *err)
{
	mg_sha256_ctx *ctx = NULL;
	int rc = 0;

	if (!d->hashed) {
		MG_TRY(mg_sha256_new(&ctx, err));
		for (size_t i = 0; i < d->files.len; i++)
			MG_TRY(hash_file(&d->files.at[i], ctx, err));
		d->hashed = true;
	}
	*out = d->files.at;
	*count = d->files.len;
out:
	mg_sha256_free(ctx);
	return rc;
}

/* ---- placeholders ---- */

static mg_slice
bare(const char *name)
{
	size_t len = strlen(name);

	return (mg_slice){ name, len - (len > 2 && strcmp(name + len - 2, ":0") == 0 ? 2 : 0) };
}

static mg_slice
last_component(mg_slice name)
{
	size_t at = name.len;

	while (at > 0 && name.ptr[at - 1] != '/')
		at--;
	return (mg_slice){ name.ptr + at, name.len - at };
}

static int
column_named(const mg_data *d, mg_slice name)
{
	for (size_t i = 0; i < d->arrays.len; i++)
		if (mg_slice_eq(name, d->arrays.at[i].column.name))
			return (int)i;
	return -1;
}

static int
apply_map(const mg_data *d, const char *const *placeholders, int count, const char *map, int *columns, mgreg_error *err)
{
	const char *equals = strchr(map, '=');
	mg_slice left;
	size_t column;
	int rc;

	if (equals == NULL || equals == map)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "'%s': expected PLACEHOLDER=COLUMN", map);
	if ((rc = mg_data_find(d, equals + 1, &column, err)) != 0)
		return rc;
	left = (mg_slice){ map, (size_t)(equals - map) };
	if (left.len > 2 && memcmp(left.ptr + left.len - 2, ":0", 2) == 0)
		left.len -= 2;
	for (int i = 0; i < count; i++) {
		mg_slice name = bare(placeholders[i]);

		if (name.len == left.len && memcmp(name.ptr, left.ptr, left.len) == 0) {
			columns[i] = (int)column;
			return 0;
		}
	}
	rc = mg_fail(err, MGREG_NOT_FOUND, "the graph has no placeholder '%.*s'", (int)left.len, left.ptr);
	for (int i = 0; i < count; i++)
		mg_error_candidate(err, "%s", placeholders[i]);
	return rc;
}

int
mg_data_bind(const mg_data *d, const char *const *placeholders, int count, const char *const *map, int map_count,
	int *columns, mgreg_error *err)
{
	int rc;

	for (int i = 0; i < count; i++)
		columns[i] = -1;
	for (int i = 0; i < map_count; i++)
		if ((rc = apply_map(d, placeholders, count, map[i], columns, err)) != 0)
			return rc;
	for (int i = 0; i < count; i++)
		if (columns[i] < 0)
			columns[i] = column_named(d, bare(placeholders[i]));
	for (int i = 0; i < count; i++) {
		mg_slice last = last_component(bare(placeholders[i]));
		int column = columns[i] < 0 ? column_named(d, last) : -1, rivals = 0;

		for (int k = 0; column >= 0 && k < count; k++) {
			mg_slice other = last_component(bare(placeholders[k]));

			rivals += k != i && (columns[k] == column || (other.len == last.len && memcmp(other.ptr, last.ptr, last.len) == 0));
		}
		if (column >= 0 && rivals == 0)
			columns[i] = column;
	}
	if (count == 1 && columns[0] < 0 && d->arrays.len == 1)
		columns[0] = 0;
	return 0;
}

/* ---- rows ---- */

static int
refuse(const mg_data_array *a, int64_t row, mg_dtype dtype, const char *what, mgreg_error *err)
{
	return mg_fail(err, MGREG_INVALID_ARGUMENT, "column '%s', row %lld: %s, expected dtype %s", a->column.name, (long long)row,
		what, mg_dtype_name((int)dtype));
}

/* Whole numbers that an integer type can hold. */
static const struct { mg_dtype dtype; double low, high; } ranges[] = {
	{ MGREG_INT8, INT8_MIN, INT8_MAX }, { MGREG_QINT8, INT8_MIN, INT8_MAX }, { MGREG_UINT8, 0, UINT8_MAX },
	{ MGREG_QUINT8, 0, UINT8_MAX }, { MGREG_INT16, INT16_MIN, INT16_MAX }, { MGREG_QINT16, INT16_MIN, INT16_MAX },
	{ MGREG_UINT16, 0, UINT16_MAX }, { MGREG_QUINT16, 0, UINT16_MAX }, { MGREG_INT32, INT32_MIN, INT32_MAX },
	{ MGREG_QINT32, INT32_MIN, INT32_MAX }, { MGREG_UINT32, 0, UINT32_MAX }, { MGREG_INT64, -0x1p63, 0x1.fffffffffffffp62 },
	{ MGREG_UINT64, 0, 0x1.fffffffffffffp63 }, { MGREG_BOOL, 0, 1 },
};

static int
put_integer(const mg_data_array *a, int64_t from, int64_t row, mg_tensor *out, int64_t to, mgreg_error *err)
{
	size_t size = mg_dtype_size((int)out->dtype);
	int64_t whole;
	double v = 0;

	if (mg_tensor_as_i64(&a->values, from, &whole)) {
		v = (double)whole;
	} else {
		uint64_t large;

		if (!mg_tensor_as_double(&a->values, from, &v))
			return refuse(a, row, out->dtype, "not a number", err);
		if (!(v == floor(v)))
			return refuse(a, row, out->dtype, "not a whole number", err);
		large = v >= 0x1p63 && v < 0x1p64 ? (uint64_t)v : 0;
		if (a->values.dtype == MGREG_UINT64)
			large = MG_CDATA(&a->values, uint64_t)[from];
		whole = large ? (int64_t)large : v >= -0x1p63 && v < 0x1p63 ? (int64_t)v : 0;
	}
	for (size_t i = 0; i < MG_COUNT(ranges); i++)
		if (ranges[i].dtype == out->dtype && out->dtype != a->values.dtype && (v < ranges[i].low || v > ranges[i].high)
			&& !(out->dtype == MGREG_INT64 && mg_dtype_is_integer((int)a->values.dtype) && a->values.dtype != MGREG_UINT64))
			return refuse(a, row, out->dtype, "out of range", err);
	memcpy((char *)out->data + (size_t)to * size, &whole, size);    /* little-endian: the low bytes */
	return 0;
}

static int
put_floating(const mg_data_array *a, int64_t from, int64_t row, mg_tensor *out, int64_t to, mgreg_error *err)
{
	double v;

	if (!mg_tensor_as_double(&a->values, from, &v))
		return refuse(a, row, out->dtype, "not a number", err);
	switch ((int)out->dtype) {
	case MGREG_FLOAT: MG_DATA(out, float)[to] = (float)v; break;
	case MGREG_DOUBLE: MG_DATA(out, double)[to] = v; break;
	case MGREG_HALF: MG_DATA(out, uint16_t)[to] = mg_float_to_half((float)v); break;
	case MGREG_BFLOAT16: MG_DATA(out, uint16_t)[to] = mg_float_to_bfloat16((float)v); break;
	case MGREG_COMPLEX64: MG_DATA(out, float)[2 * to] = (float)v; MG_DATA(out, float)[2 * to + 1] = 0; break;
	case MGREG_COMPLEX128: MG_DATA(out, double)[2 * to] = v; MG_DATA(out, double)[2 * to + 1] = 0; break;
	}
	return 0;
}

static int
convert_row(const mg_data_array *a, int64_t row, int64_t n, mg_tensor *out, int64_t at, mgreg_error *err)
{
	size_t size = mg_dtype_size((int)out->dtype);
	int rc = 0;

	if (out->dtype == a->values.dtype && size > 0) {
		memcpy((char *)out->data + (size_t)(at * n) * size, (const char *)a->values.data + (size_t)(row * n) * size, (size_t)n * size);
		return 0;
	}
	for (int64_t i = 0; rc == 0 && i < n; i++) {
		int64_t from = row * n + i, to = at * n + i;

		if (out->dtype == MGREG_STRING && a->values.dtype == MGREG_STRING) {
			mg_slice s = mg_tensor_string(&a->values, from);

			rc = mg_tensor_set_string(out, to, s.ptr, s.len, err);
		} else if (out->dtype == MGREG_STRING || a->values.dtype == MGREG_STRING) {
			rc = refuse(a, row, out->dtype, out->dtype == MGREG_STRING ? "a number" : "text", err);
		} else if (mg_dtype_is_floating((int)out->dtype) || mg_dtype_is_complex((int)out->dtype)) {
			rc = put_floating(a, from, row, out, to, err);
		} else {
			rc = put_integer(a, from, row, out, to, err);
		}
	}
	return rc;
}

/* The shape of COUNT rows as WANT would have it: its own dimensions where the elements fill them, one of them unknown at most. */
static int
shape_for(const mg_data_array *a, int64_t count, int64_t per_row, const mg_shape *want, mg_shape *out, mgreg_error *err)
{
	int64_t dims[MG_MAX_RANK], known = 1;
	char have_text[256], want_text[256];
	int unknown = -1, rank = a->column.shape.rank + 1, rc;
	mg_shape plain = MG_SHAPE_SCALAR;

	dims[0] = count;
	for (int d = 1; d < rank; d++)
		dims[d] = mg_shape_dim(&a->column.shape, d - 1);
	if ((rc = mg_shape_set(&plain, dims, rank, err)) != 0)
		return rc;
	if (want == NULL || mg_shape_compatible(&plain, want)) {
		*out = plain;
		return 0;
	}
	if (want->rank >= 1 && (mg_shape_dim(want, 0) < 0 || mg_shape_dim(want, 0) == count)) {
		for (int d = 1; d < want->rank; d++) {
			dims[d] = mg_shape_dim(want, d);
			if (dims[d] < 0 && unknown >= 0)
				goto bad;
			if (dims[d] < 0)
				unknown = d;
			else if (__builtin_mul_overflow(known, dims[d], &known))
				goto bad;
		}
		if (unknown >= 0) {
			if (known == 0 || per_row % known != 0)
				goto bad;
			dims[unknown] = per_row / known;
			known *= dims[unknown];
		}
		if (known == per_row) {
			rc = mg_shape_set(out, dims, want->rank, err);
			mg_shape_clear(&plain);
			return rc;
		}
	}
bad:
	rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "column '%s': rows of shape %s cannot have shape %s", a->column.name,
		mg_shape_text(&plain, have_text), mg_shape_text(want, want_text));
	mg_shape_clear(&plain);
	return rc;
}

int
mg_data_take(const mg_data *d, size_t column, const int64_t *rows, int64_t count, mg_dtype dtype, const mg_shape *want,
	mg_tensor *out, mgreg_error *err)
{
	const mg_data_array *a = &d->arrays.at[column];
	mg_shape shape = MG_SHAPE_SCALAR;
	mg_tensor t = { 0 };
	int64_t per_row;
	int rc;

	if (dtype == MGREG_INVALID)
		dtype = a->column.dtype;
	if (!mg_dtype_is_memcpy((int)dtype) && mg_dtype_base((int)dtype) != MGREG_STRING)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "column '%s' cannot feed dtype %s", a->column.name, mg_dtype_name((int)dtype));
	MG_TRY(mg_shape_count(&a->column.shape, &per_row, err));
	MG_TRY(shape_for(a, count, per_row, want, &shape, err));
	MG_TRY(mg_tensor_init(&t, mg_dtype_base((int)dtype), &shape, err));
	for (int64_t i = 0; i < count; i++) {
		assert(rows[i] >= 0 && rows[i] < d->rows);
		MG_TRY(convert_row(a, rows[i], per_row, &t, i, err));
	}
	mg_tensor_move(out, &t);
out:
	mg_tensor_clear(&t);
	mg_shape_clear(&shape);
	return rc;
}
