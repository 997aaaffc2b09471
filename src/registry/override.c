/* SPDX-License-Identifier: Apache-2.0 */
/*
 * override.c - `--set NAME=VALUE`: which tensors NAME means, and what they are fed.
 *
 * (1) a placeholder of that name, or the tensor that an item of collection `hparams` names as its value; else (2) the scalar
 * constants whose last path component is NAME and which feed an Apply op of the train op.  Several constants of one name
 * are all meant if they have the same value; otherwise the name is ambiguous.
 */
#include "base/base.h"
#include "base/num.h"
#include "registry/training.h"

static bool
is_placeholder(const mg_node *n)
{
	return mg_starts_with(n->op_name, "Placeholder");
}

static const char *
last_component(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash ? slash + 1 : name;
}

typedef MG_VEC(mg_output) outputs;

/* Scalar constants that are inputs of Apply ops below TRAIN_OP, each once. */
static int
apply_constants(mg_graph *g, mg_node *train_op, outputs *out, mgreg_error *err)
{
	mg_set needed = { 0 };
	int rc = 0;

	if (!train_op)
		return 0;
	MG_TRY(mg_graph_reach_back(g, &train_op, 1, &needed, err));
	for (int i = 0; i < mg_graph_node_count(g); i++) {
		const mg_node *n = mg_graph_node(g, i);

		if (!mg_set_has(&needed, (size_t)i) || !strstr(n->op_name, "Apply"))
			continue;
		for (int k = 0; k < n->input_count; k++) {
			mg_output o = n->inputs[k];
			bool known = strcmp(o.node->op_name, "Const") != 0 || mg_output_shape(o)->rank != 0;

			for (size_t j = 0; j < out->len && !known; j++)
				known = out->at[j].node == o.node;
			if (!known && !mg_vec_push(out, o)) {
				rc = mg_fail_nomem(err, 0);
				goto out;
			}
		}
	}
out:
	mg_set_clear(&needed);
	return rc;
}

/* The tensor that collection `hparams` names as the value of NAME: an item "NAME=tensor:0" or a node of that name in it. */
static mg_output
hparam_tensor(mg_live *live, const char *name)
{
	mg_graph *g = live->graph;
	mg_output o = MG_NO_OUTPUT;
	json_t *doc = NULL;
	const json_t *value;

	for (int i = 0; i < mg_collection_count(g, "hparams"); i++) {
		const mg_item *item = mg_collection_item(g, "hparams", i);

		if (item->kind == MG_ITEM_TENSOR && strcmp(last_component(item->tensor.node->name), name) == 0)
			return item->tensor;
		if (item->kind == MG_ITEM_NODE && item->node->output_count && strcmp(last_component(item->node->name), name) == 0)
			return MG_OUTPUT(item->node, 0);
	}
	if (mg_metagraph_hparams(live->metagraph, &doc, NULL) == 0 && (value = json_object_get(doc, name)) && json_is_string(value)
	    && strchr(json_string_value(value), ':'))
		if (mg_graph_output(g, json_string_value(value), &o, NULL) != 0)
			o = MG_NO_OUTPUT;
	json_decref(doc);
	return o;
}

static int
not_found(const mg_live *live, const outputs *constants, const char *name, mgreg_error *err)
{
	mg_fail(err, MGREG_NOT_FOUND, "nothing in the graph is called '%s': no placeholder, no constant of the train op", name);
	for (size_t i = 0; i < constants->len; i++)
		mg_error_candidate(err, "%s", constants->at[i].node->name);
	for (int i = 0; i < mg_graph_node_count(live->graph); i++)
		if (is_placeholder(mg_graph_node(live->graph, i)))
			mg_error_candidate(err, "%s", mg_graph_node(live->graph, i)->name);
	return MGREG_NOT_FOUND;
}

static int
ambiguous(const outputs *found, const char *name, mgreg_error *err)
{
	mg_fail_because(err, MGREG_INVALID_ARGUMENT, MGREG_REASON_AMBIGUOUS, "'%s' means several constants of different values", name);
	for (size_t i = 0; i < found->len; i++)
		mg_error_candidate(err, "%s", found->at[i].node->name);
	return MGREG_INVALID_ARGUMENT;
}

static bool
same_value(mg_output a, mg_output b)
{
	mg_tensor x = { 0 }, y = { 0 };
	bool same = mg_graph_constant(a, &x) && mg_graph_constant(b, &y) && mg_tensor_equal(&x, &y);

	mg_tensor_clear(&x);
	mg_tensor_clear(&y);
	return same;
}

