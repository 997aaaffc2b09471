/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_show.c - one version: a summary, or one part of it. */
#include "cli/views.h"

static bool graph, saver, info, signatures, files;
static const char *tags;
static const cli_option options[] = {
	{ 0, "graph", CLI_FLAG, &graph, NULL, "the nodes of the graph" },
	{ 0, "saver", CLI_FLAG, &saver, NULL, "the SaverDef" },
	{ 0, "info", CLI_FLAG, &info, NULL, "the MetaInfoDef and the versions of the graph" },
	{ 0, "signatures", CLI_FLAG, &signatures, NULL, "inputs and outputs of the signatures" },
	{ 0, "files", CLI_FLAG, &files, NULL, "the files it came as" },
	{ 0, "tags", CLI_TEXT, &tags, "A,B", "of a SavedModel's MetaGraphs, this one" },
	CLI_COMMON_OPTIONS
};

static const cli_view_flag flags[] = {
	{ &graph, "graph", cli_view_graph }, { &saver, "saver", cli_view_saver }, { &info, "info", cli_view_info },
	{ &signatures, "signatures", cli_view_signatures }, { &files, "files", cli_view_files },
};

static const cli_column columns[] = {
	{ "ref", CLI_COL_TEXT }, { "model", CLI_COL_TEXT }, { "run", CLI_COL_TEXT }, { "no", CLI_COL_INT },
	{ "global_step", CLI_COL_INT }, { "kind", CLI_COL_TEXT }, { "state", CLI_COL_TEXT }, { "pinned", CLI_COL_BOOL },
	{ "saved", CLI_COL_TEXT }, { "aliases", CLI_COL_TEXT }, { "uid", CLI_COL_TEXT }, { "logical_bytes", CLI_COL_SIZE },
	{ "added_bytes", CLI_COL_SIZE }, { "weights", CLI_COL_TEXT }, { "version_id", CLI_COL_INT },
	{ "metagraphs", CLI_COL_INT }, { "tags", CLI_COL_TEXT }, { "tensorflow_version", CLI_COL_TEXT }, { "producer", CLI_COL_INT },
	{ "nodes", CLI_COL_INT }, { "functions", CLI_COL_INT }, { "collections", CLI_COL_INT }, { "signatures", CLI_COL_INT },
	{ "saver", CLI_COL_BOOL }, { "tensors", CLI_COL_INT }, { "tensor_bytes", CLI_COL_SIZE }, { "files", CLI_COL_INT },
};

static void
put_version(cli *c, const mgreg_version_info *v)
{
	char hex[65];

	cli_put_text(c, v->ref);
	cli_put_text(c, v->model);
	cli_put_text(c, v->run);
	cli_put_int(c, v->no);
	if (v->has_step)
		cli_put_int(c, v->step);
	else
		cli_put_null(c);
	cli_put_text(c, v->kind);
	cli_put_text(c, v->state);
	cli_put_bool(c, v->pinned);
	cli_put_utc(c, v->saved_at);
	cli_put_text(c, *v->aliases ? v->aliases : NULL);
	cli_put_text(c, v->uid);
	cli_put_int(c, v->size);
	cli_put_int(c, v->added_bytes);
	for (int i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", v->weights[i]);
	cli_put_text(c, v->has_weights ? hex : NULL);
	cli_put_int(c, v->id);
}

static int
take_version(void *ctx, const mgreg_version_info *v)
{
	*(mgreg_version_info *)ctx = *v;
	return 0;
}

/* The row that `ls` shows, sizes included. */
static int
complete(cli *c, mgreg_version_info *v, mgreg_error *err)
{
	mgreg_version_filter filter = MGREG_VERSION_FILTER_INIT;
	char where[64];

	snprintf(where, sizeof(where), "version_id = %lld", (long long)v->id);
	filter.where = where;
	filter.all_states = 1;
	return mgreg_store_versions_each(c->store, &filter, take_version, v, err);
}

static int
summary(cli *c, const mgreg_version_info *v, mgreg_content *content, mgreg_error *err)
{
	mgreg_content_info i;
	int rc = mgreg_content_get_info(content, &i, err);

	if (rc)
		return rc;
	cli_rows_begin(c, columns, MG_COUNT(columns), true);
	put_version(c, v);
	cli_put_int(c, i.metagraphs);
	cli_put_text(c, i.tags && *i.tags ? i.tags : NULL);
	cli_put_text(c, i.tensorflow_version && *i.tensorflow_version ? i.tensorflow_version : NULL);
	cli_put_count(c, i.producer);
	cli_put_count(c, i.nodes);
	cli_put_count(c, i.functions);
	cli_put_count(c, i.collections);
	cli_put_count(c, i.signatures);
	cli_put_bool(c, i.has_saver);
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
	mgreg_version_info v;
	cli_view_fn *view;
	int rc = cli_expect_args(c, 1, 1, err);

	if (rc == 0)
		rc = cli_choose_view(flags, MG_COUNT(flags), &view, err);
	if (rc == 0)
		rc = mgreg_store_resolve(c->store, c->args[0], &v, err);
	if (rc == 0)
		rc = mgreg_content_open_version(&content, c->store, v.id, tags, err);
	if (rc == 0 && !view)
		rc = complete(c, &v, err);
	if (rc == 0)
		rc = view ? view(c, content, err) : summary(c, &v, content, err);
	mgreg_content_close(content);
	return rc;
}

CLI_COMMAND(show, "REF", "what one version is", CLI_STORE_READ, options, run)
