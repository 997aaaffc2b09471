/* SPDX-License-Identifier: Apache-2.0 */
/* test_slice.c - regions of tensors. */
#include "testing.h"
#include "tensor/tensor.h"

static const struct { const char *spec; int code; const char *full, *slice, *shape; } specs[] = {
	{ "10 20 5,5:0,20", 0, "[10,20]", "5,5:0,20", "[5,20]" },
	{ "10 20 -:-", 0, "[10,20]", "-:-", "[10,20]" },
	{ "10 20 -:19,1", 0, "[10,20]", "-:19,1", "[10,1]" },
	{ "3 0,3", 0, "[3]", "0,3", "[3]" },
	{ "3 -", 0, "[3]", "-", "[3]" },
	{ "0 -", 0, "[0]", "-", "[0]" },
	{ "1 2 3 4 5 6 7 8 9 -:-:-:-:-:-:-:-:8,1", 0, "[1,2,3,4,5,6,7,8,9]", "-:-:-:-:-:-:-:-:8,1", "[1,2,3,4,5,6,7,8,1]" },
	{ "9223372036854775807 9223372036854775806,1", 0, "[9223372036854775807]", "9223372036854775806,1", "[1]" },
	{ "10 20 5,5", MGREG_INTERNAL, NULL, NULL, NULL },
	{ "10 5,5:0,20", MGREG_INTERNAL, NULL, NULL, NULL },
	{ "10 20 5,6:0,20", MGREG_INTERNAL, NULL, NULL, NULL },
	{ "10 20 11,1:0,20", MGREG_INTERNAL, NULL, NULL, NULL },
	{ "3 0,4", MGREG_INTERNAL, NULL, NULL, NULL },
	{ "3 3,1", MGREG_INTERNAL, NULL, NULL, NULL },
	{ "5,5", MGREG_INTERNAL, NULL, NULL, NULL },
	{ "3 0,0", MGREG_INVALID_ARGUMENT, NULL, NULL, NULL },
	{ "3 -1,2", MGREG_INVALID_ARGUMENT, NULL, NULL, NULL },
	{ "3 0,-1", MGREG_INVALID_ARGUMENT, NULL, NULL, NULL },
	{ "3 0", MGREG_INVALID_ARGUMENT, NULL, NULL, NULL },
	{ "3 0,", MGREG_INVALID_ARGUMENT, NULL, NULL, NULL },
	{ "3 ,3", MGREG_INVALID_ARGUMENT, NULL, NULL, NULL },
	{ "3 a,b", MGREG_INVALID_ARGUMENT, NULL, NULL, NULL },
	{ "3 0,3:", MGREG_INVALID_ARGUMENT, NULL, NULL, NULL },
	{ "x 0,3", MGREG_INVALID_ARGUMENT, NULL, NULL, NULL },
	{ "-3 0,3", MGREG_INVALID_ARGUMENT, NULL, NULL, NULL },
	{ " 0,3", MGREG_INVALID_ARGUMENT, NULL, NULL, NULL },
	{ "3  0,3", MGREG_INVALID_ARGUMENT, NULL, NULL, NULL },
	{ "3 9223372036854775807,1", MGREG_INVALID_ARGUMENT, NULL, NULL, NULL },
	{ "3 0,99999999999999999999", MGREG_INVALID_ARGUMENT, NULL, NULL, NULL },
	{ "99999999999999999999 0,1", MGREG_INVALID_ARGUMENT, NULL, NULL, NULL },
};

