# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += test-registry
TESTS += test-registry
test_registry_SOURCES = %D%/check_registry.c %D%/test_put.c %D%/test_ways.c
test_registry_CPPFLAGS = $(TEST_CPPFLAGS)
test_registry_LDADD = $(TEST_LDADD)

# Data: columns, order, NumPy's files, archives; peek is what the scripts ask.
check_PROGRAMS += test-data peek
TESTS += test-data %D%/t-numpy.sh %D%/t-v2-reader.sh
test_data_SOURCES = %D%/check_data.c %D%/test_data.c %D%/test_order.c %D%/test_npy.c %D%/test_pack.c
test_data_CPPFLAGS = $(TEST_CPPFLAGS)
test_data_LDADD = $(TEST_LDADD)
peek_SOURCES = %D%/peek.c
peek_CPPFLAGS = $(TEST_CPPFLAGS)
peek_LDADD = libmgreg_core.la
EXTRA_DIST += %D%/t-numpy.sh %D%/t-v2-reader.sh %D%/v2_reader.py
