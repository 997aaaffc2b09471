/* SPDX-License-Identifier: Apache-2.0 */
/* check_tensor.c - the suites of layer tensor. */
#include "testing.h"

Suite *test_dtype(void);
Suite *test_shape(void);
Suite *test_tensor(void);
Suite *test_tensor_proto(void);
Suite *test_slice(void);
Suite *test_print(void);
Suite *test_stats(void);

const mg_test_suite mg_test_suites[] = {
	test_dtype, test_shape, test_tensor, test_tensor_proto, test_slice, test_print, test_stats, NULL
};
