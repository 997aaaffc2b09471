/* SPDX-License-Identifier: Apache-2.0 */
/* k_gather.c - rows by index: Gather, GatherNd, ScatterNd, DynamicPartition, DynamicStitch, SparseToDense. */
#include "runtime/kernels/k_common.h"

/* ---- Gather ---- */
typedef struct gather_job {
	const char *x;
	char   *y;
	const mg_tensor *indices;
	int64_t per_batch, n, outer, size;      /* indices of a batch, length of the axis, bytes of a slice */
} gather_job;

/* Output slices [begin, end): [batch][outer][index]. */
static void
gather_slices(void *arg, int64_t begin, int64_t end)
{
	const gather_job *j = arg;

	for (int64_t s = begin; s < end; s++) {
		int64_t i = s % j->per_batch, row = s / j->per_batch, batch = row / j->outer;
		int64_t at = mg_k_int(j->indices, batch * j->per_batch + i);
		memcpy(j->y + s * j->size, j->x + (row * j->n + at) * j->size, (size_t)j->size);
	}
}

/* Names position and value of the first index outside [0, n). */
static int
check_indices(const mg_tensor *indices, int64_t n, mgreg_error *err)
{
	for (int64_t i = 0; i < indices->count; i++) {
		int64_t v = mg_k_int(indices, i);
		if (v < 0 || v >= n)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "indices[%lld] = %lld is not in [0, %lld)", (long long)i, (long long)v, (long long)n);
	}
	return 0;
}

static int
gather(mg_kernel_ctx *k, const mg_tensor *x, const mg_tensor *indices, int axis, int batch_dims, mgreg_error *err)
{
	int64_t dims[2 * MG_MAX_RANK], inner, batches = 1;
	size_t size = mg_dtype_size(x->dtype);
	gather_job j = { .x = x->data, .indices = indices };
	int rank = 0, rc;
	mg_tensor *y;

	if (mg_rank(x) - 1 + mg_rank(indices) - batch_dims > MG_MAX_RANK)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "output rank is too large");
	for (int d = 0; d < batch_dims; d++) {
		if (mg_dim(x, d) != mg_dim(indices, d))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "params.shape[%d] should be equal to indices.shape[%d]: %lld vs. %lld", d, d,
				(long long)mg_dim(x, d), (long long)mg_dim(indices, d));
		batches *= mg_dim(x, d);
	}
	for (int d = 0; d < axis; d++)
		dims[rank++] = mg_dim(x, d);
	for (int d = batch_dims; d < mg_rank(indices); d++)
		dims[rank++] = mg_dim(indices, d);
	for (int d = axis + 1; d < mg_rank(x); d++)
		dims[rank++] = mg_dim(x, d);
	j.n = mg_dim(x, axis);
	if ((rc = check_indices(indices, j.n, err)) != 0 || (rc = mg_kernel_output_dims(k, 0, dims, rank, &y, err)) != 0 || y->count == 0)
		return rc;
	inner = mg_k_product(x, axis + 1, mg_rank(x));
	j.per_batch = indices->count / batches;
	j.outer = mg_k_product(x, batch_dims, axis);
	j.size = inner * (int64_t)size;
	j.y = y->data;
	if (size) {
		mg_parallel_for(k, y->count / inner, mg_k_grain(inner / 2 + 8), gather_slices, &j);
		return 0;
	}
	for (int64_t s = 0; s < y->count / inner && !rc; s++) {
		int64_t row = s / j.per_batch;
		int64_t at = mg_k_int(indices, row / j.outer * j.per_batch + s % j.per_batch);
		rc = mg_k_copy_run(y, s * inner, x, (row * j.n + at) * inner, inner, err);
	}
	return rc;
}

static int
gather_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	int rc = mg_k_rank_at_least(x, 1, "params", err);

	return rc ? rc : gather(k, x, mg_kernel_input(k, 1), 0, 0, err);
}

