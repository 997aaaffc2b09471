/* SPDX-License-Identifier: Apache-2.0 */
/*
 * extend.c - a stored version, more nodes, and the result as a new version.
 *
 * The fragment's inputs that it does not define itself are looked up in the version's graph, unless the caller maps them.
 * Variables that the version's checkpoint lacks (the fragment's own, an optimizer's slots) are initialized only if asked.
 */
#include "base/base.h"
#include "interop/interop.h"
#include "registry/training.h"
#include "train/train.h"

typedef struct extension {
	mg_store                   *store;
	const mgreg_extend_options *o;
	mg_live                    *live;
	mg_arena                    arena;
	int                         old_nodes;          /* nodes of the version itself */
	mg_node                   **unset;              /* initializers of variables without a value */
	int                         unset_count;
	mg_saver                   *saver;              /* over all variables, if there are more than before */
} extension;

/* ---- the fragment ---- */

/* "x", "x:2", "^x" -> "x". */
static const char *
node_of(const char *input, mg_arena *arena)
{
	const char *colon;

	if (*input == '^')
		return mg_arena_strdup(arena, input + 1);
	colon = strrchr(input, ':');
	return mg_arena_strndup(arena, input, colon ? (size_t)(colon - input) : strlen(input));
}

typedef struct input_map { MG_VEC(const char *) from; MG_VEC(mg_output) to; mg_map seen; } input_map;

static int
map_add(input_map *m, const char *from, mg_output to, mgreg_error *err)
{
	if (!mg_map_set(&m->seen, from, m) || !mg_vec_push(&m->from, from) || !mg_vec_push(&m->to, to))
		return mg_fail_nomem(err, 0);
	return 0;
}

static int
map_given(extension *x, input_map *m, mgreg_error *err)
{
	int rc = 0;

	for (int i = 0; i < x->o->map_count && rc == 0; i++) {
		mg_output to;

		if ((rc = mgreg_live_find(x->live, x->o->map_to[i], &to, err)) != 0)
			return mg_wrap(err, rc, "input map '%s'", x->o->map_from[i]);
		rc = map_add(m, x->o->map_from[i], to, err);
	}
	return rc;
}

static bool
is_given(const extension *x, const char *input, const char *node)
{
	for (int i = 0; i < x->o->map_count; i++)
		if (strcmp(x->o->map_from[i], input) == 0 || strcmp(x->o->map_from[i], node) == 0)
			return true;
	return false;
}

/* Every input that no node of the fragment makes is the version's. */
static int
map_rest(extension *x, const Pb__GraphDef *def, input_map *m, mgreg_error *err)
{
	mg_map own = { 0 };
	int missing = 0, rc = 0;

	for (size_t i = 0; i < def->n_node; i++)
		if (!mg_map_set(&own, def->node[i]->name, def->node[i])) {
			rc = mg_fail_nomem(err, 0);
			goto out;
		}
	for (size_t i = 0; i < def->n_node; i++)
		for (size_t k = 0; k < def->node[i]->n_input; k++) {
			const char *input = def->node[i]->input[k], *name = node_of(input, &x->arena);
			mg_output to = MG_NO_OUTPUT;

			if (!name) {
				rc = mg_fail_nomem(err, 0);
				goto out;
			}
			if (mg_map_has(&own, name) || mg_map_has(&m->seen, input) || is_given(x, input, name))
				continue;
			if (*input == '^')
				to.node = mg_graph_find(x->live->graph, name);
			else
				mg_graph_output(x->live->graph, input, &to, NULL);
			if (!to.node) {
				if (!missing++)
					rc = mg_fail(err, MGREG_NOT_FOUND, "'%s': input '%s' of node '%s' is neither there nor in %s", x->o->with, input,
						def->node[i]->name, x->live->version.ref);
				mg_error_item(err, "%s", input);
				continue;
			}
			MG_TRY(map_add(m, input, to, missing ? NULL : err));
			if (missing)
				rc = MGREG_NOT_FOUND;
		}
	if (missing)
		rc = MGREG_NOT_FOUND;
out:
	mg_map_clear(&own);
	return rc;
}

