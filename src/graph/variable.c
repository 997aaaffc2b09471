/* SPDX-License-Identifier: Apache-2.0 */
/*
 * variable.c - the nodes that make a variable, and its record.
 *
 *   reference            resource
 *   w           VariableV2       w                          VarHandleOp
 *   w/Assign    Assign           w/IsInitialized/VarIsInitializedOp
 *   w/read      Identity         w/Assign                   AssignVariableOp
 *                                w/Read/ReadVariableOp      ReadVariableOp
 */
#include "base/base.h"
#include <stdio.h>
#include "graph/graph_internal.h"

static const char *
tensor_name(mg_graph *g, const mg_node *n)
{
	return mg_arena_printf(&g->arena, "%s:0", n->name);
}

/* The nodes of W inside the scope SCOPE ("w/"). */
static mg_node *
build_reference(mg_builder *b, const char *scope, mg_output initial, mg_variable_record *v)
{
	mg_output w = mg_build(b, "VariableV2", scope, ";h:shape t:dtype", mg_output_shape(initial), (int)mg_output_type(initial));
	mg_node *assign = b->rc ? NULL : mg_build_node(b, "Assign", "Assign", "oo;b:use_locking b:validate_shape", w, initial, 1, 1);
	mg_output read = MG_NO_OUTPUT;

	if (b->rc || (b->rc = mg_colocate_push(b->graph, w.node, b->err)) != 0)
		return NULL;
	read = mg_build(b, "Identity", "read", "o", w);
	mg_colocate_pop(b->graph);
	if (b->rc)
		return NULL;
	v->initializer_name = assign->name;
	v->snapshot_name = tensor_name(b->graph, read.node);
	return w.node;
}

static mg_output
build_in_scope(mg_builder *b, const char *scope, const char *op, mg_output input, const char *attr, int type)
{
	mg_output o = MG_NO_OUTPUT;

	if (b->rc || (b->rc = mg_scope_enter(b->graph, scope, NULL, b->err)) != 0)
		return o;
	if (attr)
		o = mg_build(b, op, NULL, "o;t:dtype", input, type);
	else
		o = mg_build(b, op, NULL, "o", input);
	mg_scope_leave(b->graph);
	return o;
}

static mg_node *
build_resource(mg_builder *b, const char *scope, mg_output initial, mg_variable_record *v)
{
	mg_graph *g = b->graph;
	const char *shared = mg_arena_strndup(&g->arena, scope, strlen(scope) - 1);
	int type = (int)mg_output_type(initial);
	mg_output w, read;
	mg_node *assign;

	if (!shared) {
		b->rc = mg_fail_nomem(b->err, 0);
		return NULL;
	}
	w = mg_build(b, "VarHandleOp", scope, ";t:dtype h:shape s:shared_name", type, mg_output_shape(initial), shared);
	build_in_scope(b, "IsInitialized", "VarIsInitializedOp", w, NULL, 0);
	assign = b->rc ? NULL : mg_build_node(b, "AssignVariableOp", "Assign", "oo;t:dtype", w, initial, type);
	read = build_in_scope(b, "Read", "ReadVariableOp", w, "dtype", type);
	if (b->rc)
		return NULL;
	v->initializer_name = assign->name;
	v->snapshot_name = tensor_name(g, read.node);
	v->is_resource = true;
	return w.node;
}

static int
variable_build(mg_graph *g, const char *name, mg_output initial, unsigned flags, mg_variable_record *v, mgreg_error *err)
{
	mg_builder b = MG_BUILDER(g, err);
	const char *scope;
	mg_node *w;
	int rc;

	if ((rc = mg_scope_enter(g, name && name[0] ? name : "Variable", &scope, err)) != 0)
		return rc;
	w = flags & MG_VARIABLE_RESOURCE ? build_resource(&b, scope, initial, v) : build_reference(&b, scope, initial, v);
	mg_scope_leave(g);
	if (b.rc)
		return b.rc;
	v->variable_name = tensor_name(g, w);
	v->initial_value_name = mg_output_name_colon(initial, &g->arena);
	return v->variable_name && v->initial_value_name && v->snapshot_name ? 0 : mg_fail_nomem(err, 0);
}

int
mg_variable_new(mg_graph *g, const char *name, mg_output initial, unsigned flags, const mg_variable_record **out, mgreg_error *err)
{
	mg_variable_record *v;
	char text[256];
	int rc;

	if (!initial.node || initial.node->graph != g)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "variable '%s' has no initial value in this graph", name ? name : "Variable");
	if (!mg_shape_is_full(mg_output_shape(initial)))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "variable '%s': the shape %s of its initial value is not fully known",
			name ? name : "Variable", mg_shape_text(mg_output_shape(initial), text));
	if (!(v = mg_arena_zalloc(&g->arena, 1, sizeof(*v))))
		return mg_fail_nomem(err, sizeof(*v));
	v->trainable = !(flags & (MG_VARIABLE_NOT_TRAINABLE | MG_VARIABLE_LOCAL));
	/* A variable belongs to no branch and waits for nothing. */
	if ((rc = mg_controls_push(g, NULL, 0, err)) != 0)
		return rc;
	rc = variable_build(g, name, initial, flags, v, err);
	mg_controls_pop(g);
	if (rc == 0)
		rc = mg_collection_add_variable(g, flags & MG_VARIABLE_LOCAL ? "local_variables" : "variables", v, err);
	if (rc == 0 && v->trainable)
		rc = mg_collection_add_variable(g, "trainable_variables", v, err);
	if (rc == 0 && out)
		*out = v;
	return rc;
}

