/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify.c - is everything there, and as it was?
 *
 * A package: every file against the SHA-256 of the manifest.  Another model's files: every tensor is read, which checks what
 * its format has to check (CRC-32C in V1 and V2, the zip's CRC-32 in npz), and graphs are decoded.  A version: every
 * object is read, which checks its chunks.
 */
#include "base/base.h"
#include "base/file.h"
#include "interop/interop.h"
#include "pack/pack.h"
#include "registry/package.h"

typedef struct verifying {
	int       (*each)(void *ctx, const mgreg_verified *item);
	void       *ctx;
	int         wrong, differs, items;
	const char *first;              /* name of the first that is wrong, in ARENA */
	mg_arena    arena;
} verifying;

static int
tell(verifying *v, const char *name, const char *state, const char *text, int64_t bytes)
{
	mgreg_verified item = { name, state, text, bytes };

	v->items++;
	if (strcmp(state, "ok")) {
		if (!v->first)
			v->first = mg_arena_strdup(&v->arena, name);
		v->wrong++;
	}
	return v->each ? v->each(v->ctx, &item) : 0;
}

/* RC of a look at NAME; damage is told, other failures travel up. */
static int
outcome(verifying *v, const char *name, int rc, const mgreg_error *own, int64_t bytes, mgreg_error *err)
{
	if (rc == 0)
		return tell(v, name, "ok", "", bytes);
	if (rc == MGREG_DATA_LOSS || rc == MGREG_NOT_FOUND || rc == MGREG_INVALID_ARGUMENT || rc == MGREG_INTERNAL
			|| own->reason == MGREG_REASON_DAMAGED)
		return tell(v, name, rc == MGREG_NOT_FOUND ? "missing" : "damaged", own->text, -1);
	if (err)
		*err = *own;
	return rc;
}

static int
conclude(verifying *v, const char *what, int rc, mgreg_error *err)
{
	if (rc == 0 && v->wrong)
		rc = mg_fail(err, MGREG_DATA_LOSS, "%s: %d of %d damaged or missing, first '%s'", what, v->wrong, v->items,
			v->first ? v->first : "");
	else if (rc == 0 && v->differs)
		rc = mg_fail_because(err, MGREG_FAILED_PRECONDITION, MGREG_REASON_NO, "%s: %d files differ", what, v->differs);
	mg_arena_clear(&v->arena);
	return rc;
}

/* ---- tensors ----------------------------------------------------------------------------------- */

/* One whose value cannot be had, but whose bytes can be looked at. */
static int
check_opaque(mg_ckpt *ckpt, const mg_ckpt_entry *e, int64_t *bytes, mgreg_error *err)
{
	mg_str raw = MG_STR_INIT;
	int rc = 0;

	if (!strcmp(ckpt->ops->format, "v2"))
		rc = mg_bundle_read_raw(ckpt, e->name, NULL, &raw, err);
	*bytes = (int64_t)raw.len;
	mg_str_clear(&raw);
	return rc;
}

static int
check_tensor(mg_ckpt *ckpt, const mg_ckpt_entry *e, int64_t *bytes, mgreg_error *err)
{
	mg_tensor t = { 0 };
	int rc = 0;

	*bytes = 0;
	if (!e->bad && !mg_dtype_is_memcpy(e->dtype) && e->dtype != MGREG_STRING && e->slice_count == 0)
		return check_opaque(ckpt, e, bytes, err);
	for (int k = 0; rc == 0 && k < e->slice_count; k++) {
		rc = mg_ckpt_read(ckpt, e->name, &e->slices[k], &t, err);
		*bytes += (int64_t)t.size;
		mg_tensor_clear(&t);
	}
	if (rc == 0 && e->slice_count == 0) {
		rc = mg_ckpt_read(ckpt, e->name, NULL, &t, err);
		*bytes = (int64_t)t.size;
		mg_tensor_clear(&t);
	}
	return rc;
}

static int
check_tensors(verifying *v, mg_ckpt *ckpt, mgreg_error *err)
{
	mg_ckpt_entry e;
	int64_t bytes;
	int rc;

	for (size_t i = 0; (rc = mg_ckpt_entry_at(ckpt, i, &e, err)) == 0; i++) {
		mgreg_error own = { 0 };

		rc = check_tensor(ckpt, &e, &bytes, &own);
		if ((rc = outcome(v, e.name, rc, &own, bytes, err)) != 0)
			return rc;
	}
	return rc == MGREG_OUT_OF_RANGE ? 0 : rc;
}

/* ---- files ----------------------------------------------------------------------------------------- */

static int
check_model(verifying *v, const char *path, mgreg_error *err)
{
	mgreg_error own = { 0 };
	mg_ckpt *ckpt = NULL;
	mg_model m;
	int rc = mg_model_read(path, NULL, &m, &own);

	if (rc == MGREG_NOT_FOUND) {
		if (err)
			*err = own;
		return rc;
	}
	if (rc)
		return outcome(v, path, rc, &own, -1, err);
	for (size_t i = 0; i < m.graph_count && rc == 0; i++)
		rc = outcome(v, m.graph_path ? mg_path_basename(m.graph_path) : path, 0, &own, (int64_t)m.graphs[i].bytes.len, err);
	if (rc == 0 && m.prefix) {
		rc = mg_ckpt_open(&ckpt, m.prefix, &own);
		if (rc == 0)
			rc = check_tensors(v, ckpt, err);
		else
			rc = outcome(v, mg_path_basename(m.prefix), rc, &own, -1, err);
	}
	mg_model_error(&m, rc, err);
	mg_ckpt_close(ckpt);
	mg_model_clear(&m);
	return rc;
}

static int
check_package(verifying *v, const char *dir, const char *path, mgreg_error *err)
{
	json_t *manifest = NULL;
	int rc;

	MG_TRY(mg_package_manifest(dir, path, &manifest, err));
	rc = mg_package_check(dir, manifest, v->each, v->ctx, &v->wrong, &v->differs, err);
	v->items = v->wrong + v->differs;
out:
	json_decref(manifest);
	return rc;
}

/* Is there a manifest in the archive?  Its first entries say. */
static bool
is_package(const char *path)
{
	mg_pack_entry e;
	mg_pack *p;
	bool is = false;

	if (!mg_pack_is_archive(path) || mg_pack_open(&p, path, NULL) != 0)
		return false;
	for (int i = 0; i < 4 && !is && mg_pack_next(p, &e, NULL) == 0; i++)
		is = !strcmp(e.name, MG_PACKAGE_MANIFEST);
	mg_pack_close(p);
	return is;
}

int
mgreg_verify(const char *path, int (*each)(void *ctx, const mgreg_verified *item), void *ctx, mgreg_error *err)
{
	verifying v = { .each = each, .ctx = ctx };
	char *dir = NULL;
	int lock = -1, rc;

	if (!is_package(path))
		return conclude(&v, path, check_model(&v, path, err), err);
	MG_TRY(mg_spool_make(&dir, &lock, err));
	MG_TRY(mg_spool_fill(dir, path, err));
	MG_TRY(check_package(&v, dir, path, err));
out:
	mg_spool_remove(dir, lock);
	return conclude(&v, path, rc, err);
}

/* ---- versions of a store --------------------------------------------------------------------------------- */

static int
swallow(void *ctx, const void *data, size_t size, mgreg_error *err)
{
	(void)data;
	(void)err;
	*(int64_t *)ctx += (int64_t)size;
	return 0;
}

static int
check_object(verifying *v, mg_store *store, int64_t object_id, const char *name, mgreg_error *err)
{
	mgreg_error own = { 0 };
	int64_t bytes = 0;
	int rc = mg_object_each(store, object_id, swallow, &bytes, &own);

	return outcome(v, name, rc, &own, bytes, err);
}

int
mgreg_store_verify(mgreg_store *store, int64_t version_id, int (*each)(void *ctx, const mgreg_verified *item), void *ctx,
	mgreg_error *err)
{
	verifying v = { .each = each, .ctx = ctx };
	mg_metagraph_rows graphs = { 0 };
	mg_tensor_rows tensors = { 0 };
	mg_file_rows files = { 0 };
	mg_version_info info = { .ref = "" };
	int rc;

	MG_TRY(mg_version_get(store, version_id, &info, err));
	MG_TRY(mg_version_tensors(store, version_id, &v.arena, &tensors, err));
	MG_TRY(mg_version_metagraphs(store, version_id, &v.arena, &graphs, err));
	MG_TRY(mg_version_files(store, version_id, &v.arena, &files, err));
	for (size_t i = 0; i < graphs.len; i++) {
		const char *name = *graphs.at[i].tags ? mg_arena_printf(&v.arena, "metagraph %s", graphs.at[i].tags) : "metagraph";

		MG_TRY(name ? check_object(&v, store, graphs.at[i].object_id, name, err) : mg_fail_nomem(err, 0));
	}
	for (size_t i = 0; i < tensors.len; i++)
		MG_TRY(check_object(&v, store, tensors.at[i].object_id, tensors.at[i].name, err));
	for (size_t i = 0; i < files.len; i++)
		MG_TRY(check_object(&v, store, files.at[i].object_id, files.at[i].path, err));
out:
	mg_vec_clear(&tensors);
	mg_vec_clear(&graphs);
	mg_vec_clear(&files);
	return conclude(&v, info.ref, rc, err);
}
