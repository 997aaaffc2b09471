/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loops.c - gradients through while loops (gradients.md section 7).
 *
 * The gradient of a loop is a second loop that counts the first one's iterations down.  The forward loop gets a counter
 * (f_count), and for each value that a gradient function needs a stack outside (f_acc) and a push at the value's place; the
 * gradient loop pops.  What enters the forward loop as a constant enters the gradient loop, too.
 *
 *      forward                             gradient
 *      f_count: 0 -> n                     b_count: n -> 0
 *      push, before f_count moves on       pop, before b_count moves on (b_sync)
 *      push in a branch: by f_sync         pop behind a Switch on the branch's predicate, which has a stack of its own
 *
 * A loop in a loop: what is said here of "outside" is then the outer loop, whose gradient state holds the stacks of counts,
 * shapes and values that the inner one needs.
 */
#include "base/base.h"
#include "grad/grad_internal.h"
#include "grad/loops.h"

typedef struct entered { mg_context_record *context, *before; } entered;
typedef struct switched { const mg_node *node; mg_output merge; } switched;
typedef MG_VEC(mg_output) outputs;

struct mg_grad_loop {
	mg_loops          *all;
	mg_grad_loop      *outer;
	mg_context_record *forward, *backward;
	mg_output          forward_index, grad_index;   /* NextIteration of the counters */
	mg_node           *forward_sync, *grad_sync;
	mg_map             history;     /* "name:i" of a forward value -> mg_output * of what stands for it */
	MG_VEC(switched)   switches;    /* Switch of a loop variable -> Merge of its gradient */
	outputs            exits, unused, deferred;
	int                pending;     /* exits that no gradient has reached yet */
};

struct mg_loops {
	mg_graph *g;
	MG_VEC(mg_grad_loop *) at;
	MG_VEC(entered) stack;
	mgreg_error *err;
};

/* ---- small things ---- */

static mg_context_record *
context(mg_graph *g)
{
	mg_context_record *c = mg_graph_set_context(g, NULL);

	mg_graph_set_context(g, c);
	return c;
}

static void
enter(mg_loops *all, mg_builder *b, mg_context_record *c)
{
	entered e = { c, context(all->g) };

	if (!mg_vec_push(&all->stack, e)) {
		if (b->rc == 0)
			b->rc = mg_fail_nomem(b->err, 0);
		return;
	}
	mg_graph_set_context(all->g, c);
}

/* Back to what was current when C was entered last. */
static void
leave(mg_loops *all, mg_context_record *c)
{
	for (size_t i = all->stack.len; i-- > 0; )
		if (all->stack.at[i].context == c) {
			mg_graph_set_context(all->g, all->stack.at[i].before);
			memmove(&all->stack.at[i], &all->stack.at[i + 1], (all->stack.len - i - 1) * sizeof(all->stack.at[0]));
			all->stack.len--;
			return;
		}
}

static bool
is_op(const mg_node *n, const char *op)
{
	const char *name = n->op_name;

	return strcmp(strncmp(name, "Ref", 3) == 0 ? name + 3 : name, op) == 0;
}

bool
mg_loops_is_switch(const mg_node *n)
{
	return is_op(n, "Switch") && n->context && n->context->kind == MG_RECORD_WHILE && n->input_count == 2 && is_op(n->inputs[1].node, "LoopCond");
}

bool
mg_loops_is_exit(const mg_node *n)
{
	return is_op(n, "Exit");
}

static mg_grad_loop *
find(const mg_loops *all, const mg_context_record *forward)
{
	for (size_t i = 0; i < all->at.len; i++)
		if (forward && all->at.at[i]->forward == forward)
			return all->at.at[i];
	return NULL;
}

mg_grad_loop *
mg_loops_of(const mg_loops *all, const mg_node *n, bool before)
{
	mg_context_record *c = mg_context_loop(n->context);

	if (!all)
		return NULL;
	if (before && mg_loops_is_exit(n) && n->context)
		c = mg_context_loop(n->context->outer);
	return find(all, c);
}

/* The loop in whose gradient context the graph is. */
static mg_grad_loop *
current(const mg_loops *all)
{
	mg_context_record *c = all ? mg_context_loop(context(all->g)) : NULL;

	for (size_t i = 0; c && i < all->at.len; i++)
		if (all->at.at[i]->backward == c)
			return all->at.at[i];
	return NULL;
}

void
mg_loops_enter(mg_loops *all, mg_builder *b, const mg_node *n, bool before)
{
	mg_grad_loop *l = mg_loops_of(all, n, before);

	if (l)
		enter(all, b, l->backward);
}

void
mg_loops_leave(mg_loops *all, const mg_node *n, bool before)
{
	mg_grad_loop *l = mg_loops_of(all, n, before);

	if (l)
		leave(all, l->backward);
}

#define TRY(b, call) do { if ((b)->rc == 0) (b)->rc = (call); } while (0)

