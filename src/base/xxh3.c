/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xxh3.c - XXH3-128 with the header inlined: the shared library is built for the oldest CPUs and twice as slow
 * to call.
 */
#include "base/base.h"
#include "base/xxh3.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

static void
canonical(XXH128_hash_t h, uint8_t out[MG_XXH3_SIZE])
{
	XXH128_canonical_t c;

	XXH128_canonicalFromHash(&c, h);
	memcpy(out, c.digest, MG_XXH3_SIZE);
}

void
mg_xxh3(const void *data, size_t size, uint8_t out[MG_XXH3_SIZE])
{
	canonical(XXH3_128bits(size ? data : "", size), out);
}
