/* SPDX-License-Identifier: Apache-2.0 */
/* test_tensor_proto.c - TensorProto in every form. */
#include "testing.h"
#include <math.h>
#include "base/bytes.h"
#include "tensor/tensor.h"

/* A tensor of every dtype whose element bytes are a counting pattern; floating ones carry -0.0 and NaN payloads. */
static void
patterned(mg_tensor *t, int dtype, int64_t n, bool scalar)
{
	int64_t dims[] = { n };
	mgreg_error err;

	ck_assert_ok(mg_tensor_init_dims(t, (mg_dtype)dtype, dims, scalar ? 0 : 1, &err), &err);
	if (dtype == MGREG_STRING) {
		for (int64_t i = 0; i < t->count; i++) {
			size_t len = (size_t)(i * 3) % 8;

			ck_assert_ok(mg_tensor_set_string(t, i, "a\0\xff""bcdef", len, &err), &err);
		}
		return;
	}
	for (size_t i = 0; i < t->size; i++)
		((uint8_t *)t->data)[i] = (uint8_t)(i * 37 + 129);
	if (dtype == MGREG_BOOL)
		for (size_t i = 0; i < t->size; i++)
			((uint8_t *)t->data)[i] &= 1;
	if (dtype == MGREG_FLOAT && t->count >= 1)
		mg_store32(t->data, 0x7fa12345);
	if (dtype == MGREG_FLOAT && t->count >= 2)
		mg_store32((char *)t->data + 4, 0x80000000);
	if (dtype == MGREG_DOUBLE && t->count >= 1)
		mg_store64(t->data, 0x8000000000000000u);
}

static void
round_trip(const mg_tensor *t, int how)
{
	mg_arena arena = { 0 };
	Pb__TensorProto *p = NULL;
	mg_msg *again = NULL;
	mg_str bytes = MG_STR_INIT;
	mg_tensor back = { 0 };
	mgreg_error err;

	if (how == 2)
		ck_assert_ok(mg_tensor_to_proto_fields(t, &arena, &p, &err), &err);
	else
		ck_assert_ok(mg_tensor_to_proto(t, how == 1, &arena, &p, &err), &err);
	ck_assert_ok(mg_tensor_from_proto(&back, p, 0, &err), &err);
	ck_assert(mg_tensor_equal(t, &back));
	mg_tensor_clear(&back);
	ck_assert_ok(mg_msg_encode(&p->base, &bytes, &err), &err);
	ck_assert_ok(mg_msg_decode(&pb__tensor_proto__descriptor, bytes.ptr, bytes.len, &arena, &again, &err), &err);
	ck_assert_ok(mg_tensor_from_proto(&back, (Pb__TensorProto *)again, 0, &err), &err);
	ck_assert(mg_tensor_equal(t, &back));
	mg_tensor_clear(&back);
	mg_str_clear(&bytes);
	mg_arena_clear(&arena);
}

START_TEST(every_dtype_every_form)
{
	for (int64_t n = 0; n <= 5; n++)
		for (int how = 0; how < 3; how++) {
			mg_tensor t = { 0 };

			if (!mg_dtype_is_memcpy(_i) && _i != MGREG_STRING)
				return;
			patterned(&t, _i, n, n == 1);
			round_trip(&t, how);
			mg_tensor_clear(&t);
		}
}
END_TEST

