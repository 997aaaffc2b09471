/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bcast.c - the axes of a broadcast, joined where both operands move alike, so that equal shapes, scalars, rows and columns all
 * end in one or two loops.
 */
#include "runtime/kernels/k_bcast.h"

/* Dimension of T at position D counted in RANK, 1 where T has none. */
static int64_t
aligned_dim(const mg_tensor *t, int d, int rank)
{
	int i = d - (rank - mg_rank(t));

	return i < 0 ? 1 : mg_dim(t, i);
}

typedef struct job {
	k_pair_fn *f;
	int     rank;                           /* outer axes */
	int64_t dims[MG_K_DIMS], sx[MG_K_DIMS], sy[MG_K_DIMS];
	int64_t n;                              /* inner length */
	int     nx, ny;                         /* inner strides */
	size_t  size, out_size;
	const char *x, *y;
	char   *z;
} job;

static void
run_single(void *arg, int64_t begin, int64_t end)
{
	const job *j = arg;

	j->f(j->z + (size_t)begin * j->out_size, j->x + (size_t)(begin * j->nx) * j->size,
		j->y + (size_t)(begin * j->ny) * j->size, end - begin, j->nx, j->ny);
}

static void
run_outer(void *arg, int64_t begin, int64_t end)
{
	const job *j = arg;
	int64_t at[MG_K_DIMS], x = 0, y = 0, rest = begin;

	for (int d = j->rank; d-- > 0; rest /= j->dims[d]) {
		at[d] = rest % j->dims[d];
		x += at[d] * j->sx[d];
		y += at[d] * j->sy[d];
	}
	for (int64_t i = begin; i < end; i++) {
		j->f(j->z + (size_t)(i * j->n) * j->out_size, j->x + x * (int64_t)j->size, j->y + y * (int64_t)j->size,
			j->n, j->nx, j->ny);
		for (int d = j->rank; d-- > 0;) {
			x += j->sx[d];
			y += j->sy[d];
			if (++at[d] < j->dims[d])
				break;
			x -= j->sx[d] * j->dims[d];
			y -= j->sy[d] * j->dims[d];
			at[d] = 0;
		}
	}
}

/* Joined axes, the last of them taken out as the inner loop. */
static int
plan(job *j, const mg_tensor *x, const mg_tensor *y, const mg_shape *out, mgreg_error *err)
{
	int64_t nx = 1, ny = 1, sx, sy;
	int n = 0;

	/* from the last axis outwards, then turned round */
	for (int d = out->rank; d-- > 0;) {
		int64_t dim = mg_shape_dim(out, d), dx = aligned_dim(x, d, out->rank), dy = aligned_dim(y, d, out->rank);
		sx = dx == 1 ? 0 : nx;
		sy = dy == 1 ? 0 : ny;
		nx *= dx;
		ny *= dy;
		if (dim == 1)
			continue;
		if (n && sx == j->sx[n - 1] * j->dims[n - 1] && sy == j->sy[n - 1] * j->dims[n - 1]) {
			j->dims[n - 1] *= dim;
			continue;
		}
		if (n == MG_K_DIMS)
			return mg_fail(err, MGREG_UNIMPLEMENTED, "broadcast between more than %d axes", MG_K_DIMS);
		j->dims[n] = dim;
		j->sx[n] = sx;
		j->sy[n++] = sy;
	}
	j->n = n ? j->dims[0] : 1;
	j->nx = n ? (int)j->sx[0] : 1;
	j->ny = n ? (int)j->sy[0] : 1;
	j->rank = n ? n - 1 : 0;
	for (int i = 0; i < j->rank; i++) {
		int64_t t[3] = { j->dims[i + 1], j->sx[i + 1], j->sy[i + 1] };
		j->dims[i] = t[0];
		j->sx[i] = t[1];
		j->sy[i] = t[2];
	}
	for (int i = 0; i < j->rank / 2; i++) {
		int o = j->rank - 1 - i;
		int64_t t[3] = { j->dims[i], j->sx[i], j->sy[i] };
		j->dims[i] = j->dims[o];
		j->sx[i] = j->sx[o];
		j->sy[i] = j->sy[o];
		j->dims[o] = t[0];
		j->sx[o] = t[1];
		j->sy[o] = t[2];
	}
	return 0;
}

static int
output(mg_kernel_ctx *k, const mg_tensor *x, const mg_tensor *y, bool same, mg_tensor **z, mgreg_error *err)
{
	mg_shape shape = MG_SHAPE_SCALAR;
	int rc;

	if (mg_shape_equal(&x->shape, &y->shape))
		return same ? mg_kernel_output_like(k, 0, x, z, err) : mg_kernel_output(k, 0, &x->shape, z, err);
	MG_TRY(mg_bcast_shape(&x->shape, &y->shape, &shape, err));
	if (same && mg_shape_equal(&x->shape, &shape))
		rc = mg_kernel_output_like(k, 0, x, z, err);
	else if (same && mg_shape_equal(&y->shape, &shape))
		rc = mg_kernel_output_like(k, 0, y, z, err);
	else
		rc = mg_kernel_output(k, 0, &shape, z, err);
out:
	mg_shape_clear(&shape);
	return rc;
}

int
mg_k_pair(mg_kernel_ctx *k, const k_pairs *pairs, bool same, int64_t cost, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0), *y = mg_kernel_input(k, 1);
	mg_tensor *z;
	int64_t outer = 1;
	job j;
	int rc;

	j.f = pairs->of[x->dtype];
	if (!j.f)
		return mg_k_no_type(x->dtype, err);
	if ((rc = output(k, x, y, same, &z, err)) != 0 || z->count == 0)
		return rc;
	j.size = mg_dtype_size(x->dtype);
	j.out_size = mg_dtype_size(z->dtype);
	j.x = x->data;
	j.y = y->data;
	j.z = z->data;
	if (x->count == y->count && x->count == z->count) {
		j.nx = j.ny = 1;
		mg_parallel_for(k, z->count, mg_k_grain(cost), run_single, &j);
		return 0;
	}
	if ((rc = plan(&j, x, y, &z->shape, err)) != 0)
		return rc;
	if (j.rank == 0) {
		mg_parallel_for(k, j.n, mg_k_grain(cost), run_single, &j);
		return 0;
	}
	for (int d = 0; d < j.rank; d++)
		outer *= j.dims[d];
	mg_parallel_for(k, outer, mg_k_grain(j.n * cost), run_outer, &j);
	return 0;
}

int
mg_k_broadcast(mg_kernel_ctx *k, const mg_tensor *x, mg_tensor *to, mgreg_error *err)
{
	int rank = mg_rank(to);
	int64_t strides[MG_MAX_RANK], n = 1;
	mg_k_view v;

	for (int d = rank; d-- > 0;) {
		int64_t dim = aligned_dim(x, d, rank);
		if (mg_rank(x) > rank || (dim != 1 && dim != mg_dim(to, d)))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "incompatible shapes for broadcasting: dimension %d is %lld, not 1 or %lld",
				d, (long long)dim, (long long)mg_dim(to, d));
		strides[d] = dim == 1 ? 0 : n;
		n *= dim;
	}
	if (mg_rank(x) > rank)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "cannot broadcast rank %d to rank %d", mg_rank(x), rank);
	mg_k_view_begin(&v);
	n = to->count;
	for (int d = 0; d < rank && to->count; d++) {
		n /= mg_dim(to, d);
		mg_k_view_add(&v, mg_dim(to, d), n, strides[d]);
	}
	v.empty = v.empty || to->count == 0;
	return mg_k_copy(k, to, x, &v, err);
}
