# SPDX-License-Identifier: Apache-2.0
libmgreg_core_la_SOURCES += \
	%D%/interop.h \
	%D%/interop_internal.h \
	%D%/checkpoint.c \
	%D%/convert.c \
	%D%/fold.c \
	%D%/formats.c \
	%D%/freeze.c \
	%D%/freeze.h \
	%D%/graph_file.c \
	%D%/node_def.c \
	%D%/probe.c \
	%D%/saved_model.c \
	%D%/write.c
