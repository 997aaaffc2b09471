/* SPDX-License-Identifier: Apache-2.0 */
/*
 * k_bcast.h - two inputs broadcast against each other: the odometer over the axes, and macros for the inner loops.
 *
 * An inner loop runs over N elements; SX and SY are 1, or 0 for an operand that stands still.
 */
#ifndef MG_K_BCAST_H
#define MG_K_BCAST_H

#include "runtime/kernels/k_common.h"

typedef void k_pair_fn(void *z, const void *x, const void *y, int64_t n, int sx, int sy);
typedef struct k_pairs { k_pair_fn *of[MG_DTYPE_MAX]; } k_pairs;

/* SAME: the output has the inputs' type (and may take a buffer over). */
int mg_k_pair(mg_kernel_ctx *k, const k_pairs *pairs, bool same, int64_t cost, mgreg_error *err);
/* Broadcast copy of X to SHAPE (which it must fit). */
int mg_k_broadcast(mg_kernel_ctx *k, const mg_tensor *x, mg_tensor *to, mgreg_error *err);

/* z = EXPR of `a` and `b` (and their wrapping forms `wa`, `wb`). */
#define K_PAIR_TO(s, dtype, name, to, store, expr) \
	K_HOT(s) static void name##_##s(void *zp, const void *xp, const void *yp, int64_t n, int sx, int sy) \
	{ \
		const t_##s *x = xp, *y = yp; \
		to *z = zp; \
		if (sx && sy) { \
			for (int64_t i = 0; i < n; i++) { K_PAIR_ONE(s, x[i], y[i], store, expr) } \
		} else if (sx) { \
			t_##s y0 = *y; \
			for (int64_t i = 0; i < n; i++) { K_PAIR_ONE(s, x[i], y0, store, expr) } \
		} else { \
			t_##s x0 = *x; \
			for (int64_t i = 0; i < n; i++) { K_PAIR_ONE(s, x0, y[i * sy], store, expr) } \
		} \
	}
#define K_PAIR_ONE(s, x, y, store, expr) \
	c_##s a = ld_##s(x), b = ld_##s(y); \
	w_##s wa MG_UNUSED = (w_##s)a, wb MG_UNUSED = (w_##s)b; \
	z[i] = store(expr);
#define K_PAIR(s, dtype, name, expr) K_PAIR_TO(s, dtype, name, t_##s, st_##s, expr)
#define K_PAIR_BOOL(s, dtype, name, expr) K_PAIR_TO(s, dtype, name, uint8_t, (uint8_t), expr)
#define K_PAIR_ENTRY(s, dtype, name) [dtype] = name##_##s,
#endif
