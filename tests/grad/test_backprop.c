/* SPDX-License-Identifier: Apache-2.0 */
/* test_backprop.c - names and structure of gradient graphs. */
#include <stdio.h>
#include "testing.h"
#include "grad/grad.h"
#include "testing.h"

static mgreg_error err;

static mg_graph *
new_graph(void)
{
	mg_graph *g;

	ck_assert_ok(mg_graph_new(&g, &err), &err);
	return g;
}

static mg_output
placeholder(mg_builder *b, const char *name, mg_dtype type, const int64_t *dims, int rank)
{
	mg_shape s = { 0 };
	mg_output o;

	ck_assert_ok(mg_shape_set(&s, dims, rank, &err), &err);
	o = mg_build(b, "Placeholder", name, ";t:dtype h:shape", (int)type, &s);
	mg_shape_clear(&s);
	return o;
}

static mg_output
variable(mg_builder *b, const char *name, const int64_t *dims, int rank, mg_output *read)
{
	const mg_variable_record *v;
	mg_output init, handle;
	mg_tensor t = { 0 };

	ck_assert_ok(mg_tensor_init_dims(&t, MGREG_FLOAT, dims, rank, &err), &err);
	memset(t.data, 0, t.size);
	init = mg_const(b, NULL, &t);
	mg_tensor_clear(&t);
	ck_assert_ok(b->rc, &err);
	ck_assert_ok(mg_variable_new(b->graph, name, init, 0, &v, &err), &err);
	ck_assert_ok(mg_variable_outputs(b->graph, v, &handle, read, &err), &err);
	return handle;
}

/* "op(input, ..., ^control)" of a node, or "absent". */
static const char *
node_text(mg_graph *g, const char *name)
{
	static char text[4096];
	mg_node *n = mg_graph_find(g, name);
	mg_arena *a = mg_graph_arena(g);
	size_t len = 0;

	if (!n)
		return "absent";
	len += (size_t)snprintf(text + len, sizeof text - len, "%s(", n->op_name);
	for (int i = 0; i < n->input_count; i++)
		len += (size_t)snprintf(text + len, sizeof text - len, "%s%s", i ? ", " : "", mg_output_name(n->inputs[i], a));
	for (int i = 0; i < n->control_count; i++)
		len += (size_t)snprintf(text + len, sizeof text - len, "%s^%s", i || n->input_count ? ", " : "", n->controls[i]->name);
	snprintf(text + len, sizeof text - len, ")");
	return text;
}

#define ck_node(g, name, expected) ck_assert_str_eq(node_text(g, name), expected)

static const mg_grad_options gated = { .gate = true };

/* The inference net of the MetaGraph guide with its loss, as it was built under 1.x. */
static mg_output
guide_net(mg_builder *b, mg_output xs[6])
{
	static const struct { const char *scope; int64_t in, out; } layers[3] = {
		{ "hidden1", 28, 128 }, { "hidden2", 128, 32 }, { "softmax_linear", 32, 10 },
	};
	mg_output h = placeholder(b, "images", MGREG_FLOAT, (int64_t[]){ 100, 28 }, 2), labels, logits, loss;

	for (int i = 0; i < 3; i++) {
		mg_output w, c;

		ck_assert_ok(mg_scope_enter(b->graph, layers[i].scope, NULL, &err), &err);
		xs[2 * i] = variable(b, "weights", (int64_t[]){ layers[i].in, layers[i].out }, 2, &w);
		xs[2 * i + 1] = variable(b, "biases", (int64_t[]){ layers[i].out }, 1, &c);
		h = mg_build(b, "Add", "add", "oo", mg_build(b, "MatMul", NULL, "oo", h, w), c);
		if (i < 2)
			h = mg_build(b, "Relu", NULL, "o", h);
		mg_scope_leave(b->graph);
	}
	labels = placeholder(b, "labels", MGREG_FLOAT, (int64_t[]){ 100, 10 }, 2);
	logits = h;
	loss = mg_build(b, "SoftmaxCrossEntropyWithLogits", "xentropy", "oo", logits, labels);
	loss = mg_build(b, "Mean", "xentropy_mean", "oo", loss, mg_const_i32s(b, "Const_mean", (int64_t[]){ 0 }, 1));
	ck_assert_ok(b->rc, &err);
	return loss;
}

