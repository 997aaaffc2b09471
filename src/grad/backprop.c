/* SPDX-License-Identifier: Apache-2.0 */
/*
 * backprop.c - from ys back to xs: which ops lie between, in which order their gradients are built, how several
 * gradients of one tensor become one (gradients.md sections 1 and 4).
 *
 * Gradients of an output are collected in a list; an op is visited when every op between that uses it has been, so its
 * lists are complete then.  Everything is created under the scope "gradients/", each op's part under "<op>_grad/".
 */
#include "base/base.h"
#include <stdio.h>
#include "grad/grad_internal.h"
#include "grad/loops.h"

typedef MG_VEC(mg_grad_value) grad_list;

/* What backprop knows of a node that was there before it began. */
typedef struct visit {
	grad_list *lists;               /* per output; NULL until a gradient arrives */
	int        pending;             /* uses by ops between that were not visited yet */
	bool       reached, between, stop, is_y;
} visit;

typedef struct pass {
	mg_builder             b;
	mg_graph              *g;
	const mg_grad_options *o;
	visit                 *visits;  /* by node id */
	int                    count;
	MG_VEC(int)            queue;   /* every id comes once, the Switch of a loop variable twice */
	size_t                 head;
	MG_VEC(int)            list;    /* ops between, as they were found */
	mg_loops              *loops;   /* while loops among them, or NULL */
	bool                   colocate;
} pass;

bool
mg_grad_is_trainable(int dtype)
{
	switch (mg_dtype_base(dtype)) {
	case MGREG_HALF: case MGREG_BFLOAT16: case MGREG_FLOAT: case MGREG_DOUBLE: case MGREG_COMPLEX64: case MGREG_COMPLEX128:
	case MGREG_RESOURCE: case MGREG_VARIANT:
		return true;
	default:
		return false;
	}
}

static mg_grad_value
dense(mg_output o)
{
	return (mg_grad_value){ .dense = o };
}

/* ---- small things that both the walk and the gradient functions build ---- */

/* x[0] of a vector. */
static mg_output
first_of(mg_builder *b, mg_output x)
{
	mg_grad_ctx c = { .b = *b };
	mg_output o = mg_g_strided(&c, x, 0, 1, true);

	b->rc = c.b.rc;
	return o;
}

mg_output
mg_grad_densify(mg_builder *b, const mg_grad_value *v)
{
	mg_output rows;

	if (v->dense.node || !v->values.node)
		return v->dense;
	if (!v->dense_shape.node) {
		if (b->rc == 0)
			b->rc = mg_fail(b->err, MGREG_INVALID_ARGUMENT, "node '%s': indexed slices of unknown shape cannot become dense",
				v->values.node->name);
		return MG_NO_OUTPUT;
	}
	rows = first_of(b, v->dense_shape);
	return mg_build(b, "UnsortedSegmentSum", NULL, "ooo", v->values, v->indices, rows);
}

mg_output
mg_grad_dense(mg_builder *b, const mg_grad_value *v)
{
	return mg_grad_densify(b, v);
}

mg_output
mg_grad_dy(mg_grad_ctx *c, int i)
{
	const mg_grad_value *v = &c->out[i];

	if (v->dense.node || !v->values.node)
		return v->dense;
	return mg_grad_densify(&c->b, v);
}

/* The value that a Switch lets through on the branch it is NOT on, and zeros of its shape that are alive there only. */
static mg_output
zeros_beside_switch(mg_builder *b, const mg_node *node)
{
	const mg_context_record *ctx = node->context;
	mg_grad_ctx c = { .b = *b, .node = node };
	mg_output pred, other, pivot, shape, zeros;
	int dtype = mg_dtype_base(node->output_types[0]);

	if (c.b.rc == 0)
		c.b.rc = mg_graph_output(b->graph, ctx->pred_name, &pred, b->err);
	if (c.b.rc == 0) {
		other = mg_g_at(mg_g2(&c, "Switch", NULL, node->inputs[0], pred), ctx->branch == 1 ? 0 : 1);
		pivot = mg_g1(&c, "Identity", NULL, other);
		if (dtype == MGREG_RESOURCE) {
			shape = mg_g1(&c, "VariableShape", NULL, other);
			dtype = node->handle_types ? node->handle_types[0] : MGREG_FLOAT;
		} else {
			shape = mg_g1(&c, "Shape", NULL, other);
		}
		mg_g_after(&c, pivot);
		zeros = mg_g_zeros(&c, shape, dtype);
		mg_g_after_end(&c);
	}
	b->rc = c.b.rc;
	return b->rc ? MG_NO_OUTPUT : zeros;
}

