/* SPDX-License-Identifier: Apache-2.0 */
/*
 * get.c - a version -> files in a folder.
 *
 * What came as files goes out as those bytes.  What a training run saved, or what is asked for in another form, is a
 * projection of the rows: tensors in the order of names as a V2 bundle, the MetaGraph beside it.  Every file appears
 * whole or not at all, the index after the data, the state file last.
 */
#include "base/base.h"
#include "base/file.h"
#include "ckpt/ckpt.h"
#include "registry/registry.h"

typedef struct get {
	mg_store         *store;
	const mgreg_checkout_options *o;
	const char       *dir;
	mg_version_info   v;
	mg_arena          arena;
	mg_file_rows      files;
	mg_tensor_rows    tensors;
	mg_metagraph_rows graphs;
	const char       *came;         /* base name it came with, NULL: none; of a checkpoint its prefix */
	const char       *base;         /* base name it goes out with */
	char             *prefix;       /* the answer */
} get;

/* ---- names ------------------------------------------------------------------------------------------- */

static const mg_file_row *
find_suffix(const get *g, const char *suffix)
{
	for (size_t i = 0; i < g->files.len; i++)
		if (mg_ends_with(g->files.at[i].path, suffix) && !strchr(g->files.at[i].path, '/'))
			return &g->files.at[i];
	return NULL;
}

/* The base name follows from the index, else from the graph file. */
static int
choose_names(get *g, mgreg_error *err)
{
	static const char *const suffixes[] = { ".index", ".meta", ".pbtxt", ".pb" };
	const char *base;
	size_t base_len;
	int64_t step;

	for (size_t i = 0; !g->came && i < MG_COUNT(suffixes); i++) {
		const mg_file_row *f = find_suffix(g, suffixes[i]);

		if (f && strcmp(g->v.kind, "saved_model")
				&& !(g->came = mg_arena_strndup(&g->arena, f->path, strlen(f->path) - strlen(suffixes[i]))))
			return mg_fail_nomem(err, 0);
	}
	base = g->o->prefix ? g->o->prefix : g->came ? g->came : "model";
	if (!*base && !g->o->prefix) {          /* files named ".index", ".meta": they stay so */
		g->base = base;
		return 0;
	}
	if (!mg_path_is_safe(base) || strchr(base, '/'))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "'%s' is not a base name of files", base);
	if (g->v.has_step && !mg_ckpt_name_step(base, &base_len, &step))
		base = mg_arena_printf(&g->arena, "%s-%lld", base, (long long)g->v.step);
	g->base = base;
	return base ? 0 : mg_fail_nomem(err, 0);
}

static int
in_dir(get *g, const char *name, char **out, mgreg_error *err)
{
	*out = mg_path_join(g->dir, name);
	return *out ? 0 : mg_fail_nomem(err, 0);
}

/* ---- writing --------------------------------------------------------------------------------------------- */

static int
write_portion(void *ctx, const void *data, size_t size, mgreg_error *err)
{
	return mg_writer_write(ctx, data, size, err);
}

static int
write_object(get *g, const char *name, int64_t object_id, mgreg_error *err)
{
	char *path = NULL, *folder = NULL;
	mg_writer w;
	int rc;

	if (!mg_path_is_safe(name))
		return mg_fail(err, MGREG_DATA_LOSS, "%s holds a file named '%.200s', which is no plain relative path", g->v.ref, name);
	MG_TRY(in_dir(g, name, &path, err));
	if (!(folder = mg_path_dirname(path))) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	MG_TRY(mg_dir_create(*folder ? folder : ".", true, err));
	MG_TRY(mg_writer_open(&w, path, err));
	rc = mg_object_each(g->store, object_id, write_portion, &w, err);
	if (rc == 0)
		rc = mg_writer_commit(&w, err);
	else
		mg_writer_abandon(&w);
	mg_wrap(err, rc, "%s, file '%s'", g->v.ref, name);
out:
	mg_free(path);
	mg_free(folder);
	return rc;
}

