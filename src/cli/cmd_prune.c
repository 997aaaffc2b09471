/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_prune.c - policies applied now. */
#include "cli/cli.h"

static const cli_option options[] = {
	CLI_COMMON_OPTIONS
};

static int
row(void *ctx, const mgreg_version_info *v)
{
	mgreg_version_info now = *v;

	snprintf(now.state, sizeof(now.state), "expired");
	cli_name_by_number(&now);
	cli_put_version(ctx, &now, NULL);
	return 0;
}

static int
run(cli *c, mgreg_error *err)
{
	int rc = cli_expect_args(c, 0, 1, err);

	if (rc)
		return rc;
	cli_versions_begin(c, NULL);
	rc = mgreg_store_prune(c->store, c->arg_count ? c->args[0] : NULL, row, c, err);
	return rc ? rc : cli_rows_end(c, err);
}

CLI_COMMAND(prune, "[MODEL[/RUN]]", "apply the policies now", CLI_STORE_CHANGE, options, run)
