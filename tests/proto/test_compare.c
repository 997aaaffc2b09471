/* SPDX-License-Identifier: Apache-2.0 */
/* test_compare.c - equality, and differences with their paths. */
#include "proto_test.h"

static int
collect(void *ctx, const char *path, const char *a, const char *b)
{
	mg_str_printf(ctx, "%s: %s | %s\n", path, a, b);
	return 0;
}

static int
stop_at_once(void *ctx, const char *path, const char *a, const char *b)
{
	(void)path, (void)a, (void)b;
	++*(int *)ctx;
	return 1;
}

static const struct { const char *a, *b, *diffs; } cases[] = {
	{ "name: 'n' attr { key: 'a' value { i: 1 } } attr { key: 'b' value {} }",
		"attr { key: 'b' value {} } attr { key: 'a' value { i: 1 } } name: 'n'", "" },
	{ "name: 'n'", "name: 'm'", "name: \"n\" | \"m\"\n" },
	{ "name: 'n'", "", "name: \"n\" | (absent)\n" },
	{ "input: ['a', 'b']", "input: ['a', 'c', 'd']", "input[1]: \"b\" | \"c\"\ninput[2]: (absent) | \"d\"\n" },
	{ "attr { key: 'T' value { type: DT_FLOAT } }", "attr { key: 'T' value { type: DT_HALF } }",
		"attr[\"T\"].type: DT_FLOAT | DT_HALF\n" },
	{ "attr { key: 'T' value { type: 0 } }", "attr { key: 'T' value { i: 0 } }",
		"attr[\"T\"].i: (absent) | 0\nattr[\"T\"].type: DT_INVALID | (absent)\n" },
	{ "attr { key: 'T' value { type: 0 } }", "attr { key: 'U' value { shape {} } }",
		"attr[\"T\"]: { type: DT_INVALID } | (absent)\nattr[\"U\"]: (absent) | { shape { } }\n" },
	{ "attr { key: 'f' value { f: 0 } }", "attr { key: 'f' value { f: -0.0 } }", "attr[\"f\"].f: 0 | -0\n" },
	{ "attr { key: 'f' value { f: nan } }", "attr { key: 'f' value { f: nan } }", "" },
	{ "experimental_debug_info {}", "", "experimental_debug_info: { } | (absent)\n" },
};

START_TEST(differences)
{
	mg_arena arena = { 0 };
	mg_str said = MG_STR_INIT;
	mg_msg *a = parse(&pb__node_def__descriptor, cases[_i].a, &arena);
	mg_msg *b = parse(&pb__node_def__descriptor, cases[_i].b, &arena);
	bool equal = !*cases[_i].diffs;

	ck_assert_int_eq(mg_msg_equal(a, b, collect, &said), equal);
	ck_assert_str_eq(said.ptr, cases[_i].diffs);
	ck_assert_int_eq(mg_msg_equal(a, b, NULL, NULL), equal);
	ck_assert_int_eq(mg_msg_equal(b, a, NULL, NULL), equal);
	mg_str_clear(&said);
	mg_arena_clear(&arena);
}
END_TEST

START_TEST(callback_stops)
{
	mg_arena arena = { 0 };
	int calls = 0;

	ck_assert(!mg_msg_equal(parse(&pb__node_def__descriptor, "name: 'a' op: 'b'", &arena),
		parse(&pb__node_def__descriptor, "", &arena), stop_at_once, &calls));
	ck_assert_int_eq(calls, 1);
	mg_arena_clear(&arena);
}
END_TEST

START_TEST(unknown_fields_count)
{
	mg_arena arena = { 0 };
	mg_str said = MG_STR_INIT;

	ck_assert(!mg_msg_equal(decode(&pb__node_def__descriptor, "\x98\x06\x01", 3, &arena),
		decode(&pb__node_def__descriptor, "\x98\x06\x02", 3, &arena), collect, &said));
	ck_assert_ptr_nonnull(strstr(said.ptr, "99: type 0, 1 bytes"));
	mg_str_clear(&said);
	mg_arena_clear(&arena);
}
END_TEST

Suite *
test_compare(void)
{
	TCase *t;
	Suite *s = mg_suite("compare", &t);

	tcase_add_loop_test(t, differences, 0, MG_COUNT(cases));
	tcase_add_test(t, callback_stops);
	tcase_add_test(t, unknown_fields_count);
	return s;
}
