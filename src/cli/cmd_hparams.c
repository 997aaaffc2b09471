/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_hparams.c - the hyper-parameters of a version, or of all versions of a model side by side. */
#include "cli/views.h"

static bool wide;
static const char *tags;
static const cli_option options[] = {
	{ 0, "wide", CLI_FLAG, &wide, NULL, "all live versions of MODEL[/RUN], a column per hyper-parameter" },
	{ 0, "tags", CLI_TEXT, &tags, "A,B", "which MetaGraph of a SavedModel" },
	CLI_COMMON_OPTIONS
};

typedef struct cell_value { char *text; bool number; } cell_value;

typedef struct table {
	cli        *c;
	mgreg_error *err;
	mg_map      columns;            /* name -> its number + 1, in order of appearance */
	MG_VEC(mgreg_version_info) versions;
	MG_VEC(mg_map) rows;            /* name -> cell_value */
	int         failed;
} table;

static int
add_cell(void *ctx, const mgreg_hparam *h)
{
	table *t = ctx;
	cell_value *cell = mg_alloc(sizeof(*cell));

	if (cell)
		*cell = (cell_value){ mg_strdup(h->value), h->has_number };
	if (!cell || !cell->text || !mg_map_set(&t->rows.at[t->rows.len - 1], h->hparam, cell)
			|| (!mg_map_has(&t->columns, h->hparam) && !mg_map_set(&t->columns, h->hparam, (void *)(t->columns.len + 1))))
		return mg_fail_nomem(t->err, 0);
	return 0;
}

static int
add_version(void *ctx, const mgreg_version_info *v)
{
	table *t = ctx;
	mg_map empty = { 0 };

	if (!mg_vec_push(&t->versions, *v) || !mg_vec_push(&t->rows, empty))
		return mg_fail_nomem(t->err, 0);
	return mgreg_store_hparams_each(t->c->store, v->id, add_cell, t, t->err);
}

static void
put_cell(cli *c, const cell_value *cell)
{
	double number;

	if (!cell)
		cli_put_null(c);
	else if (cell->number && mg_parse_double(cell->text, strlen(cell->text), &number))
		cli_put_real(c, number);
	else
		cli_put_text(c, cell->text);
}

static int
print_table(table *t, mgreg_error *err)
{
	cli_column *columns = mg_calloc(t->columns.len + 2, sizeof(*columns));
	mg_map_item item;
	int n = 2;

	if (!columns)
		return mg_fail_nomem(err, 0);
	columns[0] = (cli_column){ "ref", CLI_COL_TEXT };
	columns[1] = (cli_column){ "global_step", CLI_COL_INT };
	for (void *it = NULL; (it = mg_map_next(&t->columns, it, &item)); )
		columns[n++] = (cli_column){ item.key, CLI_COL_TEXT };
	cli_rows_begin(t->c, columns, n, false);
	for (size_t i = 0; i < t->versions.len; i++) {
		cli_put_text(t->c, t->versions.at[i].ref);
		if (t->versions.at[i].has_step)
			cli_put_int(t->c, t->versions.at[i].step);
		else
			cli_put_null(t->c);
		for (int k = 2; k < n; k++)
			put_cell(t->c, mg_map_find(&t->rows.at[i], columns[k].name));
		cli_row_end(t->c);
	}
	n = cli_rows_end(t->c, err);
	mg_free(columns);
	return n;
}

static void
clear(table *t)
{
	mg_map_item item;

	for (size_t i = 0; i < t->rows.len; i++) {
		for (void *it = NULL; (it = mg_map_next(&t->rows.at[i], it, &item)); ) {
			mg_free(((cell_value *)item.value)->text);
			mg_free(item.value);
		}
		mg_map_clear(&t->rows.at[i]);
	}
	mg_vec_clear(&t->rows);
	mg_vec_clear(&t->versions);
	mg_map_clear(&t->columns);
}

static int
run_wide(cli *c, mgreg_error *err)
{
	mgreg_version_filter filter = MGREG_VERSION_FILTER_INIT;
	table t = { .c = c, .err = err };
	int rc;

	filter.model_run = c->args[0];
	if ((rc = mgreg_store_versions_each(c->store, &filter, add_version, &t, err)) == 0)
		rc = print_table(&t, err);
	clear(&t);
	return rc;
}

static int
run_one(cli *c, mgreg_error *err)
{
	mgreg_content *content = NULL;
	int rc = cli_open_ref(c, c->args[0], tags, &content, err);

	if (rc == 0)
		rc = cli_view_hparams(c, content, err);
	mgreg_content_close(content);
	return rc;
}

static int
run(cli *c, mgreg_error *err)
{
	int rc = cli_expect_args(c, 1, 1, err);

	return rc ? rc : wide ? run_wide(c, err) : run_one(c, err);
}

CLI_COMMAND(hparams, "REF|MODEL", "the hyper-parameters of a version", CLI_STORE_READ, options, run)