mg_output
mg_grad_zeros_outside(mg_builder *b, const mg_node *node, int i)
{
	mg_output o = MG_OUTPUT((mg_node *)node, i), zeros;

	if (b->rc)
		return MG_NO_OUTPUT;
	if ((strcmp(node->op_name, "Switch") == 0 || strcmp(node->op_name, "RefSwitch") == 0)
	    && node->context && node->context->kind == MG_RECORD_COND)
		return zeros_beside_switch(b, node);
	if (mg_output_type(o) == MGREG_RESOURCE) {
		mg_grad_ctx c = { .b = *b, .node = node };

		zeros = mg_g_zeros(&c, mg_g1(&c, "VariableShape", NULL, o), node->handle_types ? node->handle_types[i] : MGREG_FLOAT);
		b->rc = c.b.rc;
		return zeros;
	}
	return mg_build(b, "ZerosLike", "zeros_like", "o", o);
}

/* ---- which ops lie between ---- */

static int
enqueue(pass *p, int id)
{
	return mg_vec_push(&p->queue, id) ? 0 : mg_fail_nomem(p->b.err, 0);
}

/* Who uses which node: the nodes' ids in order of creation, consumers[first[id] .. first[id + 1]). */
typedef struct consumers { int *first, *id, *from_output; } consumers;

static int
find_consumers(pass *p, consumers *u)
{
	size_t edges = 0, n = (size_t)p->count;

	for (int i = 0; i < p->count; i++)
		edges += (size_t)mg_graph_node(p->g, i)->input_count;
	u->first = mg_calloc(n + 2, sizeof *u->first);
	u->id = mg_calloc(edges + 1, sizeof *u->id);
	u->from_output = mg_calloc(edges + 1, sizeof *u->from_output);
	if (!u->first || !u->id || !u->from_output)
		return mg_fail_nomem(p->b.err, 0);
	for (int i = 0; i < p->count; i++) {
		const mg_node *node = mg_graph_node(p->g, i);

		for (int k = 0; k < node->input_count; k++)
			u->first[node->inputs[k].node->id + 2]++;
	}
	for (size_t i = 2; i < n + 2; i++)
		u->first[i] += u->first[i - 1];
	for (int i = 0; i < p->count; i++) {
		const mg_node *node = mg_graph_node(p->g, i);

		for (int k = 0; k < node->input_count; k++) {
			int at = u->first[node->inputs[k].node->id + 1]++;

			u->id[at] = i;
			u->from_output[at] = node->inputs[k].index;
		}
	}
	return 0;
}

/* Marks what values of trainable types carry from the xs. */
static int
mark_reached(pass *p, const mg_output *xs, int nx)
{
	consumers u = { 0 };
	int rc, *stack = NULL, depth = 0;

	MG_TRY(find_consumers(p, &u));
	if (!(stack = mg_calloc((size_t)p->count + 1, sizeof *stack))) {
		rc = mg_fail_nomem(p->b.err, 0);
		goto out;
	}
	for (int i = 0; i < nx; i++)
		if (!p->visits[xs[i].node->id].reached) {
			p->visits[xs[i].node->id].reached = true;
			stack[depth++] = xs[i].node->id;
		}
	while (depth > 0) {
		int id = stack[--depth];
		const mg_node *node = mg_graph_node(p->g, id);

		for (int e = u.first[id]; e < u.first[id + 1]; e++)
			if (!p->visits[u.id[e]].reached && mg_grad_is_trainable(node->output_types[u.from_output[e]])) {
				p->visits[u.id[e]].reached = true;
				stack[depth++] = u.id[e];
			}
	}
out:
	mg_free(stack);
	mg_free(u.first);
	mg_free(u.id);
	mg_free(u.from_output);
	return rc;
}

