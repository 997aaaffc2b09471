/* SPDX-License-Identifier: Apache-2.0 */
/* k_text.c - text: splitting, joining, searching, hashing, base 64, upper and lower case, formatting. */
#include "runtime/kernels/k_common.h"
#include <ctype.h>
#include <locale.h>
#include <wctype.h>
#include "base/bytes.h"
#include "base/fprint.h"
#include "base/regex.h"
#include "base/vec.h"
#include "runtime/kernels/k_utf.h"

/* ---- one string in, one string out ---- */

typedef int text_fn(mg_slice in, mg_str *out, const void *arg, mgreg_error *err);

static int
each_string(mg_kernel_ctx *k, text_fn *fn, const void *arg, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	mg_str text = MG_STR_INIT;
	mg_tensor *y;
	int rc = 0;

	MG_TRY(mg_kernel_output(k, 0, &x->shape, &y, err));
	for (int64_t i = 0; i < x->count; i++) {
		mg_str_reset(&text);
		MG_TRY(fn(mg_tensor_string(x, i), &text, arg, err));
		MG_TRY(mg_str_check(&text, err));
		MG_TRY(mg_tensor_set_string(y, i, text.ptr, text.len, err));
	}
out:
	mg_str_clear(&text);
	return rc;
}

static int
strip(mg_slice in, mg_str *out, const void *arg, mgreg_error *err)
{
	(void)arg, (void)err;
	while (in.len && isspace((unsigned char)in.ptr[0]))
		in.ptr++, in.len--;
	while (in.len && isspace((unsigned char)in.ptr[in.len - 1]))
		in.len--;
	mg_str_append(out, in.ptr, in.len);
	return 0;
}

static int strip_run(mg_kernel_ctx *k, mgreg_error *err) { return each_string(k, strip, NULL, err); }

typedef struct letters {
	bool     upper, utf8;
	locale_t locale;
} letters;

static int
change_case(mg_slice in, mg_str *out, const void *arg, mgreg_error *err)
{
	const letters *l = arg;

	(void)err;
	for (size_t i = 0; i < in.len;) {
		uint32_t c = (unsigned char)in.ptr[i];
		size_t n = 1;

		if (c < 0x80 || !l->utf8) {
			mg_str_addc(out, (char)(c >= 0x80 ? (int)c : l->upper ? toupper((int)c) : tolower((int)c)));
		} else if ((n = mg_utf8_get(in.ptr + i, in.len - i, &c)) == 0) {
			mg_utf8_put(out, 0xfffd);
			n = 1;
		} else {
			mg_utf8_put(out, l->locale ? (uint32_t)(l->upper ? towupper_l((wint_t)c, l->locale) : towlower_l((wint_t)c, l->locale)) : c);
		}
		i += n;
	}
	return 0;
}

static int
case_of(mg_kernel_ctx *k, bool upper, mgreg_error *err)
{
	letters l = { .upper = upper };
	mg_slice encoding = { "", 0 };
	int rc;

	mg_attr_get_string(mg_kernel_attrs(k), "encoding", &encoding);
	l.utf8 = mg_slice_eq(encoding, "utf-8");
	if (!l.utf8 && encoding.len)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "only utf-8 or '' (no encoding) is supported, received '%.*s'", (int)MG_MIN(encoding.len, (size_t)40), encoding.ptr);
	l.locale = l.utf8 ? newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0) : (locale_t)0;
	rc = each_string(k, change_case, &l, err);
	if (l.locale)
		freelocale(l.locale);
	return rc;
}

static int lower_run(mg_kernel_ctx *k, mgreg_error *err) { return case_of(k, false, err); }
static int upper_run(mg_kernel_ctx *k, mgreg_error *err) { return case_of(k, true, err); }

/* ---- base 64 of the web: - and _ ---- */

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static int
encode64(mg_slice in, mg_str *out, const void *arg, mgreg_error *err)
{
	bool pad = *(const bool *)arg;

	(void)err;
	for (size_t i = 0; i < in.len; i += 3) {
		const uint8_t *p = (const uint8_t *)in.ptr + i;
		size_t n = MG_MIN(in.len - i, (size_t)3);
		uint32_t v = (uint32_t)p[0] << 16 | (n > 1 ? (uint32_t)p[1] << 8 : 0) | (n > 2 ? p[2] : 0);

		for (size_t j = 0; j < 4; j++)
			if (j <= n)
				mg_str_addc(out, base64[v >> (18 - 6 * j) & 63]);
			else if (pad)
				mg_str_addc(out, '=');
	}
	return 0;
}

