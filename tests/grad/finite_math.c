/* SPDX-License-Identifier: Apache-2.0 */
/* finite_math.c - gradient cases of arithmetic, functions, reductions, scans, segments, products. */
#include "base/base.h"
#include "grad/finite.h"

#define D23 "double(2,3):@"
#define POSITIVE "double(2,3):@0.5,2"
#define INSIDE "double(2,3):@-0.8,0.8"

/* Complex numbers enter and leave as pairs of real ones. */
static mg_output
join(mg_builder *b, const mg_output *x)
{
	return mg_build(b, "Complex", NULL, "oo;t:Tout", x[0], x[1], (int)MGREG_COMPLEX128);
}

static int
build_complex(mg_builder *b, const mg_output *x, int n MG_UNUSED, mg_output *ys)
{
	mg_output z = join(b, x), s = mg_build(b, "Square", NULL, "o", z);

	ys[0] = mg_build(b, "Real", NULL, "o;t:Tout", s, (int)MGREG_DOUBLE);
	ys[1] = mg_build(b, "Imag", NULL, "o;t:Tout", s, (int)MGREG_DOUBLE);
	return 2;
}

static int
build_conj(mg_builder *b, const mg_output *x, int n MG_UNUSED, mg_output *ys)
{
	mg_output z = mg_build(b, "Conj", NULL, "o", join(b, x));

	ys[0] = mg_build(b, "Real", NULL, "o;t:Tout", z, (int)MGREG_DOUBLE);
	ys[1] = mg_build(b, "Imag", NULL, "o;t:Tout", z, (int)MGREG_DOUBLE);
	return 2;
}

static int
build_complex_abs(mg_builder *b, const mg_output *x, int n MG_UNUSED, mg_output *ys)
{
	ys[0] = mg_build(b, "ComplexAbs", NULL, "o;t:Tout", join(b, x), (int)MGREG_DOUBLE);
	return 1;
}

#define UNARY(op, range) { op, "", { range } }
#define BROADCAST(op, x, y) \
	{ op, "", { "double(2,3):" x, "double(2,3):" y } }, \
	{ op, "", { "double(2,1,3):" x, "double(4,1):" y } }, \
	{ op, "", { "double():" x, "double(3):" y } }
#define BOTH "@"
#define UP "@0.5,2"

