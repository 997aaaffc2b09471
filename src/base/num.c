/* SPDX-License-Identifier: Apache-2.0 */
/* num.c - numbers as text.  strtod and printf obey the locale; a C locale object of our own does not. */
#include "base/base.h"
#include "base/num.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <strings.h>

static locale_t c_locale;

static void
make_locale(void)
{
	c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

static locale_t
neutral(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, make_locale);
	return c_locale;
}

bool
mg_parse_u64(const char *text, size_t len, uint64_t *out)
{
	uint64_t v = 0;

	if (len == 0)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9' || __builtin_mul_overflow(v, 10u, &v)
		    || __builtin_add_overflow(v, (uint64_t)(text[i] - '0'), &v))
			return false;
	}
	*out = v;
	return true;
}

bool
mg_parse_i64(const char *text, size_t len, int64_t *out)
{
	bool minus = len && text[0] == '-';
	uint64_t v;

	if (len && (text[0] == '-' || text[0] == '+')) {
		text++;
		len--;
	}
	if (!mg_parse_u64(text, len, &v) || v > (uint64_t)INT64_MAX + minus)
		return false;
	*out = minus ? (int64_t)(0 - v) : (int64_t)v;
	return true;
}

bool
mg_parse_double(const char *text, size_t len, double *out)
{
	char buf[512], *end;
	size_t sign = len && (text[0] == '-' || text[0] == '+');
	double v;

	if (len == 0 || len >= sizeof(buf))
		return false;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] <= ' ' || text[i] == 'x' || text[i] == 'X' || text[i] == '(')
			return false;
	memcpy(buf, text, len);
	buf[len] = '\0';
	if (!((buf[sign] >= '0' && buf[sign] <= '9') || buf[sign] == '.')
	    && strcasecmp(buf + sign, "inf") != 0 && strcasecmp(buf + sign, "infinity") != 0
	    && strcasecmp(buf + sign, "nan") != 0)
		return false;
	errno = 0;
	v = strtod_l(buf, &end, neutral());
	if (end != buf + len || end == buf)
		return false;
	*out = v;
	return true;
}

static bool
scaled(const char *text, const char *units, const uint64_t *factors, uint64_t *out)
{
	size_t len = strlen(text);
	const char *unit = len ? strchr(units, text[len - 1]) : NULL;
	uint64_t v, factor = unit ? factors[unit - units] : 1;

	if (!mg_parse_u64(text, unit ? len - 1 : len, &v) || __builtin_mul_overflow(v, factor, &v))
		return false;
	*out = v;
	return true;
}

bool
mg_parse_size(const char *text, uint64_t *out)
{
	static const uint64_t factors[] = { 1024, 1024, 1024 * 1024, 1024 * 1024, 1 << 30, 1 << 30 };

	return scaled(text, "kKmMgG", factors, out);
}

bool
mg_parse_steps(const char *text, int64_t *out)
{
	static const uint64_t factors[] = { 1000, 1000, 1000000 };
	uint64_t v;

	if (!scaled(text, "kKM", factors, &v) || v > INT64_MAX)
		return false;
	*out = (int64_t)v;
	return true;
}

bool
mg_parse_duration(const char *text, double *seconds)
{
	static const char units[] = "smhd";
	static const double factors[] = { 1, 60, 3600, 86400 };
	size_t len = strlen(text);
	const char *unit = len ? strchr(units, text[len - 1]) : NULL;
	double v;

	if (!mg_parse_double(text, unit ? len - 1 : len, &v) || !(v >= 0) || isinf(v))
		return false;
	*seconds = v * (unit ? factors[unit - units] : 1);
	return true;
}

/* printf obeys the thread's locale: switch it for the call. */
static int
print_double(char *buf, int digits, double v)
{
	locale_t old = uselocale(neutral());
	int n = snprintf(buf, MG_NUM_MAX, "%.*g", digits, v);

	uselocale(old);
	return n;
}

