/* SPDX-License-Identifier: Apache-2.0 */
/*
 * k_quantize.c - quantization that is simulated in floats (FakeQuant..., QuantizeAndDequantize...) and to the quantized types and back.
 */
#include "runtime/kernels/k_common.h"
#include <float.h>
#include <math.h>

static float real(const mg_tensor *t, int64_t i) { double v = 0; mg_tensor_as_double(t, i, &v); return (float)v; }

static int
scalar(const mg_tensor *t, const char *what, float *out, mgreg_error *err)
{
	if (t->count != 1)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "%s must be a scalar", what);
	*out = real(t, 0);
	return 0;
}

/* ---- FakeQuant: a range moved so that zero is one of its 2^bits values ---- */

typedef struct fake {
	float low, high, scale;
	bool  zero;             /* min = max = 0: everything is zero */
} fake;

static fake
nudge(float min, float max, int bits, bool narrow)
{
	float first = narrow ? 1 : 0, last = (float)((1 << bits) - 1), scale, from_min, zero_point;

	if (min == 0 && max == 0)
		return (fake){ .zero = true };
	scale = (max - min) / (last - first);
	from_min = first - min / scale;
	zero_point = from_min < first ? first : from_min > last ? last : roundf(from_min);
	return (fake){ (first - zero_point) * scale, (last - zero_point) * scale, scale, false };
}

static float
fake_value(const fake *f, float x)
{
	float clamped = x < f->low ? f->low : x > f->high ? f->high : x;

	return f->zero ? 0 : floorf((clamped - f->low) * (1.0f / f->scale) + 0.5f) * f->scale + f->low;
}

static int
fake_bits(const mg_kernel_ctx *k, int *bits, bool *narrow, mgreg_error *err)
{
	int64_t n = mg_k_attr_int(mg_kernel_attrs(k), "num_bits", 8);

	if (n < 2 || n > 16)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "num_bits must be between 2 and 16, inclusive, not %lld", (long long)n);
	*bits = (int)n;
	*narrow = mg_k_attr_bool(mg_kernel_attrs(k), "narrow_range", false);
	return 0;
}

/* The ranges: attributes, scalars (inputs AT and AT + 1), or one pair per channel of X's last dimension, into *OUT. */
static int
fake_ranges(mg_kernel_ctx *k, int at, bool channels, const mg_tensor *x, fake **out, int64_t *count, mgreg_error *err)
{
	bool narrow = false;
	void *memory;
	int bits = 8, rc;

	if ((rc = fake_bits(k, &bits, &narrow, err)) != 0)
		return rc;
	if (channels && mg_rank(x) < 1)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "inputs must have at least one dimension");
	*count = channels ? mg_dim(x, mg_rank(x) - 1) : 1;
	if ((rc = mg_kernel_scratch(k, (size_t)MG_MAX(*count, 1) * sizeof(fake), &memory, err)) != 0)
		return rc;
	*out = memory;
	for (int i = 0; at >= 0 && i < 2; i++)
		if (mg_kernel_input(k, at + i)->count != *count)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "%s has incorrect size, expected %lld was %lld", i ? "max" : "min", (long long)*count,
				(long long)mg_kernel_input(k, at + i)->count);
	for (int64_t c = 0; c < *count; c++) {
		float min = at < 0 ? mg_k_attr_float(mg_kernel_attrs(k), "min", -6) : real(mg_kernel_input(k, at), c);
		float max = at < 0 ? mg_k_attr_float(mg_kernel_attrs(k), "max", 6) : real(mg_kernel_input(k, at + 1), c);
		if (at < 0 && !(min < max))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "min has to be smaller than max, was: %g >= %g", (double)min, (double)max);
		(*out)[c] = nudge(min, max, bits, narrow);
	}
	return 0;
}

static int
fake_forward(mg_kernel_ctx *k, int at, bool channels, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	int64_t n;
	mg_tensor *y;
	fake *f;
	int rc;

	if ((rc = fake_ranges(k, at, channels, x, &f, &n, err)) != 0 || (rc = mg_kernel_output_like(k, 0, x, &y, err)) != 0)
		return rc;
	for (int64_t i = 0; i < x->count; i++)
		MG_DATA(y, float)[i] = fake_value(&f[n == 1 ? 0 : i % n], MG_CDATA(x, float)[i]);
	return 0;
}

