/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flow.c - runs a plan with control flow: the first-in-first-out ready queue, dead values, loops (runtime-semantics section 4).
 *
 * A step becomes ready when its last input arrives; a dead input makes an ordinary step dead without running it; Merge is
 * ready with its first live input (or when all are dead) once its control inputs are there.
 *
 * An activation is one iteration of one loop: slots for the values, counters for the steps.  A loop opens when the first
 * value enters it, below the activation that the value comes from, and keeps its activations from the oldest to the newest:
 *
 *      first -> ... -> last        NextIteration carries from one to the next, and begins a new one after the last
 *
 * An activation ends when it is the oldest, nothing in it is ready, no loop below it is open and (the first one) everything
 * has entered.  At most `parallel` are under way: further values wait until one ends.  The loop closes with its last
 * activation; only then are the exits that stayed dead known to be dead.
 * Ended activations are used again, so a loop's memory does not grow with its iterations.
 */
#include "base/base.h"
#include "base/vec.h"
#include "runtime/runtime_internal.h"

enum { DEAD = 1, QUEUED = 2 };

typedef struct loop loop;
typedef struct activation {
	loop             *loop;         /* NULL: outermost */
	int64_t           number;
	mg_slot          *slots;
	int32_t          *uses;
	const mg_tensor **in;
	mg_wait          *wait;
	int32_t           outstanding;  /* steps in the queue, or running */
	loop             *open;         /* loops below */
	struct activation *next;        /* the next iteration; or the next spare one */
} activation;

typedef struct carried {                /* a value on its way into an iteration */
	const mg_step *step;
	mg_slot        slot;
} carried;

struct loop {
	const mg_frame *frame;
	activation     *parent, *first, *last;
	int64_t         count;          /* number of the last iteration */
	int32_t         running, enters;
	MG_VEC(carried) invariants, waiting;
	MG_VEC(const mg_step *) dead_exits;
	loop           *next;           /* another one below the same activation; or the next spare one */
};

typedef struct ready {
	activation *at;
	int32_t     step;
} ready;

struct mg_dynamic {
	mg_run         *run;
	const mg_plan  *plan;
	activation      root;
	activation     *now;            /* whose slots the run shows to kernels */
	activation    **spare;          /* per frame */
	loop           *spare_loops;
	ready          *queue;          /* a ring */
	size_t          head, len, cap;
	int             rc;             /* sticky */
	mgreg_error    *err;
};

static void
broken(mg_dynamic *f, int rc)
{
	if (!f->rc)
		f->rc = rc;
}

/* ---- the queue ---- */

static void
enqueue(mg_dynamic *f, activation *a, int32_t step)
{
	if (f->len == f->cap) {
		size_t cap = f->cap ? f->cap * 2 : 64;
		ready *more = mg_calloc(cap, sizeof(*more));

		if (!more) {
			broken(f, mg_fail_nomem(f->err, cap * sizeof(*more)));
			return;
		}
		for (size_t i = 0; i < f->len; i++)
			more[i] = f->queue[(f->head + i) % f->cap];
		mg_free(f->queue);
		f->queue = more;
		f->head = 0;
		f->cap = cap;           /* a power of two */
	}
	f->queue[(f->head + f->len++) & (f->cap - 1)] = (ready){ a, step };
	a->wait[f->plan->steps[step].local].flags |= QUEUED;
	a->outstanding++;
}

/* Something has arrived at INPUT (-1: a control edge) of step I in activation A. */
static void
arrive(mg_dynamic *f, activation *a, int32_t i, int32_t input, bool dead, bool entered)
{
	const mg_step *step = &f->plan->steps[i];
	mg_wait *w = &a->wait[step->local];

	if (w->flags & QUEUED)
		return;                 /* a Merge that has gone already */
	if (step->kind != MG_STEP_MERGE) {
		if (dead && step->kind != MG_STEP_TRIGGER)
			w->flags |= DEAD;
		if (--w->pending == 0)
			enqueue(f, a, i);
		return;
	}
	if (input < 0)
		w->pending--;
	else if (dead)          /* what enters a loop dead is never followed by a live value */
		w->dead_inputs += entered ? step->in_count : 1;
	else if (w->live < 0)
		w->live = input;
	if (w->pending > 0 || (w->live < 0 && w->dead_inputs < step->in_count))
		return;
	if (w->live < 0)
		w->flags |= DEAD;
	enqueue(f, a, i);
}

/* ---- activations ---- */

static void
begin(activation *a, const mg_plan *p, const mg_frame *frame)
{
	memcpy(a->wait, frame->wait, (size_t)frame->step_count * sizeof(*a->wait));
	memcpy(a->uses, p->uses + frame->slot_base, (size_t)frame->slot_count * sizeof(*a->uses));
	a->outstanding = 0;
	a->open = NULL;
	a->next = NULL;
}