static int
decode64(mg_slice in, mg_str *out, const void *arg, mgreg_error *err)
{
	uint32_t v = 0;
	size_t n = in.len;

	(void)arg;
	for (int i = 0; i < 2 && n && n % 4 != 1 && in.ptr[n - 1] == '='; i++)
		n--;
	if (n % 4 == 1 || (n != in.len && in.len % 4))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "base64 string has invalid length %zu", in.len);
	for (size_t i = 0; i < n; i++) {
		const char *at = in.ptr[i] ? strchr(base64, in.ptr[i]) : NULL;

		if (!at)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "invalid character found in base64: byte %zu", i);
		v = v << 6 | (uint32_t)(at - base64);
		if (i % 4 != 0)
			mg_str_addc(out, (char)(v >> (6 - 2 * (i % 4))));
		v &= 0xff;
	}
	return 0;
}

static int
encode64_run(mg_kernel_ctx *k, mgreg_error *err)
{
	bool pad = mg_k_attr_bool(mg_kernel_attrs(k), "pad", false);

	return each_string(k, encode64, &pad, err);
}

static int decode64_run(mg_kernel_ctx *k, mgreg_error *err) { return each_string(k, decode64, NULL, err); }

/* ---- regular expressions ---- */

static int
pattern_of(mg_kernel_ctx *k, int input, mg_regex **out, mgreg_error *err)
{
	mg_slice p = { "", 0 };

	if (input < 0) {
		mg_attr_get_string(mg_kernel_attrs(k), "pattern", &p);
	} else {
		const mg_tensor *t = mg_kernel_input(k, input);

		if (mg_rank(t))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "pattern must be a scalar");
		p = mg_tensor_string(t, 0);
	}
	if (mg_regex_new(out, p.ptr, p.len, err))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "invalid pattern: %.*s", (int)MG_MIN(p.len, (size_t)100), p.ptr);
	return 0;
}

static int
full_match(mg_kernel_ctx *k, int input, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	mg_regex *re;
	mg_tensor *y;
	int rc;

	if ((rc = pattern_of(k, input, &re, err)) != 0)
		return rc;
	if ((rc = mg_kernel_output(k, 0, &x->shape, &y, err)) == 0)
		for (int64_t i = 0; i < x->count; i++)
			MG_DATA(y, bool)[i] = mg_regex_fullmatch(re, mg_tensor_string(x, i).ptr, mg_tensor_string(x, i).len);
	mg_regex_free(re);
	return rc;
}

static int full_match_run(mg_kernel_ctx *k, mgreg_error *err) { return full_match(k, 1, err); }
static int static_full_match_run(mg_kernel_ctx *k, mgreg_error *err) { return full_match(k, -1, err); }

typedef struct rewriting {
	mg_regex *re;
	mg_slice  rewrite;
	bool      all;
} rewriting;

static int
replace_one(mg_slice in, mg_str *out, const void *arg, mgreg_error *err)
{
	const rewriting *r = arg;

	return mg_regex_replace(r->re, in, r->rewrite, r->all, out, err);
}

static int
replace(mg_kernel_ctx *k, int input, mgreg_error *err)
{
	rewriting r = { .all = mg_k_attr_bool(mg_kernel_attrs(k), "replace_global", true) };
	int rc;

	if (input < 0) {
		mg_attr_get_string(mg_kernel_attrs(k), "rewrite", &r.rewrite);
	} else {
		if (mg_rank(mg_kernel_input(k, 2)))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "rewrite must be a scalar");
		r.rewrite = mg_tensor_string(mg_kernel_input(k, 2), 0);
	}
	if ((rc = pattern_of(k, input, &r.re, err)) != 0)
		return rc;
	rc = each_string(k, replace_one, &r, err);
	mg_regex_free(r.re);
	return rc;
}

