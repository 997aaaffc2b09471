/* SPDX-License-Identifier: Apache-2.0 */
/*
 * train.c - steps over the train op of a stored version, saved as new versions.
 *
 * The loop owns nothing durable: whatever ends the process leaves the store at the last version that was committed, and
 * that version knows how to go on exactly (resume.c).
 */
#include "base/base.h"
#include <math.h>
#include "base/clock.h"
#include "base/file.h"
#include "base/path.h"
#include "registry/training.h"
#include "train/train.h"

enum { POINTS_AT_ONCE = 4096 };
#define BEAT_SECONDS 5.0                /* heartbeat of the session, points written */

/* ---- one training ---- */

/* Has a metric run away?  Its running mean against the least it has been. */
typedef struct trend { double mean, least; int64_t n; } trend;

typedef struct training {
	mg_store                  *store;
	const mgreg_train_options *o;
	mg_live                   *live;
	mg_arena                   arena;
	mg_node                   *train_op;
	mg_output                 *fetches;     /* the metrics; or, without any, what loss.c found: added up they are the loss */
	int                        fetch_count;
	const char *const         *names;       /* of the metrics that are shown and looked at */
	int                        shown;
	double                    *values;      /* of the last step, SHOWN of them */
	trend                     *trends;
	mg_tensor                 *results;
	mg_feed                   *feeds;
	int                        fixed_feeds; /* of the overrides, first in FEEDS */
	mg_overrides               overrides;
	mg_feeder                  feeder;
	mg_resume                  resume;
	uint64_t                   seed;
	json_t                    *given;
	/* where it goes */
	int64_t                    run_id, session_id, ordinal;
	mg_store_target            target;
	mg_save_target             files, both;
	bool                       has_tee;
	mg_version_info            parent;
	const char                *relation;
	/* where it is */
	mg_output                  step_output; /* node NULL: counted here */
	bool                       step_is_variable;
	int64_t                    start, step, steps, saves, saved_step, planned;
	double                     began, beat, last_save;
	MG_VEC(mg_point)           points;      /* not written yet; those of the last step at the end */
	size_t                     last_points; /* how many of them are of the last step */
	mg_watcher                 watcher;
	bool                       cancelled, cut;
} training;

/* ---- setting up ---- */

static int
find_train_op(training *t, mgreg_error *err)
{
	mg_graph *g = t->live->graph;
	const mg_item *item;

	if (t->o->train_op)
		return mg_training_node(t->live, t->o->train_op, &t->train_op, err);
	item = mg_collection_count(g, "train_op") ? mg_collection_item(g, "train_op", 0) : NULL;
	if (item && item->kind == MG_ITEM_NODE)
		t->train_op = item->node;
	else if (item && item->kind == MG_ITEM_TENSOR)
		t->train_op = item->tensor.node;
	if (!t->train_op)
		return mg_fail(err, MGREG_NOT_FOUND, "%s has no train op: its collection train_op is empty (extend it with --minimize, or name a node)",
			t->live->version.ref);
	return 0;
}

/* Without metrics the graph's own loss is shown, and stopped on, but not recorded. */
static int
find_loss(training *t, mgreg_error *err)
{
	static const char *const name[] = { "loss" };
	int rc;

	if (!t->o->show_loss && !t->o->stop_on)
		return 0;
	if ((rc = mg_training_loss(t->live->graph, t->train_op, &t->arena, &t->fetches, &t->fetch_count, err)) != 0)
		return rc;
	t->names = name;
	t->shown = t->fetch_count > 0;
	return 0;
}

