/* SPDX-License-Identifier: Apache-2.0 */
/* derived.c - index rows out of facts: graphs, nodes, edges, MetaGraphs, collection items, signatures, hyper-parameter sets. */
#include "base/base.h"
#include "base/set.h"
#include "store/store_internal.h"

int
mg_derived_reset(mg_store *s, mgreg_error *err)
{
	assert(s->txn_depth > 0);
	return mg_db_exec(s, mg_sql_derived, err);
}

static int
insert_graph(mg_store *s, const mg_metagraph_facts *f, int64_t *graph_id, mgreg_error *err)
{
	mg_set left_out = { NULL };
	bool found;
	int rc;

	MG_TRY(mg_stmt_one(s, MG_SQL_GRAPH_FIND, graph_id, &found, err, "b", f->graph_canon, (size_t)32));
	if (found)
		return 0;
	if (!mg_set_init(&left_out, f->node_count))
		return mg_fail_nomem(err, f->node_count);
	MG_TRY(mg_stmt_run(s, MG_SQL_GRAPH_INSERT, err, "biii", f->graph_canon, (size_t)32, (int64_t)f->producer,
		(int64_t)f->min_consumer, (int64_t)f->node_count));
	*graph_id = mg_stmt_last_id(s);
	for (size_t i = 0; i < f->node_count; i++) {
		const mg_node_fact *n = &f->nodes[i];

		MG_TRY(mg_stmt_run(s, MG_SQL_NODE_INSERT, err, "iissssb", *graph_id, (int64_t)i, n->name, n->op,
			n->device ? n->device : "", n->inputs ? n->inputs : "", n->attr_digest, (size_t)32));
		if (mg_stmt_changes(s) == 0)
			mg_set_add(&left_out, i);
	}
	for (size_t i = 0; i < f->edge_count; i++) {
		const mg_edge_fact *e = &f->edges[i];

		if (!mg_set_has(&left_out, (size_t)e->node_no) && !mg_set_has(&left_out, (size_t)e->src_no))
			MG_TRY(mg_stmt_run(s, MG_SQL_EDGE_INSERT, err, "iiiii", *graph_id, (int64_t)e->node_no, (int64_t)e->idx,
				(int64_t)e->src_no, (int64_t)e->src_slot));
	}
out:
	mg_set_clear(&left_out);
	return rc;
}

int
mg_derived_metagraph(mg_store *s, int64_t object_id, const mg_metagraph_facts *f, mgreg_error *err)
{
	int64_t graph_id, there;
	bool found;
	int rc;

	MG_TRY(mg_stmt_one(s, MG_SQL_METAGRAPH_THERE, &there, &found, err, "i", object_id));
	if (found)
		return 0;
	MG_TRY(insert_graph(s, f, &graph_id, err));
	MG_TRY(mg_stmt_run(s, MG_SQL_METAGRAPH_INSERT, err, "ibisssb", object_id, f->canon, (size_t)32, graph_id,
		f->meta_graph_version, f->tensorflow_version, f->tags ? f->tags : "", f->saver, f->saver ? f->saver_size : (size_t)0));
	for (size_t i = 0; i < f->item_count; i++) {
		const mg_item_fact *x = &f->items[i];

		MG_TRY(mg_stmt_run(s, MG_SQL_ITEM_INSERT, err, "isissIDbss", object_id, x->name, (int64_t)x->idx, x->kind, x->node,
			(int)x->has_int, x->int_value, (int)x->has_real, x->real_value, x->bytes, x->bytes ? x->bytes_size : (size_t)0,
			x->type_url, x->summary));
	}
	for (size_t i = 0; i < f->signature_count; i++) {
		const mg_signature_fact *g = &f->signatures[i];

		MG_TRY(mg_stmt_run(s, MG_SQL_SIGNATURE_INSERT, err, "isssssss", object_id, g->name, g->side, g->key, g->tensor, g->dtype,
			g->shape, g->method));
	}
out:
	return rc;
}

