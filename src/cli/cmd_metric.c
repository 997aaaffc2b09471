/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_metric.c - points of metrics: add, list, show; which end is better. */
#include "cli/cli.h"

static int64_t step = INT64_MIN;
static const char *better;
static bool all;
static const cli_option options[] = {
	{ 0, "step", CLI_STEPS, &step, "N", "add: the step of the points; of a version the default is its own" },
	{ 0, "better", CLI_TEXT, &better, "lower|higher", "declare: which end is better" },
	{ 0, "all", CLI_FLAG, &all, NULL, "show: also what a rewind hides" },
	CLI_COMMON_OPTIONS
};

/* ---- add, declare ---- */

static int
read_points(cli *c, const char **names, double *values, int count, mgreg_error *err)
{
	for (int i = 0; i < count; i++) {
		const char *text = c->args[i + 2], *value;
		mg_slice key;

		if (!cli_split_pair(text, &key, &value) || key.len == 0 || !mg_parse_double(value, strlen(value), &values[i]))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "'%s': NAME=NUMBER is wanted", text);
		if (!(names[i] = mg_strndup(key.ptr, key.len)))
			return mg_fail_nomem(err, 0);
	}
	return 0;
}

static int
add(cli *c, mgreg_error *err)
{
	static const cli_column columns[] = { { "target", CLI_COL_TEXT }, { "points", CLI_COL_INT }, { "added", CLI_COL_INT } };
	int count = c->arg_count - 2, rc;
	const char **names = mg_calloc((size_t)count + 1, sizeof(*names));
	double *values = mg_calloc((size_t)count + 1, sizeof(*values));
	int64_t added = 0;

	if (!names || !values) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	MG_TRY(read_points(c, names, values, count, err));
	if (c->dry_run) {
		cli_note(c, "would add %d point%s to %s", count, count == 1 ? "" : "s", c->args[1]);
		goto out;
	}
	MG_TRY(mgreg_metric_add(c->store, c->args[1], names, values, count, step != INT64_MIN, step, &added, err));
	if (c->format == CLI_HUMAN) {
		if (added < count)
			cli_note(c, "%lld of %d points were there already", (long long)(count - added), count);
		goto out;
	}
	cli_rows_begin(c, columns, MG_COUNT(columns), true);
	cli_put_text(c, c->args[1]);
	cli_put_int(c, count);
	cli_put_int(c, added);
	cli_row_end(c);
	rc = cli_rows_end(c, err);
out:
	for (int i = 0; names && i < count; i++)
		mg_free((void *)(uintptr_t)names[i]);
	mg_free(names);
	mg_free(values);
	return rc;
}

static int
declare(cli *c, mgreg_error *err)
{
	bool higher = better && strcmp(better, "higher") == 0;

	if (!better || (!higher && strcmp(better, "lower") != 0))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "--better lower or --better higher is needed");
	if (c->dry_run) {
		cli_note(c, "would declare that of '%s' %s is better", c->args[1], better);
		return 0;
	}
	return mgreg_metric_declare(c->store, c->args[1], higher, err);
}

/* ---- ls, show ---- */

static const cli_column summary_columns[] = {
	{ "model", CLI_COL_TEXT }, { "run", CLI_COL_TEXT }, { "metric", CLI_COL_TEXT }, { "better", CLI_COL_TEXT }, { "points", CLI_COL_INT },
	{ "last_step", CLI_COL_INT }, { "last_value", CLI_COL_REAL }, { "min_value", CLI_COL_REAL }, { "min_step", CLI_COL_INT },
	{ "max_value", CLI_COL_REAL }, { "max_step", CLI_COL_INT },
};

static void
put_int_or_null(cli *c, bool has, int64_t v)
{
	if (has)
		cli_put_int(c, v);
	else
		cli_put_null(c);
}

static void
put_real_or_null(cli *c, double v)
{
	if (v != v)
		cli_put_null(c);
	else
		cli_put_real(c, v);
}

static int
put_summary(void *ctx, const mgreg_metric_summary *m)
{
	cli *c = ctx;

	cli_put_text(c, m->model);
	cli_put_text(c, m->run);
	cli_put_text(c, m->metric);
	cli_put_text(c, m->better);
	cli_put_int(c, m->points);
	put_int_or_null(c, m->has_last, m->last_step);
	put_real_or_null(c, m->last_value);
	put_real_or_null(c, m->min_value);
	put_int_or_null(c, m->has_min, m->min_step);
	put_real_or_null(c, m->max_value);
	put_int_or_null(c, m->has_min, m->max_step);
	cli_row_end(c);
	return 0;
}

static int
list(cli *c, mgreg_error *err)
{
	int rc;

	cli_rows_begin(c, summary_columns, MG_COUNT(summary_columns), false);
	rc = mgreg_metrics_each(c->store, c->arg_count > 1 ? c->args[1] : NULL, put_summary, c, err);
	return rc ? rc : cli_rows_end(c, err);
}

static const cli_column point_columns[] = {
	{ "metric", CLI_COL_TEXT }, { "step", CLI_COL_INT }, { "value", CLI_COL_REAL }, { "is_nan", CLI_COL_BOOL },
	{ "wall_time", CLI_COL_INT }, { "session", CLI_COL_INT }, { "version_id", CLI_COL_INT },
};

typedef struct showing { cli *c; bool found; } showing;

static int
put_point(void *ctx, const mgreg_metric_point *p)
{
	showing *s = ctx;
	cli *c = s->c;

	s->found = true;
	cli_put_text(c, p->metric);
	put_int_or_null(c, p->has_step, p->step);
	put_real_or_null(c, p->value);
	cli_put_bool(c, p->value != p->value);
	cli_put_int(c, p->wall_time);
	put_int_or_null(c, p->session != 0, p->session);
	put_int_or_null(c, p->version_id != 0, p->version_id);
	cli_row_end(c);
	return 0;
}

static int
show(cli *c, mgreg_error *err)
{
	showing s = { c, false };
	int rc = 0;

	cli_rows_begin(c, point_columns, MG_COUNT(point_columns), false);
	if (c->arg_count == 2)
		rc = mgreg_metric_points_each(c->store, c->args[1], NULL, all, put_point, &s, err);
	for (int i = 2; rc == 0 && i < c->arg_count; i++) {
		s.found = false;
		rc = mgreg_metric_points_each(c->store, c->args[1], c->args[i], all, put_point, &s, err);
		if (rc == 0 && !s.found)
			rc = mg_fail(err, MGREG_NOT_FOUND, "%s has no metric '%s'", c->args[1], c->args[i]);
	}
	return rc ? rc : cli_rows_end(c, err);
}

static const struct { const char *name; int min, max; int (*run)(cli *c, mgreg_error *err); } verbs[] = {
	{ "add", 3, -1, add }, { "ls", 1, 2, list }, { "show", 2, -1, show }, { "declare", 2, 2, declare },
};

static int
run(cli *c, mgreg_error *err)
{
	int rc = cli_expect_args(c, 1, -1, err);

	for (size_t i = 0; rc == 0 && i < MG_COUNT(verbs); i++)
		if (strcmp(c->args[0], verbs[i].name) == 0)
			return (rc = cli_expect_args(c, verbs[i].min, verbs[i].max, err)) ? rc : verbs[i].run(c, err);
	return rc ? rc : mg_fail(err, MGREG_INVALID_ARGUMENT, "'%s': add, ls, show or declare", c->args[0]);
}

CLI_COMMAND(metric, "add TARGET K=V... | ls [TARGET] | show TARGET [METRIC...] | declare K --better lower|higher",
	"points of metrics, in and out", CLI_STORE_WRITE, options, run)
