/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_ls.c - versions as a table. */
#include "cli/cli.h"

static const char *where, *sort, *weights, *wanted_columns;
static int64_t limit;
static bool all_states;
static const cli_option options[] = {
	{ 0, "where", CLI_TEXT, &where, "EXPR", "an SQL expression over the columns of view versions" },
	{ 0, "sort", CLI_TEXT, &sort, "KEY", "a column; -KEY descends" },
	{ 0, "limit", CLI_INT, &limit, "N", "at most N" },
	{ 0, "all-states", CLI_FLAG, &all_states, NULL, "also replaced, expired and purged ones" },
	{ 0, "weights", CLI_TEXT, &weights, "HEX", "only versions with these weights (8 digits of the digest or more)" },
	{ 0, "columns", CLI_TEXT, &wanted_columns, "A,B,...", "which columns (default: ref,no,run,step,kind,state,saved,aliases,size,added)" },
	CLI_COMMON_OPTIONS
};

static void
put_time(cli *c, int64_t ms)
{
	struct tm t;
	time_t s = (time_t)(ms / 1000);
	char text[32];

	if (gmtime_r(&s, &t) && strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &t))
		cli_put_text(c, text);
	else
		cli_put_null(c);
}

static void
put_step(cli *c, const mgreg_version_info *v)
{
	if (v->has_step)
		cli_put_int(c, v->step);
	else
		cli_put_null(c);
}

static void
put_weights(cli *c, const mgreg_version_info *v)
{
	char hex[65];

	if (!v->has_weights) {
		cli_put_null(c);
		return;
	}
	for (int i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", v->weights[i]);
	cli_put_text(c, hex);
}

static void put_ref(cli *c, const mgreg_version_info *v) { cli_put_text(c, v->ref); }
static void put_no(cli *c, const mgreg_version_info *v) { cli_put_int(c, v->no); }
static void put_model(cli *c, const mgreg_version_info *v) { cli_put_text(c, v->model); }
static void put_run(cli *c, const mgreg_version_info *v) { cli_put_text(c, v->run); }
static void put_kind(cli *c, const mgreg_version_info *v) { cli_put_text(c, v->kind); }
static void put_state(cli *c, const mgreg_version_info *v) { cli_put_text(c, v->state); }
static void put_saved(cli *c, const mgreg_version_info *v) { put_time(c, v->saved_at); }
static void put_aliases(cli *c, const mgreg_version_info *v) { cli_put_text(c, *v->aliases ? v->aliases : NULL); }
static void put_size(cli *c, const mgreg_version_info *v) { cli_put_int(c, v->size); }
static void put_added(cli *c, const mgreg_version_info *v) { cli_put_int(c, v->added_bytes); }
static void put_pinned(cli *c, const mgreg_version_info *v) { cli_put_bool(c, v->pinned); }
static void put_id(cli *c, const mgreg_version_info *v) { cli_put_int(c, v->id); }
static void put_uid(cli *c, const mgreg_version_info *v) { cli_put_text(c, v->uid); }

/* NAME as a user may write it, KEY as the view calls it. */
static const struct {
	const char *name, *key;
	enum cli_type type;
	void (*put)(cli *c, const mgreg_version_info *v);
} known[] = {
	{ "ref", "ref", CLI_COL_TEXT, put_ref }, { "no", "no", CLI_COL_INT, put_no }, { "run", "run", CLI_COL_TEXT, put_run },
	{ "step", "global_step", CLI_COL_INT, put_step }, { "kind", "kind", CLI_COL_TEXT, put_kind },
	{ "state", "state", CLI_COL_TEXT, put_state }, { "saved", "saved", CLI_COL_TEXT, put_saved },
	{ "aliases", "aliases", CLI_COL_TEXT, put_aliases }, { "size", "logical_bytes", CLI_COL_SIZE, put_size },
	{ "added", "added_bytes", CLI_COL_SIZE, put_added }, { "pinned", "pinned", CLI_COL_BOOL, put_pinned },
	{ "model", "model", CLI_COL_TEXT, put_model }, { "weights", "weights", CLI_COL_TEXT, put_weights },
	{ "uid", "uid", CLI_COL_TEXT, put_uid }, { "version_id", "version_id", CLI_COL_INT, put_id },
};

static size_t chosen[32];
static int chosen_count;

static int
choose(const char *list, mgreg_error *err)
{
	mg_slice rest = MG_SLICE(list), field;
	size_t i;
	int rc;

	while (mg_slice_split(&rest, ',', &field)) {
		for (i = 0; i < MG_COUNT(known); i++)
			if (mg_slice_eq(field, known[i].name) || mg_slice_eq(field, known[i].key))
				break;
		if (i == MG_COUNT(known) || chosen_count == (int)MG_COUNT(chosen)) {
			rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "--columns: no column '%.*s'", (int)MG_MIN(field.len, (size_t)100), field.ptr);
			for (i = 0; i < MG_COUNT(known); i++)
				mg_error_candidate(err, "%s", known[i].name);
			return rc;
		}
		chosen[chosen_count++] = i;
	}
	return 0;
}

static int
row(void *ctx, const mgreg_version_info *v)
{
	for (int i = 0; i < chosen_count; i++)
		known[chosen[i]].put(ctx, v);
	cli_row_end(ctx);
	return 0;
}

/* 8 digits or more; OUT is filled up with zeros. */
static bool
parse_weights(uint8_t out[32])
{
	size_t n = strlen(weights);
	unsigned digit;

	if (n < 8 || n > 64 || strspn(weights, "0123456789abcdefABCDEF") != n)
		return false;
	memset(out, 0, 32);
	for (size_t i = 0; i < n; i++) {
		sscanf((char[2]){ weights[i] }, "%1x", &digit);
		out[i / 2] = (uint8_t)(out[i / 2] | (i % 2 ? digit : digit << 4));
	}
	return true;
}

static int
run(cli *c, mgreg_error *err)
{
	mgreg_version_filter f = MGREG_VERSION_FILTER_INIT;
	cli_column columns[MG_COUNT(chosen)];
	uint8_t digest[32];
	int rc = cli_expect_args(c, 0, -1, err);

	if (rc == 0)
		rc = choose(wanted_columns ? wanted_columns : c->format == CLI_HUMAN ? "ref,no,run,step,kind,state,saved,aliases,size,added"
			: "ref,no,model,run,step,kind,state,pinned,saved,aliases,size,added,weights,uid,version_id", err);
	if (rc)
		return rc;
	if (weights && !parse_weights(digest))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "--weights: 8 to 64 hexadecimal digits");
	if (limit < 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "--limit: not below zero");
	for (int i = 0; i < chosen_count; i++)
		columns[i] = (cli_column){ c->format == CLI_HUMAN ? known[chosen[i]].name : known[chosen[i]].key, known[chosen[i]].type };
	f.where = where;
	f.sort = sort;
	f.limit = limit;
	f.all_states = all_states;
	f.weights = weights ? digest : NULL;
	f.weights_digits = weights ? (int)strlen(weights) : 0;
	cli_rows_begin(c, columns, chosen_count, false);
	for (int i = 0; rc == 0 && i < (c->arg_count ? c->arg_count : 1); i++) {
		f.model_run = c->arg_count ? c->args[i] : NULL;
		rc = mgreg_store_versions_each(c->store, &f, row, c, err);
	}
	return rc ? rc : cli_rows_end(c, err);
}

CLI_COMMAND(ls, "[MODEL[/RUN] | RANGE | REF]...", "versions, as a table", CLI_STORE_READ, options, run)
