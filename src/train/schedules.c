/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schedules.c - learning rates as functions of the step (runtime-semantics section 6).
 *
 * Each opens a scope; "learning_rate" is its first constant, then the step and the numbers are cast, and the node of the result
 * takes the scope's own name.
 */
#include "base/base.h"
#include <math.h>
#include "train/train_internal.h"

#define PI 3.14159265358979323846

typedef struct schedule {
	const char *scope;
	mg_output   rate, step;
} schedule;

static bool
begin(mg_builder *b, schedule *s, double rate, mg_output step, const char *name, const char *otherwise)
{
	mg_output value = mg_value_of(b, step);

	if (!mg_is_there(b, otherwise, value))
		return false;
	if (mg_output_shape(value)->rank > 0) {
		b->rc = mg_fail(b->err, MGREG_INVALID_ARGUMENT, "%s: the step '%s' is not a scalar", otherwise, step.node->name);
		return false;
	}
	if (!(s->scope = mg_enter(b, name, otherwise)))
		return false;
	s->rate = mg_const_scalar(b, "learning_rate", MGREG_FLOAT, rate);
	s->step = mg_cast(b, value, MGREG_FLOAT, NULL);
	return true;
}

static bool
check_steps(mg_builder *b, double steps, const char *what)
{
	if (b->rc == 0 && !(steps > 0))
		b->rc = mg_fail(b->err, MGREG_INVALID_ARGUMENT, "%s: decay steps must be positive: %g", what, steps);
	return b->rc == 0;
}

/* Scope left, the last op: OP(x, y) under the scope's name. */
static mg_output
end(mg_builder *b, const schedule *s, const char *op, mg_output x, mg_output y)
{
	mg_scope_leave(b->graph);
	return mg_op2(b, op, s->scope, x, y);
}

/* step / decay_steps, as it is or its floor. */
static mg_output
fraction(mg_builder *b, mg_output step, mg_output steps, int staircase)
{
	mg_output p = mg_op2(b, "RealDiv", "truediv", step, steps);

	return staircase ? mg_op1(b, "Floor", NULL, p) : p;
}

mgreg_output
mgreg_exponential_decay(mgreg_builder *b, double rate, mgreg_output step, double decay_steps, double decay_rate, int staircase, const char *name)
{
	mg_output steps, base, p;
	schedule s;

	if (!check_steps(b, decay_steps, "ExponentialDecay") || !begin(b, &s, rate, step, name, "ExponentialDecay"))
		return MG_NO_OUTPUT;
	steps = mg_cast_number(b, decay_steps, MGREG_FLOAT);
	base = mg_cast_number(b, decay_rate, MGREG_FLOAT);
	p = fraction(b, s.step, steps, staircase);
	return end(b, &s, "Mul", s.rate, mg_op2(b, "Pow", NULL, base, p));
}

mgreg_output
mgreg_natural_exp_decay(mgreg_builder *b, double rate, mgreg_output step, double decay_steps, double decay_rate, int staircase, const char *name)
{
	mg_output steps, k, p;
	schedule s;

	if (!check_steps(b, decay_steps, "NaturalExpDecay") || !begin(b, &s, rate, step, name, "NaturalExpDecay"))
		return MG_NO_OUTPUT;
	steps = mg_cast_number(b, decay_steps, MGREG_FLOAT);
	k = mg_cast_number(b, decay_rate, MGREG_FLOAT);
	p = fraction(b, s.step, steps, staircase);
	p = mg_op1(b, "Exp", NULL, mg_op2(b, "Mul", NULL, mg_op1(b, "Neg", NULL, k), p));
	return end(b, &s, "Mul", s.rate, p);
}

mgreg_output
mgreg_inverse_time_decay(mgreg_builder *b, double rate, mgreg_output step, double decay_steps, double decay_rate, int staircase, const char *name)
{
	mg_output steps, k, p, one;
	schedule s;

	if (!check_steps(b, decay_steps, "InverseTimeDecay") || !begin(b, &s, rate, step, name, "InverseTimeDecay"))
		return MG_NO_OUTPUT;
	steps = mg_cast_number(b, decay_steps, MGREG_FLOAT);
	k = mg_cast_number(b, decay_rate, MGREG_FLOAT);
	p = fraction(b, s.step, steps, staircase);
	one = mg_cast(b, mg_const_scalar(b, "Const", MGREG_INT32, 1), MGREG_FLOAT, NULL);
	return end(b, &s, "RealDiv", s.rate, mg_op2(b, "Add", NULL, one, mg_op2(b, "Mul", NULL, k, p)));
}

