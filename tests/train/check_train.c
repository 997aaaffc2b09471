/* SPDX-License-Identifier: Apache-2.0 */
/* check_train.c - the suites of the training layer. */
#include "testing.h"

Suite *test_minimize(void);
Suite *test_optimizers(void);

const mg_test_suite mg_test_suites[] = { test_minimize, test_optimizers, NULL };
