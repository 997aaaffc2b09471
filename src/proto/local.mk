# SPDX-License-Identifier: Apache-2.0
libmgreg_core_la_SOURCES += \
	%D%/proto.h \
	%D%/pb.h \
	%D%/wire.h \
	%D%/proto_internal.h \
	%D%/text_internal.h \
	%D%/any.def \
	%D%/alloc.c \
	%D%/any.c \
	%D%/compare.c \
	%D%/decode.c \
	%D%/encode.c \
	%D%/field.c \
	%D%/text_lex.c \
	%D%/text_parse.c \
	%D%/text_print.c \
	%D%/wire.c
