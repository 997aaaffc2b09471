/* SPDX-License-Identifier: Apache-2.0 */
/* test_grad_table.c - every row names an op, once. */
#include <stdio.h>
#include "testing.h"
#include "base/map.h"
#include "grad/grad_internal.h"
#include "testing.h"

START_TEST(rows_name_ops_once)
{
	mg_map seen = { 0 };
	size_t n = 0;

	for (const mg_grad *r; (r = mg_grad_at(n)); n++) {
		ck_assert_msg(mg_op_find(r->op), "gradient of an op that does not exist: %s", r->op);
		ck_assert_msg(!mg_map_has(&seen, r->op), "two gradients of %s", r->op);
		ck_assert(mg_map_set(&seen, r->op, (void *)r));
	}
	ck_assert_uint_gt(n, 300);
	mg_map_clear(&seen);
}
END_TEST

START_TEST(three_outcomes)
{
	ck_assert(mg_grad_known("Relu") && !mg_grad_not_differentiable("Relu"));
	ck_assert(mg_grad_known("Equal") && mg_grad_not_differentiable("Equal"));
	ck_assert(!mg_grad_known("Where") && !mg_grad_not_differentiable("Where"));
}
END_TEST

Suite *
test_grad_table(void)
{
	TCase *t;
	Suite *s = mg_suite("grad_table", &t);

	tcase_add_test(t, rows_name_ops_once);
	tcase_add_test(t, three_outcomes);
	return s;
}
