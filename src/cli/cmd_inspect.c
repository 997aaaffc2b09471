/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_inspect.c - what a file holds, without a store. */
#include "cli/views.h"

static bool graph, saver, info, signatures, files, notes, hparams, collections, tensors, as_text;
static cli_tensor_view view;
static const char *tags, *collection;
static const cli_option options[] = {
	{ 0, "graph", CLI_FLAG, &graph, NULL, "the nodes of the graph" },
	{ 0, "saver", CLI_FLAG, &saver, NULL, "the SaverDef" },
	{ 0, "info", CLI_FLAG, &info, NULL, "the MetaInfoDef and the versions of the graph" },
	{ 0, "signatures", CLI_FLAG, &signatures, NULL, "inputs and outputs of the signatures" },
	{ 0, "files", CLI_FLAG, &files, NULL, "the files that belong to it" },
	{ 0, "notes", CLI_FLAG, &notes, NULL, "what a file of safetensors says of itself (__metadata__)" },
	{ 0, "hparams", CLI_FLAG, &hparams, NULL, "the collection hparams, understood" },
	{ 0, "collections", CLI_FLAG, &collections, NULL, "the collections" },
	{ 0, "collection", CLI_TEXT, &collection, "NAME", "the items of this one" },
	{ 0, "tensors", CLI_FLAG, &tensors, NULL, "the tensors" },
	{ 0, "glob", CLI_TEXT, &view.glob, "GLOB", "only tensors of such names" },
	{ 0, "stats", CLI_FLAG, &view.stats, NULL, "tensors with their statistics (all are read)" },
	{ 0, "values", CLI_FLAG, &view.values, NULL, "tensors with their elements" },
	{ 0, "head", CLI_INT, &view.head, "N", "at most N elements of each" },
	{ 0, "as-text", CLI_FLAG, &as_text, NULL, "the MetaGraph in text format" },
	{ 0, "tags", CLI_TEXT, &tags, "A,B", "of a SavedModel's MetaGraphs, this one" },
	CLI_COMMON_OPTIONS
};

static int
view_collections(cli *c, mgreg_content *content, mgreg_error *err)
{
	return cli_view_collections(c, content, NULL, false, err);
}

static int
view_collection(cli *c, mgreg_content *content, mgreg_error *err)
{
	return cli_view_collections(c, content, collection, false, err);
}

static int
view_tensors(cli *c, mgreg_content *content, mgreg_error *err)
{
	return cli_view_tensors(c, content, &view, err);
}

static int
view_text(cli *c, mgreg_content *content, mgreg_error *err)
{
	char *text;
	size_t size;
	int rc = mgreg_content_metagraph(content, 1, &text, &size, err);

	if (rc == 0)
		rc = cli_deliver(c, text, size, err);
	if (rc == 0)
		mgreg_free(text);
	return rc;
}

static bool one_collection, some_tensors;
static const cli_view_flag flags[] = {
	{ &graph, "graph", cli_view_graph }, { &saver, "saver", cli_view_saver }, { &info, "info", cli_view_info },
	{ &signatures, "signatures", cli_view_signatures }, { &files, "files", cli_view_files },
	{ &notes, "notes", cli_view_notes }, { &hparams, "hparams", cli_view_hparams }, { &collections, "collections", view_collections },
	{ &one_collection, "collection", view_collection }, { &some_tensors, "tensors", view_tensors },
	{ &as_text, "as-text", view_text },
};

static int
summary(cli *c, mgreg_content *content, mgreg_error *err)
{
	static const cli_column columns[] = {
		{ "path", CLI_COL_TEXT }, { "kind", CLI_COL_TEXT }, { "format", CLI_COL_TEXT }, { "text", CLI_COL_BOOL },
		{ "prefix", CLI_COL_TEXT }, { "weights_format", CLI_COL_TEXT }, { "metagraphs", CLI_COL_INT }, { "tags", CLI_COL_TEXT },
		{ "tensorflow_version", CLI_COL_TEXT }, { "producer", CLI_COL_INT }, { "nodes", CLI_COL_INT },
		{ "functions", CLI_COL_INT }, { "collections", CLI_COL_INT }, { "signatures", CLI_COL_INT }, { "assets", CLI_COL_INT },
		{ "saver", CLI_COL_BOOL }, { "metagraph_bytes", CLI_COL_SIZE }, { "tensors", CLI_COL_INT },
		{ "tensor_bytes", CLI_COL_SIZE }, { "files", CLI_COL_INT },
	};
	mgreg_content_info i;
	int rc = mgreg_content_get_info(content, &i, err);

	if (rc)
		return rc;
	cli_rows_begin(c, columns, MG_COUNT(columns), true);
	cli_put_text(c, i.path);
	cli_put_text(c, i.kind);
	cli_put_text(c, i.format);
	cli_put_bool(c, i.is_text);
	cli_put_text(c, i.prefix);
	cli_put_text(c, i.weights_format);
	cli_put_int(c, i.metagraphs);
	cli_put_text(c, i.tags && *i.tags ? i.tags : NULL);
	cli_put_text(c, i.tensorflow_version && *i.tensorflow_version ? i.tensorflow_version : NULL);
	cli_put_count(c, i.producer);
	cli_put_count(c, i.nodes);
	cli_put_count(c, i.functions);
	cli_put_count(c, i.collections);
	cli_put_count(c, i.signatures);
	cli_put_count(c, i.assets);
	cli_put_bool(c, i.has_saver);
	cli_put_count(c, i.metagraph_bytes);
	cli_put_count(c, i.tensors);
	cli_put_count(c, i.tensor_bytes);
	cli_put_int(c, i.files);
	cli_row_end(c);
	return cli_rows_end(c, err);
}

static int
run(cli *c, mgreg_error *err)
{
	mgreg_content *content = NULL;
	cli_view_fn *chosen;
	int rc = cli_expect_args(c, 1, 1, err);

	one_collection = collection != NULL;
	some_tensors = tensors || view.glob || view.stats || view.values;
	if (rc == 0 && view.head < 0)
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "--head: not below zero");
	if (rc == 0)
		rc = cli_choose_view(flags, MG_COUNT(flags), &chosen, err);
	if (rc == 0)
		rc = mgreg_content_open(&content, c->args[0], tags, err);
	if (rc == 0)
		rc = chosen ? chosen(c, content, err) : summary(c, content, err);
	mgreg_content_close(content);
	return rc;
}

CLI_COMMAND(inspect, "FILE", "what a file, checkpoint or SavedModel holds, without a store", CLI_NOTHING, options, run)
