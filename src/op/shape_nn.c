/* SPDX-License-Identifier: Apache-2.0 */
/* shape_nn.c - shapes of convolution, pooling, bias, normalization, losses, and of random and candidate ops. */
#include "op/shape_ctx.h"

/* Where the dimensions of an image batch are: N, then SPATIAL ones, then C; or N, C, spatial. */
typedef struct layout {
	int n, c, first;                /* positions; spatial ones from FIRST on */
} layout;

static int
get_layout(const mg_shape_ctx *c, int spatial, layout *out, mgreg_error *err)
{
	mg_slice f;

	*out = (layout){ 0, spatial + 1, 1 };
	if (!mg_attr_get_string(c->attrs, "data_format", &f) || f.len == 0)
		return 0;
	if (mg_slice_eq(f, spatial == 2 ? "NHWC" : "NDHWC"))
		return 0;
	if (!mg_slice_eq(f, spatial == 2 ? "NCHW" : "NCDHW"))
		return mg_sc_fail(c, err, "data format %.*s", (int)MG_MIN(f.len, 16u), f.ptr);
	*out = (layout){ 0, 1, 2 };
	return 0;
}

static char
padding(const mg_shape_ctx *c)
{
	return mg_sc_attr_is(c, "padding", "SAME") ? 'S' : mg_sc_attr_is(c, "padding", "EXPLICIT") ? 'E' : 'V';
}

/* ---- convolution ---- */
static int
conv(mg_shape_ctx *c, int spatial, bool depthwise, mgreg_error *err)
{
	int64_t strides[5], dilations[5], pads[10] = { 0 }, channels;
	int rank = spatial + 2, rc, n;
	mg_dims in, f, out;
	layout l;

	if ((rc = get_layout(c, spatial, &l, err)) != 0 || (rc = mg_sc_rank(c, 0, rank, err)) != 0 || (rc = mg_sc_rank(c, 1, rank, err)) != 0)
		return rc;
	if (mg_sc_attr_ints(c, "strides", strides, 5) != rank)
		return mg_sc_fail(c, err, "requires the stride attribute to contain %d values", rank);
	n = mg_sc_attr_ints(c, "dilations", dilations, 5);
	if (n <= 0)
		for (int i = 0; i < rank; i++)
			dilations[i] = 1;
	else if (n != rank)
		return mg_sc_fail(c, err, "requires the dilations attribute to contain %d values", rank);
	if (padding(c) == 'E' && mg_sc_attr_ints(c, "explicit_paddings", pads, 10) != 2 * rank)
		return mg_sc_fail(c, err, "explicit_paddings must have %d values", 2 * rank);
	if (strides[l.n] != 1 || strides[l.c] != 1)
		return mg_sc_fail(c, err, "does not support strides in the batch and depth dimensions");
	mg_sc_get(c, 0, &in);
	mg_sc_get(c, 1, &f);
	if (in.rank < 0)
		mg_dims_unknown(&in, rank);
	if (f.rank < 0)
		mg_dims_unknown(&f, rank);
	channels = f.at[spatial];
	if (in.at[l.c] >= 0 && channels > 0 && (depthwise ? in.at[l.c] != channels : in.at[l.c] % channels != 0))
		return mg_sc_fail(c, err, "depth of input (%lld) is not %s depth of filter (%lld)", (long long)in.at[l.c],
			depthwise ? "the" : "a multiple of input", (long long)channels);
	mg_dims_unknown(&out, rank);
	out.at[l.n] = in.at[l.n];
	if (!depthwise)
		out.at[l.c] = f.at[rank - 1];
	else if (f.at[rank - 1] >= 0 && MG_MAX(channels, in.at[l.c]) >= 0)
		out.at[l.c] = mg_dim_mul(MG_MAX(channels, in.at[l.c]), f.at[rank - 1]);
	for (int i = 0; i < spatial; i++) {
		int p = l.first + i;

		if ((rc = mg_sc_window(c, in.at[p], f.at[i], dilations[p], strides[p], padding(c), pads[2 * p] + pads[2 * p + 1], &out.at[p],
				err)) != 0)
			return rc;
	}
	return mg_sc_put(c, 0, &out, err);
}

