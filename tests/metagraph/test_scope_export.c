/* SPDX-License-Identifier: Apache-2.0 */
/* test_scope_export.c - export_scope, import_scope, unbound inputs, devices, savers, defaults, the list of ops. */
#include "testing.h"
#include "metagraph/metagraph.h"

/* in -> hidden1/w -> hidden1/mul -> out; a saver of its own beside it. */
static mg_graph *
sample(mgreg_error *err)
{
	mg_graph *g;
	mg_builder b;
	mg_output in, w, mul;
	const mg_variable_record *v;
	mg_shape any = MG_SHAPE_UNKNOWN;

	ck_assert_ok(mg_graph_new(&g, err), err);
	b = (mg_builder)MG_BUILDER(g, err);
	ck_assert_ok(mg_device_push(g, "/cpu:0", err), err);
	in = mg_build(&b, "Placeholder", "in", ";t:dtype h:shape", MGREG_FLOAT, &any);
	mg_device_pop(g);
	ck_assert_ok(mg_scope_enter(g, "hidden1", NULL, err), err);
	w = mg_const_scalar(&b, "init", MGREG_FLOAT, 1);
	ck_assert_ok(mg_variable_new(g, "w", w, 0, &v, err), err);
	ck_assert_ok(mg_variable_outputs(g, v, NULL, &w, err), err);
	mul = mg_build(&b, "Mul", "mul", "ooc", in, w, in.node);
	mg_scope_leave(g);
	mg_build(&b, "Neg", "out", "o", mul);
	ck_assert_ok(b.rc, err);
	ck_assert_ok(mg_collection_add_tensor(g, "acts", mul, err), err);
	ck_assert_ok(mg_collection_add_tensor(g, "acts", in, err), err);
	return g;
}

static const Pb__NodeDef *
node(const Pb__MetaGraphDef *m, const char *name)
{
	for (size_t i = 0; i < m->graph_def->n_node; i++)
		if (strcmp(m->graph_def->node[i]->name, name) == 0)
			return m->graph_def->node[i];
	return NULL;
}

static const Pb__CollectionDef *
find(const Pb__MetaGraphDef *m, const char *key)
{
	for (size_t i = 0; i < m->n_collection_def; i++)
		if (strcmp(m->collection_def[i]->key, key) == 0)
			return m->collection_def[i]->value;
	return NULL;
}

static bool
has_attr(const Pb__NodeDef *d, const char *name)
{
	for (size_t i = 0; i < d->n_attr; i++)
		if (strcmp(d->attr[i]->key, name) == 0)
			return true;
	return false;
}

START_TEST(a_scope_out_and_in)
{
	static const char *const from[] = { "$unbound_inputs_in" };
	mgreg_error err = { 0 };
	mg_arena a = { 0 };
	mg_graph *g = sample(&err), *h;
	mg_metagraph_export_options o = MG_METAGRAPH_EXPORT_INIT;
	mg_metagraph_import_options in = MG_METAGRAPH_IMPORT_INIT;
	mg_metagraph_imported got;
	const mg_variable_record *v;
	Pb__MetaGraphDef *m;
	mg_builder b;
	mg_output to;

	o.scope = "hidden1";
	ck_assert_ok(mg_metagraph_export(g, &o, &a, &m, &err), &err);
	ck_assert_ptr_null(node(m, "in"));
	ck_assert_ptr_null(node(m, "out"));
	ck_assert_ptr_nonnull(node(m, "w/Assign"));
	ck_assert_str_eq(node(m, "mul")->input[0], "$unbound_inputs_in");
	ck_assert_str_eq(node(m, "mul")->input[1], "w/read");
	/* Control inputs are renamed, too, but the filter of collections loses them: their names begin with a "^". */
	ck_assert_str_eq(node(m, "mul")->input[2], "^$unbound_inputs_in");
	ck_assert_uint_eq(find(m, "unbound_inputs")->bytes_list->n_value, 1);
	ck_assert_uint_eq(find(m, "acts")->node_list->n_value, 1);
	ck_assert_str_eq(find(m, "acts")->node_list->value[0], "mul:0");

	ck_assert_ok(mg_graph_new(&h, &err), &err);
	b = (mg_builder)MG_BUILDER(h, &err);
	to = mg_const_scalar(&b, "mine", MGREG_FLOAT, 2);
	in.scope = "net";
	ck_assert_fails(mg_metagraph_import(h, m, &in, &got, &err), MGREG_INVALID_ARGUMENT, &err);
	ck_assert_ptr_nonnull(strstr(err.text, "$unbound_inputs_in"));
	/* Without the control, which no map can say together with the rest, it is whole. */
	((Pb__NodeDef *)node(m, "mul"))->n_input = 2;
	in.map_from = from;
	in.map_to = &to;
	in.map_count = 1;
	ck_assert_ok(mg_metagraph_import(h, m, &in, &got, &err), &err);
	ck_assert_str_eq(got.prefix, "net/");
	ck_assert_ptr_eq(mg_graph_find(h, "net/mul")->inputs[0].node, to.node);
	v = mg_collection_item(h, "variables", 0)->record;
	ck_assert_str_eq(v->variable_name, "net/w:0");
	ck_assert_str_eq(v->initializer_name, "net/w/Assign");
	/* Once more under the same name. */
	ck_assert_ok(mg_metagraph_import(h, m, &in, &got, &err), &err);
	ck_assert_str_eq(got.prefix, "net_1/");
	v = mg_collection_item(h, "variables", 1)->record;
	ck_assert_str_eq(v->variable_name, "net_1/w:0");
	mg_graph_free(g);
	mg_graph_free(h);
	mg_arena_clear(&a);
}
END_TEST

