/* SPDX-License-Identifier: Apache-2.0 */
/*
 * put.c - files -> versions.
 *
 * What came in goes out again byte for byte, and is stored once: a file of tensors is a list of their chunks and small chunks
 * for what lies between (pieces.c), saved_model.pb one of its MetaGraphs', a bare GraphDef a part of the MetaGraph around it.  Every
 * tensor is read and checked before anything is published; a version is made of one source, or of a .meta and the prefix
 * it belongs to.
 */
#include "base/base.h"
#include <unistd.h>
#include "base/file.h"
#include "base/json.h"
#include "base/num.h"
#include "pack/pack.h"
#include "interop/interop.h"
#include "registry/facts.h"
#include "registry/package.h"
#include "registry/pieces.h"
#include "registry/registry.h"
#include "registry/training.h"

typedef mgreg_store_export_options options;

typedef struct put {
	mg_store        *store;
	const options   *o;
	const char      *source;
	char             model[MG_NAME_LIMIT + 1], run[MG_NAME_LIMIT + 1];
	json_t          *given;
	mg_arena         arena;
	mg_model         files;
	mg_save         *save;
	mg_save_tensors  tensors;
	mg_ckpt         *ckpt;
	const mg_bundle_place *places;  /* V2: where the tensors lie */
	int             *place_rows;    /* the row of each; -1: it has none */
	size_t           place_count;
	mg_sighted_list  sighted;       /* other formats: what to look for in the files */
	mg_new_metagraph *metagraphs;
	size_t           metagraph_count;
	const Pb__MetaGraphDef *first;  /* of the version; NULL: none */
	const mg_blob   *source_blob;   /* of the graph file */
	bool             rewritten;     /* the graph is not the file's any more */
	MG_VEC(mg_new_file) kept;
	const mg_packed *packed;        /* it comes out of a package; else NULL */
} put;

/* ---- hyper-parameters and the like ------------------------------------------------------------------ */

static int
given_hparams(const options *o, json_t **out, mgreg_error *err)
{
	json_t *all = NULL;
	int rc = 0;

	if (o->hparams_json)
		MG_TRY(mg_wrap(err, mg_json_parse(o->hparams_json, strlen(o->hparams_json), &all, err), "hyper-parameters"));
	if (all && !json_is_object(all)) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "hyper-parameters must be a JSON object");
		goto out;
	}
	if (!all && o->hparam_count && !(all = json_object()))
		return mg_fail_nomem(err, 0);
	for (int i = 0; i < o->hparam_count; i++) {
		const char *text = o->hparams[i].value ? o->hparams[i].value : "";
		json_t *value = NULL;

		if (mg_json_parse(text, strlen(text), &value, NULL) != 0)
			value = json_string(text);
		if (!value || json_object_set_new(all, o->hparams[i].key, value) != 0) {
			rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "hyper-parameter '%s' is not text in UTF-8", o->hparams[i].key);
			goto out;
		}
	}
	*out = all;
	all = NULL;
out:
	json_decref(all);
	return rc;
}

/* ---- the global step ------------------------------------------------------------------------------- */

static int
step_of_tensor(put *p, const char *name, bool must, bool *has, int64_t *step, mgreg_error *err)
{
	mg_ckpt_entry entry;
	mg_tensor t = { 0 };
	int rc;

	if (!p->ckpt)
		return must ? mg_fail(err, MGREG_NOT_FOUND, "%s has no tensor '%s' to take the step from", p->source, name) : 0;
	rc = mg_ckpt_find(p->ckpt, name, &entry, must ? err : NULL);
	if (rc == MGREG_NOT_FOUND && !must)
		return 0;
	MG_TRY(rc);
	if (!mg_dtype_is_integer(entry.dtype) || !mg_shape_is_full(&entry.shape) || entry.shape.rank > 1) {
		rc = must ? mg_fail(err, MGREG_INVALID_ARGUMENT, "tensor '%s' is not a whole number", name) : 0;
		goto out;
	}
	MG_TRY(mg_ckpt_read(p->ckpt, name, NULL, &t, err));
	if (t.count == 1 && mg_tensor_as_i64(&t, 0, step) && *step >= 0)
		*has = true;
	else if (must)
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "tensor '%s' is not a step", name);
out:
	mg_tensor_clear(&t);
	return rc;
}

