/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prune.c - the policy of a run: which versions a save lets go.
 *
 * `tf` is TensorFlow's rule (saver/keep.c), one version per save, its state kept in the run.  mgreg's own rules let all
 * surplus go at once: a version stays if any rule keeps it.  The latest, pinned, aliased and leased ones always stay.  A
 * model's policy is that of every run that has none of its own; each run is looked at for itself.
 */
#include "base/base.h"
#include "base/clock.h"
#include "base/num.h"
#include "mgreg/history.h"
#include "registry/training.h"

/* ---- from text ---- */

static int
bad_policy(const char *text, mgreg_error *err)
{
	return mg_fail(err, MGREG_INVALID_ARGUMENT, "policy '%s': tf, or a list of last=N, hours=H, steps=N, best=METRIC:N", text);
}

static int
parse_rule(json_t *policy, mg_slice rule, const char *text, mgreg_error *err)
{
	const char *eq = memchr(rule.ptr, '=', rule.len);
	char value[256];
	size_t n;
	int64_t count;
	double hours;

	if (!eq || (n = rule.len - (size_t)(eq + 1 - rule.ptr)) == 0 || n >= sizeof value)
		return bad_policy(text, err);
	memcpy(value, eq + 1, n);
	value[n] = '\0';
	rule.len = (size_t)(eq - rule.ptr);
	if (mg_slice_eq(rule, "last") && mg_parse_i64(value, n, &count) && count > 0)
		return json_object_set_new(policy, "keep_last", json_integer(count)) ? mg_fail_nomem(err, 0) : 0;
	if (mg_slice_eq(rule, "steps") && mg_parse_steps(value, &count) && count > 0)
		return json_object_set_new(policy, "keep_every_steps", json_integer(count)) ? mg_fail_nomem(err, 0) : 0;
	if (mg_slice_eq(rule, "hours") && mg_parse_double(value, n, &hours) && hours > 0)
		return json_object_set_new(policy, "keep_every_hours", mg_json_real(hours)) ? mg_fail_nomem(err, 0) : 0;
	if (mg_slice_eq(rule, "best")) {
		char *colon = strrchr(value, ':');
		json_t *list = json_object_get(policy, "keep_best");

		if (!colon || colon == value || !mg_parse_i64(colon + 1, strlen(colon + 1), &count) || count <= 0)
			return bad_policy(text, err);
		*colon = '\0';
		if (!list) {
			list = json_array();
			if (json_object_set_new(policy, "keep_best", list) != 0)
				return mg_fail_nomem(err, 0);
		}
		return json_array_append_new(list, json_pack("{s:s, s:I}", "metric", value, "k", (json_int_t)count)) ? mg_fail_nomem(err, 0) : 0;
	}
	return bad_policy(text, err);
}

int
mg_policy_parse(const char *text, mg_str *out, mgreg_error *err)
{
	json_t *policy = json_object();
	mg_slice rest = MG_SLICE(text), rule;
	int rc = 0;

	if (!policy)
		return mg_fail_nomem(err, 0);
	if (strcmp(text, "tf") == 0) {
		json_object_set_new(policy, "tf", json_true());
	} else {
		if (rest.len == 0) {
			rc = bad_policy(text, err);
			goto out;
		}
		while (mg_slice_split(&rest, ',', &rule))
			MG_TRY(parse_rule(policy, rule, text, err));
	}
	MG_TRY(mg_json_format(policy, out, err));
	MG_TRY(mg_str_check(out, err));
out:
	json_decref(policy);
	return rc;
}

/* Names of what one wants much of; everything else is a loss. */
bool
mg_metric_guess_higher(const char *metric)
{
	static const char *const words[] = { "acc", "auc", "precision", "recall", "f1", "reward", "score", "bleu" };

	for (size_t i = 0; i < MG_COUNT(words); i++)
		if (strstr(metric, words[i]))
			return true;
	return false;
}

/* ---- to text ---- */

