/* SPDX-License-Identifier: Apache-2.0 */
/* api.c - the public side of graphs: life, nodes, outputs, scopes, collections. */
#include "base/base.h"
#include "base/regex.h"
#include "graph/graph_internal.h"

/* ---- graphs ---- */
int
mgreg_graph_new(mgreg_graph **out, mgreg_error *err)
{
	return mg_graph_new(out, err);
}

void
mgreg_graph_free(mgreg_graph *graph)
{
	mg_graph_free(graph);
}

int
mgreg_graph_default(mgreg_graph **out, mgreg_error *err)
{
	return mg_graph_default(out, err);
}

void
mgreg_graph_reset_default(void)
{
	mg_graph_reset_default();
}

void
mgreg_graph_finalize(mgreg_graph *graph)
{
	mg_graph_finalize(graph);
}

int
mgreg_graph_validate(const mgreg_graph *graph, mgreg_error *err)
{
	return mg_graph_validate(graph, err);
}

int
mgreg_graph_node_count(const mgreg_graph *graph)
{
	return mg_graph_node_count(graph);
}

mgreg_node *
mgreg_graph_node(const mgreg_graph *graph, int i)
{
	return i < 0 || i >= mg_graph_node_count(graph) ? NULL : mg_graph_node(graph, i);
}

mgreg_node *
mgreg_graph_find(const mgreg_graph *graph, const char *name)
{
	return mg_graph_find(graph, name);
}

int
mgreg_graph_output(const mgreg_graph *graph, const char *name, mgreg_output *out, mgreg_error *err)
{
	return mg_graph_output(graph, name, out, err);
}

void
mgreg_graph_set_seed(mgreg_graph *graph, int64_t seed)
{
	mg_graph_set_seed(graph, seed);
}

/* ---- nodes ---- */
const char *mgreg_node_name(const mgreg_node *node) { return node->name; }
const char *mgreg_node_op(const mgreg_node *node) { return node->op_name; }
const char *mgreg_node_device(const mgreg_node *node) { return node->device ? node->device : ""; }
int mgreg_node_id(const mgreg_node *node) { return node->id; }
int mgreg_node_input_count(const mgreg_node *node) { return node->input_count; }
int mgreg_node_control_count(const mgreg_node *node) { return node->control_count; }
int mgreg_node_output_count(const mgreg_node *node) { return node->output_count; }
int mgreg_node_attr_count(const mgreg_node *node) { return node->attrs.count; }

mgreg_output
mgreg_node_input(const mgreg_node *node, int i)
{
	return i < 0 || i >= node->input_count ? MG_NO_OUTPUT : node->inputs[i];
}

mgreg_node *
mgreg_node_control(const mgreg_node *node, int i)
{
	return i < 0 || i >= node->control_count ? NULL : node->controls[i];
}

mgreg_output
mgreg_node_output(mgreg_node *node, int i)
{
	return i < 0 || i >= node->output_count ? MG_NO_OUTPUT : MG_OUTPUT(node, i);
}

mgreg_dtype
mgreg_output_dtype(mgreg_output output)
{
	return output.node ? mg_output_type(output) : MGREG_INVALID;
}

int
mgreg_output_is_ref(mgreg_output output)
{
	return output.node && mg_output_is_ref(output);
}

int
mgreg_output_rank(mgreg_output output)
{
	return output.node ? mg_output_shape(output)->rank : MG_RANK_UNKNOWN;
}

int64_t
mgreg_output_dim(mgreg_output output, int i)
{
	return i < 0 || i >= mgreg_output_rank(output) ? MG_DIM_UNKNOWN : mg_shape_dim(mg_output_shape(output), i);
}

int
mgreg_output_set_shape(mgreg_output output, const int64_t *dims, int rank, mgreg_error *err)
{
	mg_shape s = { 0 };
	int rc;

	if (rank < 0)
		return 0;
	rc = mg_shape_set(&s, dims, rank, err);
	if (rc == 0)
		rc = mg_output_merge_shape(output, &s, err);
	mg_shape_clear(&s);
	return rc;
}

/* ---- attributes ---- */
const char *
mgreg_node_attr_name(const mgreg_node *node, int i)
{
	return i < 0 || i >= node->attrs.count ? NULL : node->attrs.at[i].name;
}

int
mgreg_node_attr_int(const mgreg_node *node, const char *name, int64_t *out)
{
	return mg_attr_get_int(&node->attrs, name, out);
}

int
mgreg_node_attr_float(const mgreg_node *node, const char *name, float *out)
{
	return mg_attr_get_float(&node->attrs, name, out);
}