/* The shortest text with an exponent below LIMIT as people write it: 50, not 5e+01. */
static int
plain(char *buf, int n, int limit, double v)
{
	const char *e = strchr(buf, 'e');
	int64_t exponent;

	if (e == NULL || e[1] != '+' || !mg_parse_i64(e + 2, strlen(e + 2), &exponent) || exponent >= limit)
		return n;
	return print_double(buf, (int)exponent + 1, v);
}

static size_t
print_special(char *buf, double v)
{
	const char *text = isnan(v) ? "nan" : v < 0 ? "-inf" : "inf";
	size_t len = strlen(text);

	memcpy(buf, text, len + 1);
	return len;
}

/* Ten is "10", not "1e+01": below LIMIT a whole number is written with all its digits. */
static bool
needs_digits(const char *text, double v, double limit)
{
	return strchr(text, 'e') && fabs(v) >= 1 && fabs(v) < limit;
}

size_t
mg_format_double(char *buf, double v)
{
	double back;
	int n = 0;

	if (!isfinite(v))
		return print_special(buf, v);
	for (int digits = 1; digits <= 17; digits++) {
		/* 15 digits always survive the way to double and back: shorter texts are found by trying from below. */
		n = print_double(buf, digits, v);
		if (mg_parse_double(buf, (size_t)n, &back) && back == v && !needs_digits(buf, v, 1e15))
			break;
	}
	return (size_t)plain(buf, n, 16, v);
}

size_t
mg_format_float(char *buf, float v)
{
	double back;
	int n = 0;

	if (!isfinite(v))
		return print_special(buf, v);
	for (int digits = 1; digits <= 9; digits++) {
		n = print_double(buf, digits, v);
		if (mg_parse_double(buf, (size_t)n, &back) && (float)back == v && !needs_digits(buf, v, 1e9))
			break;
	}
	return (size_t)plain(buf, n, 8, v);
}

/* Days from 1970-01-01 to a date of the proleptic Gregorian calendar: years begin in March, so that the leap day is their last. */
static int64_t
days_from_civil(int64_t year, int month, int day)
{
	int64_t y = year - (month <= 2), era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* COUNT digits, no more and no fewer. */
static bool
take_digits(const char **p, int count, int *out)
{
	*out = 0;
	for (int i = 0; i < count; i++, (*p)++) {
		if (**p < '0' || **p > '9')
			return false;
		*out = *out * 10 + (**p - '0');
	}
	return true;
}

bool
mg_parse_time(const char *text, int64_t now_ms, int64_t *out_ms)
{
	static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int year, month, day, hour = 0, minute = 0, second = 0, last;
	const char *p = text;
	double ago;

	if (strcmp(text, "now") == 0) {
		*out_ms = now_ms;
		return true;
	}
	if (strlen(text) < 10 || text[4] != '-') {
		if (!mg_parse_duration(text, &ago) || !(ago >= 0) || ago > 1e11)
			return false;
		*out_ms = now_ms - (int64_t)(ago * 1000);
		return true;
	}
	if (!take_digits(&p, 4, &year) || *p++ != '-' || !take_digits(&p, 2, &month) || *p++ != '-' || !take_digits(&p, 2, &day))
		return false;
	if (*p == 'T' || *p == ' ') {
		p++;
		if (!take_digits(&p, 2, &hour) || *p++ != ':' || !take_digits(&p, 2, &minute))
			return false;
		if (*p == ':') {
			p++;
			if (!take_digits(&p, 2, &second))
				return false;
		}
	}
	if (*p == 'Z')
		p++;
	if (*p || month < 1 || month > 12 || hour > 23 || minute > 59 || second > 60)
		return false;
	last = lengths[month - 1] + (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
	if (day < 1 || day > last)
		return false;
	*out_ms = (((days_from_civil(year, month, day) * 24 + hour) * 60 + minute) * 60 + second) * 1000;
	return true;
}
