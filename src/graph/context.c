/* SPDX-License-Identifier: Apache-2.0 */
/*
 * context.c - branches and loops as places where nodes are made: what a node's inputs and controls become there.
 *
 * A context knows the values that were made inside it or came in (`values`), and what stands inside for a value from
 * outside (`external_values`).  Both are kept in the record, which is what export writes, and in two maps for look-up.
 *
 *   branch   a value from outside comes through Switch(value, pred), output BRANCH; a node without inputs waits for the pivot
 *   loop     it comes through Enter(value, is_constant); a node that reads nothing that changes waits for the pivot, and
 *            control inputs from outside become Identity nodes inside
 *
 * Names follow TensorFlow: what is made on behalf of node "x" lies in the scope "x/".
 */
#include "base/base.h"
#include "graph/graph_internal.h"

struct mg_growth {
	mg_map values;          /* tensor name */
	mg_map external;        /* tensor name -> mg_output *, in the arena */
	int    value_room, external_room, nested_room, enter_room, exit_room;
	mg_context_hooks hooks;
};

void
mg_growth_free(struct mg_growth *f)
{
	if (!f)
		return;
	mg_map_clear(&f->values);
	mg_map_clear(&f->external);
	mg_free(f);
}

/* The maps of C, made from the record when first asked for; NULL when memory is short. */
static struct mg_growth *
flow_of(mg_graph *g, mg_context_record *c)
{
	struct mg_growth *f = c->flow;

	if (f)
		return f;
	if (!(f = mg_calloc(1, sizeof(*f))) || !mg_vec_push(&g->flows, f)) {
		mg_free(f);
		return NULL;
	}
	for (int i = 0; i < c->value_count; i++)
		if (!mg_map_set(&f->values, c->values[i], (void *)1))
			return NULL;
	for (int i = 0; i < c->external_count; i++) {
		mg_output *o = mg_arena_alloc(&g->arena, sizeof(*o));

		if (!o || !c->external_values[i].value || mg_graph_output(g, c->external_values[i].value, o, NULL) != 0)
			continue;
		if (!mg_map_set(&f->external, c->external_values[i].key, o))
			return NULL;
	}
	c->flow = f;
	return f;
}

/* "name:index" in BUF, or in the arena if it is long. */
#define NAME_ROOM 256
static const char *
tensor_key(mg_graph *g, mg_output v, char buf[NAME_ROOM])
{
	int n = snprintf(buf, NAME_ROOM, "%s:%d", v.node->name, v.index);

	return n < NAME_ROOM ? buf : mg_output_name_colon(v, &g->arena);
}

/* One more pointer at the end of an array of the record. */
static bool
append(mg_graph *g, void *array, int *count, int *room, const void *item, size_t size)
{
	void *old, *more;

	memcpy(&old, array, sizeof(old));
	if (*count >= *room) {
		int want = MG_MAX(2 * *count, 8);

		if (!(more = mg_arena_alloc(&g->arena, (size_t)want * size)))
			return false;
		if (*count)
			memcpy(more, old, (size_t)*count * size);
		memcpy(array, &more, sizeof(more));
		old = more;
		*room = want;
	}
	memcpy((char *)old + (size_t)*count * size, item, size);
	(*count)++;
	return true;
}

bool
mg_context_has(mg_graph *g, mg_context_record *c, mg_output v)
{
	struct mg_growth *f = flow_of(g, c);
	char buf[NAME_ROOM];
	const char *key = tensor_key(g, v, buf);

	return f && key && mg_map_has(&f->values, key);
}

int
mg_context_mark(mg_graph *g, mg_context_record *c, mg_output v, mgreg_error *err)
{
	struct mg_growth *f = flow_of(g, c);
	char buf[NAME_ROOM];
	const char *key = tensor_key(g, v, buf), *kept;

	if (!f || !key)
		return mg_fail_nomem(err, 0);
	if (mg_map_has(&f->values, key))
		return 0;
	if (!(kept = mg_arena_strdup(&g->arena, key)) || !mg_map_set(&f->values, kept, (void *)1)
		|| !append(g, &c->values, &c->value_count, &f->value_room, &kept, sizeof(kept)))
		return mg_fail_nomem(err, 0);
	return 0;
}