mgreg_output
mgreg_polynomial_decay(mgreg_builder *b, double rate, mgreg_output step, double decay_steps, double last, double power, int cycle,
	const char *name)
{
	mg_output steps, low, exponent, at, p;
	schedule s;

	if (!check_steps(b, decay_steps, "PolynomialDecay") || !begin(b, &s, rate, step, name, "PolynomialDecay"))
		return MG_NO_OUTPUT;
	at = s.step;
	steps = mg_cast_number(b, decay_steps, MGREG_FLOAT);
	low = mg_cast_number(b, last, MGREG_FLOAT);
	exponent = mg_cast_number(b, power, MGREG_FLOAT);
	if (cycle) {            /* the first cycle begins at step 0: one, not none */
		mg_output first = mg_op2n(b, "Equal", NULL, at, 0), cycles = mg_op1(b, "Ceil", NULL, mg_op2(b, "RealDiv", "truediv", at, steps));

		cycles = mg_build(b, "Select", NULL, "ooo", first, mg_const_scalar(b, "Const", MGREG_FLOAT, 1), cycles);
		steps = mg_op2(b, "Mul", NULL, steps, cycles);
	} else {
		at = mg_op2(b, "Minimum", NULL, at, steps);
	}
	p = mg_op2(b, "RealDiv", "truediv", at, steps);
	p = mg_op2(b, "Pow", NULL, mg_op2l(b, "Sub", "sub_1", 1, p), exponent);
	return end(b, &s, "Add", mg_op2(b, "Mul", NULL, mg_op2(b, "Sub", "sub", s.rate, low), p), low);
}

mgreg_output
mgreg_piecewise_constant(mgreg_builder *b, mgreg_output step, const double *boundaries, const double *values, int count, const char *name)
{
	mg_output x = mg_value_of(b, step), out;
	const char *scope;

	if (!mg_is_there(b, "PiecewiseConstant", x))
		return MG_NO_OUTPUT;
	for (int i = 0; i < count; i++)
		if ((i > 0 && boundaries[i] <= boundaries[i - 1])
		    || (mg_dtype_is_integer(mg_output_type(x)) && boundaries[i] != trunc(boundaries[i]))) {
			b->rc = mg_fail(b->err, MGREG_INVALID_ARGUMENT, "PiecewiseConstant: boundary %g does not fit: they ascend and are of the type of '%s'",
				boundaries[i], x.node->name);
			return MG_NO_OUTPUT;
		}
	if (!(scope = mg_enter(b, name, "PiecewiseConstant")))
		return MG_NO_OUTPUT;
	out = mg_const_scalar(b, "Const", MGREG_FLOAT, values[count]);
	for (int i = count - 1; i >= 0; i--) {
		mg_output below = mg_op2n(b, "LessEqual", NULL, x, boundaries[i]), value = mg_const_scalar(b, "Const", MGREG_FLOAT, values[i]);

		out = mg_build(b, "Select", NULL, "ooo", below, value, out);
	}
	mg_scope_leave(b->graph);
	return mg_op1(b, "Identity", scope, out);
}

/* 0.5 * (1 + cos(x)) */
static mg_output
half_wave(mg_builder *b, mg_output x)
{
	return mg_op2l(b, "Mul", "mul", 0.5, mg_op2l(b, "Add", "add", 1, mg_op1(b, "Cos", NULL, x)));
}

static mg_output
times_pi(mg_builder *b, mg_output x)
{
	return mg_op2(b, "Mul", "mul", mg_const_scalar(b, "Const", MGREG_FLOAT, PI), x);
}

mgreg_output
mgreg_cosine_decay(mgreg_builder *b, double rate, mgreg_output step, double decay_steps, double alpha, const char *name)
{
	mg_output steps, p;
	schedule s;

	if (!check_steps(b, decay_steps, "CosineDecay") || !begin(b, &s, rate, step, name, "CosineDecay"))
		return MG_NO_OUTPUT;
	steps = mg_cast_number(b, decay_steps, MGREG_FLOAT);
	p = mg_op2(b, "RealDiv", "truediv", mg_op2(b, "Minimum", NULL, s.step, steps), steps);
	p = half_wave(b, times_pi(b, p));
	p = mg_op2n(b, "Add", "add", mg_op2l(b, "Mul", "mul", 1 - alpha, p), alpha);
	return end(b, &s, "Mul", s.rate, p);
}

