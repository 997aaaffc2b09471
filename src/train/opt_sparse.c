/* SPDX-License-Identifier: Apache-2.0 */
/* opt_sparse.c - optimizers whose sparse update is not one op: GradientDescent scatters, Adam moves all rows, its kin some. */
#include "base/base.h"
#include <stdio.h>
#include "train/train_internal.h"

static mg_output two(mg_apply *a, const char *op, const char *name, mg_output x, mg_output y) { return mg_build(&a->b, op, name, "oo", x, y); }
static mg_output mul(mg_apply *a, mg_output x, mg_output y) { return two(a, "Mul", "mul", x, y); }

/* An operand's element type; none once the builder failed. */
static mg_dtype
type_of(mg_output o)
{
	return o.node ? mg_output_type(o) : MGREG_FLOAT;
}

mg_output
mg_apply_from_one(mg_apply *a, mg_output x)
{
	const char *scope;
	mg_output one;

	if (a->b.rc || (a->b.rc = mg_scope_enter(a->g, "sub", &scope, a->b.err)) != 0)
		return MG_NO_OUTPUT;
	one = mg_const_scalar(&a->b, "x", type_of(x), 1);
	mg_scope_leave(a->g);
	return mg_build(&a->b, "Sub", scope, "oo", one, x);
}

/* w[indices] -= learning rate * values; duplicates add up by themselves. */
mg_output
mg_sgd_sparse(mg_apply *a, int i, mg_output values, mg_output indices)
{
	const mg_variable_record *v = a->vars[i];
	mg_output lr = mg_apply_hyper(a, 0, type_of(values)), handle = mg_apply_handle(a, v);

	if (v->is_resource)
		return MG_OUTPUT(mg_build_node(&a->b, "ResourceScatterAdd", NULL, "ooo", handle, indices,
			mul(a, mg_build(&a->b, "Neg", NULL, "o", values), lr)), 0);
	return mg_build(&a->b, "ScatterSub", NULL, "ooo;b:use_locking", handle, indices, mul(a, values, lr), 0);
}

/* s = s * decay, then s[indices] += part, in this order; the value after both. */
static mg_output
decay_and_scatter(mg_apply *a, const mg_variable_record *slot, mg_output decay, mg_output part, mg_output indices)
{
	mg_output handle = mg_apply_handle(a, slot), faded = mul(a, mg_apply_read(a, slot), decay), out = MG_NO_OUTPUT;
	mg_node *assign, *add;

	if (slot->is_resource) {
		assign = mg_build_node(&a->b, "AssignVariableOp", NULL, "oo;t:dtype", handle, faded, (int)type_of(faded));
		if (a->b.rc)
			return out;
		add = mg_build_node(&a->b, "ResourceScatterAdd", NULL, "oooc", handle, indices, part, assign);
		return mg_build(&a->b, "ReadVariableOp", NULL, "oc;t:dtype", handle, add, (int)type_of(faded));
	}
	assign = mg_build_node(&a->b, "Assign", NULL, "oo;b:use_locking", handle, faded, 0);
	if (a->b.rc)
		return out;
	return mg_build(&a->b, "ScatterAdd", NULL, "oooc;b:use_locking", handle, indices, part, assign, 0);
}

/* ---- updates of some rows alone ---- */

static mg_node *
scatter(mg_apply *a, const char *op, mg_output handle, mg_output indices, mg_output rows)
{
	char name[40];

	if (a->b.rc)
		return NULL;
	if (mg_output_type(handle) == MGREG_RESOURCE) {
		snprintf(name, sizeof name, "Resource%s", op);
		return mg_build_node(&a->b, name, NULL, "ooo", handle, indices, rows);
	}
	return mg_build_node(&a->b, op, NULL, "ooo;b:use_locking", handle, indices, rows, 0);
}

/* Rows of a variable, of a resource through its handle. */
static mg_output
gather(mg_apply *a, const mg_variable_record *v, mg_output indices, mg_dtype type)
{
	mg_output handle = mg_apply_handle(a, v);

	if (a->b.rc)
		return MG_NO_OUTPUT;
	if (v->is_resource)
		return mg_build(&a->b, "ResourceGather", NULL, "oo;t:dtype", handle, indices, (int)type);
	return mg_build(&a->b, "Gather", NULL, "oo", handle, indices);
}

