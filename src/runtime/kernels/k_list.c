/* SPDX-License-Identifier: Apache-2.0 */
/*
 * k_list.c - TensorLists: a variant scalar whose object is a list of tensors.
 *
 * A list is a value: an op that changes one makes a new list that shares the elements, unless the old one dies here and
 * nobody else has it.  An element that was reserved and never set has no dtype and is read as zeros.
 */
#include "base/base.h"
#include "base/vec.h"
#include "runtime/kernels/k_elements.h"
#include "runtime/runtime_internal.h"

static const char kind[] = "TensorList";

typedef struct list {
	mg_object object;
	mg_dtype  dtype;
	mg_shape  shape;                /* of every element, as far as known */
	int64_t   limit;                /* negative: none */
	MG_VEC(mg_tensor) elements;
} list;

static void
release(mg_object *o)
{
	list *l = (list *)o;

	while (l->elements.len)
		mg_tensor_clear(&l->elements.at[--l->elements.len]);
	mg_vec_clear(&l->elements);
	mg_shape_clear(&l->shape);
	mg_free(l);
}

static int
make(list **out, mg_dtype dtype, const mg_shape *shape, int64_t limit, mgreg_error *err)
{
	list *l = mg_calloc(1, sizeof(*l));
	int rc;

	if (!l)
		return mg_fail_nomem(err, sizeof(*l));
	atomic_init(&l->object.refs, 1);
	l->object.kind = kind;
	l->object.release = release;
	l->dtype = dtype;
	l->limit = limit;
	if ((rc = mg_shape_copy(&l->shape, shape, err)) != 0) {
		mg_object_unref(&l->object);
		return rc;
	}
	*out = l;
	return 0;
}

/* Appends VALUE, which is taken also on failure. */
static int
append(list *l, mg_tensor *value, mgreg_error *err)
{
	if (!mg_vec_push(&l->elements, *value)) {
		mg_tensor_clear(value);
		return mg_fail_nomem(err, 0);
	}
	*value = (mg_tensor){ 0 };
	return 0;
}

static int
resize(list *l, int64_t n, mgreg_error *err)
{
	if (n > INT32_MAX || !mg_vec_reserve(&l->elements, (size_t)n))
		return mg_fail_nomem(err, (size_t)n * sizeof(mg_tensor));
	while ((int64_t)l->elements.len > n)
		mg_tensor_clear(&l->elements.at[--l->elements.len]);
	while ((int64_t)l->elements.len < n)
		l->elements.at[l->elements.len++] = (mg_tensor){ 0 };
	return 0;
}

static int
copy(list **out, const list *from, mgreg_error *err)
{
	list *l = NULL;
	int rc = make(&l, from->dtype, &from->shape, from->limit, err);

	for (size_t i = 0; rc == 0 && i < from->elements.len; i++) {
		mg_tensor t = { 0 };

		if (mg_tensor_is_set(&from->elements.at[i]))
			rc = mg_tensor_share(&t, &from->elements.at[i], err);
		if (rc == 0)
			rc = append(l, &t, err);
		if (rc)
			mg_object_unref(&l->object);
	}
	if (rc == 0)
		*out = l;
	return rc;
}

/* L, whose reference is taken, as output I. */
static int
put(mg_kernel_ctx *k, int i, list *l, mgreg_error *err)
{
	mg_tensor t = { 0 };
	int rc = mg_tensor_init_dims(&t, MGREG_VARIANT, NULL, 0, err);

	if (rc) {
		mg_object_unref(&l->object);
		return rc;
	}
	MG_DATA(&t, mg_object *)[0] = &l->object;
	mg_kernel_take(k, i, &t);
	return 0;
}

static int
as_list(const mg_tensor *t, int64_t at, int i, list **out, mgreg_error *err)
{
	mg_object *o = t->dtype == MGREG_VARIANT && at < t->count ? ((mg_object *const *)t->data)[at] : NULL;

	if (!o || o->kind != kind)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "input %d is not a list: it holds %s", i, o ? o->kind : "nothing");
	*out = (list *)o;
	return 0;
}

