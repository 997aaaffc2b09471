/* SPDX-License-Identifier: Apache-2.0 */
/* grads_nn.c - gradients of activations, losses, norms and what images need (gradients.md section 6). */
#include "base/base.h"
#include "grad/grad_internal.h"

#define X mg_grad_x(c, 0)
#define Y mg_grad_x(c, 1)
#define Z mg_grad_y(c, 0)
#define G mg_grad_dy(c, 0)

static mg_output mul(mg_grad_ctx *c, mg_output a, mg_output b) { return mg_g2(c, "Mul", "mul", a, b); }

/* A number per row times a matrix. */
static mg_output
rows_times(mg_grad_ctx *c, mg_output vector, mg_output matrix)
{
	return mul(c, mg_g2i(c, "ExpandDims", "ExpandDims", "dim", vector, -1), matrix);
}

/* ---- bias and activations ---- */

static int
grad_bias_add(mg_grad_ctx *c)
{
	mg_output g = G;

	mg_grad_set(c, 0, g);
	mg_grad_set(c, 1, mg_build(&c->b, "BiasAddGrad", NULL, "o;a:data_format", g, mg_g_attr(c, "data_format")));
	return c->b.rc;
}

static int
grad_bias_add_v1(mg_grad_ctx *c)
{
	mg_output g = G, last;

	mg_grad_set(c, 0, g);
	last = mg_g2k(c, "Sub", "sub", "y", mg_g_rank(c, g), 1, false);
	mg_grad_set(c, 1, mg_g_reduce(c, "Sum", g, mg_g_range(c, 0, last), false));
	return c->b.rc;
}

/* Sums the gradient's gradient spread like the bias, back over everything else: the inverse of BiasAdd's. */
static int
grad_bias_add_grad(mg_grad_ctx *c)
{
	mg_slice format = { "NHWC", 4 };
	mg_output g = G, shape, bias, expanded, tile;

	mg_attr_get_string(&c->node->attrs, "data_format", &format);
	shape = mg_g_shape(c, X);
	bias = mg_g_shape(c, g);
	if (mg_slice_eq(format, "NCHW")) {
		int64_t one = 1;
		mg_output head, tail, parts[3];

		/* [1, C, 1, 1, ...] as long as the input's shape */
		head = c->b.rc ? MG_NO_OUTPUT : mg_const_i32s(&c->b, "ones", &one, 1);
		tail = mg_g1(c, "OnesLike", NULL, mg_g_strided(c, shape, 2, 0, false));
		parts[0] = head;
		parts[1] = bias;
		parts[2] = tail;
		expanded = mg_g_concat(c, parts, 3, 0);
		parts[0] = mg_g_strided(c, shape, 0, 1, false);
		parts[1] = head;
		parts[2] = mg_g_strided(c, shape, 2, 0, false);
		tile = mg_g_concat(c, parts, 3, 0);
	} else {
		mg_output parts[2];
		int64_t one = 1;

		parts[0] = mg_g1(c, "OnesLike", NULL, mg_g_strided(c, shape, 0, -1, false));
		parts[1] = bias;
		expanded = mg_g_concat(c, parts, 2, 0);
		parts[0] = mg_g_strided(c, shape, 0, -1, false);
		parts[1] = c->b.rc ? MG_NO_OUTPUT : mg_const_i32s(&c->b, "ones", &one, 1);
		tile = mg_g_concat(c, parts, 2, 0);
	}
	mg_grad_set(c, 0, mg_g2(c, "Tile", NULL, mg_g2(c, "Reshape", NULL, g, expanded), tile));
	return c->b.rc;
}

#define ON_OUTPUT(name, op) \
	static int grad_##name(mg_grad_ctx *c) { mg_grad_set(c, 0, mg_g2(c, op, NULL, G, Z)); return c->b.rc; }
#define ON_INPUT(name, op) \
	static int grad_##name(mg_grad_ctx *c) { mg_grad_set(c, 0, mg_g2(c, op, NULL, G, X)); return c->b.rc; }
ON_OUTPUT(relu, "ReluGrad")
ON_OUTPUT(relu6, "Relu6Grad")
ON_OUTPUT(elu, "EluGrad")
ON_OUTPUT(selu, "SeluGrad")
ON_INPUT(softsign, "SoftsignGrad")

static int
grad_softplus(mg_grad_ctx *c)
{
	mg_output g = G;

	mg_grad_set(c, 0, mul(c, g, mg_g1(c, "Sigmoid", NULL, X)));
	return c->b.rc;
}

static int
grad_leaky_relu(mg_grad_ctx *c)
{
	mg_grad_set(c, 0, mg_build(&c->b, "LeakyReluGrad", NULL, "oo;a:alpha", G, X, mg_g_attr(c, "alpha")));
	return c->b.rc;
}

