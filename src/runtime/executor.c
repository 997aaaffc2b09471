/* SPDX-License-Identifier: Apache-2.0 */
/*
 * executor.c - runs a plan.
 *
 * Without control flow the plan's steps are already in the order of the ready queue and a run is a loop over them.
 * With control flow the queue itself is run (flow.c).
 */
#include "base/base.h"
#include "base/map.h"
#include "base/vec.h"
#include "runtime/runtime_internal.h"

void
mg_slot_clear(mg_slot *s)
{
	mg_tensor_clear(&s->value);
	s->ref = NULL;
	s->dead = false;
}

/* ---- life of a run ---- */

int
mg_run_new(mg_run **out, mg_plan *p, mgreg_error *err)
{
	mg_run *r = mg_calloc(1, sizeof(*r));
	size_t slots = (size_t)(p->dynamic ? p->frames[0].slot_count : p->slot_count) + 1;
	int ins = p->dynamic ? p->frames[0].in_count : p->in_count;
	int rc = 0;

	if (!r)
		return mg_fail_nomem(err, sizeof(*r));
	r->plan = p;
	r->ctx.run = r;
	r->ctx.session = p->session;
	r->slots = mg_calloc(slots, sizeof(*r->slots));
	r->uses = mg_calloc(slots, sizeof(*r->uses));
	r->in = mg_calloc((size_t)ins + 1, sizeof(*r->in));
	r->derefs = mg_calloc((size_t)p->deref_count + 1, sizeof(*r->derefs));
	r->homes = p->home_count ? mg_calloc((size_t)p->home_count, sizeof(*r->homes)) : NULL;
	r->home_count = p->home_count;
	r->slot_flags = p->slot_flags;
	if (!p->dynamic && p->home && !p->measured)
		r->sizes = mg_calloc(slots, sizeof(*r->sizes));
	if (!r->slots || !r->uses || !r->in || !r->derefs || (p->home_count && !r->homes) || (p->home && !p->measured && !p->dynamic && !r->sizes)) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	for (int i = 0; i < ins; i++) {
		const mg_plan_in *in = &p->ins[i];

		r->in[i] = in->flags & MG_IN_REF ? NULL : in->flags & MG_IN_DEREF ? &r->derefs[in->deref] : &r->slots[in->slot].value;
	}
	for (size_t s = 0; s + 1 < slots; s++)
		if (p->slot_flags[s] & MG_SLOT_CONST)
			MG_TRY(mg_tensor_share(&r->slots[s].value, &p->consts[s], err));
	if (p->dynamic)
		MG_TRY(mg_dynamic_new(&r->flow, r, err));
out:
	if (rc)
		mg_run_free(r);
	else
		*out = r;
	return rc;
}

void
mg_run_free(mg_run *r)
{
	if (!r)
		return;
	if (r->flow)
		mg_dynamic_reset(r->flow);         /* the outermost frame's slots are the run's again */
	for (int i = 0; r->slots && i < (r->plan->dynamic ? r->plan->frames[0].slot_count : r->plan->slot_count); i++)
		mg_slot_clear(&r->slots[i]);
	mg_dynamic_free(r->flow);
	for (int i = 0; r->derefs && i < r->plan->deref_count; i++)
		mg_tensor_clear(&r->derefs[i]);
	for (int i = 0; r->homes && i < r->home_count; i++)
		mg_buffer_unref(r->homes[i]);
	for (size_t i = 0; i < r->scratch_more_count; i++)
		mg_buffer_unref(r->scratch_more[i]);
	mg_buffer_unref(r->scratch);
	mg_map_clear(&r->temporaries);
	mg_free(r->scratch_more);
	mg_free(r->slots);
	mg_free(r->uses);
	mg_free(r->in);
	mg_free(r->derefs);
	mg_free(r->homes);
	mg_free(r->sizes);
	mg_free(r);
}

/* ---- one step ---- */

/* Values behind references: the buffer is shared, not copied, so a later write in place is seen (as in TensorFlow). */
static int
read_refs(mg_run *r, const mg_step *step, mgreg_error *err)
{
	const mg_plan *p = r->plan;
	int rc = 0;

	for (int j = 0; rc == 0 && j < step->in_count; j++) {
		const mg_plan_in *in = &p->ins[step->in_base + j];
		mg_variable *v;

		if (!in->flags)
			continue;
		v = r->slots[in->slot].ref;
		if (!v) {
			if (step->kind != MG_STEP_MERGE)
				rc = mg_fail(err, MGREG_INTERNAL, "input %d is not a reference", j);
			continue;
		}
		mg_lock(&v->mutex);
		if (!mg_tensor_is_set(&v->value)) {
			if ((in->flags & MG_IN_DEREF) || !(step->kernel->flags & MG_KERNEL_ALLOWS_UNINITIALIZED))
				rc = mg_fail_uninitialized(err, v->name);
		} else if (in->flags & MG_IN_DEREF) {
			mg_tensor_clear(&r->derefs[in->deref]);
			rc = mg_tensor_share(&r->derefs[in->deref], &v->value, err);
		}
		mg_unlock(&v->mutex);
	}
	return rc;
}

