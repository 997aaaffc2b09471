/* SPDX-License-Identifier: Apache-2.0 */
/* custom_op.c - an op of one's own, with shapes, kernel and gradient, in a graph that is trained, stored as a MetaGraph and imported again. */
#include "example.h"

/* y = scale * x^3 */
static int
cube_shape(void *ctx, mgreg_shape_call *call, mgreg_error *err)
{
	int64_t dims[8];
	int rank = mgreg_shape_call_rank(call, 0);

	(void)ctx;
	for (int i = 0; i < rank && i < 8; i++)
		dims[i] = mgreg_shape_call_dim(call, 0, i);
	return mgreg_shape_call_set(call, 0, dims, rank > 8 ? -1 : rank, err);
}

static int
cube_run(void *ctx, mgreg_kernel_call *call, mgreg_error *err)
{
	const mgreg_tensor *x = call->inputs[0];
	const float *from = mgreg_tensor_bytes(x);
	int64_t dims[8];
	float scale, *to;
	int rank = mgreg_tensor_rank(x), rc;

	++*(int *)ctx;
	for (int i = 0; i < rank && i < 8; i++)
		dims[i] = mgreg_tensor_dim(x, i);
	if (rank > 8 || !mgreg_node_attr_float(call->node, "scale", &scale))
		return MGREG_UNIMPLEMENTED;
	if ((rc = mgreg_tensor_new(&call->outputs[0], MGREG_FLOAT, dims, rank, err)) != 0)
		return rc;
	to = mgreg_tensor_data(call->outputs[0]);
	for (int64_t i = 0; i < mgreg_tensor_count(x); i++)
		to[i] = scale * from[i] * from[i] * from[i];
	return 0;
}

/* dx = dy * 3 scale x^2 */
static int
cube_gradient(void *ctx, mgreg_builder *b, mgreg_node *node, const mgreg_output *dy, mgreg_output *dx)
{
	float scale = 1;

	(void)ctx;
	mgreg_node_attr_float(node, "scale", &scale);
	dx[0] = mgreg_op_mul(b, mgreg_op_mul(b, dy[0], mgreg_op_scalar(b, MGREG_FLOAT, 3 * (double)scale, NULL), NULL),
		mgreg_op_square(b, mgreg_node_input(node, 0), NULL), NULL);
	return b->rc;
}

static float
value(mgreg_session *s, mgreg_output o)
{
	mgreg_error err = { 0 };
	mgreg_tensor *t = NULL;
	float v = -1;

	if (mgreg_session_run(s, NULL, 0, &o, 1, NULL, 0, &t, &err) != 0)
		printf("# %s\n", err.text);
	else
		v = ((const float *)mgreg_tensor_bytes(t))[0];
	mgreg_tensor_free(t);
	return v;
}

int
main(void)
{
	int calls = 0;
	mgreg_custom_op cube = MGREG_CUSTOM_OP_INIT;
	mgreg_error err = { 0 };
	mgreg_graph *graph, *again;
	mgreg_metagraph *meta;
	mgreg_session *s;
	mgreg_variable w;
	mgreg_output y, dw;
	mgreg_node *train;
	mgreg_builder b;

	cube.definition = "name: 'Cube' input_arg { name: 'x' type: DT_FLOAT } output_arg { name: 'y' type: DT_FLOAT } "
		"attr { name: 'scale' type: 'float' default_value { f: 1 } }";
	cube.ctx = &calls;
	cube.shape = cube_shape;
	cube.run = cube_run;
	cube.gradient = cube_gradient;
	TRY(mgreg_op_register(&cube, &err));
	EXPECT(mgreg_op_register(&cube, &err) == MGREG_ALREADY_EXISTS, "a name is taken once");

	TRY(mgreg_graph_new(&graph, &err));
	b = (mgreg_builder)MGREG_BUILDER(graph, &err);
	w = mgreg_op_variable(&b, mgreg_op_floats(&b, (const float[]){ 2 }, (const int64_t[]){ 1 }, 1, "start"), 0, "w");
	mgreg_op_begin(&b, "Cube", "cube");
	mgreg_op_input(&b, w.value);
	mgreg_op_attr_float(&b, "scale", 0.5f);
	y = mgreg_op_end(&b);
	TRY(b.rc);
	EXPECT(mgreg_output_rank(y) == 1 && mgreg_output_dim(y, 0) == 1, "its shape is inferred");
	TRY(mgreg_gradients(graph, &y, 1, &w.value, 1, &dw, &err));
	TRY(mgreg_minimize(graph, mgreg_op_reduce_mean(&b, y, NULL, -1, 0, "loss"), "sgd:learning_rate=0.1", 0, &train, &err));
	mgreg_op_initializer(&b, "init");
	TRY(b.rc);
	TRY(mgreg_session_new(&s, graph, NULL, &err));
	TRY(mgreg_session_run(s, NULL, 0, NULL, 0, (mgreg_node *[]){ mgreg_graph_find(graph, "init") }, 1, NULL, &err));
	EXPECT(value(s, y) == 4.0f, "0.5 * 2^3 is 4");
	EXPECT(value(s, dw) == 6.0f, "0.5 * 3 * 2^2 is 6");
	TRY(example_train(s, train, 1, &err));
	EXPECT(value(s, w.value) < 1.401f && value(s, w.value) > 1.399f, "a step goes down the slope: 2 - 0.1 * 6");
	EXPECT(calls > 0, "the kernel was called");
	mgreg_session_free(s);

	TRY(mgreg_metagraph_export(&meta, graph, NULL, &err));
	TRY(mgreg_graph_new(&again, &err));
	TRY(mgreg_metagraph_import(again, meta, NULL, NULL, &err));
	EXPECT(mgreg_graph_find(again, "cube") != NULL, "a MetaGraph carries it");
	mgreg_metagraph_free(meta);
	mgreg_graph_free(graph);
	mgreg_graph_free(again);
	return example_end();
}
