/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dataset_transforms.c - data sets made of others without a function: repeating, shuffling, batching, caching, windows.
 *
 * The order of a shuffle is TensorFlow's: elements fill a ring of slots; word mod the number of elements of the oldest epoch chooses
 * one, and the first of that epoch takes its place.
 */
#include "base/base.h"
#include "base/clock.h"
#include "base/vec.h"
#include "runtime/dataset.h"
#include "runtime/kernels/k_common.h"

static int
numbers_from(mg_kernel_ctx *k, mg_dataset *d, int first, int n, mgreg_error *err)
{
	int rc = 0;

	for (int i = 0; i < n && rc == 0; i++)
		rc = mg_k_scalar(mg_kernel_input(k, first + i), "an input of the dataset", &d->number[i], err);
	return rc;
}

static int
same_parts(mg_kernel_ctx *k, mg_dataset *d, mgreg_error *err)
{
	(void)k, (void)err;
	d->parts = d->in[0]->parts;
	return 0;
}

static int
pass(mg_walk *w, mg_kernel_ctx *k, mg_tensor *out, bool *end, mgreg_error *err)
{
	return mg_walk_next(w->in[0], k, out, end, err);
}

/* Input I from its beginning. */
static int
again(mg_walk *w, int i, mgreg_error *err)
{
	mg_walk_end(w->in[i]);
	w->in[i] = NULL;
	return mg_walk_begin(&w->in[i], w->d->in[i], err);
}

/* ---- Repeat, Skip, Take, Shard ---- */

static int
count_make(mg_kernel_ctx *k, mg_dataset *d, mgreg_error *err)
{
	d->parts = d->in[0]->parts;
	return numbers_from(k, d, 1, 1, err);
}

static int
repeat_next(mg_walk *w, mg_kernel_ctx *k, mg_tensor *out, bool *end, mgreg_error *err)
{
	int64_t times = w->d->number[0];
	int rc;

	for (;;) {
		if ((*end = times >= 0 && w->count >= times))
			return 0;
		if ((rc = mg_walk_next(w->in[0], k, out, end, err)) != 0)
			return rc;
		if (!*end) {
			w->number[0]++;
			return 0;
		}
		if (times < 0 && w->number[0] == 0)     /* for ever nothing */
			return 0;
		w->count++;
		w->number[0] = 0;
		if ((times < 0 || w->count < times) && (rc = again(w, 0, err)) != 0)
			return rc;
	}
}

static int
skip_next(mg_walk *w, mg_kernel_ctx *k, mg_tensor *out, bool *end, mgreg_error *err)
{
	int64_t n = w->d->number[0];
	int rc;

	if ((*end = n < 0))
		return 0;
	while (w->count < n) {
		if ((rc = mg_walk_next(w->in[0], k, out, end, err)) != 0 || *end)
			return rc;
		mg_drop_parts(out, w->d->parts);
		w->count++;
	}
	return mg_walk_next(w->in[0], k, out, end, err);
}

static int
take_next(mg_walk *w, mg_kernel_ctx *k, mg_tensor *out, bool *end, mgreg_error *err)
{
	int64_t n = w->d->number[0];

	if ((*end = n >= 0 && w->count >= n))
		return 0;
	w->count++;
	return mg_walk_next(w->in[0], k, out, end, err);
}

static int
shard_make(mg_kernel_ctx *k, mg_dataset *d, mgreg_error *err)
{
	int rc = numbers_from(k, d, 1, 2, err);

	d->parts = d->in[0]->parts;
	if (rc == 0 && (d->number[0] <= 0 || d->number[1] < 0 || d->number[1] >= d->number[0]))
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "index must be between 0 and %lld (currently index = %lld)", (long long)d->number[0] - 1,
			(long long)d->number[1]);
	return rc;
}

