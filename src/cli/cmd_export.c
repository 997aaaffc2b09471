/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_export.c - files into the store. */
#include "cli/cli.h"

static const char *as, *step_from, *collections, *scope, *hparams_file, *note, *tee, *same_step;
static int64_t step = -1;
static bool clear_devices, strip_default_attrs, clear_extraneous_savers, pin, latest = true, all, meta = true, report;
static cli_list hparams, metrics, tags, aliases;
static const cli_option options[] = {
	{ 0, "as", CLI_TEXT, &as, "MODEL[/RUN]", "where it goes; made if missing (run: main)" },
	{ 0, "step", CLI_STEPS, &step, "N", "the global step (default: the -N of the name, else tensor global_step)" },
	{ 0, "step-from", CLI_TEXT, &step_from, "NAME", "the tensor that holds the global step" },
	{ 0, "all", CLI_FLAG, &all, NULL, "a checkpoint folder: every checkpoint of its state file, oldest first" },
	{ 0, "meta", CLI_FLAG, &meta, NULL, "--no-meta: the weights alone" },
	{ 0, "collections", CLI_TEXT, &collections, "A,B,...", "only these collections" },
	{ 0, "scope", CLI_TEXT, &scope, "NAME", "export_scope: this sub-graph only, prefix removed" },
	{ 0, "clear-devices", CLI_FLAG, &clear_devices, NULL, "remove devices from all nodes" },
	{ 0, "strip-default-attrs", CLI_FLAG, &strip_default_attrs, NULL, "leave out attributes that have their default" },
	{ 0, "clear-extraneous-savers", CLI_FLAG, &clear_extraneous_savers, NULL, "leave out nodes of other savers" },
	{ 0, "hparams", CLI_TEXT, &hparams_file, "FILE.json", "hyper-parameters laid over what the collection says" },
	{ 'H', "hparam", CLI_LIST, &hparams, "K=V", "one hyper-parameter (JSON, else text)" },
	{ 0, "metric", CLI_LIST, &metrics, "K=V", "a metric of the version" },
	{ 0, "tag", CLI_LIST, &tags, "K[=V]", "a tag of the version" },
	{ 0, "note", CLI_TEXT, &note, "TEXT", "a note" },
	{ 0, "alias", CLI_LIST, &aliases, "NAME", "a movable name for it" },
	{ 0, "pin", CLI_FLAG, &pin, NULL, "never let it expire" },
	{ 0, "latest", CLI_FLAG, &latest, NULL, "--no-latest: do not move the pointer (write_state=False)" },
	{ 0, "tee", CLI_TEXT, &tee, "FILE", "also write the MetaGraph to FILE (.pbtxt: as text)" },
	{ 0, "report", CLI_FLAG, &report, NULL, "list what was left out, and why" },
	{ 0, "on-same-step", CLI_TEXT, &same_step, "WHAT", "replace (default), keep-both, refuse, skip" },
	CLI_COMMON_OPTIONS
};

/* Everything that the options struct points into. */
typedef struct parts {
	mg_str             json;
	MG_VEC(mgreg_pair) hparams, tags;
	MG_VEC(const char *) metric_names, collections;
	MG_VEC(double)     metric_values;
	MG_VEC(char *)     owned;
} parts;

static char *
keep(parts *p, const char *text, size_t len)
{
	char *copy = mg_strndup(text, len);

	if (copy && !mg_vec_push(&p->owned, copy)) {
		mg_free(copy);
		copy = NULL;
	}
	return copy;
}

static int
read_pairs(parts *p, const cli_list *list, const char *option, bool value_needed, void *out, mgreg_error *err)
{
	MG_VEC(mgreg_pair) *pairs = out;

	for (size_t i = 0; i < list->items.len; i++) {
		const char *text = list->items.at[i], *value = "";
		mg_slice key = { text, strlen(text) };
		mgreg_pair pair;

		if (!cli_split_pair(text, &key, &value) && value_needed)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "%s '%s': NAME=VALUE is wanted", option, text);
		pair = (mgreg_pair){ keep(p, key.ptr, key.len), value };
		if (!pair.key || !mg_vec_push(pairs, pair))
			return mg_fail_nomem(err, 0);
	}
	return 0;
}

static int
read_metrics(parts *p, mgreg_error *err)
{
	for (size_t i = 0; i < metrics.items.len; i++) {
		const char *text = metrics.items.at[i], *value;
		mg_slice key;
		double number;
		char *name;

		if (!cli_split_pair(text, &key, &value) || !mg_parse_double(value, strlen(value), &number))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "--metric '%s': NAME=NUMBER is wanted", text);
		name = keep(p, key.ptr, key.len);
		if (!name || !mg_vec_push(&p->metric_names, name) || !mg_vec_push(&p->metric_values, number))
			return mg_fail_nomem(err, 0);
	}
	return 0;
}

static int
read_collections(parts *p, mgreg_error *err)
{
	mg_slice rest = MG_SLICE(collections), one;

	while (mg_slice_split(&rest, ',', &one)) {
		char *name = keep(p, one.ptr, one.len);

		if (!name || !mg_vec_push(&p->collections, name))
			return mg_fail_nomem(err, 0);
	}
	return mg_vec_reserve(&p->collections, 1) ? 0 : mg_fail_nomem(err, 0);
}

