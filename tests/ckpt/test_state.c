/* SPDX-License-Identifier: Apache-2.0 */
/* test_state.c - the file named "checkpoint". */
#include "helper.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char dir[2000];

static void
setup(void)
{
	snprintf(dir, sizeof(dir), "%s", fresh_prefix("x"));
	dir[strlen(dir) - 2] = 0;
}

static void
expect(const char *path, const char *text)
{
	mg_str have = MG_STR_INIT;

	slurp(path, &have);
	ck_assert_str_eq(have.ptr, text);
	mg_str_clear(&have);
}

START_TEST(absolute_folder)
{
	char text[8192], old[2048], new[2048];
	const char *all[] = { old, new };
	mg_ckpt_state s;
	mgreg_error err;

	snprintf(old, sizeof(old), "%s/m-1", dir);
	snprintf(new, sizeof(new), "%s/m-2", dir);
	ck_assert_ok(mg_ckpt_state_write(dir, NULL, new, all, 2, false, &err), &err);
	snprintf(text, sizeof(text), "model_checkpoint_path: \"%s\"\nall_model_checkpoint_paths: \"%s\"\n"
		"all_model_checkpoint_paths: \"%s\"\n", new, old, new);
	expect(mg_test_path(dir, "checkpoint"), text);
	/* The latest is appended where it is not the last. */
	ck_assert_ok(mg_ckpt_state_write(dir, "other", new, all, 1, false, &err), &err);
	expect(mg_test_path(dir, "other"), text);
	ck_assert_ok(mg_ckpt_state_write(dir, "relative", new, all, 2, true, &err), &err);
	expect(mg_test_path(dir, "relative"), "model_checkpoint_path: \"m-2\"\nall_model_checkpoint_paths: \"m-1\"\nall_model_checkpoint_paths: \"m-2\"\n");
	ck_assert_ok(mg_ckpt_state_read(dir, "relative", &s, &err), &err);
	ck_assert_str_eq(s.latest, new);
	ck_assert_int_eq(s.all_count, 2);
	ck_assert_str_eq(s.all[0], old);
	ck_assert_ptr_null(s.timestamps);
	mg_ckpt_state_clear(&s);
	/* None kept: only the latest is listed. */
	ck_assert_ok(mg_ckpt_state_write(dir, "none", "m-3", NULL, 0, false, &err), &err);
	expect(mg_test_path(dir, "none"), "model_checkpoint_path: \"m-3\"\nall_model_checkpoint_paths: \"m-3\"\n");
	snprintf(new, sizeof(new), "%s/checkpoint", dir);
	ck_assert_fails(mg_ckpt_state_write(dir, NULL, new, NULL, 0, false, &err), MGREG_INVALID_ARGUMENT, &err);
}
END_TEST

START_TEST(relative_folder)
{
	char *here = getcwd(NULL, 0);
	const char *all[] = { "sub/m-1", "/elsewhere/m-2" };
	mg_ckpt_state s;
	mgreg_error err;

	ck_assert_int_eq(chdir(dir), 0);
	ck_assert_ok(mg_dir_create("sub", false, &err), &err);
	ck_assert_ok(mg_ckpt_state_write("sub", NULL, "sub/m-3", all, 2, false, &err), &err);
	expect("sub/checkpoint", "model_checkpoint_path: \"m-3\"\nall_model_checkpoint_paths: \"m-1\"\n"
		"all_model_checkpoint_paths: \"/elsewhere/m-2\"\nall_model_checkpoint_paths: \"m-3\"\n");
	ck_assert_ok(mg_ckpt_state_read("sub", NULL, &s, &err), &err);
	ck_assert_str_eq(s.latest, "sub/m-3");
	ck_assert_str_eq(s.all[1], "/elsewhere/m-2");
	mg_ckpt_state_clear(&s);
	ck_assert_ok(mg_ckpt_state_write("", NULL, "my-model-0", NULL, 0, false, &err), &err);
	expect("checkpoint", "model_checkpoint_path: \"my-model-0\"\nall_model_checkpoint_paths: \"my-model-0\"\n");
	ck_assert_ok(mg_ckpt_state_read("", NULL, &s, &err), &err);
	ck_assert_str_eq(s.latest, "my-model-0");
	mg_ckpt_state_clear(&s);
	ck_assert_fails(mg_ckpt_state_write("", NULL, "checkpoint", NULL, 0, false, &err), MGREG_INVALID_ARGUMENT, &err);
	ck_assert_int_eq(chdir(here), 0);
	free(here);
}
END_TEST

START_TEST(reading)
{
	mg_ckpt_state s;
	char *latest = NULL;
	mg_ckpt *w;
	mgreg_error err = { 0 };
	const char *path = mg_test_path(dir, "checkpoint");
	static const char text[] = "model_checkpoint_path: \"a \\\"b\\\"\\n\\303\\251\"\n"
		"all_model_checkpoint_paths: \"x\"\nall_model_checkpoint_timestamps: 1532716800.25\nlast_preserved_timestamp: 7.5\n";

	ck_assert_fails(mg_ckpt_state_read(dir, NULL, &s, &err), MGREG_NOT_FOUND, &err);
	ck_assert_fails(mg_ckpt_latest(dir, &latest, &err), MGREG_NOT_FOUND, &err);
	ck_assert_int_eq(err.reason, MGREG_REASON_NO);
	spit(path, "nonsense {", 10);
	ck_assert_fails(mg_ckpt_state_read(dir, NULL, &s, &err), MGREG_DATA_LOSS, &err);
	spit(path, "", 0);
	ck_assert_fails(mg_ckpt_state_read(dir, NULL, &s, &err), MGREG_INVALID_ARGUMENT, &err);
	spit(path, text, sizeof(text) - 1);
	ck_assert_ok(mg_ckpt_state_read(dir, NULL, &s, &err), &err);
	ck_assert(mg_ends_with(s.latest, "/a \"b\"\n\xc3\xa9"));
	ck_assert(s.timestamps && s.timestamps[0] == 1532716800.25 && s.has_last_preserved && s.last_preserved == 7.5);
	mg_ckpt_state_clear(&s);
	ck_assert_ok(mg_ckpt_state_write(dir, NULL, mg_test_path(dir, "m-1"), NULL, 0, true, &err), &err);
	ck_assert_fails(mg_ckpt_latest(dir, &latest, &err), MGREG_NOT_FOUND, &err);
	ck_assert_ok(mg_ckpt_create(&w, "v2", mg_test_path(dir, "m-1"), &err), &err);
	ck_assert_ok(mg_ckpt_finish(w, &err), &err);
	mg_ckpt_close(w);
	ck_assert_ok(mg_ckpt_latest(dir, &latest, &err), &err);
	ck_assert_str_eq(latest, mg_test_path(dir, "m-1"));
	mg_free(latest);
}
END_TEST

Suite *
test_state(void)
{
	TCase *t;
	Suite *s = mg_suite("state", &t);

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, absolute_folder);
	tcase_add_test(t, relative_folder);
	tcase_add_test(t, reading);
	return s;
}
