/* SPDX-License-Identifier: Apache-2.0 */
/*
 * k_state.c - reference variables: assigning, adding, scattering, counting, temporary ones.
 *
 * Writes go into the variable's buffer in place, whoever else looks at it (see variable.c).  Only when nobody does
 * may Assign take over the buffer of a value that dies here instead of copying it.
 */
#include "base/base.h"
#include "base/map.h"
#include "runtime/runtime_internal.h"

#define GRAIN 65536

/* ---- Variable ---- */

static int
variable_prepare(mg_kernel_prep *p, void **state, mgreg_error *err)
{
	mg_variable *v;
	int rc = mg_node_variable(p->session, p->node, &v, err);

	if (rc == 0)
		*state = v;
	return rc;
}

static void
variable_release(void *state)
{
	mg_object_unref(&((mg_variable *)state)->object);
}

static int
variable_run(mg_kernel_ctx *k, mgreg_error *err)
{
	(void)err;
	mg_kernel_set_ref(k, 0, mg_kernel_state(k));
	return 0;
}

/* ---- Assign ---- */

static int
check_assign(mg_kernel_ctx *k, const mg_variable *v, const mg_tensor *value, mgreg_error *err)
{
	const mg_shape *have = mg_tensor_is_set(&v->value) ? &v->value.shape : &v->declared;
	bool validate = true;
	char a[256], b[256];

	mg_attr_get_bool(mg_kernel_attrs(k), "validate_shape", &validate);
	if (value->dtype != v->dtype)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "variable '%s', dtype %s, is assigned a value of dtype %s", v->name,
			mg_dtype_name(v->dtype), mg_dtype_name(value->dtype));
	if (validate && !mg_shape_compatible(have, &value->shape))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "assign requires shapes of both tensors to match. lhs shape= %s rhs shape= %s (variable '%s')",
			mg_shape_text(have, a), mg_shape_text(&value->shape, b), v->name);
	return 0;
}

/* V gets VALUE, which is input I; the mutex is held. */
static int
put_value(mg_kernel_ctx *k, mg_variable *v, int i, const mg_tensor *value, mgreg_error *err)
{
	mg_tensor *now = &v->value, fresh = { 0 };
	bool fits = mg_tensor_is_set(now) && now->count == value->count && mg_dtype_is_memcpy(v->dtype);
	bool seen = now->buffer && mg_buffer_is_shared(now->buffer);
	int rc;

	if (fits && (seen || !mg_kernel_dies(k, i))) {
		if (now->data != value->data && value->size)
			memcpy(now->data, value->data, value->size);
		return mg_shape_equal(&now->shape, &value->shape) ? 0 : mg_shape_copy(&now->shape, &value->shape, err);
	}
	if ((rc = mg_kernel_steal(k, i, &fresh, err)) != 0)
		return rc;
	mg_tensor_clear(now);
	mg_tensor_move(now, &fresh);
	return 0;
}

static int
assign_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_variable *v = mg_kernel_ref(k, 0);
	const mg_tensor *value = mg_kernel_input(k, 1);
	int rc;

	mg_lock(&v->mutex);
	if ((rc = check_assign(k, v, value, err)) == 0)
		rc = put_value(k, v, 1, value, err);
	mg_unlock(&v->mutex);
	mg_kernel_set_ref(k, 0, v);
	return rc;
}

/* ---- AssignAdd, AssignSub ---- */

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
	mg_variable *v = mg_kernel_ref(k, 0);
	const mg_tensor *value = mg_kernel_input(k, 1);
	char a[256], b[256];
	int rc = 0;

	mg_lock(&v->mutex);
	if (value->dtype != v->dtype || !mg_accumulate_knows(op, v->dtype))
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "variable '%s', dtype %s, cannot add a value of dtype %s", v->name,
			mg_dtype_name(v->dtype), mg_dtype_name(value->dtype));
	else if (!mg_shape_equal(&v->value.shape, &value->shape))
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "shapes of both tensors should match: variable '%s' has %s, the value %s", v->name,
			mg_shape_text(&v->value.shape, a), mg_shape_text(&value->shape, b));
	else
		mg_parallel_for(k, value->count, GRAIN, add_range, &(range){ op, v->dtype, v->value.data, value->data });
	mg_unlock(&v->mutex);
	mg_kernel_set_ref(k, 0, v);
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

/* ---- Scatter* ---- */

