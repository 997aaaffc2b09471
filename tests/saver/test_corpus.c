/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_corpus.c - savers of graphs that real TensorFlow wrote, built again: the same nodes, names, inputs, devices and classes.
 */
#include <stdio.h>
#include <stdlib.h>
#include "testing.h"
#include "base/file.h"
#include "saver/saver.h"

static mgreg_error err;

/* MetaGraphs with the saver that wrote them, of every way in which the releases built: 0.10/0.11 V1; 0.12; one restore op for each
 * variable; one for all; sharded before and after; partitioned resources. */
static const struct { const char *meta, *scope; } files[] = {
	{ "har-lstm-v1/model.ckpt.meta", "save" }, { "ddpg-v1/network-ddpg-70000.meta", "save" }, { "flappy-dqn-meta/bird-dqn-2920000.meta", "save" },
	{ "char-rnn-012/model.ckpt-46499.meta", "save" }, { "tianchi-sharded-meta/model.ckpt-0.meta", "save" },
	{ "tianchi-sharded-meta/model.ckpt-0.meta", "save_1" }, { "mnist-softmax/model.ckpt.meta", "save" },
	{ "mtcnn-rnet-12/RNet-1.meta", "save" }, { "cartpole-dqn/model.ckpt.meta", "save" },
	{ "dnn-linear-partitioned/model.ckpt-300.meta", "save" }, { "gan-mnist-generator/generator.ckpt.meta", "save" },
	{ "a3c-global-net/model.ckpt.meta", "save" }, { "cifar-multishard-meta/model.ckpt-100000.meta", "save" },
	{ "handson-momentum/my_mnist_model_final.ckpt.meta", "save" }, { "demo-saver-remap/my_model_savedd.meta", "save" },
	{ "nmt-train-meta/translate.ckpt-12000.meta", "save" }, { "estimator-pyfunc/model.ckpt-2000.meta", "save" },
	{ "wide-deep-sharded/model.ckpt-2010.meta", "save" },
};

/* "1.14.0" -> 114; none was written before 0.12. */
static int
release_of(const Pb__MetaGraphDef *m)
{
	const char *v = m->meta_info_def && m->meta_info_def->tensorflow_version ? m->meta_info_def->tensorflow_version : "";
	char *rest;
	long major = strtol(v, &rest, 10);

	return *v ? (int)(major * 100 + strtol(rest + 1, NULL, 10)) : 11;
}

