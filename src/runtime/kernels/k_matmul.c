/* SPDX-License-Identifier: Apache-2.0 */
/*
 * k_matmul.c - MatMul, SparseMatMul, BatchMatMul and its broadcasting form.  float and double go to the BLAS; half and bfloat16
 * are widened to float first, so that there is one rounding at the end; integers and complex numbers have loops here.
 */
#include "runtime/kernels/k_common.h"

enum { LEFT = 1, RIGHT = 2 };           /* which side is transposed; the state is these bits as a pointer */

typedef struct product {
	mg_kernel_ctx *k;
	bool    ta, tb, adjoint;
	int64_t m, n, kk;
	const void *a, *b;
	void   *c;
} product;

/* Rows [begin, end) of C.  A(i,l) and B(l,j) by strides, so one loop serves every transposition. */
#define ROWS(s, conj_) \
	static void rows_##s(void *arg, int64_t begin, int64_t end) \
	{ \
		const product *p = arg; \
		int64_t ai = p->ta ? 1 : p->kk, al = p->ta ? p->m : 1, bl = p->tb ? 1 : p->n, bj = p->tb ? p->kk : 1; \
		for (int64_t i = begin; i < end; i++) { \
			w_##s *c = (w_##s *)p->c + i * p->n; \
			for (int64_t j = 0; j < p->n; j++) \
				c[j] = 0; \
			for (int64_t l = 0; l < p->kk; l++) { \
				w_##s a = (w_##s)((const t_##s *)p->a)[i * ai + l * al]; \
				const t_##s *b = (const t_##s *)p->b + l * bl; \
				if (p->ta && p->adjoint) \
					a = conj_(a); \
				if (p->tb && p->adjoint) \
					for (int64_t j = 0; j < p->n; j++) \
						c[j] += a * conj_((w_##s)b[j * bj]); \
				else \
					for (int64_t j = 0; j < p->n; j++) \
						c[j] += a * (w_##s)b[j * bj]; \
			} \
		} \
	}
#define NO_CONJ(x) (x)
ROWS(int32, NO_CONJ)
ROWS(int64, NO_CONJ)
ROWS(complex64, conjf)
ROWS(complex128, conj)

static int
multiply_rows(product *p, mg_range_fn *rows)
{
	mg_parallel_for(p->k, p->m, mg_k_grain(p->n * p->kk), rows, p);
	return 0;
}

static int
multiply_f32(product *p, const float *a, const float *b, float *c, mgreg_error *err)
{
	return mg_gemm_f32(p->k, p->ta, p->tb, p->m, p->n, p->kk, 1, a, p->ta ? p->m : p->kk, b, p->tb ? p->kk : p->n, 0, c, p->n, err);
}

static int
multiply(product *p, mg_dtype dtype, mgreg_error *err)
{
	switch (dtype) {
	case MGREG_FLOAT:
		return multiply_f32(p, p->a, p->b, p->c, err);
	case MGREG_DOUBLE:
		return mg_gemm_f64(p->k, p->ta, p->tb, p->m, p->n, p->kk, 1, p->a, p->ta ? p->m : p->kk, p->b, p->tb ? p->kk : p->n, 0,
			p->c, p->n, err);
	case MGREG_INT32: return multiply_rows(p, rows_int32);
	case MGREG_INT64: return multiply_rows(p, rows_int64);
	case MGREG_COMPLEX64: return multiply_rows(p, rows_complex64);
	case MGREG_COMPLEX128: return multiply_rows(p, rows_complex128);
	default: return mg_k_no_type(dtype, err);
	}
}

static void
widen(const mg_tensor *x, float *to)
{
	for (int64_t i = 0; i < x->count; i++)
		to[i] = x->dtype == MGREG_FLOAT ? MG_CDATA(x, float)[i]
			: x->dtype == MGREG_HALF ? ld_half(MG_CDATA(x, uint16_t)[i]) : ld_bfloat16(MG_CDATA(x, uint16_t)[i]);
}

/* The bytes to multiply: X itself, or its elements as floats. */
static int
operand(mg_kernel_ctx *k, const mg_tensor *x, const void **out, mg_dtype *dtype, mgreg_error *err)
{
	void *wide;
	int rc;

	*out = x->data;
	*dtype = x->dtype;
	if (x->dtype != MGREG_HALF && x->dtype != MGREG_BFLOAT16)
		return 0;
	if ((rc = mg_kernel_scratch(k, (size_t)x->count * 4, &wide, err)) != 0)
		return rc;
	widen(x, wide);
	*out = wide;
	*dtype = MGREG_FLOAT;
	return 0;
}

static void
narrow(const float *from, mg_tensor *y)
{
	for (int64_t i = 0; i < y->count; i++)
		MG_DATA(y, uint16_t)[i] = y->dtype == MGREG_HALF ? st_half(from[i]) : st_bfloat16(from[i]);
}

/* One product per batch; AT_X and AT_Y say which matrix of each side (NULL: the same number). */
static int
batches(mg_kernel_ctx *k, product *p, const mg_tensor *x, const mg_tensor *y, mg_tensor *z, int64_t count,
	const int64_t *at_x, const int64_t *at_y, mgreg_error *err)
{
	const void *a, *b;
	void *c = z->data;
	mg_dtype dtype, dtype_b;
	size_t size;
	int rc;

	if (z->count == 0)
		return 0;
	if (p->kk == 0)
		return mg_k_fill(k, z, NULL, 0, err);
	if ((rc = operand(k, x, &a, &dtype, err)) != 0 || (rc = operand(k, y, &b, &dtype_b, err)) != 0)
		return rc;
	size = mg_dtype_size(dtype);
	if (z->dtype != dtype && (rc = mg_kernel_scratch(k, (size_t)z->count * size, &c, err)) != 0)
		return rc;
	for (int64_t i = 0; i < count; i++) {
		p->a = (const char *)a + (size_t)((at_x ? at_x[i] : i) * p->m * p->kk) * size;
		p->b = (const char *)b + (size_t)((at_y ? at_y[i] : i) * p->kk * p->n) * size;
		p->c = (char *)c + (size_t)(i * p->m * p->n) * size;
		if ((rc = multiply(p, dtype, err)) != 0)
			return rc;
	}
	if (c != z->data)
		narrow(c, z);
	return 0;
}

/* Rows, columns and the common length from the last two dimensions. */
static int
set_sizes(product *p, const mg_tensor *x, const mg_tensor *y, mgreg_error *err)
{
	int rx = mg_rank(x), ry = mg_rank(y);
	char a[256], b[256];

	p->m = mg_dim(x, p->ta ? rx - 1 : rx - 2);
	p->kk = mg_dim(x, p->ta ? rx - 2 : rx - 1);
	p->n = mg_dim(y, p->tb ? ry - 2 : ry - 1);
	if (mg_dim(y, p->tb ? ry - 1 : ry - 2) != p->kk)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "matrix size-incompatible: in[0]: %s, in[1]: %s%s%s",
			mg_shape_text(&x->shape, a), mg_shape_text(&y->shape, b), p->ta ? ", first transposed" : "",
			p->tb ? ", second transposed" : "");
	return 0;
}

static int
transpose_prepare(mg_kernel_prep *p, void **state, mgreg_error *err MG_UNUSED)
{
	uintptr_t left = mg_k_attr_bool(p->attrs, "transpose_a", mg_k_attr_bool(p->attrs, "adj_x", false)) ? LEFT : 0;
	uintptr_t right = mg_k_attr_bool(p->attrs, "transpose_b", mg_k_attr_bool(p->attrs, "adj_y", false)) ? RIGHT : 0;

	*state = (void *)(left | right);        /* bits, not an address */
	return 0;
}

static void
begin_product(product *p, mg_kernel_ctx *k, bool adjoint)
{
	uintptr_t bits = (uintptr_t)mg_kernel_state(k);

	*p = (product){ .k = k, .ta = bits & LEFT, .tb = bits & RIGHT, .adjoint = adjoint };
}

static int
matmul_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0), *y = mg_kernel_input(k, 1);
	mg_tensor *z;
	product p;
	int rc;

	begin_product(&p, k, false);
	if ((rc = mg_k_rank_is(x, 2, "a", err)) != 0 || (rc = mg_k_rank_is(y, 2, "b", err)) != 0
			|| (rc = set_sizes(&p, x, y, err)) != 0)
		return rc;
	if ((rc = mg_kernel_output_dims(k, 0, (int64_t[]){ p.m, p.n }, 2, &z, err)) != 0)
		return rc;
	return batches(k, &p, x, y, z, 1, NULL, NULL, err);
}