START_TEST(spec_texts)
{
	mg_arena arena = { 0 };
	mg_shape full = MG_SHAPE_SCALAR, shape = MG_SHAPE_SCALAR;
	mg_tslice slice = { 0 }, again;
	mg_str text = MG_STR_INIT;
	bool has = false;
	char buf[256];
	mgreg_error err;
	int rc = mg_tslice_parse_spec(specs[_i].spec, strlen(specs[_i].spec), &full, &slice, &has, &arena, &err);

	ck_assert_int_eq(rc, specs[_i].code);
	ck_assert_int_eq(has, rc == 0);
	if (rc == 0) {
		ck_assert_str_eq(mg_shape_text(&full, buf), specs[_i].full);
		mg_tslice_format(&slice, &text);
		ck_assert_str_eq(text.ptr, specs[_i].slice);
		ck_assert_ok(mg_tslice_shape(&slice, &full, &shape, &err), &err);
		ck_assert_str_eq(mg_shape_text(&shape, buf), specs[_i].shape);
		ck_assert_ok(mg_tslice_from_proto(&again, mg_tslice_to_proto(&slice, &full, &arena), &arena, &err), &err);
		mg_str_reset(&text);
		mg_tslice_format(&again, &text);
		ck_assert_str_eq(text.ptr, specs[_i].slice);
	}
	mg_shape_clear(&full);
	mg_shape_clear(&shape);
	mg_str_clear(&text);
	mg_arena_clear(&arena);
}
END_TEST

START_TEST(no_spec)
{
	mg_arena arena = { 0 };
	mg_shape full = MG_SHAPE_SCALAR;
	mg_tslice slice;
	bool has = true;

	ck_assert_int_eq(mg_tslice_parse_spec("", 0, &full, &slice, &has, &arena, NULL), 0);
	ck_assert(!has);
	mg_arena_clear(&arena);
}
END_TEST

/* Every pair of regions of a 3 x 4 x 2 tensor along one or two dimensions: copied elements are those of the formula. */
static const int64_t dims[] = { 3, 4, 2 };

static void
region(mg_tslice *s, int64_t *start, int64_t *length, int code)
{
	static const struct { int64_t start, length; } choice[3][5] = {
		{ { 0, -1 }, { 0, 1 }, { 1, 2 }, { 0, 3 }, { 2, 1 } },
		{ { 0, -1 }, { 0, 2 }, { 1, 3 }, { 3, 1 }, { 1, 1 } },
		{ { 0, -1 }, { 0, 1 }, { 1, 1 }, { 0, 2 }, { 0, -1 } },
	};

	for (int d = 0; d < 3; d++, code /= 5) {
		start[d] = choice[d][code % 5].start;
		length[d] = choice[d][code % 5].length;
	}
	*s = (mg_tslice){ 3, start, length };
}

static bool
inside(const mg_tslice *s, int64_t i, int64_t j, int64_t k)
{
	int64_t at[] = { i, j, k };

	for (int d = 0; d < 3; d++) {
		int64_t n = s->length[d] < 0 ? dims[d] : s->length[d];

		if (at[d] < s->start[d] || at[d] >= s->start[d] + n)
			return false;
	}
	return true;
}

/* Fills T, the region S, with the flat index of each element in the full tensor (or -1). */
static void
fill(mg_tensor *t, const mg_tslice *s, bool blank)
{
	int64_t n = 0;

	for (int64_t i = 0; i < 3; i++)
		for (int64_t j = 0; j < 4; j++)
			for (int64_t k = 0; k < 2; k++)
				if (inside(s, i, j, k))
					MG_DATA(t, int32_t)[n++] = blank ? -1 : (int32_t)((i * 4 + j) * 2 + k);
	ck_assert_int_eq(n, t->count);
}