static int
find_step(put *p, bool *has, int64_t *step, mgreg_error *err)
{
	const char *name = p->files.prefix ? p->files.prefix : p->files.graph_path;

	*has = p->o->has_step;
	*step = p->o->step;
	if (*has)
		return 0;
	if (p->o->step_from)
		return step_of_tensor(p, p->o->step_from, true, has, step, err);
	if (name && (*has = mg_model_name_step(name, step)))
		return 0;
	return step_of_tensor(p, "global_step", false, has, step, err);
}

/* ---- the graph ---------------------------------------------------------------------------------------- */

static bool
rewrites(const options *o)
{
	return o->collections || o->scope || o->clear_devices || o->strip_default_attrs || o->clear_extraneous_savers;
}

static int
tell_report(const options *o, const mg_report *r)
{
	char line[96];
	int rc = 0;

	for (size_t i = 0; o->report && rc == 0 && i < r->lines.len; i++)
		rc = o->report(o->ctx, r->lines.at[i]);
	if (!o->report && o->warn && r->lines.len) {    /* nobody asked, and yet it is not lost in silence */
		snprintf(line, sizeof(line), "%zu things were left out of the MetaGraph: --report lists them", r->lines.len);
		rc = o->warn(o->ctx, line);
	}
	return rc;
}

/* Through a live graph and out again, as TensorFlow's export_meta_graph would with these options. */
static int
rewrite(put *p, const Pb__MetaGraphDef *m, const Pb__MetaGraphDef **out, mg_slice *bytes, mgreg_error *err)
{
	mg_metagraph_import_options in = MG_METAGRAPH_IMPORT_INIT;
	mg_metagraph_export_options ex = MG_METAGRAPH_EXPORT_INIT;
	mg_metagraph_imported imported;
	mg_report report = { 0 };
	Pb__MetaGraphDef *made;
	mg_graph *g = NULL;
	mg_str text = MG_STR_INIT;
	int rc;

	in.allow_unknown_ops = true;
	in.skip_bad_collections = true;         /* told, not refused: the graph is worth more than one list */
	in.report = &report;
	MG_TRY(mg_graph_new(&g, err));
	MG_TRY(mg_metagraph_import(g, m, &in, &imported, err));
	ex.collections = p->o->collections;
	ex.collection_count = p->o->collection_count;
	ex.scope = p->o->scope;
	ex.meta_info = m->meta_info_def;
	ex.saver = imported.saver;
	ex.clear_devices = p->o->clear_devices;
	ex.clear_extraneous_savers = p->o->clear_extraneous_savers;
	ex.strip_default_attrs = p->o->strip_default_attrs;
	ex.report = &report;
	ex.allow_unknown_ops = true;
	MG_TRY(mg_metagraph_export(g, &ex, &p->arena, &made, err));
	MG_TRY(mg_msg_encode_large(&made->base, &text, err));
	bytes->len = text.len;
	if (!(bytes->ptr = mg_arena_memdup(&p->arena, text.ptr, text.len ? text.len : 1))) {
		rc = mg_fail_nomem(err, text.len);
		goto out;
	}
	/* MADE points into the graph: the version's is read from the bytes */
	MG_TRY(mg_metagraph_parse(bytes->ptr, bytes->len, p->source, &p->arena, &made, err));
	*out = made;
	rc = tell_report(p->o, &report);
out:
	mg_report_clear(&report);
	mg_graph_free(g);
	mg_str_clear(&text);
	return rc;
}

