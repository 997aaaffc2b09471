/* SPDX-License-Identifier: Apache-2.0 */
/* k_utf.h - code points in and out of UTF-8, for the kernels of strings (k_unicode.c). */
#ifndef MG_K_UTF_H
#define MG_K_UTF_H

#include "base/str.h"

/* Bytes of the code point at P (1..4), or 0 if it is not one. */
size_t mg_utf8_get(const char *p, size_t len, uint32_t *out);
void mg_utf8_put(mg_str *out, uint32_t c);
/* Characters: bytes that do not continue one. */
size_t mg_utf8_count(mg_slice s);
/* Where character N begins (the length, if there are fewer). */
size_t mg_utf8_offset(mg_slice s, size_t n);
#endif
