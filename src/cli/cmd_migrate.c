/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_migrate.c - brings a store to this program's schema. */
#include "cli/cli.h"

static bool check;
static const char *backup;
static const cli_option options[] = {
	{ 0, "check", CLI_FLAG, &check, NULL, "only say what would be done" },
	{ 0, "backup", CLI_TEXT, &backup, "FILE", "first copy the store to FILE" },
	CLI_COMMON_OPTIONS
};

static int
run(cli *c, mgreg_error *err)
{
	static const cli_column columns[] = {
		{ "from", CLI_COL_INT }, { "to", CLI_COL_INT }, { "min_reader", CLI_COL_INT }, { "min_writer", CLI_COL_INT },
	};
	mgreg_store_options o = MGREG_STORE_OPTIONS_INIT;
	mgreg_migration m;
	int rc = cli_expect_args(c, 0, 0, err);

	if (rc)
		return rc;
	o.timeout = c->timeout;
	o.actor = c->actor;
	o.read_only = c->read_only;
	check = check || c->dry_run;
	if ((rc = mgreg_store_migrate(c->store_path, check, backup, &o, &m, err)) != 0)
		return rc;
	if (c->format == CLI_HUMAN) {
		if (m.from == m.to)
			cli_print(c, "schema %lld: nothing to do\n", (long long)m.from);
		else
			cli_print(c, "schema %lld %s %lld\n", (long long)m.from, check ? "would become" : "became", (long long)m.to);
		return 0;
	}
	cli_rows_begin(c, columns, MG_COUNT(columns), true);
	cli_put_int(c, m.from);
	cli_put_int(c, m.to);
	cli_put_int(c, m.min_reader);
	cli_put_int(c, m.min_writer);
	cli_row_end(c);
	return cli_rows_end(c, err);
}

CLI_COMMAND(migrate, "", "bring the store to this program's schema", CLI_STORE_PATH, options, run)
