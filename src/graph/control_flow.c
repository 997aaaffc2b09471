/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control_flow.c - mgreg_cond() and mgreg_while_loop(): the nodes that TensorFlow 1.x's functions of these names leave behind.
 *
 *   cond    Switch, switch_t, switch_f, pred_id, <branches>, Merge ...
 *   while   Enter ..., Merge ..., <condition>, LoopCond, Switch ..., Identity ..., <body>, NextIteration ..., Exit ...
 */
#include "base/base.h"
#include "graph/graph_internal.h"

#define SUMMARIES "summaries"

static void
fail(mg_builder *b, int rc)
{
	if (b->rc == 0)
		b->rc = rc;
}

/* Whether the callback left a whole result. */
static bool
results_are_there(mg_builder *b, const char *what, const mg_output *out, int count, bool ops)
{
	for (int i = 0; i < count && b->rc == 0; i++) {
		if (!out[i].node)
			b->rc = mg_fail(b->err, MGREG_INVALID_ARGUMENT, "%s: result %d is missing", what, i);
		else if (out[i].node->graph != b->graph)
			b->rc = mg_fail(b->err, MGREG_INVALID_ARGUMENT, "%s: result %d is of another graph", what, i);
		else if (out[i].index >= out[i].node->output_count || out[i].index < (ops ? MGREG_OP_ITSELF : 0))
			b->rc = mg_fail(b->err, MGREG_INVALID_ARGUMENT, "%s: result %d: operation '%s' has no output %d", what, i,
				out[i].node->name, out[i].index);
	}
	return b->rc == 0;
}

/*
 * Summaries made in a branch or a loop cannot be fetched from outside: they leave the collection, and the results wait for
 * them.  COUNT is how many the collection had before.
 */
static void
bind_summaries(mg_builder *b, int before, mg_output *out, int count)
{
	mg_graph *g = b->graph;
	int n = mg_collection_count(g, SUMMARIES) - before, made = 0;
	mg_node **list;

	if (b->rc || n <= 0)
		return;
	if (!(list = mg_arena_zalloc(&g->arena, (size_t)n, sizeof(*list)))) {
		b->rc = mg_fail_nomem(b->err, 0);
		return;
	}
	for (int i = 0; i < n; i++) {
		const mg_item *item = mg_collection_item(g, SUMMARIES, before + i);
		mg_node *node = item->kind == MG_ITEM_TENSOR ? item->tensor.node : item->kind == MG_ITEM_NODE ? item->node : NULL;

		if (node)
			list[made++] = node;
	}
	mg_collection_truncate(g, SUMMARIES, before);
	if ((b->rc = mg_controls_push(g, list, made, b->err)) != 0)
		return;
	for (int i = 0; i < count; i++)
		if (out[i].index >= 0)
			out[i] = mg_build(b, "Identity", NULL, "o", out[i]);
	mg_controls_pop(g);
}

/* ---- cond ---- */

/* A value that leaves a branch: what was not made there comes through a Switch of its own; an op is stood for by the pivot. */
static mg_output
branch_result(mg_builder *b, mg_context_record *c, mg_output v)
{
	mg_graph *g = b->graph;
	mg_output real = v, pred, pivot;

	if (b->rc || (b->rc = mg_graph_output(g, c->pred_name, &pred, b->err)) != 0
		|| (b->rc = mg_graph_output(g, c->pivot_name, &pivot, b->err)) != 0)
		return MG_NO_OUTPUT;
	if (v.index < 0) {
		const char *scope;
		mg_output o;

		if ((b->rc = mg_scope_enter(g, "control_dependency", &scope, b->err)) != 0)
			return MG_NO_OUTPUT;
		b->rc = mg_colocate_push(g, pivot.node, b->err);
		if (b->rc == 0 && (b->rc = mg_controls_push(g, &v.node, 1, b->err)) == 0) {
			o = mg_build(b, "Identity", scope, "o", pivot);
			mg_controls_pop(g);
		}
		if (g->colocation.len)
			mg_colocate_pop(g);
		mg_scope_leave(g);
		return b->rc ? MG_NO_OUTPUT : o;
	}
	if (mg_context_has(g, c, v))
		return mg_context_external(g, c, v, &real) ? real : v;
	fail(b, mg_context_mark(g, c, v, b->err));
	if (b->rc == 0 && c->outer) {
		fail(b, mg_context_add_value(g, c->outer, v, &real, b->err));
		if (b->rc == 0)
			fail(b, mg_context_mark(g, c, real, b->err));
		if (b->rc == 0)
			fail(b, mg_context_set_external(g, c, real, real, b->err));
	}
	real = mg_build_switch(b, real, pred, NULL);
	if (b->rc)
		return MG_NO_OUTPUT;
	real.index = c->branch;
	fail(b, mg_context_set_external(g, c, v, real, b->err));
	return real;
}

