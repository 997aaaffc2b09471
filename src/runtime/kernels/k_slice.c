/* SPDX-License-Identifier: Apache-2.0 */
/* k_slice.c - Slice, StridedSlice with its gradient and assignments, Pad in its forms. */
#include "runtime/kernels/k_common.h"

/* ---- Slice ---- */
static int
slice_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0), *begin = mg_kernel_input(k, 1), *size = mg_kernel_input(k, 2);
	int64_t dims[MG_K_DIMS], from[MG_K_DIMS], step, to;
	bool whole = true;
	int rank = mg_rank(x), rc;
	mg_tensor *y;
	mg_k_view v;

	if ((rc = mg_k_rank_fits(rank, err)) != 0 || (rc = mg_k_vector(begin, "begin", err)) != 0
			|| (rc = mg_k_vector(size, "size", err)) != 0)
		return rc;
	if (begin->count != rank || size->count != rank)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "expected begin and size arguments to be 1-D tensors of size %d, but got %lld and %lld",
			rank, (long long)begin->count, (long long)size->count);
	for (int d = 0; d < rank; d++) {
		int64_t n = mg_dim(x, d);
		from[d] = mg_k_int(begin, d);
		dims[d] = mg_k_int(size, d);
		if (from[d] < 0 || from[d] > n)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "expected begin[%d] in [0, %lld], but got %lld", d, (long long)n, (long long)from[d]);
		if (dims[d] == -1)
			dims[d] = n - from[d];
		if (dims[d] < 0 || dims[d] > n - from[d])
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "expected size[%d] in [0, %lld], but got %lld", d, (long long)(n - from[d]), (long long)dims[d]);
		whole = whole && dims[d] == n;
	}
	if (whole)
		return mg_kernel_share(k, 0, x, err);
	if ((rc = mg_kernel_output_dims(k, 0, dims, rank, &y, err)) != 0 || y->count == 0)
		return rc;
	mg_k_view_begin(&v);
	step = x->count;
	to = y->count;
	for (int d = 0; d < rank; d++) {
		step /= mg_dim(x, d);
		to /= dims[d];
		v.from_at += from[d] * step;
		mg_k_view_add(&v, dims[d], to, step);
	}
	return mg_k_copy(k, y, x, &v, err);
}

/* ---- StridedSlice ---- */
typedef struct strided {
	int64_t out[MG_K_DIMS * 2];     /* final shape: shrunk dimensions gone, new axes there */
	int     out_rank;
	int     rank;                   /* of the input */
	int64_t length[MG_K_DIMS], begin[MG_K_DIMS], step[MG_K_DIMS];   /* per input dimension */
} strided;

static bool bit(int64_t mask, int64_t i) { return i < 63 && (mask >> i & 1); }

/* One spec position that consumes input dimension D of length N. */
static int
solve_position(strided *s, int d, int64_t n, int64_t i, int64_t begin, int64_t end, int64_t step, const int64_t masks[5], mgreg_error *err)
{
	bool shrink = bit(masks[4], i);
	int64_t low = step > 0 ? 0 : -1, high = step > 0 ? n : n - 1;

	if (step == 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "strides[%lld] must be non-zero", (long long)i);
	s->step[d] = step;
	if (shrink) {
		int64_t at = begin < 0 ? begin + n : begin;
		if (step < 0)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "only stride 1 allowed on non-range indexing");
		if (bit(masks[0], i))
			at = 0;
		if (at < 0 || at >= n)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "slice index %lld of dimension %d out of bounds", (long long)begin, d);
		s->begin[d] = at;
		s->length[d] = 1;
		return 0;
	}
	begin = bit(masks[0], i) ? (step > 0 ? low : high) : begin < 0 ? begin + n : begin;
	end = bit(masks[1], i) ? (step > 0 ? high : low) : end < 0 ? end + n : end;
	begin = MG_MIN(MG_MAX(begin, low), high);
	end = MG_MIN(MG_MAX(end, low), high);
	s->begin[d] = begin;
	if (step > 0)
		s->length[d] = end <= begin ? 0 : (int64_t)(((uint64_t)(end - begin) - 1) / (uint64_t)step) + 1;
	else
		s->length[d] = end >= begin ? 0 : (int64_t)(((uint64_t)(begin - end) - 1) / (0 - (uint64_t)step)) + 1;
	s->out[s->out_rank++] = s->length[d];
	return 0;
}

