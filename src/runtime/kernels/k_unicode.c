/* SPDX-License-Identifier: Apache-2.0 */
/* k_unicode.c - code points: decoding, encoding, from one encoding to another. */
#include "runtime/kernels/k_common.h"
#include <ctype.h>
#include "base/vec.h"
#include "runtime/kernels/k_utf.h"

size_t
mg_utf8_get(const char *p, size_t len, uint32_t *out)
{
	const uint8_t *b = (const uint8_t *)p;
	size_t n = b[0] < 0x80 ? 1 : b[0] >= 0xc2 && b[0] < 0xe0 ? 2 : b[0] >= 0xe0 && b[0] < 0xf0 ? 3 : b[0] >= 0xf0 && b[0] < 0xf5 ? 4 : 0;
	uint32_t c;

	if (n == 0 || n > len)
		return 0;
	c = n == 1 ? b[0] : b[0] & (0xffu >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if ((b[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (b[i] & 0x3f);
	}
	if ((n == 3 && (c < 0x800 || (c >= 0xd800 && c < 0xe000))) || (n == 4 && (c < 0x10000 || c > 0x10ffff)))
		return 0;
	*out = c;
	return n;
}

void
mg_utf8_put(mg_str *out, uint32_t c)
{
	if (c < 0x80) {
		mg_str_addc(out, (char)c);
	} else if (c < 0x800) {
		mg_str_addc(out, (char)(0xc0 | c >> 6));
		mg_str_addc(out, (char)(0x80 | (c & 0x3f)));
	} else if (c < 0x10000) {
		mg_str_addc(out, (char)(0xe0 | c >> 12));
		mg_str_addc(out, (char)(0x80 | (c >> 6 & 0x3f)));
		mg_str_addc(out, (char)(0x80 | (c & 0x3f)));
	} else {
		mg_str_addc(out, (char)(0xf0 | c >> 18));
		mg_str_addc(out, (char)(0x80 | (c >> 12 & 0x3f)));
		mg_str_addc(out, (char)(0x80 | (c >> 6 & 0x3f)));
		mg_str_addc(out, (char)(0x80 | (c & 0x3f)));
	}
}

size_t
mg_utf8_count(mg_slice s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += ((uint8_t)s.ptr[i] & 0xc0) != 0x80;
	return n;
}

size_t
mg_utf8_offset(mg_slice s, size_t n)
{
	size_t seen = 0;

	for (size_t i = 0; i < s.len; i++)
		if (((uint8_t)s.ptr[i] & 0xc0) != 0x80 && seen++ == n)
			return i;
	return s.len;
}

/* ---- encodings ---- */

enum encoding { UTF8, UTF16BE, UTF16LE, UTF32BE, UTF32LE, ASCII, LATIN1 };
enum on_error { STRICT, REPLACE, IGNORE };

static const struct { const char *name; enum encoding is; } known[] = {
	{ "utf8", UTF8 }, { "utf16be", UTF16BE }, { "utf16", UTF16BE }, { "utf16le", UTF16LE }, { "utf32be", UTF32BE }, { "utf32", UTF32BE },
	{ "utf32le", UTF32LE }, { "usascii", ASCII }, { "ascii", ASCII }, { "latin1", LATIN1 }, { "iso88591", LATIN1 },
};

typedef struct converter {
	enum encoding from, to;
	enum on_error errors;
	uint32_t      replacement;
	bool          replace_control;
} converter;

/* Names are compared without case and punctuation. */
static int
find_encoding(mg_slice name, enum encoding *out, mgreg_error *err)
{
	char plain[32];
	size_t n = 0;

	for (size_t i = 0; i < name.len && n + 1 < sizeof(plain); i++)
		if (isalnum((unsigned char)name.ptr[i]))
			plain[n++] = (char)tolower((unsigned char)name.ptr[i]);
	plain[n] = '\0';
	for (size_t i = 0; i < MG_COUNT(known); i++)
		if (!strcmp(known[i].name, plain)) {
			*out = known[i].is;
			return 0;
		}
	return mg_fail(err, MGREG_INVALID_ARGUMENT, "could not create converter for input encoding: %.*s", (int)MG_MIN(name.len, (size_t)60), name.ptr);
}

static int
read_converter(mg_kernel_ctx *k, converter *c, mgreg_error *err)
{
	const mg_attrs *attrs = mg_kernel_attrs(k);
	int64_t replacement = mg_k_attr_int(attrs, "replacement_char", 0xfffd);
	mg_slice name;
	int rc;

	*c = (converter){ .errors = mg_k_attr_is(attrs, "errors", "strict") ? STRICT : mg_k_attr_is(attrs, "errors", "ignore") ? IGNORE : REPLACE };
	if (replacement < 0 || replacement > 0x10ffff || (replacement >= 0xd800 && replacement < 0xe000))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "replacement_char out of unicode codepoint range");
	c->replacement = (uint32_t)replacement;
	c->replace_control = mg_k_attr_bool(attrs, "replace_control_characters", false);
	if (mg_attr_get_string(attrs, "input_encoding", &name) && (rc = find_encoding(name, &c->from, err)) != 0)
		return rc;
	if (mg_attr_get_string(attrs, "output_encoding", &name) && (rc = find_encoding(name, &c->to, err)) != 0)
		return rc;
	return 0;
}

/* The next code point of S at AT; *BAD: not one.  Bytes it takes. */
static size_t
next_point(enum encoding e, mg_slice s, size_t at, uint32_t *out, bool *bad)
{
	const uint8_t *b = (const uint8_t *)s.ptr + at;
	size_t left = s.len - at, n;
	uint32_t c, low;

	*bad = false;
	switch (e) {
	case UTF8:
		if ((n = mg_utf8_get(s.ptr + at, left, out)) != 0)
			return n;
		*bad = true;
		for (n = 1; n < left && n < 4 && (b[n] & 0xc0) == 0x80 && b[0] >= 0xe0 && n + 1 < (size_t)(b[0] >= 0xf0 ? 4 : 3); n++) ;
		return n;
	case UTF16BE:
	case UTF16LE:
		if (left < 2) {
			*bad = true;
			return left;
		}
		c = e == UTF16BE ? (uint32_t)b[0] << 8 | b[1] : (uint32_t)b[1] << 8 | b[0];
		if (c < 0xd800 || c >= 0xe000) {
			*out = c;
			return 2;
		}
		low = left >= 4 ? (e == UTF16BE ? (uint32_t)b[2] << 8 | b[3] : (uint32_t)b[3] << 8 | b[2]) : 0;
		*bad = c >= 0xdc00 || low < 0xdc00 || low >= 0xe000;
		*out = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
		return *bad ? 2 : 4;
	case UTF32BE:
	case UTF32LE:
		if (left < 4) {
			*bad = true;
			return left;
		}
		*out = e == UTF32BE ? (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3]
			: (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0];
		*bad = *out > 0x10ffff || (*out >= 0xd800 && *out < 0xe000);
		return 4;
	case ASCII:
		*out = b[0];
		*bad = b[0] >= 0x80;
		return 1;
	default:
		*out = b[0];
		return 1;
	}
}

typedef MG_VEC(int32_t) points;
typedef MG_VEC(int64_t) places;

/* Code points of S, and where each began. */
static int
decode(const converter *c, mg_slice s, points *out, places *at, mgreg_error *err)
{
	for (size_t i = 0; i < s.len;) {
		uint32_t v = 0;
		bool bad;
		size_t n = next_point(c->from, s, i, &v, &bad);
		int64_t where = (int64_t)i;

		i += n;
		if (bad && c->errors == STRICT)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "invalid formatting on input string");
		if (bad && c->errors == IGNORE)
			continue;
		if (bad || (c->replace_control && v < 0x20))
			v = c->replacement;
		if (!mg_vec_push(out, (int32_t)v) || (at && !mg_vec_push(at, where)))
			return mg_fail_nomem(err, 0);
	}
	return 0;
}

static void
encode(enum encoding e, uint32_t c, mg_str *out)
{
	if (e == UTF8) {
		mg_utf8_put(out, c);
	} else if (e == UTF32BE) {
		for (int shift = 24; shift >= 0; shift -= 8)
			mg_str_addc(out, (char)(c >> shift));
	} else if (c < 0x10000) {
		mg_str_addc(out, (char)(c >> 8));
		mg_str_addc(out, (char)c);
	} else {
		encode(e, 0xd800 + ((c - 0x10000) >> 10), out);
		encode(e, 0xdc00 + (c & 0x3ff), out);
	}
}

static int
decode_all(mg_kernel_ctx *k, bool offsets, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	mg_tensor *splits, *values, *starts;
	points found = { 0 };
	places at = { 0 };
	int64_t n;
	converter c;
	int rc;

	MG_TRY(read_converter(k, &c, err));
	MG_TRY(mg_kernel_output_dims(k, 0, (int64_t[]){ x->count + 1 }, 1, &splits, err));
	mg_k_set_int(splits, 0, 0);
	for (int64_t i = 0; i < x->count; i++) {
		MG_TRY(decode(&c, mg_tensor_string(x, i), &found, &at, err));
		mg_k_set_int(splits, i + 1, (int64_t)found.len);
	}
	n = (int64_t)found.len;
	MG_TRY(mg_kernel_output_dims(k, 1, &n, 1, &values, err));
	if (n)
		memcpy(values->data, found.at, found.len * sizeof(*found.at));
	if (offsets) {
		MG_TRY(mg_kernel_output_dims(k, 2, &n, 1, &starts, err));
		if (n)
			memcpy(starts->data, at.at, at.len * sizeof(*at.at));
	}
out:
	mg_vec_clear(&found);
	mg_vec_clear(&at);
	return rc;
}

static int decode_run(mg_kernel_ctx *k, mgreg_error *err) { return decode_all(k, false, err); }
static int decode_offsets_run(mg_kernel_ctx *k, mgreg_error *err) { return decode_all(k, true, err); }

static int
transcode_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	mg_str text = MG_STR_INIT;
	points found = { 0 };
	mg_tensor *y;
	converter c;
	int rc;

	MG_TRY(read_converter(k, &c, err));
	MG_TRY(mg_kernel_output(k, 0, &x->shape, &y, err));
	for (int64_t i = 0; i < x->count; i++) {
		found.len = 0;
		mg_str_reset(&text);
		MG_TRY(decode(&c, mg_tensor_string(x, i), &found, NULL, err));
		for (size_t j = 0; j < found.len; j++)
			encode(c.to, (uint32_t)found.at[j], &text);
		MG_TRY(mg_str_check(&text, err));
		MG_TRY(mg_tensor_set_string(y, i, text.ptr, text.len, err));
	}
out:
	mg_vec_clear(&found);
	mg_str_clear(&text);
	return rc;
}

