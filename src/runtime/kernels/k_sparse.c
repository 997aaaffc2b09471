/* SPDX-License-Identifier: Apache-2.0 */
/*
 * k_sparse.c - sparse tensors (indices [n, rank], values [n], shape [rank]): ordering, reshaping, concatenation, sums, filling,
 * and products with dense ones.
 */
#include "runtime/kernels/k_common.h"
#include <math.h>
#include <stdlib.h>

/* ---- the three parts of a sparse tensor ---- */
typedef struct sparse {
	const mg_tensor *indices, *values, *dims;
	int64_t n;
	int     rank;
} sparse;

static int
read_sparse(mg_kernel_ctx *k, int at, sparse *s, mgreg_error *err)
{
	int rc;

	s->indices = mg_kernel_input(k, at);
	s->values = mg_kernel_input(k, at + 1);
	s->dims = mg_kernel_input(k, at + 2);
	if ((rc = mg_k_rank_is(s->indices, 2, "indices", err)) != 0 || (rc = mg_k_rank_is(s->values, 1, "values", err)) != 0
			|| (rc = mg_k_vector(s->dims, "shape", err)) != 0)
		return rc;
	s->n = mg_dim(s->indices, 0);
	if (s->dims->count > MG_MAX_RANK || mg_dim(s->indices, 1) != s->dims->count)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "indices of rank %lld do not fit a shape of %lld dimensions",
			(long long)mg_dim(s->indices, 1), (long long)s->dims->count);
	if (s->values->count != s->n)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "%lld values for %lld indices", (long long)s->values->count, (long long)s->n);
	s->rank = (int)s->dims->count;
	for (int d = 0; d < s->rank; d++)
		if (mg_k_int(s->dims, d) < 0)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "shape[%d] is %lld, expected at least 0", d, (long long)mg_k_int(s->dims, d));
	for (int64_t i = 0; i < s->n; i++)
		for (int d = 0; d < s->rank; d++) {
			int64_t v = mg_k_int(s->indices, i * s->rank + d);
			if (v < 0 || v >= mg_k_int(s->dims, d))
				return mg_fail(err, MGREG_INVALID_ARGUMENT, "indices[%lld,%d] = %lld is out of bounds: not in [0, %lld)",
					(long long)i, d, (long long)v, (long long)mg_k_int(s->dims, d));
		}
	return 0;
}

static int
compare_rows(const mg_tensor *a, int64_t i, const mg_tensor *b, int64_t j, int rank)
{
	for (int d = 0; d < rank; d++) {
		int64_t x = mg_k_int(a, i * rank + d), y = mg_k_int(b, j * rank + d);
		if (x != y)
			return x < y ? -1 : 1;
	}
	return 0;
}

static int
same_dims(const mg_tensor *a, const mg_tensor *b, mgreg_error *err)
{
	bool same = a->count == b->count;

	for (int64_t d = 0; d < a->count && same; d++)
		same = mg_k_int(a, d) == mg_k_int(b, d);
	return same ? 0 : mg_fail(err, MGREG_INVALID_ARGUMENT, "operands' shapes do not match");
}

/* ---- SparseReorder: rows in dictionary order; equal rows keep theirs ---- */
typedef struct row {
	const mg_tensor *indices;
	int64_t at;
	int     rank;
} row;

static int
by_place(const void *ap, const void *bp)
{
	const row *a = ap, *b = bp;
	int c = compare_rows(a->indices, a->at, b->indices, b->at, a->rank);

	return c ? c : a->at < b->at ? -1 : a->at > b->at;
}

static int
reorder_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_tensor *indices, *values;
	void *memory;
	sparse s;
	row *rows;
	int rc;

	if ((rc = read_sparse(k, 0, &s, err)) != 0
			|| (rc = mg_kernel_scratch(k, (size_t)s.n * sizeof *rows + 1, &memory, err)) != 0
			|| (rc = mg_kernel_output(k, 0, &s.indices->shape, &indices, err)) != 0
			|| (rc = mg_kernel_output(k, 1, &s.values->shape, &values, err)) != 0)
		return rc;
	rows = memory;
	for (int64_t i = 0; i < s.n; i++)
		rows[i] = (row){ s.indices, i, s.rank };
	qsort(rows, (size_t)s.n, sizeof *rows, by_place);
	for (int64_t i = 0; i < s.n && !rc; i++)
		if ((rc = mg_k_copy_run(indices, i * s.rank, s.indices, rows[i].at * s.rank, s.rank, err)) == 0)
			rc = mg_k_copy_run(values, i, s.values, rows[i].at, 1, err);
	return rc;
}

