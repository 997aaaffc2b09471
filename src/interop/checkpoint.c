/* SPDX-License-Identifier: Apache-2.0 */
/*
 * checkpoint.c - a checkpoint prefix (or one of its files), and a folder of checkpoints.
 *
 * A prefix brings the .meta beside it along.  A folder is read through its `checkpoint` state file: the latest is the
 * model, the others are listed.  Where there is none, or it names nothing that is there, a folder with exactly one
 * checkpoint is that checkpoint.
 */
#include "base/base.h"
#include "base/file.h"
#include "base/path.h"
#include "base/vec.h"
#include "interop/interop_internal.h"

static int
read_prefix(const char *prefix, const mg_model_options *options, mg_model *m, mgreg_error *err)
{
	char *meta = mg_ckpt_meta_name(prefix);
	mg_model_source file = { .data = MG_STR_INIT };
	int rc = 0;

	if (!meta || !(m->prefix = mg_arena_strdup(&m->arena, prefix))) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	if (!options->no_meta && mg_file_exists(meta)) {
		MG_TRY(mg_source_load(&file, meta, err));
		MG_TRY(mg_model_add_graph(&file, m, err));
	}
	m->kind = MG_MODEL_CHECKPOINT;
	m->format = "checkpoint";
	m->store_kind = m->graph_count ? "checkpoint" : "weights";
	if (!options->no_files)
		MG_TRY(mg_model_add_checkpoint_files(m, prefix, options->no_meta, err));
out:
	mg_source_clear(&file);
	mg_free(meta);
	return rc;
}

/* A .meta file is a graph; every other file of a checkpoint means the checkpoint. */
static bool
means_checkpoint(const char *path, char **prefix)
{
	bool found;

	if (mg_ends_with(path, ".meta") && mg_file_exists(path))
		return false;
	*prefix = mg_ckpt_prefix_of(path);
	found = *prefix && (mg_ckpt_exists(*prefix) || mg_ckpt_exists(path));
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

	if (s->is_dir || !means_checkpoint(s->path, &prefix))
		return 0;
	mg_free(prefix);
	if (!s->is_file || s->is_table)
		return 100;
	if (strstr(mg_path_basename(s->path), ".data-"))
		return 90;
	return !has_index(s->path) ? 0 : s->message ? 40 : 60;
}

static int
read_checkpoint(mg_model_source *s, const mg_model_options *options, mg_model *m, mgreg_error *err)
{
	char *prefix;
	int rc;

	if (!means_checkpoint(s->path, &prefix))
		return mg_fail_nomem(err, 0);
	rc = read_prefix(prefix, options, m, err);
	mg_free(prefix);
	return rc;
}

/* ---- folders ----------------------------------------------------------------------------- */

typedef MG_VEC(const char *) prefixes;

/* The prefix that a file of the folder stands for: NAME.index, NAME.meta beside a checkpoint, or a V1 table; else NULL. */
static const char *
prefix_of_file(mg_model *m, const char *dir, const char *name)
{
	static const char *const endings[] = { ".index", ".meta" };
	const char *path = mg_model_join(m, dir, name), *prefix;

	for (size_t i = 0; path && i < MG_COUNT(endings); i++)
		if (mg_ends_with(path, endings[i])) {
			prefix = mg_arena_strndup(&m->arena, path, strlen(path) - strlen(endings[i]));
			return prefix && mg_ckpt_exists(prefix) ? prefix : NULL;
		}
	return path && mg_model_is_table(path) ? path : NULL;
}

/* Checkpoints of the folder by their files, where no state file names any. */
static int
list_files(mg_model *m, const char *dir, prefixes *out, mgreg_error *err)
{
	char **names = NULL;
	size_t n = 0;
	int rc = 0;

	MG_TRY(mg_dir_list(dir, &names, &n, err));
	for (size_t i = 0; i < n && rc == 0; i++) {
		const char *prefix = prefix_of_file(m, dir, names[i]);
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
 * then that place counts.  *LATEST: the one it names, or, if that one is gone, NULL. */
static int
list_state(mg_model *m, const char *dir, prefixes *out, const char **latest, mgreg_error *err)
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
		if (again || !(path = locate(m, dir, name)))
			continue;
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
read_dir(mg_model_source *s, const mg_model_options *options, mg_model *m, mgreg_error *err)
{
	prefixes found = { 0 };
	const char *latest = NULL;
	bool stated;
	int rc = 0;

	if (has_state(s->path))
		MG_TRY(list_state(m, s->path, &found, &latest, err));
	stated = found.len > 0;
	if (!stated) {
		MG_TRY(list_files(m, s->path, &found, err));
		latest = found.len == 1 ? found.at[0] : NULL;
	}
	if (!found.len) {
		rc = mg_fail(err, MGREG_NOT_FOUND, "%s: no model and no checkpoint in this folder", s->path);
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
	m->checkpoints = mg_arena_memdup(&m->arena, found.at, found.len * sizeof(*found.at));
	if (!m->checkpoints) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	m->checkpoint_count = found.len;
	MG_TRY(read_prefix(latest, options, m, err));
	m->format = "checkpoint_dir";
out:
	mg_vec_clear(&found);
	return rc;
}

const mg_model_format mg_format_checkpoint = { "checkpoint", probe_checkpoint, read_checkpoint };
const mg_model_format mg_format_checkpoint_dir = { "checkpoint_dir", probe_dir, read_dir };
