/* SPDX-License-Identifier: Apache-2.0 */
/*
 * k_fft.c - discrete Fourier transforms over the last one, two or three dimensions; complex, and real to half-complex.
 *
 * A length is a product of small primes (a mixed-radix Cooley-Tukey step for each) or goes through Bluestein's chirp, so that every
 * length costs n log n.  All in double; rounded once.
 */
#include "runtime/kernels/k_common.h"
#include <math.h>

typedef double _Complex z;
#define PI 3.14159265358979323846

enum { LARGEST_PRIME = 31 };

/* A transform of one length: its prime factors, the roots of unity; for Bluestein, the chirp and a longer transform. */
typedef struct fft {
	int64_t     n, factors[64];
	int         factor_count;
	const z    *roots;              /* exp(-2 pi i k / n) */
	const struct fft *longer;       /* NULL: by factors */
	const z    *chirp, *filter;     /* exp(-pi i k^2 / n); its transform's conjugate, padded */
	z          *work;               /* longer->n, twice */
} fft;

static z unit_root(int64_t k, int64_t n) { double a = -2 * PI * (double)k / (double)n; return CMPLX(cos(a), sin(a)); }

/* OUT[n] = the transform of IN[0], IN[step], ... by the factors from LEVEL on; the roots of the part are every step-th of the whole. */
static void
by_factors(const fft *f, int level, int64_t n, const z *in, int64_t step, z *out)
{
	int64_t p, m;
	z t[LARGEST_PRIME];

	if (n == 1) {
		*out = *in;
		return;
	}
	p = f->factors[level];
	m = n / p;
	for (int64_t i = 0; i < p; i++)
		by_factors(f, level + 1, m, in + i * step, step * p, out + i * m);
	for (int64_t j = 0; j < m; j++) {
		for (int64_t i = 0; i < p; i++)
			t[i] = out[i * m + j] * f->roots[i * j * step % f->n];
		for (int64_t q = 0; q < p; q++) {
			z sum = t[0];
			for (int64_t i = 1; i < p; i++)
				sum += t[i] * f->roots[i * q * m * step % f->n];
			out[q * m + j] = sum;
		}
	}
}

static void transform(const fft *f, const z *in, z *out);

/* X_k = chirp_k * sum (x_j chirp_j) conj(chirp_{k-j}): a circular convolution of a length with small factors. */
static void
by_chirp(const fft *f, const z *in, z *out)
{
	int64_t m = f->longer->n;
	z *a = f->work, *b = a + m;

	for (int64_t i = 0; i < m; i++)
		a[i] = i < f->n ? in[i] * f->chirp[i] : 0;
	transform(f->longer, a, b);
	for (int64_t i = 0; i < m; i++)
		a[i] = conj(b[i] * f->filter[i]);
	transform(f->longer, a, b);
	for (int64_t i = 0; i < f->n; i++)
		out[i] = conj(b[i]) / (double)m * f->chirp[i];
}

/* OUT is not IN. */
static void
transform(const fft *f, const z *in, z *out)
{
	if (f->longer)
		by_chirp(f, in, out);
	else
		by_factors(f, 0, f->n, in, 1, out);
}

static int fft_new(mg_kernel_ctx *k, int64_t n, fft **out, mgreg_error *err);

static int
chirp_new(mg_kernel_ctx *k, fft *f, mgreg_error *err)
{
	int64_t m = 1, n = f->n;
	void *chirp, *filter, *work;
	z *b;
	fft *longer;
	int rc;

	while (m < 2 * n - 1)
		m *= 2;
	if ((rc = fft_new(k, m, &longer, err)) != 0 || (rc = mg_kernel_scratch(k, (size_t)n * sizeof(z), &chirp, err)) != 0
			|| (rc = mg_kernel_scratch(k, (size_t)m * sizeof(z), &filter, err)) != 0
			|| (rc = mg_kernel_scratch(k, 2 * (size_t)m * sizeof(z), &work, err)) != 0)
		return rc;
	b = work;
	for (int64_t i = 0; i < n; i++)
		((z *)chirp)[i] = unit_root((int64_t)((unsigned __int128)i * (unsigned __int128)i % (unsigned __int128)(2 * n)), 2 * n);
	for (int64_t i = 0; i < m; i++)
		b[i] = i < n ? conj(((z *)chirp)[i]) : i > m - n ? conj(((z *)chirp)[m - i]) : 0;
	transform(longer, b, filter);
	f->longer = longer;
	f->chirp = chirp;
	f->filter = filter;
	f->work = work;
	return 0;
}

