/* SPDX-License-Identifier: Apache-2.0 */
/*
 * version.c - publishing a version, reading its rows, and its life.
 *
 * states: live -> replaced (its step was saved again) or expired -> purged.  Only mg_version_publish() makes a live one.
 * Publishing is one transaction, in this order: version_id and no are chosen; the live row of the same (run, step, kind)
 * becomes replaced; version, objects, lists, tensors, MetaGraphs, files; derived rows; audit; the claims go.
 */
#include "base/base.h"
#include <stdio.h>
#include <stdlib.h>
#include "store/store_internal.h"

static const char *const kinds[] = { "checkpoint", "weights", "saved_model", "frozen", "metagraph" };

const char *
mg_kind_check(const char *kind)
{
	for (size_t i = 0; kind && i < MG_COUNT(kinds); i++)
		if (!strcmp(kind, kinds[i]))
			return kinds[i];
	return NULL;
}

void
mg_copy_text(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from ? from : "");
}

/* ---- reading ------------------------------------------------------------------------------------- */

int
mg_version_get(mg_store *s, int64_t version_id, mg_version_info *out, mgreg_error *err)
{
	mg_version_info v = { 0 };
	const char *uid, *model, *run, *kind, *state, *aliases;
	const void *weights;
	size_t weights_size;
	mg_stmt *q = NULL;
	bool has, has_step;
	int64_t moves, pinned;
	int rc;

	MG_TRY(mg_stmt_get(s, MG_SQL_VERSION_GET, &q, err));
	MG_TRY(mg_stmt_bind(q, err, "i", version_id));
	MG_TRY(mg_stmt_step(q, err));
	if (!mg_stmt_has_row(q)) {
		rc = mg_fail(err, MGREG_NOT_FOUND, "no version with id %lld", (long long)version_id);
		goto out;
	}
	mg_stmt_read(q, "iiiiIIiiiIiibtttttt", &v.id, &v.no, &v.model_id, &v.run_id, &v.session_id, &has, &v.step, &has_step,
		&v.saved_at, &v.state_at, &v.added_bytes, &v.replaced_by, &has, &moves, &pinned, &weights, &weights_size,
		&uid, &model, &run, &kind, &state, &aliases);
	v.has_step = has_step;
	v.moves_latest = moves != 0;
	v.pinned = pinned != 0;
	if (weights && weights_size == 32) {
		v.has_weights = 1;
		memcpy(v.weights, weights, 32);
	}
	mg_copy_text(v.uid, sizeof v.uid, uid);
	mg_copy_text(v.model, sizeof v.model, model);
	mg_copy_text(v.run, sizeof v.run, run);
	mg_copy_text(v.kind, sizeof v.kind, kind);
	mg_copy_text(v.state, sizeof v.state, state);
	mg_copy_text(v.aliases, sizeof v.aliases, aliases);
	mg_stmt_release(q);
	q = NULL;
	MG_TRY(mg_ref_fill(s, &v, err));
	*out = v;
out:
	mg_stmt_release(q);
	return rc;
}

/* Runs through the rows of a query about one version. */
static int
each_row(mg_store *s, enum mg_sql name, int64_t version_id, int (*each)(void *ctx, mg_stmt *q), void *ctx, mgreg_error *err)
{
	mg_stmt *q = NULL;
	int rc;

	MG_TRY(mg_stmt_get(s, name, &q, err));
	MG_TRY(mg_stmt_bind(q, err, "i", version_id));
	for (;;) {
		MG_TRY(mg_stmt_step(q, err));
		if (!mg_stmt_has_row(q))
			break;
		if (each(ctx, q) != 0) {
			rc = mg_fail_nomem(err, 0);
			break;
		}
	}
out:
	mg_stmt_release(q);
	return rc;
}

typedef struct gather { mg_arena *arena; void *rows; } gather;

