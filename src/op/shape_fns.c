/* SPDX-License-Identifier: Apache-2.0 */
/* shape_fns.c - the rules that many ops share, and element-wise, reducing and multiplying ops. */
#include "op/shape_ctx.h"

int
mg_shape_fn_no_outputs(mg_shape_ctx *c, mgreg_error *err)
{
	(void)c;
	(void)err;
	return 0;
}

int
mg_shape_fn_unchanged(mg_shape_ctx *c, mgreg_error *err)
{
	return mg_sc_put_like(c, 0, 0, err);
}

int
mg_shape_fn_unchanged_all(mg_shape_ctx *c, mgreg_error *err)
{
	int rc = 0;

	for (int i = 0; i < c->output_count && i < c->input_count && rc == 0; i++)
		rc = mg_sc_put_like(c, i, i, err);
	return rc;
}

static int
unchanged_rank(mg_shape_ctx *c, int least, int most, mgreg_error *err)
{
	int rc;

	if ((rc = mg_sc_rank_min(c, 0, least, err)) != 0 || (rc = mg_sc_rank_max(c, 0, most, err)) != 0)
		return rc;
	if (mg_sc_known(c, 0) || least != most)
		return mg_sc_put_like(c, 0, 0, err);
	mg_dims d;
	mg_dims_unknown(&d, least);
	return mg_sc_put(c, 0, &d, err);
}

int mg_shape_fn_unchanged_rank0(mg_shape_ctx *c, mgreg_error *err) { return unchanged_rank(c, 0, 0, err); }
int mg_shape_fn_unchanged_vector(mg_shape_ctx *c, mgreg_error *err) { return unchanged_rank(c, 1, 1, err); }
int mg_shape_fn_unchanged_rank4(mg_shape_ctx *c, mgreg_error *err) { return unchanged_rank(c, 4, 4, err); }
int mg_shape_fn_unchanged_rank5(mg_shape_ctx *c, mgreg_error *err) { return unchanged_rank(c, 5, 5, err); }
int mg_shape_fn_unchanged_min1(mg_shape_ctx *c, mgreg_error *err) { return unchanged_rank(c, 1, MG_MAX_RANK, err); }
int mg_shape_fn_unchanged_min2(mg_shape_ctx *c, mgreg_error *err) { return unchanged_rank(c, 2, MG_MAX_RANK, err); }
int mg_shape_fn_unchanged_min3(mg_shape_ctx *c, mgreg_error *err) { return unchanged_rank(c, 3, MG_MAX_RANK, err); }

int
mg_shape_fn_scalar(mg_shape_ctx *c, mgreg_error *err)
{
	int rc = 0;

	for (int o = 0; o < c->output_count && rc == 0; o++)
		rc = mg_sc_put_scalar(c, o, err);
	return rc;
}

int
mg_shape_fn_scalars(mg_shape_ctx *c, mgreg_error *err)
{
	int rc = 0;

	for (int i = 0; i < c->input_count && rc == 0; i++)
		rc = mg_sc_rank_max(c, i, 1, err);      /* a vector of one passes for a scalar, as kernels let it */
	return rc ? rc : mg_shape_fn_scalar(c, err);
}

int
mg_shape_fn_two(mg_shape_ctx *c, mgreg_error *err)
{
	int rc = 0;

	for (int o = 0; o < c->output_count && rc == 0; o++)
		rc = mg_sc_put_vector(c, o, 2, err);
	return rc;
}

int
mg_shape_fn_vector(mg_shape_ctx *c, mgreg_error *err)
{
	int rc = 0;

	for (int o = 0; o < c->output_count && rc == 0; o++)
		rc = mg_sc_put_vector(c, o, -1, err);
	return rc;
}

/* All inputs have one shape; outputs too. */
int
mg_shape_fn_merge(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims d, x;
	int rc = 0;

	d.rank = MG_RANK_UNKNOWN;
	for (int i = 0; i < c->input_count && rc == 0; i++) {
		mg_sc_get(c, i, &x);
		rc = mg_sc_merge(c, &d, &x, err);
	}
	for (int o = 0; o < c->output_count && rc == 0; o++)
		rc = mg_sc_put(c, o, &d, err);
	return rc;
}