static int
format_policy(const json_t *policy, mg_str *out, mgreg_error *err)
{
	const json_t *best = json_object_get(policy, "keep_best"), *v;
	char number[MG_NUM_MAX];

	if (json_is_true(json_object_get(policy, "tf"))) {
		mg_str_add(out, "tf");
		return mg_str_check(out, err);
	}
	if ((v = json_object_get(policy, "keep_last")))
		mg_str_printf(out, "last=%lld,", (long long)json_integer_value(v));
	if ((v = json_object_get(policy, "keep_every_hours"))) {
		mg_format_double(number, json_number_value(v));
		mg_str_printf(out, "hours=%s,", number);
	}
	if ((v = json_object_get(policy, "keep_every_steps")))
		mg_str_printf(out, "steps=%lld,", (long long)json_integer_value(v));
	for (size_t i = 0; i < json_array_size(best); i++)
		mg_str_printf(out, "best=%s:%lld,", json_string_value(json_object_get(json_array_get(best, i), "metric")),
			(long long)json_integer_value(json_object_get(json_array_get(best, i), "k")));
	if (out->len && !out->failed)
		out->ptr[--out->len] = '\0';
	return mg_str_check(out, err);
}

/* The JSON of a run's policy: its own, else its model's; "{}" is none. */
static int
policy_of(mg_store *store, int64_t model_id, int64_t run_id, bool inherit, json_t **out, mgreg_error *err)
{
	mg_str text = MG_STR_INIT;
	int rc = 0;

	if (run_id)
		MG_TRY(mg_run_text(store, run_id, "policy", &text, err));
	if (!run_id || (inherit && text.len <= 2)) {
		mg_str_reset(&text);
		MG_TRY(mg_model_policy(store, model_id, &text, err));
	}
	if (text.len > 2)
		MG_TRY(mg_json_parse(text.ptr, text.len, out, err));
out:
	mg_str_clear(&text);
	return rc;
}

int
mgreg_policy_set(mgreg_store *store, const char *model_run, const char *policy, mgreg_error *err)
{
	mg_str json = MG_STR_INIT;
	int64_t model_id, run_id;
	int rc;

	if (policy && *policy)
		MG_TRY(mg_policy_parse(policy, &json, err));
	else
		mg_str_add(&json, "{}");
	MG_TRY(mg_str_check(&json, err));
	MG_TRY(mg_txn_begin(store, err));
	rc = mg_ref_resolve_run(store, model_run, &model_id, &run_id, err);
	if (rc == 0)
		rc = run_id ? mg_run_set_text(store, run_id, "policy", json.ptr, err) : mg_model_set_policy(store, model_id, json.ptr, err);
	if (rc == 0)
		rc = mg_audit_add(store, "policy", model_run, json.ptr, err);
	rc = mg_txn_end(store, rc, err);
out:
	mg_str_clear(&json);
	return rc;
}

int
mgreg_policy_get(mgreg_store *store, const char *model_run, char **out, mgreg_error *err)
{
	mg_str text = MG_STR_INIT;
	int64_t model_id, run_id;
	json_t *policy = NULL;
	int rc;

	*out = NULL;
	MG_TRY(mg_ref_resolve_run(store, model_run, &model_id, &run_id, err));
	MG_TRY(policy_of(store, model_id, run_id, false, &policy, err));
	MG_TRY(format_policy(policy, &text, err));
	if (text.len && !(*out = mg_str_take(&text, NULL)))
		rc = mg_fail_nomem(err, 0);
out:
	json_decref(policy);
	mg_str_clear(&text);
	return rc;
}

/* What a policy lets go, in the order of saving; the changes are made already. */
typedef MG_VEC(mg_version_info) gone_list;

static int
let_go(mg_store *store, const mg_version_info *v, gone_list *gone, mgreg_error *err)
{
	bool kept;
	int rc;

	MG_TRY(mg_version_is_kept(store, v, &kept, err));
	if (kept)
		return 0;
	MG_TRY(mg_version_expire(store, v->id, false, err));
	if (gone && !mg_vec_push(gone, *v))
		rc = mg_fail_nomem(err, 0);
out:
	return rc;
}

/* ---- TensorFlow's ---- */

/* Numbers of the SaverDef that the version was saved with; those of tf.train.Saver() where it has none. */
static void
saver_numbers(mg_store *store, const mg_version_info *v, int *max_to_keep, double *hours)
{
	mg_arena arena = { 0 };
	Pb__MetaGraphDef *m;

	*max_to_keep = 5;
	*hours = 10000.0;
	if (mg_version_metagraph_read(store, v, NULL, &arena, &m, NULL, NULL) == 0 && m->saver_def) {
		*max_to_keep = m->saver_def->max_to_keep;
		*hours = m->saver_def->keep_checkpoint_every_n_hours;
	}
	mg_arena_clear(&arena);
}

