/* SPDX-License-Identifier: Apache-2.0 */
/* import_and_continue.c - import a MetaGraph and go on training, without building the model from scratch. */
#include "example.h"

/* Someone else's program, some time ago. */
static void
first_program(void)
{
	mgreg_error err = { 0 };
	mgreg_graph *graph;
	mgreg_session *session;
	mgreg_saver *saver;
	mgreg_node *train_op;

	TRY(mgreg_graph_new(&graph, &err));
	TRY(example_line(graph, &err));
	TRY(example_train_op(graph, &train_op, &err));
	TRY(mgreg_saver_new(&saver, graph, NULL, &err));
	TRY(mgreg_session_new(&session, graph, NULL, &err));
	TRY(example_run(session, "init", &err));
	TRY(example_train(session, train_op, 20, &err));
	TRY(mgreg_saver_save(saver, session, example_path("my-model"), 20, NULL, &err));
	mgreg_session_free(session);
	mgreg_saver_free(saver);
	mgreg_graph_free(graph);
}

int
main(void)
{
	mgreg_error err = { 0 };
	mgreg_metagraph *meta;
	mgreg_graph *graph;
	mgreg_session *session;
	mgreg_saver *saver;
	mgreg_node *train_op;
	double before, after, step;

	first_program();

	TRY(mgreg_metagraph_read(&meta, example_path("my-model-20.meta"), &err));
	TRY(mgreg_graph_new(&graph, &err));
	TRY(mgreg_metagraph_import(graph, meta, NULL, &saver, &err));
	EXPECT(saver != NULL, "the MetaGraph brings its saver");
	TRY(mgreg_session_new(&session, graph, NULL, &err));
	TRY(mgreg_saver_restore(saver, session, example_path("my-model-20"), &err));
	TRY(example_train_op(graph, &train_op, &err));
	TRY(example_scalar(session, "loss", &before, &err));
	TRY(example_train(session, train_op, 100, &err));
	TRY(example_scalar(session, "loss", &after, &err));
	TRY(example_scalar(session, "global_step", &step, &err));
	printf("# loss %g -> %g\n", before, after);
	EXPECT(after < before / 10, "the first train_op of the collection trains on");
	EXPECT(step == 120, "the steps are counted on from where they were");

	mgreg_session_free(session);
	mgreg_saver_free(saver);
	mgreg_graph_free(graph);
	mgreg_metagraph_free(meta);
	return example_end();
}
