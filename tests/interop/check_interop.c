/* SPDX-License-Identifier: Apache-2.0 */
/* check_interop.c - the suites of src/interop. */
#include "testing.h"

Suite *test_probe(void);
Suite *test_read(void);
Suite *test_same(void);
Suite *test_freeze(void);

const mg_test_suite mg_test_suites[] = { test_probe, test_read, test_freeze, test_same, NULL };
