# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += test-op
TESTS += test-op
test_op_SOURCES = %D%/check_op.c %D%/test_table.c %D%/test_attr.c %D%/test_node_check.c %D%/test_op_proto.c %D%/test_custom.c \
	%D%/test_shapes.c %D%/test_corpus_shapes.c %D%/test_shapes_any.c
test_op_CPPFLAGS = $(TEST_CPPFLAGS)
test_op_LDADD = $(TEST_LDADD)
