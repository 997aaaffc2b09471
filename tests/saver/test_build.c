/* SPDX-License-Identifier: Apache-2.0 */
/* test_build.c - names and inputs of a saver's nodes; what a restore would read. */
#include <stdio.h>
#include "testing.h"
#include "saver/saver.h"

static mgreg_error err;

static const char *
node_text(mg_graph *g, const char *name)
{
	static char text[4096];
	mg_node *n = mg_graph_find(g, name);
	mg_arena *a = mg_graph_arena(g);
	size_t len = 0;

	if (!n)
		return "absent";
	len += (size_t)snprintf(text + len, sizeof text - len, "%s(", n->op_name);
	for (int i = 0; i < n->input_count; i++)
		len += (size_t)snprintf(text + len, sizeof text - len, "%s%s", i ? ", " : "", mg_output_name(n->inputs[i], a));
	for (int i = 0; i < n->control_count; i++)
		len += (size_t)snprintf(text + len, sizeof text - len, "%s^%s", i || n->input_count ? ", " : "", n->controls[i]->name);
	snprintf(text + len, sizeof text - len, ")");
	return text;
}

#define ck_node(g, name, expected) ck_assert_str_eq(node_text(g, name), expected)

static mg_variable_record *
variable(mg_graph *g, const char *name, unsigned flags)
{
	mg_builder b = MG_BUILDER(g, &err);
	const mg_variable_record *v;
	mg_output init = mg_const_i32s(&b, "initial", (int64_t[]){ 1, 2, 3 }, 3);

	ck_assert_ok(b.rc, &err);
	ck_assert_ok(mg_variable_new(g, name, init, flags, &v, &err), &err);
	return (mg_variable_record *)v;
}

static mg_graph *
three_variables(unsigned flags)
{
	mg_graph *g;

	ck_assert_ok(mg_graph_new(&g, &err), &err);
	variable(g, "b", flags);
	variable(g, "a/c", flags);
	variable(g, "a-x", flags);
	return g;
}

START_TEST(plain)
{
	mg_graph *g = three_variables(0);
	const mg_saver_record *r;
	mg_restore_item *items;
	mg_arena arena = { 0 };
	mg_saver *s;
	int n;

	ck_assert_ok(mg_saver_new(&s, g, NULL, &err), &err);
	ck_node(g, "save/filename", "PlaceholderWithDefault(save/filename/input)");
	ck_node(g, "save/Const", "PlaceholderWithDefault(save/filename)");
	ck_node(g, "save/SaveV2", "SaveV2(save/Const, save/SaveV2/tensor_names, save/SaveV2/shape_and_slices, a-x, a/c, b)");
	ck_node(g, "save/control_dependency", "Identity(save/Const, ^save/SaveV2)");
	ck_node(g, "save/RestoreV2", "RestoreV2(save/Const, save/RestoreV2/tensor_names, save/RestoreV2/shape_and_slices)");
	ck_node(g, "save/Assign", "Assign(a-x, save/RestoreV2)");
	ck_node(g, "save/Assign_2", "Assign(b, save/RestoreV2:2)");
	ck_node(g, "save/restore_all", "NoOp(^save/Assign, ^save/Assign_1, ^save/Assign_2)");
	r = mg_saver_record_of(s);
	ck_assert_str_eq(r->filename_tensor_name, "save/Const:0");
	ck_assert_str_eq(r->save_tensor_name, "save/control_dependency:0");
	ck_assert_str_eq(r->restore_op_name, "save/restore_all");
	ck_assert_int_eq(r->max_to_keep, 5);
	ck_assert_ok(mg_saver_items(s, &arena, &items, &n, &err), &err);
	ck_assert_int_eq(n, 3);
	ck_assert_str_eq(items[1].variable, "a/c");
	ck_assert_str_eq(items[1].key, "a/c");
	ck_assert_str_eq(items[1].slice, "");
	mg_saver_free(s);
	ck_assert_ok(mg_saver_new(&s, g, NULL, &err), &err);
	ck_assert_str_eq(mg_saver_record_of(s)->save_tensor_name, "save_1/control_dependency:0");
	mg_saver_free(s);
	mg_arena_clear(&arena);
	mg_graph_free(g);
}
END_TEST

START_TEST(resources)
{
	mg_graph *g = three_variables(MG_VARIABLE_RESOURCE);
	mg_saver_options o = MG_SAVER_INIT;
	mg_saver *s;

	o.reshape = true;
	ck_assert_ok(mg_saver_new(&s, g, &o, &err), &err);
	ck_node(g, "save/SaveV2", "SaveV2(save/Const, save/SaveV2/tensor_names, save/SaveV2/shape_and_slices, a-x/Read/ReadVariableOp, "
		"a/c/Read/ReadVariableOp, b/Read/ReadVariableOp)");
	ck_node(g, "save/Reshape", "Reshape(save/RestoreV2, save/Reshape/shape)");
	ck_node(g, "save/Identity_1", "Identity(save/Reshape_1)");
	ck_node(g, "save/AssignVariableOp_1", "AssignVariableOp(a/c, save/Identity_1)");
	mg_saver_free(s);
	mg_graph_free(g);
}
END_TEST

