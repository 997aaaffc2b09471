/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_eval.c - tensors of a version over data, as means over rows. */
#include "cli/live.h"
#include "cli/views.h"

static const char *data, *fetch;
static cli_list feed_map;
static int64_t batch;
static bool record;
static cli_runtime runtime;
static const char *tags;
static const cli_option options[] = {
	{ 0, "data", CLI_TEXT, &data, "FILE|DIR", ".npy, .npz, .csv or a folder of .npy: its columns feed placeholders" },
	{ 0, "feed-map", CLI_LIST, &feed_map, "INPUT=COLUMN", "which column feeds a placeholder of another name" },
	{ 0, "batch", CLI_INT, &batch, "N", "rows at a time (default: what the graph asks for, else all)" },
	{ 0, "fetch", CLI_TEXT, &fetch, "A,B", "what to evaluate: nodes, tensors, names in the signature (default: those of loss, acc, accuracy that are there)" },
	{ 0, "record", CLI_FLAG, &record, NULL, "write the means as metrics eval/NAME of this version" },
	{ 0, "tags", CLI_TEXT, &tags, "A,B", "which MetaGraph of a SavedModel" },
	CLI_RUNTIME_OPTIONS(runtime),
	CLI_COMMON_OPTIONS
};

static int
show_progress(void *ctx, int64_t rows, int64_t total)
{
	cli_progress(ctx, "%lld/%lld rows", (long long)rows, (long long)total);
	return 0;
}

static int
print_results(cli *c, const mgreg_version_info *v, const char **names, const double *means, int n, int64_t rows, mgreg_error *err)
{
	static const cli_column columns[] = {
		{ "ref", CLI_COL_TEXT }, { "metric", CLI_COL_TEXT }, { "value", CLI_COL_REAL }, { "rows", CLI_COL_INT },
		{ "version_id", CLI_COL_INT },
	};

	cli_rows_begin(c, columns, MG_COUNT(columns), false);
	for (int i = 0; i < n; i++) {
		cli_put_text(c, v->ref);
		cli_put_text(c, names[i]);
		cli_put_real(c, means[i]);
		cli_put_int(c, rows);
		cli_put_int(c, v->id);
		cli_row_end(c);
	}
	return cli_rows_end(c, err);
}

/* What is evaluated where nobody says it: nodes that are called as everybody calls them. */
static const char *const usual[] = { "loss", "acc", "accuracy" };

static int
see_node(void *ctx, const mgreg_node_info *n)
{
	bool *there = ctx;

	for (size_t i = 0; i < MG_COUNT(usual); i++)
		there[i] = there[i] || strcmp(n->node, usual[i]) == 0;
	return 0;
}

static int
choose_usual(cli *c, mg_str *list, mgreg_error *err)
{
	bool there[MG_COUNT(usual)] = { false };
	mgreg_content *content = NULL;
	int rc = cli_open_ref(c, c->args[0], NULL, &content, err);

	if (rc == 0)
		rc = mgreg_content_nodes_each(content, see_node, there, err);
	mgreg_content_close(content);
	if (rc)
		return rc;
	for (size_t i = 0; i < MG_COUNT(usual); i++)
		if (there[i])
			mg_str_printf(list, "%s%s", list->len ? "," : "", usual[i]);
	if (!list->len)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "the graph has no node loss, acc or accuracy: name what to evaluate with --fetch A,B");
	fetch = list->ptr;
	return mg_str_check(list, err);
}

static int
run(cli *c, mgreg_error *err)
{
	mg_str chosen = MG_STR_INIT;
	mgreg_live_options live = MGREG_LIVE_INIT;
	mgreg_eval_options o = MGREG_EVAL_INIT;
	mgreg_version_info v;
	const char **names = NULL;
	double *means = NULL;
	char *trace = NULL;
	int64_t rows;
	int rc;

	MG_TRY(cli_expect_args(c, 1, 1, err));
	if (batch < 0) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "--batch is not negative");
		goto out;
	}
	if (!fetch)
		MG_TRY(choose_usual(c, &chosen, err));
	MG_TRY(cli_runtime_apply(&runtime, &live, err));
	names = cli_split_list(fetch, &o.fetch_count);
	means = names ? mg_calloc((size_t)o.fetch_count + 1, sizeof *means) : NULL;
	if (!means) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	live.tags = tags;
	o.live = &live;
	o.data = data;
	o.feed_map = feed_map.items.at;
	o.feed_map_count = (int)feed_map.items.len;
	o.batch = batch;
	o.fetch = names;
	o.record = record && !c->dry_run;
	o.progress = show_progress;
	o.ctx = c;
	o.trace = runtime.trace ? &trace : NULL;
	cli_catch_signals();
	o.cancel = cli_signal_flag();
	rc = mgreg_eval(c->store, c->args[0], &o, means, &rows, &v, err);
	cli_progress_end(c);
	if (rc == 0 && trace)
		rc = cli_write_file(runtime.trace, trace, strlen(trace), err);
	if (rc == 0)
		rc = print_results(c, &v, names, means, o.fetch_count, rows, err);
out:
	mgreg_free(trace);
	mg_free(means);
	mg_free(names);
	mg_str_clear(&chosen);
	return rc;
}

CLI_COMMAND(eval, "REF", "means of tensors over data, recorded if asked", CLI_STORE_WRITE, options, run)
