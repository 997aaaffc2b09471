/* SPDX-License-Identifier: Apache-2.0 */
/* shape_array.c - shapes of ops that make, shape, join and split tensors. */
#include "op/shape_ctx.h"

int
mg_shape_fn_const(mg_shape_ctx *c, mgreg_error *err)
{
	const Pb__TensorProto *p;
	mg_shape s = { 0 };
	int rc;

	if (!mg_attr_get_tensor(c->attrs, "value", &p))
		return mg_sc_fail(c, err, "attr 'value' is not a tensor");
	if ((int)p->dtype != mg_sc_attr_type(c, "dtype"))
		return mg_sc_fail(c, err, "attr 'value' has type %s, attr 'dtype' says %s", mg_dtype_name((int)p->dtype),
			mg_dtype_name(mg_sc_attr_type(c, "dtype")));
	if (p->tensor_shape) {
		if ((rc = mg_shape_from_proto(&s, p->tensor_shape, err)) != 0)
			return rc;
		if (!mg_shape_is_full(&s)) {
			mg_shape_clear(&s);
			return mg_sc_fail(c, err, "attr 'value' has no complete shape");
		}
	}
	mg_shape_clear(&c->outputs[0]);
	c->outputs[0] = s;
	return 0;
}

/* Up to GraphDef version 21 the attribute's default was a scalar, and a scalar meant "unknown". */
int
mg_shape_fn_placeholder(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims d;

	if (!mg_sc_attr_shape(c, "shape", &d))
		return mg_sc_fail(c, err, "attr 'shape' is not a shape");
	if (d.rank == 0 && c->producer <= 21)
		d.rank = MG_RANK_UNKNOWN;
	return mg_sc_put(c, 0, &d, err);
}

/* Fill, random numbers, StridedSliceGrad, ...: a shape as input 0; SparseToDense, BroadcastTo: as input 1; ScatterNd: 2. */
static int
shape_from(mg_shape_ctx *c, int i, mgreg_error *err)
{
	mg_dims d;
	int rc = mg_sc_shape_value(c, i, &d, err);

	return rc ? rc : mg_sc_put(c, 0, &d, err);
}

int mg_shape_fn_shape_from_0(mg_shape_ctx *c, mgreg_error *err) { return shape_from(c, 0, err); }
int mg_shape_fn_shape_from_1(mg_shape_ctx *c, mgreg_error *err) { return shape_from(c, 1, err); }
int mg_shape_fn_shape_from_2(mg_shape_ctx *c, mgreg_error *err) { return shape_from(c, 2, err); }

int
mg_shape_fn_fill(mg_shape_ctx *c, mgreg_error *err)
{
	int rc;

	if ((rc = mg_sc_rank(c, 1, 0, err)) != 0)
		return rc;
	return shape_from(c, 0, err);
}

int
mg_shape_fn_broadcast_to(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims from, to, both;
	int rc;

	if ((rc = mg_sc_rank(c, 1, 1, err)) != 0 || (rc = mg_sc_shape_value(c, 1, &to, err)) != 0)
		return rc;
	mg_sc_get(c, 0, &from);
	if (from.rank >= 0 && to.rank >= 0) {
		if (from.rank > to.rank)
			return mg_sc_fail(c, err, "rank of input (%d) must be no greater than rank of output shape (%d)", from.rank, to.rank);
		if ((rc = mg_sc_broadcast(c, &from, &to, &both, err)) != 0)
			return rc;
		for (int i = 0; i < to.rank; i++)
			if (to.at[i] >= 0 && both.at[i] >= 0 && both.at[i] != to.at[i])
				return mg_sc_fail(c, err, "incompatible shape for broadcasting: axis %d of the result would be %lld, not %lld", i,
					(long long)both.at[i], (long long)to.at[i]);
	}
	return mg_sc_put(c, 0, &to, err);
}

