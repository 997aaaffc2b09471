/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slot.c - the variables an optimizer keeps beside each variable, named as TensorFlow names them: "<variable>/<Optimizer>",
 * then "_1", "_2"; at the root, whatever scope minimize is called in.  They are not trainable and lie beside their variable.
 */
#include "base/base.h"
#include "train/train_internal.h"

#define SMALL 1000      /* elements up to which an initial value is a constant, not a Fill */

static mg_output
filled(mg_builder *b, const char *name, mg_dtype type, const mg_shape *shape, double value)
{
	mg_tensor t = { 0 }, element = { 0 };
	mg_output dims, one, o = MG_NO_OUTPUT;
	const char *scope;
	int64_t n;

	if (b->rc || (b->rc = mg_shape_count(shape, &n, b->err)) != 0)
		return o;
	if (n >= SMALL) {
		if ((b->rc = mg_scope_enter(b->graph, name, &scope, b->err)) != 0)
			return o;
		dims = mg_const_i32s(b, "shape_as_tensor", mg_shape_cdims(shape), shape->rank);
		one = mg_const_scalar(b, "Const", type, value);
		mg_scope_leave(b->graph);
		return mg_build(b, "Fill", scope, "oo", dims, one);
	}
	if ((b->rc = mg_tensor_init(&t, type, shape, b->err)) != 0)
		return o;
	if ((b->rc = mg_tensor_init_scalar(&element, type, value, b->err)) == 0) {
		for (int64_t i = 0; i < n; i++)
			memcpy((char *)t.data + (size_t)i * element.size, element.data, element.size);
		o = mg_const(b, name, &t);
	}
	mg_tensor_clear(&element);
	mg_tensor_clear(&t);
	return o;
}

/* A slot of a partitioned variable is partitioned likewise: "<full name>/<slot>". */
static int
copy_slice(mg_apply *a, const mg_variable_record *primary, const char *slot_name, mg_variable_record *slot)
{
	mg_arena *arena = mg_graph_arena(a->g);
	mg_save_slice *s;

	if (!primary->slice)
		return 0;
	if (!(s = mg_arena_memdup(arena, primary->slice, sizeof *s)) ||
	    !(s->full_name = mg_arena_printf(arena, "%s/%s", primary->slice->full_name, slot_name)))
		return mg_fail_nomem(a->b.err, 0);
	slot->slice = s;
	return 0;
}

static int
slot_initial(mg_apply *a, int k, const mg_shape *shape, mg_dtype type, mg_output *out)
{
	int rc;

	if ((rc = mg_scope_enter(a->g, "Initializer", NULL, a->b.err)) != 0)
		return rc;
	switch (a->row->slots[k]) {
	case MG_SLOT_ZEROS:
		*out = filled(&a->b, "zeros", type, shape, 0);
		break;
	case MG_SLOT_ONES:
		*out = filled(&a->b, "ones", type, shape, 1);
		break;
	case MG_SLOT_HYPER:
		*out = filled(&a->b, "Const", type, shape, a->value[a->row->init_hyper]);
		break;
	}
	mg_scope_leave(a->g);
	return a->b.rc;
}

static unsigned
variable_flags(const mg_variable_record *v)
{
	return MG_VARIABLE_NOT_TRAINABLE | (v->is_resource ? MG_VARIABLE_RESOURCE : 0);
}

/* The shape of what is behind a variable. */
static const mg_shape *
variable_shape(const mg_variable_record *v, mg_output handle)
{
	return v->is_resource && handle.node->handle_shapes ? &handle.node->handle_shapes[handle.index] : mg_output_shape(handle);
}

static int
slot_create(mg_apply *a, int i, int k)
{
	const mg_variable_record *v = a->vars[i];
	mg_output handle = MG_NO_OUTPUT, read = MG_NO_OUTPUT, initial;
	mg_arena *arena = mg_graph_arena(a->g);
	const char *name, *scope;
	size_t primary;
	int rc;

	if ((rc = mg_variable_outputs(a->g, v, &handle, &read, a->b.err)) != 0)
		return rc;
	if (!mg_shape_is_full(variable_shape(v, handle)))
		return mg_fail(a->b.err, MGREG_INVALID_ARGUMENT, "variable '%s': its shape must be known for the optimizer's slots", handle.node->name);
	primary = strlen(handle.node->name);
	if (!(name = mg_arena_printf(arena, "%s/%s", handle.node->name, a->row->name)))
		return mg_fail_nomem(a->b.err, 0);
	if ((rc = mg_scope_enter(a->g, name, &scope, a->b.err)) != 0)
		return rc;
	rc = slot_initial(a, k, variable_shape(v, handle), mg_output_type(read), &initial);
	mg_scope_leave(a->g);
	if (rc == 0)
		rc = mg_variable_new(a->g, scope, initial, variable_flags(v), &a->slots[i].at[k], a->b.err);
	if (rc == 0) {
		const char *slot_name = mg_arena_strndup(arena, scope + primary + 1, strlen(scope) - primary - 2);

		/* the record is new: nobody has seen it without its slice */
		rc = slot_name ? copy_slice(a, v, slot_name, (mg_variable_record *)a->slots[i].at[k]) : mg_fail_nomem(a->b.err, 0);
	}
	return rc;
}

/* beta1_power and beta2_power, in the current scope, beside the variable of the least name. */
static int
powers_create(mg_apply *a)
{
	static const char *const names[2] = { "beta1_power", "beta2_power" };
	const mg_variable_record *least = a->vars[0];
	mg_output handle, initial;
	const char *scope;
	int rc;

	for (int i = 1; i < a->count; i++)
		if (strcmp(a->vars[i]->variable_name, least->variable_name) < 0)
			least = a->vars[i];
	if ((rc = mg_variable_outputs(a->g, least, &handle, NULL, a->b.err)) != 0
	    || (rc = mg_colocate_push(a->g, handle.node, a->b.err)) != 0)
		return rc;
	for (int i = 0; i < a->row->powers && rc == 0; i++) {
		if ((rc = mg_scope_enter(a->g, names[i], &scope, a->b.err)) != 0)
			break;
		initial = mg_const_scalar(&a->b, "initial_value", MGREG_FLOAT, a->value[1 + i]);
		mg_scope_leave(a->g);
		if ((rc = a->b.rc) == 0)
			rc = mg_variable_new(a->g, scope, initial, variable_flags(least), &a->powers[i], a->b.err);
	}
	mg_colocate_pop(a->g);
	return rc;
}

int
mg_slots_create(mg_apply *a)
{
	mg_arena *arena = mg_graph_arena(a->g);
	int rc = 0;

	if (!(a->slots = mg_arena_zalloc(arena, (size_t)a->count, sizeof *a->slots)))
		return mg_fail_nomem(a->b.err, 0);
	if ((rc = mg_controls_push(a->g, NULL, 0, a->b.err)) != 0)
		return rc;
	if (a->row->powers)
		rc = powers_create(a);
	if (rc == 0 && (rc = mg_scope_enter(a->g, NULL, NULL, a->b.err)) == 0) {
		for (int i = 0; i < a->count && rc == 0; i++) {
			mg_output handle;

			if ((rc = mg_variable_outputs(a->g, a->vars[i], &handle, NULL, a->b.err)) != 0
			    || (rc = mg_colocate_push(a->g, handle.node, a->b.err)) != 0)
				break;
			for (int k = 0; k < a->row->slot_count && rc == 0; k++)
				rc = slot_create(a, i, k);
			mg_colocate_pop(a->g);
		}
		mg_scope_leave(a->g);
	}
	mg_controls_pop(a->g);
	return rc;
}
