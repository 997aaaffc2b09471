/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena.c - bump allocation in growing blocks.  Under AddressSanitizer every piece is a block of its own, so that
 * an overrun of one piece is seen.
 */
#include "base/base.h"
#include "base/arena.h"

#if defined(__SANITIZE_ADDRESS__)
#define APART 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define APART 1
#endif
#endif
#ifndef APART
#define APART 0
#endif

struct mg_arena_block {
	struct mg_arena_block *next;
	size_t used, size;
	_Alignas(16) char data[];
};

enum { FIRST = 4096, LARGEST = 1 << 20 };

static struct mg_arena_block *
new_block(size_t size)
{
	struct mg_arena_block *b;
	size_t total;

	if (!mg_add_size(size, sizeof(*b), &total) || !(b = mg_alloc(total)))
		return NULL;
	b->used = 0;
	b->size = size;
	return b;
}

void *
mg_arena_alloc(mg_arena *arena, size_t size)
{
	struct mg_arena_block *b = arena->block;
	size_t want = size ? size : 1, next;
	void *p;

	if (want > PTRDIFF_MAX - 16)
		return NULL;
	want = (want + 15) & ~(size_t)15;
	if (arena->limit && (want > arena->limit || arena->used > arena->limit - want))
		return NULL;
	if (APART || !b || b->size - b->used < want) {
		next = b ? MG_MIN(b->size * 2, (size_t)LARGEST) : (size_t)FIRST;
		if (APART)
			next = size ? size : 1;
		else if (want > next / 2)
			next = MG_MAX(want, next);
		if (!(b = new_block(APART ? next : MG_MAX(next, want))))
			return NULL;
		/* A piece that fills its block goes behind the current one, which still has room. */
		if (!APART && arena->block && want >= b->size && arena->block->used < arena->block->size) {
			b->next = arena->block->next;
			arena->block->next = b;
		} else {
			b->next = arena->block;
			arena->block = b;
		}
	}
	p = b->data + b->used;
	b->used += APART ? b->size : want;
	arena->used += want;
	return p;
}

void *
mg_arena_zalloc(mg_arena *arena, size_t n, size_t size)
{
	size_t total;
	void *p;

	if (!mg_mul_size(n, size, &total) || !(p = mg_arena_alloc(arena, total)))
		return NULL;
	return memset(p, 0, total);
}

void *
mg_arena_memdup(mg_arena *arena, const void *data, size_t size)
{
	void *p = mg_arena_alloc(arena, size);

	if (p && size)
		memcpy(p, data, size);
	return p;
}

char *
mg_arena_strndup(mg_arena *arena, const char *text, size_t len)
{
	char *p = len < SIZE_MAX ? mg_arena_alloc(arena, len + 1) : NULL;

	if (p) {
		if (len)
			memcpy(p, text, len);
		p[len] = '\0';
	}
	return p;
}

char *
mg_arena_strdup(mg_arena *arena, const char *text)
{
	return mg_arena_strndup(arena, text, strlen(text));
}

char *
mg_arena_printf(mg_arena *arena, const char *fmt, ...)
{
	va_list args;
	char *p;
	int n;

	va_start(args, fmt);
	n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (n < 0 || !(p = mg_arena_alloc(arena, (size_t)n + 1)))
		return NULL;
	va_start(args, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, args);
	va_end(args);
	return p;
}

bool
mg_arena_append(mg_arena *arena, void *array, size_t *n, void *item)
{
	size_t bytes, cap;
	void **items;
	unsigned i;

	memcpy(&items, array, sizeof(items));
	for (i = 0; i < MG_ARENA_GROWING; i++)
		if (items && arena->growing[i].items == items && arena->growing[i].len == *n && *n < arena->growing[i].cap)
			break;
	if (i == MG_ARENA_GROWING) {
		void **fresh;

		cap = *n < 4 ? 4 : 2 * *n;
		if (!mg_mul_size(cap, sizeof(*items), &bytes) || !(fresh = mg_arena_alloc(arena, bytes)))
			return false;
		if (*n)
			memcpy(fresh, items, *n * sizeof(*items));
		/* The one that it grew out of gives up its place. */
		for (i = 0; i < MG_ARENA_GROWING && !(items && arena->growing[i].items == items); i++)
			;
		if (i == MG_ARENA_GROWING)
			i = arena->next_growing++ % MG_ARENA_GROWING;
		arena->growing[i].items = items = fresh;
		arena->growing[i].cap = cap;
		memcpy(array, &items, sizeof(items));
	}
	items[(*n)++] = item;
	arena->growing[i].len = *n;
	return true;
}

void
mg_arena_clear(mg_arena *arena)
{
	struct mg_arena_block *b = arena->block, *next;

	for (; b; b = next) {
		next = b->next;
		mg_free(b);
	}
	arena->block = NULL;
	arena->used = 0;
	memset(arena->growing, 0, sizeof(arena->growing));
}