/* Enter of DATA as a loop variable, inside C (which is current). */
static mg_output
enter_variable(mg_builder *b, mg_context_record *c, mg_output data, const char *name, bool shape)
{
	mg_output e;

	TRY(b, mg_context_mark(b->graph, c, data, b->err));
	e = mg_build(b, mg_output_is_ref(data) ? "RefEnter" : "Enter", name, "o;s:frame_name b:is_constant i:parallel_iterations", data,
		c->context_name, 0, (int64_t)c->parallel_iterations);
	if (shape)
		TRY(b, mg_output_merge_shape(e, mg_output_shape(data), b->err));
	TRY(b, mg_context_add_enter(b->graph, c, e, b->err));
	return e;
}

static mg_output
merge_twice(mg_builder *b, mg_output x, const char *name)
{
	return b->rc ? MG_NO_OUTPUT : mg_build(b, "Merge", name ? name : "Merge", "O", ((mg_output[]){ x, x }), 2);
}

static void
close_loop(mg_builder *b, mg_output merge, mg_output v, mg_output *next)
{
	mg_output n = mg_build(b, "NextIteration", NULL, "o", v);

	TRY(b, mg_graph_set_input(b->graph, merge.node, 1, n, b->err));
	if (next)
		*next = n;
}

static mg_output
exit_of(mg_builder *b, mg_context_record *c, mg_output v, const char *name)
{
	mg_output e = mg_build(b, "Exit", name, "o", v);

	TRY(b, mg_context_add_exit(b->graph, c, e, b->err));
	if (c->outer)
		TRY(b, mg_context_mark(b->graph, c->outer, e, b->err));
	return e;
}

static mg_output
pivot_of(mg_builder *b, const mg_context_record *c)
{
	mg_output o = MG_NO_OUTPUT;

	TRY(b, mg_graph_output(b->graph, c->pivot_name, &o, b->err));
	return o;
}

static mg_output
switch_of(mg_builder *b, mg_output data, mg_output pred)
{
	return mg_build(b, "Switch", NULL, "oo", data, pred);
}

static mg_output
zeros(mg_builder *b, mg_output shape, int dtype)
{
	mg_grad_ctx c = { .b = *b };
	mg_output o = mg_g_zeros(&c, shape, dtype);

	b->rc = c.b.rc;
	return o;
}

/* A Const of zeros of a full SHAPE. */
static mg_output
zero_const(mg_builder *b, const char *name, int dtype, const mg_shape *shape)
{
	mg_tensor t = { 0 };
	mg_output o = MG_NO_OUTPUT;

	TRY(b, mg_tensor_init(&t, (mg_dtype)dtype, shape, b->err));
	if (b->rc == 0) {
		if (t.size)
			memset(t.data, 0, t.size);
		o = mg_const(b, name, &t);
	}
	mg_tensor_clear(&t);
	return o;
}

static mg_output
shape_of(mg_builder *b, mg_output x)
{
	if (b->rc)
		return MG_NO_OUTPUT;
	return mg_build(b, mg_output_type(x) == MGREG_RESOURCE ? "VariableShape" : "Shape", NULL, "o", x);
}

/* ---- counters ---- */

/* How often the forward loop runs: made around it, in its outer context. */
static mg_output
forward_counter(mg_grad_loop *l, mg_builder *b)
{
	mg_context_record *f = l->forward;
	mg_output n = mg_const_scalar(b, "f_count", MGREG_INT32, 0), m, s, add, total;
	mg_grad_ctx c;

	if (l->outer && b->rc == 0)      /* pushes of one execution come before those of the next */
		b->rc = mg_node_add_control(b->graph, n.node, l->outer->forward_index.node->inputs[0].node, b->err);
	enter(l->all, b, f);
	m = merge_twice(b, enter_variable(b, f, n, "f_count", true), NULL);
	s = switch_of(b, m, pivot_of(b, f));
	c = (mg_grad_ctx){ .b = *b };
	add = mg_g2i(&c, "Add", "Add", "y", mg_g_at(s, 1), 1);
	b->rc = c.b.rc;
	close_loop(b, m, add, &l->forward_index);
	total = exit_of(b, f, s, "f_count");
	leave(l->all, f);
	return total;
}

static void
backward_counter(mg_grad_loop *l, mg_builder *b, mg_output count)
{
	mg_context_record *c = l->backward;
	mg_output one = mg_const_scalar(b, "b_count", MGREG_INT32, 1), e, m, pred, pivot, s, index, zero;

	enter(l->all, b, c);
	e = enter_variable(b, c, count, "b_count", true);
	m = merge_twice(b, e, NULL);
	TRY(b, mg_context_set_pivots(b->graph, c, m, MG_NO_OUTPUT, MG_NO_OUTPUT, b->err));
	pred = mg_build(b, "GreaterEqual", NULL, "oo", m, one);
	pivot = mg_build(b, "LoopCond", "b_count", "o", pred);
	TRY(b, mg_context_set_pivots(b->graph, c, m, pivot, MG_NO_OUTPUT, b->err));
	s = switch_of(b, m, pivot);
	index = mg_build(b, "Sub", NULL, "oo", mg_g_at(s, 1), one);
	TRY(b, mg_context_set_pivots(b->graph, c, m, pivot, index, b->err));
	close_loop(b, m, index, &l->grad_index);
	zero = exit_of(b, c, s, "b_count");
	if (l->outer && b->rc == 0) {
		mg_node *sync = mg_loops_grad_sync(l->outer, b);

		TRY(b, mg_node_add_control(b->graph, sync, zero.node, b->err));
	}
	leave(l->all, c);
}

