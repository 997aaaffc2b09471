/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state.c - the file named "checkpoint": text of a CheckpointState, beside the checkpoints it names.
 *
 * Paths in it are relative to its folder or absolute.  Reading joins relative ones to the folder; writing keeps what it is given if
 * the folder is absolute, and otherwise makes relative ones relative to the folder.
 */
#include "base/base.h"
#include "base/path.h"
#include "ckpt/ckpt_internal.h"

#define DEFAULT_NAME "checkpoint"
#define MAX_STATE ((size_t)64 << 20)

static char *
state_path(const char *dir, const char *file)
{
	return mg_path_join(dir && *dir ? dir : ".", file ? file : DEFAULT_NAME);
}

static const char *
from_dir(mg_arena *arena, const char *dir, const char *path)
{
	char *joined = mg_path_join(dir, path);
	const char *copy = joined ? mg_arena_strdup(arena, joined) : NULL;

	mg_free(joined);
	return copy;
}

static int
take_state(const Pb__CheckpointState *p, const char *dir, mg_ckpt_state *s, mgreg_error *err)
{
	size_t n = p->n_all_model_checkpoint_paths;

	if (*p->model_checkpoint_path == '\0')
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "it names no latest checkpoint");
	if (n > INT32_MAX || (p->n_all_model_checkpoint_timestamps > 0 && p->n_all_model_checkpoint_timestamps != n))
		return mg_fail(err, MGREG_DATA_LOSS, "%zu paths, but %zu times", n, p->n_all_model_checkpoint_timestamps);
	s->latest = from_dir(&s->arena, dir, p->model_checkpoint_path);
	s->all = mg_arena_zalloc(&s->arena, MG_MAX(n, 1), sizeof(*s->all));
	if (s->latest == NULL || s->all == NULL)
		return mg_fail_nomem(err, 0);
	for (size_t i = 0; i < n; i++)
		if ((s->all[i] = from_dir(&s->arena, dir, p->all_model_checkpoint_paths[i])) == NULL)
			return mg_fail_nomem(err, 0);
	s->all_count = (int)n;
	s->timestamps = p->n_all_model_checkpoint_timestamps > 0 ? p->all_model_checkpoint_timestamps : NULL;
	s->last_preserved = p->last_preserved_timestamp;
	s->has_last_preserved = p->last_preserved_timestamp != 0;
	return 0;
}

int
mg_ckpt_state_read(const char *dir, const char *file, mg_ckpt_state *out, mgreg_error *err)
{
	mg_ckpt_state s = { 0 };
	mg_str text = MG_STR_INIT;
	char *path = state_path(dir, file);
	mg_msg *msg;
	int rc;

	if (path == NULL)
		return mg_fail_nomem(err, 0);
	MG_TRY(mg_file_read(path, MAX_STATE, &text, err));
	if (mg_msg_parse(&pb__checkpoint_state__descriptor, text.ptr, text.len, &s.arena, &msg, err) != 0) {
		rc = mg_fail(err, MGREG_DATA_LOSS, "%s is not a checkpoint state file: %s", path, err ? err->text : "");
		goto out;
	}
	if ((rc = take_state((Pb__CheckpointState *)msg, dir && *dir ? dir : "", &s, err)) != 0) {
		mg_wrap(err, rc, "%s", path);
		goto out;
	}
	*out = s;
	memset(&s, 0, sizeof(s));
out:
	mg_ckpt_state_clear(&s);
	mg_str_clear(&text);
	mg_free(path);
	return rc;
}

void
mg_ckpt_state_clear(mg_ckpt_state *s)
{
	mg_arena_clear(&s->arena);
	memset(s, 0, sizeof(*s));
}

/* PATH relative to DIR, both taken from the current folder where they are not absolute; in ARENA. */
static int
relative_to(const char *path, const char *dir, mg_arena *arena, char **out, mgreg_error *err)
{
	char *a = NULL, *b = NULL, *relative = NULL;
	int rc;

	MG_TRY(mg_path_absolute(path, &a, err));
	MG_TRY(mg_path_absolute(*dir ? dir : ".", &b, err));
	if ((relative = mg_path_relative(a, b)) == NULL || (*out = mg_arena_strdup(arena, relative)) == NULL)
		rc = mg_fail_nomem(err, 0);
out:
	mg_free(a);
	mg_free(b);
	mg_free(relative);
	return rc;
}

