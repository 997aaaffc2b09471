/* SPDX-License-Identifier: Apache-2.0 */
/*
 * files.c - TensorFlow's files as a save target: PREFIX-<step>.{index,data-*,meta} and the state file `checkpoint`.
 *
 * An old checkpoint goes only after (1) the new data is synced, (2) its index is renamed into place, (3) the state file
 * names it.  A crash in between leaves one that restores.
 */
#include "base/base.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/path.h"
#include "saver/saver_internal.h"

#define STATE_FILE "checkpoint"

typedef struct files {
	mg_saver   *saver;
	char       *save_path;
	char       *prefix;             /* of the save under way */
	char       *latest_filename, *meta_suffix;      /* NULL: "checkpoint", "meta" */
	bool        no_state;
	mg_resolver resolver;
	mg_keep     own;
	mg_keep    *keep;               /* OWN, or the saver's */
} files;

static const char *
state_name(const files *f)
{
	return f->latest_filename ? f->latest_filename : STATE_FILE;
}

/* PREFIX's MetaGraph file; heap. */
static char *
meta_name(const files *f, const char *prefix)
{
	char *name = mg_ckpt_meta_name(prefix);
	mg_str s = MG_STR_INIT;

	if (!name || !f->meta_suffix)
		return name;
	mg_str_append(&s, name, strlen(name) - strlen("meta"));
	mg_str_add(&s, f->meta_suffix);
	mg_free(name);
	return mg_str_take(&s, NULL);
}

static int
check_parent(const char *path, mgreg_error *err)
{
	char *dir = mg_path_dirname(path);
	int rc = 0;

	if (!dir)
		return mg_fail_nomem(err, 0);
	if (dir[0] && !mg_is_dir(dir))
		rc = mg_fail(err, MGREG_NOT_FOUND, "parent directory of '%s' does not exist, cannot save", path);
	mg_free(dir);
	return rc;
}

static int
files_begin(void *ctx, bool has_step, int64_t step, mg_arena *arena, const char **prefix, mgreg_error *err)
{
	files *f = ctx;
	const char *p;
	int rc;

	if (has_step)
		p = mg_arena_printf(arena, f->saver->pad_step_number ? "%s-%08lld" : "%s-%lld", f->save_path, (long long)step);
	else
		p = mg_arena_strdup(arena, f->save_path);
	if (!p)
		return mg_fail_nomem(err, 0);
	if (!has_step && strcmp(mg_path_basename(p), state_name(f)) == 0 && !(f->saver->record && f->saver->record->sharded))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "'%s' is the name of the state file '%s': save under another", p, state_name(f));
	if ((rc = check_parent(p, err)) != 0)
		return rc;
	mg_free(f->prefix);
	if (!(f->prefix = mg_strdup(p)))
		return mg_fail_nomem(err, 0);
	*prefix = p;
	return 0;
}

static const mg_resolver *
files_resolver(void *ctx)
{
	return &((files *)ctx)->resolver;
}

static int
files_metagraph(void *ctx, const void *bytes, size_t size, mgreg_error *err)
{
	files *f = ctx;
	char *name = meta_name(f, f->prefix);
	int rc = name ? mg_metagraph_check_size(name, size, err) : mg_fail_nomem(err, 0);

	if (rc == 0)
		rc = mg_file_write(name, bytes, size, err);
	mg_free(name);
	return rc;
}

/* What the checkpoint is called in the state file: V1's shards by their pattern. */
static const char *
checkpoint_name(const files *f)
{
	return f->saver->record && f->saver->record->version == 1 && f->saver->last_path ? f->saver->last_path : f->prefix;
}

static int
write_state(files *f, mgreg_error *err)
{
	char *dir = mg_path_dirname(f->prefix);
	const char **all = mg_calloc(f->keep->last.len + 1, sizeof *all), *latest = checkpoint_name(f);
	size_t n = f->keep->last.len;
	int rc;

	if (!dir || !all) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	for (size_t i = 0; i < n; i++)
		all[i] = f->keep->last.at[i].path;
	if (n == 0)
		all[n++] = latest;
	MG_TRY(mg_ckpt_state_write(dir[0] ? dir : ".", state_name(f), latest, all, (int)n, f->saver->save_relative_paths, err));
out:
	mg_free(dir);
	mg_free(all);
	return rc;
}