/* ControlTrigger NAME in CONTEXT, which INDEX waits for. */
static mg_node *
trigger(mg_builder *b, const char *name, mg_context_record *c, mg_output index)
{
	mg_node *n = NULL;

	TRY(b, mg_controls_push(b->graph, NULL, 0, b->err));
	if (b->rc)
		return NULL;
	n = mg_build_node(b, "ControlTrigger", name, "");
	mg_controls_pop(b->graph);
	if (b->rc)
		return NULL;
	n->context = c;
	TRY(b, mg_node_add_control(b->graph, index.node, n, b->err));
	return n;
}

mg_node *
mg_loops_grad_sync(mg_grad_loop *l, mg_builder *b)
{
	if (!l->grad_sync)
		l->grad_sync = trigger(b, "b_sync", l->backward, l->grad_index);
	return l->grad_sync;
}

static mg_node *
forward_sync(mg_grad_loop *l, mg_builder *b)
{
	if (!l->forward_sync)
		l->forward_sync = trigger(b, "f_sync", l->forward, l->forward_index);
	return l->forward_sync;
}

/* ---- stacks ---- */

static mg_output
push(mg_builder *b, mg_context_record *where, mg_output stack, mg_output value, bool swap)
{
	mg_output o;

	mg_graph_set_context(b->graph, where);
	o = mg_build(b, "StackPushV2", NULL, "oo;b:swap_memory", stack, value, (int)swap);
	mg_graph_set_context(b->graph, NULL);
	return o;
}

static mg_output
new_stack(mg_builder *b, mg_output value)
{
	mg_output size, acc = MG_NO_OUTPUT;

	TRY(b, mg_colocate_push(b->graph, value.node, b->err));
	if (b->rc)
		return acc;
	size = mg_const_scalar(b, NULL, MGREG_INT32, -1);
	acc = mg_build(b, "StackV2", "f_acc", "o;t:elem_type", size, (int)mg_output_type(value));
	mg_colocate_pop(b->graph);
	return acc;
}

/* A stack of VALUE, a value of the forward loop, one element for each iteration.  DEAD_BRANCH: VALUE stands in for what a branch
 * that was not taken would have had. */
static mg_output
remember(mg_grad_loop *l, mg_builder *b, mg_output value, bool dead_branch)
{
	mg_context_record *now = context(b->graph), *of;
	mg_output acc, inside = MG_NO_OUTPUT, p = MG_NO_OUTPUT;

	TRY(b, mg_controls_push(b->graph, NULL, 0, b->err));
	if (b->rc)
		return MG_NO_OUTPUT;
	mg_graph_set_context(b->graph, now);
	acc = new_stack(b, value);
	mg_graph_set_context(b->graph, NULL);
	TRY(b, mg_context_add_value(b->graph, l->forward, acc, &inside, b->err));
	of = b->rc ? NULL : mg_node_output_context(value.node);
	if (b->rc == 0 && of == l->forward) {
		p = push(b, of, inside, value, l->forward->swap_memory);
		TRY(b, mg_node_add_control(b->graph, l->forward_index.node, p.node, b->err));
	} else if (b->rc == 0 && of && of->kind == MG_RECORD_COND) {
		p = push(b, dead_branch ? of->outer : of, inside, value, l->forward->swap_memory);
		if (b->rc == 0 && dead_branch)
			p.node->context = of;
		if (b->rc == 0) {
			mg_node *sync = forward_sync(l, b);

			TRY(b, mg_node_add_control(b->graph, sync, p.node, b->err));
		}
	} else if (b->rc == 0) {
		b->rc = mg_fail(b->err, MGREG_INVALID_ARGUMENT, "the gradient needs '%s', which is not in the loop '%s' itself", value.node->name, l->forward->context_name);
	}
	/* the push comes after the counter has moved, so that pushes of one stack keep their order */
	TRY(b, mg_node_add_control(b->graph, p.node, l->forward_index.node->inputs[0].node, b->err));
	mg_controls_pop(b->graph);
	return acc;
}

static mg_output *
known(mg_grad_loop *l, mg_output v)
{
	char key[512];

	snprintf(key, sizeof(key), "%.480s:%d", v.node->name, v.index);
	return mg_map_find(&l->history, key);
}

static void
note(mg_grad_loop *l, mg_builder *b, mg_output v, mg_output is)
{
	mg_output *copy = mg_arena_memdup(mg_graph_arena(b->graph), &is, sizeof(is));
	char key[512];

	snprintf(key, sizeof(key), "%.480s:%d", v.node->name, v.index);
	if (b->rc == 0 && (!copy || !mg_map_set(&l->history, key, copy)))
		b->rc = mg_fail_nomem(b->err, 0);
}

