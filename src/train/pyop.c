/* SPDX-License-Identifier: Apache-2.0 */
/* pyop.c - ops as Python writes them: x * 2.0 makes "mul/y" and "mul", a cast number "Cast/x", a function its scope. */
#include "base/base.h"
#include <math.h>
#include "train/train_internal.h"

mg_dtype
mg_type_of(mg_output o)
{
	return o.node ? mg_output_type(o) : MGREG_FLOAT;
}

bool
mg_is_there(mg_builder *b, const char *what, mg_output o)
{
	if (b->rc == 0 && !o.node)
		b->rc = mg_fail(b->err, MGREG_INVALID_ARGUMENT, "%s: an input is missing", what);
	return b->rc == 0;
}

const char *
mg_enter(mg_builder *b, const char *name, const char *otherwise)
{
	const char *scope = NULL;

	if (b->rc == 0)
		b->rc = mg_scope_enter(b->graph, name && *name ? name : otherwise, &scope, b->err);
	return b->rc ? NULL : scope;
}

mg_output
mg_leave(mg_builder *b, mg_output o)
{
	mg_scope_leave(b->graph);
	return b->rc ? MG_NO_OUTPUT : o;
}

mg_output
mg_op1(mg_builder *b, const char *op, const char *name, mg_output x)
{
	return mg_build(b, op, name, "o", x);
}

mg_output
mg_op2(mg_builder *b, const char *op, const char *name, mg_output x, mg_output y)
{
	return mg_build(b, op, name, "oo", x, y);
}

static mg_output
with_number(mg_builder *b, const char *op, const char *name, mg_output x, double number, bool left)
{
	const char *scope = mg_enter(b, name, op);
	mg_output c;

	if (!scope)
		return MG_NO_OUTPUT;
	c = mg_const_scalar(b, left ? "x" : "y", mg_type_of(x), number);
	mg_scope_leave(b->graph);
	return left ? mg_op2(b, op, scope, c, x) : mg_op2(b, op, scope, x, c);
}

mg_output
mg_op2n(mg_builder *b, const char *op, const char *name, mg_output x, double y)
{
	return with_number(b, op, name, x, y, false);
}

mg_output
mg_op2l(mg_builder *b, const char *op, const char *name, double x, mg_output y)
{
	return with_number(b, op, name, y, x, true);
}

mg_output
mg_cast(mg_builder *b, mg_output x, mg_dtype type, const char *name)
{
	if (b->rc || mg_type_of(x) == type)
		return x;
	return mg_build(b, "Cast", name, "o;t:DstT", x, (int)type);
}

/* A Python number: an integer is an int32 that is cast, a fraction is of the type at once. */
mg_output
mg_cast_number(mg_builder *b, double number, mg_dtype type)
{
	bool integer = fabs(number) < 2147483648.0 && number == (double)(int32_t)number;
	const char *scope = mg_enter(b, "Cast", NULL);
	mg_output c;

	if (!scope)
		return MG_NO_OUTPUT;
	c = mg_const_scalar(b, "x", integer ? MGREG_INT32 : type, number);
	mg_scope_leave(b->graph);
	return integer ? mg_cast(b, c, type, scope) : c;
}

/* The value of a variable or tensor: of a resource handle what reads it. */
mg_output
mg_value_of(mg_builder *b, mg_output o)
{
	const mg_variable_record *v;
	mg_output read = o;

	if (b->rc == 0 && o.node && (mg_output_is_ref(o) || mg_output_type(o) == MGREG_RESOURCE) && (v = mg_variable_of(b->graph, o)))
		b->rc = mg_variable_outputs(b->graph, v, NULL, &read, b->err);
	return b->rc ? MG_NO_OUTPUT : read;
}

/* OP over AXES, all of them where COUNT is -1; the axes are a constant named as Python names it. */
mg_output
mg_reduce(mg_builder *b, const char *op, mg_output x, const int64_t *axes, int count, bool keep_dims, const char *name)
{
	int64_t all[MG_MAX_RANK];
	const char *scope = NULL;
	mg_output over;

	if (!mg_is_there(b, op, x))
		return MG_NO_OUTPUT;
	if (count < 0) {
		int rank = mg_output_shape(x)->rank;

		if (rank < 0) {         /* only the run knows how many there are */
			mg_output zero = mg_const_scalar(b, "range/start", MGREG_INT32, 0), one = mg_const_scalar(b, "range/delta", MGREG_INT32, 1);

			over = mg_build(b, "Range", "range", "ooo", zero, mg_op1(b, "Rank", NULL, x), one);
			return mg_build(b, op, name, "oo;b:keep_dims", x, over, (int)keep_dims);
		}
		for (int i = 0; i < rank; i++)
			all[i] = i;
		over = mg_const_i32s(b, "Const", all, rank);
		return mg_build(b, op, name, "oo;b:keep_dims", x, over, (int)keep_dims);
	}
	if (!(scope = mg_enter(b, name, op)))
		return MG_NO_OUTPUT;
	over = mg_const_i32s(b, "reduction_indices", axes, count);
	mg_scope_leave(b->graph);
	return mg_build(b, op, scope, "oo;b:keep_dims", x, over, (int)keep_dims);
}
