/* SPDX-License-Identifier: Apache-2.0 */
/*
 * k_example.c - Example and SequenceExample messages into tensors: ParseExample (three generations), ParseSingleExample, the sequence
 * forms.
 *
 *	Example         1: Features            Features     1: map<name, Feature>
 *	SequenceExample 1: Features, 2: FeatureLists        FeatureLists 1: map<name, FeatureList>
 *	FeatureList     1: Feature...          Feature      1: bytes, 2: floats, 3: int64s; each  1: value...
 *
 * The bytes are read in place.  A message is scanned once into a list of its features, in which the wanted names are looked
 * up; the last of several features of one name counts, as for every protobuf map.
 */
#include "base/base.h"
#include "base/bytes.h"
#include "base/map.h"
#include "base/vec.h"
#include "proto/proto.h"
#include "runtime/kernels/k_common.h"

enum kind { KIND_NONE, KIND_BYTES, KIND_FLOAT, KIND_INT64 };

typedef struct feature {
	mg_slice name, body;            /* body: the Feature, or FeatureList, message */
} feature;
typedef MG_VEC(feature) features;

static mg_wire
wire_of(mg_slice s)
{
	return (mg_wire){ (const uint8_t *)s.ptr, (const uint8_t *)s.ptr + s.len };
}

static mg_slice
slice_of(const mg_wire_field *f)
{
	return (mg_slice){ (const char *)f->data, (size_t)f->value };
}

static int
malformed(const char *name, mgreg_error *err)
{
	return mg_fail(err, MGREG_INVALID_ARGUMENT, "could not parse example input, value: '%.60s'", name);
}

/* The map entries of a Features or FeatureLists message. */
static int
read_map(mg_slice body, const char *who, features *out, mgreg_error *err)
{
	mg_wire w = wire_of(body), e;
	mg_wire_field f, g;
	int more, inner;

	while ((more = mg_wire_next(&w, &f)) == 1) {
		feature item = { { "", 0 }, { "", 0 } };

		if (f.number != 1 || f.type != MG_WIRE_LEN)
			continue;
		e = wire_of(slice_of(&f));
		while ((inner = mg_wire_next(&e, &g)) == 1)
			if (g.type == MG_WIRE_LEN && g.number == 1)
				item.name = slice_of(&g);
			else if (g.type == MG_WIRE_LEN && g.number == 2)
				item.body = slice_of(&g);
		if (inner < 0)
			return malformed(who, err);
		if (!mg_vec_push(out, item))
			return mg_fail_nomem(err, 0);
	}
	return more < 0 ? malformed(who, err) : 0;
}

/* Field NUMBER of a message, each occurrence's map entries. */
static int
read_part(mg_slice message, uint32_t number, const char *who, features *out, mgreg_error *err)
{
	mg_wire w = wire_of(message);
	mg_wire_field f;
	int more, rc;

	while ((more = mg_wire_next(&w, &f)) == 1)
		if (f.number == number && f.type == MG_WIRE_LEN && (rc = read_map(slice_of(&f), who, out, err)) != 0)
			return rc;
	return more < 0 ? malformed(who, err) : 0;
}

static const feature *
find(const features *list, mg_slice name)
{
	for (size_t i = list->len; i-- > 0;)
		if (list->at[i].name.len == name.len && memcmp(list->at[i].name.ptr, name.ptr, name.len) == 0)
			return &list->at[i];
	return NULL;
}

/* ---- one feature's values ---- */

typedef struct values {                 /* a growing column of one type */
	mg_dtype dtype;
	MG_VEC(mg_slice) strings;       /* borrowed from the messages */
	MG_VEC(float)    floats;
	MG_VEC(int64_t)  ints;
} values;

static size_t
values_len(const values *v)
{
	return v->dtype == MGREG_STRING ? v->strings.len : v->dtype == MGREG_FLOAT ? v->floats.len : v->ints.len;
}

static void
values_clear(values *v)
{
	mg_vec_clear(&v->strings);
	mg_vec_clear(&v->floats);
	mg_vec_clear(&v->ints);
}

static bool
add_float(values *v, uint32_t bits)
{
	float f;

	memcpy(&f, &bits, sizeof(f));
	return mg_vec_push(&v->floats, f);
}