static int
get(mg_kernel_ctx *k, int i, list **out, mgreg_error *err)
{
	const mg_tensor *t = mg_kernel_input(k, i);
	int rc = t->count == 1 ? as_list(t, 0, i, out, err)
		: mg_fail(err, MGREG_INVALID_ARGUMENT, "input %d must be one list, but has %lld elements", i, (long long)t->count);
	int dtype;

	if (rc == 0 && mg_attr_get_type(mg_kernel_attrs(k), "element_dtype", &dtype) && dtype != (int)(*out)->dtype)
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "invalid data types: the op's elements are %s but the list's are %s", mg_dtype_name(dtype), mg_dtype_name((*out)->dtype));
	return rc;
}

/* Input I as a list that may be changed: itself if nobody else has it, otherwise a copy.  The reference is the caller's. */
static int
get_own(mg_kernel_ctx *k, int i, list **out, mgreg_error *err)
{
	list *l = NULL;
	int rc = get(k, i, &l, err);

	if (rc)
		return rc;
	if (mg_kernel_dies(k, i) && atomic_load_explicit(&l->object.refs, memory_order_acquire) == 1) {
		mg_object_ref(&l->object);
		*out = l;
		return 0;
	}
	return copy(out, l, err);
}

/* A shape given as a tensor: -1 is unknown, the scalar -1 an unknown rank. */
static int
read_shape(const mg_tensor *t, mg_shape *out, mgreg_error *err)
{
	int rc;

	mg_shape_clear(out);
	if (mg_rank(t) == 0 && mg_k_int(t, 0) == -1) {
		*out = MG_SHAPE_UNKNOWN;
		return 0;
	}
	if ((rc = mg_k_vector(t, "element_shape", err)) != 0 || (rc = mg_k_rank_fits((int)MG_MIN(t->count, 1 << 20), err)) != 0)
		return rc;
	int64_t dims[MG_K_DIMS];

	for (int64_t i = 0; i < t->count; i++)
		if ((dims[i] = mg_k_int(t, i)) < -1)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "element_shape has the dimension %lld", (long long)dims[i]);
	return mg_shape_set(out, dims, (int)t->count, err);
}

/* What the list and input I together say of an element's shape. */
static int
element_shape(mg_kernel_ctx *k, const list *l, int i, mg_shape *out, mgreg_error *err)
{
	mg_shape given = { 0 };
	int rc = mg_shape_copy(out, &l->shape, err);

	if (rc == 0 && i >= 0 && i < mg_kernel_input_count(k) && (rc = read_shape(mg_kernel_input(k, i), &given, err)) == 0)
		rc = mg_k_merge_shape(out, &given, err);
	mg_shape_clear(&given);
	return rc;
}

static int
fits(const list *l, const mg_tensor *x, mgreg_error *err)
{
	char a[256], b[256];

	if (x->dtype != l->dtype)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "invalid data types: the element is %s but the list's are %s", mg_dtype_name(x->dtype), mg_dtype_name(l->dtype));
	if (!mg_shape_compatible(&l->shape, &x->shape))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "an element of shape %s does not fit a list whose elements have shape %s", mg_shape_text(&x->shape, a), mg_shape_text(&l->shape, b));
	return 0;
}

/* ---- making ---- */

static int
empty_of(mg_kernel_ctx *k, int shape_input, int64_t limit, list **out, mgreg_error *err)
{
	mg_shape shape = MG_SHAPE_UNKNOWN;
	int dtype = MGREG_FLOAT;
	int rc = shape_input >= 0 ? read_shape(mg_kernel_input(k, shape_input), &shape, err) : 0;

	mg_attr_get_type(mg_kernel_attrs(k), "element_dtype", &dtype);
	if (rc == 0)
		rc = make(out, (mg_dtype)dtype, &shape, limit, err);
	mg_shape_clear(&shape);
	return rc;
}

static int
empty_run(mg_kernel_ctx *k, mgreg_error *err)
{
	int64_t limit;
	list *l = NULL;
	int rc = mg_k_scalar(mg_kernel_input(k, 1), "max_num_elements", &limit, err);

	if (rc || (rc = empty_of(k, 0, limit, &l, err)) != 0)
		return rc;
	return put(k, 0, l, err);
}

