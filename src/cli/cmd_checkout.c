/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_checkout.c - a version as files. */
#include "cli/cli.h"

static const char *as, *prefix, *tags;
static bool as_text, metagraph;
static const cli_option options[] = {
	{ 0, "as", CLI_TEXT, &as, "FORMAT", "v2 v1 savedmodel frozen safetensors npz (default: as it came, else v2)" },
	{ 0, "as-text", CLI_FLAG, &as_text, NULL, "the MetaGraph (SavedModel, frozen graph) in text format" },
	{ 0, "metagraph", CLI_FLAG, &metagraph, NULL, "the MetaGraph alone" },
	{ 0, "tags", CLI_TEXT, &tags, "A,B", "which MetaGraph of a SavedModel" },
	{ 0, "prefix", CLI_TEXT, &prefix, "NAME", "base name of the files" },
	CLI_COMMON_OPTIONS
};

static const cli_column columns[] = {
	{ "ref", CLI_COL_TEXT }, { "path", CLI_COL_TEXT }, { "version_id", CLI_COL_INT },
};

static int
run(cli *c, mgreg_error *err)
{
	mgreg_checkout_options o = MGREG_CHECKOUT_INIT;
	mgreg_version_info v;
	char *path = NULL;
	int rc = cli_expect_args(c, 2, 2, err);

	if (rc == 0)
		rc = mgreg_store_resolve(c->store, c->args[0], &v, err);
	if (rc)
		return rc;
	if (c->dry_run) {
		cli_note(c, "would write %s into %s", v.ref, c->args[1]);
		return 0;
	}
	o.as = as;
	o.prefix = prefix;
	o.as_text = as_text;
	o.metagraph_only = metagraph;
	o.tags = tags;
	if ((rc = mgreg_store_checkout(c->store, v.id, c->args[1], &o, &path, err)) != 0)
		return rc;
	if (c->format == CLI_HUMAN) {
		cli_print(c, "%s\n", path);
	} else {
		cli_rows_begin(c, columns, MG_COUNT(columns), true);
		cli_put_text(c, v.ref);
		cli_put_text(c, path);
		cli_put_int(c, v.id);
		cli_row_end(c);
		rc = cli_rows_end(c, err);
	}
	mgreg_free(path);
	return rc;
}

CLI_COMMAND(checkout, "REF DIR", "write a version as files", CLI_STORE_READ, options, run)
