/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_ways.c - one model of many types, on three machines, one variable in four parts: saved as V1, V2, in shards, and into the
 * store; every way gives back the same bits.
 */
#include <stdio.h>
#include "testing.h"
#include "base/file.h"
#include "registry/registry.h"

static mgreg_error err;

typedef struct model {
	mgreg_graph   *g;
	mgreg_session *s;
} model;

/* Types that every format can hold. */
static const mgreg_dtype types[] = { MGREG_FLOAT, MGREG_DOUBLE, MGREG_INT32, MGREG_INT64, MGREG_UINT8, MGREG_INT8, MGREG_INT16, MGREG_BOOL,
	MGREG_HALF, MGREG_COMPLEX64, MGREG_STRING };

/* Bits that no arithmetic would leave alone: signed zeros, NaNs, denormals. */
static void
fill(mg_tensor *t, uint32_t seed)
{
	uint8_t *at = t->data;

	if (t->dtype == MGREG_STRING) {
		for (int64_t i = 0; i < t->count; i++) {
			char text[32];
			int n = snprintf(text, sizeof text, "t\303\251xt %u%c%d", seed, (int)(i % 2) * '\n', (int)i);

			ck_assert_ok(mg_tensor_set_string(t, i, text, (size_t)n, &err), &err);
		}
		return;
	}
	for (size_t i = 0; i < t->size; i++) {
		seed = seed * 1664525u + 1013904223u;
		at[i] = t->dtype == MGREG_BOOL ? (uint8_t)(seed >> 31) : (uint8_t)(seed >> 24);
	}
}

static void
add_variable(mgreg_builder *b, const char *name, mgreg_dtype type, const int64_t *dims, int rank, uint32_t seed, bool resource)
{
	mg_tensor t = { 0 };
	mgreg_output first;

	ck_assert_ok(mg_tensor_init_dims(&t, type, dims, rank, &err), &err);
	fill(&t, seed);
	first = mgreg_op_const(b, &t, "first");
	mgreg_op_variable(b, first, MGREG_VARIABLE_NOT_TRAINABLE | (resource ? MGREG_VARIABLE_RESOURCE : 0), name);
	mg_tensor_clear(&t);
	ck_assert_ok(b->rc, &err);
}

static void
set_slice(mgreg_graph *g, const char *name, int64_t at, int64_t rows)
{
	mg_output w;
	mg_variable_record *v;
	int64_t *n = mg_arena_zalloc(mg_graph_arena(g), 6, sizeof *n);

	ck_assert_ok(mg_graph_output(g, name, &w, &err), &err);
	v = (mg_variable_record *)mg_variable_of(g, w);
	n[0] = 22;
	n[1] = n[5] = 3;
	n[2] = at;
	n[4] = rows;
	v->slice = mg_arena_zalloc(mg_graph_arena(g), 1, sizeof *v->slice);
	*v->slice = (mg_save_slice){ .full_name = "table", .rank = 2, .full_shape = n, .var_offset = n + 2, .var_shape = n + 4 };
}

static void
push_device(mgreg_graph *g, int i)
{
	static const char *const devices[3] = { "/job:ps/task:0", "/job:ps/task:1", "/job:ps/task:2" };
	const char *device = devices[i % 3];

	ck_assert_ok(mgreg_device_push(g, device, &err), &err);
}

static void
model_up(model *m, bool resource)
{
	mgreg_session_options o = MGREG_SESSION_INIT;
	mgreg_builder b;
	char name[40];

	ck_assert_ok(mgreg_graph_new(&m->g, &err), &err);
	b = (mgreg_builder)MGREG_BUILDER(m->g, &err);
	for (size_t i = 0; i < MG_COUNT(types); i++) {
		push_device(m->g, (int)i);
		snprintf(name, sizeof name, "net/%s", mgreg_dtype_name(types[i]));
		add_variable(&b, name, types[i], (int64_t[]){ 2, (int64_t)i + 1 }, 2, (uint32_t)i + 7, resource && types[i] != MGREG_STRING);
		snprintf(name, sizeof name, "net/%s_scalar", mgreg_dtype_name(types[i]));
		add_variable(&b, name, types[i], NULL, 0, (uint32_t)i + 70, resource && types[i] != MGREG_STRING);
		mgreg_device_pop(m->g);
	}
	add_variable(&b, "net/none", MGREG_FLOAT, (int64_t[]){ 0, 3 }, 2, 1, resource);
	for (int i = 0, at = 0; i < 4; i++) {
		int rows = 22 / 4 + (i < 22 % 4);

		push_device(m->g, (int)i);
		snprintf(name, sizeof name, "table/part_%d", i);
		add_variable(&b, name, MGREG_FLOAT, (int64_t[]){ rows, 3 }, 2, (uint32_t)i + 90, resource);
		mgreg_device_pop(m->g);
		set_slice(m->g, name, at, rows);
		at += rows;
	}
	o.threads = 2;
	ck_assert_ok(mgreg_session_new(&m->s, m->g, &o, &err), &err);
}