START_TEST(python_forms)
{
	static const int content[] = { 1, 2, 3, 4, 5, 6, 9, 11, 12, 13, 15, 16, 22, 23 };
	mg_tensor one = { 0 }, two = { 0 }, none = { 0 };
	mg_arena arena = { 0 };
	Pb__TensorProto *p;
	mgreg_error err;
	bool expect = false;

	if (!mg_dtype_is_memcpy(_i) && _i != MGREG_STRING)
		return;
	for (size_t i = 0; i < MG_COUNT(content); i++)
		expect |= content[i] == _i;
	patterned(&one, _i, 1, false);
	patterned(&two, _i, 2, false);
	patterned(&none, _i, 0, false);
	ck_assert_ok(mg_tensor_to_proto(&two, false, &arena, &p, &err), &err);
	ck_assert_int_eq(p->tensor_content.len > 0, expect);
	ck_assert_ok(mg_tensor_to_proto(&one, false, &arena, &p, &err), &err);
	ck_assert_uint_eq(p->tensor_content.len, 0);
	ck_assert_ok(mg_tensor_to_proto(&none, true, &arena, &p, &err), &err);
	ck_assert_uint_eq(p->tensor_content.len, 0);
	mg_tensor_clear(&one);
	mg_tensor_clear(&two);
	mg_tensor_clear(&none);
	mg_arena_clear(&arena);
}
END_TEST

static Pb__TensorProto *
message(mg_arena *arena, int dtype, const int64_t *dims, int rank)
{
	mg_shape s = MG_SHAPE_SCALAR;
	Pb__TensorProto *p = mg_msg_new(arena, &pb__tensor_proto__descriptor);

	ck_assert_int_eq(mg_shape_set(&s, dims, rank, NULL), 0);
	p->dtype = (Pb__DataType)dtype;
	p->tensor_shape = mg_shape_to_proto(&s, arena);
	mg_shape_clear(&s);
	return p;
}

START_TEST(few_and_many_values)
{
	mg_arena arena = { 0 };
	int64_t dims[] = { 4 };
	float values[] = { 1, 2, 3, 4, 5, 6 };
	int32_t ints[] = { -1, 300 };
	ProtobufCBinaryData text[] = { { 1, (uint8_t *)"a" }, { 2, (uint8_t *)"bc" } };
	mg_tensor t = { 0 };
	mgreg_error err;
	Pb__TensorProto *p = message(&arena, MGREG_FLOAT, dims, 1);

	ck_assert_ok(mg_tensor_from_proto(&t, p, 0, &err), &err);
	ck_assert(MG_DATA(&t, float)[0] == 0 && MG_DATA(&t, float)[3] == 0);
	mg_tensor_clear(&t);
	p->float_val = values;
	p->n_float_val = 2;
	ck_assert_ok(mg_tensor_from_proto(&t, p, 0, &err), &err);
	ck_assert(MG_DATA(&t, float)[0] == 1 && MG_DATA(&t, float)[1] == 2 && MG_DATA(&t, float)[3] == 2);
	mg_tensor_clear(&t);
	p->n_float_val = 6;
	ck_assert_ok(mg_tensor_from_proto(&t, p, 0, &err), &err);
	ck_assert(MG_DATA(&t, float)[3] == 4);
	mg_tensor_clear(&t);

	p = message(&arena, MGREG_UINT8, dims, 1);
	p->int_val = ints;
	p->n_int_val = 2;
	ck_assert_ok(mg_tensor_from_proto(&t, p, 0, &err), &err);
	ck_assert(MG_DATA(&t, uint8_t)[0] == 255 && MG_DATA(&t, uint8_t)[3] == 44);
	mg_tensor_clear(&t);

	p = message(&arena, MGREG_COMPLEX64, dims, 1);
	p->scomplex_val = values;
	p->n_scomplex_val = 4;
	ck_assert_ok(mg_tensor_from_proto(&t, p, 0, &err), &err);
	ck_assert(MG_DATA(&t, float)[6] == 3 && MG_DATA(&t, float)[7] == 4);
	mg_tensor_clear(&t);

	p = message(&arena, MGREG_STRING, dims, 1);
	p->string_val = text;
	p->n_string_val = 2;
	ck_assert_ok(mg_tensor_from_proto(&t, p, 0, &err), &err);
	ck_assert(mg_slice_eq(mg_tensor_string(&t, 0), "a") && mg_slice_eq(mg_tensor_string(&t, 3), "bc"));
	mg_tensor_clear(&t);
	p->tensor_content.data = (uint8_t *)"\x01\x00\x02\x00" "xyz";
	p->tensor_content.len = 7;
	ck_assert_ok(mg_tensor_from_proto(&t, p, 0, &err), &err);
	ck_assert(mg_slice_eq(mg_tensor_string(&t, 0), "x") && mg_slice_eq(mg_tensor_string(&t, 2), "yz"));
	mg_tensor_clear(&t);
	p->tensor_content.len = 6;
	ck_assert_fails(mg_tensor_from_proto(&t, p, 0, &err), MGREG_INVALID_ARGUMENT, &err);
	mg_arena_clear(&arena);
}
END_TEST

