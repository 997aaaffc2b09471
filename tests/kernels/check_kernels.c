/* SPDX-License-Identifier: Apache-2.0 */
/* check_kernels.c - the suites of the kernels: tables of cases by family. */
#include "testing.h"

Suite *test_cases(void), *test_fft(void);

const mg_test_suite mg_test_suites[] = { test_cases, test_fft, NULL };
