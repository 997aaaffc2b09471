/* SPDX-License-Identifier: Apache-2.0 */
/*
 * graphdef_read.c - GraphDef -> nodes of a live graph.
 *
 *   index      names -> numbers, every input taken apart, structure checked
 *   order      a ready node of the lowest number goes first; a Merge that a loop comes back to waits for one data input
 *   make       names, inputs, attributes, types, shapes of one node
 *   back edges the inputs of those Merges that were left out
 *   devices    own device through the open scopes, or that of a colocated node
 *
 * A failure takes the graph back to the length it had.
 */
#include "base/base.h"
#include "base/num.h"
#include "graph/graph_internal.h"

/* One input of a node of the message. */
typedef struct edge {
	int         source;     /* number of the node, or -1: mapped */
	int         port;       /* -1: control */
	mg_output   mapped;
} edge;

typedef struct importer {
	mg_graph            *g;
	const Pb__GraphDef  *def;
	mg_graphdef_import  *o;
	mg_arena             scratch;
	mg_map               index;             /* name -> number + 1 */
	mg_map               input_map;         /* canonical "n:0" or "^n" -> number in o->map_to, + 1 */
	mg_map               producer;          /* op -> OpDef of the producer */
	mg_map               taken;             /* names and scope prefixes that the graph and the message have */
	mg_map               own_prefixes;
	bool                *map_used;
	int                  n;
	size_t               edge_count;        /* inputs of all nodes */
	edge               **edges;             /* per node, data inputs first, as in the message */
	const Pb__AttrValue__ListValue **classes;       /* per node, `_class`, or NULL */
	int                 *data_counts, *input_counts;
	uint8_t             *kinds;             /* what matters of the op: enum below */
	int                 *colocated, colocated_count;        /* numbers, in order of creation */
	bool                 any_device;
	const char          *last_name;         /* of the node made last: most of its scopes are known */
	int                 *pending;
	int                 *ports;             /* outputs that somebody asks for */
	int                 *first, *consumers; /* consumers of node i: consumers[first[i]] .. consumers[first[i+1]-1] */
	mg_node            **made;
	const char         **devices;           /* as in the message */
	int                 *ready, ready_count;
	const char          *prefix;            /* without "/", "" = root */
	int                  producer_version;
} importer;

enum { PLAIN, MERGE, NEXT, KIND = 3, ON_DEVICE = 4 };

/*
 * A graph fresh from its decoder lies cold in memory, a kilobyte a node: what is touched soon is asked for early, and what
 * several steps want is noted when a node is looked at anyway.
 */
static inline void
look_ahead(const importer *im, int i)
{
	if (i + 24 < im->n)
		__builtin_prefetch(im->def->node[i + 24]);
	if (i + 12 < im->n)
		__builtin_prefetch(im->def->node[i + 12]->name);
}

/* The same for attributes: the array of a node a few steps on, and the entries and values of the next ones. */
static inline void
look_ahead_attrs(const importer *im, int i)
{
	const Pb__NodeDef *d;

	if (i + 12 < im->n)
		__builtin_prefetch(im->def->node[i + 12]);
	if (i + 8 < im->n)
		__builtin_prefetch(im->def->node[i + 8]->attr);
	if (i + 4 < im->n) {
		d = im->def->node[i + 4];
		for (size_t k = 0; k < d->n_attr && k < 8; k++)
			__builtin_prefetch(d->attr[k]);
	}
	if (i + 2 < im->n) {
		d = im->def->node[i + 2];
		for (size_t k = 0; k < d->n_attr && k < 8; k++)
			__builtin_prefetch(d->attr[k]->value);
	}
}

static bool
is_op(const Pb__NodeDef *d, const char *name)
{
	const char *op = d->op;

	if (op[0] == 'R' && strncmp(op, "Ref", 3) == 0)
		op += 3;
	return op[0] == name[0] && strcmp(op, name) == 0;
}

/* ---- index ---- */

static int
node_fail(mgreg_error *err, const char *node, int rc)
{
	return mg_fail_node(err, rc, node);
}

static int
index_names(importer *im, mgreg_error *err)
{
	void *old;

	if (!mg_map_reserve(&im->index, (size_t)im->n) || !mg_map_reserve(&im->g->by_name, im->g->nodes.len + (size_t)im->n))
		return mg_fail_nomem(err, 0);
	for (int i = 0; i < im->n; i++) {
		const Pb__NodeDef *d = im->def->node[i];

		look_ahead(im, i);
		if (!mg_node_name_is_valid(d->name) && !(d->name[0] == '_' && mg_node_name_is_valid(d->name + 1)))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "node %d: '%s' is not a valid node name", i, d->name);
		if (!d->op[0])
			return node_fail(err, d->name, mg_fail(err, MGREG_INVALID_ARGUMENT, "node '%s' has no op", d->name));
		if (!mg_map_addn(&im->index, d->name, strlen(d->name), (void *)(intptr_t)(i + 1), &old))
			return mg_fail_nomem(err, 0);
		if (old)
			return node_fail(err, d->name, mg_fail(err, MGREG_INVALID_ARGUMENT, "node '%s' is there twice", d->name));
		im->edge_count += d->n_input;
		im->input_counts[i] = (int)d->n_input;
		im->kinds[i] = is_op(d, "Merge") ? MERGE : is_op(d, "NextIteration") ? NEXT : PLAIN;
		if (d->device[0]) {
			im->kinds[i] |= ON_DEVICE;
			im->any_device = true;
		}
	}
	return 0;
}

