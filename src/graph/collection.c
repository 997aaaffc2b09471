/* SPDX-License-Identifier: Apache-2.0 */
/* collection.c - the live collections of a graph: keys in order of first use, each a list of items. */
#include "base/base.h"
#include "graph/graph_internal.h"

static mg_collection *
collection_find(const mg_graph *g, const char *key)
{
	return mg_map_find(&g->collection_map, key);
}

static int
collection_make(mg_graph *g, const char *key, mg_collection **out, mgreg_error *err)
{
	mg_collection *c = collection_find(g, key);

	if (!c) {
		c = mg_arena_zalloc(&g->arena, 1, sizeof(*c));
		if (!c || !(c->key = mg_arena_strdup(&g->arena, key)) || !mg_vec_reserve(&g->collections, g->collections.len + 1)
			|| !mg_map_set(&g->collection_map, key, c))
			return mg_fail_nomem(err, 0);
		g->collections.at[g->collections.len++] = c;
	}
	*out = c;
	return 0;
}

static int
check_open(const mg_graph *g, const char *key, mgreg_error *err)
{
	return g->finalized ? mg_fail(err, MGREG_FAILED_PRECONDITION,
		"collection '%s': the graph is finalized and cannot be changed", key) : 0;
}

int
mg_collection_add(mg_graph *g, const char *key, const mg_item *item, mgreg_error *err)
{
	mg_collection *c;
	mg_item *copy;
	int rc;

	if ((rc = check_open(g, key, err)) != 0 || (rc = collection_make(g, key, &c, err)) != 0)
		return rc;
	copy = mg_arena_memdup(&g->arena, item, sizeof(*item));
	if (!copy)
		return mg_fail_nomem(err, 0);
	if (item->kind == MG_ITEM_BYTES || item->kind == MG_ITEM_ANY) {
		copy->bytes.ptr = mg_arena_strndup(&g->arena, item->bytes.ptr ? item->bytes.ptr : "", item->bytes.len);
		if (!copy->bytes.ptr)
			return mg_fail_nomem(err, item->bytes.len);
	}
	if (item->type_url && !(copy->type_url = mg_arena_strdup(&g->arena, item->type_url)))
		return mg_fail_nomem(err, 0);
	if (item->kind == MG_ITEM_RECORD && item->record_kind == MG_RECORD_VARIABLE) {
		const mg_variable_record *v = item->record;

		if (!mg_map_has(&g->variables, v->variable_name)
			&& (mg_graph_note_variable(g, v->variable_name) != 0 || !mg_map_set(&g->variables, v->variable_name, (void *)v)))
			return mg_fail_nomem(err, 0);
	}
	return mg_vec_push(&c->items, copy) ? 0 : mg_fail_nomem(err, 0);
}

int
mg_collection_touch(mg_graph *g, const char *key, mgreg_error *err)
{
	mg_collection *c;
	int rc = check_open(g, key, err);

	return rc ? rc : collection_make(g, key, &c, err);
}

int
mg_collection_count(const mg_graph *g, const char *key)
{
	const mg_collection *c = collection_find(g, key);

	return c ? (int)c->items.len : 0;
}

const mg_item *
mg_collection_item(const mg_graph *g, const char *key, int i)
{
	const mg_collection *c = collection_find(g, key);

	assert(c && i >= 0 && (size_t)i < c->items.len);
	return c->items.at[i];
}

bool
mg_collection_has(const mg_graph *g, const char *key)
{
	return collection_find(g, key) != NULL;
}

void
mg_collection_remove(mg_graph *g, const char *key)
{
	mg_collection *c = collection_find(g, key);
	size_t i = 0;

	if (!c)
		return;
	mg_map_remove(&g->collection_map, key);
	while (g->collections.at[i] != c)
		i++;
	memmove(&g->collections.at[i], &g->collections.at[i + 1], (g->collections.len - i - 1) * sizeof(*g->collections.at));
	g->collections.len--;
	mg_vec_clear(&c->items);
}

void
mg_collection_truncate(mg_graph *g, const char *key, int count)
{
	mg_collection *c = collection_find(g, key);

	if (count < 0)
		mg_collection_remove(g, key);
	else if (c && (size_t)count < c->items.len)
		c->items.len = (size_t)count;
}

int
mg_collection_key_count(const mg_graph *g)
{
	return (int)g->collections.len;
}

const char *
mg_collection_key(const mg_graph *g, int i)
{
	assert(i >= 0 && (size_t)i < g->collections.len);
	return g->collections.at[i]->key;
}

int
mg_collection_add_node(mg_graph *g, const char *key, mg_node *n, mgreg_error *err)
{
	mg_item item = { .kind = MG_ITEM_NODE, .node = n };

	return mg_collection_add(g, key, &item, err);
}

int
mg_collection_add_tensor(mg_graph *g, const char *key, mg_output o, mgreg_error *err)
{
	mg_item item = { .kind = MG_ITEM_TENSOR, .tensor = o };

	return mg_collection_add(g, key, &item, err);
}

int
mg_collection_add_variable(mg_graph *g, const char *key, const mg_variable_record *v, mgreg_error *err)
{
	mg_item item = { .kind = MG_ITEM_RECORD, .record_kind = MG_RECORD_VARIABLE, .record = v };

	return mg_collection_add(g, key, &item, err);
}

static const char *
record_name(enum mg_record_kind kind, const void *record)
{
	switch (kind) {
	case MG_RECORD_VARIABLE:
		return ((const mg_variable_record *)record)->variable_name;
	case MG_RECORD_QUEUE_RUNNER:
		return ((const mg_queue_runner_record *)record)->queue_name;
	case MG_RECORD_COND:
	case MG_RECORD_WHILE:
		return ((const mg_context_record *)record)->context_name;
	case MG_RECORD_SAVER:
		return NULL;
	}
	return NULL;
}

const char *
mg_item_name(const mg_item *item, mg_arena *arena)
{
	switch (item->kind) {
	case MG_ITEM_NODE:
		return item->node->name;
	case MG_ITEM_TENSOR:
		return mg_output_name_colon(item->tensor, arena);
	case MG_ITEM_RECORD:
		return record_name(item->record_kind, item->record);
	default:
		return NULL;
	}
}
