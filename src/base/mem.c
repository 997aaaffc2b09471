/* SPDX-License-Identifier: Apache-2.0 */
/* mem.c - the allocator hook, counting, and failing on request. */
#include "base/base.h"

#include <stdatomic.h>

static void *
libc_resize(void *ctx, void *ptr, size_t size)
{
	(void)ctx;
	return realloc(ptr, size);
}

static void
libc_release(void *ctx, void *ptr)
{
	(void)ctx;
	free(ptr);
}

static mgreg_allocator hook = { libc_resize, libc_release, NULL };
static atomic_uint_fast64_t live;
static atomic_uint_fast64_t countdown;          /* 0: never fails */
static atomic_bool sticky_failure;

void
mgreg_set_allocator(const mgreg_allocator *allocator)
{
	hook = allocator ? *allocator : (mgreg_allocator){ libc_resize, libc_release, NULL };
}

void
mg_mem_fail_at(uint64_t k, bool sticky)
{
	atomic_store(&sticky_failure, sticky);
	atomic_store(&countdown, k);
}

uint64_t
mg_mem_live(void)
{
	return atomic_load(&live);
}

static bool
fails_now(void)
{
	uint64_t left = atomic_load_explicit(&countdown, memory_order_relaxed);

	if (left == 0)
		return false;
	if (left > 1) {
		atomic_store(&countdown, left - 1);
		return false;
	}
	if (!atomic_load(&sticky_failure))
		atomic_store(&countdown, 0);
	return true;
}

void *
mg_resize(void *ptr, size_t n, size_t size)
{
	size_t total;
	void *p;

	if (!mg_mul_size(n, size, &total) || total == 0 || total > PTRDIFF_MAX || fails_now())
		return NULL;
	p = hook.resize(hook.ctx, ptr, total);
	if (p && !ptr)
		atomic_fetch_add_explicit(&live, 1, memory_order_relaxed);
	return p;
}

void *
mg_alloc(size_t size)
{
	return mg_resize(NULL, 1, size);
}

void *
mg_calloc(size_t n, size_t size)
{
	void *p = mg_resize(NULL, n, size);

	if (p)
		memset(p, 0, n * size);
	return p;
}

void
mg_free(void *ptr)
{
	if (!ptr)
		return;
	atomic_fetch_sub_explicit(&live, 1, memory_order_relaxed);
	hook.release(hook.ctx, ptr);
}

void
mgreg_free(void *block)
{
	mg_free(block);
}

/* The block's own start lies in the word before the aligned address. */
void *
mg_alloc_aligned(size_t size)
{
	size_t total;
	char *block, *p;

	if (!mg_add_size(size, 64 + sizeof(void *), &total) || !(block = mg_alloc(total)))
		return NULL;
	p = block + sizeof(void *);
	p += (64 - (uintptr_t)p % 64) % 64;
	memcpy(p - sizeof(void *), &block, sizeof(void *));
	return p;
}

void
mg_free_aligned(void *ptr)
{
	void *block;

	if (!ptr)
		return;
	memcpy(&block, (char *)ptr - sizeof(void *), sizeof(void *));
	mg_free(block);
}

void *
mg_memdup(const void *data, size_t size)
{
	void *p = mg_alloc(size);

	if (p)
		memcpy(p, data, size);
	return p;
}

char *
mg_strndup(const char *text, size_t len)
{
	char *p = len < SIZE_MAX ? mg_alloc(len + 1) : NULL;

	if (p) {
		if (len)
			memcpy(p, text, len);
		p[len] = '\0';
	}
	return p;
}

char *
mg_strdup(const char *text)
{
	return mg_strndup(text, strlen(text));
}
