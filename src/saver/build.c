/* SPDX-License-Identifier: Apache-2.0 */
/*
 * build.c - the nodes of a saver, named as TensorFlow 1.x names them (metagraph-semantics 10.2).
 *
 *   save/filename/input -> save/filename -> save/Const        the file name, fed at every save and restore
 *   save/SaveV2 <- tensor_names, shape_and_slices, tensors    then save/control_dependency: what a save fetches
 *   save/RestoreV2 -> save/Assign, save/Assign_1 ... -> save/restore_all
 *
 * Sharded, there is one SaveV2 and one RestoreV2 per device, and MergeV2Checkpoints joins the parts.
 *
 * The releases built differently.  Read off real files: one restore op for each variable through 1.5, one for all from 1.6; a
 * constant file name through 1.12, placeholders from 1.13; RestoreSlice before 0.12.
 */
#include "base/base.h"
#include <stdio.h>
#include <stdlib.h>
#include "base/clock.h"
#include "saver/saver_internal.h"

typedef struct build {
	mg_builder              b;
	mg_graph               *g;
	mg_arena               *arena;
	const mg_saver_options *o;
	mg_saver_item          *items;
	int                     count;
	mg_output               filename;
	bool                    bulk;           /* one restore op for all variables of a shard, and what came with it */
	bool                    plain_name;     /* the file name is a constant */
	bool                    restore_slices; /* RestoreSlice instead of RestoreV2 */
} build;

static const char *
enter(build *p, const char *name)
{
	const char *scope = NULL;

	if (p->b.rc == 0)
		p->b.rc = mg_scope_enter(p->g, name, &scope, p->b.err);
	return p->b.rc ? NULL : scope;
}

static bool
push_device(build *p, const char *device)
{
	if (p->b.rc == 0)
		p->b.rc = mg_device_push(p->g, device, p->b.err);
	return p->b.rc == 0;
}

static void *
room(build *p, int n, size_t size)
{
	void *at = mg_arena_zalloc(p->arena, (size_t)n + 1, size);

	if (!at && p->b.rc == 0)
		p->b.rc = mg_fail_nomem(p->b.err, 0);
	return at;
}

/* DEVICE with its CPU in place of whatever it was. */
static const char *
cpu0(build *p, const char *device)
{
	const char *type = strstr(device, "/device:"), *out;

	out = mg_arena_printf(p->arena, "%.*s/device:CPU:0", (int)(type ? (size_t)(type - device) : strlen(device)), device);
	if (!out && p->b.rc == 0)
		p->b.rc = mg_fail_nomem(p->b.err, 0);
	return out;
}

/* ---- what is handed to the save op ---- */

/* The part of a partitioned resource is read anew, then copied to a CPU. */
static mg_output
read_slice(build *p, const mg_saver_item *it)
{
	mg_dtype type = mg_output_type(it->read);
	mg_output x = MG_NO_OUTPUT;
	bool has_device = it->handle.node->device[0];

	if (has_device && !push_device(p, it->handle.node->device))
		return x;
	if (enter(p, "Read")) {
		x = mg_build(&p->b, "ReadVariableOp", NULL, "o;t:dtype", it->handle, (int)type);
		mg_scope_leave(p->g);
	}
	x = mg_build(&p->b, "Identity", NULL, "o", x);
	if (push_device(p, "/device:CPU:0")) {
		x = mg_build(&p->b, "Identity", NULL, "o", x);
		mg_device_pop(p->g);
	}
	if (has_device)
		mg_device_pop(p->g);
	return x;
}

/* A whole variable is saved by its reference or its own read; a part by what reads it. */
static mg_output
saved_tensor(build *p, const mg_saver_item *it)
{
	if (!it->v->is_resource)
		return it->slice[0] ? it->read : it->handle;
	return it->slice[0] && p->bulk ? read_slice(p, it) : it->read;
}

static mg_output
text_vector(build *p, const char *name, const mg_saver_item *items, int n, bool slices)
{
	const char **texts = room(p, n, sizeof *texts);

	if (!texts)
		return MG_NO_OUTPUT;
	for (int i = 0; i < n; i++)
		texts[i] = slices ? items[i].slice : items[i].key;
	return mg_const_strings(&p->b, name, texts, n);
}

