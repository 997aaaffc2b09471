/* SPDX-License-Identifier: Apache-2.0 */
/*
 * function.c - functions of the library as sessions of their own.
 *
 * A body's nodes name their inputs as "argument", "node:output:k" or "^node"; here they become a GraphDef with "node:i", with a
 * placeholder for each tensor of each argument, and the whole is imported.  What a body does besides its results is done too: every
 * stateful node of it runs.
 */
#include "base/base.h"
#include <stdlib.h>
#include "base/vec.h"
#include "grad/grad.h"
#include "graph/graph.h"
#include "runtime/function.h"
#include "runtime/runtime_internal.h"

#define MAX_DEPTH 64            /* calls inside calls */

struct mg_function {
	mg_graph   *graph;
	mg_session *session;
	mg_feed    *args;               /* values are filled in by a call */
	mg_output  *results;
	mg_node   **targets;
	int         arg_count, result_count, target_count;
};

/* ---- a body becomes a graph ---- */

typedef struct body {
	const mg_graph           *library;
	const Pb__FunctionDef    *def;
	const mg_attrs           *attrs;        /* of the instance */
	mg_arena                  arena;
	Pb__GraphDef             *out;
	mg_map                    args;         /* argument -> number of its first placeholder + 1 */
	MG_VEC(char *)            arg_names;
	mg_map                    nodes;        /* name -> Pb__NodeDef of the new graph */
	mgreg_error              *err;
} body;

/* VALUE with placeholders ("$T") replaced by the instance's attributes. */
static int
fill_in(body *b, const Pb__AttrValue *value, Pb__AttrValue **out)
{
	const mg_attr_value *v;
	mg_msg *copy;
	int rc;

	if (value->value_case == PB__ATTR_VALUE__VALUE_PLACEHOLDER) {
		if (!(v = b->attrs ? mg_attr_find(b->attrs, value->placeholder) : NULL))
			return mg_fail(b->err, MGREG_INVALID_ARGUMENT, "function '%s' is called without attribute '%s'", b->def->signature->name, value->placeholder);
		value = v;
	}
	if ((rc = mg_msg_copy(&value->base, &b->arena, &copy, b->err)) != 0)
		return rc;
	*out = (Pb__AttrValue *)copy;
	return 0;
}

static Pb__NodeDef *
new_node(body *b, const char *op, const char *name)
{
	Pb__NodeDef *n = mg_msg_new(&b->arena, &pb__node_def__descriptor);

	if (!n || !(n->op = mg_arena_strdup(&b->arena, op)) || !(n->name = mg_arena_strdup(&b->arena, name)) || !mg_msg_append(&b->arena, &b->out->node, &b->out->n_node, n)
	    || !mg_map_set(&b->nodes, name, n)) {
		mg_fail_nomem(b->err, 0);
		return NULL;
	}
	return n;
}

static int
put_attr(body *b, Pb__NodeDef *n, const char *key, Pb__AttrValue *value)
{
	Pb__NodeDef__AttrEntry *e = mg_msg_new(&b->arena, &pb__node_def__attr_entry__descriptor);

	if (!value || !e || !(e->key = mg_arena_strdup(&b->arena, key)))
		return mg_fail_nomem(b->err, 0);
	e->value = value;
	return mg_msg_append(&b->arena, &n->attr, &n->n_attr, e) ? 0 : mg_fail_nomem(b->err, 0);
}

