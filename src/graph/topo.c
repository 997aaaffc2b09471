/* SPDX-License-Identifier: Apache-2.0 */
/* topo.c - what nodes need, by walking back along their edges. */
#include "base/base.h"
#include "graph/graph_internal.h"

typedef MG_VEC(mg_node *) node_vec;

static bool
visit(node_vec *open, mg_set *seen, mg_node *n)
{
	if (!n || mg_set_has(seen, (size_t)n->id))
		return true;
	mg_set_add(seen, (size_t)n->id);
	return mg_vec_push(open, n);
}

int
mg_graph_reach_back(const mg_graph *g, mg_node *const *from, int count, mg_set *out, mgreg_error *err)
{
	node_vec open = { 0 };
	mg_set seen = { 0 };
	bool ok = mg_set_init(&seen, g->nodes.len + 1);

	for (int i = 0; ok && i < count; i++)
		ok = visit(&open, &seen, from[i]);
	while (ok && open.len > 0) {
		mg_node *n = open.at[--open.len];

		for (int i = 0; ok && i < n->input_count; i++)
			ok = visit(&open, &seen, n->inputs[i].node);
		for (int i = 0; ok && i < n->control_count; i++)
			ok = visit(&open, &seen, n->controls[i]);
	}
	mg_vec_clear(&open);
	if (!ok) {
		mg_set_clear(&seen);
		return mg_fail_nomem(err, 0);
	}
	*out = seen;
	return 0;
}
