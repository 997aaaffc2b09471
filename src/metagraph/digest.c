/* SPDX-License-Identifier: Apache-2.0 */
/*
 * digest.c - what makes two MetaGraphs the same: SHA-256 over canonical bytes.
 *
 * graph: each NodeDef in order of names (length, bytes), then the rest of the GraphDef with functions in order of names.
 * whole: the graph's digest, then the MetaGraphDef without its graph, tags sorted.
 * The encoder sorts maps and so attributes and collections.
 */
#include "base/base.h"
#include "base/bytes.h"
#include "base/sha256.h"
#include "metagraph/metagraph_internal.h"

static int
add_message(mg_sha256_ctx *ctx, const mg_msg *m, mg_str *scratch, mgreg_error *err)
{
	uint8_t length[8];
	int rc;

	mg_str_reset(scratch);
	if ((rc = mg_msg_encode(m, scratch, err)) != 0 || (rc = mg_str_check(scratch, err)) != 0)
		return rc;
	mg_store64(length, scratch->len);
	mg_sha256_update(ctx, length, sizeof(length));
	mg_sha256_update(ctx, scratch->ptr, scratch->len);
	return 0;
}

static int
compare_nodes(const void *a, const void *b)
{
	return strcmp((*(Pb__NodeDef *const *)a)->name, (*(Pb__NodeDef *const *)b)->name);
}

static const char *
function_name(const Pb__FunctionDef *f)
{
	return f->signature ? f->signature->name : "";
}

static int
compare_functions(const void *a, const void *b)
{
	return strcmp(function_name(*(Pb__FunctionDef *const *)a), function_name(*(Pb__FunctionDef *const *)b));
}

static int
compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A sorted copy of an array of pointers. */
static void *
sorted(mg_arena *arena, const void *items, size_t n, int (*compare)(const void *, const void *))
{
	void **copy = mg_arena_zalloc(arena, n + 1, sizeof(*copy));

	if (copy && n) {
		memcpy(copy, items, n * sizeof(*copy));
		qsort(copy, n, sizeof(*copy), compare);
	}
	return copy;
}

static int
digest_graph(const Pb__GraphDef *g, mg_sha256_ctx *ctx, uint8_t out[32], mgreg_error *err)
{
	mg_arena arena = { 0 };
	mg_str scratch = MG_STR_INIT;
	Pb__GraphDef rest = *g;
	Pb__FunctionDefLibrary library;
	Pb__NodeDef **nodes = sorted(&arena, g->node, g->n_node, compare_nodes);
	int rc = nodes ? 0 : mg_fail_nomem(err, 0);

	for (size_t i = 0; rc == 0 && i < g->n_node; i++)
		rc = add_message(ctx, &nodes[i]->base, &scratch, err);
	if (rc)
		goto out;
	rest.n_node = 0;
	if (g->library) {
		library = *g->library;
		library.function = sorted(&arena, library.function, library.n_function, compare_functions);
		if (!library.function) {
			rc = mg_fail_nomem(err, 0);
			goto out;
		}
		rest.library = &library;
	}
	MG_TRY(add_message(ctx, &rest.base, &scratch, err));
	mg_sha256_final(ctx, out);
out:
	mg_str_clear(&scratch);
	mg_arena_clear(&arena);
	return rc;
}

int
mg_metagraph_digests(const Pb__MetaGraphDef *m, uint8_t graph[32], uint8_t whole[32], mgreg_error *err)
{
	static const Pb__GraphDef empty = PB__GRAPH_DEF__INIT;
	mg_sha256_ctx *ctx = NULL;
	mg_arena arena = { 0 };
	mg_str scratch = MG_STR_INIT;
	Pb__MetaGraphDef rest = *m;
	Pb__MetaGraphDef__MetaInfoDef info;
	uint8_t of_graph[32], of_whole[32];
	int rc;

	MG_TRY(mg_sha256_new(&ctx, err));
	MG_TRY(digest_graph(m->graph_def ? m->graph_def : &empty, ctx, of_graph, err));
	rest.graph_def = NULL;
	if (m->meta_info_def) {
		info = *m->meta_info_def;
		info.tags = sorted(&arena, info.tags, info.n_tags, compare_texts);
		if (!info.tags) {
			rc = mg_fail_nomem(err, 0);
			goto out;
		}
		rest.meta_info_def = &info;
	}
	mg_sha256_update(ctx, of_graph, sizeof(of_graph));
	MG_TRY(add_message(ctx, &rest.base, &scratch, err));
	mg_sha256_final(ctx, of_whole);
	if (graph)
		memcpy(graph, of_graph, sizeof(of_graph));
	if (whole)
		memcpy(whole, of_whole, sizeof(of_whole));
out:
	mg_sha256_free(ctx);
	mg_str_clear(&scratch);
	mg_arena_clear(&arena);
	return rc;
}
