# SPDX-License-Identifier: Apache-2.0
api_tests = %D%/header.sh %D%/loop.sh
TESTS += $(api_tests)
EXTRA_DIST += $(api_tests) %D%/header_c.c %D%/header_cxx.cc

check_PROGRAMS += test-api
TESTS += test-api
test_api_SOURCES = %D%/check_api.c %D%/test_graph_api.c
test_api_CPPFLAGS = $(TEST_CPPFLAGS)
test_api_LDADD = $(TEST_LDADD)