/* 1: fine, 0: malformed, -1: memory. */
static int
read_list(values *v, enum kind kind, mg_slice body)
{
	mg_wire w = wire_of(body);
	mg_wire_field f;
	int more;

	while ((more = mg_wire_next(&w, &f)) == 1) {
		if (f.number != 1)
			continue;
		if (kind == KIND_BYTES && f.type == MG_WIRE_LEN) {
			if (!mg_vec_push(&v->strings, slice_of(&f)))
				return -1;
		} else if (kind == KIND_FLOAT && f.type == MG_WIRE_LEN) {
			if (f.value % 4)
				return 0;
			for (uint64_t i = 0; i < f.value; i += 4)
				if (!add_float(v, mg_load32(f.data + i)))
					return -1;
		} else if (kind == KIND_FLOAT && f.type == MG_WIRE_32) {
			if (!add_float(v, (uint32_t)f.value))
				return -1;
		} else if (kind == KIND_INT64 && f.type == MG_WIRE_LEN) {
			const uint8_t *p = f.data, *end = f.data + f.value;
			uint64_t one;
			size_t n;

			for (; p < end; p += n) {
				if ((n = mg_varint_get(p, end, &one)) == 0)
					return 0;
				if (!mg_vec_push(&v->ints, (int64_t)one))
					return -1;
			}
		} else if (kind == KIND_INT64 && f.type == MG_WIRE_VARINT) {
			if (!mg_vec_push(&v->ints, (int64_t)f.value))
				return -1;
		}
	}
	return more == 0;
}

static enum kind
kind_of(mg_dtype dtype)
{
	return dtype == MGREG_STRING ? KIND_BYTES : dtype == MGREG_FLOAT ? KIND_FLOAT : KIND_INT64;
}

/* Appends a Feature's values; *PRESENT false if it holds none of any kind. */
static int
read_feature(values *v, mg_slice body, mg_slice key, const char *who, bool *present, mgreg_error *err)
{
	mg_wire w = wire_of(body);
	mg_wire_field f, last = { 0 };
	int more, rc;

	*present = false;
	while ((more = mg_wire_next(&w, &f)) == 1)
		if (f.number >= 1 && f.number <= 3 && f.type == MG_WIRE_LEN) {
			last = f;
			*present = true;
		}
	if (more < 0)
		return malformed(who, err);
	if (!*present)
		return 0;
	if (last.number != (uint32_t)kind_of(v->dtype))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "name: %s, key: %.*s, data types don't match: expected type %s", who, (int)MG_MIN(key.len, (size_t)100),
			key.ptr, mg_dtype_op_name(v->dtype));
	rc = read_list(v, (enum kind)last.number, slice_of(&last));
	return rc > 0 ? 0 : rc < 0 ? mg_fail_nomem(err, 0) : malformed(who, err);
}

/* Values [FROM, ...) of the column into OUT at TO. */
static int
store(const values *v, size_t from, size_t n, mg_tensor *out, int64_t to, mgreg_error *err)
{
	int rc = 0;

	if (v->dtype == MGREG_FLOAT && n)
		memcpy(MG_DATA(out, float) + to, v->floats.at + from, n * sizeof(float));
	else if (v->dtype == MGREG_INT64 && n)
		memcpy(MG_DATA(out, int64_t) + to, v->ints.at + from, n * sizeof(int64_t));
	for (size_t i = 0; rc == 0 && v->dtype == MGREG_STRING && i < n; i++)
		rc = mg_tensor_set_string(out, to + (int64_t)i, v->strings.at[from + i].ptr, v->strings.at[from + i].len, err);
	return rc;
}

/* ---- columns: what an op asks for ---- */

typedef struct column {
	mg_slice         key;
	mg_dtype         dtype;
	values           v;
	MG_VEC(int64_t)  lengths;       /* values of each example (or step) */
	const mg_tensor *fallback;      /* dense: the default, or an empty tensor */
	mg_shape         shape;         /* dense: of one example */
	int64_t          row;           /* elements of a row; variable length: of the known part */
	bool             variable;      /* dense: the first dimension is open */
} column;

static void
column_clear(column *c)
{
	values_clear(&c->v);
	mg_vec_clear(&c->lengths);
	mg_shape_clear(&c->shape);
}

static int
column_begin(column *c, mg_slice key, int dtype, mgreg_error *err)
{
	c->key = key;
	c->dtype = c->v.dtype = mg_dtype_base(dtype);
	if (c->dtype != MGREG_FLOAT && c->dtype != MGREG_INT64 && c->dtype != MGREG_STRING)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "feature '%.*s' cannot have dtype %s", (int)MG_MIN(key.len, (size_t)100), key.ptr, mg_dtype_name(c->dtype));
	return 0;
}

