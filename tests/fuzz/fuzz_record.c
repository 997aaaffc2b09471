/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_record.c - bytes as a file of records: offsets rise, and what is whole frames to the same bytes again. */
#include "base/base.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "ckpt/ckpt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("records", 0);
	char path[64];
	mg_record_reader *r;
	mg_str again = MG_STR_INIT;
	mg_slice got;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (mg_record_open(&r, path, NULL) == 0) {
		while (mg_record_next(r, &got, NULL, NULL) == 0)
			mg_record_frame(got.ptr, got.len, &again);
		if (again.len != mg_record_offset(r) || again.len > size || memcmp(again.ptr, data, again.len) != 0)
			abort();
		mg_record_close(r);
	}
	mg_str_clear(&again);
	close(fd);
	return 0;
}
