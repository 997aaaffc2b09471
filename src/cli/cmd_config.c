/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_config.c - settings kept in the store: all of them, one, or a new value. */
#include "cli/cli.h"

static const cli_option options[] = {
	CLI_COMMON_OPTIONS
};

typedef struct wanted { cli *c; const char *key; bool found; } wanted;

static int
show(void *ctx, const char *key, const char *value)
{
	wanted *w = ctx;

	if (w->key && strcmp(w->key, key) != 0)
		return 0;
	w->found = true;
	if (w->key && w->c->format == CLI_HUMAN) {
		cli_print(w->c, "%s\n", value);
		return 0;
	}
	cli_put_text(w->c, key);
	cli_put_text(w->c, value);
	cli_row_end(w->c);
	return 0;
}

static int
run(cli *c, mgreg_error *err)
{
	static const cli_column columns[] = { { "key", CLI_COL_TEXT }, { "value", CLI_COL_TEXT } };
	wanted w = { c, NULL, false };
	int rc = cli_expect_args(c, 0, 2, err);

	if (rc)
		return rc;
	if (c->arg_count == 2) {
		if (c->dry_run) {
			cli_note(c, "would set %s to %s", c->args[0], c->args[1]);
			return 0;
		}
		return mgreg_store_setting_set(c->store, c->args[0], c->args[1], err);
	}
	w.key = c->arg_count ? c->args[0] : NULL;
	if (!w.key || c->format != CLI_HUMAN)
		cli_rows_begin(c, columns, MG_COUNT(columns), false);
	rc = mgreg_store_settings_each(c->store, show, &w, err);
	if (rc == 0 && w.key && !w.found)
		return mg_fail(err, MGREG_NOT_FOUND, "no setting '%s'", w.key);
	if (rc == 0 && (!w.key || c->format != CLI_HUMAN))
		rc = cli_rows_end(c, err);
	return rc;
}

CLI_COMMAND(config, "[KEY [VALUE]]", "settings kept in the store", CLI_STORE_WRITE, options, run)
