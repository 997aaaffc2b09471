/* SPDX-License-Identifier: Apache-2.0 */
/* node_check.c - a node's attributes against its op: defaults, checks, deduction from inputs; types of its ends. */
#include "op/op_internal.h"

static const char *const kind_names[] = {
	[MG_ATTR_INT] = "int", [MG_ATTR_FLOAT] = "float", [MG_ATTR_BOOL] = "bool", [MG_ATTR_STRING] = "string",
	[MG_ATTR_TYPE] = "type", [MG_ATTR_SHAPE] = "shape", [MG_ATTR_TENSOR] = "tensor", [MG_ATTR_FUNC] = "func"
};
_Static_assert(MG_COUNT(kind_names) == MG_ATTR_FUNC + 1, "a name per kind");

const char *
mg_op_attr_kind_name(const mg_op_attr *a, char buf[32])
{
	size_t n = 0;
	const char *name = kind_names[a->kind];

	if (!a->is_list)
		return name;
	memcpy(buf, "list(", 5);
	n = strlen(name);
	memcpy(buf + 5, name, n);
	memcpy(buf + 5 + n, ")", 2);
	return buf;
}

/* ---- defaults ---- */
/* Whether ATTRS lacks attribute A, which has a default. */
static bool
is_missing(const mg_attrs *attrs, const mg_op_attr *a)
{
	const mg_attr_value *v = a->default_value ? mg_attr_find(attrs, a->name) : NULL;

	return a->default_value && (!v || v->value_case == PB__ATTR_VALUE__VALUE__NOT_SET);
}

int
mg_op_fill_defaults(const mg_op_def *op, mg_attrs *attrs, mg_arena *arena, mgreg_error *err)
{
	mg_attr *more;
	int missing = 0;

	for (int i = 0; i < op->attr_count; i++)
		missing += is_missing(attrs, &op->attrs[i]);
	if (missing == 0)
		return 0;
	/* The array may be somebody's of exactly this length: it moves, once for all. */
	if (!(more = mg_arena_alloc(arena, (size_t)(attrs->count + missing) * sizeof(*more))))
		return mg_fail_nomem(err, 0);
	if (attrs->count)
		memcpy(more, attrs->at, (size_t)attrs->count * sizeof(*more));
	attrs->at = more;
	for (int i = 0; i < op->attr_count; i++) {
		const mg_op_attr *a = &op->attrs[i];

		if (!is_missing(attrs, a))
			continue;
		if (mg_attr_find(attrs, a->name)) {
			if (!mg_attr_set(attrs, a->name, a->default_value, arena))
				return mg_fail_nomem(err, 0);
			continue;
		}
		attrs->at[attrs->count].name = a->name;
		attrs->at[attrs->count++].value = (mg_attr_value *)(uintptr_t)a->default_value;
	}
	return 0;
}

static const Pb__AttrValue *
producer_default(const Pb__OpDef *producer, const char *name)
{
	for (size_t i = 0; i < producer->n_attr; i++)
		if (strcmp(producer->attr[i]->name, name) == 0)
			return producer->attr[i]->default_value;
	return NULL;
}

int
mg_op_drop_producer_defaults(const mg_op_def *op, const Pb__OpDef *producer, mg_attrs *attrs, mgreg_error *err)
{
	(void)err;
	for (int i = 0; i < attrs->count; ) {
		const char *name = attrs->at[i].name;
		const Pb__AttrValue *value;

		if (name[0] != '_' && !mg_op_attr_find(op, name)
		    && (value = producer_default(producer, name)) != NULL && mg_attr_equal(value, attrs->at[i].value))
			mg_attr_remove(attrs, name);
		else
			i++;
	}
	return 0;
}

