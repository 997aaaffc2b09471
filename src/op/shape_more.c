/* SPDX-License-Identifier: Apache-2.0 */
/* shape_more.c - shapes of rarer ops: decompositions, transforms, einsum, fractional pooling, sparse splits, boxes, lists. */
#include "op/shape_ctx.h"

/* ---- element by element, with something beside ---- */
/* Output 0 like input 0, the others scalars: QuantizeV2. */
int
mg_shape_fn_quantize(mg_shape_ctx *c, mgreg_error *err)
{
	int rc = mg_sc_put_like(c, 0, 0, err);

	for (int o = 1; o < c->output_count && rc == 0; o++)
		rc = mg_sc_put_scalar(c, o, err);
	return rc;
}

int
mg_shape_fn_nth_element(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims d;
	int rc;

	if ((rc = mg_sc_rank_min(c, 0, 1, err)) != 0 || (rc = mg_sc_rank_max(c, 1, 1, err)) != 0)
		return rc;
	mg_sc_get(c, 0, &d);
	if (d.rank > 0)
		d.rank--;
	return mg_sc_put(c, 0, &d, err);
}

/* Unique along an axis: as many dimensions, none of the lengths; positions and counts are vectors. */
int
mg_shape_fn_unique_v2(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims d;
	int rc;

	mg_sc_get(c, 0, &d);
	mg_dims_unknown(&d, d.rank);
	rc = mg_sc_put(c, 0, &d, err);
	for (int o = 1; o < c->output_count && rc == 0; o++)
		rc = mg_sc_put_vector(c, o, -1, err);
	return rc;
}

int
mg_shape_fn_unravel_index(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims d;
	int rc;

	if ((rc = mg_sc_rank(c, 1, 1, err)) != 0)
		return rc;
	mg_sc_get(c, 0, &d);
	if (d.rank == 0)
		return mg_sc_put_vector(c, 0, mg_sc_dim(c, 1, 0), err);
	if (d.rank > 0) {               /* all dimensions of the indices become one */
		int64_t n = 1;

		for (int i = 0; i < d.rank; i++)
			n = d.at[i] < 0 || n < 0 ? -1 : mg_dim_mul(n, d.at[i]);
		return mg_sc_put_matrix(c, 0, mg_sc_dim(c, 1, 0), n, err);
	}
	return mg_sc_put(c, 0, &d, err);
}

/* ---- decompositions of [..., m, n] ---- */
static int
put_batch(mg_shape_ctx *c, int o, const mg_dims *batch, int rank, int64_t a, int64_t b, mgreg_error *err)
{
	mg_dims d = *batch;

	if (d.rank >= 0) {
		d.at[d.rank++] = a;
		if (rank == 2)
			d.at[d.rank++] = b;
	}
	return mg_sc_put(c, o, &d, err);
}

static int
get_batch(mg_shape_ctx *c, mg_dims *batch, int64_t *m, int64_t *n, mgreg_error *err)
{
	int rc = mg_sc_rank_min(c, 0, 2, err);

	if (rc)
		return rc;
	mg_sc_get(c, 0, batch);
	*m = mg_sc_dim(c, 0, -2);
	*n = mg_sc_dim(c, 0, -1);
	if (batch->rank >= 0)
		batch->rank -= 2;
	return 0;
}

static int64_t
least(int64_t a, int64_t b)
{
	return a < 0 || b < 0 ? -1 : MG_MIN(a, b);
}

int
mg_shape_fn_svd(mg_shape_ctx *c, mgreg_error *err)
{
	bool full = mg_sc_attr_bool(c, "full_matrices", false), uv = mg_sc_attr_bool(c, "compute_uv", true);
	int64_t m, n, p;
	mg_dims batch;
	int rc;

	if ((rc = get_batch(c, &batch, &m, &n, err)) != 0)
		return rc;
	p = least(m, n);
	if ((rc = put_batch(c, 0, &batch, 1, p, 0, err)) != 0)
		return rc;
	if (!uv)
		return (rc = mg_sc_put_vector(c, 1, 0, err)) != 0 ? rc : mg_sc_put_vector(c, 2, 0, err);
	rc = put_batch(c, 1, &batch, 2, m, full ? m : p, err);
	return rc ? rc : put_batch(c, 2, &batch, 2, n, full ? n : p, err);
}

