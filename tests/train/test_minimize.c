/* SPDX-License-Identifier: Apache-2.0 */
/* test_minimize.c - the train op, the global step, scopes, and what is refused. */
#include "nets.h"

static mgreg_error err;

static const mg_optimizer_arg adam_args[] = { { "learning_rate", 0.01, NULL } };
static const mg_optimizer_config adam = { .kind = "adam", .args = adam_args, .arg_count = 1 };

START_TEST(names_with_a_step)
{
	mg_minimize_options o = { 0 };
	mg_node *op;
	net n;

	net_dense(&n, 0);
	ck_assert_ok(mg_global_step_create(n.g, &o.global_step, &err), &err);
	ck_node(n.g, "global_step/Assign", "Assign(global_step, global_step/Initializer/zeros)");
	ck_assert_ok(mg_minimize(n.g, n.loss, &adam, &o, &op, &err), &err);
	ck_assert_str_eq(op->name, "Adam");
	ck_node(n.g, "Adam", "AssignAdd(global_step, Adam/value)");
	ck_node(n.g, "Adam/value", "Const(^Adam/update)");
	ck_node(n.g, "Adam/update",
		"NoOp(^Adam/update_w/ApplyAdam, ^Adam/update_b/ApplyAdam, ^Adam/Assign, ^Adam/Assign_1)");
	ck_node(n.g, "Adam/mul", "Mul(beta1_power/read, Adam/beta1, ^Adam/update_w/ApplyAdam, ^Adam/update_b/ApplyAdam)");
	ck_node(n.g, "Adam/Assign_1", "Assign(beta2_power, Adam/mul_1)");
	ck_node(n.g, "w/Adam/Assign", "Assign(w/Adam, w/Adam/Initializer/zeros)");
	ck_assert_ptr_eq(mg_collection_item(n.g, "train_op", 0)->node, op);
	mg_graph_free(n.g);
}
END_TEST

START_TEST(slots_ignore_the_scope)
{
	mg_node *op;
	net n;

	net_dense(&n, 0);
	ck_assert_ok(mg_scope_enter(n.g, "train", NULL, &err), &err);
	ck_assert_ok(mg_minimize(n.g, n.loss, &adam, NULL, &op, &err), &err);
	mg_scope_leave(n.g);
	ck_assert_str_eq(op->name, "train/Adam");
	ck_assert_ptr_nonnull(mg_graph_find(n.g, "w/Adam_1"));
	ck_assert_ptr_nonnull(mg_graph_find(n.g, "train/beta1_power"));
	ck_assert_ptr_nonnull(mg_graph_find(n.g, "train/gradients/Fill"));
	mg_graph_free(n.g);
}
END_TEST

START_TEST(what_does_not_reach)
{
	mg_minimize_options o = { 0 };
	const mg_variable_record *only_b;
	mg_builder b;
	mg_output free_loss;
	mg_node *op;
	net n;

	net_dense(&n, 0);
	b = (mg_builder)MG_BUILDER(n.g, &err);
	free_loss = mg_const_scalar(&b, "free", MGREG_FLOAT, 1);
	ck_assert_fails(mg_minimize(n.g, free_loss, &adam, NULL, &op, &err), MGREG_INVALID_ARGUMENT, &err);
	ck_assert_ptr_nonnull(strstr(err.text, "free"));
	free_loss = mg_const_scalar(&b, "whole", MGREG_INT32, 1);
	ck_assert_fails(mg_minimize(n.g, free_loss, &adam, NULL, &op, &err), MGREG_INVALID_ARGUMENT, &err);
	/* a list of variables: the others stay as they are */
	only_b = n.b;
	o.variables = &only_b;
	o.variable_count = 1;
	o.no_train_op_collection = true;
	ck_assert_ok(mg_minimize(n.g, n.loss, &adam, &o, &op, &err), &err);
	ck_assert_ptr_null(mg_graph_find(n.g, "w/Adam"));
	ck_assert_ptr_nonnull(mg_graph_find(n.g, "b/Adam"));
	ck_assert_int_eq(mg_collection_count(n.g, "train_op"), 0);
	mg_graph_free(n.g);
}
END_TEST

START_TEST(a_tensor_as_learning_rate)
{
	mg_optimizer_config c = { .kind = "gradientdescent", .name = "descend" };
	mg_builder b;
	mg_node *op;
	net n;

	net_dense(&n, 0);
	b = (mg_builder)MG_BUILDER(n.g, &err);
	c.learning_rate = mg_const_scalar(&b, "rate", MGREG_FLOAT, 0.5);
	ck_assert_ok(mg_minimize(n.g, n.loss, &c, NULL, &op, &err), &err);
	ck_assert_str_eq(op->name, "descend");
	ck_node(n.g, "descend/update_b/ApplyGradientDescent", "ApplyGradientDescent(b, rate, gradients/h_grad/tuple/control_dependency_1)");
	ck_assert_ptr_null(mg_graph_find(n.g, "descend/learning_rate"));
	mg_graph_free(n.g);
}
END_TEST

START_TEST(global_steps)
{
	const mg_variable_record *v;
	mg_output o;
	net n;

	net_dense(&n, 0);
	ck_assert_ok(mg_global_step_find(n.g, &o, &err), &err);
	ck_assert_ptr_null(o.node);
	ck_assert_ok(mg_global_step_create(n.g, &v, &err), &err);
	ck_assert_ok(mg_global_step_find(n.g, &o, &err), &err);
	ck_assert_str_eq(o.node->name, "global_step");
	ck_assert_fails(mg_global_step_create(n.g, &v, &err), MGREG_ALREADY_EXISTS, &err);
	/* by its name alone */
	mg_collection_remove(n.g, "global_step");
	ck_assert_ok(mg_global_step_find(n.g, &o, &err), &err);
	ck_assert_str_eq(o.node->name, "global_step");
	mg_graph_free(n.g);
}
END_TEST

Suite *
test_minimize(void)
{
	TCase *t;
	Suite *s = mg_suite("minimize", &t);

	tcase_add_test(t, names_with_a_step);
	tcase_add_test(t, slots_ignore_the_scope);
	tcase_add_test(t, what_does_not_reach);
	tcase_add_test(t, a_tensor_as_learning_rate);
	tcase_add_test(t, global_steps);
	return s;
}
