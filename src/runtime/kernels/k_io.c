/* SPDX-License-Identifier: Apache-2.0 */
/*
 * k_io.c - saving and restoring through the session's resolver; whole files below the session's roots.
 *
 * A checkpoint's name means what the resolver says: files below the roots by default, rows of a store when a store
 * has opened the session.  These kernels know nothing of either.
 */
#include "base/base.h"
#include "base/file.h"
#include "base/path.h"
#include "base/vec.h"
#include "runtime/runtime_internal.h"

/* The one string of input I, "" text checked; NUL-terminated on the heap. */
static int
one_string(mg_kernel_ctx *k, int i, const char *what, char **out, mgreg_error *err)
{
	const mg_tensor *t = mg_kernel_input(k, i);
	mg_slice s;

	if (t->dtype != MGREG_STRING || t->count != 1)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "%s must be a single string", what);
	s = mg_tensor_string(t, 0);
	if (memchr(s.ptr, '\0', s.len))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "%s holds a zero byte", what);
	*out = mg_strndup(s.ptr, s.len);
	return *out ? 0 : mg_fail_nomem(err, s.len);
}

/* ---- saving ---- */

/* Puts input I under NAME, SPEC telling which part of a bigger tensor it is. */
static int
put(mg_kernel_ctx *k, mg_ckpt *c, int i, mg_slice name, mg_slice spec, mg_arena *arena, mgreg_error *err)
{
	const mg_tensor *t = mg_kernel_input(k, i);
	mg_shape full = MG_SHAPE_SCALAR, part = MG_SHAPE_SCALAR;
	mg_tslice slice;
	bool has_slice = false;
	char *key, a[256], b[256];
	int rc = 0;

	key = mg_arena_strndup(arena, name.ptr, name.len);
	if (!key)
		return mg_fail_nomem(err, name.len);
	if (strlen(key) != name.len)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "tensor name '%s' holds a zero byte", key);
	MG_TRY(mg_tslice_parse_spec(spec.ptr, spec.len, &full, &slice, &has_slice, arena, err));
	if (has_slice) {
		MG_TRY(mg_tslice_shape(&slice, &full, &part, err));
		if (!mg_shape_equal(&part, &t->shape)) {
			rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "slice in shape_and_slice specification has shape %s, but tensor '%s' has shape %s",
				mg_shape_text(&part, a), key, mg_shape_text(&t->shape, b));
			goto out;
		}
	}
	MG_TRY(mg_ckpt_put(c, key, has_slice ? &full : NULL, has_slice ? &slice : NULL, t, err));
out:
	mg_shape_clear(&full);
	mg_shape_clear(&part);
	return rc;
}

/* FIRST is the input with the first tensor; SPECS may be NULL. */
static int
save(mg_kernel_ctx *k, const char *format, const mg_tensor *names, const mg_tensor *specs, int first, mgreg_error *err)
{
	const mg_resolver *resolver = mg_session_resolver(mg_kernel_session(k));
	int count = mg_kernel_input_count(k) - first, rc = 0;
	mg_arena arena = { 0 };
	mg_ckpt *c = NULL;
	char *prefix = NULL;

	if (names->count != count || (specs && specs->count != count))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "%lld tensor names%s for %d tensors", (long long)names->count,
			specs && specs->count != count ? " (and another number of slices)" : "", count);
	MG_TRY(one_string(k, 0, "the name of a checkpoint", &prefix, err));
	for (int64_t i = 0; i < names->count; i++)
		for (int64_t j = 0; !specs && j < i; j++)
			if (mg_slice_cmp(mg_tensor_string(names, i), mg_tensor_string(names, j)) == 0) {
				rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "tensor '%.*s' is saved twice", (int)mg_tensor_string(names, i).len,
					mg_tensor_string(names, i).ptr);
				goto out;
			}
	MG_TRY(resolver->open(resolver->ctx, prefix, MG_CKPT_WRITE, format, &c, err));
	for (int i = 0; i < count; i++) {
		if (mg_kernel_cancelled(k)) {
			rc = mg_fail(err, MGREG_CANCELLED, "the save of '%s' was cancelled", prefix);
			goto out;
		}
		MG_TRY(put(k, c, first + i, mg_tensor_string(names, i), specs ? mg_tensor_string(specs, i) : (mg_slice){ "", 0 }, &arena, err));
	}
	MG_TRY(mg_ckpt_finish(c, err));
