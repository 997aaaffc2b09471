/* SPDX-License-Identifier: Apache-2.0 */
/* test_text.c - what the text format accepts, how it prints, where errors are. */
#include <locale.h>
#include <math.h>

#include "proto_test.h"

/* Different spellings of one message, and how it prints on one line. */
static const struct { const mg_msg_type *type; const char *text, *line; } spellings[] = {
	{ &pb__node_def__descriptor, "", "" },
	{ &pb__node_def__descriptor, "name: \"a\" 'b'\n# comment\n \"c\" op:'d';input:'x',input:'y'",
		"name: \"abc\" op: \"d\" input: \"x\" input: \"y\"" },
	{ &pb__node_def__descriptor, "input: [ 'x' , 'y' ] input: [] input: 'z'", "input: \"x\" input: \"y\" input: \"z\"" },
	{ &pb__node_def__descriptor, "attr < key: 'k' value: < i: 3 > >", "attr { key: \"k\" value { i: 3 } }" },
	{ &pb__node_def__descriptor, "attr: [{ key: 'k' }, <key: 'j'>]",
		"attr { key: \"j\" value { } } attr { key: \"k\" value { } }" },
	{ &pb__tensor_proto__descriptor, "int_val: [ 0x10, 017, -5, 0, 2147483647, -2147483648 ]",
		"int_val: 16 int_val: 15 int_val: -5 int_val: 0 int_val: 2147483647 int_val: -2147483648" },
	{ &pb__tensor_proto__descriptor, "uint64_val: 18446744073709551615 int64_val: - 9223372036854775808",
		"int64_val: -9223372036854775808 uint64_val: 18446744073709551615" },
	{ &pb__tensor_proto__descriptor, "float_val: [1, 1.5f, .5, 1e10, -1.f, 1F, inf, -inf, INFINITY, nan, 1e50, 0.1]",
		"float_val: 1 float_val: 1.5 float_val: 0.5 float_val: 1e+10 float_val: -1 float_val: 1 float_val: inf"
		" float_val: -inf float_val: inf float_val: nan float_val: inf float_val: 0.1" },
	{ &pb__tensor_proto__descriptor, "float_val: [0.333333343, 16777216, 1234567, 1e-45, 123456.7]",
		"float_val: 0.333333343 float_val: 16777216 float_val: 1234567 float_val: 1.40129846e-45 float_val: 123456.703" },
	{ &pb__tensor_proto__descriptor, "double_val: [0.1, 0.30000000000000004, 1e22, -0.0, 5e-324, 100000]",
		"double_val: 0.1 double_val: 0.30000000000000004 double_val: 1e+22 double_val: -0"
		" double_val: 4.94065645841247e-324 double_val: 100000" },
	{ &pb__tensor_proto__descriptor, "float_val: [0x1p0, 0x1.8p1, -0X0.8P+2, 0x10p-4, 0x1p999, 0x1p-149] double_val: [0x1.999999999999ap-4, 0x1p-1074, 0x1p70]",
		"float_val: 1 float_val: 3 float_val: -2 float_val: 1 float_val: inf float_val: 1.40129846e-45"
		" double_val: 0.1 double_val: 4.94065645841247e-324 double_val: 1.1805916207174113e+21" },
	{ &pb__tensor_proto__descriptor, "float_val: 0x1.8", NULL },
	{ &pb__tensor_proto__descriptor, "float_val: 0x1p", NULL },
	{ &pb__tensor_proto__descriptor, "bool_val: [true, True, t, 1, false, False, f, 0, 0x1]",
		"bool_val: true bool_val: true bool_val: true bool_val: true bool_val: false bool_val: false bool_val: false"
		" bool_val: false bool_val: true" },
	{ &pb__tensor_proto__descriptor, "dtype: 3", "dtype: DT_INT32" },
	{ &pb__tensor_proto__descriptor, "dtype: 4711", "dtype: 4711" },
	{ &pb__tensor_proto__descriptor, "dtype: -1", "dtype: -1" },
	{ &pb__tensor_proto__descriptor, "tensor_content: '\\n\\r\\t\\\"\\'\\\\\\a\\b\\f\\v\\?\\0\\1\\377\\x41\\xf\\u00e9\\U0001F600'",
		"tensor_content: \"\\n\\r\\t\\\"\\'\\\\\\007\\010\\014\\013?\\000\\001\\377A\\017\\303\\251\\360\\237\\230\\200\"" },
	{ &pb__tensor_proto__descriptor, "tensor_content: '\\ud83d\\ude00'", "tensor_content: \"\\360\\237\\230\\200\"" },
	{ &pb__node_def__descriptor, "name: '\xc3\xa9'", "name: \"\\303\\251\"" },
	{ &pb__any__descriptor, "[type.googleapis.com/tensorflow.VersionDef] { producer: 3 }",
		"type_url: \"type.googleapis.com/tensorflow.VersionDef\" value: \"\\010\\003\"" },
	{ &pb__any__descriptor, "[type.googleapis.com/tensorflow.serving.AssetFile]: < filename: 'f' >",
		"type_url: \"type.googleapis.com/tensorflow.serving.AssetFile\" value: \"\\022\\001f\"" },
	{ &pb__collection_def__any_list__descriptor, "value { [type.googleapis.com/tensorflow.NodeDef] {} } value {}",
		"value { type_url: \"type.googleapis.com/tensorflow.NodeDef\" } value { }" },
	{ &pb__version_def__descriptor, "\xef\xbb\xbfproducer: 1 producer: 0x0", NULL },
	{ &pb__version_def__descriptor, "\xef\xbb\xbfproducer: 0 producer: 1", "producer: 1" },
};

