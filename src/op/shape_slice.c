/* SPDX-License-Identifier: Apache-2.0 */
/* shape_slice.c - shapes of ops that cut, gather, scatter, search. */
#include "op/shape_ctx.h"

int
mg_shape_fn_slice(mg_shape_ctx *c, mgreg_error *err)
{
	int64_t begin[MG_MAX_RANK], size[MG_MAX_RANK], n;
	int nb = 0, ns = 0, rc;
	bool has_begin, has_size;
	mg_dims d, in;

	if ((rc = mg_sc_rank(c, 1, 1, err)) != 0 || (rc = mg_sc_rank(c, 2, 1, err)) != 0
	    || (rc = mg_sc_merge_dim(c, mg_sc_dim(c, 1, 0), mg_sc_dim(c, 2, 0), &n, err)) != 0)
		return rc;
	mg_sc_get(c, 0, &in);
	if (in.rank >= 0 && n >= 0 && in.rank != n)
		return mg_sc_fail(c, err, "begin and size have %lld entries, the tensor %d dimensions", (long long)n, in.rank);
	has_begin = mg_sc_ints(c, 1, begin, MG_MAX_RANK, &nb);
	has_size = mg_sc_ints(c, 2, size, MG_MAX_RANK, &ns);
	mg_dims_unknown(&d, has_size ? ns : in.rank >= 0 ? in.rank : n > MG_MAX_RANK ? -1 : (int)n);
	for (int i = 0; i < d.rank && has_size; i++) {
		int64_t have = in.rank >= 0 ? in.at[i] : -1, b = has_begin ? begin[i] : -1;

		if (size[i] < -1)
			return mg_sc_fail(c, err, "size[%d] = %lld", i, (long long)size[i]);
		if (has_begin && (b < 0 || (have >= 0 && b > have)))
			return mg_sc_fail(c, err, "expected begin[%d] in [0, %lld], but got %lld", i, (long long)have, (long long)b);
		if (size[i] >= 0)
			d.at[i] = size[i];
		else if (has_begin && have >= 0)
			d.at[i] = have - b;
		if (has_begin && have >= 0 && size[i] > have - b)
			return mg_sc_fail(c, err, "expected size[%d] in [0, %lld], but got %lld", i, (long long)(have - b), (long long)size[i]);
	}
	return mg_sc_put(c, 0, &d, err);
}

/* ---- strided slices ---- */
typedef struct strided {
	int     n;                              /* entries of the specification */
	int64_t begin[32], end[32], step[32];
	bool    has_begin, has_end, has_step;
	int64_t begin_mask, end_mask, ellipsis, fresh, shrink;
} strided;

static int
load_strided(mg_shape_ctx *c, int first, strided *s, mgreg_error *err)
{
	int n = 0, rc;
	int64_t length;

	*s = (strided){ .n = -1 };
	for (int i = 0; i < 3; i++)
		if ((rc = mg_sc_rank(c, first + i, 1, err)) != 0)
			return rc;
	if ((rc = mg_sc_merge_dim(c, mg_sc_dim(c, first, 0), mg_sc_dim(c, first + 1, 0), &length, err)) != 0
	    || (rc = mg_sc_merge_dim(c, length, mg_sc_dim(c, first + 2, 0), &length, err)) != 0)
		return rc;
	if (length > 31)
		return mg_sc_fail(c, err, "begin, end and strides have %lld entries, at most 31 are possible", (long long)length);
	s->n = (int)length;
	s->has_begin = mg_sc_ints(c, first, s->begin, 31, &n);
	s->has_end = mg_sc_ints(c, first + 1, s->end, 31, &n);
	s->has_step = mg_sc_ints(c, first + 2, s->step, 31, &n);
	if (s->n < 0 && (s->has_begin || s->has_end || s->has_step))
		s->n = n;
	s->begin_mask = mg_sc_attr_int(c, "begin_mask", 0);
	s->end_mask = mg_sc_attr_int(c, "end_mask", 0);
	s->ellipsis = mg_sc_attr_int(c, "ellipsis_mask", 0);
	s->fresh = mg_sc_attr_int(c, "new_axis_mask", 0);
	s->shrink = mg_sc_attr_int(c, "shrink_axis_mask", 0);
	return 0;
}

