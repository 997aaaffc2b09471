/* SPDX-License-Identifier: Apache-2.0 */
/* grads_conv.c - gradients of convolutions and pooling (gradients.md section 6). */
#include "base/base.h"
#include "grad/grad_internal.h"

#define X mg_grad_x(c, 0)
#define Y mg_grad_x(c, 1)
#define W mg_grad_x(c, 2)
#define Z mg_grad_y(c, 0)
#define G mg_grad_dy(c, 0)

/* What all 2-d convolutions pass on; depthwise ones have no explicit paddings and no cudnn switch. */
#define CONV2D "a:strides a:padding a:data_format a:dilations a:use_cudnn_on_gpu a:explicit_paddings"
#define CONV2D_ATTRS mg_g_attr(c, "strides"), mg_g_attr(c, "padding"), mg_g_attr(c, "data_format"), mg_g_attr(c, "dilations"), \
	mg_g_attr(c, "use_cudnn_on_gpu"), mg_g_attr(c, "explicit_paddings")

static mg_output
conv(mg_grad_ctx *c, const char *op, mg_output a, mg_output b, mg_output d)
{
	return mg_build(&c->b, op, NULL, "ooo;" CONV2D, a, b, d, CONV2D_ATTRS);
}

static mg_output
conv_forward(mg_grad_ctx *c, const char *op, mg_output x, mg_output w)
{
	return mg_build(&c->b, op, NULL, "oo;" CONV2D, x, w, CONV2D_ATTRS);
}

static int
grad_conv2d(mg_grad_ctx *c)
{
	mg_output g = G, both[2] = { X, Y }, shapes = mg_build(&c->b, "ShapeN", NULL, "O", both, 2);

	mg_grad_set(c, 0, conv(c, "Conv2DBackpropInput", mg_g_at(shapes, 0), Y, g));
	mg_grad_set(c, 1, conv(c, "Conv2DBackpropFilter", X, mg_g_at(shapes, 1), g));
	return c->b.rc;
}

/* Conv2DBackpropInput(sizes, w, dy) */
static int
grad_conv2d_input(mg_grad_ctx *c)
{
	mg_output g = G;

	mg_grad_set(c, 1, conv(c, "Conv2DBackpropFilter", g, mg_g_shape(c, Y), W));
	mg_grad_set(c, 2, conv_forward(c, "Conv2D", g, Y));
	return c->b.rc;
}

/* Conv2DBackpropFilter(x, sizes, dy) */
static int
grad_conv2d_filter(mg_grad_ctx *c)
{
	mg_output g = G;

	mg_grad_set(c, 0, conv(c, "Conv2DBackpropInput", mg_g_shape(c, X), g, W));
	mg_grad_set(c, 2, conv_forward(c, "Conv2D", X, g));
	return c->b.rc;
}

static int
grad_depthwise(mg_grad_ctx *c)
{
	mg_output g = G;

	mg_grad_set(c, 0, conv(c, "DepthwiseConv2dNativeBackpropInput", mg_g_shape(c, X), Y, g));
	mg_grad_set(c, 1, conv(c, "DepthwiseConv2dNativeBackpropFilter", X, mg_g_shape(c, Y), g));
	return c->b.rc;
}

static int
grad_depthwise_input(mg_grad_ctx *c)
{
	mg_output g = G;

	mg_grad_set(c, 1, conv(c, "DepthwiseConv2dNativeBackpropFilter", g, mg_g_shape(c, Y), W));
	mg_grad_set(c, 2, conv_forward(c, "DepthwiseConv2dNative", g, Y));
	return c->b.rc;
}

static int
grad_depthwise_filter(mg_grad_ctx *c)
{
	mg_output g = G;

	mg_grad_set(c, 0, conv(c, "DepthwiseConv2dNativeBackpropInput", mg_g_shape(c, X), g, W));
	mg_grad_set(c, 2, conv_forward(c, "DepthwiseConv2dNative", X, g));
	return c->b.rc;
}

