/* SPDX-License-Identifier: Apache-2.0 */
/* test_corpus.c - every graph file that TensorFlow wrote: decode, encode, print, parse, copy; always the same message. */
#include "base/base.h"

#include <ftw.h>

#include "base/file.h"
#include "proto_test.h"

static int files;

static const mg_msg_type *
type_of(const char *path)
{
	const char *name = strrchr(path, '/') + 1;

	if (mg_starts_with(name, "saved_model.pb"))
		return &pb__saved_model__descriptor;
	if (mg_ends_with(name, ".meta"))
		return &pb__meta_graph_def__descriptor;
	if (mg_ends_with(name, ".pbtxt") || (mg_ends_with(name, ".pb") && !strstr(path, "assets.extra")))
		return &pb__graph_def__descriptor;
	return NULL;
}

static int
check_file(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	const mg_msg_type *type = flag == FTW_F ? type_of(path) : NULL;
	mg_arena arena = { 0 };
	mg_str in = MG_STR_INIT, bytes = MG_STR_INIT, again = MG_STR_INIT, text = MG_STR_INIT, second = MG_STR_INIT;
	mgreg_error err = { 0 };
	mg_msg *msg, *copy;

	(void)st, (void)ftw;
	if (!type)
		return 0;
	ck_assert_ok(mg_file_read(path, 0, &in, &err), &err);
	if (mg_ends_with(path, ".pbtxt"))
		ck_assert_ok(mg_msg_parse(type, in.ptr, in.len, &arena, &msg, &err), &err);
	else
		ck_assert_ok(mg_msg_decode(type, in.ptr, in.len, &arena, &msg, &err), &err);
	ck_assert_ok(mg_msg_encode(msg, &bytes, &err), &err);
	ck_assert_msg(mg_msg_equal(msg, decode(type, bytes.ptr, bytes.len, &arena), NULL, NULL), "%s", path);
	ck_assert_ok(mg_msg_print(msg, &text, &err), &err);
	copy = parse(type, text.ptr, &arena);
	ck_assert_msg(mg_msg_equal(msg, copy, NULL, NULL), "%s as text", path);
	ck_assert_ok(mg_msg_print(copy, &second, &err), &err);
	ck_assert_msg(second.len == text.len && memcmp(second.ptr, text.ptr, text.len) == 0, "%s prints differently the second time", path);
	ck_assert_ok(mg_msg_copy(msg, &arena, &copy, &err), &err);
	ck_assert_ok(mg_msg_encode(copy, &again, &err), &err);
	ck_assert_uint_eq(again.len, bytes.len);
	ck_assert_mem_eq(again.ptr, bytes.ptr, bytes.len);
	files++;
	mg_str_clear(&in);
	mg_str_clear(&bytes);
	mg_str_clear(&again);
	mg_str_clear(&text);
	mg_str_clear(&second);
	mg_arena_clear(&arena);
	return 0;
}

START_TEST(every_graph_file)
{
	const char *corpus = mg_test_corpus();

	if (!corpus) {
		mg_test_skip("no corpus");
		return;
	}
	ck_assert_int_eq(nftw(corpus, check_file, 16, FTW_PHYS), 0);
	ck_assert_int_gt(files, 50);
}
END_TEST

Suite *
test_corpus(void)
{
	TCase *t;
	Suite *s = mg_suite("corpus", &t);

	tcase_add_test(t, every_graph_file);
	return s;
}
