# SPDX-License-Identifier: Apache-2.0
libmgreg_core_la_SOURCES += \
	%D%/grad.h \
	%D%/grad_internal.h \
	%D%/api.c \
	%D%/backprop.c %D%/loops.c %D%/loops.h %D%/grads_tensor_array.c \
	%D%/grad_build.c \
	%D%/grad_table.c \
	%D%/grads_array.c \
	%D%/grads_control.c \
	%D%/grads_conv.c \
	%D%/grads_data_flow.c \
	%D%/grads_linalg.c %D%/grads_decomp.c %D%/grads_rnn.c %D%/grads_rare.c \
	%D%/grads_math.c \
	%D%/grads_nn.c \
	%D%/grads_none.c \
	%D%/grads_reduce.c \
	%D%/grads_state.c
