/* SPDX-License-Identifier: Apache-2.0 */
/* test_keep.c - the retention rule, save by save. */
#include <stdio.h>
#include <math.h>
#include "testing.h"
#include "saver/saver.h"

static mgreg_error err;

/* Saves at these times with max_to_keep 2, one hour: what goes at each. */
static const struct { const char *path; double time; const char *gone; } story[] = {
	{ "m-1", 0, NULL }, { "m-2", 1000, NULL },
	{ "m-3", 2000, "m-1" },         /* saved at 0 */
	{ "m-4", 4000, "m-2" },
	{ "m-5", 5000, "m-3" },
	{ "m-6", 6000, NULL },          /* m-4 falls out: saved at 4000, later than 3600: kept for good */
	{ "m-7", 8000, "m-5" },         /* 5000 is not later than 7200 */
	{ "m-7", 9000, NULL },          /* again under its own name: nothing falls out */
	{ "m-8", 9100, "m-6" },
	{ "m-9", 9200, NULL },          /* m-7's time is that of its second save, 9000 > 7200: kept */
};

START_TEST(window_and_hours)
{
	mg_keep k;
	char *gone;

	mg_keep_init(&k, 2, 1, 0);
	for (size_t i = 0; i < MG_COUNT(story); i++) {
		ck_assert_ok(mg_keep_record(&k, story[i].path, story[i].time, &gone, &err), &err);
		if (story[i].gone)
			ck_assert_msg(gone && strcmp(gone, story[i].gone) == 0, "at %s: %s goes, not %s", story[i].path, gone ? gone : "nothing", story[i].gone);
		else
			ck_assert_msg(!gone, "at %s: %s goes", story[i].path, gone);
		mg_free(gone);
	}
	ck_assert_double_eq(k.next_keep, 3 * 3600.0);
	mg_keep_clear(&k);
}
END_TEST

START_TEST(zero_keeps_all)
{
	mg_keep k;
	char *gone;

	mg_keep_init(&k, 0, 1, 0);
	for (int i = 0; i < 9; i++) {
		ck_assert_ok(mg_keep_record(&k, "m", i, &gone, &err), &err);
		ck_assert_ptr_null(gone);
	}
	ck_assert_uint_eq(k.last.len, 0);
	mg_keep_clear(&k);
}
END_TEST

START_TEST(a_restart_forgets_nothing)
{
	mg_str text = MG_STR_INIT, again = MG_STR_INIT;
	mg_keep k, l;
	char *gone;

	mg_keep_init(&k, 3, 1, 100);
	ck_assert_ok(mg_keep_record(&k, "a", INFINITY, &gone, &err), &err);
	ck_assert_ok(mg_keep_record(&k, "b \"quoted\"", 12.5, &gone, &err), &err);
	ck_assert_ok(mg_keep_to_json(&k, &text, &err), &err);
	mg_keep_init(&l, 3, 1, 0);
	ck_assert_ok(mg_keep_from_json(&l, text.ptr, text.len, &err), &err);
	ck_assert_ok(mg_keep_to_json(&l, &again, &err), &err);
	ck_assert_str_eq(text.ptr, again.ptr);
	ck_assert_double_eq(l.next_keep, 3700);
	ck_assert(isinf(l.last.at[0].time));
	ck_assert_fails(mg_keep_from_json(&l, "{\"last\":[[1]]}", 14, &err), MGREG_DATA_LOSS, &err);
	mg_keep_clear(&k);
	mg_keep_clear(&l);
	mg_str_clear(&text);
	mg_str_clear(&again);
}
END_TEST

Suite *
test_keep(void)
{
	TCase *t;
	Suite *s = mg_suite("keep", &t);

	tcase_add_test(t, window_and_hours);
	tcase_add_test(t, zero_keeps_all);
	tcase_add_test(t, a_restart_forgets_nothing);
	return s;
}
