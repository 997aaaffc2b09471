# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += test-interop
TESTS += test-interop
test_interop_SOURCES = %D%/check_interop.c %D%/test_probe.c %D%/test_read.c %D%/test_freeze.c %D%/test_same.c
test_interop_CPPFLAGS = $(TEST_CPPFLAGS)
test_interop_LDADD = $(TEST_LDADD)
