/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fold.c - batch normalization becomes part of the weights before it.
 *
 *   conv -> [BiasAdd ->] FusedBatchNorm* (is_training false), BatchNormWithGlobalNormalization
 *        y = (conv + bias) * s + (offset - mean * s),  s = scale / sqrt(variance + epsilon)
 *        becomes conv with weights * s, and a BiasAdd under the normalization's name
 *   conv -> [BiasAdd ->] Mul by a constant (the first half of tf.nn.batch_normalization)
 *        becomes conv with weights * c [and bias * c], and an Identity under the product's name
 *
 * conv: Conv2D, DepthwiseConv2dNative, MatMul.  Folded is only what nobody else reads; everything that is computed from
 * constants counts as constant and is computed here.  Sums are rounded in another order, no more.
 */
#include "base/base.h"
#include <math.h>
#include "base/vec.h"
#include "interop/freeze.h"
#include "runtime/runtime.h"

typedef struct folder {
	Pb__GraphDef *g;
	const char *const *outputs;
	int           output_count;
	mg_arena     *arena;
	mg_map        index;            /* name -> index + 1 */
	mg_map        readers;          /* name -> number of inputs that read it, control ones too */
	mg_map        constant;         /* name -> 1: constant, 2: not */
	mg_graph     *live;             /* the graph as it was: constants are computed in it */
	mg_session   *session;
	MG_VEC(Pb__NodeDef *) made;
} folder;

static Pb__NodeDef *
find(const folder *f, mg_slice name)
{
	size_t at = (size_t)(uintptr_t)mg_map_findn(&f->index, name.ptr, name.len);

	return at ? f->g->node[at - 1] : NULL;
}

/* The node whose output 0 is data input I of N. */
static Pb__NodeDef *
producer(const folder *f, const Pb__NodeDef *n, size_t i)
{
	mg_node_ref r;

	if (i >= n->n_input)
		return NULL;
	r = mg_node_ref_of(n->input[i]);
	return r.port == 0 ? find(f, r.node) : NULL;
}

static bool
is_one_of(const char *op, const char *const *list)
{
	for (; *list; list++)
		if (!strcmp(op, *list))
			return true;
	return false;
}

/* Computed from constants alone, the same each time. */
static bool
is_constant(folder *f, const Pb__NodeDef *n, int depth)
{
	static const char *const flow[] = { "Switch", "Merge", "Enter", "Exit", "NextIteration", "LoopCond", NULL };
	uintptr_t known = (uintptr_t)mg_map_find(&f->constant, n->name);
	const mg_op_def *op = mg_op_find(n->op);
	bool yes;

	if (known)
		return known == 1;
	yes = depth < 200 && op && !(op->flags & MG_OP_STATEFUL) && !is_one_of(n->op, flow) && strncmp(n->op, "Placeholder", 11)
		&& (n->n_input || !strcmp(n->op, "Const"));
	for (size_t i = 0; yes && i < n->n_input; i++) {
		mg_node_ref r = mg_node_ref_of(n->input[i]);
		const Pb__NodeDef *from = find(f, r.node);

		yes = r.port >= 0 && from && is_constant(f, from, depth + 1);
	}
	(void)mg_map_set(&f->constant, n->name, (void *)(uintptr_t)(yes ? 1 : 2));
	return yes;
}

/* Value of data input I of N, if it is constant; *KNOWN. */
static int
value_of(folder *f, const Pb__NodeDef *n, size_t i, mg_tensor *out, bool *known, mgreg_error *err)
{
	const Pb__NodeDef *from = i < n->n_input ? find(f, mg_node_ref_of(n->input[i]).node) : NULL;
	mg_output o;
	int rc;

	*known = from && mg_node_ref_of(n->input[i]).port >= 0 && is_constant(f, from, 0);
	if (!*known)
		return 0;
	MG_TRY(mg_graph_output(f->live, n->input[i], &o, err));
	rc = mg_session_run(f->session, NULL, 0, &o, 1, NULL, 0, out, err);
out:
	return rc;
}

static size_t
reader_count(const folder *f, const Pb__NodeDef *n)
{
	size_t count = (size_t)(uintptr_t)mg_map_find(&f->readers, n->name);

	for (int i = 0; i < f->output_count; i++)
		count += !strcmp(f->outputs[i], n->name);
	return count;
}

/* ---- the chain before a normalization ------------------------------------------------------ */

typedef struct chain {
	Pb__NodeDef *conv, *bias;       /* bias NULL: none */
	mg_tensor    weights, offset;   /* offset: of the bias */
} chain;

static void
chain_clear(chain *c)
{
	mg_tensor_clear(&c->weights);
	mg_tensor_clear(&c->offset);
}

