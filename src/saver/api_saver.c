/* SPDX-License-Identifier: Apache-2.0 */
/* api_saver.c - savers of the public interface. */
#include "base/base.h"
#include "base/file.h"
#include "saver/saver_internal.h"

/* ---- making one ---- */

/* Records of the variables named, in ARENA. */
static int
find_variables(const mg_graph *g, const mgreg_saver_options *o, mg_arena *arena, const mg_variable_record ***out, mgreg_error *err)
{
	const mg_variable_record **list = mg_arena_zalloc(arena, (size_t)o->variable_count + 1, sizeof(*list));
	mg_output handle;
	int rc;

	if (!list)
		return mg_fail_nomem(err, 0);
	for (int i = 0; i < o->variable_count; i++) {
		if ((rc = mg_graph_output(g, o->variables[i], &handle, err)) != 0)
			return mg_wrap(err, rc, "saver");
		if (!(list[i] = mg_variable_of(g, handle)))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "saver: '%s' is not a variable", o->variables[i]);
		if (o->keys && !o->keys[i])
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "saver: variable '%s' has no key", o->variables[i]);
	}
	*out = list;
	return 0;
}

/* NAME below SCOPE, in the graph's arena. */
static const char *
below(mg_graph *g, const char *scope, const char *name)
{
	if (!name)
		return NULL;
	return scope && *scope ? mg_name_prepend_scope(name, scope, mg_graph_arena(g)) : mg_arena_strdup(mg_graph_arena(g), name);
}

static int
from_def(mgreg_saver **out, mg_graph *g, const mgreg_saver_options *o, mgreg_error *err)
{
	const mgreg_saver_def *d = o->saver_def;
	mg_saver_record *r = mg_arena_zalloc(mg_graph_arena(g), 1, sizeof *r);
	int rc;

	if (!r)
		return mg_fail_nomem(err, 0);
	if (o->variables)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "saver: a saver_def names its nodes, and takes no list of variables");
	if (d->max_to_keep < 0 || d->version < 0 || d->version > 2)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "saver_def: max_to_keep %d, version %d", d->max_to_keep, d->version);
	r->filename_tensor_name = below(g, o->name, d->filename_tensor_name);
	r->save_tensor_name = below(g, o->name, d->save_tensor_name);
	r->restore_op_name = below(g, o->name, d->restore_op_name);
	r->max_to_keep = d->max_to_keep;
	r->keep_hours = (float)d->keep_hours;
	r->sharded = d->sharded != 0;
	r->version = d->version;
	if ((rc = mg_saver_from_record(out, g, r, err)) != 0)
		return rc;
	(*out)->pad_step_number = o->pad_step_number;
	(*out)->save_relative_paths = o->save_relative_paths;
	return 0;
}

int
mgreg_saver_new(mgreg_saver **out, mgreg_graph *graph, const mgreg_saver_options *options, mgreg_error *err)
{
	static const mgreg_saver_options usual = MGREG_SAVER_INIT;
	const mgreg_saver_options *o = options ? options : &usual;
	mg_saver_options how = MG_SAVER_INIT;
	const mg_variable_record **variables = NULL;
	mg_arena arena = { 0 };
	int rc = 0;

	assert(o->size == sizeof *o);
	if (o->saver_def)
		return from_def(out, graph, o, err);
	if (o->variables) {
		MG_TRY(find_variables(graph, o, &arena, &variables, err));
		how.variables = variables;
		how.keys = o->keys;
		how.variable_count = o->variable_count;
	}
	how.name = o->name;
	how.max_to_keep = o->max_to_keep;
	how.keep_hours = o->keep_hours;
	how.write_version = o->write_version;
	how.reshape = o->reshape;
	how.sharded = o->sharded;
	how.allow_empty = o->allow_empty;
	how.pad_step_number = o->pad_step_number;
	how.save_relative_paths = o->save_relative_paths;
	how.restore_sequentially = o->restore_sequentially;
	how.defer_build = o->defer_build;
	how.filename = o->filename;
	how.release = o->release;
	MG_TRY(mg_saver_new(out, graph, &how, err));
out:
	mg_arena_clear(&arena);
	return rc;
}