static int
gather_tensor(void *ctx, mg_stmt *q)
{
	gather *g = ctx;
	mg_tensor_rows *rows = g->rows;
	mg_tensor_row r = { 0 };
	const char *name, *slice, *dtype, *shape, *full;
	int64_t size;

	mg_stmt_read(q, "ttttsiiiihdddddIii", &name, &slice, &dtype, &shape, &full, &r.tensor_id, &r.object_id, &r.elements,
		&size, r.digest, &r.stats.min, &r.stats.max, &r.stats.mean, &r.stats.std, &r.stats.l2,
		&r.stats.zeros, &r.stats.has, &r.stats.nans, &r.stats.infs);
	r.size = (uint64_t)size;
	r.name = mg_arena_strdup(g->arena, name);
	r.slice = mg_arena_strdup(g->arena, slice);
	r.dtype = mg_arena_strdup(g->arena, dtype);
	r.shape = mg_arena_strdup(g->arena, shape);
	if (full)
		r.full_shape = mg_arena_strdup(g->arena, full);
	return !(r.name && r.slice && r.dtype && r.shape && (!full || r.full_shape) && mg_vec_push(rows, r));
}

int
mg_version_tensors(mg_store *s, int64_t version_id, mg_arena *arena, mg_tensor_rows *rows, mgreg_error *err)
{
	return each_row(s, MG_SQL_VERSION_TENSORS, version_id, gather_tensor, &(gather){ arena, rows }, err);
}

static int
gather_file(void *ctx, mg_stmt *q)
{
	gather *g = ctx;
	mg_file_rows *rows = g->rows;
	mg_file_row r = { 0 };
	const char *path;
	int64_t size;

	mg_stmt_read(q, "tiih", &path, &r.object_id, &size, r.digest);
	r.size = (uint64_t)size;
	r.path = mg_arena_strdup(g->arena, path);
	return !(r.path && mg_vec_push(rows, r));
}

int
mg_version_files(mg_store *s, int64_t version_id, mg_arena *arena, mg_file_rows *rows, mgreg_error *err)
{
	return each_row(s, MG_SQL_VERSION_FILES, version_id, gather_file, &(gather){ arena, rows }, err);
}

static int
gather_metagraph(void *ctx, mg_stmt *q)
{
	gather *g = ctx;
	mg_metagraph_rows *rows = g->rows;
	mg_metagraph_row r = { 0 };
	const char *tags;
	int64_t idx, size;

	mg_stmt_read(q, "iiit", &idx, &r.object_id, &size, &tags);
	r.idx = (int)idx;
	r.size = (uint64_t)size;
	r.tags = mg_arena_strdup(g->arena, tags);
	return !(r.tags && mg_vec_push(rows, r));
}

int
mg_version_metagraphs(mg_store *s, int64_t version_id, mg_arena *arena, mg_metagraph_rows *rows, mgreg_error *err)
{
	return each_row(s, MG_SQL_VERSION_METAGRAPHS, version_id, gather_metagraph, &(gather){ arena, rows }, err);
}

int
mg_version_text(mg_store *s, int64_t version_id, const char *column, mg_str *out, mgreg_error *err)
{
	static const struct { const char *column; enum mg_sql sql; } columns[] = {
		{ "given_hparams", MG_SQL_VERSION_GIVEN_HPARAMS }, { "resume", MG_SQL_VERSION_RESUME },
		{ "note", MG_SQL_VERSION_NOTE }, { "hparams", MG_SQL_VERSION_HPARAMS },
	};

	for (size_t i = 0; i < MG_COUNT(columns); i++)
		if (!strcmp(column, columns[i].column))
			return mg_stmt_text(s, columns[i].sql, out, NULL, err, "i", version_id);
	return mg_fail(err, MGREG_INVALID_ARGUMENT, "a version has no document '%s'", column);
}

/* ---- publishing ------------------------------------------------------------------------------------ */

static int
compare_tensors(const void *a, const void *b)
{
	const mg_new_tensor *x = *(const mg_new_tensor *const *)a, *y = *(const mg_new_tensor *const *)b;
	int order = strcmp(x->name, y->name);

	return order ? order : strcmp(x->slice ? x->slice : "", y->slice ? y->slice : "");
}