/* The gradient goes through where x is in the range; below it moves the range's begin, above its end. */
static int
fake_backward(mg_kernel_ctx *k, int at, bool channels, mgreg_error *err)
{
	const mg_tensor *g = mg_kernel_input(k, 0), *x = mg_kernel_input(k, 1);
	mg_tensor *dx, *bound[2] = { NULL, NULL };
	void *memory;
	double *sums;
	int64_t n;
	fake *f;
	int rc;

	if ((rc = mg_k_same_shape(g, x, err)) != 0 || (rc = fake_ranges(k, at, channels, x, &f, &n, err)) != 0
			|| (rc = mg_kernel_output(k, 0, &x->shape, &dx, err)) != 0 || (rc = mg_kernel_scratch(k, 2 * (size_t)MG_MAX(n, 1) * sizeof *sums, &memory, err)) != 0)
		return rc;
	for (int i = 0; at >= 0 && i < 2; i++)
		if ((rc = mg_kernel_output_dims(k, 1 + i, &n, channels, &bound[i], err)) != 0)
			return rc;
	sums = memory;
	memset(sums, 0, 2 * (size_t)n * sizeof *sums);
	for (int64_t i = 0; i < x->count; i++) {
		int64_t c = n == 1 ? 0 : i % n;
		float v = MG_CDATA(x, float)[i], d = MG_CDATA(g, float)[i];
		bool inside = f[c].zero || (v >= f[c].low && v <= f[c].high);
		MG_DATA(dx, float)[i] = inside ? d : 0;
		if (!inside && v < f[c].low)
			sums[2 * c] += (double)d;
		else if (!inside && v > f[c].high)
			sums[2 * c + 1] += (double)d;
	}
	for (int i = 0; at >= 0 && i < 2; i++)
		for (int64_t c = 0; c < n; c++)
			MG_DATA(bound[i], float)[c] = (float)sums[2 * c + i];
	return 0;
}

static int fake_args_run(mg_kernel_ctx *k, mgreg_error *err) { return fake_forward(k, -1, false, err); }
static int fake_vars_run(mg_kernel_ctx *k, mgreg_error *err) { return fake_forward(k, 1, false, err); }
static int fake_channels_run(mg_kernel_ctx *k, mgreg_error *err) { return fake_forward(k, 1, true, err); }
static int fake_args_grad_run(mg_kernel_ctx *k, mgreg_error *err) { return fake_backward(k, -1, false, err); }
static int fake_vars_grad_run(mg_kernel_ctx *k, mgreg_error *err) { return fake_backward(k, 2, false, err); }
static int fake_channels_grad_run(mg_kernel_ctx *k, mgreg_error *err) { return fake_backward(k, 2, true, err); }

/* ---- QuantizeAndDequantize ---- */

typedef struct range {
	int64_t bits;
	bool    is_signed, given, narrow, half_up;
	double  min, max;
} range;

static double
element(const mg_tensor *t, int64_t i)
{
	double v = 0;

	mg_tensor_as_double(t, i, &v);
	return v;
}

static void
set(mg_tensor *t, int64_t i, double v)
{
	switch (t->dtype) {
#define CASE(s, d, _) case d: MG_DATA(t, t_##s)[i] = st_##s((c_##s)v); break;
	K_FLOATS(CASE, 0)
#undef CASE
	default: break;
	}
}

/* One scale for both sides, so that zero is kept; the side that needs the smaller one decides. */
static int
round_trip(mg_kernel_ctx *k, range r, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	double first, last, from_min, from_max, scale, inverse;
	mg_tensor *y;
	int rc;

	if (r.bits <= 0 || r.bits >= (r.is_signed ? 62 : 63))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "num_bits is out of range: %lld with signed_input %d", (long long)r.bits, r.is_signed);
	if (r.given && !(r.min <= r.max))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "invalid range: input_min %g > input_max %g", r.min, r.max);
	if ((rc = mg_kernel_output_like(k, 0, x, &y, err)) != 0)
		return rc;
	if (!r.given) {
		r.min = x->count ? INFINITY : 0;
		r.max = x->count ? -INFINITY : 0;
		for (int64_t i = 0; i < x->count; i++) {
			double v = element(x, i);
			r.min = v < r.min ? v : r.min;
			r.max = v > r.max ? v : r.max;
		}
	}
	last = ldexp(1, (int)r.bits - r.is_signed) - 1;
	first = r.is_signed ? r.narrow ? -last : -last - 1 : r.narrow ? 1 : 0;
	from_min = first * r.min > 0 ? first / r.min : (double)FLT_MAX;
	from_max = last * r.max > 0 ? last / r.max : (double)FLT_MAX;
	if (from_min < from_max) {
		scale = from_min;
		inverse = r.min / first;
		r.max = last * inverse;
	} else {
		scale = from_max;
		inverse = last == 0 ? 0 : r.max / last;
		r.min = first * inverse;
	}
	for (int64_t i = 0; i < x->count; i++) {
		double v = element(x, i);
		if (r.given)
			v = v < r.min ? r.min : v > r.max ? r.max : v;
		set(y, i, (r.half_up ? floor(v * scale + 0.5) : rint(v * scale)) * inverse);
	}
	return 0;
}

