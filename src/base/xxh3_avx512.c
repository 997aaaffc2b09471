/* SPDX-License-Identifier: Apache-2.0 */
/* xxh3_avx512.c - xxh3.c for processors with AVX512. */
#include "base/base.h"
#include "base/xxh3_body.h"

#ifdef MG_XXH3_VARIANTS
#pragma GCC push_options
#pragma GCC target("avx512f")
#define XXH_VECTOR 3      /* XXH_AVX512 */
#define XXH_INLINE_ALL
#include <xxhash.h>

void
mg_xxh3_avx512(const void *data, size_t size, uint8_t out[MG_XXH3_SIZE])
{
	XXH128_canonical_t c;

	XXH128_canonicalFromHash(&c, XXH3_128bits(data, size));
	memcpy(out, c.digest, MG_XXH3_SIZE);
}
#pragma GCC pop_options
#endif
