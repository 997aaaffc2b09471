/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node.c - making nodes: attributes deduced and checked, scopes applied, shapes inferred; a node joins its graph only
 * when everything about it is right, so a failure leaves the graph as it was.
 */
#include "base/base.h"
#include "base/num.h"
#include "graph/graph_internal.h"

/* ---- names of outputs ---- */

int
mg_graph_output(const mg_graph *g, const char *name, mg_output *out, mgreg_error *err)
{
	const char *colon = strrchr(name, ':');
	int64_t index = 0;
	mg_node *n;

	if (name[0] == '^')
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "'%s' is a control input, not a tensor", name);
	if (!colon) {
		n = mg_graph_find(g, name);
	} else {
		if (!mg_parse_i64(colon + 1, strlen(colon + 1), &index) || index < 0 || index > INT_MAX)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "'%s' is not a tensor name: <op>:<index> expected", name);
		n = mg_map_findn(&g->by_name, name, (size_t)(colon - name));
	}
	if (!n)
		return mg_fail(err, MGREG_NOT_FOUND, "'%s': the graph has no such operation", name);
	if (index >= n->output_count)
		return mg_fail(err, MGREG_NOT_FOUND, "'%s': operation '%s' has %d outputs", name, n->name, n->output_count);
	*out = MG_OUTPUT(n, (int)index);
	return 0;
}

const char *
mg_output_name(mg_output o, mg_arena *arena)
{
	return o.index == 0 ? o.node->name : mg_arena_printf(arena, "%s:%d", o.node->name, o.index);
}

const char *
mg_output_name_colon(mg_output o, mg_arena *arena)
{
	return mg_arena_printf(arena, "%s:%d", o.node->name, o.index);
}

/* ---- creation ---- */

static const char *
type_text(int dtype)
{
	return dtype == MGREG_INVALID ? "unknown" : mg_dtype_name(dtype);
}

int
mg_node_check_inputs(const char *name, const char *op, const mg_output *inputs, int count, const int *types, int type_count, mgreg_error *err)
{
	if (count != type_count)
		return mg_fail_node(err, mg_fail(err, MGREG_INVALID_ARGUMENT,
			"node '%s' (%s): %d inputs, expected %d", name, op, count, type_count), name);
	for (int i = 0; i < count; i++) {
		const mg_node *from = inputs[i].node;
		int have, want = types[i];

		if (!from)
			continue;
		have = from->output_types[inputs[i].index];
		if (have == MGREG_INVALID || want == MGREG_INVALID || have == want)
			continue;
		if (!mg_dtype_is_ref(want) && mg_dtype_base(have) == (mg_dtype)want)
			continue;
		return mg_fail_node(err, mg_fail(err, MGREG_INVALID_ARGUMENT,
			"node '%s' (%s): input %d is '%s:%d' of type %s, expected %s", name, op, i, from->name, inputs[i].index,
			type_text(have), type_text(want)), name);
	}
	return 0;
}

static void
node_release(mg_node *n)
{
	for (int i = 0; i < n->output_count; i++) {
		mg_shape_clear(&n->shapes[i]);
		if (n->handle_shapes)
			mg_shape_clear(&n->handle_shapes[i]);
	}
}

static int
node_shapes_init(mg_node *n, mg_arena *arena, mgreg_error *err)
{
	bool handles = false;
	size_t count = (size_t)n->output_count;

	n->shapes = mg_arena_zalloc(arena, count + 1, sizeof(*n->shapes));
	if (!n->shapes)
		return mg_fail_nomem(err, 0);
	for (size_t i = 0; i < count; i++) {
		n->shapes[i] = MG_SHAPE_UNKNOWN;
		handles = handles || mg_dtype_base(n->output_types[i]) == MGREG_RESOURCE;
	}
	if (!handles)
		return 0;
	n->handle_shapes = mg_arena_zalloc(arena, count, sizeof(*n->handle_shapes));
	n->handle_types = mg_arena_zalloc(arena, count, sizeof(*n->handle_types));
	if (!n->handle_shapes || !n->handle_types) {
		n->handle_shapes = NULL;
		return mg_fail_nomem(err, 0);
	}
	for (size_t i = 0; i < count; i++)
		n->handle_shapes[i] = MG_SHAPE_UNKNOWN;
	return 0;
}

