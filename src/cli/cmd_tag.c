/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_tag.c - labels of models, runs and versions. */
#include "cli/cli.h"

static const cli_option options[] = {
	CLI_COMMON_OPTIONS
};

static int
row(void *ctx, const mgreg_tag_info *t)
{
	cli *c = ctx;

	cli_put_text(c, t->subject);
	cli_put_text(c, t->key);
	cli_put_text(c, *t->value || c->format != CLI_HUMAN ? t->value : NULL);
	cli_put_text(c, t->scope);
	if (c->format != CLI_HUMAN) {
		if (t->version_id)
			cli_put_int(c, t->version_id);
		else
			cli_put_null(c);
	}
	cli_row_end(c);
	return 0;
}

static int
list(cli *c, const char *subject, mgreg_error *err)
{
	static const cli_column columns[] = {
		{ "subject", CLI_COL_TEXT }, { "key", CLI_COL_TEXT }, { "value", CLI_COL_TEXT }, { "scope", CLI_COL_TEXT },
		{ "version_id", CLI_COL_INT },
	};
	int rc;

	cli_rows_begin(c, columns, (int)MG_COUNT(columns) - (c->format == CLI_HUMAN), false);
	rc = mgreg_tags_each(c->store, subject, row, c, err);
	return rc ? rc : cli_rows_end(c, err);
}

static int
set(cli *c, mgreg_error *err)
{
	int count = c->arg_count - 1, rc;
	mgreg_pair *tags = mg_calloc((size_t)count, sizeof(*tags));

	if (!tags)
		return mg_fail_nomem(err, 0);
	for (int i = 0; i < count; i++) {
		char *equals = strchr((char *)c->args[i + 1], '=');

		if (equals)
			*equals = '\0';
		tags[i] = (mgreg_pair){ c->args[i + 1], equals ? equals + 1 : "" };
	}
	rc = mgreg_tag_set(c->store, c->args[0], tags, count, err);
	mg_free(tags);
	return rc;
}

static int
change(cli *c, mgreg_error *err)
{
	bool rm = strcmp(c->args[0], "rm") == 0;
	int rc = cli_reopen_for_writing(c, err);

	if (rc == 0)
		rc = cli_begin(c, err);
	if (rc)
		return rc;
	rc = rm ? mgreg_tag_remove(c->store, c->args[1], c->args + 2, c->arg_count - 2, err) : set(c, err);
	return cli_end(c, rc, err);
}

static int
run(cli *c, mgreg_error *err)
{
	int rc = cli_expect_args(c, 1, -1, err);

	if (rc)
		return rc;
	if (strcmp(c->args[0], "ls") == 0) {
		rc = cli_expect_args(c, 1, 2, err);
		return rc ? rc : list(c, c->arg_count > 1 ? c->args[1] : NULL, err);
	}
	rc = cli_expect_args(c, strcmp(c->args[0], "rm") == 0 ? 3 : 2, -1, err);
	return rc ? rc : change(c, err);
}

CLI_COMMAND(tag, "SUBJECT K[=V]... | rm SUBJECT K... | ls [SUBJECT]", "label a model, a run or a version", CLI_STORE_READ, options, run)
