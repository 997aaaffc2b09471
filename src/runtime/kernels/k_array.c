/* SPDX-License-Identifier: Apache-2.0 */
/* k_array.c - tensors made from few values: Fill, zeros and ones, Range, LinSpace, OneHot; InvertPermutation; diagonals. */
#include "runtime/kernels/k_common.h"
#include <math.h>

/* ---- Fill, ZerosLike, OnesLike ---- */
static int
fill_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *value = mg_kernel_input(k, 1);
	mg_shape shape = MG_SHAPE_SCALAR;
	const mg_tensor *dims = mg_kernel_input(k, 0);
	mg_tensor *y;
	int rc;

	if (mg_rank(value) > 1 || value->count != 1) {
		char text[256];
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "value must be a scalar, not of shape %s", mg_shape_text(&value->shape, text));
	}
	MG_TRY(mg_k_shape_from(dims, "dims", &shape, err));
	MG_TRY(mg_kernel_output(k, 0, &shape, &y, err));
	MG_TRY(mg_k_fill(k, y, value, 0, err));
out:
	mg_shape_clear(&shape);
	return rc;
}

static int
zeros_like_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	mg_tensor *y;
	int rc = mg_dtype_size(x->dtype) ? mg_kernel_output_like(k, 0, x, &y, err) : mg_kernel_output(k, 0, &x->shape, &y, err);

	return rc ? rc : mg_k_fill(k, y, NULL, 0, err);
}

static int
ones_like_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	mg_tensor *y, one = { 0 };
	mg_shape scalar = MG_SHAPE_SCALAR;
	int rc;

	MG_TRY(mg_kernel_output_like(k, 0, x, &y, err));
	MG_TRY(mg_kernel_alloc(k, &one, x->dtype, &scalar, err));
	switch (x->dtype) {
#define CASE(s, d, _) case d: *MG_DATA(&one, t_##s) = st_##s(1); break;
	K_NUMBERS(CASE, 0)
	CASE(truth, MGREG_BOOL, 0)
#undef CASE
	default:
		rc = mg_k_no_type(x->dtype, err);
		goto out;
	}
	MG_TRY(mg_k_fill(k, y, &one, 0, err));
out:
	mg_tensor_clear(&one);
	return rc;
}

/* ---- Range, LinSpace ---- */
static int
one_element(const mg_tensor *t, const char *what, mgreg_error *err)
{
	char text[256];

	if (t->count != 1 || mg_rank(t) > 1)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "%s must be a scalar, not of shape %s", what, mg_shape_text(&t->shape, text));
	return 0;
}

/* Float sizes are taken in double; values by repeated addition in the type. */
#define RANGE_FLOAT(s, dtype, _) \
	static int range_##s(mg_kernel_ctx *k, const mg_tensor *const *in, mgreg_error *err) \
	{ \
		c_##s start = ld_##s(*MG_CDATA(in[0], t_##s)), limit = ld_##s(*MG_CDATA(in[1], t_##s)); \
		c_##s delta = ld_##s(*MG_CDATA(in[2], t_##s)); \
		double n = ceil(fabs((double)(limit - start) / (double)delta)); \
		int64_t count; \
		mg_tensor *y; \
		int rc; \
		if (delta == 0 || !isfinite(n)) \
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "requires delta != 0 and finite limits"); \
		if (delta > 0 ? start > limit : start < limit) \
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "requires start %s limit when delta %s 0: %g, %g", \
				delta > 0 ? "<=" : ">=", delta > 0 ? ">" : "<", (double)start, (double)limit); \
		if (n >= 9e18) \
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "range of %g elements", n); \
		count = (int64_t)n; \
		if ((rc = mg_kernel_output_dims(k, 0, &count, 1, &y, err)) != 0) \
			return rc; \
		for (int64_t i = 0; i < count; i++) { \
			MG_DATA(y, t_##s)[i] = st_##s(start); \
			start = ld_##s(st_##s(start + delta)); \
		} \
		return 0; \
	}
K_FLOATS(RANGE_FLOAT, 0)