/* ---- asking for shapes ---- */
int
mg_shape_fn_shape(mg_shape_ctx *c, mgreg_error *err)
{
	int rc = 0;

	for (int i = 0; i < c->input_count && rc == 0; i++)
		rc = mg_sc_put_vector(c, i, mg_sc_known(c, i) ? c->inputs[i]->rank : -1, err);
	return rc;
}

int
mg_shape_fn_broadcast_gradient_args(mg_shape_ctx *c, mgreg_error *err)
{
	int rc;

	if ((rc = mg_sc_rank(c, 0, 1, err)) != 0 || (rc = mg_sc_rank(c, 1, 1, err)) != 0)
		return rc;
	return mg_shape_fn_vector(c, err);
}

int
mg_shape_fn_broadcast_args(mg_shape_ctx *c, mgreg_error *err)
{
	int64_t a, b;
	int rc;

	if ((rc = mg_sc_rank(c, 0, 1, err)) != 0 || (rc = mg_sc_rank(c, 1, 1, err)) != 0)
		return rc;
	a = mg_sc_dim(c, 0, 0);
	b = mg_sc_dim(c, 1, 0);
	return mg_sc_put_vector(c, 0, a < 0 || b < 0 ? -1 : MG_MAX(a, b), err);
}

/* ---- another shape for the same elements ---- */
/* Solves the one unknown length of TO from FROM where that can be done; checks the counts where they are known. */
static int
solve(const mg_shape_ctx *c, const mg_dims *from, mg_dims *to, mgreg_error *err)
{
	int64_t n = 1, m = 1;
	int unknown = -1, unknowns = 0, from_unknowns = 0, rest;

	for (int i = 0; i < to->rank; i++)
		if (to->at[i] < 0) {
			unknown = i;
			unknowns++;
		} else {
			m = mg_dim_mul(m, to->at[i]);
		}
	for (int i = 0; i < from->rank; i++)
		if (from->at[i] < 0)
			from_unknowns++;
		else
			n = mg_dim_mul(n, from->at[i]);
	if (n < 0 || m < 0)
		return 0;
	if (unknowns == 0 && from_unknowns == 0) {
		if (n != m)
			return mg_sc_fail(c, err, "cannot reshape a tensor with %lld elements to a shape with %lld elements", (long long)n, (long long)m);
		return 0;
	}
	if (unknowns == 1 && from_unknowns == 0) {
		if (m == 0)
			return n == 0 ? 0 : mg_sc_fail(c, err, "reshape cannot infer the missing size of an empty tensor");
		rest = (int)(n % m != 0);
		if (rest)
			return mg_sc_fail(c, err, "dimension size must be evenly divisible by %lld but is %lld", (long long)m, (long long)n);
		to->at[unknown] = n / m;
	} else if (unknowns == 0 && from_unknowns == 1) {
		if (n > 0 && m % n != 0)
			return mg_sc_fail(c, err, "cannot reshape: %lld elements are no multiple of %lld", (long long)m, (long long)n);
	}
	return 0;
}

int
mg_shape_fn_reshape(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims from, to;
	int rc;

	if ((rc = mg_sc_shape_value(c, 1, &to, err)) != 0)
		return rc;
	mg_sc_get(c, 0, &from);
	if (to.rank >= 0 && from.rank >= 0 && (rc = solve(c, &from, &to, err)) != 0)
		return rc;
	return mg_sc_put(c, 0, &to, err);
}

int
mg_shape_fn_expand_dims(mg_shape_ctx *c, mgreg_error *err)
{
	int64_t axis;
	mg_dims d;
	int rc, k;

	mg_sc_get(c, 0, &d);
	if (!mg_sc_int(c, 1, &axis)) {
		if (c->constants && c->constants[1])
			return mg_sc_fail(c, err, "the axis must be one integer");
		mg_dims_unknown(&d, d.rank < 0 ? -1 : d.rank + 1);
		return mg_sc_put(c, 0, &d, err);
	}
	if (d.rank < 0)
		return mg_sc_put(c, 0, &d, err);
	if (d.rank >= MG_MAX_RANK)
		return mg_sc_fail(c, err, "too many dimensions");
	if ((rc = mg_sc_axis(c, axis, d.rank + 1, &k, err)) != 0)
		return rc;
	mg_dims_insert(&d, k, 1);
	return mg_sc_put(c, 0, &d, err);
}