static int
add_args(body *b)
{
	const Pb__OpDef *sig = b->def->signature;
	static const mg_attrs none = { 0 };
	const mg_attrs *attrs = b->attrs ? b->attrs : &none;

	for (size_t i = 0; i < sig->n_input_arg; i++) {
		Pb__OpDef one = PB__OP_DEF__INIT;
		int *types, count, rc;

		one.input_arg = &sig->input_arg[i];
		one.n_input_arg = 1;
		if ((rc = mg_opdef_types(&one, false, attrs, sig->name, &b->arena, &types, &count, b->err)) != 0)
			return rc;
		if (!mg_map_set(&b->args, sig->input_arg[i]->name, (void *)(b->arg_names.len + 1)))
			return mg_fail_nomem(b->err, 0);
		for (int j = 0; j < count; j++) {
			char *name = mg_arena_printf(&b->arena, j ? "%s/%d" : "%s", sig->input_arg[i]->name, j);
			Pb__NodeDef *n;

			if (!name || !mg_vec_push(&b->arg_names, name))
				return mg_fail_nomem(b->err, 0);
			if (!(n = new_node(b, "Placeholder", name)))
				return MGREG_RESOURCE_EXHAUSTED;
			if ((rc = put_attr(b, n, "dtype", mg_attr_type(&b->arena, (int)mg_dtype_base(types[j])))) != 0
			    || (rc = put_attr(b, n, "shape", mg_attr_shape(&b->arena, &MG_SHAPE_UNKNOWN))) != 0)
				return rc;
		}
	}
	return 0;
}

static int
add_nodes(body *b)
{
	for (size_t i = 0; i < b->def->n_node_def; i++) {
		const Pb__NodeDef *from = b->def->node_def[i];
		Pb__NodeDef *n = new_node(b, from->op, from->name);
		Pb__AttrValue *value = NULL;
		int rc;

		if (!n)
			return MGREG_RESOURCE_EXHAUSTED;
		for (size_t a = 0; a < from->n_attr; a++)
			if ((rc = fill_in(b, from->attr[a]->value, &value)) != 0 || (rc = put_attr(b, n, from->attr[a]->key, value)) != 0)
				return rc;
	}
	return 0;
}

/* Attributes of a NodeDef as the op layer wants them. */
static int
attrs_of(body *b, const Pb__NodeDef *n, mg_attrs *out)
{
	for (size_t i = 0; i < n->n_attr; i++)
		if (!mg_attr_set(out, n->attr[i]->key, n->attr[i]->value, &b->arena))
			return mg_fail_nomem(b->err, 0);
	return 0;
}

/* Flat index of the first tensor of output ARG of node N. */
static int
output_of(body *b, const Pb__NodeDef *n, const char *arg, int *out)
{
	const mg_op_def *op = mg_op_find(n->op);
	const Pb__FunctionDef *f;
	mg_attrs attrs = { 0 };
	int rc, count;

	if ((rc = attrs_of(b, n, &attrs)) != 0)
		return rc;
	if (op) {
		if ((rc = mg_op_fill_defaults(op, &attrs, &b->arena, b->err)) != 0)
			return rc;
		return mg_op_output_range(op, &attrs, arg, out, &count, b->err);
	}
	f = mg_graph_function(b->library, n->op);
	*out = 0;
	for (size_t i = 0; f && i < f->signature->n_output_arg; i++) {
		Pb__OpDef one = PB__OP_DEF__INIT;
		int *types;

		if (!strcmp(f->signature->output_arg[i]->name, arg))
			return 0;
		one.output_arg = &f->signature->output_arg[i];
		one.n_output_arg = 1;
		if ((rc = mg_opdef_types(&one, true, &attrs, n->name, &b->arena, &types, &count, b->err)) != 0)
			return rc;
		*out += count;
	}
	return mg_fail(b->err, MGREG_NOT_FOUND, "function '%s': node '%s' (op '%s') has no output '%s'", b->def->signature->name, n->name, n->op, arg);
}

