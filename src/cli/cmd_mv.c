/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_mv.c - another name for a model or a run. */
#include "cli/cli.h"

static const cli_option options[] = {
	CLI_COMMON_OPTIONS
};

static int
run(cli *c, mgreg_error *err)
{
	const char *slash, *to;
	int rc = cli_expect_args(c, 2, 2, err);

	if (rc)
		return rc;
	/* "mv mnist/base mnist/first" says the model twice, which is fine if it is the same */
	slash = strchr(c->args[0], '/');
	to = c->args[1];
	if (slash && strncmp(to, c->args[0], (size_t)(slash + 1 - c->args[0])) == 0)
		to += slash + 1 - c->args[0];
	return mgreg_store_rename(c->store, c->args[0], to, err);
}

CLI_COMMAND(mv, "MODEL[/RUN] NEWNAME", "rename a model or a run", CLI_STORE_CHANGE, options, run)
