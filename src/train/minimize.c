/* SPDX-License-Identifier: Apache-2.0 */
/*
 * minimize.c - loss -> gradients -> one update per variable -> the train op, with the nodes and names TensorFlow makes
 * (runtime-semantics section 6).
 */
#include "base/base.h"
#include <stdio.h>
#include "train/train_internal.h"

mg_output
mg_apply_handle(mg_apply *a, const mg_variable_record *v)
{
	mg_output handle = MG_NO_OUTPUT;

	if (a->b.rc == 0)
		a->b.rc = mg_variable_outputs(a->g, v, &handle, NULL, a->b.err);
	return a->b.rc ? MG_NO_OUTPUT : handle;
}

mg_output
mg_apply_read(mg_apply *a, const mg_variable_record *v)
{
	mg_output read = MG_NO_OUTPUT;

	if (a->b.rc == 0)
		a->b.rc = mg_variable_outputs(a->g, v, NULL, &read, a->b.err);
	return a->b.rc ? MG_NO_OUTPUT : read;
}

mg_output
mg_apply_hyper(mg_apply *a, int i, mg_dtype type)
{
	if (a->b.rc || !a->hyper[i].node || mg_output_type(a->hyper[i]) == type)
		return a->hyper[i];
	return mg_build(&a->b, "Cast", NULL, "o;t:DstT", a->hyper[i], (int)type);
}

/* ---- one variable ---- */

static mg_output
operand(mg_apply *a, char letter, int i, mg_dtype type, mg_output grad, mg_output indices)
{
	switch (letter) {
	case 'v':
		return mg_apply_handle(a, a->vars[i]);
	case 'g':
		return grad;
	case 'x':
		return indices;
	case 's':
		return a->next_step;
	case 'p': case 'q': {
		mg_output o = mg_apply_read(a, a->powers[letter - 'p']);

		return a->b.rc || mg_output_type(o) == type ? o : mg_build(&a->b, "Cast", NULL, "o;t:DstT", o, (int)type);
	}
	case '0': case '1': case '2':
		return mg_apply_handle(a, a->slots[i].at[letter - '0']);
	default:
		return mg_apply_hyper(a, letter - 'a', type);
	}
}

/* The op of a row for this kind of variable and gradient. */
static mg_node *
apply_op(mg_apply *a, int i, mg_dtype type, mg_output grad, mg_output indices)
{
	bool sparse = indices.node != NULL, resource = a->vars[i]->is_resource;
	const char *form = sparse ? a->row->sparse : a->row->dense;
	mg_output in[12];
	mg_attr attrs[2];
	char op[64];
	mg_arena *arena = mg_graph_arena(a->g);
	mg_node_args args = { .op = op, .inputs = in, .attrs = attrs };
	mg_node *node = NULL;

	snprintf(op, sizeof op, "%s%s%s", resource ? "Resource" : "", sparse ? "Sparse" : "", a->row->op);
	for (const char *p = form; *p; p++)
		in[args.input_count++] = operand(a, *p, i, type, grad, indices);
	attrs[args.attr_count++] = (mg_attr){ "use_locking", mg_attr_bool(arena, false) };
	if (a->row->flag || a->row->always)
		attrs[args.attr_count++] = (mg_attr){ "use_nesterov", mg_attr_bool(arena, a->flag || a->row->always) };
	if (a->b.rc == 0)
		a->b.rc = mg_graph_add(a->g, &args, &node, a->b.err);
	return node;
}

/* One row per index: rows of equal index are added up. */
static void
sum_duplicates(mg_apply *a, mg_output *values, mg_output *indices)
{
	static const int64_t zero = 0, one = 1;
	mg_output unique, shape, rows, from, to, step;
	const char *scope;

	unique = mg_build(&a->b, "Unique", NULL, "o", *indices);
	shape = mg_build(&a->b, "Shape", NULL, "o", unique);
	if (a->b.rc || (a->b.rc = mg_scope_enter(a->g, "strided_slice", &scope, a->b.err)) != 0)
		return;
	from = mg_const_i32s(&a->b, "stack", &zero, 1);
	to = mg_const_i32s(&a->b, "stack_1", &one, 1);
	step = mg_const_i32s(&a->b, "stack_2", &one, 1);
	mg_scope_leave(a->g);
	rows = mg_build(&a->b, "StridedSlice", scope, "oooo;i:shrink_axis_mask", shape, from, to, step, (int64_t)1);
	if (a->b.rc)
		return;
	*values = mg_build(&a->b, "UnsortedSegmentSum", NULL, "ooo", *values, MG_OUTPUT(unique.node, 1), rows);
	*indices = unique;
}

