/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_pack.c - versions as one archive that another store takes. */
#include "cli/cli.h"

static const char *with;
static const cli_option options[] = {
	{ 0, "with", CLI_TEXT, &with, "A,B", "also metrics (of the runs), events, lineage (the ancestors' facts)" },
	CLI_COMMON_OPTIONS
};

static int
read_with(mgreg_pack_options *o, mgreg_error *err)
{
	mg_slice rest = MG_SLICE(with), one;

	while (mg_slice_split(&rest, ',', &one)) {
		if (mg_slice_eq(one, "metrics"))
			o->metrics = 1;
		else if (mg_slice_eq(one, "events"))
			o->events = 1;
		else if (mg_slice_eq(one, "lineage"))
			o->lineage = 1;
		else
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "--with '%.*s': metrics, events or lineage", (int)one.len, one.ptr);
	}
	return 0;
}

static int
run(cli *c, mgreg_error *err)
{
	mgreg_pack_options o = MGREG_PACK_INIT;
	int rc = cli_expect_args(c, 1, -1, err);

	if (rc == 0 && !c->out)
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "-O FILE.tar or FILE.tar.zst is needed");
	if (rc == 0 && with)
		rc = read_with(&o, err);
	o.dry_run = c->dry_run;
	if (rc == 0)
		rc = mgreg_pack(c->store, c->args, c->arg_count, c->out, &o, err);
	if (rc == 0)
		cli_note(c, "%d version%s %s %s", o.packed, o.packed == 1 ? "" : "s", c->dry_run ? "would go into" : "in", c->out);
	return rc;
}

CLI_COMMAND(pack, "REF...", "versions as one archive, useful without mgreg", CLI_STORE_READ, options, run)
