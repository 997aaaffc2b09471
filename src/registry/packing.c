/* SPDX-License-Identifier: Apache-2.0 */
/*
 * packing.c - versions -> a tar with a manifest.
 *
 * Every version is checked out into a spool folder under the names it came with; what is in the folder goes into the tar, sorted,
 * behind the manifest.  What only the store knows of a version goes into the manifest, out of the public views: they are
 * the contract, and a package is read by people, too.
 */
#include "base/base.h"
#include "base/file.h"
#include "base/sha256.h"
#include "mgreg/events.h"
#include "mgreg/store.h"
#include "pack/pack.h"
#include "registry/package.h"

enum { PORTION = 1 << 20 };

int
mg_package_hash(const char *path, char hex[65], uint64_t *size, mgreg_error *err)
{
	uint8_t digest[MG_SHA256_SIZE], *buf = mg_alloc(PORTION);
	mg_sha256_ctx *sha = NULL;
	mg_file file = { .fd = -1 };
	int rc;

	if (!buf)
		return mg_fail_nomem(err, PORTION);
	MG_TRY(mg_file_open(&file, path, err));
	MG_TRY(mg_sha256_new(&sha, err));
	for (uint64_t at = 0; at < file.size; ) {
		size_t n = (size_t)MG_MIN(file.size - at, (uint64_t)PORTION);

		MG_TRY(mg_file_pread(&file, buf, n, at, err));
		mg_sha256_update(sha, buf, n);
		at += n;
	}
	mg_sha256_final(sha, digest);
	mg_hex(hex, digest, sizeof(digest));
	*size = file.size;
out:
	mg_sha256_free(sha);
	if (file.fd >= 0)
		mg_file_close(&file);
	mg_free(buf);
	return rc;
}

/* ---- what the store knows, as JSON ------------------------------------------------------------ */

static json_t *
cell(const mgreg_query *q, int i)
{
	const char *text;
	size_t size;

	switch (mgreg_query_type(q, i)) {
	case MGREG_VALUE_INTEGER:
		return json_integer(mgreg_query_integer(q, i));
	case MGREG_VALUE_REAL:
		return mg_json_real(mgreg_query_real(q, i));
	case MGREG_VALUE_TEXT:
		text = mgreg_query_bytes(q, i, &size);
		return json_stringn(text, size);
	default:
		return json_null();
	}
}

/* Rows of SQL, whose one parameter is ID, as an array of objects. */
static int
rows_to_json(mg_store *store, const char *sql, int64_t id, json_t **out, mgreg_error *err)
{
	mgreg_query *q = NULL;
	json_t *list = json_array();
	char text[32];
	int has_row, rc;

	if (!list)
		return mg_fail_nomem(err, 0);
	snprintf(text, sizeof(text), "%lld", (long long)id);
	MG_TRY(mgreg_query_new(&q, store, sql, 0, NULL, err));
	MG_TRY(mgreg_query_bind(q, "id", text, err));
	while ((rc = mgreg_query_step(q, &has_row, err)) == 0 && has_row) {
		json_t *row = json_object();

		for (int i = 0; row && i < mgreg_query_columns(q); i++)
			if (json_object_set_new(row, mgreg_query_column_name(q, i), cell(q, i)) != 0)
				MG_TRY(mg_fail_nomem(err, 0));
		if (json_array_append_new(list, row) != 0)
			MG_TRY(mg_fail_nomem(err, 0));
	}
	if (rc == 0) {
		*out = list;
		list = NULL;
	}
out:
	json_decref(list);
	mgreg_query_free(q);
	return rc;
}

#define POINT "metric AS name, step, CASE is_nan WHEN 1 THEN 'NaN' ELSE value END AS value, " \
	"CAST(strftime('%s', wall_time) AS INTEGER) * 1000 AS wall_time"
