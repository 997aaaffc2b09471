/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_du.c - what versions hold, and what deleting them would free. */
#include "cli/cli.h"

static const cli_option options[] = {
	CLI_COMMON_OPTIONS
};

typedef struct ids { MG_VEC(int64_t) list; } ids;

static const cli_column columns[] = { { "ref", CLI_COL_TEXT }, { "versions", CLI_COL_INT }, { "logical_bytes", CLI_COL_SIZE },
	{ "stored_bytes", CLI_COL_SIZE }, { "frees_bytes", CLI_COL_SIZE } };

static int
collect(void *ctx, const mgreg_version_info *v)
{
	ids *all = ctx;

	return strcmp(v->state, "purged") == 0 || mg_vec_push(&all->list, v->id) ? 0 : MGREG_RESOURCE_EXHAUSTED;
}

static int
row(cli *c, const char *name, const int64_t *versions, size_t count, mgreg_error *err)
{
	mgreg_usage u;
	int rc = mgreg_store_usage(c->store, versions, (int)count, &u, err);

	if (rc)
		return rc;
	cli_put_text(c, name);
	cli_put_int(c, u.versions);
	cli_put_int(c, u.logical_bytes);
	cli_put_int(c, u.stored_bytes);
	cli_put_int(c, u.frees_bytes);
	cli_row_end(c);
	return 0;
}

/* Without operands: a row for each run, all states. */
typedef struct runs { cli *c; ids all, one; char name[500]; mgreg_error *err; int rc; } runs;

static int
close_run(runs *r)
{
	int rc = r->one.list.len ? row(r->c, r->name, r->one.list.at, r->one.list.len, r->err) : 0;

	r->one.list.len = 0;
	return rc;
}

static int
each_version(void *ctx, const mgreg_version_info *v)
{
	runs *r = ctx;
	char name[500];

	snprintf(name, sizeof(name), "%s/%s", v->model, v->run);
	if (strcmp(name, r->name) != 0) {
		if ((r->rc = close_run(r)) != 0)
			return r->rc;
		memcpy(r->name, name, sizeof(name));
	}
	return collect(&r->all, v) || collect(&r->one, v);
}

static int
all_runs(cli *c, mgreg_error *err)
{
	mgreg_version_filter filter = { .size = sizeof(filter), .all_states = 1, .sort = "run_id" };
	runs r = { .c = c, .err = err };
	int rc = mgreg_store_versions_each(c->store, &filter, each_version, &r, err);

	if (rc == 0)
		rc = close_run(&r);
	if (rc == 0)
		rc = row(c, "total", r.all.list.at, r.all.list.len, err);
	mg_vec_clear(&r.all.list);
	mg_vec_clear(&r.one.list);
	return rc;
}

static int
some_refs(cli *c, mgreg_error *err)
{
	ids all = { { 0 } }, one = { { 0 } };
	int rc = 0;

	for (int i = 0; i < c->arg_count && rc == 0; i++) {
		one.list.len = 0;
		if ((rc = mgreg_store_resolve_each(c->store, c->args[i], collect, &one, err)) != 0)
			break;
		for (size_t k = 0; k < one.list.len && rc == 0; k++)
			if (!mg_vec_push(&all.list, one.list.at[k]))
				rc = mg_fail_nomem(err, 0);
		if (rc == 0)
			rc = row(c, c->args[i], one.list.at, one.list.len, err);
	}
	if (rc == 0 && c->arg_count > 1)
		rc = row(c, "together", all.list.at, all.list.len, err);
	mg_vec_clear(&all.list);
	mg_vec_clear(&one.list);
	return rc;
}

static int
run(cli *c, mgreg_error *err)
{
	int rc;

	cli_rows_begin(c, columns, MG_COUNT(columns), false);
	rc = c->arg_count ? some_refs(c, err) : all_runs(c, err);
	return rc ? rc : cli_rows_end(c, err);
}

CLI_COMMAND(du, "[REF...]", "what versions hold, and what deleting them would free", CLI_STORE_READ, options, run)
