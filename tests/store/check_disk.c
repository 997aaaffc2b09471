/* SPDX-License-Identifier: Apache-2.0 */
/* check_disk.c - the suite that breaks the disk: long, so a program of its own. */
#include "testing.h"

Suite *test_disk(void);

const mg_test_suite mg_test_suites[] = { test_disk, NULL };