/* Second order of the piecewise linear ones: op(gradients, features). */
static int
grad_relu_grad(mg_grad_ctx *c)
{
	mg_grad_set(c, 0, mg_g2(c, c->node->op_name, NULL, G, Y));
	mg_grad_set(c, 1, mg_g_zeros_like(c, Y));
	return c->b.rc;
}

static int
grad_leaky_relu_grad(mg_grad_ctx *c)
{
	mg_grad_set(c, 0, mg_build(&c->b, "LeakyReluGrad", NULL, "oo;a:alpha", G, Y, mg_g_attr(c, "alpha")));
	mg_grad_set(c, 1, mg_g_zeros_like(c, Y));
	return c->b.rc;
}

/* EluGrad(b, y) = b * (y < 0 ? y + 1 : 1) */
static int
grad_elu_grad(mg_grad_ctx *c)
{
	mg_output g = G, negative;

	mg_grad_set(c, 0, mg_g2(c, "EluGrad", NULL, g, Y));
	negative = mg_g2k(c, "Less", "Less", "y", Y, 0, false);
	mg_grad_set(c, 1, mg_g3(c, "Select", NULL, negative, mul(c, g, X), mg_g_zeros_like(c, Y)));
	return c->b.rc;
}

/* SeluGrad(b, y) = b * (y < 0 ? y + scale * alpha : scale) */
static int
grad_selu_grad(mg_grad_ctx *c)
{
	mg_output g = G, negative;

	mg_grad_set(c, 0, mg_g2(c, "SeluGrad", NULL, g, Y));
	negative = mg_g2k(c, "Less", "Less", "y", Y, 0, false);
	mg_grad_set(c, 1, mg_g3(c, "Select", NULL, negative, mul(c, g, X), mg_g_zeros_like(c, Y)));
	return c->b.rc;
}

/* SoftplusGrad(b, x) = b * sigmoid(x) */
static int
grad_softplus_grad(mg_grad_ctx *c)
{
	mg_output g = G, s;

	mg_g_after(c, g);
	mg_grad_set(c, 0, mg_g2(c, "SoftplusGrad", NULL, g, Y));
	s = mg_g1(c, "Sigmoid", NULL, Y);
	mg_grad_set(c, 1, mul(c, mul(c, g, X), mg_g2(c, "SigmoidGrad", NULL, s, mg_g_ones_like(c, s))));
	mg_g_after_end(c);
	return c->b.rc;
}

/* ---- softmax and its losses ---- */

static mg_output
sum_last(mg_grad_ctx *c, mg_output x)
{
	static const int64_t last = -1;

	return mg_g_reduce(c, "Sum", x, c->b.rc ? MG_NO_OUTPUT : mg_const_i32s(&c->b, "Sum/reduction_indices", &last, 1), true);
}

static int
grad_softmax(mg_grad_ctx *c)
{
	mg_output g = G, sum = sum_last(c, mul(c, g, Z));

	mg_grad_set(c, 0, mul(c, mg_g2(c, "Sub", "sub", g, sum), Z));
	return c->b.rc;
}

static int
grad_log_softmax(mg_grad_ctx *c)
{
	mg_output g = G, softmax = mg_g1(c, "Exp", NULL, Z), sum = sum_last(c, g);

	mg_grad_set(c, 0, mg_g2(c, "Sub", "sub", g, mul(c, sum, softmax)));
	return c->b.rc;
}

/* Zeros that backprop itself put there. */
static bool
is_zero(const mg_grad_value *v)
{
	return mg_grad_is_none(v) || (v->dense.node && strcmp(v->dense.node->op_name, "ZerosLike") == 0);
}

static int
grad_softmax_xent(mg_grad_ctx *c)
{
	mg_output loss = G, logits = X, d = rows_times(c, loss, mg_grad_y(c, 1));

	if (!is_zero(&c->out[1])) {
		mg_output gg = mg_grad_dy(c, 1), softmax, inner;

		softmax = mg_g1(c, "Softmax", NULL, logits);
		inner = mg_build(&c->b, "BatchMatMul", "MatMul", "oo", mg_g2i(c, "ExpandDims", "ExpandDims", "dim", gg, 1),
			mg_g2i(c, "ExpandDims", "ExpandDims", "dim", softmax, 2));
		inner = mg_build(&c->b, "Squeeze", NULL, "o;I:squeeze_dims", inner, (const int64_t[]){ 1 }, 1);
		d = mg_g2(c, "Add", "add", d, mul(c, mg_g2(c, "Sub", "sub", gg, inner), softmax));
	}
	mg_grad_set(c, 0, d);
	mg_grad_set(c, 1, rows_times(c, loss, mg_g1(c, "Neg", NULL, mg_g1(c, "LogSoftmax", NULL, logits))));
	return c->b.rc;
}

