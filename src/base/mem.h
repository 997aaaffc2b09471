/* SPDX-License-Identifier: Apache-2.0 */
/* mem.h - the only way to heap memory: hooked, counted, able to fail on request; checked sizes. */
#ifndef MG_MEM_H
#define MG_MEM_H

/* NULL when memory is short, or for a size of 0.  mg_calloc and mg_resize check N * SIZE. */
void *mg_alloc(size_t size);
void *mg_calloc(size_t n, size_t size);
void *mg_resize(void *ptr, size_t n, size_t size);      /* PTR may be NULL; on NULL, PTR lives on */
void *mg_alloc_aligned(size_t size);                    /* 64-byte aligned; free with mg_free_aligned */
void mg_free_aligned(void *ptr);
void mg_free(void *ptr);
char *mg_strdup(const char *text);
char *mg_strndup(const char *text, size_t len);         /* LEN bytes and a NUL */
void *mg_memdup(const void *data, size_t size);

/* false and *out untouched on overflow. */
static inline bool
mg_mul_size(size_t a, size_t b, size_t *out)
{
	size_t r;
	if (__builtin_mul_overflow(a, b, &r))
		return false;
	*out = r;
	return true;
}

static inline bool
mg_add_size(size_t a, size_t b, size_t *out)
{
	size_t r;
	if (__builtin_add_overflow(a, b, &r))
		return false;
	*out = r;
	return true;
}

/* Tests: the K-th allocation from now fails (and, if STICKY, all after it); 0 switches it off. */
void mg_mem_fail_at(uint64_t k, bool sticky);
uint64_t mg_mem_live(void);     /* blocks allocated and not freed */
#endif
