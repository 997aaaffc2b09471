/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ema.c - moving averages: a shadow beside each variable or tensor, and the node that moves it (runtime-semantics section 6).
 *
 *   <name>/ExponentialMovingAverage              the shadow; of a variable it starts as that does, of a tensor as zero
 *   ExponentialMovingAverage/AssignMovingAvg     shadow -= (shadow - value) * (1 - decay)
 */
#include "base/base.h"
#include "base/map.h"
#include "train/train_internal.h"

typedef struct average {
	mg_output of;
	const mg_variable_record *shadow;
	bool zero_debias;
} average;

struct mgreg_ema {
	mg_graph   *g;
	double      decay;
	mg_output   num_updates;
	bool        zero_debias;
	const char *name;
	MG_VEC(average) at;
};

int
mgreg_ema_new(mgreg_ema **out, mgreg_graph *graph, const mgreg_ema_options *o, mgreg_error *err)
{
	static const mgreg_ema_options usual = MGREG_EMA_INIT;
	mgreg_ema *e = mg_calloc(1, sizeof *e);

	o = o ? o : &usual;
	assert(o->size == sizeof *o);
	if (!e)
		return mg_fail_nomem(err, sizeof *e);
	e->g = graph;
	e->decay = o->decay;
	e->num_updates = o->num_updates;
	e->zero_debias = o->zero_debias != 0;
	if (!(e->name = mg_arena_strdup(mg_graph_arena(graph), o->name ? o->name : "ExponentialMovingAverage"))) {
		mg_free(e);
		return mg_fail_nomem(err, 0);
	}
	*out = e;
	return 0;
}

void
mgreg_ema_free(mgreg_ema *e)
{
	if (!e)
		return;
	mg_vec_clear(&e->at);
	mg_free(e);
}

static const average *
find(const mgreg_ema *e, mg_output of)
{
	for (size_t i = 0; i < e->at.len; i++)
		if (e->at.at[i].of.node == of.node && e->at.at[i].of.index == of.index)
			return &e->at.at[i];
	return NULL;
}

/* ---- shadows ---- */

typedef struct start { const mg_variable_record *v; mg_output handle, initial; } start;

static void
read_variable(void *payload, mgreg_builder *b, mgreg_output *out, int count)
{
	const start *s = payload;

	(void)count;
	if (s->v->is_resource)
		out[0] = mg_build(b, "ReadVariableOp", "ReadVariableOp", "o;t:dtype", s->handle, (int)mg_type_of(s->initial));
	else
		out[0] = mg_op1(b, "Identity", "read", s->handle);
}

static void
take_initial(void *payload, mgreg_builder *b, mgreg_output *out, int count)
{
	(void)b;
	(void)count;
	out[0] = ((const start *)payload)->initial;
}

/* The variable's value if it has one by then, else what it starts as. */
static mg_output
initialized_value(mg_builder *b, start *s)
{
	mgreg_cond_fns fns = { read_variable, take_initial, s };
	mg_output is, value = MG_NO_OUTPUT;

	if (s->v->is_resource)
		is = mg_op1(b, "VarIsInitializedOp", NULL, s->handle);
	else
		is = mg_op1(b, "IsVariableInitialized", NULL, s->handle);
	mgreg_cond(b, is, &fns, &value, 1, NULL);
	return value;
}

static const mg_shape *
shape_of(mg_output o)
{
	return mg_output_type(o) == MGREG_RESOURCE && o.node->handle_shapes ? &o.node->handle_shapes[o.index] : mg_output_shape(o);
}

/* The shadow's slice of a partitioned variable's. */
static int
take_slice(mgreg_ema *e, const mg_variable_record *v, mg_variable_record *shadow, mgreg_error *err)
{
	mg_arena *arena = mg_graph_arena(e->g);
	mg_save_slice *s;

	if (!v || !v->slice)
		return 0;
	if (!(s = mg_arena_memdup(arena, v->slice, sizeof *s)) || !(s->full_name = mg_arena_printf(arena, "%s/%s", v->slice->full_name, e->name)))
		return mg_fail_nomem(err, 0);
	shadow->slice = s;
	return 0;
}

