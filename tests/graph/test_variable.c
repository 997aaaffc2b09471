/* SPDX-License-Identifier: Apache-2.0 */
/* test_variable.c - the nodes and the record of a variable (metagraph-semantics section 8), initializers, groups. */
#include "testing.h"
#include "graph/graph.h"

static mg_graph *
fresh(mg_builder *b, mgreg_error *err)
{
	mg_graph *g;

	ck_assert_ok(mg_graph_new(&g, err), err);
	*b = (mg_builder)MG_BUILDER(g, err);
	return g;
}

static void
has_class(const mg_node *n, const char *want)
{
	const Pb__AttrValue__ListValue *list;

	ck_assert_msg(mg_attr_get_list(&n->attrs, "_class", &list) && list->n_s == 1, "%s has no _class", n->name);
	ck_assert_uint_eq(list->s[0].len, strlen(want));
	ck_assert_mem_eq(list->s[0].data, want, strlen(want));
}

START_TEST(reference_variable)
{
	mgreg_error err = { 0 };
	mg_builder b;
	mg_graph *g = fresh(&b, &err);
	const mg_variable_record *v;
	mg_output handle, read, init = mg_const_scalar(&b, "init_value", MGREG_FLOAT, 3);
	mg_node *n;
	bool yes;

	ck_assert_ok(mg_variable_new(g, "w", init, 0, &v, &err), &err);
	ck_assert_str_eq(v->variable_name, "w:0");
	ck_assert_str_eq(v->initial_value_name, "init_value:0");
	ck_assert_str_eq(v->initializer_name, "w/Assign");
	ck_assert_str_eq(v->snapshot_name, "w/read:0");
	ck_assert(v->trainable && !v->is_resource);
	ck_assert_ok(mg_variable_outputs(g, v, &handle, &read, &err), &err);
	ck_assert_str_eq(handle.node->op_name, "VariableV2");
	ck_assert(mg_output_is_ref(handle));
	ck_assert_ptr_eq(mg_variable_of(g, handle), v);
	n = mg_graph_find(g, "w/Assign");
	ck_assert_str_eq(n->op_name, "Assign");
	has_class(n, "loc:@w");
	ck_assert(mg_attr_get_bool(&n->attrs, "use_locking", &yes) && yes);
	ck_assert(mg_attr_get_bool(&n->attrs, "validate_shape", &yes) && yes);
	ck_assert_str_eq(read.node->op_name, "Identity");
	has_class(read.node, "loc:@w");
	ck_assert_int_eq(mg_collection_count(g, "variables"), 1);
	ck_assert_int_eq(mg_collection_count(g, "trainable_variables"), 1);
	/* A second one of the name. */
	ck_assert_ok(mg_variable_new(g, "w", init, MG_VARIABLE_NOT_TRAINABLE, &v, &err), &err);
	ck_assert_str_eq(v->variable_name, "w_1:0");
	ck_assert_int_eq(mg_collection_count(g, "variables"), 2);
	ck_assert_int_eq(mg_collection_count(g, "trainable_variables"), 1);
	ck_assert_ok(mg_variable_new(g, NULL, init, MG_VARIABLE_LOCAL, &v, &err), &err);
	ck_assert_str_eq(v->variable_name, "Variable:0");
	ck_assert_int_eq(mg_collection_count(g, "local_variables"), 1);
	ck_assert_int_eq(mg_collection_count(g, "variables"), 2);
	mg_graph_free(g);
}
END_TEST

