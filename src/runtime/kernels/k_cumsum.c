/* SPDX-License-Identifier: Apache-2.0 */
/* k_cumsum.c - Cumsum, Cumprod along one axis; exclusive and reverse forms. */
#include "runtime/kernels/k_common.h"

typedef struct job {
	const void *x;
	void   *y;
	int64_t n, inner;
	bool    exclusive, reverse;
} job;

#define SCAN(s, dtype, name, start, op) \
	static void name##_##s(void *arg, int64_t begin, int64_t end) \
	{ \
		const job *j = arg; \
		int64_t step = j->reverse ? -j->inner : j->inner; \
		for (int64_t i = begin; i < end; i++) { \
			int64_t at = i / j->inner * j->n * j->inner + i % j->inner + (j->reverse ? (j->n - 1) * j->inner : 0); \
			const t_##s *x = (const t_##s *)j->x + at; \
			t_##s *y = (t_##s *)j->y + at; \
			w_##s sum = start; \
			for (int64_t d = 0; d < j->n; d++, x += step, y += step) { \
				w_##s v = (w_##s)ld_##s(*x); \
				if (j->exclusive) \
					*y = st_##s((c_##s)sum); \
				sum = sum op v; \
				if (!j->exclusive) \
					*y = st_##s((c_##s)sum); \
			} \
		} \
	}
K_NUMBERS(SCAN, cumsum, 0, +)
K_NUMBERS(SCAN, cumprod, 1, *)
#define ENTRY(s, dtype, name) [dtype] = name##_##s,
static mg_range_fn *const cumsum_of[MG_DTYPE_MAX] = { K_NUMBERS(ENTRY, cumsum) };
static mg_range_fn *const cumprod_of[MG_DTYPE_MAX] = { K_NUMBERS(ENTRY, cumprod) };

static int
scan(mg_kernel_ctx *k, mg_range_fn *const *table, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 0);
	const mg_attrs *attrs = mg_kernel_attrs(k);
	mg_tensor *y;
	job j = { .x = x->data };
	int axis, rc;

	if (!table[x->dtype])
		return mg_k_no_type(x->dtype, err);
	if (mg_rank(x) == 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "a scan needs an input of rank 1 or more");
	if ((rc = mg_k_axis(mg_kernel_input(k, 1), mg_rank(x), "axis", &axis, err)) != 0
			|| (rc = mg_kernel_output(k, 0, &x->shape, &y, err)) != 0)
		return rc;
	if (x->count == 0)
		return 0;
	j.y = y->data;
	j.n = mg_dim(x, axis);
	j.inner = mg_k_product(x, axis + 1, mg_rank(x));
	j.exclusive = mg_k_attr_bool(attrs, "exclusive", false);
	j.reverse = mg_k_attr_bool(attrs, "reverse", false);
	mg_parallel_for(k, x->count / j.n, mg_k_grain(j.n), table[x->dtype], &j);
	return 0;
}

static int cumsum_run(mg_kernel_ctx *k, mgreg_error *err) { return scan(k, cumsum_of, err); }
static int cumprod_run(mg_kernel_ctx *k, mgreg_error *err) { return scan(k, cumprod_of, err); }

const mg_kernel mg_kernels_cumsum[] = {
	{ "Cumsum", "T=" K_NUMBERS_TEXT, .run = cumsum_run },
	{ "Cumprod", "T=" K_NUMBERS_TEXT, .run = cumprod_run },
	{ .op = NULL }
};
