/* SPDX-License-Identifier: Apache-2.0 */
/* test_shape.c - full and partial shapes. */
#include "testing.h"
#include "base/num.h"
#include "tensor/tensor.h"

/* "?" unknown rank, "" scalar, "2,?,3". */
static void
make(mg_shape *s, const char *text)
{
	int64_t dims[MG_MAX_RANK];
	mg_slice rest = MG_SLICE(text), part;
	int rank = 0;

	*s = MG_SHAPE_SCALAR;
	if (strcmp(text, "*") == 0) {
		*s = MG_SHAPE_UNKNOWN;
		return;
	}
	while (rest.len > 0 && mg_slice_split(&rest, ',', &part)) {
		dims[rank] = MG_DIM_UNKNOWN;
		if (!mg_slice_eq(part, "?"))
			ck_assert(mg_parse_i64(part.ptr, part.len, &dims[rank]));
		rank++;
	}
	ck_assert_int_eq(mg_shape_set(s, dims, rank, NULL), 0);
}

static const struct { const char *a, *b, *merged; } merges[] = {        /* merged NULL: they contradict each other */
	{ "*", "*", "*" }, { "*", "", "" }, { "", "*", "" }, { "*", "2,?", "2,?" }, { "2,?", "*", "2,?" }, { "", "", "" },
	{ "?", "3", "3" }, { "3", "?", "3" }, { "?", "?", "?" }, { "3", "4", NULL }, { "3", "3,1", NULL }, { "", "1", NULL },
	{ "2,?,4", "?,3,4", "2,3,4" }, { "2,?,4", "?,3,5", NULL }, { "0,?", "0,0", "0,0" }, { "0", "1", NULL },
	{ "1,2,3,4,5,6,7,8,?", "?,2,3,4,5,6,7,8,9", "1,2,3,4,5,6,7,8,9" },
	{ "1,2,3,4,5,6,7,8,9", "*", "1,2,3,4,5,6,7,8,9" }, { "1,2,3,4,5,6,7,8,9", "1,2,3,4,5,6,7,8,8", NULL },
};

START_TEST(merging)
{
	mg_shape a, b, m = MG_SHAPE_SCALAR, want;
	mgreg_error err;

	make(&a, merges[_i].a);
	make(&b, merges[_i].b);
	ck_assert_int_eq(mg_shape_compatible(&a, &b), merges[_i].merged != NULL);
	if (merges[_i].merged) {
		make(&want, merges[_i].merged);
		ck_assert_ok(mg_shape_merge(&m, &a, &b, &err), &err);
		ck_assert(mg_shape_equal(&m, &want));
		ck_assert_ok(mg_shape_merge(&m, &b, &a, &err), &err);
		ck_assert(mg_shape_equal(&m, &want));
		ck_assert_ok(mg_shape_merge(&a, &a, &b, &err), &err);   /* OUT may be one of them */
		ck_assert(mg_shape_equal(&a, &want));
		mg_shape_clear(&want);
	} else {
		ck_assert_fails(mg_shape_merge(&m, &a, &b, &err), MGREG_INVALID_ARGUMENT, &err);
	}
	mg_shape_clear(&a);
	mg_shape_clear(&b);
	mg_shape_clear(&m);
}
END_TEST

static const struct { const char *shape; int64_t count; const char *text; } counts[] = {    /* -1: refused */
	{ "", 1, "[]" }, { "0", 0, "[0]" }, { "7", 7, "[7]" }, { "2,3", 6, "[2,3]" }, { "2,0,3", 0, "[2,0,3]" },
	{ "*", -1, "<unknown>" }, { "?", -1, "[?]" }, { "2,?", -1, "[2,?]" },
	{ "4611686018427387904,2", -1, "[4611686018427387904,2]" },
	{ "4611686018427387904,4611686018427387904,0", -1, "[4611686018427387904,4611686018427387904,0]" },
	{ "9223372036854775807", INT64_MAX, "[9223372036854775807]" },
	{ "1,1,1,1,1,1,1,1,1,1,3", 3, "[1,1,1,1,1,1,1,1,1,1,3]" },
};

