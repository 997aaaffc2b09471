/* SPDX-License-Identifier: Apache-2.0 */
/* k_space.c - blocks of space into the batch or into the depth, and back: every form is one strided copy. */
#include "runtime/kernels/k_common.h"

/* ---- SpaceToBatchND, BatchToSpaceND ---- */
typedef struct blocks {
	int     m;                              /* block dimensions: 1..m of the tensor */
	int64_t size[MG_K_DIMS], before[MG_K_DIMS], after[MG_K_DIMS];
} blocks;

static int
read_borders(blocks *b, const mg_tensor *t, const char *what, mgreg_error *err)
{
	if (mg_rank(t) != 2 || mg_dim(t, 0) != b->m || mg_dim(t, 1) != 2)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "%s should have shape [%d, 2]", what, b->m);
	for (int i = 0; i < b->m; i++) {
		b->before[i] = mg_k_int(t, 2 * i);
		b->after[i] = mg_k_int(t, 2 * i + 1);
		if (b->before[i] < 0 || b->after[i] < 0)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "%s must be non-negative", what);
	}
	return 0;
}

/* The ND forms have block_shape as input 1; the old ones one block_size for two dimensions. */
static int
read_blocks(mg_kernel_ctx *k, blocks *b, const mg_tensor *x, bool nd, const char *what, mgreg_error *err)
{
	const mg_tensor *shape = nd ? mg_kernel_input(k, 1) : NULL;
	int rc;

	if ((rc = mg_k_rank_fits(mg_rank(x), err)) != 0)
		return rc;
	if (nd) {
		if ((rc = mg_k_vector(shape, "block_shape", err)) != 0)
			return rc;
		if (shape->count > MG_K_DIMS / 2)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "block_shape has %lld entries", (long long)shape->count);
		b->m = (int)shape->count;
		for (int i = 0; i < b->m; i++)
			b->size[i] = mg_k_int(shape, i);
	} else {
		b->m = 2;
		b->size[0] = b->size[1] = mg_k_attr_int(mg_kernel_attrs(k), "block_size", 0);
		if ((rc = mg_k_rank_is(x, 4, "input", err)) != 0)
			return rc;
	}
	if (mg_rank(x) < b->m + 1)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "input rank should be >= %d instead of %d", b->m + 1, mg_rank(x));
	for (int i = 0; i < b->m; i++)
		if (b->size[i] < 1)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "all values in block_shape must be positive, got %lld", (long long)b->size[i]);
	return read_borders(b, mg_kernel_input(k, nd ? 2 : 1), what, err);
}

/*
 * Each block offset (p_1 .. p_m) is one strided copy between the small image at that place of the batch and the cells
 * p, p + size, ... of the large one; SMALL and LARGE are the two shapes, BEFORE what the large one lacks in front.
 */
static int
move_blocks(mg_kernel_ctx *k, const blocks *b, int64_t batch, const mg_tensor *small, const mg_tensor *large, mg_tensor *to,
	const mg_tensor *from, mgreg_error *err)
{
	bool to_small = to == small;
	int rank = mg_rank(small), rc;
	int64_t ss[MG_K_DIMS], ls[MG_K_DIMS], offsets = 1;

	mg_k_strides(mg_shape_cdims(&small->shape), rank, ss);
	mg_k_strides(mg_shape_cdims(&large->shape), rank, ls);
	for (int i = 0; i < b->m; i++)
		offsets *= b->size[i];
	for (int64_t o = 0; o < offsets; o++) {
		int64_t rest = o, s_at = o * batch * ss[0], l_at = 0;
		int64_t first[MG_K_DIMS], count[MG_K_DIMS];
		mg_k_view v;
		mg_k_view_begin(&v);
		for (int i = b->m; i-- > 0; rest /= b->size[i]) {
			int64_t p = rest % b->size[i] - b->before[i], n = mg_dim(large, i + 1);
			first[i] = p >= 0 ? 0 : (-p + b->size[i] - 1) / b->size[i];     /* first small cell inside the large image */
			p += first[i] * b->size[i];
			count[i] = p >= n ? 0 : (n - 1 - p) / b->size[i] + 1;
			count[i] = MG_MIN(count[i], MG_MAX(0, mg_dim(small, i + 1) - first[i]));
			s_at += first[i] * ss[i + 1];
			l_at += p * ls[i + 1];
		}
		v.to_at = to_small ? s_at : l_at;
		v.from_at = to_small ? l_at : s_at;
		mg_k_view_add(&v, batch, to_small ? ss[0] : ls[0], to_small ? ls[0] : ss[0]);
		for (int d = 1; d < rank; d++) {
			bool blocked = d <= b->m;
			int64_t n = blocked ? count[d - 1] : mg_dim(small, d), l = blocked ? ls[d] * b->size[d - 1] : ls[d];
			mg_k_view_add(&v, n, to_small ? ss[d] : l, to_small ? l : ss[d]);
		}
		if ((rc = mg_k_copy(k, to, from, &v, err)) != 0)
			return rc;
	}
	return 0;
}

