/* SPDX-License-Identifier: Apache-2.0 */
/*
 * savepoint.c - taking a live graph back to what it was: nodes, names, functions, collections, versions.
 *
 * Nearly everything only grows, so that lengths say it.  What can change in place is written down while a savepoint is
 * open: how often a name was asked for, and variables known by name.  The arena keeps what was allocated.
 */
#include "base/base.h"
#include "graph/graph_internal.h"

int
mg_graph_note_used(mg_graph *g, uint64_t key, intptr_t before)
{
	mg_used_note note = { key, before };

	if (!g->savepoints || g->journal_off)
		return 0;
	return mg_vec_push(&g->used_journal, note) ? 0 : -1;
}

int
mg_graph_note_variable(mg_graph *g, const char *name)
{
	const char *key;

	if (!g->savepoints)
		return 0;
	key = mg_arena_strdup(&g->arena, name);
	return key && mg_vec_push(&g->variable_journal, key) ? 0 : -1;
}

int
mg_graph_save_point(mg_graph *g, mg_savepoint *s, mgreg_error *err)
{
	memset(s, 0, sizeof(*s));
	s->nodes = g->nodes.len;
	s->functions = g->functions.len;
	s->gradients = g->gradients.len;
	s->collections = g->collections.len;
	s->flows = g->flows.len;
	s->versions = *g->versions;
	s->had_library = g->had_library;
	s->old_version = g->old_version;
	s->n_unknown = g->n_unknown;
	s->n_library_unknown = g->n_library_unknown;
	s->unknown = g->unknown;
	s->library_unknown = g->library_unknown;
	s->used = g->used_journal.len;
	s->variables = g->variable_journal.len;
	s->fresh = g->used.len == 0 && g->nodes.len == 0 && !g->savepoints;
	if (s->collections && !(s->counts = mg_alloc(s->collections * sizeof(*s->counts))))
		return mg_fail_nomem(err, 0);
	if (s->nodes && !(s->contexts = mg_alloc(s->nodes * sizeof(*s->contexts)))) {
		mg_free(s->counts);
		return mg_fail_nomem(err, 0);
	}
	for (size_t i = 0; i < s->collections; i++)
		s->counts[i] = g->collections.at[i]->items.len;
	for (size_t i = 0; i < s->nodes; i++)
		s->contexts[i] = g->nodes.at[i]->context;
	g->savepoints++;
	/* Nothing has a name yet: then none has to be remembered one by one. */
	g->journal_off = g->journal_off || s->fresh;
	return 0;
}

static void
remove_nodes(mg_graph *g, size_t to)
{
	while (g->nodes.len > to) {
		mg_node *n = g->nodes.at[--g->nodes.len];

		mg_map_remove(&g->by_name, n->name);
		mg_map_remove(&g->sources, n->name);
		for (int i = 0; i < n->output_count; i++) {
			mg_shape_clear(&n->shapes[i]);
			if (n->handle_shapes)
				mg_shape_clear(&n->handle_shapes[i]);
		}
	}
}

static void
restore_names(mg_graph *g, const mg_savepoint *s)
{
	if (s->fresh)
		mg_map_clear(&g->used);
	while (g->used_journal.len > s->used) {
		mg_used_note *u = &g->used_journal.at[--g->used_journal.len];

		/* Either takes no memory: the key is there. */
		if (u->before)
			mg_map_setn(&g->used, (const char *)&u->key, sizeof(u->key), (void *)u->before);
		else
			mg_map_removen(&g->used, (const char *)&u->key, sizeof(u->key));
	}
	while (g->variable_journal.len > s->variables)
		mg_map_remove(&g->variables, g->variable_journal.at[--g->variable_journal.len]);
}

static void
close_point(mg_graph *g, mg_savepoint *s)
{
	assert(g->savepoints > 0);
	mg_free(s->counts);
	mg_free(s->contexts);
	s->counts = NULL;
	s->contexts = NULL;
	if (--g->savepoints == 0) {
		mg_vec_clear(&g->used_journal);
		mg_vec_clear(&g->variable_journal);
		g->journal_off = false;
	}
}

void
mg_graph_roll_back(mg_graph *g, mg_savepoint *s)
{
	remove_nodes(g, s->nodes);
	while (g->functions.len > s->functions)
		mg_map_remove(&g->function_map, g->functions.at[--g->functions.len]->signature->name);
	while (g->gradients.len > s->gradients)
		mg_map_remove(&g->gradient_map, g->gradients.at[--g->gradients.len]->function_name);
	while (g->collections.len > s->collections)
		mg_collection_remove(g, g->collections.at[g->collections.len - 1]->key);
	for (size_t i = 0; i < s->collections; i++)
		g->collections.at[i]->items.len = s->counts[i];
	for (size_t i = 0; i < s->nodes; i++)
		g->nodes.at[i]->context = s->contexts[i];
	*g->versions = s->versions;
	g->had_library = s->had_library;
	g->old_version = s->old_version;
	g->n_unknown = s->n_unknown;
	g->n_library_unknown = s->n_library_unknown;
	g->unknown = s->unknown;
	g->library_unknown = s->library_unknown;
	restore_names(g, s);
	close_point(g, s);
}

void
mg_graph_release_point(mg_graph *g, mg_savepoint *s)
{
	close_point(g, s);
}
