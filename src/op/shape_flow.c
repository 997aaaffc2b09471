/* SPDX-License-Identifier: Apache-2.0 */
/* shape_flow.c - shapes of control flow, queues, TensorArrays, tables, calls, iterators. */
#include "op/shape_ctx.h"

/* ---- control flow ---- */
int
mg_shape_fn_switch(mg_shape_ctx *c, mgreg_error *err)
{
	int rc;

	if ((rc = mg_sc_rank(c, 1, 0, err)) != 0 || (rc = mg_sc_put_like(c, 0, 0, err)) != 0)
		return rc;
	return mg_sc_put_like(c, 1, 0, err);
}

/* What all inputs agree about. */
int
mg_shape_fn_merge_flow(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims d, x;
	int rc;

	mg_sc_get(c, 0, &d);
	for (int i = 1; i < c->input_count && d.rank >= 0; i++) {
		mg_sc_get(c, i, &x);
		if (x.rank != d.rank) {
			d.rank = MG_RANK_UNKNOWN;
			break;
		}
		for (int k = 0; k < d.rank; k++)
			if (d.at[k] != x.at[k])
				d.at[k] = -1;
	}
	if ((rc = mg_sc_put(c, 0, &d, err)) != 0)
		return rc;
	if (c->output_count > 1 && (rc = mg_sc_put_scalar(c, 1, err)) != 0)
		return rc;
	mg_sc_handle(c, 0, &x);
	return mg_sc_put_handle(c, 0, &x, mg_sc_handle_type(c, 0), err);
}

/* A loop may change a shape from turn to turn: only what is constant, or behind a handle, keeps it. */
int
mg_shape_fn_enter(mg_shape_ctx *c, mgreg_error *err)
{
	if (mg_sc_attr_bool(c, "is_constant", false) || mg_sc_handle_type(c, 0) != MGREG_INVALID)
		return mg_sc_put_like(c, 0, 0, err);
	return 0;
}

int
mg_shape_fn_ref_select(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims d, x;
	int rc;

	if ((rc = mg_sc_rank(c, 0, 0, err)) != 0)
		return rc;
	mg_sc_get(c, 1, &d);
	for (int i = 2; i < c->input_count; i++) {
		mg_sc_get(c, i, &x);
		if (mg_sc_merge(c, &d, &x, NULL) != 0 || x.rank < 0)
			d.rank = MG_RANK_UNKNOWN;
	}
	return mg_sc_put(c, 0, &d, err);
}

/* ---- queues ---- */
/* A handle of one component carries that component's shape and type. */
int
mg_shape_fn_queue(mg_shape_ctx *c, mgreg_error *err)
{
	const Pb__AttrValue__ListValue *types;
	mg_dims d;
	int rc;

	if ((rc = mg_sc_put_scalar(c, 0, err)) != 0)
		return rc;
	if (!mg_attr_get_list(c->attrs, "component_types", &types) || types->n_type != 1 || !mg_sc_attr_shape_at(c, "shapes", 0, &d))
		return 0;
	return mg_sc_put_handle(c, 0, &d, (int)types->type[0], err);
}

int
mg_shape_fn_dequeue(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims d;

	mg_sc_handle(c, 0, &d);
	return c->output_count == 1 && d.rank >= 0 ? mg_sc_put(c, 0, &d, err) : 0;
}

static int
dequeue_batch(mg_shape_ctx *c, int64_t n, mgreg_error *err)
{
	mg_dims d;

	mg_sc_handle(c, 0, &d);
	if (c->output_count != 1 || d.rank < 0)
		return 0;
	if (d.rank >= MG_MAX_RANK)
		return mg_sc_fail(c, err, "too many dimensions");
	mg_dims_insert(&d, 0, n);
	return mg_sc_put(c, 0, &d, err);
}

int
mg_shape_fn_dequeue_many(mg_shape_ctx *c, mgreg_error *err)
{
	int64_t n;

	if (!mg_sc_int(c, 1, &n))
		n = -1;
	else if (n < 0)
		return mg_sc_fail(c, err, "cannot dequeue %lld elements", (long long)n);
	return dequeue_batch(c, n, err);
}

int
mg_shape_fn_dequeue_up_to(mg_shape_ctx *c, mgreg_error *err)
{
	return dequeue_batch(c, -1, err);
}

/* ---- stacks: what is pushed comes through ---- */
int
mg_shape_fn_stack_push(mg_shape_ctx *c, mgreg_error *err)
{
	return mg_sc_put_like(c, 0, 1, err);
}

/* ---- TensorArrays ---- */
int
mg_shape_fn_tensor_array(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims d;
	int rc;

	if ((rc = mg_sc_rank_max(c, 0, 1, err)) != 0 || (rc = mg_sc_put_vector(c, 0, 2, err)) != 0)
		return rc;
	if (c->output_count > 1 && (rc = mg_sc_put_scalar(c, 1, err)) != 0)
		return rc;
	/* Elements may differ in shape unless the array says that they do not. */
	if (!mg_sc_attr_shape(c, "element_shape", &d) || !mg_sc_attr_bool(c, "identical_element_shapes", false))
		d.rank = MG_RANK_UNKNOWN;
	return mg_sc_put_handle(c, 0, &d, mg_sc_attr_type(c, "dtype"), err);
}

int
mg_shape_fn_tensor_array_grad(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims d;
	int rc;

	if ((rc = mg_sc_put_vector(c, 0, 2, err)) != 0)
		return rc;
	if (c->output_count > 1 && (rc = mg_sc_put_scalar(c, 1, err)) != 0)
		return rc;
	mg_sc_handle(c, 0, &d);
	if (strcmp(c->op->name, "TensorArrayGradWithShape") == 0)
		d.rank = MG_RANK_UNKNOWN;
	return mg_sc_put_handle(c, 0, &d, mg_sc_handle_type(c, 0), err);
}

int
mg_shape_fn_tensor_array_read(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims d;
	int rc;

	if ((rc = mg_sc_rank_max(c, 1, 1, err)) != 0)
		return rc;
	mg_sc_handle(c, 0, &d);
	return mg_sc_put(c, 0, &d, err);
}

int
mg_shape_fn_tensor_array_gather(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims d, behind;
	int rc;

	if ((rc = mg_sc_rank(c, 1, 1, err)) != 0)
		return rc;
	if (!mg_sc_attr_shape(c, "element_shape", &d))
		d.rank = MG_RANK_UNKNOWN;
	mg_sc_handle(c, 0, &behind);
	if (d.rank < 0)
		d = behind;
	if (d.rank < 0 || d.rank >= MG_MAX_RANK)
		return 0;
	mg_dims_insert(&d, 0, mg_sc_dim(c, 1, 0));
	return mg_sc_put(c, 0, &d, err);
}

int
mg_shape_fn_tensor_array_concat(mg_shape_ctx *c, mgreg_error *err)
{
	return mg_sc_put_vector(c, 1, -1, err);         /* the value's shape is anybody's guess */
}

/* ---- tables ---- */
int
mg_shape_fn_table_export(mg_shape_ctx *c, mgreg_error *err)
{
	return mg_sc_put_vector(c, 0, -1, err);
}

/* ---- calls ---- */
/* Outputs as attribute `output_shapes` lists them, where it does. */
int
mg_shape_fn_output_shapes(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims d;
	int rc = 0;

	for (int o = 0; o < c->output_count && rc == 0; o++)
		if (mg_sc_attr_shape_at(c, "output_shapes", o, &d))
			rc = mg_sc_put(c, o, &d, err);
	return rc;
}
