/* SPDX-License-Identifier: Apache-2.0 */
/* custom.c - ops that a program registers: OpDef as text -> mg_op_def, kept for ever beside the table of TensorFlow's. */
#include "op/op_internal.h"
#include "base/thread.h"

#define MAX_CUSTOM 1000

static mg_custom *ops[MAX_CUSTOM];
static _Atomic int op_count;            /* entries below it are complete and never change */
static mg_mutex lock = MG_MUTEX_INIT;

const mg_custom *
mg_custom_find(const char *name)
{
	int n = atomic_load_explicit(&op_count, memory_order_acquire);

	for (int i = 0; i < n; i++)
		if (strcmp(ops[i]->def.name, name) == 0)
			return ops[i];
	return NULL;
}

const mg_custom *
mg_custom_at(int i)
{
	return i < atomic_load_explicit(&op_count, memory_order_acquire) ? ops[i] : NULL;
}

static bool
is_identifier(const char *s, bool capital)
{
	if (!s || !((*s >= 'A' && *s <= 'Z') || (!capital && *s >= 'a' && *s <= 'z') || (*s == '_' && !capital)))
		return false;
	for (; *s; s++)
		if (!((*s >= 'A' && *s <= 'Z') || (*s >= 'a' && *s <= 'z') || (*s >= '0' && *s <= '9') || *s == '_'))
			return false;
	return true;
}

static int
bad(const Pb__OpDef *p, const char *what, const char *name, mgreg_error *err)
{
	return mg_fail(err, MGREG_INVALID_ARGUMENT, "definition of op '%s': %s%s%s", p->name ? p->name : "", what, name ? " " : "", name ? name : "");
}

/* ---- attributes ---- */

static int
attr_kind(const Pb__OpDef *p, const char *text, mg_op_attr *a, mgreg_error *err)
{
	mg_slice t = text ? MG_SLICE(text) : (mg_slice){ "", 0 };

	if (mg_starts_with(t.ptr, "list(") && t.len > 6 && t.ptr[t.len - 1] == ')') {
		a->is_list = true;
		t.ptr += 5;
		t.len -= 6;
	}
	if (!mg_op_attr_kind_find(t, &a->kind))
		return bad(p, "unknown attr type", text ? text : "''", err);
	return 0;
}

static int
allowed(const Pb__OpDef *p, const Pb__OpDef__AttrDef *from, mg_op_attr *a, mg_arena *arena, mgreg_error *err)
{
	const Pb__AttrValue__ListValue *list;

	if (!from->allowed_values)
		return 0;
	if (from->allowed_values->value_case != PB__ATTR_VALUE__VALUE_LIST)
		return bad(p, "allowed values are no list in attr", from->name, err);
	list = from->allowed_values->list;
	if (a->kind == MG_ATTR_TYPE) {
		int *order = mg_arena_zalloc(arena, list->n_type + 1, sizeof *order);
		if (!order)
			return mg_fail_nomem(err, list->n_type);
		for (size_t i = 0; i < list->n_type; i++) {
			if (!mg_dtype_is_valid((int)list->type[i]) || mg_dtype_is_ref((int)list->type[i]))
				return bad(p, "unknown type among those allowed for attr", from->name, err);
			order[i] = (int)list->type[i];
			a->allowed_types |= UINT64_C(1) << order[i];
		}
		a->allowed_order = order;
		a->allowed_count = (int)list->n_type;
	} else if (a->kind == MG_ATTR_STRING) {
		const char **texts = mg_arena_zalloc(arena, list->n_s + 1, sizeof *texts);
		if (!texts)
			return mg_fail_nomem(err, list->n_s);
		for (size_t i = 0; i < list->n_s; i++)
			if (!(texts[i] = mg_arena_strndup(arena, (const char *)list->s[i].data, list->s[i].len)))
				return mg_fail_nomem(err, list->s[i].len);
		a->allowed_strings = texts;
	} else {
		return bad(p, "only types and strings have allowed values, not attr", from->name, err);
	}
	return 0;
}

