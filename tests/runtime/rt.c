/* SPDX-License-Identifier: Apache-2.0 */
/* rt.c - see rt.h. */
#include "rt.h"

void
rt_begin_with(rt *t, const mg_session_options *options)
{
	memset(t, 0, sizeof(*t));
	ck_assert_ok(mg_graph_new(&t->g, &t->err), &t->err);
	t->b = (mg_builder)MG_BUILDER(t->g, &t->err);
	ck_assert_ok(mg_session_new(&t->s, t->g, options, &t->err), &t->err);
}

void
rt_begin(rt *t)
{
	rt_begin_with(t, NULL);
}

void
rt_end(rt *t)
{
	mg_session_free(t->s);
	mg_graph_free(t->g);
}

static mg_output
constant(rt *t, const char *name, mg_tensor *v)
{
	mg_output o = mg_const(&t->b, name, v);

	mg_tensor_clear(v);
	ck_assert_ok(t->b.rc, &t->err);
	return o;
}

mg_output
rt_floats(rt *t, const char *name, int n, ...)
{
	mg_tensor v = { 0 };
	int64_t dims[1] = { n };
	va_list args;

	ck_assert_ok(mg_tensor_init_dims(&v, MGREG_FLOAT, dims, 1, &t->err), &t->err);
	va_start(args, n);
	for (int i = 0; i < n; i++)
		MG_DATA(&v, float)[i] = (float)va_arg(args, double);
	va_end(args);
	return constant(t, name, &v);
}

mg_output
rt_ints(rt *t, const char *name, int n, ...)
{
	mg_tensor v = { 0 };
	int64_t dims[1] = { n };
	va_list args;

	ck_assert_ok(mg_tensor_init_dims(&v, MGREG_INT32, dims, 1, &t->err), &t->err);
	va_start(args, n);
	for (int i = 0; i < n; i++)
		MG_DATA(&v, int32_t)[i] = va_arg(args, int);
	va_end(args);
	return constant(t, name, &v);
}

static mg_output
scalar(rt *t, const char *name, mg_dtype dtype, double value)
{
	mg_tensor v = { 0 };

	ck_assert_ok(mg_tensor_init_scalar(&v, dtype, value, &t->err), &t->err);
	return constant(t, name, &v);
}

mg_output
rt_float(rt *t, const char *name, double v)
{
	return scalar(t, name, MGREG_FLOAT, v);
}

mg_output
rt_bool(rt *t, const char *name, bool v)
{
	return scalar(t, name, MGREG_BOOL, v);
}

mg_output
rt_string(rt *t, const char *name, const char *text)
{
	mg_output o = mg_const_string(&t->b, name, text);

	ck_assert_ok(t->b.rc, &t->err);
	return o;
}

mg_output
rt_variable(rt *t, const char *name, int n)
{
	mg_shape shape = n < 0 ? MG_SHAPE_SCALAR : (mg_shape){ .rank = 1, .inline_dims = { n } };
	mg_output o = mg_build(&t->b, "VariableV2", name, "; h:shape t:dtype", &shape, MGREG_FLOAT);

	ck_assert_ok(t->b.rc, &t->err);
	return o;
}

void
rt_run(rt *t, mg_node *n)
{
	ck_assert_ok(t->b.rc, &t->err);
	ck_assert_ok(mg_session_run(t->s, NULL, 0, NULL, 0, &n, 1, NULL, &t->err), &t->err);
}

void
rt_run_fails(rt *t, mg_node *n, mgreg_code code)
{
	ck_assert_ok(t->b.rc, &t->err);
	ck_assert_fails(mg_session_run(t->s, NULL, 0, NULL, 0, &n, 1, NULL, &t->err), code, &t->err);
}

void
rt_fetch(rt *t, mg_output o, mg_tensor *out)
{
	ck_assert_ok(t->b.rc, &t->err);
	ck_assert_ok(mg_session_run(t->s, NULL, 0, &o, 1, NULL, 0, out, &t->err), &t->err);
}

double
rt_fetch_scalar(rt *t, mg_output o)
{
	mg_tensor v = { 0 };
	double d = 0;

	rt_fetch(t, o, &v);
	ck_assert(mg_tensor_as_double(&v, 0, &d));
	mg_tensor_clear(&v);
	return d;
}

