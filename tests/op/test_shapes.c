/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_shapes.c - shape functions, by tables.
 *
 * Inputs are separated by ';': "[2,?]" a shape, "?" of unknown rank; "=1,-1" the constant vector, "#3" the constant scalar,
 * "=[2,2]1,1,0,0" a constant matrix; "~[2,?]" a vector of which this much is known as a shape; "@[2]" a resource handle with
 * what is behind it.  Outputs likewise; "!text" is an error whose message has TEXT in it.  Type attributes that are not
 * given are float (or what the op allows first).
 */
#include "testing.h"
#include "base/num.h"
#include "op/op.h"

typedef struct row { const char *op, *attrs, *inputs, *outputs; } row;

static const row rows[] = {
	/* element by element */
	{ "Relu", "", "[2,?]", "[2,?]" },
	{ "Identity", "", "@[3,4]", "@[3,4]" },
	{ "Add", "", "[2,3];[3]", "[2,3]" },
	{ "Add", "", "[2,1,4];[3,1]", "[2,3,4]" },
	{ "Add", "", "[?,3];[5,1]", "[5,3]" },
	{ "Add", "", "[?];[1]", "[?]" },
	{ "Add", "", "[0];[1]", "[0]" },
	{ "Add", "", "[];[]", "[]" },
	{ "Add", "", "?;[2]", "?" },
	{ "Add", "", "[2,3];[2,4]", "![2,3] and [2,4]" },
	{ "Equal", "", "[2];[3]", "!broadcast" },
	{ "Equal", "incompatible_shape_error=false", "[2];[3]", "?" },
	{ "AddN", "N=3", "[2,?];?;[?,4]", "[2,4]" },
	{ "AddN", "N=2", "[2];[3]", "![2] and [3]" },
	{ "Select", "", "[2,3];[2,3];[2,3]", "[2,3]" },
	{ "Select", "", "[2];[?,3];[2,?]", "[2,3]" },
	{ "Select", "", "[];[4];[4]", "[4]" },
	{ "Select", "", "[3];[2,3];[2,3]", "!2 and 3" },
	{ "SelectV2", "", "[];[2,1];[3]", "[2,3]" },
	{ "Softmax", "", "[?,10]", "[?,10]" },
	{ "Softmax", "", "[]", "!at least rank 1" },
	{ "Cross", "", "[2,3];[2,3]", "[2,3]" },
	{ "Cross", "", "[2,4];[2,4]", "!must be 3" },
	/* reductions */
	{ "Sum", "", "[2,3,4];=1", "[2,4]" },
	{ "Sum", "", "[2,3,4];=0,-1", "[3]" },
	{ "Sum", "keep_dims=true", "[2,3,4];#1", "[2,1,4]" },
	{ "Sum", "", "[2,3,4];[1]", "?" },
	{ "Sum", "keep_dims=true", "[2,3];[2]", "[?,?]" },
	{ "Sum", "", "[2,3];=2", "!invalid reduction dimension 2" },
	{ "Sum", "", "?;=0", "?" },
	{ "Mean", "", "[2,3];=", "[2,3]" },
	{ "ArgMax", "", "[2,3,4];#1", "[2,4]" },
	{ "ArgMax", "", "[2,3,4];[]", "[?,?]" },
	{ "ArgMax", "", "[2,3];#2", "!axis 2" },
	/* products */
	{ "MatMul", "", "[2,?];[3,4]", "[2,4]" },
	{ "MatMul", "transpose_a=true", "[3,2];[3,4]", "[2,4]" },
	{ "MatMul", "transpose_b=true", "[2,3];[4,3]", "[2,4]" },
	{ "MatMul", "", "?;[3,4]", "[?,4]" },
	{ "MatMul", "", "[2,3];[4,5]", "!3 and 4" },
	{ "MatMul", "", "[2,3,4];[4,5]", "!must be rank 2 but is rank 3" },
	{ "BatchMatMul", "", "[7,2,3];[7,3,4]", "[7,2,4]" },
	{ "BatchMatMul", "adj_y=true", "[7,2,3];[7,4,3]", "[7,2,4]" },
	{ "BatchMatMul", "", "[7,2,3];[6,3,4]", "![7] and [6]" },
	{ "BatchMatMulV2", "", "[7,1,2,3];[6,3,4]", "[7,6,2,4]" },
	/* sequences */
	{ "Range", "Tidx=int32", "#0;#10;#3", "[4]" },
	{ "Range", "Tidx=int32", "#10;#0;#-3", "[4]" },
	{ "Range", "Tidx=int32", "#5;#5;#1", "[0]" },
	{ "Range", "Tidx=int32", "#0;[];#1", "[?]" },
	{ "Range", "Tidx=int32", "#0;#5;#0", "!delta != 0" },
	{ "Range", "Tidx=int32", "#5;#0;#1", "!start <= limit" },
	{ "LinSpace", "", "[];[];#5", "[5]" },
	{ "LinSpace", "", "[];[];#0", "!num > 0" },
	{ "Bincount", "", "[9];#4;[9]", "[4]" },
	/* segments */
	{ "SegmentSum", "", "[6,4];[6]", "[?,4]" },
	{ "SegmentSum", "", "[6,4];[5]", "!6 and 5" },
	{ "UnsortedSegmentSum", "", "[6,4];[6];#3", "[3,4]" },
	{ "UnsortedSegmentSum", "", "[6,4,5];[6,4];[]", "[?,5]" },
	{ "SparseSegmentMean", "", "[6,4];[3];[3]", "[?,4]" },
	{ "SparseSegmentMeanGrad", "", "[6,4];[3];[3];#9", "[9,4]" },
	/* making */
	{ "Placeholder", "dtype=float;shape=[2,?]", "", "[2,?]" },
	{ "Placeholder", "dtype=float", "", "?" },
	{ "PlaceholderWithDefault", "shape=[?,3]", "[2,3]", "[?,3]" },
	{ "PlaceholderWithDefault", "shape=[?,4]", "[2,3]", "![2,3] and [?,4]" },
	{ "Fill", "", "=2,3;[]", "[2,3]" },
	{ "Fill", "", "[2];[]", "[?,?]" },
	{ "Fill", "", "~[2,?];[]", "[2,?]" },
	{ "Fill", "", "=-2;[]", "!negative" },
	{ "Fill", "", "=2;[1]", "!rank 0" },
	{ "RandomUniform", "dtype=float", "=4,5", "[4,5]" },
	{ "BroadcastTo", "", "[3];=2,3", "[2,3]" },
	{ "BroadcastTo", "", "[3];=2,4", "![3] and [2,4]" },
	{ "BroadcastTo", "", "[2,3];=3", "!no greater" },
	{ "OneHot", "", "[2,3];#5;[];[]", "[2,3,5]" },
	{ "OneHot", "axis=0", "[2];#5;[];[]", "[5,2]" },
	{ "OneHot", "", "[2];[];[];[]", "[2,?]" },
	/* asking */
	{ "Shape", "", "[2,?,4]", "[3]" },
	{ "Shape", "", "?", "[?]" },
	{ "ShapeN", "N=2", "[2];[3,4]", "[1];[2]" },
	{ "Size", "", "[2,3]", "[]" },
	{ "BroadcastGradientArgs", "", "[2];[3]", "[?];[?]" },
	{ "BroadcastArgs", "", "[2];[3]", "[3]" },
	/* shaping */
	{ "Reshape", "", "[2,3,4];=6,-1", "[6,4]" },
	{ "Reshape", "", "[2,3,4];=-1", "[24]" },
	{ "Reshape", "", "[?,4];=-1,2", "[?,2]" },
	{ "Reshape", "", "[2,3];[2]", "[?,?]" },
	{ "Reshape", "", "[2,3];~[?,2]", "[3,2]" },
	{ "Reshape", "", "[2,3];=4", "!6 elements" },
	{ "Reshape", "", "[2,3];=4,-1", "!evenly divisible" },
	{ "Reshape", "", "[2,3];?", "?" },
	{ "ExpandDims", "", "[2,3];#0", "[1,2,3]" },
	{ "ExpandDims", "", "[2,3];#-1", "[2,3,1]" },
	{ "ExpandDims", "", "[2,3];[]", "[?,?,?]" },
	{ "ExpandDims", "", "[2,3];#3", "!axis 3" },
	{ "Squeeze", "", "[1,2,1]", "[2]" },
	{ "Squeeze", "squeeze_dims=[0]", "[1,?,1]", "[?,1]" },
	{ "Squeeze", "", "[1,?]", "?" },
	{ "Squeeze", "squeeze_dims=[-2]", "[1,2,3]", "!expected a dimension of 1" },
	{ "Transpose", "", "[2,3,4];=2,0,1", "[4,2,3]" },
	{ "Transpose", "", "[2,3,4];[3]", "[?,?,?]" },
	{ "Transpose", "", "?;=1,0", "[?,?]" },
	{ "Transpose", "", "[2,3];=0,0", "!no permutation" },
	{ "Transpose", "", "[2,3];=0,1,2", "!3 entries" },
	{ "Tile", "", "[2,3];=1,4", "[2,12]" },
	{ "Tile", "", "[2,3];[2]", "[?,?]" },
	{ "Pad", "", "[2,3];=[2,2]1,1,0,2", "[4,5]" },
	{ "Pad", "", "[2,3];[2,2]", "[?,?]" },
	{ "Pad", "", "?;[3,2]", "[?,?,?]" },
	{ "Pad", "", "[2,3];[3,2]", "!3 rows" },
	{ "MirrorPadGrad", "mode=REFLECT", "[4,5];=[2,2]1,1,0,2", "[2,3]" },
	/* joining, splitting */
	{ "Concat", "N=2", "#1;[2,3];[2,4]", "[2,7]" },
	{ "Concat", "N=2", "[];[2,3];[2,4]", "[?,?]" },
	{ "ConcatV2", "N=3", "[2,3];[?,3];[4,3];#0", "[?,3]" },
	{ "ConcatV2", "N=2", "[2,3];?;#1", "[2,?]" },
	{ "ConcatV2", "N=2", "[2,3];[3,4];#0", "![?,3] and [?,4]" },
	{ "ConcatV2", "N=2", "[2,3];[2,3];#2", "!axis 2" },
	{ "ConcatV2", "N=2", "[];[];#0", "!scalars" },
	{ "ConcatOffset", "N=2", "[];[3];[3]", "[3];[3]" },
	{ "Pack", "N=3", "[2,?];[2,4];?", "[3,2,4]" },
	{ "Pack", "N=2;axis=-1", "[2];[2]", "[2,2]" },
	{ "Unpack", "num=3", "[3,2]", "[2];[2];[2]" },
	{ "Unpack", "num=3;axis=1", "[2,4]", "!4 and 3" },
	{ "Split", "num_split=2", "#1;[3,6]", "[3,3];[3,3]" },
	{ "Split", "num_split=2", "#1;[3,5]", "!evenly divisible" },
	{ "Split", "num_split=2", "[];[3,6]", "[?,?];[?,?]" },
	{ "SplitV", "num_split=2", "[3,6];=2,-1;#1", "[3,2];[3,4]" },
	{ "SplitV", "num_split=2", "[3,6];=2,3;#1", "!make 5" },
	/* slicing */
	{ "Slice", "", "[5,6];=1,0;=2,-1", "[2,6]" },
	{ "Slice", "", "[5,6];[2];=2,3", "[2,3]" },
	{ "Slice", "", "[5,6];[2];[2]", "[?,?]" },
	{ "Slice", "", "[5,6];=4,0;=2,6", "!expected size[0]" },
	{ "StridedSlice", "", "[5,6];=1,0;=3,6;=1,2", "[2,3]" },
	{ "StridedSlice", "begin_mask=1;end_mask=1", "[5,6];=0;=0;=1", "[5,6]" },
	{ "StridedSlice", "", "[5,6];=-1;=-6;=-1", "[5,6]" },
	{ "StridedSlice", "shrink_axis_mask=1", "[5,6];=2;=3;=1", "[6]" },
	{ "StridedSlice", "shrink_axis_mask=1", "[5,6];=5;=6;=1", "!out of bounds" },
	{ "StridedSlice", "new_axis_mask=1", "[5,6];=0;=0;=1", "[1,5,6]" },
	{ "StridedSlice", "ellipsis_mask=1;shrink_axis_mask=2", "[5,6,7];=0,2;=0,3;=1,1", "[5,6]" },
	{ "StridedSlice", "ellipsis_mask=2;begin_mask=5;end_mask=5", "[5,6,7];=0,0,0;=0,0,0;=1,1,2", "[5,6,4]" },
	{ "StridedSlice", "", "[5];=4;=1;=1", "[0]" },
	{ "StridedSlice", "", "[5];=0;=5;=0", "!non-zero" },
	{ "StridedSlice", "", "[5];=0,0;=1,1;=1,1", "!only 1 dims" },
	{ "StridedSlice", "shrink_axis_mask=1", "[5,6];[1];[1];=1", "[6]" },
	{ "StridedSlice", "", "?;=0;=1;=1", "?" },
	{ "StridedSlice", "", "[?];=1;=0;=1", "[0]" },
	{ "StridedSliceGrad", "", "=5,6;[1];[1];[1];?", "[5,6]" },
	/* gathering, scattering */
	{ "Gather", "", "[5,6];[2,3]", "[2,3,6]" },
	{ "Gather", "", "[];[2]", "!at least rank 1" },
	{ "GatherV2", "", "[5,6,7];[2];#1", "[5,2,7]" },
	{ "GatherV2", "", "[5,6];[2];[]", "[?,?]" },
	{ "GatherV2", "batch_dims=1", "[5,6,7];[5,2];#1", "[5,2,7]" },
	{ "GatherNd", "", "[5,6,7];[4,2]", "[4,7]" },
	{ "GatherNd", "", "[5];[4,2]", "!<= params.rank" },
	{ "ResourceGather", "dtype=float", "@[5,6];[3]", "[3,6]" },
	{ "ScatterNd", "", "[4,1];[4,7];=9,7", "[9,7]" },
	{ "ScatterNd", "", "[4,1];[4,6];=9,7", "![4,7] and [4,6]" },
	{ "ScatterUpdate", "", "[5,6];[3];[3,6]", "[5,6]" },
	{ "ScatterUpdate", "", "[5,6];[3];[]", "[5,6]" },
	{ "ScatterUpdate", "", "[5,6];[3];[3,5]", "![3,6] and [3,5]" },
	{ "ResourceScatterAdd", "dtype=float", "@[5,6];[3];[4,6]", "![3,6] and [4,6]" },
	{ "SparseToDense", "", "[3,2];=4,5;[3];[]", "[4,5]" },
	{ "SparseToDense", "", "[3];#4;[];[]", "[4]" },
	{ "Where", "", "[2,3]", "[?,2]" },
	{ "Unique", "", "[7]", "[?];[7]" },
	{ "TopKV2", "", "[2,9];#3", "[2,3];[2,3]" },
	{ "TopKV2", "", "[2,2];#3", "!k = 3" },
	{ "InTopK", "k=1", "[8,10];[8]", "[8]" },
	{ "DynamicPartition", "num_partitions=2", "[4,5];[4]", "[?,5];[?,5]" },
	{ "DynamicStitch", "N=2", "=0,2;=1,3;[2,5];[2,5]", "[4,5]" },
	{ "DynamicStitch", "N=1", "[2];[2,5]", "[?,5]" },
	{ "ReverseV2", "", "[2,3];=0,0", "!more than once" },
	{ "ReverseSequence", "seq_dim=1", "[2,3];[2]", "[2,3]" },
	/* nets */
	{ "Conv2D", "strides=[1,1,1,1];padding=SAME", "[?,28,28,3];[5,5,3,8]", "[?,28,28,8]" },
	{ "Conv2D", "strides=[1,2,2,1];padding=SAME", "[4,7,8,3];[3,3,3,8]", "[4,4,4,8]" },
	{ "Conv2D", "strides=[1,1,1,1];padding=VALID", "[4,7,8,3];[3,2,3,8]", "[4,5,7,8]" },
	{ "Conv2D", "strides=[1,1,1,1];padding=VALID;dilations=[1,2,2,1]", "[4,7,8,3];[3,3,3,8]", "[4,3,4,8]" },
	{ "Conv2D", "strides=[1,1,2,2];padding=VALID;data_format=NCHW", "[4,3,9,9];[3,3,3,8]", "[4,8,4,4]" },
	{ "Conv2D", "strides=[1,1,1,1];padding=VALID", "[4,2,8,3];[3,2,3,8]", "!negative dimension" },
	{ "Conv2D", "strides=[1,1,1,1];padding=VALID", "[4,9,9,3];[3,3,4,8]", "!depth of input" },
	{ "Conv2D", "strides=[1,1,1,1];padding=EXPLICIT;explicit_paddings=[0,0,1,2,0,0,0,0]", "[1,5,5,1];[3,3,1,1]", "[1,6,3,1]" },
	{ "Conv2DBackpropInput", "strides=[1,1,1,1];padding=SAME", "=4,28,28,3;[5,5,3,8];?", "[4,28,28,3]" },
	{ "Conv2DBackpropInput", "strides=[1,1,1,1];padding=SAME", "[4];[5,5,3,8];?", "[?,?,?,?]" },
	{ "Conv2DBackpropFilter", "strides=[1,1,1,1];padding=SAME", "?;=5,5,3,8;?", "[5,5,3,8]" },
	{ "DepthwiseConv2dNative", "strides=[1,1,1,1];padding=SAME", "[4,8,8,3];[3,3,3,2]", "[4,8,8,6]" },
	{ "Conv3D", "strides=[1,1,1,1,1];padding=VALID", "[1,5,6,7,2];[2,2,2,2,4]", "[1,4,5,6,4]" },
	{ "MaxPool", "ksize=[1,2,2,1];strides=[1,2,2,1];padding=SAME", "[?,7,8,3]", "[?,4,4,3]" },
	{ "MaxPool", "ksize=[1,1,1,3];strides=[1,1,1,3];padding=VALID", "[1,7,8,6]", "[1,7,8,2]" },
	{ "MaxPool", "ksize=[2,2,2,1];strides=[1,2,2,1];padding=SAME", "[4,7,8,3]", "!batch" },
	{ "AvgPool", "ksize=[1,1,2,2];strides=[1,1,2,2];padding=VALID;data_format=NCHW", "[2,3,7,8]", "[2,3,3,4]" },
	{ "AvgPool", "ksize=[1,2,2,1];strides=[1,2,2,1];padding=SAME", "[7,8,3]", "!rank 4" },
	{ "MaxPoolV2", "padding=SAME", "[2,7,8,3];=1,2,2,1;=1,2,2,1", "[2,4,4,3]" },
	{ "MaxPoolWithArgmax", "ksize=[1,2,2,1];strides=[1,2,2,1];padding=VALID", "[2,7,8,3]", "[2,3,4,3];[2,3,4,3]" },
	{ "AvgPoolGrad", "ksize=[1,2,2,1];strides=[1,2,2,1];padding=SAME", "=2,7,8,3;?", "[2,7,8,3]" },
	{ "BiasAdd", "", "[?,?];[10]", "[?,10]" },
	{ "BiasAdd", "data_format=NCHW", "[2,3,4,5];[3]", "[2,3,4,5]" },
	{ "BiasAdd", "", "[2,3];[4]", "!3 and 4" },
	{ "BiasAddGrad", "", "[2,3]", "[3]" },
	{ "FusedBatchNorm", "", "[2,4,4,3];[3];[?];[0];[0]", "[2,4,4,3];[3];[3];[3];[3]" },
	{ "FusedBatchNorm", "", "[2,4,4,3];[4];[3];[0];[0]", "!3 and 4" },
	{ "FusedBatchNormGrad", "", "[2,4,4,3];[2,4,4,3];[3];[3];[3]", "[2,4,4,3];[3];[3];[0];[0]" },
	{ "SoftmaxCrossEntropyWithLogits", "", "[?,10];[100,?]", "[100];[100,10]" },
	{ "SoftmaxCrossEntropyWithLogits", "", "[10];[10]", "!rank 2" },
	{ "SparseSoftmaxCrossEntropyWithLogits", "", "[100,10];[?]", "[100];[100,10]" },
	{ "SparseSoftmaxCrossEntropyWithLogits", "", "[100,10];[99]", "!100 and 99" },
	{ "SpaceToDepth", "block_size=2", "[1,4,6,3]", "[1,2,3,12]" },
	{ "DepthToSpace", "block_size=2", "[1,4,6,12]", "[1,8,12,3]" },
	{ "SpaceToBatchND", "", "[1,4,6,3];=2,2;=[2,2]0,0,0,0", "[4,2,3,3]" },
	{ "SpaceToBatchND", "", "[1,5,6,3];=2,2;=[2,2]0,0,0,0", "!not divisible" },
	{ "BatchToSpaceND", "", "[4,2,3,3];=2,2;=[2,2]0,0,0,1", "[1,4,5,3]" },
	{ "CTCLoss", "", "[20,4,9];[?,2];[?];[4]", "[4];[20,4,9]" },
	/* variables, updates */
	{ "VariableV2", "shape=[2,3];dtype=float", "", "[2,3]" },
	{ "Variable", "shape=[];dtype=float", "", "?" },
	{ "VarHandleOp", "shape=[2,3];dtype=float", "", "@[2,3]" },
	{ "ReadVariableOp", "dtype=float", "@[2,3]", "[2,3]" },
	{ "AssignVariableOp", "dtype=float", "@[2,3];[2,4]", "![2,3] and [2,4]" },
	{ "AssignVariableOp", "dtype=float", "@[2,3];[2,?]", "" },
	{ "Assign", "", "[2,3];[2,3]", "[2,3]" },
	{ "Assign", "", "[2,3];[3,2]", "![2,3] and [3,2]" },
	{ "Assign", "validate_shape=false", "[2,3];[7]", "[7]" },
	{ "ApplyGradientDescent", "", "[2,3];[];[2,3]", "[2,3]" },
	{ "ApplyGradientDescent", "", "[2,3];[];[2,4]", "![2,3] and [2,4]" },
	{ "ApplyGradientDescent", "", "[2,3];[2];[2,3]", "!must be a scalar" },
	{ "ApplyAdam", "", "[2,3];[2,3];?;[];[];[];[];[];[];[2,3]", "[2,3]" },
	{ "ResourceApplyMomentum", "", "@[4];@[4];[];[5];[]", "![4] and [5]" },
	{ "SparseApplyAdagrad", "", "[9,3];[9,3];[];[2,3];[2]", "[9,3]" },
	{ "SparseApplyAdagrad", "", "[9,3];[9,3];[];[2,3];[4]", "!2 and 4" },
	{ "SparseApplyAdagrad", "", "[9,3];[9,3];[];[2,5];[2]", "![2,3] and [2,5]" },
	/* control flow, queues, arrays */
	{ "Switch", "", "[2,3];[]", "[2,3];[2,3]" },
	{ "Switch", "", "[2,3];[1]", "!rank 0" },
	{ "Merge", "N=2", "[2,3];[2,4]", "[2,?];[]" },
	{ "Merge", "N=2", "[2,3];[2]", "?;[]" },
	{ "Enter", "frame_name=f", "[2]", "?" },
	{ "Enter", "frame_name=f;is_constant=true", "[2]", "[2]" },
	{ "LoopCond", "", "?", "[]" },
	{ "FIFOQueueV2", "component_types=[float];shapes=[2]", "", "@[2]" },
	{ "QueueDequeueManyV2", "component_types=[float]", "@[2];#5", "[5,2]" },
	{ "QueueDequeueV2", "component_types=[float]", "@[2]", "[2]" },
	{ "TensorArrayV3", "dtype=float;element_shape=[3];identical_element_shapes=true", "[]", "[2];[]" },
	{ "TensorArrayReadV3", "dtype=float", "@[3];[];[]", "[3]" },
	{ "TensorArrayGatherV3", "dtype=float;element_shape=[3]", "[2];[7];[]", "[7,3]" },
	{ "TensorArrayWriteV3", "", "[2];[];[3];[]", "[]" },
	/* files, strings, sparse, images */
	{ "SaveV2", "dtypes=[float,float]", "[];[2];[2];?;?", "" },
	{ "SaveV2", "dtypes=[float,float]", "[];[3];[2];?;?", "!3 and 2" },
	{ "RestoreV2", "dtypes=[float]", "[];[1];[1]", "?" },
	{ "MergeV2Checkpoints", "", "[4];[]", "" },
	{ "ScalarSummary", "", "[];[]", "[]" },
	{ "StringJoin", "N=3", "[];[4];[]", "[4]" },
	{ "StringJoin", "N=2", "[3];[4]", "![3] and [4]" },
	{ "DecodeRaw", "out_type=uint8", "[4]", "[4,?]" },
	{ "ParseExample", "Nsparse=1;Ndense=1;sparse_types=[int64];Tdense=[float];dense_shapes=[3]", "[5];[0];[];[];[0]", "[?,2];[?];[2];[5,3]" },
	{ "SparseReshape", "", "[?,2];[2];[3]", "[?,3];[3]" },
	{ "SparseTensorDenseMatMul", "", "[?,2];[?];=4,5;[5,6]", "[4,6]" },
	{ "ResizeBilinear", "", "[2,4,4,3];=8,9", "[2,8,9,3]" },
	{ "ResizeNearestNeighbor", "", "[2,4,4,3];[2]", "[2,?,?,3]" },
	{ "DecodePng", "channels=3", "[]", "[?,?,3]" },
	{ "MatrixDeterminant", "", "[7,3,3]", "[7]" },
	{ "MatrixInverse", "", "[7,3,4]", "!4 and 3" },
	{ "MatrixSolve", "", "[3,3];[3,2]", "[3,2]" },
	/* rarer ones */
	{ "NthElement", "", "[2,9];[]", "[2]" },
	{ "UniqueV2", "", "[4,5];[1]", "[?,?];[?]" },
	{ "UnravelIndex", "", "[2,3];[4]", "[4,6]" },
	{ "Svd", "", "[7,5,3]", "[7,3];[7,5,3];[7,3,3]" },
	{ "Svd", "compute_uv=false", "[5,3]", "[3];[0];[0]" },
	{ "Qr", "full_matrices=true", "[5,3]", "[5,5];[5,3]" },
	{ "SelfAdjointEigV2", "", "[4,4]", "[4];[4,4]" },
	{ "SelfAdjointEigV2", "", "[4,5]", "!4 and 5" },
	{ "Einsum", "N=2;equation=ij,jk->ik", "[2,3];[3,4]", "[2,4]" },
	{ "Einsum", "N=2;equation=ij,jk->ik", "[2,3];[5,4]", "!3 and 5" },
	{ "Einsum", "N=1;equation=ii->i", "[3,?]", "[3]" },
	{ "Einsum", "N=1;equation=ij->k", "[3,4]", "!in no operand" },
	{ "Einsum", "N=1;equation=...i->...", "[3,4]", "?" },
	{ "RFFT", "", "[2,8];=8", "[2,5]" },
	{ "IRFFT2D", "", "[2,8,5];=8,8", "[2,8,8]" },
	{ "RFFT", "", "[];[1]", "!at least rank 1" },
	{ "SparseSplit", "num_split=2", "[];[?,3];[?];[3]", "[?,3];[?,3];[?];[?];[3];[3]" },
	{ "NonMaxSuppressionV4", "pad_to_max_output_size=true", "[9,4];[9];#5;[];[]", "[5];[]" },
	{ "TensorListPopBack", "element_dtype=float", "[];=2,3", "[];[2,3]" },
};