START_TEST(reads_and_prints)
{
	mgreg_error err = { 0 };
	mg_arena arena = { 0 };
	mg_str text = MG_STR_INIT;
	mg_msg *msg;

	if (!spellings[_i].line) {
		ck_assert_fails(mg_msg_parse(spellings[_i].type, spellings[_i].text, strlen(spellings[_i].text), &arena,
			&msg, &err), MGREG_INVALID_ARGUMENT, &err);
	} else {
		msg = parse(spellings[_i].type, spellings[_i].text, &arena);
		ck_assert_ok(mg_msg_print_short(msg, &text, &err), &err);
		ck_assert_str_eq(text.ptr, spellings[_i].line);
		ck_assert(mg_msg_equal(msg, parse(spellings[_i].type, text.ptr, &arena), NULL, NULL));
	}
	mg_str_clear(&text);
	mg_arena_clear(&arena);
}
END_TEST

START_TEST(prints_blocks)
{
	mgreg_error err = { 0 };
	mg_arena arena = { 0 };
	mg_str text = MG_STR_INIT;

	ck_assert_ok(mg_msg_print(parse(&pb__graph_def__descriptor, "node { name: 'n' attr { key: 's' value { shape { dim { size:"
		" -1 } } } } } versions {}", &arena), &text, &err), &err);
	ck_assert_str_eq(text.ptr, "node {\n  name: \"n\"\n  attr {\n    key: \"s\"\n    value {\n      shape {\n        dim {\n"
		"          size: -1\n        }\n      }\n    }\n  }\n}\nversions {\n}\n");
	mg_str_clear(&text);
	mg_arena_clear(&arena);
}
END_TEST

START_TEST(prints_unknown_fields)
{
	mgreg_error err = { 0 };
	mg_arena arena = { 0 };
	mg_str text = MG_STR_INIT;
	uint8_t bytes[64];
	size_t n = from_hex("98 06 05  9D 06 01 02 03 04  99 06 01 02 03 04 05 06 07 08  9A 06 02 08 01  9A 06 01 41  9A 06 00", bytes);

	ck_assert_ok(mg_msg_print(decode(&pb__version_def__descriptor, bytes, n, &arena), &text, &err), &err);
	ck_assert_str_eq(text.ptr, "99: 5\n99: 0x04030201\n99: 0x0807060504030201\n99 {\n  1: 1\n}\n99: \"A\"\n99: \"\"\n");
	mg_str_clear(&text);
	mg_arena_clear(&arena);
}
END_TEST

