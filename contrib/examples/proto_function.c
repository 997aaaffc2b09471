/* SPDX-License-Identifier: Apache-2.0 */
/* proto_function.c - objects of one's own in a collection: written by one function, brought back by another. */
#include "example.h"

struct schedule {
	double rate;
	int    every;
};

static int
schedule_to_proto(void *object, const char *export_scope, void (*put)(void *to, const void *data, size_t size), void *to, mgreg_error *err)
{
	const struct schedule *s = object;
	char text[64];
	int n = snprintf(text, sizeof(text), "%.17g %d", s->rate, s->every);

	(void)export_scope;
	(void)err;
	put(to, text, (size_t)n);
	return 0;
}

/* Objects are kept in a list of the program's own, which outlives the graph. */
static struct schedule brought_back[4];
static int brought_back_count;

static int
schedule_from_proto(const void *data, size_t size, const char *import_scope, mgreg_graph *graph, void **object, mgreg_error *err)
{
	struct schedule *s = &brought_back[brought_back_count];
	char text[64];

	(void)import_scope;
	(void)graph;
	if (size >= sizeof(text) || brought_back_count == 4) {
		snprintf(err->text, sizeof(err->text), "not a schedule");
		return err->code = MGREG_INVALID_ARGUMENT;
	}
	memcpy(text, data, size);
	text[size] = '\0';
	if (sscanf(text, "%lf %d", &s->rate, &s->every) != 2) {
		snprintf(err->text, sizeof(err->text), "'%s' is not a schedule", text);
		return err->code = MGREG_INVALID_ARGUMENT;
	}
	brought_back_count++;
	*object = s;
	return 0;
}

int
main(void)
{
	static const mgreg_proto_functions functions = { "example.Schedule", schedule_to_proto, schedule_from_proto };
	struct schedule first = { 0.1, 1000 }, second = { 0.025, 20000 };
	mgreg_error err = { 0 };
	mgreg_graph *graph, *again;
	mgreg_metagraph *meta, *copy;
	void *object;

	TRY(mgreg_register_proto_function("schedules", &functions, &err));
	EXPECT(mgreg_register_proto_function("schedules", &functions, &err) == MGREG_ALREADY_EXISTS, "a key is registered once");

	TRY(mgreg_graph_new(&graph, &err));
	TRY(example_line(graph, &err));
	TRY(mgreg_collection_add_object(graph, "schedules", &first, &err));
	TRY(mgreg_collection_add_object(graph, "schedules", &second, &err));
	TRY(mgreg_metagraph_export(&meta, graph, NULL, &err));
	TRY(mgreg_metagraph_write(meta, example_path("scheduled.meta"), 0, &err));

	TRY(mgreg_metagraph_read(&copy, example_path("scheduled.meta"), &err));
	TRY(mgreg_graph_new(&again, &err));
	TRY(mgreg_metagraph_import(again, copy, NULL, NULL, &err));
	EXPECT(mgreg_collection_count(again, "schedules") == 2, "both objects are back");
	TRY(mgreg_collection_object(again, "schedules", 1, &object, &err));
	EXPECT(((struct schedule *)object)->rate == 0.025 && ((struct schedule *)object)->every == 20000, "as they were");

	mgreg_metagraph_free(meta);
	mgreg_metagraph_free(copy);
	mgreg_graph_free(graph);
	mgreg_graph_free(again);
	return example_end();
}
