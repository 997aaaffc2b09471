/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue.c - queues.
 *
 * Waiters stand in two lines, putters and takers; only the head of a line acts.  They wake up by the queue's condition, and from time
 * to time to see whether their run was cancelled.
 *
 * States: open; closing (a close waits for the putters that came before it, later ones are refused); closed.
 */
#include "base/base.h"
#include "base/clock.h"
#include "base/vec.h"
#include "runtime/kernels/k_common.h"
#include "runtime/queue.h"

#define NAP 0.02        /* seconds between looks at the run */

const char mg_kind_queue[] = "queue";

typedef struct element {
	mg_tensor *parts;
	int64_t    order;               /* PRIORITY: of two with equal priority the older one first */
} element;

typedef struct waiter {
	struct waiter *next;
} waiter;

struct mg_queue {
	mg_object     object;
	mg_queue_spec spec;
	char         *name;
	mg_mutex      mutex;
	mg_cond       changed;
	MG_VEC(element) ring;           /* cap slots, LEN of them from HEAD */
	size_t        head, count;
	int64_t       orders;
	waiter       *putters, *takers;
	bool          closing, closed;
	int64_t       cancels;          /* raised by a close that cancels the putters */
	mg_philox     philox;
	uint32_t      words[4];
	int           used;
};

static const char *const kind_names[] = { "FIFOQueue", "PaddingFIFOQueue", "RandomShuffleQueue", "PriorityQueue" };

static void
drop_parts(mg_tensor *parts, int n)
{
	for (int i = 0; parts && i < n; i++)
		mg_tensor_clear(&parts[i]);
}

static element *
at(mg_queue *q, size_t i)
{
	return &q->ring.at[(q->head + i) % q->ring.cap];
}

static void
release(mg_object *o)
{
	mg_queue *q = (mg_queue *)o;

	for (size_t i = 0; i < q->count; i++) {
		drop_parts(at(q, i)->parts, q->spec.parts);
		mg_free(at(q, i)->parts);
	}
	for (int i = 0; i < q->spec.parts; i++)
		mg_shape_clear(&q->spec.shapes[i]);
	mg_free(q->ring.at);
	mg_free(q->name);
	mg_cond_clear(&q->changed);
	mg_mutex_clear(&q->mutex);
	mg_free(q);
}

int
mg_queue_new(mg_object **out, const mg_queue_spec *spec, mgreg_error *err)
{
	mg_queue *q;
	int rc = 0;

	if (spec->kind == MG_QUEUE_SHUFFLE && (spec->min_after < 0 || (spec->capacity >= 0 && spec->min_after >= spec->capacity)))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "min_after_dequeue (%lld) must be < capacity (%lld)", (long long)spec->min_after,
			(long long)spec->capacity);
	if (!(q = mg_calloc(1, sizeof(*q))))
		return mg_fail_nomem(err, sizeof(*q));
	if ((rc = mg_mutex_init(&q->mutex, err)) != 0) {
		mg_free(q);
		return rc;
	}
	if ((rc = mg_cond_init(&q->changed, err)) != 0) {
		mg_mutex_clear(&q->mutex);
		mg_free(q);
		return rc;
	}
	atomic_init(&q->object.refs, 1);
	q->object.kind = mg_kind_queue;
	q->object.release = release;
	q->spec = *spec;
	memset(q->spec.shapes, 0, sizeof(q->spec.shapes));
	q->used = 4;
	if (!(q->name = mg_strdup(spec->name))) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	q->spec.name = q->name;
	for (int i = 0; i < spec->parts; i++)
		MG_TRY(mg_shape_copy(&q->spec.shapes[i], &spec->shapes[i], err));
	if (spec->kind == MG_QUEUE_SHUFFLE) {
		uint64_t seeds[2] = { (uint64_t)spec->seed, (uint64_t)spec->seed2 };

		if (!spec->seed && !spec->seed2)
			MG_TRY(mg_random_bytes(seeds, sizeof(seeds), err));
		mg_philox_init(&q->philox, seeds[0], seeds[1]);
	}
out:
	if (rc)
		release(&q->object);
	else
		*out = &q->object;
	return rc;
}

