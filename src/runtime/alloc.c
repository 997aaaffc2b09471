/* SPDX-License-Identifier: Apache-2.0 */
/*
 * alloc.c - the tensor memory of a session: blocks in size classes (four to each power of two), kept for reuse.
 *
 * The header of a buffer and its bytes are one block: [struct block, 64 bytes][bytes...].  A buffer may outlive the
 * session; the cache is counted and goes with the last of them.
 */
#include "base/base.h"
#include "runtime/runtime_internal.h"

#define CLASSES 256
#define MIN_SIZE 64
#define KEEP_LIMIT ((size_t)256 << 20)  /* bytes at rest at most */

typedef struct block {
	mg_buffer     buffer;           /* first */
	struct block *next;
	unsigned      class;
} block;
#define HEADER 64
_Static_assert(sizeof(block) <= HEADER, "the header of a block has 64 bytes");

struct mg_cache {
	mg_mutex    mutex;
	size_t      limit, live, resting;
	size_t      users;              /* buffers out, plus the session */
	block      *free[CLASSES];
};

int
mg_cache_new(mg_cache **out, size_t limit, mgreg_error *err)
{
	mg_cache *c = mg_calloc(1, sizeof(*c));
	int rc;

	if (!c)
		return mg_fail_nomem(err, sizeof(*c));
	if ((rc = mg_mutex_init(&c->mutex, err)) != 0) {
		mg_free(c);
		return rc;
	}
	c->limit = limit;
	c->users = 1;
	*out = c;
	return 0;
}

/* Called with the mutex held. */
static void
drop_resting(mg_cache *c)
{
	for (size_t i = 0; i < CLASSES; i++) {
		block *b;

		while ((b = c->free[i]) != NULL) {
			c->free[i] = b->next;
			mg_free_aligned(b);
		}
	}
	c->resting = 0;
}

/* Called with the mutex held, which it gives back. */
static void
leave(mg_cache *c)
{
	bool last = --c->users == 0;

	if (last)
		drop_resting(c);
	mg_unlock(&c->mutex);
	if (last) {
		mg_mutex_clear(&c->mutex);
		mg_free(c);
	}
}

void
mg_cache_free(mg_cache *c)
{
	if (!c)
		return;
	mg_lock(&c->mutex);
	drop_resting(c);
	leave(c);
}

size_t
mg_cache_live(mg_cache *c)
{
	size_t live;

	mg_lock(&c->mutex);
	live = c->live;
	mg_unlock(&c->mutex);
	return live;
}

/* Class of SIZE and the size of its blocks: 64, 80, 96, 112, 128, 160, ... */
static unsigned
class_of(size_t size, size_t *rounded)
{
	unsigned top;
	size_t step;

	if (size <= MIN_SIZE) {
		*rounded = MIN_SIZE;
		return 0;
	}
	top = 63 - (unsigned)__builtin_clzll((unsigned long long)(size - 1));      /* 2^top <= size - 1 */
	step = (size_t)1 << (top - 2);
	*rounded = (size + step - 1) / step * step;
	return 1 + (top - 6) * 4 + (unsigned)((*rounded - ((size_t)1 << top)) / step - 1);
}

static void
release(mg_buffer *buffer)
{
	block *b = (block *)buffer;
	mg_cache *c = buffer->owner;

	mg_lock(&c->mutex);
	c->live -= buffer->size;
	if (c->users > 1 && buffer->size <= KEEP_LIMIT - c->resting) {
		b->next = c->free[b->class];
		c->free[b->class] = b;
		c->resting += buffer->size;
		b = NULL;
	}
	leave(c);
	mg_free_aligned(b);
}

int
mg_cache_get(mg_cache *c, size_t size, mg_buffer **out, mgreg_error *err)
{
	size_t rounded, whole;
	unsigned class;
	block *b;

	if (size > SIZE_MAX / 4)
		return mg_fail_nomem(err, size);
	class = class_of(size, &rounded);
	mg_lock(&c->mutex);
	if (c->limit && (rounded > c->limit || c->live > c->limit - rounded)) {
		mg_unlock(&c->mutex);
		return mg_fail(err, MGREG_RESOURCE_EXHAUSTED, "a tensor of %zu bytes would exceed the session's limit of %zu bytes", size, c->limit);
	}
	b = c->free[class];
	if (b) {
		c->free[class] = b->next;
		c->resting -= b->buffer.size;
	}
	c->live += rounded;
	c->users++;
	mg_unlock(&c->mutex);
	if (!b) {
		b = mg_add_size(rounded, HEADER, &whole) ? mg_alloc_aligned(whole) : NULL;
		if (!b) {
			mg_lock(&c->mutex);
			c->live -= rounded;
			leave(c);
			return mg_fail_nomem(err, size);
		}
		b->class = class;
		b->buffer.data = (char *)b + HEADER;
		b->buffer.size = rounded;
		b->buffer.release = release;
		b->buffer.owner = c;
	}
	atomic_init(&b->buffer.refs, 1);
	*out = &b->buffer;
	return 0;
}
