/* SPDX-License-Identifier: Apache-2.0 */
/*
 * facts.c - a MetaGraph as rows: nodes, edges, collection items, signatures, hyper-parameters.
 *
 * A NodeDef names its inputs "node", "node:slot" or "^node"; edges give them as numbers, -1 being a control edge.
 */
#include "base/base.h"
#include "base/num.h"
#include "base/sha256.h"
#include "registry/facts.h"

#include <math.h>

/* ---- graph ---- */

/* SHA-256 over the attributes alone, in canonical order: a NodeDef that has nothing else. */
static int
attr_digest(const Pb__NodeDef *n, mg_str *scratch, uint8_t out[32], mgreg_error *err)
{
	Pb__NodeDef only = PB__NODE_DEF__INIT;
	int rc;

	only.n_attr = n->n_attr;
	only.attr = n->attr;
	mg_str_reset(scratch);
	if ((rc = mg_msg_encode(&only.base, scratch, err)) != 0)
		return rc;
	return mg_sha256(scratch->ptr, scratch->len, out, err);
}

static const char *
join_inputs(const Pb__NodeDef *n, mg_arena *arena)
{
	size_t len = 1;
	char *text, *p;

	if (n->n_input == 0)
		return "";
	for (size_t i = 0; i < n->n_input; i++)
		len += strlen(n->input[i]) + 1;
	if (!(text = p = mg_arena_alloc(arena, len)))
		return NULL;
	for (size_t i = 0; i < n->n_input; i++) {
		size_t k = strlen(n->input[i]);
		if (i)
			*p++ = ' ';
		memcpy(p, n->input[i], k);
		p += k;
	}
	*p = '\0';
	return text;
}

/* "^a" -> a, -1; "a:2" -> a, 2; "a" -> a, 0. */
static mg_slice
parse_input(const char *input, int *slot)
{
	const char *colon = strrchr(input, ':');
	int64_t v;

	*slot = 0;
	if (*input == '^') {
		*slot = -1;
		return MG_SLICE(input + 1);
	}
	if (colon && mg_parse_i64(colon + 1, strlen(colon + 1), &v) && v >= 0 && v <= INT32_MAX) {
		*slot = (int)v;
		return (mg_slice){ input, (size_t)(colon - input) };
	}
	return MG_SLICE(input);
}

static int
node_facts(const Pb__GraphDef *g, mg_arena *arena, mg_metagraph_facts *out, mgreg_error *err)
{
	mg_node_fact *nodes = mg_arena_zalloc(arena, g->n_node + 1, sizeof(*nodes));
	mg_str scratch = MG_STR_INIT;
	int rc = 0;

	if (!nodes)
		return mg_fail_nomem(err, 0);
	for (size_t i = 0; i < g->n_node && rc == 0; i++) {
		const Pb__NodeDef *n = g->node[i];
		nodes[i] = (mg_node_fact){ .name = n->name, .op = n->op, .device = n->device, .inputs = join_inputs(n, arena) };
		rc = nodes[i].inputs ? attr_digest(n, &scratch, nodes[i].attr_digest, err) : mg_fail_nomem(err, 0);
	}
	mg_str_clear(&scratch);
	out->nodes = nodes;
	out->node_count = g->n_node;
	return rc;
}

/* Inputs that name no node of the graph (they make it invalid, not unstorable) have no edge. */
static int
edge_facts(const Pb__GraphDef *g, mg_arena *arena, mg_metagraph_facts *out, mgreg_error *err)
{
	mg_map numbers = { 0 };
	mg_edge_fact *edges;
	size_t count = 0, n = 0;
	int rc = 0;

	for (size_t i = 0; i < g->n_node; i++) {
		count += g->node[i]->n_input;
		if (!mg_map_set(&numbers, g->node[i]->name, (void *)(i + 1)))
			rc = mg_fail_nomem(err, 0);
	}
	edges = mg_arena_zalloc(arena, count + 1, sizeof(*edges));
	if (!edges)
		rc = mg_fail_nomem(err, 0);
	for (size_t i = 0; i < g->n_node && rc == 0; i++)
		for (size_t k = 0; k < g->node[i]->n_input; k++) {
			int slot;
			mg_slice from = parse_input(g->node[i]->input[k], &slot);
			uintptr_t found = (uintptr_t)mg_map_findn(&numbers, from.ptr, from.len);
			if (found)
				edges[n++] = (mg_edge_fact){ (int)i, (int)k, (int)found - 1, slot };
		}
	mg_map_clear(&numbers);
	out->edges = edges;
	out->edge_count = n;
	return rc;
}

