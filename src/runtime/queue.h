/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue.h - queues of tuples of tensors: first in first out, padding, shuffling, by priority.
 *
 * Who waits is served in the order of coming.  A dequeue of many takes elements as they come, so that it may ask for more than the
 * capacity; what it took goes back if the queue closes before it has enough.
 */
#ifndef MG_QUEUE_H
#define MG_QUEUE_H

#include "runtime/kernel.h"

enum mg_queue_kind { MG_QUEUE_FIFO, MG_QUEUE_PADDING, MG_QUEUE_SHUFFLE, MG_QUEUE_PRIORITY };
#define MG_QUEUE_PARTS 64

typedef struct mg_queue mg_queue;
extern const char mg_kind_queue[];

typedef struct mg_queue_spec {
	enum mg_queue_kind kind;
	const char *name;               /* for messages */
	int         parts;
	mg_dtype    types[MG_QUEUE_PARTS];
	mg_shape    shapes[MG_QUEUE_PARTS];
	bool        shaped;             /* shapes are given */
	int64_t     capacity;           /* -1: none */
	int64_t     min_after;          /* SHUFFLE */
	int64_t     seed, seed2;
} mg_queue_spec;

int mg_queue_new(mg_object **out, const mg_queue_spec *spec, mgreg_error *err);
/* INVALID_ARGUMENT if Q is not what SPEC asks for. */
int mg_queue_fits(const mg_queue *q, const mg_queue_spec *spec, mgreg_error *err);
int mg_queue_parts(const mg_queue *q);
mg_dtype mg_queue_type(const mg_queue *q, int i);
/* The PARTS tensors are moved in, even on failure. */
int mg_queue_put(mg_queue *q, mg_kernel_ctx *k, mg_tensor *parts, mgreg_error *err);
/* The rows of PARTS, one element each; what was put in before a failure stays in. */
int mg_queue_put_many(mg_queue *q, mg_kernel_ctx *k, const mg_tensor *parts, mgreg_error *err);
/* OUT: as many tensors as the queue has parts, zero on entry. */
int mg_queue_take(mg_queue *q, mg_kernel_ctx *k, mg_tensor *out, mgreg_error *err);
int mg_queue_take_many(mg_queue *q, mg_kernel_ctx *k, int64_t n, bool up_to, mg_tensor *out, mgreg_error *err);
int mg_queue_close(mg_queue *q, mg_kernel_ctx *k, bool cancel_pending, mgreg_error *err);
int64_t mg_queue_size(mg_queue *q);
bool mg_queue_is_closed(mg_queue *q);
#endif
