/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_collections.c - the collections of a version, or the items of one. */
#include "cli/views.h"

static bool raw;
static const char *tags;
static const cli_option options[] = {
	{ 0, "raw", CLI_FLAG, &raw, NULL, "the items' bytes in hex, not what they say" },
	{ 0, "tags", CLI_TEXT, &tags, "A,B", "of a SavedModel's MetaGraphs, this one" },
	CLI_COMMON_OPTIONS
};

static int
run(cli *c, mgreg_error *err)
{
	mgreg_content *content = NULL;
	int rc = cli_expect_args(c, 1, 2, err);

	if (rc == 0)
		rc = cli_open_ref(c, c->args[0], tags, &content, err);
	if (rc == 0)
		rc = cli_view_collections(c, content, c->arg_count > 1 ? c->args[1] : NULL, raw, err);
	mgreg_content_close(content);
	return rc;
}

CLI_COMMAND(collections, "REF [NAME]", "the collections of a version, or the items of one", CLI_STORE_READ, options, run)
