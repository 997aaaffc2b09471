/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grads_tensor_array.c - gradients of TensorArrays (gradients.md section 8).
 *
 * The handle has no gradient; the flow carries it.  What is read is written into a twin array, what is written is read
 * from it; twins belong to the call of gradients() whose scope their source names.
 */
#include "base/base.h"
#include "grad/grad_internal.h"

/* "V3", "V2" or "": the generation of an op, whose name without it is NAME. */
static const char *
generation(const mg_node *n)
{
	size_t len = strlen(n->op_name);

	return len > 2 && n->op_name[len - 2] == 'V' ? n->op_name + len - 2 : "";
}

static const char *
op(mg_grad_ctx *c, const char *name)
{
	const char *text = mg_arena_printf(mg_graph_arena(c->b.graph), "TensorArray%s%s", name, generation(c->node));

	if (!text && c->b.rc == 0)
		c->b.rc = mg_fail_nomem(c->b.err, 0);
	return text ? text : "";
}

/* The name of G up to and with its last part that begins with "gradients". */
static const char *
source_of(mg_grad_ctx *c, mg_output g)
{
	const char *name = g.node ? g.node->name : "", *end = NULL;

	for (const char *at = name; at; at = strchr(at, '/') ? strchr(at, '/') + 1 : NULL)
		if (mg_starts_with(at, "gradients") && strchr(at, '/'))
			end = strchr(at, '/');
	if (!end) {
		if (c->b.rc == 0)
			c->b.rc = mg_fail(c->b.err, MGREG_INVALID_ARGUMENT, "node '%s': the gradient of a TensorArray must be made in a scope whose name begins with 'gradients', not as '%s'",
				c->node->name, name);
		return "";
	}
	return mg_arena_strndup(mg_graph_arena(c->b.graph), name, (size_t)(end - name));
}

typedef struct twin { mg_output handle, flow; } twin;

static twin
twin_of(mg_grad_ctx *c, mg_output flow, mg_output named)
{
	const char *source = source_of(c, named);
	mg_output handle = mg_grad_x(c, 0);
	twin t = { MG_NO_OUTPUT, MG_NO_OUTPUT };

	if (c->b.rc == 0)
		c->b.rc = mg_scope_enter(c->b.graph, "TensorArrayGrad", NULL, c->b.err);
	if (c->b.rc)
		return t;
	if ((c->b.rc = mg_colocate_push(c->b.graph, handle.node, c->b.err)) == 0) {
		t.handle = mg_build(&c->b, op(c, "Grad"), NULL, "oo;s:source", handle, flow, source);
		if (c->b.rc == 0)
			t.flow = mg_build(&c->b, "Identity", "gradient_flow", "oc", flow, t.handle.node);
		mg_colocate_pop(c->b.graph);
	}
	mg_scope_leave(c->b.graph);
	return t;
}

/* The op NAME/NAMEV3. */
static mg_output
scoped(mg_grad_ctx *c, const char *name, mg_output a, mg_output b, mg_output d, mg_output e)
{
	char scope[64];
	mg_output o;

	snprintf(scope, sizeof(scope), "TensorArray%s", name);
	if (c->b.rc == 0)
		c->b.rc = mg_scope_enter(c->b.graph, scope, NULL, c->b.err);
	if (c->b.rc)
		return MG_NO_OUTPUT;
	o = mg_build(&c->b, op(c, name), NULL, "oooo", a, b, d, e);
	mg_scope_leave(c->b.graph);
	return o;
}

/* The incoming flow, after the forward write has happened. */
static mg_output
barrier(mg_grad_ctx *c)
{
	mg_output out = mg_g1(c, "Identity", "flow_out", mg_grad_y(c, 0));

	return c->b.rc ? MG_NO_OUTPUT : mg_build(&c->b, "Identity", "write_barrier", "oc", mg_grad_dy(c, 0), out.node);
}

