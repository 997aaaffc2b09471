/* SPDX-License-Identifier: Apache-2.0 */
/* lapack.c - LAPACK's calls as OpenBLAS exports them (Fortran linkage: every argument by address, text lengths at the end). */
#include "base/base.h"
#include "base/dl.h"
#include "runtime/lapack.h"
#include "runtime/runtime_internal.h"

typedef const int *in;
#define CALLS(X) \
	X(getrf, (in m, in n, void *a, in lda, int *pivots, int *info)) \
	X(getrs, (const char *trans, in n, in rhs, const void *a, in lda, const int *pivots, void *b, in ldb, int *info, size_t)) \
	X(potrf, (const char *uplo, in n, void *a, in lda, int *info, size_t)) \
	X(trtrs, (const char *uplo, const char *trans, const char *diag, in n, in rhs, const void *a, in lda, void *b, in ldb, int *info, \
		size_t, size_t, size_t)) \
	X(geqrf, (in m, in n, void *a, in lda, void *tau, void *work, in size, int *info))
typedef struct table {
#define X(name, args) void (*name) args;
	CALLS(X)
#undef X
	void (*generate)(in m, in n, in k, void *a, in lda, const void *tau, void *work, in size, int *info);    /* orgqr, ungqr */
} table;
static struct {
	table real, complex;
	void (*dsyevd)(const char *job, const char *uplo, in n, void *a, in lda, double *w, void *work, in size, int *iwork, in isize, int *info,
		size_t, size_t);
	void (*zheevd)(const char *job, const char *uplo, in n, void *a, in lda, double *w, void *work, in size, double *rwork, in rsize, int *iwork,
		in isize, int *info, size_t, size_t);
	void (*dgesdd)(const char *job, in m, in n, void *a, in lda, double *s, void *u, in ldu, void *vt, in ldvt, void *work, in size, int *iwork,
		int *info, size_t);
	void (*zgesdd)(const char *job, in m, in n, void *a, in lda, double *s, void *u, in ldu, void *vt, in ldvt, void *work, in size, double *rwork,
		int *iwork, int *info, size_t);
	void (*dgelsy)(in m, in n, in rhs, void *a, in lda, void *b, in ldb, int *pivots, const double *rcond, int *rank, void *work, in size, int *info);
	void (*zgelsy)(in m, in n, in rhs, void *a, in lda, void *b, in ldb, int *pivots, const double *rcond, int *rank, void *work, in size,
		double *rwork, int *info);
	void (*zgeev)(const char *left, const char *right, in n, void *a, in lda, void *w, void *vl, in ldvl, void *vr, in ldvr, void *work, in size,
		double *rwork, int *info, size_t, size_t);
} lapack;
static const char *const names[] = {
	"dgetrf_", "dgetrs_", "dpotrf_", "dtrtrs_", "dgeqrf_", "dorgqr_", "zgetrf_", "zgetrs_", "zpotrf_", "ztrtrs_", "zgeqrf_", "zungqr_",
	"dsyevd_", "zheevd_", "dgesdd_", "zgesdd_", "dgelsy_", "zgelsy_", "zgeev_",
};
#ifndef MG_SONAME_OPENBLAS
#define MG_SONAME_OPENBLAS "libopenblas.so.0"
#endif
static mg_dl lib = { .soname = MG_SONAME_OPENBLAS, .package = "libopenblas0", .names = names, .count = MG_COUNT(names), .calls = &lapack };

int
mg_lapack_open(mg_lapack *l, mg_kernel_ctx *k, bool is_complex, mgreg_error *err)
{
	int rc;

	*l = (mg_lapack){ .is_complex = is_complex, .k = k };
	if ((rc = mg_blas_open(err)) != 0)      /* it also tells the library to stay on one thread */
		return rc;
	return mg_dl_load(&lib, err);
}

static const table *calls(const mg_lapack *l) { return l->is_complex ? &lapack.complex : &lapack.real; }
static size_t width(const mg_lapack *l) { return l->is_complex ? 16 : 8; }
#define LD(n) (&(int){ MG_MAX(n, 1) })

/* A negative INFO is an argument of ours that LAPACK does not take. */
static int
check(int info, mgreg_error *err)
{
	if (info < 0)
		return mg_fail(err, MGREG_INTERNAL, "argument %d of a factorization is wrong", -info);
	return 0;
}

