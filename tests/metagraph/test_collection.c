/* SPDX-License-Identifier: Apache-2.0 */
/* test_collection.c - the five kinds, records, objects of one's own, sharing (metagraph-semantics sections 2, 3, 6, 8). */
#include "testing.h"
#include "metagraph/metagraph.h"

static mg_graph *
graph_with_variable(mgreg_error *err)
{
	mg_graph *g;
	mg_builder b;
	mg_output c;

	ck_assert_ok(mg_graph_new(&g, err), err);
	b = (mg_builder)MG_BUILDER(g, err);
	c = mg_const_scalar(&b, "c", MGREG_FLOAT, 1);
	ck_assert_ok(mg_variable_new(g, "w", c, 0, NULL, err), err);
	return g;
}

static void
add(mg_graph *g, const char *key, mg_item item)
{
	mgreg_error err = { 0 };

	ck_assert_ok(mg_collection_add(g, key, &item, &err), &err);
}

static const Pb__CollectionDef *
find(const Pb__MetaGraphDef *m, const char *key)
{
	for (size_t i = 0; i < m->n_collection_def; i++)
		if (strcmp(m->collection_def[i]->key, key) == 0)
			return m->collection_def[i]->value;
	return NULL;
}

START_TEST(every_kind_travels)
{
	static const struct { const char *key; int kind; } want[] = {
		{ "ints", PB__COLLECTION_DEF__KIND_INT64_LIST }, { "floats", PB__COLLECTION_DEF__KIND_FLOAT_LIST },
		{ "texts", PB__COLLECTION_DEF__KIND_BYTES_LIST }, { "anys", PB__COLLECTION_DEF__KIND_ANY_LIST },
		{ "ops", PB__COLLECTION_DEF__KIND_NODE_LIST }, { "variables", PB__COLLECTION_DEF__KIND_BYTES_LIST },
		{ "of_variables", PB__COLLECTION_DEF__KIND_NODE_LIST },
	};
	mgreg_error err = { 0 };
	mg_arena a = { 0 };
	mg_graph *g = graph_with_variable(&err), *h;
	mg_metagraph_export_options o = MG_METAGRAPH_EXPORT_INIT;
	mg_metagraph_import_options in = MG_METAGRAPH_IMPORT_INIT;
	mg_metagraph_imported got;
	Pb__MetaGraphDef *m, *again;
	mg_output w;

	ck_assert_ok(mg_graph_output(g, "w:0", &w, &err), &err);
	add(g, "ints", (mg_item){ .kind = MG_ITEM_INT, .i = -5 });
	add(g, "floats", (mg_item){ .kind = MG_ITEM_FLOAT, .f = 0.5 });
	add(g, "texts", (mg_item){ .kind = MG_ITEM_BYTES, .bytes = { "a\0b", 3 } });
	add(g, "anys", (mg_item){ .kind = MG_ITEM_ANY, .type_url = "type.googleapis.com/x.Y", .bytes = { "z", 1 } });
	add(g, "ops", (mg_item){ .kind = MG_ITEM_NODE, .node = w.node });
	add(g, "ops", (mg_item){ .kind = MG_ITEM_TENSOR, .tensor = w });
	add(g, "of_variables", *mg_collection_item(g, "variables", 0));
	ck_assert_ok(mg_metagraph_export(g, &o, &a, &m, &err), &err);
	for (size_t i = 0; i < MG_COUNT(want); i++) {
		ck_assert_msg(find(m, want[i].key) != NULL, "%s", want[i].key);
		ck_assert_int_eq(find(m, want[i].key)->kind_case, want[i].kind);
	}
	ck_assert_str_eq(find(m, "ops")->node_list->value[0], "w");
	ck_assert_str_eq(find(m, "ops")->node_list->value[1], "w:0");
	ck_assert_str_eq(find(m, "of_variables")->node_list->value[0], "w:0");
	ck_assert_ok(mg_graph_new(&h, &err), &err);
	ck_assert_ok(mg_metagraph_import(h, m, &in, &got, &err), &err);
	ck_assert_ptr_null(got.saver);
	/* Equal records are one object. */
	ck_assert_ptr_eq(mg_collection_item(h, "variables", 0)->record, mg_collection_item(h, "trainable_variables", 0)->record);
	ck_assert_int_eq(mg_collection_item(h, "ops", 1)->kind, MG_ITEM_TENSOR);
	ck_assert_uint_eq(mg_collection_item(h, "texts", 0)->bytes.len, 3);
	ck_assert_ok(mg_metagraph_export(h, &o, &a, &again, &err), &err);
	ck_assert(mg_msg_equal(&m->base, &again->base, NULL, NULL));
	mg_graph_free(g);
	mg_graph_free(h);
	mg_arena_clear(&a);
}
END_TEST

