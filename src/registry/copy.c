/* SPDX-License-Identifier: Apache-2.0 */
/* copy.c - a version once more under another model or run: new rows over the same objects. */
#include "base/base.h"
#include "base/json.h"
#include "mgreg/history.h"
#include "registry/content.h"

typedef struct copy {
	mg_store       *store;
	mg_arena        arena;
	mg_version_info from;
	char            model[MG_NAME_LIMIT + 1], run[MG_NAME_LIMIT + 1];
	mg_new_version  v;
	mg_str          given, resume, note, hparams;
	MG_VEC(mg_pair) tags;
} copy;

/* An object that is a row already: publishing lists it and stores nothing.  The transaction keeps gc out. */
static mg_blob *
blob_of(copy *c, int64_t object_id, uint64_t size, const uint8_t digest[32])
{
	mg_blob *b = mg_arena_zalloc(&c->arena, 1, sizeof(*b));

	if (!b)
		return NULL;
	b->object_id = object_id;
	b->size = size;
	memcpy(b->digest, digest, 32);
	return b;
}

static int
take_tensors(copy *c, mgreg_error *err)
{
	mg_tensor_rows rows = { 0 };
	mg_new_tensor *list;
	int rc;

	MG_TRY(mg_version_tensors(c->store, c->from.id, &c->arena, &rows, err));
	if (!(list = mg_arena_zalloc(&c->arena, rows.len + 1, sizeof(*list)))) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	for (size_t i = 0; i < rows.len; i++) {
		const mg_tensor_row *r = &rows.at[i];

		list[i] = (mg_new_tensor){ .name = r->name, .slice = r->slice, .dtype = r->dtype, .shape = r->shape, .full_shape = r->full_shape,
			.elements = r->elements, .blob = blob_of(c, r->object_id, r->size, r->digest), .stats = r->stats };
		if (!list[i].blob) {
			rc = mg_fail_nomem(err, 0);
			goto out;
		}
	}
	c->v.tensors = list;
	c->v.tensor_count = rows.len;
out:
	mg_vec_clear(&rows);
	return rc;
}

static int
take_files(copy *c, mgreg_error *err)
{
	mg_metagraph_rows graphs = { 0 };
	mg_file_rows files = { 0 };
	mg_new_metagraph *g;
	mg_new_file *f;
	int rc;

	MG_TRY(mg_version_metagraphs(c->store, c->from.id, &c->arena, &graphs, err));
	MG_TRY(mg_version_files(c->store, c->from.id, &c->arena, &files, err));
	g = mg_arena_zalloc(&c->arena, graphs.len + 1, sizeof(*g));
	f = mg_arena_zalloc(&c->arena, files.len + 1, sizeof(*f));
	if (!g || !f) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	for (size_t i = 0; i < graphs.len; i++) {       /* its facts are there already */
		mg_object_info o;

		MG_TRY(mg_object_get(c->store, graphs.at[i].object_id, &o, err));
		g[i].blob = blob_of(c, o.object_id, o.size, o.digest);
		if (!g[i].blob)
			rc = mg_fail_nomem(err, 0);
	}
	for (size_t i = 0; i < files.len; i++) {
		f[i] = (mg_new_file){ files.at[i].path, blob_of(c, files.at[i].object_id, files.at[i].size, files.at[i].digest) };
		if (!f[i].blob)
			rc = mg_fail_nomem(err, 0);
	}
	c->v.metagraphs = g;
	c->v.metagraph_count = graphs.len;
	c->v.files = f;
	c->v.file_count = files.len;
out:
	mg_vec_clear(&graphs);
	mg_vec_clear(&files);
	return rc;
}

static int
take_tag(void *ctx, const mgreg_tag_info *t)
{
	copy *c = ctx;
	mg_pair p = { mg_arena_strdup(&c->arena, t->key), mg_arena_strdup(&c->arena, t->value) };

	return p.key && p.value && mg_vec_push(&c->tags, p) ? 0 : MGREG_RESOURCE_EXHAUSTED;
}

