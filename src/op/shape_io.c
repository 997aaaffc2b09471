/* SPDX-License-Identifier: Apache-2.0 */
/* shape_io.c - shapes of saving and restoring, strings, parsing, sparse tensors, images. */
#include "op/shape_ctx.h"

/* ---- saving and restoring ---- */
static int
scalar_or_one(const mg_shape_ctx *c, int i, mgreg_error *err)
{
	return mg_sc_rank_max(c, i, 1, err);
}

/* filename, names [, slices], tensors: as many names and slices as tensors. */
int
mg_shape_fn_save(mg_shape_ctx *c, mgreg_error *err)
{
	int lists = mg_sc_input(c, "shapes_and_slices") >= 0 || mg_sc_input(c, "shape_and_slices") >= 0 ? 2 : 1, rc;
	int64_t n = c->input_count - 1 - lists, same;

	if ((rc = scalar_or_one(c, 0, err)) != 0)
		return rc;
	for (int i = 1; i <= lists; i++)
		if ((rc = mg_sc_rank(c, i, 1, err)) != 0 || (rc = mg_sc_merge_dim(c, mg_sc_dim(c, i, 0), n, &same, err)) != 0)
			return rc;
	return 0;
}

/* Output O by specification K of constant strings T: the slice's shape if it names one. */
static int
put_slice(mg_shape_ctx *c, int o, const mg_tensor *t, int64_t k, mgreg_error *err)
{
	mg_slice spec = mg_tensor_string(t, k);
	mg_arena arena = { 0 };
	mg_shape full = { 0 }, part = { 0 };
	mg_tslice slice;
	bool has = false;
	mg_dims d;
	int rc;

	if (spec.len == 0)
		return 0;
	rc = mg_tslice_parse_spec(spec.ptr, spec.len, &full, &slice, &has, &arena, err);
	if (rc == 0 && has)
		rc = mg_tslice_shape(&slice, &full, &part, err);
	if (rc == 0 && has) {
		mg_dims_load(&d, &part);
		rc = mg_sc_put(c, o, &d, err);
	}
	mg_shape_clear(&full);
	mg_shape_clear(&part);
	mg_arena_clear(&arena);
	return rc;
}

int
mg_shape_fn_restore(mg_shape_ctx *c, mgreg_error *err)
{
	const mg_tensor *t;
	int rc;

	if ((rc = mg_sc_rank_max(c, 0, 1, err)) != 0 || (rc = mg_sc_rank_max(c, 1, 1, err)) != 0)
		return rc;
	if (c->input_count < 3)
		return 0;
	if ((rc = mg_sc_rank_max(c, 2, 1, err)) != 0)
		return rc;
	t = c->constants ? c->constants[2] : NULL;
	if (!t || t->dtype != MGREG_STRING || t->count != 1) {
		c->needs_constants |= t == NULL;
		return 0;
	}
	return put_slice(c, 0, t, 0, err);
}

int
mg_shape_fn_restore_v2(mg_shape_ctx *c, mgreg_error *err)
{
	const mg_tensor *t;
	int64_t n;
	int rc;

	if ((rc = scalar_or_one(c, 0, err)) != 0)
		return rc;
	for (int i = 1; i <= 2; i++)
		if ((rc = mg_sc_rank(c, i, 1, err)) != 0 || (rc = mg_sc_merge_dim(c, mg_sc_dim(c, i, 0), c->output_count, &n, err)) != 0)
			return rc;
	t = c->constants ? c->constants[2] : NULL;
	if (!t || t->dtype != MGREG_STRING) {
		c->needs_constants |= t == NULL;
		return 0;
	}
	for (int o = 0; o < c->output_count && o < t->count && rc == 0; o++)
		rc = put_slice(c, o, t, o, err);
	return rc;
}

int
mg_shape_fn_merge_checkpoints(mg_shape_ctx *c, mgreg_error *err)
{
	int rc = mg_sc_rank(c, 0, 1, err);

	return rc ? rc : scalar_or_one(c, 1, err);
}

/* ---- strings ---- */
int
mg_shape_fn_string_join(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims d, x;
	bool open = false;
	int rc;

	d.rank = 0;
	for (int i = 0; i < c->input_count; i++) {
		mg_sc_get(c, i, &x);
		if (x.rank < 0)
			open = true;
		else if (x.rank > 0 && d.rank == 0)
			d = x;
		else if (x.rank > 0 && (rc = mg_sc_merge(c, &d, &x, err)) != 0)
			return rc;
	}
	if (open && d.rank == 0)
		d.rank = MG_RANK_UNKNOWN;
	return mg_sc_put(c, 0, &d, err);
}