bool
mg_context_external(mg_graph *g, mg_context_record *c, mg_output v, mg_output *out)
{
	struct mg_growth *f = flow_of(g, c);
	char buf[NAME_ROOM];
	const char *key = tensor_key(g, v, buf);
	const mg_output *o = f && key ? mg_map_find(&f->external, key) : NULL;

	if (o)
		*out = *o;
	return o != NULL;
}

int
mg_context_set_external(mg_graph *g, mg_context_record *c, mg_output v, mg_output inside, mgreg_error *err)
{
	struct mg_growth *f = flow_of(g, c);
	mg_named pair = { mg_output_name_colon(v, &g->arena), mg_output_name_colon(inside, &g->arena) };
	mg_output *o = mg_arena_memdup(&g->arena, &inside, sizeof(inside));

	if (!f || !o || !pair.key || !pair.value)
		return mg_fail_nomem(err, 0);
	if (mg_map_has(&f->external, pair.key)) {
		for (int i = 0; i < c->external_count; i++)
			if (strcmp(c->external_values[i].key, pair.key) == 0)
				c->external_values[i].value = pair.value;
	} else if (!append(g, &c->external_values, &c->external_count, &f->external_room, &pair, sizeof(pair))) {
		return mg_fail_nomem(err, 0);
	}
	return mg_map_set(&f->external, pair.key, o) ? 0 : mg_fail_nomem(err, 0);
}

void
mg_context_clear_values(mg_graph *g, mg_context_record *c)
{
	struct mg_growth *f = flow_of(g, c);

	if (f)
		mg_map_clear(&f->values);
	c->value_count = 0;
}

/* ---- the tree of contexts ---- */

mg_context_record *
mg_context_loop(mg_context_record *c)
{
	while (c && c->kind != MG_RECORD_WHILE)
		c = c->outer;
	return c;
}

static bool
is_op(const mg_node *n, const char *op)
{
	const char *name = n->op_name;

	if (strncmp(name, "Ref", 3) == 0)
		name += 3;
	return strcmp(name, op) == 0;
}

mg_context_record *
mg_node_output_context(const mg_node *n)
{
	return n->context && is_op(n, "Exit") ? n->context->outer : n->context;
}

bool
mg_context_is_within(const mg_context_record *c, const mg_context_record *outer)
{
	while (c && c != outer)
		c = c->outer;
	return c == outer;
}

mg_node *
mg_context_pivot(mg_graph *g, const mg_context_record *c)
{
	const char *name = c->pivot_name;
	mg_output o;

	if (c->kind == MG_RECORD_WHILE)
		name = c->pivot_for_body_name ? c->pivot_for_body_name : c->pivot_for_pred_name;
	return name && mg_graph_output(g, name, &o, NULL) == 0 ? o.node : NULL;
}

static int
context_new(mg_graph *g, const char *name, mg_context_record **out, mgreg_error *err)
{
	mg_context_record *c = mg_arena_zalloc(&g->arena, 1, sizeof(*c));
	int rc;

	if (!c)
		return mg_fail_nomem(err, sizeof(*c));
	if ((rc = mg_graph_unique_name(g, name, true, &c->context_name, err)) != 0)
		return rc;
	c->outer = g->context;
	if (!flow_of(g, c))
		return mg_fail_nomem(err, 0);
	if (c->outer) {
		struct mg_growth *f = flow_of(g, c->outer);

		if (!f || !append(g, &c->outer->nested, &c->outer->nested_count, &f->nested_room, &c, sizeof(c)))
			return mg_fail_nomem(err, 0);
	}
	*out = c;
	return 0;
}

int
mg_context_new_cond(mg_graph *g, mg_output pred, mg_output pivot, int branch, mg_context_record **out, mgreg_error *err)
{
	mg_context_record *c;
	int rc;

	if ((rc = context_new(g, "cond_text", &c, err)) != 0)
		return rc;
	c->kind = MG_RECORD_COND;
	c->branch = branch;
	c->pred_name = mg_output_name_colon(pred, &g->arena);
	c->pivot_name = mg_output_name_colon(pivot, &g->arena);
	if (!c->pred_name || !c->pivot_name)
		return mg_fail_nomem(err, 0);
	if ((rc = mg_context_mark(g, c, pred, err)) != 0 || (rc = mg_context_set_external(g, c, pred, pred, err)) != 0
		|| (rc = mg_context_mark(g, c, pivot, err)) != 0)
		return rc;
	pivot.node->context = c;
	*out = c;
	return 0;
}

