/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_pin.c - pin and unpin: a pinned version never expires. */
#include "cli/cli.h"

static const cli_option options[] = {
	CLI_COMMON_OPTIONS
};

static int
set_all(cli *c, bool pin, mgreg_error *err)
{
	mgreg_version_info *list = NULL;
	size_t count = 0;
	int rc = cli_expect_args(c, 1, -1, err);

	if (rc == 0)
		rc = cli_resolve_args(c, 0, &list, &count, err);
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = mgreg_version_pin(c->store, list[i].id, pin, err);
	if (rc == 0) {
		cli_versions_begin(c, NULL);
		for (size_t i = 0; i < count; i++)
			cli_put_version(c, &list[i], NULL);
		rc = cli_rows_end(c, err);
	}
	mg_free(list);
	return rc;
}

static int
run_pin(cli *c, mgreg_error *err)
{
	return set_all(c, true, err);
}

static int
run_unpin(cli *c, mgreg_error *err)
{
	return set_all(c, false, err);
}

CLI_COMMAND(pin, "REF...", "keep versions for good", CLI_STORE_CHANGE, options, run_pin)
CLI_COMMAND(unpin, "REF...", "let policies have versions again", CLI_STORE_CHANGE, options, run_unpin)
