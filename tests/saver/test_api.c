/* SPDX-License-Identifier: Apache-2.0 */
/* test_api.c - savers and checkpoints as a program sees them: through mgreg.h alone, but for what only tests need. */
#include <math.h>
#include <stdio.h>
#include "testing.h"
#include "base/file.h"
#include "saver/saver.h"

static mgreg_error err;

/* "w" [2,3] = 1..6 and "b" [3] = 1..3, of the kind that FLAGS say, initialized. */
typedef struct rig {
	mgreg_graph   *g;
	mgreg_session *s;
	mgreg_variable w, b;
} rig;

static mgreg_output
counting(mgreg_builder *b, const int64_t *dims, int rank, const char *name)
{
	float v[64];

	for (int i = 0; i < 64; i++)
		v[i] = (float)(i + 1);
	return mgreg_op_floats(b, v, dims, rank, name);
}

static void
start(mgreg_graph *g, mgreg_session **s)
{
	mgreg_builder b = MGREG_BUILDER(g, &err);
	mgreg_session_options o = MGREG_SESSION_INIT;
	const char *root = mg_test_tempdir();
	mgreg_node *init = mgreg_op_initializer(&b, NULL);

	ck_assert_ok(b.rc, &err);
	o.threads = 1;
	o.roots = &root;
	o.root_count = 1;
	ck_assert_ok(mgreg_session_new(s, g, &o, &err), &err);
	ck_assert_ok(mgreg_session_run(*s, NULL, 0, NULL, 0, &init, 1, NULL, &err), &err);
}

static void
rig_build(rig *r, unsigned flags)
{
	mgreg_builder b;

	ck_assert_ok(mgreg_graph_new(&r->g, &err), &err);
	b = (mgreg_builder)MGREG_BUILDER(r->g, &err);
	r->w = mgreg_op_variable(&b, counting(&b, (int64_t[]){ 2, 3 }, 2, "w0"), flags, "w");
	r->b = mgreg_op_variable(&b, counting(&b, (int64_t[]){ 3 }, 1, "b0"), flags, "b");
	ck_assert_ok(b.rc, &err);
	r->s = NULL;
}

static void
rig_down(rig *r)
{
	mgreg_session_free(r->s);
	mgreg_graph_free(r->g);
}

static void
set_all(rig *r, const char *name, float value)
{
	mgreg_tensor *t;
	float *at;

	ck_assert_ok(mgreg_session_variable_get(r->s, name, &t, &err), &err);
	at = mgreg_tensor_data(t);
	for (int64_t i = 0; i < mgreg_tensor_count(t); i++)
		at[i] = value;
	ck_assert_ok(mgreg_session_variable_set(r->s, name, t, &err), &err);
	mgreg_tensor_free(t);
}

static float
element(mgreg_session *s, const char *name, int64_t i)
{
	mgreg_tensor *t;
	float v;

	ck_assert_ok(mgreg_session_variable_get(s, name, &t, &err), &err);
	ck_assert_int_lt(i, mgreg_tensor_count(t));
	v = ((const float *)mgreg_tensor_bytes(t))[i];
	mgreg_tensor_free(t);
	return v;
}

static const char *
folder(const char *name)
{
	static char rooms[8][1024];     /* mg_test_path() forgets after a few calls */
	static unsigned next;
	char *dir = rooms[next++ % 8];

	snprintf(dir, sizeof rooms[0], "%s/%s", mg_test_tempdir(), name);
	ck_assert_ok(mg_dir_create(dir, true, &err), &err);
	return dir;
}

/* ---- the constructor ---- */

START_TEST(a_map_of_names)
{
	static const char *const variables[] = { "w", "b" }, *const keys[] = { "net/kernel", "net/bias" };
	mgreg_saver_options o = MGREG_SAVER_INIT;
	mgreg_checkpoint *c;
	mgreg_saver *s;
	char *prefix;
	rig r;

	rig_build(&r, 0);
	o.variables = variables;
	o.keys = keys;
	o.variable_count = 2;
	ck_assert_ok(mgreg_saver_new(&s, r.g, &o, &err), &err);
	start(r.g, &r.s);
	ck_assert_ok(mgreg_saver_save(s, r.s, mg_test_path(folder("map"), "m"), -1, &prefix, &err), &err);
	ck_assert_ok(mgreg_checkpoint_open(&c, prefix, &err), &err);
	ck_assert(mgreg_checkpoint_has(c, "net/kernel"));
	ck_assert(!mgreg_checkpoint_has(c, "w"));
	mgreg_checkpoint_close(c);
	set_all(&r, "w", 0);
	ck_assert_ok(mgreg_saver_restore(s, r.s, prefix, &err), &err);
	ck_assert_float_eq(element(r.s, "w", 5), 6);
	mgreg_free(prefix);
	mgreg_saver_free(s);
	rig_down(&r);
}
END_TEST

START_TEST(deferred)
{
	static const char *const variables[] = { "w" };
	mgreg_saver_options o = MGREG_SAVER_INIT;
	const char *path = mg_test_path(folder("deferred"), "m");
	mgreg_saver *s;
	rig r;

	rig_build(&r, 0);
	o.defer_build = 1;
	o.variables = variables;
	o.variable_count = 1;
	ck_assert_fails(mgreg_saver_new(&s, r.g, &o, &err), MGREG_INVALID_ARGUMENT, &err);
	o.variables = NULL;
	ck_assert_ok(mgreg_saver_new(&s, r.g, &o, &err), &err);
	ck_assert_ptr_null(mgreg_graph_find(r.g, "save/SaveV2"));
	start(r.g, &r.s);
	ck_assert_fails(mgreg_saver_save(s, r.s, path, 1, NULL, &err), MGREG_FAILED_PRECONDITION, &err);
	ck_assert_ok(mgreg_saver_build(s, &err), &err);
	ck_assert_ok(mgreg_saver_build(s, &err), &err);
	ck_assert_ptr_nonnull(mgreg_graph_find(r.g, "save/SaveV2"));
	ck_assert_ptr_null(mgreg_graph_find(r.g, "save_1/SaveV2"));
	ck_assert_ok(mgreg_saver_save(s, r.s, path, 1, NULL, &err), &err);
	mgreg_saver_free(s);
	rig_down(&r);
}
END_TEST

