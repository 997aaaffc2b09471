/* SPDX-License-Identifier: Apache-2.0 */
/* cases.c - parsing and running the cases of kernels. */
#include "base/base.h"
#include "base/num.h"
#include "kernels/cases.h"
#include <stdlib.h>

int
case_tensor(mg_tensor *out, const char *text, mgreg_error *err)
{
	const char *colon = strchr(text, ':'), *paren = memchr(text, '(', colon ? (size_t)(colon - text) : 0);
	mg_tensor flat = { 0 };
	mg_shape shape = MG_SHAPE_SCALAR;
	int64_t dims[16], count = 1;
	mg_dtype dtype;
	int rank = 0, rc;

	if (!colon)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "tensor '%s' has no colon", text);
	dtype = mg_dtype_find(text, (size_t)((paren ? paren : colon) - text));
	if (dtype == MGREG_INVALID)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "tensor '%s' has no known type", text);
	if (!paren)
		return mg_tensor_parse_json(out, colon + 1, strlen(colon + 1), dtype, err);
	for (const char *p = paren + 1; *p != ')';) {
		char *end;
		dims[rank] = strtoll(p, &end, 10);
		count *= dims[rank++];
		p = *end == ',' ? end + 1 : end;
	}
	MG_TRY(mg_shape_set(&shape, dims, rank, err));
	MG_TRY(mg_tensor_parse_json(&flat, colon + 1, strlen(colon + 1), dtype, err));
	if (flat.count == 1 && count != 1 && mg_dtype_size(dtype)) {
		size_t size = mg_dtype_size(dtype);
		MG_TRY(mg_tensor_init(out, dtype, &shape, err));
		for (int64_t i = 0; i < count; i++)
			memcpy((char *)out->data + (size_t)i * size, flat.data, size);
	} else {
		MG_TRY(mg_tensor_share_as(out, &flat, &shape, err));
	}
out:
	mg_tensor_clear(&flat);
	mg_shape_clear(&shape);
	return rc;
}

static int
list_of(const char *value, int64_t *out, int max)
{
	int n = 0;

	while (*value && n < max) {
		char *end;
		out[n++] = strtoll(value, &end, 10);
		value = *end == ',' ? end + 1 : end;
	}
	return n;
}

static mg_attr_value *
attr_value(const mg_op_attr *a, const char *value, mg_arena *arena)
{
	int64_t ints[32];
	float floats[32];
	int types[32];
	bool bools[32];
	mg_shape shape;
	int n = 0;

	switch (a->kind) {
	case MG_ATTR_INT:
		if (!a->is_list)
			return mg_attr_int(arena, strtoll(value, NULL, 10));
		n = list_of(value, ints, 32);
		return mg_attr_ints(arena, ints, n);
	case MG_ATTR_FLOAT:
		if (!a->is_list)
			return mg_attr_float(arena, strtof(value, NULL));
		for (const char *p = value; *p && n < 32;) {
			char *end;
			floats[n++] = strtof(p, &end);
			p = *end == ',' ? end + 1 : end;
		}
		return mg_attr_floats(arena, floats, n);
	case MG_ATTR_BOOL:
		if (!a->is_list)
			return mg_attr_bool(arena, strcmp(value, "true") == 0);
		n = list_of(value, ints, 32);
		for (int i = 0; i < n; i++)
			bools[i] = ints[i] != 0;
		return mg_attr_bools(arena, bools, n);
	case MG_ATTR_STRING:
		return mg_attr_string(arena, value, strlen(value));
	case MG_ATTR_TYPE:
		if (!a->is_list)
			return mg_attr_type(arena, (int)mg_dtype_find(value, strlen(value)));
		for (const char *p = value; *p && n < 32;) {
			size_t len = strcspn(p, ",");
			types[n++] = (int)mg_dtype_find(p, len);
			p += len + (p[len] == ',');
		}
		return mg_attr_types(arena, types, n);
	case MG_ATTR_SHAPE:
		n = list_of(value, ints, 8);
		shape = (mg_shape){ .rank = n };
		memcpy(shape.inline_dims, ints, (size_t)n * sizeof *ints);
		return mg_attr_shape(arena, &shape);
	default:
		return NULL;
	}
}

static int
parse_attrs(const mg_op_def *op, const char *text, mg_attr *attrs, int *count, mg_arena *arena, mgreg_error *err)
{
	char name[64], value[512];

	*count = 0;
	while (text && *text) {
		size_t len = strcspn(text, "=");
		const mg_op_attr *a;
		memcpy(name, text, MG_MIN(len, sizeof name - 1));
		name[MG_MIN(len, sizeof name - 1)] = '\0';
		text += len + 1;
		len = strcspn(text, " ");
		memcpy(value, text, MG_MIN(len, sizeof value - 1));
		value[MG_MIN(len, sizeof value - 1)] = '\0';
		text += len + (text[len] == ' ');
		if (!(a = mg_op_attr_find(op, name)))
			return mg_fail(err, MGREG_INTERNAL, "op '%s' has no attr '%s'", op->name, name);
		attrs[*count].name = a->name;
		if (!(attrs[*count].value = attr_value(a, value, arena)))
			return mg_fail(err, MGREG_INTERNAL, "attr '%s' cannot be '%s'", name, value);
		++*count;
	}
	return 0;
}

