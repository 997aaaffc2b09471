# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += test-tensor
TESTS += test-tensor
test_tensor_SOURCES = %D%/check_tensor.c %D%/test_dtype.c %D%/test_shape.c %D%/test_tensor.c \
	%D%/test_tensor_proto.c %D%/test_slice.c %D%/test_print.c %D%/test_stats.c
test_tensor_CPPFLAGS = $(TEST_CPPFLAGS)
test_tensor_LDADD = $(TEST_LDADD)