static int
find_metrics(training *t, mgreg_error *err)
{
	int n = t->o->metric_count, rc;

	t->fetches = mg_arena_zalloc(&t->arena, (size_t)n + 1, sizeof *t->fetches);
	t->values = mg_arena_zalloc(&t->arena, (size_t)n + 1, sizeof *t->values);
	t->trends = mg_arena_zalloc(&t->arena, (size_t)n + 1, sizeof *t->trends);
	if (!t->fetches || !t->values || !t->trends)
		return mg_fail_nomem(err, 0);
	t->names = t->o->metrics;
	t->shown = t->fetch_count = n;
	for (int i = 0; i < n; i++) {
		if ((rc = mgreg_live_find(t->live, t->o->metrics[i], &t->fetches[i], err)) != 0)
			return mg_wrap(err, rc, "metric '%s'", t->o->metrics[i]);
		if (mg_output_shape(t->fetches[i])->rank > 0)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "metric '%s' is not a scalar", t->o->metrics[i]);
	}
	if (n == 0 && (rc = find_loss(t, err)) != 0)
		return rc;
	if (!(t->results = mg_arena_zalloc(&t->arena, (size_t)t->fetch_count + 2, sizeof *t->results)))
		return mg_fail_nomem(err, 0);
	if (t->o->stop_on && t->shown == 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "stopping on numbers needs metrics to look at: the graph's collections name no loss");
	return 0;
}

static bool
is_set_anew(const mgreg_train_options *o, const char *pair)
{
	size_t n = strcspn(pair, "=") + 1;

	for (int i = 0; i < o->set_count; i++)
		if (strncmp(o->set[i], pair, n) == 0)
			return true;
	return false;
}

/* What was set when the version was made still holds, unless it is set anew. */
static int
find_overrides(training *t, mgreg_error *err)
{
	const char **old = NULL, **all;
	int old_count = 0, n = 0, rc;

	if ((rc = mg_resume_settings(&t->resume, &t->arena, &old, &old_count, err)) != 0)
		return rc;
	if (!(all = mg_arena_zalloc(&t->arena, (size_t)(old_count + t->o->set_count) + 1, sizeof *all)))
		return mg_fail_nomem(err, 0);
	for (int i = 0; i < old_count; i++)
		if (!is_set_anew(t->o, old[i]))
			all[n++] = old[i];
	for (int i = 0; i < t->o->set_count; i++)
		all[n++] = t->o->set[i];
	return mg_overrides_find(&t->overrides, t->live, t->train_op, all, n, err);
}

static int
choose_seed(training *t, mgreg_error *err)
{
	if (t->o->has_seed)
		t->seed = t->o->seed;
	else if (t->o->fresh_random)
		return mg_random_bytes(&t->seed, 7, err);       /* 56 bits: a positive number in any JSON */
	else if (t->resume.has_seed)
		t->seed = t->resume.seed;
	return 0;
}

/* Variables and random state as the version has them, or new ones. */
static int
load(training *t, const char *ref, mgreg_error *err)
{
	mg_load_options o;
	int rc;

	mg_training_load_options(t->o->live, &o);
	o.no_init = true;       /* seeds come first */
	MG_TRY(mg_live_load(&t->live, t->store, ref, &o, err));
	if (t->o->live && t->o->live->deadline > 0)
		mg_session_set_deadline(t->live->session, t->o->live->deadline);
	MG_TRY(mg_resume_read(&t->resume, t->store, t->live->version.id, err));
	MG_TRY(choose_seed(t, err));
	if (t->o->has_seed)
		MG_TRY(mg_seed_random(t->live, t->seed, err));
	else if (!t->o->fresh_random)
		MG_TRY(mg_resume_random(&t->resume, t->live->session, err));
	if (!t->live->version.has_weights)
		MG_TRY(mg_live_initialize(t->live, err));
	if (!t->live->saver)
		rc = mg_fail(err, MGREG_FAILED_PRECONDITION, "%s has no variables: there is nothing to train or save", t->live->version.ref);
out:
	return rc;
}

