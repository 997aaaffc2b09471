/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_archive.c - any bytes as an archive: read as a stream, or spooled and looked at as a model.
 *
 * Byte 0: bit 0: the rest is a tar whose header checksums are made right first, so that what stands behind them is reached;
 * bit 1: spool it.  Whatever comes out has a safe name, lies in the spool folder, and is a plain file or folder.
 */
#include "base/base.h"
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/path.h"
#include "interop/interop.h"
#include "pack/pack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[64], file[80];

static void
remove_folder(void)
{
	unlink(file);
	rmdir(folder);
}

/* Every block that could be a header gets the checksum of its bytes. */
static void
repair(uint8_t *p, size_t size)
{
	for (size_t at = 0; at + 512 <= size; ) {
		unsigned sum = 0;
		unsigned long long len = 0;

		memset(p + at + 148, ' ', 8);
		for (size_t i = 0; i < 512; i++)
			sum += p[at + i];
		snprintf((char *)p + at + 148, 8, "%06o", sum & 0777777);
		for (size_t i = 124; i < 135 && p[at + i] >= '0' && p[at + i] <= '7'; i++)
			len = len * 8 + (unsigned long long)(p[at + i] - '0');
		at += 512 + (len < size ? (size_t)((len + 511) / 512 * 512) : 0);
	}
}

static void
read_stream(void)
{
	mg_pack_entry e;
	mg_pack *p;
	char buf[4096];
	size_t got;

	if (mg_pack_open(&p, file, NULL) != 0)
		return;
	mg_pack_set_ratio(p, 200);
	while (mg_pack_next(p, &e, NULL) == 0) {
		if (!mg_path_is_safe(e.name))
			abort();
		while (mg_pack_read(p, buf, sizeof(buf), &got, NULL) == 0 && got)
			;
	}
	mg_pack_close(p);
}

static int
look(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)path;
	(void)flag;
	(void)ftw;
	if (!S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode))
		abort();
	return 0;
}

static void
read_model(void)
{
	mgreg_error err = { 0 };
	mg_model m;
	char *dir;
	int lock;

	if (mg_spool_make(&dir, &lock, NULL) != 0)
		abort();
	if (mg_spool_fill(dir, file, &err) != 0 && err.text[0] == 0)
		abort();
	nftw(dir, look, 8, FTW_PHYS);
	mg_spool_remove(dir, lock);
	if (mg_model_read(file, NULL, &m, NULL) == 0)
		mg_model_clear(&m);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy;
	FILE *f;

	if (size == 0)
		return 0;
	if (folder[0] == 0) {
		snprintf(folder, sizeof(folder), "/tmp/mgreg-fuzz-XXXXXX");
		if (mkdtemp(folder) == NULL)
			abort();
		snprintf(file, sizeof(file), "%s/archive", folder);
		setenv("TMPDIR", folder, 1);
		atexit(remove_folder);
	}
	if ((copy = malloc(size)) == NULL)
		return 0;
	memcpy(copy, data + 1, size - 1);
	if (data[0] & 1)
		repair(copy, size - 1);
	f = fopen(file, "wb");
	if (f == NULL || fwrite(copy, 1, size - 1, f) != size - 1 || fclose(f) != 0)
		abort();
	free(copy);
	if (data[0] & 2)
		read_model();
	else
		read_stream();
	return 0;
}