/* Position of batch I of SHAPE's leading dimensions within T, whose leading dimensions broadcast to them. */
static int64_t
batch_position(const mg_tensor *t, const mg_shape *batch, int64_t i)
{
	int64_t at = 0, step = 1;
	int own = mg_rank(t) - 2;

	for (int d = batch->rank; d-- > 0; i /= mg_shape_dim(batch, d)) {
		int td = d - (batch->rank - own);
		if (td < 0)
			break;
		if (mg_dim(t, td) != 1)
			at += i % mg_shape_dim(batch, d) * step;
		step *= mg_dim(t, td);
	}
	return at;
}

static int
batch_shape(const mg_tensor *t, mg_shape *out, mgreg_error *err)
{
	return mg_shape_set(out, mg_shape_cdims(&t->shape), mg_rank(t) - 2, err);
}

static int
batch_matmul(mg_kernel_ctx *k, bool broadcasts, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0), *y = mg_kernel_input(k, 1);
	mg_shape bx = MG_SHAPE_SCALAR, by = MG_SHAPE_SCALAR, batch = MG_SHAPE_SCALAR;
	int64_t dims[MG_MAX_RANK + 2], count, *at = NULL;
	mg_tensor *z;
	void *memory;
	product p;
	int rc;

	begin_product(&p, k, true);
	MG_TRY(mg_k_rank_at_least(x, 2, "in[0]", err));
	MG_TRY(mg_k_rank_at_least(y, 2, "in[1]", err));
	MG_TRY(set_sizes(&p, x, y, err));
	MG_TRY(batch_shape(x, &bx, err));
	MG_TRY(batch_shape(y, &by, err));
	if (!broadcasts && !mg_shape_equal(&bx, &by)) {
		char a[256], b[256];
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "batch dimensions must be the same, not those of %s and %s",
			mg_shape_text(&x->shape, a), mg_shape_text(&y->shape, b));
		goto out;
	}
	MG_TRY(mg_bcast_shape(&bx, &by, &batch, err));
	MG_TRY(mg_shape_count(&batch, &count, err));
	if (batch.rank + 2 > MG_MAX_RANK) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "rank %d is too large", batch.rank + 2);
		goto out;
	}
	for (int d = 0; d < batch.rank; d++)
		dims[d] = mg_shape_dim(&batch, d);
	dims[batch.rank] = p.m;
	dims[batch.rank + 1] = p.n;
	MG_TRY(mg_kernel_output_dims(k, 0, dims, batch.rank + 2, &z, err));
	if (!mg_shape_equal(&bx, &by) && z->count) {
		MG_TRY(mg_kernel_scratch(k, (size_t)count * 16, &memory, err));
		at = memory;
		for (int64_t i = 0; i < count; i++) {
			at[i] = batch_position(x, &batch, i);
			at[count + i] = batch_position(y, &batch, i);
		}
	}
	MG_TRY(batches(k, &p, x, y, z, count, at, at ? at + count : NULL, err));
