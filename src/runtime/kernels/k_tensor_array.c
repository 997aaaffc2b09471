/* SPDX-License-Identifier: Apache-2.0 */
/*
 * k_tensor_array.c - TensorArrays of all three generations (op-semantics section 13).
 *
 * An element is written once (in a gradient array: added up) and, where clear_after_read says so, read once.  A gradient
 * array belongs to a forward array and a source; it has the forward elements' shapes, and what was never written in it is zero.
 * A run is one thread, so nothing is locked.
 */
#include "base/base.h"
#include "base/map.h"
#include "base/vec.h"
#include "runtime/kernels/k_elements.h"
#include "runtime/runtime_internal.h"

static const char kind[] = "TensorArray";

typedef struct element {
	mg_tensor value;
	mg_shape  shape;                /* of what was written, or of the forward element; unknown rank: none */
	bool      written, read, cleared, owned;
} element;

typedef struct array {
	mg_object object;
	char     *name;
	mg_dtype  dtype;
	mg_shape  shape;                /* of every element, as far as known */
	bool      dynamic, clear_after_read, identical, adds, closed;
	MG_VEC(element) elements;
	mg_map    grads;                /* source -> array */
} array;

static void
drop_elements(array *a)
{
	for (size_t i = 0; i < a->elements.len; i++) {
		mg_tensor_clear(&a->elements.at[i].value);
		mg_shape_clear(&a->elements.at[i].shape);
	}
	mg_vec_clear(&a->elements);
}

static void
release(mg_object *o)
{
	array *a = (array *)o;
	mg_map_item item;

	drop_elements(a);
	for (void *it = NULL; (it = mg_map_next(&a->grads, it, &item)); )
		mg_object_unref(item.value);
	mg_map_clear(&a->grads);
	mg_shape_clear(&a->shape);
	mg_free(a->name);
	mg_free(a);
}

static int
resize(array *a, int64_t n, mgreg_error *err)
{
	if (n > INT32_MAX || !mg_vec_reserve(&a->elements, (size_t)n))
		return mg_fail_nomem(err, (size_t)n * sizeof(element));
	while ((int64_t)a->elements.len < n)
		a->elements.at[a->elements.len++] = (element){ .shape = MG_SHAPE_UNKNOWN };
	return 0;
}

static int
make(array **out, const char *name, mg_dtype dtype, int64_t size, const mg_shape *shape, mgreg_error *err)
{
	array *a = mg_calloc(1, sizeof(*a));
	int rc = 0;

	if (!a)
		return mg_fail_nomem(err, sizeof(*a));
	atomic_init(&a->object.refs, 1);
	a->object.kind = kind;
	a->object.release = release;
	a->dtype = dtype;
	a->name = mg_strdup(name);
	if (!a->name)
		rc = mg_fail_nomem(err, strlen(name));
	if (rc == 0)
		rc = mg_shape_copy(&a->shape, shape, err);
	if (rc == 0)
		rc = resize(a, size, err);
	if (rc)
		mg_object_unref(&a->object);
	else
		*out = a;
	return rc;
}

/* ---- making ---- */

static int
put_flow(mg_kernel_ctx *k, int i, mgreg_error *err)
{
	mg_tensor *flow;
	int rc = 0;

	if (mg_kernel_output_count(k) > i && (rc = mg_kernel_output_dims(k, i, NULL, 0, &flow, err)) == 0)
		*MG_DATA(flow, float) = 0;
	return rc;
}

static int
new_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_attrs *attrs = mg_kernel_attrs(k);
	mg_shape shape = MG_SHAPE_UNKNOWN;
	mg_slice given = { "", 0 };
	int dtype = MGREG_FLOAT, rc = 0;
	int64_t size;
	array *a;

	MG_TRY(mg_k_scalar(mg_kernel_input(k, 0), "TensorArray size", &size, err));
	if (size < 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "size should be >= 0, but is %lld", (long long)size);
	mg_attr_get_type(attrs, "dtype", &dtype);
	mg_attr_get_shape(attrs, "element_shape", &shape);
	mg_attr_get_string(attrs, "tensor_array_name", &given);
	MG_TRY(make(&a, mg_kernel_node(k)->name, (mg_dtype)dtype, size, &shape, err));
	a->dynamic = mg_k_attr_bool(attrs, "dynamic_size", false);
	a->clear_after_read = mg_k_attr_bool(attrs, "clear_after_read", true);
	a->identical = mg_k_attr_bool(attrs, "identical_element_shapes", false);
	MG_TRY(mg_kernel_handle_put(k, 0, &a->object, err));
	rc = put_flow(k, 1, err);
