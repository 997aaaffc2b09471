/* SPDX-License-Identifier: Apache-2.0 */
/* test_slice_key.c - keys of slices, and which slices cover a region. */
#include "helper.h"

static const struct { const char *name, *slice, *hex; } known[] = {
	{ "w", "", "00 77 00 01 00" },
	{ "w", "-", "00 77 00 01 01 01 80 7f" },
	{ "w", "5,5:0,20", "00 77 00 01 01 02 85 85 80 94" },
	{ "emb/w", "0,100:-", "00 65 6d 62 2f 77 00 01 01 02 80 c0 64 80 7f" },
	{ "a\xff", "-", "00 61 ff 00 00 01 01 01 80 7f" },
	{ "w", "63,64", "00 77 00 01 01 01 bf c0 40" },
	{ "w", "8191,8192", "00 77 00 01 01 01 df ff e0 20 00" },
	{ "w", "1048576,2147483648", "00 77 00 01 01 01 f0 10 00 00 f8 80 00 00 00" },
	{ "w", "1,4611686018427387904", "00 77 00 01 01 01 81 ff c0 40 00 00 00 00 00 00 00" },
};

START_TEST(known_keys)
{
	mg_arena arena = { 0 };
	mg_tslice s, back;
	mg_str key = MG_STR_INIT, want = MG_STR_INIT, text = MG_STR_INIT;
	const char *name;
	mgreg_error err;
	int rc;

	ck_assert_ok(mg_tslice_parse(&s, known[_i].slice, strlen(known[_i].slice), &arena, &err), &err);
	mg_slice_key(known[_i].name, &s, &key);
	unhex_text(known[_i].hex, &want);
	ck_assert_uint_eq(key.len, want.len);
	ck_assert_mem_eq(key.ptr, want.ptr, key.len);
	rc = mg_slice_key_parse((mg_slice){ key.ptr, key.len }, &name, &back, &arena, &err);
	ck_assert_int_eq(rc, s.rank == 0 ? MGREG_DATA_LOSS : 0);
	if (rc == 0) {
		ck_assert_str_eq(name, known[_i].name);
		mg_tslice_format(&back, &text);
		ck_assert_str_eq(text.ptr, known[_i].slice);
	}
	/* Cut anywhere it is refused. */
	for (size_t n = 0; n < key.len; n++)
		ck_assert_int_ne(mg_slice_key_parse((mg_slice){ key.ptr, n }, &name, &back, &arena, &err), 0);
	mg_str_clear(&key);
	mg_str_clear(&want);
	mg_str_clear(&text);
	mg_arena_clear(&arena);
}
END_TEST

/* Numbers of every length keep their order and come back. */
START_TEST(numbers)
{
	mg_arena arena = { 0 };
	mg_str last = MG_STR_INIT, key = MG_STR_INIT;
	const char *name;
	mgreg_error err;

	for (int bit = 0; bit < 62; bit++)
		for (int delta = -1; delta <= 1; delta++) {
			int64_t start = ((int64_t)1 << bit) + delta, length = 1;
			mg_tslice s = { 1, &start, &length }, back;

			mg_str_reset(&key);
			mg_slice_key("n", &s, &key);
			ck_assert_ok(mg_slice_key_parse((mg_slice){ key.ptr, key.len }, &name, &back, &arena, &err), &err);
			ck_assert_int_eq(back.start[0], start);
			if (bit > 2)
				ck_assert_int_lt(mg_slice_cmp((mg_slice){ last.ptr, last.len }, (mg_slice){ key.ptr, key.len }), 0);
			mg_str_reset(&last);
			mg_str_append(&last, key.ptr, key.len);
		}
	mg_str_clear(&last);
	mg_str_clear(&key);
	mg_arena_clear(&arena);
}
END_TEST

