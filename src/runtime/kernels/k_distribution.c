/* SPDX-License-Identifier: Apache-2.0 */
/*
 * k_distribution.c - gamma, Poisson and truncated normal numbers of given parameters.
 *
 * Each output has 256 blocks of its own after the node's counter, as in TensorFlow, so that outputs do not depend on each other.
 */
#include "runtime/kernels/k_common.h"
#include <math.h>

#define RESERVED 256

/* Doubles of one output: two a block, the second one first. */
typedef struct draws {
	mg_philox p;
	double    uniform[2], normal[2];
	int       uniforms, normals;
} draws;

static double
unit(uint32_t high, uint32_t low)
{
	uint64_t bits = UINT64_C(1023) << 52 | (uint64_t)(high & 0xfffff) << 32 | low;
	double d;

	memcpy(&d, &bits, sizeof(d));
	return d - 1.0;
}

static draws
draws_at(const mg_philox *start, int64_t output)
{
	draws d = { .p = *start };

	mg_philox_skip(&d.p, (uint64_t)output * RESERVED);
	return d;
}

static double
next_uniform(draws *d)
{
	uint32_t x[4];

	if (d->uniforms == 0) {
		mg_philox_next(&d->p, x);
		d->uniform[0] = unit(x[0], x[1]);
		d->uniform[1] = unit(x[2], x[3]);
		d->uniforms = 2;
	}
	return d->uniform[--d->uniforms];
}

static double
next_normal(draws *d)
{
	uint32_t x[4];

	if (d->normals == 0) {
		double u, v, r;

		mg_philox_next(&d->p, x);
		u = MG_MAX(unit(x[0], x[1]), 1.0e-7);
		v = 2 * M_PI * unit(x[2], x[3]);
		r = sqrt(-2.0 * log(u));
		d->normal[0] = sin(v) * r;
		d->normal[1] = cos(v) * r;
		d->normals = 2;
	}
	return d->normal[--d->normals];
}

/* ---- gamma: Marsaglia and Tsang ---- */

static double
gamma_of(double alpha, draws *d)
{
	double big = alpha + (alpha < 1 ? 2.0 / 3 : -1.0 / 3), c = 1.0 / 3 / sqrt(big);

	if (alpha == 1.0)
		return -log1p(-next_uniform(d));
	for (;;) {
		double x = next_normal(d), v = 1 + c * x, u;

		if (v <= 0)
			continue;
		v = v * v * v;
		u = next_uniform(d);
		if (u < 1 - 0.0331 * (x * x) * (x * x) || log(u) < 0.5 * x * x + big * (1 - v + log(v)))
			return alpha < 1 ? big * v * pow(next_uniform(d), 1 / alpha) : big * v;
	}
}

/* ---- Poisson: products of uniforms for small rates, Hormann's rejection else ---- */

static double
poisson_of(double rate, double highest, draws *d)
{
	double b, a, inverse, log_rate;

	if (!(rate >= 0) || isinf(rate))
		return NAN;
	if (rate < 10) {
		double limit = exp(-rate), product = 1, x = 0;

		for (;; x++) {
			product *= next_uniform(d);
			if (product <= limit && x <= highest)
				return x;
		}
	}
	log_rate = log(rate);
	b = 0.931 + 2.53 * sqrt(rate);
	a = -0.059 + 0.02483 * b;
	inverse = 1.1239 + 1.1328 / (b - 3.4);
	for (;;) {
		double u = next_uniform(d) - 0.5, v = next_uniform(d), us = 0.5 - fabs(u), k = floor((2 * a / us + b) * u + rate + 0.43);

		if (k > highest)
			continue;
		if (us >= 0.07 && v <= 0.9277 - 3.6224 / (b - 2))
			return k;
		if (k < 0 || (us < 0.013 && v > us))
			continue;
		if (log(v * inverse / (a / (us * us) + b)) <= -rate + k * log_rate - lgamma(k + 1))
			return k;
	}
}

/* ---- the ops over [shape] + parameters' shape ---- */

typedef struct sampler {
	const mg_tensor *parameter;
	mg_tensor *out;
	mg_philox  start;
	int64_t    samples, parameters;
	bool       poisson;
	double     highest;
} sampler;

static void
put(mg_tensor *t, int64_t i, double v)
{
	switch (t->dtype) {
	case MGREG_HALF: MG_DATA(t, uint16_t)[i] = mg_float_to_half((float)v); break;
	case MGREG_FLOAT: MG_DATA(t, float)[i] = (float)v; break;
	case MGREG_DOUBLE: MG_DATA(t, double)[i] = v; break;
	case MGREG_INT32: MG_DATA(t, int32_t)[i] = isnan(v) ? 0 : (int32_t)v; break;
	default: MG_DATA(t, int64_t)[i] = isnan(v) ? 0 : (int64_t)v; break;
	}
}

static double
real(const mg_tensor *t, int64_t i)
{
	int64_t whole;
	double v = 0;

	if (!mg_tensor_as_double(t, i, &v) && mg_tensor_as_i64(t, i, &whole))
		v = (double)whole;
	return v;
}

static void
sample_range(void *arg, int64_t begin, int64_t end)
{
	const sampler *s = arg;

	for (int64_t i = begin; i < end; i++) {
		int64_t p = i / s->samples, sample = i % s->samples;
		draws d = draws_at(&s->start, i);
		double v = real(s->parameter, p);

		put(s->out, sample * s->parameters + p, s->poisson ? poisson_of(v, s->highest, &d) : v > 0 ? gamma_of(v, &d) : v == 0 ? 0 : NAN);
	}
}

