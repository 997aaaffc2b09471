/* SPDX-License-Identifier: Apache-2.0 */
/* test_damage.c - every byte of a checkpoint flipped, every length cut: refused by name, the rest still read. */
#include "helper.h"
#include <stdio.h>
#include <unistd.h>

enum { N = 6 };
static char prefix[2000], index_path[2048], data_path[2048];
static mg_tensor good[N];
static const char *const names[N] = { "alpha", "beta", "gamma", "part", "text", "zero" };

static void
setup(void)
{
	static const int64_t dims[N][2] = { { 3, 4 }, { 5 }, { 1 }, { 6, 2 }, { 4 }, { 0 } };
	static const int ranks[N] = { 2, 1, 0, 2, 1, 1 };
	static const int types[N] = { MGREG_FLOAT, MGREG_INT64, MGREG_HALF, MGREG_INT32, MGREG_STRING, MGREG_FLOAT };
	int64_t start[2] = { 0, 0 }, length[2] = { 2, -1 };
	mg_tslice s = { 2, start, length };
	mg_ckpt *w;
	mgreg_error err;

	snprintf(prefix, sizeof(prefix), "%s", fresh_prefix("damaged"));
	snprintf(index_path, sizeof(index_path), "%s.index", prefix);
	snprintf(data_path, sizeof(data_path), "%s.data-00000-of-00001", prefix);
	memset(good, 0, sizeof(good));
	ck_assert_ok(mg_ckpt_create(&w, "v2", prefix, &err), &err);
	for (int i = 0; i < N; i++) {
		ck_assert_ok(mg_tensor_init_dims(&good[i], (mg_dtype)types[i], dims[i], ranks[i], &err), &err);
		if (types[i] == MGREG_STRING) {
			for (int64_t k = 0; k < good[i].count; k++)
				ck_assert_ok(mg_tensor_set_string(&good[i], k, "some text", (size_t)k * 3, &err), &err);
		} else {
			for (size_t k = 0; k < good[i].size; k++)
				((uint8_t *)good[i].data)[k] = (uint8_t)(k * 17 + (size_t)i);
		}
		if (i != 3) {
			ck_assert_ok(mg_ckpt_put(w, names[i], NULL, NULL, &good[i], &err), &err);
			continue;
		}
		for (start[0] = 0; start[0] < 6; start[0] += 2) {
			mg_tensor part = { 0 };
			mg_shape shape = MG_SHAPE_SCALAR;

			ck_assert_ok(mg_tslice_shape(&s, &good[i].shape, &shape, &err), &err);
			ck_assert_ok(mg_tensor_init_buffer(&part, MGREG_INT32, &shape, good[i].buffer, MG_DATA(&good[i], int32_t) + start[0] * 2, &err), &err);
			ck_assert_ok(mg_ckpt_put(w, names[i], &good[i].shape, &s, &part, &err), &err);
			mg_tensor_clear(&part);
			mg_shape_clear(&shape);
		}
	}
	ck_assert_ok(mg_ckpt_finish(w, &err), &err);
	mg_ckpt_close(w);
}

static void
teardown(void)
{
	for (int i = 0; i < N; i++)
		mg_tensor_clear(&good[i]);
}

/* Reads all; returns how many are good, the others must name themselves. */
static int
count_good(mg_ckpt *r)
{
	int n = 0;

	for (int i = 0; i < N; i++) {
		mg_tensor t = { 0 };
		mgreg_error err = { 0 };
		int rc = mg_ckpt_read(r, names[i], NULL, &t, &err);

		if (rc == 0) {
			ck_assert_msg(mg_tensor_equal(&t, &good[i]), "%s was read wrong", names[i]);
			n++;
		} else {
			char quoted[64];

			snprintf(quoted, sizeof(quoted), "'%s'", names[i]);
			ck_assert_int_eq(rc, MGREG_DATA_LOSS);
			ck_assert_msg(strstr(err.text, quoted) != NULL, "%s", err.text);
		}
		mg_tensor_clear(&t);
	}
	return n;
}

