# SPDX-License-Identifier: Apache-2.0
libmgreg_core_la_SOURCES += \
	%D%/runtime.h \
	%D%/kernel.h \
	%D%/runtime_internal.h %D%/families.def \
	%D%/session.c %D%/plan.c %D%/executor.c %D%/kernel_ctx.c \
	%D%/memplan.c %D%/alloc.c %D%/pool.c \
	%D%/resource.c %D%/variable.c %D%/accumulate.c \
	%D%/random.c %D%/trace.c %D%/bcast.c %D%/blas.c \
	%D%/kernel_table.c \
	%D%/kernels/k_control.c \
	%D%/kernels/k_io.c \
	%D%/kernels/k_logging.c \
	%D%/kernels/k_random.c \
	%D%/kernels/k_resource.c \
	%D%/kernels/k_state.c \
	%D%/kernels/k_string.c \
	%D%/kernels/k_training.c %D%/kernels/apply.inc
