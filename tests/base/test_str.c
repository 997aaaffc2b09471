/* SPDX-License-Identifier: Apache-2.0 */
/* test_str.c - strings, slices, globs, UTF-8, JSON. */
#include "testing.h"
#include "base/json.h"
#include "base/str.h"

#include <math.h>

START_TEST(building)
{
	mg_str s = MG_STR_INIT;
	char *taken;
	size_t len;

	ck_assert_str_eq(s.ptr, "");
	for (int i = 0; i < 100; i++)
		mg_str_printf(&s, "%d,", i);
	ck_assert_uint_eq(s.len, strlen(s.ptr));
	mg_str_reset(&s);
	mg_str_append(&s, "a\0b", 3);
	taken = mg_str_take(&s, &len);
	ck_assert_uint_eq(len, 3);
	ck_assert_str_eq(s.ptr, "");
	mg_free(taken);
}
END_TEST

START_TEST(globs)
{
	static const struct { const char *pattern, *text; bool match; } known[] = {
		{ "*", "", true }, { "a*c", "abbc", true }, { "a*c", "abb", false }, { "?", "", false }, { "[a-c]x", "bx", true },
		{ "[!a-c]x", "bx", false }, { "[a", "a", false }, { "*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false },
		{ "w/*", "w/Adam_1", true }, { "w", "W", false },
	};
	for (size_t i = 0; i < MG_COUNT(known); i++)
		ck_assert_msg(mg_glob(known[i].pattern, known[i].text) == known[i].match, "%s %s", known[i].pattern, known[i].text);
}
END_TEST

START_TEST(utf8)
{
	ck_assert(mg_utf8_valid("a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", 10));
	ck_assert(!mg_utf8_valid("\xc0\x80", 2));
	ck_assert(!mg_utf8_valid("\xed\xa0\x80", 3));
	ck_assert(!mg_utf8_valid("\xf4\x90\x80\x80", 4));
	ck_assert(!mg_utf8_valid("\xe2\x82", 2));
}
END_TEST

START_TEST(splitting)
{
	mg_slice rest = MG_SLICE("a,,b"), f;

	ck_assert(mg_slice_split(&rest, ',', &f) && mg_slice_eq(f, "a"));
	ck_assert(mg_slice_split(&rest, ',', &f) && mg_slice_eq(f, ""));
	ck_assert(mg_slice_split(&rest, ',', &f) && mg_slice_eq(f, "b"));
	ck_assert(!mg_slice_split(&rest, ',', &f));
	ck_assert_uint_eq(mg_edit_distance("latest", "lates"), 1);
	ck_assert_uint_eq(mg_edit_distance("checkout", "chekcout"), 2);
}
END_TEST

START_TEST(json_is_canonical)
{
	json_t *v;
	mg_str s = MG_STR_INIT;
	mgreg_error err;

	static const char text[] = "{\"b\": [1, 2.5, 1e30, true, null], \"a\": \"x\\n\\u00e4\"}";

	ck_assert_ok(mg_json_parse(text, sizeof(text) - 1, &v, &err), &err);
	ck_assert_ok(mg_json_format(v, &s, &err), &err);
	ck_assert_str_eq(s.ptr, "{\"a\":\"x\\n\xc3\xa4\",\"b\":[1,2.5,1e+30,true,null]}");
	json_decref(v);
	mg_str_reset(&s);
	mg_json_put_double(&s, NAN);
	mg_json_put_double(&s, -INFINITY);
	mg_json_put_double(&s, 3);
	ck_assert_str_eq(s.ptr, "\"NaN\"\"-Infinity\"3.0");
	mg_str_clear(&s);
	ck_assert_fails(mg_json_parse("{\"a\": }", 7, &v, &err), MGREG_INVALID_ARGUMENT, &err);
	ck_assert_fails(mg_json_parse("{\"a\": 1, \"a\": 2}", 16, &v, &err), MGREG_INVALID_ARGUMENT, &err);
}
END_TEST

Suite *
test_str(void)
{
	TCase *t;
	Suite *s = mg_suite("str", &t);

	tcase_add_test(t, building);
	tcase_add_test(t, globs);
	tcase_add_test(t, utf8);
	tcase_add_test(t, splitting);
	tcase_add_test(t, json_is_canonical);
	return s;
}
