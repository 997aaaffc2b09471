/* SPDX-License-Identifier: Apache-2.0 */
/* test_constant.c - what constants determine: GraphDefs in text, the node "out", and its value or that it has none. */
#include "testing.h"
#include "graph/graph.h"

#define VEC(name, dims, vals) "node { name: '" name "' op: 'Const' attr { key: 'dtype' value { type: DT_INT32 } } attr { key: 'value' " \
	"value { tensor { dtype: DT_INT32 tensor_shape { " dims " } " vals " } } } } "
#define V1(name, n, vals) VEC(name, "dim { size: " #n " }", vals)
#define S(name, v) VEC(name, "", "int_val: " #v)
#define T32 "attr { key: 'T' value { type: DT_INT32 } } "
#define PH(name, dims) "node { name: '" name "' op: 'Placeholder' attr { key: 'dtype' value { type: DT_FLOAT } } attr { key: 'shape' " \
	"value { shape { " dims " } } } } "

static const struct { const char *graph, *want; } cases[] = {
	{ V1("out", 3, "int_val: 1 int_val: 2 int_val: 3"), "[1, 2, 3]" },
	{ PH("x", "dim { size: 4 } dim { size: 7 }") "node { name: 'out' op: 'Shape' input: 'x' attr { key: 'T' value { type: DT_FLOAT } } }", "[4, 7]" },
	{ PH("x", "dim { size: -1 } dim { size: 7 }") "node { name: 'out' op: 'Shape' input: 'x' attr { key: 'T' value { type: DT_FLOAT } } }", NULL },
	{ PH("x", "dim { size: -1 } dim { size: 7 }") "node { name: 'out' op: 'Rank' input: 'x' attr { key: 'T' value { type: DT_FLOAT } } }", "2" },
	{ PH("x", "dim { size: 3 } dim { size: 7 }") "node { name: 'out' op: 'Size' input: 'x' attr { key: 'T' value { type: DT_FLOAT } } }", "21" },
	{ S("a", 3) S("b", 4) "node { name: 'out' op: 'Pack' input: 'a' input: 'b' " T32 "attr { key: 'N' value { i: 2 } } }", "[3, 4]" },
	{ S("d", 0) V1("a", 2, "int_val: 1 int_val: 2") V1("b", 1, "int_val: 9")
		"node { name: 'out' op: 'Concat' input: 'd' input: 'a' input: 'b' " T32 "attr { key: 'N' value { i: 2 } } }", "[1, 2, 9]" },
	{ V1("a", 2, "int_val: 1 int_val: 2") V1("b", 1, "int_val: 9") S("d", 0)
		"node { name: 'out' op: 'ConcatV2' input: 'a' input: 'b' input: 'd' " T32 "attr { key: 'N' value { i: 2 } } }", "[1, 2, 9]" },
	{ S("a", 7) S("b", -2) "node { name: 'out' op: 'FloorDiv' input: 'a' input: 'b' " T32 "}", "-4" },
	{ S("a", 7) S("b", -2) "node { name: 'out' op: 'FloorMod' input: 'a' input: 'b' " T32 "}", "-1" },
	{ S("a", 7) S("b", 0) "node { name: 'out' op: 'FloorDiv' input: 'a' input: 'b' " T32 "}", NULL },
	{ V1("a", 3, "int_val: 1 int_val: 5 int_val: 3") S("b", 3) "node { name: 'out' op: 'Maximum' input: 'a' input: 'b' " T32 "}", "[3, 5, 3]" },
	{ V1("a", 3, "int_val: 2 int_val: 5 int_val: 3") V1("i", 1, "int_val: 0") "node { name: 'out' op: 'Prod' input: 'a' input: 'i' " T32 "}", "30" },
	{ S("a", 2) S("b", 11) S("c", 3) "node { name: 'out' op: 'Range' input: 'a' input: 'b' input: 'c' }", "[2, 5, 8]" },
	{ V1("a", 4, "int_val: 1 int_val: 2 int_val: 3 int_val: 4") V1("b", 1, "int_val: 1") V1("c", 1, "int_val: -1")
		"node { name: 'out' op: 'Slice' input: 'a' input: 'b' input: 'c' " T32 "attr { key: 'Index' value { type: DT_INT32 } } }", "[2, 3, 4]" },
	{ V1("a", 4, "int_val: 1 int_val: 2 int_val: 3 int_val: 4") V1("b", 1, "int_val: -1") V1("e", 1, "int_val: 0") V1("s", 1, "int_val: -2")
		"node { name: 'out' op: 'StridedSlice' input: 'a' input: 'b' input: 'e' input: 's' " T32
		"attr { key: 'Index' value { type: DT_INT32 } } }", "[4, 2]" },
	{ PH("x", "dim { size: -1 } dim { size: 7 }") "node { name: 'sh' op: 'Shape' input: 'x' attr { key: 'T' value { type: DT_FLOAT } } } "
		V1("b", 1, "int_val: 1") V1("e", 1, "int_val: 2") V1("s", 1, "int_val: 1")
		"node { name: 'out' op: 'StridedSlice' input: 'sh' input: 'b' input: 'e' input: 's' " T32
		"attr { key: 'Index' value { type: DT_INT32 } } attr { key: 'shrink_axis_mask' value { i: 1 } } }", "7" },
	{ V1("a", 2, "int_val: 3 int_val: 1") V1("b", 2, "int_val: 3 int_val: 4") "node { name: 'out' op: 'BroadcastGradientArgs' input: 'a' input: 'b' " T32 "}", "[1]" },
};