int
mg_shape_fn_squeeze(mg_shape_ctx *c, mgreg_error *err)
{
	int64_t axes[MG_MAX_RANK];
	bool gone[MG_MAX_RANK] = { false };
	int n = mg_sc_attr_ints(c, "squeeze_dims", axes, MG_MAX_RANK), rank = 0, rc, k;
	mg_dims d;

	mg_sc_get(c, 0, &d);
	if (d.rank < 0)
		return mg_sc_put(c, 0, &d, err);
	for (int i = 0; i < n; i++) {
		if ((rc = mg_sc_axis(c, axes[i], d.rank, &k, err)) != 0)
			return rc;
		gone[k] = true;
	}
	for (int i = 0; i < d.rank; i++) {
		if (n > 0 && gone[i] && d.at[i] >= 0 && d.at[i] != 1)
			return mg_sc_fail(c, err, "cannot squeeze dim[%d], expected a dimension of 1, got %lld", i, (long long)d.at[i]);
		if (n <= 0 && d.at[i] < 0) {            /* may or may not go: nothing is known */
			d.rank = MG_RANK_UNKNOWN;
			return mg_sc_put(c, 0, &d, err);
		}
		if (n > 0 ? !gone[i] : d.at[i] != 1)
			d.at[rank++] = d.at[i];
	}
	d.rank = rank;
	return mg_sc_put(c, 0, &d, err);
}

int
mg_shape_fn_transpose(mg_shape_ctx *c, mgreg_error *err)
{
	int64_t perm[MG_MAX_RANK];
	bool seen[MG_MAX_RANK] = { false };
	int n, rank;
	mg_dims d, out;

	mg_sc_get(c, 0, &d);
	rank = d.rank >= 0 ? d.rank : (int)MG_MIN(mg_sc_dim(c, 1, 0), (int64_t)MG_MAX_RANK);
	if (!mg_sc_ints(c, 1, perm, MG_MAX_RANK, &n)) {
		if (d.rank >= 0 && mg_sc_dim(c, 1, 0) >= 0 && mg_sc_dim(c, 1, 0) != d.rank)
			return mg_sc_fail(c, err, "the permutation has %lld entries, the tensor %d dimensions", (long long)mg_sc_dim(c, 1, 0), d.rank);
		if (rank > 1 || rank < 0)
			mg_dims_unknown(&d, rank);
		return mg_sc_put(c, 0, &d, err);
	}
	if (d.rank < 0)
		mg_dims_unknown(&d, n);
	if (n != d.rank)
		return mg_sc_fail(c, err, "the permutation has %d entries, the tensor %d dimensions", n, d.rank);
	out.rank = n;
	for (int i = 0; i < n; i++) {
		int64_t p = perm[i] < 0 ? perm[i] + n : perm[i];

		if (p < 0 || p >= n || seen[p])
			return mg_sc_fail(c, err, "perm[%d] = %lld is no permutation of %d dimensions", i, (long long)perm[i], n);
		seen[p] = true;
		out.at[i] = d.at[p];
	}
	return mg_sc_put(c, 0, &out, err);
}

int
mg_shape_fn_tile(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims d, m;
	int rc;

	if ((rc = mg_sc_rank_max(c, 1, 1, err)) != 0 || (rc = mg_sc_shape_value(c, 1, &m, err)) != 0)
		return rc;
	mg_sc_get(c, 0, &d);
	if (d.rank < 0)
		mg_dims_unknown(&d, m.rank);
	if (m.rank < 0)
		mg_dims_unknown(&m, d.rank);
	if (d.rank != m.rank)
		return mg_sc_fail(c, err, "multiples has %d entries, the tensor %d dimensions", m.rank, d.rank);
	for (int i = 0; i < d.rank; i++)
		d.at[i] = d.at[i] < 0 || m.at[i] < 0 ? -1 : mg_dim_mul(d.at[i], m.at[i]);
	return mg_sc_put(c, 0, &d, err);
}