static int
make_shadow(mgreg_ema *e, mg_builder *b, mg_output of)
{
	const mg_variable_record *v = mg_variable_of(e->g, of), *shadow = NULL;
	average a = { .of = of, .zero_debias = e->zero_debias && !v };
	start s = { .v = v, .handle = of };
	mg_output first = MG_NO_OUTPUT;
	const char *name, *scope;
	int rc;

	if (!(name = mg_arena_printf(mg_graph_arena(e->g), "%s/%s", of.node->name, e->name)))
		return mg_fail_nomem(b->err, 0);
	if (!mg_shape_is_full(shape_of(of)))
		return mg_fail(b->err, MGREG_INVALID_ARGUMENT, "moving average: the shape of '%s' is not fully known", of.node->name);
	if (v && v->initial_value_name && (rc = mg_graph_output(e->g, v->initial_value_name, &s.initial, b->err)) != 0)
		return rc;
	if ((rc = mg_scope_enter(e->g, name, &scope, b->err)) != 0)
		return rc;
	if (s.initial.node) {
		first = initialized_value(b, &s);
	} else if (mg_enter(b, "Initializer", NULL)) {
		first = mg_leave(b, mgreg_op_zeros(b, mg_type_of(mg_value_of(b, of)), mg_shape_cdims(shape_of(of)), shape_of(of)->rank, "zeros"));
	}
	mg_scope_leave(e->g);
	if ((rc = b->rc) == 0)
		rc = mg_output_merge_shape(first, shape_of(of), b->err);
	if (rc == 0)
		rc = mg_variable_new(e->g, scope, first, MG_VARIABLE_NOT_TRAINABLE | (v && v->is_resource ? MG_VARIABLE_RESOURCE : 0), &shadow, b->err);
	/* the record is new: nobody has seen it without its slice */
	if (rc == 0)
		rc = take_slice(e, v, (mg_variable_record *)shadow, b->err);
	if (rc == 0 && v)
		rc = mg_collection_add_variable(e->g, "moving_average_variables", v, b->err);
	a.shadow = shadow;
	if (rc == 0 && !mg_vec_push(&e->at, a))
		rc = mg_fail_nomem(b->err, 0);
	return rc;
}

/* At the root, outside of every branch and loop, beside what it shadows. */
static int
add_shadow(mgreg_ema *e, mg_builder *b, mg_output of)
{
	mg_dtype type = mg_type_of(mg_value_of(b, of));
	int rc;

	if (b->rc)
		return b->rc;
	if (find(e, of))
		return 0;
	if (!mg_dtype_is_floating(type))
		return mg_fail(b->err, MGREG_INVALID_ARGUMENT, "moving average: '%s' is %s, not a floating type", of.node->name, mg_dtype_name(type));
	if ((rc = mg_controls_push(e->g, NULL, 0, b->err)) != 0)
		return rc;
	if ((rc = mg_scope_enter(e->g, NULL, NULL, b->err)) == 0) {
		if (mg_variable_of(e->g, of)) {
			if ((rc = mg_colocate_push(e->g, of.node, b->err)) == 0) {
				rc = make_shadow(e, b, of);
				mg_colocate_pop(e->g);
			}
		} else {
			rc = make_shadow(e, b, of);
		}
		mg_scope_leave(e->g);
	}
	mg_controls_pop(e->g);
	return rc;
}

/* ---- moving them ---- */

static mg_node *
assign_sub(mg_builder *b, const mg_variable_record *v, mg_output handle, mg_output delta, const char *name)
{
	if (b->rc)
		return NULL;
	if (v->is_resource)
		return mg_build_node(b, "AssignSubVariableOp", name, "oo;t:dtype", handle, delta, (int)mg_type_of(delta));
	return mg_build_node(b, "AssignSub", name, "oo;b:use_locking", handle, delta, 0);
}

static const mg_variable_record *
zero_variable(mg_builder *b, const char *scope, const char *name, mg_dtype type, const mg_shape *shape)
{
	const mg_variable_record *v = NULL;
	mg_output zeros = MG_NO_OUTPUT;
	char path[1200];

	snprintf(path, sizeof path, "%s%s/Initializer", scope, name);
	if (b->rc == 0 && (b->rc = mg_scope_enter(b->graph, NULL, NULL, b->err)) == 0) {
		if (mg_enter(b, path, NULL))
			zeros = mg_leave(b, mgreg_op_zeros(b, type, mg_shape_cdims(shape), shape->rank, "zeros"));
		snprintf(path, sizeof path, "%s%s/", scope, name);
		if (b->rc == 0)
			b->rc = mg_variable_new(b->graph, path, zeros, MG_VARIABLE_NOT_TRAINABLE, &v, b->err);
		mg_scope_leave(b->graph);
	}
	return v;
}

