/* SPDX-License-Identifier: Apache-2.0 */
/* nets.c - small graphs to train. */
#include "nets.h"

static mgreg_error err;

static const mg_variable_record *
variable(mg_builder *b, const char *name, const int64_t *dims, int rank, unsigned flags, mg_output *read)
{
	const mg_variable_record *v;
	mg_tensor t = { 0 };
	mg_output init;

	ck_assert_ok(mg_tensor_init_dims(&t, MGREG_FLOAT, dims, rank, &err), &err);
	for (int64_t i = 0; i < t.count; i++)
		MG_DATA(&t, float)[i] = (float)(i + 1);
	init = mg_const(b, "initial", &t);
	mg_tensor_clear(&t);
	ck_assert_ok(b->rc, &err);
	ck_assert_ok(mg_variable_new(b->graph, name, init, flags, &v, &err), &err);
	ck_assert_ok(mg_variable_outputs(b->graph, v, NULL, read, &err), &err);
	return v;
}

static mg_output
sum_squares(mg_builder *b, mg_output x)
{
	static const int64_t all[2] = { 0, 1 };

	return mg_build(b, "Sum", "loss", "oo", mg_build(b, "Square", NULL, "o", x), mg_const_i32s(b, "axes", all, 2));
}

void
net_dense(net *n, unsigned flags)
{
	mg_builder b;
	mg_output w, c;

	ck_assert_ok(mg_graph_new(&n->g, &err), &err);
	b = (mg_builder)MG_BUILDER(n->g, &err);
	n->w = variable(&b, "w", (int64_t[]){ 2, 3 }, 2, flags, &w);
	n->b = variable(&b, "b", (int64_t[]){ 3 }, 1, flags, &c);
	n->loss = sum_squares(&b, mg_build(&b, "Add", "h", "oo", w, c));
	ck_assert_ok(b.rc, &err);
}

void
net_sparse(net *n, unsigned flags)
{
	mg_builder b;
	mg_output w, rows, handle;

	ck_assert_ok(mg_graph_new(&n->g, &err), &err);
	b = (mg_builder)MG_BUILDER(n->g, &err);
	n->w = variable(&b, "w", (int64_t[]){ 5, 3 }, 2, flags, &w);
	n->b = NULL;
	rows = mg_const_i32s(&b, "rows", (int64_t[]){ 0, 2, 2 }, 3);
	if (flags & MG_VARIABLE_RESOURCE) {
		ck_assert_ok(mg_variable_outputs(n->g, n->w, &handle, NULL, &err), &err);
		w = mg_build(&b, "ResourceGather", "picked", "oo;t:dtype", handle, rows, (int)MGREG_FLOAT);
	} else {
		w = mg_build(&b, "Gather", "picked", "oo", w, rows);
	}
	n->loss = sum_squares(&b, w);
	ck_assert_ok(b.rc, &err);
}

const char *
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