/* SHA-256 over all tensors in order of (name, slice): equal weights, equal digest, whatever store. */
static int
weights_digest(const mg_new_version *v, uint8_t out[32], mgreg_error *err)
{
	const mg_new_tensor **order = mg_calloc(v->tensor_count, sizeof *order);
	mg_sha256_ctx *sha = NULL;
	char size[24];
	int rc = 0;

	if (!order)
		return mg_fail_nomem(err, 0);
	MG_TRY(mg_sha256_new(&sha, err));
	for (size_t i = 0; i < v->tensor_count; i++)
		order[i] = &v->tensors[i];
	qsort(order, v->tensor_count, sizeof *order, compare_tensors);
	for (size_t i = 0; i < v->tensor_count; i++) {
		const mg_new_tensor *t = order[i];
		const char *slice = t->slice ? t->slice : "";

		snprintf(size, sizeof size, "%llu", (unsigned long long)t->blob->size);
		mg_sha256_update(sha, t->name, strlen(t->name) + 1);
		mg_sha256_update(sha, slice, strlen(slice) + 1);
		mg_sha256_update(sha, t->dtype, strlen(t->dtype) + 1);
		mg_sha256_update(sha, t->shape, strlen(t->shape) + 1);
		mg_sha256_update(sha, size, strlen(size) + 1);
		mg_sha256_update(sha, t->blob->digest, 32);
	}
	mg_sha256_final(sha, out);
out:
	mg_sha256_free(sha);
	mg_free(order);
	return rc;
}

static int
insert_tensor(mg_save *save, int64_t version_id, const mg_new_tensor *t, mgreg_error *err)
{
	const mg_tensor_stats *st = &t->stats;
	const char *slice = t->slice ? t->slice : "";
	mg_store *s = save->store;
	int64_t tensor_id;
	bool found, finite = st->has && st->min == st->min;
	int rc;

	MG_TRY(mg_blob_insert(save, (mg_blob *)t->blob, err));
	MG_TRY(mg_stmt_one(s, MG_SQL_TENSOR_FIND, &tensor_id, &found, err, "iss", t->blob->object_id, t->dtype, t->shape));
	if (!found) {
		MG_TRY(mg_stmt_run(s, MG_SQL_TENSOR_INSERT, err, "ssiiDDDDDIII", t->dtype, t->shape, t->elements, t->blob->object_id,
			finite, st->min, finite, st->max, finite, st->mean, finite, st->std, finite, st->l2,
			st->has, st->zeros, st->has, st->nans, st->has, st->infs));
		tensor_id = mg_stmt_last_id(s);
	}
	MG_TRY(mg_stmt_run(s, MG_SQL_VERSION_TENSOR_INSERT, err, "issis", version_id, t->name, slice, tensor_id,
		*slice ? t->full_shape : NULL));
out:
	return mg_wrap(err, rc, "tensor '%s'", t->name);
}

static int
insert_parts(mg_save *save, const mg_new_version *v, int64_t version_id, mgreg_error *err)
{
	mg_store *s = save->store;
	int rc = 0;

	for (size_t i = 0; i < v->tensor_count; i++)
		MG_TRY(insert_tensor(save, version_id, &v->tensors[i], err));
	for (size_t i = 0; i < v->metagraph_count; i++) {
		mg_blob *blob = (mg_blob *)v->metagraphs[i].blob;

		MG_TRY(mg_blob_insert(save, blob, err));
		MG_TRY(mg_stmt_run(s, MG_SQL_VERSION_METAGRAPH_INSERT, err, "iii", version_id, (int64_t)i, blob->object_id));
		if (v->metagraphs[i].facts)
			MG_TRY(mg_derived_metagraph(s, blob->object_id, v->metagraphs[i].facts, err));
	}
	for (size_t i = 0; i < v->file_count; i++) {
		if (!mg_path_is_safe(v->files[i].path))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "file name '%s' is not a plain relative path", v->files[i].path);
		MG_TRY(mg_blob_insert(save, (mg_blob *)v->files[i].blob, err));
		MG_TRY(mg_wrap(err, mg_stmt_run(s, MG_SQL_VERSION_FILE_INSERT, err, "isi", version_id, v->files[i].path,
			v->files[i].blob->object_id), "file '%s'", v->files[i].path));
	}
	if (v->hparams_doc)
		MG_TRY(mg_derived_hparams(s, version_id, v->hparams_doc, v->hparams, v->hparam_count, err));