/* ---- checks ---- */
static const Pb__AttrValue__ValueCase cases[] = {
	[MG_ATTR_INT] = PB__ATTR_VALUE__VALUE_I, [MG_ATTR_FLOAT] = PB__ATTR_VALUE__VALUE_F,
	[MG_ATTR_BOOL] = PB__ATTR_VALUE__VALUE_B, [MG_ATTR_STRING] = PB__ATTR_VALUE__VALUE_S,
	[MG_ATTR_TYPE] = PB__ATTR_VALUE__VALUE_TYPE, [MG_ATTR_SHAPE] = PB__ATTR_VALUE__VALUE_SHAPE,
	[MG_ATTR_TENSOR] = PB__ATTR_VALUE__VALUE_TENSOR, [MG_ATTR_FUNC] = PB__ATTR_VALUE__VALUE_FUNC
};

static const char *
case_name(Pb__AttrValue__ValueCase c)
{
	for (size_t i = 0; i < MG_COUNT(cases); i++)
		if (cases[i] == c)
			return kind_names[i];
	return c == PB__ATTR_VALUE__VALUE_LIST ? "list" : c == PB__ATTR_VALUE__VALUE_PLACEHOLDER ? "placeholder" : "nothing";
}

/* Lengths of a list by kind. */
static size_t
list_length(const Pb__AttrValue__ListValue *l, enum mg_attr_kind k)
{
	switch (k) {
	case MG_ATTR_INT: return l->n_i;
	case MG_ATTR_FLOAT: return l->n_f;
	case MG_ATTR_BOOL: return l->n_b;
	case MG_ATTR_STRING: return l->n_s;
	case MG_ATTR_TYPE: return l->n_type;
	case MG_ATTR_SHAPE: return l->n_shape;
	case MG_ATTR_TENSOR: return l->n_tensor;
	case MG_ATTR_FUNC: return l->n_func;
	}
	return 0;
}

static int
check_type(const mg_op_def *op, const mg_op_attr *a, int t, mgreg_error *err)
{
	if (!mg_dtype_is_valid(t))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "attr '%s' of op '%s' has invalid type %d", a->name, op->name, t);
	if (mg_dtype_is_ref(t))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "attr '%s' of op '%s' must not be a reference type (%s)", a->name,
			op->name, mg_dtype_name(t));
	if (a->allowed_types && !(a->allowed_types >> t & 1)) {
		mg_str list = MG_STR_INIT;
		int rc;

		for (int i = 0; i < a->allowed_count; i++)
			mg_str_printf(&list, "%s%s", i ? ", " : "", mg_dtype_op_name(a->allowed_order[i]));
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT,
			"value for attr '%s' of %s is not in the list of allowed values of op '%s': %s", a->name, mg_dtype_op_name(t),
			op->name, list.ptr);
		mg_str_clear(&list);
		return rc;
	}
	return 0;
}

static int
check_string(const mg_op_def *op, const mg_op_attr *a, const ProtobufCBinaryData *s, mgreg_error *err)
{
	mg_str list = MG_STR_INIT;
	mg_slice text = { s->data ? (const char *)s->data : "", s->len };
	int rc;

	if (!a->allowed_strings)
		return 0;
	for (const char *const *p = a->allowed_strings; *p; p++)
		if (mg_slice_eq(text, *p))
			return 0;
	for (const char *const *p = a->allowed_strings; *p; p++)
		mg_str_printf(&list, "%s\"%s\"", p == a->allowed_strings ? "" : ", ", *p);
	rc = mg_fail(err, MGREG_INVALID_ARGUMENT,
		"value for attr '%s' of \"%.*s\" is not in the list of allowed values of op '%s': %s", a->name,
		(int)MG_MIN(text.len, 64u), text.ptr, op->name, list.ptr);
	mg_str_clear(&list);
	return rc;
}

