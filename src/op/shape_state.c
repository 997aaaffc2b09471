/* SPDX-License-Identifier: Apache-2.0 */
/* shape_state.c - shapes of variables, of assignments, and of optimizer updates. */
#include "op/shape_ctx.h"

/* ---- reference variables ---- */
/* Of the first generation a scalar shape meant "not known". */
int
mg_shape_fn_variable_v1(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims d;

	if (!mg_sc_attr_shape(c, "shape", &d))
		return mg_sc_fail(c, err, "attr 'shape' is not a shape");
	if (d.rank == 0)
		d.rank = MG_RANK_UNKNOWN;
	return mg_sc_put(c, 0, &d, err);
}

int
mg_shape_fn_assign(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims ref, value;
	int rc;

	mg_sc_get(c, 0, &ref);
	mg_sc_get(c, 1, &value);
	if (!mg_sc_attr_bool(c, "validate_shape", true))
		return mg_sc_put(c, 0, &value, err);
	rc = mg_sc_merge(c, &ref, &value, err);
	return rc ? rc : mg_sc_put(c, 0, &ref, err);
}

/* ---- resource variables ---- */
int
mg_shape_fn_var_handle(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims d;
	int rc;

	if (!mg_sc_attr_shape(c, "shape", &d))
		return mg_sc_fail(c, err, "attr 'shape' is not a shape");
	rc = mg_sc_put_scalar(c, 0, err);
	return rc ? rc : mg_sc_put_handle(c, 0, &d, mg_sc_attr_type(c, "dtype"), err);
}

static int
check_handle_type(mg_shape_ctx *c, mgreg_error *err)
{
	int have = mg_sc_handle_type(c, 0), want = mg_sc_attr_type(c, "dtype");

	if (have != MGREG_INVALID && want != MGREG_INVALID && have != want)
		return mg_sc_fail(c, err, "trying to use a variable of type %s as %s", mg_dtype_name(have), mg_dtype_name(want));
	return mg_sc_rank(c, 0, 0, err);
}

int
mg_shape_fn_read_variable(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims d;
	int rc;

	if ((rc = check_handle_type(c, err)) != 0)
		return rc;
	mg_sc_handle(c, 0, &d);
	return mg_sc_put(c, 0, &d, err);
}

int
mg_shape_fn_assign_variable(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims d, value;
	int rc;

	if ((rc = check_handle_type(c, err)) != 0)
		return rc;
	mg_sc_handle(c, 0, &d);
	mg_sc_get(c, 1, &value);
	return mg_sc_merge(c, &d, &value, err);
}

int
mg_shape_fn_variable_shape(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims d;

	mg_sc_handle(c, 0, &d);
	return mg_sc_put_vector(c, 0, d.rank, err);
}

int
mg_shape_fn_count_up_to(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims d;

	if (c->op->inputs[0].type == MGREG_RESOURCE)
		mg_sc_handle(c, 0, &d);
	else
		mg_sc_get(c, 0, &d);
	if (d.rank > 0)
		return mg_sc_fail(c, err, "the variable must be a scalar");
	return mg_sc_put_scalar(c, 0, err);
}

/* ---- optimizer updates ---- */
/* By name: var and slots have one shape; grad too, or its rows are those that `indices` lists; all others are scalars. */
static bool
is_slot(const char *name)
{
	static const char *const names[] = {
		"var", "accum", "accum_update", "m", "v", "vhat", "ms", "mom", "mg", "linear", "gradient_accumulator",
		"gradient_squared_accumulator"
	};

	for (size_t i = 0; i < MG_COUNT(names); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static void
slot_shape(const mg_shape_ctx *c, int i, mg_dims *out)
{
	if (c->op->inputs[i].type == MGREG_RESOURCE)
		mg_sc_handle(c, i, out);
	else
		mg_sc_get(c, i, out);
}

/* The gradient's rows stand for some of the variable's. */
static int
merge_rows(mg_shape_ctx *c, int grad, int indices, const mg_dims *var, mgreg_error *err)
{
	mg_dims g, want;
	int64_t n;
	int rc;

	if ((rc = mg_sc_rank(c, indices, 1, err)) != 0 || (rc = mg_sc_rank_min(c, grad, 1, err)) != 0
	    || (rc = mg_sc_merge_dim(c, mg_sc_dim(c, grad, 0), mg_sc_dim(c, indices, 0), &n, err)) != 0)
		return rc;
	if (var->rank == 0)
		return mg_sc_fail(c, err, "a scalar variable has no rows to update");
	mg_sc_get(c, grad, &g);
	want = *var;
	if (want.rank > 0)
		want.at[0] = -1;
	return mg_sc_merge(c, &want, &g, err);
}

int
mg_shape_fn_apply(mg_shape_ctx *c, mgreg_error *err)
{
	int grad = -1, indices = -1, rc;
	bool descent = strstr(c->op->name, "GradientDescent") != NULL;
	mg_dims d, x;

	d.rank = MG_RANK_UNKNOWN;
	for (int i = 0; i < c->input_count && i < c->op->input_count; i++) {
		const char *name = c->op->inputs[i].name;

		if (is_slot(name)) {
			slot_shape(c, i, &x);
			if ((rc = mg_sc_merge(c, &d, &x, err)) != 0)
				return rc;
		} else if (strcmp(name, "grad") == 0 || (descent && strcmp(name, "delta") == 0)) {
			grad = i;
		} else if (strcmp(name, "indices") == 0) {
			indices = i;
		} else if ((rc = mg_sc_rank_max(c, i, 1, err)) != 0) {
			return rc;
		} else if (mg_sc_dim(c, i, 0) > 1 || mg_sc_dim(c, i, 0) == 0) {
			return mg_sc_fail(c, err, "input '%s' must be a scalar", name);
		}
	}
	if (grad >= 0 && indices >= 0) {
		if ((rc = merge_rows(c, grad, indices, &d, err)) != 0)
			return rc;
	} else if (grad >= 0) {
		mg_sc_get(c, grad, &x);
		if ((rc = mg_sc_merge(c, &d, &x, err)) != 0)
			return rc;
	}
	return c->output_count > 0 ? mg_sc_put(c, 0, &d, err) : 0;
}
