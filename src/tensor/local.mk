# SPDX-License-Identifier: Apache-2.0
libmgreg_core_la_SOURCES += \
	%D%/tensor.h \
	%D%/dtype.def %D%/dtype.c \
	%D%/shape.c \
	%D%/buffer.c \
	%D%/tensor.c \
	%D%/tensor_proto.c \
	%D%/slice.c \
	%D%/print.c \
	%D%/format.c \
	%D%/parse.c \
	%D%/compare.c \
	%D%/npy.c \
	%D%/stats.c