static int
attributes(const Pb__OpDef *p, mg_op_def *def, mg_arena *arena, mgreg_error *err)
{
	mg_op_attr *attrs = mg_arena_zalloc(arena, p->n_attr + 1, sizeof *attrs);
	int rc;

	if (!attrs)
		return mg_fail_nomem(err, p->n_attr);
	def->attrs = attrs;
	for (size_t i = 0; i < p->n_attr; i++) {
		const Pb__OpDef__AttrDef *from = p->attr[i];
		mg_op_attr *a = &attrs[i];
		if (!is_identifier(from->name, false))
			return bad(p, "an attr has no proper name:", from->name ? from->name : "''", err);
		if (mg_op_attr_find(def, from->name))
			return bad(p, "two attrs have the name", from->name, err);
		a->name = from->name;
		a->has_minimum = from->has_minimum;
		a->minimum = from->minimum;
		a->default_value = from->default_value;
		if ((rc = attr_kind(p, from->type, a, err)) != 0 || (rc = allowed(p, from, a, arena, err)) != 0)
			return rc;
		def->attr_count++;
	}
	/* the defaults are what the attributes allow */
	for (int i = 0; i < def->attr_count; i++) {
		mg_op_def one = { .name = def->name, .attrs = &def->attrs[i], .attr_count = 1 };
		mg_attr value = { def->attrs[i].name, (mg_attr_value *)(uintptr_t)def->attrs[i].default_value };
		mg_attrs list = { &value, 1 };
		if (value.value && (rc = mg_op_check_attrs(&one, &list, err)) != 0)
			return rc;
	}
	return 0;
}

/* ---- inputs and outputs ---- */

static int
reference(const Pb__OpDef *p, const mg_op_def *def, const char *attr, enum mg_attr_kind kind, bool is_list, const char **out, mgreg_error *err)
{
	const mg_op_attr *a;

	if (!attr || !*attr)
		return 0;
	if (!(a = mg_op_attr_find(def, attr)) || a->kind != kind || a->is_list != is_list)
		return bad(p, "an argument needs an attr of another kind:", attr, err);
	*out = a->name;
	return 0;
}

static int
arguments(const Pb__OpDef *p, Pb__OpDef__ArgDef **from, size_t n, const mg_op_def *def, const mg_op_arg **out, int *count, mg_arena *arena,
	mgreg_error *err)
{
	mg_op_arg *args = mg_arena_zalloc(arena, n + 1, sizeof *args);
	int rc;

	if (!args)
		return mg_fail_nomem(err, n);
	for (size_t i = 0; i < n; i++) {
		mg_op_arg *a = &args[i];
		if (!is_identifier(from[i]->name, false))
			return bad(p, "an argument has no proper name:", from[i]->name ? from[i]->name : "''", err);
		a->name = from[i]->name;
		a->is_ref = from[i]->is_ref;
		if ((rc = reference(p, def, from[i]->type_attr, MG_ATTR_TYPE, false, &a->type_attr, err)) != 0
				|| (rc = reference(p, def, from[i]->number_attr, MG_ATTR_INT, false, &a->number_attr, err)) != 0
				|| (rc = reference(p, def, from[i]->type_list_attr, MG_ATTR_TYPE, true, &a->type_list_attr, err)) != 0)
			return rc;
		a->type = (mg_dtype)from[i]->type;
		if ((a->type != MGREG_INVALID) + (a->type_attr != NULL) + (a->type_list_attr != NULL) != 1 || (a->number_attr && a->type_list_attr)
				|| (a->type != MGREG_INVALID && (!mg_dtype_is_valid((int)a->type) || mg_dtype_is_ref((int)a->type))))
			return bad(p, "one of type, type_attr and type_list_attr must say the type of argument", a->name, err);
	}
	*out = args;
	*count = (int)n;
	return 0;
}