static int
put_graphs(put *p, mgreg_error *err)
{
	int rc = 0;

	p->rewritten = rewrites(p->o) && p->files.graph_count > 0;
	p->metagraphs = mg_arena_zalloc(&p->arena, p->files.graph_count + 1, sizeof(*p->metagraphs));
	if (!p->metagraphs)
		return mg_fail_nomem(err, 0);
	for (size_t i = 0; i < p->files.graph_count; i++) {
		const mg_model_graph *g = &p->files.graphs[i];
		const Pb__MetaGraphDef *m = g->def;
		mg_slice bytes = g->bytes;

		if (p->rewritten)
			MG_TRY(rewrite(p, g->def, &m, &bytes, err));
		if (i == 0)
			p->first = m;
		if (p->save)
			MG_TRY(mg_publish_metagraph(p->save, bytes.ptr, bytes.len, m, &p->arena, &p->metagraphs[i], err));
	}
	p->metagraph_count = p->files.graph_count;
out:
	return mg_wrap(err, rc, "%s", p->source);
}

/* Where the GraphDef stands inside a MetaGraphDef's bytes, if it stands there as in SOURCE. */
static bool
find_graph_def(mg_slice metagraph, mg_slice source, uint64_t *at)
{
	mg_wire w = { (const uint8_t *)metagraph.ptr, (const uint8_t *)metagraph.ptr + metagraph.len };
	mg_wire_field f;

	while (mg_wire_next(&w, &f) == 1)
		if (f.number == 2 && f.type == MG_WIRE_LEN && f.value == source.len && !memcmp(f.data, source.ptr, source.len)) {
			*at = (uint64_t)(f.data - (const uint8_t *)metagraph.ptr);
			return true;
		}
	return false;
}

/* The graph file's bytes as an object, out of the MetaGraphs' chunks where it holds them. */
static int
put_source(put *p, mgreg_error *err)
{
	mg_slice s = p->files.source;
	mg_blob_writer *w = NULL;
	uint64_t at = 0, in_graph;
	mg_blob *blob;
	int rc;

	MG_TRY(mg_blob_begin(&w, p->save, s.len, NULL, 0, NULL, NULL, err));
	if (!p->rewritten && p->metagraph_count == 1 && find_graph_def(p->files.graphs[0].bytes, s, &in_graph)) {
		MG_TRY(mg_blob_write_range(w, p->metagraphs[0].blob, in_graph, s.ptr, s.len, err));
		at = s.len;
	}
	for (size_t i = 0; !p->rewritten && at < s.len && i < p->metagraph_count; i++) {
		mg_slice g = p->files.graphs[i].bytes;

		if (g.ptr < s.ptr + at || g.ptr + g.len > s.ptr + s.len)
			continue;
		MG_TRY(mg_blob_write(w, s.ptr + at, (size_t)(g.ptr - s.ptr) - at, err));
		MG_TRY(mg_blob_write_blob(w, p->metagraphs[i].blob, g.ptr, g.len, err));
		at = (uint64_t)(g.ptr - s.ptr) + g.len;
	}
	MG_TRY(mg_blob_write(w, s.ptr + at, s.len - at, err));
	rc = mg_blob_finish(w, &blob, err);
	w = NULL;
	if (rc == 0)
		p->source_blob = blob;
out:
	mg_blob_abandon(w);
	return rc;
}

/* ---- the tensors ---------------------------------------------------------------------------------------- */

static int
put_tensor(put *p, const char *name, const mg_shape *full, const mg_tslice *slice, mgreg_error *err)
{
	mg_tensor t = { 0 };
	int rc;

	MG_TRY(mg_ckpt_read(p->ckpt, name, slice, &t, err));
	if (p->save) {
		MG_TRY(mg_save_tensors_add(&p->tensors, name, slice ? full : NULL, slice, &t, err));
		if (!p->places)
			rc = mg_pieces_sight(&p->sighted, p->tensors.rows.len - 1, &t, err);
	}
out:
	mg_tensor_clear(&t);
	return rc;
}

