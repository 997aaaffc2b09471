/* SPDX-License-Identifier: Apache-2.0 */
/* k_decode.c - strings into tensors and back: raw bytes, CSV, compressed data, TensorProto messages. */
#include "base/base.h"
#include "base/bytes.h"
#include "base/num.h"
#include "proto/proto.h"
#include "runtime/kernels/k_common.h"
#include "runtime/source.h"

/* ---- DecodeRaw, DecodePaddedRaw ---- */

/* Machine order is little-endian. */
static void
turn_bytes(void *data, int64_t n, size_t item)
{
	uint8_t *p = data;

	for (int64_t i = 0; i < n && item > 1; i++, p += item)
		for (size_t a = 0, b = item - 1; a < b; a++, b--) {
			uint8_t t = p[a];

			p[a] = p[b];
			p[b] = t;
		}
}

static int
decode_raw(mg_kernel_ctx *k, int64_t bytes, bool padded, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	int64_t dims[MG_MAX_RANK + 1];
	mg_dtype dtype = mg_dtype_base(mg_kernel_output_type(k, 0));
	size_t item = mg_dtype_size(dtype), part = mg_dtype_is_complex(dtype) ? item / 2 : item;
	int rank = mg_rank(x), rc;
	mg_tensor *y;

	if (rank >= MG_MAX_RANK)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "too many dimensions");
	if (bytes % (int64_t)item)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "input to DecodeRaw has length %lld that is not a multiple of %zu, the size of %s", (long long)bytes, item,
			mg_dtype_name(dtype));
	for (int d = 0; d < rank; d++)
		dims[d] = mg_dim(x, d);
	dims[rank] = x->count ? bytes / (int64_t)item : 0;
	if ((rc = mg_kernel_output_dims(k, 0, dims, rank + 1, &y, err)) != 0 || bytes == 0)
		return rc;
	for (int64_t i = 0; i < x->count; i++) {
		mg_slice s = mg_tensor_string(x, i);
		char *to = (char *)y->data + i * bytes;
		size_t n = MG_MIN(s.len, (size_t)bytes);

		if (!padded && s.len != (size_t)bytes)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "DecodeRaw requires input strings to all be the same size, but element %lld has size %zu != %lld",
				(long long)i, s.len, (long long)bytes);
		memcpy(to, s.ptr, n);
		memset(to + n, 0, (size_t)bytes - n);
	}
	if (!mg_k_attr_bool(mg_kernel_attrs(k), "little_endian", true))
		turn_bytes(y->data, (int64_t)(y->size / part), part);
	if (dtype == MGREG_BOOL)
		for (int64_t i = 0; i < y->count; i++)
			MG_DATA(y, uint8_t)[i] = MG_DATA(y, uint8_t)[i] != 0;
	return 0;
}

static int
raw_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);

	return decode_raw(k, x->count ? (int64_t)mg_tensor_string(x, 0).len : 0, false, err);
}

static int
padded_raw_run(mg_kernel_ctx *k, mgreg_error *err)
{
	int64_t length;
	int rc = mg_k_scalar(mg_kernel_input(k, 1), "fixed_length", &length, err);

	if (rc)
		return rc;
	if (length <= 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "fixed_length must be greater than zero, but is %lld", (long long)length);
	return decode_raw(k, length, true, err);
}

/* ---- DecodeCSV ---- */

typedef struct csv {
	char           delim;
	bool           quotes;
	mg_slice       na;
	const int64_t *cols;            /* those wanted, rising; NULL: all */
	size_t         col_count;
	int            fields;
	mg_str         text;            /* of the field at hand */
} csv;

/* One field of S from *AT on into c->text.  After it *AT is past the separator. */
static int
csv_field(csv *c, mg_slice s, size_t *at, mgreg_error *err)
{
	size_t i = *at;

	mg_str_reset(&c->text);
	if (!c->quotes || s.ptr[i] != '"') {
		for (; i < s.len && s.ptr[i] != c->delim; i++) {
			if ((c->quotes && s.ptr[i] == '"') || s.ptr[i] == '\n' || s.ptr[i] == '\r')
				return mg_fail(err, MGREG_INVALID_ARGUMENT, "unquoted fields cannot have quotes/CRLFs inside");
			mg_str_addc(&c->text, s.ptr[i]);
		}
		*at = i + 1;
		return mg_str_check(&c->text, err);
	}
	for (i++; i + 1 < s.len && (s.ptr[i] != '"' || s.ptr[i + 1] != c->delim); i++) {
		if (s.ptr[i] == '"' && s.ptr[++i] != '"')
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "quote inside a string has to be escaped by another quote");
		mg_str_addc(&c->text, s.ptr[i]);
	}
	if (i >= s.len || s.ptr[i] != '"')
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "quoted field has to end with quote followed by delim or end");
	*at = i + 2;
	return mg_str_check(&c->text, err);
}

