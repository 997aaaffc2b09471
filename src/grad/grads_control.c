/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grads_control.c - gradients of branches, loops and calls (gradients.md section 7).
 *
 * In a cond, the gradient of what goes in (Switch) is the Merge of both branches' gradients, and that of what comes
 * out (Merge) is a Switch on the same predicate.  In a loop each node's gradient is its mirror image in the gradient loop
 * (loops.c).
 */
#include "base/base.h"
#include "base/str.h"
#include "grad/grad_internal.h"
#include "grad/loops.h"

#define X mg_grad_x(c, 0)
#define PRED mg_grad_x(c, 1)

static mg_output
switched(mg_grad_ctx *c, const char *name, mg_output value, mg_output pred)
{
	return mg_g2(c, "Switch", name, value, pred);
}

static int
grad_switch(mg_grad_ctx *c)
{
	const mg_context_record *ctx = c->node->context;
	mg_output g[2], both[2];
	int live;

	if (mg_loops_is_switch(c->node)) {
		mg_output g0 = mg_grad_dy(c, 0), g1 = mg_grad_dy(c, 1);

		mg_grad_set(c, 0, mg_loops_switch_grad(c->loops, &c->b, c->node, g0, g1));
		return c->b.rc;
	}
	if (ctx && ctx->kind == MG_RECORD_COND) {
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

static bool
is_op(const mg_node *n, const char *op)
{
	const char *name = n->op_name;

	return strcmp(strncmp(name, "Ref", 3) == 0 ? name + 3 : name, op) == 0;
}

/* The Merge of a loop variable, a branch, or neither. */
static int
grad_merge(mg_grad_ctx *c)
{
	const mg_context_record *ctx = mg_node_output_context(X.node);
	mg_output g, pred, s;
	int rc;

	g = mg_grad_dy(c, 0);
	if (is_op(X.node, "Enter")) {
		pred = mg_loops_pivot(c->loops, &c->b);
		if (!pred.node)
			return c->b.rc ? c->b.rc : mg_fail(c->b.err, MGREG_INVALID_ARGUMENT, "node '%s': no gradient leads into its loop from outside", c->node->name);
		s = mg_build_switch(&c->b, g, pred, NULL);
		mg_grad_set(c, 0, s);
		mg_grad_set(c, 1, mg_g_at(s, 1));
		return c->b.rc;
	}
	if (ctx && ctx->kind == MG_RECORD_COND) {
		if ((rc = mg_graph_output(c->b.graph, ctx->pred_name, &pred, c->b.err)) != 0)
			return rc;
		s = mg_build_switch(&c->b, g, mg_loops_pred(c->loops, &c->b, pred), "cond_grad");
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

/* ---- loops ---- */

static int
grad_exit(mg_grad_ctx *c)
{
	if (mg_loops_back_prop(c->loops))
		c->in[0] = mg_loops_exit_grad(c->loops, &c->b, &c->out[0]);
	return c->b.rc;
}

static int
grad_next_iteration(mg_grad_ctx *c)
{
	c->in[0] = c->out[0];
	return c->b.rc;
}

static int
grad_enter(mg_grad_ctx *c)
{
	bool constant = false;

	if (!mg_loops_inside(c->loops) || !mg_loops_back_prop(c->loops)) {
		c->in[0] = c->out[0];
		return c->b.rc;
	}
	mg_attr_get_bool(&c->node->attrs, "is_constant", &constant);
	if (constant && c->out[0].values.node)
		c->in[0] = mg_loops_accumulate_slices(c->loops, &c->b, c->node, &c->out[0]);
	else if (constant)
		mg_grad_set(c, 0, mg_loops_accumulate(c->loops, &c->b, c->node, c->out[0].dense));
	else
		mg_grad_set(c, 0, mg_loops_enter_grad(c->loops, &c->b, mg_grad_dy(c, 0)));
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

/* A library function of arguments IN and the gradients of results OUT that differentiates function F; its name, or NULL (b->rc). */
static const char *
gradient_function(mg_builder *b, const Pb__NameAttrList *f, const int *in, int n_in, const int *out, int n_out)
{
	mg_arena arena = { 0 };
	mg_str text = MG_STR_INIT;
	const char *name = mg_arena_printf(mg_graph_arena(b->graph), "__gradient_of_%s", f->name);
	mg_msg *def;

	if (f->n_attr && b->rc == 0)
		b->rc = mg_fail(b->err, MGREG_UNIMPLEMENTED, "no gradient of a branch with attributes ('%s')", f->name);
	mg_str_printf(&text, "signature { name: '%s' ", name ? name : "");
	for (int i = 0; i < n_in + n_out; i++)
		mg_str_printf(&text, "input_arg { name: 'i%d' type: %d } ", i, i < n_in ? in[i] : out[i - n_in]);
	for (int i = 0; i < n_in; i++)
		mg_str_printf(&text, "output_arg { name: 'o%d' type: %d } ", i, in[i]);
	mg_str_add(&text, "} node_def { name: 'g' op: 'SymbolicGradient' ");
	for (int i = 0; i < n_in + n_out; i++)
		mg_str_printf(&text, "input: 'i%d' ", i);
	mg_str_add(&text, "attr { key: 'Tin' value { list { ");
	for (int i = 0; i < n_in + n_out; i++)
		mg_str_printf(&text, "type: %d ", i < n_in ? in[i] : out[i - n_in]);
	mg_str_add(&text, "} } } attr { key: 'Tout' value { list { ");
	for (int i = 0; i < n_in; i++)
		mg_str_printf(&text, "type: %d ", in[i]);
	mg_str_printf(&text, "} } } attr { key: 'f' value { func { name: '%s' } } } } ", f->name);
	for (int i = 0; i < n_in; i++)
		mg_str_printf(&text, "ret { key: 'o%d' value: 'g:output:%d' } ", i, i);
	if (b->rc == 0)
		b->rc = name ? mg_str_check(&text, b->err) : mg_fail_nomem(b->err, 0);
	if (b->rc == 0 && (b->rc = mg_msg_parse(&pb__function_def__descriptor, text.ptr, text.len, &arena, &def, b->err)) == 0)
		b->rc = mg_graph_add_function(b->graph, (Pb__FunctionDef *)def, b->err);
	mg_str_clear(&text);
	mg_arena_clear(&arena);
	return b->rc ? NULL : name;
}

/* Another If on the same condition, between the gradients of both branches. */
static int
grad_if(mg_grad_ctx *c)
{
	const mg_node *n = c->node;
	mg_arena *arena = mg_graph_arena(c->b.graph);
	int args = n->input_count - 1, outs = n->output_count;
	mg_output *in = mg_arena_zalloc(arena, (size_t)(args + outs) + 1, sizeof(*in)), out;
	int *types = mg_arena_zalloc(arena, (size_t)(args + outs) + 1, sizeof(*types));
	const Pb__NameAttrList *then, *other;
	const char *f[2];

	if (!in || !types)
		return mg_fail_nomem(c->b.err, 0);
	if (!mg_attr_get_func(&n->attrs, "then_branch", &then) || !mg_attr_get_func(&n->attrs, "else_branch", &other))
		return mg_fail(c->b.err, MGREG_INVALID_ARGUMENT, "node '%s' has no branches", n->name);
	for (int i = 0; i < args; i++) {
		in[i] = n->inputs[i + 1];
		types[i] = (int)mg_output_type(in[i]);
	}
	for (int i = 0; i < outs; i++) {
		in[args + i] = mg_grad_is_none(&c->out[i]) ? mg_g_zeros_like(c, mg_grad_y(c, i)) : mg_grad_dy(c, i);
		types[args + i] = (int)mg_dtype_base(n->output_types[i]);
	}
	f[0] = gradient_function(&c->b, then, types, args, types + args, outs);
	f[1] = gradient_function(&c->b, other, types, args, types + args, outs);
	if (c->b.rc)
		return c->b.rc;
	out = mg_build(&c->b, n->op_name, NULL, "oO;T:Tout F:then_branch F:else_branch", n->inputs[0], in, args + outs, types, args, f[0], f[1]);
	for (int i = 0; c->b.rc == 0 && i < args; i++)
		if (mg_grad_is_trainable(types[i]))
			mg_grad_set(c, i + 1, mg_g_at(out, i));
	return c->b.rc;
}

const mg_grad mg_grad_library_call = { "(function)", grad_call };

const mg_grad mg_grads_control[] = {
	{ "If", grad_if }, { "StatelessIf", grad_if },
	{ "PartitionedCall", grad_call }, { "StatefulPartitionedCall", grad_call },
	{ "Switch", grad_switch }, { "RefSwitch", grad_switch }, { "Merge", grad_merge }, { "RefMerge", grad_merge },
	{ "Enter", grad_enter }, { "RefEnter", grad_enter }, { "Exit", grad_exit }, { "RefExit", grad_exit },
	{ "NextIteration", grad_next_iteration }, { "RefNextIteration", grad_next_iteration }, { "LoopCond", grad_nothing },
	{ .op = NULL }
};
