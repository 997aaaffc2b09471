/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_corpus.c - trainings and models that TensorFlow stored: the same numbers, also with the nodes renamed and
 * in another order.
 */
#include <math.h>
#include "rt.h"
#include "base/file.h"

/* ---- reading ---- */

static Pb__GraphDef *
read_graph(const char *path, mg_arena *arena)
{
	mg_str bytes = MG_STR_INIT;
	mgreg_error err;
	mg_msg *msg;
	Pb__GraphDef *def;

	ck_assert_ok(mg_file_read(path, 0, &bytes, &err), &err);
	if (mg_ends_with(path, ".pbtxt")) {
		ck_assert_ok(mg_msg_parse(&pb__saved_model__descriptor, bytes.ptr, bytes.len, arena, &msg, &err), &err);
		def = ((Pb__SavedModel *)msg)->meta_graphs[0]->graph_def;
	} else if (mg_ends_with(path, ".pb")) {
		ck_assert_ok(mg_msg_decode(&pb__saved_model__descriptor, bytes.ptr, bytes.len, arena, &msg, &err), &err);
		def = ((Pb__SavedModel *)msg)->meta_graphs[0]->graph_def;
	} else {
		ck_assert_ok(mg_msg_decode(&pb__meta_graph_def__descriptor, bytes.ptr, bytes.len, arena, &msg, &err), &err);
		def = ((Pb__MetaGraphDef *)msg)->graph_def;
	}
	mg_str_clear(&bytes);
	return def;
}

/* "x", "^x" and "x:1" become "r/x" and so on; the class attributes too. */
static char *
renamed(const char *name, mg_arena *arena)
{
	const char *out;

	if (name[0] == '^')
		out = mg_arena_printf(arena, "^r/%s", name + 1);
	else
		out = mg_arena_printf(arena, "r/%s", name);
	return (char *)out;
}

static void
rename_nodes(Pb__GraphDef *def, mg_arena *arena)
{
	for (size_t i = 0; i < def->n_node; i++) {
		Pb__NodeDef *n = def->node[i];

		n->name = renamed(n->name, arena);
		for (size_t j = 0; j < n->n_input; j++)
			n->input[j] = renamed(n->input[j], arena);
		for (size_t j = 0; j < n->n_attr; j++)
			if (!strcmp(n->attr[j]->key, "_class") && n->attr[j]->value->value_case == PB__ATTR_VALUE__VALUE_LIST)
				n->attr[j]->value->list->n_s = 0;
	}
}

/* The same shuffle every time. */
static void
shuffle_nodes(Pb__GraphDef *def, uint64_t seed)
{
	for (size_t i = def->n_node; i > 1; i--) {
		size_t j;
		Pb__NodeDef *n;

		seed = seed * 6364136223846793005u + 1442695040888963407u;
		j = (size_t)(seed >> 33) % i;
		n = def->node[i - 1];
		def->node[i - 1] = def->node[j];
		def->node[j] = n;
	}
}

enum { PLAIN, RENAMED, SHUFFLED, FORMS };

typedef struct model {
	rt       t;
	mg_arena arena;
	const char *prefix;             /* "" or "r/" */
} model;

static void
model_open(model *m, const char *path, int form, const mg_session_options *options)
{
	Pb__GraphDef *def;
	mg_graphdef_import import = { .clear_devices = true };

	memset(m, 0, sizeof(*m));
	rt_begin_with(&m->t, options);
	def = read_graph(path, &m->arena);
	m->prefix = form == PLAIN ? "" : "r/";
	if (form != PLAIN)
		rename_nodes(def, &m->arena);
	if (form == SHUFFLED)
		shuffle_nodes(def, 12345);
	ck_assert_ok(mg_graph_import_def(m->t.g, def, &import, &m->t.err), &m->t.err);
}

static void
model_close(model *m)
{
	rt_end(&m->t);
	mg_arena_clear(&m->arena);
}

static mg_node *
node(model *m, const char *name)
{
	mg_node *n = mg_graph_find(m->t.g, mg_arena_printf(&m->arena, "%s%s", m->prefix, name));

	ck_assert_msg(n != NULL, "node '%s'", name);
	return n;
}

/* Every variable gets its value in the checkpoint.  AROUND: pairs of what stands before and after a key in the
 * variable's name, tried in order. */
static void
restore(model *m, const char *prefix, const char *const *around)
{
	mg_ckpt *c;
	mg_ckpt_entry e;
	mgreg_error err;

	ck_assert_ok(mg_ckpt_open(&c, prefix, &err), &err);
	for (size_t i = 0; mg_ckpt_entry_at(c, i, &e, &err) == 0; i++) {
		mg_tensor v = { 0 };
		int rc = MGREG_NOT_FOUND;

		ck_assert_ok(mg_ckpt_read(c, e.name, NULL, &v, &err), &err);
		for (const char *const *s = around; rc && *s; s += 2)
			rc = mg_session_variable_set(m->t.s, mg_arena_printf(&m->arena, "%s%s%s%s", m->prefix, s[0], e.name, s[1]), &v, &err);
		ck_assert_msg(rc == 0, "%s: %s", e.name, err.text);
		mg_tensor_clear(&v);
	}
	mg_ckpt_close(c);
}

