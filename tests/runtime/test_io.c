/* SPDX-License-Identifier: Apache-2.0 */
/* test_io.c - Save and Restore through a resolver of the test's own; names of shards; files only below the roots. */
#include "rt.h"
#include "base/map.h"
#include "base/path.h"

/* A resolver that keeps tensors in memory: one checkpoint, whatever its name; slices are kept under "name spec". */
typedef struct memory {
	mg_ckpt ckpt;
	mg_map  tensors;
	char    last_format[8];
	int     opened, finished, merged;
} memory;

static int
m_put(mg_ckpt *c, const char *name, const mg_shape *full, const mg_tslice *slice, const mg_tensor *t, mgreg_error *err)
{
	memory *m = (memory *)c;
	mg_tensor *copy = mg_calloc(1, sizeof(*copy)), *old = mg_map_find(&m->tensors, name);

	(void)full, (void)slice;
	if (old)
		mg_tensor_clear(old);
	mg_free(old);
	ck_assert_ok(mg_tensor_copy(copy, t, err), err);
	mg_map_set(&m->tensors, name, copy);
	return 0;
}

static int
m_find(mg_ckpt *c, const char *name, mg_ckpt_entry *out, mgreg_error *err)
{
	mg_tensor *t = mg_map_find(&((memory *)c)->tensors, name);

	if (!t)
		return mg_fail(err, MGREG_NOT_FOUND, "key %s not found in checkpoint", name);
	*out = (mg_ckpt_entry){ .name = name, .dtype = t->dtype, .shape = t->shape };
	return 0;
}

static int
m_read(mg_ckpt *c, const char *name, const mg_tslice *want, mg_tensor *out, mgreg_error *err)
{
	(void)want;
	return mg_tensor_copy(out, mg_map_find(&((memory *)c)->tensors, name), err);
}

static int
m_finish(mg_ckpt *c, mgreg_error *err)
{
	(void)err;
	((memory *)c)->finished++;
	return 0;
}

static void m_abandon(mg_ckpt *c) { (void)c; }
static void m_close(mg_ckpt *c) { (void)c; }

static const mg_ckpt_ops ops = { .format = "memory", .put = m_put, .find = m_find, .read = m_read, .finish = m_finish, .abandon = m_abandon, .close = m_close };

static int
m_open(void *ctx, const char *prefix, mg_ckpt_mode mode, const char *format, mg_ckpt **out, mgreg_error *err)
{
	memory *m = ctx;

	if (!strcmp(prefix, "nowhere"))
		return mg_fail(err, MGREG_NOT_FOUND, "no checkpoint '%s'", prefix);
	if (mode == MG_CKPT_WRITE)
		snprintf(m->last_format, sizeof(m->last_format), "%s", format);
	m->opened++;
	m->ckpt.ops = &ops;
	*out = &m->ckpt;
	return 0;
}

static int
m_merge(void *ctx, const char *const *prefixes, int count, const char *dest, bool delete_old, mgreg_error *err)
{
	(void)err;
	ck_assert_str_eq(prefixes[count - 1], "part");
	ck_assert_str_eq(dest, "dest");
	ck_assert(delete_old);
	((memory *)ctx)->merged++;
	return 0;
}

static mg_output
strings(rt *t, int n, const char *const *text)
{
	mg_output o = mg_const_strings(&t->b, NULL, text, n);

	ck_assert_ok(t->b.rc, &t->err);
	return o;
}

