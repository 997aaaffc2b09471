/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_event.c - event files.  First byte 0: pieces { length (2 bytes), bytes } that are framed with right checksums; else the
 * bytes of a file.  Every event is decoded, its values looked at, and what decoded can be written.
 */
#include "base/base.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/bytes.h"
#include "ckpt/ckpt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
look_at(const Pb__Event *e)
{
	mg_str again = MG_STR_INIT;
	double number;

	if (mg_msg_encode(&e->base, &again, NULL) != 0)
		abort();
	for (size_t i = 0; e->what_case == PB__EVENT__WHAT_SUMMARY && i < e->summary->n_value; i++)
		if (mg_event_scalar(e->summary->value[i], &number) && strcmp(mg_event_plugin(e->summary->value[i]), "scalars") != 0)
			abort();
	mg_str_clear(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("events", 0), rc;
	mg_str framed = MG_STR_INIT;
	mg_arena arena = { 0 };
	mg_event_reader *r;
	char path[64];
	Pb__Event *e;

	if (size && data[0] == 0) {
		for (size_t at = 1; at + 2 <= size; ) {
			size_t n = MG_MIN((size_t)mg_load16(data + at), size - at - 2);

			mg_record_frame(data + at + 2, n, &framed);
			at += 2 + n;
		}
		data = (const uint8_t *)framed.ptr;
		size = framed.len;
	}
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (mg_event_open(&r, path, 0, NULL) == 0) {
		uint64_t at = 0;

		for (;;) {
			mgreg_error err = { 0 };

			mg_arena_clear(&arena);
			rc = mg_event_next(r, &arena, &e, NULL, &err);
			if (rc == 0)
				look_at(e);
			else if (err.text[0] == 0)
				abort();
			if (rc && mg_event_offset(r) == at)
				break;
			at = mg_event_offset(r);
		}
		mg_event_close(r);
	}
	mg_arena_clear(&arena);
	mg_str_clear(&framed);
	close(fd);
	return 0;
}