/* ---- SparseReshape(indices, shape, new_shape): one -1 ---- */
static int
reshape_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0), *from = mg_kernel_input(k, 1), *to = mg_kernel_input(k, 2);
	int64_t dims[MG_MAX_RANK], total = 1, known = 1;
	mg_shape shape = MG_SHAPE_SCALAR;
	mg_tensor *indices, *out;
	int open = -1, rc;

	MG_TRY(mg_k_rank_is(x, 2, "input_indices", err));
	MG_TRY(mg_k_shape_from(from, "input_shape", &shape, err));
	MG_TRY(mg_shape_count(&shape, &total, err));
	MG_TRY(mg_k_vector(to, "new_shape", err));
	if (mg_dim(x, 1) != shape.rank || to->count > MG_MAX_RANK) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "input_indices do not fit input_shape");
		goto out;
	}
	for (int d = 0; d < (int)to->count; d++) {
		dims[d] = mg_k_int(to, d);
		if (dims[d] == -1 && open < 0)
			open = d;
		else if (dims[d] < 0 || __builtin_mul_overflow(known, dims[d], &known)) {
			rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "size %d of new_shape is %lld", d, (long long)dims[d]);
			goto out;
		}
	}
	if (open >= 0 && known > 0 && total % known == 0)
		known *= dims[open] = total / known;
	if (known != total || (open >= 0 && dims[open] < 0)) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "input to reshape has %lld elements, the requested shape %lld", (long long)total, (long long)known);
		goto out;
	}
	MG_TRY(mg_kernel_output_dims(k, 0, (int64_t[]){ mg_dim(x, 0), to->count }, 2, &indices, err));
	MG_TRY(mg_kernel_output(k, 1, &to->shape, &out, err));
	for (int d = 0; d < (int)to->count; d++)
		mg_k_set_int(out, d, dims[d]);
	for (int64_t i = 0; i < mg_dim(x, 0); i++) {
		int64_t place = 0;
		for (int d = 0; d < shape.rank; d++) {
			int64_t v = mg_k_int(x, i * shape.rank + d);
			if (v < 0 || v >= mg_shape_dim(&shape, d)) {
				rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "indices[%lld,%d] = %lld is out of bounds", (long long)i, d, (long long)v);
				goto out;
			}
			place = place * mg_shape_dim(&shape, d) + v;
		}
		for (int d = (int)to->count; d-- > 0; place /= dims[d])
			mg_k_set_int(indices, i * to->count + d, place % dims[d]);
	}
out:
	mg_shape_clear(&shape);
	return rc;
}