static int
solve_strided(strided *s, const mg_shape *in, const mg_tensor *begin, const mg_tensor *end, const mg_tensor *strides,
	const mg_attrs *attrs, mgreg_error *err)
{
	static const char *const names[] = { "begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask" };
	int64_t masks[5], n, consumed = 0;
	int d = 0, ellipses = 0, rc;
	bool seen = false;

	s->rank = in->rank;
	s->out_rank = 0;
	if ((rc = mg_k_rank_fits(in->rank, err)) != 0 || (rc = mg_k_vector(begin, "begin", err)) != 0
			|| (rc = mg_k_vector(end, "end", err)) != 0 || (rc = mg_k_vector(strides, "strides", err)) != 0)
		return rc;
	n = strides->count;
	if (begin->count != n || end->count != n || n >= 32)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "expected begin, end, and strides to be 1D equal size tensors of less than 32 entries, but got %lld, %lld, and %lld",
			(long long)begin->count, (long long)end->count, (long long)n);
	for (int i = 0; i < 5; i++)
		masks[i] = mg_k_attr_int(attrs, names[i], 0);
	for (int64_t i = 0; i < n; i++) {
		if (bit(masks[2], i))
			ellipses++;
		else if (!bit(masks[3], i))
			consumed++;
	}
	if (ellipses > 1)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "multiple ellipses in slice spec not allowed");
	if (consumed > in->rank)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "index out of range using %lld dimensions; input has only %d", (long long)consumed, in->rank);
	for (int64_t i = 0; i <= n; i++) {
		if (i == n ? !seen : bit(masks[2], i)) {
			for (int64_t c = 0; c < in->rank - consumed; c++, d++) {
				s->begin[d] = 0;
				s->step[d] = 1;
				s->out[s->out_rank++] = s->length[d] = mg_shape_dim(in, d);
			}
			seen = true;
		} else if (i == n) {
			break;
		} else if (bit(masks[3], i)) {
			s->out[s->out_rank++] = 1;
		} else {
			if ((rc = solve_position(s, d, mg_shape_dim(in, d), i, mg_k_int(begin, i), mg_k_int(end, i), mg_k_int(strides, i), masks,
					err)) != 0)
				return rc;
			d++;
		}
	}
	return 0;
}

/* The view from the dense slice into the tensor of shape IN, or (into = false) the other way round. */
static void
strided_view(const strided *s, const mg_shape *in, bool into, bool scalar, mg_k_view *v)
{
	int64_t strides[MG_K_DIMS], dense = 1;

	mg_k_strides(mg_shape_cdims(in), s->rank, strides);
	mg_k_view_begin(v);
	for (int d = 0; d < s->rank; d++) {
		dense *= s->length[d];
		*(into ? &v->to_at : &v->from_at) += s->begin[d] * strides[d];
	}
	if (dense == 0) {
		v->empty = true;
		return;
	}
	for (int d = 0; d < s->rank; d++) {
		int64_t inside = s->length[d] > 1 ? strides[d] * s->step[d] : 0, step;
		dense /= s->length[d];
		step = scalar ? 0 : dense;
		mg_k_view_add(v, s->length[d], into ? inside : step, into ? step : inside);
	}
}

static bool
is_whole(const strided *s, const mg_shape *in)
{
	for (int d = 0; d < s->rank; d++)
		if (s->length[d] != mg_shape_dim(in, d) || (s->step[d] < 0 && s->length[d] > 1))
			return false;
	return true;
}

static int
strided_slice_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	mg_shape shape = MG_SHAPE_SCALAR;
	strided s;
	mg_tensor *y;
	mg_k_view v;
	int rc;

	MG_TRY(solve_strided(&s, &x->shape, mg_kernel_input(k, 1), mg_kernel_input(k, 2), mg_kernel_input(k, 3), mg_kernel_attrs(k), err));
	MG_TRY(mg_shape_set(&shape, s.out, s.out_rank, err));
	if (is_whole(&s, &x->shape)) {
		rc = mg_kernel_share_as(k, 0, x, &shape, err);
		goto out;
	}
	MG_TRY(mg_kernel_output(k, 0, &shape, &y, err));
	strided_view(&s, &x->shape, false, false, &v);
	MG_TRY(mg_k_copy(k, y, x, &v, err));
