/* SPDX-License-Identifier: Apache-2.0 */
/* optimizers.c - THE TABLE of optimizers (runtime-semantics section 6), and configurations from text. */
#include "base/base.h"
#include <math.h>
#include "base/num.h"
#include "train/train_internal.h"

#define LR(def) { .arg = "learning_rate", .node = "learning_rate", .value = (def) }
#define LR_REQUIRED { .arg = "learning_rate", .node = "learning_rate", .required = true }

static const mg_optimizer optimizers[] = {
	{
		.kind = "gradientdescent", .alias = "sgd", .name = "GradientDescent",
		.hyper = { LR_REQUIRED },
		.op = "ApplyGradientDescent", .dense = "vag", .sparse_fn = mg_sgd_sparse,
	},
	{
		.kind = "momentum", .name = "Momentum",
		.hyper = { LR_REQUIRED, { .arg = "momentum", .node = "momentum", .required = true } },
		.op = "ApplyMomentum", .dense = "v0agb", .sparse = "v0agxb", .flag = "use_nesterov",
		.slots = { MG_SLOT_ZEROS }, .slot_count = 1, .sum_duplicates = true,
	},
	{
		.kind = "adam", .name = "Adam",
		.hyper = { LR(0.001), { .arg = "beta1", .node = "beta1", .value = 0.9 }, { .arg = "beta2", .node = "beta2", .value = 0.999 },
			{ .arg = "epsilon", .node = "epsilon", .value = 1e-8 } },
		.op = "ApplyAdam", .dense = "v01pqabcdg", .sparse_fn = mg_adam_sparse,
		.slots = { MG_SLOT_ZEROS, MG_SLOT_ZEROS }, .slot_count = 2, .powers = 2, .sum_duplicates = true,
	},
	{
		.kind = "adagrad", .name = "Adagrad",
		.hyper = { LR_REQUIRED, { .arg = "initial_accumulator_value", .value = 0.1, .checked = true, .positive = true } },
		.op = "ApplyAdagrad", .dense = "v0ag", .sparse = "v0agx",
		.slots = { MG_SLOT_HYPER }, .slot_count = 1, .init_hyper = 1, .sum_duplicates = true,
	},
	{
		.kind = "rmsprop", .name = "RMSProp",
		.hyper = { LR_REQUIRED, { .arg = "decay", .node = "decay", .value = 0.9 }, { .arg = "momentum", .node = "momentum" },
			{ .arg = "epsilon", .node = "epsilon", .value = 1e-10 } },
		.op = "ApplyRMSProp", .dense = "v01abcdg", .sparse = "v01abcdgx",
		.slots = { MG_SLOT_ONES, MG_SLOT_ZEROS }, .slot_count = 2, .sum_duplicates = true,
	},
	{       /* rmsprop:centered; slots: mean square, mean gradient, momentum */
		.kind = "rmsprop:centered", .name = "RMSProp",
		.hyper = { LR_REQUIRED, { .arg = "decay", .node = "decay", .value = 0.9 }, { .arg = "momentum", .node = "momentum" },
			{ .arg = "epsilon", .node = "epsilon", .value = 1e-10 } },
		.op = "ApplyCenteredRMSProp", .dense = "v102abcdg", .sparse = "v102abcdgx",
		.slots = { MG_SLOT_ONES, MG_SLOT_ZEROS, MG_SLOT_ZEROS }, .slot_count = 3, .sum_duplicates = true,
	},
	{
		.kind = "ftrl", .name = "Ftrl",
		.hyper = { LR_REQUIRED,
			{ .arg = "l1_regularization_strength", .node = "l1_regularization_strength", .checked = true },
			{ .arg = "l2_regularization_strength", .node = "l2_regularization_strength", .checked = true },
			{ .arg = "learning_rate_power", .node = "learning_rate_power", .value = -0.5 },
			{ .arg = "initial_accumulator_value", .value = 0.1, .checked = true } },
		.op = "ApplyFtrl", .dense = "v01gabcd", .sparse = "v01gxabcd",
		.slots = { MG_SLOT_HYPER, MG_SLOT_ZEROS }, .slot_count = 2, .init_hyper = 4, .sum_duplicates = true,
	},
	{
		.kind = "ftrl:shrinkage", .name = "Ftrl",
		.hyper = { LR_REQUIRED,
			{ .arg = "l1_regularization_strength", .node = "l1_regularization_strength", .checked = true },
			{ .arg = "l2_regularization_strength", .node = "l2_regularization_strength", .checked = true },
			{ .arg = "learning_rate_power", .node = "learning_rate_power", .value = -0.5 },
			{ .arg = "initial_accumulator_value", .value = 0.1, .checked = true },
			{ .arg = "l2_shrinkage_regularization_strength", .node = "l2_shrinkage_regularization_strength", .checked = true } },
		.op = "ApplyFtrlV2", .dense = "v01gabcfd", .sparse = "v01gxabcfd",
		.slots = { MG_SLOT_HYPER, MG_SLOT_ZEROS }, .slot_count = 2, .init_hyper = 4, .sum_duplicates = true,
	},
	{
		.kind = "adadelta", .name = "Adadelta",
		.hyper = { { .arg = "learning_rate", .node = "lr", .value = 0.001 }, { .arg = "rho", .node = "rho", .value = 0.95 },
			{ .arg = "epsilon", .node = "epsilon", .value = 1e-8 } },
		.op = "ApplyAdadelta", .dense = "v01abcg", .sparse = "v01abcgx",
		.slots = { MG_SLOT_ZEROS, MG_SLOT_ZEROS }, .slot_count = 2, .sum_duplicates = true,
	},
	{       /* the sum of gradients and of their squares; every update needs to know the step */
		.kind = "adagradda", .name = "AdagradDA",
		.hyper = { LR_REQUIRED,
			{ .arg = "l1_regularization_strength", .node = "l1_regularization_strength", .checked = true },
			{ .arg = "l2_regularization_strength", .node = "l2_regularization_strength", .checked = true },
			{ .arg = "initial_gradient_squared_accumulator_value", .value = 0.1, .checked = true, .positive = true } },
		.op = "ApplyAdagradDA", .dense = "v01gabcs", .sparse = "v01gxabcs",
		.slots = { MG_SLOT_ZEROS, MG_SLOT_HYPER }, .slot_count = 2, .init_hyper = 3, .sum_duplicates = true,
	},
	{
		.kind = "proximalgradientdescent", .name = "ProximalGradientDescent",
		.hyper = { LR_REQUIRED,
			{ .arg = "l1_regularization_strength", .node = "l1_regularization_strength", .checked = true },
			{ .arg = "l2_regularization_strength", .node = "l2_regularization_strength", .checked = true } },
		.op = "ApplyProximalGradientDescent", .dense = "vabcg", .sparse = "vabcgx", .sum_duplicates = true,
	},
	{
		.kind = "proximaladagrad", .name = "ProximalAdagrad",
		.hyper = { LR_REQUIRED,
			{ .arg = "l1_regularization_strength", .node = "l1_regularization_strength", .checked = true },
			{ .arg = "l2_regularization_strength", .node = "l2_regularization_strength", .checked = true },
			{ .arg = "initial_accumulator_value", .value = 0.1, .checked = true, .positive = true } },
		.op = "ApplyProximalAdagrad", .dense = "v0abcg", .sparse = "v0abcgx",
		.slots = { MG_SLOT_HYPER }, .slot_count = 1, .init_hyper = 3, .sum_duplicates = true,
	},
	{
		.kind = "adamax", .name = "AdaMax",
		.hyper = { LR(0.001), { .arg = "beta1", .node = "beta1", .value = 0.9 }, { .arg = "beta2", .node = "beta2", .value = 0.999 },
			{ .arg = "epsilon", .node = "epsilon", .value = 1e-8 } },
		.op = "ApplyAdaMax", .dense = "v01pabcdg", .sparse_fn = mg_adamax_sparse,
		.slots = { MG_SLOT_ZEROS, MG_SLOT_ZEROS }, .slot_count = 2, .powers = 1, .sum_duplicates = true,
	},
	{
		.kind = "nadam", .name = "Nadam",
		.hyper = { LR(0.001), { .arg = "beta1", .node = "beta1", .value = 0.9 }, { .arg = "beta2", .node = "beta2", .value = 0.999 },
			{ .arg = "epsilon", .node = "epsilon", .value = 1e-8 } },
		.op = "ApplyAdam", .dense = "v01pqabcdg", .sparse_fn = mg_nadam_sparse, .always = true,
		.slots = { MG_SLOT_ZEROS, MG_SLOT_ZEROS }, .slot_count = 2, .powers = 2, .sum_duplicates = true,
	},
	{       /* Adam, but rows without a gradient stay as they are; its name is Adam's */
		.kind = "lazyadam", .name = "Adam",
		.hyper = { LR(0.001), { .arg = "beta1", .node = "beta1", .value = 0.9 }, { .arg = "beta2", .node = "beta2", .value = 0.999 },
			{ .arg = "epsilon", .node = "epsilon", .value = 1e-8 } },
		.op = "ApplyAdam", .dense = "v01pqabcdg", .sparse_fn = mg_lazy_adam_sparse,
		.slots = { MG_SLOT_ZEROS, MG_SLOT_ZEROS }, .slot_count = 2, .powers = 2, .sum_duplicates = true,
	},
	{
		.kind = "amsgrad", .name = "AMSGrad",
		.hyper = { LR(0.001), { .arg = "beta1", .node = "beta1", .value = 0.9 }, { .arg = "beta2", .node = "beta2", .value = 0.999 },
			{ .arg = "epsilon", .node = "epsilon", .value = 1e-8 } },
		.op = "ApplyAdamWithAmsgrad", .dense = "v012pqabcdg", .resource_only = true,
		.slots = { MG_SLOT_ZEROS, MG_SLOT_ZEROS, MG_SLOT_ZEROS }, .slot_count = 3, .powers = 2, .sum_duplicates = true,
	},
	{       /* sign_decay 1: the sign counts in full */
		.kind = "powersign", .name = "PowerSignOptimizer",
		.hyper = { LR(0.1), { .arg = "base", .node = "logbase", .value = 2.718281828459045, .checked = true, .positive = true, .log = true }, { .arg = "sign_decay", .node = "sign_decay", .value = 1 },
			{ .arg = "beta", .node = "beta", .value = 0.9 } },
		.op = "ApplyPowerSign", .dense = "v0abcdg",
		.slots = { MG_SLOT_ZEROS }, .slot_count = 1, .sum_duplicates = true,
	},
	{
		.kind = "addsign", .name = "AddSignOptimizer",
		.hyper = { LR(0.1), { .arg = "alpha", .node = "alpha", .value = 1 }, { .arg = "sign_decay", .node = "sign_decay", .value = 1 },
			{ .arg = "beta", .node = "beta", .value = 0.9 } },
		.op = "ApplyAddSign", .dense = "v0abcdg",
		.slots = { MG_SLOT_ZEROS }, .slot_count = 1, .sum_duplicates = true,
	},
};