/* Takes "name", "name:port" or "^name" apart; PORT -1 is control. */
static bool
split_input(const char *text, const char **name, size_t *len, int *port)
{
	const char *colon = strrchr(text, ':');
	int64_t v = 0;

	if (text[0] == '^') {
		*name = text + 1;
		*len = strlen(text + 1);
		*port = -1;
		return *len > 0;
	}
	*name = text;
	*len = colon ? (size_t)(colon - text) : strlen(text);
	if (colon && (!mg_parse_i64(colon + 1, strlen(colon + 1), &v) || v < 0 || v > INT_MAX - 1))
		return false;
	*port = (int)v;
	return *len > 0;
}

static int
map_find(const importer *im, const char *name, size_t len, int port)
{
	char stack[300], *key = stack;
	int k;

	if (len + 16 > sizeof(stack) && !(key = mg_alloc(len + 16)))
		return -1;
	if (port < 0)
		snprintf(key, len + 16, "^%.*s", (int)len, name);
	else
		snprintf(key, len + 16, "%.*s:%d", (int)len, name, port);
	k = (int)(intptr_t)mg_map_find(&im->input_map, key) - 1;
	if (key != stack)
		mg_free(key);
	return k;
}

static int
index_map(importer *im, mgreg_error *err)
{
	mg_graphdef_import *o = im->o;

	im->map_used = mg_arena_zalloc(&im->scratch, (size_t)o->map_count + 1, sizeof(*im->map_used));
	if (!im->map_used)
		return mg_fail_nomem(err, 0);
	for (int k = 0; k < o->map_count; k++) {
		const char *name, *key;
		size_t len;
		int port;

		if (!split_input(o->map_from[k], &name, &len, &port))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "input map: '%s' is not a tensor or ^operation", o->map_from[k]);
		if (!o->map_to[k].node || o->map_to[k].node->graph != im->g)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "input map: the value for '%s' is not in this graph", o->map_from[k]);
		key = port < 0 ? o->map_from[k] : mg_arena_printf(&im->scratch, "%.*s:%d", (int)len, name, port);
		if (!key || !mg_map_set(&im->input_map, key, (void *)(intptr_t)(k + 1)))
			return mg_fail_nomem(err, 0);
	}
	return 0;
}

/* Keys that neither a node's input uses nor a node of the message has. */
static int
check_map(importer *im, mgreg_error *err)
{
	mg_str missing = MG_STR_INIT;
	int rc = 0;

	for (int k = 0; k < im->o->map_count; k++) {
		const char *name;
		size_t len;
		int port, at;

		split_input(im->o->map_from[k], &name, &len, &port);
		at = (int)(intptr_t)mg_map_findn(&im->index, name, len) - 1;
		if (im->map_used[k] || (at >= 0 && (port < 0 || !im->made[at] || port < im->made[at]->output_count)))
			continue;
		mg_str_printf(&missing, "%s%s", missing.len ? ", " : "", im->o->map_from[k]);
	}
	if (missing.len)
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "input map: the graph definition has no %s", missing.ptr);
	mg_str_clear(&missing);
	return rc;
}

static int
index_input(importer *im, int i, const char *text, edge *e, bool *control, mgreg_error *err)
{
	const char *self = im->def->node[i]->name, *name;
	size_t len;
	int k;

	if (!split_input(text, &name, &len, &e->port))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "node '%s': input '%s' is not a tensor name", self, text);
	*control = e->port < 0;
	k = im->o->map_count ? map_find(im, name, len, e->port) : -1;
	if (k >= 0) {
		im->map_used[k] = true;
		e->source = -1;
		e->mapped = im->o->map_to[k];
		return 0;
	}
	e->source = (int)(intptr_t)mg_map_findn(&im->index, name, len) - 1;
	if (e->source < 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "node '%s': input '%s' comes from an unknown node", self, text);
	if (e->port >= 0)
		im->ports[e->source] = MG_MAX(im->ports[e->source], e->port + 1);
	return 0;
}

static int
index_inputs(importer *im, mgreg_error *err)
{
	edge *all = mg_arena_zalloc(&im->scratch, im->edge_count + 1, sizeof(*all));

	if (!all)
		return mg_fail_nomem(err, 0);
	for (int i = 0; i < im->n; i++) {
		const Pb__NodeDef *d = im->def->node[i];
		bool controls = false, control = false;
		int rc;

		if (i + 8 < im->n)
			__builtin_prefetch(im->def->node[i + 8]);
		if (i + 4 < im->n && im->input_counts[i + 4]) {
			__builtin_prefetch(im->def->node[i + 4]->input);
			__builtin_prefetch((const char *)im->def->node[i + 4]->input + 64);
		}
		im->edges[i] = all;
		all += d->n_input;
		for (size_t k = 0; k < d->n_input; k++) {
			if ((rc = index_input(im, i, d->input[k], &im->edges[i][k], &control, err)) != 0)
				return node_fail(err, d->name, rc);
			if (controls && !control)
				return node_fail(err, d->name, mg_fail(err, MGREG_INVALID_ARGUMENT,
					"node '%s': control input '%s' stands before data input '%s'", d->name, d->input[k - 1], d->input[k]));
			controls = control;
			if (!control)
				im->data_counts[i]++;
		}
	}
	return 0;
}

