/* SPDX-License-Identifier: Apache-2.0 */
/*
 * package.h - the manifest of a package, between packing.c, unpacking.c and verify.c.
 *
 *   { "mgreg_pack": 1, "versions": [ { "uid", "model", "run", "no", "step", "kind", "saved_at", "folder", "read", "kept", "note",
 *     "given_hparams", "resume", "tags": [{key,value}], "aliases": [{alias}], "metrics": [...], "parents": [{relation,uid}],
 *     "weights", "files": [{"path","size","sha256"}] } ], "runs": [ { "model", "run", "metrics": [...], "events": path, "files": [...] } ], "ancestors": [...] }
 */
#ifndef MG_PACKAGE_H
#define MG_PACKAGE_H

#include "base/json.h"
#include "mgreg/formats.h"
#include "registry/registry.h"

#define MG_PACKAGE_MANIFEST "mgreg-pack.json"
#define MG_PACKAGE_VERSION 1

/* SHA-256 of the file PATH as hex digits. */
int mg_package_hash(const char *path, char hex[65], uint64_t *size, mgreg_error *err);
/* Members: borrowed; NULL or 0 where they are absent or of another type. */
const char *mg_json_text(const json_t *object, const char *key);
int64_t mg_json_int(const json_t *object, const char *key, int64_t otherwise);
/* Reads and checks the manifest among a package's spooled files. */
int mg_package_manifest(const char *dir, const char *name, json_t **out, mgreg_error *err);
/* Every file that the manifest names against its size and digest; *WRONG counts what is missing or damaged, *DIFFERS whole files. */
int mg_package_check(const char *dir, const json_t *manifest, int (*each)(void *ctx, const mgreg_verified *item), void *ctx, int *wrong,
	int *differs, mgreg_error *err);

/* ---- put.c: a version that comes out of a package ---- */
typedef struct mg_packed {
	const char *uid, *kind, *resume;
	int64_t     saved_at;
	bool        kept;               /* its files are the version's; else only those below assets/ are */
	const char *folder;
	const mg_new_metric *metrics;   size_t metric_count;
	const mg_new_parent *parents;   size_t parent_count;
} mg_packed;
int mg_put_packed(mg_store *store, const mgreg_store_export_options *o, const char *path, const mg_packed *packed, mg_version_info *out,
	mgreg_error *err);
#endif