out:
	mg_shape_clear(&shape);
	return rc;
}

static int
get_any(mg_kernel_ctx *k, array **out, mgreg_error *err)
{
	mg_object *o;
	int rc = mg_kernel_handle_get(k, 0, kind, &o, err);

	if (rc == 0)
		*out = (array *)o;
	return rc;
}

static int
get(mg_kernel_ctx *k, array **out, mgreg_error *err)
{
	int rc = get_any(k, out, err);

	if (rc == 0 && (*out)->closed)
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "TensorArray '%s' has already been closed", (*out)->name);
	return rc;
}

/* [PREPEND] + SHAPE. */
static int
prepended(mg_shape *out, const mg_shape *first, const mg_shape *shape, mgreg_error *err)
{
	int64_t dims[MG_K_DIMS];
	int rc;

	if (first->rank <= 0 || shape->rank == MG_RANK_UNKNOWN)
		return mg_shape_copy(out, shape, err);
	if ((rc = mg_k_rank_fits(first->rank + shape->rank, err)) != 0)
		return rc;
	for (int d = 0; d < first->rank; d++)
		dims[d] = mg_shape_dim(first, d);
	for (int d = 0; d < shape->rank; d++)
		dims[first->rank + d] = mg_shape_dim(shape, d);
	return mg_shape_set(out, dims, first->rank + shape->rank, err);
}

static int
make_grad(array **out, array *forward, const char *source, const mg_shape *first, mgreg_error *err)
{
	mg_shape shape = { 0 };
	array *a = NULL;
	int rc = 0;

	if (forward->adds)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "no gradient of TensorArray '%s': it is one itself, its elements are written more than once", forward->name);
	MG_TRY(prepended(&shape, first, &forward->shape, err));
	MG_TRY(make(&a, forward->name, forward->dtype, (int64_t)forward->elements.len, &shape, err));
	a->identical = forward->identical;
	a->adds = true;
	forward->dynamic = false;       /* from here on its size is fixed */
	for (size_t i = 0; i < a->elements.len; i++)
		MG_TRY(prepended(&a->elements.at[i].shape, first, &forward->elements.at[i].shape, err));
	if (!mg_map_set(&forward->grads, source, a))
		MG_TRY(mg_fail_nomem(err, 0));
	*out = a;
	a = NULL;
out:
	if (a)
		mg_object_unref(&a->object);
	mg_shape_clear(&shape);
	return rc;
}

static int
grad_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_shape first = { 0 };
	mg_slice text = { "", 0 };
	char source[512];
	array *forward, *a;
	int rc = get(k, &forward, err);

	if (rc)
		return rc;
	mg_attr_get_string(mg_kernel_attrs(k), "source", &text);
	if (text.len >= sizeof(source))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "the source of a TensorArray gradient has %zu characters", text.len);
	snprintf(source, sizeof(source), "%.*s", (int)text.len, text.ptr);
	if (mg_kernel_input_count(k) > 2)
		MG_TRY(mg_k_shape_from(mg_kernel_input(k, 2), "shape_to_prepend", &first, err));
	if (!(a = mg_map_find(&forward->grads, source)))
		MG_TRY(make_grad(&a, forward, source, &first, err));
	MG_TRY(mg_kernel_handle_put(k, 0, mg_object_ref(&a->object), err));
	if (mg_kernel_output_count(k) > 1)
		rc = mg_kernel_share(k, 1, mg_kernel_input(k, 1), err);
out:
	mg_shape_clear(&first);
	return rc;
}

/* ---- writing ---- */

static int
fits(const array *a, int64_t i, const mg_tensor *value, mgreg_error *err)
{
	char x[256], y[256];

	if (value->dtype != a->dtype)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "TensorArray '%s': could not write to index %lld because the value dtype is %s but the array's is %s",
			a->name, (long long)i, mg_dtype_name(value->dtype), mg_dtype_name(a->dtype));
	if (!mg_shape_compatible(&a->shape, &value->shape))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "TensorArray '%s': could not write to index %lld because the value shape %s is incompatible with the element shape %s",
			a->name, (long long)i, mg_shape_text(&value->shape, x), mg_shape_text(&a->shape, y));
	return 0;
}