START_TEST(strings_and_scopes)
{
	mgreg_error err = { 0 };
	mg_arena a = { 0 };
	mg_graph *g = sample(&err), *h;
	mg_metagraph_export_options o = MG_METAGRAPH_EXPORT_INIT;
	mg_metagraph_import_options in = MG_METAGRAPH_IMPORT_INIT;
	mg_metagraph_imported got;
	Pb__MetaGraphDef *m;
	mg_item text = { .kind = MG_ITEM_BYTES, .is_text = true, .bytes = MG_SLICE("note") };
	mg_item bytes = { .kind = MG_ITEM_BYTES, .bytes = MG_SLICE("note") };

	ck_assert_ok(mg_collection_add(g, "text", &text, &err), &err);
	ck_assert_ok(mg_collection_add(g, "bytes", &bytes, &err), &err);
	ck_assert_ok(mg_metagraph_export(g, &o, &a, &m, &err), &err);
	ck_assert_ptr_nonnull(find(m, "text"));
	ck_assert_ok(mg_graph_new(&h, &err), &err);
	in.scope = "s";
	ck_assert_ok(mg_metagraph_import(h, m, &in, &got, &err), &err);
	ck_assert(mg_slice_eq(mg_collection_item(h, "bytes", 0)->bytes, "s/note"));
	o.scope = "hidden1";
	ck_assert_ok(mg_metagraph_export(g, &o, &a, &m, &err), &err);
	ck_assert_ptr_null(find(m, "text"));            /* a text counts as a name, and that one is not in scope */
	ck_assert_ptr_nonnull(find(m, "bytes"));
	mg_graph_free(g);
	mg_graph_free(h);
	mg_arena_clear(&a);
}
END_TEST

START_TEST(devices_and_defaults)
{
	mgreg_error err = { 0 };
	mg_arena a = { 0 };
	mg_graph *g = sample(&err);
	mg_metagraph_export_options o = MG_METAGRAPH_EXPORT_INIT;
	Pb__MetaGraphDef *m;

	ck_assert_ok(mg_metagraph_export(g, &o, &a, &m, &err), &err);
	ck_assert_str_eq(node(m, "in")->device, "/device:CPU:0");
	ck_assert(has_attr(node(m, "hidden1/w"), "container"));
	ck_assert(has_attr(node(m, "out"), "_output_shapes"));
	ck_assert(!m->meta_info_def->stripped_default_attrs);
	o.clear_devices = true;
	o.strip_default_attrs = true;
	ck_assert_ok(mg_metagraph_export(g, &o, &a, &m, &err), &err);
	ck_assert_str_eq(node(m, "in")->device, "");
	ck_assert(!has_attr(node(m, "hidden1/w"), "container"));
	ck_assert(has_attr(node(m, "hidden1/w"), "shape"));
	ck_assert(has_attr(node(m, "hidden1/w/read"), "_class"));
	ck_assert(m->meta_info_def->stripped_default_attrs);
	/* The graph itself keeps both. */
	ck_assert_str_eq(mg_graph_find(g, "in")->device, "/device:CPU:0");
	mg_graph_free(g);
	mg_arena_clear(&a);
}
END_TEST