/* NAME of the new saver as the old one has it. */
static const char *
as_old(const char *name, const char *scope, mg_arena *a)
{
	bool control = name[0] == '^';

	if (strncmp(name + control, "again/", 6) == 0)
		return mg_arena_printf(a, "%s%s/%s", control ? "^" : "", scope, name + control + 6);
	return name;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp((*(const mg_attr *const *)a)->name, (*(const mg_attr *const *)b)->name);
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The shape of a scalar of op Variable cannot be told from none. */
static bool
has_no_shape(const mg_node *assign)
{
	return assign->input_count > 0 && strcmp(assign->inputs[0].node->op_name, "Variable") == 0
		&& !mg_shape_is_full(mg_output_shape(assign->inputs[0]));
}

static const char *
text_of(const mg_node *n, const char *scope, mg_arena *a)
{
	mg_str s = MG_STR_INIT;
	const mg_attr *sorted[32];
	const char **names;
	const char *out;

	ck_assert_int_le(n->attrs.count, 32);
	mg_str_printf(&s, "%s @%s (", n->op_name, n->device);
	for (int i = 0; i < n->input_count; i++)
		mg_str_printf(&s, " %s", as_old(mg_output_name(n->inputs[i], a), scope, a));
	/* importing sorts control inputs, as TensorFlow's importer does */
	names = mg_arena_zalloc(a, (size_t)n->control_count + 1, sizeof *names);
	for (int i = 0; i < n->control_count; i++)
		names[i] = as_old(n->controls[i]->name, scope, a);
	qsort(names, (size_t)n->control_count, sizeof *names, by_text);
	for (int i = 0; i < n->control_count; i++)
		mg_str_printf(&s, " ^%s", names[i]);
	mg_str_add(&s, " )");
	for (int i = 0; i < n->attrs.count; i++)
		sorted[i] = &n->attrs.at[i];
	qsort(sorted, (size_t)n->attrs.count, sizeof *sorted, by_name);
	for (int i = 0; i < n->attrs.count; i++) {
		mg_str text = MG_STR_INIT;
		char *at;

		/* a temporary name is random, and TensorFlow's own marks and shapes are not ours to make */
		if (strcmp(sorted[i]->name, "_output_shapes") == 0 || (strcmp(sorted[i]->name, "validate_shape") == 0 && has_no_shape(n))
		    || (strcmp(sorted[i]->name, "value") == 0 && mg_ends_with(n->name, "StringJoin/inputs_1")))
			continue;
		ck_assert_ok(mg_msg_print_short(&sorted[i]->value->base, &text, &err), &err);
		while ((at = strstr(text.ptr, "loc:@again/")) != NULL) {
			mg_str fixed = MG_STR_INIT;

			mg_str_append(&fixed, text.ptr, (size_t)(at - text.ptr));
			mg_str_printf(&fixed, "loc:@%s/%s", scope, at + 11);
			mg_str_clear(&text);
			text = fixed;
		}
		mg_str_printf(&s, " %s=%s", sorted[i]->name, text.ptr);
		mg_str_clear(&text);
	}
	out = mg_arena_strdup(a, s.ptr);
	mg_str_clear(&s);
	return out;
}

/* The saver whose nodes lie below SCOPE, as a record. */
static const mg_saver_record *
record_of(mg_graph *g, const char *scope, bool sharded, int version)
{
	mg_arena *a = mg_graph_arena(g);
	mg_saver_record *r = mg_arena_zalloc(a, 1, sizeof *r);

	r->filename_tensor_name = mg_arena_printf(a, "%s/Const:0", scope);
	r->save_tensor_name = mg_arena_printf(a, "%s/%s:0", scope, sharded ? "Identity" : "control_dependency");
	r->restore_op_name = mg_arena_printf(a, "%s/restore_all", scope);
	r->sharded = sharded;
	r->version = version;
	return r;
}

static int
count_below(mg_graph *g, const char *scope)
{
	int n = 0;

	for (int i = 0; i < mg_graph_node_count(g); i++)
		n += mg_starts_with(mg_graph_node(g, i)->name, scope);
	return n;
}

START_TEST(same_nodes)
{
	const char *corpus = mg_test_corpus(), *scope = files[_i].scope;
	mg_metagraph_import_options io = MG_METAGRAPH_IMPORT_INIT;
	mg_saver_options o = MG_SAVER_INIT;
	mg_metagraph_imported got;
	mg_restore_item *items;
	const mg_variable_record **vars;
	const char **keys;
	bool keyed = false;
	Pb__MetaGraphDef *m;
	mg_arena arena = { 0 }, text = { 0 };
	mg_saver *old, *again;
	mg_graph *g;
	char prefix[64];
	bool sharded;
	int n;

	if (!corpus) {
		mg_test_skip("savers of real graphs: no corpus");
		return;
	}
	ck_assert_ok(mg_metagraph_read(mg_test_path(corpus, files[_i].meta), &arena, &m, &err), &err);
	ck_assert_ok(mg_graph_new(&g, &err), &err);
	io.allow_unknown_ops = true;
	io.skip_bad_collections = true;
	ck_assert_ok(mg_metagraph_import(g, m, &io, &got, &err), &err);
	snprintf(prefix, sizeof prefix, "%s/num_shards", scope);
	sharded = mg_graph_find(g, prefix) != NULL;
	snprintf(prefix, sizeof prefix, "%s/save", scope);
	o.write_version = mg_graph_find(g, prefix) ? 1 : 2;
	ck_assert_ok(mg_saver_from_record(&old, g, record_of(g, scope, sharded, o.write_version), &err), &err);
	ck_assert_ok(mg_saver_items(old, &arena, &items, &n, &err), &err);
	vars = mg_arena_zalloc(&arena, (size_t)n + 1, sizeof *vars);
	keys = mg_arena_zalloc(&arena, (size_t)n + 1, sizeof *keys);
	for (int i = 0; i < n; i++) {
		mg_node *v = mg_graph_find(g, items[i].variable);

		ck_assert_ptr_nonnull(vars[i] = mg_variable_of(g, MG_OUTPUT(v, 0)));
		keys[i] = items[i].key;
		keyed = keyed || (!vars[i]->slice && strcmp(keys[i], items[i].variable) != 0);
	}
	o.keys = keyed ? keys : NULL;
	o.variables = vars;
	o.variable_count = n;
	o.sharded = sharded;
	o.name = "again";
	o.release = release_of(m);
	ck_assert_ok(mg_saver_new(&again, g, &o, &err), &err);
	snprintf(prefix, sizeof prefix, "%s/", scope);
	ck_assert_int_eq(count_below(g, prefix), count_below(g, "again/"));
	for (int i = 0; i < mg_graph_node_count(g); i++) {
		const mg_node *x = mg_graph_node(g, i), *y;

		if (!mg_starts_with(x->name, prefix))
			continue;
		y = mg_graph_find(g, mg_arena_printf(&text, "again/%s", x->name + strlen(prefix)));
		ck_assert_msg(y != NULL, "%s: '%s' was not built", files[_i].meta, x->name);
		ck_assert_msg(strcmp(text_of(x, scope, &text), text_of(y, scope, &text)) == 0, "%s: '%s'\n  is    %s\n  built %s", files[_i].meta, x->name,
			text_of(x, scope, &text), text_of(y, scope, &text));
	}
	mg_saver_free(old);
	mg_saver_free(again);
	mg_graph_free(g);
	mg_arena_clear(&text);
	mg_arena_clear(&arena);
}
END_TEST

Suite *
test_corpus(void)
{
	TCase *t;
	Suite *s = mg_suite("corpus", &t);

	tcase_add_loop_test(t, same_nodes, 0, MG_COUNT(files));
	return s;
}