static int
shard_next(mg_walk *w, mg_kernel_ctx *k, mg_tensor *out, bool *end, mgreg_error *err)
{
	int rc;

	for (;;) {
		if ((rc = mg_walk_next(w->in[0], k, out, end, err)) != 0 || *end)
			return rc;
		if (w->count++ % w->d->number[0] == w->d->number[1])
			return 0;
		mg_drop_parts(out, w->d->parts);
	}
}

/* ---- Concatenate, Zip ---- */

static int
concatenate_make(mg_kernel_ctx *k, mg_dataset *d, mgreg_error *err)
{
	(void)k;
	d->parts = d->in[0]->parts;
	return d->in[1]->parts == d->parts ? 0 : mg_fail(err, MGREG_INVALID_ARGUMENT, "datasets to concatenate have elements of %d and %d parts", d->parts,
		d->in[1]->parts);
}

static int
concatenate_next(mg_walk *w, mg_kernel_ctx *k, mg_tensor *out, bool *end, mgreg_error *err)
{
	int rc;

	while (w->count < 2) {
		if ((rc = mg_walk_next(w->in[w->count], k, out, end, err)) != 0 || !*end)
			return rc;
		w->count++;
	}
	*end = true;
	return 0;
}

static int
zip_make(mg_kernel_ctx *k, mg_dataset *d, mgreg_error *err)
{
	(void)k, (void)err;
	d->parts = 0;
	for (int i = 0; i < d->in_count; i++)
		d->parts += d->in[i]->parts;
	return 0;
}

static int
zip_next(mg_walk *w, mg_kernel_ctx *k, mg_tensor *out, bool *end, mgreg_error *err)
{
	int at = 0, rc;

	for (int i = 0; i < w->d->in_count; i++) {
		if ((rc = mg_walk_next(w->in[i], k, out + at, end, err)) != 0 || *end)
			return rc;
		at += w->d->in[i]->parts;
	}
	return 0;
}

/* ---- Shuffle ---- */

typedef struct slice { int64_t start, end; } slice;

typedef struct shuffle {
	mg_tensor *slots;               /* size * parts */
	int64_t    size, held, epoch, seen;
	MG_VEC(slice) slices;
	size_t     first;               /* slice */
	bool       over;
	mg_philox  p;
	uint32_t   words[4];
	int        used;
} shuffle;

#define SHUFFLE_MAX ((int64_t)1 << 28)

static int
shuffle_make(mg_kernel_ctx *k, mg_dataset *d, mgreg_error *err)
{
	bool repeats = strstr(d->kind->op, "Repeat") != NULL;
	int64_t seed[2];
	int rc = numbers_from(k, d, 1, repeats ? 4 : 3, err);

	d->parts = d->in[0]->parts;
	if (rc)
		return rc;
	if (d->number[0] <= 0 || d->number[0] > SHUFFLE_MAX)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "buffer_size must be greater than zero");
	if (!repeats)
		d->number[3] = 1;
	else if (d->number[3] == 0 || d->number[3] < -1)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "count must be greater than zero or equal to -1");
	seed[0] = d->number[1];
	seed[1] = d->number[2];
	if (!seed[0] && !seed[1] && (rc = mg_random_bytes(seed, sizeof(seed), err)) != 0)
		return rc;
	d->number[1] = seed[0];
	d->number[2] = seed[1];
	d->number[4] = !repeats && mg_k_attr_bool(mg_kernel_attrs(k), "reshuffle_each_iteration", true);
	mg_philox_init(&d->philox, (uint64_t)seed[0], (uint64_t)seed[1]);
	return 0;
}

static int
shuffle_begin(mg_walk *w, mgreg_error *err)
{
	mg_dataset *d = w->d;
	shuffle *s = mg_calloc(1, sizeof(*s));
	uint64_t seed[2] = { (uint64_t)d->number[1], (uint64_t)d->number[2] };
	slice whole = { 0, 0 };

	if (!(w->state = s))
		return mg_fail_nomem(err, sizeof(*s));
	s->size = d->number[0];
	s->used = 4;
	if (d->number[4]) {             /* each iterator draws its own seeds */
		mg_lock(&d->mutex);
		seed[0] = mg_words_next(&d->philox, d->words, &d->used);
		seed[1] = mg_words_next(&d->philox, d->words, &d->used);
		mg_unlock(&d->mutex);
	}
	mg_philox_init(&s->p, seed[0], seed[1]);
	return mg_vec_push(&s->slices, whole) ? 0 : mg_fail_nomem(err, 0);
}

