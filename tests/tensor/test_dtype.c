/* SPDX-License-Identifier: Apache-2.0 */
/* test_dtype.c - names and sizes of element types. */
#include "testing.h"
#include "tensor/tensor.h"

static const struct { int number; const char *py, *op, *dt; size_t size; } known[] = {
	{ 1, "float32", "float", "DT_FLOAT", 4 }, { 2, "float64", "double", "DT_DOUBLE", 8 },
	{ 3, "int32", "int32", "DT_INT32", 4 }, { 4, "uint8", "uint8", "DT_UINT8", 1 },
	{ 5, "int16", "int16", "DT_INT16", 2 }, { 6, "int8", "int8", "DT_INT8", 1 },
	{ 7, "string", "string", "DT_STRING", 0 }, { 8, "complex64", "complex64", "DT_COMPLEX64", 8 },
	{ 9, "int64", "int64", "DT_INT64", 8 }, { 10, "bool", "bool", "DT_BOOL", 1 },
	{ 11, "qint8", "qint8", "DT_QINT8", 1 }, { 12, "quint8", "quint8", "DT_QUINT8", 1 },
	{ 13, "qint32", "qint32", "DT_QINT32", 4 }, { 14, "bfloat16", "bfloat16", "DT_BFLOAT16", 2 },
	{ 15, "qint16", "qint16", "DT_QINT16", 2 }, { 16, "quint16", "quint16", "DT_QUINT16", 2 },
	{ 17, "uint16", "uint16", "DT_UINT16", 2 }, { 18, "complex128", "complex128", "DT_COMPLEX128", 16 },
	{ 19, "float16", "half", "DT_HALF", 2 }, { 20, "resource", "resource", "DT_RESOURCE", 0 },
	{ 21, "variant", "variant", "DT_VARIANT", 0 }, { 22, "uint32", "uint32", "DT_UINT32", 4 },
	{ 23, "uint64", "uint64", "DT_UINT64", 8 }, { 101, "float32_ref", "float_ref", "DT_FLOAT_REF", 4 },
	{ 123, "uint64_ref", "uint64_ref", "DT_UINT64_REF", 8 },
};

START_TEST(names)
{
	int n = known[_i].number;

	ck_assert(mg_dtype_is_valid(n));
	ck_assert_str_eq(mg_dtype_name(n), known[_i].py);
	ck_assert_str_eq(mgreg_dtype_name((mgreg_dtype)n), known[_i].py);
	ck_assert_str_eq(mg_dtype_op_name(n), known[_i].op);
	ck_assert_str_eq(mg_dtype_enum_name(n), known[_i].dt);
	ck_assert_uint_eq(mg_dtype_size(n), known[_i].size);
	ck_assert_int_eq((int)mg_dtype_find(known[_i].py, strlen(known[_i].py)), n);
	ck_assert_int_eq((int)mg_dtype_find(known[_i].op, strlen(known[_i].op)), n);
	ck_assert_int_eq((int)mg_dtype_find(known[_i].dt, strlen(known[_i].dt)), n);
}
END_TEST

START_TEST(strangers)
{
	static const int bad[] = { 0, -1, 24, 99, 100, 124, 1000000 };

	for (size_t i = 0; i < MG_COUNT(bad); i++) {
		ck_assert(!mg_dtype_is_valid(bad[i]));
		ck_assert_str_eq(mg_dtype_name(bad[i]), "invalid");
		ck_assert_uint_eq(mg_dtype_size(bad[i]), 0);
	}
	ck_assert_int_eq((int)mg_dtype_find("float3", 6), 0);
	ck_assert_int_eq((int)mg_dtype_find("float32x", 7), MGREG_FLOAT);
	ck_assert_int_eq((int)mg_dtype_find("", 0), 0);
}
END_TEST

START_TEST(families)
{
	ck_assert(mg_dtype_is_floating(MGREG_BFLOAT16) && mg_dtype_is_floating(119));
	ck_assert(mg_dtype_is_integer(MGREG_UINT64) && !mg_dtype_is_integer(MGREG_QINT8) && !mg_dtype_is_integer(MGREG_BOOL));
	ck_assert(mg_dtype_is_quantized(MGREG_QUINT16) && mg_dtype_is_complex(MGREG_COMPLEX64));
	ck_assert(!mg_dtype_is_memcpy(MGREG_STRING) && !mg_dtype_is_memcpy(MGREG_VARIANT) && mg_dtype_is_memcpy(MGREG_BOOL));
}
END_TEST

Suite *
test_dtype(void)
{
	TCase *t;
	Suite *s = mg_suite("dtype", &t);

	tcase_add_loop_test(t, names, 0, MG_COUNT(known));
	tcase_add_test(t, strangers);
	tcase_add_test(t, families);
	return s;
}
