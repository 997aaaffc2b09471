/* SPDX-License-Identifier: Apache-2.0 */
/*
 * npy.c - NumPy's array files.
 *
 *	93 "NUMPY"  major minor  header length (2 bytes; 4 from version 2)  header  elements
 *	header = {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }, blanks to a multiple of 64, newline
 */
#include "base/base.h"
#include "base/bytes.h"
#include "base/file.h"
#include "base/num.h"
#include "tensor/tensor.h"

static const char magic[6] = { (char)0x93, 'N', 'U', 'M', 'P', 'Y' };

struct header {
	char     kind;          /* f i u b c S U V, as NumPy names them */
	size_t   width;         /* bytes of an element */
	bool     swapped, fortran;
	mg_shape shape;
	size_t   data_at;
};

/* ---- the header: a Python dictionary of three keys ---- */

struct cursor { const char *at, *end; };

static void
skip_blanks(struct cursor *c)
{
	while (c->at < c->end && (*c->at == ' ' || *c->at == '\t' || *c->at == '\n' || *c->at == '\r'))
		c->at++;
}

static bool
take_char(struct cursor *c, char want)
{
	skip_blanks(c);
	if (c->at == c->end || *c->at != want)
		return false;
	c->at++;
	return true;
}

static bool
take_string(struct cursor *c, mg_slice *out)
{
	const char *close;

	skip_blanks(c);
	if (c->at == c->end || (*c->at != '\'' && *c->at != '"')
		|| (close = memchr(c->at + 1, *c->at, (size_t)(c->end - c->at - 1))) == NULL)
		return false;
	*out = (mg_slice){ c->at + 1, (size_t)(close - c->at - 1) };
	c->at = close + 1;
	return true;
}

static bool
take_word(struct cursor *c, const char *word)
{
	size_t n = strlen(word);

	skip_blanks(c);
	if ((size_t)(c->end - c->at) < n || memcmp(c->at, word, n) != 0)
		return false;
	c->at += n;
	return true;
}

static bool
take_shape(struct cursor *c, mg_shape *out)
{
	int64_t dims[MG_MAX_RANK];
	int rank = 0;

	if (!take_char(c, '('))
		return false;
	while (!take_char(c, ')')) {
		const char *from;

		skip_blanks(c);
		from = c->at;
		while (c->at < c->end && *c->at >= '0' && *c->at <= '9')
			c->at++;
		if (rank == MG_MAX_RANK || !mg_parse_i64(from, (size_t)(c->at - from), &dims[rank++]))
			return false;
		(void)take_word(c, "L");        /* as Python 2 wrote it */
		if (!take_char(c, ',') && (c->at == c->end || *c->at != ')'))
			return false;
	}
	return mg_shape_set(out, dims, rank, NULL) == 0;
}

static int
take_descr(mg_slice text, struct header *h, mgreg_error *err)
{
	static const char known[] = "fiubcSU";
	uint64_t width;

	if (text.len < 3 || !strchr("<>|=", text.ptr[0]) || !mg_parse_u64(text.ptr + 2, text.len - 2, &width) || width > (1u << 30)
		|| text.ptr[1] == '\0' || !strchr(known, text.ptr[1]))
		return mg_fail(err, MGREG_UNIMPLEMENTED, "elements of type '%.*s' cannot be read", (int)MG_MIN(text.len, (size_t)40), text.ptr);
	h->swapped = text.ptr[0] == '>';
	h->kind = text.ptr[1];
	h->width = (size_t)width * (h->kind == 'U' ? 4 : 1);
	return 0;
}

static int
take_dictionary(struct cursor c, struct header *h, mgreg_error *err)
{
	bool descr = false, order = false, shape = false;
	mg_slice key, text;
	int rc;

	if (!take_char(&c, '{'))
		goto bad;
	while (!take_char(&c, '}')) {
		if (!take_string(&c, &key) || !take_char(&c, ':'))
			goto bad;
		if (mg_slice_eq(key, "descr")) {
			if (!take_string(&c, &text))
				return mg_fail(err, MGREG_UNIMPLEMENTED, "arrays of records cannot be read");
			if ((rc = take_descr(text, h, err)) != 0)
				return rc;
			descr = true;
		} else if (mg_slice_eq(key, "fortran_order")) {
			h->fortran = take_word(&c, "True");
			if (!h->fortran && !take_word(&c, "False"))
				goto bad;
			order = true;
		} else if (mg_slice_eq(key, "shape")) {
			if (!take_shape(&c, &h->shape))
				goto bad;
			shape = true;
		} else {
			goto bad;
		}
		if (!take_char(&c, ',')) {
			if (!take_char(&c, '}'))
				goto bad;
			break;
		}
	}
	if (descr && order && shape)
		return 0;
bad:
	return mg_fail(err, MGREG_DATA_LOSS, "the header of the array is damaged");
}

