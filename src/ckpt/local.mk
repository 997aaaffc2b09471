# SPDX-License-Identifier: Apache-2.0
libmgreg_core_la_SOURCES += \
	%D%/ckpt.h %D%/ckpt_internal.h \
	%D%/formats.c \
	%D%/resolver.c \
	%D%/naming.c \
	%D%/fmt_v2.c \
	%D%/bundle_write.c \
	%D%/bundle_strings.c \
	%D%/bundle_merge.c \
	%D%/fmt_v1.c \
	%D%/fmt_safetensors.c \
	%D%/fmt_npz.c \
	%D%/table_read.c \
	%D%/table_write.c \
	%D%/block.c \
	%D%/snappy.c \
	%D%/flate.c \
	%D%/zip_write.c \
	%D%/events.c \
	%D%/slice_key.c \
	%D%/slice_set.c \
	%D%/state.c \
	%D%/record.c
