/* SPDX-License-Identifier: Apache-2.0 */
/* k_conv.c - Conv2D, Conv3D, DepthwiseConv2dNative and their gradients to the input and to the filter. */
#include "runtime/kernels/k_window.h"

typedef struct conv_job {
	const k_window *w;
	const void *x, *f;
	void       *y, *patches;
	int64_t     row;
} conv_job;

/* Rows of LINE elements that fill about a megabyte. */
static int64_t
patch_rows(int64_t line, size_t size)
{
	return MG_MAX(64, (1 << 20) / MG_MAX(1, line * (int64_t)size));
}

#define T float
#define NAME(x) x##_float
#define GEMM mg_gemm_f32
#include "runtime/kernels/conv.inc"
#define T double
#define NAME(x) x##_double
#define GEMM mg_gemm_f64
#include "runtime/kernels/conv.inc"

/* ---- what every form does before and after ---- */
typedef struct conv {
	k_window w;
	mg_tensor own[3];               /* inputs and output in computing layout, where they had to be made */
	const mg_tensor *a, *b;
	mg_tensor *y;
} conv;

static void
conv_clear(conv *c)
{
	for (int i = 0; i < 3; i++)
		mg_tensor_clear(&c->own[i]);
}

/* Filters have no layout; only narrow types are widened. */
static int
filter_in(mg_kernel_ctx *k, const mg_tensor *f, mg_tensor *own, const mg_tensor **out, mgreg_error *err)
{
	int rc;

	*out = f;
	if (f->dtype != MGREG_HALF && f->dtype != MGREG_BFLOAT16)
		return 0;
	if ((rc = mg_kernel_alloc(k, own, MGREG_FLOAT, &f->shape, err)) != 0)
		return rc;
	mg_k_widen(f, own->data);
	*out = own;
	return 0;
}

/* Filter sizes from its shape: [spatial..., in, out], or [kh, kw, in, multiplier]. */
static int
read_filter(k_window *w, const mg_shape *f, bool depthwise, mgreg_error *err)
{
	int s = w->spatial;
	char text[256];

	if (f->rank != s + 2)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "filter must be %d-dimensional, not of shape %s", s + 2,
			mg_shape_text(f, text));
	for (int d = 0; d < s; d++)
		w->k[3 - s + d] = mg_shape_dim(f, d);
	w->oc = mg_shape_dim(f, s + 1);
	if (depthwise) {
		int64_t mult = w->oc;
		if (mg_shape_dim(f, s) != w->ic)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "input and filter must have the same depth: %lld vs %lld",
				(long long)w->ic, (long long)mg_shape_dim(f, s));
		if (__builtin_mul_overflow(w->ic, mult, &w->oc))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "filter is too large");
		return 0;
	}
	if (mg_shape_dim(f, s) == w->ic)
		return 0;
	if (mg_shape_dim(f, s) > 0 && w->ic % mg_shape_dim(f, s) == 0 && w->ic > 0)
		return mg_fail(err, MGREG_UNIMPLEMENTED, "grouped convolution: input depth %lld, filter depth %lld", (long long)w->ic,
			(long long)mg_shape_dim(f, s));
	return mg_fail(err, MGREG_INVALID_ARGUMENT, "input depth must be evenly divisible by filter depth: %lld vs %lld",
		(long long)w->ic, (long long)mg_shape_dim(f, s));
}

/* DY has the shape that the forward arithmetic gives. */
static int
check_backprop(const k_window *w, const mg_tensor *dy, mgreg_error *err)
{
	int64_t dims[5];
	int rank = mg_k_window_dims(w, w->out, w->oc, dims);
	char text[256];

	for (int d = 0; d < rank; d++)
		if (mg_rank(dy) != rank || mg_dim(dy, d) != dims[d])
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "out_backprop of shape %s does not match the computed output: dimension %d should be %lld",
				mg_shape_text(&dy->shape, text), d, (long long)dims[d]);
	return 0;
}

/* input_sizes: the whole shape, or its spatial part when the rest follows from FILTER and DY. */
static int
read_input_sizes(k_window *w, const mg_tensor *sizes, const mg_tensor *dy, const mg_tensor *filter, mg_shape *out, mgreg_error *err)
{
	int64_t dims[5];
	int rc;

	if ((rc = mg_k_shape_from(sizes, "input_sizes", out, err)) != 0)
		return rc;
	if (out->rank != w->spatial || mg_rank(dy) != w->spatial + 2 || mg_rank(filter) != w->spatial + 2)
		return 0;
	w->n = mg_dim(dy, 0);
	for (int d = 0; d < w->spatial; d++)
		w->in[3 - w->spatial + d] = mg_shape_dim(out, d);
	mg_k_window_dims(w, w->in, mg_dim(filter, w->spatial), dims);
	return mg_shape_set(out, dims, w->spatial + 2, err);
}