static mg_output
pred_of(mg_builder *b, const mg_context_record *c)
{
	mg_output o = MG_NO_OUTPUT;

	TRY(b, mg_graph_output(b->graph, c->pred_name, &o, b->err));
	return o;
}

/* The innermost branch between VALUE and the place of its stack, or NULL. */
static mg_context_record *
branch_around(mg_output value, mg_output acc)
{
	for (mg_context_record *c = value.node->context; c && c != acc.node->context; c = c->outer)
		if (c->kind == MG_RECORD_COND)
			return c;
	return NULL;
}

/* What was pushed for VALUE onto ACC, popped in the gradient loop. */
static mg_output
recall(mg_grad_loop *l, mg_builder *b, mg_output acc, mg_output value, bool dead_branch)
{
	mg_context_record *cond;
	mg_output pop;

	TRY(b, mg_controls_push(b->graph, NULL, 0, b->err));
	if (b->rc)
		return MG_NO_OUTPUT;
	cond = branch_around(value, acc);
	enter(l->all, b, l->backward);
	if (cond) {
		mg_output pred = pred_of(b, cond), *real = NULL;

		for (mg_grad_loop *i = l; b->rc == 0 && i && !real; i = i->outer)
			real = known(i, pred);
		acc = mg_build_switch(b, acc, real ? *real : pred, NULL);
		acc.index = dead_branch ? 1 - cond->branch : cond->branch;
	}
	pop = mg_build(b, "StackPopV2", NULL, "o;t:elem_type", acc, (int)mg_output_type(value));
	TRY(b, mg_output_merge_shape(pop, mg_output_shape(value), b->err));
	leave(l->all, l->backward);
	mg_controls_pop(b->graph);
	if (b->rc == 0 && l->backward->parallel_iterations > 1) {
		mg_node *sync = mg_loops_grad_sync(l, b);

		TRY(b, mg_node_add_control(b->graph, sync, pop.node, b->err));
	}
	return pop;
}

/* The constant Enter that V comes from, or NULL. */
static const mg_node *
constant_enter(mg_output v)
{
	const mg_node *n = v.node;
	bool constant;

	while ((is_op(n, "Switch") || is_op(n, "Identity")) && n->input_count)
		n = n->inputs[0].node;
	return is_op(n, "Enter") && mg_attr_get_bool(&n->attrs, "is_constant", &constant) && constant ? n : NULL;
}

static mg_output
clone_constant(mg_builder *b, const mg_node *n)
{
	return mg_build(b, "Const", NULL, ";a:value t:dtype", mg_attr_find(&n->attrs, "value"), mg_dtype_base(n->output_types[0]));
}

/* What stands for VALUE of the forward loop in the gradient loop, which is current. */
static mg_output
real_value(mg_grad_loop *l, mg_builder *b, mg_output value)
{
	mg_output *is = known(l, value), v = value, acc, real;
	mg_grad_loop *of = l;
	const mg_node *from;

	if (is)
		return *is;
	while ((from = constant_enter(v)) != NULL) {
		v = from->inputs[0];
		of = of->outer;
		if (!of) {
			TRY(b, mg_context_add_value(b->graph, l->backward, v, &real, b->err));
			note(l, b, value, real);
			return real;
		}
	}
	if (!strcmp(v.node->op_name, "Const")) {
		real = clone_constant(b, v.node);
		note(l, b, value, real);
		return real;
	}
	leave(l->all, l->backward);
	acc = remember(of, b, v, false);
	enter(l->all, b, l->backward);
	real = recall(of, b, acc, v, false);
	if (of != l)
		TRY(b, mg_context_add_value(b->graph, l->backward, real, &real, b->err));
	note(l, b, value, real);
	return real;
}

static int
real_value_hook(void *ctx, mg_context_record *c MG_UNUSED, mg_output value, mg_output *out, mgreg_error *err)
{
	mg_grad_loop *l = ctx;
	mg_builder b = MG_BUILDER(l->all->g, err);
	mg_context_record *of = mg_context_loop(value.node->context);

	if (mg_loops_is_exit(value.node) && value.node->context)
		of = mg_context_loop(value.node->context->outer);
	if (of == l->forward)
		*out = real_value(l, &b, value);
	return b.rc;
}

/* What only depends on a value's shape is made beside the value: then the shape is kept, not the value. */
static mg_context_record *
home_hook(void *ctx, mg_context_record *c MG_UNUSED, const char *op, mg_output input)
{
	mg_grad_loop *l = ctx;

	if (strcmp(op, "Shape") != 0 && strcmp(op, "Size") != 0 && strcmp(op, "Rank") != 0)
		return NULL;
	return input.node && mg_context_loop(input.node->context) == l->forward ? input.node->context : NULL;
}

/* ---- a loop's gradient begins ---- */

static void
make_backward(mg_grad_loop *l, mg_builder *b)
{
	mg_context_hooks hooks = { real_value_hook, home_hook, l };

	TRY(b, mg_context_new_while(b->graph, l->forward->context_name, l->forward->parallel_iterations, l->forward->back_prop,
		l->forward->swap_memory, &l->backward, b->err));
	if (b->rc == 0)
		l->backward->gradient = true;
	TRY(b, mg_context_set_hooks(b->graph, l->backward, &hooks, b->err));
}