int
mg_shape_fn_explicit(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims d, x;
	int rc = 0;

	if (!mg_sc_attr_shape(c, "shape", &d))
		return mg_sc_fail(c, err, "attr 'shape' is not a shape");
	for (int i = 0; i < c->input_count && rc == 0; i++) {           /* AccumulateNV2, PlaceholderWithDefault, EnsureShape */
		mg_sc_get(c, i, &x);
		rc = mg_sc_merge(c, &x, &d, err);
	}
	return rc ? rc : mg_sc_put(c, 0, &d, err);
}

int
mg_shape_fn_ensure(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims d, x;
	int rc;

	if (!mg_sc_attr_shape(c, "shape", &d))
		return mg_sc_fail(c, err, "attr 'shape' is not a shape");
	mg_sc_get(c, 0, &x);
	rc = mg_sc_merge(c, &x, &d, err);
	return rc ? rc : mg_sc_put(c, 0, &x, err);
}

/* ---- element by element ---- */
int
mg_shape_fn_broadcast(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims a, b, d;
	int rc;

	mg_sc_get(c, 0, &a);
	mg_sc_get(c, 1, &b);
	rc = mg_sc_broadcast(c, &a, &b, &d, err);
	return rc ? rc : mg_sc_put(c, 0, &d, err);
}

/* Equal, NotEqual: without incompatible_shape_error different shapes compare to one scalar. */
int
mg_shape_fn_equal(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims a, b, d;

	if (mg_sc_attr_bool(c, "incompatible_shape_error", true))
		return mg_shape_fn_broadcast(c, err);
	mg_sc_get(c, 0, &a);
	mg_sc_get(c, 1, &b);
	if (mg_sc_broadcast(c, &a, &b, &d, NULL) != 0)
		d.rank = MG_RANK_UNKNOWN;
	return mg_sc_put(c, 0, &d, err);
}

int
mg_shape_fn_broadcast3(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims a, b, d;
	int rc;

	mg_sc_get(c, 0, &a);
	mg_sc_get(c, 1, &b);
	if ((rc = mg_sc_broadcast(c, &a, &b, &d, err)) != 0)
		return rc;
	mg_sc_get(c, 2, &a);
	rc = mg_sc_broadcast(c, &d, &a, &b, err);
	return rc ? rc : mg_sc_put(c, 0, &b, err);
}

/* The condition has the branches' shape, or one length for their first, or none. */
int
mg_shape_fn_select(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims t, e, cond;
	int64_t n;
	int rc;

	mg_sc_get(c, 1, &t);
	mg_sc_get(c, 2, &e);
	if ((rc = mg_sc_merge(c, &t, &e, err)) != 0)
		return rc;
	mg_sc_get(c, 0, &cond);
	if (cond.rank > 1 || (cond.rank >= 1 && t.rank == 0)) {
		rc = mg_sc_merge(c, &t, &cond, err);
	} else if (cond.rank == 1 && t.rank >= 1) {
		rc = mg_sc_merge_dim(c, t.at[0], cond.at[0], &n, err);
		if (rc == 0)
			t.at[0] = n;
	}
	if (rc == 0)
		rc = mg_sc_put(c, 0, &t, err);
	return rc;
}

int
mg_shape_fn_cross(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims a, b;
	int rc;

	if ((rc = mg_sc_rank_min(c, 0, 1, err)) != 0)
		return rc;
	mg_sc_get(c, 0, &a);
	mg_sc_get(c, 1, &b);
	if ((rc = mg_sc_merge(c, &a, &b, err)) != 0)
		return rc;
	if (a.rank > 0 && a.at[a.rank - 1] >= 0 && a.at[a.rank - 1] != 3)
		return mg_sc_fail(c, err, "the last dimension must be 3, but is %lld", (long long)a.at[a.rank - 1]);
	return mg_sc_put(c, 0, &a, err);
}