out:
	return rc;
}

static int
insert_labels(mg_store *s, const mg_new_version *v, int64_t version_id, int64_t run_id, mgreg_error *err)
{
	int rc = 0;

	for (size_t i = 0; i < v->parent_count; i++)
		MG_TRY(mg_lineage_add(s, version_id, v->parents[i].version_id, v->parents[i].relation, err));
	for (size_t i = 0; i < v->metric_count; i++) {
		const mg_new_metric *m = &v->metrics[i];
		mg_point p = { m->name, m->has_step || v->has_step, m->has_step ? m->step : v->step, m->value, m->wall_time, m->session, version_id };

		MG_TRY(mg_metric_add(s, run_id, &p, 1, err));
	}
	for (size_t i = 0; i < v->tag_count; i++)
		MG_TRY(mg_tag_set(s, MG_SUBJECT_VERSION, version_id, v->tags[i].key, v->tags[i].value, err));
	for (size_t i = 0; i < v->alias_count; i++)
		MG_TRY(mg_alias_set(s, version_id, v->aliases[i], false, false, err));
out:
	return rc;
}

typedef struct place {          /* where the version goes */
	int64_t model_id, run_id, version_id, no;
	int64_t old_id;         /* live one at this step, 0: none */
	bool    old_is_latest;
} place;

static int
find_place(mg_store *s, const mg_new_version *v, const char *kind, place *p, mgreg_error *err)
{
	mg_new_run options = { .status = v->run_status };
	mg_stmt *q = NULL;
	int rc;

	if (v->run_id) {
		mg_run_info run;

		MG_TRY(mg_run_get(s, v->run_id, &run, err));
		p->run_id = v->run_id;
		p->model_id = run.model_id;
	} else {
		MG_TRY(mg_model_create(s, v->model, &p->model_id, err));
		MG_TRY(mg_run_create(s, p->model_id, v->run ? v->run : "main", &options, &p->run_id, NULL, err));
	}
	if (v->has_step) {
		int64_t is_latest;

		MG_TRY(mg_stmt_get(s, MG_SQL_VERSION_LIVE_AT, &q, err));
		MG_TRY(mg_stmt_bind(q, err, "iis", p->run_id, v->step, kind));
		MG_TRY(mg_stmt_step(q, err));
		if (mg_stmt_has_row(q)) {
			mg_stmt_read(q, "ii", &p->old_id, &is_latest);
			p->old_is_latest = is_latest != 0;
		}
	}
	MG_TRY(mg_stmt_one(s, MG_SQL_VERSION_NEXT_ID, &p->version_id, NULL, err, ""));
	MG_TRY(mg_stmt_one(s, MG_SQL_MODEL_NEXT_NO, &p->no, NULL, err, "i", p->model_id));
out:
	mg_stmt_release(q);
	return rc;
}

static int
audit_save(mg_store *s, const mg_new_version *v, int64_t version_id, mgreg_error *err)
{
	mg_version_info info;
	char subject[300];
	int rc;

	MG_TRY(mg_version_get(s, version_id, &info, err));
	snprintf(subject, sizeof subject, "%s@v%lld", info.model, (long long)info.no);
	MG_TRY(mg_audit_add(s, v->operation ? v->operation : "save", subject, NULL, err));
out:
	return rc;
}

