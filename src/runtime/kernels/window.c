/* SPDX-License-Identifier: Apache-2.0 */
/* window.c - attributes and arithmetic of sliding windows, and the turning of layouts. */
#include "runtime/kernels/k_window.h"

/* Position of spatial axis D (counted in three) and of the channels in a list of data_format order. */
static int spatial_at(const k_window *w, int d) { return (w->first ? 2 : 1) + d - (3 - w->spatial); }
static int channel_at(const k_window *w) { return w->first ? 1 : w->spatial + 1; }

int
mg_k_window_list(const k_window *w, const mg_attrs *attrs, const char *name, int64_t out[3], int64_t other[2], mgreg_error *err)
{
	int64_t list[5];
	int rc;

	if ((rc = mg_k_attr_ints(attrs, name, list, w->spatial + 2, err)) != 0)
		return rc;
	out[0] = 1;
	for (int d = 3 - w->spatial; d < 3; d++)
		out[d] = list[spatial_at(w, d)];
	other[0] = list[0];
	other[1] = list[channel_at(w)];
	for (int d = 0; d < 3; d++)
		if (out[d] < 1 || out[d] > INT32_MAX)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "attr '%s' has entry %lld, expected a positive number", name,
				(long long)out[d]);
	if (other[0] < 1 || other[1] < 1)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "attr '%s' must have positive entries", name);
	return 0;
}

int
mg_k_window_begin(k_window *w, const mg_attrs *attrs, int spatial, mgreg_error *err)
{
	const Pb__AttrValue__ListValue *list;
	int64_t other[2];
	int rc;

	memset(w, 0, sizeof *w);
	w->spatial = spatial;
	w->first = mg_k_attr_is(attrs, "data_format", "NCHW") || mg_k_attr_is(attrs, "data_format", "NCDHW");
	if (mg_k_attr_is(attrs, "data_format", "NCHW_VECT_C"))
		return mg_fail(err, MGREG_UNIMPLEMENTED, "data_format NCHW_VECT_C");
	w->in[0] = w->k[0] = w->stride[0] = w->out[0] = 1;
	w->dilation[0] = w->dilation[1] = w->dilation[2] = 1;
	if (mg_attr_get_list(attrs, "strides", &list)) {
		if ((rc = mg_k_window_list(w, attrs, "strides", w->stride, other, err)) != 0)
			return rc;
		if (other[0] != 1 || other[1] != 1)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "strides in the batch and depth dimensions are not supported");
	}
	if (mg_attr_get_list(attrs, "dilations", &list) && list->n_i) {
		if ((rc = mg_k_window_list(w, attrs, "dilations", w->dilation, other, err)) != 0)
			return rc;
		if (other[0] != 1 || other[1] != 1)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "dilations in the batch and depth dimensions are not supported");
	}
	return 0;
}

int
mg_k_window_input(k_window *w, const mg_shape *x, const char *what, mgreg_error *err)
{
	char text[256];

	if (x->rank != w->spatial + 2)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "%s must be %d-dimensional, not of shape %s", what, w->spatial + 2,
			mg_shape_text(x, text));
	w->n = mg_shape_dim(x, 0);
	w->ic = w->oc = mg_shape_dim(x, channel_at(w));
	for (int d = 3 - w->spatial; d < 3; d++)
		w->in[d] = mg_shape_dim(x, spatial_at(w, d));
	return 0;
}

static int
explicit_paddings(k_window *w, const mg_attrs *attrs, int64_t after[3], mgreg_error *err)
{
	int64_t list[10];
	int rc;

	if ((rc = mg_k_attr_ints(attrs, "explicit_paddings", list, 2 * (w->spatial + 2), err)) != 0)
		return rc;
	if (list[0] || list[1] || list[2 * channel_at(w)] || list[2 * channel_at(w) + 1])
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "explicit paddings of the batch and depth dimensions must be 0");
	for (int d = 3 - w->spatial; d < 3; d++) {
		w->pad[d] = list[2 * spatial_at(w, d)];
		after[d] = list[2 * spatial_at(w, d) + 1];
		if (w->pad[d] < 0 || after[d] < 0 || w->pad[d] > INT32_MAX || after[d] > INT32_MAX)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "explicit paddings must not be negative");
	}
	return 0;
}

int
mg_k_window_solve(k_window *w, const mg_attrs *attrs, mgreg_error *err)
{
	bool same = mg_k_attr_is(attrs, "padding", "SAME"), valid = mg_k_attr_is(attrs, "padding", "VALID");
	int64_t after[3] = { 0 };
	int rc;

	if (!same && !valid && !mg_k_attr_is(attrs, "padding", "EXPLICIT"))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "padding must be SAME, VALID or EXPLICIT");
	if (!same && !valid && (rc = explicit_paddings(w, attrs, after, err)) != 0)
		return rc;
	for (int d = 0; d < 3; d++) {
		int64_t reach;
		if (w->k[d] < 1 || w->k[d] > INT32_MAX)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "window size %lld is not positive", (long long)w->k[d]);
		reach = (w->k[d] - 1) * w->dilation[d] + 1;
		if (same) {
			int64_t total;
			w->out[d] = (w->in[d] + w->stride[d] - 1) / w->stride[d];
			total = MG_MAX(0, (w->out[d] - 1) * w->stride[d] + reach - w->in[d]);
			w->pad[d] = total / 2;
			continue;
		}
		if (w->in[d] + w->pad[d] + after[d] - reach + w->stride[d] < 0)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "computed output size would be negative: input %lld, window %lld, stride %lld",
				(long long)w->in[d], (long long)reach, (long long)w->stride[d]);
		w->out[d] = (w->in[d] + w->pad[d] + after[d] - reach + w->stride[d]) / w->stride[d];
	}
	return 0;
}