static const struct { const char *shape, *stored[4], *want; int code; } covers[] = {
	{ "10 -", { "0,5", "5,5" }, NULL, 0 }, { "10 -", { "5,5", "0,5" }, NULL, 0 }, { "10 -", { "0,5" }, NULL, MGREG_INVALID_ARGUMENT },
	{ "10 -", { "0,5", "4,6" }, NULL, MGREG_INTERNAL }, { "10 -", { "0,5" }, "1,3", 0 }, { "10 -", { "0,5" }, "4,2", MGREG_INVALID_ARGUMENT },
	{ "10 -", { "0,5", "0,5" }, NULL, MGREG_INTERNAL }, { "10 -", { "-" }, "3,4", 0 }, { "10 -", { "0,4", "4,6" }, "2,4", 0 },
	{ "4 6 -:-", { "0,2:-", "2,2:0,3", "2,2:3,3" }, NULL, 0 }, { "4 6 -:-", { "0,2:-", "2,2:0,3" }, NULL, MGREG_INVALID_ARGUMENT },
	{ "4 6 -:-", { "0,2:-", "2,2:0,3", "1,3:3,3" }, NULL, MGREG_INTERNAL }, { "4 6 -:-", { "0,2:-", "2,2:0,3" }, "1,2:0,3", 0 },
	{ "4 6 -:-", { "-:0,3", "-:3,3" }, "1,2:2,2", 0 }, { "0 -", { "-" }, NULL, 0 }, { "4 -", { "-" }, "3,2", MGREG_INTERNAL },
};

struct source { const mg_tslice *slices; const mg_shape *full; };

static int
give(void *ctx, int i, mg_tensor *out, mgreg_error *err)
{
	struct source *s = ctx;
	mg_tensor whole = { 0 };
	mg_shape shape = MG_SHAPE_SCALAR;
	int64_t start[4] = { 0 }, length[4] = { -1, -1, -1, -1 };
	mg_tslice all = { s->full->rank, start, length };
	int rc;

	floats(&whole, mg_shape_cdims(s->full), s->full->rank, 0);
	MG_TRY(mg_tslice_shape(&s->slices[i], s->full, &shape, err));
	MG_TRY(mg_tensor_init(out, MGREG_FLOAT, &shape, err));
	MG_TRY(mg_tslice_copy(&all, &whole, &s->slices[i], out, s->full, err));
out:
	mg_tensor_clear(&whole);
	mg_shape_clear(&shape);
	return rc;
}

static int
give_in_place(void *ctx, int i, mg_tensor *out, mgreg_error *err)
{
	mg_tensor t = { 0 };
	int rc = give(ctx, i, &t, err);

	if (rc == 0)
		memcpy(out->data, t.data, t.size);
	mg_tensor_clear(&t);
	return rc;
}

START_TEST(covering)
{
	mg_arena arena = { 0 };
	mg_shape full = MG_SHAPE_SCALAR;
	mg_tslice stored[4], want, none;
	mg_tensor got = { 0 }, expected = { 0 };
	struct source source = { stored, &full };
	bool has;
	int n = 0;
	mgreg_error err;

	ck_assert_ok(mg_tslice_parse_spec(covers[_i].shape, strlen(covers[_i].shape), &full, &none, &has, &arena, &err), &err);
	for (; n < 4 && covers[_i].stored[n]; n++)
		ck_assert_ok(mg_tslice_parse(&stored[n], covers[_i].stored[n], strlen(covers[_i].stored[n]), &arena, &err), &err);
	if (covers[_i].want)
		ck_assert_ok(mg_tslice_parse(&want, covers[_i].want, strlen(covers[_i].want), &arena, &err), &err);
	for (int place = 0; place < 2; place++) {
		ck_assert_fails(mg_slice_assemble("w", MGREG_FLOAT, stored, n, &full, covers[_i].want ? &want : NULL, give,
			place ? give_in_place : NULL, &source, &got, &err), covers[_i].code, &err);
		if (covers[_i].code) {
			ck_assert_ptr_nonnull(strstr(err.text, "'w'"));
			continue;
		}
		source.slices = covers[_i].want ? &want : &none;
		ck_assert_ok(give(&source, 0, &expected, &err), &err);
		source.slices = stored;
		ck_assert(mg_tensor_equal(&got, &expected));
		mg_tensor_clear(&got);
		mg_tensor_clear(&expected);
	}
	mg_shape_clear(&full);
	mg_arena_clear(&arena);
}
END_TEST

Suite *
test_slice_key(void)
{
	TCase *t;
	Suite *s = mg_suite("slice_key", &t);

	tcase_add_loop_test(t, known_keys, 0, MG_COUNT(known));
	tcase_add_test(t, numbers);
	tcase_add_loop_test(t, covering, 0, MG_COUNT(covers));
	return s;
}
