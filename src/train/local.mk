# SPDX-License-Identifier: Apache-2.0
libmgreg_core_la_SOURCES += \
	%D%/train.h \
	%D%/train_internal.h \
	%D%/api.c \
	%D%/clip.c \
	%D%/ema.c \
	%D%/layers.c \
	%D%/losses.c \
	%D%/metrics.c \
	%D%/minimize.c \
	%D%/opt_sparse.c \
	%D%/optimizers.c \
	%D%/pyop.c \
	%D%/schedules.c \
	%D%/slot.c