int
mg_k_window_dims(const k_window *w, const int64_t spatial[3], int64_t channels, int64_t *dims)
{
	dims[0] = w->n;
	dims[channel_at(w)] = channels;
	for (int d = 3 - w->spatial; d < 3; d++)
		dims[spatial_at(w, d)] = spatial[d];
	return w->spatial + 2;
}

void
mg_k_widen(const mg_tensor *x, float *to)
{
	const uint16_t *h = x->data;

	if (x->dtype == MGREG_HALF)
		for (int64_t i = 0; i < x->count; i++)
			to[i] = ld_half(h[i]);
	else
		for (int64_t i = 0; i < x->count; i++)
			to[i] = ld_bfloat16(h[i]);
}

void
mg_k_narrow(const float *from, mg_tensor *y)
{
	uint16_t *h = y->data;

	if (y->dtype == MGREG_HALF)
		for (int64_t i = 0; i < y->count; i++)
			h[i] = st_half(from[i]);
	else
		for (int64_t i = 0; i < y->count; i++)
			h[i] = st_bfloat16(from[i]);
}

static bool is_narrow(mg_dtype t) { return t == MGREG_HALF || t == MGREG_BFLOAT16; }

/* [n, a, b] -> [n, b, a]. */
static int
turn(mg_kernel_ctx *k, const mg_tensor *from, mg_tensor *to, int64_t n, int64_t a, int64_t b, mgreg_error *err)
{
	mg_k_view v;

	mg_k_view_begin(&v);
	mg_k_view_add(&v, n, a * b, a * b);
	mg_k_view_add(&v, b, a, 1);
	mg_k_view_add(&v, a, 1, b);
	return mg_k_copy(k, to, from, &v, err);
}

static int
alloc_flat(mg_kernel_ctx *k, mg_tensor *t, mg_dtype dtype, int64_t count, mgreg_error *err)
{
	mg_shape shape = { .rank = 1, .inline_dims = { count } };

	return mg_kernel_alloc(k, t, dtype, &shape, err);
}

int
mg_k_image_in(mg_kernel_ctx *k, const k_window *w, const mg_tensor *x, mg_tensor *own, const mg_tensor **out, mgreg_error *err)
{
	mg_tensor wide = { 0 };
	int64_t channels = mg_dim(x, channel_at(w));
	int rc = 0;

	*out = x;
	if (is_narrow(x->dtype)) {
		MG_TRY(alloc_flat(k, &wide, MGREG_FLOAT, x->count, err));
		mg_k_widen(x, wide.data);
		x = &wide;
	}
	if (w->first && x->count) {
		MG_TRY(alloc_flat(k, own, x->dtype, x->count, err));
		MG_TRY(turn(k, x, own, w->n, channels, x->count / w->n / channels, err));
		*out = own;
	} else if (x == &wide) {
		mg_tensor_move(own, &wide);
		*out = own;
	}
out:
	mg_tensor_clear(&wide);
	return rc;
}

int
mg_k_image_out(mg_kernel_ctx *k, int i, const k_window *w, const int64_t spatial[3], int64_t channels, mg_tensor *own,
	mg_tensor **out, mgreg_error *err)
{
	int64_t dims[5];
	mg_dtype dtype = mg_kernel_output_type(k, i);
	int rank = mg_k_window_dims(w, spatial, channels, dims);

	if (!w->first && !is_narrow(dtype))
		return mg_kernel_output_dims(k, i, dims, rank, out, err);
	*out = own;
	return alloc_flat(k, own, is_narrow(dtype) ? MGREG_FLOAT : dtype, w->n * mg_k_volume(spatial) * channels, err);
}

int
mg_k_image_end(mg_kernel_ctx *k, int i, const k_window *w, const int64_t spatial[3], int64_t channels, const mg_tensor *own,
	mgreg_error *err)
{
	int64_t dims[5];
	mg_dtype dtype = mg_kernel_output_type(k, i);
	int rank = mg_k_window_dims(w, spatial, channels, dims), rc;
	mg_tensor turned = { 0 }, *y;

	if (!mg_tensor_is_set(own))
		return 0;
	MG_TRY(mg_kernel_output_dims(k, i, dims, rank, &y, err));
	if (own->count == 0)
		goto out;
	if (!w->first) {
		mg_k_narrow(own->data, y);
	} else if (!is_narrow(dtype)) {
		MG_TRY(turn(k, own, y, w->n, mg_k_volume(spatial), channels, err));
	} else {
		MG_TRY(alloc_flat(k, &turned, MGREG_FLOAT, own->count, err));
		MG_TRY(turn(k, own, &turned, w->n, mg_k_volume(spatial), channels, err));
		mg_k_narrow(turned.data, y);
	}
out:
	mg_tensor_clear(&turned);
	return rc;
}
