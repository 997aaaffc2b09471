/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_ops.c - the ops that are known, or those of a graph; which of them cannot run. */
#include <unistd.h>
#include "cli/cli.h"
#include "cli/views.h"

static bool missing;
static const char *tags;
static const cli_option options[] = {
	{ 0, "missing", CLI_FLAG, &missing, NULL, "only those without a kernel" },
	{ 0, "tags", CLI_TEXT, &tags, "A,B", "which MetaGraph of a SavedModel" },
	CLI_COMMON_OPTIONS
};

/* One op of a graph: its nodes, and how many of them can run. */
typedef struct use {
	int64_t nodes, can_run;
} use;

static void
put_op(cli *c, const char *name, const use *u)
{
	mgreg_op_info op;
	bool known = mgreg_op_describe(name, &op, NULL) == 0;

	cli_put_text(c, name);
	if (u)
		cli_put_int(c, u->nodes);
	cli_put_text(c, known ? op.tier : NULL);
	cli_put_text(c, known ? op.since : NULL);
	cli_put_bool(c, u ? u->can_run == u->nodes : known && op.can_run);
	cli_put_bool(c, known && op.has_gradient);
	cli_put_bool(c, known && op.has_shape);
	if (known && op.deprecated_at)
		cli_put_int(c, op.deprecated_at);
	else
		cli_put_null(c);
	cli_row_end(c);
}

static int
put_known(void *ctx, const mgreg_op_info *op)
{
	if (!missing || !op->can_run)
		put_op(ctx, op->op, NULL);
	return 0;
}

static int
list_known(cli *c, mgreg_error *err)
{
	static const cli_column columns[] = {
		{ "op", CLI_COL_TEXT }, { "tier", CLI_COL_TEXT }, { "since", CLI_COL_TEXT }, { "kernel", CLI_COL_BOOL },
		{ "gradient", CLI_COL_BOOL }, { "shape", CLI_COL_BOOL }, { "deprecated", CLI_COL_INT },
	};

	cli_rows_begin(c, columns, MG_COUNT(columns), false);
	mgreg_op_each(put_known, c);
	return cli_rows_end(c, err);
}

/* Op name -> use, in order of first appearance. */
static int
count_uses(const mgreg_graph *g, mg_map *uses, mgreg_error *err)
{
	for (int i = 0; i < mgreg_graph_node_count(g); i++) {
		const mgreg_node *n = mgreg_graph_node(g, i);
		use *u = mg_map_find(uses, mgreg_node_op(n));

		if (!u) {
			u = mg_calloc(1, sizeof(*u));
			if (!u || !mg_map_set(uses, mgreg_node_op(n), u)) {
				mg_free(u);
				return mg_fail_nomem(err, 0);
			}
		}
		u->nodes++;
		u->can_run += mgreg_node_can_run(n) != 0;
	}
	return 0;
}

static int
list_used(cli *c, const mg_map *uses, mgreg_error *err)
{
	static const cli_column columns[] = {
		{ "op", CLI_COL_TEXT }, { "nodes", CLI_COL_INT }, { "tier", CLI_COL_TEXT }, { "since", CLI_COL_TEXT },
		{ "kernel", CLI_COL_BOOL }, { "gradient", CLI_COL_BOOL }, { "shape", CLI_COL_BOOL }, { "deprecated", CLI_COL_INT },
	};
	mg_map_item item;

	cli_rows_begin(c, columns, MG_COUNT(columns), false);
	for (void *it = NULL; (it = mg_map_next(uses, it, &item)); ) {
		const use *u = item.value;

		if (!missing || u->can_run < u->nodes)
			put_op(c, item.key, u);
	}
	return cli_rows_end(c, err);
}

static int
list_graph(cli *c, const char *ref, mgreg_error *err)
{
	mgreg_live_options o = MGREG_LIVE_INIT;
	mgreg_live *live = NULL;
	mg_map uses = { 0 };
	mg_map_item item;
	int rc;

	o.no_restore = 1;
	o.allow_unknown_ops = 1;
	o.threads = 1;
	o.tags = tags;
	MG_TRY(mgreg_live_load(&live, c->store, ref, &o, err));
	MG_TRY(count_uses(mgreg_live_graph(live), &uses, err));
	rc = list_used(c, &uses, err);
out:
	for (void *it = NULL; (it = mg_map_next(&uses, it, &item)); )
		mg_free(item.value);
	mg_map_clear(&uses);
	mgreg_live_free(live);
	return rc;
}

/* A graph that lies in a file: imported as it is, without its values. */
static int
list_file(cli *c, const char *path, mgreg_error *err)
{
	mgreg_import_options o = MGREG_IMPORT_INIT;
	mgreg_content *content = NULL;
	mgreg_metagraph *meta = NULL;
	mgreg_graph *graph = NULL;
	mgreg_saver *saver = NULL;
	mg_map uses = { 0 };
	mg_map_item item;
	int rc;

	o.allow_unknown_ops = 1;
	o.skip_bad_collections = 1;
	MG_TRY(mgreg_content_open(&content, path, tags, err));
	MG_TRY(cli_content_metagraph(content, path, &meta, err));
	MG_TRY(mgreg_graph_new(&graph, err));
	MG_TRY(mgreg_metagraph_import(graph, meta, &o, &saver, err));
	MG_TRY(count_uses(graph, &uses, err));
	rc = list_used(c, &uses, err);
out:
	for (void *it = NULL; (it = mg_map_next(&uses, it, &item)); )
		mg_free(item.value);
	mg_map_clear(&uses);
	mgreg_saver_free(saver);
	mgreg_graph_free(graph);
	mgreg_metagraph_free(meta);
	mgreg_content_close(content);
	return rc;
}

static int
run(cli *c, mgreg_error *err)
{
	int rc = cli_expect_args(c, 0, 1, err);

	if (rc)
		return rc;
	if (c->arg_count == 0)
		return list_known(c, err);
	if (access(c->args[0], F_OK) == 0)
		return list_file(c, c->args[0], err);
	if (!c->store)
		return mg_fail(err, MGREG_NOT_FOUND, "'%s' is no file, and there is no store to look in", c->args[0]);
	return list_graph(c, c->args[0], err);
}

CLI_COMMAND(ops, "[REF|FILE]", "the ops that are known, or those of a graph", CLI_STORE_MAYBE, options, run)
