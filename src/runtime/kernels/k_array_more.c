/* SPDX-License-Identifier: Apache-2.0 */
/*
 * k_array_more.c - rolling, unravelling, scattering into copies, uniques along an axis, searching in rows and other rarer ops on
 * arrays.
 */
#include "runtime/kernels/k_common.h"
#include <math.h>
#include <stdlib.h>
#include "runtime/runtime_internal.h"

static int
identity_run(mg_kernel_ctx *k, mgreg_error *err)
{
	return mg_kernel_share(k, 0, mg_kernel_input(k, 0), err);
}

static int
ensure_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	mg_shape want = MG_SHAPE_UNKNOWN;
	char a[256], b[256];
	int rc;

	mg_attr_get_shape(mg_kernel_attrs(k), "shape", &want);
	rc = mg_shape_compatible(&x->shape, &want) ? mg_kernel_share(k, 0, x, err)
		: mg_fail(err, MGREG_INVALID_ARGUMENT, "shape of tensor %s is not compatible with expected shape %s", mg_shape_text(&x->shape, a), mg_shape_text(&want, b));
	mg_shape_clear(&want);
	return rc;
}

static int
empty_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_shape shape = MG_SHAPE_SCALAR;
	mg_tensor *y;
	int rc;

	MG_TRY(mg_k_shape_from(mg_kernel_input(k, 0), "shape", &shape, err));
	MG_TRY(mg_kernel_output(k, 0, &shape, &y, err));
	rc = mg_k_fill(k, y, NULL, 0, err);
out:
	mg_shape_clear(&shape);
	return rc;
}

/* ---- Roll ---- */

static int
roll_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0), *shift = mg_kernel_input(k, 1), *axis = mg_kernel_input(k, 2);
	int64_t by[MG_MAX_RANK] = { 0 }, inner = 1, at[MG_MAX_RANK] = { 0 }, strides[MG_MAX_RANK];
	int rank = mg_rank(x), rc;
	mg_tensor *y;

	if (rank < 1 || mg_rank(shift) > 1 || mg_rank(axis) > 1 || shift->count != axis->count)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "input must be 1-D or higher, shift and axis scalars or vectors of one length");
	for (int64_t i = 0; i < axis->count; i++) {
		int a;

		if ((rc = mg_k_axis_value(mg_k_int(axis, i), rank, "axis", &a, err)) != 0)
			return rc;
		if (mg_dim(x, a) > 0)
			by[a] = ((by[a] + mg_k_int(shift, i) % mg_dim(x, a)) % mg_dim(x, a) + mg_dim(x, a)) % mg_dim(x, a);
	}
	if ((rc = mg_kernel_output(k, 0, &x->shape, &y, err)) != 0 || x->count == 0)
		return rc;
	mg_k_strides(mg_shape_cdims(&x->shape), rank, strides);
	inner = mg_dim(x, rank - 1);
	for (int64_t row = 0; row < x->count / inner && rc == 0; row++) {
		int64_t to = 0;

		for (int d = 0; d < rank - 1; d++)
			to += (at[d] + by[d]) % mg_dim(x, d) * strides[d];
		rc = mg_k_copy_run(y, to + by[rank - 1], x, row * inner, inner - by[rank - 1], err);
		if (rc == 0)
			rc = mg_k_copy_run(y, to, x, row * inner + inner - by[rank - 1], by[rank - 1], err);
		for (int d = rank - 1; d-- > 0;) {
			if (++at[d] < mg_dim(x, d))
				break;
			at[d] = 0;
		}
	}
	return rc;
}

