/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text_lex.c - text to tokens with line and column; what string and number tokens stand for.
 *
 * As protobuf's tokenizer in text mode: # starts a comment, strings may hold line ends, floats may end in f, a leading
 * 0 means octal.  Columns count bytes; a tab goes on to the next multiple of eight.
 */
#include <math.h>

#include "base/base.h"
#include "base/num.h"
#include "proto/text_internal.h"

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static int
hex_value(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static int
vfail_at(mg_lexer *lex, unsigned line, unsigned column, const char *fmt, va_list args)
{
	char text[512];

	vsnprintf(text, sizeof(text), fmt, args);
	return mg_fail(lex->err, MGREG_INVALID_ARGUMENT, "%u:%u: %s", line, column, text);
}

int
mg_lex_fail(mg_lexer *lex, const char *fmt, ...)
{
	va_list args;
	int rc;

	va_start(args, fmt);
	rc = vfail_at(lex, lex->token_line, lex->token_column, fmt, args);
	va_end(args);
	return rc;
}

/* Fails at the character under the cursor. */
MG_PRINTF(2, 3) static int
fail_here(mg_lexer *lex, const char *fmt, ...)
{
	va_list args;
	int rc;

	va_start(args, fmt);
	rc = vfail_at(lex, lex->line, lex->column, fmt, args);
	va_end(args);
	return rc;
}

static void
step(mg_lexer *lex)
{
	char c = *lex->at++;

	if (c == '\n') {
		lex->line++;
		lex->column = 1;
	} else if (c == '\t') {
		lex->column += 8 - (lex->column - 1) % 8;
	} else {
		lex->column++;
	}
}

static void
skip_blanks(mg_lexer *lex)
{
	while (lex->at < lex->end) {
		char c = *lex->at;

		if (c == '#')
			while (lex->at < lex->end && *lex->at != '\n')
				step(lex);
		else if (c == ' ' || (c >= '\t' && c <= '\r'))
			step(lex);
		else
			break;
	}
}

static char
peek(const mg_lexer *lex, size_t ahead)
{
	return (size_t)(lex->end - lex->at) > ahead ? lex->at[ahead] : 0;
}

static int
read_string(mg_lexer *lex)
{
	char quote = *lex->at;

	step(lex);
	while (lex->at < lex->end && *lex->at != quote) {
		if (*lex->at == '\\' && lex->end - lex->at > 1)
			step(lex);
		step(lex);
	}
	if (lex->at >= lex->end)
		return mg_lex_fail(lex, "the string that begins here does not end");
	step(lex);
	return 0;
}

static int
read_exponent(mg_lexer *lex)
{
	step(lex);
	if (peek(lex, 0) == '-' || peek(lex, 0) == '+')
		step(lex);
	if (!is_digit(peek(lex, 0)))
		return fail_here(lex, "\"e\" must be followed by an exponent");
	while (is_digit(peek(lex, 0)))
		step(lex);
	return 0;
}

/* What follows the digits of C's hexadecimal floats: .8p-3.  protobuf has none, but printf("%a") writes them. */
static int
read_hex_float(mg_lexer *lex)
{
	lex->token = MG_TOKEN_FLOAT;
	if (peek(lex, 0) == '.') {
		step(lex);
		while (hex_value(peek(lex, 0)) >= 0)
			step(lex);
	}
	if (peek(lex, 0) != 'p' && peek(lex, 0) != 'P')
		return fail_here(lex, "a hexadecimal float needs an exponent: p");
	return read_exponent(lex);
}

static int
read_number(mg_lexer *lex)
{
	int rc = 0;

	lex->token = MG_TOKEN_INT;
	if (peek(lex, 0) == '0' && (peek(lex, 1) == 'x' || peek(lex, 1) == 'X')) {
		step(lex);
		step(lex);
		if (hex_value(peek(lex, 0)) < 0)
			return fail_here(lex, "\"0x\" must be followed by hex digits");
		while (hex_value(peek(lex, 0)) >= 0)
			step(lex);
		if (peek(lex, 0) == '.' || peek(lex, 0) == 'p' || peek(lex, 0) == 'P')
			rc = read_hex_float(lex);
	} else if (peek(lex, 0) == '0' && is_digit(peek(lex, 1))) {
		while (is_digit(peek(lex, 0))) {
			if (*lex->at > '7')
				return fail_here(lex, "numbers that start with 0 are octal");
			step(lex);
		}
	} else {
		while (is_digit(peek(lex, 0)))
			step(lex);
		if (peek(lex, 0) == '.') {
			lex->token = MG_TOKEN_FLOAT;
			step(lex);
			while (is_digit(peek(lex, 0)))
				step(lex);
		}
		if (peek(lex, 0) == 'e' || peek(lex, 0) == 'E') {
			lex->token = MG_TOKEN_FLOAT;
			rc = read_exponent(lex);
		}
		if (rc == 0 && (peek(lex, 0) == 'f' || peek(lex, 0) == 'F')) {
			lex->token = MG_TOKEN_FLOAT;
			step(lex);
		}
	}
	if (rc == 0 && lex->token == MG_TOKEN_FLOAT && peek(lex, 0) == '.')
		return fail_here(lex, "already saw a decimal point or an exponent");
	return rc;
}

int
mg_lex_next(mg_lexer *lex)
{
	int rc = 0;
	char c;

	skip_blanks(lex);
	lex->text = lex->at;
	lex->token_line = lex->line;
	lex->token_column = lex->column;
	if (lex->at >= lex->end) {
		lex->token = MG_TOKEN_END;
		lex->len = 0;
		return 0;
	}
	c = *lex->at;
	if (is_letter(c)) {
		lex->token = MG_TOKEN_NAME;
		while (is_letter(peek(lex, 0)) || is_digit(peek(lex, 0)))
			step(lex);
	} else if (is_digit(c) || (c == '.' && is_digit(peek(lex, 1)))) {
		rc = read_number(lex);
	} else if (c == '"' || c == '\'') {
		lex->token = MG_TOKEN_STRING;
		rc = read_string(lex);
	} else if (c < ' ' || c == 0x7f) {
		return fail_here(lex, "unexpected byte 0x%02x", (unsigned char)c);
	} else {
		lex->token = MG_TOKEN_SIGN;
		step(lex);
	}
	lex->len = (size_t)(lex->at - lex->text);
	return rc;
}

int
mg_lex_init(mg_lexer *lex, const char *text, size_t len, mgreg_error *err)
{
	*lex = (mg_lexer){ .at = text, .end = text + len, .line = 1, .column = 1, .err = err };
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)   /* byte order mark of an editor */
		lex->at += 3;
	return mg_lex_next(lex);
}

