/* SPDX-License-Identifier: Apache-2.0 */
/*
 * inference_to_training.c - build an inference net (28 -> 128 -> 32 -> 10), save it; import it later and extend it to a
 * training graph: labels, loss, a summary, gradient descent, one step.
 *
 * Graphs of release 0.11 and of 1.x spell the one-hot labels differently; the last form needs none.
 */
#include "example.h"

enum spelling { RELEASE_0_11, RELEASE_1_X, SPARSE_LABELS };

static mgreg_output
layer(mgreg_builder *b, mgreg_output in, int64_t inputs, int64_t units, int relu)
{
	const int64_t shape[] = { inputs, units };
	mgreg_output init = mgreg_op_truncated_normal(b, MGREG_FLOAT, shape, 2, 0.0, 1.0 / sqrt((double)inputs), 7, NULL);
	mgreg_variable weights = mgreg_op_variable(b, init, 0, "weights");
	mgreg_variable biases = mgreg_op_variable(b, mgreg_op_zeros(b, MGREG_FLOAT, &units, 1, NULL), 0, "biases");
	mgreg_output out = mgreg_op_add(b, mgreg_op_matmul(b, in, weights.value, NULL), biases.value, NULL);

	return relu ? mgreg_op_relu(b, out, NULL) : out;
}

static void
build_and_save(void)
{
	static const int64_t shape[] = { 100, 28 };
	mgreg_error err = { 0 };
	mgreg_graph *graph;
	mgreg_builder b;
	mgreg_session *session;
	mgreg_saver *saver;
	mgreg_tensor *pixels;
	mgreg_output images, hidden1, hidden2, logits;

	TRY(mgreg_graph_new(&graph, &err));
	b = (mgreg_builder)MGREG_BUILDER(graph, &err);
	TRY(mgreg_tensor_new(&pixels, MGREG_FLOAT, shape, 2, &err));
	for (int64_t i = 0; i < mgreg_tensor_count(pixels); i++)
		((float *)mgreg_tensor_data(pixels))[i] = 1.2f;
	images = mgreg_op_const(&b, pixels, NULL);
	TRY(mgreg_scope_enter(graph, "hidden1", &err));
	hidden1 = layer(&b, images, 28, 128, 1);
	mgreg_scope_leave(graph);
	TRY(mgreg_scope_enter(graph, "hidden2", &err));
	hidden2 = layer(&b, hidden1, 128, 32, 1);
	mgreg_scope_leave(graph);
	TRY(mgreg_scope_enter(graph, "softmax_linear", &err));
	logits = layer(&b, hidden2, 32, 10, 0);
	mgreg_scope_leave(graph);
	TRY(b.rc);
	TRY(mgreg_collection_add_output(graph, "logits", logits, &err));
	mgreg_op_initializer(&b, NULL);
	TRY(b.rc);

	TRY(mgreg_session_new(&session, graph, NULL, &err));
	TRY(example_run(session, "init", &err));
	TRY(example_run(session, mgreg_node_name(logits.node), &err));
	TRY(mgreg_saver_new(&saver, graph, NULL, &err));
	TRY(mgreg_saver_save(saver, session, example_path("my-model"), 10000, NULL, &err));

	mgreg_tensor_free(pixels);
	mgreg_session_free(session);
	mgreg_saver_free(saver);
	mgreg_graph_free(graph);
}

/* [batch, classes] with a 1 in each row: sparse_to_dense over pairs (row, label). */
static mgreg_output
one_hot_labels(mgreg_builder *b, mgreg_output labels, enum spelling spelling)
{
	mgreg_output batch = mgreg_op_size(b, labels, NULL);
	mgreg_output column = mgreg_op_expand_dims(b, labels, 1, NULL);
	mgreg_output rows = mgreg_op_range(b, mgreg_op_scalar(b, MGREG_INT32, 0, NULL), batch, mgreg_op_scalar(b, MGREG_INT32, 1, NULL), NULL);
	mgreg_output pair[] = { mgreg_op_expand_dims(b, rows, 1, NULL), column };
	mgreg_output shape[] = { batch, mgreg_op_scalar(b, MGREG_INT32, 10, NULL) };
	mgreg_output pairs = spelling == RELEASE_0_11 ? mgreg_op_concat_v1(b, 1, pair, 2, NULL) : mgreg_op_concat(b, pair, 2, 1, NULL);

	return mgreg_op_sparse_to_dense(b, pairs, mgreg_op_pack(b, shape, 2, 0, spelling == RELEASE_0_11 ? NULL : "stack"),
		mgreg_op_scalar(b, MGREG_FLOAT, 1.0, NULL), mgreg_op_scalar(b, MGREG_FLOAT, 0.0, NULL), NULL);
}

static void
extend_and_train(enum spelling spelling, const char *what)
{
	static const int64_t rows[] = { 100 };
	mgreg_error err = { 0 };
	mgreg_metagraph *meta;
	mgreg_graph *graph;
	mgreg_builder b;
	mgreg_session *session;
	mgreg_saver *saver;
	mgreg_node *train_op;
	mgreg_output labels, logits, xentropy, loss;
	double before, after;

	TRY(mgreg_metagraph_read(&meta, example_path("my-model-10000.meta"), &err));
	TRY(mgreg_graph_new(&graph, &err));
	TRY(mgreg_metagraph_import(graph, meta, NULL, &saver, &err));
	TRY(mgreg_session_new(&session, graph, NULL, &err));
	TRY(mgreg_saver_restore(saver, session, example_path("my-model-10000"), &err));

	b = (mgreg_builder)MGREG_BUILDER(graph, &err);
	labels = mgreg_op_zeros(&b, MGREG_INT32, rows, 1, "labels");
	TRY(mgreg_collection_output(graph, "logits", 0, &logits, &err));
	if (spelling == SPARSE_LABELS)
		xentropy = mgreg_op_sparse_softmax_cross_entropy_with_logits(&b, logits, labels, "xentropy");
	else
		xentropy = mgreg_op_softmax_cross_entropy_with_logits(&b, logits, one_hot_labels(&b, labels, spelling), "xentropy");
	loss = mgreg_op_reduce_mean(&b, xentropy, NULL, -1, 0, "xentropy_mean");
	mgreg_op_scalar_summary(&b, "xentropy_mean", loss);
	TRY(b.rc);
	TRY(mgreg_minimize(graph, loss, "sgd:learning_rate=0.01", 0, &train_op, &err));
	TRY(example_scalar(session, "xentropy_mean", &before, &err));
	TRY(example_train(session, train_op, 1, &err));
	TRY(example_scalar(session, "xentropy_mean", &after, &err));
	printf("# %s: loss %.6f -> %.6f\n", what, before, after);
	EXPECT(after < before, what);
	EXPECT(mgreg_collection_count(graph, "summaries") == 1, "the summary is in its collection");

	mgreg_session_free(session);
	mgreg_saver_free(saver);
	mgreg_graph_free(graph);
	mgreg_metagraph_free(meta);
}

int
main(void)
{
	build_and_save();
	extend_and_train(RELEASE_0_11, "one-hot labels by Concat, as in release 0.11");
	extend_and_train(RELEASE_1_X, "one-hot labels by ConcatV2, as in 1.x");
	extend_and_train(SPARSE_LABELS, "sparse softmax cross-entropy");
	return example_end();
}
