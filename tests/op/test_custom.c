/* SPDX-License-Identifier: Apache-2.0 */
/* test_custom.c - definitions of registered ops: what is accepted, what is refused and in which words. */
#include "testing.h"
#include "op/op.h"

static int
define(const char *definition, mgreg_error *err)
{
	mgreg_custom_op op = MGREG_CUSTOM_OP_INIT;

	op.definition = definition;
	*err = (mgreg_error){ 0 };
	return mgreg_op_register(&op, err);
}

START_TEST(becomes_an_op)
{
	mgreg_error err;
	const mg_op_def *def;

	ck_assert_ok(define("name: 'TestMany' is_stateful: true input_arg { name: 'xs' type_attr: 'T' number_attr: 'N' } "
		"input_arg { name: 'r' type: DT_INT32 is_ref: true } output_arg { name: 'ys' type_list_attr: 'L' } "
		"attr { name: 'T' type: 'type' allowed_values { list { type: DT_FLOAT type: DT_HALF } } default_value { type: DT_FLOAT } } "
		"attr { name: 'N' type: 'int' has_minimum: true minimum: 2 } attr { name: 'L' type: 'list(type)' } "
		"attr { name: 'mode' type: 'string' allowed_values { list { s: 'a' s: 'b' } } default_value { s: 'b' } }", &err), &err);
	def = mg_op_find("TestMany");
	ck_assert_ptr_nonnull(def);
	ck_assert_int_eq(def->input_count, 2);
	ck_assert_str_eq(def->inputs[0].number_attr, "N");
	ck_assert(def->inputs[1].is_ref && def->inputs[1].type == MGREG_INT32);
	ck_assert_str_eq(def->outputs[0].type_list_attr, "L");
	ck_assert_int_eq(def->attr_count, 4);
	ck_assert_int_eq(def->attrs[1].minimum, 2);
	ck_assert(def->flags & MG_OP_STATEFUL);
	ck_assert_str_eq(mg_op_tier(def), "P3");
	ck_assert_ptr_null(def->shape);
	ck_assert_int_eq(define("name: 'TestMany'", &err), MGREG_ALREADY_EXISTS);
	ck_assert_int_eq(define("name: 'MatMul'", &err), MGREG_ALREADY_EXISTS);
}
END_TEST

static const struct { const char *definition, *word; } refused[] = {
	{ NULL, "needs a definition" },
	{ "name 'X'", "" },
	{ "", "must begin with a capital" },
	{ "name: 'lower'", "must begin with a capital" },
	{ "name: 'A b'", "must begin with a capital" },
	{ "name: 'TestA' input_arg { name: 'x' }", "must say the type" },
	{ "name: 'TestA' input_arg { name: 'x' type: DT_FLOAT type_attr: 'T' } attr { name: 'T' type: 'type' }", "must say the type" },
	{ "name: 'TestA' input_arg { name: 'x' type_attr: 'T' }", "another kind: T" },
	{ "name: 'TestA' input_arg { name: 'x' type_attr: 'T' } attr { name: 'T' type: 'int' }", "another kind: T" },
	{ "name: 'TestA' input_arg { name: 'x' type_attr: 'T' } attr { name: 'T' type: 'list(type)' }", "another kind: T" },
	{ "name: 'TestA' output_arg { name: '1' type: DT_FLOAT }", "proper name: 1" },
	{ "name: 'TestA' attr { name: 'a' type: 'integer' }", "unknown attr type integer" },
	{ "name: 'TestA' attr { name: 'a' type: 'list(int' }", "unknown attr type" },
	{ "name: 'TestA' attr { name: 'a' type: 'int' } attr { name: 'a' type: 'int' }", "two attrs" },
	{ "name: 'TestA' attr { name: 'a' type: 'int' default_value { f: 1 } }", "a" },
	{ "name: 'TestA' attr { name: 'a' type: 'int' has_minimum: true minimum: 3 default_value { i: 1 } }", "a" },
	{ "name: 'TestA' attr { name: 'a' type: 'int' allowed_values { list { i: 1 } } }", "only types and strings" },
	{ "name: 'TestA' attr { name: 'a' type: 'type' allowed_values { list { type: DT_FLOAT_REF } } }", "unknown type" },
	{ "name: 'TestA' attr { name: 'a' type: 'string' allowed_values { list { s: 'a' } } default_value { s: 'b' } }", "a" },
};

START_TEST(is_refused)
{
	mgreg_error err;

	ck_assert_int_eq(define(refused[_i].definition, &err), MGREG_INVALID_ARGUMENT);
	ck_assert_msg(strstr(err.text, refused[_i].word) != NULL, "%s", err.text);
	ck_assert_ptr_null(mg_op_find("TestA"));
}
END_TEST

Suite *
test_custom(void)
{
	TCase *t;
	Suite *s = mg_suite("custom", &t);

	tcase_add_test(t, becomes_an_op);
	tcase_add_loop_test(t, is_refused, 0, MG_COUNT(refused));
	return s;
}
