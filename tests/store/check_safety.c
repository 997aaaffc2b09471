/* SPDX-License-Identifier: Apache-2.0 */
/* check_safety.c - endings in the middle: a sample, or with MGREG_SAFETY=all the whole. */
#include "testing.h"

Suite *test_safety(void);

const mg_test_suite mg_test_suites[] = { test_safety, NULL };
