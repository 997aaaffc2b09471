/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_version.c - versions of mgreg and, on request, of the libraries. */
#include "cli/cli.h"

static bool libraries;
static const cli_option options[] = {
	{ 0, "libraries", CLI_FLAG, &libraries, NULL, "also the libraries that are linked or found" },
	CLI_COMMON_OPTIONS
};

static int
put(void *ctx, const char *library, const char *version, const char *joined)
{
	cli *c = ctx;

	cli_put_text(c, library);
	cli_put_text(c, version);
	cli_put_text(c, joined);
	cli_row_end(c);
	return 0;
}

static int
run(cli *c, mgreg_error *err)
{
	static const cli_column columns[] = {
		{ "library", CLI_COL_TEXT }, { "version", CLI_COL_TEXT }, { "joined", CLI_COL_TEXT },
	};
	int rc = cli_expect_args(c, 0, 0, err);

	if (rc)
		return rc;
	if (!libraries && c->format == CLI_HUMAN) {
		cli_print(c, "mgreg %s\n", mgreg_version());
		return 0;
	}
	cli_rows_begin(c, columns, MG_COUNT(columns), false);
	put(c, "mgreg", mgreg_version(), "itself");
	if (libraries)
		mgreg_libraries_each(put, c);
	return cli_rows_end(c, err);
}

CLI_COMMAND(version, "", "the version of mgreg and its libraries", CLI_NOTHING, options, run)