static bool
is_float(const mg_tensor *t)
{
	return t->dtype == MGREG_FLOAT || t->dtype == MGREG_DOUBLE;
}

static bool
is_nhwc(const Pb__NodeDef *n)
{
	const Pb__AttrValue *v = mg_def_attr(n, "data_format");

	return !v || v->value_case != PB__ATTR_VALUE__VALUE_S || (v->s.len == 4 && !memcmp(v->s.data, "NHWC", 4));
}

static bool
flag(const Pb__NodeDef *n, const char *name, bool otherwise)
{
	const Pb__AttrValue *v = mg_def_attr(n, name);

	return v && v->value_case == PB__ATTR_VALUE__VALUE_B ? v->b : otherwise;
}

/* What computes input 0 of N, if it can take factors and nobody else reads it. */
static int
find_chain(folder *f, const Pb__NodeDef *n, size_t input, chain *c, bool *found, mgreg_error *err)
{
	static const char *const convs[] = { "Conv2D", "DepthwiseConv2dNative", "MatMul", NULL };
	bool known;
	int rc;

	*found = false;
	c->conv = producer(f, n, input);
	if (c->conv && !strcmp(c->conv->op, "BiasAdd") && reader_count(f, c->conv) == 1) {
		c->bias = c->conv;
		MG_TRY(value_of(f, c->bias, 1, &c->offset, &known, err));
		if (!known)
			return 0;
		c->conv = producer(f, c->bias, 0);
	}
	if (!c->conv || !is_one_of(c->conv->op, convs) || reader_count(f, c->conv) != 1
			|| (!strcmp(c->conv->op, "MatMul") && flag(c->conv, "transpose_b", false)))
		return 0;
	MG_TRY(value_of(f, c->conv, 1, &c->weights, &known, err));
	*found = known && is_float(&c->weights) && mg_rank(&c->weights) >= 2;
out:
	return rc;
}

/* Channels that the chain puts out: the last dimension, of depthwise weights the last two. */
static int64_t
channels(const chain *c)
{
	int rank = mg_rank(&c->weights);
	int64_t n = mg_dim(&c->weights, rank - 1);

	return !strcmp(c->conv->op, "DepthwiseConv2dNative") ? n * mg_dim(&c->weights, rank - 2) : n;
}

static double
element(const mg_tensor *t, int64_t i)
{
	return t->dtype == MGREG_DOUBLE ? MG_CDATA(t, double)[i] : (double)MG_CDATA(t, float)[i];
}

static void
set_element(mg_tensor *t, int64_t i, double v)
{
	if (t->dtype == MGREG_DOUBLE)
		MG_DATA(t, double)[i] = v;
	else
		MG_DATA(t, float)[i] = (float)v;
}

/* T with element I times FACTOR[I % N]. */
static int
scaled(const mg_tensor *t, const double *factor, int64_t n, mg_tensor *out, mgreg_error *err)
{
	int rc = mg_tensor_copy(out, t, err);

	for (int64_t i = 0; rc == 0 && i < out->count; i++)
		set_element(out, i, element(t, i) * factor[n == 1 ? 0 : i % n]);
	return rc;
}

/* ---- changing the graph ---------------------------------------------------------------------- */

static const char *
free_name(folder *f, const char *base, const char *tail)
{
	const char *name = mg_arena_printf(f->arena, "%s/%s", base, tail);

	for (int i = 1; name && mg_map_has(&f->index, name); i++)
		name = mg_arena_printf(f->arena, "%s/%s_%d", base, tail, i);
	return name;
}

/* A new Const that becomes input I of N. */
static int
set_input(folder *f, Pb__NodeDef *n, size_t i, const char *tail, const mg_tensor *value, mgreg_error *err)
{
	const char *name = free_name(f, n->name, tail);
	Pb__NodeDef *made;
	char **inputs;
	int rc;

	if (!name || !(inputs = mg_arena_memdup(f->arena, n->input, n->n_input * sizeof(*inputs))))
		return mg_fail_nomem(err, 0);
	if ((rc = mg_def_const(f->arena, name, value, &made, err)) != 0)
		return rc;
	inputs[i] = made->name;
	n->input = inputs;
	if (!mg_map_set(&f->index, made->name, NULL) || !mg_vec_push(&f->made, made))
		return mg_fail_nomem(err, 0);
	return 0;
}

