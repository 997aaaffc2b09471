/* SPDX-License-Identifier: Apache-2.0 */
/*
 * k_table.c - lookup tables: HashTable (filled once), MutableHashTable (also of tensors), MutableDenseHashTable.
 *
 * One kind of table serves all: a map from the bytes of a key (of a dense table: of several elements) to a block of values.
 */
#include "base/base.h"
#include "base/map.h"
#include "base/num.h"
#include "runtime/kernels/k_common.h"
#include "runtime/runtime_internal.h"
#include "runtime/source.h"

static const char kind_table[] = "table";

enum style { ONCE, MUTABLE, DENSE };

typedef struct table {
	mg_object object;
	mg_mutex  mutex;
	enum style style;
	mg_dtype  key_type, value_type;
	mg_shape  value_shape;          /* of one value */
	int64_t   width;                /* elements of a value */
	int64_t   key_width;            /* elements of a key */
	mg_shape  key_shape;
	bool      filled;               /* ONCE: initialized */
	mg_tensor empty, deleted;       /* DENSE: keys that may not be used */
	mg_map    map;                  /* key bytes -> block of WIDTH values (mg_tstr or plain) */
} table;

/* ---- values ---- */

static void
drop_block(const table *t, void *block)
{
	if (t->value_type == MGREG_STRING)
		for (int64_t i = 0; i < t->width; i++)
			mg_free(((mg_tstr *)block)[i].ptr);
	mg_free(block);
}

static void
empty_map(table *t)
{
	mg_map_item item;

	for (void *it = NULL; (it = mg_map_next(&t->map, it, &item)); )
		drop_block(t, item.value);
	mg_map_clear(&t->map);
}

static void
release(mg_object *o)
{
	table *t = (table *)o;

	empty_map(t);
	mg_tensor_clear(&t->empty);
	mg_tensor_clear(&t->deleted);
	mg_shape_clear(&t->value_shape);
	mg_shape_clear(&t->key_shape);
	mg_mutex_clear(&t->mutex);
	mg_free(t);
}

static size_t
value_size(const table *t)
{
	return t->value_type == MGREG_STRING ? sizeof(mg_tstr) : mg_dtype_size(t->value_type);
}

/* The block holds values [AT, AT + width) of FROM. */
static int
make_block(const table *t, const mg_tensor *from, int64_t at, void **out, mgreg_error *err)
{
	char *block = mg_calloc((size_t)t->width + 1, value_size(t));

	if (!block)
		return mg_fail_nomem(err, 0);
	if (t->value_type != MGREG_STRING) {
		memcpy(block, (const char *)from->data + (size_t)at * value_size(t), (size_t)t->width * value_size(t));
		*out = block;
		return 0;
	}
	for (int64_t i = 0; i < t->width; i++) {
		mg_slice s = mg_tensor_string(from, at + i);
		mg_tstr *to = (mg_tstr *)(void *)block + i;

		if (s.len && !(to->ptr = mg_memdup(s.ptr, s.len))) {
			drop_block(t, block);
			return mg_fail_nomem(err, s.len);
		}
		to->len = s.len;
	}
	*out = block;
	return 0;
}

static int
copy_block(const table *t, const void *block, mg_tensor *to, int64_t at, mgreg_error *err)
{
	int rc = 0;

	if (t->value_type != MGREG_STRING) {
		memcpy((char *)to->data + (size_t)at * value_size(t), block, (size_t)t->width * value_size(t));
		return 0;
	}
	for (int64_t i = 0; rc == 0 && i < t->width; i++) {
		const mg_tstr *s = (const mg_tstr *)block + i;

		rc = mg_tensor_set_string(to, at + i, s->ptr ? s->ptr : "", s->len, err);
	}
	return rc;
}

static bool
same_block(const table *t, const void *a, const void *b)
{
	if (t->value_type != MGREG_STRING)
		return memcmp(a, b, (size_t)t->width * value_size(t)) == 0;
	for (int64_t i = 0; i < t->width; i++) {
		const mg_tstr *x = (const mg_tstr *)a + i, *y = (const mg_tstr *)b + i;

		if (x->len != y->len || (x->len && memcmp(x->ptr, y->ptr, x->len)))
			return false;
	}
	return true;
}

