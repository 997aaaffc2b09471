/* SPDX-License-Identifier: Apache-2.0 */
/*
 * k_linalg.c - decompositions, determinants, inverses and solvers over batches of matrices.
 *
 * Every matrix is taken to double (or complex double) and to LAPACK's order of columns, so that half and float lose nothing but their
 * last rounding; what comes out is rounded once.
 */
#include "runtime/kernels/k_common.h"
#include "runtime/lapack.h"
#include <math.h>

typedef double _Complex z;

/* The matrices of an input: COUNT of M x N, and how to reach LAPACK. */
typedef struct batch {
	mg_lapack        l;
	const mg_tensor *x;
	int              m, n;
	int64_t          count;
} batch;

static int
begin(mg_kernel_ctx *k, int i, bool square, batch *b, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, i);
	int rank = mg_rank(x), rc;
	char text[256];

	if (rank < 2)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "input must have rank >= 2, got %d", rank);
	if (square && mg_dim(x, rank - 1) != mg_dim(x, rank - 2))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "input matrices must be square, got %s", mg_shape_text(&x->shape, text));
	if (mg_dim(x, rank - 1) > INT32_MAX / 4 || mg_dim(x, rank - 2) > INT32_MAX / 4)
		return mg_fail(err, MGREG_UNIMPLEMENTED, "matrices of shape %s are too large", mg_shape_text(&x->shape, text));
	*b = (batch){ .x = x, .m = (int)mg_dim(x, rank - 2), .n = (int)mg_dim(x, rank - 1), .count = mg_k_product(x, 0, rank - 2) };
	if ((rc = mg_lapack_open(&b->l, k, mg_dtype_is_complex(x->dtype), err)) != 0)
		return rc;
	return 0;
}

/* Inputs I and J of a solver: the same batch dimensions and rows. */
static int
check_rhs(const batch *a, const batch *b, mgreg_error *err)
{
	char ta[256], tb[256];
	bool ok = mg_rank(a->x) == mg_rank(b->x) && a->m == b->m;

	for (int i = 0; ok && i < mg_rank(a->x) - 2; i++)
		ok = mg_dim(a->x, i) == mg_dim(b->x, i);
	if (!ok)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "matrix %s and right-hand side %s do not fit", mg_shape_text(&a->x->shape, ta),
			mg_shape_text(&b->x->shape, tb));
	return 0;
}

static int
scratch(const batch *b, int64_t m, int64_t n, void **out, mgreg_error *err)
{
	int64_t count;

	if (__builtin_mul_overflow(m, n, &count) || count > INT64_MAX / 32)
		return mg_fail_nomem(err, SIZE_MAX);
	return mg_kernel_scratch(b->l.k, (size_t)MG_MAX(count, 1) * 16, out, err);
}

/* Element AT of T as a complex number. */
static z
element(const mg_tensor *t, int64_t at)
{
	switch (t->dtype) {
#define CASE(s, d, _) case d: return (z)ld_##s(MG_CDATA(t, t_##s)[at]);
	K_FLOATS(CASE, 0)
	K_COMPLEXES(CASE, 0)
#undef CASE
	default: return 0;
	}
}

static void
set_element(mg_tensor *t, int64_t at, z v)
{
	switch (t->dtype) {
	case MGREG_HALF: MG_DATA(t, uint16_t)[at] = mg_float_to_half((float)creal(v)); break;
	case MGREG_BFLOAT16: MG_DATA(t, uint16_t)[at] = mg_float_to_bfloat16((float)creal(v)); break;
	case MGREG_FLOAT: MG_DATA(t, float)[at] = (float)creal(v); break;
	case MGREG_DOUBLE: MG_DATA(t, double)[at] = creal(v); break;
	case MGREG_COMPLEX64: MG_DATA(t, float _Complex)[at] = (float _Complex)v; break;
	case MGREG_COMPLEX128: MG_DATA(t, double _Complex)[at] = v; break;
	default: break;
	}
}

static z get(const batch *b, const void *a, int64_t at) { return b->l.is_complex ? ((const z *)a)[at] : ((const double *)a)[at]; }

static void
put(const batch *b, void *a, int64_t at, z v)
{
	if (b->l.is_complex)
		((z *)a)[at] = v;
	else
		((double *)a)[at] = creal(v);
}

/* Matrix W of the batch to A, by columns. */
static void
load(const batch *b, int64_t w, void *a)
{
	int64_t from = w * b->m * b->n;

	for (int64_t r = 0; r < b->m; r++)
		for (int64_t c = 0; c < b->n; c++)
			put(b, a, c * b->m + r, element(b->x, from + r * b->n + c));
}

/* A (columns of LD) to matrix W of T, M x N; TURNED: the adjoint of A. */
static void
store(const batch *b, mg_tensor *t, int64_t w, int64_t m, int64_t n, const void *a, int64_t ld, bool turned)
{
	int64_t to = w * m * n;

	for (int64_t r = 0; r < m; r++)
		for (int64_t c = 0; c < n; c++)
			set_element(t, to + r * n + c, turned ? conj(get(b, a, r * ld + c)) : get(b, a, c * ld + r));
}