/* ---- forward ---- */
static int
forward(mg_kernel_ctx *k, int spatial, bool depthwise, mgreg_error *err)
{
	const mg_attrs *attrs = mg_kernel_attrs(k);
	const mg_tensor *x = mg_kernel_input(k, 0), *f = mg_kernel_input(k, 1);
	conv c = { .y = NULL };
	int rc;

	MG_TRY(mg_k_window_begin(&c.w, attrs, spatial, err));
	MG_TRY(mg_k_window_input(&c.w, &x->shape, "input", err));
	MG_TRY(read_filter(&c.w, &f->shape, depthwise, err));
	MG_TRY(mg_k_window_solve(&c.w, attrs, err));
	MG_TRY(mg_k_image_out(k, 0, &c.w, c.w.out, c.w.oc, &c.own[2], &c.y, err));
	if (c.y->count && (x->count == 0 || f->count == 0)) {
		MG_TRY(mg_k_fill(k, c.y, NULL, 0, err));
	} else if (c.y->count) {
		MG_TRY(mg_k_image_in(k, &c.w, x, &c.own[0], &c.a, err));
		MG_TRY(filter_in(k, f, &c.own[1], &c.b, err));
		conv_job j = { .w = &c.w, .x = c.a->data, .f = c.b->data, .y = c.y->data };
		int64_t grain = mg_k_grain(c.w.out[2] * mg_k_volume(c.w.k) * c.w.oc);
		if (c.y->dtype != MGREG_FLOAT && c.y->dtype != MGREG_DOUBLE)
			rc = mg_k_no_type(c.y->dtype, err);
		else if (depthwise)
			mg_parallel_for(k, c.w.n * c.w.out[1], grain, c.y->dtype == MGREG_FLOAT ? depth_forward_float : depth_forward_double, &j);
		else if (c.y->dtype == MGREG_FLOAT)
			rc = forward_float(k, &c.w, j.x, j.f, j.y, err);
		else
			rc = forward_double(k, &c.w, j.x, j.f, j.y, err);
		if (rc)
			goto out;
	}
	MG_TRY(mg_k_image_end(k, 0, &c.w, c.w.out, c.w.oc, &c.own[2], err));
out:
	conv_clear(&c);
	return rc;
}

/* ---- gradient to the input: (input_sizes, filter, out_backprop) ---- */
static int
input_grad(mg_kernel_ctx *k, int spatial, bool depthwise, mgreg_error *err)
{
	const mg_attrs *attrs = mg_kernel_attrs(k);
	const mg_tensor *f = mg_kernel_input(k, 1), *dy = mg_kernel_input(k, 2);
	mg_shape shape = MG_SHAPE_SCALAR;
	conv c = { .y = NULL };
	int rc;

	MG_TRY(mg_k_window_begin(&c.w, attrs, spatial, err));
	MG_TRY(read_input_sizes(&c.w, mg_kernel_input(k, 0), dy, f, &shape, err));
	MG_TRY(mg_k_window_input(&c.w, &shape, "input_sizes", err));
	MG_TRY(read_filter(&c.w, &f->shape, depthwise, err));
	MG_TRY(mg_k_window_solve(&c.w, attrs, err));
	MG_TRY(check_backprop(&c.w, dy, err));
	MG_TRY(mg_k_image_out(k, 0, &c.w, c.w.in, c.w.ic, &c.own[2], &c.y, err));
	if (c.y->count && (dy->count == 0 || f->count == 0)) {
		MG_TRY(mg_k_fill(k, c.y, NULL, 0, err));
	} else if (c.y->count) {
		MG_TRY(mg_k_image_in(k, &c.w, dy, &c.own[0], &c.a, err));
		MG_TRY(filter_in(k, f, &c.own[1], &c.b, err));
		conv_job j = { .w = &c.w, .x = c.a->data, .f = c.b->data, .y = c.y->data };
		int64_t grain = mg_k_grain(c.w.in[2] * mg_k_volume(c.w.k) * c.w.oc);
		if (c.y->dtype != MGREG_FLOAT && c.y->dtype != MGREG_DOUBLE)
			rc = mg_k_no_type(c.y->dtype, err);
		else if (depthwise)
			mg_parallel_for(k, c.w.n * c.w.in[1], grain, c.y->dtype == MGREG_FLOAT ? depth_input_grad_float : depth_input_grad_double, &j);
		else if (c.y->dtype == MGREG_FLOAT)
			rc = input_grad_float(k, &c.w, j.f, j.x, j.y, err);
		else
			rc = input_grad_double(k, &c.w, j.f, j.x, j.y, err);
		if (rc)
			goto out;
	}
	MG_TRY(mg_k_image_end(k, 0, &c.w, c.w.in, c.w.ic, &c.own[2], err));
out:
	mg_shape_clear(&shape);
	conv_clear(&c);
	return rc;
}

