/* SPDX-License-Identifier: Apache-2.0 */
/* test_node_check.c - attributes of a node against its op; types of inputs and outputs. */
#include "testing.h"
#include "op/op.h"

static mg_arena arena;

static void
clear(void)
{
	mg_arena_clear(&arena);
}

START_TEST(defaults_and_missing)
{
	const mg_op_def *op = mg_op_find("MatMul");
	mg_attrs at = { 0 };
	mgreg_error err;
	bool b = true;

	ck_assert_fails(mg_op_check_attrs(op, &at, &err), MGREG_INVALID_ARGUMENT, &err);
	ck_assert_ok(mg_op_fill_defaults(op, &at, &arena, &err), &err);
	ck_assert(mg_attr_get_bool(&at, "transpose_a", &b) && !b);
	ck_assert_fails(mg_op_check_attrs(op, &at, &err), MGREG_INVALID_ARGUMENT, &err);
	ck_assert_ptr_nonnull(strstr(err.text, "'T'"));
	ck_assert(mg_attr_set(&at, "T", mg_attr_type(&arena, MGREG_FLOAT), &arena));
	ck_assert(mg_attr_set(&at, "_class", mg_attr_strings(&arena, NULL, 0), &arena));
	ck_assert_ok(mg_op_check_attrs(op, &at, &err), &err);
	ck_assert(mg_attr_set(&at, "grad_a", mg_attr_bool(&arena, false), &arena));
	ck_assert_fails(mg_op_check_attrs(op, &at, &err), MGREG_INVALID_ARGUMENT, &err);
	ck_assert_ptr_nonnull(strstr(err.text, "grad_a"));
	op = mg_op_find("Equal");
	at = (mg_attrs){ 0 };
	ck_assert(mg_attr_set(&at, "T", mg_attr_type(&arena, MGREG_FLOAT), &arena));
	ck_assert(mg_attr_set(&at, "incompatible_shape_error", mg_attr_bool(&arena, true), &arena));
	ck_assert_ok(mg_op_check_attrs(op, &at, &err), &err);
	clear();
}
END_TEST

static const struct { const char *op, *attr; int kind; int64_t i; const char *s; bool ok; } values[] = {
	{ "MatMul", "T", 't', MGREG_FLOAT, NULL, true },
	{ "MatMul", "T", 't', MGREG_STRING, NULL, false },
	{ "MatMul", "T", 't', MGREG_FLOAT + 100, NULL, false },
	{ "MatMul", "T", 't', 77, NULL, false },
	{ "MatMul", "T", 'i', 1, NULL, false },
	{ "AddN", "N", 'i', 1, NULL, true },
	{ "AddN", "N", 'i', 0, NULL, false },
	{ "AddN", "N", 'n', 0, NULL, false },
	{ "Conv2D", "padding", 's', 0, "SAME", true },
	{ "Conv2D", "padding", 's', 0, "same", false },
	{ "AvgPool", "ksize", 'I', 4, NULL, true },
	{ "AvgPool", "ksize", 'I', 3, NULL, false },
	{ "AvgPool", "ksize", 'S', 4, NULL, false },
	{ "AvgPool", "ksize", 'i', 4, NULL, false },
	{ "SaveV2", "dtypes", 'T', 1, NULL, true },
	{ "SaveV2", "dtypes", 'T', 0, NULL, false },
	{ "IdentityN", "T", 'n', 0, NULL, false },
	{ "Squeeze", "squeeze_dims", 'n', 0, NULL, true },
};

static mg_attr_value *
value(int kind, int64_t i, const char *s)
{
	int64_t ints[8] = { 1, 1, 1, 1 };
	const char *words[8] = { "a", "a", "a", "a" };
	int types[8] = { MGREG_FLOAT };
	mg_attr_value *v;

	switch (kind) {
	case 't': return mg_attr_type(&arena, (int)i);
	case 'i': return mg_attr_int(&arena, i);
	case 's': return mg_attr_string(&arena, s, strlen(s));
	case 'I': return mg_attr_ints(&arena, ints, (int)i);
	case 'S': return mg_attr_strings(&arena, words, (int)i);
	case 'T': return mg_attr_types(&arena, types, (int)i);
	default:
		v = mg_attr_int(&arena, 0);
		v->value_case = PB__ATTR_VALUE__VALUE__NOT_SET;
		return v;
	}
}