/* Output I: the batch dimensions of X, then those of DIMS. */
static int
output(mg_kernel_ctx *k, int i, const mg_tensor *x, const int64_t *dims, int n, mg_tensor **out, mgreg_error *err)
{
	mg_shape shape = MG_SHAPE_SCALAR;
	int rank = mg_rank(x) - 2, rc;

	MG_TRY(mg_shape_set(&shape, NULL, rank + n, err));
	memcpy(mg_shape_dims(&shape), mg_shape_cdims(&x->shape), (size_t)rank * sizeof *dims);
	if (n)
		memcpy(mg_shape_dims(&shape) + rank, dims, (size_t)n * sizeof *dims);
	MG_TRY(mg_kernel_output(k, i, &shape, out, err));
out:
	mg_shape_clear(&shape);
	return rc;
}

static bool flag(const mg_kernel_ctx *k, const char *name, bool fallback) { return mg_k_attr_bool(mg_kernel_attrs(k), name, fallback); }

/* ---- Cholesky ---- */

static int
cholesky_run(mg_kernel_ctx *k, mgreg_error *err)
{
	batch b;
	mg_tensor *y;
	void *a;
	int rc, info;

	if ((rc = begin(k, 0, true, &b, err)) != 0 || (rc = mg_kernel_output(k, 0, &b.x->shape, &y, err)) != 0
			|| (rc = scratch(&b, b.n, b.n, &a, err)) != 0)
		return rc;
	for (int64_t w = 0; w < b.count; w++) {
		load(&b, w, a);
		if ((rc = mg_lapack_cholesky(&b.l, b.n, a, &info, err)) != 0)
			return rc;
		if (info)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "Cholesky decomposition was not successful: the input might not be positive definite");
		for (int64_t c = 1; c < b.n; c++)
			for (int64_t r = 0; r < c; r++)
				put(&b, a, c * b.n + r, 0);
		store(&b, y, w, b.n, b.n, a, b.n, false);
	}
	return 0;
}

/*
 * dA = 1/2 (S + S^T), S = L^-T phi(L^T dL) L^-1, phi keeping the lower triangle with half of the diagonal
 * (Murray, "Differentiation of the Cholesky decomposition").
 */
static int
cholesky_grad_run(mg_kernel_ctx *k, mgreg_error *err)
{
	batch l, g;
	mg_tensor *y;
	void *lm, *gm, *sm;
	int rc, info;
	int64_t n;

	if ((rc = begin(k, 0, true, &l, err)) != 0 || (rc = begin(k, 1, true, &g, err)) != 0
			|| (rc = mg_k_same_shape(l.x, g.x, err)) != 0 || (rc = mg_kernel_output(k, 0, &l.x->shape, &y, err)) != 0
			|| (rc = scratch(&l, l.n, l.n, &lm, err)) != 0 || (rc = scratch(&l, l.n, l.n, &gm, err)) != 0
			|| (rc = scratch(&l, l.n, l.n, &sm, err)) != 0)
		return rc;
	n = l.n;
	for (int64_t w = 0; w < l.count; w++) {
		double *lo = lm, *dl = gm, *s = sm;
		load(&l, w, lm);
		load(&g, w, gm);
		for (int64_t c = 0; c < n; c++)         /* S = phi(L^T dL), only the lower triangles of both count; symmetric */
			for (int64_t r = c; r < n; r++) {
				double sum = 0;
				for (int64_t i = r; i < n; i++)
					sum += lo[r * n + i] * dl[c * n + i];
				s[c * n + r] = s[r * n + c] = sum;
			}
		if ((rc = mg_lapack_triangular(&l.l, true, true, (int)n, (int)n, lm, sm, &info, err)) != 0)
			return rc;
		for (int64_t c = 0; c < n; c++)
			for (int64_t r = 0; r < n; r++)
				dl[c * n + r] = s[r * n + c];
		if (info || (rc = mg_lapack_triangular(&l.l, true, true, (int)n, (int)n, lm, gm, &info, err)) != 0)
			return info ? mg_fail(err, MGREG_INVALID_ARGUMENT, "the Cholesky factor is singular") : rc;
		for (int64_t c = 0; c < n; c++)
			for (int64_t r = 0; r < n; r++)
				s[c * n + r] = 0.25 * (dl[c * n + r] + dl[r * n + c]);
		store(&l, y, w, n, n, sm, n, false);
	}
	return 0;
}

/* ---- LU: determinant, inverse, solve ---- */

/* A, M x N, becomes its LU; singular ones are an error where the caller has to divide by them. */
static int
factor(const batch *b, int64_t w, void *a, int *pivots, bool needs_full, mgreg_error *err)
{
	int rc, info;

	load(b, w, a);
	if ((rc = mg_lapack_lu(&b->l, b->m, b->n, a, pivots, &info, err)) != 0)
		return rc;
	if (info && needs_full)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "input is not invertible");
	return 0;
}

/* |det| in *LOG as its logarithm; the sign (a unit complex number) is returned, 0 for a singular matrix. */
static z
determinant(const batch *b, const void *a, const int *pivots, double *log_abs)
{
	z sign = 1;

	*log_abs = 0;
	for (int64_t i = 0; i < b->n; i++) {
		z d = get(b, a, i * b->n + i);
		double size = cabs(d);
		*log_abs += log(size);
		sign *= size == 0 ? 0 : d / size;
		if (pivots[i] != i + 1)
			sign = -sign;
	}
	return sign;
}

static int
lu_begin(mg_kernel_ctx *k, bool square, batch *b, void **a, void **pivots, mgreg_error *err)
{
	int rc;

	if ((rc = begin(k, 0, square, b, err)) != 0 || (rc = scratch(b, b->m, b->n, a, err)) != 0)
		return rc;
	return mg_kernel_scratch(k, ((size_t)MG_MIN(b->m, b->n) + 1) * sizeof(int), pivots, err);
}