static int
unravel_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0), *dims = mg_kernel_input(k, 1);
	int64_t n = x->count, total = 1;
	mg_tensor *y;
	int rc;

	if (mg_rank(dims) != 1 || mg_rank(x) > 1)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "dims must be a vector, the indices scalar or a vector");
	for (int64_t d = 0; d < dims->count; d++)
		if (mg_k_int(dims, d) <= 0 || __builtin_mul_overflow(total, mg_k_int(dims, d), &total))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "input dims cannot contain a dim of %lld", (long long)mg_k_int(dims, d));
	if ((rc = mg_kernel_output_dims(k, 0, (int64_t[]){ dims->count, n }, 1 + mg_rank(x), &y, err)) != 0)
		return rc;
	for (int64_t i = 0; i < n; i++) {
		int64_t v = mg_k_int(x, i);

		if (v < 0 || v >= total)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "index %lld is out of bound as with dims", (long long)v);
		for (int64_t d = dims->count; d-- > 0; v /= mg_k_int(dims, d))
			mg_k_set_int(y, d * n + i, v % mg_k_int(dims, d));
	}
	return 0;
}

/* ---- scattering into a copy ---- */

static int
scatter_copy(mg_kernel_ctx *k, enum mg_accumulate_op op, mgreg_error *err)
{
	char name[] = "tensor";
	mg_variable v = { .name = name, .dtype = mg_kernel_input(k, 0)->dtype };
	int rc = mg_kernel_steal(k, 0, &v.value, err);

	if (rc == 0 && (rc = mg_scatter_nd(&v, op, mg_kernel_input(k, 1), mg_kernel_input(k, 2), err)) == 0)
		mg_kernel_take(k, 0, &v.value);
	mg_tensor_clear(&v.value);
	return rc;
}

static int scatter_set_run(mg_kernel_ctx *k, mgreg_error *err) { return scatter_copy(k, MG_ACC_SET, err); }
static int scatter_add_run(mg_kernel_ctx *k, mgreg_error *err) { return scatter_copy(k, MG_ACC_ADD, err); }
static int scatter_sub_run(mg_kernel_ctx *k, mgreg_error *err) { return scatter_copy(k, MG_ACC_SUB, err); }

/* Rows I of X get V: InplaceUpdate, Add, Sub. */
static int
inplace(mg_kernel_ctx *k, enum mg_accumulate_op op, mgreg_error *err)
{
	const mg_tensor *i = mg_kernel_input(k, 1), *v = mg_kernel_input(k, 2);
	mg_tensor x = { 0 };
	int64_t row, rows;
	size_t item;
	int rc;

	if ((rc = mg_kernel_steal(k, 0, &x, err)) != 0)
		return rc;
	rows = mg_rank(&x) ? mg_dim(&x, 0) : 0;
	row = rows ? x.count / rows : 0;
	item = mg_dtype_size(x.dtype);
	if (mg_rank(i) != 1 || mg_rank(&x) < 1 || mg_rank(v) != mg_rank(&x) || v->count != i->count * row || !mg_accumulate_knows(op, x.dtype)) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "i must be a vector and v have a row of x for each of its elements");
		goto out;
	}
	for (int64_t n = 0; n < i->count; n++) {
		int64_t at = ((mg_k_int(i, n) % MG_MAX(rows, (int64_t)1)) + rows) % MG_MAX(rows, (int64_t)1);

		mg_accumulate(op, x.dtype, (char *)x.data + (size_t)(at * row) * item, (const char *)v->data + (size_t)(n * row) * item, row, false);
	}
	mg_kernel_take(k, 0, &x);
out:
	mg_tensor_clear(&x);
	return rc;
}

static int inplace_set_run(mg_kernel_ctx *k, mgreg_error *err) { return inplace(k, MG_ACC_SET, err); }
static int inplace_add_run(mg_kernel_ctx *k, mgreg_error *err) { return inplace(k, MG_ACC_ADD, err); }
static int inplace_sub_run(mg_kernel_ctx *k, mgreg_error *err) { return inplace(k, MG_ACC_SUB, err); }

/* ---- unique slices along an axis ---- */

