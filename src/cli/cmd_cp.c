/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_cp.c - a version once more, under another run or model. */
#include "cli/cli.h"

static bool latest;
static const cli_option options[] = {
	{ 0, "latest", CLI_FLAG, &latest, NULL, "it moves the pointer, also where there were versions before" },
	CLI_COMMON_OPTIONS
};

static int
run(cli *c, mgreg_error *err)
{
	mgreg_version_info v, made;
	int rc = cli_expect_args(c, 2, 2, err);

	if (rc == 0)
		rc = mgreg_store_resolve(c->store, c->args[0], &v, err);
	if (rc == 0)
		rc = mgreg_version_copy(c->store, v.id, c->args[1], latest, &made, err);
	if (rc)
		return rc;
	if (c->format == CLI_HUMAN) {
		cli_print(c, "%s\n", made.ref);
		return 0;
	}
	cli_versions_begin(c, NULL);
	cli_put_version(c, &made, NULL);
	return cli_rows_end(c, err);
}

CLI_COMMAND(cp, "REF MODEL[/RUN]", "a version once more, without copying bytes", CLI_STORE_CHANGE, options, run)
