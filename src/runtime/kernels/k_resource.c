/* SPDX-License-Identifier: Apache-2.0 */
/*
 * k_resource.c - resource variables: handles, reading, assigning, gathering, scattering.
 *
 * A handle is the variable object itself; a variable that was never assigned (or was destroyed) has no value.  A read
 * shares the bytes; every write first makes sure that nobody shares them (mg_variable_own).
 */
#include "base/base.h"
#include "base/map.h"
#include "runtime/runtime_internal.h"

#define GRAIN 65536

/* ---- handles ---- */

static int
handle_prepare(mg_kernel_prep *p, void **state, mgreg_error *err)
{
	mg_tensor *t = mg_calloc(1, sizeof(*t));
	mg_variable *v;
	int rc;

	if (!t)
		return mg_fail_nomem(err, sizeof(*t));
	if ((rc = mg_node_variable(p->session, p->node, &v, err)) == 0) {
		rc = mg_tensor_init_dims(t, MGREG_RESOURCE, NULL, 0, err);
		if (rc == 0)
			MG_DATA(t, mg_object *)[0] = &v->object;        /* the tensor's reference from here on */
		else
			mg_object_unref(&v->object);
	}
	if (rc)
		mg_free(t);
	else
		*state = t;
	return rc;
}

static void
handle_release(void *state)
{
	mg_tensor_clear(state);
	mg_free(state);
}

static int
handle_run(mg_kernel_ctx *k, mgreg_error *err)
{
	return mg_kernel_share(k, 0, mg_kernel_state(k), err);
}

/* ---- reading ---- */

static int
fail_unset(const mg_variable *v, mgreg_error *err)
{
	return mg_fail(err, MGREG_FAILED_PRECONDITION, "error while reading resource variable %s from container: localhost: "
		"this could mean that the variable was uninitialized", v->name);
}

static int
fail_missing(const mg_variable *v, mgreg_error *err)
{
	return mg_fail(err, MGREG_NOT_FOUND, "resource localhost/%s does not exist: the variable was never assigned", v->name);
}

static int
read_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_variable *v;
	int rc = mg_kernel_resource_variable(k, 0, &v, err);

	if (rc)
		return rc;
	mg_lock(&v->mutex);
	if (!mg_tensor_is_set(&v->value))
		rc = fail_unset(v, err);
	else if (v->dtype != mg_dtype_base(mg_kernel_output_type(k, 0)))
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "trying to read variable '%s' with wrong dtype: expected %s, got %s", v->name,
			mg_dtype_name(mg_kernel_output_type(k, 0)), mg_dtype_name(v->dtype));
	else
		rc = mg_kernel_share(k, 0, &v->value, err);
	mg_unlock(&v->mutex);
	return rc;
}

static int
is_initialized_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_variable *v;
	mg_tensor *out;
	int rc = mg_kernel_resource_variable(k, 0, &v, err);

	if (rc || (rc = mg_kernel_output_dims(k, 0, NULL, 0, &out, err)) != 0)
		return rc;
	mg_lock(&v->mutex);
	*MG_DATA(out, bool) = mg_tensor_is_set(&v->value);
	mg_unlock(&v->mutex);
	return 0;
}

static int
shape_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_variable *v;
	mg_tensor *out;
	int rc = mg_kernel_resource_variable(k, 0, &v, err);

	if (rc)
		return rc;
	mg_lock(&v->mutex);
	if (!mg_tensor_is_set(&v->value)) {
		rc = fail_unset(v, err);
	} else if ((rc = mg_kernel_output_dims(k, 0, (int64_t[]){ v->value.shape.rank }, 1, &out, err)) == 0) {
		for (int d = 0; d < v->value.shape.rank; d++) {
			int64_t n = mg_dim(&v->value, d);

			if (out->dtype == MGREG_INT64)
				MG_DATA(out, int64_t)[d] = n;
			else
				MG_DATA(out, int32_t)[d] = (int32_t)n;
		}
	}
	mg_unlock(&v->mutex);
	return rc;
}

