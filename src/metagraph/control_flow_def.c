/* SPDX-License-Identifier: Apache-2.0 */
/* control_flow_def.c - CondContextDef and WhileContextDef <-> context records, nested ones inside. */
#include "base/base.h"
#include "metagraph/metagraph_internal.h"

/* ---- to messages ---- */

static char **
names_to_def(const char *const *from, int count, mg_namer *n, size_t *n_out)
{
	char **to = mg_arena_zalloc(n->arena, (size_t)count + 1, sizeof(*to));

	*n_out = 0;
	if (!to) {
		n->failed = true;
		return NULL;
	}
	for (int i = 0; i < count; i++)
		to[i] = mg_namer_field(n, from[i]);
	*n_out = (size_t)count;
	return to;
}

static int
compare_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Values go out in order of their names in the graph. */
static const char **
sorted_values(const mg_context_record *c, mg_namer *n)
{
	const char **list = mg_arena_zalloc(n->arena, (size_t)c->value_count + 1, sizeof(*list));

	if (!list) {
		n->failed = true;
		return NULL;
	}
	if (c->value_count)
		memcpy(list, c->values, (size_t)c->value_count * sizeof(*list));
	qsort(list, (size_t)c->value_count, sizeof(*list), compare_name);
	return list;
}

/* What a message that this one replaces had and nobody here knows. */
static void
take_unknown(mg_msg *to, const mg_msg *from)
{
	if (from && from->descriptor == to->descriptor) {
		to->n_unknown_fields = from->n_unknown_fields;
		to->unknown_fields = from->unknown_fields;
	}
}

/* The values message that C came with, or NULL. */
static const Pb__ValuesDef *
old_values(const mg_context_record *c)
{
	if (!c->origin)
		return NULL;
	return c->kind == MG_RECORD_WHILE ? ((const Pb__WhileContextDef *)c->origin)->values_def
		: ((const Pb__CondContextDef *)c->origin)->values_def;
}

static Pb__ValuesDef *
values_to_def(const mg_context_record *c, mg_namer *n)
{
	Pb__ValuesDef *d = mg_msg_new(n->arena, &pb__values_def__descriptor);
	const char **values = sorted_values(c, n);

	if (!d || !values)
		goto nomem;
	if (old_values(c))
		take_unknown(&d->base, &old_values(c)->base);
	d->values = names_to_def(values, c->value_count, n, &d->n_values);
	d->external_values = mg_arena_zalloc(n->arena, (size_t)c->external_count + 1, sizeof(*d->external_values));
	if (!d->external_values)
		goto nomem;
	for (int i = 0; i < c->external_count; i++) {
		Pb__ValuesDef__ExternalValuesEntry *e = mg_msg_new(n->arena, &pb__values_def__external_values_entry__descriptor);

		if (!e)
			goto nomem;
		e->key = mg_namer_field(n, c->external_values[i].key);
		e->value = mg_namer_field(n, c->external_values[i].value);
		d->external_values[d->n_external_values++] = e;
	}
	return d;
nomem:
	n->failed = true;
	return NULL;
}

static int
nested_to_def(const mg_context_record *c, mg_namer *n, Pb__ControlFlowContextDef ***out, size_t *count, mgreg_error *err)
{
	*count = 0;
	*out = mg_arena_zalloc(n->arena, (size_t)c->nested_count + 1, sizeof(**out));
	if (!*out)
		return mg_fail_nomem(err, 0);
	for (int i = 0; i < c->nested_count; i++) {
		Pb__ControlFlowContextDef *d = mg_msg_new(n->arena, &pb__control_flow_context_def__descriptor);
		mg_msg *inner;
		int rc;

		if (!d)
			return mg_fail_nomem(err, 0);
		if ((rc = mg_context_to_def(c->nested[i], NULL, n, &inner, err)) != 0)
			return rc;
		if (!inner)
			continue;
		take_unknown(&d->base, c->nested[i]->shell);
		if (c->nested[i]->kind == MG_RECORD_WHILE) {
			d->ctxt_case = PB__CONTROL_FLOW_CONTEXT_DEF__CTXT_WHILE_CTXT;
			d->while_ctxt = (Pb__WhileContextDef *)inner;
		} else {
			d->ctxt_case = PB__CONTROL_FLOW_CONTEXT_DEF__CTXT_COND_CTXT;
			d->cond_ctxt = (Pb__CondContextDef *)inner;
		}
		(*out)[(*count)++] = d;
	}
	return 0;
}