static int
open_feeds(training *t, mgreg_error *err)
{
	int n = 0, rc;

	MG_TRY(mg_feeder_open(&t->feeder, t->live, &t->train_op, 1, t->fetches, t->fetch_count, &t->overrides, t->o->data, t->o->feed_map,
		t->o->feed_map_count, t->o->batch, t->seed, true, err));
	if (t->feeder.data && !t->o->has_seed && !t->o->fresh_random && t->resume.present && mg_resume_same_data(&t->resume, t->feeder.data))
		MG_TRY(mg_order_seek(&t->feeder.order, t->resume.epoch, t->resume.position, err));
	for (int i = 0; i < t->overrides.count; i++)
		n += t->overrides.at[i].count;
	if (!(t->feeds = mg_arena_zalloc(&t->arena, (size_t)(n + t->feeder.count) + 1, sizeof *t->feeds))) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	for (int i = 0; i < t->overrides.count; i++)
		for (int k = 0; k < t->overrides.at[i].count; k++)
			t->feeds[t->fixed_feeds++] = (mg_feed){ t->overrides.at[i].to[k], &t->overrides.at[i].values[k] };
out:
	return rc;
}

static int
read_given(training *t, mgreg_error *err)
{
	mg_str text = MG_STR_INIT;
	int rc;

	MG_TRY(mg_version_text(t->store, t->live->version.id, "given_hparams", &text, err));
	if (text.len)
		MG_TRY(mg_json_parse(text.ptr, text.len, &t->given, err));
	else if (!(t->given = json_object()))
		rc = mg_fail_nomem(err, 0);
	if (rc == 0)
		rc = mg_overrides_to_json(&t->overrides, t->given, err);
out:
	mg_str_clear(&text);
	return rc;
}

/* ---- the global step ---- */

static bool
is_variable_op(const mg_node *n)
{
	return strcmp(n->op_name, "VariableV2") == 0 || strcmp(n->op_name, "Variable") == 0 || strcmp(n->op_name, "VarHandleOp") == 0;
}

static int
read_step(training *t, int64_t *out, mgreg_error *err)
{
	mg_tensor v = { 0 };
	double step;
	int rc;

	if (!t->step_output.node) {
		*out = t->start + t->steps;
		return 0;
	}
	if (t->step_is_variable)
		rc = mg_session_variable_get(t->live->session, t->step_output.node->name, &v, err);
	else
		rc = mg_session_run(t->live->session, NULL, 0, &t->step_output, 1, NULL, 0, &v, err);
	if (rc == 0 && (!mg_dtype_is_integer(v.dtype) || !mg_tensor_as_double(&v, 0, &step)))
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "global step '%s' is no integer", t->step_output.node->name);
	if (rc == 0)
		*out = (int64_t)step;
	mg_tensor_clear(&v);
	return mg_wrap(err, rc, "global step");
}

static int
find_step(training *t, mgreg_error *err)
{
	int rc;

	if ((rc = mg_global_step_find(t->live->graph, &t->step_output, err)) != 0)
		return rc;
	t->step_is_variable = t->step_output.node && is_variable_op(t->step_output.node);
	t->start = t->live->version.has_step ? t->live->version.step : 0;
	if ((rc = read_step(t, &t->start, err)) != 0)
		return rc;
	t->step = t->start;
	t->saved_step = t->live->version.has_weights ? t->start : -1;
	return 0;
}

/* How many steps are asked for, where that is known beforehand. */
static int
plan_steps(training *t, mgreg_error *err)
{
	const mgreg_train_options *o = t->o;

	if ((o->steps > 0) + (o->until_step > 0) + (o->epochs > 0) != 1)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "how long: one of steps, until_step and epochs");
	if (o->epochs > 0 && !t->feeder.data)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "epochs need data");
	if (o->steps > 0)
		t->planned = o->steps;
	else if (o->epochs > 0)
		t->planned = o->epochs * mg_order_batches(&t->feeder.order);
	else
		t->planned = MG_MAX(o->until_step - t->start, 0);
	return 0;
}

/* ---- the run ---- */