int
mgreg_node_attr_bool(const mgreg_node *node, const char *name, int *out)
{
	bool v;

	if (!mg_attr_get_bool(&node->attrs, name, &v))
		return 0;
	*out = v;
	return 1;
}

int
mgreg_node_attr_type(const mgreg_node *node, const char *name, mgreg_dtype *out)
{
	int v;

	if (!mg_attr_get_type(&node->attrs, name, &v))
		return 0;
	*out = (mgreg_dtype)v;
	return 1;
}

int
mgreg_node_attr_string(const mgreg_node *node, const char *name, const char **out, size_t *len)
{
	mg_slice v;

	if (!mg_attr_get_string(&node->attrs, name, &v))
		return 0;
	*out = v.ptr;
	if (len)
		*len = v.len;
	return 1;
}

int
mgreg_node_attr_text(const mgreg_node *node, const char *name, char **out, mgreg_error *err)
{
	const mg_attr_value *v = mg_attr_find(&node->attrs, name);
	mg_str text = MG_STR_INIT;
	int rc;

	if (!v)
		return mg_fail(err, MGREG_NOT_FOUND, "node '%s' has no attribute '%s'", node->name, name);
	rc = mg_msg_print_short(&v->base, &text, err);
	if (rc == 0)
		rc = mg_str_check(&text, err);
	if (rc == 0 && (*out = mg_str_take(&text, NULL)) == NULL)
		rc = mg_fail_nomem(err, 0);
	mg_str_clear(&text);
	return rc;
}

/* ---- scopes ---- */
int
mgreg_scope_enter(mgreg_graph *graph, const char *name, mgreg_error *err)
{
	return mg_scope_enter(graph, name, NULL, err);
}

void mgreg_scope_leave(mgreg_graph *graph) { mg_scope_leave(graph); }
const char *mgreg_scope_current(const mgreg_graph *graph) { return mg_scope_current(graph); }

int
mgreg_device_push(mgreg_graph *graph, const char *device, mgreg_error *err)
{
	return mg_device_push(graph, device, err);
}

void mgreg_device_pop(mgreg_graph *graph) { mg_device_pop(graph); }

int
mgreg_controls_push(mgreg_graph *graph, mgreg_node *const *nodes, int count, mgreg_error *err)
{
	return mg_controls_push(graph, nodes, count, err);
}

void mgreg_controls_pop(mgreg_graph *graph) { mg_controls_pop(graph); }

int
mgreg_colocate_push(mgreg_graph *graph, mgreg_node *with, mgreg_error *err)
{
	return mg_colocate_push(graph, with, err);
}

void mgreg_colocate_pop(mgreg_graph *graph) { mg_colocate_pop(graph); }

/* ---- collections: adding ---- */
int
mgreg_collection_add_node(mgreg_graph *graph, const char *key, mgreg_node *node, mgreg_error *err)
{
	return mg_collection_add(graph, key, &(mg_item){ .kind = MG_ITEM_NODE, .node = node }, err);
}

int
mgreg_collection_add_output(mgreg_graph *graph, const char *key, mgreg_output output, mgreg_error *err)
{
	return mg_collection_add(graph, key, &(mg_item){ .kind = MG_ITEM_TENSOR, .tensor = output }, err);
}

int
mgreg_collection_add_text(mgreg_graph *graph, const char *key, const char *text, mgreg_error *err)
{
	return mg_collection_add(graph, key, &(mg_item){ .kind = MG_ITEM_BYTES, .bytes = MG_SLICE(text) }, err);
}

int
mgreg_collection_add_int(mgreg_graph *graph, const char *key, int64_t value, mgreg_error *err)
{
	return mg_collection_add(graph, key, &(mg_item){ .kind = MG_ITEM_INT, .i = value }, err);
}

int
mgreg_collection_add_float(mgreg_graph *graph, const char *key, double value, mgreg_error *err)
{
	return mg_collection_add(graph, key, &(mg_item){ .kind = MG_ITEM_FLOAT, .f = value }, err);
}

int
mgreg_collection_create(mgreg_graph *graph, const char *key, mgreg_error *err)
{
	return mg_collection_touch(graph, key, err);
}

int
mgreg_collection_clear(mgreg_graph *graph, const char *key, mgreg_error *err)
{
	if (graph->finalized)
		return mg_fail(err, MGREG_FAILED_PRECONDITION, "collection '%s': the graph is finalized and cannot be changed", key);
	mg_collection_remove(graph, key);
	return 0;
}

/* ---- collections: reading ---- */
int mgreg_collection_key_count(const mgreg_graph *graph) { return mg_collection_key_count(graph); }