int
mg_variable_outputs(const mg_graph *g, const mg_variable_record *v, mg_output *handle, mg_output *read, mgreg_error *err)
{
	mg_output h, r;
	int rc;

	if ((rc = mg_graph_output(g, v->variable_name, &h, err)) != 0 || (rc = mg_graph_output(g, v->snapshot_name, &r, err)) != 0)
		return mg_wrap(err, rc, "variable '%s'", v->variable_name);
	/* A snapshot may be a cached copy: what reads the variable lies behind it. */
	if (v->is_resource)
		for (mg_output o = r; o.node; o = o.node->input_count ? o.node->inputs[0] : MG_NO_OUTPUT)
			if (strcmp(o.node->op_name, "ReadVariableOp") == 0) {
				r = o;
				break;
			}
	if (handle)
		*handle = h;
	if (read)
		*read = r;
	return 0;
}

const mg_variable_record *
mg_variable_of(const mg_graph *g, mg_output o)
{
	mg_arena scratch = { 0 };
	const mg_variable_record *v;
	const char *name;
	char text[512];

	/* without memory where that is possible: NULL says that it is no variable */
	if (snprintf(text, sizeof(text), "%s:%d", o.node->name, o.index) < (int)sizeof(text))
		return mg_map_find(&g->variables, text);
	name = mg_output_name_colon(o, &scratch);
	v = name ? mg_map_find(&g->variables, name) : NULL;

	mg_arena_clear(&scratch);
	return v;
}

/* ---- grouping ---- */

static int
compare_device(const void *a, const void *b)
{
	const mg_node *x = *(mg_node *const *)a, *y = *(mg_node *const *)b;
	int d = strcmp(x->device, y->device);

	return d ? d : (x->id > y->id) - (x->id < y->id);
}

static int
no_op(mg_graph *g, const char *name, const char *device, mg_node *const *deps, int count, mg_node **out, mgreg_error *err)
{
	mg_node_args args = { .op = "NoOp", .name = name, .controls = deps, .control_count = count, .device = device };

	return mg_graph_add(g, &args, out, err);
}

int
mg_graph_group(mg_graph *g, mg_node *const *nodes, int count, const char *name, mg_node **out, mgreg_error *err)
{
	const char *scope;
	mg_node **sorted = NULL, **groups = NULL;
	int rc, begin = 0, group_count = 0;

	if ((rc = mg_scope_enter(g, name && name[0] ? name : "group_deps", &scope, err)) != 0)
		return rc;
	sorted = mg_alloc(((size_t)count + 1) * sizeof(*sorted));
	groups = mg_alloc(((size_t)count + 1) * sizeof(*groups));
	if (!sorted || !groups) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	if (count) {
		memcpy(sorted, nodes, (size_t)count * sizeof(*sorted));
		qsort(sorted, (size_t)count, sizeof(*sorted), compare_device);
	}
	/* All on one device: one node, in the order given. */
	if (count == 0 || strcmp(sorted[0]->device, sorted[count - 1]->device) == 0) {
		rc = no_op(g, scope, count && nodes[0]->device[0] ? nodes[0]->device : NULL, nodes, count, out, err);
		goto out;
	}
	for (int i = 1; i <= count; i++)
		if (i == count || strcmp(sorted[i]->device, sorted[begin]->device) != 0) {
			MG_TRY(no_op(g, NULL, sorted[begin]->device[0] ? sorted[begin]->device : NULL, &sorted[begin], i - begin,
				&groups[group_count], err));
			group_count++;
			begin = i;
		}
	rc = no_op(g, scope, NULL, groups, group_count, out, err);
out:
	mg_scope_leave(g);
	mg_free(sorted);
	mg_free(groups);
	return rc;
}

int
mg_variables_initializer(mg_graph *g, const char *key, const char *name, mg_node **out, mgreg_error *err)
{
	int count = mg_collection_count(g, key), n = 0, rc = 0;
	mg_node **inits = mg_alloc(((size_t)count + 1) * sizeof(*inits));

	if (!inits)
		return mg_fail_nomem(err, 0);
	for (int i = 0; i < count; i++) {
		const mg_item *item = mg_collection_item(g, key, i);
		const mg_variable_record *v = item->record;

		if (item->kind != MG_ITEM_RECORD || item->record_kind != MG_RECORD_VARIABLE)
			continue;
		inits[n] = mg_graph_find(g, v->initializer_name);
		if (!inits[n]) {
			rc = mg_fail(err, MGREG_NOT_FOUND, "variable '%s': its initializer '%s' is not in the graph",
				v->variable_name, v->initializer_name);
			goto out;
		}
		n++;
	}
	rc = mg_graph_group(g, inits, n, name && name[0] ? name : "init", out, err);
out:
	mg_free(inits);
	return rc;
}