static int
describe_environment(training *t, mg_str *out, mgreg_error *err)
{
	json_t *o = json_pack("{s:s, s:I, s:i}", "mgreg", mgreg_version(), "seed", (json_int_t)t->seed, "cpus", mg_cpu_count());
	int rc = o ? mg_json_format(o, out, err) : mg_fail_nomem(err, 0);

	json_decref(o);
	return rc;
}

static int
open_run(training *t, mgreg_error *err)
{
	const mg_version_info *v = &t->live->version;
	bool fork = t->o->run && strcmp(t->o->run, v->run) != 0, created = true;
	mg_str env = MG_STR_INIT, old = MG_STR_INIT, policy = MG_STR_INIT;
	mg_new_run fresh = { .from_version_id = v->id };
	int rc;

	t->relation = fork ? "forked" : "continued";
	t->run_id = v->run_id;
	MG_TRY(describe_environment(t, &env, err));
	if (t->o->keep)
		MG_TRY(mg_policy_parse(t->o->keep, &policy, err));
	fresh.env = env.ptr;
	if (fork) {
		if (!mg_name_is_valid(t->o->run, strlen(t->o->run))) {
			rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "'%s' cannot be the name of a run", t->o->run);
			goto out;
		}
		MG_TRY(mg_run_create(t->store, v->model_id, t->o->run, &fresh, &t->run_id, &created, err));
		if (!created) {
			rc = mg_fail(err, MGREG_ALREADY_EXISTS, "run '%s/%s' exists already: continue it by its own name", v->model, t->o->run);
			goto out;
		}
	} else {
		MG_TRY(mg_run_text(t->store, t->run_id, "env", &old, err));
		if (old.len <= 2)
			MG_TRY(mg_run_set_text(t->store, t->run_id, "env", env.ptr, err));
	}
	if (policy.len)
		MG_TRY(mg_run_set_text(t->store, t->run_id, "policy", policy.ptr, err));
	MG_TRY(mg_run_session_begin(t->store, t->run_id, v->id, v->has_weights, t->start, &t->session_id, &t->ordinal, err));
out:
	mg_str_clear(&env);
	mg_str_clear(&old);
	mg_str_clear(&policy);
	return rc;
}

static int
record_inputs(training *t, mgreg_error *err)
{
	const mg_data_file *files;
	size_t n;
	int rc;

	if (!t->feeder.data)
		return 0;
	if ((rc = mg_data_files(t->feeder.data, &files, &n, err)) != 0)
		return rc;
	for (size_t i = 0; i < n && rc == 0; i++) {
		mg_new_input in = { .role = "data", .name = mg_path_basename(files[i].path), .uri = files[i].path, .has_size = true,
			.size = (int64_t)files[i].size, .sha256 = files[i].sha256 };

		rc = mg_input_set(t->store, t->run_id, &in, err);
	}
	return rc;
}

static int
open_targets(training *t, mgreg_error *err)
{
	char *path;
	int rc;

	mg_store_target_init(&t->target, &t->live->resolver);
	if (t->live->metagraph->n_asset_file_def)
		t->target.assets_from = t->live->version.id;
	if (!t->o->tee)
		return 0;
	if ((rc = mg_dir_create(t->o->tee, true, err)) != 0)
		return rc;
	if (!(path = mg_path_join(t->o->tee, "model")))
		return mg_fail_nomem(err, 0);
	rc = mg_target_files(&t->files, t->live->saver, path, err);
	mg_free(path);
	if (rc == 0)            /* which files an earlier session wrote there, and which are to go next */
		rc = mg_run_files_recall(t->store, t->run_id, t->o->tee, mg_target_files_keep(&t->files), err);
	if (rc == 0)
		rc = mg_target_tee(&t->both, &t->target.target, &t->files, err);
	t->has_tee = rc == 0;
	return rc;
}

/* ---- metrics ---- */