static void
begin_loop(mg_grad_loop *l, mg_builder *b)
{
	mg_context_record *around = l->forward->outer;
	mg_output count, acc;

	if (around)
		enter(l->all, b, around);
	count = forward_counter(l, b);
	if (around)
		leave(l->all, around);
	if (b->rc)
		return;
	if (!l->outer) {
		if (around)
			enter(l->all, b, around);
		make_backward(l, b);
		if (b->rc == 0)
			backward_counter(l, b, count);
		if (around)
			leave(l->all, around);
		return;
	}
	TRY(b, mg_context_mark(b->graph, l->outer->forward, count, b->err));
	acc = remember(l->outer, b, count, false);
	enter(l->all, b, l->outer->backward);
	make_backward(l, b);
	if (b->rc == 0) {
		count = recall(l->outer, b, acc, count, false);
		backward_counter(l, b, count);
	}
	leave(l->all, l->outer->backward);
}

static int
take_exits(mg_grad_loop *l, mgreg_error *err)
{
	for (int i = 0; i < l->forward->exit_count; i++) {
		mg_output o;
		int rc = mg_graph_output(l->all->g, l->forward->loop_exit_names[i], &o, err);

		if (rc)
			return mg_wrap(err, rc, "loop '%s'", l->forward->context_name);
		if (!mg_vec_push(&l->exits, o))
			return mg_fail_nomem(err, 0);
	}
	l->pending = (int)l->exits.len;
	return 0;
}

int
mg_loops_add(mg_loops **all, mg_graph *g, const mg_node *exit, mg_grad_loop **made, mgreg_error *err)
{
	mg_context_record *forward = mg_context_loop(exit->context);
	mg_builder b = MG_BUILDER(g, err);
	mg_grad_loop *l;

	*made = NULL;
	if (!forward)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "node '%s': the graph does not say to which loop it belongs (its MetaGraph's collection while_context does)", exit->name);
	if (forward->gradient)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "node '%s': second-order gradient for while loops not supported", exit->name);
	if (!*all) {
		if (!(*all = mg_calloc(1, sizeof(**all))))
			return mg_fail_nomem(err, sizeof(**all));
		(*all)->g = g;
		(*all)->err = err;
	}
	if (find(*all, forward))
		return 0;
	if (!(l = mg_calloc(1, sizeof(*l))) || !mg_vec_push(&(*all)->at, l)) {
		mg_free(l);
		return mg_fail_nomem(err, sizeof(*l));
	}
	l->all = *all;
	l->outer = forward->outer ? find(*all, mg_context_loop(forward->outer)) : NULL;
	l->forward = forward;
	if ((b.rc = take_exits(l, err)) == 0)
		begin_loop(l, &b);
	*made = l;
	return b.rc;
}

int
mg_loops_exit_count(const mg_grad_loop *l)
{
	return (int)l->exits.len;
}

mg_output
mg_loops_exit(const mg_grad_loop *l, int i)
{
	return l->exits.at[i];
}

void
mg_loops_free(mg_loops *all)
{
	for (size_t i = 0; all && i < all->at.len; i++) {
		mg_grad_loop *l = all->at.at[i];

		if (l->backward)
			mg_context_set_hooks(all->g, l->backward, NULL, NULL);
		mg_map_clear(&l->history);
		mg_vec_clear(&l->switches);
		mg_vec_clear(&l->exits);
		mg_vec_clear(&l->unused);
		mg_vec_clear(&l->deferred);
		mg_free(l);
	}
	if (all) {
		mg_vec_clear(&all->at);
		mg_vec_clear(&all->stack);
		mg_free(all);
	}
}

/* ---- which exits have gradients ---- */

int
mg_loops_unused_exits(mg_loops *all, mg_loops_pending *pending, mg_loops_exit_fn *seed, void *ctx, mgreg_error *err)
{
	for (size_t i = 0; all && i < all->at.len; i++) {
		mg_grad_loop *l = all->at.at[i];

		for (size_t k = 0; k < l->exits.len; k++) {
			bool is_y;
			int rc;

			if (pending(ctx, l->exits.at[k].node, &is_y) != 0)
				continue;
			l->pending--;
			if (!is_y && !mg_vec_push(&l->unused, l->exits.at[k]))
				return mg_fail_nomem(err, 0);
			for (size_t u = 0; l->pending == 0 && u < l->unused.len; u++)
				if ((rc = seed(ctx, l->unused.at[u], true)) != 0)
					return rc;
		}
	}
	return 0;
}

int
mg_loops_each_enter(mg_loops *all, int (*each)(void *ctx, mg_node *enter), void *ctx)
{
	int rc = 0;

	for (size_t i = 0; all && i < all->at.len; i++)
		for (int k = 0; rc == 0 && k < all->at.at[i]->forward->enter_count; k++) {
			mg_output o;

			if (mg_graph_output(all->g, all->at.at[i]->forward->loop_enter_names[k], &o, NULL) == 0)
				rc = each(ctx, o.node);
		}
	return rc;
}