/* ---- collections ---- */

/* A line a person understands: the variable's name, the queue's, the text itself. */
static const char *
summarize(const char *key, const ProtobufCBinaryData *bytes, mg_arena *arena)
{
	static const struct { const char *key; const mg_msg_type *type; } typed[] = {
		{ "variables", &pb__variable_def__descriptor }, { "trainable_variables", &pb__variable_def__descriptor },
		{ "local_variables", &pb__variable_def__descriptor }, { "model_variables", &pb__variable_def__descriptor },
		{ "moving_average_variables", &pb__variable_def__descriptor }, { "global_step", &pb__variable_def__descriptor },
		{ "metric_variables", &pb__variable_def__descriptor },
		{ "queue_runners", &pb__queue_runner_def__descriptor }, { "savers", &pb__saver_def__descriptor },
		{ "cond_context", &pb__cond_context_def__descriptor }, { "while_context", &pb__while_context_def__descriptor },
		{ "hparams", &pb__hparam_def__descriptor },
	};
	mg_str text = MG_STR_INIT;
	const char *result = NULL;
	mg_msg *msg;

	for (size_t i = 0; i < MG_COUNT(typed); i++)
		if (strcmp(typed[i].key, key) == 0
		    && mg_msg_decode(typed[i].type, bytes->data, bytes->len, arena, &msg, NULL) == 0
		    && mg_msg_print_short(msg, &text, NULL) == 0)
			result = mg_arena_strndup(arena, text.ptr, MG_MIN(text.len, (size_t)500));
	mg_str_clear(&text);
	if (!result && mg_utf8_valid(bytes->data, bytes->len) && bytes->len <= 500 && !memchr(bytes->data ? (char *)bytes->data : "", 0, bytes->len))
		result = mg_arena_strndup(arena, (const char *)bytes->data, bytes->len);
	return result;
}

typedef struct item_list {
	MG_VEC(mg_item_fact) v;
	mg_arena *arena;
	bool failed;
} item_list;

static void
add_item(item_list *list, mg_item_fact item)
{
	if (!mg_vec_push(&list->v, item))
		list->failed = true;
}

static void
collect_items(const char *key, const Pb__CollectionDef *def, item_list *list)
{
	switch (def->kind_case) {
	case PB__COLLECTION_DEF__KIND_NODE_LIST:
		for (size_t i = 0; i < def->node_list->n_value; i++)
			add_item(list, (mg_item_fact){ .name = key, .idx = (int)i, .kind = "node", .node = def->node_list->value[i],
				.summary = def->node_list->value[i] });
		break;
	case PB__COLLECTION_DEF__KIND_BYTES_LIST:
		for (size_t i = 0; i < def->bytes_list->n_value; i++) {
			const ProtobufCBinaryData *b = &def->bytes_list->value[i];
			add_item(list, (mg_item_fact){ .name = key, .idx = (int)i, .kind = "bytes", .bytes = b->data ? (void *)b->data : "",
				.bytes_size = b->len, .summary = summarize(key, b, list->arena) });
		}
		break;
	case PB__COLLECTION_DEF__KIND_INT64_LIST:
		for (size_t i = 0; i < def->int64_list->n_value; i++)
			add_item(list, (mg_item_fact){ .name = key, .idx = (int)i, .kind = "int64", .has_int = true,
				.int_value = def->int64_list->value[i],
				.summary = mg_arena_printf(list->arena, "%lld", (long long)def->int64_list->value[i]) });
		break;
	case PB__COLLECTION_DEF__KIND_FLOAT_LIST:
		for (size_t i = 0; i < def->float_list->n_value; i++) {
			char text[MG_NUM_MAX];
			mg_format_float(text, def->float_list->value[i]);
			add_item(list, (mg_item_fact){ .name = key, .idx = (int)i, .kind = "float", .has_real = true,
				.real_value = def->float_list->value[i], .summary = mg_arena_strdup(list->arena, text) });
		}
		break;
	case PB__COLLECTION_DEF__KIND_ANY_LIST:
		for (size_t i = 0; i < def->any_list->n_value; i++) {
			const Pb__Any *a = def->any_list->value[i];
			add_item(list, (mg_item_fact){ .name = key, .idx = (int)i, .kind = "any", .type_url = a->type_url,
				.bytes = a->value.data ? (void *)a->value.data : "", .bytes_size = a->value.len, .summary = a->type_url });
		}
		break;
	default:
		add_item(list, (mg_item_fact){ .name = key, .kind = "empty" });
	}
}

