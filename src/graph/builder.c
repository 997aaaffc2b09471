/* SPDX-License-Identifier: Apache-2.0 */
/* builder.c - mg_build(): a node from a short form and the arguments that follow it; Const nodes. */
#include "base/base.h"
#include "graph/graph_internal.h"

/* What a form collects before the node is made. */
typedef struct form {
	MG_VEC(mg_output) inputs;
	MG_VEC(int)       counts;       /* per letter o or O */
	MG_VEC(mg_node *) controls;
	MG_VEC(mg_attr)   attrs;
} form;

static bool
form_input(form *f, char letter, va_list *args)
{
	switch (letter) {
	case 'o':
		return mg_vec_push(&f->inputs, va_arg(*args, mg_output)) && mg_vec_push(&f->counts, 1);
	case 'O': {
		const mg_output *list = va_arg(*args, const mg_output *);
		int n = va_arg(*args, int);

		for (int i = 0; i < n; i++)
			if (!mg_vec_push(&f->inputs, list[i]))
				return false;
		return mg_vec_push(&f->counts, n);
	}
	case 'c': {
		mg_node *control = va_arg(*args, mg_node *);

		return !control || mg_vec_push(&f->controls, control);
	}
	case 'C': {
		mg_node *const *list = va_arg(*args, mg_node *const *);
		int n = va_arg(*args, int);

		for (int i = 0; i < n; i++)
			if (list[i] && !mg_vec_push(&f->controls, list[i]))
				return false;
		return true;
	}
	default:
		assert(!"a letter of the form is not known");
		return false;
	}
}

/* The value that KIND takes from the arguments, in ARENA. */
static const mg_attr_value *
form_value(char kind, mg_arena *a, va_list *args)
{
	switch (kind) {
	case 'i':
		return mg_attr_int(a, va_arg(*args, int64_t));
	case 'f':
		return mg_attr_float(a, (float)va_arg(*args, double));
	case 'b':
		return mg_attr_bool(a, va_arg(*args, int) != 0);
	case 's': {
		const char *s = va_arg(*args, const char *);
		return mg_attr_string(a, s, strlen(s));
	}
	case 't':
		return mg_attr_type(a, va_arg(*args, int));
	case 'h':
		return mg_attr_shape(a, va_arg(*args, const mg_shape *));
	case 'v':
		return mg_attr_tensor(a, va_arg(*args, const mg_tensor *));
	case 'F':
		return mg_attr_func(a, va_arg(*args, const char *));
	case 'I': {
		const int64_t *v = va_arg(*args, const int64_t *);
		return mg_attr_ints(a, v, va_arg(*args, int));
	}
	case 'S': {
		const char *const *v = va_arg(*args, const char *const *);
		return mg_attr_strings(a, v, va_arg(*args, int));
	}
	case 'T': {
		const int *v = va_arg(*args, const int *);
		return mg_attr_types(a, v, va_arg(*args, int));
	}
	default:
		assert(!"a kind of attribute is not known");
		return NULL;
	}
}

static bool
form_attr(form *f, const char *at, const char *end, mg_arena *a, va_list *args)
{
	mg_attr attr;

	assert(end - at > 2 && at[1] == ':');
	if (at[0] == 'a') {
		attr.value = (mg_attr_value *)va_arg(*args, const mg_attr_value *);
		if (!attr.value)
			return true;
	} else if (!(attr.value = (mg_attr_value *)form_value(at[0], a, args))) {
		return false;
	}
	attr.name = mg_arena_strndup(a, at + 2, (size_t)(end - at - 2));
	return attr.name && mg_vec_push(&f->attrs, attr);
}

static bool
form_read(form *f, const char *text, mg_arena *a, va_list *args)
{
	for (; *text && *text != ';'; text++)
		if (*text != ' ' && !form_input(f, *text, args))
			return false;
	if (*text == ';')
		text++;
	while (*text) {
		size_t n = strcspn(text, " ");

		if (n && !form_attr(f, text, text + n, a, args))
			return false;
		text += n + strspn(text + n, " ");
	}
	return true;
}