int
mg_shape_fn_string_split(mg_shape_ctx *c, mgreg_error *err)
{
	int rc;

	if ((rc = mg_sc_rank(c, 0, 1, err)) != 0 || (rc = mg_sc_put_matrix(c, 0, -1, 2, err)) != 0
	    || (rc = mg_sc_put_vector(c, 1, -1, err)) != 0)
		return rc;
	return mg_sc_put_vector(c, 2, 2, err);
}

int
mg_shape_fn_decode_raw(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims d;

	mg_sc_get(c, 0, &d);
	if (d.rank >= MG_MAX_RANK)
		return mg_sc_fail(c, err, "too many dimensions");
	if (d.rank >= 0)
		mg_dims_insert(&d, d.rank, -1);
	return mg_sc_put(c, 0, &d, err);
}

int
mg_shape_fn_decode_csv(mg_shape_ctx *c, mgreg_error *err)
{
	int rc = 0;

	for (int o = 0; o < c->output_count && rc == 0; o++)
		rc = mg_sc_put_like(c, o, 0, err);
	return rc;
}

/* ---- Example protos ---- */
/* Outputs: SPARSE times indices, values, shape; then dense ones. */
static int
parse(mg_shape_ctx *c, int sparse, bool batch, mgreg_error *err)
{
	int64_t n = batch ? mg_sc_dim(c, 0, 0) : 0;
	mg_dims d;
	int rc = 0;

	if (batch && (rc = mg_sc_rank(c, 0, 1, err)) != 0)
		return rc;
	if (sparse < 0 || 3 * sparse > c->output_count)
		return mg_sc_fail(c, err, "%d sparse features", sparse);
	for (int i = 0; i < sparse; i++)
		if ((rc = mg_sc_put_matrix(c, i, -1, batch ? 2 : 1, err)) != 0 || (rc = mg_sc_put_vector(c, sparse + i, -1, err)) != 0
		    || (rc = mg_sc_put_vector(c, 2 * sparse + i, batch ? 2 : 1, err)) != 0)
			return rc;
	for (int o = 3 * sparse; o < c->output_count && rc == 0; o++) {
		if (!mg_sc_attr_shape_at(c, "dense_shapes", o - 3 * sparse, &d) || d.rank < 0 || d.rank >= MG_MAX_RANK)
			continue;
		if (batch)
			mg_dims_insert(&d, 0, n);
		rc = mg_sc_put(c, o, &d, err);
	}
	return rc;
}

int mg_shape_fn_parse_example(mg_shape_ctx *c, mgreg_error *err) { return parse(c, (int)mg_sc_attr_int(c, "Nsparse", 0), true, err); }
int mg_shape_fn_parse_single_example(mg_shape_ctx *c, mgreg_error *err) { return parse(c, (int)mg_sc_attr_int(c, "num_sparse", 0), false, err); }

/* ---- sparse tensors ---- */
/* indices [?,rank], values [?], shape [rank] as outputs FIRST, +1, +2. */
static int
put_sparse(mg_shape_ctx *c, int first, int64_t n, int64_t rank, mgreg_error *err)
{
	int rc;

	if ((rc = mg_sc_put_matrix(c, first, n, rank, err)) != 0 || (rc = mg_sc_put_vector(c, first + 1, n, err)) != 0)
		return rc;
	return mg_sc_put_vector(c, first + 2, rank, err);
}

/* Inputs I, I+1, I+2 are a sparse tensor; its rank and count. */
static int
get_sparse(mg_shape_ctx *c, int i, int64_t *n, int64_t *rank, mgreg_error *err)
{
	int rc;

	if ((rc = mg_sc_rank(c, i, 2, err)) != 0 || (rc = mg_sc_rank(c, i + 1, 1, err)) != 0 || (rc = mg_sc_rank(c, i + 2, 1, err)) != 0
	    || (rc = mg_sc_merge_dim(c, mg_sc_dim(c, i, 0), mg_sc_dim(c, i + 1, 0), n, err)) != 0)
		return rc;
	return mg_sc_merge_dim(c, mg_sc_dim(c, i, 1), mg_sc_dim(c, i + 2, 0), rank, err);
}

