/* SPDX-License-Identifier: Apache-2.0 */
/* versions.c - what commands that name versions share: rows, operands, times. */
#include "cli/cli.h"

#include <time.h>

void
cli_versions_begin(cli *c, const char *what)
{
	static cli_column columns[8];
	bool human = c->format == CLI_HUMAN;
	int n = 0;

	columns[n++] = (cli_column){ "ref", CLI_COL_TEXT };
	if (!human) {
		columns[n++] = (cli_column){ "model", CLI_COL_TEXT };
		columns[n++] = (cli_column){ "run", CLI_COL_TEXT };
	}
	columns[n++] = (cli_column){ "no", CLI_COL_INT };
	if (!human)
		columns[n++] = (cli_column){ "global_step", CLI_COL_INT };
	if (what)
		columns[n++] = (cli_column){ what, CLI_COL_TEXT };
	columns[n++] = (cli_column){ "state", CLI_COL_TEXT };
	if (!human)
		columns[n++] = (cli_column){ "version_id", CLI_COL_INT };
	cli_rows_begin(c, columns, n, false);
}

void
cli_put_step(cli *c, const mgreg_version_info *v)
{
	if (v->has_step)
		cli_put_int(c, v->step);
	else
		cli_put_null(c);
}

void
cli_put_version(cli *c, const mgreg_version_info *v, const char *what)
{
	bool human = c->format == CLI_HUMAN;

	cli_put_text(c, v->ref);
	if (!human) {
		cli_put_text(c, v->model);
		cli_put_text(c, v->run);
	}
	cli_put_int(c, v->no);
	if (!human)
		cli_put_step(c, v);
	if (what)
		cli_put_text(c, what);
	cli_put_text(c, v->state);
	if (!human)
		cli_put_int(c, v->id);
	cli_row_end(c);
}

void
cli_name_by_number(mgreg_version_info *v)
{
	snprintf(v->ref, sizeof(v->ref), "%s@v%lld", v->model, (long long)v->no);
}

typedef struct found { MG_VEC(mgreg_version_info) versions; } found;

static int
take(void *ctx, const mgreg_version_info *v)
{
	found *f = ctx;

	for (size_t i = 0; i < f->versions.len; i++)    /* named twice is named once */
		if (f->versions.at[i].id == v->id)
			return 0;
	return mg_vec_push(&f->versions, *v) ? 0 : MGREG_RESOURCE_EXHAUSTED;
}

int
cli_resolve_args(cli *c, int first, mgreg_version_info **out, size_t *count, mgreg_error *err)
{
	found f = { .versions = { 0 } };
	int rc = 0;

	for (int i = first; i < c->arg_count && rc == 0; i++)
		rc = mgreg_store_resolve_each(c->store, c->args[i], take, &f, err);
	if (rc) {
		mg_vec_clear(&f.versions);
		return err->code ? rc : mg_fail_nomem(err, 0);
	}
	*out = f.versions.at;
	*count = f.versions.len;
	return 0;
}

int
cli_parse_time(const char *option, const char *text, int64_t *ms, mgreg_error *err)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (mg_parse_time(text, (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000, ms))
		return 0;
	return mg_fail(err, MGREG_INVALID_ARGUMENT, "--%s: '%s' is no time (2026-11-24, 2026-11-24T10:30, or 2d for two days ago)", option, text);
}

void
cli_put_time(cli *c, int64_t ms)
{
	time_t s = (time_t)(ms / 1000);
	struct tm t;
	char text[32];

	if (ms && gmtime_r(&s, &t) && strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &t))
		cli_put_text(c, text);
	else
		cli_put_null(c);
}