static int
fft_new(mg_kernel_ctx *k, int64_t n, fft **out, mgreg_error *err)
{
	int64_t rest = n;
	void *memory, *roots;
	fft *f;
	int rc;

	if (n > INT64_C(1) << 40)
		return mg_fail_nomem(err, SIZE_MAX);
	if ((rc = mg_kernel_scratch(k, sizeof *f, &memory, err)) != 0)
		return rc;
	*out = f = memory;
	*f = (fft){ .n = n };
	for (int64_t p = 2; p <= LARGEST_PRIME; p++)
		for (; rest % p == 0 && rest > 1; rest /= p)
			f->factors[f->factor_count++] = p;
	if (rest > 1)
		return chirp_new(k, f, err);
	if ((rc = mg_kernel_scratch(k, (size_t)n * sizeof(z), &roots, err)) != 0)
		return rc;
	for (int64_t i = 0; i < n; i++)
		((z *)roots)[i] = unit_root(i, n);
	f->roots = roots;
	return 0;
}

/* One dimension of DATA, a box [outer, n, inner]; INVERSE: the conjugate transform over n. */
static void
along(const fft *f, z *data, int64_t outer, int64_t inner, bool inverse, z *line)
{
	z *to = line + f->n;

	for (int64_t o = 0; o < outer; o++)
		for (int64_t i = 0; i < inner; i++) {
			z *at = data + o * f->n * inner + i;
			for (int64_t j = 0; j < f->n; j++)
				line[j] = inverse ? conj(at[j * inner]) : at[j * inner];
			transform(f, line, to);
			for (int64_t j = 0; j < f->n; j++)
				at[j * inner] = inverse ? conj(to[j]) / (double)f->n : to[j];
		}
}

static z
load(const mg_tensor *x, int64_t i)
{
	switch (x->dtype) {
	case MGREG_COMPLEX64: return (z)MG_CDATA(x, float _Complex)[i];
	case MGREG_COMPLEX128: return MG_CDATA(x, z)[i];
	case MGREG_DOUBLE: return MG_CDATA(x, double)[i];
	default: return MG_CDATA(x, float)[i];
	}
}

static void
store(mg_tensor *y, int64_t i, z v)
{
	switch (y->dtype) {
	case MGREG_COMPLEX64: MG_DATA(y, float _Complex)[i] = (float _Complex)v; break;
	case MGREG_COMPLEX128: MG_DATA(y, z)[i] = v; break;
	case MGREG_DOUBLE: MG_DATA(y, double)[i] = creal(v); break;
	default: MG_DATA(y, float)[i] = (float)creal(v); break;
	}
}

/* From Y's and X's last RANK dimensions: a box of N per batch entry, transformed and written, cut to Y's. */
typedef struct job {
	int      rank;
	bool     inverse, real_out;
	int64_t  n[3];                  /* lengths of the transforms */
} job;

/* Position AT of a box of N as a position in a box of DIMS; -1: outside. */
static int64_t
place(const job *j, int64_t at, const int64_t *dims)
{
	int64_t i[3], to = 0;

	for (int d = j->rank; d-- > 0;) {
		i[d] = at % j->n[d];
		at /= j->n[d];
	}
	for (int d = 0; d < j->rank; d++) {
		if (i[d] >= dims[d])
			return -1;
		to = to * dims[d] + i[d];
	}
	return to;
}

/* The rest of a half-complex box: the value at AT is the conjugate of the one at the mirrored place. */
static int64_t
mirrored(const job *j, int64_t at)
{
	int64_t i[3], to = 0;

	for (int d = j->rank; d-- > 0;) {
		i[d] = at % j->n[d];
		at /= j->n[d];
	}
	for (int d = 0; d < j->rank; d++)
		to = to * j->n[d] + (i[d] ? j->n[d] - i[d] : 0);
	return to;
}

static int
run(mg_kernel_ctx *k, const job *j, const mg_tensor *x, mg_tensor *y, mgreg_error *err)
{
	int64_t box = 1, longest = 1, batch = mg_k_product(x, 0, mg_rank(x) - j->rank), inside, outside;
	const int64_t *xd = mg_shape_cdims(&x->shape) + mg_rank(x) - j->rank, *yd = mg_shape_cdims(&y->shape) + mg_rank(y) - j->rank;
	void *data, *line;
	fft *f[3];
	int rc;

	for (int d = 0; d < j->rank; d++) {
		if (__builtin_mul_overflow(box, j->n[d], &box) || box > INT64_C(1) << 40)
			return mg_fail_nomem(err, SIZE_MAX);
		longest = MG_MAX(longest, j->n[d]);
	}
	if (!y->count || !box)
		return 0;
	for (int d = 0; d < j->rank; d++)
		if ((rc = fft_new(k, j->n[d], &f[d], err)) != 0)
			return rc;
	if ((rc = mg_kernel_scratch(k, (size_t)box * sizeof(z), &data, err)) != 0 || (rc = mg_kernel_scratch(k, 2 * (size_t)longest * sizeof(z), &line, err)) != 0)
		return rc;
	inside = mg_k_product(x, mg_rank(x) - j->rank, mg_rank(x));
	outside = mg_k_product(y, mg_rank(y) - j->rank, mg_rank(y));
	for (int64_t b = 0; b < batch; b++) {
		z *a = data;
		for (int64_t i = 0; i < box; i++) {
			int64_t from = place(j, i, xd);
			a[i] = from < 0 ? 0 : load(x, b * inside + from);
		}
		for (int64_t i = 0; j->real_out && i < box; i++)        /* only the first half of the last dimension is read */
			if (i % j->n[j->rank - 1] > j->n[j->rank - 1] / 2)
				a[i] = conj(a[mirrored(j, i)]);
		for (int64_t d = 0, outer = 1, inner = box; d < j->rank; outer *= j->n[d], d++) {
			inner /= j->n[d];
			along(f[d], a, outer, inner, j->inverse, line);
		}
		for (int64_t i = 0; i < box; i++) {
			int64_t to = place(j, i, yd);
			if (to >= 0)
				store(y, b * outside + to, a[i]);
		}
	}
	return 0;
}

