/* SPDX-License-Identifier: Apache-2.0 */
/* test_events.c - event files: TensorFlow's first record, scalars of both forms, tails, following, rotation; packed records. */
#include "helper.h"
#include <stdio.h>
#include <unistd.h>
#include "base/file.h"
#include "base/path.h"

static const char *
folder(void)
{
	static char *dir;
	char *d = mg_path_dirname(fresh_prefix("x"));

	mg_free(dir);
	return dir = d;
}

static mg_event_writer *
begin(const char *dir, bool whole, uint64_t rotate)
{
	mg_event_options o = { .wall_time = 1500000000.7, .host = "host", .whole = whole, .rotate = rotate };
	mg_event_writer *w;
	mgreg_error err;

	ck_assert_ok(mg_event_create(&w, dir, &o, &err), &err);
	return w;
}

/* All scalars of PATH as "step:value " in TEXT. */
static void
scalars_of(const char *path, mg_str *text)
{
	mg_arena arena = { 0 };
	mg_event_reader *r;
	mgreg_error err;
	Pb__Event *e;
	double v;
	int rc;

	ck_assert_ok(mg_event_open(&r, path, 0, &err), &err);
	while ((rc = mg_event_next(r, &arena, &e, NULL, &err)) == 0)
		if (e->what_case == PB__EVENT__WHAT_SUMMARY && mg_event_scalar(e->summary->value[0], &v))
			mg_str_printf(text, "%d:%g ", (int)e->step, v);
	ck_assert_int_eq(rc, MGREG_OUT_OF_RANGE);
	mg_event_close(r);
	mg_arena_clear(&arena);
}

START_TEST(first_record)
{
	static const char want[] = "18 00 00 00 00 00 00 00 a3 7f 4b 22 09 00 00 00 c0 0b 5a d6 41 1a 0d 62 72 61 69 6e 2e 45 76 65"
		"6e 74 3a 32 4c a9 a4 64";
	const char *dir = folder();
	mg_event_writer *w = begin(dir, false, 0);
	mg_str bytes = MG_STR_INIT, have = MG_STR_INIT;
	char *path = mg_strdup(mg_event_path(w));
	mgreg_error err;

	ck_assert(mg_ends_with(path, "/events.out.tfevents.1500000000.host"));
	unhex_text(want, &bytes);
	slurp(path, &have);             /* it can be read before anything else is written */
	ck_assert_uint_eq(have.len, bytes.len);
	ck_assert_mem_eq(have.ptr, bytes.ptr, have.len);
	ck_assert_ok(mg_event_finish(w, &err), &err);
	/* a name that is taken: a second later */
	w = begin(dir, false, 0);
	ck_assert(mg_ends_with(mg_event_path(w), "/events.out.tfevents.1500000001.host"));
	mg_event_abandon(w);
	mg_free(path);
	mg_str_clear(&bytes);
	mg_str_clear(&have);
}
END_TEST

START_TEST(cut_and_followed)
{
	mg_event_writer *w = begin(folder(), false, 0);
	mg_str bytes = MG_STR_INIT;
	char *path = mg_strdup(mg_event_path(w));
	const char *other = fresh_prefix("events.cut");
	mg_arena arena = { 0 };
	mgreg_error err;
	Pb__Event *e;

	for (int i = 1; i <= 3; i++)
		ck_assert_ok(mg_event_write_scalar(w, "loss", i, 1500000000.0 + i, 1.0f / (float)i, &err), &err);
	ck_assert_ok(mg_event_finish(w, &err), &err);
	slurp(path, &bytes);
	for (size_t cut = 0; cut < bytes.len; cut += 7) {
		mg_event_reader *r;
		uint64_t pending = 0;
		bool restarted;
		int before = 0, rc;

		spit(other, bytes.ptr, cut);
		ck_assert_ok(mg_event_open(&r, other, 0, &err), &err);
		while ((rc = mg_event_next(r, &arena, &e, &pending, &err)) == 0)
			before++;
		ck_assert_int_eq(rc, MGREG_OUT_OF_RANGE);
		ck_assert_uint_eq(mg_event_offset(r) + pending, cut);
		spit(other, bytes.ptr, bytes.len);
		ck_assert_ok(mg_event_refresh(r, &restarted, &err), &err);
		while (mg_event_next(r, &arena, &e, &pending, &err) == 0)
			before++;
		if (!restarted)
			ck_assert_int_eq(before, 4);
		ck_assert_uint_eq(mg_event_offset(r), bytes.len);
		mg_event_close(r);
	}
	mg_arena_clear(&arena);
	mg_str_clear(&bytes);
	mg_free(path);
}
END_TEST