const mg_optimizer *
mg_optimizer_find(const char *kind)
{
	for (size_t i = 0; i < MG_COUNT(optimizers); i++)
		if (strcmp(kind, optimizers[i].kind) == 0 || (optimizers[i].alias && strcmp(kind, optimizers[i].alias) == 0))
			return &optimizers[i];
	return NULL;
}

const mg_optimizer *
mg_optimizer_at(size_t i)
{
	return i < MG_COUNT(optimizers) ? &optimizers[i] : NULL;
}

/* ---- from text ---- */

static int
unknown_kind(const char *kind, mgreg_error *err)
{
	if (strcmp(kind, "syncreplicas") == 0)
		return mg_fail(err, MGREG_UNIMPLEMENTED, "optimizer 'syncreplicas' gathers the gradients of several machines: training here is on one");
	mg_fail(err, MGREG_INVALID_ARGUMENT, "no optimizer '%s'", kind);
	for (size_t i = 0; i < MG_COUNT(optimizers); i++)
		if (!strchr(optimizers[i].kind, ':'))
			mg_error_candidate(err, "%s", optimizers[i].alias ? optimizers[i].alias : optimizers[i].kind);
	return MGREG_INVALID_ARGUMENT;
}

int
mg_optimizer_parse(const char *text, mg_arena *arena, mg_optimizer_config *out, mgreg_error *err)
{
	mg_slice rest = MG_SLICE(text), part;
	mg_optimizer_config c = { 0 };
	MG_VEC(mg_optimizer_arg) args = { 0 };
	const char *colon = strchr(text, ':');
	char *kind;
	int rc = 0;

	rest.len = colon ? (size_t)(colon - text) : rest.len;
	if (!(kind = mg_arena_strndup(arena, rest.ptr, rest.len)))
		goto nomem;
	for (char *p = kind; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p += 'a' - 'A';
	if (mg_ends_with(kind, "optimizer"))
		kind[strlen(kind) - 9] = '\0';
	if (!mg_optimizer_find(kind))
		return unknown_kind(kind, err);
	c.kind = kind;
	rest = colon ? MG_SLICE(colon + 1) : (mg_slice){ "", 0 };
	while (rest.len && mg_slice_split(&rest, ',', &part)) {
		const char *eq = memchr(part.ptr, '=', part.len);
		mg_optimizer_arg arg = { 0 };

		if (!eq || eq == part.ptr) {
			rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "optimizer argument '%.*s' is not NAME=VALUE", (int)part.len, part.ptr);
			goto out;
		}
		arg.name = mg_arena_strndup(arena, part.ptr, (size_t)(eq - part.ptr));
		arg.text = mg_arena_strndup(arena, eq + 1, part.len - (size_t)(eq + 1 - part.ptr));
		if (!arg.name || !arg.text)
			goto nomem;
		if (strcmp(arg.text, "true") == 0 || strcmp(arg.text, "True") == 0) {
			arg.value = 1;
		} else if (strcmp(arg.text, "false") == 0 || strcmp(arg.text, "False") == 0) {
			arg.value = 0;
		} else if (!mg_parse_double(arg.text, strlen(arg.text), &arg.value)) {
			rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "optimizer argument '%s': '%s' is not a number", arg.name, arg.text);
			goto out;
		}
		if (!mg_vec_push(&args, arg))
			goto nomem;
	}
	c.arg_count = (int)args.len;
	if (args.len && !(c.args = mg_arena_memdup(arena, args.at, args.len * sizeof *args.at)))
		goto nomem;
	*out = c;
	goto out;
