/* SPDX-License-Identifier: Apache-2.0 */
/* check_api.c - the public header, chapter by chapter. */
#include "testing.h"

Suite *test_graph_api(void);

const mg_test_suite mg_test_suites[] = { test_graph_api, NULL };