/* "argument", "node:output:k" -> "node:i" of the new graph. */
static int
translate(body *b, const char *text, char **out)
{
	const char *colon = strchr(text, ':'), *last = colon ? strchr(colon + 1, ':') : NULL;
	char *name = mg_arena_strndup(&b->arena, text, colon ? (size_t)(colon - text) : strlen(text)), *arg;
	size_t first = (size_t)mg_map_find(&b->args, name);
	int index = 0, base, rc;
	const Pb__NodeDef *n;

	if (text[0] == '^') {
		*out = (char *)text;
		return 0;
	}
	if (last)
		index = (int)strtol(last + 1, NULL, 10);
	else if (colon && first)
		index = (int)strtol(colon + 1, NULL, 10);
	if (first) {
		if (index < 0 || first - 1 + (size_t)index >= b->arg_names.len)
			return mg_fail(b->err, MGREG_INVALID_ARGUMENT, "function '%s': there is no input '%s'", b->def->signature->name, text);
		*out = b->arg_names.at[first - 1 + (size_t)index];
		return 0;
	}
	if (!(n = mg_map_find(&b->nodes, name)) || !colon)
		return mg_fail(b->err, MGREG_INVALID_ARGUMENT, "function '%s': there is no input '%s'", b->def->signature->name, text);
	if (last) {
		arg = mg_arena_strndup(&b->arena, colon + 1, (size_t)(last - colon) - 1);
		if (!arg)
			return mg_fail_nomem(b->err, 0);
		if ((rc = output_of(b, n, arg, &base)) != 0)
			return rc;
	} else {
		char *end;

		base = (int)strtol(colon + 1, &end, 10);        /* "node:output" or "node:i" */
		if (*end && (rc = output_of(b, n, colon + 1, &base)) != 0)
			return rc;
	}
	*out = mg_arena_printf(&b->arena, "%s:%d", name, base + index);
	return *out ? 0 : mg_fail_nomem(b->err, 0);
}

static int
add_inputs(body *b)
{
	for (size_t i = 0; i < b->def->n_node_def; i++) {
		const Pb__NodeDef *from = b->def->node_def[i];
		Pb__NodeDef *n = mg_map_find(&b->nodes, from->name);

		for (size_t j = 0; j < from->n_input; j++) {
			char *input;
			int rc = translate(b, from->input[j], &input);

			if (rc)
				return rc;
			if (!mg_msg_append(&b->arena, &n->input, &n->n_input, input))
				return mg_fail_nomem(b->err, 0);
		}
	}
	return 0;
}

/* Functions that nodes of the body call by name. */
static int
add_callees(body *b, mg_graph *g)
{
	for (size_t i = 0; i < b->def->n_node_def; i++) {
		const char *op = b->def->node_def[i]->op;
		const Pb__FunctionDef *f = mg_op_find(op) ? NULL : mg_graph_function(b->library, op);
		int rc;

		if (f && (rc = mg_graph_add_function(g, f, b->err)) != 0)
			return rc;
	}
	return 0;
}

/* ---- an instance ---- */

static void
function_free(mg_function *f)
{
	mg_session_free(f->session);
	mg_graph_free(f->graph);
	mg_free(f->args);
	mg_free(f->results);
	mg_free(f->targets);
	mg_free(f);
}

static int
find_args(mg_function *f, const body *b)
{
	f->arg_count = (int)b->arg_names.len;
	if (!(f->args = mg_calloc((size_t)f->arg_count + 1, sizeof(*f->args))))
		return mg_fail_nomem(b->err, 0);
	for (int i = 0; i < f->arg_count; i++) {
		f->args[i].to = MG_OUTPUT(mg_graph_find(f->graph, b->arg_names.at[i]), 0);
		if (!f->args[i].to.node)
			return mg_fail(b->err, MGREG_INTERNAL, "function '%s' lost its argument '%s'", b->def->signature->name, b->arg_names.at[i]);
	}
	return 0;
}

