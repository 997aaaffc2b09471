/* SPDX-License-Identifier: Apache-2.0 */
/* test_fsck.c - breaks made on purpose are found; a process killed at any moment leaves a whole store. */
#include "store_test.h"
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

/* Made by a plain sqlite3 with the guards' triggers out of the way, as a careless hand would. */
static const char *const breaks[] = {
	"DELETE FROM mg_object_chunk WHERE object_id = 1",
	"UPDATE mg_object_chunk SET at = at + 1 WHERE object_id = 1",
	"UPDATE mg_object_chunk SET len = len + 1 WHERE object_id = 1",
	"UPDATE mg_object_chunk SET skip = 100 WHERE object_id = 1",
	"DELETE FROM mg_chunk_data",
	"UPDATE mg_chunk_data SET data = CAST(data || x'00' AS BLOB)",
	"UPDATE mg_object SET present = 0 WHERE object_id = 1",
	"UPDATE mg_version SET weights = NULL WHERE version_id = 1",
	"UPDATE mg_model SET next_no = 1",
	"UPDATE mg_version SET given_hparams = 'no json' WHERE version_id = 1",
	"UPDATE mg_run SET env = '{' WHERE run_id = 1",
	"UPDATE mg_tensor SET shape = 'x'",
	"UPDATE mg_series SET points = 17",
	"DELETE FROM mg_tensor",
	"UPDATE mg_version SET state = 'expired' WHERE version_id = 2",
	"UPDATE mg_audit SET actor = 'somebody else' WHERE audit_id = 2",
	"UPDATE mg_version SET replaced_by = 1, state = 'replaced' WHERE version_id = 1",
};

START_TEST(break_is_found)
{
	static const char off[] = "PRAGMA foreign_keys = OFF; PRAGMA trusted_schema = ON;";
	mg_store *s = fresh_store();
	mg_version_info v;
	mgreg_error err = { 0 };
	char path[1024];
	sqlite3 *db;

	v = save(s, (save_spec){ .step = 1, .value = "one value" });
	save(s, (save_spec){ .step = 2, .value = "another", .alias = "prod" });
	save(s, (save_spec){ .step = 3, .value = "a third" });
	ck_assert_ok(mg_metric_add(s, v.run_id, &(mg_point){ "loss", true, 1, 1, 0, 0, 0 }, 1, &err), &err);
	ck_assert_int_eq(problems(s, true), 0);
	snprintf(path, sizeof path, "%s", mg_store_path(s));
	mg_store_close(s);
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	ck_assert_int_eq(sqlite3_exec(db, off, NULL, NULL, NULL), SQLITE_OK);
	ck_assert_msg(sqlite3_exec(db, breaks[_i], NULL, NULL, NULL) == SQLITE_OK, "%s: %s", breaks[_i], sqlite3_errmsg(db));
	sqlite3_close(db);
	s = NULL;
	ck_assert_ok(mg_store_open(&s, path, NULL, &err), &err);
	ck_assert_int_gt(problems(s, true), 0);
	mg_store_close(s);
}
END_TEST

static void
trainer(const char *path)
{
	mg_store *s = NULL;
	char value[64];

	if (mg_store_open(&s, path, NULL, NULL) != 0)
		_exit(3);
	for (int step = 0; ; step++) {
		mg_version_info v;

		snprintf(value, sizeof value, "weights of step %d", step);
		if (try_save(s, (save_spec){ .run = "t", .step = step % 50, .value = value }, &v, NULL, NULL) != 0)
			_exit(4);
	}
}

START_TEST(killed)
{
	mg_store *s = fresh_store();
	int64_t before = 0;
	char path[1024];

	snprintf(path, sizeof path, "%s", mg_store_path(s));
	mg_store_close(s);
	for (int i = 0; i < 25; i++) {
		mgreg_error err = { 0 };
		mg_version_info v;
		pid_t pid = fork();

		if (pid == 0)
			trainer(path);
		usleep((useconds_t)(3000 + (i * 7919) % 40000));
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		s = NULL;
		ck_assert_ok(mg_store_open(&s, path, NULL, &err), &err);
		ck_assert_int_eq(problems(s, i % 8 != 0), 0);
		int64_t now = sql_one(s, "SELECT count(*) FROM versions");
		ck_assert_int_ge(now, before);
		before = now;
		if (now > 0)
			ck_assert_ok(mg_version_latest(s, "m", "t", &v, &err), &err);
		mg_store_close(s);
	}
	ck_assert_int_gt(before, 0);
}
END_TEST

Suite *
test_fsck(void)
{
	TCase *t;
	Suite *s = mg_suite("fsck", &t);

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, break_is_found, 0, MG_COUNT(breaks));
	tcase_add_test(t, killed);
	return s;
}