int
mg_shape_fn_sparse_reorder(mg_shape_ctx *c, mgreg_error *err)
{
	int64_t n, rank;
	int rc;

	if ((rc = get_sparse(c, 0, &n, &rank, err)) != 0 || (rc = mg_sc_put_matrix(c, 0, n, rank, err)) != 0)
		return rc;
	return mg_sc_put_vector(c, 1, n, err);
}

int
mg_shape_fn_sparse_add(mg_shape_ctx *c, mgreg_error *err)
{
	int64_t n, a, b;
	int rc;

	if ((rc = get_sparse(c, 0, &n, &a, err)) != 0 || (rc = get_sparse(c, 3, &n, &b, err)) != 0
	    || (rc = mg_sc_merge_dim(c, a, b, &a, err)) != 0)
		return rc;
	return put_sparse(c, 0, -1, a, err);
}

/* SparseSlice, SparseConcat's result: some elements, of the rank of the first. */
int
mg_shape_fn_sparse_some(mg_shape_ctx *c, mgreg_error *err)
{
	return put_sparse(c, 0, -1, mg_sc_dim(c, 0, 1), err);
}

int
mg_shape_fn_sparse_any(mg_shape_ctx *c, mgreg_error *err)
{
	return put_sparse(c, 0, -1, -1, err);
}

int
mg_shape_fn_sparse_reshape(mg_shape_ctx *c, mgreg_error *err)
{
	int64_t rank = mg_sc_dim(c, 2, 0);
	int rc;

	if ((rc = mg_sc_rank(c, 0, 2, err)) != 0 || (rc = mg_sc_rank(c, 1, 1, err)) != 0 || (rc = mg_sc_rank(c, 2, 1, err)) != 0
	    || (rc = mg_sc_put_matrix(c, 0, mg_sc_dim(c, 0, 0), rank, err)) != 0)
		return rc;
	return mg_sc_put_vector(c, 1, rank, err);
}

int
mg_shape_fn_sparse_fill_empty_rows(mg_shape_ctx *c, mgreg_error *err)
{
	int64_t n, rank, rows = -1;
	int rc;

	if ((rc = get_sparse(c, 0, &n, &rank, err)) != 0 || (rc = mg_sc_rank(c, 3, 0, err)) != 0)
		return rc;
	if (c->constants && c->constants[2] && c->constants[2]->count > 0) {
		if (!mg_tensor_as_i64(c->constants[2], 0, &rows))
			rows = -1;
	} else {
		c->needs_constants = true;
	}
	if ((rc = mg_sc_put_matrix(c, 0, -1, rank, err)) != 0 || (rc = mg_sc_put_vector(c, 1, -1, err)) != 0
	    || (rc = mg_sc_put_vector(c, 2, rows, err)) != 0)
		return rc;
	return mg_sc_put_vector(c, 3, n, err);
}

/* The gradient of input 2 comes out. */
int
mg_shape_fn_like_2(mg_shape_ctx *c, mgreg_error *err)
{
	return mg_sc_put_like(c, 0, 2, err);
}

/* The dense side's shape comes out. */
int
mg_shape_fn_like_3(mg_shape_ctx *c, mgreg_error *err)
{
	return mg_sc_put_like(c, 0, 3, err);
}

/* Values by values. */
int
mg_shape_fn_like_1(mg_shape_ctx *c, mgreg_error *err)
{
	return mg_sc_put_like(c, 0, 1, err);
}

int
mg_shape_fn_sparse_matmul_dense(mg_shape_ctx *c, mgreg_error *err)
{
	bool ta = mg_sc_attr_bool(c, "adjoint_a", false), tb = mg_sc_attr_bool(c, "adjoint_b", false);
	int64_t a[2] = { -1, -1 }, inner;
	int n, rc;

	if ((rc = mg_sc_rank(c, 0, 2, err)) != 0 || (rc = mg_sc_rank(c, 1, 1, err)) != 0 || (rc = mg_sc_rank(c, 3, 2, err)) != 0)
		return rc;
	if (!mg_sc_ints(c, 2, a, 2, &n) || n != 2)
		a[0] = a[1] = -1;
	if ((rc = mg_sc_merge_dim(c, a[ta ? 0 : 1], mg_sc_dim(c, 3, tb ? 1 : 0), &inner, err)) != 0)
		return rc;
	return mg_sc_put_matrix(c, 0, a[ta ? 1 : 0], mg_sc_dim(c, 3, tb ? 0 : 1), err);
}

