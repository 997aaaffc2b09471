/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prune.c - the policy of a run: which versions a save lets go.
 *
 * `tf` is TensorFlow's rule (saver/keep.c), one version per save, its state kept in the run.  mgreg's own rules let all
 * surplus go at once: a version stays if any rule keeps it.  The latest, pinned, aliased and leased ones always stay.
 */
#include "base/base.h"
#include "base/clock.h"
#include "base/num.h"
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

/* ---- TensorFlow's ---- */

static int
prune_tf(mg_store *store, int64_t run_id, const mg_version_info *saved, const mg_saver_record *saver, mgreg_error *err)
{
	mg_str state = MG_STR_INIT;
	mg_version_info gone;
	double now = (double)saved->saved_at / 1000.0;
	char *forget = NULL, ref[64];
	mg_keep k;
	int rc;

	mg_keep_init(&k, saver ? saver->max_to_keep : 5, saver ? saver->keep_hours : 10000.0, now);
	MG_TRY(mg_run_text(store, run_id, "saver_state", &state, err));
	if (state.len > 2)
		MG_TRY(mg_keep_from_json(&k, state.ptr, state.len, err));
	MG_TRY(mg_keep_record(&k, saved->uid, now, &forget, err));
	if (forget) {
		snprintf(ref, sizeof ref, "uid:%s", forget);
		if (mg_ref_resolve(store, ref, &gone, NULL) == 0)
			mg_version_expire(store, gone.id, false, NULL); /* pinned and the like: it stays, as a file that cannot be deleted */
	}
	mg_str_reset(&state);
	MG_TRY(mg_keep_to_json(&k, &state, err));
	MG_TRY(mg_run_set_text(store, run_id, "saver_state", state.ptr, err));
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
	candidate item = { .v = *v, .keep = v->pinned || v->aliases[0] };

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

static int
score(void *ctx, const mg_point *p)
{
	candidates *c = ctx;

	for (size_t i = 0; i < c->at.len; i++)
		if (c->at.at[i].v.id == p->version_id && p->value == p->value) {
			c->at.at[i].score = p->value;
			c->at.at[i].has_score = true;
		}
	return 0;
}

/* The K best by what was recorded of the version itself; one without a value has yet to be judged and stays. */
static int
keep_best(mg_store *store, int64_t run_id, candidates *c, const char *metric, int64_t k, bool higher, mgreg_error *err)
{
	int rc;

	for (size_t i = 0; i < c->at.len; i++)
		c->at.at[i].has_score = false;
	if ((rc = mg_metric_each(store, run_id, metric, score, c, err)) != 0)
		return rc;
	for (size_t i = 0; i < c->at.len; i++) {
		int64_t better = 0;

		for (size_t j = 0; j < c->at.len; j++)
			if (c->at.at[j].has_score && c->at.at[i].has_score) {
				double d = c->at.at[j].score - c->at.at[i].score;

				better += (higher ? d > 0 : d < 0) || (d == 0 && j > i);
			}
		if (!c->at.at[i].has_score || better < k)
			c->at.at[i].keep = true;
	}
	return 0;
}

static int
prune_own(mg_store *store, int64_t run_id, const mg_version_info *saved, const json_t *policy, mgreg_error *err)
{
	mg_version_filter filter = { .model = saved->model, .run = saved->run };
	const json_t *best = json_object_get(policy, "keep_best"), *value;
	candidates c = { 0 };
	int rc;

	MG_TRY(mg_version_each(store, &filter, add_candidate, &c, err));
	if ((value = json_object_get(policy, "keep_last")))
		keep_last(&c, json_integer_value(value));
	if ((value = json_object_get(policy, "keep_every_steps")) && json_integer_value(value) > 0)
		keep_steps(&c, json_integer_value(value));
	if ((value = json_object_get(policy, "keep_every_hours")))
		keep_hours(&c, json_number_value(value));
	for (size_t i = 0; i < json_array_size(best); i++) {
		const json_t *rule = json_array_get(best, i);
		const char *metric = json_string_value(json_object_get(rule, "metric"));
		bool declared, higher;

		if (!metric)
			continue;
		MG_TRY(mg_metric_direction(store, metric, &declared, &higher, err));
		if (!declared)
			higher = mg_metric_guess_higher(metric);
		MG_TRY(keep_best(store, run_id, &c, metric, json_integer_value(json_object_get(rule, "k")), higher, err));
	}
	for (size_t i = 0; i < c.at.len; i++)
		if (!c.at.at[i].keep && c.at.at[i].v.id != saved->id)
			mg_version_expire(store, c.at.at[i].v.id, false, NULL);         /* leased ones refuse, and stay */
out:
	mg_vec_clear(&c.at);
	return rc;
}

int
mg_run_prune(mg_store *store, int64_t run_id, const mg_version_info *saved, const mg_saver_record *saver, mgreg_error *err)
{
	mg_str text = MG_STR_INIT;
	json_t *policy = NULL;
	int rc;

	MG_TRY(mg_run_text(store, run_id, "policy", &text, err));
	if (text.len <= 2)
		goto out;
	MG_TRY(mg_json_parse(text.ptr, text.len, &policy, err));
	if (json_is_true(json_object_get(policy, "tf")))
		rc = prune_tf(store, run_id, saved, saver, err);
	else if (json_object_size(policy))
		rc = prune_own(store, run_id, saved, policy, err);
out:
	json_decref(policy);
	mg_str_clear(&text);
	return rc;
}
