/* SPDX-License-Identifier: Apache-2.0 */
/* test_io.c - .meta and .pbtxt: what was written is read, what is damaged is refused with its place. */
#include "testing.h"
#include "base/file.h"
#include "metagraph/metagraph.h"

static Pb__MetaGraphDef *
sample(mg_arena *a)
{
	static const char text[] = "meta_info_def { tags: 'serve' tensorflow_version: '1.4.0' } graph_def { node { name: 'n' op: 'NoOp' } "
		"versions { producer: 24 } } collection_def { key: 'k' value { int64_list { value: 3 } } }";
	mgreg_error err = { 0 };
	mg_msg *m;

	ck_assert_ok(mg_msg_parse(&pb__meta_graph_def__descriptor, text, strlen(text), a, &m, &err), &err);
	return (Pb__MetaGraphDef *)m;
}

START_TEST(both_forms)
{
	mgreg_error err = { 0 };
	mg_arena a = { 0 };
	Pb__MetaGraphDef *m = sample(&a), *back;
	const char *path = mg_test_path(mg_test_tempdir(), _i ? "m.pbtxt" : "m.meta");

	ck_assert_ok(mg_metagraph_write(path, m, _i == 1, &err), &err);
	ck_assert_ok(mg_metagraph_read(path, &a, &back, &err), &err);
	ck_assert(mg_msg_equal(&m->base, &back->base, NULL, NULL));
	mg_arena_clear(&a);
}
END_TEST

static const struct { const char *bytes; size_t size; int code; const char *text; } bad[] = {
	{ "\x0a\xff", 2, MGREG_DATA_LOSS, "x.meta" },
	{ "graph_def {\n  node { nome: 'x' }\n}\n", 34, MGREG_INVALID_ARGUMENT, "2:" },
	{ "collection_def {", 16, MGREG_INVALID_ARGUMENT, "x.meta" },
};

START_TEST(damage)
{
	mgreg_error err = { 0 };
	mg_arena a = { 0 };
	Pb__MetaGraphDef *m;
	int rc = mg_metagraph_parse(bad[_i].bytes, bad[_i].size, "x.meta", &a, &m, &err);

	ck_assert_msg(rc == MGREG_INVALID_ARGUMENT || rc == MGREG_DATA_LOSS, "%d", rc);
	ck_assert_msg(strstr(err.text, bad[_i].text) != NULL, "'%s'", err.text);
	ck_assert_msg(strstr(err.text, "x.meta") != NULL, "'%s'", err.text);
	mg_arena_clear(&a);
}
END_TEST

START_TEST(nothing_is_an_empty_message)
{
	mgreg_error err = { 0 };
	mg_arena a = { 0 };
	Pb__MetaGraphDef *m;

	ck_assert_ok(mg_metagraph_parse("", 0, "empty", &a, &m, &err), &err);
	ck_assert_ptr_null(m->graph_def);
	ck_assert_fails(mg_metagraph_read(mg_test_path(mg_test_tempdir(), "gone.meta"), &a, &m, &err), MGREG_NOT_FOUND, &err);
	ck_assert_ptr_nonnull(strstr(err.text, "gone.meta"));
	mg_arena_clear(&a);
}
END_TEST

Suite *
test_io(void)
{
	TCase *t;
	Suite *s = mg_suite("io", &t);

	tcase_add_loop_test(t, both_forms, 0, 2);
	tcase_add_loop_test(t, damage, 0, MG_COUNT(bad));
	tcase_add_test(t, nothing_is_an_empty_message);
	return s;
}