nomem:
	rc = mg_fail_nomem(err, 0);
out:
	mg_vec_clear(&args);
	return rc;
}

/* ---- what a configuration means ---- */

static const mg_optimizer_arg *
argument(const mg_optimizer_config *c, const char *name)
{
	for (int i = c->arg_count - 1; i >= 0; i--)
		if (strcmp(c->args[i].name, name) == 0)
			return &c->args[i];
	return NULL;
}

static bool
argument_is(const mg_optimizer_config *c, const char *name)
{
	const mg_optimizer_arg *a = argument(c, name);

	return a && a->value != 0;
}

/* Arguments that choose a row instead of being a number of it. */
static bool
is_switch(const mg_optimizer *row, const char *name)
{
	return (strcmp(row->name, "RMSProp") == 0 && strcmp(name, "centered") == 0) || (row->flag && strcmp(name, row->flag) == 0)
		|| strcmp(name, "use_locking") == 0
		|| (strcmp(row->name, "Ftrl") == 0 && strcmp(name, "l2_shrinkage_regularization_strength") == 0);
}

static int
check_known(const mg_optimizer *row, const mg_optimizer_config *c, mgreg_error *err)
{
	for (int i = 0; i < c->arg_count; i++) {
		bool known = is_switch(row, c->args[i].name);

		for (int k = 0; k < MG_MAX_HYPER && !known; k++)
			known = row->hyper[k].arg && strcmp(row->hyper[k].arg, c->args[i].name) == 0;
		if (known)
			continue;
		mg_fail(err, MGREG_INVALID_ARGUMENT, "optimizer '%s' has no argument '%s'", c->kind, c->args[i].name);
		for (int k = 0; k < MG_MAX_HYPER; k++)
			if (row->hyper[k].arg)
				mg_error_candidate(err, "%s", row->hyper[k].arg);
		return MGREG_INVALID_ARGUMENT;
	}
	return 0;
}