static bool
same_element(const mg_tensor *x, int64_t i, int64_t j)
{
	size_t size = mg_dtype_size(x->dtype);

	if (x->dtype == MGREG_STRING)
		return mg_slice_cmp(mg_tensor_string(x, i), mg_tensor_string(x, j)) == 0;
	return memcmp((const char *)x->data + (size_t)i * size, (const char *)x->data + (size_t)j * size, size) == 0;
}

typedef struct along { int64_t outer, n, inner; } along;

static bool
same_slice(const mg_tensor *x, const along *a, int64_t i, int64_t j)
{
	for (int64_t o = 0; o < a->outer; o++)
		for (int64_t e = 0; e < a->inner; e++)
			if (!same_element(x, (o * a->n + i) * a->inner + e, (o * a->n + j) * a->inner + e))
				return false;
	return true;
}

static uint64_t
hash_slice(const mg_tensor *x, const along *a, int64_t i)
{
	size_t size = mg_dtype_size(x->dtype);
	uint64_t h = 1469598103934665603u;

	for (int64_t o = 0; o < a->outer; o++)
		for (int64_t e = 0; e < a->inner; e++) {
			int64_t at = (o * a->n + i) * a->inner + e;
			mg_slice s = x->dtype == MGREG_STRING ? mg_tensor_string(x, at) : (mg_slice){ (const char *)x->data + (size_t)at * size, size };

			for (size_t b = 0; b < s.len; b++)
				h = (h ^ (uint8_t)s.ptr[b]) * 1099511628211u;
		}
	return h ^ h >> 29;
}

static int
unique_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0), *axes = mg_kernel_input(k, 1);
	int64_t *slots, *first, n = 0, dims[MG_MAX_RANK];
	mg_tensor *y, *idx, *counts = NULL;
	uint64_t mask = 15;
	void *memory;
	int axis = 0, rc;
	along a;

	if (mg_rank(axes) > 1 || axes->count > 1)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "axis must hold at most one number");
	if (axes->count == 0 && mg_rank(x) != 1)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "unique expects a 1D vector");
	if (axes->count && (rc = mg_k_axis_value(mg_k_int(axes, 0), mg_rank(x), "axis", &axis, err)) != 0)
		return rc;
	a = (along){ mg_k_product(x, 0, axis), mg_dim(x, axis), mg_k_product(x, axis + 1, mg_rank(x)) };
	while (mask + 1 < 2 * (uint64_t)a.n)
		mask = 2 * mask + 1;
	if ((rc = mg_kernel_scratch(k, (size_t)(mask + 1 + (uint64_t)a.n) * sizeof(int64_t), &memory, err)) != 0
	    || (rc = mg_kernel_output_dims(k, 1, &a.n, 1, &idx, err)) != 0)
		return rc;
	slots = memory;
	first = slots + mask + 1;
	memset(slots, 0, (size_t)(mask + 1) * sizeof(*slots));
	for (int64_t i = 0; i < a.n; i++) {
		uint64_t at = hash_slice(x, &a, i) & mask;

		while (slots[at] && !same_slice(x, &a, first[slots[at] - 1], i))
			at = (at + 1) & mask;
		if (!slots[at]) {
			first[n] = i;
			slots[at] = ++n;
		}
		mg_k_set_int(idx, i, slots[at] - 1);
	}
	for (int d = 0; d < mg_rank(x); d++)
		dims[d] = d == axis ? n : mg_dim(x, d);
	if ((rc = mg_kernel_output_dims(k, 0, dims, mg_rank(x), &y, err)) != 0)
		return rc;
	for (int64_t o = 0; o < a.outer; o++)
		for (int64_t i = 0; i < n; i++)
			if ((rc = mg_k_copy_run(y, (o * n + i) * a.inner, x, (o * a.n + first[i]) * a.inner, a.inner, err)) != 0)
				return rc;
	if (mg_kernel_output_count(k) < 3)
		return 0;
	if ((rc = mg_kernel_output_dims(k, 2, &n, 1, &counts, err)) != 0 || (rc = mg_k_fill(k, counts, NULL, 0, err)) != 0)
		return rc;
	for (int64_t i = 0; i < a.n; i++)
		mg_k_set_int(counts, mg_k_int(idx, i), mg_k_int(counts, mg_k_int(idx, i)) + 1);
	return 0;
}