static void
activation_free(activation *a)
{
	if (!a)
		return;
	mg_free(a->slots);
	mg_free(a->uses);
	mg_free(a->in);
	mg_free(a->wait);
	mg_free(a);
}

static activation *
activation_new(mg_dynamic *f, const mg_frame *frame)
{
	const mg_plan *p = f->plan;
	activation *a = mg_calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->slots = mg_calloc((size_t)frame->slot_count + 1, sizeof(*a->slots));
	a->uses = mg_calloc((size_t)frame->slot_count + 1, sizeof(*a->uses));
	a->in = mg_calloc((size_t)frame->in_count + 1, sizeof(*a->in));
	a->wait = mg_calloc((size_t)frame->step_count + 1, sizeof(*a->wait));
	if (!a->slots || !a->uses || !a->in || !a->wait) {
		activation_free(a);
		return NULL;
	}
	for (int i = 0; i < frame->in_count; i++) {
		const mg_plan_in *in = &p->ins[frame->in_base + i];

		a->in[i] = in->flags & MG_IN_REF ? NULL : in->flags & MG_IN_DEREF ? &f->run->derefs[in->deref] : &a->slots[in->slot].value;
	}
	return a;
}

static void
activation_rest(mg_dynamic *f, activation *a, const mg_frame *frame)
{
	for (int i = 0; i < frame->slot_count; i++)
		mg_slot_clear(&a->slots[i]);
	a->next = f->spare[frame - f->plan->frames];
	f->spare[frame - f->plan->frames] = a;
}

/* Kernels see the slots of A from here on. */
static void
show(mg_dynamic *f, activation *a)
{
	mg_run *r = f->run;

	if (f->now == a)
		return;
	f->now = a;
	r->slots = a->slots;
	r->uses = a->uses;
	r->in = a->in;
	r->slot_flags = f->plan->slot_flags + (a->loop ? a->loop->frame->slot_base : 0);
}

/* The value that STEP (Enter, Exit, NextIteration) carries arrives in activation A. */
static void
deliver(mg_dynamic *f, activation *a, const mg_step *step, const mg_slot *value)
{
	mg_slot *to = &a->slots[step->out_base];
	bool entered = step->kind == MG_STEP_ENTER || step->kind == MG_STEP_INVARIANT;

	if (a->uses[step->out_base]) {
		mg_slot_clear(to);
		if (mg_tensor_is_set(&value->value))
			broken(f, mg_tensor_share(&to->value, &value->value, f->err));
		to->ref = value->ref;
		to->dead = value->dead;
	}
	for (int e = 0; e < step->edge_count; e++) {
		const mg_plan_edge *edge = &f->plan->edges[step->edge_base + e];

		arrive(f, a, edge->step, edge->input, value->dead, entered);
	}
}

static activation *
iterate(mg_dynamic *f, loop *l)
{
	int32_t n = (int32_t)(l->frame - f->plan->frames);
	activation *a = f->spare[n];

	if (a)
		f->spare[n] = a->next;
	else if (!(a = activation_new(f, l->frame))) {
		broken(f, mg_fail_nomem(f->err, sizeof(*a)));
		return NULL;
	}
	begin(a, f->plan, l->frame);
	a->loop = l;
	a->number = ++l->count;
	l->running++;
	if (l->first)
		l->last->next = a;
	else
		l->first = a;
	l->last = a;
	l->dead_exits.len = 0;          /* they belong to an iteration that was not the last */
	for (size_t i = 0; i < l->invariants.len; i++)
		deliver(f, a, l->invariants.at[i].step, &l->invariants.at[i].slot);
	return a;
}

/* ---- loops ---- */

static void
drop_carried(loop *l)
{
	for (size_t i = 0; i < l->invariants.len; i++)
		mg_slot_clear(&l->invariants.at[i].slot);
	for (size_t i = 0; i < l->waiting.len; i++)
		mg_slot_clear(&l->waiting.at[i].slot);
	l->invariants.len = l->waiting.len = l->dead_exits.len = 0;
}

static void
loop_free(loop *l)
{
	drop_carried(l);
	mg_vec_clear(&l->invariants);
	mg_vec_clear(&l->waiting);
	mg_vec_clear(&l->dead_exits);
	mg_free(l);
}

