/* SPDX-License-Identifier: Apache-2.0 */
/* test_alloc.c - arrays that grow in an arena, whoever made them; deep copies. */
#include "proto_test.h"

START_TEST(appending)
{
	mg_arena arena = { 0 };
	Pb__NodeDef *node = mg_msg_new(&arena, &pb__node_def__descriptor);
	char names[100][8];

	for (int i = 0; i < 100; i++) {
		snprintf(names[i], sizeof(names[i]), "n%d", i);
		ck_assert(mg_msg_append(&arena, &node->input, &node->n_input, names[i]));
	}
	ck_assert_uint_eq(node->n_input, 100);
	for (int i = 0; i < 100; i++)
		ck_assert_str_eq(node->input[i], names[i]);
	mg_arena_clear(&arena);
}
END_TEST

START_TEST(foreign_arrays_are_copied)
{
	static char *fixed[] = { (char *)"a", (char *)"b", (char *)"c" };
	mg_arena arena = { 0 };
	Pb__NodeDef *node = mg_msg_new(&arena, &pb__node_def__descriptor);

	node->input = fixed;
	node->n_input = 3;
	ck_assert(mg_msg_append(&arena, &node->input, &node->n_input, (char *)"d"));
	ck_assert_ptr_ne(node->input, fixed);
	ck_assert_str_eq(node->input[0], "a");
	ck_assert_str_eq(node->input[3], "d");
	mg_arena_clear(&arena);
}
END_TEST

/* Two shallow copies append to what they share: each sees its own. */
START_TEST(shallow_copies_do_not_meet)
{
	mg_arena arena = { 0 };
	Pb__NodeDef *a = mg_msg_new(&arena, &pb__node_def__descriptor), b;

	ck_assert(mg_msg_append(&arena, &a->input, &a->n_input, (char *)"x"));
	b = *a;
	ck_assert(mg_msg_append(&arena, &a->input, &a->n_input, (char *)"a"));
	ck_assert(mg_msg_append(&arena, &b.input, &b.n_input, (char *)"b"));
	ck_assert_str_eq(a->input[1], "a");
	ck_assert_str_eq(b.input[1], "b");
	ck_assert_str_eq(b.input[0], "x");
	mg_arena_clear(&arena);
}
END_TEST

START_TEST(deep_copies)
{
	mgreg_error err = { 0 };
	mg_arena arena = { 0 }, other = { 0 };
	mg_msg *msg, *copy;
	Pb__NodeDef *node;

	msg = parse(&pb__node_def__descriptor, "name: 'n' input: ['a', 'b'] attr { key: 'v' value { tensor {"
		" float_val: [1, 2] string_val: 'x' tensor_content: 'yz' } } }", &arena);
	msg->unknown_fields = &(ProtobufCMessageUnknownField){ 99, PROTOBUF_C_WIRE_TYPE_VARINT, 1, (uint8_t *)"\x05" };
	msg->n_unknown_fields = 1;
	ck_assert_ok(mg_msg_copy(msg, &other, &copy, &err), &err);
	ck_assert(mg_msg_equal(msg, copy, NULL, NULL));
	node = (Pb__NodeDef *)msg;
	node->input[0] = (char *)"changed";
	node->attr[0]->value->tensor->float_val[1] = 3;
	ck_assert(!mg_msg_equal(msg, copy, NULL, NULL));
	mg_arena_clear(&arena);
	ck_assert_str_eq(((Pb__NodeDef *)copy)->input[0], "a");
	mg_arena_clear(&other);
}
END_TEST

Suite *
test_alloc(void)
{
	TCase *t;
	Suite *s = mg_suite("alloc", &t);

	tcase_add_test(t, appending);
	tcase_add_test(t, foreign_arrays_are_copied);
	tcase_add_test(t, shallow_copies_do_not_meet);
	tcase_add_test(t, deep_copies);
	return s;
}