START_TEST(save_and_restore)
{
	rt t;
	memory m = { 0 };
	mg_resolver resolver = { &m, m_open, m_merge };
	mg_output v, w, r;
	mg_tensor out = { 0 };
	mg_node *n;
	mg_map_item item;

	rt_begin_with(&t, &(mg_session_options){ .resolver = &resolver });
	v = rt_variable(&t, "v", 2);
	w = rt_variable(&t, "w", -1);
	rt_set(&t, "v", 2, (double[]){ 1, 2 });
	rt_set(&t, "w", -1, (double[]){ 3 });
	n = mg_build_node(&t.b, "SaveV2", "save", "oooO", rt_string(&t, "file", "model"), strings(&t, 2, (const char *const[]){ "v", "w" }),
		strings(&t, 2, (const char *const[]){ "", "" }), (mg_output[]){ v, w }, 2);
	rt_run(&t, n);
	ck_assert_str_eq(m.last_format, "v2");
	ck_assert_int_eq(m.finished, 1);
	ck_assert_uint_eq(m.tensors.len, 2);
	n = mg_build_node(&t.b, "Save", "save1", "ooO", rt_string(&t, NULL, "model"), strings(&t, 2, (const char *const[]){ "v", "w" }), (mg_output[]){ v, w }, 2);
	rt_run(&t, n);
	ck_assert_str_eq(m.last_format, "v1");
	r = mg_build(&t.b, "RestoreV2", "restore", "ooo; T:dtypes", rt_string(&t, NULL, "model"), strings(&t, 1, (const char *const[]){ "v" }),
		strings(&t, 1, (const char *const[]){ "" }), (int[]){ MGREG_FLOAT }, 1);
	rt_set(&t, "v", 2, (double[]){ 0, 0 });
	rt_run(&t, mg_build_node(&t.b, "Assign", "put", "oo", v, r));
	ck_assert_double_eq(rt_get(&t, "v", 1), 2);
	rt_fetch(&t, mg_build(&t.b, "Restore", "restore1", "oo; t:dt", rt_string(&t, NULL, "model"), rt_string(&t, NULL, "w"), MGREG_FLOAT), &out);
	ck_assert_float_eq(MG_DATA(&out, float)[0], 3);
	mg_tensor_clear(&out);
	r = mg_build(&t.b, "RestoreV2", "int", "ooo; T:dtypes", rt_string(&t, NULL, "model"), strings(&t, 1, (const char *const[]){ "v" }),
		strings(&t, 1, (const char *const[]){ "" }), (int[]){ MGREG_INT32 }, 1);
	rt_fetch_fails(&t, r, MGREG_INVALID_ARGUMENT);
	ck_assert_ptr_nonnull(strstr(t.err.text, "'v'"));
	r = mg_build(&t.b, "RestoreV2", "absent", "ooo; T:dtypes", rt_string(&t, NULL, "model"), strings(&t, 1, (const char *const[]){ "x" }),
		strings(&t, 1, (const char *const[]){ "" }), (int[]){ MGREG_FLOAT }, 1);
	rt_fetch_fails(&t, r, MGREG_NOT_FOUND);
	ck_assert_str_eq(t.err.node, "absent");
	r = mg_build(&t.b, "RestoreV2", "slice", "ooo; T:dtypes", rt_string(&t, NULL, "model"), strings(&t, 1, (const char *const[]){ "v" }),
		strings(&t, 1, (const char *const[]){ "4 0,2" }), (int[]){ MGREG_FLOAT }, 1);
	rt_fetch_fails(&t, r, MGREG_INVALID_ARGUMENT);
	r = mg_build(&t.b, "RestoreV2", "none", "ooo; T:dtypes", rt_string(&t, NULL, "nowhere"), strings(&t, 1, (const char *const[]){ "v" }),
		strings(&t, 1, (const char *const[]){ "" }), (int[]){ MGREG_FLOAT }, 1);
	rt_fetch_fails(&t, r, MGREG_NOT_FOUND);
	n = mg_build_node(&t.b, "SaveV2", "wrong", "oooO", rt_string(&t, NULL, "model"), strings(&t, 1, (const char *const[]){ "v" }),
		strings(&t, 1, (const char *const[]){ "4 0,3" }), (mg_output[]){ v }, 1);
	rt_run_fails(&t, n, MGREG_INVALID_ARGUMENT);
	ck_assert_int_eq(m.finished, 2);
	n = mg_build_node(&t.b, "MergeV2Checkpoints", "merge", "oo", strings(&t, 1, (const char *const[]){ "part" }), rt_string(&t, NULL, "dest"));
	rt_run(&t, n);
	ck_assert_int_eq(m.merged, 1);
	for (void *it = NULL; (it = mg_map_next(&m.tensors, it, &item)); ) {
		mg_tensor_clear(item.value);
		mg_free(item.value);
	}
	mg_map_clear(&m.tensors);
	rt_end(&t);
}
END_TEST