static int
read_header(const char *data, size_t size, struct header *h, mgreg_error *err)
{
	size_t at, len;

	if (size < 10 || memcmp(data, magic, sizeof(magic)) != 0)
		return mg_fail(err, MGREG_DATA_LOSS, "not a NumPy array file");
	if (data[6] < 1 || data[6] > 3)
		return mg_fail(err, MGREG_UNIMPLEMENTED, "version %d.%d of NumPy's format cannot be read", data[6], data[7]);
	at = data[6] == 1 ? 10 : 12;
	if (size < at)
		return mg_fail(err, MGREG_DATA_LOSS, "the header of the array is cut off");
	len = data[6] == 1 ? mg_load16(data + 8) : mg_load32(data + 8);
	if (len > size - at)
		return mg_fail(err, MGREG_DATA_LOSS, "the header of the array is cut off");
	h->data_at = at + len;
	return take_dictionary((struct cursor){ data + at, data + at + len }, h, err);
}

/* ---- elements ---- */

static mg_dtype
dtype_of(const struct header *h)
{
	static const struct { char kind; unsigned char width; mg_dtype dtype; } rows[] = {
		{ 'f', 2, MGREG_HALF }, { 'f', 4, MGREG_FLOAT }, { 'f', 8, MGREG_DOUBLE }, { 'i', 1, MGREG_INT8 }, { 'i', 2, MGREG_INT16 },
		{ 'i', 4, MGREG_INT32 }, { 'i', 8, MGREG_INT64 }, { 'u', 1, MGREG_UINT8 }, { 'u', 2, MGREG_UINT16 },
		{ 'u', 4, MGREG_UINT32 }, { 'u', 8, MGREG_UINT64 }, { 'b', 1, MGREG_BOOL }, { 'c', 8, MGREG_COMPLEX64 },
		{ 'c', 16, MGREG_COMPLEX128 },
	};

	if (h->kind == 'S' || h->kind == 'U')
		return MGREG_STRING;
	for (size_t i = 0; i < MG_COUNT(rows); i++)
		if (rows[i].kind == h->kind && rows[i].width == h->width)
			return rows[i].dtype;
	return MGREG_INVALID;
}

static void
swap(char *to, const char *from, size_t width)
{
	for (size_t i = 0; i < width; i++)
		to[i] = from[width - 1 - i];
}

/* Fixed-width text in code points -> UTF-8. */
static int
decode_text(const struct header *h, const char *from, mg_str *out, mgreg_error *err)
{
	mg_str_reset(out);
	for (size_t i = 0; i < h->width; i += 4) {
		uint32_t c = mg_load32(from + i);

		if (h->swapped)
			c = mg_swap32(c);
		if (c < 0x80) {
			mg_str_addc(out, (char)c);
		} else if (c < 0x800) {
			mg_str_addc(out, (char)(0xc0 | c >> 6));
			mg_str_addc(out, (char)(0x80 | (c & 0x3f)));
		} else if (c < 0x10000) {
			mg_str_addc(out, (char)(0xe0 | c >> 12));
			mg_str_addc(out, (char)(0x80 | (c >> 6 & 0x3f)));
			mg_str_addc(out, (char)(0x80 | (c & 0x3f)));
		} else if (c < 0x110000) {
			mg_str_addc(out, (char)(0xf0 | c >> 18));
			mg_str_addc(out, (char)(0x80 | (c >> 12 & 0x3f)));
			mg_str_addc(out, (char)(0x80 | (c >> 6 & 0x3f)));
			mg_str_addc(out, (char)(0x80 | (c & 0x3f)));
		} else {
			return mg_fail(err, MGREG_DATA_LOSS, "%08x is no character", c);
		}
	}
	return mg_str_check(out, err);
}

