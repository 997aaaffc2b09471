/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan.c - (feeds, fetches, targets) -> a plan.
 *
 *  1 collect   what the fetches and targets need, with the feeds in the place of what they replace
 *  2 connect   slots for outputs, edges from producers to consumers in the order of the consumers
 *  3 order     the first-in-first-out ready queue is played through once; with control flow the queue is run each time
 *              and the steps get frames instead (frame.c)
 *  4 bind      kernels by constraint and priority; what only depends on constants is computed now
 *  5 count     uses of each slot, home buffers (memplan.c)
 */
#include "base/base.h"
#include "base/vec.h"
#include "runtime/runtime_internal.h"

#define FOLD_LIMIT ((size_t)10 << 20)   /* bytes of a folded value at most */

typedef struct compiler {
	mg_plan        *plan;
	mg_session     *session;
	const mg_feed  *feeds;
	const mg_output *fetches;
	mg_node *const *targets;
	int             feed_count, fetch_count, target_count;
	int             node_count;
	mg_arena        arena;          /* what only compiling needs */
	uint8_t        *fed;            /* per node id: some output is fed */
	int32_t        *step_of;        /* per node id, -1: does not run */
	mg_node       **stack;
	int             depth, stack_size;
	int            *feed_used;
	int32_t        *order;          /* with control flow: steps, producers first */
	mgreg_error    *err;
} compiler;

/* Index of the feed that replaces output O, or -1. */
static int
feed_of(const compiler *c, mg_output o)
{
	if (o.node->id >= c->node_count || !c->fed[o.node->id])
		return -1;
	for (int i = 0; i < c->feed_count; i++)
		if (c->feeds[i].to.node == o.node && c->feeds[i].to.index == o.index)
			return i;
	return -1;
}

static bool
is_placeholder(const mg_node *n)
{
	return !strcmp(n->op_name, "Placeholder") || !strcmp(n->op_name, "PlaceholderV2") || !strcmp(n->op_name, "PlaceholderWithDefault");
}

/* A control edge out of a fed placeholder starts at the feed instead; index of the feed, or -1. */
static int
control_feed(const compiler *c, mg_node *control)
{
	return is_placeholder(control) ? feed_of(c, MG_OUTPUT(control, 0)) : -1;
}

static const struct { const char *op; enum mg_step_kind kind; } flow_ops[] = {
	{ "Switch", MG_STEP_PLAIN }, { "RefSwitch", MG_STEP_PLAIN }, { "Merge", MG_STEP_MERGE }, { "RefMerge", MG_STEP_MERGE },
	{ "Enter", MG_STEP_ENTER }, { "RefEnter", MG_STEP_ENTER }, { "Exit", MG_STEP_EXIT }, { "RefExit", MG_STEP_EXIT },
	{ "NextIteration", MG_STEP_NEXT }, { "RefNextIteration", MG_STEP_NEXT }, { "ControlTrigger", MG_STEP_TRIGGER },
};

/* What N is to the executor; *FLOW: it decides what runs. */
static enum mg_step_kind
kind_of(const mg_node *n, bool *flow)
{
	bool constant = false;

	for (size_t i = 0; i < MG_COUNT(flow_ops); i++)
		if (!strcmp(n->op_name, flow_ops[i].op)) {
			*flow = flow_ops[i].kind != MG_STEP_TRIGGER;
			if (flow_ops[i].kind == MG_STEP_ENTER && mg_attr_get_bool(&n->attrs, "is_constant", &constant) && constant)
				return MG_STEP_INVARIANT;
			return flow_ops[i].kind;
		}
	*flow = false;
	return MG_STEP_PLAIN;
}

/* ---- 1 collect ---- */

static int
visit(compiler *c, mg_node *n)
{
	if (c->step_of[n->id] != -1)
		return 0;
	c->step_of[n->id] = 0;
	if (c->depth == c->stack_size)
		return mg_fail(c->err, MGREG_INTERNAL, "more nodes than the graph has");
	c->stack[c->depth++] = n;
	return 0;
}