static int
check_list(const mg_op_def *op, const mg_op_attr *a, const Pb__AttrValue__ListValue *l, mgreg_error *err)
{
	size_t n = list_length(l, a->kind), i;
	int rc;

	for (i = 0; i <= MG_ATTR_FUNC; i++)
		if (i != (size_t)a->kind && list_length(l, (enum mg_attr_kind)i) > 0)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "attr '%s' of op '%s' has a list of %s, expected list(%s)", a->name,
				op->name, kind_names[i], kind_names[a->kind]);
	if (a->has_minimum && (int64_t)n < a->minimum)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "length for attr '%s' of %zu must be at least minimum %lld of op '%s'",
			a->name, n, (long long)a->minimum, op->name);
	for (i = 0; a->kind == MG_ATTR_TYPE && i < n; i++)
		if ((rc = check_type(op, a, (int)l->type[i], err)) != 0)
			return rc;
	for (i = 0; a->kind == MG_ATTR_STRING && i < n; i++)
		if ((rc = check_string(op, a, &l->s[i], err)) != 0)
			return rc;
	return 0;
}

/* Known dimensions whose product no number holds: nobody can mean that. */
static int
check_size(const mg_op_def *op, const mg_op_attr *a, const Pb__TensorShapeProto *shape, mgreg_error *err)
{
	int64_t count = 1;

	for (size_t i = 0; shape && i < shape->n_dim; i++)
		if (shape->dim[i]->size < 0)
			return 0;
		else if (__builtin_mul_overflow(count, shape->dim[i]->size, &count))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "attr '%s' of op '%s' is a shape with more than 2^63-1 elements", a->name, op->name);
	return 0;
}

static int
check_value(const mg_op_def *op, const mg_op_attr *a, const mg_attr_value *v, mgreg_error *err)
{
	static const Pb__AttrValue__ListValue empty = PB__ATTR_VALUE__LIST_VALUE__INIT;
	char buf[32];

	if (a->is_list && v->value_case == PB__ATTR_VALUE__VALUE__NOT_SET)      /* an empty list of old writers */
		return check_list(op, a, &empty, err);
	if (v->value_case != (a->is_list ? PB__ATTR_VALUE__VALUE_LIST : cases[a->kind]))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "attr '%s' of op '%s' has a value of kind %s, expected %s", a->name,
			op->name, case_name(v->value_case), mg_op_attr_kind_name(a, buf));
	if (a->is_list)
		return check_list(op, a, v->list ? v->list : &empty, err);
	if (a->kind == MG_ATTR_TYPE)
		return check_type(op, a, (int)v->type, err);
	if (a->kind == MG_ATTR_STRING)
		return check_string(op, a, &v->s, err);
	if (a->kind == MG_ATTR_SHAPE)
		return check_size(op, a, v->shape, err);
	if (a->kind == MG_ATTR_TENSOR)
		return check_size(op, a, v->tensor ? v->tensor->tensor_shape : NULL, err);
	if (a->kind == MG_ATTR_INT && a->has_minimum && v->i < a->minimum)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "value for attr '%s' of %lld must be at least minimum %lld of op '%s'",
			a->name, (long long)v->i, (long long)a->minimum, op->name);
	return 0;
}

int
mg_op_check_attrs(const mg_op_def *op, const mg_attrs *attrs, mgreg_error *err)
{
	int rc, i;

	for (i = 0; i < attrs->count; i++) {
		const mg_op_attr *a;

		if (attrs->at[i].name[0] == '_')
			continue;
		a = mg_op_attr_find(op, attrs->at[i].name);
		if (!a && mg_op_is_later_attr(op, attrs->at[i].name))
			continue;
		if (!a)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "attr '%s' is not one of op '%s'; the graph may come from a newer producer",
				attrs->at[i].name, op->name);
		if ((rc = check_value(op, a, attrs->at[i].value, err)) != 0)
			return rc;
	}
	for (i = 0; i < op->attr_count; i++)
		if (!mg_attr_find(attrs, op->attrs[i].name))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "node is missing attr '%s' of op '%s'", op->attrs[i].name, op->name);
	return 0;
}

/* ---- types of the ends ---- */
typedef struct span {           /* the tensors of one argument */
	int        count;
	int        type;        /* of all, or MGREG_INVALID: from list */
	const Pb__AttrValue__ListValue *list;
} span;