static int
find_results(mg_function *f, body *b)
{
	const Pb__OpDef *sig = b->def->signature;
	static const mg_attrs none = { 0 };

	for (int pass = 0; pass < 2; pass++) {
		f->result_count = 0;
		for (size_t i = 0; i < sig->n_output_arg; i++) {
			const char *source = NULL;
			Pb__OpDef one = PB__OP_DEF__INIT;
			mg_output first;
			int *types, count, rc;
			char *name;

			one.output_arg = &sig->output_arg[i];
			one.n_output_arg = 1;
			if ((rc = mg_opdef_types(&one, true, b->attrs ? b->attrs : &none, sig->name, &b->arena, &types, &count, b->err)) != 0)
				return rc;
			for (size_t r = 0; r < b->def->n_ret; r++)
				if (!strcmp(b->def->ret[r]->key, sig->output_arg[i]->name))
					source = b->def->ret[r]->value;
			if (!source)
				return mg_fail(b->err, MGREG_INVALID_ARGUMENT, "function '%s' does not say what its output '%s' is", sig->name, sig->output_arg[i]->name);
			for (int j = 0; pass && j < count; j++) {
				if ((rc = translate(b, source, &name)) != 0 || (rc = mg_graph_output(f->graph, name, &first, b->err)) != 0)
					return rc;
				first.index += first.node && !mg_map_find(&b->args, source) ? j : 0;
				if (first.index >= first.node->output_count || (int)mg_output_type(first) != (int)mg_dtype_base(types[j]))
					return mg_fail(b->err, MGREG_INVALID_ARGUMENT, "function '%s': output '%s' is not of its type", sig->name, sig->output_arg[i]->name);
				f->results[f->result_count + j] = first;
			}
			f->result_count += count;
		}
		if (!pass && !(f->results = mg_calloc((size_t)f->result_count + 1, sizeof(*f->results))))
			return mg_fail_nomem(b->err, 0);
	}
	return 0;
}

/* Nodes with effects, and those that the function names. */
static int
find_targets(mg_function *f, const body *b)
{
	int n = mg_graph_node_count(f->graph);

	if (!(f->targets = mg_calloc((size_t)n + b->def->n_control_ret + 1, sizeof(*f->targets))))
		return mg_fail_nomem(b->err, 0);
	for (int i = 0; i < n; i++) {
		mg_node *node = mg_graph_node(f->graph, i);

		if (node->op ? (node->op->flags & MG_OP_STATEFUL) && strcmp(node->op_name, "Placeholder") != 0 : true)
			f->targets[f->target_count++] = node;
	}
	for (size_t i = 0; i < b->def->n_control_ret; i++) {
		mg_node *node = mg_graph_find(f->graph, b->def->control_ret[i]->value);

		if (node)
			f->targets[f->target_count++] = node;
	}
	return 0;
}

static bool
differentiable(int type)
{
	return mg_dtype_is_floating(type) || mg_dtype_is_complex(type);
}

/* F becomes its gradient: arguments and gradients of the results -> gradients of the arguments; zeros where there is none. */
static int
differentiate(mg_function *f, body *from)
{
	mg_builder b = MG_BUILDER(f->graph, from->err);
	int args = f->arg_count, rets = f->result_count, ny = 0, nx = 0, rc = 0;
	mg_feed *all = mg_calloc((size_t)(args + rets) + 1, sizeof(*all));
	mg_output *result = mg_calloc((size_t)args + 1, sizeof(*result));
	mg_output *ys = mg_arena_zalloc(&from->arena, (size_t)rets * 2 + 1, sizeof(*ys));
	mg_output *xs = mg_arena_zalloc(&from->arena, (size_t)args + 1, sizeof(*xs));
	mg_grad_value *grads = mg_arena_zalloc(&from->arena, (size_t)args + 1, sizeof(*grads));

	MG_TRY(all && result && ys && xs && grads ? 0 : mg_fail_nomem(from->err, 0));
	for (int i = 0; i < args; i++) {
		int type = mg_output_type(f->args[i].to);

		all[i] = f->args[i];
		if (differentiable(type) || type == MGREG_RESOURCE || type == MGREG_VARIANT)
			xs[nx++] = f->args[i].to;
	}
	for (int i = 0; i < rets; i++) {
		int type = mg_output_type(f->results[i]);

		all[args + i].to = mg_build(&b, "Placeholder", "dy", ";t:dtype", type);
		if (!differentiable(type) && type != MGREG_VARIANT)
			continue;
		ys[ny] = mg_build(&b, "Identity", "y", "o", f->results[i]);      /* a result may be an argument */
		ys[rets + ny++] = all[args + i].to;
	}
	MG_TRY(b.rc);
	if (ny && nx)
		MG_TRY(mg_gradients(f->graph, ys, ny, xs, nx, &(mg_grad_options){ .grad_ys = ys + rets }, grads, from->err));
	for (int i = 0, x = 0; i < args; i++) {
		const mg_grad_value *g = x < nx && xs[x].node == f->args[i].to.node ? &grads[x++] : NULL;

		result[i] = !g || mg_grad_is_none(g) ? mg_build(&b, "ZerosLike", NULL, "o", f->args[i].to) : mg_grad_dense(&b, g);
	}
	MG_TRY(b.rc);
	mg_free(f->args);
	mg_free(f->results);
	f->args = all;
	f->arg_count = args + rets;
	f->results = result;
	f->result_count = args;
	f->target_count = 0;
	return 0;
out:
	mg_free(all);
	mg_free(result);
	return rc;
}

