/* SPDX-License-Identifier: Apache-2.0 */
/* k_queue.c - the ops of queues, older (references to names) and newer (resources) alike. */
#include "runtime/kernels/k_common.h"
#include "runtime/queue.h"
#include "runtime/runtime_internal.h"

/* ---- making one ---- */

static int
read_parts(const mg_attrs *attrs, mg_queue_spec *s, mgreg_error *err)
{
	const Pb__AttrValue__ListValue *types, *shapes;
	int extra = s->kind == MG_QUEUE_PRIORITY, rc = 0;

	if (!mg_attr_get_list(attrs, "component_types", &types) || !mg_attr_get_list(attrs, "shapes", &shapes))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "a queue needs component_types and shapes");
	if (types->n_type + (size_t)extra > MG_QUEUE_PARTS)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "a queue may have at most %d components", MG_QUEUE_PARTS);
	if (shapes->n_shape && shapes->n_shape != types->n_type)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "different number of component types: types %zu, shapes %zu", types->n_type, shapes->n_shape);
	s->parts = (int)types->n_type + extra;
	s->shaped = shapes->n_shape > 0;
	if (extra) {
		s->types[0] = MGREG_INT64;
		s->shapes[0] = MG_SHAPE_SCALAR;
		s->shaped = s->shaped || types->n_type == 0;
	}
	if (s->parts == 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "a queue needs at least one component");
	for (size_t i = 0; i < types->n_type && rc == 0; i++) {
		mg_shape *shape = &s->shapes[(int)i + extra];

		s->types[(int)i + extra] = mg_dtype_base((int)types->type[i]);
		if (s->shaped)
			rc = mg_shape_from_proto(shape, shapes->shape[i], err);
		else
			*shape = MG_SHAPE_UNKNOWN;
		if (rc == 0 && s->shaped && s->kind != MG_QUEUE_PADDING && !mg_shape_is_full(shape))
			rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "the shape of component %zu must be fully defined", i);
	}
	return rc;
}

static int
make(void *arg, mg_object **out, mgreg_error *err)
{
	return mg_queue_new(out, arg, err);
}

static int
queue_prepare(mg_kernel_prep *p, enum mg_queue_kind kind, void **state, mgreg_error *err)
{
	mg_queue_spec s = { .kind = kind };
	char name[600], own[512];
	const char *container;
	mg_slice shared;
	mg_object *q;
	int rc = 0;

	mg_handle_name(p->node, &container, own, sizeof(own));
	if (mg_attr_get_string(p->attrs, "shared_name", &shared) && shared.len && shared.ptr[0] == '_')
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "shared_name '%s' may not start with an underscore", own);
	snprintf(name, sizeof(name), "%s%s", shared.len ? "" : "_0_", own);
	s.name = name;
	s.capacity = mg_k_attr_int(p->attrs, "capacity", -1);
	if (s.capacity < 0)
		s.capacity = -1;
	s.min_after = mg_k_attr_int(p->attrs, "min_after_dequeue", 0);
	s.seed = mg_k_attr_int(p->attrs, "seed", 0);
	s.seed2 = mg_k_attr_int(p->attrs, "seed2", 0);
	MG_TRY(read_parts(p->attrs, &s, err));
	MG_TRY(mg_handle_prepare(p, mg_kind_queue, make, &s, state, &q, err));
	if ((rc = mg_queue_fits((mg_queue *)q, &s, err)) != 0) {
		mg_handle_release(*state);
		*state = NULL;
	}
out:
	for (int i = 0; i < s.parts; i++)
		mg_shape_clear(&s.shapes[i]);
	return rc;
}

static int fifo_prepare(mg_kernel_prep *p, void **state, mgreg_error *err) { return queue_prepare(p, MG_QUEUE_FIFO, state, err); }
static int padding_prepare(mg_kernel_prep *p, void **state, mgreg_error *err) { return queue_prepare(p, MG_QUEUE_PADDING, state, err); }
static int shuffle_prepare(mg_kernel_prep *p, void **state, mgreg_error *err) { return queue_prepare(p, MG_QUEUE_SHUFFLE, state, err); }
static int priority_prepare(mg_kernel_prep *p, void **state, mgreg_error *err) { return queue_prepare(p, MG_QUEUE_PRIORITY, state, err); }

/* ---- using it ---- */

static int
get_queue(mg_kernel_ctx *k, mg_queue **q, mgreg_error *err)
{
	mg_object *o;
	int rc;

	if (mg_k_attr_int(mg_kernel_attrs(k), "timeout_ms", -1) != -1)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "timeout not supported yet: timeout_ms must be -1");
	if ((rc = mg_kernel_object(k, 0, mg_kind_queue, &o, err)) == 0)
		*q = (mg_queue *)o;
	return rc;
}

static void
let_go(mg_queue *q)
{
	mg_object_unref((mg_object *)q);
}

