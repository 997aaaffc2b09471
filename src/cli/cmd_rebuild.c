/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_rebuild.c - everything that is derived from stored bytes, derived once more. */
#include "cli/cli.h"

static const cli_option options[] = {
	CLI_COMMON_OPTIONS
};

static int
problem(void *ctx, const char *what, const char *why)
{
	cli_note(ctx, "%s is left out: %s", what, why);
	return 0;
}

static int
run(cli *c, mgreg_error *err)
{
	static const cli_column columns[] = {
		{ "metagraphs", CLI_COL_INT }, { "versions", CLI_COL_INT }, { "tensors", CLI_COL_INT }, { "series", CLI_COL_INT },
		{ "problems", CLI_COL_INT },
	};
	mgreg_rebuild_result r;
	int rc = cli_expect_args(c, 0, 0, err);

	if (rc == 0)
		rc = mgreg_store_rebuild(c->store, problem, c, &r, err);
	if (rc)
		return rc;
	cli_rows_begin(c, columns, MG_COUNT(columns), true);
	cli_put_int(c, r.metagraphs);
	cli_put_int(c, r.versions);
	cli_put_int(c, r.tensors);
	cli_put_int(c, r.series);
	cli_put_int(c, r.problems);
	cli_row_end(c);
	return cli_rows_end(c, err);
}

CLI_COMMAND(rebuild, "", "derive graphs, collections, hyper-parameters, statistics and summaries anew", CLI_STORE_CHANGE, options, run)
