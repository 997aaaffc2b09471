/* SPDX-License-Identifier: Apache-2.0 */
/*
 * content.c - what a file or a version holds: opening, the list of tensors, facts when they are first asked for.
 *
 * A version's tensors, digests and statistics are rows of the store; a file's tensors come from its checkpoint, and their
 * statistics from reading them.
 */
#include "base/base.h"
#include "base/map.h"
#include "registry/content.h"

const char *
mg_content_name(const mg_content *c)
{
	return c->store ? c->version.ref : c->model.path;
}

const char *
mg_content_hex(mg_content *c, const uint8_t digest[32])
{
	char *text = mg_arena_alloc(&c->arena, 65);

	for (int i = 0; text && i < 32; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
	return text;
}

/* ---- opening ----------------------------------------------------------------------------- */

static int
open_file(mg_content *c, const char *path, const char *tags, mgreg_error *err)
{
	const mg_model_graph *graph;
	int rc = 0;

	MG_TRY(mg_model_read(path, NULL, &c->model, err));
	c->metagraphs = (int64_t)c->model.graph_count;
	if (c->model.graph_count || tags) {
		MG_TRY(mg_model_pick(&c->model, tags, &graph, err));
		c->def = graph->def;
		c->bytes = graph->bytes;
		c->tags = graph->tags;
	}
	if (c->model.prefix)
		MG_TRY(mg_ckpt_open(&c->ckpt, c->model.prefix, err));
out:
	return rc;
}

static int
open_version(mg_content *c, mg_store *store, int64_t version_id, const char *tags, mgreg_error *err)
{
	mg_metagraph_rows rows = { 0 };
	int rc = 0;

	c->store = store;
	c->chosen = tags != NULL;
	MG_TRY(mg_version_get(store, version_id, &c->version, err));
	MG_TRY(mg_version_metagraphs(store, version_id, &c->arena, &rows, err));
	c->metagraphs = (int64_t)rows.len;
	if (rows.len || tags) {
		MG_TRY(mg_version_metagraph_read(store, &c->version, tags, &c->arena, &c->def, &c->stored, err));
		c->bytes = (mg_slice){ c->stored.ptr, c->stored.len };
		c->tags = c->def->meta_info_def ? mg_model_tags(c->def->meta_info_def->tags, c->def->meta_info_def->n_tags, &c->arena) : "";
		if (!c->tags)
			MG_TRY(mg_fail_nomem(err, 0));
	}
	if (c->version.has_weights)
		MG_TRY(mg_store_ckpt_open(&c->ckpt, store, version_id, err));
out:
	mg_vec_clear(&rows);
	return rc;
}

int
mgreg_content_open(mgreg_content **out, const char *path, const char *tags, mgreg_error *err)
{
	mg_content *c = mg_calloc(1, sizeof(*c));
	int rc;

	if (!c)
		return mg_fail_nomem(err, sizeof(*c));
	mg_str_init(&c->stored);
	mg_str_init(&c->model.data);
	if ((rc = open_file(c, path, tags, err)) != 0)
		mgreg_content_close(c);
	else
		*out = c;
	return rc;
}

int
mgreg_content_open_version(mgreg_content **out, mgreg_store *store, int64_t version_id, const char *tags, mgreg_error *err)
{
	mg_content *c = mg_calloc(1, sizeof(*c));
	int rc;

	if (!c)
		return mg_fail_nomem(err, sizeof(*c));
	mg_str_init(&c->stored);
	mg_str_init(&c->model.data);
	if ((rc = open_version(c, store, version_id, tags, err)) != 0)
		mgreg_content_close(c);
	else
		*out = c;
	return rc;
}

void
mgreg_content_close(mgreg_content *c)
{
	if (!c)
		return;
	mg_ckpt_close(c->ckpt);
	mg_model_clear(&c->model);
	mg_str_clear(&c->stored);
	mg_arena_clear(&c->arena);
	mg_free(c);
}

int
mg_content_need_facts(mg_content *c, mgreg_error *err)
{
	mg_metagraph_facts *facts;
	int rc;

	if (c->facts)
		return 0;
	if (!c->def)
		return mg_fail(err, MGREG_NOT_FOUND, "%s has no MetaGraph", mg_content_name(c));
	if (!(facts = mg_arena_zalloc(&c->arena, 1, sizeof(*facts))))
		return mg_fail_nomem(err, sizeof(*facts));
	if ((rc = mg_facts_of_metagraph(c->def, &c->arena, facts, err)) == 0)
		c->facts = facts;
	return rc;
}

int
mg_version_hparams(mg_store *store, int64_t version_id, mg_arena *arena, mg_hparam_fact **items, size_t *count,
	mgreg_error *err)
{
	mg_str doc = MG_STR_INIT;
	json_t *given = NULL;
	const char *text;
	int rc = 0;

	*items = NULL;
	*count = 0;
	MG_TRY(mg_version_text(store, version_id, "hparams", &doc, err));
	if (doc.len) {
		MG_TRY(mg_json_parse(doc.ptr, doc.len, &given, err));
		MG_TRY(mg_facts_of_hparams(NULL, given, arena, &text, items, count, err));
	}
out:
	json_decref(given);
	mg_str_clear(&doc);
	return rc;
}

static int
compare_hparams(const void *a, const void *b)
{
	return strcmp(((const mg_hparam_fact *)a)->name, ((const mg_hparam_fact *)b)->name);
}

/* Those of the MetaGraph that was chosen, and what was given for the version over them. */
static int
chosen_hparams(mg_content *c, mg_hparam_fact **items, size_t *count, mgreg_error *err)
{
	mg_str doc = MG_STR_INIT;
	json_t *given = NULL;
	const char *text;
	int rc;

	MG_TRY(mg_version_text(c->store, c->version.id, "given_hparams", &doc, err));
	if (doc.len)
		MG_TRY(mg_json_parse(doc.ptr, doc.len, &given, err));
	rc = mg_facts_of_hparams(c->def, given, &c->arena, &text, items, count, err);
out:
	json_decref(given);
	mg_str_clear(&doc);
	return rc;
}

int
mg_content_hparams(mg_content *c, mg_hparam_fact **items, size_t *count, mgreg_error *err)
{
	const char *text;
	int rc = c->chosen ? chosen_hparams(c, items, count, err) : c->store ? mg_version_hparams(c->store, c->version.id, &c->arena, items, count, err)
		: mg_facts_of_hparams(c->def, NULL, &c->arena, &text, items, count, err);

	if (rc == 0 && *count)
		qsort(*items, *count, sizeof(**items), compare_hparams);
	return rc;
}

/* ---- tensors ----------------------------------------------------------------------------- */

static const char *
shape_json(mg_arena *arena, const mg_shape *shape)
{
	mg_str s = MG_STR_INIT;
	const char *text;

	mg_str_addc(&s, '[');
	for (int i = 0; i < shape->rank; i++)
		mg_str_printf(&s, "%s%lld", i ? "," : "", (long long)mg_shape_dim(shape, i));
	mg_str_addc(&s, ']');
	text = s.failed ? NULL : mg_arena_strndup(arena, s.ptr, s.len);
	mg_str_clear(&s);
	return text;
}

static int
rows_of_version(mg_content *c, mgreg_error *err)
{
	mg_tensor_rows rows = { 0 };
	int rc = mg_version_tensors(c->store, c->version.id, &c->arena, &rows, err);
	mgreg_tensor_info *list = rc ? NULL : mg_arena_zalloc(&c->arena, rows.len + 1, sizeof(*list));

	for (size_t i = 0; list && i < rows.len; i++) {
		const mg_tensor_row *r = &rows.at[i];

		list[i] = (mgreg_tensor_info){ .tensor = r->name, .slice = r->slice ? r->slice : "", .dtype = r->dtype,
			.shape = r->shape, .full_shape = r->full_shape, .elements = r->elements, .bytes = (int64_t)r->size,
			.digest = mg_content_hex(c, r->digest), .has_stats = r->stats.has, .min = r->stats.min, .max = r->stats.max,
			.mean = r->stats.mean, .std = r->stats.std, .l2 = r->stats.l2, .zeros = r->stats.zeros, .nans = r->stats.nans,
			.infs = r->stats.infs };
	}
	if (rc == 0 && !list)
		rc = mg_fail_nomem(err, 0);
	c->tensors = list;
	c->tensor_count = list ? rows.len : 0;
	c->has_stats = true;
	mg_vec_clear(&rows);
	return rc;
}

/* One row of a file: a whole tensor, or one stored slice of it. */
static int
row_of_entry(mg_content *c, const mg_ckpt_entry *e, const mg_tslice *slice, mgreg_tensor_info *out, mgreg_error *err)
{
	mg_str text = MG_STR_INIT;
	mg_shape shape = { 0 };
	int rc = 0;

	out->slice = "";
	if (slice) {
		MG_TRY(mg_tslice_shape(slice, &e->shape, &shape, err));
		mg_tslice_format(slice, &text);
		MG_TRY(mg_str_check(&text, err));
		out->slice = mg_arena_strndup(&c->arena, text.ptr, text.len);
		out->full_shape = shape_json(&c->arena, &e->shape);
	} else {
		MG_TRY(mg_shape_copy(&shape, &e->shape, err));
	}
	out->tensor = mg_arena_strdup(&c->arena, e->name);
	out->dtype = e->foreign ? mg_arena_strdup(&c->arena, e->foreign) : mg_dtype_name(e->dtype);
	out->shape = shape_json(&c->arena, &shape);
	out->elements = out->bytes = -1;        /* of a shape that cannot be nobody knows them */
	if (mg_shape_is_full(&shape))
		MG_TRY(mg_shape_count(&shape, &out->elements, err));
	if (out->elements >= 0)
		out->bytes = mg_dtype_size(e->dtype) ? out->elements * (int64_t)mg_dtype_size(e->dtype) : -1;
	if (!out->tensor || !out->slice || !out->shape || (slice && !out->full_shape))
		rc = mg_fail_nomem(err, 0);
out:
	mg_shape_clear(&shape);
	mg_str_clear(&text);
	return rc;
}

/* Strings have no size of their own; a V2 bundle says how many bytes it keeps. */
static int
sizes_of_strings(mg_content *c, mgreg_error *err)
{
	const mg_bundle_place *places;
	mg_map sizes = { 0 };
	size_t count;
	int shards, rc = 0;

	if (strcmp(c->ckpt->ops->format, "v2") != 0)
		return 0;
	MG_TRY(mg_bundle_places(c->ckpt, &places, &count, &shards, err));
	for (size_t i = 0; i < count; i++)
		if (!places[i].slice && !mg_map_set(&sizes, places[i].name, (void *)&places[i]))
			MG_TRY(mg_fail_nomem(err, 0));
	for (size_t i = 0; i < c->tensor_count; i++) {
		const mg_bundle_place *p = c->tensors[i].bytes < 0 ? mg_map_find(&sizes, c->tensors[i].tensor) : NULL;

		if (p)
			c->tensors[i].bytes = (int64_t)p->size;
	}
out:
	mg_map_clear(&sizes);
	return rc;
}

static int
compare_rows(const void *a, const void *b)
{
	const mgreg_tensor_info *x = a, *y = b;
	int order = strcmp(x->tensor, y->tensor);

	return order ? order : strcmp(x->slice, y->slice);
}

static int
rows_of_file(mg_content *c, mgreg_error *err)
{
	MG_VEC(mgreg_tensor_info) list = { 0 };
	mg_ckpt_entry e;
	mgreg_error end = { 0 };
	int rc = 0;

	for (size_t i = 0; (rc = mg_ckpt_entry_at(c->ckpt, i, &e, &end)) == 0; i++) {
		int k = 0;

		do {
			mgreg_tensor_info row = { 0 };

			if ((rc = row_of_entry(c, &e, e.slices ? &e.slices[k] : NULL, &row, &end)) != 0)
				goto out;
			if (!mg_vec_push(&list, row)) {
				rc = mg_fail_nomem(&end, 0);
				goto out;
			}
		} while (e.slices && ++k < e.slice_count);
	}
	if (rc != MGREG_OUT_OF_RANGE)
		goto out;
	rc = 0;
	if (list.len)
		qsort(list.at, list.len, sizeof(*list.at), compare_rows);
	c->tensors = mg_arena_zalloc(&c->arena, list.len + 1, sizeof(*c->tensors));
	if (!c->tensors) {
		rc = mg_fail_nomem(&end, 0);
		goto out;
	}
	if (list.len)
		memcpy(c->tensors, list.at, list.len * sizeof(*list.at));
	c->tensor_count = list.len;
	rc = sizes_of_strings(c, &end);
out:
	mg_vec_clear(&list);
	if (rc && err)
		*err = end;
	return rc;
}

static int
stats_of_row(mg_content *c, mgreg_tensor_info *row, mgreg_error *err)
{
	mg_tensor *t;
	mg_stats s;
	int rc = mgreg_content_read(c, row->tensor, row->slice, &t, err);

	if (rc)
		return rc;
	mg_stats_begin(&s, t->dtype);
	if (mg_dtype_is_memcpy((int)t->dtype))          /* in the store's leaves: the same numbers to the last bit */
		for (size_t at = 0; at < t->size; at += MG_LEAF_SIZE)
			mg_stats_add(&s, t->dtype, (const char *)t->data + at, MG_MIN(t->size - at, (size_t)MG_LEAF_SIZE));
	mg_stats_end(&s);
	mgreg_tensor_free(t);
	row->has_stats = s.has;
	row->min = s.min;
	row->max = s.max;
	row->mean = s.mean;
	row->std = s.std;
	row->l2 = s.l2;
	row->zeros = s.zeros;
	row->nans = s.nans;
	row->infs = s.infs;
	return 0;
}

int
mg_content_need_tensors(mg_content *c, bool stats, mgreg_error *err)
{
	int rc = 0;

	if (!c->ckpt)
		return 0;
	if (!c->tensors)
		MG_TRY(c->store ? rows_of_version(c, err) : rows_of_file(c, err));
	for (size_t i = 0; stats && !c->has_stats && i < c->tensor_count; i++)
		MG_TRY(stats_of_row(c, &c->tensors[i], err));
	c->has_stats = c->has_stats || stats;
out:
	return rc;
}

int
mgreg_content_read(mgreg_content *c, const char *name, const char *slice, mgreg_tensor **out, mgreg_error *err)
{
	mg_arena scratch = { 0 };
	mg_tslice part;
	mg_tensor *t = NULL;
	int rc = 0;

	if (!c->ckpt)
		return mg_fail(err, MGREG_NOT_FOUND, "%s has no tensors", mg_content_name(c));
	if (slice && *slice)
		MG_TRY(mg_tslice_parse(&part, slice, strlen(slice), &scratch, err));
	if (!(t = mg_calloc(1, sizeof(*t)))) {
		rc = mg_fail_nomem(err, sizeof(*t));
		goto out;
	}
	MG_TRY(mg_ckpt_read(c->ckpt, name, slice && *slice ? &part : NULL, t, err));
	*out = t;
	t = NULL;
out:
	mg_free(t);
	mg_arena_clear(&scratch);
	return rc;
}