int
mg_derived_hparams(mg_store *s, int64_t version_id, const char *doc, const mg_hparam_fact *items, size_t count, mgreg_error *err)
{
	int64_t set_id;
	bool found;
	int rc;

	MG_TRY(mg_check_json("hyper-parameters", doc, err));
	MG_TRY(mg_stmt_one(s, MG_SQL_HPARAM_SET_FIND, &set_id, &found, err, "s", doc));
	if (!found) {
		MG_TRY(mg_stmt_run(s, MG_SQL_HPARAM_SET_INSERT, err, "s", doc));
		set_id = mg_stmt_last_id(s);
		for (size_t i = 0; i < count; i++)
			MG_TRY(mg_stmt_run(s, MG_SQL_HPARAM_INSERT, err, "issDs", set_id, items[i].name, items[i].type,
				items[i].has_number && items[i].number == items[i].number, items[i].number, items[i].text));
	}
	MG_TRY(mg_stmt_run(s, MG_SQL_VERSION_HPARAMS_SET, err, "ii", version_id, set_id));
out:
	return rc;
}

int
mg_derived_sources_read(mg_store *s, mg_derived_sources *out, mgreg_error *err)
{
	mg_stmt *q = NULL;
	int rc;

	MG_TRY(mg_stmt_get(s, MG_SQL_DERIVED_SOURCE_LIST, &q, err));
	while (rc == 0 && (rc = mg_stmt_step(q, err)) == 0 && mg_stmt_has_row(q)) {
		mg_derived_source x;

		mg_stmt_read(q, "iii", &x.object_id, &x.version_id, &x.idx);
		if (!mg_vec_push(out, x))
			rc = mg_fail_nomem(err, 0);
	}
out:
	mg_stmt_release(q);
	return rc;
}

int
mg_tensor_sources_read(mg_store *s, mg_arena *arena, mg_tensor_sources *out, mgreg_error *err)
{
	mg_stmt *q = NULL;
	int rc;

	MG_TRY(mg_stmt_get(s, MG_SQL_TENSOR_SOURCE_LIST, &q, err));
	while (rc == 0 && (rc = mg_stmt_step(q, err)) == 0 && mg_stmt_has_row(q)) {
		mg_tensor_source x;
		const char *dtype;

		mg_stmt_read(q, "iit", &x.tensor_id, &x.object_id, &dtype);
		if (!(x.dtype = mg_arena_strdup(arena, dtype)) || !mg_vec_push(out, x))
			rc = mg_fail_nomem(err, 0);
	}
out:
	mg_stmt_release(q);
	return rc;
}

int
mg_tensor_set_stats(mg_store *s, int64_t tensor_id, const mg_tensor_stats *st, mgreg_error *err)
{
	bool finite = st->has && st->min == st->min;

	return mg_stmt_run(s, MG_SQL_TENSOR_SET_STATS, err, "iDDDDDIII", tensor_id, (int)finite, st->min, (int)finite, st->max, (int)finite,
		st->mean, (int)finite, st->std, (int)finite, st->l2, (int)st->has, st->zeros, (int)st->has, st->nans, (int)st->has, st->infs);
}

int
mg_series_summarize_all(mg_store *s, int64_t *count, mgreg_error *err)
{
	mg_ids ids = { 0 };
	mg_stmt *q = NULL;
	int rc;

	MG_TRY(mg_stmt_get(s, MG_SQL_SERIES_LIST, &q, err));
	while (rc == 0 && (rc = mg_stmt_step(q, err)) == 0 && mg_stmt_has_row(q)) {
		int64_t id;

		mg_stmt_read(q, "i", &id);
		if (!mg_vec_push(&ids, id))
			rc = mg_fail_nomem(err, 0);
	}
	mg_stmt_release(q);
	q = NULL;
	for (size_t i = 0; rc == 0 && i < ids.len; i++)
		rc = mg_stmt_run(s, MG_SQL_SERIES_SUMMARIZE, err, "i", ids.at[i]);
	*count = (int64_t)ids.len;
out:
	mg_stmt_release(q);
	mg_vec_clear(&ids);
	return rc;
}
