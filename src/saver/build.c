/* SPDX-License-Identifier: Apache-2.0 */
/*
 * build.c - the nodes of a saver, named as TensorFlow 1.15 names them (metagraph-semantics 10.2).
 *
 *   save/filename/input -> save/filename -> save/Const        the file name, fed at every save and restore
 *   save/SaveV2 <- tensor_names, shape_and_slices, tensors    then save/control_dependency: what a save fetches
 *   save/RestoreV2 -> save/Assign, save/Assign_1 ... -> save/restore_all
 *
 * Sharded, there is one SaveV2 and one RestoreV2 per device, and MergeV2Checkpoints joins the parts.
 */
#include "base/base.h"
#include <stdio.h>
#include <stdlib.h>
#include "base/clock.h"
#include "saver/saver_internal.h"

/* One tensor that is saved. */
typedef struct item {
	const mg_variable_record *v;
	const char *key, *slice, *device;
	mg_output   tensor, handle;
	int         order;
} item;

typedef struct build {
	mg_builder              b;
	mg_graph               *g;
	mg_arena               *arena;
	const mg_saver_options *o;
	item                   *items;
	int                     count;
	mg_output               filename;
} build;

/* ---- what is saved, and in which order ---- */

/* "full shape offset,length:offset,length" of a partition, "" of a whole variable. */
static const char *
slice_spec(mg_arena *arena, const mg_save_slice *s)
{
	mg_str text = MG_STR_INIT;
	const char *out;

	if (!s)
		return "";
	for (int i = 0; i < s->rank; i++)
		mg_str_printf(&text, "%lld ", (long long)s->full_shape[i]);
	for (int i = 0; i < s->rank; i++)
		mg_str_printf(&text, "%s%lld,%lld", i ? ":" : "", (long long)s->var_offset[i], (long long)s->var_shape[i]);
	out = text.failed ? NULL : mg_arena_strndup(arena, text.ptr, text.len);
	mg_str_clear(&text);
	return out;
}

static int
by_variable(const void *a, const void *b)
{
	const item *x = a, *y = b;
	int d = strcmp(x->v->variable_name, y->v->variable_name);

	return d ? d : x->order - y->order;
}

/* A stable sort: the parts of one tensor stay in the order of their variables. */
static int
by_key(const void *a, const void *b)
{
	const item *x = a, *y = b;
	int d = strcmp(x->key, y->key);

	return d ? d : x->order - y->order;
}

static int
check_items(const build *p)
{
	for (int i = 0; i < p->count; i++)
		for (int k = i + 1; k < p->count && strcmp(p->items[i].key, p->items[k].key) == 0; k++)
			if (!p->items[i].slice[0] || !p->items[k].slice[0])
				return mg_fail(p->b.err, MGREG_INVALID_ARGUMENT, "at least two variables have the same name: %s", p->items[i].key);
	for (int i = 0; p->o->keys && i < p->count; i++)
		for (int k = i + 1; k < p->count; k++)
			if (p->items[i].handle.node == p->items[k].handle.node && p->items[i].handle.index == p->items[k].handle.index)
				return mg_fail(p->b.err, MGREG_INVALID_ARGUMENT, "the same saveable will be restored with two names: %s and %s",
					p->items[i].key, p->items[k].key);
	return 0;
}

static int
item_set(build *p, int i, const mg_variable_record *v, const char *key)
{
	item *it = &p->items[i];
	mg_output read;
	int rc;

	if ((rc = mg_variable_outputs(p->g, v, &it->handle, &read, p->b.err)) != 0)
		return rc;
	it->v = v;
	it->order = i;
	it->tensor = v->is_resource ? read : it->handle;
	it->slice = slice_spec(p->arena, v->slice);
	it->key = key ? key : v->slice ? v->slice->full_name : it->handle.node->name;
	it->device = it->handle.node->device;
	return it->slice ? 0 : mg_fail_nomem(p->b.err, 0);
}

static int
collect(build *p)
{
	int n = p->o->variables ? p->o->variable_count : mg_collection_count(p->g, "variables"), rc;

	if (!(p->items = mg_arena_zalloc(p->arena, (size_t)n + 1, sizeof *p->items)))
		return mg_fail_nomem(p->b.err, 0);
	for (int i = 0; i < n; i++) {
		const mg_variable_record *v = NULL;

		if (p->o->variables) {
			v = p->o->variables[i];
		} else {
			const mg_item *c = mg_collection_item(p->g, "variables", i);

			if (c->kind == MG_ITEM_RECORD && c->record_kind == MG_RECORD_VARIABLE)
				v = c->record;
		}
		if (!v)
			continue;
		if ((rc = item_set(p, p->count, v, p->o->variables && p->o->keys ? p->o->keys[i] : NULL)) != 0)
			return rc;
		p->count++;
	}
	qsort(p->items, (size_t)p->count, sizeof *p->items, by_variable);
	for (int i = 0; i < p->count; i++)
		p->items[i].order = i;
	qsort(p->items, (size_t)p->count, sizeof *p->items, by_key);
	return check_items(p);
}

