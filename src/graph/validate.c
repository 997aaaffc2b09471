/* SPDX-License-Identifier: Apache-2.0 */
/*
 * validate.c - what a good graph is:
 *  1. every name is legal and found under itself;
 *  2. every input is there, is an output of its source, and has the type that the definition wants;
 *  3. no cycle, unless a Merge takes a NextIteration.
 */
#include "base/base.h"
#include "graph/graph_internal.h"

static int
check_node(const mg_graph *g, const mg_node *n, mgreg_error *err)
{
	if (!mg_node_name_is_valid(n->name) && n->name[0] != '_')
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "'%s' is not a valid node name", n->name);
	if (mg_graph_find(g, n->name) != n)
		return mg_fail(err, MGREG_INTERNAL, "node '%s' is not found by its name", n->name);
	for (int i = 0; i < n->input_count; i++) {
		const mg_node *from = n->inputs[i].node;

		if (!from)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "node '%s': input %d is missing", n->name, i);
		if (from->graph != g || n->inputs[i].index < 0 || n->inputs[i].index >= from->output_count)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "node '%s': input %d is '%s:%d', which does not exist",
				n->name, i, from->name, n->inputs[i].index);
	}
	if (n->input_types)
		return mg_node_check_inputs(n->name, n->op_name, n->inputs, n->input_count, n->input_types, n->input_count, err);
	return 0;
}

static bool
is_back_edge(const mg_node *to, const mg_node *from)
{
	return (strcmp(to->op_name, "Merge") == 0 || strcmp(to->op_name, "RefMerge") == 0)
		&& (strcmp(from->op_name, "NextIteration") == 0 || strcmp(from->op_name, "RefNextIteration") == 0);
}

/* A source of N, by number: data inputs, then controls; NULL for a back edge. */
static const mg_node *
source(const mg_node *n, int i)
{
	const mg_node *from = i < n->input_count ? n->inputs[i].node : n->controls[i - n->input_count];

	return is_back_edge(n, from) ? NULL : from;
}

struct frame {
	const mg_node *node;
	int            next;
};

/* Depth first; a node that is met while it is still open closes a cycle. */
static int
check_cycles(const mg_graph *g, mgreg_error *err)
{
	MG_VEC(struct frame) stack = { 0 };
	mg_set open = { 0 }, done = { 0 };
	int rc = 0;

	if (!mg_set_init(&open, g->nodes.len + 1) || !mg_set_init(&done, g->nodes.len + 1))
		goto nomem;
	for (size_t i = 0; i < g->nodes.len; i++) {
		if (mg_set_has(&done, i))
			continue;
		if (!mg_vec_push(&stack, ((struct frame){ g->nodes.at[i], 0 })))
			goto nomem;
		mg_set_add(&open, i);
		while (stack.len > 0) {
			struct frame *f = &stack.at[stack.len - 1];
			const mg_node *from;

			if (f->next == f->node->input_count + f->node->control_count) {
				mg_set_drop(&open, (size_t)f->node->id);
				mg_set_add(&done, (size_t)f->node->id);
				stack.len--;
				continue;
			}
			from = source(f->node, f->next++);
			if (!from || mg_set_has(&done, (size_t)from->id))
				continue;
			if (mg_set_has(&open, (size_t)from->id)) {
				rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "node '%s' is part of a cycle", from->name);
				goto out;
			}
			mg_set_add(&open, (size_t)from->id);
			if (!mg_vec_push(&stack, ((struct frame){ from, 0 })))
				goto nomem;
		}
	}
	goto out;
nomem:
	rc = mg_fail_nomem(err, 0);
out:
	mg_vec_clear(&stack);
	mg_set_clear(&open);
	mg_set_clear(&done);
	return rc;
}

int
mg_graph_validate(const mg_graph *g, mgreg_error *err)
{
	int rc;

	for (size_t i = 0; i < g->nodes.len; i++)
		if ((rc = check_node(g, g->nodes.at[i], err)) != 0)
			return mg_fail_node(err, rc, g->nodes.at[i]->name);
	return check_cycles(g, err);
}