/* Writes the points that wait; those of the last step only if ALL, as a save may take them along. */
static int
write_points(training *t, bool all, mgreg_error *err)
{
	size_t n = all ? t->points.len : t->points.len - t->last_points;
	int rc = n ? mg_metric_add(t->store, t->run_id, t->points.at, n, err) : 0;

	if (rc == 0 && n > 0) {
		memmove(t->points.at, t->points.at + n, (t->points.len - n) * sizeof *t->points.at);
		t->points.len -= n;
		if (all)
			t->last_points = 0;
	}
	return rc;
}

static int
number_of(const mg_tensor *t, const char *name, double *out, mgreg_error *err)
{
	if (t->count == 1 && mg_tensor_as_double(t, 0, out))
		return 0;
	return mg_fail(err, MGREG_INVALID_ARGUMENT, "metric '%s' is no single number: %lld elements of %s", name, (long long)t->count,
		mg_dtype_name(t->dtype));
}

static int
take_metrics(training *t, mgreg_error *err)
{
	int64_t now = mg_now_ms();
	double v;
	int rc;

	t->last_points = 0;
	if (t->o->metric_count == 0)
		t->values[0] = 0;
	for (int i = 0; i < t->fetch_count; i++) {
		mg_point p = { .has_step = true, .step = t->step, .wall_time = now, .session = t->ordinal };

		if (t->o->metric_count == 0) {
			if ((rc = number_of(&t->results[i], t->names[0], &v, err)) != 0)
				return rc;
			t->values[0] += v;
			continue;
		}
		p.name = t->names[i];
		if ((rc = number_of(&t->results[i], p.name, &p.value, err)) != 0)
			return rc;
		t->values[i] = p.value;
		if (!mg_vec_push(&t->points, p))
			return mg_fail_nomem(err, 0);
		t->last_points++;
	}
	return 0;
}

static bool
runs_away(trend *d, double v)
{
	d->mean = d->n == 0 ? v : d->mean + (v - d->mean) * 0.1;
	d->n++;
	if (d->n <= 20 || d->mean < d->least)
		d->least = d->n == 1 ? d->mean : MG_MIN(d->least, d->mean);
	return d->n > 20 && d->mean > 10.0 * fabs(d->least) + 1.0;
}

/* NUMERIC if a metric does what training is to stop on. */
static int
check_numbers(training *t, mgreg_error *err)
{
	for (int i = 0; i < t->shown; i++) {
		double v = t->values[i];
		const char *what = NULL;

		if ((t->o->stop_on & MGREG_STOP_NAN) && isnan(v))
			what = "is NaN";
		else if ((t->o->stop_on & MGREG_STOP_INF) && isinf(v))
			what = "is infinite";
		else if ((t->o->stop_on & MGREG_STOP_DIVERGE) && (!isfinite(v) || runs_away(&t->trends[i], v)))
			what = "diverges";
		if (what)
			return mg_fail_because(err, MGREG_OUT_OF_RANGE, MGREG_REASON_NUMERIC, "metric '%s' %s at step %lld; the last version saved is %s",
				t->names[i], what, (long long)t->step, t->saves ? t->parent.ref : "the one trained on");
	}
	return 0;
}

/* ---- saving ---- */

static int
tell(training *t, const mg_version_info *saved)
{
	mgreg_train_progress p = { .steps = t->steps, .step = t->step, .target = t->planned, .metric_count = t->shown,
		.metric_names = t->names, .metrics = t->values, .seconds = mg_monotonic() - t->began, .saved = saved };

	return t->o->progress ? t->o->progress(t->o->ctx, &p) : 0;
}

