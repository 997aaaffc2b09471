/* SPDX-License-Identifier: Apache-2.0 */
/*
 * load.c - a version brought to life: its MetaGraph in a graph of its own, a session whose files are the store's
 * versions, variables restored by the graph's own restore op.
 *
 * What would be missing is told before anything is touched: the restore op's names are compared with the version's first.
 */
#include "base/base.h"
#include "base/file.h"
#include "interop/interop.h"
#include "pack/pack.h"
#include "registry/registry.h"

/* ---- the MetaGraph of a version ---- */

static int
choose_metagraph(const mg_metagraph_rows *rows, const mg_version_info *v, const char *tags, mg_arena *arena, const mg_metagraph_row **out,
	mgreg_error *err)
{
	const char *wanted;
	int rc;

	if (rows->len == 0)
		return mg_fail(err, MGREG_FAILED_PRECONDITION, "%s has no MetaGraph (it holds %s)", v->ref, v->kind);
	*out = &rows->at[0];
	if (!tags)
		return 0;
	if (!(wanted = mg_model_tags_parse(tags, arena)))
		return mg_fail_nomem(err, 0);
	for (size_t i = 0; i < rows->len; i++)
		if (strcmp(rows->at[i].tags, wanted) == 0) {
			*out = &rows->at[i];
			return 0;
		}
	rc = mg_fail(err, MGREG_NOT_FOUND, "%s has no MetaGraph with the tags '%s'", v->ref, tags);
	for (size_t i = 0; i < rows->len; i++)
		mg_error_candidate(err, "%s", rows->at[i].tags);
	return rc;
}

int
mg_version_metagraph_read(mg_store *store, const mg_version_info *v, const char *tags, mg_arena *arena, Pb__MetaGraphDef **out, mg_str *bytes, mgreg_error *err)
{
	mg_metagraph_rows rows = { 0 };
	const mg_metagraph_row *row = NULL;
	mg_str own = MG_STR_INIT;
	mg_str *into = bytes ? bytes : &own;
	int rc;

	MG_TRY(mg_version_metagraphs(store, v->id, arena, &rows, err));
	MG_TRY(choose_metagraph(&rows, v, tags, arena, &row, err));
	MG_TRY(mg_object_read_all(store, row->object_id, 0, into, err));
	MG_TRY(mg_metagraph_parse(into->ptr, into->len, v->ref, arena, out, err));
out:
	mg_vec_clear(&rows);
	mg_str_clear(&own);
	return rc;
}

/* ---- restoring ---- */

#define OBJECT_GRAPH_KEY "_CHECKPOINTABLE_OBJECT_GRAPH"

/* The key that feeds variable VARIABLE: KEY, unless --restore-map names another. */
static const char *
map_key(const mg_load_options *o, const char *variable, const char *key, mg_arena *arena)
{
	for (int i = 0; i < o->map_count; i++) {
		const char *from = o->map_variable[i], *to = o->map_tensor[i];
		if (strcmp(from, variable) == 0 || strcmp(from, key) == 0)
			return to;
		if (mg_ends_with(from, "/") && mg_starts_with(key, from))
			return mg_arena_printf(arena, "%s%s", to, key + strlen(from));
	}
	return key;
}

static int
missing_error(const mg_version_info *v, const mg_restore_item *items, const mg_set *absent, int count, mgreg_error *err)
{
	int n = 0, rc;
	const char *first = NULL;

	for (int i = 0; i < count; i++)
		if (mg_set_has(absent, (size_t)i)) {
			first = first ? first : items[i].key;
			n++;
		}
	rc = mg_fail(err, MGREG_NOT_FOUND, "%s lacks %d of the %d tensors that its graph restores, '%s' first; nothing was restored", v->ref,
		n, count, first);
	if (err)
		for (int i = 0; i < count; i++)
			if (mg_set_has(absent, (size_t)i))
				mg_error_item(err, "%s", items[i].key);
	return rc;
}

/* What is there but does not fit is told before the first variable changes, as the saver's own restore does. */
static int
misfit_error(const mg_version_info *v, const mg_restore_item *item, const char *key, const mg_ckpt_entry *entry, mgreg_error *err)
{
	char have[256], want[256];

	return mg_fail(err, MGREG_INVALID_ARGUMENT, "tensor '%s' of %s is %s %s, variable '%s' takes %s %s; nothing was restored", key, v->ref,
		mg_dtype_name(mg_dtype_base(entry->dtype)), mg_shape_text(&entry->shape, have), item->variable, mg_dtype_name(item->dtype),
		item->shape ? mg_shape_text(item->shape, want) : "of any shape");
}

