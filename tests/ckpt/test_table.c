/* SPDX-License-Identifier: Apache-2.0 */
/* test_table.c - blocks and tables. */
#include "helper.h"
#include <stdio.h>
#include "base/bytes.h"
#include "base/crc32c.h"

static mg_str built;

static void
begin(mg_table_writer *w)
{
	mg_str_reset(&built);
	mg_table_begin(w, mg_sink_str(&built));
}

static void
finish(mg_table_writer *w, const char *path)
{
	mgreg_error err;

	ck_assert_ok(mg_table_finish(w, &err), &err);
	mg_table_free(w);
	spit(path, built.ptr, built.len);
}

static void
setup(void)
{
	mg_str_init(&built);
}

static void
teardown(void)
{
	mg_str_clear(&built);
}

START_TEST(empty_block)
{
	mg_block_builder b = { 0 };

	mg_block_begin(&b, 16);
	mg_block_finish(&b);
	ck_assert_uint_eq(b.bytes.len, 8);
	ck_assert_mem_eq(b.bytes.ptr, "\0\0\0\0\1\0\0\0", 8);
	mg_block_free(&b);
}
END_TEST

struct seen { int count; mg_str last; size_t value_len; };

static int
count_entries(void *ctx, mg_slice key, mg_slice value, mgreg_error *err)
{
	struct seen *s = ctx;

	(void)err;
	mg_str_reset(&s->last);
	mg_str_append(&s->last, key.ptr, key.len);
	s->value_len += value.len;
	s->count++;
	return 0;
}

/* Tables of N entries with values of SIZE bytes: how many blocks, and every key found again. */
static const struct { int n; size_t size; size_t blocks; } cuts[] = {
	{ 0, 0, 0 }, { 1, 0, 1 }, { 1, 600000, 1 }, { 17, 10, 1 }, { 1000, 100, 1 }, { 3, 262144, 3 }, { 2, 524288, 2 },
	{ 3, 600000, 3 }, { 30, 20000, 3 }, { 5000, 100, 3 }, { 2, 262100, 1 }, { 2, 300000, 2 },
};

START_TEST(blocks)
{
	const char *path = fresh_prefix("table");
	mg_table_writer w;
	mg_table t;
	struct seen seen = { .last = MG_STR_INIT };
	mg_str value = MG_STR_INIT, hold = MG_STR_INIT;
	char key[32];
	mgreg_error err;
	mg_slice got;
	bool found;

	begin(&w);
	for (size_t i = 0; i < cuts[_i].size; i++)
		mg_str_addc(&value, (char)i);
	for (int i = 0; i < cuts[_i].n; i++) {
		snprintf(key, sizeof(key), "key%06d", i * 2);
		ck_assert_ok(mg_table_add(&w, MG_SLICE(key), (mg_slice){ value.ptr, value.len }, &err), &err);
	}
	finish(&w, path);
	ck_assert_ok(mg_table_open(&t, path, &err), &err);
	ck_assert_uint_eq(t.count, cuts[_i].blocks);
	ck_assert_ok(mg_table_each(&t, count_entries, &seen, &err), &err);
	ck_assert_int_eq(seen.count, cuts[_i].n);
	ck_assert_uint_eq(seen.value_len, (size_t)cuts[_i].n * value.len);
	for (int i = 0; i < 2 * cuts[_i].n; i += 1 + cuts[_i].n / 50) {
		snprintf(key, sizeof(key), "key%06d", i);
		ck_assert_ok(mg_table_get(&t, MG_SLICE(key), &hold, &got, &found, &err), &err);
		ck_assert_int_eq(found, i % 2 == 0);
		if (found)
			ck_assert(got.len == value.len && memcmp(got.ptr, value.ptr, got.len) == 0);
	}
	mg_table_close(&t);
	mg_str_clear(&value);
	mg_str_clear(&hold);
	mg_str_clear(&seen.last);
}
END_TEST