static int
reserve_run(mg_kernel_ctx *k, mgreg_error *err)
{
	int64_t n;
	list *l = NULL;
	int rc = mg_k_scalar(mg_kernel_input(k, 1), "num_elements", &n, err);

	if (rc == 0 && n < 0)
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "the number of elements to reserve must not be negative, but is %lld", (long long)n);
	if (rc || (rc = empty_of(k, 0, -1, &l, err)) != 0)
		return rc;
	if ((rc = resize(l, n, err)) != 0) {
		mg_object_unref(&l->object);
		return rc;
	}
	return put(k, 0, l, err);
}

/* Row J of X becomes element WHERE[J] (NULL: J) of L. */
static int
set_rows(mg_kernel_ctx *k, list *l, const mg_tensor *x, const mg_tensor *where, mgreg_error *err)
{
	mg_shape row = { 0 };
	int64_t step;
	int rc;

	MG_TRY(mg_k_tail_shape(x, &row, err));
	MG_TRY(mg_shape_count(&row, &step, err));
	for (int64_t j = 0; j < mg_dim(x, 0); j++) {
		mg_tensor piece = { 0 }, *to = &l->elements.at[where ? mg_k_int(where, j) : j];

		MG_TRY(mg_k_piece(k, x, j * step, &row, &piece, err));
		if ((rc = fits(l, &piece, err)) != 0) {
			mg_tensor_clear(&piece);
			goto out;
		}
		mg_tensor_clear(to);
		mg_tensor_move(to, &piece);
	}
out:
	mg_shape_clear(&row);
	return rc;
}

/* L becomes output 0 if RC is 0, otherwise it goes. */
static int
finish(mg_kernel_ctx *k, list *l, int rc, mgreg_error *err)
{
	if (rc == 0)
		return put(k, 0, l, err);
	mg_object_unref(&l->object);
	return rc;
}

static int
from_tensor_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	list *l = NULL;
	int rc = mg_k_rank_at_least(x, 1, "the tensor", err);

	if (rc || (rc = empty_of(k, 1, -1, &l, err)) != 0)
		return rc;
	if ((rc = resize(l, mg_dim(x, 0), err)) == 0)
		rc = set_rows(k, l, x, NULL, err);
	return finish(k, l, rc, err);
}

/* The indices of rows; *MOST the largest, -1 if there is none. */
static int
check_indices(const mg_tensor *x, const mg_tensor *indices, int64_t *most, mgreg_error *err)
{
	int rc;

	*most = -1;
	if ((rc = mg_k_rank_at_least(x, 1, "the tensor", err)) != 0 || (rc = mg_k_vector(indices, "indices", err)) != 0)
		return rc;
	if (indices->count != mg_dim(x, 0))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "%lld indices for %lld rows", (long long)indices->count, (long long)mg_dim(x, 0));
	for (int64_t j = 0; j < indices->count; j++) {
		if (mg_k_int(indices, j) < 0)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "indices in TensorListScatter must all be non-negative, but one is %lld", (long long)mg_k_int(indices, j));
		*most = MG_MAX(*most, mg_k_int(indices, j));
	}
	return 0;
}

static int
scatter_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0), *indices = mg_kernel_input(k, 1);
	int64_t most, n = -1;
	list *l = NULL;
	int rc = check_indices(x, indices, &most, err);

	if (rc || (mg_kernel_input_count(k) > 3 && (rc = mg_k_scalar(mg_kernel_input(k, 3), "num_elements", &n, err)) != 0))
		return rc;
	if (n < -1 || (n >= 0 && most >= n))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "num_elements is %lld, but the largest index is %lld", (long long)n, (long long)most);
	if ((rc = empty_of(k, 2, -1, &l, err)) != 0)
		return rc;
	if ((rc = resize(l, n < 0 ? most + 1 : n, err)) == 0)
		rc = set_rows(k, l, x, indices, err);
	return finish(k, l, rc, err);
}

static int
scatter_into_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 1), *indices = mg_kernel_input(k, 2);
	int64_t most;
	list *l = NULL;
	int rc = check_indices(x, indices, &most, err);

	if (rc || (rc = get_own(k, 0, &l, err)) != 0)
		return rc;
	if (most >= (int64_t)l->elements.len)
		rc = resize(l, most + 1, err);
	if (rc == 0)
		rc = set_rows(k, l, x, indices, err);
	return finish(k, l, rc, err);
}

