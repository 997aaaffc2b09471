/* SPDX-License-Identifier: Apache-2.0 */
/* k_shape.c - shapes as values, and the ops that only put another shape over the same elements; broadcasts and tiles. */
#include "runtime/kernels/k_bcast.h"

/* ---- Shape, ShapeN, Size, Rank ---- */
static int
check_fits(int64_t v, mg_dtype out, mgreg_error *err)
{
	if (out == MGREG_INT32 && v > INT32_MAX)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "%lld does not fit an int32 output", (long long)v);
	return 0;
}

static int
shape_n_run(mg_kernel_ctx *k, mgreg_error *err)
{
	int rc;

	for (int i = 0; i < mg_kernel_input_count(k); i++) {
		const mg_tensor *x = mg_kernel_input(k, i);
		int64_t rank = mg_rank(x);
		mg_tensor *y;
		if ((rc = mg_kernel_output_dims(k, i, &rank, 1, &y, err)) != 0)
			return rc;
		for (int d = 0; d < mg_rank(x); d++) {
			if ((rc = check_fits(mg_dim(x, d), y->dtype, err)) != 0)
				return rc;
			mg_k_set_int(y, d, mg_dim(x, d));
		}
	}
	return 0;
}

static int
put_scalar(mg_kernel_ctx *k, int64_t v, mgreg_error *err)
{
	mg_tensor *y;
	int rc;

	if ((rc = mg_kernel_output_dims(k, 0, NULL, 0, &y, err)) != 0 || (rc = check_fits(v, y->dtype, err)) != 0)
		return rc;
	mg_k_set_int(y, 0, v);
	return 0;
}

static int size_run(mg_kernel_ctx *k, mgreg_error *err) { return put_scalar(k, mg_kernel_input(k, 0)->count, err); }
static int rank_run(mg_kernel_ctx *k, mgreg_error *err) { return put_scalar(k, mg_rank(mg_kernel_input(k, 0)), err); }

/* ---- Reshape ---- */
/* Solves a -1.  Zeros are left out of both products, so [0,-1] over [0,5] is [0,5]. */
static int
solve_reshape(const mg_tensor *x, const mg_tensor *t, mg_shape *out, mgreg_error *err)
{
	int64_t known = 1, count;
	bool zero = false;
	char text[256];
	int open = -1, rc;

	if ((rc = mg_k_vector(t, "shape", err)) != 0)
		return rc;
	if (t->count > MG_MAX_RANK)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "shape has %lld entries, more than %d dimensions", (long long)t->count, MG_MAX_RANK);
	if ((rc = mg_shape_set(out, NULL, (int)t->count, err)) != 0)
		return rc;
	for (int i = 0; i < (int)t->count; i++) {
		int64_t d = mg_k_int(t, i);
		if (d == -1 && open >= 0)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "only one input size may be -1, not both %d and %d", open, i);
		if (d < -1)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "size %d must be non-negative, not %lld", i, (long long)d);
		mg_shape_dims(out)[i] = d == -1 ? 1 : d;
		if (d == -1)
			open = i;
		else if (d == 0)
			zero = true;
		else if (__builtin_mul_overflow(known, d, &known))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "shape has too many elements");
	}
	if (open >= 0) {
		int64_t have = x->count;
		if (zero || x->count == 0) {
			have = 1;
			for (int d = 0; d < mg_rank(x); d++)
				have *= mg_dim(x, d) ? mg_dim(x, d) : 1;
			if (!zero)
				have = 0;
		}
		if (have % known)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "input to reshape is a tensor with %lld values, but the requested shape requires a multiple of %lld",
				(long long)x->count, (long long)known);
		mg_shape_dims(out)[open] = have / known;
	}
	if ((rc = mg_shape_count(out, &count, err)) != 0)
		return rc;
	if (count != x->count)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "input to reshape is a tensor with %lld values, but the requested shape %s has %lld",
			(long long)x->count, mg_shape_text(out, text), (long long)count);
	return 0;
}

static int
reshape_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	mg_shape shape = MG_SHAPE_SCALAR;
	int rc;

	MG_TRY(solve_reshape(x, mg_kernel_input(k, 1), &shape, err));
	MG_TRY(mg_kernel_share_as(k, 0, x, &shape, err));
out:
	mg_shape_clear(&shape);
	return rc;
}

static int
share_dims(mg_kernel_ctx *k, const mg_tensor *x, const int64_t *dims, int rank, mgreg_error *err)
{
	mg_shape shape = MG_SHAPE_SCALAR;
	int rc;

	MG_TRY(mg_shape_set(&shape, dims, rank, err));
	MG_TRY(mg_kernel_share_as(k, 0, x, &shape, err));
out:
	mg_shape_clear(&shape);
	return rc;
}

