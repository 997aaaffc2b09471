/* SPDX-License-Identifier: Apache-2.0 */
/*
 * checkpoint.c - a checkpoint prefix (or one of its files), and a folder of checkpoints.
 *
 * A prefix brings the .meta beside it along; so does a file of tensors in another format (NAME.safetensors: NAME.meta).  A
 * folder is read through its `checkpoint` state file: the latest is the model, the others are listed.  Where there is none,
 * or it names nothing that is there, a folder with exactly one checkpoint is that checkpoint, and one with exactly one
 * model file that model.
 */
#include "base/base.h"
#include "base/file.h"
#include "base/path.h"
#include "base/vec.h"
#include "interop/interop_internal.h"

/* The graph file META, if it is there and wanted. */
static int
read_meta(const char *meta, const mg_model_options *options, mg_model *m, mgreg_error *err)
{
	mg_model_source file = { .data = MG_STR_INIT };
	int rc = 0;

	if (options->no_meta || !mg_file_exists(meta))
		return 0;
	MG_TRY(mg_source_load(&file, meta, err));
	MG_TRY(mg_model_add_graph(&file, m, err));
out:
	mg_source_clear(&file);
	return rc;
}

static void
be_checkpoint(mg_model *m, const char *format)
{
	m->kind = MG_MODEL_CHECKPOINT;
	m->format = format;
	m->store_kind = m->graph_count ? "checkpoint" : "weights";
}

static int
read_prefix(const char *prefix, const mg_model_options *options, mg_model *m, mgreg_error *err)
{
	char *meta = mg_ckpt_meta_name(prefix);
	int rc = 0;

	if (!meta || !(m->prefix = mg_arena_strdup(&m->arena, prefix))) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	MG_TRY(read_meta(meta, options, m, err));
	be_checkpoint(m, "checkpoint");
	if (!options->no_files)
		MG_TRY(mg_model_add_checkpoint_files(m, prefix, options->no_meta, err));
out:
	mg_free(meta);
	return rc;
}

/* ---- one file of tensors in another format ------------------------------------------------- */

static int
probe_tensors(const mg_model_source *s)
{
	return s->tensors ? 95 : 0;
}

static int
read_tensors(mg_model_source *s, const mg_model_options *options, mg_model *m, mgreg_error *err)
{
	const char *dot = strrchr(mg_path_basename(s->path), '.');
	const char *meta = dot ? mg_arena_printf(&m->arena, "%.*s.meta", (int)(dot - s->path), s->path) : "";
	int rc;

	if (!meta || !(m->prefix = mg_arena_strdup(&m->arena, s->path)))
		return mg_fail_nomem(err, 0);
	MG_TRY(read_meta(meta, options, m, err));
	be_checkpoint(m, s->tensors);
	if (options->no_files)
		goto out;
	MG_TRY(mg_model_add_file(m, mg_path_basename(s->path), s->path, err));
	if (m->graph_path)
		MG_TRY(mg_model_add_file(m, mg_path_basename(meta), meta, err));
out:
	return rc;
}

/* NAME.data-SSSSS-of-NNNNN */
static bool
is_data_shard(const char *path)
{
	const char *tail = strstr(mg_path_basename(path), ".data-");

	return tail && strlen(tail) == strlen(".data-00000-of-00001") && !strncmp(tail + strlen(".data-00000"), "-of-", 4);
}

/* PATH is one shard of a V1 checkpoint: the pattern that means all of them, as TensorFlow's saver returns it; else NULL. */
static char *
shards_of(const char *path)
{
	char *meta = mg_ckpt_meta_name(path), *pattern = NULL;
	size_t len = meta ? strlen(meta) - strlen(".meta") : 0;

	if (meta && len + strlen("-00000-of-00000") == strlen(path) && !mg_ends_with(path, "?") && !strchr(path + len, '?')
			&& mg_model_is_table(path) && (pattern = mg_strdup(path)) != NULL)
		memset(pattern + len + 1, '?', 5);
	mg_free(meta);
	return pattern;
}