static int
csv_value(mg_tensor *out, int64_t i, const mg_tensor *fallback, const csv *c, int field, mgreg_error *err)
{
	mg_slice s = { c->text.ptr, c->text.len };
	int64_t whole = 0;
	double real = 0;
	bool ok;

	if (s.len == 0 || (c->na.len && mg_slice_cmp(s, c->na) == 0)) {
		if (fallback->count == 0)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "field %d is required but missing in record %lld!", field, (long long)i);
		return mg_k_copy_run(out, i, fallback, 0, 1, err);
	}
	if (out->dtype == MGREG_STRING)
		return mg_tensor_set_string(out, i, s.ptr, s.len, err);
	s = mg_slice_trim(s);
	if (out->dtype == MGREG_FLOAT || out->dtype == MGREG_DOUBLE)
		ok = mg_parse_double(s.ptr, s.len, &real);
	else
		ok = mg_parse_i64(s.ptr, s.len, &whole) && (out->dtype == MGREG_INT64 || whole == (int32_t)whole);
	if (!ok)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "field %d in record %lld is not a valid %s: %.*s", field, (long long)i, mg_dtype_op_name(out->dtype),
			(int)MG_MIN(s.len, (size_t)100), s.ptr);
	if (out->dtype == MGREG_FLOAT)
		MG_DATA(out, float)[i] = (float)real;
	else if (out->dtype == MGREG_DOUBLE)
		MG_DATA(out, double)[i] = real;
	else
		mg_k_set_int(out, i, whole);
	return 0;
}

static int
csv_record(mg_kernel_ctx *k, csv *c, mg_tensor **outs, int64_t i, mgreg_error *err)
{
	mg_slice s = mg_tensor_string(mg_kernel_input(k, 0), i);
	size_t at = 0;
	int parsed = 0, got = 0, rc;

	while (at < s.len && !(c->cols && (size_t)got == c->col_count)) {
		bool wanted = !c->cols || c->cols[got] == parsed;

		if (s.ptr[at] == '\n' || s.ptr[at] == '\r') {
			at++;
			continue;
		}
		if ((rc = csv_field(c, s, &at, err)) != 0)
			return rc;
		if (wanted && got < c->fields && (rc = csv_value(outs[got], i, mg_kernel_input(k, got + 1), c, got, err)) != 0)
			return rc;
		got += wanted;
		parsed++;
	}
	if (s.len && s.ptr[s.len - 1] == c->delim && !(c->cols && ((size_t)got == c->col_count || c->cols[got] != parsed))) {
		mg_str_reset(&c->text);
		if (got < c->fields && (rc = csv_value(outs[got], i, mg_kernel_input(k, got + 1), c, got, err)) != 0)
			return rc;
		got++;
	}
	if (got != c->fields)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "expect %d fields but have %d in record %lld", c->fields, got, (long long)i);
	return 0;
}

static int
csv_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_attrs *attrs = mg_kernel_attrs(k);
	const mg_tensor *x = mg_kernel_input(k, 0);
	const Pb__AttrValue__ListValue *cols;
	mg_slice delim = { ",", 1 };
	csv c = { .fields = mg_kernel_output_count(k), .quotes = mg_k_attr_bool(attrs, "use_quote_delim", true), .text = MG_STR_INIT };
	mg_tensor **outs = NULL;
	int rc = 0;

	mg_attr_get_string(attrs, "field_delim", &delim);
	mg_attr_get_string(attrs, "na_value", &c.na);
	if (delim.len != 1)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "field_delim should be only 1 char");
	c.delim = delim.ptr[0];
	if (mg_attr_get_list(attrs, "select_cols", &cols) && cols->n_i) {
		c.cols = cols->i;
		c.col_count = cols->n_i;
		if (c.col_count != (size_t)c.fields)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "select_cols should match output size");
		for (size_t i = 0; i < c.col_count; i++)
			if (c.cols[i] < 0 || (i && c.cols[i] <= c.cols[i - 1]))
				return mg_fail(err, MGREG_INVALID_ARGUMENT, "select_cols should be strictly increasing indices of at least 0");
	}
	if (!(outs = mg_calloc((size_t)c.fields + 1, sizeof(*outs))))
		return mg_fail_nomem(err, 0);
	for (int f = 0; f < c.fields; f++) {
		const mg_tensor *fallback = mg_kernel_input(k, f + 1);

		if (fallback->count > 1 || mg_rank(fallback) > 1) {
			rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "there should only be 1 default per field but field %d has %lld", f, (long long)fallback->count);
			goto out;
		}
		MG_TRY(mg_kernel_output(k, f, &x->shape, &outs[f], err));
	}
	for (int64_t i = 0; i < x->count; i++)
		MG_TRY(csv_record(k, &c, outs, i, err));
