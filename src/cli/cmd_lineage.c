/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_lineage.c - what a version came from and what came from it. */
#include "cli/cli.h"

static bool up, down, dot;
static const cli_option options[] = {
	{ 0, "up", CLI_FLAG, &up, NULL, "only what it came from" },
	{ 0, "down", CLI_FLAG, &down, NULL, "only what came from it" },
	{ 0, "dot", CLI_FLAG, &dot, NULL, "as a graph for dot(1)" },
	CLI_COMMON_OPTIONS
};

/* Names in dot are quoted strings: references hold neither quotes nor backslashes. */
static int
dot_edge(void *ctx, const mgreg_lineage_edge *e)
{
	cli_print(ctx, "\t\"%s\" -> \"%s\" [label=\"%s\"];\n", e->parent->ref, e->child->ref, e->relation);
	return 0;
}

static int
row(void *ctx, const mgreg_lineage_edge *e)
{
	const mgreg_version_info *other = e->depth > 0 ? e->parent : e->child;
	cli *c = ctx;

	if (c->format == CLI_HUMAN) {
		cli_put_text(c, other->ref);
		cli_put_int(c, e->depth);
		cli_put_text(c, e->relation);
		cli_put_text(c, e->depth > 0 ? e->child->ref : e->parent->ref);
		cli_put_text(c, other->state);
		cli_row_end(c);
		return 0;
	}
	cli_put_text(c, other->ref);
	cli_put_int(c, e->depth);
	cli_put_text(c, e->relation);
	cli_put_text(c, e->child->ref);
	cli_put_text(c, e->parent->ref);
	cli_put_text(c, other->state);
	cli_put_int(c, e->child->id);
	cli_put_int(c, e->parent->id);
	cli_row_end(c);
	return 0;
}

static int
run(cli *c, mgreg_error *err)
{
	static const cli_column human[] = {
		{ "ref", CLI_COL_TEXT }, { "depth", CLI_COL_INT }, { "relation", CLI_COL_TEXT }, { "of", CLI_COL_TEXT },
		{ "state", CLI_COL_TEXT },
	}, columns[] = {
		{ "ref", CLI_COL_TEXT }, { "depth", CLI_COL_INT }, { "relation", CLI_COL_TEXT }, { "child", CLI_COL_TEXT },
		{ "parent", CLI_COL_TEXT }, { "state", CLI_COL_TEXT }, { "child_id", CLI_COL_INT }, { "parent_id", CLI_COL_INT },
	};
	mgreg_lineage_way way = up == down ? MGREG_LINEAGE_BOTH : up ? MGREG_LINEAGE_UP : MGREG_LINEAGE_DOWN;
	mgreg_version_info v;
	int rc = cli_expect_args(c, 1, 1, err);

	if (rc == 0 && dot && c->format_given)
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "--dot and --format: one at a time");
	if (rc == 0)
		rc = mgreg_store_resolve(c->store, c->args[0], &v, err);
	if (rc)
		return rc;
	if (dot) {
		cli_print(c, "digraph lineage {\n\tnode [shape=box];\n\t\"%s\" [style=bold];\n", v.ref);
		rc = mgreg_lineage_each(c->store, v.id, way, dot_edge, c, err);
		cli_print(c, "}\n");
		return rc;
	}
	if (c->format == CLI_HUMAN)
		cli_rows_begin(c, human, MG_COUNT(human), false);
	else
		cli_rows_begin(c, columns, MG_COUNT(columns), false);
	rc = mgreg_lineage_each(c->store, v.id, way, row, c, err);
	return rc ? rc : cli_rows_end(c, err);
}

CLI_COMMAND(lineage, "REF", "what a version came from, and what came from it", CLI_STORE_READ, options, run)
