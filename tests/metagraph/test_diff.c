/* SPDX-License-Identifier: Apache-2.0 */
/* test_diff.c - digests say whether two MetaGraphs are the same, the diff says how they are not. */
#include "testing.h"
#include "metagraph/metagraph.h"

#define A "node { name: 'a' op: 'NoOp' } "
#define B "node { name: 'b' op: 'Const' attr { key: 'dtype' value { type: DT_INT32 } } attr { key: 'x' value { i: 1 } } } "
#define B_SWAPPED "node { name: 'b' op: 'Const' attr { key: 'x' value { i: 1 } } attr { key: 'dtype' value { type: DT_INT32 } } } "
#define B_OTHER "node { name: 'b' op: 'Const' attr { key: 'dtype' value { type: DT_INT64 } } attr { key: 'x' value { i: 1 } } } "
#define K(v) "collection_def { key: 'k' value { int64_list { value: " #v " } } } "

static const struct { const char *a, *b; bool graph, whole; const char *lines; } cases[] = {
	{ "graph_def { " A B "} ", "graph_def { " B_SWAPPED A "} ", true, true, "" },
	{ "graph_def { " A B "} ", "graph_def { " A B_OTHER "} ", false, false, "~node b: attr[\"dtype\"].type: DT_INT32 -> DT_INT64\n" },
	{ "graph_def { " A "} ", "graph_def { " A B "} ", false, false, "+node b\n" },
	{ "graph_def { " A B "} ", "graph_def { " A "} ", false, false, "-node b\n" },
	{ "graph_def { " A "} " K(1), "graph_def { " A "} ", true, false, "-collection k\n" },
	{ "graph_def { " A "} " K(1), "graph_def { " A "} " K(2), true, false, "~collection k: int64_list.value[0]: 1 -> 2\n" },
	{ "meta_info_def { tags: 'a' tags: 'b' } ", "meta_info_def { tags: 'b' tags: 'a' } ", true, true, NULL },
	{ "saver_def { max_to_keep: 5 } ", "", true, false, "-saver\n" },
};

static int
collect(void *ctx, const char *line)
{
	mg_str_printf(ctx, "%s\n", line);
	return 0;
}

START_TEST(same_and_not)
{
	mgreg_error err = { 0 };
	mg_arena a = { 0 };
	uint8_t ga[32], gb[32], wa[32], wb[32];
	mg_str lines = MG_STR_INIT;
	mg_msg *x, *y;

	ck_assert_ok(mg_msg_parse(&pb__meta_graph_def__descriptor, cases[_i].a, strlen(cases[_i].a), &a, &x, &err), &err);
	ck_assert_ok(mg_msg_parse(&pb__meta_graph_def__descriptor, cases[_i].b, strlen(cases[_i].b), &a, &y, &err), &err);
	ck_assert_ok(mg_metagraph_digests((Pb__MetaGraphDef *)x, ga, wa, &err), &err);
	ck_assert_ok(mg_metagraph_digests((Pb__MetaGraphDef *)y, gb, wb, &err), &err);
	ck_assert_int_eq(memcmp(ga, gb, 32) == 0, cases[_i].graph);
	ck_assert_int_eq(memcmp(wa, wb, 32) == 0, cases[_i].whole);
	ck_assert_ok(mg_metagraph_diff((Pb__MetaGraphDef *)x, (Pb__MetaGraphDef *)y, collect, &lines, &err), &err);
	if (cases[_i].lines)
		ck_assert_str_eq(lines.ptr, cases[_i].lines);
	mg_str_clear(&lines);
	mg_arena_clear(&a);
}
END_TEST

Suite *
test_diff(void)
{
	TCase *t;
	Suite *s = mg_suite("diff", &t);

	tcase_add_loop_test(t, same_and_not, 0, MG_COUNT(cases));
	return s;
}
