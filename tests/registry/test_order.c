/* SPDX-License-Identifier: Apache-2.0 */
/* test_order.c - the order of rows. */
#include "testing.h"
#include "registry/data.h"

static const struct { int64_t rows, batch; bool keep_short; int64_t batches, size; } cases[] = {
	{ 10, 3, false, 3, 3 }, { 10, 3, true, 4, 3 }, { 9, 3, false, 3, 3 }, { 9, 3, true, 3, 3 }, { 1, 1, false, 1, 1 },
	{ 5, 0, false, 1, 5 }, { 5, 7, false, 1, 5 }, { 5, 7, true, 1, 5 }, { 150, 50, false, 3, 50 }, { 4, 1, true, 4, 1 },
};

START_TEST(epochs)
{
	mg_order o;
	mgreg_error err;
	const int64_t *rows;
	int64_t n;
	bool ends;

	for (int shuffle = 0; shuffle < 2; shuffle++) {
		ck_assert_ok(mg_order_init(&o, cases[_i].rows, cases[_i].batch, 7, shuffle, cases[_i].keep_short, &err), &err);
		ck_assert_int_eq(mg_order_batches(&o), cases[_i].batches);
		for (int epoch = 0; epoch < 3; epoch++) {
			char seen[200] = { 0 };
			int64_t total = 0;

			for (int64_t b = 0; b < cases[_i].batches; b++) {
				ck_assert_ok(mg_order_next(&o, &rows, &n, &ends, &err), &err);
				ck_assert_int_eq(o.epoch, epoch);
				ck_assert_int_eq(ends, b == cases[_i].batches - 1);
				ck_assert(n == cases[_i].size || (cases[_i].keep_short && ends));
				for (int64_t i = 0; i < n; i++) {
					ck_assert(rows[i] >= 0 && rows[i] < cases[_i].rows && !seen[rows[i]]);
					seen[rows[i]] = 1;
					if (!shuffle)
						ck_assert_int_eq(rows[i], total + i);
				}
				total += n;
			}
			if (cases[_i].keep_short)
				ck_assert_int_eq(total, cases[_i].rows);
		}
		mg_order_clear(&o);
	}
}
END_TEST

/* Stopped anywhere and taken up again from (seed, epoch, position) it goes on as if nothing had been. */
START_TEST(resuming)
{
	mg_order whole, part;
	mgreg_error err;
	const int64_t *a, *b;
	int64_t n, m;

	ck_assert_ok(mg_order_init(&whole, 23, 5, 99, true, false, &err), &err);
	for (int stop = 0; stop < 20; stop++) {
		ck_assert_ok(mg_order_init(&part, 23, 5, 99, true, false, &err), &err);
		ck_assert_ok(mg_order_seek(&part, whole.epoch, whole.position, &err), &err);
		ck_assert_ok(mg_order_next(&whole, &a, &n, NULL, &err), &err);
		ck_assert_ok(mg_order_next(&part, &b, &m, NULL, &err), &err);
		ck_assert_int_eq(n, m);
		ck_assert_mem_eq(a, b, (size_t)n * sizeof(*a));
		mg_order_clear(&part);
	}
	mg_order_clear(&whole);
}
END_TEST

/* The very numbers: a stored run goes on with them in later releases. */
START_TEST(frozen)
{
	static const int64_t want[8] = { 4, 3, 2, 0, 6, 1, 7, 5 };
	mg_order o;
	mgreg_error err;
	const int64_t *rows;
	int64_t n, sum = 0, first[8];

	ck_assert_ok(mg_order_init(&o, 8, 8, 1, true, false, &err), &err);
	ck_assert_ok(mg_order_next(&o, &rows, &n, NULL, &err), &err);
	memcpy(first, rows, sizeof(first));
	for (int i = 0; i < 8; i++)
		ck_assert_int_eq(rows[i], want[i]);
	ck_assert_ok(mg_order_next(&o, &rows, &n, NULL, &err), &err);
	ck_assert(memcmp(first, rows, sizeof(first)) != 0);
	for (int i = 0; i < 8; i++)
		sum += rows[i];
	ck_assert_int_eq(sum, 28);
	mg_order_clear(&o);
}
END_TEST

/* Every place gets every row about equally often. */
START_TEST(evenly)
{
	enum { N = 6, EPOCHS = 6000 };
	int64_t counts[N][N] = { 0 }, n;
	mg_order o;
	mgreg_error err;
	const int64_t *rows;

	ck_assert_ok(mg_order_init(&o, N, N, 5, true, false, &err), &err);
	for (int e = 0; e < EPOCHS; e++) {
		ck_assert_ok(mg_order_next(&o, &rows, &n, NULL, &err), &err);
		for (int i = 0; i < N; i++)
			counts[i][rows[i]]++;
	}
	for (int i = 0; i < N; i++)
		for (int k = 0; k < N; k++)
			ck_assert(counts[i][k] > 850 && counts[i][k] < 1150);   /* 1000, deviation 29 */
	mg_order_clear(&o);
}
END_TEST

START_TEST(refused)
{
	mg_order o;
	mgreg_error err;

	ck_assert_fails(mg_order_init(&o, 0, 1, 0, true, false, &err), MGREG_INVALID_ARGUMENT, &err);
	ck_assert_fails(mg_order_init(&o, 3, -1, 0, true, false, &err), MGREG_INVALID_ARGUMENT, &err);
	ck_assert_ok(mg_order_init(&o, 3, 1, 0, true, false, &err), &err);
	ck_assert_fails(mg_order_seek(&o, 0, 4, &err), MGREG_OUT_OF_RANGE, &err);
	ck_assert_fails(mg_order_seek(&o, -1, 0, &err), MGREG_OUT_OF_RANGE, &err);
	mg_order_clear(&o);
}
END_TEST

Suite *
test_order(void)
{
	TCase *t;
	Suite *s = mg_suite("order", &t);

	tcase_add_loop_test(t, epochs, 0, MG_COUNT(cases));
	tcase_add_test(t, resuming);
	tcase_add_test(t, frozen);
	tcase_add_test(t, evenly);
	tcase_add_test(t, refused);
	return s;
}
