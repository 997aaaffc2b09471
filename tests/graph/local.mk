# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += test-graph
TESTS += test-graph
test_graph_SOURCES = %D%/check_graph.c %D%/test_name.c %D%/test_scope.c %D%/test_build.c %D%/test_constant.c \
	%D%/test_control_flow.c %D%/test_variable.c %D%/test_import.c
test_graph_CPPFLAGS = $(TEST_CPPFLAGS)
test_graph_LDADD = $(TEST_LDADD)
