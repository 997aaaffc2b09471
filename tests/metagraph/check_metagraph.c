/* SPDX-License-Identifier: Apache-2.0 */
/* check_metagraph.c - the suites of the metagraph layer. */
#include "testing.h"

Suite *test_corpus(void);
Suite *test_collection(void);
Suite *test_scope_export(void);
Suite *test_io(void);
Suite *test_hparams(void);
Suite *test_diff(void);
Suite *test_rules(void);
Suite *test_evil(void);

const mg_test_suite mg_test_suites[] = {
	test_corpus, test_collection, test_scope_export, test_io, test_hparams, test_diff, test_rules, test_evil, NULL
};
