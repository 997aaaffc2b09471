/* SPDX-License-Identifier: Apache-2.0 */
/*
 * k_function.c - calls of library functions: PartitionedCall and its like, nodes named after a function, If, Case, While, For,
 * SymbolicGradient.  RemoteCall has no kernel: there is no other device.
 *
 * A function is looked up when it is first called: a function may call itself, so making one must not make its callees.
 */
#include "base/base.h"
#include "runtime/function.h"
#include "runtime/kernels/k_common.h"
#include "runtime/runtime_internal.h"

/* Results of a call become outputs FIRST... of the node. */
static int
give(mg_kernel_ctx *k, mg_function *f, mg_tensor *results, mgreg_error *err)
{
	int n = mg_function_result_count(f);

	if (n != mg_kernel_output_count(k))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "the function has %d results, the node %d outputs", n, mg_kernel_output_count(k));
	for (int i = 0; i < n; i++)
		if ((int)results[i].dtype != (int)mg_dtype_base(mg_kernel_output_type(k, i)))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "result %d of the function is %s, the node's output is %s", i,
				mg_dtype_name(results[i].dtype), mg_dtype_name(mg_dtype_base(mg_kernel_output_type(k, i))));
	for (int i = 0; i < n; i++)
		mg_kernel_take(k, i, &results[i]);
	return 0;
}

/* F on the inputs from FIRST on; its results are the outputs. */
static int
call(mg_kernel_ctx *k, mg_function *f, int first, mgreg_error *err)
{
	int n = mg_kernel_input_count(k) - first, results = mg_function_result_count(f), rc;
	const mg_tensor **args = mg_calloc((size_t)n + 1, sizeof(*args));
	mg_tensor *out = mg_calloc((size_t)results + 1, sizeof(*out));

	if (!args || !out) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	for (int i = 0; i < n; i++)
		args[i] = mg_kernel_input(k, first + i);
	rc = mg_function_call(f, k, args, n, out, err);
	if (rc == 0)
		rc = give(k, f, out, err);
out:
	for (int i = 0; out && i < results; i++)
		mg_tensor_clear(&out[i]);
	mg_free(args);
	mg_free(out);
	return rc;
}

static int
call_attr(mg_kernel_ctx *k, const char *attr, int first, mgreg_error *err)
{
	mg_function *f;
	int rc = mg_function_of_attr(mg_kernel_session(k), mg_kernel_attrs(k), attr, &f, err);

	return rc ? rc : call(k, f, first, err);
}

static int
call_run(mg_kernel_ctx *k, mgreg_error *err)
{
	return call_attr(k, "f", 0, err);
}

static int
library_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_function *f;
	int rc = mg_function_get(mg_kernel_session(k), mg_kernel_node(k)->op_name, mg_kernel_attrs(k), &f, err);

	return rc ? rc : call(k, f, 0, err);
}

const mg_kernel mg_kernel_library_call = { "(function)", .run = library_run, .flags = MG_KERNEL_NO_FOLD };

/* ---- branches ---- */

/* A scalar counts as what it says (a number other than zero, a text that is not empty), anything else if it is not empty. */
static int
truth(const mg_tensor *t, bool *out, mgreg_error *err)
{
	double d;
	int64_t i;

	if (mg_rank(t) != 0)
		*out = t->count > 0;
	else if (t->dtype == MGREG_BOOL)
		*out = *MG_CDATA(t, bool);
	else if (t->dtype == MGREG_STRING)
		*out = mg_tensor_string(t, 0).len > 0;
	else if (mg_tensor_as_i64(t, 0, &i))
		*out = i != 0;
	else if (mg_tensor_as_double(t, 0, &d))
		*out = d != 0;
	else
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "a %s cannot be a condition", mg_dtype_name(t->dtype));
	return 0;
}

static int
if_run(mg_kernel_ctx *k, mgreg_error *err)
{
	bool yes = false;
	int rc = truth(mg_kernel_input(k, 0), &yes, err);

	return rc ? rc : call_attr(k, yes ? "then_branch" : "else_branch", 1, err);
}