/* ---- SparseConcat(indices..., values..., shapes...) ---- */
static int
concat_run(mg_kernel_ctx *k, mgreg_error *err)
{
	int n = mg_kernel_input_count(k) / 3, axis, rc;
	const mg_tensor *s0 = mg_kernel_input(k, 2 * n);
	int64_t total = 0, at = 0, offset = 0, length = 0;
	mg_tensor *indices, *values, *shape;

	if ((rc = mg_k_vector(s0, "shapes", err)) != 0
			|| (rc = mg_k_axis_value(mg_k_attr_int(mg_kernel_attrs(k), "concat_dim", 0), (int)MG_MIN(s0->count, MG_MAX_RANK), "concat_dim",
				&axis, err)) != 0)
		return rc;
	for (int i = 0; i < n; i++) {
		const mg_tensor *x = mg_kernel_input(k, i), *s = mg_kernel_input(k, 2 * n + i);
		if ((rc = mg_k_rank_is(x, 2, "indices", err)) != 0 || (rc = mg_k_vector(s, "shapes", err)) != 0)
			return rc;
		if (mg_dim(x, 1) != s->count || s->count != s0->count || mg_kernel_input(k, n + i)->count != mg_dim(x, 0))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "input %d: indices, values and shape do not fit each other", i);
		for (int d = 0; d < (int)s->count; d++)
			if (d != axis && mg_k_int(s, d) != mg_k_int(s0, d))
				return mg_fail(err, MGREG_INVALID_ARGUMENT, "input shapes must match: expected %lld for dimension %d but got %lld",
					(long long)mg_k_int(s0, d), d, (long long)mg_k_int(s, d));
		if (__builtin_add_overflow(length, mg_k_int(s, axis), &length))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "concatenation is too long");
		total += mg_dim(x, 0);
	}
	if ((rc = mg_kernel_output_dims(k, 0, (int64_t[]){ total, s0->count }, 2, &indices, err)) != 0
			|| (rc = mg_kernel_output_dims(k, 1, &total, 1, &values, err)) != 0
			|| (rc = mg_kernel_output(k, 2, &s0->shape, &shape, err)) != 0)
		return rc;
	for (int64_t d = 0; d < s0->count; d++)
		mg_k_set_int(shape, d, d == axis ? length : mg_k_int(s0, d));
	for (int i = 0; i < n; i++) {
		const mg_tensor *x = mg_kernel_input(k, i);
		if ((rc = mg_k_copy_run(values, at, mg_kernel_input(k, n + i), 0, mg_dim(x, 0), err)) != 0)
			return rc;
		for (int64_t j = 0; j < x->count; j++)
			mg_k_set_int(indices, at * s0->count + j,
				(int64_t)((uint64_t)mg_k_int(x, j) + (uint64_t)(j % s0->count == axis ? offset : 0)));
		at += mg_dim(x, 0);
		offset += mg_k_int(mg_kernel_input(k, 2 * n + i), axis);
	}
	return 0;
}

