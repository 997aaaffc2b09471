/* SPDX-License-Identifier: Apache-2.0 */
/* kernel_ctx.c - what a running kernel may ask for: inputs, outputs, memory, variables, threads. */
#include "base/base.h"
#include "base/bytes.h"
#include "base/vec.h"
#include "runtime/runtime_internal.h"

/* ---- inputs ---- */

int
mg_kernel_input_count(const mg_kernel_ctx *k)
{
	return k->step->in_count;
}

const mg_tensor *
mg_kernel_input(const mg_kernel_ctx *k, int i)
{
	const mg_tensor *t = k->in[i];

	assert(i >= 0 && i < k->step->in_count);
	return t ? t : &mg_kernel_ref(k, i)->value;
}

mg_variable *
mg_kernel_ref(const mg_kernel_ctx *k, int i)
{
	return k->run->slots[k->run->plan->ins[k->step->in_base + i].slot].ref;
}

/* ---- outputs ---- */

static mg_slot *
out_slot(const mg_kernel_ctx *k, int i)
{
	assert(i >= 0 && i < k->step->out_count);
	return &k->run->slots[k->step->out_base + i];
}

int
mg_kernel_output_count(const mg_kernel_ctx *k)
{
	return k->step->out_count;
}

int
mg_kernel_output_type(const mg_kernel_ctx *k, int i)
{
	return k->step->node->output_types[i];
}

/* A buffer of SIZE bytes for slot AT: its home if nobody uses it, otherwise a fresh one, which becomes the home. */
static int
buffer_for(mg_run *r, int32_t at, size_t size, mg_buffer **out, mgreg_error *err)
{
	int32_t home = r->plan->home && r->homes ? r->plan->home[at] : -1;
	mg_buffer *b;
	int rc;

	if (home < 0)
		return mg_cache_get(r->plan->session->cache, size, out, err);
	b = r->homes[home];
	if (!b || b->size < size || mg_buffer_is_shared(b)) {
		if ((rc = mg_cache_get(r->plan->session->cache, size, &b, err)) != 0)
			return rc;
		mg_buffer_unref(r->homes[home]);
		r->homes[home] = b;
	}
	*out = mg_buffer_ref(b);
	return 0;
}

static int
output_alloc(mg_kernel_ctx *k, int i, mg_dtype dtype, const mg_shape *shape, mg_tensor **out, mgreg_error *err)
{
	mg_slot *s = out_slot(k, i);
	size_t item = mg_dtype_size(dtype), size;
	mg_buffer *b = NULL;
	int64_t count;
	int rc;

	mg_tensor_clear(&s->value);
	s->dead = false;
	if (item == 0 || shape->rank > MG_SHAPE_INLINE) {
		if ((rc = mg_tensor_init(&s->value, dtype, shape, err)) == 0)
			*out = &s->value;
		return rc;
	}
	if ((rc = mg_shape_count(shape, &count, err)) != 0)
		return rc;
	if (!mg_mul_size((size_t)count, item, &size))
		return mg_fail_nomem(err, SIZE_MAX);
	if (count && (rc = buffer_for(k->run, k->step->out_base + i, size, &b, err)) != 0)
		return rc;
	s->value.dtype = dtype;
	s->value.shape.rank = shape->rank;
	s->value.shape.more = NULL;
	for (int d = 0; d < shape->rank; d++)
		s->value.shape.inline_dims[d] = shape->inline_dims[d];
	s->value.count = count;
	s->value.size = size;
	s->value.buffer = b;
	s->value.data = b ? b->data : NULL;
	*out = &s->value;
	return 0;
}

int
mg_kernel_output(mg_kernel_ctx *k, int i, const mg_shape *shape, mg_tensor **out, mgreg_error *err)
{
	return output_alloc(k, i, mg_dtype_base(k->step->node->output_types[i]), shape, out, err);
}

