/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dataset_functions.c - data sets that call functions: Map, Filter, FlatMap, Interleave, GroupByWindow, Scan, TakeWhile.
 *
 * A function gets the parts of an element and then the captured arguments.  The parallel forms are the plain ones: they promise the
 * same order.
 */
#include "base/base.h"
#include "base/map.h"
#include "base/vec.h"
#include "runtime/dataset.h"
#include "runtime/kernels/k_common.h"

/* FUNCTION of N tensors and the captured ones; the results go to OUT (zero), which has room for COUNT. */
static int
call(const mg_dataset *d, mg_function *f, mg_kernel_ctx *k, const mg_tensor *args, int n, const mg_tensor *captured, int captured_count,
	mg_tensor *out, int count, mgreg_error *err)
{
	const mg_tensor **all = mg_calloc((size_t)(n + captured_count) + 1, sizeof(*all));
	int rc;

	if (!all)
		return mg_fail_nomem(err, 0);
	for (int i = 0; i < n; i++)
		all[i] = &args[i];
	for (int i = 0; i < captured_count; i++)
		all[n + i] = &captured[i];
	if (mg_function_result_count(f) != count)
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "the function of '%s' gives %d results, expected %d", d->kind->op, mg_function_result_count(f), count);
	else
		rc = mg_function_call(f, k, all, n + captured_count, out, err);
	mg_free(all);
	return rc;
}

static int
call_main(mg_walk *w, mg_kernel_ctx *k, const mg_tensor *args, mg_tensor *out, int count, mgreg_error *err)
{
	const mg_dataset *d = w->d;

	return call(d, d->function, k, args, d->in[0]->parts, d->tensors, d->captured, out, count, err);
}

/* The next element of input 0 as an array of its own; NULL at the end. */
static int
next_input(mg_walk *w, mg_kernel_ctx *k, mg_tensor **out, mgreg_error *err)
{
	int n = w->d->in[0]->parts, rc;
	mg_tensor *e = mg_calloc((size_t)n + 1, sizeof(*e));
	bool end;

	*out = NULL;
	if (!e)
		return mg_fail_nomem(err, 0);
	if ((rc = mg_walk_next(w->in[0], k, e, &end, err)) != 0 || end) {
		mg_free(e);
		return rc;
	}
	*out = e;
	return 0;
}

static void
drop_input(const mg_walk *w, mg_tensor *e)
{
	if (e)
		mg_drop_parts(e, w->d->in[0]->parts);
	mg_free(e);
}

static int
output_parts(mg_kernel_ctx *k, mg_dataset *d, mgreg_error *err)
{
	const Pb__AttrValue__ListValue *types;

	if (!mg_attr_get_list(mg_kernel_attrs(k), "output_types", &types))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "the dataset has no output_types");
	d->parts = (int)types->n_type;
	return 0;
}

/* ---- Map, MapAndBatch ---- */

static int
map_next(mg_walk *w, mg_kernel_ctx *k, mg_tensor *out, bool *end, mgreg_error *err)
{
	mg_tensor *e;
	int rc = next_input(w, k, &e, err);

	if (rc == 0 && (*end = e == NULL) == false)
		rc = call_main(w, k, e, out, w->d->parts, err);
	drop_input(w, e);
	return rc;
}

static int
map_batch_make(mg_kernel_ctx *k, mg_dataset *d, mgreg_error *err)
{
	int at = 1 + d->captured, last = mg_kernel_input_count(k) - 1, rc = output_parts(k, d, err);

	if (rc == 0)
		rc = mg_k_scalar(mg_kernel_input(k, at), "batch_size", &d->number[0], err);
	if (rc == 0 && (d->number[0] <= 0 || d->number[0] > (int64_t)1 << 26))
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "batch_size must be greater than zero");
	if (rc == 0)
		d->number[1] = mg_kernel_input(k, last)->dtype == MGREG_BOOL && MG_CDATA(mg_kernel_input(k, last), bool)[0];
	return rc;
}

