/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_diff.c - what differs between two versions. */
#include "cli/views.h"

static bool graph, hparams, tensors, collections, stat, all, exit_code;
static double tolerance;
static const char *tags;
static const cli_option options[] = {
	{ 0, "graph", CLI_FLAG, &graph, NULL, "only nodes and functions" },
	{ 0, "hparams", CLI_FLAG, &hparams, NULL, "only hyper-parameters" },
	{ 0, "tensors", CLI_FLAG, &tensors, NULL, "only tensors" },
	{ 0, "tolerance", CLI_REAL, &tolerance, "X", "tensor elements this close (absolutely and relatively) are the same" },
	{ 0, "collections", CLI_FLAG, &collections, NULL, "only collections" },
	{ 0, "stat", CLI_FLAG, &stat, NULL, "only how many" },
	{ 0, "all", CLI_FLAG, &all, NULL, "also what is the same" },
	{ 0, "exit-code", CLI_FLAG, &exit_code, NULL, "exit 1 if anything differs" },
	{ 0, "tags", CLI_TEXT, &tags, "A,B", "of a SavedModel's MetaGraphs, this one" },
	CLI_COMMON_OPTIONS
};

static const char *const parts[] = { "hparams", "info", "signatures", "collections", "graph", "tensors" };
enum { ADDED, REMOVED, CHANGED, SAME, CHANGES };
static const char *const changes[CHANGES] = { "added", "removed", "changed", "same" };

typedef struct outcome {
	cli    *c;
	int64_t counts[MG_COUNT(parts)][CHANGES];
	mg_str  last;           /* part and name: one thing may differ in several fields and counts once */
} outcome;

static size_t
find(const char *const *list, size_t count, const char *word)
{
	size_t i = 0;

	while (i + 1 < count && strcmp(list[i], word) != 0)
		i++;
	return i;
}

static void
count(outcome *o, const mgreg_difference *d)
{
	mg_str key = MG_STR_INIT;

	mg_str_printf(&key, "%s %s", d->part, d->name);
	if (strcmp(key.ptr, o->last.ptr) != 0)
		o->counts[find(parts, MG_COUNT(parts), d->part)][find(changes, CHANGES, d->change)]++;
	mg_str_clear(&o->last);
	o->last = key;
}

/* "graph  ~ dense/MatMul attr["T"].type: DT_FLOAT -> DT_HALF" */
static void
print_line(cli *c, const mgreg_difference *d)
{
	static const char signs[CHANGES] = { '+', '-', '~', '=' };
	char sign = signs[find(changes, CHANGES, d->change)];

	cli_print(c, "%-11s %c %s%s%s", d->part, sign, d->name, *d->field ? " " : "", d->field);
	if (sign == '~' && strcmp(d->field, "values") == 0)
		cli_print(c, ": %s\n", d->b);
	else if (sign == '~')
		cli_print(c, ": %s -> %s\n", d->a ? d->a : "(absent)", d->b ? d->b : "(absent)");
	else if (d->a || d->b)
		cli_print(c, ": %s\n", d->b ? d->b : d->a);
	else
		cli_print(c, "\n");
}

static int
hear(void *ctx, const mgreg_difference *d)
{
	outcome *o = ctx;
	cli *c = o->c;

	count(o, d);
	if (stat || (c->quiet && c->format == CLI_HUMAN))
		return 0;
	if (c->format == CLI_HUMAN) {
		print_line(c, d);
		return 0;
	}
	cli_put_text(c, d->part);
	cli_put_text(c, d->change);
	cli_put_text(c, d->name);
	cli_put_text(c, d->field);
	cli_put_text(c, d->a);
	cli_put_text(c, d->b);
	cli_row_end(c);
	return 0;
}

static int
print_counts(outcome *o, mgreg_error *err)
{
	static const cli_column columns[] = {
		{ "part", CLI_COL_TEXT }, { "added", CLI_COL_INT }, { "removed", CLI_COL_INT }, { "changed", CLI_COL_INT },
		{ "same", CLI_COL_INT },
	};

	cli_rows_begin(o->c, columns, (int)MG_COUNT(columns) - !all, false);
	for (size_t i = 0; i < MG_COUNT(parts); i++) {
		int64_t sum = 0;

		for (int k = 0; k < CHANGES; k++)
			sum += o->counts[i][k];
		if (!sum)
			continue;
		cli_put_text(o->c, parts[i]);
		for (int k = 0; k < CHANGES - !all; k++)
			cli_put_int(o->c, o->counts[i][k]);
		cli_row_end(o->c);
	}
	return cli_rows_end(o->c, err);
}

static int
compare(cli *c, mgreg_content *a, mgreg_content *b, mgreg_error *err)
{
	static const cli_column columns[] = {
		{ "part", CLI_COL_TEXT }, { "change", CLI_COL_TEXT }, { "name", CLI_COL_TEXT }, { "field", CLI_COL_TEXT },
		{ "a", CLI_COL_TEXT }, { "b", CLI_COL_TEXT },
	};
	mgreg_diff_options o = MGREG_DIFF_INIT;
	outcome result = { .c = c, .last = MG_STR_INIT };
	bool rows = !stat && c->format != CLI_HUMAN;
	int64_t differences;
	int rc;

	o.graph = graph;
	o.hparams = hparams;
	o.tensors = tensors;
	o.collections = collections;
	o.same = all;
	o.tolerance = tolerance;
	if (rows)
		cli_rows_begin(c, columns, MG_COUNT(columns), false);
	rc = mgreg_content_diff(a, b, &o, hear, &result, &differences, err);
	if (rc == 0 && rows)
		rc = cli_rows_end(c, err);
	else if (rc == 0 && stat)
		rc = print_counts(&result, err);
	if (rc == 0 && exit_code && differences)
		rc = mg_fail_because(err, MGREG_FAILED_PRECONDITION, MGREG_REASON_NO, "%lld differences", (long long)differences);
	mg_str_clear(&result.last);
	return rc;
}

static int
run(cli *c, mgreg_error *err)
{
	mgreg_content *a = NULL, *b = NULL;
	int rc = cli_expect_args(c, 2, 2, err);

	if (rc == 0 && !(tolerance >= 0))
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "--tolerance: not below zero");
	if (rc == 0)
		rc = cli_open_ref(c, c->args[0], tags, &a, err);
	if (rc == 0)
		rc = cli_open_ref(c, c->args[1], tags, &b, err);
	if (rc == 0)
		rc = compare(c, a, b, err);
	mgreg_content_close(a);
	mgreg_content_close(b);
	return rc;
}

CLI_COMMAND(diff, "REF REF", "what differs between two versions", CLI_STORE_READ, options, run)