bool
mg_lex_at(const mg_lexer *lex, char sign)
{
	return lex->token == MG_TOKEN_SIGN && *lex->text == sign;
}

/* ---- strings ----------------------------------------------------------------------------- */

static void
put_utf8(mg_str *out, uint32_t c)
{
	char b[4];
	size_t n;

	if (c < 0x80) {
		b[0] = (char)c;
		n = 1;
	} else if (c < 0x800) {
		b[0] = (char)(0xc0 | c >> 6);
		b[1] = (char)(0x80 | (c & 0x3f));
		n = 2;
	} else if (c < 0x10000) {
		b[0] = (char)(0xe0 | c >> 12);
		b[1] = (char)(0x80 | (c >> 6 & 0x3f));
		b[2] = (char)(0x80 | (c & 0x3f));
		n = 3;
	} else {
		b[0] = (char)(0xf0 | c >> 18);
		b[1] = (char)(0x80 | (c >> 12 & 0x3f));
		b[2] = (char)(0x80 | (c >> 6 & 0x3f));
		b[3] = (char)(0x80 | (c & 0x3f));
		n = 4;
	}
	mg_str_append(out, b, n);
}

/* Up to MAX hex digits; how many there were. */
static unsigned
take_hex(const char **at, const char *end, unsigned max, uint32_t *out)
{
	unsigned n = 0;

	*out = 0;
	while (n < max && *at < end && hex_value(**at) >= 0) {
		*out = *out << 4 | (uint32_t)hex_value(*(*at)++);
		n++;
	}
	return n;
}

/* \uXXXX, two of them for a surrogate pair, \UXXXXXXXX. */
static bool
unescape_unicode(const char **at, const char *end, char kind, mg_str *out)
{
	unsigned digits = kind == 'u' ? 4 : 8;
	uint32_t c, low;

	if (take_hex(at, end, digits, &c) != digits)
		return false;
	if (c >= 0xd800 && c < 0xdc00 && end - *at > 2 && (*at)[0] == '\\' && (*at)[1] == 'u') {
		const char *next = *at + 2;

		if (take_hex(&next, end, 4, &low) == 4 && low >= 0xdc00 && low < 0xe000) {
			c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
			*at = next;
		}
	}
	if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return false;
	put_utf8(out, c);
	return true;
}

