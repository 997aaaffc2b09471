# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += test-base
TESTS += test-base
test_base_SOURCES = %D%/check_base.c %D%/test_error.c %D%/test_mem.c %D%/test_str.c %D%/test_num.c %D%/test_hash.c %D%/test_file.c %D%/test_regex.c
test_base_CPPFLAGS = $(TEST_CPPFLAGS)
test_base_LDADD = $(TEST_LDADD)
