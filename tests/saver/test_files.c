/* SPDX-License-Identifier: Apache-2.0 */
/* test_files.c - variables through TensorFlow's files and back; the state file; what retention deletes. */
#include <stdio.h>
#include "testing.h"
#include "base/file.h"
#include "saver/saver.h"

static mgreg_error err;

typedef struct rig {
	mg_graph   *g;
	mg_session *s;
	mg_saver   *saver;
	mg_node    *init, *add;
} rig;

static void
rig_up(rig *r, unsigned flags, int max_to_keep, bool sharded)
{
	mg_saver_options o = MG_SAVER_INIT;
	mg_session_options so = { .threads = 1 };
	mg_builder b;
	const mg_variable_record *v;
	mg_output handle, read, one;

	ck_assert_ok(mg_graph_new(&r->g, &err), &err);
	b = (mg_builder)MG_BUILDER(r->g, &err);
	one = mg_const_scalar(&b, "one", MGREG_FLOAT, 1);
	ck_assert_ok(mg_variable_new(r->g, "w", one, flags, &v, &err), &err);
	ck_assert_ok(mg_variable_outputs(r->g, v, &handle, &read, &err), &err);
	if (flags & MG_VARIABLE_RESOURCE)
		r->add = mg_build_node(&b, "AssignAddVariableOp", "add", "oo;t:dtype", handle, one, (int)MGREG_FLOAT);
	else
		r->add = mg_build_node(&b, "AssignAdd", "add", "oo", handle, one);
	o.max_to_keep = max_to_keep;
	o.sharded = sharded;
	ck_assert_ok(mg_saver_new(&r->saver, r->g, &o, &err), &err);
	ck_assert_ok(mg_variables_initializer(r->g, "variables", "init", &r->init, &err), &err);
	ck_assert_ok(mg_session_new(&r->s, r->g, &so, &err), &err);
	ck_assert_ok(mg_session_add_root(r->s, mg_test_tempdir(), &err), &err);
	ck_assert_ok(mg_session_run(r->s, NULL, 0, NULL, 0, &r->init, 1, NULL, &err), &err);
}

static void
rig_down(rig *r)
{
	mg_session_free(r->s);
	mg_saver_free(r->saver);
	mg_graph_free(r->g);
}

static void
add(rig *r)
{
	ck_assert_ok(mg_session_run(r->s, NULL, 0, NULL, 0, &r->add, 1, NULL, &err), &err);
}

static float
value(rig *r)
{
	mg_tensor t = { 0 };
	float v;

	ck_assert_ok(mg_session_variable_get(r->s, "w", &t, &err), &err);
	v = MG_CDATA(&t, float)[0];
	mg_tensor_clear(&t);
	return v;
}

static const struct { const char *name; unsigned flags; bool sharded; } kinds[] = {
	{ "ref", 0, false }, { "resource", MG_VARIABLE_RESOURCE, false }, { "sharded", 0, true },
};

START_TEST(round_trip)
{
	const char *path = mg_test_path(mg_test_tempdir(), kinds[_i].name);
	mg_save_target t;
	char prefix[1024];
	rig r;

	rig_up(&r, kinds[_i].flags, 5, kinds[_i].sharded);
	ck_assert_ok(mg_target_files(&t, r.saver, path, &err), &err);
	add(&r);
	add(&r);
	ck_assert_ok(mg_saver_save(r.saver, r.s, &t, true, 7, true, &err), &err);
	snprintf(prefix, sizeof prefix, "%s-7", path);
	add(&r);
	ck_assert_float_eq(value(&r), 4);
	ck_assert_ok(mg_saver_restore(r.saver, r.s, NULL, prefix, &err), &err);
	ck_assert_float_eq(value(&r), 3);
	snprintf(prefix, sizeof prefix, "%s-7.meta", path);
	ck_assert(mg_file_exists(prefix));
	snprintf(prefix, sizeof prefix, "%s-8", path);
	ck_assert_fails(mg_saver_restore(r.saver, r.s, NULL, prefix, &err), MGREG_NOT_FOUND, &err);
	ck_assert_ptr_nonnull(strstr(err.text, prefix));
	mg_target_files_free(&t);
	rig_down(&r);
}
END_TEST