static int
read_json(parts *p, mgreg_error *err)
{
	FILE *f = fopen(hparams_file, "rb");
	char buf[4096];
	size_t n;

	if (!f)
		return mg_fail(err, MGREG_NOT_FOUND, "--hparams: cannot read '%s'", hparams_file);
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		mg_str_append(&p->json, buf, n);
	fclose(f);
	return mg_str_check(&p->json, err);
}

static int
read_same_step(mgreg_same_step *out, mgreg_error *err)
{
	static const struct { const char *text; mgreg_same_step value; } words[] = {
		{ "replace", MGREG_SAME_REPLACE }, { "keep-both", MGREG_SAME_KEEP_BOTH }, { "refuse", MGREG_SAME_REFUSE }, { "skip", MGREG_SAME_SKIP },
	};

	for (size_t i = 0; i < MG_COUNT(words); i++)
		if (strcmp(same_step, words[i].text) == 0) {
			*out = words[i].value;
			return 0;
		}
	return mg_fail(err, MGREG_INVALID_ARGUMENT, "--on-same-step '%s': replace, keep-both, refuse or skip", same_step);
}

static const cli_column columns[] = {
	{ "ref", CLI_COL_TEXT }, { "model", CLI_COL_TEXT }, { "run", CLI_COL_TEXT }, { "no", CLI_COL_INT }, { "global_step", CLI_COL_INT },
	{ "kind", CLI_COL_TEXT }, { "added", CLI_COL_SIZE }, { "skipped", CLI_COL_BOOL }, { "version_id", CLI_COL_INT },
};

/* A version is told at once: what is printed is durable. */
static int
done(void *ctx, const mgreg_version_info *v, int skipped)
{
	cli *c = ctx;

	if (c->format == CLI_HUMAN) {
		cli_print(c, "%s\n", v->ref);
		if (skipped)
			cli_note(c, "%s was there", v->ref);
		return 0;
	}
	cli_put_text(c, v->ref);
	cli_put_text(c, v->model);
	cli_put_text(c, v->run);
	cli_put_int(c, v->no);
	if (v->has_step)
		cli_put_int(c, v->step);
	else
		cli_put_null(c);
	cli_put_text(c, v->kind);
	cli_put_int(c, v->added_bytes);
	cli_put_bool(c, skipped);
	cli_put_int(c, v->id);
	cli_row_end(c);
	return 0;
}

static int
tell(void *ctx, const char *line)
{
	cli_note(ctx, "%s", line);
	return 0;
}

static int
fill(cli *c, parts *p, mgreg_store_export_options *o, mgreg_error *err)
{
	int rc = 0;

	MG_TRY(read_pairs(p, &hparams, "-H", true, &p->hparams, err));
	MG_TRY(read_pairs(p, &tags, "--tag", false, &p->tags, err));
	MG_TRY(read_metrics(p, err));
	if (collections)
		MG_TRY(read_collections(p, err));
	if (hparams_file)
		MG_TRY(read_json(p, err));
	if (same_step)
		MG_TRY(read_same_step(&o->same_step, err));
	o->as = as;
	o->has_step = step >= 0;
	o->step = step;
	o->step_from = step_from;
	o->collections = collections ? p->collections.at : NULL;
	o->collection_count = (int)p->collections.len;
	o->scope = scope;
	o->hparams_json = hparams_file ? p->json.ptr : NULL;
	o->hparams = p->hparams.at;
	o->hparam_count = (int)p->hparams.len;
	o->tags = p->tags.at;
	o->tag_count = (int)p->tags.len;
	o->metric_names = p->metric_names.at;
	o->metric_values = p->metric_values.at;
	o->metric_count = (int)p->metric_names.len;
	o->aliases = aliases.items.at;
	o->alias_count = (int)aliases.items.len;
	o->note = note;
	o->tee = tee;
	o->report = report ? tell : NULL;
	o->warn = tell;
	o->ctx = c;
	o->all = all;
	o->no_meta = !meta;
	o->pin = pin;
	o->no_latest = !latest;
	o->clear_devices = clear_devices;
	o->strip_default_attrs = strip_default_attrs;
	o->clear_extraneous_savers = clear_extraneous_savers;
	o->dry_run = c->dry_run;
out:
	return rc;
}

static int
run(cli *c, mgreg_error *err)
{
	mgreg_store_export_options o = MGREG_STORE_EXPORT_INIT;
	parts p = { .json = MG_STR_INIT };
	int rc;

	MG_TRY(cli_expect_args(c, 1, -1, err));
	if (!as) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "--as MODEL[/RUN] is needed");
		goto out;
	}
	MG_TRY(fill(c, &p, &o, err));
	if (c->format != CLI_HUMAN)
		cli_rows_begin(c, columns, MG_COUNT(columns), false);
	rc = mgreg_store_export(c->store, c->args, c->arg_count, &o, done, c, err);
	if (rc == 0 && c->format != CLI_HUMAN)
		rc = cli_rows_end(c, err);
out:
	for (size_t i = 0; i < p.owned.len; i++)
		mg_free(p.owned.at[i]);
	mg_vec_clear(&p.owned);
	mg_vec_clear(&p.hparams);
	mg_vec_clear(&p.tags);
	mg_vec_clear(&p.metric_names);
	mg_vec_clear(&p.metric_values);
	mg_vec_clear(&p.collections);
	mg_str_clear(&p.json);
	return rc;
}

CLI_COMMAND(export, "SOURCE...", "put checkpoints, MetaGraphs and other models into the store", CLI_STORE_WRITE, options, run)
