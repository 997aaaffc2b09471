/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_lease.c - protects a version while something outside reads it. */
#include "cli/cli.h"

static double term = 3600;
static bool release;
static const cli_option options[] = {
	{ 0, "for", CLI_DURATION, &term, "TIME", "how long: 30m, 1h (default), 2d" },
	{ 0, "release", CLI_FLAG, &release, NULL, "end it" },
	CLI_COMMON_OPTIONS
};

static int
row(void *ctx, const mgreg_lease_info *l)
{
	cli *c = ctx;

	cli_put_text(c, l->version.ref);
	cli_put_text(c, l->holder);
	cli_put_time(c, l->until);
	cli_put_int(c, l->version.id);
	cli_row_end(c);
	return 0;
}

static int
list(cli *c, mgreg_error *err)
{
	static const cli_column columns[] = {
		{ "ref", CLI_COL_TEXT }, { "holder", CLI_COL_TEXT }, { "until", CLI_COL_TEXT }, { "version_id", CLI_COL_INT },
	};
	int rc;

	cli_rows_begin(c, columns, MG_COUNT(columns), false);
	rc = mgreg_leases_each(c->store, row, c, err);
	return rc ? rc : cli_rows_end(c, err);
}

static int
change(cli *c, mgreg_error *err)
{
	mgreg_version_info *list_of = NULL;
	size_t count = 0;
	int64_t until = 0;
	int rc = cli_resolve_args(c, 0, &list_of, &count, err);

	if (rc == 0)
		cli_versions_begin(c, "until");
	for (size_t i = 0; rc == 0 && i < count; i++) {
		char text[32] = "released";
		time_t s;
		struct tm t;

		rc = mgreg_lease_set(c->store, list_of[i].id, release ? 0 : term, &until, err);
		s = (time_t)(until / 1000);
		if (!release && gmtime_r(&s, &t))
			strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &t);
		cli_put_version(c, &list_of[i], text);
	}
	mg_free(list_of);
	return rc ? rc : cli_rows_end(c, err);
}

static int
run(cli *c, mgreg_error *err)
{
	int rc;

	if (c->arg_count == 0)
		return list(c, err);
	if (!(term > 0))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "--for: more than no time");
	if ((rc = cli_reopen_for_writing(c, err)) != 0 || (rc = cli_begin(c, err)) != 0)
		return rc;
	return cli_end(c, change(c, err), err);
}

CLI_COMMAND(lease, "[REF...]", "protect versions while something outside reads them", CLI_STORE_READ, options, run)