int mg_shape_fn_conv2d(mg_shape_ctx *c, mgreg_error *err) { return conv(c, 2, false, err); }
int mg_shape_fn_conv3d(mg_shape_ctx *c, mgreg_error *err) { return conv(c, 3, false, err); }
int mg_shape_fn_depthwise_conv2d(mg_shape_ctx *c, mgreg_error *err) { return conv(c, 2, true, err); }

/* Gradients: a shape of RANK as input I. */
static int
sizes(mg_shape_ctx *c, int i, int rank, mgreg_error *err)
{
	mg_dims d;
	int rc;

	if ((rc = mg_sc_rank(c, i, 1, err)) != 0 || (rc = mg_sc_shape_value(c, i, &d, err)) != 0)
		return rc;
	if (d.rank != rank)             /* also the two lengths that some writers give for an image */
		mg_dims_unknown(&d, rank);
	return mg_sc_put(c, 0, &d, err);
}

int mg_shape_fn_sizes4_0(mg_shape_ctx *c, mgreg_error *err) { return sizes(c, 0, 4, err); }
int mg_shape_fn_sizes4_1(mg_shape_ctx *c, mgreg_error *err) { return sizes(c, 1, 4, err); }
int mg_shape_fn_sizes5_0(mg_shape_ctx *c, mgreg_error *err) { return sizes(c, 0, 5, err); }
int mg_shape_fn_sizes5_1(mg_shape_ctx *c, mgreg_error *err) { return sizes(c, 1, 5, err); }

/* Conv3DBackpropInput and -Filter of the first generation: the tensor itself says the shape. */
int mg_shape_fn_like_1_rank5(mg_shape_ctx *c, mgreg_error *err) { int rc = mg_sc_rank(c, 1, 5, err); return rc ? rc : mg_sc_put_like(c, 0, 1, err); }

int
mg_shape_fn_dilation2d(mg_shape_ctx *c, mgreg_error *err)
{
	int64_t strides[4], rates[4], depth;
	mg_dims in, f;
	int rc;

	if ((rc = mg_sc_rank(c, 0, 4, err)) != 0 || (rc = mg_sc_rank(c, 1, 3, err)) != 0)
		return rc;
	if (mg_sc_attr_ints(c, "strides", strides, 4) != 4 || mg_sc_attr_ints(c, "rates", rates, 4) != 4)
		return mg_sc_fail(c, err, "strides and rates must have 4 values");
	mg_sc_get(c, 0, &in);
	mg_sc_get(c, 1, &f);
	if (in.rank < 0)
		mg_dims_unknown(&in, 4);
	if (f.rank < 0)
		mg_dims_unknown(&f, 3);
	if ((rc = mg_sc_merge_dim(c, in.at[3], f.at[2], &depth, err)) != 0)
		return rc;
	for (int i = 0; i < 2; i++)
		if ((rc = mg_sc_window(c, in.at[1 + i], f.at[i], rates[1 + i], strides[1 + i], padding(c), 0, &in.at[1 + i], err)) != 0)
			return rc;
	in.at[3] = depth;
	return mg_sc_put(c, 0, &in, err);
}

int
mg_shape_fn_image_patches(mg_shape_ctx *c, mgreg_error *err)
{
	int64_t k[4], strides[4], rates[4];
	mg_dims in;
	int rc;

	if ((rc = mg_sc_rank(c, 0, 4, err)) != 0)
		return rc;
	if (mg_sc_attr_ints(c, "ksizes", k, 4) != 4 || mg_sc_attr_ints(c, "strides", strides, 4) != 4
	    || mg_sc_attr_ints(c, "rates", rates, 4) != 4)
		return mg_sc_fail(c, err, "ksizes, strides and rates must have 4 values");
	mg_sc_get(c, 0, &in);
	if (in.rank < 0)
		mg_dims_unknown(&in, 4);
	for (int i = 1; i <= 2; i++)
		if ((rc = mg_sc_window(c, in.at[i], k[i], rates[i], strides[i], padding(c), 0, &in.at[i], err)) != 0)
			return rc;
	in.at[3] = in.at[3] < 0 ? -1 : mg_dim_mul(in.at[3], mg_dim_mul(k[1], k[2]));
	return mg_sc_put(c, 0, &in, err);
}

