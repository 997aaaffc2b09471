/* SPDX-License-Identifier: Apache-2.0 */
/* finite_array.c - gradient cases of shapes, slices, gathering, control flow, variables, sparse tensors. */
#include "base/base.h"
#include "grad/finite.h"

#define D23 "double(2,3):@"

static mg_output
output(mg_output o, int i)
{
	return MG_OUTPUT(o.node, i);
}

/* Both branches of a Switch are joined again: Exp of what goes left, Square of what goes right.  x[0]: data, x[1]: predicate. */
static int
build_switch(mg_builder *b, const mg_output *x, int n MG_UNUSED, mg_output *ys)
{
	mg_output s = mg_build(b, "Switch", NULL, "oo", x[0], x[1]), side[2];

	side[0] = mg_build(b, "Exp", NULL, "o", s);
	side[1] = b->rc ? MG_NO_OUTPUT : mg_build(b, "Square", NULL, "o", output(s, 1));
	ys[0] = mg_build(b, "Merge", NULL, "O", side, 2);
	return 1;
}

static int
build_ref_switch(mg_builder *b, const mg_output *x, int n MG_UNUSED, mg_output *ys)
{
	mg_output s = mg_build(b, "RefSwitch", NULL, "oo", x[0], x[1]), side[2];

	side[0] = mg_build(b, "Exp", NULL, "o", s);
	side[1] = b->rc ? MG_NO_OUTPUT : mg_build(b, "Square", NULL, "o", output(s, 1));
	ys[0] = mg_build(b, "Merge", NULL, "O", side, 2);
	return 1;
}

static int
build_ref_merge(mg_builder *b, const mg_output *x, int n MG_UNUSED, mg_output *ys)
{
	mg_output s = mg_build(b, "RefSwitch", NULL, "oo", x[0], x[1]), side[2];

	side[0] = s;
	side[1] = b->rc ? MG_NO_OUTPUT : output(s, 1);
	ys[0] = mg_build(b, "Square", NULL, "o", mg_build(b, "RefMerge", NULL, "O", side, 2));
	return 1;
}

static int
build_ref_identity(mg_builder *b, const mg_output *x, int n MG_UNUSED, mg_output *ys)
{
	ys[0] = mg_build(b, "Square", NULL, "o", mg_build(b, "RefIdentity", NULL, "o", x[0]));
	return 1;
}

static int
build_loop_cond(mg_builder *b, const mg_output *x, int n MG_UNUSED, mg_output *ys)
{
	ys[0] = mg_build(b, "LoopCond", NULL, "o", x[0]);
	return 1;
}

/* With Print's data in the types that it can have. */
static int
build_print(mg_builder *b, const mg_output *x, int n MG_UNUSED, mg_output *ys)
{
	ys[0] = mg_build(b, "Print", NULL, "oO;s:message i:first_n", x[0], x + 1, 1, "", (int64_t)0);
	return 1;
}

static int
build_read_variable(mg_builder *b, const mg_output *x, int n MG_UNUSED, mg_output *ys)
{
	ys[0] = mg_build(b, "Square", NULL, "o", mg_build(b, "ReadVariableOp", NULL, "o;t:dtype", x[0], (int)MGREG_DOUBLE));
	return 1;
}

static int
build_resource_gather(mg_builder *b, const mg_output *x, int n MG_UNUSED, mg_output *ys)
{
	ys[0] = mg_build(b, "ResourceGather", NULL, "oo;t:dtype", x[0], x[1], (int)MGREG_DOUBLE);
	return 1;
}

static int
build_resource_gather_nd(mg_builder *b, const mg_output *x, int n MG_UNUSED, mg_output *ys)
{
	ys[0] = mg_build(b, "ResourceGatherNd", NULL, "oo;t:dtype", x[0], x[1], (int)MGREG_DOUBLE);
	return 1;
}

static int
build_identity_n(mg_builder *b, const mg_output *x, int n, mg_output *ys)
{
	mg_output y = mg_build(b, "IdentityN", NULL, "O", x, n);

	for (int i = 0; i < n && y.node; i++)
		ys[i] = output(y, i);
	return n;
}

#define SPARSE_A "int64:[[0,1],[1,0],[1,2]]"