/* ---- LowerBound, UpperBound: places of values in sorted rows ---- */

static double
real(const mg_tensor *t, int64_t i)
{
	int64_t whole;
	double v = 0;

	if (!mg_tensor_as_double(t, i, &v) && mg_tensor_as_i64(t, i, &whole))
		v = (double)whole;
	return v;
}

static bool
less(const mg_tensor *a, int64_t i, const mg_tensor *b, int64_t j)
{
	int64_t x, y;

	if (a->dtype == MGREG_STRING)
		return mg_slice_cmp(mg_tensor_string(a, i), mg_tensor_string(b, j)) < 0;
	if (mg_tensor_as_i64(a, i, &x) && mg_tensor_as_i64(b, j, &y))
		return x < y;
	return real(a, i) < real(b, j);
}

static int
bound(mg_kernel_ctx *k, bool upper, mgreg_error *err)
{
	const mg_tensor *rows = mg_kernel_input(k, 0), *v = mg_kernel_input(k, 1);
	mg_tensor *y;
	int rc;

	if (mg_rank(rows) != 2 || mg_rank(v) != 2 || mg_dim(rows, 0) != mg_dim(v, 0))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "leading dim_size of both tensors must match, and both be matrices");
	if ((rc = mg_kernel_output(k, 0, &v->shape, &y, err)) != 0)
		return rc;
	for (int64_t i = 0; i < v->count; i++) {
		int64_t n = mg_dim(rows, 1), base = i / mg_dim(v, 1) * n, a = 0, b = n;

		while (a < b) {
			int64_t mid = a + (b - a) / 2;

			if (upper ? !less(v, i, rows, base + mid) : less(rows, base + mid, v, i))
				a = mid + 1;
			else
				b = mid;
		}
		mg_k_set_int(y, i, a);
	}
	return 0;
}

static int lower_run(mg_kernel_ctx *k, mgreg_error *err) { return bound(k, false, err); }
static int upper_run(mg_kernel_ctx *k, mgreg_error *err) { return bound(k, true, err); }

/* ---- HistogramFixedWidth, PopulationCount ---- */

static int
histogram_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0), *range = mg_kernel_input(k, 1);
	double low, high;
	int64_t bins;
	mg_tensor *y;
	int rc;

	if ((rc = mg_k_scalar(mg_kernel_input(k, 2), "nbins", &bins, err)) != 0)
		return rc;
	if (range->count != 2 || bins <= 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "value_range should have two elements and nbins be positive");
	low = real(range, 0);
	high = real(range, 1);
	if (!(low < high))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "value_range should satisfy value_range[0] < value_range[1], but got [%g, %g]", low, high);
	if ((rc = mg_kernel_output_dims(k, 0, &bins, 1, &y, err)) != 0 || (rc = mg_k_fill(k, y, NULL, 0, err)) != 0)
		return rc;
	for (int64_t i = 0; i < x->count; i++) {
		double at = floor((real(x, i) - low) / ((high - low) / (double)bins));
		int64_t bin = at > 0 ? (int64_t)MG_MIN(at, (double)(bins - 1)) : 0;

		mg_k_set_int(y, bin, mg_k_int(y, bin) + 1);
	}
	return 0;
}

static int
population_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	size_t size = mg_dtype_size(x->dtype);
	mg_tensor *y;
	int rc = mg_kernel_output(k, 0, &x->shape, &y, err);

	for (int64_t i = 0; rc == 0 && i < x->count; i++) {
		uint64_t v = 0;

		memcpy(&v, (const char *)x->data + (size_t)i * size, size);
		MG_DATA(y, uint8_t)[i] = (uint8_t)__builtin_popcountll(v);
	}
	return rc;
}

