/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_fsck.c - is the store as it should be? */
#include "cli/cli.h"

static bool quick, full, repair_index;
static uint64_t rate;
static const cli_option options[] = {
	{ 0, "quick", CLI_FLAG, &quick, NULL, "structure, keys and invariants only; no bytes are read" },
	{ 0, "full", CLI_FLAG, &full, NULL, "also SHA-256, every MetaGraph decoded, every graph well-formed" },
	{ 0, "repair-index", CLI_FLAG, &repair_index, NULL, "make indexes and derived tables anew first" },
	{ 0, "rate", CLI_SIZE, &rate, "BYTES", "read at most so many bytes a second" },
	CLI_COMMON_OPTIONS
};

static int
problem(void *ctx, const char *check, const char *text)
{
	cli *c = ctx;

	cli_put_text(c, check);
	cli_put_text(c, text);
	cli_row_end(c);
	return 0;
}

/* A repair writes; everything else does with reading. */
static int
open_for_repair(cli *c, mgreg_error *err)
{
	mgreg_store_options o = MGREG_STORE_OPTIONS_INIT;
	mgreg_store *store = NULL;
	int rc;

	o.actor = c->actor;
	o.timeout = c->timeout;
	o.read_only = c->read_only;
	if ((rc = mgreg_store_open(&store, c->store_path, &o, err)) != 0)
		return rc;
	mgreg_store_close(c->store);
	c->store = store;
	return 0;
}

static int
run(cli *c, mgreg_error *err)
{
	static const cli_column columns[] = { { "check", CLI_COL_TEXT }, { "problem", CLI_COL_TEXT } };
	mgreg_fsck_options o = MGREG_FSCK_INIT;
	int64_t problems = 0;
	bool table = true;
	int rc = cli_expect_args(c, 0, 0, err);

	if (rc)
		return rc;
	if (quick && full)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "--quick and --full exclude each other");
	if (c->dry_run && repair_index) {
		cli_note(c, "would make the indexes anew");
		repair_index = false;
	}
	if (repair_index && (rc = open_for_repair(c, err)) != 0)
		return rc;
	o.level = quick ? MGREG_FSCK_QUICK : full ? MGREG_FSCK_FULL : MGREG_FSCK_CHUNKS;
	o.repair_index = repair_index;
	o.rate = (double)rate;
	cli_rows_begin(c, columns, MG_COUNT(columns), false);
	rc = mgreg_store_fsck(c->store, &o, problem, c, &problems, err);
	if (problems == 0 && c->format == CLI_HUMAN)
		table = false;
	if (rc == 0 && table)
		rc = cli_rows_end(c, err);
	if (rc == 0 && !table && !c->quiet)
		cli_print(c, "%s: no problem found\n", c->store_path);
	if (rc == 0 && problems)
		rc = mg_fail(err, MGREG_DATA_LOSS, "%s: %lld problem%s", c->store_path, (long long)problems, problems == 1 ? "" : "s");
	return rc;
}

CLI_COMMAND(fsck, "", "check the store: structure, invariants, every chunk", CLI_STORE_READ, options, run)
