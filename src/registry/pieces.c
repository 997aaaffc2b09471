/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pieces.c - the elements of tensors inside files of any format.
 *
 * V1 tables, safetensors and stored .npz members keep the elements of most types as they lie in memory, somewhere in the
 * file.  They are found by their contents, whatever the format: eight bytes of every tensor that is worth a chunk go into
 * a small table, the file is walked once, and where those bytes stand, the whole range is compared by its XXH3-128.  A
 * place that is overlooked costs room in the store, nothing else; equal bytes are equal, wherever they came from.
 */
#include "base/base.h"
#include "base/bytes.h"
#include "base/file.h"
#include "registry/pieces.h"

#define WORTH 4096                      /* smaller tensors cost more as parts than as bytes */
#define BUCKET_BITS 12

int
mg_pieces_sight(mg_sighted_list *list, size_t row, const mg_tensor *t, mgreg_error *err)
{
	mg_sighted s = { .size = t->size, .row = row, .next = -1 };

	if (!mg_dtype_is_memcpy((int)t->dtype) || t->size < WORTH)
		return 0;
	do {
		s.key = mg_load64((const uint8_t *)t->data + s.skip);
	} while (s.key == 0 && (s.skip += 8) + 8 <= t->size);
	if (s.key == 0)                 /* zeros stand anywhere; compression deals with them */
		return 0;
	mg_xxh3(t->data, t->size, s.xxh3);
	return mg_vec_push(list, s) ? 0 : mg_fail_nomem(err, 0);
}

typedef struct finder {
	mg_sighted_list *list;
	int      bucket[1 << BUCKET_BITS];
	const uint8_t *data;
	uint64_t size;
	uint64_t budget;                /* bytes that may still be hashed for nothing */
} finder;

static unsigned
bucket_of(uint64_t key)
{
	return (unsigned)(key * 0x9e3779b97f4a7c15u >> (64 - BUCKET_BITS));
}

static void
fill_buckets(finder *f)
{
	memset(f->bucket, -1, sizeof(f->bucket));
	for (size_t i = 0; i < f->list->len && i < INT_MAX; i++) {
		unsigned b = bucket_of(f->list->at[i].key);

		f->list->at[i].next = f->bucket[b];
		f->bucket[b] = (int)i;
	}
}

/* The largest tensor one of whose keys stands at AT and whose bytes lie around it, none of them before FROM. */
static const mg_sighted *
look(finder *f, uint64_t at, uint64_t from)
{
	uint64_t key = mg_load64(f->data + at);
	const mg_sighted *best = NULL;
	uint8_t digest[MG_XXH3_SIZE];

	for (int i = f->bucket[bucket_of(key)]; i >= 0; i = f->list->at[i].next) {
		const mg_sighted *s = &f->list->at[i];

		if (s->key != key || at < from + s->skip || s->size > f->size - (at - s->skip) || (best && best->size >= s->size)
				|| f->budget < s->size)
			continue;
		mg_xxh3(f->data + (at - s->skip), s->size, digest);
		if (memcmp(digest, s->xxh3, sizeof(digest)) == 0)
			best = s;
		else
			f->budget -= s->size;
	}
	return best;
}

int
mg_pieces_find(mg_sighted_list *list, const mg_new_tensor *rows, const char *path, mg_piece_list *out, mgreg_error *err)
{
	finder f = { .list = list };
	mg_mapping map;
	uint64_t from = 0;
	int rc;

	if (list->len == 0)
		return 0;
	if ((rc = mg_file_map(path, &map, err)) != 0)
		return rc;
	f.data = map.data;
	f.size = map.size;
	f.budget = 4 * f.size + (1 << 20);
	fill_buckets(&f);
	for (uint64_t at = 0; f.size >= 8 && at <= f.size - 8; at++) {
		const mg_sighted *s = f.bucket[bucket_of(mg_load64(f.data + at))] < 0 ? NULL : look(&f, at, from);
		mg_piece one;

		if (!s)
			continue;
		one = (mg_piece){ at - s->skip, rows[s->row].blob };
		if (!mg_vec_push(out, one)) {
			rc = mg_fail_nomem(err, 0);
			break;
		}
		from = one.at + s->size;
		at = from - 1;
	}
	mg_file_unmap(&map);
	return rc;
}
