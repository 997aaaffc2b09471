/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_promote.c - an alias that moves only if the version passes its gates. */
#include "cli/cli.h"

static cli_list require, require_tags;
static bool protect, force;
static const cli_option options[] = {
	{ 0, "require", CLI_LIST, &require, "METRIC>=VALUE", "a gate: >= <= > < = or != a value of a metric; may repeat" },
	{ 0, "require-tag", CLI_LIST, &require_tags, "K[=V]", "a gate: the version, its run or its model has this tag; may repeat" },
	{ 0, "protect", CLI_FLAG, &protect, NULL, "from now on the alias moves only with --force-protected" },
	{ 0, "force-protected", CLI_FLAG, &force, NULL, "move a protected alias" },
	CLI_COMMON_OPTIONS
};

static const cli_column columns[] = {
	{ "gate", CLI_COL_TEXT }, { "found", CLI_COL_TEXT }, { "passed", CLI_COL_BOOL },
};

static int
gate_row(void *ctx, const mgreg_gate *g)
{
	cli *c = ctx;

	if (c->format == CLI_HUMAN && c->quiet)
		return 0;
	cli_put_text(c, g->gate);
	cli_put_text(c, g->found);
	cli_put_bool(c, g->passed);
	cli_row_end(c);
	return 0;
}

static int
run(cli *c, mgreg_error *err)
{
	mgreg_promote_options o = MGREG_PROMOTE_INIT;
	bool human = c->format == CLI_HUMAN, rows = !(human && c->quiet) && (!human || require.items.len || require_tags.items.len);
	mgreg_version_info v;
	int rc = cli_expect_args(c, 2, 2, err), late = 0;

	if (rc)
		return rc;
	o.require = require.items.at;
	o.require_count = (int)require.items.len;
	o.require_tags = require_tags.items.at;
	o.tag_count = (int)require_tags.items.len;
	o.gate = gate_row;
	o.ctx = c;
	o.protect = protect;
	o.force = force;
	if (rows)
		cli_rows_begin(c, columns, MG_COUNT(columns), false);
	rc = mgreg_promote(c->store, c->args[0], c->args[1], &o, &v, err);
	if (rows && (rc == 0 || err->reason == MGREG_REASON_NO))
		late = cli_rows_end(c, err);
	if (rc == 0 && human)
		cli_print(c, c->quiet ? "%s\n" : "%s is %s now\n", c->quiet ? v.ref : c->args[1], v.ref);
	return rc ? rc : late;
}

CLI_COMMAND(promote, "REF MODEL:NAME", "move an alias if the version passes its gates", CLI_STORE_CHANGE, options, run)