/* Variables of a bare GraphDef have no records: w, w/Assign and w/read are one. */
static int
record_variables(extension *x, mgreg_error *err)
{
	mg_graph *g = x->live->graph;
	mg_arena *a = mg_graph_arena(g);
	int rc = 0;

	for (int i = x->old_nodes; i < mg_graph_node_count(g) && rc == 0; i++) {
		const mg_node *w = mg_graph_node(g, i), *assign, *read;
		mg_variable_record *v;
		bool resource = strcmp(w->op_name, "VarHandleOp") == 0;

		if (!resource && strcmp(w->op_name, "VariableV2") != 0 && strcmp(w->op_name, "Variable") != 0)
			continue;
		if (mg_variable_of(g, MG_OUTPUT((mg_node *)w, 0)))
			continue;
		assign = mg_graph_find(g, mg_arena_printf(&x->arena, "%s/Assign", w->name));
		read = mg_graph_find(g, mg_arena_printf(&x->arena, resource ? "%s/Read/ReadVariableOp" : "%s/read", w->name));
		if (!assign || !read || assign->input_count < 2)
			continue;
		if (!(v = mg_arena_zalloc(a, 1, sizeof *v)))
			return mg_fail_nomem(err, 0);
		v->variable_name = mg_arena_printf(a, "%s:0", w->name);
		v->initial_value_name = mg_output_name_colon(assign->inputs[1], a);
		v->initializer_name = assign->name;
		v->snapshot_name = mg_arena_printf(a, "%s:0", read->name);
		v->is_resource = resource;
		v->trainable = mg_dtype_is_floating(mg_output_type(MG_OUTPUT((mg_node *)read, 0)));
		if (!v->variable_name || !v->initial_value_name || !v->snapshot_name)
			return mg_fail_nomem(err, 0);
		rc = mg_collection_add_variable(g, "variables", v, err);
		if (rc == 0 && v->trainable)
			rc = mg_collection_add_variable(g, "trainable_variables", v, err);
	}
	return rc;
}

static int
add_fragment(extension *x, mgreg_error *err)
{
	mg_metagraph_import_options import = MG_METAGRAPH_IMPORT_INIT;
	mg_metagraph_imported made = { 0 };
	const mg_model_graph *graph;
	mg_model model = { 0 };
	input_map map = { 0 };
	int rc;

	MG_TRY(mg_model_read(x->o->with, NULL, &model, err));
	MG_TRY(mg_model_pick(&model, NULL, &graph, err));
	if (!graph->def->graph_def) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "'%s' holds no nodes", x->o->with);
		goto out;
	}
	MG_TRY(map_given(x, &map, err));
	MG_TRY(map_rest(x, graph->def->graph_def, &map, err));
	import.unbound_key = "";
	import.map_from = map.from.at;
	import.map_to = map.to.at;
	import.map_count = (int)map.from.len;
	MG_TRY(mg_wrap(err, mg_metagraph_import(x->live->graph, graph->def, &import, &made, err), "'%s'", x->o->with));
	MG_TRY(record_variables(x, err));
out:
	mg_vec_clear(&map.from);
	mg_vec_clear(&map.to);
	mg_map_clear(&map.seen);
	mg_model_clear(&model);
	return rc;
}

/* ---- the optimizer ---- */

/* The record of the global step's variable, NULL if there is none that is a variable. */
static int
step_variable(mg_graph *g, const mg_variable_record **out, mgreg_error *err)
{
	mg_output o;
	int rc = mg_global_step_find(g, &o, err);

	*out = rc == 0 && o.node ? mg_variable_of(g, o) : NULL;
	return rc;
}