/* ---- saving ---- */

static mg_output
text_vector(build *p, const char *name, const item *items, int n, bool slices)
{
	const char **texts = mg_arena_zalloc(p->arena, (size_t)n + 1, sizeof *texts);

	if (!texts) {
		if (p->b.rc == 0)
			p->b.rc = mg_fail_nomem(p->b.err, 0);
		return MG_NO_OUTPUT;
	}
	for (int i = 0; i < n; i++)
		texts[i] = slices ? items[i].slice : items[i].key;
	return mg_const_strings(&p->b, name, texts, n);
}

static const char *
enter(build *p, const char *name)
{
	const char *scope = NULL;

	if (p->b.rc == 0)
		p->b.rc = mg_scope_enter(p->g, name, &scope, p->b.err);
	return p->b.rc ? NULL : scope;
}

/* The save op of some items and the identity of the file name that waits for it. */
static mg_output
add_save(build *p, mg_output filename, const item *items, int n)
{
	bool v2 = p->o->write_version != 1;
	const char *scope = enter(p, v2 ? "SaveV2" : "save");
	mg_output *tensors = mg_arena_zalloc(p->arena, (size_t)n + 1, sizeof *tensors), names, slices, done;
	mg_node *save;

	if (!scope || !tensors)
		return MG_NO_OUTPUT;
	names = text_vector(p, "tensor_names", items, n, false);
	slices = text_vector(p, v2 ? "shape_and_slices" : "shapes_and_slices", items, n, true);
	mg_scope_leave(p->g);
	for (int i = 0; i < n; i++)
		tensors[i] = items[i].tensor;
	save = mg_build_node(&p->b, v2 ? "SaveV2" : "SaveSlices", scope, "oooO", filename, names, slices, tensors, n);
	if (p->b.rc || (p->b.rc = mg_colocate_push(p->g, filename.node, p->b.err)) != 0)
		return MG_NO_OUTPUT;
	done = mg_build(&p->b, "Identity", "control_dependency", "oc", filename, save);
	mg_colocate_pop(p->g);
	return done;
}

/* ---- restoring ---- */

static mg_output
reshaped(build *p, const item *it, mg_output value)
{
	const mg_shape *s = it->v->is_resource && it->handle.node->handle_shapes
		? &it->handle.node->handle_shapes[it->handle.index] : mg_output_shape(it->handle);
	const char *scope;
	mg_output shape;

	if (!mg_shape_is_full(s))
		return mg_build(&p->b, "Reshape", NULL, "oo", value, mg_build(&p->b, "Shape", NULL, "o", it->tensor));
	if (!(scope = enter(p, "Reshape")))
		return MG_NO_OUTPUT;
	shape = mg_const_i32s(&p->b, "shape", mg_shape_cdims(s), s->rank);
	mg_scope_leave(p->g);
	return mg_build(&p->b, "Reshape", scope, "oo", value, shape);
}

static mg_node *
add_assign(build *p, const item *it, mg_output value)
{
	mg_node *n;

	if (p->b.rc)
		return NULL;
	if (p->o->reshape)
		value = reshaped(p, it, value);
	if (!it->v->is_resource)
		return mg_build_node(&p->b, "Assign", NULL, "oo;b:use_locking b:validate_shape", it->handle, value, 1,
			(int)(!p->o->reshape && mg_shape_is_full(mg_output_shape(it->handle))));
	if ((p->b.rc = mg_device_push(p->g, it->device[0] ? it->device : NULL, p->b.err)) != 0)
		return NULL;
	value = mg_build(&p->b, "Identity", NULL, "o", value);
	mg_device_pop(p->g);
	if (p->b.rc)
		return NULL;
	n = mg_build_node(&p->b, "AssignVariableOp", NULL, "oo;t:dtype", it->handle, value, (int)mg_output_type(value));
	return n;
}