START_TEST(guide_names)
{
	mg_graph *g = new_graph();
	mg_builder b = MG_BUILDER(g, &err);
	mg_output xs[6], loss = guide_net(&b, xs);
	mg_grad_value out[6];

	ck_assert_ok(mg_gradients(g, &loss, 1, xs, 6, &gated, out, &err), &err);
	ck_node(g, "gradients/Shape", "Const()");
	ck_node(g, "gradients/grad_ys_0", "Const()");
	ck_node(g, "gradients/Fill", "Fill(gradients/Shape, gradients/grad_ys_0)");
	ck_node(g, "gradients/xentropy_mean_grad/Reshape/shape", "Const()");
	ck_node(g, "gradients/xentropy_mean_grad/Reshape", "Reshape(gradients/Fill, gradients/xentropy_mean_grad/Reshape/shape)");
	ck_node(g, "gradients/xentropy_mean_grad/Tile",
		"Tile(gradients/xentropy_mean_grad/Reshape, gradients/xentropy_mean_grad/Const)");
	ck_node(g, "gradients/xentropy_mean_grad/truediv", "RealDiv(gradients/xentropy_mean_grad/Tile, gradients/xentropy_mean_grad/Const_1)");
	ck_node(g, "gradients/zeros_like", "ZerosLike(xentropy:1)");
	ck_node(g, "gradients/xentropy_grad/ExpandDims",
		"ExpandDims(gradients/xentropy_mean_grad/truediv, gradients/xentropy_grad/ExpandDims/dim)");
	ck_node(g, "gradients/xentropy_grad/mul", "Mul(gradients/xentropy_grad/ExpandDims, xentropy:1)");
	ck_node(g, "gradients/xentropy_grad/mul_1", "Mul(gradients/xentropy_grad/ExpandDims_1, gradients/xentropy_grad/Neg)");
	ck_node(g, "gradients/softmax_linear/add_grad/Shape", "Const()");
	ck_node(g, "gradients/softmax_linear/add_grad/Shape_1", "Const()");
	ck_node(g, "gradients/softmax_linear/add_grad/BroadcastGradientArgs",
		"BroadcastGradientArgs(gradients/softmax_linear/add_grad/Shape, gradients/softmax_linear/add_grad/Shape_1)");
	ck_node(g, "gradients/softmax_linear/add_grad/Sum_1",
		"Sum(gradients/xentropy_grad/tuple/control_dependency, gradients/softmax_linear/add_grad/BroadcastGradientArgs:1)");
	ck_node(g, "gradients/softmax_linear/add_grad/Reshape_1",
		"Reshape(gradients/softmax_linear/add_grad/Sum_1, gradients/softmax_linear/add_grad/Shape_1)");
	ck_node(g, "gradients/softmax_linear/add_grad/tuple/group_deps",
		"NoOp(^gradients/softmax_linear/add_grad/Reshape, ^gradients/softmax_linear/add_grad/Reshape_1)");
	ck_node(g, "gradients/softmax_linear/MatMul_grad/MatMul",
		"MatMul(gradients/softmax_linear/add_grad/tuple/control_dependency, softmax_linear/weights/read)");
	ck_node(g, "gradients/softmax_linear/MatMul_grad/MatMul_1",
		"MatMul(hidden2/Relu, gradients/softmax_linear/add_grad/tuple/control_dependency)");
	ck_node(g, "gradients/softmax_linear/MatMul_grad/tuple/control_dependency_1",
		"Identity(gradients/softmax_linear/MatMul_grad/MatMul_1, ^gradients/softmax_linear/MatMul_grad/tuple/group_deps)");
	ck_node(g, "gradients/hidden2/Relu_grad/ReluGrad",
		"ReluGrad(gradients/softmax_linear/MatMul_grad/tuple/control_dependency, hidden2/Relu)");
	/* the gradient towards the images is built as well */
	ck_node(g, "gradients/hidden1/MatMul_grad/MatMul",
		"MatMul(gradients/hidden1/add_grad/tuple/control_dependency, hidden1/weights/read)");
	ck_assert_str_eq(out[0].dense.node->name, "gradients/hidden1/MatMul_grad/tuple/control_dependency_1");
	ck_assert_str_eq(out[5].dense.node->name, "gradients/softmax_linear/add_grad/tuple/control_dependency_1");
	ck_assert_int_eq(mg_output_shape(out[0].dense)->rank, 2);
	/* a second call starts a scope of its own */
	ck_assert_ok(mg_gradients(g, &loss, 1, xs, 1, &gated, out, &err), &err);
	ck_node(g, "gradients_1/Fill", "Fill(gradients_1/Shape, gradients_1/grad_ys_0)");
	mg_graph_free(g);
}
END_TEST