int
mg_loops_exit_ready(mg_loops *all, const mg_node *exit, mg_loops_has_fn *has, mg_loops_exit_fn *queue, void *ctx, mgreg_error *err)
{
	mg_grad_loop *l = mg_loops_of(all, exit, false);
	bool any = false;
	int rc;

	if (!l)
		return queue(ctx, MG_OUTPUT((mg_node *)exit, 0), false);
	if (!mg_vec_push(&l->deferred, MG_OUTPUT((mg_node *)exit, 0)))
		return mg_fail_nomem(err, 0);
	if (--l->pending > 0)
		return 0;
	for (size_t i = 0; i < l->deferred.len; i++) {
		if (has(ctx, l->deferred.at[i])) {
			any = true;
			if ((rc = queue(ctx, l->deferred.at[i], false)) != 0)
				return rc;
		} else if (!mg_vec_push(&l->unused, l->deferred.at[i])) {
			return mg_fail_nomem(err, 0);
		}
	}
	for (size_t i = 0; i < l->unused.len; i++)
		if ((rc = queue(ctx, l->unused.at[i], any)) != 0)
			return rc;
	return 0;
}

/* ---- zeros ---- */

mg_output
mg_loops_zeros_for_exit(mg_loops *all, mg_builder *b, mg_output exit)
{
	const mg_shape *shape = mg_output_shape(exit);
	mg_context_record *around = exit.node->context ? exit.node->context->outer : NULL;
	mg_grad_loop *outer = find(all, mg_context_loop(around));
	mg_output s, acc, result;

	if (!outer) {
		if (mg_shape_is_full(shape))
			return zero_const(b, "zeros", mg_output_type(exit), shape);
		return mg_build(b, "ZerosLike", "zeros_like", "o", exit);
	}
	if (mg_shape_is_full(shape)) {
		enter(all, b, outer->backward);
		result = zero_const(b, "zeros", mg_output_type(exit), shape);
		leave(all, outer->backward);
		return result;
	}
	enter(all, b, around);
	s = shape_of(b, exit);
	leave(all, around);
	if (b->rc)
		return MG_NO_OUTPUT;
	acc = remember(outer, b, s, false);
	enter(all, b, outer->backward);
	result = zeros(b, b->rc ? MG_NO_OUTPUT : recall(outer, b, acc, s, false), mg_output_type(exit));
	leave(all, outer->backward);
	return result;
}

/* Zeros for a Switch's other side: alive where that branch was taken. */
static mg_output
zeros_in_branch(mg_grad_loop *l, mg_builder *b, const mg_node *n)
{
	mg_context_record *c = n->context;
	mg_output pred = pred_of(b, c), v, s, acc;
	int dtype = mg_dtype_base(n->output_types[0]);

	if (b->rc)
		return MG_NO_OUTPUT;
	enter(l->all, b, c->outer);
	v = mg_build_switch(b, n->inputs[0], pred, NULL);
	v.index = 1 - c->branch;
	s = shape_of(b, v);
	leave(l->all, c->outer);
	if (b->rc)
		return MG_NO_OUTPUT;
	v.node->context = s.node->context = c;
	leave(l->all, l->backward);
	acc = remember(l, b, s, true);
	enter(l->all, b, l->backward);
	return b->rc ? MG_NO_OUTPUT : zeros(b, recall(l, b, acc, s, true), dtype);
}

mg_output
mg_loops_zeros(mg_loops *all, mg_builder *b, const mg_node *n, int i)
{
	mg_grad_loop *l = mg_loops_of(all, n, false);
	mg_output o = MG_OUTPUT((mg_node *)n, i), s, acc, *pred;
	bool branch = is_op(n, "Switch");

	if (b->rc || mg_loops_is_switch(n))
		return MG_NO_OUTPUT;
	if (!l)
		return mg_grad_zeros_outside(b, n, i);
	if (mg_shape_is_full(mg_output_shape(o))) {
		o = zero_const(b, NULL, mg_output_type(o), mg_output_shape(o));
		if (branch && b->rc == 0) {
			pred = known(l, pred_of(b, n->context));
			o = mg_build_switch(b, o, pred ? *pred : pred_of(b, n->context), NULL);
			o.index = 1 - n->context->branch;
		}
		return o;
	}
	if (branch)
		return zeros_in_branch(l, b, n);
	enter(all, b, n->context);
	s = shape_of(b, o);
	leave(all, n->context);
	if (b->rc)
		return MG_NO_OUTPUT;
	leave(all, l->backward);
	acc = remember(l, b, s, false);
	enter(all, b, l->backward);
	return b->rc ? MG_NO_OUTPUT : zeros(b, recall(l, b, acc, s, false), mg_output_type(o));
}

/* ---- gradients of the nodes that make a loop ---- */

bool
mg_loops_first_visit(const mg_loops *all, const mg_node *n)
{
	mg_grad_loop *l = mg_loops_of(all, n, false);

	for (size_t i = 0; l && i < l->switches.len; i++)
		if (l->switches.at[i].node == n)
			return false;
	return true;
}

