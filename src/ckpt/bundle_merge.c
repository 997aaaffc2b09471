/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bundle_merge.c - several bundles become one: their data files get new names, one index names them all.
 *
 * Everything that can be wrong with the sources is found before the first file is renamed.  Data files are numbered in the
 * order in which entries first name them; the merged index is written last.
 */
#include "base/base.h"
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/map.h"
#include "base/path.h"
#include "ckpt/ckpt_internal.h"

typedef struct data_file {
	int source, shard, shards;      /* of SOURCE's shards, this one */
} data_file;

typedef struct merge {
	mg_arena arena;
	const char *const *prefixes;
	int      source;                /* the one being read */
	int      shards;                /* it has */
	int      total;                 /* shards of all */
	int     *ids;                   /* new number of each of its shards, -1: not seen */
	Pb__BundleHeaderProto *header;  /* of the first */
	mg_str   header_version;        /* its bytes */
	MG_VEC(mg_bundle_out) entries;
	mg_map   by_key;
	MG_VEC(data_file) files;
} merge;

static int
merge_header(merge *m, mg_slice value, mgreg_error *err)
{
	mg_str version = MG_STR_INIT;
	Pb__BundleHeaderProto *h;
	mg_msg *msg;
	int rc;

	MG_TRY(mg_msg_decode(&pb__bundle_header_proto__descriptor, value.ptr, value.len, &m->arena, &msg, err));
	h = (Pb__BundleHeaderProto *)msg;
	if (h->num_shards < 1 || h->num_shards > 100000) {
		rc = mg_fail(err, MGREG_DATA_LOSS, "the header claims %d shards", h->num_shards);
		goto out;
	}
	if (h->version)
		MG_TRY(mg_msg_encode(&h->version->base, &version, err));
	if (m->header == NULL) {
		m->header = h;
		m->header_version = version;
		mg_str_init(&version);
	} else if (h->endianness != m->header->endianness) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "its byte order is not that of '%s'", m->prefixes[0]);
	} else if (version.len != m->header_version.len || memcmp(version.ptr, m->header_version.ptr, version.len) != 0) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "its version is not that of '%s'", m->prefixes[0]);
	}
	m->shards = h->num_shards;
	m->total += h->num_shards;
	if (rc == 0 && (m->ids = mg_arena_zalloc(&m->arena, (size_t)h->num_shards, sizeof(*m->ids))) == NULL)
		rc = mg_fail_nomem(err, 0);
	for (int i = 0; rc == 0 && i < h->num_shards; i++)
		m->ids[i] = -1;
out:
	mg_str_clear(&version);
	return rc;
}

static int
append_slices(merge *m, Pb__BundleEntryProto *to, const Pb__BundleEntryProto *from, mgreg_error *err)
{
	for (size_t i = 0; i < from->n_slices; i++)
		if (!mg_msg_append(&m->arena, &to->slices, &to->n_slices, from->slices[i]))
			return mg_fail_nomem(err, 0);
	return 0;
}

static int
merge_entry(void *ctx, mg_slice key, mg_slice value, mgreg_error *err)
{
	merge *m = ctx;
	Pb__BundleEntryProto *e, *old;
	char *copy;
	mg_msg *msg;
	int rc;

	if (m->ids == NULL)
		return key.len == 0 ? merge_header(m, value, err) : mg_fail(err, MGREG_DATA_LOSS, "the index has no header");
	if ((rc = mg_msg_decode(&pb__bundle_entry_proto__descriptor, value.ptr, value.len, &m->arena, &msg, err)) != 0)
		return rc;
	e = (Pb__BundleEntryProto *)msg;
	if (e->shard_id < 0 || e->shard_id >= m->shards)
		return mg_fail(err, MGREG_DATA_LOSS, "an entry is in shard %d of %d", e->shard_id, m->shards);
	if ((old = mg_map_findn(&m->by_key, key.ptr, key.len)) != NULL) {
		if (old->n_slices == 0 || e->n_slices == 0)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "key '%.*s' is in an earlier bundle too", (int)MG_MIN(key.len, (size_t)200), key.ptr);
		return append_slices(m, old, e, err);
	}
	/* The entry of a partitioned tensor has no bytes, but counts like the others: so does TensorFlow's. */
	if (m->ids[e->shard_id] < 0) {
		m->ids[e->shard_id] = (int)m->files.len;
		if (!mg_vec_push(&m->files, ((data_file){ m->source, e->shard_id, m->shards })))
			return mg_fail_nomem(err, 0);
	}
	e->shard_id = m->ids[e->shard_id];
	if ((copy = mg_arena_strndup(&m->arena, key.ptr, key.len)) == NULL || !mg_map_setn(&m->by_key, key.ptr, key.len, e)
		|| !mg_vec_push(&m->entries, ((mg_bundle_out){ { copy, key.len }, e })))
		return mg_fail_nomem(err, 0);
	return 0;
}

