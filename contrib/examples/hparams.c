/* SPDX-License-Identifier: Apache-2.0 */
/* hparams.c - hyper-parameters travel in a collection, and are found again through the latest checkpoint. */
#include "example.h"

int
main(void)
{
	static const char hparams[] = "{\"batch_size\": 100, \"learning_rate\": 0.1, \"units\": [128, 32]}";
	mgreg_error err = { 0 };
	mgreg_graph *graph, *again;
	mgreg_session *session;
	mgreg_saver *saver;
	mgreg_metagraph *meta;
	const char *text;
	size_t len;
	char *latest, *json, meta_name[600];

	TRY(mgreg_graph_new(&graph, &err));
	TRY(example_line(graph, &err));
	TRY(mgreg_collection_add_text(graph, "hparams", hparams, &err));
	TRY(mgreg_saver_new(&saver, graph, NULL, &err));
	TRY(mgreg_session_new(&session, graph, NULL, &err));
	TRY(example_run(session, "init", &err));
	TRY(mgreg_saver_save(saver, session, example_path("my-model"), 1, NULL, &err));
	TRY(mgreg_saver_save(saver, session, example_path("my-model"), 2, NULL, &err));

	/* Later, elsewhere: only the folder is known. */
	TRY(mgreg_latest_checkpoint(example_folder, &latest, &err));
	EXPECT(strcmp(latest, example_path("my-model-2")) == 0, "the latest checkpoint");
	snprintf(meta_name, sizeof(meta_name), "%s.meta", latest);
	TRY(mgreg_metagraph_read(&meta, meta_name, &err));
	TRY(mgreg_graph_new(&again, &err));
	TRY(mgreg_metagraph_import(again, meta, NULL, NULL, &err));
	TRY(mgreg_collection_text(again, "hparams", 0, &text, &len, &err));
	EXPECT(len == strlen(hparams) && memcmp(text, hparams, len) == 0, "its collection has the text");
	TRY(mgreg_metagraph_hparams(meta, &json, &err));
	printf("# %s\n", json);
	EXPECT(strcmp(json, "{\"batch_size\":100,\"learning_rate\":0.1,\"units\":[128,32]}") == 0, "and the MetaGraph says what it means");

	mgreg_free(json);
	mgreg_free(latest);
	mgreg_metagraph_free(meta);
	mgreg_session_free(session);
	mgreg_saver_free(saver);
	mgreg_graph_free(graph);
	mgreg_graph_free(again);
	return example_end();
}
