# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += test-registry
TESTS += test-registry
test_registry_SOURCES = %D%/check_registry.c %D%/test_put.c
test_registry_CPPFLAGS = $(TEST_CPPFLAGS)
test_registry_LDADD = $(TEST_LDADD)
