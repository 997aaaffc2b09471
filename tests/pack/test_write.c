/* SPDX-License-Identifier: Apache-2.0 */
/* test_write.c - archives we write: the same bytes each time, whole or not at all, read again. */
#include "testing.h"

#include <stdlib.h>
#include "base/file.h"
#include "pack/pack.h"

static void
write_two(const char *path, bool zstd)
{
	mgreg_error err = { 0 };
	mg_pack_writer *w;

	ck_assert_ok(mg_pack_create(&w, path, zstd, &err), &err);
	ck_assert_ok(mg_pack_add(w, "a/first", 5, 1500000000, &err), &err);
	ck_assert_ok(mg_pack_put(w, "he", 2, &err), &err);
	ck_assert_ok(mg_pack_put(w, "llo", 3, &err), &err);
	ck_assert_ok(mg_pack_add(w, "b", 0, 1500000001, &err), &err);
	ck_assert_ok(mg_pack_finish(w, &err), &err);
	mg_pack_writer_free(w);
}

START_TEST(there_and_back)
{
	const char *path = mg_test_path(mg_test_tempdir(), _i ? "w.tar.zst" : "w.tar"), *again = mg_test_path(mg_test_tempdir(), "again");
	mgreg_error err = { 0 };
	mg_str one = MG_STR_INIT, two = MG_STR_INIT, text = MG_STR_INIT;
	mg_pack_entry e;
	mg_pack *p;

	write_two(path, _i);
	write_two(again, _i);
	ck_assert_ok(mg_file_read(path, 0, &one, &err), &err);
	ck_assert_ok(mg_file_read(again, 0, &two, &err), &err);
	ck_assert_uint_eq(one.len, two.len);
	ck_assert_mem_eq(one.ptr, two.ptr, one.len);
	ck_assert(mg_pack_is_archive(path));
	ck_assert_ok(mg_pack_open(&p, path, &err), &err);
	ck_assert_ok(mg_pack_next(p, &e, &err), &err);
	ck_assert_str_eq(e.name, "a/first");
	ck_assert_int_eq(e.mtime, 1500000000);
	ck_assert_ok(mg_pack_read_all(p, 0, &text, &err), &err);
	ck_assert_str_eq(text.ptr, "hello");
	ck_assert_ok(mg_pack_next(p, &e, &err), &err);
	ck_assert_str_eq(e.name, "b");
	ck_assert_int_eq(mg_pack_next(p, &e, &err), MGREG_OUT_OF_RANGE);
	mg_pack_close(p);
	mg_str_clear(&one);
	mg_str_clear(&two);
	mg_str_clear(&text);
}
END_TEST

START_TEST(not_finished)
{
	const char *path = mg_test_path(mg_test_tempdir(), "half.tar");
	mgreg_error err = { 0 };
	mg_pack_writer *w;

	ck_assert_ok(mg_pack_create(&w, path, false, &err), &err);
	ck_assert_ok(mg_pack_add(w, "a", 5, 0, &err), &err);
	ck_assert_ok(mg_pack_put(w, "he", 2, &err), &err);
	mg_pack_writer_free(w);
	ck_assert(!mg_file_exists(path));
	ck_assert_fails(mg_pack_create(&w, mg_test_path(mg_test_tempdir(), "no/such/folder.tar"), false, &err), MGREG_NOT_FOUND, &err);
}
END_TEST

static int
spool_again(void *ctx, mgreg_error *err)
{
	char *dir = NULL;
	int lock = -1, rc = mg_spool_make(&dir, &lock, err);

	if (rc == 0)
		rc = mg_spool_fill(dir, ctx, err);
	mg_spool_remove(dir, lock);
	return rc;
}

START_TEST(short_of_memory)
{
	const char *path = mg_test_path(mg_test_tempdir(), "short.tar");

	setenv("TMPDIR", mg_test_tempdir(), 1);
	write_two(path, false);
	mg_test_each_allocation(spool_again, (void *)(uintptr_t)path);
}
END_TEST

Suite *
test_write(void)
{
	TCase *t;
	Suite *s = mg_suite("write", &t);

	tcase_add_loop_test(t, there_and_back, 0, 2);
	tcase_add_test(t, not_finished);
	tcase_add_test(t, short_of_memory);
	return s;
}
