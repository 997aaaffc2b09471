/* SPDX-License-Identifier: Apache-2.0 */
/* test_other.c - safetensors: known bytes, every dtype, headers that cannot be. */
#include "helper.h"
#include <stdio.h>

START_TEST(known_bytes)
{
	static const char want[] = "\x78\0\0\0\0\0\0\0"
		"{\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
		"\"a\":{\"dtype\":\"I8\",\"shape\":[],\"data_offsets\":[8,9]}}";
	const char *path = fresh_prefix("x.safetensors");
	mg_tensor t = { 0 };
	mg_str have = MG_STR_INIT;
	mg_ckpt *w, *r;
	mg_ckpt_entry e;
	int64_t two[] = { 2 };
	mgreg_error err;

	ck_assert_ok(mg_ckpt_create(&w, "safetensors", path, &err), &err);
	floats(&t, two, 1, 1);
	ck_assert_ok(mg_ckpt_put(w, "b", NULL, NULL, &t, &err), &err);
	ck_assert_fails(mg_ckpt_put(w, "b", NULL, NULL, &t, &err), MGREG_INVALID_ARGUMENT, &err);
	mg_tensor_clear(&t);
	ck_assert_ok(mg_tensor_init_scalar(&t, MGREG_INT8, -3, &err), &err);
	ck_assert_ok(mg_ckpt_put(w, "a", NULL, NULL, &t, &err), &err);
	mg_tensor_clear(&t);
	ck_assert_ok(mg_ckpt_finish(w, &err), &err);
	mg_ckpt_close(w);
	slurp(path, &have);
	ck_assert_uint_eq(have.len, 8 + (size_t)(uint8_t)have.ptr[0] + 9);
	ck_assert_mem_eq(have.ptr + 8, want + 8, sizeof(want) - 9);
	ck_assert_mem_eq(have.ptr + have.len - 9, "\0\0\x80\x3f\0\0\0\x40\xfd", 9);
	ck_assert_ok(mg_ckpt_open(&r, path, &err), &err);
	ck_assert_str_eq(r->ops->format, "safetensors");
	ck_assert_int_eq(read_all(r), 2);
	ck_assert_ok(mg_ckpt_entry_at(r, 0, &e, &err), &err);
	ck_assert_str_eq(e.name, "a");
	mg_ckpt_close(r);
	/* Cut anywhere it is refused. */
	for (size_t n = 0; n < have.len; n++) {
		spit(path, have.ptr, n);
		if (mg_ckpt_open(&r, path, &err) != 0)
			continue;
		ck_assert_fails(mg_ckpt_read(r, "a", NULL, &t, &err), MGREG_DATA_LOSS, &err);   /* its data is the last */
		mg_ckpt_close(r);
	}
	mg_str_clear(&have);
}
END_TEST

START_TEST(every_dtype)
{
	const char *path = fresh_prefix("x.safetensors");
	int64_t dims[] = { 3, 2 }, start[] = { 1, 0 }, length[] = { 1, -1 };
	mg_tslice row = { 2, start, length };
	mg_tensor t = { 0 }, back = { 0 };
	mg_ckpt *w, *r;
	mgreg_error err;
	int rc;

	ck_assert_ok(mg_tensor_init_dims(&t, (mg_dtype)_i, dims, 2, &err), &err);
	if (mg_dtype_is_memcpy(_i))
		for (size_t i = 0; i < t.size; i++)
			((uint8_t *)t.data)[i] = (uint8_t)(i * 7);
	ck_assert_ok(mg_ckpt_create(&w, "safetensors", path, &err), &err);
	rc = mg_ckpt_put(w, "t", NULL, NULL, &t, &err);
	if (!mg_dtype_is_memcpy(_i) || mg_dtype_is_quantized(_i) || _i == MGREG_COMPLEX128) {
		ck_assert_int_eq(rc, MGREG_UNIMPLEMENTED);
		mg_ckpt_close(w);
		mg_tensor_clear(&t);
		return;
	}
	ck_assert_ok(rc, &err);
	ck_assert_ok(mg_ckpt_finish(w, &err), &err);
	mg_ckpt_close(w);
	ck_assert_ok(mg_ckpt_open(&r, path, &err), &err);
	ck_assert_ok(mg_ckpt_read(r, "t", NULL, &back, &err), &err);
	ck_assert(mg_tensor_equal(&t, &back));
	mg_tensor_clear(&back);
	ck_assert_ok(mg_ckpt_read(r, "t", &row, &back, &err), &err);
	ck_assert_mem_eq(back.data, (char *)t.data + t.size / 3, back.size);
	mg_tensor_clear(&back);
	mg_tensor_clear(&t);
	mg_ckpt_close(r);
}
END_TEST