/* ---- SparseAdd(a, b, thresh): both in order; small sums are dropped ---- */
#define ADD_VALUE(s, dtype, _) \
	static double add_value_##s(mg_tensor *y, int64_t to, const mg_tensor *a, int64_t i, const mg_tensor *b, int64_t j) \
	{ \
		w_##s v = 0; \
		if (i >= 0) \
			v += (w_##s)ld_##s(MG_CDATA(a, t_##s)[i]); \
		if (j >= 0) \
			v += (w_##s)ld_##s(MG_CDATA(b, t_##s)[j]); \
		MG_DATA(y, t_##s)[to] = st_##s((c_##s)v); \
		return (double)cabs((double _Complex)(c_##s)v); \
	}
K_NUMBERS(ADD_VALUE, 0)
typedef double add_value_fn(mg_tensor *y, int64_t to, const mg_tensor *a, int64_t i, const mg_tensor *b, int64_t j);
#define ENTRY(s, dtype, name) [dtype] = name##_##s,
static add_value_fn *const add_value_of[MG_DTYPE_MAX] = { K_NUMBERS(ENTRY, add_value) };

static int
add_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *thresh = mg_kernel_input(k, 6);
	mg_tensor sums = { 0 }, *indices, *values, *shape;
	int64_t i = 0, j = 0, n = 0, *from;
	double limit;
	void *memory;
	sparse a, b;
	int rc;

	MG_TRY(read_sparse(k, 0, &a, err));
	MG_TRY(read_sparse(k, 3, &b, err));
	MG_TRY(same_dims(a.dims, b.dims, err));
	if (thresh->count != 1 || !mg_tensor_as_double(thresh, 0, &limit)) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "thresh must be a scalar");
		goto out;
	}
	if (!add_value_of[a.values->dtype]) {
		rc = mg_k_no_type(a.values->dtype, err);
		goto out;
	}
	MG_TRY(mg_kernel_scratch(k, (size_t)(a.n + b.n) * 8 + 8, &memory, err));
	from = memory;          /* row of A, or -1 - row of B */
	MG_TRY(mg_kernel_alloc(k, &sums, a.values->dtype, &(mg_shape){ .rank = 1, .inline_dims = { a.n + b.n } }, err));
	while (i < a.n || j < b.n) {
		int c = i == a.n ? 1 : j == b.n ? -1 : compare_rows(a.indices, i, b.indices, j, a.rank);
		double size = add_value_of[a.values->dtype](&sums, n, a.values, c <= 0 ? i : -1, b.values, c >= 0 ? j : -1);
		from[n] = c <= 0 ? i : -1 - j;
		n += size >= limit;
		i += c <= 0;
		j += c >= 0;
	}
	MG_TRY(mg_kernel_output_dims(k, 0, (int64_t[]){ n, a.rank }, 2, &indices, err));
	MG_TRY(mg_kernel_output_dims(k, 1, &n, 1, &values, err));
	MG_TRY(mg_kernel_output(k, 2, &a.dims->shape, &shape, err));
	MG_TRY(mg_k_copy_run(values, 0, &sums, 0, n, err));
	MG_TRY(mg_k_copy_run(shape, 0, a.dims, 0, a.rank, err));
	for (int64_t r = 0; r < n; r++)
		MG_TRY(mg_k_copy_run(indices, r * a.rank, from[r] >= 0 ? a.indices : b.indices, (from[r] >= 0 ? from[r] : -1 - from[r]) * a.rank,
			a.rank, err));
out:
	mg_tensor_clear(&sums);
	return rc;
}

/* SparseAddGrad(g, a_indices, b_indices, sum_indices): zero where the sum was dropped. */
static int
add_grad_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *g = mg_kernel_input(k, 0), *sum = mg_kernel_input(k, 3);
	int rc;

	if ((rc = mg_k_rank_is(sum, 2, "sum_indices", err)) != 0)
		return rc;
	if (mg_rank(g) != 1 || g->count != mg_dim(sum, 0))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "backprop_val_grad must have one entry per row of sum_indices");
	for (int side = 0; side < 2; side++) {
		const mg_tensor *x = mg_kernel_input(k, 1 + side);
		int64_t s = 0, n;
		mg_tensor *y;
		if ((rc = mg_k_rank_is(x, 2, side ? "b_indices" : "a_indices", err)) != 0)
			return rc;
		if (mg_dim(x, 1) != mg_dim(sum, 1))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "the densified operands should have the same rank");
		n = mg_dim(x, 0);
		if ((rc = mg_kernel_output_dims(k, side, &n, 1, &y, err)) != 0 || (rc = mg_k_fill(k, y, NULL, 0, err)) != 0)
			return rc;
		for (int64_t i = 0; i < n; i++) {
			int rank = (int)mg_dim(sum, 1);
			while (s < g->count && compare_rows(sum, s, x, i, rank) < 0)
				s++;
			if (s < g->count && compare_rows(sum, s, x, i, rank) == 0 && (rc = mg_k_copy_run(y, i, g, s, 1, err)) != 0)
				return rc;
		}
	}
	return 0;
}

/* ---- SparseFillEmptyRows(indices, values, shape, default) ---- */
static int
fill_rows_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *fallback = mg_kernel_input(k, 3);
	mg_tensor *indices, *values, *empty, *back;
	int64_t rows, n, *at, added = 0;
	void *memory;
	sparse s;
	int rc;

	if ((rc = read_sparse(k, 0, &s, err)) != 0)
		return rc;
	if (s.rank < 1 || fallback->count != 1)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "default_value must be a scalar and dense_shape not empty");
	rows = mg_k_int(s.dims, 0);
	if ((rc = mg_kernel_output_dims(k, 2, &rows, 1, &empty, err)) != 0
			|| (rc = mg_kernel_output_dims(k, 3, &s.n, 1, &back, err)) != 0
			|| (rc = mg_kernel_scratch(k, (size_t)(rows + 1) * 8, &memory, err)) != 0)
		return rc;
	at = memory;            /* where each row begins in the output */
	memset(at, 0, (size_t)(rows + 1) * 8);
	for (int64_t i = 0; i < s.n; i++)
		at[mg_k_int(s.indices, i * s.rank) + 1]++;
	for (int64_t r = 0; r < rows; r++) {
		MG_DATA(empty, uint8_t)[r] = at[r + 1] == 0;
		added += at[r + 1] == 0;
		at[r + 1] += at[r] + (at[r + 1] == 0);
	}
	n = s.n + added;
	if ((rc = mg_kernel_output_dims(k, 0, (int64_t[]){ n, s.rank }, 2, &indices, err)) != 0
			|| (rc = mg_kernel_output_dims(k, 1, &n, 1, &values, err)) != 0)
		return rc;
	for (int64_t r = 0; r < rows && !rc; r++)
		if (MG_DATA(empty, uint8_t)[r]) {
			for (int d = 0; d < s.rank; d++)
				mg_k_set_int(indices, at[r] * s.rank + d, d ? 0 : r);
			rc = mg_k_copy_run(values, at[r], fallback, 0, 1, err);
		}
	for (int64_t i = 0; i < s.n && !rc; i++) {
		int64_t to = at[mg_k_int(s.indices, i * s.rank)]++;
		MG_DATA(back, int64_t)[i] = to;
		if ((rc = mg_k_copy_run(indices, to * s.rank, s.indices, i * s.rank, s.rank, err)) == 0)
			rc = mg_k_copy_run(values, to, s.values, i, 1, err);
	}
	return rc;
}