static bool
mark(pass *p, int id)
{
	p->visits[id].between = true;
	return mg_vec_push(&p->list, id);
}

/* Every loop that an exit between leaves gets its gradient loop; all its exits are then between. */
static int
begin_loops(pass *p)
{
	for (size_t i = 0; i < p->list.len; i++) {
		const mg_node *node = mg_graph_node(p->g, p->list.at[i]);
		mg_grad_loop *l;
		int rc = 0;

		if (!mg_loops_is_exit(node))
			continue;
		if (p->colocate && (rc = mg_colocate_push(p->g, (mg_node *)node, p->b.err)) != 0)
			return rc;
		rc = mg_loops_add(&p->loops, p->g, node, &l, p->b.err);
		if (p->colocate)
			mg_colocate_pop(p->g);
		if (rc)
			return rc;
		for (int k = 0; l && k < mg_loops_exit_count(l); k++) {
			int id = mg_loops_exit(l, k).node->id;

			if (id < p->count && !p->visits[id].between && !mark(p, id))
				return mg_fail_nomem(p->b.err, 0);
		}
	}
	return 0;
}

static int
mark_between(pass *p, const mg_output *ys, int ny)
{
	int rc;

	for (int i = 0; i < ny; i++)
		if (p->visits[ys[i].node->id].reached && !p->visits[ys[i].node->id].between && !mark(p, ys[i].node->id))
			return mg_fail_nomem(p->b.err, 0);
	for (size_t head = 0; head < p->list.len; head++) {
		const mg_node *node = mg_graph_node(p->g, p->list.at[head]);

		for (int k = 0; k < node->input_count; k++) {
			visit *v = &p->visits[node->inputs[k].node->id];

			if (v->reached && !v->between && !mark(p, node->inputs[k].node->id))
				return mg_fail_nomem(p->b.err, 0);
		}
	}
	if ((rc = begin_loops(p)) != 0)
		return rc;
	for (size_t i = 0; i < p->list.len; i++) {
		const mg_node *node = mg_graph_node(p->g, p->list.at[i]);

		for (int k = 0; k < node->input_count; k++)
			if (node->inputs[k].node->id < p->count && p->visits[node->inputs[k].node->id].between)
				p->visits[node->inputs[k].node->id].pending++;
	}
	return 0;
}

/* The ops of xs that nothing between feeds, and those the caller wants to stop at. */
static void
mark_stops(pass *p, const mg_output *xs, int nx)
{
	for (int i = 0; i < nx; i++) {
		const mg_node *node = xs[i].node;
		bool fed = false;

		for (int k = 0; k < node->input_count && !fed; k++)
			fed = p->visits[node->inputs[k].node->id].pending > 0;
		if (!fed)
			p->visits[node->id].stop = true;
	}
	for (int i = 0; i < p->o->stop_count; i++)
		p->visits[p->o->stop[i].node->id].stop = true;
}

/* ---- gradients that arrive, and their sum ---- */

static int
add_gradient(pass *p, mg_output to, const mg_grad_value *v)
{
	visit *at;

	if (to.node->id >= p->count)
		return 0;
	at = &p->visits[to.node->id];
	if (!at->lists && !(at->lists = mg_calloc((size_t)MG_MAX(to.node->output_count, 1), sizeof *at->lists)))
		return mg_fail_nomem(p->b.err, 0);
	if (!mg_vec_push(&at->lists[to.index], *v))
		return mg_fail_nomem(p->b.err, 0);
	return 0;
}

