/* SPDX-License-Identifier: Apache-2.0 */
/* test_optimizers.c - every optimizer's slots and update nodes by name, and configurations from text. */
#include "nets.h"

static mgreg_error err;

/* What stands in the graph after minimize; the variables of collection `variables` beside w and b, in order. */
static const struct {
	const char *text, *slots, *update, *sparse;
} rows[] = {
	{ "sgd:learning_rate=0.1", "",
		"ApplyGradientDescent(w, GradientDescent/learning_rate, gradients/h_grad/tuple/control_dependency)",
		"ScatterSub(w, gradients/picked_grad/Reshape_1, GradientDescent/update_w/mul)" },
	{ "momentum:learning_rate=0.1,momentum=0.9", "w/Momentum b/Momentum ",
		"ApplyMomentum(w, w/Momentum, Momentum/learning_rate, gradients/h_grad/tuple/control_dependency, Momentum/momentum)",
		"SparseApplyMomentum(w, w/Momentum, Momentum/learning_rate, Momentum/update_w/UnsortedSegmentSum, Momentum/update_w/Unique, "
		"Momentum/momentum)" },
	{ "adam", "beta1_power beta2_power w/Adam w/Adam_1 b/Adam b/Adam_1 ",
		"ApplyAdam(w, w/Adam, w/Adam_1, beta1_power/read, beta2_power/read, Adam/learning_rate, Adam/beta1, Adam/beta2, Adam/epsilon, "
		"gradients/h_grad/tuple/control_dependency)",
		"NoOp(^Adam/update_w/AssignSub, ^Adam/update_w/ScatterAdd, ^Adam/update_w/ScatterAdd_1)" },
	{ "adagrad:learning_rate=0.1", "w/Adagrad b/Adagrad ",
		"ApplyAdagrad(w, w/Adagrad, Adagrad/learning_rate, gradients/h_grad/tuple/control_dependency)",
		"SparseApplyAdagrad(w, w/Adagrad, Adagrad/learning_rate, Adagrad/update_w/UnsortedSegmentSum, Adagrad/update_w/Unique)" },
	{ "rmsprop:learning_rate=0.1", "w/RMSProp w/RMSProp_1 b/RMSProp b/RMSProp_1 ",
		"ApplyRMSProp(w, w/RMSProp, w/RMSProp_1, RMSProp/learning_rate, RMSProp/decay, RMSProp/momentum, RMSProp/epsilon, "
		"gradients/h_grad/tuple/control_dependency)",
		"SparseApplyRMSProp(w, w/RMSProp, w/RMSProp_1, RMSProp/learning_rate, RMSProp/decay, RMSProp/momentum, RMSProp/epsilon, "
		"RMSProp/update_w/UnsortedSegmentSum, RMSProp/update_w/Unique)" },
	{ "rmsprop:learning_rate=0.1,centered=true", "w/RMSProp w/RMSProp_1 w/RMSProp_2 b/RMSProp b/RMSProp_1 b/RMSProp_2 ",
		"ApplyCenteredRMSProp(w, w/RMSProp_1, w/RMSProp, w/RMSProp_2, RMSProp/learning_rate, RMSProp/decay, RMSProp/momentum, "
		"RMSProp/epsilon, gradients/h_grad/tuple/control_dependency)",
		"SparseApplyCenteredRMSProp(w, w/RMSProp_1, w/RMSProp, w/RMSProp_2, RMSProp/learning_rate, RMSProp/decay, RMSProp/momentum, "
		"RMSProp/epsilon, RMSProp/update_w/UnsortedSegmentSum, RMSProp/update_w/Unique)" },
	{ "ftrl:learning_rate=0.1", "w/Ftrl w/Ftrl_1 b/Ftrl b/Ftrl_1 ",
		"ApplyFtrl(w, w/Ftrl, w/Ftrl_1, gradients/h_grad/tuple/control_dependency, Ftrl/learning_rate, Ftrl/l1_regularization_strength, "
		"Ftrl/l2_regularization_strength, Ftrl/learning_rate_power)",
		"SparseApplyFtrl(w, w/Ftrl, w/Ftrl_1, Ftrl/update_w/UnsortedSegmentSum, Ftrl/update_w/Unique, Ftrl/learning_rate, "
		"Ftrl/l1_regularization_strength, Ftrl/l2_regularization_strength, Ftrl/learning_rate_power)" },
	{ "adadelta", "w/Adadelta w/Adadelta_1 b/Adadelta b/Adadelta_1 ",
		"ApplyAdadelta(w, w/Adadelta, w/Adadelta_1, Adadelta/lr, Adadelta/rho, Adadelta/epsilon, gradients/h_grad/tuple/control_dependency)",
		"SparseApplyAdadelta(w, w/Adadelta, w/Adadelta_1, Adadelta/lr, Adadelta/rho, Adadelta/epsilon, "
		"Adadelta/update_w/UnsortedSegmentSum, Adadelta/update_w/Unique)" },
};