START_TEST(definitions)
{
	mgreg_saver_options o = MGREG_SAVER_INIT;
	mgreg_saver_def d = MGREG_SAVER_DEF_INIT, e = MGREG_SAVER_DEF_INIT;
	mgreg_saver *s, *again;
	rig r;

	rig_build(&r, 0);
	ck_assert_ok(mgreg_scope_enter(r.g, "tower", &err), &err);
	o.max_to_keep = 2;
	o.keep_hours = 1.5;
	ck_assert_ok(mgreg_saver_new(&s, r.g, &o, &err), &err);
	mgreg_scope_leave(r.g);
	ck_assert_ok(mgreg_saver_get_def(s, NULL, &d, &err), &err);
	ck_assert_str_eq(d.restore_op_name, "tower/save/restore_all");
	ck_assert_fails(mgreg_saver_get_def(s, "other", &d, &err), MGREG_NOT_FOUND, &err);
	ck_assert_int_eq(err.reason, MGREG_REASON_NO);
	ck_assert_ok(mgreg_saver_get_def(s, "tower", &d, &err), &err);
	ck_assert_str_eq(d.filename_tensor_name, "save/Const:0");
	ck_assert_int_eq(d.max_to_keep, 2);
	o = (mgreg_saver_options)MGREG_SAVER_INIT;
	o.saver_def = &d;
	ck_assert_fails(mgreg_saver_new(&again, r.g, &o, &err), MGREG_NOT_FOUND, &err);
	o.name = "tower";
	ck_assert_ok(mgreg_saver_new(&again, r.g, &o, &err), &err);
	ck_assert_ok(mgreg_saver_get_def(again, NULL, &e, &err), &err);
	ck_assert_str_eq(e.save_tensor_name, "tower/save/control_dependency:0");
	ck_assert_double_eq(e.keep_hours, 1.5);
	mgreg_saver_free(again);
	d.restore_op_name = NULL;
	ck_assert_fails(mgreg_saver_new(&again, r.g, &o, &err), MGREG_INVALID_ARGUMENT, &err);
	ck_assert_ptr_nonnull(strstr(err.text, "restore_op_name"));
	mgreg_saver_free(s);
	rig_down(&r);
}
END_TEST

/* Releases before the bulk restore: a chain if asked for; a constant file name. */
START_TEST(sequentially)
{
	mgreg_saver_options o = MGREG_SAVER_INIT;
	mgreg_node *n;
	mgreg_saver *s;
	rig r;

	rig_build(&r, 0);
	o.release = 101;
	o.restore_sequentially = 1;
	o.filename = "elsewhere";
	ck_assert_ok(mgreg_saver_new(&s, r.g, &o, &err), &err);
	ck_assert_str_eq(mgreg_node_op(mgreg_graph_find(r.g, "save/Const")), "Const");
	/* the op itself follows from its inputs, which wait */
	n = mgreg_graph_find(r.g, "save/RestoreV2_1/tensor_names");
	ck_assert_int_eq(mgreg_node_control_count(n), 1);
	ck_assert_str_eq(mgreg_node_name(mgreg_node_control(n, 0)), "save/Assign");
	mgreg_saver_free(s);
	rig_down(&r);
}
END_TEST

/* ---- partitions ---- */

/* "w" of 12 rows as PARTS variables over the rows, all of KIND; each row holds BASE + its number. */
static void
partitioned(rig *r, int parts, unsigned flags, float base)
{
	mgreg_builder b;

	ck_assert_ok(mgreg_graph_new(&r->g, &err), &err);
	b = (mgreg_builder)MGREG_BUILDER(r->g, &err);
	for (int i = 0, row = 0; i < parts; i++) {
		int rows = 12 / parts + (i < 12 % parts);
		mg_variable_record *v;
		float values[24];
		char name[32];
		int64_t *n = mg_arena_zalloc(mg_graph_arena(r->g), 6, sizeof *n);
		mgreg_variable made;

		for (int k = 0; k < rows * 2; k++)
			values[k] = base + (float)(row + k / 2) + (float)(k % 2) / 2;
		snprintf(name, sizeof name, "w/part_%d", i);
		made = mgreg_op_variable(&b, mgreg_op_floats(&b, values, (int64_t[]){ rows, 2 }, 2, "first"), flags, name);
		ck_assert_ok(b.rc, &err);
		v = (mg_variable_record *)mg_variable_of(r->g, made.handle);
		n[0] = 12;
		n[1] = 2;
		n[2] = row;
		n[4] = rows;
		n[5] = 2;
		v->slice = mg_arena_zalloc(mg_graph_arena(r->g), 1, sizeof *v->slice);
		*v->slice = (mg_save_slice){ .full_name = "w", .rank = 2, .full_shape = n, .var_offset = n + 2, .var_shape = n + 4 };
		row += rows;
	}
	r->s = NULL;
}

static void
check_rows(rig *r, int parts, float base)
{
	for (int i = 0, row = 0; i < parts; i++) {
		int rows = 12 / parts + (i < 12 % parts);
		char name[32];

		snprintf(name, sizeof name, "w/part_%d", i);
		for (int k = 0; k < rows; k++)
			ck_assert_float_eq(element(r->s, name, 2 * k + 1), base + (float)(row + k) + 0.5f);
		row += rows;
	}
}

/* Saved in pieces of one kind, restored into pieces of another, V1 and V2. */
static const struct { int from, to, version; unsigned flags; } cuts[] = {
	{ 4, 4, 2, 0 }, { 4, 3, 2, 0 }, { 3, 5, 2, MGREG_VARIABLE_RESOURCE }, { 4, 1, 2, 0 }, { 1, 4, 2, MGREG_VARIABLE_RESOURCE },
	{ 4, 3, 1, 0 }, { 5, 2, 1, MGREG_VARIABLE_RESOURCE }, { 1, 5, 1, 0 },
};