int
mg_shape_fn_qr(mg_shape_ctx *c, mgreg_error *err)
{
	bool full = mg_sc_attr_bool(c, "full_matrices", false);
	int64_t m, n, p;
	mg_dims batch;
	int rc;

	if ((rc = get_batch(c, &batch, &m, &n, err)) != 0)
		return rc;
	p = full ? m : least(m, n);
	rc = put_batch(c, 0, &batch, 2, m, p, err);
	return rc ? rc : put_batch(c, 1, &batch, 2, p, n, err);
}

/* Values, and vectors unless they are not asked for. */
int
mg_shape_fn_self_adjoint_eig(mg_shape_ctx *c, mgreg_error *err)
{
	int64_t m, n;
	mg_dims batch;
	int rc;

	if ((rc = get_batch(c, &batch, &m, &n, err)) != 0 || (rc = mg_sc_merge_dim(c, m, n, &n, err)) != 0
	    || (rc = put_batch(c, 0, &batch, 1, n, 0, err)) != 0)
		return rc;
	return mg_sc_attr_bool(c, "compute_v", true) ? put_batch(c, 1, &batch, 2, n, n, err) : mg_sc_put_vector(c, 1, 0, err);
}

int
mg_shape_fn_lu(mg_shape_ctx *c, mgreg_error *err)
{
	int64_t m, n;
	mg_dims batch;
	int rc;

	if ((rc = get_batch(c, &batch, &m, &n, err)) != 0 || (rc = mg_sc_merge_dim(c, m, n, &n, err)) != 0
	    || (rc = put_batch(c, 0, &batch, 2, n, n, err)) != 0)
		return rc;
	return put_batch(c, 1, &batch, 1, n, 0, err);
}

/* ---- einsum ---- */
typedef struct labels {
	int64_t length[128];            /* by letter; -2: not seen */
} labels;

/* One operand's letters against its shape. */
static int
bind(mg_shape_ctx *c, mg_slice term, int input, labels *l, mgreg_error *err)
{
	int rc;

	if ((rc = mg_sc_rank(c, input, (int)term.len, err)) != 0)
		return rc;
	for (size_t i = 0; i < term.len; i++) {
		int64_t *have = &l->length[term.ptr[i] & 127];

		if (*have == -2)
			*have = -1;
		if ((rc = mg_sc_merge_dim(c, *have, mg_sc_dim(c, input, (int)i), have, err)) != 0)
			return rc;
	}
	return 0;
}

static bool
plain(mg_slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!((s.ptr[i] >= 'a' && s.ptr[i] <= 'z') || (s.ptr[i] >= 'A' && s.ptr[i] <= 'Z') || s.ptr[i] == ','))
			return false;
	return true;
}

/* "ij,jk->ik"; with an ellipsis nothing is said. */
int
mg_shape_fn_einsum(mg_shape_ctx *c, mgreg_error *err)
{
	mg_slice eq, in, out, term;
	const char *arrow = NULL;
	labels l;
	mg_dims d;
	int n = 0, rc;

	if (!mg_attr_get_string(c->attrs, "equation", &eq))
		return 0;
	for (size_t i = 0; i + 1 < eq.len && !arrow; i++)
		if (eq.ptr[i] == '-' && eq.ptr[i + 1] == '>')
			arrow = eq.ptr + i;
	if (!arrow)
		return mg_sc_fail(c, err, "equation '%.*s' has no ->", (int)MG_MIN(eq.len, 80u), eq.ptr);
	in = (mg_slice){ eq.ptr, (size_t)(arrow - eq.ptr) };
	out = (mg_slice){ arrow + 2, eq.len - in.len - 2 };
	if (!plain(in) || !plain(out) || out.len > MG_MAX_RANK)
		return 0;
	for (int i = 0; i < 128; i++)
		l.length[i] = -2;
	while (mg_slice_split(&in, ',', &term)) {
		if (n >= c->input_count)
			return mg_sc_fail(c, err, "equation '%.*s' has more operands than there are", (int)MG_MIN(eq.len, 80u), eq.ptr);
		if ((rc = bind(c, term, n++, &l, err)) != 0)
			return rc;
	}
	if (n != c->input_count)
		return mg_sc_fail(c, err, "equation '%.*s' has %d operands", (int)MG_MIN(eq.len, 80u), eq.ptr, n);
	d.rank = 0;
	for (size_t i = 0; i < out.len; i++) {
		int64_t length = l.length[out.ptr[i] & 127];

		if (length == -2)
			return mg_sc_fail(c, err, "output label '%c' of the equation is in no operand", out.ptr[i]);
		d.at[d.rank++] = length;
	}
	return mg_sc_put(c, 0, &d, err);
}

