/* SPDX-License-Identifier: Apache-2.0 */
/* test_read.c - every kind of path, from small files made here and from the corpus. */
#include "testing.h"

#include "base/file.h"
#include "base/path.h"
#include "interop/interop.h"

static const char graph_text[] = "node { name: 'c' op: 'Const' } versions { producer: 21 }";
static const char frozen_text[] = "graph_def { node { name: 'c' op: 'Const' } }";
static const char variable_text[] = "node { name: 'v' op: 'VariableV2' }";
static const char saved_text[] = "saved_model_schema_version: 1"
	" meta_graphs { meta_info_def { tags: 'serve' tags: 'gpu' } graph_def { node { name: 'a' op: 'NoOp' } } }"
	" meta_graphs { meta_info_def { tags: 'train' } graph_def { node { name: 'b' op: 'NoOp' } } }";

static const char *
write_text(const char *name, const char *text)
{
	const char *path = mg_test_path(mg_test_tempdir(), name);
	mgreg_error err = { 0 };

	ck_assert_ok(mg_file_write(path, text, strlen(text), &err), &err);
	return path;
}

/* TEXT as the bytes of TYPE, with an unknown field behind: they must come back as they are. */
static const char *
write_binary(const char *name, const mg_msg_type *type, const char *text, mg_str *bytes)
{
	const char *path = mg_test_path(mg_test_tempdir(), name);
	mgreg_error err = { 0 };
	mg_arena arena = { 0 };
	mg_msg *msg;

	ck_assert_ok(mg_msg_parse(type, text, strlen(text), &arena, &msg, &err), &err);
	mg_str_reset(bytes);
	ck_assert_ok(mg_msg_encode(msg, bytes, &err), &err);
	mg_wire_put_varint(bytes, 1000, 7);
	ck_assert_ok(mg_file_write(path, bytes->ptr, bytes->len, &err), &err);
	mg_arena_clear(&arena);
	return path;
}

static void
write_checkpoint(const char *prefix, float value)
{
	mgreg_error err = { 0 };
	mg_ckpt *c;
	mg_tensor t = { 0 };

	ck_assert_ok(mg_tensor_init_scalar(&t, MGREG_FLOAT, value, &err), &err);
	ck_assert_ok(mg_ckpt_create(&c, "v2", prefix, &err), &err);
	ck_assert_ok(mg_ckpt_put(c, "w", NULL, NULL, &t, &err), &err);
	ck_assert_ok(mg_ckpt_finish(c, &err), &err);
	mg_ckpt_close(c);
	mg_tensor_clear(&t);
}

static const char *
make_dir(const char *name)
{
	const char *path = mg_test_path(mg_test_tempdir(), name);
	mgreg_error err = { 0 };

	ck_assert_ok(mg_dir_create(path, true, &err), &err);
	return path;
}

START_TEST(graph_files)
{
	mgreg_error err = { 0 };
	mg_str bytes = MG_STR_INIT;
	mg_model m;

	ck_assert_ok(mg_model_read(write_text("g.pbtxt", graph_text), NULL, &m, &err), &err);
	ck_assert(m.kind == MG_MODEL_GRAPH && m.text && m.graph_count == 1 && m.file_count == 1);
	ck_assert_str_eq(m.store_kind, "frozen");
	ck_assert_str_eq(m.graphs[0].def->graph_def->node[0]->name, "c");
	ck_assert_uint_eq(m.source.len, strlen(graph_text));
	mg_model_clear(&m);

	ck_assert_ok(mg_model_read(write_text("v.pbtxt", variable_text), NULL, &m, &err), &err);
	ck_assert_str_eq(m.store_kind, "metagraph");
	mg_model_clear(&m);

	ck_assert_ok(mg_model_read(write_binary("g.pb", &pb__graph_def__descriptor, graph_text, &bytes), NULL, &m, &err), &err);
	ck_assert(m.kind == MG_MODEL_GRAPH && !m.text && !m.prefix);
	ck_assert_uint_eq(m.source.len, bytes.len);
	ck_assert_mem_eq(m.source.ptr, bytes.ptr, bytes.len);
	ck_assert_uint_eq(m.graphs[0].def->graph_def->base.n_unknown_fields, 1);
	mg_model_clear(&m);

	ck_assert_ok(mg_model_read(write_binary("m.meta", &pb__meta_graph_def__descriptor, frozen_text, &bytes), NULL, &m, &err), &err);
	ck_assert(m.kind == MG_MODEL_METAGRAPH && m.graphs[0].bytes.ptr == m.source.ptr);
	ck_assert_str_eq(m.store_kind, "metagraph");
	ck_assert_str_eq(m.files[0].name, "m.meta");
	mg_model_clear(&m);
	mg_str_clear(&bytes);
}
END_TEST

