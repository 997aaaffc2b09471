/* SPDX-License-Identifier: Apache-2.0 */
/* source.c - where in the caller's program nodes are made, and the GraphDebugInfo that says it (save_debug_info). */
#include "base/base.h"
#include "graph/graph_internal.h"

static const char *
copied(mg_graph *g, const char *text, bool *ok)
{
	const char *s = text ? mg_arena_strdup(&g->arena, text) : NULL;

	*ok = *ok && (s || !text);
	return s;
}

int
mg_graph_set_source(mg_graph *g, const char *file, int line, const char *func, const char *code, mgreg_error *err)
{
	bool ok = true;

	if (!file) {
		g->source_file = NULL;
		return 0;
	}
	if (!g->source_file || strcmp(g->source_file, file) != 0)
		g->source_file = copied(g, file, &ok);
	g->source_func = copied(g, func, &ok);
	g->source_code = copied(g, code, &ok);
	g->source_line = line;
	if (!ok) {
		g->source_file = NULL;
		return mg_fail_nomem(err, 0);
	}
	return 0;
}

int
mg_graph_note_source(mg_graph *g, const mg_node *n, mgreg_error *err)
{
	mg_source *s = mg_arena_alloc(&g->arena, sizeof(*s));

	if (!s)
		return mg_fail_nomem(err, sizeof(*s));
	*s = (mg_source){ g->source_file, g->source_func, g->source_code, g->source_line };
	return mg_map_set(&g->sources, n->name, s) ? 0 : mg_fail_nomem(err, 0);
}

/* Number of FILE in the list, which every file enters once. */
static int
file_index(Pb__GraphDebugInfo *d, mg_map *known, const char *file, mg_arena *arena)
{
	intptr_t at = (intptr_t)mg_map_find(known, file);

	if (at)
		return (int)at - 1;
	if (!mg_msg_append(arena, &d->files, &d->n_files, (char *)file) || !mg_map_set(known, file, (void *)(intptr_t)d->n_files))
		return -1;
	return (int)d->n_files - 1;
}

static bool
add_trace(Pb__GraphDebugInfo *d, mg_map *files, const char *node, const mg_source *s, mg_arena *arena)
{
	Pb__GraphDebugInfo__TracesEntry *e = mg_msg_new(arena, &pb__graph_debug_info__traces_entry__descriptor);
	Pb__GraphDebugInfo__StackTrace *t = mg_msg_new(arena, &pb__graph_debug_info__stack_trace__descriptor);
	Pb__GraphDebugInfo__FileLineCol *at = mg_msg_new(arena, &pb__graph_debug_info__file_line_col__descriptor);

	if (!e || !t || !at)
		return false;
	at->file_index = file_index(d, files, s->file, arena);
	at->line = s->line;
	if (s->func)
		at->func = (char *)s->func;
	if (s->code)
		at->code = (char *)s->code;
	e->key = (char *)node;
	e->value = t;
	return at->file_index >= 0 && mg_msg_append(arena, &t->file_line_cols, &t->n_file_line_cols, at)
		&& mg_msg_append(arena, &d->traces, &d->n_traces, e);
}

int
mg_graph_debug_info(const mg_graph *g, mg_arena *arena, Pb__GraphDebugInfo **out, mgreg_error *err)
{
	Pb__GraphDebugInfo *d = mg_msg_new(arena, &pb__graph_debug_info__descriptor);
	mg_map files = { 0 };
	bool ok = d != NULL;

	for (size_t i = 0; ok && i < g->nodes.len; i++) {
		const mg_source *s = mg_map_find(&g->sources, g->nodes.at[i]->name);

		if (s)
			ok = add_trace(d, &files, g->nodes.at[i]->name, s, arena);
	}
	mg_map_clear(&files);
	if (!ok)
		return mg_fail_nomem(err, 0);
	*out = d;
	return 0;
}