/* SIGN +1: what padding adds; -1: what its gradient takes away. */
static int
pad(mg_shape_ctx *c, int sign, mgreg_error *err)
{
	const mg_tensor *t = c->constants ? c->constants[1] : NULL;
	int64_t n = mg_sc_dim(c, 1, 0), two;
	mg_dims d;
	int rc;

	if ((rc = mg_sc_rank(c, 1, 2, err)) != 0 || (rc = mg_sc_merge_dim(c, mg_sc_dim(c, 1, 1), 2, &two, err)) != 0)
		return rc;
	mg_sc_get(c, 0, &d);
	if (d.rank < 0)
		mg_dims_unknown(&d, n > MG_MAX_RANK ? -1 : (int)n);
	if (d.rank >= 0 && n >= 0 && n != d.rank)
		return mg_sc_fail(c, err, "paddings has %lld rows, the tensor %d dimensions", (long long)n, d.rank);
	if (!t)
		c->needs_constants = true;
	for (int i = 0; i < d.rank; i++) {
		int64_t before, after;

		if (!t || d.at[i] < 0) {
			d.at[i] = -1;
			continue;
		}
		if (!mg_tensor_as_i64(t, 2 * i, &before) || !mg_tensor_as_i64(t, 2 * i + 1, &after) || before < 0 || after < 0)
			return mg_sc_fail(c, err, "paddings must be non-negative");
		if (sign > 0)
			d.at[i] = mg_dim_add(d.at[i], mg_dim_add(before, after));
		else if (before > d.at[i] || after > d.at[i] - before)
			return mg_sc_fail(c, err, "paddings %lld, %lld are more than dimension %d has", (long long)before, (long long)after, i);
		else
			d.at[i] -= before + after;
	}
	return mg_sc_put(c, 0, &d, err);
}

int mg_shape_fn_pad(mg_shape_ctx *c, mgreg_error *err) { return pad(c, 1, err); }
int mg_shape_fn_pad_grad(mg_shape_ctx *c, mgreg_error *err) { return pad(c, -1, err); }

/* ---- joining ---- */
static int
concat(mg_shape_ctx *c, int axis_input, int first, int n, mgreg_error *err)
{
	mg_dims d, x;
	int64_t axis, sum = 0;
	int rc, k = 0;
	bool known;

	if ((rc = mg_sc_rank_max(c, axis_input, 1, err)) != 0)
		return rc;
	known = mg_sc_int(c, axis_input, &axis);
	d.rank = MG_RANK_UNKNOWN;
	for (int i = 0; i < n; i++) {
		mg_sc_get(c, first + i, &x);
		if (x.rank == 0)
			return mg_sc_fail(c, err, "cannot concatenate scalars (use pack instead)");
		if (x.rank < 0) {
			sum = -1;
			continue;
		}
		if (d.rank >= 0 && d.rank != x.rank)
			return mg_sc_fail(c, err, "all values must have one rank, got %d and %d", d.rank, x.rank);
		if (!known) {
			mg_dims_unknown(&d, x.rank);
			continue;
		}
		if ((rc = mg_sc_axis(c, axis, x.rank, &k, err)) != 0)
			return rc;
		sum = sum < 0 || x.at[k] < 0 ? -1 : mg_dim_add(sum, x.at[k]);
		x.at[k] = -1;
		if ((rc = mg_sc_merge(c, &d, &x, err)) != 0)
			return rc;
	}
	if (known && d.rank >= 0)
		d.at[k] = sum;
	return mg_sc_put(c, 0, &d, err);
}

int mg_shape_fn_concat(mg_shape_ctx *c, mgreg_error *err) { return concat(c, 0, 1, c->input_count - 1, err); }
int mg_shape_fn_concat_v2(mg_shape_ctx *c, mgreg_error *err) { return concat(c, c->input_count - 1, 0, c->input_count - 1, err); }

