# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += test-runtime
TESTS += test-runtime
test_runtime_SOURCES = %D%/check_runtime.c %D%/rt.h %D%/rt.c \
	%D%/test_executor.c %D%/test_loops.c %D%/test_arrays.c %D%/test_functions.c %D%/test_variables.c %D%/test_random.c %D%/test_training.c \
	%D%/test_io.c %D%/test_logging.c %D%/test_pool.c %D%/test_corpus.c %D%/test_oracles.c \
	%D%/test_queue.c %D%/test_tables.c %D%/test_dataset.c %D%/test_pictures.c
test_runtime_CPPFLAGS = $(TEST_CPPFLAGS) -I$(srcdir)/%D%
test_runtime_LDADD = $(TEST_LDADD)
