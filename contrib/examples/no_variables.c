/* SPDX-License-Identifier: Apache-2.0 */
/* no_variables.c - a graph without variables has nothing to restore: the import succeeds and gives no saver. */
#include "example.h"

int
main(void)
{
	mgreg_error err = { 0 };
	mgreg_graph *graph, *again, *third;
	mgreg_metagraph *meta, *with;
	mgreg_saver *saver;
	mgreg_builder b;

	TRY(mgreg_graph_new(&graph, &err));
	b = (mgreg_builder)MGREG_BUILDER(graph, &err);
	mgreg_op_neg(&b, mgreg_op_scalar(&b, MGREG_FLOAT, 2.0, "two"), "minus_two");
	TRY(b.rc);
	EXPECT(mgreg_saver_new(&saver, graph, NULL, &err) == MGREG_INVALID_ARGUMENT, "no saver can be made of it");
	TRY(mgreg_metagraph_export(&meta, graph, NULL, &err));
	TRY(mgreg_graph_new(&again, &err));
	TRY(mgreg_metagraph_import(again, meta, NULL, &saver, &err));
	EXPECT(saver == NULL, "and an import gives none");
	EXPECT(mgreg_graph_find(again, "minus_two") != NULL, "the graph is there");

	/* With variables but without a saver_def, the import makes one. */
	TRY(example_line(graph, &err));
	TRY(mgreg_metagraph_export(&with, graph, NULL, &err));
	EXPECT(!mgreg_metagraph_has_saver(with), "an export of a graph alone has no saver");
	TRY(mgreg_graph_new(&third, &err));
	TRY(mgreg_metagraph_import(third, with, NULL, &saver, &err));
	EXPECT(saver != NULL && mgreg_graph_find(third, "save/restore_all"), "with variables the import makes one");

	mgreg_saver_free(saver);
	mgreg_metagraph_free(meta);
	mgreg_metagraph_free(with);
	mgreg_graph_free(graph);
	mgreg_graph_free(again);
	mgreg_graph_free(third);
	return example_end();
}