static int
determinant_run(mg_kernel_ctx *k, mgreg_error *err)
{
	void *a, *pivots;
	mg_tensor *y;
	batch b;
	int rc;

	if ((rc = lu_begin(k, true, &b, &a, &pivots, err)) != 0 || (rc = output(k, 0, b.x, NULL, 0, &y, err)) != 0)
		return rc;
	for (int64_t w = 0; w < b.count; w++) {
		double log_abs;
		z sign;
		if ((rc = factor(&b, w, a, pivots, false, err)) != 0)
			return rc;
		sign = determinant(&b, a, pivots, &log_abs);
		set_element(y, w, sign == 0 ? 0 : sign * exp(log_abs));
	}
	return 0;
}

static int
log_determinant_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_tensor *sign, *log_det;
	void *a, *pivots;
	batch b;
	int rc;

	if ((rc = lu_begin(k, true, &b, &a, &pivots, err)) != 0 || (rc = output(k, 0, b.x, NULL, 0, &sign, err)) != 0
			|| (rc = output(k, 1, b.x, NULL, 0, &log_det, err)) != 0)
		return rc;
	for (int64_t w = 0; w < b.count; w++) {
		double log_abs;
		if ((rc = factor(&b, w, a, pivots, false, err)) != 0)
			return rc;
		set_element(sign, w, determinant(&b, a, pivots, &log_abs));
		set_element(log_det, w, log_abs);
	}
	return 0;
}

static int
inverse_run(mg_kernel_ctx *k, mgreg_error *err)
{
	bool adjoint = flag(k, "adjoint", false);
	void *a, *pivots, *x;
	mg_tensor *y;
	batch b;
	int rc;

	if ((rc = lu_begin(k, true, &b, &a, &pivots, err)) != 0 || (rc = mg_kernel_output(k, 0, &b.x->shape, &y, err)) != 0
			|| (rc = scratch(&b, b.n, b.n, &x, err)) != 0)
		return rc;
	for (int64_t w = 0; w < b.count; w++) {
		if ((rc = factor(&b, w, a, pivots, true, err)) != 0)
			return rc;
		for (int64_t i = 0; i < (int64_t)b.n * b.n; i++)
			put(&b, x, i, i % (b.n + 1) == 0);
		if ((rc = mg_lapack_lu_solve(&b.l, adjoint, b.n, b.n, a, pivots, x, err)) != 0)
			return rc;
		store(&b, y, w, b.n, b.n, x, b.n, false);
	}
	return 0;
}

static int
solve_run(mg_kernel_ctx *k, mgreg_error *err)
{
	bool adjoint = flag(k, "adjoint", false);
	void *a, *pivots, *x;
	mg_tensor *y;
	batch b, r;
	int rc;

	if ((rc = lu_begin(k, true, &b, &a, &pivots, err)) != 0 || (rc = begin(k, 1, false, &r, err)) != 0 || (rc = check_rhs(&b, &r, err)) != 0
			|| (rc = mg_kernel_output(k, 0, &r.x->shape, &y, err)) != 0 || (rc = scratch(&r, r.m, r.n, &x, err)) != 0)
		return rc;
	for (int64_t w = 0; w < b.count; w++) {
		if ((rc = factor(&b, w, a, pivots, true, err)) != 0)
			return rc;
		load(&r, w, x);
		if ((rc = mg_lapack_lu_solve(&b.l, adjoint, b.n, r.n, a, pivots, x, err)) != 0)
			return rc;
		store(&r, y, w, r.m, r.n, x, r.m, false);
	}
	return 0;
}

static int
triangular_solve_run(mg_kernel_ctx *k, mgreg_error *err)
{
	bool adjoint = flag(k, "adjoint", false), lower = flag(k, "lower", true);
	void *a, *x;
	mg_tensor *y;
	batch b, r;
	int rc, info;

	if ((rc = begin(k, 0, true, &b, err)) != 0 || (rc = begin(k, 1, false, &r, err)) != 0 || (rc = check_rhs(&b, &r, err)) != 0
			|| (rc = mg_kernel_output(k, 0, &r.x->shape, &y, err)) != 0 || (rc = scratch(&b, b.m, b.n, &a, err)) != 0
			|| (rc = scratch(&r, r.m, r.n, &x, err)) != 0)
		return rc;
	for (int64_t w = 0; w < b.count; w++) {
		load(&b, w, a);
		load(&r, w, x);
		if ((rc = mg_lapack_triangular(&b.l, lower, adjoint, b.n, r.n, a, x, &info, err)) != 0)
			return rc;
		if (info)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "input matrix is not invertible");
		store(&r, y, w, r.m, r.n, x, r.m, false);
	}
	return 0;
}