static void
model_down(model *m)
{
	mgreg_session_free(m->s);
	mgreg_graph_free(m->g);
}

static void
initialize(model *m)
{
	mgreg_builder b = MGREG_BUILDER(m->g, &err);
	mgreg_node *init = mgreg_op_initializer(&b, NULL);

	ck_assert_ok(b.rc, &err);
	ck_assert_ok(mgreg_session_run(m->s, NULL, 0, NULL, 0, &init, 1, NULL, &err), &err);
}

/* Every variable of A has the bits that B has. */
static void
same_bits(model *a, mgreg_session *b, const char *way)
{
	for (int i = 0; i < mg_collection_count(a->g, "variables"); i++) {
		const mg_variable_record *v = mg_collection_item(a->g, "variables", i)->record;
		mgreg_tensor *x, *y;
		char name[64];

		snprintf(name, sizeof name, "%.*s", (int)strcspn(v->variable_name, ":"), v->variable_name);
		ck_assert_ok(mgreg_session_variable_get(a->s, name, &x, &err), &err);
		ck_assert_ok(mgreg_session_variable_get(b, name, &y, &err), &err);
		ck_assert_msg(mg_tensor_equal(x, y), "%s: variable '%s' has other bits", way, name);
		mgreg_tensor_free(x);
		mgreg_tensor_free(y);
	}
}

static const struct { const char *name; int version; bool sharded, resource; } ways[] = {
	{ "v1", 1, false, false }, { "v2", 2, false, false }, { "v1 in 3 shards", 1, true, false }, { "v2 in 3 shards", 2, true, false },
	{ "v2, resources", 2, false, true }, { "v2 in 3 shards, resources", 2, true, true }, { "v1, resources", 1, false, true },
};

START_TEST(same_everywhere)
{
	const char *base = mg_test_tempdir();
	mgreg_saver_options o = MGREG_SAVER_INIT;
	mgreg_store_export_options eo = MGREG_STORE_EXPORT_INIT;
	mgreg_store *store;
	mgreg_live *live;
	mgreg_saver *saver;
	char path[512], *prefix;
	const char *source;
	model first, again;

	model_up(&first, ways[_i].resource);
	o.write_version = ways[_i].version;
	o.sharded = ways[_i].sharded;
	ck_assert_ok(mgreg_saver_new(&saver, first.g, &o, &err), &err);
	initialize(&first);
	snprintf(path, sizeof path, "%s/way %d", base, _i);
	ck_assert_ok(mgreg_saver_save(saver, first.s, path, 10, &prefix, &err), &err);
	mgreg_saver_free(saver);

	/* files -> a graph that was never initialized */
	model_up(&again, ways[_i].resource);
	ck_assert_ok(mgreg_saver_new(&saver, again.g, &o, &err), &err);
	ck_assert_ok(mgreg_saver_restore(saver, again.s, prefix, &err), &err);
	same_bits(&first, again.s, ways[_i].name);
	mgreg_saver_free(saver);
	model_down(&again);

	/* files -> store -> graph; V1's shards are named by their pattern */
	snprintf(path, sizeof path, "%s/way %d.mgreg", base, _i);
	ck_assert_ok(mgreg_store_create(&store, path, NULL, &err), &err);
	eo.as = "m/run";
	source = prefix;
	ck_assert_ok(mgreg_store_export(store, &source, 1, &eo, NULL, NULL, &err), &err);
	ck_assert_ok(mgreg_live_load(&live, store, "m/run@10", NULL, &err), &err);
	same_bits(&first, mgreg_live_session(live), ways[_i].name);
	mgreg_live_free(live);
	mgreg_store_close(store);
	mgreg_free(prefix);
	model_down(&first);
}
END_TEST

