/* SPDX-License-Identifier: Apache-2.0 */
/*
 * name.c - names: which are legal, what makes them unique, the stack of name scopes, and the two functions that move
 * a name into a scope and out of it.
 *
 * Scopes and nodes share one table of used names.  Its key stands for the name in lower case, its value is how often that name
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

/*
 * The table's keys are 61-bit hashes, modulo a prime by a factor that differs from run to run: those of a name and of all
 * its prefixes come out of one walk over it, however long it is.
 */
#define PRIME ((uint64_t)0x1fffffffffffffff)

static inline uint64_t
step(uint64_t h, char c)
{
	__extension__ typedef unsigned __int128 wide;
	static const char place;
	uint64_t factor = ((uint64_t)(uintptr_t)&place * 0x9e3779b97f4a7c15u) >> 4 | 1;
	unsigned char low = (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
	wide m = (wide)h * factor + low + 1;
	uint64_t r = (uint64_t)(m & PRIME) + (uint64_t)(m >> 61);

	return r >= PRIME ? r - PRIME : r;
}

static uint64_t
used_key(const char *text)
{
	uint64_t h = 0;

	while (*text)
		h = step(h, *text++);
	return h;
}

static intptr_t
used_count(const mg_graph *g, uint64_t key)
{
	return (intptr_t)mg_map_findn(&g->used, (const char *)&key, sizeof(key));
}

static bool
used_set(mg_graph *g, uint64_t key, intptr_t count)
{
	return mg_graph_note_used(g, key, used_count(g, key)) == 0 && mg_map_setn(&g->used, (const char *)&key, sizeof(key), (void *)count);
}

/* Takes a name that nobody has; one that is there stays as it is. */
static bool
used_mark(mg_graph *g, uint64_t key)
{
	void *old;

	if (!mg_map_addn(&g->used, (const char *)&key, sizeof(key), (void *)1, &old))
		return false;
	return old || mg_graph_note_used(g, key, 0) == 0;
}

int
mg_graph_unique_name(mg_graph *g, const char *name, bool mark, const char **out, mgreg_error *err)
{
	const char *scope = g->scopes.len ? g->scopes.at[g->scopes.len - 1] : "";
	mg_arena scratch = { 0 };
	const char *full, *text;
	uint64_t base, key;
	intptr_t n;
	int rc = 0;

	full = scope[0] ? mg_arena_printf(&scratch, "%s/%s", scope, name) : name;
	if (!full)
		goto nomem;
	base = used_key(full);
	n = used_count(g, base);
	if (mark && !used_set(g, base, n + 1))
		goto nomem;
	if (n > 0) {
		for (key = base; used_count(g, key) > 0; n++) {
			if (!(text = mg_arena_printf(&scratch, "%s_%lld", full, (long long)n)))
				goto nomem;
			key = used_key(text);
		}
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

/* How far NAME has the parts of BEFORE, whose own name and prefixes are taken: up to and without a "/". */
static size_t
common_parts(const char *name, const char *before)
{
	size_t n = 0;

	for (size_t i = 0; before && name[i] == before[i] && name[i]; i++)
		if (name[i] == '/')
			n = i;
	return n;
}

int
mg_graph_mark_next(mg_graph *g, const char *name, const char *before, mgreg_error *err)
{
	size_t known = common_parts(name, before), i = 0;
	uint64_t h = 0;

	for (; name[i]; h = step(h, name[i++]))
		if (name[i] == '/' && i > known && !used_mark(g, h))
			return mg_fail_nomem(err, 0);
	return i == 0 || used_mark(g, h) ? 0 : mg_fail_nomem(err, 0);
}

int
mg_graph_mark_name(mg_graph *g, const char *name, mgreg_error *err)
{
	return mg_graph_mark_next(g, name, NULL, err);
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
