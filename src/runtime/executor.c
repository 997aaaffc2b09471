/* SPDX-License-Identifier: Apache-2.0 */
/*
 * executor.c - runs a plan.
 *
 * Without control flow the plan's steps are already in the order of the ready queue and a run is a loop over them.
 * With Switch and Merge the queue itself is run: a step becomes ready when its last input arrives; a dead input makes
 * an ordinary step dead without running it; Merge is ready with its first live input (or when all are dead) once its
 * control inputs are there.  Values carry no frame yet: a loop's Enter is refused by plan.c.
 */
#include "base/base.h"
#include "base/map.h"
#include "base/vec.h"
#include "runtime/runtime_internal.h"

enum { FLAG_DEAD = 1, FLAG_QUEUED = 2 };

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
	size_t slots = (size_t)p->slot_count + 1, steps = (size_t)p->step_count + 1;
	int rc = 0;

	if (!r)
		return mg_fail_nomem(err, sizeof(*r));
	r->plan = p;
	r->ctx.run = r;
	r->ctx.session = p->session;
	r->slots = mg_calloc(slots, sizeof(*r->slots));
	r->uses = mg_calloc(slots, sizeof(*r->uses));
	r->in = mg_calloc((size_t)p->in_count + 1, sizeof(*r->in));
	r->derefs = mg_calloc((size_t)p->deref_count + 1, sizeof(*r->derefs));
	r->homes = p->home_count ? mg_calloc((size_t)p->home_count, sizeof(*r->homes)) : NULL;
	r->home_count = p->home_count;
	if (p->dynamic) {
		r->pending = mg_calloc(steps, sizeof(*r->pending));
		r->dead_inputs = mg_calloc(steps, sizeof(*r->dead_inputs));
		r->flags = mg_calloc(steps, sizeof(*r->flags));
		r->live = mg_calloc(steps, sizeof(*r->live));
		r->queue = mg_calloc(steps, sizeof(*r->queue));
	} else if (p->home && !p->measured) {
		r->sizes = mg_calloc(slots, sizeof(*r->sizes));
	}
	if (!r->slots || !r->uses || !r->in || !r->derefs || (p->home_count && !r->homes) || (p->home && !p->measured && !p->dynamic && !r->sizes)
	    || (p->dynamic && (!r->pending || !r->dead_inputs || !r->flags || !r->live || !r->queue))) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	for (int i = 0; i < p->in_count; i++) {
		const mg_plan_in *in = &p->ins[i];

		r->in[i] = in->flags & MG_IN_REF ? NULL : in->flags & MG_IN_DEREF ? &r->derefs[in->deref] : &r->slots[in->slot].value;
	}
	for (int s = 0; s < p->slot_count; s++)
		if (p->slot_flags[s] & MG_SLOT_CONST)
			MG_TRY(mg_tensor_share(&r->slots[s].value, &p->consts[s], err));
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
	for (int i = 0; r->slots && i < r->plan->slot_count; i++)
		mg_slot_clear(&r->slots[i]);
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
	mg_free(r->pending);
	mg_free(r->dead_inputs);
	mg_free(r->flags);
	mg_free(r->live);
	mg_free(r->queue);
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
	r->ctx.in = r->in + step->in_base;
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

