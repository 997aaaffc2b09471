/* SPDX-License-Identifier: Apache-2.0 */
/* k_transpose.c - Transpose, ConjugateTranspose, Reverse in both spellings, ReverseSequence. */
#include "runtime/kernels/k_common.h"

static int
read_permutation(const mg_tensor *perm, int rank, int *out, mgreg_error *err)
{
	bool seen[MG_K_DIMS] = { false };
	int rc;

	if ((rc = mg_k_rank_fits(rank, err)) != 0 || (rc = mg_k_vector(perm, "perm", err)) != 0)
		return rc;
	if (perm->count != rank)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "transpose expects a vector of size %d, but input(1) is a vector of size %lld",
			rank, (long long)perm->count);
	for (int i = 0; i < rank; i++) {
		int64_t d = mg_k_int(perm, i);
		if (d < -rank || d >= rank)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "%lld is out of range [0 .. %d)", (long long)d, rank);
		d += d < 0 ? rank : 0;
		if (seen[d])
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "perm names dimension %lld twice", (long long)d);
		seen[d] = true;
		out[i] = (int)d;
	}
	return 0;
}

/* Does the permutation leave every dimension that matters where it was? */
static bool
keeps_order(const mg_tensor *x, const int *perm)
{
	int last = -1;

	for (int i = 0; i < mg_rank(x); i++) {
		if (mg_dim(x, perm[i]) == 1)
			continue;
		if (perm[i] < last)
			return false;
		last = perm[i];
	}
	return true;
}

static int
transpose(mg_kernel_ctx *k, bool conjugate, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	int64_t dims[MG_K_DIMS], strides[MG_K_DIMS], in[MG_K_DIMS], to[MG_K_DIMS];
	int perm[MG_K_DIMS], rank = mg_rank(x), rc;
	mg_shape shape = MG_SHAPE_SCALAR;
	mg_tensor *y;
	mg_k_view v;

	MG_TRY(read_permutation(mg_kernel_input(k, 1), rank, perm, err));
	for (int i = 0; i < rank; i++) {
		in[i] = mg_dim(x, i);
		dims[i] = mg_dim(x, perm[i]);
	}
	MG_TRY(mg_shape_set(&shape, dims, rank, err));
	if (!conjugate && keeps_order(x, perm)) {
		rc = mg_kernel_share_as(k, 0, x, &shape, err);
		goto out;
	}
	MG_TRY(mg_kernel_output(k, 0, &shape, &y, err));
	mg_k_strides(in, rank, strides);
	mg_k_strides(dims, rank, to);
	mg_k_view_begin(&v);
	for (int i = 0; i < rank; i++)
		mg_k_view_add(&v, dims[i], to[i], strides[perm[i]]);
	MG_TRY(mg_k_copy(k, y, x, &v, err));
	if (conjugate && y->dtype == MGREG_COMPLEX64)
		for (int64_t i = 0; i < y->count; i++)
			MG_DATA(y, float)[2 * i + 1] *= -1;
	if (conjugate && y->dtype == MGREG_COMPLEX128)
		for (int64_t i = 0; i < y->count; i++)
			MG_DATA(y, double)[2 * i + 1] *= -1;
out:
	mg_shape_clear(&shape);
	return rc;
}

static int transpose_run(mg_kernel_ctx *k, mgreg_error *err) { return transpose(k, false, err); }

static int
conjugate_run(mg_kernel_ctx *k, mgreg_error *err)
{
	return transpose(k, mg_dtype_is_complex(mg_kernel_input(k, 0)->dtype), err);
}

/* ---- reversal ---- */
static int
reverse_axes(mg_kernel_ctx *k, const bool *turned, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	int64_t step = x->count;
	mg_tensor *y;
	mg_k_view v;
	int rc;

	if ((rc = mg_kernel_output(k, 0, &x->shape, &y, err)) != 0 || x->count == 0)
		return rc;
	mg_k_view_begin(&v);
	for (int d = 0; d < mg_rank(x); d++) {
		int64_t n = mg_dim(x, d);
		step /= n;
		if (turned[d])
			v.from_at += (n - 1) * step;
		mg_k_view_add(&v, n, step, turned[d] ? -step : step);
	}
	return mg_k_copy(k, y, x, &v, err);
}

