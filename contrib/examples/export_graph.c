/* SPDX-License-Identifier: Apache-2.0 */
/* export_graph.c - export the default running graph, as binary and as text; the session goes on unharmed. */
#include "example.h"

int
main(void)
{
	mgreg_error err = { 0 };
	mgreg_graph *graph;
	mgreg_session *session;
	mgreg_metagraph *exported, *from_binary, *from_text;
	mgreg_node *train_op;
	double before, after;

	TRY(mgreg_graph_default(&graph, &err));
	TRY(example_line(graph, &err));
	TRY(example_train_op(graph, &train_op, &err));
	TRY(mgreg_session_new(&session, graph, NULL, &err));
	TRY(example_run(session, "init", &err));
	TRY(example_train(session, train_op, 10, &err));
	TRY(example_scalar(session, "loss", &before, &err));

	TRY(mgreg_metagraph_export(&exported, graph, NULL, &err));
	TRY(mgreg_metagraph_write(exported, example_path("my-model.meta"), 0, &err));
	TRY(mgreg_metagraph_write(exported, example_path("my-model.pbtxt"), 1, &err));
	TRY(mgreg_metagraph_read(&from_binary, example_path("my-model.meta"), &err));
	TRY(mgreg_metagraph_read(&from_text, example_path("my-model.pbtxt"), &err));
	EXPECT(mgreg_metagraph_node_count(exported) == mgreg_graph_node_count(graph), "every node of the graph is exported");
	EXPECT(mgreg_metagraph_equal(exported, from_binary, NULL, NULL), "the binary file holds what was exported");
	EXPECT(mgreg_metagraph_equal(exported, from_text, NULL, NULL), "the text file holds the same");

	TRY(example_train(session, train_op, 1, &err));
	TRY(example_scalar(session, "loss", &after, &err));
	EXPECT(after < before, "training goes on");

	mgreg_metagraph_free(exported);
	mgreg_metagraph_free(from_binary);
	mgreg_metagraph_free(from_text);
	mgreg_session_free(session);
	mgreg_graph_reset_default();
	return example_end();
}