mg_output
mg_loops_switch_grad(mg_loops *all, mg_builder *b, const mg_node *n, mg_output g0, mg_output g1)
{
	mg_grad_loop *l = current(all);
	switched s = { n, MG_NO_OUTPUT };

	for (size_t i = 0; l && i < l->switches.len; i++)
		if (l->switches.at[i].node == n) {
			if (g1.node)    /* the second time: from the body */
				close_loop(b, l->switches.at[i].merge, g1, NULL);
			return MG_NO_OUTPUT;
		}
	if (!l || !g0.node)
		return MG_NO_OUTPUT;
	s.merge = merge_twice(b, g0, "b_switch");
	if (b->rc == 0 && !mg_vec_push(&l->switches, s))
		b->rc = mg_fail_nomem(b->err, 0);
	return s.merge;
}

mg_output
mg_loops_pivot(mg_loops *all, mg_builder *b)
{
	mg_grad_loop *l = current(all);

	return l ? pivot_of(b, l->backward) : MG_NO_OUTPUT;
}

bool
mg_loops_inside(const mg_loops *all)
{
	return current(all) != NULL;
}

bool
mg_loops_back_prop(const mg_loops *all)
{
	mg_grad_loop *l = current(all);

	return l && l->backward->back_prop;
}

/* PRED of a branch inside the loop, as it was in the iteration. */
mg_output
mg_loops_pred(mg_loops *all, mg_builder *b, mg_output pred)
{
	mg_grad_loop *l = current(all);
	mg_output *is = l ? known(l, pred) : NULL, acc, real;

	if (!l)
		return pred;
	if (is)
		return *is;
	leave(all, l->backward);
	acc = remember(l, b, pred, false);
	enter(all, b, l->backward);
	real = recall(l, b, acc, pred, false);
	note(l, b, pred, real);
	return real;
}

mg_grad_value
mg_loops_exit_grad(mg_loops *all, mg_builder *b, const mg_grad_value *g)
{
	mg_grad_loop *l = current(all);
	mg_grad_value r = { 0 };

	if (!l)
		return r;
	if (g->dense.node) {
		r.dense = enter_variable(b, l->backward, g->dense, "b_exit", true);
		return r;
	}
	r.values = enter_variable(b, l->backward, g->values, "b_exit", true);
	r.indices = enter_variable(b, l->backward, g->indices, "b_exit", true);
	if (g->dense_shape.node)
		r.dense_shape = enter_variable(b, l->backward, g->dense_shape, "b_exit", true);
	return r;
}

mg_output
mg_loops_enter_grad(mg_loops *all, mg_builder *b, mg_output g)
{
	mg_grad_loop *l = current(all);

	return exit_of(b, l->backward, g, NULL);
}

/* Zeros to start from where the loop does not run at all: made outside of the gradient loop, like input 0 of N. */
static mg_output
start_of(mg_grad_loop *l, mg_builder *b, const mg_node *n, mg_output g)
{
	mg_context_record *around = l->backward->outer, *before;
	mg_output acc, s;

	if (mg_shape_is_full(mg_output_shape(g))) {
		if (around)
			enter(l->all, b, around);
		acc = zero_const(b, "b_acc", mg_output_type(g), mg_output_shape(g));
		if (around)
			leave(l->all, around);
		return acc;
	}
	if (l->outer) {
		before = l->forward->outer;
		enter(l->all, b, before);
		s = shape_of(b, n->inputs[0]);
		leave(l->all, before);
		if (b->rc)
			return MG_NO_OUTPUT;
		acc = remember(l->outer, b, s, false);
		enter(l->all, b, around);
		acc = zeros(b, b->rc ? MG_NO_OUTPUT : recall(l->outer, b, acc, s, false), mg_output_type(g));
		leave(l->all, around);
		return acc;
	}
	if (around)
		enter(l->all, b, around);
	acc = zeros(b, shape_of(b, n->inputs[0]), mg_output_type(g));
	if (around)
		leave(l->all, around);
	return acc;
}

mg_output
mg_loops_accumulate(mg_loops *all, mg_builder *b, const mg_node *n, mg_output g)
{
	mg_grad_loop *l = current(all);
	mg_output acc, m, s;

	leave(all, l->backward);
	acc = start_of(l, b, n, g);
	enter(all, b, l->backward);
	m = merge_twice(b, b->rc ? MG_NO_OUTPUT : enter_variable(b, l->backward, acc, "b_acc", true), "b_acc");
	s = switch_of(b, m, pivot_of(b, l->backward));
	close_loop(b, m, mg_build(b, "Add", NULL, "oo", mg_g_at(s, 1), g), NULL);
	return exit_of(b, l->backward, s, "b_acc");
}