START_TEST(rotation)
{
	const char *dir = folder();
	mg_event_writer *w = begin(dir, _i, 200);
	mg_str text = MG_STR_INIT;
	char **names, *path;
	size_t count;
	mgreg_error err;

	for (int i = 1; i <= 8; i++)
		ck_assert_ok(mg_event_write_scalar(w, "loss", i, 1, (float)i, &err), &err);
	ck_assert_ok(mg_event_finish(w, &err), &err);
	ck_assert_ok(mg_dir_list(dir, &names, &count, &err), &err);
	ck_assert_uint_ge(count, 3);
	for (size_t i = 0; i < count; i++) {
		ck_assert(mg_event_is_file_name(names[i]));
		path = mg_path_join(dir, names[i]);
		scalars_of(path, &text);
		mg_free(path);
		mg_free(names[i]);
	}
	mg_free(names);
	ck_assert_str_eq(text.ptr, "1:1 2:2 3:3 4:4 5:5 6:6 7:7 8:8 ");
	mg_str_clear(&text);
}
END_TEST

START_TEST(abandoned)
{
	const char *dir = folder();
	mg_event_writer *w = begin(dir, true, 0);
	char **names;
	size_t count;
	mgreg_error err;

	ck_assert_ok(mg_event_write_scalar(w, "loss", 1, 1, 1, &err), &err);
	mg_event_abandon(w);
	ck_assert_ok(mg_dir_list(dir, &names, &count, &err), &err);
	ck_assert_uint_eq(count, 0);
	mg_free(names);
}
END_TEST

/* Records under zlib and gzip; cut anywhere they end, they never lie. */
START_TEST(packed)
{
	const char *path = fresh_prefix("records");
	mg_str bytes = MG_STR_INIT, big = MG_STR_INIT;
	mg_record_writer *w;
	mg_record_reader *r;
	mg_slice got;
	mgreg_error err;

	for (int i = 0; i < 30000; i++)
		mg_str_printf(&big, "%d,", i * i);
	ck_assert_ok(mg_record_create(&w, path, (mg_record_compression)_i, &err), &err);
	ck_assert_ok(mg_record_write(w, "abc", 3, &err), &err);
	ck_assert_ok(mg_record_write(w, big.ptr, big.len, &err), &err);
	ck_assert_ok(mg_record_write(w, "", 0, &err), &err);
	ck_assert_ok(mg_record_finish(w, &err), &err);
	slurp(path, &bytes);
	if (_i)
		ck_assert_uint_lt(bytes.len, big.len);
	ck_assert_ok(mg_record_open(&r, path, &err), &err);
	ck_assert_ok(mg_record_next(r, &got, NULL, &err), &err);
	ck_assert(mg_slice_eq(got, "abc"));
	ck_assert_ok(mg_record_next(r, &got, NULL, &err), &err);
	ck_assert(got.len == big.len && memcmp(got.ptr, big.ptr, big.len) == 0);
	ck_assert_ok(mg_record_next(r, &got, NULL, &err), &err);
	ck_assert_uint_eq(got.len, 0);
	ck_assert_int_eq(mg_record_next(r, &got, NULL, &err), MGREG_OUT_OF_RANGE);
	mg_record_close(r);
	for (size_t n = 0; n < bytes.len; n += 1 + bytes.len / 97) {
		int rc, count = 0;

		spit(path, bytes.ptr, n);
		ck_assert_ok(mg_record_open(&r, path, &err), &err);
		while ((rc = mg_record_next(r, &got, NULL, &err)) == 0)
			count++;
		ck_assert(rc == MGREG_OUT_OF_RANGE || rc == MGREG_DATA_LOSS);
		ck_assert_int_le(count, 3);
		mg_record_close(r);
	}
	if (_i)
		ck_assert_fails(mg_record_open_at(&r, path, 5, &err), MGREG_INVALID_ARGUMENT, &err);
	mg_str_clear(&bytes);
	mg_str_clear(&big);
}
END_TEST