START_TEST(other_partitions)
{
	mgreg_saver_options o = MGREG_SAVER_INIT;
	mgreg_saver *s;
	char name[32], *prefix;
	mgreg_tensor *whole;
	rig r;

	o.write_version = cuts[_i].version;
	partitioned(&r, cuts[_i].from, cuts[_i].flags, 100);
	ck_assert_ok(mgreg_saver_new(&s, r.g, &o, &err), &err);
	start(r.g, &r.s);
	snprintf(name, sizeof name, "cut%d", _i);
	ck_assert_ok(mgreg_saver_save(s, r.s, mg_test_path(folder(name), "m"), 5, &prefix, &err), &err);
	mgreg_saver_free(s);
	rig_down(&r);
	ck_assert_ok(mgreg_checkpoint_load(prefix, "w:0", &whole, &err), &err);
	ck_assert_int_eq(mgreg_tensor_dim(whole, 0), 12);
	ck_assert_float_eq(((const float *)mgreg_tensor_bytes(whole))[23], 111.5f);
	mgreg_tensor_free(whole);
	partitioned(&r, cuts[_i].to, cuts[_i].flags, 0);
	ck_assert_ok(mgreg_saver_new(&s, r.g, &o, &err), &err);
	start(r.g, &r.s);
	check_rows(&r, cuts[_i].to, 0);
	ck_assert_ok(mgreg_saver_restore(s, r.s, prefix, &err), &err);
	check_rows(&r, cuts[_i].to, 100);
	mgreg_saver_free(s);
	rig_down(&r);
	mgreg_free(prefix);
}
END_TEST

/* A key for several variables: they are slices.  Mixtures are refused. */
START_TEST(slices_by_key)
{
	static const char *const parts[] = { "w/part_1", "w/part_0", "x" }, *const keys[] = { "all", "all", "all" };
	static const char *const single[] = { "alone", "all" };
	mgreg_saver_options o = MGREG_SAVER_INIT;
	mgreg_checkpoint_entry e;
	mgreg_checkpoint *c;
	mgreg_builder b;
	mgreg_saver *s;
	char *prefix;
	rig r;

	partitioned(&r, 2, 0, 0);
	b = (mgreg_builder)MGREG_BUILDER(r.g, &err);
	mgreg_op_variable(&b, counting(&b, (int64_t[]){ 2 }, 1, "x0"), 0, "x");
	o.variables = parts;
	o.keys = keys;
	o.variable_count = 3;
	ck_assert_fails(mgreg_saver_new(&s, r.g, &o, &err), MGREG_INVALID_ARGUMENT, &err);
	ck_assert_ptr_nonnull(strstr(err.text, "x"));
	o.variable_count = 2;
	ck_assert_ok(mgreg_saver_new(&s, r.g, &o, &err), &err);
	start(r.g, &r.s);
	ck_assert_ok(mgreg_saver_save_nometa(s, r.s, mg_test_path(folder("keyed"), "m"), -1, &prefix, &err), &err);
	ck_assert_ok(mgreg_checkpoint_open(&c, prefix, &err), &err);
	ck_assert_ok(mgreg_checkpoint_find(c, "all", &e, &err), &err);
	ck_assert_int_eq(e.slices, 2);
	ck_assert_int_eq((int)e.dims[0], 12);
	mgreg_checkpoint_close(c);
	mgreg_free(prefix);
	mgreg_saver_free(s);
	o.keys = single;        /* a key of its own takes the part as it is */
	ck_assert_ok(mgreg_saver_new(&s, r.g, &o, &err), &err);
	ck_assert_ok(mgreg_saver_save_nometa(s, r.s, mg_test_path(folder("keyed"), "n"), -1, &prefix, &err), &err);
	ck_assert_ok(mgreg_checkpoint_open(&c, prefix, &err), &err);
	ck_assert_ok(mgreg_checkpoint_find(c, "all", &e, &err), &err);
	ck_assert_int_eq(e.slices, 0);
	ck_assert_int_eq((int)e.dims[0], 6);
	mgreg_checkpoint_close(c);
	mgreg_free(prefix);
	mgreg_saver_free(s);
	rig_down(&r);
}
END_TEST

/* ---- save ---- */

START_TEST(save_options)
{
	const char *dir = folder("options");
	mgreg_saver_options so = MGREG_SAVER_INIT;
	mgreg_save_options o = MGREG_SAVE_INIT;
	mgreg_builder b;
	mgreg_saver *s;
	char *prefix, *latest;
	rig r;

	rig_build(&r, 0);
	b = (mgreg_builder)MGREG_BUILDER(r.g, &err);
	mgreg_op_scalar(&b, MGREG_INT64, 42, "counter");
	so.pad_step_number = 1;
	ck_assert_ok(mgreg_saver_new(&s, r.g, &so, &err), &err);
	start(r.g, &r.s);
	o.step_from = "counter:0";
	o.latest_filename = "newest";
	o.meta_graph_suffix = "graph";
	ck_assert_ok(mgreg_saver_save_with(s, r.s, mg_test_path(dir, "m"), &o, &prefix, &err), &err);
	ck_assert_str_eq(prefix, mg_test_path(dir, "m-00000042"));
	ck_assert(mg_file_exists(mg_test_path(dir, "m-00000042.graph")));
	ck_assert(!mg_file_exists(mg_test_path(dir, "m-00000042.meta")));
	ck_assert(!mg_file_exists(mg_test_path(dir, "checkpoint")));
	ck_assert_ok(mgreg_latest_checkpoint_named(dir, "newest", &latest, &err), &err);
	ck_assert_str_eq(latest, prefix);
	mgreg_free(latest);
	mgreg_free(prefix);
	o.latest_filename = "a/newest";
	ck_assert_fails(mgreg_saver_save_with(s, r.s, mg_test_path(dir, "m"), &o, NULL, &err), MGREG_INVALID_ARGUMENT, &err);
	o = (mgreg_save_options)MGREG_SAVE_INIT;
	o.save_debug_info = 1;
	ck_assert_ok(mgreg_saver_save_with(s, r.s, mg_test_path(dir, "d"), &o, NULL, &err), &err);
	ck_assert(mg_file_exists(mg_test_path(dir, "d.debug")));
	ck_assert_ok(mg_file_remove(mg_test_path(dir, "checkpoint"), &err), &err);
	o.no_state = o.no_meta_graph = 1;
	ck_assert_ok(mgreg_saver_save_with(s, r.s, mg_test_path(dir, "n"), &o, &prefix, &err), &err);
	ck_assert(!mg_file_exists(mg_test_path(dir, "checkpoint")));
	ck_assert(!mg_file_exists(mg_test_path(dir, "n.meta")));
	ck_assert_int_eq(mgreg_saver_last_checkpoint_count(s), 2);
	mgreg_free(prefix);
	o.latest_filename = "same";
	o.no_state = 0;
	ck_assert_fails(mgreg_saver_save_with(s, r.s, mg_test_path(dir, "same"), &o, NULL, &err), MGREG_INVALID_ARGUMENT, &err);
	ck_assert_ptr_nonnull(strstr(err.text, "same"));
	o.step_from = "w:0";
	ck_assert_fails(mgreg_saver_save_with(s, r.s, mg_test_path(dir, "m"), &o, NULL, &err), MGREG_INVALID_ARGUMENT, &err);
	mgreg_saver_free(s);
	rig_down(&r);
}
END_TEST