static int
scatter_shapes(const mg_variable *v, const mg_tensor *indices, const mg_tensor *updates, mgreg_error *err)
{
	const mg_shape *var = &v->value.shape, *ind = &indices->shape, *upd = &updates->shape;
	char a[256], b[256], c[256];
	bool ok = var->rank >= 1;

	if (mg_rank(updates) == 0 && ok)
		return 0;               /* one value for all */
	ok = ok && upd->rank == ind->rank + var->rank - 1;
	for (int d = 0; ok && d < upd->rank; d++)
		ok = mg_shape_dim(upd, d) == (d < ind->rank ? mg_shape_dim(ind, d) : mg_shape_dim(var, d - ind->rank + 1));
	if (!ok)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "must have updates.shape = indices.shape + params.shape[1:] or updates.shape = [], got "
			"updates.shape %s, indices.shape %s, params.shape %s", mg_shape_text(upd, a), mg_shape_text(ind, b), mg_shape_text(var, c));
	return 0;
}

/* Every index is looked at before anything is written. */
static int
check_indices(const mg_tensor *indices, int64_t bound, mgreg_error *err)
{
	for (int64_t i = 0; i < indices->count; i++) {
		int64_t at = -1;

		if (!mg_tensor_as_i64(indices, i, &at) || at < 0 || at >= bound)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "indices[%lld] = %lld is not in [0, %lld)", (long long)i, (long long)at, (long long)bound);
	}
	return 0;
}

static bool
has_zero(const mg_tensor *t)
{
	for (int64_t i = 0; i < t->count; i++) {
		int64_t v;

		if (mg_tensor_as_i64(t, i, &v) && v == 0)
			return true;
	}
	return false;
}

int
mg_scatter(mg_variable *v, enum mg_accumulate_op op, const mg_tensor *indices, const mg_tensor *updates, mgreg_error *err)
{
	size_t item = mg_dtype_size(v->dtype), row;
	bool scalar = mg_rank(updates) == 0;
	int64_t rows;
	int rc;

	if (updates->dtype != v->dtype || !mg_accumulate_knows(op, v->dtype))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "variable '%s', dtype %s, cannot take updates of dtype %s", v->name,
			mg_dtype_name(v->dtype), mg_dtype_name(updates->dtype));
	if ((rc = scatter_shapes(v, indices, updates, err)) != 0)
		return rc;
	rows = mg_dim(&v->value, 0);
	if ((rc = check_indices(indices, rows, err)) != 0)
		return rc;
	if (op == MG_ACC_DIV && mg_dtype_is_integer(v->dtype) && has_zero(updates))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "integer division by zero");
	row = rows ? (size_t)(v->value.count / rows) : 0;
	for (int64_t i = 0; i < indices->count && row; i++) {
		int64_t at = 0;

		mg_tensor_as_i64(indices, i, &at);
		mg_accumulate(op, v->dtype, MG_DATA(&v->value, char) + (size_t)at * row * item,
			MG_CDATA(updates, char) + (scalar ? 0 : (size_t)i * row * item), (int64_t)row, scalar);
	}
	return 0;
}

#define SCATTER(name, op) \
static int \
name(mg_kernel_ctx *k, mgreg_error *err) \
{ \
	mg_variable *v = mg_kernel_ref(k, 0); \
	int rc; \
	mg_lock(&v->mutex); \
	rc = mg_scatter(v, op, mg_kernel_input(k, 1), mg_kernel_input(k, 2), err); \
	mg_unlock(&v->mutex); \
	mg_kernel_set_ref(k, 0, v); \
	return rc; \
}
SCATTER(scatter_update, MG_ACC_SET)
SCATTER(scatter_add, MG_ACC_ADD)
SCATTER(scatter_sub, MG_ACC_SUB)
SCATTER(scatter_mul, MG_ACC_MUL)
SCATTER(scatter_div, MG_ACC_DIV)
SCATTER(scatter_min, MG_ACC_MIN)
SCATTER(scatter_max, MG_ACC_MAX)

