/* SPDX-License-Identifier: Apache-2.0 */
/* import_scope.c - the same graph twice, in scopes of their own; and a part of a graph, by its scope, with inputs given anew. */
#include "example.h"

/* hidden/out = hidden/w * x */
static void
build(mgreg_graph *graph)
{
	static const float ones[] = { 1, 1, 1 };
	static const int64_t dims[] = { 3 };
	mgreg_error err = { 0 };
	mgreg_builder b = MGREG_BUILDER(graph, &err);
	mgreg_output x = mgreg_op_floats(&b, ones, dims, 1, "x");
	mgreg_variable w;

	TRY(mgreg_scope_enter(graph, "hidden", &err));
	w = mgreg_op_variable(&b, mgreg_op_scalar(&b, MGREG_FLOAT, 3.0, "init"), 0, "w");
	mgreg_op_mul(&b, x, w.value, "out");
	mgreg_scope_leave(graph);
	TRY(b.rc);
}

static double
first_element(mgreg_session *session, const char *name)
{
	mgreg_error err = { 0 };
	mgreg_tensor *t;
	double v;

	TRY(mgreg_session_run_named(session, NULL, NULL, 0, &name, 1, NULL, 0, &t, &err));
	v = (double)*(const float *)mgreg_tensor_bytes(t);
	mgreg_tensor_free(t);
	return v;
}

int
main(void)
{
	static const float fives[] = { 5, 5, 5 };
	static const int64_t dims[] = { 3 };
	static const char *const from[] = { "$unbound_inputs_x" };
	mgreg_import_options options = MGREG_IMPORT_INIT;
	mgreg_export_options part_only = MGREG_EXPORT_INIT;
	mgreg_error err = { 0 };
	mgreg_graph *graph, *towers;
	mgreg_metagraph *whole, *part;
	mgreg_session *session;
	mgreg_builder b;
	mgreg_output mine;
	const char *prefix;

	TRY(mgreg_graph_new(&graph, &err));
	build(graph);
	TRY(mgreg_metagraph_export(&whole, graph, NULL, &err));
	part_only.scope = "hidden/";
	TRY(mgreg_metagraph_export(&part, graph, &part_only, &err));

	TRY(mgreg_graph_new(&towers, &err));
	options.import_scope = "tower";
	options.prefix = &prefix;
	TRY(mgreg_metagraph_import(towers, whole, &options, NULL, &err));
	EXPECT(strcmp(prefix, "tower/") == 0 && mgreg_graph_find(towers, "tower/hidden/w"), "names move into the scope");
	TRY(mgreg_metagraph_import(towers, whole, &options, NULL, &err));
	EXPECT(strcmp(prefix, "tower_1/") == 0, "a second import gets a scope of its own");
	EXPECT(mgreg_collection_count(towers, "variables") == 2, "so there are two variables");

	/* The part has lost its input, and says so. */
	options.import_scope = "part";
	EXPECT(mgreg_metagraph_import(towers, part, &options, NULL, &err) == MGREG_INVALID_ARGUMENT, "an input that is missing is asked for");
	printf("# %s\n", err.text);
	b = (mgreg_builder)MGREG_BUILDER(towers, &err);
	mine = mgreg_op_floats(&b, fives, dims, 1, "mine");
	TRY(b.rc);
	options.map_from = from;
	options.map_to = &mine;
	options.map_count = 1;
	TRY(mgreg_metagraph_import(towers, part, &options, NULL, &err));
	mgreg_op_initializer(&b, NULL);
	TRY(b.rc);
	TRY(mgreg_session_new(&session, towers, NULL, &err));
	TRY(example_run(session, "init", &err));
	EXPECT(first_element(session, "tower_1/hidden/out") == 3.0, "a tower computes what the graph did");
	EXPECT(first_element(session, "part/out") == 15.0, "the part computes with its new input");

	mgreg_session_free(session);
	mgreg_metagraph_free(whole);
	mgreg_metagraph_free(part);
	mgreg_graph_free(graph);
	mgreg_graph_free(towers);
	return example_end();
}
