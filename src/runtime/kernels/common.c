/* SPDX-License-Identifier: Apache-2.0 */
/* common.c - attributes, index inputs and checks that every kernel family needs. */
#include "runtime/kernels/k_common.h"

int
mg_k_no_type(mg_dtype dtype, mgreg_error *err)
{
	return mg_fail(err, MGREG_UNIMPLEMENTED, "no kernel for dtype %s", mg_dtype_name(dtype));
}

bool
mg_k_attr_bool(const mg_attrs *attrs, const char *name, bool fallback)
{
	bool v;

	return mg_attr_get_bool(attrs, name, &v) ? v : fallback;
}

int64_t
mg_k_attr_int(const mg_attrs *attrs, const char *name, int64_t fallback)
{
	int64_t v;

	return mg_attr_get_int(attrs, name, &v) ? v : fallback;
}

float
mg_k_attr_float(const mg_attrs *attrs, const char *name, float fallback)
{
	float v;

	return mg_attr_get_float(attrs, name, &v) ? v : fallback;
}

bool
mg_k_attr_is(const mg_attrs *attrs, const char *name, const char *value)
{
	mg_slice v;

	return mg_attr_get_string(attrs, name, &v) && mg_slice_eq(v, value);
}

int
mg_k_attr_ints(const mg_attrs *attrs, const char *name, int64_t *out, int n, mgreg_error *err)
{
	const Pb__AttrValue__ListValue *list;

	if (!mg_attr_get_list(attrs, name, &list))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "attr '%s' is missing", name);
	if (list->n_i != (size_t)n)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "attr '%s' has %zu entries, expected %d", name, list->n_i, n);
	for (int i = 0; i < n; i++)
		out[i] = list->i[i];
	return 0;
}

static int
check_index_type(const mg_tensor *t, const char *what, mgreg_error *err)
{
	if (t->dtype != MGREG_INT32 && t->dtype != MGREG_INT64)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "%s has dtype %s, expected int32 or int64", what,
			mg_dtype_name(t->dtype));
	return 0;
}

int
mg_k_scalar(const mg_tensor *t, const char *what, int64_t *out, mgreg_error *err)
{
	char text[256];

	if (check_index_type(t, what, err))
		return MGREG_INVALID_ARGUMENT;
	if (t->count != 1 || mg_rank(t) > 1)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "%s must be a scalar, not of shape %s", what,
			mg_shape_text(&t->shape, text));
	*out = mg_k_int(t, 0);
	return 0;
}

int
mg_k_axis_value(int64_t axis, int rank, const char *what, int *out, mgreg_error *err)
{
	if (axis < -(int64_t)rank || axis >= rank)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "%s %lld is not in [%d, %d)", what, (long long)axis, -rank, rank);
	*out = (int)(axis < 0 ? axis + rank : axis);
	return 0;
}

int
mg_k_axis(const mg_tensor *t, int rank, const char *what, int *out, mgreg_error *err)
{
	int64_t axis;
	int rc = mg_k_scalar(t, what, &axis, err);

	return rc ? rc : mg_k_axis_value(axis, rank, what, out, err);
}

int
mg_k_vector(const mg_tensor *t, const char *what, mgreg_error *err)
{
	char text[256];

	if (check_index_type(t, what, err))
		return MGREG_INVALID_ARGUMENT;
	if (mg_rank(t) != 1)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "%s must be a vector, not of shape %s", what,
			mg_shape_text(&t->shape, text));
	return 0;
}

int
mg_k_shape_from(const mg_tensor *t, const char *what, mg_shape *out, mgreg_error *err)
{
	int64_t count;
	int rc;

	if ((rc = mg_k_vector(t, what, err)) != 0)
		return rc;
	if (t->count > MG_MAX_RANK)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "%s has %lld entries, more than %d dimensions", what,
			(long long)t->count, MG_MAX_RANK);
	if ((rc = mg_shape_set(out, NULL, (int)t->count, err)) != 0)
		return rc;
	for (int i = 0; i < (int)t->count; i++) {
		int64_t d = mg_k_int(t, i);
		if (d < 0)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "%s[%d] is %lld, expected at least 0", what, i, (long long)d);
		mg_shape_dims(out)[i] = d;
	}
	return mg_shape_count(out, &count, err);
}

int
mg_k_output_axis(mg_kernel_ctx *k, int i, const mg_tensor *x, int axis, int64_t n, mg_tensor **out, mgreg_error *err)
{
	mg_shape shape = MG_SHAPE_SCALAR;
	int rc;

	MG_TRY(mg_shape_copy(&shape, &x->shape, err));
	mg_shape_dims(&shape)[axis] = n;
	MG_TRY(mg_kernel_output(k, i, &shape, out, err));
out:
	mg_shape_clear(&shape);
	return rc;
}

int64_t
mg_k_product(const mg_tensor *x, int from, int to)
{
	int64_t n = 1;

	for (int i = from; i < to; i++)
		n *= mg_dim(x, i);
	return n;
}

int
mg_k_rank_at_least(const mg_tensor *t, int rank, const char *what, mgreg_error *err)
{
	char text[256];

	if (mg_rank(t) < rank)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "%s must have rank %d or more, not shape %s", what, rank,
			mg_shape_text(&t->shape, text));
	return 0;
}

int
mg_k_rank_is(const mg_tensor *t, int rank, const char *what, mgreg_error *err)
{
	char text[256];

	if (mg_rank(t) != rank)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "%s must have rank %d, not shape %s", what, rank,
			mg_shape_text(&t->shape, text));
	return 0;
}

int
mg_k_same_shape(const mg_tensor *a, const mg_tensor *b, mgreg_error *err)
{
	char x[256], y[256];

	if (!mg_shape_equal(&a->shape, &b->shape))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "inputs must have the same shape, not %s and %s",
			mg_shape_text(&a->shape, x), mg_shape_text(&b->shape, y));
	return 0;
}

int
mg_k_rank_fits(int rank, mgreg_error *err)
{
	if (rank > MG_K_DIMS / 2)
		return mg_fail(err, MGREG_UNIMPLEMENTED, "rank %d is above %d", rank, MG_K_DIMS / 2);
	return 0;
}

void
mg_k_strides(const int64_t *dims, int rank, int64_t *strides)
{
	int64_t n = 1;

	for (int i = rank; i-- > 0; n *= dims[i])
		strides[i] = n;
}
