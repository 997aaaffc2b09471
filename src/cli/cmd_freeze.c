/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_freeze.c - a version as one graph without variables. */
#include "cli/cli.h"

static const char *outputs, *outputs_from, *tags;
static bool strip_unused, fold_batch_norm, as_text;
static const cli_option options[] = {
	{ 0, "outputs", CLI_TEXT, &outputs, "NODE,...", "the output nodes (default: found through collections, then signatures)" },
	{ 0, "outputs-from", CLI_TEXT, &outputs_from, "COLLECTION", "the collection that names them" },
	{ 0, "strip-unused", CLI_FLAG, &strip_unused, NULL, "inputs of signatures become placeholders; unused functions go" },
	{ 0, "fold-batch-norm", CLI_FLAG, &fold_batch_norm, NULL, "batch normalization goes into the weights before it" },
	{ 0, "tags", CLI_TEXT, &tags, "A,B", "of a SavedModel's MetaGraphs, this one" },
	{ 0, "as-text", CLI_FLAG, &as_text, NULL, "the GraphDef in text format (as for a FILE.pbtxt)" },
	CLI_COMMON_OPTIONS
};

static int
run(cli *c, mgreg_error *err)
{
	mgreg_freeze_options o = MGREG_FREEZE_INIT;
	mgreg_freeze_result r;
	mgreg_version_info v;
	const char **list = NULL;
	char *bytes = NULL;
	size_t size;
	int rc;

	MG_TRY(cli_expect_args(c, 1, 1, err));
	if (outputs && outputs_from)
		MG_TRY(mg_fail(err, MGREG_INVALID_ARGUMENT, "--outputs and --outputs-from: one of them"));
	MG_TRY(mgreg_store_resolve(c->store, c->args[0], &v, err));
	if (outputs && !(list = cli_split_list(outputs, &o.output_count)))
		MG_TRY(mg_fail_nomem(err, 0));
	o.outputs = list;
	o.outputs_from = outputs_from;
	o.tags = tags;
	o.strip_unused = strip_unused;
	o.fold_batch_norm = fold_batch_norm;
	o.as_text = as_text || (c->out && mg_ends_with(c->out, ".pbtxt"));
	MG_TRY(mgreg_store_freeze(c->store, v.id, &o, &bytes, &size, &r, err));
	if (c->dry_run) {
		cli_note(c, "would write %zu bytes", size);
		goto out;
	}
	MG_TRY(cli_deliver(c, bytes, size, err));
	if (fold_batch_norm)
		cli_note(c, "%s: %d nodes, %d variables became constants, %d normalizations folded", v.ref, r.nodes, r.variables, r.folded);
	else
		cli_note(c, "%s: %d nodes, %d variables became constants", v.ref, r.nodes, r.variables);
out:
	mgreg_free(bytes);
	mg_free(list);
	return rc;
}

CLI_COMMAND(freeze, "REF", "write a version as one graph without variables", CLI_STORE_READ, options, run)