/* Index keys between two blocks of one entry each, and behind the last. */
static const struct { const char *a, *b, *between, *after; } separators[] = {
	{ "abc", "abz", "abd", "b" }, { "abc", "abd", "abc", "b" }, { "ab", "abc", "ab", "b" }, { "a", "c", "b", "d" },
	{ "a\xff", "c", "b", "d" }, { "\xff\xff", "\xff\xff\xff", "\xff\xff", "\xff\xff\xff" }, { "", "a", "", "b" },
	{ "b", "\xff", "c", "\xff" }, { "ab\xfe", "ab\xff", "ab\xfe", "b" }, { "axy", "bxy", "axy", "c" },
};

START_TEST(separating)
{
	const char *path = fresh_prefix("table");
	mg_str value = MG_STR_INIT;
	mg_table_writer w;
	mg_table t;
	mgreg_error err;

	for (int i = 0; i < 300000; i++)
		mg_str_addc(&value, 0);
	begin(&w);
	ck_assert_ok(mg_table_add(&w, MG_SLICE(separators[_i].a), (mg_slice){ value.ptr, value.len }, &err), &err);
	ck_assert_ok(mg_table_add(&w, MG_SLICE(separators[_i].b), (mg_slice){ value.ptr, value.len }, &err), &err);
	finish(&w, path);
	ck_assert_ok(mg_table_open(&t, path, &err), &err);
	ck_assert_uint_eq(t.count, 2);
	ck_assert(mg_slice_eq(t.parts[0].last, separators[_i].between));
	ck_assert(mg_slice_eq(t.parts[1].last, separators[_i].after));
	mg_table_close(&t);
	mg_str_clear(&value);
}
END_TEST

/* Snappy by hand: one literal of the whole block. */
START_TEST(snappy_blocks)
{
	const char *path = fresh_prefix("table"), *broken = fresh_prefix("broken");
	mg_table_writer w;
	mg_table t;
	struct seen seen = { .last = MG_STR_INIT };
	mg_str file = MG_STR_INIT, block = MG_STR_INIT;
	uint32_t crc;
	size_t size, at;
	char trailer[5] = { MG_BLOCK_SNAPPY }, handle[20];
	mgreg_error err;

	begin(&w);
	ck_assert_ok(mg_table_add(&w, MG_SLICE("a"), MG_SLICE("one"), &err), &err);
	ck_assert_ok(mg_table_add(&w, MG_SLICE("ab"), MG_SLICE("two"), &err), &err);
	finish(&w, path);
	size = 7 + 7 + 8;               /* two entries (3 + 1 + 3 each), a restart, the count */
	mg_str_addc(&block, (char)size);
	mg_str_addc(&block, (char)((size - 1) << 2));
	mg_str_append(&block, built.ptr, size);
	crc = mg_crc32c_mask(mg_crc32c_extend(mg_crc32c(block.ptr, block.len), trailer, 1));
	mg_store32(trailer + 1, crc);
	mg_str_append(&file, block.ptr, block.len);
	mg_str_append(&file, trailer, 5);
	/* metaindex and index anew */
	{
		mg_block_builder b = { 0 };
		size_t n, meta_at = 0, index_at = 0, meta_size = 0, index_size = 0;

		n = mg_varint_put(handle, 0);
		n += mg_varint_put(handle + n, block.len);
		for (int k = 0; k < 2; k++) {
			mg_block_begin(&b, 1);
			if (k == 1)
				mg_block_add(&b, "b", 1, handle, n);
			mg_block_finish(&b);
			trailer[0] = MG_BLOCK_RAW;
			mg_store32(trailer + 1, mg_crc32c_mask(mg_crc32c_extend(mg_crc32c(b.bytes.ptr, b.bytes.len), trailer, 1)));
			*(k ? &index_at : &meta_at) = file.len;
			*(k ? &index_size : &meta_size) = b.bytes.len;
			mg_str_append(&file, b.bytes.ptr, b.bytes.len);
			mg_str_append(&file, trailer, 5);
		}
		mg_block_free(&b);
		at = file.len;
		n = mg_varint_put(handle, meta_at);
		n += mg_varint_put(handle + n, meta_size);
		n += mg_varint_put(handle + n, index_at);
		n += mg_varint_put(handle + n, index_size);
		mg_str_append(&file, handle, n);
		while (file.len < at + 40)
			mg_str_addc(&file, 0);
		mg_str_append(&file, built.ptr + built.len - 8, 8);
	}
	spit(path, file.ptr, file.len);
	ck_assert_ok(mg_table_open(&t, path, &err), &err);
	ck_assert_ok(mg_table_each(&t, count_entries, &seen, &err), &err);
	ck_assert_int_eq(seen.count, 2);
	ck_assert_str_eq(seen.last.ptr, "ab");
	mg_table_close(&t);

	/* The stream claims another length, its checksum is right. */
	file.ptr[0]++;
	trailer[0] = MG_BLOCK_SNAPPY;
	mg_store32(file.ptr + block.len + 1, mg_crc32c_mask(mg_crc32c(file.ptr, block.len + 1)));
	spit(broken, file.ptr, file.len);
	ck_assert_ok(mg_table_open(&t, broken, &err), &err);
	ck_assert_fails(mg_table_each(&t, count_entries, &seen, &err), MGREG_DATA_LOSS, &err);
	ck_assert_ptr_nonnull(strstr(err.text, "Snappy"));
	mg_table_close(&t);
	file.ptr[block.len] = 7;
	mg_store32(file.ptr + block.len + 1, mg_crc32c_mask(mg_crc32c(file.ptr, block.len + 1)));
	spit(broken, file.ptr, file.len);
	ck_assert_ok(mg_table_open(&t, broken, &err), &err);
	ck_assert_fails(mg_table_each(&t, count_entries, &seen, &err), MGREG_DATA_LOSS, &err);
	ck_assert_ptr_nonnull(strstr(err.text, "unknown type 7"));
	mg_table_close(&t);
	mg_str_clear(&file);
	mg_str_clear(&block);
	mg_str_clear(&seen.last);
}
END_TEST