static int
range_int(mg_kernel_ctx *k, const mg_tensor *const *in, mgreg_error *err)
{
	int64_t start = mg_k_int(in[0], 0), limit = mg_k_int(in[1], 0), delta = mg_k_int(in[2], 0), count;
	uint64_t span, step;
	mg_tensor *y;
	int rc;

	if (delta == 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "requires delta != 0: 0");
	if (delta > 0 ? start > limit : start < limit)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "requires start %s limit when delta %s 0: %lld, %lld",
			delta > 0 ? "<=" : ">=", delta > 0 ? ">" : "<", (long long)start, (long long)limit);
	span = delta > 0 ? (uint64_t)limit - (uint64_t)start : (uint64_t)start - (uint64_t)limit;
	step = delta > 0 ? (uint64_t)delta : 0 - (uint64_t)delta;
	span = span / step + (span % step != 0);
	if (span > INT64_MAX)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "range of %llu elements", (unsigned long long)span);
	count = (int64_t)span;
	if ((rc = mg_kernel_output_dims(k, 0, &count, 1, &y, err)) != 0)
		return rc;
	for (int64_t i = 0; i < count; i++)
		mg_k_set_int(y, i, (int64_t)((uint64_t)start + (uint64_t)i * (uint64_t)delta));
	return 0;
}

static int
range_run(mg_kernel_ctx *k, mgreg_error *err)
{
	static const char *const names[] = { "start", "limit", "delta" };
	const mg_tensor *in[3];
	int rc;

	for (int i = 0; i < 3; i++) {
		in[i] = mg_kernel_input(k, i);
		if ((rc = one_element(in[i], names[i], err)) != 0)
			return rc;
	}
	switch (in[0]->dtype) {
	case MGREG_INT32:
	case MGREG_INT64: return range_int(k, in, err);
#define CASE(s, d, _) case d: return range_##s(k, in, err);
	K_FLOATS(CASE, 0)
#undef CASE
	default: return mg_k_no_type(in[0]->dtype, err);
	}
}

static int
lin_space_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *a = mg_kernel_input(k, 0), *b = mg_kernel_input(k, 1);
	int64_t n;
	mg_tensor *y;
	int rc;

	if ((rc = one_element(a, "start", err)) != 0 || (rc = one_element(b, "stop", err)) != 0
			|| (rc = mg_k_scalar(mg_kernel_input(k, 2), "num", &n, err)) != 0)
		return rc;
	if (n <= 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "requires num > 0: %lld", (long long)n);
	if ((rc = mg_kernel_output_dims(k, 0, &n, 1, &y, err)) != 0)
		return rc;
	switch (y->dtype) {
#define CASE(s, d, _) \
	case d: { \
		c_##s start = ld_##s(*MG_CDATA(a, t_##s)), stop = ld_##s(*MG_CDATA(b, t_##s)); \
		c_##s step = n > 1 ? (stop - start) / (c_##s)(n - 1) : 0; \
		for (int64_t i = 0; i < n; i++) \
			MG_DATA(y, t_##s)[i] = st_##s(start + step * (c_##s)i); \
		if (n > 1) \
			MG_DATA(y, t_##s)[n - 1] = st_##s(stop); \
		return 0; \
	}
	K_FLOATS(CASE, 0)
#undef CASE
	default: return mg_k_no_type(y->dtype, err);
	}
}

/* ---- OneHot ---- */
static int
one_hot_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0), *on = mg_kernel_input(k, 2), *off = mg_kernel_input(k, 3);
	int64_t depth, dims[MG_MAX_RANK + 1], inner;
	int axis, rank = mg_rank(x), rc;
	mg_tensor *y;

	if ((rc = mg_k_scalar(mg_kernel_input(k, 1), "depth", &depth, err)) != 0
			|| (rc = one_element(on, "on_value", err)) != 0 || (rc = one_element(off, "off_value", err)) != 0
			|| (rc = mg_k_axis_value(mg_k_attr_int(mg_kernel_attrs(k), "axis", -1), rank + 1, "axis", &axis, err)) != 0)
		return rc;
	if (depth < 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "depth must be non-negative, got: %lld", (long long)depth);
	if (rank == MG_MAX_RANK)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "rank %d is too large", rank);
	for (int d = 0; d <= rank; d++)
		dims[d] = d == axis ? depth : mg_dim(x, d > axis ? d - 1 : d);
	if ((rc = mg_kernel_output_dims(k, 0, dims, rank + 1, &y, err)) != 0 || (rc = mg_k_fill(k, y, off, 0, err)) != 0)
		return rc;
	inner = mg_k_product(x, axis, rank);
	for (int64_t i = 0; i < x->count && y->count; i++) {
		int64_t at = x->dtype == MGREG_UINT8 ? MG_CDATA(x, uint8_t)[i] : mg_k_int(x, i);
		if (at < 0 || at >= depth)
			continue;
		if ((rc = mg_k_copy_run(y, (i / inner * depth + at) * inner + i % inner, on, 0, 1, err)) != 0)
			return rc;
	}
	return 0;
}

