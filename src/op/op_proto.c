/* SPDX-License-Identifier: Apache-2.0 */
/* op_proto.c - mg_op_def -> OpDef without documentation, as a stripped op list holds it. */
#include "op/op_internal.h"

static char *
text(const char *s)
{
	return (char *)(uintptr_t)s;            /* definitions live for ever; messages point at them */
}

static Pb__OpDef__ArgDef *
arg_proto(const mg_op_arg *a, mg_arena *arena)
{
	Pb__OpDef__ArgDef *p = mg_arena_alloc(arena, sizeof(*p));

	if (!p)
		return NULL;
	pb__op_def__arg_def__init(p);
	p->name = text(a->name);
	p->type = (Pb__DataType)a->type;
	if (a->type_attr)
		p->type_attr = text(a->type_attr);
	if (a->number_attr)
		p->number_attr = text(a->number_attr);
	if (a->type_list_attr)
		p->type_list_attr = text(a->type_list_attr);
	p->is_ref = a->is_ref;
	return p;
}

static bool
args_proto(const mg_op_arg *args, int n, Pb__OpDef__ArgDef ***out, size_t *n_out, mg_arena *arena)
{
	if (n == 0)
		return true;
	*out = mg_arena_zalloc(arena, (size_t)n, sizeof(**out));
	if (!*out)
		return false;
	for (int i = 0; i < n; i++)
		if (((*out)[i] = arg_proto(&args[i], arena)) == NULL)
			return false;
	*n_out = (size_t)n;
	return true;
}

static mg_attr_value *
allowed_proto(const mg_op_attr *a, mg_arena *arena)
{
	int n = 0;

	if (a->allowed_count)
		return mg_attr_types(arena, a->allowed_order, a->allowed_count);
	while (a->allowed_strings[n])
		n++;
	return mg_attr_strings(arena, a->allowed_strings, n);
}

static Pb__OpDef__AttrDef *
attr_proto(const mg_op_attr *a, mg_arena *arena)
{
	Pb__OpDef__AttrDef *p = mg_arena_alloc(arena, sizeof(*p));
	char buf[32];

	if (!p)
		return NULL;
	pb__op_def__attr_def__init(p);
	p->name = text(a->name);
	p->type = mg_arena_strdup(arena, mg_op_attr_kind_name(a, buf));
	if (!p->type)
		return NULL;
	p->default_value = (mg_attr_value *)(uintptr_t)a->default_value;
	p->has_minimum = a->has_minimum;
	p->minimum = a->minimum;
	if ((a->allowed_count || a->allowed_strings) && (p->allowed_values = allowed_proto(a, arena)) == NULL)
		return NULL;
	return p;
}

static bool
attrs_proto(const mg_op_def *op, Pb__OpDef *p, mg_arena *arena)
{
	if (op->attr_count == 0)
		return true;
	p->attr = mg_arena_zalloc(arena, (size_t)op->attr_count, sizeof(*p->attr));
	if (!p->attr)
		return false;
	for (int i = 0; i < op->attr_count; i++)
		if ((p->attr[i] = attr_proto(&op->attrs[i], arena)) == NULL)
			return false;
	p->n_attr = (size_t)op->attr_count;
	return true;
}

static bool
deprecation_proto(const mg_op_def *op, Pb__OpDef *p, mg_arena *arena)
{
	if (!op->deprecated_at)
		return true;
	p->deprecation = mg_arena_alloc(arena, sizeof(*p->deprecation));
	if (!p->deprecation)
		return false;
	pb__op_deprecation__init(p->deprecation);
	p->deprecation->version = op->deprecated_at;
	if (op->deprecation)
		p->deprecation->explanation = text(op->deprecation);
	return true;
}

int
mg_op_to_proto(const mg_op_def *op, mg_arena *arena, Pb__OpDef **out, mgreg_error *err)
{
	Pb__OpDef *p = mg_arena_alloc(arena, sizeof(*p));

	if (!p)
		return mg_fail_nomem(err, sizeof(*p));
	pb__op_def__init(p);
	p->name = text(op->name);
	p->is_stateful = (op->flags & MG_OP_STATEFUL) != 0;
	p->is_commutative = (op->flags & MG_OP_COMMUTATIVE) != 0;
	p->is_aggregate = (op->flags & MG_OP_AGGREGATE) != 0;
	p->allows_uninitialized_input = (op->flags & MG_OP_ALLOWS_UNINITIALIZED) != 0;
	if (!args_proto(op->inputs, op->input_count, &p->input_arg, &p->n_input_arg, arena)
	    || !args_proto(op->outputs, op->output_count, &p->output_arg, &p->n_output_arg, arena)
	    || !attrs_proto(op, p, arena) || !deprecation_proto(op, p, arena))
		return mg_fail_nomem(err, 0);
	*out = p;
	return 0;
}