/* ---- reading the table ---- */
/* Nothing is no fields here, not one empty field. */
static bool
cut(mg_slice *rest, char sep, mg_slice *field)
{
	return rest->len > 0 && mg_slice_split(rest, sep, field);
}

static mg_arena arena;

static const char *
shape_text(const char *p, mg_shape *s)
{
	int64_t dims[16];
	int n = 0;
	mgreg_error err;

	if (*p == '?') {
		*s = MG_SHAPE_UNKNOWN;
		return p + 1;
	}
	ck_assert_int_eq(*p++, '[');
	while (*p != ']') {
		if (*p == '?') {
			dims[n++] = -1;
			p++;
		} else {
			dims[n++] = strtoll(p, (char **)&p, 10);
		}
		if (*p == ',')
			p++;
	}
	*s = (mg_shape){ 0 };
	ck_assert_ok(mg_shape_set(s, dims, n, &err), &err);
	return p + 1;
}

static int
numbers(const char *p, size_t len, int64_t *out)
{
	mg_slice rest = { p, len }, one;
	int n = 0;

	while (cut(&rest, ',', &one))
		ck_assert(mg_parse_i64(one.ptr, one.len, &out[n++]));
	return n;
}

typedef struct scene {
	mg_shape_ctx c;
	mg_shape inputs[20], handles[20], parts[20], outputs[20], out_handles[20];
	const mg_shape *input_at[20], *handle_at[20], *part_at[20];
	mg_tensor values[20];
	const mg_tensor *value_at[20];
	int handle_types[20], out_handle_types[20];
	mg_attrs attrs;
} scene;

