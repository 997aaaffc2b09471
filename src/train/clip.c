/* SPDX-License-Identifier: Apache-2.0 */
/* clip.c - values and norms kept within bounds. */
#include "base/base.h"
#include <math.h>
#include "train/train_internal.h"

mgreg_output
mgreg_clip_by_value(mgreg_builder *b, mgreg_output t, double low, double high, const char *name)
{
	mg_output x = mg_value_of(b, t), least, floor;
	const char *scope;

	if (!mg_is_there(b, "clip_by_value", x) || !(scope = mg_enter(b, name, "clip_by_value")))
		return MG_NO_OUTPUT;
	least = mg_op2n(b, "Minimum", NULL, x, high);
	floor = mg_const_scalar(b, "y", mg_type_of(x), low);
	mg_scope_leave(b->graph);
	return mg_op2(b, "Maximum", scope, least, floor);
}

mgreg_output
mgreg_clip_by_norm(mgreg_builder *b, mgreg_output t, double norm, const int64_t *axes, int count, const char *name)
{
	mg_output x = mg_value_of(b, t), sum, positive, safe, length;
	const char *scope;

	if (!mg_is_there(b, "clip_by_norm", x) || !(scope = mg_enter(b, name, "clip_by_norm")))
		return MG_NO_OUTPUT;
	sum = mg_reduce(b, "Sum", mg_op2(b, "Mul", "mul", x, x), axes, count, true, NULL);
	/* the root of zero has no gradient: where there is nothing, one is drawn from instead */
	positive = mg_op2n(b, "Greater", NULL, sum, 0);
	safe = mg_build(b, "Select", NULL, "ooo", positive, sum, mg_op1(b, "OnesLike", "ones_like", sum));
	length = mg_build(b, "Select", NULL, "ooo", positive, mg_op1(b, "Sqrt", NULL, safe), sum);
	x = mg_op2n(b, "Mul", "mul_1", x, norm);
	x = mg_op2(b, "RealDiv", "truediv", x, mg_op2n(b, "Maximum", NULL, length, norm));
	mg_scope_leave(b->graph);
	return mg_op1(b, "Identity", scope, x);
}

mgreg_output
mgreg_clip_by_average_norm(mgreg_builder *b, mgreg_output t, double norm, const char *name)
{
	mg_output x = mg_value_of(b, t), n, inverse;
	const char *scope;

	if (!mg_is_there(b, "clip_by_average_norm", x) || !(scope = mg_enter(b, name, "clip_by_average_norm")))
		return MG_NO_OUTPUT;
	n = mg_cast(b, mg_op1(b, "Size", NULL, x), mg_type_of(x), NULL);
	inverse = mg_op1(b, "Rsqrt", NULL, mg_reduce(b, "Sum", mg_op2(b, "Mul", "mul", x, x), NULL, -1, false, NULL));
	x = mg_op2n(b, "Mul", "mul_1", x, norm);
	n = mg_op2n(b, "Minimum", NULL, mg_op2(b, "Mul", "mul_2", inverse, n), 1 / norm);
	x = mg_op2(b, "Mul", "mul_3", x, n);
	mg_scope_leave(b->graph);
	return mg_op1(b, "Identity", scope, x);
}

/* OP in the place of X. */
static mg_output
beside(mg_builder *b, mg_output x, const char *op, const char *name, mg_output y)
{
	mg_output o;

	if (b->rc || (b->rc = mg_colocate_push(b->graph, x.node, b->err)) != 0)
		return MG_NO_OUTPUT;
	o = y.node ? mg_op2(b, op, name, x, y) : mg_op1(b, op, name, x);
	mg_colocate_pop(b->graph);
	return o;
}

mgreg_output
mgreg_global_norm(mgreg_builder *b, const mgreg_output *list, int count, const char *name)
{
	mg_output *halves = mg_calloc((size_t)count + 1, sizeof *halves), sum = MG_NO_OUTPUT, two;
	int n = 0;

	if (!halves) {
		b->rc = b->rc ? b->rc : mg_fail_nomem(b->err, 0);
		return MG_NO_OUTPUT;
	}
	if (mg_enter(b, name, "global_norm")) {
		for (int i = 0; i < count && b->rc == 0; i++)
			if (list[i].node)
				halves[n++] = beside(b, list[i], "L2Loss", NULL, MG_NO_OUTPUT);
		if (b->rc == 0 && n == 0)
			b->rc = mg_fail(b->err, MGREG_INVALID_ARGUMENT, "global_norm: there is nothing to measure");
		if (b->rc == 0) {
			sum = mg_reduce(b, "Sum", mg_build(b, "Pack", "stack", "O;i:axis", halves, n, (int64_t)0), NULL, -1, false, NULL);
			two = mg_const_scalar(b, "Const", mg_type_of(sum), 2);
			sum = mg_op1(b, "Sqrt", "global_norm", mg_op2(b, "Mul", "mul", sum, two));
		}
		mg_scope_leave(b->graph);
	}
	mg_free(halves);
	return b->rc ? MG_NO_OUTPUT : sum;
}

void
mgreg_clip_by_global_norm(mgreg_builder *b, const mgreg_output *list, int count, double norm, mgreg_output *out, mgreg_output *global,
	const char *name)
{
	mg_output total = mgreg_global_norm(b, list, count, NULL), scale, one;
	const char *scope;

	if (!(scope = mg_enter(b, name, "clip_by_global_norm")))
		goto out;
	scale = mg_op2l(b, "RealDiv", "truediv", 1, total);
	one = mg_const_scalar(b, "Const", mg_type_of(total), 1);
	one = mg_op2n(b, "RealDiv", "truediv_1", one, norm);
	scale = mg_op2l(b, "Mul", "mul", norm, mg_op2(b, "Minimum", NULL, scale, one));
	scale = mg_build(b, "Select", "Select", "ooo", mg_op1(b, "IsFinite", NULL, total), scale,
		mg_const_scalar(b, "Const_1", mg_type_of(total), NAN));
	for (int i = 0; i < count && b->rc == 0; i++) {
		mg_output x = list[i];  /* OUT may be the same array */
		char *last;

		out[i] = x;
		if (!x.node)
			continue;
		/* Python formats the scope's own name into it, which makes the name double */
		if (!(last = mg_arena_printf(mg_graph_arena(b->graph), "%s_%d", scope, i))) {
			b->rc = mg_fail_nomem(b->err, 0);
			break;
		}
		out[i] = beside(b, x, "Mul", "mul", scale);
		if (b->rc == 0 && (b->rc = mg_colocate_push(b->graph, x.node, b->err)) == 0) {
			out[i] = mg_op1(b, "Identity", last, out[i]);
			mg_colocate_pop(b->graph);
		}
	}
	mg_scope_leave(b->graph);
out:
	for (int i = 0; i < count && b->rc; i++)
		out[i] = MG_NO_OUTPUT;
	if (global)
		*global = total;
}