static int
space_to_batch(mg_kernel_ctx *k, bool nd, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	int64_t dims[MG_K_DIMS];
	mg_tensor *y;
	blocks b;
	int rc;

	if ((rc = read_blocks(k, &b, x, nd, "paddings", err)) != 0)
		return rc;
	for (int d = 0; d < mg_rank(x); d++)
		dims[d] = mg_dim(x, d);
	for (int i = 0; i < b.m; i++) {
		int64_t padded;
		if (__builtin_add_overflow(dims[i + 1], b.before[i], &padded) || __builtin_add_overflow(padded, b.after[i], &padded)
				|| __builtin_mul_overflow(dims[0], b.size[i], &dims[0]))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "block or padding is too large");
		if (padded % b.size[i])
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "padded_shape[%d]=%lld is not divisible by block_shape[%d]=%lld", i,
				(long long)padded, i, (long long)b.size[i]);
		dims[i + 1] = padded / b.size[i];
	}
	if ((rc = mg_kernel_output_dims(k, 0, dims, mg_rank(x), &y, err)) != 0 || (rc = mg_k_fill(k, y, NULL, 0, err)) != 0
			|| !y->count || !x->count)
		return rc;
	return move_blocks(k, &b, mg_dim(x, 0), y, x, y, x, err);
}

static int
batch_to_space(mg_kernel_ctx *k, bool nd, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	int64_t dims[MG_K_DIMS], product = 1;
	mg_tensor *y;
	blocks b;
	int rc;

	if ((rc = read_blocks(k, &b, x, nd, "crops", err)) != 0)
		return rc;
	for (int d = 0; d < mg_rank(x); d++)
		dims[d] = mg_dim(x, d);
	for (int i = 0; i < b.m; i++) {
		int64_t wide;
		if (__builtin_mul_overflow(product, b.size[i], &product) || __builtin_mul_overflow(dims[i + 1], b.size[i], &wide)
				|| b.before[i] > wide || b.after[i] > wide - b.before[i])
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "crops[%d] = [%lld, %lld] exceed the cropped dimension", i, (long long)b.before[i],
				(long long)b.after[i]);
		dims[i + 1] = wide - b.before[i] - b.after[i];
	}
	if (dims[0] % product)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "input batch dimension (%lld) is not divisible by product of block sizes (%lld)",
			(long long)dims[0], (long long)product);
	dims[0] /= product;
	if ((rc = mg_kernel_output_dims(k, 0, dims, mg_rank(x), &y, err)) != 0 || !y->count)
		return rc;
	return move_blocks(k, &b, dims[0], x, y, y, x, err);
}

static int space_to_batch_nd_run(mg_kernel_ctx *k, mgreg_error *err) { return space_to_batch(k, true, err); }
static int space_to_batch_run(mg_kernel_ctx *k, mgreg_error *err) { return space_to_batch(k, false, err); }
static int batch_to_space_nd_run(mg_kernel_ctx *k, mgreg_error *err) { return batch_to_space(k, true, err); }
static int batch_to_space_run(mg_kernel_ctx *k, mgreg_error *err) { return batch_to_space(k, false, err); }

