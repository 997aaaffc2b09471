/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format.c - a tensor as text, JSON, CSV, a .npy file or bare bytes.
 *
 * A .npy file (format 1.0): "\x93NUMPY", 1, 0, 16-bit length of the header, the header (a Python dict as text, padded with
 * blanks and a line end to a multiple of 64), the elements.
 */
#include "base/base.h"
#include "base/bytes.h"
#include "tensor/tensor.h"

/* NumPy's names; quantized types are their integers.  bfloat16 and strings are converted. */
static const char *const npy_types[MG_DTYPE_MAX] = {
	[MGREG_FLOAT] = "<f4", [MGREG_DOUBLE] = "<f8", [MGREG_INT32] = "<i4", [MGREG_UINT8] = "|u1", [MGREG_INT16] = "<i2",
	[MGREG_INT8] = "|i1", [MGREG_COMPLEX64] = "<c8", [MGREG_INT64] = "<i8", [MGREG_BOOL] = "|b1", [MGREG_QINT8] = "|i1",
	[MGREG_QUINT8] = "|u1", [MGREG_QINT32] = "<i4", [MGREG_BFLOAT16] = "<f4", [MGREG_QINT16] = "<i2", [MGREG_QUINT16] = "<u2",
	[MGREG_UINT16] = "<u2", [MGREG_COMPLEX128] = "<c16", [MGREG_HALF] = "<f2", [MGREG_UINT32] = "<u4", [MGREG_UINT64] = "<u8",
};

static int
unsupported(const mg_tensor *t, const char *form, const char *why, mgreg_error *err)
{
	return mg_fail(err, MGREG_UNIMPLEMENTED, "a tensor of dtype %s as %s: %s", mg_dtype_name((int)t->dtype), form, why);
}

/* ---- CSV --------------------------------------------------------------------------------- */

static void
add_csv_string(mg_slice s, mg_str *out)
{
	bool quote = false;

	for (size_t i = 0; i < s.len; i++)
		quote = quote || s.ptr[i] == ',' || s.ptr[i] == '"' || s.ptr[i] == '\n' || s.ptr[i] == '\r';
	if (!quote) {
		mg_str_append(out, s.ptr, s.len);
		return;
	}
	mg_str_addc(out, '"');
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '"')
			mg_str_addc(out, '"');
		mg_str_addc(out, s.ptr[i]);
	}
	mg_str_addc(out, '"');
}

static void
add_csv(const mg_tensor *t, mg_str *out)
{
	int rank = mg_rank(t);
	int64_t width = rank >= 2 ? mg_dim(t, rank - 1) : 1;

	for (int64_t i = 0; i < t->count; i++) {
		if (t->dtype == MGREG_STRING)
			add_csv_string(mg_tensor_string(t, i), out);
		else
			mg_tensor_print_element(t, i, out);
		mg_str_addc(out, (i + 1) % width == 0 ? '\n' : ',');
	}
}

/* ---- .npy -------------------------------------------------------------------------------- */

static void
add_npy_header(const mg_tensor *t, const char *type, mg_str *out)
{
	mg_str dict = MG_STR_INIT;
	uint8_t head[10] = "\x93NUMPY\x01";

	mg_str_printf(&dict, "{'descr': '%s', 'fortran_order': False, 'shape': (", type);
	for (int i = 0; i < mg_rank(t); i++)
		mg_str_printf(&dict, "%s%lld", i ? ", " : "", (long long)mg_dim(t, i));
	mg_str_add(&dict, mg_rank(t) == 1 ? ",), }" : "), }");
	while ((sizeof(head) + dict.len + 1) % 64 != 0)
		mg_str_addc(&dict, ' ');
	mg_str_addc(&dict, '\n');
	mg_store16(head + 8, (uint16_t)dict.len);
	mg_str_append(out, head, sizeof(head));
	mg_str_append(out, dict.ptr, dict.len);
	out->failed = out->failed || dict.failed;
	mg_str_clear(&dict);
}