/* The save op writes straight into the store: shards and parts become rows. */
START_TEST(into_the_store)
{
	mgreg_saver_options o = MGREG_SAVER_INIT;
	mg_store_resolver resolver;
	mg_store_target target;
	mg_new_run fresh = { 0 };
	mgreg_store *store;
	mgreg_live *live;
	mgreg_saver *saver;
	int64_t model_id, run_id;
	bool created;
	char path[512];
	model m;

	model_up(&m, ways[_i].resource);
	o.write_version = ways[_i].version;
	o.sharded = ways[_i].sharded;
	ck_assert_ok(mgreg_saver_new(&saver, m.g, &o, &err), &err);
	initialize(&m);
	snprintf(path, sizeof path, "%s/into %d.mgreg", mg_test_tempdir(), _i);
	ck_assert_ok(mgreg_store_create(&store, path, NULL, &err), &err);
	ck_assert_ok(mg_model_create(store, "m", &model_id, &err), &err);
	ck_assert_ok(mg_run_create(store, model_id, "run", &fresh, &run_id, &created, &err), &err);
	mg_store_resolver_init(&resolver, store, NULL);
	mg_store_target_init(&target, &resolver);
	target.version = (mg_new_version){ .run_id = run_id, .operation = "train" };
	ck_assert_ok(mg_saver_save(saver, m.s, &target.target, true, 10, true, &err), &err);
	ck_assert_ok(mgreg_live_load(&live, store, "m/run@10", NULL, &err), &err);
	same_bits(&m, mgreg_live_session(live), ways[_i].name);
	mgreg_live_free(live);
	mg_store_target_clear(&target);
	mgreg_saver_free(saver);
	mgreg_store_close(store);
	model_down(&m);
}
END_TEST

/* A program's own session: into the store, beside it as files, and back; then the next one, from it. */
START_TEST(by_the_header)
{
	static const char *const names[] = { "loss" };
	static const double values[] = { 0.25 };
	static const mgreg_pair hparams[] = { { "lr", "0.5" } }, tags[] = { { "stage", "test" } };
	mgreg_store_save_options o = MGREG_STORE_SAVE_INIT;
	mgreg_version_info v, w;
	mgreg_store *store;
	mgreg_saver *saver;
	char path[512], tee[512], *latest;
	model m, again;

	model_up(&m, false);
	ck_assert_ok(mgreg_saver_new(&saver, m.g, NULL, &err), &err);
	snprintf(path, sizeof path, "%s/header.mgreg", mg_test_tempdir());
	snprintf(tee, sizeof tee, "%s/beside", mg_test_tempdir());
	ck_assert_ok(mgreg_store_create(&store, path, NULL, &err), &err);
	o.as = "net/first";
	o.has_step = 1;
	o.step = 3;
	ck_assert_fails(mgreg_store_save(store, saver, m.s, &o, &v, &err), MGREG_FAILED_PRECONDITION, &err);
	ck_assert_fails(mgreg_store_latest(store, "net", &v, &err), MGREG_NOT_FOUND, &err);
	initialize(&m);
	o.hparams = hparams;
	o.hparam_count = 1;
	o.tags = tags;
	o.tag_count = 1;
	o.metric_names = names;
	o.metric_values = values;
	o.metric_count = 1;
	o.tee = tee;
	ck_assert_ok(mgreg_store_save(store, saver, m.s, &o, &v, &err), &err);
	ck_assert_str_eq(v.ref, "net/first@3");
	ck_assert_str_eq(v.kind, "checkpoint");
	ck_assert_ok(mgreg_latest_checkpoint(mg_test_tempdir(), &latest, &err), &err);
	ck_assert(mg_ends_with(latest, "/beside-3"));
	o.tee = NULL;
	o.from = "net/first@3";
	o.as = "net/second";
	o.step = 4;
	ck_assert_ok(mgreg_store_save(store, saver, m.s, &o, &w, &err), &err);
	ck_assert_str_eq(w.ref, "net/second@4");
	o.same_step = MGREG_SAME_REFUSE;
	ck_assert_fails(mgreg_store_save(store, saver, m.s, &o, &w, &err), MGREG_ALREADY_EXISTS, &err);
	mgreg_saver_free(saver);
	model_up(&again, false);
	ck_assert_ok(mgreg_saver_new(&saver, again.g, NULL, &err), &err);
	ck_assert_ok(mgreg_store_restore(store, "net/first", saver, again.s, &w, &err), &err);
	ck_assert_int_eq(w.id, v.id);
	same_bits(&m, again.s, "from the store");
	ck_assert_fails(mgreg_store_restore(store, "net@99", saver, again.s, NULL, &err), MGREG_NOT_FOUND, &err);
	mgreg_saver_free(saver);
	model_down(&again);
	model_up(&again, false);
	ck_assert_ok(mgreg_saver_new(&saver, again.g, NULL, &err), &err);
	ck_assert_ok(mgreg_saver_restore(saver, again.s, latest, &err), &err);
	same_bits(&m, again.s, "from the files beside");
	mgreg_free(latest);
	mgreg_saver_free(saver);
	model_down(&again);
	model_down(&m);
	mgreg_store_close(store);
}
END_TEST

Suite *
test_ways(void)
{
	TCase *t;
	Suite *s = mg_suite("ways", &t);

	tcase_add_loop_test(t, same_everywhere, 0, MG_COUNT(ways));
	tcase_add_loop_test(t, into_the_store, 0, MG_COUNT(ways));
	tcase_add_test(t, by_the_header);
	return s;
}