/* A second gradient for an element: added into bytes of its own. */
static int
add(array *a, int64_t i, element *e, const mg_tensor *value, mgreg_error *err)
{
	char x[256], y[256];
	mg_tensor copy = { 0 };
	int rc;

	if (!mg_shape_equal(&e->value.shape, &value->shape))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "TensorArray '%s': could not add to index %lld: the existing shape is %s but the new one is %s",
			a->name, (long long)i, mg_shape_text(&e->value.shape, x), mg_shape_text(&value->shape, y));
	if (!mg_accumulate_knows(MG_ACC_ADD, a->dtype))
		return mg_fail(err, MGREG_UNIMPLEMENTED, "TensorArray '%s': elements of dtype %s cannot be added", a->name, mg_dtype_name(a->dtype));
	if (!e->owned || mg_buffer_is_shared(e->value.buffer)) {
		if ((rc = mg_tensor_copy(&copy, &e->value, err)) != 0)
			return rc;
		mg_tensor_clear(&e->value);
		mg_tensor_move(&e->value, &copy);
		e->owned = true;
	}
	mg_accumulate(MG_ACC_ADD, a->dtype, e->value.data, value->data, value->count, false);
	return 0;
}

/* VALUE is taken, also on failure. */
static int
write(array *a, int64_t i, mg_tensor *value, mgreg_error *err)
{
	element *e;
	int rc = 0;

	if (i < 0 || (i >= (int64_t)a->elements.len && !a->dynamic)) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "TensorArray '%s': tried to write to index %lld but the array is not resizeable and its size is %zu",
			a->name, (long long)i, a->elements.len);
		goto out;
	}
	if (i >= (int64_t)a->elements.len)
		MG_TRY(resize(a, i + 1, err));
	MG_TRY(fits(a, i, value, err));
	e = &a->elements.at[i];
	if (e->read) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "TensorArray '%s': could not write to index %lld because it has already been read", a->name, (long long)i);
		goto out;
	}
	if (e->written && !a->adds) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "TensorArray '%s': could not write to index %lld because it has already been written to", a->name, (long long)i);
		goto out;
	}
	if (e->written) {
		rc = e->value.count ? add(a, i, e, value, err) : 0;
		goto out;
	}
	if (a->identical)
		MG_TRY(mg_k_merge_shape(&a->shape, &value->shape, err));
	mg_shape_clear(&e->shape);
	MG_TRY(mg_shape_copy(&e->shape, &value->shape, err));
	mg_tensor_move(&e->value, value);
	e->written = true;
out:
	mg_tensor_clear(value);
	return rc;
}

static int
pass_flow(mg_kernel_ctx *k, mgreg_error *err)
{
	return mg_kernel_share(k, 0, mg_kernel_input(k, mg_kernel_input_count(k) - 1), err);
}

static int
write_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_tensor value = { 0 };
	int64_t i;
	array *a;
	int rc = get(k, &a, err);

	if (rc || (rc = mg_k_scalar(mg_kernel_input(k, 1), "TensorArray index", &i, err)) != 0
	    || (rc = mg_tensor_share(&value, mg_kernel_input(k, 2), err)) != 0 || (rc = write(a, i, &value, err)) != 0)
		return rc;
	return pass_flow(k, err);
}

/* Row J of VALUE is written to index INDICES[J]; without INDICES to J. */
static int
write_rows(mg_kernel_ctx *k, array *a, const mg_tensor *value, const mg_tensor *indices, mgreg_error *err)
{
	mg_shape row = { 0 };
	int64_t n = mg_dim(value, 0), step;
	int rc;

	MG_TRY(mg_k_tail_shape(value, &row, err));
	MG_TRY(mg_shape_count(&row, &step, err));
	for (int64_t j = 0; j < n; j++) {
		mg_tensor piece = { 0 };

		MG_TRY(mg_k_piece(k, value, j * step, &row, &piece, err));
		MG_TRY(write(a, indices ? mg_k_int(indices, j) : j, &piece, err));
	}
out:
	mg_shape_clear(&row);
	return rc;
}

