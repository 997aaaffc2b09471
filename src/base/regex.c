/* SPDX-License-Identifier: Apache-2.0 */
/* regex.c - PCRE2 behind Python's three ways of matching; steps are bounded, so no pattern hangs. */
#include "base/base.h"
#include "base/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

struct mg_regex {
	pcre2_code *code;
	pcre2_match_context *limits;
};

int
mg_regex_new(mg_regex **out, const char *pattern, size_t len, mgreg_error *err)
{
	mg_regex *re = mg_calloc(1, sizeof(*re));
	int number;
	PCRE2_SIZE offset;
	PCRE2_UCHAR text[128];

	if (!re)
		return mg_fail_nomem(err, sizeof(*re));
	re->code = pcre2_compile((PCRE2_SPTR)pattern, len, 0, &number, &offset, NULL);
	if (!re->code) {
		mg_free(re);
		pcre2_get_error_message(number, text, sizeof(text));
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "regular expression '%.*s', at %zu: %s", (int)MG_MIN(len, (size_t)200),
			pattern, (size_t)offset, (const char *)text);
	}
	re->limits = pcre2_match_context_create(NULL);
	if (!re->limits) {
		mg_regex_free(re);
		return mg_fail_nomem(err, 0);
	}
	pcre2_set_match_limit(re->limits, 1000000);
	pcre2_set_heap_limit(re->limits, 20000);
	*out = re;
	return 0;
}

void
mg_regex_free(mg_regex *re)
{
	if (!re)
		return;
	pcre2_match_context_free(re->limits);
	pcre2_code_free(re->code);
	mg_free(re);
}

static bool
run(const mg_regex *re, const char *text, size_t len, uint32_t options)
{
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);
	int n = data ? pcre2_match(re->code, (PCRE2_SPTR)text, len, 0, options, data, re->limits) : -1;

	pcre2_match_data_free(data);
	return n >= 0;
}

bool
mg_regex_match(const mg_regex *re, const char *text, size_t len)
{
	return run(re, text, len, PCRE2_ANCHORED);
}

bool
mg_regex_fullmatch(const mg_regex *re, const char *text, size_t len)
{
	return run(re, text, len, PCRE2_ANCHORED | PCRE2_ENDANCHORED);
}

bool
mg_regex_search(const mg_regex *re, const char *text, size_t len)
{
	return run(re, text, len, 0);
}

static void
put_rewrite(mg_str *out, mg_slice text, mg_slice rewrite, const PCRE2_SIZE *groups, int count)
{
	for (size_t i = 0; i < rewrite.len; i++) {
		char c = rewrite.ptr[i];
		if (c != '\\' || i + 1 == rewrite.len) {
			mg_str_addc(out, c);
			continue;
		}
		c = rewrite.ptr[++i];
		if (c >= '0' && c <= '9') {
			int g = c - '0';
			if (g < count && groups[2 * g] != PCRE2_UNSET)
				mg_str_append(out, text.ptr + groups[2 * g], groups[2 * g + 1] - groups[2 * g]);
		} else {
			mg_str_addc(out, c);
		}
	}
}

int
mg_regex_replace(const mg_regex *re, mg_slice text, mg_slice rewrite, bool all, mg_str *out, mgreg_error *err)
{
	pcre2_match_data *data = pcre2_match_data_create_from_pattern(re->code, NULL);
	size_t at = 0;
	int n;

	if (!data)
		return mg_fail_nomem(err, 0);
	while (at <= text.len && (n = pcre2_match(re->code, (PCRE2_SPTR)text.ptr, text.len, at, 0, data, re->limits)) > 0) {
		PCRE2_SIZE *g = pcre2_get_ovector_pointer(data);
		mg_str_append(out, text.ptr + at, g[0] - at);
		put_rewrite(out, text, rewrite, g, n);
		if (g[1] > g[0]) {
			at = g[1];
		} else {                /* an empty match moves on by one byte, which stays */
			if (g[0] < text.len)
				mg_str_addc(out, text.ptr[g[0]]);
			at = g[0] + 1;
		}
		if (!all)
			break;
	}
	if (at < text.len)
		mg_str_append(out, text.ptr + at, text.len - at);
	pcre2_match_data_free(data);
	return mg_str_check(out, err);
}