START_TEST(resource_variable)
{
	mgreg_error err = { 0 };
	mg_builder b;
	mg_graph *g = fresh(&b, &err);
	const mg_variable_record *v;
	mg_output init = mg_const_scalar(&b, "c", MGREG_FLOAT, 3), read;
	mg_slice shared;

	ck_assert_ok(mg_scope_enter(g, "net", NULL, &err), &err);
	ck_assert_ok(mg_variable_new(g, "w", init, MG_VARIABLE_RESOURCE, &v, &err), &err);
	mg_scope_leave(g);
	ck_assert_str_eq(v->variable_name, "net/w:0");
	ck_assert_str_eq(v->snapshot_name, "net/w/Read/ReadVariableOp:0");
	ck_assert_str_eq(v->initializer_name, "net/w/Assign");
	ck_assert(v->is_resource);
	ck_assert_ptr_nonnull(mg_graph_find(g, "net/w/IsInitialized/VarIsInitializedOp"));
	ck_assert(mg_attr_get_string(&mg_graph_find(g, "net/w")->attrs, "shared_name", &shared));
	ck_assert(mg_slice_eq(shared, "net/w"));
	ck_assert_ok(mg_variable_outputs(g, v, NULL, &read, &err), &err);
	ck_assert_int_eq(mg_output_type(read), MGREG_FLOAT);
	ck_assert_int_eq(mg_output_shape(read)->rank, 0);
	mg_graph_free(g);
}
END_TEST

START_TEST(initial_value_must_have_a_shape)
{
	mgreg_error err = { 0 };
	mg_builder b;
	mg_graph *g = fresh(&b, &err);
	mg_shape unknown = MG_SHAPE_UNKNOWN;
	mg_output x = mg_build(&b, "Placeholder", "x", ";t:dtype h:shape", MGREG_FLOAT, &unknown);

	ck_assert_fails(mg_variable_new(g, "w", x, 0, NULL, &err), MGREG_INVALID_ARGUMENT, &err);
	ck_assert_ptr_nonnull(strstr(err.text, "'w'"));
	ck_assert_int_eq(mg_graph_node_count(g), 1);
	mg_graph_free(g);
}
END_TEST

START_TEST(initializer_groups)
{
	mgreg_error err = { 0 };
	mg_builder b;
	mg_graph *g = fresh(&b, &err);
	mg_output c = mg_const_scalar(&b, "c", MGREG_FLOAT, 3);
	mg_node *init;

	ck_assert_ok(mg_variables_initializer(g, "variables", NULL, &init, &err), &err);
	ck_assert_str_eq(init->name, "init");
	ck_assert_int_eq(init->control_count, 0);
	ck_assert_ok(mg_variable_new(g, "a", c, 0, NULL, &err), &err);
	ck_assert_ok(mg_variable_new(g, "b", c, 0, NULL, &err), &err);
	ck_assert_ok(mg_variables_initializer(g, "variables", NULL, &init, &err), &err);
	ck_assert_str_eq(init->name, "init_1");
	ck_assert_int_eq(init->control_count, 2);
	ck_assert_str_eq(init->controls[1]->name, "b/Assign");
	/* Several devices: one node for each, sorted by device. */
	ck_assert_ok(mg_device_push(g, "/gpu:0", &err), &err);
	ck_assert_ok(mg_variable_new(g, "z", c, 0, NULL, &err), &err);
	mg_device_pop(g);
	ck_assert_ok(mg_variables_initializer(g, "variables", "init", &init, &err), &err);
	ck_assert_str_eq(init->name, "init_2");
	ck_assert_int_eq(init->control_count, 2);
	ck_assert_str_eq(init->controls[0]->name, "init_2/NoOp");
	ck_assert_int_eq(init->controls[0]->control_count, 2);
	ck_assert_str_eq(init->controls[1]->name, "init_2/NoOp_1");
	ck_assert_str_eq(init->controls[1]->device, "/device:GPU:0");
	mg_graph_free(g);
}
END_TEST

Suite *
test_variable(void)
{
	TCase *t;
	Suite *s = mg_suite("variable", &t);

	tcase_add_test(t, reference_variable);
	tcase_add_test(t, resource_variable);
	tcase_add_test(t, initial_value_must_have_a_shape);
	tcase_add_test(t, initializer_groups);
	return s;
}
