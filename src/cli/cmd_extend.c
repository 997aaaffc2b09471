/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_extend.c - a version and more nodes as a new version. */
#include "cli/live.h"

static const char *with, *as, *minimize, *optimizer;
static cli_list input_map;
static bool init_missing, latest = true;
static cli_runtime runtime;
static const char *tags;
static const cli_option options[] = {
	{ 0, "with", CLI_TEXT, &with, "FILE", "GraphDef or MetaGraphDef whose inputs may name nodes of REF" },
	{ 0, "as", CLI_TEXT, &as, "MODEL[/RUN]", "where the new version goes" },
	{ 0, "input-map", CLI_LIST, &input_map, "A=B", "input A of the fragment is tensor B of REF" },
	{ 0, "minimize", CLI_TEXT, &minimize, "NODE", "a loss: adds gradients, slots and a train op" },
	{ 0, "optimizer", CLI_TEXT, &optimizer, "NAME[:k=v,...]", "sgd, momentum, adam, adagrad, adadelta, rmsprop, ftrl, adamax, nadam ..." },
	{ 0, "init-missing", CLI_FLAG, &init_missing, NULL, "initialize variables that REF's checkpoint lacks" },
	{ 0, "latest", CLI_FLAG, &latest, NULL, "move the pointer (default)" },
	{ 0, "tags", CLI_TEXT, &tags, "A,B", "which MetaGraph of a SavedModel" },
	CLI_RUNTIME_OPTIONS(runtime),
	CLI_COMMON_OPTIONS
};

static int
split_map(const char ***from, const char ***to, mgreg_error *err)
{
	size_t n = input_map.items.len;

	*from = mg_calloc(n + 1, sizeof **from);
	*to = mg_calloc(n + 1, sizeof **to);
	if (!*from || !*to)
		return mg_fail_nomem(err, 0);
	for (size_t i = 0; i < n; i++) {
		mg_slice key;

		if (!cli_split_pair(input_map.items.at[i], &key, &(*to)[i]))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "--input-map '%s' is not A=B", input_map.items.at[i]);
		if (!((*from)[i] = mg_strndup(key.ptr, key.len)))
			return mg_fail_nomem(err, 0);
	}
	return 0;
}

static int
print_version(cli *c, const mgreg_version_info *v, mgreg_error *err)
{
	static const cli_column columns[] = {
		{ "ref", CLI_COL_TEXT }, { "model", CLI_COL_TEXT }, { "run", CLI_COL_TEXT }, { "no", CLI_COL_INT }, { "global_step", CLI_COL_INT },
		{ "version_id", CLI_COL_INT }, { "kind", CLI_COL_TEXT },
	};

	if (c->format == CLI_HUMAN) {
		cli_print(c, "%s\n", v->ref);
		return 0;
	}
	cli_rows_begin(c, columns, MG_COUNT(columns), true);
	cli_put_text(c, v->ref);
	cli_put_text(c, v->model);
	cli_put_text(c, v->run);
	cli_put_int(c, v->no);
	if (v->has_step)
		cli_put_int(c, v->step);
	else
		cli_put_null(c);
	cli_put_int(c, v->id);
	cli_put_text(c, v->kind);
	cli_row_end(c);
	return cli_rows_end(c, err);
}

static int
run(cli *c, mgreg_error *err)
{
	mgreg_live_options live = MGREG_LIVE_INIT;
	mgreg_extend_options o = MGREG_EXTEND_INIT;
	mgreg_version_info v;
	const char **from = NULL, **to = NULL;
	int rc;

	MG_TRY(cli_expect_args(c, 1, 1, err));
	if (!as) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "--as MODEL[/RUN] is missing");
		goto out;
	}
	MG_TRY(cli_runtime_apply(&runtime, &live, err));
	MG_TRY(split_map(&from, &to, err));
	live.tags = tags;
	o.live = &live;
	o.with = with;
	o.map_from = from;
	o.map_to = to;
	o.map_count = (int)input_map.items.len;
	o.as = as;
	o.minimize = minimize;
	o.optimizer = optimizer;
	o.init_missing = init_missing;
	o.no_latest = !latest;
	o.dry_run = c->dry_run;
	rc = mgreg_extend(c->store, c->args[0], &o, &v, err);
	if (rc == 0)
		rc = print_version(c, &v, err);
out:
	for (size_t i = 0; from && i < input_map.items.len; i++)
		mg_free((void *)from[i]);
	mg_free(from);
	mg_free(to);
	return rc;
}

CLI_COMMAND(extend, "REF", "add nodes or an optimizer to a version", CLI_STORE_WRITE, options, run)
