/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_policy.c - what retention keeps of a run, or of the runs of a model: set or shown. */
#include "cli/cli.h"

static int64_t last = -1, steps = -1;
static const char *hours;
static cli_list best;
static bool tf, none;
static const cli_option options[] = {
	{ 0, "keep-last", CLI_INT, &last, "N", "keep the N saved last" },
	{ 0, "keep-every-hours", CLI_TEXT, &hours, "H", "keep the first of every H hours" },
	{ 0, "keep-every-steps", CLI_STEPS, &steps, "N", "keep those whose step is a multiple of N (10k)" },
	{ 0, "keep-best", CLI_LIST, &best, "METRIC:N", "keep the N best by a metric's declared direction; may repeat" },
	{ 0, "tf", CLI_FLAG, &tf, NULL, "do as tf.train.Saver does, with the numbers of the graph's SaverDef" },
	{ 0, "none", CLI_FLAG, &none, NULL, "no policy: keep everything" },
	CLI_COMMON_OPTIONS
};

static int
compose(mg_str *out, mgreg_error *err)
{
	if (last >= 0)
		mg_str_printf(out, "last=%lld,", (long long)last);
	if (hours)
		mg_str_printf(out, "hours=%s,", hours);
	if (steps >= 0)
		mg_str_printf(out, "steps=%lld,", (long long)steps);
	for (size_t i = 0; i < best.items.len; i++)
		mg_str_printf(out, "best=%s,", best.items.at[i]);
	if (out->len && !out->failed)
		out->ptr[--out->len] = '\0';
	if (tf + none + (out->len > 0) > 1)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "--tf, --none and --keep-...: one kind at a time");
	if (tf)
		mg_str_add(out, "tf");
	return mg_str_check(out, err);
}

static int
show(cli *c, mgreg_error *err)
{
	static const cli_column columns[] = { { "subject", CLI_COL_TEXT }, { "policy", CLI_COL_TEXT } };
	char *text;
	int rc = mgreg_policy_get(c->store, c->args[0], &text, err);

	if (rc)
		return rc;
	if (c->format == CLI_HUMAN) {
		cli_print(c, "%s\n", text ? text : "none");
	} else {
		cli_rows_begin(c, columns, MG_COUNT(columns), true);
		cli_put_text(c, c->args[0]);
		cli_put_text(c, text);
		cli_row_end(c);
		rc = cli_rows_end(c, err);
	}
	mgreg_free(text);
	return rc;
}

static int
run(cli *c, mgreg_error *err)
{
	mg_str policy = MG_STR_INIT;
	int rc = cli_expect_args(c, 1, 1, err);

	if (rc == 0)
		rc = compose(&policy, err);
	if (rc == 0 && !policy.len && !none) {
		rc = show(c, err);
	} else if (rc == 0 && (rc = cli_reopen_for_writing(c, err)) == 0 && (rc = cli_begin(c, err)) == 0) {
		rc = mgreg_policy_set(c->store, c->args[0], policy.len ? policy.ptr : NULL, err);
		rc = cli_end(c, rc ? rc : show(c, err), err);
	}
	mg_str_clear(&policy);
	return rc;
}

CLI_COMMAND(policy, "MODEL[/RUN]", "what retention keeps", CLI_STORE_READ, options, run)
