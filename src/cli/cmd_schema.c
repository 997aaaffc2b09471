/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_schema.c - the views, column by column. */
#include "cli/cli.h"

static bool ddl;
static const cli_option options[] = {
	{ 0, "ddl", CLI_FLAG, &ddl, NULL, "as SQL: the view, or without VIEW the whole schema" },
	CLI_COMMON_OPTIONS
};

static int
print_ddl(void *ctx, const char *name, const char *sql)
{
	cli *c = ctx;

	if (c->format == CLI_HUMAN) {
		cli_print(c, "%s;\n", sql);
		return 0;
	}
	cli_put_text(c, name);
	cli_put_text(c, sql);
	cli_row_end(c);
	return 0;
}

static int
show_ddl(cli *c, const char *view, mgreg_error *err)
{
	static const cli_column columns[] = { { "name", CLI_COL_TEXT }, { "sql", CLI_COL_TEXT } };
	int rc;

	if (c->format != CLI_HUMAN)
		cli_rows_begin(c, columns, MG_COUNT(columns), false);
	rc = mgreg_schema_ddl(view, print_ddl, c, err);
	return rc || c->format == CLI_HUMAN ? rc : cli_rows_end(c, err);
}

/* Without VIEW people get the views; programs get every column. */
static bool views_only, columns_only;

static int
row(void *ctx, const char *view, const char *column, const char *meaning)
{
	cli *c = ctx;

	if (views_only && *column)
		return 0;
	if (columns_only && !*column) {
		if (!c->quiet)
			cli_print(c, "%s: %s\n\n", view, meaning);
		return 0;
	}
	if (!columns_only)
		cli_put_text(c, view);
	if (!views_only)
		cli_put_text(c, *column || c->format == CLI_HUMAN ? column : NULL);
	cli_put_text(c, meaning);
	cli_row_end(c);
	return 0;
}

static int
run(cli *c, mgreg_error *err)
{
	static const cli_column columns[] = { { "view", CLI_COL_TEXT }, { "column", CLI_COL_TEXT }, { "meaning", CLI_COL_TEXT } };
	static const cli_column views[] = { { "view", CLI_COL_TEXT }, { "meaning", CLI_COL_TEXT } };
	bool human = c->format == CLI_HUMAN;
	int rc = cli_expect_args(c, 0, 1, err);

	if (rc)
		return rc;
	if (ddl)
		return show_ddl(c, c->arg_count ? c->args[0] : NULL, err);
	views_only = human && c->arg_count == 0;
	columns_only = human && c->arg_count;
	if (views_only)
		cli_rows_begin(c, views, MG_COUNT(views), false);
	else
		cli_rows_begin(c, columns + columns_only, (int)MG_COUNT(columns) - columns_only, false);
	rc = mgreg_schema_each(c->arg_count ? c->args[0] : NULL, row, c, err);
	return rc ? rc : cli_rows_end(c, err);
}

CLI_COMMAND(schema, "[VIEW]", "what the views mean, column by column", CLI_NOTHING, options, run)