static int replace_run(mg_kernel_ctx *k, mgreg_error *err) { return replace(k, 1, err); }
static int static_replace_run(mg_kernel_ctx *k, mgreg_error *err) { return replace(k, -1, err); }

/* ---- lengths and parts ---- */

static int
length_run(mg_kernel_ctx *k, mgreg_error *err)
{
	bool chars = mg_k_attr_is(mg_kernel_attrs(k), "unit", "UTF8_CHAR");
	const mg_tensor *x = mg_kernel_input(k, 0);
	mg_tensor *y;
	int rc = mg_kernel_output(k, 0, &x->shape, &y, err);

	for (int64_t i = 0; rc == 0 && i < x->count; i++) {
		mg_slice s = mg_tensor_string(x, i);

		MG_DATA(y, int32_t)[i] = (int32_t)(chars ? mg_utf8_count(s) : s.len);
	}
	return rc;
}

static int
part_of(mg_slice s, int64_t pos, int64_t len, bool chars, int64_t i, mg_slice *out, mgreg_error *err)
{
	int64_t size = (int64_t)(chars ? mg_utf8_count(s) : s.len), begin = pos < 0 ? size + pos : pos;

	if (begin < 0 || begin > size)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "pos %lld out of range for string '%.*s' at index %lld", (long long)pos, (int)MG_MIN(s.len, (size_t)60), s.ptr,
			(long long)i);
	len = MG_MAX((int64_t)0, MG_MIN(len, size - begin));
	if (chars) {
		size_t from = mg_utf8_offset(s, (size_t)begin), to = mg_utf8_offset(s, (size_t)(begin + len));

		*out = (mg_slice){ s.ptr + from, to - from };
	} else {
		*out = (mg_slice){ s.ptr + begin, (size_t)len };
	}
	return 0;
}

/* Element of T (same rank as OUT or lower) that goes with flat index I of OUT. */
static int64_t
broadcast_at(const mg_tensor *t, const mg_tensor *out, int64_t i)
{
	int64_t at = 0, stride = 1;

	for (int d = mg_rank(out); d-- > 0;) {
		int own = d - (mg_rank(out) - mg_rank(t));
		int64_t x = i % mg_dim(out, d);

		i /= mg_dim(out, d);
		if (own < 0)
			break;
		at += (mg_dim(t, own) == 1 ? 0 : x) * stride;
		stride *= mg_dim(t, own);
	}
	return at;
}

static int
substr_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0), *pos = mg_kernel_input(k, 1), *len = mg_kernel_input(k, 2);
	bool chars = mg_k_attr_is(mg_kernel_attrs(k), "unit", "UTF8_CHAR");
	mg_shape shape = MG_SHAPE_SCALAR;
	mg_tensor *y;
	int rc = 0;

	if (!mg_shape_equal(&pos->shape, &len->shape))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "pos and len should have the same shape");
	MG_TRY(mg_bcast_shape(&x->shape, &pos->shape, &shape, err));
	MG_TRY(mg_kernel_output(k, 0, &shape, &y, err));
	for (int64_t i = 0; i < y->count; i++) {
		mg_slice s = mg_tensor_string(x, broadcast_at(x, y, i)), part = s;
		int64_t p = broadcast_at(pos, y, i);

		MG_TRY(part_of(s, mg_k_int(pos, p), mg_k_int(len, p), chars, i, &part, err));
		MG_TRY(mg_tensor_set_string(y, i, part.ptr, part.len, err));
	}
out:
	mg_shape_clear(&shape);
	return rc;
}

/* ---- splitting ---- */

typedef struct pieces {
	MG_VEC(mg_slice) at;
	MG_VEC(int64_t)  counts;        /* per input */
} pieces;

static bool
keep(pieces *p, const char *ptr, size_t len)
{
	mg_slice s = { ptr, len };

	return mg_vec_push(&p->at, s);
}

/* Any byte of SEP separates; without SEP every byte is a piece. */
static bool
split_v1(pieces *p, mg_slice s, mg_slice sep, bool skip_empty)
{
	size_t from = 0;

	if (sep.len == 0) {
		for (size_t i = 0; i < s.len; i++)
			if (!keep(p, s.ptr + i, 1))
				return false;
		return true;
	}
	for (size_t i = 0; i <= s.len; i++) {
		if (i < s.len && !memchr(sep.ptr, s.ptr[i], sep.len))
			continue;
		if ((i > from || !skip_empty) && !keep(p, s.ptr + from, i - from))
			return false;
		from = i + 1;
	}
	return true;
}