static int
publish(mg_save *save, const mg_new_version *v, const char *kind, const uint8_t *weights, int64_t *id, bool *skipped, mgreg_error *err)
{
	int64_t now = mg_now_ms();
	mg_store *s = save->store;
	place p = { 0 };
	int rc;

	MG_TRY(find_place(s, v, kind, &p, err));
	if (p.old_id && v->same_step == MG_SAME_SKIP) {
		*id = p.old_id;
		*skipped = true;
		return 0;
	}
	if (p.old_id && v->same_step == MG_SAME_REFUSE)
		return mg_fail(err, MGREG_ALREADY_EXISTS, "step %lld of this run is saved already", (long long)v->step);
	MG_TRY(mg_save_flush(save, err));
	MG_TRY(mg_save_check_claims(save, err));
	if (p.old_id)
		MG_TRY(mg_stmt_run(s, MG_SQL_VERSION_REPLACE, err, "iiii", p.old_id, p.version_id, now,
			(int64_t)(v->same_step == MG_SAME_KEEP_BOTH)));
	MG_TRY(mg_stmt_run(s, MG_SQL_VERSION_INSERT, err, "isiiiIIsbiiiiisss", p.version_id, save->uid, p.model_id, p.no, p.run_id,
		v->session_id != 0, v->session_id, (int)v->has_step, v->step, kind, weights, weights ? (size_t)32 : (size_t)0,
		(int64_t)(!v->keep_latest || p.old_is_latest), (int64_t)v->pin, now, v->saved_at ? v->saved_at : now,
		save->added_bytes, v->given_hparams, v->resume, v->note));
	MG_TRY(insert_parts(save, v, p.version_id, err));
	MG_TRY(insert_labels(s, v, p.version_id, p.run_id, err));
	MG_TRY(audit_save(s, v, p.version_id, err));
	MG_TRY(mg_stmt_run(s, MG_SQL_SAVE_DELETE, err, "s", save->uid));
	*id = p.version_id;
out:
	return rc;
}

/* The commit failed in a way that leaves its fate open: only the store knows (promise U). */
static int
resolve_undecided(mg_save *save, int64_t *id, int rc, mgreg_error *err)
{
	mgreg_error reopen = { 0 };
	bool found = false;

	if (mg_db_reopen(save->store, &reopen) != 0
			|| mg_stmt_one(save->store, MG_SQL_VERSION_BY_UID, id, &found, &reopen, "s", save->uid) != 0)
		return mg_fail_because(err, MGREG_UNKNOWN, MGREG_REASON_IO,
			"whether the version was saved is not known: look for uid:%.12s (%.200s)", save->uid, reopen.text);
	return found ? 0 : rc;
}

static int
check_version(const mg_new_version *v, mgreg_error *err)
{
	int rc;

	if (!mg_kind_check(v->kind))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "kind '%s' of a version", v->kind ? v->kind : "");
	if (v->has_step && v->step < 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "global step %lld is negative", (long long)v->step);
	MG_TRY(mg_check_json("given hyper-parameters", v->given_hparams, err));
	MG_TRY(mg_check_json("resume data", v->resume, err));
	for (size_t i = 0; i < v->tensor_count; i++) {
		if (!mg_utf8_valid(v->tensors[i].name, strlen(v->tensors[i].name)))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "a tensor's name is not UTF-8");
		MG_TRY(mg_check_json(v->tensors[i].name, v->tensors[i].shape, err));
	}
out:
	return rc;
}

int
mg_version_publish(mg_save *save, const mg_new_version *v, mg_version_info *out, bool *skipped, mgreg_error *err)
{
	mgreg_error own = { 0 };
	mgreg_error *e = err ? err : &own;
	mg_store *s = save->store;
	const char *kind = mg_kind_check(v->kind);
	uint8_t weights[32];
	bool skip = false, found = false;
	int64_t id = 0;
	int rc;

	MG_TRY(check_version(v, e));
	MG_TRY(mg_save_prepare(save, v, e));
	if (v->tensor_count)
		MG_TRY(weights_digest(v, weights, e));
	MG_TRY(mg_txn_begin(s, e));
	rc = mg_stmt_one(s, MG_SQL_VERSION_BY_UID, &id, &found, e, "s", save->uid);
	if (rc == 0 && !found)          /* else: this very save, once more */
		rc = publish(save, v, kind, v->tensor_count ? weights : NULL, &id, &skip, e);
	rc = mg_txn_end(s, rc, e);
	if (rc != 0 && s->txn_depth == 0 && mg_db_commit_is_undecided(e))
		rc = resolve_undecided(save, &id, rc, e);
	MG_TRY(rc);
	save->published = !skip;
	if (skipped)
		*skipped = skip;
	if (out)
		MG_TRY(mg_version_get(s, id, out, e));
out:
	return rc;
}