int
mg_kernel_output_dims(mg_kernel_ctx *k, int i, const int64_t *dims, int rank, mg_tensor **out, mgreg_error *err)
{
	mg_shape shape = MG_SHAPE_SCALAR;
	int rc = mg_shape_set(&shape, dims, rank, err);

	if (rc == 0)
		rc = mg_kernel_output(k, i, &shape, out, err);
	mg_shape_clear(&shape);
	return rc;
}

/* Number of the input whose slot holds X, if X's bytes may be overwritten: the slot dies here and nobody else has the
 * buffer (its home does not count).  -1 otherwise. */
static int32_t
dying_slot(mg_kernel_ctx *k, const mg_tensor *x)
{
	mg_run *r = k->run;
	const mg_plan *p = r->plan;

	for (int j = 0; j < k->step->in_count; j++) {
		const mg_plan_in *in = &p->ins[k->step->in_base + j];
		mg_buffer *b = x->buffer;
		int refs;

		if (k->in[j] != x)
			continue;
		if (in->flags || !b || r->uses[in->slot] != 1 || (r->slot_flags[in->slot] & (MG_SLOT_CONST | MG_SLOT_FEED | MG_SLOT_FETCHED)))
			return -1;
		refs = atomic_load_explicit(&b->refs, memory_order_acquire);
		if (p->home && r->homes && p->home[in->slot] >= 0 && r->homes[p->home[in->slot]] == b)
			refs--;
		return refs == 1 ? in->slot : -1;
	}
	return -1;
}

/* Output slot TO goes on with the buffer of slot FROM: the homes change places, so that each slot keeps one. */
static void
swap_homes(mg_run *r, int32_t from, int32_t to)
{
	int32_t a = r->homes ? r->plan->home[from] : -1, b = r->homes ? r->plan->home[to] : -1;
	mg_buffer *buffer = r->slots[from].value.buffer;

	if (a < 0 || r->homes[a] != buffer)
		return;
	if (b >= 0) {
		r->homes[a] = r->homes[b];
		r->homes[b] = buffer;
	} else {
		r->homes[a] = NULL;
		mg_buffer_unref(buffer);
	}
}

int
mg_kernel_output_like(mg_kernel_ctx *k, int i, const mg_tensor *x, mg_tensor **out, mgreg_error *err)
{
	mg_dtype dtype = mg_dtype_base(k->step->node->output_types[i]);
	size_t item = mg_dtype_size(dtype);
	mg_slot *s = out_slot(k, i);
	int32_t from;
	int rc;

	if (item && item == mg_dtype_size(x->dtype) && (k->step->kernel->flags & MG_KERNEL_INPLACE) && !k->session->no_optimize
	    && !mg_tensor_is_set(&s->value) && (from = dying_slot(k, x)) >= 0) {
		if ((rc = mg_tensor_share(&s->value, x, err)) != 0)
			return rc;
		s->value.dtype = dtype;
		swap_homes(k->run, from, k->step->out_base + i);
		*out = &s->value;
		return 0;
	}
	return output_alloc(k, i, dtype, &x->shape, out, err);
}

int
mg_kernel_share(mg_kernel_ctx *k, int i, const mg_tensor *value, mgreg_error *err)
{
	mg_slot *s = out_slot(k, i);

	mg_tensor_clear(&s->value);
	return mg_tensor_share(&s->value, value, err);
}

int
mg_kernel_share_as(mg_kernel_ctx *k, int i, const mg_tensor *value, const mg_shape *shape, mgreg_error *err)
{
	mg_slot *s = out_slot(k, i);

	mg_tensor_clear(&s->value);
	return mg_tensor_share_as(&s->value, value, shape, err);
}

void
mg_kernel_take(mg_kernel_ctx *k, int i, mg_tensor *value)
{
	mg_slot *s = out_slot(k, i);

	mg_tensor_clear(&s->value);
	mg_tensor_move(&s->value, value);
}

void
mg_kernel_dead(mg_kernel_ctx *k, int i)
{
	out_slot(k, i)->dead = true;
}

void
mg_kernel_set_ref(mg_kernel_ctx *k, int i, mg_variable *v)
{
	out_slot(k, i)->ref = v;
}