/* SEP as a whole separates; without SEP runs of blanks do.  At most MAX cuts (-1: any number). */
static bool
split_v2(pieces *p, mg_slice s, mg_slice sep, int64_t max)
{
	int64_t cuts = 0;

	if (max == 0)
		return keep(p, s.ptr, s.len);
	if (sep.len == 0) {
		for (;;) {
			size_t n = 0;

			while (s.len && isspace((unsigned char)s.ptr[0]))
				s.ptr++, s.len--;
			if (cuts && cuts == max)
				return keep(p, s.ptr, s.len);
			while (n < s.len && !isspace((unsigned char)s.ptr[n]))
				n++;
			if (n == 0)
				return true;
			if (!keep(p, s.ptr, n))
				return false;
			s.ptr += n;
			s.len -= n;
			cuts++;
		}
	}
	while (max < 0 || cuts < max) {
		const char *at = s.len >= sep.len ? memmem(s.ptr, s.len, sep.ptr, sep.len) : NULL;

		if (!at)
			break;
		if (!keep(p, s.ptr, (size_t)(at - s.ptr)))
			return false;
		s.len -= (size_t)(at - s.ptr) + sep.len;
		s.ptr = at + sep.len;
		cuts++;
	}
	return keep(p, s.ptr, s.len);
}

static int
put_pieces(mg_kernel_ctx *k, const pieces *p, mgreg_error *err)
{
	int64_t n = (int64_t)p->at.len, most = 0, at = 0;
	mg_tensor *indices, *values, *shape;
	int rc;

	if ((rc = mg_kernel_output_dims(k, 0, (int64_t[]){ n, 2 }, 2, &indices, err)) != 0 || (rc = mg_kernel_output_dims(k, 1, &n, 1, &values, err)) != 0
	    || (rc = mg_kernel_output_dims(k, 2, (int64_t[]){ 2 }, 1, &shape, err)) != 0)
		return rc;
	for (size_t i = 0; i < p->counts.len; i++) {
		for (int64_t j = 0; j < p->counts.at[i]; j++, at++) {
			MG_DATA(indices, int64_t)[2 * at] = (int64_t)i;
			MG_DATA(indices, int64_t)[2 * at + 1] = j;
			if ((rc = mg_tensor_set_string(values, at, p->at.at[at].ptr, p->at.at[at].len, err)) != 0)
				return rc;
		}
		most = MG_MAX(most, p->counts.at[i]);
	}
	MG_DATA(shape, int64_t)[0] = (int64_t)p->counts.len;
	MG_DATA(shape, int64_t)[1] = most;
	return 0;
}

static int
split(mg_kernel_ctx *k, bool v2, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0), *sep = mg_kernel_input(k, 1);
	int64_t max = mg_k_attr_int(mg_kernel_attrs(k), "maxsplit", -1);
	bool skip = mg_k_attr_bool(mg_kernel_attrs(k), "skip_empty", true);
	pieces p = { .at = { 0 } };
	int rc = 0;

	if (mg_rank(x) != 1 || mg_rank(sep) != 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "input must be a vector and the delimiter a scalar");
	for (int64_t i = 0; i < x->count; i++) {
		size_t before = p.at.len;
		int64_t n;

		if (!(v2 ? split_v2(&p, mg_tensor_string(x, i), mg_tensor_string(sep, 0), max) : split_v1(&p, mg_tensor_string(x, i), mg_tensor_string(sep, 0), skip))) {
			rc = mg_fail_nomem(err, 0);
			goto out;
		}
		n = (int64_t)(p.at.len - before);
		if (!mg_vec_push(&p.counts, n)) {
			rc = mg_fail_nomem(err, 0);
			goto out;
		}
	}
	rc = put_pieces(k, &p, err);
out:
	mg_vec_clear(&p.at);
	mg_vec_clear(&p.counts);
	return rc;
}

static int split_v1_run(mg_kernel_ctx *k, mgreg_error *err) { return split(k, false, err); }
static int split_v2_run(mg_kernel_ctx *k, mgreg_error *err) { return split(k, true, err); }