static mg_tensor *
slot(const mg_walk *w, const shuffle *s, int64_t i)
{
	return &s->slots[i % s->size * w->d->parts];
}

/* Slots are made as they are needed: a huge buffer over a small data set stays small. */
static int
more_slots(mg_walk *w, shuffle *s, int64_t want, mgreg_error *err)
{
	size_t parts = (size_t)MG_MAX(w->d->parts, 1), have = (size_t)s->seen, n = MG_MIN((size_t)s->size, MG_MAX((size_t)want, 2 * have));
	mg_tensor *grown;

	if (want <= s->seen)
		return 0;
	if (!(grown = mg_resize(s->slots, n * parts, sizeof(*grown))))
		return mg_fail_nomem(err, n * parts * sizeof(*grown));
	memset(grown + have * parts, 0, (n - have) * parts * sizeof(*grown));
	s->slots = grown;
	s->seen = (int64_t)n;
	return 0;
}

static int
fill_buffer(mg_walk *w, shuffle *s, mg_kernel_ctx *k, mg_tensor *out, mgreg_error *err)
{
	int64_t times = w->d->number[3];
	int rc;

	while (!s->over && s->held < s->size) {
		slice *last = &s->slices.at[s->slices.len - 1], next;
		bool end;

		if ((rc = mg_walk_next(w->in[0], k, out, &end, err)) != 0)
			return rc;
		if (!end) {
			if ((rc = more_slots(w, s, MG_MIN(last->end + 1, s->size), err)) != 0) {
				mg_drop_parts(out, w->d->parts);
				return rc;
			}
			for (int i = 0; i < w->d->parts; i++)
				mg_tensor_move(&slot(w, s, last->end)[i], &out[i]);
			last->end++;
			s->held++;
			w->count++;
			continue;
		}
		s->epoch++;
		if ((times >= 0 && s->epoch >= times) || w->count == 0) {
			s->over = true;
			break;
		}
		next = (slice){ last->end, last->end };
		if (!mg_vec_push(&s->slices, next))
			return mg_fail_nomem(err, 0);
		if ((rc = again(w, 0, err)) != 0)
			return rc;
	}
	return 0;
}

static int
shuffle_next(mg_walk *w, mg_kernel_ctx *k, mg_tensor *out, bool *end, mgreg_error *err)
{
	shuffle *s = w->state;
	slice *first;
	int64_t at;
	int rc;

	if ((rc = fill_buffer(w, s, k, out, err)) != 0)
		return rc;
	if ((*end = s->held == 0))
		return 0;
	while (s->slices.at[s->first].start == s->slices.at[s->first].end)
		s->first++;
	first = &s->slices.at[s->first];
	at = first->start + mg_words_next(&s->p, s->words, &s->used) % (first->end - first->start);
	for (int i = 0; i < w->d->parts; i++) {
		mg_tensor_move(&out[i], &slot(w, s, at)[i]);
		if (at != first->start)
			mg_tensor_move(&slot(w, s, at)[i], &slot(w, s, first->start)[i]);
	}
	first->start++;
	s->held--;
	return 0;
}

static void
shuffle_end(mg_walk *w)
{
	shuffle *s = w->state;

	if (!s)
		return;
	for (int64_t i = 0; s->slots && i < s->seen * w->d->parts; i++)
		mg_tensor_clear(&s->slots[i]);
	mg_free(s->slots);
	mg_vec_clear(&s->slices);
	mg_free(s);
}

/* ---- Batch, PaddedBatch ---- */

#define BATCH_MAX ((int64_t)1 << 26)