static mg_output
without_second(mg_grad_ctx *c, mg_output x, const char *what)
{
	return mg_build(&c->b, "PreventGradient", NULL, "o;s:message", x, what);
}

static int
grad_sparse_softmax_xent(mg_grad_ctx *c)
{
	mg_output d = without_second(c, mg_grad_y(c, 1),
		"the second derivative of sparse_softmax_cross_entropy_with_logits is not available");

	mg_grad_set(c, 0, rows_times(c, G, d));
	return c->b.rc;
}

static int
grad_ctc_loss(mg_grad_ctx *c)
{
	mg_output d = without_second(c, mg_grad_y(c, 1), "the second derivative of ctc_loss is not available");

	mg_grad_set(c, 0, rows_times(c, G, d));
	return c->b.rc;
}

/* ---- norms ---- */

static int
grad_lrn(mg_grad_ctx *c)
{
	mg_grad_set(c, 0, mg_build(&c->b, "LRNGrad", NULL, "ooo;a:depth_radius a:bias a:alpha a:beta", G, X, Z,
		mg_g_attr(c, "depth_radius"), mg_g_attr(c, "bias"), mg_g_attr(c, "alpha"), mg_g_attr(c, "beta")));
	return c->b.rc;
}

static int
grad_batch_norm_global(mg_grad_ctx *c)
{
	mg_output d = mg_build(&c->b, "BatchNormWithGlobalNormalizationGrad", NULL, "ooooo;a:variance_epsilon a:scale_after_normalization",
		X, Y, mg_grad_x(c, 2), mg_grad_x(c, 4), G, mg_g_attr(c, "variance_epsilon"), mg_g_attr(c, "scale_after_normalization"));

	for (int i = 0; i < 5; i++)
		mg_grad_set(c, i, mg_g_at(d, i));
	return c->b.rc;
}

static mg_output
permuted(mg_grad_ctx *c, mg_output x, const int64_t perm[4])
{
	return mg_g2v(c, "Transpose", "transpose", "perm", x, perm, 4);
}

static int
fused_batch_norm(mg_grad_ctx *c, const char *op, bool has_third)
{
	static const int64_t to_last[4] = { 0, 2, 3, 1 }, to_second[4] = { 0, 3, 1, 2 };
	bool training = mg_g_attr_bool(c, "is_training"), swap;
	mg_slice format = { "NHWC", 4 };
	mg_output g = G, x = X, r1, r2, d;
	const char *layout;

	mg_attr_get_string(&c->node->attrs, "data_format", &format);
	swap = !training && mg_slice_eq(format, "NCHW");
	layout = swap || mg_slice_eq(format, "NHWC") ? "NHWC" : "NCHW";
	if (swap) {
		x = permuted(c, x, to_last);
		g = permuted(c, g, to_last);
	}
	r1 = training ? mg_grad_y(c, 3) : mg_grad_x(c, 3);
	r2 = training ? mg_grad_y(c, 4) : mg_grad_x(c, 4);
	if (has_third)
		d = mg_build(&c->b, op, NULL, "oooooo;a:epsilon s:data_format b:is_training", g, x, Y, r1, r2, mg_grad_y(c, 5),
			mg_g_attr(c, "epsilon"), layout, (int)training);
	else
		d = mg_build(&c->b, op, NULL, "ooooo;a:epsilon s:data_format b:is_training", g, x, Y, r1, r2,
			mg_g_attr(c, "epsilon"), layout, (int)training);
	mg_grad_set(c, 0, swap ? permuted(c, mg_g_at(d, 0), to_second) : mg_g_at(d, 0));
	mg_grad_set(c, 1, mg_g_at(d, 1));
	mg_grad_set(c, 2, mg_g_at(d, 2));
	if (training) {
		mg_grad_set(c, 3, mg_g_at(d, 3));
		mg_grad_set(c, 4, mg_g_at(d, 4));
	}
	return c->b.rc;
}

static int grad_fused_batch_norm(mg_grad_ctx *c) { return fused_batch_norm(c, "FusedBatchNormGrad", false); }
static int grad_fused_batch_norm_v2(mg_grad_ctx *c) { return fused_batch_norm(c, "FusedBatchNormGradV2", false); }
static int grad_fused_batch_norm_v3(mg_grad_ctx *c) { return fused_batch_norm(c, "FusedBatchNormGradV3", true); }

/* ---- images, random numbers, quantization ---- */

static int
grad_resize_bilinear(mg_grad_ctx *c)
{
	if (!mg_dtype_is_floating(mg_g_type(X)))
		return c->b.rc;
	mg_grad_set(c, 0, mg_build(&c->b, "ResizeBilinearGrad", NULL, "oo;a:align_corners a:half_pixel_centers", G, X,
		mg_g_attr(c, "align_corners"), mg_g_attr(c, "half_pixel_centers")));
	return c->b.rc;
}

