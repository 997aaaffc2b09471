/* SPDX-License-Identifier: Apache-2.0 */
/* test_import.c - GraphDefs in text form into a live graph: what is taken, what is refused and how the graph is after it. */
#include "testing.h"
#include "graph/graph.h"

#define C(name) "node { name: '" name "' op: 'Const' attr { key: 'dtype' value { type: DT_FLOAT } } attr { key: 'value' " \
	"value { tensor { dtype: DT_FLOAT tensor_shape { } float_val: 1 } } } } "
#define N(name, in) "node { name: '" name "' op: 'Neg' " in " attr { key: 'T' value { type: DT_FLOAT } } } "
#define IN(x) "input: '" x "' "
#define NOOP(name, in) "node { name: '" name "' op: 'NoOp' " in "} "

static int
import_text(mg_graph *g, const char *text, mg_graphdef_import *o, mgreg_error *err)
{
	mg_arena a = { 0 };
	mg_str s = MG_STR_INIT;
	mg_msg *def;
	int rc;

	mg_str_printf(&s, "versions { producer: 134 } %s", text);
	ck_assert_ok(mg_msg_parse(&pb__graph_def__descriptor, s.ptr, s.len, &a, &def, err), err);
	rc = mg_graph_import_def(g, (Pb__GraphDef *)def, o, err);
	mg_arena_clear(&a);
	mg_str_clear(&s);
	return rc;
}

static const struct { const char *graph; int code; const char *text; } refused[] = {
	{ N("n", IN("x")), MGREG_INVALID_ARGUMENT, "unknown node" },
	{ C("c") N("n", IN("c:1")), MGREG_INVALID_ARGUMENT, "has 1 outputs" },
	{ C("c") C("c"), MGREG_INVALID_ARGUMENT, "twice" },
	{ "node { name: 'c' } ", MGREG_INVALID_ARGUMENT, "has no op" },
	{ NOOP("a b", ""), MGREG_INVALID_ARGUMENT, "not a valid node name" },
	{ C("c") N("n", IN("^c") IN("c")), MGREG_INVALID_ARGUMENT, "before data input" },
	{ N("a", IN("b")) N("b", IN("a")), MGREG_INVALID_ARGUMENT, "2 nodes of the graph definition are in a cycle" },
	{ NOOP("a", IN("^b")) NOOP("b", IN("^a")) NOOP("c", ""), MGREG_INVALID_ARGUMENT, "2 nodes" },
	{ "node { name: 'q' op: 'Frobnicate' } ", MGREG_NOT_FOUND, "Frobnicate" },
	{ C("c") "node { name: 'n' op: 'Neg' input: 'c' } ", MGREG_INVALID_ARGUMENT, "T" },
	{ C("c") "node { name: 'n' op: 'Neg' input: 'c' attr { key: 'T' value { type: DT_INT32 } } } ", MGREG_INVALID_ARGUMENT, "expected int32" },
	{ C("c") "node { name: 'n' op: 'Neg' input: 'c' attr { key: 'T' value { type: DT_FLOAT } } attr { key: 'odd' value { i: 1 } } } ",
		MGREG_INVALID_ARGUMENT, "odd" },
	{ C("c") "node { name: 'n' op: 'NoOp' attr { key: '_class' value { list { s: 'loc:@gone' } } } } ", MGREG_INVALID_ARGUMENT, "gone" },
	{ C("c") "node { name: 'n' op: 'Neg' input: 'c' attr { key: 'T' value { type: DT_FLOAT } } attr { key: '_output_shapes' value { list { } } } } ",
		MGREG_INVALID_ARGUMENT, "_output_shapes" },
	{ C("c") "node { name: 'n' op: 'Neg' input: 'c' attr { key: 'T' value { type: DT_FLOAT } } attr { key: '_output_shapes' "
		"value { list { shape { dim { size: 3 } } } } } } ", MGREG_INVALID_ARGUMENT, "does not agree" },
	{ "node { name: 'n' op: 'NoOp' device: '/moon:0' } ", MGREG_INVALID_ARGUMENT, "moon" },
};

