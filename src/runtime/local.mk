# SPDX-License-Identifier: Apache-2.0
libmgreg_core_la_SOURCES += \
	%D%/runtime.h \
	%D%/kernel.h \
	%D%/runtime_internal.h %D%/families.def \
	%D%/session.c %D%/plan.c %D%/executor.c %D%/frame.c %D%/flow.c %D%/step.c %D%/kernel_ctx.c \
	%D%/memplan.c %D%/alloc.c %D%/pool.c \
	%D%/resource.c %D%/variable.c %D%/accumulate.c \
	%D%/random.c %D%/trace.c %D%/op_info.c %D%/bcast.c %D%/blas.c %D%/lapack.h %D%/lapack.c \
	%D%/kernel_table.c %D%/api.c %D%/function.h %D%/function.c %D%/handle.c %D%/queue.h %D%/queue.c %D%/queue_runner.c \
	%D%/source.h %D%/source.c %D%/kernels/k_queue.c %D%/kernels/k_reader.c %D%/kernels/k_example.c %D%/kernels/k_decode.c %D%/kernels/k_utf.h %D%/kernels/k_text.c %D%/kernels/k_unicode.c %D%/kernels/k_table.c \
	%D%/dataset.h %D%/dataset.c %D%/dataset_sources.c %D%/dataset_transforms.c %D%/dataset_functions.c %D%/kernels/k_dataset.c %D%/kernels/k_resize.c %D%/kernels/k_colour.c %D%/kernels/k_boxes.c \
	%D%/codec.h %D%/codec.c %D%/codec_png.c %D%/codec_jpeg.c %D%/kernels/k_image_io.c \
	%D%/kernels/k_distribution.c %D%/kernels/k_array_more.c %D%/kernels/k_patches.c %D%/kernels/k_einsum.c %D%/kernels/k_sparse_more.c %D%/kernels/k_set.c %D%/kernels/k_accumulator.c %D%/kernels/k_diagonals.c \
	%D%/kernels/k_control.c \
	%D%/kernels/k_function.c %D%/kernels/k_tensor_array.c %D%/kernels/k_stack.c %D%/kernels/k_list.c \
	%D%/kernels/k_elements.h %D%/kernels/elements.c \
	%D%/kernels/k_io.c \
	%D%/kernels/k_logging.c \
	%D%/kernels/k_random.c \
	%D%/kernels/k_resource.c \
	%D%/kernels/k_state.c \
	%D%/kernels/k_string.c \
	%D%/kernels/k_training.c %D%/kernels/apply.inc \
	%D%/kernels/k_clones.h %D%/kernels/k_common.h %D%/kernels/common.c %D%/kernels/copy.c \
	%D%/kernels/k_bcast.h %D%/kernels/bcast.c %D%/kernels/k_loops.h \
	%D%/kernels/k_special.h %D%/kernels/special.c \
	%D%/kernels/k_window.h %D%/kernels/window.c %D%/kernels/conv.inc \
	%D%/kernels/k_activation.c %D%/kernels/k_array.c %D%/kernels/k_bias.c \
	%D%/kernels/k_binary.c %D%/kernels/k_cast.c %D%/kernels/k_concat.c \
	%D%/kernels/k_conv.c %D%/kernels/k_cumsum.c %D%/kernels/k_matmul.c \
	%D%/kernels/k_linalg.c %D%/kernels/k_ctc.c %D%/kernels/k_custom.c %D%/kernels/k_rnn.c %D%/kernels/k_fft.c %D%/kernels/k_quantize.c %D%/kernels/k_sampler.c %D%/kernels/k_norm.c %D%/kernels/k_pool.c %D%/kernels/k_reduce.c \
	%D%/kernels/k_segment.c %D%/kernels/k_shape.c %D%/kernels/k_softmax.c \
	%D%/kernels/k_transpose.c %D%/kernels/k_unary.c \
	%D%/kernels/k_gather.c %D%/kernels/k_select.c %D%/kernels/k_slice.c \
	%D%/kernels/k_space.c %D%/kernels/k_sparse.c %D%/kernels/k_topk.c %D%/kernels/k_unique.c