/* ---- reductions ---- */
int
mg_shape_fn_reduction(mg_shape_ctx *c, mgreg_error *err)
{
	int64_t axes[MG_MAX_RANK];
	bool gone[MG_MAX_RANK] = { false };
	bool keep = mg_sc_attr_bool(c, "keep_dims", false);
	int n, rc, rank = 0;
	mg_dims d;

	mg_sc_get(c, 0, &d);
	if ((rc = mg_sc_rank_max(c, 1, 1, err)) != 0)
		return rc;
	if (!mg_sc_ints(c, 1, axes, MG_MAX_RANK, &n)) {
		if (keep && d.rank >= 0)
			mg_dims_unknown(&d, d.rank);
		else if (mg_sc_known(c, 1) && c->inputs[1]->rank == 0 && d.rank > 0)
			mg_dims_unknown(&d, d.rank - 1);
		else if (mg_sc_dim(c, 1, 0) == 0)       /* no axis at all */
			;
		else
			d.rank = MG_RANK_UNKNOWN;
		return mg_sc_put(c, 0, &d, err);
	}
	if (d.rank < 0)
		return mg_sc_put(c, 0, &d, err);
	for (int i = 0; i < n; i++) {
		if (axes[i] < -d.rank || axes[i] >= d.rank)
			return mg_sc_fail(c, err, "invalid reduction dimension %lld for input with %d dimensions", (long long)axes[i], d.rank);
		gone[axes[i] < 0 ? axes[i] + d.rank : axes[i]] = true;
	}
	for (int i = 0; i < d.rank; i++)
		if (!gone[i] || keep)
			d.at[rank++] = gone[i] ? 1 : d.at[i];
	d.rank = rank;
	return mg_sc_put(c, 0, &d, err);
}

int
mg_shape_fn_arg_op(mg_shape_ctx *c, mgreg_error *err)
{
	int64_t axis;
	mg_dims d;
	int rc, k;

	if ((rc = mg_sc_rank_max(c, 1, 1, err)) != 0)
		return rc;
	mg_sc_get(c, 0, &d);
	if (d.rank <= 0)
		return mg_sc_put(c, 0, &d, err);
	if (!mg_sc_int(c, 1, &axis)) {
		mg_dims_unknown(&d, d.rank - 1);
		return mg_sc_put(c, 0, &d, err);
	}
	if ((rc = mg_sc_axis(c, axis, d.rank, &k, err)) != 0)
		return rc;
	mg_dims_remove(&d, k);
	return mg_sc_put(c, 0, &d, err);
}

/* ---- products ---- */
int
mg_shape_fn_matmul(mg_shape_ctx *c, mgreg_error *err)
{
	bool ta = mg_sc_attr_bool(c, "transpose_a", false), tb = mg_sc_attr_bool(c, "transpose_b", false);
	int64_t inner;
	int rc;

	if ((rc = mg_sc_rank(c, 0, 2, err)) != 0 || (rc = mg_sc_rank(c, 1, 2, err)) != 0
	    || (rc = mg_sc_merge_dim(c, mg_sc_dim(c, 0, ta ? 0 : 1), mg_sc_dim(c, 1, tb ? 1 : 0), &inner, err)) != 0)
		return rc;
	return mg_sc_put_matrix(c, 0, mg_sc_dim(c, 0, ta ? 1 : 0), mg_sc_dim(c, 1, tb ? 0 : 1), err);
}

static int
batch_matmul(mg_shape_ctx *c, bool broadcast, mgreg_error *err)
{
	bool ta = mg_sc_attr_bool(c, "adj_x", false), tb = mg_sc_attr_bool(c, "adj_y", false);
	mg_dims a, b, d;
	int64_t inner;
	int rc;

	if ((rc = mg_sc_rank_min(c, 0, 2, err)) != 0 || (rc = mg_sc_rank_min(c, 1, 2, err)) != 0
	    || (rc = mg_sc_merge_dim(c, mg_sc_dim(c, 0, ta ? -2 : -1), mg_sc_dim(c, 1, tb ? -1 : -2), &inner, err)) != 0)
		return rc;
	mg_sc_get(c, 0, &a);
	mg_sc_get(c, 1, &b);
	if (a.rank >= 0)
		a.rank -= 2;
	if (b.rank >= 0)
		b.rank -= 2;
	if (broadcast) {
		rc = mg_sc_broadcast(c, &a, &b, &d, err);
	} else {
		d = a;
		rc = mg_sc_merge(c, &d, &b, err);
	}
	if (rc)
		return rc;
	if (d.rank >= 0) {
		d.at[d.rank++] = mg_sc_dim(c, 0, ta ? -1 : -2);
		d.at[d.rank++] = mg_sc_dim(c, 1, tb ? -2 : -1);
	}
	return mg_sc_put(c, 0, &d, err);
}