/* A .meta file is a graph; every other file of a checkpoint means the checkpoint. */
static bool
means_checkpoint(const char *path, char **prefix)
{
	bool found;

	if (mg_ends_with(path, ".meta") && mg_file_exists(path))
		return false;
	if ((*prefix = shards_of(path)) != NULL)
		return true;
	*prefix = mg_ckpt_prefix_of(path);
	found = *prefix && (mg_ckpt_exists(*prefix) || (!is_data_shard(path) && mg_ckpt_exists(path)));
	if (found && !mg_ckpt_exists(*prefix)) {
		mg_free(*prefix);
		*prefix = mg_strdup(path);
		found = *prefix != NULL;
	}
	if (!found) {
		mg_free(*prefix);
		*prefix = NULL;
	}
	return found;
}

static bool
has_index(const char *prefix)
{
	mg_str path = MG_STR_INIT;
	bool found;

	mg_str_printf(&path, "%s.index", prefix);
	found = !path.failed && mg_file_exists(path.ptr);
	mg_str_clear(&path);
	return found;
}

/* A regular file whose bytes are a graph is one, even where its name is also a prefix; one that is neither graph nor
 * table is part of a checkpoint only by its name. */
static int
probe_checkpoint(const mg_model_source *s)
{
	char *prefix;

	if (s->is_dir || s->tensors || s->is_archive || s->is_events)
		return 0;
	if (!means_checkpoint(s->path, &prefix))
		return is_data_shard(s->path) ? 70 : 0;
	mg_free(prefix);
	if (!s->is_file || s->is_table)
		return 100;
	if (is_data_shard(s->path))
		return 90;
	return !has_index(s->path) ? 0 : s->message ? 40 : 60;
}

static int
read_checkpoint(mg_model_source *s, const mg_model_options *options, mg_model *m, mgreg_error *err)
{
	char *prefix;
	int rc;

	if (!means_checkpoint(s->path, &prefix)) {
		prefix = mg_ckpt_prefix_of(s->path);
		rc = mg_fail(err, MGREG_NOT_FOUND, "%s: holds tensors, but the index that says where is missing (%s.index)", s->path,
			prefix ? prefix : "");
		mg_free(prefix);
		return rc;
	}
	rc = read_prefix(prefix, options, m, err);
	mg_free(prefix);
	return rc;
}

/* ---- folders ----------------------------------------------------------------------------- */

typedef MG_VEC(const char *) prefixes;

bool
mg_model_name_step(const char *path, int64_t *step)
{
	static const char *const endings[] = { ".safetensors", ".npz", ".pbtxt", ".pb" };
	char *prefix = mg_ckpt_prefix_of(path), *meta = prefix ? mg_ckpt_meta_name(prefix) : NULL;
	size_t len = meta ? strlen(meta) - strlen(".meta") : 0;
	bool found = false;

	if (meta) {
		meta[len] = '\0';
		for (size_t i = 0; i < MG_COUNT(endings); i++)
			if (mg_ends_with(meta, endings[i])) {
				meta[len - strlen(endings[i])] = '\0';
				break;
			}
		found = mg_ckpt_name_step(meta, &len, step);
	}
	mg_free(meta);
	mg_free(prefix);
	return found;
}

/* The prefix that a file of the folder stands for: NAME.index, NAME.meta beside a checkpoint, a V1 table or shard; else NULL. */
static const char *
prefix_of_file(mg_model *m, const char *dir, const char *name)
{
	static const char *const endings[] = { ".index", ".meta" };
	const char *path = mg_model_join(m, dir, name), *prefix;
	char *pattern;

	for (size_t i = 0; path && i < MG_COUNT(endings); i++)
		if (mg_ends_with(path, endings[i])) {
			prefix = mg_arena_strndup(&m->arena, path, strlen(path) - strlen(endings[i]));
			return prefix && mg_ckpt_exists(prefix) ? prefix : NULL;
		}
	if (!path || !mg_model_is_table(path))
		return NULL;
	if ((pattern = shards_of(path)) != NULL) {
		path = mg_arena_strdup(&m->arena, pattern);
		mg_free(pattern);
	}
	return path;
}