static int
expand_dims_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	int64_t dims[MG_MAX_RANK + 1];
	int axis, rc;

	if ((rc = mg_k_axis(mg_kernel_input(k, 1), mg_rank(x) + 1, "dim", &axis, err)) != 0)
		return rc;
	for (int d = 0; d <= mg_rank(x); d++)
		dims[d] = d == axis ? 1 : mg_dim(x, d > axis ? d - 1 : d);
	return share_dims(k, x, dims, mg_rank(x) + 1, err);
}

static int
squeeze_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	const Pb__AttrValue__ListValue *list;
	bool drop[MG_MAX_RANK] = { false }, all = true;
	int64_t dims[MG_MAX_RANK];
	int axis, rank = 0, rc;

	if (mg_attr_get_list(mg_kernel_attrs(k), "squeeze_dims", &list) && list->n_i) {
		all = false;
		for (size_t i = 0; i < list->n_i; i++) {
			if ((rc = mg_k_axis_value(list->i[i], mg_rank(x), "squeeze dimension", &axis, err)) != 0)
				return rc;
			if (mg_dim(x, axis) != 1)
				return mg_fail(err, MGREG_INVALID_ARGUMENT, "can not squeeze dim[%d], expected a dimension of 1, got %lld",
					axis, (long long)mg_dim(x, axis));
			drop[axis] = true;
		}
	}
	for (int d = 0; d < mg_rank(x); d++)
		if (!(all ? mg_dim(x, d) == 1 : drop[d]))
			dims[rank++] = mg_dim(x, d);
	return share_dims(k, x, dims, rank, err);
}

/* ---- broadcasts of shapes ---- */
static int
shape_inputs(mg_kernel_ctx *k, mg_shape s[2], mgreg_error *err)
{
	int rc;

	if ((rc = mg_k_shape_from(mg_kernel_input(k, 0), "s0", &s[0], err)) != 0)
		return rc;
	return mg_k_shape_from(mg_kernel_input(k, 1), "s1", &s[1], err);
}

static int
broadcast_args_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_shape s[2] = { MG_SHAPE_SCALAR, MG_SHAPE_SCALAR }, out = MG_SHAPE_SCALAR;
	int64_t rank;
	mg_tensor *y;
	int rc;

	MG_TRY(shape_inputs(k, s, err));
	MG_TRY(mg_bcast_shape(&s[0], &s[1], &out, err));
	rank = out.rank;
	MG_TRY(mg_kernel_output_dims(k, 0, &rank, 1, &y, err));
	for (int d = 0; d < out.rank; d++)
		mg_k_set_int(y, d, mg_shape_dim(&out, d));
out:
	mg_shape_clear(&s[0]);
	mg_shape_clear(&s[1]);
	mg_shape_clear(&out);
	return rc;
}

/* Axes to sum over so that a gradient of the broadcast shape becomes one of each input. */
static int
broadcast_gradient_args_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_shape s[2] = { MG_SHAPE_SCALAR, MG_SHAPE_SCALAR }, out = MG_SHAPE_SCALAR;
	mg_tensor *y;
	int rc;

	MG_TRY(shape_inputs(k, s, err));
	MG_TRY(mg_bcast_shape(&s[0], &s[1], &out, err));
	for (int i = 0; i < 2; i++) {
		int64_t axes[MG_MAX_RANK], n = 0;
		for (int d = 0; d < out.rank && !mg_shape_equal(&s[0], &s[1]); d++) {
			int own = d - (out.rank - s[i].rank), other = d - (out.rank - s[!i].rank);
			int64_t a = own < 0 ? 1 : mg_shape_dim(&s[i], own), b = other < 0 ? 1 : mg_shape_dim(&s[!i], other);
			if (own < 0 || (a == 1 && b != 1) || (a == 1 && b == 1))
				axes[n++] = d;
		}
		MG_TRY(mg_kernel_output_dims(k, i, &n, 1, &y, err));
		for (int64_t d = 0; d < n; d++)
			mg_k_set_int(y, d, axes[d]);
	}
out:
	mg_shape_clear(&s[0]);
	mg_shape_clear(&s[1]);
	mg_shape_clear(&out);
	return rc;
}

static int
broadcast_to_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	mg_shape shape = MG_SHAPE_SCALAR;
	mg_tensor *y;
	int rc;

	MG_TRY(mg_k_shape_from(mg_kernel_input(k, 1), "shape", &shape, err));
	if (mg_shape_equal(&shape, &x->shape)) {
		rc = mg_kernel_share(k, 0, x, err);
		goto out;
	}
	MG_TRY(mg_kernel_output(k, 0, &shape, &y, err));
	MG_TRY(mg_k_broadcast(k, x, y, err));
out:
	mg_shape_clear(&shape);
	return rc;
}