/* Length of one sliced dimension of length HAVE by entry I. */
static int
sliced_length(const mg_shape_ctx *c, const strided *s, int i, int64_t have, int64_t *out, mgreg_error *err)
{
	int64_t step = s->step[i], b, e, lo, hi, span;
	bool open_b = s->begin_mask >> i & 1, open_e = s->end_mask >> i & 1;

	*out = -1;
	if (!s->has_step)
		return 0;
	if (step == 0)
		return mg_sc_fail(c, err, "strides[%d] must be non-zero", i);
	if ((!open_b && !s->has_begin) || (!open_e && !s->has_end))
		return 0;
	if (have < 0) {         /* some lengths follow without it: both ends from one side */
		if (open_b || open_e)
			return 0;
		b = s->begin[i];
		e = s->end[i];
		if ((b < 0) != (e < 0))
			return 0;
		span = step > 0 ? e - b : b - e;
		if (span <= 0)
			*out = 0;
		return 0;
	}
	lo = step > 0 ? 0 : -1;
	hi = step > 0 ? have : have - 1;
	b = s->begin[i];
	e = s->end[i];
	b = open_b ? (step > 0 ? lo : hi) : MG_MAX(lo, MG_MIN(hi, b < 0 ? b + have : b));
	e = open_e ? (step > 0 ? hi : lo) : MG_MAX(lo, MG_MIN(hi, e < 0 ? e + have : e));
	span = e - b;
	if (span == 0 || (span < 0) != (step < 0))
		*out = 0;
	else
		*out = span / step + (span % step != 0);
	return 0;
}

static int
check_shrunk(const mg_shape_ctx *c, const strided *s, int i, int64_t have, mgreg_error *err)
{
	if (s->has_step && s->step[i] <= 0)
		return mg_sc_fail(c, err, "only stride 1 is allowed on non-range indexing (strides[%d] = %lld)", i, (long long)s->step[i]);
	if (s->has_begin && have >= 0 && (s->begin[i] < -have || s->begin[i] >= have))
		return mg_sc_fail(c, err, "slice index %lld of dimension %d out of bounds", (long long)s->begin[i], i);
	return 0;
}

/* The output's lengths; rank unknown when they cannot be told. */
static int
strided_shape(const mg_shape_ctx *c, const strided *s, const mg_dims *in, mg_dims *out, mgreg_error *err)
{
	int ellipsis = -1, consumed = 0, at = 0, rc;

	out->rank = MG_RANK_UNKNOWN;
	if (s->n < 0)
		return 0;
	for (int i = 0; i < s->n; i++) {
		bool is_ellipsis = s->ellipsis >> i & 1;

		if (is_ellipsis && ellipsis >= 0)
			return mg_sc_fail(c, err, "multiple ellipses in slice spec not allowed");
		if (is_ellipsis)
			ellipsis = i;
		else if (!(s->fresh >> i & 1))
			consumed++;
	}
	if (in->rank < 0)
		return 0;
	if (consumed > in->rank)
		return mg_sc_fail(c, err, "index out of range using input dim %d; input has only %d dims", in->rank, in->rank);
	out->rank = 0;
	for (int i = 0; i <= s->n; i++) {
		int64_t length;

		if (i == s->n ? ellipsis < 0 : i == ellipsis) {         /* what nobody consumes; also at the very end */
			for (int k = 0; k < in->rank - consumed; k++)
				out->at[out->rank++] = in->at[at++];
			continue;
		}
		if (i == s->n)
			break;
		if (out->rank > MG_MAX_RANK - 1)
			return mg_sc_fail(c, err, "too many dimensions");
		if (s->fresh >> i & 1) {
			out->at[out->rank++] = 1;
		} else if (s->shrink >> i & 1) {
			if ((rc = check_shrunk(c, s, i, in->at[at++], err)) != 0)
				return rc;
		} else {
			if ((rc = sliced_length(c, s, i, in->at[at++], &length, err)) != 0)
				return rc;
			out->at[out->rank++] = length;
		}
	}
	return 0;
}