out:
	mg_free(outs);
	mg_str_clear(&c.text);
	return rc;
}

/* ---- compressed data ---- */

static int
compressed_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	bool zlib = mg_k_attr_is(mg_kernel_attrs(k), "compression_type", "ZLIB"), gzip = mg_k_attr_is(mg_kernel_attrs(k), "compression_type", "GZIP");
	mg_str text = MG_STR_INIT;
	mg_tensor *y;
	int rc = 0;

	if (!zlib && !gzip) {
		if (!mg_k_attr_is(mg_kernel_attrs(k), "compression_type", ""))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "only ZLIB, GZIP or NONE are supported compressions");
		return mg_kernel_share(k, 0, x, err);
	}
	MG_TRY(mg_kernel_output(k, 0, &x->shape, &y, err));
	for (int64_t i = 0; i < x->count; i++) {
		mg_slice s = mg_tensor_string(x, i);

		mg_str_reset(&text);
		MG_TRY(mg_inflate(s.ptr, s.len, zlib ? MG_INFLATE_ZLIB : MG_INFLATE_GZIP, &text, err));
		MG_TRY(mg_tensor_set_string(y, i, text.ptr, text.len, err));
	}
out:
	mg_str_clear(&text);
	return rc;
}

/* ---- TensorProto ---- */

static int
parse_tensor_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	mg_dtype want = mg_dtype_base(mg_kernel_output_type(k, 0));
	mg_arena arena = { 0 };
	mg_tensor t = { 0 };
	mg_msg *msg;
	int rc = 0;

	if (mg_rank(x) != 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "expected serialized to be a scalar");
	if (mg_msg_decode(&pb__tensor_proto__descriptor, mg_tensor_string(x, 0).ptr, mg_tensor_string(x, 0).len, &arena, &msg, err) != 0) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "could not parse serialized as TensorProto");
		goto out;
	}
	if (mg_tensor_from_proto(&t, (const Pb__TensorProto *)msg, 0, err) != 0) {
		rc = mg_wrap(err, mg_fail(err, MGREG_INVALID_ARGUMENT, "could not construct tensor from proto"), "ParseTensor");
		goto out;
	}
	if (t.dtype != want) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "type mismatch between parsed tensor (%s) and dtype (%s)", mg_dtype_op_name(t.dtype), mg_dtype_op_name(want));
		goto out;
	}
	mg_kernel_take(k, 0, &t);
out:
	mg_tensor_clear(&t);
	mg_arena_clear(&arena);
	return rc;
}

static int
serialize_tensor_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_arena arena = { 0 };
	mg_str text = MG_STR_INIT;
	mg_tensor t = { 0 };
	Pb__TensorProto *p;
	int rc = 0;

	MG_TRY(mg_tensor_to_proto(mg_kernel_input(k, 0), true, &arena, &p, err));
	MG_TRY(mg_msg_encode((const mg_msg *)p, &text, err));
	MG_TRY(mg_tensor_init_string(&t, text.ptr, text.len, err));
	mg_kernel_take(k, 0, &t);
out:
	mg_str_clear(&text);
	mg_arena_clear(&arena);
	return rc;
}

const mg_kernel mg_kernels_decode[] = {
	{ "DecodeRaw", .run = raw_run },
	{ "DecodePaddedRaw", .run = padded_raw_run },
	{ "DecodeCSV", .run = csv_run },
	{ "DecodeCompressed", .run = compressed_run },
	{ "ParseTensor", .run = parse_tensor_run },
	{ "SerializeTensor", .run = serialize_tensor_run },
	{ .op = NULL }
};