out:
	mg_ckpt_close(c);               /* one that is not finished is abandoned */
	mg_arena_clear(&arena);
	mg_free(prefix);
	return rc;
}

static int
save_run(mg_kernel_ctx *k, mgreg_error *err)
{
	return save(k, "v1", mg_kernel_input(k, 1), NULL, 2, err);
}

static int
save_slices_run(mg_kernel_ctx *k, mgreg_error *err)
{
	return save(k, "v1", mg_kernel_input(k, 1), mg_kernel_input(k, 2), 3, err);
}

static int
save_v2_run(mg_kernel_ctx *k, mgreg_error *err)
{
	return save(k, "v2", mg_kernel_input(k, 1), mg_kernel_input(k, 2), 3, err);
}

/* ---- restoring ---- */

static int
get(mg_kernel_ctx *k, mg_ckpt *c, int i, mg_slice name, mg_slice spec, mg_arena *arena, mgreg_error *err)
{
	mg_shape full = MG_SHAPE_SCALAR;
	mg_dtype want = mg_dtype_base(mg_kernel_output_type(k, i));
	mg_ckpt_entry entry;
	mg_tensor t = { 0 };
	mg_tslice slice;
	bool has_slice = false;
	char *key, a[256], b[256];
	int rc = 0;

	key = mg_arena_strndup(arena, name.ptr, name.len);
	if (!key)
		return mg_fail_nomem(err, name.len);
	MG_TRY(mg_tslice_parse_spec(spec.ptr, spec.len, &full, &slice, &has_slice, arena, err));
	MG_TRY(mg_ckpt_find(c, key, &entry, err));
	if ((int)mg_dtype_base(entry.dtype) != (int)want) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "tensor '%s', dtype %s, is restored as %s", key, mg_dtype_name(entry.dtype), mg_dtype_name(want));
		goto out;
	}
	if (has_slice && !mg_shape_equal(&full, &entry.shape)) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "shape in shape_and_slice spec %s does not match the shape in the save file: %s (tensor '%s')",
			mg_shape_text(&full, a), mg_shape_text(&entry.shape, b), key);
		goto out;
	}
	MG_TRY(mg_ckpt_read(c, key, has_slice ? &slice : NULL, &t, err));
	mg_kernel_take(k, i, &t);
out:
	mg_shape_clear(&full);
	return rc;
}

static int
restore(mg_kernel_ctx *k, const mg_tensor *names, const mg_tensor *specs, mgreg_error *err)
{
	const mg_resolver *resolver = mg_session_resolver(mg_kernel_session(k));
	int count = mg_kernel_output_count(k), rc = 0;
	mg_arena arena = { 0 };
	mg_ckpt *c = NULL;
	char *prefix = NULL;

	if (names->count != count || (specs && specs->count != count))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "%lld tensor names and %lld slices for %d tensors", (long long)names->count,
			specs ? (long long)specs->count : (long long)count, count);
	MG_TRY(one_string(k, 0, "the name of a checkpoint", &prefix, err));
	MG_TRY(resolver->open(resolver->ctx, prefix, MG_CKPT_READ, NULL, &c, err));
	for (int i = 0; i < count; i++) {
		if (mg_kernel_cancelled(k)) {
			rc = mg_fail(err, MGREG_CANCELLED, "restoring '%s' was cancelled", prefix);
			goto out;
		}
		MG_TRY(get(k, c, i, mg_tensor_string(names, i), specs ? mg_tensor_string(specs, i) : (mg_slice){ "", 0 }, &arena, err));
	}
out:
	mg_ckpt_close(c);
	mg_arena_clear(&arena);
	mg_free(prefix);
	return rc;
}

static int
restore_run(mg_kernel_ctx *k, mgreg_error *err)
{
	return restore(k, mg_kernel_input(k, 1), NULL, err);
}

static int
restore_spec_run(mg_kernel_ctx *k, mgreg_error *err)
{
	return restore(k, mg_kernel_input(k, 1), mg_kernel_input(k, 2), err);
}

