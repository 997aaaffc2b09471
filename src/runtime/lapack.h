/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lapack.h - the factorizations that OpenBLAS brings along, for real and complex doubles alike.  Matrices are column-major and
 * packed; ELEMENT is 8 (double) or 16 (complex double) bytes.
 */
#ifndef MG_LAPACK_H
#define MG_LAPACK_H

#include "runtime/kernel.h"

typedef struct mg_lapack {
	bool           is_complex;
	mg_kernel_ctx *k;               /* whose scratch memory is used */
	struct { void *at; size_t size; } room[3];      /* work space, kept from one matrix to the next */
} mg_lapack;

/* Opens the library.  UNIMPLEMENTED, naming the package, where it is absent. */
int mg_lapack_open(mg_lapack *l, mg_kernel_ctx *k, bool is_complex, mgreg_error *err);
/* LAPACK's own *INFO: 0 done, I > 0: what the I-th step met (a zero pivot, a minor that is not positive, no convergence). */
/* A[m,n] = P L U in place; PIVOTS[min(m,n)] count from 1. */
int mg_lapack_lu(const mg_lapack *l, int m, int n, void *a, int *pivots, int *info, mgreg_error *err);
/* A X = B (or A^H X = B) with what mg_lapack_lu() left; B[n,rhs] becomes X. */
int mg_lapack_lu_solve(const mg_lapack *l, bool adjoint, int n, int rhs, const void *lu, const int *pivots, void *b, mgreg_error *err);
/* The lower Cholesky factor in place; the upper triangle keeps what it held. */
int mg_lapack_cholesky(const mg_lapack *l, int n, void *a, int *info, mgreg_error *err);
/* A triangular; B[n,rhs] becomes X. */
int mg_lapack_triangular(const mg_lapack *l, bool lower, bool adjoint, int n, int rhs, const void *a, void *b, int *info, mgreg_error *err);
/* A[m,n]: R above the diagonal; Q[m,columns] (columns <= m) is written. */
int mg_lapack_qr(mg_lapack *l, int m, int n, void *a, int columns, void *q, mgreg_error *err);
/* Eigenvalues (rising) of the self-adjoint A, of which the lower triangle is read; A becomes the vectors where VECTORS. */
int mg_lapack_eigen(mg_lapack *l, bool vectors, int n, void *a, double *values, int *info, mgreg_error *err);
/* Singular values (falling) of A[m,n], which is destroyed.  U[m,uc] and VH[vr,n], where uc = vr = min(m,n), or m and n if FULL;
 * U NULL: values alone. */
int mg_lapack_svd(mg_lapack *l, bool full, int m, int n, void *a, double *s, void *u, void *vh, int *info, mgreg_error *err);
/* Least squares by a complete orthogonal factorization: the smallest X of A X = B; B has max(m,n) rows. */
int mg_lapack_least_squares(mg_lapack *l, int m, int n, int rhs, void *a, void *b, mgreg_error *err);
/* Eigenvalues VALUES[n] (complex) and, where not NULL, right vectors of a general complex matrix, which is destroyed. */
int mg_lapack_eigen_general(mg_lapack *l, int n, void *a, void *values, void *vectors, int *info, mgreg_error *err);
#endif
