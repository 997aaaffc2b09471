/* SPDX-License-Identifier: Apache-2.0 */
/*
 * export.c - a live graph -> MetaGraphDef, in TensorFlow's order of work: nodes in scope, meta info, graph, list of ops,
 * default values, saver, collections.
 */
#include "base/base.h"
#include "metagraph/metagraph_internal.h"

/* The release whose rules we write by; readers go by it (before 1.9, "trainable" did not exist). */
#define TENSORFLOW_VERSION "1.15.0"

static int
make_graph_def(mg_exporter *x, Pb__GraphDef **out, mgreg_error *err)
{
	const mg_metagraph_export_options *o = x->o;
	mg_graphdef_export how = { .node_count = o->node_count, .add_shapes = true };
	Pb__GraphDef *def = (Pb__GraphDef *)o->graph_def;
	int rc;

	if (!def && (rc = mg_graph_export_def(x->g, &how, x->arena, &def, err)) != 0)
		return rc;
	if (o->clear_extraneous_savers && (rc = mg_export_exclude_savers(x, def, err)) != 0)
		return rc;
	if (((o->scope && o->scope[0]) || o->clear_devices || o->clear_extraneous_savers)
		&& (rc = mg_export_scope(x, def, &def, err)) != 0)
		return rc;
	*out = def;
	return 0;
}

/* Of the MetaGraph that goes on as this one: what it is called; the list of ops is made anew. */
static void
go_on_from(Pb__MetaGraphDef__MetaInfoDef *info, const Pb__MetaGraphDef__MetaInfoDef *base)
{
	info->tags = base->tags;
	info->n_tags = base->n_tags;
	info->meta_graph_version = base->meta_graph_version;
	info->any_info = base->any_info;
}

static int
make_meta_info(mg_exporter *x, const Pb__GraphDef *def, Pb__MetaGraphDef__MetaInfoDef **out, mgreg_error *err)
{
	Pb__MetaGraphDef__MetaInfoDef *info;
	int rc;

	if (x->o->meta_info)
		info = mg_arena_memdup(x->arena, x->o->meta_info, sizeof(*info));
	else
		info = mg_msg_new(x->arena, &pb__meta_graph_def__meta_info_def__descriptor);
	if (!info)
		return mg_fail_nomem(err, 0);
	if (!x->o->meta_info && x->o->base && x->o->base->meta_info_def)
		go_on_from(info, x->o->base->meta_info_def);
	info->tensorflow_version = (char *)TENSORFLOW_VERSION;
	info->tensorflow_git_version = mg_arena_printf(x->arena, "mgreg-%s", mgreg_version());
	if (!info->tensorflow_git_version)
		return mg_fail_nomem(err, 0);
	if ((!info->stripped_op_list || info->stripped_op_list->n_op == 0)
		&& (rc = mg_export_op_list(x->g, def, x->o->allow_unknown_ops, x->arena, x->o->report, &info->stripped_op_list, err)) != 0)
		return rc;
	if (x->o->strip_default_attrs)
		info->stripped_default_attrs = true;
	*out = info;
	return 0;
}

static int
export_collections(mg_exporter *x, Pb__MetaGraphDef *m, mgreg_error *err)
{
	const mg_metagraph_export_options *o = x->o;
	mg_map keys = { 0 };
	mg_map_item item;
	int rc = 0;

	/* Names first: writing one collection may not disturb the list that is walked. */
	for (int i = 0; o->collections && i < o->collection_count; i++)
		if (!mg_map_set(&keys, o->collections[i], (void *)1))
			goto nomem;
	for (int i = 0; !o->collections && i < mg_collection_key_count(x->g); i++)
		if (!mg_map_set(&keys, mg_collection_key(x->g, i), (void *)1))
			goto nomem;
	for (void *it = NULL; (it = mg_map_next(&keys, it, &item)) != NULL; )
		MG_TRY(mg_export_collection(x, item.key, m, err));
	goto out;
nomem:
	rc = mg_fail_nomem(err, 0);
out:
	mg_map_clear(&keys);
	return rc;
}

/* What a live graph has no place for is taken over from the MetaGraph that the graph came from. */
static void
take_base(const Pb__MetaGraphDef *base, Pb__MetaGraphDef *m)
{
	m->n_signature_def = base->n_signature_def;
	m->signature_def = base->signature_def;
	m->n_asset_file_def = base->n_asset_file_def;
	m->asset_file_def = base->asset_file_def;
	m->object_graph_def = base->object_graph_def;
	m->base.n_unknown_fields = base->base.n_unknown_fields;
	m->base.unknown_fields = base->base.unknown_fields;
}

int
mg_metagraph_export(mg_graph *g, const mg_metagraph_export_options *o, mg_arena *arena, Pb__MetaGraphDef **out, mgreg_error *err)
{
	mg_exporter x = { .g = g, .o = o, .arena = arena };
	mg_namer whole = { .arena = arena };
	Pb__MetaGraphDef *m = mg_msg_new(arena, &pb__meta_graph_def__descriptor);
	int rc = 0;

	if (!m)
		return mg_fail_nomem(err, 0);
	if (o->base)
		take_base(o->base, m);
	if (o->saver) {
		m->saver_def = mg_saver_to_def(o->saver, &whole);
		MG_TRY(mg_namer_check(&whole, err));
		x.saver_def = &m->saver_def->base;
	}
	MG_TRY(make_graph_def(&x, &m->graph_def, err));
	MG_TRY(make_meta_info(&x, m->graph_def, &m->meta_info_def, err));
	if (o->strip_default_attrs)
		MG_TRY(mg_export_strip_defaults(m->graph_def, arena, &m->graph_def, err));
	MG_TRY(export_collections(&x, m, err));
	*out = m;
out:
	mg_map_clear(&x.excluded);
	return rc;
}
