/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grads_control.c - gradients of Switch and Merge (gradients.md section 7, cond).
 *
 * In a cond, the gradient of what goes in (Switch) is the Merge of both branches' gradients, and that of what comes
 * out (Merge) is a Switch on the same predicate.  While loops are refused by name.
 */
#include "base/base.h"
#include "grad/grad_internal.h"

#define X mg_grad_x(c, 0)
#define PRED mg_grad_x(c, 1)

static mg_output
switched(mg_grad_ctx *c, const char *name, mg_output value, mg_output pred)
{
	return mg_g2(c, "Switch", name, value, pred);
}

static int
loop_refused(mg_grad_ctx *c)
{
	return mg_fail(c->b.err, MGREG_UNIMPLEMENTED, "node '%s': gradients through while loops", c->node->name);
}

static int
grad_switch(mg_grad_ctx *c)
{
	const mg_context_record *ctx = c->node->context;
	mg_output g[2], both[2];
	int live;

	if (ctx && ctx->kind == MG_RECORD_WHILE)
		return loop_refused(c);
	if (ctx) {
		live = ctx->branch == 1;
		if (mg_grad_is_none(&c->out[live]))
			return c->b.rc;
		if (mg_grad_is_none(&c->out[!live])) {
			if (mg_g_type(X) != MGREG_RESOURCE)
				return c->b.rc;
			g[0] = g[1] = mg_grad_dy(c, live);
			mg_grad_set(c, 0, mg_build(&c->b, "Merge", "cond_resource_grad", "O", g, 2));
			return c->b.rc;
		}
		g[0] = mg_grad_dy(c, 0);
		g[1] = mg_grad_dy(c, 1);
		mg_grad_set(c, 0, mg_build(&c->b, "Merge", "cond_grad", "O", g, 2));
		return c->b.rc;
	}
	if (mg_grad_is_none(&c->out[0]) || mg_grad_is_none(&c->out[1]))
		return c->b.rc;
	g[0] = mg_grad_dy(c, 0);
	g[1] = mg_grad_dy(c, 1);
	both[0] = mg_g_at(switched(c, NULL, g[0], PRED), 0);
	both[1] = mg_g_at(switched(c, NULL, g[1], PRED), 1);
	mg_grad_set(c, 0, mg_build(&c->b, "Merge", NULL, "O", both, 2));
	return c->b.rc;
}

static int
grad_merge(mg_grad_ctx *c)
{
	const mg_context_record *ctx = X.node->context;
	mg_output g, pred, s;
	int rc;

	if (strcmp(X.node->op_name, "Enter") == 0 || strcmp(X.node->op_name, "RefEnter") == 0
	    || (ctx && ctx->kind == MG_RECORD_WHILE && c->node->context == ctx))
		return loop_refused(c);
	g = mg_grad_dy(c, 0);
	if (ctx && ctx->kind == MG_RECORD_COND) {
		if ((rc = mg_graph_output(c->b.graph, ctx->pred_name, &pred, c->b.err)) != 0)
			return rc;
		s = switched(c, "cond_grad", g, pred);
		for (int i = 0; i < 2 && i < c->node->input_count; i++)
			mg_grad_set(c, i, mg_g_at(s, i));
		return c->b.rc;
	}
	for (int i = 0; i < c->node->input_count; i++) {
		mg_output chosen = mg_g2i(c, "Equal", "Equal", "y", mg_grad_y(c, 1), i);

		mg_grad_set(c, i, mg_g_at(switched(c, NULL, g, chosen), 1));
	}
	return c->b.rc;
}

static int grad_nothing(mg_grad_ctx *c) { return c->b.rc; }

/* ---- functions of the library ---- */

/* The function that NODE calls, with its attributes, as an attribute's value; NULL when memory is short. */
static mg_attr_value *
callee(const mg_node *node, mg_arena *arena)
{
	mg_attr_value *v = (mg_attr_value *)mg_attr_find(&node->attrs, "f");
	Pb__NameAttrList *func;

	if (node->op)
		return v;
	if (!(v = mg_attr_func(arena, node->op_name)))
		return NULL;
	func = v->func;
	func->attr = mg_arena_zalloc(arena, (size_t)node->attrs.count + 1, sizeof(*func->attr));
	for (int i = 0; func->attr && i < node->attrs.count; i++) {
		Pb__NameAttrList__AttrEntry *e = mg_msg_new(arena, &pb__name_attr_list__attr_entry__descriptor);

		if (!e)
			return NULL;
		e->key = (char *)node->attrs.at[i].name;
		e->value = node->attrs.at[i].value;
		func->attr[func->n_attr++] = e;
	}
	return func->attr ? v : NULL;
}

/* SymbolicGradient of the function on the call's inputs and the gradients of its outputs. */
static int
grad_call(mg_grad_ctx *c)
{
	const mg_node *n = c->node;
	mg_arena *arena = mg_graph_arena(c->b.graph);
	mg_output *in = mg_arena_zalloc(arena, (size_t)(n->input_count + n->output_count) + 1, sizeof(*in)), out;
	int *types = mg_arena_zalloc(arena, (size_t)n->input_count + 1, sizeof(*types));
	mg_attr_value *f = callee(n, arena);

	if (!in || !types || !f)
		return mg_fail_nomem(c->b.err, 0);
	for (int i = 0; i < n->input_count; i++) {
		in[i] = n->inputs[i];
		types[i] = (int)mg_output_type(n->inputs[i]);
	}
	for (int i = 0; i < n->output_count; i++)
		in[n->input_count + i] = mg_grad_is_none(&c->out[i]) ? mg_g_zeros_like(c, mg_grad_y(c, i)) : mg_grad_dy(c, i);
	out = mg_build(&c->b, "SymbolicGradient", NULL, "O;T:Tout a:f", in, n->input_count + n->output_count, types, n->input_count, f);
	for (int i = 0; c->b.rc == 0 && i < n->input_count; i++)
		if (mg_grad_is_trainable(types[i]))
			mg_grad_set(c, i, mg_g_at(out, i));
	return c->b.rc;
}

const mg_grad mg_grad_library_call = { "(function)", grad_call };

const mg_grad mg_grads_control[] = {
	{ "PartitionedCall", grad_call }, { "StatefulPartitionedCall", grad_call },
	{ "Switch", grad_switch }, { "RefSwitch", grad_switch }, { "Merge", grad_merge }, { "RefMerge", grad_merge },
	{ "Enter", loop_refused }, { "RefEnter", loop_refused }, { "Exit", loop_refused }, { "RefExit", loop_refused },
	{ "NextIteration", loop_refused }, { "RefNextIteration", loop_refused }, { "LoopCond", grad_nothing },
	{ .op = NULL }
};