const grad_case finite_array[] = {
	{ "Identity", "", { D23 } }, { "PlaceholderWithDefault", "shape=2,3", { D23 } },
	{ "RefIdentity", "", { "ref " D23 }, .build = build_ref_identity },
	{ "IdentityN", "", { D23, "double(2):@" }, .build = build_identity_n },
	{ "Print", "", { D23, D23 }, .xs = 1, .build = build_print },
	{ "CheckNumerics", "message=m", { D23 } },
	{ "PreventGradient", "message=no", { D23 }, .kind = REFUSED },
	{ "Reshape", "", { D23, "int32:[3,-1]" } }, { "ExpandDims", "", { D23, "int32:1" } }, { "Squeeze", "", { "double(2,1,3,1):@" } },
	{ "Squeeze", "squeeze_dims=1", { "double(2,1,3,1):@" } },
	{ "Transpose", "", { "double(2,3,4):@", "int32:[2,0,1]" } },
	{ "Tile", "", { D23, "int32:[2,3]" } }, { "Tile", "", { "double(2):@", "int64:[3]" } },
	{ "Fill", "", { "int32:[2,3]", "double:1.5" } },
	{ "BroadcastTo", "", { "double(3,1):@", "int32:[2,3,4]" } },
	{ "Concat", "", { "int32:1", D23, "double(2,1):@" } }, { "ConcatV2", "", { D23, "double(4,3):@", "int32:-2" } },
	{ "ConcatV2", "", { "double(2):@", "double(3):@", "double(1):@", "int32:0" } },
	{ "Split", "num_split=3", { "int32:1", D23 } }, { "SplitV", "num_split=2", { D23, "int32:[1,2]", "int32:1" } },
	{ "Pack", "axis=1", { D23, D23 } }, { "Unpack", "num=3 axis=1", { D23 } },
	{ "Unpack", "num=3 axis=1", { D23 }, .ys = 5 },
	{ "Slice", "", { "double(3,4):@", "int32:[1,0]", "int32:[2,-1]" } },
	{ "StridedSlice", "shrink_axis_mask=1", { "double(3,4):@", "int32:[1,3]", "int32:[2,0]", "int32:[1,-2]" } },
	{ "StridedSlice", "begin_mask=2 new_axis_mask=1", { "double(3,4):@", "int32:[0,0]", "int32:[0,2]", "int32:[1,1]" } },
	{ "StridedSliceGrad", "", { "int32:[3,4]", "int32:[0,1]", "int32:[3,4]", "int32:[2,2]", "double(2,2):@" } },
	{ "Pad", "", { D23, "int32:[[1,0],[0,2]]" } }, { "PadV2", "", { D23, "int32:[[1,0],[0,2]]", "double:0.5" }, .xs = 1 },
	{ "MirrorPad", "mode=REFLECT", { "double(3,4):@", "int32:[[1,2],[0,3]]" } },
	{ "MirrorPad", "mode=SYMMETRIC", { "double(3,4):@", "int32:[[1,3],[2,0]]" } },
	{ "MirrorPadGrad", "mode=REFLECT", { "double(6,4):@", "int32:[[1,2],[0,1]]" } },
	{ "Reverse", "", { D23, "bool:[true,false]" } }, { "ReverseV2", "", { D23, "int32:[1]" } },
	{ "ReverseSequence", "seq_dim=1", { "double(2,4):@", "int64:[3,2]" } },
	{ "SpaceToBatch", "block_size=2", { "double(1,3,2,1):@", "int32:[[1,0],[0,0]]" } },
	{ "BatchToSpace", "block_size=2", { "double(4,2,1,1):@", "int32:[[1,0],[0,0]]" } },
	{ "SpaceToBatchND", "", { "double(2,3,2):@", "int32:[2]", "int32:[[1,0]]" } },
	{ "BatchToSpaceND", "", { "double(4,2,2):@", "int32:[2]", "int32:[[1,0]]" } },
	{ "SpaceToDepth", "block_size=2", { "double(1,2,4,2):@" } }, { "DepthToSpace", "block_size=2", { "double(1,1,2,8):@" } },
	{ "Diag", "", { "double(3):@" } }, { "DiagPart", "", { "double(3,3):@" } }, { "MatrixDiag", "", { D23 } },
	{ "MatrixDiagPart", "", { "double(2,3,3):@" } }, { "MatrixDiagPart", "", { "double(2,2,3):@" } },
	{ "MatrixSetDiag", "", { "double(2,2,3):@", "double(2,2):@" } },
	{ "MatrixBandPart", "", { "double(3,4):@", "int64:1", "int64:0" } },
	{ "Gather", "", { "double(4,2):@", "int32:[3,0,3]" } }, { "Gather", "", { "double(4,2):@", "int32:[[1,0],[1,2]]" } },
	{ "GatherV2", "", { "double(4,2):@", "int32:[3,0,3]", "int32:0" } , .known_only = true }, { "GatherV2", "", { "double(2,4,3):@", "int32:[3,0,3]", "int32:1" } , .known_only = true },
	{ "GatherV2", "", { "double(2,4):@", "int64:[[3,0],[0,1]]", "int32:-1" } , .known_only = true },
	{ "GatherV2", "batch_dims=1", { "double(2,3):@", "int32:[[2,2],[0,1]]", "int32:1" }, .kind = REFUSED },
	{ "GatherNd", "", { "double(3,4):@", "int32:[[0,1],[2,3],[0,1]]" } }, { "GatherNd", "", { "double(3,4):@", "int32:[[1],[1]]" } },
	{ "GatherNd", "", { "double(3,4):@", "int64:[[[1],[2]]]" } },
	{ "ScatterNd", "", { "int32:[[1],[3],[1]]", "double(3,2):@", "int32:[4,2]" } },
	{ "TopK", "k=2", { "double(2,4):@" }, .ys = 1 }, { "TopKV2", "", { "double(2,4):@", "int32:3" }, .ys = 1 },
	{ "SparseToDense", "", { "int32:[[0,1],[1,2]]", "int32:[2,3]", "double(2):@", "double:0.5" } },
	/* control flow */
	{ "Switch", "", { D23, "bool:true" }, .build = build_switch }, { "Switch", "", { D23, "bool:false" }, .build = build_switch },
	{ "Merge", "", { "double(2):@", "bool:true" }, .build = build_switch },
	{ "RefSwitch", "", { "ref " D23, "bool:true" }, .build = build_ref_switch },
	{ "RefMerge", "", { "ref " D23, "bool:false" }, .build = build_ref_merge },
	{ "LoopCond", "", { "bool:true" }, .xs = 1, .build = build_loop_cond, .kind = NONE },
	/* variables */
	{ "ReadVariableOp", "", { "handle " D23 }, .build = build_read_variable },
	{ "ResourceGather", "", { "handle double(4,2):@", "int32:[3,0,3]" }, .build = build_resource_gather },
	{ "ResourceGatherNd", "", { "handle double(3,4):@", "int32:[[0,1],[2,3]]" }, .build = build_resource_gather_nd },
	/* data flow */
	{ "DynamicStitch", "", { "int32:[0,2]", "int32:[3,1]", D23, D23 } },
	{ "ParallelDynamicStitch", "", { "int32:[0,2]", "int32:[3,1]", D23, D23 } },
	{ "DynamicPartition", "num_partitions=3", { "double(4,2):@", "int32:[2,0,2,0]" } },
	{ "SparseTensorDenseMatMul", "", { SPARSE_A, "double(3):@", "int64:[2,3]", "double(3,2):@" } },
	{ "SparseTensorDenseMatMul", "adjoint_a=true", { SPARSE_A, "double(3):@", "int64:[2,3]", "double(2,2):@" } },
	{ "SparseTensorDenseMatMul", "adjoint_b=true", { SPARSE_A, "double(3):@", "int64:[2,3]", "double(2,3):@" } },
	{ "SparseTensorDenseAdd", "", { SPARSE_A, "double(3):@", "int64:[2,3]", D23 } },
	{ "SparseReorder", "", { "int64:[[1,2],[0,1],[1,0]]", "double(3):@", "int64:[2,3]" } },
	{ "SparseAdd", "", { SPARSE_A, "double(3):@1,2", "int64:[2,3]", "int64:[[0,0],[1,0]]", "double(2):@1,2", "int64:[2,3]", "double:0" }, .xs = 0x12, .ys = 2 },
	{ "SparseFillEmptyRows", "", { "int64:[[0,1],[2,0]]", "double(2):@", "int64:[4,3]", "double:0.5" }, .xs = 10, .ys = 2 },
	{ .op = NULL }
};
