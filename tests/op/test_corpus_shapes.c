/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_corpus_shapes.c - inferred shapes against those that TensorFlow inferred and wrote down.
 *
 * Many MetaGraphs keep `_output_shapes`.  The attribute is hidden from the importer, the graph is imported, and what our
 * shape functions say may not contradict what TensorFlow's said.  Ours may know less: Python code narrowed shapes by hand
 * (loops, gradients), which no shape function can know.
 */
#include "testing.h"
#include "base/file.h"
#include "graph/graph.h"

#include <dirent.h>
#include <stdio.h>

typedef struct tally { int graphs, compared, less; } tally;

static void
hide_shapes(Pb__GraphDef *g)
{
	for (size_t i = 0; i < g->n_node; i++)
		for (size_t k = 0; k < g->node[i]->n_attr; k++)
			if (strcmp(g->node[i]->attr[k]->key, "_output_shapes") == 0)
				g->node[i]->attr[k]->key = (char *)(uintptr_t)"_hidden_shapes";
}

static void
compare_node(const Pb__NodeDef *d, const mg_node *n, tally *t)
{
	mgreg_error err;

	for (size_t k = 0; k < d->n_attr; k++) {
		const Pb__AttrValue__ListValue *l = d->attr[k]->value->list;

		if (strcmp(d->attr[k]->key, "_hidden_shapes") != 0 || d->attr[k]->value->value_case != PB__ATTR_VALUE__VALUE_LIST)
			continue;
		for (size_t o = 0; o < l->n_shape && o < (size_t)n->output_count; o++) {
			mg_shape theirs = { 0 }, both = { 0 };
			char a[256], b[256];

			ck_assert_ok(mg_shape_from_proto(&theirs, l->shape[o], &err), &err);
			ck_assert_msg(mg_shape_compatible(&theirs, &n->shapes[o]), "%s (%s) output %zu: ours %s, theirs %s", n->name, n->op_name,
				o, mg_shape_text(&n->shapes[o], a), mg_shape_text(&theirs, b));
			ck_assert_ok(mg_shape_merge(&both, &theirs, &n->shapes[o], &err), &err);
			t->compared++;
			t->less += !mg_shape_equal(&both, &n->shapes[o]);
			mg_shape_clear(&theirs);
			mg_shape_clear(&both);
		}
	}
}

static void
compare_file(const char *path, tally *t)
{
	mg_str bytes = MG_STR_INIT;
	mg_arena arena = { 0 };
	mg_graphdef_import o = { 0 };
	Pb__MetaGraphDef *m;
	mg_msg *msg;
	mg_graph *g;
	mgreg_error err;

	ck_assert_ok(mg_file_read(path, 0, &bytes, &err), &err);
	ck_assert_ok(mg_msg_decode(&pb__meta_graph_def__descriptor, bytes.ptr, bytes.len, &arena, &msg, &err), &err);
	m = (Pb__MetaGraphDef *)msg;
	hide_shapes(m->graph_def);
	ck_assert_ok(mg_graph_new(&g, &err), &err);
	o.producer_ops = m->meta_info_def ? m->meta_info_def->stripped_op_list : NULL;
	o.allow_unknown_ops = true;
	ck_assert_ok(mg_graph_import_def(g, m->graph_def, &o, &err), &err);
	for (size_t i = 0; i < m->graph_def->n_node; i++)
		compare_node(m->graph_def->node[i], o.nodes[i], t);
	t->graphs++;
	mg_graph_free(g);
	mg_arena_clear(&arena);
	mg_str_clear(&bytes);
}

START_TEST(corpus)
{
	const char *dir = mg_test_corpus();
	struct dirent *item, *file;
	tally t = { 0 };
	DIR *d, *sub;

	if (!dir) {
		mg_test_skip("no corpus");
		return;
	}
	d = opendir(dir);
	ck_assert_ptr_nonnull(d);
	while ((item = readdir(d)) != NULL) {
		char folder[1024];

		snprintf(folder, sizeof(folder), "%s/%s", dir, item->d_name);
		if (item->d_name[0] == '.' || (sub = opendir(folder)) == NULL)
			continue;
		while ((file = readdir(sub)) != NULL)
			if (mg_ends_with(file->d_name, ".meta"))
				compare_file(mg_test_path(folder, file->d_name), &t);
		closedir(sub);
	}
	closedir(d);
	fprintf(stderr, "# %d graphs, %d shapes compared, %d less precise than TensorFlow's\n", t.graphs, t.compared, t.less);
	ck_assert_int_gt(t.compared, 50000);
	ck_assert_int_lt(t.less, t.compared / 20);
}
END_TEST

Suite *
test_corpus_shapes(void)
{
	TCase *t;
	Suite *s = mg_suite("corpus_shapes", &t);

	tcase_set_timeout(t, 120);
	tcase_add_test(t, corpus);
	return s;
}