static int
map_batch_next(mg_walk *w, mg_kernel_ctx *k, mg_tensor *out, bool *end, mgreg_error *err)
{
	size_t parts = (size_t)w->d->parts;
	MG_VEC(mg_tensor) list = { 0 };
	int64_t got = 0;
	bool over = false;
	int rc = 0;

	if ((*end = w->count))
		return 0;
	while (got < w->d->number[0] && !over) {
		if (!mg_vec_reserve(&list, list.len + parts)) {
			rc = mg_fail_nomem(err, 0);
			goto out;
		}
		memset(list.at + list.len, 0, parts * sizeof(*list.at));
		MG_TRY(map_next(w, k, list.at + list.len, &over, err));
		if (!over) {
			list.len += parts;
			got++;
		}
	}
	w->count = over;
	if ((*end = got == 0 || (over && w->d->number[1])))
		goto out;
	rc = mg_stack_elements(list.at, got, (int)parts, out, err);
out:
	mg_drop_parts(list.at, (int)list.len);
	mg_vec_clear(&list);
	return rc;
}

/* ---- Filter, TakeWhile ---- */

static int
same_parts(mg_kernel_ctx *k, mg_dataset *d, mgreg_error *err)
{
	(void)k, (void)err;
	d->parts = d->in[0]->parts;
	return 0;
}

static int
truth_of(const mg_tensor *t, bool *out, mgreg_error *err)
{
	if (t->dtype != MGREG_BOOL || t->count != 1)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "the predicate of a filter must return a scalar bool");
	*out = *MG_CDATA(t, bool);
	return 0;
}

static int
filtered(mg_walk *w, mg_kernel_ctx *k, bool stop, mg_tensor *out, bool *end, mgreg_error *err)
{
	for (;;) {
		mg_tensor yes = { 0 };
		bool keep = false;
		int rc;

		if ((*end = w->count) || (rc = mg_walk_next(w->in[0], k, out, end, err)) != 0 || *end)
			return *end ? 0 : rc;
		if ((rc = call_main(w, k, out, &yes, 1, err)) == 0)
			rc = truth_of(&yes, &keep, err);
		mg_tensor_clear(&yes);
		if (rc || keep)
			return rc;
		mg_drop_parts(out, w->d->parts);
		w->count = stop;
	}
}

static int
filter_next(mg_walk *w, mg_kernel_ctx *k, mg_tensor *out, bool *end, mgreg_error *err)
{
	return filtered(w, k, false, out, end, err);
}

static int
take_while_next(mg_walk *w, mg_kernel_ctx *k, mg_tensor *out, bool *end, mgreg_error *err)
{
	return filtered(w, k, true, out, end, err);
}

/* The last part says whether the element stays, and goes. */
static int
by_last_make(mg_kernel_ctx *k, mg_dataset *d, mgreg_error *err)
{
	(void)k;
	d->parts = d->in[0]->parts - 1;
	return d->parts >= 0 ? 0 : mg_fail(err, MGREG_INVALID_ARGUMENT, "elements without parts cannot be filtered");
}

static int
by_last_next(mg_walk *w, mg_kernel_ctx *k, mg_tensor *out, bool *end, mgreg_error *err)
{
	for (;;) {
		mg_tensor *e;
		bool keep = false;
		int rc = next_input(w, k, &e, err);

		if (rc || (*end = e == NULL))
			return rc;
		if ((rc = truth_of(&e[w->d->parts], &keep, err)) == 0 && keep)
			for (int i = 0; i < w->d->parts; i++)
				mg_tensor_move(&out[i], &e[i]);
		drop_input(w, e);
		if (rc || keep)
			return rc;
	}
}

/* ---- FlatMap, Interleave ---- */

/* Begins the data set that the function makes of E. */
static int
begin_made(mg_walk *w, mg_kernel_ctx *k, mg_function *f, const mg_tensor *args, int n, const mg_tensor *captured, int captured_count, mg_walk **out,
	mgreg_error *err)
{
	mg_tensor made = { 0 };
	mg_dataset *d;
	int rc;

	MG_TRY(call(w->d, f, k, args, n, captured, captured_count, &made, 1, err));
	MG_TRY(mg_dataset_of(&made, &d, err));
	if (d->parts != w->d->parts) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "the function's dataset has elements of %d parts, expected %d", d->parts, w->d->parts);
		goto out;
	}
	MG_TRY(mg_walk_begin(out, d, err));
out:
	mg_tensor_clear(&made);
	return rc;
}

