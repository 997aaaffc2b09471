/* SPDX-License-Identifier: Apache-2.0 */
/* print.c - values as text for people and as JSON. */
#include "base/base.h"
#include "base/json.h"
#include "base/num.h"
#include "tensor/tensor.h"

static void
quote(mg_slice s, mg_str *out)
{
	mg_str_addc(out, '"');
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if (c == '"' || c == '\\')
			mg_str_printf(out, "\\%c", c);
		else if (c == '\n')
			mg_str_add(out, "\\n");
		else if (c == '\t')
			mg_str_add(out, "\\t");
		else if (c < 0x20 || c == 0x7f)
			mg_str_printf(out, "\\x%02x", c);
		else
			mg_str_addc(out, (char)c);
	}
	mg_str_addc(out, '"');
}

static void
add_float(float v, mg_str *out)
{
	char buf[MG_NUM_MAX];

	mg_str_append(out, buf, mg_format_float(buf, v));
}

static void
add_double(double v, mg_str *out)
{
	char buf[MG_NUM_MAX];

	mg_str_append(out, buf, mg_format_double(buf, v));
}

static void
add_element(const mg_tensor *t, int64_t i, mg_str *out)
{
	int64_t whole = 0;

	switch ((int)t->dtype) {
	case MGREG_STRING: quote(mg_tensor_string(t, i), out); break;
	case MGREG_BOOL: mg_str_add(out, MG_CDATA(t, uint8_t)[i] ? "true" : "false"); break;
	case MGREG_FLOAT: add_float(MG_CDATA(t, float)[i], out); break;
	case MGREG_HALF: add_float(mg_half_to_float(MG_CDATA(t, uint16_t)[i]), out); break;
	case MGREG_BFLOAT16: add_float(mg_bfloat16_to_float(MG_CDATA(t, uint16_t)[i]), out); break;
	case MGREG_DOUBLE: add_double(MG_CDATA(t, double)[i], out); break;
	case MGREG_COMPLEX64: case MGREG_COMPLEX128: {
		bool wide = t->dtype == MGREG_COMPLEX128;
		double im = wide ? MG_CDATA(t, double)[2 * i + 1] : MG_CDATA(t, float)[2 * i + 1];

		if (wide)
			add_double(MG_CDATA(t, double)[2 * i], out);
		else
			add_float(MG_CDATA(t, float)[2 * i], out);
		if (!(__builtin_signbit(im)))
			mg_str_addc(out, '+');
		if (wide)
			add_double(im, out);
		else
			add_float((float)im, out);
		mg_str_addc(out, 'j');
		break;
	}
	case MGREG_RESOURCE: case MGREG_VARIANT: {
		const mg_object *o = ((mg_object *const *)t->data)[i];

		mg_str_printf(out, "<%s>", o ? o->kind : mg_dtype_name((int)t->dtype));
		break;
	}
	case MGREG_UINT64: mg_str_printf(out, "%llu", (unsigned long long)MG_CDATA(t, uint64_t)[i]); break;
	default:
		mg_tensor_as_i64(t, i, &whole);
		mg_str_printf(out, "%lld", (long long)whole);
	}
}

/* The shortest text of the float that is still no whole number to a JSON reader. */
static void
add_json_float(float v, mg_str *out)
{
	size_t from = out->len;

	add_float(v, out);
	if (!out->failed && strpbrk(out->ptr + from, ".e") == NULL)
		mg_str_add(out, ".0");
}

static void
add_json_part(float v, mg_str *out)
{
	if (v - v != 0)
		mg_json_put_double(out, v);
	else
		add_json_float(v, out);
}

static void
add_json(const mg_tensor *t, int64_t i, mg_str *out)
{
	mg_slice s;

	switch ((int)t->dtype) {
	case MGREG_STRING:
		s = mg_tensor_string(t, i);
		mg_json_put_string(out, s.ptr, s.len);
		break;
	case MGREG_FLOAT: case MGREG_HALF: case MGREG_BFLOAT16: case MGREG_DOUBLE: {
		double v = 0;

		mg_tensor_as_double(t, i, &v);
		if (t->dtype == MGREG_DOUBLE)
			mg_json_put_double(out, v);
		else
			add_json_part((float)v, out);
		break;
	}
	case MGREG_COMPLEX64:
		mg_str_addc(out, '[');
		add_json_part(MG_CDATA(t, float)[2 * i], out);
		mg_str_addc(out, ',');
		add_json_part(MG_CDATA(t, float)[2 * i + 1], out);
		mg_str_addc(out, ']');
		break;
	case MGREG_COMPLEX128:
		mg_str_addc(out, '[');
		mg_json_put_double(out, MG_CDATA(t, double)[2 * i]);
		mg_str_addc(out, ',');
		mg_json_put_double(out, MG_CDATA(t, double)[2 * i + 1]);
		mg_str_addc(out, ']');
		break;
	case MGREG_RESOURCE: case MGREG_VARIANT:
		mg_str_add(out, "null");
		break;
	default:
		add_element(t, i, out);
	}
}

/* Empty lists, as deep as the shape has them before its first zero; hardly anybody wants a million of them. */
static void
print_empty(const mg_tensor *t, int d, const char *comma, mg_str *out)
{
	mg_str_addc(out, '[');
	for (int64_t i = 0; i < mg_dim(t, d) && out->len < 1 << 20; i++) {
		if (i > 0)
			mg_str_add(out, comma);
		print_empty(t, d + 1, comma, out);
	}
	mg_str_addc(out, ']');
}

/*
 * Brackets follow from the index alone: before element I one opens for every dimension whose inner block begins
 * there, after it one closes for every block that ends.
 */
static void
print_nested(const mg_tensor *t, int64_t limit, const char *comma, void (*add)(const mg_tensor *, int64_t, mg_str *), mg_str *out)
{
	int rank = mg_rank(t);
	int64_t n = limit > 0 && limit < t->count ? limit : t->count, block;

	if (rank == 0 && t->count == 1) {
		add(t, 0, out);
		return;
	}
	if (t->count == 0) {
		print_empty(t, 0, comma, out);
		return;
	}
	for (int64_t i = 0; i < n && !out->failed; i++) {
		int open = 0;

		block = 1;
		for (int d = rank - 1; d >= 0; d--) {
			block *= mg_dim(t, d);
			if (i % block != 0)
				break;
			open++;
		}
		if (i > 0)
			mg_str_add(out, comma);
		for (int k = 0; k < open; k++)
			mg_str_addc(out, '[');
		add(t, i, out);
		block = 1;
		for (int d = rank - 1; d >= 0; d--) {
			block *= mg_dim(t, d);
			if ((i + 1) % block != 0)
				break;
			mg_str_addc(out, ']');
		}
	}
	if (n < t->count) {
		mg_str_printf(out, "%s...", comma);
		/* Close what is open: every block that does not end exactly at N. */
		block = 1;
		for (int d = rank - 1; d >= 0; d--) {
			block *= mg_dim(t, d);
			if (n % block != 0)
				mg_str_addc(out, ']');
		}
	}
}

void
mg_tensor_print(const mg_tensor *t, int64_t limit, mg_str *out)
{
	if (mg_tensor_is_set(t))
		print_nested(t, limit, ", ", add_element, out);
}

void
mg_tensor_print_json(const mg_tensor *t, mg_str *out)
{
	if (mg_tensor_is_set(t))
		print_nested(t, 0, ",", add_json, out);
	else
		mg_str_add(out, "null");
}

void
mg_tensor_print_element(const mg_tensor *t, int64_t i, mg_str *out)
{
	add_element(t, i, out);
}
