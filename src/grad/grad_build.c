/* SPDX-License-Identifier: Apache-2.0 */
/* grad_build.c - the vocabulary gradient functions are written in. */
#include "base/base.h"
#include "grad/grad_internal.h"

#define SMALL 1000      /* elements up to which zeros are a constant, not a Fill */

mg_output
mg_g1(mg_grad_ctx *c, const char *op, const char *name, mg_output a)
{
	return mg_build(&c->b, op, name, "o", a);
}

mg_output
mg_g2(mg_grad_ctx *c, const char *op, const char *name, mg_output a, mg_output b)
{
	return mg_build(&c->b, op, name, "oo", a, b);
}

mg_output
mg_g3(mg_grad_ctx *c, const char *op, const char *name, mg_output a, mg_output b, mg_output d)
{
	return mg_build(&c->b, op, name, "ooo", a, b, d);
}

/* A scope that a constant operand and then the op itself are named by. */
static const char *
operand_scope(mg_grad_ctx *c, const char *name)
{
	const char *scope = NULL;

	if (c->b.rc == 0)
		c->b.rc = mg_scope_enter(c->b.graph, name, &scope, c->b.err);
	return c->b.rc ? NULL : scope;
}

mg_output
mg_g2k(mg_grad_ctx *c, const char *op, const char *name, const char *arg, mg_output x, double value, bool first)
{
	const char *scope = operand_scope(c, name);
	mg_output k;

	if (!scope)
		return MG_NO_OUTPUT;
	k = mg_g_k(c, arg, x, value);
	mg_scope_leave(c->b.graph);
	return first ? mg_g2(c, op, scope, k, x) : mg_g2(c, op, scope, x, k);
}

mg_output
mg_g2v(mg_grad_ctx *c, const char *op, const char *name, const char *arg, mg_output x, const int64_t *v, int n)
{
	const char *scope = operand_scope(c, name);
	mg_output k;

	if (!scope)
		return MG_NO_OUTPUT;
	k = mg_const_i32s(&c->b, arg, v, n);
	mg_scope_leave(c->b.graph);
	return mg_g2(c, op, scope, x, k);
}

mg_output
mg_g2i(mg_grad_ctx *c, const char *op, const char *name, const char *arg, mg_output x, int64_t v)
{
	const char *scope = operand_scope(c, name);
	mg_output k;

	if (!scope)
		return MG_NO_OUTPUT;
	k = mg_const_scalar(&c->b, arg, MGREG_INT32, (double)v);
	mg_scope_leave(c->b.graph);
	return mg_g2(c, op, scope, x, k);
}

mg_output
mg_g_k(mg_grad_ctx *c, const char *name, mg_output like, double value)
{
	if (c->b.rc || !like.node)
		return MG_NO_OUTPUT;
	return mg_const_scalar(&c->b, name, mg_output_type(like), value);
}

static bool
fits_int32(const mg_shape *s)
{
	for (int i = 0; i < s->rank; i++)
		if (mg_shape_dim(s, i) > INT32_MAX)
			return false;
	return true;
}

mg_output
mg_g_shape(mg_grad_ctx *c, mg_output x)
{
	if (c->b.rc || !x.node)
		return MG_NO_OUTPUT;
	const mg_shape *s = mg_output_shape(x);
	if (mg_g_type(x) != MGREG_RESOURCE && mg_shape_is_full(s) && fits_int32(s))
		return mg_const_i32s(&c->b, "Shape", mg_shape_cdims(s), s->rank);
	return mg_build(&c->b, "Shape", NULL, "o", x);
}

mg_output
mg_g_size(mg_grad_ctx *c, mg_output x)
{
	int64_t n;

	if (c->b.rc || !x.node)
		return MG_NO_OUTPUT;
	if (mg_shape_is_full(mg_output_shape(x)) && mg_shape_count(mg_output_shape(x), &n, NULL) == 0 && n <= INT32_MAX)
		return mg_const_scalar(&c->b, "Size", MGREG_INT32, (double)n);
	return mg_build(&c->b, "Size", NULL, "o", x);
}

mg_output
mg_g_rank(mg_grad_ctx *c, mg_output x)
{
	if (c->b.rc || !x.node)
		return MG_NO_OUTPUT;
	if (mg_output_shape(x)->rank >= 0)
		return mg_const_scalar(&c->b, "Rank", MGREG_INT32, mg_output_shape(x)->rank);
	return mg_build(&c->b, "Rank", NULL, "o", x);
}

mg_output
mg_g_reduce(mg_grad_ctx *c, const char *op, mg_output x, mg_output axes, bool keep)
{
	return mg_build(&c->b, op, NULL, "oo;b:keep_dims", x, axes, (int)keep);
}

mg_output
mg_g_reduce_all(mg_grad_ctx *c, const char *op, mg_output x)
{
	int64_t axes[MG_MAX_RANK];
	int rank;
	mg_output all;

	if (c->b.rc || !x.node)
		return MG_NO_OUTPUT;
	rank = mg_output_shape(x)->rank;
	if (rank >= 0) {
		for (int i = 0; i < rank; i++)
			axes[i] = i;
		all = mg_const_i32s(&c->b, "Const", axes, rank);
	} else {
		all = mg_g_range(c, 0, mg_g_rank(c, x));
	}
	return mg_g_reduce(c, op, x, all, false);
}