int
mg_node_create(mg_graph *g, const mg_node_plan *plan, mg_node **out, mgreg_error *err)
{
	mg_node *n;
	int rc;

	if (g->finalized)
		return mg_fail(err, MGREG_FAILED_PRECONDITION, "node '%s': the graph is finalized and cannot be changed", plan->name);
	if (mg_graph_find(g, plan->name))
		return mg_fail_node(err, mg_fail(err, MGREG_INVALID_ARGUMENT,
			"node '%s': the graph has a node of this name already", plan->name), plan->name);
	n = mg_arena_zalloc(&g->arena, 1, sizeof(*n));
	if (!n)
		return mg_fail_nomem(err, sizeof(*n));
	n->graph = g;
	n->id = (int)g->nodes.len;
	n->name = plan->name;
	n->op_name = plan->op_name;
	n->op = plan->op;
	n->device = plan->device ? plan->device : "";
	n->attrs = plan->attrs;
	n->inputs = plan->inputs;
	n->input_count = plan->input_count;
	n->controls = plan->controls;
	n->control_count = plan->control_count;
	n->input_types = plan->input_types;
	n->output_types = plan->output_types;
	n->output_count = plan->output_count;
	n->origin = plan->origin;
	n->context = g->context;
	if ((rc = node_shapes_init(n, &g->arena, err)) != 0)
		return rc;
	MG_TRY(mg_node_infer(n, err));
	if (!mg_vec_reserve(&g->nodes, g->nodes.len + 1) || !mg_map_set(&g->by_name, n->name, n)) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	g->nodes.at[g->nodes.len++] = n;
	*out = n;
	if (g->source_file && (rc = mg_graph_note_source(g, n, err)) != 0)
		return rc;
	return mg_graph_note_created(g, n, err);
out:
	node_release(n);
	return rc;
}

/* How many tensors each input of the definition takes.  Lists share what single inputs leave over when all are as long
 * as each other; otherwise the attributes must say it. */
static int
deduce_arg_counts(const mg_node_args *args, const mg_op_def *op, const mg_attrs *attrs, int *counts, mgreg_error *err)
{
	int lists = 0, open = 0, left = args->input_count;
	int64_t number;
	const Pb__AttrValue__ListValue *list;

	for (int i = 0; i < op->input_count; i++) {
		const mg_op_arg *a = &op->inputs[i];

		counts[i] = 1;
		if (a->number_attr || a->type_list_attr) {
			lists++;
			counts[i] = -1;
			if (a->number_attr && mg_attr_get_int(attrs, a->number_attr, &number) && number >= 0 && number <= INT_MAX)
				counts[i] = (int)number;
			else if (a->type_list_attr && mg_attr_get_list(attrs, a->type_list_attr, &list))
				counts[i] = (int)list->n_type;
		}
		if (counts[i] >= 0)
			left -= counts[i];
		else
			open++;
	}
	for (int i = 0; i < op->input_count; i++)
		if (counts[i] < 0) {
			if (left < 0 || left % open != 0)
				return mg_fail(err, MGREG_INVALID_ARGUMENT, "op '%s': %d inputs cannot be shared among its lists",
					op->name, args->input_count);
			counts[i] = left / open;
		}
	if (open == 0 && left != 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "op '%s': %d inputs given, expected %d", op->name,
			args->input_count, args->input_count - left);
	return 0;
}

