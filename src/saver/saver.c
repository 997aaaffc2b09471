/* SPDX-License-Identifier: Apache-2.0 */
/* saver.c - savers over nodes that exist, and what a restore would read. */
#include "base/base.h"
#include "base/clock.h"
#include "saver/saver_internal.h"

int
mg_saver_bind(mg_saver *s, const mg_saver_record *r, mgreg_error *err)
{
	int rc;

	if (!r->filename_tensor_name || !r->filename_tensor_name[0])
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "saver: filename_tensor_name is missing");
	if (!r->save_tensor_name || !r->save_tensor_name[0])
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "saver: save_tensor_name is missing");
	if (!r->restore_op_name || !r->restore_op_name[0])
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "saver: restore_op_name is missing");
	if ((rc = mg_graph_output(s->graph, r->filename_tensor_name, &s->filename, err)) != 0
	    || (rc = mg_graph_output(s->graph, r->save_tensor_name, &s->save, err)) != 0)
		return mg_wrap(err, rc, "saver");
	if (!(s->restore = mg_graph_find(s->graph, r->restore_op_name)))
		return mg_fail(err, MGREG_NOT_FOUND, "saver: no node '%s'", r->restore_op_name);
	s->record = r;
	return 0;
}

int
mg_saver_from_record(mg_saver **out, mg_graph *g, const mg_saver_record *r, mgreg_error *err)
{
	mg_saver *s = mg_calloc(1, sizeof *s);
	int rc;

	if (!s)
		return mg_fail_nomem(err, 0);
	s->graph = g;
	mg_keep_init(&s->keep, r->max_to_keep, r->keep_hours, (double)mg_now_ms() / 1000.0);
	if ((rc = mg_saver_bind(s, r, err)) != 0) {
		mg_saver_free(s);
		return rc;
	}
	*out = s;
	return 0;
}

void
mg_saver_free(mg_saver *s)
{
	if (!s)
		return;
	mg_target_files_free(&s->files);
	mg_keep_clear(&s->keep);
	mg_free(s->last_path);
	mg_free(s);
}

const mg_saver_record *
mg_saver_record_of(const mg_saver *s)
{
	return s->record;
}

/* ---- what a restore reads ---- */

/* Element I of a constant string tensor, in ARENA; "" where the constant is a scalar and I is 0. */
static int
constant_text(const mg_node *node, int input, int64_t i, mg_arena *arena, const char **out, mgreg_error *err)
{
	mg_tensor t = { 0 };
	int rc = 0;

	if (!mg_graph_constant(node->inputs[input], &t) || t.dtype != MGREG_STRING || i >= t.count)
		rc = mg_fail(err, MGREG_FAILED_PRECONDITION, "node '%s': input %d is not a constant list of names", node->name, input);
	else if (!(*out = mg_arena_strndup(arena, MG_CDATA(&t, mg_tstr)[i].len ? MG_CDATA(&t, mg_tstr)[i].ptr : "", MG_CDATA(&t, mg_tstr)[i].len)))
		rc = mg_fail_nomem(err, 0);
	mg_tensor_clear(&t);
	return rc;
}

/* The restore op behind a value that is assigned, node NULL if something else computes it.  *SAME_SHAPE: nothing between
 * changes the shape. */
static mg_output
restore_behind(mg_output o, bool *same_shape)
{
	static const char *const through[] = { "Identity", "Reshape", "Cast" };
	static const char *const restores[] = { "RestoreV2", "Restore", "RestoreSlice" };

	*same_shape = true;
	for (int depth = 0; depth < 8; depth++) {
		bool passes = false;

		for (size_t i = 0; i < MG_COUNT(restores); i++)
			if (strcmp(o.node->op_name, restores[i]) == 0)
				return o;
		for (size_t i = 0; i < MG_COUNT(through); i++)
			passes = passes || strcmp(o.node->op_name, through[i]) == 0;
		if (!passes || o.node->input_count == 0)
			break;
		if (strcmp(o.node->op_name, "Reshape") == 0)
			*same_shape = false;
		o = o.node->inputs[0];
	}
	return MG_NO_OUTPUT;
}

/* The shape that a value must have to be assigned, NULL: any. */
static const mg_shape *
assigned_shape(const mg_node *assign)
{
	mg_output v = assign->inputs[0];
	bool validates = true;

	if (strcmp(assign->op_name, "AssignVariableOp") == 0)
		return v.node->handle_shapes ? &v.node->handle_shapes[v.index] : NULL;
	mg_attr_get_bool(&assign->attrs, "validate_shape", &validates);
	return validates ? mg_output_shape(v) : NULL;
}

static int
describe(const mg_node *assign, mg_output from, bool same_shape, mg_arena *arena, mg_restore_item *item, mgreg_error *err)
{
	bool v2 = strcmp(from.node->op_name, "RestoreV2") == 0;
	int rc;

	item->variable = assign->inputs[0].node->name;
	item->slice = "";
	item->dtype = mg_output_type(from);
	item->shape = same_shape ? assigned_shape(assign) : NULL;
	if ((rc = constant_text(from.node, 1, v2 ? from.index : 0, arena, &item->key, err)) != 0)
		return rc;
	if (from.node->input_count > 2)
		rc = constant_text(from.node, 2, v2 ? from.index : 0, arena, &item->slice, err);
	return rc;
}

int
mg_saver_items(mg_saver *s, mg_arena *arena, mg_restore_item **items, int *count, mgreg_error *err)
{
	MG_VEC(mg_restore_item) found = { 0 };
	mg_set needed = { 0 };
	int rc = 0;

	*items = NULL;
	*count = 0;
	if (!s->record)
		return 0;
	MG_TRY(mg_graph_reach_back(s->graph, &s->restore, 1, &needed, err));
	for (int i = 0; i < mg_graph_node_count(s->graph); i++) {
		const mg_node *n = mg_graph_node(s->graph, i);
		mg_restore_item item;
		mg_output from;
		bool same_shape;

		if (!mg_set_has(&needed, (size_t)i) || n->input_count < 2
		    || (strcmp(n->op_name, "Assign") != 0 && strcmp(n->op_name, "AssignVariableOp") != 0))
			continue;
		if (!(from = restore_behind(n->inputs[1], &same_shape)).node)
			continue;
		MG_TRY(describe(n, from, same_shape, arena, &item, err));
		if (!mg_vec_push(&found, item)) {
			rc = mg_fail_nomem(err, 0);
			goto out;
		}
	}
	if (found.len && !(*items = mg_arena_memdup(arena, found.at, found.len * sizeof *found.at))) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	*count = (int)found.len;
out:
	mg_vec_clear(&found);
	mg_set_clear(&needed);
	return rc;
}
