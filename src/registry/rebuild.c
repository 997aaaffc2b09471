/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rebuild.c - everything that was derived from bytes and points, derived once more: index rows of the MetaGraphs, sets of
 * hyper-parameters, statistics of tensors, summaries of series.  One transaction: readers see the old or the new.
 */
#include "base/base.h"
#include "base/json.h"
#include "mgreg/history.h"
#include "registry/facts.h"
#include "registry/registry.h"

typedef struct rebuild {
	mg_store             *store;
	mgreg_pair_fn        *problem;
	void                 *ctx;
	mgreg_rebuild_result  r;
	/* the MetaGraph at hand */
	mg_arena              arena;
	int64_t               object_id;
	Pb__MetaGraphDef     *def;      /* NULL: it cannot be decoded */
} rebuild;

/* A thing that cannot be derived is told and left out; anything but damage ends the whole. */
static int
tell(rebuild *b, const char *what, int64_t id, int rc, mgreg_error *err)
{
	char name[48];

	if (rc != MGREG_DATA_LOSS && rc != MGREG_INVALID_ARGUMENT)
		return rc;
	b->r.problems++;
	snprintf(name, sizeof name, "%s %lld", what, (long long)id);
	rc = b->problem ? b->problem(b->ctx, name, err->text) : 0;
	mg_error_clear(err);
	return rc;
}

static int
derive_metagraph(rebuild *b, int64_t object_id, mgreg_error *err)
{
	mg_metagraph_facts facts;
	mg_str bytes = MG_STR_INIT;
	char name[48];
	int rc;

	mg_arena_clear(&b->arena);
	b->object_id = object_id;
	b->def = NULL;
	snprintf(name, sizeof name, "MetaGraph %lld", (long long)object_id);
	rc = mg_object_read_all(b->store, object_id, 0, &bytes, err);
	if (rc == 0)
		rc = mg_metagraph_parse(bytes.ptr, bytes.len, name, &b->arena, &b->def, err);
	if (rc == 0)
		rc = mg_facts_of_metagraph(b->def, &b->arena, &facts, err);
	mg_str_clear(&bytes);
	if (rc) {
		b->def = NULL;
		return tell(b, "metagraph", object_id, rc, err);
	}
	b->r.metagraphs++;
	return mg_derived_metagraph(b->store, object_id, &facts, err);
}

static int
derive_hparams(rebuild *b, int64_t version_id, mgreg_error *err)
{
	mg_str text = MG_STR_INIT;
	json_t *given = NULL;
	mg_hparam_fact *items = NULL;
	const char *doc = NULL;
	size_t count = 0;
	int rc;

	MG_TRY(mg_version_text(b->store, version_id, "given_hparams", &text, err));
	if (text.len)
		MG_TRY(mg_json_parse(text.ptr, text.len, &given, err));
	MG_TRY(mg_facts_of_hparams(b->def, given, &b->arena, &doc, &items, &count, err));
	if (doc)
		MG_TRY(mg_derived_hparams(b->store, version_id, doc, items, count, err));
	b->r.versions++;
out:
	json_decref(given);
	mg_str_clear(&text);
	return rc ? tell(b, "version", version_id, rc, err) : 0;
}

static int
derive_graphs(rebuild *b, mgreg_error *err)
{
	mg_derived_sources sources = { 0 };
	int rc;

	MG_TRY(mg_derived_sources_read(b->store, &sources, err));
	MG_TRY(mg_derived_reset(b->store, err));
	for (size_t i = 0; i < sources.len; i++) {
		const mg_derived_source *s = &sources.at[i];

		if (!s->object_id) {            /* a version without a MetaGraph */
			b->def = NULL;
			b->object_id = 0;
		} else if (s->object_id != b->object_id) {
			MG_TRY(derive_metagraph(b, s->object_id, err));
		}
		if (s->idx == 0)
			MG_TRY(derive_hparams(b, s->version_id, err));
	}
out:
	mg_vec_clear(&sources);
	mg_arena_clear(&b->arena);
	return rc;
}

/* ---- statistics ---- */

/* Sums are taken leaf by leaf, as they were when the tensor was saved: the same bits come out. */
typedef struct measure { mg_stats stats; mg_dtype dtype; mg_str leaf; } measure;

static int
measure_portion(void *ctx, const void *data, size_t size, mgreg_error *err)
{
	measure *m = ctx;
	const char *p = data;

	while (size) {
		size_t n = MG_MIN(size, MG_LEAF_SIZE - m->leaf.len);

		mg_str_append(&m->leaf, p, n);
		if (m->leaf.failed)
			return mg_fail_nomem(err, n);
		p += n;
		size -= n;
		if (m->leaf.len == MG_LEAF_SIZE) {
			mg_stats_add(&m->stats, m->dtype, m->leaf.ptr, m->leaf.len);
			mg_str_reset(&m->leaf);
		}
	}
	return 0;
}

static int
derive_stats(rebuild *b, const mg_tensor_source *t, mgreg_error *err)
{
	measure m = { .leaf = MG_STR_INIT };
	mg_tensor_stats stats;
	int rc;

	m.dtype = mg_dtype_find(t->dtype, strlen(t->dtype));
	if (m.dtype == MGREG_INVALID || m.dtype == MGREG_STRING)
		return 0;
	mg_stats_begin(&m.stats, m.dtype);
	rc = mg_object_each(b->store, t->object_id, measure_portion, &m, err);
	if (rc == 0) {
		if (m.leaf.len)
			mg_stats_add(&m.stats, m.dtype, m.leaf.ptr, m.leaf.len);
		mg_stats_end(&m.stats);
		stats = (mg_tensor_stats){ .has = m.stats.has, .min = m.stats.min, .max = m.stats.max, .mean = m.stats.mean,
			.std = m.stats.std, .l2 = m.stats.l2, .zeros = m.stats.zeros, .nans = m.stats.nans, .infs = m.stats.infs };
		rc = mg_tensor_set_stats(b->store, t->tensor_id, &stats, err);
		b->r.tensors++;
	}
	mg_str_clear(&m.leaf);
	return rc ? tell(b, "tensor", t->tensor_id, rc, err) : 0;
}

static int
derive_tensors(rebuild *b, mgreg_error *err)
{
	mg_tensor_sources tensors = { 0 };
	mg_arena arena = { 0 };
	int rc;

	MG_TRY(mg_tensor_sources_read(b->store, &arena, &tensors, err));
	for (size_t i = 0; rc == 0 && i < tensors.len; i++)
		rc = derive_stats(b, &tensors.at[i], err);
out:
	mg_vec_clear(&tensors);
	mg_arena_clear(&arena);
	return rc;
}

int
mgreg_store_rebuild(mgreg_store *store, mgreg_pair_fn *problem, void *ctx, mgreg_rebuild_result *out, mgreg_error *err)
{
	rebuild b = { .store = store, .problem = problem, .ctx = ctx };
	mgreg_error own = { 0 };
	mgreg_error *e = err ? err : &own;
	int rc;

	MG_TRY(mg_txn_begin(store, e));
	rc = derive_graphs(&b, e);
	if (rc == 0)
		rc = derive_tensors(&b, e);
	if (rc == 0)
		rc = mg_series_summarize_all(store, &b.r.series, e);
	if (rc == 0)
		rc = mg_audit_add(store, "rebuild", "store", NULL, e);
	if ((rc = mg_txn_end(store, rc, e)) == 0 && out)
		*out = b.r;
out:
	return rc;
}
