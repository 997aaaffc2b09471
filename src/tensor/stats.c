/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stats.c - what the store keeps about a tensor's values.
 *
 * Values come leaf by leaf.  Within a leaf sums run in LANES lanes, element I in lane I % LANES, joined in lane order; leaves
 * are joined in the order they come: the same bytes cut at the same places give the same bits, on any processor.
 * The spread of a leaf is taken around its own mean and joined by Chan's rule: no small difference of large sums.
 */
#include "base/base.h"
#include <math.h>
#include "tensor/tensor.h"

#define LANES 8
#define BLOCK 512       /* values turned into double at once */

struct leaf {
	double sum[LANES], sum2[LANES], min, max;
	int64_t zeros, nans, infs, finite;
};

void
mg_stats_begin(mg_stats *s, mg_dtype dtype)
{
	memset(s, 0, sizeof(*s));
	s->has = mg_dtype_is_memcpy((int)dtype) && !mg_dtype_is_complex((int)dtype);
	s->min = INFINITY;
	s->max = -INFINITY;
}

/* Up to BLOCK elements from AT as double. */
static void
load(double *out, mg_dtype dtype, const char *at, size_t n)
{
	switch ((int)dtype) {
#define LOAD(type, expr) for (size_t i = 0; i < n; i++) { type v; memcpy(&v, at + i * sizeof(v), sizeof(v)); out[i] = (expr); } break
	case MGREG_FLOAT: LOAD(float, v);
	case MGREG_DOUBLE: LOAD(double, v);
	case MGREG_HALF: LOAD(uint16_t, mg_half_to_float(v));
	case MGREG_BFLOAT16: LOAD(uint16_t, mg_bfloat16_to_float(v));
	case MGREG_INT8: case MGREG_QINT8: LOAD(int8_t, v);
	case MGREG_UINT8: case MGREG_QUINT8: LOAD(uint8_t, v);
	case MGREG_BOOL: LOAD(uint8_t, v != 0);
	case MGREG_INT16: case MGREG_QINT16: LOAD(int16_t, v);
	case MGREG_UINT16: case MGREG_QUINT16: LOAD(uint16_t, v);
	case MGREG_INT32: case MGREG_QINT32: LOAD(int32_t, v);
	case MGREG_UINT32: LOAD(uint32_t, v);
	case MGREG_INT64: LOAD(int64_t, (double)v);
	case MGREG_UINT64: LOAD(uint64_t, (double)v);
#undef LOAD
	}
}

/* Adds N values; those that are not finite are counted and become 0 in V with KEEP 0. */
static void
add_block(struct leaf *l, double *v, double *keep, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool finite = isfinite(v[i]);

		l->nans += v[i] != v[i];
		l->finite += finite;
		keep[i] = finite;
		l->zeros += v[i] == 0;
		v[i] = finite ? v[i] : 0;
		if (finite) {
			l->min = v[i] < l->min ? v[i] : l->min;
			l->max = v[i] > l->max ? v[i] : l->max;
		}
	}
	for (size_t i = 0; i < n; i++)
		l->sum[i % LANES] += v[i];
	for (size_t i = 0; i < n; i++)
		l->sum2[i % LANES] += v[i] * v[i];
}

static double
join(const double lanes[LANES])
{
	double sum = 0;

	for (int i = 0; i < LANES; i++)
		sum += lanes[i];
	return sum;
}

void
mg_stats_add(mg_stats *s, mg_dtype dtype, const void *data, size_t size)
{
	struct leaf l = { .min = INFINITY, .max = -INFINITY };
	size_t width = mg_dtype_size((int)dtype), n, k;
	double v[BLOCK], keep[BLOCK], spread[LANES] = { 0 }, sum, mean, m2, delta, total;

	if (!s->has || width == 0 || (n = size / width) == 0)
		return;
	for (size_t i = 0; i < n; i += k) {
		k = MG_MIN(n - i, (size_t)BLOCK);
		load(v, dtype, (const char *)data + i * width, k);
		add_block(&l, v, keep, k);
	}
	l.infs = (int64_t)n - l.finite - l.nans;
	s->zeros += l.zeros;
	s->nans += l.nans;
	s->infs += l.infs;
	if (l.finite == 0)
		return;
	sum = join(l.sum);
	mean = sum / (double)l.finite;
	for (size_t i = 0; i < n; i += k) {
		k = MG_MIN(n - i, (size_t)BLOCK);
		load(v, dtype, (const char *)data + i * width, k);
		for (size_t j = 0; j < k; j++) {
			double d = isfinite(v[j]) ? v[j] - mean : 0;

			spread[j % LANES] += d * d;
		}
	}
	m2 = join(spread);
	total = (double)s->finite + (double)l.finite;
	if (s->finite > 0) {
		delta = mean - s->sum / (double)s->finite;
		m2 += s->m2 + delta * delta * ((double)s->finite * (double)l.finite / total);
	}
	s->m2 = m2;
	s->sum += sum;
	s->sum2 += join(l.sum2);
	s->finite += l.finite;
	s->min = l.min < s->min ? l.min : s->min;
	s->max = l.max > s->max ? l.max : s->max;
}

void
mg_stats_end(mg_stats *s)
{
	if (s->has && s->finite > 0) {
		s->mean = s->sum / (double)s->finite;
		s->std = sqrt(s->m2 / (double)s->finite);
		s->l2 = sqrt(s->sum2);
	} else {
		s->min = s->max = s->mean = s->std = s->l2 = NAN;
	}
}