static void
add_input(scene *s, const char *text)
{
	int i = s->c.input_count++;
	int64_t v[16];
	mg_shape shape = { 0 };
	mgreg_error err;

	s->handles[i] = s->parts[i] = MG_SHAPE_UNKNOWN;
	s->inputs[i] = MG_SHAPE_SCALAR;
	if (*text == '#') {
		ck_assert(mg_parse_i64(text + 1, strlen(text + 1), v));
		ck_assert_ok(mg_tensor_init_scalar(&s->values[i], MGREG_INT32, (double)v[0], &err), &err);
		s->value_at[i] = &s->values[i];
	} else if (*text == '=' && text[1] == '[') {
		const char *p = shape_text(text + 1, &s->inputs[i]);

		ck_assert_ok(mg_tensor_init(&s->values[i], MGREG_INT32, &s->inputs[i], &err), &err);
		numbers(p, strlen(p), v);
		for (int k = 0; k < s->values[i].count; k++)
			MG_DATA(&s->values[i], int32_t)[k] = (int32_t)v[k];
		s->value_at[i] = &s->values[i];
	} else if (*text == '=') {
		int n = numbers(text + 1, strlen(text + 1), v);

		ck_assert_ok(mg_tensor_init_i64s(&s->values[i], MGREG_INT32, v, n, &err), &err);
		ck_assert_ok(mg_shape_set(&s->inputs[i], (int64_t[]){ n }, 1, &err), &err);
		s->value_at[i] = &s->values[i];
	} else if (*text == '@') {
		shape_text(text + 1, &s->handles[i]);
		s->handle_at[i] = &s->handles[i];
		s->handle_types[i] = MGREG_FLOAT;
	} else if (*text == '~') {
		shape_text(text + 1, &s->parts[i]);
		ck_assert_ok(mg_shape_set(&s->inputs[i], (int64_t[]){ s->parts[i].rank }, 1, &err), &err);
		s->part_at[i] = &s->parts[i];
	} else {
		shape_text(text, &shape);
		s->inputs[i] = shape;
	}
	s->input_at[i] = &s->inputs[i];
}