/* All attributes of the op but the one in question are taken from another, good node: the verdict is about it alone. */
START_TEST(one_value)
{
	const mg_op_def *op = mg_op_find(values[_i].op);
	mg_attrs at = { 0 };
	mgreg_error err = { 0 };
	int rc;

	ck_assert(mg_attr_set(&at, values[_i].attr, value(values[_i].kind, values[_i].i, values[_i].s), &arena));
	rc = mg_op_check_attrs(op, &at, &err);
	ck_assert_int_eq(rc, op->attr_count > 1 || !values[_i].ok ? MGREG_INVALID_ARGUMENT : 0);
	if (values[_i].ok && rc)
		ck_assert_msg(strstr(err.text, "missing") != NULL, "%s", err.text);
	if (!values[_i].ok)
		ck_assert_msg(strstr(err.text, "missing") == NULL && strstr(err.text, values[_i].attr) != NULL, "%s", err.text);
	clear();
}
END_TEST

START_TEST(types_of_ends)
{
	const mg_op_def *op = mg_op_find("ConcatV2");
	mg_attrs at = { 0 };
	int *types, n;
	mgreg_error err;

	ck_assert_fails(mg_op_input_types(op, &at, &arena, &types, &n, &err), MGREG_INVALID_ARGUMENT, &err);
	ck_assert(mg_attr_set(&at, "N", mg_attr_int(&arena, 3), &arena));
	ck_assert(mg_attr_set(&at, "T", mg_attr_type(&arena, MGREG_DOUBLE), &arena));
	ck_assert_ok(mg_op_fill_defaults(op, &at, &arena, &err), &err);
	ck_assert_ok(mg_op_input_types(op, &at, &arena, &types, &n, &err), &err);
	ck_assert_int_eq(n, 4);
	ck_assert(types[0] == MGREG_DOUBLE && types[2] == MGREG_DOUBLE && types[3] == MGREG_INT32);
	ck_assert_ok(mg_op_output_types(op, &at, &arena, &types, &n, &err), &err);
	ck_assert(n == 1 && types[0] == MGREG_DOUBLE);
	ck_assert(mg_attr_set(&at, "N", mg_attr_int(&arena, INT64_MAX), &arena));
	ck_assert_fails(mg_op_input_types(op, &at, &arena, &types, &n, &err), MGREG_INVALID_ARGUMENT, &err);

	at = (mg_attrs){ 0 };
	ck_assert(mg_attr_set(&at, "T", mg_attr_type(&arena, MGREG_FLOAT), &arena));
	ck_assert_ok(mg_op_input_types(mg_op_find("Assign"), &at, &arena, &types, &n, &err), &err);
	ck_assert(n == 2 && types[0] == MGREG_FLOAT + MG_REF_OFFSET && types[1] == MGREG_FLOAT);
	ck_assert_ok(mg_op_output_types(mg_op_find("NoOp"), &at, &arena, &types, &n, &err), &err);
	ck_assert_int_eq(n, 0);
	clear();
}
END_TEST

START_TEST(output_ranges)
{
	const mg_op_def *op = mg_op_find("ParseExample");
	mg_attrs at = { 0 };
	int types[] = { MGREG_INT64, MGREG_STRING }, first, count;
	mgreg_error err;

	ck_assert(mg_attr_set(&at, "Nsparse", mg_attr_int(&arena, 2), &arena));
	ck_assert(mg_attr_set(&at, "Ndense", mg_attr_int(&arena, 1), &arena));
	ck_assert(mg_attr_set(&at, "sparse_types", mg_attr_types(&arena, types, 2), &arena));
	ck_assert(mg_attr_set(&at, "Tdense", mg_attr_types(&arena, types, 1), &arena));
	ck_assert_ok(mg_op_output_range(op, &at, "sparse_shapes", &first, &count, &err), &err);
	ck_assert(first == 4 && count == 2);
	ck_assert_ok(mg_op_output_range(op, &at, "dense_values", &first, &count, &err), &err);
	ck_assert(first == 6 && count == 1);
	ck_assert_fails(mg_op_output_range(op, &at, "other", &first, &count, &err), MGREG_NOT_FOUND, &err);
	clear();
}
END_TEST

