/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attr.c - attribute values: making, reading, comparing, keeping in a node's list.
 *
 * A value is never changed once it is in a list: nodes, definitions and messages share values freely.
 */
#include "op/op_internal.h"

/* ---- the list ---- */
static int
position(const mg_attrs *attrs, const char *name)
{
	for (int i = 0; i < attrs->count; i++)
		if (attrs->at[i].name == name || (attrs->at[i].name[0] == name[0] && strcmp(attrs->at[i].name, name) == 0))
			return i;
	return -1;
}

const mg_attr_value *
mg_attr_find(const mg_attrs *attrs, const char *name)
{
	int i = position(attrs, name);

	return i < 0 ? NULL : attrs->at[i].value;
}

static mg_attr_value *
unconst(const mg_attr_value *v)
{
	return (mg_attr_value *)(uintptr_t)v;
}

bool
mg_attr_set(mg_attrs *attrs, const char *name, const mg_attr_value *value, mg_arena *arena)
{
	int i = position(attrs, name);
	mg_attr *more;

	if (i >= 0) {
		attrs->at[i].value = unconst(value);
		return true;
	}
	/* The array may be somebody's of exactly this length, so it always moves. */
	more = mg_arena_alloc(arena, ((size_t)attrs->count + 1) * sizeof(*more));
	name = mg_arena_strdup(arena, name);
	if (!more || !name)
		return false;
	if (attrs->count)
		memcpy(more, attrs->at, (size_t)attrs->count * sizeof(*more));
	more[attrs->count].name = name;
	more[attrs->count].value = unconst(value);
	attrs->at = more;
	attrs->count++;
	return true;
}

bool
mg_attr_remove(mg_attrs *attrs, const char *name)
{
	int i = position(attrs, name);

	if (i < 0)
		return false;
	attrs->count--;
	memmove(&attrs->at[i], &attrs->at[i + 1], (size_t)(attrs->count - i) * sizeof(*attrs->at));
	return true;
}

/* ---- making ---- */
static mg_attr_value *
value_new(mg_arena *a, Pb__AttrValue__ValueCase what)
{
	mg_attr_value *v = mg_arena_alloc(a, sizeof(*v));

	if (!v)
		return NULL;
	pb__attr_value__init(v);
	v->value_case = what;
	return v;
}

mg_attr_value *
mg_attr_int(mg_arena *a, int64_t i)
{
	mg_attr_value *v = value_new(a, PB__ATTR_VALUE__VALUE_I);

	if (v)
		v->i = i;
	return v;
}

mg_attr_value *
mg_attr_float(mg_arena *a, float f)
{
	mg_attr_value *v = value_new(a, PB__ATTR_VALUE__VALUE_F);

	if (v)
		v->f = f;
	return v;
}

mg_attr_value *
mg_attr_bool(mg_arena *a, bool b)
{
	mg_attr_value *v = value_new(a, PB__ATTR_VALUE__VALUE_B);

	if (v)
		v->b = b;
	return v;
}

static bool
set_bytes(mg_arena *a, ProtobufCBinaryData *to, const char *text, size_t len)
{
	to->data = (uint8_t *)mg_arena_strndup(a, len ? text : "", len);
	to->len = len;
	return to->data != NULL;
}

mg_attr_value *
mg_attr_string(mg_arena *a, const char *text, size_t len)
{
	mg_attr_value *v = value_new(a, PB__ATTR_VALUE__VALUE_S);

	return v && set_bytes(a, &v->s, text, len) ? v : NULL;
}

mg_attr_value *
mg_attr_type(mg_arena *a, int dtype)
{
	mg_attr_value *v = value_new(a, PB__ATTR_VALUE__VALUE_TYPE);

	if (v)
		v->type = (Pb__DataType)dtype;
	return v;
}

mg_attr_value *
mg_attr_shape(mg_arena *a, const mg_shape *s)
{
	mg_attr_value *v = value_new(a, PB__ATTR_VALUE__VALUE_SHAPE);

	return v && (v->shape = mg_shape_to_proto(s, a)) != NULL ? v : NULL;
}

