# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += test-ckpt
TESTS += test-ckpt
test_ckpt_SOURCES = %D%/check_ckpt.c %D%/helper.h %D%/helper.c %D%/test_table.c %D%/test_slice_key.c \
	%D%/test_bundle.c %D%/test_merge.c %D%/test_v1.c %D%/test_other.c %D%/test_damage.c %D%/test_evil.c %D%/test_corpus.c \
	%D%/test_naming.c %D%/test_state.c %D%/test_record.c %D%/test_events.c
test_ckpt_CPPFLAGS = $(TEST_CPPFLAGS)
test_ckpt_LDADD = $(TEST_LDADD)
TESTS += %D%/t-npz.sh
EXTRA_DIST += %D%/t-npz.sh
# The same with every byte of small data files and a thousand places in large ones.
LONG_TESTS += %D%/t-flips.sh
EXTRA_DIST += %D%/t-flips.sh
