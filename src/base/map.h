/* SPDX-License-Identifier: Apache-2.0 */
/* map.h - string -> pointer hash map that keeps insertion order.  { 0 } is an empty map. */
#ifndef MG_MAP_H
#define MG_MAP_H

typedef struct mg_map_item {
	const char *key;        /* owned by the map, NUL-terminated */
	size_t      key_len;
	void       *value;
} mg_map_item;

typedef struct mg_map {
	struct mg_map_body *body;
	size_t len;
} mg_map;

/* Adds or replaces; false when memory is short. */
bool mg_map_set(mg_map *map, const char *key, void *value);
bool mg_map_setn(mg_map *map, const char *key, size_t key_len, void *value);
/* Adds KEY unless it is there; *OLD is its value then, and NULL if it was added. */
bool mg_map_addn(mg_map *map, const char *key, size_t key_len, void *value, void **old);
bool mg_map_reserve(mg_map *map, size_t count);                 /* room for COUNT keys; false: no memory */
void *mg_map_find(const mg_map *map, const char *key);          /* NULL if absent */
void *mg_map_findn(const mg_map *map, const char *key, size_t key_len);
bool mg_map_has(const mg_map *map, const char *key);
bool mg_map_remove(mg_map *map, const char *key);
bool mg_map_removen(mg_map *map, const char *key, size_t key_len);
void mg_map_clear(mg_map *map);
/* Iteration in insertion order: for (void *it = NULL; (it = mg_map_next(&map, it, &item)); ) */
void *mg_map_next(const mg_map *map, void *it, mg_map_item *item);
#endif
