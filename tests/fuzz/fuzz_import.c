/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_import.c - bytes as a MetaGraph, binary or text, into a live graph.  The first byte chooses how: strictly or with
 * everything allowed, below a scope or not.  A refused import leaves the graph as it was; a taken one is a valid graph, goes out,
 * comes in again and goes out again.
 */
#include "base/base.h"
#include "metagraph/metagraph.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool holds, const char *what, const mgreg_error *err)
{
	if (!holds) {
		fprintf(stderr, "%s: %s\n", what, err->text);
		abort();
	}
}

static Pb__MetaGraphDef *
out_of(mg_graph *g, mg_arena *arena, mgreg_error *err)
{
	mg_metagraph_export_options o = MG_METAGRAPH_EXPORT_INIT;
	Pb__MetaGraphDef *m;

	o.allow_unknown_ops = true;
	return mg_metagraph_export(g, &o, arena, &m, err) == 0 ? m : NULL;
}

static int
into(mg_graph *g, const Pb__MetaGraphDef *m, unsigned how, mgreg_error *err)
{
	mg_metagraph_import_options o = MG_METAGRAPH_IMPORT_INIT;
	mg_metagraph_imported got;

	o.allow_unknown_ops = o.skip_bad_collections = how & 1;
	o.scope = how & 2 ? "s" : NULL;
	o.uniquify = how & 4;
	if (how & 8)
		o.unbound_key = NULL;
	return mg_metagraph_import(g, m, &o, &got, err);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	mg_arena arena = { .limit = (size_t)256 << 20 };
	mgreg_error err = { .text = "" };
	Pb__MetaGraphDef *m, *first, *again;
	mg_graph *g = NULL, *h = NULL;
	unsigned how = size ? data[0] : 0;
	int rc;

	if (size == 0 || mg_metagraph_parse(data + 1, size - 1, "input", &arena, &m, &err) != 0 || mg_graph_new(&g, &err) != 0)
		goto out;
	rc = into(g, m, how, &err);
	if (rc) {
		must(err.text[0], "an error without a text", &err);
		must(mg_graph_node_count(g) == 0 && mg_collection_key_count(g) == 0 && mg_graph_function_count(g) == 0,
			"a failed import leaves something", &err);
		goto out;
	}
	must(mg_graph_validate(g, &err) == 0, "the graph is not valid", &err);
	if (!(first = out_of(g, &arena, &err)) || mg_graph_new(&h, &err) != 0)
		goto out;
	if (into(h, first, 9, &err) == 0 && (again = out_of(h, &arena, &err)) != NULL)
		must(mg_graph_validate(h, &err) == 0, "the second graph is not valid", &err);
out:
	mg_graph_free(g);
	mg_graph_free(h);
	mg_arena_clear(&arena);
	return 0;
}
