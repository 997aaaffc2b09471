/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_info.c - what kind of store this is and how big. */
#include "cli/cli.h"

static const cli_option options[] = {
	CLI_COMMON_OPTIONS
};

typedef struct collected { MG_VEC(char *) keys, values; } collected;

static int
collect(void *ctx, const char *key, const char *value)
{
	collected *all = ctx;
	char *k = mg_strdup(key), *v = mg_strdup(value);

	if (!k || !v || !mg_vec_push(&all->keys, k) || !mg_vec_push(&all->values, v))
		return MGREG_RESOURCE_EXHAUSTED;
	return 0;
}

static bool
is_number(const char *text)
{
	int64_t v;

	return mg_parse_i64(text, strlen(text), &v);
}

static int
show(cli *c, const collected *all, mgreg_error *err)
{
	cli_column *columns = mg_calloc(all->keys.len + 1, sizeof(*columns));
	int64_t v;
	int rc;

	if (!columns)
		return mg_fail_nomem(err, 0);
	for (size_t i = 0; i < all->keys.len; i++) {
		columns[i].name = all->keys.at[i];
		columns[i].type = mg_ends_with(all->keys.at[i], "_bytes") ? CLI_COL_SIZE
			: is_number(all->values.at[i]) ? CLI_COL_INT : CLI_COL_TEXT;
	}
	cli_rows_begin(c, columns, (int)all->keys.len, true);
	for (size_t i = 0; i < all->keys.len; i++) {
		if (columns[i].type != CLI_COL_TEXT && mg_parse_i64(all->values.at[i], strlen(all->values.at[i]), &v))
			cli_put_int(c, v);
		else
			cli_put_text(c, all->values.at[i]);
	}
	cli_row_end(c);
	rc = cli_rows_end(c, err);
	mg_free(columns);
	return rc;
}

static int
run(cli *c, mgreg_error *err)
{
	collected all = { 0 };
	int rc = cli_expect_args(c, 0, 0, err);

	if (rc == 0)
		rc = mgreg_store_info(c->store, collect, &all, err);
	if (rc == 0)
		rc = show(c, &all, err);
	for (size_t i = 0; i < all.keys.len; i++)
		mg_free(all.keys.at[i]);
	for (size_t i = 0; i < all.values.len; i++)
		mg_free(all.values.at[i]);
	mg_vec_clear(&all.keys);
	mg_vec_clear(&all.values);
	return rc;
}

CLI_COMMAND(info, "", "sizes, counts, schema version, file system, journal mode", CLI_STORE_READ, options, run)
