/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session.c - a graph, what its variables hold, and the plans that have been compiled for it.
 *
 * Runs may overlap: the maps are under one mutex, a plan lends each run to one caller at a time.  A graph may grow
 * between runs; plans look at nodes that exist and do not change any more.
 */
#include "base/base.h"
#include "base/map.h"
#include "runtime/runtime_internal.h"

#define IDLE_RUNS 4     /* finished runs a plan keeps */

int
mg_session_new(mg_session **out, mg_graph *graph, const mg_session_options *options, mgreg_error *err)
{
	mg_session_options none = { 0 };
	mg_session *s = mg_calloc(1, sizeof(*s));
	int rc = 0, mutexes = 0;

	if (!s)
		return mg_fail_nomem(err, sizeof(*s));
	if (!options)
		options = &none;
	s->graph = graph;
	s->top = s;
	s->no_optimize = options->no_optimize;
	mg_session_set_resolver(s, options->resolver);
	MG_TRY(mg_mutex_init(&s->mutex, err));
	mutexes++;
	MG_TRY(mg_mutex_init(&s->compile, err));
	mutexes++;
	MG_TRY(mg_mutex_init(&s->trace_mutex, err));
	mutexes++;
	MG_TRY(mg_mutex_init(&s->function_mutex, err));
	mutexes++;
	MG_TRY(mg_cache_new(&s->cache, options->memory_limit, err));
	MG_TRY(mg_pool_new(&s->pool, options->threads, err));
	for (int i = 0; i < options->root_count; i++)
		MG_TRY(mg_roots_add(&s->roots, options->roots[i], err));
out:
	if (rc == 0) {
		*out = s;
		return 0;
	}
	if (mutexes == 4) {
		mg_session_free(s);
		return rc;
	}
	if (mutexes > 2)
		mg_mutex_clear(&s->trace_mutex);
	if (mutexes > 1)
		mg_mutex_clear(&s->compile);
	if (mutexes > 0)
		mg_mutex_clear(&s->mutex);
	mg_free(s);
	return rc;
}

int
mg_session_new_below(mg_session **out, mg_session *top, mg_graph *graph, mgreg_error *err)
{
	mg_session *s = mg_calloc(1, sizeof(*s));
	mg_mutex *mutexes[] = { s ? &s->mutex : NULL, s ? &s->compile : NULL, s ? &s->trace_mutex : NULL, s ? &s->function_mutex : NULL };
	size_t made = 0;
	int rc = 0;

	if (!s)
		return mg_fail_nomem(err, sizeof(*s));
	s->graph = graph;
	s->top = top;
	s->no_optimize = top->no_optimize;
	s->resolver = top->resolver;
	s->cache = top->cache;
	s->pool = top->pool;
	for (; made < MG_COUNT(mutexes) && rc == 0; made += rc == 0)
		rc = mg_mutex_init(mutexes[made], err);
	if (rc) {
		while (made)
			mg_mutex_clear(mutexes[--made]);
		mg_free(s);
		return rc;
	}
	*out = s;
	return 0;
}

void
mg_session_free(mg_session *s)
{
	mg_map_item item;

	if (!s)
		return;
	for (void *it = NULL; (it = mg_map_next(&s->plans, it, &item)); )
		mg_plan_free(item.value);
	mg_map_clear(&s->plans);
	mg_functions_free(s);
	for (void *it = NULL; (it = mg_map_next(&s->resources, it, &item)); )
		mg_object_unref(item.value);
	mg_map_clear(&s->resources);
	for (void *it = NULL; (it = mg_map_next(&s->randoms, it, &item)); )
		mg_free(item.value);
	mg_map_clear(&s->randoms);
	mg_trace_free(s->trace);
	if (s->top == s) {
		mg_pool_free(s->pool);
		mg_cache_free(s->cache);
	}
	mg_roots_clear(&s->roots);
	mg_mutex_clear(&s->mutex);
	mg_mutex_clear(&s->compile);
	mg_mutex_clear(&s->trace_mutex);
	mg_mutex_clear(&s->function_mutex);
	mg_free(s);
}

mg_graph *
mg_session_graph(mg_session *s)
{
	return s->graph;
}

int
mg_session_add_root(mg_session *s, const char *dir, mgreg_error *err)
{
	int rc;

	mg_lock(&s->mutex);
	rc = mg_roots_add(&s->roots, dir, err);
	mg_unlock(&s->mutex);
	return rc;
}

void
mg_session_set_resolver(mg_session *s, const mg_resolver *resolver)
{
	if (resolver)
		s->resolver = *resolver;
	else
		mg_resolver_files(&s->resolver, &s->roots);
}

const mg_resolver *
mg_session_resolver(mg_session *s)
{
	return &s->resolver;
}

/* ---- finding the plan ---- */

#define KEY_SMALL 256
#define PLAN_LIMIT 256          /* plans that a session keeps */

/* The signature of a run: how many feeds, fetches and targets, then their node ids and outputs.  The order of feeds
 * counts too; callers repeat theirs. */
static size_t
write_key(int32_t *key, const mg_feed *feeds, int feed_count, const mg_output *fetches, int fetch_count, mg_node *const *targets, int target_count)
{
	size_t at = 0;

	key[at++] = feed_count;
	key[at++] = fetch_count;
	for (int i = 0; i < feed_count; i++) {
		key[at++] = feeds[i].to.node ? feeds[i].to.node->id : -1;
		key[at++] = feeds[i].to.index;
	}
	for (int i = 0; i < fetch_count; i++) {
		key[at++] = fetches[i].node ? fetches[i].node->id : -1;
		key[at++] = fetches[i].index;
	}
	for (int i = 0; i < target_count; i++)
		key[at++] = targets[i] ? targets[i]->id : -1;
	return at * sizeof(*key);
}