int
mg_shape_fn_concat_offset(mg_shape_ctx *c, mgreg_error *err)
{
	int rc = 0;

	for (int i = 1; i < c->input_count && rc == 0; i++)
		rc = mg_sc_put_like(c, i - 1, i, err);
	return rc;
}

int
mg_shape_fn_pack(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims d, x;
	int rc, k;

	d.rank = MG_RANK_UNKNOWN;
	for (int i = 0; i < c->input_count; i++) {
		mg_sc_get(c, i, &x);
		if ((rc = mg_sc_merge(c, &d, &x, err)) != 0)
			return rc;
	}
	if (d.rank < 0)
		return mg_sc_put(c, 0, &d, err);
	if (d.rank >= MG_MAX_RANK)
		return mg_sc_fail(c, err, "too many dimensions");
	if ((rc = mg_sc_axis(c, mg_sc_attr_int(c, "axis", 0), d.rank + 1, &k, err)) != 0)
		return rc;
	mg_dims_insert(&d, k, c->input_count);
	return mg_sc_put(c, 0, &d, err);
}

int
mg_shape_fn_parallel_concat(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims d;

	if (!mg_sc_attr_shape(c, "shape", &d))
		return mg_sc_fail(c, err, "attr 'shape' is not a shape");
	return mg_sc_put(c, 0, &d, err);
}

/* ---- splitting ---- */
int
mg_shape_fn_unpack(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims d;
	int64_t n;
	int rc = 0, k;

	mg_sc_get(c, 0, &d);
	if (d.rank >= 0) {
		if ((rc = mg_sc_axis(c, mg_sc_attr_int(c, "axis", 0), d.rank, &k, err)) != 0
		    || (rc = mg_sc_merge_dim(c, d.at[k], c->output_count, &n, err)) != 0)
			return rc;
		mg_dims_remove(&d, k);
	}
	for (int o = 0; o < c->output_count && rc == 0; o++)
		rc = mg_sc_put(c, o, &d, err);
	return rc;
}

int
mg_shape_fn_split(mg_shape_ctx *c, mgreg_error *err)
{
	int64_t axis;
	mg_dims d;
	int rc, k;

	if ((rc = mg_sc_rank_max(c, 0, 1, err)) != 0)
		return rc;
	mg_sc_get(c, 1, &d);
	if (!mg_sc_int(c, 0, &axis)) {
		mg_dims_unknown(&d, d.rank);
	} else if (d.rank >= 0) {
		if ((rc = mg_sc_axis(c, axis, d.rank, &k, err)) != 0)
			return rc;
		if (d.at[k] >= 0 && d.at[k] % c->output_count != 0)
			return mg_sc_fail(c, err, "dimension size must be evenly divisible by %d but is %lld", c->output_count, (long long)d.at[k]);
		if (d.at[k] >= 0)
			d.at[k] /= c->output_count;
	}
	for (int o = 0; o < c->output_count && rc == 0; o++)
		rc = mg_sc_put(c, o, &d, err);
	return rc;
}

int
mg_shape_fn_split_v(mg_shape_ctx *c, mgreg_error *err)
{
	int64_t axis, sizes[MG_MAX_RANK], sum = 0, n;
	int rc = 0, k = 0, count, open = -1;
	bool known;
	mg_dims d;

	if ((rc = mg_sc_rank(c, 1, 1, err)) != 0 || (rc = mg_sc_merge_dim(c, mg_sc_dim(c, 1, 0), c->output_count, &n, err)) != 0)
		return rc;
	mg_sc_get(c, 0, &d);
	known = mg_sc_int(c, 2, &axis);
	if (known && d.rank >= 0 && (rc = mg_sc_axis(c, axis, d.rank, &k, err)) != 0)
		return rc;
	if (!known || d.rank < 0 || !mg_sc_ints(c, 1, sizes, MG_MAX_RANK, &count)) {
		if (!known)
			mg_dims_unknown(&d, d.rank);
		else if (d.rank >= 0)
			d.at[k] = c->output_count == 1 ? d.at[k] : -1;
		for (int o = 0; o < c->output_count && rc == 0; o++)
			rc = mg_sc_put(c, o, &d, err);
		return rc;
	}
	for (int i = 0; i < count; i++) {
		if (sizes[i] == -1 && open < 0)
			open = i;
		else if (sizes[i] < 0)
			return mg_sc_fail(c, err, "size_splits[%d] is %lld", i, (long long)sizes[i]);
		else
			sum = mg_dim_add(sum, sizes[i]);
	}
	if (d.at[k] >= 0 && (open >= 0 ? sum > d.at[k] : sum != d.at[k]))
		return mg_sc_fail(c, err, "split sizes make %lld, the dimension has %lld", (long long)sum, (long long)d.at[k]);
	if (open >= 0)
		sizes[open] = d.at[k] < 0 ? -1 : d.at[k] - sum;
	for (int o = 0; o < c->output_count && rc == 0; o++) {
		d.at[k] = sizes[o];
		rc = mg_sc_put(c, o, &d, err);
	}
	return rc;
}