static int
batch_make(mg_kernel_ctx *k, mg_dataset *d, mgreg_error *err)
{
	int rc = numbers_from(k, d, 1, 1, err);

	d->parts = d->in[0]->parts;
	if (rc)
		return rc;
	if (d->number[0] <= 0 || d->number[0] > BATCH_MAX)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "batch size must be greater than zero");
	if (mg_kernel_input_count(k) > 2)
		d->number[1] = MG_CDATA(mg_kernel_input(k, 2), bool)[0];
	return 0;
}

typedef MG_VEC(mg_tensor) tensors;

/* Up to N elements of input 0 into LIST, element after element. */
static int
gather(mg_walk *w, mg_kernel_ctx *k, int64_t n, tensors *list, int64_t *got, mgreg_error *err)
{
	size_t parts = (size_t)w->d->in[0]->parts;
	bool end = false;
	int rc = 0;

	for (*got = 0; *got < n; ++*got) {
		if (!mg_vec_reserve(list, list->len + parts))
			return mg_fail_nomem(err, 0);
		memset(list->at + list->len, 0, parts * sizeof(*list->at));
		if ((rc = mg_walk_next(w->in[0], k, list->at + list->len, &end, err)) != 0 || end)
			break;
		list->len += parts;
	}
	return rc;
}

static void
drop_list(tensors *list)
{
	mg_drop_parts(list->at, (int)list->len);
	mg_vec_clear(list);
}

static int
batch_next(mg_walk *w, mg_kernel_ctx *k, mg_tensor *out, bool *end, mgreg_error *err)
{
	tensors list = { 0 };
	int64_t got;
	int rc;

	if ((*end = w->count))
		return 0;
	MG_TRY(gather(w, k, w->d->number[0], &list, &got, err));
	w->count = got < w->d->number[0];
	if ((*end = got == 0 || (w->count && w->d->number[1])))
		goto out;
	rc = mg_stack_elements(list.at, got, w->d->parts, out, err);
out:
	drop_list(&list);
	return rc;
}

/* Tensors: a padded shape for each part, then a padding value for each. */
static int
padded_make(mg_kernel_ctx *k, mg_dataset *d, mgreg_error *err)
{
	int n = d->in[0]->parts, rc = numbers_from(k, d, 1, 1, err);

	d->parts = n;
	if (rc)
		return rc;
	if (d->number[0] <= 0 || d->number[0] > BATCH_MAX)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "batch size must be greater than zero");
	if (mg_kernel_input_count(k) < 2 + 2 * n)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "number of padded shapes does not match the number of components (%d)", n);
	if (mg_kernel_input_count(k) > 2 + 2 * n)
		d->number[1] = MG_CDATA(mg_kernel_input(k, 2 + 2 * n), bool)[0];
	if (!(d->tensors = mg_calloc((size_t)(2 * n) + 1, sizeof(*d->tensors))))
		return mg_fail_nomem(err, 0);
	for (; d->tensor_count < 2 * n && rc == 0; d->tensor_count++) {
		const mg_tensor *t = mg_kernel_input(k, 2 + d->tensor_count);

		if (d->tensor_count < n ? mg_rank(t) != 1 : t->count != 1)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "padded shapes must be vectors and padding values scalars");
		if ((rc = mg_tensor_copy(&d->tensors[d->tensor_count], t, err)) != 0)
			return rc;
	}
	return 0;
}