/* The save op of some items and the identity of the file name that waits for it. */
static mg_output
add_save(build *p, mg_output filename, const mg_saver_item *items, int n)
{
	bool v2 = p->o->write_version != 1;
	mg_output *tensors = room(p, n, sizeof *tensors), names, slices, done;
	const char *scope;
	mg_node *save;

	for (int i = 0; i < n && p->b.rc == 0; i++)     /* TENSORS is there as long as nothing has failed */
		tensors[i] = saved_tensor(p, &items[i]);
	if (!(scope = enter(p, v2 ? "SaveV2" : "save")))
		return MG_NO_OUTPUT;
	names = text_vector(p, "tensor_names", items, n, false);
	slices = text_vector(p, v2 ? "shape_and_slices" : "shapes_and_slices", items, n, true);
	mg_scope_leave(p->g);
	save = mg_build_node(&p->b, v2 ? "SaveV2" : "SaveSlices", scope, "oooO", filename, names, slices, tensors, n);
	if (p->b.rc || (p->b.rc = mg_colocate_push(p->g, filename.node, p->b.err)) != 0)
		return MG_NO_OUTPUT;
	done = mg_build(&p->b, "Identity", "control_dependency", "oc", filename, save);
	mg_colocate_pop(p->g);
	return done;
}

/* ---- restoring ---- */

static mg_output
reshaped(build *p, const mg_saver_item *it, mg_output value)
{
	const mg_shape *s = it->v->is_resource && it->handle.node->handle_shapes
		? &it->handle.node->handle_shapes[it->handle.index] : mg_output_shape(it->handle);
	const char *scope;
	mg_output shape;

	if (!mg_shape_is_full(s)) {
		shape = mg_build(&p->b, "Shape", NULL, "o", it->v->is_resource ? it->read : it->handle);
		return mg_build(&p->b, "Reshape", NULL, "oo", value, shape);
	}
	if (!(scope = enter(p, "Reshape")))
		return MG_NO_OUTPUT;
	shape = mg_const_i32s(&p->b, "shape", mg_shape_cdims(s), s->rank);
	mg_scope_leave(p->g);
	return mg_build(&p->b, "Reshape", scope, "oo", value, shape);
}

static mg_node *
add_assign(build *p, const mg_saver_item *it, mg_output value)
{
	const char *device = it->handle.node->device;
	mg_node *n;

	if (p->o->reshape)
		value = reshaped(p, it, value);
	if (p->b.rc)
		return NULL;
	if (!it->v->is_resource)
		return mg_build_node(&p->b, "Assign", NULL, "oo;b:use_locking b:validate_shape", it->handle, value, 1,
			(int)(!p->o->reshape && mg_shape_is_full(mg_output_shape(it->handle))));
	if (device[0] && !push_device(p, device))
		return NULL;
	value = mg_build(&p->b, "Identity", NULL, "o", value);
	n = p->b.rc ? NULL : mg_build_node(&p->b, "AssignVariableOp", NULL, "oo;t:dtype", it->handle, value, (int)mg_output_type(value));
	if (device[0])
		mg_device_pop(p->g);
	return n;
}

/* One op that restores N items; its outputs are theirs. */
static mg_output
add_restore_op(build *p, const mg_saver_item *items, int n, int shard)
{
	const char *scope;
	int *types = room(p, n, sizeof *types);
	mg_output names, slices;

	if (!types || !(scope = enter(p, p->restore_slices ? "restore_slice" : "RestoreV2")))
		return MG_NO_OUTPUT;
	for (int i = 0; i < n; i++)
		types[i] = (int)mg_output_type(items[i].read);
	if (p->restore_slices) {
		names = mg_const_string(&p->b, "tensor_name", items[0].key);
		slices = mg_const_string(&p->b, "shape_and_slice", items[0].slice);
		mg_scope_leave(p->g);
		return mg_build(&p->b, "RestoreSlice", scope, "ooo;t:dt i:preferred_shard", p->filename, names, slices, types[0], (int64_t)shard);
	}
	names = text_vector(p, "tensor_names", items, n, false);
	slices = text_vector(p, "shape_and_slices", items, n, true);
	mg_scope_leave(p->g);
	return mg_build(&p->b, "RestoreV2", scope, "ooo;T:dtypes", p->filename, names, slices, types, n);
}

static void
restore_at_once(build *p, const mg_saver_item *items, int n, mg_node **assigns)
{
	mg_output values = MG_NO_OUTPUT;

	if (!push_device(p, "/device:CPU:0"))
		return;
	values = add_restore_op(p, items, n, -1);
	mg_device_pop(p->g);
	for (int i = 0; i < n && p->b.rc == 0; i++)
		assigns[i] = add_assign(p, &items[i], MG_OUTPUT(values.node, i));
}