static int
files_forget(void *ctx, const char *prefix, mgreg_error *err)
{
	files *f = ctx;
	char *meta = meta_name(f, prefix);
	int rc = meta ? mg_file_remove(meta, err) : mg_fail_nomem(err, 0);

	mg_free(meta);
	return rc ? rc : mg_ckpt_remove(prefix, err);
}

static int
files_commit(void *ctx, mgreg_error *err)
{
	files *f = ctx;
	char *forget = NULL;
	int rc;

	if (!f->saver->record || f->no_state)   /* an empty saver writes its MetaGraph and nothing else */
		return 0;
	MG_TRY(mg_keep_record(f->keep, checkpoint_name(f), (double)mg_now_ms() / 1000.0, &forget, err));
	MG_TRY(write_state(f, err));
	if (forget)
		files_forget(f, forget, NULL);  /* as TensorFlow: what cannot be deleted stays */
out:
	mg_free(forget);
	return rc;
}

static void
files_abandon(void *ctx)
{
	(void)ctx;      /* the writer has left nothing behind */
}

int
mg_target_files(mg_save_target *out, mg_saver *saver, const char *save_path, mgreg_error *err)
{
	files *f = mg_calloc(1, sizeof *f);

	if (!f || !(f->save_path = mg_strdup(save_path))) {
		mg_free(f);
		return mg_fail_nomem(err, 0);
	}
	f->saver = saver;
	mg_resolver_files(&f->resolver, NULL);
	f->keep = &f->own;
	if (saver->record)
		mg_keep_init(&f->own, saver->record->max_to_keep, saver->record->keep_hours, (double)mg_now_ms() / 1000.0);
	*out = (mg_save_target){
		.ctx = f, .begin = files_begin, .resolver = files_resolver, .metagraph = files_metagraph, .commit = files_commit,
		.abandon = files_abandon, .forget = files_forget,
	};
	return 0;
}

int
mg_target_files_move(mg_save_target *t, const char *save_path, mgreg_error *err)
{
	files *f = t->ctx;
	char *copy = mg_strdup(save_path);

	if (!copy)
		return mg_fail_nomem(err, 0);
	mg_free(f->save_path);
	f->save_path = copy;
	return 0;
}

void
mg_target_files_share(mg_save_target *t)
{
	files *f = t->ctx;

	f->keep = &f->saver->keep;
}

mg_keep *
mg_target_files_keep(mg_save_target *t)
{
	return ((files *)t->ctx)->keep;
}

static int
set_text(char **to, const char *text, mgreg_error *err)
{
	char *copy = text ? mg_strdup(text) : NULL;

	if (text && !copy)
		return mg_fail_nomem(err, 0);
	mg_free(*to);
	*to = copy;
	return 0;
}

int
mg_target_files_set(mg_save_target *t, const mg_files_options *o, mgreg_error *err)
{
	files *f = t->ctx;
	int rc;

	if (o->latest_filename && (strchr(o->latest_filename, '/') || !o->latest_filename[0]))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "the state file '%s' must be a bare name, without a folder", o->latest_filename);
	if ((rc = set_text(&f->latest_filename, o->latest_filename, err)) != 0 || (rc = set_text(&f->meta_suffix, o->meta_suffix, err)) != 0)
		return rc;
	f->no_state = o->no_state;
	return 0;
}

const char *
mg_target_files_prefix(const mg_save_target *t)
{
	const files *f = t->ctx;

	return f && f->prefix ? checkpoint_name(f) : "";
}

void
mg_target_files_free(mg_save_target *t)
{
	files *f = t->ctx;

	if (!f)
		return;
	mg_keep_clear(&f->own);
	mg_free(f->latest_filename);
	mg_free(f->meta_suffix);
	mg_free(f->save_path);
	mg_free(f->prefix);
	mg_free(f);
	*t = (mg_save_target){ 0 };
}
