/* SPDX-License-Identifier: Apache-2.0 */
/* list.c - latest, references and lists of versions behind the public handle. */
#include "base/base.h"
#include "registry/registry.h"

/* "MODEL[/RUN]" in two; RUN is "" where none is named.  The text must name nothing else. */
static int
split(const char *text, char model[MG_NAME_LIMIT + 1], char run[MG_NAME_LIMIT + 1], mgreg_error *err)
{
	int rc = mg_ref_split(text, model, run, err);

	if (rc == 0 && !strchr(text, '/'))
		run[0] = '\0';
	return rc;
}

int
mgreg_store_latest(mgreg_store *store, const char *model_run, mgreg_version_info *out, mgreg_error *err)
{
	char model[MG_NAME_LIMIT + 1], run[MG_NAME_LIMIT + 1];
	int rc = split(model_run, model, run, err);

	return rc ? rc : mg_version_latest(store, model, *run ? run : NULL, out, err);
}

int
mgreg_store_resolve(mgreg_store *store, const char *ref, mgreg_version_info *out, mgreg_error *err)
{
	return mg_ref_resolve(store, ref, out, err);
}

/* MODEL, MODEL/RUN, a range of steps or one version.  A name that does not exist is an error, not an empty list. */
static int
choose(mg_store *store, const mgreg_version_filter *filter, mg_version_filter *f, char model[MG_NAME_LIMIT + 1], char run[MG_NAME_LIMIT + 1],
	mgreg_error *err)
{
	int64_t model_id, run_id;
	bool is_range, all;
	mg_version_info v;
	int rc;

	MG_TRY(mg_ref_parse_range(store, filter->model_run, &is_range, &f->from, &f->to, &all, model, run, err));
	if (is_range) {
		f->has_steps = !all;
	} else if (strpbrk(filter->model_run, "@:")) {
		MG_TRY(mg_ref_resolve(store, filter->model_run, &v, err));
		f->only = v.id;
		return 0;
	} else {
		MG_TRY(split(filter->model_run, model, run, err));
		MG_TRY(mg_ref_resolve_run(store, filter->model_run, &model_id, &run_id, err));
	}
	f->model = model;
	f->run = *run ? run : NULL;
out:
	return rc;
}

int
mgreg_store_versions_each(mgreg_store *store, const mgreg_version_filter *filter,
	int (*each)(void *ctx, const mgreg_version_info *version), void *ctx, mgreg_error *err)
{
	char model[MG_NAME_LIMIT + 1], run[MG_NAME_LIMIT + 1];
	mg_version_filter f = { 0 };
	int rc;

	if (filter) {
		assert(filter->size == sizeof(*filter));
		f = (mg_version_filter){ .all_states = filter->all_states, .where = filter->where, .sort = filter->sort,
			.weights = filter->weights, .weights_digits = filter->weights_digits, .limit = filter->limit };
	}
	if (filter && filter->model_run && (rc = choose(store, filter, &f, model, run, err)) != 0)
		return rc;
	return mg_version_each(store, &f, each, ctx, err);
}
