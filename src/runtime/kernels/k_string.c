/* SPDX-License-Identifier: Apache-2.0 */
/* k_string.c - the little that graphs do with strings: joining them, and numbers to and from text. */
#include "base/base.h"
#include "base/num.h"
#include "base/str.h"
#include "runtime/runtime_internal.h"

/* Element by element; scalars go with everything. */
static int
join_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_shape *shape = NULL;
	mg_slice separator = { "", 0 };
	mg_tensor t = { 0 };
	mg_str text = MG_STR_INIT;
	char a[256], b[256];
	int n = mg_kernel_input_count(k), rc = 0;

	mg_attr_get_string(mg_kernel_attrs(k), "separator", &separator);
	for (int i = 0; i < n; i++) {
		const mg_shape *s = &mg_kernel_input(k, i)->shape;

		if (s->rank == 0)
			continue;
		if (shape && !mg_shape_equal(shape, s))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "input shapes do not match: %s vs. %s", mg_shape_text(shape, a), mg_shape_text(s, b));
		shape = s;
	}
	MG_TRY(mg_tensor_init(&t, MGREG_STRING, shape ? shape : &MG_SHAPE_SCALAR, err));
	for (int64_t e = 0; e < t.count; e++) {
		mg_str_reset(&text);
		for (int i = 0; i < n; i++) {
			const mg_tensor *x = mg_kernel_input(k, i);
			mg_slice part = mg_tensor_string(x, mg_rank(x) ? e : 0);

			if (i)
				mg_str_append(&text, separator.ptr, separator.len);
			mg_str_append(&text, part.ptr, part.len);
		}
		MG_TRY(mg_str_check(&text, err));
		MG_TRY(mg_tensor_set_string(&t, e, text.ptr, text.len, err));
	}
	mg_kernel_take(k, 0, &t);
out:
	mg_str_clear(&text);
	mg_tensor_clear(&t);
	return rc;
}

/* printf's flags and width, pieced together from the attributes. */
typedef struct format {
	char spec[64];          /* "%-08.3" without the conversion */
	bool scientific, shortest;
	int  width, precision;
} format;

static int
read_format(const mg_attrs *attrs, format *f, mgreg_error *err)
{
	int64_t width = -1, precision = -1;
	mg_slice fill = { "", 0 };
	char w[24] = "", p[24] = "";

	*f = (format){ .width = -1 };
	mg_attr_get_int(attrs, "width", &width);
	mg_attr_get_int(attrs, "precision", &precision);
	mg_attr_get_bool(attrs, "scientific", &f->scientific);
	mg_attr_get_bool(attrs, "shortest", &f->shortest);
	mg_attr_get_string(attrs, "fill", &fill);
	if (fill.len > 1 || (fill.len && !strchr(" +-0#", fill.ptr[0])))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "fill argument '%.*s' not supported", (int)fill.len, fill.ptr);
	if (f->scientific && f->shortest)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "cannot select both scientific and shortest notation");
	if (width > 4096 || precision > 4096)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "width and precision may be at most 4096");
	if (width > -1)
		snprintf(w, sizeof(w), "%d", (int)width);
	if (precision > -1)
		snprintf(p, sizeof(p), ".%d", (int)precision);
	f->precision = (int)precision;
	snprintf(f->spec, sizeof(f->spec), "%%%.*s%s%s", (int)fill.len, fill.ptr, w, p);
	return 0;
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void
put_int(mg_str *out, const format *f, long long v)
{
	char spec[80], text[8192];

	snprintf(spec, sizeof(spec), "%slld", f->spec);
	snprintf(text, sizeof(text), spec, v);
	mg_str_add(out, text);
}

static void
put_real(mg_str *out, const format *f, double v)
{
	char spec[80], text[8192];

	snprintf(spec, sizeof(spec), "%s%c", f->spec, f->scientific ? 'e' : f->shortest ? 'g' : 'f');
	snprintf(text, sizeof(text), spec, v);
	mg_str_add(out, text);
}
#pragma GCC diagnostic pop

static int
as_string_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	mg_str text = MG_STR_INIT;
	mg_tensor t = { 0 };
	format f;
	int rc = 0;

	MG_TRY(read_format(mg_kernel_attrs(k), &f, err));
	if (f.precision > -1 && (mg_dtype_is_integer(x->dtype) || x->dtype == MGREG_BOOL)) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "precision not supported for datatype %s", mg_dtype_name(x->dtype));
		goto out;
	}
	MG_TRY(mg_tensor_init(&t, MGREG_STRING, &x->shape, err));
	for (int64_t i = 0; i < x->count; i++) {
		int64_t whole;
		double real = 0;

		mg_str_reset(&text);
		if (x->dtype == MGREG_BOOL) {
			mg_str_add(&text, MG_CDATA(x, bool)[i] ? "true" : "false");
		} else if (mg_dtype_is_complex(x->dtype)) {
			bool wide = x->dtype == MGREG_COMPLEX128;

			mg_str_addc(&text, '(');
			put_real(&text, &f, wide ? MG_CDATA(x, double)[2 * i] : (double)MG_CDATA(x, float)[2 * i]);
			mg_str_addc(&text, ',');
			put_real(&text, &f, wide ? MG_CDATA(x, double)[2 * i + 1] : (double)MG_CDATA(x, float)[2 * i + 1]);
			mg_str_addc(&text, ')');
		} else if (mg_tensor_as_i64(x, i, &whole)) {
			put_int(&text, &f, (long long)whole);
		} else {
			mg_tensor_as_double(x, i, &real);
			put_real(&text, &f, real);
		}
		MG_TRY(mg_str_check(&text, err));
		MG_TRY(mg_tensor_set_string(&t, i, text.ptr, text.len, err));
	}
	mg_kernel_take(k, 0, &t);
out:
	mg_str_clear(&text);
	mg_tensor_clear(&t);
	return rc;
}

static int
to_number_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	mg_tensor *out;
	int rc = mg_kernel_output(k, 0, &x->shape, &out, err);

	for (int64_t i = 0; rc == 0 && i < x->count; i++) {
		mg_slice s = mg_slice_trim(mg_tensor_string(x, i));
		int64_t whole = 0;
		double real = 0;
		bool ok = out->dtype == MGREG_FLOAT || out->dtype == MGREG_DOUBLE ? mg_parse_double(s.ptr, s.len, &real) : mg_parse_i64(s.ptr, s.len, &whole);

		if (!ok || (out->dtype == MGREG_INT32 && whole != (int32_t)whole))
			rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "StringToNumberOp could not correctly convert string: %.*s", (int)MG_MIN(s.len, (size_t)200), s.ptr);
		else if (out->dtype == MGREG_FLOAT)
			MG_DATA(out, float)[i] = (float)real;
		else if (out->dtype == MGREG_DOUBLE)
			MG_DATA(out, double)[i] = real;
		else if (out->dtype == MGREG_INT32)
			MG_DATA(out, int32_t)[i] = (int32_t)whole;
		else
			MG_DATA(out, int64_t)[i] = whole;
	}
	return rc;
}

const mg_kernel mg_kernels_string[] = {
	{ "StringJoin", .run = join_run },
	{ "AsString", .run = as_string_run },
	{ "StringToNumber", .run = to_number_run },
	{ .op = NULL }
};