/* ---- life -------------------------------------------------------------------------------------------- */

static int
life(mg_store *s, int64_t version_id, const char *op, int (*change)(mg_store *, const mg_version_info *, int64_t, mgreg_error *),
	int64_t arg, mgreg_error *err)
{
	mg_version_info v;
	char subject[300];
	int rc;

	MG_TRY(mg_txn_begin(s, err));
	rc = mg_version_get(s, version_id, &v, err);
	if (rc == 0) {
		snprintf(subject, sizeof subject, "%s@v%lld", v.model, (long long)v.no);
		if ((rc = change(s, &v, arg, err)) != 0)
			mg_wrap(err, rc, "%s", v.ref);
		else
			rc = mg_audit_add(s, op, subject, NULL, err);
	}
	rc = mg_txn_end(s, rc, err);
out:
	return rc;
}

static int
do_pin(mg_store *s, const mg_version_info *v, int64_t pin, mgreg_error *err)
{
	if (pin && strcmp(v->state, "live") && strcmp(v->state, "replaced"))
		return mg_fail(err, MGREG_FAILED_PRECONDITION, "a version that is %s cannot be pinned", v->state);
	return mg_stmt_run(s, MG_SQL_VERSION_SET_PIN, err, "ii", v->id, pin);
}

int
mg_version_pin(mg_store *s, int64_t version_id, bool pin, mgreg_error *err)
{
	return life(s, version_id, pin ? "pin" : "unpin", do_pin, pin, err);
}

int
mg_version_set_note(mg_store *s, int64_t version_id, const char *note, mgreg_error *err)
{
	return mg_stmt_run(s, MG_SQL_VERSION_SET_NOTE, err, "is", version_id, note);
}

static int
do_expire(mg_store *s, const mg_version_info *v, int64_t even_latest, mgreg_error *err)
{
	int rc = mg_stmt_run(s, MG_SQL_VERSION_EXPIRE, err, "iii", v->id, mg_now_ms(), even_latest);

	if (rc == 0 && mg_stmt_changes(s) == 0)
		rc = mg_fail(err, MGREG_FAILED_PRECONDITION, "it is %s already", v->state);
	return rc;
}

int
mg_version_expire(mg_store *s, int64_t version_id, bool even_latest, mgreg_error *err)
{
	return life(s, version_id, "expire", do_expire, even_latest, err);
}

static int
do_undelete(mg_store *s, const mg_version_info *v, int64_t latest, mgreg_error *err)
{
	int rc = mg_stmt_run(s, MG_SQL_VERSION_UNDELETE, err, "iii", v->id, mg_now_ms(), latest);

	if (rc == MGREG_ALREADY_EXISTS)
		rc = mg_fail(err, MGREG_FAILED_PRECONDITION, "another live version has its step by now");
	else if (rc == 0 && mg_stmt_changes(s) == 0)
		rc = mg_fail(err, MGREG_FAILED_PRECONDITION, "it is %s, not expired", v->state);
	return rc;
}

int
mg_version_undelete(mg_store *s, int64_t version_id, bool latest, mgreg_error *err)
{
	return life(s, version_id, "undelete", do_undelete, latest, err);
}

static int
do_purge(mg_store *s, const mg_version_info *v, int64_t unused, mgreg_error *err)
{
	int rc = mg_stmt_run(s, MG_SQL_VERSION_PURGE, err, "ii", v->id, mg_now_ms());

	(void)unused;
	if (rc == 0)
		rc = mg_stmt_run(s, MG_SQL_GC_VERSION_FILES, err, "i", v->id);
	return rc;
}

int
mg_version_purge(mg_store *s, int64_t version_id, mgreg_error *err)
{
	return life(s, version_id, "purge", do_purge, 0, err);
}