static int
pad_part(const mg_walk *w, mg_kernel_ctx *k, const tensors *list, int64_t n, int p, mg_tensor *out, mgreg_error *err)
{
	const mg_tensor *shape = &w->d->tensors[p], *value = &w->d->tensors[w->d->parts + p];
	int64_t dims[MG_MAX_RANK + 1] = { n }, strides[MG_MAX_RANK + 1], own[MG_MAX_RANK + 1];
	int rank = (int)shape->count, rc;

	if ((rc = mg_k_rank_fits(rank, err)) != 0)
		return rc;
	for (int d = 0; d < rank; d++)
		dims[d + 1] = MG_CDATA(shape, int64_t)[d];
	for (int64_t i = 0; i < n; i++) {
		const mg_tensor *e = &list->at[i * w->d->parts + p];

		if (mg_rank(e) != rank)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "all elements in a batch must have the same rank as the padded shape for component %d: expected %d, got %d", p,
				rank, mg_rank(e));
		for (int d = 0; d < rank; d++) {
			if (MG_CDATA(shape, int64_t)[d] < 0)
				dims[d + 1] = MG_MAX(dims[d + 1], mg_dim(e, d));
			else if (mg_dim(e, d) > dims[d + 1])
				return mg_fail(err, MGREG_DATA_LOSS, "attempted to pad to a smaller size than the input element");
		}
	}
	for (int d = 1; d <= rank; d++)
		dims[d] = MG_MAX(dims[d], (int64_t)0);
	if ((rc = mg_tensor_init_dims(out, list->at[p].dtype, dims, rank + 1, err)) != 0)
		return rc;
	if (value->dtype != out->dtype)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "the padding of component %d has dtype %s, expected %s", p, mg_dtype_name(value->dtype), mg_dtype_name(out->dtype));
	if ((rc = mg_k_fill(k, out, value, 0, err)) != 0)
		return rc;
	mg_k_strides(dims, rank + 1, strides);
	for (int64_t i = 0; i < n && rc == 0; i++) {
		const mg_tensor *e = &list->at[i * w->d->parts + p];
		mg_k_view v;

		mg_k_strides(mg_shape_cdims(&e->shape), rank, own);
		mg_k_view_begin(&v);
		v.to_at = i * strides[0];
		for (int d = 0; d < rank; d++)
			mg_k_view_add(&v, mg_dim(e, d), strides[d + 1], own[d]);
		rc = mg_k_copy(k, out, e, &v, err);
	}
	return rc;
}

static int
padded_next(mg_walk *w, mg_kernel_ctx *k, mg_tensor *out, bool *end, mgreg_error *err)
{
	tensors list = { 0 };
	int64_t got;
	int rc;

	if ((*end = w->count))
		return 0;
	MG_TRY(gather(w, k, w->d->number[0], &list, &got, err));
	w->count = got < w->d->number[0];
	if ((*end = got == 0 || (w->count && w->d->number[1])))
		goto out;
	for (int p = 0; p < w->d->parts; p++)
		MG_TRY(pad_part(w, k, &list, got, p, &out[p], err));
out:
	drop_list(&list);
	return rc;
}

/* ---- Unbatch ---- */

typedef struct unbatch { mg_tensor *parts; int64_t rows, at; } unbatch;

static int
unbatch_begin(mg_walk *w, mgreg_error *err)
{
	unbatch *u = mg_calloc(1, sizeof(*u));

	if (!(w->state = u))
		return mg_fail_nomem(err, 0);
	u->parts = mg_calloc((size_t)w->d->parts + 1, sizeof(*u->parts));
	return u->parts ? 0 : mg_fail_nomem(err, 0);
}

static int
unbatch_next(mg_walk *w, mg_kernel_ctx *k, mg_tensor *out, bool *end, mgreg_error *err)
{
	unbatch *u = w->state;
	int rc = 0;

	while (u->at >= u->rows) {
		mg_drop_parts(u->parts, w->d->parts);
		if ((rc = mg_walk_next(w->in[0], k, u->parts, end, err)) != 0 || *end)
			return rc;
		u->at = 0;
		u->rows = mg_rank(&u->parts[0]) ? mg_dim(&u->parts[0], 0) : -1;
		for (int i = 0; i < w->d->parts; i++)
			if (mg_rank(&u->parts[i]) < 1 || mg_dim(&u->parts[i], 0) != u->rows)
				return mg_fail(err, MGREG_INVALID_ARGUMENT, "unbatch requires components of one batch size, of rank 1 or more");
	}
	for (int i = 0; i < w->d->parts && rc == 0; i++) {
		const mg_tensor *t = &u->parts[i];

		if ((rc = mg_tensor_init_dims(&out[i], t->dtype, mg_shape_cdims(&t->shape) + 1, mg_rank(t) - 1, err)) == 0)
			rc = mg_k_copy_run(&out[i], 0, t, u->at * out[i].count, out[i].count, err);
	}
	u->at++;
	return rc;
}