/* Blocks that no writer makes; each is refused without reading past its end. */
static const struct { const char *hex, *what; } bad_blocks[] = {
	{ "", "too short" }, { "00 00 00", "too short" }, { "02 00 00 00", "restarts" }, { "ff ff ff ff", "restarts" },
	{ "09 00 00 00 01 00 00 00", "restart 0" },
	{ "00 05 00 61 00 00 00 00 01 00 00 00", "does not fit" },             /* key longer than the block */
	{ "01 01 00 61 00 00 00 00 01 00 00 00", "does not fit" },             /* shares what is not there */
	{ "00 01 ff ff ff ff 0f 61 00 00 00 00 01 00 00 00", "does not fit" }, /* value of 4 GiB */
	{ "00 01 ff ff ff ff ff 0f 00 00 00 00 01 00 00 00", "damaged" },      /* varint of 6 bytes */
	{ "80 00 00 00 00 01 00 00 00", "damaged" },
	{ "00 01 00 62 00 01 00 61 00 00 00 00 01 00 00 00", "do not rise" },
	{ "00 01 00 61 00 01 00 61 00 00 00 00 01 00 00 00", "do not rise" },
};

START_TEST(hostile_blocks)
{
	mg_str bytes = MG_STR_INIT;
	mg_block b;
	mgreg_error err = { 0 };
	bool more = true;
	int rc;

	unhex_text(bad_blocks[_i].hex, &bytes);
	rc = mg_block_open(&b, bytes.ptr, bytes.len, &err);
	while (rc == 0 && more)
		rc = mg_block_next(&b, &more, &err);
	ck_assert_int_eq(rc, MGREG_DATA_LOSS);
	ck_assert_msg(strstr(err.text, bad_blocks[_i].what) != NULL, "%s", err.text);
	mg_block_close(&b);
	mg_str_clear(&bytes);
}
END_TEST

Suite *
test_table(void)
{
	TCase *t;
	Suite *s = mg_suite("table", &t);

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, empty_block);
	tcase_add_loop_test(t, blocks, 0, MG_COUNT(cuts));
	tcase_add_loop_test(t, separating, 0, MG_COUNT(separators));
	tcase_add_test(t, snappy_blocks);
	tcase_add_loop_test(t, hostile_blocks, 0, MG_COUNT(bad_blocks));
	return s;
}
