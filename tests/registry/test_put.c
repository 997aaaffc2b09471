/* SPDX-License-Identifier: Apache-2.0 */
/* test_put.c - files into a store and out again: bytes, sharing, order, damage, shortage of memory. */
#include "testing.h"
#include "base/clock.h"
#include "base/file.h"
#include "registry/registry.h"

static char *
path_of(const char *name)
{
	char text[1200];

	snprintf(text, sizeof text, "%s/%s", mg_test_tempdir(), name);
	return mg_strdup(text);
}

static mg_store *
new_store(void)
{
	static int n;
	mgreg_error err = { 0 };
	mg_store *s = NULL;
	char name[40], *path;

	snprintf(name, sizeof name, "r%d.mgreg", n++);
	path = path_of(name);
	ck_assert_ok(mg_store_create(&s, path, NULL, &err), &err);
	mg_free(path);
	return s;
}

static void
put_floats(mg_ckpt *c, const char *name, int64_t count, float first)
{
	mgreg_error err = { 0 };
	mg_tensor t = { 0 };

	ck_assert_ok(mg_tensor_init_dims(&t, MGREG_FLOAT, &count, 1, &err), &err);
	for (int64_t i = 0; i < count; i++)
		MG_DATA(&t, float)[i] = first + (float)(i % 9973);
	ck_assert_ok(mg_ckpt_put(c, name, NULL, NULL, &t, &err), &err);
	mg_tensor_clear(&t);
}

/* A checkpoint with a big tensor, small ones, strings, a partitioned one and a step. */
static char *
make_checkpoint(const char *name, float first, int64_t step)
{
	int64_t start[2] = { 0, 0 }, length[2] = { 2, 3 }, dims[1] = { 2 };
	mg_tslice slice = { 2, start, length };
	mg_shape full = MG_SHAPE_SCALAR;
	char *prefix = path_of(name);
	mgreg_error err = { 0 };
	mg_tensor t = { 0 };
	mg_ckpt *c = NULL;

	ck_assert_ok(mg_ckpt_create(&c, "v2", prefix, &err), &err);
	put_floats(c, "big", 700001, first);
	ck_assert_ok(mg_tensor_init_dims(&t, MGREG_INT64, NULL, 0, &err), &err);
	MG_DATA(&t, int64_t)[0] = step;
	ck_assert_ok(mg_ckpt_put(c, "global_step", NULL, NULL, &t, &err), &err);
	mg_tensor_clear(&t);
	ck_assert_ok(mg_tensor_init_dims(&t, MGREG_STRING, dims, 1, &err), &err);
	ck_assert_ok(mg_tensor_set_string(&t, 1, "a\0b", 3, &err), &err);
	ck_assert_ok(mg_ckpt_put(c, "names", NULL, NULL, &t, &err), &err);
	mg_tensor_clear(&t);
	ck_assert_ok(mg_shape_set(&full, (int64_t[]){ 4, 3 }, 2, &err), &err);
	for (int part = 0; part < 2; part++) {
		start[0] = 2 * part;
		ck_assert_ok(mg_tensor_init_dims(&t, MGREG_FLOAT, length, 2, &err), &err);
		for (int i = 0; i < 6; i++)
			MG_DATA(&t, float)[i] = (float)(part * 6 + i);
		ck_assert_ok(mg_ckpt_put(c, "parts", &full, &slice, &t, &err), &err);
		mg_tensor_clear(&t);
	}
	put_floats(c, "small", 100, first + 1);
	ck_assert_ok(mg_ckpt_finish(c, &err), &err);
	mg_ckpt_close(c);
	mg_shape_clear(&full);
	return prefix;
}

typedef struct heard { int count; mgreg_version_info last; int64_t steps[8]; } heard;

static int
hear(void *ctx, const mgreg_version_info *v, int skipped)
{
	heard *h = ctx;

	(void)skipped;
	if (h->count < 8)
		h->steps[h->count] = v->has_step ? v->step : -1;
	h->count++;
	h->last = *v;
	return 0;
}

static int
export(mg_store *s, const char *source, const char *as, heard *h, mgreg_error *err)
{
	mgreg_store_export_options o = MGREG_STORE_EXPORT_INIT;

	o.as = as;
	return mgreg_store_export(s, &source, 1, &o, hear, h, err);
}

static void
same_file(const char *a, const char *b)
{
	mg_str x = MG_STR_INIT, y = MG_STR_INIT;
	mgreg_error err = { 0 };

	ck_assert_ok(mg_file_read(a, 0, &x, &err), &err);
	ck_assert_ok(mg_file_read(b, 0, &y, &err), &err);
	ck_assert_msg(x.len == y.len && !memcmp(x.ptr, y.ptr, x.len), "%s and %s differ", a, b);
	mg_str_clear(&x);
	mg_str_clear(&y);
}

