/* SPDX-License-Identifier: Apache-2.0 */
/* save_every_1000.c - train, saving every 1000 steps under the global step; each save writes its MetaGraph by itself. */
#include "example.h"

int
main(void)
{
	mgreg_error err = { 0 };
	mgreg_graph *graph;
	mgreg_session *session;
	mgreg_saver *saver;
	mgreg_node *train_op;
	mgreg_metagraph *meta;
	char *prefix = NULL, *latest;
	double step;

	TRY(mgreg_graph_new(&graph, &err));
	TRY(example_line(graph, &err));
	TRY(example_train_op(graph, &train_op, &err));
	TRY(mgreg_saver_new(&saver, graph, NULL, &err));
	TRY(mgreg_session_new(&session, graph, NULL, &err));
	TRY(example_run(session, "init", &err));
	for (int i = 1; i <= 3000; i++) {
		TRY(example_train(session, train_op, 1, &err));
		if (i % 1000 == 0) {
			mgreg_free(prefix);
			TRY(example_scalar(session, "global_step", &step, &err));
			TRY(mgreg_saver_save(saver, session, example_path("my-model"), (int64_t)step, &prefix, &err));
			printf("# saved %s\n", strrchr(prefix, '/') + 1);
		}
	}
	EXPECT(strcmp(prefix, example_path("my-model-3000")) == 0, "the checkpoint is called by its step");
	EXPECT(example_file_exists(example_path("my-model-1000.index")) && example_file_exists(example_path("my-model-2000.index"))
		&& example_file_exists(example_path("my-model-3000.index")), "there are three of them");
	EXPECT(example_file_exists(example_path("my-model-1000.meta")), "each with its MetaGraph");
	TRY(mgreg_latest_checkpoint(example_folder, &latest, &err));
	EXPECT(strcmp(latest, prefix) == 0, "the state file names the last");
	TRY(mgreg_metagraph_read(&meta, example_path("my-model-3000.meta"), &err));
	EXPECT(mgreg_metagraph_has_saver(meta), "a MetaGraph says how it is restored");

	mgreg_free(latest);
	mgreg_free(prefix);
	mgreg_metagraph_free(meta);
	mgreg_session_free(session);
	mgreg_saver_free(saver);
	mgreg_graph_free(graph);
	return example_end();
}
