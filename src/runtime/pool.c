/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pool.c - the only threads that compute.
 *
 * A job is [0, n) in blocks of GRAIN: the cut depends on n and GRAIN alone, so results do not depend on how many
 * threads there are.  The caller takes blocks of its own job too; workers take blocks of the oldest job that has any.
 * A job lies on its caller's stack: the caller leaves only when no worker is inside it any more.  Nobody spins.
 */
#include "base/base.h"
#include "runtime/runtime_internal.h"

typedef struct job {
	mg_range_fn *body;
	void        *arg;
	int64_t      n, grain, blocks;
	atomic_int_fast64_t next;
	int          inside;            /* workers in it; under the mutex */
	struct job  *older, *newer;
} job;

struct mg_pool {
	mg_mutex   mutex;
	mg_cond    work, left;
	job       *oldest, *newest;
	bool       closing;
	int        threads;             /* the caller counts as one */
	int        started;
	mg_thread *workers;
};

static void
take_blocks(job *j)
{
	int64_t b;

	while ((b = atomic_fetch_add_explicit(&j->next, 1, memory_order_relaxed)) < j->blocks) {
		int64_t begin = b * j->grain;

		j->body(j->arg, begin, MG_MIN(begin + j->grain, j->n));
	}
}

static job *
find_job(mg_pool *p)
{
	for (job *j = p->oldest; j; j = j->newer)
		if (atomic_load_explicit(&j->next, memory_order_relaxed) < j->blocks)
			return j;
	return NULL;
}

static void *
work(void *arg)
{
	mg_pool *p = arg;

	mg_lock(&p->mutex);
	while (!p->closing) {
		job *j = find_job(p);

		if (!j) {
			mg_cond_wait(&p->work, &p->mutex);
			continue;
		}
		j->inside++;
		mg_unlock(&p->mutex);
		take_blocks(j);
		mg_lock(&p->mutex);
		if (--j->inside == 0)
			mg_cond_broadcast(&p->left);
	}
	mg_unlock(&p->mutex);
	return NULL;
}

int
mg_pool_new(mg_pool **out, int threads, mgreg_error *err)
{
	mg_pool *p = mg_calloc(1, sizeof(*p));
	int rc = 0;

	if (!p)
		return mg_fail_nomem(err, sizeof(*p));
	p->threads = threads > 0 ? threads : MG_MAX(mg_cpu_count(), 1);
	if ((rc = mg_mutex_init(&p->mutex, err)) != 0) {
		mg_free(p);
		return rc;
	}
	if ((rc = mg_cond_init(&p->work, err)) != 0 || (rc = mg_cond_init(&p->left, err)) != 0) {
		mg_pool_free(p);
		return rc;
	}
	*out = p;
	return 0;
}

/* Workers are started by the first job that is worth it: a session that only restores needs none. */
static void
start_workers(mg_pool *p)
{
	if (p->started || p->threads < 2)
		return;
	p->workers = mg_calloc((size_t)p->threads - 1, sizeof(*p->workers));
	while (p->workers && p->started < p->threads - 1) {
		if (mg_thread_start(&p->workers[p->started], work, p, NULL) != 0)
			break;          /* fewer threads compute the same */
		p->started++;
	}
	if (!p->started)
		p->threads = 1;
}

void
mg_pool_free(mg_pool *p)
{
	if (!p)
		return;
	mg_lock(&p->mutex);
	p->closing = true;
	mg_cond_broadcast(&p->work);
	mg_unlock(&p->mutex);
	for (int i = 0; i < p->started; i++)
		mg_thread_join(p->workers[i]);
	mg_free(p->workers);
	mg_cond_clear(&p->work);
	mg_cond_clear(&p->left);
	mg_mutex_clear(&p->mutex);
	mg_free(p);
}

int
mg_pool_threads(const mg_pool *p)
{
	return p->threads;
}

void
mg_pool_for(mg_pool *p, int64_t n, int64_t grain, mg_range_fn *body, void *arg)
{
	job j = { .body = body, .arg = arg, .n = n, .grain = MG_MAX(grain, 1) };

	if (n <= 0)
		return;
	if (n <= j.grain) {
		body(arg, 0, n);
		return;
	}
	j.blocks = (n - 1) / j.grain + 1;
	atomic_init(&j.next, 0);
	if (p->threads < 2) {
		take_blocks(&j);
		return;
	}
	mg_lock(&p->mutex);
	start_workers(p);
	j.older = p->newest;
	*(p->newest ? &p->newest->newer : &p->oldest) = &j;
	p->newest = &j;
	for (int64_t i = 1; i < j.blocks && i < p->threads; i++)
		mg_cond_signal(&p->work);
	mg_unlock(&p->mutex);
	take_blocks(&j);
	mg_lock(&p->mutex);
	while (j.inside)
		mg_cond_wait(&p->left, &p->mutex);
	*(j.older ? &j.older->newer : &p->oldest) = j.newer;
	*(j.newer ? &j.newer->older : &p->newest) = j.older;
	mg_unlock(&p->mutex);
}
