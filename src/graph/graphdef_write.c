/* SPDX-License-Identifier: Apache-2.0 */
/*
 * graphdef_write.c - graph -> GraphDef.  Attribute values and functions are not copied: the message points into the
 * graph and must not outlive it.
 */
#include "base/base.h"
#include "graph/graph_internal.h"

/* Unknown fields of FROM, shared. */
static void
keep_unknown(mg_msg *to, unsigned n, ProtobufCMessageUnknownField *fields)
{
	to->n_unknown_fields = n;
	to->unknown_fields = fields;
}

static int
write_inputs(const mg_node *n, mg_arena *arena, Pb__NodeDef *d, mgreg_error *err)
{
	d->n_input = (size_t)(n->input_count + n->control_count);
	d->input = mg_arena_zalloc(arena, d->n_input + 1, sizeof(*d->input));
	if (!d->input)
		return mg_fail_nomem(err, 0);
	for (int i = 0; i < n->input_count; i++) {
		if (!n->inputs[i].node)
			return mg_fail_node(err, mg_fail(err, MGREG_FAILED_PRECONDITION, "node '%s': input %d is missing", n->name, i), n->name);
		d->input[i] = (char *)mg_output_name(n->inputs[i], arena);
		if (!d->input[i])
			return mg_fail_nomem(err, 0);
	}
	for (int i = 0; i < n->control_count; i++) {
		d->input[n->input_count + i] = mg_arena_printf(arena, "^%s", n->controls[i]->name);
		if (!d->input[n->input_count + i])
			return mg_fail_nomem(err, 0);
	}
	return 0;
}

static int
write_attrs(const mg_node *n, bool add_shapes, mg_arena *arena, Pb__NodeDef *d, mgreg_error *err)
{
	Pb__NodeDef__AttrEntry *e = mg_arena_zalloc(arena, (size_t)n->attrs.count + 1, sizeof(*e));
	mg_attr_value *shapes;

	d->attr = mg_arena_zalloc(arena, (size_t)n->attrs.count + 1, sizeof(*d->attr));
	if (!e || !d->attr)
		return mg_fail_nomem(err, 0);
	for (int i = 0; i < n->attrs.count; i++) {
		if (add_shapes && n->output_count > 0 && strcmp(n->attrs.at[i].name, "_output_shapes") == 0)
			continue;
		pb__node_def__attr_entry__init(&e[d->n_attr]);
		e[d->n_attr].key = (char *)n->attrs.at[i].name;
		e[d->n_attr].value = n->attrs.at[i].value;
		d->attr[d->n_attr] = &e[d->n_attr];
		d->n_attr++;
	}
	if (!add_shapes || n->output_count == 0)
		return 0;
	if (!(shapes = mg_attr_shapes(arena, n->shapes, n->output_count)))
		return mg_fail_nomem(err, 0);
	pb__node_def__attr_entry__init(&e[d->n_attr]);
	e[d->n_attr].key = (char *)"_output_shapes";
	e[d->n_attr].value = shapes;
	d->attr[d->n_attr] = &e[d->n_attr];
	d->n_attr++;
	return 0;
}

int
mg_node_to_def(const mg_node *n, bool add_shapes, mg_arena *arena, Pb__NodeDef **out, mgreg_error *err)
{
	Pb__NodeDef *d = mg_msg_new(arena, &pb__node_def__descriptor);
	int rc;

	if (!d)
		return mg_fail_nomem(err, 0);
	d->name = (char *)n->name;
	d->op = (char *)n->op_name;
	d->device = (char *)n->device;
	if (n->origin) {
		d->experimental_debug_info = n->origin->experimental_debug_info;
		keep_unknown(&d->base, n->origin->base.n_unknown_fields, n->origin->base.unknown_fields);
	}
	if ((rc = write_inputs(n, arena, d, err)) != 0 || (rc = write_attrs(n, add_shapes, arena, d, err)) != 0)
		return rc;
	*out = d;
	return 0;
}

static int
write_library(const mg_graph *g, mg_arena *arena, Pb__GraphDef *d, mgreg_error *err)
{
	if (!g->functions.len && !g->gradients.len && !g->had_library)
		return 0;
	d->library = mg_msg_new(arena, &pb__function_def_library__descriptor);
	if (!d->library)
		return mg_fail_nomem(err, 0);
	d->library->n_function = g->functions.len;
	d->library->n_gradient = g->gradients.len;
	d->library->function = mg_arena_zalloc(arena, g->functions.len + 1, sizeof(*d->library->function));
	d->library->gradient = mg_arena_zalloc(arena, g->gradients.len + 1, sizeof(*d->library->gradient));
	if (!d->library->function || !d->library->gradient)
		return mg_fail_nomem(err, 0);
	for (size_t i = 0; i < g->functions.len; i++)
		d->library->function[i] = g->functions.at[i];
	for (size_t i = 0; i < g->gradients.len; i++)
		d->library->gradient[i] = g->gradients.at[i];
	keep_unknown(&d->library->base, g->n_library_unknown, g->library_unknown);
	return 0;
}

int
mg_graph_export_def(const mg_graph *g, const mg_graphdef_export *options, mg_arena *arena, Pb__GraphDef **out, mgreg_error *err)
{
	size_t count = options && options->node_count >= 0 ? MG_MIN((size_t)options->node_count, g->nodes.len) : g->nodes.len;
	Pb__GraphDef *d = mg_msg_new(arena, &pb__graph_def__descriptor);
	mg_msg *versions;
	int rc;

	if (!d || !(d->node = mg_arena_zalloc(arena, count + 1, sizeof(*d->node))))
		return mg_fail_nomem(err, 0);
	for (size_t i = 0; i < count; i++)
		if ((rc = mg_node_to_def(g->nodes.at[i], options && options->add_shapes, arena, &d->node[i], err)) != 0)
			return rc;
	d->n_node = count;
	if ((rc = write_library(g, arena, d, err)) != 0 || (rc = mg_msg_copy(&g->versions->base, arena, &versions, err)) != 0)
		return rc;
	d->versions = (Pb__VersionDef *)versions;
	d->version = g->old_version;
	keep_unknown(&d->base, g->n_unknown, g->unknown);
	*out = d;
	return 0;
}
