/* SPDX-License-Identifier: Apache-2.0 */
/* test_pool.c - every block once, whatever the threads; memory that comes back; products. */
#include "rt.h"
#include "runtime/runtime_internal.h"

static void
count(void *arg, int64_t begin, int64_t end)
{
	atomic_int *seen = arg;

	for (int64_t i = begin; i < end; i++)
		atomic_fetch_add(&seen[i], 1);
}

START_TEST(every_element_once)
{
	static atomic_int seen[10007];
	mgreg_error err;
	mg_pool *p;

	ck_assert_ok(mg_pool_new(&p, _i + 1, &err), &err);
	for (int64_t grain = 1; grain < 20000; grain = grain * 7 + 1) {
		memset(seen, 0, sizeof(seen));
		mg_pool_for(p, 10007, grain, count, seen);
		for (int i = 0; i < 10007; i++)
			ck_assert_int_eq(atomic_load(&seen[i]), 1);
	}
	mg_pool_for(p, 0, 1, count, seen);
	mg_pool_free(p);
}
END_TEST

typedef struct nested { mg_pool *p; atomic_int *seen; } nested;

static void
outer(void *arg, int64_t begin, int64_t end)
{
	nested *n = arg;

	for (int64_t i = begin; i < end; i++)
		mg_pool_for(n->p, 100, 9, count, n->seen + i * 100);
}

START_TEST(jobs_within_jobs)
{
	static atomic_int seen[10000];
	nested n = { .seen = seen };
	mgreg_error err;

	ck_assert_ok(mg_pool_new(&n.p, 4, &err), &err);
	mg_pool_for(n.p, 100, 3, outer, &n);
	for (int i = 0; i < 10000; i++)
		ck_assert_int_eq(atomic_load(&seen[i]), 1);
	mg_pool_free(n.p);
}
END_TEST

START_TEST(memory_is_reused_and_bounded)
{
	mg_cache *c;
	mg_buffer *a, *b;
	void *first;
	mgreg_error err;

	ck_assert_ok(mg_cache_new(&c, 1 << 20, &err), &err);
	ck_assert_ok(mg_cache_get(c, 1000, &a, &err), &err);
	ck_assert_uint_ge(a->size, 1000);
	ck_assert_uint_eq((uintptr_t)a->data % 64, 0);
	first = a->data;
	memset(a->data, 1, a->size);
	mg_buffer_unref(a);
	ck_assert_ok(mg_cache_get(c, 1001, &a, &err), &err);
	ck_assert_ptr_eq(a->data, first);
	ck_assert_fails(mg_cache_get(c, 1 << 20, &b, &err), MGREG_RESOURCE_EXHAUSTED, &err);
	ck_assert_uint_eq(mg_cache_live(c), a->size);
	mg_cache_free(c);               /* the buffer outlives it */
	memset(a->data, 2, a->size);
	mg_buffer_unref(a);
	for (size_t size = 1; size < 100000; size = size * 5 / 4 + 1) {
		ck_assert_ok(mg_cache_new(&c, 0, &err), &err);
		ck_assert_ok(mg_cache_get(c, size, &a, &err), &err);
		ck_assert(a->size >= size && (size <= 64 || a->size <= size + size / 4 + 1));
		mg_buffer_unref(a);
		mg_cache_free(c);
	}
}
END_TEST

/* A product as rows by columns in double, for all four layouts, small and big enough to be cut. */
START_TEST(products)
{
	static const int64_t sizes[][3] = { { 1, 7, 5 }, { 3, 1, 4 }, { 5, 6, 7 }, { 100, 32, 128 }, { 300, 210, 70 }, { 33, 700, 200 } };
	mg_session s = { 0 };
	mg_kernel_ctx k = { .session = &s };
	mgreg_error err;

	ck_assert_ok(mg_pool_new(&s.pool, 3, &err), &err);
	for (size_t z = 0; z < MG_COUNT(sizes); z++)
		for (int form = 0; form < 8; form++) {
			int64_t m = sizes[z][0], n = sizes[z][1], kk = sizes[z][2];
			bool ta = form & 1, tb = form & 2, wide = form & 4;
			double *a = mg_calloc((size_t)(m * kk), 8), *b = mg_calloc((size_t)(kk * n), 8), *c = mg_calloc((size_t)(m * n), 8);
			float *fa = mg_calloc((size_t)(m * kk), 4), *fb = mg_calloc((size_t)(kk * n), 4), *fc = mg_calloc((size_t)(m * n), 4);

			for (int64_t i = 0; i < m * kk; i++)
				fa[i] = (float)(a[i] = (double)((i * 7919) % 17 - 8) / 8);
			for (int64_t i = 0; i < n * kk; i++)
				fb[i] = (float)(b[i] = (double)((i * 104729) % 13 - 6) / 4);
			if (wide)
				ck_assert_ok(mg_gemm_f64(&k, ta, tb, m, n, kk, 1, a, ta ? m : kk, b, tb ? kk : n, 0, c, n, &err), &err);
			else
				ck_assert_ok(mg_gemm_f32(&k, ta, tb, m, n, kk, 1, fa, ta ? m : kk, fb, tb ? kk : n, 0, fc, n, &err), &err);
			for (int64_t i = 0; i < m; i++)
				for (int64_t j = 0; j < n; j++) {
					double want = 0;

					for (int64_t l = 0; l < kk; l++)
						want += a[ta ? l * m + i : i * kk + l] * b[tb ? j * kk + l : l * n + j];
					ck_assert_double_eq_tol(wide ? c[i * n + j] : (double)fc[i * n + j], want, 1e-4);
				}
			mg_free(a), mg_free(b), mg_free(c), mg_free(fa), mg_free(fb), mg_free(fc);
		}
	mg_pool_free(s.pool);
}
END_TEST

Suite *
test_pool(void)
{
	TCase *t;
	Suite *s = mg_suite("pool", &t);

	tcase_add_loop_test(t, every_element_once, 0, 4);
	tcase_add_test(t, jobs_within_jobs);
	tcase_add_test(t, memory_is_reused_and_bounded);
	tcase_add_test(t, products);
	return s;
}