int
mg_context_new_while(mg_graph *g, const char *name, int parallel_iterations, bool back_prop, bool swap_memory,
	mg_context_record **out, mgreg_error *err)
{
	mg_context_record *c;
	int rc;

	if ((rc = context_new(g, name && name[0] ? name : "while_context", &c, err)) != 0)
		return rc;
	c->kind = MG_RECORD_WHILE;
	c->parallel_iterations = parallel_iterations;
	c->back_prop = back_prop;
	c->swap_memory = swap_memory;
	*out = c;
	return 0;
}

int
mg_context_set_pivots(mg_graph *g, mg_context_record *c, mg_output for_pred, mg_output pivot, mg_output for_body, mgreg_error *err)
{
	if (for_pred.node && !(c->pivot_for_pred_name = mg_output_name_colon(for_pred, &g->arena)))
		return mg_fail_nomem(err, 0);
	if (pivot.node && !(c->pivot_name = mg_output_name_colon(pivot, &g->arena)))
		return mg_fail_nomem(err, 0);
	if (for_body.node && !(c->pivot_for_body_name = mg_output_name_colon(for_body, &g->arena)))
		return mg_fail_nomem(err, 0);
	return 0;
}

int
mg_context_add_enter(mg_graph *g, mg_context_record *c, mg_output enter, mgreg_error *err)
{
	struct mg_growth *f = flow_of(g, c);
	const char *name = mg_output_name_colon(enter, &g->arena);

	return f && name && append(g, &c->loop_enter_names, &c->enter_count, &f->enter_room, &name, sizeof(name))
		? 0 : mg_fail_nomem(err, 0);
}

int
mg_context_add_exit(mg_graph *g, mg_context_record *c, mg_output exit, mgreg_error *err)
{
	struct mg_growth *f = flow_of(g, c);
	const char *name = mg_output_name_colon(exit, &g->arena);

	return f && name && append(g, &c->loop_exit_names, &c->exit_count, &f->exit_room, &name, sizeof(name))
		? 0 : mg_fail_nomem(err, 0);
}

int
mg_context_set_hooks(mg_graph *g, mg_context_record *c, const mg_context_hooks *hooks, mgreg_error *err)
{
	struct mg_growth *f = flow_of(g, c);

	if (!f)
		return mg_fail_nomem(err, 0);
	f->hooks = hooks ? *hooks : (mg_context_hooks){ 0 };
	return 0;
}

/* ---- the nodes on the border ---- */

static const char *
with_ref(bool ref, const char *op, char buf[32])
{
	snprintf(buf, 32, "%s%s", ref ? "Ref" : "", op);
	return buf;
}

mg_output
mg_build_switch(mg_builder *b, mg_output data, mg_output pred, const char *name)
{
	mg_output o;
	char op[32];

	if (b->rc || (b->rc = mg_colocate_push(b->graph, NULL, b->err)) != 0)
		return MG_NO_OUTPUT;
	b->rc = mg_colocate_push(b->graph, data.node, b->err);
	o = mg_build(b, with_ref(b->rc == 0 && mg_output_is_ref(data), "Switch", op), name ? name : "Switch", "oo", data, pred);
	if (b->graph->colocation.at[b->graph->colocation.len - 1])
		mg_colocate_pop(b->graph);
	mg_colocate_pop(b->graph);
	return o;
}

mg_output
mg_build_merge(mg_builder *b, const mg_output *inputs, int count, const char *name)
{
	bool ref = true;
	char op[32];

	if (b->rc)
		return MG_NO_OUTPUT;
	for (int i = 0; i < count; i++)
		ref = ref && mg_output_is_ref(inputs[i]);
	return mg_build(b, with_ref(ref, "Merge", op), name ? name : "Merge", "O", inputs, count);
}