/* What moves a shadow that began at zero so that it has no bias to zero: it follows a biased one and the number of its steps. */
static mg_output
debiased_delta(mg_builder *b, const average *a, mg_output value, mg_output keep)
{
	mg_shape scalar = MG_SHAPE_SCALAR;
	mg_dtype type = mg_type_of(value);
	mg_output shadow, read, biased, biased_read, step, new_biased, new_step, power;
	const mg_variable_record *bv, *sv;
	mg_node *updates[2];
	char scope[1100];

	if (b->rc || (b->rc = mg_variable_outputs(b->graph, a->shadow, &shadow, &read, b->err)) != 0)
		return MG_NO_OUTPUT;
	snprintf(scope, sizeof scope, "%s/", shadow.node->name);
	bv = zero_variable(b, scope, "biased", type, mg_output_shape(shadow));
	sv = zero_variable(b, scope, "local_step", type, &scalar);
	if (b->rc || (b->rc = mg_variable_outputs(b->graph, bv, &biased, &biased_read, b->err)) != 0
	    || (b->rc = mg_variable_outputs(b->graph, sv, &step, NULL, b->err)) != 0)
		return MG_NO_OUTPUT;
	updates[0] = assign_sub(b, bv, biased, mg_op2(b, "Mul", "mul", mg_op2(b, "Sub", "sub", biased_read, value), keep), NULL);
	updates[1] = mg_build_node(b, "AssignAdd", NULL, "oo;b:use_locking", step, mg_const_scalar(b, "value", type, 1), 0);
	if (b->rc || (b->rc = mg_controls_push(b->graph, updates, 2, b->err)) != 0)
		return MG_NO_OUTPUT;
	new_biased = mg_op1(b, "Identity", "read", biased);
	new_step = mg_op1(b, "Identity", "read", step);
	mg_controls_pop(b->graph);
	power = mg_op2(b, "Pow", "Pow", mg_op2l(b, "Sub", "sub", 1, keep), new_step);
	power = mg_op2(b, "RealDiv", "truediv", new_biased, mg_op2l(b, "Sub", "sub", 1, power));
	return mg_op2(b, "Sub", "sub", read, power);
}

static mg_node *
move(mg_builder *b, const average *a, mg_output decay)
{
	mg_output handle = MG_NO_OUTPUT, read = MG_NO_OUTPUT, value = mg_value_of(b, a->of), keep, delta;
	const char *scope = mg_enter(b, "AssignMovingAvg", NULL);
	mg_node *update = NULL;

	if (!scope)
		return NULL;
	b->rc = mg_variable_outputs(b->graph, a->shadow, &handle, &read, b->err);
	if (b->rc == 0 && (b->rc = mg_colocate_push(b->graph, handle.node, b->err)) == 0) {
		keep = mg_cast(b, mg_op2l(b, "Sub", "sub", 1, decay), mg_type_of(value), NULL);
		if (a->zero_debias)
			delta = debiased_delta(b, a, value, keep);
		else
			delta = mg_op2(b, "Mul", "mul", mg_op2(b, "Sub", "sub", read, value), keep);
		update = assign_sub(b, a->shadow, handle, delta, scope);
		mg_colocate_pop(b->graph);
	}
	mg_scope_leave(b->graph);
	return update;
}

static mg_output
build_decay(mgreg_ema *e, mg_builder *b)
{
	mg_output decay = mg_const_scalar(b, "decay", MGREG_FLOAT, e->decay), n;

	if (!e->num_updates.node)
		return decay;
	n = mg_cast(b, mg_value_of(b, e->num_updates), MGREG_FLOAT, "num_updates");
	n = mg_op2(b, "RealDiv", "truediv", mg_op2l(b, "Add", "add", 1, n), mg_op2l(b, "Add", "add", 10, n));
	return mg_op2(b, "Minimum", NULL, decay, n);
}

/* Trainable variables, if nothing else is named. */
static int
list_all(mgreg_ema *e, mg_builder *b, mg_output **out, int *count)
{
	int n = mg_collection_count(e->g, "trainable_variables");

	*count = 0;
	if (!(*out = mg_calloc((size_t)n + 1, sizeof **out)))
		return mg_fail_nomem(b->err, 0);
	for (int i = 0; i < n; i++) {
		const mg_item *item = mg_collection_item(e->g, "trainable_variables", i);
		int rc;

		if (item->kind != MG_ITEM_RECORD || item->record_kind != MG_RECORD_VARIABLE)
			continue;
		if ((rc = mg_variable_outputs(e->g, item->record, &(*out)[*count], NULL, b->err)) != 0)
			return rc;
		++*count;
	}
	return 0;
}