static mg_attr_value *
attr_value(const mg_op_attr *a, const char *text)
{
	int64_t v[16];
	int types[16], n = 0;
	mg_slice rest = { text + 1, strlen(text) > 2 ? strlen(text) - 2 : 0 }, one;
	mg_shape shape = { 0 };

	if (a->is_list && a->kind == MG_ATTR_INT)
		return mg_attr_ints(&arena, v, numbers(rest.ptr, rest.len, v));
	if (a->is_list && a->kind == MG_ATTR_TYPE) {
		while (cut(&rest, ',', &one))
			types[n++] = mg_dtype_find(one.ptr, one.len);
		return mg_attr_types(&arena, types, n);
	}
	if (a->kind == MG_ATTR_SHAPE) {
		shape_text(text, &shape);
		return a->is_list ? mg_attr_shapes(&arena, &shape, 1) : mg_attr_shape(&arena, &shape);
	}
	ck_assert(!a->is_list);
	switch (a->kind) {
	case MG_ATTR_INT:
		ck_assert(mg_parse_i64(text, strlen(text), v));
		return mg_attr_int(&arena, v[0]);
	case MG_ATTR_BOOL:
		return mg_attr_bool(&arena, strcmp(text, "true") == 0);
	case MG_ATTR_STRING:
		return mg_attr_string(&arena, text, strlen(text));
	default:
		ck_assert_int_eq(a->kind, MG_ATTR_TYPE);
		return mg_attr_type(&arena, mg_dtype_find(text, strlen(text)));
	}
}