/* ---- data formats as numbers ---- */

static int
formats(mg_kernel_ctx *k, mg_slice *from, mg_slice *to, mgreg_error *err)
{
	*from = MG_SLICE("NHWC");
	*to = MG_SLICE("NCHW");
	mg_attr_get_string(mg_kernel_attrs(k), "src_format", from);
	mg_attr_get_string(mg_kernel_attrs(k), "dst_format", to);
	if (from->len != to->len || from->len < 4 || from->len > 5)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "source and destination format must have the same length of 4 or 5");
	for (size_t i = 0; i < from->len; i++)
		if (!memchr(to->ptr, from->ptr[i], to->len))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "destination and source format must determine a permutation");
	return 0;
}

static int
dim_map_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	mg_slice from, to;
	mg_tensor *y;
	int rc;

	if ((rc = formats(k, &from, &to, err)) != 0 || (rc = mg_kernel_output(k, 0, &x->shape, &y, err)) != 0)
		return rc;
	for (int64_t i = 0; i < x->count; i++) {
		int axis;

		if ((rc = mg_k_axis_value(mg_k_int(x, i), (int)from.len, "dimension", &axis, err)) != 0)
			return rc;
		mg_k_set_int(y, i, (const char *)memchr(to.ptr, from.ptr[axis], to.len) - to.ptr);
	}
	return 0;
}

static int
vec_permute_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	mg_slice from, to;
	mg_tensor *y;
	int rc;

	if ((rc = formats(k, &from, &to, err)) != 0)
		return rc;
	if (mg_rank(x) < 1 || mg_rank(x) > 2 || mg_dim(x, 0) != (int64_t)from.len || (mg_rank(x) == 2 && mg_dim(x, 1) != 2))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "input must be a vector of size %zu, or matrix of size [%zu, 2]", from.len, from.len);
	if ((rc = mg_kernel_output(k, 0, &x->shape, &y, err)) != 0)
		return rc;
	for (size_t i = 0; i < to.len && rc == 0; i++) {
		int64_t row = x->count / (int64_t)to.len, at = (const char *)memchr(from.ptr, to.ptr[i], from.len) - from.ptr;

		rc = mg_k_copy_run(y, (int64_t)i * row, x, at * row, row, err);
	}
	return rc;
}

const mg_kernel mg_kernels_array_more[] = {
	{ "GuaranteeConst", .run = identity_run, .flags = MG_KERNEL_SHARES }, { "DebugGradientIdentity", .run = identity_run, .flags = MG_KERNEL_SHARES },
	{ "EnsureShape", .run = ensure_run, .flags = MG_KERNEL_SHARES }, { "Empty", .run = empty_run, .flags = MG_KERNEL_NO_FOLD },
	{ "Roll", .run = roll_run }, { "UnravelIndex", .run = unravel_run },
	{ "TensorScatterUpdate", .run = scatter_set_run }, { "TensorScatterAdd", .run = scatter_add_run }, { "TensorScatterSub", .run = scatter_sub_run },
	{ "ScatterNdNonAliasingAdd", .run = scatter_add_run },
	{ "InplaceUpdate", .run = inplace_set_run }, { "InplaceAdd", .run = inplace_add_run }, { "InplaceSub", .run = inplace_sub_run },
	{ "UniqueV2", .run = unique_run }, { "UniqueWithCountsV2", .run = unique_run },
	{ "LowerBound", .run = lower_run }, { "UpperBound", .run = upper_run },
	{ "HistogramFixedWidth", .run = histogram_run }, { "PopulationCount", .run = population_run },
	{ "DataFormatDimMap", .run = dim_map_run }, { "DataFormatVecPermute", .run = vec_permute_run },
	{ .op = NULL }
};