START_TEST(sharded)
{
	mg_saver_options o = MG_SAVER_INIT;
	mg_graph *g;
	mg_saver *s;

	ck_assert_ok(mg_graph_new(&g, &err), &err);
	ck_assert_ok(mg_device_push(g, "/job:ps/task:1", &err), &err);
	variable(g, "a", 0);
	mg_device_pop(g);
	ck_assert_ok(mg_device_push(g, "/job:ps/task:0", &err), &err);
	variable(g, "b", 0);
	mg_device_pop(g);
	o.sharded = true;
	ck_assert_ok(mg_saver_new(&s, g, &o, &err), &err);
	ck_node(g, "save/StringJoin", "StringJoin(save/Const, save/StringJoin/inputs_1)");
	ck_node(g, "save/ShardedFilename_1", "ShardedFilename(save/StringJoin, save/ShardedFilename_1/shard, save/num_shards)");
	ck_node(g, "save/SaveV2", "SaveV2(save/ShardedFilename, save/SaveV2/tensor_names, save/SaveV2/shape_and_slices, b)");
	ck_node(g, "save/SaveV2_1", "SaveV2(save/ShardedFilename_1, save/SaveV2_1/tensor_names, save/SaveV2_1/shape_and_slices, a)");
	ck_node(g, "save/MergeV2Checkpoints/checkpoint_prefixes",
		"Pack(save/ShardedFilename, save/ShardedFilename_1, ^save/control_dependency, ^save/control_dependency_1)");
	ck_node(g, "save/MergeV2Checkpoints", "MergeV2Checkpoints(save/MergeV2Checkpoints/checkpoint_prefixes, save/Const)");
	ck_node(g, "save/restore_shard", "NoOp(^save/Assign)");
	ck_node(g, "save/restore_shard_1", "NoOp(^save/Assign_1)");
	ck_assert_str_eq(mg_saver_record_of(s)->save_tensor_name, "save/Identity:0");
	ck_assert_ptr_nonnull(mg_graph_find(g, "save/restore_all"));
	mg_saver_free(s);
	mg_graph_free(g);
}
END_TEST

START_TEST(version_one)
{
	mg_graph *g = three_variables(0);
	mg_saver_options o = MG_SAVER_INIT;
	mg_saver *s;

	o.write_version = 1;
	ck_assert_ok(mg_saver_new(&s, g, &o, &err), &err);
	ck_node(g, "save/save", "SaveSlices(save/Const, save/save/tensor_names, save/save/shapes_and_slices, a-x, a/c, b)");
	mg_saver_free(s);
	mg_graph_free(g);
}
END_TEST

static mg_save_slice *
slice(mg_graph *g, const char *name, int64_t offset)
{
	mg_save_slice *s = mg_arena_zalloc(mg_graph_arena(g), 1, sizeof *s);
	int64_t *n = mg_arena_zalloc(mg_graph_arena(g), 3, sizeof *n);

	n[0] = 6;
	n[1] = offset;
	n[2] = 3;
	*s = (mg_save_slice){ .full_name = name, .rank = 1, .full_shape = n, .var_offset = n + 1, .var_shape = n + 2 };
	return s;
}

START_TEST(partitions)
{
	mg_restore_item *items;
	mg_arena arena = { 0 };
	mg_graph *g;
	mg_saver *s;
	int n;

	ck_assert_ok(mg_graph_new(&g, &err), &err);
	variable(g, "w/part_1", 0)->slice = slice(g, "w", 3);
	variable(g, "w/part_0", 0)->slice = slice(g, "w", 0);
	ck_assert_ok(mg_saver_new(&s, g, NULL, &err), &err);
	ck_node(g, "save/SaveV2", "SaveV2(save/Const, save/SaveV2/tensor_names, save/SaveV2/shape_and_slices, w/part_0/read, w/part_1/read)");
	ck_assert_ok(mg_saver_items(s, &arena, &items, &n, &err), &err);
	ck_assert_str_eq(items[1].key, "w");
	ck_assert_str_eq(items[1].slice, "6 3,3");
	mg_saver_free(s);
	mg_arena_clear(&arena);
	mg_graph_free(g);
}
END_TEST

START_TEST(refused)
{
	mg_saver_options o = MG_SAVER_INIT;
	const mg_variable_record *twice[2];
	static const char *const keys[2] = { "x", "y" };
	mg_saver_record r = { .filename_tensor_name = "save/Const:0", .save_tensor_name = "save/control_dependency:0" };
	mg_graph *g;
	mg_saver *s;

	ck_assert_ok(mg_graph_new(&g, &err), &err);
	ck_assert_fails(mg_saver_new(&s, g, NULL, &err), MGREG_INVALID_ARGUMENT, &err);
	o.allow_empty = true;
	ck_assert_ok(mg_saver_new(&s, g, &o, &err), &err);
	ck_assert_ptr_null(mg_saver_record_of(s));
	mg_saver_free(s);
	twice[0] = twice[1] = variable(g, "w", 0);
	o.variables = twice;
	o.variable_count = 2;
	ck_assert_fails(mg_saver_new(&s, g, &o, &err), MGREG_INVALID_ARGUMENT, &err);
	ck_assert_ptr_nonnull(strstr(err.text, "same name"));
	o.keys = keys;
	ck_assert_fails(mg_saver_new(&s, g, &o, &err), MGREG_INVALID_ARGUMENT, &err);
	ck_assert_fails(mg_saver_from_record(&s, g, &r, &err), MGREG_INVALID_ARGUMENT, &err);
	ck_assert_ptr_nonnull(strstr(err.text, "restore_op_name"));
	r.restore_op_name = "save/restore_all";
	ck_assert_fails(mg_saver_from_record(&s, g, &r, &err), MGREG_NOT_FOUND, &err);
	mg_graph_free(g);
}
END_TEST

Suite *
test_build(void)
{
	TCase *t;
	Suite *s = mg_suite("build", &t);

	tcase_add_test(t, plain);
	tcase_add_test(t, resources);
	tcase_add_test(t, sharded);
	tcase_add_test(t, version_one);
	tcase_add_test(t, partitions);
	tcase_add_test(t, refused);
	return s;
}