START_TEST(several_gradients_are_added)
{
	mg_graph *g = new_graph();
	mg_builder b = MG_BUILDER(g, &err);
	mg_output x = placeholder(&b, "x", MGREG_FLOAT, (int64_t[]){ 3 }, 1), y, z;
	mg_grad_value out;

	y = mg_build(&b, "Mul", "y", "oo", x, mg_build(&b, "Exp", "e", "o", x));
	z = mg_build(&b, "Neg", "z", "o", x);
	ck_assert_ok(mg_gradients(g, (mg_output[]){ y, z }, 2, &x, 1, &gated, &out, &err), &err);
	ck_assert_str_eq(out.dense.node->name, "gradients/AddN");
	ck_node(g, "gradients/AddN", "AddN(gradients/y_grad/tuple/control_dependency, gradients/z_grad/Neg, gradients/e_grad/mul)");
	mg_graph_free(g);
}
END_TEST

START_TEST(one_tree)
{
	mg_graph *g = new_graph();
	mg_builder b = MG_BUILDER(g, &err);
	mg_grad_options o = { .aggregation = 1 };
	mg_output x = placeholder(&b, "x", MGREG_FLOAT, (int64_t[]){ 3 }, 1), y;
	mg_grad_value out;

	y = mg_build(&b, "AddN", "y", "O", ((mg_output[]){ x, x, x }), 3);
	ck_assert_ok(mg_gradients(g, &y, 1, &x, 1, &o, &out, &err), &err);
	ck_node(g, "gradients/x_gradient_sum/AddN_1", "AddN(gradients/x_gradient_sum/AddN, gradients/Fill)");
	ck_assert_fails(mg_gradients(g, &y, 1, &x, 1, &(mg_grad_options){ .aggregation = 3 }, &out, &err), MGREG_INVALID_ARGUMENT, &err);
	mg_graph_free(g);
}
END_TEST

START_TEST(unreached_is_none)
{
	mg_graph *g = new_graph();
	mg_builder b = MG_BUILDER(g, &err);
	mg_output x = placeholder(&b, "x", MGREG_FLOAT, NULL, 0), w = placeholder(&b, "w", MGREG_FLOAT, NULL, 0), y;
	mg_grad_value out[2];

	y = mg_build(&b, "StopGradient", NULL, "o", mg_build(&b, "Square", NULL, "o", x));
	y = mg_build(&b, "Add", "y", "oo", y, mg_build(&b, "Floor", NULL, "o", w));
	ck_assert_ok(mg_gradients(g, &y, 1, (mg_output[]){ x, w }, 2, &gated, out, &err), &err);
	ck_assert(mg_grad_is_none(&out[0]));
	ck_assert(mg_grad_is_none(&out[1]));
	mg_graph_free(g);
}
END_TEST

START_TEST(stop_gradients)
{
	mg_graph *g = new_graph();
	mg_builder b = MG_BUILDER(g, &err);
	mg_output x = placeholder(&b, "x", MGREG_FLOAT, (int64_t[]){ 2 }, 1), h, y;
	mg_grad_value out[2];
	mg_grad_options o = { .stop_count = 1 };

	h = mg_build(&b, "Square", "h", "o", x);
	y = mg_build(&b, "Mul", "y", "oo", h, x);
	o.stop = &h;
	ck_assert_ok(mg_gradients(g, &y, 1, (mg_output[]){ x, h }, 2, &o, out, &err), &err);
	ck_assert_str_eq(out[0].dense.node->name, "gradients/y_grad/Mul_1");
	ck_assert_str_eq(out[1].dense.node->name, "gradients/y_grad/Mul");
	ck_assert_ptr_null(mg_graph_find(g, "gradients/h_grad/Mul"));
	mg_graph_free(g);
}
END_TEST

