/* SPDX-License-Identifier: Apache-2.0 */
/* check_store.c - the suites of src/store. */
#include "testing.h"

Suite *test_open(void);
Suite *test_object(void);
Suite *test_segment(void);
Suite *test_compact(void);
Suite *test_version(void);
Suite *test_fsck(void);

const mg_test_suite mg_test_suites[] = { test_open, test_object, test_segment, test_compact, test_version, test_fsck, NULL };