int mg_shape_fn_batch_matmul(mg_shape_ctx *c, mgreg_error *err) { return batch_matmul(c, false, err); }
int mg_shape_fn_batch_matmul_v2(mg_shape_ctx *c, mgreg_error *err) { return batch_matmul(c, true, err); }

/* ---- sequences ---- */
static int
put_count(mg_shape_ctx *c, double n, mgreg_error *err)
{
	if (!(n >= 0 && n <= 9.2e18))
		return mg_sc_fail(c, err, "a range of %g elements", n);
	return mg_sc_put_vector(c, 0, (int64_t)n, err);
}

int
mg_shape_fn_range(mg_shape_ctx *c, mgreg_error *err)
{
	const mg_tensor *t[3];
	double start, limit, delta, n;
	int64_t s, l, d;

	for (int i = 0; i < 3; i++) {
		t[i] = c->constants ? c->constants[i] : NULL;
		if (!t[i]) {
			c->needs_constants = true;
			return mg_sc_put_vector(c, 0, -1, err);
		}
		if (t[i]->count != 1)
			return mg_sc_fail(c, err, "input %d must be a scalar", i);
	}
	if (mg_tensor_as_i64(t[0], 0, &s) && mg_tensor_as_i64(t[1], 0, &l) && mg_tensor_as_i64(t[2], 0, &d)) {
		uint64_t span = l > s ? (uint64_t)l - (uint64_t)s : (uint64_t)s - (uint64_t)l;
		uint64_t step = d < 0 ? 0 - (uint64_t)d : (uint64_t)d;

		if (d == 0)
			return mg_sc_fail(c, err, "requires delta != 0");
		if ((d > 0 && s > l) || (d < 0 && s < l))
			return mg_sc_fail(c, err, "requires start %s limit when delta %s 0: %lld, %lld", d > 0 ? "<=" : ">=", d > 0 ? ">" : "<",
				(long long)s, (long long)l);
		return put_count(c, (double)(span / step + (span % step != 0)), err);
	}
	if (!mg_tensor_as_double(t[0], 0, &start) || !mg_tensor_as_double(t[1], 0, &limit) || !mg_tensor_as_double(t[2], 0, &delta))
		return mg_sc_put_vector(c, 0, -1, err);
	if (delta == 0)
		return mg_sc_fail(c, err, "requires delta != 0");
	if ((delta > 0 && start > limit) || (delta < 0 && start < limit))
		return mg_sc_fail(c, err, "requires start %s limit when delta %s 0: %g, %g", delta > 0 ? "<=" : ">=", delta > 0 ? ">" : "<",
			start, limit);
	n = (limit - start) / delta;
	n = n < 0 ? -n : n;
	return put_count(c, n == (double)(int64_t)n ? n : (double)((int64_t)n + 1), err);
}

int
mg_shape_fn_linspace(mg_shape_ctx *c, mgreg_error *err)
{
	int64_t n;
	int rc;

	for (int i = 0; i < 3; i++)
		if ((rc = mg_sc_rank(c, i, 0, err)) != 0)
			return rc;
	if (!mg_sc_int(c, 2, &n))
		return mg_sc_put_vector(c, 0, -1, err);
	if (n <= 0)
		return mg_sc_fail(c, err, "requires num > 0: %lld", (long long)n);
	return mg_sc_put_vector(c, 0, n, err);
}

int
mg_shape_fn_bincount(mg_shape_ctx *c, mgreg_error *err)
{
	int64_t n;
	int rc;

	if ((rc = mg_sc_rank(c, 1, 0, err)) != 0)
		return rc;
	if (!mg_sc_int(c, 1, &n))
		n = -1;
	else if (n < 0)
		return mg_sc_fail(c, err, "size (%lld) must be non-negative", (long long)n);
	return mg_sc_put_vector(c, 0, n, err);
}