static int
invert_permutation_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	mg_tensor *y;
	int rc;

	if ((rc = mg_k_vector(x, "input", err)) != 0 || (rc = mg_kernel_output(k, 0, &x->shape, &y, err)) != 0)
		return rc;
	for (int64_t i = 0; i < x->count; i++)
		mg_k_set_int(y, i, -1);
	for (int64_t i = 0; i < x->count; i++) {
		int64_t d = mg_k_int(x, i);
		if (d < 0 || d >= x->count)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "%lld is not between 0 and %lld", (long long)d, (long long)x->count);
		if (mg_k_int(y, d) != -1)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "%lld is duplicated in the input", (long long)d);
		mg_k_set_int(y, d, i);
	}
	return 0;
}

/* ---- diagonals: a view whose step along the diagonal is the sum of two strides ---- */
static int
diag_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	int64_t dims[2 * MG_K_DIMS];
	int rank = mg_rank(x), rc;
	mg_tensor *y;
	mg_k_view v;

	if ((rc = mg_k_rank_fits(rank, err)) != 0)
		return rc;
	if (rank < 1)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "input must be at least rank 1, got 0");
	for (int d = 0; d < rank; d++)
		dims[d] = dims[rank + d] = mg_dim(x, d);
	if ((rc = mg_kernel_output_dims(k, 0, dims, 2 * rank, &y, err)) != 0 || (rc = mg_k_fill(k, y, NULL, 0, err)) != 0)
		return rc;
	mg_k_view_begin(&v);
	mg_k_view_add(&v, x->count, x->count + 1, 1);
	return mg_k_copy(k, y, x, &v, err);
}

static int
diag_part_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	int rank = mg_rank(x) / 2, rc;
	mg_tensor *y;
	mg_k_view v;

	if (mg_rank(x) % 2 || rank == 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "the rank of the tensor should be even and positive, got %d", mg_rank(x));
	for (int d = 0; d < rank; d++)
		if (mg_dim(x, d) != mg_dim(x, rank + d))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "invalid shape: dimensions %d and %d do not match, %lld and %lld", d,
				rank + d, (long long)mg_dim(x, d), (long long)mg_dim(x, rank + d));
	if ((rc = mg_kernel_output_dims(k, 0, mg_shape_cdims(&x->shape), rank, &y, err)) != 0)
		return rc;
	mg_k_view_begin(&v);
	mg_k_view_add(&v, y->count, 1, y->count + 1);
	return mg_k_copy(k, y, x, &v, err);
}

static int
matrix_diag_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	int64_t dims[MG_MAX_RANK + 1], n;
	int rank = mg_rank(x), rc;
	mg_tensor *y;
	mg_k_view v;

	if ((rc = mg_k_rank_at_least(x, 1, "diagonal", err)) != 0)
		return rc;
	if (rank == MG_MAX_RANK)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "rank %d is too large", rank);
	for (int d = 0; d < rank; d++)
		dims[d] = mg_dim(x, d);
	n = dims[rank] = dims[rank - 1];
	if ((rc = mg_kernel_output_dims(k, 0, dims, rank + 1, &y, err)) != 0 || (rc = mg_k_fill(k, y, NULL, 0, err)) != 0 || !x->count)
		return rc;
	mg_k_view_begin(&v);
	mg_k_view_add(&v, x->count / n, n * n, n);
	mg_k_view_add(&v, n, n + 1, 1);
	return mg_k_copy(k, y, x, &v, err);
}

/* Rows, columns and the shorter of both. */
static int
matrix_sizes(const mg_tensor *x, int64_t *rows, int64_t *columns, int64_t *least, mgreg_error *err)
{
	int rc = mg_k_rank_at_least(x, 2, "input", err);

	if (rc)
		return rc;
	*rows = mg_dim(x, mg_rank(x) - 2);
	*columns = mg_dim(x, mg_rank(x) - 1);
	*least = MG_MIN(*rows, *columns);
	return 0;
}