/* Arrays in a zip: what was written is read, and equal tensors are equal files. */
START_TEST(npz)
{
	const char *format = _i ? "npz-deflate" : "npz";
	int64_t dims[] = { 40, 30 };
	mg_tensor t = { 0 }, back = { 0 };
	mg_str one = MG_STR_INIT, two = MG_STR_INIT;
	mgreg_error err;

	floats(&t, dims, 2, 1);
	for (int n = 0; n < 2; n++) {
		const char *path = fresh_prefix(n ? "2.npz" : "1.npz");
		mg_ckpt *w, *r;

		ck_assert_ok(mg_ckpt_create(&w, format, path, &err), &err);
		ck_assert_ok(mg_ckpt_put(w, "layer/w", NULL, NULL, &t, &err), &err);
		ck_assert_fails(mg_ckpt_put(w, "layer/w", NULL, NULL, &t, &err), MGREG_INVALID_ARGUMENT, &err);
		ck_assert_ok(mg_ckpt_put(w, "b", NULL, NULL, &t, &err), &err);
		ck_assert_ok(mg_ckpt_finish(w, &err), &err);
		mg_ckpt_close(w);
		ck_assert_ok(mg_ckpt_open(&r, path, &err), &err);
		ck_assert_int_eq(read_all(r), 2);
		ck_assert_ok(mg_ckpt_read(r, "layer/w", NULL, &back, &err), &err);
		ck_assert(mg_tensor_equal(&t, &back));
		mg_tensor_clear(&back);
		mg_ckpt_close(r);
		slurp(path, n ? &two : &one);
		ck_assert_ok(mg_ckpt_create(&w, format, path, &err), &err);
		mg_ckpt_close(w);               /* abandoned: the older file stays */
		ck_assert(mg_file_exists(path));
	}
	ck_assert(one.len == two.len && memcmp(one.ptr, two.ptr, one.len) == 0);
	mg_tensor_clear(&t);
	mg_str_clear(&one);
	mg_str_clear(&two);
}
END_TEST

/* Every format reads into memory that is there, if it is of the right kind. */
START_TEST(filled)
{
	static const char *const formats[] = { "v2", "v1", "npz", "safetensors" };
	const char *path = fresh_prefix("m");
	int64_t dims[] = { 3, 5 }, other[] = { 5, 3 };
	mg_tensor t = { 0 }, into = { 0 };
	mg_ckpt *w, *r;
	mgreg_error err;
	void *place;

	floats(&t, dims, 2, 1);
	ck_assert_ok(mg_ckpt_create(&w, formats[_i], path, &err), &err);
	ck_assert_ok(mg_ckpt_put(w, "w", NULL, NULL, &t, &err), &err);
	ck_assert_ok(mg_ckpt_finish(w, &err), &err);
	mg_ckpt_close(w);
	ck_assert_ok(mg_ckpt_open(&r, path, &err), &err);
	ck_assert_ok(mg_tensor_init_dims(&into, MGREG_FLOAT, dims, 2, &err), &err);
	place = into.data;
	ck_assert_ok(mg_ckpt_fill(r, "w", &into, &err), &err);
	ck_assert(into.data == place && mg_tensor_equal(&t, &into));
	ck_assert_fails(mg_ckpt_fill(r, "x", &into, &err), MGREG_NOT_FOUND, &err);
	mg_tensor_clear(&into);
	ck_assert_ok(mg_tensor_init_dims(&into, MGREG_FLOAT, other, 2, &err), &err);
	ck_assert_fails(mg_ckpt_fill(r, "w", &into, &err), MGREG_INVALID_ARGUMENT, &err);
	mg_tensor_clear(&into);
	mg_tensor_clear(&t);
	mg_ckpt_close(r);
}
END_TEST

Suite *
test_events(void)
{
	TCase *t;
	Suite *s = mg_suite("events", &t);

	tcase_add_test(t, first_record);
	tcase_add_test(t, cut_and_followed);
	tcase_add_loop_test(t, rotation, 0, 2);
	tcase_add_test(t, abandoned);
	tcase_add_loop_test(t, packed, 0, 3);
	tcase_add_loop_test(t, npz, 0, 2);
	tcase_add_loop_test(t, filled, 0, 4);
	return s;
}