/* Rows of INDICES [..., d] choose elements (or slices) of the variable: ScatterNd*. */
int
mg_scatter_nd(mg_variable *v, enum mg_accumulate_op op, const mg_tensor *indices, const mg_tensor *updates, mgreg_error *err)
{
	const mg_shape *var = &v->value.shape;
	int outer = mg_rank(indices) - 1, depth = outer >= 0 ? (int)MG_MIN(mg_dim(indices, outer), MG_MAX_RANK) : -1;
	bool ok = outer >= 0 && depth <= var->rank && mg_rank(updates) == outer + var->rank - depth;
	size_t item = mg_dtype_size(v->dtype);
	int64_t slice = 1, rows;
	char a[256], b[256], c[256];

	for (int d = 0; ok && d < mg_rank(updates); d++)
		ok = mg_dim(updates, d) == (d < outer ? mg_dim(indices, d) : mg_shape_dim(var, depth + d - outer));
	if (!ok || updates->dtype != v->dtype || !mg_accumulate_knows(op, v->dtype))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "updates %s and indices %s do not fit variable '%s' %s",
			mg_shape_text(&updates->shape, a), mg_shape_text(&indices->shape, b), v->name, mg_shape_text(var, c));
	for (int d = depth; d < var->rank; d++)
		slice *= mg_shape_dim(var, d);
	rows = depth > 0 ? indices->count / depth : slice > 0 ? updates->count / slice : 0;
	for (int pass = 0; pass < 2; pass++)            /* first look, then write */
		for (int64_t i = 0; i < rows; i++) {
			int64_t at = 0;

			for (int d = 0; d < depth; d++) {
				int64_t x = -1;

				if (!mg_tensor_as_i64(indices, i * depth + d, &x) || x < 0 || x >= mg_shape_dim(var, d))
					return mg_fail(err, MGREG_INVALID_ARGUMENT, "invalid indices: [%lld,%d] = %lld is not in [0, %lld)", (long long)i, d,
						(long long)x, (long long)mg_shape_dim(var, d));
				at = at * mg_shape_dim(var, d) + x;
			}
			if (pass && slice)
				mg_accumulate(op, v->dtype, MG_DATA(&v->value, char) + (size_t)(at * slice) * item,
					MG_CDATA(updates, char) + (size_t)(i * slice) * item, slice, false);
		}
	return 0;
}

#define SCATTER_ND(name, op) \
static int \
name(mg_kernel_ctx *k, mgreg_error *err) \
{ \
	mg_variable *v = mg_kernel_ref(k, 0); \
	int rc; \
	mg_lock(&v->mutex); \
	rc = mg_scatter_nd(v, op, mg_kernel_input(k, 1), mg_kernel_input(k, 2), err); \
	mg_unlock(&v->mutex); \
	mg_kernel_set_ref(k, 0, v); \
	return rc; \
}
SCATTER_ND(scatter_nd_update, MG_ACC_SET)
SCATTER_ND(scatter_nd_add, MG_ACC_ADD)
SCATTER_ND(scatter_nd_sub, MG_ACC_SUB)

/* ---- small ones ---- */

static int
put_bool(mg_kernel_ctx *k, bool value, mgreg_error *err)
{
	mg_tensor *out;
	int rc = mg_kernel_output_dims(k, 0, (int64_t[]){ 0 }, 0, &out, err);

	if (rc == 0)
		*MG_DATA(out, bool) = value;
	return rc;
}

static int
is_initialized_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_variable *v = mg_kernel_ref(k, 0);
	bool set;

	mg_lock(&v->mutex);
	set = mg_tensor_is_set(&v->value);
	mg_unlock(&v->mutex);
	return put_bool(k, set, err);
}

/* The value before; OUT_OF_RANGE once LIMIT is reached. */
int
mg_count_up_to(mg_kernel_ctx *k, mg_variable *v, mgreg_error *err)
{
	int64_t limit = 0, now = 0;
	mg_tensor *out;
	int rc;

	mg_attr_get_int(mg_kernel_attrs(k), "limit", &limit);
	if (v->value.count != 1 || !mg_tensor_as_i64(&v->value, 0, &now))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "variable '%s' is not an integer scalar", v->name);
	if (now >= limit)
		return mg_fail(err, MGREG_OUT_OF_RANGE, "reached limit of %lld", (long long)limit);
	if ((rc = mg_kernel_output(k, 0, &v->value.shape, &out, err)) != 0)
		return rc;
	memcpy(out->data, v->value.data, out->size);
	if (v->dtype == MGREG_INT32)
		*MG_DATA(&v->value, int32_t) = (int32_t)(now + 1);
	else
		*MG_DATA(&v->value, int64_t) = now + 1;
	return 0;
}

static int
count_up_to_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_variable *v = mg_kernel_ref(k, 0);
	int rc;

	mg_lock(&v->mutex);
	rc = mg_count_up_to(k, v, err);
	mg_unlock(&v->mutex);
	return rc;
}

/* ---- temporary variables: they belong to the run ---- */