static int
column_dense(column *c, const mg_tensor *fallback, const Pb__TensorShapeProto *shape, mgreg_error *err)
{
	int rc = mg_shape_from_proto(&c->shape, shape, err);
	char a[256], b[256];

	if (rc)
		return rc;
	c->row = 1;
	c->fallback = fallback;
	for (int d = 0; d < c->shape.rank; d++) {
		int64_t n = mg_shape_dim(&c->shape, d);

		if (n < 0 && d > 0)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "dense_shapes of '%.*s' is %s: only the first dimension may be unknown", (int)MG_MIN(c->key.len, (size_t)100),
				c->key.ptr, mg_shape_text(&c->shape, a));
		if (n < 0)
			c->variable = true;
		else if (__builtin_mul_overflow(c->row, n, &c->row))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "dense_shapes of '%.*s' is too large", (int)MG_MIN(c->key.len, (size_t)100), c->key.ptr);
	}
	if (c->shape.rank < 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "dense_shapes of '%.*s' has an unknown rank", (int)MG_MIN(c->key.len, (size_t)100), c->key.ptr);
	if (fallback && fallback->dtype != c->dtype)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "the default of '%.*s' has dtype %s, expected %s", (int)MG_MIN(c->key.len, (size_t)100), c->key.ptr,
			mg_dtype_name(fallback->dtype), mg_dtype_name(c->dtype));
	if (fallback && fallback->count > 0 && !c->variable && !mg_shape_equal(&fallback->shape, &c->shape))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "the default of '%.*s' has shape %s, expected %s", (int)MG_MIN(c->key.len, (size_t)100), c->key.ptr,
			mg_shape_text(&fallback->shape, a), mg_shape_text(&c->shape, b));
	if (fallback && c->variable && fallback->count > 1)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "the default of '%.*s', whose length varies, must be one value", (int)MG_MIN(c->key.len, (size_t)100), c->key.ptr);
	return 0;
}

static int
note_length(column *c, size_t before, mgreg_error *err)
{
	return mg_vec_push(&c->lengths, (int64_t)(values_len(&c->v) - before)) ? 0 : mg_fail_nomem(err, 0);
}

/* Adds the example's feature (NULL: it has none); dense columns check its size. */
static int
column_add(column *c, const feature *f, bool dense, const char *who, mgreg_error *err)
{
	size_t before = values_len(&c->v);
	bool present = false;
	int64_t n;
	int rc;

	if (f && (rc = read_feature(&c->v, f->body, c->key, who, &present, err)) != 0)
		return rc;
	n = (int64_t)(values_len(&c->v) - before);
	if (dense && !present && !c->variable && (!c->fallback || c->fallback->count == 0) )
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "name: %s, feature: %.*s (data type: %s) is required but could not be found", who,
			(int)MG_MIN(c->key.len, (size_t)100), c->key.ptr, mg_dtype_op_name(c->dtype));
	if (dense && present && !c->variable && n != c->row)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "name: %s, key: %.*s: number of values (%lld) != the %lld of its shape", who, (int)MG_MIN(c->key.len, (size_t)100),
			c->key.ptr, (long long)n, (long long)c->row);
	if (dense && present && c->variable && (c->row == 0 ? n : n % c->row) != 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "name: %s, key: %.*s: number of values (%lld) is not a multiple of stride length (%lld)", who,
			(int)MG_MIN(c->key.len, (size_t)100), c->key.ptr, (long long)n, (long long)c->row);
	if (dense && !c->variable && !present) {        /* marked: the default goes here */
		int64_t mark = -1;

		return mg_vec_push(&c->lengths, mark) ? 0 : mg_fail_nomem(err, 0);
	}
	return note_length(c, before, err);
}

/* Indices, values and shape of a batch of COUNT examples; SINGLE: of one example alone. */
static int
put_sparse(mg_kernel_ctx *k, const column *c, bool single, int indices_at, int values_at, int shape_at, mgreg_error *err)
{
	int64_t total = (int64_t)values_len(&c->v), at = 0, most = 0, width = single ? 1 : 2, batch = (int64_t)c->lengths.len;
	mg_tensor *indices, *out, *shape;
	int rc;

	if ((rc = mg_kernel_output_dims(k, indices_at, (int64_t[]){ total, width }, 2, &indices, err)) != 0
	    || (rc = mg_kernel_output_dims(k, values_at, &total, 1, &out, err)) != 0
	    || (rc = mg_kernel_output_dims(k, shape_at, &width, 1, &shape, err)) != 0)
		return rc;
	for (int64_t b = 0; b < batch; b++) {
		for (int64_t j = 0; j < c->lengths.at[b]; j++, at++) {
			int64_t *to = MG_DATA(indices, int64_t) + at * width;

			if (!single)
				*to++ = b;
			*to = j;
		}
		most = MG_MAX(most, c->lengths.at[b]);
	}
	if (single) {
		MG_DATA(shape, int64_t)[0] = most;
	} else {
		MG_DATA(shape, int64_t)[0] = batch;
		MG_DATA(shape, int64_t)[1] = most;
	}
	return store(&c->v, 0, (size_t)total, out, 0, err);
}

