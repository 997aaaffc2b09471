/* SPDX-License-Identifier: Apache-2.0 */
/* regex.h - regular expressions over PCRE2, bounded in time. */
#ifndef MG_REGEX_H
#define MG_REGEX_H
#include "base/str.h"

typedef struct mg_regex mg_regex;
int mg_regex_new(mg_regex **out, const char *pattern, size_t len, mgreg_error *err);
void mg_regex_free(mg_regex *re);
/* Python's re.match (anchored at the start only), re.fullmatch, re.search. */
bool mg_regex_match(const mg_regex *re, const char *text, size_t len);
bool mg_regex_fullmatch(const mg_regex *re, const char *text, size_t len);
bool mg_regex_search(const mg_regex *re, const char *text, size_t len);
/* Appends TEXT with the first match (or all) replaced; \1 .. \9 in REWRITE are groups. */
int mg_regex_replace(const mg_regex *re, mg_slice text, mg_slice rewrite, bool all, mg_str *out, mgreg_error *err);
#endif