static void
check_text(rt *t, mg_output o, const char *want)
{
	mg_tensor out = { 0 };
	mg_slice s;

	rt_fetch(t, o, &out);
	s = mg_tensor_string(&out, 0);
	ck_assert_msg(mg_slice_eq(s, want), "'%.*s', expected '%s'", (int)s.len, s.ptr, want);
	mg_tensor_clear(&out);
}

START_TEST(names_of_shards)
{
	rt t;
	mg_output base, two, three;

	rt_begin(&t);
	base = rt_string(&t, "base", "/x/model");
	two = mg_const_scalar(&t.b, "two", MGREG_INT32, 2);
	three = mg_const_scalar(&t.b, "three", MGREG_INT32, 3);
	check_text(&t, mg_build(&t.b, "ShardedFilename", "n", "ooo", base, two, three), "/x/model-00002-of-00003");
	check_text(&t, mg_build(&t.b, "ShardedFilespec", "s", "oo", base, three), "/x/model-?\?\?\?\?-of-00003");
	rt_end(&t);
}
END_TEST

START_TEST(files_only_below_the_roots)
{
	rt t;
	const char *dir = mg_test_tempdir();
	const char *roots[] = { dir };
	const char *path = mg_test_path(dir, "sub/a.txt");
	mg_tensor out = { 0 };
	mg_node *n;

	rt_begin_with(&t, &(mg_session_options){ .roots = roots, .root_count = 1 });
	n = mg_build_node(&t.b, "WriteFile", "write", "oo", rt_string(&t, NULL, path), rt_string(&t, NULL, "hello"));
	rt_run(&t, n);
	check_text(&t, mg_build(&t.b, "ReadFile", "read", "o", rt_string(&t, NULL, path)), "hello");
	rt_fetch(&t, mg_build(&t.b, "MatchingFiles", "match", "o", rt_string(&t, NULL, mg_test_path(dir, "s*/?.txt"))), &out);
	ck_assert_int_eq(out.count, 1);
	ck_assert_msg(mg_slice_eq(mg_tensor_string(&out, 0), path), "%s", mg_tensor_string(&out, 0).ptr);
	mg_tensor_clear(&out);
	rt_fetch_fails(&t, mg_build(&t.b, "ReadFile", "outside", "o", rt_string(&t, NULL, "/etc/hostname")), MGREG_PERMISSION_DENIED);
	rt_fetch_fails(&t, mg_build(&t.b, "MatchingFiles", "mout", "o", rt_string(&t, NULL, "/etc/*")), MGREG_PERMISSION_DENIED);
	rt_fetch_fails(&t, mg_build(&t.b, "MatchingFiles", "mup", "o", rt_string(&t, NULL, mg_test_path(dir, "s*/../../*"))), MGREG_PERMISSION_DENIED);
	rt_run_fails(&t, mg_build_node(&t.b, "WriteFile", "wout", "oo", rt_string(&t, NULL, "/etc/mgreg-test"), rt_string(&t, NULL, "x")), MGREG_PERMISSION_DENIED);
	rt_fetch_fails(&t, mg_build(&t.b, "ReadFile", "absent", "o", rt_string(&t, NULL, mg_test_path(dir, "nothing"))), MGREG_NOT_FOUND);
	rt_fetch_fails(&t, mg_build(&t.b, "Restore", "ck", "oo; t:dt", rt_string(&t, NULL, "/etc/model"), rt_string(&t, NULL, "w"), MGREG_FLOAT), MGREG_PERMISSION_DENIED);
	rt_end(&t);
}
END_TEST

Suite *
test_io(void)
{
	TCase *t;
	Suite *s = mg_suite("io", &t);

	tcase_add_test(t, save_and_restore);
	tcase_add_test(t, names_of_shards);
	tcase_add_test(t, files_only_below_the_roots);
	return s;
}