START_TEST(what_does_not_fit_is_reported)
{
	mgreg_error err = { 0 };
	mg_arena a = { 0 };
	mg_graph *g = graph_with_variable(&err);
	mg_metagraph_export_options o = MG_METAGRAPH_EXPORT_INIT;
	mg_report report = { { 0 } };
	Pb__MetaGraphDef *m;

	add(g, "mixed", (mg_item){ .kind = MG_ITEM_INT, .i = 1 });
	add(g, "mixed", (mg_item){ .kind = MG_ITEM_BYTES, .bytes = MG_SLICE("x") });
	add(g, "objects", (mg_item){ .kind = MG_ITEM_USER });
	ck_assert_ok(mg_collection_touch(g, "empty", &err), &err);
	o.report = &report;
	ck_assert_ok(mg_metagraph_export(g, &o, &a, &m, &err), &err);
	ck_assert_ptr_null(find(m, "mixed"));
	ck_assert_ptr_null(find(m, "objects"));
	ck_assert_ptr_null(find(m, "empty"));
	ck_assert_ptr_nonnull(find(m, "variables"));
	ck_assert_uint_eq(report.lines.len, 2);
	ck_assert_ptr_nonnull(strstr(report.lines.at[0], "'mixed'"));
	mg_report_clear(&report);
	mg_graph_free(g);
	mg_arena_clear(&a);
}
END_TEST

START_TEST(a_list_of_keys)
{
	static const char *const keys[] = { "ints", "nothing" };
	mgreg_error err = { 0 };
	mg_arena a = { 0 };
	mg_graph *g = graph_with_variable(&err);
	mg_metagraph_export_options o = MG_METAGRAPH_EXPORT_INIT;
	Pb__MetaGraphDef *m;

	add(g, "ints", (mg_item){ .kind = MG_ITEM_INT, .i = 1 });
	o.collections = keys;
	o.collection_count = 2;
	ck_assert_ok(mg_metagraph_export(g, &o, &a, &m, &err), &err);
	ck_assert_uint_eq(m->n_collection_def, 1);
	ck_assert_str_eq(m->collection_def[0]->key, "ints");
	o.collection_count = 0;         /* a list, and an empty one: none */
	ck_assert_ok(mg_metagraph_export(g, &o, &a, &m, &err), &err);
	ck_assert_uint_eq(m->n_collection_def, 0);
	mg_graph_free(g);
	mg_arena_clear(&a);
}
END_TEST

/* ---- objects of one's own ---- */

typedef struct point { int x, y; } point;

static int
point_to_proto(void *object, const char *scope, mg_str *out, mgreg_error *err)
{
	const point *p = object;

	(void)err;
	if (scope && p->x < 0)
		return 0;
	mg_str_printf(out, "%d %d", p->x, p->y);
	return 0;
}

static int
point_from_proto(mg_slice bytes, const char *scope, mg_graph *g, void **object, mgreg_error *err)
{
	point *p = mg_arena_alloc(mg_graph_arena(g), sizeof(*p));
	char text[40];

	(void)scope;
	snprintf(text, sizeof(text), "%.*s", (int)bytes.len, bytes.ptr);
	if (!p || sscanf(text, "%d %d", &p->x, &p->y) != 2)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "not a point");
	*object = p;
	return 0;
}

START_TEST(registered_objects)
{
	static const mg_proto_functions f = { "test.Point", point_to_proto, point_from_proto, NULL };
	mgreg_error err = { 0 };
	mg_arena a = { 0 };
	mg_graph *g = graph_with_variable(&err), *h;
	mg_metagraph_export_options o = MG_METAGRAPH_EXPORT_INIT;
	mg_metagraph_import_options in = MG_METAGRAPH_IMPORT_INIT;
	mg_metagraph_imported got;
	Pb__MetaGraphDef *m;
	point p = { 3, 4 };
	const point *q;

	ck_assert_ok(mg_register_proto_function("points", &f, &err), &err);
	ck_assert_fails(mg_register_proto_function("points", &f, &err), MGREG_ALREADY_EXISTS, &err);
	ck_assert_fails(mg_register_proto_function("variables", &f, &err), MGREG_ALREADY_EXISTS, &err);
	add(g, "points", (mg_item){ .kind = MG_ITEM_USER, .user = &p });
	ck_assert_ok(mg_metagraph_export(g, &o, &a, &m, &err), &err);
	ck_assert_int_eq(find(m, "points")->kind_case, PB__COLLECTION_DEF__KIND_BYTES_LIST);
	ck_assert_ok(mg_graph_new(&h, &err), &err);
	ck_assert_ok(mg_metagraph_import(h, m, &in, &got, &err), &err);
	q = mg_collection_item(h, "points", 0)->user;
	ck_assert_int_eq(q->x, 3);
	ck_assert_int_eq(q->y, 4);
	mg_graph_free(g);
	mg_graph_free(h);
	mg_arena_clear(&a);
}
END_TEST

static const struct { const char *version; bool trainable_in_variables; } versions[] = {
	{ "1.4.0", false }, { "1.8.0", false }, { "0.12.1", false }, { "1.9.0", true }, { "1.15.0", true }, { "", true }, { "1.9.0-rc1", false },
};

