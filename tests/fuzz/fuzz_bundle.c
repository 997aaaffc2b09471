/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_bundle.c - checkpoints whose checksums are right and whose content is anybody's.
 *
 * Input: byte 0 picks V2 or V1; then entries { key length, value length, key, value } until a key length of 255 or the end; what
 * is left becomes the data file.  Everything that opens is read whole, in part, and listed.
 */
#include "base/base.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "ckpt/ckpt_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char prefix[64];

static void
remove_folder(void)
{
	prefix[strlen(prefix) - 2] = 0;
	rmdir(prefix);
}

static void
put_file(const char *path, const void *data, size_t size)
{
	FILE *f = fopen(path, "wb");

	if (f == NULL || fwrite(data, 1, size, f) != size || fclose(f) != 0)
		abort();
}

static void
read_everything(mg_ckpt *c)
{
	mg_ckpt_entry e;
	const mg_bundle_place *places;
	size_t count;
	int shards;

	for (size_t i = 0; mg_ckpt_entry_at(c, i, &e, NULL) == 0; i++) {
		mgreg_error err = { 0 };
		mg_str raw = MG_STR_INIT;
		mg_tensor t = { 0 };

		if (mg_ckpt_read(c, e.name, NULL, &t, &err) != 0 && err.text[0] == 0)
			abort();
		mg_tensor_clear(&t);
		(void)mg_bundle_read_raw(c, e.name, e.slice_count > 0 ? &e.slices[0] : NULL, &raw, NULL);
		mg_str_clear(&raw);
		for (int k = 0; k < e.slice_count && k < 4; k++) {
			(void)mg_ckpt_read(c, e.name, &e.slices[k], &t, NULL);
			mg_tensor_clear(&t);
		}
	}
	(void)mg_bundle_places(c, &places, &count, &shards, NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	mg_str bytes = MG_STR_INIT, last = MG_STR_INIT;
	mg_table_writer w;
	char index[96], shard[96];
	mg_ckpt *c;
	bool v1, first = true;
	size_t at = 1;

	if (size == 0)
		return 0;
	v1 = data[0] & 1;
	if (prefix[0] == 0) {
		snprintf(prefix, sizeof(prefix), "/tmp/mgreg-fuzz-XXXXXX");
		if (mkdtemp(prefix) == NULL)
			abort();
		snprintf(prefix + strlen(prefix), 3, "/m");
		atexit(remove_folder);
	}
	mg_table_begin(&w, mg_sink_str(&bytes));
	while (at + 2 <= size && data[at] != 255) {
		size_t key_len = data[at], value_len = data[at + 1];
		mg_slice key = { (const char *)data + at + 2, key_len };

		if (at + 2 + key_len + value_len > size)
			break;
		at += 2 + key_len + value_len;
		if (!first && mg_slice_cmp((mg_slice){ last.ptr, last.len }, key) >= 0)
			continue;
		first = false;
		mg_str_reset(&last);
		mg_str_append(&last, key.ptr, key.len);
		if (mg_table_add(&w, key, (mg_slice){ key.ptr + key_len, value_len }, NULL) != 0)
			abort();
	}
	if (mg_table_finish(&w, NULL) != 0)
		abort();
	mg_table_free(&w);
	snprintf(index, sizeof(index), v1 ? "%s" : "%s.index", prefix);
	snprintf(shard, sizeof(shard), "%s.data-00000-of-00001", prefix);
	put_file(index, bytes.ptr, bytes.len);
	if (!v1)
		put_file(shard, data + MG_MIN(at + 1, size), size - MG_MIN(at + 1, size));
	if (mg_ckpt_open(&c, prefix, NULL) == 0) {
		read_everything(c);
		mg_ckpt_close(c);
	}
	unlink(index);
	unlink(shard);
	mg_str_clear(&bytes);
	mg_str_clear(&last);
	return 0;
}
