/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ref.c - names of versions: text -> version, and back.
 *
 *     MODEL[/RUN][@SELECTOR]      SELECTOR: STEP latest first max-step -N best:METRIC vNO; A..B in ranges
 *     MODEL:ALIAS
 *     uid:HEX
 *
 * What is printed can always be given back and means the same version.
 */
#include "base/base.h"
#include <stdio.h>
#include "store/store_internal.h"

bool
mg_name_is_valid(const char *name, size_t len)
{
	if (len < 1 || len > MG_NAME_LIMIT || (len == 3 && !memcmp(name, "uid", 3)))
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = name[i];
		bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';

		if (!letter && (i == 0 || (c != '.' && c != '+' && c != '-')))
			return false;
	}
	return true;
}

int
mg_check_name(const char *what, const char *name, mgreg_error *err)
{
	if (mg_name_is_valid(name, strlen(name)))
		return 0;
	return mg_fail(err, MGREG_INVALID_ARGUMENT, "'%.*s' is not a name of a %s (letters, digits, _ . + -, at most %d bytes)",
		MG_NAME_LIMIT, name, what, MG_NAME_LIMIT);
}

/* A reference taken apart; selector is NULL where there is none. */
typedef struct ref {
	char        model[MG_NAME_LIMIT + 1], run[MG_NAME_LIMIT + 1];
	bool        has_run;
	const char *selector, *alias, *uid;
} ref;

static int
parse(const char *text, ref *r, mgreg_error *err)
{
	const char *end = text + strcspn(text, "@:");
	const char *slash = memchr(text, '/', (size_t)(end - text));
	const char *model_end = slash ? slash : end;

	memset(r, 0, sizeof *r);
	if (mg_starts_with(text, "uid:")) {
		r->uid = text + 4;
		return 0;
	}
	if (!mg_name_is_valid(text, (size_t)(model_end - text)))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "'%.200s' does not name a version (MODEL[/RUN][@STEP])", text);
	memcpy(r->model, text, (size_t)(model_end - text));
	if (slash) {
		if (!mg_name_is_valid(slash + 1, (size_t)(end - slash - 1)))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "'%.200s': the run's name is not valid", text);
		memcpy(r->run, slash + 1, (size_t)(end - slash - 1));
		r->has_run = true;
	}
	if (*end == '@')
		r->selector = end + 1;
	else if (*end == ':')
		r->alias = end + 1;
	return 0;
}

int
mg_ref_split(const char *text, char model[MG_NAME_LIMIT + 1], char run[MG_NAME_LIMIT + 1], mgreg_error *err)
{
	ref r;
	int rc = parse(text, &r, err);

	if (rc != 0)
		return rc;
	if (r.uid || r.selector || r.alias)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "'%.200s': MODEL or MODEL/RUN is wanted here", text);
	memcpy(model, r.model, MG_NAME_LIMIT + 1);
	memcpy(run, r.has_run ? r.run : "main", r.has_run ? MG_NAME_LIMIT + 1 : sizeof "main");
	return 0;
}

static int
find_run(mg_store *s, const ref *r, int64_t *model_id, int64_t *run_id, mgreg_error *err)
{
	int rc = mg_model_find(s, r->model, model_id, err);

	*run_id = 0;
	if (rc == 0 && r->has_run)
		rc = mg_run_find(s, *model_id, r->run, run_id, err);
	return rc;
}

int
mg_ref_resolve_run(mg_store *s, const char *text, int64_t *model_id, int64_t *run_id, mgreg_error *err)
{
	ref r;
	int rc = parse(text, &r, err);

	if (rc == 0 && (r.uid || r.selector || r.alias))
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "'%.200s': MODEL or MODEL/RUN is wanted here", text);
	return rc ? rc : find_run(s, &r, model_id, run_id, err);
}

/* ---- selectors ------------------------------------------------------------------------------------- */

static int
none(const char *text, const char *what, mgreg_error *err)
{
	return mg_fail(err, MGREG_NOT_FOUND, "'%.200s': %s", text, what);
}