/* All rows of the variable's shape; those without an index are zero. */
static mg_output
densify(mg_apply *a, int i, mg_output values, mg_output indices)
{
	mg_output handle = mg_apply_handle(a, a->vars[i]);
	const mg_shape *s;

	if (a->b.rc)
		return MG_NO_OUTPUT;
	s = a->vars[i]->is_resource && handle.node->handle_shapes ? &handle.node->handle_shapes[handle.index] : mg_output_shape(handle);
	if (s->rank < 1 || mg_shape_dim(s, 0) < 0) {
		a->b.rc = mg_fail(a->b.err, MGREG_INVALID_ARGUMENT, "variable '%s': its number of rows must be known", handle.node->name);
		return MG_NO_OUTPUT;
	}
	return mg_build(&a->b, "UnsortedSegmentSum", NULL, "ooo", values, indices,
		mg_const_scalar(&a->b, "num_segments", MGREG_INT32, (double)mg_shape_dim(s, 0)));
}

/* "<Optimizer>/update_<variable>/...", beside the variable. */
static int
update_variable(mg_apply *a, int i, mg_node **out)
{
	const mg_grad_value *g = &a->grads[i];
	mg_output handle = mg_apply_handle(a, a->vars[i]), read = mg_apply_read(a, a->vars[i]);
	mg_output values = g->values, indices = g->indices;
	char *scope;
	int rc;

	if (a->b.rc)
		return a->b.rc;
	if (!(scope = mg_arena_printf(mg_graph_arena(a->g), "update_%s", handle.node->name)))
		return mg_fail_nomem(a->b.err, 0);
	if ((rc = mg_scope_enter(a->g, scope, NULL, a->b.err)) != 0)
		return rc;
	if ((rc = mg_colocate_push(a->g, handle.node, a->b.err)) == 0) {
		if (g->dense.node) {
			*out = apply_op(a, i, mg_output_type(read), g->dense, MG_NO_OUTPUT);
		} else {
			if (a->row->sum_duplicates)
				sum_duplicates(a, &values, &indices);
			if (!a->row->sparse && !a->row->sparse_fn)
				*out = apply_op(a, i, mg_output_type(read), densify(a, i, values, indices), MG_NO_OUTPUT);
			else if (a->row->sparse_fn)
				*out = a->row->sparse_fn(a, i, values, indices).node;
			else
				*out = a->b.rc ? NULL : apply_op(a, i, mg_output_type(read), values, indices);
		}
		mg_colocate_pop(a->g);
		rc = a->b.rc;
	}
	mg_scope_leave(a->g);
	return rc;
}

/* ---- the end ---- */

/* x = x * beta for both powers, after every update. */
static int
update_powers(mg_apply *a, mg_node *const *updates, int count, mg_node *out[2])
{
	mg_output handle = mg_apply_handle(a, a->powers[0]);
	int rc;

	if ((rc = a->b.rc) != 0 || (rc = mg_controls_push(a->g, updates, count, a->b.err)) != 0)
		return rc;
	if ((rc = mg_colocate_push(a->g, handle.node, a->b.err)) == 0) {
		for (int i = 0; i < a->row->powers; i++) {
			mg_output next = mg_build(&a->b, "Mul", "mul", "oo", mg_apply_read(a, a->powers[i]), mg_apply_hyper(a, 1 + i, MGREG_FLOAT));

			handle = mg_apply_handle(a, a->powers[i]);
			if (a->powers[i]->is_resource)
				out[i] = mg_build_node(&a->b, "AssignVariableOp", NULL, "oo;t:dtype", handle, next, MGREG_FLOAT);
			else
				out[i] = mg_build_node(&a->b, "Assign", NULL, "oo;b:use_locking", handle, next, 0);
		}
		mg_colocate_pop(a->g);
		rc = a->b.rc;
	}
	mg_controls_pop(a->g);
	return rc;
}