/* The state file of the folder names this checkpoint as its latest; others that are there stay in its list. */
static int
write_state(get *g, mgreg_error *err)
{
	mg_ckpt_state old = { 0 };
	const char **all = NULL;
	bool had = false;
	int n = 0, rc;

	if (!*g->base)                  /* a state file could not name it */
		return 0;
	rc = mg_ckpt_state_read(g->dir, "checkpoint", &old, NULL);
	had = rc == 0;
	all = mg_calloc((size_t)(had ? old.all_count : 0) + 1, sizeof(*all));
	if (!all) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	for (int i = 0; had && i < old.all_count; i++)
		if (strcmp(mg_path_basename(old.all[i]), g->base) && mg_ckpt_exists(old.all[i]))
			all[n++] = old.all[i];
	all[n++] = g->prefix;
	rc = mg_ckpt_state_write(g->dir, "checkpoint", g->prefix, all, n, true, err);
out:
	mg_free(all);
	if (had)
		mg_ckpt_state_clear(&old);
	return rc;
}

/* ---- the MetaGraph ----------------------------------------------------------------------------------------- */

static int
write_metagraph(get *g, const char *suffix, mgreg_error *err)
{
	mg_arena arena = { 0 };
	Pb__MetaGraphDef *m;
	mg_str bytes = MG_STR_INIT;
	char *path = NULL;
	const char *name = mg_arena_printf(&g->arena, "%s%s", g->base, suffix);
	int rc;

	if (!name)
		return mg_fail_nomem(err, 0);
	MG_TRY(in_dir(g, name, &path, err));
	MG_TRY(mg_version_metagraph_read(g->store, &g->v, g->o->tags, &arena, &m, &bytes, err));
	if (g->o->as_text)
		rc = mg_metagraph_write(path, m, true, err);
	else
		rc = mg_file_write(path, bytes.ptr, bytes.len, err);
	if (rc == 0 && !g->prefix) {
		g->prefix = path;
		path = NULL;
	}
out:
	mg_free(path);
	mg_str_clear(&bytes);
	mg_arena_clear(&arena);
	return rc;
}

/* ---- as it came --------------------------------------------------------------------------------------------- */

/* Data before the index, the index before the .meta: whoever sees the index finds everything. */
static int
rank_of(const char *path)
{
	return mg_ends_with(path, ".index") ? 1 : mg_ends_with(path, ".meta") ? 2 : 0;
}

static const char *
outgoing_name(get *g, const char *path)
{
	size_t len = g->came ? strlen(g->came) : 0;

	if (!g->came || strncmp(path, g->came, len) || path[len] != '.')
		return path;
	return mg_arena_printf(&g->arena, "%s%s", g->base, path + len);
}

static int
as_it_came(get *g, mgreg_error *err)
{
	bool is_checkpoint = find_suffix(g, ".index") != NULL && strcmp(g->v.kind, "saved_model");
	int rc = 0;

	for (int rank = 0; rank <= 2; rank++)
		for (size_t i = 0; i < g->files.len; i++) {
			const mg_file_row *f = &g->files.at[i];
			const char *name = outgoing_name(g, f->path);

			if (rank_of(f->path) != rank)
				continue;
			if (!name)
				return mg_fail_nomem(err, 0);
			MG_TRY(write_object(g, name, f->object_id, err));
			if (g->files.len == 1 && !is_checkpoint)
				MG_TRY(in_dir(g, name, &g->prefix, err));
		}
	if (!is_checkpoint) {
		if (!g->prefix && !(g->prefix = mg_strdup(g->dir)))
			rc = mg_fail_nomem(err, 0);
		goto out;
	}
	MG_TRY(in_dir(g, g->base, &g->prefix, err));
	if (g->graphs.len && !find_suffix(g, ".meta"))
		MG_TRY(write_metagraph(g, ".meta", err));
	rc = write_state(g, err);
out:
	return rc;
}

/* ---- projections ----------------------------------------------------------------------------------------------- */

