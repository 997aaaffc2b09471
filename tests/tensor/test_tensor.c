/* SPDX-License-Identifier: Apache-2.0 */
/* test_tensor.c - tensors, their buffers and their comparison. */
#include "testing.h"
#include <math.h>
#include "tensor/tensor.h"

static int released;

static void
count_release(void *owner)
{
	released += owner == &released;
}

START_TEST(sharing)
{
	int64_t dims[] = { 2, 3 }, flat[] = { 6 }, bad[] = { 7 };
	mg_shape shape = MG_SHAPE_SCALAR;
	mg_tensor a = { 0 }, b = { 0 }, c = { 0 };
	mgreg_error err;

	ck_assert_ok(mg_tensor_init_dims(&a, MGREG_FLOAT, dims, 2, &err), &err);
	ck_assert_uint_eq(a.size, 24);
	ck_assert_uint_eq((uintptr_t)a.data % 64, 0);
	for (int i = 0; i < 6; i++)
		MG_DATA(&a, float)[i] = (float)i;
	ck_assert(!mg_buffer_is_shared(a.buffer));
	ck_assert_ok(mg_shape_set(&shape, flat, 1, &err), &err);
	ck_assert_ok(mg_tensor_share_as(&b, &a, &shape, &err), &err);
	ck_assert(mg_buffer_is_shared(a.buffer) && b.data == a.data && mg_rank(&b) == 1);
	ck_assert_ok(mg_tensor_copy(&c, &a, &err), &err);
	ck_assert(c.data != a.data && mg_tensor_equal(&a, &c) && !mg_tensor_equal(&a, &b));
	mg_tensor_clear(&a);
	ck_assert(MG_DATA(&b, float)[5] == 5);
	ck_assert_ok(mg_shape_set(&shape, bad, 1, &err), &err);
	ck_assert_fails(mg_tensor_share_as(&a, &b, &shape, &err), MGREG_INVALID_ARGUMENT, &err);
	mg_tensor_clear(&b);
	mg_tensor_clear(&c);
}
END_TEST

START_TEST(foreign_memory)
{
	static float data[4] = { 1, 2, 3, 4 };
	int64_t dims[] = { 2 };
	mg_shape shape = MG_SHAPE_SCALAR;
	mg_buffer *buffer;
	mg_tensor t = { 0 };
	mgreg_error err;

	released = 0;
	ck_assert_ok(mg_shape_set(&shape, dims, 1, &err), &err);
	ck_assert_ok(mg_buffer_wrap(&buffer, data, sizeof(data), count_release, &released, &err), &err);
	ck_assert_ok(mg_tensor_init_buffer(&t, MGREG_FLOAT, &shape, buffer, data + 2, &err), &err);
	mg_buffer_unref(buffer);
	ck_assert_int_eq(released, 0);
	ck_assert(MG_DATA(&t, float)[1] == 4);
	mg_tensor_clear(&t);
	ck_assert_int_eq(released, 1);
}
END_TEST

START_TEST(strings)
{
	int64_t dims[] = { 3 };
	mg_tensor a = { 0 }, b = { 0 };
	mgreg_error err;
	uint64_t live = mg_mem_live();

	ck_assert_ok(mg_tensor_init_dims(&a, MGREG_STRING, dims, 1, &err), &err);
	ck_assert_uint_eq(mg_tensor_string(&a, 2).len, 0);
	ck_assert_ok(mg_tensor_set_string(&a, 0, "x\0y", 3, &err), &err);
	ck_assert_ok(mg_tensor_set_string(&a, 0, "z\0y", 3, &err), &err);
	ck_assert_ok(mg_tensor_copy(&b, &a, &err), &err);
	ck_assert(mg_tensor_equal(&a, &b));
	ck_assert_ok(mg_tensor_set_string(&b, 1, "more", 4, &err), &err);
	ck_assert(!mg_tensor_equal(&a, &b));
	mg_tensor_clear(&a);
	mg_tensor_clear(&b);
	ck_assert_uint_eq(mg_mem_live(), live);
}
END_TEST

START_TEST(every_dtype_as_scalar)
{
	mg_tensor t = { 0 };
	double d = -1;
	mgreg_error err;

	if (!mg_dtype_is_memcpy(_i)) {
		ck_assert_fails(mg_tensor_init_scalar(&t, (mg_dtype)_i, 1, &err), MGREG_INVALID_ARGUMENT, &err);
		return;
	}
	ck_assert_ok(mg_tensor_init_scalar(&t, (mg_dtype)_i, 1, &err), &err);
	ck_assert_int_eq(mg_tensor_as_double(&t, 0, &d), !mg_dtype_is_complex(_i));
	if (!mg_dtype_is_complex(_i))
		ck_assert(d == 1);
	mg_tensor_clear(&t);
	ck_assert_ok(mg_tensor_init_scalar(&t, (mg_dtype)_i, NAN, &err), &err);
	mg_tensor_clear(&t);
	ck_assert_ok(mg_tensor_init_scalar(&t, (mg_dtype)_i, -1e300, &err), &err);
	mg_tensor_clear(&t);
	ck_assert_ok(mg_tensor_init_scalar(&t, (mg_dtype)_i, 1e300, &err), &err);
	mg_tensor_clear(&t);
}
END_TEST

