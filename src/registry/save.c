/* SPDX-License-Identifier: Apache-2.0 */
/* save.c - a program's own session into the store, and a version back into it: the saver's save and restore with another target. */
#include "base/base.h"
#include "base/clock.h"
#include "registry/training.h"

typedef struct saving {
	mg_store           *store;
	mg_saver           *saver;
	const mgreg_store_save_options *o;
	mg_store_resolver   resolver;
	mg_store_target     target;
	mg_save_target      files, both;
	bool                has_tee;
	char                model[MG_NAME_LIMIT + 1], run[MG_NAME_LIMIT + 1];
	mg_new_parent       parent;
	mg_new_metric      *metrics;
	json_t             *given;
} saving;

_Static_assert((int)MGREG_SAME_REPLACE == (int)MG_SAME_REPLACE && (int)MGREG_SAME_SKIP == (int)MG_SAME_SKIP
	&& sizeof(mgreg_pair) == sizeof(mg_pair), "the public and the store's values are the same");

static int
take_hparams(saving *s, mgreg_error *err)
{
	if (s->o->hparam_count && !(s->given = json_object()))
		return mg_fail_nomem(err, 0);
	for (int i = 0; i < s->o->hparam_count; i++) {
		const mgreg_pair *p = &s->o->hparams[i];
		const char *text = p->value ? p->value : "";
		json_t *value = NULL;

		if (mg_json_parse(text, strlen(text), &value, NULL) != 0)
			value = json_string(text);
		if (!value || json_object_set_new(s->given, p->key, value) != 0)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "hyper-parameter '%s' is not text in UTF-8", p->key);
	}
	return 0;
}

/* The scalar tensor that holds the step; a variable through what reads it. */
static int
read_step(saving *s, mg_session *session, bool *has, int64_t *step, mgreg_error *err)
{
	const mg_variable_record *v;
	mg_tensor value = { 0 };
	mg_output from = MG_NO_OUTPUT;
	double number;
	int rc;

	*has = s->o->has_step;
	*step = s->o->step;
	if (s->o->has_step || !s->o->step_from)
		return 0;
	MG_TRY(mg_graph_output(mg_session_graph(session), s->o->step_from, &from, err));
	if ((v = mg_variable_of(mg_session_graph(session), from)))
		MG_TRY(mg_variable_outputs(mg_session_graph(session), v, NULL, &from, err));
	MG_TRY(mg_session_run(session, NULL, 0, &from, 1, NULL, 0, &value, err));
	if (value.count != 1 || !mg_dtype_is_integer(value.dtype) || !mg_tensor_as_double(&value, 0, &number)) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "step '%s' is no integer scalar", s->o->step_from);
		goto out;
	}
	*has = true;
	*step = (int64_t)number;
out:
	mg_tensor_clear(&value);
	return rc;
}

/* Where it goes: run_id if there is the run already, so that the save is compared with its last version. */
static int
find_place(saving *s, mg_new_version *v, mgreg_error *err)
{
	mg_version_info from;
	int64_t model_id;
	int rc;

	if ((rc = mg_ref_split(s->o->as, s->model, s->run, err)) != 0)
		return rc;
	v->model = s->model;
	v->run = s->run;
	if (mg_model_find(s->store, s->model, &model_id, NULL) == 0)
		mg_run_find(s->store, model_id, s->run, &v->run_id, NULL);
	if (!s->o->from)
		return 0;
	if ((rc = mg_ref_resolve(s->store, s->o->from, &from, err)) != 0)
		return rc;
	s->parent = (mg_new_parent){ from.id, v->run_id == from.run_id ? "continued" : "forked" };
	v->parents = &s->parent;
	v->parent_count = 1;
	return 0;
}

static int
describe(saving *s, bool has_step, int64_t step, mgreg_error *err)
{
	const mgreg_store_save_options *o = s->o;
	mg_new_version v = { .keep_latest = o->no_latest, .pin = o->pin, .same_step = (mg_same_step)o->same_step, .note = o->note,
		.tags = (const mg_pair *)o->tags, .tag_count = (size_t)o->tag_count, .aliases = o->aliases, .alias_count = (size_t)o->alias_count,
		.operation = "save" };
	int rc;

	if ((rc = find_place(s, &v, err)) != 0 || (rc = take_hparams(s, err)) != 0)
		return rc;
	if (!(s->metrics = mg_calloc((size_t)o->metric_count + 1, sizeof *s->metrics)))
		return mg_fail_nomem(err, 0);
	for (int i = 0; i < o->metric_count; i++)
		s->metrics[i] = (mg_new_metric){ o->metric_names[i], o->metric_values[i], has_step, step, mg_now_ms() };
	v.metrics = s->metrics;
	v.metric_count = (size_t)o->metric_count;
	s->target.version = v;
	s->target.given = s->given;
	return 0;
}

static int
open_tee(saving *s, mgreg_error *err)
{
	int rc;

	if (!s->o->tee)
		return 0;
	if ((rc = mg_target_files(&s->files, s->saver, s->o->tee, err)) == 0)
		rc = mg_target_tee(&s->both, &s->target.target, &s->files, err);
	s->has_tee = rc == 0;
	return rc;
}

int
mgreg_store_save(mgreg_store *store, mgreg_saver *saver, mgreg_session *session, const mgreg_store_save_options *options,
	mgreg_version_info *out, mgreg_error *err)
{
	mg_metagraph_export_options meta = MG_METAGRAPH_EXPORT_INIT;
	saving s = { .store = store, .saver = saver, .o = options };
	bool has_step;
	int64_t step;
	int rc;

	assert(options->size == sizeof *options);
	if (!options->as)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "a save needs a model to belong to");
	mg_store_resolver_init(&s.resolver, store, NULL);
	mg_store_target_init(&s.target, &s.resolver);
	meta.strip_default_attrs = options->strip_default_attrs;
	MG_TRY(read_step(&s, session, &has_step, &step, err));
	MG_TRY(describe(&s, has_step, step, err));
	MG_TRY(open_tee(&s, err));
	MG_TRY(mg_saver_save_as(saver, session, s.has_tee ? &s.both : &s.target.target, has_step, step, options->no_meta_graph ? NULL : &meta, err));
	if (!s.target.skipped)
		MG_TRY(mg_run_prune(store, s.target.saved.run_id, &s.target.saved, mg_saver_record_of(saver), err));
	if (out)
		*out = s.target.saved;
out:
	if (s.has_tee)
		mg_target_tee_free(&s.both);
	mg_target_files_free(&s.files);
	mg_store_target_clear(&s.target);
	json_decref(s.given);
	mg_free(s.metrics);
	return rc;
}

int
mgreg_store_restore(mgreg_store *store, const char *ref, mgreg_saver *saver, mgreg_session *session, mgreg_version_info *out, mgreg_error *err)
{
	char prefix[MG_STORE_PREFIX_SIZE];
	mg_store_resolver resolver;
	mg_version_info v;
	int rc = mg_ref_resolve(store, ref, &v, err);

	if (rc)
		return rc;
	if (!v.has_weights)
		return mg_fail(err, MGREG_FAILED_PRECONDITION, "%s has no weights (it holds %s)", v.ref, v.kind);
	mg_store_resolver_init(&resolver, store, NULL);
	mg_store_prefix(v.uid, prefix);
	if ((rc = mg_saver_restore(saver, session, &resolver.resolver, prefix, err)) != 0)
		return mg_wrap(err, rc, "%s", v.ref);
	if (out)
		*out = v;
	return 0;
}