static mg_output
add_n(pass *p, const mg_output *v, int n)
{
	mg_output sum;

	if (n == 1)
		return v[0];
	if (p->b.rc == 0)
		p->b.rc = mg_colocate_push(p->g, v[0].node, p->b.err);
	if (p->b.rc)
		return MG_NO_OUTPUT;
	sum = mg_build(&p->b, "AddN", NULL, "O", v, n);
	mg_colocate_pop(p->g);
	return sum;
}

/* One AddN for what lies on each device, in byte order of the devices, and one over those. */
static mg_output
add_by_device(pass *p, const mg_output *v, int n)
{
	mg_output *group = mg_calloc((size_t)n * 2, sizeof *group), *sums = group + n, sum = MG_NO_OUTPUT;
	const char *last = NULL;
	int count = 0;

	if (!group) {
		p->b.rc = mg_fail_nomem(p->b.err, 0);
		return sum;
	}
	for (;;) {
		const char *device = NULL;
		int k = 0;

		for (int i = 0; i < n; i++)
			if ((!last || strcmp(v[i].node->device, last) > 0) && (!device || strcmp(v[i].node->device, device) < 0))
				device = v[i].node->device;
		if (!device)
			break;
		for (int i = 0; i < n; i++)
			if (strcmp(v[i].node->device, device) == 0)
				group[k++] = v[i];
		sums[count++] = add_n(p, group, k);
		last = device;
	}
	sum = count == 1 ? sums[0] : mg_build(&p->b, "AddN", NULL, "O", sums, count);
	mg_free(group);
	return sum;
}

/* ((a + b) + c) + ... in a scope of the op's name, so that no gradient waits for all. */
static mg_output
add_tree(pass *p, const mg_node *node, const mg_output *v, int n)
{
	mg_output sum = v[0];
	char *scope = mg_arena_printf(mg_graph_arena(p->g), "%s_gradient_sum", node->name);

	if (p->b.rc == 0)
		p->b.rc = scope ? mg_scope_enter(p->g, scope, NULL, p->b.err) : mg_fail_nomem(p->b.err, 0);
	if (p->b.rc)
		return MG_NO_OUTPUT;
	for (int i = 1; i < n; i++)
		sum = mg_build(&p->b, "AddN", NULL, "O", ((mg_output[]){ sum, v[i] }), 2);
	mg_scope_leave(p->g);
	return sum;
}

static bool
all_static(const mg_output *v, int n)
{
	for (int i = 0; i < n; i++)
		if (!mg_shape_is_full(mg_output_shape(v[i])))
			return false;
	return true;
}

static mg_output
add_dense(pass *p, const mg_node *node, const mg_output *v, int n)
{
	if (p->o->aggregation == 2 && n > 2 && all_static(v, n)) {
		mg_attr_value *shape = mg_attr_shape(mg_graph_arena(p->g), mg_output_shape(v[0]));

		return mg_build(&p->b, "AccumulateNV2", NULL, "O;a:shape", v, n, shape);
	}
	if (p->o->aggregation == 1 || (p->o->aggregation == 2 && n > 2))
		return add_tree(p, node, v, n);
	return add_by_device(p, v, n);
}

static mg_output
concat_rows(pass *p, const mg_output *v, int n)
{
	mg_grad_ctx c = { .b = p->b };
	mg_output o = mg_g_concat(&c, v, n, 0);

	p->b.rc = c.b.rc;
	return o;
}

