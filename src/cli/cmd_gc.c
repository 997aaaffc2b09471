/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_gc.c - frees the bytes that nothing needs, and packs what stays. */
#include "cli/cli.h"

static double grace = -1, max_time;
static bool compact;
static const char *vacuum;
static const cli_option options[] = {
	{ 0, "grace", CLI_DURATION, &grace, "TIME", "purge what has been expired or replaced for so long (default: setting grace)" },
	{ 0, "compact", CLI_FLAG, &compact, NULL, "bring what is stored into the configured codec and placement" },
	{ 0, "max-time", CLI_DURATION, &max_time, "TIME", "stop after so long; the next gc goes on" },
	{ 0, "vacuum", CLI_TEXT, &vacuum, "HOW", "none, incremental (default) or full: how the file shrinks" },
	CLI_COMMON_OPTIONS
};

static int
show(cli *c, const mgreg_gc_result *r, mgreg_error *err)
{
	static const cli_column columns[] = { { "versions", CLI_COL_INT }, { "objects", CLI_COL_INT }, { "chunks", CLI_COL_INT },
		{ "bytes", CLI_COL_INT }, { "segments", CLI_COL_INT }, { "stray_files", CLI_COL_INT }, { "recoded", CLI_COL_INT },
		{ "recoded_before", CLI_COL_INT }, { "recoded_after", CLI_COL_INT }, { "moved", CLI_COL_INT },
		{ "file_bytes_before", CLI_COL_INT }, { "file_bytes_after", CLI_COL_INT }, { "finished", CLI_COL_BOOL } };

	cli_rows_begin(c, columns, MG_COUNT(columns), true);
	cli_put_int(c, r->versions);
	cli_put_int(c, r->objects);
	cli_put_int(c, r->chunks);
	cli_put_int(c, r->bytes);
	cli_put_int(c, r->segments);
	cli_put_int(c, r->strays);
	cli_put_int(c, r->recoded);
	cli_put_int(c, r->recoded_before);
	cli_put_int(c, r->recoded_after);
	cli_put_int(c, r->moved);
	cli_put_int(c, r->file_before);
	cli_put_int(c, r->file_after);
	cli_put_bool(c, r->finished);
	cli_row_end(c);
	return cli_rows_end(c, err);
}

static int
run(cli *c, mgreg_error *err)
{
	static const char *const ways[] = { "incremental", "none", "full" };
	mgreg_gc_options o = MGREG_GC_INIT;
	mgreg_gc_result r;
	int rc = cli_expect_args(c, 0, 0, err);

	if (rc)
		return rc;
	o.vacuum = MGREG_VACUUM_INCREMENTAL;
	for (size_t i = 0; vacuum && i <= MG_COUNT(ways); i++) {
		if (i == MG_COUNT(ways))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "--vacuum '%s': none, incremental or full", vacuum);
		if (!strcmp(vacuum, ways[i])) {
			o.vacuum = (mgreg_vacuum)i;
			break;
		}
	}
	o.grace = grace;
	o.compact = compact;
	o.dry_run = c->dry_run;
	o.max_time = max_time;
	o.stop = cli_signal_flag();
	cli_catch_signals();
	rc = mgreg_store_gc(c->store, &o, &r, err);
	if (rc == 0)
		rc = show(c, &r, err);
	if (rc == 0 && !r.finished && !cli_signal())
		cli_note(c, "time is up: the next gc goes on");
	return rc;
}

CLI_COMMAND(gc, "", "free the bytes that nothing needs; --compact packs what stays", CLI_STORE_WRITE, options, run)