int
mg_shape_fn_sparse_to_dense(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims d;
	int rc;

	if ((rc = mg_sc_rank_max(c, 0, 2, err)) != 0 || (rc = mg_sc_rank_max(c, 2, 1, err)) != 0 || (rc = mg_sc_rank_max(c, 3, 1, err)) != 0)
		return rc;
	/* A scalar stands for a vector of one here. */
	if (mg_sc_known(c, 1) && c->inputs[1]->rank == 0) {
		int64_t n;

		return mg_sc_put_vector(c, 0, mg_sc_int(c, 1, &n) ? n : -1, err);
	}
	if ((rc = mg_sc_shape_value(c, 1, &d, err)) != 0)
		return rc;
	return mg_sc_put(c, 0, &d, err);
}

int
mg_shape_fn_serialize_sparse(mg_shape_ctx *c, mgreg_error *err)
{
	return mg_sc_put_vector(c, 0, 3, err);
}

int
mg_shape_fn_serialize_many_sparse(mg_shape_ctx *c, mgreg_error *err)
{
	return mg_sc_put_matrix(c, 0, -1, 3, err);
}

int
mg_shape_fn_edit_distance(mg_shape_ctx *c, mgreg_error *err)
{
	int64_t h[MG_MAX_RANK], t[MG_MAX_RANK];
	int nh = 0, nt = 0;
	bool known = mg_sc_ints(c, 2, h, MG_MAX_RANK, &nh) & mg_sc_ints(c, 5, t, MG_MAX_RANK, &nt);

	if (!known || nh != nt || nh < 1) {
		mg_dims d;

		if (known && nh != nt)
			return mg_sc_fail(c, err, "hypothesis and truth have ranks %d and %d", nh, nt);
		d.rank = MG_RANK_UNKNOWN;
		return mg_sc_put(c, 0, &d, err);
	}
	for (int i = 0; i < nh - 1; i++)
		h[i] = MG_MAX(h[i], t[i]);
	return mg_sc_put_list(c, 0, nh - 1, h, err);
}

/* ---- images ---- */
int
mg_shape_fn_decode_image(mg_shape_ctx *c, mgreg_error *err)
{
	int64_t dims[3] = { -1, -1, -1 }, n = mg_sc_attr_int(c, "channels", 0);
	int rc;

	if ((rc = mg_sc_rank(c, 0, 0, err)) != 0)
		return rc;
	if (n < 0)
		return mg_sc_fail(c, err, "channels must be non-negative, got %lld", (long long)n);
	if (n > 0)
		dims[2] = n;
	return mg_sc_put_list(c, 0, 3, dims, err);
}

int
mg_shape_fn_decode_gif(mg_shape_ctx *c, mgreg_error *err)
{
	static const int64_t dims[4] = { -1, -1, -1, 3 };
	int rc = mg_sc_rank(c, 0, 0, err);

	return rc ? rc : mg_sc_put_list(c, 0, 4, dims, err);
}

int
mg_shape_fn_encode_image(mg_shape_ctx *c, mgreg_error *err)
{
	int rc = mg_sc_rank(c, 0, 3, err);

	return rc ? rc : mg_sc_put_scalar(c, 0, err);
}

/* [batch, size[0], size[1], channels]; size is input 1. */
int
mg_shape_fn_resize(mg_shape_ctx *c, mgreg_error *err)
{
	int64_t size[2] = { -1, -1 }, two;
	mg_dims d;
	int n = 2, rc;

	if ((rc = mg_sc_rank(c, 0, 4, err)) != 0 || (rc = mg_sc_rank(c, 1, 1, err)) != 0
	    || (rc = mg_sc_merge_dim(c, mg_sc_dim(c, 1, 0), 2, &two, err)) != 0)
		return rc;
	if (!mg_sc_ints(c, 1, size, 2, &n))
		size[0] = size[1] = -1;
	mg_sc_get(c, 0, &d);
	if (d.rank < 0)
		mg_dims_unknown(&d, 4);
	d.at[1] = size[0];
	d.at[2] = size[1];
	return mg_sc_put(c, 0, &d, err);
}