int
mg_shape_fn_strided_slice(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims in, out;
	strided s;
	int rc;

	if ((rc = load_strided(c, 1, &s, err)) != 0)
		return rc;
	mg_sc_get(c, 0, &in);
	rc = strided_shape(c, &s, &in, &out, err);
	return rc ? rc : mg_sc_put(c, 0, &out, err);
}

/* StridedSliceAssign: the variable's shape comes out; TensorStridedSliceUpdate likewise. */
int
mg_shape_fn_strided_slice_assign(mg_shape_ctx *c, mgreg_error *err)
{
	strided s;
	int rc = load_strided(c, 1, &s, err);

	return rc || c->output_count == 0 ? rc : mg_sc_put_like(c, 0, 0, err);
}

/* ---- gathering ---- */
/* params[:axis] + indices[batch:] + params[axis+1:] */
static int
gathered(mg_shape_ctx *c, const mg_dims *params, const mg_dims *indices, int axis, int batch, mgreg_error *err)
{
	mg_dims d;

	d.rank = 0;
	if (params->rank < 0 || indices->rank < 0) {
		d.rank = MG_RANK_UNKNOWN;
		return mg_sc_put(c, 0, &d, err);
	}
	if (!mg_dims_append(&d, params, 0, axis) || !mg_dims_append(&d, indices, batch, indices->rank)
	    || !mg_dims_append(&d, params, axis + 1, params->rank))
		return mg_sc_fail(c, err, "too many dimensions");
	return mg_sc_put(c, 0, &d, err);
}

int
mg_shape_fn_gather(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims p, i;
	int rc;

	if ((rc = mg_sc_rank_min(c, 0, 1, err)) != 0)
		return rc;
	mg_sc_get(c, 0, &p);
	mg_sc_get(c, 1, &i);
	return gathered(c, &p, &i, 0, 0, err);
}

int
mg_shape_fn_gather_v2(mg_shape_ctx *c, mgreg_error *err)
{
	int64_t axis, batch = mg_sc_attr_int(c, "batch_dims", 0);
	mg_dims p, i;
	int rc, k;

	if ((rc = mg_sc_rank_min(c, 0, 1, err)) != 0 || (rc = mg_sc_rank_max(c, 2, 1, err)) != 0)
		return rc;
	mg_sc_get(c, 0, &p);
	mg_sc_get(c, 1, &i);
	if (!mg_sc_int(c, 2, &axis)) {
		int64_t rank = p.rank < 0 || i.rank < 0 ? -1 : p.rank + i.rank - 1 - batch;

		if (rank > MG_MAX_RANK || rank < -1)
			return mg_sc_fail(c, err, "output of rank %lld", (long long)rank);
		mg_dims_unknown(&p, (int)rank);
		return mg_sc_put(c, 0, &p, err);
	}
	if (p.rank < 0 || i.rank < 0)
		return gathered(c, &p, &i, 0, 0, err);
	if ((rc = mg_sc_axis(c, axis, p.rank, &k, err)) != 0)
		return rc;
	if (batch < 0)
		batch += i.rank;
	if (batch < 0 || batch > i.rank || batch > k)
		return mg_sc_fail(c, err, "batch_dims %lld with axis %d", (long long)batch, k);
	return gathered(c, &p, &i, k, (int)batch, err);
}

int
mg_shape_fn_resource_gather(mg_shape_ctx *c, mgreg_error *err)
{
	int64_t batch = mg_sc_attr_int(c, "batch_dims", 0);
	mg_dims p, i;

	mg_sc_handle(c, 0, &p);
	mg_sc_get(c, 1, &i);
	if (p.rank == 0)
		return mg_sc_fail(c, err, "the variable must be at least of rank 1");
	if (p.rank >= 0 && i.rank >= 0 && (batch < 0 || batch > i.rank || batch >= p.rank))
		return mg_sc_fail(c, err, "batch_dims %lld", (long long)batch);
	return gathered(c, &p, &i, (int)batch, (int)batch, err);
}

