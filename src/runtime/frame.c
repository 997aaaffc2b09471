/* SPDX-License-Identifier: Apache-2.0 */
/*
 * frame.c - which loop each step of a plan belongs to.
 *
 * What has no inputs runs outside of all loops.  From there frames follow the edges: what Enter makes is inside a loop, what
 * Exit makes is in the frame around it, everything else stays where its inputs are, so all inputs of a step must be in one
 * frame.  A loop is known by the name that its Enters carry and the frame around it, and by its parts being connected: two
 * loops of one name that never meet are two frames, and neither waits for the other.
 */
#include "base/base.h"
#include "runtime/runtime_internal.h"

typedef struct region {                 /* what one Enter opens; joined with the regions it meets */
	int32_t     up;                 /* itself, or a region it was joined with */
	int32_t     parent, frame;
	const char *name;
} region;

typedef struct finder {
	mg_plan    *p;
	mg_arena    arena;
	region     *regions;
	int32_t     region_count;
	int32_t    *in;                 /* per step: its region, -1: not seen */
	int32_t    *opened;             /* per step: the region its Enter opens, -1 */
	int32_t    *queue;
	mgreg_error *err;
} finder;

static int32_t
root_of(finder *f, int32_t r)
{
	while (f->regions[r].up != r)
		r = f->regions[r].up = f->regions[f->regions[r].up].up;
	return r;
}

/* Two regions met: they are one loop, so what is around them is one, too. */
static bool
join(finder *f, int32_t a, int32_t b)
{
	for (;;) {
		a = root_of(f, a);
		b = root_of(f, b);
		if (a == b)
			return true;
		if (a == 0 || b == 0 || strcmp(f->regions[a].name, f->regions[b].name) != 0)
			return false;
		f->regions[b].up = a;
		a = f->regions[a].parent;
		b = f->regions[b].parent;
	}
}

static int
fail_at(finder *f, const mg_step *step, int rc)
{
	return mg_fail_node(f->err, rc, step->node->name);
}

static const char *
frame_name(finder *f, const mg_node *n)
{
	mg_slice name = { "", 0 };

	mg_attr_get_string(&n->attrs, "frame_name", &name);
	return mg_arena_strndup(&f->p->arena, name.ptr, name.len);
}

/* The region that holds what step I makes; -1: an error. */
static int32_t
region_after(finder *f, int32_t i)
{
	const mg_step *step = &f->p->steps[i];
	int32_t at = root_of(f, f->in[i]);

	if (step->kind == MG_STEP_EXIT) {
		if (at == 0) {
			fail_at(f, step, mg_fail(f->err, MGREG_INVALID_ARGUMENT, "node '%s' leaves a loop, but is in none", step->node->name));
			return -1;
		}
		return root_of(f, f->regions[at].parent);
	}
	if (step->kind != MG_STEP_ENTER && step->kind != MG_STEP_INVARIANT)
		return at;
	if (f->opened[i] < 0) {
		region *r = &f->regions[f->region_count];

		*r = (region){ .up = f->region_count, .parent = at, .frame = -1, .name = frame_name(f, step->node) };
		if (!r->name) {
			mg_fail_nomem(f->err, 0);
			return -1;
		}
		f->opened[i] = f->region_count++;
	}
	return root_of(f, f->opened[i]);
}

static int
spread(finder *f)
{
	mg_plan *p = f->p;
	int head = 0, tail = 0;

	for (int32_t i = 0; i < p->step_count; i++) {
		f->in[i] = f->opened[i] = -1;
		if (p->steps[i].in_count + p->steps[i].control_count == 0) {
			f->in[i] = 0;
			f->queue[tail++] = i;
		}
	}
	while (head < tail) {
		int32_t i = f->queue[head++], after = region_after(f, i);
		const mg_step *step = &p->steps[i];

		if (after < 0)
			return f->err ? (int)f->err->code : MGREG_INVALID_ARGUMENT;
		for (int e = 0; e < step->edge_count; e++) {
			int32_t to = p->edges[step->edge_base + e].step;

			if (f->in[to] < 0) {
				f->in[to] = after;
				f->queue[tail++] = to;
			} else if (!join(f, f->in[to], after)) {
				return fail_at(f, &p->steps[to], mg_fail(f->err, MGREG_INVALID_ARGUMENT, "node '%s' has inputs from different frames: '%s' is in frame '%s', another is in frame '%s'",
					p->steps[to].node->name, step->node ? step->node->name : "a feed", f->regions[root_of(f, after)].name,
					f->regions[root_of(f, f->in[to])].name));
			}
		}
	}
	for (int32_t i = 0; i < p->step_count; i++)
		if (f->in[i] < 0)
			return fail_at(f, &p->steps[i], mg_fail(f->err, MGREG_INVALID_ARGUMENT, "node '%s' is part of a cycle", p->steps[i].node->name));
	return 0;
}