static mg_context_record *
build_branch(mg_builder *b, mg_output pred, mg_output pivot, int branch, mgreg_cond_fn *fn, void *payload, mg_output *out, int count)
{
	mg_graph *g = b->graph;
	mg_context_record *c = NULL, *before;
	int summaries = mg_collection_count(g, SUMMARIES);

	if (b->rc || (b->rc = mg_context_new_cond(g, pred, pivot, branch, &c, b->err)) != 0)
		return NULL;
	before = mg_graph_set_context(g, c);
	fn(payload, b, out, count);
	if (results_are_there(b, branch ? "true branch of a cond" : "false branch of a cond", out, count, true))
		bind_summaries(b, summaries, out, count);
	for (int i = 0; i < count && b->rc == 0; i++)
		out[i] = branch_result(b, c, out[i]);
	mg_graph_set_context(g, before);
	for (int i = 0; i < count && b->rc == 0 && c->outer; i++)
		b->rc = mg_context_mark(g, c->outer, out[i], b->err);
	return b->rc ? NULL : c;
}

static void
collect(mg_builder *b, const char *key, enum mg_record_kind kind, mg_context_record *c)
{
	mg_item item = { .kind = MG_ITEM_RECORD, .record_kind = kind, .record = c };

	/* Inner ones travel inside the outermost. */
	if (b->rc == 0 && !c->outer)
		b->rc = mg_collection_add(b->graph, key, &item, b->err);
}

static void
merge_results(mg_builder *b, const mg_output *if_true, const mg_output *if_false, mg_output *out, int count)
{
	for (int i = 0; i < count && b->rc == 0; i++) {
		mg_dtype t = mg_output_type(if_true[i]), f = mg_output_type(if_false[i]);

		if (t != f)
			b->rc = mg_fail(b->err, MGREG_INVALID_ARGUMENT, "cond: result %d is of type %s in the true branch and %s in the false one",
				i, mg_dtype_name((int)t), mg_dtype_name((int)f));
	}
	for (int i = 0; i < count && b->rc == 0; i++)
		out[i] = mg_build_merge(b, (mg_output[2]){ if_false[i], if_true[i] }, 2, NULL);
}

static void
build_cond(mg_builder *b, mg_output pred, const mgreg_cond_fns *fns, mg_output *out, int count)
{
	mg_output s = mg_build(b, "Switch", NULL, "oo", pred, pred);
	mg_output on = mg_build(b, "Identity", "switch_t", "o", b->rc ? s : MG_OUTPUT(s.node, 1));
	mg_output off = mg_build(b, "Identity", "switch_f", "o", s);
	mg_output id = mg_build(b, "Identity", "pred_id", "o", pred);
	mg_output *results = b->rc ? NULL : mg_arena_zalloc(&b->graph->arena, 2 * (size_t)count + 1, sizeof(*results));
	mg_context_record *t, *f;

	if (b->rc)
		return;
	if (!results) {
		b->rc = mg_fail_nomem(b->err, 0);
		return;
	}
	t = build_branch(b, id, on, 1, fns->if_true, fns->payload, results, count);
	f = build_branch(b, id, off, 0, fns->if_false, fns->payload, results + count, count);
	if (b->rc)
		return;
	merge_results(b, results, results + count, out, count);
	collect(b, "cond_context", MG_RECORD_COND, t);
	collect(b, "cond_context", MG_RECORD_COND, f);
}

void
mgreg_cond(mgreg_builder *b, mgreg_output pred, const mgreg_cond_fns *fns, mgreg_output *out, int count, const char *name)
{
	for (int i = 0; i < count; i++)
		out[i] = MG_NO_OUTPUT;
	if (b->rc)
		return;
	if (!pred.node || pred.node->graph != b->graph || pred.index < 0 || pred.index >= pred.node->output_count
		|| mg_output_type(pred) != MGREG_BOOL)
		b->rc = mg_fail(b->err, MGREG_INVALID_ARGUMENT, "cond '%s': the predicate is not a bool of this graph", name ? name : "cond");
	else if (count < 1)
		b->rc = mg_fail(b->err, MGREG_INVALID_ARGUMENT, "cond '%s': the branches must return at least one result", name ? name : "cond");
	else
		b->rc = mg_scope_enter(b->graph, name && name[0] ? name : "cond", NULL, b->err);
	if (b->rc)
		return;
	build_cond(b, pred, fns, out, count);
	mg_scope_leave(b->graph);
	for (int i = 0; i < count && b->rc; i++)
		out[i] = MG_NO_OUTPUT;
}

