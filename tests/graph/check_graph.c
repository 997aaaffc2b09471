/* SPDX-License-Identifier: Apache-2.0 */
/* check_graph.c - the suites of the graph layer. */
#include "testing.h"

Suite *test_name(void);
Suite *test_scope(void);
Suite *test_build(void);
Suite *test_constant(void);
Suite *test_variable(void);
Suite *test_import(void);
Suite *test_control_flow(void);

const mg_test_suite mg_test_suites[] = {
	test_name, test_scope, test_build, test_constant, test_variable, test_import, test_control_flow, NULL
};