static int
collection_facts(const Pb__MetaGraphDef *m, mg_arena *arena, mg_metagraph_facts *out, mgreg_error *err)
{
	item_list list = { .arena = arena };
	mg_map seen = { 0 };
	int rc = 0;

	/* of duplicate keys the last counts */
	for (size_t i = m->n_collection_def; i-- > 0; ) {
		const Pb__MetaGraphDef__CollectionDefEntry *e = m->collection_def[i];
		if (mg_map_has(&seen, e->key))
			continue;
		if (!mg_map_set(&seen, e->key, &seen))
			list.failed = true;
		if (e->value)
			collect_items(e->key, e->value, &list);
	}
	mg_map_clear(&seen);
	out->items = mg_arena_memdup(arena, list.v.at ? (void *)list.v.at : (void *)"", list.v.len * sizeof(*list.v.at));
	out->item_count = list.v.len;
	if (list.failed || !out->items)
		rc = mg_fail_nomem(err, 0);
	mg_vec_clear(&list.v);
	return rc;
}

/* ---- signatures ---- */

static const char *
shape_json(const Pb__TensorShapeProto *p, mg_arena *arena)
{
	mg_str s = MG_STR_INIT;
	const char *text;

	if (!p || p->unknown_rank)
		return "null";
	mg_str_addc(&s, '[');
	for (size_t i = 0; i < p->n_dim; i++)
		mg_str_printf(&s, "%s%lld", i ? "," : "", (long long)p->dim[i]->size);
	mg_str_addc(&s, ']');
	text = mg_arena_strndup(arena, s.ptr, s.len);
	mg_str_clear(&s);
	return text;
}

static mg_signature_fact
signature_fact(const char *name, const char *side, const char *method, const char *key, const Pb__TensorInfo *info, mg_arena *arena)
{
	mg_signature_fact f = { .name = name, .side = side, .key = key, .method = method, .tensor = "" };

	if (!info)
		return f;
	if (info->encoding_case == PB__TENSOR_INFO__ENCODING_NAME)
		f.tensor = info->name;
	else if (info->encoding_case == PB__TENSOR_INFO__ENCODING_COO_SPARSE && info->coo_sparse)
		f.tensor = info->coo_sparse->values_tensor_name;
	f.dtype = mg_dtype_name((int)info->dtype);
	f.shape = shape_json(info->tensor_shape, arena);
	return f;
}

static int
signature_facts(const Pb__MetaGraphDef *m, mg_arena *arena, mg_metagraph_facts *out, mgreg_error *err)
{
	mg_signature_fact *facts;
	size_t count = 0, n = 0;

	for (size_t i = 0; i < m->n_signature_def; i++)
		if (m->signature_def[i]->value)
			count += m->signature_def[i]->value->n_inputs + m->signature_def[i]->value->n_outputs;
	if (!(facts = mg_arena_zalloc(arena, count + 1, sizeof(*facts))))
		return mg_fail_nomem(err, 0);
	for (size_t i = 0; i < m->n_signature_def; i++) {
		const Pb__SignatureDef *s = m->signature_def[i]->value;
		const char *name = m->signature_def[i]->key;
		if (!s)
			continue;
		for (size_t k = 0; k < s->n_inputs; k++)
			facts[n++] = signature_fact(name, "input", s->method_name, s->inputs[k]->key, s->inputs[k]->value, arena);
		for (size_t k = 0; k < s->n_outputs; k++)
			facts[n++] = signature_fact(name, "output", s->method_name, s->outputs[k]->key, s->outputs[k]->value, arena);
	}
	out->signatures = facts;
	out->signature_count = n;
	return 0;
}

/* ---- the whole ---- */

static int
compare_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static const char *
join_tags(const Pb__MetaGraphDef__MetaInfoDef *info, mg_arena *arena)
{
	mg_str s = MG_STR_INIT;
	char **tags;
	const char *text = "";

	if (!info || info->n_tags == 0)
		return "";
	tags = mg_arena_memdup(arena, info->tags, info->n_tags * sizeof(*tags));
	if (!tags)
		return NULL;
	qsort(tags, info->n_tags, sizeof(*tags), compare_text);
	for (size_t i = 0; i < info->n_tags; i++)
		mg_str_printf(&s, "%s%s", i ? "," : "", tags[i]);
	text = s.failed ? NULL : mg_arena_strndup(arena, s.ptr, s.len);
	mg_str_clear(&s);
	return text;
}