int
mg_queue_fits(const mg_queue *q, const mg_queue_spec *spec, mgreg_error *err)
{
	const mg_queue_spec *have = &q->spec;
	const char *what = NULL;

	if (have->kind != spec->kind)
		what = "kind";
	else if (have->capacity != spec->capacity)
		what = "capacity";
	else if (have->kind == MG_QUEUE_SHUFFLE && have->min_after != spec->min_after)
		what = "min_after_dequeue";
	else if (have->parts != spec->parts || memcmp(have->types, spec->types, (size_t)have->parts * sizeof(*have->types)))
		what = "component types";
	else if (have->shaped != spec->shaped)
		what = "component shapes";
	for (int i = 0; !what && i < have->parts; i++)
		if (!mg_shape_equal(&have->shapes[i], &spec->shapes[i]))
			what = "component shapes";
	return what ? mg_fail(err, MGREG_INVALID_ARGUMENT, "shared queue '%s' has another %s than asked for", q->name, what) : 0;
}

int mg_queue_parts(const mg_queue *q) { return q->spec.parts; }
mg_dtype mg_queue_type(const mg_queue *q, int i) { return q->spec.types[i]; }

/* ---- the store; the mutex is held ---- */

static bool
grow(mg_queue *q)
{
	size_t cap = q->ring.cap ? 2 * q->ring.cap : 16;
	element *bigger;

	if (q->count < q->ring.cap)
		return true;
	if (!(bigger = mg_calloc(cap, sizeof(*bigger))))
		return false;
	for (size_t i = 0; i < q->count; i++)
		bigger[i] = *at(q, i);
	mg_free(q->ring.at);
	q->ring.at = bigger;
	q->ring.cap = cap;
	q->head = 0;
	return true;
}

static bool
before(const element *a, const element *b)
{
	int64_t x = *MG_CDATA(&a->parts[0], int64_t), y = *MG_CDATA(&b->parts[0], int64_t);

	return x != y ? x < y : a->order < b->order;
}

static bool
push(mg_queue *q, element e)
{
	size_t i;

	if (!grow(q))
		return false;
	i = q->count++;
	*at(q, i) = e;
	for (; q->spec.kind == MG_QUEUE_PRIORITY && i > 0 && before(at(q, i), at(q, (i - 1) / 2)); i = (i - 1) / 2) {
		element t = *at(q, i);

		*at(q, i) = *at(q, (i - 1) / 2);
		*at(q, (i - 1) / 2) = t;
	}
	return true;
}

/* Puts back what was taken last. */
static bool
unpop(mg_queue *q, element e)
{
	if (q->spec.kind != MG_QUEUE_FIFO && q->spec.kind != MG_QUEUE_PADDING)
		return push(q, e);
	if (!grow(q))
		return false;
	q->head = (q->head + q->ring.cap - 1) % q->ring.cap;
	q->count++;
	*at(q, 0) = e;
	return true;
}

static uint32_t
next_word(mg_queue *q)
{
	if (q->used == 4) {
		mg_philox_next(&q->philox, q->words);
		q->used = 0;
	}
	return q->words[q->used++];
}

static element
pop(mg_queue *q)
{
	element e;
	size_t i, child;

	if (q->spec.kind == MG_QUEUE_SHUFFLE) {
		i = next_word(q) % q->count;
		e = *at(q, i);
		*at(q, i) = *at(q, q->count - 1);
		q->count--;
		return e;
	}
	e = *at(q, 0);
	if (q->spec.kind != MG_QUEUE_PRIORITY) {
		q->head = (q->head + 1) % q->ring.cap;
		q->count--;
		return e;
	}
	*at(q, 0) = *at(q, --q->count);
	for (i = 0; (child = 2 * i + 1) < q->count; i = child) {
		element t;

		if (child + 1 < q->count && before(at(q, child + 1), at(q, child)))
			child++;
		if (!before(at(q, child), at(q, i)))
			break;
		t = *at(q, i);
		*at(q, i) = *at(q, child);
		*at(q, child) = t;
	}
	return e;
}

/* ---- lines ---- */

static void
join_line(waiter **line, waiter *w)
{
	w->next = NULL;
	while (*line)
		line = &(*line)->next;
	*line = w;
}

static void
leave_line(waiter **line, waiter *w)
{
	while (*line && *line != w)
		line = &(*line)->next;
	if (*line)
		*line = w->next;
}