/* AT is behind the backslash. */
static bool
unescape(const char **at, const char *end, mg_str *out)
{
	static const char from[] = "abfnrtv\\?'\"", to[] = "\a\b\f\n\r\t\v\\?'\"";
	char c = *(*at)++;
	const char *simple = c ? strchr(from, c) : NULL;
	uint32_t v = 0;

	if (simple) {
		mg_str_addc(out, to[simple - from]);
		return true;
	}
	if (c >= '0' && c <= '7') {
		v = (uint32_t)(c - '0');
		for (int i = 0; i < 2 && *at < end && **at >= '0' && **at <= '7'; i++)
			v = v << 3 | (uint32_t)(*(*at)++ - '0');
		mg_str_addc(out, (char)v);
		return true;
	}
	if (c == 'x' || c == 'X') {
		if (take_hex(at, end, 2, &v) == 0)
			return false;
		mg_str_addc(out, (char)v);
		return true;
	}
	return (c == 'u' || c == 'U') && unescape_unicode(at, end, c, out);
}

int
mg_lex_string(mg_lexer *lex, mg_str *out)
{
	const char *at = lex->text + 1, *end = lex->text + lex->len - 1;

	while (at < end) {
		const char *plain = at;

		while (at < end && *at != '\\')
			at++;
		mg_str_append(out, plain, (size_t)(at - plain));
		if (at < end) {
			const char *start = at++;

			if (at >= end || !unescape(&at, end, out))
				return mg_lex_fail(lex, "invalid escape sequence %.*s in a string",
					(int)MG_MIN(end - start, 6), start);
		}
	}
	return 0;
}

/* ---- numbers ----------------------------------------------------------------------------- */

int
mg_lex_int(mg_lexer *lex, uint64_t max, bool decimal, uint64_t *out)
{
	const char *at = lex->text, *end = at + lex->len;
	uint64_t v = 0;
	unsigned base = 10;

	if (at[0] == '0' && lex->len > 1) {
		base = at[1] == 'x' || at[1] == 'X' ? 16 : 8;
		at += base == 16 ? 2 : 1;
	}
	if (decimal && base != 10)
		return mg_lex_fail(lex, "expected a decimal number, got %.*s", (int)MG_MIN(lex->len, 40), lex->text);
	for (; at < end; at++) {
		unsigned digit = (unsigned)hex_value(*at);

		if (v > (UINT64_MAX - digit) / base)
			goto range;
		v = v * base + digit;
	}
	if (v <= max) {
		*out = v;
		return 0;
	}
range:
	return mg_lex_fail(lex, "integer %.*s is out of range", (int)MG_MIN(lex->len, 40), lex->text);
}

/* 0x1.8p-3: the digits as a whole number, with what no longer fits as a last bit that is set, times a power of two. */
static double
hex_float(const char *at, const char *end)
{
	uint64_t m = 0;
	int64_t exponent = 0, given = 0;
	bool point = false, minus;

	for (at += 2; *at != 'p' && *at != 'P'; at++) {
		if (*at == '.') {
			point = true;
		} else {
			unsigned digit = (unsigned)hex_value(*at);

			if (m >> 58) {
				m |= digit != 0;
				exponent += point ? 0 : 4;
			} else {
				m = m << 4 | digit;
				exponent -= point ? 4 : 0;
			}
		}
	}
	at++;
	minus = *at == '-';
	for (at += *at == '-' || *at == '+'; at < end && is_digit(*at); at++)
		given = MG_MIN(given * 10 + (*at - '0'), (int64_t)1000000);
	exponent += minus ? -given : given;
	exponent = MG_MAX(MG_MIN(exponent, (int64_t)100000), (int64_t)-100000);
	return (double)ldexpl((long double)m, (int)exponent);
}

/* A value too big for a double is infinite, as protobuf reads it. */
int
mg_lex_float(mg_lexer *lex, double *out)
{
	size_t len = lex->len;

	if (len > 2 && (lex->text[1] == 'x' || lex->text[1] == 'X')) {
		*out = hex_float(lex->text, lex->text + len);
		return 0;
	}
	if (lex->text[len - 1] == 'f' || lex->text[len - 1] == 'F')
		len--;
	if (!mg_parse_double(lex->text, len, out))
		return mg_lex_fail(lex, "malformed number %.*s", (int)MG_MIN(lex->len, 40), lex->text);
	return 0;
}
