/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_verify.c - is everything there, and as it was?  Of a package, of any model's files, of a version. */
#include <sys/stat.h>
#include "cli/cli.h"

static bool all;
static const cli_option options[] = {
	{ 0, "all", CLI_FLAG, &all, NULL, "tell what is whole, too" },
	CLI_COMMON_OPTIONS
};
static const cli_column columns[] = {
	{ "name", CLI_COL_TEXT }, { "state", CLI_COL_TEXT }, { "bytes", CLI_COL_SIZE }, { "text", CLI_COL_TEXT },
};

typedef struct counted { cli *c; int64_t items, whole; bool begun; } counted;

static int
each(void *ctx, const mgreg_verified *item)
{
	counted *n = ctx;
	bool ok = !strcmp(item->state, "ok");

	n->items++;
	n->whole += ok;
	if (ok && !all && n->c->format == CLI_HUMAN)
		return 0;
	if (!n->begun)
		cli_rows_begin(n->c, columns, MG_COUNT(columns), false);
	n->begun = true;
	cli_put_text(n->c, item->name);
	cli_put_text(n->c, item->state);
	if (item->bytes < 0)
		cli_put_null(n->c);
	else
		cli_put_int(n->c, item->bytes);
	cli_put_text(n->c, item->text && *item->text ? item->text : NULL);
	cli_row_end(n->c);
	return 0;
}

/* A path if there is something, or a name that can only be one; else a reference. */
static bool
is_path(const char *name)
{
	char index[4096];
	struct stat st;

	snprintf(index, sizeof(index), "%s.index", name);
	return stat(name, &st) == 0 || stat(index, &st) == 0 || strchr(name, '.') == name;
}

static int
run(cli *c, mgreg_error *err)
{
	counted n = { .c = c };
	mgreg_version_info v;
	const char *name;
	int rc = cli_expect_args(c, 1, 1, err), end;

	if (rc)
		return rc;
	name = c->args[0];
	if (!is_path(name)) {
		if (!c->store)
			return mg_fail(err, MGREG_NOT_FOUND, "%s: no such file, and no store to look a version up in", name);
		if ((rc = mgreg_store_resolve(c->store, name, &v, err)) != 0)
			return rc;
	}
	if (c->format != CLI_HUMAN)
		cli_rows_begin(c, columns, MG_COUNT(columns), false);
	n.begun = c->format != CLI_HUMAN;
	rc = is_path(name) ? mgreg_verify(name, each, &n, err) : mgreg_store_verify(c->store, v.id, each, &n, err);
	end = n.begun && (n.items || rc == 0) ? cli_rows_end(c, rc ? NULL : err) : 0;
	if (rc == 0 && end == 0)
		cli_note(c, "%s: %lld whole", name, (long long)n.whole);
	return rc ? rc : end;
}

CLI_COMMAND(verify, "FILE|REF", "check a package, a model's files or a version against their checksums", CLI_STORE_MAYBE, options, run)
