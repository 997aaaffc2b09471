/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_rm.c - versions expire; under --purge their bytes go at once. */
#include "cli/cli.h"

static bool purge;
static const cli_option options[] = {
	{ 0, "purge", CLI_FLAG, &purge, NULL, "free the bytes now; the row goes too if nothing refers to it" },
	CLI_COMMON_OPTIONS
};

static int
expire_all(cli *c, mgreg_version_info *list, size_t count, mgreg_error *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < count; i++)
		if ((rc = mgreg_version_expire(c->store, list[i].id, err)) == 0) {
			snprintf(list[i].state, sizeof(list[i].state), "expired");
			cli_name_by_number(&list[i]);
		}
	if (rc)
		return rc;
	cli_versions_begin(c, NULL);
	for (size_t i = 0; i < count; i++)
		cli_put_version(c, &list[i], NULL);
	return cli_rows_end(c, err);
}

/* Children before their parents: a version that only another one of the list refers to goes altogether. */
static int
purge_all(cli *c, mgreg_version_info *list, size_t count, mgreg_error *err)
{
	int *gone = mg_calloc(count + 1, sizeof(*gone)), rc = 0;

	if (!gone)
		return mg_fail_nomem(err, 0);
	for (size_t i = count; rc == 0 && i > 0; i--)
		if ((rc = mgreg_version_purge(c->store, list[i - 1].id, &gone[i - 1], err)) == 0) {
			snprintf(list[i - 1].state, sizeof(list[i - 1].state), "purged");
			cli_name_by_number(&list[i - 1]);
		}
	if (rc == 0)
		cli_versions_begin(c, "row");
	for (size_t i = 0; rc == 0 && i < count; i++)
		cli_put_version(c, &list[i], gone[i] ? "gone" : "kept");
	mg_free(gone);
	return rc ? rc : cli_rows_end(c, err);
}

static int
run(cli *c, mgreg_error *err)
{
	mgreg_version_info *list = NULL;
	size_t count = 0;
	int64_t bytes;
	int rc = cli_expect_args(c, 1, -1, err);

	if (rc == 0)
		rc = cli_begin(c, err);
	if (rc)
		return rc;
	rc = cli_resolve_args(c, 0, &list, &count, err);
	if (rc == 0 && purge && count && !c->dry_run && !cli_confirm(c, "purge for good", err))
		rc = err->code;
	if (rc == 0)
		rc = purge ? purge_all(c, list, count, err) : expire_all(c, list, count, err);
	rc = cli_end(c, rc, err);
	mg_free(list);
	if (rc == 0 && purge && !c->dry_run && (rc = mgreg_store_sweep(c->store, &bytes, err)) == 0)
		cli_note(c, "%lld bytes freed", (long long)bytes);
	return rc;
}

CLI_COMMAND(rm, "REF...", "let versions expire, or purge them", CLI_STORE_WRITE, options, run)
