/* SPDX-License-Identifier: Apache-2.0 */
/* str.c - growing byte strings, slices, globs, UTF-8. */
#include "base/base.h"
#include "base/str.h"

char mg_str_empty[1];

void
mg_str_init(mg_str *s)
{
	*s = (mg_str)MG_STR_INIT;
}

void
mg_str_clear(mg_str *s)
{
	if (s->cap)
		mg_free(s->ptr);
	mg_str_init(s);
}

void
mg_str_reset(mg_str *s)
{
	s->len = 0;
	s->failed = false;
	if (s->cap)
		s->ptr[0] = '\0';
}

void
mg_str_reserve(mg_str *s, size_t more)
{
	size_t want, cap;
	char *p;

	if (s->failed)
		return;
	if (!mg_add_size(s->len, more, &want) || !mg_add_size(want, 1, &want)) {
		s->failed = true;
		return;
	}
	if (want <= s->cap)
		return;
	cap = MG_MAX(s->cap < SIZE_MAX / 2 ? s->cap * 2 : want, (size_t)32);
	cap = MG_MAX(cap, want);
	p = mg_resize(s->cap ? s->ptr : NULL, 1, cap);
	if (!p) {
		s->failed = true;
		return;
	}
	if (!s->cap)
		p[0] = '\0';
	s->ptr = p;
	s->cap = cap;
}

void
mg_str_append(mg_str *s, const void *data, size_t len)
{
	mg_str_reserve(s, len);
	if (s->failed || len == 0)
		return;
	memcpy(s->ptr + s->len, data, len);
	s->len += len;
	s->ptr[s->len] = '\0';
}

void
mg_str_add(mg_str *s, const char *text)
{
	mg_str_append(s, text, strlen(text));
}

void
mg_str_addc(mg_str *s, char c)
{
	mg_str_append(s, &c, 1);
}

void
mg_str_vprintf(mg_str *s, const char *fmt, va_list args)
{
	va_list again;
	int n;

	va_copy(again, args);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0)
		s->failed = true;
	mg_str_reserve(s, n < 0 ? 0 : (size_t)n);
	if (s->failed)
		return;
	vsnprintf(s->ptr + s->len, (size_t)n + 1, fmt, args);
	s->len += (size_t)n;
}

void
mg_str_printf(mg_str *s, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	mg_str_vprintf(s, fmt, args);
	va_end(args);
}

int
mg_str_check(const mg_str *s, mgreg_error *err)
{
	return s->failed ? mg_fail_nomem(err, 0) : 0;
}

char *
mg_str_take(mg_str *s, size_t *len)
{
	char *p = NULL;

	if (!s->failed && !s->cap)
		mg_str_reserve(s, 0);
	if (!s->failed) {
		p = s->ptr;
		if (len)
			*len = s->len;
		mg_str_init(s);
	} else {
		mg_str_clear(s);
	}
	return p;
}

bool
mg_slice_eq(mg_slice a, const char *text)
{
	size_t len = strlen(text);

	return a.len == len && memcmp(a.ptr, text, len) == 0;
}

int
mg_slice_cmp(mg_slice a, mg_slice b)
{
	size_t n = MG_MIN(a.len, b.len);
	int c = n ? memcmp(a.ptr, b.ptr, n) : 0;

	return c ? c : a.len < b.len ? -1 : a.len > b.len;
}

bool
mg_slice_split(mg_slice *rest, char sep, mg_slice *field)
{
	const char *end;

	if (!rest->ptr)
		return false;
	end = rest->len ? memchr(rest->ptr, sep, rest->len) : NULL;
	field->ptr = rest->ptr;
	if (!end) {
		field->len = rest->len;
		rest->ptr = NULL;
		rest->len = 0;
		return true;
	}
	field->len = (size_t)(end - rest->ptr);
	rest->len -= field->len + 1;
	rest->ptr = end + 1;
	return true;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

mg_slice
mg_slice_trim(mg_slice s)
{
	while (s.len && is_blank(s.ptr[0])) {
		s.ptr++;
		s.len--;
	}
	while (s.len && is_blank(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

bool
mg_starts_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool
mg_ends_with(const char *text, const char *suffix)
{
	size_t n = strlen(text), m = strlen(suffix);

	return n >= m && memcmp(text + n - m, suffix, m) == 0;
}

/* Matches one [set] at *P, which stands behind the bracket; *P moves behind the set.  An unclosed set is false. */
static bool
glob_set(const char **p, unsigned char c)
{
	const char *s = *p;
	bool negate = *s == '!' || *s == '^', found = false;

	if (negate)
		s++;
	do {
		unsigned char lo = (unsigned char)*s, hi = lo;
		if (!lo)
			return false;
		if (s[1] == '-' && s[2] && s[2] != ']') {
			hi = (unsigned char)s[2];
			s += 2;
		}
		found |= lo <= c && c <= hi;
		s++;
	} while (*s != ']');
	*p = s + 1;
	return found != negate;
}

/* One star is enough to go back to: linear memory, at most |pattern| * |text| steps. */
bool
mg_glob(const char *pattern, const char *text)
{
	const char *p = pattern, *t = text, *star = NULL, *mark = NULL;

	while (*t) {
		const char *next = p + 1;
		bool hit = false;

		if (*p == '*') {
			star = ++p;
			mark = t;
			continue;
		}
		if (*p == '[')
			hit = glob_set(&next, (unsigned char)*t);
		else if (*p)
			hit = *p == '?' || *p == *t;
		if (hit) {
			p = next;
			t++;
		} else if (star) {
			p = star;
			t = ++mark;
		} else {
			return false;
		}
	}
	while (*p == '*')
		p++;
	return *p == '\0';
}

bool
mg_utf8_valid(const void *data, size_t len)
{
	const unsigned char *p = data, *end = p + len;

	while (p < end) {
		unsigned c, need, min;
		uint64_t eight;

		while (end - p >= 8) {          /* names are ASCII */
			memcpy(&eight, p, 8);
			if (eight & 0x8080808080808080u)
				break;
			p += 8;
		}
		if (p == end)
			break;
		c = *p++;
		if (c < 0x80)
			continue;
		if (c >= 0xc2 && c < 0xe0) {
			need = 1;
			c &= 0x1f;
			min = 0x80;
		} else if (c >= 0xe0 && c < 0xf0) {
			need = 2;
			c &= 0x0f;
			min = 0x800;
		} else if (c >= 0xf0 && c < 0xf5) {
			need = 3;
			c &= 0x07;
			min = 0x10000;
		} else {
			return false;
		}
		if ((size_t)(end - p) < need)
			return false;
		while (need--) {
			if ((*p & 0xc0) != 0x80)
				return false;
			c = c << 6 | (*p++ & 0x3f);
		}
		if (c < min || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
			return false;
	}
	return true;
}

unsigned
mg_edit_distance(const char *a, const char *b)
{
	unsigned row[256], diagonal, above;
	size_t n = strlen(a), m = strlen(b);

	if (n > 254 || m > 254)
		return 255;
	for (size_t j = 0; j <= m; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; i <= n; i++) {
		diagonal = row[0];
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= m; j++) {
			above = row[j];
			row[j] = MG_MIN(MG_MIN(row[j - 1], above) + 1, diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[m];
}