/* What the node is colocated with is in the message, by its name there. */
static int
check_colocation(const importer *im, int i, mgreg_error *err)
{
	const Pb__AttrValue__ListValue *list = im->classes[i];
	const char *self = im->def->node[i]->name;

	for (size_t k = 0; list && k < list->n_s; k++) {
		const ProtobufCBinaryData *s = &list->s[k];

		if (s->len > 5 && memcmp(s->data, "loc:@", 5) == 0 && !mg_map_findn(&im->index, (const char *)s->data + 5, s->len - 5))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "node '%s' is to be colocated with '%.*s', which the graph definition does not have",
				self, (int)s->len - 5, (const char *)s->data + 5);
	}
	return 0;
}

/* ---- order ---- */

static void
heap_push(importer *im, int i)
{
	int *h = im->ready, at = im->ready_count++;

	for (; at > 0 && h[(at - 1) / 2] > i; at = (at - 1) / 2)
		h[at] = h[(at - 1) / 2];
	h[at] = i;
}

static int
heap_pop(importer *im)
{
	int *h = im->ready, top = h[0], last = h[--im->ready_count], at = 0;

	for (int child; (child = 2 * at + 1) < im->ready_count; at = child) {
		if (child + 1 < im->ready_count && h[child + 1] < h[child])
			child++;
		if (h[child] >= last)
			break;
		h[at] = h[child];
	}
	h[at] = last;
	return top;
}

static bool
comes_back(const importer *im, int i)
{
	if ((im->kinds[i] & KIND) != MERGE)
		return false;
	for (int k = 0; k < im->data_counts[i]; k++)
		if (im->edges[i][k].source >= 0 && (im->kinds[im->edges[i][k].source] & KIND) == NEXT)
			return true;
	return false;
}

static int
plan_order(importer *im, mgreg_error *err)
{
	size_t edges = 0;
	int *fill;

	for (int i = 0; i < im->n; i++)
		for (int k = 0; k < im->input_counts[i]; k++)
			if (im->edges[i][k].source >= 0) {
				im->first[im->edges[i][k].source + 1]++;
				im->pending[i]++;
				edges++;
			}
	for (int i = 0; i < im->n; i++)
		im->first[i + 1] += im->first[i];
	im->consumers = mg_arena_zalloc(&im->scratch, edges + 1, sizeof(int));
	fill = mg_arena_memdup(&im->scratch, im->first, ((size_t)im->n + 1) * sizeof(int));
	if (!im->consumers || !fill)
		return mg_fail_nomem(err, 0);
	for (int i = 0; i < im->n; i++) {
		int controls = im->input_counts[i] - im->data_counts[i];

		for (int k = 0; k < im->input_counts[i]; k++)
			if (im->edges[i][k].source >= 0)
				im->consumers[fill[im->edges[i][k].source]++] = i;
		/* Mapped inputs are there already, so they are not waited for. */
		if (comes_back(im, i))
			im->pending[i] = MG_MIN(im->pending[i], controls + 1);
		if (im->pending[i] == 0)
			heap_push(im, i);
	}
	return 0;
}

/* ---- names ---- */

static bool
add_prefixes(mg_map *map, const char *name)
{
	for (const char *p = strchr(name, '/'); p; p = strchr(p + 1, '/'))
		if (!mg_map_setn(map, name, (size_t)(p - name), (void *)1))
			return false;
	return true;
}

/* What a copied name must keep clear of; only wanted when the graph is not empty and the import goes to the root. */
static int
note_taken(importer *im, mgreg_error *err)
{
	for (size_t i = 0; i < im->g->nodes.len; i++)
		if (!add_prefixes(&im->taken, im->g->nodes.at[i]->name))
			return mg_fail_nomem(err, 0);
	for (int i = 0; i < im->n; i++)
		if (!add_prefixes(&im->own_prefixes, im->def->node[i]->name))
			return mg_fail_nomem(err, 0);
	return 0;
}

static bool
exists(const importer *im, const char *name)
{
	return mg_graph_find(im->g, name) || mg_map_has(&im->taken, name);
}

static const char *
final_name(importer *im, const char *name)
{
	mg_arena *arena = &im->g->arena;
	const char *text;
	int count = 0;

	if (im->prefix[0])
		return mg_arena_printf(arena, "%s/%s", im->prefix, name);
	if (!im->o->uniquify)
		return name;            /* the message's, which lives as long as the graph */
	for (text = name; text && (exists(im, text)
			|| (count > 0 && (mg_map_has(&im->index, text) || mg_map_has(&im->own_prefixes, text)))); )
		text = mg_arena_printf(&im->scratch, "%s_%d", name, ++count);
	return text ? mg_arena_strdup(arena, text) : NULL;
}

/* Without renaming, every name that is there already is named before anything is made. */
static int
check_clashes(const importer *im, mgreg_error *err)
{
	int clashes = 0;
	const char *first = NULL;

	if (im->prefix[0] || im->o->uniquify || im->g->nodes.len == 0)
		return 0;
	for (int i = 0; i < im->n; i++)
		if (mg_graph_find(im->g, im->def->node[i]->name)) {
			if (!clashes++) {
				first = im->def->node[i]->name;
				mg_fail(err, MGREG_ALREADY_EXISTS, "clash");
			}
			mg_error_item(err, "%s", im->def->node[i]->name);
		}
	if (!clashes)
		return 0;
	if (err)
		snprintf(err->text, sizeof(err->text), "the graph has %d of the imported names already, the first is '%s'", clashes, first);
	return MGREG_ALREADY_EXISTS;
}