/* ---- diagonals ---- */
int
mg_shape_fn_diag(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims d, x;

	mg_sc_get(c, 0, &d);
	if (d.rank == 0)
		return mg_sc_fail(c, err, "input must be at least of rank 1");
	if (d.rank > 0) {
		x = d;
		if (!mg_dims_append(&d, &x, 0, x.rank))
			return mg_sc_fail(c, err, "too many dimensions");
	}
	return mg_sc_put(c, 0, &d, err);
}

int
mg_shape_fn_diag_part(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims d;
	int rc, half;

	mg_sc_get(c, 0, &d);
	if (d.rank < 0)
		return mg_sc_put(c, 0, &d, err);
	if (d.rank == 0 || d.rank % 2 != 0)
		return mg_sc_fail(c, err, "input must have an even rank, input rank is %d", d.rank);
	half = d.rank / 2;
	for (int i = 0; i < half; i++)
		if ((rc = mg_sc_merge_dim(c, d.at[i], d.at[half + i], &d.at[i], err)) != 0)
			return rc;
	d.rank = half;
	return mg_sc_put(c, 0, &d, err);
}

int
mg_shape_fn_matrix_diag(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims d;
	int rc;

	if ((rc = mg_sc_rank_min(c, 0, 1, err)) != 0)
		return rc;
	mg_sc_get(c, 0, &d);
	if (d.rank >= MG_MAX_RANK)
		return mg_sc_fail(c, err, "too many dimensions");
	if (d.rank > 0)
		mg_dims_insert(&d, d.rank, d.at[d.rank - 1]);
	return mg_sc_put(c, 0, &d, err);
}

static int64_t
least(int64_t a, int64_t b)
{
	return a < 0 || b < 0 ? -1 : MG_MIN(a, b);
}

int
mg_shape_fn_matrix_diag_part(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims d;
	int rc;

	if ((rc = mg_sc_rank_min(c, 0, 2, err)) != 0)
		return rc;
	mg_sc_get(c, 0, &d);
	if (d.rank >= 2) {
		d.at[d.rank - 2] = least(d.at[d.rank - 2], d.at[d.rank - 1]);
		d.rank--;
	}
	return mg_sc_put(c, 0, &d, err);
}

int
mg_shape_fn_matrix_set_diag(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims d, g, want;
	int rc;

	if ((rc = mg_sc_rank_min(c, 0, 2, err)) != 0 || (rc = mg_sc_rank_min(c, 1, 1, err)) != 0)
		return rc;
	mg_sc_get(c, 0, &d);
	mg_sc_get(c, 1, &g);
	if (d.rank >= 2) {
		want = d;
		want.at[want.rank - 2] = least(d.at[d.rank - 2], d.at[d.rank - 1]);
		want.rank--;
		if ((rc = mg_sc_merge(c, &want, &g, err)) != 0)
			return rc;
	}
	return mg_sc_put(c, 0, &d, err);
}

