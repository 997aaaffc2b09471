/* SPDX-License-Identifier: Apache-2.0 */
/* clear_devices.c - import a graph with preset devices onto a machine that has others. */
#include "example.h"

int
main(void)
{
	mgreg_import_options options = MGREG_IMPORT_INIT;
	mgreg_error err = { 0 };
	mgreg_graph *graph, *here;
	mgreg_metagraph *meta;
	mgreg_session *session;
	mgreg_saver *saver, *imported;
	mgreg_node *train_op;
	int preset = 0;

	/* Over there, the model sat on a GPU of a worker. */
	TRY(mgreg_graph_new(&graph, &err));
	TRY(mgreg_device_push(graph, "/job:worker/task:3/gpu:1", &err));
	TRY(example_line(graph, &err));
	TRY(mgreg_saver_new(&saver, graph, NULL, &err));
	mgreg_device_pop(graph);
	TRY(mgreg_metagraph_export(&meta, graph, &(mgreg_export_options){ .size = sizeof(mgreg_export_options), .saver = saver }, &err));
	EXPECT(strcmp(mgreg_node_device(mgreg_graph_find(graph, "line")), "/job:worker/task:3/device:GPU:1") == 0, "the model has a device");

	TRY(mgreg_graph_new(&here, &err));
	options.clear_devices = 1;
	TRY(mgreg_metagraph_import(here, meta, &options, &imported, &err));
	for (int i = 0; i < mgreg_graph_node_count(here); i++)
		preset += mgreg_node_device(mgreg_graph_node(here, i))[0] != '\0';
	EXPECT(preset == 0, "here no node has one");
	TRY(mgreg_session_new(&session, here, NULL, &err));
	TRY(example_run(session, "init", &err));
	TRY(example_train_op(here, &train_op, &err));
	TRY(example_train(session, train_op, 10, &err));
	TRY(mgreg_saver_save(imported, session, example_path("here"), 10, NULL, &err));
	EXPECT(example_file_exists(example_path("here-10.index")), "it trains and saves");

	mgreg_session_free(session);
	mgreg_saver_free(saver);
	mgreg_saver_free(imported);
	mgreg_graph_free(graph);
	mgreg_graph_free(here);
	mgreg_metagraph_free(meta);
	return example_end();
}