static int
split_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0), *lengths = mg_kernel_input(k, 2);
	int64_t row, at = 0;
	mg_shape shape = { 0 };
	list *l = NULL;
	int rc = mg_k_check_lengths(x, lengths, err);

	if (rc || (rc = empty_of(k, 1, -1, &l, err)) != 0)
		return rc;
	row = mg_k_product(x, 1, mg_rank(x));
	for (int64_t j = 0; rc == 0 && j < lengths->count; j++) {
		mg_tensor piece = { 0 };

		mg_shape_clear(&shape);
		if ((rc = mg_k_cut_shape(x, mg_k_int(lengths, j), &shape, err)) == 0 && (rc = mg_k_piece(k, x, at, &shape, &piece, err)) == 0) {
			if ((rc = fits(l, &piece, err)) == 0)
				rc = append(l, &piece, err);
			mg_tensor_clear(&piece);
		}
		at += row * mg_k_int(lengths, j);
	}
	mg_shape_clear(&shape);
	return finish(k, l, rc, err);
}

/* ---- changing ---- */

static int
push(list *l, const mg_tensor *x, mgreg_error *err)
{
	mg_tensor t = { 0 };
	int rc = fits(l, x, err);

	if (rc == 0 && l->limit >= 0 && (int64_t)l->elements.len >= l->limit)
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "tried to push an item into a full list of %zu elements", l->elements.len);
	if (rc == 0 && (rc = mg_tensor_share(&t, x, err)) == 0)
		rc = append(l, &t, err);
	return rc;
}

static int
push_run(mg_kernel_ctx *k, mgreg_error *err)
{
	list *l = NULL;
	int rc = get_own(k, 0, &l, err);

	return rc ? rc : finish(k, l, push(l, mg_kernel_input(k, 1), err), err);
}

/* A variant tensor of lists, each gets its row. */
static int
push_batch_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *handles = mg_kernel_input(k, 0), *x = mg_kernel_input(k, 1);
	mg_tensor out = { 0 };
	mg_shape row = { 0 };
	int64_t step;
	int rc;

	MG_TRY(mg_k_rank_at_least(x, 1, "the tensor", err));
	if (mg_dim(x, 0) != handles->count) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "%lld lists for %lld rows", (long long)handles->count, (long long)mg_dim(x, 0));
		goto out;
	}
	MG_TRY(mg_tensor_init(&out, MGREG_VARIANT, &handles->shape, err));
	for (int64_t i = 0; i < out.count; i++)
		MG_DATA(&out, mg_object *)[i] = NULL;
	MG_TRY(mg_k_tail_shape(x, &row, err));
	MG_TRY(mg_shape_count(&row, &step, err));
	for (int64_t i = 0; i < out.count; i++) {
		mg_tensor piece = { 0 };
		list *from = NULL, *l = NULL;

		MG_TRY(as_list(handles, i, 0, &from, err));
		MG_TRY(copy(&l, from, err));
		MG_DATA(&out, mg_object *)[i] = &l->object;
		MG_TRY(mg_k_piece(k, x, i * step, &row, &piece, err));
		rc = push(l, &piece, err);
		mg_tensor_clear(&piece);
		MG_TRY(rc);
	}
	mg_kernel_take(k, 0, &out);
out:
	mg_shape_clear(&row);
	mg_tensor_clear(&out);
	return rc;
}

/* Element I shared into OUT; zeros of SHAPE where it was never set. */
static int
read(mg_kernel_ctx *k, const list *l, int64_t i, const mg_shape *shape, mg_tensor *out, mgreg_error *err)
{
	char text[256];

	if (mg_tensor_is_set(&l->elements.at[i]))
		return mg_tensor_share(out, &l->elements.at[i], err);
	if (!mg_shape_is_full(shape))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "element %lld of the list was never set, and the shape of its elements, %s, is not fully known", (long long)i, mg_shape_text(shape, text));
	return mg_k_zeros(k, l->dtype, shape, out, err);
}