static int
collect(compiler *c)
{
	int rc;

	for (int i = 0; i < c->fetch_count; i++)
		if (feed_of(c, c->fetches[i]) < 0 && (rc = visit(c, c->fetches[i].node)) != 0)
			return rc;
	for (int i = 0; i < c->target_count; i++)
		if (control_feed(c, c->targets[i]) < 0 && (rc = visit(c, c->targets[i])) != 0)
			return rc;
	while (c->depth) {
		mg_node *n = c->stack[--c->depth];
		bool flow;

		kind_of(n, &flow);
		c->plan->dynamic |= flow;
		for (int i = 0; i < n->input_count; i++) {
			if (!n->inputs[i].node)
				return mg_fail_node(c->err, mg_fail(c->err, MGREG_INVALID_ARGUMENT, "node '%s': input %d is not connected", n->name, i), n->name);
			if (feed_of(c, n->inputs[i]) < 0 && (rc = visit(c, n->inputs[i].node)) != 0)
				return rc;
		}
		for (int i = 0; i < n->control_count; i++)
			if (control_feed(c, n->controls[i]) < 0 && (rc = visit(c, n->controls[i])) != 0)
				return rc;
	}
	return 0;
}

/* ---- 2 connect ---- */

static int
make_steps(compiler *c)
{
	mg_plan *p = c->plan;
	int nodes = 0;

	for (int id = 0; id < c->node_count; id++)
		nodes += c->step_of[id] != -1;
	p->steps = mg_arena_zalloc(&p->arena, (size_t)nodes + (size_t)c->feed_count + 1, sizeof(*p->steps));
	if (!p->steps)
		return mg_fail_nomem(c->err, 0);
	for (int id = 0; id < c->node_count; id++) {
		mg_node *n;
		mg_step *step;
		bool flow;

		if (c->step_of[id] == -1)
			continue;
		n = mg_graph_node(c->session->graph, id);
		c->step_of[id] = p->step_count;
		step = &p->steps[p->step_count++];
		step->node = n;
		step->in_count = n->input_count;
		step->out_count = n->output_count;
		step->control_count = n->control_count;
		step->kind = kind_of(n, &flow);
	}
	p->feed_count = c->feed_count;
	for (int i = 0; i < c->feed_count; i++) {       /* feeds come last among the sources */
		mg_step *step = &p->steps[p->step_count++];

		step->kind = MG_STEP_FEED;
		step->out_count = 1;
	}
	return 0;
}

/* Numbers for the inputs, outputs and steps of each frame; a plan without control flow is one frame.  The feeds, which are the
 * last steps, have the last slots of the outermost frame. */
static void
number(compiler *c)
{
	mg_plan *p = c->plan;
	mg_frame whole = { .name = "" };
	int frames = p->dynamic ? p->frame_count : 1;

	for (int f = 0; f < frames; f++) {
		mg_frame *frame = p->dynamic ? &p->frames[f] : &whole;

		frame->slot_base = p->slot_count;
		frame->in_base = p->in_count;
		for (int i = 0; i < p->step_count; i++) {
			mg_step *step = &p->steps[i];

			if (step->frame == f) {
				step->local = frame->step_count++;
				step->in_at = frame->in_count;
				step->in_base = frame->in_base + frame->in_count;
				frame->in_count += step->in_count;
			}
			if (step->out_frame == f) {
				step->out_base = frame->slot_count;
				frame->slot_count += step->out_count;
			}
		}
		p->slot_count += frame->slot_count;
		p->in_count += frame->in_count;
		if (f == 0)
			p->feed_base = frame->slot_count - p->feed_count;
	}
}

/* Number of a step's first output in the plan's arrays over slots. */
static int
first_slot(const mg_plan *p, const mg_step *step)
{
	return step->out_base + (p->dynamic ? p->frames[step->out_frame].slot_base : 0);
}

