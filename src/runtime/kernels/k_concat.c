/* SPDX-License-Identifier: Apache-2.0 */
/* k_concat.c - Concat in both spellings, ConcatOffset, Split, SplitV, Pack, Unpack: blocks along one axis. */
#include "runtime/kernels/k_common.h"

/* [outer, n, inner] of X around AXIS, with room for AXIS == rank (Pack). */
static int64_t outer_of(const mg_tensor *x, int axis) { return mg_k_product(x, 0, axis); }
static int64_t inner_of(const mg_tensor *x, int axis) { return mg_k_product(x, axis, mg_rank(x)); }

/* Block of LENGTH elements per outer step: from FROM (steps FROM_STEP, start FROM_AT) to TO. */
static int
copy_block(mg_kernel_ctx *k, mg_tensor *to, int64_t to_at, int64_t to_step, const mg_tensor *from, int64_t from_at,
	int64_t from_step, int64_t outer, int64_t length, mgreg_error *err)
{
	mg_k_view v;

	mg_k_view_begin(&v);
	v.to_at = to_at;
	v.from_at = from_at;
	mg_k_view_add(&v, outer, to_step, from_step);
	mg_k_view_add(&v, length, 1, 1);
	return mg_k_copy(k, to, from, &v, err);
}

/* ---- Concat ---- */
static int
concat(mg_kernel_ctx *k, int axis_input, int first, int n, mgreg_error *err)
{
	const mg_tensor *x0 = mg_kernel_input(k, first);
	int64_t length = 0, outer, at = 0, inner;
	char a[256], b[256];
	mg_tensor *y;
	int axis, rc;

	if (mg_rank(x0) == 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "cannot concatenate scalars (use pack instead)");
	if ((rc = mg_k_axis(mg_kernel_input(k, axis_input), mg_rank(x0), "concat dimension", &axis, err)) != 0)
		return rc;
	for (int i = 0; i < n; i++) {
		const mg_tensor *x = mg_kernel_input(k, first + i);
		bool fits = mg_rank(x) == mg_rank(x0);
		for (int d = 0; fits && d < mg_rank(x); d++)
			fits = d == axis || mg_dim(x, d) == mg_dim(x0, d);
		if (!fits)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "dimensions of inputs should match: shape[0] = %s vs. shape[%d] = %s",
				mg_shape_text(&x0->shape, a), i, mg_shape_text(&x->shape, b));
		if (__builtin_add_overflow(length, mg_dim(x, axis), &length))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "concatenation is too long");
	}
	if (n == 1)
		return mg_kernel_share(k, 0, x0, err);
	if ((rc = mg_k_output_axis(k, 0, x0, axis, length, &y, err)) != 0 || y->count == 0)
		return rc;
	outer = outer_of(x0, axis);
	inner = mg_k_product(x0, axis + 1, mg_rank(x0));
	for (int i = 0; i < n; i++) {
		const mg_tensor *x = mg_kernel_input(k, first + i);
		int64_t block = mg_dim(x, axis) * inner;
		if ((rc = copy_block(k, y, at, length * inner, x, 0, block, outer, block, err)) != 0)
			return rc;
		at += block;
	}
	return 0;
}

static int concat_run(mg_kernel_ctx *k, mgreg_error *err) { return concat(k, 0, 1, mg_kernel_input_count(k) - 1, err); }

static int
concat_v2_run(mg_kernel_ctx *k, mgreg_error *err)
{
	int n = mg_kernel_input_count(k) - 1;

	return concat(k, n, 0, n, err);
}

