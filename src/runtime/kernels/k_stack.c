/* SPDX-License-Identifier: Apache-2.0 */
/*
 * k_stack.c - stacks: what gradients of while loops keep of each iteration.
 *
 * swap_memory is accepted and means nothing: there is no second memory to swap to.
 */
#include "base/base.h"
#include "base/vec.h"
#include "runtime/kernels/k_common.h"
#include "runtime/runtime_internal.h"

static const char kind[] = "stack";

typedef struct stack {
	mg_object object;
	mg_dtype  dtype;
	int64_t   limit;                /* negative: none */
	bool      closed;
	MG_VEC(mg_tensor) elements;
} stack;

static void
empty(stack *s)
{
	while (s->elements.len)
		mg_tensor_clear(&s->elements.at[--s->elements.len]);
	mg_vec_clear(&s->elements);
}

static void
release(mg_object *o)
{
	empty((stack *)o);
	mg_free(o);
}

static int
new_run(mg_kernel_ctx *k, mgreg_error *err)
{
	int64_t limit = -1;
	int dtype = MGREG_FLOAT, rc;
	stack *s;

	if (mg_kernel_input_count(k) && (rc = mg_k_scalar(mg_kernel_input(k, 0), "max_size", &limit, err)) != 0)
		return rc;
	if (!(s = mg_calloc(1, sizeof(*s))))
		return mg_fail_nomem(err, sizeof(*s));
	mg_attr_get_type(mg_kernel_attrs(k), "elem_type", &dtype);
	atomic_init(&s->object.refs, 1);
	s->object.kind = kind;
	s->object.release = release;
	s->dtype = (mg_dtype)dtype;
	s->limit = limit;
	return mg_kernel_handle_put(k, 0, &s->object, err);
}

static int
get(mg_kernel_ctx *k, stack **out, mgreg_error *err)
{
	mg_object *o;
	int rc = mg_kernel_handle_get(k, 0, kind, &o, err);

	if (rc == 0)
		*out = (stack *)o;
	if (rc == 0 && (*out)->closed)
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "the stack has already been closed");
	return rc;
}

static int
push_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *x = mg_kernel_input(k, 1);
	mg_tensor kept = { 0 };
	stack *s;
	int rc = get(k, &s, err);

	if (rc)
		return rc;
	if (x->dtype != s->dtype)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "must have type %s but got %s", mg_dtype_name(s->dtype), mg_dtype_name(x->dtype));
	if (s->limit >= 0 && (int64_t)s->elements.len >= s->limit)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "the stack overflowed its maximum size, %lld", (long long)s->limit);
	if ((rc = mg_tensor_share(&kept, x, err)) != 0)
		return rc;
	if (!mg_vec_push(&s->elements, kept)) {
		mg_tensor_clear(&kept);
		return mg_fail_nomem(err, 0);
	}
	return mg_kernel_share(k, 0, x, err);
}

static int
pop_run(mg_kernel_ctx *k, mgreg_error *err)
{
	stack *s;
	int rc = get(k, &s, err);

	if (rc)
		return rc;
	if (s->elements.len == 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "the stack is empty when calling pop");
	if (s->dtype != mg_dtype_base(mg_kernel_output_type(k, 0)))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "must have type %s but got %s", mg_dtype_name(s->dtype), mg_dtype_name(mg_dtype_base(mg_kernel_output_type(k, 0))));
	mg_kernel_take(k, 0, &s->elements.at[--s->elements.len]);
	return 0;
}

static int
close_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_object *o;
	int rc = mg_kernel_handle_get(k, 0, kind, &o, err);

	if (rc == 0) {
		empty((stack *)o);
		((stack *)o)->closed = true;
	}
	return rc;
}

const mg_kernel mg_kernels_stack[] = {
	{ "StackV2", .run = new_run, .flags = MG_KERNEL_NO_FOLD },
	{ "Stack", .run = new_run, .flags = MG_KERNEL_NO_FOLD },
	{ "StackPushV2", .run = push_run, .flags = MG_KERNEL_NO_FOLD | MG_KERNEL_SHARES },
	{ "StackPush", .run = push_run, .flags = MG_KERNEL_NO_FOLD | MG_KERNEL_SHARES },
	{ "StackPopV2", .run = pop_run, .flags = MG_KERNEL_NO_FOLD },
	{ "StackPop", .run = pop_run, .flags = MG_KERNEL_NO_FOLD },
	{ "StackCloseV2", .run = close_run, .flags = MG_KERNEL_NO_FOLD },
	{ "StackClose", .run = close_run, .flags = MG_KERNEL_NO_FOLD },
	{ .op = NULL }
};
