# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += test-saver
TESTS += test-saver
test_saver_SOURCES = %D%/check_saver.c %D%/test_api.c %D%/test_corpus.c %D%/test_build.c %D%/test_files.c %D%/test_keep.c
test_saver_CPPFLAGS = $(TEST_CPPFLAGS)
test_saver_LDADD = $(TEST_LDADD)