static const struct { const mg_msg_type *type; const char *text, *error; } errors[] = {
	{ &pb__node_def__descriptor, "nam: 'x'", "1:1: tensorflow.NodeDef has no field nam" },
	{ &pb__node_def__descriptor, "name: 'x'\n  op 'y'", "2:6: expected \":\", got 'y'" },
	{ &pb__node_def__descriptor, "name: 'x'\n\tname: 'y'", "2:9: field name is given more than once" },
	{ &pb__node_def__descriptor, "name: 5", "1:7: expected a string, got 5" },
	{ &pb__node_def__descriptor, "name: 'abc", "1:7: the string that begins here does not end" },
	{ &pb__node_def__descriptor, "name: 'a\\q'", "1:7: invalid escape sequence \\q" },
	{ &pb__node_def__descriptor, "name: 'a\\x'", "1:7: invalid escape" },
	{ &pb__node_def__descriptor, "name: '\\ud800'", "1:7: invalid escape" },
	{ &pb__node_def__descriptor, "name: '\\377'", "1:7: name is not valid UTF-8" },
	{ &pb__node_def__descriptor, "name: 'a\\000b'", "1:7: NUL in name" },
	{ &pb__node_def__descriptor, "attr { key: 'a'", "1:16: expected \"}\", got the end of the text" },
	{ &pb__node_def__descriptor, "attr { key: 'a' >", "1:17: expected \"}\", got >" },
	{ &pb__node_def__descriptor, "}", "1:1: expected a field name, got }" },
	{ &pb__node_def__descriptor, "attr { key: 'a' value { i: 1 b: true } }", "1:30: field b is given beside i" },
	{ &pb__node_def__descriptor, "attr { key: 'a' value { i: 0 i: 0 } }", "1:30: field i is given more than once" },
	{ &pb__node_def__descriptor, "[foo.bar]: 1", "1:1: tensorflow.NodeDef has no extensions" },
	{ &pb__version_def__descriptor, "producer: 2147483648", "1:11: integer 2147483648 is out of range" },
	{ &pb__version_def__descriptor, "producer: 1.5", "1:11: expected an integer" },
	{ &pb__version_def__descriptor, "producer: [1]", "1:11: expected an integer" },
	{ &pb__version_def__descriptor, "bad_consumers: [1, 2", "1:21: expected \"]\", got the end" },
	{ &pb__version_def__descriptor, "bad_consumers: [1,]", "1:19: expected an integer" },
	{ &pb__version_def__descriptor, "producer: 09", "1:12: numbers that start with 0 are octal" },
	{ &pb__version_def__descriptor, "producer: 0x", "1:13: \"0x\" must be followed" },
	{ &pb__tensor_proto__descriptor, "uint32_val: -1", "1:13: expected an integer, got -" },
	{ &pb__tensor_proto__descriptor, "uint64_val: 18446744073709551616", "1:13: integer 18446744073709551616 is out of range" },
	{ &pb__tensor_proto__descriptor, "float_val: 0x10", "1:12: expected a decimal number" },
	{ &pb__tensor_proto__descriptor, "float_val: 1e", "1:14: \"e\" must be followed" },
	{ &pb__tensor_proto__descriptor, "float_val: one", "1:12: expected a number, got one" },
	{ &pb__tensor_proto__descriptor, "dtype: DT_NONE", "1:8: tensorflow.DataType has no value DT_NONE" },
	{ &pb__tensor_proto__descriptor, "bool_val: 2", "1:11: integer 2 is out of range" },
	{ &pb__tensor_proto__descriptor, "bool_val: TRUE", "1:11: expected true or false" },
	{ &pb__tensor_proto__descriptor, "dtype: 1 \x01", "1:10: unexpected byte 0x01" },
	{ &pb__any__descriptor, "[type.googleapis.com/no.Such] {}", "1:1: unknown type type.googleapis.com/no.Such" },
	{ &pb__any__descriptor, "type_url: 'x' [type.googleapis.com/tensorflow.NodeDef] {}", "1:15: the Any is given more than once" },
};

