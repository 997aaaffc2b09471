/* SPDX-License-Identifier: Apache-2.0 */
/* node_def.c - NodeDefs and GraphDefs as freezing changes them: attributes, constants, the part that outputs need. */
#include "base/base.h"
#include "base/num.h"
#include "base/set.h"
#include "base/vec.h"
#include "interop/freeze.h"

mg_node_ref
mg_node_ref_of(const char *input)
{
	mg_node_ref r = { MG_SLICE(input), 0 };
	int64_t port;
	size_t i;

	if (*input == '^')
		return (mg_node_ref){ { input + 1, r.node.len - 1 }, -1 };
	for (i = r.node.len; i > 0 && input[i - 1] >= '0' && input[i - 1] <= '9'; i--)
		;
	if (i > 1 && i < r.node.len && input[i - 1] == ':' && mg_parse_i64(input + i, r.node.len - i, &port) && port <= INT_MAX) {
		r.port = (int)port;
		r.node.len = i - 1;
	}
	return r;
}

Pb__AttrValue *
mg_def_attr(const Pb__NodeDef *n, const char *name)
{
	for (size_t i = 0; i < n->n_attr; i++)
		if (!strcmp(n->attr[i]->key, name))
			return n->attr[i]->value;
	return NULL;
}

int
mg_def_attr_set(Pb__NodeDef *n, const char *name, Pb__AttrValue *value, mg_arena *arena, mgreg_error *err)
{
	Pb__NodeDef__AttrEntry **list = mg_arena_zalloc(arena, n->n_attr + 1, sizeof(*list));
	Pb__NodeDef__AttrEntry *e = mg_msg_new(arena, &pb__node_def__attr_entry__descriptor);
	size_t kept = 0;

	if (!list || !e || !value || !(e->key = mg_arena_strdup(arena, name)))
		return mg_fail_nomem(err, 0);
	e->value = value;
	for (size_t i = 0; i < n->n_attr; i++)
		if (strcmp(n->attr[i]->key, name))
			list[kept++] = n->attr[i];
	list[kept++] = e;
	n->attr = list;
	n->n_attr = kept;
	return 0;
}

void
mg_def_attr_remove(Pb__NodeDef *n, const char *name)
{
	size_t kept = 0;

	for (size_t i = 0; i < n->n_attr; i++)
		if (strcmp(n->attr[i]->key, name))
			n->attr[kept++] = n->attr[i];
	n->n_attr = kept;
}

int
mg_def_type(const Pb__NodeDef *n, const char *name)
{
	const Pb__AttrValue *v = mg_def_attr(n, name);

	return v && v->value_case == PB__ATTR_VALUE__VALUE_TYPE ? (int)v->type : 0;
}

Pb__NodeDef *
mg_def_node(mg_arena *arena, const char *name, const char *op, const char *const *inputs)
{
	Pb__NodeDef *n = mg_msg_new(arena, &pb__node_def__descriptor);

	if (!n || !(n->name = mg_arena_strdup(arena, name)) || !(n->op = mg_arena_strdup(arena, op)))
		return NULL;
	for (; inputs && *inputs; inputs++) {
		char *copy = mg_arena_strdup(arena, *inputs);

		if (!copy || !mg_msg_append(arena, &n->input, &n->n_input, copy))
			return NULL;
	}
	return n;
}

int
mg_def_const(mg_arena *arena, const char *name, const mg_tensor *value, Pb__NodeDef **out, mgreg_error *err)
{
	Pb__NodeDef *n = mg_def_node(arena, name, "Const", NULL);
	int rc;

	if (!n)
		return mg_fail_nomem(err, 0);
	if ((rc = mg_def_attr_set(n, "dtype", mg_attr_type(arena, value->dtype), arena, err)) != 0
			|| (rc = mg_def_attr_set(n, "value", mg_attr_tensor(arena, value), arena, err)) != 0)
		return rc;
	*out = n;
	return 0;
}

int
mg_def_index(const Pb__GraphDef *g, mg_map *out, mgreg_error *err)
{
	for (size_t i = 0; i < g->n_node; i++)
		if (!mg_map_set(out, g->node[i]->name, (void *)(uintptr_t)(i + 1)))
			return mg_fail_nomem(err, 0);
	return 0;
}

int
mg_def_extract(Pb__GraphDef *g, const char *const *outputs, int count, mg_arena *arena, mgreg_error *err)
{
	mg_map index = { 0 };
	mg_set needed = { 0 };
	MG_VEC(size_t) todo = { 0 };
	Pb__NodeDef **kept;
	size_t n = 0;
	int rc;

	MG_TRY(mg_def_index(g, &index, err));
	if (!mg_set_init(&needed, g->n_node + 1)) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	for (int i = 0; i < count; i++) {
		size_t at = (size_t)(uintptr_t)mg_map_find(&index, outputs[i]);

		if (at == 0)
			MG_TRY(mg_fail(err, MGREG_NOT_FOUND, "the graph has no node '%s'", outputs[i]));
		if (!mg_set_has(&needed, at - 1) && !mg_vec_push(&todo, at - 1))
			MG_TRY(mg_fail_nomem(err, 0));
		mg_set_add(&needed, at - 1);
	}
	while (todo.len) {
		const Pb__NodeDef *node = g->node[todo.at[--todo.len]];

		for (size_t i = 0; i < node->n_input; i++) {
			mg_node_ref r = mg_node_ref_of(node->input[i]);
			size_t at = (size_t)(uintptr_t)mg_map_findn(&index, r.node.ptr, r.node.len);

			if (at == 0)
				MG_TRY(mg_fail(err, MGREG_INVALID_ARGUMENT, "node '%s': its input '%s' is not in the graph", node->name, node->input[i]));
			if (mg_set_has(&needed, at - 1))
				continue;
			mg_set_add(&needed, at - 1);
			if (!mg_vec_push(&todo, at - 1))
				MG_TRY(mg_fail_nomem(err, 0));
		}
	}
	if (!(kept = mg_arena_zalloc(arena, g->n_node + 1, sizeof(*kept))))
		MG_TRY(mg_fail_nomem(err, 0));
	for (size_t i = 0; i < g->n_node; i++)
		if (mg_set_has(&needed, i))
			kept[n++] = g->node[i];
	g->node = kept;
	g->n_node = n;
out:
	mg_vec_clear(&todo);
	mg_set_clear(&needed);
	mg_map_clear(&index);
	return rc;
}
