/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xxh3.c - XXH3-128 with the header inlined, once per instruction set and chosen at the first call: the shared library is built
 * for the oldest CPUs, and half as fast.  Every variant gives the same bytes.
 */
#include "base/base.h"
#include "base/xxh3_body.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

static void
plain(const void *data, size_t size, uint8_t out[MG_XXH3_SIZE])
{
	XXH128_canonical_t c;

	XXH128_canonicalFromHash(&c, XXH3_128bits(data, size));
	memcpy(out, c.digest, MG_XXH3_SIZE);
}

void
mg_xxh3(const void *data, size_t size, uint8_t out[MG_XXH3_SIZE])
{
	if (!size)
		data = "";
#ifdef MG_XXH3_VARIANTS
	if (size > 240) {               /* below it no variant uses vectors */
		if (__builtin_cpu_supports("avx512f")) {
			mg_xxh3_avx512(data, size, out);
			return;
		}
		if (__builtin_cpu_supports("avx2")) {
			mg_xxh3_avx2(data, size, out);
			return;
		}
	}
#endif
	plain(data, size, out);
}