static int
by_step(mg_store *s, const char *text, int64_t model_id, int64_t run_id, int64_t step, int64_t *id, mgreg_error *err)
{
	mg_ids found = { 0 };
	mg_stmt *q = NULL;
	int rc;

	MG_TRY(mg_stmt_get(s, MG_SQL_VERSION_AT_STEP, &q, err));
	MG_TRY(mg_stmt_bind(q, err, "iIi", model_id, run_id != 0, run_id, step));
	for (;;) {
		int64_t version_id;

		MG_TRY(mg_stmt_step(q, err));
		if (!mg_stmt_has_row(q))
			break;
		mg_stmt_read(q, "i", &version_id);
		if (!mg_vec_push(&found, version_id)) {
			rc = mg_fail_nomem(err, 0);
			goto out;
		}
	}
	if (found.len == 0) {
		rc = none(text, "no live version at this step", err);
	} else if (found.len == 1) {
		*id = found.at[0];
	} else {
		rc = mg_fail_because(err, MGREG_INVALID_ARGUMENT, MGREG_REASON_AMBIGUOUS, "'%.200s': %zu runs have a version at this step",
			text, found.len);
		for (size_t i = 0; i < found.len; i++) {
			mg_version_info v;

			if (mg_version_get(s, found.at[i], &v, NULL) == 0)
				mg_error_candidate(err, "%s", v.ref);
		}
	}
out:
	mg_stmt_release(q);
	mg_vec_clear(&found);
	return rc;
}

static int
by_best(mg_store *s, const char *text, int64_t model_id, int64_t run_id, const char *metric, int64_t *id, mgreg_error *err)
{
	mg_str better = MG_STR_INIT;
	int64_t known;
	bool found;
	int rc;

	MG_TRY(mg_stmt_one(s, MG_SQL_BEST_KNOWN, &known, NULL, err, "iIs", model_id, run_id != 0, run_id, metric));
	if (!known) {
		rc = mg_fail(err, MGREG_NOT_FOUND, "'%.200s': no metric '%.100s'", text, metric);
		goto out;
	}
	MG_TRY(mg_stmt_text(s, MG_SQL_BEST_DIRECTION, &better, &found, err, "s", metric));
	if (!found) {
		rc = mg_fail(err, MGREG_FAILED_PRECONDITION, "'%.200s': no direction is declared for metric '%.100s'", text, metric);
		goto out;
	}
	MG_TRY(mg_stmt_one(s, MG_SQL_VERSION_BEST, id, &found, err, "iIsi", model_id, run_id != 0, run_id, metric,
		!strcmp(better.ptr, "higher") ? (int64_t)1 : (int64_t)-1));
	if (!found)
		rc = none(text, "no live checkpoint has this metric", err);
out:
	mg_str_clear(&better);
	return rc;
}

static int
by_uid(mg_store *s, const char *text, const char *hex, int64_t *id, mgreg_error *err)
{
	char from[34], to[34];
	size_t len = strlen(hex);
	mg_ids found = { 0 };
	mg_stmt *q = NULL;
	int rc;

	if (len < 8 || len > 32 || strspn(hex, "0123456789abcdef") != len)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "'%.200s': 8 to 32 lower-case hex digits after uid:", text);
	snprintf(from, sizeof from, "%s", hex);
	snprintf(to, sizeof to, "%sg", hex);
	MG_TRY(mg_stmt_get(s, MG_SQL_VERSION_BY_UID_PREFIX, &q, err));
	MG_TRY(mg_stmt_bind(q, err, "ss", from, to));
	for (;;) {
		int64_t version_id;

		MG_TRY(mg_stmt_step(q, err));
		if (!mg_stmt_has_row(q))
			break;
		mg_stmt_read(q, "i", &version_id);
		if (!mg_vec_push(&found, version_id)) {
			rc = mg_fail_nomem(err, 0);
			goto out;
		}
	}
	if (found.len == 0) {
		rc = none(text, "no version has this uid", err);
	} else if (found.len == 1) {
		*id = found.at[0];
	} else {
		rc = mg_fail_because(err, MGREG_INVALID_ARGUMENT, MGREG_REASON_AMBIGUOUS, "'%.200s': several versions begin so", text);
		for (size_t i = 0; i < found.len; i++) {
			mg_version_info v;

			if (mg_version_get(s, found.at[i], &v, NULL) == 0)
				mg_error_candidate(err, "uid:%s", v.uid);
		}
	}
out:
	mg_stmt_release(q);
	mg_vec_clear(&found);
	return rc;
}