static mg_node *
build(mg_builder *b, const char *op, const char *name, const char *text, va_list *args)
{
	form f = { 0 };
	mg_node *node = NULL;
	const mg_op_def *def;

	if (b->rc)
		return NULL;
	if (!form_read(&f, text, &b->graph->arena, args)) {
		b->rc = mg_fail_nomem(b->err, 0);
	} else {
		mg_node_args a = {
			.op = op, .name = name,
			.inputs = f.inputs.at, .input_count = (int)f.inputs.len,
			.controls = f.controls.at, .control_count = (int)f.controls.len,
			.attrs = f.attrs.at, .attr_count = (int)f.attrs.len,
		};

		def = mg_op_find(op);
		if (def && f.counts.len > 0 && (int)f.counts.len == def->input_count)
			a.arg_counts = f.counts.at;
		b->rc = mg_graph_add(b->graph, &a, &node, b->err);
	}
	mg_vec_clear(&f.inputs);
	mg_vec_clear(&f.counts);
	mg_vec_clear(&f.controls);
	mg_vec_clear(&f.attrs);
	return b->rc ? NULL : node;
}

mg_output
mg_build(mg_builder *b, const char *op, const char *name, const char *form_text, ...)
{
	va_list args;
	mg_node *n;

	va_start(args, form_text);
	n = build(b, op, name, form_text, &args);
	va_end(args);
	return n ? MG_OUTPUT(n, 0) : MG_NO_OUTPUT;
}

mg_node *
mg_build_node(mg_builder *b, const char *op, const char *name, const char *form_text, ...)
{
	va_list args;
	mg_node *n;

	va_start(args, form_text);
	n = build(b, op, name, form_text, &args);
	va_end(args);
	return n;
}

/* ---- Const ---- */

mg_output
mg_const(mg_builder *b, const char *name, const mg_tensor *value)
{
	return mg_build(b, "Const", name, ";t:dtype v:value", (int)value->dtype, value);
}

/* Makes the node of a tensor that was just set up, with RC telling whether that went well, and clears it. */
static mg_output
const_take(mg_builder *b, const char *name, mg_tensor *value, int rc)
{
	mg_output o = MG_NO_OUTPUT;

	if (rc)
		b->rc = rc;
	else
		o = mg_const(b, name, value);
	mg_tensor_clear(value);
	return o;
}

mg_output
mg_const_scalar(mg_builder *b, const char *name, mg_dtype dtype, double value)
{
	mg_tensor t = { 0 };

	return b->rc ? MG_NO_OUTPUT : const_take(b, name, &t, mg_tensor_init_scalar(&t, dtype, value, b->err));
}

mg_output
mg_const_i32s(mg_builder *b, const char *name, const int64_t *values, int n)
{
	mg_tensor t = { 0 };

	return b->rc ? MG_NO_OUTPUT : const_take(b, name, &t, mg_tensor_init_i64s(&t, MGREG_INT32, values, n, b->err));
}

mg_output
mg_const_string(mg_builder *b, const char *name, const char *text)
{
	mg_tensor t = { 0 };

	return b->rc ? MG_NO_OUTPUT : const_take(b, name, &t, mg_tensor_init_string(&t, text, strlen(text), b->err));
}

mg_output
mg_const_strings(mg_builder *b, const char *name, const char *const *texts, int n)
{
	mg_tensor t = { 0 };
	int64_t dim = n;
	int rc;

	if (b->rc)
		return MG_NO_OUTPUT;
	rc = mg_tensor_init_dims(&t, MGREG_STRING, &dim, 1, b->err);
	for (int i = 0; rc == 0 && i < n; i++)
		rc = mg_tensor_set_string(&t, i, texts[i], strlen(texts[i]), b->err);
	return const_take(b, name, &t, rc);
}