/* A step that was saved again takes its old place in the window: TensorFlow knows files by their names. */
static void
forget_replaced(mg_store *store, mg_keep_list *list, int64_t saved_id)
{
	size_t n = 0;

	for (size_t i = 0; i < list->len; i++) {
		mg_version_info v;
		char ref[64];

		snprintf(ref, sizeof ref, "uid:%s", list->at[i].path);
		if (mg_ref_resolve(store, ref, &v, NULL) == 0 && v.replaced_by == saved_id)
			mg_free(list->at[i].path);
		else
			list->at[n++] = list->at[i];
	}
	list->len = n;
}

static int
prune_tf(mg_store *store, int64_t run_id, const mg_version_info *saved, const mg_saver_record *saver, mgreg_error *err)
{
	mg_str state = MG_STR_INIT;
	mg_version_info gone;
	mg_run_info run;
	double hours = saver ? saver->keep_hours : 0;
	int max_to_keep = saver ? saver->max_to_keep : 0;
	char *forget = NULL, ref[64];
	mg_keep k = { 0 };
	int rc;

	if (!saver)
		saver_numbers(store, saved, &max_to_keep, &hours);
	MG_TRY(mg_run_get(store, run_id, &run, err));
	mg_keep_init(&k, max_to_keep, hours, (double)run.started_at / 1000.0);
	MG_TRY(mg_run_text(store, run_id, "saver_state", &state, err));
	if (state.len > 2)
		MG_TRY(mg_keep_from_json(&k, state.ptr, state.len, err));
	k.max_to_keep = max_to_keep;
	k.keep_hours = hours;
	forget_replaced(store, &k.last, saved->id);
	MG_TRY(mg_keep_record(&k, saved->uid, (double)saved->saved_at / 1000.0, &forget, err));
	if (forget) {
		snprintf(ref, sizeof ref, "uid:%s", forget);
		rc = mg_ref_resolve(store, ref, &gone, NULL);
		/* pinned and the like: it stays, as a file that cannot be deleted */
		if (rc == 0 && gone.id != saved->id && (!strcmp(gone.state, "live") || !strcmp(gone.state, "replaced")))
			MG_TRY(let_go(store, &gone, NULL, err));
	}
	MG_TRY(mg_run_saver_state_set(store, run_id, &k, err));
out:
	mg_free(forget);
	mg_keep_clear(&k);
	mg_str_clear(&state);
	return rc;
}

/* ---- mgreg's own ---- */

typedef struct candidate { mg_version_info v; bool keep; double score; bool has_score; } candidate;
typedef struct candidates { MG_VEC(candidate) at; } candidates;

static int
add_candidate(void *ctx, const mg_version_info *v)
{
	candidates *c = ctx;
	candidate item = { .v = *v };

	if (strcmp(v->kind, "checkpoint") != 0 && strcmp(v->kind, "weights") != 0)
		return 0;
	return mg_vec_push(&c->at, item) ? 0 : MGREG_RESOURCE_EXHAUSTED;
}

static void
keep_last(candidates *c, int64_t n)
{
	for (size_t i = c->at.len; i > 0 && n > 0; i--, n--)
		c->at.at[i - 1].keep = true;
}

static void
keep_steps(candidates *c, int64_t every)
{
	for (size_t i = 0; i < c->at.len; i++)
		if (c->at.at[i].v.has_step && c->at.at[i].v.step % every == 0)
			c->at.at[i].keep = true;
}

/* The first of each stretch of that many hours. */
static void
keep_hours(candidates *c, double hours)
{
	double next = -1;

	for (size_t i = 0; i < c->at.len; i++) {
		double at = (double)c->at.at[i].v.saved_at / 3.6e6;

		if (next < 0 || at >= next) {
			c->at.at[i].keep = true;
			next = at + hours;
		}
	}
}

/*
 * The K best: what was recorded of a version itself counts, else the run's curve at its step.  What has no value is surplus like
 * the others unless this is the ONLY kind of rule: then it waits to be judged.
 */
static int
keep_best(mg_store *store, candidates *c, const char *metric, int64_t k, bool higher, bool only, mgreg_error *err)
{
	int rc = 0;

	for (size_t i = 0; i < c->at.len; i++) {
		candidate *x = &c->at.at[i];

		MG_TRY(mg_metric_of_version(store, &x->v, metric, &x->has_score, &x->score, err));
		x->has_score = x->has_score && x->score == x->score;
	}
	for (size_t i = 0; i < c->at.len; i++) {
		int64_t better = 0;

		for (size_t j = 0; j < c->at.len && c->at.at[i].has_score; j++)
			if (c->at.at[j].has_score) {
				double d = c->at.at[j].score - c->at.at[i].score;

				better += (higher ? d > 0 : d < 0) || (d == 0 && j > i);
			}
		if (c->at.at[i].has_score ? better < k : only)
			c->at.at[i].keep = true;
	}
out:
	return rc;
}