/* ---- pooling by fractions ---- */
int
mg_shape_fn_fractional_pool(mg_shape_ctx *c, mgreg_error *err)
{
	const Pb__AttrValue__ListValue *ratio;
	mg_dims d;
	int rc;

	if ((rc = mg_sc_rank(c, 0, 4, err)) != 0)
		return rc;
	if (!mg_attr_get_list(c->attrs, "pooling_ratio", &ratio) || ratio->n_f != 4)
		return mg_sc_fail(c, err, "pooling_ratio must have 4 values");
	mg_sc_get(c, 0, &d);
	if (d.rank < 0)
		mg_dims_unknown(&d, 4);
	for (int i = 0; i < 4; i++) {
		if (!(ratio->f[i] >= 1))
			return mg_sc_fail(c, err, "pooling_ratio[%d] is less than 1", i);
		if (d.at[i] >= 0 && ratio->f[i] > 1)
			d.at[i] = (int64_t)((double)d.at[i] / (double)ratio->f[i]);
	}
	rc = mg_sc_put(c, 0, &d, err);
	for (int o = 1; o < 3 && rc == 0; o++)
		rc = mg_sc_put_vector(c, o, -1, err);
	return rc;
}

/* ---- Fourier transforms of real signals ---- */
/* The last RANK lengths become those of fft_length; of the last one, half and one more (FORWARD). */
static int
rfft(mg_shape_ctx *c, int rank, bool forward, mgreg_error *err)
{
	int64_t size[3] = { -1, -1, -1 }, n;
	mg_dims d;
	int count, rc;

	if ((rc = mg_sc_rank_min(c, 0, rank, err)) != 0 || (rc = mg_sc_rank(c, 1, 1, err)) != 0
	    || (rc = mg_sc_merge_dim(c, mg_sc_dim(c, 1, 0), rank, &n, err)) != 0)
		return rc;
	mg_sc_get(c, 0, &d);
	if (d.rank < 0)
		return mg_sc_put(c, 0, &d, err);
	if (!mg_sc_ints(c, 1, size, 3, &count))
		size[0] = size[1] = size[2] = -1;
	for (int i = 0; i < rank; i++) {
		n = size[i] < 0 ? -1 : size[i];
		if (forward && i == rank - 1 && n > 0)
			n = n / 2 + 1;
		d.at[d.rank - rank + i] = n;
	}
	return mg_sc_put(c, 0, &d, err);
}

int mg_shape_fn_rfft(mg_shape_ctx *c, mgreg_error *err) { return rfft(c, 1, true, err); }
int mg_shape_fn_rfft2d(mg_shape_ctx *c, mgreg_error *err) { return rfft(c, 2, true, err); }
int mg_shape_fn_rfft3d(mg_shape_ctx *c, mgreg_error *err) { return rfft(c, 3, true, err); }
int mg_shape_fn_irfft(mg_shape_ctx *c, mgreg_error *err) { return rfft(c, 1, false, err); }
int mg_shape_fn_irfft2d(mg_shape_ctx *c, mgreg_error *err) { return rfft(c, 2, false, err); }
int mg_shape_fn_irfft3d(mg_shape_ctx *c, mgreg_error *err) { return rfft(c, 3, false, err); }

