/* SPDX-License-Identifier: Apache-2.0 */
/* test_encode.c - golden bytes, as real files have them; what canonical means. */
#include "proto_test.h"

static const struct { const mg_msg_type *type; const char *text, *hex; } golden[] = {
	{ &pb__attr_value__descriptor, "i: 0", "18 00" },
	{ &pb__attr_value__descriptor, "i: 2", "18 02" },
	{ &pb__attr_value__descriptor, "b: false", "28 00" },
	{ &pb__attr_value__descriptor, "b: true", "28 01" },
	{ &pb__attr_value__descriptor, "s: \"\"", "12 00" },
	{ &pb__attr_value__descriptor, "f: 0", "25 00 00 00 00" },
	{ &pb__attr_value__descriptor, "type: DT_INVALID", "30 00" },
	{ &pb__attr_value__descriptor, "type: DT_FLOAT", "30 01" },
	{ &pb__attr_value__descriptor, "type: DT_STRING", "30 07" },
	{ &pb__attr_value__descriptor, "list {}", "0A 00" },
	{ &pb__attr_value__descriptor, "shape { dim { size: 3 } dim { size: 2 } }", "3A 08 12 02 08 03 12 02 08 02" },
	{ &pb__attr_value__descriptor, "list { type: DT_FLOAT }", "0A 03 32 01 01" },
	{ &pb__attr_value__descriptor, "list { type: [DT_FLOAT, 1] }", "0A 04 32 02 01 01" },
	{ &pb__attr_value__descriptor, "list { shape {} }", "0A 02 3A 00" },
	{ &pb__attr_value__descriptor, "list { shape { dim { size: 3 } dim { size: 2 } } }",
		"0A 0A 3A 08 12 02 08 03 12 02 08 02" },
	{ &pb__attr_value__descriptor, "list { shape { unknown_rank: true } }", "0A 04 3A 02 18 01" },
	{ &pb__attr_value__descriptor, "list { s: \"loc:@a\" }", "0A 08 12 06 6C 6F 63 3A 40 61" },
	{ &pb__attr_value__descriptor, "tensor { dtype: DT_INT32 tensor_shape { dim { size: 2 } }"
		" tensor_content: \"\\003\\000\\000\\000\\002\\000\\000\\000\" }",
		"42 12 08 03 12 04 12 02 08 02 22 08 03 00 00 00 02 00 00 00" },
	{ &pb__attr_value__descriptor, "tensor { dtype: DT_FLOAT tensor_shape {} float_val: -1.0954452 }",
		"42 0A 08 01 12 00 2A 04 8C 37 8C BF" },
	{ &pb__attr_value__descriptor, "tensor { dtype: DT_INT32 tensor_shape {} int_val: 1 }", "42 07 08 03 12 00 3A 01 01" },
	{ &pb__attr_value__descriptor, "tensor { dtype: DT_INT32 tensor_shape {} int_val: 0 }", "42 07 08 03 12 00 3A 01 00" },
	{ &pb__attr_value__descriptor, "tensor { dtype: DT_STRING tensor_shape {} string_val: 'model' }",
		"42 0B 08 07 12 00 42 05 6D 6F 64 65 6C" },
	{ &pb__attr_value__descriptor, "tensor { dtype: DT_STRING tensor_shape { dim { size: 2 } } string_val: ['a', 'b'] }",
		"42 0E 08 07 12 04 12 02 08 02 42 01 61 42 01 62" },
	{ &pb__attr_value__descriptor, "tensor { dtype: DT_STRING tensor_shape { dim { size: 1 } } string_val: '' }",
		"42 0A 08 07 12 04 12 02 08 01 42 00" },
	{ &pb__variable_def__descriptor, "snapshot_name: 'a/read:0' variable_name: 'a:0' initializer_name: 'a/Assign'",
		"0A 03 61 3A 30  12 08 61 2F 41 73 73 69 67 6E  1A 08 61 2F 72 65 61 64 3A 30" },
	{ &pb__graph_def__descriptor, "versions { producer: 22 }", "22 02 08 16" },
	{ &pb__tensor_shape_proto__dim__descriptor, "size: -1", "08 FF FF FF FF FF FF FF FF FF 01" },
	{ &pb__version_def__descriptor, "producer: -1", "08 FF FF FF FF FF FF FF FF FF 01" },
	{ &pb__structured_value__descriptor, "int64_value: -2", "60 03" },
	{ &pb__bundle_entry_proto__descriptor, "crc32c: 1", "35 01 00 00 00" },
	/* maps: by key, key and value always there */
	{ &pb__values_def__descriptor, "external_values { key: 'b' } external_values { value: 'x' }"
		" external_values { key: 'B' value: 'y' }",
		"12 05 0A 00 12 01 78  12 06 0A 01 42 12 01 79  12 05 0A 01 62 12 00" },
	{ &pb__meta_graph_def__descriptor, "collection_def { key: 'k' }", "22 05 0A 01 6B 12 00" },
	{ &pb__meta_graph_def__descriptor, "collection_def { key: 'k' value { node_list {} } }", "22 07 0A 01 6B 12 02 0A 00" },
	{ &pb__config_proto__descriptor, "device_count { key: 'C' value: 0 }", "0A 05 0A 01 43 10 00" },
	{ &pb__function_def__descriptor, "arg_attr { key: 300 value {} } arg_attr { key: 2 value {} }",
		"3A 04 08 02 12 00  3A 05 08 AC 02 12 00" },
	/* the bits of floating fields decide */
	{ &pb__histogram_proto__descriptor, "min: -0.0 max: 0.0", "09 00 00 00 00 00 00 00 80" },
	{ &pb__saver_def__descriptor, "keep_checkpoint_every_n_hours: 10000", "35 00 40 1C 46" },
};