static void
set_attrs(scene *s, const mg_op_def *op, const char *text)
{
	mg_slice rest = MG_SLICE(text), one, name;
	mgreg_error err;

	while (cut(&rest, ';', &one)) {
		char *key, *value;
		const mg_op_attr *a;

		mg_slice_split(&one, '=', &name);
		key = mg_arena_strndup(&arena, name.ptr, name.len);
		value = mg_arena_strndup(&arena, one.ptr, one.len);
		a = mg_op_attr_find(op, key);
		if (!a && mg_op_is_later_attr(op, key)) {
			ck_assert(mg_attr_set(&s->attrs, key, mg_attr_bool(&arena, strcmp(value, "true") == 0), &arena));
			continue;
		}
		ck_assert_msg(a != NULL, "%s: %s", op->name, key);
		ck_assert(mg_attr_set(&s->attrs, key, attr_value(a, value), &arena));
	}
	ck_assert_ok(mg_op_fill_defaults(op, &s->attrs, &arena, &err), &err);
	for (int i = 0; i < op->attr_count; i++) {
		const mg_op_attr *a = &op->attrs[i];

		if (!mg_attr_find(&s->attrs, a->name) && a->kind == MG_ATTR_TYPE && !a->is_list)
			ck_assert(mg_attr_set(&s->attrs, a->name,
				mg_attr_type(&arena, a->allowed_count && !(a->allowed_types >> MGREG_FLOAT & 1) ? a->allowed_order[0] : MGREG_FLOAT), &arena));
	}
	ck_assert_ok(mg_op_check_attrs(op, &s->attrs, &err), &err);
}