/* ---- one node ---- */

static int
read_attrs(importer *im, const Pb__NodeDef *d, mg_attrs *attrs, const Pb__AttrValue **shapes,
	const Pb__AttrValue__ListValue **classes, mgreg_error *err)
{
	mg_arena *arena = &im->g->arena;

	*shapes = NULL;
	attrs->count = 0;
	attrs->at = mg_arena_zalloc(arena, d->n_attr + 1, sizeof(*attrs->at));
	if (!attrs->at)
		return mg_fail_nomem(err, 0);
	for (size_t i = 0; i < d->n_attr; i++) {
		Pb__AttrValue *v = d->attr[i]->value;

		if (strcmp(d->attr[i]->key, "_output_shapes") == 0) {
			*shapes = v;
			continue;
		}
		if (v && v->value_case == PB__ATTR_VALUE__VALUE_LIST && v->list && strcmp(d->attr[i]->key, "_class") == 0)
			*classes = v->list;
		if (!v && !(v = mg_msg_new(arena, &pb__attr_value__descriptor)))
			return mg_fail_nomem(err, 0);
		attrs->at[attrs->count++] = (mg_attr){ d->attr[i]->key, v };
	}
	return 0;
}

/* loc:@x -> loc:@prefix/x; the value may be somebody else's, so it is made anew. */
static int
prefix_class(importer *im, mg_attrs *attrs, mgreg_error *err)
{
	const Pb__AttrValue__ListValue *list;
	Pb__AttrValue *copy;
	mg_msg *m;
	int rc;

	if (!im->prefix[0] || !mg_attr_get_list(attrs, "_class", &list) || list->n_s == 0)
		return 0;
	if ((rc = mg_msg_copy(&mg_attr_find(attrs, "_class")->base, &im->g->arena, &m, err)) != 0)
		return rc;
	copy = (Pb__AttrValue *)m;
	for (size_t i = 0; i < copy->list->n_s; i++) {
		ProtobufCBinaryData *s = &copy->list->s[i];
		char *text;

		if (s->len < 5 || memcmp(s->data, "loc:@", 5) != 0)
			continue;
		text = mg_arena_printf(&im->g->arena, "loc:@%s/%.*s", im->prefix, (int)s->len - 5, (const char *)s->data + 5);
		if (!text)
			return mg_fail_nomem(err, 0);
		s->data = (uint8_t *)text;
		s->len = strlen(text);
	}
	return mg_attr_set(attrs, "_class", copy, &im->g->arena) ? 0 : mg_fail_nomem(err, 0);
}

/* The graph goes out with this definition again. */
static int
keep_foreign(mg_graph *g, const Pb__OpDef *def, mgreg_error *err)
{
	mg_msg *copy;
	int rc;

	if (mg_map_has(&g->foreign_ops, def->name))
		return 0;
	if ((rc = mg_msg_copy(&def->base, &g->arena, &copy, err)) != 0)
		return rc;
	return mg_map_set(&g->foreign_ops, def->name, copy) ? 0 : mg_fail_nomem(err, 0);
}

static int
resolve_definition(importer *im, const Pb__NodeDef *d, mg_node_plan *p, const Pb__OpDef **def, mgreg_error *err)
{
	const Pb__FunctionDef *fn;
	const Pb__OpDef *producer = mg_map_find(&im->producer, d->op);
	int rc;

	*def = NULL;
	p->op = mg_op_find(d->op);
	if (!p->op) {
		if ((fn = mg_graph_function(im->g, d->op)) != NULL) {
			*def = fn->signature;
			return 0;
		}
		*def = producer;
		if (im->o->allow_unknown_ops)
			return producer ? keep_foreign(im->g, producer, err) : 0;
		return mg_fail(err, MGREG_NOT_FOUND, "op type '%s' is not known", d->op);
	}
	p->op_name = p->op->name;
	if (producer && (rc = mg_op_drop_producer_defaults(p->op, producer, &p->attrs, err)) != 0)
		return rc;
	/* An attribute without any value is one that was not given. */
	for (int i = p->attrs.count; i-- > 0; )
		if (p->attrs.at[i].value->value_case == PB__ATTR_VALUE__VALUE__NOT_SET && p->attrs.at[i].value->base.n_unknown_fields == 0) {
			const mg_op_attr *a = mg_op_attr_find(p->op, p->attrs.at[i].name);

			if (a && a->default_value)
				mg_attr_remove(&p->attrs, p->attrs.at[i].name);
		}
	if ((rc = mg_op_fill_defaults(p->op, &p->attrs, &im->g->arena, err)) != 0
		|| (rc = mg_op_check_attrs(p->op, &p->attrs, err)) != 0)
		return rc;
	return mg_op_check_deprecation(p->op, im->producer_version, err);
}

