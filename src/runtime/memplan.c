/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memplan.c - which slots of a plan may live in the same memory.
 *
 * The steps run in a known order, so a slot lives from its step to its last use.  Homes are buffers; two slots share
 * one when their lives do not touch.  Going through the steps, a slot takes the free home of the nearest size (at
 * most twice too big).  What is fetched leaves the run and gets no home; neither do references, constants and
 * values that are not plain bytes.
 */
#include "base/base.h"
#include "base/vec.h"
#include "runtime/runtime_internal.h"

typedef struct home { int64_t size; bool taken; } home;
typedef MG_VEC(home) homes;

static int32_t
take_home(homes *h, int64_t size)
{
	int32_t best = -1;

	for (size_t i = 0; i < h->len; i++)
		if (!h->at[i].taken && h->at[i].size >= size && h->at[i].size / 2 <= size && (best < 0 || h->at[i].size < h->at[best].size))
			best = (int32_t)i;
	if (best < 0) {
		if (!mg_vec_push(h, ((home){ size, false })))
			return -1;
		best = (int32_t)h->len - 1;
	}
	h->at[best].taken = true;
	return best;
}

int
mg_memplan(mg_plan *p, const int64_t *sizes, mgreg_error *err)
{
	int32_t *left = mg_memdup(p->uses, ((size_t)p->slot_count + 1) * sizeof(*left));
	homes h = { 0 };
	int rc = 0;

	if (!p->home)
		p->home = mg_arena_zalloc(&p->arena, (size_t)p->slot_count + 1, sizeof(*p->home));
	if (!left || !p->home) {
		mg_free(left);
		return mg_fail_nomem(err, 0);
	}
	for (int i = 0; i < p->slot_count; i++)
		p->home[i] = -1;
	p->measured = true;
	for (int i = 0; i < p->step_count; i++) {
		const mg_step *step = &p->steps[i];

		for (int o = 0; o < step->out_count; o++) {
			int32_t s = step->out_base + o;

			if (sizes[s] < 0 && !(p->slot_flags[s] & MG_SLOT_REF))
				p->measured = false;
			if (sizes[s] <= 0 || p->slot_flags[s] || !mg_dtype_is_memcpy(p->slot_type[s]))
				continue;
			p->home[s] = take_home(&h, sizes[s]);
		}
		for (int j = 0; j < step->in_count; j++) {
			int32_t s = p->ins[step->in_base + j].slot;

			if (--left[s] == 0 && p->home[s] >= 0)
				h.at[p->home[s]].taken = false;
		}
		for (int o = 0; o < step->out_count; o++) {     /* what nobody wants */
			int32_t s = step->out_base + o;

			if (left[s] == 0 && p->home[s] >= 0)
				h.at[p->home[s]].taken = false;
		}
	}
	p->home_count = (int)h.len;
	mg_vec_clear(&h);
	mg_free(left);
	return rc;
}