/* ---- while_loop ---- */

/* What a loop is made of while it is built: COUNT variables, the counter of maximum_iterations among them (the first). */
typedef struct loop {
	mg_builder        *b;
	mg_context_record *c;
	const mgreg_while_fns *fns;
	mg_output          limit;       /* maximum_iterations, or none */
	int                count;
	mg_output         *real, *enter, *merge, *sw, *body, *result;
} loop;

static bool
loop_arrays(loop *l)
{
	mg_output *all = mg_arena_zalloc(&l->b->graph->arena, 6 * (size_t)l->count, sizeof(*all));

	if (!all) {
		l->b->rc = mg_fail_nomem(l->b->err, 0);
		return false;
	}
	l->real = all;
	l->enter = all + l->count;
	l->merge = all + 2 * l->count;
	l->sw = all + 3 * l->count;
	l->body = all + 4 * l->count;
	l->result = all + 5 * l->count;
	return true;
}

static bool
is_constant_enter(const mg_node *n)
{
	bool constant;

	return (strcmp(n->op_name, "Enter") == 0 || strcmp(n->op_name, "RefEnter") == 0)
		&& mg_attr_get_bool(&n->attrs, "is_constant", &constant) && constant;
}

/* The nearest pivot around the loop. */
static mg_node *
outer_pivot(mg_graph *g, const mg_context_record *c)
{
	for (c = c->outer; c; c = c->outer) {
		mg_node *pivot = mg_context_pivot(g, c);

		if (pivot)
			return pivot;
	}
	return NULL;
}

/* SHAPE holds for every value that A stands for: nothing that it knows may be unlike, or unknown, in A. */
static bool
shape_within(const mg_shape *a, const mg_shape *shape)
{
	if (shape->rank < 0)
		return true;
	if (a->rank != shape->rank)
		return false;
	for (int i = 0; i < shape->rank; i++)
		if (mg_shape_dim(shape, i) >= 0 && mg_shape_dim(a, i) != mg_shape_dim(shape, i))
			return false;
	return true;
}

static void
set_invariant(loop *l, int i, const int64_t *dims, int rank)
{
	mg_shape s = MG_SHAPE_UNKNOWN;
	char have[256], want[256];

	if (rank >= 0) {
		s = MG_SHAPE_SCALAR;
		l->b->rc = mg_shape_set(&s, dims, rank, l->b->err);
	}
	if (l->b->rc == 0 && !shape_within(mg_output_shape(l->real[i]), &s))
		l->b->rc = mg_fail(l->b->err, MGREG_INVALID_ARGUMENT,
			"loop '%s': variable '%s' enters with shape %s, its invariant says %s", l->c->context_name, l->real[i].node->name,
			mg_shape_text(mg_output_shape(l->real[i]), have), mg_shape_text(&s, want));
	if (l->b->rc == 0)
		l->b->rc = mg_output_merge_shape(l->enter[i], &s, l->b->err);
	mg_shape_clear(&s);
}

static void
set_shapes(loop *l, const mgreg_while_options *o)
{
	int skip = l->limit.node ? 1 : 0;

	for (int i = 0; i < l->count && l->b->rc == 0; i++) {
		if (i < skip)
			set_invariant(l, i, NULL, 0);
		else if (o->shape_ranks)
			set_invariant(l, i, o->shape_dims ? o->shape_dims[i - skip] : NULL, o->shape_ranks[i - skip]);
		else
			l->b->rc = mg_output_merge_shape(l->enter[i], mg_output_shape(l->real[i]), l->b->err);
	}
}

