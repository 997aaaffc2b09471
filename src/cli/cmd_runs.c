/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_runs.c - runs: listed, closed, opened again. */
#include "cli/cli.h"

static const cli_option options[] = {
	CLI_COMMON_OPTIONS
};

static int
row(void *ctx, const mgreg_run_summary *r)
{
	cli *c = ctx;
	char name[410];

	snprintf(name, sizeof(name), "%s/%s", r->run->model, r->run->run);
	cli_put_text(c, name);
	if (c->format != CLI_HUMAN) {
		cli_put_text(c, r->run->model);
		cli_put_text(c, r->run->run);
	}
	cli_put_text(c, r->run->status);
	cli_put_int(c, r->versions);
	if (r->max_step < 0)
		cli_put_null(c);
	else
		cli_put_int(c, r->max_step);
	cli_put_int(c, r->sessions);
	cli_put_text(c, r->from);
	cli_put_time(c, r->run->started_at);
	cli_put_time(c, r->run->ended_at);
	if (c->format != CLI_HUMAN) {
		cli_put_text(c, r->policy);
		cli_put_int(c, r->run->id);
	}
	cli_row_end(c);
	return 0;
}

static int
list(cli *c, const char *model, mgreg_error *err)
{
	static const cli_column columns[] = {
		{ "ref", CLI_COL_TEXT }, { "model", CLI_COL_TEXT }, { "run", CLI_COL_TEXT }, { "status", CLI_COL_TEXT },
		{ "versions", CLI_COL_INT }, { "max_step", CLI_COL_INT }, { "sessions", CLI_COL_INT }, { "from", CLI_COL_TEXT },
		{ "started", CLI_COL_TEXT }, { "ended", CLI_COL_TEXT }, { "policy", CLI_COL_JSON }, { "run_id", CLI_COL_INT },
	}, human[] = {
		{ "run", CLI_COL_TEXT }, { "status", CLI_COL_TEXT }, { "versions", CLI_COL_INT }, { "max_step", CLI_COL_INT },
		{ "sessions", CLI_COL_INT }, { "from", CLI_COL_TEXT }, { "started", CLI_COL_TEXT }, { "ended", CLI_COL_TEXT },
	};
	int rc;

	if (c->format == CLI_HUMAN)
		cli_rows_begin(c, human, MG_COUNT(human), false);
	else
		cli_rows_begin(c, columns, MG_COUNT(columns), false);
	rc = mgreg_runs_each(c->store, model, row, c, err);
	return rc ? rc : cli_rows_end(c, err);
}

static int
set_status(cli *c, const char *status, mgreg_error *err)
{
	int rc = cli_expect_args(c, 2, -1, err);

	if (rc == 0)
		rc = cli_reopen_for_writing(c, err);
	if (rc == 0)
		rc = cli_begin(c, err);
	if (rc)
		return rc;
	for (int i = 1; i < c->arg_count && rc == 0; i++)
		rc = mgreg_run_set_status(c->store, c->args[i], status, err);
	return cli_end(c, rc, err);
}

static int
run(cli *c, mgreg_error *err)
{
	int rc;

	if (c->arg_count && strcmp(c->args[0], "close") == 0)
		return set_status(c, "done", err);
	if (c->arg_count && strcmp(c->args[0], "reopen") == 0)
		return set_status(c, "open", err);
	rc = cli_expect_args(c, 0, 1, err);
	return rc ? rc : list(c, c->arg_count ? c->args[0] : NULL, err);
}

CLI_COMMAND(runs, "[MODEL] | close|reopen MODEL/RUN...", "the runs of a model", CLI_STORE_READ, options, run)