mgreg_node *
mgreg_ema_apply(mgreg_ema *e, mgreg_builder *b, const mgreg_output *list, int count)
{
	mg_output *all = NULL, decay;
	mg_node **updates = NULL, *done = NULL;
	const char *scope;

	if (b->rc == 0 && !list)
		b->rc = list_all(e, b, &all, &count);
	list = list ? list : all;
	for (int i = 0; i < count && b->rc == 0; i++)
		if (mg_is_there(b, "moving average", list[i]))
			b->rc = add_shadow(e, b, list[i]);
	if (b->rc == 0 && !(updates = mg_calloc((size_t)count + 1, sizeof *updates)))
		b->rc = mg_fail_nomem(b->err, 0);
	if (b->rc == 0 && (scope = mg_enter(b, e->name, NULL))) {
		decay = build_decay(e, b);
		for (int i = 0; i < count && b->rc == 0; i++)
			updates[i] = move(b, find(e, list[i]), decay);
		if (b->rc == 0)
			b->rc = mg_graph_group(b->graph, updates, count, scope, &done, b->err);
		mg_scope_leave(b->graph);
	}
	mg_free(updates);
	mg_free(all);
	return b->rc ? NULL : done;
}

/* ---- names ---- */

int
mgreg_ema_average(const mgreg_ema *e, mgreg_output of, mgreg_variable *out, mgreg_error *err)
{
	const average *a = find(e, of);
	int rc;

	if (!a)
		return mg_fail(err, MGREG_NOT_FOUND, "'%s' has no moving average", of.node ? of.node->name : "");
	if ((rc = mg_variable_outputs(e->g, a->shadow, &out->handle, &out->value, err)) == 0)
		out->initializer = mg_graph_find(e->g, a->shadow->initializer_name);
	return rc;
}

static const char *
op_name(mg_graph *g, const mg_variable_record *v)
{
	return mg_arena_strndup(mg_graph_arena(g), v->variable_name, strcspn(v->variable_name, ":"));
}

const char *
mgreg_ema_average_name(mgreg_ema *e, mgreg_output of)
{
	const average *a = find(e, of);
	const char *name;

	if (a)
		return op_name(e->g, a->shadow);
	if (!of.node || !(name = mg_arena_printf(mg_graph_arena(e->g), "%s/%s", of.node->name, e->name)))
		return NULL;
	/* what the graph would call a new one at the root */
	if (mg_scope_enter(e->g, NULL, NULL, NULL) != 0)
		return NULL;
	if (mg_graph_unique_name(e->g, name, false, &name, NULL) != 0)
		name = NULL;
	mg_scope_leave(e->g);
	return name;
}

typedef struct listing {
	mgreg_ema *e;
	int      (*each)(void *ctx, const char *key, const char *variable);
	void      *ctx;
	mg_map     averaged, keys;
} listing;

static const mg_variable_record *
variable_at(mg_graph *g, const char *key, int i)
{
	const mg_item *item = mg_collection_item(g, key, i);

	return item->kind == MG_ITEM_RECORD && item->record_kind == MG_RECORD_VARIABLE ? item->record : NULL;
}

static int
list_averaged(listing *l, const char *collection, mgreg_error *err)
{
	int rc;

	for (int i = 0; i < mg_collection_count(l->e->g, collection); i++) {
		const mg_variable_record *v = variable_at(l->e->g, collection, i);
		const char *key;
		mg_output handle;

		if (!v || mg_map_has(&l->averaged, v->variable_name))
			continue;
		if ((rc = mg_variable_outputs(l->e->g, v, &handle, NULL, err)) != 0)
			return rc;
		if (!(key = mgreg_ema_average_name(l->e, handle)) || !mg_map_set(&l->averaged, v->variable_name, (void *)v)
		    || !mg_map_set(&l->keys, key, (void *)v))
			return mg_fail_nomem(err, 0);
		if ((rc = l->each(l->ctx, key, handle.node->name)) != 0)
			return rc;
	}
	return 0;
}

int
mgreg_ema_variables_to_restore(mgreg_ema *e, int (*each)(void *ctx, const char *key, const char *variable), void *ctx, mgreg_error *err)
{
	listing l = { e, each, ctx, { 0 }, { 0 } };
	int rc;

	MG_TRY(list_averaged(&l, "trainable_variables", err));
	MG_TRY(list_averaged(&l, "moving_average_variables", err));
	for (int i = 0; i < mg_collection_count(e->g, "variables"); i++) {
		const mg_variable_record *v = variable_at(e->g, "variables", i);
		const char *name;

		if (!v || mg_map_has(&l.averaged, v->variable_name))
			continue;
		if (!(name = op_name(e->g, v))) {
			rc = mg_fail_nomem(err, 0);
			goto out;
		}
		if (!mg_map_has(&l.keys, name) && (rc = each(ctx, name, name)) != 0)
			goto out;
	}
out:
	mg_map_clear(&l.averaged);
	mg_map_clear(&l.keys);
	return rc;
}