static int
by_alias(mg_store *s, const char *text, int64_t model_id, const char *alias, int64_t *id, mgreg_error *err)
{
	mg_stmt *q = NULL;
	bool found;
	int rc;

	MG_TRY(mg_stmt_one(s, MG_SQL_VERSION_BY_ALIAS, id, &found, err, "is", model_id, alias));
	if (found)
		goto out;
	rc = none(text, "no such alias", err);
	if (mg_stmt_get(s, MG_SQL_ALIAS_NAMES, &q, NULL) != 0 || mg_stmt_bind(q, NULL, "i", model_id) != 0)
		goto out;
	while (mg_stmt_step(q, NULL) == 0 && mg_stmt_has_row(q)) {
		const char *name;

		mg_stmt_read(q, "t", &name);
		if (mg_edit_distance(name, alias) <= 2)
			mg_error_candidate(err, "%.*s:%s", (int)strcspn(text, ":"), text, name);
	}
out:
	mg_stmt_release(q);
	return rc;
}

static int
bare(mg_store *s, const char *text, int64_t model_id, int64_t run_id, int64_t *id, mgreg_error *err)
{
	bool found;
	int rc;

	MG_TRY(mg_stmt_one(s, run_id ? MG_SQL_VERSION_BEFORE_RUN : MG_SQL_VERSION_BEFORE_MODEL, id, &found, err, "ii",
		run_id ? run_id : model_id, (int64_t)0));
	if (!found)     /* so that a graph just exported can be trained */
		MG_TRY(mg_stmt_one(s, run_id ? MG_SQL_VERSION_NEWEST_RUN : MG_SQL_VERSION_NEWEST_MODEL, id, &found, err, "i",
			run_id ? run_id : model_id));
	if (!found)
		rc = none(text, "no version yet", err);
out:
	return rc;
}

static int
select_version(mg_store *s, const char *text, int64_t model_id, int64_t run_id, const char *sel, int64_t *id, mgreg_error *err)
{
	int64_t number, subject = run_id ? run_id : model_id;
	size_t len = strlen(sel);
	bool found = true;
	int rc = 0;

	if (!strcmp(sel, "latest")) {
		MG_TRY(mg_stmt_one(s, run_id ? MG_SQL_VERSION_BEFORE_RUN : MG_SQL_VERSION_BEFORE_MODEL, id, &found, err, "ii", subject, (int64_t)0));
	} else if (!strcmp(sel, "max-step")) {
		MG_TRY(mg_stmt_one(s, run_id ? MG_SQL_VERSION_MAX_STEP_RUN : MG_SQL_VERSION_MAX_STEP_MODEL, id, &found, err, "i", subject));
	} else if (!strcmp(sel, "first")) {
		MG_TRY(mg_stmt_one(s, run_id ? MG_SQL_VERSION_FIRST_RUN : MG_SQL_VERSION_FIRST_MODEL, id, &found, err, "i", subject));
	} else if (mg_starts_with(sel, "best:") && sel[5]) {
		return by_best(s, text, model_id, run_id, sel + 5, id, err);
	} else if (*sel == '-' && mg_parse_i64(sel + 1, len - 1, &number) && number >= 0) {
		MG_TRY(mg_stmt_one(s, run_id ? MG_SQL_VERSION_BEFORE_RUN : MG_SQL_VERSION_BEFORE_MODEL, id, &found, err, "ii", subject, number));
	} else if (*sel == 'v' && mg_parse_i64(sel + 1, len - 1, &number) && !run_id) {
		MG_TRY(mg_stmt_one(s, MG_SQL_VERSION_BY_NO, id, &found, err, "ii", model_id, number));
		if (!found)
			return none(text, "no version with this number", err);
	} else if (mg_parse_steps(sel, &number) && number >= 0) {
		return by_step(s, text, model_id, run_id, number, id, err);
	} else {
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "'%.200s': after @ comes a step, latest, first, max-step, -N, best:METRIC or vNO", text);
	}
	if (!found)
		rc = none(text, "no such checkpoint", err);
out:
	return rc;
}

static int
resolve(mg_store *s, const char *text, int64_t *id, mgreg_error *err)
{
	int64_t model_id, run_id;
	ref r;
	int rc;

	MG_TRY(parse(text, &r, err));
	if (r.uid)
		return by_uid(s, text, r.uid, id, err);
	MG_TRY(find_run(s, &r, &model_id, &run_id, err));
	if (r.alias && r.has_run)
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "'%.200s': an alias belongs to the model, MODEL:ALIAS", text);
	else if (r.alias)
		rc = by_alias(s, text, model_id, r.alias, id, err);
	else if (r.selector)
		rc = select_version(s, text, model_id, run_id, r.selector, id, err);
	else
		rc = bare(s, text, model_id, run_id, id, err);
out:
	return rc;
}