static int
make_slots(compiler *c)
{
	mg_plan *p = c->plan;
	size_t n = (size_t)p->slot_count + 1;

	p->slot_node = mg_arena_zalloc(&p->arena, n, sizeof(*p->slot_node));
	p->slot_flags = mg_arena_zalloc(&p->arena, n, sizeof(*p->slot_flags));
	p->slot_type = mg_arena_zalloc(&p->arena, n, sizeof(*p->slot_type));
	p->uses = mg_arena_zalloc(&p->arena, n, sizeof(*p->uses));
	p->consts = mg_arena_zalloc(&p->arena, n, sizeof(*p->consts));
	p->ins = mg_arena_zalloc(&p->arena, (size_t)p->in_count + 1, sizeof(*p->ins));
	p->fetch_slots = mg_arena_zalloc(&p->arena, (size_t)c->fetch_count + 1, sizeof(*p->fetch_slots));
	p->feeds = mg_arena_zalloc(&p->arena, (size_t)c->feed_count + 1, sizeof(*p->feeds));
	if (!p->slot_node || !p->slot_flags || !p->slot_type || !p->uses || !p->consts || !p->ins || !p->fetch_slots || !p->feeds)
		return mg_fail_nomem(c->err, 0);
	for (int i = 0; i < p->step_count; i++)
		for (int o = 0; o < p->steps[i].out_count && p->steps[i].node; o++) {
			int slot = first_slot(p, &p->steps[i]) + o, type = p->steps[i].node->output_types[o];

			p->slot_node[slot] = p->steps[i].node;
			p->slot_type[slot] = (uint8_t)mg_dtype_base(type);
			if (mg_dtype_is_ref(type))
				p->slot_flags[slot] |= MG_SLOT_REF;
		}
	for (int i = 0; i < c->feed_count; i++) {
		p->feeds[i] = c->feeds[i].to;
		p->slot_type[p->feed_base + i] = (uint8_t)mg_output_type(c->feeds[i].to);
		p->slot_flags[p->feed_base + i] = MG_SLOT_FEED;
	}
	return 0;
}

static int32_t
slot_of(const compiler *c, mg_output o)
{
	int feed = feed_of(c, o);

	if (feed >= 0) {
		c->feed_used[feed] = 1;
		return c->plan->feed_base + feed;
	}
	return c->plan->steps[c->step_of[o.node->id]].out_base + o.index;
}

static int
make_inputs(compiler *c)
{
	mg_plan *p = c->plan;

	for (int i = 0; i < p->step_count; i++) {
		mg_step *step = &p->steps[i];
		const mg_node *n = step->node;
		const uint8_t *flags = p->slot_flags + (p->dynamic ? p->frames[step->frame].slot_base : 0);

		for (int j = 0; j < step->in_count; j++) {
			mg_plan_in *in = &p->ins[step->in_base + j];
			/* an op that nobody knows has no types; binding refuses it */
			bool wants = n->input_types && mg_dtype_is_ref(n->input_types[j]);

			in->slot = slot_of(c, n->inputs[j]);
			in->deref = -1;
			if (wants && !(flags[in->slot] & MG_SLOT_REF))
				return mg_fail_node(c->err, mg_fail(c->err, MGREG_INVALID_ARGUMENT, "node '%s': input %d must be a reference to a variable and cannot be fed", n->name, j), n->name);
			if (wants) {
				in->flags = MG_IN_REF;
				step->refs = true;
			} else if (flags[in->slot] & MG_SLOT_REF) {
				in->flags = MG_IN_DEREF;
				in->deref = p->deref_count++;
				step->derefs++;
			}
		}
	}
	for (int i = 0; i < c->fetch_count; i++) {
		int step = feed_of(c, c->fetches[i]) >= 0 ? -1 : c->step_of[c->fetches[i].node->id];

		if (step >= 0 && p->steps[step].out_frame != 0)
			return mg_fail_node(c->err, mg_fail(c->err, MGREG_INVALID_ARGUMENT, "'%s:%d' cannot be fetched: it is inside the loop '%s'",
				c->fetches[i].node->name, c->fetches[i].index, p->frames[p->steps[step].out_frame].name), c->fetches[i].node->name);
		p->fetch_slots[i] = slot_of(c, c->fetches[i]);
		p->slot_flags[p->fetch_slots[i]] |= MG_SLOT_FETCHED;
	}
	p->fetch_count = c->fetch_count;
	return 0;
}

/* Producer of control input J of a step: a step's index. */
static int
control_step(const compiler *c, const mg_node *n, int j)
{
	int feed = control_feed(c, n->controls[j]);

	return feed >= 0 ? c->plan->step_count - c->feed_count + feed : c->step_of[n->controls[j]->id];
}

static int
producer_step(const compiler *c, mg_output o)
{
	int feed = feed_of(c, o);

	return feed >= 0 ? c->plan->step_count - c->feed_count + feed : c->step_of[o.node->id];
}

