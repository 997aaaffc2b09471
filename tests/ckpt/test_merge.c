/* SPDX-License-Identifier: Apache-2.0 */
/* test_merge.c - several bundles become one. */
#include "helper.h"
#include <stdio.h>

static void
shard(const char *prefix, const char *name, const char *spec, float first)
{
	mg_arena arena = { 0 };
	mg_shape full = MG_SHAPE_SCALAR, shape = MG_SHAPE_SCALAR;
	mg_tslice slice;
	bool has;
	mg_tensor t = { 0 };
	mg_ckpt *w;
	mgreg_error err;

	ck_assert_ok(mg_ckpt_create(&w, "v2", prefix, &err), &err);
	ck_assert_ok(mg_tslice_parse_spec(spec, strlen(spec), &full, &slice, &has, &arena, &err), &err);
	ck_assert_ok(mg_tslice_shape(&slice, &full, &shape, &err), &err);
	floats(&t, mg_shape_cdims(&shape), shape.rank, first);
	ck_assert_ok(mg_ckpt_put(w, name, &full, &slice, &t, &err), &err);
	ck_assert_ok(mg_ckpt_put(w, prefix[strlen(prefix) - 1] == '0' ? "first" : "second", NULL, NULL, &t, &err), &err);
	ck_assert_ok(mg_ckpt_finish(w, &err), &err);
	mg_ckpt_close(w);
	mg_tensor_clear(&t);
	mg_shape_clear(&full);
	mg_shape_clear(&shape);
	mg_arena_clear(&arena);
}

START_TEST(two_shards)
{
	char dest[2000], temp[2040], a[2048], b[2048];
	const char *both[] = { a, b };
	mg_ckpt *r;
	mg_tensor t = { 0 };
	const mg_bundle_place *places;
	size_t count;
	int shards;
	mgreg_error err;

	snprintf(dest, sizeof(dest), "%s", fresh_prefix("model.ckpt-7"));
	snprintf(temp, sizeof(temp), "%s_temp_0123", dest);
	snprintf(a, sizeof(a), "%s/part-0", temp);
	snprintf(b, sizeof(b), "%s/part-1", temp);
	shard(a, "w", "6 0,4", 0);
	shard(b, "w", "6 4,2", 4);
	ck_assert_ok(mg_bundle_merge(both, 2, dest, true, &err), &err);
	ck_assert(!mg_is_dir(temp));
	ck_assert_ok(mg_ckpt_open(&r, dest, &err), &err);
	ck_assert_ok(mg_ckpt_read(r, "w", NULL, &t, &err), &err);
	for (int i = 0; i < 6; i++)
		ck_assert(MG_DATA(&t, float)[i] == (float)i);
	ck_assert_int_eq(read_all(r), 3);
	ck_assert_ok(mg_bundle_places(r, &places, &count, &shards, &err), &err);
	ck_assert_int_eq(shards, 2);
	ck_assert_uint_eq(count, 4);
	mg_tensor_clear(&t);
	mg_ckpt_close(r);
}
END_TEST

START_TEST(refused)
{
	char dest[2000], a[2048], b[2048], path[2100];
	const char *both[] = { a, b }, *twice[] = { a, a };
	mgreg_error err;

	snprintf(dest, sizeof(dest), "%s", fresh_prefix("model.ckpt"));
	snprintf(a, sizeof(a), "%s_temp/part-0", dest);
	snprintf(b, sizeof(b), "%s_temp/part-1", dest);
	shard(a, "w", "6 0,4", 0);
	ck_assert_fails(mg_bundle_merge(both, 2, dest, true, &err), MGREG_NOT_FOUND, &err);
	ck_assert_fails(mg_bundle_merge(twice, 2, dest, true, &err), MGREG_INVALID_ARGUMENT, &err);
	shard(b, "w", "6 4,2", 4);
	snprintf(path, sizeof(path), "%s.data-00000-of-00001", b);
	ck_assert_ok(mg_file_remove(path, &err), &err);
	ck_assert_fails(mg_bundle_merge(both, 2, dest, true, &err), MGREG_NOT_FOUND, &err);
	ck_assert(!mg_ckpt_exists(dest));
	ck_assert(mg_ckpt_exists(a));   /* the sources are as they were */
	ck_assert_fails(mg_bundle_merge(both, 0, dest, true, &err), MGREG_INVALID_ARGUMENT, &err);
}
END_TEST

Suite *
test_merge(void)
{
	TCase *t;
	Suite *s = mg_suite("merge", &t);

	tcase_add_test(t, two_shards);
	tcase_add_test(t, refused);
	return s;
}