static mg_node *
add_restore(build *p, const item *items, int n, const char *name)
{
	const char *scope;
	int *types = mg_arena_zalloc(p->arena, (size_t)n + 1, sizeof *types);
	mg_node **assigns = mg_arena_zalloc(p->arena, (size_t)n + 1, sizeof *assigns), *all = NULL;
	mg_output names, slices, values = MG_NO_OUTPUT;

	if (!types || !assigns) {
		p->b.rc = p->b.rc ? p->b.rc : mg_fail_nomem(p->b.err, 0);
		return NULL;
	}
	for (int i = 0; i < n; i++)
		types[i] = (int)mg_output_type(items[i].tensor);
	if (p->b.rc == 0)
		p->b.rc = mg_device_push(p->g, "/device:CPU:0", p->b.err);
	if (p->b.rc)
		return NULL;
	if ((scope = enter(p, "RestoreV2"))) {
		names = text_vector(p, "tensor_names", items, n, false);
		slices = text_vector(p, "shape_and_slices", items, n, true);
		mg_scope_leave(p->g);
		values = mg_build(&p->b, "RestoreV2", scope, "ooo;T:dtypes", p->filename, names, slices, types, n);
	}
	mg_device_pop(p->g);
	for (int i = 0; i < n && p->b.rc == 0; i++)
		assigns[i] = add_assign(p, &items[i], MG_OUTPUT(values.node, i));
	if (p->b.rc == 0)
		p->b.rc = mg_graph_group(p->g, assigns, n, name, &all, p->b.err);
	return all;
}

/* ---- sharded ---- */

/* Items by device, devices in byte order; within one, the order they had. */
static int
by_device(const void *a, const void *b)
{
	const item *x = a, *y = b;
	int d = strcmp(x->device, y->device);

	return d ? d : x->order - y->order;
}

/* Number of items at FIRST that share its device. */
static int
shard_size(const build *p, int first)
{
	int n = 1;

	while (first + n < p->count && strcmp(p->items[first].device, p->items[first + n].device) == 0)
		n++;
	return n;
}

static int
shard_count(const build *p)
{
	int n = 0;

	for (int i = 0; i < p->count; i += shard_size(p, i))
		n++;
	return n;
}

/* "<prefix>_temp_<32 random hex>/part": where the parts lie until they are joined. */
static mg_output
temporary_prefix(build *p)
{
	const char *scope = enter(p, "StringJoin");
	char hex[33], text[64];
	mg_output suffix;

	if (!scope)
		return MG_NO_OUTPUT;
	p->b.rc = mg_random_hex(hex, p->b.err);
	if (p->b.rc == 0)
		snprintf(text, sizeof text, "_temp_%s/part", hex);
	suffix = p->b.rc ? MG_NO_OUTPUT : mg_const_string(&p->b, "inputs_1", text);
	mg_scope_leave(p->g);
	return mg_build(&p->b, "StringJoin", scope, "O;s:separator", ((mg_output[]){ p->filename, suffix }), 2, "");
}

/* The shard's part of a device string: its CPU. */
static const char *
cpu_of(build *p, const char *device)
{
	return device[0] ? mg_arena_printf(p->arena, "%s", device) : NULL;
}

static mg_output
add_sharded_save(build *p, int shards)
{
	bool v2 = p->o->write_version != 1;
	mg_output base = v2 ? temporary_prefix(p) : p->filename, number, *names, joined = MG_NO_OUTPUT;
	mg_node **saves = mg_arena_zalloc(p->arena, (size_t)shards + 1, sizeof *saves), *merge;
	int shard = 0;

	names = mg_arena_zalloc(p->arena, (size_t)shards + 1, sizeof *names);
	if (!saves || !names) {
		p->b.rc = p->b.rc ? p->b.rc : mg_fail_nomem(p->b.err, 0);
		return joined;
	}
	number = mg_const_scalar(&p->b, "num_shards", MGREG_INT32, shards);
	for (int i = 0, n; i < p->count && p->b.rc == 0; i += n, shard++) {
		const char *scope;
		mg_output k = MG_NO_OUTPUT;

		n = shard_size(p, i);
		if ((p->b.rc = mg_device_push(p->g, cpu_of(p, p->items[i].device), p->b.err)) != 0)
			break;
		if ((scope = enter(p, "ShardedFilename"))) {
			k = mg_const_scalar(&p->b, "shard", MGREG_INT32, shard);
			mg_scope_leave(p->g);
			names[shard] = mg_build(&p->b, "ShardedFilename", scope, "ooo", base, k, number);
		}
		saves[shard] = p->b.rc ? NULL : add_save(p, names[shard], p->items + i, n).node;
		mg_device_pop(p->g);
	}
	if (p->b.rc || (p->b.rc = mg_controls_push(p->g, saves, shards, p->b.err)) != 0)
		return joined;
	if (!v2) {
		joined = mg_build(&p->b, "ShardedFilespec", NULL, "oo", p->filename, number);
	} else {
		const char *scope = enter(p, "MergeV2Checkpoints");
		mg_output parts;

		if (scope) {
			parts = mg_build(&p->b, "Pack", "checkpoint_prefixes", "O", names, shards);
			mg_scope_leave(p->g);
			merge = mg_build_node(&p->b, "MergeV2Checkpoints", scope, "oo;b:delete_old_dirs", parts, p->filename, 1);
			joined = mg_build(&p->b, "Identity", NULL, "oc", p->filename, merge);
		}
	}
	mg_controls_pop(p->g);
	return joined;
}

