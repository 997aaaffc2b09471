/* SPDX-License-Identifier: Apache-2.0 */
/* api.c - export and import of MetaGraphs of the public interface, which give and take a saver. */
#include "base/base.h"
#include "ckpt/ckpt.h"
#include "saver/saver_internal.h"

/* ---- reports ---- */

static void
tell(mg_report *r, void (*report)(void *ctx, const char *line), void *ctx)
{
	for (size_t i = 0; report && i < r->lines.len; i++)
		report(ctx, r->lines.at[i]);
	mg_report_clear(r);
}

/* ---- export ---- */

int
mgreg_metagraph_export(mgreg_metagraph **out, mgreg_graph *graph, const mgreg_export_options *options, mgreg_error *err)
{
	static const mgreg_export_options usual = MGREG_EXPORT_INIT;
	const mgreg_export_options *o = options ? options : &usual;
	mg_metagraph_export_options how = MG_METAGRAPH_EXPORT_INIT;
	mg_arena work = { 0 }, own = { 0 };
	mg_report report = { { 0 } };
	Pb__MetaGraphDef *def;
	mg_msg *copy;
	int rc;

	how.collections = o->collections;
	how.collection_count = o->collection_count;
	how.scope = o->scope;
	how.saver = o->saver ? mg_saver_record_of(o->saver) : NULL;
	how.base = o->base ? o->base->def : NULL;
	how.meta_info = o->base ? o->base->def->meta_info_def : NULL;
	how.clear_devices = o->clear_devices;
	how.clear_extraneous_savers = o->clear_extraneous_savers;
	how.strip_default_attrs = o->strip_default_attrs;
	how.allow_unknown_ops = o->allow_unknown_ops;
	how.graph_def = o->graph_def ? o->graph_def->def->graph_def : NULL;
	how.report = &report;
	MG_TRY(mg_metagraph_export(graph, &how, &work, &def, err));
	/* The exporter's message points into the graph; ours stands on its own. */
	MG_TRY(mg_msg_copy(&def->base, &own, &copy, err));
	MG_TRY(mg_metagraph_take(out, &own, (Pb__MetaGraphDef *)copy, err));
out:
	mg_arena_clear(&own);
	mg_arena_clear(&work);
	tell(&report, rc ? NULL : o->report, o->ctx);
	return rc;
}

/* ---- import ---- */

static bool
is_wanted(void *ctx, const char *key)
{
	const mgreg_import_options *o = ctx;
	bool listed = !o->collections;

	for (int i = 0; !listed && i < o->collection_count; i++)
		listed = strcmp(o->collections[i], key) == 0;
	return listed && (!o->restore || o->restore(o->ctx, key));
}

/* The saver of an import: its own, else one of all variables, else none. */
static int
saver_of(mg_graph *g, const mg_metagraph_imported *got, mg_saver **saver, mgreg_error *err)
{
	mg_saver_options usual = MG_SAVER_INIT;

	*saver = NULL;
	if (got->saver)
		return mg_saver_from_record(saver, g, got->saver, err);
	for (int i = 0; i < mg_collection_count(g, "variables"); i++) {
		const mg_item *item = mg_collection_item(g, "variables", i);
		const mg_variable_record *v = item->record;

		if (item->kind == MG_ITEM_RECORD && item->record_kind == MG_RECORD_VARIABLE && mg_starts_with(v->variable_name, got->prefix))
			return mg_saver_new(saver, g, &usual, err);
	}
	return 0;
}

int
mgreg_metagraph_import(mgreg_graph *graph, const mgreg_metagraph *m, const mgreg_import_options *options, mgreg_saver **saver,
	mgreg_error *err)
{
	static const mgreg_import_options usual = MGREG_IMPORT_INIT;
	const mgreg_import_options *o = options ? options : &usual;
	mg_metagraph_import_options how = MG_METAGRAPH_IMPORT_INIT;
	mg_metagraph_imported got;
	mg_report report = { { 0 } };
	mg_saver *s = NULL;
	mg_savepoint before;
	int rc;

	how.clear_devices = o->clear_devices;
	how.scope = o->import_scope;
	how.map_from = o->map_from;
	how.map_to = o->map_to;
	how.map_count = o->map_count;
	how.unbound_key = o->unbound_key;
	how.uniquify = o->uniquify;
	how.allow_unknown_ops = o->allow_unknown_ops;
	how.skip_bad_collections = o->skip_bad_collections;
	how.report = &report;
	how.return_names = o->return_names;
	how.returned = o->returned;
	how.return_count = o->return_count;
	if (o->collections || o->restore) {
		how.restore = is_wanted;
		how.ctx = (void *)o;
	}
	if ((rc = mg_graph_save_point(graph, &before, err)) != 0)
		return rc;
	how.shared = true;
	rc = mg_metagraph_import(graph, m->def, &how, &got, err);
	if (rc == 0) {
		atomic_fetch_add_explicit(&((mg_metagraph *)m)->holders, 1, memory_order_relaxed);
		rc = mg_graph_hold(graph, (mg_metagraph *)m, mg_metagraph_unref, err);
	}
	if (rc == 0 && saver)
		rc = saver_of(graph, &got, &s, err);
	if (rc) {
		mg_graph_roll_back(graph, &before);
	} else {
		mg_graph_release_point(graph, &before);
		if (saver)
			*saver = s;
		if (o->prefix)
			*o->prefix = got.prefix;
	}
	tell(&report, rc ? NULL : o->report, o->ctx);
	return rc;
}
