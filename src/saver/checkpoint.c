/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint.c - tf.train's free functions about checkpoint files, and the checkpoint reader, for the public header. */
#include "base/base.h"
#include "base/file.h"
#include "saver/saver_internal.h"

/* ---- the state file ---- */

int
mgreg_latest_checkpoint(const char *dir, char **prefix, mgreg_error *err)
{
	return mg_ckpt_latest(dir, prefix, err);
}

int
mgreg_latest_checkpoint_named(const char *dir, const char *latest_filename, char **prefix, mgreg_error *err)
{
	return mg_ckpt_latest_named(dir, latest_filename, prefix, err);
}

/* What the caller sees, and what it points into. */
typedef struct state {
	mgreg_checkpoint_state shown;
	mg_ckpt_state          own;
} state;

int
mgreg_checkpoint_state_read(mgreg_checkpoint_state **out, const char *dir, const char *latest_filename, mgreg_error *err)
{
	state *s = mg_calloc(1, sizeof *s);
	int rc;

	if (!s)
		return mg_fail_nomem(err, sizeof *s);
	if ((rc = mg_ckpt_state_read(dir, latest_filename, &s->own, err)) != 0) {
		mg_free(s);
		return rc;
	}
	s->shown = (mgreg_checkpoint_state){ .latest = s->own.latest, .all = s->own.all, .count = s->own.all_count,
		.timestamps = s->own.timestamps, .has_last_preserved = s->own.has_last_preserved, .last_preserved = s->own.last_preserved };
	*out = &s->shown;
	return 0;
}

void
mgreg_checkpoint_state_free(mgreg_checkpoint_state *shown)
{
	state *s = (state *)shown;

	if (!s)
		return;
	mg_ckpt_state_clear(&s->own);
	mg_free(s);
}

int
mgreg_checkpoint_state_update(const char *dir, const char *latest_filename, const mgreg_checkpoint_state *shown, int relative,
	mgreg_error *err)
{
	mg_ckpt_state s = { .latest = shown->latest, .all = (const char **)shown->all, .all_count = shown->count,
		.timestamps = shown->timestamps, .has_last_preserved = shown->has_last_preserved, .last_preserved = shown->last_preserved };

	if (!s.latest || !*s.latest)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "a state file must name the latest checkpoint");
	return mg_ckpt_state_put(dir, latest_filename, &s, relative != 0, err);
}

/* ---- their files ---- */

int
mgreg_checkpoint_exists(const char *prefix)
{
	return mg_ckpt_exists(prefix);
}

int
mgreg_checkpoint_remove(const char *prefix, const char *meta_graph_suffix, mgreg_error *err)
{
	char *meta = mg_ckpt_meta_name(prefix);
	mg_str other = MG_STR_INIT;
	int rc = 0;

	if (!meta)
		return mg_fail_nomem(err, 0);
	if (meta_graph_suffix && strcmp(meta_graph_suffix, "meta") != 0) {
		mg_str_append(&other, meta, strlen(meta) - strlen("meta"));
		mg_str_add(&other, meta_graph_suffix);
		rc = mg_str_check(&other, err);
		if (rc == 0)
			rc = mg_file_remove(other.ptr, err);
	}
	mg_str_clear(&other);
	mg_free(meta);
	return rc ? rc : mg_ckpt_remove(prefix, err);
}

static bool
mtime(const char *prefix, double *time)
{
	char **names = NULL, *index = NULL;
	mg_str text = MG_STR_INIT;
	size_t count = 0;
	bool found = false;

	/* V2 has the time of its index, V1 that of its first file */
	mg_str_printf(&text, "%s.index", prefix);
	index = mg_str_take(&text, NULL);
	if (index && mg_file_exists(index)) {
		found = mg_file_mtime(index, time, NULL, NULL) == 0;
	} else if (index && mg_ckpt_exists(prefix) && mg_ckpt_files(prefix, &names, &count, NULL) == 0) {
		for (size_t i = 0; i < count && !found; i++)
			found = !mg_ends_with(names[i], ".meta") && mg_file_mtime(names[i], time, NULL, NULL) == 0;
	}
	for (size_t i = 0; i < count; i++)
		mg_free(names[i]);
	mg_free(names);
	mg_free(index);
	return found;
}

int
mgreg_checkpoint_mtimes(const char *const *prefixes, int count, double *times, int *found, mgreg_error *err)
{
	int n = 0;

	(void)err;
	for (int i = 0; i < count; i++)
		n += mtime(prefixes[i], &times[n]);
	*found = n;
	return 0;
}

/* ---- reading ---- */

struct mgreg_checkpoint {
	mg_ckpt *ckpt;
};

int
mgreg_checkpoint_open(mgreg_checkpoint **out, const char *prefix, mgreg_error *err)
{
	mgreg_checkpoint *c = mg_calloc(1, sizeof *c);
	int rc;

	if (!c)
		return mg_fail_nomem(err, sizeof *c);
	if ((rc = mg_ckpt_open(&c->ckpt, prefix, err)) != 0) {
		mg_free(c);
		return rc;
	}
	*out = c;
	return 0;
}

void
mgreg_checkpoint_close(mgreg_checkpoint *c)
{
	if (!c)
		return;
	mg_ckpt_close(c->ckpt);
	mg_free(c);
}

const char *
mgreg_checkpoint_format(const mgreg_checkpoint *c)
{
	return c->ckpt->ops->format;
}

int
mgreg_checkpoint_has(const mgreg_checkpoint *c, const char *name)
{
	mg_ckpt_entry entry;

	return mg_ckpt_find(c->ckpt, name, &entry, NULL) == 0;
}