out:
	mg_shape_clear(&shape);
	return rc;
}

/* Does VALUE have the shape of the slice? */
static int
check_value(const strided *s, const mg_tensor *value, bool scalar_fits, mgreg_error *err)
{
	bool fits = mg_rank(value) == s->out_rank;
	char text[256];

	for (int d = 0; fits && d < s->out_rank; d++)
		fits = mg_dim(value, d) == s->out[d];
	if (fits || (scalar_fits && value->count == 1 && mg_rank(value) == 0))
		return 0;
	return mg_fail(err, MGREG_INVALID_ARGUMENT, "value of shape %s does not have the shape of the slice, of rank %d",
		mg_shape_text(&value->shape, text), s->out_rank);
}

/* (shape, begin, end, strides, dy) */
static int
strided_slice_grad_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *dy = mg_kernel_input(k, 4);
	mg_shape shape = MG_SHAPE_SCALAR;
	strided s;
	mg_tensor *y;
	mg_k_view v;
	int rc;

	MG_TRY(mg_k_shape_from(mg_kernel_input(k, 0), "shape", &shape, err));
	MG_TRY(solve_strided(&s, &shape, mg_kernel_input(k, 1), mg_kernel_input(k, 2), mg_kernel_input(k, 3), mg_kernel_attrs(k), err));
	MG_TRY(check_value(&s, dy, false, err));
	MG_TRY(mg_kernel_output(k, 0, &shape, &y, err));
	MG_TRY(mg_k_fill(k, y, NULL, 0, err));
	strided_view(&s, &shape, true, false, &v);
	MG_TRY(mg_k_copy(k, y, dy, &v, err));
out:
	mg_shape_clear(&shape);
	return rc;
}

/* (ref, begin, end, strides, value) into a variable, by reference or by handle. */
static int
assign_slice(mg_kernel_ctx *k, mg_variable *var, mgreg_error *err)
{
	const mg_tensor *value = mg_kernel_input(k, 4);
	strided s;
	mg_k_view v;
	int rc;

	mg_lock(&var->mutex);
	if (!mg_tensor_is_set(&var->value)) {
		rc = mg_fail(err, MGREG_FAILED_PRECONDITION, "attempting to use uninitialized value %s", var->name ? var->name : "");
		goto out;
	}
	if (var->value.dtype != value->dtype) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "value has dtype %s, the variable %s", mg_dtype_name(value->dtype),
			mg_dtype_name(var->value.dtype));
		goto out;
	}
	MG_TRY(solve_strided(&s, &var->value.shape, mg_kernel_input(k, 1), mg_kernel_input(k, 2), mg_kernel_input(k, 3), mg_kernel_attrs(k), err));
	MG_TRY(check_value(&s, value, true, err));
	MG_TRY(mg_variable_own(var, err));
	strided_view(&s, &var->value.shape, true, mg_rank(value) == 0, &v);
	MG_TRY(mg_k_copy(k, &var->value, value, &v, err));
out:
	mg_unlock(&var->mutex);
	return rc;
}

static int
strided_slice_assign_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_variable *var = mg_kernel_ref(k, 0);
	int rc = assign_slice(k, var, err);

	if (rc == 0)
		mg_kernel_set_ref(k, 0, var);
	return rc;
}

static int
resource_strided_slice_assign_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_variable *var;
	int rc = mg_kernel_resource_variable(k, 0, &var, err);

	return rc ? rc : assign_slice(k, var, err);
}

/* ---- Pad ---- */
static int
read_paddings(const mg_tensor *p, const mg_tensor *x, int64_t *before, int64_t *after, mgreg_error *err)
{
	int rc;

	if ((rc = mg_k_rank_fits(mg_rank(x), err)) != 0)
		return rc;
	if (mg_rank(p) != 2 || mg_dim(p, 0) != mg_rank(x) || mg_dim(p, 1) != 2) {
		char text[256];
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "paddings must be a matrix with 2 columns and %d rows, not %s", mg_rank(x),
			mg_shape_text(&p->shape, text));
	}
	for (int d = 0; d < mg_rank(x); d++) {
		before[d] = mg_k_int(p, 2 * d);
		after[d] = mg_k_int(p, 2 * d + 1);
		if (before[d] < 0 || after[d] < 0)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "paddings must be non-negative: %lld %lld", (long long)before[d], (long long)after[d]);
	}
	return 0;
}

