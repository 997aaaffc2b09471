/* SPDX-License-Identifier: Apache-2.0 */
/* test_attr.c - attribute values and lists. */
#include "testing.h"
#include "op/op.h"

START_TEST(set_find_remove)
{
	mg_arena a = { 0 };
	mg_attrs attrs = { 0 };
	int64_t i;

	ck_assert(mg_attr_set(&attrs, "N", mg_attr_int(&a, 3), &a));
	ck_assert(mg_attr_set(&attrs, "T", mg_attr_type(&a, MGREG_FLOAT), &a));
	ck_assert(mg_attr_set(&attrs, "N", mg_attr_int(&a, 4), &a));
	ck_assert_int_eq(attrs.count, 2);
	ck_assert(mg_attr_get_int(&attrs, "N", &i) && i == 4);
	ck_assert(!mg_attr_get_int(&attrs, "T", &i));
	ck_assert(!mg_attr_get_int(&attrs, "M", &i));
	ck_assert(mg_attr_remove(&attrs, "N") && !mg_attr_remove(&attrs, "N"));
	ck_assert_str_eq(attrs.at[0].name, "T");
	mg_arena_clear(&a);
}
END_TEST

START_TEST(values_come_back)
{
	mg_arena a = { 0 };
	mg_attrs at = { 0 };
	static const int64_t ints[] = { 1, -2, 3 };
	static const char *const words[] = { "a", "", "loc:@x" };
	const Pb__AttrValue__ListValue *l;
	const Pb__TensorProto *tp;
	const Pb__NameAttrList *fn;
	mg_shape s = { 0 }, back = { 0 };
	mg_tensor t = { 0 };
	mg_slice text;
	float f;
	bool b;
	int type;
	mgreg_error err;

	ck_assert_ok(mg_shape_set(&s, (const int64_t[]){ 2, -1 }, 2, &err), &err);
	ck_assert_ok(mg_tensor_init_i64s(&t, MGREG_INT32, ints, 3, &err), &err);
	ck_assert(mg_attr_set(&at, "f", mg_attr_float(&a, 0.5f), &a) && mg_attr_get_float(&at, "f", &f) && f == 0.5f);
	ck_assert(mg_attr_set(&at, "b", mg_attr_bool(&a, true), &a) && mg_attr_get_bool(&at, "b", &b) && b);
	ck_assert(mg_attr_set(&at, "s", mg_attr_string(&a, "x\0y", 3), &a) && mg_attr_get_string(&at, "s", &text));
	ck_assert(text.len == 3 && memcmp(text.ptr, "x\0y", 3) == 0);
	ck_assert(mg_attr_set(&at, "e", mg_attr_string(&a, NULL, 0), &a) && mg_attr_get_string(&at, "e", &text) && text.len == 0);
	ck_assert(mg_attr_set(&at, "t", mg_attr_type(&a, MGREG_HALF), &a) && mg_attr_get_type(&at, "t", &type) && type == MGREG_HALF);
	ck_assert(mg_attr_set(&at, "h", mg_attr_shape(&a, &s), &a) && mg_attr_get_shape(&at, "h", &back) && mg_shape_equal(&s, &back));
	ck_assert(mg_attr_set(&at, "v", mg_attr_tensor(&a, &t), &a) && mg_attr_get_tensor(&at, "v", &tp));
	ck_assert_int_eq(tp->dtype, MGREG_INT32);
	ck_assert(mg_attr_set(&at, "fn", mg_attr_func(&a, "body"), &a) && mg_attr_get_func(&at, "fn", &fn));
	ck_assert_str_eq(fn->name, "body");
	ck_assert(mg_attr_set(&at, "I", mg_attr_ints(&a, ints, 3), &a) && mg_attr_get_list(&at, "I", &l));
	ck_assert(l->n_i == 3 && l->i[1] == -2);
	ck_assert(mg_attr_set(&at, "S", mg_attr_strings(&a, words, 3), &a) && mg_attr_get_list(&at, "S", &l));
	ck_assert(l->n_s == 3 && l->s[2].len == 6 && l->s[1].len == 0);
	ck_assert(mg_attr_set(&at, "0", mg_attr_ints(&a, NULL, 0), &a) && mg_attr_get_list(&at, "0", &l) && l->n_i == 0);
	mg_shape_clear(&s);
	mg_shape_clear(&back);
	mg_tensor_clear(&t);
	mg_arena_clear(&a);
}
END_TEST

START_TEST(equality)
{
	mg_arena a = { 0 };
	static const int64_t ints[] = { 7, 7 };
	mg_tensor t = { 0 };
	mg_attr_value v = PB__ATTR_VALUE__INIT;
	Pb__TensorProto *typed;
	mgreg_error err;

	ck_assert(mg_attr_equal(mg_attr_int(&a, 1), mg_attr_int(&a, 1)));
	ck_assert(!mg_attr_equal(mg_attr_int(&a, 1), mg_attr_int(&a, 2)));
	ck_assert(!mg_attr_equal(mg_attr_int(&a, 1), mg_attr_float(&a, 1)));
	ck_assert(!mg_attr_equal(mg_attr_float(&a, 0.0f), mg_attr_float(&a, -0.0f)));
	ck_assert(mg_attr_equal(mg_attr_ints(&a, ints, 2), mg_attr_ints(&a, ints, 2)));
	ck_assert(!mg_attr_equal(mg_attr_ints(&a, ints, 2), mg_attr_ints(&a, ints, 1)));
	/* one value in two spellings */
	ck_assert_ok(mg_tensor_init_i64s(&t, MGREG_INT32, ints, 2, &err), &err);
	ck_assert_ok(mg_tensor_to_proto(&t, false, &a, &typed, &err), &err);
	v.value_case = PB__ATTR_VALUE__VALUE_TENSOR;
	v.tensor = typed;
	ck_assert(mg_attr_equal(&v, mg_attr_tensor(&a, &t)));
	mg_tensor_clear(&t);
	mg_arena_clear(&a);
}
END_TEST

Suite *
test_attr(void)
{
	TCase *t;
	Suite *s = mg_suite("attr", &t);

	tcase_add_test(t, set_find_remove);
	tcase_add_test(t, values_come_back);
	tcase_add_test(t, equality);
	return s;
}