/* indices[:-1] + params[last length of indices:] */
static int
gathered_nd(mg_shape_ctx *c, const mg_dims *p, int indices, mgreg_error *err)
{
	int64_t k = mg_sc_dim(c, indices, -1);
	mg_dims d, i;

	mg_sc_get(c, indices, &i);
	if (i.rank == 0)
		return mg_sc_fail(c, err, "indices must be at least a vector");
	d.rank = 0;
	if (p->rank < 0 || i.rank < 0 || k < 0) {
		d.rank = MG_RANK_UNKNOWN;
		return mg_sc_put(c, 0, &d, err);
	}
	if (k > p->rank)
		return mg_sc_fail(c, err, "indices.shape[-1] must be <= params.rank, but saw %lld and %d", (long long)k, p->rank);
	if (!mg_dims_append(&d, &i, 0, i.rank - 1) || !mg_dims_append(&d, p, (int)k, p->rank))
		return mg_sc_fail(c, err, "too many dimensions");
	return mg_sc_put(c, 0, &d, err);
}

int
mg_shape_fn_gather_nd(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims p;

	mg_sc_get(c, 0, &p);
	return gathered_nd(c, &p, 1, err);
}

int
mg_shape_fn_resource_gather_nd(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims p;

	mg_sc_handle(c, 0, &p);
	return gathered_nd(c, &p, 1, err);
}

/* ---- scattering ---- */
/* UPDATES must be a scalar or indices.shape + ref.shape[1:]. */
static int
check_updates(mg_shape_ctx *c, const mg_dims *ref, mgreg_error *err)
{
	mg_dims want, indices, updates;

	mg_sc_get(c, 1, &indices);
	mg_sc_get(c, 2, &updates);
	if (ref->rank == 0)
		return mg_sc_fail(c, err, "a scalar has no rows to update");
	if (ref->rank < 0 || indices.rank < 0 || updates.rank <= 0)
		return 0;
	want = indices;
	if (!mg_dims_append(&want, ref, 1, ref->rank))
		return mg_sc_fail(c, err, "too many dimensions");
	return mg_sc_merge(c, &want, &updates, err);
}

int
mg_shape_fn_scatter_update(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims ref;
	int rc;

	mg_sc_get(c, 0, &ref);
	rc = check_updates(c, &ref, err);
	return rc ? rc : mg_sc_put_like(c, 0, 0, err);
}

int
mg_shape_fn_resource_scatter_update(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims ref;

	mg_sc_handle(c, 0, &ref);
	return check_updates(c, &ref, err);
}

/* TARGET indexed by rows of indices: updates must be indices[:-1] + target[k:]. */
static int
check_updates_nd(mg_shape_ctx *c, const mg_dims *target, int indices, int updates, mgreg_error *err)
{
	int64_t k = mg_sc_dim(c, indices, -1);
	mg_dims want, i, u;

	mg_sc_get(c, indices, &i);
	mg_sc_get(c, updates, &u);
	if (i.rank < 0 || k < 0 || target->rank < 0 || u.rank <= 0 || i.rank == 0)
		return 0;
	if (k > target->rank)
		return mg_sc_fail(c, err, "the inner dimension of indices (%lld) is more than the rank of the shape (%d)", (long long)k,
			target->rank);
	want.rank = 0;
	if (!mg_dims_append(&want, &i, 0, i.rank - 1) || !mg_dims_append(&want, target, (int)k, target->rank))
		return mg_sc_fail(c, err, "too many dimensions");
	return mg_sc_merge(c, &want, &u, err);
}

int
mg_shape_fn_scatter_nd_update(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims target;
	bool handle = c->op->inputs[0].type == MGREG_RESOURCE;
	int rc;

	if (handle)
		mg_sc_handle(c, 0, &target);
	else
		mg_sc_get(c, 0, &target);
	rc = check_updates_nd(c, &target, 1, 2, err);
	return rc || c->output_count == 0 ? rc : mg_sc_put_like(c, 0, 0, err);
}

int
mg_shape_fn_scatter_nd(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims target;
	int rc;

	if ((rc = mg_sc_shape_value(c, 2, &target, err)) != 0 || (rc = check_updates_nd(c, &target, 0, 1, err)) != 0)
		return rc;
	return mg_sc_put(c, 0, &target, err);
}

