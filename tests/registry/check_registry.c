/* SPDX-License-Identifier: Apache-2.0 */
/* check_registry.c - the suites of src/registry. */
#include "testing.h"

Suite *test_put(void);
Suite *test_ways(void);

const mg_test_suite mg_test_suites[] = { test_put, test_ways, NULL };
