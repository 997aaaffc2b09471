/* SPDX-License-Identifier: Apache-2.0 */
/*
 * k_sparse_more.c - sparse tensors: slices, splits, sums and maxima along axes, element by element with dense and sparse ones, softmax,
 * crosses of features.
 */
#include "runtime/kernels/k_common.h"
#include <math.h>
#include "base/fprint.h"

typedef struct sparse {
	const mg_tensor *indices, *values, *dims;
	int64_t n, rank;
} sparse;

#define AT(s, i, d) (MG_CDATA((s)->indices, int64_t)[(i) * (s)->rank + (d)])
#define DIM(s, d) (MG_CDATA((s)->dims, int64_t)[d])

static int
read_sparse(mg_kernel_ctx *k, int at, sparse *s, mgreg_error *err)
{
	*s = (sparse){ mg_kernel_input(k, at), mg_kernel_input(k, at + 1), mg_kernel_input(k, at + 2), 0, 0 };
	if (mg_rank(s->indices) != 2 || mg_rank(s->values) != 1 || mg_rank(s->dims) != 1 || mg_dim(s->indices, 1) != s->dims->count
	    || mg_dim(s->indices, 0) != s->values->count || s->dims->count > MG_MAX_RANK)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "a sparse tensor needs indices [n, rank], values [n] and shape [rank]");
	s->n = s->values->count;
	s->rank = s->dims->count;
	for (int64_t d = 0; d < s->rank; d++)
		if (DIM(s, d) < 0)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "shape[%lld] is negative", (long long)d);
	for (int64_t i = 0; i < s->n; i++)
		for (int64_t d = 0; d < s->rank; d++)
			if (AT(s, i, d) < 0 || AT(s, i, d) >= DIM(s, d))
				return mg_fail(err, MGREG_INVALID_ARGUMENT, "indices[%lld,%lld] = %lld is out of bounds: not in [0, %lld)", (long long)i, (long long)d,
					(long long)AT(s, i, d), (long long)DIM(s, d));
	return 0;
}

/* Outputs AT, AT + 1: the entries of S that KEPT lists, moved by -BEGIN. */
static int
put_entries(mg_kernel_ctx *k, const sparse *s, const int64_t *kept, int64_t n, const int64_t *begin, int at_indices, int at_values, mgreg_error *err)
{
	mg_tensor *indices, *values;
	int rc;

	if ((rc = mg_kernel_output_dims(k, at_indices, (int64_t[]){ n, s->rank }, 2, &indices, err)) != 0
	    || (rc = mg_kernel_output_dims(k, at_values, &n, 1, &values, err)) != 0)
		return rc;
	for (int64_t i = 0; i < n && rc == 0; i++) {
		for (int64_t d = 0; d < s->rank; d++)
			MG_DATA(indices, int64_t)[i * s->rank + d] = AT(s, kept[i], d) - begin[d];
		rc = mg_k_copy_run(values, i, s->values, kept[i], 1, err);
	}
	return rc;
}

/* ---- SparseSlice and its gradient, SparseSplit ---- */

static int64_t
entries_in(const sparse *s, const int64_t *begin, const int64_t *size, int64_t *kept)
{
	int64_t n = 0;

	for (int64_t i = 0; i < s->n; i++) {
		bool in = true;

		for (int64_t d = 0; d < s->rank && in; d++)
			in = AT(s, i, d) >= begin[d] && AT(s, i, d) - begin[d] < size[d];
		if (in)
			kept[n++] = i;
	}
	return n;
}