static int
stored_path(const char *path, const char *dir, bool relative, mg_arena *arena, char **out, mgreg_error *err)
{
	bool absolute = *path == '/';

	/* Asked for, absolute paths lose the folder; of a relative folder, relative ones do anyway. */
	if (absolute ? relative : *dir != '/')
		return relative_to(path, dir, arena, out, err);
	*out = mg_arena_strdup(arena, path);
	return *out ? 0 : mg_fail_nomem(err, 0);
}

int
mg_ckpt_state_write(const char *dir, const char *file, const char *latest, const char *const *all, int count, bool relative, mgreg_error *err)
{
	mg_ckpt_state s = { .latest = latest, .all = (const char **)all, .all_count = count };

	return mg_ckpt_state_put(dir, file, &s, relative, err);
}

/* Times belong to the list as it is given: with them, the latest must be its last already. */
static int
stored_times(const mg_ckpt_state *s, size_t n, mg_arena *arena, Pb__CheckpointState *state, mgreg_error *err)
{
	if (s->timestamps) {
		if (n != (size_t)s->all_count)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "%d times for %zu checkpoints: the latest, '%s', is not the last of the list",
				s->all_count, n, s->latest);
		state->n_all_model_checkpoint_timestamps = n;
		if (!(state->all_model_checkpoint_timestamps = mg_arena_memdup(arena, s->timestamps, n * sizeof(double))))
			return mg_fail_nomem(err, 0);
	}
	if (s->has_last_preserved)
		state->last_preserved_timestamp = s->last_preserved;
	return 0;
}

int
mg_ckpt_state_put(const char *dir, const char *file, const mg_ckpt_state *s, bool relative, mgreg_error *err)
{
	Pb__CheckpointState state = PB__CHECKPOINT_STATE__INIT;
	const char *latest = s->latest, *const *all = (const char *const *)s->all;
	int count = s->all_count;
	bool append = count == 0 || strcmp(all[count - 1], latest) != 0;
	size_t n = (size_t)count + append;
	char *path = state_path(dir, file);
	mg_str text = MG_STR_INIT;
	mg_arena arena = { 0 };
	int rc = 0;

	if (dir == NULL)
		dir = "";
	if (path == NULL || (state.all_model_checkpoint_paths = mg_arena_zalloc(&arena, n, sizeof(char *))) == NULL) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	MG_TRY(stored_path(latest, dir, relative, &arena, &state.model_checkpoint_path, err));
	for (size_t i = 0; i < n; i++)
		MG_TRY(stored_path(i < (size_t)count ? all[i] : latest, dir, relative, &arena, &state.all_model_checkpoint_paths[i], err));
	state.n_all_model_checkpoint_paths = n;
	MG_TRY(stored_times(s, n, &arena, &state, err));
	if (strcmp(path, state.model_checkpoint_path) == 0
		|| (*dir == '\0' && strcmp(file ? file : DEFAULT_NAME, state.model_checkpoint_path) == 0)) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "the checkpoint '%s' has the name of its state file", latest);
		goto out;
	}
	MG_TRY(mg_msg_print(&state.base, &text, err));
	MG_TRY(mg_file_write(path, text.ptr, text.len, err));
out:
	mg_free(path);
	mg_str_clear(&text);
	mg_arena_clear(&arena);
	return rc;
}

int
mg_ckpt_latest(const char *dir, char **out, mgreg_error *err)
{
	return mg_ckpt_latest_named(dir, NULL, out, err);
}

int
mg_ckpt_latest_named(const char *dir, const char *file, char **out, mgreg_error *err)
{
	mg_ckpt_state s = { 0 };
	int rc = mg_ckpt_state_read(dir, file, &s, err);

	if (rc == MGREG_NOT_FOUND)
		return mg_fail_because(err, MGREG_NOT_FOUND, MGREG_REASON_NO, "no checkpoint in %s", *dir ? dir : ".");
	if (rc)
		return rc;
	if (!mg_ckpt_exists(s.latest))
		rc = mg_fail_because(err, MGREG_NOT_FOUND, MGREG_REASON_NO, "the latest checkpoint %s is not there", s.latest);
	else if ((*out = mg_strdup(s.latest)) == NULL)
		rc = mg_fail_nomem(err, 0);
	mg_ckpt_state_clear(&s);
	return rc;
}