/* ---- gradient to the filter: (input, filter_sizes, out_backprop) ---- */
static int
filter_grad(mg_kernel_ctx *k, int spatial, bool depthwise, mgreg_error *err)
{
	const mg_attrs *attrs = mg_kernel_attrs(k);
	const mg_tensor *x = mg_kernel_input(k, 0), *dy = mg_kernel_input(k, 2);
	mg_shape shape = MG_SHAPE_SCALAR;
	mg_tensor *df, wide = { 0 };
	conv c = { .y = NULL };
	int rc;

	MG_TRY(mg_k_window_begin(&c.w, attrs, spatial, err));
	MG_TRY(mg_k_shape_from(mg_kernel_input(k, 1), "filter_sizes", &shape, err));
	MG_TRY(mg_k_window_input(&c.w, &x->shape, "input", err));
	MG_TRY(read_filter(&c.w, &shape, depthwise, err));
	MG_TRY(mg_k_window_solve(&c.w, attrs, err));
	MG_TRY(check_backprop(&c.w, dy, err));
	MG_TRY(mg_kernel_output(k, 0, &shape, &df, err));
	if (df->count && (x->count == 0 || dy->count == 0)) {
		MG_TRY(mg_k_fill(k, df, NULL, 0, err));
	} else if (df->count) {
		mg_tensor *to = df;
		MG_TRY(mg_k_image_in(k, &c.w, x, &c.own[0], &c.a, err));
		MG_TRY(mg_k_image_in(k, &c.w, dy, &c.own[1], &c.b, err));
		if (df->dtype == MGREG_HALF || df->dtype == MGREG_BFLOAT16) {
			MG_TRY(mg_kernel_alloc(k, &wide, MGREG_FLOAT, &shape, err));
			to = &wide;
		}
		conv_job j = { .w = &c.w, .x = c.a->data, .f = c.b->data, .y = to->data };
		if (to->dtype != MGREG_FLOAT && to->dtype != MGREG_DOUBLE)
			rc = mg_k_no_type(to->dtype, err);
		else if (depthwise)
			mg_parallel_for(k, mg_k_volume(c.w.k), 1, to->dtype == MGREG_FLOAT ? depth_filter_grad_float : depth_filter_grad_double, &j);
		else if (to->dtype == MGREG_FLOAT)
			rc = filter_grad_float(k, &c.w, j.x, j.f, j.y, err);
		else
			rc = filter_grad_double(k, &c.w, j.x, j.f, j.y, err);
		if (rc)
			goto out;
		if (to == &wide)
			mg_k_narrow(wide.data, df);
	}
out:
	mg_tensor_clear(&wide);
	mg_shape_clear(&shape);
	conv_clear(&c);
	return rc;
}

#define FORM(name, spatial, depthwise) \
	static int name##_run(mg_kernel_ctx *k, mgreg_error *err) { return forward(k, spatial, depthwise, err); } \
	static int name##_input_run(mg_kernel_ctx *k, mgreg_error *err) { return input_grad(k, spatial, depthwise, err); } \
	static int name##_filter_run(mg_kernel_ctx *k, mgreg_error *err) { return filter_grad(k, spatial, depthwise, err); }
FORM(conv2d, 2, false)
FORM(conv3d, 3, false)
FORM(depthwise, 2, true)

#define ROW(op, name) { op, "T=" K_FLOATS_TEXT, 0, NULL, name##_run, NULL, MG_KERNEL_EXPENSIVE }
const mg_kernel mg_kernels_conv[] = {
	ROW("Conv2D", conv2d),
	ROW("Conv2DBackpropInput", conv2d_input),
	ROW("Conv2DBackpropFilter", conv2d_filter),
	ROW("Conv3D", conv3d),
	ROW("Conv3DBackpropInputV2", conv3d_input),
	ROW("Conv3DBackpropFilterV2", conv3d_filter),
	ROW("DepthwiseConv2dNative", depthwise),
	ROW("DepthwiseConv2dNativeBackpropInput", depthwise_input),
	ROW("DepthwiseConv2dNativeBackpropFilter", depthwise_filter),
	{ .op = NULL }
};