static int
pop_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_shape shape = { 0 };
	mg_tensor value = { 0 };
	list *l = NULL;
	int rc;

	MG_TRY(get_own(k, 0, &l, err));
	if (l->elements.len == 0) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "trying to pop from an empty list");
		goto out;
	}
	MG_TRY(element_shape(k, l, 1, &shape, err));
	MG_TRY(read(k, l, (int64_t)l->elements.len - 1, &shape, &value, err));
	MG_TRY(resize(l, (int64_t)l->elements.len - 1, err));
	mg_kernel_take(k, 1, &value);
	rc = put(k, 0, l, err);
	l = NULL;
out:
	if (l)
		mg_object_unref(&l->object);
	mg_shape_clear(&shape);
	return rc;
}

static int
check_index(const list *l, int64_t i, const char *doing, mgreg_error *err)
{
	if (i < 0 || i >= (int64_t)l->elements.len)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "trying to %s element %lld in a list with %zu elements", doing, (long long)i, l->elements.len);
	return 0;
}

static int
set_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 2);
	int64_t i;
	list *l = NULL;
	int rc = mg_k_scalar(mg_kernel_input(k, 1), "index", &i, err);

	if (rc || (rc = get_own(k, 0, &l, err)) != 0)
		return rc;
	if ((rc = check_index(l, i, "modify", err)) == 0 && (rc = fits(l, x, err)) == 0) {
		mg_tensor_clear(&l->elements.at[i]);
		rc = mg_tensor_share(&l->elements.at[i], x, err);
	}
	return finish(k, l, rc, err);
}

static int
resize_run(mg_kernel_ctx *k, mgreg_error *err)
{
	int64_t n;
	list *l = NULL;
	int rc = mg_k_scalar(mg_kernel_input(k, 1), "size", &n, err);

	if (rc == 0 && n < 0)
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "a list cannot have the size %lld", (long long)n);
	if (rc || (rc = get_own(k, 0, &l, err)) != 0)
		return rc;
	return finish(k, l, resize(l, n, err), err);
}

static int
join(list *l, const list *more, mgreg_error *err)
{
	int rc = 0;

	if (more->dtype != l->dtype)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "lists of %s and %s cannot be joined", mg_dtype_name(l->dtype), mg_dtype_name(more->dtype));
	for (size_t i = 0; rc == 0 && i < more->elements.len; i++) {
		mg_tensor t = { 0 };

		if (mg_tensor_is_set(&more->elements.at[i]))
			rc = mg_tensor_share(&t, &more->elements.at[i], err);
		if (rc == 0)
			rc = append(l, &t, err);
	}
	return rc;
}

static int
concat_lists_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *a = mg_kernel_input(k, 0), *b = mg_kernel_input(k, 1);
	mg_tensor out = { 0 };
	int rc;

	MG_TRY(mg_k_same_shape(a, b, err));
	MG_TRY(mg_tensor_init(&out, MGREG_VARIANT, &a->shape, err));
	for (int64_t i = 0; i < out.count; i++)
		MG_DATA(&out, mg_object *)[i] = NULL;
	for (int64_t i = 0; i < out.count; i++) {
		list *x = NULL, *y = NULL, *l = NULL;

		MG_TRY(as_list(a, i, 0, &x, err));
		MG_TRY(as_list(b, i, 1, &y, err));
		MG_TRY(copy(&l, x, err));
		MG_DATA(&out, mg_object *)[i] = &l->object;
		MG_TRY(join(l, y, err));
	}
	mg_kernel_take(k, 0, &out);
out:
	mg_tensor_clear(&out);
	return rc;
}

/* ---- reading ---- */

static int
get_item_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_shape shape = { 0 };
	mg_tensor value = { 0 };
	int64_t i;
	list *l = NULL;
	int rc;

	MG_TRY(get(k, 0, &l, err));
	MG_TRY(mg_k_scalar(mg_kernel_input(k, 1), "index", &i, err));
	MG_TRY(check_index(l, i, "access", err));
	MG_TRY(element_shape(k, l, 2, &shape, err));
	MG_TRY(read(k, l, i, &shape, &value, err));
	mg_kernel_take(k, 0, &value);
out:
	mg_shape_clear(&shape);
	return rc;
}