mg_output
mg_g_range(mg_grad_ctx *c, int64_t start, mg_output limit)
{
	const char *scope = operand_scope(c, "range");
	mg_output from, step;

	if (!scope)
		return MG_NO_OUTPUT;
	from = mg_g_k(c, "start", limit, (double)start);
	step = mg_g_k(c, "delta", limit, 1);
	mg_scope_leave(c->b.graph);
	return mg_build(&c->b, "Range", scope, "ooo", from, limit, step);
}

mg_output
mg_g_cast(mg_grad_ctx *c, mg_output x, int dtype)
{
	if (c->b.rc || mg_g_type(x) == dtype)
		return x;
	return mg_build(&c->b, "Cast", NULL, "o;t:DstT", x, dtype);
}

mg_output
mg_g_zeros(mg_grad_ctx *c, mg_output shape, int dtype)
{
	const char *scope = operand_scope(c, "zeros");
	mg_output zero;

	if (!scope)
		return MG_NO_OUTPUT;
	zero = mg_const_scalar(&c->b, "Const", (mg_dtype)dtype, 0);
	mg_scope_leave(c->b.graph);
	return mg_build(&c->b, "Fill", scope, "oo", shape, zero);
}

mg_output
mg_g_zeros_like(mg_grad_ctx *c, mg_output x)
{
	mg_tensor zero = { 0 };
	mg_output o;
	int64_t n;

	if (c->b.rc || !x.node)
		return MG_NO_OUTPUT;
	if (!mg_shape_is_full(mg_output_shape(x)) || mg_shape_count(mg_output_shape(x), &n, NULL) != 0 || n >= SMALL
	    || mg_dtype_size(mg_g_type(x)) == 0)
		return mg_build(&c->b, "ZerosLike", "zeros_like", "o", x);
	if ((c->b.rc = mg_tensor_init(&zero, mg_output_type(x), mg_output_shape(x), c->b.err)) != 0)
		return MG_NO_OUTPUT;
	if (zero.size)
		memset(zero.data, 0, zero.size);
	o = mg_const(&c->b, "zeros_like", &zero);
	mg_tensor_clear(&zero);
	return o;
}

mg_output
mg_g_ones_like(mg_grad_ctx *c, mg_output x)
{
	const char *scope = operand_scope(c, "ones_like");
	mg_output shape, one;

	if (!scope)
		return MG_NO_OUTPUT;
	shape = mg_g_shape(c, x);
	one = mg_g_k(c, "Const", x, 1);
	mg_scope_leave(c->b.graph);
	return mg_build(&c->b, "Fill", scope, "oo", shape, one);
}

mg_output
mg_g_concat(mg_grad_ctx *c, const mg_output *v, int n, int64_t axis)
{
	const char *scope;
	mg_output k;

	if (n == 1)
		return v[0];
	if (!(scope = operand_scope(c, "concat")))
		return MG_NO_OUTPUT;
	k = mg_const_scalar(&c->b, "axis", MGREG_INT32, (double)axis);
	mg_scope_leave(c->b.graph);
	return mg_build(&c->b, "ConcatV2", scope, "Oo", v, n, k);
}

mg_output
mg_g_gather(mg_grad_ctx *c, mg_output params, mg_output indices, int64_t axis)
{
	const char *scope = operand_scope(c, "GatherV2");
	mg_output k;

	if (!scope)
		return MG_NO_OUTPUT;
	k = mg_const_scalar(&c->b, "axis", MGREG_INT32, (double)axis);
	mg_scope_leave(c->b.graph);
	return mg_g3(c, "GatherV2", scope, params, indices, k);
}

mg_output
mg_g_strided(mg_grad_ctx *c, mg_output x, int64_t begin, int64_t end, bool shrink)
{
	static const int64_t one = 1;
	const char *scope = operand_scope(c, "strided_slice");
	mg_output from, to, step;

	if (!scope)
		return MG_NO_OUTPUT;
	if (shrink)
		end = begin + 1;
	from = mg_const_i32s(&c->b, "stack", &begin, 1);
	to = mg_const_i32s(&c->b, "stack_1", &end, 1);
	step = mg_const_i32s(&c->b, "stack_2", &one, 1);
	mg_scope_leave(c->b.graph);
	return mg_build(&c->b, "StridedSlice", scope, "oooo;i:end_mask i:shrink_axis_mask", x, from, to, step,
		(int64_t)(end == 0), (int64_t)shrink);
}

mg_output
mg_g_matmul(mg_grad_ctx *c, mg_output a, mg_output b, bool ta, bool tb)
{
	return mg_build(&c->b, "MatMul", NULL, "oo;b:transpose_a b:transpose_b", a, b, (int)ta, (int)tb);
}

