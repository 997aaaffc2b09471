/* SPDX-License-Identifier: Apache-2.0 */
/* finite_nn.c - gradient cases of activations, losses, convolutions, pools, normalisations, images. */
#include "base/base.h"
#include "grad/finite.h"

#define D23 "double(2,3):@"

const grad_case finite_nn[] = {
	{ "BiasAdd", "", { "double(2,2,3):@", "double(3):@" } }, { "BiasAdd", "data_format=NCHW", { "double(2,3,2,2):@", "double(3):@" } },
	{ "BiasAddV1", "", { D23, "double(3):@" } },
	{ "BiasAddGrad", "", { "double(2,2,3):@" } }, { "BiasAddGrad", "data_format=NCHW", { "double(2,3,2,2):@" } },
	{ "Relu", "", { D23 } }, { "Relu6", "", { "double(2,3):@-3,9" } }, { "Elu", "", { D23 } }, { "Selu", "", { D23 } },
	{ "LeakyRelu", "alpha=0.25", { D23 } }, { "Softplus", "", { D23 } }, { "Softsign", "", { D23 } },
	{ "ReluGrad", "", { D23, D23 } }, { "Relu6Grad", "", { D23, "double(2,3):@-3,9" } }, { "LeakyReluGrad", "alpha=0.25", { D23, D23 } },
	{ "EluGrad", "", { D23, "double(2,3):@-0.9,2" } }, { "SeluGrad", "", { D23, D23 } }, { "SoftplusGrad", "", { D23, D23 } },
	{ "Softmax", "", { D23 } }, { "Softmax", "", { "double(2,2,3):@" } }, { "LogSoftmax", "", { D23 } },
	{ "SoftmaxCrossEntropyWithLogits", "", { D23, "double(2,3):@0,1" }, .xs = 2, .ys = 1 },
	{ "SoftmaxCrossEntropyWithLogits", "", { D23, "double:[[0.2,0.3,0.5],[0.1,0.6,0.3]]" }, .xs = 1 },     /* as if labels summed to 1 */
	{ "SparseSoftmaxCrossEntropyWithLogits", "", { D23, "int32:[2,0]" }, .ys = 1 },
	{ "CTCLoss", "", { NULL }, .kind = NO_KERNEL },
	{ "LRN", "depth_radius=1 alpha=0.5 bias=1 beta=0.75", { "float(1,1,2,4):@" } },
	{ "BatchNormWithGlobalNormalization", "variance_epsilon=0.01 scale_after_normalization=true",
		{ "double(2,1,2,3):@", "double(3):@", "double(3):@0.5,2", "double(3):@", "double(3):@" } },
	{ "BatchNormWithGlobalNormalization", "variance_epsilon=0.01 scale_after_normalization=false",
		{ "double(2,1,2,3):@", "double(3):@", "double(3):@0.5,2", "double(3):@", "double(3):@" }, .xs = 15 },
	{ "FusedBatchNorm", "epsilon=0.01", { "float(2,2,2,2):@", "float(2):@", "float(2):@", "float(0):[]", "float(0):[]" }, .xs = 7, .ys = 1, .tolerance = 3e-2 },
	{ "FusedBatchNorm", "epsilon=0.01 is_training=false", { "float(2,2,2,2):@", "float(2):@", "float(2):@", "float(2):@", "float(2):@0.5,2" },
		.xs = 7, .ys = 1 },
	{ "FusedBatchNormV2", "epsilon=0.01 data_format=NCHW", { "float(2,2,2,2):@", "float(2):@", "float(2):@", "float(0):[]", "float(0):[]" },
		.xs = 7, .ys = 1, .tolerance = 3e-2 },
	{ "FusedBatchNormV3", "epsilon=0.01", { "float(2,2,2,2):@", "float(2):@", "float(2):@", "float(0):[]", "float(0):[]" }, .xs = 7, .ys = 1, .tolerance = 3e-2 },
	{ "ResizeBilinear", "", { NULL }, .kind = NO_KERNEL }, { "ResizeNearestNeighbor", "", { NULL }, .kind = NO_KERNEL },
	{ "RandomGamma", "", { NULL }, .kind = NO_KERNEL },
	{ "FakeQuantWithMinMaxArgs", "", { NULL }, .kind = NO_KERNEL }, { "FakeQuantWithMinMaxVars", "", { NULL }, .kind = NO_KERNEL },
	{ "FakeQuantWithMinMaxVarsPerChannel", "", { NULL }, .kind = NO_KERNEL },
	{ "QuantizeAndDequantize", "", { NULL }, .kind = NO_KERNEL }, { "QuantizeAndDequantizeV2", "", { NULL }, .kind = NO_KERNEL },
	{ "QuantizeAndDequantizeV3", "", { NULL }, .kind = NO_KERNEL },
	/* convolutions */
	{ "Conv2D", "strides=1,2,1,1 padding=SAME", { "double(2,3,4,2):@", "double(2,3,2,3):@" } },
	{ "Conv2D", "strides=1,1,1,1 padding=VALID dilations=1,2,1,1", { "double(1,4,4,2):@", "double(2,2,2,2):@" } },
	{ "Conv2D", "strides=1,1,2,2 padding=SAME data_format=NCHW", { "double(1,2,3,4):@", "double(2,2,2,2):@" } },
	{ "Conv2D", "strides=1,1,1,1 padding=EXPLICIT explicit_paddings=0,0,1,0,0,2,0,0", { "double(1,3,3,1):@", "double(2,2,1,2):@" } },
	{ "Conv2DBackpropInput", "strides=1,2,1,1 padding=SAME", { "int32:[1,3,4,2]", "double(2,3,2,3):@", "double(1,2,4,3):@" } },
	{ "Conv2DBackpropFilter", "strides=1,1,1,1 padding=VALID", { "double(1,3,4,2):@", "int32:[2,2,2,3]", "double(1,2,3,3):@" } },
	{ "DepthwiseConv2dNative", "strides=1,2,2,1 padding=SAME", { "double(2,3,4,2):@", "double(2,3,2,2):@" } },
	{ "DepthwiseConv2dNativeBackpropInput", "strides=1,1,1,1 padding=VALID", { "int32:[1,3,3,2]", "double(2,2,2,2):@", "double(1,2,2,4):@" } },
	{ "DepthwiseConv2dNativeBackpropFilter", "strides=1,1,1,1 padding=VALID", { "double(1,3,3,2):@", "int32:[2,2,2,2]", "double(1,2,2,4):@" } },
	{ "Conv3D", "strides=1,1,1,1,1 padding=SAME", { "double(1,2,3,2,2):@", "double(2,2,1,2,2):@" } },
	{ "Conv3DBackpropInputV2", "strides=1,1,1,1,1 padding=VALID", { "int32:[1,2,3,2,2]", "double(2,2,1,2,2):@", "double(1,1,2,2,2):@" } },
	{ "Conv3DBackpropFilterV2", "strides=1,1,1,1,1 padding=VALID", { "double(1,2,3,2,2):@", "int32:[2,2,1,2,2]", "double(1,1,2,2,2):@" } },
	{ "Dilation2D", "", { NULL }, .kind = NO_KERNEL },
	/* pools */
	{ "MaxPool", "ksize=1,2,2,1 strides=1,1,2,1 padding=SAME", { "double(2,3,3,2):@" } },
	{ "MaxPoolV2", "padding=VALID", { "double(2,3,3,2):@", "int32:[1,2,2,1]", "int32:[1,1,1,1]" } },
	{ "MaxPoolWithArgmax", "ksize=1,2,2,1 strides=1,2,2,1 padding=SAME", { "double(2,3,3,2):@" }, .ys = 1 },
	{ "MaxPool3D", "ksize=1,2,2,1,1 strides=1,1,1,1,1 padding=VALID", { "float(1,2,3,2,1):@" } },
	{ "MaxPoolGrad", "ksize=1,2,2,1 strides=1,1,1,1 padding=VALID", { "double(1,3,3,1):@", "double(1,2,2,1):@", "double(1,2,2,1):@" } },
	{ "MaxPoolGradV2", "padding=VALID", { "double(1,3,3,1):@", "double(1,2,2,1):@", "double(1,2,2,1):@", "int32:[1,2,2,1]", "int32:[1,1,1,1]" } },
	{ "MaxPoolGradGrad", "ksize=1,2,2,1 strides=1,1,1,1 padding=VALID", { "double(1,3,3,1):@", "double(1,2,2,1):@", "double(1,3,3,1):@" } },
	{ "MaxPool3DGrad", "ksize=1,2,2,1,1 strides=1,1,1,1,1 padding=VALID", { "float(1,2,3,2,1):@", "float(1,1,2,2,1):@", "float(1,1,2,2,1):@" } },
	{ "AvgPool", "ksize=1,2,3,1 strides=1,1,2,1 padding=SAME", { "double(2,3,4,2):@" } },
	{ "AvgPool3D", "ksize=1,2,2,1,1 strides=1,1,1,1,1 padding=SAME", { "double(1,2,3,2,1):@" } },
	{ "AvgPoolGrad", "ksize=1,2,2,1 strides=1,1,1,1 padding=VALID", { "int32:[1,3,3,1]", "double(1,2,2,1):@" } },
	{ "AvgPool3DGrad", "ksize=1,2,2,1,1 strides=1,1,1,1,1 padding=SAME", { "int32:[1,2,3,2,1]", "double(1,2,3,2,1):@" } },
	{ .op = NULL }
};