static mg_slice
key_of(const table *t, const mg_tensor *keys, int64_t i)
{
	size_t size = mg_dtype_size(t->key_type) * (size_t)t->key_width;

	if (t->key_type == MGREG_STRING)
		return mg_tensor_string(keys, i);
	return (mg_slice){ (const char *)keys->data + (size_t)i * size, size };
}

static int
put(table *t, mg_slice key, void *block, mgreg_error *err)
{
	void *old = mg_map_findn(&t->map, key.ptr, key.len);

	if (!mg_map_setn(&t->map, key.ptr, key.len, block)) {
		drop_block(t, block);
		return mg_fail_nomem(err, 0);
	}
	if (old)
		drop_block(t, old);
	return 0;
}

/* ---- making one ---- */

static int
make(void *arg, mg_object **out, mgreg_error *err)
{
	const table *like = arg;
	table *t = mg_calloc(1, sizeof(*t));
	int rc;

	if (!t)
		return mg_fail_nomem(err, sizeof(*t));
	t->style = like->style;
	t->key_type = like->key_type;
	t->value_type = like->value_type;
	t->width = like->width;
	t->key_width = 1;
	atomic_init(&t->object.refs, 1);
	t->object.kind = kind_table;
	t->object.release = release;
	if ((rc = mg_mutex_init(&t->mutex, err)) != 0) {
		mg_free(t);
		return rc;
	}
	if ((rc = mg_shape_copy(&t->value_shape, &like->value_shape, err)) != 0) {
		release(&t->object);
		return rc;
	}
	*out = &t->object;
	return 0;
}

static int
table_prepare(mg_kernel_prep *p, void **state, mgreg_error *err)
{
	const char *op = p->node->op_name;
	table like = { .style = strstr(op, "Dense") ? DENSE : strstr(op, "Mutable") ? MUTABLE : ONCE };
	mg_object *o = NULL;
	table *t;
	int key = 0, value = 0, rc = 0;

	if (!mg_attr_get_type(p->attrs, "key_dtype", &key) || !mg_attr_get_type(p->attrs, "value_dtype", &value))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "a table needs key_dtype and value_dtype");
	like.key_type = (mg_dtype)key;
	like.value_type = (mg_dtype)value;
	if ((like.key_type != MGREG_STRING && !mg_dtype_is_memcpy(key)) || (like.value_type != MGREG_STRING && !mg_dtype_is_memcpy(value)))
		return mg_fail(err, MGREG_UNIMPLEMENTED, "no table from %s to %s", mg_dtype_name(key), mg_dtype_name(value));
	if (!mg_attr_get_shape(p->attrs, "value_shape", &like.value_shape))
		like.value_shape = MG_SHAPE_SCALAR;
	if (!mg_shape_is_full(&like.value_shape)) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "the value_shape of a table must be known");
		goto out;
	}
	MG_TRY(mg_shape_count(&like.value_shape, &like.width, err));
	MG_TRY(mg_handle_prepare(p, kind_table, make, &like, state, &o, err));
	t = (table *)o;
	if (t->style != like.style || t->key_type != like.key_type || t->value_type != like.value_type || t->width != like.width) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "conflicting key/value dtypes %s->%s with %s->%s for a shared table", mg_dtype_name(like.key_type),
			mg_dtype_name(like.value_type), mg_dtype_name(t->key_type), mg_dtype_name(t->value_type));
		mg_handle_release(*state);
		*state = NULL;
	}
out:
	mg_shape_clear(&like.value_shape);
	return rc;
}

/* A dense table learns its special keys when it is first made. */
static int
dense_run(mg_kernel_ctx *k, mgreg_error *err)
{
	table *t = (table *)mg_handle_object(mg_kernel_state(k));
	const mg_tensor *empty = mg_kernel_input(k, 0), *deleted = mg_kernel_input_count(k) > 1 ? mg_kernel_input(k, 1) : NULL;
	int rc = 0;

	mg_lock(&t->mutex);
	if (!mg_tensor_is_set(&t->empty)) {
		if (mg_rank(empty) > 1 || (deleted && !mg_shape_equal(&empty->shape, &deleted->shape)) || (t->key_type == MGREG_STRING && mg_rank(empty))) {
			rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "empty_key and deleted_key must be scalars or vectors of one shape");
			goto out;
		}
		MG_TRY(mg_shape_copy(&t->key_shape, &empty->shape, err));
		t->key_width = empty->count;
		if (deleted)
			MG_TRY(mg_tensor_copy(&t->deleted, deleted, err));
		if (deleted && mg_slice_cmp(key_of(t, empty, 0), key_of(t, deleted, 0)) == 0) {
			rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "empty and deleted keys cannot be equal");
			goto out;
		}
		MG_TRY(mg_tensor_copy(&t->empty, empty, err));
	}