static void
make_enters(loop *l, const mg_output *vars, const mgreg_while_options *o)
{
	mg_builder *b = l->b;
	mg_graph *g = b->graph;
	mg_node *pivot = outer_pivot(g, l->c);

	for (int i = 0; i < l->count && b->rc == 0; i++) {
		l->real[i] = vars[i];
		fail(b, mg_context_mark(g, l->c, vars[i], b->err));
		if (b->rc == 0 && l->c->outer)
			fail(b, mg_context_add_value(g, l->c->outer, vars[i], &l->real[i], b->err));
	}
	for (int i = 0; i < l->count && b->rc == 0; i++) {
		fail(b, mg_context_enter_value(g, l->c, l->real[i], false, &l->enter[i], b->err));
		if (b->rc == 0 && pivot && is_constant_enter(l->real[i].node))
			fail(b, mg_node_add_control(g, l->enter[i].node, pivot, b->err));
	}
	if (b->rc == 0)
		set_shapes(l, o);
	mg_context_clear_values(g, l->c);
	for (int i = 0; i < l->count && b->rc == 0; i++) {
		fail(b, mg_context_mark(g, l->c, l->enter[i], b->err));
		if (b->rc == 0)
			fail(b, mg_context_add_enter(g, l->c, l->enter[i], b->err));
	}
}

/* maximum_iterations: a counter goes first; the condition asks it, the body counts. */
static void
build_condition(loop *l, mg_output *out)
{
	mg_builder *b = l->b;
	mg_output less = MG_NO_OUTPUT, own = MG_NO_OUTPUT;
	int skip = l->limit.node ? 1 : 0;

	if (skip)
		less = mg_build(b, "Less", NULL, "oo", l->merge[0], l->limit);
	if (b->rc == 0)
		l->fns->condition(l->fns->payload, b, l->merge + skip, &own, l->count - skip);
	if (!results_are_there(b, "condition of a loop", &own, 1, false))
		return;
	if (mg_output_type(own) != MGREG_BOOL)
		b->rc = mg_fail(b->err, MGREG_INVALID_ARGUMENT, "loop '%s': its condition is of type %s", l->c->context_name,
			mg_dtype_name((int)mg_output_type(own)));
	*out = skip ? mg_build(b, "LogicalAnd", NULL, "oo", less, own) : own;
}

static mg_output
count_on(loop *l)
{
	mg_builder *b = l->b;
	mg_output y, sum = MG_NO_OUTPUT;
	const char *scope;

	if (b->rc || (b->rc = mg_scope_enter(b->graph, "add", &scope, b->err)) != 0)
		return MG_NO_OUTPUT;
	y = mg_const_scalar(b, "y", mg_output_type(l->body[0]), 1);
	sum = mg_build(b, "Add", scope, "oo", l->body[0], y);
	mg_scope_leave(b->graph);
	return sum;
}

static void
build_body(loop *l)
{
	mg_builder *b = l->b;
	int skip = l->limit.node ? 1 : 0, summaries = mg_collection_count(b->graph, SUMMARIES);

	if (skip)
		l->result[0] = count_on(l);
	if (b->rc == 0)
		l->fns->body(l->fns->payload, b, l->body + skip, l->result + skip, l->count - skip);
	if (results_are_there(b, "body of a loop", l->result + skip, l->count - skip, false))
		bind_summaries(b, summaries, l->result, l->count);
}

static void
check_shape(loop *l, int i)
{
	const mg_shape *m = mg_output_shape(l->merge[i]), *n = mg_output_shape(l->result[i]);
	char have[256], becomes[256];

	if (l->b->rc == 0 && !shape_within(n, m))
		l->b->rc = mg_fail(l->b->err, MGREG_INVALID_ARGUMENT,
			"loop '%s': variable '%s' enters with shape %s and has shape %s after one iteration; give a shape invariant that allows both",
			l->c->context_name, l->real[i].node->name, mg_shape_text(m, have), mg_shape_text(n, becomes));
}

static void
build_loop(loop *l, const mg_output *vars, const mgreg_while_options *o, mg_output *out)
{
	mg_builder *b = l->b;
	mg_graph *g = b->graph;
	mg_output cond = MG_NO_OUTPUT, pivot;
	int skip = l->limit.node ? 1 : 0;

	make_enters(l, vars, o);
	for (int i = 0; i < l->count && b->rc == 0; i++)
		l->merge[i] = mg_build_merge(b, (mg_output[2]){ l->enter[i], l->enter[i] }, 2, NULL);
	if (b->rc == 0)
		b->rc = mg_context_set_pivots(g, l->c, l->merge[0], MG_NO_OUTPUT, MG_NO_OUTPUT, b->err);
	build_condition(l, &cond);
	pivot = mg_build(b, "LoopCond", "LoopCond", "o", cond);
	if (b->rc == 0)
		b->rc = mg_context_set_pivots(g, l->c, MG_NO_OUTPUT, pivot, MG_NO_OUTPUT, b->err);
	for (int i = 0; i < l->count && b->rc == 0; i++)
		l->sw[i] = mg_build_switch(b, l->merge[i], pivot, NULL);
	for (int i = 0; i < l->count && b->rc == 0; i++)
		l->body[i] = mg_build_flow(b, "Identity", MG_OUTPUT(l->sw[i].node, 1), NULL);
	if (b->rc == 0)
		b->rc = mg_context_set_pivots(g, l->c, MG_NO_OUTPUT, MG_NO_OUTPUT, l->body[0], b->err);
	build_body(l);
	/* A value that only passes through the loop still has to come in. */
	for (int i = 0; i < l->count && b->rc == 0; i++) {
		check_shape(l, i);
		if (b->rc == 0)
			mg_context_close_loop(b, l->merge[i], l->result[i]);
	}
	for (int i = 0; i < l->count && b->rc == 0; i++) {
		mg_output exit = mg_build_flow(b, "Exit", l->sw[i], NULL);

		if (b->rc == 0)
			b->rc = mg_context_add_exit(g, l->c, exit, b->err);
		if (b->rc == 0 && l->c->outer)
			b->rc = mg_context_mark(g, l->c->outer, exit, b->err);
		if (i >= skip)
			out[i - skip] = exit;
	}
}