static int
settle_hyper(const mg_optimizer *row, const mg_optimizer_config *c, int i, double *out, mgreg_error *err)
{
	const mg_hyper *h = &row->hyper[i];
	const mg_optimizer_arg *a = argument(c, h->arg);

	if (!a && h->required && !(i == 0 && c->learning_rate.node))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "optimizer '%s' needs %s", c->kind, h->arg);
	*out = a ? a->value : h->value;
	if (h->checked && (h->positive ? !(*out > 0) : !(*out >= 0)))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "optimizer '%s': %s must be %s: %g", c->kind, h->arg,
			h->positive ? "positive" : "at least 0", *out);
	if (h->log)
		*out = log(*out);
	if (strcmp(h->arg, "learning_rate_power") == 0 && *out > 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "optimizer '%s': learning_rate_power must be at most 0: %g", c->kind, *out);
	return 0;
}

int
mg_optimizer_settle(const mg_optimizer_config *c, const mg_optimizer **out, double hyper[MG_MAX_HYPER], bool *flag, mgreg_error *err)
{
	const mg_optimizer *row = mg_optimizer_find(c->kind);
	int rc;

	if (!row)
		return unknown_kind(c->kind, err);
	if (strcmp(row->kind, "rmsprop") == 0 && argument_is(c, "centered"))
		row = mg_optimizer_find("rmsprop:centered");
	if (strcmp(row->kind, "ftrl") == 0 && argument_is(c, "l2_shrinkage_regularization_strength"))
		row = mg_optimizer_find("ftrl:shrinkage");
	if ((rc = check_known(row, c, err)) != 0)
		return rc;
	for (int i = 0; i < MG_MAX_HYPER; i++) {
		hyper[i] = 0;
		if (row->hyper[i].arg && (rc = settle_hyper(row, c, i, &hyper[i], err)) != 0)
			return rc;
	}
	*flag = row->flag && argument_is(c, row->flag);
	*out = row;
	return 0;
}