static int
padded_dims(const mg_tensor *x, const int64_t *before, const int64_t *after, int64_t *dims, mgreg_error *err)
{
	for (int d = 0; d < mg_rank(x); d++)
		if (__builtin_add_overflow(mg_dim(x, d), before[d], &dims[d]) || __builtin_add_overflow(dims[d], after[d], &dims[d]))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "padded dimension %d is too large", d);
	return 0;
}

static int
pad_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0), *value = mg_kernel_input_count(k) > 2 ? mg_kernel_input(k, 2) : NULL;
	int64_t before[MG_K_DIMS], after[MG_K_DIMS], dims[MG_K_DIMS], strides[MG_K_DIMS], from;
	mg_tensor *y;
	mg_k_view v;
	int rc;

	if (value && value->count != 1)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "constant_values must be a scalar");
	if ((rc = read_paddings(mg_kernel_input(k, 1), x, before, after, err)) != 0
			|| (rc = padded_dims(x, before, after, dims, err)) != 0
			|| (rc = mg_kernel_output_dims(k, 0, dims, mg_rank(x), &y, err)) != 0
			|| (rc = mg_k_fill(k, y, value, 0, err)) != 0 || x->count == 0)
		return rc;
	mg_k_strides(dims, mg_rank(x), strides);
	mg_k_view_begin(&v);
	from = x->count;
	for (int d = 0; d < mg_rank(x); d++) {
		from /= mg_dim(x, d);
		v.to_at += before[d] * strides[d];
		mg_k_view_add(&v, mg_dim(x, d), strides[d], from);
	}
	return mg_k_copy(k, y, x, &v, err);
}

/* ---- MirrorPad: the middle, then axis by axis the mirrored borders of what is there already ---- */
static int
mirror_offset(mg_kernel_ctx *k, int *out, mgreg_error *err)
{
	const mg_attrs *attrs = mg_kernel_attrs(k);

	if (mg_k_attr_is(attrs, "mode", "REFLECT"))
		*out = 1;
	else if (mg_k_attr_is(attrs, "mode", "SYMMETRIC"))
		*out = 0;
	else
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "mode must be either REFLECT or SYMMETRIC");
	return 0;
}

static int
mirror_pad_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	int64_t before[MG_K_DIMS], after[MG_K_DIMS], dims[MG_K_DIMS], strides[MG_K_DIMS], from;
	int rank = mg_rank(x), offset = 0, rc;
	mg_tensor *y;
	mg_k_view v;

	if ((rc = mirror_offset(k, &offset, err)) != 0 || (rc = read_paddings(mg_kernel_input(k, 1), x, before, after, err)) != 0)
		return rc;
	for (int d = 0; d < rank; d++)
		if (before[d] > mg_dim(x, d) - offset || after[d] > mg_dim(x, d) - offset)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "paddings must be no greater than the dimension size%s: %lld, %lld greater than %lld",
				offset ? " minus 1" : "", (long long)before[d], (long long)after[d], (long long)(mg_dim(x, d) - offset));
	if ((rc = padded_dims(x, before, after, dims, err)) != 0
			|| (rc = mg_kernel_output_dims(k, 0, dims, rank, &y, err)) != 0 || y->count == 0)
		return rc;
	mg_k_strides(dims, rank, strides);
	mg_k_view_begin(&v);
	from = x->count;
	for (int d = 0; d < rank; d++) {
		from /= mg_dim(x, d);
		v.to_at += before[d] * strides[d];
		mg_k_view_add(&v, mg_dim(x, d), strides[d], from);
	}
	if ((rc = mg_k_copy(k, y, x, &v, err)) != 0)
		return rc;
	for (int axis = rank; axis-- > 0;)
		for (int side = 0; side < 2; side++) {
			int64_t n = side ? after[axis] : before[axis], first = before[axis], last = before[axis] + mg_dim(x, axis) - 1;
			mg_k_view_begin(&v);
			v.to_at = (side ? last + 1 : 0) * strides[axis];
			v.from_at = (side ? last - offset : first + offset + n - 1) * strides[axis];
			for (int d = 0; d < rank; d++) {
				int64_t length = d < axis ? mg_dim(x, d) : d == axis ? n : dims[d];
				if (d < axis) {
					v.to_at += before[d] * strides[d];
					v.from_at += before[d] * strides[d];
				}
				mg_k_view_add(&v, length, strides[d], d == axis ? -strides[d] : strides[d]);
			}
			if ((rc = mg_k_copy(k, y, y, &v, err)) != 0)
				return rc;
		}
	return 0;
}