static int
put_element(const struct header *h, mg_tensor *t, int64_t i, const char *from, mg_str *text, mgreg_error *err)
{
	size_t len = h->width;
	int rc;

	if (t->dtype != MGREG_STRING) {
		char *to = (char *)t->data + (size_t)i * h->width;

		if (h->swapped && h->kind == 'c') {
			swap(to, from, len / 2);
			swap(to + len / 2, from + len / 2, len / 2);
		} else if (h->swapped) {
			swap(to, from, len);
		} else {
			memcpy(to, from, len);
		}
		return 0;
	}
	if (h->kind == 'U') {
		if ((rc = decode_text(h, from, text, err)) != 0)
			return rc;
		from = text->ptr;
		len = text->len;
	}
	while (len > 0 && from[len - 1] == '\0')        /* NumPy pads with zeros and does not tell */
		len--;
	return mg_tensor_set_string(t, i, from, len, err);
}

/* Where element I in row order lies when the first dimension runs fastest. */
static int64_t
fortran_place(const mg_shape *s, int64_t i)
{
	int64_t at[MG_MAX_RANK], place = 0;

	for (int d = s->rank - 1; d >= 0; d--) {
		at[d] = i % mg_shape_dim(s, d);
		i /= mg_shape_dim(s, d);
	}
	for (int d = s->rank - 1; d >= 0; d--)
		place = place * mg_shape_dim(s, d) + at[d];
	return place;
}

static int
fill(const struct header *h, const char *elements, mg_tensor *t, mgreg_error *err)
{
	mg_str text = MG_STR_INIT;
	int rc = 0;

	if (!h->swapped && !h->fortran && t->dtype != MGREG_STRING) {
		if (t->size > 0)
			memcpy(t->data, elements, t->size);
	} else {
		for (int64_t i = 0; rc == 0 && i < t->count; i++)
			rc = put_element(h, t, i, elements + (size_t)(h->fortran ? fortran_place(&h->shape, i) : i) * h->width, &text, err);
	}
	if (t->dtype == MGREG_BOOL)
		for (int64_t i = 0; i < t->count; i++)
			MG_DATA(t, uint8_t)[i] = MG_DATA(t, uint8_t)[i] != 0;
	mg_str_clear(&text);
	return rc;
}

int
mg_npy_decode(const void *data, size_t size, mg_tensor *out, mgreg_error *err)
{
	struct header h = { .shape = MG_SHAPE_SCALAR };
	mg_tensor t = { 0 };
	mg_dtype dtype;
	int64_t count;
	size_t want;
	int rc;

	MG_TRY(read_header(data, size, &h, err));
	if ((dtype = dtype_of(&h)) == MGREG_INVALID) {
		rc = mg_fail(err, MGREG_UNIMPLEMENTED, "elements of type '%c%zu' cannot be read", h.kind, h.width);
		goto out;
	}
	MG_TRY(mg_shape_count(&h.shape, &count, err));
	if (!mg_mul_size((size_t)count, h.width, &want) || want > size - h.data_at
		|| (h.width == 0 && (uint64_t)count > size * 64)) {      /* empty strings take no bytes */
		rc = mg_fail(err, MGREG_DATA_LOSS, "the array is cut off: %lld elements of %zu bytes, %zu bytes are left",
			(long long)count, h.width, size - h.data_at);
		goto out;
	}
	MG_TRY(mg_tensor_init(&t, dtype, &h.shape, err));
	MG_TRY(fill(&h, (const char *)data + h.data_at, &t, err));
	mg_tensor_move(out, &t);
out:
	mg_tensor_clear(&t);
	mg_shape_clear(&h.shape);
	return rc;
}

int
mg_npy_read(const char *path, mg_tensor *out, mgreg_error *err)
{
	mg_mapping map = { 0 };
	int rc;

	if ((rc = mg_file_map(path, &map, err)) != 0)
		return rc;
	rc = mg_npy_decode(map.data, map.size, out, err);
	mg_file_unmap(&map);
	return rc ? mg_wrap(err, rc, "%s", path) : 0;
}

/* ---- writing ---- */