/* Elements WHERE (NULL: all) must have one shape; it narrows SHAPE. */
static int
common_shape(const list *l, const mg_tensor *where, int64_t n, mg_shape *shape, mgreg_error *err)
{
	int rc = 0;

	for (int64_t j = 0; rc == 0 && j < n; j++) {
		int64_t i = where ? mg_k_int(where, j) : j;

		if ((rc = check_index(l, i, "access", err)) == 0 && mg_tensor_is_set(&l->elements.at[i]))
			rc = mg_k_merge_shape(shape, &l->elements.at[i].shape, err);
	}
	return rc;
}

static int
stack(mg_kernel_ctx *k, const list *l, const mg_tensor *where, int64_t n, int shape_input, mgreg_error *err)
{
	mg_shape shape = { 0 };
	mg_tensor *out;
	int64_t step;
	char text[256];
	int rc;

	MG_TRY(element_shape(k, l, shape_input, &shape, err));
	MG_TRY(common_shape(l, where, n, &shape, err));
	if (!mg_shape_is_full(&shape)) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "tried to stack a list%s whose element shape, %s, is not fully known", n ? " of elements that were never set," : "", mg_shape_text(&shape, text));
		goto out;
	}
	MG_TRY(mg_shape_count(&shape, &step, err));
	MG_TRY(mg_k_output_stacked(k, 0, n, &shape, &out, err));
	for (int64_t j = 0; j < n; j++) {
		mg_tensor value = { 0 };

		MG_TRY(read(k, l, where ? mg_k_int(where, j) : j, &shape, &value, err));
		rc = mg_k_copy_run(out, j * step, &value, 0, step, err);
		mg_tensor_clear(&value);
		MG_TRY(rc);
	}
out:
	mg_shape_clear(&shape);
	return rc;
}

static int
stack_run(mg_kernel_ctx *k, mgreg_error *err)
{
	int64_t n = mg_k_attr_int(mg_kernel_attrs(k), "num_elements", -1);
	list *l = NULL;
	int rc = get(k, 0, &l, err);

	if (rc)
		return rc;
	if (n >= 0 && n != (int64_t)l->elements.len)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "operation expected a list with %lld elements but got a list with %zu elements", (long long)n, l->elements.len);
	return stack(k, l, NULL, (int64_t)l->elements.len, 1, err);
}

static int
gather_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *indices = mg_kernel_input(k, 1);
	list *l = NULL;
	int rc = get(k, 0, &l, err);

	if (rc || (rc = mg_k_vector(indices, "indices", err)) != 0)
		return rc;
	return stack(k, l, indices, indices->count, 2, err);
}

/* The shape of a piece that was never set: its first dimension is LEADING[i]. */
static int
concat_piece(mg_kernel_ctx *k, const list *l, int64_t i, const mg_shape *shape, mg_tensor *out, mgreg_error *err)
{
	const mg_tensor *leading = mg_kernel_input_count(k) > 2 ? mg_kernel_input(k, 2) : NULL;
	mg_shape whole = { 0 };
	int rc = mg_shape_copy(&whole, shape, err);

	if (rc == 0 && !mg_tensor_is_set(&l->elements.at[i]) && leading && i < leading->count && whole.rank > 0)
		mg_shape_dims(&whole)[0] = mg_k_int(leading, i);
	if (rc == 0)
		rc = read(k, l, i, &whole, out, err);
	mg_shape_clear(&whole);
	return rc;
}

/* What all elements share: everything but the first dimension. */
static int
concat_shape(mg_kernel_ctx *k, const list *l, mg_shape *out, mgreg_error *err)
{
	mg_shape one = MG_SHAPE_UNKNOWN;
	int rc = element_shape(k, l, 1, out, err);

	if (rc == 0 && mg_attr_get_shape(mg_kernel_attrs(k), "element_shape", &one))
		rc = mg_k_merge_shape(out, &one, err);
	for (size_t i = 0; rc == 0 && i < l->elements.len; i++) {
		const mg_tensor *t = &l->elements.at[i];

		if (!mg_tensor_is_set(t))
			continue;
		if (mg_rank(t) < 1) {
			rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "element %zu of the list is a scalar: concat requires at least vectors", i);
			break;
		}
		mg_shape_clear(&one);
		if ((rc = mg_k_cut_shape(t, -1, &one, err)) == 0 && out->rank > 0)
			mg_shape_dims(out)[0] = -1;
		if (rc == 0)
			rc = mg_k_merge_shape(out, &one, err);
	}
	mg_shape_clear(&one);
	return rc;
}