START_TEST(errors_have_places)
{
	mgreg_error err = { 0 };
	mg_arena arena = { 0 };
	mg_msg *msg = NULL;

	ck_assert_fails(mg_msg_parse(errors[_i].type, errors[_i].text, strlen(errors[_i].text), &arena, &msg, &err),
		MGREG_INVALID_ARGUMENT, &err);
	ck_assert_msg(strncmp(err.text, errors[_i].error, strlen(errors[_i].error)) == 0, "%s", err.text);
	ck_assert_ptr_null(msg);
	mg_arena_clear(&arena);
}
END_TEST

START_TEST(depth_is_bounded)
{
	mgreg_error err = { 0 };
	mg_arena arena = { 0 };
	mg_str text = MG_STR_INIT;
	mg_msg *msg;

	for (int i = 0; i < 500000; i++)
		mg_str_add(&text, i % 2 ? "nested_contexts{" : "cond_ctxt<");
	ck_assert_fails(mg_msg_parse(&pb__control_flow_context_def__descriptor, text.ptr, text.len, &arena, &msg, &err),
		MGREG_INVALID_ARGUMENT, &err);
	ck_assert_ptr_nonnull(strstr(err.text, "too deeply"));
	mg_str_clear(&text);
	mg_arena_clear(&arena);
}
END_TEST

START_TEST(locale_does_not_matter)
{
	mgreg_error err = { 0 };
	mg_arena arena = { 0 };
	mg_str text = MG_STR_INIT;
	mg_msg *msg;

	if (!setlocale(LC_NUMERIC, "de_DE.UTF-8"))
		return;                 /* where it is not installed there is nothing to fear either */
	msg = parse(&pb__tensor_proto__descriptor, "double_val: 1.5 float_val: 2.25", &arena);
	ck_assert_ok(mg_msg_print_short(msg, &text, &err), &err);
	setlocale(LC_NUMERIC, "C");
	ck_assert_str_eq(text.ptr, "float_val: 2.25 double_val: 1.5");
	mg_str_clear(&text);
	mg_arena_clear(&arena);
}
END_TEST

/* Every float pattern of a walk through all exponents prints so that it reads back. */
START_TEST(floats_read_back)
{
	mgreg_error err = { 0 };
	mg_arena arena = { 0 };
	mg_str text = MG_STR_INIT;

	for (uint64_t bits = 1; bits < UINT32_MAX; bits += 1000003) {
		Pb__AttrValue *v = mg_msg_new(&arena, &pb__attr_value__descriptor), *back;
		uint32_t b = (uint32_t)bits;

		memcpy(&v->f, &b, 4);
		v->value_case = PB__ATTR_VALUE__VALUE_F;
		if (isnan(v->f))
			continue;
		mg_str_reset(&text);
		ck_assert_ok(mg_msg_print_short(&v->base, &text, &err), &err);
		back = (Pb__AttrValue *)parse(&pb__attr_value__descriptor, text.ptr, &arena);
		ck_assert_mem_eq(&back->f, &v->f, 4);
	}
	mg_str_clear(&text);
	mg_arena_clear(&arena);
}
END_TEST

static int
parse_once(void *arg, mgreg_error *err)
{
	mg_arena arena = { 0 };
	mg_msg *msg;
	int rc = mg_msg_parse(&pb__meta_graph_def__descriptor, arg, strlen(arg), &arena, &msg, err);

	mg_arena_clear(&arena);
	return rc;
}

START_TEST(short_memory)
{
	mg_test_each_allocation(parse_once, (void *)(uintptr_t)"meta_info_def { any_info { [x/tensorflow.NodeDef] { name: 'n' } } }"
		" collection_def { key: 'k' value { node_list { value: ['a', 'b', 'c', 'd', 'e', 'f'] } } }");
}
END_TEST

Suite *
test_text(void)
{
	TCase *t;
	Suite *s = mg_suite("text", &t);

	tcase_add_loop_test(t, reads_and_prints, 0, MG_COUNT(spellings));
	tcase_add_test(t, prints_blocks);
	tcase_add_test(t, prints_unknown_fields);
	tcase_add_loop_test(t, errors_have_places, 0, MG_COUNT(errors));
	tcase_add_test(t, depth_is_bounded);
	tcase_add_test(t, locale_does_not_matter);
	tcase_add_test(t, floats_read_back);
	tcase_add_test(t, short_memory);
	return s;
}
