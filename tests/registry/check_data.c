/* SPDX-License-Identifier: Apache-2.0 */
/* check_data.c - the suites of training data and what they stand on. */
#include "testing.h"

Suite *test_data(void);
Suite *test_order(void);
Suite *test_npy(void);
Suite *test_pack(void);

const mg_test_suite mg_test_suites[] = { test_data, test_order, test_npy, test_pack, NULL };