#define CONV3D "a:strides a:padding a:data_format a:dilations"
#define CONV3D_ATTRS mg_g_attr(c, "strides"), mg_g_attr(c, "padding"), mg_g_attr(c, "data_format"), mg_g_attr(c, "dilations")

static mg_output
conv3(mg_grad_ctx *c, const char *op, mg_output a, mg_output b, mg_output d)
{
	return mg_build(&c->b, op, NULL, "ooo;" CONV3D, a, b, d, CONV3D_ATTRS);
}

static mg_output
conv3_forward(mg_grad_ctx *c, mg_output x, mg_output w)
{
	return mg_build(&c->b, "Conv3D", NULL, "oo;" CONV3D, x, w, CONV3D_ATTRS);
}

static int
grad_conv3d(mg_grad_ctx *c)
{
	mg_output g = G, both[2] = { X, Y }, shapes = mg_build(&c->b, "ShapeN", NULL, "O", both, 2);

	mg_grad_set(c, 0, conv3(c, "Conv3DBackpropInputV2", mg_g_at(shapes, 0), Y, g));
	mg_grad_set(c, 1, conv3(c, "Conv3DBackpropFilterV2", X, mg_g_at(shapes, 1), g));
	return c->b.rc;
}

static int
grad_conv3d_input(mg_grad_ctx *c)
{
	mg_output g = G;

	mg_grad_set(c, 1, conv3(c, "Conv3DBackpropFilterV2", g, mg_g_shape(c, Y), W));
	mg_grad_set(c, 2, conv3_forward(c, g, Y));
	return c->b.rc;
}

static int
grad_conv3d_filter(mg_grad_ctx *c)
{
	mg_output g = G;

	mg_grad_set(c, 0, conv3(c, "Conv3DBackpropInputV2", mg_g_shape(c, X), g, W));
	mg_grad_set(c, 2, conv3_forward(c, X, g));
	return c->b.rc;
}

static int
grad_dilation2d(mg_grad_ctx *c)
{
	mg_output g = G;

	mg_grad_set(c, 0, mg_build(&c->b, "Dilation2DBackpropInput", NULL, "ooo;a:strides a:rates a:padding", X, Y, g,
		mg_g_attr(c, "strides"), mg_g_attr(c, "rates"), mg_g_attr(c, "padding")));
	mg_grad_set(c, 1, mg_build(&c->b, "Dilation2DBackpropFilter", NULL, "ooo;a:strides a:rates a:padding", X, Y, g,
		mg_g_attr(c, "strides"), mg_g_attr(c, "rates"), mg_g_attr(c, "padding")));
	return c->b.rc;
}

/* ---- pooling ---- */

#define POOL "a:ksize a:strides a:padding a:data_format"
#define POOL_ATTRS mg_g_attr(c, "ksize"), mg_g_attr(c, "strides"), mg_g_attr(c, "padding"), mg_g_attr(c, "data_format")

static mg_output
pool(mg_grad_ctx *c, const char *op, mg_output a, mg_output b, mg_output d)
{
	return mg_build(&c->b, op, NULL, "ooo;" POOL, a, b, d, POOL_ATTRS);
}

static int grad_max_pool(mg_grad_ctx *c) { mg_grad_set(c, 0, pool(c, "MaxPoolGrad", X, Z, G)); return c->b.rc; }
static int grad_max_pool3d(mg_grad_ctx *c) { mg_grad_set(c, 0, pool(c, "MaxPool3DGrad", X, Z, G)); return c->b.rc; }

static int
grad_max_pool_v2(mg_grad_ctx *c)
{
	mg_grad_set(c, 0, mg_build(&c->b, "MaxPoolGradV2", NULL, "ooooo;a:padding a:data_format", X, Z, G, Y, W,
		mg_g_attr(c, "padding"), mg_g_attr(c, "data_format")));
	return c->b.rc;
}

static int
grad_max_pool_argmax(mg_grad_ctx *c)
{
	mg_grad_set(c, 0, mg_build(&c->b, "MaxPoolGradWithArgmax", NULL, "ooo;a:ksize a:strides a:padding a:include_batch_in_index",
		X, G, mg_grad_y(c, 1), mg_g_attr(c, "ksize"), mg_g_attr(c, "strides"), mg_g_attr(c, "padding"),
		mg_g_attr(c, "include_batch_in_index")));
	return c->b.rc;
}