static int
prune_own(mg_store *store, const mg_run_info *run, const json_t *policy, gone_list *gone, mgreg_error *err)
{
	mg_version_filter filter = { .model = run->model, .run = run->run };
	const json_t *best = json_object_get(policy, "keep_best"), *last = json_object_get(policy, "keep_last"),
		*steps = json_object_get(policy, "keep_every_steps"), *hours = json_object_get(policy, "keep_every_hours");
	candidates c = { 0 };
	int64_t latest = 0;
	bool found;
	int rc;

	if (!best && !last && !steps && !hours)
		return 0;
	MG_TRY(mg_version_each(store, &filter, add_candidate, &c, err));
	MG_TRY(mg_version_latest_id(store, run->id, &latest, &found, err));
	if (last)
		keep_last(&c, json_integer_value(last));
	if (steps && json_integer_value(steps) > 0)
		keep_steps(&c, json_integer_value(steps));
	if (hours)
		keep_hours(&c, json_number_value(hours));
	for (size_t i = 0; i < json_array_size(best); i++) {
		const json_t *rule = json_array_get(best, i);
		const char *metric = json_string_value(json_object_get(rule, "metric"));
		bool declared, higher;

		if (!metric)
			continue;
		MG_TRY(mg_metric_direction(store, metric, &declared, &higher, err));
		if (!declared)
			higher = mg_metric_guess_higher(metric);
		MG_TRY(keep_best(store, &c, metric, json_integer_value(json_object_get(rule, "k")), higher,
			!last && !steps && !hours, err));
	}
	for (size_t i = 0; i < c.at.len; i++)
		if (!c.at.at[i].keep && c.at.at[i].v.id != latest)
			MG_TRY(let_go(store, &c.at.at[i].v, gone, err));
out:
	mg_vec_clear(&c.at);
	return rc;
}

/* SAVED NULL: no save, the policy is applied for itself. */
static int
prune_run(mg_store *store, int64_t run_id, const mg_version_info *saved, const mg_saver_record *saver, gone_list *gone, mgreg_error *err)
{
	json_t *policy = NULL;
	mg_run_info run;
	int rc;

	MG_TRY(mg_run_get(store, run_id, &run, err));
	MG_TRY(policy_of(store, run.model_id, run_id, true, &policy, err));
	if (!json_object_size(policy))
		goto out;
	if (!json_is_true(json_object_get(policy, "tf")))
		rc = prune_own(store, &run, policy, gone, err);
	else if (saved && (!strcmp(saved->kind, "checkpoint") || !strcmp(saved->kind, "weights")))
		rc = prune_tf(store, run_id, saved, saver, err);
out:
	json_decref(policy);
	return rc;
}

int
mg_run_prune(mg_store *store, int64_t run_id, const mg_version_info *saved, const mg_saver_record *saver, mgreg_error *err)
{
	int rc;

	MG_TRY(mg_txn_begin(store, err));
	rc = prune_run(store, run_id, saved, saver, NULL, err);
	rc = mg_txn_end(store, rc, err);
out:
	return rc;
}

int
mgreg_store_prune(mgreg_store *store, const char *model_run, int (*each)(void *ctx, const mgreg_version_info *version), void *ctx, mgreg_error *err)
{
	int64_t model_id = 0, run_id = 0;
	gone_list gone = { 0 };
	mg_ids runs = { 0 };
	int rc;

	MG_TRY(mg_txn_begin(store, err));
	rc = model_run ? mg_ref_resolve_run(store, model_run, &model_id, &run_id, err) : 0;
	if (rc == 0 && !run_id)
		rc = mg_run_list(store, model_id, &runs, err);
	else if (rc == 0 && !mg_vec_push(&runs, run_id))
		rc = mg_fail_nomem(err, 0);
	for (size_t i = 0; rc == 0 && i < runs.len; i++)
		rc = prune_run(store, runs.at[i], NULL, NULL, &gone, err);
	MG_TRY(mg_txn_end(store, rc, err));
	for (size_t i = 0; rc == 0 && each && i < gone.len; i++)
		rc = each(ctx, &gone.at[i]);
out:
	mg_vec_clear(&runs);
	mg_vec_clear(&gone);
	return rc;
}