/* The gradients of one output become one: none, the only one, slices joined, or a sum. */
static mg_grad_value
aggregate(pass *p, const mg_node *node, const grad_list *list)
{
	mg_grad_value sum = { 0 };
	mg_output *v;
	int n = (int)list->len;
	bool any_dense = false;

	if (p->b.rc || n == 0)
		return sum;
	if (n == 1)
		return list->at[0];
	if (!(v = mg_calloc((size_t)n, sizeof *v))) {
		p->b.rc = mg_fail_nomem(p->b.err, 0);
		return sum;
	}
	for (int i = 0; i < n; i++)
		any_dense = any_dense || list->at[i].dense.node;
	if (any_dense) {
		for (int i = 0; i < n; i++)
			v[i] = mg_grad_densify(&p->b, &list->at[i]);
		if (p->b.rc == 0)
			sum.dense = add_dense(p, node, v, n);
	} else {
		sum.dense_shape = list->at[0].dense_shape;
		for (int i = 0; i < n; i++)
			v[i] = list->at[i].values;
		sum.values = concat_rows(p, v, n);
		for (int i = 0; i < n; i++)
			v[i] = list->at[i].indices;
		sum.indices = concat_rows(p, v, n);
	}
	mg_free(v);
	return sum;
}

/* ---- one op ---- */

static mg_node *
gradient_op(const mg_grad_value *v)
{
	return v->dense.node ? v->dense.node : v->values.node;
}

/* Identities that wait for all gradients of the op, so that none is applied while another still reads (GATE_OP). */
static void
gate(pass *p, mg_grad_value *in, int n)
{
	mg_node **wait = mg_calloc((size_t)n, sizeof *wait), *group;
	int count = 0;

	if (p->b.rc == 0)
		p->b.rc = !wait ? mg_fail_nomem(p->b.err, 0) : mg_scope_enter(p->g, "tuple", NULL, p->b.err);
	if (p->b.rc)
		goto out;
	for (int i = 0; i < n; i++) {
		mg_node *op = gradient_op(&in[i]);
		int at = count;

		if (!op)
			continue;
		while (at > 0 && wait[at - 1]->id > op->id)
			at--;
		if (at > 0 && wait[at - 1] == op)
			continue;
		memmove(wait + at + 1, wait + at, (size_t)(count - at) * sizeof *wait);
		wait[at] = op;
		count++;
	}
	group = mg_build_node(&p->b, "NoOp", "group_deps", "C", wait, count);
	for (int i = 0; i < n && p->b.rc == 0; i++) {
		mg_output *o = in[i].dense.node ? &in[i].dense : &in[i].values;

		if (!o->node)
			continue;
		if ((p->b.rc = mg_colocate_push(p->g, o->node, p->b.err)) != 0)
			break;
		*o = mg_build(&p->b, "Identity", "control_dependency", "oc", *o, group);
		mg_colocate_pop(p->g);
	}
	mg_scope_leave(p->g);
out:
	mg_free(wait);
}

static const char *
gradient_name(const mg_node *node, mg_arena *arena)
{
	mg_slice text;

	if (mg_attr_get_string(&node->attrs, "_gradient_op_type", &text))
		return mg_arena_strndup(arena, text.ptr, text.len);
	return node->op_name;
}

static int
no_gradient(pass *p, const mg_node *node, const char *op)
{
	return mg_fail(p->b.err, MGREG_NOT_FOUND, "no gradient defined for operation '%s' (op type: %s)", node->name, op);
}

/* Calls the gradient function within "<op>_grad/" and gates what it returns. */
static int
build_op(pass *p, mg_node *node, const mg_grad *row, const mg_grad_value *out, mg_grad_value *in)
{
	mg_grad_ctx c = { .b = p->b, .node = node, .out = out, .in = in, .pass = p, .loops = p->loops };
	char *scope = mg_arena_printf(mg_graph_arena(p->g), "%s_grad", node->name);
	int rc, results = 0;

	if (!scope)
		return mg_fail_nomem(p->b.err, 0);
	MG_TRY(mg_scope_enter(p->g, scope, NULL, p->b.err));
	rc = row->fn(&c);
	if (rc == 0)
		rc = c.b.rc;
	for (int i = 0; i < node->input_count; i++)
		results += !mg_grad_is_none(&in[i]);
	p->b.rc = rc;
	if (rc == 0 && p->o->gate && results > 1) {
		/* the tuple lies on no device and beside nobody */
		if ((p->b.rc = mg_colocate_push(p->g, NULL, p->b.err)) == 0) {
			if ((p->b.rc = mg_device_push(p->g, NULL, p->b.err)) == 0) {
				gate(p, in, node->input_count);
				mg_device_pop(p->g);
			}
			mg_colocate_pop(p->g);
		}
	}
	mg_scope_leave(p->g);
	rc = p->b.rc;
out:
	return rc ? mg_wrap(p->b.err, rc, "gradient of '%s'", node->name) : 0;
}

