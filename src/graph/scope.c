/* SPDX-License-Identifier: Apache-2.0 */
/* scope.c - control_dependencies() and colocate_with() blocks, and what they give to a new node. */
#include "base/base.h"
#include "graph/graph_internal.h"

/* Index of the outermost control scope that still counts. */
static size_t
controls_begin(const mg_graph *g)
{
	size_t i = g->controls.len;

	while (i > 0 && !g->controls.at[i - 1].barrier)
		i--;
	return i;
}

static bool
has_node(mg_node *const *nodes, int count, const mg_node *n)
{
	for (int i = 0; i < count; i++)
		if (nodes[i] == n)
			return true;
	return false;
}

int
mg_controls_push(mg_graph *g, mg_node *const *nodes, int count, mgreg_error *err)
{
	mg_control_scope s = { .barrier = nodes == NULL, .context = g->context };

	s.nodes = mg_arena_zalloc(&g->arena, (size_t)count + 1, sizeof(*s.nodes));
	if (!s.nodes)
		return mg_fail_nomem(err, 0);
	for (int i = 0; i < count; i++) {
		bool known = has_node(s.nodes, s.count, nodes[i]);

		assert(nodes[i] && nodes[i]->graph == g);
		for (size_t k = controls_begin(g); !known && k < g->controls.len; k++)
			known = has_node(g->controls.at[k].nodes, g->controls.at[k].count, nodes[i]);
		if (known)
			continue;
		s.nodes[s.count++] = nodes[i];
	}
	for (int i = 0; i < s.count; i++)
		if (!mg_ids_add(&s.seen, s.nodes[i]->id))
			goto nomem;
	if (!mg_vec_push(&g->controls, s))
		goto nomem;
	if (s.barrier)
		g->context = NULL;
	return 0;
nomem:
	mg_ids_clear(&s.seen);
	return mg_fail_nomem(err, 0);
}

void
mg_controls_pop(mg_graph *g)
{
	mg_control_scope *s;

	assert(g->controls.len > 0);
	s = &g->controls.at[--g->controls.len];
	if (s->barrier)
		g->context = s->context;
	mg_ids_clear(&s->seen);
}

int
mg_graph_scope_controls(mg_graph *g, const mg_output *inputs, int input_count, mg_node *const *given, int given_count,
	mg_node ***out, int *count, mgreg_error *err)
{
	size_t begin = controls_begin(g), room = (size_t)given_count;
	mg_node **list;
	int n = 0;

	for (size_t k = begin; k < g->controls.len; k++)
		room += (size_t)g->controls.at[k].count;
	*out = NULL;
	*count = 0;
	if (room == 0)
		return 0;
	if (!(list = mg_arena_zalloc(&g->arena, room, sizeof(*list))))
		return mg_fail_nomem(err, 0);
	for (int i = 0; i < given_count; i++)
		if (given[i] && !has_node(list, n, given[i]))
			list[n++] = given[i];
	for (size_t k = begin; k < g->controls.len; k++) {
		const mg_control_scope *s = &g->controls.at[k];
		bool dominated = false;

		for (int i = 0; i < input_count && !dominated; i++)
			dominated = inputs[i].node && mg_ids_has(&s->seen, inputs[i].node->id);
		for (int c = 0; c < s->count && !dominated; c++) {
			bool is_input = false;

			for (int i = 0; i < input_count && !is_input; i++)
				is_input = inputs[i].node == s->nodes[c];
			if (!is_input && !has_node(list, n, s->nodes[c]))
				list[n++] = s->nodes[c];
		}
	}
	*out = n ? list : NULL;
	*count = n;
	return 0;
}

int
mg_graph_note_created(mg_graph *g, mg_node *n, mgreg_error *err)
{
	for (size_t k = controls_begin(g); k < g->controls.len; k++)
		if (!mg_ids_add(&g->controls.at[k].seen, n->id))
			return mg_fail_nomem(err, 0);
	return 0;
}

/* ---- colocation ---- */

int
mg_colocate_push(mg_graph *g, mg_node *with, mgreg_error *err)
{
	return mg_vec_push(&g->colocation, with) ? 0 : mg_fail_nomem(err, 0);
}

void
mg_colocate_pop(mg_graph *g)
{
	assert(g->colocation.len > 0);
	g->colocation.len--;
}

static int
compare_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

typedef MG_VEC(const char *) text_vec;

/* The groups of one attribute `_class`; a node without one is a group of its own. */
static bool
add_groups(text_vec *to, const mg_attrs *attrs, const char *self, mg_arena *arena)
{
	const Pb__AttrValue__ListValue *list;
	bool any = false;

	if (mg_attr_get_list(attrs, "_class", &list))
		for (size_t i = 0; i < list->n_s; i++) {
			const char *s = mg_arena_strndup(arena, (const char *)list->s[i].data, list->s[i].len);

			if (!s)
				return false;
			if (!mg_starts_with(s, "loc:@"))
				continue;
			if (!mg_vec_push(to, s))
				return false;
			any = true;
		}
	if (!any && self) {
		const char *s = mg_arena_printf(arena, "loc:@%s", self);

		return s && mg_vec_push(to, s);
	}
	return true;
}

int
mg_graph_apply_colocation(mg_graph *g, mg_attrs *attrs, const char **device, bool *active, mgreg_error *err)
{
	size_t begin = g->colocation.len, n = 0;
	text_vec groups = { 0 };
	mg_attr_value *value;
	int rc = 0;

	while (begin > 0 && g->colocation.at[begin - 1])
		begin--;
	*active = begin < g->colocation.len;
	if (!*active)
		return 0;
	for (size_t i = begin; i < g->colocation.len; i++) {
		const mg_node *with = g->colocation.at[i];

		if (!add_groups(&groups, &with->attrs, with->name, &g->arena))
			goto nomem;
		if (with->device[0])            /* the innermost that has one decides */
			*device = with->device;
	}
	if (!add_groups(&groups, attrs, NULL, &g->arena))
		goto nomem;
	qsort(groups.at, groups.len, sizeof(*groups.at), compare_text);
	for (size_t i = 0; i < groups.len; i++)
		if (n == 0 || strcmp(groups.at[n - 1], groups.at[i]) != 0)
			groups.at[n++] = groups.at[i];
	value = mg_attr_strings(&g->arena, groups.at, (int)n);
	if (!value || !mg_attr_set(attrs, "_class", value, &g->arena))
		goto nomem;
	goto out;
nomem:
	rc = mg_fail_nomem(err, 0);
out:
	mg_vec_clear(&groups);
	return rc;
}