int
mg_shape_fn_histogram(mg_shape_ctx *c, mgreg_error *err)
{
	int64_t n;

	if (!mg_sc_int(c, 2, &n))
		n = -1;
	else if (n <= 0)
		return mg_sc_fail(c, err, "requires nbins > 0: %lld", (long long)n);
	return mg_sc_put_vector(c, 0, n, err);
}

/* ---- segments ---- */
/* [ROWS] and the data's lengths from SKIP on. */
static int
put_segments(mg_shape_ctx *c, int64_t rows, int skip, mgreg_error *err)
{
	mg_dims d, x;

	mg_sc_get(c, 0, &d);
	if (d.rank < 0)
		return mg_sc_put(c, 0, &d, err);
	x.rank = 1;
	x.at[0] = rows;
	mg_dims_append(&x, &d, skip, d.rank);
	return mg_sc_put(c, 0, &x, err);
}

int
mg_shape_fn_segment(mg_shape_ctx *c, mgreg_error *err)
{
	int64_t n;
	int rc;

	if ((rc = mg_sc_rank_min(c, 0, 1, err)) != 0 || (rc = mg_sc_rank(c, 1, 1, err)) != 0
	    || (rc = mg_sc_merge_dim(c, mg_sc_dim(c, 0, 0), mg_sc_dim(c, 1, 0), &n, err)) != 0)
		return rc;
	return put_segments(c, -1, 1, err);
}

int
mg_shape_fn_unsorted_segment(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims data, ids;
	int64_t n = -1;
	int rc;

	mg_sc_get(c, 0, &data);
	mg_sc_get(c, 1, &ids);
	if ((rc = mg_sc_rank_max(c, 2, 1, err)) != 0)
		return rc;
	if (mg_sc_int(c, 2, &n) && n < 0)
		return mg_sc_fail(c, err, "num_segments (%lld) must be non-negative", (long long)n);
	if (ids.rank < 0 || data.rank < 0) {
		data.rank = MG_RANK_UNKNOWN;
		return mg_sc_put(c, 0, &data, err);
	}
	if (ids.rank > data.rank)
		return mg_sc_fail(c, err, "segment_ids has a higher rank than data");
	for (int i = 0; i < ids.rank; i++)
		if ((rc = mg_sc_merge_dim(c, data.at[i], ids.at[i], &ids.at[i], err)) != 0)
			return rc;
	return put_segments(c, n, ids.rank, err);
}

int
mg_shape_fn_sparse_segment(mg_shape_ctx *c, mgreg_error *err)
{
	int64_t n;
	int rc;

	if ((rc = mg_sc_rank_min(c, 0, 1, err)) != 0 || (rc = mg_sc_rank(c, 1, 1, err)) != 0 || (rc = mg_sc_rank(c, 2, 1, err)) != 0
	    || (rc = mg_sc_merge_dim(c, mg_sc_dim(c, 1, 0), mg_sc_dim(c, 2, 0), &n, err)) != 0)
		return rc;
	return put_segments(c, -1, 1, err);
}

/* The forms with num_segments, and the gradients with output_dim0, as input 3. */
int
mg_shape_fn_sparse_segment_num(mg_shape_ctx *c, mgreg_error *err)
{
	int64_t n = -1;
	int rc;

	if ((rc = mg_shape_fn_sparse_segment(c, err)) != 0 || (rc = mg_sc_rank_max(c, 3, 1, err)) != 0)
		return rc;
	if (mg_sc_int(c, 3, &n) && n < 0)
		return mg_sc_fail(c, err, "cannot make %lld rows", (long long)n);
	return put_segments(c, n, 1, err);
}

/* FakeQuantWithMinMaxVarsGradient: like the gradients, and two scalars. */
int
mg_shape_fn_fake_quant_grad(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims a, b;
	int rc;

	mg_sc_get(c, 0, &a);
	mg_sc_get(c, 1, &b);
	if ((rc = mg_sc_merge(c, &a, &b, err)) != 0 || (rc = mg_sc_put(c, 0, &a, err)) != 0 || (rc = mg_sc_put_scalar(c, 1, err)) != 0)
		return rc;
	return mg_sc_put_scalar(c, 2, err);
}