static int
encode_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0), *splits = mg_kernel_input(k, 1);
	mg_str text = MG_STR_INIT;
	int64_t at = 0;
	mg_tensor *y;
	converter c;
	int rc;

	MG_TRY(read_converter(k, &c, err));
	if (mg_rank(x) != 1 || mg_rank(splits) != 1 || splits->count < 1) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "input_values and input_splits must be vectors, with at least one split");
		goto out;
	}
	MG_TRY(mg_kernel_output_dims(k, 0, (int64_t[]){ splits->count - 1 }, 1, &y, err));
	if (mg_k_int(splits, 0) != 0) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "first value in input_splits must be zero, got %lld", (long long)mg_k_int(splits, 0));
		goto out;
	}
	for (int64_t i = 0; i < y->count; i++) {
		int64_t end = mg_k_int(splits, i + 1);

		if (end < at || end > x->count) {
			rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "values in input_splits must be monotonically increasing and at most %lld, got %lld", (long long)x->count,
				(long long)end);
			goto out;
		}
		mg_str_reset(&text);
		for (; at < end; at++) {
			uint32_t v = (uint32_t)MG_CDATA(x, int32_t)[at];
			bool bad = v > 0x10ffff || (v >= 0xd800 && v < 0xe000);

			if (bad && c.errors == STRICT) {
				rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "code point is out of range for Unicode, or a noncharacter");
				goto out;
			}
			if (!bad || c.errors == REPLACE)
				encode(c.to, bad ? c.replacement : v, &text);
		}
		MG_TRY(mg_str_check(&text, err));
		MG_TRY(mg_tensor_set_string(y, i, text.ptr, text.len, err));
	}
out:
	mg_str_clear(&text);
	return rc;
}

const mg_kernel mg_kernels_unicode[] = {
	{ "UnicodeDecode", .run = decode_run },
	{ "UnicodeDecodeWithOffsets", .run = decode_offsets_run },
	{ "UnicodeTranscode", .run = transcode_run },
	{ "UnicodeEncode", .run = encode_run },
	{ .op = NULL }
};