static int
sample(mg_kernel_ctx *k, bool poisson, mgreg_error *err)
{
	const mg_tensor *list = mg_kernel_input(k, 0);
	sampler s = { .parameter = mg_kernel_input(k, 1), .poisson = poisson, .samples = 1 };
	int64_t dims[MG_MAX_RANK];
	int rank = 0, rc;

	if (mg_rank(list) != 1 || list->count + mg_rank(s.parameter) > MG_MAX_RANK)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "shape must be a vector of at most %d numbers", MG_MAX_RANK);
	for (int64_t i = 0; i < list->count; i++) {
		dims[rank] = mg_k_int(list, i);
		if (dims[rank] < 0 || __builtin_mul_overflow(s.samples, dims[rank], &s.samples))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "dimension %lld of shape is %lld", (long long)i, (long long)dims[rank]);
		rank++;
	}
	for (int d = 0; d < mg_rank(s.parameter); d++)
		dims[rank++] = mg_dim(s.parameter, d);
	if ((rc = mg_kernel_output_dims(k, 0, dims, rank, &s.out, err)) != 0 || s.out->count == 0)
		return rc;
	s.parameters = s.parameter->count;
	s.highest = s.out->dtype == MGREG_HALF ? 65504 : s.out->dtype == MGREG_INT32 ? INT32_MAX : s.out->dtype == MGREG_INT64 ? 9.2e18 : 3e38;
	if ((rc = mg_kernel_random(k, (uint64_t)s.out->count * RESERVED, &s.start, err)) == 0)
		mg_parallel_for(k, s.out->count, 1024, sample_range, &s);
	return rc;
}

static int gamma_run(mg_kernel_ctx *k, mgreg_error *err) { return sample(k, false, err); }
static int poisson_run(mg_kernel_ctx *k, mgreg_error *err) { return sample(k, true, err); }

/* ---- normal numbers between two bounds, which are in standard deviations from the mean ---- */

static double
between(double low, double high, draws *d)
{
	bool turned = high < 0 || (isinf(low) && !isinf(high));
	double v;

	if (turned) {
		v = low;
		low = -high;
		high = -v;
	}
	if (low <= 0 && high - low > 2.5) {             /* the plain normal is inside often enough */
		do
			v = next_normal(d);
		while (v < low || v > high);
	} else if (low > 0 && high - low > 1 / MG_MAX(low, 0.5)) {       /* a tail: exponential proposals */
		double rate = (low + sqrt(low * low + 4)) / 2;

		do
			v = low - log1p(-next_uniform(d)) / rate;
		while (v > high || next_uniform(d) > exp(-(v - rate) * (v - rate) / 2));
	} else {                                        /* narrow: uniform proposals */
		double nearest = low > 0 ? low : 0;

		do
			v = low + next_uniform(d) * (high - low);
		while (next_uniform(d) > exp((nearest * nearest - v * v) / 2));
	}
	return turned ? -v : v;
}

typedef struct bounds {
	const mg_tensor *mean, *deviation, *low, *high;
	mg_tensor *out;
	mg_philox  start;
	int64_t    batches;
} bounds;

static double
parameter(const mg_tensor *t, int64_t batch)
{
	return real(t, t->count == 1 ? 0 : batch);
}

static void
bounded_range(void *arg, int64_t begin, int64_t end)
{
	const bounds *b = arg;
	int64_t each = b->out->count / b->batches;

	for (int64_t i = begin; i < end; i++) {
		int64_t batch = i / each;
		double mean = parameter(b->mean, batch), deviation = parameter(b->deviation, batch);
		draws d = draws_at(&b->start, i);

		put(b->out, i, mean + deviation * between((parameter(b->low, batch) - mean) / deviation, (parameter(b->high, batch) - mean) / deviation, &d));
	}
}

static int
bounded_run(mg_kernel_ctx *k, mgreg_error *err)
{
	bounds b = { .mean = mg_kernel_input(k, 1), .deviation = mg_kernel_input(k, 2), .low = mg_kernel_input(k, 3), .high = mg_kernel_input(k, 4) };
	mg_shape shape = MG_SHAPE_SCALAR;
	int rc;

	MG_TRY(mg_k_shape_from(mg_kernel_input(k, 0), "shape", &shape, err));
	MG_TRY(mg_kernel_output(k, 0, &shape, &b.out, err));
	if (b.out->count == 0)
		goto out;
	b.batches = 1;
	for (int i = 1; i <= 4; i++) {
		const mg_tensor *t = mg_kernel_input(k, i);

		if (mg_rank(t) > 1 || (t->count != 1 && (shape.rank < 1 || t->count != mg_shape_dim(&shape, 0)))) {
			rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "means, stdevs, minvals and maxvals should be scalars or vectors of one for each batch");
			goto out;
		}
		b.batches = MG_MAX(b.batches, t->count);
	}
	for (int64_t i = 0; i < b.batches; i++)
		if (!(parameter(b.deviation, i) > 0) || !(parameter(b.low, i) < parameter(b.high, i)) || !isfinite(parameter(b.mean, i))) {
			rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "need a finite mean, stdev > 0 and minval < maxval");
			goto out;
		}
	MG_TRY(mg_kernel_random(k, (uint64_t)b.out->count * RESERVED, &b.start, err));
	mg_parallel_for(k, b.out->count, 1024, bounded_range, &b);
out:
	mg_shape_clear(&shape);
	return rc;
}

const mg_kernel mg_kernels_distribution[] = {
	{ "RandomGamma", .run = gamma_run, .flags = MG_KERNEL_NO_FOLD },
	{ "RandomPoisson", .run = poisson_run, .flags = MG_KERNEL_NO_FOLD },
	{ "RandomPoissonV2", .run = poisson_run, .flags = MG_KERNEL_NO_FOLD },
	{ "ParameterizedTruncatedNormal", .run = bounded_run, .flags = MG_KERNEL_NO_FOLD },
	{ .op = NULL }
};
