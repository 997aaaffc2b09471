/* SPDX-License-Identifier: Apache-2.0 */
/* test_table.c - every row parses; lookups; the history. */
#include "testing.h"
#include "base/clock.h"
#include "base/thread.h"
#include "op/op.h"

START_TEST(every_row_parses)
{
	size_t n = mg_op_count();

	ck_assert_uint_gt(n, 1200);
	for (size_t i = 0; i < n; i++) {
		const mg_op_def *op = mg_op_at(i);

		ck_assert(mg_op_find(op->name) == op);
		if (i > 0)
			ck_assert_str_lt(mg_op_at(i - 1)->name, op->name);
		for (int k = 0; k < op->input_count; k++)
			ck_assert_msg(op->inputs[k].type || op->inputs[k].type_attr || op->inputs[k].type_list_attr, "%s", op->name);
		if (op->deprecated_at)
			ck_assert_msg(op->deprecation != NULL, "%s", op->name);
	}
	ck_assert(mg_op_find("NoSuchOp") == NULL && mg_op_find("") == NULL && mg_op_find("matmul") == NULL);
}
END_TEST

START_TEST(a_row_becomes_a_definition)
{
	const mg_op_def *op = mg_op_find("ApplyAdam");
	const mg_op_attr *a;

	ck_assert_ptr_nonnull(op);
	ck_assert_int_eq(op->input_count, 10);
	ck_assert(op->inputs[0].is_ref && !op->inputs[3].is_ref);
	ck_assert_str_eq(op->inputs[0].type_attr, "T");
	ck_assert_int_eq(op->output_count, 1);
	ck_assert(op->outputs[0].is_ref);
	ck_assert_str_eq(mg_op_tier(op), "P0");

	op = mg_op_find("Conv2D");
	a = mg_op_attr_find(op, "padding");
	ck_assert(a && a->kind == MG_ATTR_STRING && !a->default_value);
	ck_assert_str_eq(a->allowed_strings[0], "SAME");
	ck_assert_str_eq(a->allowed_strings[1], "VALID");
	a = mg_op_attr_find(op, "dilations");
	ck_assert(a && a->is_list && a->kind == MG_ATTR_INT && a->default_value->list->n_i == 4);

	op = mg_op_find("Concat");
	ck_assert(op->inputs[0].type == MGREG_INT32);
	ck_assert_str_eq(op->inputs[1].number_attr, "N");
	ck_assert_str_eq(op->inputs[1].type_attr, "T");
	a = mg_op_attr_find(op, "N");
	ck_assert(a->has_minimum && a->minimum == 2);

	op = mg_op_find("SaveV2");
	ck_assert_str_eq(op->inputs[3].type_list_attr, "dtypes");
	ck_assert(op->flags & MG_OP_STATEFUL);

	op = mg_op_find("RefSelect");
	ck_assert(op->inputs[1].is_ref && op->inputs[1].number_attr && op->inputs[1].type_attr);

	op = mg_op_find("Bitcast");
	ck_assert_str_eq(op->outputs[0].type_attr, "type");

	a = mg_op_attr_find(mg_op_find("PrintV2"), "end");
	ck_assert(a->default_value->s.len == 1 && a->default_value->s.data[0] == '\n');
	a = mg_op_attr_find(mg_op_find("ImageSummary"), "bad_color");
	ck_assert(a->default_value->tensor->n_int_val == 4 && a->default_value->tensor->int_val[3] == 255);
	a = mg_op_attr_find(mg_op_find("Placeholder"), "shape");
	ck_assert(a->default_value->shape->unknown_rank);
}
END_TEST

static void *
look(void *arg)
{
	size_t *sum = arg;

	for (size_t i = 0; i < mg_op_count(); i++)
		*sum += (size_t)mg_op_at(i)->input_count;
	return NULL;
}

START_TEST(threads_see_the_same_definitions)
{
	mg_thread t[4];
	size_t sums[4] = { 0 };
	mgreg_error err;

	for (int i = 0; i < 4; i++)
		ck_assert_ok(mg_thread_start(&t[i], look, &sums[i], &err), &err);
	for (int i = 0; i < 4; i++)
		mg_thread_join(t[i]);
	for (int i = 1; i < 4; i++)
		ck_assert_uint_eq(sums[i], sums[0]);
}
END_TEST

static int
count_changes(void *ctx, const char *release, const char *what)
{
	ck_assert(*release && *what);
	++*(int *)ctx;
	return 0;
}

START_TEST(history)
{
	int n = 0;

	ck_assert_str_eq(mg_op_since("Abs"), "0.5.0");
	ck_assert_str_eq(mg_op_since("AddV2"), "1.5.0");
	ck_assert_ptr_null(mg_op_since("NoSuchOp"));
	ck_assert_ptr_null(mg_op_until("Abs"));
	ck_assert_int_eq(mg_op_changes("ApplyAdam", count_changes, &n), 0);
	ck_assert_int_ge(n, 4);
	ck_assert_str_eq(mg_release_of_version(24), "1.3.0");
	for (size_t i = 0; i < mg_op_count(); i++)
		ck_assert_msg(mg_op_since(mg_op_at(i)->name) != NULL, "%s", mg_op_at(i)->name);
}
END_TEST

START_TEST(versions)
{
	Pb__VersionDef v = PB__VERSION_DEF__INIT;
	int32_t bad[] = { MG_GRAPH_DEF_VERSION };
	mgreg_error err;

	ck_assert_ok(mg_op_check_versions(NULL, &err), &err);
	v.producer = 9000;
	ck_assert_ok(mg_op_check_versions(&v, &err), &err);
	v.min_consumer = MG_GRAPH_DEF_VERSION + 1;
	ck_assert_fails(mg_op_check_versions(&v, &err), MGREG_INVALID_ARGUMENT, &err);
	v.min_consumer = 0;
	v.bad_consumers = bad;
	v.n_bad_consumers = 1;
	ck_assert_fails(mg_op_check_versions(&v, &err), MGREG_INVALID_ARGUMENT, &err);
	ck_assert_ok(mg_op_check_deprecation(mg_op_find("TopK"), 6, &err), &err);
	ck_assert_fails(mg_op_check_deprecation(mg_op_find("TopK"), 7, &err), MGREG_UNIMPLEMENTED, &err);
	ck_assert_ptr_nonnull(strstr(err.text, "Use TopKV2 instead"));
}
END_TEST

Suite *
test_table(void)
{
	TCase *t;
	Suite *s = mg_suite("table", &t);

	tcase_add_test(t, every_row_parses);
	tcase_add_test(t, a_row_becomes_a_definition);
	tcase_add_test(t, threads_see_the_same_definitions);
	tcase_add_test(t, history);
	tcase_add_test(t, versions);
	return s;
}