static void
same_tail(const char *a, const char *b, const char *tail)
{
	char x[1400], y[1400];

	snprintf(x, sizeof x, "%s%s", a, tail);
	snprintf(y, sizeof y, "%s%s", b, tail);
	same_file(x, y);
}

static int64_t
stored(mg_store *s)
{
	mgreg_query *q = NULL;
	mgreg_error err = { 0 };
	int64_t n;
	int row;

	ck_assert_ok(mgreg_query_new(&q, s, "SELECT coalesce(sum(stored), 0) FROM mg_chunk", 0, NULL, &err), &err);
	ck_assert_ok(mgreg_query_step(q, &row, &err), &err);
	n = mgreg_query_integer(q, 0);
	mgreg_query_free(q);
	return n;
}

START_TEST(round_trip)
{
	char *prefix = make_checkpoint("rt/m.ckpt-12", 0, 12), *out = path_of("rt.out"), *at = NULL;
	mgreg_checkout_options o = MGREG_CHECKOUT_INIT;
	mg_store *s = new_store();
	mgreg_error err = { 0 };
	int64_t once, problems;
	heard h = { 0 };

	ck_assert_ok(export(s, prefix, "m", &h, &err), &err);
	ck_assert_int_eq(h.last.step, 12);
	ck_assert_str_eq(h.last.kind, "weights");
	ck_assert_str_eq(h.last.ref, "m/main@12");
	once = stored(s);
	ck_assert_int_lt(once, 700001 * 4 + 2000);
	ck_assert_ok(mgreg_store_checkout(s, h.last.id, out, NULL, &at, &err), &err);
	ck_assert_ptr_nonnull(strstr(at, "/m.ckpt-12"));
	same_tail(prefix, at, ".index");
	same_tail(prefix, at, ".data-00000-of-00001");
	mg_free(at);
	/* the projection of the rows is the same file: our own writer's order is that of names */
	o.as = "v2";
	o.prefix = "other";
	ck_assert_ok(mgreg_store_checkout(s, h.last.id, out, &o, &at, &err), &err);
	ck_assert_ptr_nonnull(strstr(at, "/other-12"));
	same_tail(prefix, at, ".index");
	same_tail(prefix, at, ".data-00000-of-00001");
	/* and again into another run: nothing is stored twice */
	ck_assert_ok(export(s, at, "m/copy", &h, &err), &err);
	ck_assert_int_eq(stored(s), once);
	mg_free(at);
	ck_assert_ok(mg_store_fsck(s, NULL, NULL, NULL, &problems, &err), &err);
	ck_assert_int_eq(problems, 0);
	mg_store_close(s);
	mg_free(prefix);
	mg_free(out);
}
END_TEST

START_TEST(changed_leaf_costs_a_leaf)
{
	char *a = make_checkpoint("leaf/m-1", 0, 1), *b = make_checkpoint("leaf/m-2", 0, 2);
	mg_store *s = new_store();
	mgreg_error err = { 0 };
	heard h = { 0 };
	int64_t before;

	ck_assert_ok(export(s, a, "m", &h, &err), &err);
	before = stored(s);
	ck_assert_ok(export(s, b, "m", &h, &err), &err);
	ck_assert_int_lt(stored(s) - before, 2000);     /* the step, and the index */
	ck_assert_int_eq(h.last.added_bytes, stored(s) - before);
	mg_store_close(s);
	mg_free(a);
	mg_free(b);
}
END_TEST

START_TEST(folder_in_order)
{
	char *dir = path_of("all"), *p[3] = { make_checkpoint("all/m-5", 5, 5), make_checkpoint("all/m-9", 9, 9), make_checkpoint("all/m-7", 7, 7) };
	const char *list[] = { p[0], p[1], p[2] };
	mgreg_store_export_options o = MGREG_STORE_EXPORT_INIT;
	mg_store *s = new_store();
	mgreg_version_info v;
	mgreg_error err = { 0 };
	heard h = { 0 };
	const char *source = dir;

	/* a rewound run: 9 was saved before 7, and the file's pointer names 7 although it is not the last of the list */
	ck_assert_ok(mg_ckpt_state_write(dir, "checkpoint", p[2], list, 3, true, &err), &err);
	o.as = "m/r";
	o.all = 1;
	ck_assert_ok(mgreg_store_export(s, &source, 1, &o, hear, &h, &err), &err);
	ck_assert_int_eq(h.count, 3);
	ck_assert_int_eq(h.steps[0], 5);
	ck_assert_int_eq(h.steps[1], 9);
	ck_assert_int_eq(h.steps[2], 7);
	ck_assert_ok(mgreg_store_latest(s, "m/r", &v, &err), &err);
	ck_assert_int_eq(v.step, 7);
	mg_store_close(s);
	for (int i = 0; i < 3; i++)
		mg_free(p[i]);
	mg_free(dir);
}
END_TEST