int
mgreg_saver_build(mgreg_saver *saver, mgreg_error *err)
{
	return mg_saver_build(saver, err);
}

void
mgreg_saver_free(mgreg_saver *saver)
{
	mg_saver_free(saver);
}

/* ---- what it is ---- */

static const char *
inside(const mg_saver *s, const char *scope, const char *name)
{
	if (!scope || !*scope)
		return name;
	return mg_starts_with(name, scope) ? mg_name_strip_scope(name, scope, mg_graph_arena(s->graph)) : NULL;
}

int
mgreg_saver_get_def(const mgreg_saver *saver, const char *export_scope, mgreg_saver_def *out, mgreg_error *err)
{
	const mg_saver_record *r = saver->record;
	mgreg_saver_def d = MGREG_SAVER_DEF_INIT;

	assert(out->size == sizeof *out);
	if (!r)
		return mg_fail_because(err, MGREG_NOT_FOUND, MGREG_REASON_NO, "the saver has no nodes");
	d.filename_tensor_name = inside(saver, export_scope, r->filename_tensor_name);
	d.save_tensor_name = inside(saver, export_scope, r->save_tensor_name);
	d.restore_op_name = inside(saver, export_scope, r->restore_op_name);
	if (!d.filename_tensor_name || !d.save_tensor_name || !d.restore_op_name)
		return mg_fail_because(err, MGREG_NOT_FOUND, MGREG_REASON_NO, "the saver's nodes do not lie below '%s'", export_scope);
	d.max_to_keep = r->max_to_keep;
	d.sharded = r->sharded;
	d.keep_hours = r->keep_hours;
	d.version = r->version;
	*out = d;
	return 0;
}

/* ---- saving ---- */

static int
step_of(mgreg_saver *saver, mgreg_session *session, const mgreg_save_options *o, bool *has, int64_t *step, mgreg_error *err)
{
	mg_output from;
	mg_tensor value = { 0 };
	double number;
	int rc;

	*has = o->has_step || o->step_from;
	*step = o->step;
	if (o->has_step || !o->step_from)
		return 0;
	MG_TRY(mg_graph_output(saver->graph, o->step_from, &from, err));
	if (mg_output_type(from) == MGREG_RESOURCE) {
		const mg_variable_record *v = mg_variable_of(saver->graph, from);

		if (v)
			MG_TRY(mg_variable_outputs(saver->graph, v, NULL, &from, err));
	}
	MG_TRY(mg_session_run(session, NULL, 0, &from, 1, NULL, 0, &value, err));
	if (value.count != 1 || !mg_dtype_is_integer(value.dtype) || !mg_tensor_as_double(&value, 0, &number))
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "step '%s' is no integer scalar", o->step_from);
	else
		*step = (int64_t)number;
out:
	mg_tensor_clear(&value);
	return mg_wrap(err, rc, "save");
}

/* The target of this saver's files, which remembers in the saver. */
static int
files_target(mgreg_saver *saver, const char *path, const mg_files_options *how, mgreg_error *err)
{
	int rc;

	if (saver->files.ctx) {
		rc = mg_target_files_move(&saver->files, path, err);
	} else if ((rc = mg_target_files(&saver->files, saver, path, err)) == 0) {
		mg_target_files_share(&saver->files);
	}
	return rc ? rc : mg_target_files_set(&saver->files, how, err);
}

/* "<prefix>.meta" -> "<prefix>.debug" */
static int
write_debug_info(mgreg_saver *saver, const char *suffix, mgreg_error *err)
{
	char *meta = mg_ckpt_meta_name(mg_target_files_prefix(&saver->files));
	mg_str path = MG_STR_INIT;
	int rc;

	if (!meta)
		return mg_fail_nomem(err, 0);
	mg_str_append(&path, meta, strlen(meta) - strlen("meta"));
	mg_str_add(&path, suffix ? suffix : "meta");
	if ((rc = mg_str_check(&path, err)) == 0)
		rc = mgreg_graph_debug_info_write(saver->graph, path.ptr, 0, err);
	mg_str_clear(&path);
	mg_free(meta);
	return rc;
}

