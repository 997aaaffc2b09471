/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_convert.c - files into files of another format, without a store. */
#include "cli/cli.h"

static const char *from, *to, *tags, *outputs;
static bool as_text;
static const cli_option options[] = {
	{ 0, "from", CLI_TEXT, &from, "FMT", "read it as v2 v1 safetensors npz savedmodel metagraph graphdef (default: by its bytes)" },
	{ 0, "to", CLI_TEXT, &to, "FMT", "v2 v1 safetensors npz savedmodel frozen metagraph graphdef (default: by OUT's ending)" },
	{ 0, "tags", CLI_TEXT, &tags, "A,B", "of a SavedModel's MetaGraphs, this one" },
	{ 0, "outputs", CLI_TEXT, &outputs, "NODE,...", "to frozen: the output nodes" },
	{ 0, "as-text", CLI_FLAG, &as_text, NULL, "messages in text format" },
	CLI_COMMON_OPTIONS
};

static int
run(cli *c, mgreg_error *err)
{
	mgreg_convert_options o = MGREG_CONVERT_INIT;
	const char **list = NULL;
	int rc = cli_expect_args(c, 2, 2, err);

	if (rc)
		return rc;
	if (c->dry_run) {
		cli_note(c, "would write %s", c->args[1]);
		return 0;
	}
	if (outputs && !(list = cli_split_list(outputs, &o.output_count)))
		return mg_fail_nomem(err, 0);
	o.from = from;
	o.to = to;
	o.tags = tags;
	o.outputs = list;
	o.as_text = as_text;
	rc = mgreg_convert(c->args[0], c->args[1], &o, err);
	if (rc == 0 && !c->quiet)
		cli_note(c, "%s written", c->args[1]);
	mg_free(list);
	return rc;
}

CLI_COMMAND(convert, "IN OUT", "files into files of another format, without a store", CLI_NOTHING, options, run)
