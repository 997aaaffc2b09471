/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_latest.c - the version that TensorFlow's latest_checkpoint would name. */
#include "cli/cli.h"

static const char *path;
static bool steps;
static const cli_option options[] = {
	{ 0, "steps", CLI_FLAG, &steps, NULL, "print the global step instead" },
	{ 0, "path", CLI_TEXT, &path, "DIR", "check it out into DIR and print the prefix" },
	CLI_COMMON_OPTIONS
};

/* Without an operand: the only model of the store. */
static int
only_model(void *ctx, const mgreg_version_info *v)
{
	char *model = ctx;

	if (*model && strcmp(model, v->model) != 0) {
		model[0] = '\1';
		model[1] = '\0';
		return 1;
	}
	snprintf(model, sizeof(v->model), "%s", v->model);
	return 0;
}

static int
choose_model(cli *c, char model[201], mgreg_error *err)
{
	int rc;

	model[0] = '\0';
	rc = mgreg_store_versions_each(c->store, NULL, only_model, model, err);
	if (model[0] == '\1')
		return mg_fail_because(err, MGREG_INVALID_ARGUMENT, MGREG_REASON_AMBIGUOUS, "the store has several models; name one");
	if (rc)
		return rc;
	if (!*model)
		return mg_fail_because(err, MGREG_NOT_FOUND, MGREG_REASON_NO, "no version yet");
	return 0;
}

static int
print_row(cli *c, const mgreg_version_info *v, const char *prefix, mgreg_error *err)
{
	static const cli_column columns[] = {
		{ "ref", CLI_COL_TEXT }, { "model", CLI_COL_TEXT }, { "run", CLI_COL_TEXT }, { "no", CLI_COL_INT },
		{ "global_step", CLI_COL_INT }, { "version_id", CLI_COL_INT }, { "path", CLI_COL_TEXT },
	};

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
	cli_put_text(c, prefix);
	cli_row_end(c);
	return cli_rows_end(c, err);
}

static int
run(cli *c, mgreg_error *err)
{
	mgreg_version_info v;
	char model[201], *prefix = NULL;
	int rc = cli_expect_args(c, 0, 1, err);

	if (rc == 0 && c->arg_count == 0)
		rc = choose_model(c, model, err);
	if (rc == 0)
		rc = mgreg_store_latest(c->store, c->arg_count ? c->args[0] : model, &v, err);
	if (rc == 0 && path)
		rc = mgreg_store_checkout(c->store, v.id, path, NULL, &prefix, err);
	if (rc)
		return rc;
	if (c->format != CLI_HUMAN)
		rc = print_row(c, &v, prefix, err);
	else if (steps && v.has_step)
		cli_print(c, "%lld\n", (long long)v.step);
	else
		cli_print(c, "%s\n", prefix ? prefix : v.ref);
	mgreg_free(prefix);
	return rc;
}

CLI_COMMAND(latest, "[MODEL[/RUN]]", "the version saved last", CLI_STORE_READ, options, run)