typedef struct adam {
	mg_dtype  type;
	mg_output p1, p2, lr, beta1, beta2, epsilon, m_handle, v_handle, handle;
	const mg_variable_record *m, *v;
} adam;

/* Hyper-parameters and powers in the gradient's type. */
static void
adam_begin(mg_apply *a, int i, mg_output g, adam *s)
{
	s->type = type_of(g);
	s->p1 = mg_cast(&a->b, mg_apply_read(a, a->powers[0]), s->type, NULL);
	if (a->row->powers > 1)
		s->p2 = mg_cast(&a->b, mg_apply_read(a, a->powers[1]), s->type, NULL);
	s->lr = mg_apply_hyper(a, 0, s->type);
	s->beta1 = mg_apply_hyper(a, 1, s->type);
	s->beta2 = mg_apply_hyper(a, 2, s->type);
	s->epsilon = mg_apply_hyper(a, 3, s->type);
	s->m = a->slots[i].at[0];
	s->v = a->slots[i].at[1];
	s->m_handle = mg_apply_handle(a, s->m);
	s->v_handle = mg_apply_handle(a, s->v);
	s->handle = mg_apply_handle(a, a->vars[i]);
}

/* lr * sqrt(1 - beta2 power) / (1 - beta1 power) */
static mg_output
corrected_rate(mg_apply *a, const adam *s)
{
	mg_output lr = mul(a, s->lr, mg_build(&a->b, "Sqrt", NULL, "o", mg_apply_from_one(a, s->p2)));

	return two(a, "RealDiv", "truediv", lr, mg_apply_from_one(a, s->p1));
}

static mg_output
grouped(mg_apply *a, mg_node *x, mg_node *y, mg_node *z)
{
	mg_node *wait[3] = { x, y, z };

	return a->b.rc ? MG_NO_OUTPUT : MG_OUTPUT(mg_build_node(&a->b, "NoOp", "group_deps", "C", wait, 3), 0);
}

/* Adam on the rows that have a gradient; m and v of the others do not fade. */
mg_output
mg_lazy_adam_sparse(mg_apply *a, int i, mg_output g, mg_output indices)
{
	mg_output lr, m, v, step;
	mg_node *set_m, *set_v, *update;
	adam s = { 0 };

	adam_begin(a, i, g, &s);
	lr = corrected_rate(a, &s);
	m = mul(a, s.beta1, gather(a, s.m, indices, s.type));
	m = two(a, "Add", "add", m, mul(a, mg_apply_from_one(a, s.beta1), g));
	set_m = scatter(a, "ScatterUpdate", s.m_handle, indices, m);
	v = mul(a, s.beta2, gather(a, s.v, indices, s.type));
	v = two(a, "Add", "add", v, mul(a, mg_apply_from_one(a, s.beta2), mg_build(&a->b, "Square", NULL, "o", g)));
	set_v = scatter(a, "ScatterUpdate", s.v_handle, indices, v);
	step = two(a, "Add", "add", mg_build(&a->b, "Sqrt", NULL, "o", v), s.epsilon);
	step = two(a, "RealDiv", "truediv", mul(a, lr, m), step);
	update = scatter(a, "ScatterSub", s.handle, indices, step);
	return grouped(a, update, set_m, set_v);
}

/* m and v of all rows fade as in Adam; the rows with a gradient move, by Nesterov's m. */
mg_output
mg_nadam_sparse(mg_apply *a, int i, mg_output g, mg_output indices)
{
	mg_output lr, m, v, part, bar, root;
	mg_node *update;
	adam s = { 0 };

	adam_begin(a, i, g, &s);
	lr = corrected_rate(a, &s);
	part = mul(a, g, mg_apply_from_one(a, s.beta1));
	m = decay_and_scatter(a, s.m, s.beta1, part, indices);
	bar = mul(a, s.beta1, mg_build(&a->b, "Gather", NULL, "oo", m, indices));
	bar = two(a, "Add", "add", part, bar);
	part = mul(a, mul(a, g, g), mg_apply_from_one(a, s.beta2));
	v = decay_and_scatter(a, s.v, s.beta2, part, indices);
	root = mg_build(&a->b, "Sqrt", NULL, "o", mg_build(&a->b, "Gather", NULL, "oo", v, indices));
	bar = two(a, "RealDiv", "truediv", mul(a, lr, bar), two(a, "Add", "add", root, s.epsilon));
	update = scatter(a, "ScatterSub", s.handle, indices, bar);
	return grouped(a, update, m.node, v.node);
}