void
rt_fetch_fails(rt *t, mg_output o, mgreg_code code)
{
	mg_tensor v = { 0 };

	ck_assert_ok(t->b.rc, &t->err);
	ck_assert_fails(mg_session_run(t->s, NULL, 0, &o, 1, NULL, 0, &v, &t->err), code, &t->err);
	ck_assert(!mg_tensor_is_set(&v));
}

void
rt_set(rt *t, const char *name, int n, const double *values)
{
	mg_tensor v = { 0 };
	int64_t dims[1] = { n };

	ck_assert_ok(mg_tensor_init_dims(&v, MGREG_FLOAT, dims, n < 0 ? 0 : 1, &t->err), &t->err);
	for (int i = 0; i < (n < 0 ? 1 : n); i++)
		MG_DATA(&v, float)[i] = (float)values[i];
	ck_assert_ok(mg_session_variable_set(t->s, name, &v, &t->err), &t->err);
	mg_tensor_clear(&v);
}

double
rt_get(rt *t, const char *name, int i)
{
	mg_tensor v = { 0 };
	double d = 0;

	ck_assert_ok(mg_session_variable_get(t->s, name, &v, &t->err), &t->err);
	ck_assert(mg_tensor_as_double(&v, i, &d));
	mg_tensor_clear(&v);
	return d;
}

/* ---- loops ---- */

static mg_output
enter(rt_loop *l, mg_output x, bool constant)
{
	return mg_build(&l->t->b, "Enter", NULL, "o;s:frame_name b:is_constant i:parallel_iterations", x, l->frame, constant, (int64_t)l->parallel);
}

void
rt_loop_begin(rt_loop *l, rt *t, const char *frame, int parallel, int n, ...)
{
	va_list args;

	memset(l, 0, sizeof(*l));
	l->t = t;
	l->frame = frame;
	l->parallel = parallel;
	l->n = n;
	va_start(args, n);
	for (int i = 0; i < n; i++) {
		l->enter[i] = enter(l, va_arg(args, mg_output), false);
		l->merge[i] = mg_build(&t->b, "Merge", NULL, "O", ((mg_output[]){ l->enter[i], l->enter[i] }), 2);
	}
	va_end(args);
	ck_assert_ok(t->b.rc, &t->err);
}

mg_output
rt_loop_invariant(rt_loop *l, mg_output x)
{
	return enter(l, x, true);
}

void
rt_loop_cond(rt_loop *l, mg_output pred)
{
	mg_builder *b = &l->t->b;

	l->cond = mg_build(b, "LoopCond", NULL, "o", pred);
	for (int i = 0; i < l->n; i++) {
		mg_output s = mg_build(b, "Switch", NULL, "oo", l->merge[i], l->cond);

		ck_assert_ok(b->rc, &l->t->err);
		l->exit[i] = mg_build(b, "Exit", NULL, "o", MG_OUTPUT(s.node, 0));
		l->body[i] = mg_build(b, "Identity", NULL, "o", MG_OUTPUT(s.node, 1));
	}
	ck_assert_ok(b->rc, &l->t->err);
}

void
rt_loop_end(rt_loop *l, ...)
{
	va_list args;

	va_start(args, l);
	for (int i = 0; i < l->n; i++) {
		mg_output next = mg_build(&l->t->b, "NextIteration", NULL, "o", va_arg(args, mg_output));

		ck_assert_ok(l->t->b.rc, &l->t->err);
		ck_assert_ok(mg_graph_set_input(l->t->g, l->merge[i].node, 1, next, &l->t->err), &l->t->err);
	}
	va_end(args);
}

static mg_output
after(rt *t, mg_output x, mg_output what)
{
	ck_assert_ok(mg_node_add_control(t->g, x.node, what.node, &t->err), &t->err);
	return x;
}

mg_output
rt_int_after(rt *t, int v, mg_output what)
{
	return after(t, mg_const_scalar(&t->b, NULL, MGREG_INT32, v), what);
}

mg_output
rt_float_after(rt *t, double v, mg_output what)
{
	return after(t, mg_const_scalar(&t->b, NULL, MGREG_FLOAT, v), what);
}
