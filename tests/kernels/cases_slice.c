/* SPDX-License-Identifier: Apache-2.0 */
/* cases_slice.c - slices of every kind, paddings. */
#include "base/base.h"
#include "kernels/cases.h"

#define M34 "int32(3,4):[0,1,2,3,4,5,6,7,8,9,10,11]"

const kernel_case cases_slice[] = {
	{ "Slice", "", { M34, "int32:[1,1]", "int32:[2,-1]" }, { "int32:[[5,6,7],[9,10,11]]" } },
	{ "Slice", "", { "string:[\"a\",\"b\",\"c\"]", "int64:[1]", "int64:[1]" }, { "string:[\"b\"]" } },
	{ "Slice", "", { "float:1", "int32(0):[]", "int32(0):[]" }, { "float:1" } },
	{ "Slice", "", { M34, "int32:[3,0]", "int32:[0,4]" }, { "int32(0,4):[]" } },
	{ "Slice", "", { M34, "int32:[-1,0]", "int32:[1,1]" }, { NULL }, MGREG_INVALID_ARGUMENT },
	{ "Slice", "", { M34, "int32:[2,0]", "int32:[2,1]" }, { NULL }, MGREG_INVALID_ARGUMENT },
	{ "Slice", "", { M34, "int32:[0]", "int32:[1]" }, { NULL }, MGREG_INVALID_ARGUMENT },
	{ "StridedSlice", "", { M34, "int32:[1]", "int32:[3]", "int32:[1]" }, { "int32:[[4,5,6,7],[8,9,10,11]]" } },
	{ "StridedSlice", "shrink_axis_mask=1", { M34, "int32:[-1]", "int32:[0]", "int32:[1]" }, { "int32:[8,9,10,11]" } },
	{ "StridedSlice", "begin_mask=3 end_mask=3", { M34, "int32:[0,0]", "int32:[0,0]", "int32:[-1,-2]" }, { "int32:[[11,9],[7,5],[3,1]]" } },
	{ "StridedSlice", "ellipsis_mask=1 shrink_axis_mask=2", { M34, "int32:[0,2]", "int32:[0,3]", "int32:[1,1]" }, { "int32:[2,6,10]" } },
	{ "StridedSlice", "new_axis_mask=1", { "int32:[1,2]", "int32:[0]", "int32:[0]", "int32:[1]" }, { "int32:[[1,2]]" } },
	{ "StridedSlice", "ellipsis_mask=1 new_axis_mask=2", { "int32:[1,2]", "int32:[0,0]", "int32:[0,0]", "int32:[1,1]" }, { "int32:[[1],[2]]" } },
	{ "StridedSlice", "", { "int32:[0,1,2,3,4]", "int32:[4]", "int32:[0]", "int32:[-2]" }, { "int32:[4,2]" } },
	{ "StridedSlice", "", { "int32:[0,1,2,3,4]", "int32:[-100]", "int32:[100]", "int32:[3]" }, { "int32:[0,3]" } },
	{ "StridedSlice", "", { "int32:[0,1,2,3,4]", "int32:[3]", "int32:[1]", "int32:[1]" }, { "int32(0):[]" } },
	{ "StridedSlice", "", { "string:[\"a\",\"b\",\"c\"]", "int32:[2]", "int32:[0]", "int32:[-1]" }, { "string:[\"c\",\"b\"]" } },
	{ "StridedSlice", "", { "int32:[0,1]", "int32:[0]", "int32:[2]", "int32:[0]" }, { NULL }, MGREG_INVALID_ARGUMENT },
	{ "StridedSlice", "shrink_axis_mask=1", { "int32:[0,1]", "int32:[2]", "int32:[3]", "int32:[1]" }, { NULL }, MGREG_INVALID_ARGUMENT },
	{ "StridedSlice", "shrink_axis_mask=1", { "int32:[0,1]", "int32:[1]", "int32:[0]", "int32:[-1]" }, { NULL }, MGREG_INVALID_ARGUMENT },
	{ "StridedSlice", "", { "int32:[0,1]", "int32:[0,0]", "int32:[1,1]", "int32:[1,1]" }, { NULL }, MGREG_INVALID_ARGUMENT },
	{ "StridedSlice", "ellipsis_mask=3", { M34, "int32:[0,0]", "int32:[1,1]", "int32:[1,1]" }, { NULL }, MGREG_INVALID_ARGUMENT },
	{ "StridedSliceGrad", "", { "int32:[4]", "int32:[3]", "int32:[0]", "int32:[-2]", "float:[5,6]" }, { "float:[0,6,0,5]" } },
	{ "StridedSliceGrad", "shrink_axis_mask=1", { "int32:[2,2]", "int32:[1]", "int32:[2]", "int32:[1]", "float:[5,6]" }, { "float:[[0,0],[5,6]]" } },
	{ "StridedSliceGrad", "", { "int32:[4]", "int32:[0]", "int32:[2]", "int32:[1]", "float:[5]" }, { NULL }, MGREG_INVALID_ARGUMENT },
	{ "Pad", "", { "float:[[1,2]]", "int32:[[1,0],[0,2]]" }, { "float:[[0,0,0,0],[1,2,0,0]]" } },
	{ "PadV2", "", { "int32:[1]", "int32:[[1,1]]", "int32:9" }, { "int32:[9,1,9]" } },
	{ "Pad", "", { "string:[\"a\"]", "int32:[[1,0]]" }, { "string:[\"\",\"a\"]" } },
	{ "Pad", "", { "float:[1]", "int32:[[-1,0]]" }, { NULL }, MGREG_INVALID_ARGUMENT },
	{ "Pad", "", { "float:[1]", "int32:[[1,0],[0,0]]" }, { NULL }, MGREG_INVALID_ARGUMENT },
	{ "MirrorPad", "mode=REFLECT", { "int32:[[1,2,3],[4,5,6]]", "int32:[[1,1],[2,2]]" },
		{ "int32:[[6,5,4,5,6,5,4],[3,2,1,2,3,2,1],[6,5,4,5,6,5,4],[3,2,1,2,3,2,1]]" } },
	{ "MirrorPad", "mode=SYMMETRIC", { "int32:[1,2,3]", "int32:[[3,1]]" }, { "int32:[3,2,1,1,2,3,3]" } },
	{ "MirrorPad", "mode=REFLECT", { "int32:[1,2,3]", "int32:[[3,0]]" }, { NULL }, MGREG_INVALID_ARGUMENT },
	{ "MirrorPadGrad", "mode=REFLECT", { "float:[1,2,3,4,5]", "int32:[[1,1]]" }, { "float:[2,9,4]" } },
	{ "MirrorPadGrad", "mode=SYMMETRIC", { "float:[1,2,3,4]", "int32:[[1,1]]" }, { "float:[3,7]" } },
	{ .op = NULL }
};
