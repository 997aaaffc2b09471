/* SPDX-License-Identifier: Apache-2.0 */
/*
 * publish.c - the store as a save target.
 *
 * begin     a save starts: its uid is the name that the save op is fed, and will be the version's uid
 * resolver  the save op's tensors become objects of the save (store_ckpt.c)
 * metagraph the MetaGraph becomes an object, its facts are taken
 * commit    one short transaction publishes everything
 * abandon   nothing was ever visible; gc takes the bytes
 */
#include "base/base.h"
#include "base/json.h"
#include "base/str.h"
#include "registry/facts.h"
#include "registry/registry.h"

enum { CUT_FROM = 64 << 10 };   /* tensor contents of this size and more are chunks of their own */

/* Edges of every tensor_content of CUT_FROM bytes and more inside BYTES, where the decoded message points to. */
typedef struct cut_list { MG_VEC(uint64_t) at; const uint8_t *begin, *end; bool failed; } cut_list;

/* Contents are found by value: a message's bytes are its own copy, so the place in the file is searched from the last cut on. */
static void
cut_around(cut_list *c, const ProtobufCBinaryData *content)
{
	uint64_t from = c->at.len ? c->at.at[c->at.len - 1] : 0;
	const uint8_t *p;

	if (content->len < CUT_FROM)
		return;
	p = memmem(c->begin + from, (size_t)(c->end - c->begin) - from, content->data, content->len);
	if (!p)
		return;
	if ((uint64_t)(p - c->begin) > from && !mg_vec_push(&c->at, (uint64_t)(p - c->begin)))
		c->failed = true;
	if (!mg_vec_push(&c->at, (uint64_t)(p - c->begin) + content->len))
		c->failed = true;
}

static void
find_cuts(const Pb__MetaGraphDef *m, cut_list *c)
{
	const Pb__GraphDef *g = m->graph_def;

	for (size_t i = 0; g && i < g->n_node; i++)
		for (size_t k = 0; k < g->node[i]->n_attr; k++) {
			const Pb__AttrValue *v = g->node[i]->attr[k]->value;
			if (v && v->value_case == PB__ATTR_VALUE__VALUE_TENSOR && v->tensor)
				cut_around(c, &v->tensor->tensor_content);
		}
}

int
mg_publish_metagraph(mg_save *save, const void *bytes, size_t size, const Pb__MetaGraphDef *m, mg_arena *arena, mg_new_metagraph *out, mgreg_error *err)
{
	mg_metagraph_facts *facts = mg_arena_zalloc(arena, 1, sizeof(*facts));
	cut_list cuts = { .begin = bytes, .end = (const uint8_t *)bytes + size };
	mg_blob *blob;
	int rc;

	if (!facts)
		return mg_fail_nomem(err, 0);
	MG_TRY(mg_facts_of_metagraph(m, arena, facts, err));
	find_cuts(m, &cuts);
	while (cuts.at.len && cuts.at.at[cuts.at.len - 1] >= size)
		cuts.at.len--;
	if (cuts.failed) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	MG_TRY(mg_blob_put_cut(save, bytes, size, cuts.at.at, cuts.at.len, &blob, err));
	*out = (mg_new_metagraph){ .blob = blob, .facts = facts };
out:
	mg_vec_clear(&cuts.at);
	return rc;
}

/* ---- the target ---- */

static void
end_save(mg_store_target *t)
{
	t->resolver->saving = NULL;
	mg_save_tensors_clear(&t->tensors);
	mg_save_free(t->save);
	mg_arena_clear(&t->arena);
	t->save = NULL;
	t->has_metagraph = t->active = false;
}

/* The newest version of the run is what the new one is compared with; a run's first save has none. */
static int
follow(mg_store_target *t, mgreg_error *err)
{
	int64_t before;
	int rc = mg_run_newest(t->resolver->store, t->version.run_id, &before, err);

	return rc || !before ? rc : mg_save_tensors_follow(&t->tensors, before, err);
}

static int
target_begin(void *ctx, bool has_step, int64_t step, mg_arena *arena, const char **prefix, mgreg_error *err)
{
	mg_store_target *t = ctx;
	char text[MG_STORE_PREFIX_SIZE];
	int rc;

	assert(!t->active);
	MG_TRY(mg_save_begin(&t->save, t->resolver->store, err));
	t->active = true;
	MG_TRY(mg_save_tensors_init(&t->tensors, t->save, err));
	mg_store_prefix(mg_save_uid(t->save), text);
	if (!(*prefix = mg_arena_strdup(arena, text))) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	if (t->version.run_id)
		MG_TRY(follow(t, err));
	t->resolver->saving = &t->tensors;
	t->version.has_step = has_step;
	t->version.step = step;
out:
	if (rc && t->active)
		end_save(t);
	return rc;
}