/* ---- searching, marking ---- */
int
mg_shape_fn_one_hot(mg_shape_ctx *c, mgreg_error *err)
{
	int64_t depth, axis = mg_sc_attr_int(c, "axis", -1);
	mg_dims d;
	int rc, k;

	for (int i = 1; i < 4; i++)
		if ((rc = mg_sc_rank(c, i, 0, err)) != 0)
			return rc;
	if (axis < -1)
		return mg_sc_fail(c, err, "axis must be >= -1");
	if (!mg_sc_int(c, 1, &depth))
		depth = -1;
	else if (depth < 0)
		return mg_sc_fail(c, err, "depth must be non-negative, got %lld", (long long)depth);
	mg_sc_get(c, 0, &d);
	if (d.rank < 0)
		return mg_sc_put(c, 0, &d, err);
	if (d.rank >= MG_MAX_RANK)
		return mg_sc_fail(c, err, "too many dimensions");
	if ((rc = mg_sc_axis(c, axis, d.rank + 1, &k, err)) != 0)
		return rc;
	mg_dims_insert(&d, k, depth);
	return mg_sc_put(c, 0, &d, err);
}

int
mg_shape_fn_where(mg_shape_ctx *c, mgreg_error *err)
{
	return mg_sc_put_matrix(c, 0, -1, mg_sc_known(c, 0) ? c->inputs[0]->rank : -1, err);
}

int
mg_shape_fn_unique(mg_shape_ctx *c, mgreg_error *err)
{
	int rc;

	if ((rc = mg_sc_put_vector(c, 0, -1, err)) != 0 || (rc = mg_sc_put_like(c, 1, 0, err)) != 0)
		return rc;
	return c->output_count > 2 ? mg_sc_put_vector(c, 2, -1, err) : 0;
}

int
mg_shape_fn_in_top_k(mg_shape_ctx *c, mgreg_error *err)
{
	int64_t n;
	int rc;

	if ((rc = mg_sc_rank(c, 0, 2, err)) != 0 || (rc = mg_sc_rank(c, 1, 1, err)) != 0
	    || (rc = mg_sc_merge_dim(c, mg_sc_dim(c, 0, 0), mg_sc_dim(c, 1, 0), &n, err)) != 0)
		return rc;
	return mg_sc_put_vector(c, 0, n, err);
}

static int
top_k(mg_shape_ctx *c, int64_t k, mgreg_error *err)
{
	mg_dims d;
	int rc;

	if ((rc = mg_sc_rank_min(c, 0, 1, err)) != 0)
		return rc;
	mg_sc_get(c, 0, &d);
	if (d.rank > 0) {
		int64_t *last = &d.at[d.rank - 1];

		if (*last >= 0 && k > *last)
			return mg_sc_fail(c, err, "input must have last dimension >= k = %lld but is %lld", (long long)k, (long long)*last);
		*last = k;
	}
	rc = mg_sc_put(c, 0, &d, err);
	return rc ? rc : mg_sc_put(c, 1, &d, err);
}

int mg_shape_fn_top_k(mg_shape_ctx *c, mgreg_error *err) { return top_k(c, mg_sc_attr_int(c, "k", -1), err); }

int
mg_shape_fn_top_k_v2(mg_shape_ctx *c, mgreg_error *err)
{
	int64_t k;
	int rc;

	if ((rc = mg_sc_rank_max(c, 1, 1, err)) != 0)
		return rc;
	if (!mg_sc_int(c, 1, &k))
		k = -1;
	else if (k < 0)
		return mg_sc_fail(c, err, "need k >= 0, got %lld", (long long)k);
	return top_k(c, k, err);
}

int
mg_shape_fn_dynamic_partition(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims data, parts, d;
	int rc = 0;

	mg_sc_get(c, 0, &data);
	mg_sc_get(c, 1, &parts);
	d.rank = MG_RANK_UNKNOWN;
	if (data.rank >= 0 && parts.rank >= 0) {
		if (parts.rank > data.rank)
			return mg_sc_fail(c, err, "data.shape must start with partitions.shape");
		for (int i = 0; i < parts.rank; i++)
			if ((rc = mg_sc_merge_dim(c, data.at[i], parts.at[i], &parts.at[i], err)) != 0)
				return rc;
		d.rank = 1;
		d.at[0] = -1;
		mg_dims_append(&d, &data, parts.rank, data.rank);
	}
	for (int o = 0; o < c->output_count && rc == 0; o++)
		rc = mg_sc_put(c, o, &d, err);
	return rc;
}