static int
grad_resize_nearest(mg_grad_ctx *c)
{
	mg_output size = mg_g_strided(c, mg_g_shape(c, X), 1, 3, false);

	mg_grad_set(c, 0, mg_build(&c->b, "ResizeNearestNeighborGrad", NULL, "oo;a:align_corners a:half_pixel_centers", G, size,
		mg_g_attr(c, "align_corners"), mg_g_attr(c, "half_pixel_centers")));
	return c->b.rc;
}

static int
grad_random_gamma(mg_grad_ctx *c)
{
	mg_output g = G, dims, part;

	mg_g_after(c, g);
	dims = mg_g_strided(c, mg_g_shape(c, X), 0, 1, true);
	part = mg_g2(c, "RandomGammaGrad", NULL, Y, Z);
	mg_grad_set(c, 1, mg_g_reduce(c, "Sum", mul(c, g, part), mg_g_range(c, 0, dims), false));
	mg_g_after_end(c);
	return c->b.rc;
}

#define QUANT "a:num_bits a:narrow_range"
static int
grad_fake_quant_args(mg_grad_ctx *c)
{
	mg_grad_set(c, 0, mg_build(&c->b, "FakeQuantWithMinMaxArgsGradient", NULL, "oo;a:min a:max " QUANT, G, X,
		mg_g_attr(c, "min"), mg_g_attr(c, "max"), mg_g_attr(c, "num_bits"), mg_g_attr(c, "narrow_range")));
	return c->b.rc;
}

static int
fake_quant_vars(mg_grad_ctx *c, const char *op)
{
	mg_output d = mg_build(&c->b, op, NULL, "oooo;" QUANT, G, X, Y, mg_grad_x(c, 2), mg_g_attr(c, "num_bits"), mg_g_attr(c, "narrow_range"));

	for (int i = 0; i < 3; i++)
		mg_grad_set(c, i, mg_g_at(d, i));
	return c->b.rc;
}

static int grad_fake_quant_vars(mg_grad_ctx *c) { return fake_quant_vars(c, "FakeQuantWithMinMaxVarsGradient"); }
static int grad_fake_quant_channel(mg_grad_ctx *c) { return fake_quant_vars(c, "FakeQuantWithMinMaxVarsPerChannelGradient"); }

static int
grad_straight(mg_grad_ctx *c)
{
	mg_grad_set(c, 0, G);
	return c->b.rc;
}

const mg_grad mg_grads_nn[] = {
	{ "BiasAdd", grad_bias_add }, { "BiasAddV1", grad_bias_add_v1 }, { "BiasAddGrad", grad_bias_add_grad },
	{ "Relu", grad_relu }, { "Relu6", grad_relu6 }, { "Elu", grad_elu }, { "Selu", grad_selu },
	{ "LeakyRelu", grad_leaky_relu }, { "Softplus", grad_softplus }, { "Softsign", grad_softsign },
	{ "ReluGrad", grad_relu_grad }, { "Relu6Grad", grad_relu_grad }, { "LeakyReluGrad", grad_leaky_relu_grad },
	{ "EluGrad", grad_elu_grad }, { "SeluGrad", grad_selu_grad }, { "SoftplusGrad", grad_softplus_grad },
	{ "Softmax", grad_softmax }, { "LogSoftmax", grad_log_softmax },
	{ "SoftmaxCrossEntropyWithLogits", grad_softmax_xent },
	{ "SparseSoftmaxCrossEntropyWithLogits", grad_sparse_softmax_xent }, { "CTCLoss", grad_ctc_loss },
	{ "LRN", grad_lrn }, { "BatchNormWithGlobalNormalization", grad_batch_norm_global },
	{ "FusedBatchNorm", grad_fused_batch_norm }, { "FusedBatchNormV2", grad_fused_batch_norm_v2 },
	{ "FusedBatchNormV3", grad_fused_batch_norm_v3 },
	{ "ResizeBilinear", grad_resize_bilinear }, { "ResizeNearestNeighbor", grad_resize_nearest },
	{ "RandomGamma", grad_random_gamma },
	{ "FakeQuantWithMinMaxArgs", grad_fake_quant_args }, { "FakeQuantWithMinMaxVars", grad_fake_quant_vars },
	{ "FakeQuantWithMinMaxVarsPerChannel", grad_fake_quant_channel },
	{ "QuantizeAndDequantize", grad_straight }, { "QuantizeAndDequantizeV2", grad_straight },
	{ "QuantizeAndDequantizeV3", grad_straight },
	{ .op = NULL }
};
