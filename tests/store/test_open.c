/* SPDX-License-Identifier: Apache-2.0 */
/* test_open.c - creating, opening, distrust, settings, transactions. */
#include "store_test.h"
#include <sqlite3.h>
#include <unistd.h>
#include "base/file.h"

START_TEST(create_twice)
{
	mg_store *s = fresh_store(), *other = NULL;
	mgreg_error err = { 0 };

	ck_assert_fails(mg_store_create(&other, mg_store_path(s), NULL, &err), MGREG_ALREADY_EXISTS, &err);
	s = reopen(s);
	ck_assert_int_eq(problems(s, false), 0);
	ck_assert_int_eq(sql_one(s, "SELECT count(*) FROM versions"), 0);
	ck_assert_int_eq(sql_one(s, "PRAGMA application_id"), 0x4D475247);
	mg_store_close(s);
}
END_TEST

START_TEST(not_a_store)
{
	const char *path = mg_test_path(mg_test_tempdir(), "junk.mgreg");
	mg_store *s = NULL;
	mgreg_error err = { 0 };
	sqlite3 *db;

	ck_assert_fails(mg_store_open(&s, mg_test_path(mg_test_tempdir(), "absent"), NULL, &err), MGREG_NOT_FOUND, &err);
	ck_assert_ok(mg_file_write(path, "this is no database, it is a line of text, long enough to have a header of its own ......................", 100, &err), &err);
	ck_assert_fails(mg_store_open(&s, path, NULL, &err), MGREG_DATA_LOSS, &err);
	path = mg_test_path(mg_test_tempdir(), "other.db");
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, "CREATE TABLE t (a)", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	ck_assert_fails(mg_store_open(&s, path, NULL, &err), MGREG_DATA_LOSS, &err);
	ck_assert_ptr_nonnull(strstr(err.text, "not a store"));
}
END_TEST

/* What somebody slipped into the file -> may it be opened? */
static const struct { const char *sql; int code; } slipped[] = {
	{ "CREATE TABLE mine (a, b CHECK (b > 0)); CREATE INDEX mine_a ON mine (a)", 0 },
	{ "CREATE TRIGGER evil AFTER INSERT ON mg_tag BEGIN DELETE FROM mg_audit; END", MGREG_DATA_LOSS },
	{ "CREATE VIEW evil AS SELECT 1", MGREG_DATA_LOSS },
	{ "CREATE VIRTUAL TABLE evil USING fts5(a)", MGREG_DATA_LOSS },
	{ "CREATE INDEX evil ON mg_tag (upper(key))", MGREG_DATA_LOSS },
	{ "DROP TRIGGER mg_version_keep_latest", MGREG_DATA_LOSS },
	{ "DROP VIEW versions", MGREG_DATA_LOSS },
	{ "DROP VIEW tags; CREATE VIEW tags AS SELECT 1 AS scope", MGREG_DATA_LOSS },
	{ "DROP TABLE mg_lease; CREATE TABLE mg_lease (version_id INTEGER, holder TEXT, until INTEGER)", MGREG_DATA_LOSS },
	{ "PRAGMA application_id = 1", MGREG_DATA_LOSS },
	{ "PRAGMA user_version = 0", MGREG_DATA_LOSS },
	{ "UPDATE mg_store SET value = '99' WHERE key = 'min_reader'", MGREG_UNIMPLEMENTED },
	{ "UPDATE mg_store SET value = '99' WHERE key = 'min_writer'", MGREG_UNIMPLEMENTED },
};

START_TEST(slipped_in)
{
	mg_store *s = fresh_store();
	mgreg_error err = { 0 };
	char path[1024];
	sqlite3 *db;

	snprintf(path, sizeof path, "%s", mg_store_path(s));
	mg_store_close(s);
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, slipped[_i].sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	s = NULL;
	ck_assert_fails(mg_store_open(&s, path, NULL, &err), slipped[_i].code, &err);
	mg_store_close(s);
}
END_TEST

START_TEST(read_only)
{
	mg_store_options o = MG_STORE_OPTIONS_INIT;
	mg_store *s = fresh_store(), *r = NULL;
	mgreg_error err = { 0 };
	int64_t id;

	save(s, (save_spec){ .step = 1 });
	o.read_only = true;
	ck_assert_ok(mg_store_open(&r, mg_store_path(s), &o, &err), &err);
	ck_assert_str_eq(means(r, "m@1"), "m@v1");
	ck_assert_fails(mg_model_create(r, "n", &id, &err), MGREG_FAILED_PRECONDITION, &err);
	ck_assert_int_eq(err.reason, MGREG_REASON_REFUSED);
	mg_store_close(r);
	mg_store_close(s);
}
END_TEST

START_TEST(strangers_store)
{
	mg_store_options o = MG_STORE_OPTIONS_INIT;
	mg_store *s = fresh_store(), *r = NULL;
	mgreg_error err = { 0 };
	mg_version_info v = save(s, (save_spec){ .step = 1, .value = "abc" });
	mg_tensor_rows rows = { 0 };
	mg_arena arena = { 0 };
	char buf[3];

	o.stranger = true;
	ck_assert_ok(mg_store_open(&r, mg_store_path(s), &o, &err), &err);
	ck_assert_ok(mg_version_tensors(r, v.id, &arena, &rows, &err), &err);
	ck_assert_uint_eq(rows.len, 1);
	ck_assert_ok(mg_object_read(r, rows.at[0].object_id, 0, buf, 3, &err), &err);
	ck_assert_int_eq(memcmp(buf, "abc", 3), 0);
	mg_vec_clear(&rows);
	mg_arena_clear(&arena);
	mg_store_close(r);
	mg_store_close(s);
}
END_TEST

