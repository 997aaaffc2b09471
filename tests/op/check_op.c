/* SPDX-License-Identifier: Apache-2.0 */
/* check_op.c - the suites of src/op. */
#include "testing.h"

Suite *test_table(void);
Suite *test_attr(void);
Suite *test_node_check(void);
Suite *test_op_proto(void);
Suite *test_custom(void);
Suite *test_shapes(void);
Suite *test_shapes_any(void);
Suite *test_corpus_shapes(void);

const mg_test_suite mg_test_suites[] = {
	test_table, test_attr, test_node_check, test_op_proto, test_custom, test_shapes, test_shapes_any, test_corpus_shapes, NULL
};