static int
slice_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *start = mg_kernel_input(k, 3), *size = mg_kernel_input(k, 4);
	int64_t *kept, begin[MG_MAX_RANK], length[MG_MAX_RANK];
	mg_tensor *shape;
	void *memory;
	sparse s;
	int rc;

	if ((rc = read_sparse(k, 0, &s, err)) != 0)
		return rc;
	if (mg_rank(start) != 1 || mg_rank(size) != 1 || start->count != s.rank || size->count != s.rank)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "start and size must have an element for each dimension");
	if ((rc = mg_kernel_scratch(k, (size_t)s.n * 8 + 8, &memory, err)) != 0 || (rc = mg_kernel_output_dims(k, 2, &s.rank, 1, &shape, err)) != 0)
		return rc;
	kept = memory;
	for (int64_t d = 0; d < s.rank; d++) {
		begin[d] = mg_k_int(start, d);
		if (begin[d] < 0 || mg_k_int(size, d) < 0)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "start and size must not be negative");
		length[d] = MG_MAX(MG_MIN(mg_k_int(size, d), DIM(&s, d) - begin[d]), (int64_t)0);
		MG_DATA(shape, int64_t)[d] = length[d];
	}
	return put_entries(k, &s, kept, entries_in(&s, begin, length, kept), begin, 0, 1, err);
}

static int
slice_grad_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *g = mg_kernel_input(k, 0), *in = mg_kernel_input(k, 1), *start = mg_kernel_input(k, 2), *out = mg_kernel_input(k, 3);
	int64_t n, rank, j = 0;
	mg_tensor *y;
	int rc;

	if (mg_rank(g) != 1 || mg_rank(in) != 2 || mg_rank(out) != 2 || mg_rank(start) != 1 || mg_dim(in, 1) != mg_dim(out, 1) || start->count != mg_dim(in, 1)
	    || mg_dim(out, 0) != g->count)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "backprop_val_grad must be [m], the indices [n, rank] and [m, rank], input_start [rank]");
	n = mg_dim(in, 0);
	rank = mg_dim(in, 1);
	if ((rc = mg_kernel_output_dims(k, 0, &n, 1, &y, err)) != 0 || (rc = mg_k_fill(k, y, NULL, 0, err)) != 0)
		return rc;
	for (int64_t i = 0; i < n && j < g->count && rc == 0; i++) {
		bool same = true;

		for (int64_t d = 0; d < rank && same; d++)
			same = MG_CDATA(in, int64_t)[i * rank + d] == MG_CDATA(out, int64_t)[j * rank + d] + mg_k_int(start, d);
		if (same)
			rc = mg_k_copy_run(y, i, g, j++, 1, err);
	}
	if (rc == 0 && j < g->count)
		rc = mg_fail(err, MGREG_INTERNAL, "elements of backprop_val_grad are not all propagated: %lld of %lld", (long long)j, (long long)g->count);
	return rc;
}

static int
split_run(mg_kernel_ctx *k, mgreg_error *err)
{
	int64_t parts = mg_k_attr_int(mg_kernel_attrs(k), "num_split", 1), axis_value, begin[MG_MAX_RANK] = { 0 }, size[MG_MAX_RANK], at = 0;
	mg_tensor *shape;
	void *memory;
	sparse s;
	int axis, rc;

	if ((rc = mg_k_scalar(mg_kernel_input(k, 0), "split_dim", &axis_value, err)) != 0 || (rc = read_sparse(k, 1, &s, err)) != 0
	    || (rc = mg_k_axis_value(axis_value, (int)s.rank, "split_dim", &axis, err)) != 0)
		return rc;
	if (parts < 1 || parts > DIM(&s, axis))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "input num_split should be between 1 and the splitting dimension size (%lld), got %lld",
			(long long)DIM(&s, axis), (long long)parts);
	if ((rc = mg_kernel_scratch(k, (size_t)s.n * 8 + 8, &memory, err)) != 0)
		return rc;
	for (int64_t d = 0; d < s.rank; d++)
		size[d] = DIM(&s, d);
	for (int p = 0; p < parts && rc == 0; p++) {
		begin[axis] = at;
		size[axis] = DIM(&s, axis) / parts + (p < DIM(&s, axis) % parts);
		at += size[axis];
		if ((rc = mg_kernel_output_dims(k, (int)(2 * parts) + p, &s.rank, 1, &shape, err)) != 0)
			break;
		memcpy(shape->data, size, (size_t)s.rank * sizeof(*size));
		rc = put_entries(k, &s, memory, entries_in(&s, begin, size, memory), begin, p, (int)parts + p, err);
	}
	return rc;
}

