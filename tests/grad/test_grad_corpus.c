/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_grad_corpus.c - gradients built over graphs that TensorFlow wrote, against the gradients it built itself.
 *
 * The nodes before the first gradient node are imported; the rest must come out of mg_gradients(): same names, ops and inputs.
 */
#include <stdio.h>
#include <stdlib.h>
#include "testing.h"
#include "base/file.h"
#include "grad/grad.h"
#include "testing.h"

static mgreg_error err;

/* UNTIL: the first gradient whose nodes 1.15 makes another way. */
static const struct { const char *path, *scope, *y, *until; } cases[] = {
	{ "handson-dnn/my_dnn_model.meta", "dnn/train/gradients", "dnn/loss/loss", NULL },
	{ "handson-ch11-dnn/my_ch11_dnn_model.meta", "dnn/train/gradients", "dnn/loss/loss", NULL },
	{ "handson-momentum/my_mnist_model_final.ckpt.meta", "gradients", "loss", NULL },
	{ "mtcnn-pnet/PNet-18.meta", "gradients", "add_4", "TopKV2_grad" },
};

static Pb__GraphDef *
read_graph(const char *path, mg_arena *arena)
{
	mg_str bytes = MG_STR_INIT;
	mg_msg *m;

	ck_assert_ok(mg_file_read(path, 0, &bytes, &err), &err);
	ck_assert_ok(mg_msg_decode(&pb__meta_graph_def__descriptor, bytes.ptr, bytes.len, arena, &m, &err), &err);
	mg_str_clear(&bytes);
	return ((Pb__MetaGraphDef *)m)->graph_def;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names as 1.15 gives them: to_int32() became a plain cast after these files were written. */
static const char *
modern(const char *name, mg_arena *a)
{
	const char *at = strstr(name, "_grad/ToInt32");

	return at ? mg_arena_printf(a, "%.*s_grad/Cast%s", (int)(at - name), name, at + strlen("_grad/ToInt32")) : name;
}

/* Inputs as text.  TensorFlow's C++ sorts control inputs by name when it writes a graph: their order tells nothing. */
static void
put_inputs(const char **inputs, size_t n, mg_str *out)
{
	size_t data = 0;

	while (data < n && inputs[data][0] != '^')
		data++;
	if (n > data)
		qsort(inputs + data, n - data, sizeof *inputs, by_text);
	for (size_t i = 0; i < n; i++)
		mg_str_printf(out, "%s ", inputs[i]);
}

static void
inputs_of(const mg_node *n, mg_arena *a, mg_str *out)
{
	const char **inputs = mg_arena_zalloc(a, (size_t)(n->input_count + n->control_count) + 1, sizeof *inputs);
	size_t k = 0;

	for (int i = 0; i < n->input_count; i++)
		inputs[k++] = mg_output_name(n->inputs[i], a);
	for (int i = 0; i < n->control_count; i++)
		inputs[k++] = mg_arena_printf(a, "^%s", n->controls[i]->name);
	put_inputs(inputs, k, out);
}

START_TEST(as_tensorflow_built_them)
{
	const char *corpus = mg_test_corpus();
	mg_arena arena = { 0 };
	mg_graphdef_import import = { 0 };
	mg_output y, xs[64];
	mg_grad_value out[64];
	Pb__GraphDef *whole, part;
	size_t first = 0, compared = 0;
	mg_graph *g;
	int nx = 0;
	char prefix[128], outer[128], *slash;

	if (!corpus) {
		mg_test_skip("no corpus");
		return;
	}
	whole = read_graph(mg_test_path(corpus, cases[_i].path), &arena);
	snprintf(prefix, sizeof prefix, "%s/", cases[_i].scope);
	while (first < whole->n_node && !mg_starts_with(whole->node[first]->name, prefix))
		first++;
	ck_assert_uint_lt(first, whole->n_node);
	part = *whole;
	part.n_node = first;
	ck_assert_ok(mg_graph_new(&g, &err), &err);
	ck_assert_ok(mg_graph_import_def(g, &part, &import, &err), &err);
	for (size_t i = 0; i < first && nx < 64; i++)
		if (strcmp(whole->node[i]->op, "VariableV2") == 0)
			ck_assert_ok(mg_graph_output(g, whole->node[i]->name, &xs[nx++], &err), &err);
	ck_assert_ok(mg_graph_output(g, cases[_i].y, &y, &err), &err);
	snprintf(outer, sizeof outer, "%s", cases[_i].scope);
	if ((slash = strrchr(outer, '/'))) {
		slash[1] = '\0';
		ck_assert_ok(mg_scope_enter(g, outer, NULL, &err), &err);
	}
	ck_assert_ok(mg_gradients(g, &y, 1, xs, nx, &(mg_grad_options){ .gate = true }, out, &err), &err);
	for (size_t i = first; i < whole->n_node; i++) {
		const Pb__NodeDef *def = whole->node[i];
		mg_node *n;
		mg_str mine = MG_STR_INIT, theirs = MG_STR_INIT;

		if (!mg_starts_with(def->name, prefix))
			continue;
		if (cases[_i].until && strstr(def->name, cases[_i].until))
			break;
		n = mg_graph_find(g, modern(def->name, &arena));
		ck_assert_msg(n, "no node %s", def->name);
		ck_assert_str_eq(n->op_name, def->op);
		inputs_of(n, &arena, &mine);
		for (size_t k = 0; k < def->n_input; k++)
			def->input[k] = (char *)modern(def->input[k], &arena);
		put_inputs((const char **)def->input, def->n_input, &theirs);
		ck_assert_msg(strcmp(mine.ptr, theirs.ptr) == 0, "%s: inputs %s, expected %s", def->name, mine.ptr, theirs.ptr);
		mg_str_clear(&mine);
		mg_str_clear(&theirs);
		compared++;
	}
	ck_assert_uint_gt(compared, 20);
	mg_graph_free(g);
	mg_arena_clear(&arena);
}
END_TEST

Suite *
test_grad_corpus(void)
{
	TCase *t;
	Suite *s = mg_suite("grad_corpus", &t);

	tcase_add_loop_test(t, as_tensorflow_built_them, 0, MG_COUNT(cases));
	return s;
}
