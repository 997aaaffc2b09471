/* SPDX-License-Identifier: Apache-2.0 */
/*
 * k_diagonals.c - bands of matrices: MatrixDiagV2, MatrixDiagPartV2, MatrixSetDiagV2; running log-sum-exps; comparisons packed in bits.
 *
 * A band of the diagonals K[0] .. K[1] (negative ones lie below the main one) is [..., diagonals, longest], the highest first, each
 * from the left; a single one has no dimension of its own.
 */
#include "runtime/kernels/k_common.h"
#include <math.h>

typedef struct band { int64_t low, high, rows, cols, count, longest; } band;

static int64_t
length_of(const band *b, int64_t d)
{
	return MG_MIN(b->rows + MG_MIN(d, (int64_t)0), b->cols - MG_MAX(d, (int64_t)0));
}

static int
read_k(const mg_tensor *k, band *b, mgreg_error *err)
{
	if (mg_rank(k) > 1 || k->count < 1 || k->count > 2)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "k must be a scalar or a vector with one or two elements");
	b->low = mg_k_int(k, 0);
	b->high = k->count == 2 ? mg_k_int(k, 1) : b->low;
	if (b->low > b->high)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "lower_diag_index must not be larger than upper_diag_index: %lld > %lld", (long long)b->low, (long long)b->high);
	b->count = b->high - b->low + 1;
	return 0;
}

/* The band must lie in the matrix. */
static int
check_band(band *b, mgreg_error *err)
{
	if ((b->rows && b->cols) && (b->low <= -b->rows || b->low >= b->cols || b->high <= -b->rows || b->high >= b->cols))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "the diagonals %lld to %lld do not lie in a matrix of %lld by %lld", (long long)b->low, (long long)b->high,
			(long long)b->rows, (long long)b->cols);
	b->longest = MG_MAX(MG_MIN(b->rows + MG_MIN(b->high, (int64_t)0), b->cols - MG_MAX(b->low, (int64_t)0)), (int64_t)0);
	return 0;
}

/* Copies between band and matrix, either way. */
static int
move_band(const band *b, int64_t batches, mg_tensor *to, const mg_tensor *from, bool to_matrix, mgreg_error *err)
{
	int rc = 0;

	for (int64_t m = 0; m < batches; m++)
		for (int64_t i = 0; i < b->count; i++) {
			int64_t d = b->high - i, row = MG_MAX(-d, (int64_t)0), col = MG_MAX(d, (int64_t)0);

			for (int64_t n = 0; n < length_of(b, d) && rc == 0; n++) {
				int64_t in_matrix = (m * b->rows + row + n) * b->cols + col + n, in_band = (m * b->count + i) * b->longest + n;

				rc = to_matrix ? mg_k_copy_run(to, in_matrix, from, in_band, 1, err) : mg_k_copy_run(to, in_band, from, in_matrix, 1, err);
			}
		}
	return rc;
}

static int
make_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	int64_t dims[MG_MAX_RANK], rows, cols, batches = 1, least_rows, least_cols;
	int rank = mg_rank(x), lead, rc;
	mg_tensor *y;
	band b = { 0 };

	if ((rc = mg_k_rank_at_least(x, 1, "diagonal", err)) != 0 || (rc = read_k(mg_kernel_input(k, 1), &b, err)) != 0
	    || (rc = mg_k_scalar(mg_kernel_input(k, 2), "num_rows", &rows, err)) != 0 || (rc = mg_k_scalar(mg_kernel_input(k, 3), "num_cols", &cols, err)) != 0)
		return rc;
	lead = rank - (b.count > 1 ? 2 : 1);
	if (lead < 0 || (b.count > 1 && mg_dim(x, rank - 2) != b.count) || lead + 2 > MG_MAX_RANK || mg_kernel_input(k, 4)->count != 1)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "the diagonals are %d-dimensional, expected %lld of them before the last dimension", rank, (long long)b.count);
	b.longest = mg_dim(x, rank - 1);
	least_rows = b.longest - MG_MIN(b.high, (int64_t)0);
	least_cols = b.longest + MG_MAX(b.low, (int64_t)0);
	if (rows == -1 && cols == -1)
		rows = cols = MG_MAX(least_rows, least_cols);
	else if (rows == -1)
		rows = least_rows;
	else if (cols == -1)
		cols = least_cols;
	if (rows < least_rows || cols < least_cols || (rows != least_rows && cols != least_cols))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "the number of rows (%lld) or columns (%lld) does not fit diagonals of %lld", (long long)rows, (long long)cols,
			(long long)b.longest);
	b.rows = rows;
	b.cols = cols;
	for (int d = 0; d < lead; d++)
		batches *= dims[d] = mg_dim(x, d);
	dims[lead] = rows;
	dims[lead + 1] = cols;
	if ((rc = mg_kernel_output_dims(k, 0, dims, lead + 2, &y, err)) != 0 || (rc = mg_k_fill(k, y, mg_kernel_input(k, 4), 0, err)) != 0)
		return rc;
	return move_band(&b, batches, y, x, true, err);
}

static int
read_matrix(const mg_tensor *x, const mg_tensor *k, band *b, int64_t *batches, mgreg_error *err)
{
	int rc;

	if ((rc = mg_k_rank_at_least(x, 2, "input", err)) != 0 || (rc = read_k(k, b, err)) != 0)
		return rc;
	b->rows = mg_dim(x, mg_rank(x) - 2);
	b->cols = mg_dim(x, mg_rank(x) - 1);
	*batches = mg_k_product(x, 0, mg_rank(x) - 2);
	return check_band(b, err);
}