/* Variables against the checkpoint: bit for bit (TOL 0), or TOL (slots: SLOT_TOL of max(1, the tensor's largest)). */
static void
compare(model *m, const char *prefix, const char *const *around, double tol, double slot_tol)
{
	mg_ckpt *c;
	mg_ckpt_entry e;
	mgreg_error err;
	size_t i;

	ck_assert_ok(mg_ckpt_open(&c, prefix, &err), &err);
	for (i = 0; mg_ckpt_entry_at(c, i, &e, &err) == 0; i++) {
		mg_tensor want = { 0 }, have = { 0 };
		int rc = MGREG_NOT_FOUND;
		bool slot = strstr(e.name, "Ftrl") != NULL;
		double largest = 1;

		ck_assert_ok(mg_ckpt_read(c, e.name, NULL, &want, &err), &err);
		for (const char *const *s = around; rc && *s; s += 2)
			rc = mg_session_variable_get(m->t.s, mg_arena_printf(&m->arena, "%s%s%s%s", m->prefix, s[0], e.name, s[1]), &have, &err);
		ck_assert_msg(rc == 0, "%s: %s", e.name, err.text);
		for (int64_t k = 0; slot && k < want.count; k++) {
			double x = 0;

			mg_tensor_as_double(&want, k, &x);
			largest = fmax(largest, fabs(x));
		}
		if (tol == 0) {
			mg_str a = MG_STR_INIT, b = MG_STR_INIT;

			mg_tensor_print(&have, 0, &a);
			mg_tensor_print(&want, 0, &b);
			ck_assert_msg(mg_tensor_equal(&have, &want), "%s: %s, stored %s", e.name, a.ptr, b.ptr);
			mg_str_clear(&a);
			mg_str_clear(&b);
		}
		for (int64_t k = 0; tol > 0 && k < want.count; k++) {
			double x = 0, y = 0;

			mg_tensor_as_double(&want, k, &x);
			mg_tensor_as_double(&have, k, &y);
			ck_assert_msg(fabs(x - y) <= (slot ? slot_tol * largest : tol), "%s[%d]: %.9g, stored %.9g", e.name, (int)k, y, x);
		}
		mg_tensor_clear(&want);
		mg_tensor_clear(&have);
	}
	ck_assert_uint_gt(i, 0);
	mg_ckpt_close(c);
}

static const char *const as_they_are[] = { "", "", NULL };

/* ---- the trainings ---- */

static const mg_session_options sessions[] = {
	{ .threads = 1 }, { .threads = 4 }, { .threads = 2, .no_optimize = true },
};

START_TEST(lr_decay)
{
	const char *corpus = mg_test_corpus();
	model m;

	if (!corpus) {
		mg_test_skip("no corpus");
		return;
	}
	for (int form = 0; form < FORMS; form++) {
		model_open(&m, mg_test_path(corpus, "demo-lr-decay/learning_rate_exp_decay.ckpt.meta"), form, &sessions[_i]);
		rt_run(&m.t, node(&m, "init"));
		for (int i = 0; i < 40; i++)
			rt_run(&m.t, node(&m, "GradientDescent"));
		compare(&m, mg_test_path(corpus, "demo-lr-decay/learning_rate_exp_decay.ckpt"), as_they_are, 0, 0);
		model_close(&m);
	}
}
END_TEST

START_TEST(ema_adam)
{
	const char *corpus = mg_test_corpus();
	model m;

	if (!corpus)
		return;
	for (int form = 0; form < FORMS; form++) {
		model_open(&m, mg_test_path(corpus, "demo-ema-adam/save_net_3.ckpt.meta"), form, &sessions[_i]);
		rt_run(&m.t, node(&m, "init"));
		for (int i = 0; i < 5; i++)
			rt_run(&m.t, node(&m, "train"));
		compare(&m, mg_test_path(corpus, "demo-ema-adam/save_net_3.ckpt"), as_they_are, 0, 0);
		model_close(&m);
	}
}
END_TEST

/* The weights are stored without "/part_0", the slots without "linear/" in front. */
START_TEST(linear_partitioned)
{
	static const char *const keys[] = { "", "", "", "/part_0", "linear/", "", NULL };
	const char *corpus = mg_test_corpus();
	model m;

	if (!corpus || !mg_runtime_knows_op("StridedSlice"))
		return;
	for (int form = 0; form < FORMS; form += 2) {
		model_open(&m, mg_test_path(corpus, "dnn-linear-partitioned/model.ckpt-1.meta"), form, &sessions[form ? 1 : 0]);
		restore(&m, mg_test_path(corpus, "dnn-linear-partitioned/model.ckpt-1"), keys);
		for (int i = 0; i < 299; i++)
			rt_run(&m.t, node(&m, "linear/Ftrl"));
		compare(&m, mg_test_path(corpus, "dnn-linear-partitioned/model.ckpt-300"), keys, 2e-6, 5e-6);
		model_close(&m);
	}
}
END_TEST

Suite *
test_corpus(void)
{
	TCase *t;
	Suite *s = mg_suite("corpus", &t);

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, lr_decay, 0, (int)MG_COUNT(sessions));
	tcase_add_loop_test(t, ema_adam, 0, (int)MG_COUNT(sessions));
	tcase_add_test(t, linear_partitioned);
	return s;
}