static int
flat_next(mg_walk *w, mg_kernel_ctx *k, mg_tensor *out, bool *end, mgreg_error *err)
{
	for (;;) {
		mg_walk *inner = w->state;
		mg_tensor *e;
		int rc;

		if (inner) {
			if ((rc = mg_walk_next(inner, k, out, end, err)) != 0 || !*end)
				return rc;
			mg_walk_end(inner);
			w->state = NULL;
		}
		if ((rc = next_input(w, k, &e, err)) != 0 || (*end = e == NULL))
			return rc;
		rc = begin_made(w, k, w->d->function, e, w->d->in[0]->parts, w->d->tensors, w->d->captured, &inner, err);
		drop_input(w, e);
		if (rc)
			return rc;
		w->state = inner;
	}
}

static void
flat_end(mg_walk *w)
{
	mg_walk_end(w->state);
}

static int
interleave_make(mg_kernel_ctx *k, mg_dataset *d, mgreg_error *err)
{
	int at = 1 + d->captured, rc = output_parts(k, d, err);

	if (rc == 0 && (rc = mg_k_scalar(mg_kernel_input(k, at), "cycle_length", &d->number[0], err)) == 0)
		rc = mg_k_scalar(mg_kernel_input(k, at + 1), "block_length", &d->number[1], err);
	if (rc == 0 && (d->number[0] <= 0 || d->number[1] <= 0 || d->number[0] > 65536))
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "cycle_length and block_length must be greater than zero");
	return rc;
}

static int
interleave_begin(mg_walk *w, mgreg_error *err)
{
	return (w->state = mg_calloc((size_t)w->d->number[0], sizeof(mg_walk *))) ? 0 : mg_fail_nomem(err, 0);
}

/* count: open ones; number[0]: place in the cycle, [1]: elements of the block, [2]: the input is over. */
static int
interleave_next(mg_walk *w, mg_kernel_ctx *k, mg_tensor *out, bool *end, mgreg_error *err)
{
	mg_walk **open = w->state;
	const mg_dataset *d = w->d;
	int rc;

	while (!w->number[2] || w->count > 0) {
		mg_walk **at = &open[w->number[0]];
		mg_tensor *e;

		if (*at) {
			if ((rc = mg_walk_next(*at, k, out, end, err)) != 0)
				return rc;
			if (!*end) {
				if (++w->number[1] < d->number[1])
					return 0;
				w->number[1] = 0;
				w->number[0] = (w->number[0] + 1) % d->number[0];
				return 0;
			}
			mg_walk_end(*at);
			*at = NULL;
			w->count--;
		} else if (!w->number[2]) {
			if ((rc = next_input(w, k, &e, err)) != 0)
				return rc;
			if ((w->number[2] = e == NULL))
				continue;
			rc = begin_made(w, k, d->function, e, d->in[0]->parts, d->tensors, d->captured, at, err);
			drop_input(w, e);
			if (rc)
				return rc;
			w->count++;
			continue;
		}
		w->number[1] = 0;
		w->number[0] = (w->number[0] + 1) % d->number[0];
	}
	*end = true;
	return 0;
}

static void
interleave_end(mg_walk *w)
{
	mg_walk **open = w->state;

	for (int64_t i = 0; open && i < w->d->number[0]; i++)
		mg_walk_end(open[i]);
	mg_free(open);
}

/* ---- Scan: the function carries a state ---- */

static int
scan_make(mg_kernel_ctx *k, mg_dataset *d, mgreg_error *err)
{
	const Pb__AttrValue__ListValue *types;
	int states, rc = output_parts(k, d, err);
	mg_tensor *grown;

	if (rc)
		return rc;
	if (!mg_attr_get_list(mg_kernel_attrs(k), "Tstate", &types))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "the dataset has no Tstate");
	states = (int)types->n_type;
	d->number[0] = states;
	/* the first of the "captured" ones are the initial state: inputs 1 .. */
	if (!(grown = mg_resize(d->tensors, (size_t)(d->captured + states) + 1, sizeof(*grown))))
		return mg_fail_nomem(err, 0);
	d->tensors = grown;
	memset(grown + d->captured, 0, (size_t)states * sizeof(*grown));
	d->tensor_count = d->captured + states;
	for (int i = 0; i < d->captured; i++)
		mg_tensor_clear(&d->tensors[i]);
	for (int i = 0; i < d->captured + states && rc == 0; i++) {
		int from = i < d->captured ? 1 + states + i : 1 + (i - d->captured);

		rc = mg_tensor_copy(&d->tensors[i], mg_kernel_input(k, from), err);
	}
	return rc;
}