/* ---- pooling ---- */
static int
pool(mg_shape_ctx *c, int spatial, const int64_t *k, const int64_t *strides, mgreg_error *err)
{
	int rank = spatial + 2, rc = 0;
	mg_dims in;
	layout l;

	if ((rc = get_layout(c, spatial, &l, err)) != 0 || (rc = mg_sc_rank(c, 0, rank, err)) != 0)
		return rc;
	mg_sc_get(c, 0, &in);
	if (in.rank < 0)
		mg_dims_unknown(&in, rank);
	for (int i = 0; i < rank; i++) {
		if (!k) {
			if (i != l.n)
				in.at[i] = -1;
			continue;
		}
		if (i == l.n) {
			if (k[i] != 1 || strides[i] != 1)
				return mg_sc_fail(c, err, "pooling is not supported on the batch dimension");
			continue;
		}
		if (k[i] <= 0)
			return mg_sc_fail(c, err, "ksize must be > 0, but got %lld", (long long)k[i]);
		if ((rc = mg_sc_window(c, in.at[i], k[i], 1, strides[i], padding(c), 0, &in.at[i], err)) != 0)
			return rc;
	}
	for (int o = 0; o < c->output_count && rc == 0; o++)
		rc = mg_sc_put(c, o, &in, err);
	return rc;
}

static int
pool_attrs(mg_shape_ctx *c, int spatial, mgreg_error *err)
{
	int64_t k[5], strides[5];
	int rank = spatial + 2;

	if (mg_sc_attr_ints(c, "ksize", k, 5) != rank || mg_sc_attr_ints(c, "strides", strides, 5) != rank)
		return mg_sc_fail(c, err, "requires the ksize and stride attributes to contain %d values", rank);
	return pool(c, spatial, k, strides, err);
}

int mg_shape_fn_pool2d(mg_shape_ctx *c, mgreg_error *err) { return pool_attrs(c, 2, err); }
int mg_shape_fn_pool3d(mg_shape_ctx *c, mgreg_error *err) { return pool_attrs(c, 3, err); }

int
mg_shape_fn_pool2d_v2(mg_shape_ctx *c, mgreg_error *err)
{
	int64_t k[4], strides[4];
	int nk = 0, ns = 0;
	bool known = mg_sc_ints(c, 1, k, 4, &nk) & mg_sc_ints(c, 2, strides, 4, &ns);

	if (known && (nk != 4 || ns != 4))
		return mg_sc_fail(c, err, "ksize and strides must have 4 values");
	return pool(c, 2, known ? k : NULL, strides, err);
}

/* ---- bias, normalization ---- */
static int
channel(const mg_shape_ctx *c, int rank)
{
	return mg_sc_attr_is(c, "data_format", "NCHW") && rank >= 3 ? 1 : rank - 1;
}

int
mg_shape_fn_bias_add(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims d;
	int rc, k;

	if ((rc = mg_sc_rank_min(c, 0, 2, err)) != 0 || (rc = mg_sc_rank(c, 1, 1, err)) != 0)
		return rc;
	mg_sc_get(c, 0, &d);
	if (d.rank >= 2) {
		k = channel(c, d.rank);
		if ((rc = mg_sc_merge_dim(c, d.at[k], mg_sc_dim(c, 1, 0), &d.at[k], err)) != 0)
			return rc;
	}
	return mg_sc_put(c, 0, &d, err);
}

int
mg_shape_fn_bias_add_grad(mg_shape_ctx *c, mgreg_error *err)
{
	int rc;

	if ((rc = mg_sc_rank_min(c, 0, 2, err)) != 0)
		return rc;
	return mg_sc_put_vector(c, 0, mg_sc_known(c, 0) ? mg_sc_dim(c, 0, channel(c, c->inputs[0]->rank)) : -1, err);
}