/* Attributes and types of the node from its inputs. */
static int
plan_types(mg_graph *g, const mg_node_args *args, mg_node_plan *p, mgreg_error *err)
{
	mg_arena *arena = &g->arena;
	int *counts = NULL, *types, want;
	int rc;

	if (args->arg_counts) {
		counts = (int *)args->arg_counts;
	} else {
		counts = mg_arena_zalloc(arena, (size_t)p->op->input_count + 1, sizeof(*counts));
		if (!counts)
			return mg_fail_nomem(err, 0);
		if ((rc = deduce_arg_counts(args, p->op, &p->attrs, counts, err)) != 0)
			return rc;
	}
	types = mg_arena_zalloc(arena, (size_t)args->input_count + 1, sizeof(*types));
	if (!types)
		return mg_fail_nomem(err, 0);
	for (int i = 0; i < args->input_count; i++)
		types[i] = args->inputs[i].node ? args->inputs[i].node->output_types[args->inputs[i].index] : MGREG_INVALID;
	if ((rc = mg_op_infer_attrs(p->op, counts, types, &p->attrs, arena, err)) != 0
		|| (rc = mg_op_fill_defaults(p->op, &p->attrs, arena, err)) != 0
		|| (rc = mg_op_check_attrs(p->op, &p->attrs, err)) != 0
		|| (rc = mg_op_input_types(p->op, &p->attrs, arena, &p->input_types, &want, err)) != 0
		|| (rc = mg_node_check_inputs(p->name, p->op_name, p->inputs, p->input_count, p->input_types, want, err)) != 0)
		return rc;
	return mg_op_output_types(p->op, &p->attrs, arena, &p->output_types, &p->output_count, err);
}

static int
plan_name(mg_graph *g, const mg_node_args *args, const char **out, mgreg_error *err)
{
	const char *name = args->name && args->name[0] ? args->name : args->op;
	size_t len = strlen(name);
	int rc;

	if (args->raw || name[len - 1] == '/') {
		name = mg_arena_strndup(&g->arena, name, name[len - 1] == '/' ? len - 1 : len);
		if (!name)
			return mg_fail_nomem(err, 0);
		rc = mg_graph_mark_name(g, name, err);
	} else {
		rc = mg_graph_unique_name(g, name, true, &name, err);
	}
	if (rc)
		return rc;
	if (!mg_node_name_is_valid(name))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "'%s' is not a valid node name", name);
	*out = name;
	return 0;
}

static int
plan_place(mg_graph *g, const mg_node_args *args, mg_node_plan *p, mgreg_error *err)
{
	bool colocated = false;
	const char *device = args->device;
	int rc, pushed = 0;

	if (args->raw) {
		p->device = mg_arena_strdup(&g->arena, device ? device : "");
		p->controls = mg_arena_memdup(&g->arena, args->controls, (size_t)args->control_count * sizeof(*args->controls));
		p->control_count = args->control_count;
		return p->device && (p->controls || !args->control_count) ? 0 : mg_fail_nomem(err, 0);
	}
	/* Who takes a reference sits with the node that owns it. */
	for (int i = 0; i < p->input_count; i++)
		if (p->input_types && mg_dtype_is_ref(p->input_types[i])) {
			if ((rc = mg_colocate_push(g, p->inputs[i].node, err)) != 0)
				return rc;
			pushed++;
		}
	rc = mg_graph_apply_colocation(g, &p->attrs, &device, &colocated, err);
	while (pushed-- > 0)
		mg_colocate_pop(g);
	if (rc)
		return rc;
	if (colocated)
		p->device = device ? device : "";
	else if ((rc = mg_graph_apply_devices(g, device, &p->device, err)) != 0)
		return rc;
	return mg_graph_scope_controls(g, p->inputs, p->input_count, args->controls, args->control_count,
		&p->controls, &p->control_count, err);
}