static int
scan_begin(mg_walk *w, mgreg_error *err)
{
	const mg_dataset *d = w->d;
	mg_tensor *state = mg_calloc((size_t)d->number[0] + 1, sizeof(*state));
	int rc = 0;

	if (!(w->state = state))
		return mg_fail_nomem(err, 0);
	for (int i = 0; i < d->number[0] && rc == 0; i++)
		rc = mg_tensor_share(&state[i], &d->tensors[d->captured + i], err);
	return rc;
}

static int
scan_next(mg_walk *w, mg_kernel_ctx *k, mg_tensor *out, bool *end, mgreg_error *err)
{
	const mg_dataset *d = w->d;
	int states = (int)d->number[0], parts = d->in[0]->parts, rc = 0;
	mg_tensor *args = mg_calloc((size_t)(states + parts) + 1, sizeof(*args)), *results = mg_calloc((size_t)(states + d->parts) + 1, sizeof(*results));
	mg_tensor *state = w->state;

	if (!args || !results) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	MG_TRY(mg_walk_next(w->in[0], k, args + states, end, err));
	if (*end)
		goto out;
	for (int i = 0; i < states; i++)
		MG_TRY(mg_tensor_share(&args[i], &state[i], err));
	MG_TRY(call(d, d->function, k, args, states + parts, d->tensors, d->captured, results, states + d->parts, err));
	for (int i = 0; i < states; i++) {
		mg_tensor_clear(&state[i]);
		mg_tensor_move(&state[i], &results[i]);
	}
	for (int i = 0; i < d->parts; i++)
		mg_tensor_move(&out[i], &results[states + i]);
out:
	if (args)
		mg_drop_parts(args, states + parts);
	if (results)
		mg_drop_parts(results, states + d->parts);
	mg_free(args);
	mg_free(results);
	return rc;
}

static void
scan_end(mg_walk *w)
{
	if (w->state)
		mg_drop_parts(w->state, (int)w->d->number[0]);
	mg_free(w->state);
}

/* ---- GroupByWindow: elements of a key gather until there are as many as a window has, then become one data set ---- */

/* Captured: of the key function, the reduction, the size function; their counts in number[0..2]. */
static int
group_make(mg_kernel_ctx *k, mg_dataset *d, mgreg_error *err)
{
	static const char *const lists[] = { "Tkey_func_other_arguments", "Treduce_func_other_arguments", "Twindow_size_func_other_arguments" };
	const mg_attrs *attrs = mg_kernel_attrs(k);
	int total = mg_kernel_input_count(k) - 1, rc = output_parts(k, d, err);

	for (int i = 0; i < 3 && rc == 0; i++) {
		const Pb__AttrValue__ListValue *types;

		if (!mg_attr_get_list(attrs, lists[i], &types))
			rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "the dataset has no %s", lists[i]);
		else
			d->number[i] = (int64_t)types->n_type;
	}
	if (rc == 0)
		rc = mg_function_of_attr(d->session, attrs, "reduce_func", &d->functions[0], err);
	if (rc == 0)
		rc = mg_function_of_attr(d->session, attrs, "window_size_func", &d->functions[1], err);
	mg_drop_parts(d->tensors, d->tensor_count);
	mg_free(d->tensors);
	d->tensor_count = 0;
	if (!(d->tensors = mg_calloc((size_t)total + 1, sizeof(*d->tensors))))
		return mg_fail_nomem(err, 0);
	for (; d->tensor_count < total && rc == 0; d->tensor_count += rc == 0)
		rc = mg_tensor_copy(&d->tensors[d->tensor_count], mg_kernel_input(k, 1 + d->tensor_count), err);
	return rc;
}

typedef struct group {
	int64_t key, size;
	MG_VEC(mg_tensor) list;
	struct group *next;
} group;

typedef struct groups {
	group   *first;
	mg_walk *open;                  /* what the reduction made of the last full window */
} groups;

