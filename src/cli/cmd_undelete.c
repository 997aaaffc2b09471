/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_undelete.c - expired versions live again. */
#include "cli/cli.h"

static bool latest;
static const cli_option options[] = {
	{ 0, "latest", CLI_FLAG, &latest, NULL, "it moves the pointer again" },
	CLI_COMMON_OPTIONS
};

static int
run(cli *c, mgreg_error *err)
{
	mgreg_version_info *list = NULL, v;
	char ref[40];
	size_t count = 0;
	int rc = cli_expect_args(c, 1, -1, err);

	if (rc == 0)
		rc = cli_resolve_args(c, 0, &list, &count, err);
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = mgreg_version_undelete(c->store, list[i].id, latest, err);
	if (rc == 0)
		cli_versions_begin(c, NULL);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		snprintf(ref, sizeof(ref), "uid:%s", list[i].uid);
		if ((rc = mgreg_store_resolve(c->store, ref, &v, err)) == 0)
			cli_put_version(c, &v, NULL);
	}
	mg_free(list);
	return rc ? rc : cli_rows_end(c, err);
}

CLI_COMMAND(undelete, "REF...", "take an expiry back", CLI_STORE_CHANGE, options, run)
