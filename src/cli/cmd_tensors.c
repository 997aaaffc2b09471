/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_tensors.c - the tensors of a version. */
#include "cli/views.h"

static cli_tensor_view view;
static const char *tags;
static const cli_option options[] = {
	{ 0, "stats", CLI_FLAG, &view.stats, NULL, "least, greatest, mean, deviation, norm, zeros, NaNs, infinities" },
	{ 0, "values", CLI_FLAG, &view.values, NULL, "the elements too" },
	{ 0, "head", CLI_INT, &view.head, "N", "at most N elements of each" },
	{ 0, "tags", CLI_TEXT, &tags, "A,B", "which MetaGraph of a SavedModel" },
	CLI_COMMON_OPTIONS
};

static int
run(cli *c, mgreg_error *err)
{
	mgreg_content *content = NULL;
	int rc = cli_expect_args(c, 1, 2, err);

	if (rc == 0 && view.head < 0)
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "--head: not below zero");
	if (rc == 0)
		rc = cli_open_ref(c, c->args[0], tags, &content, err);
	if (rc == 0) {
		view.glob = c->arg_count > 1 ? c->args[1] : NULL;
		rc = cli_view_tensors(c, content, &view, err);
	}
	mgreg_content_close(content);
	return rc;
}

CLI_COMMAND(tensors, "REF [GLOB]", "the tensors of a version", CLI_STORE_READ, options, run)