static void
format_outputs(const scene *s, mg_str *out)
{
	for (int o = 0; o < s->c.output_count; o++) {
		if (o)
			mg_str_addc(out, ';');
		if (s->out_handle_types[o] != MGREG_INVALID && s->out_handles[o].rank >= 0 && s->outputs[o].rank == 0) {
			mg_str_addc(out, '@');
			mg_shape_format(&s->out_handles[o], out);
		} else if (s->outputs[o].rank < 0) {
			mg_str_addc(out, '?');
		} else {
			mg_shape_format(&s->outputs[o], out);
		}
	}
}

START_TEST(row_by_row)
{
	const row *r = &rows[_i];
	const mg_op_def *op = mg_op_find(r->op);
	mg_slice rest = MG_SLICE(r->inputs), one;
	mg_str got = MG_STR_INIT;
	static scene s;
	mgreg_error err = { 0 };
	int *types, rc;

	ck_assert_msg(op != NULL && op->shape != NULL, "%s has no shape function", r->op);
	memset(&s, 0, sizeof(s));
	while (cut(&rest, ';', &one))
		add_input(&s, mg_arena_strndup(&arena, one.ptr, one.len));
	set_attrs(&s, op, r->attrs);
	ck_assert_ok(mg_op_output_types(op, &s.attrs, &arena, &types, &s.c.output_count, &err), &err);
	for (int o = 0; o < 20; o++)
		s.outputs[o] = s.out_handles[o] = MG_SHAPE_UNKNOWN;
	s.c.op = op;
	s.c.node = "n";
	s.c.attrs = &s.attrs;
	s.c.inputs = s.input_at;
	s.c.constants = s.value_at;
	s.c.constants_as_shapes = s.part_at;
	s.c.handle_shapes = s.handle_at;
	s.c.handle_types = s.handle_types;
	s.c.outputs = s.outputs;
	s.c.out_handle_shapes = s.out_handles;
	s.c.out_handle_types = s.out_handle_types;
	s.c.producer = MG_GRAPH_DEF_VERSION;
	rc = op->shape(&s.c, &err);
	if (r->outputs[0] == '!') {
		ck_assert_msg(rc == MGREG_INVALID_ARGUMENT, "%s %s: rc %d", r->op, r->inputs, rc);
		ck_assert_msg(strstr(err.text, r->outputs + 1) != NULL, "%s: %s", r->op, err.text);
	} else {
		ck_assert_msg(rc == 0, "%s %s: %s", r->op, r->inputs, err.text);
		format_outputs(&s, &got);
		ck_assert_msg(strcmp(got.ptr, r->outputs) == 0, "%s %s: got %s, expected %s", r->op, r->inputs, got.ptr, r->outputs);
	}
	for (int i = 0; i < 20; i++)
		mg_tensor_clear(&s.values[i]);
	mg_str_clear(&got);
	mg_arena_clear(&arena);
}
END_TEST

Suite *
test_shapes(void)
{
	TCase *t;
	Suite *s = mg_suite("shapes", &t);

	tcase_add_loop_test(t, row_by_row, 0, MG_COUNT(rows));
	return s;
}
