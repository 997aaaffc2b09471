/* SPDX-License-Identifier: Apache-2.0 */
/* bench.h - what the benchmarks share: time, medians, pairs of own and peer. */
#ifndef MG_BENCH_H
#define MG_BENCH_H

#include "base/base.h"
#include "base/clock.h"

static int
bench_ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static inline double
bench_median(double *v, int n)
{
	qsort(v, (size_t)n, sizeof(*v), bench_ascending);
	return v[n / 2];
}

static inline void
bench_die(int rc, const mgreg_error *err)
{
	if (rc == 0)
		return;
	fprintf(stderr, "bench: %s: %s\n", mgreg_code_name((mgreg_code)rc), err->text);
	exit(1);
}

/* Prints a pair and keeps its ratio (own time over the peer's). */
static inline void
bench_pair(const char *label, int i, double own, double peer, double *ratio)
{
	ratio[i] = own / peer;
	printf("# %s, pair %d: own %.3f ms, peer %.3f ms, ratio %.3f\n", label, i + 1, own * 1e3, peer * 1e3, ratio[i]);
}
#endif