/* One variable after the other, by other names or with gaps: the graph's restore op can do neither. */
static int
restore_apart(mg_live *live, mg_ckpt *ckpt, const mg_load_options *o, const mg_restore_item *items, const mg_set *absent, int count, mgreg_error *err)
{
	mg_arena arena = { 0 };
	const char *key;
	char *name;
	int rc = 0;

	for (int i = 0; i < count && rc == 0; i++) {
		if (mg_set_has(absent, (size_t)i)) {
			name = mg_strdup(items[i].variable);
			if (!name || !mg_vec_push(&live->missing, name)) {
				mg_free(name);
				rc = mg_fail_nomem(err, 0);
			}
			continue;
		}
		key = map_key(o, items[i].variable, items[i].key, &arena);
		rc = key ? mg_restore_item_apply(&items[i], live->session, ckpt, key, err) : mg_fail_nomem(err, 0);
	}
	mg_arena_clear(&arena);
	return rc;
}

static int
restore(mg_live *live, const mg_load_options *o, mgreg_error *err)
{
	mg_arena arena = { 0 };
	mg_restore_item *items = NULL;
	mg_ckpt *ckpt = NULL;
	mg_restore_fault fault;
	mg_ckpt_entry entry;
	mg_set absent = { 0 };
	char prefix[MG_STORE_PREFIX_SIZE];
	const char *key;
	bool by_objects;
	int count = 0, lacking = 0, rc;

	MG_TRY(mg_saver_items(live->saver, &arena, &items, &count, err));
	MG_TRY(mg_store_ckpt_open(&ckpt, live->store, live->version.id, err));
	if (!mg_set_init(&absent, (size_t)count)) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	for (int i = 0; i < count; i++) {
		key = map_key(o, items[i].variable, items[i].key, &arena);
		fault = key ? mg_restore_item_check(&items[i], ckpt, key, &entry) : MG_FAULT_MISSING;
		if (fault == MG_FAULT_MISSING) {
			mg_set_add(&absent, (size_t)i);
			lacking++;
		} else if (fault != MG_FAULT_NONE) {
			rc = misfit_error(&live->version, &items[i], key, &entry, err);
			goto out;
		}
	}
	/* the saver reads an object-based checkpoint by the names that its variables had */
	by_objects = lacking && !o->map_count && mg_ckpt_find(ckpt, OBJECT_GRAPH_KEY, &entry, NULL) == 0;
	if (lacking && !o->allow_missing && !by_objects) {
		rc = missing_error(&live->version, items, &absent, count, err);
		goto out;
	}
	if ((lacking && !by_objects) || o->map_count) {
		rc = restore_apart(live, ckpt, o, items, &absent, count, err);
	} else {
		mg_store_prefix(live->version.uid, prefix);
		rc = mg_saver_restore(live->saver, live->session, &live->resolver.resolver, prefix, err);
	}
	live->restored = rc == 0;
out:
	mg_set_clear(&absent);
	mg_ckpt_close(ckpt);
	mg_arena_clear(&arena);
	return rc;
}

/* ---- initializing ---- */

static int
run_targets(mg_live *live, mg_node **targets, int count, const mg_feed *feeds, int feed_count, mgreg_error *err)
{
	return count ? mg_session_run(live->session, feeds, feed_count, NULL, 0, targets, count, NULL, err) : 0;
}

typedef MG_VEC(mg_node *) node_list;

static int
add_initializers(mg_graph *g, const char *key, mg_map *seen, node_list *out, mgreg_error *err)
{
	int n = mg_collection_count(g, key);

	for (int i = 0; i < n; i++) {
		const mg_item *item = mg_collection_item(g, key, i);
		const mg_variable_record *v;
		mg_node *node;
		if (item->kind != MG_ITEM_RECORD || item->record_kind != MG_RECORD_VARIABLE)
			continue;
		v = item->record;
		if (mg_map_has(seen, v->initializer_name))
			continue;
		node = mg_graph_find(g, v->initializer_name);
		if (!node)
			return mg_fail(err, MGREG_NOT_FOUND, "variable '%s': its initializer '%s' is not in the graph", v->variable_name, v->initializer_name);
		if (!mg_map_set(seen, v->initializer_name, node) || !mg_vec_push(out, node))
			return mg_fail_nomem(err, 0);
	}
	return 0;
}

