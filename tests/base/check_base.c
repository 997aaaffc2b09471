/* SPDX-License-Identifier: Apache-2.0 */
/* check_base.c - the suites of src/base. */
#include "testing.h"

Suite *test_error(void);
Suite *test_mem(void);
Suite *test_str(void);
Suite *test_num(void);
Suite *test_hash(void);
Suite *test_file(void);
Suite *test_regex(void);

const mg_test_suite mg_test_suites[] = {
	test_error, test_mem, test_str, test_num, test_hash, test_file, test_regex, NULL
};
