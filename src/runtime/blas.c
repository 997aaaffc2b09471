/* SPDX-License-Identifier: Apache-2.0 */
/*
 * blas.c - matrix products over OpenBLAS: the only file that includes cblas.h.
 *
 * OpenBLAS runs on one thread; big products are cut into blocks of rows (or of columns, where there are few rows) by
 * their shape alone, and the session's pool runs the blocks.  The inner dimension is never cut: each element of C is
 * summed in one go, so the result does not depend on the threads.
 */
#include "base/base.h"
#include <cblas.h>
#include "base/dl.h"
#include "runtime/runtime_internal.h"

#define CALLS(X) X(cblas_sgemm) X(cblas_dgemm) X(cblas_sgemv) X(cblas_dgemv) X(openblas_set_num_threads)
static struct {
#define X(f) __typeof__(f) *f;
	CALLS(X)
#undef X
} blas;
static const char *const names[] = {
#define X(f) #f,
	CALLS(X)
#undef X
};
#ifndef MG_SONAME_OPENBLAS
#define MG_SONAME_OPENBLAS "libopenblas.so.0"
#endif
static mg_dl lib = {
	.soname = MG_SONAME_OPENBLAS, .package = "libopenblas0",
	.names = names, .count = MG_COUNT(names), .calls = &blas,
};

static mg_once once = MG_ONCE_INIT;

static void
one_thread(void)
{
	blas.openblas_set_num_threads(1);
}

int
mg_blas_open(mgreg_error *err)
{
	int rc = mg_dl_load(&lib, err);

	if (rc == 0)
		pthread_once(&once, one_thread);
	return rc;
}

#define BLOCK_FLOPS 4.0e6       /* a block is worth a thread from here on */
#define MIN_ROWS 32

/* Rows (or columns) per block: at least MIN_ROWS, a multiple of 16, blocks of at least BLOCK_FLOPS, at most 64 of them. */
static int64_t
cut(int64_t n, double flops)
{
	int64_t blocks = (int64_t)MG_MIN(flops / BLOCK_FLOPS, 64.0), rows;

	blocks = MG_MIN(blocks, n / MIN_ROWS);
	if (blocks < 2)
		return n;
	rows = (n + blocks - 1) / blocks;
	return (rows + 15) / 16 * 16;
}

typedef struct product {
	bool ta, tb, by_rows;
	int64_t m, n, k, lda, ldb, ldc;
	double alpha, beta;
	const void *a, *b;
	void *c;
} product;

static void
rows_f32(void *arg, int64_t begin, int64_t end)
{
	const product *p = arg;
	const float *a = p->a, *b = p->b;
	float *c = p->c;
	int64_t m = p->m, n = p->n;

	if (p->by_rows) {
		a += p->ta ? begin : begin * p->lda;
		c += begin * p->ldc;
		m = end - begin;
	} else {
		b += p->tb ? begin * p->ldb : begin;
		c += begin;
		n = end - begin;
	}
	blas.cblas_sgemm(CblasRowMajor, p->ta ? CblasTrans : CblasNoTrans, p->tb ? CblasTrans : CblasNoTrans, (blasint)m, (blasint)n,
		(blasint)p->k, (float)p->alpha, a, (blasint)p->lda, b, (blasint)p->ldb, (float)p->beta, c, (blasint)p->ldc);
}

static void
rows_f64(void *arg, int64_t begin, int64_t end)
{
	const product *p = arg;
	const double *a = p->a, *b = p->b;
	double *c = p->c;
	int64_t m = p->m, n = p->n;

	if (p->by_rows) {
		a += p->ta ? begin : begin * p->lda;
		c += begin * p->ldc;
		m = end - begin;
	} else {
		b += p->tb ? begin * p->ldb : begin;
		c += begin;
		n = end - begin;
	}
	blas.cblas_dgemm(CblasRowMajor, p->ta ? CblasTrans : CblasNoTrans, p->tb ? CblasTrans : CblasNoTrans, (blasint)m, (blasint)n,
		(blasint)p->k, p->alpha, a, (blasint)p->lda, b, (blasint)p->ldb, p->beta, c, (blasint)p->ldc);
}