static void
unbatch_end(mg_walk *w)
{
	unbatch *u = w->state;

	if (u)
		mg_drop_parts(u->parts, u->parts ? w->d->parts : 0);
	if (u)
		mg_free(u->parts);
	mg_free(u);
}

/* ---- Cache: the first iterator that comes to the end leaves the elements for the others ---- */

static int
cache_make(mg_kernel_ctx *k, mg_dataset *d, mgreg_error *err)
{
	(void)k;
	d->parts = d->in[0]->parts;
	return (d->memory = mg_calloc(1, sizeof(*d->memory))) ? 0 : mg_fail_nomem(err, 0);
}

static int
cache_begin(mg_walk *w, mgreg_error *err)
{
	tensors *own = mg_calloc(1, sizeof(*own));

	mg_lock(&w->d->mutex);
	w->number[0] = w->d->memory->whole;
	mg_unlock(&w->d->mutex);
	return (w->state = own) ? 0 : mg_fail_nomem(err, 0);
}

static int
cache_next(mg_walk *w, mg_kernel_ctx *k, mg_tensor *out, bool *end, mgreg_error *err)
{
	struct mg_memory *m = w->d->memory;
	size_t parts = (size_t)w->d->parts;
	tensors *own = w->state;
	int rc;

	if (w->number[0]) {
		if ((*end = (size_t)w->count * parts >= m->len))
			return 0;
		for (size_t i = 0; i < parts; i++)
			if ((rc = mg_tensor_share(&out[i], &m->elements[(size_t)w->count * parts + i], err)) != 0)
				return rc;
		w->count++;
		return 0;
	}
	if ((rc = mg_walk_next(w->in[0], k, out, end, err)) != 0)
		return rc;
	if (*end) {
		mg_lock(&w->d->mutex);
		if (!m->whole) {
			m->elements = own->at;
			m->len = own->len;
			m->whole = true;
			*own = (tensors){ 0 };
		}
		mg_unlock(&w->d->mutex);
		return 0;
	}
	if (!mg_vec_reserve(own, own->len + parts))
		return mg_fail_nomem(err, 0);
	for (size_t i = 0; i < parts; i++) {
		own->at[own->len] = (mg_tensor){ 0 };
		if ((rc = mg_tensor_share(&own->at[own->len], &out[i], err)) != 0)
			return rc;
		own->len++;
	}
	return 0;
}

static void
cache_end(mg_walk *w)
{
	if (w->state)
		drop_list(w->state);
	mg_free(w->state);
}

/* ---- Window: an element is a data set for each part ---- */

static int
list_next(mg_walk *w, mg_kernel_ctx *k, mg_tensor *out, bool *end, mgreg_error *err)
{
	(void)k;
	if ((*end = w->count * w->d->parts >= w->d->tensor_count))
		return 0;
	for (int i = 0; i < w->d->parts; i++) {
		int rc = mg_tensor_share(&out[i], &w->d->tensors[w->count * w->d->parts + i], err);

		if (rc)
			return rc;
	}
	w->count++;
	return 0;
}

static const mg_dataset_kind list_kind = { "WindowOp", NULL, NULL, list_next, NULL, 0, NULL, NULL };

static int
window_make(mg_kernel_ctx *k, mg_dataset *d, mgreg_error *err)
{
	int rc = numbers_from(k, d, 1, 3, err);

	d->parts = d->in[0]->parts;
	if (rc == 0 && (d->number[0] <= 0 || d->number[1] <= 0 || d->number[2] <= 0 || d->number[0] > BATCH_MAX || d->number[1] > BATCH_MAX || d->number[2] > BATCH_MAX))
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "window size, shift and stride must be greater than zero");
	if (rc == 0)
		d->number[3] = mg_kernel_input_count(k) > 4 ? MG_CDATA(mg_kernel_input(k, 4), bool)[0] : true;
	return rc;
}