static int
convert(const Pb__OpDef *p, mg_op_def *def, mg_arena *arena, mgreg_error *err)
{
	int rc;

	if (!is_identifier(p->name, true))
		return bad(p, "the name must begin with a capital letter and hold letters, digits and _", NULL, err);
	if (p->n_attr > INT16_MAX || p->n_input_arg > INT16_MAX || p->n_output_arg > INT16_MAX)
		return bad(p, "too many arguments", NULL, err);
	def->name = p->name;
	def->flags = (p->is_stateful ? MG_OP_STATEFUL : 0) | (p->is_commutative ? MG_OP_COMMUTATIVE : 0) | (p->is_aggregate ? MG_OP_AGGREGATE : 0)
		| (p->allows_uninitialized_input ? MG_OP_ALLOWS_UNINITIALIZED : 0);
	if ((rc = attributes(p, def, arena, err)) != 0
			|| (rc = arguments(p, p->input_arg, p->n_input_arg, def, &def->inputs, &def->input_count, arena, err)) != 0)
		return rc;
	return arguments(p, p->output_arg, p->n_output_arg, def, &def->outputs, &def->output_count, arena, err);
}

/* ---- shapes ---- */

static int
custom_shape(mg_shape_ctx *c, mgreg_error *err)
{
	const mg_custom *custom = (const mg_custom *)(const void *)c->op;       /* its definition is its first member */
	mgreg_shape_call call = { NULL, c->input_count, c->output_count, c };

	return custom->op.shape(custom->op.ctx, &call, err);
}

int
mgreg_shape_call_rank(const mgreg_shape_call *call, int input)
{
	const mg_shape_ctx *c = call->inside;

	return input < 0 || input >= c->input_count ? MG_RANK_UNKNOWN : c->inputs[input]->rank;
}

int64_t
mgreg_shape_call_dim(const mgreg_shape_call *call, int input, int dim)
{
	const mg_shape_ctx *c = call->inside;

	return dim < 0 || dim >= mgreg_shape_call_rank(call, input) ? MG_DIM_UNKNOWN : mg_shape_dim(c->inputs[input], dim);
}

int
mgreg_shape_call_set(mgreg_shape_call *call, int output, const int64_t *dims, int rank, mgreg_error *err)
{
	mg_shape_ctx *c = call->inside;

	if (output < 0 || output >= c->output_count)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "op '%s' has no output %d", c->op->name, output);
	mg_shape_clear(&c->outputs[output]);
	if (rank < 0) {
		c->outputs[output] = MG_SHAPE_UNKNOWN;
		return 0;
	}
	return mg_shape_set(&c->outputs[output], dims, rank, err);
}

/* ---- registering ---- */

int
mgreg_op_register(const mgreg_custom_op *op, mgreg_error *err)
{
	mg_custom *custom = mg_calloc(1, sizeof *custom);
	mg_msg *p = NULL;
	int rc;

	if (!custom)
		return mg_fail_nomem(err, sizeof *custom);
	memcpy(&custom->op, op, MG_MIN(op->size, sizeof custom->op));
	if (!op->definition) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "an op needs a definition");
		goto out;
	}
	MG_TRY(mg_msg_parse(&pb__op_def__descriptor, op->definition, strlen(op->definition), &custom->arena, &p, err));
	MG_TRY(convert((const Pb__OpDef *)p, &custom->def, &custom->arena, err));
	custom->def.shape = op->shape ? custom_shape : NULL;
	mg_lock(&lock);
	if (mg_op_find(custom->def.name)) {
		rc = mg_fail(err, MGREG_ALREADY_EXISTS, "there is an op '%s' already", custom->def.name);
	} else if (op_count == MAX_CUSTOM) {
		rc = mg_fail(err, MGREG_RESOURCE_EXHAUSTED, "%d ops are registered already", MAX_CUSTOM);
	} else {
		ops[op_count] = custom;
		atomic_fetch_add_explicit(&op_count, 1, memory_order_release);
		custom = NULL;
	}
	mg_unlock(&lock);
out:
	if (custom)
		mg_arena_clear(&custom->arena);
	mg_free(custom);
	return rc;
}