/* Out edges of each step: consumers by node, their inputs in order, then their control inputs. */
static int
make_edges(compiler *c)
{
	mg_plan *p = c->plan;
	int32_t total = 0;

	for (int pass = 0; pass < 2; pass++) {
		for (int i = 0; i < p->step_count; i++) {
			mg_step *step = &p->steps[i];

			for (int j = 0; step->node && j < step->in_count; j++) {
				mg_step *from = &p->steps[producer_step(c, step->node->inputs[j])];

				if (pass)
					p->edges[from->edge_base + from->edge_count] = (mg_plan_edge){ i, j, from->node ? step->node->inputs[j].index : 0 };
				from->edge_count++;
			}
			for (int j = 0; step->node && j < step->control_count; j++) {
				mg_step *from = &p->steps[control_step(c, step->node, j)];

				if (pass)
					p->edges[from->edge_base + from->edge_count] = (mg_plan_edge){ i, -1, -1 };
				from->edge_count++;
			}
		}
		for (int i = 0; pass == 0 && i < p->step_count; i++) {
			p->steps[i].edge_base = total;
			total += p->steps[i].edge_count;
			p->steps[i].edge_count = 0;
		}
		if (pass == 0 && !(p->edges = mg_arena_zalloc(&p->arena, (size_t)total + 1, sizeof(*p->edges))))
			return mg_fail_nomem(c->err, 0);
	}
	return 0;
}

/* ---- 3 order ---- */

static int
find_frames(compiler *c)
{
	c->order = mg_arena_zalloc(&c->arena, (size_t)c->plan->step_count + 1, sizeof(*c->order));
	return c->order ? mg_frames_find(c->plan, c->order, c->err) : mg_fail_nomem(c->err, 0);
}

static int
order(compiler *c)
{
	mg_plan *p = c->plan;
	int n = p->step_count, head = 0, tail = 0;
	int32_t *pending = mg_arena_zalloc(&c->arena, (size_t)n + 1, sizeof(*pending));
	int32_t *queue = mg_arena_zalloc(&c->arena, (size_t)n + 1, sizeof(*queue));
	mg_step *sorted = mg_arena_zalloc(&p->arena, (size_t)n + 1, sizeof(*sorted));

	if (!pending || !queue || !sorted)
		return mg_fail_nomem(c->err, 0);
	for (int i = 0; i < n; i++) {
		pending[i] = p->steps[i].in_count + p->steps[i].control_count;
		if (pending[i] == 0)
			queue[tail++] = i;
	}
	while (head < tail) {
		const mg_step *step = &p->steps[queue[head++]];

		for (int e = 0; e < step->edge_count; e++) {
			int to = p->edges[step->edge_base + e].step;

			if (--pending[to] == 0)
				queue[tail++] = to;
		}
	}
	if (tail < n) {
		for (int i = 0; i < n; i++)
			if (pending[i] > 0)
				return mg_fail_node(c->err, mg_fail(c->err, MGREG_INVALID_ARGUMENT, "node '%s' is part of a cycle", p->steps[i].node->name), p->steps[i].node->name);
	}
	p->step_count = 0;
	for (int i = 0; i < n; i++)
		if (p->steps[queue[i]].kind != MG_STEP_FEED)    /* a feed is there from the start */
			memcpy(&sorted[p->step_count++], &p->steps[queue[i]], sizeof(*sorted));
	p->steps = sorted;
	return 0;
}

/* ---- 4 bind ---- */

static int
no_kernel(compiler *c, const mg_node *n, bool declined)
{
	char types[256] = "";
	size_t at = 0;

	for (int i = 0; i < n->attrs.count && at < sizeof(types) - 40; i++)
		if (n->attrs.at[i].value->value_case == PB__ATTR_VALUE__VALUE_TYPE && n->attrs.at[i].name[0] != '_')
			at += (size_t)snprintf(types + at, sizeof(types) - at, "%s%.20s=%s", at ? ", " : " for ", n->attrs.at[i].name,
				mg_dtype_op_name((int)n->attrs.at[i].value->type));
	if (!n->op)
		return mg_fail(c->err, MGREG_UNIMPLEMENTED, "op '%s' is not known here and cannot run", n->op_name);
	return mg_fail(c->err, MGREG_UNIMPLEMENTED, declined ? "no kernel of op '%s' accepts this node%s" : "there is no kernel for op '%s'%s", n->op_name, types);
}