/* ---- joining ---- */

static mg_slice
separator_of(mg_kernel_ctx *k)
{
	mg_slice s = { "", 0 };

	mg_attr_get_string(mg_kernel_attrs(k), "separator", &s);
	return s;
}

/* The first listed dimension runs fastest. */
static int
reduce_join_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0), *axes = mg_kernel_input(k, 1);
	bool keep_dims = mg_k_attr_bool(mg_kernel_attrs(k), "keep_dims", false), reduced[MG_MAX_RANK] = { false };
	int64_t strides[MG_MAX_RANK + 1], dims[MG_MAX_RANK], joined = 1;
	int order[MG_MAX_RANK], count = 0, rank = mg_rank(x), left = 0, rc = 0;
	mg_slice sep = separator_of(k);
	mg_str text = MG_STR_INIT;
	mg_tensor *y;

	if (axes->count == 0)
		return mg_kernel_share(k, 0, x, err);
	mg_k_strides(mg_shape_cdims(&x->shape), rank, strides);
	for (int64_t i = 0; i < axes->count; i++) {
		int axis;

		MG_TRY(mg_k_axis_value(mg_k_int(axes, i), rank, "reduction dimension", &axis, err));
		if (reduced[axis]) {
			rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "duplicate reduction dimension %d", axis);
			goto out;
		}
		reduced[axis] = true;
		order[count++] = axis;
		joined *= mg_dim(x, axis);
	}
	for (int d = 0; d < rank; d++)
		if (!reduced[d] || keep_dims)
			dims[left++] = reduced[d] ? 1 : mg_dim(x, d);
	MG_TRY(mg_kernel_output_dims(k, 0, dims, left, &y, err));
	for (int64_t i = 0; i < y->count; i++) {
		int64_t base = 0, rest = i;

		for (int d = rank; d-- > 0;)
			if (!reduced[d]) {
				base += rest % mg_dim(x, d) * strides[d];
				rest /= mg_dim(x, d);
			}
		mg_str_reset(&text);
		for (int64_t j = 0; j < joined; j++) {
			int64_t at = base, r = j;

			for (int c = 0; c < count; c++) {
				at += r % mg_dim(x, order[c]) * strides[order[c]];
				r /= mg_dim(x, order[c]);
			}
			if (j)
				mg_str_append(&text, sep.ptr, sep.len);
			mg_str_append(&text, mg_tensor_string(x, at).ptr, mg_tensor_string(x, at).len);
		}
		MG_TRY(mg_str_check(&text, err));
		MG_TRY(mg_tensor_set_string(y, i, text.ptr, text.len, err));
	}
out:
	mg_str_clear(&text);
	return rc;
}

static int
segment_join_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0), *ids = mg_kernel_input(k, 1);
	int64_t dims[MG_MAX_RANK + 1], segments, inner = 1;
	int rank = mg_rank(ids), n = 0, rc = 0;
	mg_slice sep = separator_of(k);
	mg_str *texts = NULL;
	bool *begun = NULL;
	mg_tensor *y = NULL;

	MG_TRY(mg_k_scalar(mg_kernel_input(k, 2), "num_segments", &segments, err));
	if (segments < 0 || rank > mg_rank(x)) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "num_segments must not be negative, and the shape of segment_ids a prefix of that of inputs");
		goto out;
	}
	for (int d = 0; d < rank; d++)
		if (mg_dim(ids, d) != mg_dim(x, d)) {
			rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "the shape of segment_ids must be a prefix of that of inputs");
			goto out;
		}
	dims[n++] = segments;
	for (int d = rank; d < mg_rank(x); d++) {
		dims[n++] = mg_dim(x, d);
		inner *= mg_dim(x, d);
	}
	MG_TRY(mg_kernel_output_dims(k, 0, dims, n, &y, err));
	texts = mg_calloc((size_t)y->count + 1, sizeof(*texts));
	begun = mg_calloc((size_t)y->count + 1, sizeof(*begun));
	if (!texts || !begun) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	for (int64_t i = 0; i < y->count; i++)
		mg_str_init(&texts[i]);
	for (int64_t i = 0; i < ids->count; i++) {
		int64_t id = mg_k_int(ids, i);

		if (id < 0)
			continue;
		if (id >= segments) {
			rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "segment_ids[%lld] = %lld is out of range [0, %lld)", (long long)i, (long long)id, (long long)segments);
			goto out;
		}
		for (int64_t j = 0; j < inner; j++) {
			int64_t to = id * inner + j;

			if (begun[to])
				mg_str_append(&texts[to], sep.ptr, sep.len);
			begun[to] = true;
			mg_str_append(&texts[to], mg_tensor_string(x, i * inner + j).ptr, mg_tensor_string(x, i * inner + j).len);
		}
	}
	for (int64_t i = 0; i < y->count; i++) {
		MG_TRY(mg_str_check(&texts[i], err));
		MG_TRY(mg_tensor_set_string(y, i, texts[i].ptr, texts[i].len, err));
	}
