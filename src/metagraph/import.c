/* SPDX-License-Identifier: Apache-2.0 */
/* import.c - MetaGraphDef -> nodes and collections of a live graph, and the saver's record. */
#include "base/base.h"
#include "base/num.h"
#include "metagraph/metagraph_internal.h"

static int
compare_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The values of the collection of unbound inputs, as texts in ARENA. */
static int
unbound_names(const Pb__MetaGraphDef *m, const char *key, mg_arena *arena, const char ***out, size_t *count, mgreg_error *err)
{
	const Pb__CollectionDef *d = NULL;
	const char **names;

	*count = 0;
	for (size_t i = 0; i < m->n_collection_def; i++)
		if (strcmp(m->collection_def[i]->key, key) == 0)
			d = m->collection_def[i]->value;
	if (d && d->kind_case == PB__COLLECTION_DEF__KIND_NODE_LIST) {
		*out = (const char **)mg_arena_memdup(arena, d->node_list->value, d->node_list->n_value * sizeof(char *));
		*count = d->node_list->n_value;
		return *out || !*count ? 0 : mg_fail_nomem(err, 0);
	}
	if (!d || d->kind_case != PB__COLLECTION_DEF__KIND_BYTES_LIST)
		return 0;
	if (!(names = mg_arena_zalloc(arena, d->bytes_list->n_value + 1, sizeof(*names))))
		return mg_fail_nomem(err, 0);
	for (size_t i = 0; i < d->bytes_list->n_value; i++)
		if (!(names[i] = mg_arena_strndup(arena, (const char *)d->bytes_list->value[i].data, d->bytes_list->value[i].len)))
			return mg_fail_nomem(err, 0);
	*out = names;
	*count = d->bytes_list->n_value;
	return 0;
}

/* The unbound inputs and the keys of the map must be the same; duplicates can never be. */
static int
check_unbound(const Pb__MetaGraphDef *m, const mg_metagraph_import_options *o, mgreg_error *err)
{
	mg_arena arena = { 0 };
	mg_str missing = MG_STR_INIT;
	const char **names = NULL, **keys;
	size_t count;
	bool same;
	int rc = 0;

	if (!o->unbound_key || !o->unbound_key[0])
		return 0;
	MG_TRY(unbound_names(m, o->unbound_key, &arena, &names, &count, err));
	if (count == 0)
		goto out;
	if (!(keys = mg_arena_zalloc(&arena, (size_t)o->map_count + 1, sizeof(*keys)))) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	for (int i = 0; i < o->map_count; i++)
		keys[i] = o->map_from[i];
	qsort(names, count, sizeof(*names), compare_text);
	qsort(keys, (size_t)o->map_count, sizeof(*keys), compare_text);
	same = count == (size_t)o->map_count;
	for (size_t i = 0; same && i < count; i++)
		same = strcmp(names[i], keys[i]) == 0;
	if (same)
		goto out;
	for (size_t i = 0; i < count; i++)
		if (!bsearch(&names[i], keys, (size_t)o->map_count, sizeof(*keys), compare_text)
			&& (i == 0 || strcmp(names[i], names[i - 1]) != 0))
			mg_str_printf(&missing, "%s%s", missing.len ? "," : "", names[i]);
	if (missing.len)
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "the graph has unbound inputs that the input map does not give: %s", missing.ptr);
	else
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "the input map has other keys than the unbound inputs of the graph");
out:
	mg_str_clear(&missing);
	mg_arena_clear(&arena);
	return rc;
}

static int
import_saver(mg_graph *g, const Pb__SaverDef *d, const char *prefix, mg_metagraph_imported *out, mgreg_error *err)
{
	mg_namer n = { .scope = prefix, .import = true, .arena = mg_graph_arena(g) };
	void *record;
	int rc = mg_record_from_def(MG_RECORD_SAVER, &d->base, g, &n, &record, err);

	if (rc)
		return mg_wrap(err, rc, "saver_def");
	out->saver = record;
	out->saver_from_def = true;
	return 0;
}