START_TEST(refuses)
{
	mgreg_error err = { 0 };
	mg_graphdef_import o = { .prefix = NULL };
	mg_graph *g;

	ck_assert_ok(mg_graph_new(&g, &err), &err);
	ck_assert_ok(import_text(g, C("first"), &o, &err), &err);
	ck_assert_fails(import_text(g, refused[_i].graph, &o, &err), refused[_i].code, &err);
	ck_assert_msg(strstr(err.text, refused[_i].text) != NULL, "'%s' does not say '%s'", err.text, refused[_i].text);
	/* The graph is as it was, names included. */
	ck_assert_int_eq(mg_graph_node_count(g), 1);
	ck_assert_ok(import_text(g, C("c"), &o, &err), &err);
	ck_assert_str_eq(mg_graph_node(g, 1)->name, "c");
	mg_graph_free(g);
}
END_TEST

START_TEST(order_is_topological_by_number)
{
	static const char *const want[] = { "b", "a", "d", "c" };
	mgreg_error err = { 0 };
	mg_graphdef_import o = { .prefix = NULL };
	mg_graph *g;

	ck_assert_ok(mg_graph_new(&g, &err), &err);
	ck_assert_ok(import_text(g, N("a", IN("b")) C("b") N("c", IN("d")) N("d", IN("a")), &o, &err), &err);
	for (int i = 0; i < 4; i++)
		ck_assert_str_eq(mg_graph_node(g, i)->name, want[i]);
	ck_assert_str_eq(o.nodes[0]->name, "a");
	ck_assert_str_eq(o.used_prefix, "");
	mg_graph_free(g);
}
END_TEST

START_TEST(prefix_and_colocation)
{
	mgreg_error err = { 0 };
	mg_graphdef_import o = { .prefix = "net" };
	mg_graph *g;
	const Pb__AttrValue__ListValue *list;
	const char *text = C("c") NOOP("z", IN("^c")) "node { name: 'n' op: 'NoOp' input: '^z' input: '^c' input: '^z' "
		"attr { key: '_class' value { list { s: 'loc:@c' s: 'other' } } } } ";

	ck_assert_ok(mg_graph_new(&g, &err), &err);
	ck_assert_ok(import_text(g, text, &o, &err), &err);
	ck_assert_str_eq(o.used_prefix, "net/");
	ck_assert_ptr_nonnull(mg_graph_find(g, "net/c"));
	ck_assert(mg_attr_get_list(&o.nodes[2]->attrs, "_class", &list));
	ck_assert_uint_eq(list->s[0].len, strlen("loc:@net/c"));
	ck_assert_mem_eq(list->s[0].data, "loc:@net/c", strlen("loc:@net/c"));
	ck_assert_mem_eq(list->s[1].data, "other", 5);
	/* Controls: sorted, each once. */
	ck_assert_int_eq(o.nodes[2]->control_count, 2);
	ck_assert_str_eq(o.nodes[2]->controls[0]->name, "net/c");
	ck_assert_str_eq(o.nodes[2]->controls[1]->name, "net/z");
	ck_assert_ok(import_text(g, text, &o, &err), &err);
	ck_assert_str_eq(o.used_prefix, "net_1/");
	mg_graph_free(g);
}
END_TEST

START_TEST(clashing_names)
{
	mgreg_error err = { 0 };
	mg_graphdef_import o = { .prefix = NULL };
	mg_graph *g;

	ck_assert_ok(mg_graph_new(&g, &err), &err);
	ck_assert_ok(import_text(g, C("a") C("s/x"), &o, &err), &err);
	ck_assert_fails(import_text(g, C("a") C("new") C("s/x"), &o, &err), MGREG_ALREADY_EXISTS, &err);
	ck_assert_ptr_nonnull(strstr(err.candidates, "s/x"));
	ck_assert_ptr_nonnull(strstr(err.text, "2 of the imported names"));
	ck_assert_int_eq(mg_graph_node_count(g), 2);
	/* TensorFlow's way: copies, which keep clear of names of both sides, and of scopes. */
	o.uniquify = true;
	ck_assert_ok(import_text(g, C("a") C("a_1") N("n", IN("a")) C("s"), &o, &err), &err);
	ck_assert_str_eq(o.nodes[0]->name, "a_2");
	ck_assert_str_eq(o.nodes[1]->name, "a_1");
	ck_assert_str_eq(o.nodes[3]->name, "s_1");
	ck_assert_ptr_eq(o.nodes[2]->inputs[0].node, o.nodes[0]);
	mg_graph_free(g);
}
END_TEST