/* y = x; four vectors of the channels; whatever else is not known. */
int
mg_shape_fn_fused_batch_norm(mg_shape_ctx *c, mgreg_error *err)
{
	int64_t n;
	int rc, k;
	mg_dims d;
	bool training = mg_sc_attr_bool(c, "is_training", true);

	if ((rc = mg_sc_rank(c, 0, 4, err)) != 0)
		return rc;
	mg_sc_get(c, 0, &d);
	if (d.rank < 0)
		mg_dims_unknown(&d, 4);
	k = channel(c, 4);
	n = d.at[k];
	for (int i = 1; i < (training ? 3 : 5) && i < c->input_count; i++)
		if ((rc = mg_sc_rank(c, i, 1, err)) != 0 || (rc = mg_sc_merge_dim(c, n, mg_sc_dim(c, i, 0), &n, err)) != 0)
			return rc;
	d.at[k] = n;
	if ((rc = mg_sc_put(c, 0, &d, err)) != 0)
		return rc;
	for (int o = 1; o < 5 && rc == 0; o++)
		rc = mg_sc_put_vector(c, o, n, err);
	return rc;
}

int
mg_shape_fn_fused_batch_norm_grad(mg_shape_ctx *c, mgreg_error *err)
{
	bool training = mg_sc_attr_bool(c, "is_training", true);
	mg_dims d, x;
	int64_t n;
	int rc, k = channel(c, 4);

	if ((rc = mg_sc_rank(c, 0, 4, err)) != 0 || (rc = mg_sc_rank(c, 1, 4, err)) != 0)
		return rc;
	mg_sc_get(c, 0, &d);
	mg_sc_get(c, 1, &x);
	if ((rc = mg_sc_merge(c, &d, &x, err)) != 0)
		return rc;
	if (d.rank < 0)
		mg_dims_unknown(&d, 4);
	n = d.at[k];
	for (int i = 2; i < 5; i++)
		if ((rc = mg_sc_rank(c, i, 1, err)) != 0 || (rc = mg_sc_merge_dim(c, n, mg_sc_dim(c, i, 0), &n, err)) != 0)
			return rc;
	d.at[k] = n;
	if ((rc = mg_sc_put(c, 0, &d, err)) != 0 || (rc = mg_sc_put_vector(c, 1, n, err)) != 0 || (rc = mg_sc_put_vector(c, 2, n, err)) != 0
	    || (rc = mg_sc_put_vector(c, 3, training ? 0 : n, err)) != 0)
		return rc;
	return mg_sc_put_vector(c, 4, training ? 0 : n, err);
}

/* BatchNormWithGlobalNormalization: t of rank 4, vectors of its last length. */
int
mg_shape_fn_batch_norm_global(mg_shape_ctx *c, mgreg_error *err)
{
	int vectors = c->output_count == 1 ? 4 : 3, rc;
	int64_t n;
	mg_dims d;

	if ((rc = mg_sc_rank(c, 0, 4, err)) != 0)
		return rc;
	mg_sc_get(c, 0, &d);
	if (d.rank < 0)
		mg_dims_unknown(&d, 4);
	n = d.at[3];
	for (int i = 1; i <= vectors; i++)
		if ((rc = mg_sc_rank(c, i, 1, err)) != 0 || (rc = mg_sc_merge_dim(c, n, mg_sc_dim(c, i, 0), &n, err)) != 0)
			return rc;
	d.at[3] = n;
	if ((rc = mg_sc_put(c, 0, &d, err)) != 0)
		return rc;
	for (int o = 1; o < c->output_count && rc == 0; o++)
		rc = mg_sc_put_vector(c, o, n, err);
	return rc;
}

