/* SPDX-License-Identifier: Apache-2.0 */
/* test_mem.c - allocation, arenas, vectors, maps, sets. */
#include "testing.h"
#include "base/arena.h"
#include "base/map.h"
#include "base/set.h"
#include "base/vec.h"

START_TEST(sizes_that_wrap_are_refused)
{
	ck_assert_ptr_null(mg_calloc(SIZE_MAX / 2, 3));
	ck_assert_ptr_null(mg_alloc(SIZE_MAX));
	ck_assert_ptr_null(mg_alloc(0));
}
END_TEST

START_TEST(aligned_blocks)
{
	for (size_t n = 1; n < 300; n += 7) {
		char *p = mg_alloc_aligned(n);
		ck_assert_uint_eq((uintptr_t)p % 64, 0);
		memset(p, 1, n);
		mg_free_aligned(p);
	}
}
END_TEST

START_TEST(arena_keeps_what_it_gave)
{
	mg_arena a = { 0 };
	char *p[1000];

	for (int i = 0; i < 1000; i++) {
		p[i] = mg_arena_alloc(&a, (size_t)i * 7 + 1);
		ck_assert_ptr_nonnull(p[i]);
		ck_assert_uint_eq((uintptr_t)p[i] % 16, 0);
		memset(p[i], i & 0xff, (size_t)i * 7 + 1);
	}
	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq((unsigned char)p[i][i * 7], i & 0xff);
	ck_assert_str_eq(mg_arena_printf(&a, "%d-%s", 3, "x"), "3-x");
	mg_arena_clear(&a);
	a.limit = 100;
	ck_assert_ptr_null(mg_arena_alloc(&a, 101));
	ck_assert_ptr_nonnull(mg_arena_alloc(&a, 50));
	ck_assert_ptr_null(mg_arena_alloc(&a, 60));
	mg_arena_clear(&a);
}
END_TEST

static int
fill_map(void *arg, mgreg_error *err)
{
	mg_map m = { 0 };
	int rc = 0;
	char key[16];

	(void)arg;
	for (int i = 0; i < 40 && rc == 0; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		if (!mg_map_set(&m, key, &m))
			rc = mg_fail_nomem(err, 0);
	}
	mg_map_clear(&m);
	return rc;
}

START_TEST(map_survives_every_failing_allocation)
{
	mg_test_each_allocation(fill_map, NULL);
}
END_TEST

START_TEST(map_keeps_order)
{
	mg_map m = { 0 };
	mg_map_item item;
	int values[100], n = 0;
	char key[16];

	for (int i = 0; i < 100; i++) {
		snprintf(key, sizeof(key), "key%d", 99 - i);
		ck_assert(mg_map_set(&m, key, &values[i]));
	}
	ck_assert(mg_map_remove(&m, "key50"));
	ck_assert(!mg_map_remove(&m, "key50"));
	for (void *it = NULL; (it = mg_map_next(&m, it, &item)); n++)
		ck_assert_ptr_eq(item.value, &values[n < 49 ? n : n + 1]);
	ck_assert_int_eq(n, 99);
	ck_assert_ptr_eq(mg_map_find(&m, "key0"), &values[99]);
	ck_assert_ptr_null(mg_map_find(&m, "key"));
	mg_map_clear(&m);
}
END_TEST

START_TEST(sets_and_vectors)
{
	mg_set s;
	MG_VEC(int) v = { 0 };

	ck_assert(mg_set_init(&s, 130));
	mg_set_add(&s, 0);
	mg_set_add(&s, 129);
	ck_assert(mg_set_has(&s, 129) && !mg_set_has(&s, 128) && !mg_set_has(&s, 5000));
	mg_set_drop(&s, 129);
	ck_assert(!mg_set_has(&s, 129));
	mg_set_clear(&s);
	for (int i = 0; i < 1000; i++)
		ck_assert(mg_vec_push(&v, i));
	ck_assert_int_eq(v.at[999], 999);
	mg_vec_clear(&v);
}
END_TEST

Suite *
test_mem(void)
{
	TCase *t;
	Suite *s = mg_suite("mem", &t);

	tcase_add_test(t, sizes_that_wrap_are_refused);
	tcase_add_test(t, aligned_blocks);
	tcase_add_test(t, arena_keeps_what_it_gave);
	tcase_add_test(t, map_survives_every_failing_allocation);
	tcase_add_test(t, map_keeps_order);
	tcase_add_test(t, sets_and_vectors);
	return s;
}