static int
take_labels(copy *c, mgreg_error *err)
{
	const struct { const char *column; mg_str *text; const char **to; } texts[] = {
		{ "given_hparams", &c->given, &c->v.given_hparams }, { "resume", &c->resume, &c->v.resume },
		{ "note", &c->note, &c->v.note }, { "hparams", &c->hparams, &c->v.hparams_doc },
	};
	mg_hparam_fact *items = NULL;
	char by_uid[40];
	int rc;

	for (size_t i = 0; i < MG_COUNT(texts); i++) {
		MG_TRY(mg_version_text(c->store, c->from.id, texts[i].column, texts[i].text, err));
		MG_TRY(mg_str_check(texts[i].text, err));
		*texts[i].to = texts[i].text->len ? texts[i].text->ptr : NULL;
	}
	MG_TRY(mg_version_hparams(c->store, c->from.id, &c->arena, &items, &c->v.hparam_count, err));
	c->v.hparams = items;
	snprintf(by_uid, sizeof by_uid, "uid:%s", c->from.uid);
	rc = mgreg_tags_each(c->store, by_uid, take_tag, c, err);
	if (rc)
		return err && err->code ? rc : mg_fail_nomem(err, 0);
	c->v.tags = c->tags.at;
	c->v.tag_count = c->tags.len;
out:
	return rc;
}

/* Does the pointer of the run stay where it is?  It does where there were versions before. */
static int
find_target(copy *c, bool latest, mgreg_error *err)
{
	int64_t model_id, run_id;
	bool has_versions = false;
	int rc = 0;

	if (mg_model_find(c->store, c->model, &model_id, NULL) == 0 && mg_run_find(c->store, model_id, c->run, &run_id, NULL) == 0) {
		if (run_id == c->from.run_id)
			return mg_fail(err, MGREG_ALREADY_EXISTS, "%s is in this run already", c->from.ref);
		MG_TRY(mg_run_has_versions(c->store, run_id, &has_versions, err));
	}
	c->v.keep_latest = (has_versions && !latest) || (!c->from.moves_latest && !latest);
out:
	return rc;
}

static int
copy_version(copy *c, int64_t version_id, const char *to, bool latest, mg_version_info *out, mgreg_error *err)
{
	mg_new_parent parent = { version_id, "copied" };
	mg_save *save = NULL;
	int rc;

	MG_TRY(mg_ref_split(to, c->model, c->run, err));
	MG_TRY(mg_version_get(c->store, version_id, &c->from, err));
	if (!strcmp(c->from.state, "purged"))
		return mg_fail(err, MGREG_FAILED_PRECONDITION, "%s has been purged: its bytes are gone", c->from.ref);
	c->v = (mg_new_version){ .model = c->model, .run = c->run, .kind = c->from.kind, .has_step = c->from.has_step, .step = c->from.step,
		.saved_at = c->from.saved_at, .parents = &parent, .parent_count = 1, .operation = "copy" };
	MG_TRY(find_target(c, latest, err));
	MG_TRY(take_tensors(c, err));
	MG_TRY(take_files(c, err));
	MG_TRY(take_labels(c, err));
	MG_TRY(mg_save_begin(&save, c->store, err));
	MG_TRY(mg_version_publish(save, &c->v, out, NULL, err));
	MG_TRY(mg_metric_copy(c->store, version_id, out->run_id, out->id, err));
out:
	mg_save_free(save);
	return rc;
}

int
mgreg_version_copy(mgreg_store *store, int64_t version_id, const char *to, int latest, mgreg_version_info *out, mgreg_error *err)
{
	copy c = { .store = store, .given = MG_STR_INIT, .resume = MG_STR_INIT, .note = MG_STR_INIT, .hparams = MG_STR_INIT };
	mg_version_info made;
	int rc;

	MG_TRY(mg_txn_begin(store, err));
	rc = copy_version(&c, version_id, to, latest != 0, &made, err);
	if ((rc = mg_txn_end(store, rc, err)) == 0 && out)
		*out = made;
out:
	mg_str_clear(&c.given);
	mg_str_clear(&c.resume);
	mg_str_clear(&c.note);
	mg_str_clear(&c.hparams);
	mg_vec_clear(&c.tags);
	mg_arena_clear(&c.arena);
	return rc;
}
