/* SPDX-License-Identifier: Apache-2.0 */
/*
 * eval.c - tensors of a stored version over data: means weighted by rows, so that a short last batch counts with the rows
 * it has; into the store as metrics bound to the version, if asked.
 */
#include "base/base.h"
#include "base/clock.h"
#include "registry/training.h"

typedef struct evaluation {
	mg_store                 *store;
	const mgreg_eval_options *o;
	mg_live                  *live;
	mg_arena                  arena;
	mg_output                *fetches;
	mg_tensor                *results;
	double                   *sums;
	mg_feed                  *feeds;
	mg_feeder                 feeder;
	int64_t                   rows;
} evaluation;

static int
set_up(evaluation *e, const char *ref, mgreg_error *err)
{
	int n = e->o->fetch_count, rc;
	mg_load_options o;

	if (n == 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "nothing to evaluate: name the tensors to fetch");
	mg_training_load_options(e->o->live, &o);
	MG_TRY(mg_live_load(&e->live, e->store, ref, &o, err));
	if (e->o->live && e->o->live->deadline > 0)
		mg_session_set_deadline(e->live->session, e->o->live->deadline);
	e->fetches = mg_arena_zalloc(&e->arena, (size_t)n, sizeof *e->fetches);
	e->results = mg_arena_zalloc(&e->arena, (size_t)n, sizeof *e->results);
	e->sums = mg_arena_zalloc(&e->arena, (size_t)n, sizeof *e->sums);
	if (!e->fetches || !e->results || !e->sums) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	for (int i = 0; i < n; i++)
		MG_TRY(mgreg_live_find(e->live, e->o->fetch[i], &e->fetches[i], err));
	MG_TRY(mg_feeder_open(&e->feeder, e->live, NULL, 0, e->fetches, n, NULL, e->o->data, e->o->feed_map, e->o->feed_map_count, e->o->batch, 0,
		false, err));
	if (!(e->feeds = mg_arena_zalloc(&e->arena, (size_t)e->feeder.count + 1, sizeof *e->feeds)))
		rc = mg_fail_nomem(err, 0);
out:
	return rc;
}

/* Mean over the elements; booleans are 0 and 1. */
static int
mean_of(const mg_tensor *t, const char *name, double *out, mgreg_error *err)
{
	double sum = 0, v;

	for (int64_t i = 0; i < t->count; i++) {
		if (!mg_tensor_as_double(t, i, &v))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "'%s' is %s: it has no mean", name, mg_dtype_name(t->dtype));
		sum += v;
	}
	if (t->count == 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "'%s' is empty: it has no mean", name);
	*out = sum / (double)t->count;
	return 0;
}

static int
one_batch(evaluation *e, bool *ends, mgreg_error *err)
{
	int feeds = 0, n = e->o->fetch_count, rc;
	int64_t rows;
	double mean = 0;

	MG_TRY(mg_feeder_next(&e->feeder, e->feeds, &feeds, &rows, ends, err));
	MG_TRY(mg_session_run(e->live->session, e->feeds, feeds, e->fetches, n, NULL, 0, e->results, err));
	for (int i = 0; i < n; i++) {
		MG_TRY(mean_of(&e->results[i], e->o->fetch[i], &mean, err));
		e->sums[i] += mean * (double)(e->feeder.data ? rows : 1);
	}
	e->rows += rows;
	if (!e->feeder.data)
		*ends = true;
	if (e->o->progress && e->o->progress(e->o->ctx, e->rows, e->feeder.data ? mg_data_rows(e->feeder.data) : 0) != 0)
		rc = mg_fail(err, MGREG_CANCELLED, "evaluation was stopped after %lld rows", (long long)e->rows);
	if (rc == 0 && mg_flag_is_set(e->o->cancel))
		rc = mg_fail(err, MGREG_CANCELLED, "evaluation was cancelled after %lld rows", (long long)e->rows);
out:
	for (int i = 0; i < n; i++)
		mg_tensor_clear(&e->results[i]);
	return rc;
}

