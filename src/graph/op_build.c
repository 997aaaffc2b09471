/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_build.c - mgreg_op_begin() to mgreg_op_end(): any op, piece by piece.
 *
 * What has been said so far hangs on the builder and lies in the graph's arena, so an op that is never ended costs nothing
 * but that room.
 */
#include "base/base.h"
#include "graph/graph_internal.h"

typedef struct pending {
	const char *op, *name;
	mg_output  *inputs;
	int        *counts;             /* tensors per call of _input or _inputs */
	mg_node   **controls;
	mg_attrs    attrs;
	int         input_count, input_room, count_count, count_room, control_count, control_room;
} pending;

static pending *
begun(mg_builder *b)
{
	if (b->rc)
		return NULL;
	if (!b->pending)
		b->rc = mg_fail(b->err, MGREG_FAILED_PRECONDITION, "no op has been begun");
	return b->pending;
}

static void
no_memory(mg_builder *b)
{
	b->rc = mg_fail_nomem(b->err, 0);
}

/* Room for one more item of SIZE in an array in the graph's arena. */
static bool
grow(mg_builder *b, void *array, int count, int *room, size_t size)
{
	void *old, *more;
	int want = *room ? 2 * *room : 4;

	if (count < *room)
		return true;
	memcpy(&old, array, sizeof(old));
	more = mg_arena_alloc(&b->graph->arena, (size_t)want * size);
	if (!more) {
		no_memory(b);
		return false;
	}
	if (count)
		memcpy(more, old, (size_t)count * size);
	memcpy(array, &more, sizeof(more));
	*room = want;
	return true;
}

void
mgreg_op_begin(mgreg_builder *b, const char *op, const char *name)
{
	pending *p;

	if (b->rc)
		return;
	if (b->pending) {
		b->rc = mg_fail(b->err, MGREG_FAILED_PRECONDITION, "op '%s' is begun before '%s' is ended", op, ((pending *)b->pending)->op);
		return;
	}
	p = mg_arena_zalloc(&b->graph->arena, 1, sizeof(*p));
	if (p) {
		p->op = mg_arena_strdup(&b->graph->arena, op);
		p->name = name ? mg_arena_strdup(&b->graph->arena, name) : NULL;
	}
	if (!p || !p->op || (name && !p->name))
		no_memory(b);
	else
		b->pending = p;
}

static bool
add_input(mg_builder *b, pending *p, mg_output input)
{
	if (!grow(b, &p->inputs, p->input_count, &p->input_room, sizeof(*p->inputs)))
		return false;
	p->inputs[p->input_count++] = input;
	return true;
}

void
mgreg_op_inputs(mgreg_builder *b, const mgreg_output *inputs, int count)
{
	pending *p = begun(b);

	if (!p || !grow(b, &p->counts, p->count_count, &p->count_room, sizeof(*p->counts)))
		return;
	for (int i = 0; i < count; i++)
		if (!add_input(b, p, inputs[i]))
			return;
	p->counts[p->count_count++] = count;
}

void
mgreg_op_input(mgreg_builder *b, mgreg_output input)
{
	mgreg_op_inputs(b, &input, 1);
}

void
mgreg_op_control(mgreg_builder *b, mgreg_node *node)
{
	pending *p = begun(b);

	if (p && node && grow(b, &p->controls, p->control_count, &p->control_room, sizeof(*p->controls)))
		p->controls[p->control_count++] = node;
}

/* ---- attributes ---- */
static void
set(mg_builder *b, const char *attr, const mg_attr_value *value)
{
	pending *p = begun(b);

	if (p && (!value || !mg_attr_set(&p->attrs, attr, value, &b->graph->arena)))
		no_memory(b);
}

/* VALUE is made only for a builder that still works. */
#define SET(b, attr, value) do { if ((b)->rc == 0) set((b), (attr), (value)); } while (0)
#define ARENA(b) (&(b)->graph->arena)

