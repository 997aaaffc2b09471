/* SPDX-License-Identifier: Apache-2.0 */
/*
 * block.c - one block of a table.
 *
 *	entry*  restart[0..n-1] (u32 each)  n (u32)
 *	entry = varint shared | varint own | varint value_len | key[shared..] | value
 *
 * SHARED counts the bytes a key has in common with the one before it; at a restart it is 0.
 */
#include "base/base.h"
#include "base/bytes.h"
#include "ckpt/ckpt_internal.h"

int
mg_block_open(mg_block *b, const void *data, size_t size, mgreg_error *err)
{
	const char *bytes = data;
	uint32_t restarts;

	memset(b, 0, sizeof(*b));
	mg_str_init(&b->key);
	if (size < 4)
		return mg_fail(err, MGREG_DATA_LOSS, "a block of %zu bytes is too short", size);
	restarts = mg_load32(bytes + size - 4);
	if (restarts > (size - 4) / 4)
		return mg_fail(err, MGREG_DATA_LOSS, "a block of %zu bytes claims %u restarts", size, restarts);
	b->entries = bytes;
	b->size = size - 4 - (size_t)restarts * 4;
	for (uint32_t i = 0; i < restarts; i++)
		if (mg_load32(bytes + b->size + (size_t)i * 4) > b->size)
			return mg_fail(err, MGREG_DATA_LOSS, "restart %u of a block lies outside it", i);
	return 0;
}

static size_t
get32(const char *at, const char *end, uint64_t *out)
{
	size_t n = mg_varint_get(at, end, out);

	return n > 5 || *out > UINT32_MAX ? 0 : n;
}

int
mg_block_next(mg_block *b, bool *more, mgreg_error *err)
{
	const char *at = b->entries + b->at, *end = b->entries + b->size;
	uint64_t head[3] = { 0 };
	size_t n;
	bool first = b->at == 0;
	int order;

	if (at == end) {
		*more = false;
		return 0;
	}
	for (int i = 0; i < 3; i++, at += n)
		if ((n = get32(at, end, &head[i])) == 0)
			return mg_fail(err, MGREG_DATA_LOSS, "entry at byte %zu of a block is damaged", b->at);
	if (head[0] > b->key.len || head[1] + head[2] > (uint64_t)(end - at))
		return mg_fail(err, MGREG_DATA_LOSS, "entry at byte %zu of a block does not fit it", b->at);
	/* The new key is greater exactly if what replaces the old one's tail is. */
	order = mg_slice_cmp((mg_slice){ b->key.ptr + head[0], b->key.len - (size_t)head[0] }, (mg_slice){ at, (size_t)head[1] });
	if (!first && order >= 0)
		return mg_fail(err, MGREG_DATA_LOSS, "keys of a block do not rise at byte %zu", b->at);
	b->key.len = (size_t)head[0];
	mg_str_append(&b->key, at, (size_t)head[1]);
	if (b->key.failed)
		return mg_str_check(&b->key, err);
	b->value = (mg_slice){ at + head[1], (size_t)head[2] };
	b->at = (size_t)(at + head[1] + head[2] - b->entries);
	*more = true;
	return 0;
}

void
mg_block_close(mg_block *b)
{
	mg_str_clear(&b->key);
}

/* ---- writing ---- */

void
mg_block_begin(mg_block_builder *b, size_t interval)
{
	if (b->bytes.ptr == NULL) {
		mg_str_init(&b->bytes);
		mg_str_init(&b->last);
	}
	mg_str_reset(&b->bytes);
	mg_str_reset(&b->last);
	b->restarts.len = 0;
	b->failed = !mg_vec_push(&b->restarts, 0);
	b->interval = interval;
	b->since = 0;
}

static void
put_varint(mg_str *s, uint64_t v)
{
	char buf[10];

	mg_str_append(s, buf, mg_varint_put(buf, v));
}

void
mg_block_add(mg_block_builder *b, const void *key, size_t key_len, const void *value, size_t value_len)
{
	size_t shared = 0;

	if (b->since == b->interval) {
		b->failed |= !mg_vec_push(&b->restarts, (uint32_t)b->bytes.len);
		b->since = 0;
	} else if (b->since > 0) {
		while (shared < key_len && shared < b->last.len && b->last.ptr[shared] == ((const char *)key)[shared])
			shared++;
	}
	put_varint(&b->bytes, shared);
	put_varint(&b->bytes, key_len - shared);
	put_varint(&b->bytes, value_len);
	mg_str_append(&b->bytes, (const char *)key + shared, key_len - shared);
	mg_str_append(&b->bytes, value, value_len);
	mg_str_reset(&b->last);
	mg_str_append(&b->last, key, key_len);
	b->since++;
	b->failed |= b->bytes.failed || b->last.failed;
}

size_t
mg_block_estimate(const mg_block_builder *b)
{
	return b->bytes.len + 4 * b->restarts.len + 4;
}

void
mg_block_finish(mg_block_builder *b)
{
	char buf[4];

	for (size_t i = 0; i < b->restarts.len; i++) {
		mg_store32(buf, b->restarts.at[i]);
		mg_str_append(&b->bytes, buf, 4);
	}
	mg_store32(buf, (uint32_t)b->restarts.len);
	mg_str_append(&b->bytes, buf, 4);
	b->failed |= b->bytes.failed;
}

void
mg_block_free(mg_block_builder *b)
{
	if (b->bytes.ptr) {
		mg_str_clear(&b->bytes);
		mg_str_clear(&b->last);
	}
	mg_vec_clear(&b->restarts);
}