START_TEST(data_flipped)
{
	mg_str bytes = MG_STR_INIT;
	mgreg_error err;
	mg_ckpt *r;

	slurp(data_path, &bytes);
	for (size_t at = 0; at < bytes.len; at++) {
		static const uint8_t masks[] = { 0x01, 0x80, 0xff };

		bytes.ptr[at] ^= (char)masks[at % 3];
		spit(data_path, bytes.ptr, bytes.len);
		ck_assert_ok(mg_ckpt_open(&r, prefix, &err), &err);
		ck_assert_int_eq(count_good(r), N - 1);
		mg_ckpt_close(r);
		bytes.ptr[at] ^= (char)masks[at % 3];
	}
	spit(data_path, bytes.ptr, bytes.len);
	ck_assert_ok(mg_ckpt_open(&r, prefix, &err), &err);
	ck_assert_int_eq(count_good(r), N);
	mg_ckpt_close(r);
	mg_str_clear(&bytes);
}
END_TEST

START_TEST(data_cut)
{
	mg_str bytes = MG_STR_INIT;
	mgreg_error err;
	mg_ckpt *r;
	int last = 0;

	slurp(data_path, &bytes);
	for (size_t n = 0; n <= bytes.len; n++) {
		int count;

		spit(data_path, bytes.ptr, n);
		ck_assert_ok(mg_ckpt_open(&r, prefix, &err), &err);
		count = count_good(r);
		ck_assert_int_ge(count, last);
		last = count;
		mg_ckpt_close(r);
	}
	ck_assert_int_eq(last, N);
	ck_assert_int_eq(unlink(data_path), 0);
	ck_assert_ok(mg_ckpt_open(&r, prefix, &err), &err);     /* can be listed, not read */
	ck_assert_int_eq(count_good(r), 0);
	mg_ckpt_close(r);
	mg_str_clear(&bytes);
}
END_TEST

/* A flip in the index is refused naming the file, or changes nothing (padding, the unused metaindex). */
START_TEST(index_flipped)
{
	mg_str bytes = MG_STR_INIT;
	mgreg_error err;
	mg_ckpt *r;
	int refused = 0;

	slurp(index_path, &bytes);
	for (size_t at = 0; at < bytes.len; at++)
		for (int bit = 0; bit < 8; bit++) {
			int rc;

			bytes.ptr[at] ^= (char)(1 << bit);
			spit(index_path, bytes.ptr, bytes.len);
			err.text[0] = 0;
			rc = mg_ckpt_open(&r, prefix, &err);
			if (rc == 0) {
				ck_assert_int_eq(count_good(r), N);
				mg_ckpt_close(r);
			} else {
				ck_assert_int_eq(rc, MGREG_DATA_LOSS);
				ck_assert_ptr_nonnull(strstr(err.text, "damaged.index"));
				refused++;
			}
			bytes.ptr[at] ^= (char)(1 << bit);
		}
	ck_assert_int_gt(refused, (int)bytes.len * 8 / 2);
	for (size_t n = 0; n < bytes.len; n++) {
		spit(index_path, bytes.ptr, n);
		ck_assert_fails(mg_ckpt_open(&r, prefix, &err), MGREG_DATA_LOSS, &err);
	}
	mg_str_clear(&bytes);
}
END_TEST

START_TEST(v1_flipped)
{
	const char *path = fresh_prefix("v1");
	mg_str bytes = MG_STR_INIT;
	mgreg_error err;
	mg_ckpt *w, *r;

	ck_assert_ok(mg_ckpt_create(&w, "v1", path, &err), &err);
	for (int i = 0; i < N; i++)
		ck_assert_ok(mg_ckpt_put(w, names[i], NULL, NULL, &good[i], &err), &err);
	ck_assert_ok(mg_ckpt_finish(w, &err), &err);
	mg_ckpt_close(w);
	slurp(path, &bytes);
	for (size_t at = 0; at < bytes.len; at++) {
		bytes.ptr[at] ^= (char)(1 << at % 8);
		spit(path, bytes.ptr, bytes.len);
		if (mg_ckpt_open(&r, path, &err) == 0) {
			count_good(r);          /* equal, or refused by name */
			mg_ckpt_close(r);
		}
		bytes.ptr[at] ^= (char)(1 << at % 8);
	}
	for (size_t n = 0; n < bytes.len; n++) {
		spit(path, bytes.ptr, n);
		ck_assert_fails(mg_ckpt_open(&r, path, &err), MGREG_DATA_LOSS, &err);
	}
	mg_str_clear(&bytes);
}
END_TEST

Suite *
test_damage(void)
{
	TCase *t;
	Suite *s = mg_suite("damage", &t);

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, data_flipped);
	tcase_add_test(t, data_cut);
	tcase_add_test(t, index_flipped);
	tcase_add_test(t, v1_flipped);
	return s;
}