out:
	mg_unlock(&t->mutex);
	return rc ? rc : mg_handle_run(k, err);
}

/* ---- using it ---- */

static int
get(mg_kernel_ctx *k, table **out, mgreg_error *err)
{
	mg_object *o;
	int rc = mg_kernel_object(k, 0, kind_table, &o, err);

	if (rc)
		return rc;
	*out = (table *)o;
	mg_lock(&(*out)->mutex);
	return 0;
}

static void
let_go(table *t)
{
	mg_unlock(&t->mutex);
	mg_object_unref(&t->object);
}

/* Number of keys in KEYS, whose last dimensions are those of a key. */
static int
count_keys(const table *t, const mg_tensor *keys, int64_t *out, mgreg_error *err)
{
	char a[256], b[256];

	if (keys->dtype != t->key_type)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "keys of dtype %s for a table of %s", mg_dtype_name(keys->dtype), mg_dtype_name(t->key_type));
	if (t->key_shape.rank == 1 && (mg_rank(keys) < 1 || mg_dim(keys, mg_rank(keys) - 1) != t->key_width))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "keys of shape %s for a table whose keys have shape %s", mg_shape_text(&keys->shape, a),
			mg_shape_text(&t->key_shape, b));
	*out = t->key_width ? keys->count / t->key_width : 0;
	return 0;
}

static int
allowed_key(const table *t, mg_slice key, mgreg_error *err)
{
	if (mg_tensor_is_set(&t->empty) && mg_slice_cmp(key, key_of(t, &t->empty, 0)) == 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "using the empty_key as a table key is not allowed");
	if (mg_tensor_is_set(&t->deleted) && mg_slice_cmp(key, key_of(t, &t->deleted, 0)) == 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "using the deleted_key as a table key is not allowed");
	return 0;
}

static int
ready(const table *t, mgreg_error *err)
{
	return t->style == ONCE && !t->filled ? mg_fail(err, MGREG_FAILED_PRECONDITION, "table not initialized") : 0;
}

static int
find_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *keys = mg_kernel_input(k, 1), *fallback = mg_kernel_input(k, 2);
	int64_t dims[MG_MAX_RANK], n = 0;
	int rank = 0, rc;
	mg_tensor *out;
	table *t;

	if ((rc = get(k, &t, err)) != 0)
		return rc;
	MG_TRY(ready(t, err));
	MG_TRY(count_keys(t, keys, &n, err));
	if (fallback->dtype != t->value_type || fallback->count != t->width) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "default_value must have dtype %s and %lld elements", mg_dtype_name(t->value_type), (long long)t->width);
		goto out;
	}
	for (int d = 0; d < mg_rank(keys) - t->key_shape.rank && rank < MG_MAX_RANK; d++)
		dims[rank++] = mg_dim(keys, d);
	for (int d = 0; d < t->value_shape.rank && rank < MG_MAX_RANK; d++)
		dims[rank++] = mg_shape_dim(&t->value_shape, d);
	MG_TRY(mg_kernel_output_dims(k, 0, dims, rank, &out, err));
	for (int64_t i = 0; i < n; i++) {
		mg_slice key = key_of(t, keys, i);
		void *block;

		MG_TRY(t->style == DENSE ? allowed_key(t, key, err) : 0);
		block = mg_map_findn(&t->map, key.ptr, key.len);
		MG_TRY(block ? copy_block(t, block, out, i * t->width, err) : mg_k_copy_run(out, i * t->width, fallback, 0, t->width, err));
	}
out:
	let_go(t);
	return rc;
}

