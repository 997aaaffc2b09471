/* SPDX-License-Identifier: Apache-2.0 */
/*
 * infer.c - runs an op's shape function over a node.
 *
 * Constants are dear, shapes are cheap: the function runs without constants first, and once more with the values of the
 * inputs if it said that it would have used one.
 */
#include "base/base.h"
#include "graph/graph_internal.h"

#define CONSTANT_LIMIT 65536    /* elements; what describes shapes is never longer */

static void
outputs_reset(mg_shape_ctx *c)
{
	for (int i = 0; i < c->output_count; i++) {
		mg_shape_clear(&c->outputs[i]);
		c->outputs[i] = MG_SHAPE_UNKNOWN;
		mg_shape_clear(&c->out_handle_shapes[i]);
		c->out_handle_shapes[i] = MG_SHAPE_UNKNOWN;
		c->out_handle_types[i] = MGREG_INVALID;
	}
	c->needs_constants = false;
}

enum { FEW = 8 };

/* Room for what most nodes have; the others take theirs from an arena. */
typedef struct few {
	const mg_shape *shapes[FEW], *handle_shapes[FEW], *as_shapes[FEW];
	const mg_tensor *constants[FEW];
	int             handle_types[FEW], out_types[FEW];
	mg_shape        out_shapes[FEW];
} few;

/* What one run is made of; the arrays have one entry an input. */
typedef struct inference {
	mg_arena   arena;
	mg_shape   unknown;
	mg_tensor *values;
	mg_shape  *as_shapes;
	const mg_tensor **constants;
	const mg_shape **constants_as_shapes;
	int        input_count;
} inference;

static bool
small_enough(mg_output o)
{
	const mg_shape *s = mg_output_shape(o);
	int64_t count;

	return !mg_shape_is_full(s) || (mg_shape_count(s, &count, NULL) == 0 && count <= CONSTANT_LIMIT);
}

/* Values of the inputs as far as constants determine them; false if none is. */
static bool
find_constants(const mg_node *n, inference *f)
{
	bool any = false;

	for (int i = 0; i < n->input_count; i++) {
		mg_output o = n->inputs[i];
		mg_dtype type;

		if (!o.node)
			continue;
		type = mg_output_type(o);
		if (small_enough(o) && mg_graph_constant(o, &f->values[i])) {
			f->constants[i] = &f->values[i];
			any = true;
		}
		if ((type == MGREG_INT32 || type == MGREG_INT64) && mg_graph_constant_as_shape(o, &f->as_shapes[i])) {
			f->constants_as_shapes[i] = &f->as_shapes[i];
			any = true;
		}
	}
	return any;
}

static void
inference_clear(inference *f)
{
	for (int i = 0; f->values && i < f->input_count; i++)
		mg_tensor_clear(&f->values[i]);
	for (int i = 0; f->as_shapes && i < f->input_count; i++)
		mg_shape_clear(&f->as_shapes[i]);
	mg_arena_clear(&f->arena);
}