static int
check(const product *p, mgreg_error *err)
{
	if (p->m > INT32_MAX || p->n > INT32_MAX || p->k > INT32_MAX || p->lda > INT32_MAX || p->ldb > INT32_MAX || p->ldc > INT32_MAX)
		return mg_fail(err, MGREG_UNIMPLEMENTED, "a matrix dimension above 2^31-1 cannot be multiplied");
	return 0;
}

static int
multiply(mg_kernel_ctx *k, product *p, mg_range_fn *body, mgreg_error *err)
{
	double flops = 2.0 * (double)p->m * (double)p->n * (double)p->k;
	int rc;

	if ((rc = check(p, err)) != 0 || (rc = mg_blas_open(err)) != 0)
		return rc;
	p->by_rows = p->m >= p->n || p->m >= 4 * MIN_ROWS;
	if (p->by_rows)
		mg_parallel_for(k, p->m, cut(p->m, flops), body, p);
	else
		mg_parallel_for(k, p->n, cut(p->n, flops), body, p);
	return 0;
}

/* An inner dimension of zero: C = beta C. */
static bool
is_empty(int64_t m, int64_t n)
{
	return m <= 0 || n <= 0;
}

int
mg_gemm_f32(mg_kernel_ctx *k, bool ta, bool tb, int64_t m, int64_t n, int64_t kk, float alpha, const float *a, int64_t lda,
	const float *b, int64_t ldb, float beta, float *c, int64_t ldc, mgreg_error *err)
{
	product p = { .ta = ta, .tb = tb, .m = m, .n = n, .k = kk, .lda = lda, .ldb = ldb, .ldc = ldc, .alpha = alpha, .beta = beta, .a = a, .b = b, .c = c };
	int rc;

	if (is_empty(m, n))
		return 0;
	if (kk <= 0) {
		for (int64_t i = 0; i < m; i++)
			for (int64_t j = 0; j < n; j++)
				c[i * ldc + j] = beta == 0 ? 0 : beta * c[i * ldc + j];
		return 0;
	}
	if (m == 1 && !ta && 2.0 * (double)n * (double)kk < BLOCK_FLOPS) {      /* a row times a matrix */
		if ((rc = check(&p, err)) != 0 || (rc = mg_blas_open(err)) != 0)
			return rc;
		blas.cblas_sgemv(CblasRowMajor, tb ? CblasNoTrans : CblasTrans, (blasint)(tb ? n : kk), (blasint)(tb ? kk : n), alpha, b,
			(blasint)ldb, a, 1, beta, c, 1);
		return 0;
	}
	return multiply(k, &p, rows_f32, err);
}

int
mg_gemm_f64(mg_kernel_ctx *k, bool ta, bool tb, int64_t m, int64_t n, int64_t kk, double alpha, const double *a, int64_t lda,
	const double *b, int64_t ldb, double beta, double *c, int64_t ldc, mgreg_error *err)
{
	product p = { .ta = ta, .tb = tb, .m = m, .n = n, .k = kk, .lda = lda, .ldb = ldb, .ldc = ldc, .alpha = alpha, .beta = beta, .a = a, .b = b, .c = c };
	int rc;

	if (is_empty(m, n))
		return 0;
	if (kk <= 0) {
		for (int64_t i = 0; i < m; i++)
			for (int64_t j = 0; j < n; j++)
				c[i * ldc + j] = beta == 0 ? 0 : beta * c[i * ldc + j];
		return 0;
	}
	if (m == 1 && !ta && 2.0 * (double)n * (double)kk < BLOCK_FLOPS) {
		if ((rc = check(&p, err)) != 0 || (rc = mg_blas_open(err)) != 0)
			return rc;
		blas.cblas_dgemv(CblasRowMajor, tb ? CblasNoTrans : CblasTrans, (blasint)(tb ? n : kk), (blasint)(tb ? kk : n), alpha, b,
			(blasint)ldb, a, 1, beta, c, 1);
		return 0;
	}
	return multiply(k, &p, rows_f64, err);
}
