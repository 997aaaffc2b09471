/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_arrays.c - npz and safetensors.  First byte 0: the rest is a .npy in a zip whose checksums are right; 1: header and data of
 * a safetensors file (up to the last '}') whose length is right; else the bytes of a file.  What opens is listed and read.
 */
#include "base/base.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/bytes.h"
#include "ckpt/ckpt_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char path[64];

static void
remove_folder(void)
{
	path[strlen(path) - 2] = 0;
	rmdir(path);
}

static void
put_file(const void *head, size_t head_size, const void *data, size_t size)
{
	FILE *f = fopen(path, "wb");

	if (f == NULL || fwrite(head, 1, head_size, f) != head_size || fwrite(data, 1, size, f) != size || fclose(f) != 0)
		abort();
}

static void
make_file(const uint8_t *data, size_t size)
{
	const uint8_t *brace;
	char head[8];
	mg_zip *z;

	if (size && data[0] == 0) {
		if (mg_zip_create(&z, path, false, NULL) != 0 || mg_zip_add(z, "a/b.npy", data + 1, size - 1, NULL) != 0
				|| mg_zip_finish(z, NULL) != 0)
			abort();
	} else if (size && data[0] == 1) {
		brace = memrchr(data + 1, '}', size - 1);
		mg_store64(head, brace ? (uint64_t)(brace - data) : size - 1);
		put_file(head, 8, data + 1, size - 1);
	} else {
		put_file("", 0, data, size);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	mg_ckpt_entry e;
	mg_ckpt *c;

	if (path[0] == 0) {
		/* in memory where that is possible: a zip is synced when it is finished */
		snprintf(path, sizeof(path), "%s/mgreg-fuzz-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
		if (mkdtemp(path) == NULL)
			abort();
		snprintf(path + strlen(path), 3, "/a");
		atexit(remove_folder);
	}
	make_file(data, size);
	if (mg_ckpt_open(&c, path, NULL) == 0) {
		for (size_t i = 0; mg_ckpt_entry_at(c, i, &e, NULL) == 0; i++) {
			mgreg_error err = { 0 };
			mg_tensor t = { 0 };

			if (mg_ckpt_read(c, e.name, NULL, &t, &err) != 0 && err.text[0] == 0)
				abort();
			mg_tensor_clear(&t);
		}
		mg_ckpt_close(c);
	}
	unlink(path);
	return 0;
}
