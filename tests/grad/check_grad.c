/* SPDX-License-Identifier: Apache-2.0 */
/* check_grad.c - the suites of the gradient layer. */
#include "testing.h"

Suite *test_backprop(void);
Suite *test_grad_table(void);
Suite *test_grad_corpus(void);
Suite *test_finite(void);
Suite *test_rnn(void);

const mg_test_suite mg_test_suites[] = { test_backprop, test_grad_table, test_grad_corpus, test_finite, test_rnn, NULL };