static int
hand_on(pass *p, const mg_node *node, const mg_grad_value *in)
{
	int rc = 0;

	for (int i = 0; i < node->input_count; i++) {
		mg_output x = node->inputs[i];

		if (mg_grad_is_none(&in[i]))
			continue;
		if (in[i].dense.node && mg_output_type(x) != MGREG_RESOURCE
		    && (rc = mg_output_merge_shape(in[i].dense, mg_output_shape(x), p->b.err)) != 0)
			return mg_wrap(p->b.err, rc, "gradient of '%s' for its input %d", node->name, i);
		if ((rc = add_gradient(p, x, &in[i])) != 0)
			return rc;
	}
	return 0;
}

static int
visit_op(pass *p, int id)
{
	mg_node *node = mg_graph_node(p->g, id);
	visit *v = &p->visits[id];
	mg_grad_value *out = mg_calloc((size_t)MG_MAX(node->output_count, 1), sizeof *out);
	mg_grad_value *in = mg_calloc((size_t)MG_MAX(node->input_count, 1), sizeof *in);
	bool any = false, colocated = false, before = false, after = false;
	const char *name;
	const mg_grad *row;
	int rc = 0;

	if (!out || !in) {
		rc = mg_fail_nomem(p->b.err, 0);
		goto out;
	}
	if (p->colocate) {
		MG_TRY(mg_colocate_push(p->g, node, p->b.err));
		colocated = true;
	}
	mg_loops_enter(p->loops, &p->b, node, true);
	before = true;
	for (int i = 0; v->lists && i < node->output_count; i++) {
		out[i] = aggregate(p, node, &v->lists[i]);
		any = any || !mg_grad_is_none(&out[i]);
		/* the list keeps the sum: it is the result if this is an x */
		if (!mg_grad_is_none(&out[i])) {
			v->lists[i].at[0] = out[i];
			v->lists[i].len = 1;
		}
	}
	mg_loops_leave(p->loops, node, true);
	before = false;
	MG_TRY(p->b.rc);
	if (!any || v->stop || node->input_count == 0)
		goto out;
	/* The value a loop variable enters with is not reached from within the loop. */
	if (mg_loops_is_switch(node) && !mg_loops_of(p->loops, node, false)) {
		rc = mg_fail(p->b.err, MGREG_INVALID_ARGUMENT, "node '%s': cannot compute the gradient inside the while loop with respect to its initial value", node->name);
		goto out;
	}
	if (!(name = gradient_name(node, mg_graph_arena(p->g)))) {
		rc = mg_fail_nomem(p->b.err, 0);
		goto out;
	}
	row = mg_grad_find(name);
	if (!row && !node->op && mg_graph_function(p->g, name))
		row = &mg_grad_library_call;
	if (!row) {
		rc = no_gradient(p, node, name);
		goto out;
	}
	if (!row->fn)
		goto out;
	mg_loops_enter(p->loops, &p->b, node, false);
	after = true;
	for (int i = 0; i < node->output_count; i++)
		if (mg_grad_is_none(&out[i]) && mg_grad_is_trainable(node->output_types[i]))
			out[i] = dense(p->loops ? mg_loops_zeros(p->loops, &p->b, node, i) : mg_grad_zeros_outside(&p->b, node, i));
	MG_TRY(p->b.rc);
	MG_TRY(build_op(p, node, row, out, in));
	MG_TRY(hand_on(p, node, in));
out:
	if (before || after)
		mg_loops_leave(p->loops, node, before);
	if (colocated)
		mg_colocate_pop(p->g);
	mg_free(out);
	mg_free(in);
	return rc;
}

