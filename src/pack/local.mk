# SPDX-License-Identifier: Apache-2.0
libmgreg_core_la_SOURCES += \
	%D%/pack.h \
	%D%/archive.c \
	%D%/archive.h \
	%D%/pack_read.c \
	%D%/pack_write.c \
	%D%/spool.c
