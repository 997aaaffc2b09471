/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_table.c - bytes as one block of a table (no checksum in the way), as a whole table, as the key of a slice, as a string tensor
 * of three elements.
 */
#include "base/base.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "ckpt/ckpt_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool holds, const char *what)
{
	if (!holds) {
		fprintf(stderr, "%s\n", what);
		abort();
	}
}

static void
as_block(const uint8_t *data, size_t size)
{
	mg_block b;
	bool more = true;
	size_t seen = 0;
	int rc = mg_block_open(&b, data, size, NULL);

	while (rc == 0 && more) {
		rc = mg_block_next(&b, &more, NULL);
		must(++seen <= size + 1, "a block has more entries than bytes");
	}
	mg_block_close(&b);
}

static int
ignore(void *ctx, mg_slice key, mg_slice value, mgreg_error *err)
{
	(void)ctx, (void)key, (void)value, (void)err;
	return 0;
}

static void
as_table(const uint8_t *data, size_t size)
{
	int fd = memfd_create("table", 0);
	char path[64];
	mg_table t;

	must(fd >= 0 && write(fd, data, size) == (ssize_t)size, "no file in memory");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (mg_table_open(&t, path, NULL) == 0) {
		(void)mg_table_each(&t, ignore, NULL, NULL);
		mg_table_close(&t);
	}
	close(fd);
}

static void
as_key(const uint8_t *data, size_t size)
{
	mg_arena arena = { 0 };
	mg_str again = MG_STR_INIT;
	const char *name;
	mg_tslice s;

	if (mg_slice_key_parse((mg_slice){ (const char *)data, size }, &name, &s, &arena, NULL) == 0) {
		mg_slice_key(name, &s, &again);
		must(again.len == size && memcmp(again.ptr, data, size) == 0, "a key comes back as another");
	}
	mg_str_clear(&again);
	mg_arena_clear(&arena);
}

static void
as_strings(const uint8_t *data, size_t size)
{
	int64_t three = 3;
	mg_tensor t = { 0 };
	uint32_t crc;

	if (mg_tensor_init_dims(&t, MGREG_STRING, &three, 1, NULL) == 0)
		(void)mg_bundle_decode_strings(data, size, &t, &crc, NULL);
	mg_tensor_clear(&t);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	as_block(data, size);
	as_table(data, size);
	as_key(data, size);
	as_strings(data, size);
	return 0;
}