mg_output
mg_build_flow(mg_builder *b, const char *op, mg_output data, const char *name)
{
	char buf[32];

	if (b->rc)
		return MG_NO_OUTPUT;
	return mg_build(b, with_ref(mg_output_is_ref(data), op, buf), name ? name : op, "o", data);
}

static bool
in_outer_context(const mg_context_record *c, const mg_node *n)
{
	const mg_context_record *of = mg_node_output_context(n), *outer = c->outer;

	while (outer != of) {
		if (!outer)
			return false;
		outer = outer->outer;
	}
	return true;
}

/* An Enter was made where no control scope counts; those that come from around the loop do. */
static int
settle_enter(mg_graph *g, mg_context_record *c, mg_node *enter, mgreg_error *err)
{
	mg_node **list;
	int count, rc;

	if ((rc = mg_graph_scope_controls(g, enter->inputs, enter->input_count, NULL, 0, &list, &count, err)) != 0)
		return rc;
	enter->context = c;
	for (int i = 0; i < count; i++)
		if (in_outer_context(c, list[i]) && (rc = mg_node_add_control(g, enter, list[i], err)) != 0)
			return rc;
	return mg_graph_note_created(g, enter, err);
}

int
mg_context_enter_value(mg_graph *g, mg_context_record *c, mg_output data, bool is_constant, mg_output *out, mgreg_error *err)
{
	mg_builder b = MG_BUILDER(g, err);
	mg_output o;
	char op[32];
	int rc;

	if ((rc = mg_controls_push(g, NULL, 0, err)) != 0)
		return rc;
	o = mg_build(&b, with_ref(mg_output_is_ref(data), "Enter", op), "Enter", "o;s:frame_name b:is_constant i:parallel_iterations",
		data, c->context_name, (int)is_constant, (int64_t)c->parallel_iterations);
	mg_controls_pop(g);
	if (b.rc)
		return b.rc;
	if ((rc = settle_enter(g, c, o.node, err)) == 0)
		*out = o;
	return rc;
}

int
mg_context_close_loop(mg_builder *b, mg_output merge, mg_output v)
{
	mg_output next = mg_build_flow(b, "NextIteration", v, NULL);

	if (b->rc == 0)
		b->rc = mg_graph_set_input(b->graph, merge.node, 1, next, b->err);
	return b->rc;
}

/* ---- values from outside ---- */

static int
add_to_cond(mg_graph *g, mg_context_record *c, mg_output v, mg_output *out, mgreg_error *err)
{
	mg_builder b = MG_BUILDER(g, err);
	mg_output result = v, pred, s;
	int rc;

	if (mg_context_has(g, c, v)) {
		if (!mg_context_external(g, c, v, out))
			*out = v;
		return 0;
	}
	if ((rc = mg_context_mark(g, c, v, err)) != 0)
		return rc;
	if (c->outer) {
		if ((rc = mg_context_add_value(g, c->outer, v, &result, err)) != 0
			|| (rc = mg_context_mark(g, c, result, err)) != 0
			|| (rc = mg_context_set_external(g, c, result, result, err)) != 0)
			return rc;
	}
	if ((rc = mg_graph_output(g, c->pred_name, &pred, err)) != 0 || (rc = mg_controls_push(g, NULL, 0, err)) != 0)
		return rc;
	s = mg_build_switch(&b, result, pred, NULL);
	mg_controls_pop(g);
	if (b.rc)
		return b.rc;
	s.index = c->branch;
	s.node->context = c;
	for (mg_context_record *o = c; o; o = o->outer)
		if ((rc = mg_context_mark(g, o, s, err)) != 0)
			return rc;
	*out = s;
	return mg_context_set_external(g, c, v, s, err);
}

/* The value as a gradient loop sees one of its forward loop; out->node NULL: nothing special. */
static int
ask_hook(mg_graph *g, mg_output v, mg_output *out, mgreg_error *err)
{
	mg_context_record *loop = mg_context_loop(g->context);
	struct mg_growth *f = loop ? loop->flow : NULL;

	*out = MG_NO_OUTPUT;
	return f && f->hooks.real_value ? f->hooks.real_value(f->hooks.ctx, loop, v, out, err) : 0;
}