static int
concat_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_shape shape = { 0 };
	mg_tensor *v = NULL, *out, *lengths;
	int64_t n = 0, first = 0, at = 0;
	list *l = NULL;
	int rc;

	MG_TRY(get(k, 0, &l, err));
	n = (int64_t)l->elements.len;
	MG_TRY(concat_shape(k, l, &shape, err));
	if (!(v = mg_calloc((size_t)n + 1, sizeof(*v))))
		MG_TRY(mg_fail_nomem(err, 0));
	for (int64_t i = 0; i < n; i++) {
		MG_TRY(concat_piece(k, l, i, &shape, &v[i], err));
		if (mg_rank(&v[i]) < 1)
			MG_TRY(mg_fail(err, MGREG_INVALID_ARGUMENT, "element %lld of the list is a scalar: concat requires at least vectors", (long long)i));
		first += mg_dim(&v[i], 0);
	}
	if (shape.rank > 0)
		mg_shape_dims(&shape)[0] = first;
	if (!mg_shape_is_full(&shape) || shape.rank < 1)
		MG_TRY(mg_fail(err, MGREG_INVALID_ARGUMENT, "all except the first dimension must be fully known when concatenating an empty list"));
	MG_TRY(mg_k_output_first(k, 0, first, &shape, &out, err));
	MG_TRY(mg_kernel_output_dims(k, 1, &n, 1, &lengths, err));
	for (int64_t i = 0; i < n; i++) {
		MG_TRY(mg_k_copy_run(out, at, &v[i], 0, v[i].count, err));
		MG_DATA(lengths, int64_t)[i] = mg_dim(&v[i], 0);
		at += v[i].count;
	}
out:
	for (int64_t i = 0; v && i < n; i++)
		mg_tensor_clear(&v[i]);
	mg_free(v);
	mg_shape_clear(&shape);
	return rc;
}

static int
length_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_tensor *out;
	list *l = NULL;
	int rc = get(k, 0, &l, err);

	if (rc == 0 && (rc = mg_kernel_output_dims(k, 0, NULL, 0, &out, err)) == 0)
		*MG_DATA(out, int32_t) = (int32_t)l->elements.len;
	return rc;
}

static int
shape_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_tensor *out;
	int64_t rank;
	list *l = NULL;
	int rc = get(k, 0, &l, err);

	if (rc)
		return rc;
	if (l->shape.rank == MG_RANK_UNKNOWN) {
		if ((rc = mg_kernel_output_dims(k, 0, NULL, 0, &out, err)) == 0)
			mg_k_set_int(out, 0, -1);
		return rc;
	}
	rank = l->shape.rank;
	if ((rc = mg_kernel_output_dims(k, 0, &rank, 1, &out, err)) == 0)
		for (int d = 0; d < l->shape.rank; d++)
			mg_k_set_int(out, d, mg_shape_dim(&l->shape, d));
	return rc;
}

/* ---- gradients of lists: zeros like one, sums of several ---- */

static int
zeros_like_run(mg_kernel_ctx *k, mgreg_error *err)
{
	list *l = NULL, *zeros = NULL;
	int rc = get(k, 0, &l, err);

	if (rc || (rc = make(&zeros, l->dtype, &l->shape, -1, err)) != 0)
		return rc;
	for (size_t i = 0; rc == 0 && i < l->elements.len; i++) {
		mg_tensor t = { 0 };

		if (mg_tensor_is_set(&l->elements.at[i]))
			rc = mg_k_zeros(k, l->dtype, &l->elements.at[i].shape, &t, err);
		if (rc == 0)
			rc = append(zeros, &t, err);
	}
	return finish(k, zeros, rc, err);
}