int
case_node(mg_graph *g, const char *op, const char *attrs, const mg_output *in, int count, mg_node **out, mgreg_error *err)
{
	const mg_op_def *def = mg_op_find(op);
	mg_attr list[16];
	mg_node_args args = { .op = op, .name = "n", .inputs = in, .input_count = count, .attrs = list };
	int counts[32] = { 0 }, lists = 0, rc;

	if (!def)
		return mg_fail(err, MGREG_INTERNAL, "no op '%s'", op);
	if ((rc = parse_attrs(def, attrs, list, &args.attr_count, mg_graph_arena(g), err)) != 0)
		return rc;
	for (int i = 0; i < def->input_count; i++)
		lists += def->inputs[i].number_attr || def->inputs[i].type_list_attr;
	for (int i = 0; i < def->input_count; i++)      /* lists share what the others leave */
		counts[i] = def->inputs[i].number_attr || def->inputs[i].type_list_attr ? (count - (def->input_count - lists)) / lists : 1;
	args.arg_counts = counts;
	return mg_graph_add(g, &args, out, err);
}

int
case_run(const char *op, const char *attrs, const mg_tensor *in, int count, int threads, bool optimize, mg_tensor *outputs,
	int *n, mgreg_error *err)
{
	mg_session_options options = { .threads = threads, .no_optimize = !optimize };
	mg_session *session = NULL;
	mg_graph *g = NULL;
	mg_builder b;
	mg_output inputs[64], fetches[64];
	mg_feed feeds[64];
	mg_node *node;
	int rc;

	*n = 0;
	MG_TRY(mg_graph_new(&g, err));
	b = (mg_builder)MG_BUILDER(g, err);
	for (int i = 0; i < count; i++) {       /* fed, so that nothing is folded away; unknown shapes, so the kernel checks */
		inputs[i] = mg_build(&b, "Placeholder", NULL, ";t:dtype", (int)in[i].dtype);
		feeds[i] = (mg_feed){ inputs[i], &in[i] };
	}
	MG_TRY(b.rc);
	MG_TRY(case_node(g, op, attrs, inputs, count, &node, err));
	MG_TRY(mg_session_new(&session, g, &options, err));
	for (int i = 0; i < node->output_count; i++)
		fetches[i] = MG_OUTPUT(node, i);
	MG_TRY(mg_session_run(session, feeds, count, fetches, node->output_count, NULL, 0, outputs, err));
	*n = node->output_count;
out:
	mg_session_free(session);
	mg_graph_free(g);
	return rc;
}

static bool
compare(const kernel_case *c, const mg_tensor *got, int n, mg_str *why)
{
	mg_tensor want = { 0 };
	mgreg_error err = { 0 };
	bool ok = true;

	for (int i = 0; i < MAX_OUT && c->out[i] && ok; i++) {
		int64_t first = 0;
		if (i >= n) {
			mg_str_printf(why, "only %d outputs", n);
			return false;
		}
		if (!*c->out[i])
			continue;
		if (case_tensor(&want, c->out[i], &err)) {
			mg_str_printf(why, "expectation: %s", err.text);
			return false;
		}
		ok = c->tolerance > 0 && (mg_dtype_is_floating(want.dtype) || mg_dtype_is_complex(want.dtype))
			? mg_tensor_close(&got[i], &want, c->tolerance, c->tolerance, &first) : mg_tensor_equal(&got[i], &want);
		if (!ok) {
			char a[256];
			mg_str_printf(why, "output %d is %s%s ", i, mg_dtype_name(got[i].dtype), mg_shape_text(&got[i].shape, a));
			mg_tensor_print(&got[i], 40, why);
			mg_str_printf(why, ", expected %s%s ", mg_dtype_name(want.dtype), mg_shape_text(&want.shape, a));
			mg_tensor_print(&want, 40, why);
		}
		mg_tensor_clear(&want);
	}
	return ok;
}

bool
case_holds(const kernel_case *c, mg_str *why)
{
	mg_tensor in[MAX_IN] = { { 0 } }, out[2][64] = { { { 0 } } };
	mgreg_error err = { 0 };
	int count = 0, n[2] = { 0 };
	bool ok = true;

	for (; count < MAX_IN && c->in[count] && ok; count++)
		if (case_tensor(&in[count], c->in[count], &err)) {
			mg_str_printf(why, "input %d: %s", count, err.text);
			ok = false;
		}
	for (int pass = 0; pass < 2 && ok; pass++) {
		int rc = case_run(c->op, c->attrs, in, count, pass + 1, pass == 1, out[pass], &n[pass], &err);
		ok = rc == (int)c->error;
		if (!ok)
			mg_str_printf(why, "%s (%s), expected %s", mgreg_code_name((mgreg_code)rc), err.text, mgreg_code_name(c->error));
		if (ok && !c->error)
			ok = compare(c, out[pass], n[pass], why);
	}
	for (int i = 0; i < n[0] && ok; i++)
		if (!mg_tensor_equal(&out[0][i], &out[1][i])) {
			mg_str_printf(why, "output %d differs between one and two threads", i);
			ok = false;
		}
	for (int i = 0; i < count; i++)
		mg_tensor_clear(&in[i]);
	for (int i = 0; i < 64; i++) {
		mg_tensor_clear(&out[0][i]);
		mg_tensor_clear(&out[1][i]);
	}
	return ok;
}
