/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buffer.c - counted bytes of tensors, and counted objects inside them.
 *
 * A buffer of our own is one aligned block: the struct in the first 64 bytes, then the data.  A buffer over
 * foreign memory is a struct of its own that remembers whom to tell.
 */
#include "base/base.h"
#include "tensor/tensor.h"

#define HEADER 64
_Static_assert(sizeof(mg_buffer) <= HEADER, "a buffer's struct fits before its data");

typedef struct wrapped {
	mg_buffer buffer;
	void (*release)(void *owner);
} wrapped;

static void
release_block(mg_buffer *b)
{
	mg_free_aligned(b);
}

static void
release_wrapped(mg_buffer *b)
{
	wrapped *w = (wrapped *)b;

	if (w->release)
		w->release(b->owner);
	mg_free(w);
}

int
mg_buffer_new(mg_buffer **out, size_t size, mgreg_error *err)
{
	mg_buffer *b;
	size_t total;

	if (!mg_add_size(size, HEADER, &total) || (b = mg_alloc_aligned(total)) == NULL)
		return mg_fail_nomem(err, size);
	atomic_init(&b->refs, 1);
	b->data = (char *)b + HEADER;
	b->size = size;
	b->release = release_block;
	b->owner = NULL;
	*out = b;
	return 0;
}

int
mg_buffer_wrap(mg_buffer **out, void *data, size_t size, void (*release)(void *owner), void *owner, mgreg_error *err)
{
	wrapped *w = mg_calloc(1, sizeof(*w));

	if (w == NULL)
		return mg_fail_nomem(err, sizeof(*w));
	atomic_init(&w->buffer.refs, 1);
	w->buffer.data = data;
	w->buffer.size = size;
	w->buffer.release = release_wrapped;
	w->buffer.owner = owner;
	w->release = release;
	*out = &w->buffer;
	return 0;
}

mg_buffer *
mg_buffer_ref(mg_buffer *b)
{
	if (b)
		atomic_fetch_add_explicit(&b->refs, 1, memory_order_relaxed);
	return b;
}

void
mg_buffer_unref(mg_buffer *b)
{
	if (b && atomic_fetch_sub_explicit(&b->refs, 1, memory_order_acq_rel) == 1)
		b->release(b);
}

mg_object *
mg_object_ref(mg_object *o)
{
	if (o)
		atomic_fetch_add_explicit(&o->refs, 1, memory_order_relaxed);
	return o;
}

void
mg_object_unref(mg_object *o)
{
	if (o && atomic_fetch_sub_explicit(&o->refs, 1, memory_order_acq_rel) == 1)
		o->release(o);
}