static int
bind(compiler *c, mg_step *step)
{
	int count, rc;
	bool declined = false;
	const mg_kernel *const *rows = mg_kernel_rows(step->node->op_name, &count);

	if (count < 0)
		return mg_fail_nomem(c->err, 0);
	for (int i = 0; i < count; i++) {
		mg_kernel_prep prep = { .session = c->session, .node = step->node, .attrs = &step->node->attrs,
			.single_thread = mg_pool_threads(c->session->pool) == 1 };

		if (!mg_kernel_matches(rows[i], &step->node->attrs, step->node->op))
			continue;
		rc = rows[i]->prepare ? rows[i]->prepare(&prep, &step->state, c->err) : 0;
		if (rc == MG_KERNEL_DECLINED) {
			declined = true;
			mg_error_clear(c->err);
			continue;
		}
		if (rc != 0)
			return mg_fail_node(c->err, rc, step->node->name);
		step->kernel = rows[i];
		return 0;
	}
	if (!step->node->op && mg_graph_function(c->session->top->graph, step->node->op_name)) {
		step->kernel = &mg_kernel_library_call;
		return 0;
	}
	return mg_fail_node(c->err, no_kernel(c, step->node, declined), step->node->name);
}

static void
unbind(mg_step *step)
{
	if (step->kernel && step->kernel->release)
		step->kernel->release(step->state);
	step->kernel = NULL;
}

static bool
feeds_flow(const mg_plan *p, const mg_step *step)
{
	for (int e = 0; e < step->edge_count; e++)
		if (p->steps[p->edges[step->edge_base + e].step].kind == MG_STEP_MERGE)
			return true;
	return false;
}

static bool
can_fold(const compiler *c, const mg_step *step)
{
	const mg_plan *p = c->plan;

	/* with control flow a control edge may be dead, and Merge and frames want to see values arrive */
	if (p->dynamic && (step->frame || step->out_frame || step->control_count || step->kind != MG_STEP_PLAIN || feeds_flow(p, step)))
		return false;
	if (c->session->no_optimize || !step->out_count || (step->kernel->flags & (MG_KERNEL_NO_FOLD | MG_KERNEL_BLOCKS))
	    || !step->node->op || (step->node->op->flags & MG_OP_STATEFUL) || step->refs || step->derefs)
		return false;
	for (int i = 0; i < step->in_count; i++)
		if (!(p->slot_flags[p->ins[step->in_base + i].slot] & MG_SLOT_CONST))
			return false;
	return true;
}

/* Computes a step whose inputs are constants.  Whether it fails or its result is too big, it then simply stays. */
static bool
fold(compiler *c, mg_run *r, const mg_step *step)
{
	mg_plan *p = c->plan;
	mgreg_error ignored;
	bool ok = mg_run_step(r, step, &ignored) == 0;

	for (int i = 0; i < step->out_count; i++) {
		mg_slot *s = &r->slots[step->out_base + i];

		ok = ok && mg_tensor_is_set(&s->value) && s->value.size <= FOLD_LIMIT && !s->dead && !s->ref;
	}
	for (int i = 0; i < step->out_count; i++) {
		mg_slot *s = &r->slots[step->out_base + i];

		if (ok && mg_tensor_share(&p->consts[step->out_base + i], &s->value, NULL) == 0)
			p->slot_flags[step->out_base + i] |= MG_SLOT_CONST;
		else
			mg_slot_clear(s);
	}
	return ok;
}

static int
bind_all(compiler *c)
{
	mg_plan *p = c->plan;
	mg_run *r = NULL;
	int kept = 0, rc = 0;

	MG_TRY(mg_run_new(&r, p, c->err));
	r->folding = true;
	if (p->dynamic) {
		for (int i = 0; i < p->step_count; i++) {
			mg_step *step = &p->steps[c->order[i]];

			if (step->kind == MG_STEP_FEED)
				continue;
			MG_TRY(bind(c, step));
			if (can_fold(c, step) && fold(c, r, step)) {
				unbind(step);
				step->kind = MG_STEP_GONE;
			}
		}
		goto out;
	}
	for (int i = 0; i < p->step_count; i++) {
		mg_step *step = &p->steps[i];

		if (step->kind != MG_STEP_FEED)
			MG_TRY(bind(c, step));
		if (step->kind != MG_STEP_FEED && can_fold(c, step) && fold(c, r, step)) {
			unbind(step);
			continue;
		}
		if (kept != i) {
			memcpy(&p->steps[kept], step, sizeof(*step));
			memset(step, 0, sizeof(*step));
		}
		kept++;
	}
	p->step_count = kept;
out:
	mg_run_free(r);
	return rc;
}

