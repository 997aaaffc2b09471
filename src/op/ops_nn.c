/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ops_nn.c - convolution, pooling, activations, losses, normalization.
 *
 * Name, signature, attributes, flags, shape function, tier, deprecation (op_internal.h tells the notation).
 */
#include "op/op_internal.h"

const mg_op mg_ops_nn[] = {
	{ "AvgPool", "value: T -> output: T",
	  "ksize: list(int) >= 4; strides: list(int) >= 4; padding: {'SAME', 'VALID'}; data_format: "
	    "{'NHWC', 'NCHW'} = 'NHWC'; T: {half, bfloat16, float, double}", 0, mg_shape_fn_pool2d, .tier = 1 },
	{ "AvgPool3D", "input: T -> output: T",
	  "ksize: list(int) >= 5; strides: list(int) >= 5; padding: {'SAME', 'VALID'}; data_format: "
	    "{'NDHWC', 'NCDHW'} = 'NDHWC'; T: {half, bfloat16, float, double}", 0, mg_shape_fn_pool3d, .tier = 1 },
	{ "AvgPool3DGrad", "orig_input_shape: int32, grad: T -> output: T",
	  "ksize: list(int) >= 5; strides: list(int) >= 5; padding: {'SAME', 'VALID'}; data_format: "
	    "{'NDHWC', 'NCDHW'} = 'NDHWC'; T: {half, bfloat16, float, double}",
	  0, mg_shape_fn_sizes5_0, .tier = 1 },
	{ "AvgPoolGrad", "orig_input_shape: int32, grad: T -> output: T",
	  "ksize: list(int) >= 4; strides: list(int) >= 4; padding: {'SAME', 'VALID'}; data_format: "
	    "{'NHWC', 'NCHW'} = 'NHWC'; T: {half, bfloat16, float, double}", 0, mg_shape_fn_sizes4_0, .tier = 1 },
	{ "BatchNormWithGlobalNormalization", "t: T, m: T, v: T, beta: T, gamma: T -> result: T",
	  "T: numbertype; variance_epsilon: float; scale_after_normalization: bool",
	  0, mg_shape_fn_batch_norm_global, .tier = 1, .deprecated_at = 9, .deprecation = "Use tf.nn.batch_normalization()" },
	{ "BatchNormWithGlobalNormalizationGrad",
	  "t: T, m: T, v: T, gamma: T, backprop: T -> dx: T, dm: T, dv: T, db: T, dg: T",
	  "T: numbertype; variance_epsilon: float; scale_after_normalization: bool",
	  0, mg_shape_fn_batch_norm_global, .tier = 1, .deprecated_at = 9, .deprecation = "Use tf.nn.batch_normalization()" },
	{ "BiasAdd", "value: T, bias: T -> output: T",
	  "T: numbertype; data_format: {'NHWC', 'NCHW'} = 'NHWC'", 0, mg_shape_fn_bias_add, .tier = 0 },
	{ "BiasAddGrad", "out_backprop: T -> output: T",
	  "T: numbertype; data_format: {'NHWC', 'NCHW'} = 'NHWC'", 0, mg_shape_fn_bias_add_grad, .tier = 0 },
	{ "BiasAddV1", "value: T, bias: T -> output: T", "T: numbertype", 0, mg_shape_fn_bias_add, .tier = 1 },
	{ "CTCBeamSearchDecoder",
	  "inputs: T, sequence_length: int32 -> decoded_indices: top_paths * int64, decoded_values: "
	    "top_paths * int64, decoded_shape: top_paths * int64, log_probability: T",
	  "beam_width: int >= 1; top_paths: int >= 1; merge_repeated: bool = true; T: {float, double} = "
	    "float", 0, mg_shape_fn_ctc_beam, .tier = 2 },
	{ "CTCGreedyDecoder",
	  "inputs: T, sequence_length: int32 -> decoded_indices: int64, decoded_values: int64, "
	    "decoded_shape: int64, log_probability: T",
	  "merge_repeated: bool = false; T: {float, double} = float", 0, mg_shape_fn_ctc_greedy, .tier = 1 },
	{ "CTCLoss",
	  "inputs: T, labels_indices: int64, labels_values: int32, sequence_length: int32 -> loss: T, "
	    "gradient: T",
	  "preprocess_collapse_repeated: bool = false; ctc_merge_repeated: bool = true; "
	    "ignore_longer_outputs_than_inputs: bool = false; T: {float, double} = float",
	  0, mg_shape_fn_ctc_loss, .tier = 1 },
	{ "CTCLossV2",
	  "inputs: float, labels_indices: int64, labels_values: int32, sequence_length: int32 -> loss: "
	    "float, gradient: float",
	  "preprocess_collapse_repeated: bool = false; ctc_merge_repeated: bool = true; "
	    "ignore_longer_outputs_than_inputs: bool = false", 0, NULL, .tier = 3 },
	{ "Conv2D", "input: T, filter: T -> output: T",
	  "T: {half, bfloat16, float, double}; strides: list(int); use_cudnn_on_gpu: bool = true; "
	    "padding: {'SAME', 'VALID', 'EXPLICIT'}; explicit_paddings: list(int) = []; data_format: "
	    "{'NHWC', 'NCHW'} = 'NHWC'; dilations: list(int) = [1, 1, 1, 1]", 0, mg_shape_fn_conv2d, .tier = 1 },
	{ "Conv2DBackpropFilter", "input: T, filter_sizes: int32, out_backprop: T -> output: T",
	  "T: {half, bfloat16, float, double}; strides: list(int); use_cudnn_on_gpu: bool = true; "
	    "padding: {'SAME', 'VALID', 'EXPLICIT'}; explicit_paddings: list(int) = []; data_format: "
	    "{'NHWC', 'NCHW'} = 'NHWC'; dilations: list(int) = [1, 1, 1, 1]", 0, mg_shape_fn_sizes4_1, .tier = 1 },
	{ "Conv2DBackpropInput", "input_sizes: int32, filter: T, out_backprop: T -> output: T",
	  "T: {half, bfloat16, float, double}; strides: list(int); use_cudnn_on_gpu: bool = true; "
	    "padding: {'SAME', 'VALID', 'EXPLICIT'}; explicit_paddings: list(int) = []; data_format: "
	    "{'NHWC', 'NCHW'} = 'NHWC'; dilations: list(int) = [1, 1, 1, 1]", 0, mg_shape_fn_sizes4_0, .tier = 1 },
	{ "Conv3D", "input: T, filter: T -> output: T",
	  "T: {half, bfloat16, float, double}; strides: list(int) >= 5; padding: {'SAME', 'VALID'}; "
	    "data_format: {'NDHWC', 'NCDHW'} = 'NDHWC'; dilations: list(int) = [1, 1, 1, 1, 1]",
	  0, mg_shape_fn_conv3d, .tier = 1 },
	{ "Conv3DBackpropFilter", "input: T, filter: T, out_backprop: T -> output: T",
	  "T: {half, float, double}; strides: list(int) >= 5; padding: {'SAME', 'VALID'}; dilations: "
	    "list(int) = [1, 1, 1, 1, 1]",
	  0, mg_shape_fn_like_1_rank5, .tier = 2, .deprecated_at = 10, .deprecation = "Use Conv3DBackpropFilterV2" },
	{ "Conv3DBackpropFilterV2", "input: T, filter_sizes: int32, out_backprop: T -> output: T",
	  "T: {half, bfloat16, float, double}; strides: list(int) >= 5; padding: {'SAME', 'VALID'}; "
	    "data_format: {'NDHWC', 'NCDHW'} = 'NDHWC'; dilations: list(int) = [1, 1, 1, 1, 1]",
	  0, mg_shape_fn_sizes5_1, .tier = 1 },
	{ "Conv3DBackpropInput", "input: T, filter: T, out_backprop: T -> output: T",
	  "T: {half, float, double}; strides: list(int) >= 5; padding: {'SAME', 'VALID'}; dilations: "
	    "list(int) = [1, 1, 1, 1, 1]",
	  0, mg_shape_fn_unchanged_rank5, .tier = 2, .deprecated_at = 10, .deprecation = "Use Conv3DBackpropInputV2" },
	{ "Conv3DBackpropInputV2", "input_sizes: Tshape, filter: T, out_backprop: T -> output: T",
	  "T: {half, bfloat16, float, double}; strides: list(int) >= 5; padding: {'SAME', 'VALID'}; "
	    "data_format: {'NDHWC', 'NCDHW'} = 'NDHWC'; dilations: list(int) = [1, 1, 1, 1, 1]; Tshape: "
	    "{int32, int64} = int32", 0, mg_shape_fn_sizes5_0, .tier = 1 },
	{ "DataFormatDimMap", "x: T -> y: T",
	  "T: {int32, int64} = int32; src_format: string = 'NHWC'; dst_format: string = 'NCHW'",
	  0, mg_shape_fn_unchanged, .tier = 2 },
	{ "DataFormatVecPermute", "x: T -> y: T",
	  "T: {int32, int64} = int32; src_format: string = 'NHWC'; dst_format: string = 'NCHW'",
	  0, mg_shape_fn_unchanged, .tier = 2 },
	{ "DepthwiseConv2dNative", "input: T, filter: T -> output: T",
	  "T: {half, bfloat16, float, double}; strides: list(int); padding: {'SAME', 'VALID'}; "
	    "data_format: {'NHWC', 'NCHW'} = 'NHWC'; dilations: list(int) = [1, 1, 1, 1]",
	  0, mg_shape_fn_depthwise_conv2d, .tier = 1 },
	{ "DepthwiseConv2dNativeBackpropFilter",
	  "input: T, filter_sizes: int32, out_backprop: T -> output: T",
	  "T: {half, bfloat16, float, double}; strides: list(int); padding: {'SAME', 'VALID'}; "
	    "data_format: {'NHWC', 'NCHW'} = 'NHWC'; dilations: list(int) = [1, 1, 1, 1]",
	  0, mg_shape_fn_sizes4_1, .tier = 1 },
	{ "DepthwiseConv2dNativeBackpropInput",
	  "input_sizes: int32, filter: T, out_backprop: T -> output: T",
	  "T: {half, bfloat16, float, double}; strides: list(int); padding: {'SAME', 'VALID'}; "
	    "data_format: {'NHWC', 'NCHW'} = 'NHWC'; dilations: list(int) = [1, 1, 1, 1]",
	  0, mg_shape_fn_sizes4_0, .tier = 1 },
	{ "Dilation2D", "input: T, filter: T -> output: T",
	  "T: realnumbertype; strides: list(int) >= 4; rates: list(int) >= 4; padding: {'SAME', "
	    "'VALID'}", 0, mg_shape_fn_dilation2d, .tier = 1 },
	{ "Dilation2DBackpropFilter", "input: T, filter: T, out_backprop: T -> filter_backprop: T",
	  "T: realnumbertype; strides: list(int) >= 4; rates: list(int) >= 4; padding: {'SAME', "
	    "'VALID'}", 0, mg_shape_fn_like_1, .tier = 2 },
	{ "Dilation2DBackpropInput", "input: T, filter: T, out_backprop: T -> in_backprop: T",
	  "T: realnumbertype; strides: list(int) >= 4; rates: list(int) >= 4; padding: {'SAME', "
	    "'VALID'}", 0, mg_shape_fn_unchanged, .tier = 2 },
	{ "Elu", "features: T -> activations: T",
	  "T: {half, bfloat16, float, double}", 0, mg_shape_fn_unchanged, .tier = 1 },
	{ "EluGrad", "gradients: T, outputs: T -> backprops: T",
	  "T: {half, bfloat16, float, double}", 0, mg_shape_fn_merge, .tier = 1 },
	{ "FractionalAvgPool",
	  "value: T -> output: T, row_pooling_sequence: int64, col_pooling_sequence: int64",
	  "pooling_ratio: list(float) >= 4; pseudo_random: bool = false; overlapping: bool = false; "
	    "deterministic: bool = false; seed: int = 0; seed2: int = 0; T: {float, double, int32, int64}",
	  0, mg_shape_fn_fractional_pool, .tier = 2 },
	{ "FractionalAvgPoolGrad",
	  "orig_input_tensor_shape: int64, out_backprop: T, row_pooling_sequence: int64, "
	    "col_pooling_sequence: int64 -> output: T",
	  "overlapping: bool = false; T: {float, double, int32, int64}", 0, NULL, .tier = 2 },
	{ "FractionalMaxPool",
	  "value: T -> output: T, row_pooling_sequence: int64, col_pooling_sequence: int64",
	  "pooling_ratio: list(float) >= 4; pseudo_random: bool = false; overlapping: bool = false; "
	    "deterministic: bool = false; seed: int = 0; seed2: int = 0; T: {float, double, int32, int64}",
	  0, mg_shape_fn_fractional_pool, .tier = 2 },
	{ "FractionalMaxPoolGrad",
	  "orig_input: T, orig_output: T, out_backprop: T, row_pooling_sequence: int64, "
	    "col_pooling_sequence: int64 -> output: T",
	  "overlapping: bool = false; T: {float, double, int32, int64}", 0, mg_shape_fn_unchanged, .tier = 2 },
	{ "FusedBatchNorm",
	  "x: T, scale: T, offset: T, mean: T, variance: T -> y: T, batch_mean: T, batch_variance: T, "
	    "reserve_space_1: T, reserve_space_2: T",
	  "T: {float}; epsilon: float = 0.0001; data_format: {'NHWC', 'NCHW'} = 'NHWC'; is_training: "
	    "bool = true", 0, mg_shape_fn_fused_batch_norm, .tier = 1 },
	{ "FusedBatchNormGrad",
	  "y_backprop: T, x: T, scale: T, reserve_space_1: T, reserve_space_2: T -> x_backprop: T, "
	    "scale_backprop: T, offset_backprop: T, reserve_space_3: T, reserve_space_4: T",
	  "T: {float}; epsilon: float = 0.0001; data_format: {'NHWC', 'NCHW'} = 'NHWC'; is_training: "
	    "bool = true", 0, mg_shape_fn_fused_batch_norm_grad, .tier = 1 },
	{ "FusedBatchNormGradV2",
	  "y_backprop: T, x: T, scale: float, reserve_space_1: U, reserve_space_2: U -> x_backprop: T, "
	    "scale_backprop: U, offset_backprop: U, reserve_space_3: U, reserve_space_4: U",
	  "T: {half, bfloat16, float}; U: {float}; epsilon: float = 0.0001; data_format: {'NHWC', "
	    "'NCHW'} = 'NHWC'; is_training: bool = true", 0, mg_shape_fn_fused_batch_norm_grad, .tier = 1 },
	{ "FusedBatchNormGradV3",
	  "y_backprop: T, x: T, scale: float, reserve_space_1: U, reserve_space_2: U, reserve_space_3: "
	    "U -> x_backprop: T, scale_backprop: U, offset_backprop: U, reserve_space_4: U, "
	    "reserve_space_5: U",
	  "T: {half, bfloat16, float}; U: {float}; epsilon: float = 0.0001; data_format: {'NHWC', "
	    "'NCHW'} = 'NHWC'; is_training: bool = true", 0, mg_shape_fn_fused_batch_norm_grad, .tier = 1 },
	{ "FusedBatchNormV2",
	  "x: T, scale: U, offset: U, mean: U, variance: U -> y: T, batch_mean: U, batch_variance: U, "
	    "reserve_space_1: U, reserve_space_2: U",
	  "T: {half, bfloat16, float}; U: {float}; epsilon: float = 0.0001; data_format: {'NHWC', "
	    "'NCHW'} = 'NHWC'; is_training: bool = true", 0, mg_shape_fn_fused_batch_norm, .tier = 1 },
	{ "FusedBatchNormV3",
	  "x: T, scale: U, offset: U, mean: U, variance: U -> y: T, batch_mean: U, batch_variance: U, "
	    "reserve_space_1: U, reserve_space_2: U, reserve_space_3: U",
	  "T: {half, bfloat16, float}; U: {float}; epsilon: float = 0.0001; data_format: {'NHWC', "
	    "'NCHW'} = 'NHWC'; is_training: bool = true", 0, mg_shape_fn_fused_batch_norm, .tier = 1 },
	{ "FusedPadConv2D", "input: T, paddings: int32, filter: T -> output: T",
	  "T: {half, float, double}; mode: {'REFLECT', 'SYMMETRIC'}; strides: list(int); padding: "
	    "{'SAME', 'VALID'}", 0, NULL, .tier = 2 },
	{ "FusedResizeAndPadConv2D", "input: T, size: int32, paddings: int32, filter: T -> output: T",
	  "T: {half, float, double}; resize_align_corners: bool = false; mode: {'REFLECT', "
	    "'SYMMETRIC'}; strides: list(int); padding: {'SAME', 'VALID'}", 0, NULL, .tier = 2 },
	{ "InTopK", "predictions: float, targets: T -> precision: bool",
	  "k: int; T: {int32, int64} = int32", 0, mg_shape_fn_in_top_k, .tier = 0 },
	{ "InTopKV2", "predictions: float, targets: T, k: T -> precision: bool",
	  "T: {int32, int64} = int32", 0, mg_shape_fn_in_top_k, .tier = 1 },
	{ "IsotonicRegression", "input: T -> output: output_dtype, segments: int32",
	  "T: realnumbertype; output_dtype: {half, bfloat16, float, double} = float", 0, NULL, .tier = 3 },
	{ "L2Loss", "t: T -> output: T",
	  "T: {half, bfloat16, float, double}", 0, mg_shape_fn_scalar, .tier = 1 },
	{ "LRN", "input: T -> output: T",
	  "depth_radius: int = 5; bias: float = 1; alpha: float = 1; beta: float = 0.5; T: {half, "
	    "bfloat16, float} = float", 0, mg_shape_fn_unchanged_rank4, .tier = 1 },
	{ "LRNGrad", "input_grads: T, input_image: T, output_image: T -> output: T",
	  "depth_radius: int = 5; bias: float = 1; alpha: float = 1; beta: float = 0.5; T: {half, "
	    "bfloat16, float} = float", 0, mg_shape_fn_merge, .tier = 1 },
	{ "LeakyRelu", "features: T -> activations: T",
	  "alpha: float = 0.2; T: {half, bfloat16, float, double} = float", 0, mg_shape_fn_unchanged, .tier = 1 },
	{ "LeakyReluGrad", "gradients: T, features: T -> backprops: T",
	  "alpha: float = 0.2; T: {half, bfloat16, float, double} = float", 0, mg_shape_fn_merge, .tier = 1 },
	{ "LogSoftmax", "logits: T -> logsoftmax: T",
	  "T: {half, bfloat16, float, double}", 0, mg_shape_fn_unchanged_min1, .tier = 0 },
	{ "MaxPool", "input: T -> output: T",
	  "T: {half, bfloat16, float, double, int32, int64, uint8, int16, int8, uint16, qint8} = float; "
	    "ksize: list(int) >= 4; strides: list(int) >= 4; padding: {'SAME', 'VALID'}; data_format: "
	    "{'NHWC', 'NCHW', 'NCHW_VECT_C'} = 'NHWC'", 0, mg_shape_fn_pool2d, .tier = 1 },
	{ "MaxPool3D", "input: T -> output: T",
	  "ksize: list(int) >= 5; strides: list(int) >= 5; padding: {'SAME', 'VALID'}; data_format: "
	    "{'NDHWC', 'NCDHW'} = 'NDHWC'; T: {half, bfloat16, float}", 0, mg_shape_fn_pool3d, .tier = 1 },
	{ "MaxPool3DGrad", "orig_input: TInput, orig_output: TInput, grad: T -> output: T",
	  "ksize: list(int) >= 5; strides: list(int) >= 5; padding: {'SAME', 'VALID'}; data_format: "
	    "{'NDHWC', 'NCDHW'} = 'NDHWC'; T: {half, bfloat16, float} = float; TInput: {half, bfloat16, "
	    "float} = float", 0, mg_shape_fn_unchanged_rank5, .tier = 1 },
	{ "MaxPool3DGradGrad", "orig_input: T, orig_output: T, grad: T -> output: T",
	  "ksize: list(int) >= 5; strides: list(int) >= 5; padding: {'SAME', 'VALID'}; data_format: "
	    "{'NDHWC', 'NCDHW'} = 'NDHWC'; T: realnumbertype", 0, mg_shape_fn_like_1, .tier = 2 },
	{ "MaxPoolGrad", "orig_input: T, orig_output: T, grad: T -> output: T",
	  "ksize: list(int) >= 4; strides: list(int) >= 4; padding: {'SAME', 'VALID'}; data_format: "
	    "{'NHWC', 'NCHW'} = 'NHWC'; T: realnumbertype = float", 0, mg_shape_fn_unchanged_rank4, .tier = 1 },
	{ "MaxPoolGradGrad", "orig_input: T, orig_output: T, grad: T -> output: T",
	  "ksize: list(int) >= 4; strides: list(int) >= 4; padding: {'SAME', 'VALID'}; data_format: "
	    "{'NHWC', 'NCHW'} = 'NHWC'; T: realnumbertype", 0, mg_shape_fn_like_1, .tier = 1 },
	{ "MaxPoolGradGradV2",
	  "orig_input: T, orig_output: T, grad: T, ksize: int32, strides: int32 -> output: T",
	  "padding: {'SAME', 'VALID'}; data_format: {'NHWC', 'NCHW'} = 'NHWC'; T: realnumbertype",
	  0, mg_shape_fn_like_1, .tier = 2 },
	{ "MaxPoolGradGradWithArgmax", "input: T, grad: T, argmax: Targmax -> output: T",
	  "ksize: list(int) >= 4; strides: list(int) >= 4; padding: {'SAME', 'VALID'}; "
	    "include_batch_in_index: bool = false; Targmax: {int32, int64}; T: realnumbertype",
	  0, NULL, .tier = 2 },
	{ "MaxPoolGradV2",
	  "orig_input: T, orig_output: T, grad: T, ksize: int32, strides: int32 -> output: T",
	  "padding: {'SAME', 'VALID'}; data_format: {'NHWC', 'NCHW'} = 'NHWC'; T: realnumbertype = "
	    "float", 0, mg_shape_fn_unchanged_rank4, .tier = 1 },
	{ "MaxPoolGradWithArgmax", "input: T, grad: T, argmax: Targmax -> output: T",
	  "ksize: list(int) >= 4; strides: list(int) >= 4; padding: {'SAME', 'VALID'}; "
	    "include_batch_in_index: bool = false; Targmax: {int32, int64}; T: realnumbertype",
	  0, mg_shape_fn_unchanged_rank4, .tier = 1 },
	{ "MaxPoolV2", "input: T, ksize: int32, strides: int32 -> output: T",
	  "T: {half, bfloat16, float, double, int32, int64, uint8, int16, int8, uint16, qint8} = float; "
	    "padding: {'SAME', 'VALID'}; data_format: {'NHWC', 'NCHW', 'NCHW_VECT_C'} = 'NHWC'",
	  0, mg_shape_fn_pool2d_v2, .tier = 1 },
	{ "MaxPoolWithArgmax", "input: T -> output: T, argmax: Targmax",
	  "ksize: list(int) >= 4; strides: list(int) >= 4; Targmax: {int32, int64} = int64; padding: "
	    "{'SAME', 'VALID'}; include_batch_in_index: bool = false; T: realnumbertype",
	  0, mg_shape_fn_pool2d, .tier = 1 },
	{ "NthElement", "input: T, n: int32 -> values: T",
	  "reverse: bool = false; T: realnumbertype", 0, mg_shape_fn_nth_element, .tier = 2 },
	{ "Relu", "features: T -> activations: T",
	  "T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64, "
	    "qint8}", 0, mg_shape_fn_unchanged, .tier = 0 },
	{ "Relu6", "features: T -> activations: T", "T: realnumbertype", 0, mg_shape_fn_unchanged, .tier = 1 },
	{ "Relu6Grad", "gradients: T, features: T -> backprops: T",
	  "T: realnumbertype", 0, mg_shape_fn_merge, .tier = 1 },
	{ "ReluGrad", "gradients: T, features: T -> backprops: T",
	  "T: realnumbertype", 0, mg_shape_fn_merge, .tier = 0 },
	{ "Selu", "features: T -> activations: T",
	  "T: {half, bfloat16, float, double}", 0, mg_shape_fn_unchanged, .tier = 1 },
	{ "SeluGrad", "gradients: T, outputs: T -> backprops: T",
	  "T: {half, bfloat16, float, double}", 0, mg_shape_fn_merge, .tier = 1 },
	{ "Softmax", "logits: T -> softmax: T",
	  "T: {half, bfloat16, float, double}", 0, mg_shape_fn_unchanged_min1, .tier = 0 },
	{ "SoftmaxCrossEntropyWithLogits", "features: T, labels: T -> loss: T, backprop: T",
	  "T: {half, bfloat16, float, double}", 0, mg_shape_fn_softmax_xent, .tier = 0 },
	{ "Softplus", "features: T -> activations: T",
	  "T: {half, bfloat16, float, double}", 0, mg_shape_fn_unchanged, .tier = 1 },
	{ "SoftplusGrad", "gradients: T, features: T -> backprops: T",
	  "T: {half, bfloat16, float, double}", 0, mg_shape_fn_merge, .tier = 1 },
	{ "Softsign", "features: T -> activations: T",
	  "T: {half, bfloat16, float, double}", 0, mg_shape_fn_unchanged, .tier = 1 },
	{ "SoftsignGrad", "gradients: T, features: T -> backprops: T",
	  "T: {half, bfloat16, float, double}", 0, mg_shape_fn_merge, .tier = 1 },
	{ "SparseSoftmaxCrossEntropyWithLogits",
	  "features: T, labels: Tlabels -> loss: T, backprop: T",
	  "T: {half, bfloat16, float, double}; Tlabels: {int32, int64} = int64",
	  0, mg_shape_fn_sparse_xent, .tier = 0 },
	{ "TopK", "input: T -> values: T, indices: int32",
	  "k: int >= 0; sorted: bool = true; T: realnumbertype",
	  0, mg_shape_fn_top_k, .tier = 1, .deprecated_at = 7, .deprecation = "Use TopKV2 instead" },
	{ "TopKV2", "input: T, k: int32 -> values: T, indices: int32",
	  "sorted: bool = true; T: realnumbertype", 0, mg_shape_fn_top_k_v2, .tier = 1 },
	{ .name = NULL }
};