/* Rows of V by INDICES of any shape: out.shape = indices.shape + v.shape[1:]. */
static int
gather(mg_kernel_ctx *k, const mg_variable *v, const mg_tensor *indices, mgreg_error *err)
{
	const mg_tensor *t = &v->value;
	int64_t dims[MG_MAX_RANK], batch_dims = 0, rows;
	int rank = mg_rank(indices) + mg_rank(t) - 1, n = 0;
	size_t row;
	mg_tensor *out;
	int rc;

	mg_attr_get_int(mg_kernel_attrs(k), "batch_dims", &batch_dims);
	if (batch_dims != 0)
		return mg_fail(err, MGREG_UNIMPLEMENTED, "gathering with batch_dims %lld", (long long)batch_dims);
	if (mg_rank(t) < 1 || rank > MG_MAX_RANK)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "variable '%s' must be at least a vector", v->name);
	for (int d = 0; d < mg_rank(indices); d++)
		dims[n++] = mg_dim(indices, d);
	for (int d = 1; d < mg_rank(t); d++)
		dims[n++] = mg_dim(t, d);
	rows = mg_dim(t, 0);
	row = rows ? t->size / (size_t)rows : 0;
	for (int64_t i = 0; i < indices->count; i++) {
		int64_t at = -1;

		if (!mg_tensor_as_i64(indices, i, &at) || at < 0 || at >= rows)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "indices[%lld] = %lld is not in [0, %lld)", (long long)i, (long long)at, (long long)rows);
	}
	if (!mg_dtype_is_memcpy(t->dtype))
		return mg_fail(err, MGREG_UNIMPLEMENTED, "gathering rows of dtype %s", mg_dtype_name(t->dtype));
	if ((rc = mg_kernel_output_dims(k, 0, dims, n, &out, err)) != 0)
		return rc;
	for (int64_t i = 0; i < indices->count && row; i++) {
		int64_t at = 0;

		mg_tensor_as_i64(indices, i, &at);
		memcpy(MG_DATA(out, char) + (size_t)i * row, MG_CDATA(t, char) + (size_t)at * row, row);
	}
	return 0;
}

static int
gather_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_variable *v;
	int rc = mg_kernel_resource_variable(k, 0, &v, err);

	if (rc)
		return rc;
	mg_lock(&v->mutex);
	rc = mg_tensor_is_set(&v->value) ? gather(k, v, mg_kernel_input(k, 1), err) : fail_unset(v, err);
	mg_unlock(&v->mutex);
	return rc;
}

/* ---- writing ---- */

static int
assign_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *value = mg_kernel_input(k, 1);
	mg_tensor fresh = { 0 };
	mg_variable *v;
	int rc = mg_kernel_resource_variable(k, 0, &v, err);

	if (rc)
		return rc;
	if (v->dtype != value->dtype)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "trying to assign variable '%s' with wrong dtype: expected %s, got %s", v->name,
			mg_dtype_name(v->dtype), mg_dtype_name(value->dtype));
	mg_lock(&v->mutex);
	if (!mg_kernel_dies(k, 1) && mg_tensor_is_set(&v->value) && mg_dtype_is_memcpy(v->dtype) && mg_shape_equal(&v->value.shape, &value->shape)
	    && (!v->value.buffer || !mg_buffer_is_shared(v->value.buffer))) {
		if (value->size)
			memcpy(v->value.data, value->data, value->size);
	} else if ((rc = mg_kernel_steal(k, 1, &fresh, err)) == 0) {
		mg_tensor_clear(&v->value);
		mg_tensor_move(&v->value, &fresh);
	}
	mg_unlock(&v->mutex);
	return rc;
}

typedef struct range {
	enum mg_accumulate_op op;
	mg_dtype dtype;
	char *to;
	const char *from;
} range;

static void
add_range(void *arg, int64_t begin, int64_t end)
{
	const range *r = arg;
	size_t item = mg_dtype_size(r->dtype);

	mg_accumulate(r->op, r->dtype, r->to + (size_t)begin * item, r->from + (size_t)begin * item, end - begin, false);
}

static int
assign_op(mg_kernel_ctx *k, enum mg_accumulate_op op, mgreg_error *err)
{
	const mg_tensor *value = mg_kernel_input(k, 1);
	char a[256], b[256];
	mg_variable *v;
	int rc = mg_kernel_resource_variable(k, 0, &v, err);

	if (rc)
		return rc;
	mg_lock(&v->mutex);
	if (!mg_tensor_is_set(&v->value))
		rc = fail_missing(v, err);
	else if (v->dtype != value->dtype || !mg_accumulate_knows(op, v->dtype))
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "variable '%s', dtype %s, cannot add a value of dtype %s", v->name,
			mg_dtype_name(v->dtype), mg_dtype_name(value->dtype));
	else if (!mg_shape_equal(&v->value.shape, &value->shape))
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "cannot update variable '%s' with shape %s using a tensor with shape %s: shapes must be equal",
			v->name, mg_shape_text(&v->value.shape, a), mg_shape_text(&value->shape, b));
	else if ((rc = mg_variable_own(v, err)) == 0)
		mg_parallel_for(k, value->count, GRAIN, add_range, &(range){ op, v->dtype, v->value.data, value->data });
	mg_unlock(&v->mutex);
	return rc;
}

static int
assign_add_run(mg_kernel_ctx *k, mgreg_error *err)
{
	return assign_op(k, MG_ACC_ADD, err);
}

static int
assign_sub_run(mg_kernel_ctx *k, mgreg_error *err)
{
	return assign_op(k, MG_ACC_SUB, err);
}