int
mg_live_initialize(mg_live *live, mgreg_error *err)
{
	mg_graph *g = live->graph;
	const mg_item *item = mg_collection_count(g, "init_op") ? mg_collection_item(g, "init_op", 0) : NULL;
	node_list targets = { 0 };
	mg_map seen = { 0 };
	int rc = 0;

	if (item && item->kind == MG_ITEM_NODE) {
		mg_node *init = item->node;
		return run_targets(live, &init, 1, NULL, 0, err);
	}
	MG_TRY(add_initializers(g, "variables", &seen, &targets, err));
	MG_TRY(add_initializers(g, "local_variables", &seen, &targets, err));
	MG_TRY(run_targets(live, targets.at, (int)targets.len, NULL, 0, err));
out:
	mg_vec_clear(&targets);
	mg_map_clear(&seen);
	return rc;
}

/* local_variables are never saved: after a restore they start from their initializers. */
static int
initialize_locals(mg_live *live, mgreg_error *err)
{
	node_list targets = { 0 };
	mg_map seen = { 0 };
	int rc;

	MG_TRY(add_initializers(live->graph, "local_variables", &seen, &targets, err));
	MG_TRY(run_targets(live, targets.at, (int)targets.len, NULL, 0, err));
out:
	mg_vec_clear(&targets);
	mg_map_clear(&seen);
	return rc;
}

/* ---- SavedModel: main op, fed with the names of the assets ---- */

static mg_node *
first_node(mg_graph *g, const char *key)
{
	const mg_item *item = mg_collection_count(g, key) ? mg_collection_item(g, key, 0) : NULL;

	return item && item->kind == MG_ITEM_NODE ? item->node : NULL;
}

/* The files of the version below assets/, in a folder that the graph may reach: lookup tables read their words there. */
static int
spool_assets(mg_live *live, mgreg_error *err)
{
	mg_file_rows rows = { 0 };
	int rc = 0;

	if (!live->metagraph->n_asset_file_def)
		return 0;
	MG_TRY(mg_spool_make(&live->assets, &live->assets_lock, err));
	MG_TRY(mg_version_files(live->store, live->version.id, &live->arena, &rows, err));
	for (size_t i = 0; i < rows.len; i++)
		if (mg_starts_with(rows.at[i].path, "assets/") && mg_path_is_safe(rows.at[i].path)) {
			MG_TRY(mg_object_to_file(live->store, rows.at[i].object_id, live->assets, rows.at[i].path, err));
			live->asset_count++;
		}
	rc = mg_roots_add(&live->roots, live->assets, err);
out:
	mg_vec_clear(&rows);
	return rc;
}

/* Also what was trained from one: it has its signatures, and its assets if there were any.  (A bare MetaGraph may name assets,
 * and has none.) */
static bool
is_saved_model(const mg_live *live)
{
	const Pb__MetaGraphDef *m = live->metagraph;

	return !strcmp(live->version.kind, "saved_model") || (m->n_signature_def && (!m->n_asset_file_def || live->asset_count));
}

static int
run_main_op(mg_live *live, mgreg_error *err)
{
	const Pb__MetaGraphDef *m = live->metagraph;
	mg_node *main_op = first_node(live->graph, "saved_model_main_op");
	mg_tensor *names = NULL;
	mg_feed *feeds = NULL;
	mg_str path = MG_STR_INIT;
	int n = 0, rc = 0;

	if (!main_op)
		main_op = first_node(live->graph, "legacy_init_op");
	if (!main_op)
		return 0;
	names = mg_calloc(m->n_asset_file_def + 1, sizeof(*names));
	feeds = mg_calloc(m->n_asset_file_def + 1, sizeof(*feeds));
	if (!names || !feeds) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	for (size_t i = 0; i < m->n_asset_file_def; i++) {
		const Pb__AssetFileDef *a = m->asset_file_def[i];
		if (!a->tensor_info || a->tensor_info->encoding_case != PB__TENSOR_INFO__ENCODING_NAME)
			continue;
		MG_TRY(mg_graph_output(live->graph, mg_name_prepend_scope(a->tensor_info->name, live->imported.prefix, &live->arena), &feeds[n].to, err));
		mg_str_reset(&path);
		mg_str_printf(&path, "%s/assets/%s", live->assets ? live->assets : "", a->filename);
		MG_TRY(mg_tensor_init_string(&names[n], path.ptr, path.len, err));
		feeds[n].value = &names[n];
		n++;
	}
	rc = run_targets(live, &main_op, 1, feeds, n, err);
out:
	for (int i = 0; i < n; i++)
		mg_tensor_clear(&names[i]);
	mg_free(names);
	mg_free(feeds);
	mg_str_clear(&path);
	return rc;
}

/* ---- the whole ---- */

static bool
has_variables(mg_graph *g)
{
	return mg_collection_count(g, "variables") > 0;
}

