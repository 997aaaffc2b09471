# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += test-kernels kernel-cases
TESTS += test-kernels %D%/oracle.sh
EXTRA_DIST += %D%/oracle.sh %D%/oracle.py %D%/oracle_image.py %D%/oracle_linalg.py %D%/oracle_rnn.py %D%/oracle_signal.py
test_kernels_SOURCES = %D%/check_kernels.c %D%/test_cases.c %D%/test_fft.c %D%/cases.h %D%/cases.c %D%/cases_math.c %D%/cases_reduce.c \
	%D%/cases_array.c %D%/cases_slice.c %D%/cases_nn.c \
	%D%/cases_text.c %D%/cases_more.c
test_kernels_CPPFLAGS = $(TEST_CPPFLAGS)
test_kernels_LDADD = $(TEST_LDADD)
kernel_cases_SOURCES = %D%/kernel_cases.c %D%/cases.c
kernel_cases_CPPFLAGS = $(TEST_CPPFLAGS)
kernel_cases_LDADD = libmgreg_core.la
