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
read_graph(const char *path, mg_arena *arena, const Pb__OpList **ops)
{
	mg_str bytes = MG_STR_INIT;
	mgreg_error err;
	mg_msg *msg;
	Pb__MetaGraphDef *def;

	ck_assert_ok(mg_file_read(path, 0, &bytes, &err), &err);
	if (mg_ends_with(path, ".pbtxt")) {
		ck_assert_ok(mg_msg_parse(&pb__saved_model__descriptor, bytes.ptr, bytes.len, arena, &msg, &err), &err);
		def = ((Pb__SavedModel *)msg)->meta_graphs[0];
	} else if (mg_ends_with(path, ".pb")) {
		ck_assert_ok(mg_msg_decode(&pb__saved_model__descriptor, bytes.ptr, bytes.len, arena, &msg, &err), &err);
		def = ((Pb__SavedModel *)msg)->meta_graphs[0];
	} else {
		ck_assert_ok(mg_msg_decode(&pb__meta_graph_def__descriptor, bytes.ptr, bytes.len, arena, &msg, &err), &err);
		def = (Pb__MetaGraphDef *)msg;
	}
	mg_str_clear(&bytes);
	*ops = def->meta_info_def ? def->meta_info_def->stripped_op_list : NULL;
	return def->graph_def;
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
	def = read_graph(path, &m->arena, &import.producer_ops);
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

	if (!corpus)
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

/* ---- models that serve: signatures ---- */

typedef struct served {
	model m;
	Pb__MetaGraphDef *def;
} served;

static Pb__MetaGraphDef *
read_saved_model(const char *path, mg_arena *arena)
{
	mg_str bytes = MG_STR_INIT;
	mgreg_error err;
	mg_msg *msg;

	ck_assert_ok(mg_file_read(path, 0, &bytes, &err), &err);
	if (mg_ends_with(path, ".pbtxt"))
		ck_assert_ok(mg_msg_parse(&pb__saved_model__descriptor, bytes.ptr, bytes.len, arena, &msg, &err), &err);
	else
		ck_assert_ok(mg_msg_decode(&pb__saved_model__descriptor, bytes.ptr, bytes.len, arena, &msg, &err), &err);
	mg_str_clear(&bytes);
	return ((Pb__SavedModel *)msg)->meta_graphs[0];
}

/* Opens corpus/NAME/FILE and restores variables/variables, if it has some. */
static void
serve(served *s, const char *corpus, const char *name, const char *file)
{
	const char *dir = mg_test_path(corpus, name);
	const char *variables;

	model_open(&s->m, mg_test_path(dir, file), PLAIN, NULL);
	s->def = read_saved_model(mg_test_path(dir, file), &s->m.arena);
	variables = mg_test_path(dir, "variables/variables");
	if (mg_ckpt_exists(variables))
		restore(&s->m, variables, as_they_are);
}

static const Pb__SignatureDef *
signature(const served *s, const char *name)
{
	for (size_t i = 0; i < s->def->n_signature_def; i++)
		if (!strcmp(s->def->signature_def[i]->key, name))
			return s->def->signature_def[i]->value;
	ck_abort_msg("no signature %s", name);
	return NULL;
}

/* A value for O: unknown dimensions become COUNT, then 1; VALUES over and over. */
static void
make_input(const served *s, mg_output o, int count, const float *values, mg_tensor *out)
{
	const mg_shape *have = mg_output_shape(o);
	int64_t dims[8] = { count, 1 };
	int rank = have->rank < 0 ? (count == 1 ? 0 : 2) : have->rank;
	bool first = true;
	mgreg_error err;

	(void)s;
	for (int d = 0; d < have->rank; d++) {
		dims[d] = mg_shape_dim(have, d) >= 0 ? mg_shape_dim(have, d) : first ? count : 1;
		first = first && mg_shape_dim(have, d) >= 0;
	}
	ck_assert_ok(mg_tensor_init_dims(out, mg_output_type(o), dims, rank, &err), &err);
	for (int64_t k = 0; k < out->count; k++)
		MG_DATA(out, float)[k] = values[k % count];
}

/* Runs signature NAME with COUNT values for each of its inputs, in order; its first output, one of at most 64 elements, lands in OUT. */
static void
call(served *s, const char *name, int inputs, int count, const float *const *values, double *out, int64_t *size)
{
	const Pb__SignatureDef *sig = signature(s, name);
	mg_tensor in[2] = { { 0 } }, result = { 0 };
	mg_feed feeds[2];
	mg_output fetch;
	mgreg_error *err = &s->m.t.err;

	ck_assert_int_eq((int)sig->n_inputs, inputs);
	for (int i = 0; i < inputs; i++) {
		ck_assert_ok(mg_graph_output(s->m.t.g, sig->inputs[i]->value->name, &feeds[i].to, err), err);
		make_input(s, feeds[i].to, count, values[i], &in[i]);
		feeds[i].value = &in[i];
	}
	ck_assert_ok(mg_graph_output(s->m.t.g, sig->outputs[0]->value->name, &fetch, err), err);
	ck_assert_ok(mg_session_run(s->m.t.s, feeds, inputs, &fetch, 1, NULL, 0, &result, err), err);
	ck_assert_int_le(result.count, 64);
	for (int64_t k = 0; k < result.count; k++)
		ck_assert(mg_tensor_as_double(&result, k, &out[k]));
	*size = result.count;
	mg_tensor_clear(&result);
	for (int i = 0; i < inputs; i++)
		mg_tensor_clear(&in[i]);
}

static const struct { const char *dir, *file; double plus; } halves[] = {
	{ "tf-half-plus-two", "saved_model.pb", 2 }, { "tf-half-plus-two-main-op", "saved_model.pb", 2 },
	{ "tf-half-plus-two-pbtxt", "saved_model.pbtxt", 2 }, { "tf-half-plus-two-v2", "saved_model.pb", 2 },
	{ "serving-half-plus-two-114", "saved_model.pb", 2 }, { "serving-half-plus-two-mkl", "saved_model.pb", 2 },
	{ "serving-half-plus-two-resource", "saved_model.pb", 2 }, { "serving-half-plus-three", "saved_model.pb", 3 },
	{ "serving-matrix-half-plus-two", "saved_model.pb", 2 },
};

START_TEST(half_plus_two)
{
	static const float x[] = { 1, 2, -3, 0.5f };
	const char *corpus = mg_test_corpus();
	const float *values[1] = { x };
	int64_t n;
	double y[64];
	served s;

	if (!corpus)
		return;
	serve(&s, corpus, halves[_i].dir, halves[_i].file);
	call(&s, "serving_default", 1, 4, values, y, &n);
	ck_assert_int_ge(n, 4);
	for (int i = 0; i < n; i++)
		ck_assert_double_eq(y[i], (double)x[i % 4] / 2 + halves[_i].plus);
	model_close(&s.m);
}
END_TEST

/* Exports of 2016: a MetaGraph and a checkpoint side by side. */
static const struct { const char *meta, *prefix, *x, *y; } exports[] = {
	{ "serving-half-plus-two-export-2016/export.meta", "serving-half-plus-two-export-2016/export", "Placeholder:0", "Add:0" },
	{ "tf-session-bundle-v2/export.meta", "tf-session-bundle-v2/export", "x:0", "y:0" },
};

START_TEST(half_plus_two_exports)
{
	const char *corpus = mg_test_corpus();
	mg_tensor x = { 0 }, y = { 0 };
	mg_feed f;
	mg_output out;
	model m;

	if (!corpus)
		return;
	model_open(&m, mg_test_path(corpus, exports[_i].meta), PLAIN, NULL);
	restore(&m, mg_test_path(corpus, exports[_i].prefix), as_they_are);
	ck_assert_ok(mg_graph_output(m.t.g, exports[_i].x, &f.to, &m.t.err), &m.t.err);
	ck_assert_ok(mg_graph_output(m.t.g, exports[_i].y, &out, &m.t.err), &m.t.err);
	ck_assert_ok(mg_tensor_init_dims(&x, MGREG_FLOAT, (int64_t[]){ 3, 1 }, 2, &m.t.err), &m.t.err);
	memcpy(x.data, (float[]){ 1, 2, -3 }, x.size);
	f.value = &x;
	ck_assert_ok(mg_session_run(m.t.s, &f, 1, &out, 1, NULL, 0, &y, &m.t.err), &m.t.err);
	for (int i = 0; i < 3; i++)
		ck_assert_float_eq(MG_DATA(&y, float)[i], MG_DATA(&x, float)[i] / 2 + 2);
	mg_tensor_clear(&x);
	mg_tensor_clear(&y);
	model_close(&m);
}
END_TEST

START_TEST(counter)
{
	const char *corpus = mg_test_corpus();
	const float three = 3, *delta[1] = { &three };
	int64_t n;
	double v;
	served s;

	if (!corpus)
		return;
	serve(&s, corpus, "serving-counter", "saved_model.pb");
	call(&s, "get_counter", 0, 0, NULL, &v, &n);
	ck_assert_double_eq(v, 0);
	for (int i = 1; i <= 3; i++) {
		call(&s, "incr_counter", 0, 0, NULL, &v, &n);
		ck_assert_double_eq(v, i);
	}
	call(&s, "incr_counter_by", 1, 1, delta, &v, &n);
	ck_assert_double_eq(v, 6);
	call(&s, "get_counter", 0, 0, NULL, &v, &n);
	ck_assert_double_eq(v, 6);
	call(&s, "reset_counter", 0, 0, NULL, &v, &n);
	ck_assert_double_eq(v, 0);
	model_close(&s.m);
}
END_TEST

START_TEST(predictor)
{
	static const float x[] = { 7 }, y[] = { 2 };
	static const struct { const char *name; double want; } sigs[] = { { "sum", 9 }, { "product", 14 }, { "difference", 5 }, { "serving_default", 9 } };
	const char *corpus = mg_test_corpus();
	served s;

	if (!corpus)
		return;
	serve(&s, corpus, "tf-predictor-export", "saved_model.pb");
	for (size_t i = 0; i < MG_COUNT(sigs); i++) {
		const Pb__SignatureDef *sig = signature(&s, sigs[i].name);
		bool swapped = !strcmp(sig->inputs[0]->key, "y");
		const float *values[2] = { swapped ? y : x, swapped ? x : y };
		int64_t n;
		double v;

		call(&s, sigs[i].name, 2, 1, values, &v, &n);
		ck_assert_msg(v == sigs[i].want || !strcmp(sigs[i].name, "serving_default"), "%s: %g", sigs[i].name, v);
	}
	model_close(&s.m);
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
	tcase_add_loop_test(t, half_plus_two, 0, (int)MG_COUNT(halves));
	tcase_add_loop_test(t, half_plus_two_exports, 0, (int)MG_COUNT(exports));
	tcase_add_test(t, counter);
	tcase_add_test(t, predictor);
	return s;
}
