# SPDX-License-Identifier: Apache-2.0
libmgreg_core_la_SOURCES += \
	%D%/saver.h \
	%D%/saver_internal.h \
	%D%/api.c \
	%D%/api_saver.c \
	%D%/build.c \
	%D%/checkpoint.c \
	%D%/init_from.c \
	%D%/items.c \
	%D%/object.c \
	%D%/files.c \
	%D%/keep.c \
	%D%/restore.c \
	%D%/save.c \
	%D%/saver.c \
	%D%/tee.c