/* L and U share one matrix; P is where each row of P L U comes from. */
static int
lu_run(mg_kernel_ctx *k, mgreg_error *err)
{
	void *a, *pivots;
	mg_tensor *y, *p;
	batch b;
	int rc;

	if ((rc = lu_begin(k, true, &b, &a, &pivots, err)) != 0 || (rc = mg_kernel_output(k, 0, &b.x->shape, &y, err)) != 0
			|| (rc = output(k, 1, b.x, (int64_t[]){ b.n }, 1, &p, err)) != 0)
		return rc;
	for (int64_t w = 0; w < b.count; w++) {
		if ((rc = factor(&b, w, a, pivots, true, err)) != 0)
			return rc;
		for (int64_t i = 0; i < b.n; i++)
			mg_k_set_int(p, w * b.n + i, i);
		for (int64_t i = 0; i < b.n; i++) {
			int64_t j = w * b.n + ((int *)pivots)[i] - 1, t = mg_k_int(p, w * b.n + i);
			mg_k_set_int(p, w * b.n + i, mg_k_int(p, j));
			mg_k_set_int(p, j, t);
		}
		store(&b, y, w, b.n, b.n, a, b.n, false);
	}
	return 0;
}

/* ---- QR, least squares ---- */

static int
qr_run(mg_kernel_ctx *k, mgreg_error *err)
{
	bool full = flag(k, "full_matrices", false);
	int columns, rc;
	mg_tensor *q, *r;
	void *a, *qm;
	batch b;

	if ((rc = begin(k, 0, false, &b, err)) != 0)
		return rc;
	columns = full ? b.m : MG_MIN(b.m, b.n);
	if ((rc = output(k, 0, b.x, (int64_t[]){ b.m, columns }, 2, &q, err)) != 0
			|| (rc = output(k, 1, b.x, (int64_t[]){ columns, b.n }, 2, &r, err)) != 0
			|| (rc = scratch(&b, b.m, b.n, &a, err)) != 0 || (rc = scratch(&b, b.m, MG_MAX(columns, b.n), &qm, err)) != 0)
		return rc;
	for (int64_t w = 0; w < b.count; w++) {
		load(&b, w, a);
		if ((rc = mg_lapack_qr(&b.l, b.m, b.n, a, columns, qm, err)) != 0)
			return rc;
		for (int64_t c = 0; c < b.n; c++)
			for (int64_t i = c + 1; i < b.m; i++)
				put(&b, a, c * b.m + i, 0);
		store(&b, q, w, b.m, columns, qm, b.m, false);
		store(&b, r, w, columns, b.n, a, b.m, false);
	}
	return 0;
}

/* fast: the normal equations, (A^H A + l2 I) X = A^H B, or A^H (A A^H + l2 I)^-1 B where A is wide; else by orthogonal factors. */
static int
normal_equations(const batch *b, const batch *r, double l2, void *a, void *rhs, void *gram, void *x, mgreg_error *err)
{
	bool wide = b->m < b->n;
	int64_t m = b->m, n = b->n, least = wide ? m : n;
	int rc, info;

	for (int64_t c = 0; c < least; c++)
		for (int64_t i = 0; i < least; i++) {
			z sum = i == c ? l2 : 0;
			for (int64_t j = 0; j < (wide ? n : m); j++)
				sum += wide ? get(b, a, j * m + i) * conj(get(b, a, j * m + c)) : conj(get(b, a, i * m + j)) * get(b, a, c * m + j);
			put(b, gram, c * least + i, sum);
		}
	for (int64_t c = 0; c < r->n; c++)
		for (int64_t i = 0; i < least; i++) {
			z sum = 0;
			if (wide)
				sum = get(b, rhs, c * m + i);
			else
				for (int64_t j = 0; j < m; j++)
					sum += conj(get(b, a, i * m + j)) * get(b, rhs, c * m + j);
			put(b, x, c * least + i, sum);
		}
	for (int64_t i = 0; i < least * r->n; i++)
		put(b, rhs, i, get(b, x, i));
	if ((rc = mg_lapack_cholesky(&b->l, (int)least, gram, &info, err)) != 0)
		return rc;
	if (info)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "input matrix was rank deficient or ill-conditioned; try fast=false or a larger regularizer");
	if ((rc = mg_lapack_triangular(&b->l, true, false, (int)least, r->n, gram, rhs, &info, err)) != 0
			|| (rc = mg_lapack_triangular(&b->l, true, true, (int)least, r->n, gram, rhs, &info, err)) != 0)
		return rc;
	for (int64_t c = 0; c < r->n; c++)
		for (int64_t i = 0; i < n; i++) {
			z sum = 0;
			if (!wide)
				sum = get(b, rhs, c * least + i);
			else
				for (int64_t j = 0; j < m; j++)
					sum += conj(get(b, a, i * m + j)) * get(b, rhs, c * least + j);
			put(b, x, c * n + i, sum);
		}
	return 0;
}

