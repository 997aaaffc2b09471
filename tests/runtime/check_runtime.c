/* SPDX-License-Identifier: Apache-2.0 */
/* check_runtime.c - the suites of the runtime. */
#include "testing.h"

Suite *test_executor(void);
Suite *test_loops(void);
Suite *test_arrays(void);
Suite *test_functions(void);
Suite *test_variables(void);
Suite *test_random(void);
Suite *test_training(void);
Suite *test_io(void);
Suite *test_logging(void);
Suite *test_pool(void);
Suite *test_corpus(void);
Suite *test_oracles(void);
Suite *test_queue(void);
Suite *test_tables(void);
Suite *test_dataset(void);
Suite *test_pictures(void);

const mg_test_suite mg_test_suites[] = { test_executor, test_loops, test_arrays, test_functions,
	test_variables, test_random, test_training, test_io, test_logging, test_pool, test_corpus, test_oracles, test_queue, test_tables, test_dataset, test_pictures, NULL };