/* Is a tensor such as has a value?  Those that have none (variants, types that only their file knows) stay in the file, byte for byte. */
static int
has_value(put *p, const char *name, int dtype, const char *foreign, bool *has)
{
	mg_str line = MG_STR_INIT;
	int rc = 0;

	*has = mg_dtype_is_memcpy(dtype) || dtype == MGREG_STRING;
	if (*has || !p->o->warn)
		return 0;
	mg_str_printf(&line, "tensor '%s' of type %s has no value here: it is kept in its file only", name, foreign ? foreign : mg_dtype_name(dtype));
	if (!line.failed)
		rc = p->o->warn(p->o->ctx, line.ptr);
	mg_str_clear(&line);
	return rc;
}

/* Nothing is taken from a checkpoint that is damaged: reading such a tensor says in which way. */
static int
refuse_bad(put *p, mgreg_error *err)
{
	mg_ckpt_entry e;
	mg_tensor t = { 0 };
	int rc;

	for (size_t i = 0; (rc = mg_ckpt_entry_at(p->ckpt, i, &e, err)) == 0; i++)
		if (e.bad && (rc = mg_ckpt_read(p->ckpt, e.name, NULL, &t, err)) != 0)
			return rc;
	return rc == MGREG_OUT_OF_RANGE ? 0 : rc;
}

/* V2: in the order of the shards. */
static int
put_places(put *p, mgreg_error *err)
{
	int shards, rc;
	bool has;

	MG_TRY(mg_bundle_places(p->ckpt, &p->places, &p->place_count, &shards, err));
	if (!(p->place_rows = mg_arena_zalloc(&p->arena, p->place_count + 1, sizeof(*p->place_rows))))
		return mg_fail_nomem(err, 0);
	for (size_t i = 0; i < p->place_count; i++) {
		const mg_bundle_place *at = &p->places[i];

		MG_TRY(has_value(p, at->name, at->dtype, NULL, &has));
		p->place_rows[i] = has && p->save ? (int)p->tensors.rows.len : -1;
		if (has)
			MG_TRY(put_tensor(p, at->name, &at->full, at->slice, err));
	}
out:
	return rc;
}

static int
put_entries(put *p, mgreg_error *err)
{
	mg_ckpt_entry e;
	bool has;
	int rc;

	for (size_t i = 0; (rc = mg_ckpt_entry_at(p->ckpt, i, &e, err)) == 0; i++) {
		MG_TRY(has_value(p, e.name, e.dtype, e.foreign, &has));
		if (!has)
			continue;
		if (!e.slices)
			MG_TRY(put_tensor(p, e.name, NULL, NULL, err));
		for (int k = 0; k < e.slice_count; k++)
			MG_TRY(put_tensor(p, e.name, &e.shape, &e.slices[k], err));
	}
	if (rc == MGREG_OUT_OF_RANGE)
		rc = 0;
out:
	return rc;
}

static int
put_tensors(put *p, mgreg_error *err)
{
	int rc = refuse_bad(p, err);

	if (rc)
		return rc;
	return !strcmp(p->ckpt->ops->format, "v2") ? put_places(p, err) : put_entries(p, err);
}

/* ---- the files ------------------------------------------------------------------------------------------- */

typedef struct shard {          /* what is needed to write one data file */
	mg_file         file;
	mg_blob_writer *w;
	uint8_t        *buf;
	uint64_t        at;
	mg_piece_list   pieces;         /* ascending, apart */
} shard;

/* A V2 shard: its index says where the tensors lie. */
static int
pieces_of_places(const put *p, int number, uint64_t file_size, mg_piece_list *out, mgreg_error *err)
{
	uint64_t end = 0;

	for (size_t i = 0; i < p->place_count; i++) {
		const mg_bundle_place *place = &p->places[i];
		mg_piece one = { .at = place->offset };

		if (p->place_rows[i] < 0)
			continue;
		one.blob = p->tensors.rows.at[p->place_rows[i]].blob;
		if (place->shard != number || place->offset < end || place->size != one.blob->size || place->size == 0
				|| place->offset > file_size || place->size > file_size - place->offset)
			continue;
		end = place->offset + place->size;
		if (!mg_vec_push(out, one))
			return mg_fail_nomem(err, 0);
	}
	return 0;
}

