/* SPDX-License-Identifier: Apache-2.0 */
/* default_graph.c - export and import within the default graph, which is reset in between. */
#include "example.h"

int
main(void)
{
	mgreg_import_options options = MGREG_IMPORT_INIT;
	mgreg_error err = { 0 };
	mgreg_graph *graph;
	mgreg_metagraph *meta;
	int nodes;

	TRY(mgreg_graph_default(&graph, &err));
	TRY(example_line(graph, &err));
	TRY(mgreg_metagraph_export(&meta, graph, NULL, &err));
	nodes = mgreg_graph_node_count(graph);

	/* Into a graph that has the names already: refused, with the list. */
	EXPECT(mgreg_metagraph_import(graph, meta, NULL, NULL, &err) == MGREG_ALREADY_EXISTS, "clashing names are refused");
	EXPECT(strstr(err.candidates, "w/Assign") != NULL, "and named");
	EXPECT(mgreg_graph_node_count(graph) == nodes, "the graph is as it was");

	/* TensorFlow's own way: copies. */
	options.uniquify = 1;
	TRY(mgreg_metagraph_import(graph, meta, &options, NULL, &err));
	EXPECT(mgreg_graph_node_count(graph) == 2 * nodes && mgreg_graph_find(graph, "w_1"), "or all nodes are copied under new names");

	mgreg_graph_reset_default();
	TRY(mgreg_graph_default(&graph, &err));
	EXPECT(mgreg_graph_node_count(graph) == 0, "the default graph is new");
	TRY(mgreg_metagraph_import(graph, meta, NULL, NULL, &err));
	EXPECT(mgreg_graph_node_count(graph) == nodes && mgreg_graph_find(graph, "w"), "and takes the graph in");
	EXPECT(mgreg_collection_count(graph, "variables") == 3, "with its variables");

	mgreg_metagraph_free(meta);
	mgreg_graph_reset_default();
	return example_end();
}