static int
scatter_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *indices = mg_kernel_input(k, 1), *value = mg_kernel_input(k, 2);
	int64_t most = -1;
	array *a;
	int rc = get(k, &a, err);

	if (rc || (rc = mg_k_rank_at_least(value, 1, "the value to unpack", err)) != 0 || (rc = mg_k_vector(indices, "indices", err)) != 0)
		return rc;
	if (indices->count != mg_dim(value, 0))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "TensorArray '%s': %lld indices for %lld values", a->name, (long long)indices->count, (long long)mg_dim(value, 0));
	for (int64_t j = 0; j < indices->count; j++)
		most = MG_MAX(most, mg_k_int(indices, j));
	if (most >= (int64_t)a->elements.len && !a->dynamic)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "TensorArray '%s': the largest index, %lld, must be below the array's size, %zu", a->name, (long long)most, a->elements.len);
	rc = write_rows(k, a, value, indices, err);
	return rc ? rc : pass_flow(k, err);
}

/* Grows a dynamic array to N elements; otherwise it must have as many. */
static int
size_for(array *a, int64_t n, const char *what, mgreg_error *err)
{
	if (a->dynamic && (int64_t)a->elements.len < n)
		return resize(a, n, err);
	if (n != (int64_t)a->elements.len)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "TensorArray '%s': its size, %zu, is not that of the %s, %lld", a->name, a->elements.len, what, (long long)n);
	return 0;
}

static int
unpack_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *value = mg_kernel_input(k, 1);
	array *a;
	int rc = get(k, &a, err);

	if (rc || (rc = mg_k_rank_at_least(value, 1, "the value to unpack", err)) != 0 || (rc = size_for(a, mg_dim(value, 0), "value", err)) != 0
	    || (rc = write_rows(k, a, value, NULL, err)) != 0)
		return rc;
	return pass_flow(k, err);
}

static int
split_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *value = mg_kernel_input(k, 1), *lengths = mg_kernel_input(k, 2);
	int64_t row, at = 0;
	mg_shape shape = { 0 };
	array *a;
	int rc = 0;

	MG_TRY(get(k, &a, err));
	MG_TRY(mg_k_check_lengths(value, lengths, err));
	MG_TRY(size_for(a, lengths->count, "lengths", err));
	row = mg_k_product(value, 1, mg_rank(value));
	for (int64_t j = 0; j < lengths->count; j++) {
		mg_tensor piece = { 0 };

		mg_shape_clear(&shape);
		MG_TRY(mg_k_cut_shape(value, mg_k_int(lengths, j), &shape, err));
		MG_TRY(mg_k_piece(k, value, at, &shape, &piece, err));
		MG_TRY(write(a, j, &piece, err));
		at += row * mg_k_int(lengths, j);
	}
	rc = pass_flow(k, err);
out:
	mg_shape_clear(&shape);
	return rc;
}

/* ---- reading ---- */

static int
unwritten(mg_kernel_ctx *k, const array *a, int64_t i, mg_tensor *out, mgreg_error *err)
{
	const element *e = &a->elements.at[i];
	const mg_shape *shape = mg_shape_is_full(&e->shape) ? &e->shape : &a->shape;

	if (!mg_shape_is_full(shape))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "TensorArray '%s': could not read from index %lld: it was not written, and the shape of its elements is not fully known",
			a->name, (long long)i);
	return mg_k_zeros(k, a->dtype, shape, out, err);
}

static int
read(mg_kernel_ctx *k, array *a, int64_t i, mg_tensor *out, mgreg_error *err)
{
	element *e;
	int rc;

	if (i < 0 || i >= (int64_t)a->elements.len)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "TensorArray '%s': tried to read from index %lld but the array's size is %zu", a->name, (long long)i, a->elements.len);
	e = &a->elements.at[i];
	if (e->cleared)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "TensorArray '%s': could not read index %lld twice because it was cleared after a previous read (clear_after_read)",
			a->name, (long long)i);
	if (!e->written)
		return unwritten(k, a, i, out, err);
	if ((rc = mg_tensor_share(out, &e->value, err)) != 0)
		return rc;
	e->read = true;
	if (a->clear_after_read) {
		mg_tensor_clear(&e->value);
		e->cleared = true;
	}
	return 0;
}