static const struct { const char *header; int code; } bad[] = {
	{ "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 0 },
	{ "{\"__metadata__\":{\"k\":\"v\"},\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}   ", 0 },
	{ "{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}}", MGREG_DATA_LOSS },
	{ "{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,12]}}", MGREG_DATA_LOSS },
	{ "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", MGREG_DATA_LOSS },
	{ "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", MGREG_DATA_LOSS },
	{ "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", MGREG_DATA_LOSS },
	{ "{\"a\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}}", MGREG_DATA_LOSS },
	{ "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,8]}}", MGREG_DATA_LOSS },
	{ "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}}", MGREG_DATA_LOSS },
	{ "{\"a\":{\"dtype\":\"F4\",\"shape\":[16],\"data_offsets\":[0,8]}}", MGREG_UNIMPLEMENTED },
	{ "{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,8]}}", MGREG_DATA_LOSS }, { "{\"a\":3}", MGREG_DATA_LOSS }, { "{]", MGREG_DATA_LOSS },
};

START_TEST(headers)
{
	const char *path = fresh_prefix("x.safetensors");
	mg_str bytes = MG_STR_INIT;
	uint64_t len = strlen(bad[_i].header);
	mg_tensor t = { 0 };
	mg_ckpt *r = NULL;
	mgreg_error err;
	int rc;

	mg_str_append(&bytes, &len, 8);
	mg_str_add(&bytes, bad[_i].header);
	mg_str_append(&bytes, "01234567", 8);
	spit(path, bytes.ptr, bytes.len);
	rc = mg_ckpt_open(&r, path, &err);
	if (rc == 0)            /* only the tensor is spoilt */
		rc = mg_ckpt_read(r, "a", NULL, &t, &err);
	ck_assert_fails(rc, bad[_i].code, &err);
	mg_tensor_clear(&t);
	mg_ckpt_close(r);
	mg_str_clear(&bytes);
}
END_TEST

/* Notes are kept in order; a tensor of a type that only the file knows is listed by that name and hides no other. */
START_TEST(notes_and_foreign_types)
{
	static const char header[] = "{\"__metadata__\":{\"format\":\"pt\",\"by\":\"h\\u00e9\\n\"},"
		"\"q\":{\"dtype\":\"F8_E4M3\",\"shape\":[2,2],\"data_offsets\":[0,4]},\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}";
	const char *path = fresh_prefix("x.safetensors"), *copy = fresh_prefix("y.safetensors"), *key, *value;
	uint64_t len = sizeof(header) - 1;
	mg_str bytes = MG_STR_INIT;
	mg_tensor t = { 0 };
	mg_ckpt_entry e;
	mg_ckpt *r, *w;
	mgreg_error err;

	mg_str_append(&bytes, &len, 8);
	mg_str_append(&bytes, header, (size_t)len);
	mg_str_append(&bytes, "1234\0\0\x80\x3f", 8);
	spit(path, bytes.ptr, bytes.len);
	ck_assert_ok(mg_ckpt_open(&r, path, &err), &err);
	ck_assert_ok(mg_ckpt_find(r, "q", &e, &err), &err);
	ck_assert_int_eq(e.dtype, MGREG_INVALID);
	ck_assert_str_eq(e.foreign, "F8_E4M3");
	ck_assert(e.bad == NULL && e.shape.rank == 2);
	ck_assert_fails(mg_ckpt_read(r, "q", NULL, &t, &err), MGREG_UNIMPLEMENTED, &err);
	ck_assert_ptr_nonnull(strstr(err.text, "'q' is of type F8_E4M3"));
	ck_assert_ok(mg_ckpt_read(r, "w", NULL, &t, &err), &err);
	ck_assert(*MG_DATA(&t, float) == 1);
	ck_assert_ok(mg_ckpt_create(&w, "safetensors", copy, &err), &err);
	for (size_t i = 0; mg_ckpt_note(r, i, &key, &value); i++)
		ck_assert_ok(mg_ckpt_annotate(w, key, value, &err), &err);
	ck_assert_fails(mg_ckpt_annotate(w, "by", "x", &err), MGREG_INVALID_ARGUMENT, &err);
	ck_assert_ok(mg_ckpt_put(w, "w", NULL, NULL, &t, &err), &err);
	ck_assert_ok(mg_ckpt_finish(w, &err), &err);
	mg_ckpt_close(w);
	mg_ckpt_close(r);
	mg_tensor_clear(&t);
	ck_assert_ok(mg_ckpt_open(&r, copy, &err), &err);
	ck_assert(mg_ckpt_note(r, 0, &key, &value));
	ck_assert_str_eq(key, "format");
	ck_assert_str_eq(value, "pt");
	ck_assert(mg_ckpt_note(r, 1, &key, &value));
	ck_assert_str_eq(key, "by");
	ck_assert_str_eq(value, "h\xc3\xa9\n");
	ck_assert(!mg_ckpt_note(r, 2, &key, &value));
	ck_assert_int_eq(read_all(r), 1);
	mg_ckpt_close(r);
	mg_str_clear(&bytes);
}
END_TEST

Suite *
test_other(void)
{
	TCase *t;
	Suite *s = mg_suite("other", &t);

	tcase_add_test(t, known_bytes);
	tcase_add_loop_test(t, every_dtype, 1, MG_DTYPE_MAX);
	tcase_add_test(t, notes_and_foreign_types);
	tcase_add_loop_test(t, headers, 0, MG_COUNT(bad));
	return s;
}
