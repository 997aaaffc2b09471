/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loss.c - the loss of a graph that nobody named: node or collection total_loss, else the sum of collection `losses`.
 *
 * It is looked at beside the train op, so it may need nothing that the train op does not need anyway: no other input, and no
 * op whose run would change something.
 */
#include "base/base.h"
#include "registry/training.h"

static bool
is_scalar(mg_output o)
{
	return o.node && o.index < o.node->output_count && !o.node->context && mg_dtype_is_floating(mg_output_type(o))
		&& mg_output_shape(o)->rank == 0;
}

static bool
is_free(const mg_node *n)
{
	return strcmp(n->op_name, "Placeholder") != 0 && strcmp(n->op_name, "PlaceholderV2") != 0 && n->op && !(n->op->flags & MG_OP_STATEFUL);
}

static bool
is_variable(const mg_node *n)
{
	return strncmp(n->op_name, "Variable", 8) == 0 || strcmp(n->op_name, "VarHandleOp") == 0 || strcmp(n->op_name, "ReadVariableOp") == 0
		|| strcmp(n->op_name, "ResourceGather") == 0;
}

/* Does all that O needs cost nothing that the train op does not pay anyway? */
static int
comes_along(const mg_graph *g, mg_output o, const mg_set *needed, bool *yes, mgreg_error *err)
{
	mg_set own = { 0 };
	int rc = mg_graph_reach_back(g, &o.node, 1, &own, err);

	*yes = rc == 0;
	for (int i = 0; rc == 0 && *yes && i < mg_graph_node_count(g); i++)
		if (mg_set_has(&own, (size_t)i) && !mg_set_has(needed, (size_t)i))
			*yes = is_free(mg_graph_node(g, i)) || is_variable(mg_graph_node(g, i));
	mg_set_clear(&own);
	return rc;
}

static mg_output
item_output(const mg_graph *g, const char *key, int i)
{
	const mg_item *item = mg_collection_item(g, key, i);

	if (item->kind == MG_ITEM_TENSOR)
		return item->tensor;
	return item->kind == MG_ITEM_NODE ? MG_OUTPUT(item->node, 0) : MG_NO_OUTPUT;
}

int
mg_training_loss(mg_graph *g, mg_node *train_op, mg_arena *arena, mg_output **out, int *count, mgreg_error *err)
{
	mg_node *total = mg_graph_find(g, "total_loss");
	bool named = total && is_scalar(MG_OUTPUT(total, 0)), yes = true;
	const char *key = mg_collection_count(g, "total_loss") ? "total_loss" : "losses";
	int n = named || strcmp(key, "total_loss") == 0 ? 1 : mg_collection_count(g, "losses"), rc;
	mg_set needed = { 0 };

	*count = 0;
	if (!(*out = mg_arena_zalloc(arena, (size_t)n + 1, sizeof **out)))
		return mg_fail_nomem(err, 0);
	MG_TRY(mg_graph_reach_back(g, &train_op, 1, &needed, err));
	for (int i = 0; i < n && yes; i++) {
		(*out)[i] = named ? MG_OUTPUT(total, 0) : item_output(g, key, i);
		if (!is_scalar((*out)[i]))
			yes = false;
		else
			MG_TRY(comes_along(g, (*out)[i], &needed, &yes, err));
	}
	if (yes)
		*count = n;
out:
	mg_set_clear(&needed);
	return rc;
}