static int
check_values(const table *t, const mg_tensor *values, int64_t n, mgreg_error *err)
{
	if (values->dtype != t->value_type || values->count != n * t->width)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "%lld values of dtype %s for %lld keys of a table with values of dtype %s", (long long)values->count,
			mg_dtype_name(values->dtype), (long long)n, mg_dtype_name(t->value_type));
	return 0;
}

/* Fills a table once; a key that comes twice must have one value. */
static int
fill_once(table *t, mg_slice key, void *block, mgreg_error *err)
{
	void *old = mg_map_findn(&t->map, key.ptr, key.len);
	bool same = old && same_block(t, old, block);

	if (old && !same) {
		drop_block(t, block);
		return mg_fail(err, MGREG_FAILED_PRECONDITION, "HashTable has different value for same key");
	}
	if (!old)
		return put(t, key, block, err);
	drop_block(t, block);
	return 0;
}

static int
initialize_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *keys = mg_kernel_input(k, 1), *values = mg_kernel_input(k, 2);
	int64_t n = 0;
	table *t;
	int rc;

	if ((rc = get(k, &t, err)) != 0)
		return rc;
	MG_TRY(count_keys(t, keys, &n, err));
	MG_TRY(check_values(t, values, n, err));
	if (t->style != ONCE || t->filled) {
		if (t->style != ONCE || (int64_t)t->map.len != n)
			rc = mg_fail(err, MGREG_FAILED_PRECONDITION, t->style == ONCE ? "table already initialized" : "this kind of table is not initialized");
		goto out;
	}
	for (int64_t i = 0; i < n; i++) {
		void *block;

		MG_TRY(make_block(t, values, i, &block, err));
		MG_TRY(fill_once(t, key_of(t, keys, i), block, err));
	}
	t->filled = true;
out:
	if (rc && t->style == ONCE && !t->filled)
		empty_map(t);
	let_go(t);
	return rc;
}

/* ---- from a text file ---- */

enum { WHOLE_LINE = -1, LINE_NUMBER = -2 };

/* Field INDEX of LINE (or the line, or its number) as element 0 of the one-element tensor OUT. */
static int
field_of(mg_slice line, int64_t number, int64_t index, char delimiter, mg_tensor *out, mgreg_error *err)
{
	mg_slice rest = line, field = line;
	int64_t whole = number, at = 0;
	double real = 0;
	bool ok = true;

	if (index >= 0)
		while ((ok = mg_slice_split(&rest, delimiter, &field)) && at < index)
			at++;
	if (!ok)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "invalid number of columns in line %lld (%.*s): expected at least %lld", (long long)number,
			(int)MG_MIN(line.len, (size_t)100), line.ptr, (long long)index + 1);
	if (out->dtype == MGREG_STRING)
		return mg_tensor_set_string(out, 0, field.ptr, field.len, err);
	if (out->dtype == MGREG_INT32 || out->dtype == MGREG_INT64) {
		if (index != LINE_NUMBER)
			ok = mg_parse_i64(field.ptr, field.len, &whole) && (out->dtype == MGREG_INT64 || whole == (int32_t)whole);
		if (ok)
			mg_k_set_int(out, 0, whole);
	} else if (out->dtype == MGREG_FLOAT || out->dtype == MGREG_DOUBLE) {
		ok = mg_parse_double(field.ptr, field.len, &real);
		if (out->dtype == MGREG_FLOAT)
			MG_DATA(out, float)[0] = (float)real;
		else
			MG_DATA(out, double)[0] = real;
	} else {
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "no values of dtype %s in a text file", mg_dtype_name(out->dtype));
	}
	return ok ? 0 : mg_fail(err, MGREG_INVALID_ARGUMENT, "field %.*s in line %lld is not a valid %s", (int)MG_MIN(field.len, (size_t)100), field.ptr,
		(long long)number, mg_dtype_op_name(out->dtype));
}

typedef struct columns {
	int64_t key, value, size;
	char    delimiter;
} columns;

static int
check_column(int64_t index, mg_dtype dtype, const char *what, mgreg_error *err)
{
	if (index == LINE_NUMBER && dtype != MGREG_INT64)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "%s index for line number requires dtype int64, got %s", what, mg_dtype_op_name(dtype));
	if (index == WHOLE_LINE && dtype != MGREG_STRING)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "%s index for whole line requires dtype string, got %s", what, mg_dtype_op_name(dtype));
	return 0;
}