/* ---- whose turn is next ---- */

static int
uses_left(void *ctx, const mg_node *n, bool *is_y)
{
	pass *p = ctx;

	*is_y = n->id < p->count && p->visits[n->id].is_y;
	return n->id < p->count ? p->visits[n->id].pending : 1;
}

static bool
has_gradient(void *ctx, mg_output o)
{
	pass *p = ctx;

	return o.node->id < p->count && p->visits[o.node->id].lists && p->visits[o.node->id].lists[o.index].len > 0;
}

/* An exit that no gradient reached starts with zeros if it can have a gradient. */
static int
queue_exit(void *ctx, mg_output o, bool zeros)
{
	pass *p = ctx;
	int rc;

	if (zeros && mg_grad_is_trainable(o.node->output_types[o.index])) {
		mg_output z = mg_loops_zeros_for_exit(p->loops, &p->b, o);

		if (p->b.rc || (rc = add_gradient(p, o, &(mg_grad_value){ .dense = z })) != 0)
			return p->b.rc ? p->b.rc : rc;
	}
	return enqueue(p, o.node->id);
}

static int
seed_exit(void *ctx, mg_output o, bool zeros)
{
	return mg_grad_is_trainable(o.node->output_types[o.index]) ? queue_exit(ctx, o, zeros) : 0;
}

/* TensorFlow leads the gradient of every loop variable out of the gradient loop. */
static int
include_enter(void *ctx, mg_node *enter)
{
	pass *p = ctx;
	visit *v = enter->id < p->count ? &p->visits[enter->id] : NULL;

	if (v && v->pending == 0) {
		v->pending = 1;
		v->between = true;
	}
	return 0;
}

static int
release_inputs(pass *p, int id)
{
	const mg_node *node = mg_graph_node(p->g, id);
	int rc = 0;

	for (int i = 0; i < node->input_count && rc == 0; i++) {
		const mg_node *x = node->inputs[i].node;
		visit *v = x->id < p->count ? &p->visits[x->id] : NULL;

		if (!v || !v->between)
			continue;
		v->pending--;
		/* a loop variable's Switch is visited from the exit first, then from the body */
		if (v->pending != 0 && !(p->loops && v->pending > 0 && mg_loops_is_switch(x)))
			continue;
		rc = p->loops && mg_loops_is_exit(x) ? mg_loops_exit_ready(p->loops, x, has_gradient, queue_exit, p, p->b.err) : enqueue(p, x->id);
	}
	return rc;
}

/* ---- seeds ---- */

static int
seed(pass *p, mg_output y, mg_output given, int i)
{
	mg_grad_ctx c = { .b = p->b };
	char name[32];
	mg_output g;

	snprintf(name, sizeof name, "grad_ys_%d", i);
	if (given.node) {
		if (mg_output_type(given) != mg_output_type(y) && mg_output_type(y) != MGREG_RESOURCE)
			return mg_fail(p->b.err, MGREG_INVALID_ARGUMENT, "gradient type %s given for '%s' of type %s",
				mg_dtype_name(mg_output_type(given)), y.node->name, mg_dtype_name(mg_output_type(y)));
		g = mg_build(&c.b, "Identity", name, "o", given);
	} else {
		mg_output shape;

		if (mg_dtype_is_complex(mg_output_type(y)))
			return mg_fail(p->b.err, MGREG_INVALID_ARGUMENT, "gradients of complex tensors must set grad_ys ('%s' is %s)",
				y.node->name, mg_dtype_name(mg_output_type(y)));
		if (!mg_grad_is_trainable(mg_output_type(y)) && !mg_dtype_is_integer(mg_output_type(y)))
			return mg_fail(p->b.err, MGREG_INVALID_ARGUMENT, "no gradient of '%s': its type is %s", y.node->name,
				mg_dtype_name(mg_output_type(y)));
		shape = mg_g_shape(&c, y);
		g = mg_g2(&c, "Fill", NULL, shape, mg_g_k(&c, name, y, 1));
	}
	p->b.rc = c.b.rc;
	if (p->b.rc)
		return p->b.rc;
	return add_gradient(p, y, &(mg_grad_value){ .dense = g });
}

