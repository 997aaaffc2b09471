/* SPDX-License-Identifier: Apache-2.0 */
/* check_proto.c - the suites of src/proto. */
#include "testing.h"

Suite *test_alloc(void);
Suite *test_compare(void);
Suite *test_corpus(void);
Suite *test_decode(void);
Suite *test_encode(void);
Suite *test_text(void);
Suite *test_wire(void);

const mg_test_suite mg_test_suites[] = {
	test_wire, test_decode, test_encode, test_alloc, test_compare, test_text, test_corpus, NULL
};
