/* SPDX-License-Identifier: Apache-2.0 */
/* test_file.c - files, folders, paths, roots. */
#include "testing.h"
#include "base/file.h"
#include "base/path.h"

#include <unistd.h>

START_TEST(written_whole_or_not_at_all)
{
	const char *path = mg_test_path(mg_test_tempdir(), "a");
	mg_str s = MG_STR_INIT;
	mg_writer w;
	mgreg_error err;
	char **names;
	size_t count;

	ck_assert_ok(mg_file_write(path, "one", 3, &err), &err);
	ck_assert_ok(mg_writer_open(&w, path, &err), &err);
	ck_assert_ok(mg_writer_write(&w, "two", 3, &err), &err);
	mg_writer_abandon(&w);
	ck_assert_ok(mg_file_read(path, 0, &s, &err), &err);
	ck_assert_str_eq(s.ptr, "one");
	mg_str_reset(&s);
	ck_assert_fails(mg_file_read(path, 2, &s, &err), MGREG_RESOURCE_EXHAUSTED, &err);
	mg_str_clear(&s);
	ck_assert_ok(mg_dir_list(mg_test_tempdir(), &names, &count, &err), &err);
	ck_assert_uint_eq(count, 1);
	mg_free(names[0]);
	mg_free(names);
	ck_assert_fails(mg_file_read(mg_test_tempdir(), 0, &s, &err), MGREG_INVALID_ARGUMENT, &err);
	ck_assert_fails(mg_file_write("/nonexistent/x", "", 0, &err), MGREG_NOT_FOUND, &err);
}
END_TEST

START_TEST(cleaning_and_joining)
{
	static const struct { const char *path, *clean; } known[] = {
		{ "a//b/./c", "a/b/c" }, { "/..", "/" }, { "a/../..", ".." }, { "", "." }, { "/a/b/../c/", "/a/c" },
	};
	char *p;

	for (size_t i = 0; i < MG_COUNT(known); i++) {
		p = mg_path_clean(known[i].path);
		ck_assert_str_eq(p, known[i].clean);
		mg_free(p);
	}
	p = mg_path_dirname("/a");
	ck_assert_str_eq(p, "/");
	mg_free(p);
	p = mg_path_relative("/a/bc/d", "/a/b");
	ck_assert_str_eq(p, "../bc/d");
	mg_free(p);
	p = mg_path_relative("/a/b/c", "/a/b");
	ck_assert_str_eq(p, "c");
	mg_free(p);
	ck_assert(mg_path_is_safe("a/b") && !mg_path_is_safe("a/../b") && !mg_path_is_safe("/a") && !mg_path_is_safe("-a")
		&& !mg_path_is_safe("a\nb") && !mg_path_is_safe(""));
}
END_TEST

START_TEST(roots_hold_against_links)
{
	mg_roots roots = { 0 };
	mgreg_error err;
	char inside[512], link_path[600];

	snprintf(inside, sizeof(inside), "%s/in", mg_test_tempdir());
	ck_assert_ok(mg_dir_create(inside, false, &err), &err);
	ck_assert_ok(mg_roots_add(&roots, inside, &err), &err);
	snprintf(link_path, sizeof(link_path), "%s/out", inside);
	ck_assert_int_eq(symlink("/etc", link_path), 0);
	ck_assert_ok(mg_roots_check(&roots, mg_test_path(inside, "new/deeper"), &err), &err);
	ck_assert_fails(mg_roots_check(&roots, mg_test_path(inside, "../x"), &err), MGREG_PERMISSION_DENIED, &err);
	ck_assert_fails(mg_roots_check(&roots, mg_test_path(link_path, "passwd"), &err), MGREG_PERMISSION_DENIED, &err);
	ck_assert_fails(mg_roots_check(&roots, "/etc/passwd", &err), MGREG_PERMISSION_DENIED, &err);
	mg_roots_clear(&roots);
}
END_TEST

Suite *
test_file(void)
{
	TCase *t;
	Suite *s = mg_suite("file", &t);

	tcase_add_test(t, written_whole_or_not_at_all);
	tcase_add_test(t, cleaning_and_joining);
	tcase_add_test(t, roots_hold_against_links);
	return s;
}