static int
window_begin(mg_walk *w, mgreg_error *err)
{
	return (w->state = mg_calloc(1, sizeof(tensors))) ? 0 : mg_fail_nomem(err, 0);
}

/* Number of elements between the first and the last of a window. */
static int64_t
window_reach(const mg_dataset *d)
{
	return (d->number[0] - 1) * d->number[2] + 1;
}

/* Every STRIDE-th of the buffered elements, N at most, as data sets. */
static int
window_put(mg_walk *w, const tensors *buffer, int64_t n, bool slide, mg_tensor *out, mgreg_error *err)
{
	int parts = w->d->parts, rc = 0;
	int64_t stride = w->d->number[2];

	for (int p = 0; p < parts && rc == 0; p++) {
		mg_dataset *d;

		if ((rc = mg_dataset_new(&d, w->d->session, &list_kind, 1, err)) != 0)
			return rc;
		if (!(d->tensors = mg_calloc((size_t)n + 1, sizeof(*d->tensors))))
			rc = mg_fail_nomem(err, 0);
		for (; d->tensor_count < n && rc == 0; d->tensor_count += rc == 0)
			rc = mg_tensor_share(&d->tensors[d->tensor_count], &buffer->at[d->tensor_count * stride * parts + p], err);
		if (rc)
			mg_object_unref(&d->object);
		else
			rc = slide ? mg_stack_elements(d->tensors, n, 1, &out[p], err) : mg_variant_of(&out[p], &d->object, err);
		if (slide && rc == 0)
			mg_object_unref(&d->object);
	}
	return rc;
}

static int
window_step(mg_walk *w, mg_kernel_ctx *k, bool slide, mg_tensor *out, bool *end, mgreg_error *err)
{
	const mg_dataset *d = w->d;
	int64_t parts = d->parts, reach = window_reach(d), got, n;
	tensors *buffer = w->state;
	size_t drop;
	int rc;

	if (parts == 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "a window needs elements of at least one part");
	for (; w->number[0] > 0 && !w->number[1]; w->number[0]--) {   /* a shift beyond the window */
		bool over;

		if ((rc = mg_walk_next(w->in[0], k, out, &over, err)) != 0)
			return rc;
		mg_drop_parts(out, (int)parts);
		w->number[1] = over;
	}
	if (!w->number[1] && (int64_t)buffer->len / parts < reach) {
		int64_t want = reach - (int64_t)buffer->len / parts;

		if ((rc = gather(w, k, want, buffer, &got, err)) != 0)
			return rc;
		w->number[1] = got < want;
	}
	got = (int64_t)buffer->len / parts;
	if ((*end = got == 0 || (got < reach && d->number[3])))
		return 0;
	n = MG_MIN(d->number[0], (got + d->number[2] - 1) / d->number[2]);
	if ((rc = window_put(w, buffer, n, slide, out, err)) != 0)
		return rc;
	drop = (size_t)(MG_MIN(d->number[1], got) * parts);
	w->number[0] = MG_MAX(d->number[1] - got, (int64_t)0);
	mg_drop_parts(buffer->at, (int)drop);
	memmove(buffer->at, buffer->at + drop, (buffer->len - drop) * sizeof(*buffer->at));
	buffer->len -= drop;
	return 0;
}

static int
window_next(mg_walk *w, mg_kernel_ctx *k, mg_tensor *out, bool *end, mgreg_error *err)
{
	return window_step(w, k, false, out, end, err);
}

static int
slide_next(mg_walk *w, mg_kernel_ctx *k, mg_tensor *out, bool *end, mgreg_error *err)
{
	return window_step(w, k, true, out, end, err);
}

/* ---- IgnoreErrors ---- */