START_TEST(deduction)
{
	static const struct { const char *op; int counts[4]; int types[6]; int rc; } rows[] = {
		{ "MatMul", { 1, 1 }, { MGREG_FLOAT, MGREG_FLOAT }, 0 },
		{ "MatMul", { 1, 1 }, { MGREG_FLOAT, MGREG_DOUBLE }, MGREG_INVALID_ARGUMENT },
		{ "MatMul", { 1, 1 }, { MGREG_FLOAT + 100, MGREG_FLOAT }, 0 },
		{ "Assign", { 1, 1 }, { MGREG_FLOAT, MGREG_FLOAT }, MGREG_INVALID_ARGUMENT },
		{ "Assign", { 1, 1 }, { MGREG_FLOAT + 100, MGREG_FLOAT }, 0 },
		{ "Concat", { 1, 3 }, { MGREG_INT32, MGREG_HALF, MGREG_HALF, MGREG_HALF }, 0 },
		{ "Concat", { 1, 2 }, { MGREG_INT64, MGREG_HALF, MGREG_HALF }, MGREG_INVALID_ARGUMENT },
		{ "Concat", { 1, 2 }, { MGREG_INT32, MGREG_HALF, MGREG_FLOAT }, MGREG_INVALID_ARGUMENT },
		{ "Concat", { 2, 2 }, { MGREG_INT32, MGREG_INT32, MGREG_HALF, MGREG_HALF }, MGREG_INVALID_ARGUMENT },
		{ "SaveV2", { 1, 1, 1, 2 }, { MGREG_STRING, MGREG_STRING, MGREG_STRING, MGREG_FLOAT + 100, MGREG_INT64 }, 0 },
	};

	for (size_t i = 0; i < MG_COUNT(rows); i++) {
		const mg_op_def *op = mg_op_find(rows[i].op);
		mg_attrs at = { 0 };
		mgreg_error err = { 0 };
		int rc = mg_op_infer_attrs(op, rows[i].counts, rows[i].types, &at, &arena, &err);

		ck_assert_msg(rc == rows[i].rc, "row %zu: %d %s", i, rc, err.text);
		if (rc == 0) {
			ck_assert_ok(mg_op_fill_defaults(op, &at, &arena, &err), &err);
			ck_assert_ok(mg_op_check_attrs(op, &at, &err), &err);
		}
	}
	clear();
}
END_TEST

START_TEST(newer_producers)
{
	const mg_op_def *op = mg_op_find("Identity");
	mg_attrs at = { 0 };
	Pb__OpDef *def;
	Pb__OpDef__AttrDef extra = PB__OP_DEF__ATTR_DEF__INIT;
	mgreg_error err;

	ck_assert_ok(mg_op_to_proto(op, &arena, &def, &err), &err);
	extra.name = (char *)(uintptr_t)"fancy";
	extra.default_value = mg_attr_int(&arena, 5);
	ck_assert(mg_msg_append(&arena, &def->attr, &def->n_attr, &extra));
	ck_assert(mg_attr_set(&at, "T", mg_attr_type(&arena, MGREG_FLOAT), &arena));
	ck_assert(mg_attr_set(&at, "fancy", mg_attr_int(&arena, 5), &arena));
	ck_assert_ok(mg_op_drop_producer_defaults(op, def, &at, &err), &err);
	ck_assert_int_eq(at.count, 1);
	ck_assert(mg_attr_set(&at, "fancy", mg_attr_int(&arena, 6), &arena));
	ck_assert_ok(mg_op_drop_producer_defaults(op, def, &at, &err), &err);
	ck_assert_int_eq(at.count, 2);
	clear();
}
END_TEST

Suite *
test_node_check(void)
{
	TCase *t;
	Suite *s = mg_suite("node_check", &t);

	tcase_add_test(t, defaults_and_missing);
	tcase_add_loop_test(t, one_value, 0, MG_COUNT(values));
	tcase_add_test(t, types_of_ends);
	tcase_add_test(t, output_ranges);
	tcase_add_test(t, deduction);
	tcase_add_test(t, newer_producers);
	return s;
}