int
mg_lapack_lu(const mg_lapack *l, int m, int n, void *a, int *pivots, int *info, mgreg_error *err)
{
	*info = 0;
	if (m && n)
		calls(l)->getrf(&m, &n, a, LD(m), pivots, info);
	return check(*info, err);
}

int
mg_lapack_lu_solve(const mg_lapack *l, bool adjoint, int n, int rhs, const void *lu, const int *pivots, void *b, mgreg_error *err)
{
	int info = 0;

	if (n && rhs)
		calls(l)->getrs(adjoint ? "C" : "N", &n, &rhs, lu, LD(n), pivots, b, LD(n), &info, 1);
	return check(info, err);
}

int
mg_lapack_cholesky(const mg_lapack *l, int n, void *a, int *info, mgreg_error *err)
{
	*info = 0;
	if (n)
		calls(l)->potrf("L", &n, a, LD(n), info, 1);
	return check(*info, err);
}

int
mg_lapack_triangular(const mg_lapack *l, bool lower, bool adjoint, int n, int rhs, const void *a, void *b, int *info, mgreg_error *err)
{
	*info = 0;
	if (n && rhs)
		calls(l)->trtrs(lower ? "L" : "U", adjoint ? "C" : "N", "N", &n, &rhs, a, LD(n), b, LD(n), info, 1, 1, 1);
	return check(*info, err);
}

static int
room(mg_lapack *l, int i, size_t size, void **out, mgreg_error *err)
{
	int rc;

	if (l->room[i].size < size) {
		if ((rc = mg_kernel_scratch(l->k, size, &l->room[i].at, err)) != 0)
			return rc;
		l->room[i].size = size;
	}
	*out = l->room[i].at;
	return 0;
}

/* What a work space query left: its first element. */
static int work_size(const double *first) { return (int)MG_MIN(MG_MAX(*first, 1.0), (double)INT32_MAX); }

int
mg_lapack_qr(mg_lapack *l, int m, int n, void *a, int columns, void *q, mgreg_error *err)
{
	double ask[2][2] = { { 0 } };
	int least = MG_MIN(m, n), info = 0, size, all = -1, rc;
	void *tau, *work;
	const table *c = calls(l);

	if (!m || !columns)
		return 0;
	if ((rc = room(l, 1, (size_t)least * width(l), &tau, err)) != 0)
		return rc;
	c->geqrf(&m, &n, a, LD(m), tau, ask[0], &all, &info);
	c->generate(&m, &columns, &least, q, LD(m), tau, ask[1], &all, &info);
	size = MG_MAX(work_size(ask[0]), work_size(ask[1]));
	if ((rc = room(l, 0, (size_t)size * width(l), &work, err)) != 0)
		return rc;
	if (n)
		c->geqrf(&m, &n, a, LD(m), tau, work, &size, &info);
	if ((rc = check(info, err)) != 0)
		return rc;
	memset(q, 0, (size_t)m * (size_t)columns * width(l));
	memcpy(q, a, (size_t)m * (size_t)least * width(l));
	c->generate(&m, &columns, &least, q, LD(m), tau, work, &size, &info);
	return check(info, err);
}

int
mg_lapack_eigen(mg_lapack *l, bool vectors, int n, void *a, double *values, int *info, mgreg_error *err)
{
	const char *job = vectors ? "V" : "N";
	double ask[2] = { 0 }, rask = 0;
	int iask = 0, all = -1, size, rsize, rc;
	void *work, *rwork = NULL, *iwork;

	*info = 0;
	if (!n)
		return 0;
	if (l->is_complex)
		lapack.zheevd(job, "L", &n, a, LD(n), values, ask, &all, &rask, &all, &iask, &all, info, 1, 1);
	else
		lapack.dsyevd(job, "L", &n, a, LD(n), values, ask, &all, &iask, &all, info, 1, 1);
	size = work_size(ask);
	rsize = work_size(&rask);
	if ((rc = room(l, 0, (size_t)size * width(l), &work, err)) != 0
			|| (rc = room(l, 1, (size_t)rsize * sizeof(double), &rwork, err)) != 0
			|| (rc = room(l, 2, (size_t)MG_MAX(iask, 1) * sizeof(int), &iwork, err)) != 0)
		return rc;
	if (l->is_complex)
		lapack.zheevd(job, "L", &n, a, LD(n), values, work, &size, rwork, &rsize, iwork, LD(iask), info, 1, 1);
	else
		lapack.dsyevd(job, "L", &n, a, LD(n), values, work, &size, iwork, LD(iask), info, 1, 1);
	return check(*info, err);
}

