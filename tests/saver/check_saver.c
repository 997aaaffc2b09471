/* SPDX-License-Identifier: Apache-2.0 */
/* check_saver.c - the suites of the saver layer. */
#include "testing.h"

Suite *test_build(void);
Suite *test_keep(void);
Suite *test_files(void);
Suite *test_api(void);
Suite *test_corpus(void);

const mg_test_suite mg_test_suites[] = { test_build, test_keep, test_files, test_api, test_corpus, NULL };