static int
concat_offset_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *s0 = mg_kernel_input(k, 1);
	int n = mg_kernel_input_count(k) - 1, axis, rc;
	int64_t at = 0;

	if ((rc = mg_k_vector(s0, "shape", err)) != 0
			|| (rc = mg_k_axis(mg_kernel_input(k, 0), (int)MG_MIN(s0->count, MG_MAX_RANK), "concat dimension", &axis, err)) != 0)
		return rc;
	for (int i = 0; i < n; i++) {
		const mg_tensor *s = mg_kernel_input(k, 1 + i);
		mg_tensor *y;
		if ((rc = mg_k_vector(s, "shape", err)) != 0)
			return rc;
		if (s->count != s0->count)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "input %d should contain %lld elements, but got %lld", i,
				(long long)s0->count, (long long)s->count);
		if ((rc = mg_kernel_output(k, i, &s->shape, &y, err)) != 0)
			return rc;
		for (int64_t d = 0; d < s->count; d++) {
			if (d != axis && mg_k_int(s, d) != mg_k_int(s0, d))
				return mg_fail(err, MGREG_INVALID_ARGUMENT, "all dimensions except %d must match: input %d has %lld, input 0 %lld",
					axis, i, (long long)mg_k_int(s, d), (long long)mg_k_int(s0, d));
			mg_k_set_int(y, d, d == axis ? at : 0);
		}
		if (__builtin_add_overflow(at, mg_k_int(s, axis), &at))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "concatenation is too long");
	}
	return 0;
}

/* ---- Split ---- */
static int
split_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 1);
	int n = mg_kernel_output_count(k), axis, rc;
	int64_t length, inner, outer;

	if ((rc = mg_k_rank_at_least(x, 1, "value", err)) != 0
			|| (rc = mg_k_axis(mg_kernel_input(k, 0), mg_rank(x), "split_dim", &axis, err)) != 0)
		return rc;
	if (n < 1 || mg_dim(x, axis) % n)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "number of ways to split should evenly divide the split dimension, but got split_dim %d (size = %lld) and num_split %d",
			axis, (long long)mg_dim(x, axis), n);
	if (n == 1)
		return mg_kernel_share(k, 0, x, err);
	length = mg_dim(x, axis) / n;
	inner = mg_k_product(x, axis + 1, mg_rank(x));
	outer = outer_of(x, axis);
	for (int i = 0; i < n; i++) {
		mg_tensor *y;
		if ((rc = mg_k_output_axis(k, i, x, axis, length, &y, err)) != 0)
			return rc;
		if (y->count && (rc = copy_block(k, y, 0, length * inner, x, i * length * inner, mg_dim(x, axis) * inner, outer,
				length * inner, err)) != 0)
			return rc;
	}
	return 0;
}

/* Sizes with at most one -1, which takes what is left. */
static int
solve_sizes(const mg_tensor *sizes, int64_t total, int n, int64_t *out, mgreg_error *err)
{
	int64_t sum = 0;
	int open = -1, rc;

	if ((rc = mg_k_vector(sizes, "size_splits", err)) != 0)
		return rc;
	if (sizes->count != n)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "size_splits has %lld entries for %d outputs", (long long)sizes->count, n);
	for (int i = 0; i < n; i++) {
		out[i] = mg_k_int(sizes, i);
		if (out[i] == -1 && open < 0) {
			open = i;
			continue;
		}
		if (out[i] < 0 || __builtin_add_overflow(sum, out[i], &sum))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "split size at index %d must be >= 0, got %lld", i, (long long)out[i]);
	}
	if (open >= 0 ? sum > total : sum != total)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "sizes of the outputs must sum to the dimension along the split axis: %lld, not %lld",
			(long long)total, (long long)sum);
	if (open >= 0)
		out[open] = total - sum;
	return 0;
}

