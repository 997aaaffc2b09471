/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_run.c - feeds and fetches: one run of a stored graph. */
#include "cli/live.h"

static cli_list fetch, feed;
static const char *tags;
static cli_runtime runtime;
static const cli_option options[] = {
	{ 0, "fetch", CLI_LIST, &fetch, "NODE,...", "what to compute: nodes, tensors, names in the signature" },
	{ 0, "feed", CLI_LIST, &feed, "NODE=VALUE", "JSON, a .npy, or FILE:NAME of an .npz or .csv" },
	{ 0, "tags", CLI_TEXT, &tags, "A,B", "which MetaGraph of a SavedModel" },
	CLI_RUNTIME_OPTIONS(runtime),
	CLI_COMMON_OPTIONS
};

typedef MG_VEC(char *) names;

/* The lists of --fetch, cut at their commas. */
static int
split_fetches(names *out, mgreg_error *err)
{
	for (size_t i = 0; i < fetch.items.len; i++) {
		mg_slice rest = MG_SLICE(fetch.items.at[i]), one;

		while (mg_slice_split(&rest, ',', &one)) {
			char *name = one.len ? mg_strndup(one.ptr, one.len) : NULL;

			if (one.len && (!name || !mg_vec_push(out, name))) {
				mg_free(name);
				return mg_fail_nomem(err, 0);
			}
		}
	}
	return out->len ? 0 : mg_fail(err, MGREG_INVALID_ARGUMENT, "name what to compute with --fetch NODE,...");
}

static const struct { enum cli_format format; const char *ending; mgreg_tensor_form form; } forms[] = {
	{ CLI_NPY, ".npy", MGREG_FORM_NPY }, { CLI_RAW, ".raw", MGREG_FORM_RAW }, { CLI_CSV, ".csv", MGREG_FORM_CSV },
	{ CLI_JSON, ".json", MGREG_FORM_JSON }, { CLI_HUMAN, ".txt", MGREG_FORM_TEXT },
};

/* Is the result to be one tensor in a form of its own?  -o npy, csv and raw say so, and -O FILE. */
static bool
wants_form(const cli *c, mgreg_tensor_form *form)
{
	for (size_t i = 0; i < MG_COUNT(forms); i++) {
		bool by_format = c->format_given && c->format == forms[i].format;

		if (by_format ? (i < 3 || c->out) : (!c->format_given && c->out && mg_ends_with(c->out, forms[i].ending))) {
			*form = forms[i].form;
			return true;
		}
	}
	*form = MGREG_FORM_TEXT;
	return c->out && !c->format_given;
}

static int
put_one(cli *c, const mgreg_tensor *t, mgreg_tensor_form form, mgreg_error *err)
{
	char *text;
	size_t size;
	int rc = mgreg_tensor_format(t, form, 0, &text, &size, err);

	if (rc)
		return rc;
	if (form == MGREG_FORM_TEXT || form == MGREG_FORM_JSON) /* lines end; the byte behind is the block's NUL */
		text[size++] = '\n';
	rc = cli_deliver(c, text, size, err);
	mgreg_free(text);
	return rc;
}

static void
put_shape(cli *c, const mgreg_tensor *t)
{
	mg_str text = MG_STR_INIT;

	mg_str_addc(&text, '[');
	for (int d = 0; d < mgreg_tensor_rank(t); d++)
		mg_str_printf(&text, "%s%lld", d ? "," : "", (long long)mgreg_tensor_dim(t, d));
	mg_str_addc(&text, ']');
	cli_put_text(c, text.ptr);
	mg_str_clear(&text);
}

static int
put_rows(cli *c, const names *list, mgreg_tensor *const *results, mgreg_error *err)
{
	static const cli_column columns[] = {
		{ "fetch", CLI_COL_TEXT }, { "dtype", CLI_COL_TEXT }, { "shape", CLI_COL_JSON }, { "value", CLI_COL_JSON },
	};
	char *text;
	size_t size;
	int rc = 0;

	cli_rows_begin(c, columns, MG_COUNT(columns), false);
	for (size_t i = 0; rc == 0 && i < list->len; i++) {
		if (!results[i])
			continue;
		if ((rc = mgreg_tensor_format(results[i], MGREG_FORM_JSON, 0, &text, &size, err)) != 0)
			break;
		cli_put_text(c, list->at[i]);
		cli_put_text(c, mgreg_dtype_name(mgreg_tensor_dtype(results[i])));
		put_shape(c, results[i]);
		cli_put_textn(c, text, size);
		cli_row_end(c);
		mgreg_free(text);
	}
	return rc ? rc : cli_rows_end(c, err);
}

/* For people: the value alone when there is one, else "name: value". */
static int
put_text(cli *c, const names *list, mgreg_tensor *const *results, mgreg_error *err)
{
	size_t values = 0;

	for (size_t i = 0; i < list->len; i++)
		values += results[i] != NULL;
	for (size_t i = 0; i < list->len; i++) {
		char *text;
		size_t size;
		int rc;

		if (!results[i])
			continue;
		if ((rc = mgreg_tensor_format(results[i], MGREG_FORM_TEXT, c->verbose ? 0 : 1000, &text, &size, err)) != 0)
			return rc;
		if (values > 1)
			cli_print(c, "%s: ", list->at[i]);
		cli_print(c, "%s\n", text);
		mgreg_free(text);
	}
	return 0;
}

static int
put_results(cli *c, const names *list, mgreg_tensor *const *results, mgreg_error *err)
{
	mgreg_tensor_form form;

	if (wants_form(c, &form)) {
		if (list->len != 1 || !results[0])
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "in this form one tensor is written: --fetch names %zu things", list->len);
		return put_one(c, results[0], form, err);
	}
	return c->format == CLI_HUMAN ? put_text(c, list, results, err) : put_rows(c, list, results, err);
}

static int
run_live(cli *c, const names *list, mgreg_tensor **results, mgreg_error *err)
{
	mgreg_live_options o = MGREG_LIVE_INIT;
	mgreg_live *live = NULL;
	int rc;

	o.tags = tags;
	o.allow_unknown_ops = 1;        /* what the fetches do not need may be anything */
	rc = cli_runtime_apply(&runtime, &o, err);
	if (rc == 0)
		rc = mgreg_live_load(&live, c->store, c->args[0], &o, err);
	if (rc == 0)
		rc = cli_trace_begin(&runtime, live, err);
	if (rc == 0)
		rc = mgreg_live_run(live, feed.items.at, (int)feed.items.len, (const char *const *)list->at, (int)list->len, results, err);
	if (rc == 0)
		rc = cli_trace_end(&runtime, live, err);
	mgreg_live_free(live);
	return rc;
}

static int
run(cli *c, mgreg_error *err)
{
	mgreg_tensor **results = NULL;
	names list = { 0 };
	int rc = cli_expect_args(c, 1, 1, err);

	if (rc == 0)
		rc = split_fetches(&list, err);
	if (rc == 0 && !(results = mg_calloc(list.len, sizeof(mgreg_tensor *))))
		rc = mg_fail_nomem(err, 0);
	if (rc == 0)
		rc = run_live(c, &list, results, err);
	if (rc == 0)
		rc = put_results(c, &list, results, err);
	for (size_t i = 0; i < list.len; i++) {
		if (results)
			mgreg_tensor_free(results[i]);
		mg_free(list.at[i]);
	}
	mg_free(results);
	mg_vec_clear(&list);
	return rc;
}

CLI_COMMAND(run, "REF", "one run of the graph: feed tensors, fetch tensors", CLI_STORE_READ, options, run)
