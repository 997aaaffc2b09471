/* SPDX-License-Identifier: Apache-2.0 */
/* test_scope.c - devices, control dependencies, colocation (metagraph-semantics section 9). */
#include "testing.h"
#include "graph/graph.h"

static const struct { const char *in, *out; } devices[] = {
	{ "/cpu:0", "/device:CPU:0" }, { "/gpu:1", "/device:GPU:1" }, { "/device:GPU:*", "/device:GPU:*" },
	{ "/job:worker/task:3", "/job:worker/task:3" }, { "/job:ps/replica:0/task:1/cpu:0", "/job:ps/replica:0/task:1/device:CPU:0" },
	{ "", "" }, { "/GPU:0", "/device:GPU:0" }, { "/device:tpu:0", "/device:TPU:0" }, { "/cpu", "/device:CPU:*" },
};

START_TEST(canonical_devices)
{
	mg_arena a = { 0 };
	mgreg_error err = { 0 };
	const char *out;

	ck_assert_ok(mg_device_canonical(devices[_i].in, &a, &out, &err), &err);
	ck_assert_str_eq(out, devices[_i].out);
	mg_arena_clear(&a);
}
END_TEST

static const char *const bad_devices[] = { "/jib:worker", "/task:x", "/cpu:x", "/device:GPU:x", "nonsense" };

START_TEST(malformed_devices)
{
	mg_arena a = { 0 };
	mgreg_error err = { 0 };
	const char *out;

	ck_assert_fails(mg_device_canonical(bad_devices[_i], &a, &out, &err), MGREG_INVALID_ARGUMENT, &err);
	ck_assert_ptr_nonnull(strstr(err.text, bad_devices[_i]));
	mg_arena_clear(&a);
}
END_TEST

static mg_node *
noop(mg_graph *g, const char *name)
{
	mgreg_error err = { 0 };
	mg_builder b = MG_BUILDER(g, &err);
	mg_node *n = mg_build_node(&b, "NoOp", name, "");

	ck_assert_ok(b.rc, &err);
	return n;
}

START_TEST(device_scopes)
{
	mgreg_error err = { 0 };
	mg_graph *g;

	ck_assert_ok(mg_graph_new(&g, &err), &err);
	ck_assert_str_eq(noop(g, NULL)->device, "");
	ck_assert_ok(mg_device_push(g, "/job:worker/cpu:0", &err), &err);
	ck_assert_str_eq(noop(g, NULL)->device, "/job:worker/device:CPU:0");
	ck_assert_ok(mg_device_push(g, "/gpu:1", &err), &err);
	ck_assert_str_eq(noop(g, NULL)->device, "/job:worker/device:GPU:1");
	ck_assert_ok(mg_device_push(g, NULL, &err), &err);
	ck_assert_str_eq(noop(g, NULL)->device, "");
	ck_assert_ok(mg_device_push(g, "/task:2", &err), &err);
	ck_assert_str_eq(noop(g, NULL)->device, "/task:2");
	for (int i = 0; i < 4; i++)
		mg_device_pop(g);
	ck_assert_str_eq(noop(g, NULL)->device, "");
	mg_graph_free(g);
}
END_TEST

START_TEST(control_scopes)
{
	mgreg_error err = { 0 };
	mg_graph *g;
	mg_builder b;
	mg_node *a, *c, *n, *list[2];
	mg_output x, y;

	ck_assert_ok(mg_graph_new(&g, &err), &err);
	b = (mg_builder)MG_BUILDER(g, &err);
	a = noop(g, "a");
	c = noop(g, "c");
	list[0] = a;
	list[1] = a;
	ck_assert_ok(mg_controls_push(g, list, 2, &err), &err);
	n = noop(g, "inner");
	ck_assert_int_eq(n->control_count, 1);
	ck_assert_ptr_eq(n->controls[0], a);
	/* A nested block adds its own; what is waited for already is not said twice. */
	list[1] = c;
	ck_assert_ok(mg_controls_push(g, list, 2, &err), &err);
	n = noop(g, "inner2");
	ck_assert_int_eq(n->control_count, 2);
	mg_controls_pop(g);
	/* An input made inside the block waits for all of it already. */
	x = mg_const_scalar(&b, "x", MGREG_FLOAT, 1);
	ck_assert_int_eq(x.node->control_count, 1);
	y = mg_build(&b, "Neg", "y", "o", x);
	ck_assert_int_eq(y.node->control_count, 0);
	/* Clearing hides the outer ones while it lasts. */
	ck_assert_ok(mg_controls_push(g, NULL, 0, &err), &err);
	ck_assert_int_eq(noop(g, "free")->control_count, 0);
	mg_controls_pop(g);
	ck_assert_int_eq(noop(g, "bound")->control_count, 1);
	mg_controls_pop(g);
	ck_assert_int_eq(noop(g, "after")->control_count, 0);
	/* A dependency that is a data input is not a control as well. */
	list[0] = x.node;
	ck_assert_ok(mg_controls_push(g, list, 1, &err), &err);
	y = mg_build(&b, "Neg", "y2", "o", x);
	ck_assert_int_eq(y.node->control_count, 0);
	mg_controls_pop(g);
	ck_assert_ok(b.rc, &err);
	mg_graph_free(g);
}
END_TEST

static const char *
class_of(const mg_node *n, size_t i)
{
	static char text[200];
	const Pb__AttrValue__ListValue *list;

	if (!mg_attr_get_list(&n->attrs, "_class", &list) || i >= list->n_s)
		return "";
	snprintf(text, sizeof(text), "%.*s", (int)list->s[i].len, (const char *)list->s[i].data);
	return text;
}

START_TEST(colocation)
{
	mgreg_error err = { 0 };
	mg_graph *g;
	mg_node *a, *b, *n;

	ck_assert_ok(mg_graph_new(&g, &err), &err);
	ck_assert_ok(mg_device_push(g, "/gpu:0", &err), &err);
	b = noop(g, "b");
	mg_device_pop(g);
	a = noop(g, "a");
	ck_assert_ok(mg_colocate_push(g, b, &err), &err);
	ck_assert_ok(mg_device_push(g, "/cpu:0", &err), &err);
	n = noop(g, "n");
	ck_assert_str_eq(class_of(n, 0), "loc:@b");
	ck_assert_str_eq(n->device, "/device:GPU:0");
	ck_assert_ok(mg_colocate_push(g, a, &err), &err);
	n = noop(g, "n2");
	ck_assert_str_eq(class_of(n, 0), "loc:@a");
	ck_assert_str_eq(class_of(n, 1), "loc:@b");
	ck_assert_ok(mg_colocate_push(g, NULL, &err), &err);
	n = noop(g, "n3");
	ck_assert_str_eq(class_of(n, 0), "");
	ck_assert_str_eq(n->device, "/device:CPU:0");
	mg_colocate_pop(g);
	mg_colocate_pop(g);
	mg_colocate_pop(g);
	mg_device_pop(g);
	mg_graph_free(g);
}
END_TEST

Suite *
test_scope(void)
{
	TCase *t;
	Suite *s = mg_suite("scope", &t);

	tcase_add_loop_test(t, canonical_devices, 0, MG_COUNT(devices));
	tcase_add_loop_test(t, malformed_devices, 0, MG_COUNT(bad_devices));
	tcase_add_test(t, device_scopes);
	tcase_add_test(t, control_scopes);
	tcase_add_test(t, colocation);
	return s;
}
