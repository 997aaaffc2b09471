/* SPDX-License-Identifier: Apache-2.0 */
/* test_record.c - TFRecord framing. */
#include "helper.h"

static const char first_event[] =
	"18 00 00 00 00 00 00 00 a3 7f 4b 22 09 00 00 00 c0 0b 5a d6 41 1a 0d 62 72 61 69 6e 2e 45 76 65"
	"6e 74 3a 32 4c a9 a4 64";

START_TEST(known_bytes)
{
	mg_str want = MG_STR_INIT, have = MG_STR_INIT;

	mg_record_frame("abc", 3, &have);
	unhex_text("03 00 00 00 00 00 00 00 b0 99 49 0e 61 62 63 6e 57 f1 21", &want);
	ck_assert_uint_eq(have.len, want.len);
	ck_assert_mem_eq(have.ptr, want.ptr, have.len);
	mg_str_reset(&want);
	mg_str_reset(&have);
	unhex_text(first_event, &want);
	mg_record_frame(want.ptr + 12, 24, &have);
	ck_assert_uint_eq(have.len, want.len);
	ck_assert_mem_eq(have.ptr, want.ptr, have.len);
	mg_str_clear(&want);
	mg_str_clear(&have);
}
END_TEST

/* Three records cut at every length: whole ones come, then the end with what is pending. */
START_TEST(cut_anywhere)
{
	static const char *const texts[] = { "abc", "", "longer text" };
	const char *path = fresh_prefix("records");
	mg_str bytes = MG_STR_INIT;
	size_t ends[4] = { 0 };
	mgreg_error err;

	for (int i = 0; i < 3; i++) {
		mg_record_frame(texts[i], strlen(texts[i]), &bytes);
		ends[i + 1] = bytes.len;
	}
	for (size_t n = 0; n <= bytes.len; n++) {
		mg_record_reader *r;
		mg_slice got;
		uint64_t pending = 99;
		int count = 0, rc, whole = 0;

		spit(path, bytes.ptr, n);
		while (whole < 3 && ends[whole + 1] <= n)
			whole++;
		ck_assert_ok(mg_record_open(&r, path, &err), &err);
		while ((rc = mg_record_next(r, &got, &pending, &err)) == 0)
			ck_assert(mg_slice_eq(got, texts[count++]));
		ck_assert_int_eq(rc, MGREG_OUT_OF_RANGE);
		ck_assert_int_eq(count, whole);
		ck_assert_uint_eq(pending, n - ends[whole]);
		ck_assert_uint_eq(mg_record_offset(r), ends[whole]);
		mg_record_close(r);
	}
	/* A flip anywhere in the first record stops there. */
	for (size_t at = 0; at < ends[1]; at++) {
		mg_record_reader *r;
		mg_slice got;

		bytes.ptr[at] ^= 0x10;
		spit(path, bytes.ptr, bytes.len);
		ck_assert_ok(mg_record_open(&r, path, &err), &err);
		ck_assert_fails(mg_record_next(r, &got, NULL, &err), MGREG_DATA_LOSS, &err);
		ck_assert_ptr_nonnull(strstr(err.text, "record at 0"));
		mg_record_close(r);
		bytes.ptr[at] ^= 0x10;
	}
	mg_str_clear(&bytes);
}
END_TEST

static int files;

static void
read_events(const char *dir)
{
	char **names;
	size_t count;
	mgreg_error err;

	if (mg_dir_list(dir, &names, &count, NULL) != 0)
		return;
	for (size_t i = 0; i < count; i++) {
		const char *path = mg_test_path(dir, names[i]);
		mg_record_reader *r;
		mg_slice got;
		int n = 0, rc;

		if (mg_is_dir(path)) {
			read_events(path);
			continue;
		}
		if (strstr(names[i], "tfevents") == NULL)
			continue;
		ck_assert_ok(mg_record_open(&r, path, &err), &err);
		while ((rc = mg_record_next(r, &got, NULL, &err)) == 0)
			n++;
		ck_assert_int_eq(rc, MGREG_OUT_OF_RANGE);
		ck_assert_int_gt(n, 0);
		mg_record_close(r);
		files++;
	}
	mg_names_free(names, count);
}

START_TEST(corpus_events)
{
	const char *corpus = mg_test_corpus();

	files = 0;
	if (corpus) {
		read_events(corpus);
		ck_assert_int_ge(files, 2);
	}
}
END_TEST

Suite *
test_record(void)
{
	TCase *t;
	Suite *s = mg_suite("record", &t);

	tcase_add_test(t, known_bytes);
	tcase_add_test(t, cut_anywhere);
	tcase_add_test(t, corpus_events);
	return s;
}