/* Slices start with one row of zeros at index 0; each iteration's are put behind. */
static void
start_slices(mg_grad_loop *l, mg_builder *b, const mg_node *n, const mg_grad_value *g, mg_output acc[3])
{
	mg_context_record *around = l->backward->outer;
	mg_shape shape = { 0 };
	int64_t one = 1;

	if (around)
		enter(l->all, b, around);
	if (mg_shape_is_full(mg_output_shape(g->values)) && mg_output_shape(g->values)->rank > 0) {
		TRY(b, mg_shape_copy(&shape, mg_output_shape(g->values), b->err));
		if (b->rc == 0)
			mg_shape_dims(&shape)[0] = 1;
		acc[1] = zero_const(b, "b_acc", mg_output_type(g->values), &shape);
	} else if (b->rc == 0) {
		mg_grad_ctx c = { .b = *b };
		mg_output tail = mg_g_strided(&c, shape_of(&c.b, n->inputs[0]), 1, 0, false);
		mg_output parts[2] = { mg_const_i32s(&c.b, NULL, &one, 1), tail };

		acc[1] = mg_g_zeros(&c, mg_g_concat(&c, parts, 2, 0), mg_output_type(g->values));
		b->rc = c.b.rc;
	}
	mg_shape_clear(&shape);
	TRY(b, mg_shape_set(&shape, &one, 1, b->err));
	acc[0] = zero_const(b, NULL, mg_output_type(g->indices), &shape);
	mg_shape_clear(&shape);
	acc[2] = MG_NO_OUTPUT;
	if (g->dense_shape.node) {
		if (mg_shape_is_full(mg_output_shape(g->dense_shape)))
			acc[2] = zero_const(b, NULL, mg_output_type(g->dense_shape), mg_output_shape(g->dense_shape));
		else if (b->rc == 0)
			acc[2] = mg_build(b, "ZerosLike", "zeros_like", "o", mg_build(b, mg_output_type(n->inputs[0]) == MGREG_RESOURCE ? "VariableShape" : "Shape",
				NULL, "o;t:out_type", n->inputs[0], (int)mg_output_type(g->dense_shape)));
	}
	if (around)
		leave(l->all, around);
}

mg_grad_value
mg_loops_accumulate_slices(mg_loops *all, mg_builder *b, const mg_node *n, const mg_grad_value *g)
{
	mg_grad_loop *l = current(all);
	mg_output acc[3], merge[3], s[3], next[3], result[3] = { MG_NO_OUTPUT, MG_NO_OUTPUT, MG_NO_OUTPUT };
	int count = g->dense_shape.node ? 3 : 2;

	leave(all, l->backward);
	start_slices(l, b, n, g, acc);
	enter(all, b, l->backward);
	for (int i = 0; i < count && b->rc == 0; i++)     /* they grow: their shapes are not those they enter with */
		merge[i] = enter_variable(b, l->backward, acc[i], "b_acc", i == 2);
	for (int i = 0; i < count && b->rc == 0; i++)
		merge[i] = merge_twice(b, merge[i], "b_acc");
	for (int i = 0; i < count && b->rc == 0; i++)
		s[i] = switch_of(b, merge[i], pivot_of(b, l->backward));
	if (b->rc == 0) {
		mg_grad_ctx c = { .b = *b };
		mg_output pair[2] = { mg_g_at(s[0], 1), g->indices };

		next[0] = mg_g_concat(&c, pair, 2, 0);
		pair[0] = mg_g_at(s[1], 1);
		pair[1] = g->values;
		next[1] = mg_g_concat(&c, pair, 2, 0);
		if (count == 3)
			next[2] = mg_g2(&c, "Maximum", NULL, g->dense_shape, mg_g_at(s[2], 1));
		b->rc = c.b.rc;
	}
	for (int i = 0; i < count && b->rc == 0; i++)
		close_loop(b, merge[i], next[i], NULL);
	for (int i = 0; i < count && b->rc == 0; i++)
		result[i] = exit_of(b, l->backward, s[i], "b_acc");
	return (mg_grad_value){ .indices = result[0], .values = result[1], .dense_shape = result[2] };
}

/* ---- the end ---- */

/* A loop variable whose next value does not depend on this one: its gradient is zero in all iterations but the last. */
static void
patch(mg_grad_loop *l, mg_builder *b, mg_output merge)
{
	mg_output in = merge.node->inputs[0], g = in.node->inputs[0], z;
	mg_context_record *around = l->backward->outer;

	if (mg_shape_is_full(mg_output_shape(in))) {
		enter(l->all, b, l->backward);
		z = zero_const(b, NULL, mg_output_type(in), mg_output_shape(in));
		close_loop(b, merge, z, NULL);
		leave(l->all, l->backward);
		return;
	}
	if (around)
		enter(l->all, b, around);
	z = zeros(b, shape_of(b, g), mg_output_type(g));
	if (around)
		leave(l->all, around);
	enter(l->all, b, l->backward);
	close_loop(b, merge, z, NULL);
	leave(l->all, l->backward);
}

void
mg_loops_finish(mg_loops *all, mg_builder *b)
{
	for (size_t i = 0; all && i < all->at.len; i++)
		for (size_t k = 0; k < all->at.at[i]->switches.len; k++) {
			mg_output m = all->at.at[i]->switches.at[k].merge;

			if (b->rc == 0 && m.node->inputs[0].node == m.node->inputs[1].node && m.node->inputs[0].index == m.node->inputs[1].index)
				patch(all->at.at[i], b, m);
		}
}