/* ---- space, batch, depth ---- */
/* SIGN +1: space to batch, -1: batch to space.  BLOCK[N] and PADS[2N] may be unknown (NULL). */
static int
space_batch(mg_shape_ctx *c, int n, const int64_t *block, const int64_t *pads, int sign, mgreg_error *err)
{
	mg_dims d;
	int64_t batch;

	mg_sc_get(c, 0, &d);
	if (d.rank < 0)
		return mg_sc_put(c, 0, &d, err);
	if (n >= 0 && d.rank < n + 1)
		return mg_sc_fail(c, err, "input must have at least %d dimensions", n + 1);
	if (n < 0 || !block) {
		int keep = n < 0 ? 0 : d.rank - n - 1;

		for (int i = 0; i < d.rank - keep; i++)
			d.at[i] = -1;
		return mg_sc_put(c, 0, &d, err);
	}
	batch = d.at[0];
	for (int i = 0; i < n; i++) {
		int64_t *x = &d.at[i + 1];

		if (block[i] < 1)
			return mg_sc_fail(c, err, "block_shape[%d] must be positive, but is %lld", i, (long long)block[i]);
		if (pads && (pads[2 * i] < 0 || pads[2 * i + 1] < 0))
			return mg_sc_fail(c, err, "paddings and crops cannot be negative");
		if (sign > 0) {
			batch = batch < 0 ? -1 : mg_dim_mul(batch, block[i]);
			*x = *x < 0 || !pads ? -1 : mg_dim_add(*x, mg_dim_add(pads[2 * i], pads[2 * i + 1]));
			if (*x >= 0 && *x % block[i] != 0)
				return mg_sc_fail(c, err, "padded dimension %d of %lld is not divisible by the block size %lld", i + 1, (long long)*x,
					(long long)block[i]);
			if (*x >= 0)
				*x /= block[i];
		} else {
			if (batch >= 0 && batch % block[i] != 0)
				return mg_sc_fail(c, err, "batch %lld is not divisible by the block size %lld", (long long)batch, (long long)block[i]);
			batch = batch < 0 ? -1 : batch / block[i];
			*x = *x < 0 || !pads ? -1 : mg_dim_mul(*x, block[i]);
			if (*x >= 0) {
				if (pads[2 * i] + pads[2 * i + 1] > *x)
					return mg_sc_fail(c, err, "crops are more than dimension %d has", i + 1);
				*x -= pads[2 * i] + pads[2 * i + 1];
			}
		}
	}
	d.at[0] = batch;
	return mg_sc_put(c, 0, &d, err);
}

/* A constant matrix [n,2] as a flat list. */
static bool
pairs(mg_shape_ctx *c, int i, int n, int64_t *out)
{
	const mg_tensor *t = c->constants ? c->constants[i] : NULL;

	if (!t)
		c->needs_constants = true;
	if (!t || t->count != 2 * n)
		return false;
	for (int k = 0; k < 2 * n; k++)
		if (!mg_tensor_as_i64(t, k, &out[k]))
			return false;
	return true;
}

#define MAX_BLOCK 16

static int
space_batch_nd(mg_shape_ctx *c, int sign, mgreg_error *err)
{
	int64_t block[MAX_BLOCK], pads[2 * MAX_BLOCK], two;
	int n = -1, rc;
	bool has_block, has_pads = false;

	if ((rc = mg_sc_rank(c, 1, 1, err)) != 0 || (rc = mg_sc_rank(c, 2, 2, err)) != 0
	    || (rc = mg_sc_merge_dim(c, mg_sc_dim(c, 2, 1), 2, &two, err)) != 0)
		return rc;
	has_block = mg_sc_ints(c, 1, block, MAX_BLOCK, &n);
	if (has_block)
		has_pads = pairs(c, 2, n, pads);
	else
		n = (int)MG_MIN(mg_sc_dim(c, 1, 0), (int64_t)MAX_BLOCK);
	return space_batch(c, n, has_block ? block : NULL, has_pads ? pads : NULL, sign, err);
}

