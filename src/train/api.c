/* SPDX-License-Identifier: Apache-2.0 */
/* api.c - training ops for the public header. */
#include "base/base.h"
#include "train/train.h"

/* The variable that counts steps: made, unless the graph has one. */
static int
step_variable(mg_graph *g, const mg_variable_record **out, mgreg_error *err)
{
	mg_output o = MG_NO_OUTPUT;
	int rc = mg_global_step_find(g, &o, err);

	if (rc)
		return rc;
	if (!o.node)
		return mg_global_step_create(g, out, err);
	*out = mg_variable_of(g, o);
	return *out ? 0 : mg_fail(err, MGREG_INVALID_ARGUMENT, "'%s' counts the steps but is no variable", o.node->name);
}

int
mgreg_minimize(mgreg_graph *graph, mgreg_output loss, const char *optimizer, int count_steps, mgreg_node **train_op, mgreg_error *err)
{
	mg_minimize_options options = { 0 };
	mg_optimizer_config config = { 0 };
	mg_node *op;
	int rc;

	if (!loss.node)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "there is no loss to minimize");
	if ((rc = mg_optimizer_parse(optimizer, mg_graph_arena(graph), &config, err)) != 0)
		return rc;
	if (count_steps && (rc = step_variable(graph, &options.global_step, err)) != 0)
		return rc;
	if ((rc = mg_minimize(graph, loss, &config, &options, &op, err)) != 0)
		return rc;
	if (train_op)
		*train_op = op;
	return 0;
}
