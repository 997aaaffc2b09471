/* SPDX-License-Identifier: Apache-2.0 */
/* xxh3_body.h - the variants of xxh3.c, each in a file of its own as the header can be inlined once a file. */
#ifndef MG_XXH3_BODY_H
#define MG_XXH3_BODY_H
#include "base/xxh3.h"
#if defined __x86_64__ && !defined __clang__
#define MG_XXH3_VARIANTS
#endif
void mg_xxh3_avx2(const void *data, size_t size, uint8_t out[MG_XXH3_SIZE]);
void mg_xxh3_avx512(const void *data, size_t size, uint8_t out[MG_XXH3_SIZE]);
#endif