START_TEST(counting)
{
	mg_shape s, t = MG_SHAPE_SCALAR;
	int64_t n = 0;
	char buf[256];
	mgreg_error err;
	mg_arena arena = { 0 };

	make(&s, counts[_i].shape);
	if (counts[_i].count < 0) {
		ck_assert_fails(mg_shape_count(&s, &n, &err), MGREG_INVALID_ARGUMENT, &err);
	} else {
		ck_assert_ok(mg_shape_count(&s, &n, &err), &err);
		ck_assert_int_eq(n, counts[_i].count);
	}
	ck_assert_str_eq(mg_shape_text(&s, buf), counts[_i].text);
	ck_assert_ok(mg_shape_from_proto(&t, mg_shape_to_proto(&s, &arena), &err), &err);
	ck_assert(mg_shape_equal(&s, &t));
	mg_shape_clear(&s);
	mg_shape_clear(&t);
	mg_arena_clear(&arena);
}
END_TEST

/* Every shape of up to four dimensions out of {?, 0, 1, 2, 5}: text, message and merge with itself agree. */
START_TEST(all_small_shapes)
{
	static const int64_t choice[] = { -1, 0, 1, 2, 5 };
	int made = 0;
	mgreg_error err;

	for (int rank = 0; rank <= 4; rank++) {
		int combos = 1;

		for (int i = 0; i < rank; i++)
			combos *= (int)MG_COUNT(choice);
		for (int c = 0; c < combos; c++, made++) {
			int64_t dims[4], product = 1, n;
			mg_shape s = MG_SHAPE_SCALAR, t = MG_SHAPE_SCALAR;
			mg_arena arena = { 0 };
			bool full = true;

			for (int i = 0, k = c; i < rank; i++, k /= (int)MG_COUNT(choice)) {
				dims[i] = choice[k % (int)MG_COUNT(choice)];
				full &= dims[i] >= 0;
				product *= dims[i];
			}
			ck_assert_ok(mg_shape_set(&s, dims, rank, &err), &err);
			ck_assert_int_eq(mg_shape_is_full(&s), full);
			if (full) {
				ck_assert_ok(mg_shape_count(&s, &n, &err), &err);
				ck_assert_int_eq(n, product);
			}
			ck_assert_ok(mg_shape_from_proto(&t, mg_shape_to_proto(&s, &arena), &err), &err);
			ck_assert(mg_shape_equal(&s, &t) && mg_shape_compatible(&s, &t));
			mg_arena_clear(&arena);
			mg_shape_clear(&s);
			mg_shape_clear(&t);
		}
	}
	ck_assert_int_ge(made, 700);
}
END_TEST

START_TEST(refused)
{
	int64_t dims[300] = { 0 }, bad = -2;
	mg_shape s = MG_SHAPE_SCALAR;
	mgreg_error err;
	mg_arena arena = { 0 };
	Pb__TensorShapeProto *p;

	ck_assert_fails(mg_shape_set(&s, dims, 255, &err), MGREG_INVALID_ARGUMENT, &err);
	ck_assert_fails(mg_shape_set(&s, &bad, 1, &err), MGREG_INVALID_ARGUMENT, &err);
	ck_assert_ok(mg_shape_set(&s, dims, 254, &err), &err);
	p = mg_shape_to_proto(&s, &arena);
	p->unknown_rank = 1;
	ck_assert_fails(mg_shape_from_proto(&s, p, &err), MGREG_INVALID_ARGUMENT, &err);
	ck_assert_ok(mg_shape_from_proto(&s, NULL, &err), &err);
	ck_assert_int_eq(s.rank, MG_RANK_UNKNOWN);
	mg_shape_clear(&s);
	mg_arena_clear(&arena);
}
END_TEST

Suite *
test_shape(void)
{
	TCase *t;
	Suite *s = mg_suite("shape", &t);

	tcase_add_loop_test(t, merging, 0, MG_COUNT(merges));
	tcase_add_loop_test(t, counting, 0, MG_COUNT(counts));
	tcase_add_test(t, all_small_shapes);
	tcase_add_test(t, refused);
	return s;
}