static range
attributes(const mg_kernel_ctx *k)
{
	const mg_attrs *a = mg_kernel_attrs(k);

	return (range){ .bits = mg_k_attr_int(a, "num_bits", 8), .is_signed = mg_k_attr_bool(a, "signed_input", true),
		.given = mg_k_attr_bool(a, "range_given", false), .narrow = mg_k_attr_bool(a, "narrow_range", false),
		.half_up = mg_k_attr_is(a, "round_mode", "HALF_UP"),
		.min = (double)mg_k_attr_float(a, "input_min", 0), .max = (double)mg_k_attr_float(a, "input_max", 0) };
}

static int round_trip_v1_run(mg_kernel_ctx *k, mgreg_error *err) { return round_trip(k, attributes(k), err); }

static int
round_trip_v2_run(mg_kernel_ctx *k, mgreg_error *err)
{
	range r = attributes(k);
	float min, max;
	int rc;

	if ((rc = scalar(mg_kernel_input(k, 1), "input_min", &min, err)) != 0 || (rc = scalar(mg_kernel_input(k, 2), "input_max", &max, err)) != 0)
		return rc;
	r.min = element(mg_kernel_input(k, 1), 0);
	r.max = element(mg_kernel_input(k, 2), 0);
	if (mg_kernel_input_count(k) > 3 && (rc = mg_k_scalar(mg_kernel_input(k, 3), "num_bits", &r.bits, err)) != 0)
		return rc;
	return round_trip(k, r, err);
}

/* ---- quantized types ---- */

typedef struct limits {
	double  low, high;
	size_t  size;
	bool    is_signed;
} limits;

static limits
limits_of(mg_dtype t)
{
	switch (t) {
	case MGREG_QINT8: return (limits){ -128, 127, 1, true };
	case MGREG_QUINT8: return (limits){ 0, 255, 1, false };
	case MGREG_QINT16: return (limits){ -32768, 32767, 2, true };
	case MGREG_QUINT16: return (limits){ 0, 65535, 2, false };
	default: return (limits){ -2147483648.0, 2147483647.0, 4, true };
	}
}

static double
quantum(const mg_tensor *t, int64_t i)
{
	switch (t->dtype) {
	case MGREG_QINT8: return MG_CDATA(t, int8_t)[i];
	case MGREG_QUINT8: return MG_CDATA(t, uint8_t)[i];
	case MGREG_QINT16: return MG_CDATA(t, int16_t)[i];
	case MGREG_QUINT16: return MG_CDATA(t, uint16_t)[i];
	default: return MG_CDATA(t, int32_t)[i];
	}
}

static void
set_quantum(mg_tensor *t, int64_t i, double v, const limits *l)
{
	v = v < l->low ? l->low : v > l->high ? l->high : isnan(v) ? 0 : v;
	switch (t->dtype) {
	case MGREG_QINT8: MG_DATA(t, int8_t)[i] = (int8_t)v; break;
	case MGREG_QUINT8: MG_DATA(t, uint8_t)[i] = (uint8_t)v; break;
	case MGREG_QINT16: MG_DATA(t, int16_t)[i] = (int16_t)v; break;
	case MGREG_QUINT16: MG_DATA(t, uint16_t)[i] = (uint16_t)v; break;
	default: MG_DATA(t, int32_t)[i] = (int32_t)v; break;
	}
}

