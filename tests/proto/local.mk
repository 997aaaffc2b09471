# SPDX-License-Identifier: Apache-2.0
check_PROGRAMS += test-proto proto-tool
TESTS += test-proto %D%/t-protoc.sh
EXTRA_DIST += %D%/t-protoc.sh
test_proto_SOURCES = %D%/check_proto.c %D%/proto_test.h %D%/test_alloc.c %D%/test_compare.c %D%/test_corpus.c \
	%D%/test_decode.c %D%/test_encode.c %D%/test_text.c %D%/test_wire.c
test_proto_CPPFLAGS = $(TEST_CPPFLAGS)
test_proto_LDADD = $(TEST_LDADD)

# What the comparison with protoc runs.
proto_tool_SOURCES = %D%/proto_tool.c
proto_tool_CPPFLAGS = $(TEST_CPPFLAGS)
proto_tool_LDADD = libmgreg_core.la