static const char *const descrs[MG_DTYPE_MAX] = {
	[MGREG_FLOAT] = "<f4", [MGREG_DOUBLE] = "<f8", [MGREG_INT32] = "<i4", [MGREG_UINT8] = "|u1", [MGREG_INT16] = "<i2",
	[MGREG_INT8] = "|i1", [MGREG_COMPLEX64] = "<c8", [MGREG_INT64] = "<i8", [MGREG_BOOL] = "|b1", [MGREG_QINT8] = "|i1",
	[MGREG_QUINT8] = "|u1", [MGREG_QINT32] = "<i4", [MGREG_BFLOAT16] = "<f4", [MGREG_QINT16] = "<i2", [MGREG_QUINT16] = "<u2",
	[MGREG_UINT16] = "<u2", [MGREG_COMPLEX128] = "<c16", [MGREG_HALF] = "<f2", [MGREG_UINT32] = "<u4", [MGREG_UINT64] = "<u8",
};

static int
write_header(const mg_tensor *t, size_t longest, mg_str *out, mgreg_error *err)
{
	mg_str h = MG_STR_INIT;
	char len[4];
	size_t total, head;
	int rc;

	mg_str_add(&h, "{'descr': '");
	if (t->dtype == MGREG_STRING)
		mg_str_printf(&h, "|S%zu", longest);
	else
		mg_str_add(&h, descrs[t->dtype]);
	mg_str_add(&h, "', 'fortran_order': False, 'shape': (");
	for (int d = 0; d < mg_rank(t); d++)
		mg_str_printf(&h, "%s%lld%s", d > 0 ? ", " : "", (long long)mg_dim(t, d), mg_rank(t) == 1 ? "," : "");
	mg_str_add(&h, "), }");
	head = h.len + 1 + 10 <= UINT16_MAX ? 10 : 12;
	total = mg_align_up(head + h.len + 1, 64);
	while (!h.failed && head + h.len + 1 < total)
		mg_str_addc(&h, ' ');
	mg_str_addc(&h, '\n');
	if ((rc = mg_str_check(&h, err)) == 0) {
		mg_str_append(out, magic, sizeof(magic));
		mg_str_append(out, head == 10 ? "\1\0" : "\2\0", 2);
		mg_store32(len, (uint32_t)h.len);
		mg_str_append(out, len, head - 8);
		mg_str_append(out, h.ptr, h.len);
	}
	mg_str_clear(&h);
	return rc;
}

static int
longest_string(const mg_tensor *t, size_t *out, mgreg_error *err)
{
	*out = 1;
	for (int64_t i = 0; t->dtype == MGREG_STRING && i < t->count; i++) {
		mg_slice s = mg_tensor_string(t, i);

		if (s.len > 0 && s.ptr[s.len - 1] == '\0')
			return mg_fail(err, MGREG_UNIMPLEMENTED, "string %lld ends with a zero byte, which NumPy's format loses", (long long)i);
		*out = MG_MAX(*out, s.len);
	}
	return 0;
}

int
mg_npy_encode(const mg_tensor *t, mg_str *out, mgreg_error *err)
{
	size_t longest, from;
	int rc;

	if (!mg_tensor_is_set(t) || (t->dtype != MGREG_STRING && descrs[t->dtype] == NULL))
		return mg_fail(err, MGREG_UNIMPLEMENTED, "a tensor of dtype %s cannot be written as .npy", mg_dtype_name((int)t->dtype));
	if ((rc = longest_string(t, &longest, err)) != 0 || (rc = write_header(t, longest, out, err)) != 0)
		return rc;
	if (t->dtype == MGREG_STRING) {
		for (int64_t i = 0; !out->failed && i < t->count; i++) {
			mg_slice s = mg_tensor_string(t, i);

			from = out->len;
			mg_str_append(out, s.ptr, s.len);
			while (!out->failed && out->len - from < longest)
				mg_str_addc(out, '\0');
		}
	} else if (t->dtype == MGREG_BFLOAT16) {
		for (int64_t i = 0; !out->failed && i < t->count; i++) {
			float v = mg_bfloat16_to_float(MG_CDATA(t, uint16_t)[i]);

			mg_str_append(out, &v, sizeof(v));
		}
	} else {
		mg_str_append(out, t->data, t->size);
	}
	return mg_str_check(out, err);
}

int
mg_npy_write(const char *path, const mg_tensor *t, mgreg_error *err)
{
	mg_str bytes = MG_STR_INIT;
	int rc;

	if ((rc = mg_npy_encode(t, &bytes, err)) == 0)
		rc = mg_file_write(path, bytes.ptr, bytes.len, err);
	mg_str_clear(&bytes);
	return rc;
}