/* (reverse_index_map, grad_values): what came from values, and the sum of what came from the default. */
static int
fill_rows_grad_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *map = mg_kernel_input(k, 0), *g = mg_kernel_input(k, 1);
	mg_tensor *values, *fallback;
	uint8_t *used;
	void *memory;
	int rc;

	if ((rc = mg_k_vector(map, "reverse_index_map", err)) != 0 || (rc = mg_k_rank_is(g, 1, "grad_values", err)) != 0)
		return rc;
	for (int64_t i = 0; i < map->count; i++)
		if (mg_k_int(map, i) < 0 || mg_k_int(map, i) >= g->count)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "elements in reverse index must be in [0, %lld) but got %lld", (long long)g->count,
				(long long)mg_k_int(map, i));
	if ((rc = mg_kernel_scratch(k, (size_t)g->count + 1, &memory, err)) != 0
			|| (rc = mg_kernel_output_dims(k, 0, &map->count, 1, &values, err)) != 0
			|| (rc = mg_kernel_output_dims(k, 1, NULL, 0, &fallback, err)) != 0 || (rc = mg_k_fill(k, fallback, NULL, 0, err)) != 0)
		return rc;
	used = memory;
	memset(used, 0, (size_t)g->count);
	for (int64_t i = 0; i < map->count; i++) {
		used[mg_k_int(map, i)] = 1;
		if ((rc = mg_k_copy_run(values, i, g, mg_k_int(map, i), 1, err)) != 0)
			return rc;
	}
	if (!add_value_of[g->dtype])
		return mg_k_no_type(g->dtype, err);
	for (int64_t i = 0; i < g->count; i++)
		if (!used[i])
			add_value_of[g->dtype](fallback, 0, fallback, 0, g, i);
	return 0;
}

/* ---- with dense tensors ---- */
static int64_t
dense_place(const sparse *s, const mg_tensor *dense, int64_t i)
{
	int64_t at = 0;

	for (int d = 0; d < s->rank; d++)
		at = at * mg_dim(dense, d) + mg_k_int(s->indices, i * s->rank + d);
	return at;
}

/* SparseTensorDenseAdd: duplicates add. */
static int
dense_add_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *b = mg_kernel_input(k, 3);
	char text[256];
	mg_tensor *y;
	sparse s;
	int rc;

	if ((rc = read_sparse(k, 0, &s, err)) != 0)
		return rc;
	for (int d = 0; d < s.rank; d++)
		if (mg_rank(b) != s.rank || mg_dim(b, d) != mg_k_int(s.dims, d))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "dimension %d of the operands does not match: the dense one has shape %s", d,
				mg_shape_text(&b->shape, text));
	if (!add_value_of[b->dtype])
		return mg_k_no_type(b->dtype, err);
	if ((rc = mg_kernel_output(k, 0, &b->shape, &y, err)) != 0 || (rc = mg_k_copy_run(y, 0, b, 0, b->count, err)) != 0)
		return rc;
	for (int64_t i = 0; i < s.n; i++) {
		int64_t at = dense_place(&s, y, i);
		add_value_of[b->dtype](y, at, y, at, s.values, i);
	}
	return 0;
}

