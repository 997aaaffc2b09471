/* SPDX-License-Identifier: Apache-2.0 */
/* vec.c - growth of typed arrays. */
#include "base/base.h"
#include "base/vec.h"

bool
mg_vec_grow(void **at, size_t *cap, size_t want, size_t item)
{
	size_t next = MG_MAX(*cap < SIZE_MAX / 2 ? *cap * 2 : want, (size_t)8);
	void *p;

	next = MG_MAX(next, want);
	if (!(p = mg_resize(*at, next, item)))
		return false;
	*at = p;
	*cap = next;
	return true;
}
