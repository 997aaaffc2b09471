/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_table.c - all ops: the families, lookup by name, definitions parsed when first asked for.
 *
 * The index is built once.  A definition is written once, under a lock, into a block that is never freed; readers
 * load its pointer with acquire.  Nothing here allocates, so a lookup finds every op or knows that there is none.
 */
#include "op/op_internal.h"
#include "base/thread.h"

static const mg_op *const families[] = {
#define X(family) mg_ops_##family,
	MG_OP_FAMILIES(X)
#undef X
};

#define MAX_OPS 2048u                   /* a power of two is not needed here, but for SLOTS it is */
#define SLOTS 4096u
#define POOL_SIZE (2u << 20)            /* untouched pages cost nothing */

static const mg_op *rows[MAX_OPS];                      /* sorted by name */
static _Atomic(const mg_op_def *) defs[MAX_OPS];        /* of rows[i], NULL: not parsed yet */
static uint16_t slots[SLOTS];                           /* index + 1 into rows, by hash */
static size_t row_count;
static mg_once once = MG_ONCE_INIT;
static mg_mutex lock = MG_MUTEX_INIT;
static _Alignas(16) char pool_block[POOL_SIZE];
static mg_spec_pool pool = { pool_block, POOL_SIZE, 0 };

static uint32_t
hash(const char *name)
{
	uint32_t h = 2166136261u;

	for (; *name; name++)
		h = (h ^ (unsigned char)*name) * 16777619u;
	return h ^ (h >> 15);
}

static void
place(size_t i)
{
	uint32_t at = hash(rows[i]->name) % SLOTS;

	while (slots[at])
		at = (at + 1) % SLOTS;
	slots[at] = (uint16_t)(i + 1);
}

/* Families are sorted already: a merge by repeated smallest head is quick enough for thirty of them. */
static void
build(void)
{
	const mg_op *head[MG_COUNT(families)];
	size_t i;

	for (i = 0; i < MG_COUNT(families); i++)
		head[i] = families[i];
	for (;;) {
		size_t best = MG_COUNT(families);

		for (i = 0; i < MG_COUNT(families); i++)
			if (head[i]->name && (best == MG_COUNT(families) || strcmp(head[i]->name, head[best]->name) < 0))
				best = i;
		if (best == MG_COUNT(families))
			break;
		assert(row_count < MAX_OPS);
		assert(row_count == 0 || strcmp(rows[row_count - 1]->name, head[best]->name) < 0);
		rows[row_count++] = head[best]++;
	}
	for (i = 0; i < row_count; i++)
		place(i);
}

static const mg_op_def *
definition(size_t i)
{
	const mg_op_def *def = atomic_load_explicit(&defs[i], memory_order_acquire);

	if (def)
		return def;
	mg_lock(&lock);
	def = atomic_load_explicit(&defs[i], memory_order_relaxed);
	if (!def) {
		def = mg_spec_parse(&pool, rows[i]);
		atomic_store_explicit(&defs[i], def, memory_order_release);
	}
	mg_unlock(&lock);
	return def;
}

static const mg_op *
row_find(const char *name, size_t *index)
{
	uint32_t at;

	pthread_once(&once, build);
	for (at = hash(name) % SLOTS; slots[at]; at = (at + 1) % SLOTS) {
		size_t i = slots[at] - 1u;

		if (strcmp(rows[i]->name, name) == 0) {
			*index = i;
			return rows[i];
		}
	}
	return NULL;
}

const mg_op_def *
mg_op_find(const char *name)
{
	size_t i;

	const mg_custom *custom;

	if (row_find(name, &i))
		return definition(i);
	return (custom = mg_custom_find(name)) != NULL ? &custom->def : NULL;
}

size_t
mg_op_count(void)
{
	pthread_once(&once, build);
	return row_count;
}

const mg_op_def *
mg_op_at(size_t i)
{
	pthread_once(&once, build);
	assert(i < row_count);
	return definition(i);
}

const char *
mg_op_tier(const mg_op_def *op)
{
	static const char *const names[] = { "P0", "P1", "P2", "P3" };
	size_t i;
	const mg_op *row = row_find(op->name, &i);

	return row ? names[row->tier] : "P3";
}

const mg_op_attr *
mg_op_attr_find(const mg_op_def *op, const char *name)
{
	for (int i = 0; i < op->attr_count; i++)
		if (op->attrs[i].name[0] == name[0] && strcmp(op->attrs[i].name, name) == 0)
			return &op->attrs[i];
	return NULL;
}
