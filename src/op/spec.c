/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spec.c - a row's texts -> mg_op_def.
 *
 * The texts are the program's own, so a mistake in them is a mistake in the program: assert (tests parse every row).
 * Everything goes into the caller's block, which only grows.
 */
#include "op/op_internal.h"
#include "base/num.h"

typedef struct spec {
	mg_spec_pool *pool;
	const mg_op  *row;
	const char   *at;
} spec;

#define EXPECT(cond) assert((cond) && "malformed op row")

static const char numbertype[] = "float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, "
	"bfloat16, uint16, complex128, half, uint32, uint64}";
static const char realnumbertype[] = "float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64}";
static const char quantizedtype[] = "qint8, quint8, qint32, qint16, quint16}";

static void *
take(spec *s, size_t n, size_t size)
{
	mg_spec_pool *p = s->pool;
	size_t at = (p->used + 15u) & ~(size_t)15u;
	size_t bytes = n * size;

	assert(at + bytes <= p->size && "the block for op definitions is too small");
	p->used = at + bytes;
	return memset(p->block + at, 0, bytes);
}

static char *
take_text(spec *s, const char *text, size_t len)
{
	mg_spec_pool *p = s->pool;
	char *copy = p->block + p->used;

	assert(p->used + len + 1 <= p->size && "the block for op definitions is too small");
	p->used += len + 1;
	memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

/* ---- words ---- */
static void
blanks(spec *s)
{
	while (*s->at == ' ')
		s->at++;
}

static bool
next_is(spec *s, char c)
{
	blanks(s);
	if (*s->at != c)
		return false;
	s->at++;
	return true;
}

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static mg_slice
word(spec *s)
{
	mg_slice w;

	blanks(s);
	w.ptr = s->at;
	while (is_word(*s->at))
		s->at++;
	w.len = (size_t)(s->at - w.ptr);
	EXPECT(w.len > 0);
	return w;
}

/* Everything a number may be made of: -6, 1e-05, inf. */
static mg_slice
number(spec *s)
{
	mg_slice w;

	blanks(s);
	w.ptr = s->at;
	while (is_word(*s->at) || *s->at == '-' || *s->at == '+' || *s->at == '.')
		s->at++;
	w.len = (size_t)(s->at - w.ptr);
	return w;
}

static int64_t
integer(spec *s)
{
	mg_slice w = number(s);
	int64_t v = 0;
	bool ok = mg_parse_i64(w.ptr, w.len, &v);

	EXPECT(ok);
	(void)ok;
	return v;
}

static float
real(spec *s)
{
	mg_slice w = number(s);
	double v = 0;
	bool ok = mg_parse_double(w.ptr, w.len, &v);

	EXPECT(ok);
	(void)ok;
	return (float)v;
}

/* 'text', with \n, \t, \\ and \' inside. */
static mg_slice
quoted(spec *s)
{
	char buf[128];
	size_t n = 0;
	bool ok = next_is(s, '\'');

	EXPECT(ok);
	for (; *s->at != '\''; s->at++) {
		char c = *s->at;

		EXPECT(c != '\0' && n < sizeof(buf));
		if (c == '\\') {
			c = *++s->at;
			c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
		}
		buf[n++] = c;
	}
	s->at++;
	(void)ok;
	return (mg_slice){ take_text(s, buf, n), n };
}

static mg_dtype
type(spec *s)
{
	mg_slice w = word(s);
	mg_dtype t = mg_dtype_find(w.ptr, w.len);

	EXPECT(t != MGREG_INVALID);
	return t;
}

/* ---- attribute kinds ---- */
static const char *const kind_names[] = {
	[MG_ATTR_INT] = "int", [MG_ATTR_FLOAT] = "float", [MG_ATTR_BOOL] = "bool", [MG_ATTR_STRING] = "string",
	[MG_ATTR_TYPE] = "type", [MG_ATTR_SHAPE] = "shape", [MG_ATTR_TENSOR] = "tensor", [MG_ATTR_FUNC] = "func"
};

bool
mg_op_attr_kind_find(mg_slice w, enum mg_attr_kind *out)
{
	for (size_t i = 0; i < MG_COUNT(kind_names); i++)
		if (mg_slice_eq(w, kind_names[i])) {
			*out = (enum mg_attr_kind)i;
			return true;
		}
	return false;
}

static void
type_set(spec *s, mg_op_attr *a)
{
	int found[32], n = 0;
	int *order;

	a->kind = MG_ATTR_TYPE;
	do {
		EXPECT(n < (int)MG_COUNT(found));
		found[n++] = type(s);
		a->allowed_types |= UINT64_C(1) << found[n - 1];
	} while (next_is(s, ','));
	order = take(s, (size_t)n, sizeof(*order));
	memcpy(order, found, (size_t)n * sizeof(*order));
	a->allowed_order = order;
	a->allowed_count = n;
}

static void
named_type_set(spec *s, mg_op_attr *a, const char *text)
{
	const char *here = s->at;

	s->at = text;
	type_set(s, a);
	s->at = here;
}

static void
string_set(spec *s, mg_op_attr *a)
{
	const char *found[16];
	const char **list;
	size_t n = 0;

	a->kind = MG_ATTR_STRING;
	do {
		EXPECT(n < MG_COUNT(found));
		found[n++] = quoted(s).ptr;
	} while (next_is(s, ','));
	list = take(s, n + 1, sizeof(*list));
	memcpy(list, found, n * sizeof(*list));
	a->allowed_strings = list;
}

static void
kind(spec *s, mg_op_attr *a)
{
	mg_slice w;
	bool known;

	if (next_is(s, '{')) {
		blanks(s);
		if (*s->at == '\'')
			string_set(s, a);
		else
			type_set(s, a);
		known = next_is(s, '}');
	} else {
		w = word(s);
		if (mg_slice_eq(w, "list") && next_is(s, '(')) {
			a->is_list = true;
			kind(s, a);
			known = next_is(s, ')');
		} else if (mg_slice_eq(w, "numbertype")) {
			named_type_set(s, a, numbertype);
			known = true;
		} else if (mg_slice_eq(w, "realnumbertype")) {
			named_type_set(s, a, realnumbertype);
			known = true;
		} else if (mg_slice_eq(w, "quantizedtype")) {
			named_type_set(s, a, quantizedtype);
			known = true;
		} else {
			known = mg_op_attr_kind_find(w, &a->kind);
		}
	}
	EXPECT(known);
	(void)known;
}

/* ---- default values ---- */
static Pb__TensorShapeProto *
shape(spec *s)
{
	Pb__TensorShapeProto *p = take(s, 1, sizeof(*p));
	Pb__TensorShapeProto__Dim *dims[16];
	size_t n = 0;
	bool ok;

	pb__tensor_shape_proto__init(p);
	if (next_is(s, '?')) {
		p->unknown_rank = 1;
		return p;
	}
	ok = next_is(s, '[');
	EXPECT(ok);
	while (!next_is(s, ']')) {
		EXPECT(n < MG_COUNT(dims));
		dims[n] = take(s, 1, sizeof(*dims[n]));
		pb__tensor_shape_proto__dim__init(dims[n]);
		dims[n++]->size = next_is(s, '?') ? -1 : integer(s);
		next_is(s, ',');
	}
	p->n_dim = n;
	p->dim = n ? take(s, n, sizeof(*p->dim)) : NULL;
	if (n)
		memcpy(p->dim, dims, n * sizeof(*p->dim));
	(void)ok;
	return p;
}

/* uint8 [1, 2, 3]: a vector, in the typed field that small integers have. */
static Pb__TensorProto *
tensor(spec *s)
{
	Pb__TensorProto *p = take(s, 1, sizeof(*p));
	int32_t values[16];
	size_t n = 0;
	bool ok;

	pb__tensor_proto__init(p);
	p->dtype = (Pb__DataType)type(s);
	ok = next_is(s, '[');
	EXPECT(ok);
	while (!next_is(s, ']')) {
		EXPECT(n < MG_COUNT(values));
		values[n++] = (int32_t)integer(s);
		next_is(s, ',');
	}
	p->n_int_val = n;
	p->int_val = take(s, n, sizeof(*p->int_val));
	memcpy(p->int_val, values, n * sizeof(*values));
	p->tensor_shape = take(s, 1, sizeof(*p->tensor_shape));
	pb__tensor_shape_proto__init(p->tensor_shape);
	p->tensor_shape->n_dim = 1;
	p->tensor_shape->dim = take(s, 1, sizeof(*p->tensor_shape->dim));
	p->tensor_shape->dim[0] = take(s, 1, sizeof(**p->tensor_shape->dim));
	pb__tensor_shape_proto__dim__init(p->tensor_shape->dim[0]);
	p->tensor_shape->dim[0]->size = (int64_t)n;
	(void)ok;
	return p;
}

static bool
boolean(spec *s)
{
	mg_slice w = word(s);

	EXPECT(mg_slice_eq(w, "true") || mg_slice_eq(w, "false"));
	return mg_slice_eq(w, "true");
}

static void
scalar(spec *s, enum mg_attr_kind k, mg_attr_value *v)
{
	mg_slice text;

	switch (k) {
	case MG_ATTR_INT:
		v->value_case = PB__ATTR_VALUE__VALUE_I;
		v->i = integer(s);
		break;
	case MG_ATTR_FLOAT:
		v->value_case = PB__ATTR_VALUE__VALUE_F;
		v->f = real(s);
		break;
	case MG_ATTR_BOOL:
		v->value_case = PB__ATTR_VALUE__VALUE_B;
		v->b = boolean(s);
		break;
	case MG_ATTR_STRING:
		text = quoted(s);
		v->value_case = PB__ATTR_VALUE__VALUE_S;
		v->s.data = (uint8_t *)(uintptr_t)text.ptr;
		v->s.len = text.len;
		break;
	case MG_ATTR_TYPE:
		v->value_case = PB__ATTR_VALUE__VALUE_TYPE;
		v->type = (Pb__DataType)type(s);
		break;
	case MG_ATTR_SHAPE:
		v->value_case = PB__ATTR_VALUE__VALUE_SHAPE;
		v->shape = shape(s);
		break;
	case MG_ATTR_TENSOR:
		v->value_case = PB__ATTR_VALUE__VALUE_TENSOR;
		v->tensor = tensor(s);
		break;
	case MG_ATTR_FUNC:
		EXPECT(!"functions have no default");
		break;
	}
}

#define MAX_LIST 16

static void
list(spec *s, enum mg_attr_kind k, mg_attr_value *v)
{
	Pb__AttrValue__ListValue *l = take(s, 1, sizeof(*l));
	mg_attr_value item[MAX_LIST];
	size_t n = 0;
	bool ok = next_is(s, '[');

	EXPECT(ok);
	while (!next_is(s, ']')) {
		EXPECT(n < MAX_LIST);
		scalar(s, k, &item[n++]);
		next_is(s, ',');
	}
	pb__attr_value__list_value__init(l);
	v->value_case = PB__ATTR_VALUE__VALUE_LIST;
	v->list = l;
	(void)ok;
	if (n == 0)
		return;
	EXPECT(k == MG_ATTR_INT || k == MG_ATTR_FLOAT);
	if (k == MG_ATTR_INT) {
		l->n_i = n;
		l->i = take(s, n, sizeof(*l->i));
		for (size_t i = 0; i < n; i++)
			l->i[i] = item[i].i;
	} else {
		l->n_f = n;
		l->f = take(s, n, sizeof(*l->f));
		for (size_t i = 0; i < n; i++)
			l->f[i] = item[i].f;
	}
}

static void
attribute(spec *s, mg_op_attr *a)
{
	mg_slice name = word(s);
	bool ok = next_is(s, ':');

	EXPECT(ok);
	a->name = take_text(s, name.ptr, name.len);
	kind(s, a);
	if (next_is(s, '>')) {
		ok = next_is(s, '=');
		EXPECT(ok);
		a->has_minimum = true;
		a->minimum = integer(s);
	}
	if (next_is(s, '=')) {
		mg_attr_value *v = take(s, 1, sizeof(*v));

		pb__attr_value__init(v);
		if (a->is_list)
			list(s, a->kind, v);
		else
			scalar(s, a->kind, v);
		a->default_value = v;
	}
	(void)ok;
}

#define MAX_ITEMS 40

static void
attributes(spec *s, mg_op_def *def)
{
	mg_op_attr found[MAX_ITEMS], *all;
	int n = 0;

	s->at = s->row->attrs;
	if (!*s->at)
		return;
	do {
		EXPECT(n < MAX_ITEMS);
		found[n] = (mg_op_attr){ 0 };
		attribute(s, &found[n++]);
	} while (next_is(s, ';'));
	EXPECT(*s->at == '\0');
	all = take(s, (size_t)n, sizeof(*all));
	memcpy(all, found, (size_t)n * sizeof(*all));
	def->attrs = all;
	def->attr_count = n;
}

/* ---- arguments ---- */
static void
arg_type(spec *s, const mg_op_def *def, mg_op_arg *arg)
{
	mg_slice w = word(s);
	const mg_op_attr *a = NULL;

	if (mg_slice_eq(w, "Ref") && next_is(s, '(')) {
		bool ok;

		arg->is_ref = true;
		arg_type(s, def, arg);
		ok = next_is(s, ')');
		EXPECT(ok);
		(void)ok;
		return;
	}
	for (int i = 0; i < def->attr_count; i++)
		if (mg_slice_eq(w, def->attrs[i].name))
			a = &def->attrs[i];
	if (!a) {
		arg->type = mg_dtype_find(w.ptr, w.len);
		EXPECT(arg->type != MGREG_INVALID);
	} else if (a->kind == MG_ATTR_INT) {
		bool ok = next_is(s, '*');

		EXPECT(ok);
		(void)ok;
		arg->number_attr = a->name;
		arg_type(s, def, arg);
	} else {
		EXPECT(a->kind == MG_ATTR_TYPE);
		if (a->is_list)
			arg->type_list_attr = a->name;
		else
			arg->type_attr = a->name;
	}
}

/* "a: T, b: T" up to END; the names' copies and the array go into the pool. */
static const mg_op_arg *
args(spec *s, const mg_op_def *def, int *count)
{
	mg_op_arg found[MAX_ITEMS], *all;
	int n = 0;

	*count = 0;
	blanks(s);
	if (*s->at == '\0' || *s->at == '-')
		return NULL;
	do {
		mg_slice name = word(s);
		bool ok = next_is(s, ':');

		EXPECT(ok && n < MAX_ITEMS);
		(void)ok;
		found[n] = (mg_op_arg){ .name = take_text(s, name.ptr, name.len) };
		arg_type(s, def, &found[n++]);
	} while (next_is(s, ','));
	all = take(s, (size_t)n, sizeof(*all));
	memcpy(all, found, (size_t)n * sizeof(*all));
	*count = n;
	return all;
}

const mg_op_def *
mg_spec_parse(mg_spec_pool *pool, const mg_op *row)
{
	spec s = { pool, row, row->signature };
	mg_op_def *def = take(&s, 1, sizeof(*def));
	bool ok;

	def->name = row->name;
	def->flags = row->flags;
	def->deprecated_at = row->deprecated_at;
	def->deprecation = row->deprecation;
	def->shape = row->shape;
	attributes(&s, def);
	s.at = row->signature;
	def->inputs = args(&s, def, &def->input_count);
	ok = next_is(&s, '-') && next_is(&s, '>');
	EXPECT(ok);
	def->outputs = args(&s, def, &def->output_count);
	blanks(&s);
	EXPECT(*s.at == '\0');
	(void)ok;
	return def;
}
