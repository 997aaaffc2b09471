/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_unpack.c - a package into the store. */
#include "cli/cli.h"

static const char *as;
static bool latest;
static const cli_option options[] = {
	{ 0, "as", CLI_TEXT, &as, "MODEL", "into this model instead of the one it was packed from" },
	{ 0, "latest", CLI_FLAG, &latest, NULL, "the pointer moves even in runs that have versions here" },
	CLI_COMMON_OPTIONS
};
static const cli_column columns[] = {
	{ "ref", CLI_COL_TEXT }, { "uid", CLI_COL_TEXT }, { "skipped", CLI_COL_BOOL }, { "version_id", CLI_COL_INT },
};

static int
done(void *ctx, const mgreg_version_info *v, int skipped)
{
	cli *c = ctx;

	if (c->format == CLI_HUMAN) {
		cli_print(c, "%s\n", v->ref);
		if (skipped)
			cli_note(c, "%s was there", v->ref);
		return 0;
	}
	cli_put_text(c, v->ref);
	cli_put_text(c, v->uid);
	cli_put_bool(c, skipped);
	cli_put_int(c, v->id);
	cli_row_end(c);
	return 0;
}

static int
tell(void *ctx, const char *line)
{
	cli_note(ctx, "%s", line);
	return 0;
}

static int
run(cli *c, mgreg_error *err)
{
	mgreg_unpack_options o = MGREG_UNPACK_INIT;
	int rc = cli_expect_args(c, 1, 1, err);

	if (rc)
		return rc;
	o.as = as;
	o.latest = latest;
	o.dry_run = c->dry_run;
	o.warn = tell;
	o.ctx = c;
	if (c->format != CLI_HUMAN)
		cli_rows_begin(c, columns, MG_COUNT(columns), false);
	rc = mgreg_unpack(c->store, c->args[0], &o, done, c, err);
	if (rc == 0 && c->format != CLI_HUMAN)
		rc = cli_rows_end(c, err);
	return rc;
}

CLI_COMMAND(unpack, "FILE", "put the versions of a package into the store", CLI_STORE_WRITE, options, run)