static int
add_to_loop(mg_graph *g, mg_context_record *c, mg_output v, mg_output *out, mgreg_error *err)
{
	mg_output result = v;
	int rc;

	if (mg_context_has(g, c, v) || v.node->context == c) {
		if (!mg_context_external(g, c, v, out))
			*out = v;
		return 0;
	}
	if ((rc = mg_context_mark(g, c, v, err)) != 0 || (rc = ask_hook(g, v, &result, err)) != 0)
		return rc;
	if (!result.node) {
		result = v;
		if (c->outer && (rc = mg_context_add_value(g, c->outer, v, &result, err)) != 0)
			return rc;
		if ((rc = mg_context_enter_value(g, c, result, true, &result, err)) != 0
			|| (rc = mg_output_merge_shape(result, mg_output_shape(result.node->inputs[0]), err)) != 0
			|| (rc = mg_context_mark(g, c, result, err)) != 0)
			return rc;
	}
	*out = result;
	return mg_context_set_external(g, c, v, result, err);
}

int
mg_context_add_value(mg_graph *g, mg_context_record *c, mg_output v, mg_output *out, mgreg_error *err)
{
	return c->kind == MG_RECORD_WHILE ? add_to_loop(g, c, v, out, err) : add_to_cond(g, c, v, out, err);
}

/* ---- a node joins ---- */

mg_context_record *
mg_context_home(mg_context_record *c, const char *op, const mg_output *inputs, int count)
{
	mg_context_record *loop = mg_context_loop(c), *home = NULL;
	struct mg_growth *f = loop ? loop->flow : NULL;

	if (f && f->hooks.home && count > 0)
		home = f->hooks.home(f->hooks.ctx, loop, op, inputs[0]);
	return home ? home : c;
}

static int
add_control(mg_graph *g, mg_node_plan *p, mg_node *control, mgreg_error *err)
{
	mg_node **list;

	for (int i = 0; i < p->control_count; i++)
		if (p->controls[i] == control)
			return 0;
	if (!(list = mg_arena_zalloc(&g->arena, (size_t)p->control_count + 1, sizeof(*list))))
		return mg_fail_nomem(err, 0);
	if (p->control_count)
		memcpy(list, p->controls, (size_t)p->control_count * sizeof(*list));
	list[p->control_count++] = control;
	p->controls = list;
	return 0;
}

/* Keeps the controls that are in the same loop as C; the others go to EXTERNAL, which has room for all. */
static void
split_controls(mg_context_record *c, mg_node_plan *p, mg_node **external, int *external_count)
{
	mg_context_record *loop = mg_context_loop(c);
	int kept = 0;

	*external_count = 0;
	if (!loop)
		return;
	for (int i = 0; i < p->control_count; i++) {
		mg_context_record *of = mg_node_output_context(p->controls[i]);

		if (of && mg_context_loop(of) == loop)
			p->controls[kept++] = p->controls[i];
		else
			external[(*external_count)++] = p->controls[i];
	}
	p->control_count = kept;
}

static int
adopt_inputs(mg_graph *g, mg_context_record *c, mg_node_plan *p, mgreg_error *err)
{
	int rc;

	for (int i = 0; i < p->input_count; i++)
		if (p->inputs[i].node && !(is_op(p->inputs[i].node, "NextIteration") && strcmp(p->op_name, "Merge") == 0)
			&& (rc = mg_context_add_value(g, c, p->inputs[i], &p->inputs[i], err)) != 0)
			return rc;
	return 0;
}

static bool
calls_function(const mg_graph *g, const mg_node_plan *p)
{
	return !p->op || mg_graph_function(g, p->op_name) || strcmp(p->op_name, "SymbolicGradient") == 0;
}

