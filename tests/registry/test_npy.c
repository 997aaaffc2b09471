/* SPDX-License-Identifier: Apache-2.0 */
/* test_npy.c - NumPy's array files. */
#include "testing.h"
#include <stdio.h>
#include "tensor/tensor.h"

START_TEST(round_trips)
{
	static const int64_t dims[][3] = { { 2, 3, 4 }, { 0, 2, 1 }, { 1, 1, 1 }, { 7, 1, 1 } };
	static const int ranks[] = { 3, 2, 0, 1 };
	static const int comes_back[MG_DTYPE_MAX] = {
		[MGREG_QINT8] = MGREG_INT8, [MGREG_QUINT8] = MGREG_UINT8, [MGREG_QINT32] = MGREG_INT32, [MGREG_QINT16] = MGREG_INT16,
		[MGREG_QUINT16] = MGREG_UINT16, [MGREG_BFLOAT16] = MGREG_FLOAT,
	};
	mgreg_error err;

	for (size_t k = 0; k < MG_COUNT(ranks); k++) {
		mg_tensor t = { 0 }, back = { 0 };
		mg_str bytes = MG_STR_INIT;

		ck_assert_ok(mg_tensor_init_dims(&t, (mg_dtype)_i, dims[k], ranks[k], &err), &err);
		if (!mg_dtype_is_memcpy(_i) && _i != MGREG_STRING) {
			ck_assert_fails(mg_npy_encode(&t, &bytes, &err), MGREG_UNIMPLEMENTED, &err);
			mg_tensor_clear(&t);
			continue;
		}
		for (int64_t i = 0; _i == MGREG_STRING && i < t.count; i++)
			ck_assert_ok(mg_tensor_set_string(&t, i, "some\0text", (size_t)(i & 3) + (i > 4 ? 6 : 0), &err), &err);
		for (size_t i = 0; _i != MGREG_STRING && i < t.size; i++)
			((uint8_t *)t.data)[i] = _i == MGREG_BOOL ? i & 1 : (uint8_t)(i * 29 + 3);
		ck_assert_ok(mg_npy_encode(&t, &bytes, &err), &err);
		ck_assert_ok(mg_npy_decode(bytes.ptr, bytes.len, &back, &err), &err);
		ck_assert(mg_shape_equal(&t.shape, &back.shape));
		ck_assert_int_eq((int)back.dtype, comes_back[_i] ? comes_back[_i] : _i);
		if (_i != MGREG_BFLOAT16 && t.size > 0 && _i != MGREG_STRING)
			ck_assert_mem_eq(t.data, back.data, t.size);
		if (_i == MGREG_STRING)
			ck_assert(mg_tensor_equal(&t, &back));
		mg_tensor_clear(&back);
		for (size_t n = 0; n < bytes.len; n++)
			ck_assert_fails(mg_npy_decode(bytes.ptr, n, &back, &err), MGREG_DATA_LOSS, &err);
		mg_tensor_clear(&t);
		mg_str_clear(&bytes);
	}
}
END_TEST

static const struct { const char *header; int code; const char *shape; } headers[] = {
	{ "{'descr': '<i2', 'fortran_order': False, 'shape': (2, 2), }", 0, "[2,2]" },
	{ "{\"shape\":(4,),\"descr\":\"<i2\",\"fortran_order\":False}", 0, "[4]" },
	{ "{'descr': '<i2', 'fortran_order': False, 'shape': (2L, 2L)}", 0, "[2,2]" },
	{ "{'descr': '>i2', 'fortran_order': True, 'shape': (2, 2)}\n", 0, "[2,2]" },
	{ "{'descr': '|S2', 'fortran_order': False, 'shape': (4,)}", 0, "[4]" },
	{ "{'descr': '<i2', 'fortran_order': False, 'shape': ()}", 0, "[]" },
	{ "{'descr': '<i2', 'fortran_order': False, 'shape': (5,)}", MGREG_DATA_LOSS, NULL },
	{ "{'descr': '<i2', 'fortran_order': False, 'shape': (4611686018427387904, 4)}", MGREG_INVALID_ARGUMENT, NULL },
	{ "{'descr': '<i2', 'fortran_order': False, 'shape': (-4,)}", MGREG_DATA_LOSS, NULL },
	{ "{'descr': '<i2', 'fortran_order': False, 'shape': (4}", MGREG_DATA_LOSS, NULL },
	{ "{'descr': '<i2', 'fortran_order': False}", MGREG_DATA_LOSS, NULL },
	{ "{'descr': '<i2', 'fortran_order': Maybe, 'shape': (4,)}", MGREG_DATA_LOSS, NULL },
	{ "{'descr': '<i2', 'fortran_order': False, 'shape': (4,), 'more': 1}", MGREG_DATA_LOSS, NULL },
	{ "{'descr': '|O', 'fortran_order': False, 'shape': (4,)}", MGREG_UNIMPLEMENTED, NULL },
	{ "{'descr': '|O8', 'fortran_order': False, 'shape': (4,)}", MGREG_UNIMPLEMENTED, NULL },
	{ "{'descr': '<M8[s]', 'fortran_order': False, 'shape': (4,)}", MGREG_UNIMPLEMENTED, NULL },
	{ "{'descr': '<f16', 'fortran_order': False, 'shape': (4,)}", MGREG_UNIMPLEMENTED, NULL },
	{ "{'descr': [('a', '<i2')], 'fortran_order': False, 'shape': (4,)}", MGREG_UNIMPLEMENTED, NULL },
	{ "{'descr': '|S0', 'fortran_order': False, 'shape': (1099511627776,)}", MGREG_DATA_LOSS, NULL },
	{ "", MGREG_DATA_LOSS, NULL },
};

START_TEST(header_forms)
{
	mg_str bytes = MG_STR_INIT;
	mg_tensor t = { 0 };
	size_t n = strlen(headers[_i].header);
	char buf[256];
	mgreg_error err;

	mg_str_append(&bytes, "\x93NUMPY\1\0", 8);
	mg_str_addc(&bytes, (char)n);
	mg_str_addc(&bytes, 0);
	mg_str_add(&bytes, headers[_i].header);
	mg_str_append(&bytes, "\1\0\2\0\3\0\4\0", 8);
	ck_assert_fails(mg_npy_decode(bytes.ptr, bytes.len, &t, &err), headers[_i].code, &err);
	if (headers[_i].code == 0) {
		ck_assert_str_eq(mg_shape_text(&t.shape, buf), headers[_i].shape);
		if (_i == 3)            /* big-endian, columns first */
			ck_assert(MG_DATA(&t, int16_t)[0] == 0x100 && MG_DATA(&t, int16_t)[1] == 0x300 && MG_DATA(&t, int16_t)[2] == 0x200);
	}
	mg_tensor_clear(&t);
	mg_str_clear(&bytes);
}
END_TEST

START_TEST(zero_at_end)
{
	mg_tensor t = { 0 };
	mg_str bytes = MG_STR_INIT;
	mgreg_error err;

	ck_assert_ok(mg_tensor_init_string(&t, "a\0", 2, &err), &err);
	ck_assert_fails(mg_npy_encode(&t, &bytes, &err), MGREG_UNIMPLEMENTED, &err);
	mg_tensor_clear(&t);
	mg_str_clear(&bytes);
}
END_TEST

Suite *
test_npy(void)
{
	TCase *t;
	Suite *s = mg_suite("npy", &t);

	tcase_add_loop_test(t, round_trips, 1, MG_DTYPE_MAX);
	tcase_add_loop_test(t, header_forms, 0, MG_COUNT(headers));
	tcase_add_test(t, zero_at_end);
	return s;
}