/* A dense column: [batch] + shape, shorter rows of open length filled up with the default. */
static int
put_dense(mg_kernel_ctx *k, const column *c, bool single, int at, mgreg_error *err)
{
	int64_t dims[MG_MAX_RANK + 1], row = c->row, most = 0, batch = (int64_t)c->lengths.len;
	size_t from = 0;
	int rank = 0, rc;
	mg_tensor *out;

	if (c->shape.rank >= MG_MAX_RANK)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "too many dimensions");
	for (int64_t b = 0; b < batch; b++)
		most = MG_MAX(most, c->lengths.at[b]);
	if (!single)
		dims[rank++] = batch;
	for (int d = 0; d < c->shape.rank; d++)
		dims[rank++] = mg_shape_dim(&c->shape, d) < 0 ? (c->row ? most / c->row : 0) : mg_shape_dim(&c->shape, d);
	if (c->variable)
		row = most;
	if ((rc = mg_kernel_output_dims(k, at, dims, rank, &out, err)) != 0)
		return rc;
	if (c->variable && (rc = mg_k_fill(k, out, c->fallback && c->fallback->count ? c->fallback : NULL, 0, err)) != 0)
		return rc;
	for (int64_t b = 0; b < batch && rc == 0; b++) {
		if (c->lengths.at[b] < 0) {
			rc = mg_k_copy_run(out, b * row, c->fallback, 0, row, err);
			continue;
		}
		rc = store(&c->v, from, (size_t)c->lengths.at[b], out, b * row, err);
		from += (size_t)c->lengths.at[b];
	}
	return rc;
}

/* Values and row splits. */
static int
put_ragged(mg_kernel_ctx *k, const column *c, int values_at, int splits_at, mgreg_error *err)
{
	int64_t total = (int64_t)values_len(&c->v), n = (int64_t)c->lengths.len + 1, sum = 0;
	mg_tensor *out, *splits;
	int rc;

	if ((rc = mg_kernel_output_dims(k, values_at, &total, 1, &out, err)) != 0 || (rc = mg_kernel_output_dims(k, splits_at, &n, 1, &splits, err)) != 0)
		return rc;
	mg_k_set_int(splits, 0, 0);
	for (int64_t b = 0; b + 1 < n; b++)
		mg_k_set_int(splits, b + 1, sum += c->lengths.at[b]);
	return store(&c->v, 0, (size_t)total, out, 0, err);
}

/* ---- the ops ---- */

typedef struct job {
	column *sparse, *dense, *ragged;
	int     sparse_count, dense_count, ragged_count;
} job;

static void
job_clear(job *j)
{
	for (int i = 0; j->sparse && i < j->sparse_count; i++)
		column_clear(&j->sparse[i]);
	for (int i = 0; j->dense && i < j->dense_count; i++)
		column_clear(&j->dense[i]);
	for (int i = 0; j->ragged && i < j->ragged_count; i++)
		column_clear(&j->ragged[i]);
	mg_free(j->sparse);
	mg_free(j->dense);
	mg_free(j->ragged);
}

static int
job_begin(job *j, int64_t sparse, int64_t dense, int64_t ragged, mgreg_error *err)
{
	if (sparse < 0 || dense < 0 || ragged < 0 || sparse > 65536 || dense > 65536 || ragged > 65536)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "too many features");
	j->sparse = mg_calloc((size_t)sparse + 1, sizeof(column));
	j->dense = mg_calloc((size_t)dense + 1, sizeof(column));
	j->ragged = mg_calloc((size_t)ragged + 1, sizeof(column));
	j->sparse_count = (int)sparse;
	j->dense_count = (int)dense;
	j->ragged_count = (int)ragged;
	return j->sparse && j->dense && j->ragged ? 0 : mg_fail_nomem(err, 0);
}

static int
parse_one(job *j, mg_slice message, uint32_t part, const char *who, mgreg_error *err)
{
	features list = { 0 };
	int rc = 0;

	MG_TRY(read_part(message, part, who, &list, err));
	for (int i = 0; i < j->sparse_count; i++)
		MG_TRY(column_add(&j->sparse[i], find(&list, j->sparse[i].key), false, who, err));
	for (int i = 0; i < j->dense_count; i++)
		MG_TRY(column_add(&j->dense[i], find(&list, j->dense[i].key), true, who, err));
	for (int i = 0; i < j->ragged_count; i++)
		MG_TRY(column_add(&j->ragged[i], find(&list, j->ragged[i].key), false, who, err));
out:
	mg_vec_clear(&list);
	return rc;
}

static int
one_key(const mg_tensor *t, mg_slice *out, mgreg_error *err)
{
	if (t->count != 1)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "the name of a feature must be a single string");
	*out = mg_tensor_string(t, 0);
	return 0;
}

static const Pb__AttrValue__ListValue *
list_attr(const mg_attrs *attrs, const char *name)
{
	static const Pb__AttrValue__ListValue empty = PB__ATTR_VALUE__LIST_VALUE__INIT;
	const Pb__AttrValue__ListValue *list;

	return mg_attr_get_list(attrs, name, &list) ? list : &empty;
}