START_TEST(old_releases_did_not_write_trainable)
{
	mgreg_error err = { 0 };
	mg_arena a = { 0 };
	mg_graph *g = graph_with_variable(&err), *h;
	mg_metagraph_export_options o = MG_METAGRAPH_EXPORT_INIT;
	mg_metagraph_import_options in = MG_METAGRAPH_IMPORT_INIT;
	static const char *const keys[] = { "variables" };
	mg_metagraph_imported got;
	Pb__MetaGraphDef *m;

	o.collections = keys;
	o.collection_count = 1;
	ck_assert_ok(mg_metagraph_export(g, &o, &a, &m, &err), &err);
	m->meta_info_def->tensorflow_version = (char *)versions[_i].version;
	ck_assert_ok(mg_graph_new(&h, &err), &err);
	ck_assert_ok(mg_metagraph_import(h, m, &in, &got, &err), &err);
	ck_assert_int_eq(((const mg_variable_record *)mg_collection_item(h, "variables", 0)->record)->trainable,
		versions[_i].trainable_in_variables);
	mg_graph_free(g);
	mg_graph_free(h);
	mg_arena_clear(&a);
}
END_TEST

START_TEST(missing_names)
{
	mgreg_error err = { 0 };
	mg_arena a = { 0 };
	mg_graph *g = graph_with_variable(&err), *h;
	mg_metagraph_export_options o = MG_METAGRAPH_EXPORT_INIT;
	mg_metagraph_import_options in = MG_METAGRAPH_IMPORT_INIT;
	mg_metagraph_imported got;
	mg_report report = { { 0 } };
	Pb__MetaGraphDef *m;

	mg_collection_add_node(g, "k", mg_graph_find(g, "w"), &err);
	ck_assert_ok(mg_metagraph_export(g, &o, &a, &m, &err), &err);
	((Pb__CollectionDef *)find(m, "k"))->node_list->value[0] = (char *)"gone";
	ck_assert_ok(mg_graph_new(&h, &err), &err);
	ck_assert_fails(mg_metagraph_import(h, m, &in, &got, &err), MGREG_NOT_FOUND, &err);
	ck_assert_ptr_nonnull(strstr(err.text, "collection 'k'"));
	ck_assert_ptr_nonnull(strstr(err.text, "'gone'"));
	mg_graph_free(h);
	ck_assert_ok(mg_graph_new(&h, &err), &err);
	in.skip_bad_collections = true;
	in.report = &report;
	ck_assert_ok(mg_metagraph_import(h, m, &in, &got, &err), &err);
	ck_assert(!mg_collection_has(h, "k"));
	ck_assert(mg_collection_has(h, "variables"));
	ck_assert_uint_eq(report.lines.len, 1);
	mg_report_clear(&report);
	mg_graph_free(g);
	mg_graph_free(h);
	mg_arena_clear(&a);
}
END_TEST

static int
there_and_back(void *arg, mgreg_error *err)
{
	mg_metagraph_export_options o = MG_METAGRAPH_EXPORT_INIT;
	mg_metagraph_import_options in = MG_METAGRAPH_IMPORT_INIT;
	mg_metagraph_imported got;
	mg_arena a = { 0 };
	Pb__MetaGraphDef *m;
	mg_graph *g;
	int rc = mg_graph_new(&g, err);

	if (rc)
		return rc;
	if ((rc = mg_metagraph_import(g, arg, &in, &got, err)) == 0)
		rc = mg_metagraph_export(g, &o, &a, &m, err);
	mg_graph_free(g);
	mg_arena_clear(&a);
	return rc;
}

START_TEST(every_allocation_may_fail)
{
	mgreg_error err = { 0 };
	mg_arena a = { 0 };
	mg_graph *g = graph_with_variable(&err);
	mg_metagraph_export_options o = MG_METAGRAPH_EXPORT_INIT;
	Pb__MetaGraphDef *m;

	ck_assert_ok(mg_metagraph_export(g, &o, &a, &m, &err), &err);
	mg_graph_free(g);
	/* The message of an export points into its graph; this one is on its own. */
	g = graph_with_variable(&err);
	ck_assert_ok(mg_metagraph_export(g, &o, &a, &m, &err), &err);
	mg_test_each_allocation(there_and_back, m);
	mg_graph_free(g);
	mg_arena_clear(&a);
}
END_TEST

Suite *
test_collection(void)
{
	TCase *t;
	Suite *s = mg_suite("collection", &t);

	tcase_add_test(t, every_kind_travels);
	tcase_add_test(t, what_does_not_fit_is_reported);
	tcase_add_test(t, a_list_of_keys);
	tcase_add_test(t, registered_objects);
	tcase_add_loop_test(t, old_releases_did_not_write_trainable, 0, MG_COUNT(versions));
	tcase_add_test(t, missing_names);
	tcase_add_test(t, every_allocation_may_fail);
	return s;
}