/* Bytes up to END, as those of PIECE or as new ones. */
static int
copy_to(shard *s, uint64_t end, const mg_blob *piece, mgreg_error *err)
{
	int rc = 0;

	while (s->at < end) {
		size_t n = (size_t)MG_MIN(end - s->at, (uint64_t)MG_LEAF_SIZE);

		MG_TRY(mg_file_pread(&s->file, s->buf, n, s->at, err));
		MG_TRY(piece ? mg_blob_write_blob(s->w, piece, s->buf, n, err) : mg_blob_write(s->w, s->buf, n, err));
		s->at += n;
	}
out:
	return rc;
}

/* NUMBER: of a V2 shard; -1: another file. */
static int
put_file(put *p, const mg_model_file *f, int number, mg_blob **out, mgreg_error *err)
{
	shard s = { .file = { .fd = -1 } };
	int rc;

	MG_TRY(mg_file_open(&s.file, f->path, err));
	if (!(s.buf = mg_alloc(MG_LEAF_SIZE))) {
		rc = mg_fail_nomem(err, MG_LEAF_SIZE);
		goto out;
	}
	MG_TRY(mg_blob_begin(&s.w, p->save, s.file.size, NULL, 0, NULL, NULL, err));
	if (number >= 0)
		MG_TRY(pieces_of_places(p, number, s.file.size, &s.pieces, err));
	else
		MG_TRY(mg_pieces_find(&p->sighted, p->tensors.rows.at, f->path, &s.pieces, err));
	for (size_t i = 0; i < s.pieces.len; i++) {
		MG_TRY(copy_to(&s, s.pieces.at[i].at, NULL, err));
		MG_TRY(copy_to(&s, s.pieces.at[i].at + s.pieces.at[i].blob->size, s.pieces.at[i].blob, err));
	}
	MG_TRY(copy_to(&s, s.file.size, NULL, err));
	rc = mg_blob_finish(s.w, out, err);
	s.w = NULL;
out:
	mg_blob_abandon(s.w);
	mg_vec_clear(&s.pieces);
	mg_free(s.buf);
	if (s.file.fd >= 0)
		mg_file_close(&s.file);
	return rc;
}

/* "....data-00001-of-00004" -> 1; -1 for other names. */
static int
shard_number(const char *name)
{
	const char *tail = strstr(name, ".data-");
	int64_t n;

	while (tail && strstr(tail + 1, ".data-"))
		tail = strstr(tail + 1, ".data-");
	return tail && strlen(tail) == strlen(".data-00000-of-00001") && mg_parse_i64(tail + 6, 5, &n) ? (int)n : -1;
}

static int
put_files(put *p, mgreg_error *err)
{
	int rc = 0;

	for (size_t i = 0; i < p->files.file_count; i++) {
		const mg_model_file *f = &p->files.files[i];
		mg_new_file kept = { .path = f->name };
		mg_blob *blob;

		if (p->files.graph_path && !strcmp(f->path, p->files.graph_path)) {
			if (p->rewritten)
				continue;
			kept.blob = p->source_blob;
		} else {
			MG_TRY(put_file(p, f, p->places ? shard_number(f->name) : -1, &blob, err));
			kept.blob = blob;
		}
		if (!mg_vec_push(&p->kept, kept))
			return mg_fail_nomem(err, 0);
	}
out:
	return rc;
}

/* ---- a version -------------------------------------------------------------------------------------------- */