/* Fixed width, padded with NUL: a string that ends in NUL would come back shorter. */
static int
add_npy_strings(const mg_tensor *t, mg_str *out, mgreg_error *err)
{
	size_t width = 1;
	char type[32];

	for (int64_t i = 0; i < t->count; i++) {
		mg_slice s = mg_tensor_string(t, i);

		if (s.len && s.ptr[s.len - 1] == '\0')
			return unsupported(t, "npy", "a string ends in NUL, which a fixed width cannot hold", err);
		width = MG_MAX(width, s.len);
	}
	snprintf(type, sizeof(type), "|S%zu", width);
	add_npy_header(t, type, out);
	for (int64_t i = 0; i < t->count; i++) {
		mg_slice s = mg_tensor_string(t, i);

		mg_str_append(out, s.ptr, s.len);
		for (size_t k = s.len; k < width && !out->failed; k++)
			mg_str_addc(out, '\0');
	}
	return 0;
}

static int
add_npy(const mg_tensor *t, mg_str *out, mgreg_error *err)
{
	const char *type = (unsigned)t->dtype < MG_DTYPE_MAX ? npy_types[t->dtype] : NULL;

	if (t->dtype == MGREG_STRING)
		return add_npy_strings(t, out, err);
	if (!type)
		return unsupported(t, "npy", "NumPy has no such type", err);
	add_npy_header(t, type, out);
	if (t->dtype != MGREG_BFLOAT16) {
		mg_str_append(out, t->data, t->size);
		return 0;
	}
	for (int64_t i = 0; i < t->count; i++) {
		float v = mg_bfloat16_to_float(MG_CDATA(t, uint16_t)[i]);

		mg_str_append(out, &v, sizeof(v));
	}
	return 0;
}

/* ---- JSON -------------------------------------------------------------------------------- */

/* The first LIMIT elements of more, as a flat list. */
static int
add_json_head(const mg_tensor *t, int64_t limit, mg_str *out, mgreg_error *err)
{
	mg_shape shape = { 0 };
	mg_tensor head = { 0 };
	int rc = mg_shape_set(&shape, &limit, 1, err);

	if (rc == 0)
		rc = mg_tensor_init_buffer(&head, t->dtype, &shape, t->buffer, t->data, err);
	if (rc == 0)
		mg_tensor_print_json(&head, out);
	mg_tensor_clear(&head);
	mg_shape_clear(&shape);
	return rc;
}

/* ------------------------------------------------------------------------------------------ */

int
mg_tensor_format(const mg_tensor *t, mgreg_tensor_form form, int64_t limit, mg_str *out, mgreg_error *err)
{
	bool plain = mg_dtype_is_memcpy((int)t->dtype);
	int rc = 0;

	switch (form) {
	case MGREG_FORM_TEXT:
		mg_tensor_print(t, limit, out);
		break;
	case MGREG_FORM_JSON:
		if (!plain && t->dtype != MGREG_STRING)
			return unsupported(t, "json", "it is no value", err);
		if (limit > 0 && t->count > limit)
			rc = add_json_head(t, limit, out, err);
		else
			mg_tensor_print_json(t, out);
		break;
	case MGREG_FORM_CSV:
		if (!plain && t->dtype != MGREG_STRING)
			return unsupported(t, "csv", "it is no value", err);
		add_csv(t, out);
		break;
	case MGREG_FORM_NPY:
		rc = add_npy(t, out, err);
		break;
	case MGREG_FORM_RAW:
		if (plain)
			mg_str_append(out, t->data, t->size);
		else if (t->dtype == MGREG_STRING && t->count == 1)
			mg_str_append(out, mg_tensor_string(t, 0).ptr, mg_tensor_string(t, 0).len);
		else
			return unsupported(t, "raw", "only plain elements and a single string have bytes of their own", err);
	}
	return rc ? rc : mg_str_check(out, err);
}

int
mgreg_tensor_format(const mgreg_tensor *tensor, mgreg_tensor_form form, int64_t limit, char **out, size_t *size,
	mgreg_error *err)
{
	mg_str text = MG_STR_INIT;
	size_t len;
	char *block;
	int rc = mg_tensor_format(tensor, form, limit, &text, err);

	if (rc == 0 && !(block = mg_str_take(&text, &len)))
		rc = mg_fail_nomem(err, 0);
	if (rc == 0) {
		*out = block;
		*size = len;
	}
	mg_str_clear(&text);
	return rc;
}