START_TEST(empty_saver)
{
	const char *dir = folder("empty");
	mgreg_saver_options o = MGREG_SAVER_INIT;
	mgreg_session_options so = MGREG_SESSION_INIT;
	mgreg_session *session;
	mgreg_graph *g;
	mgreg_saver *s;
	char *prefix = (char *)"";

	ck_assert_ok(mgreg_graph_new(&g, &err), &err);
	o.allow_empty = 1;
	ck_assert_ok(mgreg_saver_new(&s, g, &o, &err), &err);
	ck_assert_ok(mgreg_session_new(&session, g, &so, &err), &err);
	ck_assert_ok(mgreg_saver_save(s, session, mg_test_path(dir, "m"), 3, &prefix, &err), &err);
	ck_assert_ptr_null(prefix);
	ck_assert(mg_file_exists(mg_test_path(dir, "m-3.meta")));
	ck_assert(!mg_file_exists(mg_test_path(dir, "checkpoint")));
	ck_assert_ok(mgreg_saver_restore(s, session, "nowhere", &err), &err);
	mgreg_session_free(session);
	mgreg_saver_free(s);
	mgreg_graph_free(g);
}
END_TEST

/* ---- what a saver remembers ---- */

START_TEST(last_checkpoints)
{
	const char *dir = folder("remember");
	mgreg_saver_options o = MGREG_SAVER_INIT;
	const char *paths[3];
	static char three[1024], four[1024];
	char *json, *prefix;
	double time;
	mgreg_saver *s, *next;
	rig r;

	rig_build(&r, 0);
	o.max_to_keep = 2;
	ck_assert_ok(mgreg_saver_new(&s, r.g, &o, &err), &err);
	start(r.g, &r.s);
	for (int i = 1; i <= 3; i++)
		ck_assert_ok(mgreg_saver_save(s, r.s, mg_test_path(dir, "m"), i, NULL, &err), &err);
	ck_assert_int_eq(mgreg_saver_last_checkpoint_count(s), 2);
	ck_assert_str_eq(mgreg_saver_last_checkpoint(s, 0, &time), mg_test_path(dir, "m-2"));
	ck_assert_double_gt(time, 1e9);
	ck_assert(!mgreg_checkpoint_exists(mg_test_path(dir, "m-1")));
	/* another process goes on with what this one knew */
	ck_assert_ok(mgreg_saver_format_state(s, &json, &err), &err);
	mgreg_saver_free(s);
	ck_assert_ok(mgreg_saver_new(&next, r.g, &o, &err), &err);
	ck_assert_ok(mgreg_saver_set_state(next, json, &err), &err);
	mgreg_free(json);
	ck_assert_fails(mgreg_saver_set_state(next, "{\"last\":[1]}", &err), MGREG_DATA_LOSS, &err);
	ck_assert_ok(mgreg_saver_save(next, r.s, mg_test_path(dir, "m"), 4, &prefix, &err), &err);
	mgreg_free(prefix);
	ck_assert(!mgreg_checkpoint_exists(mg_test_path(dir, "m-2")));
	ck_assert(mgreg_checkpoint_exists(mg_test_path(dir, "m-3")));
	/* those set without times stay for good */
	snprintf(three, sizeof three, "%s", mg_test_path(dir, "m-3"));
	snprintf(four, sizeof four, "%s", mg_test_path(dir, "m-4"));
	paths[0] = three;
	paths[1] = four;
	ck_assert_ok(mgreg_saver_set_last_checkpoints(next, paths, NULL, 2, &err), &err);
	ck_assert_str_eq(mgreg_saver_last_checkpoint(next, 1, &time), paths[1]);
	ck_assert(isinf(time));
	ck_assert_ok(mgreg_saver_save(next, r.s, mg_test_path(dir, "m"), 5, NULL, &err), &err);
	ck_assert(mgreg_checkpoint_exists(mg_test_path(dir, "m-3")));
	/* what is there comes back with the times of its files */
	paths[1] = mg_test_path(dir, "gone");
	paths[2] = mg_test_path(dir, "m-5");
	ck_assert_ok(mgreg_saver_recover_last_checkpoints(next, paths, 3, &err), &err);
	ck_assert_int_eq(mgreg_saver_last_checkpoint_count(next), 2);
	ck_assert_str_eq(mgreg_saver_last_checkpoint(next, 1, &time), paths[2]);
	ck_assert(time > 1e9 && !isinf(time));
	ck_assert_ptr_null(mgreg_saver_last_checkpoint(next, 2, NULL));
	mgreg_saver_free(next);
	rig_down(&r);
}
END_TEST

/* ---- restore ---- */

