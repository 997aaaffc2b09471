/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usage.c - what deleting a set of versions would free: what gc would find unneeded, in the order gc would find it.
 *
 * An object goes if only these versions need it; a chunk goes if every list that names it belongs to such an object, no save has
 * claimed it and no chunk that stays hangs on it.  A chunk that goes may be the last that hung on a base which nobody lists.
 */
#include "base/base.h"
#include <stdlib.h>
#include "store/gc.h"

typedef struct usage {
	mg_store *s;
	mg_ids    versions;             /* ascending */
	mg_map    objects;              /* that go: decimal id -> itself */
	mg_map    chunks;               /* that go */
	mg_usage  r;
} usage;

static int
by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static bool
is_among(const mg_ids *list, int64_t id)
{
	return list->len && bsearch(&id, list->at, list->len, sizeof id, by_number);
}

static bool
has(const mg_map *map, int64_t id)
{
	return mg_map_findn(map, (const char *)&id, sizeof id) != NULL;
}

static int
add(mg_map *map, int64_t id, mgreg_error *err)
{
	return mg_map_setn(map, (const char *)&id, sizeof id, map) ? 0 : mg_fail_nomem(err, 0);
}

/* Does every row of a query about ID give a number that is in LIST or MAP? */
static int
all_among(usage *u, enum mg_sql name, int64_t id, const mg_ids *list, const mg_map *map, bool *yes, mgreg_error *err)
{
	mg_stmt *q = NULL;
	int rc;

	*yes = true;
	MG_TRY(mg_stmt_get(u->s, name, &q, err));
	MG_TRY(mg_stmt_bind(q, err, "i", id));
	while (*yes) {
		int64_t other;

		MG_TRY(mg_stmt_step(q, err));
		if (!mg_stmt_has_row(q))
			break;
		mg_stmt_read(q, "i", &other);
		*yes = list ? is_among(list, other) : has(map, other);
	}
out:
	mg_stmt_release(q);
	return rc;
}

static int
find_objects(usage *u, mg_map *seen, mgreg_error *err)
{
	mg_ids ids = { 0 }, sizes = { 0 };
	int rc = 0;

	for (size_t v = 0; v < u->versions.len; v++) {
		ids.len = sizes.len = 0;
		MG_TRY(mg_gc_gather(u->s, MG_SQL_VERSION_OBJECTS, &ids, &sizes, err, "i", u->versions.at[v], 0));
		for (size_t i = 0; i < ids.len; i++) {
			bool goes;

			if (has(seen, ids.at[i]))
				continue;
			MG_TRY(add(seen, ids.at[i], err));
			u->r.logical += sizes.at[i];
			MG_TRY(all_among(u, MG_SQL_GC_NEEDED_BY, ids.at[i], &u->versions, NULL, &goes, err));
			if (goes)
				MG_TRY(add(&u->objects, ids.at[i], err));
		}
	}
out:
	mg_vec_clear(&ids);
	mg_vec_clear(&sizes);
	return rc;
}

/* If CHUNK goes, so may the base it hung on, and so on. */
static int
free_chunk(usage *u, int64_t chunk, mgreg_error *err)
{
	int rc = 0;

	while (chunk && !has(&u->chunks, chunk)) {
		mg_chunk_facts c;
		int64_t claims;
		bool goes;

		MG_TRY(mg_stmt_one(u->s, MG_SQL_CHUNK_CLAIMS, &claims, NULL, err, "i", chunk));
		MG_TRY(all_among(u, MG_SQL_CHUNK_OBJECTS, chunk, NULL, &u->objects, &goes, err));
		if (!goes || claims)
			break;
		MG_TRY(all_among(u, MG_SQL_CHUNK_DEPENDANTS, chunk, NULL, &u->chunks, &goes, err));
		if (!goes)
			break;
		MG_TRY(mg_chunk_get(u->s, chunk, &c, err));
		MG_TRY(add(&u->chunks, chunk, err));
		u->r.frees += c.stored;
		chunk = c.base;
	}
out:
	return rc;
}

/* Chunks of all objects of the versions, each once, and their bytes. */
static int
list_chunks(usage *u, const mg_map *objects, mg_ids *out, mgreg_error *err)
{
	mg_map seen = { 0 };
	mg_map_item item;
	mg_stmt *q = NULL;
	int rc = 0;

	for (void *it = NULL; (it = mg_map_next(objects, it, &item));) {
		int64_t object, chunk, skip, len;

		memcpy(&object, item.key, sizeof object);
		MG_TRY(mg_stmt_get(u->s, MG_SQL_OBJECT_PARTS, &q, err));
		MG_TRY(mg_stmt_bind(q, err, "i", object));
		for (;;) {
			MG_TRY(mg_stmt_step(q, err));
			if (!mg_stmt_has_row(q))
				break;
			mg_stmt_read(q, "iii", &chunk, &skip, &len);
			if (has(&seen, chunk))
				continue;
			MG_TRY(add(&seen, chunk, err));
			if (!mg_vec_push(out, chunk)) {
				rc = mg_fail_nomem(err, 0);
				goto out;
			}
		}
		mg_stmt_release(q);
		q = NULL;
	}
out:
	mg_stmt_release(q);
	mg_map_clear(&seen);
	return rc;
}

static int
count_all(usage *u, mgreg_error *err)
{
	mg_map seen = { 0 };
	mg_ids chunks = { 0 };
	int rc;

	MG_TRY(find_objects(u, &seen, err));
	MG_TRY(list_chunks(u, &seen, &chunks, err));
	for (size_t i = 0; i < chunks.len; i++) {
		mg_chunk_facts c;

		MG_TRY(mg_chunk_get(u->s, chunks.at[i], &c, err));
		u->r.stored += c.stored;
	}
	/* a base can go once all that hang on it have gone, whatever the order: ask again until nothing more goes */
	for (size_t before = SIZE_MAX; before != u->chunks.len;) {
		before = u->chunks.len;
		for (size_t i = 0; i < chunks.len; i++)
			MG_TRY(free_chunk(u, chunks.at[i], err));
	}
out:
	mg_map_clear(&seen);
	mg_vec_clear(&chunks);
	return rc;
}

int
mg_store_usage(mg_store *s, const int64_t *versions, size_t count, mg_usage *out, mgreg_error *err)
{
	usage u = { .s = s };
	size_t n = 0;
	int rc = 0;

	for (size_t i = 0; i < count; i++)
		if (!mg_vec_push(&u.versions, versions[i])) {
			rc = mg_fail_nomem(err, 0);
			goto out;
		}
	if (count)
		qsort(u.versions.at, count, sizeof(int64_t), by_number);
	for (size_t i = 0; i < count; i++)
		if (i == 0 || u.versions.at[i] != u.versions.at[n - 1])
			u.versions.at[n++] = u.versions.at[i];
	u.versions.len = n;
	u.r.versions = (int64_t)n;
	MG_TRY(mg_txn_begin_read(s, err));
	MG_TRY(mg_txn_end(s, count_all(&u, err), err));
	*out = u.r;
out:
	mg_vec_clear(&u.versions);
	mg_map_clear(&u.objects);
	mg_map_clear(&u.chunks);
	return rc;
}
