/* SPDX-License-Identifier: Apache-2.0 */
/* finite_decomp.c - cases of the gradients of decompositions, determinants and solvers. */
#include "base/base.h"
#include "grad/finite.h"

/* The symmetric, positive definite X X^T + 2: what depends on one triangle alone is then a function of X all the same. */
static mg_output
definite(mg_builder *b, mg_output x)
{
	mg_output square = mg_build(b, "BatchMatMul", NULL, "oo;b:adj_y", x, x, 1), one, d;

	d = mg_build(b, "MatrixDiagPart", NULL, "o;", square);
	one = mg_build(b, "OnesLike", NULL, "o;", d);
	return mg_build(b, "Add", NULL, "oo;", square, mg_build(b, "MatrixDiag", NULL, "o;", mg_build(b, "Add", NULL, "oo;", one, one)));
}

static int
cholesky(mg_builder *b, const mg_output *x, int n, mg_output *ys)
{
	(void)n;
	ys[0] = mg_build(b, "Cholesky", NULL, "o;", definite(b, x[0]));
	return 1;
}

static int
eigen(mg_builder *b, const mg_output *x, int n, mg_output *ys)
{
	mg_output e = mg_build(b, "SelfAdjointEigV2", NULL, "o;b:compute_v", definite(b, x[0]), 1);

	(void)n;
	ys[0] = e;
	ys[1] = e.node ? MG_OUTPUT(e.node, 1) : e;
	return 2;
}

static int
eigenvalues(mg_builder *b, const mg_output *x, int n, mg_output *ys)
{
	(void)n;
	ys[0] = mg_build(b, "SelfAdjointEigV2", NULL, "o;b:compute_v", definite(b, x[0]), 0);
	return 1;
}

#define SQUARES "double(2,3,3):@"
#define REGULAR "double(3,3):[4,1,-1,0.5,3,1,-0.5,0.25,5]"
const grad_case finite_decomp[] = {
	{ "MatrixInverse", "", { REGULAR } }, { "MatrixInverse", "adjoint=true", { REGULAR } },
	{ "MatrixDeterminant", "", { SQUARES } }, { "MatrixDeterminant", "", { REGULAR } },
	{ "LogMatrixDeterminant", "", { REGULAR }, .ys = 2 },
	{ "Cholesky", "", { SQUARES }, .build = cholesky }, { "Cholesky", "", { "double(4,4):@" }, .build = cholesky },
	{ "MatrixSolve", "", { REGULAR, "double(3,2):@" } }, { "MatrixSolve", "adjoint=true", { REGULAR, "double(3,2):@" } },
	{ "MatrixTriangularSolve", "", { REGULAR, "double(3,2):@" } },
	{ "MatrixTriangularSolve", "adjoint=true", { REGULAR, "double(3,2):@" } },
	{ "MatrixTriangularSolve", "lower=false", { REGULAR, "double(3,1):@" } },
	{ "MatrixTriangularSolve", "lower=false adjoint=true", { REGULAR, "double(3,1):@" } },
	{ "MatrixSolveLs", "", { "double(2,4,2):@", "double(2,4,3):@", "double:0.5" }, .xs = 3, .known_only = true },
	{ "MatrixSolveLs", "", { "double(2,4):@", "double(2,3):@", "double:0.25" }, .xs = 3, .known_only = true },
	{ "MatrixSolveLs", "fast=false", { "double(4,2):@", "double(4,3):@", "double:0.5" }, .xs = 3, .kind = REFUSED },
	{ "SelfAdjointEigV2", "", { SQUARES }, .build = eigen }, { "SelfAdjointEigV2", "", { SQUARES }, .build = eigenvalues },
	{ "Svd", "", { REGULAR }, .known_only = true }, { "Svd", "", { "double(2,4,3):@" }, .known_only = true },
	{ "Svd", "", { "double(2,5):@" }, .known_only = true }, { "Svd", "compute_uv=false", { "double(3,2):@" }, .ys = 1 },
	{ "Svd", "full_matrices=true", { "double(3,2):@" }, .kind = REFUSED },
	{ "Qr", "", { REGULAR }, .known_only = true }, { "Qr", "", { "double(2,4,3):@" }, .known_only = true },
	{ "Qr", "", { "double(2,3):@" }, .kind = REFUSED },
	/* rare ones */
	{ "Igamma", "", { "double:[1,2,3]", "double(2,3):@0.5,4" }, .xs = 2 }, { "Igammac", "", { "double:[1,2,3]", "double(2,3):@0.5,4" }, .xs = 2 },
	{ "Polygamma", "", { "double:[1,2,3]", "double(3):@0.5,4" }, .xs = 2 }, { "Zeta", "", { "double:[2,3,4]", "double(3):@0.5,4" }, .xs = 2 },
	{ "Betainc", "", { "double(3):@1,2", "double(3):@1,2", "double(3):@0.1,0.9" }, .xs = 4 },
	{ "BesselI0e", "", { "double(4):@0.1,2" } }, { "BesselI1e", "", { "double(4):@0.1,2" } }, { "BesselI1e", "", { "double:[0]" } },
	{ "NextAfter", "", { "double(3):@", "double(3):@" } },
	{ "Roll", "", { "double(3,4):@", "int32:[1,-2]", "int32:[0,1]" } },
	{ "ConjugateTranspose", "", { "double(2,3,4):@", "int32:[2,0,1]" } },
	{ "TensorScatterUpdate", "", { "double(4,2):@", "int32:[[0],[2]]", "double(2,2):@" } },
	{ "TensorScatterAdd", "", { "double(4,2):@", "int32:[[0],[2],[2]]", "double(3,2):@" } },
	{ "TensorScatterSub", "", { "double(4,2):@", "int32:[[0],[2],[2]]", "double(3,2):@" } },
	{ "ScatterNdNonAliasingAdd", "", { "double(4,2):@", "int32:[[0],[2],[2]]", "double(3,2):@" } },
	{ "SparseSegmentSumWithNumSegments", "", { "double(3,2):@", "int32:[0,2,2]", "int32:[0,0,2]", "int32:4" } },
	{ "SparseSegmentMeanWithNumSegments", "", { "double(3,2):@", "int32:[0,2,2]", "int32:[0,0,2]", "int32:4" } },
	{ "SparseSegmentSqrtNWithNumSegments", "", { "double(3,2):@", "int32:[0,2,2]", "int32:[0,0,2]", "int32:4" } },
	{ "ResizeBicubic", "", { "float(1,3,3,1):@", "int32:[5,4]" } }, { "ResizeBicubic", "align_corners=true", { "float(1,4,3,1):@", "int32:[2,5]" } },
	{ "CropAndResize", "", { "float(1,4,4,2):@", "float(2,4):[0.1,0.15,0.8,0.7,0,0.25,0.6,0.9]", "int32:[0,0]", "int32:[3,2]" }, .xs = 1 },
	{ .op = NULL }
};