static int
wait(mg_queue *q, mg_kernel_ctx *k, mgreg_error *err)
{
	mg_cond_wait_for(&q->changed, &q->mutex, NAP);
	return mg_kernel_stopped(k, err);
}

static int
fail_closed(const mg_queue *q, mgreg_error *err)
{
	return mg_fail(err, MGREG_CANCELLED, "%s '%s' is closed", kind_names[q->spec.kind], q->name);
}

/* ---- putting in ---- */

static int
check_part(const mg_queue *q, int i, mg_dtype dtype, const mg_shape *shape, mgreg_error *err)
{
	char a[256], b[256];

	if (dtype != q->spec.types[i])
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "type mismatch in tuple component %d: expected %s, got %s", i, mg_dtype_name(q->spec.types[i]),
			mg_dtype_name(dtype));
	if (q->spec.shaped && !mg_shape_compatible(shape, &q->spec.shapes[i]))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "shape mismatch in tuple component %d: expected %s, got %s", i,
			mg_shape_text(&q->spec.shapes[i], a), mg_shape_text(shape, b));
	return 0;
}

/* Waits for room and puts E in, which is the queue's on success.  The caller stands in line as W. */
static int
put_element(mg_queue *q, mg_kernel_ctx *k, waiter *w, element e, mgreg_error *err)
{
	int64_t cancels = q->cancels;
	int rc;

	while (q->putters != w || (q->spec.capacity >= 0 && (int64_t)q->count >= q->spec.capacity)) {
		if (q->closed || q->cancels != cancels)
			return fail_closed(q, err);
		if ((rc = wait(q, k, err)) != 0)
			return rc;
	}
	if (q->closed)
		return fail_closed(q, err);
	e.order = q->orders++;
	if (!push(q, e))
		return mg_fail_nomem(err, 0);
	mg_cond_broadcast(&q->changed);
	return 0;
}

int
mg_queue_put(mg_queue *q, mg_kernel_ctx *k, mg_tensor *parts, mgreg_error *err)
{
	element e = { .parts = mg_calloc((size_t)q->spec.parts, sizeof(*e.parts)) };
	waiter w;
	int rc = 0;

	if (!e.parts)
		rc = mg_fail_nomem(err, 0);
	for (int i = 0; rc == 0 && i < q->spec.parts; i++)
		rc = check_part(q, i, parts[i].dtype, &parts[i].shape, err);
	if (rc) {
		drop_parts(parts, q->spec.parts);
		mg_free(e.parts);
		return rc;
	}
	for (int i = 0; i < q->spec.parts; i++)
		mg_tensor_move(&e.parts[i], &parts[i]);
	mg_lock(&q->mutex);
	if (q->closing || q->closed) {
		rc = fail_closed(q, err);
	} else {
		join_line(&q->putters, &w);
		rc = put_element(q, k, &w, e, err);
		leave_line(&q->putters, &w);
		mg_cond_broadcast(&q->changed);
	}
	mg_unlock(&q->mutex);
	if (rc) {
		drop_parts(e.parts, q->spec.parts);
		mg_free(e.parts);
	}
	return rc;
}

/* Row I of every part, as tensors of their own. */
static int
cut_row(const mg_queue *q, const mg_tensor *parts, int64_t i, element *out, mgreg_error *err)
{
	int rc = 0;

	*out = (element){ .parts = mg_calloc((size_t)q->spec.parts, sizeof(*out->parts)) };
	if (!out->parts)
		return mg_fail_nomem(err, 0);
	for (int p = 0; rc == 0 && p < q->spec.parts; p++) {
		mg_tensor *row = &out->parts[p];

		if ((rc = mg_tensor_init_dims(row, parts[p].dtype, mg_shape_cdims(&parts[p].shape) + 1, mg_rank(&parts[p]) - 1, err)) == 0)
			rc = mg_k_copy_run(row, 0, &parts[p], i * row->count, row->count, err);
	}
	if (rc) {
		drop_parts(out->parts, q->spec.parts);
		mg_free(out->parts);
	}
	return rc;
}