static int
cond_to_def(const mg_context_record *c, mg_namer *n, mg_msg **out, mgreg_error *err)
{
	Pb__CondContextDef *d = mg_msg_new(n->arena, &pb__cond_context_def__descriptor);
	int rc;

	if (!d)
		return mg_fail_nomem(err, 0);
	d->context_name = mg_namer_field(n, c->context_name);
	d->pred_name = mg_namer_field(n, c->pred_name);
	d->pivot_name = mg_namer_field(n, c->pivot_name);
	d->branch = c->branch;
	d->values_def = values_to_def(c, n);
	if ((rc = nested_to_def(c, n, &d->nested_contexts, &d->n_nested_contexts, err)) == 0)
		*out = &d->base;
	return rc;
}

static int
while_to_def(const mg_context_record *c, mg_namer *n, mg_msg **out, mgreg_error *err)
{
	Pb__WhileContextDef *d = mg_msg_new(n->arena, &pb__while_context_def__descriptor);
	int rc;

	if (!d)
		return mg_fail_nomem(err, 0);
	d->context_name = mg_namer_field(n, c->context_name);
	d->parallel_iterations = c->parallel_iterations;
	d->maximum_iterations_name = mg_namer_field(n, c->maximum_iterations_name);
	d->back_prop = c->back_prop;
	d->swap_memory = c->swap_memory;
	d->pivot_for_pred_name = mg_namer_field(n, c->pivot_for_pred_name);
	d->pivot_for_body_name = mg_namer_field(n, c->pivot_for_body_name);
	d->pivot_name = mg_namer_field(n, c->pivot_name);
	d->loop_exit_names = names_to_def(c->loop_exit_names, c->exit_count, n, &d->n_loop_exit_names);
	d->loop_enter_names = names_to_def(c->loop_enter_names, c->enter_count, n, &d->n_loop_enter_names);
	d->values_def = values_to_def(c, n);
	if ((rc = nested_to_def(c, n, &d->nested_contexts, &d->n_nested_contexts, err)) == 0)
		*out = &d->base;
	return rc;
}

int
mg_context_to_def(const mg_context_record *c, const mg_msg *origin, mg_namer *n, mg_msg **out, mgreg_error *err)
{
	int rc;

	(void)origin;           /* the record remembers it, inner ones have no other way */
	*out = NULL;
	if (!mg_namer_has(n, c->context_name))
		return 0;
	rc = c->kind == MG_RECORD_WHILE ? while_to_def(c, n, out, err) : cond_to_def(c, n, out, err);
	if (rc == 0)
		take_unknown(*out, c->origin);
	return rc;
}

/* ---- and back ---- */

static const char **
names_from_def(char **from, size_t count, mg_namer *n, int *n_out)
{
	const char **to = mg_arena_zalloc(n->arena, count + 1, sizeof(*to));

	*n_out = 0;
	if (!to) {
		n->failed = true;
		return NULL;
	}
	for (size_t i = 0; i < count; i++) {
		const char *name = mg_namer_read(n, from[i]);

		to[(*n_out)++] = name ? name : "";
	}
	return to;
}

static int
missing(const char *context, const char *what, const char *name, mgreg_error *err)
{
	return mg_fail(err, MGREG_NOT_FOUND, "context '%s': %s '%s' is not in the graph", context, what, name ? name : "");
}

/*
 * A node belongs to the innermost context that names it.  Files from before 1.6 list all contexts side by side, an inner one's
 * values being values of those around it, too: the one with fewer values is inside.
 */
static void
place(mg_node *node, mg_context_record *c)
{
	mg_context_record *x = node->context;

	if (!x || x == c || x->value_count == c->value_count) {
		node->context = c;
		return;
	}
	if (x->value_count > c->value_count) {
		node->context = c;
		if (!c->outer || c->outer->value_count > x->value_count)
			c->outer = x;
		return;
	}
	while (x->outer && x->outer != c && x->outer->value_count < c->value_count)
		x = x->outer;
	if (x->outer == c)
		return;
	if (x->outer && !c->outer)
		c->outer = x->outer;
	x->outer = c;
}