/* COLUMNS' types and, for dense ones, defaults (inputs from DEFAULTS_AT) and shapes. */
static int
set_up(mg_kernel_ctx *k, job *j, const char *sparse_types, const char *dense_types, const char *shapes, int defaults_at, mgreg_error *err)
{
	const mg_attrs *attrs = mg_kernel_attrs(k);
	const Pb__AttrValue__ListValue *s = list_attr(attrs, sparse_types), *d = list_attr(attrs, dense_types), *h = list_attr(attrs, shapes);
	int rc = 0;

	if (s->n_type != (size_t)j->sparse_count || d->n_type != (size_t)j->dense_count || h->n_shape != (size_t)j->dense_count)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "numbers of keys, types and shapes of the features do not match");
	for (int i = 0; i < j->sparse_count && rc == 0; i++)
		rc = column_begin(&j->sparse[i], j->sparse[i].key, (int)s->type[i], err);
	for (int i = 0; i < j->dense_count && rc == 0; i++)
		if ((rc = column_begin(&j->dense[i], j->dense[i].key, (int)d->type[i], err)) == 0)
			rc = column_dense(&j->dense[i], mg_kernel_input(k, defaults_at + i), h->shape[i], err);
	return rc;
}

static void
who_is(const mg_tensor *names, int64_t i, char *buf, size_t size)
{
	if (names && i < names->count)
		snprintf(buf, size, "%.*s", (int)MG_MIN(mg_tensor_string(names, i).len, size - 1), mg_tensor_string(names, i).ptr);
	else
		snprintf(buf, size, "<unknown> (index %lld)", (long long)i);
}

static int
parse_batch(job *j, const mg_tensor *serialized, const mg_tensor *names, uint32_t part, mgreg_error *err)
{
	char who[200];
	int rc = 0;

	if (names && names->count && names->count != serialized->count)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "expected len(names) == len(serialized), but got: %lld vs. %lld", (long long)names->count,
			(long long)serialized->count);
	for (int64_t i = 0; i < serialized->count && rc == 0; i++) {
		who_is(names, i, who, sizeof(who));
		rc = parse_one(j, mg_tensor_string(serialized, i), part, who, err);
	}
	return rc;
}

/* Outputs in the order of all these ops: indices, values, shapes of the sparse ones; then the dense ones. */
static int
put_all(mg_kernel_ctx *k, const job *j, bool single, int at, mgreg_error *err)
{
	int n = j->sparse_count, rc = 0;

	for (int i = 0; i < n && rc == 0; i++)
		rc = put_sparse(k, &j->sparse[i], single, at + i, at + n + i, at + 2 * n + i, err);
	for (int i = 0; i < j->dense_count && rc == 0; i++)
		rc = put_dense(k, &j->dense[i], single, at + 3 * n + i, err);
	return rc;
}

static int
parse_example_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_attrs *attrs = mg_kernel_attrs(k);
	const mg_tensor *serialized = mg_kernel_input(k, 0);
	job j = { 0 };
	int rc = 0;

	MG_TRY(job_begin(&j, mg_k_attr_int(attrs, "Nsparse", 0), mg_k_attr_int(attrs, "Ndense", 0), 0, err));
	if (mg_rank(serialized) != 1) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "expected serialized to be a vector");
		goto out;
	}
	for (int i = 0; i < j.sparse_count; i++)
		MG_TRY(one_key(mg_kernel_input(k, 2 + i), &j.sparse[i].key, err));
	for (int i = 0; i < j.dense_count; i++)
		MG_TRY(one_key(mg_kernel_input(k, 2 + j.sparse_count + i), &j.dense[i].key, err));
	MG_TRY(set_up(k, &j, "sparse_types", "Tdense", "dense_shapes", 2 + j.sparse_count + j.dense_count, err));
	MG_TRY(parse_batch(&j, serialized, mg_kernel_input(k, 1), 1, err));
	MG_TRY(put_all(k, &j, false, 0, err));
out:
	job_clear(&j);
	return rc;
}