int
mg_queue_put_many(mg_queue *q, mg_kernel_ctx *k, const mg_tensor *parts, mgreg_error *err)
{
	int64_t rows = 0;
	waiter w;
	int rc = 0;

	for (int i = 0; i < q->spec.parts; i++) {
		mg_shape row = MG_SHAPE_SCALAR;

		if (mg_rank(&parts[i]) < 1)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "component %d of an enqueue of many must have a first dimension", i);
		if (i == 0)
			rows = mg_dim(&parts[0], 0);
		if (mg_dim(&parts[i], 0) != rows)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "all input tensors must have the same size in the 0th dimension: component %d has %lld, expected %lld",
				i, (long long)mg_dim(&parts[i], 0), (long long)rows);
		if ((rc = mg_shape_set(&row, mg_shape_cdims(&parts[i].shape) + 1, mg_rank(&parts[i]) - 1, err)) == 0)
			rc = check_part(q, i, parts[i].dtype, &row, err);
		mg_shape_clear(&row);
		if (rc)
			return rc;
	}
	mg_lock(&q->mutex);
	if (q->closing || q->closed) {
		rc = fail_closed(q, err);
		goto out;
	}
	join_line(&q->putters, &w);
	for (int64_t i = 0; rc == 0 && i < rows; i++) {
		element e;

		if ((rc = cut_row(q, parts, i, &e, err)) != 0)
			break;
		if ((rc = put_element(q, k, &w, e, err)) != 0) {
			drop_parts(e.parts, q->spec.parts);
			mg_free(e.parts);
		}
	}
	leave_line(&q->putters, &w);
	mg_cond_broadcast(&q->changed);
out:
	mg_unlock(&q->mutex);
	return rc;
}

/* ---- taking out ---- */

static bool
may_take(const mg_queue *q)
{
	if (q->spec.kind == MG_QUEUE_SHUFFLE && !q->closed)
		return (int64_t)q->count > q->spec.min_after;
	return q->count > 0;
}

typedef MG_VEC(element) elements;

/* Takes N elements into TAKEN; with UP_TO fewer of a closed queue. */
static int
take_elements(mg_queue *q, mg_kernel_ctx *k, int64_t n, bool up_to, elements *taken, mgreg_error *err)
{
	waiter w;
	int rc = 0;

	mg_lock(&q->mutex);
	join_line(&q->takers, &w);
	while ((int64_t)taken->len < n) {
		if (q->takers == &w && may_take(q)) {
			if (!mg_vec_reserve(taken, taken->len + 1)) {
				rc = mg_fail_nomem(err, 0);
				break;
			}
			taken->at[taken->len++] = pop(q);
			mg_cond_broadcast(&q->changed);
			continue;
		}
		if (q->closed && q->count == 0 && q->takers == &w) {
			if (up_to && taken->len)
				break;
			rc = mg_fail(err, MGREG_OUT_OF_RANGE, "%s '%s' is closed and has insufficient elements (requested %lld, current size %lld)",
				kind_names[q->spec.kind], q->name, (long long)n, (long long)taken->len);
			break;
		}
		if ((rc = wait(q, k, err)) != 0)
			break;
	}
	while (rc && taken->len) {
		element e = taken->at[--taken->len];

		if (!unpop(q, e)) {
			drop_parts(e.parts, q->spec.parts);
			mg_free(e.parts);
		}
	}
	leave_line(&q->takers, &w);
	mg_cond_broadcast(&q->changed);
	mg_unlock(&q->mutex);
	return rc;
}

int
mg_queue_take(mg_queue *q, mg_kernel_ctx *k, mg_tensor *out, mgreg_error *err)
{
	elements taken = { 0 };
	int rc = take_elements(q, k, 1, false, &taken, err);

	if (rc == 0) {
		for (int i = 0; i < q->spec.parts; i++)
			mg_tensor_move(&out[i], &taken.at[0].parts[i]);
		mg_free(taken.at[0].parts);
	}
	mg_vec_clear(&taken);
	return rc;
}

/* Shape of the batch of part P: N and what the elements have, padded to the largest where lengths are open. */
static int
batch_shape(const mg_queue *q, const elements *taken, int p, int64_t n, mg_shape *out, mgreg_error *err)
{
	const mg_shape *declared = &q->spec.shapes[p];
	int64_t dims[MG_MAX_RANK + 1] = { n };
	int rank = declared->rank;

	if (rank < 0 || rank >= MG_MAX_RANK)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "component %d has no known rank", p);
	for (int d = 0; d < rank; d++) {
		int64_t most = mg_shape_dim(declared, d);

		if (most < 0) {
			most = 0;
			for (size_t i = 0; i < taken->len; i++)
				most = MG_MAX(most, mg_dim(&taken->at[i].parts[p], d));
		}
		dims[d + 1] = most;
	}
	return mg_shape_set(out, dims, rank + 1, err);
}