void mgreg_op_attr_int(mgreg_builder *b, const char *attr, int64_t value) { SET(b, attr, mg_attr_int(ARENA(b), value)); }
void mgreg_op_attr_float(mgreg_builder *b, const char *attr, float value) { SET(b, attr, mg_attr_float(ARENA(b), value)); }
void mgreg_op_attr_bool(mgreg_builder *b, const char *attr, int value) { SET(b, attr, mg_attr_bool(ARENA(b), value != 0)); }
void mgreg_op_attr_type(mgreg_builder *b, const char *attr, mgreg_dtype value) { SET(b, attr, mg_attr_type(ARENA(b), (int)value)); }
void mgreg_op_attr_func(mgreg_builder *b, const char *attr, const char *function) { SET(b, attr, mg_attr_func(ARENA(b), function)); }

void
mgreg_op_attr_string(mgreg_builder *b, const char *attr, const char *value)
{
	SET(b, attr, mg_attr_string(ARENA(b), value, strlen(value)));
}

void
mgreg_op_attr_shape(mgreg_builder *b, const char *attr, const int64_t *dims, int rank)
{
	mg_shape s = MG_SHAPE_UNKNOWN;

	if (b->rc)
		return;
	if (rank >= 0) {
		s = MG_SHAPE_SCALAR;
		b->rc = mg_shape_set(&s, dims, rank, b->err);
	}
	SET(b, attr, mg_attr_shape(ARENA(b), &s));
	mg_shape_clear(&s);
}

void
mgreg_op_attr_tensor(mgreg_builder *b, const char *attr, const mgreg_tensor *value)
{
	SET(b, attr, mg_attr_tensor(ARENA(b), value));
}

void
mgreg_op_attr_ints(mgreg_builder *b, const char *attr, const int64_t *values, int count)
{
	SET(b, attr, mg_attr_ints(ARENA(b), values, count));
}

void
mgreg_op_attr_floats(mgreg_builder *b, const char *attr, const float *values, int count)
{
	SET(b, attr, mg_attr_floats(ARENA(b), values, count));
}

void
mgreg_op_attr_strings(mgreg_builder *b, const char *attr, const char *const *values, int count)
{
	SET(b, attr, mg_attr_strings(ARENA(b), values, count));
}

void
mgreg_op_attr_types(mgreg_builder *b, const char *attr, const mgreg_dtype *values, int count)
{
	int *types;

	if (b->rc)
		return;
	types = mg_arena_zalloc(ARENA(b), (size_t)count + 1, sizeof(*types));
	for (int i = 0; types && i < count; i++)
		types[i] = (int)values[i];
	set(b, attr, types ? mg_attr_types(ARENA(b), types, count) : NULL);
}

/* ---- the node ---- */
mgreg_node *
mgreg_op_end_node(mgreg_builder *b)
{
	pending *p = begun(b);
	const mg_op_def *def;
	mg_node *node = NULL;
	mg_node_args args;

	if (!p)
		return NULL;
	b->pending = NULL;
	args = (mg_node_args){
		.op = p->op, .name = p->name, .inputs = p->inputs, .input_count = p->input_count, .controls = p->controls,
		.control_count = p->control_count, .attrs = p->attrs.at, .attr_count = p->attrs.count,
	};
	def = mg_op_find(p->op);
	if (def && p->count_count != def->input_count) {
		b->rc = mg_fail(b->err, MGREG_INVALID_ARGUMENT, "op '%s' takes %d inputs, %d were given", p->op, def->input_count, p->count_count);
		return NULL;
	}
	if (def)
		args.arg_counts = p->counts;
	b->rc = mg_graph_add(b->graph, &args, &node, b->err);
	return b->rc ? NULL : node;
}

mgreg_output
mgreg_op_end(mgreg_builder *b)
{
	mg_node *n = mgreg_op_end_node(b);

	return n && n->output_count > 0 ? MG_OUTPUT(n, 0) : MG_NO_OUTPUT;
}

mgreg_output
mgreg_op_unary(mgreg_builder *b, const char *op, mgreg_output x, const char *name)
{
	return mg_build(b, op, name, "o", x);
}

mgreg_output
mgreg_op_binary(mgreg_builder *b, const char *op, mgreg_output x, mgreg_output y, const char *name)
{
	return mg_build(b, op, name, "oo", x, y);
}