static int
element_type(mg_grad_ctx *c, int input)
{
	return mg_g_type(mg_grad_x(c, input));
}

static int
grad_read(mg_grad_ctx *c)
{
	mg_output g = mg_grad_dy(c, 0);
	twin t = twin_of(c, mg_grad_x(c, 2), g);

	mg_grad_set(c, 2, scoped(c, "Write", t.handle, mg_grad_x(c, 1), g, t.flow));
	return c->b.rc;
}

static int
grad_write(mg_grad_ctx *c)
{
	mg_output g = mg_grad_dy(c, 0), flow = barrier(c);
	twin t = twin_of(c, flow, g);

	mg_grad_set(c, 2, mg_build(&c->b, op(c, "Read"), NULL, "ooo;t:dtype", t.handle, mg_grad_x(c, 1), t.flow, element_type(c, 2)));
	mg_grad_set(c, 3, flow);
	return c->b.rc;
}

static int
grad_gather(mg_grad_ctx *c)
{
	mg_output g = mg_grad_dy(c, 0);
	twin t = twin_of(c, mg_grad_x(c, 2), g);

	mg_grad_set(c, 2, scoped(c, "Scatter", t.handle, mg_grad_x(c, 1), g, t.flow));
	return c->b.rc;
}

static int
grad_scatter(mg_grad_ctx *c)
{
	mg_output g = mg_grad_dy(c, 0), flow = barrier(c);
	twin t = twin_of(c, flow, g);

	mg_grad_set(c, 2, mg_build(&c->b, op(c, "Gather"), NULL, "ooo;t:dtype", t.handle, mg_grad_x(c, 1), t.flow, element_type(c, 2)));
	mg_grad_set(c, 3, flow);
	return c->b.rc;
}

/* Pack and Unpack of the oldest generation: every element. */
static int
grad_pack(mg_grad_ctx *c)
{
	mg_output g = mg_grad_dy(c, 0);
	twin t = twin_of(c, mg_grad_x(c, 1), g);

	mg_grad_set(c, 1, mg_build(&c->b, "TensorArrayUnpack", NULL, "ooo", t.handle, g, t.flow));
	return c->b.rc;
}

static int
grad_unpack(mg_grad_ctx *c)
{
	mg_output g = mg_grad_dy(c, 0), flow = barrier(c);
	twin t = twin_of(c, flow, g);

	mg_grad_set(c, 1, mg_build(&c->b, "TensorArrayPack", NULL, "oo;t:dtype", t.handle, t.flow, element_type(c, 1)));
	mg_grad_set(c, 2, flow);
	return c->b.rc;
}

static int
grad_concat(mg_grad_ctx *c)
{
	mg_output g = mg_grad_dy(c, 0);
	twin t = twin_of(c, mg_grad_x(c, 1), g);

	mg_grad_set(c, 1, scoped(c, "Split", t.handle, g, mg_grad_y(c, 1), t.flow));
	return c->b.rc;
}

static int
grad_split(mg_grad_ctx *c)
{
	mg_output g = mg_grad_dy(c, 0), flow = barrier(c);
	twin t = twin_of(c, flow, g);

	mg_grad_set(c, 1, mg_build(&c->b, op(c, "Concat"), NULL, "oo;t:dtype", t.handle, t.flow, element_type(c, 1)));
	mg_grad_set(c, 3, flow);
	return c->b.rc;
}

#define THREE(name, fn) { "TensorArray" name, fn }, { "TensorArray" name "V2", fn }, { "TensorArray" name "V3", fn }

const mg_grad mg_grads_tensor_array[] = {
	THREE("Read", grad_read), THREE("Write", grad_write), THREE("Gather", grad_gather), THREE("Scatter", grad_scatter),
	THREE("Concat", grad_concat), THREE("Split", grad_split),
	{ "TensorArrayPack", grad_pack }, { "TensorArrayUnpack", grad_unpack },
	{ .op = NULL }
};
