/* SPDX-License-Identifier: Apache-2.0 */
/* xxh3_avx2.c - xxh3.c for processors with AVX2. */
#include "base/base.h"
#include "base/xxh3_body.h"

#ifdef MG_XXH3_VARIANTS
#pragma GCC push_options
#pragma GCC target("avx2")
#define XXH_VECTOR 2      /* XXH_AVX2 */
#define XXH_INLINE_ALL
#include <xxhash.h>

void
mg_xxh3_avx2(const void *data, size_t size, uint8_t out[MG_XXH3_SIZE])
{
	XXH128_canonical_t c;

	XXH128_canonicalFromHash(&c, XXH3_128bits(data, size));
	memcpy(out, c.digest, MG_XXH3_SIZE);
}
#pragma GCC pop_options
#endif