int
mg_graph_add(mg_graph *g, const mg_node_args *args, mg_node **out, mgreg_error *err)
{
	mg_node_plan p = { .op_name = args->op };
	mg_attrs *attrs = &p.attrs;
	const Pb__FunctionDef *fn;
	mg_context_record *home;
	int rc, want;

	p.op = mg_op_find(args->op);
	fn = p.op ? NULL : mg_graph_function(g, args->op);
	if (!p.op && !fn)
		return mg_fail(err, MGREG_NOT_FOUND, "op type '%s' is not known", args->op);
	if (p.op)
		p.op_name = p.op->name;
	else if (!(p.op_name = mg_arena_strdup(&g->arena, args->op)))
		return mg_fail_nomem(err, 0);
	if (g->finalized)
		return mg_fail(err, MGREG_FAILED_PRECONDITION, "op '%s': the graph is finalized and cannot be changed", args->op);
	for (int i = 0; i < args->input_count; i++) {
		const mg_node *from = args->inputs[i].node;

		if (from && from->graph != g)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "op '%s': input '%s' belongs to another graph", args->op, from->name);
		if (from ? args->inputs[i].index < 0 || args->inputs[i].index >= from->output_count : strcmp(args->op, "Merge") != 0)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "op '%s': input %d is missing", args->op, i);
	}
	if ((rc = plan_name(g, args, &p.name, err)) != 0)
		return rc;
	p.inputs = mg_arena_zalloc(&g->arena, (size_t)args->input_count + 1, sizeof(*p.inputs));
	if (!p.inputs || !mg_attrs_copy(attrs, args->attrs, args->attr_count, &g->arena))
		return mg_fail_nomem(err, 0);
	if (args->input_count)
		memcpy(p.inputs, args->inputs, (size_t)args->input_count * sizeof(*p.inputs));
	p.input_count = args->input_count;
	if (p.op) {
		MG_TRY(plan_types(g, args, &p, err));
	} else {
		MG_TRY(mg_opdef_types(fn->signature, false, attrs, p.name, &g->arena, &p.input_types, &want, err));
		MG_TRY(mg_node_check_inputs(p.name, p.op_name, p.inputs, p.input_count, p.input_types, want, err));
		MG_TRY(mg_opdef_types(fn->signature, true, attrs, p.name, &g->arena, &p.output_types, &p.output_count, err));
	}
	MG_TRY(plan_place(g, args, &p, err));
	home = args->raw ? NULL : mg_context_home(g->context, p.op_name, p.inputs, p.input_count);
	if (home)
		MG_TRY(mg_context_adopt(g, home, &p, err));
	MG_TRY(mg_node_create(g, &p, out, err));
	if (home)
		MG_TRY(mg_context_adopted(g, home, *out, err));
out:
	return rc ? mg_fail_node(err, rc, p.name) : 0;
}

/* ---- small changes of a node ---- */

int
mg_graph_set_input(mg_graph *g, mg_node *node, int i, mg_output source, mgreg_error *err)
{
	int have, want;

	assert(node->graph == g && source.node->graph == g && i >= 0 && i < node->input_count);
	have = source.node->output_types[source.index];
	want = node->input_types ? node->input_types[i] : MGREG_INVALID;
	if (have != want && have != MGREG_INVALID && want != MGREG_INVALID
		&& (mg_dtype_is_ref(want) || mg_dtype_base(have) != (mg_dtype)want))
		return mg_fail_node(err, mg_fail(err, MGREG_INVALID_ARGUMENT, "node '%s': input %d becomes '%s:%d' of type %s, expected %s",
			node->name, i, source.node->name, source.index, type_text(have), type_text(want)), node->name);
	node->inputs[i] = source;
	return 0;
}

int
mg_node_add_control(mg_graph *g, mg_node *node, mg_node *control, mgreg_error *err)
{
	mg_node **list;

	assert(node->graph == g && control->graph == g);
	for (int i = 0; i < node->control_count; i++)
		if (node->controls[i] == control)
			return 0;
	list = mg_arena_zalloc(&g->arena, (size_t)node->control_count + 1, sizeof(*list));
	if (!list)
		return mg_fail_nomem(err, 0);
	if (node->control_count)
		memcpy(list, node->controls, (size_t)node->control_count * sizeof(*list));
	list[node->control_count] = control;
	node->controls = list;
	node->control_count++;
	return 0;
}

int
mg_node_set_attr(mg_node *node, const char *name, const mg_attr_value *value, mgreg_error *err)
{
	mg_arena *arena = &node->graph->arena;
	mg_msg *copy;
	const char *key;
	int rc;

	if ((rc = mg_msg_copy(&value->base, arena, &copy, err)) != 0)
		return rc;
	key = mg_arena_strdup(arena, name);
	if (!key || !mg_attr_set(&node->attrs, key, (const mg_attr_value *)copy, arena))
		return mg_fail_nomem(err, 0);
	return 0;
}