bool
mg_kernel_dies(mg_kernel_ctx *k, int i)
{
	return k->in[i] && dying_slot(k, k->in[i]) >= 0;
}

int
mg_kernel_steal(mg_kernel_ctx *k, int i, mg_tensor *out, mgreg_error *err)
{
	mg_run *r = k->run;
	const mg_tensor *x = mg_kernel_input(k, i);
	int32_t from = k->in[i] ? dying_slot(k, x) : -1;
	int rc;

	if (from < 0)
		return mg_tensor_copy(out, x, err);
	if ((rc = mg_tensor_share(out, x, err)) != 0)
		return rc;
	if (r->homes && r->plan->home[from] >= 0 && r->homes[r->plan->home[from]] == x->buffer) {
		mg_buffer_unref(x->buffer);
		r->homes[r->plan->home[from]] = NULL;
	}
	return 0;
}

/* ---- around ---- */

void *
mg_kernel_state(const mg_kernel_ctx *k)
{
	return k->step->state;
}

const mg_node *
mg_kernel_node(const mg_kernel_ctx *k)
{
	return k->step->node;
}

const mg_attrs *
mg_kernel_attrs(const mg_kernel_ctx *k)
{
	return &k->step->node->attrs;
}

mg_session *
mg_kernel_session(const mg_kernel_ctx *k)
{
	return k->session;
}

bool
mg_kernel_cancelled(const mg_kernel_ctx *k)
{
	const mg_run *r = k->run;

	return atomic_load_explicit(&k->session->top->epoch, memory_order_relaxed) != r->epoch
		|| (r->deadline > 0 && mg_monotonic() > r->deadline);
}

int
mg_kernel_scratch(mg_kernel_ctx *k, size_t size, void **out, mgreg_error *err)
{
	mg_run *r = k->run;
	mg_buffer *b;
	int rc;

	if (size > SIZE_MAX / 2)
		return mg_fail_nomem(err, size);
	size = MG_MAX(mg_align_up(size, 64), 64);
	if (!r->scratch_used && (!r->scratch || r->scratch->size < size)) {
		if ((rc = mg_cache_get(k->session->cache, size, &b, err)) != 0)
			return rc;
		mg_buffer_unref(r->scratch);
		r->scratch = b;
	}
	if (r->scratch->size - r->scratch_used >= size) {
		*out = (char *)r->scratch->data + r->scratch_used;
		r->scratch_used += size;
		return 0;
	}
	if (r->scratch_more_count == r->scratch_more_cap
	    && !mg_vec_grow((void **)&r->scratch_more, &r->scratch_more_cap, r->scratch_more_count + 1, sizeof(*r->scratch_more)))
		return mg_fail_nomem(err, 0);
	if ((rc = mg_cache_get(k->session->cache, size, &b, err)) != 0)
		return rc;
	r->scratch_more[r->scratch_more_count++] = b;
	*out = b->data;
	return 0;
}

int
mg_kernel_alloc(mg_kernel_ctx *k, mg_tensor *t, mg_dtype dtype, const mg_shape *shape, mgreg_error *err)
{
	size_t item = mg_dtype_size(dtype), size;
	mg_buffer *b;
	int64_t count;
	int rc;

	if ((rc = mg_shape_count(shape, &count, err)) != 0)
		return rc;
	if (item == 0 || count == 0)
		return mg_tensor_init(t, dtype, shape, err);
	if (!mg_mul_size((size_t)count, item, &size))
		return mg_fail_nomem(err, SIZE_MAX);
	if ((rc = mg_cache_get(k->session->cache, size, &b, err)) != 0)
		return rc;
	rc = mg_tensor_init_buffer(t, dtype, shape, b, b->data, err);
	mg_buffer_unref(b);
	return rc;
}

void
mg_parallel_for(mg_kernel_ctx *k, int64_t n, int64_t grain, mg_range_fn *body, void *arg)
{
	mg_pool_for(k->session->pool, n, grain, body, arg);
}