/* Outputs of a node that nothing defines: as many as somebody asks for or as have shapes. */
static int
unknown_types(importer *im, int i, const Pb__AttrValue *shapes, mg_node_plan *p, mgreg_error *err)
{
	int count = im->ports[i];

	if (shapes && shapes->value_case == PB__ATTR_VALUE__VALUE_LIST && shapes->list)
		count = MG_MAX(count, (int)shapes->list->n_shape);
	p->output_count = count;
	p->output_types = mg_arena_zalloc(&im->g->arena, (size_t)count + 1, sizeof(*p->output_types));
	return p->output_types ? 0 : mg_fail_nomem(err, 0);
}

static int
resolve_types(importer *im, int i, const Pb__OpDef *def, const Pb__AttrValue *shapes, mg_node_plan *p, mgreg_error *err)
{
	mg_arena *arena = &im->g->arena;
	int want = 0, rc;

	if (p->op) {
		if ((rc = mg_op_input_types(p->op, &p->attrs, arena, &p->input_types, &want, err)) != 0
			|| (rc = mg_op_output_types(p->op, &p->attrs, arena, &p->output_types, &p->output_count, err)) != 0)
			return rc;
	} else if (def) {
		if ((rc = mg_opdef_types(def, false, &p->attrs, p->name, arena, &p->input_types, &want, err)) != 0
			|| (rc = mg_opdef_types(def, true, &p->attrs, p->name, arena, &p->output_types, &p->output_count, err)) != 0)
			return rc;
	} else {
		return unknown_types(im, i, shapes, p, err);
	}
	return mg_node_check_inputs(p->name, p->op_name, p->inputs, p->input_count, p->input_types, want, err);
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp((*(mg_node *const *)a)->name, (*(mg_node *const *)b)->name);
}

static int
resolve_inputs(importer *im, int i, mg_node_plan *p, mgreg_error *err)
{
	const Pb__NodeDef *d = im->def->node[i];
	int data = im->data_counts[i], controls = (int)d->n_input - data, n = 0;

	p->inputs = mg_arena_zalloc(&im->g->arena, (size_t)data + 1, sizeof(*p->inputs));
	p->controls = mg_arena_zalloc(&im->g->arena, (size_t)controls + 1, sizeof(*p->controls));
	if (!p->inputs || !p->controls)
		return mg_fail_nomem(err, 0);
	p->input_count = data;
	for (int k = 0; k < data; k++) {
		const edge *e = &im->edges[i][k];
		mg_node *from = e->source >= 0 ? im->made[e->source] : NULL;

		if (e->source < 0) {
			p->inputs[k] = e->mapped;
			continue;
		}
		if (from && e->port >= from->output_count)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "node '%s': input '%s': '%s' has %d outputs", d->name, d->input[k],
				from->name, from->output_count);
		p->inputs[k] = MG_OUTPUT(from, e->port);         /* no node: a back edge, later */
	}
	for (int k = data; k < (int)d->n_input; k++) {
		const edge *e = &im->edges[i][k];

		p->controls[n++] = e->source >= 0 ? im->made[e->source] : e->mapped.node;
	}
	if (n > 1)
		qsort(p->controls, (size_t)n, sizeof(*p->controls), compare_names);
	for (int k = 0; k < n; k++)
		if (p->control_count == 0 || p->controls[p->control_count - 1] != p->controls[k])
			p->controls[p->control_count++] = p->controls[k];
	return 0;
}

/* Ops whose recorded shapes older releases got wrong; theirs are passed over when they contradict ours. */
static const char *const shape_lenient[] = {
	"RandomShuffleQueue", "PaddingFIFOQueue", "FIFOQueue", "PriorityQueue", "QueueSize", "Stack", "Barrier",
	"BarrierReadySize", "BarrierIncompleteSize", "HashTable", "MutableHashTable", "MutableHashTableOfTensors", "Mutex",
	"CuckooTable", "IndexTable", "WholeFileReader", "TextLineReader", "FixedLengthRecordReader", "TFRecordReader",
	"IdentityReader", "RefSwitch", "RefEnter", "RefNextIteration", "RefMerge", "RefIdentity", "LMDBReader",
	"ConditionalAccumulator", "SparseConditionalAccumulator", "Table",
};

static bool
is_lenient(const char *op)
{
	for (size_t i = 0; i < MG_COUNT(shape_lenient); i++)
		if (strcmp(shape_lenient[i], op) == 0)
			return true;
	return false;
}

/* The recorded shape is the one inferred: nothing to merge. */
static bool
says_the_same(const mg_shape *s, const Pb__TensorShapeProto *p)
{
	if (p->unknown_rank || s->rank < 0)
		return p->unknown_rank && s->rank < 0 && p->n_dim == 0;
	if ((size_t)s->rank != p->n_dim)
		return false;
	for (int i = 0; i < s->rank; i++)
		if (mg_shape_dim(s, i) != p->dim[i]->size)
			return false;
	return true;
}