/* ---- reductions: entries of one place of the output, added or compared in their order ---- */

static int
reduce(mg_kernel_ctx *k, bool max, bool to_sparse, mgreg_error *err)
{
	const mg_tensor *axes = mg_kernel_input(k, 3);
	bool keep = mg_k_attr_bool(mg_kernel_attrs(k), "keep_dims", false), gone[MG_MAX_RANK] = { false };
	int64_t dims[MG_MAX_RANK], strides[MG_MAX_RANK] = { 0 }, places = 1, found = 0;
	mg_tensor dense = { 0 }, *y = NULL, *indices, *shape;
	mg_shape full = MG_SHAPE_SCALAR;
	uint8_t *seen = NULL;
	int rank = 0, rc;
	sparse s;

	MG_TRY(read_sparse(k, 0, &s, err));
	for (int64_t i = 0; i < axes->count; i++) {
		int axis;

		MG_TRY(mg_k_axis_value(mg_k_int(axes, i), (int)s.rank, "reduction dimension", &axis, err));
		gone[axis] = true;
	}
	for (int64_t d = s.rank; d-- > 0;)
		if (!gone[d]) {
			strides[d] = places;
			if (__builtin_mul_overflow(places, DIM(&s, d), &places)) {
				rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "the result has too many elements");
				goto out;
			}
		}
	for (int64_t d = 0; d < s.rank; d++)
		if (!gone[d] || keep)
			dims[rank++] = gone[d] ? 1 : DIM(&s, d);
	MG_TRY(mg_shape_set(&full, dims, rank, err));
	if (to_sparse)
		MG_TRY(mg_kernel_alloc(k, &dense, s.values->dtype, &full, err));
	else
		MG_TRY(mg_kernel_output(k, 0, &full, &y, err));
	if (to_sparse)
		y = &dense;
	MG_TRY(mg_k_fill(k, y, NULL, 0, err));
	if (!(seen = mg_calloc((size_t)places + 1, 1))) {
		rc = mg_fail_nomem(err, (size_t)places);
		goto out;
	}
	for (int64_t i = 0; i < s.n; i++) {
		int64_t at = 0;

		for (int64_t d = 0; d < s.rank; d++)
			at += AT(&s, i, d) * strides[d];
		found += !seen[at];
		switch (y->dtype) {
#define CASE(t, d, _) case d: { \
			c_##t v = ld_##t(MG_CDATA(s.values, t_##t)[i]), have = ld_##t(MG_DATA(y, t_##t)[at]); \
			MG_DATA(y, t_##t)[at] = st_##t((c_##t)(!seen[at] ? v : max ? MG_MAX(have, v) : (c_##t)((w_##t)have + (w_##t)v))); \
			break; \
		}
		K_REALS(CASE, 0)
#undef CASE
		default: rc = mg_k_no_type(y->dtype, err); goto out;
		}
		seen[at] = 1;
	}
	if (!to_sparse)
		goto out;
	MG_TRY(mg_kernel_output_dims(k, 0, (int64_t[]){ found, rank }, 2, &indices, err));
	MG_TRY(mg_kernel_output_dims(k, 1, &found, 1, &y, err));
	MG_TRY(mg_kernel_output_dims(k, 2, (int64_t[]){ rank }, 1, &shape, err));
	memcpy(shape->data, dims, (size_t)rank * sizeof(*dims));
	for (int64_t i = 0, n = 0; i < places; i++) {
		int64_t rest = i;

		if (!seen[i])
			continue;
		for (int d = rank; d-- > 0; rest /= dims[d])
			MG_DATA(indices, int64_t)[n * rank + d] = rest % dims[d];
		MG_TRY(mg_k_copy_run(y, n++, &dense, i, 1, err));
	}