int
mgreg_checkpoint_read(mgreg_checkpoint *c, const char *name, mgreg_tensor **out, mgreg_error *err)
{
	mg_tensor *t = mg_calloc(1, sizeof *t);
	int rc;

	if (!t)
		return mg_fail_nomem(err, sizeof *t);
	if ((rc = mg_ckpt_read(c->ckpt, name, NULL, t, err)) != 0)
		mg_free(t);
	else
		*out = t;
	return rc;
}

static void
show_entry(const mg_ckpt_entry *e, mgreg_checkpoint_entry *out)
{
	out->name = e->name;
	out->dtype = mg_dtype_base(e->dtype);
	out->slices = e->slice_count;
	out->rank = e->shape.rank;
	for (int i = 0; i < out->rank && i < MGREG_MAX_RANK; i++)
		out->dims[i] = mg_shape_dim(&e->shape, i);
}

int
mgreg_checkpoint_find(mgreg_checkpoint *c, const char *name, mgreg_checkpoint_entry *out, mgreg_error *err)
{
	mg_ckpt_entry entry;
	int rc = mg_ckpt_find(c->ckpt, name, &entry, err);

	if (rc == 0)
		show_entry(&entry, out);
	return rc;
}

int
mgreg_checkpoint_each(mgreg_checkpoint *c, int (*each)(void *ctx, const mgreg_checkpoint_entry *entry), void *ctx, mgreg_error *err)
{
	mg_ckpt_entry entry;
	mgreg_error end = { 0 };
	int rc;

	for (size_t i = 0; (rc = mg_ckpt_entry_at(c->ckpt, i, &entry, &end)) == 0; i++) {
		mgreg_checkpoint_entry shown;

		show_entry(&entry, &shown);
		if ((rc = each(ctx, &shown)) != 0)
			return rc;
	}
	if (rc == MGREG_OUT_OF_RANGE)
		return 0;
	if (err)
		*err = end;
	return rc;
}

/* The name that a type has in messages: DT_FLOAT, which Python calls float32. */
static const char *
proto_name(mgreg_dtype dtype)
{
	switch (dtype) {
	case MGREG_FLOAT: return "float";
	case MGREG_DOUBLE: return "double";
	case MGREG_HALF: return "half";
	default: return mgreg_dtype_name(dtype);
	}
}

/* As V1's reader prints it.  V2's would show a partitioned tensor by the keys of its slices, which are not text. */
static int
print_entry(void *ctx, const mgreg_checkpoint_entry *e)
{
	mg_str *text = ctx;

	mg_str_printf(text, "%s (DT_", e->name);
	for (const char *c = proto_name(e->dtype); *c; c++)
		mg_str_addc(text, (char)(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c));
	mg_str_add(text, ") [");
	for (int i = 0; i < e->rank; i++)
		mg_str_printf(text, "%s%lld", i ? "," : "", (long long)e->dims[i]);
	mg_str_addc(text, ']');
	if (e->slices > 1)
		mg_str_printf(text, ", %d slices", e->slices);
	mg_str_addc(text, '\n');
	return 0;
}

int
mgreg_checkpoint_debug_string(mgreg_checkpoint *c, char **out, mgreg_error *err)
{
	mg_str text = MG_STR_INIT;
	int rc = mgreg_checkpoint_each(c, print_entry, &text, err);

	if (rc == 0)
		rc = mg_str_check(&text, err);
	if (rc == 0 && !(*out = mg_str_take(&text, NULL)))
		rc = mg_fail_nomem(err, 0);
	mg_str_clear(&text);
	return rc;
}

/* ---- by folder or prefix ---- */

int
mgreg_checkpoint_path(const char *path, char **prefix, mgreg_error *err)
{
	int rc;

	if (!mg_is_dir(path)) {
		if (!(*prefix = mg_strdup(path)))
			return mg_fail_nomem(err, 0);
		return 0;
	}
	rc = mg_ckpt_latest(path, prefix, err);
	return rc == MGREG_NOT_FOUND ? mg_fail(err, MGREG_NOT_FOUND, "could not find a checkpoint in folder '%s'", path) : rc;
}

static int
open_path(mgreg_checkpoint **out, const char *path, mgreg_error *err)
{
	char *prefix = NULL;
	int rc = mgreg_checkpoint_path(path, &prefix, err);

	if (rc == 0)
		rc = mgreg_checkpoint_open(out, prefix, err);
	mg_free(prefix);
	return rc;
}

int
mgreg_checkpoint_list(const char *path, int (*each)(void *ctx, const mgreg_checkpoint_entry *entry), void *ctx, mgreg_error *err)
{
	mgreg_checkpoint *c = NULL;
	int rc = open_path(&c, path, err);

	if (rc == 0)
		rc = mgreg_checkpoint_each(c, each, ctx, err);
	mgreg_checkpoint_close(c);
	return rc;
}

int
mgreg_checkpoint_load(const char *path, const char *name, mgreg_tensor **out, mgreg_error *err)
{
	size_t n = strlen(name);
	char *bare = mg_strndup(name, mg_ends_with(name, ":0") ? n - 2 : n);
	mgreg_checkpoint *c = NULL;
	int rc = bare ? open_path(&c, path, err) : mg_fail_nomem(err, 0);

	if (rc == 0)
		rc = mgreg_checkpoint_read(c, bare, out, err);
	mgreg_checkpoint_close(c);
	mg_free(bare);
	return rc;
}