START_TEST(slices_of_a_gather)
{
	mg_graph *g = new_graph();
	mg_builder b = MG_BUILDER(g, &err);
	mg_output read, w, i, y;
	mg_grad_value out;

	w = variable(&b, "w", (int64_t[]){ 10, 4 }, 2, &read);
	i = placeholder(&b, "i", MGREG_INT32, (int64_t[]){ 3 }, 1);
	y = mg_build(&b, "Gather", "y", "oo", read, i);
	ck_assert_ok(mg_gradients(g, &y, 1, &w, 1, &gated, &out, &err), &err);
	ck_assert_ptr_null(out.dense.node);
	ck_assert_str_eq(out.values.node->name, "gradients/y_grad/Reshape");
	ck_assert_str_eq(out.indices.node->name, "gradients/y_grad/Reshape_1");
	ck_assert_str_eq(out.dense_shape.node->name, "gradients/y_grad/Cast");
	/* two gathers stay slices, a dense user makes them dense */
	y = mg_build(&b, "Mul", "z", "oo", y, mg_build(&b, "Gather", "y2", "oo", read, i));
	ck_assert_ok(mg_gradients(g, &y, 1, &w, 1, &gated, &out, &err), &err);
	ck_assert_str_eq(out.values.node->op_name, "ConcatV2");
	ck_assert_str_eq(out.values.node->name, "gradients_1/concat");
	ck_assert_str_eq(out.indices.node->name, "gradients_1/concat_1");
	ck_assert_ok(mg_gradients(g, (mg_output[]){ y, read }, 2, &w, 1, &gated, &out, &err), &err);
	ck_assert_str_eq(out.dense.node->op_name, "AddN");
	mg_graph_free(g);
}
END_TEST

START_TEST(no_gradient_is_an_error)
{
	mg_graph *g = new_graph();
	mg_builder b = MG_BUILDER(g, &err);
	mg_output x = placeholder(&b, "x", MGREG_FLOAT, (int64_t[]){ 3 }, 1), y;
	mg_grad_value out;

	y = mg_build(&b, "Bitcast", "c", "o;t:type", x, MGREG_FLOAT);
	ck_assert_ok(b.rc, &err);
	ck_assert_fails(mg_gradients(g, &y, 1, &x, 1, &gated, &out, &err), MGREG_NOT_FOUND, &err);
	ck_assert_ptr_nonnull(strstr(err.text, "'c'"));
	ck_assert_ptr_nonnull(strstr(err.text, "Bitcast"));
	y = mg_build(&b, "PreventGradient", "p", "o;s:message", x, "not today");
	ck_assert_fails(mg_gradients(g, &y, 1, &x, 1, &gated, &out, &err), MGREG_NOT_FOUND, &err);
	ck_assert_ptr_nonnull(strstr(err.text, "not today"));
	/* the scope stack is as before */
	ck_assert_str_eq(mg_scope_current(g), "");
	mg_graph_free(g);
}
END_TEST

START_TEST(given_seed)
{
	mg_graph *g = new_graph();
	mg_builder b = MG_BUILDER(g, &err);
	mg_output x = placeholder(&b, "x", MGREG_FLOAT, NULL, 0), y = mg_build(&b, "Neg", "y", "o", x), seed, wrong;
	mg_grad_options o = { .grad_ys = &seed };
	mg_grad_value out;

	seed = mg_const_scalar(&b, "seed", MGREG_FLOAT, 3);
	ck_assert_ok(mg_gradients(g, &y, 1, &x, 1, &o, &out, &err), &err);
	ck_node(g, "gradients/grad_ys_0", "Identity(seed)");
	wrong = mg_const_scalar(&b, "wrong", MGREG_DOUBLE, 3);
	o.grad_ys = &wrong;
	ck_assert_fails(mg_gradients(g, &y, 1, &x, 1, &o, &out, &err), MGREG_INVALID_ARGUMENT, &err);
	mg_graph_free(g);
}
END_TEST

Suite *
test_backprop(void)
{
	TCase *t;
	Suite *s = mg_suite("backprop", &t);

	tcase_add_test(t, guide_names);
	tcase_add_test(t, several_gradients_are_added);
	tcase_add_test(t, one_tree);
	tcase_add_test(t, unreached_is_none);
	tcase_add_test(t, stop_gradients);
	tcase_add_test(t, slices_of_a_gather);
	tcase_add_test(t, no_gradient_is_an_error);
	tcase_add_test(t, given_seed);
	return s;
}