static int
solve_ls_run(mg_kernel_ctx *k, mgreg_error *err)
{
	bool fast = flag(k, "fast", true);
	int64_t most, least;
	void *a, *rhs, *gram, *x;
	double l2;
	mg_tensor *y;
	batch b, r;
	int rc;

	if ((rc = begin(k, 0, false, &b, err)) != 0 || (rc = begin(k, 1, false, &r, err)) != 0 || (rc = check_rhs(&b, &r, err)) != 0)
		return rc;
	if (mg_kernel_input(k, 2)->count != 1)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "l2_regularizer must be a scalar");
	l2 = MG_CDATA(mg_kernel_input(k, 2), double)[0];
	if (!(l2 >= 0))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "l2_regularizer must be >= 0");
	most = MG_MAX(b.m, b.n);
	least = MG_MIN(b.m, b.n);
	if ((rc = output(k, 0, b.x, (int64_t[]){ b.n, r.n }, 2, &y, err)) != 0 || (rc = scratch(&b, b.m, b.n, &a, err)) != 0
			|| (rc = scratch(&b, most, r.n, &rhs, err)) != 0 || (rc = scratch(&b, least, least, &gram, err)) != 0
			|| (rc = scratch(&b, most, r.n, &x, err)) != 0)
		return rc;
	for (int64_t w = 0; w < b.count; w++) {
		load(&b, w, a);
		load(&r, w, rhs);
		if (fast) {
			if ((rc = normal_equations(&b, &r, l2, a, rhs, gram, x, err)) != 0)
				return rc;
			store(&b, y, w, b.n, r.n, x, b.n, false);
			continue;
		}
		for (int64_t c = 0; c < r.n; c++)
			for (int64_t i = 0; i < most; i++)
				put(&b, x, c * most + i, i < r.m ? get(&b, rhs, c * r.m + i) : 0);
		if ((rc = mg_lapack_least_squares(&b.l, b.m, b.n, r.n, a, x, err)) != 0)
			return rc;
		store(&b, y, w, b.n, r.n, x, most, false);
	}
	return 0;
}

/* ---- eigenvalues, singular values ---- */

/* One output [n+1, n] with the values as first row (V1), or two. */
static int
self_adjoint(mg_kernel_ctx *k, bool joined, mgreg_error *err)
{
	bool vectors = joined || flag(k, "compute_v", true);
	mg_tensor *e, *v = NULL;
	void *a, *values;
	batch b;
	int rc, info;

	if ((rc = begin(k, 0, true, &b, err)) != 0)
		return rc;
	if (joined)
		rc = output(k, 0, b.x, (int64_t[]){ b.n + 1, b.n }, 2, &e, err);
	else if ((rc = output(k, 0, b.x, (int64_t[]){ b.n }, 1, &e, err)) == 0)
		rc = vectors ? mg_kernel_output(k, 1, &b.x->shape, &v, err) : mg_kernel_output_dims(k, 1, (int64_t[]){ 0 }, 1, &v, err);
	if (rc || (rc = scratch(&b, b.n, b.n, &a, err)) != 0 || (rc = scratch(&b, b.n, 1, &values, err)) != 0)
		return rc;
	for (int64_t w = 0; w < b.count; w++) {
		int64_t at = joined ? w * (b.n + 1) * b.n : w * b.n;
		load(&b, w, a);
		if ((rc = mg_lapack_eigen(&b.l, vectors, b.n, a, values, &info, err)) != 0)
			return rc;
		if (info)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "self-adjoint eigen decomposition was not successful: the input might not be valid");
		for (int64_t i = 0; i < b.n; i++)
			set_element(e, at + i, ((double *)values)[i]);
		for (int64_t r = 0; joined && r < b.n; r++)
			for (int64_t c = 0; c < b.n; c++)
				set_element(e, at + (r + 1) * b.n + c, get(&b, a, c * b.n + r));
		if (!joined && vectors)
			store(&b, v, w, b.n, b.n, a, b.n, false);
	}
	return 0;
}

static int self_adjoint_eig_run(mg_kernel_ctx *k, mgreg_error *err) { return self_adjoint(k, true, err); }
static int self_adjoint_eig_v2_run(mg_kernel_ctx *k, mgreg_error *err) { return self_adjoint(k, false, err); }

static int
svd_run(mg_kernel_ctx *k, mgreg_error *err)
{
	bool uv = flag(k, "compute_uv", true), full = flag(k, "full_matrices", false);
	int least, uc, vc, rc, info;
	mg_tensor *s, *u, *v;
	void *a, *sm, *um = NULL, *vm = NULL;
	batch b;

	if ((rc = begin(k, 0, false, &b, err)) != 0)
		return rc;
	least = MG_MIN(b.m, b.n);
	uc = full ? b.m : least;
	vc = full ? b.n : least;
	if ((rc = output(k, 0, b.x, (int64_t[]){ least }, 1, &s, err)) != 0)
		return rc;
	if (uv && ((rc = output(k, 1, b.x, (int64_t[]){ b.m, uc }, 2, &u, err)) != 0
			|| (rc = output(k, 2, b.x, (int64_t[]){ b.n, vc }, 2, &v, err)) != 0
			|| (rc = scratch(&b, b.m, uc, &um, err)) != 0 || (rc = scratch(&b, vc, b.n, &vm, err)) != 0))
		return rc;
	if (!uv && ((rc = mg_kernel_output_dims(k, 1, (int64_t[]){ 0 }, 1, &u, err)) != 0
			|| (rc = mg_kernel_output_dims(k, 2, (int64_t[]){ 0 }, 1, &v, err)) != 0))
		return rc;
	if ((rc = scratch(&b, b.m, b.n, &a, err)) != 0 || (rc = scratch(&b, least, 1, &sm, err)) != 0)
		return rc;
	for (int64_t w = 0; w < b.count; w++) {
		load(&b, w, a);
		if (least == 0 && uv) {                 /* full ones of nothing: unit matrices */
			for (int64_t i = 0; i < (int64_t)b.m * uc; i++)
				put(&b, um, i, i % (b.m + 1) == 0);
			for (int64_t i = 0; i < (int64_t)vc * b.n; i++)
				put(&b, vm, i, i % (vc + 1) == 0);
		}
		if ((rc = mg_lapack_svd(&b.l, full, b.m, b.n, a, sm, um, vm, &info, err)) != 0)
			return rc;
		if (info)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "singular value decomposition did not converge: the input might not be finite");
		for (int64_t i = 0; i < least; i++)
			set_element(s, w * least + i, ((double *)sm)[i]);
		if (uv) {
			store(&b, u, w, b.m, uc, um, b.m, false);
			store(&b, v, w, b.n, vc, vm, vc, true);
		}
	}
	return 0;
}