static void
drop_refs(mg_run *r, const mg_step *step)
{
	for (int j = 0; j < step->in_count; j++) {
		const mg_plan_in *in = &r->plan->ins[step->in_base + j];

		if (in->flags & MG_IN_DEREF)
			mg_tensor_clear(&r->derefs[in->deref]);
	}
}

static void
drop_scratch(mg_run *r)
{
	while (r->scratch_more_count)
		mg_buffer_unref(r->scratch_more[--r->scratch_more_count]);
	r->scratch_used = 0;
}

/* Every output must be a value, a reference or dead. */
static int
check_outputs(const mg_run *r, const mg_step *step, mgreg_error *err)
{
	for (int i = 0; i < step->out_count; i++) {
		const mg_slot *s = &r->slots[step->out_base + i];

		if (!mg_tensor_is_set(&s->value) && !s->ref && !s->dead)
			return mg_fail(err, MGREG_INTERNAL, "the kernel left output %d unset", i);
	}
	return 0;
}

/* A run that ends in an error has reason "failed", unless the code says more: a missing file, a path outside the roots, an op
 * without kernel, a lack of memory, damage. */
static int
failed(mgreg_error *err, int rc, const mg_step *step)
{
	static const mgreg_code plain[] = { MGREG_INVALID_ARGUMENT, MGREG_OUT_OF_RANGE, MGREG_FAILED_PRECONDITION, MGREG_ALREADY_EXISTS, MGREG_ABORTED };

	for (size_t i = 0; err && i < MG_COUNT(plain); i++)
		if (rc == (int)plain[i] && err->reason != MGREG_REASON_NUMERIC)
			err->reason = MGREG_REASON_FAILED;
	return mg_fail_node(err, rc, step->node->name);
}

int
mg_run_step(mg_run *r, const mg_step *step, mgreg_error *err)
{
	mg_session *s = r->ctx.session;
	double begin = !r->folding && atomic_load_explicit(&s->tracing, memory_order_relaxed) ? mg_monotonic() : 0;
	int rc = 0;

	r->ctx.step = step;
	r->ctx.in = r->in + step->in_at;
	if (step->derefs || step->refs)
		rc = read_refs(r, step, err);
	if (rc == 0)
		rc = step->kernel->run(&r->ctx, err);
	if (rc == 0)
		rc = check_outputs(r, step, err);
	if (step->derefs)
		drop_refs(r, step);
	if (r->scratch_used || r->scratch_more_count)
		drop_scratch(r);
	if (begin > 0)
		mg_trace_add(s, step->node, begin, mg_monotonic());
	return rc ? failed(err, rc, step) : 0;
}

void
mg_run_release(mg_run *r, const mg_step *step)
{
	const mg_plan *p = r->plan;

	for (int j = 0; j < step->in_count; j++) {
		int32_t s = p->ins[step->in_base + j].slot;

		if (--r->uses[s] == 0 && !(r->slot_flags[s] & MG_SLOT_CONST))
			mg_slot_clear(&r->slots[s]);
	}
	for (int i = 0; i < step->out_count; i++) {
		int32_t s = step->out_base + i;

		if (r->sizes)
			r->sizes[s] = (int64_t)r->slots[s].value.size;
		if (r->uses[s] == 0)
			mg_slot_clear(&r->slots[s]);
	}
}

int
mg_run_interrupted(const mg_run *r, const mg_step *step, mgreg_error *err)
{
	if (atomic_load_explicit(&r->ctx.session->top->epoch, memory_order_relaxed) != r->epoch)
		return mg_fail_node(err, mg_fail(err, MGREG_CANCELLED, "the run was cancelled"), step->node ? step->node->name : "");
	if (r->deadline > 0 && mg_monotonic() > r->deadline)
		return mg_fail_node(err, mg_fail_because(err, MGREG_DEADLINE_EXCEEDED, MGREG_REASON_FAILED, "the run took longer than it may"), step->node ? step->node->name : "");
	return 0;
}

static int
run_in_order(mg_run *r, mgreg_error *err)
{
	const mg_plan *p = r->plan;
	int rc = 0;

	for (int i = 0; rc == 0 && i < p->step_count; i++) {
		const mg_step *step = &p->steps[i];

		if ((rc = mg_run_interrupted(r, step, err)) == 0 && (rc = mg_run_step(r, step, err)) == 0)
			mg_run_release(r, step);
	}
	return rc;
}

/* ---- a whole run ---- */