/* ---- 5 count ---- */

/* Is STEP there for its value alone?  Then it need not run when nobody takes the value. */
static bool
is_pure(const compiler *c, const mg_step *step)
{
	if (step->kind != MG_STEP_PLAIN || !step->node->op || (step->node->op->flags & MG_OP_STATEFUL) || !step->out_count || step->refs
	    || (step->kernel->flags & (MG_KERNEL_NO_FOLD | MG_KERNEL_BLOCKS)))
		return false;
	for (int i = 0; i < c->target_count; i++)
		if (c->targets[i] == step->node)
			return false;
	return true;
}

/* Drops pure steps that only a control edge asked for, from the last to the first.  The gradient that a product sends into its
 * constant input is such a one: it only runs because gradients are gated in groups. */
static void
drop_unused(compiler *c)
{
	mg_plan *p = c->plan;
	int kept = p->step_count;

	if (p->dynamic || c->session->no_optimize)
		return;
	for (int i = p->step_count; i-- > 0; ) {
		mg_step *step = &p->steps[i];
		bool wanted = !is_pure(c, step);

		for (int o = 0; !wanted && o < step->out_count; o++)
			wanted = p->uses[step->out_base + o] != 0;
		if (wanted) {
			if (--kept != i)
				memcpy(&p->steps[kept], step, sizeof(*step));
			continue;
		}
		for (int j = 0; j < step->in_count; j++)
			p->uses[p->ins[step->in_base + j].slot]--;
		unbind(step);
	}
	p->steps += kept;
	p->step_count -= kept;
}

static void
count_uses(compiler *c)
{
	mg_plan *p = c->plan;

	memset(p->uses, 0, (size_t)p->slot_count * sizeof(*p->uses));
	for (int i = 0; i < p->step_count; i++) {
		int32_t *uses = p->uses + (p->dynamic ? p->frames[p->steps[i].frame].slot_base : 0);

		for (int j = 0; p->steps[i].kind != MG_STEP_GONE && j < p->steps[i].in_count; j++)
			uses[p->ins[p->steps[i].in_base + j].slot]++;
	}
	for (int i = 0; i < p->fetch_count; i++)
		p->uses[p->fetch_slots[i]]++;
	drop_unused(c);
	for (int s = 0; s < p->slot_count; s++)         /* constants that only fed other constants */
		if ((p->slot_flags[s] & MG_SLOT_CONST) && !p->uses[s]) {
			mg_tensor_clear(&p->consts[s]);
			p->slot_flags[s] &= (uint8_t)~MG_SLOT_CONST;
		}
}

/* Homes by the shapes that are known before anything has run. */
static int
place(compiler *c)
{
	mg_plan *p = c->plan;
	int64_t *sizes = mg_arena_zalloc(&c->arena, (size_t)p->slot_count + 1, sizeof(*sizes));

	if (!sizes)
		return mg_fail_nomem(c->err, 0);
	for (int i = 0; i < p->slot_count; i++)
		sizes[i] = -1;
	for (int i = 0; i < p->step_count; i++)
		for (int o = 0; o < p->steps[i].out_count && p->steps[i].node; o++) {
			const mg_shape *shape = &p->steps[i].node->shapes[o];
			int slot = p->steps[i].out_base + o;
			int64_t count;

			if (mg_shape_is_full(shape) && mg_shape_count(shape, &count, NULL) == 0 && count < INT64_MAX / 16)
				sizes[slot] = count * (int64_t)mg_dtype_size(p->slot_type[slot]);
		}
	return mg_memplan(p, sizes, c->err);
}