out:
	mg_shape_clear(&bx);
	mg_shape_clear(&by);
	mg_shape_clear(&batch);
	return rc;
}

static int batch_matmul_run(mg_kernel_ctx *k, mgreg_error *err) { return batch_matmul(k, false, err); }
static int batch_matmul_v2_run(mg_kernel_ctx *k, mgreg_error *err) { return batch_matmul(k, true, err); }

/* SparseMatMul: the hints say nothing about the result; float out of float or bfloat16. */
static int
sparse_matmul_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *in[2] = { mg_kernel_input(k, 0), mg_kernel_input(k, 1) };
	const void *side[2];
	mg_tensor *z;
	mg_dtype dtype;
	product p;
	int rc;

	begin_product(&p, k, false);
	for (int i = 0; i < 2; i++)
		if ((rc = mg_k_rank_is(in[i], 2, i ? "b" : "a", err)) != 0 || (rc = operand(k, in[i], &side[i], &dtype, err)) != 0)
			return rc;
	if ((rc = set_sizes(&p, in[0], in[1], err)) != 0
			|| (rc = mg_kernel_output_dims(k, 0, (int64_t[]){ p.m, p.n }, 2, &z, err)) != 0)
		return rc;
	if (p.kk == 0 || z->count == 0)
		return mg_k_fill(k, z, NULL, 0, err);
	return multiply_f32(&p, side[0], side[1], z->data, err);
}

#define TYPES "T=half|bfloat16|float|double|int32|int64|complex64|complex128"
const mg_kernel mg_kernels_matmul[] = {
	{ "MatMul", TYPES, 0, transpose_prepare, matmul_run, NULL, MG_KERNEL_EXPENSIVE },
	{ "BatchMatMul", TYPES, 0, transpose_prepare, batch_matmul_run, NULL, MG_KERNEL_EXPENSIVE },
	{ "BatchMatMulV2", TYPES, 0, transpose_prepare, batch_matmul_v2_run, NULL, MG_KERNEL_EXPENSIVE },
	{ "SparseMatMul", NULL, 0, transpose_prepare, sparse_matmul_run, NULL, MG_KERNEL_EXPENSIVE },
	{ .op = NULL }
};