static int
complex_run(mg_kernel_ctx *k, int rank, bool inverse, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	job j = { .rank = rank, .inverse = inverse };
	mg_tensor *y;
	int rc;

	if ((rc = mg_k_rank_at_least(x, rank, "input", err)) != 0 || (rc = mg_kernel_output(k, 0, &x->shape, &y, err)) != 0)
		return rc;
	for (int d = 0; d < rank; d++)
		j.n[d] = mg_dim(x, mg_rank(x) - rank + d);
	return run(k, &j, x, y, err);
}

/* fft_length says how much of the real box is there; the half-complex side keeps n/2 + 1 of the last dimension. */
static int
real_run(mg_kernel_ctx *k, int rank, bool inverse, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0), *length = mg_kernel_input(k, 1);
	job j = { .rank = rank, .inverse = inverse, .real_out = inverse };
	mg_shape shape = MG_SHAPE_SCALAR;
	mg_tensor *y;
	int rc, at;

	MG_TRY(mg_k_rank_at_least(x, rank, "input", err));
	MG_TRY(mg_k_vector(length, "fft_length", err));
	if (length->count != rank) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "fft_length must have shape [%d]", rank);
		goto out;
	}
	MG_TRY(mg_shape_copy(&shape, &x->shape, err));
	at = mg_rank(x) - rank;
	for (int d = 0; d < rank; d++) {
		int64_t n = mg_k_int(length, d), there = mg_dim(x, at + d), needed = inverse && d == rank - 1 ? n / 2 + 1 : n;
		if (n < 0) {
			rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "fft_length[%d] must be >= 0, but got: %lld", d, (long long)n);
			goto out;
		}
		if (there && there < needed) {
			rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "input dimension %d must have length of at least %lld but got: %lld", at + d,
				(long long)needed, (long long)there);
			goto out;
		}
		j.n[d] = n;
		mg_shape_dims(&shape)[at + d] = !inverse && d == rank - 1 ? n ? n / 2 + 1 : 0 : n;
	}
	MG_TRY(mg_kernel_output(k, 0, &shape, &y, err));
	if (!x->count && y->size)
		memset(y->data, 0, y->size);
	else
		rc = run(k, &j, x, y, err);
out:
	mg_shape_clear(&shape);
	return rc;
}

#define RANK(n) \
	static int fft##n##_run(mg_kernel_ctx *k, mgreg_error *err) { return complex_run(k, n, false, err); } \
	static int ifft##n##_run(mg_kernel_ctx *k, mgreg_error *err) { return complex_run(k, n, true, err); } \
	static int rfft##n##_run(mg_kernel_ctx *k, mgreg_error *err) { return real_run(k, n, false, err); } \
	static int irfft##n##_run(mg_kernel_ctx *k, mgreg_error *err) { return real_run(k, n, true, err); }
RANK(1)
RANK(2)
RANK(3)

const mg_kernel mg_kernels_fft[] = {
	{ "FFT", NULL, .run = fft1_run }, { "FFT2D", NULL, .run = fft2_run }, { "FFT3D", NULL, .run = fft3_run },
	{ "IFFT", NULL, .run = ifft1_run }, { "IFFT2D", NULL, .run = ifft2_run }, { "IFFT3D", NULL, .run = ifft3_run },
	{ "BatchFFT", NULL, .run = fft1_run }, { "BatchFFT2D", NULL, .run = fft2_run }, { "BatchFFT3D", NULL, .run = fft3_run },
	{ "BatchIFFT", NULL, .run = ifft1_run }, { "BatchIFFT2D", NULL, .run = ifft2_run }, { "BatchIFFT3D", NULL, .run = ifft3_run },
	{ "RFFT", NULL, .run = rfft1_run }, { "RFFT2D", NULL, .run = rfft2_run }, { "RFFT3D", NULL, .run = rfft3_run },
	{ "IRFFT", NULL, .run = irfft1_run }, { "IRFFT2D", NULL, .run = irfft2_run }, { "IRFFT3D", NULL, .run = irfft3_run },
	{ .op = NULL }
};