static int
check_arguments(mg_graph *g, const mg_output *ys, int ny, const mg_output *xs, int nx, const mg_grad_options *o, mgreg_error *err)
{
	if (o->aggregation < 0 || o->aggregation > 2)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "invalid aggregation method %d", o->aggregation);
	for (int i = 0; i < ny; i++)
		if (!ys[i].node || ys[i].node->graph != g)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "y %d is not of this graph", i);
	for (int i = 0; i < nx; i++)
		if (!xs[i].node || xs[i].node->graph != g)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "x %d is not of this graph", i);
	for (int i = 0; i < o->stop_count; i++)
		if (!o->stop[i].node || o->stop[i].node->graph != g)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "stop gradient %d is not of this graph", i);
	return 0;
}

static void
pass_clear(pass *p)
{
	for (int i = 0; p->visits && i < p->count; i++) {
		if (!p->visits[i].lists)
			continue;
		for (int k = 0; k < mg_graph_node(p->g, i)->output_count; k++)
			mg_vec_clear(&p->visits[i].lists[k]);
		mg_free(p->visits[i].lists);
	}
	mg_free(p->visits);
	mg_vec_clear(&p->queue);
	mg_vec_clear(&p->list);
	mg_loops_free(p->loops);
}

static int
walk(pass *p, const mg_output *ys, int ny, const mg_output *xs, int nx)
{
	int rc;

	for (int i = 0; i < ny; i++)
		MG_TRY(seed(p, ys[i], p->o->grad_ys ? p->o->grad_ys[i] : MG_NO_OUTPUT, i));
	MG_TRY(mark_reached(p, xs, nx));
	MG_TRY(mark_between(p, ys, ny));
	mark_stops(p, xs, nx);
	for (int i = 0; i < ny; i++) {
		visit *v = &p->visits[ys[i].node->id];

		if (!v->between || v->pending != 0 || v->is_y)
			continue;
		v->is_y = true;
		MG_TRY(enqueue(p, ys[i].node->id));
	}
	MG_TRY(mg_loops_unused_exits(p->loops, uses_left, seed_exit, p, p->b.err));
	MG_TRY(mg_loops_each_enter(p->loops, include_enter, p));
	while (p->head < p->queue.len) {
		int id = p->queue.at[p->head++];

		MG_TRY(visit_op(p, id));
		MG_TRY(release_inputs(p, id));
	}
	mg_loops_finish(p->loops, &p->b);
	rc = p->b.rc;
out:
	return rc;
}

int
mg_gradients(mg_graph *g, const mg_output *ys, int ny, const mg_output *xs, int nx, const mg_grad_options *o,
	mg_grad_value *out, mgreg_error *err)
{
	static const mg_grad_options defaults = { 0 };
	pass p = { .b = MG_BUILDER(g, err), .g = g, .o = o ? o : &defaults };
	bool entered = false;
	int rc;

	MG_TRY(check_arguments(g, ys, ny, xs, nx, p.o, err));
	p.colocate = p.o->colocate;
	p.count = mg_graph_node_count(g);
	p.visits = mg_calloc((size_t)p.count + 1, sizeof *p.visits);
	if (!p.visits) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	MG_TRY(mg_scope_enter(g, p.o->name ? p.o->name : "gradients", NULL, err));
	entered = true;
	MG_TRY(walk(&p, ys, ny, xs, nx));
	for (int i = 0; i < nx; i++) {
		const visit *v = &p.visits[xs[i].node->id];

		out[i] = v->lists && v->lists[xs[i].index].len ? v->lists[xs[i].index].at[0] : (mg_grad_value){ 0 };
	}
out:
	if (entered)
		mg_scope_leave(g);
	pass_clear(&p);
	return rc;
}
