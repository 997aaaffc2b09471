/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slice_key.c - the key under which a slice of a tensor lies in a table, in an encoding whose byte order is that of the parts:
 *
 *	num(0) str(name) num(rank) { snum(start) snum(length) } per dimension; a whole dimension is 0, -1
 *
 *	num    1 byte: how many bytes follow; then the number, most significant first
 *	str    the bytes, 00 as 00 FF, FF as FF 00; then 00 01
 *	snum   header bits tell length and sign, then the low bits, most significant first
 */
#include "base/base.h"
#include "ckpt/ckpt_internal.h"

static void
put_num(mg_str *out, uint64_t v)
{
	char buf[9];
	int n = 0;

	for (uint64_t rest = v; rest; rest >>= 8)
		n++;
	buf[0] = (char)n;
	for (int i = 0; i < n; i++)
		buf[1 + i] = (char)(v >> (8 * (n - 1 - i)));
	mg_str_append(out, buf, (size_t)n + 1);
}

static void
put_string(mg_str *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		mg_str_addc(out, text[i]);
		if (text[i] == 0)
			mg_str_addc(out, (char)0xff);
		else if ((uint8_t)text[i] == 0xff)
			mg_str_addc(out, 0);
	}
	mg_str_append(out, "\0\1", 2);
}

/* Header bits of a number of N bytes: in its first byte, in its second. */
static const uint8_t header[11][2] = {
	{ 0, 0 }, { 0x80, 0 }, { 0xc0, 0 }, { 0xe0, 0 }, { 0xf0, 0 }, { 0xf8, 0 }, { 0xfc, 0 }, { 0xfe, 0 }, { 0xff, 0 },
	{ 0xff, 0x80 }, { 0xff, 0xc0 },
};

static void
put_snum(mg_str *out, int64_t v)
{
	uint64_t x = (uint64_t)(v < 0 ? ~v : v);
	uint8_t wide[10];
	int bits = x ? 64 - __builtin_clzll(x) : 0, n = bits / 7 + 1;

	wide[0] = wide[1] = v < 0 ? 0xff : 0;
	for (int i = 0; i < 8; i++)
		wide[2 + i] = (uint8_t)((uint64_t)v >> (56 - 8 * i));
	wide[10 - n] ^= header[n][0];
	if (n > 1)
		wide[10 - n + 1] ^= header[n][1];
	mg_str_append(out, wide + 10 - n, (size_t)n);
}

void
mg_slice_key(const char *name, const mg_tslice *slice, mg_str *out)
{
	put_num(out, 0);
	put_string(out, name, strlen(name));
	put_num(out, (uint64_t)slice->rank);
	for (int d = 0; d < slice->rank; d++) {
		put_snum(out, slice->length[d] < 0 ? 0 : slice->start[d]);
		put_snum(out, slice->length[d] < 0 ? -1 : slice->length[d]);
	}
}

/* ---- reading ---- */

static bool
get_num(const uint8_t **at, const uint8_t *end, uint64_t *out)
{
	const uint8_t *p = *at;
	unsigned n;

	if (p == end || (n = *p++) > 8 || (size_t)(end - p) < n || (n > 0 && *p == 0))
		return false;
	*out = 0;
	for (unsigned i = 0; i < n; i++)
		*out = *out << 8 | *p++;
	*at = p;
	return true;
}

static bool
get_string(const uint8_t **at, const uint8_t *end, mg_str *out)
{
	for (const uint8_t *p = *at; end - p >= 2; p++) {
		if (*p == 0 && p[1] == 1) {
			*at = p + 2;
			return true;
		}
		if (*p == 0 || *p == 0xff) {
			if (p[1] != (*p ^ 0xff))
				return false;
			mg_str_addc(out, (char)*p++);
		} else {
			mg_str_addc(out, (char)*p);
		}
	}
	return false;
}

static bool
get_snum(const uint8_t **at, const uint8_t *end, int64_t *out)
{
	const uint8_t *p = *at;
	bool negative;
	uint8_t wide[10];
	unsigned n;
	uint64_t v = 0;

	if (p == end)
		return false;
	negative = !(*p & 0x80);
	/* As a positive one, the first bytes have N leading ones and a zero behind them. */
	for (n = 0; n < 10; n++) {
		uint8_t byte;

		if (n / 8 >= (size_t)(end - p))
			return false;
		byte = (uint8_t)(negative ? ~p[n / 8] : p[n / 8]);
		if (!(byte >> (7 - n % 8) & 1))
			break;
	}
	if (n == 0 || (size_t)(end - p) < n)
		return false;
	memset(wide, negative ? 0xff : 0, sizeof(wide));
	memcpy(wide + 10 - n, p, n);
	wide[10 - n] ^= header[n][0];
	if (n > 1)
		wide[10 - n + 1] ^= header[n][1];
	for (int i = 2; i < 10; i++)
		v = v << 8 | wide[i];
	*out = (int64_t)v;
	*at = p + n;
	/* What does not fit 64 bits, or fits fewer bytes, was not written by an encoder. */
	{
		mg_str again = MG_STR_INIT;
		bool same;

		put_snum(&again, *out);
		same = again.len == n && memcmp(again.ptr, p, n) == 0;
		mg_str_clear(&again);
		return same;
	}
}

int
mg_slice_key_parse(mg_slice key, const char **name, mg_tslice *slice, mg_arena *arena, mgreg_error *err)
{
	const uint8_t *at = (const uint8_t *)key.ptr, *end = at + key.len;
	mg_str text = MG_STR_INIT;
	uint64_t zero, rank;
	int64_t *both;
	int rc = 0;

	if (!get_num(&at, end, &zero) || zero != 0 || !get_string(&at, end, &text) || !get_num(&at, end, &rank)
		|| rank == 0 || rank > MG_MAX_RANK || memchr(text.ptr, 0, text.len))
		goto bad;
	if ((both = mg_arena_zalloc(arena, (size_t)rank * 2, sizeof(*both))) == NULL
		|| (*name = mg_arena_strndup(arena, text.ptr, text.len)) == NULL) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	for (uint64_t d = 0; d < rank; d++) {
		int64_t start, length;

		if (!get_snum(&at, end, &start) || !get_snum(&at, end, &length) || start < 0 || length < -1
			|| (length < 0 ? start != 0 : start > INT64_MAX - length))
			goto bad;
		both[d] = start;
		both[rank + d] = length;
	}
	if (at != end)
		goto bad;
	*slice = (mg_tslice){ (int)rank, both, both + rank };
	goto out;
bad:
	rc = mg_fail(err, MGREG_DATA_LOSS, "the key of a slice is damaged");
out:
	mg_str_clear(&text);
	return rc;
}