static const struct { const char *key, *sql; } facts[] = {
	{ "tags", "SELECT key, value FROM tags WHERE scope = 'version' AND version_id = :id ORDER BY key" },
	{ "aliases", "SELECT alias FROM aliases WHERE version_id = :id ORDER BY alias" },
	{ "metrics", "SELECT " POINT " FROM metrics_all WHERE version_id = :id ORDER BY metric, step, value" },
	{ "parents", "SELECT l.relation, p.uid FROM lineage l JOIN versions p ON p.version_id = l.parent_id WHERE l.child_id = :id "
		"ORDER BY l.relation, p.uid" },
};
static const char ancestors_sql[] =
	"WITH RECURSIVE up(id) AS (SELECT parent_id FROM lineage WHERE child_id = :id "
	"UNION SELECT l.parent_id FROM lineage l JOIN up ON l.child_id = up.id) "
	"SELECT v.uid, v.model, v.run, v.no, v.global_step AS step, v.kind, v.saved, v.weights, v.given_hparams, v.note FROM up "
	"JOIN versions v ON v.version_id = up.id ORDER BY v.version_id";
static const char run_metrics_sql[] =
	"SELECT " POINT " FROM metrics_all WHERE run_id = :id AND version_id IS NULL ORDER BY metric, step, wall_time, value";

static int
set(json_t *object, const char *key, json_t *value, mgreg_error *err)
{
	return json_object_set_new(object, key, value) == 0 ? 0 : mg_fail_nomem(err, 0);
}

/* A column that is a document or text; absent where it is NULL. */
static int
set_column(mg_store *store, const mg_version_info *v, const char *column, json_t *out, mgreg_error *err)
{
	mg_str text = MG_STR_INIT;
	int rc;

	MG_TRY(mg_version_text(store, v->id, column, &text, err));
	if (text.len)
		rc = set(out, column, json_stringn(text.ptr, text.len), err);
out:
	mg_str_clear(&text);
	return rc;
}

static int
describe_version(mg_store *store, const mg_version_info *v, json_t *out, mgreg_error *err)
{
	static const char *const columns[] = { "note", "given_hparams", "resume" };
	char hex[65];
	json_t *rows;
	int rc;

	MG_TRY(set(out, "uid", json_string(v->uid), err));
	MG_TRY(set(out, "model", json_string(v->model), err));
	MG_TRY(set(out, "run", json_string(v->run), err));
	MG_TRY(set(out, "no", json_integer(v->no), err));
	MG_TRY(set(out, "step", v->has_step ? json_integer(v->step) : json_null(), err));
	MG_TRY(set(out, "kind", json_string(v->kind), err));
	MG_TRY(set(out, "saved_at", json_integer(v->saved_at), err));
	if (v->has_weights) {
		mg_hex(hex, v->weights, sizeof(v->weights));
		MG_TRY(set(out, "weights", json_string(hex), err));
	}
	for (size_t i = 0; i < MG_COUNT(columns); i++)
		MG_TRY(set_column(store, v, columns[i], out, err));
	for (size_t i = 0; i < MG_COUNT(facts); i++) {
		MG_TRY(rows_to_json(store, facts[i].sql, v->id, &rows, err));
		MG_TRY(set(out, facts[i].key, rows, err));
	}
out:
	return rc;
}

/* ---- files ------------------------------------------------------------------------------------------ */

typedef struct packing {
	mg_store   *store;
	const mgreg_pack_options *o;
	mg_arena    arena;
	char       *dir;
	int         lock;
	json_t     *manifest, *versions;
	MG_VEC(const char *) files;     /* below DIR, in the order of the tar */
	MG_VEC(int64_t)      times;
} packing;

/* NAME (in the arena) goes into the tar: its bytes are at PATH. */
static int
list_file(packing *p, const char *name, const char *path, int64_t mtime, json_t *list, mgreg_error *err)
{
	char hex[65];
	uint64_t size;
	json_t *file;
	int rc;

	MG_TRY(mg_package_hash(path, hex, &size, err));
	file = json_pack("{s:s,s:I,s:s}", "path", name, "size", (json_int_t)size, "sha256", hex);
	if (!file || json_array_append_new(list, file) != 0 || !mg_vec_push(&p->files, name) || !mg_vec_push(&p->times, mtime))
		rc = mg_fail_nomem(err, 0);
out:
	return rc;
}