/* The new train op comes first: it is the one that `train` takes. */
static int
put_first(mg_graph *g, mg_node *train_op, mgreg_error *err)
{
	int n = mg_collection_count(g, "train_op"), rc = 0;
	mg_item *old = mg_arena_zalloc(mg_graph_arena(g), (size_t)n + 1, sizeof *old);

	if (!old)
		return mg_fail_nomem(err, 0);
	for (int i = 0; i < n; i++)
		old[i] = *mg_collection_item(g, "train_op", i);
	mg_collection_remove(g, "train_op");
	MG_TRY(mg_collection_add_node(g, "train_op", train_op, err));
	for (int i = 0; i < n; i++)
		if (old[i].node != train_op)
			MG_TRY(mg_collection_add(g, "train_op", &old[i], err));
out:
	return rc;
}

static int
add_optimizer(extension *x, mgreg_error *err)
{
	mg_minimize_options o = { .no_train_op_collection = true };
	mg_optimizer_config c;
	mg_output loss;
	mg_node *train_op;
	int rc;

	MG_TRY(mg_optimizer_parse(x->o->optimizer, &x->arena, &c, err));
	MG_TRY(mgreg_live_find(x->live, x->o->minimize, &loss, err));
	MG_TRY(step_variable(x->live->graph, &o.global_step, err));
	MG_TRY(mg_minimize(x->live->graph, loss, &c, &o, &train_op, err));
	MG_TRY(put_first(x->live->graph, train_op, err));
out:
	return rc;
}

/* ---- variables without a value ---- */

static bool
has_value(mg_session *s, mg_graph *g, const mg_variable_record *v)
{
	mg_output handle;

	return mg_variable_outputs(g, v, &handle, NULL, NULL) == 0 && mg_session_variable_is_set(s, handle.node->name);
}

static int
find_unset(extension *x, mgreg_error *err)
{
	mg_graph *g = x->live->graph;
	int n = mg_collection_count(g, "variables"), listed = 0;

	if (!(x->unset = mg_arena_zalloc(&x->arena, (size_t)n + 1, sizeof *x->unset)))
		return mg_fail_nomem(err, 0);
	for (int i = 0; i < n; i++) {
		const mg_item *item = mg_collection_item(g, "variables", i);
		const mg_variable_record *v = item->record;
		mg_node *init;

		if (item->kind != MG_ITEM_RECORD || item->record_kind != MG_RECORD_VARIABLE || has_value(x->live->session, g, v))
			continue;
		if (!x->o->init_missing) {
			if (!listed++)
				mg_fail(err, MGREG_FAILED_PRECONDITION, "%s has no value for '%s'; variables that it lacks can be initialized (--init-missing)",
					x->live->version.ref, v->variable_name);
			mg_error_item(err, "%s", v->variable_name);
			continue;
		}
		if (!v->initializer_name || !(init = mg_graph_find(g, v->initializer_name)))
			return mg_fail(err, MGREG_NOT_FOUND, "variable '%s' has no initializer", v->variable_name);
		x->unset[x->unset_count++] = init;
	}
	return listed ? MGREG_FAILED_PRECONDITION : 0;
}

/* ---- saving ---- */

/* The version's own saver knows only its variables. */
static int
choose_saver(extension *x, int old_variables, mgreg_error *err)
{
	if (mg_collection_count(x->live->graph, "variables") > old_variables || (!x->live->saver && mg_collection_count(x->live->graph, "variables")))
		return mg_saver_new(&x->saver, x->live->graph, NULL, err);
	return 0;
}

/* A version without weights becomes another one: only the graph is saved. */
static int
publish_graph(extension *x, mg_store_target *t, mgreg_error *err)
{
	mg_saver *saver = x->saver ? x->saver : x->live->saver;
	mg_metagraph_export_options o = MG_METAGRAPH_EXPORT_INIT;
	Pb__MetaGraphDef *m;
	mg_str bytes = MG_STR_INIT;
	const char *prefix;
	bool begun = false;
	int rc;

	o.saver = saver ? mg_saver_record_of(saver) : NULL;
	o.base = x->live->metagraph;
	o.allow_unknown_ops = true;
	MG_TRY(mg_metagraph_export(x->live->graph, &o, &x->arena, &m, err));
	MG_TRY(mg_msg_encode_large(&m->base, &bytes, err));
	MG_TRY(t->target.begin(t->target.ctx, x->live->version.has_step, x->live->version.step, &x->arena, &prefix, err));
	begun = true;
	MG_TRY(t->target.metagraph(t->target.ctx, bytes.ptr, bytes.len, err));
	begun = false;
	MG_TRY(t->target.commit(t->target.ctx, err));
out:
	if (begun)
		t->target.abandon(t->target.ctx);
	mg_str_clear(&bytes);
	return rc;
}

