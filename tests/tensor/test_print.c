/* SPDX-License-Identifier: Apache-2.0 */
/* test_print.c - tensors as text and JSON, and back. */
#include "testing.h"
#include "tensor/tensor.h"

static const struct { const char *json; int dtype, found; const char *shape, *text, *back; } known[] = {
	{ "1", 0, MGREG_INT32, "[]", "1", "1" },
	{ "[1,2,3]", 0, MGREG_INT32, "[3]", "[1, 2, 3]", "[1,2,3]" },
	{ "[[1,2],[3,4]]", 0, MGREG_INT32, "[2,2]", "[[1, 2], [3, 4]]", "[[1,2],[3,4]]" },
	{ "[[[1],[2]],[[3],[4]]]", 0, MGREG_INT32, "[2,2,1]", "[[[1], [2]], [[3], [4]]]", "[[[1],[2]],[[3],[4]]]" },
	{ "[1,2147483648]", 0, MGREG_INT64, "[2]", "[1, 2147483648]", "[1,2147483648]" },
	{ "[1,0.5]", 0, MGREG_FLOAT, "[2]", "[1, 0.5]", "[1.0,0.5]" },
	{ "[0.1]", 0, MGREG_FLOAT, "[1]", "[0.1]", "[0.1]" },
	{ "[0.1]", MGREG_DOUBLE, MGREG_DOUBLE, "[1]", "[0.1]", "[0.1]" },
	{ "[true,false]", 0, MGREG_BOOL, "[2]", "[true, false]", "[true,false]" },
	{ "[\"a\\\"b\",\"\"]", 0, MGREG_STRING, "[2]", "[\"a\\\"b\", \"\"]", "[\"a\\\"b\",\"\"]" },
	{ "[\"NaN\",\"-Infinity\",1]", MGREG_FLOAT, MGREG_FLOAT, "[3]", "[nan, -inf, 1]", "[\"NaN\",\"-Infinity\",1.0]" },
	{ "[]", 0, MGREG_FLOAT, "[0]", "[]", "[]" },
	{ "[[],[]]", MGREG_INT32, MGREG_INT32, "[2,0]", "[[], []]", "[[],[]]" },
	{ "[[[],[]],[[],[]]]", MGREG_INT32, MGREG_INT32, "[2,2,0]", "[[[], []], [[], []]]", "[[[],[]],[[],[]]]" },
	{ "[1,2.5]", MGREG_HALF, MGREG_HALF, "[2]", "[1, 2.5]", "[1.0,2.5]" },
	{ "[1,255]", MGREG_UINT8, MGREG_UINT8, "[2]", "[1, 255]", "[1,255]" },
	{ "[-1]", MGREG_QINT8, MGREG_QINT8, "[1]", "[-1]", "[-1]" },
	{ "[[1,-2],[0.5,3]]", MGREG_COMPLEX64, MGREG_COMPLEX64, "[2]", "[1-2j, 0.5+3j]", "[[1.0,-2.0],[0.5,3.0]]" },
	{ "[1,-2]", MGREG_COMPLEX128, MGREG_COMPLEX128, "[]", "1-2j", "[1.0,-2.0]" },
	{ "3.0", MGREG_INT32, MGREG_INT32, "[]", "3", "3" },
};

START_TEST(both_ways)
{
	mg_tensor t = { 0 };
	mg_str out = MG_STR_INIT;
	char buf[256];
	mgreg_error err;

	ck_assert_ok(mg_tensor_parse_json(&t, known[_i].json, strlen(known[_i].json), (mg_dtype)known[_i].dtype, &err), &err);
	ck_assert_int_eq((int)t.dtype, known[_i].found);
	ck_assert_str_eq(mg_shape_text(&t.shape, buf), known[_i].shape);
	mg_tensor_print(&t, 0, &out);
	ck_assert_str_eq(out.ptr, known[_i].text);
	mg_str_reset(&out);
	mg_tensor_print_json(&t, &out);
	ck_assert_str_eq(out.ptr, known[_i].back);
	mg_str_clear(&out);
	mg_tensor_clear(&t);
}
END_TEST

static const struct { const char *json; int dtype; } bad[] = {
	{ "", 0 }, { "[1,[2]]", 0 }, { "[[1],[2,3]]", 0 }, { "[[1,2],[3]]", 0 }, { "[1,\"a\"]", 0 }, { "[true,1]", 0 },
	{ "null", 0 }, { "{\"a\":1}", 0 }, { "[1.5]", MGREG_INT32 }, { "[256]", MGREG_UINT8 }, { "[-1]", MGREG_UINT64 },
	{ "[\"x\"]", MGREG_FLOAT }, { "[1]", MGREG_STRING }, { "[1]", MGREG_BOOL }, { "[1]", MGREG_RESOURCE }, { "[1,2", 0 },
};

START_TEST(refused)
{
	mg_tensor t = { 0 };
	mgreg_error err;

	ck_assert_fails(mg_tensor_parse_json(&t, bad[_i].json, strlen(bad[_i].json), (mg_dtype)bad[_i].dtype, &err),
		MGREG_INVALID_ARGUMENT, &err);
	ck_assert(!mg_tensor_is_set(&t));
}
END_TEST

START_TEST(limits)
{
	static const struct { int64_t limit; const char *text; } cut[] = {
		{ 1, "[[1, ...]]" }, { 2, "[[1, 2], ...]" }, { 3, "[[1, 2], [3, ...]]" }, { 4, "[[1, 2], [3, 4]]" }, { 9, "[[1, 2], [3, 4]]" },
	};
	mg_tensor t = { 0 };
	mg_str out = MG_STR_INIT;

	ck_assert_int_eq(mg_tensor_parse_json(&t, "[[1,2],[3,4]]", 13, MGREG_INVALID, NULL), 0);
	for (size_t i = 0; i < MG_COUNT(cut); i++) {
		mg_str_reset(&out);
		mg_tensor_print(&t, cut[i].limit, &out);
		ck_assert_str_eq(out.ptr, cut[i].text);
	}
	mg_str_clear(&out);
	mg_tensor_clear(&t);
}
END_TEST

Suite *
test_print(void)
{
	TCase *t;
	Suite *s = mg_suite("print", &t);

	tcase_add_loop_test(t, both_ways, 0, MG_COUNT(known));
	tcase_add_loop_test(t, refused, 0, MG_COUNT(bad));
	tcase_add_test(t, limits);
	return s;
}