START_TEST(closeness)
{
	int64_t dims[] = { 4 }, at = -1;
	mg_tensor a = { 0 }, b = { 0 };
	mgreg_error err;

	ck_assert_ok(mg_tensor_init_dims(&a, MGREG_FLOAT, dims, 1, &err), &err);
	memcpy(a.data, (float[]){ 1, NAN, INFINITY, 100 }, 16);
	ck_assert_ok(mg_tensor_copy(&b, &a, &err), &err);
	ck_assert(mg_tensor_close(&a, &b, 0, 0, &at));
	MG_DATA(&b, float)[3] = 100.5f;
	ck_assert(!mg_tensor_close(&a, &b, 0.4, 0, &at) && at == 3);
	ck_assert(mg_tensor_close(&a, &b, 0.5, 0, &at) && mg_tensor_close(&a, &b, 0, 0.01, &at));
	MG_DATA(&b, float)[2] = -INFINITY;
	ck_assert(!mg_tensor_close(&a, &b, 1e9, 1, &at) && at == 2);
	mg_tensor_clear(&a);
	mg_tensor_clear(&b);
	ck_assert_ok(mg_tensor_init_i64s(&a, MGREG_INT64, (int64_t[]){ INT64_MAX }, 1, &err), &err);
	ck_assert_ok(mg_tensor_init_i64s(&b, MGREG_INT64, (int64_t[]){ INT64_MAX - 1 }, 1, &err), &err);
	ck_assert(!mg_tensor_close(&a, &b, 0, 0, &at) && mg_tensor_close(&a, &b, 1, 0, &at));
	mg_tensor_clear(&a);
	mg_tensor_clear(&b);
}
END_TEST

START_TEST(public_calls)
{
	int64_t dims[] = { 2, 2 }, huge[] = { INT64_MAX / 2, 4 }, negative[] = { -1 };
	float data[] = { 1, 2, 3, 4 };
	mgreg_tensor *t = NULL;
	mgreg_error err;
	size_t len;

	ck_assert_ok(mgreg_tensor_new(&t, MGREG_DOUBLE, dims, 2, &err), &err);
	for (int i = 0; i < 4; i++)
		ck_assert(((double *)mgreg_tensor_data(t))[i] == 0);
	ck_assert_int_eq(mgreg_tensor_dim(t, 1), 2);
	ck_assert_uint_eq(mgreg_tensor_size(t), 32);
	mgreg_tensor_free(t);
	ck_assert_fails(mgreg_tensor_new(&t, MGREG_FLOAT, huge, 2, &err), MGREG_INVALID_ARGUMENT, &err);
	ck_assert_fails(mgreg_tensor_new(&t, MGREG_FLOAT, negative, 1, &err), MGREG_INVALID_ARGUMENT, &err);
	ck_assert_fails(mgreg_tensor_new(&t, MGREG_INVALID, dims, 2, &err), MGREG_INVALID_ARGUMENT, &err);
	ck_assert_fails(mgreg_tensor_new(&t, (mgreg_dtype)101, dims, 2, &err), MGREG_INVALID_ARGUMENT, &err);
	ck_assert_fails(mgreg_tensor_new_from(&t, MGREG_FLOAT, dims, 2, data, 15, &err), MGREG_INVALID_ARGUMENT, &err);
	ck_assert_ok(mgreg_tensor_new_from(&t, MGREG_FLOAT, dims, 2, data, 16, &err), &err);
	ck_assert(((const float *)mgreg_tensor_bytes(t))[3] == 4);
	mgreg_tensor_free(t);
	ck_assert_ok(mgreg_tensor_new_string(&t, "abc", 3, &err), &err);
	ck_assert_str_eq(mgreg_tensor_string(t, 0, &len), "abc");
	ck_assert_uint_eq(len, 3);
	ck_assert_ok(mgreg_tensor_set_string(t, 0, "", 0, &err), &err);
	ck_assert_str_eq(mgreg_tensor_string(t, 0, &len), "");
	ck_assert_fails(mgreg_tensor_set_string(t, 1, "", 0, &err), MGREG_OUT_OF_RANGE, &err);
	ck_assert_ptr_null(mgreg_tensor_data(t));
	ck_assert_uint_eq(mgreg_tensor_size(t), 0);
	mgreg_tensor_free(t);
	mgreg_tensor_free(NULL);
}
END_TEST

Suite *
test_tensor(void)
{
	TCase *t;
	Suite *s = mg_suite("tensor", &t);

	tcase_add_test(t, sharing);
	tcase_add_test(t, foreign_memory);
	tcase_add_test(t, strings);
	tcase_add_loop_test(t, every_dtype_as_scalar, 1, MG_DTYPE_MAX);
	tcase_add_test(t, closeness);
	tcase_add_test(t, public_calls);
	return s;
}
