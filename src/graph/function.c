/* SPDX-License-Identifier: Apache-2.0 */
/* function.c - the graph's function library, and types of nodes whose definition is only a message. */
#include "base/base.h"
#include "graph/graph_internal.h"

int
mg_graph_add_function(mg_graph *g, const Pb__FunctionDef *def, mgreg_error *err)
{
	const char *name = def->signature ? def->signature->name : NULL;
	const Pb__FunctionDef *known;
	mg_msg *copy;
	int rc;

	if (!name || !name[0])
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "a function of the library has no name");
	known = mg_graph_function(g, name);
	if (known) {
		if (mg_msg_equal(&known->base, &def->base, NULL, NULL))
			return 0;
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "function '%s': the graph has another one of this name", name);
	}
	if (mg_op_find(name))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "function '%s' has the name of an op", name);
	if ((rc = mg_msg_copy(&def->base, &g->arena, &copy, err)) != 0)
		return rc;
	if (!mg_vec_push(&g->functions, (Pb__FunctionDef *)copy) || !mg_map_set(&g->function_map, name, copy))
		return mg_fail_nomem(err, 0);
	return 0;
}

const Pb__FunctionDef *
mg_graph_function(const mg_graph *g, const char *name)
{
	return mg_map_find(&g->function_map, name);
}

int
mg_graph_function_count(const mg_graph *g)
{
	return (int)g->functions.len;
}

const Pb__FunctionDef *
mg_graph_function_at(const mg_graph *g, int i)
{
	assert(i >= 0 && (size_t)i < g->functions.len);
	return g->functions.at[i];
}

const char *
mg_graph_function_gradient(const mg_graph *g, const char *name)
{
	return mg_map_find(&g->gradient_map, name);
}

/* ---- types by an OpDef ---- */

typedef MG_VEC(int) type_vec;

static int
arg_types(const Pb__OpDef__ArgDef *arg, const mg_attrs *attrs, const char *node, type_vec *out, mgreg_error *err)
{
	const Pb__AttrValue__ListValue *list;
	int64_t number = 1;
	int type = (int)arg->type;

	if (arg->type_list_attr && arg->type_list_attr[0]) {
		if (!mg_attr_get_list(attrs, arg->type_list_attr, &list))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "node '%s' has no attribute '%s'", node, arg->type_list_attr);
		for (size_t i = 0; i < list->n_type; i++)
			if (!mg_vec_push(out, (int)list->type[i] + (arg->is_ref ? MG_REF_OFFSET : 0)))
				return mg_fail_nomem(err, 0);
		return 0;
	}
	if (arg->type_attr && arg->type_attr[0] && !mg_attr_get_type(attrs, arg->type_attr, &type))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "node '%s' has no attribute '%s'", node, arg->type_attr);
	if (arg->number_attr && arg->number_attr[0] && !mg_attr_get_int(attrs, arg->number_attr, &number))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "node '%s' has no attribute '%s'", node, arg->number_attr);
	if (number < 0 || number > INT_MAX / 8)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "node '%s': attribute '%s' is out of range", node, arg->number_attr);
	for (int64_t i = 0; i < number; i++)
		if (!mg_vec_push(out, type + (arg->is_ref ? MG_REF_OFFSET : 0)))
			return mg_fail_nomem(err, 0);
	return 0;
}

int
mg_opdef_types(const Pb__OpDef *def, bool outputs, const mg_attrs *attrs, const char *node, mg_arena *arena,
	int **types, int *count, mgreg_error *err)
{
	Pb__OpDef__ArgDef **args = outputs ? def->output_arg : def->input_arg;
	size_t n = outputs ? def->n_output_arg : def->n_input_arg;
	type_vec list = { 0 };
	int *copy;
	int rc = 0;

	for (size_t i = 0; i < n; i++)
		MG_TRY(arg_types(args[i], attrs, node, &list, err));
	copy = mg_arena_zalloc(arena, list.len + 1, sizeof(*copy));
	if (!copy) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	if (list.len)
		memcpy(copy, list.at, list.len * sizeof(*copy));
	*types = copy;
	*count = (int)list.len;
out:
	mg_vec_clear(&list);
	return rc;
}