/* Nodes named among the values belong to the context, unless they come from outside. */
static int
values_from_def(const Pb__ValuesDef *d, mg_graph *g, mg_namer *n, mg_context_record *c, mgreg_error *err)
{
	mg_map external = { 0 };
	int rc = 0;

	if (!d)
		return 0;
	c->values = names_from_def(d->values, d->n_values, n, &c->value_count);
	c->external_values = mg_arena_zalloc(n->arena, d->n_external_values + 1, sizeof(*c->external_values));
	if (!c->values || !c->external_values)
		return mg_fail_nomem(err, 0);
	for (size_t i = 0; i < d->n_external_values; i++) {
		mg_named *e = &c->external_values[c->external_count++];
		mg_output o;

		e->key = mg_namer_read(n, d->external_values[i]->key);
		e->value = mg_namer_read(n, d->external_values[i]->value);
		if (!e->key || !e->value || mg_graph_output(g, e->value, &o, NULL) != 0) {
			rc = missing(c->context_name, "external value", e->value, err);
			goto out;
		}
		if (!mg_map_set(&external, e->key, (void *)1)) {
			rc = mg_fail_nomem(err, 0);
			goto out;
		}
	}
	for (int i = 0; i < c->value_count; i++) {
		const char *name = c->values[i];
		char *op;
		mg_node *node;

		/* the predicate is made outside, although files from before 1.5 do not say so */
		if (mg_map_has(&external, name) || (c->pred_name && !strcmp(c->pred_name, name)))
			continue;
		op = mg_strndup(name, strcspn(name, ":"));
		node = op ? mg_graph_find(g, op) : NULL;
		mg_free(op);
		if (!node) {
			rc = missing(c->context_name, "value", name, err);
			goto out;
		}
		place(node, c);
	}
out:
	mg_map_clear(&external);
	return rc;
}

static int
nested_from_def(Pb__ControlFlowContextDef **defs, size_t count, mg_graph *g, mg_namer *n, mg_context_record *c, mgreg_error *err)
{
	c->nested = mg_arena_zalloc(n->arena, count + 1, sizeof(*c->nested));
	if (!c->nested)
		return mg_fail_nomem(err, 0);
	for (size_t i = 0; i < count; i++) {
		const mg_msg *inner;
		void *record;
		bool is_while = defs[i]->ctxt_case == PB__CONTROL_FLOW_CONTEXT_DEF__CTXT_WHILE_CTXT;
		int rc;

		if (is_while)
			inner = &defs[i]->while_ctxt->base;
		else if (defs[i]->ctxt_case == PB__CONTROL_FLOW_CONTEXT_DEF__CTXT_COND_CTXT)
			inner = &defs[i]->cond_ctxt->base;
		else
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "context '%s': nested context %zu is of no kind", c->context_name, i);
		if ((rc = mg_context_from_def(inner, is_while, g, n, &record, err)) != 0)
			return rc;
		((mg_context_record *)record)->shell = &defs[i]->base;
		c->nested[c->nested_count] = record;
		c->nested[c->nested_count++]->outer = c;
	}
	return 0;
}

static int
cond_from_def(const Pb__CondContextDef *d, mg_graph *g, mg_namer *n, mg_context_record *c, mgreg_error *err)
{
	const char *unused;
	mg_output o;
	int rc;

	c->kind = MG_RECORD_COND;
	c->context_name = mg_namer_read(n, d->context_name);
	c->pred_name = mg_namer_read(n, d->pred_name);
	c->pivot_name = mg_namer_read(n, d->pivot_name);
	c->branch = d->branch;
	/* TensorFlow makes a name here and then does not use it; later names depend on that. */
	if ((rc = mg_graph_unique_name(g, "cond_text", true, &unused, err)) != 0 || (rc = mg_namer_check(n, err)) != 0)
		return rc;
	if (!c->pred_name || mg_graph_output(g, c->pred_name, &o, NULL) != 0)
		return missing(c->context_name, "predicate", c->pred_name, err);
	if (!c->pivot_name || mg_graph_output(g, c->pivot_name, &o, NULL) != 0)
		return missing(c->context_name, "pivot", c->pivot_name, err);
	if ((rc = values_from_def(d->values_def, g, n, c, err)) != 0)
		return rc;
	return nested_from_def(d->nested_contexts, d->n_nested_contexts, g, n, c, err);
}