const char *
mgreg_collection_key(const mgreg_graph *graph, int i)
{
	return i < 0 || i >= mg_collection_key_count(graph) ? NULL : mg_collection_key(graph, i);
}

int mgreg_collection_count(const mgreg_graph *graph, const char *key) { return mg_collection_count(graph, key); }

static const mg_item *
item_at(const mg_graph *g, const char *key, int i)
{
	return i < 0 || i >= mg_collection_count(g, key) ? NULL : mg_collection_item(g, key, i);
}

static int
get(const mg_graph *g, const char *key, int i, const mg_item **out, mgreg_error *err)
{
	*out = item_at(g, key, i);
	return *out ? 0 : mg_fail(err, MGREG_NOT_FOUND, "collection '%s' has no item %d", key, i);
}

mgreg_item_kind
mgreg_collection_kind(const mgreg_graph *graph, const char *key, int i)
{
	const mg_item *item = item_at(graph, key, i);

	switch (item ? item->kind : MG_ITEM_USER) {
	case MG_ITEM_NODE: return MGREG_ITEM_NODE;
	case MG_ITEM_TENSOR: return MGREG_ITEM_OUTPUT;
	case MG_ITEM_BYTES: return MGREG_ITEM_TEXT;
	case MG_ITEM_INT: return MGREG_ITEM_INT;
	case MG_ITEM_FLOAT: return MGREG_ITEM_FLOAT;
	case MG_ITEM_RECORD: return item->record_kind == MG_RECORD_VARIABLE ? MGREG_ITEM_VARIABLE : MGREG_ITEM_OTHER;
	default: return MGREG_ITEM_OTHER;
	}
}

int
mgreg_collection_is_in_scope(const mgreg_graph *graph, const char *key, int i, const char *scope, int *out, mgreg_error *err)
{
	mg_arena scratch = { 0 };
	const mg_item *item;
	mg_regex *re = NULL;
	const char *name;
	int rc;

	if ((rc = get(graph, key, i, &item, err)) != 0)
		return rc;
	if (!scope || !scope[0]) {
		*out = 1;
		return 0;
	}
	MG_TRY(mg_regex_new(&re, scope, strlen(scope), err));
	name = mg_item_name(item, &scratch);
	*out = name && mg_regex_match(re, name, strlen(name));
out:
	mg_regex_free(re);
	mg_arena_clear(&scratch);
	return rc;
}

int
mgreg_collection_output(const mgreg_graph *graph, const char *key, int i, mgreg_output *out, mgreg_error *err)
{
	const mg_item *item;
	int rc = get(graph, key, i, &item, err);

	if (rc)
		return rc;
	if (item->kind == MG_ITEM_TENSOR) {
		*out = item->tensor;
		return 0;
	}
	if (item->kind == MG_ITEM_NODE && item->node->output_count > 0) {
		*out = MG_OUTPUT(item->node, 0);
		return 0;
	}
	if (item->kind == MG_ITEM_RECORD && item->record_kind == MG_RECORD_VARIABLE)
		return mg_variable_outputs(graph, item->record, out, NULL, err);
	return mg_fail(err, MGREG_INVALID_ARGUMENT, "item %d of collection '%s' is no output", i, key);
}

int
mgreg_collection_node(const mgreg_graph *graph, const char *key, int i, mgreg_node **out, mgreg_error *err)
{
	const mg_item *item;
	mg_output o;
	int rc = get(graph, key, i, &item, err);

	if (rc == 0 && item->kind == MG_ITEM_NODE) {
		*out = item->node;
		return 0;
	}
	if (rc == 0 && (rc = mgreg_collection_output(graph, key, i, &o, err)) == 0)
		*out = o.node;
	return rc;
}

int
mgreg_collection_text(const mgreg_graph *graph, const char *key, int i, const char **out, size_t *len, mgreg_error *err)
{
	const mg_item *item;
	int rc = get(graph, key, i, &item, err);

	if (rc)
		return rc;
	if (item->kind != MG_ITEM_BYTES)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "item %d of collection '%s' is no text", i, key);
	*out = item->bytes.ptr;
	if (len)
		*len = item->bytes.len;
	return 0;
}

int
mgreg_collection_number(const mgreg_graph *graph, const char *key, int i, double *out, mgreg_error *err)
{
	const mg_item *item;
	int rc = get(graph, key, i, &item, err);

	if (rc)
		return rc;
	if (item->kind != MG_ITEM_INT && item->kind != MG_ITEM_FLOAT)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "item %d of collection '%s' is no number", i, key);
	*out = item->kind == MG_ITEM_INT ? (double)item->i : item->f;
	return 0;
}