/* N becomes OP over INPUT0 (and keeps control inputs): its attributes are those of the plan. */
static int
become(folder *f, Pb__NodeDef *n, const char *op, const char *input0, size_t data_inputs, int dtype, mgreg_error *err)
{
	const char *inputs[3] = { input0, "", NULL };
	Pb__NodeDef *made = mg_def_node(f->arena, n->name, op, inputs);
	Pb__AttrValue *format = mg_def_attr(n, "data_format");
	int rc;

	if (!made)
		return mg_fail_nomem(err, 0);
	made->n_input = data_inputs;
	for (size_t i = 0; i < n->n_input; i++)
		if (*n->input[i] == '^' && !mg_msg_append(f->arena, &made->input, &made->n_input, n->input[i]))
			return mg_fail_nomem(err, 0);
	if ((rc = mg_def_attr_set(made, "T", mg_attr_type(f->arena, dtype), f->arena, err)) != 0)
		return rc;
	if (!strcmp(op, "BiasAdd") && format && (rc = mg_def_attr_set(made, "data_format", format, f->arena, err)) != 0)
		return rc;
	*n = *made;
	return 0;
}

/* ---- whole normalizations ---------------------------------------------------------------------- */

typedef struct norm {
	size_t scale, offset, mean, variance;   /* data inputs */
	bool   scales;
	double epsilon;
} norm;

static float
real(const Pb__NodeDef *n, const char *name, float otherwise)
{
	const Pb__AttrValue *v = mg_def_attr(n, name);

	return v && v->value_case == PB__ATTR_VALUE__VALUE_F ? v->f : otherwise;
}

static bool
describe(const Pb__NodeDef *n, norm *d)
{
	static const char *const fused[] = { "FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3", NULL };

	if (is_one_of(n->op, fused) && !flag(n, "is_training", true)) {
		*d = (norm){ 1, 2, 3, 4, true, (double)real(n, "epsilon", 0.0001f) };
		return true;
	}
	if (!strcmp(n->op, "BatchNormWithGlobalNormalization")) {
		*d = (norm){ 4, 3, 1, 2, flag(n, "scale_after_normalization", false), (double)real(n, "variance_epsilon", 0) };
		return true;
	}
	return false;
}

/* Does anybody read an output of N but the first? */
static bool
others_read(const folder *f, const Pb__NodeDef *n)
{
	for (size_t i = 0; i < f->g->n_node; i++)
		for (size_t k = 0; k < f->g->node[i]->n_input; k++) {
			mg_node_ref r = mg_node_ref_of(f->g->node[i]->input[k]);

			if (r.port > 0 && mg_slice_eq(r.node, n->name))
				return true;
		}
	return false;
}

static int
fold_norm(folder *f, Pb__NodeDef *n, const norm *d, int *folded, mgreg_error *err)
{
	chain c = { 0 };
	mg_tensor in[4] = { { 0 } }, weights = { 0 }, offset = { 0 };
	const size_t from[4] = { d->scale, d->offset, d->mean, d->variance };
	double *factor = NULL;
	bool ok;
	int64_t count;
	int rc;

	MG_TRY(find_chain(f, n, 0, &c, &ok, err));
	ok = ok && !others_read(f, n);
	count = ok ? channels(&c) : 0;
	for (int i = 0; ok && i < 4; i++) {
		MG_TRY(value_of(f, n, from[i], &in[i], &ok, err));
		ok = ok && is_float(&in[i]) && in[i].count == count;
	}
	ok = ok && (!c.bias || (is_float(&c.offset) && c.offset.count == count));
	if (!ok)
		goto out;
	if (!(factor = mg_arena_zalloc(f->arena, (size_t)count + 1, sizeof(*factor))))
		MG_TRY(mg_fail_nomem(err, 0));
	for (int64_t i = 0; i < count; i++)
		factor[i] = (d->scales ? element(&in[0], i) : 1.0) / sqrt(element(&in[3], i) + d->epsilon);
	MG_TRY(scaled(&c.weights, factor, count, &weights, err));
	MG_TRY(mg_tensor_init_dims(&offset, c.weights.dtype, &count, 1, err));
	for (int64_t i = 0; i < count; i++)
		set_element(&offset, i, element(&in[1], i) + ((c.bias ? element(&c.offset, i) : 0.0) - element(&in[2], i)) * factor[i]);
	MG_TRY(set_input(f, c.conv, 1, "folded_weights", &weights, err));
	MG_TRY(become(f, n, "BiasAdd", c.conv->name, 2, (int)c.weights.dtype, err));
	MG_TRY(set_input(f, n, 1, "folded_offset", &offset, err));
	++*folded;
out:
	for (int i = 0; i < 4; i++)
		mg_tensor_clear(&in[i]);
	mg_tensor_clear(&weights);
	mg_tensor_clear(&offset);
	chain_clear(&c);
	return rc;
}

/* ---- products ------------------------------------------------------------------------------------ */

/* Is T one factor per channel: a scalar, or N elements along the last dimension? */
static bool
is_per_channel(const mg_tensor *t, int64_t n)
{
	return is_float(t) && (t->count == 1 || (t->count == n && mg_rank(t) >= 1 && mg_dim(t, mg_rank(t) - 1) == n));
}