typedef int scatter_fn(mg_variable *v, enum mg_accumulate_op op, const mg_tensor *indices, const mg_tensor *updates, mgreg_error *err);

static int
scatter(mg_kernel_ctx *k, scatter_fn *fn, enum mg_accumulate_op op, mgreg_error *err)
{
	mg_variable *v;
	int rc = mg_kernel_resource_variable(k, 0, &v, err);

	if (rc)
		return rc;
	mg_lock(&v->mutex);
	rc = mg_tensor_is_set(&v->value) ? mg_variable_own(v, err) : fail_missing(v, err);
	if (rc == 0)
		rc = fn(v, op, mg_kernel_input(k, 1), mg_kernel_input(k, 2), err);
	mg_unlock(&v->mutex);
	return rc;
}

#define SCATTER(name, fn, op) \
static int \
name(mg_kernel_ctx *k, mgreg_error *err) \
{ \
	return scatter(k, fn, op, err); \
}
SCATTER(scatter_update, mg_scatter, MG_ACC_SET)
SCATTER(scatter_add, mg_scatter, MG_ACC_ADD)
SCATTER(scatter_sub, mg_scatter, MG_ACC_SUB)
SCATTER(scatter_mul, mg_scatter, MG_ACC_MUL)
SCATTER(scatter_div, mg_scatter, MG_ACC_DIV)
SCATTER(scatter_min, mg_scatter, MG_ACC_MIN)
SCATTER(scatter_max, mg_scatter, MG_ACC_MAX)
SCATTER(scatter_nd_update, mg_scatter_nd, MG_ACC_SET)
SCATTER(scatter_nd_add, mg_scatter_nd, MG_ACC_ADD)
SCATTER(scatter_nd_sub, mg_scatter_nd, MG_ACC_SUB)

static int
count_up_to_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_variable *v;
	int rc = mg_kernel_resource_variable(k, 0, &v, err);

	if (rc)
		return rc;
	mg_lock(&v->mutex);
	rc = mg_tensor_is_set(&v->value) ? mg_variable_own(v, err) : fail_missing(v, err);
	if (rc == 0)
		rc = mg_count_up_to(k, v, err);
	mg_unlock(&v->mutex);
	return rc;
}

static int
destroy_run(mg_kernel_ctx *k, mgreg_error *err)
{
	bool ignore = true;
	mg_variable *v;
	int rc;

	mg_attr_get_bool(mg_kernel_attrs(k), "ignore_lookup_error", &ignore);
	if ((rc = mg_kernel_resource_variable(k, 0, &v, err)) != 0)
		return rc;
	mg_lock(&v->mutex);
	if (!mg_tensor_is_set(&v->value) && !ignore)
		rc = fail_missing(v, err);
	mg_tensor_clear(&v->value);
	mg_unlock(&v->mutex);
	return rc;
}

#define FLAGS MG_KERNEL_NO_FOLD

const mg_kernel mg_kernels_resource[] = {
	{ "VarHandleOp", NULL, 0, handle_prepare, handle_run, handle_release, FLAGS },
	{ "ReadVariableOp", .run = read_run, .flags = FLAGS | MG_KERNEL_SHARES },
	{ "VarIsInitializedOp", .run = is_initialized_run, .flags = FLAGS },
	{ "VariableShape", .run = shape_run, .flags = FLAGS },
	{ "AssignVariableOp", .run = assign_run, .flags = FLAGS },
	{ "AssignAddVariableOp", .run = assign_add_run, .flags = FLAGS },
	{ "AssignSubVariableOp", .run = assign_sub_run, .flags = FLAGS },
	{ "ResourceGather", .run = gather_run, .flags = FLAGS },
	{ "ResourceScatterUpdate", .run = scatter_update, .flags = FLAGS },
	{ "ResourceScatterAdd", .run = scatter_add, .flags = FLAGS },
	{ "ResourceScatterSub", .run = scatter_sub, .flags = FLAGS },
	{ "ResourceScatterMul", .run = scatter_mul, .flags = FLAGS },
	{ "ResourceScatterDiv", .run = scatter_div, .flags = FLAGS },
	{ "ResourceScatterMin", .run = scatter_min, .flags = FLAGS },
	{ "ResourceScatterMax", .run = scatter_max, .flags = FLAGS },
	{ "ResourceScatterNdUpdate", .run = scatter_nd_update, .flags = FLAGS },
	{ "ResourceScatterNdAdd", .run = scatter_nd_add, .flags = FLAGS },
	{ "ResourceScatterNdSub", .run = scatter_nd_sub, .flags = FLAGS },
	{ "ResourceCountUpTo", .run = count_up_to_run, .flags = FLAGS },
	{ "DestroyResourceOp", .run = destroy_run, .flags = FLAGS },
	{ .op = NULL }
};
