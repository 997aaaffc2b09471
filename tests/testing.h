/* SPDX-License-Identifier: Apache-2.0 */
/* testing.h - what every layer's test program shares. */
#ifndef MG_TESTING_H
#define MG_TESTING_H

#include "base/base.h"
#include <check.h>

/* Suites are found by the list of their program, not by a header. */
#pragma GCC diagnostic ignored "-Wmissing-prototypes"

/* Every program lists its suites, ending with NULL. */
typedef Suite *(*mg_test_suite)(void);
extern const mg_test_suite mg_test_suites[];

/* A suite of one test case whose functions the caller adds: TCase *t; Suite *s = mg_suite("str", &t); */
Suite *mg_suite(const char *name, TCase **tcase);

/* A fresh folder, removed with all in it when the program ends.  Never NULL. */
const char *mg_test_tempdir(void);
/* The folder of files that TensorFlow wrote (MGREG_CORPUS, else ../shared/corpus beside the sources), or NULL: skip. */
const char *mg_test_corpus(void);
/* DIR/NAME in a static ring of buffers. */
const char *mg_test_path(const char *dir, const char *name);
/* Says on the program's standard error that a part is skipped. */
void mg_test_skip(const char *why);

#define ck_assert_ok(call, err) do { \
	int rc_ = (call); \
	ck_assert_msg(rc_ == 0, #call ": %s: %s", mgreg_code_name((mgreg_code)rc_), (err)->text); \
} while (0)
#define ck_assert_fails(call, want, err) do { \
	int rc_ = (call); \
	ck_assert_msg(rc_ == (want), #call ": %s, expected %s: %s", mgreg_code_name((mgreg_code)rc_), \
		mgreg_code_name(want), rc_ ? (err)->text : ""); \
} while (0)

/* Runs BODY with the first, second, ... allocation failing until a run gets through unhit: BODY returns the code. */
void mg_test_each_allocation(int (*body)(void *arg, mgreg_error *err), void *arg);
#endif