/* NAME waits for every update. */
static int
finish(mg_apply *a, const char *name, mg_node **updates, int count, mg_node **out)
{
	int rc;

	if (a->row->powers) {
		if ((rc = update_powers(a, updates, count, updates + count)) != 0)
			return rc;
		count += a->row->powers;
	}
	return mg_graph_group(a->g, updates, count, name, out, a->b.err);
}

/* The train op adds one to the step, after the updates, and has the optimizer's own name. */
static int
count_step(mg_apply *a, const char *scope, const mg_variable_record *step, mg_node *update, mg_node **out)
{
	mg_output handle = mg_apply_handle(a, step), read = mg_apply_read(a, step), one;
	int rc;

	if ((rc = a->b.rc) != 0 || (rc = mg_controls_push(a->g, &update, 1, a->b.err)) != 0)
		return rc;
	if ((rc = mg_colocate_push(a->g, handle.node, a->b.err)) == 0) {
		one = mg_const_scalar(&a->b, step->is_resource ? "Const" : "value", mg_output_type(read), 1);
		if (step->is_resource)
			*out = mg_build_node(&a->b, "AssignAddVariableOp", scope, "oo;t:dtype", handle, one, (int)mg_output_type(read));
		else
			*out = mg_build_node(&a->b, "AssignAdd", scope, "oo;b:use_locking", handle, one, 0);
		mg_colocate_pop(a->g);
		rc = a->b.rc;
	}
	mg_controls_pop(a->g);
	return rc;
}

static int
build_hypers(mg_apply *a, mg_output learning_rate)
{
	/* the order of the Consts is that of the optimizer's arguments; shrinkage comes before the power */
	for (int i = 0; i < MG_MAX_HYPER; i++) {
		const mg_hyper *h = &a->row->hyper[i];

		if (!h->arg || !h->node)
			continue;
		if (i == 0 && learning_rate.node)
			a->hyper[i] = learning_rate;
		else
			a->hyper[i] = mg_const_scalar(&a->b, h->node, MGREG_FLOAT, a->value[i]);
	}
	return a->b.rc;
}

/* The step that this update is, for the rows that ask for it. */
static int
build_step(mg_apply *a)
{
	mg_output step;

	if (!strchr(a->row->dense, 's'))
		return 0;
	if (!a->step)
		return mg_fail(a->b.err, MGREG_INVALID_ARGUMENT, "optimizer '%s' needs a global step", a->row->kind);
	step = mg_cast(&a->b, mg_apply_read(a, a->step), MGREG_INT64, NULL);
	a->next_step = mg_op2n(&a->b, "Add", "add", step, 1);
	return a->b.rc;
}

static int
build_updates(mg_apply *a, const mg_optimizer_config *c, const mg_variable_record *step, mg_node **out)
{
	const char *scope;
	mg_node **updates = mg_calloc((size_t)a->count + 2, sizeof *updates), *all;
	int rc;

	if (!updates)
		return mg_fail_nomem(a->b.err, 0);
	MG_TRY(mg_slots_create(a));
	MG_TRY(mg_scope_enter(a->g, c->name ? c->name : a->row->name, &scope, a->b.err));
	if ((rc = build_hypers(a, c->learning_rate)) == 0 && (rc = build_step(a)) == 0) {
		for (int i = 0; i < a->count && rc == 0; i++)
			rc = update_variable(a, i, &updates[i]);
		if (rc == 0)
			rc = finish(a, step ? "update" : scope, updates, a->count, step ? &all : out);
		if (rc == 0 && step)
			rc = count_step(a, scope, step, all, out);
	}
	mg_scope_leave(a->g);
out:
	mg_free(updates);
	return rc;
}