START_TEST(values)
{
	mgreg_error err = { 0 };
	mg_arena a = { 0 };
	mg_graph *g;
	mg_msg *def;
	mg_graphdef_import o = { .prefix = NULL };
	mg_output out;
	mg_tensor v;
	mg_str text = MG_STR_INIT, graph = MG_STR_INIT;

	/* Graphs of our own day, so that no op counts as withdrawn. */
	mg_str_printf(&graph, "%s versions { producer: 134 }", cases[_i].graph);
	ck_assert_ok(mg_msg_parse(&pb__graph_def__descriptor, graph.ptr, graph.len, &a, &def, &err), &err);
	ck_assert_ok(mg_graph_new(&g, &err), &err);
	ck_assert_ok(mg_graph_import_def(g, (Pb__GraphDef *)def, &o, &err), &err);
	ck_assert_ok(mg_graph_output(g, "out", &out, &err), &err);
	ck_assert_int_eq(mg_graph_constant(out, &v), cases[_i].want != NULL);
	if (cases[_i].want) {
		mg_tensor_print(&v, 0, &text);
		ck_assert_str_eq(text.ptr, cases[_i].want);
	}
	mg_tensor_clear(&v);
	mg_str_clear(&text);
	mg_str_clear(&graph);
	mg_graph_free(g);
	mg_arena_clear(&a);
}
END_TEST

/* A tower of sums of itself has 2^k paths; asking for its value must stay cheap. */
START_TEST(a_question_is_bounded)
{
	mgreg_error err = { 0 };
	mg_graph *g;
	mg_builder b;
	mg_output x;
	mg_tensor v;

	ck_assert_ok(mg_graph_new(&g, &err), &err);
	b = (mg_builder)MG_BUILDER(g, &err);
	x = mg_const_scalar(&b, "x", MGREG_INT32, 1);
	for (int i = 0; i < 60; i++)
		x = mg_build(&b, "Add", NULL, "oo", x, x);
	ck_assert_ok(b.rc, &err);
	ck_assert(!mg_graph_constant(x, &v));
	mg_graph_free(g);
}
END_TEST

Suite *
test_constant(void)
{
	TCase *t;
	Suite *s = mg_suite("constant", &t);

	tcase_add_loop_test(t, values, 0, MG_COUNT(cases));
	tcase_add_test(t, a_question_is_bounded);
	return s;
}
