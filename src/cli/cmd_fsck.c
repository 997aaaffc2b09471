/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_fsck.c - is the store as it should be? */
#include "cli/cli.h"

static bool quick;
static const cli_option options[] = {
	{ 0, "quick", CLI_FLAG, &quick, NULL, "structure, keys and invariants only; no bytes are read" },
	CLI_COMMON_OPTIONS
};

static int
problem(void *ctx, const char *check, const char *text)
{
	cli *c = ctx;

	cli_put_text(c, check);
	cli_put_text(c, text);
	cli_row_end(c);
	return 0;
}

static int
run(cli *c, mgreg_error *err)
{
	static const cli_column columns[] = { { "check", CLI_COL_TEXT }, { "problem", CLI_COL_TEXT } };
	int64_t problems = 0;
	bool table = true;
	int rc = cli_expect_args(c, 0, 0, err);

	if (rc)
		return rc;
	cli_rows_begin(c, columns, MG_COUNT(columns), false);
	rc = mgreg_store_fsck(c->store, quick ? MGREG_FSCK_QUICK : MGREG_FSCK_CHUNKS, problem, c, &problems, err);
	if (problems == 0 && c->format == CLI_HUMAN)
		table = false;
	if (rc == 0 && table)
		rc = cli_rows_end(c, err);
	if (rc == 0 && !table && !c->quiet)
		cli_print(c, "%s: no problem found\n", c->store_path);
	if (rc == 0 && problems)
		rc = mg_fail(err, MGREG_DATA_LOSS, "%s: %lld problem%s", c->store_path, (long long)problems, problems == 1 ? "" : "s");
	return rc;
}

CLI_COMMAND(fsck, "", "check the store: structure, invariants, every chunk", CLI_STORE_READ, options, run)