static void
write_checkpoint(const char *prefix, const char *const *names, const float *const *values, const int64_t (*dims)[2], const int *ranks, int n)
{
	mg_ckpt *c;

	ck_assert_ok(mg_ckpt_create(&c, "v2", prefix, &err), &err);
	for (int i = 0; i < n; i++) {
		mg_tensor t = { 0 };

		ck_assert_ok(mg_tensor_init_dims(&t, MGREG_FLOAT, dims[i], ranks[i], &err), &err);
		memcpy(t.data, values[i], t.size);
		ck_assert_ok(mg_ckpt_put(c, names[i], NULL, NULL, &t, &err), &err);
		mg_tensor_clear(&t);
	}
	ck_assert_ok(mg_ckpt_finish(c, &err), &err);
	mg_ckpt_close(c);
}

static const float eights[8] = { 8, 8, 8, 8, 8, 8, 8, 8 };

static int
count_kinds(void *ctx, const mgreg_mismatch *m)
{
	int *kinds = ctx;

	kinds[m->kind]++;
	if (m->kind == MGREG_MISMATCH_SHAPE)
		ck_assert_str_eq(m->found, "float32 [8]");
	return 0;
}

/* Nothing is touched unless all is there and fits. */
START_TEST(told_before)
{
	const char *lacking = mg_test_path(folder("told"), "lacking"), *wrong = mg_test_path(folder("told"), "wrong");
	int kinds[4] = { 0 };
	mgreg_restore_options o = MGREG_RESTORE_INIT;
	static const char *const from[] = { "b" }, *const to[] = { "other" };
	int64_t count;
	mgreg_saver *s;
	rig r;

	write_checkpoint(lacking, (const char *const[]){ "other", "w" }, (const float *const[]){ eights, eights },
		(const int64_t[][2]){ { 3 }, { 2, 3 } }, (const int[]){ 1, 2 }, 2);
	write_checkpoint(wrong, (const char *const[]){ "b", "w" }, (const float *const[]){ eights, eights }, (const int64_t[][2]){ { 3 }, { 8 } },
		(const int[]){ 1, 1 }, 2);
	rig_build(&r, MGREG_VARIABLE_RESOURCE * (unsigned)_i);
	ck_assert_ok(mgreg_saver_new(&s, r.g, NULL, &err), &err);
	start(r.g, &r.s);
	ck_assert_fails(mgreg_saver_restore(s, r.s, lacking, &err), MGREG_NOT_FOUND, &err);
	ck_assert_str_eq(err.candidates, "b");
	ck_assert(err.listed);
	ck_assert_float_eq(element(r.s, "w", 0), 1);
	ck_assert_fails(mgreg_saver_restore(s, r.s, wrong, &err), MGREG_INVALID_ARGUMENT, &err);
	ck_assert_ptr_nonnull(strstr(err.text, "[8]"));
	ck_assert_str_eq(err.candidates, "w");
	ck_assert_float_eq(element(r.s, "b", 0), 1);
	ck_assert_ok(mgreg_saver_compare(s, lacking, count_kinds, kinds, &count, &err), &err);
	ck_assert_int_eq(count, 1);
	ck_assert_int_eq(kinds[MGREG_MISMATCH_MISSING], 1);
	ck_assert_int_eq(kinds[MGREG_MISMATCH_EXTRA], 1);
	ck_assert_ok(mgreg_saver_compare(s, wrong, count_kinds, kinds, &count, &err), &err);
	ck_assert_int_eq(kinds[MGREG_MISMATCH_SHAPE], 1);
	/* in part, then by another name */
	ck_assert_fails(mgreg_saver_restore_with(s, r.s, lacking, NULL, &err), MGREG_NOT_FOUND, &err);
	o.allow_missing = 1;
	ck_assert_ok(mgreg_saver_restore_with(s, r.s, lacking, &o, &err), &err);
	ck_assert_float_eq(element(r.s, "w", 0), 8);
	ck_assert_float_eq(element(r.s, "b", 0), 1);
	o.allow_missing = 0;
	o.map_variable = from;
	o.map_tensor = to;
	o.map_count = 1;
	ck_assert_ok(mgreg_saver_restore_with(s, r.s, lacking, &o, &err), &err);
	ck_assert_float_eq(element(r.s, "b", 2), 8);
	mgreg_saver_free(s);
	rig_down(&r);
}
END_TEST

/* reshape: a tensor of as many elements goes in. */
START_TEST(reshaped)
{
	const char *prefix = mg_test_path(folder("reshape"), "m");
	mgreg_saver_options o = MGREG_SAVER_INIT;
	mgreg_saver *s;
	rig r;

	write_checkpoint(prefix, (const char *const[]){ "b", "w" }, (const float *const[]){ eights, eights }, (const int64_t[][2]){ { 3 }, { 6 } },
		(const int[]){ 1, 1 }, 2);
	rig_build(&r, MGREG_VARIABLE_RESOURCE * (unsigned)_i);
	o.reshape = 1;
	ck_assert_ok(mgreg_saver_new(&s, r.g, &o, &err), &err);
	start(r.g, &r.s);
	ck_assert_ok(mgreg_saver_restore(s, r.s, prefix, &err), &err);
	ck_assert_float_eq(element(r.s, "w", 5), 8);
	mgreg_saver_free(s);
	rig_down(&r);
}
END_TEST

