/* SPDX-License-Identifier: Apache-2.0 */
/*
 * get.c - a version -> files in a folder.
 *
 * What came as files goes out as those bytes.  What a training run saved, or what is asked for in another form, is a
 * projection of the rows: tensors in the order of names in a checkpoint format, the MetaGraph beside it, or both as a
 * SavedModel or a frozen graph.  Every file appears whole or not at all, the index after the data, the state file last.
 */
#include "base/base.h"
#include "base/file.h"
#include "ckpt/ckpt.h"
#include "interop/interop.h"
#include "mgreg/formats.h"
#include "registry/registry.h"

typedef struct get {
	mg_store         *store;
	const mgreg_checkout_options *o;
	const char       *dir;
	mg_version_info   v;
	mg_arena          arena;
	mg_file_rows      files;
	mg_metagraph_rows graphs;
	mg_model_target   came_as;      /* NONE: not as files */
	mg_model_target   as;           /* how it goes out; NONE: the MetaGraph alone */
	bool              exact;        /* names as they came, no step appended */
	bool              bundle;       /* the folder of a session bundle: names stay */
	const char       *came;         /* base name it came with, NULL: none; of a checkpoint its prefix */
	const char       *base;         /* base name it goes out with */
	const char       *state_name;   /* of the checkpoint in the state file */
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

/* Files that belong to a model wherever it goes, not to a format. */
static bool
is_asset(const char *path)
{
	return mg_starts_with(path, "assets/") || mg_starts_with(path, "assets.extra/");
}

/* What the files of the version are together. */
static mg_model_target
files_target(const get *g)
{
	size_t own = 0;

	for (size_t i = 0; i < g->files.len; i++)
		own += !is_asset(g->files.at[i].path);
	if (own == 0)
		return MG_TO_NONE;
	if (!strcmp(g->v.kind, "saved_model"))
		return MG_TO_SAVED_MODEL;
	if (!g->v.has_weights)
		return !strcmp(g->v.kind, "frozen") ? MG_TO_FROZEN : MG_TO_METAGRAPH;
	return find_suffix(g, ".index") ? MG_TO_V2 : find_suffix(g, ".safetensors") ? MG_TO_SAFETENSORS
		: find_suffix(g, ".npz") ? MG_TO_NPZ : MG_TO_V1;
}

/* The base name a checkpoint in V1 came with: that of its file without the tail of a shard. */
static const char *
base_of_v1(get *g)
{
	for (size_t i = 0; i < g->files.len; i++) {
		const char *path = g->files.at[i].path;
		char *meta = mg_ends_with(path, ".meta") || strchr(path, '/') ? NULL : mg_ckpt_meta_name(path);
		const char *base = meta ? mg_arena_strndup(&g->arena, meta, strlen(meta) - strlen(".meta")) : NULL;

		mg_free(meta);
		if (base)
			return base;
	}
	return NULL;
}

static int
find_came(get *g, mgreg_error *err)
{
	static const char *const suffixes[] = { ".index", ".safetensors", ".npz", ".meta", ".pbtxt", ".pb" };

	g->came_as = files_target(g);
	if (g->came_as == MG_TO_SAVED_MODEL)
		return 0;
	if (g->came_as == MG_TO_V1)
		g->came = base_of_v1(g);
	for (size_t i = 0; !g->came && i < MG_COUNT(suffixes); i++) {
		const mg_file_row *f = find_suffix(g, suffixes[i]);

		if (f && !(g->came = mg_arena_strndup(&g->arena, f->path, strlen(f->path) - strlen(suffixes[i]))))
			return mg_fail_nomem(err, 0);
	}
	g->bundle = find_suffix(g, "export.meta") && g->came && !strcmp(g->came, "export");
	return 0;
}

/* The base name follows from the index, else from the graph file. */
static int
choose_names(get *g, mgreg_error *err)
{
	const char *base;
	size_t base_len;
	int64_t step;

	base = g->o->prefix ? g->o->prefix : g->came ? g->came : "model";
	if ((!*base || g->bundle || (g->exact && g->came)) && !g->o->prefix) {  /* files named ".index", ".meta", or a bundle's: they stay so */
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

int
mg_object_to_file(mg_store *store, int64_t object_id, const char *dir, const char *name, mgreg_error *err)
{
	char *path = mg_path_join(dir, name), *folder = path ? mg_path_dirname(path) : NULL;
	mg_writer w;
	int rc;

	if (!folder) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	MG_TRY(mg_dir_create(*folder ? folder : ".", true, err));
	MG_TRY(mg_writer_open(&w, path, err));
	rc = mg_object_each(store, object_id, write_portion, &w, err);
	if (rc == 0)
		rc = mg_writer_commit(&w, err);
	else
		mg_writer_abandon(&w);
out:
	mg_free(folder);
	mg_free(path);
	return rc;
}

static int
write_object(get *g, const char *name, int64_t object_id, mgreg_error *err)
{
	if (!mg_path_is_safe(name))
		return mg_fail(err, MGREG_DATA_LOSS, "%s holds a file named '%.200s', which is no plain relative path", g->v.ref, name);
	return mg_wrap(err, mg_object_to_file(g->store, object_id, g->dir, name, err), "%s, file '%s'", g->v.ref, name);
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
		if (strcmp(mg_path_basename(old.all[i]), g->state_name) && mg_ckpt_exists(old.all[i]))
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
	else if ((rc = mg_metagraph_check_size(path, bytes.len, err)) == 0)
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

/* Data before the index, the index before the graph: whoever sees the index finds everything. */
static int
rank_of(const char *path)
{
	return mg_ends_with(path, ".index") ? 1 : mg_ends_with(path, ".meta") || mg_starts_with(path, "saved_model.") ? 2 : 0;
}

/* The base name changes, whatever stands behind it (".index", "-00000-of-00002", nothing). */
static const char *
outgoing_name(get *g, const char *path)
{
	size_t len = g->came ? strlen(g->came) : 0;

	if (!g->came || strncmp(path, g->came, len) || (path[len] && path[len] != '.' && path[len] != '-'))
		return path;
	return mg_arena_printf(&g->arena, "%s%s", g->base, path + len);
}

/* What a restore takes: the base, for V1 in shards TensorFlow's pattern. */
static int
checkpoint_prefix(get *g, mgreg_error *err)
{
	const char *name = g->base;

	for (size_t i = 0; g->came_as == MG_TO_V1 && i < g->files.len; i++) {
		size_t len = strlen(g->came);
		char *pattern;

		if (strncmp(g->files.at[i].path, g->came, len) || strlen(g->files.at[i].path) != len + strlen("-00000-of-00000"))
			continue;
		if (!(pattern = mg_arena_printf(&g->arena, "%s%s", g->base, g->files.at[i].path + len)))
			return mg_fail_nomem(err, 0);
		memset(pattern + strlen(g->base) + 1, '?', 5);
		name = pattern;
	}
	g->state_name = name;
	return in_dir(g, name, &g->prefix, err);
}

static int
write_files(get *g, bool (*wanted)(const get *g, const char *path), mgreg_error *err)
{
	int rc = 0;

	for (int rank = 0; rank <= 2; rank++)
		for (size_t i = 0; i < g->files.len; i++) {
			const mg_file_row *f = &g->files.at[i];
			const char *name = outgoing_name(g, f->path);

			if (rank_of(f->path) != rank || !wanted(g, f->path))
				continue;
			if (!name)
				return mg_fail_nomem(err, 0);
			MG_TRY(write_object(g, name, f->object_id, err));
			if (g->files.len == 1 && !g->v.has_weights)
				MG_TRY(in_dir(g, name, &g->prefix, err));
			else if (g->as == MG_TO_SAFETENSORS || g->as == MG_TO_NPZ)
				if (!mg_ends_with(name, ".meta"))
					MG_TRY(in_dir(g, name, &g->prefix, err));
		}
out:
	return rc;
}

/* The MetaGraph is written anew where it goes out in another form. */
static bool
wants_file(const get *g, const char *path)
{
	return !is_asset(path) || g->as == MG_TO_SAVED_MODEL ? !(g->o->as_text && mg_ends_with(path, ".meta")) : false;
}

static int
as_it_came(get *g, mgreg_error *err)
{
	bool is_checkpoint = g->as == MG_TO_V2 || g->as == MG_TO_V1, graph = g->as != MG_TO_SAVED_MODEL && g->v.has_weights;
	int rc = 0;

	if (is_checkpoint)
		MG_TRY(checkpoint_prefix(g, err));
	MG_TRY(write_files(g, wants_file, err));
	if (!g->prefix && !(g->prefix = mg_strdup(g->dir)))
		MG_TRY(mg_fail_nomem(err, 0));
	if (graph && g->graphs.len && (g->o->as_text || !find_suffix(g, ".meta")))
		MG_TRY(write_metagraph(g, ".meta", err));
	if (is_checkpoint && !g->bundle)
		rc = write_state(g, err);
out:
	return rc;
}

/* ---- projections ----------------------------------------------------------------------------------------------- */

static int
write_weights(get *g, mgreg_error *err)
{
	static const char *const endings[] = { [MG_TO_SAFETENSORS] = ".safetensors", [MG_TO_NPZ] = ".npz" };
	const char *ending = g->as < MG_COUNT(endings) && endings[g->as] ? endings[g->as] : "";
	const char *name = mg_arena_printf(&g->arena, "%s%s", g->base, ending);
	mg_ckpt *from = NULL;
	int rc;

	if (!name)
		return mg_fail_nomem(err, 0);
	g->state_name = name;
	MG_TRY(in_dir(g, name, &g->prefix, err));
	MG_TRY(mg_store_ckpt_open(&from, g->store, g->v.id, err));
	rc = mg_weights_write(from, mg_model_target_weights(g->as), g->prefix, err);
out:
	mg_ckpt_close(from);
	return rc;
}

static int
project(get *g, mgreg_error *err)
{
	bool weights = g->v.has_weights && !g->o->metagraph_only;
	int rc;

	if (!weights && g->graphs.len == 0)
		return mg_fail(err, MGREG_FAILED_PRECONDITION, "%s has no MetaGraph", g->v.ref);
	if (!weights && (g->as == MG_TO_SAFETENSORS || g->as == MG_TO_NPZ))
		return mg_fail(err, MGREG_FAILED_PRECONDITION, "%s has no tensors: it cannot go out as %s", g->v.ref,
			mg_model_target_name(g->as));
	MG_TRY(mg_dir_create(g->dir, true, err));
	if (weights)
		MG_TRY(write_weights(g, err));
	if (g->graphs.len)
		MG_TRY(write_metagraph(g, g->o->as_text && !weights ? ".pbtxt" : ".meta", err));
	if (weights && (g->as == MG_TO_V2 || g->as == MG_TO_V1))
		MG_TRY(write_state(g, err));
out:
	return rc;
}

/* ---- SavedModel -------------------------------------------------------------------------------------------------- */

static bool
wants_asset(const get *g, const char *path)
{
	(void)g;
	return is_asset(path);
}

/* All MetaGraphs of the version, or the one with the tags; each with a saver if it has variables. */
static int
read_graphs(get *g, mg_model_graph **out, size_t *count, mgreg_error *err)
{
	size_t n = g->o->tags ? 1 : g->graphs.len;
	mg_model_graph *list = mg_arena_zalloc(&g->arena, n + 1, sizeof(*list));
	const Pb__MetaGraphDef *with;
	mg_str bytes = MG_STR_INIT;
	int rc = 0;

	if (!list)
		return mg_fail_nomem(err, 0);
	for (size_t i = 0; i < n; i++) {
		mg_str_reset(&bytes);
		MG_TRY(mg_version_metagraph_read(g->store, &g->v, g->o->tags ? g->o->tags : g->graphs.at[i].tags, &g->arena, &list[i].def,
			&bytes, err));
		MG_TRY(mg_metagraph_with_saver(list[i].def, &g->arena, &with, err));
		if (with == list[i].def) {
			list[i].bytes.len = bytes.len;
			if (!(list[i].bytes.ptr = mg_arena_memdup(&g->arena, bytes.ptr, bytes.len ? bytes.len : 1)))
				MG_TRY(mg_fail_nomem(err, bytes.len));
		}
		list[i].def = (Pb__MetaGraphDef *)(uintptr_t)with;
	}
	*out = list;
	*count = n;
out:
	mg_str_clear(&bytes);
	return rc;
}

static int
write_bytes(get *g, const char *name, const mg_str *bytes, mgreg_error *err)
{
	char *path = NULL;
	int rc;

	MG_TRY(in_dir(g, name, &path, err));
	rc = mg_file_write(path, bytes->ptr, bytes->len, err);
	if (rc == 0 && !g->prefix) {
		g->prefix = path;
		path = NULL;
	}
out:
	mg_free(path);
	return rc;
}

static int
saved_model(get *g, mgreg_error *err)
{
	mg_str bytes = MG_STR_INIT;
	mg_model_graph *graphs = NULL;
	mg_ckpt *from = NULL;
	char *variables = NULL;
	size_t count = 0;
	int rc;

	if (g->graphs.len == 0)
		return mg_fail(err, MGREG_FAILED_PRECONDITION, "%s has no MetaGraph: it cannot go out as savedmodel", g->v.ref);
	MG_TRY(read_graphs(g, &graphs, &count, err));
	MG_TRY(mg_dir_create(g->dir, true, err));
	if (g->v.has_weights && !g->o->metagraph_only) {
		MG_TRY(in_dir(g, "variables/variables", &variables, err));
		MG_TRY(mg_store_ckpt_open(&from, g->store, g->v.id, err));
		MG_TRY(mg_weights_write(from, "v2", variables, err));
	}
	MG_TRY(write_files(g, wants_asset, err));
	if (!(g->prefix = mg_strdup(g->dir)))
		MG_TRY(mg_fail_nomem(err, 0));
	MG_TRY(mg_saved_model_encode(graphs, count, g->o->as_text, &bytes, err));
	rc = write_bytes(g, g->o->as_text ? "saved_model.pbtxt" : "saved_model.pb", &bytes, err);
out:
	mg_ckpt_close(from);
	mg_free(variables);
	mg_str_clear(&bytes);
	return rc;
}

static int
frozen(get *g, mgreg_error *err)
{
	mgreg_freeze_options how = MGREG_FREEZE_INIT;
	const char *name = mg_arena_printf(&g->arena, "%s%s", g->base, g->o->as_text ? ".pbtxt" : ".pb");
	mg_str bytes = MG_STR_INIT;
	char *text = NULL;
	size_t size;
	int rc;

	if (!name)
		return mg_fail_nomem(err, 0);
	how.tags = g->o->tags;
	how.as_text = g->o->as_text != 0;
	MG_TRY(mg_dir_create(g->dir, true, err));
	MG_TRY(mgreg_store_freeze(g->store, g->v.id, &how, &text, &size, NULL, err));
	mg_str_append(&bytes, text, size);
	MG_TRY(mg_str_check(&bytes, err));
	rc = write_bytes(g, name, &bytes, err);
out:
	mg_free(text);
	mg_str_clear(&bytes);
	return rc;
}

/* ---- the whole ------------------------------------------------------------------------------------------------- */

static int
choose_target(get *g, mgreg_error *err)
{
	int rc;

	if (!g->o->as) {
		g->as = g->came_as != MG_TO_NONE ? g->came_as : MG_TO_V2;
		if (g->o->as_text && (g->as == MG_TO_METAGRAPH || g->as == MG_TO_FROZEN))
			g->as = MG_TO_V2;       /* what there is besides tensors: the MetaGraph */
		return 0;
	}
	g->as = mg_model_target_find(g->o->as);
	if (g->as <= MG_TO_FROZEN)
		return 0;
	rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "'%s' is no format to check out", g->o->as);
	for (mg_model_target t = 0; t <= MG_TO_FROZEN; t++)
		mg_error_candidate(err, "%s", mg_model_target_name(t));
	return rc;
}

static int
write_target(get *g, mgreg_error *err)
{
	bool same = g->as == g->came_as && !g->o->metagraph_only && !g->o->tags;

	if (same && g->o->as_text && (g->as == MG_TO_SAVED_MODEL || g->as == MG_TO_FROZEN))
		same = find_suffix(g, ".pbtxt") != NULL;
	if (same)
		return as_it_came(g, err);
	if (g->o->metagraph_only || g->as == MG_TO_METAGRAPH)
		return project(g, err);
	return g->as == MG_TO_SAVED_MODEL ? saved_model(g, err) : g->as == MG_TO_FROZEN ? frozen(g, err) : project(g, err);
}

static int
checkout(get *g, int64_t version_id, mgreg_error *err)
{
	int rc;

	MG_TRY(mg_version_get(g->store, version_id, &g->v, err));
	if (!strcmp(g->v.state, "purged") && (g->v.has_weights || !strcmp(g->v.kind, "frozen")))
		return mg_fail(err, MGREG_FAILED_PRECONDITION, "%s has been purged: its bytes are gone", g->v.ref);
	MG_TRY(mg_version_files(g->store, version_id, &g->arena, &g->files, err));
	MG_TRY(mg_version_metagraphs(g->store, version_id, &g->arena, &g->graphs, err));
	MG_TRY(find_came(g, err));
	MG_TRY(choose_target(g, err));
	MG_TRY(choose_names(g, err));
	rc = write_target(g, err);
out:
	return rc;
}

int
mg_version_checkout(mg_store *store, int64_t version_id, const char *dir, const mgreg_checkout_options *options, bool exact_names,
	char **prefix, mgreg_error *err)
{
	static const mgreg_checkout_options defaults = MGREG_CHECKOUT_INIT;
	get g = { .store = store, .o = options ? options : &defaults, .dir = dir, .exact = exact_names };
	int rc;

	assert(g.o->size == sizeof(*g.o));
	rc = checkout(&g, version_id, err);
	if (rc == 0 && prefix) {
		*prefix = g.prefix;
		g.prefix = NULL;
	}
	mg_free(g.prefix);
	mg_vec_clear(&g.files);
	mg_vec_clear(&g.graphs);
	mg_arena_clear(&g.arena);
	return rc;
}

int
mgreg_store_checkout(mgreg_store *store, int64_t version_id, const char *dir, const mgreg_checkout_options *options,
	char **prefix, mgreg_error *err)
{
	return mg_version_checkout(store, version_id, dir, options, false, prefix, err);
}
