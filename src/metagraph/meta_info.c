/* SPDX-License-Identifier: Apache-2.0 */
/* meta_info.c - the stripped op list of a graph, and taking out attributes that have their default value. */
#include "base/base.h"
#include "metagraph/metagraph_internal.h"

/* ---- the ops that a graph needs ---- */

static const Pb__FunctionDef *
function_find(const Pb__GraphDef *def, const char *name)
{
	for (size_t i = 0; def->library && i < def->library->n_function; i++)
		if (def->library->function[i]->signature && strcmp(def->library->function[i]->signature->name, name) == 0)
			return def->library->function[i];
	return NULL;
}

/* Functions without a registered op that TensorFlow passes over in silence. */
static bool
is_tolerated(const char *op)
{
	static const char *const names[] = { "_Arg", "_Retval", "_ListToArray", "_ArrayToList" };

	for (size_t i = 0; i < MG_COUNT(names); i++)
		if (strcmp(names[i], op) == 0)
			return true;
	return false;
}

static int
compare_keys(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

typedef struct op_walk {
	mg_map ops;
	mg_map functions;               /* names of functions met, value: the FunctionDef */
	MG_VEC(const Pb__FunctionDef *) open;
} op_walk;

static bool
walk_nodes(op_walk *w, const Pb__GraphDef *def, Pb__NodeDef *const *nodes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *op = nodes[i]->op;
		const Pb__FunctionDef *f;

		if (mg_map_has(&w->ops, op) || mg_map_has(&w->functions, op))
			continue;
		if ((f = function_find(def, op)) != NULL) {
			if (!mg_map_set(&w->functions, op, (void *)f) || !mg_vec_push(&w->open, f))
				return false;
		} else if (!mg_map_set(&w->ops, op, (void *)1)) {
			return false;
		}
	}
	return true;
}

/* Ops that are not known here go out with the definition that G came with. */
int
mg_export_op_list(const mg_graph *g, const Pb__GraphDef *def, bool allow_unknown, mg_arena *arena, mg_report *report,
	Pb__OpList **out, mgreg_error *err)
{
	op_walk w = { 0 };
	Pb__OpList *list = mg_msg_new(arena, &pb__op_list__descriptor);
	const char **names = NULL;
	size_t count = 0;
	mg_map_item item;
	bool ok = list && walk_nodes(&w, def, def->node, def->n_node);
	int rc = 0;

	while (ok && w.open.len > 0) {
		const Pb__FunctionDef *f = w.open.at[--w.open.len];

		ok = walk_nodes(&w, def, f->node_def, f->n_node_def);
	}
	if (ok)
		ok = (names = mg_alloc((w.ops.len + 1) * sizeof(*names))) != NULL
			&& (list->op = mg_arena_zalloc(arena, w.ops.len + 1, sizeof(*list->op))) != NULL;
	if (!ok) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	for (void *it = NULL; (it = mg_map_next(&w.ops, it, &item)) != NULL; )
		names[count++] = item.key;
	qsort(names, count, sizeof(*names), compare_keys);
	for (size_t i = 0; i < count; i++) {
		const mg_op_def *op = mg_op_find(names[i]);

		if (!op && (list->op[list->n_op] = (Pb__OpDef *)mg_graph_foreign_op(g, names[i])) != NULL) {
			list->n_op++;
			continue;
		}
		if (!op && !is_tolerated(names[i])) {
			if (!allow_unknown) {
				rc = mg_fail(err, MGREG_NOT_FOUND, "op type '%s' is not known, so it cannot be in the list of ops", names[i]);
				goto out;
			}
			mg_report_add(report, "op type '%s' is not known and is missing from the list of ops", names[i]);
		}
		if (!op)
			continue;
		MG_TRY(mg_op_to_proto(op, arena, &list->op[list->n_op], err));
		list->n_op++;
	}
	*out = list;
out:
	mg_free(names);
	mg_map_clear(&w.ops);
	mg_map_clear(&w.functions);
	mg_vec_clear(&w.open);
	return rc;
}

/* ---- default values ---- */

static bool
is_default(const mg_op_def *op, const Pb__NodeDef__AttrEntry *e)
{
	const mg_op_attr *a = mg_op_attr_find(op, e->key);

	return a && a->default_value && e->value && mg_attr_equal(a->default_value, e->value);
}

/* The node, or a copy without the attributes that say nothing. */
static Pb__NodeDef *
strip_node(Pb__NodeDef *d, mg_arena *arena)
{
	const mg_op_def *op = mg_op_find(d->op);
	Pb__NodeDef *copy;
	size_t strippable = 0;

	for (size_t i = 0; op && i < d->n_attr; i++)
		strippable += is_default(op, d->attr[i]);
	if (strippable == 0)
		return d;
	copy = mg_arena_memdup(arena, d, sizeof(*d));
	if (!copy || !(copy->attr = mg_arena_zalloc(arena, d->n_attr + 1, sizeof(*copy->attr))))
		return NULL;
	copy->n_attr = 0;
	for (size_t i = 0; i < d->n_attr; i++)
		if (!is_default(op, d->attr[i]))
			copy->attr[copy->n_attr++] = d->attr[i];
	return copy;
}

static bool
strip_nodes(Pb__NodeDef ***nodes, size_t count, mg_arena *arena)
{
	Pb__NodeDef **to = mg_arena_zalloc(arena, count + 1, sizeof(*to));

	for (size_t i = 0; to && i < count; i++)
		if (!(to[i] = strip_node((*nodes)[i], arena)))
			return false;
	*nodes = to;
	return to != NULL;
}

int
mg_export_strip_defaults(const Pb__GraphDef *in, mg_arena *arena, Pb__GraphDef **out, mgreg_error *err)
{
	Pb__GraphDef *d = mg_arena_memdup(arena, in, sizeof(*in));
	bool ok = d && strip_nodes(&d->node, d->n_node, arena);

	if (ok && d->library && d->library->n_function) {
		Pb__FunctionDefLibrary *lib = mg_arena_memdup(arena, d->library, sizeof(*lib));

		ok = lib && (lib->function = mg_arena_zalloc(arena, lib->n_function + 1, sizeof(*lib->function))) != NULL;
		for (size_t i = 0; ok && i < lib->n_function; i++) {
			Pb__FunctionDef *f = mg_arena_memdup(arena, d->library->function[i], sizeof(*f));

			ok = f && strip_nodes(&f->node_def, f->n_node_def, arena);
			lib->function[i] = f;
		}
		d->library = lib;
	}
	if (!ok)
		return mg_fail_nomem(err, 0);
	*out = d;
	return 0;
}