static int
join_part(const mg_queue *q, mg_kernel_ctx *k, const elements *taken, int p, mg_tensor *out, mgreg_error *err)
{
	mg_shape shape = MG_SHAPE_SCALAR;
	int64_t strides[MG_MAX_RANK + 1], own[MG_MAX_RANK + 1], row;
	int rc, rank;

	MG_TRY(batch_shape(q, taken, p, (int64_t)taken->len, &shape, err));
	MG_TRY(mg_tensor_init(out, q->spec.types[p], &shape, err));
	rank = shape.rank - 1;
	row = taken->len ? out->count / (int64_t)taken->len : 0;
	mg_k_strides(mg_shape_cdims(&shape) + 1, rank, strides);
	if (q->spec.kind == MG_QUEUE_PADDING)
		MG_TRY(mg_k_fill(k, out, NULL, 0, err));
	for (size_t i = 0; i < taken->len; i++) {
		const mg_tensor *from = &taken->at[i].parts[p];
		mg_k_view v;

		if (from->count == row) {
			MG_TRY(mg_k_copy_run(out, (int64_t)i * row, from, 0, row, err));
			continue;
		}
		MG_TRY(mg_k_rank_fits(rank, err));
		mg_k_strides(mg_shape_cdims(&from->shape), rank, own);
		mg_k_view_begin(&v);
		v.to_at = (int64_t)i * row;
		for (int d = 0; d < rank; d++)
			mg_k_view_add(&v, mg_dim(from, d), strides[d], own[d]);
		MG_TRY(mg_k_copy(k, out, from, &v, err));
	}
out:
	mg_shape_clear(&shape);
	return rc;
}

int
mg_queue_take_many(mg_queue *q, mg_kernel_ctx *k, int64_t n, bool up_to, mg_tensor *out, mgreg_error *err)
{
	elements taken = { 0 };
	int rc = 0;

	if (n < 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "dequeue of %lld elements: the number must be at least 0", (long long)n);
	for (int i = 0; i < q->spec.parts; i++)
		if (!q->spec.shaped || (q->spec.kind != MG_QUEUE_PADDING && !mg_shape_is_full(&q->spec.shapes[i])) || q->spec.shapes[i].rank < 0)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "%s '%s': a dequeue of many requires the components to have specified shapes",
				kind_names[q->spec.kind], q->name);
	MG_TRY(n ? take_elements(q, k, n, up_to, &taken, err) : 0);
	for (int i = 0; i < q->spec.parts; i++)
		MG_TRY(join_part(q, k, &taken, i, &out[i], err));
out:
	if (rc)
		drop_parts(out, q->spec.parts);
	for (size_t i = 0; i < taken.len; i++) {
		drop_parts(taken.at[i].parts, q->spec.parts);
		mg_free(taken.at[i].parts);
	}
	mg_vec_clear(&taken);
	return rc;
}

/* ---- the rest ---- */

int
mg_queue_close(mg_queue *q, mg_kernel_ctx *k, bool cancel_pending, mgreg_error *err)
{
	int rc = 0;

	mg_lock(&q->mutex);
	if (cancel_pending) {
		q->cancels++;
		q->closing = q->closed = true;
	} else if (q->closing || q->closed) {
		rc = mg_fail(err, MGREG_CANCELLED, "queue '%s' is already closed", q->name);
	} else {
		q->closing = true;
		while (rc == 0 && q->putters && !q->closed)
			rc = wait(q, k, err);
		if (rc == 0)
			q->closed = true;
		else
			q->closing = q->closed;
	}
	mg_cond_broadcast(&q->changed);
	mg_unlock(&q->mutex);
	return rc;
}

int64_t
mg_queue_size(mg_queue *q)
{
	int64_t n;

	mg_lock(&q->mutex);
	n = (int64_t)q->count;
	mg_unlock(&q->mutex);
	return n;
}

bool
mg_queue_is_closed(mg_queue *q)
{
	bool closed;

	mg_lock(&q->mutex);
	closed = q->closed;
	mg_unlock(&q->mutex);
	return closed;
}