static int
merge_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_resolver *resolver = mg_session_resolver(mg_kernel_session(k));
	const mg_tensor *list = mg_kernel_input(k, 0);
	const char **prefixes;
	char *dest = NULL;
	mg_arena arena = { 0 };
	bool drop = true;
	int rc = 0;

	if (list->count < 1 || list->count > INT32_MAX)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "there is nothing to merge");
	mg_attr_get_bool(mg_kernel_attrs(k), "delete_old_dirs", &drop);
	prefixes = mg_arena_zalloc(&arena, (size_t)list->count, sizeof(*prefixes));
	for (int64_t i = 0; prefixes && i < list->count; i++) {
		mg_slice s = mg_tensor_string(list, i);

		if (!(prefixes[i] = mg_arena_strndup(&arena, s.ptr, s.len)))
			prefixes = NULL;
	}
	if (!prefixes) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	MG_TRY(one_string(k, 1, "the destination", &dest, err));
	MG_TRY(resolver->merge(resolver->ctx, prefixes, (int)list->count, dest, drop, err));
out:
	mg_free(dest);
	mg_arena_clear(&arena);
	return rc;
}

/* ---- names ---- */

static int
put_string(mg_kernel_ctx *k, mg_str *text, mgreg_error *err)
{
	mg_tensor t = { 0 };
	int rc;

	if ((rc = mg_str_check(text, err)) == 0 && (rc = mg_tensor_init_string(&t, text->ptr, text->len, err)) == 0)
		mg_kernel_take(k, 0, &t);
	mg_str_clear(text);
	return rc;
}

static int
sharded(mg_kernel_ctx *k, bool spec, mgreg_error *err)
{
	int64_t shard = 0, of;
	mg_str text = MG_STR_INIT;
	const mg_tensor *base = mg_kernel_input(k, 0);

	if (base->count != 1 || (!spec && !mg_tensor_as_i64(mg_kernel_input(k, 1), 0, &shard)) || !mg_tensor_as_i64(mg_kernel_input(k, spec ? 1 : 2), 0, &of))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "the name and numbers of shards must be scalars");
	mg_str_append(&text, mg_tensor_string(base, 0).ptr, mg_tensor_string(base, 0).len);
	if (spec)
		mg_str_printf(&text, "-?\?\?\?\?-of-%05d", (int)of);
	else
		mg_str_printf(&text, "-%05d-of-%05d", (int)shard, (int)of);
	return put_string(k, &text, err);
}

static int
sharded_filename_run(mg_kernel_ctx *k, mgreg_error *err)
{
	return sharded(k, false, err);
}

static int
sharded_filespec_run(mg_kernel_ctx *k, mgreg_error *err)
{
	return sharded(k, true, err);
}

/* ---- whole files ---- */

static int
read_file_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_str bytes = MG_STR_INIT;
	char *path = NULL;
	int rc = 0;

	MG_TRY(one_string(k, 0, "the name of a file", &path, err));
	MG_TRY(mg_session_check_path(mg_kernel_session(k), path, err));
	MG_TRY(mg_file_read(path, 0, &bytes, err));
	MG_TRY(put_string(k, &bytes, err));
out:
	mg_str_clear(&bytes);
	mg_free(path);
	return rc;
}

static int
write_file_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *bytes = mg_kernel_input(k, 1);
	char *path = NULL, *dir = NULL;
	int rc = 0;

	if (bytes->count != 1)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "the contents must be a single string");
	MG_TRY(one_string(k, 0, "the name of a file", &path, err));
	MG_TRY(mg_session_check_path(mg_kernel_session(k), path, err));
	if ((dir = mg_path_dirname(path)) != NULL && *dir)
		MG_TRY(mg_dir_create(dir, true, err));
	MG_TRY(mg_file_write(path, mg_tensor_string(bytes, 0).ptr, mg_tensor_string(bytes, 0).len, err));
out:
	mg_free(dir);
	mg_free(path);
	return rc;
}

typedef MG_VEC(char *) names;

static bool
has_wildcard(const char *text)
{
	return strpbrk(text, "*?[") != NULL;
}

