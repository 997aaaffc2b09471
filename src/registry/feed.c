/* SPDX-License-Identifier: Apache-2.0 */
/* feed.c - columns of the data -> placeholders, batch by batch. */
#include "base/base.h"
#include "registry/training.h"

void
mg_training_load_options(const mgreg_live_options *p, mg_load_options *o)
{
	static const mgreg_live_options defaults = MGREG_LIVE_INIT;

	p = p ? p : &defaults;
	assert(p->size == sizeof *p);
	*o = (mg_load_options)MG_LOAD_INIT;
	o->tags = p->tags;
	o->import.clear_devices = p->clear_devices;
	o->session.threads = p->threads;
	o->session.no_optimize = p->no_optimize;
	o->session.roots = p->roots;
	o->session.root_count = p->root_count;
}

int
mg_training_node(mg_live *live, const char *name, mg_node **out, mgreg_error *err)
{
	mg_output o;
	int rc;

	if ((*out = mg_graph_find(live->graph, name)))
		return 0;
	if ((rc = mgreg_live_find(live, name, &o, err)) == 0)
		*out = o.node;
	return rc;
}

static bool
is_overridden(const mg_overrides *o, const mg_node *n)
{
	for (int i = 0; o && i < o->count; i++)
		for (int k = 0; k < o->at[i].count; k++)
			if (o->at[i].to[k].node == n)
				return true;
	return false;
}

typedef MG_VEC(mg_node *) nodes;

/* Placeholders that a run needs, and those with a default that it could be given. */
static int
needed_placeholders(mg_live *live, mg_node *const *targets, int target_count, const mg_output *fetches, int fetch_count,
	const mg_overrides *overrides, nodes *out, mgreg_error *err)
{
	nodes from = { 0 };
	mg_set needed = { 0 };
	int rc = 0;

	for (int i = 0; i < target_count; i++)
		if (!mg_vec_push(&from, targets[i]))
			goto nomem;
	for (int i = 0; i < fetch_count; i++)
		if (!mg_vec_push(&from, fetches[i].node))
			goto nomem;
	MG_TRY(mg_graph_reach_back(live->graph, from.at, (int)from.len, &needed, err));
	for (int i = 0; i < mg_graph_node_count(live->graph); i++) {
		mg_node *n = mg_graph_node(live->graph, i);

		if (!mg_set_has(&needed, (size_t)i) || !mg_starts_with(n->op_name, "Placeholder") || is_overridden(overrides, n))
			continue;
		if (!mg_vec_push(out, n))
			goto nomem;
	}
	goto out;
nomem:
	rc = mg_fail_nomem(err, 0);
out:
	mg_vec_clear(&from);
	mg_set_clear(&needed);
	return rc;
}

static bool
has_default(const mg_node *n)
{
	return strcmp(n->op_name, "PlaceholderWithDefault") == 0;
}

/* The saver's file name is a placeholder too, but never one of a training step. */
static int
unfed(const nodes *list, const int *columns, const char *path, mgreg_error *err)
{
	int n = 0;

	for (size_t i = 0; i < list->len; i++)
		n += !has_default(list->at[i]) && (!columns || columns[i] < 0);
	if (n == 0)
		return 0;
	if (path)
		mg_fail_because(err, MGREG_NOT_FOUND, MGREG_REASON_NOT_FOUND, "'%s' has no column for %d of the graph's inputs; map them", path, n);
	else
		mg_fail_because(err, MGREG_FAILED_PRECONDITION, MGREG_REASON_USAGE, "the graph has %d inputs and no data was given", n);
	for (size_t i = 0; i < list->len; i++)
		if (!has_default(list->at[i]) && (!columns || columns[i] < 0))
			mg_error_item(err, "%s", list->at[i]->name);
	return path ? MGREG_NOT_FOUND : MGREG_FAILED_PRECONDITION;
}