static int
span_of(const mg_op_def *op, const mg_op_arg *arg, const mg_attrs *attrs, span *out, mgreg_error *err)
{
	int64_t n = 1;
	int t = arg->type;

	*out = (span){ 0 };
	if (arg->number_attr) {
		if (!mg_attr_get_int(attrs, arg->number_attr, &n))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "attr '%s' of op '%s' is missing", arg->number_attr, op->name);
		if (n < 0 || n > INT32_MAX / 2)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "attr '%s' of op '%s' is %lld", arg->number_attr, op->name, (long long)n);
	}
	if (arg->type_list_attr) {
		if (!mg_attr_get_list(attrs, arg->type_list_attr, &out->list))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "attr '%s' of op '%s' is missing", arg->type_list_attr, op->name);
		out->count = (int)out->list->n_type;
		return 0;
	}
	if (arg->type_attr && !mg_attr_get_type(attrs, arg->type_attr, &t))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "attr '%s' of op '%s' is missing", arg->type_attr, op->name);
	out->count = (int)n;
	out->type = t;
	return 0;
}

static int
types_of(const mg_op_def *op, const mg_op_arg *args, int arg_count, const mg_attrs *attrs, mg_arena *arena, int **types,
	int *count, mgreg_error *err)
{
	int64_t total = 0;
	int *list = NULL, n = 0, rc;
	span s;

	for (int i = 0; i < arg_count; i++) {
		if ((rc = span_of(op, &args[i], attrs, &s, err)) != 0)
			return rc;
		total += s.count;
	}
	if (total > INT32_MAX / 8)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "op '%s' with %lld inputs or outputs", op->name, (long long)total);
	if (total > 0 && (list = mg_arena_zalloc(arena, (size_t)total, sizeof(*list))) == NULL)
		return mg_fail_nomem(err, (size_t)total * sizeof(*list));
	for (int i = 0; i < arg_count; i++) {
		if ((rc = span_of(op, &args[i], attrs, &s, err)) != 0)
			return rc;
		for (int k = 0; k < s.count; k++)
			list[n++] = (s.list ? (int)s.list->type[k] : s.type) + (args[i].is_ref ? MG_REF_OFFSET : 0);
	}
	*types = list;
	*count = n;
	return 0;
}

int
mg_op_input_types(const mg_op_def *op, const mg_attrs *attrs, mg_arena *arena, int **types, int *count, mgreg_error *err)
{
	return types_of(op, op->inputs, op->input_count, attrs, arena, types, count, err);
}

int
mg_op_output_types(const mg_op_def *op, const mg_attrs *attrs, mg_arena *arena, int **types, int *count, mgreg_error *err)
{
	return types_of(op, op->outputs, op->output_count, attrs, arena, types, count, err);
}

int
mg_op_output_range(const mg_op_def *op, const mg_attrs *attrs, const char *arg, int *first, int *count, mgreg_error *err)
{
	int at = 0, rc;
	span s;

	for (int i = 0; i < op->output_count; i++) {
		if ((rc = span_of(op, &op->outputs[i], attrs, &s, err)) != 0)
			return rc;
		if (strcmp(op->outputs[i].name, arg) == 0) {
			*first = at;
			*count = s.count;
			return 0;
		}
		at += s.count;
	}
	return mg_fail(err, MGREG_NOT_FOUND, "op '%s' has no output '%s'", op->name, arg);
}

