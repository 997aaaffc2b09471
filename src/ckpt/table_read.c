/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table_read.c - sorted string tables: the index of a V2 checkpoint, the whole of a V1 checkpoint.
 *
 *	data block*  metaindex block  index block  footer (48 bytes)
 *	block  = bytes, then type (1), masked crc of both (4)
 *	footer = metaindex handle, index handle, zeros up to byte 40, magic (8)
 *	handle = varint offset, varint size
 *
 * Sizes are checked against the file before anything is allocated.
 */
#include "base/base.h"
#include "base/bytes.h"
#include "base/crc32c.h"
#include "ckpt/ckpt_internal.h"

#define FOOTER 48
#define MAGIC UINT64_C(0xdb4775248b80fb57)
#define MAX_BLOCK ((uint64_t)3 << 30)   /* a V1 entry may have 2 GiB */

struct handle { uint64_t offset, size; };

static bool
get_handle(const char **at, const char *end, struct handle *h)
{
	size_t n;

	if ((n = mg_varint_get(*at, end, &h->offset)) == 0)
		return false;
	*at += n;
	if ((n = mg_varint_get(*at, end, &h->size)) == 0)
		return false;
	*at += n;
	return true;
}

/* The block at H into OUT, checked and expanded. */
static int
read_block(const mg_table *t, struct handle h, mg_str *out, mgreg_error *err)
{
	uint64_t limit = t->file.size - FOOTER, end;
	mg_str raw = MG_STR_INIT;
	uint32_t want, have;
	int rc = 0;
	char type;

	if (h.size > MAX_BLOCK || __builtin_add_overflow(h.offset, h.size + MG_BLOCK_TRAILER, &end) || end > limit)
		return mg_fail(err, MGREG_DATA_LOSS, "a block at %llu of %llu bytes lies outside the file",
			(unsigned long long)h.offset, (unsigned long long)h.size);
	mg_str_reset(out);
	mg_str_reserve(out, (size_t)h.size + MG_BLOCK_TRAILER);
	if ((rc = mg_str_check(out, err)) != 0)
		return rc;
	if ((rc = mg_file_pread(&t->file, out->ptr, (size_t)h.size + MG_BLOCK_TRAILER, h.offset, err)) != 0)
		return rc;
	want = mg_crc32c_unmask(mg_load32(out->ptr + h.size + 1));
	have = mg_crc32c(out->ptr, (size_t)h.size + 1);
	if (want != have)
		return mg_fail(err, MGREG_DATA_LOSS, "block at %llu: checksum %08x stored, %08x computed",
			(unsigned long long)h.offset, want, have);
	type = out->ptr[h.size];
	out->len = (size_t)h.size;
	out->ptr[out->len] = '\0';
	if (type == MG_BLOCK_RAW)
		return 0;
	if (type != MG_BLOCK_SNAPPY)
		return mg_fail(err, MGREG_DATA_LOSS, "block at %llu has unknown type %d", (unsigned long long)h.offset, (unsigned char)type);
	if ((rc = mg_snappy_decode(out->ptr, out->len, MAX_BLOCK, &raw, err)) != 0) {
		mg_wrap(err, rc, "block at %llu", (unsigned long long)h.offset);
		mg_str_clear(&raw);
		return rc;
	}
	mg_str_clear(out);
	*out = raw;
	return 0;
}

/* The handles in the index block: rising, apart from each other, inside the file. */
static int
read_index(mg_table *t, struct handle index, mgreg_error *err)
{
	mg_str bytes = MG_STR_INIT;
	MG_VEC(mg_table_part) parts = { 0 };
	mg_block b = { 0 };
	uint64_t end = 0;
	bool more;
	int rc;

	mg_str_init(&b.key);
	MG_TRY(read_block(t, index, &bytes, err));
	MG_TRY(mg_block_open(&b, bytes.ptr, bytes.len, err));
	for (;;) {
		mg_table_part part;
		struct handle h;
		const char *at;

		MG_TRY(mg_block_next(&b, &more, err));
		if (!more)
			break;
		at = b.value.ptr;
		if (!get_handle(&at, b.value.ptr + b.value.len, &h) || at != b.value.ptr + b.value.len || h.offset < end
			|| h.size > t->file.size || h.offset > t->file.size - h.size) {
			rc = mg_fail(err, MGREG_DATA_LOSS, "the index names a block that cannot be");
			goto out;
		}
		end = h.offset + h.size + MG_BLOCK_TRAILER;
		part = (mg_table_part){ h.offset, h.size, { mg_arena_strndup(&t->arena, b.key.ptr, b.key.len), b.key.len } };
		if (part.last.ptr == NULL || !mg_vec_push(&parts, part)) {
			rc = mg_fail_nomem(err, 0);
			goto out;
		}
	}
	if (parts.len > 0 && (t->parts = mg_arena_memdup(&t->arena, parts.at, parts.len * sizeof(*parts.at))) == NULL)
		rc = mg_fail_nomem(err, parts.len * sizeof(*parts.at));
	t->count = parts.len;
out:
	mg_vec_clear(&parts);
	mg_block_close(&b);
	mg_str_clear(&bytes);
	return rc;
}

