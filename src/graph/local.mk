# SPDX-License-Identifier: Apache-2.0
libmgreg_core_la_SOURCES += \
	%D%/graph.h \
	%D%/graph_internal.h \
	%D%/record.h \
	%D%/graph.c \
	%D%/api.c \
	%D%/op_build.c \
	%D%/wrappers.c \
	%D%/node.c \
	%D%/name.c \
	%D%/device.c \
	%D%/scope.c \
	%D%/builder.c \
	%D%/variable.c \
	%D%/context.c \
	%D%/control_flow.c \
	%D%/collection.c \
	%D%/infer.c \
	%D%/constant.c \
	%D%/function.c \
	%D%/savepoint.c \
	%D%/source.c \
	%D%/graphdef_read.c \
	%D%/graphdef_write.c \
	%D%/topo.c \
	%D%/validate.c
