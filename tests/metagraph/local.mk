# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += test-metagraph
TESTS += test-metagraph
test_metagraph_SOURCES = %D%/check_metagraph.c %D%/test_corpus.c %D%/test_rules.c %D%/test_evil.c %D%/test_collection.c %D%/test_scope_export.c \
	%D%/test_io.c %D%/test_hparams.c %D%/test_diff.c
test_metagraph_CPPFLAGS = $(TEST_CPPFLAGS)
test_metagraph_LDADD = $(TEST_LDADD)
EXTRA_DIST += %D%/RULES.md