static int
copy_entry(mg_ckpt *from, mg_ckpt *to, const mg_ckpt_entry *e, const mg_tslice *slice, mgreg_error *err)
{
	mg_tensor t = { 0 };
	int rc;

	MG_TRY(mg_ckpt_read(from, e->name, slice, &t, err));
	rc = mg_ckpt_put(to, e->name, slice ? &e->shape : NULL, slice, &t, err);
out:
	mg_tensor_clear(&t);
	return rc;
}

static int
write_bundle(get *g, mgreg_error *err)
{
	mg_ckpt *from = NULL, *to = NULL;
	mg_ckpt_entry e;
	int rc;

	MG_TRY(in_dir(g, g->base, &g->prefix, err));
	MG_TRY(mg_store_ckpt_open(&from, g->store, g->v.id, err));
	MG_TRY(mg_ckpt_create(&to, "v2", g->prefix, err));
	for (size_t i = 0; (rc = mg_ckpt_entry_at(from, i, &e, err)) == 0; i++) {
		if (e.slice_count == 0)
			MG_TRY(copy_entry(from, to, &e, NULL, err));
		for (int k = 0; k < e.slice_count; k++)
			MG_TRY(copy_entry(from, to, &e, &e.slices[k], err));
	}
	if (rc == MGREG_OUT_OF_RANGE)
		rc = mg_ckpt_finish(to, err);
out:
	mg_ckpt_close(to);
	mg_ckpt_close(from);
	return rc;
}

static int
project(get *g, mgreg_error *err)
{
	bool weights = g->tensors.len > 0 && !g->o->metagraph_only;
	int rc;

	if (!weights && g->graphs.len == 0)
		return mg_fail(err, MGREG_FAILED_PRECONDITION, "%s has no MetaGraph", g->v.ref);
	MG_TRY(mg_dir_create(g->dir, true, err));
	if (weights)
		MG_TRY(write_bundle(g, err));
	if (g->graphs.len)
		MG_TRY(write_metagraph(g, g->o->as_text && !weights ? ".pbtxt" : ".meta", err));
	if (weights)
		MG_TRY(write_state(g, err));
out:
	return rc;
}

/* ---- the whole ------------------------------------------------------------------------------------------------- */

static int
checkout(get *g, int64_t version_id, mgreg_error *err)
{
	bool as_is;
	int rc;

	if (g->o->as && strcmp(g->o->as, "v2"))
		return mg_fail(err, MGREG_UNIMPLEMENTED, "checkout as '%s' is not supported by this version (v2 is)", g->o->as);
	MG_TRY(mg_version_get(g->store, version_id, &g->v, err));
	if (!strcmp(g->v.state, "purged") && (g->v.has_weights || !strcmp(g->v.kind, "frozen")))
		return mg_fail(err, MGREG_FAILED_PRECONDITION, "%s has been purged: its bytes are gone", g->v.ref);
	MG_TRY(mg_version_files(g->store, version_id, &g->arena, &g->files, err));
	MG_TRY(mg_version_tensors(g->store, version_id, &g->arena, &g->tensors, err));
	MG_TRY(mg_version_metagraphs(g->store, version_id, &g->arena, &g->graphs, err));
	MG_TRY(choose_names(g, err));
	as_is = g->files.len && !g->o->as && !g->o->as_text && !g->o->metagraph_only && !g->o->tags;
	rc = as_is ? as_it_came(g, err) : project(g, err);
out:
	return rc;
}

int
mgreg_store_checkout(mgreg_store *store, int64_t version_id, const char *dir, const mgreg_checkout_options *options,
	char **prefix, mgreg_error *err)
{
	static const mgreg_checkout_options defaults = MGREG_CHECKOUT_INIT;
	get g = { .store = store, .o = options ? options : &defaults, .dir = dir };
	int rc;

	assert(g.o->size == sizeof(*g.o));
	rc = checkout(&g, version_id, err);
	if (rc == 0 && prefix) {
		*prefix = g.prefix;
		g.prefix = NULL;
	}
	mg_free(g.prefix);
	mg_vec_clear(&g.files);
	mg_vec_clear(&g.tensors);
	mg_vec_clear(&g.graphs);
	mg_arena_clear(&g.arena);
	return rc;
}