static int
ignore_next(mg_walk *w, mg_kernel_ctx *k, mg_tensor *out, bool *end, mgreg_error *err)
{
	for (;;) {
		int rc = mg_walk_next(w->in[0], k, out, end, err);

		if (rc == 0 || rc == MGREG_CANCELLED || rc == MGREG_DEADLINE_EXCEEDED || rc == MGREG_RESOURCE_EXHAUSTED)
			return rc;
		mg_error_clear(err);
	}
}

#define PASS(op) { op, same_parts, NULL, pass, NULL, 1, NULL, NULL }
const mg_dataset_kind mg_dataset_transforms[] = {
	{ "RepeatDataset", count_make, NULL, repeat_next, NULL, 1, NULL, NULL },
	{ "SkipDataset", count_make, NULL, skip_next, NULL, 1, NULL, NULL },
	{ "TakeDataset", count_make, NULL, take_next, NULL, 1, NULL, NULL },
	{ "ShardDataset", shard_make, NULL, shard_next, NULL, 1, NULL, NULL },
	{ "ConcatenateDataset", concatenate_make, NULL, concatenate_next, NULL, 2, NULL, NULL },
	{ "ZipDataset", zip_make, NULL, zip_next, NULL, -1, NULL, NULL },
	{ "ShuffleDataset", shuffle_make, shuffle_begin, shuffle_next, shuffle_end, 1, NULL, NULL },
	{ "ShuffleAndRepeatDataset", shuffle_make, shuffle_begin, shuffle_next, shuffle_end, 1, NULL, NULL },
	{ "BatchDataset", batch_make, NULL, batch_next, NULL, 1, NULL, NULL },
	{ "BatchDatasetV2", batch_make, NULL, batch_next, NULL, 1, NULL, NULL },
	{ "PaddedBatchDataset", padded_make, NULL, padded_next, NULL, 1, NULL, NULL },
	{ "PaddedBatchDatasetV2", padded_make, NULL, padded_next, NULL, 1, NULL, NULL },
	{ "UnbatchDataset", same_parts, unbatch_begin, unbatch_next, unbatch_end, 1, NULL, NULL },
	{ "ExperimentalUnbatchDataset", same_parts, unbatch_begin, unbatch_next, unbatch_end, 1, NULL, NULL },
	{ "CacheDataset", cache_make, cache_begin, cache_next, cache_end, 1, NULL, NULL },
	{ "WindowDataset", window_make, window_begin, window_next, cache_end, 1, NULL, NULL },
	{ "SlidingWindowDataset", window_make, window_begin, slide_next, cache_end, 1, NULL, NULL },
	{ "ExperimentalSlidingWindowDataset", window_make, window_begin, slide_next, cache_end, 1, NULL, NULL },
	{ "SlideDataset", window_make, window_begin, slide_next, cache_end, 1, NULL, NULL },
	{ "IgnoreErrorsDataset", same_parts, NULL, ignore_next, NULL, 1, NULL, NULL },
	{ "ExperimentalIgnoreErrorsDataset", same_parts, NULL, ignore_next, NULL, 1, NULL, NULL },
	PASS("PrefetchDataset"), PASS("OptimizeDataset"), PASS("OptimizeDatasetV2"), PASS("ModelDataset"), PASS("OptionsDataset"), PASS("FinalizeDataset"),
	PASS("AssertNextDataset"), PASS("ExperimentalAssertNextDataset"), PASS("NonSerializableDataset"), PASS("ExperimentalNonSerializableDataset"),
	PASS("MaxIntraOpParallelismDataset"), PASS("ExperimentalMaxIntraOpParallelismDataset"), PASS("PrivateThreadPoolDataset"),
	PASS("ExperimentalPrivateThreadPoolDataset"), PASS("LatencyStatsDataset"), PASS("ExperimentalLatencyStatsDataset"),
	PASS("BytesProducedStatsDataset"), PASS("ExperimentalBytesProducedStatsDataset"),
	{ .op = NULL }
};