static int
reverse_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0), *dims = mg_kernel_input(k, 1);
	bool turned[MG_K_DIMS];
	int rc;

	if ((rc = mg_k_rank_fits(mg_rank(x), err)) != 0)
		return rc;
	if (mg_rank(dims) != 1 || dims->count != mg_rank(x))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "dims must be a vector of length %d", mg_rank(x));
	for (int i = 0; i < mg_rank(x); i++)
		turned[i] = MG_CDATA(dims, uint8_t)[i] != 0;
	return reverse_axes(k, turned, err);
}

static int
reverse_v2_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0), *axes = mg_kernel_input(k, 1);
	bool turned[MG_K_DIMS] = { false };
	int axis, rc;

	if ((rc = mg_k_rank_fits(mg_rank(x), err)) != 0)
		return rc;
	if (mg_rank(axes) > 1)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "axis must be a vector");
	for (int64_t i = 0; i < axes->count; i++) {
		if ((rc = mg_k_axis_value(mg_k_int(axes, i), mg_rank(x), "axis", &axis, err)) != 0)
			return rc;
		if (turned[axis])
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "axis %d specified more than once", axis);
		turned[axis] = true;
	}
	return reverse_axes(k, turned, err);
}

/* Copies slice I of BATCH along SEQ: N entries from FROM with step STEP to the front part. */
static int
reverse_sequence_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0), *lengths = mg_kernel_input(k, 1);
	const mg_attrs *attrs = mg_kernel_attrs(k);
	int rank = mg_rank(x), seq, batch, rc;
	int64_t dims[MG_K_DIMS], strides[MG_K_DIMS];
	mg_tensor *y;

	if ((rc = mg_k_rank_fits(rank, err)) != 0
			|| (rc = mg_k_axis_value(mg_k_attr_int(attrs, "seq_dim", 0), rank, "seq_dim", &seq, err)) != 0
			|| (rc = mg_k_axis_value(mg_k_attr_int(attrs, "batch_dim", 0), rank, "batch_dim", &batch, err)) != 0
			|| (rc = mg_k_vector(lengths, "seq_lengths", err)) != 0)
		return rc;
	if (seq == batch)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "batch_dim == seq_dim == %d", seq);
	if (lengths->count != mg_dim(x, batch))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "len(seq_lengths) != input.dims(%d), (%lld vs. %lld)", batch,
			(long long)lengths->count, (long long)mg_dim(x, batch));
	for (int64_t i = 0; i < lengths->count; i++)
		if (mg_k_int(lengths, i) < 0 || mg_k_int(lengths, i) > mg_dim(x, seq))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "seq_lengths(%lld) = %lld is not in [0, %lld]", (long long)i,
				(long long)mg_k_int(lengths, i), (long long)mg_dim(x, seq));
	if ((rc = mg_kernel_output(k, 0, &x->shape, &y, err)) != 0 || x->count == 0)
		return rc;
	for (int d = 0; d < rank; d++)
		dims[d] = mg_dim(x, d);
	mg_k_strides(dims, rank, strides);
	for (int64_t b = 0; b < dims[batch]; b++) {
		int64_t n = mg_k_int(lengths, b);
		for (int part = 0; part < 2; part++) {          /* what is turned, what is kept */
			mg_k_view v;
			mg_k_view_begin(&v);
			v.to_at = b * strides[batch] + (part ? n * strides[seq] : 0);
			v.from_at = part ? v.to_at : v.to_at + MG_MAX(n - 1, 0) * strides[seq];
			for (int d = 0; d < rank; d++) {
				if (d == batch)
					continue;
				if (d == seq)
					mg_k_view_add(&v, part ? dims[d] - n : n, strides[d], part ? strides[d] : -strides[d]);
				else
					mg_k_view_add(&v, dims[d], strides[d], strides[d]);
			}
			if ((rc = mg_k_copy(k, y, x, &v, err)) != 0)
				return rc;
		}
	}
	return 0;
}

const mg_kernel mg_kernels_transpose[] = {
	{ "Transpose", NULL, .run = transpose_run, .flags = MG_KERNEL_SHARES },
	{ "ConjugateTranspose", NULL, .run = conjugate_run, .flags = MG_KERNEL_SHARES },
	{ "Reverse", NULL, .run = reverse_run },
	{ "ReverseV2", NULL, .run = reverse_v2_run },
	{ "ReverseSequence", NULL, .run = reverse_sequence_run },
	{ .op = NULL }
};
