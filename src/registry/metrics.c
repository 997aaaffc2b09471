/* SPDX-License-Identifier: Apache-2.0 */
/* metrics.c - points of metrics in and out, by references. */
#include "base/base.h"
#include <math.h>
#include "registry/events.h"

/* TEXT names a version, not a run. */
static bool
is_reference(const char *text)
{
	return strpbrk(text, "@:") != NULL;
}

int
mg_target_resolve(mg_store *store, const char *text, int64_t *run_id, bool *is_version, mg_version_info *version, mgreg_error *err)
{
	char model[MG_NAME_LIMIT + 1], run[MG_NAME_LIMIT + 1];
	int64_t model_id;
	int rc;

	*is_version = is_reference(text);
	if (*is_version) {
		MG_TRY(mg_ref_resolve(store, text, version, err));
		*run_id = version->run_id;
		goto out;
	}
	MG_TRY(mg_ref_resolve_run(store, text, &model_id, run_id, err));
	if (*run_id == 0) {
		MG_TRY(mg_ref_split(text, model, run, err));
		MG_TRY(mg_run_find(store, model_id, run, run_id, err));
	}
out:
	return rc;
}

static int
make_run(mg_store *store, const char *text, int64_t *run_id, mgreg_error *err)
{
	char model[MG_NAME_LIMIT + 1], run[MG_NAME_LIMIT + 1];
	int64_t model_id;
	int rc;

	MG_TRY(mg_ref_split(text, model, run, err));
	MG_TRY(mg_txn_begin(store, err));
	rc = mg_model_create(store, model, &model_id, err);
	if (rc == 0)
		rc = mg_run_create(store, model_id, run, NULL, run_id, NULL, err);
	rc = mg_txn_end(store, rc, err);
out:
	return rc;
}

int
mgreg_metric_add(mgreg_store *store, const char *target, const char *const *names, const double *values, int count,
	int has_step, int64_t step, int64_t *added, mgreg_error *err)
{
	mg_point *points = NULL;
	mg_version_info v = { 0 };
	int64_t run_id, id = 0;
	bool bound = is_reference(target);
	int rc = 0;

	if (!bound && !has_step)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "a point of a run needs a step");
	for (int i = 0; i < count; i++)
		if (!*names[i])
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "a metric has a name");
	if (bound) {
		MG_TRY(mg_ref_resolve(store, target, &v, err));
		run_id = v.run_id;
		id = v.id;
		if (!has_step && v.has_step) {
			has_step = 1;
			step = v.step;
		}
	}
	MG_TRY(mg_txn_begin(store, err));
	if (!bound)
		rc = make_run(store, target, &run_id, err);
	points = mg_calloc((size_t)count + 1, sizeof(*points));
	if (rc == 0 && !points)
		rc = mg_fail_nomem(err, 0);
	for (int i = 0; rc == 0 && i < count; i++)
		points[i] = (mg_point){ .name = names[i], .has_step = has_step, .step = step, .value = values[i], .version_id = id };
	if (rc == 0)
		rc = mg_metric_add_counted(store, run_id, points, (size_t)count, added, err);
	rc = mg_txn_end(store, rc, err);
out:
	mg_free(points);
	return rc;
}

int
mgreg_metric_declare(mgreg_store *store, const char *name, int higher_is_better, mgreg_error *err)
{
	return *name ? mg_metric_declare(store, name, higher_is_better, err) : mg_fail(err, MGREG_INVALID_ARGUMENT, "a metric has a name");
}

/* ---- reading ---- */

/* What TARGET leaves of a model, a run and a version; 0: any. */
static int
scope_of(mg_store *store, const char *target, mg_metric_scope *out, mgreg_error *err)
{
	mg_version_info v;
	int rc;

	*out = (mg_metric_scope){ 0 };
	if (!target)
		return 0;
	if (!is_reference(target))
		return mg_ref_resolve_run(store, target, &out->model_id, &out->run_id, err);
	if ((rc = mg_ref_resolve(store, target, &v, err)) != 0)
		return rc;
	*out = (mg_metric_scope){ v.model_id, v.run_id, v.id };
	return 0;
}

int
mgreg_metrics_each(mgreg_store *store, const char *target, int (*each)(void *ctx, const mgreg_metric_summary *m), void *ctx, mgreg_error *err)
{
	mg_metric_scope scope;
	int rc = scope_of(store, target, &scope, err);

	return rc ? rc : mg_metric_summaries(store, &scope, each, ctx, err);
}

int
mgreg_metric_points_each(mgreg_store *store, const char *target, const char *glob, int all,
	int (*each)(void *ctx, const mgreg_metric_point *p), void *ctx, mgreg_error *err)
{
	mg_metric_scope scope;
	int rc = scope_of(store, target, &scope, err);

	return rc ? rc : mg_metric_points(store, &scope, glob, all, each, ctx, err);
}
