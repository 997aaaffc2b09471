/* SPDX-License-Identifier: Apache-2.0 */
/* check_ckpt.c - the suites of layer ckpt. */
#include "testing.h"

Suite *test_table(void);
Suite *test_slice_key(void);
Suite *test_bundle(void);
Suite *test_merge(void);
Suite *test_v1(void);
Suite *test_other(void);
Suite *test_damage(void);
Suite *test_evil(void);
Suite *test_corpus(void);
Suite *test_naming(void);
Suite *test_state(void);
Suite *test_record(void);
Suite *test_events(void);

const mg_test_suite mg_test_suites[] = {
	test_table, test_slice_key, test_bundle, test_merge, test_v1, test_other, test_damage, test_evil, test_corpus, test_naming, test_state,
	test_record, test_events, NULL
};
