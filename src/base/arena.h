/* SPDX-License-Identifier: Apache-2.0 */
/* arena.h - many small things with one life.  { 0 } is an empty arena. */
#ifndef MG_ARENA_H
#define MG_ARENA_H

enum { MG_ARENA_GROWING = 4 };
typedef struct mg_arena {
	struct mg_arena_block *block;
	size_t used;            /* bytes handed out in all blocks */
	size_t limit;           /* 0: none; otherwise allocation beyond it fails */
	struct { void *items; size_t len, cap; } growing[MG_ARENA_GROWING];     /* see mg_arena_append */
	unsigned next_growing;
} mg_arena;

void *mg_arena_alloc(mg_arena *arena, size_t size);             /* 16-byte aligned, not cleared; NULL if short */
void *mg_arena_zalloc(mg_arena *arena, size_t n, size_t size);  /* cleared, N * SIZE checked */
char *mg_arena_strdup(mg_arena *arena, const char *text);
char *mg_arena_strndup(mg_arena *arena, const char *text, size_t len);
void *mg_arena_memdup(mg_arena *arena, const void *data, size_t size);
char *mg_arena_printf(mg_arena *arena, const char *fmt, ...) MG_PRINTF(2, 3);
/* Appends ITEM to an array of pointers: mg_arena_append(arena, &array, &n, item).  The array may have been made by anybody, or be
 * held by two who both append: it is copied, unless it is one that this arena grows and that has N items.  false: no memory. */
bool mg_arena_append(mg_arena *arena, void *array, size_t *n, void *item);
void mg_arena_clear(mg_arena *arena);                           /* frees everything at once */
#endif