/* A file that is a model by itself: tensors in another format, or a graph by its name. */
static const char *
model_of_file(mg_model *m, const char *dir, const char *name)
{
	static const char *const endings[] = { ".safetensors", ".npz", ".meta", ".pb", ".pbtxt" };
	const char *path = mg_model_join(m, dir, name);

	for (size_t i = 0; path && i < MG_COUNT(endings); i++)
		if (mg_ends_with(path, endings[i]) && mg_file_exists(path) && !mg_is_dir(path))
			return path;
	return NULL;
}

/* What OF says of every file of the folder, each once. */
static int
list_files(mg_model *m, const char *dir, const char *(*of)(mg_model *m, const char *dir, const char *name), prefixes *out,
	mgreg_error *err)
{
	char **names = NULL;
	size_t n = 0;
	int rc = 0;

	MG_TRY(mg_dir_list(dir, &names, &n, err));
	for (size_t i = 0; i < n && rc == 0; i++) {
		const char *prefix = of(m, dir, names[i]);
		bool again = !prefix;

		for (size_t j = 0; j < out->len && !again; j++)
			again = strcmp(out->at[j], prefix) == 0;
		if (!again && !mg_vec_push(out, prefix))
			rc = mg_fail_nomem(err, 0);
	}
out:
	for (size_t i = 0; i < n; i++)
		mg_free(names[i]);
	mg_free(names);
	return rc;
}

/* A file of tensors and the .meta of its name are one model. */
static void
drop_metas_of_tensors(prefixes *v)
{
	size_t kept = 0;

	for (size_t i = 0; i < v->len; i++) {
		size_t stem = strlen(v->at[i]) - (mg_ends_with(v->at[i], ".meta") ? strlen(".meta") : 0);
		bool belongs = false;

		for (size_t j = 0; v->at[i][stem] && j < v->len && !belongs; j++)
			belongs = j != i && !strncmp(v->at[j], v->at[i], stem)
				&& (!strcmp(v->at[j] + stem, ".safetensors") || !strcmp(v->at[j] + stem, ".npz"));
		if (!belongs)
			v->at[kept++] = v->at[i];
	}
	v->len = kept;
}

/* By the step that names end with, then by name: without a state file that is the age of a checkpoint. */
static int
compare_age(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;
	int64_t sx = -1, sy = -1;

	(void)mg_model_name_step(*x, &sx);
	(void)mg_model_name_step(*y, &sy);
	return sx != sy ? (sx > sy) - (sx < sy) : strcmp(*x, *y);
}

/* Where a checkpoint of the state file lies: where it says, else beside the state file (the folder was moved); NULL. */
static const char *
locate(mg_model *m, const char *dir, const char *name)
{
	const char *beside;

	if (mg_ckpt_exists(name))
		return mg_arena_strdup(&m->arena, name);
	beside = mg_model_join(m, dir, mg_path_basename(name));
	return beside && mg_ckpt_exists(beside) ? beside : NULL;
}

/* All of the state file that exist, oldest first: TensorFlow appends the latest again where it is not the last, and
 * then that place counts.  *LATEST: the one it names, or, if that one is gone, NULL.  MISSING: those that are not there. */
static int
list_state(mg_model *m, const char *dir, prefixes *out, prefixes *missing, const char **latest, mgreg_error *err)
{
	mg_ckpt_state state;
	bool again;
	int rc = mg_ckpt_state_read(dir, "checkpoint", &state, err);

	if (rc)
		return rc;
	for (int i = 0; i <= state.all_count && rc == 0; i++) {
		const char *name = i < state.all_count ? state.all[i] : state.latest, *path;

		again = !name || (i == state.all_count && *latest);
		for (int j = i + 1; j < state.all_count && !again; j++)
			again = strcmp(state.all[j], name) == 0;
		if (again)
			continue;
		if (!(path = locate(m, dir, name))) {
			name = mg_arena_strdup(&m->arena, name);
			if (!name || !mg_vec_push(missing, name))
				rc = mg_fail_nomem(err, 0);
			continue;
		}
		if (!mg_vec_push(out, path))
			rc = mg_fail_nomem(err, 0);
		if (state.latest && strcmp(name, state.latest) == 0)
			*latest = path;
	}
	mg_ckpt_state_clear(&state);
	return rc;
}