START_TEST(users_sql_is_fenced)
{
	mg_store *s = fresh_store();
	mgreg_error err = { 0 };
	mgreg_query *q = NULL;

	ck_assert_fails(mgreg_query_new(&q, s, "DELETE FROM mg_tag", 0, NULL, &err), MGREG_FAILED_PRECONDITION, &err);
	ck_assert_int_ne(sql(s, "ATTACH 'x.db' AS x", &err), 0);
	ck_assert_int_ne(sql(s, "PRAGMA trusted_schema = ON", &err), 0);
	ck_assert_int_ne(sql(s, "PRAGMA writable_schema = ON; DELETE FROM sqlite_schema", &err), 0);
	ck_assert_fails(mgreg_query_new(&q, s, "SELEKT 1", 0, NULL, &err), MGREG_INVALID_ARGUMENT, &err);
	ck_assert_ok(mgreg_query_new(&q, s, "SELECT :a + 1, :b", 0, NULL, &err), &err);
	ck_assert_ok(mgreg_query_bind(q, "a", "41", &err), &err);
	ck_assert_ok(mgreg_query_bind(q, ":b", "text", &err), &err);
	ck_assert_fails(mgreg_query_bind(q, "c", "1", &err), MGREG_NOT_FOUND, &err);
	int row;
	ck_assert_ok(mgreg_query_step(q, &row, &err), &err);
	ck_assert_int_eq(mgreg_query_integer(q, 0), 42);
	ck_assert_str_eq(mgreg_query_bytes(q, 1, NULL), "text");
	mgreg_query_free(q);
	mg_store_close(s);
}
END_TEST

START_TEST(two_writers_wait)
{
	mg_store_options o = MG_STORE_OPTIONS_INIT;
	mg_store *s = fresh_store(), *t = NULL;
	mgreg_error err = { 0 };
	int64_t id;

	o.timeout = 0.05;
	ck_assert_ok(mg_store_open(&t, mg_store_path(s), &o, &err), &err);
	ck_assert_ok(mg_txn_begin(s, &err), &err);
	ck_assert_fails(mg_model_create(t, "n", &id, &err), MGREG_UNAVAILABLE, &err);
	ck_assert_str_eq(err.text, "database is locked");
	ck_assert_int_eq(err.reason, MGREG_REASON_BUSY);
	ck_assert_ok(mg_txn_end(s, 0, &err), &err);
	ck_assert_ok(mg_model_create(t, "n", &id, &err), &err);
	mg_store_close(t);
	mg_store_close(s);
}
END_TEST

static const struct { const char *key, *value; int code; } settings[] = {
	{ "codec", "raw", 0 }, { "codec", "zstd", 0 }, { "codec", "gzip", MGREG_INVALID_ARGUMENT },
	{ "placement", "inline", 0 }, { "placement", "segments", 0 }, { "grace", "3h", 0 },
	{ "grace", "soon", MGREG_INVALID_ARGUMENT }, { "depth", "9", MGREG_INVALID_ARGUMENT }, { "depth", "4", 0 },
	{ "colour", "red", MGREG_NOT_FOUND }, { "journal", "rollback", 0 }, { "verify-on-save", "full", 0 },
};

START_TEST(setting)
{
	mg_store *s = fresh_store();
	mg_str text = MG_STR_INIT;
	mgreg_error err = { 0 };

	ck_assert_fails(mg_setting_set(s, settings[_i].key, settings[_i].value, &err), settings[_i].code, &err);
	if (settings[_i].code == 0) {
		s = reopen(s);
		ck_assert_ok(mg_setting_get(s, settings[_i].key, &text, &err), &err);
		ck_assert_str_eq(text.ptr, settings[_i].value);
		ck_assert_int_eq(sql_one(s, "SELECT count(*) FROM audit_log WHERE op = 'config'"), 1);
	}
	mg_str_clear(&text);
	mg_store_close(s);
}
END_TEST

static int
create_and_save(void *arg, mgreg_error *err)
{
	mg_store *s = NULL;
	mg_version_info v;
	char name[40];
	int rc;

	snprintf(name, sizeof name, "alloc%d.mgreg", (*(int *)arg)++);
	MG_TRY(mg_store_create(&s, mg_test_path(mg_test_tempdir(), name), NULL, err));
	rc = try_save(s, (save_spec){ .step = 1, .alias = "a" }, &v, NULL, err);
out:
	mg_store_close(s);
	return rc;
}

START_TEST(every_allocation)
{
	int n = 0;

	mg_test_each_allocation(create_and_save, &n);
}
END_TEST

Suite *
test_open(void)
{
	TCase *t;
	Suite *s = mg_suite("open", &t);

	tcase_add_test(t, create_twice);
	tcase_add_test(t, not_a_store);
	tcase_add_loop_test(t, slipped_in, 0, MG_COUNT(slipped));
	tcase_add_test(t, read_only);
	tcase_add_test(t, strangers_store);
	tcase_add_test(t, users_sql_is_fenced);
	tcase_add_test(t, two_writers_wait);
	tcase_add_loop_test(t, setting, 0, MG_COUNT(settings));
	tcase_add_test(t, every_allocation);
	return s;
}