static int
part_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0), *pad = mg_kernel_input(k, 2);
	int64_t dims[MG_MAX_RANK], batches;
	int rank = 0, rc;
	mg_tensor *y;
	band b = { 0 };

	if ((rc = read_matrix(x, mg_kernel_input(k, 1), &b, &batches, err)) != 0)
		return rc;
	if (pad->count != 1)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "padding_value must be a scalar");
	for (int d = 0; d < mg_rank(x) - 2; d++)
		dims[rank++] = mg_dim(x, d);
	if (b.count > 1)
		dims[rank++] = b.count;
	dims[rank++] = b.longest;
	if ((rc = mg_kernel_output_dims(k, 0, dims, rank, &y, err)) != 0 || (rc = mg_k_fill(k, y, pad, 0, err)) != 0)
		return rc;
	return move_band(&b, batches, y, x, false, err);
}

static int
set_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0), *diagonal = mg_kernel_input(k, 1);
	int64_t batches;
	mg_tensor *y;
	band b = { 0 };
	int rc;

	if ((rc = read_matrix(x, mg_kernel_input(k, 2), &b, &batches, err)) != 0)
		return rc;
	if (diagonal->count != batches * b.count * b.longest || mg_rank(diagonal) != mg_rank(x) - 1 + (b.count > 1) || mg_dim(diagonal, mg_rank(diagonal) - 1) != b.longest)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "the diagonals do not fit the input: %lld of length %lld each are needed", (long long)b.count, (long long)b.longest);
	if ((rc = mg_kernel_output(k, 0, &x->shape, &y, err)) != 0 || (rc = mg_k_copy_run(y, 0, x, 0, x->count, err)) != 0)
		return rc;
	return move_band(&b, batches, y, diagonal, true, err);
}

/* ---- CompareAndBitpack: eight comparisons a byte, the first one highest ---- */

static int
bitpack_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0), *threshold = mg_kernel_input(k, 1);
	int rank = mg_rank(x), rc;
	mg_tensor *y;

	if (threshold->count != 1 || rank < 1 || mg_dim(x, rank - 1) % 8)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "the threshold must be a scalar and the inner dimension of input divisible by 8");
	if ((rc = mg_k_output_axis(k, 0, x, rank - 1, mg_dim(x, rank - 1) / 8, &y, err)) != 0)
		return rc;
	memset(y->data, 0, y->size);
	for (int64_t i = 0; i < x->count; i++) {
		bool above = false;

		switch (x->dtype) {
#define CASE(s, d, _) case d: above = ld_##s(MG_CDATA(x, t_##s)[i]) > ld_##s(MG_CDATA(threshold, t_##s)[0]); break;
		K_REALS(CASE, 0)
#undef CASE
		case MGREG_BOOL: above = MG_CDATA(x, bool)[i] && !MG_CDATA(threshold, bool)[0]; break;
		default: return mg_k_no_type(x->dtype, err);
		}
		MG_DATA(y, uint8_t)[i / 8] |= (uint8_t)(above << (7 - i % 8));
	}
	return 0;
}

/* ---- CumulativeLogsumexp ---- */

static double
log_add(double a, double b)
{
	double high = MG_MAX(a, b), low = MG_MIN(a, b);

	return isinf(high) ? high : high + log1p(exp(low - high));
}

static int
logsumexp_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	bool exclusive = mg_k_attr_bool(mg_kernel_attrs(k), "exclusive", false), reverse = mg_k_attr_bool(mg_kernel_attrs(k), "reverse", false);
	int64_t n, inner;
	mg_tensor *y;
	int axis, rc;

	if ((rc = mg_k_rank_at_least(x, 1, "x", err)) != 0 || (rc = mg_k_axis(mg_kernel_input(k, 1), mg_rank(x), "axis", &axis, err)) != 0
	    || (rc = mg_kernel_output(k, 0, &x->shape, &y, err)) != 0 || x->count == 0)
		return rc;
	n = mg_dim(x, axis);
	inner = mg_k_product(x, axis + 1, mg_rank(x));
	for (int64_t line = 0; line < x->count / n; line++) {
		double sum = -INFINITY;

		for (int64_t i = 0; i < n; i++) {
			int64_t at = line / inner * n * inner + line % inner + (reverse ? n - 1 - i : i) * inner;
			double v = 0, before = sum;

			mg_tensor_as_double(x, at, &v);
			sum = log_add(sum, v);
			v = exclusive ? MG_MAX(before, y->dtype == MGREG_DOUBLE ? -1.7976931348623157e308 : y->dtype == MGREG_HALF ? -65504.0 : -3.4028234663852886e38) : sum;
			if (y->dtype == MGREG_DOUBLE)
				MG_DATA(y, double)[at] = v;
			else if (y->dtype == MGREG_HALF)
				MG_DATA(y, uint16_t)[at] = mg_float_to_half((float)v);
			else
				MG_DATA(y, float)[at] = (float)v;
		}
	}
	return 0;
}

const mg_kernel mg_kernels_diagonals[] = {
	{ "MatrixDiagV2", .run = make_run }, { "MatrixDiagPartV2", .run = part_run }, { "MatrixSetDiagV2", .run = set_run },
	{ "CompareAndBitpack", .run = bitpack_run }, { "CumulativeLogsumexp", "T=half|float|double", .run = logsumexp_run },
	{ .op = NULL }
};
