/* SPDX-License-Identifier: Apache-2.0 */
/* set.c - memory of bitsets. */
#include "base/base.h"
#include "base/set.h"

bool
mg_set_init(mg_set *set, size_t bits)
{
	size_t words = bits / 64 + 1;

	set->words = mg_calloc(words, sizeof(*set->words));
	set->bits = set->words ? bits : 0;
	return set->words != NULL;
}

void
mg_set_clear(mg_set *set)
{
	mg_free(set->words);
	set->words = NULL;
	set->bits = 0;
}