mg_attr_value *
mg_attr_tensor(mg_arena *a, const mg_tensor *t)
{
	mg_attr_value *v = value_new(a, PB__ATTR_VALUE__VALUE_TENSOR);

	return v && mg_tensor_to_proto(t, false, a, &v->tensor, NULL) == 0 ? v : NULL;
}

mg_attr_value *
mg_attr_func(mg_arena *a, const char *name)
{
	mg_attr_value *v = value_new(a, PB__ATTR_VALUE__VALUE_FUNC);

	if (!v || (v->func = mg_arena_alloc(a, sizeof(*v->func))) == NULL)
		return NULL;
	pb__name_attr_list__init(v->func);
	v->func->name = mg_arena_strdup(a, name);
	return v->func->name ? v : NULL;
}

/* A list value and room for N items of SIZE bytes in *ITEMS. */
static mg_attr_value *
list_new(mg_arena *a, int n, size_t size, void **items)
{
	mg_attr_value *v = value_new(a, PB__ATTR_VALUE__VALUE_LIST);

	if (!v || (v->list = mg_arena_alloc(a, sizeof(*v->list))) == NULL)
		return NULL;
	pb__attr_value__list_value__init(v->list);
	*items = NULL;
	if (n > 0 && (*items = mg_arena_zalloc(a, (size_t)n, size)) == NULL)
		return NULL;
	return v;
}

mg_attr_value *
mg_attr_ints(mg_arena *a, const int64_t *from, int n)
{
	void *to;
	mg_attr_value *v = list_new(a, n, sizeof(*from), &to);

	if (!v)
		return NULL;
	v->list->n_i = (size_t)n;
	v->list->i = to;
	for (int i = 0; i < n; i++)
		v->list->i[i] = from[i];
	return v;
}

mg_attr_value *
mg_attr_floats(mg_arena *a, const float *from, int n)
{
	void *to;
	mg_attr_value *v = list_new(a, n, sizeof(*from), &to);

	if (!v)
		return NULL;
	v->list->n_f = (size_t)n;
	v->list->f = to;
	for (int i = 0; i < n; i++)
		v->list->f[i] = from[i];
	return v;
}

mg_attr_value *
mg_attr_bools(mg_arena *a, const bool *from, int n)
{
	void *to;
	mg_attr_value *v = list_new(a, n, sizeof(protobuf_c_boolean), &to);

	if (!v)
		return NULL;
	v->list->n_b = (size_t)n;
	v->list->b = to;
	for (int i = 0; i < n; i++)
		v->list->b[i] = from[i];
	return v;
}

mg_attr_value *
mg_attr_strings(mg_arena *a, const char *const *from, int n)
{
	void *to;
	mg_attr_value *v = list_new(a, n, sizeof(ProtobufCBinaryData), &to);

	if (!v)
		return NULL;
	v->list->n_s = (size_t)n;
	v->list->s = to;
	for (int i = 0; i < n; i++)
		if (!set_bytes(a, &v->list->s[i], from[i], strlen(from[i])))
			return NULL;
	return v;
}

mg_attr_value *
mg_attr_types(mg_arena *a, const int *from, int n)
{
	void *to;
	mg_attr_value *v = list_new(a, n, sizeof(Pb__DataType), &to);

	if (!v)
		return NULL;
	v->list->n_type = (size_t)n;
	v->list->type = to;
	for (int i = 0; i < n; i++)
		v->list->type[i] = (Pb__DataType)from[i];
	return v;
}

mg_attr_value *
mg_attr_shapes(mg_arena *a, const mg_shape *from, int n)
{
	void *to;
	mg_attr_value *v = list_new(a, n, sizeof(Pb__TensorShapeProto *), &to);

	if (!v)
		return NULL;
	v->list->n_shape = (size_t)n;
	v->list->shape = to;
	for (int i = 0; i < n; i++)
		if ((v->list->shape[i] = mg_shape_to_proto(&from[i], a)) == NULL)
			return NULL;
	return v;
}