static int
instantiate(mg_session *top, const Pb__FunctionDef *def, const mg_attrs *attrs, bool gradient, mg_function **out, mgreg_error *err)
{
	body b = { .library = top->graph, .def = def, .attrs = attrs, .err = err };
	mg_graphdef_import options = { .allow_unknown_ops = true };
	mg_function *f = mg_calloc(1, sizeof(*f));
	int rc = 0;

	if (!f)
		return mg_fail_nomem(err, sizeof(*f));
	b.out = mg_msg_new(&b.arena, &pb__graph_def__descriptor);
	if (b.out)
		b.out->versions = mg_graph_versions(top->graph);
	MG_TRY(b.out ? 0 : mg_fail_nomem(err, 0));
	MG_TRY(add_args(&b));
	MG_TRY(add_nodes(&b));
	MG_TRY(add_inputs(&b));
	MG_TRY(mg_graph_new(&f->graph, err));
	MG_TRY(add_callees(&b, f->graph));
	MG_TRY(mg_graph_import_def(f->graph, b.out, &options, err));
	MG_TRY(mg_session_new_below(&f->session, top, f->graph, err));
	MG_TRY(find_args(f, &b));
	MG_TRY(find_results(f, &b));
	MG_TRY(find_targets(f, &b));
	if (gradient)
		MG_TRY(differentiate(f, &b));
out:
	mg_vec_clear(&b.arg_names);
	mg_map_clear(&b.args);
	mg_map_clear(&b.nodes);
	mg_arena_clear(&b.arena);
	if (rc) {
		function_free(f);
		return mg_wrap(err, rc, "function '%s'", def->signature->name);
	}
	*out = f;
	return 0;
}

/* "name" and the attributes that the function's body may ask for. */
static int
write_key(const char *name, const mg_attrs *attrs, mg_str *key, mgreg_error *err)
{
	int rc;

	mg_str_add(key, name);
	for (int i = 0; attrs && i < attrs->count; i++) {
		mg_str_printf(key, "\1%s\2", attrs->at[i].name);
		if ((rc = mg_msg_encode(&attrs->at[i].value->base, key, err)) != 0)
			return rc;
	}
	return mg_str_check(key, err);
}

