/* SPDX-License-Identifier: Apache-2.0 */
/* promote.c - an alias that is set only if the version passes every gate. */
#include "base/base.h"
#include "base/num.h"
#include "mgreg/history.h"
#include "registry/registry.h"

typedef struct comparison { const char *op; bool less, equal, more; } comparison;

/* Longer spellings first. */
static const comparison comparisons[] = {
	{ ">=", false, true, true }, { "<=", true, true, false }, { "!=", true, false, true }, { "==", false, true, false },
	{ ">", false, false, true }, { "<", true, false, false }, { "=", false, true, false },
};

/* "eval/acc >= 0.95" */
static int
parse_gate(const char *text, char metric[MG_NAME_LIMIT + 1], const comparison **how, double *bound, mgreg_error *err)
{
	const char *op = text + strcspn(text, "<>=!");
	mg_slice name = mg_slice_trim((mg_slice){ text, (size_t)(op - text) }), number;

	*how = NULL;
	for (size_t i = 0; i < MG_COUNT(comparisons) && !*how; i++)
		if (mg_starts_with(op, comparisons[i].op))
			*how = &comparisons[i];
	if (*how && name.len && name.len <= MG_NAME_LIMIT) {
		number = mg_slice_trim(MG_SLICE(op + strlen((*how)->op)));
		memcpy(metric, name.ptr, name.len);
		metric[name.len] = '\0';
		if (mg_parse_double(number.ptr, number.len, bound) && *bound == *bound)
			return 0;
	}
	return mg_fail(err, MGREG_INVALID_ARGUMENT, "gate '%.200s': METRIC>=VALUE is wanted (or <= > < = !=)", text);
}

typedef struct gates { const mgreg_promote_options *o; int failed; } gates;

static int
tell(gates *g, const char *gate, const char *found, bool passed)
{
	mgreg_gate info = { gate, found, passed };

	g->failed += !passed;
	return g->o->gate ? g->o->gate(g->o->ctx, &info) : 0;
}

static int
check_metric(gates *g, mg_store *store, const mg_version_info *v, const char *gate, mgreg_error *err)
{
	char metric[MG_NAME_LIMIT + 1], text[MG_NUM_MAX];
	const comparison *how;
	double bound, value = 0;
	bool found, passed;
	int rc;

	MG_TRY(parse_gate(gate, metric, &how, &bound, err));
	MG_TRY(mg_metric_of_version(store, v, metric, &found, &value, err));
	/* NaN passes no gate, != neither: it says that something went wrong */
	passed = found && value == value && (value < bound ? how->less : value > bound ? how->more : how->equal);
	if (found)
		mg_format_double(text, value);
	rc = tell(g, gate, found ? text : NULL, passed);
out:
	return rc;
}

static int
check_tag(gates *g, mg_store *store, const mg_version_info *v, const char *gate, mgreg_error *err)
{
	const struct { mg_subject subject; int64_t id; } places[] = {
		{ MG_SUBJECT_VERSION, v->id }, { MG_SUBJECT_RUN, v->run_id }, { MG_SUBJECT_MODEL, v->model_id },
	};
	const char *equals = strchr(gate, '=');
	char *key = mg_strndup(gate, equals ? (size_t)(equals - gate) : strlen(gate));
	mg_str value = MG_STR_INIT;
	bool found = false;
	int rc = 0;

	if (!key)
		return mg_fail_nomem(err, 0);
	for (size_t i = 0; i < MG_COUNT(places) && !found; i++)
		MG_TRY(mg_tag_get(store, places[i].subject, places[i].id, key, &value, &found, err));
	rc = tell(g, gate, found ? value.ptr : NULL, found && (!equals || !strcmp(value.ptr, equals + 1)));
out:
	mg_free(key);
	mg_str_clear(&value);
	return rc;
}

static int
promote(mg_store *store, const char *ref, const char *alias, const mgreg_promote_options *o, mg_version_info *v, mgreg_error *err)
{
	mgreg_alias_options set = MGREG_ALIAS_INIT;
	gates g = { .o = o };
	char by_uid[40];
	int rc;

	MG_TRY(mg_ref_resolve(store, ref, v, err));
	for (int i = 0; i < o->require_count; i++)
		MG_TRY(check_metric(&g, store, v, o->require[i], err));
	for (int i = 0; i < o->tag_count; i++)
		MG_TRY(check_tag(&g, store, v, o->require_tags[i], err));
	if (g.failed)
		return mg_fail_because(err, MGREG_FAILED_PRECONDITION, MGREG_REASON_NO, "%s: %d of %d gates failed", v->ref, g.failed,
			o->require_count + o->tag_count);
	set.protect = o->protect;
	set.force = o->force;
	snprintf(by_uid, sizeof by_uid, "uid:%s", v->uid);
	MG_TRY(mgreg_alias_set(store, alias, by_uid, &set, v, err));
out:
	return rc;
}

int
mgreg_promote(mgreg_store *store, const char *ref, const char *alias, const mgreg_promote_options *options,
	mgreg_version_info *out, mgreg_error *err)
{
	static const mgreg_promote_options defaults = MGREG_PROMOTE_INIT;
	mg_version_info v;
	int rc;

	assert(!options || options->size == sizeof *options);
	MG_TRY(mg_txn_begin(store, err));
	rc = promote(store, ref, alias, options ? options : &defaults, &v, err);
	if ((rc = mg_txn_end(store, rc, err)) == 0 && out)
		*out = v;
out:
	return rc;
}
