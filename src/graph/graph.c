/* SPDX-License-Identifier: Apache-2.0 */
/* graph.c - the life of a graph: its nodes by number and by name, the default graph of a thread, seeds. */
#include "base/base.h"
#include "base/thread.h"
#include "graph/graph_internal.h"

bool
mg_ids_add(mg_ids *s, int id)
{
	size_t want = (size_t)id + 1;

	if (want > s->set.bits) {
		mg_set bigger;

		if (!mg_set_init(&bigger, MG_MAX(want * 2, (size_t)256)))
			return false;
		if (s->set.words)
			memcpy(bigger.words, s->set.words, (s->set.bits + 63) / 64 * 8);
		mg_set_clear(&s->set);
		s->set = bigger;
	}
	mg_set_add(&s->set, (size_t)id);
	return true;
}

int
mg_graph_new(mg_graph **out, mgreg_error *err)
{
	mg_graph *g = mg_calloc(1, sizeof(*g));

	if (!g)
		return mg_fail_nomem(err, sizeof(*g));
	g->versions = mg_msg_new(&g->arena, &pb__version_def__descriptor);
	if (!g->versions) {
		mg_graph_free(g);
		return mg_fail_nomem(err, 0);
	}
	g->versions->producer = MG_GRAPH_DEF_VERSION;
	g->versions->min_consumer = MG_GRAPH_DEF_MIN_CONSUMER;
	*out = g;
	return 0;
}

static void
node_release(mg_node *n)
{
	for (int i = 0; i < n->output_count; i++) {
		if (n->shapes)
			mg_shape_clear(&n->shapes[i]);
		if (n->handle_shapes)
			mg_shape_clear(&n->handle_shapes[i]);
	}
}

void
mg_graph_free(mg_graph *g)
{
	if (!g)
		return;
	for (size_t i = 0; i < g->nodes.len; i++)
		node_release(g->nodes.at[i]);
	for (size_t i = 0; i < g->controls.len; i++)
		mg_ids_clear(&g->controls.at[i].seen);
	for (size_t i = 0; i < g->collections.len; i++)
		mg_vec_clear(&g->collections.at[i]->items);
	mg_vec_clear(&g->nodes);
	mg_vec_clear(&g->scopes);
	mg_vec_clear(&g->controls);
	mg_vec_clear(&g->devices);
	mg_vec_clear(&g->colocation);
	for (size_t i = 0; i < g->flows.len; i++)
		mg_growth_free(g->flows.at[i]);
	mg_vec_clear(&g->flows);
	mg_vec_clear(&g->used_journal);
	mg_vec_clear(&g->variable_journal);
	mg_vec_clear(&g->collections);
	mg_vec_clear(&g->functions);
	mg_vec_clear(&g->gradients);
	mg_map_clear(&g->by_name);
	mg_map_clear(&g->used);
	mg_map_clear(&g->collection_map);
	mg_map_clear(&g->variables);
	mg_map_clear(&g->function_map);
	mg_map_clear(&g->gradient_map);
	mg_map_clear(&g->foreign_ops);
	mg_map_clear(&g->sources);
	for (size_t i = 0; i < g->held.len; i++)
		g->held.at[i].release(g->held.at[i].thing);
	mg_vec_clear(&g->held);
	mg_arena_clear(&g->arena);
	mg_free(g);
}

int
mg_graph_hold(mg_graph *g, void *thing, void (*release)(void *thing), mgreg_error *err)
{
	mg_held h = { thing, release };

	if (mg_vec_push(&g->held, h))
		return 0;
	release(thing);
	return mg_fail_nomem(err, 0);
}

/* ---- the default graph: one a thread, made when it is first asked for ---- */

static mg_once default_once = MG_ONCE_INIT;
static pthread_key_t default_key;
static int default_key_error;

static void
default_release(void *graph)
{
	mg_graph_free(graph);
}

static void
default_init(void)
{
	default_key_error = pthread_key_create(&default_key, default_release);
}

int
mg_graph_default(mg_graph **out, mgreg_error *err)
{
	mg_graph *g;
	int rc;

	pthread_once(&default_once, default_init);
	if (default_key_error)
		return mg_fail_os(err, default_key_error, "default graph");
	g = pthread_getspecific(default_key);
	if (!g) {
		if ((rc = mg_graph_new(&g, err)) != 0)
			return rc;
		if ((rc = pthread_setspecific(default_key, g)) != 0) {
			mg_graph_free(g);
			return mg_fail_os(err, rc, "default graph");
		}
	}
	*out = g;
	return 0;
}

void
mg_graph_reset_default(void)
{
	mg_graph *g;

	pthread_once(&default_once, default_init);
	if (default_key_error)
		return;
	g = pthread_getspecific(default_key);
	pthread_setspecific(default_key, NULL);
	mg_graph_free(g);
}

mg_arena *
mg_graph_arena(mg_graph *g)
{
	return &g->arena;
}

void
mg_graph_finalize(mg_graph *g)
{
	g->finalized = true;
}

int
mg_graph_node_count(const mg_graph *g)
{
	return (int)g->nodes.len;
}

mg_node *
mg_graph_node(const mg_graph *g, int id)
{
	assert(id >= 0 && (size_t)id < g->nodes.len);
	return g->nodes.at[id];
}

mg_node *
mg_graph_find(const mg_graph *g, const char *name)
{
	return mg_map_find(&g->by_name, name);
}

Pb__VersionDef *
mg_graph_versions(mg_graph *g)
{
	return g->versions;
}

/* ---- seeds ---- */

/* What stands for a missing graph seed when there is an op seed. */
#define DEFAULT_GRAPH_SEED 87654321

void
mg_graph_set_seed(mg_graph *g, int64_t seed)
{
	g->has_seed = true;
	g->seed = seed;
}

void
mg_graph_get_seeds(const mg_graph *g, bool has_op_seed, int64_t op_seed, int64_t out[2])
{
	if (!g->has_seed && !has_op_seed) {
		out[0] = out[1] = 0;
		return;
	}
	out[0] = g->has_seed ? g->seed : DEFAULT_GRAPH_SEED;
	/* The id of the last node made, counted from 1. */
	out[1] = has_op_seed ? op_seed : (int64_t)g->nodes.len;
	out[0] = (int64_t)(out[0] % INT32_MAX);
	out[1] = (int64_t)(out[1] % INT32_MAX);
	if (out[0] < 0)
		out[0] += INT32_MAX;
	if (out[1] < 0)
		out[1] += INT32_MAX;
	if (out[0] == 0 && out[1] == 0)
		out[1] = INT32_MAX;
}

struct mg_context_record *
mg_graph_set_context(mg_graph *g, struct mg_context_record *context)
{
	struct mg_context_record *before = g->context;

	g->context = context;
	return before;
}

const Pb__OpDef *
mg_graph_foreign_op(const mg_graph *g, const char *op)
{
	return mg_map_find(&g->foreign_ops, op);
}