/* Every matrix as complex numbers, whatever it came as: functions of a matrix go through its eigenvalues or Schur form. */
static void
load_complex(const batch *b, int64_t w, z *a)
{
	for (int64_t r = 0; r < b->n; r++)
		for (int64_t c = 0; c < b->n; c++)
			a[c * b->n + r] = element(b->x, w * b->n * b->n + r * b->n + c);
}

static void
multiply(int64_t n, const z *a, const z *b, z *c)
{
	memset(c, 0, (size_t)(n * n) * sizeof *c);
	for (int64_t j = 0; j < n; j++)
		for (int64_t p = 0; p < n; p++)
			for (int64_t i = 0; i < n; i++)
				c[j * n + i] += a[p * n + i] * b[j * n + p];
}

static double
norm_1(int64_t n, const z *a)
{
	double most = 0;

	for (int64_t c = 0; c < n; c++) {
		double sum = 0;
		for (int64_t r = 0; r < n; r++)
			sum += cabs(a[c * n + r]);
		most = sum > most ? sum : most;
	}
	return most;
}

/* exp(A) by scaling and squaring of the 13th diagonal Pade approximant (Higham 2005). */
static int
exponential_run(mg_kernel_ctx *k, mgreg_error *err)
{
	static const double pade[] = { 64764752532480000.0, 32382376266240000.0, 7771770303897600.0, 1187353796428800.0, 129060195264000.0,
		10559470521600.0, 670442572800.0, 33522128640.0, 1323241920.0, 40840800.0, 960960.0, 16380.0, 182.0, 1.0 };
	void *memory, *pivots;
	mg_tensor *y;
	int64_t n, size;
	mg_lapack l;
	batch b;
	int rc, info;

	if ((rc = begin(k, 0, true, &b, err)) != 0 || (rc = mg_lapack_open(&l, k, true, err)) != 0
			|| (rc = mg_kernel_output(k, 0, &b.x->shape, &y, err)) != 0 || (rc = scratch(&b, 5 * (int64_t)b.n, b.n, &memory, err)) != 0
			|| (rc = mg_kernel_scratch(k, ((size_t)b.n + 1) * sizeof(int), &pivots, err)) != 0)
		return rc;
	n = b.n;
	size = n * n;
	for (int64_t w = 0; w < b.count; w++) {
		z *a = memory, *power = a + size, *next = power + size, *even = next + size, *odd = even + size;
		double norm;
		int halvings = 0;
		load_complex(&b, w, a);
		norm = norm_1(n, a);
		if (!isfinite(norm))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "the exponential of a matrix that is not finite");
		if (norm > 5.371920351148152)
			halvings = (int)ceil(log2(norm / 5.371920351148152));
		for (int64_t i = 0; i < size; i++) {
			a[i] = ldexp(1, -halvings) * a[i];
			power[i] = i % (n + 1) == 0;
			even[i] = pade[0] * power[i];
			odd[i] = pade[1] * a[i];
		}
		for (int d = 1; d < 14; d++) {
			z *t = power;
			multiply(n, power, a, next);
			power = next;
			next = t;
			for (int64_t i = 0; d > 1 && i < size; i++)
				(d % 2 ? odd : even)[i] += pade[d] * power[i];
		}
		for (int64_t i = 0; i < size; i++) {    /* (even - odd) X = even + odd */
			z e = even[i], o = odd[i];
			even[i] = e - o;
			odd[i] = e + o;
		}
		if ((rc = mg_lapack_lu(&l, (int)n, (int)n, even, pivots, &info, err)) != 0
				|| (rc = mg_lapack_lu_solve(&l, false, (int)n, (int)n, even, pivots, odd, err)) != 0)
			return rc;
		for (int i = 0; i < halvings; i++) {
			multiply(n, odd, odd, even);
			memcpy(odd, even, (size_t)size * sizeof(z));
		}
		for (int64_t r = 0; r < n; r++)
			for (int64_t c = 0; c < n; c++)
				set_element(y, w * size + r * n + c, odd[c * n + r]);
	}
	return 0;
}

