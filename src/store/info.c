/* SPDX-License-Identifier: Apache-2.0 */
/* info.c - what `mgreg info` tells: sizes, counts, schema, file system, journal. */
#include "base/base.h"
#include <stdio.h>
#include "base/file.h"
#include "store/store_internal.h"

typedef int tell_fn(void *ctx, const char *key, const char *value);

static const struct { const char *key; enum mg_sql sql; } counts[] = {
	{ "models", MG_SQL_COUNT_MODELS }, { "runs", MG_SQL_COUNT_RUNS }, { "versions", MG_SQL_COUNT_VERSIONS },
	{ "live_versions", MG_SQL_COUNT_VERSIONS_LIVE }, { "tensors", MG_SQL_COUNT_TENSORS }, { "objects", MG_SQL_COUNT_OBJECTS },
	{ "chunks", MG_SQL_COUNT_CHUNKS }, { "stored_bytes", MG_SQL_BYTES_STORED }, { "object_bytes", MG_SQL_BYTES_OBJECTS },
	{ "logical_bytes", MG_SQL_BYTES_LOGICAL },
};

static int
tell_number(tell_fn *tell, void *ctx, const char *key, int64_t n)
{
	char text[24];

	snprintf(text, sizeof text, "%lld", (long long)n);
	return tell(ctx, key, text);
}

static int
tell_setting(mg_store *s, tell_fn *tell, void *ctx, const char *key, mgreg_error *err)
{
	mg_str text = MG_STR_INIT;
	int rc = mg_stmt_text(s, MG_SQL_SETTING_GET, &text, NULL, err, "s", key);

	if (rc == 0)
		rc = tell(ctx, key, text.ptr);
	mg_str_clear(&text);
	return rc;
}

static int
tell_all(mg_store *s, tell_fn *tell, void *ctx, mgreg_error *err)
{
	mg_str text = MG_STR_INIT;
	int64_t n, pages, page_size, free_pages;
	int rc;

	MG_TRY(tell(ctx, "store", s->path));
	MG_TRY(tell_setting(s, tell, ctx, "store_uid", err));
	MG_TRY(mg_db_pragma_i64(s, "user_version", &n, err));
	MG_TRY(tell_number(tell, ctx, "schema", n));
	MG_TRY(tell_setting(s, tell, ctx, "writer", err));
	MG_TRY(mg_db_pragma_i64(s, "page_count", &pages, err));
	MG_TRY(mg_db_pragma_i64(s, "page_size", &page_size, err));
	MG_TRY(mg_db_pragma_i64(s, "freelist_count", &free_pages, err));
	MG_TRY(tell_number(tell, ctx, "file_bytes", pages * page_size));
	MG_TRY(tell_number(tell, ctx, "free_bytes", free_pages * page_size));
	MG_TRY(tell_number(tell, ctx, "page_size", page_size));
	for (size_t i = 0; i < MG_COUNT(counts); i++) {
		MG_TRY(mg_stmt_one(s, counts[i].sql, &n, NULL, err, ""));
		MG_TRY(tell_number(tell, ctx, counts[i].key, n));
	}
	MG_TRY(mg_db_pragma_text(s, "journal_mode", &text, err));
	MG_TRY(tell(ctx, "journal", text.ptr));
	MG_TRY(tell(ctx, "file_system", mg_fs_kind(s->path)));
	mg_str_reset(&text);
	MG_TRY(mg_setting_get(s, "placement", &text, err));
	MG_TRY(tell(ctx, "placement", text.ptr));
	MG_TRY(tell_setting(s, tell, ctx, "last_fsck", err));
out:
	mg_str_clear(&text);
	return rc;
}

int
mg_store_info(mg_store *s, tell_fn *tell, void *ctx, mgreg_error *err)
{
	int rc;

	MG_TRY(mg_txn_begin_read(s, err));
	rc = mg_txn_end(s, tell_all(s, tell, ctx, err), err);
out:
	return rc;
}