/* ---- Tile ---- */
static int
read_multiples(const mg_tensor *x, const mg_tensor *t, int64_t *out, mgreg_error *err)
{
	int rc;

	if ((rc = mg_k_rank_fits(mg_rank(x), err)) != 0 || (rc = mg_k_vector(t, "multiples", err)) != 0)
		return rc;
	if (t->count != mg_rank(x))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "expected multiples argument to be a vector of length %d but got length %lld",
			mg_rank(x), (long long)t->count);
	for (int d = 0; d < mg_rank(x); d++)
		if ((out[d] = mg_k_int(t, d)) < 0)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "expected multiples[%d] >= 0, but got %lld", d, (long long)out[d]);
	return 0;
}

static int
tile_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	int64_t times[MG_K_DIMS], dims[MG_K_DIMS], from, to;
	bool same = true;
	mg_tensor *y;
	mg_k_view v;
	int rc;

	if ((rc = read_multiples(x, mg_kernel_input(k, 1), times, err)) != 0)
		return rc;
	for (int d = 0; d < mg_rank(x); d++) {
		same = same && times[d] == 1;
		if (__builtin_mul_overflow(times[d], mg_dim(x, d), &dims[d]))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "multiples[%d] = %lld makes the output too large", d, (long long)times[d]);
	}
	if (same)
		return mg_kernel_share(k, 0, x, err);
	if ((rc = mg_kernel_output_dims(k, 0, dims, mg_rank(x), &y, err)) != 0 || y->count == 0)
		return rc;
	mg_k_view_begin(&v);
	from = x->count;
	to = y->count;
	for (int d = 0; d < mg_rank(x); d++) {
		from /= mg_dim(x, d);
		to /= dims[d];
		mg_k_view_add(&v, times[d], to * mg_dim(x, d), 0);
		mg_k_view_add(&v, mg_dim(x, d), to, from);
	}
	return mg_k_copy(k, y, x, &v, err);
}

/* TileGrad(input, multiples): sums over the copies. */
#define ADD_UP(s, dtype, _) \
	static void add_up_##s(const mg_tensor *x, mg_tensor *y, const int64_t *times) \
	{ \
		int64_t at[MG_K_DIMS] = { 0 }, strides[MG_K_DIMS], dims[MG_K_DIMS]; \
		int rank = mg_rank(x); \
		for (int d = 0; d < rank; d++) \
			dims[d] = mg_dim(x, d) / times[d]; \
		mg_k_strides(dims, rank, strides); \
		for (int64_t i = 0; i < x->count; i++) { \
			int64_t to = 0; \
			for (int d = 0; d < rank; d++) \
				to += at[d] % dims[d] * strides[d]; \
			MG_DATA(y, t_##s)[to] = st_##s((c_##s)((w_##s)ld_##s(MG_DATA(y, t_##s)[to]) + (w_##s)ld_##s(MG_CDATA(x, t_##s)[i]))); \
			for (int d = rank; d-- > 0;) { \
				if (++at[d] < mg_dim(x, d)) \
					break; \
				at[d] = 0; \
			} \
		} \
	}
K_NUMBERS(ADD_UP, 0)

static int
tile_grad_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	int64_t times[MG_K_DIMS], dims[MG_K_DIMS];
	mg_tensor *y;
	int rc;

	if ((rc = read_multiples(x, mg_kernel_input(k, 1), times, err)) != 0)
		return rc;
	for (int d = 0; d < mg_rank(x); d++) {
		if (times[d] == 0 || mg_dim(x, d) % times[d])
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "multiples[%d] = %lld does not divide dimension %lld", d,
				(long long)times[d], (long long)mg_dim(x, d));
		dims[d] = mg_dim(x, d) / times[d];
	}
	if ((rc = mg_kernel_output_dims(k, 0, dims, mg_rank(x), &y, err)) != 0 || (rc = mg_k_fill(k, y, NULL, 0, err)) != 0)
		return rc;
	switch (x->dtype) {
#define CASE(s, d, _) case d: add_up_##s(x, y, times); return 0;
	K_NUMBERS(CASE, 0)
#undef CASE
	default: return mg_k_no_type(x->dtype, err);
	}
}

const mg_kernel mg_kernels_shape[] = {
	{ "Shape", NULL, .run = shape_n_run },
	{ "ShapeN", NULL, .run = shape_n_run },
	{ "Size", NULL, .run = size_run },
	{ "Rank", NULL, .run = rank_run },
	{ "Reshape", NULL, .run = reshape_run, .flags = MG_KERNEL_SHARES },
	{ "ExpandDims", NULL, .run = expand_dims_run, .flags = MG_KERNEL_SHARES },
	{ "Squeeze", NULL, .run = squeeze_run, .flags = MG_KERNEL_SHARES },
	{ "BroadcastArgs", NULL, .run = broadcast_args_run },
	{ "BroadcastGradientArgs", NULL, .run = broadcast_gradient_args_run },
	{ "BroadcastTo", NULL, .run = broadcast_to_run, .flags = MG_KERNEL_SHARES },
	{ "Tile", NULL, .run = tile_run, .flags = MG_KERNEL_SHARES },
	{ "TileGrad", "T=" K_NUMBERS_TEXT, .run = tile_grad_run },
	{ .op = NULL }
};