/* The inputs of a step that has run (or is dead) lose one user each; outputs nobody wants go at once. */
static void
release(mg_run *r, const mg_step *step)
{
	const mg_plan *p = r->plan;

	for (int j = 0; j < step->in_count; j++) {
		int32_t s = p->ins[step->in_base + j].slot;

		if (--r->uses[s] == 0 && !(p->slot_flags[s] & MG_SLOT_CONST))
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

static int
interrupted(const mg_run *r, const mg_step *step, mgreg_error *err)
{
	if (atomic_load_explicit(&r->ctx.session->epoch, memory_order_relaxed) != r->epoch)
		return mg_fail_node(err, mg_fail(err, MGREG_CANCELLED, "the run was cancelled"), step->node ? step->node->name : "");
	if (r->deadline > 0 && mg_monotonic() > r->deadline)
		return mg_fail_node(err, mg_fail(err, MGREG_DEADLINE_EXCEEDED, "the run took longer than it may"), step->node ? step->node->name : "");
	return 0;
}

static int
run_in_order(mg_run *r, mgreg_error *err)
{
	const mg_plan *p = r->plan;
	int rc = 0;

	for (int i = 0; rc == 0 && i < p->step_count; i++) {
		const mg_step *step = &p->steps[i];

		if ((rc = interrupted(r, step, err)) == 0 && (rc = mg_run_step(r, step, err)) == 0)
			release(r, step);
	}
	return rc;
}

/* ---- the ready queue ---- */

/* Input INPUT (-1: a control edge) of step I has arrived.  True if the step becomes ready by it. */
static bool
arrive(mg_run *r, int32_t i, int32_t input, bool dead)
{
	const mg_step *step = &r->plan->steps[i];

	if (r->flags[i] & FLAG_QUEUED)
		return false;           /* a Merge that has gone already */
	if (step->kind != MG_STEP_MERGE) {
		if (dead && step->kind != MG_STEP_TRIGGER)
			r->flags[i] |= FLAG_DEAD;
		return --r->pending[i] == 0;
	}
	if (input < 0)
		r->pending[i]--;
	else if (dead)
		r->dead_inputs[i]++;
	else if (r->live[i] < 0)
		r->live[i] = input;
	if (r->pending[i] > 0 || (r->live[i] < 0 && r->dead_inputs[i] < step->in_count))
		return false;
	if (r->live[i] < 0)
		r->flags[i] |= FLAG_DEAD;
	return true;
}

static void
die(mg_run *r, const mg_step *step)
{
	for (int i = 0; i < step->out_count; i++) {
		mg_slot_clear(&r->slots[step->out_base + i]);
		r->slots[step->out_base + i].dead = true;
	}
}

static int
run_queue(mg_run *r, mgreg_error *err)
{
	const mg_plan *p = r->plan;
	int head = 0, tail = 0, rc = 0;

	for (int i = 0; i < p->step_count; i++) {
		const mg_step *step = &p->steps[i];

		r->flags[i] = 0;
		r->live[i] = -1;
		r->dead_inputs[i] = 0;
		r->pending[i] = step->control_count + (step->kind == MG_STEP_MERGE ? 0 : step->in_count);
		if (step->in_count + step->control_count == 0)
			r->queue[tail++] = i;
	}
	while (rc == 0 && head < tail) {
		int32_t at = r->queue[head++];
		const mg_step *step = &p->steps[at];
		bool dead = r->flags[at] & FLAG_DEAD;
		uint64_t dead_outputs = 0;

		if ((rc = interrupted(r, step, err)) != 0)
			break;
		r->ctx.live_input = r->live[at];
		if (dead)
			die(r, step);
		else if (step->kind != MG_STEP_FEED)
			rc = mg_run_step(r, step, err);
		for (int i = 0; i < step->out_count && i < 64; i++)
			dead_outputs |= (uint64_t)r->slots[step->out_base + i].dead << i;
		if (rc == 0 && step->kind != MG_STEP_FEED)
			release(r, step);
		for (int e = 0; rc == 0 && e < step->edge_count; e++) {
			const mg_plan_edge *edge = &p->edges[step->edge_base + e];
			bool gone = dead || (edge->output >= 0 && edge->output < 64 && (dead_outputs >> edge->output & 1));

			if (arrive(r, edge->step, edge->input, gone)) {
				r->flags[edge->step] |= FLAG_QUEUED;
				r->queue[tail++] = edge->step;
			}
		}
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

	if (slot->dead)
		return mg_fail_node(err, mg_fail(err, MGREG_INVALID_ARGUMENT, "the fetched value of '%s' is dead: its branch was not taken",
			p->slot_node[s]->name), p->slot_node[s]->name);
	if (slot->ref) {
		mg_lock(&slot->ref->mutex);
		rc = mg_tensor_is_set(&slot->ref->value) ? mg_tensor_copy(out, &slot->ref->value, err)
			: mg_fail_uninitialized(err, slot->ref->name);
		mg_unlock(&slot->ref->mutex);
	} else if (p->slot_flags[s] & (MG_SLOT_CONST | MG_SLOT_FEED)) {
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

	r->epoch = atomic_load(&p->session->epoch);
	r->deadline = seconds > 0 ? mg_monotonic() + seconds : 0;
	memcpy(r->uses, p->uses, (size_t)p->slot_count * sizeof(*r->uses));
	MG_TRY(feed(r, feeds, err));
	MG_TRY(p->dynamic ? run_queue(r, err) : run_in_order(r, err));
	for (; done < p->fetch_count; done++) {
		int32_t s = p->fetch_slots[done];

		MG_TRY(fetch(r, done, &results[done], err));
		if (--r->uses[s] == 0 && !(p->slot_flags[s] & MG_SLOT_CONST))
			mg_slot_clear(&r->slots[s]);
	}
out:
	for (int i = 0; i < p->feed_count; i++)
		mg_slot_clear(&r->slots[p->feed_base + i]);
	if (rc || p->dynamic)
		for (int s = 0; s < p->slot_count; s++)
			if (!(p->slot_flags[s] & MG_SLOT_CONST))
				mg_slot_clear(&r->slots[s]);
	if (rc)
		for (int i = 0; i < done; i++)
			mg_tensor_clear(&results[i]);
	if (r->temporaries.len)
		drop_temporaries(r);
	return rc;
}