START_TEST(input_map)
{
	static const char *const from[] = { "x", "^gate" }, *const wrong[] = { "nothing:0" };
	mgreg_error err = { 0 };
	mg_graph *g;
	mg_builder b;
	mg_output to[2];
	mg_graphdef_import o = { .prefix = "in", .map_from = from, .map_to = to, .map_count = 2 };
	const char *text = C("x") N("n", IN("x:0") IN("^gate")) N("m", IN("x"));

	ck_assert_ok(mg_graph_new(&g, &err), &err);
	b = (mg_builder)MG_BUILDER(g, &err);
	to[0] = mg_const_scalar(&b, "mine", MGREG_FLOAT, 2);
	to[1] = MG_OUTPUT(mg_build_node(&b, "NoOp", "my_gate", ""), 0);
	ck_assert_ok(import_text(g, text, &o, &err), &err);
	ck_assert_ptr_eq(o.nodes[1]->inputs[0].node, to[0].node);
	ck_assert_ptr_eq(o.nodes[1]->controls[0], to[1].node);
	ck_assert_ptr_eq(o.nodes[2]->inputs[0].node, to[0].node);
	ck_assert_ptr_nonnull(mg_graph_find(g, "in/x"));
	o.map_from = wrong;
	o.map_count = 1;
	ck_assert_fails(import_text(g, C("x"), &o, &err), MGREG_INVALID_ARGUMENT, &err);
	ck_assert_ptr_nonnull(strstr(err.text, "nothing:0"));
	/* Of another type. */
	o.map_from = from;
	to[0] = mg_const_scalar(&b, "ints", MGREG_INT32, 2);
	ck_assert_fails(import_text(g, C("x") N("n", IN("x")), &o, &err), MGREG_INVALID_ARGUMENT, &err);
	mg_graph_free(g);
}
END_TEST

START_TEST(defaults_come_in)
{
	mgreg_error err = { 0 };
	mg_graphdef_import o = { .prefix = NULL };
	mg_graph *g;
	bool transpose = true;

	ck_assert_ok(mg_graph_new(&g, &err), &err);
	ck_assert_ok(import_text(g, "node { name: 'x' op: 'Placeholder' attr { key: 'dtype' value { type: DT_FLOAT } } } "
		"node { name: 'm' op: 'MatMul' input: 'x' input: 'x' attr { key: 'T' value { type: DT_FLOAT } } } ", &o, &err), &err);
	ck_assert(mg_attr_get_bool(&o.nodes[1]->attrs, "transpose_a", &transpose));
	ck_assert(!transpose);
	mg_graph_free(g);
}
END_TEST

START_TEST(unknown_ops_are_kept_on_request)
{
	mgreg_error err = { 0 };
	mg_graphdef_import o = { .allow_unknown_ops = true };
	mg_arena a = { 0 };
	mg_graph *g;
	mg_output out;
	Pb__NodeDef *def;

	ck_assert_ok(mg_graph_new(&g, &err), &err);
	ck_assert_ok(import_text(g, C("c") "node { name: 'q' op: 'Frobnicate' input: 'c' attr { key: 'speed' value { i: 3 } } } "
		N("n", IN("q:2")), &o, &err), &err);
	ck_assert_ptr_null(o.nodes[1]->op);
	ck_assert_int_eq(o.nodes[1]->output_count, 3);
	ck_assert_ok(mg_graph_output(g, "q:2", &out, &err), &err);
	ck_assert_ok(mg_node_to_def(o.nodes[1], false, &a, &def, &err), &err);
	ck_assert_str_eq(def->op, "Frobnicate");
	ck_assert_uint_eq(def->n_attr, 1);
	ck_assert_ok(mg_graph_validate(g, &err), &err);
	mg_arena_clear(&a);
	mg_graph_free(g);
}
END_TEST

