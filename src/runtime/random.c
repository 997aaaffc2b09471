/* SPDX-License-Identifier: Apache-2.0 */
/*
 * random.c - Philox 4x32-10 and the generators of a session's random nodes.
 *
 * A generator belongs to (session, node name).  It is made from the node's seeds when the node first draws, moves on
 * with each run, and can be read and set, so that a resumed training continues the same stream.
 */
#include "base/base.h"
#include "base/bytes.h"
#include "base/map.h"
#include "runtime/runtime_internal.h"

void
mg_philox_init(mg_philox *p, uint64_t seed, uint64_t seed2)
{
	*p = (mg_philox){
		{ (uint32_t)seed, (uint32_t)(seed >> 32) },
		{ 0, 0, (uint32_t)seed2, (uint32_t)(seed2 >> 32) }
	};
}

void
mg_philox_skip(mg_philox *p, uint64_t blocks)
{
	uint64_t low = (uint64_t)p->ctr[1] << 32 | p->ctr[0], sum = low + blocks;

	p->ctr[0] = (uint32_t)sum;
	p->ctr[1] = (uint32_t)(sum >> 32);
	if (sum < low && ++p->ctr[2] == 0)
		++p->ctr[3];
}

void
mg_philox_next(mg_philox *p, uint32_t out[4])
{
	uint32_t c0 = p->ctr[0], c1 = p->ctr[1], c2 = p->ctr[2], c3 = p->ctr[3], k0 = p->key[0], k1 = p->key[1];

	for (int round = 0; round < 10; round++) {
		uint64_t a = (uint64_t)0xD2511F53u * c0, b = (uint64_t)0xCD9E8D57u * c2;

		c0 = (uint32_t)(b >> 32) ^ c1 ^ k0;
		c2 = (uint32_t)(a >> 32) ^ c3 ^ k1;
		c1 = (uint32_t)b;
		c3 = (uint32_t)a;
		k0 += 0x9E3779B9u;
		k1 += 0xBB67AE85u;
	}
	out[0] = c0;
	out[1] = c1;
	out[2] = c2;
	out[3] = c3;
	if (++p->ctr[0] == 0 && ++p->ctr[1] == 0 && ++p->ctr[2] == 0)
		++p->ctr[3];
}

/* The state of NODE, called with the session's mutex held; NULL when memory is short. */
static mg_random_state *
state_of(mg_session *s, const char *node, bool *fresh)
{
	mg_random_state *state = mg_map_find(&s->randoms, node);

	*fresh = !state;
	if (state)
		return state;
	state = mg_calloc(1, sizeof(*state));
	if (state && !mg_map_set(&s->randoms, node, state)) {
		mg_free(state);
		state = NULL;
	}
	return state;
}

int
mg_session_random(mg_session *s, const char *node, int64_t seed, int64_t seed2, mg_random_state **out, mgreg_error *err)
{
	mg_random_state *state;
	uint64_t seeds[2] = { (uint64_t)seed, (uint64_t)seed2 };
	bool fresh;
	int rc = 0;

	if (seed == 0 && seed2 == 0 && (rc = mg_random_bytes(seeds, sizeof(seeds), err)) != 0)
		return rc;
	mg_lock(&s->mutex);
	state = state_of(s, node, &fresh);
	if (state && fresh) {
		mg_philox p;

		mg_philox_init(&p, seeds[0], seeds[1]);
		memcpy(state->key, p.key, sizeof(p.key));
		memcpy(state->ctr, p.ctr, sizeof(p.ctr));
	}
	mg_unlock(&s->mutex);
	if (!state)
		return mg_fail_nomem(err, sizeof(*state));
	*out = state;
	return 0;
}

int
mg_kernel_random(mg_kernel_ctx *k, uint64_t blocks, mg_philox *out, mgreg_error *err)
{
	mg_step *step = (mg_step *)k->step;
	mg_random_state *state = atomic_load_explicit(&step->random, memory_order_acquire);
	mg_philox p;
	int rc;

	if (!state) {
		int64_t seed = 0, seed2 = 0;

		mg_attr_get_int(&step->node->attrs, "seed", &seed);
		mg_attr_get_int(&step->node->attrs, "seed2", &seed2);
		if ((rc = mg_session_random(k->session, step->node->name, seed, seed2, &state, err)) != 0)
			return rc;
		atomic_store_explicit(&step->random, state, memory_order_release);
	}
	mg_lock(&k->session->mutex);
	memcpy(p.key, state->key, sizeof(p.key));
	memcpy(p.ctr, state->ctr, sizeof(p.ctr));
	*out = p;
	mg_philox_skip(&p, blocks);
	memcpy(state->ctr, p.ctr, sizeof(p.ctr));
	mg_unlock(&k->session->mutex);
	return 0;
}

int
mg_session_random_each(mg_session *s, int (*each)(void *ctx, const char *node, const uint64_t state[4]), void *ctx)
{
	mg_map_item item;
	int rc = 0;

	mg_lock(&s->mutex);
	for (void *it = NULL; rc == 0 && (it = mg_map_next(&s->randoms, it, &item)); ) {
		const mg_random_state *r = item.value;
		uint64_t state[4] = { mg_load64(r->key), mg_load64(r->ctr), mg_load64(r->ctr + 2), 0 };

		rc = each(ctx, item.key, state);
	}
	mg_unlock(&s->mutex);
	return rc;
}

int
mg_session_random_set(mg_session *s, const char *node, const uint64_t state[4], mgreg_error *err)
{
	mg_random_state *r;
	bool fresh;

	mg_lock(&s->mutex);
	r = state_of(s, node, &fresh);
	if (r) {
		mg_store64(r->key, state[0]);
		mg_store64(r->ctr, state[1]);
		mg_store64(r->ctr + 2, state[2]);
	}
	mg_unlock(&s->mutex);
	return r ? 0 : mg_fail_nomem(err, sizeof(*r));
}