static int
check_type(mg_graph *g, const mg_variable_record *v, mgreg_error *err)
{
	mg_output read;
	int rc = mg_variable_outputs(g, v, NULL, &read, err);

	if (rc == 0 && !mg_dtype_is_floating(mg_output_type(read)))
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "variable '%s': optimizers do not work on %s", v->variable_name,
			mg_dtype_name(mg_output_type(read)));
	return rc;
}

int
mg_apply_gradients(mg_graph *g, const mg_optimizer_config *c, const mg_variable_record *const *vars, const mg_grad_value *grads,
	int count, const mg_variable_record *global_step, mg_node **train_op, mgreg_error *err)
{
	mg_apply a = { .b = MG_BUILDER(g, err), .g = g };
	mg_arena *arena = mg_graph_arena(g);
	const mg_variable_record **with = mg_arena_zalloc(arena, (size_t)count + 1, sizeof *with);
	mg_grad_value *used = mg_arena_zalloc(arena, (size_t)count + 1, sizeof *used);
	int rc;

	if (!with || !used)
		return mg_fail_nomem(err, 0);
	if ((rc = mg_optimizer_settle(c, &a.row, a.value, &a.flag, err)) != 0)
		return rc;
	for (int i = 0; i < count; i++)
		if (!mg_grad_is_none(&grads[i])) {
			if ((rc = check_type(g, vars[i], err)) != 0)
				return rc;
			with[a.count] = vars[i];
			used[a.count++] = grads[i];
		}
	if (a.count == 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "no gradients for any of the %d variables", count);
	for (int i = 0; i < a.count && a.row->resource_only; i++)
		if (!with[i]->is_resource)
			return mg_fail(err, MGREG_UNIMPLEMENTED, "optimizer '%s' works on resource variables only, '%s' is a reference", a.row->kind,
				with[i]->variable_name);
	a.vars = with;
	a.grads = used;
	a.step = global_step;
	return build_updates(&a, c, global_step, train_op);
}

/* ---- minimize ---- */

static int
trainable(mg_graph *g, const mg_variable_record ***out, int *count, mgreg_error *err)
{
	static const char *const keys[] = { "trainable_variables", "trainable_resource_variables" };
	int n = 0, room = 0;

	for (size_t k = 0; k < MG_COUNT(keys); k++)
		room += mg_collection_count(g, keys[k]);
	if (!(*out = mg_arena_zalloc(mg_graph_arena(g), (size_t)room + 1, sizeof **out)))
		return mg_fail_nomem(err, 0);
	for (size_t k = 0; k < MG_COUNT(keys); k++)
		for (int i = 0; i < mg_collection_count(g, keys[k]); i++) {
			const mg_item *item = mg_collection_item(g, keys[k], i);

			if (item->kind == MG_ITEM_RECORD && item->record_kind == MG_RECORD_VARIABLE)
				(*out)[n++] = item->record;
		}
	*count = n;
	return n ? 0 : mg_fail(err, MGREG_INVALID_ARGUMENT, "no variables to optimize: collection trainable_variables is empty");
}

static bool
in_collection(mg_graph *g, const char *key, const mg_node *node)
{
	for (int i = 0; i < mg_collection_count(g, key); i++)
		if (mg_collection_item(g, key, i)->node == node)
			return true;
	return false;
}