static int
space_batch_2d(mg_shape_ctx *c, int sign, mgreg_error *err)
{
	int64_t block[2], pads[4];
	int rc;

	if ((rc = mg_sc_rank(c, 0, 4, err)) != 0 || (rc = mg_sc_rank(c, 1, 2, err)) != 0)
		return rc;
	block[0] = block[1] = mg_sc_attr_int(c, "block_size", 1);
	return space_batch(c, 2, block, pairs(c, 1, 2, pads) ? pads : NULL, sign, err);
}

int mg_shape_fn_space_to_batch(mg_shape_ctx *c, mgreg_error *err) { return space_batch_2d(c, 1, err); }
int mg_shape_fn_batch_to_space(mg_shape_ctx *c, mgreg_error *err) { return space_batch_2d(c, -1, err); }
int mg_shape_fn_space_to_batch_nd(mg_shape_ctx *c, mgreg_error *err) { return space_batch_nd(c, 1, err); }
int mg_shape_fn_batch_to_space_nd(mg_shape_ctx *c, mgreg_error *err) { return space_batch_nd(c, -1, err); }

static int
space_depth(mg_shape_ctx *c, bool to_depth, mgreg_error *err)
{
	int64_t b = mg_sc_attr_int(c, "block_size", 2), by;
	bool nchw = mg_sc_attr_is(c, "data_format", "NCHW");
	int h = nchw ? 2 : 1, ch = nchw ? 1 : 3, rc;
	mg_dims d;

	if (mg_sc_attr_is(c, "data_format", "NCHW_VECT_C"))
		return 0;
	if ((rc = mg_sc_rank(c, 0, 4, err)) != 0)
		return rc;
	mg_sc_get(c, 0, &d);
	if (d.rank < 0)
		mg_dims_unknown(&d, 4);
	by = mg_dim_mul(b, b);
	if (b < 2 || by < 0)
		return mg_sc_fail(c, err, "block_size %lld", (long long)b);
	for (int i = h; i <= h + 1; i++) {
		if (to_depth && d.at[i] >= 0 && d.at[i] % b != 0)
			return mg_sc_fail(c, err, "dimension size must be evenly divisible by %lld but is %lld", (long long)b, (long long)d.at[i]);
		d.at[i] = d.at[i] < 0 ? -1 : to_depth ? d.at[i] / b : mg_dim_mul(d.at[i], b);
	}
	if (!to_depth && d.at[ch] >= 0 && d.at[ch] % by != 0)
		return mg_sc_fail(c, err, "dimension size must be evenly divisible by %lld but is %lld", (long long)by, (long long)d.at[ch]);
	d.at[ch] = d.at[ch] < 0 ? -1 : to_depth ? mg_dim_mul(d.at[ch], by) : d.at[ch] / by;
	return mg_sc_put(c, 0, &d, err);
}

int mg_shape_fn_space_to_depth(mg_shape_ctx *c, mgreg_error *err) { return space_depth(c, true, err); }
int mg_shape_fn_depth_to_space(mg_shape_ctx *c, mgreg_error *err) { return space_depth(c, false, err); }

/* ---- types ---- */
int
mg_shape_fn_bitcast(mg_shape_ctx *c, mgreg_error *err)
{
	size_t from = mg_dtype_size(mg_sc_attr_type(c, "T")), to = mg_dtype_size(mg_sc_attr_type(c, "type"));
	mg_dims d;

	mg_sc_get(c, 0, &d);
	if (d.rank < 0 || from == to || !from || !to)
		return mg_sc_put(c, 0, &d, err);
	if (from > to) {
		if (d.rank >= MG_MAX_RANK)
			return mg_sc_fail(c, err, "too many dimensions");
		mg_dims_insert(&d, d.rank, (int64_t)(from / to));
		return mg_sc_put(c, 0, &d, err);
	}
	if (d.rank == 0 || (d.at[d.rank - 1] >= 0 && d.at[d.rank - 1] != (int64_t)(to / from)))
		return mg_sc_fail(c, err, "cannot bitcast due to shape: the last dimension must be %zu", to / from);
	d.rank--;
	return mg_sc_put(c, 0, &d, err);
}