static void
group_free(group *g)
{
	mg_drop_parts(g->list.at, (int)g->list.len);
	mg_vec_clear(&g->list);
	mg_free(g);
}

static int
group_begin(mg_walk *w, mgreg_error *err)
{
	return (w->state = mg_calloc(1, sizeof(groups))) ? 0 : mg_fail_nomem(err, 0);
}

static int
number_of(mg_walk *w, mg_kernel_ctx *k, mg_function *f, const mg_tensor *args, int n, int first, int count, int64_t *out, mgreg_error *err)
{
	mg_tensor t = { 0 };
	int rc = call(w->d, f, k, args, n, w->d->tensors + first, count, &t, 1, err);

	if (rc == 0 && (t.dtype != MGREG_INT64 || t.count != 1))
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "the key and the window size must be scalar int64");
	if (rc == 0)
		*out = *MG_CDATA(&t, int64_t);
	mg_tensor_clear(&t);
	return rc;
}

/* The group of KEY, made with its size if it is new. */
static int
group_of(mg_walk *w, mg_kernel_ctx *k, int64_t key, group **out, mgreg_error *err)
{
	const mg_dataset *d = w->d;
	groups *all = w->state;
	group **at = &all->first;
	mg_tensor t = { 0 };
	int rc;

	while (*at && (*at)->key != key)
		at = &(*at)->next;
	if (!*at) {
		if (!(*at = mg_calloc(1, sizeof(**at))))
			return mg_fail_nomem(err, 0);
		(*at)->key = key;
		if ((rc = mg_tensor_init_dims(&t, MGREG_INT64, NULL, 0, err)) != 0)
			return rc;
		*MG_DATA(&t, int64_t) = key;
		rc = number_of(w, k, d->functions[1], &t, 1, (int)(d->number[0] + d->number[1]), (int)d->number[2], &(*at)->size, err);
		mg_tensor_clear(&t);
		if (rc)
			return rc;
		if ((*at)->size <= 0)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "window size must be greater than zero, but got %lld", (long long)(*at)->size);
	}
	*out = *at;
	return 0;
}

static int window_list_next(mg_walk *w, mg_kernel_ctx *k, mg_tensor *out, bool *end, mgreg_error *err);
static const mg_dataset_kind window_kind = { "_Window", NULL, NULL, window_list_next, NULL, 0, NULL, NULL };

static int
window_list_next(mg_walk *w, mg_kernel_ctx *k, mg_tensor *out, bool *end, mgreg_error *err)
{
	int rc = 0;

	(void)k;
	if ((*end = (w->count + 1) * w->d->parts > w->d->tensor_count))
		return 0;
	for (int i = 0; i < w->d->parts && rc == 0; i++)
		rc = mg_tensor_share(&out[i], &w->d->tensors[w->count * w->d->parts + i], err);
	w->count++;
	return rc;
}

/* Takes G out of the list and begins what the reduction makes of it. */
static int
reduce_group(mg_walk *w, mg_kernel_ctx *k, group *g, mgreg_error *err)
{
	const mg_dataset *d = w->d;
	groups *all = w->state;
	mg_tensor args[2] = { { 0 } };
	mg_dataset *window = NULL;
	group **at = &all->first;
	int rc;

	while (*at != g)
		at = &(*at)->next;
	*at = g->next;
	MG_TRY(mg_dataset_new(&window, d->session, &window_kind, d->in[0]->parts, err));
	window->tensors = g->list.at;
	window->tensor_count = (int)g->list.len;
	memset(&g->list, 0, sizeof(g->list));
	MG_TRY(mg_tensor_init_dims(&args[0], MGREG_INT64, NULL, 0, err));
	*MG_DATA(&args[0], int64_t) = g->key;
	mg_object_ref(&window->object);
	MG_TRY(mg_variant_of(&args[1], &window->object, err));
	rc = begin_made(w, k, d->functions[0], args, 2, d->tensors + d->number[0], (int)d->number[1], &all->open, err);
out:
	if (window)
		mg_object_unref(&window->object);
	mg_tensor_clear(&args[0]);
	mg_tensor_clear(&args[1]);
	group_free(g);
	return rc;
}