/* One by one, each on its variable's machine; one after the other if asked. */
static void
restore_singly(build *p, const mg_saver_item *items, int n, int shard, mg_node **assigns)
{
	for (int i = 0; i < n && p->b.rc == 0; i++) {
		const char *device = items[i].handle.node->device;
		bool waits = p->o->restore_sequentially && i > 0;

		if (device[0] && !push_device(p, cpu0(p, device)))
			return;
		if (waits)
			p->b.rc = mg_controls_push(p->g, &assigns[i - 1], 1, p->b.err);
		if (p->b.rc == 0) {
			mg_output value = add_restore_op(p, &items[i], 1, shard);

			assigns[i] = add_assign(p, &items[i], value);
			if (waits)
				mg_controls_pop(p->g);
		}
		if (device[0])
			mg_device_pop(p->g);
	}
}

static int
by_name(const void *a, const void *b)
{
	return strcmp((*(mg_node *const *)a)->name, (*(mg_node *const *)b)->name);
}

static mg_node *
add_restore(build *p, const mg_saver_item *items, int n, int shard, const char *name)
{
	mg_node **assigns = room(p, n, sizeof *assigns), *all = NULL;

	if (!assigns)
		return NULL;
	if (p->bulk)
		restore_at_once(p, items, n, assigns);
	else
		restore_singly(p, items, n, shard, assigns);
	if (p->b.rc)
		return NULL;
	if (p->bulk)            /* these releases write control inputs in the order of their names */
		qsort(assigns, (size_t)n, sizeof *assigns, by_name);
	p->b.rc = mg_graph_group(p->g, assigns, n, name, &all, p->b.err);
	return all;
}

/* ---- sharded ---- */

/* Where the item's tensor lies; reads of partitioned resources end on a CPU. */
static const char *
device_of(build *p, const mg_saver_item *it)
{
	mg_output o = saved_tensor(p, it);

	return p->b.rc ? "" : o.node->device;
}