out:
	mg_free(seen);
	mg_tensor_clear(&dense);
	mg_shape_clear(&full);
	return rc;
}

static int sum_run(mg_kernel_ctx *k, mgreg_error *err) { return reduce(k, false, false, err); }
static int sum_sparse_run(mg_kernel_ctx *k, mgreg_error *err) { return reduce(k, false, true, err); }
static int max_run(mg_kernel_ctx *k, mgreg_error *err) { return reduce(k, true, false, err); }
static int max_sparse_run(mg_kernel_ctx *k, mgreg_error *err) { return reduce(k, true, true, err); }

/* ---- with a dense tensor that is broadcast to the sparse one's shape ---- */

static int
cwise(mg_kernel_ctx *k, char op, mgreg_error *err)
{
	const mg_tensor *dense = mg_kernel_input(k, 3);
	int64_t strides[MG_MAX_RANK], offset;
	mg_tensor *y;
	sparse s;
	int rc;

	if ((rc = read_sparse(k, 0, &s, err)) != 0)
		return rc;
	offset = s.rank - mg_rank(dense);
	for (int64_t d = 0; d < mg_rank(dense); d++)
		if (offset < 0 || (mg_dim(dense, (int)d) != 1 && mg_dim(dense, (int)d) != DIM(&s, offset + d)))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "SparseDenseBinaryOpShared broadcasts dense to sparse only; got incompatible shapes");
	if ((rc = mg_kernel_output(k, 0, &s.values->shape, &y, err)) != 0)
		return rc;
	mg_k_strides(mg_shape_cdims(&dense->shape), mg_rank(dense), strides);
	for (int64_t i = 0; i < s.n; i++) {
		int64_t at = 0;

		for (int64_t d = 0; d < mg_rank(dense); d++)
			at += mg_dim(dense, (int)d) == 1 ? 0 : AT(&s, i, offset + d) * strides[d];
		switch (y->dtype) {
#define CASE(t, d, _) case d: { \
			c_##t a = ld_##t(MG_CDATA(s.values, t_##t)[i]), b = ld_##t(MG_CDATA(dense, t_##t)[at]); \
			if (op == '/' && b == 0 && mg_dtype_is_integer(y->dtype)) \
				return mg_fail(err, MGREG_INVALID_ARGUMENT, "integer division by zero"); \
			if (op == '/') \
				MG_DATA(y, t_##t)[i] = st_##t((c_##t)(a / b)); \
			else \
				MG_DATA(y, t_##t)[i] = st_##t((c_##t)(op == '+' ? (w_##t)a + (w_##t)b : (w_##t)a * (w_##t)b)); \
			break; \
		}
		K_NUMBERS(CASE, 0)
#undef CASE
		default: return mg_k_no_type(y->dtype, err);
		}
	}
	return 0;
}

static int add_run(mg_kernel_ctx *k, mgreg_error *err) { return cwise(k, '+', err); }
static int mul_run(mg_kernel_ctx *k, mgreg_error *err) { return cwise(k, '*', err); }
static int div_run(mg_kernel_ctx *k, mgreg_error *err) { return cwise(k, '/', err); }

/* ---- the greater (smaller) of two sparse ones in dictionary order; what is absent is zero ---- */

static int
compare(const sparse *a, int64_t i, const sparse *b, int64_t j)
{
	if (i >= a->n || j >= b->n)
		return i >= a->n ? 1 : -1;
	for (int64_t d = 0; d < a->rank; d++)
		if (AT(a, i, d) != AT(b, j, d))
			return AT(a, i, d) < AT(b, j, d) ? -1 : 1;
	return 0;
}