int
mgreg_saver_save_with(mgreg_saver *saver, mgreg_session *session, const char *path, const mgreg_save_options *options, char **prefix,
	mgreg_error *err)
{
	static const mgreg_save_options usual = MGREG_SAVE_INIT;
	const mgreg_save_options *o = options ? options : &usual;
	mg_files_options how = { .latest_filename = o->latest_filename, .meta_suffix = o->meta_graph_suffix, .no_state = o->no_state };
	mg_metagraph_export_options meta = MG_METAGRAPH_EXPORT_INIT;
	bool has_step;
	int64_t step;
	char *copy = NULL;
	int rc;

	assert(o->size == sizeof *o);
	if (saver->deferred)
		return mg_fail(err, MGREG_FAILED_PRECONDITION, "the saver's nodes are not built yet: build it before it saves");
	meta.strip_default_attrs = o->strip_default_attrs;
	if ((rc = step_of(saver, session, o, &has_step, &step, err)) != 0 || (rc = files_target(saver, path, &how, err)) != 0)
		return rc;
	if ((rc = mg_saver_save_as(saver, session, &saver->files, has_step, step, o->no_meta_graph ? NULL : &meta, err)) != 0)
		return rc;
	if (o->save_debug_info && !o->no_meta_graph && (rc = write_debug_info(saver, o->meta_graph_suffix, err)) != 0)
		return rc;
	if (!prefix)
		return 0;
	if (saver->record && !(copy = mg_strdup(mg_target_files_prefix(&saver->files))))
		return mg_fail_nomem(err, 0);
	*prefix = copy;
	return 0;
}

int
mgreg_saver_save(mgreg_saver *saver, mgreg_session *session, const char *path, int64_t step, char **prefix, mgreg_error *err)
{
	mgreg_save_options o = MGREG_SAVE_INIT;

	o.has_step = step >= 0;
	o.step = step;
	return mgreg_saver_save_with(saver, session, path, &o, prefix, err);
}

int
mgreg_saver_save_nometa(mgreg_saver *saver, mgreg_session *session, const char *path, int64_t step, char **prefix, mgreg_error *err)
{
	mgreg_save_options o = MGREG_SAVE_INIT;

	o.has_step = step >= 0;
	o.step = step;
	o.no_meta_graph = 1;
	return mgreg_saver_save_with(saver, session, path, &o, prefix, err);
}

/* ---- restoring ---- */

int
mgreg_saver_restore(mgreg_saver *saver, mgreg_session *session, const char *prefix, mgreg_error *err)
{
	mg_resolver files;

	/* The caller names the files: the session's own roots are for its graph. */
	mg_resolver_files(&files, NULL);
	return mg_saver_restore(saver, session, &files, prefix, err);
}

/* The tensor that ITEM's variable comes from. */
static const char *
mapped(const mgreg_restore_options *o, const mg_restore_item *item, mg_arena *arena)
{
	for (int i = 0; i < o->map_count; i++) {
		const char *from = o->map_variable[i], *to = o->map_tensor[i];

		if (strcmp(from, item->variable) == 0 || strcmp(from, item->key) == 0)
			return to;
		if (mg_ends_with(from, "/") && mg_starts_with(item->key, from))
			return mg_arena_printf(arena, "%s%s", strcmp(to, "/") == 0 ? "" : to, item->key + strlen(from));
	}
	return item->key;
}

static void
describe_type(char out[300], mg_dtype dtype, const mg_shape *shape)
{
	char text[256];

	snprintf(out, 300, "%s %s", mg_dtype_name(dtype), shape ? mg_shape_text(shape, text) : "<any shape>");
}