static void
flip(const char *path, const mg_str *good, size_t at, uint8_t bits)
{
	mgreg_error err = { 0 };
	char *bad = mg_memdup(good->ptr, good->len);

	bad[at] = (char)(bad[at] ^ bits);
	ck_assert_ok(mg_file_write(path, bad, good->len, &err), &err);
	mg_free(bad);
}

/* Every byte of the data file flipped in turn: refused with the tensor's name, nothing stored. */
START_TEST(damaged_data)
{
	char *prefix = path_of("damage/m-3"), file[1300];
	mg_store *s = new_store();
	mg_str good = MG_STR_INIT;
	mgreg_error err = { 0 };
	mg_ckpt *c = NULL;
	heard h = { 0 };

	ck_assert_ok(mg_ckpt_create(&c, "v2", prefix, &err), &err);
	put_floats(c, "first", 20, 1);
	put_floats(c, "second", 20, 2);
	ck_assert_ok(mg_ckpt_finish(c, &err), &err);
	mg_ckpt_close(c);
	snprintf(file, sizeof file, "%s.data-00000-of-00001", prefix);
	ck_assert_ok(mg_file_read(file, 0, &good, &err), &err);
	for (size_t i = 0; i < good.len; i++) {
		flip(file, &good, i, 1u << (i % 8));
		ck_assert_fails(export(s, prefix, "m", &h, &err), MGREG_DATA_LOSS, &err);
		ck_assert_ptr_nonnull(strstr(err.text, i < 80 ? "first" : "second"));
	}
	ck_assert_int_eq(h.count, 0);
	ck_assert_int_eq(stored(s), 0);
	ck_assert_fails(mgreg_store_latest(s, "m", &h.last, &err), MGREG_NOT_FOUND, &err);
	ck_assert_ok(mg_file_write(file, good.ptr, good.len, &err), &err);
	/* the index has a checksum of its own over every block: a flip is refused, or changes nothing that is read */
	snprintf(file, sizeof file, "%s.index", prefix);
	mg_str_reset(&good);
	ck_assert_ok(mg_file_read(file, 0, &good, &err), &err);
	for (size_t i = 0; i < good.len; i++) {
		int rc;

		flip(file, &good, i, 1u << (i % 8));
		rc = export(s, prefix, "idx", &h, &err);
		if (rc == 0) {
			mgreg_version_info v;

			ck_assert_ok(mgreg_store_latest(s, "idx", &v, &err), &err);
			ck_assert_int_eq(v.size, h.last.size);
		} else {
			ck_assert_msg(rc == MGREG_DATA_LOSS || rc == MGREG_UNIMPLEMENTED || rc == MGREG_INVALID_ARGUMENT || rc == MGREG_NOT_FOUND,
				"byte %zu: %s: %s", i, mgreg_code_name((mgreg_code)rc), err.text);
		}
	}
	mg_str_clear(&good);
	mg_store_close(s);
	mg_free(prefix);
}
END_TEST

static int
export_once(void *arg, mgreg_error *err)
{
	mg_store *s = NULL;
	heard h = { 0 };
	char name[40], *path;
	static int n;
	int rc;

	snprintf(name, sizeof name, "a%d.mgreg", n++);
	path = path_of(name);
	if (!path)
		return mg_fail_nomem(err, 0);
	rc = mg_store_create(&s, path, NULL, err);
	if (rc == 0)
		rc = export(s, arg, "m", &h, err);
	mg_store_close(s);
	mg_free(path);
	return rc;
}

START_TEST(every_allocation)
{
	char *prefix = path_of("alloc/m-3");
	mgreg_error err = { 0 };
	mg_ckpt *c = NULL;

	ck_assert_ok(mg_ckpt_create(&c, "v2", prefix, &err), &err);
	put_floats(c, "w", 20, 1);
	ck_assert_ok(mg_ckpt_finish(c, &err), &err);
	mg_ckpt_close(c);
	mg_test_each_allocation(export_once, prefix);
	mg_free(prefix);
}
END_TEST

Suite *
test_put(void)
{
	TCase *t;
	Suite *s = mg_suite("put", &t);

	tcase_set_timeout(t, 60);
	tcase_add_test(t, round_trip);
	tcase_add_test(t, changed_leaf_costs_a_leaf);
	tcase_add_test(t, folder_in_order);
	tcase_add_test(t, damaged_data);
	tcase_add_test(t, every_allocation);
	return s;
}