START_TEST(golden_bytes)
{
	mgreg_error err = { 0 };
	mg_arena arena = { 0 };
	mg_str bytes = MG_STR_INIT;
	uint8_t want[256];
	size_t n = from_hex(golden[_i].hex, want), size;
	mg_msg *msg = parse(golden[_i].type, golden[_i].text, &arena);
	mg_msg *back;

	ck_assert_ok(mg_msg_encode(msg, &bytes, &err), &err);
	ck_assert_mem_eq(bytes.ptr, want, MG_MIN(n, bytes.len));
	ck_assert_uint_eq(bytes.len, n);
	ck_assert_ok(mg_msg_encoded_size(msg, &size, &err), &err);
	ck_assert_uint_eq(size, n);
	back = decode(golden[_i].type, want, n, &arena);
	ck_assert(mg_msg_equal(msg, back, NULL, NULL));
	mg_str_clear(&bytes);
	mg_arena_clear(&arena);
}
END_TEST

static void
ck_encodes_to(const mg_msg_type *type, const char *from, const char *to)
{
	mgreg_error err = { 0 };
	mg_arena arena = { 0 };
	mg_str bytes = MG_STR_INIT;
	uint8_t in[256], want[256];
	size_t n = from_hex(from, in), m = from_hex(to, want);

	ck_assert_ok(mg_msg_encode(decode(type, in, n, &arena), &bytes, &err), &err);
	ck_assert_uint_eq(bytes.len, m);
	ck_assert_mem_eq(bytes.ptr, want, m);
	mg_str_clear(&bytes);
	mg_arena_clear(&arena);
}

START_TEST(unknown_fields_follow)
{
	/* number 99 twice and 98 with all wire types among the known */
	ck_encodes_to(&pb__node_def__descriptor, "9A 06 01 41  12 01 6F  90 06 05  95 06 01 02 03 04  0A 01 6E  98 06 81 00"
		" 91 06 01 02 03 04 05 06 07 08",
		"0A 01 6E 12 01 6F  9A 06 01 41 90 06 05 95 06 01 02 03 04 98 06 81 00 91 06 01 02 03 04 05 06 07 08");
	/* a known number with another wire type is kept too */
	ck_encodes_to(&pb__node_def__descriptor, "08 05 12 01 6F", "12 01 6F 08 05");
	/* enums are open */
	ck_encodes_to(&pb__attr_value__descriptor, "30 E7 07", "30 E7 07");
}
END_TEST

START_TEST(nan_payloads_survive)
{
	ck_encodes_to(&pb__attr_value__descriptor, "25 01 00 A0 7F", "25 01 00 A0 7F");
	ck_encodes_to(&pb__tensor_proto__descriptor, "2A 08 01 00 A0 FF 00 00 00 80", "2A 08 01 00 A0 FF 00 00 00 80");
	ck_encodes_to(&pb__histogram_proto__descriptor, "09 01 02 03 04 05 06 F4 7F", "09 01 02 03 04 05 06 F4 7F");
}
END_TEST

START_TEST(refuses_what_nobody_reads)
{
	mgreg_error err = { 0 };
	mg_arena arena = { 0 };
	mg_str bytes = MG_STR_INIT;
	Pb__NodeDef *node = mg_msg_new(&arena, &pb__node_def__descriptor);
	Pb__ControlFlowContextDef *at;
	mg_msg *top;

	node->name = (char *)"a\xff";
	ck_assert_fails(mg_msg_encode(&node->base, &bytes, &err), MGREG_INVALID_ARGUMENT, &err);
	ck_assert_ptr_nonnull(strstr(err.text, "tensorflow.NodeDef.name"));
	at = mg_msg_new(&arena, &pb__control_flow_context_def__descriptor);
	top = &at->base;
	for (int i = 0; i < 60; i++) {          /* two levels each */
		Pb__CondContextDef *cond = mg_msg_new(&arena, &pb__cond_context_def__descriptor);

		at->ctxt_case = PB__CONTROL_FLOW_CONTEXT_DEF__CTXT_COND_CTXT;
		at->cond_ctxt = cond;
		at = mg_msg_new(&arena, &pb__control_flow_context_def__descriptor);
		ck_assert(mg_msg_append(&arena, &cond->nested_contexts, &cond->n_nested_contexts, at));
	}
	ck_assert_fails(mg_msg_encode(top, &bytes, &err), MGREG_INVALID_ARGUMENT, &err);
	ck_assert_uint_eq(bytes.len, 0);
	mg_str_clear(&bytes);
	mg_arena_clear(&arena);
}
END_TEST

static int
encode_once(void *arg, mgreg_error *err)
{
	mg_str bytes = MG_STR_INIT;
	int rc = mg_msg_encode(arg, &bytes, err);

	mg_str_clear(&bytes);
	return rc;
}

START_TEST(short_memory)
{
	mg_arena arena = { 0 };

	mg_test_each_allocation(encode_once, parse(&pb__node_def__descriptor, "name: 'n' attr { key: 'b' value { i: 1 } }"
		" attr { key: 'a' value { list { s: 'x' s: 'y' } } }", &arena));
	mg_arena_clear(&arena);
}
END_TEST

Suite *
test_encode(void)
{
	TCase *t;
	Suite *s = mg_suite("encode", &t);

	tcase_add_loop_test(t, golden_bytes, 0, MG_COUNT(golden));
	tcase_add_test(t, unknown_fields_follow);
	tcase_add_test(t, nan_payloads_survive);
	tcase_add_test(t, refuses_what_nobody_reads);
	tcase_add_test(t, short_memory);
	return s;
}