static int
gather_v2_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0), *indices = mg_kernel_input(k, 1);
	int64_t batch = mg_k_attr_int(mg_kernel_attrs(k), "batch_dims", 0);
	int axis, rc;

	if ((rc = mg_k_rank_at_least(x, 1, "params", err)) != 0
			|| (rc = mg_k_axis(mg_kernel_input(k, 2), mg_rank(x), "axis", &axis, err)) != 0)
		return rc;
	if (batch < 0)
		batch += mg_rank(indices);
	if (batch < 0 || batch > mg_rank(indices) || batch > axis)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "batch_dims %lld must lie within the indices' rank %d and not exceed axis %d",
			(long long)batch, mg_rank(indices), axis);
	return gather(k, x, indices, axis, (int)batch, err);
}

/* ---- by rows of coordinates ---- */
/* Flat position of coordinate row I in the leading DEPTH dimensions of SHAPE; -1 if outside. */
static int64_t
flat_position(const mg_tensor *indices, int64_t i, int depth, const mg_shape *shape)
{
	int64_t at = 0;

	for (int d = 0; d < depth; d++) {
		int64_t v = mg_k_int(indices, i * depth + d), n = mg_shape_dim(shape, d);
		if (v < 0 || v >= n)
			return -1;
		at = at * n + v;
	}
	return at;
}

static int
bad_row(const mg_tensor *indices, int64_t i, int depth, const mg_shape *shape, mgreg_error *err)
{
	char text[256];
	int d = 0;

	while (d < depth - 1 && mg_k_int(indices, i * depth + d) >= 0 && mg_k_int(indices, i * depth + d) < mg_shape_dim(shape, d))
		d++;
	return mg_fail(err, MGREG_INVALID_ARGUMENT, "indices[%lld,%d] = %lld does not index into shape %s", (long long)i, d,
		(long long)mg_k_int(indices, i * depth + d), mg_shape_text(shape, text));
}

static int
index_depth(const mg_tensor *indices, int rank, int *depth, mgreg_error *err)
{
	int64_t n;
	int rc = mg_k_rank_at_least(indices, 1, "indices", err);

	if (rc)
		return rc;
	n = mg_dim(indices, mg_rank(indices) - 1);
	if (n > rank)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "index innermost dimension length must be <= params rank; saw: %lld vs. %d",
			(long long)n, rank);
	*depth = (int)n;
	return 0;
}

static int
gather_nd(mg_kernel_ctx *k, const mg_tensor *x, const mg_tensor *indices, mgreg_error *err)
{
	int64_t dims[2 * MG_MAX_RANK], slice, rows;
	int depth = 0, rank = 0, rc;
	mg_tensor *y;

	if ((rc = mg_k_rank_at_least(x, 1, "params", err)) != 0 || (rc = index_depth(indices, mg_rank(x), &depth, err)) != 0)
		return rc;
	for (int d = 0; d < mg_rank(indices) - 1; d++)
		dims[rank++] = mg_dim(indices, d);
	for (int d = depth; d < mg_rank(x); d++)
		dims[rank++] = mg_dim(x, d);
	rows = mg_k_product(indices, 0, mg_rank(indices) - 1);
	slice = mg_k_product(x, depth, mg_rank(x));
	for (int64_t i = 0; i < rows; i++)
		if (flat_position(indices, i, depth, &x->shape) < 0)
			return bad_row(indices, i, depth, &x->shape, err);
	if (rank > MG_MAX_RANK)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "output rank is too large");
	if ((rc = mg_kernel_output_dims(k, 0, dims, rank, &y, err)) != 0)
		return rc;
	for (int64_t i = 0; i < rows && y->count && !rc; i++)
		rc = mg_k_copy_run(y, i * slice, x, flat_position(indices, i, depth, &x->shape) * slice, slice, err);
	return rc;
}

static int
gather_nd_run(mg_kernel_ctx *k, mgreg_error *err)
{
	return gather_nd(k, mg_kernel_input(k, 0), mg_kernel_input(k, 1), err);
}