/* An index outside takes the last branch. */
static int
case_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const Pb__AttrValue__ListValue *list;
	int64_t i;
	mg_attrs own = { 0 };
	mg_arena arena = { 0 };
	mg_function *f;
	int rc = mg_k_scalar(mg_kernel_input(k, 0), "branch_index", &i, err);

	if (rc)
		return rc;
	if (!mg_attr_get_list(mg_kernel_attrs(k), "branches", &list) || !list->n_func)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "the node has no branches");
	if (i < 0 || i >= (int64_t)list->n_func)
		i = (int64_t)list->n_func - 1;
	for (size_t a = 0; a < list->func[i]->n_attr; a++)
		if (!mg_attr_set(&own, list->func[i]->attr[a]->key, list->func[i]->attr[a]->value, &arena))
			rc = mg_fail_nomem(err, 0);
	if (rc == 0)
		rc = mg_function_get(mg_kernel_session(k), list->func[i]->name, own.count ? &own : NULL, &f, err);
	if (rc == 0)
		rc = call(k, f, 1, err);
	mg_arena_clear(&arena);
	return rc;
}

/* ---- loops ---- */

typedef struct variables {
	int              count;
	mg_tensor       *now, *next;
	const mg_tensor **args;         /* one more in front, for For's counter */
} variables;

static void
variables_clear(variables *v)
{
	for (int i = 0; i < v->count; i++) {
		if (v->now)
			mg_tensor_clear(&v->now[i]);
		if (v->next)
			mg_tensor_clear(&v->next[i]);
	}
	mg_free(v->now);
	mg_free(v->next);
	mg_free(v->args);
}

static int
variables_begin(mg_kernel_ctx *k, variables *v, int first, mgreg_error *err)
{
	int rc = 0;

	*v = (variables){ .count = mg_kernel_input_count(k) - first };
	v->now = mg_calloc((size_t)v->count + 1, sizeof(*v->now));
	v->next = mg_calloc((size_t)v->count + 1, sizeof(*v->next));
	v->args = mg_calloc((size_t)v->count + 1, sizeof(*v->args));
	if (!v->now || !v->next || !v->args)
		return mg_fail_nomem(err, 0);
	for (int i = 0; rc == 0 && i < v->count; i++) {
		rc = mg_tensor_share(&v->now[i], mg_kernel_input(k, first + i), err);
		v->args[i + 1] = &v->now[i];
	}
	return rc;
}

/* The body on the variables (FIRST 0: and on args[0]); its results are the variables from then on. */
static int
iterate(mg_kernel_ctx *k, variables *v, mg_function *body, int first, mgreg_error *err)
{
	int rc;

	if (mg_function_result_count(body) != v->count)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "the loop has %d variables, but its body returns %d", v->count, mg_function_result_count(body));
	if ((rc = mg_run_interrupted(k->run, k->step, err)) != 0
	    || (rc = mg_function_call(body, k, v->args + first, v->count + 1 - first, v->next, err)) != 0)
		return rc;
	for (int i = 0; i < v->count; i++) {
		if (v->next[i].dtype != v->now[i].dtype)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "the body changes variable %d from %s to %s", i, mg_dtype_name(v->now[i].dtype), mg_dtype_name(v->next[i].dtype));
		mg_tensor_clear(&v->now[i]);
		mg_tensor_move(&v->now[i], &v->next[i]);
	}
	return 0;
}

static void
variables_give(mg_kernel_ctx *k, variables *v)
{
	for (int i = 0; i < v->count; i++)
		mg_kernel_take(k, i, &v->now[i]);
}

static int
while_run(mg_kernel_ctx *k, mgreg_error *err)
{
	variables v = { 0 };
	mg_function *cond, *body;
	int rc;

	MG_TRY(mg_function_of_attr(mg_kernel_session(k), mg_kernel_attrs(k), "cond", &cond, err));
	MG_TRY(mg_function_of_attr(mg_kernel_session(k), mg_kernel_attrs(k), "body", &body, err));
	if (mg_function_result_count(cond) != 1)
		MG_TRY(mg_fail(err, MGREG_INVALID_ARGUMENT, "the condition returns %d values, expected one", mg_function_result_count(cond)));
	MG_TRY(variables_begin(k, &v, 0, err));
	for (;;) {
		mg_tensor pred = { 0 };
		bool go = false;

		MG_TRY(mg_function_call(cond, k, v.args + 1, v.count, &pred, err));
		rc = truth(&pred, &go, err);
		mg_tensor_clear(&pred);
		MG_TRY(rc);
		if (!go)
			break;
		MG_TRY(iterate(k, &v, body, 1, err));
	}
	variables_give(k, &v);
out:
	variables_clear(&v);
	return rc;
}