static int
find_targets(mg_live *live, const outputs *constants, const char *name, outputs *found, mgreg_error *err)
{
	mg_node *n = mg_graph_find(live->graph, name);
	mg_output o = n && is_placeholder(n) ? MG_OUTPUT(n, 0) : hparam_tensor(live, name);

	if (o.node)
		return mg_vec_push(found, o) ? 0 : mg_fail_nomem(err, 0);
	for (size_t i = 0; i < constants->len; i++)
		if (strcmp(constants->at[i].node->name, name) == 0)     /* the whole name is never ambiguous */
			return mg_vec_push(found, constants->at[i]) ? 0 : mg_fail_nomem(err, 0);
	for (size_t i = 0; i < constants->len; i++)
		if (strcmp(last_component(constants->at[i].node->name), name) == 0 && !mg_vec_push(found, constants->at[i]))
			return mg_fail_nomem(err, 0);
	if (found->len == 0)
		return not_found(live, constants, name, err);
	for (size_t i = 1; i < found->len; i++)
		if (!same_value(found->at[0], found->at[i]))
			return ambiguous(found, name, err);
	return 0;
}

/* TEXT as a tensor of O's type. */
static int
parse_value(mg_output o, const char *name, mg_slice text, mg_tensor *out, mgreg_error *err)
{
	int rc;

	if (mg_output_type(o) == MGREG_STRING && (text.len == 0 || text.ptr[0] != '"'))
		rc = mg_tensor_init_string(out, text.ptr, text.len, err);
	else
		rc = mg_tensor_parse_json(out, text.ptr, text.len, mg_output_type(o), err);
	return mg_wrap(err, rc, "--set %s", name);
}

static int
override_one(mg_overrides *all, mg_override *o, mg_live *live, const outputs *constants, const char *pair, mgreg_error *err)
{
	const char *eq = strchr(pair, '=');
	outputs found = { 0 };
	int rc = 0;

	if (!eq || eq == pair)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "--set '%s' is not NAME=VALUE", pair);
	o->name = mg_arena_strndup(&all->arena, pair, (size_t)(eq - pair));
	o->text.ptr = mg_arena_strdup(&all->arena, eq + 1);
	if (!o->name || !o->text.ptr)
		return mg_fail_nomem(err, 0);
	o->text.len = strlen(o->text.ptr);
	MG_TRY(find_targets(live, constants, o->name, &found, err));
	o->to = mg_arena_memdup(&all->arena, found.at, found.len * sizeof *found.at);
	o->values = mg_arena_zalloc(&all->arena, found.len, sizeof *o->values);
	if (!o->to || !o->values) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	for (size_t i = 0; i < found.len; i++) {
		MG_TRY(parse_value(found.at[i], o->name, o->text, &o->values[i], err));
		o->count++;
	}
out:
	mg_vec_clear(&found);
	return rc;
}

int
mg_overrides_find(mg_overrides *o, mg_live *live, mg_node *train_op, const char *const *pairs, int count, mgreg_error *err)
{
	outputs constants = { 0 };
	int rc = 0;

	*o = (mg_overrides){ 0 };
	if (count == 0)
		return 0;
	if (!(o->at = mg_arena_zalloc(&o->arena, (size_t)count, sizeof *o->at)))
		return mg_fail_nomem(err, 0);
	MG_TRY(apply_constants(live->graph, train_op, &constants, err));
	for (int i = 0; i < count; i++) {
		o->count++;
		MG_TRY(override_one(o, &o->at[i], live, &constants, pairs[i], err));
	}
out:
	mg_vec_clear(&constants);
	return rc;
}

void
mg_overrides_clear(mg_overrides *o)
{
	for (int i = 0; i < o->count; i++)
		for (int k = 0; k < o->at[i].count; k++)
			mg_tensor_clear(&o->at[i].values[k]);
	mg_arena_clear(&o->arena);
	*o = (mg_overrides){ 0 };
}

int
mg_overrides_to_json(const mg_overrides *o, json_t *object, mgreg_error *err)
{
	for (int i = 0; i < o->count; i++) {
		const mg_override *v = &o->at[i];
		json_t *value = NULL;

		if (mg_json_parse(v->text.ptr, v->text.len, &value, NULL) != 0)
			value = json_stringn(v->text.ptr, v->text.len);
		if (!value || json_object_set_new(object, v->name, value) != 0)
			return mg_fail_nomem(err, 0);
	}
	return 0;
}