/* The greatest gradient so far in place of Adam's second moment; rows without a gradient stay. */
mg_output
mg_adamax_sparse(mg_apply *a, int i, mg_output g, mg_output indices)
{
	mg_output m, v, step;
	mg_node *set_m, *set_v, *update;
	adam s = { 0 };

	adam_begin(a, i, g, &s);
	m = mul(a, gather(a, s.m, indices, s.type), s.beta1);
	m = two(a, "Add", "add", m, mul(a, g, mg_apply_from_one(a, s.beta1)));
	set_m = scatter(a, "ScatterUpdate", s.m_handle, indices, m);
	v = mul(a, gather(a, s.v, indices, s.type), s.beta2);
	v = two(a, "Maximum", "Maximum", v, mg_build(&a->b, "Abs", NULL, "o", g));
	set_v = scatter(a, "ScatterUpdate", s.v_handle, indices, v);
	step = two(a, "RealDiv", "truediv", m, two(a, "Add", "add", v, s.epsilon));
	step = mul(a, two(a, "RealDiv", "truediv", s.lr, mg_apply_from_one(a, s.p1)), step);
	update = scatter(a, "ScatterSub", s.handle, indices, step);
	return grouped(a, update, set_m, set_v);
}

mg_output
mg_adam_sparse(mg_apply *a, int i, mg_output g, mg_output indices)
{
	const mg_variable_record *v = a->vars[i];
	mg_dtype type = type_of(g);
	mg_output p1 = mg_apply_read(a, a->powers[0]), p2 = mg_apply_read(a, a->powers[1]);
	mg_output beta1, beta2, epsilon, lr, m, s, scaled, root, step, handle;
	mg_node *update;
	mg_node *wait[3];

	if (type != MGREG_FLOAT) {
		p1 = mg_build(&a->b, "Cast", NULL, "o;t:DstT", p1, (int)type);
		p2 = mg_build(&a->b, "Cast", NULL, "o;t:DstT", p2, (int)type);
	}
	lr = mg_apply_hyper(a, 0, type);
	beta1 = mg_apply_hyper(a, 1, type);
	beta2 = mg_apply_hyper(a, 2, type);
	epsilon = mg_apply_hyper(a, 3, type);
	lr = mul(a, lr, mg_build(&a->b, "Sqrt", NULL, "o", mg_apply_from_one(a, p2)));
	lr = two(a, "RealDiv", "truediv", lr, mg_apply_from_one(a, p1));
	scaled = mul(a, g, mg_apply_from_one(a, beta1));
	m = decay_and_scatter(a, a->slots[i].at[0], beta1, scaled, indices);
	scaled = mul(a, g, g);
	scaled = mul(a, scaled, mg_apply_from_one(a, beta2));
	s = decay_and_scatter(a, a->slots[i].at[1], beta2, scaled, indices);
	root = mg_build(&a->b, "Sqrt", NULL, "o", s);
	step = mul(a, lr, m);
	step = two(a, "RealDiv", "truediv", step, two(a, "Add", "add", root, epsilon));
	handle = mg_apply_handle(a, v);
	if (v->is_resource)
		update = mg_build_node(&a->b, "AssignSubVariableOp", NULL, "oo;t:dtype", handle, step, (int)type);
	else
		update = mg_build_node(&a->b, "AssignSub", NULL, "oo;b:use_locking", handle, step, 0);
	if (a->b.rc)
		return MG_NO_OUTPUT;
	wait[0] = update;
	wait[1] = m.node;
	wait[2] = s.node;
	return MG_OUTPUT(mg_build_node(&a->b, "NoOp", "group_deps", "C", wait, 3), 0);
}