static int
saver_facts(const Pb__MetaGraphDef *m, mg_arena *arena, mg_metagraph_facts *out, mgreg_error *err)
{
	mg_str bytes = MG_STR_INIT;
	int rc = 0;

	if (!m->saver_def)
		return 0;
	rc = mg_msg_encode(&m->saver_def->base, &bytes, err);
	if (rc == 0) {
		out->saver = mg_arena_memdup(arena, bytes.ptr, bytes.len);
		out->saver_size = bytes.len;
		if (!out->saver)
			rc = mg_fail_nomem(err, 0);
	}
	mg_str_clear(&bytes);
	return rc;
}

int
mg_facts_of_metagraph(const Pb__MetaGraphDef *m, mg_arena *arena, mg_metagraph_facts *out, mgreg_error *err)
{
	static const Pb__GraphDef empty = PB__GRAPH_DEF__INIT;
	const Pb__GraphDef *g = m->graph_def ? m->graph_def : &empty;
	const Pb__MetaGraphDef__MetaInfoDef *info = m->meta_info_def;
	int rc = 0;

	memset(out, 0, sizeof(*out));
	MG_TRY(mg_metagraph_digests(m, out->graph_canon, out->canon, err));
	out->producer = g->versions ? g->versions->producer : g->version;
	out->min_consumer = g->versions ? g->versions->min_consumer : 0;
	out->meta_graph_version = info ? info->meta_graph_version : "";
	out->tensorflow_version = info ? info->tensorflow_version : "";
	if (!(out->tags = join_tags(info, arena)))
		return mg_fail_nomem(err, 0);
	MG_TRY(saver_facts(m, arena, out, err));
	MG_TRY(node_facts(g, arena, out, err));
	MG_TRY(edge_facts(g, arena, out, err));
	MG_TRY(collection_facts(m, arena, out, err));
	MG_TRY(signature_facts(m, arena, out, err));
out:
	return rc;
}

/* ---- hyper-parameters ---- */

static int
hparam_fact(const char *name, const json_t *value, mg_arena *arena, mg_hparam_fact *out, mgreg_error *err)
{
	static const char *const types[] = {
		[JSON_OBJECT] = "list", [JSON_ARRAY] = "list", [JSON_STRING] = "string", [JSON_INTEGER] = "int",
		[JSON_REAL] = "float", [JSON_TRUE] = "bool", [JSON_FALSE] = "bool", [JSON_NULL] = "null",
	};
	mg_str text = MG_STR_INIT;
	double number;
	int rc = 0;

	*out = (mg_hparam_fact){ .name = mg_arena_strdup(arena, name), .type = types[json_typeof(value)] };
	if (json_is_string(value)) {
		const char *s = json_string_value(value);
		out->text = mg_arena_strdup(arena, s);
		/* the three words that JSON lacks */
		if (mg_parse_double(s, strlen(s), &number) && !isfinite(number)) {
			out->type = "float";
			out->has_number = !isnan(number);
			out->number = number;
		}
	} else {
		if ((rc = mg_json_format(value, &text, err)) == 0)
			out->text = mg_arena_strndup(arena, text.ptr, text.len);
		out->has_number = json_is_number(value) || json_is_boolean(value);
		out->number = json_is_boolean(value) ? json_is_true(value) : json_number_value(value);
	}
	mg_str_clear(&text);
	if (rc == 0 && (!out->name || !out->text))
		rc = mg_fail_nomem(err, 0);
	return rc;
}

int
mg_facts_of_hparams(const Pb__MetaGraphDef *m, const json_t *given, mg_arena *arena, const char **doc,
	mg_hparam_fact **items, size_t *count, mgreg_error *err)
{
	json_t *all = NULL, *value;
	mg_str text = MG_STR_INIT;
	const char *key;
	size_t n = 0;
	int rc = 0;

	*doc = NULL;
	*items = NULL;
	*count = 0;
	if (m)
		MG_TRY(mg_metagraph_hparams(m, &all, err));
	if (!all && !(all = json_object())) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	if (given && json_object_update(all, (json_t *)given) != 0) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	if (json_object_size(all) == 0)
		goto out;
	MG_TRY(mg_json_format(all, &text, err));
	*doc = mg_arena_strndup(arena, text.ptr, text.len);
	*items = mg_arena_zalloc(arena, json_object_size(all), sizeof(**items));
	if (!*doc || !*items) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	json_object_foreach(all, key, value)
		MG_TRY(hparam_fact(key, value, arena, &(*items)[n++], err));
	*count = n;
out:
	json_decref(all);
	mg_str_clear(&text);
	return rc;
}