/* The counter that maximum_iterations brings along; its limit as a scalar. */
static mg_output
make_counter(mg_builder *b, mg_output limit)
{
	if (b->rc)
		return MG_NO_OUTPUT;
	if (limit.node->graph != b->graph || (mg_output_shape(limit)->rank > 0)
		|| (mg_output_type(limit) != MGREG_INT32 && mg_output_type(limit) != MGREG_INT64)) {
		b->rc = mg_fail(b->err, MGREG_INVALID_ARGUMENT, "maximum_iterations '%s' is not an integer scalar of this graph", limit.node->name);
		return MG_NO_OUTPUT;
	}
	return mg_const_scalar(b, "iteration_counter", mg_output_type(limit), 0);
}

static void
while_in_scope(mg_builder *b, const mgreg_output *vars, int count, const mgreg_while_fns *fns, const mgreg_while_options *o, mgreg_output *out)
{
	mg_graph *g = b->graph;
	int skip = o->maximum_iterations.node ? 1 : 0;
	mg_output *all = mg_arena_zalloc(&g->arena, (size_t)count + 1, sizeof(*all));
	loop l = { .b = b, .fns = fns, .limit = o->maximum_iterations, .count = count + skip };
	mg_context_record *before;

	if (!all) {
		b->rc = mg_fail_nomem(b->err, 0);
		return;
	}
	if (skip)
		all[0] = make_counter(b, o->maximum_iterations);
	memcpy(all + skip, vars, (size_t)count * sizeof(*all));
	if (b->rc || !loop_arrays(&l)
		|| (b->rc = mg_context_new_while(g, NULL, o->parallel_iterations, o->back_prop, o->swap_memory, &l.c, b->err)) != 0)
		return;
	if (skip && !(l.c->maximum_iterations_name = mg_output_name_colon(o->maximum_iterations, &g->arena))) {
		b->rc = mg_fail_nomem(b->err, 0);
		return;
	}
	before = mg_graph_set_context(g, l.c);
	build_loop(&l, all, o, out);
	mg_graph_set_context(g, before);
	collect(b, "while_context", MG_RECORD_WHILE, l.c);
}

void
mgreg_while_loop(mgreg_builder *b, const mgreg_output *vars, int count, const mgreg_while_fns *fns, const mgreg_while_options *options,
	mgreg_output *out, const char *name)
{
	static const mgreg_while_options defaults = MGREG_WHILE_INIT;
	const mgreg_while_options *o = options ? options : &defaults;
	const char *shown = name && name[0] ? name : "while";

	/* OUT may be VARS: it is not touched before these have been read. */
	if (b->rc)
		goto out;
	if (count < 1)
		b->rc = mg_fail(b->err, MGREG_INVALID_ARGUMENT, "loop '%s': no loop variables", shown);
	else if (o->parallel_iterations < 1)
		b->rc = mg_fail(b->err, MGREG_INVALID_ARGUMENT, "loop '%s': parallel_iterations must be positive, not %d", shown,
			o->parallel_iterations);
	else if (results_are_there(b, "loop variables", vars, count, false))
		b->rc = mg_scope_enter(b->graph, shown, NULL, b->err);
	if (b->rc)
		goto out;
	while_in_scope(b, vars, count, fns, o, out);
	mg_scope_leave(b->graph);
out:
	for (int i = 0; i < count && b->rc; i++)
		out[i] = MG_NO_OUTPUT;
}