/* Everything below DIR/BELOW, by name. */
static int
list_tree(packing *p, const char *below, int64_t mtime, json_t *list, mgreg_error *err)
{
	const char *dir = mg_arena_printf(&p->arena, "%s/%s", p->dir, below);
	char **names = NULL;
	size_t n = 0;
	int rc = 0;

	if (!dir)
		return mg_fail_nomem(err, 0);
	MG_TRY(mg_dir_list(dir, &names, &n, err));
	for (size_t i = 0; i < n; i++) {
		const char *name = mg_arena_printf(&p->arena, "%s/%s", below, names[i]);
		const char *path = name ? mg_arena_printf(&p->arena, "%s/%s", p->dir, name) : NULL;

		if (!path)
			MG_TRY(mg_fail_nomem(err, 0));
		MG_TRY(mg_is_dir(path) ? list_tree(p, name, mtime, list, err) : list_file(p, name, path, mtime, list, err));
	}
out:
	for (size_t i = 0; i < n; i++)
		mg_free(names[i]);
	mg_free(names);
	return rc;
}

/* Assets of what was trained from a SavedModel: they are the version's only files, and no checkout but that as savedmodel has them. */
static int
add_assets(packing *p, const mg_version_info *v, const char *dir, bool *kept, mgreg_error *err)
{
	mg_file_rows rows = { 0 };
	size_t assets = 0;
	int rc;

	MG_TRY(mg_version_files(p->store, v->id, &p->arena, &rows, err));
	for (size_t i = 0; i < rows.len; i++)
		assets += mg_starts_with(rows.at[i].path, "assets/") || mg_starts_with(rows.at[i].path, "assets.extra/");
	*kept = rows.len > assets;
	for (size_t i = 0; !*kept && i < rows.len; i++)
		if (mg_path_is_safe(rows.at[i].path))
			MG_TRY(mg_object_to_file(p->store, rows.at[i].object_id, dir, rows.at[i].path, err));
out:
	mg_vec_clear(&rows);
	return rc;
}

static int
pack_version(packing *p, const mg_version_info *v, mgreg_error *err)
{
	const char *folder = mg_arena_printf(&p->arena, "%s/%s/v%lld", v->model, v->run, (long long)v->no);
	const char *dir = folder ? mg_arena_printf(&p->arena, "%s/%s", p->dir, folder) : NULL;
	json_t *out = json_object(), *files;
	char *prefix = NULL;
	bool kept;
	int rc;

	if (!dir || !out || json_array_append_new(p->versions, out) != 0)
		return mg_fail_nomem(err, 0);
	MG_TRY(describe_version(p->store, v, out, err));
	MG_TRY(mg_version_checkout(p->store, v->id, dir, NULL, true, &prefix, err));
	MG_TRY(add_assets(p, v, dir, &kept, err));
	MG_TRY(set(out, "folder", json_string(folder), err));
	MG_TRY(set(out, "read", json_string(prefix + strlen(p->dir) + 1), err));
	MG_TRY(set(out, "kept", json_boolean(kept), err));
	if (!(files = json_array()))
		MG_TRY(mg_fail_nomem(err, 0));
	MG_TRY(set(out, "files", files, err));
	rc = list_tree(p, folder, v->saved_at / 1000, files, err);
out:
	mgreg_free(prefix);
	return rc;
}

/* ---- what goes along ----------------------------------------------------------------------------------- */