START_TEST(refused)
{
	mg_arena arena = { 0 };
	int64_t dims[] = { 2 }, huge[] = { INT64_MAX / 4, 3 }, unknown[] = { -1 };
	uint8_t content[8] = { 0 };
	mg_tensor t = { 0 };
	mgreg_error err;
	Pb__TensorProto *p = message(&arena, MGREG_FLOAT, dims, 1);

	p->tensor_content.data = content;
	for (p->tensor_content.len = 1; p->tensor_content.len < 8; p->tensor_content.len++)
		ck_assert_fails(mg_tensor_from_proto(&t, p, 0, &err), MGREG_INVALID_ARGUMENT, &err);
	ck_assert_fails(mg_tensor_from_proto(&t, p, 7, &err), MGREG_RESOURCE_EXHAUSTED, &err);
	ck_assert_fails(mg_tensor_from_proto(&t, message(&arena, MGREG_FLOAT, huge, 2), 0, &err), MGREG_INVALID_ARGUMENT, &err);
	ck_assert_fails(mg_tensor_from_proto(&t, message(&arena, MGREG_FLOAT, unknown, 1), 0, &err), MGREG_INVALID_ARGUMENT, &err);
	ck_assert_fails(mg_tensor_from_proto(&t, message(&arena, MGREG_FLOAT, NULL, -1), 0, &err), MGREG_INVALID_ARGUMENT, &err);
	ck_assert_fails(mg_tensor_from_proto(&t, message(&arena, 101, dims, 1), 0, &err), MGREG_INVALID_ARGUMENT, &err);
	ck_assert_fails(mg_tensor_from_proto(&t, message(&arena, 0, dims, 1), 0, &err), MGREG_INVALID_ARGUMENT, &err);
	ck_assert_fails(mg_tensor_from_proto(&t, message(&arena, MGREG_RESOURCE, dims, 1), 0, &err), MGREG_UNIMPLEMENTED, &err);
	ck_assert(!mg_tensor_is_set(&t));
	mg_arena_clear(&arena);
}
END_TEST

START_TEST(filled)
{
	mg_arena arena = { 0 };
	int64_t dims[] = { 100, 28 };
	mg_shape shape = MG_SHAPE_SCALAR;
	mg_tensor one = { 0 }, t = { 0 };
	Pb__TensorProto *p;
	mgreg_error err;

	ck_assert_ok(mg_shape_set(&shape, dims, 2, &err), &err);
	ck_assert_ok(mg_tensor_init_scalar(&one, MGREG_FLOAT, 0.5, &err), &err);
	ck_assert_ok(mg_tensor_to_proto_filled(&one, &shape, &arena, &p, &err), &err);
	ck_assert_uint_eq(p->n_float_val, 1);
	ck_assert_ok(mg_tensor_from_proto(&t, p, 0, &err), &err);
	ck_assert(t.count == 2800 && MG_DATA(&t, float)[2799] == 0.5f);
	mg_tensor_clear(&one);
	mg_tensor_clear(&t);
	mg_arena_clear(&arena);
}
END_TEST

Suite *
test_tensor_proto(void)
{
	TCase *t;
	Suite *s = mg_suite("tensor_proto", &t);

	tcase_add_loop_test(t, every_dtype_every_form, 1, MG_DTYPE_MAX);
	tcase_add_loop_test(t, python_forms, 1, MG_DTYPE_MAX);
	tcase_add_test(t, few_and_many_values);
	tcase_add_test(t, refused);
	tcase_add_test(t, filled);
	return s;
}
