/* SPDX-License-Identifier: Apache-2.0 */
/* test_name.c - legal names, unique names, scopes, names in and out of a scope (metagraph-semantics section 1). */
#include "testing.h"
#include "graph/graph.h"

static const struct { const char *name; bool ok; } legal[] = {
	{ "a", true }, { "A.b_c-d/e", true }, { ".x", true }, { "9lives", true }, { "", false }, { "_x", false },
	{ "-x", false }, { "/x", false }, { "a b", false }, { "a:0", false }, { "^a", false }, { "a$", false }, { "\xc3\xa9", false },
};

START_TEST(legal_names)
{
	ck_assert_msg(mg_node_name_is_valid(legal[_i].name) == legal[_i].ok, "'%s'", legal[_i].name);
}
END_TEST

/* Each row is asked in turn of one graph: what comes back follows from those before it. */
START_TEST(unique_names)
{
	static const struct { const char *ask, *get; } steps[] = {
		{ "w", "w" }, { "w", "w_1" }, { "w", "w_2" }, { "w_1", "w_1_1" }, { "W", "W_3" }, { "w", "w_4" },
		{ "a/b", "a/b" }, { "a", "a" }, { "A", "A_1" }, { "a/B", "a/B_1" }, { "x_1", "x_1" }, { "x", "x" }, { "x", "x_2" },
	};
	mgreg_error err = { 0 };
	mg_graph *g;
	const char *name;

	ck_assert_ok(mg_graph_new(&g, &err), &err);
	for (size_t i = 0; i < MG_COUNT(steps); i++) {
		ck_assert_ok(mg_graph_unique_name(g, steps[i].ask, true, &name, &err), &err);
		ck_assert_msg(strcmp(name, steps[i].get) == 0, "step %zu: '%s' gave '%s', not '%s'", i, steps[i].ask, name, steps[i].get);
	}
	/* Asking without marking takes nothing. */
	ck_assert_ok(mg_graph_unique_name(g, "fresh", false, &name, &err), &err);
	ck_assert_ok(mg_graph_unique_name(g, "fresh", true, &name, &err), &err);
	ck_assert_str_eq(name, "fresh");
	mg_graph_free(g);
}
END_TEST

START_TEST(marked_names_take_their_prefixes)
{
	mgreg_error err = { 0 };
	mg_graph *g;
	const char *name;

	ck_assert_ok(mg_graph_new(&g, &err), &err);
	ck_assert_ok(mg_graph_mark_name(g, "Net/layer/w", &err), &err);
	ck_assert_ok(mg_graph_unique_name(g, "net", true, &name, &err), &err);
	ck_assert_str_eq(name, "net_1");
	ck_assert_ok(mg_graph_unique_name(g, "net/layer", true, &name, &err), &err);
	ck_assert_str_eq(name, "net/layer_1");
	mg_graph_free(g);
}
END_TEST

START_TEST(scopes)
{
	mgreg_error err = { 0 };
	mg_graph *g;
	const char *s, *name;

	ck_assert_ok(mg_graph_new(&g, &err), &err);
	ck_assert_str_eq(mg_scope_current(g), "");
	ck_assert_ok(mg_scope_enter(g, "a", &s, &err), &err);
	ck_assert_str_eq(s, "a/");
	ck_assert_ok(mg_scope_enter(g, "b", &s, &err), &err);
	ck_assert_str_eq(s, "a/b/");
	ck_assert_ok(mg_graph_unique_name(g, "n", true, &name, &err), &err);
	ck_assert_str_eq(name, "a/b/n");
	/* Absolute: the same scope once more, without a number. */
	ck_assert_ok(mg_scope_enter(g, "a/", &s, &err), &err);
	ck_assert_str_eq(s, "a/");
	mg_scope_leave(g);
	/* The root. */
	ck_assert_ok(mg_scope_enter(g, NULL, &s, &err), &err);
	ck_assert_str_eq(s, "");
	ck_assert_ok(mg_graph_unique_name(g, "n", true, &name, &err), &err);
	ck_assert_str_eq(name, "n");
	mg_scope_leave(g);
	ck_assert_str_eq(mg_scope_current(g), "a/b/");
	mg_scope_leave(g);
	mg_scope_leave(g);
	/* Scopes and nodes share one table. */
	ck_assert_ok(mg_scope_enter(g, "A", &s, &err), &err);
	ck_assert_str_eq(s, "A_1/");
	/* Below a scope a part may begin with what a root may not. */
	ck_assert_ok(mg_scope_enter(g, "_x", &s, &err), &err);
	mg_scope_leave(g);
	mg_scope_leave(g);
	ck_assert_fails(mg_scope_enter(g, "_x", &s, &err), MGREG_INVALID_ARGUMENT, &err);
	ck_assert_ptr_nonnull(strstr(err.text, "_x"));
	ck_assert_fails(mg_scope_enter(g, "a b", &s, &err), MGREG_INVALID_ARGUMENT, &err);
	mg_graph_free(g);
}
END_TEST

static const struct { const char *name, *scope, *want; } strip[] = {
	{ "s/w", "s", "w" }, { "s/w:0", "s/", "w:0" }, { "^s/w", "s", "^w" }, { "loc:@s/w", "s", "loc:@w" },
	{ "s//w", "s", "w" }, { "t/w", "s", "t/w" }, { "s", "s", "s" }, { "s/w", "", "s/w" }, { "s/w", NULL, "s/w" },
	{ "hidden10/x", "hidden1", "hidden10/x" }, { "axb/w", "a.b", "w" }, { "a/s/w", "s", "a/s/w" }, { "s/s/w", "s", "s/w" },
	{ "^loc:@s/w", "s", "^loc:@w" },
};

START_TEST(strip_scope)
{
	mg_arena a = { 0 };

	ck_assert_str_eq(mg_name_strip_scope(strip[_i].name, strip[_i].scope, &a), strip[_i].want);
	mg_arena_clear(&a);
}
END_TEST

static const struct { const char *name, *scope, *want; } prepend[] = {
	{ "w:0", "s", "s/w:0" }, { "^w", "s", "^s/w" }, { "loc:@w", "s", "loc:@s/w" }, { "w", "s/", "s/w" }, { "w", "", "w" },
	{ "w", NULL, "w" }, { "", "s", "s/" },
};

START_TEST(prepend_scope)
{
	mg_arena a = { 0 };

	ck_assert_str_eq(mg_name_prepend_scope(prepend[_i].name, prepend[_i].scope, &a), prepend[_i].want);
	mg_arena_clear(&a);
}
END_TEST

Suite *
test_name(void)
{
	TCase *t;
	Suite *s = mg_suite("name", &t);

	tcase_add_loop_test(t, legal_names, 0, MG_COUNT(legal));
	tcase_add_test(t, unique_names);
	tcase_add_test(t, marked_names_take_their_prefixes);
	tcase_add_test(t, scopes);
	tcase_add_loop_test(t, strip_scope, 0, MG_COUNT(strip));
	tcase_add_loop_test(t, prepend_scope, 0, MG_COUNT(prepend));
	return s;
}