out:
	for (int64_t i = 0; texts && i < y->count && begun; i++)
		mg_str_clear(&texts[i]);
	mg_free(texts);
	mg_free(begun);
	return rc;
}

/* ---- hashing ---- */

static uint64_t
hash64(mg_slice s)
{
	const uint64_t m = UINT64_C(0xc6a4a7935bd1e995);
	uint64_t h = UINT64_C(0xDECAFCAFFE) ^ (s.len * m);
	const uint8_t *p = (const uint8_t *)s.ptr;
	size_t n = s.len;

	for (; n >= 8; p += 8, n -= 8) {
		uint64_t v = mg_load64(p) * m;

		v ^= v >> 47;
		h = (h ^ v * m) * m;
	}
	if (n) {
		for (size_t i = 0; i < n; i++)
			h ^= (uint64_t)p[i] << (8 * i);
		h *= m;
	}
	h ^= h >> 47;
	h *= m;
	return h ^ h >> 47;
}

static uint64_t
rotate(uint64_t v, int n)
{
	return v << n | v >> (64 - n);
}

static void
sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] = rotate(v[0], 32);
	v[2] += v[1];
	v[0] += v[3];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] = rotate(v[2], 32);
}

/* SipHash-2-4. */
static uint64_t
sip_hash(mg_slice s, const uint64_t key[2])
{
	uint64_t v[4] = { key[0] ^ UINT64_C(0x736f6d6570736575), key[1] ^ UINT64_C(0x646f72616e646f6d), key[0] ^ UINT64_C(0x6c7967656e657261),
		key[1] ^ UINT64_C(0x7465646279746573) }, last = (uint64_t)s.len << 56;
	size_t i = 0;

	for (; i + 8 <= s.len; i += 8) {
		uint64_t m = mg_load64(s.ptr + i);

		v[3] ^= m;
		sip_round(v);
		sip_round(v);
		v[0] ^= m;
	}
	for (size_t j = 0; i + j < s.len; j++)
		last |= (uint64_t)(uint8_t)s.ptr[i + j] << (8 * j);
	v[3] ^= last;
	sip_round(v);
	sip_round(v);
	v[0] ^= last;
	v[2] ^= 0xff;
	for (int r = 0; r < 4; r++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

enum hash { HASH_OLD, HASH_FAST, HASH_STRONG };

static int
hash(mg_kernel_ctx *k, enum hash which, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	uint64_t buckets = (uint64_t)mg_k_attr_int(mg_kernel_attrs(k), "num_buckets", 1), key[2] = { 0, 0 };
	int64_t parts[2];
	mg_tensor *y;
	int rc;

	if (which == HASH_STRONG) {
		if ((rc = mg_k_attr_ints(mg_kernel_attrs(k), "key", parts, 2, err)) != 0)
			return rc;
		key[0] = (uint64_t)parts[0];
		key[1] = (uint64_t)parts[1];
	}
	if ((rc = mg_kernel_output(k, 0, &x->shape, &y, err)) != 0)
		return rc;
	for (int64_t i = 0; i < x->count; i++) {
		mg_slice s = mg_tensor_string(x, i);
		uint64_t h = which == HASH_OLD ? hash64(s) : which == HASH_FAST ? mg_fingerprint64(s.ptr, s.len) : sip_hash(s, key);

		MG_DATA(y, int64_t)[i] = (int64_t)(h % buckets);
	}
	return 0;
}

static int hash_old_run(mg_kernel_ctx *k, mgreg_error *err) { return hash(k, HASH_OLD, err); }
static int hash_fast_run(mg_kernel_ctx *k, mgreg_error *err) { return hash(k, HASH_FAST, err); }
static int hash_strong_run(mg_kernel_ctx *k, mgreg_error *err) { return hash(k, HASH_STRONG, err); }

/* ---- StringFormat: tensors as text, ends of long dimensions only ---- */

static void
summary(const mg_tensor *t, int d, int64_t at, int64_t stride, int64_t ends, mg_str *out)
{
	int64_t n;

	if (d == mg_rank(t)) {
		if (t->dtype == MGREG_STRING)
			mg_str_printf(out, "\"%.*s\"", (int)mg_tensor_string(t, at).len, mg_tensor_string(t, at).ptr);
		else
			mg_tensor_print_element(t, at, out);
		return;
	}
	n = mg_dim(t, d);
	stride = n ? stride / n : 0;
	mg_str_addc(out, '[');
	for (int64_t i = 0; i < n; i++) {
		if (ends >= 0 && n > 2 * ends && i == ends) {
			mg_str_add(out, ends ? " ..." : "...");
			i = n - ends;
			if (i >= n)
				break;
		}
		if (i) {
			for (int b = d + 1; b < mg_rank(t); b++)
				mg_str_addc(out, '\n');
			if (d + 1 == mg_rank(t))
				mg_str_addc(out, ' ');
			else
				for (int b = 0; b <= d; b++)
					mg_str_addc(out, ' ');
		}
		summary(t, d + 1, at + i * stride, stride, ends, out);
	}
	mg_str_addc(out, ']');
}

static int
format_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_attrs *attrs = mg_kernel_attrs(k);
	mg_slice rest = { "%s", 2 }, mark = { "%s", 2 };
	int64_t ends = mg_k_attr_int(attrs, "summarize", 3);
	mg_str text = MG_STR_INIT;
	mg_tensor y = { 0 };
	int used = 0, n = mg_kernel_input_count(k), rc = 0;

	mg_attr_get_string(attrs, "template", &rest);
	mg_attr_get_string(attrs, "placeholder", &mark);
	for (;;) {
		const char *at = mark.len && rest.len >= mark.len ? memmem(rest.ptr, rest.len, mark.ptr, mark.len) : NULL;

		mg_str_append(&text, rest.ptr, at ? (size_t)(at - rest.ptr) : rest.len);
		if (!at)
			break;
		rest = (mg_slice){ at + mark.len, rest.len - (size_t)(at - rest.ptr) - mark.len };
		if (used < n)
			summary(mg_kernel_input(k, used), 0, 0, mg_kernel_input(k, used)->count, ends, &text);
		used++;
	}
	if (used != n) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "num placeholders in template and num inputs must match: %d vs. %d", used, n);
		goto out;
	}
	MG_TRY(mg_str_check(&text, err));
	MG_TRY(mg_tensor_init_string(&y, text.ptr, text.len, err));
	mg_kernel_take(k, 0, &y);
out:
	mg_str_clear(&text);
	return rc;
}

const mg_kernel mg_kernels_text[] = {
	{ "StringStrip", .run = strip_run }, { "StringLower", .run = lower_run }, { "StringUpper", .run = upper_run },
	{ "EncodeBase64", .run = encode64_run }, { "DecodeBase64", .run = decode64_run },
	{ "RegexFullMatch", .run = full_match_run }, { "StaticRegexFullMatch", .run = static_full_match_run },
	{ "RegexReplace", .run = replace_run }, { "StaticRegexReplace", .run = static_replace_run },
	{ "StringLength", .run = length_run }, { "Substr", .run = substr_run },
	{ "StringSplit", .run = split_v1_run }, { "StringSplitV2", .run = split_v2_run },
	{ "ReduceJoin", .run = reduce_join_run }, { "UnsortedSegmentJoin", .run = segment_join_run },
	{ "StringToHashBucket", .run = hash_old_run }, { "StringToHashBucketFast", .run = hash_fast_run },
	{ "StringToHashBucketStrong", .run = hash_strong_run }, { "StringFormat", .run = format_run },
	{ .op = NULL }
};