int
mg_table_open(mg_table *t, const char *path, mgreg_error *err)
{
	char footer[FOOTER];
	const char *at = footer;
	struct handle meta, index;
	int rc;

	memset(t, 0, sizeof(*t));
	t->file.fd = -1;
	if ((rc = mg_file_open(&t->file, path, err)) != 0) {
		t->file.fd = -1;
		return rc;
	}
	if (t->file.size < FOOTER) {
		rc = mg_fail(err, MGREG_DATA_LOSS, "a file of %llu bytes is too small to be a table", (unsigned long long)t->file.size);
		goto out;
	}
	MG_TRY(mg_file_pread(&t->file, footer, FOOTER, t->file.size - FOOTER, err));
	if (mg_load64(footer + 40) != MAGIC) {
		rc = mg_fail(err, MGREG_DATA_LOSS, "not a table (bad magic number)");
		goto out;
	}
	if (!get_handle(&at, footer + 40, &meta) || !get_handle(&at, footer + 40, &index)) {
		rc = mg_fail(err, MGREG_DATA_LOSS, "the table's footer is damaged");
		goto out;
	}
	MG_TRY(read_index(t, index, err));
out:
	if (rc) {
		mg_wrap(err, rc, "%s", path);
		mg_table_close(t);
	}
	return rc;
}

void
mg_table_close(mg_table *t)
{
	if (t->file.path)
		mg_file_close(&t->file);
	mg_arena_clear(&t->arena);
	memset(t, 0, sizeof(*t));
}

int
mg_table_each(const mg_table *t, mg_table_fn *each, void *ctx, mgreg_error *err)
{
	mg_str bytes = MG_STR_INIT, last = MG_STR_INIT;
	mg_block b = { 0 };
	bool more, any = false;
	int rc = 0;

	mg_str_init(&b.key);
	for (size_t i = 0; i < t->count; i++) {
		MG_TRY(read_block(t, (struct handle){ t->parts[i].offset, t->parts[i].size }, &bytes, err));
		mg_block_close(&b);
		MG_TRY(mg_block_open(&b, bytes.ptr, bytes.len, err));
		for (bool first = true; ; first = false) {
			MG_TRY(mg_block_next(&b, &more, err));
			if (!more)
				break;
			if (first && any && mg_slice_cmp((mg_slice){ last.ptr, last.len }, (mg_slice){ b.key.ptr, b.key.len }) >= 0) {
				rc = mg_fail(err, MGREG_DATA_LOSS, "keys do not rise from block to block");
				goto out;
			}
			if ((rc = each(ctx, (mg_slice){ b.key.ptr, b.key.len }, b.value, err)) != 0)
				goto done;
			any = true;
		}
		mg_str_reset(&last);
		mg_str_append(&last, b.key.ptr, b.key.len);
		MG_TRY(mg_str_check(&last, err));
	}
out:
	if (rc)
		mg_wrap(err, rc, "%s", t->file.path);
done:
	mg_block_close(&b);
	mg_str_clear(&bytes);
	mg_str_clear(&last);
	return rc;
}

int
mg_table_get(const mg_table *t, mg_slice key, mg_str *hold, mg_slice *value, bool *found, mgreg_error *err)
{
	size_t low = 0, high = t->count;
	mg_block b = { 0 };
	bool more;
	int rc = 0;

	*found = false;
	while (low < high) {            /* the first block whose separator is not below KEY */
		size_t mid = (low + high) / 2;

		if (mg_slice_cmp(t->parts[mid].last, key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == t->count)
		return 0;
	mg_str_init(&b.key);
	MG_TRY(read_block(t, (struct handle){ t->parts[low].offset, t->parts[low].size }, hold, err));
	MG_TRY(mg_block_open(&b, hold->ptr, hold->len, err));
	for (;;) {
		int order;

		MG_TRY(mg_block_next(&b, &more, err));
		if (!more || (order = mg_slice_cmp((mg_slice){ b.key.ptr, b.key.len }, key)) > 0)
			break;
		if (order == 0) {
			*value = b.value;
			*found = true;
			break;
		}
	}
out:
	mg_block_close(&b);
	return rc ? mg_wrap(err, rc, "%s", t->file.path) : 0;
}