static int
extreme(mg_kernel_ctx *k, bool max, mgreg_error *err)
{
	int64_t n = 0, i, j;
	mg_tensor *indices, *y;
	sparse a, b;
	int rc;

	if ((rc = read_sparse(k, 0, &a, err)) != 0 || (rc = read_sparse(k, 3, &b, err)) != 0)
		return rc;
	if (a.rank != b.rank || memcmp(a.dims->data, b.dims->data, (size_t)a.rank * 8) != 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "operands' shapes do not match");
	for (i = j = 0; i < a.n || j < b.n; n++) {
		int c = compare(&a, i, &b, j);

		i += c <= 0;
		j += c >= 0;
	}
	if ((rc = mg_kernel_output_dims(k, 0, (int64_t[]){ n, a.rank }, 2, &indices, err)) != 0 || (rc = mg_kernel_output_dims(k, 1, &n, 1, &y, err)) != 0)
		return rc;
	n = 0;
	for (i = j = 0; i < a.n || j < b.n; n++) {
		int c = compare(&a, i, &b, j);

		for (int64_t d = 0; d < a.rank; d++)
			MG_DATA(indices, int64_t)[n * a.rank + d] = c <= 0 ? AT(&a, i, d) : AT(&b, j, d);
		switch (y->dtype) {
#define CASE(t, dt, _) case dt: { \
			c_##t u = c <= 0 ? ld_##t(MG_CDATA(a.values, t_##t)[i]) : 0, v = c >= 0 ? ld_##t(MG_CDATA(b.values, t_##t)[j]) : 0; \
			MG_DATA(y, t_##t)[n] = st_##t((c_##t)(max ? MG_MAX(u, v) : MG_MIN(u, v))); \
			break; \
		}
		K_REALS(CASE, 0)
#undef CASE
		default: return mg_k_no_type(y->dtype, err);
		}
		i += c <= 0;
		j += c >= 0;
	}
	return 0;
}

static int maximum_run(mg_kernel_ctx *k, mgreg_error *err) { return extreme(k, true, err); }
static int minimum_run(mg_kernel_ctx *k, mgreg_error *err) { return extreme(k, false, err); }

/* ---- softmax over the last dimension, of the entries that are there ---- */

static int
softmax_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_tensor *y;
	sparse s;
	int rc;

	if ((rc = read_sparse(k, 0, &s, err)) != 0)
		return rc;
	if (s.rank < 2)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "input should have rank >= 2, got %lld", (long long)s.rank);
	if ((rc = mg_kernel_output(k, 0, &s.values->shape, &y, err)) != 0)
		return rc;
	for (int64_t i = 0, end; i < s.n; i = end) {
		double largest = -INFINITY, sum = 0, v = 0;

		for (end = i; end < s.n && memcmp(&AT(&s, end, 0), &AT(&s, i, 0), (size_t)(s.rank - 1) * 8) == 0; end++) {
			mg_tensor_as_double(s.values, end, &v);
			largest = MG_MAX(largest, v);
		}
		for (int64_t j = i; j < end; j++) {
			mg_tensor_as_double(s.values, j, &v);
			sum += exp(v - largest);
		}
		for (int64_t j = i; j < end; j++) {
			mg_tensor_as_double(s.values, j, &v);
			if (y->dtype == MGREG_DOUBLE)
				MG_DATA(y, double)[j] = exp(v - largest) / sum;
			else
				MG_DATA(y, float)[j] = (float)(exp(v - largest) / sum);
		}
	}
	return 0;
}

/* ---- SparseCross: each combination of one feature from each column, the last column fastest ---- */

typedef struct column {
	const mg_tensor *values;
	const int64_t   *first;         /* sparse: of each row, where its values begin */
	int64_t          width;         /* dense */
} column;

static int64_t
count_of(const column *c, int64_t row)
{
	return c->first ? c->first[row + 1] - c->first[row] : c->width;
}

static int64_t
place_of(const column *c, int64_t row, int64_t i)
{
	return c->first ? c->first[row] + i : row * c->width + i;
}

static uint64_t
mix(uint64_t v)
{
	return v ^ v >> 47;
}

static uint64_t
join_hashes(uint64_t a, uint64_t b)
{
	const uint64_t m = UINT64_C(0xc6a4a7935bd1e995);
	uint64_t r = a ^ m;

	r ^= mix(b * m) * m;
	r *= m;
	return mix(mix(r) * m);
}

