/* SPDX-License-Identifier: Apache-2.0 */
/* check_pack.c - the suites of src/pack. */
#include "testing.h"

Suite *test_evil(void);
Suite *test_write(void);

const mg_test_suite mg_test_suites[] = { test_evil, test_write, NULL };