static int
merge_shapes(mg_node *n, const Pb__AttrValue *shapes, mgreg_error *err)
{
	size_t count = shapes->value_case == PB__ATTR_VALUE__VALUE_LIST && shapes->list ? shapes->list->n_shape : 0;
	int rc = 0;

	if ((int)count < n->output_count)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "node '%s': _output_shapes has %zu shapes for %d outputs",
			n->name, count, n->output_count);
	for (int i = 0; i < n->output_count; i++) {
		mg_shape s = MG_SHAPE_UNKNOWN;

		if (says_the_same(&n->shapes[i], shapes->list->shape[i]))
			continue;
		rc = mg_shape_from_proto(&s, shapes->list->shape[i], err);
		if (rc)
			rc = mg_wrap(err, rc, "node '%s': _output_shapes", n->name);
		else if (mg_shape_compatible(&n->shapes[i], &s))
			rc = mg_output_merge_shape(MG_OUTPUT(n, i), &s, err);
		else if (!is_lenient(n->op_name))
			rc = mg_wrap(err, mg_output_merge_shape(MG_OUTPUT(n, i), &s, err), "_output_shapes");
		mg_shape_clear(&s);
		if (rc)
			return rc;
	}
	return 0;
}

/* An error about an op or an attribute has not said yet which node it is of. */
static int
name_node(mgreg_error *err, int rc, const char *name)
{
	char quoted[160];

	snprintf(quoted, sizeof(quoted), "'%.150s", name);
	if (err && !strstr(err->text, quoted))
		mg_wrap(err, rc, "node '%s'", name);
	return mg_fail_node(err, rc, name);
}

static int
make_node(importer *im, int i, mgreg_error *err)
{
	const Pb__NodeDef *src = im->def->node[i];
	mg_node_plan p = { .device = "" };
	const Pb__AttrValue *shapes;
	const Pb__OpDef *def;
	mg_msg *copy = NULL;
	const Pb__NodeDef *d;
	int rc;

	if (im->o->shared)
		d = src;
	else {
		MG_TRY(mg_msg_copy(&src->base, &im->g->arena, &copy, err));
		d = (const Pb__NodeDef *)copy;
	}
	p.origin = d;
	p.op_name = d->op;
	im->devices[i] = d->device;
	if (!(p.name = final_name(im, d->name))) {      /* D's, not SRC's */
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	MG_TRY(read_attrs(im, d, &p.attrs, &shapes, &im->classes[i], err));
	if (im->classes[i]) {
		MG_TRY(check_colocation(im, i, err));
		MG_TRY(prefix_class(im, &p.attrs, err));
	}
	MG_TRY(resolve_definition(im, d, &p, &def, err));
	MG_TRY(resolve_inputs(im, i, &p, err));
	MG_TRY(resolve_types(im, i, def, shapes, &p, err));
	MG_TRY(mg_node_create(im->g, &p, &im->made[i], err));
	if (im->classes[i])
		im->colocated[im->colocated_count++] = i;
	MG_TRY(mg_graph_mark_next(im->g, p.name, im->last_name, err));
	im->last_name = p.name;
	im->made[i]->context = NULL;    /* which context it belongs to, the collections say */
	if (shapes)
		MG_TRY(merge_shapes(im->made[i], shapes, err));
out:
	return rc ? name_node(err, rc, src->name) : 0;
}

static int
make_all(importer *im, mgreg_error *err)
{
	int done = 0, rc;

	while (im->ready_count > 0) {
		int i = heap_pop(im);

		look_ahead_attrs(im, i);
		if ((rc = make_node(im, i, err)) != 0)
			return rc;
		done++;
		for (int k = im->first[i]; k < im->first[i + 1]; k++)
			if (--im->pending[im->consumers[k]] == 0)
				heap_push(im, im->consumers[k]);
	}
	if (done < im->n)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "%d nodes of the graph definition are in a cycle", im->n - done);
	return 0;
}

static int
close_loops(importer *im, mgreg_error *err)
{
	for (int i = 0; i < im->n; i++)
		for (int k = 0; (im->kinds[i] & KIND) == MERGE && k < im->data_counts[i]; k++) {
			const edge *e = &im->edges[i][k];
			mg_node *n = im->made[i], *from = e->source >= 0 ? im->made[e->source] : NULL;
			int rc;

			if (n->inputs[k].node)
				continue;
			if (e->port >= from->output_count)
				return mg_fail(err, MGREG_INVALID_ARGUMENT, "node '%s': input '%s': '%s' has %d outputs", n->name,
					im->def->node[i]->input[k], from->name, from->output_count);
			if ((rc = mg_graph_set_input(im->g, n, k, MG_OUTPUT(from, e->port), err)) != 0)
				return rc;
		}
	return 0;
}

/* ---- devices ---- */

/* First name that N is colocated with and that is not its own, after AT; NULL: none. */
static const mg_node *
colocated_with(const importer *im, const mg_node *n, size_t *at)
{
	const Pb__AttrValue__ListValue *list;
	const mg_node *found = NULL;
	char *text;

	if (!mg_attr_get_list(&n->attrs, "_class", &list))
		return NULL;
	while (*at < list->n_s && !found) {
		const ProtobufCBinaryData *s = &list->s[(*at)++];

		if (s->len <= 5 || memcmp(s->data, "loc:@", 5) != 0)
			continue;
		text = mg_strndup((const char *)s->data + 5, s->len - 5);
		found = text ? mg_graph_find(im->g, text) : NULL;
		if (found == n)
			found = NULL;
		mg_free(text);
	}
	return found;
}