/* ---- SpaceToDepth, DepthToSpace: depth counts (block row, block column, channel) ---- */
static int
space_depth(mg_kernel_ctx *k, bool to_depth, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	int64_t b = mg_k_attr_int(mg_kernel_attrs(k), "block_size", 0);
	bool first = mg_k_attr_is(mg_kernel_attrs(k), "data_format", "NCHW");
	int64_t n, h, w, c, dims[4];    /* of the small, deep image; c: channels of the wide one */
	int64_t wide[6], deep[6];       /* strides of (n, h, block row, w, block column, c) on each side */
	mg_tensor *y;
	mg_k_view v;
	int rc;

	if ((rc = mg_k_rank_is(x, 4, "input", err)) != 0)
		return rc;
	if (mg_k_attr_is(mg_kernel_attrs(k), "data_format", "NCHW_VECT_C"))
		return mg_fail(err, MGREG_UNIMPLEMENTED, "data_format NCHW_VECT_C");
	if (b < 2 || b > INT32_MAX)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "block size should be > 1: %lld", (long long)b);
	n = mg_dim(x, 0);
	h = mg_dim(x, first ? 2 : 1);
	w = mg_dim(x, first ? 3 : 2);
	c = mg_dim(x, first ? 1 : 3);
	if (to_depth && (h % b || w % b))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "image width %lld and height %lld should be divisible by block_size: %lld",
			(long long)w, (long long)h, (long long)b);
	if (!to_depth && c % (b * b))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "input depth dimension %lld should be divisible by: %lld", (long long)c, (long long)(b * b));
	if (to_depth) {
		h /= b;
		w /= b;
	} else {
		c /= b * b;
	}
	dims[0] = n;
	dims[first ? 2 : 1] = to_depth ? h : h * b;
	dims[first ? 3 : 2] = to_depth ? w : w * b;
	dims[first ? 1 : 3] = to_depth ? c * b * b : c;
	if ((rc = mg_kernel_output_dims(k, 0, dims, 4, &y, err)) != 0 || !y->count)
		return rc;
	wide[0] = deep[0] = h * w * b * b * c;
	if (first) {
		int64_t ws[6] = { wide[0], b * w * b, w * b, b, 1, h * b * w * b };
		int64_t ds[6] = { deep[0], w, b * c * h * w, 1, c * h * w, h * w };
		memcpy(wide, ws, sizeof ws);
		memcpy(deep, ds, sizeof ds);
	} else {
		int64_t ws[6] = { wide[0], b * w * b * c, w * b * c, b * c, c, 1 };
		int64_t ds[6] = { deep[0], w * b * b * c, b * c, b * b * c, c, 1 };
		memcpy(wide, ws, sizeof ws);
		memcpy(deep, ds, sizeof ds);
	}
	mg_k_view_begin(&v);
	for (int i = 0; i < 6; i++) {
		int64_t length = (int64_t[]){ n, h, b, w, b, c }[i];
		mg_k_view_add(&v, length, to_depth ? deep[i] : wide[i], to_depth ? wide[i] : deep[i]);
	}
	return mg_k_copy(k, y, x, &v, err);
}

static int space_to_depth_run(mg_kernel_ctx *k, mgreg_error *err) { return space_depth(k, true, err); }
static int depth_to_space_run(mg_kernel_ctx *k, mgreg_error *err) { return space_depth(k, false, err); }

const mg_kernel mg_kernels_space[] = {
	{ "SpaceToBatchND", NULL, .run = space_to_batch_nd_run },
	{ "SpaceToBatch", NULL, .run = space_to_batch_run },
	{ "BatchToSpaceND", NULL, .run = batch_to_space_nd_run },
	{ "BatchToSpace", NULL, .run = batch_to_space_run },
	{ "SpaceToDepth", NULL, .run = space_to_depth_run },
	{ "DepthToSpace", NULL, .run = depth_to_space_run },
	{ .op = NULL }
};
