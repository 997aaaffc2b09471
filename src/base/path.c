/* SPDX-License-Identifier: Apache-2.0 */
/* path.c - paths as text, and roots as places. */
#include "base/base.h"
#include "base/path.h"
#include "base/vec.h"

#include <errno.h>
#include <unistd.h>

char *
mg_path_join(const char *dir, const char *name)
{
	mg_str s = MG_STR_INIT;

	if (*name != '/' && *dir) {
		mg_str_add(&s, dir);
		if (!mg_ends_with(dir, "/"))
			mg_str_addc(&s, '/');
	}
	mg_str_add(&s, name);
	return mg_str_take(&s, NULL);
}

/* As Python's os.path.dirname: the slashes before the last part go, unless they are all there is. */
char *
mg_path_dirname(const char *path)
{
	size_t n = (size_t)(mg_path_basename(path) - path), m = n;

	while (m && path[m - 1] == '/')
		m--;
	return mg_strndup(path, m ? m : n);
}

const char *
mg_path_basename(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

char *
mg_path_clean(const char *path)
{
	MG_VEC(mg_slice) parts = { 0 };
	mg_slice rest = MG_SLICE(path), part;
	mg_str s = MG_STR_INIT;
	bool absolute = *path == '/';

	while (mg_slice_split(&rest, '/', &part)) {
		if (part.len == 0 || mg_slice_eq(part, "."))
			continue;
		if (mg_slice_eq(part, "..") && (parts.len ? !mg_slice_eq(parts.at[parts.len - 1], "..") : absolute)) {
			if (parts.len)
				parts.len--;
			continue;
		}
		if (!mg_vec_push(&parts, part))
			s.failed = true;
	}
	if (absolute)
		mg_str_addc(&s, '/');
	for (size_t i = 0; i < parts.len; i++) {
		if (i)
			mg_str_addc(&s, '/');
		mg_str_append(&s, parts.at[i].ptr, parts.at[i].len);
	}
	if (s.len == 0)
		mg_str_addc(&s, '.');
	mg_vec_clear(&parts);
	return mg_str_take(&s, NULL);
}

int
mg_path_absolute(const char *path, char **out, mgreg_error *err)
{
	char *cwd = NULL, *joined = NULL, *clean = NULL;
	int rc = 0;

	if (*path != '/' && !(cwd = getcwd(NULL, 0)))
		return mg_fail_os(err, errno, "current folder");
	joined = mg_path_join(cwd ? cwd : "", path);
	clean = joined ? mg_path_clean(joined) : NULL;
	free(cwd);
	mg_free(joined);
	if (clean)
		*out = clean;
	else
		rc = mg_fail_nomem(err, 0);
	return rc;
}

char *
mg_path_relative(const char *path, const char *from)
{
	size_t common = 0, i = 0;
	mg_str s = MG_STR_INIT;

	/* The common prefix ends where a part ends in both. */
	for (;; i++) {
		bool end_a = path[i] == '/' || !path[i], end_b = from[i] == '/' || !from[i];
		if (end_a && end_b)
			common = i;
		if (path[i] != from[i] || !path[i])
			break;
	}
	for (const char *p = from + common; *p; ) {
		while (*p == '/')
			p++;
		if (!*p)
			break;
		mg_str_add(&s, s.len ? "/.." : "..");
		while (*p && *p != '/')
			p++;
	}
	path += common;
	while (*path == '/')
		path++;
	if (*path && s.len)
		mg_str_addc(&s, '/');
	mg_str_add(&s, path);
	if (s.len == 0)
		mg_str_addc(&s, '.');
	return mg_str_take(&s, NULL);
}

bool
mg_path_is_safe(const char *path)
{
	mg_slice rest = MG_SLICE(path), part;
	int depth = 0;

	if (*path == '\0' || *path == '/' || strlen(path) > 1024)
		return false;
	for (const char *p = path; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return false;
	while (mg_slice_split(&rest, '/', &part))
		if (part.len == 0 || part.len > 255 || part.ptr[0] == '-' || mg_slice_eq(part, ".") || mg_slice_eq(part, "..")
		    || ++depth > 16)
			return false;
	return true;
}

int
mg_roots_add(mg_roots *roots, const char *dir, mgreg_error *err)
{
	char *real = realpath(dir, NULL), *copy;
	char **dirs;

	if (!real)
		return mg_fail_os(err, errno, "%s", dir);
	copy = mg_strdup(real);
	free(real);
	dirs = copy ? mg_resize(roots->dirs, roots->count + 1, sizeof(*dirs)) : NULL;
	if (!dirs) {
		mg_free(copy);
		return mg_fail_nomem(err, 0);
	}
	roots->dirs = dirs;
	roots->dirs[roots->count++] = copy;
	return 0;
}

void
mg_roots_clear(mg_roots *roots)
{
	for (size_t i = 0; i < roots->count; i++)
		mg_free(roots->dirs[i]);
	mg_free(roots->dirs);
	*roots = (mg_roots){ NULL, 0 };
}

static bool
is_below(const char *path, const char *root)
{
	size_t n = strlen(root);

	return strncmp(path, root, n) == 0 && (path[n] == '/' || path[n] == '\0' || (n && root[n - 1] == '/'));
}

/*
 * The file need not exist yet, nor all of its folders: links are resolved in the deepest folder that does, and what
 * follows it may not climb.  An existing file is resolved itself, so that a link to outside is refused.
 */
int
mg_roots_check(const mg_roots *roots, const char *path, mgreg_error *err)
{
	char *clean = NULL, *head, *real = NULL;
	int rc = mg_path_absolute(path, &clean, err);

	if (rc)
		return rc;
	for (head = clean; !(real = realpath(head, NULL)) && strlen(head) > 1; ) {
		char *slash = strrchr(head, '/');
		if (slash == head)
			head[1] = '\0';
		else
			*slash = '\0';
	}
	rc = MGREG_PERMISSION_DENIED;
	for (size_t i = 0; real && i < roots->count; i++)
		if (is_below(real, roots->dirs[i]))
			rc = 0;
	free(real);
	mg_free(clean);
	if (rc)
		mg_fail(err, MGREG_PERMISSION_DENIED, "%s: outside the folders this graph may reach", path);
	return rc;
}