/* With an import scope the loop has a new name, and its frames are called by it. */
static int
rename_frames(mg_graph *g, const mg_context_record *c, mgreg_error *err)
{
	for (int i = 0; i < c->value_count; i++) {
		char *op = mg_strndup(c->values[i], strcspn(c->values[i], ":"));
		mg_node *node = op ? mg_graph_find(g, op) : NULL;
		mg_attr_value *v;
		int rc;

		mg_free(op);
		if (!node || (strcmp(node->op_name, "Enter") != 0 && strcmp(node->op_name, "RefEnter") != 0))
			continue;
		v = mg_attr_string(mg_graph_arena(g), c->context_name, strlen(c->context_name));
		if (!v)
			return mg_fail_nomem(err, 0);
		if ((rc = mg_node_set_attr(node, "frame_name", v, err)) != 0)
			return rc;
	}
	return 0;
}

static int
check_tensor(mg_graph *g, const mg_context_record *c, const char *what, const char *name, mgreg_error *err)
{
	mg_output o;

	return name && mg_graph_output(g, name, &o, NULL) == 0 ? 0 : missing(c->context_name, what, name, err);
}

/* TensorFlow looks every tensor of the loop up; files older than the list of enters have none. */
static int
check_loop(mg_graph *g, const mg_context_record *c, mgreg_error *err)
{
	int rc;

	if ((rc = check_tensor(g, c, "pivot", c->pivot_name, err)) != 0
		|| (rc = check_tensor(g, c, "pivot for the condition", c->pivot_for_pred_name, err)) != 0
		|| (rc = check_tensor(g, c, "pivot for the body", c->pivot_for_body_name, err)) != 0
		|| (c->maximum_iterations_name && (rc = check_tensor(g, c, "maximum_iterations", c->maximum_iterations_name, err)) != 0))
		return rc;
	for (int i = 0; i < c->exit_count; i++)
		if ((rc = check_tensor(g, c, "exit", c->loop_exit_names[i], err)) != 0)
			return rc;
	for (int i = 0; i < c->enter_count; i++)
		if ((rc = check_tensor(g, c, "enter", c->loop_enter_names[i], err)) != 0)
			return rc;
	return 0;
}

static int
while_from_def(const Pb__WhileContextDef *d, mg_graph *g, mg_namer *n, mg_context_record *c, mgreg_error *err)
{
	int rc;

	c->kind = MG_RECORD_WHILE;
	c->context_name = mg_namer_read(n, d->context_name);
	c->parallel_iterations = d->parallel_iterations;
	c->maximum_iterations_name = mg_namer_read(n, d->maximum_iterations_name);
	c->back_prop = d->back_prop;
	c->swap_memory = d->swap_memory;
	c->pivot_name = mg_namer_read(n, d->pivot_name);
	c->pivot_for_pred_name = mg_namer_read(n, d->pivot_for_pred_name);
	c->pivot_for_body_name = mg_namer_read(n, d->pivot_for_body_name);
	c->loop_exit_names = names_from_def(d->loop_exit_names, d->n_loop_exit_names, n, &c->exit_count);
	c->loop_enter_names = names_from_def(d->loop_enter_names, d->n_loop_enter_names, n, &c->enter_count);
	if ((rc = mg_namer_check(n, err)) != 0 || (rc = check_loop(g, c, err)) != 0
		|| (rc = values_from_def(d->values_def, g, n, c, err)) != 0)
		return rc;
	if (n->scope && n->scope[0] && c->context_name && (rc = rename_frames(g, c, err)) != 0)
		return rc;
	return nested_from_def(d->nested_contexts, d->n_nested_contexts, g, n, c, err);
}

int
mg_context_from_def(const mg_msg *def, bool is_while, mg_graph *g, mg_namer *n, void **record, mgreg_error *err)
{
	mg_context_record *c = mg_arena_zalloc(n->arena, 1, sizeof(*c));
	int rc;

	if (!c)
		return mg_fail_nomem(err, 0);
	rc = is_while ? while_from_def((const Pb__WhileContextDef *)def, g, n, c, err)
		: cond_from_def((const Pb__CondContextDef *)def, g, n, c, err);
	if (rc == 0) {
		c->origin = def;
		*record = c;
	}
	return rc;
}
