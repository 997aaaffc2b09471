/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_log.c - who changed what. */
#include "cli/cli.h"

static const char *since;
static bool verify;
static const cli_option options[] = {
	{ 0, "since", CLI_TEXT, &since, "WHEN", "only from then on (2026-11-24, 2026-11-24T10:30, or 2d: for two days)" },
	{ 0, "verify-chain", CLI_FLAG, &verify, NULL, "check the chain of hashes instead; exit 5 if it is broken" },
	CLI_COMMON_OPTIONS
};

static int
row(void *ctx, const mgreg_audit_entry *e)
{
	cli *c = ctx;

	if (c->format != CLI_HUMAN)
		cli_put_int(c, e->id);
	cli_put_time(c, e->at);
	cli_put_text(c, e->actor);
	if (c->format != CLI_HUMAN)
		cli_put_text(c, e->host);
	cli_put_text(c, e->op);
	cli_put_text(c, e->subject);
	cli_put_text(c, strcmp(e->detail, "{}") == 0 && c->format == CLI_HUMAN ? "" : e->detail);
	cli_row_end(c);
	return 0;
}

static int
show(cli *c, mgreg_error *err)
{
	static const cli_column columns[] = {
		{ "audit_id", CLI_COL_INT }, { "at", CLI_COL_TEXT }, { "actor", CLI_COL_TEXT }, { "host", CLI_COL_TEXT },
		{ "op", CLI_COL_TEXT }, { "subject", CLI_COL_TEXT }, { "detail", CLI_COL_JSON },
	}, human[] = {
		{ "at", CLI_COL_TEXT }, { "actor", CLI_COL_TEXT }, { "op", CLI_COL_TEXT }, { "subject", CLI_COL_TEXT },
		{ "detail", CLI_COL_JSON },
	};
	mgreg_audit_filter f = MGREG_AUDIT_FILTER_INIT;
	int rc = since ? cli_parse_time("since", since, &f.since, err) : 0;

	if (rc)
		return rc;
	f.subject = c->arg_count ? c->args[0] : NULL;
	if (c->format == CLI_HUMAN)
		cli_rows_begin(c, human, MG_COUNT(human), false);
	else
		cli_rows_begin(c, columns, MG_COUNT(columns), false);
	rc = mgreg_audit_each(c->store, &f, row, c, err);
	return rc ? rc : cli_rows_end(c, err);
}

static int
problem_row(void *ctx, int64_t id, const char *what)
{
	cli_put_int(ctx, id);
	cli_put_text(ctx, what);
	cli_row_end(ctx);
	return 0;
}

static int
check(cli *c, mgreg_error *err)
{
	static const cli_column columns[] = { { "audit_id", CLI_COL_INT }, { "problem", CLI_COL_TEXT } };
	int64_t rows, problems;
	int rc;

	if (c->arg_count || since)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "--verify-chain checks the whole log");
	cli_rows_begin(c, columns, MG_COUNT(columns), false);
	rc = mgreg_audit_verify(c->store, problem_row, c, &rows, &problems, err);
	if (rc)
		return rc;
	if (problems == 0 && c->format == CLI_HUMAN) {
		if (!c->quiet)
			cli_print(c, "%lld rows, the chain is whole\n", (long long)rows);
		return 0;
	}
	if ((rc = cli_rows_end(c, err)) != 0)
		return rc;
	return problems == 0 ? 0 : mg_fail(err, MGREG_DATA_LOSS, "the chain of the audit log is broken in %lld of %lld rows",
		(long long)problems, (long long)rows);
}

static int
run(cli *c, mgreg_error *err)
{
	int rc = cli_expect_args(c, 0, 1, err);

	return rc ? rc : verify ? check(c, err) : show(c, err);
}

CLI_COMMAND(log, "[SUBJECT]", "who changed what", CLI_STORE_READ, options, run)
