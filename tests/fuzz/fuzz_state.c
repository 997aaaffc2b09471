/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_state.c - bytes as a `checkpoint` state file; what is read is written and read again. */
#include "base/base.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "ckpt/ckpt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char dir[64];

static void
remove_folder(void)
{
	rmdir(dir);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[96], again[96];
	mg_ckpt_state s, t;
	FILE *f;

	if (dir[0] == 0) {
		snprintf(dir, sizeof(dir), "/tmp/mgreg-fuzz-XXXXXX");
		if (mkdtemp(dir) == NULL)
			abort();
		atexit(remove_folder);
	}
	snprintf(path, sizeof(path), "%s/checkpoint", dir);
	snprintf(again, sizeof(again), "%s/again", dir);
	f = fopen(path, "wb");
	if (f == NULL || fwrite(data, 1, size, f) != size || fclose(f) != 0)
		abort();
	if (mg_ckpt_state_read(dir, NULL, &s, NULL) == 0) {
		if (mg_ckpt_state_write(dir, "again", s.latest, s.all, s.all_count, false, NULL) == 0) {
			if (mg_ckpt_state_read(dir, "again", &t, NULL) != 0 || strcmp(s.latest, t.latest) != 0)
				abort();
			mg_ckpt_state_clear(&t);
		}
		mg_ckpt_state_clear(&s);
	}
	unlink(path);
	unlink(again);
	return 0;
}
