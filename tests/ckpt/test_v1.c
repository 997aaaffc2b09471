/* SPDX-License-Identifier: Apache-2.0 */
/* test_v1.c - checkpoint V1: known bytes, every dtype, shards. */
#include "helper.h"
#include <stdio.h>

static const char sample[] =
	"00 00 1c 0a 1a 0a 09 0a 01 61 12 00 18 01 22 00 0a 09 0a 01 62 12 00 18 01 22 00 12 02 08 01 00"
	"05 0f 00 61 00 01 00 12 0d 0a 01 61 12 00 1a 06 2a 04 00 00 00 3f 01 04 0f 62 00 01 00 12 0d 0a"
	"01 62 12 00 1a 06 2a 04 00 00 00 40 00 00 00 00 01 00 00 00 00 16 97 96 66 00 00 00 00 01 00 00"
	"00 00 c0 f2 a1 b0 00 01 02 01 00 54 00 00 00 00 01 00 00 00 00 0c e3 96 5a 59 08 66 0e 00 00 00"
	"00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"
	"00 57 fb 80 8b 24 75 47 db";

START_TEST(known_bytes)
{
	const char *prefix = fresh_prefix("model.ckpt"), *other = fresh_prefix("model.ckpt");
	mg_str want = MG_STR_INIT, have = MG_STR_INIT;
	mg_ckpt *w, *r;
	mg_tensor t = { 0 };
	mgreg_error err;

	unhex_text(sample, &want);
	ck_assert_ok(mg_ckpt_create(&w, "v1", prefix, &err), &err);
	for (int i = 0; i < 2; i++) {
		ck_assert_ok(mg_tensor_init_scalar(&t, MGREG_FLOAT, i ? 2.0 : 0.5, &err), &err);
		ck_assert_ok(mg_ckpt_put(w, i ? "b" : "a", NULL, NULL, &t, &err), &err);
		mg_tensor_clear(&t);
	}
	ck_assert_ok(mg_ckpt_finish(w, &err), &err);
	mg_ckpt_close(w);
	slurp(prefix, &have);
	ck_assert_uint_eq(have.len, want.len);
	ck_assert_mem_eq(have.ptr, want.ptr, have.len);
	spit(other, want.ptr, want.len);
	ck_assert_ok(mg_ckpt_open(&r, other, &err), &err);
	ck_assert_str_eq(r->ops->format, "v1");
	ck_assert_int_eq(read_all(r), 2);
	mg_ckpt_close(r);
	mg_str_clear(&want);
	mg_str_clear(&have);
}
END_TEST

START_TEST(every_dtype)
{
	const char *prefix = fresh_prefix("types");
	int64_t dims[3][2] = { { 3, 2 }, { 0, 4 }, { 1, 1 } };
	mg_tensor t[3] = { 0 }, back = { 0 };
	mg_ckpt *w, *r;
	mgreg_error err;
	char name[32];

	ck_assert_ok(mg_ckpt_create(&w, "v1", prefix, &err), &err);
	for (int k = 0; k < 3; k++) {
		snprintf(name, sizeof(name), "t%d", k);
		ck_assert_ok(mg_tensor_init_dims(&t[k], (mg_dtype)_i, dims[k], k == 2 ? 0 : 2, &err), &err);
		if (!mg_dtype_is_memcpy(_i) && _i != MGREG_STRING) {
			ck_assert_fails(mg_ckpt_put(w, name, NULL, NULL, &t[k], &err), MGREG_UNIMPLEMENTED, &err);
			mg_tensor_clear(&t[k]);
			mg_ckpt_close(w);
			return;
		}
		if (_i == MGREG_STRING) {
			for (int64_t i = 0; i < t[k].count; i++)
				ck_assert_ok(mg_tensor_set_string(&t[k], i, "abcdefgh", (size_t)i, &err), &err);
		} else {
			for (size_t i = 0; i < t[k].size; i++)
				((uint8_t *)t[k].data)[i] = _i == MGREG_BOOL ? i & 1 : (uint8_t)(i * 31 + 200);
		}
		if (_i == MGREG_BFLOAT16 || _i == MGREG_UINT32 || _i == MGREG_UINT64) {
			ck_assert_fails(mg_ckpt_put(w, name, NULL, NULL, &t[k], &err), MGREG_UNIMPLEMENTED, &err);
			mg_tensor_clear(&t[k]);
			mg_ckpt_close(w);
			return;
		}
		ck_assert_ok(mg_ckpt_put(w, name, NULL, NULL, &t[k], &err), &err);
	}
	ck_assert_ok(mg_ckpt_finish(w, &err), &err);
	mg_ckpt_close(w);
	ck_assert_ok(mg_ckpt_open(&r, prefix, &err), &err);
	for (int k = 0; k < 3; k++) {
		snprintf(name, sizeof(name), "t%d", k);
		ck_assert_ok(mg_ckpt_read(r, name, NULL, &back, &err), &err);
		ck_assert(mg_tensor_equal(&t[k], &back));
		mg_tensor_clear(&back);
		mg_tensor_clear(&t[k]);
	}
	ck_assert_fails(mg_ckpt_read(r, "t3", NULL, &back, &err), MGREG_NOT_FOUND, &err);
	mg_ckpt_close(r);
}
END_TEST