/* Adds what PATTERN, whose wildcards may be in any component, matches below DIR. */
static int
match(const char *dir, const char *pattern, names *out, mgreg_error *err)
{
	const char *slash = strchr(pattern, '/');
	char *part = slash ? mg_strndup(pattern, (size_t)(slash - pattern)) : mg_strdup(pattern), **list = NULL;
	size_t count = 0;
	int rc = part ? 0 : mg_fail_nomem(err, 0);

	if (rc == 0 && has_wildcard(part) && mg_dir_list(*dir ? dir : ".", &list, &count, NULL) != 0)
		count = 0;              /* a folder that is not there matches nothing */
	if (rc == 0 && !has_wildcard(part)) {
		list = mg_calloc(1, sizeof(*list));
		count = list && (list[0] = mg_strdup(part)) != NULL;
	}
	for (size_t i = 0; rc == 0 && i < count; i++) {
		char *path = mg_glob(part, list[i]) || !has_wildcard(part) ? (*dir ? mg_path_join(dir, list[i]) : mg_strdup(list[i])) : NULL;

		if (!path)
			continue;
		if (slash)
			rc = match(*list[i] ? path : "/", slash + 1, out, err);
		else if (mg_file_exists(path)) {
			if (mg_vec_push(out, path))
				path = NULL;
			else
				rc = mg_fail_nomem(err, 0);
		}
		mg_free(path);
	}
	for (size_t i = 0; i < count; i++)
		mg_free(list[i]);
	mg_free(list);
	mg_free(part);
	return rc;
}

static int
by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The folder before the first wildcard: it must lie below a root. */
static int
check_pattern(mg_kernel_ctx *k, const char *pattern, mgreg_error *err)
{
	size_t fixed = strcspn(pattern, "*?[");
	char *head;
	int rc;

	while (pattern[fixed] && fixed > 0 && pattern[fixed - 1] != '/')
		fixed--;
	head = fixed ? mg_strndup(pattern, fixed) : mg_strdup("./");
	if (!head)
		return mg_fail_nomem(err, 0);
	if (strstr(pattern + fixed, ".."))
		rc = mg_fail(err, MGREG_PERMISSION_DENIED, "pattern '%s' leaves its folder", pattern);
	else if (pattern[fixed] && head[strlen(head) - 1] == '/') {
		char *probe = mg_path_join(head, "x");

		rc = probe ? mg_session_check_path(mg_kernel_session(k), probe, err) : mg_fail_nomem(err, 0);
		mg_free(probe);
	} else {
		rc = mg_session_check_path(mg_kernel_session(k), head, err);
	}
	mg_free(head);
	return rc;
}

static int
matching_files_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *patterns = mg_kernel_input(k, 0);
	names found = { 0 };
	mg_tensor t = { 0 };
	char *pattern = NULL;
	int rc = 0;

	for (int64_t i = 0; i < patterns->count; i++) {
		mg_free(pattern);
		pattern = mg_strndup(mg_tensor_string(patterns, i).ptr, mg_tensor_string(patterns, i).len);
		if (!pattern) {
			rc = mg_fail_nomem(err, 0);
			goto out;
		}
		MG_TRY(check_pattern(k, pattern, err));
		MG_TRY(match(*pattern == '/' ? "/" : "", *pattern == '/' ? pattern + 1 : pattern, &found, err));
	}
	if (found.len)
		qsort(found.at, found.len, sizeof(*found.at), by_bytes);
	MG_TRY(mg_tensor_init_dims(&t, MGREG_STRING, (int64_t[]){ (int64_t)found.len }, 1, err));
	for (size_t i = 0; i < found.len; i++)
		MG_TRY(mg_tensor_set_string(&t, (int64_t)i, found.at[i], strlen(found.at[i]), err));
	mg_kernel_take(k, 0, &t);
out:
	mg_tensor_clear(&t);
	for (size_t i = 0; i < found.len; i++)
		mg_free(found.at[i]);
	mg_vec_clear(&found);
	mg_free(pattern);
	return rc;
}

#define FLAGS MG_KERNEL_NO_FOLD

const mg_kernel mg_kernels_io[] = {
	{ "Save", .run = save_run, .flags = FLAGS },
	{ "SaveSlices", .run = save_slices_run, .flags = FLAGS },
	{ "SaveV2", .run = save_v2_run, .flags = FLAGS },
	{ "Restore", .run = restore_run, .flags = FLAGS },
	{ "RestoreSlice", .run = restore_spec_run, .flags = FLAGS },
	{ "RestoreV2", .run = restore_spec_run, .flags = FLAGS },
	{ "MergeV2Checkpoints", .run = merge_run, .flags = FLAGS },
	{ "ShardedFilename", .run = sharded_filename_run },
	{ "ShardedFilespec", .run = sharded_filespec_run },
	{ "ReadFile", .run = read_file_run, .flags = FLAGS },
	{ "WriteFile", .run = write_file_run, .flags = FLAGS },
	{ "MatchingFiles", .run = matching_files_run, .flags = FLAGS },
	{ .op = NULL }
};