/* The number of rows that a placeholder's static shape insists on, 0: any. */
static int64_t
fixed_rows(const mg_node *n)
{
	const mg_shape *s = &n->shapes[0];

	return s->rank > 0 && mg_shape_dim(s, 0) > 0 ? mg_shape_dim(s, 0) : 0;
}

static int
bind(mg_feeder *f, const nodes *list, const char *path, const char *const *map, int map_count, int64_t *batch, mgreg_error *err)
{
	const char **names = mg_arena_zalloc(&f->arena, list->len + 1, sizeof *names);
	int *columns = mg_arena_zalloc(&f->arena, list->len + 1, sizeof *columns), rc;

	f->to = mg_arena_zalloc(&f->arena, list->len + 1, sizeof *f->to);
	f->columns = mg_arena_zalloc(&f->arena, list->len + 1, sizeof *f->columns);
	f->values = mg_arena_zalloc(&f->arena, list->len + 1, sizeof *f->values);
	if (!names || !columns || !f->to || !f->columns || !f->values)
		return mg_fail_nomem(err, 0);
	for (size_t i = 0; i < list->len; i++)
		names[i] = list->at[i]->name;
	if ((rc = mg_data_bind(f->data, names, (int)list->len, map, map_count, columns, err)) != 0
	    || (rc = unfed(list, columns, path, err)) != 0)
		return rc;
	for (size_t i = 0; i < list->len; i++) {
		if (columns[i] < 0)
			continue;
		f->to[f->count] = MG_OUTPUT(list->at[i], 0);
		f->columns[f->count++] = (size_t)columns[i];
		if (*batch == 0)
			*batch = fixed_rows(list->at[i]);
	}
	return 0;
}

int
mg_feeder_open(mg_feeder *f, mg_live *live, mg_node *const *targets, int target_count, const mg_output *fetches, int fetch_count,
	const mg_overrides *overrides, const char *path, const char *const *map, int map_count, int64_t batch, uint64_t seed,
	bool training, mgreg_error *err)
{
	nodes list = { 0 };
	int rc;

	*f = (mg_feeder){ 0 };
	MG_TRY(needed_placeholders(live, targets, target_count, fetches, fetch_count, overrides, &list, err));
	if (!path) {
		rc = unfed(&list, NULL, NULL, err);
		goto out;
	}
	MG_TRY(mg_data_open(&f->data, path, err));
	MG_TRY(bind(f, &list, path, map, map_count, &batch, err));
	MG_TRY(mg_order_init(&f->order, mg_data_rows(f->data), batch, seed, training, !training, err));
out:
	mg_vec_clear(&list);
	if (rc)
		mg_feeder_close(f);
	return rc;
}

static void
drop_values(mg_feeder *f)
{
	for (int i = 0; i < f->count; i++)
		mg_tensor_clear(&f->values[i]);
}

void
mg_feeder_close(mg_feeder *f)
{
	drop_values(f);
	if (f->data) {
		mg_order_clear(&f->order);
		mg_data_close(f->data);
	}
	mg_arena_clear(&f->arena);
	*f = (mg_feeder){ 0 };
}

int
mg_feeder_next(mg_feeder *f, mg_feed *feeds, int *feed_count, int64_t *rows, bool *ends, mgreg_error *err)
{
	const int64_t *chosen;
	int64_t n;
	int rc;

	*rows = 0;
	*ends = false;
	if (!f->data)
		return 0;
	drop_values(f);
	if ((rc = mg_order_next(&f->order, &chosen, &n, ends, err)) != 0)
		return rc;
	for (int i = 0; i < f->count; i++) {
		if ((rc = mg_data_take(f->data, f->columns[i], chosen, n, mg_output_type(f->to[i]), mg_output_shape(f->to[i]), &f->values[i], err)) != 0)
			return mg_wrap(err, rc, "input '%s'", f->to[i].node->name);
		feeds[(*feed_count)++] = (mg_feed){ f->to[i], &f->values[i] };
	}
	*rows = n;
	return 0;
}