static int
get(mg_session *s, const char *name, const mg_attrs *attrs, bool gradient, mg_function **out, mgreg_error *err)
{
	mg_session *top = s->top;
	const Pb__FunctionDef *def = mg_graph_function(top->graph, name);
	mg_str key = MG_STR_INIT;
	mg_function *f;
	int rc = 0;

	if (!def)
		return mg_fail(err, MGREG_NOT_FOUND, "function '%s' is not defined", name);
	if (gradient)
		mg_str_add(&key, "\1");
	if ((rc = write_key(name, attrs, &key, err)) != 0)
		goto out;
	mg_lock(&top->function_mutex);
	f = mg_map_findn(&top->functions, key.ptr, key.len);
	if (!f && (rc = instantiate(top, def, attrs, gradient, &f, err)) == 0 && !mg_map_setn(&top->functions, key.ptr, key.len, f)) {
		function_free(f);
		rc = mg_fail_nomem(err, 0);
	}
	mg_unlock(&top->function_mutex);
	if (rc == 0)
		*out = f;
out:
	mg_str_clear(&key);
	return rc;
}

int
mg_function_get(mg_session *s, const char *name, const mg_attrs *attrs, mg_function **out, mgreg_error *err)
{
	return get(s, name, attrs, false, out, err);
}

int
mg_function_gradient(mg_session *s, const char *name, const mg_attrs *attrs, mg_function **out, mgreg_error *err)
{
	const char *given = mg_graph_function_gradient(s->top->graph, name);

	return given ? get(s, given, attrs, false, out, err) : get(s, name, attrs, true, out, err);
}

int
mg_function_of_attr(mg_session *s, const mg_attrs *attrs, const char *attr, mg_function **out, mgreg_error *err)
{
	const Pb__NameAttrList *func;
	mg_arena arena = { 0 };
	mg_attrs own = { 0 };
	int rc = 0;

	if (!mg_attr_get_func(attrs, attr, &func))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "attr '%s' is not a function", attr);
	for (size_t i = 0; i < func->n_attr; i++)
		if (!mg_attr_set(&own, func->attr[i]->key, func->attr[i]->value, &arena)) {
			rc = mg_fail_nomem(err, 0);
			goto out;
		}
	rc = mg_function_get(s, func->name, own.count ? &own : NULL, out, err);
out:
	mg_arena_clear(&arena);
	return rc;
}

int mg_function_arg_count(const mg_function *f) { return f->arg_count; }
mg_dtype mg_function_arg_type(const mg_function *f, int i) { return mg_output_type(f->args[i].to); }
int mg_function_result_count(const mg_function *f) { return f->result_count; }
mg_dtype mg_function_result_type(const mg_function *f, int i) { return mg_output_type(f->results[i]); }

/* ---- calling ---- */

static _Thread_local int depth;

int
mg_function_call(mg_function *f, const mg_kernel_ctx *k, const mg_tensor *const *args, int count, mg_tensor *results, mgreg_error *err)
{
	mg_feed small[16], *feeds = small;
	int rc;

	if (count != f->arg_count)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "a function of %d arguments is called with %d", f->arg_count, count);
	if (depth >= MAX_DEPTH)
		return mg_fail(err, MGREG_RESOURCE_EXHAUSTED, "functions call each other more than %d deep", MAX_DEPTH);
	if (k && (rc = mg_kernel_stopped(k, err)) != 0)
		return rc;
	if (count > (int)MG_COUNT(small) && !(feeds = mg_calloc((size_t)count, sizeof(*feeds))))
		return mg_fail_nomem(err, 0);
	for (int i = 0; i < count; i++)
		feeds[i] = (mg_feed){ f->args[i].to, args[i] };
	mg_session_set_deadline(f->session, k && k->run->deadline > 0 ? MG_MAX(k->run->deadline - mg_monotonic(), 1e-6) : 0);
	depth++;
	rc = f->result_count + f->target_count
		? mg_session_run(f->session, feeds, count, f->results, f->result_count, f->targets, f->target_count, results, err) : 0;
	depth--;
	if (feeds != small)
		mg_free(feeds);
	return rc;
}

void
mg_functions_free(mg_session *top)
{
	mg_map_item item;

	for (void *it = NULL; (it = mg_map_next(&top->functions, it, &item)); )
		function_free(item.value);
	mg_map_clear(&top->functions);
}
