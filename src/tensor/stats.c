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

/* Inner loops are vectorised whatever the build says, for several instruction sets; nothing is contracted, so that all of them
 * give the same bits.  Sanitizers cannot run the choosing code. */
#ifndef __clang__
#pragma GCC optimize("O3", "fp-contract=off", "no-trapping-math")
#endif
#if defined __x86_64__ && defined __GNUC__ && !defined __clang__ && !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__
#define CLONES __attribute__((target_clones("default", "avx2", "avx512f")))
#else
#define CLONES
#endif

#define LANES 8
#define BLOCK 512       /* values turned into double at once; a multiple of LANES */

typedef double lanes __attribute__((vector_size(LANES * sizeof(double))));
typedef int64_t masks __attribute__((vector_size(LANES * sizeof(int64_t))));

struct leaf {
	lanes sum, sum2, min, max;
	masks zeros, nans, finite;              /* counts below zero: a true lane is -1 */
};

void
mg_stats_begin(mg_stats *s, mg_dtype dtype)
{
	memset(s, 0, sizeof(*s));
	s->has = mg_dtype_is_memcpy((int)dtype) && !mg_dtype_is_complex((int)dtype);
	s->min = INFINITY;
	s->max = -INFINITY;
}

CLONES static void
widen(double *restrict out, const float *restrict v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = v[i];
}

/* N elements from AT as double; OUT is filled up with NaN to whole lanes. */
static size_t
load(double *out, mg_dtype dtype, const char *at, size_t n)
{
	size_t padded = (n + LANES - 1) / LANES * LANES;

	switch ((int)dtype) {
#define SCALAR(type, expr) for (size_t i = 0; i < n; i++) { type v; memcpy(&v, at + i * sizeof(v), sizeof(v)); out[i] = (expr); } break
	case MGREG_FLOAT:
		if ((uintptr_t)at % sizeof(float) == 0) {
			widen(out, (const float *)at, n);
			break;
		}
		SCALAR(float, v);
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

/* Adds N values, whole lanes; those that are not finite count as 0 in the sums. */
CLONES static void
add_block(struct leaf *l, const double *v, size_t n)
{
	lanes sum = l->sum, sum2 = l->sum2, min = l->min, max = l->max, none = { 0 }, x, y;
	masks zeros = l->zeros, nans = l->nans, is_finite = l->finite, ok, less, more;

	for (size_t i = 0; i < n; i += LANES) {
		memcpy(&x, v + i, sizeof(x));
		ok = x - x == none;
		is_finite += ok;
		nans += x != x;
		zeros += x == none;
		less = ok & (x < min);
		more = ok & (x > max);
		min = (lanes)(((masks)x & less) | ((masks)min & ~less));
		max = (lanes)(((masks)x & more) | ((masks)max & ~more));
		y = (lanes)((masks)x & ok);
		sum += y;
		sum2 += y * y;
	}
	l->sum = sum;
	l->sum2 = sum2;
	l->min = min;
	l->max = max;
	l->zeros = zeros;
	l->nans = nans;
	l->finite = is_finite;
}

/* Adds the squares of the distances of the finite ones to MEAN. */
CLONES static void
add_spread(lanes *sum, const double *v, size_t n, double mean)
{
	lanes none = { 0 }, centre = none + mean, x, d, s = *sum;

	for (size_t i = 0; i < n; i += LANES) {
		memcpy(&x, v + i, sizeof(x));
		d = (lanes)((masks)(x - centre) & (x - x == none));
		s += d * d;
	}
	*sum = s;
}

#define JOIN(l, field, sum) for (int k_ = 0; k_ < LANES; k_++) (sum) += (l)->field[k_]

/* What the lanes of one leaf say together. */
static void
close_leaf(mg_stats *s, const struct leaf *l, int64_t finite, double m2)
{
	s->finite = finite;
	s->m2 = m2;
	JOIN(l, sum, s->sum);
	JOIN(l, sum2, s->sum2);
	for (int i = 0; i < LANES; i++) {
		s->min = MG_MIN(l->min[i], s->min);
		s->max = MG_MAX(l->max[i], s->max);
	}
}

void
mg_stats_add(mg_stats *s, mg_dtype dtype, const void *data, size_t size)
{
	lanes spread = { 0 };
	struct leaf l = { 0 };
	mg_stats mine;
	size_t width = mg_dtype_size((int)dtype), n, k, padded, pads = 0;
	int64_t finite = 0, nans = 0, zeros = 0;
	double v[BLOCK], sum = 0, m2 = 0;

	if (!s->has || width == 0 || (n = size / width) == 0)
		return;
	mg_stats_begin(&mine, dtype);
	l.min = spread + INFINITY;
	l.max = spread - INFINITY;
	for (size_t i = 0; i < n; i += k) {
		k = MG_MIN(n - i, (size_t)BLOCK);
		padded = load(v, dtype, (const char *)data + i * width, k);
		add_block(&l, v, padded);
		pads += padded - k;
	}
	JOIN(&l, finite, finite);
	JOIN(&l, nans, nans);
	JOIN(&l, zeros, zeros);
	finite = -finite;
	nans = -nans - (int64_t)pads;
	mine.zeros = -zeros;
	mine.nans = nans;
	mine.infs = (int64_t)n - finite - nans;
	if (finite == 0) {
		mg_stats_join(s, &mine);
		return;
	}
	JOIN(&l, sum, sum);
	for (size_t i = 0; i < n; i += k) {
		k = MG_MIN(n - i, (size_t)BLOCK);
		padded = load(v, dtype, (const char *)data + i * width, k);
		add_spread(&spread, v, padded, sum / (double)finite);
	}
	for (int i = 0; i < LANES; i++)
		m2 += spread[i];
	close_leaf(&mine, &l, finite, m2);
	mg_stats_join(s, &mine);
}

void
mg_stats_join(mg_stats *s, const mg_stats *leaf)
{
	double total = (double)s->finite + (double)leaf->finite, m2 = leaf->m2, delta;

	s->zeros += leaf->zeros;
	s->nans += leaf->nans;
	s->infs += leaf->infs;
	if (leaf->finite == 0)
		return;
	if (s->finite > 0) {
		delta = leaf->sum / (double)leaf->finite - s->sum / (double)s->finite;
		m2 += s->m2 + delta * delta * ((double)s->finite * (double)leaf->finite / total);
	}
	s->m2 = m2;
	s->sum += leaf->sum;
	s->sum2 += leaf->sum2;
	s->finite += leaf->finite;
	s->min = MG_MIN(leaf->min, s->min);
	s->max = MG_MAX(leaf->max, s->max);
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