int
mg_shape_fn_dynamic_stitch(mg_shape_ctx *c, mgreg_error *err)
{
	int n = c->input_count / 2, rc;
	int64_t most = -1;
	bool all = true;
	mg_dims tail, idx, data, x;

	tail.rank = MG_RANK_UNKNOWN;
	for (int i = 0; i < n; i++) {
		const mg_tensor *t = c->constants ? c->constants[i] : NULL;
		int64_t v;

		if (!t) {
			all = false;
			c->needs_constants = true;
		}
		for (int64_t k = 0; t && k < t->count; k++)
			if (mg_tensor_as_i64(t, k, &v) && v > most)
				most = v;
		mg_sc_get(c, i, &idx);
		mg_sc_get(c, n + i, &data);
		if (idx.rank < 0 || data.rank < 0)
			continue;
		if (idx.rank > data.rank)
			return mg_sc_fail(c, err, "data[%d].shape must start with indices[%d].shape", i, i);
		for (int k = 0; k < idx.rank; k++)
			if ((rc = mg_sc_merge_dim(c, data.at[k], idx.at[k], &idx.at[k], err)) != 0)
				return rc;
		x.rank = 0;
		mg_dims_append(&x, &data, idx.rank, data.rank);
		if ((rc = mg_sc_merge(c, &tail, &x, err)) != 0)
			return rc;
	}
	if (tail.rank >= 0) {
		if (tail.rank >= MG_MAX_RANK)
			return mg_sc_fail(c, err, "too many dimensions");
		mg_dims_insert(&tail, 0, all ? most + 1 : -1);
	}
	return mg_sc_put(c, 0, &tail, err);
}

int
mg_shape_fn_reverse(mg_shape_ctx *c, mgreg_error *err)
{
	int64_t n = mg_sc_dim(c, 1, 0);
	int rc;

	if ((rc = mg_sc_rank(c, 1, 1, err)) != 0)
		return rc;
	if (n >= 0 && mg_sc_known(c, 0) && n != c->inputs[0]->rank)
		return mg_sc_fail(c, err, "dims has %lld entries, the tensor %d dimensions", (long long)n, c->inputs[0]->rank);
	return mg_sc_put_like(c, 0, 0, err);
}

int
mg_shape_fn_reverse_v2(mg_shape_ctx *c, mgreg_error *err)
{
	int64_t axes[MG_MAX_RANK];
	bool seen[MG_MAX_RANK] = { false };
	int n, k, rc, rank = c->inputs[0]->rank;

	if ((rc = mg_sc_rank(c, 1, 1, err)) != 0)
		return rc;
	if (mg_sc_ints(c, 1, axes, MG_MAX_RANK, &n) && rank >= 0)
		for (int i = 0; i < n; i++) {
			if ((rc = mg_sc_axis(c, axes[i], rank, &k, err)) != 0)
				return rc;
			if (seen[k])
				return mg_sc_fail(c, err, "axis %d specified more than once", k);
			seen[k] = true;
		}
	return mg_sc_put_like(c, 0, 0, err);
}

int
mg_shape_fn_reverse_sequence(mg_shape_ctx *c, mgreg_error *err)
{
	int64_t seq = mg_sc_attr_int(c, "seq_dim", 0), batch = mg_sc_attr_int(c, "batch_dim", 0), n;
	int rc, rank = c->inputs[0]->rank;

	if ((rc = mg_sc_rank(c, 1, 1, err)) != 0)
		return rc;
	if (rank >= 0) {
		if (batch < 0 || batch >= rank || seq < 0 || seq >= rank)
			return mg_sc_fail(c, err, "batch_dim and seq_dim must be < input rank: %lld, %lld", (long long)batch, (long long)seq);
		if ((rc = mg_sc_merge_dim(c, mg_sc_dim(c, 0, (int)batch), mg_sc_dim(c, 1, 0), &n, err)) != 0)
			return rc;
	}
	return mg_sc_put_like(c, 0, 0, err);
}