mgreg_output
mgreg_cosine_decay_restarts(mgreg_builder *b, double rate, mgreg_output step, double first, double t_mul, double m_mul, double alpha,
	const char *name)
{
	mg_output f, i, t, p;
	schedule s;

	if (b->rc == 0 && !(t_mul >= 1 && m_mul > 0))
		b->rc = mg_fail(b->err, MGREG_INVALID_ARGUMENT, "SGDRDecay: t_mul %g is below 1, or m_mul %g not positive", t_mul, m_mul);
	if (!check_steps(b, first, "SGDRDecay") || !begin(b, &s, rate, step, name, "SGDRDecay"))
		return MG_NO_OUTPUT;
	f = mg_op2(b, "RealDiv", "truediv", s.step, mg_cast_number(b, first, MGREG_FLOAT));
	if (t_mul == 1) {
		i = mg_op1(b, "Floor", NULL, f);
		f = mg_op2(b, "Sub", "sub", f, i);
	} else {
		t = mg_const_scalar(b, "Const", MGREG_FLOAT, t_mul);
		i = mg_op1(b, "Log", NULL, mg_op2l(b, "Sub", "sub", 1, mg_op2n(b, "Mul", "mul", f, 1 - t_mul)));
		i = mg_op1(b, "Floor", NULL, mg_op2n(b, "RealDiv", "truediv", i, log(t_mul)));
		p = mg_op2(b, "Pow", "pow", t, i);
		f = mg_op2(b, "Sub", "sub", f, mg_op2n(b, "RealDiv", "truediv", mg_op2l(b, "Sub", "sub", 1, p), 1 - t_mul));
		f = mg_op2(b, "RealDiv", "truediv", f, p);
	}
	p = mg_op2(b, "Pow", "pow", mg_const_scalar(b, "Const", MGREG_FLOAT, m_mul), i);
	p = mg_op2(b, "Mul", "mul", p, half_wave(b, times_pi(b, f)));
	p = mg_op2n(b, "Add", "add", mg_op2l(b, "Mul", "mul", 1 - alpha, p), alpha);
	return end(b, &s, "Mul", s.rate, p);
}

/* The noise (node NULL: none) goes to the linear part alone. */
static mg_output
linear_cosine(mg_builder *b, const schedule *s, mg_output at, mg_output steps, mg_output noise, double periods, double alpha, double beta)
{
	mg_output linear = mg_op2(b, "RealDiv", "truediv", mg_op2(b, "Sub", "sub", steps, at), steps), p;

	if (noise.node)
		linear = mg_op2(b, "Add", "add", linear, noise);
	p = mg_op2l(b, "Mul", "mul", 2 * periods, mg_op2(b, "RealDiv", "truediv", at, steps));
	p = half_wave(b, times_pi(b, p));
	p = mg_op2(b, "Mul", "mul", mg_op2l(b, "Add", "add", alpha, linear), p);
	return end(b, s, "Mul", s->rate, mg_op2n(b, "Add", "add", p, beta));
}

mgreg_output
mgreg_linear_cosine_decay(mgreg_builder *b, double rate, mgreg_output step, double decay_steps, double periods, double alpha, double beta,
	const char *name)
{
	mg_output steps, at;
	schedule s;

	if (!check_steps(b, decay_steps, "LinearCosineDecay") || !begin(b, &s, rate, step, name, "LinearCosineDecay"))
		return MG_NO_OUTPUT;
	steps = mg_cast_number(b, decay_steps, MGREG_FLOAT);
	at = mg_op2(b, "Minimum", NULL, s.step, steps);
	return linear_cosine(b, &s, at, steps, MG_NO_OUTPUT, periods, alpha, beta);
}

mgreg_output
mgreg_noisy_linear_cosine_decay(mgreg_builder *b, double rate, mgreg_output step, double decay_steps, double variance, double variance_decay,
	double periods, double alpha, double beta, int64_t seed, const char *name)
{
	mg_output steps, at, noise;
	schedule s;

	if (!check_steps(b, decay_steps, "NoisyLinearCosineDecay") || !begin(b, &s, rate, step, name, "NoisyLinearCosineDecay"))
		return MG_NO_OUTPUT;
	steps = mg_cast_number(b, decay_steps, MGREG_FLOAT);
	at = mg_op2(b, "Minimum", NULL, s.step, steps);
	noise = mg_op2n(b, "Pow", "Pow", mg_op2l(b, "Add", "add", 1, at), variance_decay);
	noise = mg_op1(b, "Sqrt", NULL, mg_op2l(b, "RealDiv", "truediv", variance, noise));
	noise = mg_op2(b, "Mul", "mul", mgreg_op_random_normal(b, MGREG_FLOAT, NULL, 0, 0, 1, seed, NULL), noise);
	return linear_cosine(b, &s, at, steps, noise, periods, alpha, beta);
}