int
mg_metagraph_import(mg_graph *g, const Pb__MetaGraphDef *m, const mg_metagraph_import_options *o, mg_metagraph_imported *out, mgreg_error *err)
{
	static const Pb__GraphDef empty = PB__GRAPH_DEF__INIT;
	const Pb__GraphDef *def = m->graph_def ? m->graph_def : &empty;
	mg_metagraph_imported result = { 0 };
	mg_graphdef_import how = {
		.uniquify = o->uniquify, .clear_devices = o->clear_devices, .allow_unknown_ops = o->allow_unknown_ops, .shared = o->shared,
		.map_from = o->map_from, .map_to = o->map_to, .map_count = o->map_count,
		.producer_ops = m->meta_info_def ? m->meta_info_def->stripped_op_list : NULL,
	};
	const char *scope;
	mg_savepoint before;
	int rc;

	how.return_names = o->return_names;
	how.returned = o->returned;
	how.return_count = o->return_count;
	if ((rc = check_unbound(m, o, err)) != 0 || (rc = mg_graph_save_point(g, &before, err)) != 0)
		return rc;
	/* What the scope will really be called has to be known before the import takes the name. */
	MG_TRY(mg_graph_unique_name(g, o->scope ? o->scope : "", false, &scope, err));
	how.prefix = o->scope && o->scope[0] ? o->scope : scope;
	MG_TRY(mg_graph_import_def(g, def, &how, err));
	MG_TRY(mg_import_collections(g, m, o, scope, err));
	result.prefix = how.used_prefix;
	result.nodes = how.nodes;
	result.node_count = (int)def->n_node;
	if (m->saver_def)
		MG_TRY(import_saver(g, m->saver_def, result.prefix, &result, err));
	*out = result;
out:
	if (rc)
		mg_graph_roll_back(g, &before);
	else
		mg_graph_release_point(g, &before);
	return rc;
}

/* ---- types, seen from the message alone ---- */

/* "n:3" -> length of "n", 3. */
static size_t
split_tensor(const char *name, int64_t *port)
{
	const char *colon = strrchr(name, ':');

	*port = 0;
	if (colon && mg_parse_i64(colon + 1, strlen(colon + 1), port))
		return (size_t)(colon - name);
	return strlen(name);
}

/* Type number INDEX of the inputs or outputs of D. */
static int
type_of(const Pb__NodeDef *d, bool outputs, int64_t index, mg_dtype *out, mgreg_error *err)
{
	const mg_op_def *op = mg_op_find(d->op);
	mg_arena arena = { 0 };
	mg_attrs attrs = { 0 };
	int *types, count, rc;

	if (!op)
		return mg_fail(err, MGREG_NOT_FOUND, "op type '%s' is not known", d->op);
	if (!(attrs.at = mg_arena_zalloc(&arena, d->n_attr + 1, sizeof(*attrs.at))))
		return mg_fail_nomem(err, 0);
	for (size_t i = 0; i < d->n_attr; i++)
		if (d->attr[i]->value)
			attrs.at[attrs.count++] = (mg_attr){ d->attr[i]->key, d->attr[i]->value };
	MG_TRY(mg_op_fill_defaults(op, &attrs, &arena, err));
	MG_TRY(outputs ? mg_op_output_types(op, &attrs, &arena, &types, &count, err) : mg_op_input_types(op, &attrs, &arena, &types, &count, err));
	if (index < 0 || index >= count)
		rc = mg_fail(err, MGREG_NOT_FOUND, "node '%s' has %d %s", d->name, count, outputs ? "outputs" : "inputs");
	else
		*out = mg_dtype_base(types[index]);
out:
	mg_arena_clear(&arena);
	return rc;
}

int
mg_metagraph_dtype(const Pb__MetaGraphDef *m, const char *name, mg_dtype *out, mgreg_error *err)
{
	const Pb__GraphDef *g = m->graph_def;
	int64_t port, other;
	size_t len = split_tensor(name, &port);

	for (size_t i = 0; g && i < g->n_node; i++)
		if (strlen(g->node[i]->name) == len && memcmp(g->node[i]->name, name, len) == 0)
			return type_of(g->node[i], true, port, out, err);
	for (size_t i = 0; g && i < g->n_node; i++)
		for (size_t k = 0; k < g->node[i]->n_input; k++) {
			const char *input = g->node[i]->input[k];

			if (split_tensor(input, &other) == len && other == port && memcmp(input, name, len) == 0)
				return type_of(g->node[i], false, (int64_t)k, out, err);
		}
	return mg_fail(err, MGREG_NOT_FOUND, "tensor '%s': no node of the MetaGraph has it or asks for it", name);
}
