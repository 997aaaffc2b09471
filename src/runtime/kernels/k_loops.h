/* SPDX-License-Identifier: Apache-2.0 */
/*
 * k_loops.h - element-wise kernels: a loop per type, a table of them per op, one driver.
 *
 * K_MAP1 makes `NAME_S(arg, begin, end)` with y[i] = EXPR of `a`; K_MAP2 the same of `a` and `b`, two inputs of equal shape.
 */
#ifndef MG_K_LOOPS_H
#define MG_K_LOOPS_H

#include "runtime/kernels/k_common.h"

typedef struct k_map {
	const void *x, *x2;
	void       *y;
	float       p;          /* an attribute, where the op has one */
} k_map;

typedef struct k_loops { mg_range_fn *of[MG_DTYPE_MAX]; } k_loops;

/* One input, output like it; type of the loop: the input's. */
int mg_k_map1(mg_kernel_ctx *k, const k_loops *loops, int64_t cost, float p, mgreg_error *err);
/* Two inputs of one shape. */
int mg_k_map2(mg_kernel_ctx *k, const k_loops *loops, int64_t cost, float p, mgreg_error *err);

#define K_MAP1(s, dtype, name, expr) \
	K_HOT(s) static void name##_##s(void *arg, int64_t begin, int64_t end) \
	{ \
		const k_map *m = arg; \
		const t_##s *x = m->x; \
		t_##s *y = m->y; \
		for (int64_t i = begin; i < end; i++) { \
			c_##s a = ld_##s(x[i]); \
			y[i] = st_##s((c_##s)(expr)); \
		} \
	}
#define K_MAP1_TO(s, dtype, name, to, expr) \
	static void name##_##s(void *arg, int64_t begin, int64_t end) \
	{ \
		const k_map *m = arg; \
		const t_##s *x = m->x; \
		to *y = m->y; \
		for (int64_t i = begin; i < end; i++) { \
			c_##s a = ld_##s(x[i]); \
			y[i] = (to)(expr); \
		} \
	}
#define K_MAP2(s, dtype, name, expr) \
	K_HOT(s) static void name##_##s(void *arg, int64_t begin, int64_t end) \
	{ \
		const k_map *m = arg; \
		const t_##s *x = m->x, *x2 = m->x2; \
		t_##s *y = m->y; \
		for (int64_t i = begin; i < end; i++) { \
			c_##s a = ld_##s(x[i]), b = ld_##s(x2[i]); \
			y[i] = st_##s((c_##s)(expr)); \
		} \
	}
#define K_LOOP_ENTRY(s, dtype, name) [dtype] = name##_##s,

#define K_RUN(name, driver, cost) \
	static int name##_run(mg_kernel_ctx *k, mgreg_error *err) { return driver(k, &name##_loops, cost, 0, err); }
#endif
