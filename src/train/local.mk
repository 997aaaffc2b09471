# SPDX-License-Identifier: Apache-2.0
libmgreg_core_la_SOURCES += \
	%D%/train.h \
	%D%/train_internal.h \
	%D%/api.c \
	%D%/minimize.c \
	%D%/opt_sparse.c \
	%D%/optimizers.c \
	%D%/slot.c