static int
check_type(mg_kernel_ctx *k, const array *a, mgreg_error *err)
{
	if (a->dtype != mg_dtype_base(mg_kernel_output_type(k, 0)))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "TensorArray '%s' has dtype %s but the op requested dtype %s", a->name, mg_dtype_name(a->dtype),
			mg_dtype_name(mg_dtype_base(mg_kernel_output_type(k, 0))));
	return 0;
}

static int
read_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_tensor value = { 0 };
	int64_t i;
	array *a;
	int rc = get(k, &a, err);

	if (rc || (rc = check_type(k, a, err)) != 0 || (rc = mg_k_scalar(mg_kernel_input(k, 1), "TensorArray index", &i, err)) != 0
	    || (rc = read(k, a, i, &value, err)) != 0)
		return rc;
	mg_kernel_take(k, 0, &value);
	return 0;
}

/* Elements INDICES (NULL: all of them, N) as they are read; the caller clears them. */
static int
read_many(mg_kernel_ctx *k, array *a, const mg_tensor *indices, int64_t n, mg_tensor **out, mgreg_error *err)
{
	mg_tensor *v = mg_calloc((size_t)MG_MAX(n, 1), sizeof(*v));
	int rc = 0;

	if (!v)
		return mg_fail_nomem(err, 0);
	*out = v;
	for (int64_t j = 0; rc == 0 && j < n; j++)
		rc = read(k, a, indices ? mg_k_int(indices, j) : j, &v[j], err);
	return rc;
}

static void
clear_many(mg_tensor *v, int64_t n)
{
	for (int64_t j = 0; v && j < n; j++)
		mg_tensor_clear(&v[j]);
	mg_free(v);
}

static int
pack(mg_kernel_ctx *k, array *a, const mg_tensor *indices, int64_t n, mgreg_error *err)
{
	mg_shape shape = { 0 };
	mg_tensor *v = NULL, *out;
	char x[256], y[256];
	int rc;

	MG_TRY(mg_shape_copy(&shape, &a->shape, err));
	if (n == 0) {
		mg_shape more = MG_SHAPE_UNKNOWN;

		mg_attr_get_shape(mg_kernel_attrs(k), "element_shape", &more);
		rc = mg_k_merge_shape(&shape, &more, err);
		mg_shape_clear(&more);
		MG_TRY(rc);
		if (!mg_shape_is_full(&shape))
			rc = mg_fail(err, MGREG_UNIMPLEMENTED, "TensorArray '%s' has size zero, but the shape of its elements, %s, is not fully known", a->name, mg_shape_text(&shape, x));
		else
			rc = mg_k_output_stacked(k, 0, 0, &shape, &out, err);
		goto out;
	}
	MG_TRY(read_many(k, a, indices, n, &v, err));
	for (int64_t j = 1; j < n; j++)
		if (!mg_shape_equal(&v[0].shape, &v[j].shape)) {
			rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "TensorArray '%s' has inconsistent shapes: element 0 has shape %s, but element %lld has shape %s", a->name,
				mg_shape_text(&v[0].shape, x), (long long)j, mg_shape_text(&v[j].shape, y));
			goto out;
		}
	MG_TRY(mg_k_output_stacked(k, 0, n, &v[0].shape, &out, err));
	for (int64_t j = 0; j < n; j++)
		MG_TRY(mg_k_copy_run(out, j * v[0].count, &v[j], 0, v[0].count, err));
out:
	clear_many(v, n);
	mg_shape_clear(&shape);
	return rc;
}

static int
gather_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *indices = mg_kernel_input(k, 1);
	array *a;
	int rc = get(k, &a, err);

	if (rc || (rc = check_type(k, a, err)) != 0 || (rc = mg_k_vector(indices, "indices", err)) != 0)
		return rc;
	return pack(k, a, indices, indices->count, err);
}

static int
pack_run(mg_kernel_ctx *k, mgreg_error *err)
{
	array *a;
	int rc = get(k, &a, err);

	if (rc || (rc = check_type(k, a, err)) != 0)
		return rc;
	return pack(k, a, NULL, (int64_t)a->elements.len, err);
}