START_TEST(devices_of_imported_nodes)
{
	mgreg_error err = { 0 };
	mg_graphdef_import o = { .prefix = NULL };
	const char *text = "node { name: 'a' op: 'NoOp' device: '/gpu:1' } "
		"node { name: 'b' op: 'NoOp' device: '/cpu:0' attr { key: '_class' value { list { s: 'loc:@a' } } } } ";
	mg_graph *g;

	ck_assert_ok(mg_graph_new(&g, &err), &err);
	ck_assert_ok(mg_device_push(g, "/job:w/cpu:5", &err), &err);
	ck_assert_ok(import_text(g, text, &o, &err), &err);
	ck_assert_str_eq(o.nodes[0]->device, "/job:w/device:GPU:1");
	ck_assert_str_eq(o.nodes[1]->device, "/job:w/device:GPU:1");
	o.prefix = "again";
	o.clear_devices = true;
	ck_assert_ok(import_text(g, text, &o, &err), &err);
	ck_assert_str_eq(o.nodes[0]->device, "");
	mg_device_pop(g);
	mg_graph_free(g);
}
END_TEST

/* 40,000 nodes in a chain: quadratic steps would show. */
START_TEST(many_nodes)
{
	enum { COUNT = 40000 };
	mgreg_error err = { 0 };
	mg_arena a = { 0 };
	mg_graphdef_import o = { .prefix = NULL };
	mg_graphdef_export e = { .node_count = -1 };
	mg_str s = MG_STR_INIT;
	mg_graph *g;
	mg_msg *def;
	Pb__GraphDef *back;

	mg_str_add(&s, "versions { producer: 134 } " C("n0"));
	for (int i = 1; i < COUNT; i++)
		mg_str_printf(&s, N("n%d", IN("n%d")), i, i - 1);
	ck_assert_ok(mg_msg_parse(&pb__graph_def__descriptor, s.ptr, s.len, &a, &def, &err), &err);
	ck_assert_ok(mg_graph_new(&g, &err), &err);
	ck_assert_ok(mg_graph_import_def(g, (Pb__GraphDef *)def, &o, &err), &err);
	ck_assert_ok(mg_graph_export_def(g, &e, &a, &back, &err), &err);
	ck_assert(mg_msg_equal(def, &back->base, NULL, NULL));
	ck_assert_ok(mg_graph_validate(g, &err), &err);
	mg_str_clear(&s);
	mg_graph_free(g);
	mg_arena_clear(&a);
}
END_TEST

static int
import_small(void *arg, mgreg_error *err)
{
	mg_graphdef_import o = { .prefix = "p" };
	mg_graph *g;
	int rc = mg_graph_new(&g, err);

	if (rc)
		return rc;
	rc = mg_graph_import_def(g, arg, &o, err);
	mg_graph_free(g);
	return rc;
}

START_TEST(every_allocation_may_fail)
{
	mgreg_error err = { 0 };
	mg_arena a = { 0 };
	const char *text = "versions { producer: 134 } " C("c") N("n", IN("c") IN("^c"));
	mg_msg *def;

	ck_assert_ok(mg_msg_parse(&pb__graph_def__descriptor, text, strlen(text), &a, &def, &err), &err);
	mg_test_each_allocation(import_small, def);
	mg_arena_clear(&a);
}
END_TEST

Suite *
test_import(void)
{
	TCase *t;
	Suite *s = mg_suite("import", &t);

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, refuses, 0, MG_COUNT(refused));
	tcase_add_test(t, order_is_topological_by_number);
	tcase_add_test(t, prefix_and_colocation);
	tcase_add_test(t, clashing_names);
	tcase_add_test(t, input_map);
	tcase_add_test(t, defaults_come_in);
	tcase_add_test(t, unknown_ops_are_kept_on_request);
	tcase_add_test(t, devices_of_imported_nodes);
	tcase_add_test(t, many_nodes);
	tcase_add_test(t, every_allocation_may_fail);
	return s;
}