static mg_node *
minimize(net *n, const char *text)
{
	mg_optimizer_config c;
	mg_node *op;

	ck_assert_ok(mg_optimizer_parse(text, mg_graph_arena(n->g), &c, &err), &err);
	ck_assert_ok(mg_minimize(n->g, n->loss, &c, NULL, &op, &err), &err);
	return op;
}

static const char *
scope_of(const mg_node *op)
{
	return op->name;
}

/* The node of W's update: the last one in its scope. */
static const char *
update_text(mg_graph *g, const char *scope)
{
	mg_node *n = mg_graph_find(g, scope);

	ck_assert_ptr_nonnull(n);
	ck_assert_int_gt(n->control_count, 0);
	return node_text(g, n->controls[0]->name);
}

START_TEST(slots_and_updates)
{
	net n;
	mg_node *op;
	mg_str slots = MG_STR_INIT;

	net_dense(&n, 0);
	op = minimize(&n, rows[_i].text);
	for (int i = 2; i < mg_collection_count(n.g, "variables"); i++) {
		const mg_variable_record *v = mg_collection_item(n.g, "variables", i)->record;

		mg_str_printf(&slots, "%.*s ", (int)strcspn(v->variable_name, ":"), v->variable_name);
		ck_assert(!v->trainable);
	}
	ck_assert_str_eq(slots.ptr, rows[_i].slots);
	ck_assert_str_eq(update_text(n.g, scope_of(op)), rows[_i].update);
	ck_assert_int_eq(mg_collection_count(n.g, "trainable_variables"), 2);
	ck_assert_ptr_eq(mg_collection_item(n.g, "train_op", 0)->node, op);
	ck_assert_ok(mg_graph_validate(n.g, &err), &err);
	mg_str_clear(&slots);
	mg_graph_free(n.g);
}
END_TEST

START_TEST(sparse_updates)
{
	net n;

	net_sparse(&n, 0);
	ck_assert_str_eq(update_text(n.g, scope_of(minimize(&n, rows[_i].text))), rows[_i].sparse);
	ck_assert_ok(mg_graph_validate(n.g, &err), &err);
	mg_graph_free(n.g);
}
END_TEST

/* Resource variables take the resource form of the same op. */
START_TEST(resource_updates)
{
	net n;
	char expected[64];
	const char *op = rows[_i].update;

	net_dense(&n, MG_VARIABLE_RESOURCE);
	snprintf(expected, sizeof expected, "Resource%.*s(w", (int)strcspn(op, "("), op);
	ck_assert(mg_starts_with(update_text(n.g, scope_of(minimize(&n, rows[_i].text))), expected));
	ck_assert_ok(mg_graph_validate(n.g, &err), &err);
	mg_graph_free(n.g);
	net_sparse(&n, MG_VARIABLE_RESOURCE);
	minimize(&n, rows[_i].text);
	ck_assert_ok(mg_graph_validate(n.g, &err), &err);
	mg_graph_free(n.g);
}
END_TEST

START_TEST(second_adam)
{
	net n;

	net_dense(&n, 0);
	minimize(&n, "adam");
	ck_assert_str_eq(minimize(&n, "adam")->name, "Adam_1");
	ck_assert_ptr_nonnull(mg_graph_find(n.g, "beta1_power_1"));
	ck_assert_ptr_nonnull(mg_graph_find(n.g, "w/Adam_2"));
	ck_assert_ptr_nonnull(mg_graph_find(n.g, "b/Adam_3"));
	mg_graph_free(n.g);
}
END_TEST

static const struct { const char *text, *what; } bad[] = {
	{ "sgd", "learning_rate" }, { "lion:learning_rate=1", "lion" }, { "adam:learning_rate", "NAME=VALUE" },
	{ "adam:beta3=0.9", "beta3" }, { "adam:beta1=much", "much" }, { "adagrad:learning_rate=1,initial_accumulator_value=0", "initial_accumulator_value" },
	{ "ftrl:learning_rate=1,learning_rate_power=0.5", "learning_rate_power" }, { "ftrl:learning_rate=1,l1_regularization_strength=-1", "l1" },
};

START_TEST(bad_configurations)
{
	mg_optimizer_config c;
	net n;
	int rc;

	net_dense(&n, 0);
	rc = mg_optimizer_parse(bad[_i].text, mg_graph_arena(n.g), &c, &err);
	if (rc == 0)
		rc = mg_minimize(n.g, n.loss, &c, NULL, NULL, &err);
	ck_assert_int_eq(rc, MGREG_INVALID_ARGUMENT);
	ck_assert_msg(strstr(err.text, bad[_i].what), "'%s' does not tell '%s'", err.text, bad[_i].what);
	mg_graph_free(n.g);
}
END_TEST

Suite *
test_optimizers(void)
{
	TCase *t;
	Suite *s = mg_suite("optimizers", &t);

	tcase_add_loop_test(t, slots_and_updates, 0, MG_COUNT(rows));
	tcase_add_loop_test(t, sparse_updates, 0, MG_COUNT(rows));
	tcase_add_loop_test(t, resource_updates, 0, MG_COUNT(rows));
	tcase_add_test(t, second_adam);
	tcase_add_loop_test(t, bad_configurations, 0, MG_COUNT(bad));
	return s;
}
