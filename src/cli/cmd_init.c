/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_init.c - a new store. */
#include "cli/cli.h"

static uint64_t page_size;
static const char *placement, *journal;
static const cli_option options[] = {
	{ 0, "page-size", CLI_SIZE, &page_size, "BYTES", "SQLite's page size (default 16K)" },
	{ 0, "placement", CLI_TEXT, &placement, "WHERE", "inline or segments: where the bytes of saves go" },
	{ 0, "journal", CLI_TEXT, &journal, "MODE", "auto, wal, rollback" },
	CLI_COMMON_OPTIONS
};

static int
run(cli *c, mgreg_error *err)
{
	mgreg_store_options o = MGREG_STORE_OPTIONS_INIT;
	const char *path = "registry.mgreg", *env = getenv("MGREG_STORE");
	int rc = cli_expect_args(c, 0, 1, err);

	if (rc)
		return rc;
	if (c->arg_count)
		path = c->args[0];
	else if (c->store_option)
		path = c->store_option;
	else if (env && *env)
		path = env;
	if (page_size > 65536 || (page_size & (page_size - 1)) || (page_size && page_size < 512))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "--page-size: a power of two from 512 to 64K");
	o.actor = c->actor;
	o.timeout = c->timeout;
	o.page_size = (uint32_t)page_size;
	o.placement = placement;
	o.journal = journal;
	if (c->dry_run) {
		cli_note(c, "would make %s", path);
		return 0;
	}
	rc = mgreg_store_create(&c->store, path, &o, err);
	if (rc == 0)
		cli_print(c, "%s\n", path);
	return rc;
}

CLI_COMMAND(init, "[FILE]", "make a new store", CLI_NOTHING, options, run)