int
mg_lapack_svd(mg_lapack *l, bool full, int m, int n, void *a, double *s, void *u, void *vh, int *info, mgreg_error *err)
{
	int least = MG_MIN(m, n), most = MG_MAX(m, n), all = -1, size, rows = full ? n : least, rc;
	size_t rsize = (size_t)least * (size_t)MG_MAX(5 * (int64_t)least + 7, 2 * (int64_t)most + 2 * (int64_t)least + 1);
	const char *job = !u ? "N" : full ? "A" : "S";
	void *work, *rwork, *iwork;
	double ask[2] = { 0 };

	*info = 0;
	if (!least)
		return 0;
	if ((rc = room(l, 2, 8 * (size_t)least * sizeof(int), &iwork, err)) != 0
			|| (rc = room(l, 1, l->is_complex ? rsize * sizeof(double) : 1, &rwork, err)) != 0)
		return rc;
	if (l->is_complex)
		lapack.zgesdd(job, &m, &n, a, LD(m), s, u, LD(m), vh, LD(rows), ask, &all, rwork, iwork, info, 1);
	else
		lapack.dgesdd(job, &m, &n, a, LD(m), s, u, LD(m), vh, LD(rows), ask, &all, iwork, info, 1);
	size = work_size(ask);
	if ((rc = room(l, 0, (size_t)size * width(l), &work, err)) != 0)
		return rc;
	if (l->is_complex)
		lapack.zgesdd(job, &m, &n, a, LD(m), s, u, LD(m), vh, LD(rows), work, &size, rwork, iwork, info, 1);
	else
		lapack.dgesdd(job, &m, &n, a, LD(m), s, u, LD(m), vh, LD(rows), work, &size, iwork, info, 1);
	return check(*info, err);
}

int
mg_lapack_least_squares(mg_lapack *l, int m, int n, int rhs, void *a, void *b, mgreg_error *err)
{
	double ask[2] = { 0 }, rcond = 2.2e-16 * MG_MAX(m, n);
	int all = -1, size, rank = 0, info = 0, most = MG_MAX(m, n), rc;
	void *work, *rwork, *pivots;

	if (!m || !n || !rhs)
		return 0;
	if ((rc = room(l, 2, (size_t)n * sizeof(int), &pivots, err)) != 0
			|| (rc = room(l, 1, 2 * (size_t)n * sizeof(double), &rwork, err)) != 0)
		return rc;
	memset(pivots, 0, (size_t)n * sizeof(int));
	if (l->is_complex)
		lapack.zgelsy(&m, &n, &rhs, a, LD(m), b, LD(most), pivots, &rcond, &rank, ask, &all, rwork, &info);
	else
		lapack.dgelsy(&m, &n, &rhs, a, LD(m), b, LD(most), pivots, &rcond, &rank, ask, &all, &info);
	size = work_size(ask);
	if ((rc = room(l, 0, (size_t)size * width(l), &work, err)) != 0)
		return rc;
	if (l->is_complex)
		lapack.zgelsy(&m, &n, &rhs, a, LD(m), b, LD(most), pivots, &rcond, &rank, work, &size, rwork, &info);
	else
		lapack.dgelsy(&m, &n, &rhs, a, LD(m), b, LD(most), pivots, &rcond, &rank, work, &size, &info);
	return check(info, err);
}

int
mg_lapack_eigen_general(mg_lapack *l, int n, void *a, void *values, void *vectors, int *info, mgreg_error *err)
{
	const char *job = vectors ? "V" : "N";
	double ask[2] = { 0 };
	void *work, *rwork;
	int all = -1, size, rc;

	*info = 0;
	if (!n)
		return 0;
	if ((rc = room(l, 1, 2 * (size_t)n * sizeof(double), &rwork, err)) != 0)
		return rc;
	lapack.zgeev("N", job, &n, a, LD(n), values, NULL, LD(n), vectors, LD(n), ask, &all, rwork, info, 1, 1);
	size = work_size(ask);
	if ((rc = room(l, 0, (size_t)size * 16, &work, err)) != 0)
		return rc;
	lapack.zgeev("N", job, &n, a, LD(n), values, NULL, LD(n), vectors, LD(n), work, &size, rwork, info, 1, 1);
	return check(*info, err);
}