static mg_node *
add_sharded_restore(build *p, int shards)
{
	mg_node **groups = mg_arena_zalloc(p->arena, (size_t)shards + 1, sizeof *groups), *all = NULL;
	int shard = 0;

	if (!groups) {
		p->b.rc = p->b.rc ? p->b.rc : mg_fail_nomem(p->b.err, 0);
		return NULL;
	}
	for (int i = 0, n; i < p->count && p->b.rc == 0; i += n, shard++) {
		n = shard_size(p, i);
		if ((p->b.rc = mg_device_push(p->g, cpu_of(p, p->items[i].device), p->b.err)) != 0)
			break;
		groups[shard] = add_restore(p, p->items + i, n, "restore_shard");
		mg_device_pop(p->g);
	}
	if (p->b.rc == 0)
		p->b.rc = mg_graph_group(p->g, groups, shards, "restore_all", &all, p->b.err);
	return all;
}

/* ---- all of it ---- */

static mg_output
add_filename(build *p)
{
	mg_shape scalar = MG_SHAPE_SCALAR;
	const char *scope = enter(p, "filename");
	mg_output o;

	if (!scope)
		return MG_NO_OUTPUT;
	o = mg_const_string(&p->b, "input", p->o->filename ? p->o->filename : "model");
	mg_scope_leave(p->g);
	o = mg_build(&p->b, "PlaceholderWithDefault", scope, "o;h:shape", o, &scalar);
	return mg_build(&p->b, "PlaceholderWithDefault", "Const", "o;h:shape", o, &scalar);
}

static int
build_nodes(build *p, mg_saver_record *r)
{
	mg_output save;
	mg_node *restore;

	p->filename = add_filename(p);
	if (p->o->sharded) {
		int shards;

		for (int i = 0; i < p->count; i++)
			p->items[i].order = i;
		qsort(p->items, (size_t)p->count, sizeof *p->items, by_device);
		shards = shard_count(p);
		save = add_sharded_save(p, shards);
		restore = add_sharded_restore(p, shards);
	} else {
		save = add_save(p, p->filename, p->items, p->count);
		restore = add_restore(p, p->items, p->count, "restore_all");
	}
	if (p->b.rc)
		return p->b.rc;
	r->filename_tensor_name = mg_output_name_colon(p->filename, p->arena);
	r->save_tensor_name = mg_output_name_colon(save, p->arena);
	r->restore_op_name = restore->name;
	return r->filename_tensor_name && r->save_tensor_name ? 0 : mg_fail_nomem(p->b.err, 0);
}

static int
check_options(const mg_saver_options *o, mgreg_error *err)
{
	if (o->write_version != 1 && o->write_version != 2)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "checkpoint version %d: 1 or 2", o->write_version);
	if (o->max_to_keep < 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "max_to_keep is negative: %d", o->max_to_keep);
	return 0;
}

int
mg_saver_new(mg_saver **out, mg_graph *g, const mg_saver_options *options, mgreg_error *err)
{
	static const mg_saver_options defaults = MG_SAVER_INIT;
	const mg_saver_options *o = options ? options : &defaults;
	build p = { .b = MG_BUILDER(g, err), .g = g, .arena = mg_graph_arena(g), .o = o };
	mg_saver *s = NULL;
	mg_saver_record *r;
	int rc;

	MG_TRY(check_options(o, err));
	MG_TRY(collect(&p));
	if (p.count == 0 && !o->allow_empty) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "no variables to save");
		goto out;
	}
	s = mg_calloc(1, sizeof *s);
	r = mg_arena_zalloc(p.arena, 1, sizeof *r);
	if (!s || !r) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	s->graph = g;
	s->pad_step_number = o->pad_step_number;
	s->save_relative_paths = o->save_relative_paths;
	r->max_to_keep = o->max_to_keep;
	r->keep_hours = (float)o->keep_hours;
	r->sharded = o->sharded;
	r->version = o->write_version;
	if (p.count > 0) {
		MG_TRY(mg_controls_push(g, NULL, 0, err));
		if ((rc = mg_scope_enter(g, o->name ? o->name : "save", NULL, err)) == 0) {
			rc = build_nodes(&p, r);
			mg_scope_leave(g);
		}
		mg_controls_pop(g);
		if (rc)
			goto out;
		MG_TRY(mg_saver_bind(s, r, err));
	}
	*out = s;
	s = NULL;
out:
	mg_saver_free(s);
	return rc;
}
