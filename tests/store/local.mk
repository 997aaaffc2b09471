# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += test-store test-store-disk test-store-safety
TESTS += test-store test-store-safety
LONG_TESTS += test-store-disk %D%/long-safety.sh
EXTRA_DIST += %D%/long-safety.sh
test_store_SOURCES = %D%/check_store.c %D%/store_test.h %D%/store_test.c %D%/test_open.c %D%/test_object.c \
	%D%/test_version.c %D%/test_fsck.c %D%/test_segment.c %D%/test_compact.c
test_store_CPPFLAGS = $(TEST_CPPFLAGS) -I$(top_srcdir)/tests/store
test_store_LDADD = $(TEST_LDADD) $(LINKED_LIBS)
test_store_disk_SOURCES = %D%/check_disk.c %D%/store_test.h %D%/store_test.c %D%/test_disk.c
test_store_disk_CPPFLAGS = $(TEST_CPPFLAGS) -I$(top_srcdir)/tests/store
test_store_disk_LDADD = $(TEST_LDADD) $(LINKED_LIBS)
test_store_safety_SOURCES = %D%/check_safety.c %D%/store_test.h %D%/store_test.c %D%/test_safety.c
test_store_safety_CPPFLAGS = $(TEST_CPPFLAGS) -I$(top_srcdir)/tests/store
test_store_safety_LDADD = $(TEST_LDADD) $(LINKED_LIBS)
