# SPDX-License-Identifier: Apache-2.0
libmgreg_core_la_SOURCES += \
	%D%/op.h %D%/op_internal.h %D%/compat.def \
	%D%/op_table.c %D%/spec.c %D%/attr.c %D%/node_check.c %D%/op_proto.c %D%/compat.c %D%/custom.c \
	%D%/shape_ctx.h %D%/shape_ctx.c %D%/shape_fns.c %D%/shape_array.c %D%/shape_slice.c %D%/shape_nn.c \
	%D%/shape_state.c %D%/shape_flow.c %D%/shape_io.c %D%/shape_more.c \
	%D%/ops_array.c %D%/ops_candidate.c %D%/ops_control.c %D%/ops_data_flow.c %D%/ops_dataset.c \
	%D%/ops_dataset_more.c %D%/ops_estimator.c %D%/ops_functional.c %D%/ops_image.c %D%/ops_io.c \
	%D%/ops_linalg.c %D%/ops_list.c %D%/ops_logging.c %D%/ops_lookup.c %D%/ops_math.c %D%/ops_misc.c \
	%D%/ops_nn.c %D%/ops_parsing.c %D%/ops_ragged.c %D%/ops_random.c %D%/ops_resource.c %D%/ops_rnn.c \
	%D%/ops_sparse.c %D%/ops_special.c %D%/ops_state.c %D%/ops_string.c %D%/ops_training.c