/* ---- deduction ---- */
/* Sets attribute NAME to VALUE, or checks that it has that value already. */
static int
agree(const mg_op_def *op, const mg_op_arg *arg, mg_attrs *attrs, const char *name, mg_attr_value *value, mg_arena *arena,
	mgreg_error *err)
{
	const mg_attr_value *have = mg_attr_find(attrs, name);

	if (!value)
		return mg_fail_nomem(err, 0);
	if (!have || have->value_case == PB__ATTR_VALUE__VALUE__NOT_SET)
		return mg_attr_set(attrs, name, value, arena) ? 0 : mg_fail_nomem(err, 0);
	if (have->value_case == value->value_case) {
		switch (value->value_case) {
		case PB__ATTR_VALUE__VALUE_TYPE:
			if (have->type == value->type)
				return 0;
			return mg_fail(err, MGREG_INVALID_ARGUMENT,
				"input '%s' of op '%s' has type %s that does not match type %s of attr '%s'", arg->name, op->name,
				mg_dtype_name((int)value->type), mg_dtype_name((int)have->type), name);
		case PB__ATTR_VALUE__VALUE_I:
			if (have->i == value->i)
				return 0;
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "input '%s' of op '%s' has %lld tensors, attr '%s' says %lld", arg->name,
				op->name, (long long)value->i, name, (long long)have->i);
		default:
			if (mg_attr_equal(have, value))
				return 0;
			break;
		}
	}
	return mg_fail(err, MGREG_INVALID_ARGUMENT, "inputs '%s' of op '%s' do not match attr '%s'", arg->name, op->name, name);
}

/* All tensors of one argument must have one type. */
static int
one_type(const mg_op_def *op, const mg_op_arg *arg, const int *types, int n, mgreg_error *err)
{
	for (int i = 1; i < n; i++)
		if (mg_dtype_base(types[i]) != mg_dtype_base(types[0]))
			return mg_fail(err, MGREG_INVALID_ARGUMENT,
				"tensors in list passed to '%s' of op '%s' have types %s and %s that do not all match", arg->name, op->name,
				mg_dtype_name(mg_dtype_base(types[0])), mg_dtype_name(mg_dtype_base(types[i])));
	return 0;
}

static int
infer_arg(const mg_op_def *op, const mg_op_arg *arg, const int *types, int n, mg_attrs *attrs, mg_arena *arena, mgreg_error *err)
{
	int rc, *base;

	for (int i = 0; arg->is_ref && i < n; i++)
		if (!mg_dtype_is_ref(types[i]))
			return mg_fail(err, MGREG_INVALID_ARGUMENT,
				"input '%s' of op '%s' requires a reference (l-value), got %s", arg->name, op->name, mg_dtype_name(types[i]));
	if (arg->type_list_attr) {
		base = mg_arena_zalloc(arena, (size_t)n + 1, sizeof(*base));
		if (!base)
			return mg_fail_nomem(err, 0);
		for (int i = 0; i < n; i++)
			base[i] = (int)mg_dtype_base(types[i]);
		return agree(op, arg, attrs, arg->type_list_attr, mg_attr_types(arena, base, n), arena, err);
	}
	if ((rc = one_type(op, arg, types, n, err)) != 0)
		return rc;
	if (arg->number_attr
	    && (rc = agree(op, arg, attrs, arg->number_attr, mg_attr_int(arena, n), arena, err)) != 0)
		return rc;
	if (n == 0)             /* no tensor tells the type: the attribute must be given, or has a default */
		return 0;
	if (arg->type_attr)
		return agree(op, arg, attrs, arg->type_attr, mg_attr_type(arena, (int)mg_dtype_base(types[0])), arena, err);
	if (mg_dtype_base(types[0]) != arg->type)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "input '%s' of op '%s' has type %s that does not match expected type of %s",
			arg->name, op->name, mg_dtype_name(mg_dtype_base(types[0])), mg_dtype_name((int)arg->type));
	return 0;
}

int
mg_op_infer_attrs(const mg_op_def *op, const int *arg_counts, const int *types, mg_attrs *attrs, mg_arena *arena, mgreg_error *err)
{
	int at = 0, rc;

	for (int i = 0; i < op->input_count; i++) {
		const mg_op_arg *arg = &op->inputs[i];
		int n = arg_counts ? arg_counts[i] : 1;

		if (!arg->number_attr && !arg->type_list_attr && n != 1)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "input '%s' of op '%s' is one tensor, got %d", arg->name, op->name, n);
		if ((rc = infer_arg(op, arg, types + at, n, attrs, arena, err)) != 0)
			return rc;
		at += n;
	}
	return 0;
}