/* The run's event file: its MetaGraph, sessions, points, histograms and so on, as TensorBoard reads them. */
static int
pack_events(packing *p, const mg_version_info *v, json_t *run, mgreg_error *err)
{
	const char *below = mg_arena_printf(&p->arena, "%s/%s", v->model, v->run);
	const char *dir = below ? mg_arena_printf(&p->arena, "%s/%s", p->dir, below) : NULL, *name;
	json_t *files = json_array();
	char *path = NULL;
	int rc;

	if (!dir)
		return mg_fail_nomem(err, 0);
	MG_TRY(set(run, "files", files, err));
	MG_TRY(mgreg_events_export(p->store, below, dir, &path, err));
	name = mg_arena_strdup(&p->arena, path + strlen(p->dir) + 1);
	if (!name)
		MG_TRY(mg_fail_nomem(err, 0));
	MG_TRY(set(run, "events", json_string(name), err));
	rc = list_file(p, name, path, v->saved_at / 1000, files, err);
out:
	mgreg_free(path);
	return rc;
}

static int
pack_runs(packing *p, const mg_version_info *v, size_t count, mgreg_error *err)
{
	json_t *runs = json_array(), *run, *rows;
	int rc = 0;

	MG_TRY(set(p->manifest, "runs", runs, err));
	for (size_t i = 0; i < count; i++) {
		bool again = false;

		for (size_t k = 0; k < i; k++)
			again = again || v[k].run_id == v[i].run_id;
		if (again)
			continue;
		if (!(run = json_pack("{s:s,s:s}", "model", v[i].model, "run", v[i].run)) || json_array_append_new(runs, run) != 0)
			MG_TRY(mg_fail_nomem(err, 0));
		if (p->o->metrics) {
			MG_TRY(rows_to_json(p->store, run_metrics_sql, v[i].run_id, &rows, err));
			MG_TRY(set(run, "metrics", rows, err));
		}
		if (p->o->events)
			MG_TRY(pack_events(p, &v[i], run, err));
	}
out:
	return rc;
}

static int
pack_ancestors(packing *p, const mg_version_info *v, size_t count, mgreg_error *err)
{
	json_t *all = json_array(), *rows, *row;
	mg_map seen = { 0 };
	size_t k;
	int rc = 0;

	MG_TRY(set(p->manifest, "ancestors", all, err));
	for (size_t i = 0; i < count; i++) {
		MG_TRY(rows_to_json(p->store, ancestors_sql, v[i].id, &rows, err));
		json_array_foreach(rows, k, row) {
			const char *uid = mg_json_text(row, "uid");

			if (uid && !mg_map_has(&seen, uid) && (!mg_map_set(&seen, uid, p) || json_array_append(all, row) != 0)) {
				json_decref(rows);
				MG_TRY(mg_fail_nomem(err, 0));
			}
		}
		json_decref(rows);
	}
out:
	mg_map_clear(&seen);
	return rc;
}

/* ---- the tar ---------------------------------------------------------------------------------------------- */

static int
add_file(packing *p, mg_pack_writer *w, const char *name, int64_t mtime, mgreg_error *err)
{
	char *path = mg_path_join(p->dir, name), *buf = mg_alloc(PORTION);
	mg_file file = { .fd = -1 };
	int rc;

	if (!path || !buf) {
		rc = mg_fail_nomem(err, PORTION);
		goto out;
	}
	MG_TRY(mg_file_open(&file, path, err));
	MG_TRY(mg_pack_add(w, name, (int64_t)file.size, mtime, err));
	for (uint64_t at = 0; at < file.size; ) {
		size_t n = (size_t)MG_MIN(file.size - at, (uint64_t)PORTION);

		MG_TRY(mg_file_pread(&file, buf, n, at, err));
		MG_TRY(mg_pack_put(w, buf, n, err));
		at += n;
	}
out:
	if (file.fd >= 0)
		mg_file_close(&file);
	mg_free(buf);
	mg_free(path);
	return rc;
}

