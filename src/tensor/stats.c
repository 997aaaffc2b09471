/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stats.c - what the store keeps about a tensor's values.
 *
 * Values come leaf by leaf.  Within a leaf sums run in LANES lanes, element I in lane I % LANES, joined in lane order; leaves
 * are joined in the order they come: the same bytes cut at the same places give the same bits.  The spread of a leaf is taken
 * around its own mean and joined by Chan's rule: no small difference of large sums.
 */
#include "base/base.h"
#include <math.h>
#include "tensor/tensor.h"

#define LANES 8
#define PAIRS (LANES / 2)
#define BLOCK 512       /* values turned into double at once; a multiple of LANES */

/* Two lanes at once, which every 64 bit processor can. */
typedef double pair __attribute__((vector_size(16)));
typedef int64_t masks __attribute__((vector_size(16)));

struct leaf {
	struct {
		pair  sum, sum2, min, max;
		masks zeros, nans, finite;      /* counts below zero: a true lane is -1 */
	} at[PAIRS];
};

void
mg_stats_begin(mg_stats *s, mg_dtype dtype)
{
	memset(s, 0, sizeof(*s));
	s->has = mg_dtype_is_memcpy((int)dtype) && !mg_dtype_is_complex((int)dtype);
	s->min = INFINITY;
	s->max = -INFINITY;
}

/* N elements from AT as double; OUT is filled up with NaN to whole lanes. */
static size_t
load(double *out, mg_dtype dtype, const char *at, size_t n)
{
	size_t padded = (n + LANES - 1) / LANES * LANES;

	switch ((int)dtype) {
#define SCALAR(type, expr) for (size_t i = 0; i < n; i++) { type v; memcpy(&v, at + i * sizeof(v), sizeof(v)); out[i] = (expr); } break
	case MGREG_FLOAT: SCALAR(float, v);
	case MGREG_DOUBLE: memcpy(out, at, n * sizeof(double)); break;
	case MGREG_HALF: SCALAR(uint16_t, mg_half_to_float(v));
	case MGREG_BFLOAT16: SCALAR(uint16_t, mg_bfloat16_to_float(v));
	case MGREG_INT8: case MGREG_QINT8: SCALAR(int8_t, (double)v);
	case MGREG_UINT8: case MGREG_QUINT8: SCALAR(uint8_t, (double)v);
	case MGREG_BOOL: SCALAR(uint8_t, v != 0);
	case MGREG_INT16: case MGREG_QINT16: SCALAR(int16_t, (double)v);
	case MGREG_UINT16: case MGREG_QUINT16: SCALAR(uint16_t, (double)v);
	case MGREG_INT32: case MGREG_QINT32: SCALAR(int32_t, (double)v);
	case MGREG_UINT32: SCALAR(uint32_t, (double)v);
	case MGREG_INT64: SCALAR(int64_t, (double)v);
	case MGREG_UINT64: SCALAR(uint64_t, (double)v);
#undef SCALAR
	}
	for (size_t i = n; i < padded; i++)
		out[i] = NAN;
	return padded;
}

/* A where the mask is true, B elsewhere. */
static inline pair
pick(masks mask, pair a, pair b)
{
	return (pair)(((masks)a & mask) | ((masks)b & ~mask));
}

/* Adds N values, whole lanes, of every PAIRS pairs the one numbered P; those that are not finite count as 0 in the sums. */
static inline void
add_pair(struct leaf *l, int p, const double *v, size_t n)
{
	pair sum = l->at[p].sum, sum2 = l->at[p].sum2, min = l->at[p].min, max = l->at[p].max, none = { 0 }, x;
	masks zeros = l->at[p].zeros, nans = l->at[p].nans, is_finite = l->at[p].finite, ok;

	for (size_t i = (size_t)p * 2; i < n; i += LANES) {
		memcpy(&x, v + i, sizeof(x));
		ok = x - x == none;
		is_finite += ok;
		nans += x != x;
		zeros += x == none;
		min = pick(ok & (x < min), x, min);
		max = pick(ok & (x > max), x, max);
		x = (pair)((masks)x & ok);
		sum += x;
		sum2 += x * x;
	}
	l->at[p].sum = sum;
	l->at[p].sum2 = sum2;
	l->at[p].min = min;
	l->at[p].max = max;
	l->at[p].zeros = zeros;
	l->at[p].nans = nans;
	l->at[p].finite = is_finite;
}

/* Adds the squares of the distances of the finite ones to MEAN. */
static void
add_spread(pair sum[PAIRS], const double *v, size_t n, double mean)
{
	pair none = { 0 }, centre = { mean, mean }, x, d;

	for (int p = 0; p < PAIRS; p++)
		for (size_t i = (size_t)p * 2; i < n; i += LANES) {
			memcpy(&x, v + i, sizeof(x));
			d = (pair)((masks)(x - centre) & (x - x == none));
			sum[p] += d * d;
		}
}

#define JOIN(l, field, sum) for (int p_ = 0; p_ < PAIRS; p_++) for (int k_ = 0; k_ < 2; k_++) (sum) += (l)->at[p_].field[k_]

static void
join_leaf(mg_stats *s, const struct leaf *l, int64_t finite, double m2)
{
	double sum = 0, sum2 = 0, total = (double)s->finite + (double)finite, delta;

	JOIN(l, sum, sum);
	JOIN(l, sum2, sum2);
	if (s->finite > 0) {
		delta = sum / (double)finite - s->sum / (double)s->finite;
		m2 += s->m2 + delta * delta * ((double)s->finite * (double)finite / total);
	}
	s->m2 = m2;
	s->sum += sum;
	s->sum2 += sum2;
	s->finite += finite;
	for (int i = 0; i < LANES; i++) {
		s->min = MG_MIN(l->at[i / 2].min[i % 2], s->min);
		s->max = MG_MAX(l->at[i / 2].max[i % 2], s->max);
	}
}

void
mg_stats_add(mg_stats *s, mg_dtype dtype, const void *data, size_t size)
{
	pair spread[PAIRS] = { 0 };
	struct leaf l = { 0 };
	size_t width = mg_dtype_size((int)dtype), n, k, padded, pads = 0;
	int64_t finite = 0, nans = 0, zeros = 0;
	double v[BLOCK], sum = 0, m2 = 0;

	if (!s->has || width == 0 || (n = size / width) == 0)
		return;
	for (int p = 0; p < PAIRS; p++) {
		l.at[p].min = (pair){ INFINITY, INFINITY };
		l.at[p].max = (pair){ -INFINITY, -INFINITY };
	}
	for (size_t i = 0; i < n; i += k) {
		k = MG_MIN(n - i, (size_t)BLOCK);
		padded = load(v, dtype, (const char *)data + i * width, k);
		for (int p = 0; p < PAIRS; p++)
			add_pair(&l, p, v, padded);
		pads += padded - k;
	}
	JOIN(&l, finite, finite);
	JOIN(&l, nans, nans);
	JOIN(&l, zeros, zeros);
	finite = -finite;
	nans = -nans - (int64_t)pads;
	s->zeros += -zeros;
	s->nans += nans;
	s->infs += (int64_t)n - finite - nans;
	if (finite == 0)
		return;
	JOIN(&l, sum, sum);
	for (size_t i = 0; i < n; i += k) {
		k = MG_MIN(n - i, (size_t)BLOCK);
		padded = load(v, dtype, (const char *)data + i * width, k);
		add_spread(spread, v, padded, sum / (double)finite);
	}
	for (int i = 0; i < LANES; i++)
		m2 += spread[i / 2][i % 2];
	join_leaf(s, &l, finite, m2);
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