static char *
temporary_name(const mg_kernel_ctx *k)
{
	mg_slice name = { "", 0 };

	mg_attr_get_string(mg_kernel_attrs(k), "var_name", &name);
	return name.len ? mg_strndup(name.ptr, name.len) : mg_strdup(mg_kernel_node(k)->name);
}

static int
temporary_run(mg_kernel_ctx *k, mgreg_error *err)
{
	char *name = temporary_name(k);
	mg_shape shape = MG_SHAPE_SCALAR;
	mg_variable *v = NULL;
	int rc = 0;

	if (!name)
		return mg_fail_nomem(err, 0);
	if (mg_map_has(&k->run->temporaries, name)) {
		rc = mg_fail(err, MGREG_ALREADY_EXISTS, "temporary variable '%s' exists already", name);
		goto out;
	}
	mg_attr_get_shape(mg_kernel_attrs(k), "shape", &shape);
	if (!mg_shape_is_full(&shape)) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "temporary variable '%s' needs a full shape", name);
		goto out;
	}
	MG_TRY(mg_variable_make(&v, name, mg_dtype_base(mg_kernel_output_type(k, 0)), err));
	v->object.kind = mg_kind_ref_variable;
	MG_TRY(mg_tensor_init(&v->value, v->dtype, &shape, err));
	if (v->value.data && mg_dtype_is_memcpy(v->dtype))
		memset(v->value.data, 0, v->value.size);
	if (!mg_map_set(&k->run->temporaries, name, v)) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	mg_kernel_set_ref(k, 0, v);
	v = NULL;
out:
	if (v)
		mg_object_unref(&v->object);
	mg_shape_clear(&shape);
	mg_free(name);
	return rc;
}

static int
destroy_temporary_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_variable *v = mg_kernel_ref(k, 0);
	char *name = temporary_name(k), *gone;
	mg_arena arena = { 0 };
	int rc = 0;

	if (!name)
		return mg_fail_nomem(err, 0);
	if (mg_map_find(&k->run->temporaries, name) != v) {
		rc = mg_fail(err, MGREG_NOT_FOUND, "there is no temporary variable '%s'", name);
	} else {
		/* The name is free again; the variable itself stays until the run ends, for references that are still about. */
		gone = mg_arena_printf(&arena, "\1%s %p", name, (void *)v);
		if (!gone || !mg_map_set(&k->run->temporaries, gone, v))
			rc = mg_fail_nomem(err, 0);
		else
			mg_map_remove(&k->run->temporaries, name);
		if (rc == 0)
			rc = mg_kernel_share(k, 0, &v->value, err);
	}
	mg_arena_clear(&arena);
	mg_free(name);
	return rc;
}

#define FLAGS MG_KERNEL_NO_FOLD
#define UNSET (MG_KERNEL_NO_FOLD | MG_KERNEL_ALLOWS_UNINITIALIZED)

const mg_kernel mg_kernels_state[] = {
	{ "Variable", NULL, 0, variable_prepare, variable_run, variable_release, FLAGS },
	{ "VariableV2", NULL, 0, variable_prepare, variable_run, variable_release, FLAGS },
	{ "Assign", .run = assign_run, .flags = UNSET },
	{ "AssignAdd", .run = assign_add_run, .flags = FLAGS },
	{ "AssignSub", .run = assign_sub_run, .flags = FLAGS },
	{ "ScatterUpdate", .run = scatter_update, .flags = FLAGS },
	{ "ScatterAdd", .run = scatter_add, .flags = FLAGS },
	{ "ScatterSub", .run = scatter_sub, .flags = FLAGS },
	{ "ScatterMul", .run = scatter_mul, .flags = FLAGS },
	{ "ScatterDiv", .run = scatter_div, .flags = FLAGS },
	{ "ScatterMin", .run = scatter_min, .flags = FLAGS },
	{ "ScatterMax", .run = scatter_max, .flags = FLAGS },
	{ "ScatterNdUpdate", .run = scatter_nd_update, .flags = FLAGS },
	{ "ScatterNdAdd", .run = scatter_nd_add, .flags = FLAGS },
	{ "ScatterNdSub", .run = scatter_nd_sub, .flags = FLAGS },
	{ "IsVariableInitialized", .run = is_initialized_run, .flags = UNSET },
	{ "CountUpTo", .run = count_up_to_run, .flags = FLAGS },
	{ "TemporaryVariable", .run = temporary_run, .flags = FLAGS },
	{ "DestroyTemporaryVariable", .run = destroy_temporary_run, .flags = FLAGS },
	{ .op = NULL }
};