/* The loop of frame NUMBER below PARENT, opened if need be. */
static loop *
loop_below(mg_dynamic *f, activation *parent, int32_t number)
{
	const mg_frame *frame = &f->plan->frames[number];
	loop *l;

	for (l = parent->open; l; l = l->next)
		if (l->frame == frame)
			return l;
	if ((l = f->spare_loops) != NULL)
		f->spare_loops = l->next;
	else if (!(l = mg_calloc(1, sizeof(*l)))) {
		broken(f, mg_fail_nomem(f->err, sizeof(*l)));
		return NULL;
	}
	l->frame = frame;
	l->parent = parent;
	l->first = l->last = NULL;
	l->count = -1;
	l->running = 0;
	l->enters = frame->enters;
	l->next = parent->open;
	parent->open = l;
	iterate(f, l);
	return l;
}

static void
loop_rest(mg_dynamic *f, loop *l)
{
	loop **at = &l->parent->open;

	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
	drop_carried(l);
	l->next = f->spare_loops;
	f->spare_loops = l;
}

/* Ends the iterations of L that are done, and L with its last. */
static void
settle(mg_dynamic *f, loop *l)
{
	while (l && !f->rc) {
		activation *a = l->first, *parent = l->parent;

		if (a->outstanding || a->open || (a->number == 0 && l->enters))
			return;
		if (l->waiting.len) {
			activation *next = iterate(f, l);

			for (size_t i = 0; next && i < l->waiting.len; i++) {
				deliver(f, next, l->waiting.at[i].step, &l->waiting.at[i].slot);
				mg_slot_clear(&l->waiting.at[i].slot);
			}
			l->waiting.len = 0;
		}
		l->first = a->next;
		l->running--;
		activation_rest(f, a, l->frame);
		if (l->first)
			continue;
		for (size_t i = 0; i < l->dead_exits.len; i++)
			deliver(f, parent, l->dead_exits.at[i], &(mg_slot){ .dead = true });
		loop_rest(f, l);
		l = parent->loop;
	}
}

/* ---- what carries values between frames and iterations ---- */

/* The input of STEP, shared; moved where it is the last use. */
static int
take(mg_dynamic *f, activation *a, const mg_step *step, mg_slot *out)
{
	const mg_plan_in *in = &f->plan->ins[step->in_base];
	mg_slot *from = &a->slots[in->slot];
	mg_variable *v = from->ref;
	int rc = 0;

	if (in->flags & MG_IN_REF) {
		out->ref = v;
		return 0;
	}
	if (in->flags & MG_IN_DEREF) {
		mg_lock(&v->mutex);
		rc = mg_tensor_is_set(&v->value) ? mg_tensor_share(&out->value, &v->value, f->err) : mg_fail_uninitialized(f->err, v->name);
		mg_unlock(&v->mutex);
		return rc;
	}
	if (a->uses[in->slot] == 1 && !(f->run->slot_flags[in->slot] & (MG_SLOT_CONST | MG_SLOT_FEED | MG_SLOT_FETCHED))) {
		mg_tensor_move(&out->value, &from->value);
		return 0;
	}
	return mg_tensor_share(&out->value, &from->value, f->err);
}

static void
enter(mg_dynamic *f, activation *a, const mg_step *step, mg_slot *value)
{
	loop *l = loop_below(f, a, step->out_frame);

	if (!l || f->rc)
		return;
	l->enters--;
	if (step->kind == MG_STEP_ENTER) {
		deliver(f, l->first, step, value);
	} else {
		for (activation *i = l->first; i; i = i->next)
			deliver(f, i, step, value);
		if (!mg_vec_push(&l->invariants, ((carried){ step, *value })))
			broken(f, mg_fail_nomem(f->err, 0));
		else
			*value = (mg_slot){ 0 };
	}
	settle(f, l);
}

static void
leave(mg_dynamic *f, activation *a, const mg_step *step, mg_slot *value)
{
	loop *l = a->loop;

	if (!value->dead)
		deliver(f, l->parent, step, value);
	else if (a->number == l->count && !mg_vec_push(&l->dead_exits, step))
		broken(f, mg_fail_nomem(f->err, 0));
}

static void
next(mg_dynamic *f, activation *a, const mg_step *step, mg_slot *value)
{
	loop *l = a->loop;

	if (value->dead || (!l && f->rc))
		return;
	if (a == l->last && l->running >= l->frame->parallel) {
		if (!mg_vec_push(&l->waiting, ((carried){ step, *value })))
			broken(f, mg_fail_nomem(f->err, 0));
		else
			*value = (mg_slot){ 0 };
		return;
	}
	if (a != l->last || iterate(f, l))
		deliver(f, a->next, step, value);
}

static void
carry(mg_dynamic *f, activation *a, const mg_step *step, bool dead)
{
	mg_slot value = { .dead = dead };

	if (!dead) {
		int rc = take(f, a, step, &value);

		if (rc)
			broken(f, mg_fail_node(f->err, rc, step->node->name));
	}
	mg_run_release(f->run, &(mg_step){ .in_base = step->in_base, .in_count = step->in_count });
	if (f->rc)
		;
	else if (step->kind == MG_STEP_EXIT)
		leave(f, a, step, &value);
	else if (step->kind == MG_STEP_NEXT)
		next(f, a, step, &value);
	else
		enter(f, a, step, &value);
	mg_slot_clear(&value);
}