/* ---- losses ---- */
int
mg_shape_fn_softmax_xent(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims a, b, d;
	int rc;

	mg_sc_get(c, 0, &a);
	mg_sc_get(c, 1, &b);
	if ((rc = mg_sc_broadcast(c, &a, &b, &d, err)) != 0)
		return rc;
	if (d.rank >= 0 && d.rank != 2)
		return mg_sc_fail(c, err, "shape must be rank 2 but is rank %d", d.rank);
	if (d.rank < 0)
		mg_dims_unknown(&d, 2);
	rc = mg_sc_put_vector(c, 0, d.at[0], err);
	return rc ? rc : mg_sc_put(c, 1, &d, err);
}

int
mg_shape_fn_sparse_xent(mg_shape_ctx *c, mgreg_error *err)
{
	int64_t n;
	int rc;

	if ((rc = mg_sc_rank(c, 0, 2, err)) != 0 || (rc = mg_sc_rank(c, 1, 1, err)) != 0
	    || (rc = mg_sc_merge_dim(c, mg_sc_dim(c, 0, 0), mg_sc_dim(c, 1, 0), &n, err)) != 0)
		return rc;
	rc = mg_sc_put_vector(c, 0, n, err);
	return rc ? rc : mg_sc_put_matrix(c, 1, n, mg_sc_dim(c, 0, 1), err);
}

int
mg_shape_fn_ctc_loss(mg_shape_ctx *c, mgreg_error *err)
{
	int64_t n;
	mg_dims d;
	int rc;

	if ((rc = mg_sc_rank(c, 0, 3, err)) != 0 || (rc = mg_sc_rank(c, 1, 2, err)) != 0 || (rc = mg_sc_rank(c, 2, 1, err)) != 0
	    || (rc = mg_sc_rank(c, 3, 1, err)) != 0 || (rc = mg_sc_merge_dim(c, mg_sc_dim(c, 1, 0), mg_sc_dim(c, 2, 0), &n, err)) != 0
	    || (rc = mg_sc_merge_dim(c, mg_sc_dim(c, 0, 1), mg_sc_dim(c, 3, 0), &n, err)) != 0)
		return rc;
	mg_sc_get(c, 0, &d);
	if (d.rank < 0)
		mg_dims_unknown(&d, 3);
	d.at[1] = n;
	rc = mg_sc_put_vector(c, 0, n, err);
	return rc ? rc : mg_sc_put(c, 1, &d, err);
}

int
mg_shape_fn_ctc_greedy(mg_shape_ctx *c, mgreg_error *err)
{
	int64_t n;
	int rc;

	if ((rc = mg_sc_rank(c, 0, 3, err)) != 0 || (rc = mg_sc_rank(c, 1, 1, err)) != 0
	    || (rc = mg_sc_merge_dim(c, mg_sc_dim(c, 0, 1), mg_sc_dim(c, 1, 0), &n, err)) != 0
	    || (rc = mg_sc_put_matrix(c, 0, -1, 2, err)) != 0 || (rc = mg_sc_put_vector(c, 1, -1, err)) != 0
	    || (rc = mg_sc_put_vector(c, 2, 2, err)) != 0)
		return rc;
	return mg_sc_put_matrix(c, 3, n, 1, err);
}

int
mg_shape_fn_ctc_beam(mg_shape_ctx *c, mgreg_error *err)
{
	int paths = (int)mg_sc_attr_int(c, "top_paths", 1), rc;
	int64_t n;

	if ((rc = mg_sc_rank(c, 0, 3, err)) != 0 || (rc = mg_sc_rank(c, 1, 1, err)) != 0
	    || (rc = mg_sc_merge_dim(c, mg_sc_dim(c, 0, 1), mg_sc_dim(c, 1, 0), &n, err)) != 0)
		return rc;
	for (int i = 0; i < paths; i++)
		if ((rc = mg_sc_put_matrix(c, i, -1, 2, err)) != 0 || (rc = mg_sc_put_vector(c, paths + i, -1, err)) != 0
		    || (rc = mg_sc_put_vector(c, 2 * paths + i, 2, err)) != 0)
			return rc;
	return mg_sc_put_matrix(c, 3 * paths, n, paths, err);
}