static int
fold_product(folder *f, Pb__NodeDef *n, int *folded, mgreg_error *err)
{
	chain c = { 0 };
	mg_tensor by = { 0 }, weights = { 0 }, offset = { 0 };
	double *factor = NULL;
	bool ok = false;
	int64_t count;
	int rc = 0;

	for (size_t i = 0; i < 2 && !ok; i++) {
		chain_clear(&c);
		c = (chain){ 0 };
		mg_tensor_clear(&by);
		MG_TRY(find_chain(f, n, i, &c, &ok, err));
		if (ok)
			MG_TRY(value_of(f, n, 1 - i, &by, &ok, err));
	}
	ok = ok && is_nhwc(c.conv) && (!c.bias || is_nhwc(c.bias)) && mg_rank(&by) <= (strcmp(c.conv->op, "MatMul") ? 4 : 2)
		&& is_per_channel(&by, channels(&c)) && (!c.bias || (is_float(&c.offset) && c.offset.count == channels(&c)));
	if (!ok)
		goto out;
	count = by.count;
	if (!(factor = mg_arena_zalloc(f->arena, (size_t)count + 1, sizeof(*factor))))
		MG_TRY(mg_fail_nomem(err, 0));
	for (int64_t i = 0; i < count; i++)
		factor[i] = element(&by, i);
	MG_TRY(scaled(&c.weights, factor, count, &weights, err));
	if (c.bias)
		MG_TRY(scaled(&c.offset, factor, count, &offset, err));
	MG_TRY(set_input(f, c.conv, 1, "folded_weights", &weights, err));
	if (c.bias)
		MG_TRY(set_input(f, c.bias, 1, "folded_offset", &offset, err));
	MG_TRY(become(f, n, "Identity", c.bias ? c.bias->name : c.conv->name, 1, (int)c.weights.dtype, err));
	++*folded;
out:
	mg_tensor_clear(&by);
	mg_tensor_clear(&weights);
	mg_tensor_clear(&offset);
	chain_clear(&c);
	return rc;
}

/* ---- the whole ------------------------------------------------------------------------------------ */

static int
prepare(folder *f, mgreg_error *err)
{
	mg_graphdef_import how = { .allow_unknown_ops = true };
	mg_session_options options = { 0 };
	int rc;

	MG_TRY(mg_def_index(f->g, &f->index, err));
	for (size_t i = 0; i < f->g->n_node; i++)
		for (size_t k = 0; k < f->g->node[i]->n_input; k++) {
			mg_node_ref r = mg_node_ref_of(f->g->node[i]->input[k]);
			uintptr_t n = (uintptr_t)mg_map_findn(&f->readers, r.node.ptr, r.node.len);

			if (!mg_map_setn(&f->readers, r.node.ptr, r.node.len, (void *)(n + 1)))
				return mg_fail_nomem(err, 0);
		}
	MG_TRY(mg_graph_new(&f->live, err));
	MG_TRY(mg_graph_import_def(f->live, f->g, &how, err));
	MG_TRY(mg_session_new(&f->session, f->live, &options, err));
out:
	return rc;
}

static int
fold_all(folder *f, int *folded, mgreg_error *err)
{
	size_t count = f->g->n_node;
	Pb__NodeDef **list;
	norm d;
	int rc = 0;

	for (size_t i = 0; i < count; i++) {
		Pb__NodeDef *n = f->g->node[i];

		if (describe(n, &d))
			MG_TRY(fold_norm(f, n, &d, folded, err));
		else if (!strcmp(n->op, "Mul"))
			MG_TRY(fold_product(f, n, folded, err));
	}
	if (!(list = mg_arena_zalloc(f->arena, count + f->made.len + 1, sizeof(*list))))
		return mg_fail_nomem(err, 0);
	for (size_t i = 0; i < f->made.len; i++)        /* constants before what reads them */
		list[i] = f->made.at[i];
	memcpy(list + f->made.len, f->g->node, count * sizeof(*list));
	f->g->node = list;
	f->g->n_node = count + f->made.len;
	rc = mg_def_extract(f->g, f->outputs, f->output_count, f->arena, err);
out:
	return rc;
}

int
mg_fold_batch_norm(Pb__GraphDef *g, const char *const *outputs, int output_count, mg_arena *arena, int *folded, mgreg_error *err)
{
	folder f = { .g = g, .outputs = outputs, .output_count = output_count, .arena = arena };
	int rc;

	MG_TRY(prepare(&f, err));
	rc = fold_all(&f, folded, err);
out:
	mg_session_free(f.session);
	mg_graph_free(f.live);
	mg_vec_clear(&f.made);
	mg_map_clear(&f.index);
	mg_map_clear(&f.readers);
	mg_map_clear(&f.constant);
	return rc;
}