/* F of the matrix through its eigenvectors, V f(D) V^-1: for matrices that have a full set of them. */
static int
by_eigenvalues(mg_kernel_ctx *k, z (*f)(z), mgreg_error *err)
{
	void *memory, *values, *pivots;
	int64_t n, size;
	mg_tensor *y;
	mg_lapack l;
	batch b;
	int rc, info;

	if ((rc = begin(k, 0, true, &b, err)) != 0 || (rc = mg_lapack_open(&l, k, true, err)) != 0
			|| (rc = mg_kernel_output(k, 0, &b.x->shape, &y, err)) != 0 || (rc = scratch(&b, 4 * (int64_t)b.n, b.n, &memory, err)) != 0
			|| (rc = scratch(&b, b.n, 1, &values, err)) != 0 || (rc = mg_kernel_scratch(k, ((size_t)b.n + 1) * sizeof(int), &pivots, err)) != 0)
		return rc;
	n = b.n;
	size = n * n;
	for (int64_t w = 0; w < b.count; w++) {
		z *a = memory, *v = a + size, *scaled = v + size, *x = scaled + size, *d = values;
		double residue = 0, norm;
		load_complex(&b, w, a);
		norm = norm_1(n, a);
		if (!isfinite(norm))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "a function of a matrix that is not finite");
		if ((rc = mg_lapack_eigen_general(&l, (int)n, a, d, v, &info, err)) != 0)
			return rc;
		if (info)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "the eigenvalues of the matrix did not converge");
		/* X = V f(D) V^-1, from V^H X^H = f(D)^H V^H */
		for (int64_t c = 0; c < n; c++)
			for (int64_t r = 0; r < n; r++) {
				scaled[r * n + c] = conj(f(d[c]) * v[c * n + r]);
				x[r * n + c] = conj(d[c] * v[c * n + r]);
			}
		if ((rc = mg_lapack_lu(&l, (int)n, (int)n, v, pivots, &info, err)) != 0)
			return rc;
		if (info || (rc = mg_lapack_lu_solve(&l, true, (int)n, (int)n, v, pivots, scaled, err)) != 0
				|| (rc = mg_lapack_lu_solve(&l, true, (int)n, (int)n, v, pivots, x, err)) != 0)
			return info ? mg_fail(err, MGREG_UNIMPLEMENTED, "the matrix lacks eigenvectors; its function cannot be computed") : rc;
		load_complex(&b, w, a);
		for (int64_t r = 0; r < n; r++)
			for (int64_t c = 0; c < n; c++)
				residue = fmax(residue, cabs(conj(x[r * n + c]) - a[c * n + r]));
		if (!(residue <= 1e-6 * fmax(norm, 1e-300)))
			return mg_fail(err, MGREG_UNIMPLEMENTED, "the eigenvectors of the matrix are nearly dependent; its function cannot be computed");
		for (int64_t r = 0; r < n; r++)
			for (int64_t c = 0; c < n; c++)
				set_element(y, w * size + r * n + c, conj(scaled[r * n + c]));
	}
	return 0;
}

static int logarithm_run(mg_kernel_ctx *k, mgreg_error *err) { return by_eigenvalues(k, clog, err); }
static int square_root_run(mg_kernel_ctx *k, mgreg_error *err) { return by_eigenvalues(k, csqrt, err); }

/* Output Tout complex: values in LAPACK's order, right vectors as columns. */
static int
eig_run(mg_kernel_ctx *k, mgreg_error *err)
{
	bool vectors = flag(k, "compute_v", true);
	void *memory, *values, *vm = NULL;
	mg_tensor *e, *v;
	mg_lapack l;
	batch b;
	int rc, info;

	if ((rc = begin(k, 0, true, &b, err)) != 0 || (rc = mg_lapack_open(&l, k, true, err)) != 0
			|| (rc = output(k, 0, b.x, (int64_t[]){ b.n }, 1, &e, err)) != 0 || (rc = scratch(&b, b.n, b.n, &memory, err)) != 0
			|| (rc = scratch(&b, b.n, 1, &values, err)) != 0)
		return rc;
	if (vectors)
		rc = (rc = mg_kernel_output(k, 1, &b.x->shape, &v, err)) != 0 ? rc : scratch(&b, b.n, b.n, &vm, err);
	else
		rc = mg_kernel_output_dims(k, 1, (int64_t[]){ 0 }, 1, &v, err);
	b.l = l;
	for (int64_t w = 0; w < b.count && !rc; w++) {
		load_complex(&b, w, memory);
		if ((rc = mg_lapack_eigen_general(&l, b.n, memory, values, vm, &info, err)) != 0)
			return rc;
		if (info)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "the eigenvalues of the matrix did not converge");
		for (int64_t i = 0; i < b.n; i++)
			set_element(e, w * b.n + i, ((z *)values)[i]);
		if (vectors)
			store(&b, v, w, b.n, b.n, vm, b.n, false);
	}
	return rc;
}