/* As metrics "eval/<name>"; what nobody declared a direction for gets the one its name suggests, so that `best:` works. */
static int
record(evaluation *e, const double *results, mgreg_error *err)
{
	const mg_version_info *v = &e->live->version;
	mg_point *points = mg_arena_zalloc(&e->arena, (size_t)e->o->fetch_count, sizeof *points);
	int64_t now = mg_now_ms();
	bool declared, higher;
	int rc = 0;

	if (!points)
		return mg_fail_nomem(err, 0);
	for (int i = 0; i < e->o->fetch_count; i++) {
		points[i] = (mg_point){ .has_step = v->has_step, .step = v->step, .value = results[i], .wall_time = now, .version_id = v->id };
		if (!(points[i].name = mg_arena_printf(&e->arena, "eval/%s", e->o->fetch[i])))
			return mg_fail_nomem(err, 0);
	}
	MG_TRY(mg_txn_begin(e->store, err));
	rc = mg_metric_add(e->store, v->run_id, points, (size_t)e->o->fetch_count, err);
	for (int i = 0; i < e->o->fetch_count && rc == 0; i++) {
		rc = mg_metric_direction(e->store, points[i].name, &declared, &higher, err);
		if (rc == 0 && !declared)
			rc = mg_metric_declare(e->store, points[i].name, mg_metric_guess_higher(e->o->fetch[i]), err);
	}
	rc = mg_txn_end(e->store, rc, err);
out:
	return rc;
}

/* All batches, with the graph's input threads where the fetches wait for a queue. */
static int
all_batches(evaluation *e, mgreg_error *err)
{
	mg_node **nodes = mg_arena_zalloc(&e->arena, (size_t)e->o->fetch_count + 1, sizeof *nodes);
	mgreg_coordinator *input;
	bool ends = false;
	int rc;

	if (!nodes)
		return mg_fail_nomem(err, 0);
	for (int i = 0; i < e->o->fetch_count; i++)
		nodes[i] = e->fetches[i].node;
	if ((rc = mg_input_begin(e->live->session, nodes, e->o->fetch_count, &input, err)) != 0)
		return rc;
	while (rc == 0 && !ends)
		rc = one_batch(e, &ends, err);
	return mg_input_end(input, rc, err);
}

static int
evaluate(evaluation *e, double *results, mgreg_error *err)
{
	mg_watcher watcher = { 0 };
	mg_str trace = MG_STR_INIT;
	int rc = 0;

	if (e->o->trace)
		MG_TRY(mg_session_trace_begin(e->live->session, err));
	MG_TRY(mg_watcher_start(&watcher, e->o->cancel, e->live->session, err));
	MG_TRY(all_batches(e, err));
	mg_watcher_stop(&watcher);
	for (int i = 0; i < e->o->fetch_count; i++)
		results[i] = e->sums[i] / (double)(e->feeder.data ? e->rows : 1);
	if (e->o->record)
		MG_TRY(record(e, results, err));
	if (e->o->trace) {
		MG_TRY(mg_session_trace_take(e->live->session, &trace, err));
		*e->o->trace = mg_str_take(&trace, NULL);
	}
out:
	mg_watcher_stop(&watcher);
	mg_str_clear(&trace);
	return rc;
}

int
mgreg_eval(mgreg_store *store, const char *ref, const mgreg_eval_options *options, double *results, int64_t *rows,
	mgreg_version_info *version, mgreg_error *err)
{
	evaluation e = { .store = store, .o = options };
	int rc;

	assert(options->size == sizeof *options);
	MG_TRY(set_up(&e, ref, err));
	MG_TRY(evaluate(&e, results, err));
	if (rows)
		*rows = e.rows;
	if (version)
		*version = e.live->version;
out:
	mg_feeder_close(&e.feeder);
	mg_live_free(e.live);
	mg_arena_clear(&e.arena);
	return rc;
}