static int
group_next(mg_walk *w, mg_kernel_ctx *k, mg_tensor *out, bool *end, mgreg_error *err)
{
	const mg_dataset *d = w->d;
	size_t parts = (size_t)d->in[0]->parts;
	groups *all = w->state;

	for (;;) {
		mg_tensor *e = NULL;
		group *g = NULL;
		int64_t key;
		int rc;

		if (all->open) {
			if ((rc = mg_walk_next(all->open, k, out, end, err)) != 0 || !*end)
				return rc;
			mg_walk_end(all->open);
			all->open = NULL;
		}
		if (!w->number[0] && (rc = next_input(w, k, &e, err)) != 0)
			return rc;
		if (!e) {
			w->number[0] = true;
			if ((*end = all->first == NULL))
				return 0;
			if ((rc = reduce_group(w, k, all->first, err)) != 0)
				return rc;
			continue;
		}
		if ((rc = number_of(w, k, d->function, e, (int)parts, 0, (int)d->number[0], &key, err)) == 0 && (rc = group_of(w, k, key, &g, err)) == 0) {
			if (!mg_vec_reserve(&g->list, g->list.len + parts)) {
				rc = mg_fail_nomem(err, 0);
			} else {
				memcpy(g->list.at + g->list.len, e, parts * sizeof(*e));
				memset(e, 0, parts * sizeof(*e));
				g->list.len += parts;
			}
		}
		drop_input(w, e);
		if (rc == 0 && g->list.len >= parts * (size_t)g->size)
			rc = reduce_group(w, k, g, err);
		if (rc)
			return rc;
	}
}

static void
group_end(mg_walk *w)
{
	groups *all = w->state;

	while (all && all->first) {
		group *g = all->first;

		all->first = g->next;
		group_free(g);
	}
	if (all)
		mg_walk_end(all->open);
	mg_free(all);
}

#define MAP(op) { op, output_parts, NULL, map_next, NULL, 1, "f", "Targuments" }
#define MAP_BATCH(op) { op, map_batch_make, NULL, map_batch_next, NULL, 1, "f", "Targuments" }
#define INTERLEAVE(op) { op, interleave_make, interleave_begin, interleave_next, interleave_end, 1, "f", "Targuments" }
const mg_dataset_kind mg_dataset_functions[] = {
	MAP("MapDataset"), MAP("ParallelMapDataset"), MAP("ParallelMapDatasetV2"), MAP("ExperimentalMapDataset"),
	MAP_BATCH("MapAndBatchDataset"), MAP_BATCH("MapAndBatchDatasetV2"), MAP_BATCH("ExperimentalMapAndBatchDataset"),
	MAP_BATCH("ExperimentalNumaMapAndBatchDataset"),
	{ "FilterDataset", same_parts, NULL, filter_next, NULL, 1, "predicate", "Targuments" },
	{ "TakeWhileDataset", same_parts, NULL, take_while_next, NULL, 1, "predicate", "Targuments" },
	{ "ExperimentalTakeWhileDataset", same_parts, NULL, take_while_next, NULL, 1, "predicate", "Targuments" },
	{ "FilterByLastComponentDataset", by_last_make, NULL, by_last_next, NULL, 1, NULL, NULL },
	{ "FlatMapDataset", output_parts, NULL, flat_next, flat_end, 1, "f", "Targuments" },
	INTERLEAVE("InterleaveDataset"), INTERLEAVE("ParallelInterleaveDataset"), INTERLEAVE("ExperimentalParallelInterleaveDataset"),
	INTERLEAVE("ParallelInterleaveDatasetV2"), INTERLEAVE("ParallelInterleaveDatasetV3"), INTERLEAVE("ParallelInterleaveDatasetV4"),
	INTERLEAVE("LegacyParallelInterleaveDatasetV2"), INTERLEAVE("SloppyInterleaveDataset"),
	{ "ScanDataset", scan_make, scan_begin, scan_next, scan_end, 1, "f", "Targuments" },
	{ "ExperimentalScanDataset", scan_make, scan_begin, scan_next, scan_end, 1, "f", "Targuments" },
	{ "GroupByWindowDataset", group_make, group_begin, group_next, group_end, 1, "key_func", "Tkey_func_other_arguments" },
	{ "ExperimentalGroupByWindowDataset", group_make, group_begin, group_next, group_end, 1, "key_func", "Tkey_func_other_arguments" },
	{ .op = NULL }
};
