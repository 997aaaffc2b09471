/* SPDX-License-Identifier: Apache-2.0 */
/*
 * name.c - names: which are legal, what makes them unique, the stack of name scopes, and the two functions that move
 * a name into a scope and out of it.
 *
 * Scopes and nodes share one table of used names.  Its key is the name in lower case, its value how often that name
 * was asked for: TensorFlow counts on from there, and the numbers it gives must be met exactly.
 */
#include "base/base.h"
#include "graph/graph_internal.h"

static bool
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool
is_scope_char(char c)
{
	return is_alnum(c) || c == '_' || c == '.' || c == '-' || c == '/';
}

static bool
is_scope_text(const char *name)
{
	for (; *name; name++)
		if (!is_scope_char(*name))
			return false;
	return true;
}

bool
mg_node_name_is_valid(const char *name)
{
	return (is_alnum(name[0]) || name[0] == '.') && is_scope_text(name + 1);
}

static char *
lower(mg_arena *arena, const char *text, size_t len)
{
	char *s = mg_arena_strndup(arena, text, len);

	for (char *p = s; p && *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	return s;
}

/* Keys are short-lived: the map copies them. */
static intptr_t
used_count(const mg_graph *g, const char *key)
{
	return (intptr_t)mg_map_find(&g->used, key);
}

static bool
used_set(mg_graph *g, const char *key, intptr_t count)
{
	return mg_graph_note_used(g, key, used_count(g, key)) == 0 && mg_map_set(&g->used, key, (void *)count);
}

int
mg_graph_unique_name(mg_graph *g, const char *name, bool mark, const char **out, mgreg_error *err)
{
	const char *scope = g->scopes.len ? g->scopes.at[g->scopes.len - 1] : "";
	mg_arena scratch = { 0 };
	const char *full, *base, *key;
	intptr_t n;
	int rc = 0;

	full = scope[0] ? mg_arena_printf(&scratch, "%s/%s", scope, name) : name;
	base = full ? lower(&scratch, full, strlen(full)) : NULL;
	if (!base)
		goto nomem;
	n = used_count(g, base);
	if (mark && !used_set(g, base, n + 1))
		goto nomem;
	if (n > 0) {
		for (key = base; used_count(g, key) > 0; n++)
			if (!(key = mg_arena_printf(&scratch, "%s_%lld", base, (long long)n)))
				goto nomem;
		if (mark && !used_set(g, key, 1))
			goto nomem;
		*out = mg_arena_printf(&g->arena, "%s_%lld", full, (long long)(n - 1));
	} else {
		*out = mg_arena_strdup(&g->arena, full);
	}
	if (*out)
		goto out;
nomem:
	rc = mg_fail_nomem(err, 0);
out:
	mg_arena_clear(&scratch);
	return rc;
}

int
mg_graph_mark_name(mg_graph *g, const char *name, mgreg_error *err)
{
	size_t len = strlen(name);
	mg_arena scratch = { 0 };
	char stack[512], *key = stack;
	int rc = 0;

	if (len >= sizeof(stack) && !(key = mg_arena_alloc(&scratch, len + 1)))
		return mg_fail_nomem(err, len);
	for (size_t i = 0; i <= len; i++) {
		char c = name[i];

		key[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
		if ((c != '/' && c != '\0') || i == 0)
			continue;
		key[i] = '\0';
		if (used_count(g, key) == 0 && !used_set(g, key, 1)) {
			rc = mg_fail_nomem(err, 0);
			break;
		}
		key[i] = c;
	}
	mg_arena_clear(&scratch);
	return rc;
}

/* ---- the scope stack ---- */

int
mg_scope_enter(mg_graph *g, const char *name, const char **out, mgreg_error *err)
{
	const char *current = g->scopes.len ? g->scopes.at[g->scopes.len - 1] : "";
	const char *scope, *shown;
	int rc;

	if (!name || !name[0]) {
		scope = "";
	} else {
		if (current[0] ? !is_scope_text(name) : !mg_node_name_is_valid(name))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "'%s' is not a valid scope name", name);
		if (name[strlen(name) - 1] == '/') {
			scope = mg_arena_strndup(&g->arena, name, strlen(name) - 1);
			if (!scope)
				return mg_fail_nomem(err, 0);
		} else if ((rc = mg_graph_unique_name(g, name, true, &scope, err)) != 0) {
			return rc;
		}
	}
	shown = scope[0] ? mg_arena_printf(&g->arena, "%s/", scope) : "";
	if (!shown || !mg_vec_push(&g->scopes, scope))
		return mg_fail_nomem(err, 0);
	if (out)
		*out = shown;
	return 0;
}

void
mg_scope_leave(mg_graph *g)
{
	assert(g->scopes.len > 0);
	g->scopes.len--;
}

const char *
mg_scope_current(const mg_graph *g)
{
	const char *s = g->scopes.len ? g->scopes.at[g->scopes.len - 1] : "";
	const char *shown;

	if (!s[0])
		return "";
	shown = mg_arena_printf((mg_arena *)&g->arena, "%s/", s);
	return shown ? shown : "";
}

/* ---- in and out of a scope ---- */

/* Whether SCOPE, in which "." stands for any character as in TensorFlow's unescaped pattern, is at TEXT and followed
 * by a slash; *REST is what comes after all slashes. */
static bool
scope_at(const char *text, const char *scope, size_t scope_len, const char **rest)
{
	for (size_t i = 0; i < scope_len; i++)
		if (text[i] == '\0' || (text[i] != scope[i] && scope[i] != '.') || text[i] == '\n')
			return false;
	if (text[scope_len] != '/')
		return false;
	text += scope_len;
	while (*text == '/')
		text++;
	*rest = text;
	return true;
}

static size_t
scope_length(const char *scope)
{
	size_t n = strlen(scope);

	return n > 0 && scope[n - 1] == '/' ? n - 1 : n;
}

const char *
mg_name_strip_scope(const char *name, const char *scope, mg_arena *arena)
{
	size_t n;
	const char *rest;

	if (!scope || !scope[0])
		return name;
	n = scope_length(scope);
	/* The first place where it fits: the very start, or after a "^" or a "loc:@" anywhere. */
	for (const char *p = name; *p; p++) {
		size_t lead = *p == '^' ? 1 : strncmp(p, "loc:@", 5) == 0 ? 5 : 0;

		if (lead && scope_at(p + lead, scope, n, &rest))
			return mg_arena_printf(arena, "%.*s%s", (int)(p + lead - name), name, rest);
		if (p == name && scope_at(p, scope, n, &rest))
			return mg_arena_strdup(arena, rest);
	}
	return name;
}

const char *
mg_name_prepend_scope(const char *name, const char *scope, mg_arena *arena)
{
	size_t lead;

	if (!scope || !scope[0])
		return name;
	lead = name[0] == '^' ? 1 : strncmp(name, "loc:@", 5) == 0 ? 5 : 0;
	return mg_arena_printf(arena, "%.*s%.*s/%s", (int)lead, name, (int)scope_length(scope), scope, name + lead);
}