static int
quantize_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_attrs *attrs = mg_kernel_attrs(k);
	const mg_tensor *x = mg_kernel_input(k, 0);
	bool first = mg_k_attr_is(attrs, "mode", "MIN_FIRST"), scaled = mg_k_attr_is(attrs, "mode", "SCALED");
	bool even = mg_k_attr_is(attrs, "round_mode", "HALF_TO_EVEN");
	limits l = limits_of((mg_dtype)mg_kernel_output_type(k, 0));
	mg_tensor *y, *out_min, *out_max;
	float given_min = 0, given_max = 0, min, max, wide;
	double scale, half = l.is_signed ? (l.high - l.low + 1) / 2 : 0;
	int rc;

	if ((rc = scalar(mg_kernel_input(k, 1), "min_range", &given_min, err)) != 0 || (rc = scalar(mg_kernel_input(k, 2), "max_range", &given_max, err)) != 0)
		return rc;
	if (!(given_max >= given_min))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "max_range must be larger than min_range");
	if (even && !scaled)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "round mode 'HALF_TO_EVEN' only supported for mode 'SCALED'");
	if ((rc = mg_kernel_output(k, 0, &x->shape, &y, err)) != 0 || (rc = mg_kernel_output_dims(k, 1, NULL, 0, &out_min, err)) != 0
			|| (rc = mg_kernel_output_dims(k, 2, NULL, 0, &out_max, err)) != 0)
		return rc;
	min = fminf(0, given_min);      /* zero is always in, and the range is never empty */
	wide = fmaxf(1, fmaxf(fabsf(given_min), fabsf(given_max))) / 100;
	max = fmaxf(fmaxf(given_max, 0), min + wide);
	if (scaled) {
		double from_min = l.low * (double)min > 0 ? l.low / (double)min : (double)FLT_MAX;
		double from_max = l.high * (double)max > 0 ? l.high / (double)max : (double)FLT_MAX;
		scale = fmin(from_min, from_max);
		min = (float)(l.low / scale);
		max = (float)(l.high / scale);
	} else {
		scale = (l.high - l.low) / ((double)max - (double)min);
	}
	for (int64_t i = 0; i < x->count; i++) {
		double v = element(x, i), q;
		if (first) {
			q = round(v * scale) - round((double)min * scale) + l.low;
		} else {
			v = v < (double)min ? (double)min : v > (double)max ? (double)max : v;
			q = scaled ? even ? rint(v * scale) : round(v * scale) : round((v - (double)min) * scale - half);
		}
		set_quantum(y, i, q, &l);
	}
	*MG_DATA(out_min, float) = min;
	*MG_DATA(out_max, float) = max;
	return 0;
}

static int
dequantize_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_attrs *attrs = mg_kernel_attrs(k);
	const mg_tensor *x = mg_kernel_input(k, 0);
	bool first = mg_k_attr_is(attrs, "mode", "MIN_FIRST"), scaled = mg_k_attr_is(attrs, "mode", "SCALED");
	limits l = limits_of(x->dtype);
	double scale, half = l.is_signed ? (l.high - l.low + 1) / 2 : 0, base;
	float min = 0, max = 0;
	mg_tensor *y;
	int rc;

	if ((rc = scalar(mg_kernel_input(k, 1), "min_range", &min, err)) != 0 || (rc = scalar(mg_kernel_input(k, 2), "max_range", &max, err)) != 0
			|| (rc = mg_kernel_output(k, 0, &x->shape, &y, err)) != 0)
		return rc;
	scale = ((double)max - (double)min) / (l.high - l.low);
	base = first && scale != 0 ? round((double)min / scale) * scale : (double)min;
	if (scaled)
		scale = l.low == 0 ? (double)max / l.high : fmax((double)min / l.low, (double)max / l.high);
	for (int64_t i = 0; i < x->count; i++) {
		double q = quantum(x, i);
		MG_DATA(y, float)[i] = (float)(scaled ? q * scale : first ? (q - l.low) * scale + base : (q + half) * scale + base);
	}
	return 0;
}

const mg_kernel mg_kernels_quantize[] = {
	{ "FakeQuantWithMinMaxArgs", NULL, .run = fake_args_run, .flags = MG_KERNEL_INPLACE },
	{ "FakeQuantWithMinMaxArgsGradient", NULL, .run = fake_args_grad_run },
	{ "FakeQuantWithMinMaxVars", NULL, .run = fake_vars_run, .flags = MG_KERNEL_INPLACE },
	{ "FakeQuantWithMinMaxVarsGradient", NULL, .run = fake_vars_grad_run },
	{ "FakeQuantWithMinMaxVarsPerChannel", NULL, .run = fake_channels_run, .flags = MG_KERNEL_INPLACE },
	{ "FakeQuantWithMinMaxVarsPerChannelGradient", NULL, .run = fake_channels_grad_run },
	{ "QuantizeAndDequantize", NULL, .run = round_trip_v1_run, .flags = MG_KERNEL_INPLACE },
	{ "QuantizeAndDequantizeV2", NULL, .run = round_trip_v2_run, .flags = MG_KERNEL_INPLACE },
	{ "QuantizeAndDequantizeV3", NULL, .run = round_trip_v2_run, .flags = MG_KERNEL_INPLACE },
	{ "QuantizeV2", NULL, .run = quantize_run },
	{ "Dequantize", NULL, .run = dequantize_run },
	{ .op = NULL }
};