static int
adopt_in_cond(mg_graph *g, mg_context_record *c, mg_node_plan *p, mgreg_error *err)
{
	mg_node *pivot = mg_context_pivot(g, c);
	bool inside = false;
	int rc;

	if (!pivot)
		return mg_fail(err, MGREG_NOT_FOUND, "context '%s': its pivot '%s' is not in the graph", c->context_name, c->pivot_name);
	if (p->input_count > 0)
		return (rc = adopt_inputs(g, c, p, err)) == 0 && calls_function(g, p) ? add_control(g, p, pivot, err) : rc;
	for (int i = 0; i < p->control_count; i++)
		inside = inside || mg_context_is_within(p->controls[i]->context, c);
	return inside ? 0 : add_control(g, p, pivot, err);
}

static bool
is_constant_enter(const mg_node *n)
{
	bool constant;

	return is_op(n, "Enter") && mg_attr_get_bool(&n->attrs, "is_constant", &constant) && constant;
}

/* Whether nothing would tie the node to an iteration. */
static bool
is_free(const mg_graph *g, const mg_node_plan *p)
{
	if (p->control_count)
		return false;
	if (calls_function(g, p))
		return true;
	for (int i = 0; i < p->input_count; i++)
		if (p->inputs[i].node && !is_constant_enter(p->inputs[i].node))
			return false;
	return true;
}

/* Control inputs from outside are pulled in as data: an Identity inside the loop, which reads the first output. */
static int
pull_controls(mg_graph *g, mg_context_record *c, mg_node_plan *p, mg_node *const *external, int count, mgreg_error *err)
{
	mg_context_record *before;
	int rc;

	if ((rc = mg_controls_push(g, NULL, 0, err)) != 0)
		return rc;
	before = mg_graph_set_context(g, c);
	for (int i = 0; rc == 0 && i < count; i++) {
		mg_builder b = MG_BUILDER(g, err);
		mg_output o;

		if (external[i]->output_count == 0)
			continue;
		o = mg_build(&b, "Identity", NULL, "o", MG_OUTPUT(external[i], 0));
		rc = b.rc ? b.rc : add_control(g, p, o.node, err);
	}
	mg_graph_set_context(g, before);
	mg_controls_pop(g);
	return rc;
}

static int
adopt_in_loop(mg_graph *g, mg_context_record *c, mg_node_plan *p, mg_node **external, int *count, mgreg_error *err)
{
	mg_node *pivot = mg_context_pivot(g, c);
	int rc;

	if ((rc = adopt_inputs(g, c, p, err)) != 0)
		return rc;
	split_controls(c, p, external, count);
	if (pivot && is_free(g, p) && (rc = add_control(g, p, pivot, err)) != 0)
		return rc;
	return *count ? pull_controls(g, c, p, external, *count, err) : 0;
}

int
mg_context_adopt(mg_graph *g, mg_context_record *c, mg_node_plan *p, mgreg_error *err)
{
	mg_node **external = mg_arena_zalloc(&g->arena, (size_t)p->control_count + 1, sizeof(*external));
	mg_node **controls = mg_arena_zalloc(&g->arena, (size_t)p->control_count + 1, sizeof(*controls));
	/* TensorFlow's constants are made without a scope of their own. */
	const char *scope = strcmp(p->op_name, "Const") == 0 ? mg_scope_current(g) : mg_arena_printf(&g->arena, "%s/", p->name);
	int rc, count = 0;

	if (!external || !controls || !scope)
		return mg_fail_nomem(err, 0);
	if (p->control_count)
		memcpy(controls, p->controls, (size_t)p->control_count * sizeof(*controls));
	p->controls = controls;         /* the list may be the caller's */
	if ((rc = mg_scope_enter(g, scope, NULL, err)) != 0)
		return rc;
	if (c->kind == MG_RECORD_WHILE) {
		rc = adopt_in_loop(g, c, p, external, &count, err);
	} else {
		split_controls(c, p, external, &count);
		rc = adopt_in_cond(g, c, p, err);
	}
	mg_scope_leave(g);
	return rc;
}

int
mg_context_adopted(mg_graph *g, mg_context_record *c, mg_node *n, mgreg_error *err)
{
	int rc;

	n->context = c;
	for (int i = 0; i < n->output_count; i++)
		for (mg_context_record *o = c; o; o = c->kind == MG_RECORD_WHILE ? NULL : o->outer)
			if ((rc = mg_context_mark(g, o, MG_OUTPUT(n, i), err)) != 0)
				return rc;
	return 0;
}
