# SPDX-License-Identifier: Apache-2.0
EXTRA_DIST += %D%/collections.def
libmgreg_core_la_SOURCES += \
	%D%/metagraph.h \
	%D%/metagraph_internal.h \
	%D%/export.c \
	%D%/import.c \
	%D%/scope.c \
	%D%/collection.c \
	%D%/record_defs.c \
	%D%/control_flow_def.c \
	%D%/meta_info.c \
	%D%/io.c \
	%D%/diff.c \
	%D%/hparams.c \
	%D%/digest.c \
	%D%/register.c \
	%D%/api.c