static int
read_source(merge *m, mgreg_error *err)
{
	const char *prefix = m->prefixes[m->source];
	char *path = mg_bundle_index_name(prefix);
	mg_table table = { .file.fd = -1 };
	int rc;

	m->ids = NULL;
	if (path == NULL)
		return mg_fail_nomem(err, 0);
	MG_TRY(mg_table_open(&table, path, err));
	MG_TRY(mg_table_each(&table, merge_entry, m, err));
	if (m->ids == NULL)
		rc = mg_fail(err, MGREG_DATA_LOSS, "the index is empty");
out:
	mg_table_close(&table);
	mg_free(path);
	return rc ? mg_wrap(err, rc, "bundle '%s'", prefix) : 0;
}

static int
by_key(const void *a, const void *b)
{
	return mg_slice_cmp(((const mg_bundle_out *)a)->key, ((const mg_bundle_out *)b)->key);
}

/* Old and new name of data file I; both heap. */
static int
file_names(const merge *m, size_t i, const char *dest, char **from, char **to, mgreg_error *err)
{
	const data_file *f = &m->files.at[i];

	*from = mg_bundle_data_name(m->prefixes[f->source], f->shard, f->shards);
	*to = mg_bundle_data_name(dest, (int)i, (int)m->files.len);
	return *from && *to ? 0 : mg_fail_nomem(err, 0);
}

static int
rename_data(const merge *m, const char *dest, bool check_only, mgreg_error *err)
{
	char *from = NULL, *to = NULL;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < m->files.len; i++) {
		rc = file_names(m, i, dest, &from, &to, err);
		if (rc == 0 && check_only && !mg_file_exists(from))
			rc = mg_fail(err, MGREG_NOT_FOUND, "data file %s is missing", from);
		else if (rc == 0 && !check_only && strcmp(from, to) != 0)
			rc = mg_file_rename(from, to, err);
		mg_free(from);
		mg_free(to);
		from = to = NULL;
	}
	return rc;
}

static int
write_merged(merge *m, const char *dest, mgreg_error *err)
{
	char *path = mg_bundle_index_name(dest);
	mg_writer index = { .fd = -1 };
	bool open = false;
	int rc;

	if (path == NULL)
		return mg_fail_nomem(err, 0);
	m->header->num_shards = (int)m->files.len > 0 ? (int)m->files.len : m->total;
	MG_TRY(mg_writer_open(&index, path, err));
	open = true;
	if (m->entries.len > 0)
		qsort(m->entries.at, m->entries.len, sizeof(*m->entries.at), by_key);
	MG_TRY(mg_bundle_write_index(mg_sink_writer(&index), m->header, m->entries.at, m->entries.len, err));
	MG_TRY(rename_data(m, dest, false, err));
	open = false;
	MG_TRY(mg_writer_commit(&index, err));
out:
	if (open)
		mg_writer_abandon(&index);
	mg_free(path);
	return rc;
}

/* What is left of the sources is of no use; that it cannot be removed is no failure of the merge. */
static void
remove_sources(const merge *m, int count, const char *dest, bool folders)
{
	char *dest_dir = mg_path_dirname(dest), *dest_clean = dest_dir ? mg_path_clean(dest_dir) : NULL;

	for (int i = 0; i < count; i++) {
		char *path = mg_bundle_index_name(m->prefixes[i]), *dir = mg_path_dirname(m->prefixes[i]);
		char *clean = dir ? mg_path_clean(dir) : NULL;

		if (path && strcmp(m->prefixes[i], dest) != 0)
			(void)mg_file_remove(path, NULL);
		if (folders && clean && dest_clean && strcmp(clean, dest_clean) != 0)
			(void)rmdir(dir);       /* the last source's call finds it empty */
		mg_free(path);
		mg_free(dir);
		mg_free(clean);
	}
	mg_free(dest_dir);
	mg_free(dest_clean);
}

int
mg_bundle_merge(const char *const *prefixes, int count, const char *dest, bool delete_old, mgreg_error *err)
{
	merge m = { .prefixes = prefixes };
	char *dir = mg_path_dirname(dest);
	int rc = 0;

	mg_str_init(&m.header_version);
	if (dir == NULL) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	if (count < 1) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "no bundles to merge into '%s'", dest);
		goto out;
	}
	for (m.source = 0; m.source < count; m.source++)
		MG_TRY(read_source(&m, err));
	MG_TRY(rename_data(&m, dest, true, err));
	if (*dir)
		MG_TRY(mg_dir_create(dir, true, err));
	MG_TRY(write_merged(&m, dest, err));
	remove_sources(&m, count, dest, delete_old);
out:
	mg_free(dir);
	mg_vec_clear(&m.entries);
	mg_vec_clear(&m.files);
	mg_map_clear(&m.by_key);
	mg_str_clear(&m.header_version);
	mg_arena_clear(&m.arena);
	return rc;
}
