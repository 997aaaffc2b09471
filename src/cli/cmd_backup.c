/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_backup.c - a copy of the store, while others work with it. */
#include "cli/cli.h"

static bool verify;
static const cli_option options[] = {
	{ 0, "verify", CLI_FLAG, &verify, NULL, "open the copy and read every chunk of it" },
	CLI_COMMON_OPTIONS
};

static int
run(cli *c, mgreg_error *err)
{
	int rc = cli_expect_args(c, 1, 1, err);

	if (rc)
		return rc;
	if (c->dry_run) {
		cli_note(c, "would copy %s to %s", c->store_path, c->args[0]);
		return 0;
	}
	rc = mgreg_store_backup(c->store, c->args[0], verify, err);
	if (rc == 0 && !c->quiet)
		cli_print(c, "%s\n", c->args[0]);
	return rc;
}

CLI_COMMAND(backup, "DEST", "copy the store, segments included, while others use it", CLI_STORE_WRITE, options, run)
