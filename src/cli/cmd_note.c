/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_note.c - a version's note: written, or without TEXT shown. */
#include "cli/cli.h"

static const cli_option options[] = {
	CLI_COMMON_OPTIONS
};

static int
show(cli *c, const mgreg_version_info *v, mgreg_error *err)
{
	static const cli_column columns[] = { { "ref", CLI_COL_TEXT }, { "note", CLI_COL_TEXT }, { "version_id", CLI_COL_INT } };
	char *note;
	int rc = mgreg_note_get(c->store, v->id, &note, err);

	if (rc)
		return rc;
	if (c->format == CLI_HUMAN) {
		if (note)
			cli_print(c, "%s\n", note);
		else
			rc = mg_fail_because(err, MGREG_NOT_FOUND, MGREG_REASON_NO, "%s has no note", v->ref);
	} else {
		cli_rows_begin(c, columns, MG_COUNT(columns), true);
		cli_put_text(c, v->ref);
		cli_put_text(c, note);
		cli_put_int(c, v->id);
		cli_row_end(c);
		rc = cli_rows_end(c, err);
	}
	mgreg_free(note);
	return rc;
}

static int
run(cli *c, mgreg_error *err)
{
	mgreg_version_info v;
	int rc = cli_expect_args(c, 1, 2, err);

	if (rc == 0)
		rc = mgreg_store_resolve(c->store, c->args[0], &v, err);
	if (rc)
		return rc;
	if (c->arg_count == 1)
		return show(c, &v, err);
	if ((rc = cli_reopen_for_writing(c, err)) != 0 || (rc = cli_begin(c, err)) != 0)
		return rc;
	return cli_end(c, mgreg_note_set(c->store, v.id, c->args[1], err), err);
}

CLI_COMMAND(note, "REF [TEXT]", "what you want to remember of a version", CLI_STORE_READ, options, run)