static bool
has_state(const char *dir)
{
	char *path = mg_path_join(dir, "checkpoint");
	bool found = path && mg_file_exists(path);

	mg_free(path);
	return found;
}

static int
probe_dir(const mg_model_source *s)
{
	return !s->is_dir ? 0 : has_state(s->path) ? 80 : 10;
}

static int
keep_lists(mg_model *m, const prefixes *found, const prefixes *missing, mgreg_error *err)
{
	m->checkpoints = mg_arena_memdup(&m->arena, found->at, found->len * sizeof(*found->at));
	m->missing = missing->len ? mg_arena_memdup(&m->arena, missing->at, missing->len * sizeof(*missing->at)) : NULL;
	if (!m->checkpoints || (missing->len && !m->missing))
		return mg_fail_nomem(err, 0);
	m->checkpoint_count = found->len;
	m->missing_count = missing->len;
	return 0;
}

/* Files of models that are no checkpoints of TensorFlow's: exactly one, or it must be named. */
static int
read_model_file(mg_model_source *s, const mg_model_options *options, prefixes *found, mg_model *m, mgreg_error *err)
{
	mg_model_source file = { .data = MG_STR_INIT };
	int rc;

	MG_TRY(list_files(m, s->path, model_of_file, found, err));
	drop_metas_of_tensors(found);
	if (found->len == 0)
		return mg_fail(err, MGREG_NOT_FOUND, "%s: no model and no checkpoint in this folder", s->path);
	if (found->len > 1) {
		rc = mg_fail_because(err, MGREG_INVALID_ARGUMENT, MGREG_REASON_AMBIGUOUS, "%s: several models, and none is named", s->path);
		for (size_t i = 0; i < found->len; i++)
			mg_error_candidate(err, "%s", found->at[i]);
		return rc;
	}
	MG_TRY(mg_source_load(&file, found->at[0], err));
	if (file.tensors)
		rc = read_tensors(&file, options, m, err);
	else if ((rc = mg_model_add_graph(&file, m, err)) == 0 && !options->no_files)
		rc = mg_model_add_file(m, mg_path_basename(found->at[0]), found->at[0], err);
out:
	mg_source_clear(&file);
	return rc;
}

static int
read_dir(mg_model_source *s, const mg_model_options *options, mg_model *m, mgreg_error *err)
{
	prefixes found = { 0 }, missing = { 0 };
	const char *latest = NULL;
	bool stated;
	int rc = 0;

	if (has_state(s->path))
		MG_TRY(list_state(m, s->path, &found, &missing, &latest, err));
	stated = found.len > 0;
	if (!stated) {
		MG_TRY(list_files(m, s->path, prefix_of_file, &found, err));
		if (found.len)
			qsort(found.at, found.len, sizeof(*found.at), compare_age);
		latest = found.len == 1 || (options->all && found.len) ? found.at[found.len - 1] : NULL;
	}
	if (!found.len) {
		rc = read_model_file(s, options, &found, m, err);
		goto out;
	}
	if (!latest && !stated) {
		rc = mg_fail_because(err, MGREG_INVALID_ARGUMENT, MGREG_REASON_AMBIGUOUS,
			"%s: several checkpoints, and no state file names one of them", s->path);
		for (size_t i = 0; i < found.len; i++)
			mg_error_candidate(err, "%s", found.at[i]);
		goto out;
	}
	if (!latest)                    /* the state file's latest is gone: the newest of the others */
		latest = found.at[found.len - 1];
	MG_TRY(keep_lists(m, &found, &missing, err));
	MG_TRY(read_prefix(latest, options, m, err));
	m->format = "checkpoint_dir";
out:
	mg_vec_clear(&found);
	mg_vec_clear(&missing);
	return rc;
}

/* The state file itself means its folder. */
static int
probe_state_file(const mg_model_source *s)
{
	mg_ckpt_state state;
	char *dir;
	bool is = false;

	if (!s->is_file || strcmp(mg_path_basename(s->path), "checkpoint") || s->is_table)
		return 0;
	if ((dir = mg_path_dirname(s->path)) != NULL && mg_ckpt_state_read(*dir ? dir : ".", "checkpoint", &state, NULL) == 0) {
		is = state.latest && *state.latest;
		mg_ckpt_state_clear(&state);
	}
	mg_free(dir);
	return is ? 97 : 0;
}

