/* SPDX-License-Identifier: Apache-2.0 */
/* test_error.c - errors: reasons, wrapping, system errors. */
#include "testing.h"

#include <errno.h>

START_TEST(reason_follows_from_the_code)
{
	static const struct { mgreg_code code; int exit; } known[] = {
		{ MGREG_INVALID_ARGUMENT, 2 }, { MGREG_OUT_OF_RANGE, 2 }, { MGREG_NOT_FOUND, 3 },
		{ MGREG_DATA_LOSS, 5 }, { MGREG_UNAVAILABLE, 6 }, { MGREG_ABORTED, 6 }, { MGREG_DEADLINE_EXCEEDED, 6 },
		{ MGREG_FAILED_PRECONDITION, 7 }, { MGREG_ALREADY_EXISTS, 7 }, { MGREG_PERMISSION_DENIED, 7 },
		{ MGREG_UNAUTHENTICATED, 7 }, { MGREG_UNIMPLEMENTED, 8 }, { MGREG_CANCELLED, 11 }, { MGREG_UNKNOWN, 11 },
		{ MGREG_INTERNAL, 11 }, { MGREG_RESOURCE_EXHAUSTED, 12 },
	};
	mgreg_error err;

	for (size_t i = 0; i < MG_COUNT(known); i++) {
		ck_assert_int_eq(mg_fail(&err, known[i].code, "x"), known[i].code);
		ck_assert_int_eq(mgreg_reason_exit(err.reason), known[i].exit);
	}
}
END_TEST

START_TEST(wrap_puts_the_noun_first)
{
	mgreg_error err;

	mg_fail(&err, MGREG_NOT_FOUND, "no version\nyet");
	ck_assert_int_eq(mg_wrap(&err, MGREG_NOT_FOUND, "model '%s'", "mnist"), MGREG_NOT_FOUND);
	ck_assert_str_eq(err.text, "model 'mnist': no version yet");
	mg_fail_node(&err, err.code, "a/b");
	mg_fail_node(&err, err.code, "c");
	ck_assert_str_eq(err.node, "a/b");
}
END_TEST

START_TEST(system_errors)
{
	mgreg_error err;

	ck_assert_int_eq(mg_fail_os(&err, ENOSPC, "f"), MGREG_RESOURCE_EXHAUSTED);
	ck_assert_int_eq(err.reason, MGREG_REASON_IO);
	ck_assert_int_eq(err.cause, ENOSPC);
	ck_assert_int_eq(mg_fail_os(&err, ENOENT, "f"), MGREG_NOT_FOUND);
	ck_assert_ptr_nonnull(strstr(err.text, "f: "));
}
END_TEST

START_TEST(long_texts_are_cut_not_overrun)
{
	char big[8192];
	mgreg_error err;

	memset(big, 'a', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	mg_fail(&err, MGREG_INTERNAL, "%s", big);
	ck_assert_uint_eq(strlen(err.text), sizeof(err.text) - 1);
	mg_wrap(&err, MGREG_INTERNAL, "%s", big);
	ck_assert_int_eq(err.listed, 0);
	for (int i = 0; i < 100; i++)
		mg_error_candidate(&err, "candidate %d", i);
	ck_assert_uint_lt(strlen(err.candidates), sizeof(err.candidates));
	ck_assert(strncmp(err.candidates, "candidate 0\ncandidate 1\n", 24) == 0);
}
END_TEST

START_TEST(lists_are_not_suggestions)
{
	mgreg_error err;

	mg_fail(&err, MGREG_NOT_FOUND, "two are missing");
	mg_error_item(&err, "a");
	mg_error_item(&err, "b");
	ck_assert_int_ne(err.listed, 0);
	ck_assert_str_eq(err.candidates, "a\nb");
	mg_fail(&err, MGREG_NOT_FOUND, "again");
	ck_assert_int_eq(err.listed, 0);
}
END_TEST

Suite *
test_error(void)
{
	TCase *t;
	Suite *s = mg_suite("error", &t);

	tcase_add_test(t, reason_follows_from_the_code);
	tcase_add_test(t, wrap_puts_the_noun_first);
	tcase_add_test(t, system_errors);
	tcase_add_test(t, long_texts_are_cut_not_overrun);
	tcase_add_test(t, lists_are_not_suggestions);
	return s;
}