static const mg_resolver *
target_resolver(void *ctx)
{
	return &((mg_store_target *)ctx)->resolver->resolver;
}

static int
target_metagraph(void *ctx, const void *bytes, size_t size, mgreg_error *err)
{
	mg_store_target *t = ctx;
	Pb__MetaGraphDef *m;
	int rc = mg_metagraph_parse(bytes, size, "the exported graph", &t->arena, &m, err);

	if (rc == 0)
		rc = mg_publish_metagraph(t->save, bytes, size, m, &t->arena, &t->metagraph, err);
	if (rc)
		return rc;
	t->has_metagraph = true;
	return mg_facts_of_hparams(m, t->given, &t->arena, &t->version.hparams_doc, (mg_hparam_fact **)&t->version.hparams,
		&t->version.hparam_count, err);
}

/* Assets of the version that this one comes from: their chunks are known, nothing is stored again. */
static int
carry_assets(mg_store_target *t, mgreg_error *err)
{
	mg_store *store = t->resolver->store;
	mg_file_rows rows = { 0 };
	mg_new_file *files;
	mg_str bytes = MG_STR_INIT;
	mg_blob *blob;
	size_t n = 0;
	int rc;

	MG_TRY(mg_version_files(store, t->assets_from, &t->arena, &rows, err));
	if (!(files = mg_arena_zalloc(&t->arena, rows.len + 1, sizeof(*files))))
		MG_TRY(mg_fail_nomem(err, 0));
	for (size_t i = 0; i < rows.len; i++) {
		if (!mg_starts_with(rows.at[i].path, "assets/") && !mg_starts_with(rows.at[i].path, "assets.extra/"))
			continue;
		mg_str_reset(&bytes);
		MG_TRY(mg_object_read_all(store, rows.at[i].object_id, 0, &bytes, err));
		MG_TRY(mg_blob_put(t->save, bytes.ptr, bytes.len, NULL, NULL, &blob, err));
		files[n++] = (mg_new_file){ rows.at[i].path, blob };
	}
	t->version.files = files;
	t->version.file_count = n;
out:
	mg_vec_clear(&rows);
	mg_str_clear(&bytes);
	return rc;
}

static int
target_commit(void *ctx, mgreg_error *err)
{
	mg_store_target *t = ctx;
	mg_str given = MG_STR_INIT;
	int rc;

	if (t->assets_from)
		MG_TRY(carry_assets(t, err));
	MG_TRY(mg_save_tensors_finish(&t->tensors, err));
	t->version.kind = !t->tensors.rows.len ? "metagraph" : t->has_metagraph ? "checkpoint" : "weights";
	t->version.tensors = t->tensors.rows.at;
	t->version.tensor_count = t->tensors.rows.len;
	t->version.metagraphs = t->has_metagraph ? &t->metagraph : NULL;
	t->version.metagraph_count = t->has_metagraph;
	if (t->given && json_object_size(t->given)) {
		MG_TRY(mg_json_format(t->given, &given, err));
		t->version.given_hparams = given.ptr;
	}
	MG_TRY(mg_version_publish(t->save, &t->version, &t->saved, &t->skipped, err));
out:
	mg_str_clear(&given);
	t->version.given_hparams = NULL;
	t->version.files = NULL;
	t->version.file_count = 0;
	end_save(t);
	return rc;
}

static void
target_abandon(void *ctx)
{
	mg_store_target *t = ctx;

	if (t->active)
		end_save(t);
}

static int
target_forget(void *ctx, const char *prefix, mgreg_error *err)
{
	mg_store_target *t = ctx;
	mg_version_info v;
	char ref[64];
	int rc;

	snprintf(ref, sizeof(ref), "uid:%s", mg_starts_with(prefix, MG_STORE_PREFIX) ? prefix + strlen(MG_STORE_PREFIX) : prefix);
	rc = mg_ref_resolve(t->resolver->store, ref, &v, err);
	return rc ? rc : mg_version_expire(t->resolver->store, v.id, false, err);
}

void
mg_store_target_init(mg_store_target *t, mg_store_resolver *resolver)
{
	memset(t, 0, sizeof(*t));
	t->resolver = resolver;
	t->target = (mg_save_target){ .ctx = t, .begin = target_begin, .resolver = target_resolver, .metagraph = target_metagraph,
		.commit = target_commit, .abandon = target_abandon, .forget = target_forget };
}

void
mg_store_target_clear(mg_store_target *t)
{
	target_abandon(t);
}