static int
write_tar(packing *p, const char *path, mgreg_error *err)
{
	mg_pack_writer *w = NULL;
	mg_str text = MG_STR_INIT;
	int64_t newest = 0;
	int rc;

	MG_TRY(mg_json_format(p->manifest, &text, err));
	mg_str_addc(&text, '\n');
	MG_TRY(mg_str_check(&text, err));
	for (size_t i = 0; i < p->times.len; i++)
		newest = MG_MAX(newest, p->times.at[i]);
	MG_TRY(mg_pack_create(&w, path, mg_ends_with(path, ".zst"), err));
	MG_TRY(mg_pack_add(w, MG_PACKAGE_MANIFEST, (int64_t)text.len, newest, err));
	MG_TRY(mg_pack_put(w, text.ptr, text.len, err));
	for (size_t i = 0; i < p->files.len; i++)
		MG_TRY(add_file(p, w, p->files.at[i], p->times.at[i], err));
	rc = mg_pack_finish(w, err);
out:
	mg_pack_writer_free(w);
	mg_str_clear(&text);
	return rc;
}

static int
by_place(const void *a, const void *b)
{
	const mg_version_info *x = a, *y = b;
	int order = strcmp(x->model, y->model);

	return order ? order : (x->no > y->no) - (x->no < y->no);
}

/* The versions, each once, in the order of the package. */
static int
collect(packing *p, const char *const *refs, int count, mg_version_info **out, size_t *n, mgreg_error *err)
{
	mg_version_info *v;
	mg_ids ids = { 0 };
	size_t kept = 0;
	int rc = 0;

	for (int i = 0; i < count; i++)
		MG_TRY(mg_ref_resolve_many(p->store, refs[i], &ids, err));
	if (ids.len == 0)
		MG_TRY(mg_fail(err, MGREG_NOT_FOUND, "no version to pack"));
	if (!(v = mg_arena_zalloc(&p->arena, ids.len + 1, sizeof(*v))))
		MG_TRY(mg_fail_nomem(err, 0));
	for (size_t i = 0; i < ids.len; i++) {
		bool again = false;

		for (size_t k = 0; k < kept; k++)
			again = again || v[k].id == ids.at[i];
		if (!again)
			MG_TRY(mg_version_get(p->store, ids.at[i], &v[kept++], err));
	}
	qsort(v, kept, sizeof(*v), by_place);
	*out = v;
	*n = kept;
out:
	mg_vec_clear(&ids);
	return rc;
}

int
mgreg_pack(mgreg_store *store, const char *const *refs, int count, const char *path, mgreg_pack_options *options, mgreg_error *err)
{
	mgreg_pack_options defaults = MGREG_PACK_INIT;
	packing p = { .store = store, .o = options ? options : &defaults, .lock = -1 };
	mg_version_info *v = NULL;
	size_t n = 0;
	int rc;

	assert(p.o->size == sizeof(*p.o));
	if (!mg_ends_with(path, ".tar") && !mg_ends_with(path, ".tar.zst"))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "%s: a package is a .tar or a .tar.zst", path);
	MG_TRY(collect(&p, refs, count, &v, &n, err));
	p.versions = json_array();
	p.manifest = json_pack("{s:i,s:O}", "mgreg_pack", MG_PACKAGE_VERSION, "versions", p.versions);
	if (!p.manifest) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	MG_TRY(mg_spool_make(&p.dir, &p.lock, err));
	for (size_t i = 0; i < n; i++)
		MG_TRY(pack_version(&p, &v[i], err));
	if (p.o->metrics || p.o->events)
		MG_TRY(pack_runs(&p, v, n, err));
	if (p.o->lineage)
		MG_TRY(pack_ancestors(&p, v, n, err));
	if (!p.o->dry_run)
		MG_TRY(write_tar(&p, path, err));
	if (options)
		options->packed = (int)n;
out:
	mg_spool_remove(p.dir, p.lock);
	json_decref(p.manifest);
	json_decref(p.versions);
	mg_vec_clear(&p.files);
	mg_vec_clear(&p.times);
	mg_arena_clear(&p.arena);
	return rc;
}