static int
publish(extension *x, mgreg_version_info *out, mgreg_error *err)
{
	const mg_version_info *v = &x->live->version;
	mg_new_parent parent = { v->id, "extended" };
	char model[MG_NAME_LIMIT + 1], run[MG_NAME_LIMIT + 1];
	mg_saver *saver = x->saver ? x->saver : x->live->saver;
	mg_str given = MG_STR_INIT;
	json_t *given_doc = NULL;
	mg_store_target t;
	int rc;

	mg_store_target_init(&t, &x->live->resolver);
	if (x->live->metagraph->n_asset_file_def)
		t.assets_from = v->id;
	if (x->saver)
		mg_saver_set_base(x->saver, x->live->metagraph);
	MG_TRY(mg_ref_split(x->o->as, model, run, err));
	MG_TRY(mg_version_text(x->store, v->id, "given_hparams", &given, err));
	if (given.len)
		MG_TRY(mg_json_parse(given.ptr, given.len, &given_doc, err));
	t.version = (mg_new_version){ .model = model, .run = run, .parents = &parent, .parent_count = 1, .keep_latest = x->o->no_latest,
		.operation = "extend" };
	t.given = given_doc;
	if (v->has_weights && saver)
		MG_TRY(mg_saver_save(saver, x->live->session, &t.target, v->has_step, v->step, true, err));
	else
		MG_TRY(publish_graph(x, &t, err));
	if (out)
		*out = t.saved;
out:
	mg_store_target_clear(&t);
	mg_str_clear(&given);
	json_decref(given_doc);
	return rc;
}

/* ---- the whole ---- */

static int
check_options(const mgreg_extend_options *o, mgreg_error *err)
{
	assert(o->size == sizeof *o);
	if (!o->with && !o->minimize)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "nothing to add: neither nodes nor a loss to minimize");
	if (!o->as)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "the new version needs a model to belong to");
	if (!o->minimize != !o->optimizer)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "a loss to minimize and an optimizer go together");
	return 0;
}

static int
extend(extension *x, const char *ref, mgreg_version_info *out, mgreg_error *err)
{
	mg_load_options o;
	int old_variables, rc;

	mg_training_load_options(x->o->live, &o);
	o.no_init = true;
	MG_TRY(mg_live_load(&x->live, x->store, ref, &o, err));
	x->old_nodes = mg_graph_node_count(x->live->graph);
	old_variables = mg_collection_count(x->live->graph, "variables");
	if (x->o->with)
		MG_TRY(add_fragment(x, err));
	if (x->o->minimize)
		MG_TRY(add_optimizer(x, err));
	if (x->live->version.has_weights) {
		MG_TRY(find_unset(x, err));
		if (x->unset_count)
			MG_TRY(mg_wrap(err, mg_session_run(x->live->session, NULL, 0, NULL, 0, x->unset, x->unset_count, NULL, err),
				"initializing what %s lacks", x->live->version.ref));
	}
	MG_TRY(choose_saver(x, old_variables, err));
	if (x->o->dry_run) {
		if (out)
			*out = x->live->version;
		goto out;
	}
	MG_TRY(publish(x, out, err));
out:
	return rc;
}

int
mgreg_extend(mgreg_store *store, const char *ref, const mgreg_extend_options *options, mgreg_version_info *out, mgreg_error *err)
{
	extension x = { .store = store, .o = options };
	int rc = check_options(options, err);

	if (rc == 0)
		rc = extend(&x, ref, out, err);
	mg_saver_free(x.saver);
	mg_live_free(x.live);
	mg_arena_clear(&x.arena);
	return rc;
}