static int
for_run(mg_kernel_ctx *k, mgreg_error *err)
{
	int64_t start, limit, delta;
	variables v = { 0 };
	mg_tensor counter = { 0 };
	mg_function *body;
	int rc;

	MG_TRY(mg_k_scalar(mg_kernel_input(k, 0), "start", &start, err));
	MG_TRY(mg_k_scalar(mg_kernel_input(k, 1), "limit", &limit, err));
	MG_TRY(mg_k_scalar(mg_kernel_input(k, 2), "delta", &delta, err));
	if ((delta > 0 && start > limit) || (delta < 0 && start < limit) || (delta == 0 && start != limit))
		MG_TRY(mg_fail(err, MGREG_INVALID_ARGUMENT, "steps of %lld do not lead from %lld to %lld", (long long)delta, (long long)start, (long long)limit));
	MG_TRY(mg_function_of_attr(mg_kernel_session(k), mg_kernel_attrs(k), "body", &body, err));
	MG_TRY(variables_begin(k, &v, 3, err));
	for (int64_t i = start; delta > 0 ? i < limit : i > limit; i += delta) {
		mg_tensor_clear(&counter);
		MG_TRY(mg_tensor_init_scalar(&counter, MGREG_INT32, (double)i, err));
		v.args[0] = &counter;
		MG_TRY(iterate(k, &v, body, 0, err));
	}
	variables_give(k, &v);
out:
	mg_tensor_clear(&counter);
	variables_clear(&v);
	return rc;
}

/* ---- gradients ---- */

static int
gradient_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const Pb__NameAttrList *func;
	mg_attrs own = { 0 };
	mg_arena arena = { 0 };
	mg_function *f;
	int rc = 0;

	if (!mg_attr_get_func(mg_kernel_attrs(k), "f", &func))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "the node does not say which function to differentiate");
	for (size_t a = 0; a < func->n_attr; a++)
		if (!mg_attr_set(&own, func->attr[a]->key, func->attr[a]->value, &arena))
			rc = mg_fail_nomem(err, 0);
	if (rc == 0)
		rc = mg_function_gradient(mg_kernel_session(k), func->name, own.count ? &own : NULL, &f, err);
	if (rc == 0)
		rc = call(k, f, 0, err);
	mg_arena_clear(&arena);
	return rc;
}

/* ---- beside them ---- */

/* What a branch returns that the other branch alone has: nobody looks at it.  Dimensions that are not known are zero. */
static int
fake_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_shape shape = MG_SHAPE_UNKNOWN;
	mg_tensor *out;
	int rc;

	if (!mg_attr_get_shape(mg_kernel_attrs(k), "shape", &shape) || shape.rank == MG_RANK_UNKNOWN)
		rc = mg_shape_set(&shape, NULL, 0, err);
	else
		rc = 0;
	for (int d = 0; d < shape.rank; d++)
		if (mg_shape_dim(&shape, d) < 0)
			mg_shape_dims(&shape)[d] = 0;
	if (rc == 0 && (rc = mg_kernel_output(k, 0, &shape, &out, err)) == 0 && mg_dtype_is_memcpy(out->dtype) && out->size)
		memset(out->data, 0, out->size);
	mg_shape_clear(&shape);
	return rc;
}

static int
to_bool_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_tensor *out;
	bool yes = false;
	int rc = truth(mg_kernel_input(k, 0), &yes, err);

	if (rc == 0 && (rc = mg_kernel_output_dims(k, 0, NULL, 0, &out, err)) == 0)
		*MG_DATA(out, bool) = yes;
	return rc;
}

const mg_kernel mg_kernels_function[] = {
	{ "PartitionedCall", .run = call_run, .flags = MG_KERNEL_NO_FOLD },
	{ "StatefulPartitionedCall", .run = call_run, .flags = MG_KERNEL_NO_FOLD },
	{ "If", .run = if_run, .flags = MG_KERNEL_NO_FOLD },
	{ "StatelessIf", .run = if_run, .flags = MG_KERNEL_NO_FOLD },
	{ "Case", .run = case_run, .flags = MG_KERNEL_NO_FOLD },
	{ "StatelessCase", .run = case_run, .flags = MG_KERNEL_NO_FOLD },
	{ "While", .run = while_run, .flags = MG_KERNEL_NO_FOLD },
	{ "StatelessWhile", .run = while_run, .flags = MG_KERNEL_NO_FOLD },
	{ "For", .run = for_run, .flags = MG_KERNEL_NO_FOLD },
	{ "SymbolicGradient", .run = gradient_run, .flags = MG_KERNEL_NO_FOLD },
	{ "FakeParam", .run = fake_run, .flags = MG_KERNEL_NO_FOLD },
	{ "ToBool", .run = to_bool_run },
	{ .op = NULL }
};
