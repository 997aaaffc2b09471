/* SPDX-License-Identifier: Apache-2.0 */
/*
 * driver.c - main() of a fuzz target that is not built for libFuzzer: feeds it every file named, every file in every
 * folder named, and of each also all prefixes and one-byte changes while the file is small.
 */
#include "base/base.h"
#include "base/file.h"
#include "base/path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SMALL 512

/* A copy of exactly that size, so that a sanitizer sees a read beyond its end. */
static void
feed(const void *data, size_t size)
{
	uint8_t *copy = mg_alloc(size + !size);

	if (!copy)
		return;
	memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	mg_free(copy);
}

static void
feed_variants(mg_str *s)
{
	static const uint8_t masks[] = { 0x01, 0x80, 0xff };

	feed(s->ptr, s->len);
	if (s->len > SMALL)
		return;
	for (size_t n = 0; n < s->len; n++)
		feed(s->ptr, n);
	for (size_t i = 0; i < s->len; i++)
		for (size_t m = 0; m < MG_COUNT(masks); m++) {
			s->ptr[i] = (char)(s->ptr[i] ^ masks[m]);
			feed(s->ptr, s->len);
			s->ptr[i] = (char)(s->ptr[i] ^ masks[m]);
		}
}

static int
feed_path(const char *path, unsigned *count, mgreg_error *err)
{
	mg_str s = MG_STR_INIT;
	char **names = NULL, *inner;
	size_t n = 0;
	int rc = 0;

	if (!mg_is_dir(path)) {
		MG_TRY(mg_file_read(path, 0, &s, err));
		feed_variants(&s);
		++*count;
		goto out;
	}
	MG_TRY(mg_dir_list(path, &names, &n, err));
	for (size_t i = 0; i < n && rc == 0; i++) {
		inner = mg_path_join(path, names[i]);
		rc = inner ? feed_path(inner, count, err) : mg_fail_nomem(err, 0);
		mg_free(inner);
	}
out:
	for (size_t i = 0; i < n; i++)
		mg_free(names[i]);
	mg_free(names);
	mg_str_clear(&s);
	return rc;
}

int
main(int argc, char **argv)
{
	mgreg_error err = { 0 };
	unsigned count = 0;

	for (int i = 1; i < argc; i++)
		if (feed_path(argv[i], &count, &err) != 0) {
			fprintf(stderr, "%s: %s\n", argv[0], err.text);
			return 2;
		}
	printf("%u files\n", count);
	return count ? 0 : 2;
}
