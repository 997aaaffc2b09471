/* SPDX-License-Identifier: Apache-2.0 */
/* test_naming.c - prefixes, steps, files. */
#include "helper.h"
#include <stdio.h>
#include "base/path.h"

static const struct { const char *prefix; bool has; size_t base; int64_t step; } steps[] = {
	{ "model.ckpt-1000", true, 10, 1000 }, { "m-0", true, 1, 0 }, { "model.ckpt", false, 0, 0 }, { "model-", false, 0, 0 },
	{ "-5", false, 0, 0 }, { "5", false, 0, 0 }, { "a-b-7", true, 3, 7 }, { "a-99999999999999999999", false, 0, 0 }, { "m--3", true, 2, 3 },
	{ "dir-3/model", false, 0, 0 }, { "m-0010", true, 1, 10 },
};

START_TEST(step_of_name)
{
	size_t base = 0;
	int64_t step = -1;

	ck_assert_int_eq(mg_ckpt_name_step(steps[_i].prefix, &base, &step), steps[_i].has);
	if (steps[_i].has) {
		ck_assert_uint_eq(base, steps[_i].base);
		ck_assert_int_eq(step, steps[_i].step);
	}
}
END_TEST

static const struct { const char *from, *meta, *prefix; } names[] = {
	{ "m-10", "m-10.meta", "m-10" }, { "m-10-?????" "-of-00003", "m-10.meta", "m-10-?????" "-of-00003" },
	{ "m-10-00001-of-00003", "m-10.meta", "m-10-00001-of-00003" }, { "m-of-3", "m-of-3.meta", "m-of-3" },
	{ "m-10.index", "m-10.index.meta", "m-10" }, { "m-10.meta", "m-10.meta.meta", "m-10" },
	{ "d/m.data-00000-of-00001", "d/m.data.meta", "d/m" }, { "m.data-00000", "m.data-00000.meta", "m.data-00000" }, { ".index", ".index.meta", ".index" },
};

START_TEST(derived_names)
{
	char *meta = mg_ckpt_meta_name(names[_i].from), *prefix = mg_ckpt_prefix_of(names[_i].from);

	ck_assert_str_eq(meta, names[_i].meta);
	ck_assert_str_eq(prefix, names[_i].prefix);
	mg_free(meta);
	mg_free(prefix);
}
END_TEST

START_TEST(files_and_removal)
{
	static const char *const mine[] = { "m-1.index", "m-1.data-00000-of-00002", "m-1.data-00001-of-00002", "m-1.meta" };
	static const char *const others[] = { "m-10.index", "m-1.data-00000-of-0000", "m-1.txt", "m-11.meta" };
	char dir[2000], path[2048], **list;
	size_t count;
	mgreg_error err;

	snprintf(dir, sizeof(dir), "%s", fresh_prefix("x"));
	dir[strlen(dir) - 2] = 0;
	for (size_t i = 0; i < MG_COUNT(mine); i++) {
		spit(mg_test_path(dir, mine[i]), "", 0);
		spit(mg_test_path(dir, others[i]), "", 0);
	}
	snprintf(path, sizeof(path), "%s/m-1", dir);
	ck_assert_ok(mg_ckpt_files(path, &list, &count, &err), &err);
	ck_assert_uint_eq(count, MG_COUNT(mine));
	for (size_t i = 0; i < count; i++)
		ck_assert_str_eq(mg_path_basename(list[i]), mine[i]);
	mg_names_free(list, count);
	ck_assert_ok(mg_ckpt_remove(path, &err), &err);
	ck_assert_ok(mg_ckpt_remove(path, &err), &err);
	ck_assert_ok(mg_ckpt_files(path, &list, &count, &err), &err);
	ck_assert_uint_eq(count, 0);
	mg_names_free(list, count);
	for (size_t i = 0; i < MG_COUNT(others); i++)
		ck_assert(mg_file_exists(mg_test_path(dir, others[i])));
}
END_TEST

START_TEST(roots)
{
	char base[2000], inside[2048];
	mg_roots allowed = { 0 };
	mg_resolver r;
	mg_ckpt *c = NULL;
	const char *prefixes[] = { inside };
	mgreg_error err;

	snprintf(base, sizeof(base), "%s", fresh_prefix("x"));
	base[strlen(base) - 2] = 0;
	snprintf(inside, sizeof(inside), "%s/m", base);
	ck_assert_ok(mg_roots_add(&allowed, base, &err), &err);
	mg_resolver_files(&r, &allowed);
	ck_assert_fails(r.open(r.ctx, "/etc/m", MG_CKPT_WRITE, "v2", &c, &err), MGREG_PERMISSION_DENIED, &err);
	ck_assert_fails(r.open(r.ctx, "/etc/passwd", MG_CKPT_READ, "v2", &c, &err), MGREG_PERMISSION_DENIED, &err);
	ck_assert_fails(r.merge(r.ctx, prefixes, 1, "/etc/m", false, &err), MGREG_PERMISSION_DENIED, &err);
	ck_assert_fails(r.open(r.ctx, inside, MG_CKPT_READ, "v2", &c, &err), MGREG_NOT_FOUND, &err);
	ck_assert_ok(r.open(r.ctx, inside, MG_CKPT_WRITE, "v2", &c, &err), &err);
	ck_assert_ok(mg_ckpt_finish(c, &err), &err);
	mg_ckpt_close(c);
	ck_assert_ok(r.open(r.ctx, inside, MG_CKPT_READ, NULL, &c, &err), &err);
	ck_assert_int_eq(read_all(c), 0);
	mg_ckpt_close(c);
	mg_roots_clear(&allowed);
}
END_TEST

Suite *
test_naming(void)
{
	TCase *t;
	Suite *s = mg_suite("naming", &t);

	tcase_add_loop_test(t, step_of_name, 0, MG_COUNT(steps));
	tcase_add_loop_test(t, derived_names, 0, MG_COUNT(names));
	tcase_add_test(t, files_and_removal);
	tcase_add_test(t, roots);
	return s;
}
