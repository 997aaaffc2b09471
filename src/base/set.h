/* SPDX-License-Identifier: Apache-2.0 */
/* set.h - bitset over small integers.  { 0 } is empty and holds no bits. */
#ifndef MG_SET_H
#define MG_SET_H

typedef struct mg_set {
	uint64_t *words;
	size_t    bits;
} mg_set;

bool mg_set_init(mg_set *set, size_t bits);     /* all clear; false when memory is short */
void mg_set_clear(mg_set *set);                 /* frees */
static inline bool mg_set_has(const mg_set *s, size_t i) { return i < s->bits && (s->words[i >> 6] >> (i & 63) & 1); }
static inline void mg_set_add(mg_set *s, size_t i) { s->words[i >> 6] |= (uint64_t)1 << (i & 63); }
static inline void mg_set_drop(mg_set *s, size_t i) { s->words[i >> 6] &= ~((uint64_t)1 << (i & 63)); }
#endif