typedef struct crossing {
	column  *columns;
	int      count;
	int64_t  rows;
} crossing;

/* Columns from the inputs: N sparse ones, then dense ones; rows' beginnings in scratch memory. */
static int
read_columns(mg_kernel_ctx *k, crossing *x, int n, mgreg_error *err)
{
	int dense = mg_kernel_input_count(k) - 3 * n, rc;
	void *memory;

	x->count = n + dense;
	if (dense < 0 || x->count == 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "a cross needs at least one column");
	x->rows = n ? (mg_kernel_input(k, 2 * n)->count ? mg_k_int(mg_kernel_input(k, 2 * n), 0) : 0) : mg_rank(mg_kernel_input(k, 3 * n)) == 2 ? mg_dim(mg_kernel_input(k, 3 * n), 0) : 0;
	if (x->rows < 0 || x->rows > INT32_MAX)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "a batch of %lld rows", (long long)x->rows);
	if ((rc = mg_kernel_scratch(k, (size_t)x->count * sizeof(column), &memory, err)) != 0)
		return rc;
	x->columns = memory;
	for (int i = 0; i < n; i++) {
		const mg_tensor *indices = mg_kernel_input(k, i), *values = mg_kernel_input(k, n + i), *shape = mg_kernel_input(k, 2 * n + i);
		int64_t *first, at = 0;

		if (mg_rank(indices) != 2 || mg_dim(indices, 1) != 2 || mg_rank(values) != 1 || mg_rank(shape) != 1 || shape->count != 2
		    || mg_dim(indices, 0) != values->count || mg_k_int(shape, 0) != x->rows)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "column %d must be a sparse matrix of %lld rows", i, (long long)x->rows);
		if ((rc = mg_kernel_scratch(k, (size_t)(x->rows + 1) * sizeof(*first), &memory, err)) != 0)
			return rc;
		first = memory;
		for (int64_t r = 0; r <= x->rows; r++) {
			while (at < values->count && MG_CDATA(indices, int64_t)[2 * at] < r)
				at++;
			first[r] = at;
		}
		if (first[x->rows] != values->count || (values->count && MG_CDATA(indices, int64_t)[0] < 0))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "column %d has rows out of order or out of bounds", i);
		x->columns[i] = (column){ values, first, 0 };
	}
	for (int i = 0; i < dense; i++) {
		const mg_tensor *t = mg_kernel_input(k, 3 * n + i);

		if (mg_rank(t) != 2 || mg_dim(t, 0) != x->rows)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "dense column %d must be a matrix of %lld rows", i, (long long)x->rows);
		x->columns[n + i] = (column){ t, NULL, mg_dim(t, 1) };
	}
	return 0;
}

static int
put_cross(const crossing *x, int64_t row, int64_t which, mg_tensor *out, int64_t at, uint64_t key, uint64_t buckets, mg_str *text, mgreg_error *err)
{
	int64_t choice[64], rest = which;
	uint64_t hash = key;

	for (int c = x->count; c-- > 0;) {
		choice[c] = rest % count_of(&x->columns[c], row);
		rest /= count_of(&x->columns[c], row);
	}
	mg_str_reset(text);
	for (int c = 0; c < x->count; c++) {
		const mg_tensor *v = x->columns[c].values;
		int64_t i = place_of(&x->columns[c], row, choice[c]);

		if (out->dtype == MGREG_STRING) {
			mg_str_add(text, c ? "_X_" : "");
			if (v->dtype == MGREG_STRING)
				mg_str_append(text, mg_tensor_string(v, i).ptr, mg_tensor_string(v, i).len);
			else
				mg_str_printf(text, "%lld", (long long)MG_CDATA(v, int64_t)[i]);
		} else {
			hash = join_hashes(hash, v->dtype == MGREG_STRING ? mg_fingerprint64(mg_tensor_string(v, i).ptr, mg_tensor_string(v, i).len)
				: (uint64_t)MG_CDATA(v, int64_t)[i]);
		}
	}
	if (out->dtype == MGREG_STRING)
		return text->failed ? mg_str_check(text, err) : mg_tensor_set_string(out, at, text->ptr, text->len, err);
	MG_DATA(out, int64_t)[at] = (int64_t)(hash % (buckets ? buckets : (uint64_t)INT64_MAX));
	return 0;
}