/* Items by device, devices in byte order; within one, the order they had. */
static int
by_device(const void *a, const void *b)
{
	const mg_saver_item *x = a, *y = b;
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
group_by_device(build *p)
{
	int n = 0;

	for (int i = 0; i < p->count && p->b.rc == 0; i++)
		p->items[i].device = device_of(p, &p->items[i]);
	if (p->b.rc)
		return 0;
	qsort(p->items, (size_t)p->count, sizeof *p->items, by_device);
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

/* The device of what saves a shard. */
static const char *
shard_device(build *p, const char *device)
{
	return p->bulk ? cpu0(p, device) : device[0] ? device : NULL;
}

static mg_output
add_merge(build *p, const mg_output *names, int shards)
{
	const char *scope = enter(p, "MergeV2Checkpoints");
	mg_output parts, joined = MG_NO_OUTPUT;
	mg_node *merge;

	if (!scope)
		return joined;
	parts = mg_build(&p->b, "Pack", "checkpoint_prefixes", "O", names, shards);
	mg_scope_leave(p->g);
	merge = mg_build_node(&p->b, "MergeV2Checkpoints", scope, "oo;b:delete_old_dirs", parts, p->filename, 1);
	if (p->bulk)            /* before the others, as names are ordered */
		return mg_build(&p->b, "Identity", NULL, "oc", p->filename, merge);
	if (p->b.rc || (p->b.rc = mg_controls_push(p->g, &merge, 1, p->b.err)) != 0)
		return joined;
	joined = mg_build(&p->b, "Identity", NULL, "o", p->filename);
	mg_controls_pop(p->g);
	return joined;
}

static mg_output
add_sharded_save(build *p, int shards)
{
	bool v2 = p->o->write_version != 1;
	mg_output base = v2 ? temporary_prefix(p) : p->filename, number, *names = room(p, shards, sizeof *names), joined = MG_NO_OUTPUT;
	mg_node **saves = room(p, shards, sizeof *saves);
	const char *device = "", *last = NULL;
	int shard = 0;

	if (!names || !saves)
		return joined;
	number = mg_const_scalar(&p->b, "num_shards", MGREG_INT32, shards);
	for (int i = 0, n; i < p->count && p->b.rc == 0; i += n, shard++) {
		const char *scope;
		mg_output k = MG_NO_OUTPUT;

		n = shard_size(p, i);
		device = p->items[i].device;
		last = shard_device(p, device);
		if (last && !push_device(p, last))
			break;
		if ((scope = enter(p, "ShardedFilename"))) {
			k = mg_const_scalar(&p->b, "shard", MGREG_INT32, shard);
			mg_scope_leave(p->g);
			names[shard] = mg_build(&p->b, "ShardedFilename", scope, "ooo", base, k, number);
		}
		saves[shard] = p->b.rc ? NULL : add_save(p, names[shard], p->items + i, n).node;
		if (last)
			mg_device_pop(p->g);
	}
	if (p->b.rc || (p->b.rc = mg_controls_push(p->g, saves, shards, p->b.err)) != 0)
		return joined;
	if (!v2) {
		joined = mg_build(&p->b, "ShardedFilespec", NULL, "oo", p->filename, number);
	} else if (!last || push_device(p, last)) {     /* the merge belongs to the last shard's machine */
		joined = add_merge(p, names, shards);
		if (last)
			mg_device_pop(p->g);
	}
	mg_controls_pop(p->g);
	return joined;
}

static mg_node *
add_sharded_restore(build *p, int shards)
{
	mg_node **groups = room(p, shards, sizeof *groups), *all = NULL;
	int shard = 0;

	if (!groups)
		return NULL;
	for (int i = 0, n; i < p->count && p->b.rc == 0; i += n, shard++) {
		const char *device = p->items[i].device;

		n = shard_size(p, i);
		if (device[0] && !push_device(p, device))
			break;
		groups[shard] = add_restore(p, p->items + i, n, shard, "restore_shard");
		if (device[0])
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
	const char *name = p->o->filename ? p->o->filename : "model", *scope;
	mg_output o;

	if (p->plain_name)
		return mg_const_string(&p->b, "Const", name);
	if (!(scope = enter(p, "filename")))
		return MG_NO_OUTPUT;
	o = mg_const_string(&p->b, "input", name);
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
		int shards = group_by_device(p);

		save = add_sharded_save(p, shards);
		restore = add_sharded_restore(p, shards);
	} else {
		save = add_save(p, p->filename, p->items, p->count);
		restore = add_restore(p, p->items, p->count, -1, "restore_all");
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
	if (o->defer_build && o->variables)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "a saver whose building is deferred takes no list of variables");
	return 0;
}

/* Nodes for the variables there are now. */
static int
build_saver(mg_saver *s, const mg_saver_options *o, mgreg_error *err)
{
	mg_graph *g = s->graph;
	build p = { .b = MG_BUILDER(g, err), .g = g, .arena = mg_graph_arena(g), .o = o };
	int release = o->release ? o->release : MG_SAVER_NEWEST;
	mg_saver_record *r;
	int rc;

	if ((rc = mg_saver_collect(g, o, p.arena, &p.items, &p.count, err)) != 0)
		return rc;
	if (p.count == 0 && !o->allow_empty)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "no variables to save");
	p.bulk = release >= 106;
	p.plain_name = release < 113;
	p.restore_slices = release < 12 && o->write_version == 1;
	if (!(r = mg_arena_zalloc(p.arena, 1, sizeof *r)))
		return mg_fail_nomem(err, 0);
	r->max_to_keep = o->max_to_keep;
	r->keep_hours = (float)o->keep_hours;
	r->sharded = o->sharded;
	r->version = o->write_version;
	if (p.count > 0) {
		if ((rc = mg_controls_push(g, NULL, 0, err)) != 0)
			return rc;
		if ((rc = mg_scope_enter(g, o->name ? o->name : "save", NULL, err)) == 0) {
			rc = build_nodes(&p, r);
			mg_scope_leave(g);
		}
		mg_controls_pop(g);
		if (rc == 0)
			rc = mg_saver_bind(s, r, err);
	}
	s->deferred = rc != 0 && s->deferred;
	return rc;
}

int
mg_saver_new(mg_saver **out, mg_graph *g, const mg_saver_options *options, mgreg_error *err)
{
	static const mg_saver_options defaults = MG_SAVER_INIT;
	const mg_saver_options *o = options ? options : &defaults;
	mg_saver *s = NULL;
	int rc;

	if ((rc = check_options(o, err)) != 0)
		return rc;
	if (!(s = mg_calloc(1, sizeof *s)))
		return mg_fail_nomem(err, 0);
	s->graph = g;
	s->pad_step_number = o->pad_step_number;
	s->save_relative_paths = o->save_relative_paths;
	mg_keep_init(&s->keep, o->max_to_keep, o->keep_hours, (double)mg_now_ms() / 1000.0);
	s->deferred = o->defer_build;
	if (o->defer_build) {
		s->later = *o;
		s->later.name = o->name ? mg_arena_strdup(mg_graph_arena(g), o->name) : NULL;
		s->later.filename = o->filename ? mg_arena_strdup(mg_graph_arena(g), o->filename) : NULL;
	} else if ((rc = build_saver(s, o, err)) != 0) {
		mg_saver_free(s);
		return rc;
	}
	*out = s;
	return 0;
}

int
mg_saver_build(mg_saver *s, mgreg_error *err)
{
	if (!s->deferred)       /* as in TensorFlow, once is enough */
		return 0;
	mg_keep_clear(&s->keep);
	mg_keep_init(&s->keep, s->later.max_to_keep, s->later.keep_hours, (double)mg_now_ms() / 1000.0);
	return build_saver(s, &s->later, err);
}