static int
parse_example_v2_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_attrs *attrs = mg_kernel_attrs(k);
	const mg_tensor *serialized = mg_kernel_input(k, 0), *keys[3] = { mg_kernel_input(k, 2), mg_kernel_input(k, 3), mg_kernel_input(k, 4) };
	const Pb__AttrValue__ListValue *ragged = list_attr(attrs, "ragged_value_types");
	bool single = mg_rank(serialized) == 0;
	job j = { 0 };
	int rc = 0, at;

	MG_TRY(job_begin(&j, keys[0]->count, keys[1]->count, keys[2]->count, err));
	if (mg_rank(serialized) > 1) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "expected serialized to be a scalar or a vector");
		goto out;
	}
	if (ragged->n_type != (size_t)j.ragged_count || (single && j.ragged_count)) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "numbers of ragged keys and types do not match, or one example has ragged features");
		goto out;
	}
	for (int i = 0; i < j.sparse_count; i++)
		j.sparse[i].key = mg_tensor_string(keys[0], i);
	for (int i = 0; i < j.dense_count; i++)
		j.dense[i].key = mg_tensor_string(keys[1], i);
	for (int i = 0; i < j.ragged_count; i++)
		MG_TRY(column_begin(&j.ragged[i], mg_tensor_string(keys[2], i), (int)ragged->type[i], err));
	MG_TRY(set_up(k, &j, "sparse_types", "Tdense", "dense_shapes", 5, err));
	MG_TRY(parse_batch(&j, serialized, mg_kernel_input(k, 1), 1, err));
	MG_TRY(put_all(k, &j, single, 0, err));
	at = 3 * j.sparse_count + j.dense_count;
	for (int i = 0; i < j.ragged_count; i++)
		MG_TRY(put_ragged(k, &j.ragged[i], at + i, at + j.ragged_count + i, err));
out:
	job_clear(&j);
	return rc;
}

static mg_slice
list_string(const Pb__AttrValue__ListValue *l, size_t i)
{
	return (mg_slice){ (const char *)l->s[i].data, l->s[i].len };
}

static int
parse_single_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_attrs *attrs = mg_kernel_attrs(k);
	const Pb__AttrValue__ListValue *sparse = list_attr(attrs, "sparse_keys"), *dense = list_attr(attrs, "dense_keys");
	const mg_tensor *serialized = mg_kernel_input(k, 0);
	job j = { 0 };
	int rc = 0;

	MG_TRY(job_begin(&j, (int64_t)sparse->n_s, (int64_t)dense->n_s, 0, err));
	if (mg_rank(serialized) != 0 || mg_k_attr_int(attrs, "num_sparse", 0) != j.sparse_count) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "expected serialized to be a scalar and num_sparse the number of sparse_keys");
		goto out;
	}
	for (int i = 0; i < j.sparse_count; i++)
		j.sparse[i].key = list_string(sparse, (size_t)i);
	for (int i = 0; i < j.dense_count; i++)
		j.dense[i].key = list_string(dense, (size_t)i);
	MG_TRY(set_up(k, &j, "sparse_types", "Tdense", "dense_shapes", 1, err));
	MG_TRY(parse_batch(&j, serialized, NULL, 1, err));
	MG_TRY(put_all(k, &j, true, 0, err));
out:
	job_clear(&j);
	return rc;
}

/* ---- sequences: the context is an example of its own; feature lists have one feature for each step ---- */

/* Steps of F (NULL: none) into C, one length each; *STEPS how many. */
static int
add_steps(column *c, const feature *f, bool dense, const char *who, int64_t *steps, mgreg_error *err)
{
	mg_wire w = wire_of(f ? f->body : (mg_slice){ "", 0 });
	mg_wire_field x;
	int more, rc;

	*steps = 0;
	while ((more = mg_wire_next(&w, &x)) == 1) {
		feature step = { c->key, slice_of(&x) };
		size_t before = values_len(&c->v);
		bool present;

		if (x.number != 1 || x.type != MG_WIRE_LEN)
			continue;
		if ((rc = read_feature(&c->v, step.body, c->key, who, &present, err)) != 0 || (rc = note_length(c, before, err)) != 0)
			return rc;
		if (dense && (int64_t)(values_len(&c->v) - before) != c->row)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "name: %s, key: %.*s, index: %lld: number of values (%lld) != the %lld of its shape", who,
				(int)MG_MIN(c->key.len, (size_t)100), c->key.ptr, (long long)*steps, (long long)(values_len(&c->v) - before), (long long)c->row);
		++*steps;
	}
	return more < 0 ? malformed(who, err) : 0;
}

typedef MG_VEC(int64_t) numbers;       /* steps of each example */

/* [batch, steps, longest] (one example: [steps, longest]). */
static int
put_sparse_list(mg_kernel_ctx *k, const column *c, const numbers *steps, bool single, int indices_at, int values_at, int shape_at, mgreg_error *err)
{
	int64_t total = (int64_t)values_len(&c->v), width = single ? 2 : 3, at = 0, step = 0, most = 0, most_steps = 0;
	mg_tensor *indices, *out, *shape;
	int64_t *to;
	int rc;

	if ((rc = mg_kernel_output_dims(k, indices_at, (int64_t[]){ total, width }, 2, &indices, err)) != 0
	    || (rc = mg_kernel_output_dims(k, values_at, &total, 1, &out, err)) != 0
	    || (rc = mg_kernel_output_dims(k, shape_at, &width, 1, &shape, err)) != 0)
		return rc;
	to = indices->data;
	for (size_t b = 0; b < steps->len; b++) {
		most_steps = MG_MAX(most_steps, steps->at[b]);
		for (int64_t s = 0; s < steps->at[b]; s++, step++) {
			for (int64_t j = 0; j < c->lengths.at[step]; j++, at++) {
				if (!single)
					*to++ = (int64_t)b;
				*to++ = s;
				*to++ = j;
			}
			most = MG_MAX(most, c->lengths.at[step]);
		}
	}
	to = shape->data;
	if (!single)
		*to++ = (int64_t)steps->len;
	*to++ = most_steps;
	*to = most;
	return store(&c->v, 0, (size_t)total, out, 0, err);
}