static void
write_shard(const char *prefix, const char *name, const char *spec, int dtype)
{
	mg_arena arena = { 0 };
	mg_shape full = MG_SHAPE_SCALAR, shape = MG_SHAPE_SCALAR;
	mg_tslice slice;
	bool has;
	mg_tensor t = { 0 };
	mg_ckpt *w;
	mgreg_error err;

	ck_assert_ok(mg_ckpt_create(&w, "v1", prefix, &err), &err);
	ck_assert_ok(mg_tslice_parse_spec(spec, strlen(spec), &full, &slice, &has, &arena, &err), &err);
	ck_assert_ok(mg_tslice_shape(&slice, &full, &shape, &err), &err);
	ck_assert_ok(mg_tensor_init(&t, (mg_dtype)dtype, &shape, &err), &err);
	memset(t.data, 1, t.size);
	ck_assert_ok(mg_ckpt_put(w, name, &full, &slice, &t, &err), &err);
	ck_assert_ok(mg_ckpt_finish(w, &err), &err);
	mg_ckpt_close(w);
	mg_tensor_clear(&t);
	mg_shape_clear(&full);
	mg_shape_clear(&shape);
	mg_arena_clear(&arena);
}

START_TEST(shards)
{
	char base[2000], path[2048];
	mg_ckpt *r;
	mg_tensor t = { 0 };
	mgreg_error err;

	snprintf(base, sizeof(base), "%s", fresh_prefix("model"));
	snprintf(path, sizeof(path), "%s-00000-of-00002", base);
	write_shard(path, "w", "6 0,4", MGREG_INT32);
	snprintf(path, sizeof(path), "%s-00001-of-00002", base);
	write_shard(path, "w", "6 4,2", MGREG_INT32);
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s%s", base, i ? "-?????" "-of-00002" : "");
		ck_assert_ok(mg_ckpt_open(&r, path, &err), &err);
		ck_assert_ok(mg_ckpt_read(r, "w", NULL, &t, &err), &err);
		ck_assert_int_eq(t.count, 6);
		ck_assert_int_eq(MG_DATA(&t, int32_t)[5], 0x01010101);
		mg_tensor_clear(&t);
		mg_ckpt_close(r);
	}
	snprintf(path, sizeof(path), "%s-00001-of-00002", base);
	write_shard(path, "w", "7 4,2", MGREG_INT32);
	ck_assert_ok(mg_ckpt_open(&r, base, &err), &err);
	ck_assert_fails(mg_ckpt_read(r, "w", NULL, &t, &err), MGREG_INTERNAL, &err);
	mg_ckpt_close(r);
	write_shard(path, "w", "6 4,2", MGREG_FLOAT);
	ck_assert_ok(mg_ckpt_open(&r, base, &err), &err);
	ck_assert_fails(mg_ckpt_read(r, "w", NULL, &t, &err), MGREG_INTERNAL, &err);
	mg_ckpt_close(r);
	spit(path, "no table", 8);
	ck_assert_fails(mg_ckpt_open(&r, base, &err), MGREG_DATA_LOSS, &err);
	ck_assert_ptr_nonnull(strstr(err.text, "model-00001-of-00002"));
}
END_TEST