static int
place(importer *im, size_t first, mgreg_error *err)
{
	bool scoped = im->g->devices.len > 0;
	const char *last = NULL, *placed = NULL;
	size_t at;
	int rc;

	if (im->o->clear_devices || !(im->any_device || scoped || first > 0))
		return 0;
	for (int i = 0; i < im->n; i++) {
		mg_node *n = im->made[i];

		at = 0;
		if ((!(im->kinds[i] & ON_DEVICE) && !scoped) || (im->classes[i] && colocated_with(im, n, &at)))
			continue;
		if (last && strcmp(last, im->devices[i]) == 0) {        /* neighbours share theirs */
			n->device = placed;
			continue;
		}
		if ((rc = mg_graph_apply_devices(im->g, im->devices[i], &n->device, err)) != 0)
			return mg_fail_node(err, mg_wrap(err, rc, "node '%s'", n->name), n->name);
		last = im->devices[i];
		placed = n->device;
	}
	for (int i = 0; i < im->colocated_count; i++) {
		mg_node *n = im->made[im->colocated[i]];
		const mg_node *with;

		at = 0;
		while ((with = colocated_with(im, n, &at)) != NULL)
			if (with->device[0]) {
				n->device = with->device;
				break;
			}
	}
	return 0;
}

/* ---- return_elements ---- */

/* Whether element K is there; then it is in the answers. */
static bool
return_one(importer *im, int k)
{
	const char *text = im->o->return_names[k], *name;
	size_t len;
	int port, at, mapped;

	if (!split_input(text, &name, &len, &port) || port < 0)
		return false;
	at = (int)(intptr_t)mg_map_findn(&im->index, name, len) - 1;
	if (at < 0)
		return false;
	if (!strchr(text, ':')) {
		im->o->returned[k] = MG_OUTPUT(im->made[at], -1);
		return true;
	}
	mapped = im->o->map_count ? map_find(im, name, len, port) : -1;
	if (mapped >= 0)
		im->o->returned[k] = im->o->map_to[mapped];
	else if (port < im->made[at]->output_count)
		im->o->returned[k] = MG_OUTPUT(im->made[at], port);
	else
		return false;
	return true;
}

static int
return_elements(importer *im, mgreg_error *err)
{
	mg_str missing = MG_STR_INIT;
	int rc = 0;

	for (int k = 0; k < im->o->return_count; k++)
		if (!return_one(im, k))
			mg_str_printf(&missing, "%s%s", missing.len ? ", " : "", im->o->return_names[k]);
	if (missing.len)
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "return elements that the graph definition does not have: %s", missing.ptr);
	mg_str_clear(&missing);
	return rc;
}

/* ---- the whole ---- */

static int
add_functions(importer *im, mgreg_error *err)
{
	const Pb__FunctionDefLibrary *lib = im->def->library;
	mg_graph *g = im->g;
	int rc;

	for (size_t i = 0; lib && i < lib->n_function; i++)
		if ((rc = mg_graph_add_function(g, lib->function[i], err)) != 0)
			return rc;
	for (size_t i = 0; lib && i < lib->n_gradient; i++) {
		const Pb__GradientDef *d = lib->gradient[i];
		const char *known = mg_graph_function_gradient(g, d->function_name);
		mg_msg *copy;

		if (known && strcmp(known, d->gradient_func) == 0)
			continue;
		if (known)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "function '%s' has another gradient, '%s', already", d->function_name, known);
		if ((rc = mg_msg_copy(&d->base, &g->arena, &copy, err)) != 0)
			return rc;
		if (!mg_vec_push(&g->gradients, (Pb__GradientDef *)copy)
			|| !mg_map_set(&g->gradient_map, d->function_name, ((Pb__GradientDef *)copy)->gradient_func))
			return mg_fail_nomem(err, 0);
	}
	return 0;
}

/* What stands beside the nodes and has no place of its own in a live graph; kept for the next export. */
static int
keep_rest(importer *im, mgreg_error *err)
{
	mg_graph *g = im->g;
	Pb__GraphDef shell = *im->def;
	Pb__FunctionDefLibrary library;
	mg_msg *copy;
	int rc;

	g->had_library = g->had_library || im->def->library;
	if (!im->def->version && !im->def->base.n_unknown_fields && !(im->def->library && im->def->library->base.n_unknown_fields))
		return 0;
	shell.n_node = 0;
	shell.versions = NULL;
	if (shell.library) {
		library = *shell.library;
		library.n_function = library.n_gradient = 0;
		shell.library = &library;
	}
	if ((rc = mg_msg_copy(&shell.base, &g->arena, &copy, err)) != 0)
		return rc;
	g->old_version = im->def->version;
	g->n_unknown = copy->n_unknown_fields;
	g->unknown = copy->unknown_fields;
	if (shell.library) {
		g->n_library_unknown = ((Pb__GraphDef *)copy)->library->base.n_unknown_fields;
		g->library_unknown = ((Pb__GraphDef *)copy)->library->base.unknown_fields;
	}
	return 0;
}