/* Diagonals [..., 3, n] (above, main, below); the products and solutions are cheap enough to be done by hand. */
static int
tridiagonal_solve_run(mg_kernel_ctx *k, mgreg_error *err)
{
	bool pivoting = flag(k, "partial_pivoting", true);
	void *memory;
	mg_tensor *y;
	batch d, r;
	int64_t n;
	int rc;

	if ((rc = begin(k, 0, false, &d, err)) != 0 || (rc = begin(k, 1, false, &r, err)) != 0)
		return rc;
	if (d.m != 3 || d.n != r.m || d.count != r.count)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "expected diagonals [..., 3, M] and a right-hand side [..., M, K]");
	n = d.n;
	if ((rc = mg_kernel_output(k, 0, &r.x->shape, &y, err)) != 0 || (rc = scratch(&r, n, r.n + 4, &memory, err)) != 0)
		return rc;
	for (int64_t w = 0; w < d.count; w++) {
		z *x = memory, *low = x + n * r.n, *main = low + n, *up = main + n, *far = up + n;
		for (int64_t i = 0; i < n; i++) {
			up[i] = i + 1 < n ? element(d.x, w * 3 * n + i) : 0;
			main[i] = element(d.x, w * 3 * n + n + i);
			low[i] = i ? element(d.x, w * 3 * n + 2 * n + i) : 0;
			far[i] = 0;
			for (int64_t c = 0; c < r.n; c++)
				x[i * r.n + c] = element(r.x, (w * n + i) * r.n + c);
		}
		for (int64_t i = 0; i + 1 < n; i++) {
			z t, factor;
			if (pivoting && cabs(low[i + 1]) > cabs(main[i])) {
				t = main[i]; main[i] = low[i + 1]; low[i + 1] = t;
				t = up[i]; up[i] = main[i + 1]; main[i + 1] = t;
				t = far[i]; far[i] = up[i + 1]; up[i + 1] = t;
				for (int64_t c = 0; c < r.n; c++) {
					t = x[i * r.n + c];
					x[i * r.n + c] = x[(i + 1) * r.n + c];
					x[(i + 1) * r.n + c] = t;
				}
			}
			if (main[i] == 0)
				break;
			factor = low[i + 1] / main[i];
			main[i + 1] -= factor * up[i];
			up[i + 1] -= factor * far[i];
			for (int64_t c = 0; c < r.n; c++)
				x[(i + 1) * r.n + c] -= factor * x[i * r.n + c];
		}
		for (int64_t i = n; i-- > 0;) {
			if (main[i] == 0)
				return mg_fail(err, MGREG_INVALID_ARGUMENT, "the tridiagonal matrix is singular%s", pivoting ? "" : " or needs pivoting");
			for (int64_t c = 0; c < r.n; c++) {
				z v = x[i * r.n + c];
				v -= i + 1 < n ? up[i] * x[(i + 1) * r.n + c] : 0;
				v -= i + 2 < n ? far[i] * x[(i + 2) * r.n + c] : 0;
				x[i * r.n + c] = v / main[i];
				set_element(y, (w * n + i) * r.n + c, x[i * r.n + c]);
			}
		}
	}
	return 0;
}

#define REAL "T=half|float|double"
#define ANY "T=half|float|double|complex64|complex128"
const mg_kernel mg_kernels_linalg[] = {
	{ "Cholesky", ANY, .run = cholesky_run, .flags = MG_KERNEL_EXPENSIVE },
	{ "BatchCholesky", ANY, .run = cholesky_run, .flags = MG_KERNEL_EXPENSIVE },
	{ "CholeskyGrad", REAL, .run = cholesky_grad_run, .flags = MG_KERNEL_EXPENSIVE },
	{ "BatchCholeskyGrad", REAL, .run = cholesky_grad_run, .flags = MG_KERNEL_EXPENSIVE },
	{ "MatrixDeterminant", ANY, .run = determinant_run, .flags = MG_KERNEL_EXPENSIVE },
	{ "BatchMatrixDeterminant", ANY, .run = determinant_run, .flags = MG_KERNEL_EXPENSIVE },
	{ "LogMatrixDeterminant", ANY, .run = log_determinant_run, .flags = MG_KERNEL_EXPENSIVE },
	{ "MatrixInverse", ANY, .run = inverse_run, .flags = MG_KERNEL_EXPENSIVE },
	{ "BatchMatrixInverse", ANY, .run = inverse_run, .flags = MG_KERNEL_EXPENSIVE },
	{ "MatrixSolve", ANY, .run = solve_run, .flags = MG_KERNEL_EXPENSIVE },
	{ "BatchMatrixSolve", ANY, .run = solve_run, .flags = MG_KERNEL_EXPENSIVE },
	{ "MatrixTriangularSolve", ANY, .run = triangular_solve_run, .flags = MG_KERNEL_EXPENSIVE },
	{ "BatchMatrixTriangularSolve", ANY, .run = triangular_solve_run, .flags = MG_KERNEL_EXPENSIVE },
	{ "MatrixSolveLs", ANY, .run = solve_ls_run, .flags = MG_KERNEL_EXPENSIVE },
	{ "BatchMatrixSolveLs", ANY, .run = solve_ls_run, .flags = MG_KERNEL_EXPENSIVE },
	{ "Lu", ANY, .run = lu_run, .flags = MG_KERNEL_EXPENSIVE },
	{ "Qr", ANY, .run = qr_run, .flags = MG_KERNEL_EXPENSIVE },
	{ "SelfAdjointEig", REAL, .run = self_adjoint_eig_run, .flags = MG_KERNEL_EXPENSIVE },
	{ "BatchSelfAdjointEig", REAL, .run = self_adjoint_eig_run, .flags = MG_KERNEL_EXPENSIVE },
	{ "SelfAdjointEigV2", ANY, .run = self_adjoint_eig_v2_run, .flags = MG_KERNEL_EXPENSIVE },
	{ "BatchSelfAdjointEigV2", ANY, .run = self_adjoint_eig_v2_run, .flags = MG_KERNEL_EXPENSIVE },
	{ "Svd", ANY, .run = svd_run, .flags = MG_KERNEL_EXPENSIVE },
	{ "BatchSvd", ANY, .run = svd_run, .flags = MG_KERNEL_EXPENSIVE },
	{ "Eig", ANY, .run = eig_run, .flags = MG_KERNEL_EXPENSIVE },
	{ "MatrixExponential", ANY, .run = exponential_run, .flags = MG_KERNEL_EXPENSIVE },
	{ "MatrixLogarithm", ANY, .run = logarithm_run, .flags = MG_KERNEL_EXPENSIVE },
	{ "MatrixSquareRoot", ANY, .run = square_root_run, .flags = MG_KERNEL_EXPENSIVE },
	{ "TridiagonalSolve", ANY, .run = tridiagonal_solve_run },
	{ .op = NULL }
};
