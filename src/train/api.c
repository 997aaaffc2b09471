/* SPDX-License-Identifier: Apache-2.0 */
/* api.c - optimizers for the public header. */
#include "base/base.h"
#include "train/train_internal.h"

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
mgreg_global_step(mgreg_graph *graph, mgreg_output *handle, mgreg_error *err)
{
	const mg_variable_record *v;
	int rc = step_variable(graph, &v, err);

	return rc ? rc : mg_variable_outputs(graph, v, handle, NULL, err);
}

/* What the options say, in the graph's arena. */
typedef struct settled {
	mg_optimizer_config config;
	mg_minimize_options how;
} settled;

static int
variable_of(mg_graph *g, mg_output o, const mg_variable_record **out, mgreg_error *err)
{
	if (!o.node || !(*out = mg_variable_of(g, o)))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "'%s' is not a variable", o.node ? o.node->name : "");
	return 0;
}

static int
settle(mg_graph *g, const char *optimizer, const mgreg_minimize_options *o, settled *s, mgreg_error *err)
{
	mg_arena *arena = mg_graph_arena(g);
	const mg_variable_record **vars;
	int rc;

	assert(o->size == sizeof *o);
	*s = (settled){ 0 };
	if ((rc = mg_optimizer_parse(optimizer, arena, &s->config, err)) != 0)
		return rc;
	s->config.name = o->name ? mg_arena_strdup(arena, o->name) : NULL;
	s->config.learning_rate = o->learning_rate;
	s->how.no_train_op_collection = o->no_collection;
	if (o->variables) {
		if (!(vars = mg_arena_zalloc(arena, (size_t)o->variable_count + 1, sizeof *vars)))
			return mg_fail_nomem(err, 0);
		for (int i = 0; i < o->variable_count; i++)
			if ((rc = variable_of(g, o->variables[i], &vars[i], err)) != 0)
				return rc;
		s->how.variables = vars;
		s->how.variable_count = o->variable_count;
	}
	if (o->global_step.node)
		return variable_of(g, o->global_step, &s->how.global_step, err);
	return o->count_steps ? step_variable(g, &s->how.global_step, err) : 0;
}

int
mgreg_minimize_with(mgreg_graph *graph, mgreg_output loss, const char *optimizer, const mgreg_minimize_options *options,
	mgreg_node **train_op, mgreg_error *err)
{
	static const mgreg_minimize_options usual = MGREG_MINIMIZE_INIT;
	settled s;
	mg_node *op;
	int rc;

	if (!loss.node)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "there is no loss to minimize");
	if ((rc = settle(graph, optimizer, options ? options : &usual, &s, err)) != 0
	    || (rc = mg_minimize(graph, loss, &s.config, &s.how, &op, err)) != 0)
		return rc;
	if (train_op)
		*train_op = op;
	return 0;
}

int
mgreg_minimize(mgreg_graph *graph, mgreg_output loss, const char *optimizer, int count_steps, mgreg_node **train_op, mgreg_error *err)
{
	mgreg_minimize_options o = MGREG_MINIMIZE_INIT;

	o.count_steps = count_steps != 0;
	return mgreg_minimize_with(graph, loss, optimizer, &o, train_op, err);
}

int
mgreg_apply_gradients(mgreg_graph *graph, const char *optimizer, const mgreg_output *gradients, const mgreg_minimize_options *options,
	mgreg_node **train_op, mgreg_error *err)
{
	mg_grad_value *grads;
	settled s;
	mg_node *op;
	int rc;

	if (!options || !options->variables)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "gradients come with the variables that they are of");
	if ((rc = settle(graph, optimizer, options, &s, err)) != 0)
		return rc;
	if (!(grads = mg_arena_zalloc(mg_graph_arena(graph), (size_t)s.how.variable_count + 1, sizeof *grads)))
		return mg_fail_nomem(err, 0);
	for (int i = 0; i < s.how.variable_count; i++)
		grads[i].dense = gradients[i];
	rc = mg_apply_gradients(graph, &s.config, s.how.variables, grads, s.how.variable_count, s.how.global_step, &op, err);
	if (rc == 0 && !s.how.no_train_op_collection)
		rc = mg_collection_add_node(graph, "train_op", op, err);
	if (rc == 0 && train_op)
		*train_op = op;
	return rc;
}
