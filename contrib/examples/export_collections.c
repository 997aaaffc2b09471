/* SPDX-License-Identifier: Apache-2.0 */
/* export_collections.c - export a subset of the collections. */
#include "example.h"

static int
has(const mgreg_metagraph *m, const char *key)
{
	for (int i = 0; i < mgreg_metagraph_collection_count(m); i++)
		if (strcmp(mgreg_metagraph_collection_key(m, i), key) == 0)
			return 1;
	return 0;
}

int
main(void)
{
	static const char *const keys[] = { "input_tensor", "output_tensor" };
	mgreg_export_options options = MGREG_EXPORT_INIT;
	mgreg_error err = { 0 };
	mgreg_graph *graph;
	mgreg_metagraph *all, *subset;
	mgreg_output x, line;

	TRY(mgreg_graph_new(&graph, &err));
	TRY(example_line(graph, &err));
	TRY(mgreg_graph_output(graph, "x:0", &x, &err));
	TRY(mgreg_graph_output(graph, "line:0", &line, &err));
	TRY(mgreg_collection_add_output(graph, "input_tensor", x, &err));
	TRY(mgreg_collection_add_output(graph, "output_tensor", line, &err));

	TRY(mgreg_metagraph_export(&all, graph, NULL, &err));
	options.collections = keys;
	options.collection_count = 2;
	TRY(mgreg_metagraph_export(&subset, graph, &options, &err));
	EXPECT(has(all, "variables") && has(all, "train_op") && has(all, "input_tensor"), "by default all collections go along");
	EXPECT(mgreg_metagraph_collection_count(subset) == 2, "only those that were named");
	EXPECT(has(subset, "input_tensor") && has(subset, "output_tensor"), "both of them");
	EXPECT(mgreg_metagraph_node_count(subset) == mgreg_metagraph_node_count(all), "the graph is the same");

	mgreg_metagraph_free(all);
	mgreg_metagraph_free(subset);
	mgreg_graph_free(graph);
	return example_end();
}