/* SparseTensorDenseMatMul(a_indices, a_values, a_shape, b): indices in any order. */
#define MULTIPLY(s, dtype, conj_) \
	static void multiply_##s(const sparse *a, const mg_tensor *b, mg_tensor *y, bool adjoint_a, bool adjoint_b) \
	{ \
		int64_t columns = mg_dim(y, 1), step = adjoint_b ? mg_dim(b, 1) : 1, line = adjoint_b ? 1 : mg_dim(b, 1); \
		for (int64_t i = 0; i < a->n; i++) { \
			int64_t r = mg_k_int(a->indices, 2 * i + adjoint_a), c = mg_k_int(a->indices, 2 * i + !adjoint_a); \
			w_##s v = (w_##s)ld_##s(MG_CDATA(a->values, t_##s)[i]); \
			if (adjoint_a) \
				v = conj_(v); \
			for (int64_t j = 0; j < columns; j++) { \
				w_##s w = (w_##s)ld_##s(MG_CDATA(b, t_##s)[c * line + j * step]); \
				t_##s *to = MG_DATA(y, t_##s) + r * columns + j; \
				if (adjoint_b) \
					w = conj_(w); \
				*to = st_##s((c_##s)((w_##s)ld_##s(*to) + v * w)); \
			} \
		} \
	}
#define AS_IS(v) (v)
MULTIPLY(float, MGREG_FLOAT, AS_IS)
MULTIPLY(double, MGREG_DOUBLE, AS_IS)
MULTIPLY(int32, MGREG_INT32, AS_IS)
MULTIPLY(complex64, MGREG_COMPLEX64, conjf)
MULTIPLY(complex128, MGREG_COMPLEX128, conj)

static int
dense_matmul_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *b = mg_kernel_input(k, 3);
	bool adjoint_a = mg_k_attr_bool(mg_kernel_attrs(k), "adjoint_a", false), adjoint_b = mg_k_attr_bool(mg_kernel_attrs(k), "adjoint_b", false);
	int64_t dims[2];
	mg_tensor *y;
	sparse a;
	int rc;

	if ((rc = read_sparse(k, 0, &a, err)) != 0 || (rc = mg_k_rank_is(b, 2, "b", err)) != 0)
		return rc;
	if (a.rank != 2)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "a must be a matrix, not of rank %d", a.rank);
	if (mg_k_int(a.dims, adjoint_a ? 0 : 1) != mg_dim(b, adjoint_b ? 1 : 0))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "cannot multiply A and B because inner dimension does not match: %lld vs. %lld",
			(long long)mg_k_int(a.dims, adjoint_a ? 0 : 1), (long long)mg_dim(b, adjoint_b ? 1 : 0));
	dims[0] = mg_k_int(a.dims, adjoint_a ? 1 : 0);
	dims[1] = mg_dim(b, adjoint_b ? 0 : 1);
	if ((rc = mg_kernel_output_dims(k, 0, dims, 2, &y, err)) != 0 || (rc = mg_k_fill(k, y, NULL, 0, err)) != 0)
		return rc;
	switch (y->dtype) {
#define CASE(s, d) case d: multiply_##s(&a, b, y, adjoint_a, adjoint_b); return 0;
	CASE(float, MGREG_FLOAT)
	CASE(double, MGREG_DOUBLE)
	CASE(int32, MGREG_INT32)
	CASE(complex64, MGREG_COMPLEX64)
	CASE(complex128, MGREG_COMPLEX128)
#undef CASE
	default: return mg_k_no_type(y->dtype, err);
	}
}

#define NUMBERS "T=" K_NUMBERS_TEXT
const mg_kernel mg_kernels_sparse[] = {
	{ "SparseReorder", NULL, .run = reorder_run },
	{ "SparseReshape", NULL, .run = reshape_run },
	{ "SparseConcat", NULL, .run = concat_run },
	{ "SparseAdd", NUMBERS, .run = add_run },
	{ "SparseAddGrad", NUMBERS, .run = add_grad_run },
	{ "SparseFillEmptyRows", NULL, .run = fill_rows_run },
	{ "SparseFillEmptyRowsGrad", NUMBERS, .run = fill_rows_grad_run },
	{ "SparseTensorDenseAdd", NUMBERS, .run = dense_add_run },
	{ "SparseTensorDenseMatMul", "T=float|double|int32|complex64|complex128", .run = dense_matmul_run },
	{ .op = NULL }
};