static int
fill_from(table *t, mg_source *src, const columns *c, mgreg_error *err)
{
	mg_tensor key = { 0 }, value = { 0 };
	mg_slice line;
	int64_t n = 0;
	bool end;
	int rc = 0;

	MG_TRY(mg_tensor_init_dims(&key, t->key_type, NULL, 0, err));
	MG_TRY(mg_tensor_init_dims(&value, t->value_type, NULL, 0, err));
	for (; c->size < 0 || n < c->size; n++) {
		void *block;

		MG_TRY(mg_source_next(src, &line, NULL, &end, err));
		if (end)
			break;
		MG_TRY(field_of(line, n, c->key, c->delimiter, &key, err));
		MG_TRY(field_of(line, n, c->value, c->delimiter, &value, err));
		MG_TRY(make_block(t, &value, 0, &block, err));
		MG_TRY(fill_once(t, key_of(t, &key, 0), block, err));
	}
	if (c->size >= 0 && n < c->size)
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "invalid vocab_size: expected %lld but got %lld", (long long)c->size, (long long)n);
out:
	mg_tensor_clear(&key);
	mg_tensor_clear(&value);
	return rc;
}

static int
from_file_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_attrs *attrs = mg_kernel_attrs(k);
	const mg_tensor *file = mg_kernel_input(k, 1);
	mg_source_spec spec = { .kind = MG_SOURCE_LINES };
	columns c = { mg_k_attr_int(attrs, "key_index", 0), mg_k_attr_int(attrs, "value_index", 0), mg_k_attr_int(attrs, "vocab_size", -1), '\t' };
	mg_slice delimiter = { "\t", 1 };
	mg_source *src = NULL;
	char *path = NULL;
	table *t;
	int rc;

	if (mg_rank(file) || file->dtype != MGREG_STRING)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "filename should be a single string");
	mg_attr_get_string(attrs, "delimiter", &delimiter);
	if (delimiter.len != 1 && !mg_slice_eq(delimiter, "\\t"))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "delimiter should be only 1 char");
	c.delimiter = delimiter.len == 1 ? delimiter.ptr[0] : '\t';
	if ((rc = get(k, &t, err)) != 0)
		return rc;
	MG_TRY(check_column(c.key, t->key_type, "key", err));
	MG_TRY(check_column(c.value, t->value_type, "value", err));
	if (t->style != ONCE) {
		rc = mg_fail(err, MGREG_FAILED_PRECONDITION, "this kind of table is not initialized");
		goto out;
	}
	if (t->filled)
		goto out;
	if (!(path = mg_strndup(mg_tensor_string(file, 0).ptr, mg_tensor_string(file, 0).len))) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	MG_TRY(mg_source_open(&src, mg_kernel_session(k), &spec, path, err));
	if ((rc = fill_from(t, src, &c, err)) != 0) {
		mg_wrap(err, rc, "file '%s'", path);
		empty_map(t);
		goto out;
	}
	t->filled = true;
out:
	mg_source_close(src);
	mg_free(path);
	let_go(t);
	return rc;
}

/* ---- changing, listing ---- */

static int
insert(mg_kernel_ctx *k, bool replace, mgreg_error *err)
{
	const mg_tensor *keys = mg_kernel_input(k, 1), *values = mg_kernel_input(k, 2);
	int64_t n = 0;
	table *t;
	int rc;

	if ((rc = get(k, &t, err)) != 0)
		return rc;
	if (t->style == ONCE) {
		rc = mg_fail(err, MGREG_UNIMPLEMENTED, "insert and import are not supported by tables that are initialized once");
		goto out;
	}
	MG_TRY(count_keys(t, keys, &n, err));
	MG_TRY(check_values(t, values, n, err));
	for (int64_t i = 0; i < n && !replace; i++)
		MG_TRY(allowed_key(t, key_of(t, keys, i), err));
	if (replace)
		empty_map(t);
	for (int64_t i = 0; i < n; i++) {
		mg_slice key = key_of(t, keys, i);
		void *block;

		if (allowed_key(t, key, NULL))
			continue;       /* import: the buckets that are not in use */
		MG_TRY(make_block(t, values, i * t->width, &block, err));
		MG_TRY(put(t, key, block, err));
	}
out:
	let_go(t);
	return rc;
}

