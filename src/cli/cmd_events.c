/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_events.c - event files into a run, and a run as an event file. */
#include "cli/cli.h"

static const char *as;
static bool follow;
static double poll;
static const cli_option options[] = {
	{ 0, "as", CLI_TEXT, &as, "MODEL[/RUN]", "import: the run that takes them; made where it does not exist" },
	{ 0, "follow", CLI_FLAG, &follow, NULL, "import: go on with what is appended, until interrupted" },
	{ 0, "poll", CLI_DURATION, &poll, "TIME", "import --follow: look this often (default 1s)" },
	CLI_COMMON_OPTIONS
};

static const cli_column columns[] = {
	{ "path", CLI_COL_TEXT }, { "kind", CLI_COL_TEXT }, { "events", CLI_COL_INT }, { "points", CLI_COL_INT }, { "others", CLI_COL_INT },
	{ "versions", CLI_COL_INT }, { "sessions", CLI_COL_INT }, { "offset", CLI_COL_INT }, { "pending", CLI_COL_INT },
	{ "problem", CLI_COL_TEXT },
};

typedef struct telling { cli *c; mgreg_error *err; bool any; } telling;

static void
put_file(cli *c, const mgreg_events_file *f)
{
	cli_put_text(c, f->path);
	cli_put_text(c, f->kind);
	cli_put_int(c, f->events);
	cli_put_int(c, f->points);
	cli_put_int(c, f->others);
	cli_put_int(c, f->versions);
	cli_put_int(c, f->sessions);
	cli_put_int(c, f->offset);
	cli_put_int(c, f->pending);
	cli_put_text(c, f->problem);
	cli_row_end(c);
}

/* What is told is durable; who follows wants to hear it at once. */
static int
tell(void *ctx, const mgreg_events_file *f)
{
	telling *t = ctx;
	cli *c = t->c;

	if (f->problem)
		cli_note(c, "%s", f->problem);
	if (f->pending && !follow)
		cli_note(c, "%s: %lld bytes at the end are not complete yet", f->path, (long long)f->pending);
	put_file(c, f);
	t->any = true;
	return follow ? cli_flush(t->err) : 0;
}

static int
import(cli *c, mgreg_error *err)
{
	mgreg_events_import_options o = MGREG_EVENTS_IMPORT_INIT;
	telling t = { c, err, false };
	int rc, shown = 0;

	if (!as)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "--as MODEL[/RUN] is needed");
	o.as = as;
	o.poll = poll;
	o.follow = follow;
	o.dry_run = c->dry_run;
	o.file = tell;
	o.ctx = &t;
	if (follow) {
		cli_catch_signals();
		o.stop = cli_signal_flag();
		if (!c->format_given && c->format == CLI_HUMAN)
			c->format = CLI_TSV;            /* a table for people is set when all rows are known */
	}
	cli_rows_begin(c, columns, MG_COUNT(columns), false);
	rc = mgreg_events_import(c->store, c->args + 1, c->arg_count - 1, &o, err);
	if (rc == 0 || t.any)           /* what was imported is told, whatever came after it */
		shown = cli_rows_end(c, rc ? NULL : err);
	return rc ? rc : shown;
}

static int
export(cli *c, mgreg_error *err)
{
	static const cli_column columns_out[] = { { "path", CLI_COL_TEXT } };
	char *path = NULL;
	int rc;

	if (c->dry_run) {
		cli_note(c, "would write an event file of %s into %s", c->args[1], c->args[2]);
		return 0;
	}
	if ((rc = mgreg_events_export(c->store, c->args[1], c->args[2], &path, err)) != 0)
		return rc;
	if (c->format == CLI_HUMAN)
		cli_print(c, "%s\n", path);
	else {
		cli_rows_begin(c, columns_out, 1, true);
		cli_put_text(c, path);
		cli_row_end(c);
		rc = cli_rows_end(c, err);
	}
	mgreg_free(path);
	return rc;
}

static int
run(cli *c, mgreg_error *err)
{
	int rc = cli_expect_args(c, 1, -1, err);

	if (rc)
		return rc;
	if (strcmp(c->args[0], "import") == 0)
		return (rc = cli_expect_args(c, 2, -1, err)) ? rc : import(c, err);
	if (strcmp(c->args[0], "export") == 0)
		return (rc = cli_expect_args(c, 3, 3, err)) ? rc : export(c, err);
	return mg_fail(err, MGREG_INVALID_ARGUMENT, "'%s': import or export", c->args[0]);
}

CLI_COMMAND(events, "import DIR|FILE... | export REF|MODEL/RUN DIR", "TensorBoard's event files, in and out", CLI_STORE_WRITE, options, run)