mg_output
mg_g_conj(mg_grad_ctx *c, mg_output x)
{
	return mg_dtype_is_complex(mg_g_type(x)) ? mg_g1(c, "Conj", NULL, x) : x;
}

mg_output
mg_g_pack(mg_grad_ctx *c, const mg_output *v, int n)
{
	return mg_build(&c->b, "Pack", "stack", "O", v, n);
}

mg_output
mg_g_transpose(mg_grad_ctx *c, mg_output x, mg_output perm)
{
	return mg_g2(c, "Transpose", "transpose", x, perm);
}

mg_output
mg_g_reduced_shape(mg_grad_ctx *c, mg_output shape, mg_output axes)
{
	mg_output rank, axes_shape, indices[2], data[2];

	shape = mg_g_cast(c, shape, MGREG_INT32);
	axes = mg_g_cast(c, axes, MGREG_INT32);
	rank = mg_g_size(c, shape);
	axes = mg_g2(c, "Add", "add", axes, rank);
	axes = mg_g2(c, "FloorMod", "mod", axes, rank);
	axes_shape = mg_g_shape(c, axes);
	indices[0] = mg_g_range(c, 0, rank);
	indices[1] = axes;
	data[0] = shape;
	{
		const char *scope = operand_scope(c, "Fill");
		mg_output one;

		if (!scope)
			return MG_NO_OUTPUT;
		one = mg_const_scalar(&c->b, "value", MGREG_INT32, 1);
		mg_scope_leave(c->b.graph);
		data[1] = mg_g2(c, "Fill", scope, axes_shape, one);
	}
	return mg_build(&c->b, "DynamicStitch", NULL, "OO", indices, 2, data, 2);
}

mg_output
mg_g_shape_div(mg_grad_ctx *c, mg_output a, mg_output b)
{
	return mg_g2(c, "FloorDiv", "floordiv", a, mg_g2k(c, "Maximum", "Maximum", "y", b, 1, false));
}

void
mg_g_after(mg_grad_ctx *c, mg_output x)
{
	if (c->b.rc == 0)
		c->b.rc = mg_controls_push(c->b.graph, &x.node, x.node ? 1 : 0, c->b.err);
	else
		mg_controls_push(c->b.graph, NULL, 0, NULL);
}

void
mg_g_after_end(mg_grad_ctx *c)
{
	mg_controls_pop(c->b.graph);
}

const mg_attr_value *
mg_g_attr(const mg_grad_ctx *c, const char *name)
{
	return mg_attr_find(&c->node->attrs, name);
}

int
mg_g_attr_int(const mg_grad_ctx *c, const char *name)
{
	int64_t v = 0;

	mg_attr_get_int(&c->node->attrs, name, &v);
	return (int)v;
}

bool
mg_g_attr_bool(const mg_grad_ctx *c, const char *name)
{
	bool v = false;

	mg_attr_get_bool(&c->node->attrs, name, &v);
	return v;
}

bool
mg_g_constant_ints(mg_output o, int64_t *out, int max, int *n)
{
	mg_tensor t = { 0 };
	bool known = false;

	if (!o.node || !mg_graph_constant(o, &t))
		return false;
	if ((t.dtype == MGREG_INT32 || t.dtype == MGREG_INT64) && mg_rank(&t) <= 1 && t.count <= max) {
		for (int64_t i = 0; i < t.count; i++)
			out[i] = t.dtype == MGREG_INT32 ? MG_CDATA(&t, int32_t)[i] : MG_CDATA(&t, int64_t)[i];
		*n = (int)t.count;
		known = true;
	}
	mg_tensor_clear(&t);
	return known;
}

/* ---- broadcast reduction ---- */

static bool
equal_and_full(mg_output a, mg_output b)
{
	return mg_shape_is_full(mg_g_static(a)) && mg_shape_equal(mg_g_static(a), mg_g_static(b));
}

mg_g_br
mg_g_br_begin_unless_equal(mg_grad_ctx *c, mg_output x, mg_output y, mg_output g)
{
	if (equal_and_full(x, y) && equal_and_full(x, g))
		return (mg_g_br){ .skip = true };
	return mg_g_br_begin(c, x, y);
}

mg_g_br
mg_g_br_begin(mg_grad_ctx *c, mg_output x, mg_output y)
{
	mg_g_br r = { 0 };

	r.sx = mg_g_shape(c, x);
	r.sy = mg_g_shape(c, y);
	r.rx = mg_g2(c, "BroadcastGradientArgs", NULL, r.sx, r.sy);
	r.ry = mg_g_at(r.rx, 1);
	return r;
}

mg_output
mg_g_br_x(mg_grad_ctx *c, const mg_g_br *r, mg_output dx)
{
	if (r->skip)
		return dx;
	return mg_g2(c, "Reshape", NULL, mg_g_reduce(c, "Sum", dx, r->rx, false), r->sx);
}

mg_output
mg_g_br_y(mg_grad_ctx *c, const mg_g_br *r, mg_output dy)
{
	if (r->skip)
		return dy;
	return mg_g2(c, "Reshape", NULL, mg_g_reduce(c, "Sum", dy, r->ry, false), r->sy);
}
