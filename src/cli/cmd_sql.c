/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_sql.c - SQL over the views of a store. */
#include "cli/cli.h"

#include <unistd.h>

static bool can_write;
static cli_list params;
static const cli_option options[] = {
	{ 'w', "write", CLI_FLAG, &can_write, NULL, "statements may change the store" },
	{ 'p', "param", CLI_PAIR, &params, "NAME VALUE", "bind VALUE to the parameter :NAME" },
	CLI_COMMON_OPTIONS
};

static void
put_value(cli *c, const mgreg_query *q, int i)
{
	const char *bytes;
	mg_str hex = MG_STR_INIT;
	size_t size;

	switch (mgreg_query_type(q, i)) {
	case MGREG_VALUE_NULL:
		cli_put_null(c);
		break;
	case MGREG_VALUE_INTEGER:
		cli_put_int(c, mgreg_query_integer(q, i));
		break;
	case MGREG_VALUE_REAL:
		cli_put_real(c, mgreg_query_real(q, i));
		break;
	case MGREG_VALUE_TEXT:
		bytes = mgreg_query_bytes(q, i, &size);
		cli_put_textn(c, bytes, size);
		break;
	case MGREG_VALUE_BLOB:
		bytes = mgreg_query_bytes(q, i, &size);
		for (size_t k = 0; k < size; k++)
			mg_str_printf(&hex, "%02x", (unsigned char)bytes[k]);
		cli_put_text(c, hex.ptr);
		mg_str_clear(&hex);
		break;
	}
}

static int
show_rows(cli *c, mgreg_query *q, mgreg_error *err)
{
	int n = mgreg_query_columns(q), row = 1, rc = 0;
	cli_column *columns = mg_calloc((size_t)n + 1, sizeof(*columns));

	if (!columns)
		return mg_fail_nomem(err, 0);
	for (int i = 0; i < n; i++)
		columns[i] = (cli_column){ mgreg_query_column_name(q, i), CLI_COL_TEXT };
	if (n)
		cli_rows_begin(c, columns, n, false);
	while ((rc = mgreg_query_step(q, &row, err)) == 0 && row) {
		for (int i = 0; i < n; i++)
			put_value(c, q, i);
		cli_row_end(c);
	}
	if (n && rc == 0)
		rc = cli_rows_end(c, err);
	mg_free(columns);
	return rc;
}

static int
run_text(cli *c, const char *sql, mgreg_error *err)
{
	int rc = 0;

	while (rc == 0 && *sql) {
		mgreg_query *q = NULL;

		rc = mgreg_query_new(&q, c->store, sql, can_write, &sql, err);
		for (size_t i = 0; rc == 0 && q && i + 1 < params.items.len; i += 2)
			rc = mgreg_query_bind(q, params.items.at[i], params.items.at[i + 1], err);
		if (rc == 0 && q)
			rc = show_rows(c, q, err);
		mgreg_query_free(q);
	}
	return rc;
}

static int
run_input(cli *c, mgreg_error *err)
{
	mg_str sql = MG_STR_INIT;
	char buf[8192];
	size_t n;
	int rc;

	while ((n = fread(buf, 1, sizeof(buf), stdin)) > 0)
		mg_str_append(&sql, buf, n);
	rc = mg_str_check(&sql, err);
	if (rc == 0)
		rc = run_text(c, sql.ptr, err);
	mg_str_clear(&sql);
	return rc;
}

/* At a terminal: a statement ends with its semicolon; a wrong one is told and the next is read. */
static int
run_lines(cli *c, mgreg_error *err)
{
	mg_str sql = MG_STR_INIT;
	char line[4096];
	int rc = 0;

	for (;;) {
		mg_slice trimmed;

		fputs(sql.len ? "   ...> " : "mgreg> ", stderr);
		if (!fgets(line, sizeof(line), stdin))
			break;
		mg_str_add(&sql, line);
		if ((rc = mg_str_check(&sql, err)) != 0)
			break;
		trimmed = mg_slice_trim((mg_slice){ sql.ptr, sql.len });
		if (trimmed.len && trimmed.ptr[trimmed.len - 1] != ';')
			continue;
		if (run_text(c, sql.ptr, err) != 0)
			cli_note(c, "%s", err->text);
		cli_flush(err);
		mg_str_reset(&sql);
	}
	mg_str_clear(&sql);
	return rc;
}

static int
run(cli *c, mgreg_error *err)
{
	mgreg_store_options o = MGREG_STORE_OPTIONS_INIT;
	int rc = cli_expect_args(c, 0, 1, err);

	if (rc == 0 && can_write && c->read_only)
		rc = mg_fail(err, MGREG_FAILED_PRECONDITION, "-w and --read-only exclude each other");
	if (rc == 0 && can_write) {     /* the row's need is reading: most queries only do that */
		mgreg_store_close(c->store);
		c->store = NULL;
		o.timeout = c->timeout;
		o.actor = c->actor;
		rc = mgreg_store_open(&c->store, c->store_path, &o, err);
	}
	if (rc)
		return rc;
	if (c->arg_count && strcmp(c->args[0], "-") != 0)
		return run_text(c, c->args[0], err);
	if (c->arg_count || !isatty(STDIN_FILENO))
		return run_input(c, err);
	return run_lines(c, err);
}

CLI_COMMAND(sql, "[QUERY|-]", "SQL over the views of the store; read-only unless -w", CLI_STORE_READ, options, run)