static int
add(mg_tensor *to, const mg_tensor *x, mgreg_error *err)
{
	mg_tensor sum = { 0 };
	char a[256], b[256];
	int rc;

	if (!mg_tensor_is_set(x))
		return 0;
	if (!mg_tensor_is_set(to))
		return mg_tensor_share(to, x, err);
	if (!mg_shape_equal(&to->shape, &x->shape))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "elements of shapes %s and %s cannot be added", mg_shape_text(&to->shape, a), mg_shape_text(&x->shape, b));
	if (!mg_accumulate_knows(MG_ACC_ADD, x->dtype))
		return mg_fail(err, MGREG_UNIMPLEMENTED, "elements of dtype %s cannot be added", mg_dtype_name(x->dtype));
	if ((rc = mg_tensor_copy(&sum, to, err)) != 0)
		return rc;
	mg_accumulate(MG_ACC_ADD, x->dtype, sum.data, x->data, x->count, false);
	mg_tensor_clear(to);
	mg_tensor_move(to, &sum);
	return 0;
}

static int
add_n_run(mg_kernel_ctx *k, mgreg_error *err)
{
	list *first = NULL, *sum = NULL, *l = NULL;
	int rc = get(k, 0, &first, err);

	if (rc || (rc = copy(&sum, first, err)) != 0)
		return rc;
	for (int i = 1; rc == 0 && i < mg_kernel_input_count(k); i++) {
		if ((rc = get(k, i, &l, err)) != 0)
			break;
		if (l->dtype != sum->dtype || l->elements.len != sum->elements.len)
			rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "trying to add two lists of tensors with different lengths, %zu and %zu, or types", sum->elements.len, l->elements.len);
		for (size_t j = 0; rc == 0 && j < l->elements.len; j++)
			rc = add(&sum->elements.at[j], &l->elements.at[j], err);
	}
	return finish(k, sum, rc, err);
}

const mg_kernel mg_kernels_list[] = {
	{ "EmptyTensorList", .run = empty_run, .flags = MG_KERNEL_NO_FOLD },
	{ "TensorListReserve", .run = reserve_run, .flags = MG_KERNEL_NO_FOLD },
	{ "TensorListFromTensor", .run = from_tensor_run, .flags = MG_KERNEL_NO_FOLD },
	{ "TensorListScatter", .run = scatter_run, .flags = MG_KERNEL_NO_FOLD },
	{ "TensorListScatterV2", .run = scatter_run, .flags = MG_KERNEL_NO_FOLD },
	{ "TensorListScatterIntoExistingList", .run = scatter_into_run, .flags = MG_KERNEL_NO_FOLD },
	{ "TensorListSplit", .run = split_run, .flags = MG_KERNEL_NO_FOLD },
	{ "TensorListPushBack", .run = push_run, .flags = MG_KERNEL_NO_FOLD },
	{ "TensorListPushBackBatch", .run = push_batch_run, .flags = MG_KERNEL_NO_FOLD },
	{ "TensorListPopBack", .run = pop_run, .flags = MG_KERNEL_NO_FOLD },
	{ "TensorListSetItem", .run = set_run, .flags = MG_KERNEL_NO_FOLD },
	{ "TensorListGetItem", .run = get_item_run, .flags = MG_KERNEL_NO_FOLD },
	{ "TensorListResize", .run = resize_run, .flags = MG_KERNEL_NO_FOLD },
	{ "TensorListConcatLists", .run = concat_lists_run, .flags = MG_KERNEL_NO_FOLD },
	{ "TensorListStack", .run = stack_run, .flags = MG_KERNEL_NO_FOLD },
	{ "TensorListGather", .run = gather_run, .flags = MG_KERNEL_NO_FOLD },
	{ "TensorListConcat", .run = concat_run, .flags = MG_KERNEL_NO_FOLD },
	{ "TensorListConcatV2", .run = concat_run, .flags = MG_KERNEL_NO_FOLD },
	{ "TensorListLength", .run = length_run, .flags = MG_KERNEL_NO_FOLD },
	{ "TensorListElementShape", .run = shape_run, .flags = MG_KERNEL_NO_FOLD },
	{ "ZerosLike", "T=variant", 1, .run = zeros_like_run, .flags = MG_KERNEL_NO_FOLD },
	{ "AddN", "T=variant", .run = add_n_run, .flags = MG_KERNEL_NO_FOLD },
	{ .op = NULL }
};