static int
save(training *t, mgreg_error *err)
{
	mg_new_parent parent = { t->parent.id, t->relation };
	mg_new_metric *metrics = NULL;
	mg_str resume = MG_STR_INIT;
	mg_new_version *v = &t->target.version;
	int rc;

	MG_TRY(write_points(t, false, err));
	MG_TRY(mg_resume_write(t->live->session, &t->feeder, t->seed, &t->overrides, &resume, err));
	if (t->points.len && !(metrics = mg_calloc(t->points.len, sizeof *metrics))) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	for (size_t i = 0; i < t->points.len; i++)
		metrics[i] = (mg_new_metric){ t->points.at[i].name, t->points.at[i].value, true, t->step, t->points.at[i].wall_time,
			t->points.at[i].session };
	*v = (mg_new_version){ .run_id = t->run_id, .session_id = t->session_id, .resume = resume.ptr, .parents = &parent, .parent_count = 1,
		.metrics = metrics, .metric_count = t->points.len, .operation = "train" };
	t->target.given = t->given;
	MG_TRY(mg_saver_save(t->live->saver, t->live->session, t->has_tee ? &t->both : &t->target.target, true, t->step, true, err));
	t->parent = t->target.saved;
	t->relation = "continued";
	t->points.len = t->last_points = 0;
	t->saves++;
	t->saved_step = t->step;
	t->last_save = mg_monotonic();
	MG_TRY(mg_run_prune(t->store, t->run_id, &t->target.saved, mg_saver_record_of(t->live->saver), err));
	if (t->has_tee)
		MG_TRY(mg_run_files_remember(t->store, t->run_id, t->o->tee, mg_target_files_keep(&t->files), err));
	if (tell(t, &t->target.saved) != 0)
		t->cancelled = true;
out:
	mg_free(metrics);
	mg_str_clear(&resume);
	return mg_wrap(err, rc, "saving step %lld", (long long)t->step);
}

static bool
save_is_due(const training *t)
{
	return (t->o->save_every > 0 && t->steps % t->o->save_every == 0)
		|| (t->o->save_secs > 0 && mg_monotonic() - t->last_save >= t->o->save_secs);
}

/* ---- the loop ---- */

static int
one_step(training *t, mgreg_error *err)
{
	int feeds = t->fixed_feeds, rc;
	int64_t rows;
	bool ends;

	if ((rc = mg_feeder_next(&t->feeder, t->feeds, &feeds, &rows, &ends, err)) != 0)
		return rc;
	for (int i = 0; i < t->fetch_count; i++)
		mg_tensor_clear(&t->results[i]);
	rc = mg_session_run(t->live->session, t->feeds, feeds, t->fetches, t->fetch_count, &t->train_op, 1, t->results, err);
	if (rc)
		return rc;
	t->steps++;
	if ((rc = read_step(t, &t->step, err)) != 0 || (rc = take_metrics(t, err)) != 0)
		return rc;
	return check_numbers(t, err);
}

static bool
is_done(const training *t)
{
	if (t->o->until_step > 0)
		return t->step >= t->o->until_step;
	return t->steps >= t->planned;
}

static int
keep_alive(training *t, mgreg_error *err)
{
	double now = mg_monotonic();
	int rc = 0;

	if (t->points.len >= POINTS_AT_ONCE || now - t->beat >= BEAT_SECONDS)
		rc = write_points(t, false, err);
	if (rc == 0 && now - t->beat >= BEAT_SECONDS) {
		t->beat = now;
		rc = mg_run_session_beat(t->store, t->session_id, err);
	}
	return rc;
}

static int
loop(training *t, mgreg_error *err)
{
	int rc = 0;

	t->began = t->beat = t->last_save = mg_monotonic();
	while (!is_done(t) && !t->cancelled) {
		rc = one_step(t, err);
		if (rc) {
			if (rc == MGREG_CANCELLED && mg_flag_is_set(t->o->cancel)) {
				t->cut = t->cancelled = true;
				return 0;
			}
			return rc;
		}
		if (tell(t, NULL) != 0 || mg_flag_is_set(t->o->cancel))
			t->cancelled = true;
		else if (!is_done(t) && save_is_due(t))
			rc = save(t, err);
		if (rc == 0)
			rc = keep_alive(t, err);
		if (rc)
			return rc;
	}
	return 0;
}