/* The plan of KEY, held for the caller until let_go(). */
static mg_plan *
look_up(mg_session *s, const int32_t *key, size_t size)
{
	mg_plan *p;

	mg_lock(&s->mutex);
	p = mg_map_findn(&s->plans, (const char *)key, size);
	if (p) {
		p->users++;
		p->used = ++s->clock;
	}
	mg_unlock(&s->mutex);
	return p;
}

static void
let_go(mg_session *s, mg_plan *p)
{
	mg_lock(&s->mutex);
	p->users--;
	mg_unlock(&s->mutex);
}

/* Keeps P, held for the caller, under KEY; what was not used for longest makes room.  Called with the session's mutex held.
 * *DROP: a plan that is no longer kept. */
static bool
keep_plan(mg_session *s, const int32_t *key, size_t size, mg_plan *p, mg_plan **drop)
{
	mg_map_item item, oldest = { 0 };

	p->users = 1;
	p->used = ++s->clock;
	*drop = NULL;
	if (s->plans.len >= PLAN_LIMIT) {
		for (void *it = NULL; (it = mg_map_next(&s->plans, it, &item)); ) {
			const mg_plan *at = item.value, *least = oldest.value;

			if (!at->users && (!least || at->used < least->used))
				oldest = item;
		}
		if (oldest.value) {
			*drop = oldest.value;
			mg_map_removen(&s->plans, oldest.key, oldest.key_len);
		}
	}
	return mg_map_setn(&s->plans, (const char *)key, size, p);
}

static int
find_plan(mg_session *s, const mg_feed *feeds, int feed_count, const mg_output *fetches, int fetch_count,
	mg_node *const *targets, int target_count, mg_plan **out, mgreg_error *err)
{
	int32_t small[KEY_SMALL], *key = small;
	size_t words = 2 + 2 * ((size_t)feed_count + (size_t)fetch_count) + (size_t)target_count, size;
	mg_plan *p;
	int rc = 0;

	if (words > KEY_SMALL && !(key = mg_calloc(words, sizeof(*key))))
		return mg_fail_nomem(err, words * sizeof(*key));
	size = write_key(key, feeds, feed_count, fetches, fetch_count, targets, target_count);
	p = look_up(s, key, size);
	if (!p) {
		mg_plan *drop = NULL;
		bool kept;

		mg_lock(&s->compile);
		p = look_up(s, key, size);
		if (!p && (rc = mg_plan_compile(&p, s, feeds, feed_count, fetches, fetch_count, targets, target_count, err)) == 0) {
			mg_lock(&s->mutex);
			kept = keep_plan(s, key, size, p, &drop);
			mg_unlock(&s->mutex);
			mg_plan_free(drop);
			if (!kept) {
				mg_plan_free(p);
				rc = mg_fail_nomem(err, size);
			}
		}
		mg_unlock(&s->compile);
	}
	if (key != small)
		mg_free(key);
	if (rc == 0)
		*out = p;
	return rc;
}

/* ---- running ---- */

static int
borrow_run(mg_plan *p, mg_run **out, mgreg_error *err)
{
	mg_run *r;
	int rc = 0;

	mg_lock(&p->mutex);
	if ((r = p->idle) != NULL)
		p->idle = r->next;
	else
		rc = mg_run_new(&r, p, err);
	if (rc == 0)
		p->active++;
	mg_unlock(&p->mutex);
	*out = r;
	return rc;
}

static void
give_back(mg_plan *p, mg_run *r, bool ok)
{
	mg_run *drop = NULL;
	int resting = 0;

	mg_lock(&p->mutex);
	p->active--;
	if (ok && r->sizes && !p->measured && !p->active) {
		/* The first run has told the sizes that shapes did not: plan the homes again.  Runs at rest have the old ones. */
		mg_memplan(p, r->sizes, NULL);
		p->measured = true;
		r->next = p->idle;
		drop = r;
		p->idle = NULL;
	} else {
		for (mg_run *i = p->idle; i; i = i->next)
			resting++;
		r->next = resting < IDLE_RUNS ? p->idle : NULL;
		if (resting < IDLE_RUNS)
			p->idle = r;
		else
			drop = r;
	}
	mg_unlock(&p->mutex);
	while (drop) {
		mg_run *next = drop->next;

		mg_run_free(drop);
		drop = next;
	}
}

int
mg_session_run(mg_session *s, const mg_feed *feeds, int feed_count, const mg_output *fetches, int fetch_count,
	mg_node *const *targets, int target_count, mg_tensor *results, mgreg_error *err)
{
	mg_plan *p;
	mg_run *r;
	int rc;

	if ((rc = find_plan(s, feeds, feed_count, fetches, fetch_count, targets, target_count, &p, err)) != 0)
		return rc;
	if ((rc = borrow_run(p, &r, err)) == 0) {
		rc = mg_run_execute(r, feeds, results, err);
		give_back(p, r, rc == 0);
	}
	let_go(s, p);
	return rc;
}

int
mg_session_compile(mg_session *s, mg_node *target, mgreg_error *err)
{
	mg_plan *p;
	int rc = find_plan(s, NULL, 0, NULL, 0, &target, 1, &p, err);

	if (rc == 0)
		let_go(s, p);
	return rc;
}

void
mg_session_set_deadline(mg_session *s, double seconds)
{
	atomic_store(&s->deadline, seconds);
}

void
mg_session_cancel(mg_session *s)
{
	atomic_fetch_add(&s->epoch, 1);
}