/* An object-based checkpoint, as tf.train.Checkpoint writes it: keys by place, the names in the object graph. */
START_TEST(object_based)
{
	const char *prefix = mg_test_path(folder("object"), "ckpt-1");
	Pb__TrackableObjectGraph graph = PB__TRACKABLE_OBJECT_GRAPH__INIT;
	Pb__TrackableObjectGraph__TrackableObject node = PB__TRACKABLE_OBJECT_GRAPH__TRACKABLE_OBJECT__INIT, *nodes = &node;
	Pb__TrackableObjectGraph__TrackableObject__SerializedTensor at[2] = {
		PB__TRACKABLE_OBJECT_GRAPH__TRACKABLE_OBJECT__SERIALIZED_TENSOR__INIT, PB__TRACKABLE_OBJECT_GRAPH__TRACKABLE_OBJECT__SERIALIZED_TENSOR__INIT };
	Pb__TrackableObjectGraph__TrackableObject__SerializedTensor *list[2] = { &at[0], &at[1] };
	static const char *const keys[] = { "net/b/.ATTRIBUTES/VARIABLE_VALUE", "net/w/.ATTRIBUTES/VARIABLE_VALUE" };
	static const int64_t dims[2][2] = { { 3 }, { 2, 3 } };
	mg_str bytes = MG_STR_INIT;
	mg_tensor text = { 0 };
	mgreg_saver *s;
	mg_ckpt *c;
	rig r;

	for (int i = 0; i < 2; i++) {
		at[i].name = (char *)"VARIABLE_VALUE";
		at[i].full_name = (char *)(i ? "w" : "b");
		at[i].checkpoint_key = (char *)keys[i];
	}
	node.attributes = list;
	node.n_attributes = 2;
	graph.nodes = &nodes;
	graph.n_nodes = 1;
	ck_assert_ok(mg_msg_encode(&graph.base, &bytes, &err), &err);
	ck_assert_ok(mg_tensor_init_string(&text, bytes.ptr, bytes.len, &err), &err);
	ck_assert_ok(mg_ckpt_create(&c, "v2", prefix, &err), &err);
	ck_assert_ok(mg_ckpt_put(c, "_CHECKPOINTABLE_OBJECT_GRAPH", NULL, NULL, &text, &err), &err);
	for (int i = 0; i < 2; i++) {
		mg_tensor t = { 0 };

		ck_assert_ok(mg_tensor_init_dims(&t, MGREG_FLOAT, dims[i], i + 1, &err), &err);
		memcpy(t.data, eights, t.size);
		ck_assert_ok(mg_ckpt_put(c, keys[i], NULL, NULL, &t, &err), &err);
		mg_tensor_clear(&t);
	}
	ck_assert_ok(mg_ckpt_finish(c, &err), &err);
	mg_ckpt_close(c);
	rig_build(&r, MGREG_VARIABLE_RESOURCE);
	ck_assert_ok(mgreg_saver_new(&s, r.g, NULL, &err), &err);
	start(r.g, &r.s);
	ck_assert_ok(mgreg_saver_restore(s, r.s, prefix, &err), &err);
	ck_assert_float_eq(element(r.s, "w", 5), 8);
	ck_assert_float_eq(element(r.s, "b", 0), 8);
	mgreg_saver_free(s);
	rig_down(&r);
	/* a variable that nobody wrote is named */
	rig_build(&r, 0);
	{
		mgreg_builder b = MGREG_BUILDER(r.g, &err);

		mgreg_op_variable(&b, counting(&b, (int64_t[]){ 2 }, 1, "x0"), 0, "x");
	}
	ck_assert_ok(mgreg_saver_new(&s, r.g, NULL, &err), &err);
	start(r.g, &r.s);
	ck_assert_fails(mgreg_saver_restore(s, r.s, prefix, &err), MGREG_NOT_FOUND, &err);
	ck_assert_str_eq(err.candidates, "x");
	ck_assert_float_eq(element(r.s, "w", 5), 6);
	mgreg_saver_free(s);
	rig_down(&r);
	mg_tensor_clear(&text);
	mg_str_clear(&bytes);
}
END_TEST

/* ---- checkpoints as files ---- */

static int
collect_names(void *ctx, const mgreg_checkpoint_entry *e)
{
	mg_str *s = ctx;

	mg_str_printf(s, "%s/%d ", e->name, e->rank);
	return 0;
}

static const char *const odd[] = { "plain", "with blank", "[brackets]*?", "\303\266 umlaut", "-dash", "a=b#c'd\"e", "model.ckpt-00001-of-00002" };

/* Folders of every kind of name, absolute and relative, moved after saving. */
START_TEST(odd_folders)
{
	char dir[512], moved[512], *latest, *text;
	mgreg_saver_options o = MGREG_SAVER_INIT;
	mgreg_checkpoint *c;
	mg_str names = MG_STR_INIT;
	mgreg_saver *s;
	rig r;

	snprintf(dir, sizeof dir, "%s/%s", mg_test_tempdir(), odd[_i]);
	snprintf(moved, sizeof moved, "%s/moved %s", mg_test_tempdir(), odd[_i]);
	ck_assert_ok(mg_dir_create(dir, true, &err), &err);
	rig_build(&r, 0);
	o.save_relative_paths = 1;
	o.max_to_keep = 1;
	ck_assert_ok(mgreg_saver_new(&s, r.g, &o, &err), &err);
	start(r.g, &r.s);
	ck_assert_ok(mgreg_saver_save(s, r.s, mg_test_path(dir, odd[_i]), 1, NULL, &err), &err);
	ck_assert_ok(mgreg_saver_save(s, r.s, mg_test_path(dir, odd[_i]), 2, NULL, &err), &err);
	ck_assert_ok(mgreg_latest_checkpoint(dir, &latest, &err), &err);
	ck_assert(mg_ends_with(latest, "-2"));
	ck_assert(mg_starts_with(latest, dir));
	mgreg_free(latest);
	ck_assert_int_eq(rename(dir, moved), 0);
	ck_assert_ok(mgreg_latest_checkpoint(moved, &latest, &err), &err);
	ck_assert(mg_starts_with(latest, moved));
	ck_assert_ok(mgreg_saver_restore(s, r.s, latest, &err), &err);
	ck_assert_ok(mgreg_checkpoint_list(moved, collect_names, &names, &err), &err);
	ck_assert_str_eq(names.ptr, "b/1 w/2 ");
	ck_assert_ok(mgreg_checkpoint_open(&c, latest, &err), &err);
	ck_assert_ok(mgreg_checkpoint_debug_string(c, &text, &err), &err);
	ck_assert_str_eq(text, "b (DT_FLOAT) [3]\nw (DT_FLOAT) [2,3]\n");
	ck_assert_str_eq(mgreg_checkpoint_format(c), "v2");
	mgreg_free(text);
	mgreg_checkpoint_close(c);
	ck_assert(mgreg_checkpoint_exists(latest));
	ck_assert_ok(mgreg_checkpoint_remove(latest, NULL, &err), &err);
	ck_assert(!mgreg_checkpoint_exists(latest));
	ck_assert_fails(mgreg_latest_checkpoint(moved, &text, &err), MGREG_NOT_FOUND, &err);
	ck_assert_int_eq(err.reason, MGREG_REASON_NO);
	mgreg_free(latest);
	mg_str_clear(&names);
	mgreg_saver_free(s);
	rig_down(&r);
}
END_TEST

