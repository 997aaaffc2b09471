/* SPDX-License-Identifier: Apache-2.0 */
/* test_probe.c - which message bytes are: small ones made here, and every graph of the corpus in all three wrappings. */
#include "testing.h"

#include <ftw.h>

#include "base/file.h"
#include "interop/interop.h"

static const mg_msg_type *
probe(const mg_str *s, const char *name)
{
	bool text;

	return mg_model_probe(s->ptr, s->len, name, &text);
}

static const struct { const char *text; const mg_msg_type *type; } texts[] = {
	{ "node { name: 'n' op: 'NoOp' }", &pb__graph_def__descriptor },
	{ "\n# comment: meta_info_def {}\n  versions\n{\nproducer: 21 }", &pb__graph_def__descriptor },
	{ "versions<>", &pb__graph_def__descriptor },
	{ "meta_info_def {}", &pb__meta_graph_def__descriptor },
	{ "\xef\xbb\xbfgraph_def: {}", &pb__meta_graph_def__descriptor },
	{ "saved_model_schema_version: 1", &pb__saved_model__descriptor },
	{ "meta_graphs {}", &pb__saved_model__descriptor },
};

START_TEST(text_by_first_word)
{
	bool text = false;

	ck_assert_ptr_eq(mg_model_probe(texts[_i].text, strlen(texts[_i].text), NULL, &text), texts[_i].type);
	ck_assert(text);
}
END_TEST

static const struct { const mg_msg_type *type; const char *text; } small[] = {
	{ &pb__graph_def__descriptor, "node { name: 'n' op: 'NoOp' }" },
	{ &pb__graph_def__descriptor, "node { name: 'n' op: 'NoOp' device: '/cpu:0' input: '^m' } versions { producer: 5 }" },
	{ &pb__graph_def__descriptor, "library { function { signature { name: 'f' } } } versions { producer: 21 }" },
	{ &pb__graph_def__descriptor, "version: 7" },
	{ &pb__meta_graph_def__descriptor, "meta_info_def { stripped_op_list { op { name: 'NoOp' } } tags: 'serve' }" },
	{ &pb__meta_graph_def__descriptor, "graph_def { node { name: 'n' op: 'NoOp' } versions { producer: 21 } }" },
	{ &pb__meta_graph_def__descriptor, "meta_info_def { tensorflow_version: '1.4.0' tensorflow_git_version: 'v1.4.0' }"
		" graph_def { versions { producer: 24 } } collection_def { key: 'k' value { node_list { value: 'n' } } }" },
	{ &pb__meta_graph_def__descriptor, "collection_def { key: 'k' value { bytes_list { value: 'n' } } }" },
	{ &pb__saved_model__descriptor, "saved_model_schema_version: 1 meta_graphs { graph_def { node { name: 'n' op: 'NoOp' } } }" },
	{ &pb__saved_model__descriptor, "saved_model_schema_version: 1" },
};

START_TEST(binary_by_structure)
{
	mgreg_error err = { 0 };
	mg_arena arena = { 0 };
	mg_str bytes = MG_STR_INIT;
	mg_msg *msg;
	bool text = true;

	ck_assert_ok(mg_msg_parse(small[_i].type, small[_i].text, strlen(small[_i].text), &arena, &msg, &err), &err);
	ck_assert_ok(mg_msg_encode(msg, &bytes, &err), &err);
	ck_assert_ptr_eq(mg_model_probe(bytes.ptr, bytes.len, NULL, &text), small[_i].type);
	ck_assert(!text);
	mg_str_clear(&bytes);
	mg_arena_clear(&arena);
}
END_TEST

START_TEST(neither)
{
	bool text;

	ck_assert_ptr_null(mg_model_probe("\x89PNG\r\n\x1a\n", 8, "a.pb", &text));
	ck_assert_ptr_null(mg_model_probe("hello world\n", 12, NULL, &text));
	ck_assert_ptr_null(mg_model_probe("\x0a\xff\xff\x7f", 4, NULL, &text));
	/* an empty file is an empty MetaGraph, unless its name says otherwise */
	ck_assert_ptr_eq(mg_model_probe("", 0, "x", &text), &pb__meta_graph_def__descriptor);
	ck_assert_ptr_eq(mg_model_probe("", 0, "x.meta", &text), &pb__meta_graph_def__descriptor);
}
END_TEST

static int files;

/* The graph of each MetaGraph is a GraphDef; the MetaGraph in a SavedModel is one; whatever the name claims. */
static int
check_file(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	mgreg_error err = { 0 };
	mg_arena arena = { 0 };
	mg_str in = MG_STR_INIT, other = MG_STR_INIT;
	const char *name = strrchr(path, '/') + 1;
	mg_msg *msg;

	(void)st, (void)ftw;
	if (flag != FTW_F || !(mg_ends_with(name, ".meta") || strcmp(name, "saved_model.pb") == 0))
		return 0;
	ck_assert_ok(mg_file_read(path, 0, &in, &err), &err);
	if (mg_ends_with(name, ".meta")) {
		const Pb__MetaGraphDef *m;

		ck_assert_msg(probe(&in, "x.pb") == &pb__meta_graph_def__descriptor, "%s", path);
		ck_assert_ok(mg_msg_decode(&pb__meta_graph_def__descriptor, in.ptr, in.len, &arena, &msg, &err), &err);
		m = (Pb__MetaGraphDef *)msg;
		ck_assert_ok(mg_msg_encode(&m->graph_def->base, &other, &err), &err);
		ck_assert_msg(probe(&other, "x.meta") == &pb__graph_def__descriptor, "the graph of %s", path);
		mg_str_reset(&other);
		mg_wire_put_varint(&other, 1, 1);
		mg_wire_put_bytes(&other, 2, in.ptr, in.len);
		ck_assert_msg(probe(&other, "x.meta") == &pb__saved_model__descriptor, "%s in a saved model", path);
	} else {
		ck_assert_msg(probe(&in, "x.meta") == &pb__saved_model__descriptor, "%s", path);
	}
	files++;
	mg_str_clear(&in);
	mg_str_clear(&other);
	mg_arena_clear(&arena);
	return 0;
}

START_TEST(every_graph_of_the_corpus)
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
test_probe(void)
{
	TCase *t;
	Suite *s = mg_suite("probe", &t);

	tcase_add_loop_test(t, text_by_first_word, 0, MG_COUNT(texts));
	tcase_add_loop_test(t, binary_by_structure, 0, MG_COUNT(small));
	tcase_add_test(t, neither);
	tcase_add_test(t, every_graph_of_the_corpus);
	return s;
}