static int
cross_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_attrs *attrs = mg_kernel_attrs(k);
	int64_t n = mg_k_attr_int(attrs, "N", 0), total = 0, most = 0, at = 0;
	mg_tensor *indices, *values, *shape;
	mg_str text = MG_STR_INIT;
	crossing x = { 0 };
	int rc;

	if (n < 0 || 3 * n > mg_kernel_input_count(k))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "a cross of %lld sparse columns", (long long)n);
	if ((rc = read_columns(k, &x, (int)n, err)) != 0)
		return rc;
	if (x.count > 64)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "a cross of %d columns is too large", x.count);
	for (int64_t r = 0; r < x.rows; r++) {
		int64_t each = 1;

		for (int c = 0; c < x.count; c++)
			if (__builtin_mul_overflow(each, count_of(&x.columns[c], r), &each))
				return mg_fail(err, MGREG_INVALID_ARGUMENT, "a cross has too many combinations");
		if (__builtin_add_overflow(total, each, &total))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "a cross has too many combinations");
		most = MG_MAX(most, each);
	}
	if ((rc = mg_kernel_output_dims(k, 0, (int64_t[]){ total, 2 }, 2, &indices, err)) != 0 || (rc = mg_kernel_output_dims(k, 1, &total, 1, &values, err)) != 0
	    || (rc = mg_kernel_output_dims(k, 2, (int64_t[]){ 2 }, 1, &shape, err)) != 0)
		return rc;
	MG_DATA(shape, int64_t)[0] = x.rows;
	MG_DATA(shape, int64_t)[1] = most;
	for (int64_t r = 0; r < x.rows && rc == 0; r++) {
		int64_t each = 1;

		for (int c = 0; c < x.count; c++)
			each *= count_of(&x.columns[c], r);
		for (int64_t i = 0; i < each && rc == 0; i++, at++) {
			MG_DATA(indices, int64_t)[2 * at] = r;
			MG_DATA(indices, int64_t)[2 * at + 1] = i;
			rc = put_cross(&x, r, i, values, at, (uint64_t)mg_k_attr_int(attrs, "hash_key", 0), (uint64_t)mg_k_attr_int(attrs, "num_buckets", 0), &text, err);
		}
	}
	mg_str_clear(&text);
	return rc;
}

const mg_kernel mg_kernels_sparse_more[] = {
	{ "SparseSlice", .run = slice_run }, { "SparseSliceGrad", .run = slice_grad_run }, { "SparseSplit", .run = split_run },
	{ "SparseReduceSum", "T=" K_REALS_TEXT, .run = sum_run }, { "SparseReduceSumSparse", "T=" K_REALS_TEXT, .run = sum_sparse_run },
	{ "SparseReduceMax", "T=" K_REALS_TEXT, .run = max_run }, { "SparseReduceMaxSparse", "T=" K_REALS_TEXT, .run = max_sparse_run },
	{ "SparseDenseCwiseAdd", "T=" K_NUMBERS_TEXT, .run = add_run }, { "SparseDenseCwiseMul", "T=" K_NUMBERS_TEXT, .run = mul_run },
	{ "SparseDenseCwiseDiv", "T=" K_NUMBERS_TEXT, .run = div_run },
	{ "SparseSparseMaximum", "T=" K_REALS_TEXT, .run = maximum_run }, { "SparseSparseMinimum", "T=" K_REALS_TEXT, .run = minimum_run },
	{ "SparseSoftmax", .run = softmax_run }, { "SparseCross", .run = cross_run },
	{ .op = NULL }
};