static int
enqueue(mg_kernel_ctx *k, bool many, mgreg_error *err)
{
	mg_tensor parts[MG_QUEUE_PARTS] = { { 0 } };
	int n = mg_kernel_input_count(k) - 1, got = 0, rc;
	mg_queue *q = NULL;

	if ((rc = get_queue(k, &q, err)) != 0)
		return rc;
	if (n != mg_queue_parts(q)) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "%d components for a queue of %d", n, mg_queue_parts(q));
		goto out;
	}
	for (; got < n; got++)
		MG_TRY(many ? mg_tensor_share(&parts[got], mg_kernel_input(k, got + 1), err) : mg_kernel_steal(k, got + 1, &parts[got], err));
	rc = many ? mg_queue_put_many(q, k, parts, err) : mg_queue_put(q, k, parts, err);
out:
	for (int i = 0; i < got; i++)
		mg_tensor_clear(&parts[i]);
	let_go(q);
	return rc;
}

static int enqueue_run(mg_kernel_ctx *k, mgreg_error *err) { return enqueue(k, false, err); }
static int enqueue_many_run(mg_kernel_ctx *k, mgreg_error *err) { return enqueue(k, true, err); }

static int
dequeue(mg_kernel_ctx *k, bool many, bool up_to, mgreg_error *err)
{
	mg_tensor parts[MG_QUEUE_PARTS] = { { 0 } };
	int n = mg_kernel_output_count(k), rc;
	int64_t count = 1;
	mg_queue *q = NULL;

	if ((rc = get_queue(k, &q, err)) != 0)
		return rc;
	for (int i = 0; i < n && i < mg_queue_parts(q); i++)
		if (mg_queue_type(q, i) != mg_dtype_base(mg_kernel_output_type(k, i))) {
			rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "component %d has dtype %s, expected %s", i, mg_dtype_name(mg_queue_type(q, i)),
				mg_dtype_name(mg_kernel_output_type(k, i)));
			goto out;
		}
	if (n != mg_queue_parts(q)) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "%d components of a queue of %d", n, mg_queue_parts(q));
		goto out;
	}
	if (many)
		MG_TRY(mg_k_scalar(mg_kernel_input(k, 1), "n", &count, err));
	MG_TRY(many ? mg_queue_take_many(q, k, count, up_to, parts, err) : mg_queue_take(q, k, parts, err));
	for (int i = 0; i < n; i++)
		mg_kernel_take(k, i, &parts[i]);
out:
	let_go(q);
	return rc;
}

static int dequeue_run(mg_kernel_ctx *k, mgreg_error *err) { return dequeue(k, false, false, err); }
static int dequeue_many_run(mg_kernel_ctx *k, mgreg_error *err) { return dequeue(k, true, false, err); }
static int dequeue_up_to_run(mg_kernel_ctx *k, mgreg_error *err) { return dequeue(k, true, true, err); }

static int
close_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_queue *q = NULL;
	int rc = get_queue(k, &q, err);

	if (rc == 0) {
		rc = mg_queue_close(q, k, mg_k_attr_bool(mg_kernel_attrs(k), "cancel_pending_enqueues", false), err);
		let_go(q);
	}
	return rc;
}

static int
size_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_tensor *out;
	mg_queue *q = NULL;
	int rc = get_queue(k, &q, err);

	if (rc)
		return rc;
	if ((rc = mg_kernel_output_dims(k, 0, NULL, 0, &out, err)) == 0)
		*MG_DATA(out, int32_t) = (int32_t)mg_queue_size(q);
	let_go(q);
	return rc;
}

static int
is_closed_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_tensor *out;
	mg_queue *q = NULL;
	int rc = get_queue(k, &q, err);

	if (rc)
		return rc;
	if ((rc = mg_kernel_output_dims(k, 0, NULL, 0, &out, err)) == 0)
		*MG_DATA(out, bool) = mg_queue_is_closed(q);
	let_go(q);
	return rc;
}

#define MAKER(op, prepare_) { op, NULL, 0, prepare_, mg_handle_run, mg_handle_release, MG_KERNEL_NO_FOLD }
#define USER(op, run_) { op, .run = run_, .flags = MG_KERNEL_NO_FOLD | MG_KERNEL_BLOCKS }
const mg_kernel mg_kernels_queue[] = {
	MAKER("FIFOQueue", fifo_prepare), MAKER("FIFOQueueV2", fifo_prepare),
	MAKER("PaddingFIFOQueue", padding_prepare), MAKER("PaddingFIFOQueueV2", padding_prepare),
	MAKER("RandomShuffleQueue", shuffle_prepare), MAKER("RandomShuffleQueueV2", shuffle_prepare),
	MAKER("PriorityQueue", priority_prepare), MAKER("PriorityQueueV2", priority_prepare),
	USER("QueueEnqueue", enqueue_run), USER("QueueEnqueueV2", enqueue_run),
	USER("QueueEnqueueMany", enqueue_many_run), USER("QueueEnqueueManyV2", enqueue_many_run),
	USER("QueueDequeue", dequeue_run), USER("QueueDequeueV2", dequeue_run),
	USER("QueueDequeueMany", dequeue_many_run), USER("QueueDequeueManyV2", dequeue_many_run),
	USER("QueueDequeueUpTo", dequeue_up_to_run), USER("QueueDequeueUpToV2", dequeue_up_to_run),
	USER("QueueClose", close_run), USER("QueueCloseV2", close_run),
	USER("QueueSize", size_run), USER("QueueSizeV2", size_run),
	USER("QueueIsClosed", is_closed_run), USER("QueueIsClosedV2", is_closed_run),
	{ .op = NULL }
};
