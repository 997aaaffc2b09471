/* SPDX-License-Identifier: Apache-2.0 */
/* test_pack.c - archives as streams; hostile ones made by hand. */
#include "testing.h"
#include <stdio.h>
#include <stdlib.h>
#include "base/file.h"
#include "pack/pack.h"

/* A tar entry: header block, then content in blocks of 512. */
static void
add_tar(mg_str *out, const char *name, char type, const char *link, const char *content)
{
	char h[512] = { 0 };
	unsigned sum = 0;

	snprintf(h, 100, "%s", name);
	snprintf(h + 100, 8, "%07o", 0644);
	snprintf(h + 108, 8, "%07o", 0);
	snprintf(h + 116, 8, "%07o", 0);
	snprintf(h + 124, 12, "%011o", (unsigned)strlen(content));
	snprintf(h + 136, 12, "%011o", 0);
	h[156] = type;
	snprintf(h + 157, 100, "%s", link);
	memcpy(h + 257, "ustar\0" "00", 8);
	memset(h + 148, ' ', 8);
	for (int i = 0; i < 512; i++)
		sum += (unsigned char)h[i];
	snprintf(h + 148, 8, "%06o", sum);
	mg_str_append(out, h, 512);
	mg_str_append(out, content, strlen(content));
	while (out->len % 512)
		mg_str_addc(out, 0);
}

static const char *
finish(mg_str *tar)
{
	const char *path = mg_test_path(mg_test_tempdir(), "a.tar");
	mgreg_error err;

	for (int i = 0; i < 1024; i++)
		mg_str_addc(tar, 0);
	ck_assert_ok(mg_file_write(path, tar->ptr, tar->len, &err), &err);
	mg_str_clear(tar);
	return path;
}

START_TEST(plain)
{
	mg_str tar = MG_STR_INIT, text = MG_STR_INIT;
	mg_pack *p;
	mg_pack_entry e;
	mgreg_error err;

	add_tar(&tar, "dir/", '5', "", "");
	add_tar(&tar, "dir/a.txt", '0', "", "hello");
	add_tar(&tar, "b", '0', "", "");
	ck_assert_ok(mg_pack_open(&p, finish(&tar), &err), &err);
	ck_assert_ok(mg_pack_next(p, &e, &err), &err);
	ck_assert_str_eq(e.name, "dir/a.txt");
	ck_assert_int_eq(e.size, 5);
	ck_assert_ok(mg_pack_read_all(p, 0, &text, &err), &err);
	ck_assert_str_eq(text.ptr, "hello");
	ck_assert_ok(mg_pack_next(p, &e, &err), &err);
	ck_assert_str_eq(e.name, "b");
	mg_str_reset(&text);
	ck_assert_ok(mg_pack_read_all(p, 0, &text, &err), &err);
	ck_assert_uint_eq(text.len, 0);
	ck_assert_fails(mg_pack_next(p, &e, &err), MGREG_OUT_OF_RANGE, &err);
	mg_pack_close(p);
	mg_str_clear(&text);
}
END_TEST

static const struct { const char *name; char type; const char *link; } bad[] = {
	{ "../a", '0', "" }, { "/etc/a", '0', "" }, { "a/../../b", '0', "" }, { "a\nb", '0', "" }, { "-rf", '0', "" },
	{ "link", '2', "/etc/passwd" }, { "hard", '1', "x" }, { "pipe", '6', "" }, { "device", '3', "" },
};

START_TEST(hostile)
{
	mg_str tar = MG_STR_INIT;
	mg_pack *p;
	mg_pack_entry e;
	mgreg_error err;

	add_tar(&tar, bad[_i].name, bad[_i].type, bad[_i].link, "");
	ck_assert_ok(mg_pack_open(&p, finish(&tar), &err), &err);
	ck_assert_fails(mg_pack_next(p, &e, &err), MGREG_INVALID_ARGUMENT, &err);
	mg_pack_close(p);
}
END_TEST

START_TEST(doubled_and_long)
{
	mg_str tar = MG_STR_INIT, text = MG_STR_INIT;
	mg_pack *p;
	mg_pack_entry e;
	mgreg_error err;

	add_tar(&tar, "a", '0', "", "0123456789");
	add_tar(&tar, "a", '0', "", "x");
	ck_assert_ok(mg_pack_open(&p, finish(&tar), &err), &err);
	ck_assert_ok(mg_pack_next(p, &e, &err), &err);
	ck_assert_fails(mg_pack_read_all(p, 9, &text, &err), MGREG_RESOURCE_EXHAUSTED, &err);
	ck_assert_fails(mg_pack_next(p, &e, &err), MGREG_INVALID_ARGUMENT, &err);
	mg_pack_close(p);
	mg_str_clear(&text);
}
END_TEST

START_TEST(no_archive)
{
	const char *path = mg_test_path(mg_test_tempdir(), "none.zip");
	mg_pack *p = NULL;
	mg_pack_entry e;
	mgreg_error err;
	int rc;

	ck_assert_ok(mg_file_write(path, "this is no archive at all", 25, &err), &err);
	rc = mg_pack_open(&p, path, &err);
	if (rc == 0)
		rc = mg_pack_next(p, &e, &err);
	ck_assert_int_eq(rc, MGREG_DATA_LOSS);
	mg_pack_close(p);
	ck_assert_int_ne(mg_pack_open(&p, "/nowhere/at/all.zip", &err), 0);
}
END_TEST

Suite *
test_pack(void)
{
	TCase *t;
	Suite *s = mg_suite("pack", &t);

	tcase_add_test(t, plain);
	tcase_add_loop_test(t, hostile, 0, MG_COUNT(bad));
	tcase_add_test(t, doubled_and_long);
	tcase_add_test(t, no_archive);
	return s;
}