START_TEST(state_files)
{
	const char *dir = folder("state");
	const char *paths[] = { mg_test_path(dir, "m-1"), mg_test_path(dir, "m-2") };
	static const double times[] = { 1532716800.25, 1532716900.5 };
	mgreg_checkpoint_state s = { .latest = paths[1], .all = paths, .count = 2, .timestamps = times, .has_last_preserved = 1,
		.last_preserved = 1532716000 }, *got;
	mg_str text = MG_STR_INIT;

	ck_assert_ok(mgreg_checkpoint_state_update(dir, NULL, &s, 1, &err), &err);
	ck_assert_ok(mg_file_read(mg_test_path(dir, "checkpoint"), 0, &text, &err), &err);
	ck_assert_str_eq(text.ptr, "model_checkpoint_path: \"m-2\"\nall_model_checkpoint_paths: \"m-1\"\nall_model_checkpoint_paths: \"m-2\"\n"
		"all_model_checkpoint_timestamps: 1532716800.25\nall_model_checkpoint_timestamps: 1532716900.5\nlast_preserved_timestamp: 1532716000\n");
	ck_assert_ok(mgreg_checkpoint_state_read(&got, dir, NULL, &err), &err);
	ck_assert_str_eq(got->latest, paths[1]);
	ck_assert_int_eq(got->count, 2);
	ck_assert_double_eq(got->timestamps[0], times[0]);
	ck_assert_double_eq(got->last_preserved, 1532716000);
	mgreg_checkpoint_state_free(got);
	s.count = 1;            /* then the latest would have to be appended, without a time */
	ck_assert_fails(mgreg_checkpoint_state_update(dir, NULL, &s, 1, &err), MGREG_INVALID_ARGUMENT, &err);
	s.timestamps = NULL;
	ck_assert_ok(mgreg_checkpoint_state_update(dir, "other", &s, 0, &err), &err);
	ck_assert_ok(mgreg_checkpoint_state_read(&got, dir, "other", &err), &err);
	ck_assert_int_eq(got->count, 2);
	ck_assert_ptr_null(got->timestamps);
	mgreg_checkpoint_state_free(got);
	ck_assert_fails(mgreg_checkpoint_state_read(&got, dir, "none", &err), MGREG_NOT_FOUND, &err);
	ck_assert_ok(mg_file_write(mg_test_path(dir, "bad"), "nonsense {", 10, &err), &err);
	ck_assert_fails(mgreg_checkpoint_state_read(&got, dir, "bad", &err), MGREG_DATA_LOSS, &err);
	mg_str_clear(&text);
}
END_TEST

START_TEST(listing_a_folder_without_any)
{
	const char *dir = folder("nothing");
	mg_str names = MG_STR_INIT;
	mgreg_tensor *t;

	ck_assert_fails(mgreg_checkpoint_list(dir, collect_names, &names, &err), MGREG_NOT_FOUND, &err);
	ck_assert_ptr_nonnull(strstr(err.text, dir));
	ck_assert_fails(mgreg_checkpoint_load(mg_test_path(dir, "m"), "w", &t, &err), MGREG_NOT_FOUND, &err);
	mg_str_clear(&names);
}
END_TEST

/* ---- variables that start from a checkpoint ---- */

static const char *
a_checkpoint(void)
{
	const char *prefix = mg_test_path(folder("init"), "m");

	write_checkpoint(prefix, (const char *const[]){ "old/b", "old/w", "w" }, (const float *const[]){ eights, eights, eights },
		(const int64_t[][2]){ { 3 }, { 2, 3 }, { 7 } }, (const int[]){ 1, 2, 1 }, 3);
	return prefix;
}

START_TEST(init_from)
{
	const char *prefix = a_checkpoint();
	static const char *const scope[] = { "old/" }, *const root[] = { "/" }, *const tensor[] = { "old/w" }, *const variable[] = { "w" };
	static const char *const absent[] = { "old/x" }, *const shape[] = { "w" };
	rig r;

	rig_build(&r, MGREG_VARIABLE_RESOURCE * (unsigned)_i);
	ck_assert_fails(mgreg_init_from_checkpoint(r.g, prefix, scope, variable, 1, &err), MGREG_INVALID_ARGUMENT, &err);
	ck_assert_fails(mgreg_init_from_checkpoint(r.g, prefix, absent, variable, 1, &err), MGREG_NOT_FOUND, &err);
	ck_assert_ptr_nonnull(strstr(err.text, "old/x"));
	ck_assert_fails(mgreg_init_from_checkpoint(r.g, prefix, tensor, absent, 1, &err), MGREG_NOT_FOUND, &err);
	ck_assert_fails(mgreg_init_from_checkpoint(r.g, prefix, shape, variable, 1, &err), MGREG_INVALID_ARGUMENT, &err);
	ck_assert_ptr_nonnull(strstr(err.text, "[7]"));
	ck_assert_ptr_null(mgreg_graph_find(r.g, "checkpoint_initializer"));
	ck_assert_ok(mgreg_init_from_checkpoint(r.g, prefix, tensor, variable, 1, &err), &err);
	ck_assert_str_eq(mgreg_node_op(mgreg_graph_find(r.g, "checkpoint_initializer")), "RestoreV2");
	ck_assert_str_eq(mgreg_node_device(mgreg_graph_find(r.g, "checkpoint_initializer")), "/device:CPU:0");
	start(r.g, &r.s);
	ck_assert_float_eq(element(r.s, "w", 5), 8);
	ck_assert_float_eq(element(r.s, "b", 0), 1);
	rig_down(&r);
	rig_build(&r, MGREG_VARIABLE_RESOURCE * (unsigned)_i);
	ck_assert_ok(mgreg_init_from_checkpoint(r.g, prefix, scope, root, 1, &err), &err);
	start(r.g, &r.s);
	ck_assert_float_eq(element(r.s, "w", 5), 8);
	ck_assert_float_eq(element(r.s, "b", 2), 8);
	rig_down(&r);
}
END_TEST

