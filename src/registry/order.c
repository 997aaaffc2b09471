/* SPDX-License-Identifier: Apache-2.0 */
/*
 * order.c - the order of rows, batch by batch.
 *
 * An epoch's permutation is drawn anew from a generator seeded with (seed, epoch): nothing runs on from epoch to epoch, so any place is
 * reached without drawing what came before.  The numbers are those of SplitMix64, the same everywhere.
 */
#include "base/base.h"
#include "registry/data.h"

static uint64_t
mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

static uint64_t
draw(uint64_t *state)
{
	return mix(*state += UINT64_C(0x9e3779b97f4a7c15));
}

/* Uniform below N, without bias: the high half of a product, drawn again where it would be uneven. */
static uint64_t
draw_below(uint64_t *state, uint64_t n)
{
	uint64_t floor = -n % n;

	for (;;) {
		unsigned __int128 product = (unsigned __int128)draw(state) * n;

		if ((uint64_t)product >= floor)
			return (uint64_t)(product >> 64);
	}
}

int
mg_order_init(mg_order *o, int64_t rows, int64_t batch, uint64_t seed, bool shuffle, bool keep_short, mgreg_error *err)
{
	memset(o, 0, sizeof(*o));
	if (rows < 1)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "the data has no rows");
	if (batch < 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "a batch of %lld rows", (long long)batch);
	o->permutation = mg_calloc((size_t)rows, sizeof(*o->permutation));
	if (o->permutation == NULL)
		return mg_fail_nomem(err, (size_t)rows * sizeof(*o->permutation));
	o->rows = rows;
	o->batch = batch == 0 || batch > rows ? rows : batch;
	o->seed = seed;
	o->shuffle = shuffle;
	o->keep_short = keep_short;
	o->made = -1;
	return 0;
}

void
mg_order_clear(mg_order *o)
{
	mg_free(o->permutation);
	memset(o, 0, sizeof(*o));
}

static void
make_permutation(mg_order *o)
{
	uint64_t state = mix(o->seed) + mix((uint64_t)o->epoch + 1);

	for (int64_t i = 0; i < o->rows; i++)
		o->permutation[i] = i;
	for (int64_t i = o->rows - 1; o->shuffle && i > 0; i--) {
		int64_t k = (int64_t)draw_below(&state, (uint64_t)i + 1), t = o->permutation[i];

		o->permutation[i] = o->permutation[k];
		o->permutation[k] = t;
	}
	o->made = o->epoch;
}

static int64_t
usable(const mg_order *o)
{
	return o->keep_short ? o->rows : o->rows - o->rows % o->batch;
}

int64_t
mg_order_batches(const mg_order *o)
{
	return (usable(o) + o->batch - 1) / o->batch;
}

int
mg_order_seek(mg_order *o, int64_t epoch, int64_t position, mgreg_error *err)
{
	if (epoch < 0 || position < 0 || position > o->rows)
		return mg_fail(err, MGREG_OUT_OF_RANGE, "row %lld of epoch %lld, there are %lld rows", (long long)position,
			(long long)epoch, (long long)o->rows);
	o->epoch = epoch;
	o->position = position;
	return 0;
}

int
mg_order_next(mg_order *o, const int64_t **rows, int64_t *count, bool *ends, mgreg_error *err)
{
	int64_t left = o->rows - o->position;

	if (left < 1 || (!o->keep_short && left < o->batch)) {
		if (o->epoch == INT64_MAX)
			return mg_fail(err, MGREG_OUT_OF_RANGE, "too many epochs");
		o->epoch++;
		o->position = 0;
		left = o->rows;
	}
	if (o->made != o->epoch)
		make_permutation(o);
	*rows = o->permutation + o->position;
	*count = MG_MIN(left, o->batch);
	o->position += *count;
	left = o->rows - o->position;
	if (ends)
		*ends = left < 1 || (!o->keep_short && left < o->batch);
	return 0;
}
