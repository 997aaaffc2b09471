/* SPDX-License-Identifier: Apache-2.0 */
/* test_regex.c - the three ways of matching, replacement, bounded work. */
#include "testing.h"
#include "base/regex.h"

START_TEST(anchors)
{
	mg_regex *re;
	mgreg_error err;

	ck_assert_ok(mg_regex_new(&re, "ab|abc", 6, &err), &err);
	ck_assert(mg_regex_match(re, "abcd", 4) && !mg_regex_match(re, "xab", 3));
	ck_assert(mg_regex_fullmatch(re, "abc", 3) && !mg_regex_fullmatch(re, "abcd", 4));
	ck_assert(mg_regex_search(re, "xab", 3));
	mg_regex_free(re);
	ck_assert_fails(mg_regex_new(&re, "a(", 2, &err), MGREG_INVALID_ARGUMENT, &err);
}
END_TEST

START_TEST(replacing)
{
	mg_regex *re;
	mgreg_error err;
	mg_str s = MG_STR_INIT;

	ck_assert_ok(mg_regex_new(&re, "(a+)(b?)", 8, &err), &err);
	ck_assert_ok(mg_regex_replace(re, MG_SLICE("xaab a"), MG_SLICE("<\\2\\1>"), true, &s, &err), &err);
	ck_assert_str_eq(s.ptr, "x<baa> <a>");
	mg_str_clear(&s);
	mg_regex_free(re);
}
END_TEST

START_TEST(catastrophic_patterns_end)
{
	mg_regex *re;
	mgreg_error err;

	ck_assert_ok(mg_regex_new(&re, "(a+)+$", 6, &err), &err);
	ck_assert(!mg_regex_match(re, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", 46));
	mg_regex_free(re);
}
END_TEST

Suite *
test_regex(void)
{
	TCase *t;
	Suite *s = mg_suite("regex", &t);

	tcase_add_test(t, anchors);
	tcase_add_test(t, replacing);
	tcase_add_test(t, catastrophic_patterns_end);
	return s;
}