static int
resource_gather_nd_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_variable *v;
	int rc = mg_kernel_resource_variable(k, 0, &v, err);

	if (rc)
		return rc;
	mg_lock(&v->mutex);
	if (mg_tensor_is_set(&v->value))
		rc = gather_nd(k, &v->value, mg_kernel_input(k, 1), err);
	else
		rc = mg_fail(err, MGREG_FAILED_PRECONDITION, "error while reading resource variable '%s': it is not initialized",
			v->name ? v->name : "");
	mg_unlock(&v->mutex);
	return rc;
}

#define ADD_ROW(s, dtype, _) \
	static void add_row_##s(mg_tensor *y, int64_t to, const mg_tensor *x, int64_t from, int64_t n) \
	{ \
		for (int64_t i = 0; i < n; i++) \
			MG_DATA(y, t_##s)[to + i] = st_##s((c_##s)((w_##s)ld_##s(MG_DATA(y, t_##s)[to + i]) \
				+ (w_##s)ld_##s(MG_CDATA(x, t_##s)[from + i]))); \
	}
K_NUMBERS(ADD_ROW, 0)
typedef void add_row_fn(mg_tensor *y, int64_t to, const mg_tensor *x, int64_t from, int64_t n);
#define ENTRY(s, dtype, name) [dtype] = name##_##s,
static add_row_fn *const add_row_of[MG_DTYPE_MAX] = { K_NUMBERS(ENTRY, add_row) };

/* ScatterNd(indices, updates, shape): zeros, duplicates add. */
static int
scatter_nd_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *indices = mg_kernel_input(k, 0), *updates = mg_kernel_input(k, 1);
	mg_shape shape = MG_SHAPE_SCALAR;
	int64_t slice, rows;
	char a[256], b[256];
	int depth = 0, rc;
	bool fits;
	mg_tensor *y;

	MG_TRY(mg_k_shape_from(mg_kernel_input(k, 2), "shape", &shape, err));
	MG_TRY(index_depth(indices, shape.rank, &depth, err));
	fits = mg_rank(updates) == mg_rank(indices) - 1 + shape.rank - depth;
	for (int d = 0; fits && d < mg_rank(updates); d++)
		fits = mg_dim(updates, d) == (d < mg_rank(indices) - 1 ? mg_dim(indices, d)
			: mg_shape_dim(&shape, depth + d - (mg_rank(indices) - 1)));
	if (!fits) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "must have updates.shape = indices.shape[:-1] + shape[%d:], got updates.shape %s, indices.shape %s",
			depth, mg_shape_text(&updates->shape, a), mg_shape_text(&indices->shape, b));
		goto out;
	}
	if (!add_row_of[updates->dtype]) {
		rc = mg_k_no_type(updates->dtype, err);
		goto out;
	}
	MG_TRY(mg_kernel_output(k, 0, &shape, &y, err));
	MG_TRY(mg_k_fill(k, y, NULL, 0, err));
	rows = mg_k_product(indices, 0, mg_rank(indices) - 1);
	slice = mg_k_product(y, depth, shape.rank);
	for (int64_t i = 0; i < rows; i++) {
		int64_t at = flat_position(indices, i, depth, &shape);
		if (at < 0) {
			rc = bad_row(indices, i, depth, &shape, err);
			goto out;
		}
		add_row_of[updates->dtype](y, at * slice, updates, i * slice, slice);
	}
out:
	mg_shape_clear(&shape);
	return rc;
}

/* ---- DynamicPartition, DynamicStitch ---- */
static int
starts_with(const mg_tensor *x, const mg_tensor *prefix, const char *what, mgreg_error *err)
{
	bool fits = mg_rank(prefix) <= mg_rank(x);
	char a[256], b[256];

	for (int d = 0; fits && d < mg_rank(prefix); d++)
		fits = mg_dim(x, d) == mg_dim(prefix, d);
	if (!fits)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "data.shape must start with %s.shape, got data.shape = %s, %s.shape = %s", what,
			mg_shape_text(&x->shape, a), what, mg_shape_text(&prefix->shape, b));
	return 0;
}