static int
feed(mg_run *r, const mg_feed *feeds, mgreg_error *err)
{
	const mg_plan *p = r->plan;

	for (int i = 0; i < p->feed_count; i++) {
		const mg_tensor *value = feeds[i].value;
		const mg_output *to = &p->feeds[i];
		char a[256], b[256];
		int rc;

		if (!value || value->dtype != mg_output_type(*to))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "tensor '%s:%d', dtype %s, is fed a value of dtype %s", to->node->name, to->index,
				mg_dtype_name(mg_output_type(*to)), value ? mg_dtype_name(value->dtype) : "none");
		if (!mg_shape_compatible(&value->shape, mg_output_shape(*to)))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "cannot feed a value of shape %s to tensor '%s:%d', which has shape %s",
				mg_shape_text(&value->shape, a), to->node->name, to->index, mg_shape_text(mg_output_shape(*to), b));
		if ((rc = mg_tensor_share(&r->slots[p->feed_base + i].value, value, err)) != 0)
			return rc;
	}
	return 0;
}

/* The value of fetch I for the caller.  Bytes that somebody else holds too may be a variable that changes in place:
 * they are copied. */
static int
fetch(mg_run *r, int i, mg_tensor *out, mgreg_error *err)
{
	const mg_plan *p = r->plan;
	int32_t s = p->fetch_slots[i];
	mg_slot *slot = &r->slots[s];
	int rc = 0;

	if (!slot->dead && !slot->ref && !mg_tensor_is_set(&slot->value))
		return mg_fail(err, MGREG_INTERNAL, "the value of '%s' never came: something it waits for does not end", p->slot_node[s]->name);
	if (slot->dead)
		return mg_fail_node(err, mg_fail(err, MGREG_INVALID_ARGUMENT, "the fetched value of '%s' is dead: its branch was not taken",
			p->slot_node[s]->name), p->slot_node[s]->name);
	if (slot->ref) {
		mg_lock(&slot->ref->mutex);
		rc = mg_tensor_is_set(&slot->ref->value) ? mg_tensor_copy(out, &slot->ref->value, err)
			: mg_fail_uninitialized(err, slot->ref->name);
		mg_unlock(&slot->ref->mutex);
	} else if (p->session->top != p->session || (p->slot_flags[s] & (MG_SLOT_CONST | MG_SLOT_FEED))) {
		rc = mg_tensor_share(out, &slot->value, err);
	} else if (slot->value.buffer && mg_buffer_is_shared(slot->value.buffer) && mg_dtype_is_memcpy(slot->value.dtype)) {
		rc = mg_tensor_copy(out, &slot->value, err);
	} else {
		rc = mg_tensor_share(out, &slot->value, err);
	}
	return rc ? mg_fail_node(err, rc, p->slot_node[s] ? p->slot_node[s]->name : "") : 0;
}

static void
drop_temporaries(mg_run *r)
{
	mg_map_item item;

	for (void *it = NULL; (it = mg_map_next(&r->temporaries, it, &item)); )
		mg_object_unref(item.value);
	mg_map_clear(&r->temporaries);
}

int
mg_run_execute(mg_run *r, const mg_feed *feeds, mg_tensor *results, mgreg_error *err)
{
	const mg_plan *p = r->plan;
	double seconds = atomic_load_explicit(&p->session->deadline, memory_order_relaxed);
	int rc = 0, done = 0;

	r->epoch = atomic_load(&p->session->top->epoch);
	r->deadline = seconds > 0 ? mg_monotonic() + seconds : 0;
	memcpy(r->uses, p->uses, (size_t)(p->dynamic ? p->frames[0].slot_count : p->slot_count) * sizeof(*r->uses));
	MG_TRY(feed(r, feeds, err));
	MG_TRY(p->dynamic ? mg_dynamic_run(r->flow, err) : run_in_order(r, err));
	for (; done < p->fetch_count; done++) {
		int32_t s = p->fetch_slots[done];

		MG_TRY(fetch(r, done, &results[done], err));
		if (--r->uses[s] == 0 && !(p->slot_flags[s] & MG_SLOT_CONST))
			mg_slot_clear(&r->slots[s]);
	}
out:
	if (p->dynamic)
		mg_dynamic_reset(r->flow);
	for (int i = 0; i < p->feed_count; i++)
		mg_slot_clear(&r->slots[p->feed_base + i]);
	if (rc || p->dynamic)
		for (int s = 0; s < (p->dynamic ? p->frames[0].slot_count : p->slot_count); s++)
			if (!(p->slot_flags[s] & MG_SLOT_CONST))
				mg_slot_clear(&r->slots[s]);
	if (rc)
		for (int i = 0; i < done; i++)
			mg_tensor_clear(&results[i]);
	if (r->temporaries.len)
		drop_temporaries(r);
	return rc;
}
