/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_alias.c - movable names: set, list (also as of a date), remove, history, undo. */
#include "cli/cli.h"

static bool protect, unprotect, force;
static const char *at;
static const cli_option options[] = {
	{ 0, "protect", CLI_FLAG, &protect, NULL, "from now on it moves only with --force-protected" },
	{ 0, "unprotect", CLI_FLAG, &unprotect, NULL, "no longer so (needs --force-protected)" },
	{ 0, "force-protected", CLI_FLAG, &force, NULL, "move or remove a protected one; the audit log says so" },
	{ 0, "at", CLI_TEXT, &at, "WHEN", "ls: what they named at that time (2026-11-24T10:30, or 2d ago)" },
	CLI_COMMON_OPTIONS
};

static const cli_column now_columns[] = {
	{ "alias", CLI_COL_TEXT }, { "ref", CLI_COL_TEXT }, { "state", CLI_COL_TEXT }, { "protected", CLI_COL_BOOL },
	{ "valid_from", CLI_COL_TEXT }, { "model", CLI_COL_TEXT }, { "no", CLI_COL_INT }, { "version_id", CLI_COL_INT },
};
static const cli_column log_columns[] = {
	{ "alias", CLI_COL_TEXT }, { "ref", CLI_COL_TEXT }, { "valid_from", CLI_COL_TEXT }, { "valid_to", CLI_COL_TEXT },
	{ "model", CLI_COL_TEXT }, { "no", CLI_COL_INT }, { "version_id", CLI_COL_INT },
};
enum { NOW_HUMAN = 5, LOG_HUMAN = 4 };

static void
put_name(cli *c, const mgreg_alias_info *a)
{
	char name[410];

	snprintf(name, sizeof(name), "%s:%s", a->model, a->alias);
	cli_put_text(c, name);
	cli_put_text(c, a->ref[0] ? a->ref : NULL);
}

static void
put_rest(cli *c, const mgreg_alias_info *a)
{
	if (c->format == CLI_HUMAN) {
		cli_row_end(c);
		return;
	}
	cli_put_text(c, a->model);
	if (a->no)
		cli_put_int(c, a->no);
	else
		cli_put_null(c);
	if (a->version_id)
		cli_put_int(c, a->version_id);
	else
		cli_put_null(c);
	cli_row_end(c);
}

static int
now_row(void *ctx, const mgreg_alias_info *a)
{
	cli *c = ctx;

	put_name(c, a);
	cli_put_text(c, a->state[0] ? a->state : NULL);
	cli_put_bool(c, a->is_protected);
	cli_put_time(c, a->since);
	put_rest(c, a);
	return 0;
}

static int
log_row(void *ctx, const mgreg_alias_info *a)
{
	cli *c = ctx;

	put_name(c, a);
	cli_put_time(c, a->since);
	cli_put_time(c, a->until);
	put_rest(c, a);
	return 0;
}

static int
list(cli *c, mgreg_error *err)
{
	int64_t when = 0;
	int rc = cli_expect_args(c, 1, 2, err);

	if (rc == 0 && at)
		rc = cli_parse_time("at", at, &when, err);
	if (rc)
		return rc;
	cli_rows_begin(c, now_columns, c->format == CLI_HUMAN ? NOW_HUMAN : (int)MG_COUNT(now_columns), false);
	rc = mgreg_aliases_each(c->store, c->arg_count > 1 ? c->args[1] : NULL, when, now_row, c, err);
	return rc ? rc : cli_rows_end(c, err);
}

static int
history(cli *c, mgreg_error *err)
{
	int rc = cli_expect_args(c, 1, 2, err);

	if (rc)
		return rc;
	cli_rows_begin(c, log_columns, c->format == CLI_HUMAN ? LOG_HUMAN : (int)MG_COUNT(log_columns), false);
	rc = mgreg_alias_log_each(c->store, c->arg_count > 1 ? c->args[1] : NULL, log_row, c, err);
	return rc ? rc : cli_rows_end(c, err);
}

static mgreg_alias_options
chosen(void)
{
	mgreg_alias_options o = MGREG_ALIAS_INIT;

	o.protect = protect;
	o.unprotect = unprotect;
	o.force = force;
	return o;
}

/* What the alias names now, as the command's answer. */
static int
answer(cli *c, const char *alias, mgreg_error *err)
{
	int rc;

	cli_rows_begin(c, now_columns, c->format == CLI_HUMAN ? NOW_HUMAN : (int)MG_COUNT(now_columns), false);
	rc = mgreg_aliases_each(c->store, alias, 0, now_row, c, err);
	return rc ? rc : cli_rows_end(c, err);
}

static int
drop(cli *c, mgreg_error *err)
{
	mgreg_alias_options o = chosen();
	int rc = cli_expect_args(c, 2, -1, err);

	for (int i = 1; i < c->arg_count && rc == 0; i++)
		rc = mgreg_alias_remove(c->store, c->args[i], &o, err);
	return rc;
}

static int
undo(cli *c, mgreg_error *err)
{
	mgreg_alias_options o = chosen();
	int rc = cli_expect_args(c, 2, 2, err);

	if (rc == 0)
		rc = mgreg_alias_undo(c->store, c->args[1], &o, NULL, err);
	return rc ? rc : answer(c, c->args[1], err);
}

static int
set(cli *c, mgreg_error *err)
{
	mgreg_alias_options o = chosen();
	int rc = cli_expect_args(c, 2, 2, err);

	if (rc == 0 && protect && unprotect)
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "--protect and --unprotect: one at a time");
	if (rc == 0)
		rc = mgreg_alias_set(c->store, c->args[0], c->args[1], &o, NULL, err);
	return rc ? rc : answer(c, c->args[0], err);
}

static const struct { const char *verb; bool writes; int (*run)(cli *c, mgreg_error *err); } verbs[] = {
	{ "ls", false, list }, { "log", false, history }, { "rm", true, drop }, { "undo", true, undo },
};

static int
changing(cli *c, int (*what)(cli *c, mgreg_error *err), mgreg_error *err)
{
	int rc = cli_reopen_for_writing(c, err);

	if (rc == 0)
		rc = cli_begin(c, err);
	return rc ? rc : cli_end(c, what(c, err), err);
}

static int
run(cli *c, mgreg_error *err)
{
	for (size_t i = 0; c->arg_count && i < MG_COUNT(verbs); i++)
		if (strcmp(c->args[0], verbs[i].verb) == 0)
			return verbs[i].writes ? changing(c, verbs[i].run, err) : verbs[i].run(c, err);
	return changing(c, set, err);
}

CLI_COMMAND(alias, "MODEL:NAME REF | ls|log [MODEL[:NAME]] | rm|undo MODEL:NAME", "a movable name of a version", CLI_STORE_READ, options, run)