/* Facts of the options; borrowed by the version during the publishing. */
static int
fill_labels(put *p, mg_new_version *v, mgreg_error *err)
{
	const options *o = p->o;
	mg_new_metric *metrics = mg_arena_zalloc(&p->arena, (size_t)o->metric_count + 1, sizeof(*metrics));
	mg_pair *tags = mg_arena_zalloc(&p->arena, (size_t)o->tag_count + 1, sizeof(*tags));

	if (!metrics || !tags)
		return mg_fail_nomem(err, 0);
	for (int i = 0; i < o->metric_count; i++)
		metrics[i] = (mg_new_metric){ .name = o->metric_names[i], .value = o->metric_values[i] };
	for (int i = 0; i < o->tag_count; i++)
		tags[i] = (mg_pair){ o->tags[i].key, o->tags[i].value };
	v->metrics = metrics;
	v->metric_count = (size_t)o->metric_count;
	v->tags = tags;
	v->tag_count = (size_t)o->tag_count;
	v->aliases = o->aliases;
	v->alias_count = (size_t)o->alias_count;
	v->note = o->note;
	v->pin = o->pin;
	v->keep_latest = o->no_latest;
	v->same_step = (mg_same_step)o->same_step;
	return 0;
}

/* What the package says goes before what its files say. */
static void
fill_packed(const mg_packed *packed, mg_new_version *v)
{
	v->kind = packed->kind;
	v->resume = packed->resume;
	v->saved_at = packed->saved_at;
	v->metrics = packed->metrics;
	v->metric_count = packed->metric_count;
	v->parents = packed->parents;
	v->parent_count = packed->parent_count;
	v->operation = "unpack";
}

static int
publish(put *p, bool has_step, int64_t step, mg_version_info *out, bool *skipped, mgreg_error *err)
{
	mg_new_version v = { .model = p->model, .run = p->run, .kind = p->files.store_kind, .has_step = has_step, .step = step,
		.tensors = p->tensors.rows.at, .tensor_count = p->tensors.rows.len, .metagraphs = p->metagraphs,
		.metagraph_count = p->metagraph_count, .files = p->kept.at, .file_count = p->kept.len, .operation = "export" };
	const char *clock = p->files.graph_path ? p->files.graph_path : p->files.file_count ? p->files.files[0].path : NULL;
	mg_str given = MG_STR_INIT;
	mg_hparam_fact *hparams = NULL;
	double mtime;
	uint64_t size;
	int rc;

	MG_TRY(fill_labels(p, &v, err));
	MG_TRY(mg_facts_of_hparams(p->first, p->given, &p->arena, &v.hparams_doc, &hparams, &v.hparam_count, err));
	v.hparams = hparams;
	if (p->given) {
		MG_TRY(mg_json_format(p->given, &given, err));
		v.given_hparams = given.ptr;
	}
	if (clock && mg_file_mtime(clock, &mtime, &size, NULL) == 0)
		v.saved_at = (int64_t)(mtime * 1000);
	if (v.tensor_count)
		v.run_status = "imported";
	if (p->packed)
		fill_packed(p->packed, &v);
	MG_TRY(mg_version_publish(p->save, &v, out, skipped, err));
	if (!*skipped)
		MG_TRY(mg_run_prune(p->store, out->run_id, out, NULL, err));
out:
	mg_str_clear(&given);
	return rc;
}

static void
describe(const put *p, bool has_step, int64_t step, mg_version_info *v)
{
	memset(v, 0, sizeof(*v));
	snprintf(v->model, sizeof(v->model), "%s", p->model);
	snprintf(v->run, sizeof(v->run), "%s", p->run);
	snprintf(v->kind, sizeof(v->kind), "%s", p->files.store_kind);
	v->has_step = has_step;
	v->step = step;
	if (has_step)
		snprintf(v->ref, sizeof(v->ref), "%s/%s@%lld", p->model, p->run, (long long)step);
	else
		snprintf(v->ref, sizeof(v->ref), "%s/%s", p->model, p->run);
}

/* What comes in is compared with the newest version of its run, if there is one. */
static int
begin_tensors(put *p, mgreg_error *err)
{
	int64_t model_id, run_id, before = 0;
	int rc;

	MG_TRY(mg_save_tensors_init(&p->tensors, p->save, err));
	if (mg_model_find(p->store, p->model, &model_id, NULL) == 0 && mg_run_find(p->store, model_id, p->run, &run_id, NULL) == 0)
		MG_TRY(mg_run_newest(p->store, run_id, &before, err));
	if (before)
		MG_TRY(mg_save_tensors_follow(&p->tensors, before, err));
out:
	return rc;
}