int
mg_node_infer(mg_node *n, mgreg_error *err)
{
	inference f = { .unknown = MG_SHAPE_UNKNOWN, .input_count = n->input_count };
	size_t ins = (size_t)n->input_count + 1, outs = (size_t)n->output_count + 1;
	const mg_shape **shapes, **handle_shapes;
	mg_shape_ctx c = { .op = n->op, .node = n->name, .attrs = &n->attrs,
		.producer = n->graph->versions->producer };
	int *handle_types;
	bool own_handles = n->handle_shapes != NULL, small = n->input_count <= FEW && n->output_count <= FEW;
	few s;
	int rc = 0;

	if (!n->op || !n->op->shape)
		return 0;
	if (small) {
		size_t bytes = (size_t)n->input_count * sizeof(void *);

		memset(s.handle_shapes, 0, bytes);
		memset(s.constants, 0, bytes);
		memset(s.as_shapes, 0, bytes);
		memset(s.handle_types, 0, sizeof(s.handle_types));
		shapes = s.shapes;
		handle_shapes = s.handle_shapes;
		handle_types = s.handle_types;
		f.constants = s.constants;
		f.constants_as_shapes = s.as_shapes;
		c.out_handle_shapes = own_handles ? n->handle_shapes : s.out_shapes;
		c.out_handle_types = own_handles ? n->handle_types : s.out_types;
		for (int i = 0; !own_handles && i < n->output_count; i++)
			s.out_shapes[i] = MG_SHAPE_UNKNOWN;
		goto fill;
	}
	shapes = mg_arena_zalloc(&f.arena, ins, sizeof(*shapes));
	handle_shapes = mg_arena_zalloc(&f.arena, ins, sizeof(*handle_shapes));
	handle_types = mg_arena_zalloc(&f.arena, ins, sizeof(*handle_types));
	f.constants = mg_arena_zalloc(&f.arena, ins, sizeof(*f.constants));
	f.constants_as_shapes = mg_arena_zalloc(&f.arena, ins, sizeof(*f.constants_as_shapes));
	c.out_handle_shapes = own_handles ? n->handle_shapes : mg_arena_zalloc(&f.arena, outs, sizeof(mg_shape));
	c.out_handle_types = own_handles ? n->handle_types : mg_arena_zalloc(&f.arena, outs, sizeof(int));
	if (!shapes || !handle_shapes || !handle_types || !f.constants || !f.constants_as_shapes
		|| !c.out_handle_shapes || !c.out_handle_types) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
fill:
	for (int i = 0; i < n->input_count; i++) {
		const mg_node *from = n->inputs[i].node;
		int k = n->inputs[i].index;

		shapes[i] = from ? &from->shapes[k] : &f.unknown;
		f.constants_as_shapes[i] = &f.unknown;
		if (from && from->handle_shapes) {
			handle_shapes[i] = from->handle_types[k] != MGREG_INVALID ? &from->handle_shapes[k] : NULL;
			handle_types[i] = from->handle_types[k];
		}
	}
	c.input_count = n->input_count;
	c.inputs = shapes;
	c.constants = f.constants;
	c.constants_as_shapes = f.constants_as_shapes;
	c.handle_shapes = handle_shapes;
	c.handle_types = handle_types;
	c.output_count = n->output_count;
	c.outputs = n->shapes;
	outputs_reset(&c);
	MG_TRY(n->op->shape(&c, err));
	if (c.needs_constants && n->input_count > 0) {
		f.values = mg_arena_zalloc(&f.arena, ins, sizeof(*f.values));
		f.as_shapes = mg_arena_zalloc(&f.arena, ins, sizeof(*f.as_shapes));
		if (!f.values || !f.as_shapes) {
			rc = mg_fail_nomem(err, 0);
			goto out;
		}
		if (find_constants(n, &f)) {
			outputs_reset(&c);
			MG_TRY(n->op->shape(&c, err));
		}
	}
out:
	if (!own_handles && c.out_handle_shapes)
		for (int i = 0; i < n->output_count; i++)
			mg_shape_clear(&c.out_handle_shapes[i]);
	inference_clear(&f);
	return rc ? mg_fail_node(err, mg_wrap(err, rc, "node '%s' (%s)", n->name, n->op_name), n->name) : 0;
}

int
mg_output_merge_shape(mg_output o, const mg_shape *shape, mgreg_error *err)
{
	mg_shape *own = &o.node->shapes[o.index], merged = MG_SHAPE_UNKNOWN;
	char a[256], b[256];

	if (mg_shape_merge(&merged, own, shape, err) != 0)
		return mg_fail_node(err, mg_fail(err, MGREG_INVALID_ARGUMENT, "'%s:%d': shape %s does not agree with %s",
			o.node->name, o.index, mg_shape_text(own, a), mg_shape_text(shape, b)), o.node->name);
	mg_shape_clear(own);
	*own = merged;
	return 0;
}