const grad_case finite_math[] = {
	BROADCAST("Add", BOTH, BOTH), BROADCAST("AddV2", BOTH, BOTH), BROADCAST("Sub", BOTH, BOTH), BROADCAST("Mul", BOTH, BOTH),
	BROADCAST("Div", BOTH, UP), BROADCAST("RealDiv", BOTH, UP), BROADCAST("DivNoNan", BOTH, UP), BROADCAST("MulNoNan", BOTH, UP),
	BROADCAST("Xlogy", UP, UP), BROADCAST("Xdivy", UP, UP), BROADCAST("Pow", UP, BOTH), BROADCAST("SquaredDifference", BOTH, BOTH),
	BROADCAST("Maximum", BOTH, BOTH), BROADCAST("Minimum", BOTH, BOTH),
	{ "Pow", "", { "double:[-1.5,2]", "double:[2,3]" }, .xs = 1 },
	{ "Atan2", "", { D23, POSITIVE } },
	{ "FloorMod", "", { "double(2,3):@2.1,2.9", "double:[[1,1,1],[1,1,1]]" } },
	{ "FloorMod", "", { "double(2,3):@2.1,2.9", "double(3):[1,1,1]" } },
	{ "FloorDiv", "", { D23, POSITIVE }, .kind = NONE },
	{ "TruncateDiv", "", { "int32:[3]", "int32:[2]" }, .xs = 3, .ys = 1, .kind = NONE },
	UNARY("Neg", D23), UNARY("Abs", D23), UNARY("Sign", D23), UNARY("Square", D23), UNARY("Sqrt", POSITIVE), UNARY("Rsqrt", POSITIVE),
	UNARY("Reciprocal", POSITIVE), UNARY("Inv", POSITIVE), UNARY("Exp", D23), UNARY("Expm1", D23), UNARY("Log", POSITIVE),
	UNARY("Log1p", INSIDE), UNARY("Sin", D23), UNARY("Cos", D23), UNARY("Tan", INSIDE), UNARY("Asin", INSIDE), UNARY("Acos", INSIDE),
	UNARY("Atan", D23), UNARY("Sinh", D23), UNARY("Cosh", D23), UNARY("Tanh", D23), UNARY("Asinh", D23),
	UNARY("Acosh", "double(2,3):@1.5,3"), UNARY("Atanh", INSIDE), UNARY("Erf", D23), UNARY("Erfc", D23), UNARY("Lgamma", POSITIVE),
	UNARY("Digamma", POSITIVE), UNARY("Sigmoid", D23),
	{ "Floor", "", { D23 }, .kind = NONE }, { "Ceil", "", { D23 }, .kind = NONE }, { "Round", "", { D23 }, .kind = NONE },
	{ "Rint", "", { D23 }, .kind = NONE },
	{ "AddN", "", { D23, D23, D23 } }, { "AccumulateNV2", "shape=2,3", { D23, D23 } },
	{ "Cast", "DstT=double", { "float(2,3):@" } },
	{ "Cast", "DstT=float", { "double(2,3):@" }, .single = true },
	{ "Cast", "DstT=int32", { D23 }, .ys = 1, .kind = NONE },
	{ "Select", "", { "bool:[[true,false,true],[false,false,true]]", D23, D23 } },
	{ "Select", "", { "bool:[true,false]", D23, D23 } },
	{ "SelectV2", "", { "bool:[[true],[false]]", D23, "double(3):@" } },
	{ "L2Loss", "", { D23 } },
	{ "Complex", "", { D23, D23 }, .build = build_complex }, { "Real", "", { D23, "double(3):@" }, .build = build_complex },
	{ "Imag", "", { "double():@", D23 }, .build = build_complex }, { "Conj", "", { D23, D23 }, .build = build_conj },
	{ "ComplexAbs", "", { D23, POSITIVE }, .build = build_complex_abs },
	{ "Cross", "", { D23, D23 } },
	{ "SigmoidGrad", "", { D23, D23 } }, { "TanhGrad", "", { D23, D23 } }, { "SqrtGrad", "", { POSITIVE, D23 } },
	{ "RsqrtGrad", "", { POSITIVE, D23 } }, { "ReciprocalGrad", "", { POSITIVE, D23 } }, { "InvGrad", "", { POSITIVE, D23 } },
	/* reductions */
	{ "Sum", "", { "double(2,3,4):@", "int32:[1]" } }, { "Sum", "keep_dims=true", { "double(2,3,4):@", "int32:[0,-1]" } },
	{ "Sum", "", { "double(2,3):@", "int32:[0,1]" } }, { "Sum", "", { "double(2,3):@", "int32(0):[]" } },
	{ "Mean", "", { "double(2,3,4):@", "int32:[1]" } }, { "Mean", "keep_dims=true", { "double(2,3,4):@", "int32:[0,2]" } },
	{ "Mean", "", { "double(2,3):@", "int32:[0,1]" } },
	{ "Max", "", { "double(2,3,4):@", "int32:[1]" } }, { "Max", "", { "double(2,3):@", "int32:[0,1]" } },
	{ "Min", "", { "double(2,3,4):@", "int32:[2,0]" } },
	{ "Prod", "", { "double(2,3,4):@", "int32:[1]" } }, { "Prod", "", { "double(2,3):@", "int32:[0,1]" } },
	{ "Prod", "keep_dims=true", { "double:[[0,2,3],[4,0,0.5]]", "int32:[1]" } },
	{ "ArgMax", "", { D23, "int32:1" }, .ys = 1, .xs = 1, .kind = NONE }, { "ArgMin", "", { D23, "int32:1" }, .ys = 1, .xs = 1, .kind = NONE },
	{ "Cumsum", "", { D23, "int32:1" } }, { "Cumsum", "exclusive=true reverse=true", { D23, "int32:0" } },
	{ "Cumprod", "", { POSITIVE, "int32:1" } }, { "Cumprod", "exclusive=true", { POSITIVE, "int32:1" } },
	{ "Cumprod", "reverse=true", { POSITIVE, "int32:-1" } },
	{ "SegmentSum", "", { "double(4,2):@", "int32:[0,0,2,2]" } }, { "SegmentMean", "", { "double(4,2):@", "int32:[0,0,0,2]" } },
	{ "SegmentMax", "", { "double(4,2):@", "int32:[0,0,2,2]" } }, { "SegmentMin", "", { "double(4,2):@", "int32:[0,0,1,1]" } },
	{ "UnsortedSegmentSum", "", { "double(4,2):@", "int32:[1,0,-1,1]", "int32:3" } },
	{ "UnsortedSegmentSum", "", { "double(2,2,2):@", "int32:[[1,0],[0,1]]", "int32:2" } },
	{ "UnsortedSegmentMax", "", { "double(4,2):@", "int32:[1,0,2,1]", "int32:3" } },
	{ "UnsortedSegmentMax", "", { "double(4,2):@", "int32:[1,0,-1,1]", "int32:2" } },
	{ "UnsortedSegmentMin", "", { "double(4,2):@", "int32:[1,0,2,1]", "int32:3" } },
	{ "UnsortedSegmentProd", "", { "double(4,2):@0.5,2", "int32:[1,0,2,1]", "int32:3" } },
	{ "UnsortedSegmentProd", "", { "double:[0,2,3,0,0,5]", "int32:[0,0,0,1,1,-1]", "int32:2" } },
	{ "SparseSegmentSum", "", { "double(3,2):@", "int32:[0,2,2]", "int32:[0,0,1]" } },
	{ "SparseSegmentMean", "", { "double(3,2):@", "int32:[0,2,2]", "int32:[0,0,1]" } },
	{ "SparseSegmentSqrtN", "", { "double(3,2):@", "int32:[0,2,2]", "int32:[0,0,1]" } },
	/* products */
	{ "MatMul", "", { "double(2,3):@", "double(3,4):@" } }, { "MatMul", "transpose_a=true", { "double(3,2):@", "double(3,4):@" } },
	{ "MatMul", "transpose_b=true", { "double(2,3):@", "double(4,3):@" } },
	{ "MatMul", "transpose_a=true transpose_b=true", { "double(3,2):@", "double(4,3):@" } },
	{ "BatchMatMul", "", { "double(2,2,3):@", "double(2,3,2):@" } }, { "BatchMatMul", "adj_x=true", { "double(2,3,2):@", "double(2,3,2):@" } },
	{ "BatchMatMul", "adj_y=true", { "double(2,2,3):@", "double(2,2,3):@" } },
	{ "BatchMatMul", "adj_x=true adj_y=true", { "double(2,3,2):@", "double(2,2,3):@" } },
	{ "BatchMatMulV2", "", { "double(2,1,2,3):@", "double(3,3,2):@" } }, { "BatchMatMulV2", "adj_x=true", { "double(3,2):@", "double(2,3,2):@" } },
	{ "BatchMatMulV2", "adj_y=true", { "double(2,2,3):@", "double(1,2,3):@" } },
	{ .op = NULL }
};
