# SPDX-License-Identifier: Apache-2.0
libmgreg_core_la_SOURCES += \
	%D%/registry.h \
	%D%/registry.c \
	%D%/content.h \
	%D%/content.c \
	%D%/content_diff.c \
	%D%/content_views.c \
	%D%/facts.h \
	%D%/facts.c \
	%D%/freeze.c \
	%D%/get.c \
	%D%/package.h \
	%D%/packing.c \
	%D%/pieces.c \
	%D%/pieces.h \
	%D%/put.c \
	%D%/list.c \
	%D%/load.c \
	%D%/publish.c \
	%D%/run.c \
	%D%/store_ckpt.c \
	%D%/data.h \
	%D%/data.c \
	%D%/data_csv.c \
	%D%/data_internal.h \
	%D%/order.c \
	%D%/training.h \
	%D%/eval.c \
	%D%/extend.c \
	%D%/feed.c \
	%D%/override.c \
	%D%/prune.c \
	%D%/resume.c \
	%D%/unpacking.c \
	%D%/verify.c \
	%D%/train.c