static int
set_up(training *t, const char *ref, mgreg_error *err)
{
	int rc;

	MG_TRY(load(t, ref, err));
	t->parent = t->live->version;
	MG_TRY(find_train_op(t, err));
	MG_TRY(find_metrics(t, err));
	MG_TRY(find_overrides(t, err));
	MG_TRY(open_feeds(t, err));
	MG_TRY(read_given(t, err));
	MG_TRY(find_step(t, err));
	MG_TRY(plan_steps(t, err));
out:
	return rc;
}

static int
run_training(training *t, mgreg_error *err)
{
	mg_str trace = MG_STR_INIT;
	mgreg_coordinator *input = NULL;
	int rc;

	MG_TRY(open_run(t, err));
	MG_TRY(record_inputs(t, err));
	MG_TRY(open_targets(t, err));
	if (t->o->trace)
		MG_TRY(mg_session_trace_begin(t->live->session, err));
	MG_TRY(mg_watcher_start(&t->watcher, t->o->cancel, t->live->session, err));
	if ((rc = mg_input_begin(t->live->session, &t->train_op, 1, &input, err)) == 0) {
		bool queues = input != NULL;

		rc = mg_input_end(input, loop(t, err), err);
		if (queues && rc == MGREG_OUT_OF_RANGE && (!err || err->reason != MGREG_REASON_NUMERIC)) {      /* the input has ended */
			mg_error_clear(err);
			rc = 0;
		}
	}
	mg_watcher_stop(&t->watcher);
	if (rc == 0 && t->steps > 0 && !t->cut && t->step != t->saved_step && !(t->cancelled && t->o->no_save_on_exit))
		rc = save(t, err);
	if (t->o->trace && rc == 0 && (rc = mg_session_trace_take(t->live->session, &trace, err)) == 0)
		*t->o->trace = mg_str_take(&trace, NULL);
out:
	/* what was measured is told even if training failed */
	if (t->session_id) {
		write_points(t, true, rc ? NULL : err);
		mg_run_session_end(t->store, t->session_id, rc ? NULL : err);
	}
	mg_str_clear(&trace);
	return rc;
}

static void
tear_down(training *t)
{
	if (t->has_tee)
		mg_target_tee_free(&t->both);
	mg_target_files_free(&t->files);
	if (t->target.resolver)
		mg_store_target_clear(&t->target);
	for (int i = 0; t->results && i < t->fetch_count; i++)
		mg_tensor_clear(&t->results[i]);
	mg_feeder_close(&t->feeder);
	mg_overrides_clear(&t->overrides);
	mg_resume_clear(&t->resume);
	json_decref(t->given);
	mg_vec_clear(&t->points);
	mg_live_free(t->live);
	mg_arena_clear(&t->arena);
}

int
mgreg_train(mgreg_store *store, const char *ref, const mgreg_train_options *options, mgreg_train_result *out, mgreg_error *err)
{
	training *t = mg_calloc(1, sizeof *t);
	int rc;

	assert(options->size == sizeof *options);
	if (out)
		memset(out, 0, sizeof *out);
	if (!t)
		return mg_fail_nomem(err, sizeof *t);
	t->store = store;
	t->o = options;
	rc = set_up(t, ref, err);
	if (rc == 0 && !options->dry_run)
		rc = run_training(t, err);
	if (out) {
		out->steps = t->steps;
		out->first_step = t->start;
		out->last_step = t->step;
		out->saves = t->saves;
		out->seconds = t->began > 0 ? mg_monotonic() - t->began : 0;
		out->last = t->parent;
		out->cancelled = t->cancelled;
		out->step_cut = t->cut;
	}
	tear_down(t);
	mg_free(t);
	return rc;
}