static int
read_state_file(mg_model_source *s, const mg_model_options *options, mg_model *m, mgreg_error *err)
{
	char *dir = mg_path_dirname(s->path);
	mg_model_source folder = { .path = dir && *dir ? dir : ".", .is_dir = true, .data = MG_STR_INIT };
	int rc = dir ? read_dir(&folder, options, m, err) : mg_fail_nomem(err, 0);

	mg_free(dir);
	return rc;
}

/* ---- where in a tree the model lies --------------------------------------------------------- */

static bool
holds_model(const char *dir)
{
	mg_model scratch = { .data = MG_STR_INIT, .spool_lock = -1 };
	mg_model_source s = { .path = dir, .is_dir = true };
	prefixes found = { 0 };
	bool holds = mg_format_saved_model_dir.probe(&s) || mg_format_session_bundle.probe(&s) || has_state(dir);

	if (!holds && list_files(&scratch, dir, prefix_of_file, &found, NULL) == 0 && found.len == 0)
		(void)list_files(&scratch, dir, model_of_file, &found, NULL);
	holds = holds || found.len > 0;
	mg_vec_clear(&found);
	mg_arena_clear(&scratch.arena);
	return holds;
}

static int
find_below(const char *dir, mg_arena *arena, prefixes *out, mgreg_error *err)
{
	char **names = NULL;
	size_t n = 0;
	int rc = 0;

	if (holds_model(dir)) {
		const char *copy = mg_arena_strdup(arena, dir);

		return copy && mg_vec_push(out, copy) ? 0 : mg_fail_nomem(err, 0);
	}
	MG_TRY(mg_dir_list(dir, &names, &n, err));
	for (size_t i = 0; i < n && rc == 0; i++) {
		char *path = mg_path_join(dir, names[i]);

		rc = !path ? mg_fail_nomem(err, 0) : mg_is_dir(path) ? find_below(path, arena, out, err) : 0;
		mg_free(path);
	}
out:
	for (size_t i = 0; i < n; i++)
		mg_free(names[i]);
	mg_free(names);
	return rc;
}

/* The only file below DIR, whatever its name; else NULL. */
static char *
only_file(const char *dir)
{
	char **names = NULL, *path = NULL;
	size_t n = 0;

	if (mg_dir_list(dir, &names, &n, NULL) == 0 && n == 1 && (path = mg_path_join(dir, names[0])) != NULL && mg_is_dir(path)) {
		char *below = only_file(path);

		mg_free(path);
		path = below;
	}
	for (size_t i = 0; i < n; i++)
		mg_free(names[i]);
	mg_free(names);
	return path;
}

int
mg_model_find_in(const char *dir, mg_arena *arena, const char **out, mgreg_error *err)
{
	prefixes found = { 0 };
	char *only;
	int rc;

	MG_TRY(find_below(dir, arena, &found, err));
	if (found.len == 1) {
		*out = found.at[0];
	} else if (found.len > 1) {
		rc = mg_fail_because(err, MGREG_INVALID_ARGUMENT, MGREG_REASON_AMBIGUOUS, "%s: several models, and none is named", dir);
		for (size_t i = 0; i < found.len; i++)
			mg_error_candidate(err, "%s", found.at[i]);
	} else if ((only = only_file(dir)) != NULL) {
		*out = mg_arena_strdup(arena, only);
		mg_free(only);
		rc = *out ? 0 : mg_fail_nomem(err, 0);
	} else {
		rc = mg_fail(err, MGREG_NOT_FOUND, "%s: no model and no checkpoint in it", dir);
	}
out:
	mg_vec_clear(&found);
	return rc;
}

const mg_model_format mg_format_checkpoint = { "checkpoint", probe_checkpoint, read_checkpoint };
const mg_model_format mg_format_checkpoint_dir = { "checkpoint_dir", probe_dir, read_dir };
const mg_model_format mg_format_state_file = { "state file", probe_state_file, read_state_file };
const mg_model_format mg_format_tensors = { "tensors", probe_tensors, read_tensors };