START_TEST(init_partitions)
{
	const char *prefix = mg_test_path(folder("initparts"), "m");
	static const char *const name[] = { "whole" }, *const to[] = { "w" };
	float rows[24];
	rig r;

	for (int i = 0; i < 24; i++)
		rows[i] = 200 + (float)(i / 2) + (float)(i % 2) / 2;
	write_checkpoint(prefix, name, (const float *const[]){ rows }, (const int64_t[][2]){ { 12, 2 } }, (const int[]){ 2 }, 1);
	partitioned(&r, 5, 0, 0);
	ck_assert_ok(mgreg_init_from_checkpoint(r.g, prefix, name, to, 1, &err), &err);
	start(r.g, &r.s);
	check_rows(&r, 5, 200);
	rig_down(&r);
}
END_TEST

START_TEST(warm_start)
{
	const char *prefix = a_checkpoint();
	static const char *const names[] = { "w", "nobody" }, *const previous[] = { "old/w", "x" };
	mgreg_warm_start_options o = MGREG_WARM_START_INIT;
	rig r;

	rig_build(&r, 0);
	ck_assert_fails(mgreg_warm_start(r.g, prefix, NULL, &err), MGREG_INVALID_ARGUMENT, &err);
	o.variables = "w$";
	o.names = names;
	o.previous = previous;
	o.name_count = 2;
	ck_assert_fails(mgreg_warm_start(r.g, prefix, &o, &err), MGREG_INVALID_ARGUMENT, &err);
	ck_assert_str_eq(err.candidates, "nobody");
	o.name_count = 1;
	ck_assert_ok(mgreg_warm_start(r.g, prefix, &o, &err), &err);
	start(r.g, &r.s);
	ck_assert_float_eq(element(r.s, "w", 0), 8);
	ck_assert_float_eq(element(r.s, "b", 0), 1);
	rig_down(&r);
}
END_TEST

/* ---- memory: whichever allocation fails, nothing leaks and the error says so ---- */

#define TRY(call) do { if ((rc = (call)) != 0) goto out; } while (0)

static int
build_and_compare(void *arg, mgreg_error *e)
{
	static const char *const variables[] = { "w", "b" }, *const keys[] = { "k", "b" }, *const paths[] = { "m-1", "m-2" };
	mgreg_saver_options o = MGREG_SAVER_INIT;
	mgreg_saver_def def = MGREG_SAVER_DEF_INIT;
	mgreg_graph *g = NULL;
	mgreg_saver *s = NULL, *t = NULL;
	mgreg_builder b;
	char *json = NULL;
	int rc;

	TRY(mgreg_graph_new(&g, e));
	b = (mgreg_builder)MGREG_BUILDER(g, e);
	mgreg_op_variable(&b, counting(&b, (int64_t[]){ 2, 3 }, 2, "w0"), 0, "w");
	mgreg_op_variable(&b, counting(&b, (int64_t[]){ 3 }, 1, "b0"), MGREG_VARIABLE_RESOURCE, "b");
	TRY(b.rc);
	o.variables = variables;
	o.keys = keys;
	o.variable_count = 2;
	o.sharded = 1;
	TRY(mgreg_saver_new(&s, g, &o, e));
	TRY(mgreg_saver_get_def(s, NULL, &def, e));
	o = (mgreg_saver_options)MGREG_SAVER_INIT;
	o.saver_def = &def;
	TRY(mgreg_saver_new(&t, g, &o, e));
	TRY(mgreg_saver_set_last_checkpoints(t, paths, NULL, 2, e));
	TRY(mgreg_saver_format_state(t, &json, e));
	TRY(mgreg_saver_set_state(s, json, e));
	TRY(mgreg_saver_compare(s, arg, NULL, NULL, NULL, e));
	TRY(mgreg_init_from_checkpoint(g, arg, (const char *const[]){ "old/w" }, (const char *const[]){ "w" }, 1, e));
out:
	mgreg_free(json);
	mgreg_saver_free(s);
	mgreg_saver_free(t);
	mgreg_graph_free(g);
	return rc;
}

START_TEST(short_of_memory)
{
	char prefix[1024];

	snprintf(prefix, sizeof prefix, "%s", a_checkpoint());
	mg_test_each_allocation(build_and_compare, prefix);
}
END_TEST

Suite *
test_api(void)
{
	TCase *t;
	Suite *s = mg_suite("api", &t);

	tcase_add_test(t, a_map_of_names);
	tcase_add_test(t, deferred);
	tcase_add_test(t, definitions);
	tcase_add_test(t, sequentially);
	tcase_add_loop_test(t, other_partitions, 0, MG_COUNT(cuts));
	tcase_add_test(t, slices_by_key);
	tcase_add_test(t, save_options);
	tcase_add_test(t, empty_saver);
	tcase_add_test(t, last_checkpoints);
	tcase_add_loop_test(t, told_before, 0, 2);
	tcase_add_loop_test(t, reshaped, 0, 2);
	tcase_add_test(t, object_based);
	tcase_add_loop_test(t, odd_folders, 0, MG_COUNT(odd));
	tcase_add_test(t, state_files);
	tcase_add_test(t, listing_a_folder_without_any);
	tcase_add_loop_test(t, init_from, 0, 2);
	tcase_add_test(t, init_partitions);
	tcase_add_test(t, warm_start);
	tcase_add_test(t, short_of_memory);
	return s;
}