/* ---- recurrent cells ---- */
/* x [b,in], cs_prev [b,cells]: seven outputs [b,cells]. */
int
mg_shape_fn_lstm_cell(mg_shape_ctx *c, mgreg_error *err)
{
	int64_t b;
	int rc;

	if ((rc = mg_sc_rank(c, 0, 2, err)) != 0 || (rc = mg_sc_rank(c, 1, 2, err)) != 0
	    || (rc = mg_sc_merge_dim(c, mg_sc_dim(c, 0, 0), mg_sc_dim(c, 1, 0), &b, err)) != 0)
		return rc;
	for (int o = 0; o < c->output_count && rc == 0; o++)
		rc = mg_sc_put_matrix(c, o, b, mg_sc_dim(c, 1, 1), err);
	return rc;
}

/* x [t,b,in], bias [4 cells]: seven outputs [t,b,cells]. */
int
mg_shape_fn_lstm_block(mg_shape_ctx *c, mgreg_error *err)
{
	int64_t dims[3], four;
	int rc;

	if ((rc = mg_sc_rank(c, 1, 3, err)) != 0 || (rc = mg_sc_rank(c, c->input_count - 1, 1, err)) != 0)
		return rc;
	four = mg_sc_dim(c, c->input_count - 1, 0);
	if (four >= 0 && four % 4 != 0)
		return mg_sc_fail(c, err, "the bias has %lld entries, no multiple of 4", (long long)four);
	dims[0] = mg_sc_dim(c, 1, 0);
	dims[1] = mg_sc_dim(c, 1, 1);
	dims[2] = four < 0 ? -1 : four / 4;
	for (int o = 0; o < c->output_count && rc == 0; o++)
		rc = mg_sc_put_list(c, o, 3, dims, err);
	return rc;
}

/* ---- random ---- */
int
mg_shape_fn_random_gamma(mg_shape_ctx *c, mgreg_error *err)
{
	mg_dims d, rate;
	int rc;

	if ((rc = mg_sc_shape_value(c, 0, &d, err)) != 0)
		return rc;
	mg_sc_get(c, 1, &rate);
	if (d.rank < 0 || rate.rank < 0)
		d.rank = MG_RANK_UNKNOWN;
	else if (!mg_dims_append(&d, &rate, 0, rate.rank))
		return mg_sc_fail(c, err, "too many dimensions");
	return mg_sc_put(c, 0, &d, err);
}

int
mg_shape_fn_multinomial(mg_shape_ctx *c, mgreg_error *err)
{
	int64_t n;
	int rc;

	if ((rc = mg_sc_rank(c, 0, 2, err)) != 0 || (rc = mg_sc_rank(c, 1, 0, err)) != 0)
		return rc;
	if (!mg_sc_int(c, 1, &n))
		n = -1;
	else if (n < 0)
		return mg_sc_fail(c, err, "num_samples %lld", (long long)n);
	return mg_sc_put_matrix(c, 0, mg_sc_dim(c, 0, 0), n, err);
}

int
mg_shape_fn_candidate_sampler(mg_shape_ctx *c, mgreg_error *err)
{
	int64_t n = mg_sc_attr_int(c, "num_sampled", -1), t = mg_sc_attr_int(c, "num_true", -1);
	int rc;

	if ((rc = mg_sc_rank(c, 0, 2, err)) != 0 || (rc = mg_sc_put_vector(c, 0, n, err)) != 0
	    || (rc = mg_sc_put_matrix(c, 1, mg_sc_dim(c, 0, 0), t, err)) != 0)
		return rc;
	return mg_sc_put_vector(c, 2, n, err);
}

int
mg_shape_fn_accidental_hits(mg_shape_ctx *c, mgreg_error *err)
{
	int64_t t = mg_sc_attr_int(c, "num_true", -1), n;
	int rc;

	if ((rc = mg_sc_rank(c, 0, 2, err)) != 0 || (rc = mg_sc_rank(c, 1, 1, err)) != 0
	    || (rc = mg_sc_merge_dim(c, mg_sc_dim(c, 0, 1), t, &n, err)) != 0)
		return rc;
	return mg_shape_fn_vector(c, err);
}