static int
split_v_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	int n = mg_kernel_output_count(k), axis, rc;
	int64_t inner, outer, at = 0, *sizes;
	void *memory;

	if ((rc = mg_k_rank_at_least(x, 1, "value", err)) != 0
			|| (rc = mg_k_axis(mg_kernel_input(k, 2), mg_rank(x), "split_dim", &axis, err)) != 0
			|| (rc = mg_kernel_scratch(k, (size_t)n * 8 + 8, &memory, err)) != 0)
		return rc;
	sizes = memory;
	if ((rc = solve_sizes(mg_kernel_input(k, 1), mg_dim(x, axis), n, sizes, err)) != 0)
		return rc;
	if (n == 1)
		return mg_kernel_share(k, 0, x, err);
	inner = mg_k_product(x, axis + 1, mg_rank(x));
	outer = outer_of(x, axis);
	for (int i = 0; i < n; i++) {
		mg_tensor *y;
		if ((rc = mg_k_output_axis(k, i, x, axis, sizes[i], &y, err)) != 0)
			return rc;
		if (y->count && (rc = copy_block(k, y, 0, sizes[i] * inner, x, at, mg_dim(x, axis) * inner, outer,
				sizes[i] * inner, err)) != 0)
			return rc;
		at += sizes[i] * inner;
	}
	return 0;
}

/* ---- Pack, Unpack ---- */
static int
pack_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x0 = mg_kernel_input(k, 0);
	int n = mg_kernel_input_count(k), axis, rc;
	int64_t dims[MG_MAX_RANK + 1], outer, inner;
	char a[256], b[256];
	mg_tensor *y;

	if ((rc = mg_k_axis_value(mg_k_attr_int(mg_kernel_attrs(k), "axis", 0), mg_rank(x0) + 1, "axis", &axis, err)) != 0)
		return rc;
	if (mg_rank(x0) == MG_MAX_RANK)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "rank %d is too large to pack", mg_rank(x0));
	for (int i = 1; i < n; i++)
		if (!mg_shape_equal(&mg_kernel_input(k, i)->shape, &x0->shape))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "shapes of all inputs must match: values[0].shape = %s != values[%d].shape = %s",
				mg_shape_text(&x0->shape, a), i, mg_shape_text(&mg_kernel_input(k, i)->shape, b));
	for (int d = 0; d <= mg_rank(x0); d++)
		dims[d] = d == axis ? n : mg_dim(x0, d > axis ? d - 1 : d);
	if ((rc = mg_kernel_output_dims(k, 0, dims, mg_rank(x0) + 1, &y, err)) != 0 || y->count == 0)
		return rc;
	outer = outer_of(x0, axis);
	inner = inner_of(x0, axis);
	for (int i = 0; i < n; i++)
		if ((rc = copy_block(k, y, i * inner, n * inner, mg_kernel_input(k, i), 0, inner, outer, inner, err)) != 0)
			return rc;
	return 0;
}

static int
unpack_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	int n = mg_kernel_output_count(k), axis, rank = 0, rc;
	int64_t dims[MG_MAX_RANK], outer, inner;

	if ((rc = mg_k_rank_at_least(x, 1, "value", err)) != 0
			|| (rc = mg_k_axis_value(mg_k_attr_int(mg_kernel_attrs(k), "axis", 0), mg_rank(x), "axis", &axis, err)) != 0)
		return rc;
	if (mg_dim(x, axis) != n)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "input shape axis %d must equal %d, got %lld", axis, n, (long long)mg_dim(x, axis));
	for (int d = 0; d < mg_rank(x); d++)
		if (d != axis)
			dims[rank++] = mg_dim(x, d);
	outer = outer_of(x, axis);
	inner = mg_k_product(x, axis + 1, mg_rank(x));
	for (int i = 0; i < n; i++) {
		mg_tensor *y;
		if ((rc = mg_kernel_output_dims(k, i, dims, rank, &y, err)) != 0)
			return rc;
		if (y->count && (rc = copy_block(k, y, 0, inner, x, i * inner, n * inner, outer, inner, err)) != 0)
			return rc;
	}
	return 0;
}

const mg_kernel mg_kernels_concat[] = {
	{ "Concat", NULL, .run = concat_run },
	{ "ConcatV2", NULL, .run = concat_v2_run },
	{ "ConcatOffset", NULL, .run = concat_offset_run },
	{ "Split", NULL, .run = split_run },
	{ "SplitV", NULL, .run = split_v_run },
	{ "Pack", NULL, .run = pack_run },
	{ "Unpack", NULL, .run = unpack_run },
	{ .op = NULL }
};