/* Three shards that cut the rows of a 9 x 4 tensor in six: whole, and regions that lie across shards. */
START_TEST(sliced_over_shards)
{
	static const char *const wants[] = { "-:-", "0,9:0,4", "1,7:1,2", "2,1:3,1", "5,4:-", "-:0,1" };
	char base[2000], path[2048];
	int64_t dims[] = { 9, 4 }, start[] = { 0, 0 }, length[] = { 9, 4 };
	mg_tslice all = { 2, start, length };
	mg_tensor whole = { 0 }, gone = { 0 };
	mg_ckpt *w, *r;
	mg_ckpt_entry e;
	mgreg_error err;

	floats(&whole, dims, 2, 3);
	snprintf(base, sizeof(base), "%s", fresh_prefix("model"));
	for (int shard = 0; shard < 3; shard++) {
		snprintf(path, sizeof(path), "%s-%05d-of-00003", base, shard);
		ck_assert_ok(mg_ckpt_create(&w, "v1", path, &err), &err);
		for (int half = 0; half < 2; half++) {
			int64_t s0[] = { shard * 3 + half, 0 }, l0[] = { 1 + half, 4 };
			mg_tslice s = { 2, s0, l0 };
			mg_tensor part = { 0 };

			ck_assert_ok(mg_tensor_init_dims(&part, MGREG_FLOAT, l0, 2, &err), &err);
			ck_assert_ok(mg_tslice_copy(&all, &whole, &s, &part, &whole.shape, &err), &err);
			ck_assert_ok(mg_ckpt_put(w, "w", &whole.shape, &s, &part, &err), &err);
			mg_tensor_clear(&part);
		}
		ck_assert_ok(mg_ckpt_finish(w, &err), &err);
		mg_ckpt_close(w);
	}
	ck_assert_ok(mg_ckpt_open(&r, base, &err), &err);
	ck_assert_ok(mg_ckpt_find(r, "w", &e, &err), &err);
	ck_assert_int_eq(e.slice_count, 6);
	for (size_t i = 0; i < MG_COUNT(wants); i++) {
		mg_tensor part = { 0 }, same = { 0 };
		mg_arena arena = { 0 };
		mg_tslice s;

		ck_assert_ok(mg_tslice_parse(&s, wants[i], strlen(wants[i]), &arena, &err), &err);
		ck_assert_ok(mg_ckpt_read(r, "w", &s, &part, &err), &err);
		ck_assert_ok(mg_tensor_init(&same, MGREG_FLOAT, &part.shape, &err), &err);
		ck_assert_ok(mg_tslice_copy(&all, &whole, &s, &same, &whole.shape, &err), &err);
		ck_assert_msg(mg_tensor_equal(&part, &same), "%s", wants[i]);
		mg_tensor_clear(&part);
		mg_tensor_clear(&same);
		mg_arena_clear(&arena);
	}
	mg_ckpt_close(r);
	/* A shard is gone: what lies in it is asked for in vain, what does not is read. */
	snprintf(path, sizeof(path), "%s-00001-of-00003", base);
	ck_assert_int_eq(remove(path), 0);
	ck_assert_ok(mg_ckpt_open(&r, base, &err), &err);
	ck_assert_fails(mg_ckpt_read(r, "w", NULL, &gone, &err), MGREG_INVALID_ARGUMENT, &err);
	ck_assert_ptr_nonnull(strstr(err.text, "'w'"));
	mg_ckpt_close(r);
	mg_tensor_clear(&whole);
}
END_TEST

Suite *
test_v1(void)
{
	TCase *t;
	Suite *s = mg_suite("v1", &t);

	tcase_add_test(t, known_bytes);
	tcase_add_loop_test(t, every_dtype, 1, MG_DTYPE_MAX);
	tcase_add_test(t, shards);
	tcase_add_test(t, sliced_over_shards);
	return s;
}