/* Gradient: each cell of dy is added where its value came from. */
#define FOLD(s, dtype, _) \
	static void fold_##s(const mg_tensor *dy, mg_tensor *y, const int64_t *before, int offset) \
	{ \
		int64_t at[MG_K_DIMS] = { 0 }, strides[MG_K_DIMS]; \
		int rank = mg_rank(y); \
		mg_k_strides(mg_shape_cdims(&y->shape), rank, strides); \
		for (int64_t i = 0; i < dy->count; i++) { \
			int64_t to = 0; \
			for (int d = 0; d < rank; d++) { \
				int64_t p = at[d] - before[d], n = mg_dim(y, d); \
				if (p < 0) \
					p = -p - 1 + offset; \
				else if (p >= n) \
					p = 2 * n - 1 - p - offset; \
				to += p * strides[d]; \
			} \
			MG_DATA(y, t_##s)[to] = st_##s((c_##s)((w_##s)ld_##s(MG_DATA(y, t_##s)[to]) + (w_##s)ld_##s(MG_CDATA(dy, t_##s)[i]))); \
			for (int d = rank; d-- > 0;) { \
				if (++at[d] < mg_dim(dy, d)) \
					break; \
				at[d] = 0; \
			} \
		} \
	}
K_NUMBERS(FOLD, 0)

static int
mirror_pad_grad_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *dy = mg_kernel_input(k, 0);
	int64_t before[MG_K_DIMS], after[MG_K_DIMS], dims[MG_K_DIMS];
	int offset = 0, rc;
	mg_tensor *y;

	if ((rc = mirror_offset(k, &offset, err)) != 0 || (rc = read_paddings(mg_kernel_input(k, 1), dy, before, after, err)) != 0)
		return rc;
	for (int d = 0; d < mg_rank(dy); d++) {
		if (before[d] > mg_dim(dy, d) || after[d] > mg_dim(dy, d) - before[d])
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "paddings are larger than dimension %d", d);
		dims[d] = mg_dim(dy, d) - before[d] - after[d];
		if (before[d] > dims[d] - offset || after[d] > dims[d] - offset)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "paddings must be no greater than the output dimension: %lld, %lld greater than %lld",
				(long long)before[d], (long long)after[d], (long long)(dims[d] - offset));
	}
	if ((rc = mg_kernel_output_dims(k, 0, dims, mg_rank(dy), &y, err)) != 0 || (rc = mg_k_fill(k, y, NULL, 0, err)) != 0)
		return rc;
	switch (dy->dtype) {
#define CASE(s, d, _) case d: fold_##s(dy, y, before, offset); return 0;
	K_NUMBERS(CASE, 0)
#undef CASE
	default: return mg_k_no_type(dy->dtype, err);
	}
}

const mg_kernel mg_kernels_slice[] = {
	{ "Slice", NULL, .run = slice_run },
	{ "StridedSlice", NULL, .run = strided_slice_run, .flags = MG_KERNEL_SHARES },
	{ "StridedSliceGrad", NULL, .run = strided_slice_grad_run },
	{ "StridedSliceAssign", NULL, .run = strided_slice_assign_run },
	{ "ResourceStridedSliceAssign", NULL, .run = resource_strided_slice_assign_run },
	{ "Pad", NULL, .run = pad_run },
	{ "PadV2", NULL, .run = pad_run },
	{ "MirrorPad", NULL, .run = mirror_pad_run },
	{ "MirrorPadGrad", "T=" K_NUMBERS_TEXT, .run = mirror_pad_grad_run },
	{ .op = NULL }
};