/* ---- steps ---- */

static void
die(mg_run *r, const mg_step *step)
{
	for (int i = 0; i < step->out_count; i++) {
		mg_slot_clear(&r->slots[step->out_base + i]);
		r->slots[step->out_base + i].dead = true;
	}
}

static void
compute(mg_dynamic *f, activation *a, const mg_step *step, bool dead)
{
	mg_run *r = f->run;
	uint64_t dead_outputs = 0;

	r->ctx.live_input = a->wait[step->local].live;
	if (dead)
		die(r, step);
	else if (step->kind != MG_STEP_FEED)
		broken(f, mg_run_step(r, step, f->err));
	if (f->rc)
		return;
	for (int i = 0; i < step->out_count && i < 64; i++)
		dead_outputs |= (uint64_t)r->slots[step->out_base + i].dead << i;
	if (step->kind != MG_STEP_FEED)
		mg_run_release(r, step);
	for (int e = 0; e < step->edge_count; e++) {
		const mg_plan_edge *edge = &f->plan->edges[step->edge_base + e];
		bool gone = dead || (edge->output >= 0 && edge->output < 64 && (dead_outputs >> edge->output & 1));

		arrive(f, a, edge->step, edge->input, gone, false);
	}
}

int
mg_dynamic_run(mg_dynamic *f, mgreg_error *err)
{
	const mg_plan *p = f->plan;
	int rc;

	f->err = err;
	f->rc = 0;
	begin(&f->root, p, &p->frames[0]);
	show(f, &f->root);
	for (int i = 0; i < p->step_count; i++) {
		const mg_step *step = &p->steps[i];

		if (step->kind != MG_STEP_GONE && step->kind != MG_STEP_MERGE && step->frame == 0 && p->frames[0].wait[step->local].pending == 0)
			enqueue(f, &f->root, i);
	}
	while (f->len && !f->rc) {
		ready item = f->queue[f->head];
		const mg_step *step = &p->steps[item.step];
		activation *a = item.at;
		bool dead = a->wait[step->local].flags & DEAD;

		f->head = (f->head + 1) & (f->cap - 1);
		f->len--;
		if ((rc = mg_run_interrupted(f->run, step, err)) != 0) {
			broken(f, rc);
			break;
		}
		show(f, a);
		if (step->kind >= MG_STEP_ENTER)
			carry(f, a, step, dead);
		else
			compute(f, a, step, dead);
		if (--a->outstanding == 0 && a->loop)
			settle(f, a->loop);
	}
	show(f, &f->root);
	return f->rc;
}

/* ---- life ---- */

int
mg_dynamic_new(mg_dynamic **out, mg_run *r, mgreg_error *err)
{
	const mg_plan *p = r->plan;
	mg_dynamic *f = mg_calloc(1, sizeof(*f));

	if (!f)
		return mg_fail_nomem(err, sizeof(*f));
	f->run = r;
	f->plan = p;
	f->spare = mg_calloc((size_t)p->frame_count, sizeof(*f->spare));
	f->root.wait = mg_calloc((size_t)p->frames[0].step_count + 1, sizeof(*f->root.wait));
	f->root.slots = r->slots;
	f->root.uses = r->uses;
	f->root.in = r->in;
	f->now = &f->root;
	if (!f->spare || !f->root.wait) {
		mg_dynamic_free(f);
		return mg_fail_nomem(err, 0);
	}
	*out = f;
	return 0;
}

/* Ends whatever is still open below A. */
static void
close_below(mg_dynamic *f, activation *a)
{
	while (a->open) {
		loop *l = a->open;

		while (l->first) {
			activation *i = l->first;

			l->first = i->next;
			close_below(f, i);
			activation_rest(f, i, l->frame);
		}
		loop_rest(f, l);
	}
}

void
mg_dynamic_reset(mg_dynamic *f)
{
	close_below(f, &f->root);
	show(f, &f->root);
	f->head = f->len = 0;
	f->err = NULL;
}

void
mg_dynamic_free(mg_dynamic *f)
{
	if (!f)
		return;
	for (int i = 0; f->spare && i < f->plan->frame_count; i++)
		while (f->spare[i]) {
			activation *a = f->spare[i];

			f->spare[i] = a->next;
			activation_free(a);
		}
	while (f->spare_loops) {
		loop *l = f->spare_loops;

		f->spare_loops = l->next;
		loop_free(l);
	}
	mg_free(f->spare);
	mg_free(f->queue);
	mg_free(f->root.wait);
	mg_free(f);
}