static int
dynamic_partition_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0), *parts = mg_kernel_input(k, 1);
	int n = mg_kernel_output_count(k), rank = 1, rc;
	int64_t dims[MG_MAX_RANK + 1], slice, *at;
	mg_tensor **out;
	void *memory;

	if ((rc = starts_with(x, parts, "partitions", err)) != 0
			|| (rc = mg_kernel_scratch(k, (size_t)n * (sizeof *at + sizeof *out) + 16, &memory, err)) != 0)
		return rc;
	at = memory;
	out = (mg_tensor **)(at + n);
	memset(at, 0, (size_t)n * sizeof *at);
	for (int64_t i = 0; i < parts->count; i++) {
		int64_t p = mg_k_int(parts, i);
		if (p < 0 || p >= n)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "partitions[%lld] = %lld is not in [0, %d)", (long long)i, (long long)p, n);
		at[p]++;
	}
	for (int d = mg_rank(parts); d < mg_rank(x); d++)
		dims[rank++] = mg_dim(x, d);
	slice = mg_k_product(x, mg_rank(parts), mg_rank(x));
	for (int p = 0; p < n; p++) {
		dims[0] = at[p];
		if ((rc = mg_kernel_output_dims(k, p, dims, rank, &out[p], err)) != 0)
			return rc;
		at[p] = 0;
	}
	for (int64_t i = 0; i < parts->count && slice && !rc; i++) {
		int64_t p = mg_k_int(parts, i);
		rc = mg_k_copy_run(out[p], at[p]++ * slice, x, i * slice, slice, err);
	}
	return rc;
}

/* Later inputs, and later positions, win; holes are zero. */
static int
dynamic_stitch_run(mg_kernel_ctx *k, mgreg_error *err)
{
	int n = mg_kernel_input_count(k) / 2, rank = 1, rc;
	const mg_tensor *x0 = mg_kernel_input(k, n), *i0 = mg_kernel_input(k, 0);
	int64_t dims[MG_MAX_RANK + 1], slice, top = -1;
	mg_tensor *y;

	for (int i = 0; i < n; i++) {
		const mg_tensor *indices = mg_kernel_input(k, i), *x = mg_kernel_input(k, n + i);
		if ((rc = starts_with(x, indices, "indices", err)) != 0)
			return rc;
		for (int d = mg_rank(i0); d < mg_rank(x0); d++)
			if (mg_rank(x) - mg_rank(indices) != mg_rank(x0) - mg_rank(i0)
					|| mg_dim(x, d - mg_rank(i0) + mg_rank(indices)) != mg_dim(x0, d))
				return mg_fail(err, MGREG_INVALID_ARGUMENT, "need data[0].shape[%d:] = data[%d].shape[%d:]", mg_rank(i0), i, mg_rank(indices));
		if (mg_rank(x) - mg_rank(indices) != mg_rank(x0) - mg_rank(i0))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "slices of data[%d] have another rank than those of data[0]", i);
		for (int64_t j = 0; j < indices->count; j++) {
			int64_t at = mg_k_int(indices, j);
			if (at < 0)
				return mg_fail(err, MGREG_INVALID_ARGUMENT, "indices[%d][%lld] = %lld is negative", i, (long long)j, (long long)at);
			top = MG_MAX(top, at);
		}
	}
	dims[0] = top + 1;
	for (int d = mg_rank(i0); d < mg_rank(x0); d++)
		dims[rank++] = mg_dim(x0, d);
	slice = mg_k_product(x0, mg_rank(i0), mg_rank(x0));
	if ((rc = mg_kernel_output_dims(k, 0, dims, rank, &y, err)) != 0 || (rc = mg_k_fill(k, y, NULL, 0, err)) != 0 || !y->count)
		return rc;
	for (int i = 0; i < n; i++) {
		const mg_tensor *indices = mg_kernel_input(k, i);
		for (int64_t j = 0; j < indices->count && !rc; j++)
			rc = mg_k_copy_run(y, mg_k_int(indices, j) * slice, mg_kernel_input(k, n + i), j * slice, slice, err);
	}
	return rc;
}