START_TEST(ops_by_name)
{
	static const char *const want[] = { "Assign", "Const", "Identity", "Mul", "Neg", "Placeholder", "VariableV2" };
	mgreg_error err = { 0 };
	mg_arena a = { 0 };
	mg_graph *g = sample(&err);
	mg_metagraph_export_options o = MG_METAGRAPH_EXPORT_INIT;
	Pb__MetaGraphDef *m;

	ck_assert_ok(mg_metagraph_export(g, &o, &a, &m, &err), &err);
	ck_assert_uint_eq(m->meta_info_def->stripped_op_list->n_op, MG_COUNT(want));
	for (size_t i = 0; i < MG_COUNT(want); i++)
		ck_assert_str_eq(m->meta_info_def->stripped_op_list->op[i]->name, want[i]);
	mg_graph_free(g);
	mg_arena_clear(&a);
}
END_TEST

START_TEST(savers_of_no_use)
{
	static const mg_saver_record keep = { "save_1/Const:0", "save_1/control_dependency:0", "save_1/restore_all", 5, false, 10000.0f, 2 };
	static const char *const scopes[] = { "save", "save_1" };
	mgreg_error err = { 0 };
	mg_arena a = { 0 };
	mg_graph *g = sample(&err);
	mg_builder b = MG_BUILDER(g, &err);
	mg_metagraph_export_options o = MG_METAGRAPH_EXPORT_INIT;
	mg_item saver = { .kind = MG_ITEM_RECORD, .record_kind = MG_RECORD_SAVER, .record = &keep };
	Pb__MetaGraphDef *m;
	mg_msg *d;

	for (int i = 0; i < 2; i++) {
		mg_output file, names, w;
		const int types[] = { MGREG_FLOAT };

		ck_assert_ok(mg_scope_enter(g, scopes[i], NULL, &err), &err);
		file = mg_const_string(&b, "Const", "model");
		names = mg_const_strings(&b, "names", (const char *const[]){ "hidden1/w" }, 1);
		ck_assert_ok(mg_graph_output(g, "hidden1/w/read", &w, &err), &err);
		mg_build_node(&b, "SaveV2", NULL, "oooO;T:dtypes", file, names, names, &w, 1, types, 1);
		mg_scope_leave(g);
	}
	ck_assert_ok(b.rc, &err);
	ck_assert_ok(mg_collection_add(g, "savers", &saver, &err), &err);
	ck_assert_ok(mg_collection_add(g, "savers", &saver, &err), &err);
	o.saver = &keep;
	o.clear_extraneous_savers = true;
	ck_assert_ok(mg_metagraph_export(g, &o, &a, &m, &err), &err);
	ck_assert_ptr_null(node(m, "save/SaveV2"));
	ck_assert_ptr_null(node(m, "save/Const"));
	ck_assert_ptr_nonnull(node(m, "save_1/SaveV2"));
	ck_assert_uint_eq(find(m, "savers")->bytes_list->n_value, 1);
	ck_assert_ok(mg_msg_decode(&pb__saver_def__descriptor, find(m, "savers")->bytes_list->value[0].data,
		find(m, "savers")->bytes_list->value[0].len, &a, &d, &err), &err);
	ck_assert(mg_msg_equal(d, &m->saver_def->base, NULL, NULL));
	mg_graph_free(g);
	mg_arena_clear(&a);
}
END_TEST

/* Training goes on while an export works on what was there when it began. */
START_TEST(a_length_is_a_snapshot)
{
	mgreg_error err = { 0 };
	mg_arena a = { 0 };
	mg_graph *g = sample(&err);
	mg_builder b = MG_BUILDER(g, &err);
	mg_metagraph_export_options o = MG_METAGRAPH_EXPORT_INIT;
	Pb__MetaGraphDef *before, *after;
	mg_output c;

	o.node_count = mg_graph_node_count(g);
	ck_assert_ok(mg_metagraph_export(g, &o, &a, &before, &err), &err);
	c = mg_const_scalar(&b, "late", MGREG_FLOAT, 1);
	ck_assert_ok(mg_collection_add_tensor(g, "acts", c, &err), &err);
	ck_assert_ok(mg_variable_new(g, "later", c, 0, NULL, &err), &err);
	ck_assert_ok(mg_metagraph_export(g, &o, &a, &after, &err), &err);
	ck_assert(mg_msg_equal(&before->base, &after->base, NULL, NULL));
	mg_graph_free(g);
	mg_arena_clear(&a);
}
END_TEST

Suite *
test_scope_export(void)
{
	TCase *t;
	Suite *s = mg_suite("scope_export", &t);

	tcase_add_test(t, a_scope_out_and_in);
	tcase_add_test(t, strings_and_scopes);
	tcase_add_test(t, devices_and_defaults);
	tcase_add_test(t, ops_by_name);
	tcase_add_test(t, savers_of_no_use);
	tcase_add_test(t, a_length_is_a_snapshot);
	return s;
}