static int
refuse(const mg_restore_item *item, const char *key, mg_restore_fault fault, const mg_ckpt_entry *e, const char *prefix, mgreg_error *err)
{
	char have[300], want[300];

	if (fault == MG_FAULT_MISSING)
		return mg_fail(err, MGREG_NOT_FOUND, "'%s' has no tensor '%s' for variable '%s'; nothing was restored", prefix, key, item->variable);
	describe_type(have, e->dtype, &e->shape);
	describe_type(want, item->dtype, item->shape);
	return mg_fail(err, MGREG_INVALID_ARGUMENT, "tensor '%s' of '%s' is %s, variable '%s' takes %s; nothing was restored", key, prefix, have,
		item->variable, want);
}

int
mgreg_saver_restore_with(mgreg_saver *saver, mgreg_session *session, const char *prefix, const mgreg_restore_options *options,
	mgreg_error *err)
{
	static const mgreg_restore_options usual = MGREG_RESTORE_INIT;
	const mgreg_restore_options *o = options ? options : &usual;
	mg_restore_item *items;
	mg_arena arena = { 0 };
	mg_ckpt *ckpt = NULL;
	mg_ckpt_entry entry;
	const char **keys;
	int count, rc;

	assert(o->size == sizeof *o);
	MG_TRY(mg_ckpt_open(&ckpt, prefix, err));
	MG_TRY(mg_saver_items(saver, &arena, &items, &count, err));
	if (!(keys = mg_arena_zalloc(&arena, (size_t)count + 1, sizeof *keys))) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	for (int i = 0; i < count; i++) {
		mg_restore_fault fault;

		if (!(keys[i] = mapped(o, &items[i], &arena))) {
			rc = mg_fail_nomem(err, 0);
			goto out;
		}
		fault = mg_restore_item_check(&items[i], ckpt, keys[i], &entry);
		if (fault == MG_FAULT_MISSING && o->allow_missing) {
			keys[i] = NULL;
			if (o->missing && (rc = o->missing(o->ctx, items[i].variable)) != 0)
				goto out;
		} else if (fault != MG_FAULT_NONE) {
			rc = refuse(&items[i], keys[i], fault, &entry, prefix, err);
			goto out;
		}
	}
	for (int i = 0; i < count; i++)
		if (keys[i])
			MG_TRY(mg_restore_item_apply(&items[i], session, ckpt, keys[i], err));
out:
	mg_ckpt_close(ckpt);
	mg_arena_clear(&arena);
	return rc;
}

/* ---- comparing ---- */

typedef struct comparison {
	int   (*each)(void *ctx, const mgreg_mismatch *m);
	void   *ctx;
	int64_t count;
} comparison;

static int
tell(comparison *c, const mgreg_mismatch *m)
{
	c->count += m->kind != MGREG_MISMATCH_EXTRA;
	return c->each ? c->each(c->ctx, m) : 0;
}

static int
compare_item(comparison *c, const mg_restore_item *item, mg_ckpt *ckpt)
{
	static const mgreg_mismatch_kind kinds[] = {
		[MG_FAULT_MISSING] = MGREG_MISMATCH_MISSING, [MG_FAULT_TYPE] = MGREG_MISMATCH_TYPE, [MG_FAULT_SHAPE] = MGREG_MISMATCH_SHAPE,
	};
	mg_ckpt_entry entry;
	mg_restore_fault fault = mg_restore_item_check(item, ckpt, item->key, &entry);
	char have[300], want[300];
	mgreg_mismatch m = { .key = item->key, .variable = item->variable, .wanted = want };

	if (fault == MG_FAULT_NONE)
		return 0;
	m.kind = kinds[fault];
	describe_type(want, item->dtype, item->shape);
	if (fault != MG_FAULT_MISSING) {
		describe_type(have, entry.dtype, &entry.shape);
		m.found = have;
	}
	return tell(c, &m);
}

