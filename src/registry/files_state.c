/* SPDX-License-Identifier: Apache-2.0 */
/*
 * files_state.c - what a run's saver remembers, as its saver_state: of the store's versions (prune.c), and beside it, under "files",
 * of TensorFlow's files in every folder that its saves were teed into.
 *
 *   {"last":[["<uid>",time],...],"next_keep":t,"pending":[...],"files":{"/abs/dir":{"last":[["model-10",time],...],...}}}
 *
 * Files are named as they lie in their folder, so the folder may be called differently the next time.
 */
#include "base/base.h"
#include "base/path.h"
#include "registry/training.h"

/* The run's document; an empty one where there is none. */
static int
read_state(mg_store *store, int64_t run_id, json_t **out, mgreg_error *err)
{
	mg_str text = MG_STR_INIT;
	int rc;

	MG_TRY(mg_run_text(store, run_id, "saver_state", &text, err));
	if (text.len > 2)
		MG_TRY(mg_wrap(err, mg_json_parse(text.ptr, text.len, out, err), "saver state"));
	else if (!(*out = json_object()))
		rc = mg_fail_nomem(err, 0);
	if (rc == 0 && !json_is_object(*out)) {
		json_decref(*out);
		*out = NULL;
		rc = mg_fail(err, MGREG_DATA_LOSS, "saver state: not an object");
	}
out:
	mg_str_clear(&text);
	return rc;
}

static int
write_state(mg_store *store, int64_t run_id, const json_t *state, mgreg_error *err)
{
	mg_str text = MG_STR_INIT;
	int rc = mg_json_format(state, &text, err);

	if (rc == 0)
		rc = mg_str_check(&text, err);
	if (rc == 0)
		rc = mg_run_set_text(store, run_id, "saver_state", text.ptr, err);
	mg_str_clear(&text);
	return rc;
}

int
mg_run_saver_state_set(mg_store *store, int64_t run_id, const mg_keep *k, mgreg_error *err)
{
	json_t *old = NULL, *now = NULL;
	mg_str text = MG_STR_INIT;
	int rc;

	MG_TRY(mg_keep_to_json(k, &text, err));
	MG_TRY(mg_str_check(&text, err));
	MG_TRY(mg_json_parse(text.ptr, text.len, &now, err));
	MG_TRY(read_state(store, run_id, &old, err));
	if (json_object_get(old, "files") && json_object_set(now, "files", json_object_get(old, "files")) != 0) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	rc = write_state(store, run_id, now, err);
out:
	json_decref(old);
	json_decref(now);
	mg_str_clear(&text);
	return rc;
}

/* ---- files ---- */

/* Every path of LIST through FN. */
static int
rename_all(mg_keep_list *list, const char *dir, char *(*fn)(const char *path, const char *dir), mgreg_error *err)
{
	for (size_t i = 0; i < list->len; i++) {
		char *other = fn(list->at[i].path, dir);

		if (!other)
			return mg_fail_nomem(err, 0);
		mg_free(list->at[i].path);
		list->at[i].path = other;
	}
	return 0;
}

static char *
inside(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	if (strncmp(path, dir, n) != 0)
		return mg_strdup(path);
	path += n;
	while (*path == '/')
		path++;
	return mg_strdup(path);
}

static char *
below(const char *path, const char *dir)
{
	return mg_path_join(dir, path);
}

int
mg_run_files_recall(mg_store *store, int64_t run_id, const char *dir, mg_keep *k, mgreg_error *err)
{
	json_t *state = NULL, *files;
	mg_str text = MG_STR_INIT;
	char *absolute = NULL;
	int rc;

	MG_TRY(mg_path_absolute(dir, &absolute, err));
	MG_TRY(read_state(store, run_id, &state, err));
	if (!(files = json_object_get(json_object_get(state, "files"), absolute)))
		goto out;
	MG_TRY(mg_json_format(files, &text, err));
	MG_TRY(mg_str_check(&text, err));
	MG_TRY(mg_keep_from_json(k, text.ptr, text.len, err));
	MG_TRY(rename_all(&k->last, dir, below, err));
	MG_TRY(rename_all(&k->pending, dir, below, err));
out:
	mg_free(absolute);
	mg_str_clear(&text);
	json_decref(state);
	return rc;
}

int
mg_run_files_remember(mg_store *store, int64_t run_id, const char *dir, const mg_keep *k, mgreg_error *err)
{
	json_t *state = NULL, *files, *now = NULL;
	mg_str text = MG_STR_INIT;
	mg_keep copy = { 0 };
	char *absolute = NULL;
	int rc;

	MG_TRY(mg_path_absolute(dir, &absolute, err));
	MG_TRY(mg_keep_to_json(k, &text, err));
	MG_TRY(mg_str_check(&text, err));
	mg_keep_init(&copy, k->max_to_keep, k->keep_hours, 0);
	MG_TRY(mg_keep_from_json(&copy, text.ptr, text.len, err));
	MG_TRY(rename_all(&copy.last, dir, inside, err));
	MG_TRY(rename_all(&copy.pending, dir, inside, err));
	mg_str_reset(&text);
	MG_TRY(mg_keep_to_json(&copy, &text, err));
	MG_TRY(mg_str_check(&text, err));
	MG_TRY(mg_json_parse(text.ptr, text.len, &now, err));
	MG_TRY(read_state(store, run_id, &state, err));
	if (!(files = json_object_get(state, "files")) && json_object_set_new(state, "files", files = json_object()) != 0) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	if (json_object_set(files, absolute, now) != 0) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "the name of folder '%s' is not UTF-8", dir);
		goto out;
	}
	rc = write_state(store, run_id, state, err);
out:
	mg_free(absolute);
	mg_keep_clear(&copy);
	mg_str_clear(&text);
	json_decref(now);
	json_decref(state);
	return rc;
}