static int
check(compiler *c)
{
	const mg_feed *f = c->feeds;

	if (!c->fetch_count && !c->target_count)
		return mg_fail(c->err, MGREG_INVALID_ARGUMENT, "a run needs at least one fetch or target");
	for (int i = 0; i < c->feed_count; i++) {
		if (!f[i].to.node || f[i].to.node->graph != c->session->graph || f[i].to.index < 0 || f[i].to.index >= f[i].to.node->output_count)
			return mg_fail(c->err, MGREG_INVALID_ARGUMENT, "feed %d is not an output of the session's graph", i);
		for (int j = 0; j < i; j++)
			if (f[j].to.node == f[i].to.node && f[j].to.index == f[i].to.index)
				return mg_fail(c->err, MGREG_INVALID_ARGUMENT, "tensor '%s:%d' is fed twice", f[i].to.node->name, f[i].to.index);
	}
	for (int i = 0; i < c->fetch_count; i++) {
		const mg_output *o = &c->fetches[i];

		if (!o->node || o->node->graph != c->session->graph)
			return mg_fail(c->err, MGREG_INVALID_ARGUMENT, "fetch %d is not an output of the session's graph", i);
		if (o->index < 0 || o->index >= o->node->output_count)
			return mg_fail(c->err, MGREG_INVALID_ARGUMENT, "fetch '%s:%d': the node has %d outputs", o->node->name, o->index, o->node->output_count);
	}
	for (int i = 0; i < c->target_count; i++)
		if (!c->targets[i] || c->targets[i]->graph != c->session->graph)
			return mg_fail(c->err, MGREG_INVALID_ARGUMENT, "target %d is not a node of the session's graph", i);
	return 0;
}

static int
prepare(compiler *c)
{
	c->node_count = mg_graph_node_count(c->session->graph);
	c->stack_size = c->node_count;
	c->fed = mg_arena_zalloc(&c->arena, (size_t)c->node_count + 1, sizeof(*c->fed));
	c->step_of = mg_arena_zalloc(&c->arena, (size_t)c->node_count + 1, sizeof(*c->step_of));
	c->stack = mg_arena_zalloc(&c->arena, (size_t)c->node_count + 1, sizeof(*c->stack));
	c->feed_used = mg_arena_zalloc(&c->arena, (size_t)c->feed_count + 1, sizeof(*c->feed_used));
	if (!c->fed || !c->step_of || !c->stack || !c->feed_used)
		return mg_fail_nomem(c->err, 0);
	memset(c->step_of, 0xff, (size_t)c->node_count * sizeof(*c->step_of));
	for (int i = 0; i < c->feed_count; i++)
		c->fed[c->feeds[i].to.node->id] = 1;
	return 0;
}

int
mg_plan_compile(mg_plan **out, mg_session *s, const mg_feed *feeds, int feed_count, const mg_output *fetches,
	int fetch_count, mg_node *const *targets, int target_count, mgreg_error *err)
{
	compiler c = { .session = s, .feeds = feeds, .feed_count = feed_count, .fetches = fetches, .fetch_count = fetch_count,
		.targets = targets, .target_count = target_count, .err = err };
	mg_plan *p = mg_calloc(1, sizeof(*p));
	int rc = 0;

	if (!p)
		return mg_fail_nomem(err, sizeof(*p));
	if ((rc = mg_mutex_init(&p->mutex, err)) != 0) {
		mg_free(p);
		return rc;
	}
	p->session = s;
	c.plan = p;
	MG_TRY(check(&c));
	MG_TRY(prepare(&c));
	MG_TRY(collect(&c));
	MG_TRY(make_steps(&c));
	MG_TRY(make_edges(&c));
	if (p->dynamic)
		MG_TRY(find_frames(&c));
	number(&c);
	MG_TRY(make_slots(&c));
	MG_TRY(make_inputs(&c));
	if (!p->dynamic)
		MG_TRY(order(&c));
	MG_TRY(bind_all(&c));
	count_uses(&c);
	if (p->dynamic)
		MG_TRY(mg_frames_count(p, err));
	if (!p->dynamic && !s->no_optimize)
		MG_TRY(place(&c));
out:
	mg_arena_clear(&c.arena);
	if (rc)
		mg_plan_free(p);
	else
		*out = p;
	return rc;
}

void
mg_plan_free(mg_plan *p)
{
	if (!p)
		return;
	while (p->idle) {
		mg_run *r = p->idle;

		p->idle = r->next;
		mg_run_free(r);
	}
	for (int i = 0; i < p->step_count; i++)
		unbind(&p->steps[i]);
	for (int i = 0; p->consts && i < p->slot_count; i++)
		mg_tensor_clear(&p->consts[i]);
	mg_mutex_clear(&p->mutex);
	mg_arena_clear(&p->arena);
	mg_free(p);
}
