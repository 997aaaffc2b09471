# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += test-pack
TESTS += test-pack
test_pack_SOURCES = %D%/check_pack.c %D%/craft.h %D%/craft.c %D%/test_evil.c %D%/test_write.c
test_pack_CPPFLAGS = $(TEST_CPPFLAGS)
test_pack_LDADD = $(TEST_LDADD)