/* [batch, most steps] + shape, zeros behind shorter ones; lengths, where asked for. */
static int
put_dense_list(mg_kernel_ctx *k, const column *c, const numbers *steps, bool single, int values_at, int lengths_at, mgreg_error *err)
{
	int64_t dims[MG_MAX_RANK + 2], most = 0, batch = (int64_t)steps->len, from = 0;
	mg_tensor *out, *lengths;
	int rank = 0, rc;

	if (c->shape.rank > MG_MAX_RANK - 2)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "too many dimensions");
	for (int64_t b = 0; b < batch; b++)
		most = MG_MAX(most, steps->at[b]);
	if (!single)
		dims[rank++] = batch;
	dims[rank++] = most;
	for (int d = 0; d < c->shape.rank; d++)
		dims[rank++] = mg_shape_dim(&c->shape, d);
	if ((rc = mg_kernel_output_dims(k, values_at, dims, rank, &out, err)) != 0 || (rc = mg_k_fill(k, out, NULL, 0, err)) != 0)
		return rc;
	for (int64_t b = 0; b < batch && rc == 0; b++) {
		rc = store(&c->v, (size_t)from, (size_t)(steps->at[b] * c->row), out, b * most * c->row, err);
		from += steps->at[b] * c->row;
	}
	if (rc || lengths_at < 0 || (rc = mg_kernel_output_dims(k, lengths_at, &batch, 1, &lengths, err)) != 0)
		return rc;
	for (int64_t b = 0; b < batch; b++)
		MG_DATA(lengths, int64_t)[b] = steps->at[b];
	return 0;
}

/* Which dense lists may be missing (then they have no steps)? */
typedef struct absent {
	const mg_tensor *tensor;
	const Pb__AttrValue__ListValue *list;
} absent;

static bool
may_miss(const absent *a, mg_slice key)
{
	for (int64_t i = 0; a->tensor && i < a->tensor->count; i++)
		if (mg_slice_cmp(mg_tensor_string(a->tensor, i), key) == 0)
			return true;
	for (size_t i = 0; a->list && i < a->list->n_s; i++)
		if (mg_slice_cmp(list_string(a->list, i), key) == 0)
			return true;
	return false;
}

static int
parse_lists(job *j, numbers *steps, mg_slice message, const char *who, const absent *a, mgreg_error *err)
{
	features list = { 0 };
	int rc = 0;

	MG_TRY(read_part(message, 2, who, &list, err));
	for (int i = 0; i < j->sparse_count + j->dense_count; i++) {
		bool dense = i >= j->sparse_count;
		column *c = dense ? &j->dense[i - j->sparse_count] : &j->sparse[i];
		const feature *f = find(&list, c->key);
		int64_t n;

		if (dense && !f && !may_miss(a, c->key)) {
			rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "name: %s, feature list '%.*s' is required but could not be found", who, (int)MG_MIN(c->key.len, (size_t)100),
				c->key.ptr);
			goto out;
		}
		MG_TRY(add_steps(c, f, dense, who, &n, err));
		if (!mg_vec_push(&steps[i], n)) {
			rc = mg_fail_nomem(err, 0);
			goto out;
		}
	}
out:
	mg_vec_clear(&list);
	return rc;
}

static int
set_up_lists(mg_kernel_ctx *k, job *j, mgreg_error *err)
{
	const mg_attrs *attrs = mg_kernel_attrs(k);
	const Pb__AttrValue__ListValue *s = list_attr(attrs, "feature_list_sparse_types"), *d = list_attr(attrs, "feature_list_dense_types"),
		*h = list_attr(attrs, "feature_list_dense_shapes");
	int rc = 0;

	if (s->n_type != (size_t)j->sparse_count || d->n_type != (size_t)j->dense_count || h->n_shape != (size_t)j->dense_count)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "numbers of keys, types and shapes of the feature lists do not match");
	for (int i = 0; i < j->sparse_count && rc == 0; i++)
		rc = column_begin(&j->sparse[i], j->sparse[i].key, (int)s->type[i], err);
	for (int i = 0; i < j->dense_count && rc == 0; i++)
		if ((rc = column_begin(&j->dense[i], j->dense[i].key, (int)d->type[i], err)) == 0
		    && (rc = column_dense(&j->dense[i], NULL, h->shape[i], err)) == 0 && j->dense[i].variable)
			rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "the shape of a step of '%.*s' must be known", (int)MG_MIN(j->dense[i].key.len, (size_t)100), j->dense[i].key.ptr);
	return rc;
}

