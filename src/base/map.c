/* SPDX-License-Identifier: Apache-2.0 */
/*
 * map.c - the map: an array of entries in order of insertion and a table of their numbers, probed in line.
 *
 * Opening a graph is mostly looking names up.  A chained table with a node and an allocation for each key spent that time
 * waiting for memory; here a look-up reads one line of the table and one entry, and keys lie side by side in blocks.
 * A key never moves while its entry lives.  A block goes when its last key has gone.
 */
#include "base/base.h"
#include "base/map.h"

struct block {
	struct block *next, **link;
	size_t used, size, live;        /* bytes; keys */
	char   data[];
};

struct entry {
	const char   *key;              /* NULL: removed */
	size_t        len;
	void         *value;
	struct block *block;
	uint32_t      hash;
};

struct mg_map_body {
	struct entry *entries;
	uint32_t     *slots;            /* number of the entry + 1; 0: free; GONE: was one */
	size_t        count, cap;       /* entries, removed ones among them; room for them */
	size_t        mask, taken;      /* slots - 1; slots that are not free */
	struct block *blocks;           /* the first is the one that fills up */
};

#define GONE UINT32_MAX
enum { FIRST_SLOTS = 8, FIRST_BLOCK = 240, LARGEST_BLOCK = 32768 };

static inline uint64_t
mix(uint64_t a, uint64_t b)
{
	__extension__ typedef unsigned __int128 wide;
	wide m = (wide)a * b;

	return (uint64_t)m ^ (uint64_t)(m >> 64);
}

/* Eight bytes at a time, folded by multiplication; where the program lies differs from run to run and is the seed. */
static uint32_t
hash_of(const char *key, size_t len)
{
	uint64_t h = ((uint64_t)(uintptr_t)&hash_of >> 4) ^ len * 0x9e3779b97f4a7c15u, w = 0;

	for (; len >= 8; key += 8, len -= 8) {
		memcpy(&w, key, 8);
		h = mix(h ^ w, 0xa0761d6478bd642fu);
	}
	if (len) {
		w = 0;
		memcpy(&w, key, len);
		h = mix(h ^ w, 0xe7037ed1a0b428dbu);
	}
	h = mix(h, 0x8ebc6af09c88c6e3u);
	return (uint32_t)(h ^ h >> 32);
}

static struct entry *
find(const mg_map *map, const char *key, size_t len, uint32_t hash, size_t *slot)
{
	const struct mg_map_body *b = map->body;

	if (!b || !b->slots)
		return NULL;
	for (size_t i = hash & b->mask; b->slots[i]; i = (i + 1) & b->mask) {
		struct entry *e;

		if (b->slots[i] == GONE)
			continue;
		e = &b->entries[b->slots[i] - 1];
		if (e->hash == hash && e->len == len && (len == 0 || memcmp(e->key, key, len) == 0)) {
			if (slot)
				*slot = i;
			return e;
		}
	}
	return NULL;
}

/* The keys' entries close up, so that numbers stay small where much is removed. */
static void
close_gaps(struct mg_map_body *b)
{
	size_t kept = 0;

	for (size_t i = 0; i < b->count; i++)
		if (b->entries[i].key)
			b->entries[kept++] = b->entries[i];
	b->count = kept;
}

static void
fill_slots(struct mg_map_body *b)
{
	memset(b->slots, 0, (b->mask + 1) * sizeof(*b->slots));
	b->taken = 0;
	for (size_t k = 0; k < b->count; k++) {
		size_t i = b->entries[k].hash & b->mask;

		if (!b->entries[k].key)
			continue;
		while (b->slots[i])
			i = (i + 1) & b->mask;
		b->slots[i] = (uint32_t)(k + 1);
		b->taken++;
	}
}

/* Room for one more, in the array and in the table (at most 5/8 full). */
static bool
make_room(mg_map *map)
{
	struct mg_map_body *b = map->body;
	size_t slots = b->slots ? b->mask + 1 : 0;

	if (b->count == b->cap) {
		size_t want = b->cap ? 2 * b->cap : FIRST_SLOTS / 2;

		if (b->cap && map->len < b->count / 2) {
			close_gaps(b);
			fill_slots(b);
		} else {
			struct entry *more = want < GONE - 1 ? mg_resize(b->entries, want, sizeof(*more)) : NULL;

			if (!more)
				return false;
			b->entries = more;
			b->cap = want;
		}
	}
	if (!slots || (b->taken + 1) * 8 > slots * 5) {
		size_t want = slots ? slots : FIRST_SLOTS;
		uint32_t *more;

		while ((map->len + 1) * 2 > want)
			want *= 2;
		if (!(more = mg_alloc(want * sizeof(*more))))
			return false;
		mg_free(b->slots);
		b->slots = more;
		b->mask = want - 1;
		fill_slots(b);
	}
	return true;
}