/* A SavedModel with several MetaGraphs: which of them has lost its variables' data is not ours to judge; all come along. */
static int
put_model(put *p, mg_version_info *out, bool *skipped, mgreg_error *err)
{
	bool has_step = false;
	int64_t step = 0;
	int rc;

	if (!p->o->dry_run)
		MG_TRY(mg_save_begin(&p->save, p->store, err));
	if (p->save && p->packed)
		MG_TRY(mg_save_set_uid(p->save, p->packed->uid, err));
	if (p->save)
		MG_TRY(begin_tensors(p, err));
	if (p->files.prefix)
		MG_TRY(mg_ckpt_open(&p->ckpt, p->files.prefix, err));
	MG_TRY(find_step(p, &has_step, &step, err));
	MG_TRY(put_graphs(p, err));
	if (p->ckpt)
		MG_TRY(put_tensors(p, err));
	if (p->o->tee && p->first)
		MG_TRY(mg_metagraph_write(p->o->tee, p->first, mg_ends_with(p->o->tee, ".pbtxt"), err));
	if (!p->save) {
		describe(p, has_step, step, out);
		goto out;
	}
	if (p->files.graph_path && !p->rewritten)
		MG_TRY(put_source(p, err));
	MG_TRY(put_files(p, err));
	MG_TRY(mg_save_tensors_finish(&p->tensors, err));
	rc = publish(p, has_step, step, out, skipped, err);
out:
	return rc;
}

static void
put_clear(put *p)
{
	mg_ckpt_close(p->ckpt);
	mg_save_tensors_clear(&p->tensors);
	mg_save_free(p->save);
	mg_vec_clear(&p->kept);
	mg_vec_clear(&p->sighted);
	mg_model_clear(&p->files);
	mg_arena_clear(&p->arena);
	json_decref(p->given);
}

/* A version that had no files of its own but assets has none here, either. */
static int
choose_packed_files(put *p, mgreg_error *err)
{
	size_t kept = 0;
	int rc = 0;

	if (p->packed->kept)
		return 0;
	p->files.file_count = 0;
	MG_TRY(mg_model_add_tree_files(&p->files, p->packed->folder, err));
	for (size_t i = 0; i < p->files.file_count; i++)
		if (mg_starts_with(p->files.files[i].name, "assets/") || mg_starts_with(p->files.files[i].name, "assets.extra/"))
			p->files.files[kept++] = p->files.files[i];
	p->files.file_count = kept;
out:
	return rc;
}

int
mg_put_packed(mg_store *store, const mgreg_store_export_options *o, const char *path, const mg_packed *packed, mg_version_info *out,
	mgreg_error *err)
{
	put p = { .store = store, .o = o, .source = path, .packed = packed };
	bool skipped;
	int rc;

	MG_TRY(mg_ref_split(o->as, p.model, p.run, err));
	MG_TRY(given_hparams(o, &p.given, err));
	MG_TRY(mg_model_read(path, NULL, &p.files, err));
	MG_TRY(choose_packed_files(&p, err));
	MG_TRY(put_model(&p, out, &skipped, err));
out:
	put_clear(&p);
	return rc;
}

/* ---- sources ------------------------------------------------------------------------------------------------ */

typedef int done_fn(void *ctx, const mgreg_version_info *version, int skipped);

static int
read_source(const options *o, const char *source, mg_model *out, mgreg_error *err)
{
	mg_model_options how = { .no_meta = o->no_meta };
	mg_str data = MG_STR_INIT;
	int rc;

	if (strcmp(source, "-"))
		return mg_model_read(source, &how, out, err);
	MG_TRY(mg_fd_read(STDIN_FILENO, 0, &data, err));
	rc = mg_model_read_bytes(data.ptr, data.len, "standard input", out, err);
out:
	mg_str_clear(&data);
	return rc;
}

