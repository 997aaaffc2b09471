/* SPDX-License-Identifier: Apache-2.0 */
/* map.c - the map over uthash, which calls exit() when memory is short unless it is told not to. */
#include "base/base.h"
#include "base/map.h"

#define HASH_NONFATAL_OOM 1
#define uthash_malloc(size) mg_alloc(size)
#define uthash_free(ptr, size) mg_free(ptr)
#define uthash_nonfatal_oom(entry) ((entry)->failed = true)
#include <uthash.h>

struct mg_map_entry {
	UT_hash_handle hh;
	void  *value;
	size_t key_len;
	bool   failed;          /* uthash could not add it */
	char   key[];
};

static struct mg_map_entry *
find(const mg_map *map, const char *key, size_t len)
{
	struct mg_map_entry *e = NULL, *head = map->head;

	if (head)
		HASH_FIND(hh, head, key, len, e);
	return e;
}

bool
mg_map_setn(mg_map *map, const char *key, size_t key_len, void *value)
{
	struct mg_map_entry *e = find(map, key, key_len);

	if (e) {
		e->value = value;
		return true;
	}
	if (!(e = mg_calloc(1, sizeof(*e) + key_len + 1)))
		return false;
	if (key_len)
		memcpy(e->key, key, key_len);
	e->key_len = key_len;
	e->value = value;
	HASH_ADD_KEYPTR(hh, map->head, e->key, key_len, e);
	if (e->failed) {
		mg_free(e);
		return false;
	}
	map->len++;
	return true;
}

bool
mg_map_set(mg_map *map, const char *key, void *value)
{
	return mg_map_setn(map, key, strlen(key), value);
}

void *
mg_map_findn(const mg_map *map, const char *key, size_t key_len)
{
	struct mg_map_entry *e = find(map, key, key_len);

	return e ? e->value : NULL;
}

void *
mg_map_find(const mg_map *map, const char *key)
{
	return mg_map_findn(map, key, strlen(key));
}

bool
mg_map_has(const mg_map *map, const char *key)
{
	return find(map, key, strlen(key)) != NULL;
}

bool
mg_map_remove(mg_map *map, const char *key)
{
	return mg_map_removen(map, key, strlen(key));
}

bool
mg_map_removen(mg_map *map, const char *key, size_t key_len)
{
	struct mg_map_entry *e = find(map, key, key_len);

	if (!e)
		return false;
	HASH_DELETE(hh, map->head, e);
	mg_free(e);
	map->len--;
	return true;
}

void
mg_map_clear(mg_map *map)
{
	struct mg_map_entry *e, *next;

	HASH_ITER(hh, map->head, e, next) {
		HASH_DELETE(hh, map->head, e);
		mg_free(e);
	}
	map->head = NULL;
	map->len = 0;
}

void *
mg_map_next(const mg_map *map, void *it, mg_map_item *item)
{
	struct mg_map_entry *e = it ? ((struct mg_map_entry *)it)->hh.next : map->head;

	if (e)
		*item = (mg_map_item){ e->key, e->key_len, e->value };
	return e;
}