/* ---- reading ---- */
static const mg_attr_value *
get(const mg_attrs *attrs, const char *name, Pb__AttrValue__ValueCase what)
{
	const mg_attr_value *v = mg_attr_find(attrs, name);

	return v && v->value_case == what ? v : NULL;
}

bool
mg_attr_get_int(const mg_attrs *attrs, const char *name, int64_t *out)
{
	const mg_attr_value *v = get(attrs, name, PB__ATTR_VALUE__VALUE_I);

	if (v)
		*out = v->i;
	return v != NULL;
}

bool
mg_attr_get_float(const mg_attrs *attrs, const char *name, float *out)
{
	const mg_attr_value *v = get(attrs, name, PB__ATTR_VALUE__VALUE_F);

	if (v)
		*out = v->f;
	return v != NULL;
}

bool
mg_attr_get_bool(const mg_attrs *attrs, const char *name, bool *out)
{
	const mg_attr_value *v = get(attrs, name, PB__ATTR_VALUE__VALUE_B);

	if (v)
		*out = v->b;
	return v != NULL;
}

bool
mg_attr_get_string(const mg_attrs *attrs, const char *name, mg_slice *out)
{
	const mg_attr_value *v = get(attrs, name, PB__ATTR_VALUE__VALUE_S);

	if (v)
		*out = (mg_slice){ v->s.data ? (const char *)v->s.data : "", v->s.len };
	return v != NULL;
}

bool
mg_attr_get_type(const mg_attrs *attrs, const char *name, int *out)
{
	const mg_attr_value *v = get(attrs, name, PB__ATTR_VALUE__VALUE_TYPE);

	if (v)
		*out = (int)v->type;
	return v != NULL;
}

bool
mg_attr_get_shape(const mg_attrs *attrs, const char *name, mg_shape *out)
{
	const mg_attr_value *v = get(attrs, name, PB__ATTR_VALUE__VALUE_SHAPE);

	return v && mg_shape_from_proto(out, v->shape, NULL) == 0;
}

bool
mg_attr_get_tensor(const mg_attrs *attrs, const char *name, const Pb__TensorProto **out)
{
	const mg_attr_value *v = get(attrs, name, PB__ATTR_VALUE__VALUE_TENSOR);

	if (v)
		*out = v->tensor;
	return v != NULL;
}

bool
mg_attr_get_func(const mg_attrs *attrs, const char *name, const Pb__NameAttrList **out)
{
	const mg_attr_value *v = get(attrs, name, PB__ATTR_VALUE__VALUE_FUNC);

	if (v)
		*out = v->func;
	return v != NULL;
}

bool
mg_attr_get_list(const mg_attrs *attrs, const char *name, const Pb__AttrValue__ListValue **out)
{
	static const Pb__AttrValue__ListValue empty = PB__ATTR_VALUE__LIST_VALUE__INIT;
	const mg_attr_value *v = mg_attr_find(attrs, name);

	if (!v || (v->value_case != PB__ATTR_VALUE__VALUE_LIST && v->value_case != PB__ATTR_VALUE__VALUE__NOT_SET))
		return false;
	*out = v->value_case == PB__ATTR_VALUE__VALUE_LIST && v->list ? v->list : &empty;
	return true;
}

/* ---- comparing ---- */
static bool
tensors_equal(const Pb__TensorProto *a, const Pb__TensorProto *b)
{
	mg_tensor x = { 0 }, y = { 0 };
	bool same = mg_tensor_from_proto(&x, a, 0, NULL) == 0 && mg_tensor_from_proto(&y, b, 0, NULL) == 0
		&& mg_tensor_equal(&x, &y);

	mg_tensor_clear(&x);
	mg_tensor_clear(&y);
	return same;
}

/* Two tensors may be written in different fields and still be one value; everything else is equal as a message. */
bool
mg_attr_equal(const mg_attr_value *a, const mg_attr_value *b)
{
	if (a == b)
		return true;
	if (a->value_case != b->value_case)
		return false;
	if (mg_msg_equal(&a->base, &b->base, NULL, NULL))
		return true;
	return a->value_case == PB__ATTR_VALUE__VALUE_TENSOR && tensors_equal(a->tensor, b->tensor);
}