/* ---- SparseToDense(indices, shape, values, default) ---- */
/* Rows strictly increasing in dictionary order. */
static int
check_row_order(const mg_tensor *indices, int64_t rows, int depth, mgreg_error *err)
{
	for (int64_t i = 1; i < rows; i++) {
		int d = 0;
		while (d < depth && mg_k_int(indices, i * depth + d) == mg_k_int(indices, (i - 1) * depth + d))
			d++;
		if (d == depth)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "indices[%lld] is repeated", (long long)i);
		if (mg_k_int(indices, i * depth + d) < mg_k_int(indices, (i - 1) * depth + d))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "indices[%lld] is out of order", (long long)i);
	}
	return 0;
}

static int
dense_shape(const mg_tensor *t, mg_shape *out, mgreg_error *err)
{
	int64_t n;
	int rc;

	if (mg_rank(t) == 1)
		return mg_k_shape_from(t, "output_shape", out, err);
	if ((rc = mg_k_scalar(t, "output_shape", &n, err)) != 0)
		return rc;
	if (n < 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "output_shape is %lld", (long long)n);
	return mg_shape_set(out, &n, 1, err);
}

static int
sparse_to_dense_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *indices = mg_kernel_input(k, 0), *values = mg_kernel_input(k, 2), *fallback = mg_kernel_input(k, 3);
	mg_shape shape = MG_SHAPE_SCALAR;
	int64_t rows = mg_rank(indices) ? mg_dim(indices, 0) : 1;
	int64_t depth = mg_rank(indices) == 2 ? mg_dim(indices, 1) : 1;
	mg_tensor *y;
	int rc;

	MG_TRY(dense_shape(mg_kernel_input(k, 1), &shape, err));
	if (mg_rank(indices) > 2) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "sparse_indices should be a scalar, vector, or matrix, got rank %d", mg_rank(indices));
		goto out;
	}
	if (depth != shape.rank) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "output_shape has incorrect number of elements: %d should be: %lld", shape.rank, (long long)depth);
		goto out;
	}
	if (mg_rank(values) > 1 || (mg_rank(values) == 1 && values->count != rows)) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "sparse_values has incorrect shape: %lld values for %lld indices", (long long)values->count,
			(long long)rows);
		goto out;
	}
	if (mg_rank(fallback) != 0) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "default_value should be a scalar");
		goto out;
	}
	for (int64_t i = 0; i < rows; i++)
		if (flat_position(indices, i, (int)depth, &shape) < 0) {
			rc = bad_row(indices, i, (int)depth, &shape, err);
			goto out;
		}
	if (mg_k_attr_bool(mg_kernel_attrs(k), "validate_indices", true))
		MG_TRY(check_row_order(indices, rows, (int)depth, err));
	MG_TRY(mg_kernel_output(k, 0, &shape, &y, err));
	MG_TRY(mg_k_fill(k, y, fallback, 0, err));
	for (int64_t i = 0; i < rows; i++)
		MG_TRY(mg_k_copy_run(y, flat_position(indices, i, (int)depth, &shape), values, mg_rank(values) ? i : 0, 1, err));
out:
	mg_shape_clear(&shape);
	return rc;
}

const mg_kernel mg_kernels_gather[] = {
	{ "Gather", NULL, .run = gather_run },
	{ "GatherV2", NULL, .run = gather_v2_run },
	{ "GatherNd", NULL, .run = gather_nd_run },
	{ "ResourceGatherNd", NULL, .run = resource_gather_nd_run },
	{ "ScatterNd", NULL, .run = scatter_nd_run },
	{ "DynamicPartition", NULL, .run = dynamic_partition_run },
	{ "DynamicStitch", NULL, .run = dynamic_stitch_run },
	{ "ParallelDynamicStitch", NULL, .run = dynamic_stitch_run },
	{ "SparseToDense", NULL, .run = sparse_to_dense_run },
	{ .op = NULL }
};