int
mg_shape_fn_crop_and_resize(mg_shape_ctx *c, mgreg_error *err)
{
	int64_t dims[4], size[2] = { -1, -1 }, four;
	int n, rc;

	if ((rc = mg_sc_rank(c, 0, 4, err)) != 0 || (rc = mg_sc_rank(c, 1, 2, err)) != 0 || (rc = mg_sc_rank(c, 2, 1, err)) != 0
	    || (rc = mg_sc_merge_dim(c, mg_sc_dim(c, 1, 0), mg_sc_dim(c, 2, 0), &dims[0], err)) != 0
	    || (rc = mg_sc_merge_dim(c, mg_sc_dim(c, 1, 1), 4, &four, err)) != 0)
		return rc;
	if (!mg_sc_ints(c, 3, size, 2, &n))
		size[0] = size[1] = -1;
	dims[1] = size[0];
	dims[2] = size[1];
	dims[3] = mg_sc_dim(c, 0, 3);
	return mg_sc_put_list(c, 0, 4, dims, err);
}

int
mg_shape_fn_distorted_box(mg_shape_ctx *c, mgreg_error *err)
{
	static const int64_t box[3] = { 1, 1, 4 };
	int rc;

	if ((rc = mg_sc_put_vector(c, 0, 3, err)) != 0 || (rc = mg_sc_put_vector(c, 1, 3, err)) != 0)
		return rc;
	return mg_sc_put_list(c, 2, 3, box, err);
}

int
mg_shape_fn_glimpse(mg_shape_ctx *c, mgreg_error *err)
{
	int64_t dims[4], size[2] = { -1, -1 };
	int n, rc;

	if ((rc = mg_sc_rank(c, 0, 4, err)) != 0 || (rc = mg_sc_rank(c, 2, 2, err)) != 0
	    || (rc = mg_sc_merge_dim(c, mg_sc_dim(c, 0, 0), mg_sc_dim(c, 2, 0), &dims[0], err)) != 0)
		return rc;
	if (!mg_sc_ints(c, 1, size, 2, &n))
		size[0] = size[1] = -1;
	dims[1] = size[0];
	dims[2] = size[1];
	dims[3] = mg_sc_dim(c, 0, 3);
	return mg_sc_put_list(c, 0, 4, dims, err);
}

/* The last dimension must be 3 colours. */
int
mg_shape_fn_colours(mg_shape_ctx *c, mgreg_error *err)
{
	int64_t last = mg_sc_dim(c, 0, -1);
	int rc;

	if ((rc = mg_sc_rank_min(c, 0, 1, err)) != 0)
		return rc;
	if (last >= 0 && last != 3)
		return mg_sc_fail(c, err, "the last dimension must be 3, but is %lld", (long long)last);
	return mg_sc_put_like(c, 0, 0, err);
}

/* ---- square matrices ---- */
static int
square(mg_shape_ctx *c, mg_dims *d, mgreg_error *err)
{
	int rc;
	int64_t n;

	if ((rc = mg_sc_rank_min(c, 0, 2, err)) != 0
	    || (rc = mg_sc_merge_dim(c, mg_sc_dim(c, 0, -1), mg_sc_dim(c, 0, -2), &n, err)) != 0)
		return rc;
	mg_sc_get(c, 0, d);
	if (d->rank >= 2)
		d->at[d->rank - 1] = d->at[d->rank - 2] = n;
	return 0;
}

int
mg_shape_fn_square_matrix(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims d;
	int rc = square(c, &d, err);

	return rc ? rc : mg_sc_put(c, 0, &d, err);
}

int
mg_shape_fn_determinant(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims d;
	int rc = square(c, &d, err);

	if (d.rank >= 2)
		d.rank -= 2;
	for (int o = 0; o < c->output_count && rc == 0; o++)
		rc = mg_sc_put(c, o, &d, err);
	return rc;
}

/* X of A X = B: as many rows as A has columns, B's columns. */
int
mg_shape_fn_matrix_solve(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims a, b;
	int64_t n;
	int rc;

	if ((rc = square(c, &a, err)) != 0 || (rc = mg_sc_rank_min(c, 1, 2, err)) != 0
	    || (rc = mg_sc_merge_dim(c, mg_sc_dim(c, 0, -1), mg_sc_dim(c, 1, -2), &n, err)) != 0)
		return rc;
	mg_sc_get(c, 1, &b);
	if (a.rank >= 0 && b.rank >= 0) {
		if (a.rank != b.rank)
			return mg_sc_fail(c, err, "matrix and rhs have ranks %d and %d", a.rank, b.rank);
		for (int i = 0; i < a.rank - 2; i++)
			if ((rc = mg_sc_merge_dim(c, a.at[i], b.at[i], &b.at[i], err)) != 0)
				return rc;
		b.at[b.rank - 2] = n;
	}
	return mg_sc_put(c, 0, &b, err);
}