START_TEST(copies)
{
	int64_t start[2][3], length[2][3];
	mg_shape full = MG_SHAPE_SCALAR, shape = MG_SHAPE_SCALAR;
	mg_tslice src_slice, dst_slice, both;
	mgreg_error err;
	int pairs = 0;

	ck_assert_ok(mg_shape_set(&full, dims, 3, &err), &err);
	region(&src_slice, start[0], length[0], _i);
	for (int code = 0; code < 125; code += 3, pairs++) {
		mg_tensor src = { 0 }, dst = { 0 };
		mg_arena arena = { 0 };
		int64_t n = 0, shared = 0;

		region(&dst_slice, start[1], length[1], code);
		ck_assert_ok(mg_tslice_shape(&src_slice, &full, &shape, &err), &err);
		ck_assert_ok(mg_tensor_init(&src, MGREG_INT32, &shape, &err), &err);
		ck_assert_ok(mg_tslice_shape(&dst_slice, &full, &shape, &err), &err);
		ck_assert_ok(mg_tensor_init(&dst, MGREG_INT32, &shape, &err), &err);
		fill(&src, &src_slice, false);
		fill(&dst, &dst_slice, true);
		ck_assert_ok(mg_tslice_copy(&src_slice, &src, &dst_slice, &dst, &full, &err), &err);
		for (int64_t i = 0; i < 3; i++)
			for (int64_t j = 0; j < 4; j++)
				for (int64_t k = 0; k < 2; k++)
					if (inside(&dst_slice, i, j, k)) {
						bool in = inside(&src_slice, i, j, k);

						ck_assert_int_eq(MG_DATA(&dst, int32_t)[n], in ? (i * 4 + j) * 2 + k : -1);
						shared += in;
						n++;
					}
		ck_assert_int_eq(mg_tslice_intersect(&src_slice, &dst_slice, &full, &both, &arena), shared > 0);
		if (shared > 0) {
			int64_t product;

			ck_assert_ok(mg_tslice_shape(&both, &full, &shape, &err), &err);
			ck_assert_ok(mg_shape_count(&shape, &product, &err), &err);
			ck_assert_int_eq(product, shared);
		}
		mg_tensor_clear(&src);
		mg_tensor_clear(&dst);
		mg_arena_clear(&arena);
	}
	ck_assert_int_eq(pairs, 42);
}
END_TEST

START_TEST(strings_and_scalars)
{
	int64_t d[] = { 4 }, s0[] = { 1 }, l0[] = { 2 }, s1[] = { 0 }, l1[] = { -1 }, two[] = { 2 };
	mg_shape full = MG_SHAPE_SCALAR, scalar = MG_SHAPE_SCALAR;
	mg_tslice part = { 1, s0, l0 }, whole = { 1, s1, l1 }, none = { 0 };
	mg_tensor src = { 0 }, dst = { 0 }, a = { 0 }, b = { 0 };
	mgreg_error err;

	ck_assert_ok(mg_shape_set(&full, d, 1, &err), &err);
	ck_assert_ok(mg_tensor_init_dims(&src, MGREG_STRING, d, 1, &err), &err);
	for (int i = 0; i < 4; i++)
		ck_assert_ok(mg_tensor_set_string(&src, i, &"abcd"[i], 1, &err), &err);
	ck_assert_ok(mg_tensor_init_dims(&dst, MGREG_STRING, two, 1, &err), &err);
	ck_assert_ok(mg_tslice_copy(&whole, &src, &part, &dst, &full, &err), &err);
	ck_assert(mg_slice_eq(mg_tensor_string(&dst, 0), "b") && mg_slice_eq(mg_tensor_string(&dst, 1), "c"));
	ck_assert_ok(mg_tensor_init_scalar(&a, MGREG_HALF, 3, &err), &err);
	ck_assert_ok(mg_tensor_init_scalar(&b, MGREG_HALF, 4, &err), &err);
	ck_assert_ok(mg_tslice_copy(&none, &a, &none, &b, &scalar, &err), &err);
	ck_assert(mg_tensor_equal(&a, &b));
	ck_assert_fails(mg_tslice_copy(&none, &a, &none, &src, &scalar, &err), MGREG_INVALID_ARGUMENT, &err);
	mg_tensor_clear(&src);
	mg_tensor_clear(&dst);
	mg_tensor_clear(&a);
	mg_tensor_clear(&b);
}
END_TEST

Suite *
test_slice(void)
{
	TCase *t;
	Suite *s = mg_suite("slice", &t);

	tcase_add_loop_test(t, spec_texts, 0, MG_COUNT(specs));
	tcase_add_test(t, no_spec);
	tcase_add_loop_test(t, copies, 0, 125);
	tcase_add_test(t, strings_and_scalars);
	return s;
}