/* Elements must agree in all dimensions but the first; *FIRST gets their sum. */
static int
check_concat(const array *a, const mg_tensor *v, int64_t n, int64_t *first, mgreg_error *err)
{
	char x[256], y[256];

	*first = 0;
	for (int64_t j = 0; j < n; j++) {
		bool same = mg_rank(&v[j]) == mg_rank(&v[0]);

		if (mg_rank(&v[j]) < 1)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "TensorArray '%s': concat saw a scalar at index %lld but requires at least vectors", a->name, (long long)j);
		for (int d = 1; same && d < mg_rank(&v[0]); d++)
			same = mg_dim(&v[j], d) == mg_dim(&v[0], d);
		if (!same)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "TensorArray '%s' has inconsistent shapes: element 0 has shape %s, but element %lld has shape %s", a->name,
				mg_shape_text(&v[0].shape, x), (long long)j, mg_shape_text(&v[j].shape, y));
		*first += mg_dim(&v[j], 0);
	}
	return 0;
}

static int
concat_nothing(mg_kernel_ctx *k, const array *a, mgreg_error *err)
{
	mg_shape shape = MG_SHAPE_UNKNOWN;
	mg_tensor *out;
	int64_t none[1] = { 0 };
	int rc;

	if (!mg_attr_get_shape(mg_kernel_attrs(k), "element_shape_except0", &shape) || !mg_shape_is_full(&shape))
		rc = mg_fail(err, MGREG_UNIMPLEMENTED, "TensorArray '%s' has size zero, but the shape of its elements is not fully known", a->name);
	else if ((rc = mg_k_output_stacked(k, 0, 0, &shape, &out, err)) == 0)
		rc = mg_kernel_output_dims(k, 1, none, 1, &out, err);
	mg_shape_clear(&shape);
	return rc;
}

static int
concat_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_tensor *v = NULL, *out, *lengths;
	int64_t n, first, at = 0;
	array *a;
	int rc = get(k, &a, err);

	if (rc || (rc = check_type(k, a, err)) != 0)
		return rc;
	n = (int64_t)a->elements.len;
	if (n == 0)
		return concat_nothing(k, a, err);
	MG_TRY(read_many(k, a, NULL, n, &v, err));
	MG_TRY(check_concat(a, v, n, &first, err));
	MG_TRY(mg_k_output_first(k, 0, first, &v[0].shape, &out, err));
	MG_TRY(mg_kernel_output_dims(k, 1, &n, 1, &lengths, err));
	for (int64_t j = 0; j < n; j++) {
		MG_TRY(mg_k_copy_run(out, at, &v[j], 0, v[j].count, err));
		MG_DATA(lengths, int64_t)[j] = mg_dim(&v[j], 0);
		at += v[j].count;
	}
out:
	clear_many(v, n);
	return rc;
}

static int
size_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_tensor *out;
	array *a;
	int rc = get(k, &a, err);

	if (rc == 0 && (rc = mg_kernel_output_dims(k, 0, NULL, 0, &out, err)) == 0)
		*MG_DATA(out, int32_t) = (int32_t)a->elements.len;
	return rc;
}

static int
close_run(mg_kernel_ctx *k, mgreg_error *err)
{
	array *a;
	int rc = get_any(k, &a, err);

	if (rc == 0) {
		drop_elements(a);
		a->closed = true;
	}
	return rc;
}

#define THREE(name, fn) \
	{ "TensorArray" name, .run = fn, .flags = MG_KERNEL_NO_FOLD }, \
	{ "TensorArray" name "V2", .run = fn, .flags = MG_KERNEL_NO_FOLD }, \
	{ "TensorArray" name "V3", .run = fn, .flags = MG_KERNEL_NO_FOLD }

const mg_kernel mg_kernels_tensor_array[] = {
	THREE("", new_run),
	THREE("Grad", grad_run),
	{ "TensorArrayGradWithShape", .run = grad_run, .flags = MG_KERNEL_NO_FOLD },
	THREE("Write", write_run), THREE("Read", read_run),
	THREE("Scatter", scatter_run), THREE("Gather", gather_run),
	THREE("Split", split_run), THREE("Concat", concat_run),
	{ "TensorArrayUnpack", .run = unpack_run, .flags = MG_KERNEL_NO_FOLD },
	{ "TensorArrayPack", .run = pack_run, .flags = MG_KERNEL_NO_FOLD },
	THREE("Size", size_run), THREE("Close", close_run),
	{ .op = NULL }
};