static int
find_saver(mg_live *live, mgreg_error *err)
{
	mg_saver_options defaults = MG_SAVER_INIT;

	int rc = 0;

	if (live->imported.saver)
		rc = mg_saver_from_record(&live->saver, live->graph, live->imported.saver, err);
	else if (has_variables(live->graph))
		rc = mg_saver_new(&live->saver, live->graph, &defaults, err);
	if (rc == 0 && live->saver && !*live->imported.prefix)
		mg_saver_set_base(live->saver, live->metagraph);        /* signatures and assets go on with what is trained */
	return rc;
}

static int
make_session(mg_live *live, const mg_load_options *o, mgreg_error *err)
{
	mg_session_options s = o->session;
	int rc;

	for (int i = 0; i < s.root_count; i++)
		if ((rc = mg_roots_add(&live->roots, s.roots[i], err)) != 0)
			return rc;
	mg_store_resolver_init(&live->resolver, live->store, live->roots.count ? &live->roots : NULL);
	s.resolver = &live->resolver.resolver;
	if (!o->no_restore)
		MG_TRY(spool_assets(live, err));
	MG_TRY(mg_session_new(&live->session, live->graph, &s, err));
	if (live->assets)
		rc = mg_session_add_root(live->session, live->assets, err);
out:
	return rc;
}

/* A placeholder for every entry of the input map, of the type that it replaces; a NoOp for a control input. */
static int
make_placeholders(mg_live *live, const char *const *names, mg_metagraph_import_options *import, mgreg_error *err)
{
	mg_output *to = mg_arena_zalloc(&live->arena, (size_t)import->map_count + 1, sizeof(*to));
	mg_builder b = MG_BUILDER(live->graph, err);
	mg_shape any = MG_SHAPE_UNKNOWN;
	mg_dtype type;
	int rc;

	if (!to)
		return mg_fail_nomem(err, 0);
	for (int i = 0; i < import->map_count; i++) {
		if (import->map_from[i][0] == '^') {
			to[i] = MG_OUTPUT(mg_build_node(&b, "NoOp", names[i], ""), 0);
		} else {
			if ((rc = mg_metagraph_dtype(live->metagraph, import->map_from[i], &type, err)) != 0)
				return mg_wrap(err, rc, "input map");
			to[i] = mg_build(&b, "Placeholder", names[i], ";t:dtype h:shape", (int)type, &any);
		}
	}
	import->map_to = to;
	return b.rc;
}

int
mg_live_load(mg_live **out, mg_store *store, const char *ref, const mg_load_options *options, mgreg_error *err)
{
	static const mg_load_options defaults = MG_LOAD_INIT;
	const mg_load_options *o = options ? options : &defaults;
	mg_live *live = mg_calloc(1, sizeof(*live));
	mg_metagraph_import_options import;
	int rc;

	if (!live)
		return mg_fail_nomem(err, sizeof(*live));
	live->store = store;
	MG_TRY(mg_ref_resolve(store, ref, &live->version, err));
	MG_TRY(mg_version_metagraph_read(store, &live->version, o->tags, &live->arena, &live->metagraph, NULL, err));
	MG_TRY(mg_graph_new(&live->graph, err));
	import = o->import;
	import.report = &live->report;
	import.skip_bad_collections = true;     /* reported; the graph is worth more than one list */
	if (o->map_placeholders)
		MG_TRY(make_placeholders(live, o->map_placeholders, &import, err));
	MG_TRY(mg_wrap(err, mg_metagraph_import(live->graph, live->metagraph, &import, &live->imported, err), "%s", live->version.ref));
	MG_TRY(make_session(live, o, err));
	MG_TRY(find_saver(live, err));
	if (live->saver && live->version.has_weights && !o->no_restore) {
		MG_TRY(restore(live, o, err));
		MG_TRY(initialize_locals(live, err));
	} else if (!live->version.has_weights && !o->no_restore && !o->no_init) {
		MG_TRY(mg_live_initialize(live, err));
	}
	if (!o->no_restore && is_saved_model(live))
		MG_TRY(run_main_op(live, err));
	*out = live;
	return 0;
out:
	mg_live_free(live);
	return rc;
}

void
mg_live_free(mg_live *live)
{
	if (!live)
		return;
	mg_saver_free(live->saver);
	mg_session_free(live->session);
	mg_graph_free(live->graph);
	mg_spool_remove(live->assets, live->assets_lock);
	for (size_t i = 0; i < live->missing.len; i++)
		mg_free(live->missing.at[i]);
	mg_vec_clear(&live->missing);
	mg_report_clear(&live->report);
	mg_roots_clear(&live->roots);
	mg_arena_clear(&live->arena);
	mg_free(live);
}