static int
put_source_path(mg_store *store, const options *o, const char *source, done_fn *done, void *ctx, mgreg_error *err)
{
	put p = { .store = store, .o = o, .source = source };
	mg_version_info v = { 0 };
	bool skipped = false, is_read = false;
	int rc;

	MG_TRY(mg_ref_split(o->as, p.model, p.run, err));
	MG_TRY(given_hparams(o, &p.given, err));
	MG_TRY(read_source(o, source, &p.files, err));
	is_read = true;
	if (p.files.kind == MG_MODEL_CHECKPOINT && !p.files.prefix) {
		rc = mg_fail(err, MGREG_NOT_FOUND, "%s: no checkpoint here", source);
		goto out;
	}
	MG_TRY(put_model(&p, &v, &skipped, err));
	rc = done ? done(ctx, &v, skipped) : 0;
out:
	if (is_read)
		mg_model_error(&p.files, rc, err);
	else
		memset(&p.files, 0, sizeof(p.files));
	put_clear(&p);
	return rc;
}

static int
tell_missing(const options *o, const char *source, const char *name)
{
	mg_str line = MG_STR_INIT;
	int rc = 0;

	mg_str_printf(&line, "%s: the state file names %s, which is not there", source, mg_path_basename(name));
	if (!line.failed)
		rc = o->warn(o->ctx, line.ptr);
	mg_str_clear(&line);
	return rc;
}

/* Every checkpoint of a folder (or of an archive with one) in the order of its state file; what the file calls the latest
 * goes last, so that the pointer ends there.  Without a state file: by their steps. */
static int
put_folder(mg_store *store, const options *o, const char *source, done_fn *done, void *ctx, mgreg_error *err)
{
	mg_model_options how = { .no_files = true, .no_meta = true, .all = true };
	mg_model m;
	int rc = mg_model_read(source, &how, &m, err);

	if (rc != 0)
		return rc;
	if (m.checkpoint_count == 0)
		rc = mg_fail(err, MGREG_NOT_FOUND, "%s: no checkpoints here", source);
	for (size_t i = 0; rc == 0 && i < m.checkpoint_count; i++)
		if (!m.prefix || strcmp(m.checkpoints[i], m.prefix))
			rc = put_source_path(store, o, m.checkpoints[i], done, ctx, err);
	if (rc == 0 && m.prefix)
		rc = put_source_path(store, o, m.prefix, done, ctx, err);
	for (size_t i = 0; rc == 0 && o->warn && i < m.missing_count; i++)
		rc = tell_missing(o, source, m.missing[i]);
	mg_model_error(&m, rc, err);
	mg_model_clear(&m);
	return rc;
}

/* A .meta whose prefix is named too is a part of that version. */
static bool
belongs_to_another(const char *const *sources, int count, int i)
{
	size_t len = strlen(sources[i]);

	if (!mg_ends_with(sources[i], ".meta"))
		return false;
	for (int k = 0; k < count; k++)
		if (k != i && strlen(sources[k]) == len - 5 && !strncmp(sources[k], sources[i], len - 5))
			return true;
	return false;
}

int
mgreg_store_export(mgreg_store *store, const char *const *sources, int count, const mgreg_store_export_options *o,
	int (*done)(void *ctx, const mgreg_version_info *version, int skipped), void *ctx, mgreg_error *err)
{
	char model[MG_NAME_LIMIT + 1], run[MG_NAME_LIMIT + 1];
	int rc;

	assert(o && o->size == sizeof(*o));
	if (!o->as)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "a model's name is needed");
	MG_TRY(mg_ref_split(o->as, model, run, err));
	for (int i = 0; i < count; i++) {
		if (!o->no_meta && belongs_to_another(sources, count, i))
			continue;
		if (o->all && (mg_is_dir(sources[i]) || mg_pack_is_archive(sources[i])))
			MG_TRY(put_folder(store, o, sources[i], done, ctx, err));
		else
			MG_TRY(put_source_path(store, o, sources[i], done, ctx, err));
	}
out:
	return rc;
}
