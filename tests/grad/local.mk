# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += test-grad
TESTS += test-grad
test_grad_SOURCES = %D%/check_grad.c %D%/test_backprop.c %D%/test_grad_table.c %D%/test_grad_corpus.c %D%/test_rnn.c \
	%D%/test_finite.c %D%/finite.h %D%/finite_math.c %D%/finite_decomp.c %D%/finite_array.c %D%/finite_flow.c %D%/finite_nn.c tests/kernels/cases.c
test_grad_CPPFLAGS = $(TEST_CPPFLAGS)
test_grad_LDADD = $(TEST_LDADD)