static int insert_run(mg_kernel_ctx *k, mgreg_error *err) { return insert(k, false, err); }
static int import_run(mg_kernel_ctx *k, mgreg_error *err) { return insert(k, true, err); }

static int
remove_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *keys = mg_kernel_input(k, 1);
	int64_t n = 0;
	table *t;
	int rc;

	if ((rc = get(k, &t, err)) != 0)
		return rc;
	if (t->style == ONCE) {
		rc = mg_fail(err, MGREG_UNIMPLEMENTED, "remove is not supported by tables that are initialized once");
		goto out;
	}
	MG_TRY(count_keys(t, keys, &n, err));
	for (int64_t i = 0; i < n; i++) {
		mg_slice key = key_of(t, keys, i);
		void *block;

		MG_TRY(allowed_key(t, key, err));
		if ((block = mg_map_findn(&t->map, key.ptr, key.len)) != NULL) {
			mg_map_removen(&t->map, key.ptr, key.len);
			drop_block(t, block);
		}
	}
out:
	let_go(t);
	return rc;
}

static int
size_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_tensor *out;
	table *t;
	int rc;

	if ((rc = get(k, &t, err)) != 0)
		return rc;
	if ((rc = mg_kernel_output_dims(k, 0, NULL, 0, &out, err)) == 0)
		*MG_DATA(out, int64_t) = (int64_t)t->map.len;
	let_go(t);
	return rc;
}

static int
export_run(mg_kernel_ctx *k, mgreg_error *err)
{
	int64_t dims[MG_MAX_RANK + 1], i = 0;
	mg_tensor *keys, *values;
	mg_map_item item;
	int rank = 1, rc;
	table *t;

	if ((rc = get(k, &t, err)) != 0)
		return rc;
	MG_TRY(ready(t, err));
	dims[0] = (int64_t)t->map.len;
	dims[1] = t->key_width;
	MG_TRY(mg_kernel_output_dims(k, 0, dims, 1 + t->key_shape.rank, &keys, err));
	for (int d = 0; d < t->value_shape.rank; d++)
		dims[rank++] = mg_shape_dim(&t->value_shape, d);
	MG_TRY(mg_kernel_output_dims(k, 1, dims, rank, &values, err));
	if (keys->dtype != t->key_type || values->dtype != t->value_type) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "the table maps %s to %s", mg_dtype_name(t->key_type), mg_dtype_name(t->value_type));
		goto out;
	}
	for (void *it = NULL; (it = mg_map_next(&t->map, it, &item)); i++) {
		if (t->key_type == MGREG_STRING)
			MG_TRY(mg_tensor_set_string(keys, i, item.key, item.key_len, err));
		else
			memcpy((char *)keys->data + (size_t)i * item.key_len, item.key, item.key_len);
		MG_TRY(copy_block(t, item.value, values, i * t->width, err));
	}
out:
	let_go(t);
	return rc;
}

#define MAKER(op, run_) { op, NULL, 0, table_prepare, run_, mg_handle_release, MG_KERNEL_NO_FOLD }, \
	{ op "V2", NULL, 0, table_prepare, run_, mg_handle_release, MG_KERNEL_NO_FOLD }
#define USER(op, run_) { op, .run = run_, .flags = MG_KERNEL_NO_FOLD }, { op "V2", .run = run_, .flags = MG_KERNEL_NO_FOLD }
const mg_kernel mg_kernels_table[] = {
	MAKER("HashTable", mg_handle_run), MAKER("MutableHashTable", mg_handle_run), MAKER("MutableHashTableOfTensors", mg_handle_run),
	MAKER("MutableDenseHashTable", dense_run),
	USER("InitializeTable", initialize_run), USER("InitializeTableFromTextFile", from_file_run),
	USER("LookupTableFind", find_run), USER("LookupTableInsert", insert_run), USER("LookupTableImport", import_run),
	USER("LookupTableSize", size_run), USER("LookupTableExport", export_run),
	{ "LookupTableRemoveV2", .run = remove_run, .flags = MG_KERNEL_NO_FOLD },
	{ .op = NULL }
};