static int
matrix_diag_part_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	int64_t dims[MG_MAX_RANK], rows, columns, n;
	mg_tensor *y;
	mg_k_view v;
	int rc;

	if ((rc = matrix_sizes(x, &rows, &columns, &n, err)) != 0)
		return rc;
	for (int d = 0; d < mg_rank(x) - 2; d++)
		dims[d] = mg_dim(x, d);
	dims[mg_rank(x) - 2] = n;
	if ((rc = mg_kernel_output_dims(k, 0, dims, mg_rank(x) - 1, &y, err)) != 0 || y->count == 0)
		return rc;
	mg_k_view_begin(&v);
	mg_k_view_add(&v, y->count / n, n, rows * columns);
	mg_k_view_add(&v, n, 1, columns + 1);
	return mg_k_copy(k, y, x, &v, err);
}

static int
matrix_set_diag_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0), *diag = mg_kernel_input(k, 1);
	int64_t rows, columns, n;
	char text[256];
	mg_tensor *y;
	mg_k_view v;
	int rc;

	if ((rc = matrix_sizes(x, &rows, &columns, &n, err)) != 0)
		return rc;
	for (int d = 0; d < mg_rank(x) - 1; d++)
		if (mg_rank(diag) != mg_rank(x) - 1 || mg_dim(diag, d) != (d == mg_rank(x) - 2 ? n : mg_dim(x, d)))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "diagonal of shape %s does not fit the input: its last dimension must be %lld",
				mg_shape_text(&diag->shape, text), (long long)n);
	if ((rc = mg_kernel_output(k, 0, &x->shape, &y, err)) != 0 || (rc = mg_k_copy_run(y, 0, x, 0, x->count, err)) != 0 || !y->count)
		return rc;
	mg_k_view_begin(&v);
	mg_k_view_add(&v, x->count / (rows * columns), rows * columns, n);
	mg_k_view_add(&v, n, columns + 1, 1);
	return mg_k_copy(k, y, diag, &v, err);
}

/* Each row keeps one run of columns; the rest is zero. */
static int
matrix_band_part_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	int64_t rows, columns, n, lower, upper;
	mg_tensor *y;
	int rc;

	if ((rc = matrix_sizes(x, &rows, &columns, &n, err)) != 0
			|| (rc = mg_k_scalar(mg_kernel_input(k, 1), "num_lower", &lower, err)) != 0
			|| (rc = mg_k_scalar(mg_kernel_input(k, 2), "num_upper", &upper, err)) != 0)
		return rc;
	if (lower > rows || upper > columns)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "num_lower %lld and num_upper %lld must not exceed the %lld rows and %lld columns",
			(long long)lower, (long long)upper, (long long)rows, (long long)columns);
	if ((rc = mg_kernel_output(k, 0, &x->shape, &y, err)) != 0 || (rc = mg_k_fill(k, y, NULL, 0, err)) != 0 || !x->count)
		return rc;
	for (int64_t r = 0; r < x->count / columns; r++) {
		int64_t row = r % rows, from = lower < 0 ? 0 : MG_MAX(0, row - lower);
		int64_t to = upper < 0 ? columns : MG_MIN(columns, row + upper + 1);
		if (from < to && (rc = mg_k_copy_run(y, r * columns + from, x, r * columns + from, to - from, err)) != 0)
			return rc;
	}
	return 0;
}

const mg_kernel mg_kernels_array[] = {
	{ "Fill", NULL, .run = fill_run },
	{ "ZerosLike", NULL, .run = zeros_like_run, .flags = MG_KERNEL_INPLACE },
	{ "OnesLike", "T=" K_NUMBERS_TEXT "|bool", .run = ones_like_run, .flags = MG_KERNEL_INPLACE },
	{ "Range", NULL, .run = range_run },
	{ "LinSpace", NULL, .run = lin_space_run },
	{ "OneHot", NULL, .run = one_hot_run },
	{ "InvertPermutation", NULL, .run = invert_permutation_run },
	{ "Diag", NULL, .run = diag_run },
	{ "DiagPart", NULL, .run = diag_part_run },
	{ "MatrixDiag", NULL, .run = matrix_diag_run },
	{ "MatrixDiagPart", NULL, .run = matrix_diag_part_run },
	{ "MatrixSetDiag", NULL, .run = matrix_set_diag_run },
	{ "MatrixBandPart", NULL, .run = matrix_band_part_run },
	{ "BatchMatrixDiag", NULL, .run = matrix_diag_run },
	{ "BatchMatrixDiagPart", NULL, .run = matrix_diag_part_run },
	{ "BatchMatrixSetDiag", NULL, .run = matrix_set_diag_run },
	{ "BatchMatrixBandPart", NULL, .run = matrix_band_part_run },
	{ .op = NULL }
};
