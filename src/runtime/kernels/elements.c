/* SPDX-License-Identifier: Apache-2.0 */
/* elements.c - see k_elements.h. */
#include "runtime/kernels/k_elements.h"

int
mg_k_tail_shape(const mg_tensor *x, mg_shape *out, mgreg_error *err)
{
	return mg_shape_set(out, mg_shape_cdims(&x->shape) + 1, x->shape.rank - 1, err);
}

int
mg_k_piece(mg_kernel_ctx *k, const mg_tensor *x, int64_t at, const mg_shape *shape, mg_tensor *out, mgreg_error *err)
{
	size_t item = mg_dtype_size(x->dtype);
	int64_t count;
	int rc = mg_shape_count(shape, &count, err);

	if (rc)
		return rc;
	/* where the piece is a good part of the whole, keeping the whole alive costs little */
	if (item && count && x->buffer && ((size_t)at * item) % 64 == 0 && ((size_t)count * item) % 64 == 0)
		return mg_tensor_init_buffer(out, x->dtype, shape, x->buffer, (char *)x->data + (size_t)at * item, err);
	if ((rc = mg_kernel_alloc(k, out, x->dtype, shape, err)) == 0 && (rc = mg_k_copy_run(out, 0, x, at, count, err)) != 0)
		mg_tensor_clear(out);
	return rc;
}

int
mg_k_zeros(mg_kernel_ctx *k, mg_dtype dtype, const mg_shape *shape, mg_tensor *out, mgreg_error *err)
{
	int rc = mg_kernel_alloc(k, out, dtype, shape, err);

	if (rc == 0 && mg_dtype_is_memcpy(dtype) && out->size)
		memset(out->data, 0, out->size);
	return rc;
}

int
mg_k_output_stacked(mg_kernel_ctx *k, int i, int64_t n, const mg_shape *shape, mg_tensor **out, mgreg_error *err)
{
	int64_t dims[MG_K_DIMS];
	int rc = mg_k_rank_fits(shape->rank + 1, err);

	if (rc)
		return rc;
	dims[0] = n;
	for (int d = 0; d < shape->rank; d++)
		dims[d + 1] = mg_shape_dim(shape, d);
	return mg_kernel_output_dims(k, i, dims, shape->rank + 1, out, err);
}

int
mg_k_output_first(mg_kernel_ctx *k, int i, int64_t n, const mg_shape *shape, mg_tensor **out, mgreg_error *err)
{
	int64_t dims[MG_K_DIMS];
	int rc = mg_k_rank_fits(shape->rank, err);

	if (rc)
		return rc;
	dims[0] = n;
	for (int d = 1; d < shape->rank; d++)
		dims[d] = mg_shape_dim(shape, d);
	return mg_kernel_output_dims(k, i, dims, shape->rank, out, err);
}

int
mg_k_check_lengths(const mg_tensor *x, const mg_tensor *lengths, mgreg_error *err)
{
	int64_t sum = 0;
	int rc;

	if ((rc = mg_k_rank_at_least(x, 1, "the value to split", err)) != 0 || (rc = mg_k_vector(lengths, "lengths", err)) != 0)
		return rc;
	for (int64_t i = 0; i < lengths->count; i++) {
		int64_t n = mg_k_int(lengths, i);

		if (n < 0 || n > mg_dim(x, 0))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "length %lld (%lld) is not within the value's first dimension, %lld",
				(long long)i, (long long)n, (long long)mg_dim(x, 0));
		sum += n;
		if (sum > mg_dim(x, 0))
			break;
	}
	if (sum != mg_dim(x, 0))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "expected the sum of lengths to be the value's first dimension, %lld, but it is %lld",
			(long long)mg_dim(x, 0), (long long)sum);
	return 0;
}

int
mg_k_cut_shape(const mg_tensor *x, int64_t n, mg_shape *out, mgreg_error *err)
{
	int rc = mg_shape_copy(out, &x->shape, err);

	if (rc == 0)
		mg_shape_dims(out)[0] = n;
	return rc;
}

int
mg_k_merge_shape(mg_shape *shape, const mg_shape *more, mgreg_error *err)
{
	mg_shape both = { 0 };
	int rc = mg_shape_merge(&both, shape, more, err);

	if (rc == 0) {
		mg_shape_clear(shape);
		*shape = both;
	}
	return rc;
}