START_TEST(old_ones_go)
{
	const char *dir = mg_test_path(mg_test_tempdir(), "keep");
	mg_ckpt_state state = { 0 };
	mg_save_target t;
	char path[1024];
	rig r;

	ck_assert_ok(mg_dir_create(dir, true, &err), &err);
	rig_up(&r, 0, 2, false);
	snprintf(path, sizeof path, "%s/m", dir);
	ck_assert_ok(mg_target_files(&t, r.saver, path, &err), &err);
	for (int i = 1; i <= 4; i++)
		ck_assert_ok(mg_saver_save(r.saver, r.s, &t, true, i, true, &err), &err);
	for (int i = 1; i <= 4; i++) {
		snprintf(path, sizeof path, "%s/m-%d.index", dir, i);
		ck_assert_int_eq(mg_file_exists(path), i > 2);
		snprintf(path, sizeof path, "%s/m-%d.meta", dir, i);
		ck_assert_int_eq(mg_file_exists(path), i > 2);
	}
	ck_assert_ok(mg_ckpt_state_read(dir, NULL, &state, &err), &err);
	ck_assert(mg_ends_with(state.latest, "m-4"));
	ck_assert_int_eq(state.all_count, 2);
	ck_assert(mg_ends_with(state.all[0], "m-3"));
	mg_ckpt_state_clear(&state);
	mg_target_files_free(&t);
	rig_down(&r);
}
END_TEST

START_TEST(two_targets)
{
	const char *base = mg_test_tempdir();
	mg_save_target a, b, both;
	char p[1024], q[1024];
	mg_tensor t1 = { 0 }, t2 = { 0 };
	mg_ckpt *c;
	rig r;

	rig_up(&r, 0, 5, false);
	snprintf(p, sizeof p, "%s/first", base);
	snprintf(q, sizeof q, "%s/second", base);
	ck_assert_ok(mg_target_files(&a, r.saver, p, &err), &err);
	ck_assert_ok(mg_target_files(&b, r.saver, q, &err), &err);
	ck_assert_ok(mg_target_tee(&both, &a, &b, &err), &err);
	ck_assert_ok(mg_saver_save(r.saver, r.s, &both, false, 0, true, &err), &err);
	ck_assert_ok(mg_ckpt_open(&c, p, &err), &err);
	ck_assert_ok(mg_ckpt_read(c, "w", NULL, &t1, &err), &err);
	mg_ckpt_close(c);
	ck_assert_ok(mg_ckpt_open(&c, q, &err), &err);
	ck_assert_ok(mg_ckpt_read(c, "w", NULL, &t2, &err), &err);
	mg_ckpt_close(c);
	ck_assert(mg_tensor_equal(&t1, &t2));
	mg_tensor_clear(&t1);
	mg_tensor_clear(&t2);
	mg_target_tee_free(&both);
	mg_target_files_free(&a);
	mg_target_files_free(&b);
	rig_down(&r);
}
END_TEST

START_TEST(refused)
{
	mg_save_target t;
	char p[1024];
	rig r;

	rig_up(&r, 0, 5, false);
	snprintf(p, sizeof p, "%s/nowhere/m", mg_test_tempdir());
	ck_assert_ok(mg_target_files(&t, r.saver, p, &err), &err);
	ck_assert_fails(mg_saver_save(r.saver, r.s, &t, false, 0, true, &err), MGREG_NOT_FOUND, &err);
	mg_target_files_free(&t);
	snprintf(p, sizeof p, "%s/checkpoint", mg_test_tempdir());
	ck_assert_ok(mg_target_files(&t, r.saver, p, &err), &err);
	ck_assert_fails(mg_saver_save(r.saver, r.s, &t, false, 0, true, &err), MGREG_INVALID_ARGUMENT, &err);
	mg_target_files_free(&t);
	rig_down(&r);
}
END_TEST

Suite *
test_files(void)
{
	TCase *t;
	Suite *s = mg_suite("files", &t);

	tcase_add_loop_test(t, round_trip, 0, MG_COUNT(kinds));
	tcase_add_test(t, old_ones_go);
	tcase_add_test(t, two_targets);
	tcase_add_test(t, refused);
	return s;
}