/* ---- the public handle ---- */

typedef struct key_list { const char *const *keys; int count; } key_list;

static bool
key_is_listed(void *ctx, const char *key)
{
	const key_list *list = ctx;

	for (int i = 0; i < list->count; i++)
		if (strcmp(list->keys[i], key) == 0)
			return true;
	return false;
}

int
mgreg_live_load(mgreg_live **out, mgreg_store *store, const char *ref, const mgreg_live_options *options, mgreg_error *err)
{
	static const mgreg_live_options defaults = MGREG_LIVE_INIT;
	const mgreg_live_options *p = options ? options : &defaults;
	mg_load_options o = MG_LOAD_INIT;
	key_list keys = { p->collections, p->collection_count };
	int rc;

	assert(p->size == sizeof(*p));
	o.tags = p->tags;
	o.import.clear_devices = p->clear_devices;
	o.import.scope = p->import_scope;
	o.import.map_from = p->map_from;
	o.map_placeholders = p->map_to;
	o.import.map_count = p->map_count;
	o.import.uniquify = p->uniquify;
	o.import.allow_unknown_ops = p->allow_unknown_ops;
	if (p->collections) {
		o.import.restore = key_is_listed;
		o.import.ctx = &keys;
	}
	o.session.threads = p->threads;
	o.session.no_optimize = p->no_optimize;
	o.session.roots = p->roots;
	o.session.root_count = p->root_count;
	o.no_restore = p->no_restore;
	o.allow_missing = p->allow_missing;
	o.map_variable = p->map_variable;
	o.map_tensor = p->map_tensor;
	o.map_count = p->restore_map_count;
	rc = mg_live_load(out, store, ref, &o, err);
	if (rc == 0 && p->deadline > 0)
		mg_session_set_deadline((*out)->session, p->deadline);
	return rc;
}

void
mgreg_live_free(mgreg_live *live)
{
	mg_live_free(live);
}

mgreg_graph *
mgreg_live_graph(mgreg_live *live)
{
	return live->graph;
}

mgreg_session *
mgreg_live_session(mgreg_live *live)
{
	return live->session;
}

mgreg_saver *
mgreg_live_saver(mgreg_live *live)
{
	return live->saver;
}

const mgreg_version_info *
mgreg_live_version(const mgreg_live *live)
{
	return &live->version;
}

int
mgreg_live_is_restored(const mgreg_live *live)
{
	return live->restored;
}

int
mgreg_live_missing_each(const mgreg_live *live, int (*each)(void *ctx, const char *variable), void *ctx)
{
	int rc = 0;

	for (size_t i = 0; i < live->missing.len && rc == 0; i++)
		rc = each(ctx, live->missing.at[i]);
	return rc;
}

int
mgreg_live_report_each(const mgreg_live *live, int (*each)(void *ctx, const char *line), void *ctx)
{
	int rc = 0;

	for (size_t i = 0; i < live->report.lines.len && rc == 0; i++)
		rc = each(ctx, live->report.lines.at[i]);
	return rc;
}

/* The tensor that a key of any signature's inputs or outputs names; the serving signature goes first. */
static const char *
find_signature_key(const Pb__MetaGraphDef *m, const char *key)
{
	const char *found = NULL;

	for (size_t i = 0; i < m->n_signature_def; i++) {
		const Pb__SignatureDef *s = m->signature_def[i]->value;
		const char *tensor = NULL;
		if (!s)
			continue;
		for (size_t k = 0; k < s->n_inputs; k++)
			if (strcmp(s->inputs[k]->key, key) == 0 && s->inputs[k]->value && s->inputs[k]->value->encoding_case == PB__TENSOR_INFO__ENCODING_NAME)
				tensor = s->inputs[k]->value->name;
		for (size_t k = 0; k < s->n_outputs; k++)
			if (strcmp(s->outputs[k]->key, key) == 0 && s->outputs[k]->value && s->outputs[k]->value->encoding_case == PB__TENSOR_INFO__ENCODING_NAME)
				tensor = s->outputs[k]->value->name;
		if (tensor && (!found || strcmp(m->signature_def[i]->key, "serving_default") == 0))
			found = tensor;
	}
	return found;
}

int
mgreg_live_find(mgreg_live *live, const char *name, mgreg_output *out, mgreg_error *err)
{
	const char *tensor;
	int rc = mg_graph_output(live->graph, name, out, err);

	if (rc != MGREG_NOT_FOUND || !(tensor = find_signature_key(live->metagraph, name)))
		return rc;
	return mg_graph_output(live->graph, mg_name_prepend_scope(tensor, live->imported.prefix, &live->arena), out, err);
}