START_TEST(saved_models)
{
	mgreg_error err = { 0 };
	mg_str bytes = MG_STR_INIT;
	const mg_model_graph *g;
	mg_model m;
	const char *dir = make_dir("saved/variables");

	dir = mg_test_path(mg_test_tempdir(), "saved");
	make_dir("saved/assets");
	write_text("saved/assets/words.txt", "a\nb\n");
	write_binary("saved/saved_model.pb", &pb__saved_model__descriptor, saved_text, &bytes);
	ck_assert_ok(mg_model_read(dir, NULL, &m, &err), &err);
	ck_assert(m.kind == MG_MODEL_SAVED_MODEL && m.graph_count == 2 && !m.prefix && m.file_count == 2);
	ck_assert_str_eq(m.files[0].name, "assets/words.txt");
	ck_assert_str_eq(m.files[1].name, "saved_model.pb");
	ck_assert_str_eq(m.graphs[0].tags, "gpu,serve");
	ck_assert_ok(mg_model_pick(&m, NULL, &g, &err), &err);
	ck_assert_ptr_eq(g, &m.graphs[0]);
	ck_assert_ok(mg_model_pick(&m, "serve,gpu", &g, &err), &err);
	ck_assert_ptr_eq(g, &m.graphs[0]);
	ck_assert_ok(mg_model_pick(&m, "train", &g, &err), &err);
	ck_assert_ptr_eq(g, &m.graphs[1]);
	ck_assert_fails(mg_model_pick(&m, "serve", &g, &err), MGREG_NOT_FOUND, &err);
	ck_assert_str_eq(err.candidates, "gpu,serve\ntrain");
	/* the member's bytes are those in the file */
	ck_assert_ptr_nonnull(memmem(m.source.ptr, m.source.len, m.graphs[1].bytes.ptr, m.graphs[1].bytes.len));
	mg_model_clear(&m);

	write_checkpoint(mg_test_path(dir, "variables/variables"), 1);
	ck_assert_ok(mg_model_read(dir, NULL, &m, &err), &err);
	ck_assert_ptr_nonnull(m.prefix);
	ck_assert(mg_ends_with(m.prefix, "saved/variables/variables"));
	ck_assert_uint_eq(m.file_count, 4);
	mg_model_clear(&m);

	make_dir("saved-text");
	write_text("saved-text/saved_model.pbtxt", saved_text);
	ck_assert_ok(mg_model_read(mg_test_path(mg_test_tempdir(), "saved-text"), NULL, &m, &err), &err);
	ck_assert(m.text && m.graph_count == 2 && m.graphs[1].bytes.len > 0);
	mg_model_clear(&m);
	mg_str_clear(&bytes);
}
END_TEST

START_TEST(checkpoints)
{
	mgreg_error err = { 0 };
	mg_str bytes = MG_STR_INIT;
	const char *dir = make_dir("run");
	const char *all[] = { "model-1", "model-2", "model-3" };
	mg_model_options no_meta = { .no_meta = true };
	mg_model m;

	write_checkpoint(mg_test_path(dir, "model-1"), 1);
	write_checkpoint(mg_test_path(dir, "model-2"), 2);
	write_binary("run/model-2.meta", &pb__meta_graph_def__descriptor, frozen_text, &bytes);

	ck_assert_ok(mg_model_read(mg_test_path(dir, "model-1"), NULL, &m, &err), &err);
	ck_assert(m.kind == MG_MODEL_CHECKPOINT && m.graph_count == 0 && m.file_count == 2);
	ck_assert_str_eq(m.store_kind, "weights");
	mg_model_clear(&m);
	ck_assert_ok(mg_model_read(mg_test_path(dir, "model-2.index"), NULL, &m, &err), &err);
	ck_assert(m.kind == MG_MODEL_CHECKPOINT && m.graph_count == 1 && m.file_count == 3);
	ck_assert(mg_ends_with(m.prefix, "run/model-2"));
	ck_assert_str_eq(m.store_kind, "checkpoint");
	mg_model_clear(&m);
	ck_assert_ok(mg_model_read(mg_test_path(dir, "model-2"), &no_meta, &m, &err), &err);
	ck_assert(m.graph_count == 0 && m.file_count == 2);
	mg_model_clear(&m);
	ck_assert_ok(mg_model_read(mg_test_path(dir, "model-2.meta"), NULL, &m, &err), &err);
	ck_assert(m.kind == MG_MODEL_METAGRAPH && !m.prefix);
	mg_model_clear(&m);

	/* two checkpoints, and nothing says which is the latest */
	ck_assert_int_eq(mg_model_read(dir, NULL, &m, &err), MGREG_INVALID_ARGUMENT);
	ck_assert_int_eq(err.reason, MGREG_REASON_AMBIGUOUS);
	/* the state file does; model-3 is gone */
	ck_assert_ok(mg_ckpt_state_write(dir, "checkpoint", "model-1", all, 3, true, &err), &err);
	ck_assert_ok(mg_model_read(dir, NULL, &m, &err), &err);
	ck_assert(mg_ends_with(m.prefix, "run/model-1"));
	ck_assert_str_eq(m.format, "checkpoint_dir");
	ck_assert_uint_eq(m.checkpoint_count, 2);
	ck_assert(mg_ends_with(m.checkpoints[0], "run/model-2"));
	ck_assert(mg_ends_with(m.checkpoints[1], "run/model-1"));
	mg_model_clear(&m);
	mg_str_clear(&bytes);
}
END_TEST

