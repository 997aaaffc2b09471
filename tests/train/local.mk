# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += test-train
TESTS += test-train
test_train_SOURCES = %D%/check_train.c %D%/test_rules.c %D%/test_building.c %D%/nets.c %D%/nets.h %D%/test_minimize.c %D%/test_optimizers.c
test_train_CPPFLAGS = $(TEST_CPPFLAGS)
test_train_LDADD = $(TEST_LDADD)
