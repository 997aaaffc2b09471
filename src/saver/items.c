/* SPDX-License-Identifier: Apache-2.0 */
/*
 * items.c - what a saver saves: from variables, keys and partitions to a list in the order of TensorFlow's saver.
 *
 * Without keys a variable is called by its own name, and the parts of a partitioned one by the name of the whole, each with its
 * slice.  With keys (a map) a key given to one variable takes it whole, whatever it is a part of; a key given to several takes
 * them as parts of one tensor.
 */
#include "base/base.h"
#include <stdlib.h>
#include "saver/saver_internal.h"

/* "full shape offset,length:offset,length" of a partition. */
static const char *
slice_spec(mg_arena *arena, const mg_save_slice *s)
{
	mg_str text = MG_STR_INIT;
	const char *out;

	for (int i = 0; i < s->rank; i++)
		mg_str_printf(&text, "%lld ", (long long)s->full_shape[i]);
	for (int i = 0; i < s->rank; i++)
		mg_str_printf(&text, "%s%lld,%lld", i ? ":" : "", (long long)s->var_offset[i], (long long)s->var_shape[i]);
	out = text.failed ? NULL : mg_arena_strndup(arena, text.ptr ? text.ptr : "", text.len);
	mg_str_clear(&text);
	return out;
}

static int
by_variable(const void *a, const void *b)
{
	const mg_saver_item *x = a, *y = b;
	int d = strcmp(x->handle.node->name, y->handle.node->name);

	return d ? d : x->order - y->order;
}

/* A stable sort: the parts of one tensor stay in the order of their variables. */
static int
by_key(const void *a, const void *b)
{
	const mg_saver_item *x = a, *y = b;
	int d = strcmp(x->key, y->key);

	return d ? d : x->order - y->order;
}

/* ---- what may stand together ---- */

static int
check_pair(const mg_saver_item *a, const mg_saver_item *b, bool keyed, mgreg_error *err)
{
	if (!keyed && !a->v->slice && !b->v->slice)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "at least two variables have the same name: %s", a->key);
	if (!a->v->slice || !b->v->slice)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, keyed ? "slices must all be slices: '%s' under '%s' is none"
			: "mixing slices and non-slices with the same name: '%s' and '%s'", (a->v->slice ? b : a)->handle.node->name, a->key);
	if (strcmp(a->v->slice->full_name, b->v->slice->full_name) != 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "slices must all be from the same tensor: %s != %s", a->v->slice->full_name,
			b->v->slice->full_name);
	return 0;
}

static int
by_handle(const void *a, const void *b)
{
	const mg_saver_item *x = *(mg_saver_item *const *)a, *y = *(mg_saver_item *const *)b;

	if (x->handle.node != y->handle.node)
		return x->handle.node->id < y->handle.node->id ? -1 : 1;
	return x->handle.index - y->handle.index;
}

/* No variable may be restored from two places. */
static int
check_once(const mg_saver_item *items, int count, mgreg_error *err)
{
	const mg_saver_item **sorted = mg_calloc((size_t)count + 1, sizeof *sorted);
	int rc = 0;

	if (!sorted)
		return mg_fail_nomem(err, 0);
	for (int i = 0; i < count; i++)
		sorted[i] = &items[i];
	qsort(sorted, (size_t)count, sizeof *sorted, by_handle);
	for (int i = 1; i < count && rc == 0; i++)
		if (sorted[i]->handle.node == sorted[i - 1]->handle.node && sorted[i]->handle.index == sorted[i - 1]->handle.index)
			rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "the same saveable will be restored with two names: '%s' as %s and %s",
				sorted[i]->handle.node->name, sorted[i - 1]->key, sorted[i]->key);
	mg_free(sorted);
	return rc;
}

/* ---- collecting ---- */

static int
item_set(mg_graph *g, mg_saver_item *it, const mg_variable_record *v, const char *key, mgreg_error *err)
{
	int rc;

	if ((rc = mg_variable_outputs(g, v, &it->handle, &it->read, err)) != 0)
		return rc;
	it->v = v;
	it->slice = "";
	it->key = key ? key : v->slice ? v->slice->full_name : it->handle.node->name;
	return 0;
}

static const mg_variable_record *
variable_at(mg_graph *g, const mg_saver_options *o, int i)
{
	const mg_item *item;

	if (o->variables)
		return o->variables[i];
	item = mg_collection_item(g, "variables", i);
	return item->kind == MG_ITEM_RECORD && item->record_kind == MG_RECORD_VARIABLE ? item->record : NULL;
}

/* The slices, once equal keys stand side by side. */
static int
set_slices(mg_saver_item *items, int count, bool keyed, mg_arena *arena, mgreg_error *err)
{
	int rc;

	for (int i = 0, n; i < count; i += n) {
		for (n = 1; i + n < count && strcmp(items[i].key, items[i + n].key) == 0; n++)
			if ((rc = check_pair(&items[i], &items[i + n], keyed, err)) != 0)
				return rc;
		for (int k = 0; k < n && items[i].v->slice && (!keyed || n > 1); k++)
			if (!(items[i + k].slice = slice_spec(arena, items[i + k].v->slice)))
				return mg_fail_nomem(err, 0);
	}
	return 0;
}

int
mg_saver_collect(mg_graph *g, const mg_saver_options *o, mg_arena *arena, mg_saver_item **out, int *count, mgreg_error *err)
{
	int room = o->variables ? o->variable_count : mg_collection_count(g, "variables"), n = 0, rc;
	bool keyed = o->variables && o->keys;
	mg_saver_item *items = mg_arena_zalloc(arena, (size_t)room + 1, sizeof *items);

	if (!items)
		return mg_fail_nomem(err, 0);
	for (int i = 0; i < room; i++) {
		const mg_variable_record *v = variable_at(g, o, i);

		if (!v)
			continue;
		items[n].order = i;
		if ((rc = item_set(g, &items[n], v, keyed ? o->keys[i] : NULL, err)) != 0)
			return rc;
		n++;
	}
	if (!keyed)             /* parts under one key of a map keep the order of the list */
		qsort(items, (size_t)n, sizeof *items, by_variable);
	for (int i = 0; i < n; i++)
		items[i].order = i;
	qsort(items, (size_t)n, sizeof *items, by_key);
	for (int i = 0; i < n; i++)
		items[i].order = i;
	if ((rc = set_slices(items, n, keyed, arena, err)) != 0 || (rc = check_once(items, n, err)) != 0)
		return rc;
	*out = items;
	*count = n;
	return 0;
}