START_TEST(what_is_not_there)
{
	mgreg_error err = { 0 };
	mg_model m;

	ck_assert_fails(mg_model_read(mg_test_path(mg_test_tempdir(), "nothing"), NULL, &m, &err), MGREG_NOT_FOUND, &err);
	ck_assert_fails(mg_model_read(make_dir("empty"), NULL, &m, &err), MGREG_NOT_FOUND, &err);
	ck_assert_fails(mg_model_read(write_text("x.pb", "hello\n"), NULL, &m, &err), MGREG_DATA_LOSS, &err);
	ck_assert_ptr_nonnull(strstr(err.text, "x.pb"));
	ck_assert_fails(mg_model_read(write_text("x.pbtxt", "node { nam: 1 }"), NULL, &m, &err), MGREG_INVALID_ARGUMENT, &err);
	ck_assert_ptr_nonnull(strstr(err.text, "x.pbtxt: 1:8: "));
	ck_assert_ptr_null(m.graphs);
}
END_TEST

START_TEST(streams)
{
	mgreg_error err = { 0 };
	mg_model m;

	ck_assert_ok(mg_model_read_bytes(graph_text, strlen(graph_text), "-", &m, &err), &err);
	ck_assert(m.kind == MG_MODEL_GRAPH && m.graph_count == 1 && m.file_count == 0);
	mg_model_clear(&m);
}
END_TEST

static const struct { const char *path; mg_model_kind kind; const char *format; size_t graphs; bool checkpoint; } corpus_paths[] = {
	{ "demo-batchnorm/BN_variables_save.ckpt", MG_MODEL_CHECKPOINT, "checkpoint", 1, true },
	{ "demo-batchnorm", MG_MODEL_CHECKPOINT, "checkpoint_dir", 1, true },
	{ "demo-batchnorm/BN_variables_save.ckpt.meta", MG_MODEL_METAGRAPH, "metagraph", 1, false },
	{ "demo-graphdef/my_graph.pb", MG_MODEL_GRAPH, "graphdef", 1, false },
	{ "estimator-savedmodel", MG_MODEL_SAVED_MODEL, "saved_model", 1, true },
	{ "tf-half-plus-two-pbtxt", MG_MODEL_SAVED_MODEL, "saved_model", 1, true },
	{ "tf-session-bundle-v1", MG_MODEL_CHECKPOINT, "session_bundle", 1, true },
	{ "serving-half-plus-two-export-2016", MG_MODEL_CHECKPOINT, "session_bundle", 1, true },
	{ "traffic-lenet-v1", MG_MODEL_CHECKPOINT, "checkpoint_dir", 1, true },
	{ "tf-tfprof-v1", MG_MODEL_CHECKPOINT, "checkpoint_dir", 0, true },
	{ "vocal-autoencoder-v1", MG_MODEL_CHECKPOINT, "checkpoint_dir", 1, true },
	{ "unity-frozen/BasicLearning.bytes", MG_MODEL_GRAPH, "graphdef", 1, false },
	{ "tf-grappler-pbtxt/while_loop.pbtxt", MG_MODEL_GRAPH, "graphdef", 1, false },
	{ "flappy-dqn-meta/bird-dqn-2920000.meta", MG_MODEL_METAGRAPH, "metagraph", 1, false },
};

START_TEST(corpus)
{
	const char *dir = mg_test_corpus();
	mgreg_error err = { 0 };
	mg_model m;

	if (!dir) {
		mg_test_skip("no corpus");
		return;
	}
	ck_assert_ok(mg_model_read(mg_test_path(dir, corpus_paths[_i].path), NULL, &m, &err), &err);
	ck_assert_int_eq(m.kind, corpus_paths[_i].kind);
	ck_assert_str_eq(m.format, corpus_paths[_i].format);
	ck_assert_uint_eq(m.graph_count, corpus_paths[_i].graphs);
	ck_assert_int_eq(m.prefix != NULL, corpus_paths[_i].checkpoint);
	mg_model_clear(&m);
}
END_TEST

Suite *
test_read(void)
{
	TCase *t;
	Suite *s = mg_suite("read", &t);

	tcase_add_test(t, graph_files);
	tcase_add_test(t, saved_models);
	tcase_add_test(t, checkpoints);
	tcase_add_test(t, what_is_not_there);
	tcase_add_test(t, streams);
	tcase_add_loop_test(t, corpus, 0, MG_COUNT(corpus_paths));
	return s;
}
