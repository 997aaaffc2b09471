/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table_write.c - writes tables with the very bytes TensorFlow writes: where it cuts blocks, which separators it puts into
 * the index, no compression, an empty metaindex block.
 */
#include "base/base.h"
#include "base/bytes.h"
#include "base/crc32c.h"
#include "ckpt/ckpt_internal.h"

#define BLOCK_SIZE 262144
#define RESTARTS 16

static int
sink_to_writer(void *ctx, const void *data, size_t size, mgreg_error *err)
{
	return mg_writer_write(ctx, data, size, err);
}

static int
sink_to_str(void *ctx, const void *data, size_t size, mgreg_error *err)
{
	mg_str_append(ctx, data, size);
	return mg_str_check(ctx, err);
}

mg_sink
mg_sink_writer(mg_writer *w)
{
	return (mg_sink){ sink_to_writer, w };
}

mg_sink
mg_sink_str(mg_str *s)
{
	return (mg_sink){ sink_to_str, s };
}

void
mg_table_begin(mg_table_writer *w, mg_sink sink)
{
	memset(w, 0, sizeof(*w));
	w->sink = sink;
	w->block_size = BLOCK_SIZE;
	mg_block_begin(&w->data, RESTARTS);
	mg_block_begin(&w->index, 1);
	mg_str_init(&w->last);
}

static int
write_block(mg_table_writer *w, mg_block_builder *b, uint64_t *offset, uint64_t *size, mgreg_error *err)
{
	char trailer[MG_BLOCK_TRAILER] = { MG_BLOCK_RAW };
	uint32_t crc;
	int rc;

	mg_block_finish(b);
	if (b->failed)
		return mg_fail_nomem(err, 0);
	crc = mg_crc32c_extend(mg_crc32c(b->bytes.ptr, b->bytes.len), trailer, 1);
	mg_store32(trailer + 1, mg_crc32c_mask(crc));
	*offset = w->offset;
	*size = b->bytes.len;
	if ((rc = w->sink.write(w->sink.ctx, b->bytes.ptr, b->bytes.len, err)) != 0
		|| (rc = w->sink.write(w->sink.ctx, trailer, sizeof(trailer), err)) != 0)
		return rc;
	w->offset += b->bytes.len + sizeof(trailer);
	return 0;
}

static int
flush(mg_table_writer *w, mgreg_error *err)
{
	int rc;

	if (mg_block_is_empty(&w->data))
		return 0;
	if ((rc = write_block(w, &w->data, &w->pending_offset, &w->pending_size, err)) != 0)
		return rc;
	w->pending = true;
	mg_block_begin(&w->data, RESTARTS);
	return 0;
}

static void
add_handle(mg_str *s, uint64_t offset, uint64_t size)
{
	char buf[10];

	mg_str_append(s, buf, mg_varint_put(buf, offset));
	mg_str_append(s, buf, mg_varint_put(buf, size));
}

static int
add_index(mg_table_writer *w, mg_slice separator, mgreg_error *err)
{
	mg_str handle = MG_STR_INIT;
	int rc;

	add_handle(&handle, w->pending_offset, w->pending_size);
	if ((rc = mg_str_check(&handle, err)) == 0)
		mg_block_add(&w->index, separator.ptr, separator.len, handle.ptr, handle.len);
	mg_str_clear(&handle);
	w->pending = false;
	return rc;
}

/* Shortens LAST in place to a short key that is not below it and below NEXT. */
static void
shortest_separator(mg_str *last, mg_slice next)
{
	size_t i = 0, n = MG_MIN(last->len, next.len);
	uint8_t byte;

	while (i < n && last->ptr[i] == next.ptr[i])
		i++;
	if (i == n)
		return;
	byte = (uint8_t)last->ptr[i];
	if (byte < 0xff && byte + 1 < (uint8_t)next.ptr[i]) {
		last->ptr[i] = (char)(byte + 1);
		last->len = i + 1;
	}
}

/* Shortens KEY in place to a short key that is not below it. */
static void
short_successor(mg_str *key)
{
	for (size_t i = 0; i < key->len; i++)
		if ((uint8_t)key->ptr[i] != 0xff) {
			key->ptr[i] = (char)(key->ptr[i] + 1);
			key->len = i + 1;
			return;
		}
}

int
mg_table_add(mg_table_writer *w, mg_slice key, mg_slice value, mgreg_error *err)
{
	int rc;

	if (w->entries > 0) {
		assert(mg_slice_cmp((mg_slice){ w->last.ptr, w->last.len }, key) < 0);
		/* An entry of two blocks' size starts a block of its own. */
		if (key.len + value.len >= 2 * w->block_size && (rc = flush(w, err)) != 0)
			return rc;
	}
	if (value.len > UINT32_MAX || key.len > UINT32_MAX)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "a table entry of %zu bytes is too large", value.len);
	if (w->pending) {
		shortest_separator(&w->last, key);
		if ((rc = add_index(w, (mg_slice){ w->last.ptr, w->last.len }, err)) != 0)
			return rc;
	}
	mg_str_reset(&w->last);
	mg_str_append(&w->last, key.ptr, key.len);
	mg_block_add(&w->data, key.ptr, key.len, value.ptr, value.len);
	w->entries++;
	if (w->last.failed || w->data.failed)
		return mg_fail_nomem(err, value.len);
	return mg_block_estimate(&w->data) >= w->block_size ? flush(w, err) : 0;
}

int
mg_table_finish(mg_table_writer *w, mgreg_error *err)
{
	static const char magic[8] = { 0x57, (char)0xfb, (char)0x80, (char)0x8b, 0x24, 0x75, 0x47, (char)0xdb };
	mg_block_builder meta = { 0 };
	mg_str footer = MG_STR_INIT;
	uint64_t meta_at, meta_size, index_at, index_size;
	int rc;

	mg_block_begin(&meta, RESTARTS);
	MG_TRY(flush(w, err));
	MG_TRY(write_block(w, &meta, &meta_at, &meta_size, err));
	if (w->pending) {
		short_successor(&w->last);
		MG_TRY(add_index(w, (mg_slice){ w->last.ptr, w->last.len }, err));
	}
	MG_TRY(write_block(w, &w->index, &index_at, &index_size, err));
	add_handle(&footer, meta_at, meta_size);
	add_handle(&footer, index_at, index_size);
	while (footer.len < 40 && !footer.failed)
		mg_str_addc(&footer, '\0');
	mg_str_append(&footer, magic, sizeof(magic));
	MG_TRY(mg_str_check(&footer, err));
	MG_TRY(w->sink.write(w->sink.ctx, footer.ptr, footer.len, err));
	w->offset += footer.len;
out:
	mg_block_free(&meta);
	mg_str_clear(&footer);
	return rc;
}

void
mg_table_free(mg_table_writer *w)
{
	if (w->last.ptr == NULL)
		return;
	mg_block_free(&w->data);
	mg_block_free(&w->index);
	mg_str_clear(&w->last);
	memset(w, 0, sizeof(*w));
}
