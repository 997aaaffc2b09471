/* SPDX-License-Identifier: Apache-2.0 */
/*
 * str.h - growing byte string and borrowed slice.
 *
 * An mg_str is never NULL and always NUL-terminated.  Appending never reports: the first lack of memory
 * sets `failed`, later appends do nothing, and mg_str_check() tells once at the end.
 */
#ifndef MG_STR_H
#define MG_STR_H

typedef struct mg_slice {
	const char *ptr;
	size_t      len;
} mg_slice;

typedef struct mg_str {
	char  *ptr;
	size_t len, cap;
	bool   failed;
} mg_str;

extern char mg_str_empty[1];
#define MG_STR_INIT { mg_str_empty, 0, 0, false }
#define MG_SLICE(text) ((mg_slice){ (text), strlen(text) })

void mg_str_init(mg_str *s);
void mg_str_clear(mg_str *s);                           /* frees; usable again */
void mg_str_reset(mg_str *s);                           /* length 0, memory kept */
void mg_str_reserve(mg_str *s, size_t more);            /* room for MORE bytes */
void mg_str_append(mg_str *s, const void *data, size_t len);
void mg_str_add(mg_str *s, const char *text);
void mg_str_addc(mg_str *s, char c);
void mg_str_printf(mg_str *s, const char *fmt, ...) MG_PRINTF(2, 3);
void mg_str_vprintf(mg_str *s, const char *fmt, va_list args);
int mg_str_check(const mg_str *s, mgreg_error *err);    /* RESOURCE_EXHAUSTED if it failed */
/* The bytes as a heap block of the caller's (mg_free); S is empty after it.  NULL if it failed. */
char *mg_str_take(mg_str *s, size_t *len);

bool mg_slice_eq(mg_slice a, const char *text);
int mg_slice_cmp(mg_slice a, mg_slice b);               /* bytewise, shorter first */
/* Cuts the next field up to SEP off *REST; false when nothing is left. */
bool mg_slice_split(mg_slice *rest, char sep, mg_slice *field);
mg_slice mg_slice_trim(mg_slice s);
bool mg_starts_with(const char *text, const char *prefix);
bool mg_ends_with(const char *text, const char *suffix);
bool mg_glob(const char *pattern, const char *text);    /* * ? [a-z], case matters, / is not special */
bool mg_utf8_valid(const void *data, size_t len);
/* Edit distance for "did you mean"; capped at 255. */
unsigned mg_edit_distance(const char *a, const char *b);
#endif