int
mg_minimize(mg_graph *g, mg_output loss, const mg_optimizer_config *c, const mg_minimize_options *o, mg_node **train_op, mgreg_error *err)
{
	static const mg_minimize_options defaults = { 0 };
	static const mg_grad_options grad_options = { .gate = true };
	const mg_variable_record **vars = NULL;
	const mg_optimizer *row;
	mg_output *xs = NULL;
	mg_grad_value *grads = NULL;
	double hyper[MG_MAX_HYPER];
	mg_node *op;
	bool flag, any = false;
	int rc, n;

	o = o ? o : &defaults;
	MG_TRY(mg_optimizer_settle(c, &row, hyper, &flag, err));
	if (o->variables) {
		vars = (const mg_variable_record **)o->variables;
		n = o->variable_count;
	} else {
		MG_TRY(trainable(g, &vars, &n, err));
	}
	if (!mg_dtype_is_floating(mg_output_type(loss))) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "loss '%s' is %s, not a floating type", loss.node->name, mg_dtype_name(mg_output_type(loss)));
		goto out;
	}
	xs = mg_calloc((size_t)n + 1, sizeof *xs);
	grads = mg_calloc((size_t)n + 1, sizeof *grads);
	if (!xs || !grads) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	for (int i = 0; i < n; i++) {
		MG_TRY(check_type(g, vars[i], err));
		MG_TRY(mg_variable_outputs(g, vars[i], &xs[i], NULL, err));
	}
	MG_TRY(mg_gradients(g, &loss, 1, xs, n, &grad_options, grads, err));
	for (int i = 0; i < n; i++)
		any = any || !mg_grad_is_none(&grads[i]);
	if (!any) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "no gradients for any variable: none of the %d reaches loss '%s'", n, loss.node->name);
		goto out;
	}
	MG_TRY(mg_apply_gradients(g, c, vars, grads, n, o->global_step, &op, err));
	if (!o->no_train_op_collection && !in_collection(g, "train_op", op))
		MG_TRY(mg_collection_add_node(g, "train_op", op, err));
	if (train_op)
		*train_op = op;
out:
	mg_free(xs);
	mg_free(grads);
	return rc;
}

/* ---- global step ---- */

int
mg_global_step_create(mg_graph *g, const mg_variable_record **out, mgreg_error *err)
{
	mg_builder b = MG_BUILDER(g, err);
	mg_output zero;
	const mg_variable_record *v;
	mg_output found = MG_NO_OUTPUT;
	int rc;

	if ((rc = mg_global_step_find(g, &found, err)) != 0)
		return rc;
	if (found.node)
		return mg_fail(err, MGREG_ALREADY_EXISTS, "the graph has a global step: '%s'", found.node->name);
	if ((rc = mg_scope_enter(g, NULL, NULL, err)) != 0)
		return rc;
	zero = mg_const_scalar(&b, "global_step/Initializer/zeros", MGREG_INT64, 0);
	rc = b.rc ? b.rc : mg_variable_new(g, "global_step/", zero, MG_VARIABLE_NOT_TRAINABLE, &v, err);
	mg_scope_leave(g);
	if (rc == 0)
		rc = mg_collection_add_variable(g, "global_step", v, err);
	if (rc == 0 && out)
		*out = v;
	return rc;
}

static int
check_step(mg_output o, mgreg_error *err)
{
	char text[256];
	const mg_shape *s = mg_output_shape(o);

	if (mg_output_type(o) != MGREG_RESOURCE && !mg_dtype_is_integer(mg_output_type(o)))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "global step '%s' is %s, not an integer", o.node->name, mg_dtype_name(mg_output_type(o)));
	if (mg_output_type(o) != MGREG_RESOURCE && s->rank > 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "global step '%s' has shape %s, not that of a scalar", o.node->name, mg_shape_text(s, text));
	return 0;
}

int
mg_global_step_find(mg_graph *g, mg_output *out, mgreg_error *err)
{
	mg_output o = MG_NO_OUTPUT;
	int rc = 0;

	*out = MG_NO_OUTPUT;
	if (mg_collection_count(g, "global_step") == 1) {
		const mg_item *item = mg_collection_item(g, "global_step", 0);

		if (item->kind == MG_ITEM_RECORD && item->record_kind == MG_RECORD_VARIABLE)
			rc = mg_variable_outputs(g, item->record, &o, NULL, err);
		else if (item->kind == MG_ITEM_TENSOR)
			o = item->tensor;
		else if (item->kind == MG_ITEM_NODE && item->node->output_count)
			o = MG_OUTPUT(item->node, 0);
	} else if (mg_collection_count(g, "global_step") == 0) {
		mg_node *n = mg_graph_find(g, "global_step");

		if (n && n->output_count)
			o = MG_OUTPUT(n, 0);
	}
	if (rc == 0 && o.node && (rc = check_step(o, err)) == 0)
		*out = o;
	return rc;
}