static struct block *
block_for(struct mg_map_body *b, size_t size)
{
	struct block *k = b->blocks;
	size_t want;

	if (k && k->size - k->used >= size)
		return k;
	want = k ? MG_MIN(2 * k->size, (size_t)LARGEST_BLOCK) : FIRST_BLOCK;
	want = MG_MAX(want, size);
	if (!(k = mg_alloc(sizeof(*k) + want)))
		return NULL;
	*k = (struct block){ .next = b->blocks, .link = &b->blocks, .size = want };
	if (k->next)
		k->next->link = &k->next;
	b->blocks = k;
	return k;
}

static void
release_key(struct entry *e)
{
	struct block *k = e->block;

	e->key = NULL;
	if (--k->live > 0)
		return;
	*k->link = k->next;
	if (k->next)
		k->next->link = k->link;
	mg_free(k);
}

bool
mg_map_reserve(mg_map *map, size_t count)
{
	struct mg_map_body *b = map->body;
	size_t want = FIRST_SLOTS;
	struct entry *entries;
	uint32_t *slots;

	if (count >= GONE / 4 || (!b && !(b = map->body = mg_calloc(1, sizeof(*b)))))
		return false;
	if (count > b->cap) {
		if (!(entries = mg_resize(b->entries, count, sizeof(*entries))))
			return false;
		b->entries = entries;
		b->cap = count;
	}
	while (want < 2 * count)
		want *= 2;
	if (b->slots && want <= b->mask + 1)
		return true;
	if (!(slots = mg_alloc(want * sizeof(*slots))))
		return false;
	mg_free(b->slots);
	b->slots = slots;
	b->mask = want - 1;
	fill_slots(b);
	return true;
}

static bool
insert(mg_map *map, const char *key, size_t key_len, void *value, uint32_t hash)
{
	struct mg_map_body *b = map->body;
	struct block *k;
	size_t i;
	char *at;

	if (!b && !(b = map->body = mg_calloc(1, sizeof(*b))))
		return false;
	if (!make_room(map) || !(k = block_for(b, key_len + 1)))
		return false;
	at = k->data + k->used;
	if (key_len)
		memcpy(at, key, key_len);
	at[key_len] = '\0';
	k->used += key_len + 1;
	k->live++;
	b->entries[b->count++] = (struct entry){ at, key_len, value, k, hash };
	for (i = hash & b->mask; b->slots[i] && b->slots[i] != GONE; )
		i = (i + 1) & b->mask;
	if (!b->slots[i])
		b->taken++;
	b->slots[i] = (uint32_t)b->count;
	map->len++;
	return true;
}

bool
mg_map_addn(mg_map *map, const char *key, size_t key_len, void *value, void **old)
{
	uint32_t hash = hash_of(key, key_len);
	struct entry *e = find(map, key, key_len, hash, NULL);

	*old = e ? e->value : NULL;
	return e || insert(map, key, key_len, value, hash);
}

bool
mg_map_setn(mg_map *map, const char *key, size_t key_len, void *value)
{
	uint32_t hash = hash_of(key, key_len);
	struct entry *e = find(map, key, key_len, hash, NULL);

	if (e)
		e->value = value;
	return e || insert(map, key, key_len, value, hash);
}

bool
mg_map_set(mg_map *map, const char *key, void *value)
{
	return mg_map_setn(map, key, strlen(key), value);
}

void *
mg_map_findn(const mg_map *map, const char *key, size_t key_len)
{
	struct entry *e = map->len ? find(map, key, key_len, hash_of(key, key_len), NULL) : NULL;

	return e ? e->value : NULL;
}

void *
mg_map_find(const mg_map *map, const char *key)
{
	return map->len ? mg_map_findn(map, key, strlen(key)) : NULL;
}

bool
mg_map_has(const mg_map *map, const char *key)
{
	size_t len = map->len ? strlen(key) : 0;

	return map->len && find(map, key, len, hash_of(key, len), NULL) != NULL;
}

bool
mg_map_remove(mg_map *map, const char *key)
{
	return mg_map_removen(map, key, strlen(key));
}

bool
mg_map_removen(mg_map *map, const char *key, size_t key_len)
{
	size_t slot;
	struct entry *e = map->len ? find(map, key, key_len, hash_of(key, key_len), &slot) : NULL;

	if (!e)
		return false;
	map->body->slots[slot] = GONE;
	release_key(e);
	map->len--;
	return true;
}

void
mg_map_clear(mg_map *map)
{
	struct mg_map_body *b = map->body;
	struct block *next;

	if (b) {
		for (struct block *k = b->blocks; k; k = next) {
			next = k->next;
			mg_free(k);
		}
		mg_free(b->entries);
		mg_free(b->slots);
		mg_free(b);
	}
	map->body = NULL;
	map->len = 0;
}

/* IT is the number of the entry after which to go on. */
void *
mg_map_next(const mg_map *map, void *it, mg_map_item *item)
{
	const struct mg_map_body *b = map->body;

	for (size_t i = (size_t)(uintptr_t)it; b && i < b->count; i++)
		if (b->entries[i].key) {
			*item = (mg_map_item){ b->entries[i].key, b->entries[i].len, b->entries[i].value };
			return (void *)(uintptr_t)(i + 1);
		}
	return NULL;
}