static int
tell_extras(comparison *c, mg_ckpt *ckpt, const mg_map *wanted, mgreg_error *err)
{
	mg_ckpt_entry entry;
	char have[300];
	int rc;

	for (size_t i = 0; (rc = mg_ckpt_entry_at(ckpt, i, &entry, err)) == 0; i++) {
		mgreg_mismatch m = { .kind = MGREG_MISMATCH_EXTRA, .key = entry.name, .found = have };

		if (mg_map_has(wanted, entry.name))
			continue;
		describe_type(have, entry.dtype, &entry.shape);
		if ((rc = tell(c, &m)) != 0)
			return rc;
	}
	if (rc != MGREG_OUT_OF_RANGE)
		return rc;
	mg_error_clear(err);
	return 0;
}

int
mgreg_saver_compare(mgreg_saver *saver, const char *prefix, int (*each)(void *ctx, const mgreg_mismatch *m), void *ctx, int64_t *count,
	mgreg_error *err)
{
	comparison c = { each, ctx, 0 };
	mg_restore_item *items;
	mg_arena arena = { 0 };
	mg_map wanted = { 0 };
	mg_ckpt *ckpt = NULL;
	int n, rc;

	MG_TRY(mg_ckpt_open(&ckpt, prefix, err));
	MG_TRY(mg_saver_items(saver, &arena, &items, &n, err));
	for (int i = 0; i < n; i++) {
		if (!mg_map_set(&wanted, items[i].key, &items[i])) {
			rc = mg_fail_nomem(err, 0);
			goto out;
		}
		if ((rc = compare_item(&c, &items[i], ckpt)) != 0)
			goto out;
	}
	MG_TRY(tell_extras(&c, ckpt, &wanted, err));
	if (count)
		*count = c.count;
out:
	mg_map_clear(&wanted);
	mg_ckpt_close(ckpt);
	mg_arena_clear(&arena);
	return rc;
}

/* ---- what it remembers ---- */

int
mgreg_saver_last_checkpoint_count(const mgreg_saver *saver)
{
	return (int)saver->keep.last.len;
}

const char *
mgreg_saver_last_checkpoint(const mgreg_saver *saver, int i, double *time)
{
	if (i < 0 || (size_t)i >= saver->keep.last.len)
		return NULL;
	if (time)
		*time = saver->keep.last.at[i].time;
	return saver->keep.last.at[i].path;
}

int
mgreg_saver_set_last_checkpoints(mgreg_saver *saver, const char *const *paths, const double *times, int count, mgreg_error *err)
{
	return mg_keep_set(&saver->keep, paths, times, count, err);
}

int
mgreg_saver_recover_last_checkpoints(mgreg_saver *saver, const char *const *paths, int count, mgreg_error *err)
{
	const char **there = mg_calloc((size_t)count + 1, sizeof *there);
	double *times = mg_calloc((size_t)count + 1, sizeof *times);
	int n = 0, rc = 0;

	if (!there || !times)
		rc = mg_fail_nomem(err, 0);
	for (int i = 0; rc == 0 && i < count; i++) {
		int found;

		if ((rc = mgreg_checkpoint_mtimes(&paths[i], 1, &times[n], &found, err)) == 0 && found)
			there[n++] = paths[i];
	}
	if (rc == 0)
		rc = mg_keep_set(&saver->keep, there, times, n, err);
	mg_free(there);
	mg_free(times);
	return rc;
}

int
mgreg_saver_format_state(const mgreg_saver *saver, char **json, mgreg_error *err)
{
	mg_str text = MG_STR_INIT;
	int rc = mg_keep_to_json(&saver->keep, &text, err);

	if (rc == 0)
		rc = mg_str_check(&text, err);
	if (rc == 0 && !(*json = mg_str_take(&text, NULL)))
		rc = mg_fail_nomem(err, 0);
	mg_str_clear(&text);
	return rc;
}

int
mgreg_saver_set_state(mgreg_saver *saver, const char *json, mgreg_error *err)
{
	return mg_wrap(err, mg_keep_from_json(&saver->keep, json, strlen(json), err), "saver state");
}