static int
merge_versions(mg_graph *g, const Pb__VersionDef *v, mgreg_error *err)
{
	Pb__VersionDef *own = g->versions;
	int32_t *bad;

	/* Producer: import_def() has taken the lower one already. */
	if (!v)
		return 0;
	own->min_consumer = MG_MAX(own->min_consumer, v->min_consumer);
	bad = mg_arena_zalloc(&g->arena, own->n_bad_consumers + v->n_bad_consumers + 1, sizeof(*bad));
	if (!bad)
		return mg_fail_nomem(err, 0);
	if (own->n_bad_consumers)
		memcpy(bad, own->bad_consumers, own->n_bad_consumers * sizeof(*bad));
	for (size_t i = 0; i < v->n_bad_consumers; i++) {
		size_t k = 0;

		while (k < own->n_bad_consumers && bad[k] != v->bad_consumers[i])
			k++;
		if (k == own->n_bad_consumers)
			bad[own->n_bad_consumers++] = v->bad_consumers[i];
	}
	own->bad_consumers = bad;
	if (!own->base.n_unknown_fields && v->base.n_unknown_fields) {
		mg_msg *copy;
		int rc = mg_msg_copy(&v->base, &g->arena, &copy, err);

		if (rc)
			return rc;
		own->base.n_unknown_fields = copy->n_unknown_fields;
		own->base.unknown_fields = copy->unknown_fields;
	}
	return 0;
}

static int
importer_init(importer *im, mgreg_error *err)
{
	size_t n = (size_t)im->n;
	mg_arena *a = &im->scratch;

	im->edges = mg_arena_zalloc(a, n + 1, sizeof(*im->edges));
	im->data_counts = mg_arena_zalloc(a, n + 1, sizeof(int));
	im->input_counts = mg_arena_zalloc(a, n + 1, sizeof(int));
	im->colocated = mg_arena_zalloc(a, n + 1, sizeof(int));
	im->kinds = mg_arena_zalloc(a, n + 1, 1);
	im->pending = mg_arena_zalloc(a, n + 1, sizeof(int));
	im->ports = mg_arena_zalloc(a, n + 1, sizeof(int));
	im->first = mg_arena_zalloc(a, n + 2, sizeof(int));
	im->ready = mg_arena_zalloc(a, n + 1, sizeof(int));
	im->devices = mg_arena_zalloc(a, n + 1, sizeof(*im->devices));
	im->classes = mg_arena_zalloc(a, n + 1, sizeof(*im->classes));
	im->made = mg_arena_zalloc(&im->g->arena, n + 1, sizeof(*im->made));
	if (!im->edges || !im->data_counts || !im->pending || !im->ports || !im->first || !im->ready || !im->input_counts || !im->colocated || !im->kinds || !im->devices || !im->classes || !im->made)
		return mg_fail_nomem(err, 0);
	for (size_t i = 0; im->o->producer_ops && i < im->o->producer_ops->n_op; i++)
		if (!mg_map_set(&im->producer, im->o->producer_ops->op[i]->name, im->o->producer_ops->op[i]))
			return mg_fail_nomem(err, 0);
	return 0;
}

static void
importer_clear(importer *im)
{
	mg_map_clear(&im->index);
	mg_map_clear(&im->input_map);
	mg_map_clear(&im->producer);
	mg_map_clear(&im->taken);
	mg_map_clear(&im->own_prefixes);
	mg_arena_clear(&im->scratch);
}

static int
import_nodes(importer *im, size_t first, mgreg_error *err)
{
	int rc;

	if ((rc = importer_init(im, err)) != 0 || (rc = index_names(im, err)) != 0 || (rc = index_map(im, err)) != 0
		|| (rc = index_inputs(im, err)) != 0 || (rc = check_clashes(im, err)) != 0)
		return rc;
	if (!im->prefix[0] && im->o->uniquify && first > 0 && (rc = note_taken(im, err)) != 0)
		return rc;
	if ((rc = add_functions(im, err)) != 0 || (rc = plan_order(im, err)) != 0 || (rc = make_all(im, err)) != 0
		|| (rc = close_loops(im, err)) != 0 || (rc = check_map(im, err)) != 0 || (rc = return_elements(im, err)) != 0 || (rc = place(im, first, err)) != 0)
		return rc;
	return first == 0 ? keep_rest(im, err) : 0;
}

int
mg_graph_import_def(mg_graph *g, const Pb__GraphDef *def, mg_graphdef_import *options, mgreg_error *err)
{
	mg_savepoint before;
	importer im = { .g = g, .def = def, .o = options, .prefix = "" };
	const char *scope = "";
	int rc;

	if (g->finalized)
		return mg_fail(err, MGREG_FAILED_PRECONDITION, "the graph is finalized and cannot be changed");
	if (def->n_node > INT_MAX / 16)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "the graph definition has too many nodes");
	if ((rc = mg_op_check_versions(def->versions, err)) != 0)
		return rc;
	im.n = (int)def->n_node;
	im.producer_version = def->versions ? def->versions->producer : 0;
	if ((rc = mg_graph_save_point(g, &before, err)) != 0)
		return rc;
	if (options->prefix && options->prefix[0] && (rc = mg_scope_enter(g, options->prefix, &scope, err)) == 0) {
		mg_scope_leave(g);
		im.prefix = mg_arena_strndup(&g->arena, scope, scope[0] ? strlen(scope) - 1 : 0);
	}
	if (rc == 0 && !im.prefix)
		rc = mg_fail_nomem(err, 0);
	g->versions->producer = MG_MIN(g->versions->producer, im.producer_version);     /* shape functions ask for it */
	if (rc == 0)
		rc = import_nodes(&im, before.nodes, err);
	if (rc == 0)
		rc = merge_versions(g, def->versions, err);
	if (rc == 0) {
		options->used_prefix = scope;
		options->nodes = im.made;
		mg_graph_release_point(g, &before);
	} else {
		mg_graph_roll_back(g, &before);
	}
	importer_clear(&im);
	return rc;
}