/* ---- sparse tensors ---- */
/* SparseSplit: as many index matrices, value vectors, shape vectors as parts. */
int
mg_shape_fn_sparse_split(mg_shape_ctx *c, mgreg_error *err)
{
	int parts = c->output_count / 3, rc = 0;
	int64_t rank = mg_sc_dim(c, 3, 0);

	for (int i = 0; i < parts && rc == 0; i++)
		if ((rc = mg_sc_put_matrix(c, i, -1, rank, err)) == 0 && (rc = mg_sc_put_vector(c, parts + i, -1, err)) == 0)
			rc = mg_sc_put_vector(c, 2 * parts + i, rank, err);
	return rc;
}

/* SparseAddGrad: a gradient per value of either side. */
int
mg_shape_fn_sparse_add_grad(mg_shape_ctx *c, mgreg_error *err)
{
	int rc = mg_sc_put_vector(c, 0, mg_sc_dim(c, 1, 0), err);

	return rc ? rc : mg_sc_put_vector(c, 1, mg_sc_dim(c, 2, 0), err);
}

int
mg_shape_fn_sparse_slice_grad(mg_shape_ctx *c, mgreg_error *err)
{
	return mg_sc_put_vector(c, 0, mg_sc_dim(c, 1, 0), err);
}

int
mg_shape_fn_sparse_fill_empty_rows_grad(mg_shape_ctx *c, mgreg_error *err)
{
	int rc;

	if ((rc = mg_sc_rank(c, 0, 1, err)) != 0 || (rc = mg_sc_rank(c, 1, 1, err)) != 0
	    || (rc = mg_sc_put_vector(c, 0, mg_sc_dim(c, 0, 0), err)) != 0)
		return rc;
	return mg_sc_put_scalar(c, 1, err);
}

/* ---- boxes ---- */
/* NonMaxSuppressionV4, V5: indices (and scores), then how many count; padded to max_output_size when asked. */
int
mg_shape_fn_nms_counted(mg_shape_ctx *c, mgreg_error *err)
{
	int64_t n = -1;
	int rc = 0;

	if (mg_sc_attr_bool(c, "pad_to_max_output_size", false) && !mg_sc_int(c, 2, &n))
		n = -1;
	if (n < -1)
		return mg_sc_fail(c, err, "max_output_size %lld", (long long)n);
	for (int o = 0; o < c->output_count - 1 && rc == 0; o++)
		rc = mg_sc_put_vector(c, o, n, err);
	return rc ? rc : mg_sc_put_scalar(c, c->output_count - 1, err);
}

/* ---- text ---- */
/* UnicodeDecode: one more split than there are strings, then a flat vector (or several). */
int
mg_shape_fn_unicode_decode(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims d;
	int64_t n = 1;
	int rc;

	mg_sc_get(c, 0, &d);
	for (int i = 0; i < d.rank; i++)
		n = n < 0 || d.at[i] < 0 ? -1 : mg_dim_mul(n, d.at[i]);
	rc = mg_sc_put_vector(c, 0, d.rank < 0 || n < 0 ? -1 : mg_dim_add(n, 1), err);
	for (int o = 1; o < c->output_count && rc == 0; o++)
		rc = mg_sc_put_vector(c, o, -1, err);
	return rc;
}

/* ---- lists ---- */
/* TensorListGetItem and such: the element's shape is an input; one like 1. */
int
mg_shape_fn_list_element(mg_shape_ctx *c, mgreg_error *err)
{
	int i = mg_sc_input(c, "element_shape"), o = c->output_count - 1, rc;
	mg_dims d;

	d.rank = MG_RANK_UNKNOWN;
	if (i >= 0 && mg_sc_known(c, i) && c->inputs[i]->rank == 1 && (rc = mg_sc_shape_value(c, i, &d, err)) != 0)
		return rc;
	if (o > 0 && (rc = mg_sc_put_scalar(c, 0, err)) != 0)   /* TensorListPopBack: the list, then the element */
		return rc;
	return mg_sc_put(c, o, &d, err);
}