int
mg_ref_resolve(mg_store *s, const char *text, mg_version_info *out, mgreg_error *err)
{
	int64_t id;
	int rc;

	MG_TRY(mg_txn_begin_read(s, err));
	rc = resolve(s, text, &id, err);
	if (rc == 0)
		rc = mg_version_get(s, id, out, err);
	rc = mg_txn_end(s, rc, err);
out:
	return rc;
}

/* ---- ranges ----------------------------------------------------------------------------------------- */

/* The two dots of a range's selector, NULL if it is none. */
static const char *
dots_of(const ref *r)
{
	return r->selector && !mg_starts_with(r->selector, "best:") ? strstr(r->selector, "..") : NULL;
}

static int
parse_range(const char *text, const ref *r, int64_t *from, int64_t *to, bool *all, mgreg_error *err)
{
	const char *dots = dots_of(r), *sel = r->selector;
	char low[40];

	*from = 0;
	*to = INT64_MAX;
	*all = dots == sel && !dots[2];
	snprintf(low, sizeof low, "%.*s", (int)MG_MIN(dots - sel, 39), sel);
	if ((*low && !mg_parse_steps(low, from)) || (dots[2] && !mg_parse_steps(dots + 2, to)))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "'%.200s': a range is A..B of two steps, either may be left out", text);
	return 0;
}

static int
range(mg_store *s, const char *text, const ref *r, mg_ids *ids, mgreg_error *err)
{
	int64_t model_id, run_id, from, to;
	mg_stmt *q = NULL;
	bool all;
	int rc;

	MG_TRY(parse_range(text, r, &from, &to, &all, err));
	MG_TRY(find_run(s, r, &model_id, &run_id, err));
	MG_TRY(mg_stmt_get(s, all ? MG_SQL_VERSION_ALL_LIVE : MG_SQL_VERSION_IN_RANGE, &q, err));
	if (all)
		MG_TRY(mg_stmt_bind(q, err, "iI", model_id, run_id != 0, run_id));
	else
		MG_TRY(mg_stmt_bind(q, err, "iIii", model_id, run_id != 0, run_id, from, to));
	for (;;) {
		int64_t id;

		MG_TRY(mg_stmt_step(q, err));
		if (!mg_stmt_has_row(q))
			break;
		mg_stmt_read(q, "i", &id);
		if (!mg_vec_push(ids, id)) {
			rc = mg_fail_nomem(err, 0);
			break;
		}
	}
out:
	mg_stmt_release(q);
	return rc;
}

int
mg_ref_parse_range(mg_store *s, const char *text, bool *is_range, int64_t *from, int64_t *to, bool *all,
	char model[MG_NAME_LIMIT + 1], char run[MG_NAME_LIMIT + 1], mgreg_error *err)
{
	int64_t model_id, run_id;
	ref r;
	int rc;

	MG_TRY(parse(text, &r, err));
	if (!(*is_range = dots_of(&r) != NULL))
		return 0;
	MG_TRY(parse_range(text, &r, from, to, all, err));
	MG_TRY(find_run(s, &r, &model_id, &run_id, err));
	memcpy(model, r.model, MG_NAME_LIMIT + 1);
	memcpy(run, r.run, MG_NAME_LIMIT + 1);
out:
	return rc;
}

int
mg_ref_resolve_many(mg_store *s, const char *text, mg_ids *ids, mgreg_error *err)
{
	mg_version_info v;
	ref r;
	int rc;

	MG_TRY(parse(text, &r, err));
	if (dots_of(&r))
		return range(s, text, &r, ids, err);
	MG_TRY(mg_ref_resolve(s, text, &v, err));
	if (!mg_vec_push(ids, v.id))
		rc = mg_fail_nomem(err, 0);
out:
	return rc;
}

/* ---- printing ---------------------------------------------------------------------------------------- */

int
mg_ref_fill(mg_store *s, mg_version_info *v, mgreg_error *err)
{
	int64_t id = 0;
	bool found = false;
	int rc = 0;

	if (v->has_step && !strcmp(v->state, "live"))
		MG_TRY(mg_stmt_one(s, MG_SQL_VERSION_AT_STEP, &id, &found, err, "iIi", v->model_id, 1, v->run_id, v->step));
	if (found && id == v->id)
		snprintf(v->ref, sizeof v->ref, "%s/%s@%lld", v->model, v->run, (long long)v->step);
	else
		snprintf(v->ref, sizeof v->ref, "%s@v%lld", v->model, (long long)v->no);
out:
	return rc;
}