/* Producers before consumers; only what NextIteration makes may come before it. */
static int
sort(finder *f, int32_t *order)
{
	mg_plan *p = f->p;
	int32_t *pending = f->queue;    /* not needed any more */
	int head = 0, tail = 0;

	memset(pending, 0, (size_t)p->step_count * sizeof(*pending));
	for (int i = 0; i < p->step_count; i++)
		for (int e = 0; p->steps[i].kind != MG_STEP_NEXT && e < p->steps[i].edge_count; e++)
			pending[p->edges[p->steps[i].edge_base + e].step]++;
	for (int32_t i = 0; i < p->step_count; i++)
		if (pending[i] == 0)
			order[tail++] = i;
	while (head < tail) {
		const mg_step *step = &p->steps[order[head++]];

		for (int e = 0; step->kind != MG_STEP_NEXT && e < step->edge_count; e++)
			if (--pending[p->edges[step->edge_base + e].step] == 0)
				order[tail++] = p->edges[step->edge_base + e].step;
	}
	for (int i = 0; tail < p->step_count && i < p->step_count; i++)
		if (pending[i] > 0)
			return fail_at(f, &p->steps[i], mg_fail(f->err, MGREG_INVALID_ARGUMENT, "node '%s' is part of a cycle", p->steps[i].node->name));
	return 0;
}

static int32_t
frame_of(finder *f, int32_t r)
{
	mg_plan *p = f->p;

	r = root_of(f, r);
	if (f->regions[r].frame < 0) {
		int32_t parent = frame_of(f, f->regions[r].parent);

		f->regions[r].frame = p->frame_count++;
		p->frames[f->regions[r].frame] = (mg_frame){ .name = f->regions[r].name, .parent = parent };
	}
	return f->regions[r].frame;
}

static void
name_frames(finder *f)
{
	mg_plan *p = f->p;

	p->frames[0] = (mg_frame){ .name = "", .parent = -1 };
	p->frame_count = 1;
	for (int i = 0; i < p->step_count; i++) {
		mg_step *step = &p->steps[i];
		mg_frame *frame;
		int64_t parallel = 10;

		step->frame = frame_of(f, f->in[i]);
		step->out_frame = frame_of(f, region_after(f, i));
		if (step->kind != MG_STEP_ENTER && step->kind != MG_STEP_INVARIANT)
			continue;
		frame = &p->frames[step->out_frame];
		frame->enters++;
		mg_attr_get_int(&step->node->attrs, "parallel_iterations", &parallel);
		if (!frame->parallel)
			frame->parallel = (int32_t)MG_MAX(1, MG_MIN(parallel, 1 << 20));
	}
}

int
mg_frames_find(mg_plan *p, int32_t *order, mgreg_error *err)
{
	finder f = { .p = p, .err = err };
	size_t steps = (size_t)p->step_count + 1;
	int rc = 0;

	f.regions = mg_arena_zalloc(&f.arena, steps + 1, sizeof(*f.regions));
	f.in = mg_arena_zalloc(&f.arena, steps, sizeof(*f.in));
	f.opened = mg_arena_zalloc(&f.arena, steps, sizeof(*f.opened));
	f.queue = mg_arena_zalloc(&f.arena, steps, sizeof(*f.queue));
	if (!f.regions || !f.in || !f.opened || !f.queue) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	f.regions[0].name = "";
	f.region_count = 1;
	MG_TRY(spread(&f));
	MG_TRY(sort(&f, order));
	p->frames = mg_arena_zalloc(&p->arena, (size_t)f.region_count, sizeof(*p->frames));
	if (p->frames)
		name_frames(&f);
	else
		rc = mg_fail_nomem(err, 0);
out:
	mg_arena_clear(&f.arena);
	return rc;
}

int
mg_frames_count(mg_plan *p, mgreg_error *err)
{
	for (int i = 0; i < p->frame_count; i++) {
		mg_frame *frame = &p->frames[i];

		frame->wait = mg_arena_zalloc(&p->arena, (size_t)frame->step_count + 1, sizeof(*frame->wait));
		if (!frame->wait)
			return mg_fail_nomem(err, 0);
		for (int s = 0; s < frame->step_count; s++)
			frame->wait[s].live = -1;
	}
	for (int i = 0; i < p->step_count; i++) {
		const mg_step *step = &p->steps[i];

		for (int e = 0; step->kind != MG_STEP_GONE && e < step->edge_count; e++) {
			const mg_plan_edge *edge = &p->edges[step->edge_base + e];
			const mg_step *to = &p->steps[edge->step];

			if (to->kind != MG_STEP_MERGE || edge->input < 0)
				p->frames[to->frame].wait[to->local].pending++;
		}
	}
	return 0;
}