/* Second order: Op(orig_input, orig_output, grad). */
static int
pool_second(mg_grad_ctx *c, const char *op)
{
	mg_grad_set(c, 0, mg_g_zeros_like(c, X));
	mg_grad_set(c, 1, mg_g_zeros_like(c, Y));
	mg_grad_set(c, 2, pool(c, op, X, Y, G));
	return c->b.rc;
}

static int grad_max_pool_grad(mg_grad_ctx *c) { return pool_second(c, "MaxPoolGradGrad"); }
static int grad_max_pool_grad_grad(mg_grad_ctx *c) { return pool_second(c, "MaxPoolGrad"); }
static int grad_max_pool3d_grad(mg_grad_ctx *c) { return pool_second(c, "MaxPool3DGradGrad"); }

static int
grad_max_pool_grad_v2(mg_grad_ctx *c)
{
	mg_grad_set(c, 0, mg_g_zeros_like(c, X));
	mg_grad_set(c, 1, mg_g_zeros_like(c, Y));
	mg_grad_set(c, 2, mg_build(&c->b, "MaxPoolGradGradV2", NULL, "ooooo;a:padding a:data_format", X, Y, G, mg_grad_x(c, 3),
		mg_grad_x(c, 4), mg_g_attr(c, "padding"), mg_g_attr(c, "data_format")));
	return c->b.rc;
}

static int
average(mg_grad_ctx *c, const char *op)
{
	mg_output shape = mg_g_shape(c, X);

	mg_grad_set(c, 0, mg_build(&c->b, op, NULL, "oo;" POOL, shape, G, POOL_ATTRS));
	return c->b.rc;
}

static int
average_second(mg_grad_ctx *c, const char *op)
{
	mg_grad_set(c, 1, mg_build(&c->b, op, NULL, "o;" POOL, G, POOL_ATTRS));
	return c->b.rc;
}

static int grad_avg_pool(mg_grad_ctx *c) { return average(c, "AvgPoolGrad"); }
static int grad_avg_pool3d(mg_grad_ctx *c) { return average(c, "AvgPool3DGrad"); }
static int grad_avg_pool_grad(mg_grad_ctx *c) { return average_second(c, "AvgPool"); }
static int grad_avg_pool3d_grad(mg_grad_ctx *c) { return average_second(c, "AvgPool3D"); }

const mg_grad mg_grads_conv[] = {
	{ "Conv2D", grad_conv2d }, { "Conv2DBackpropInput", grad_conv2d_input }, { "Conv2DBackpropFilter", grad_conv2d_filter },
	{ "DepthwiseConv2dNative", grad_depthwise }, { "DepthwiseConv2dNativeBackpropInput", grad_depthwise_input },
	{ "DepthwiseConv2dNativeBackpropFilter", grad_depthwise_filter },
	{ "Conv3D", grad_conv3d }, { "Conv3DBackpropInputV2", grad_conv3d_input }, { "Conv3DBackpropFilterV2", grad_conv3d_filter },
	{ "Dilation2D", grad_dilation2d },
	{ "MaxPool", grad_max_pool }, { "MaxPoolV2", grad_max_pool_v2 }, { "MaxPoolWithArgmax", grad_max_pool_argmax },
	{ "MaxPool3D", grad_max_pool3d }, { "MaxPoolGrad", grad_max_pool_grad }, { "MaxPoolGradGrad", grad_max_pool_grad_grad },
	{ "MaxPoolGradV2", grad_max_pool_grad_v2 }, { "MaxPool3DGrad", grad_max_pool3d_grad },
	{ "AvgPool", grad_avg_pool }, { "AvgPool3D", grad_avg_pool3d }, { "AvgPoolGrad", grad_avg_pool_grad },
	{ "AvgPool3DGrad", grad_avg_pool3d_grad },
	{ .op = NULL }
};