/* SINGLE: keys are inputs and there is one example; otherwise keys are attributes and there are lengths. */
static int
parse_sequence(mg_kernel_ctx *k, bool single, mgreg_error *err)
{
	static const char *const attr_of[4] = { "context_sparse_keys", "context_dense_keys", "feature_list_sparse_keys", "feature_list_dense_keys" };
	static const char *const count_of[4] = { "Ncontext_sparse", "Ncontext_dense", "Nfeature_list_sparse", "Nfeature_list_dense" };
	const mg_attrs *attrs = mg_kernel_attrs(k);
	const mg_tensor *serialized = mg_kernel_input(k, 0), *names;
	absent a = { single ? mg_kernel_input(k, 1) : NULL, single ? NULL : list_attr(attrs, "feature_list_dense_missing_assumed_empty") };
	job context = { 0 }, lists = { 0 };
	numbers *steps = NULL;
	int64_t n[4];
	int at = 2, lists_count = 0, rc = 0;
	char who[200];

	for (int i = 0; i < 4; i++)
		n[i] = single ? mg_k_attr_int(attrs, count_of[i], 0) : (int64_t)list_attr(attrs, attr_of[i])->n_s;
	MG_TRY(job_begin(&context, n[0], n[1], 0, err));
	MG_TRY(job_begin(&lists, n[2], n[3], 0, err));
	lists_count = lists.sparse_count + lists.dense_count;
	if (!(steps = mg_calloc((size_t)lists_count + 1, sizeof(*steps)))) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	for (int i = 0; i < 4; i++) {
		column *to = i == 0 ? context.sparse : i == 1 ? context.dense : i == 2 ? lists.sparse : lists.dense;

		for (int64_t c = 0; c < n[i]; c++)
			if (single)
				MG_TRY(one_key(mg_kernel_input(k, at++), &to[c].key, err));
			else
				to[c].key = list_string(list_attr(attrs, attr_of[i]), (size_t)c);
	}
	names = mg_kernel_input(k, single ? at + context.dense_count : 1);
	MG_TRY(set_up(k, &context, "context_sparse_types", "Tcontext_dense", "context_dense_shapes", at, err));
	MG_TRY(set_up_lists(k, &lists, err));
	single = single || mg_rank(serialized) == 0;
	if (mg_rank(serialized) > 1 || (single && serialized->count != 1)) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "serialized must be a %s", single ? "scalar" : "scalar or a vector");
		goto out;
	}
	for (int64_t i = 0; i < serialized->count; i++) {
		who_is(names, i, who, sizeof(who));
		MG_TRY(parse_one(&context, mg_tensor_string(serialized, i), 1, who, err));
		MG_TRY(parse_lists(&lists, steps, mg_tensor_string(serialized, i), who, &a, err));
	}
	MG_TRY(put_all(k, &context, single, 0, err));
	at = 3 * context.sparse_count + context.dense_count;
	for (int i = 0; i < lists.sparse_count; i++)
		MG_TRY(put_sparse_list(k, &lists.sparse[i], &steps[i], single, at + i, at + lists.sparse_count + i, at + 2 * lists.sparse_count + i, err));
	at += 3 * lists.sparse_count;
	for (int i = 0; i < lists.dense_count; i++)
		MG_TRY(put_dense_list(k, &lists.dense[i], &steps[lists.sparse_count + i], single, at + i,
			mg_kernel_output_count(k) > at + lists.dense_count ? at + lists.dense_count + i : -1, err));
out:
	for (int i = 0; steps && i < lists_count; i++)
		mg_vec_clear(&steps[i]);
	mg_free(steps);
	job_clear(&context);
	job_clear(&lists);
	return rc;
}

static int sequence_run(mg_kernel_ctx *k, mgreg_error *err) { return parse_sequence(k, false, err); }
static int single_sequence_run(mg_kernel_ctx *k, mgreg_error *err) { return parse_sequence(k, true, err); }

const mg_kernel mg_kernels_example[] = {
	{ "ParseExample", .run = parse_example_run },
	{ "ParseExampleV2", .run = parse_example_v2_run },
	{ "ParseSingleExample", .run = parse_single_run },
	{ "ParseSequenceExample", .run = sequence_run },
	{ "ParseSingleSequenceExample", .run = single_sequence_run },
	{ .op = NULL }
};
